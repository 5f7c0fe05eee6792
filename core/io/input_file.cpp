#include "core/io/input_file.h"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/error.h"
#include "core/io/file_error.h"

namespace gradus::io {

void throw_file_error(const char* action, const std::string& path, int code) {
  throw Error(
      fmt::format("cannot {} '{}': {}", action, path, std::generic_category().message(code)));
}

void check_path(const std::string& path) {
  GRADUS_CHECK_VALUE(!path.empty(), "the path of a file is empty");
  GRADUS_CHECK_VALUE(path.find('\0') == std::string::npos,
                     "the path of a file has a zero byte in it: '{}'", path.c_str());
}

InputFile::InputFile(std::string path) : path_(std::move(path)) {
  check_path(path_);
  // O_NONBLOCK: opening a pipe must not wait for a writer; it has no effect on regular files.
  descriptor_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor_ < 0) throw_file_error("open", path_, errno);
  struct stat status;
  const int code = ::fstat(descriptor_, &status) == 0 ? 0 : errno;
  if (code != 0 || !S_ISREG(status.st_mode)) {
    ::close(descriptor_);
    if (code != 0) throw_file_error("open", path_, code);
    throw Error(fmt::format("cannot read '{}': it is {}, not a file", path_,
                            S_ISDIR(status.st_mode) ? "a folder" : "a device or pipe"));
  }
  size_ = static_cast<uint64_t>(status.st_size);
}

InputFile::~InputFile() {
  ::close(descriptor_);
}

size_t InputFile::read(void* dst, size_t size) {
  constexpr size_t kMostPerCall = size_t{1} << 30;
  char* out = static_cast<char*>(dst);
  size_t done = 0;
  while (done < size) {
    const ssize_t got = ::read(descriptor_, out + done, std::min(size - done, kMostPerCall));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw_file_error("read", path_, errno);
    if (got == 0) break;
    done += static_cast<size_t>(got);
  }
  return done;
}

}  // namespace gradus::io
