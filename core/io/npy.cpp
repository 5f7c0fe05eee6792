#include "core/io/npy.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "core/error.h"
#include "core/factory.h"
#include "core/io/atomic_file.h"
#include "core/io/mapped_file.h"
#include "core/io/npy_format.h"

namespace gradus {
namespace io {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::string_view kMagic = "\x93NUMPY";
// numpy itself reads at most 10,000 bytes unless it is told to trust the file.
constexpr size_t kMostHeader = 64 * 1024;
constexpr size_t kMostDims = 64;

// Parses what numpy writes: {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
class DictParser {
 public:
  DictParser(std::string_view text, const std::string& name) : text_(text), name_(name) {}

  NpyHeader parse() {
    NpyHeader header;
    bool has_descr = false, has_order = false, has_shape = false;
    expect('{');
    while (!accept('}')) {
      const std::string_view key = string();
      expect(':');
      if (key == "descr") {
        check(!std::exchange(has_descr, true), "has a key twice");
        parse_descr(header);
      } else if (key == "fortran_order") {
        check(!std::exchange(has_order, true), "has a key twice");
        header.fortran_order = boolean();
      } else if (key == "shape") {
        check(!std::exchange(has_shape, true), "has a key twice");
        header.shape = tuple();
      } else {
        check(false, "has an unknown key");
      }
      if (accept('}')) break;
      expect(',');
    }
    skip_space();
    check(text_.empty(), "has text after its dictionary");
    check(has_descr && has_order && has_shape, "lacks one of descr, fortran_order and shape");
    return header;
  }

