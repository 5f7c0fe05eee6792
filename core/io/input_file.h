#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "core/export.h"

namespace gradus::io {

/// A regular file opened for reading. A folder, pipe or device is refused rather than read or
/// waited for.
class GRADUS_API InputFile {
 public:
  /// @throws Error that names the path and the system's reason if there is no such file or it
  /// cannot be opened.
  explicit InputFile(std::string path);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  /// Reads up to `size` bytes from the current position; fewer only at the end of the file.
  /// @throws Error if the system reports a read error.
  size_t read(void* dst, size_t size);

  /// The size in bytes when the file was opened.
  uint64_t size() const { return size_; }
  const std::string& path() const { return path_; }
  int descriptor() const { return descriptor_; }

 private:
  std::string path_;
  uint64_t size_ = 0;
  int descriptor_ = -1;
};

}  // namespace gradus::io
