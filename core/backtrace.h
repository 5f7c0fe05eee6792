#pragma once

// Private: call stacks.

#include <string>
#include <vector>

#include "core/array_ref.h"

namespace gradus::detail {

/// The return addresses of the calls that led here, innermost first, at most 64; empty where the
/// system has no backtrace().
std::vector<void*> call_stack();

/// The stack as text, one call a line: function, where its name is known, and place in its file.
/// Names come from the files' symbol tables, so static functions have them too unless the file is
/// stripped. Calls down to the last function whose name starts with one of `hide`, and those
/// outside of main, are left out.
std::string describe(const std::vector<void*>& stack, const std::vector<std::string>& hide = {});

/// "gradus::Tensor" from the name that the compiler gives a type or function; the name itself where
/// it is none.
std::string demangle(const char* name);

}  // namespace gradus::detail