 private:
  void check(bool condition, const char* rule) const {
    GRADUS_CHECK_VALUE(condition, "npy: the header of '{}' {}", name_, rule);
  }
  void skip_space() {
    while (!text_.empty() && (text_[0] == ' ' || text_[0] == '\n' || text_[0] == '\t')) {
      text_.remove_prefix(1);
    }
  }
  bool accept(char c) {
    skip_space();
    if (text_.empty() || text_[0] != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  void expect(char c) { check(accept(c), "is not a dictionary as numpy writes it"); }

  std::string_view string() {
    const char quote = accept('\'') ? '\'' : '"';
    if (quote == '"') expect('"');
    const size_t end = text_.find(quote);
    check(
        end != std::string_view::npos && text_.substr(0, end).find('\\') == std::string_view::npos,
        "has a text that is not as numpy writes it");
    const std::string_view result = text_.substr(0, end);
    text_.remove_prefix(end + 1);
    return result;
  }
  bool boolean() {
    skip_space();
    const bool value = text_.substr(0, 4) == "True";
    check(value || text_.substr(0, 5) == "False", "has a fortran_order that is not True or False");
    text_.remove_prefix(value ? 4 : 5);
    return value;
  }
  std::vector<int64_t> tuple() {
    std::vector<int64_t> values;
    expect('(');
    bool comma = true;
    while (!accept(')')) {
      check(comma, "has a shape that is not a tuple");
      check(values.size() < kMostDims, "has more than 64 dimensions");
      int64_t value = 0;
      const auto [end, code] = std::from_chars(text_.data(), text_.data() + text_.size(), value);
      check(code == std::errc() && value >= 0,
            "has a size that is not a number from 0 to 2^63 - 1");
      text_.remove_prefix(static_cast<size_t>(end - text_.data()));
      if (!text_.empty() && text_[0] == 'L') text_.remove_prefix(1);  // Python 2
      values.push_back(value);
      comma = accept(',');
    }
    check(values.size() != 1 || comma, "has a shape that is not a tuple");
    return values;
  }
  void parse_descr(NpyHeader& header) {
    skip_space();
    if (!text_.empty() && text_[0] == '[') {
      throw NotImplementedError(
          fmt::format("npy: '{}' holds records; gradus has arrays of numbers only", name_));
    }
    const std::string_view descr = string();
    check(descr.find('O') == std::string_view::npos,
          "says that it holds Python objects, which are never loaded");
    const char order = descr.empty() ? ' ' : descr[0];
    check(descr.size() >= 3 && (order == '<' || order == '>' || order == '|' || order == '='),
          "has a descr that is not as numpy writes it");
    static constexpr struct {
      std::string_view code;
      ScalarType dtype;
    } kTypes[] = {{"b1", kBool}, {"i1", kChar}, {"u1", kByte},  {"i2", kShort}, {"i4", kInt},
                  {"i8", kLong}, {"f2", kHalf}, {"f4", kFloat}, {"f8", kDouble}};
    const auto* found = std::find_if(std::begin(kTypes), std::end(kTypes), [&](const auto& type) {
      return type.code == descr.substr(1);
    });
    if (found == std::end(kTypes)) {
      throw NotImplementedError(fmt::format("npy: '{}' holds elements of '{}', which gradus lacks",
                                            name_, descr.substr(0, 20)));
    }
    header.dtype = found->dtype;
    const bool one_byte = element_size(header.dtype) == 1;
    check(one_byte || order != '|', "has a descr without a byte order");
    header.swapped = !one_byte && order == '>';
  }

  std::string_view text_;
  const std::string& name_;
};

void swap_bytes(uint8_t* bytes, uint64_t size, size_t element) {
  for (uint64_t i = 0; i < size; i += element) std::reverse(bytes + i, bytes + i + element);
}

}  // namespace

NpyHeader read_npy_header(NpyRead read, uint64_t size, const std::string& name) {
  uint8_t start[12];
  GRADUS_CHECK_VALUE(
      size >= 10 && read(start, 8) == 8 && std::memcmp(start, kMagic.data(), kMagic.size()) == 0,
      "npy: '{}' does not begin as an npy file does", name);
  const int version = start[6];
  GRADUS_CHECK_VALUE(version >= 1 && version <= 3 && start[7] == 0,
                     "npy: '{}' is of version {}.{}, known are 1.0 to 3.0", name, version,
                     int{start[7]});
  const size_t length_size = version == 1 ? 2 : 4;
  GRADUS_CHECK_VALUE(read(start, length_size) == length_size, "npy: '{}' ends within its header",
                     name);
  uint64_t length = 0;
  for (size_t i = 0; i < length_size; ++i) length |= uint64_t{start[i]} << (8 * i);
  const uint64_t rest = size - 8 - std::min<uint64_t>(length_size, size - 8);
  GRADUS_CHECK_VALUE(length <= kMostHeader && length <= rest,
                     "npy: '{}' claims a header of {} bytes; {} are left, at most {} are allowed",
                     name, length, rest, kMostHeader);
  std::string text(static_cast<size_t>(length), '\0');
  GRADUS_CHECK_VALUE(read(text.data(), text.size()) == text.size(),
                     "npy: '{}' ends within its header", name);
  NpyHeader header = DictParser(text, name).parse();

  uint64_t count = 1, nonzero = 1;
  bool too_large = false;
  for (const int64_t extent : header.shape) {
    count *= static_cast<uint64_t>(extent);  // exact where the product of the others is
    if (extent != 0) {
      too_large |= __builtin_mul_overflow(nonzero, static_cast<uint64_t>(extent), &nonzero);
    }
  }
  uint64_t most = 0;
  too_large |= __builtin_mul_overflow(nonzero, element_size(header.dtype), &most) ||
               most > uint64_t{INT64_MAX};
  GRADUS_CHECK_VALUE(!too_large, "npy: '{}' has the shape [{}], which is too large", name,
                     fmt::join(header.shape, ", "));
  header.nbytes = count == 0 ? 0 : most;
  GRADUS_CHECK_VALUE(
      header.nbytes == rest - length,
      "npy: '{}' has the shape [{}] of {}, that is {} bytes, but {} bytes follow the "
      "header",
      name, fmt::join(header.shape, ", "), header.dtype, header.nbytes, rest - length);
  return header;
}

void check_npy_bools(const uint8_t* bytes, size_t count, const std::string& name) {
  GRADUS_CHECK_VALUE(std::all_of(bytes, bytes + count, [](uint8_t byte) { return byte <= 1; }),
                     "npy: '{}' is of bools and has a byte that is neither 0 nor 1", name);
}

std::vector<int64_t> npy_strides(const NpyHeader& header) {
  std::vector<int64_t> strides(header.shape.size());
  int64_t stride = 1;
  for (size_t i = 0; i < strides.size(); ++i) {
    const size_t dim = header.fortran_order ? i : strides.size() - 1 - i;
    strides[dim] = stride;
    stride *= std::max<int64_t>(header.shape[dim], 1);
  }
  return strides;
}

Tensor read_npy(NpyRead read, uint64_t size, const std::string& name) {
  const NpyHeader header = read_npy_header(read, size, name);
  Tensor tensor = empty_strided(header.shape, npy_strides(header), header.dtype);
  uint8_t* bytes = static_cast<uint8_t*>(tensor.data_ptr());
  GRADUS_CHECK_VALUE(header.nbytes == 0 || read(bytes, header.nbytes) == header.nbytes,
                     "npy: '{}' ends early", name);
  if (header.swapped) swap_bytes(bytes, header.nbytes, element_size(header.dtype));
  if (header.dtype == kBool) check_npy_bools(bytes, header.nbytes, name);
  return tensor;
}

std::string make_npy_header(const Tensor& tensor) {
  const char* code = nullptr;
  switch (tensor.dtype()) {
    case kBool:
      code = "|b1";
      break;
    case kChar:
      code = "|i1";
      break;
    case kByte:
      code = "|u1";
      break;
    case kShort:
      code = "<i2";
      break;
    case kInt:
      code = "<i4";
      break;
    case kLong:
      code = "<i8";
      break;
    case kHalf:
      code = "<f2";
      break;
    case kFloat:
      code = "<f4";
      break;
    case kDouble:
      code = "<f8";
      break;
    default:
      throw TypeError(fmt::format("save_npy: numpy has no {}; convert the tensor to float first",
                                  tensor.dtype()));
  }
  std::string dict =
      fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': ({}{}), }}", code,
                  fmt::join(tensor.sizes().vec(), ", "), tensor.dim() == 1 ? "," : "");
  // Elements begin at a multiple of 64.
  const size_t used = kMagic.size() + 4 + dict.size() + 1;
  dict.append((64 - used % 64) % 64, ' ');
  dict += '\n';
  GRADUS_CHECK_VALUE(dict.size() <= 0xffff, "save_npy: a tensor of {} dimensions is too much",
                     tensor.dim());
  std::string header(kMagic);
  header += '\1';
  header += '\0';
  header += static_cast<char>(dict.size() & 0xff);
  header += static_cast<char>(dict.size() >> 8);
  return header + dict;
}

}  // namespace io

Tensor load_npy(const std::string& path, bool mapped) {
  auto file = std::make_shared<io::MappedFile>(path, io::MappedFile::Access::kCopyOnWrite);
  size_t position = 0;
  const auto read = [&](void* dst, size_t size) {
    const size_t count = std::min(size, file->size() - position);
    if (count > 0) std::memcpy(dst, file->data() + position, count);
    position += count;
    return count;
  };
  if (!mapped) return io::read_npy(read, file->size(), path);

  const io::NpyHeader header = io::read_npy_header(read, file->size(), path);
  uint8_t* bytes = file->mutable_data() + position;
  const bool aligned = reinterpret_cast<uintptr_t>(bytes) % element_size(header.dtype) == 0;
  if (header.nbytes == 0 || header.swapped || !aligned) {
    position = 0;
    return io::read_npy(read, file->size(), path);
  }
  if (header.dtype == kBool) io::check_npy_bools(bytes, header.nbytes, path);
  if (!header.fortran_order) {
    return from_blob(
        bytes, header.shape, [file](void*) {}, header.dtype);
  }
  const std::vector<int64_t> reversed(header.shape.rbegin(), header.shape.rend());
  const Tensor flat = from_blob(
      bytes, reversed, [file](void*) {}, header.dtype);
  std::vector<int64_t> dims(header.shape.size());
  for (size_t i = 0; i < dims.size(); ++i) dims[i] = static_cast<int64_t>(dims.size() - 1 - i);
  return flat.permute(dims);
}

void save_npy(const Tensor& tensor, const std::string& path) {
  GRADUS_CHECK_VALUE(tensor.defined(), "save_npy: the tensor is undefined");
  const Tensor plain = tensor.detach().contiguous();
  const std::string header = io::make_npy_header(plain);
  io::AtomicFile file(path);
  file.write(header);
  if (plain.numel() > 0) file.write(plain.data_ptr(), plain.nbytes());
  file.commit();
}

}  // namespace gradus
