#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "core/export.h"

namespace gradus::io {

/// Whether the file begins with gzip's two magic bytes, whatever its name ends in.
/// @throws Error if the file cannot be read.
GRADUS_API bool is_gzip(const std::string& path);

/// Decompresses a .gz file piece by piece (RFC 1952, several members allowed) with a constant
/// amount of memory.
class GRADUS_API GzipReader {
 public:
  /// @throws Error if the file cannot be opened.
  explicit GzipReader(const std::string& path);
  ~GzipReader();
  GzipReader(const GzipReader&) = delete;
  GzipReader& operator=(const GzipReader&) = delete;

  /// Reads up to `size` decompressed bytes; fewer only at the end, where the checksum and length
  /// have been verified.
  /// @throws ValueError if the file is not gzip, is damaged, or ends early; Error if it cannot be
  /// read.
  size_t read(void* dst, size_t size);

  /// The most that the rest of the file could expand to: deflate makes at most 1032 bytes of one.
  uint64_t most_remaining() const;

 private:
  struct Stream;
  std::unique_ptr<Stream> stream_;
};

}  // namespace gradus::io
