#include "core/io/idx.h"

#include <algorithm>
#include <array>
#include <bit>
#include <memory>

#include <fmt/format.h>

#include "core/error.h"
#include "core/io/gzip.h"
#include "core/io/input_file.h"

namespace gradus::io {
namespace {

ScalarType dtype_of_code(uint8_t code) {
  switch (code) {
    case 0x08:
      return kByte;
    case 0x09:
      return kChar;
    case 0x0b:
      return kShort;
    case 0x0c:
      return kInt;
    case 0x0d:
      return kFloat;
    case 0x0e:
      return kDouble;
    default:
      return ScalarType::Undefined;
  }
}

// The content of the file, decompressed where need be.
class Content {
 public:
  explicit Content(const std::string& path) {
    if (is_gzip(path)) {
      gzip_ = std::make_unique<GzipReader>(path);
    } else {
      file_ = std::make_unique<InputFile>(path);
    }
  }

  size_t read(void* dst, size_t size) {
    const size_t got = gzip_ ? gzip_->read(dst, size) : file_->read(dst, size);
    read_ += got;
    return got;
  }

  bool compressed() const { return gzip_ != nullptr; }

  // An upper bound of what can still be read.
  uint64_t most_remaining() const {
    if (gzip_) return gzip_->most_remaining();
    return file_->size() - std::min(read_, file_->size());
  }

 private:
  std::unique_ptr<GzipReader> gzip_;
  std::unique_ptr<InputFile> file_;
  uint64_t read_ = 0;
};

void to_native_order(std::vector<uint8_t>& bytes, size_t element) {
  if (element == 1 || std::endian::native == std::endian::big) return;
  for (size_t i = 0; i < bytes.size(); i += element) {
    std::reverse(bytes.begin() + static_cast<ptrdiff_t>(i),
                 bytes.begin() + static_cast<ptrdiff_t>(i + element));
  }
}

}  // namespace

IdxArray read_idx(const std::string& path) {
  Content content(path);
  std::array<uint8_t, 4> magic{};
  GRADUS_CHECK_VALUE(content.read(magic.data(), magic.size()) == magic.size(),
                     "idx: '{}' is shorter than the 4 bytes that every idx file begins with", path);
  GRADUS_CHECK_VALUE(magic[0] == 0 && magic[1] == 0,
                     "idx: '{}' begins with the bytes {:02x} {:02x}, expected 00 00", path,
                     magic[0], magic[1]);
  IdxArray array;
  array.dtype = dtype_of_code(magic[2]);
  GRADUS_CHECK_VALUE(array.dtype != ScalarType::Undefined,
                     "idx: '{}' has the unknown dtype code 0x{:02x}", path, magic[2]);

  const size_t element = element_size(array.dtype);
  uint64_t size = element;
  bool too_large = false;
  for (int dim = 0; dim < magic[3]; ++dim) {
    std::array<uint8_t, 4> digits{};
    GRADUS_CHECK_VALUE(content.read(digits.data(), digits.size()) == digits.size(),
                       "idx: '{}' ends within its header of {} dimensions", path, magic[3]);
    const uint32_t extent = uint32_t{digits[0]} << 24 | uint32_t{digits[1]} << 16 |
                            uint32_t{digits[2]} << 8 | uint32_t{digits[3]};
    array.shape.push_back(extent);
    too_large |= __builtin_mul_overflow(size, uint64_t{extent}, &size);
  }
  // A zero makes the product zero, even where it comes after an overflow.
  if (std::find(array.shape.begin(), array.shape.end(), 0) != array.shape.end()) {
    size = 0;
    too_large = false;
  }
  GRADUS_CHECK_VALUE(!too_large && size <= content.most_remaining(),
                     "idx: '{}' is too short for its shape [{}] of {}", path,
                     fmt::join(array.shape, ", "), array.dtype);

  // The size of a plain file is exact; a compressed one may promise more than it holds: grow with
  // what arrives.
  constexpr uint64_t kFirst = uint64_t{1} << 20;
  while (array.bytes.size() < size) {
    const uint64_t begin = array.bytes.size();
    const uint64_t rest = size - begin;
    const uint64_t step = content.compressed() ? std::min(std::max(kFirst, begin), rest) : rest;
    array.bytes.reserve(begin + step);
    array.bytes.resize(begin + step);
    GRADUS_CHECK_VALUE(content.read(array.bytes.data() + begin, step) == step,
                       "idx: '{}' is too short for its shape [{}] of {}", path,
                       fmt::join(array.shape, ", "), array.dtype);
  }
  uint8_t beyond;
  GRADUS_CHECK_VALUE(content.read(&beyond, 1) == 0,
                     "idx: '{}' has bytes beyond its shape [{}] of {}", path,
                     fmt::join(array.shape, ", "), array.dtype);
  to_native_order(array.bytes, element);
  return array;
}

}  // namespace gradus::io
