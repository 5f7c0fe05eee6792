#include "core/io/zip.h"

#include <algorithm>
#include <climits>
#include <cstring>
#include <new>
#include <optional>

#include <zlib.h>

#include "core/error.h"
#include "core/io/atomic_file.h"

namespace gradus::io {
namespace {

constexpr uint32_t kLocalSignature = 0x04034b50;
constexpr uint32_t kCentralSignature = 0x02014b50;
constexpr uint32_t kEndSignature = 0x06054b50;
constexpr uint32_t kEnd64Signature = 0x06064b50;
constexpr uint32_t kLocator64Signature = 0x07064b50;
constexpr size_t kLocalSize = 30, kCentralSize = 46, kEndSize = 22, kEnd64Size = 56;
constexpr size_t kLocator64Size = 20;
constexpr uint16_t kStored = 0, kDeflated = 8;
constexpr uint16_t kEncrypted = 1 << 0, kUtf8 = 1 << 11;
constexpr uint16_t kExtra64 = 1;        // the extra field of zip64
constexpr uint32_t kIn64 = 0xffffffff;  // the value stands in the extra field
constexpr uint64_t kMostExpansion = 1032;

template <class T>
T read_number(const uint8_t* at) {
  uint64_t value = 0;
  for (size_t i = 0; i < sizeof(T); ++i) value |= uint64_t{at[i]} << (8 * i);
  return static_cast<T>(value);
}

uint16_t u16(const uint8_t* at) {
  return read_number<uint16_t>(at);
}
uint32_t u32(const uint8_t* at) {
  return read_number<uint32_t>(at);
}
uint64_t u64(const uint8_t* at) {
  return read_number<uint64_t>(at);
}

template <class T>
void append(std::string& bytes, T value) {
  for (size_t i = 0; i < sizeof(T); ++i) bytes += static_cast<char>(uint64_t{value} >> (8 * i));
}

struct Directory {
  uint64_t begin, size, count;
  uint64_t end;  // where it must end
};

}  // namespace

ZipArchive::ZipArchive(const uint8_t* file, size_t size, const std::string& path)
    : file_(file), path_(path) {
  const auto check = [&](bool condition, const char* rule) {
    GRADUS_CHECK_VALUE(condition, "zip: '{}' {}", path, rule);
  };
  check(size >= kEndSize, "is too short for a zip file");
  // The end record, after which at most a comment of 65,535 bytes follows.
  std::optional<size_t> end;
  const size_t lowest = size - std::min<size_t>(size, kEndSize + 0xffff);
  for (size_t at = size - kEndSize + 1; at-- > lowest && !end;) {
    if (u32(file + at) == kEndSignature && u16(file + at + 20) == size - at - kEndSize) end = at;
  }
  check(end.has_value(), "has no directory at its end");
  const uint8_t* record = file + *end;
  check(u16(record + 4) == 0 && u16(record + 6) == 0 && u16(record + 8) == u16(record + 10),
        "is a part of a zip file of several");
  Directory directory{u32(record + 16), u32(record + 12), u16(record + 10), *end};
  const bool needs64 =
      directory.begin == kIn64 || directory.size == kIn64 || directory.count == 0xffff;
  if (needs64 && *end >= kLocator64Size && u32(record - kLocator64Size) == kLocator64Signature) {
    const uint64_t at = u64(record - kLocator64Size + 8);
    check(*end - kLocator64Size >= kEnd64Size && at <= *end - kLocator64Size - kEnd64Size &&
              u32(file + at) == kEnd64Signature,
          "has no zip64 directory where it says");
    directory = {u64(file + at + 48), u64(file + at + 40), u64(file + at + 32), at};
  }
  check(directory.begin <= directory.end && directory.size == directory.end - directory.begin,
        "has a directory that does not fill the place before its end record");
  check(directory.count <= directory.size / kCentralSize,
        "has fewer members than its directory says");

  entries_.reserve(static_cast<size_t>(directory.count));
  uint64_t at = directory.begin;
  for (uint64_t i = 0; i < directory.count; ++i) {
    const uint8_t* central = file + at;
    check(directory.end - at >= kCentralSize && u32(central) == kCentralSignature,
          "has a damaged directory");
    const size_t name_size = u16(central + 28), extra_size = u16(central + 30);
    const uint64_t whole = kCentralSize + name_size + extra_size + u16(central + 32);
    check(directory.end - at >= whole, "has a damaged directory");
    Entry entry;
    entry.name = {reinterpret_cast<const char*>(central) + kCentralSize, name_size};
    entry.crc = u32(central + 16);
    entry.compressed_size = u32(central + 20);
    entry.size = u32(central + 24);
    uint64_t local = u32(central + 42);
    check((u16(central + 8) & kEncrypted) == 0, "has a member that is encrypted");
    const uint16_t method = u16(central + 10);
    check(method == kStored || method == kDeflated,
          "has a member that is neither stored nor deflated");
    entry.deflated = method == kDeflated;

    // zip64: the values that did not fit, in this order.
    const uint8_t* extra = central + kCentralSize + name_size;
    for (size_t left = extra_size; left >= 4;) {
      const size_t field = u16(extra + 2);
      check(field <= left - 4, "has a damaged directory");
      if (u16(extra) == kExtra64) {
        size_t used = 0;
        for (uint64_t* value : {&entry.size, &entry.compressed_size, &local}) {
          if (*value != kIn64) continue;
          check(used + 8 <= field, "has a damaged directory");
          *value = u64(extra + 4 + used);
          used += 8;
        }
      }
      extra += 4 + field;
      left -= 4 + field;
    }

    check(local <= directory.begin && directory.begin - local >= kLocalSize &&
              u32(file + local) == kLocalSignature,
          "has a member that is not where the directory says");
    const uint8_t* header = file + local;
    entry.offset = local + kLocalSize + u16(header + 26) + u16(header + 28);
    check(u16(header + 8) == method && u16(header + 26) == name_size &&
              entry.offset <= directory.begin &&
              std::memcmp(header + kLocalSize, entry.name.data(), name_size) == 0,
          "has a member that is another than the directory says");
    check(entry.compressed_size <= directory.begin - entry.offset,
          "has a member that reaches beyond its end");
    check(entry.deflated ? entry.size / kMostExpansion <= entry.compressed_size
                         : entry.size == entry.compressed_size,
          "has a member whose size cannot be true");
    entries_.push_back(entry);
    at += whole;
  }
  check(at == directory.end, "has more in its directory than it says");

  std::sort(entries_.begin(), entries_.end(),
            [](const Entry& a, const Entry& b) { return a.offset < b.offset; });
  for (size_t i = 1; i < entries_.size(); ++i) {
    const Entry& before = entries_[i - 1];
    check(before.offset + before.compressed_size + kLocalSize + entries_[i].name.size() <=
              entries_[i].offset,
          "has members that overlap");
  }
}

struct ZipArchive::Reader::State {
  State(const ZipArchive& archive, const Entry& entry)
      : path(archive.path_), entry(entry), next(archive.file_ + entry.offset) {
    if (entry.deflated && inflateInit2(&z, -MAX_WBITS) != Z_OK) throw std::bad_alloc();
  }
  ~State() {
    if (entry.deflated) inflateEnd(&z);
  }

