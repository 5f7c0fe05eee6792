#pragma once

// Private to core/io: as much of the zip format as npz files need.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gradus::io {

class AtomicFile;

/// The directory of a zip file, completely checked: members lie within the file and do not overlap.
/// Stored and deflated members are known, zip64 too. Source: PKWARE's APPNOTE.TXT 6.3.
class ZipArchive {
 public:
  struct Entry {
    std::string_view name;  // in the file's memory
    uint64_t offset = 0;    // of the data
    uint64_t compressed_size = 0;
    uint64_t size = 0;
    uint32_t crc = 0;
    bool deflated = false;
  };

  /// `file` must outlive the archive; `path` stands in errors.
  /// @throws ValueError that names the broken rule
  ZipArchive(const uint8_t* file, size_t size, const std::string& path);

  /// Members in the order in which they lie in the file.
  const std::vector<Entry>& entries() const { return entries_; }

  /// Decompresses a member with a constant amount of memory.
  /// @throws ValueError unless it has the size and checksum that the directory says
  void verify(const Entry& entry) const;

  /// Reads a member piece by piece.
  class Reader {
   public:
    Reader(const ZipArchive& archive, const Entry& entry);
    ~Reader();
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;

    /// Fewer bytes than asked for only at the end. @throws ValueError for damaged data
    size_t read(void* dst, size_t size);

   private:
    struct State;
    std::unique_ptr<State> state_;
  };

 private:
  const uint8_t* file_;
  const std::string& path_;
  std::vector<Entry> entries_;
};

/// Writes a zip file, one member after the other.
class ZipWriter {
 public:
  /// `file` must outlive the writer.
  explicit ZipWriter(AtomicFile& file) : file_(file) {}

  /// Adds a member of two parts. @throws ValueError for a name of more than 65,535 bytes
  void add(const std::string& name, std::string_view head, const void* data, size_t size,
           bool deflate);
  /// Writes the directory.
  void finish();

 private:
  struct Member {
    std::string name;
    uint64_t offset, compressed_size, size;
    uint32_t crc;
    bool deflated;
  };

  void write(std::string_view bytes);

  AtomicFile& file_;
  uint64_t position_ = 0;
  std::vector<Member> members_;
};

}  // namespace gradus::io
