#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gradus::test {

/// A folder of its own for a test, removed with everything in it at the end.
class ScratchFolder {
 public:
  ScratchFolder();
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }
  /// The names in the folder, sorted.
  std::vector<std::string> names() const;

 private:
  std::string path_;
};

/// The content of a file; empty where there is none.
std::string read_all(const std::string& path);
/// Writes a file in the plain way.
void write_all(const std::string& path, std::string_view content);

}  // namespace gradus::test