  const std::string& path;
  const Entry& entry;
  const uint8_t* next;
  uint64_t taken = 0;  // bytes of the compressed data
  bool ended = false;
  z_stream z{};
};

ZipArchive::Reader::Reader(const ZipArchive& archive, const Entry& entry)
    : state_(std::make_unique<State>(archive, entry)) {}
ZipArchive::Reader::~Reader() = default;

size_t ZipArchive::Reader::read(void* dst, size_t size) {
  State& state = *state_;
  const uint64_t left = state.entry.compressed_size - state.taken;
  if (!state.entry.deflated) {
    const size_t count = static_cast<size_t>(std::min<uint64_t>(size, left));
    if (count > 0) std::memcpy(dst, state.next, count);
    state.next += count;
    state.taken += count;
    return count;
  }
  size_t done = 0;
  while (done < size && !state.ended) {
    const uInt room = static_cast<uInt>(std::min<size_t>(size - done, UINT_MAX));
    const uInt fed =
        static_cast<uInt>(std::min<uint64_t>(state.entry.compressed_size - state.taken, UINT_MAX));
    state.z.next_in = const_cast<Bytef*>(state.next);
    state.z.avail_in = fed;
    state.z.next_out = static_cast<Bytef*>(dst) + done;
    state.z.avail_out = room;
    const int code = inflate(&state.z, Z_NO_FLUSH);
    state.next += fed - state.z.avail_in;
    state.taken += fed - state.z.avail_in;
    done += room - state.z.avail_out;
    if (code == Z_MEM_ERROR) throw std::bad_alloc();
    state.ended = code == Z_STREAM_END;
    GRADUS_CHECK_VALUE(code == Z_STREAM_END || code == Z_OK, "zip: '{}' has a damaged member '{}'",
                       state.path, state.entry.name.substr(0, 200));
  }
  return done;
}

void ZipArchive::verify(const Entry& entry) const {
  Reader reader(*this, entry);
  std::vector<uint8_t> buffer(64 * 1024);
  uint64_t size = 0;
  uLong crc = crc32(0, nullptr, 0);
  while (const size_t count = reader.read(buffer.data(), buffer.size())) {
    size += count;
    crc = crc32_z(crc, buffer.data(), count);
    if (size > entry.size) break;
  }
  GRADUS_CHECK_VALUE(size == entry.size && crc == entry.crc, "zip: '{}' has a damaged member '{}'",
                     path_, entry.name.substr(0, 200));
}

void ZipWriter::write(std::string_view bytes) {
  file_.write(bytes);
  position_ += bytes.size();
}

void ZipWriter::add(const std::string& name, std::string_view head, const void* data, size_t size,
                    bool deflate) {
  GRADUS_CHECK_VALUE(name.size() <= 0xffff, "zip: a name of {} bytes is too long", name.size());
  const auto* head_bytes = reinterpret_cast<const Bytef*>(head.data());
  const auto* bytes = static_cast<const Bytef*>(data);
  Member member{name, position_, head.size() + size, head.size() + size, 0, deflate};
  uLong crc = crc32_z(crc32(0, nullptr, 0), head_bytes, head.size());
  if (size > 0) crc = crc32_z(crc, bytes, size);
  member.crc = static_cast<uint32_t>(crc);

  std::string packed;
  if (deflate) {
    z_stream z{};
    if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) !=
        Z_OK) {
      throw std::bad_alloc();
    }
    const std::unique_ptr<z_stream, int (*)(z_stream*)> ender(&z, deflateEnd);
    std::vector<char> out(1 << 16);
    const auto feed = [&](const Bytef* begin, size_t count, bool last) {
      do {
        const uInt fed = static_cast<uInt>(std::min<size_t>(count, UINT_MAX));
        z.next_in = const_cast<Bytef*>(begin);
        z.avail_in = fed;
        const int flush = last && fed == count ? Z_FINISH : Z_NO_FLUSH;
        do {
          z.next_out = reinterpret_cast<Bytef*>(out.data());
          z.avail_out = static_cast<uInt>(out.size());
          ::deflate(&z, flush);
          packed.append(out.data(), out.size() - z.avail_out);
        } while (z.avail_out == 0);
        begin += fed;
        count -= fed;
      } while (count > 0);
    };
    feed(head_bytes, head.size(), /*last=*/size == 0);
    if (size > 0) feed(bytes, size, /*last=*/true);
    member.compressed_size = packed.size();
  }

  const bool large = member.size >= kIn64 || member.compressed_size >= kIn64;
  std::string local;
  append(local, kLocalSignature);
  append(local, static_cast<uint16_t>(large ? 45 : 20));
  append(local, kUtf8);
  append(local, deflate ? kDeflated : kStored);
  append(local, uint32_t{0x00210000});  // January 1, 1980: files of equal content are equal
  append(local, member.crc);
  append(local, large ? kIn64 : static_cast<uint32_t>(member.compressed_size));
  append(local, large ? kIn64 : static_cast<uint32_t>(member.size));
  append(local, static_cast<uint16_t>(name.size()));
  append(local, static_cast<uint16_t>(large ? 20 : 0));
  local += name;
  if (large) {
    append(local, kExtra64);
    append(local, uint16_t{16});
    append(local, member.size);
    append(local, member.compressed_size);
  }
  write(local);
  if (deflate) {
    write(packed);
  } else {
    write(head);
    if (size > 0) write({static_cast<const char*>(data), size});
  }
  members_.push_back(std::move(member));
}

