#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "core/export.h"

namespace gradus::io {

/// The content of a file as memory: pages are read when they are first touched and shared with
/// other processes.
///
/// Nothing is ever written back to the file. Whoever shortens the file in place while it is mapped
/// takes memory away from under this process; files replaced by renaming, as AtomicFile does, leave
/// the mapping as it was.
class GRADUS_API MappedFile {
 public:
  enum class Access {
    kReadOnly,     ///< writing to the memory is a programming error
    kCopyOnWrite,  ///< writing changes a private copy of the page
  };

  /// Maps the whole file; an empty file has data() == nullptr.
  /// @throws Error that names the path and the system's reason.
  explicit MappedFile(const std::string& path, Access access = Access::kReadOnly);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  const uint8_t* data() const { return data_; }
  /// For a copy-on-write mapping only.
  uint8_t* mutable_data() { return data_; }
  size_t size() const { return size_; }

 private:
  uint8_t* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace gradus::io
