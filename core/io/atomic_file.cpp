#include "core/io/atomic_file.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <cstdio>
#include <utility>

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/error.h"
#include "core/io/file_error.h"

namespace gradus::io {
namespace {

constexpr mode_t kPermissions = 0777;
constexpr size_t kWriteback = size_t{8} << 20;

std::pair<std::string, std::string> split_path(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return {".", path};
  return {slash == 0 ? "/" : path.substr(0, slash), path.substr(slash + 1)};
}

// Where a chain of symbolic links ends, so that the rename replaces the file and not the link. The
// end need not exist.
std::string follow_links(const std::string& path) {
  constexpr int kMostLinks = 40;
  std::string current = path;
  for (int i = 0; i < kMostLinks; ++i) {
    char target[PATH_MAX];
    const ssize_t length = ::readlink(current.c_str(), target, sizeof target);
    if (length < 0) return current;
    std::string next(target, static_cast<size_t>(length));
    if (next.empty() || next.front() != '/') next = split_path(current).first + "/" + next;
    current = std::move(next);
  }
  throw_file_error("write", path, ELOOP);
}

std::string temporary_name(const std::string& name) {
  uint64_t random = 0;
  if (::getrandom(&random, sizeof random, 0) != sizeof random) {
    random = static_cast<uint64_t>(::getpid()) << 32 ^ reinterpret_cast<uintptr_t>(&random);
  }
  // Leaves room for the random part within the 255 bytes that file systems allow.
  constexpr size_t kMostOfName = 200;
  return fmt::format(".{}.{:016x}.tmp", name.substr(0, kMostOfName), random);
}

}  // namespace

AtomicFile::AtomicFile(const std::string& path) : path_(path) {
  check_path(path_);
  const auto [folder, name] = split_path(follow_links(path));
  name_ = name;
  GRADUS_CHECK(!name_.empty() && name_ != "." && name_ != "..",
               "cannot write '{}': it names a folder, not a file", path_);
  folder_ = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder_ < 0) fail("write", errno);

  struct stat status;
  const bool replaces = ::fstatat(folder_, name_.c_str(), &status, 0) == 0;
  if (!replaces && errno != ENOENT) fail("write", errno);
  if (replaces && !S_ISREG(status.st_mode)) {
    discard();
    throw Error(fmt::format("cannot write '{}': it is {}, not a file", path_,
                            S_ISDIR(status.st_mode) ? "a folder" : "a device or pipe"));
  }

  constexpr int kTries = 16;
  for (int i = 0; i < kTries && descriptor_ < 0; ++i) {
    temporary_ = temporary_name(name_);
    // A new file gets what the umask leaves; one that replaces another is private until it has that
    // one's mode.
    descriptor_ = ::openat(folder_, temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                           replaces ? 0600 : 0666);
    if (descriptor_ < 0 && errno != EEXIST) break;
  }
  if (descriptor_ < 0) {
    temporary_.clear();
    fail("write", errno);
  }
  if (replaces && ::fchmod(descriptor_, status.st_mode & kPermissions) != 0) {
    fail("set the permissions of", errno);
  }
}

AtomicFile::~AtomicFile() {
  discard();
}

void AtomicFile::write(const void* data, size_t size) {
  GRADUS_CHECK(descriptor_ >= 0, "cannot write '{}': it was committed or given up before", path_);
  constexpr size_t kMostPerCall = size_t{1} << 30;
  const char* src = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t put = ::write(descriptor_, src, std::min(size, kMostPerCall));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) fail("write", errno);
    src += put;
    size -= static_cast<size_t>(put);
    unsynced_ += static_cast<size_t>(put);
  }
#ifdef __linux__
  // The disk works while the next tensors are copied, so that less is left for fsync().
  if (unsynced_ >= kWriteback) {
    ::sync_file_range(descriptor_, 0, 0, SYNC_FILE_RANGE_WRITE);
    unsynced_ = 0;
  }
#endif
}

void AtomicFile::commit() {
  GRADUS_CHECK(descriptor_ >= 0, "cannot write '{}': it was committed or given up before", path_);
  if (::fsync(descriptor_) != 0) fail("write", errno);
  if (::close(std::exchange(descriptor_, -1)) != 0) fail("write", errno);
  if (::renameat(folder_, temporary_.c_str(), folder_, name_.c_str()) != 0) {
    fail("replace", errno);
  }
  temporary_.clear();
  // Some file systems cannot sync a folder and say EINVAL; their renames are durable in their own
  // time.
  if (::fsync(folder_) != 0 && errno != EINVAL) fail("sync the folder of", errno);
  discard();
}

void AtomicFile::discard() noexcept {
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
  if (!temporary_.empty()) ::unlinkat(folder_, temporary_.c_str(), 0);
  temporary_.clear();
  if (folder_ >= 0) ::close(std::exchange(folder_, -1));
}

void AtomicFile::fail(const char* action, int code) {
  discard();
  throw_file_error(action, path_, code);
}

void write_file(const std::string& path, std::string_view content) {
  AtomicFile file(path);
  file.write(content);
  file.commit();
}

}  // namespace gradus::io
