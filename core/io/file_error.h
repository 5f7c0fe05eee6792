#pragma once

#include <string>

namespace gradus::io {

/// Throws Error: "cannot ACTION 'PATH': REASON", where the reason is the system's text for `code`
/// (an errno).
[[noreturn]] void throw_file_error(const char* action, const std::string& path, int code);

/// Throws ValueError if `path` is empty or has a zero byte in it, where the system would cut it
/// off.
void check_path(const std::string& path);

}  // namespace gradus::io
