#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/export.h"

namespace gradus::io {

/// Writes a file so that readers find the whole old content or the whole new one, whatever happens
/// in between.
///
/// What is written goes to a temporary file with a random name in the target's folder. commit()
/// forces it to the disk, gives it the target's permissions, renames it over the target and forces
/// the folder to the disk. Without commit() the destructor removes the temporary file and the
/// target stays as it was. If the process is killed, a hidden file `.NAME.RANDOM.tmp` may remain
/// beside the target; it is never read.
///
///     AtomicFile file("model.bin");
///     file.write(data, size);
///     file.commit();
///
/// Where `path` is a symbolic link, the file that it points to is replaced and the link stays.
class GRADUS_API AtomicFile {
 public:
  /// Creates the temporary file.
  /// @throws Error if the folder does not exist or cannot be written, or if `path` is a folder,
  /// device or pipe.
  explicit AtomicFile(const std::string& path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  /// Appends `size` bytes.
  /// @throws Error with the system's reason (disk full, quota, ...); the temporary file is then
  /// removed.
  void write(const void* data, size_t size);
  void write(std::string_view text) { write(text.data(), text.size()); }

  /// Puts the file in its place; nothing may be written afterwards.
  /// @throws Error with the system's reason; the target is then unchanged and the temporary file
  /// removed.
  void commit();

 private:
  void discard() noexcept;
  [[noreturn]] void fail(const char* action, int code);

  std::string path_;       // as given, for messages
  std::string name_;       // of the target within the folder
  std::string temporary_;  // empty once it was renamed or removed
  int folder_ = -1;
  int descriptor_ = -1;
  size_t unsynced_ = 0;  // bytes written since the disk was last told to begin
};

/// Writes `content` to `path` as AtomicFile does.
GRADUS_API void write_file(const std::string& path, std::string_view content);

}  // namespace gradus::io