void ZipWriter::finish() {
  const uint64_t begin = position_;
  for (const Member& member : members_) {
    std::string extra;
    const auto number = [&](uint64_t value) {
      if (value < kIn64) return static_cast<uint32_t>(value);
      append(extra, value);
      return kIn64;
    };
    const uint32_t size = number(member.size);
    const uint32_t compressed = number(member.compressed_size);
    const uint32_t offset = number(member.offset);
    const bool large = !extra.empty();
    std::string central;
    append(central, kCentralSignature);
    append(central, static_cast<uint16_t>(3 << 8 | (large ? 45 : 20)));  // made on Unix
    append(central, static_cast<uint16_t>(large ? 45 : 20));
    append(central, kUtf8);
    append(central, member.deflated ? kDeflated : kStored);
    append(central, uint32_t{0x00210000});
    append(central, member.crc);
    append(central, compressed);
    append(central, size);
    append(central, static_cast<uint16_t>(member.name.size()));
    append(central, static_cast<uint16_t>(large ? extra.size() + 4 : 0));
    append(central, uint32_t{0});              // no comment, first disk
    append(central, uint16_t{0});              // not text
    append(central, uint32_t{0100644} << 16);  // a file that all may read
    append(central, offset);
    central += member.name;
    if (large) {
      append(central, kExtra64);
      append(central, static_cast<uint16_t>(extra.size()));
      central += extra;
    }
    write(central);
  }
  const uint64_t size = position_ - begin, count = members_.size();
  const bool large = begin >= kIn64 || size >= kIn64 || count >= 0xffff;
  std::string end;
  if (large) {
    append(end, kEnd64Signature);
    append(end, uint64_t{kEnd64Size - 12});
    append(end, uint16_t{3 << 8 | 45});
    append(end, uint16_t{45});
    append(end, uint64_t{0});  // one disk
    append(end, count);
    append(end, count);
    append(end, size);
    append(end, begin);
    append(end, kLocator64Signature);
    append(end, uint32_t{0});
    append(end, begin + size);
    append(end, uint32_t{1});
  }
  append(end, kEndSignature);
  append(end, uint32_t{0});
  append(end, static_cast<uint16_t>(std::min<uint64_t>(count, 0xffff)));
  append(end, static_cast<uint16_t>(std::min<uint64_t>(count, 0xffff)));
  append(end, large ? kIn64 : static_cast<uint32_t>(size));
  append(end, large ? kIn64 : static_cast<uint32_t>(begin));
  append(end, uint16_t{0});
  write(end);
}

}  // namespace gradus::io
