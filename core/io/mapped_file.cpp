#include "core/io/mapped_file.h"

#include <cerrno>

#include <sys/mman.h>

#include "core/error.h"
#include "core/io/file_error.h"
#include "core/io/input_file.h"

namespace gradus::io {

MappedFile::MappedFile(const std::string& path, Access access) {
  const InputFile file(path);
  GRADUS_CHECK(file.size() <= PTRDIFF_MAX,
               "cannot map '{}': {} bytes are more than the address space", path, file.size());
  size_ = static_cast<size_t>(file.size());
  if (size_ == 0) return;
  const int protection = access == Access::kReadOnly ? PROT_READ : PROT_READ | PROT_WRITE;
  // MAP_NORESERVE: a private copy of every page need not be promised in advance.
  void* address =
      ::mmap(nullptr, size_, protection, MAP_PRIVATE | MAP_NORESERVE, file.descriptor(), 0);
  if (address == MAP_FAILED) throw_file_error("map", path, errno);
  data_ = static_cast<uint8_t*>(address);
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(data_, size_);
}

}  // namespace gradus::io
