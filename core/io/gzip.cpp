#include "core/io/gzip.h"

#include <algorithm>
#include <array>
#include <climits>
#include <new>

#include <zlib.h>

#include "core/error.h"
#include "core/io/input_file.h"

namespace gradus::io {
namespace {

constexpr int kGzipWindow = MAX_WBITS + 16;  // zlib's way to say: gzip header and trailer
constexpr uint64_t kMostExpansion = 1032;

}  // namespace

struct GzipReader::Stream {
  explicit Stream(const std::string& path) : file(path) {
    if (inflateInit2(&z, kGzipWindow) != Z_OK) throw std::bad_alloc();
  }
  ~Stream() { inflateEnd(&z); }

  // False at the end of the file.
  bool refill() {
    if (z.avail_in > 0) return true;
    z.next_in = input.data();
    z.avail_in = static_cast<uInt>(file.read(input.data(), input.size()));
    consumed += z.avail_in;
    return z.avail_in > 0;
  }

  InputFile file;
  z_stream z{};
  std::array<uint8_t, 64 * 1024> input;
  uint64_t consumed = 0;        // bytes taken from the file
  bool between_members = true;  // nothing of a member has been read
  bool any_member = false;
};

GzipReader::GzipReader(const std::string& path) : stream_(std::make_unique<Stream>(path)) {}
GzipReader::~GzipReader() = default;

size_t GzipReader::read(void* dst, size_t size) {
  Stream& stream = *stream_;
  z_stream& z = stream.z;
  const std::string& path = stream.file.path();
  size_t done = 0;
  while (done < size) {
    const bool more = stream.refill();
    if (!more && stream.between_members && stream.any_member) break;
    GRADUS_CHECK_VALUE(more, "gzip: '{}' ends early", path);
    stream.between_members = false;

    const uInt room = static_cast<uInt>(std::min<size_t>(size - done, UINT_MAX));
    z.next_out = static_cast<Bytef*>(dst) + done;
    z.avail_out = room;
    const int code = inflate(&z, Z_NO_FLUSH);
    done += room - z.avail_out;
    if (code == Z_MEM_ERROR) throw std::bad_alloc();
    if (code == Z_STREAM_END) {
      stream.between_members = true;
      stream.any_member = true;
      inflateReset(&z);
    } else {
      GRADUS_CHECK_VALUE(code == Z_OK || code == Z_BUF_ERROR, "gzip: '{}' is damaged: {}", path,
                         z.msg != nullptr ? z.msg : "not in gzip format");
    }
  }
  return done;
}

uint64_t GzipReader::most_remaining() const {
  const Stream& stream = *stream_;
  const uint64_t unread = stream.file.size() - std::min(stream.consumed, stream.file.size());
  const uint64_t compressed = unread + stream.z.avail_in;
  // What zlib holds back of input that it has already taken fits into one window.
  return compressed * kMostExpansion + (uint64_t{1} << MAX_WBITS);
}

bool is_gzip(const std::string& path) {
  InputFile file(path);
  std::array<uint8_t, 2> magic{};
  return file.read(magic.data(), magic.size()) == magic.size() && magic[0] == 0x1f &&
         magic[1] == 0x8b;
}

}  // namespace gradus::io
