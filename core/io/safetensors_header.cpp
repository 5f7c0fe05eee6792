#include "core/io/safetensors_header.h"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <tuple>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/error.h"

namespace gradus::io {
namespace {

constexpr size_t kLengthSize = 8;
constexpr size_t kMostHeader = 100'000'000;
constexpr size_t kMostDims = 64;  // PyTorch's limit
constexpr size_t kSlack = size_t{1} << 20;
constexpr std::string_view kMetadata = "__metadata__";

struct NamedType {
  std::string_view name;
  ScalarType type;
};

constexpr NamedType kTypes[] = {
    {"F32", kFloat}, {"F64", kDouble}, {"BF16", kBFloat16}, {"F16", kHalf}, {"I64", kLong},
    {"I32", kInt},   {"I16", kShort},  {"I8", kChar},       {"U8", kByte},  {"BOOL", kBool},
};

constexpr std::string_view kOtherTypes[] = {"U16",     "U32",     "U64",     "C64",     "F8_E5M2",
                                            "F8_E4M3", "F8_E8M0", "F6_E2M3", "F6_E3M2", "F4"};

std::string_view name_of(ScalarType type) {
  for (const NamedType& named : kTypes) {
    if (named.type == type) return named.name;
  }
  return {};
}

// Bytes of a tensor, or false where a dimension is negative or the size is beyond int64. A zero
// among the dimensions makes it empty but does not excuse the others, of which strides are made.
bool size_in_bytes(ArrayRef<int64_t> shape, ScalarType dtype, uint64_t* size) {
  int64_t product = static_cast<int64_t>(element_size(dtype));
  bool empty = false;
  for (const int64_t extent : shape) {
    if (extent < 0) return false;
    empty |= extent == 0;
    if (__builtin_mul_overflow(product, std::max<int64_t>(extent, 1), &product)) return false;
  }
  *size = empty ? 0 : static_cast<uint64_t>(product);
  return true;
}

// The longest string, number or word, which is what nlohmann's lexer keeps in memory.
size_t longest_token(std::string_view json) {
  size_t longest = 0;
  for (size_t i = 0; i < json.size();) {
    const size_t begin = i;
    if (json[i] == '"') {
      for (++i; i < json.size() && json[i] != '"'; ++i) i += json[i] == '\\';
      i = std::min(i + 1, json.size());
    } else {
      constexpr std::string_view kBetween = "{}[],:\" \t\r\n";
      while (i < json.size() && kBetween.find(json[i]) == std::string_view::npos) ++i;
      if (i == begin) ++i;
    }
    longest = std::max(longest, i - begin);
  }
  return longest;
}

}  // namespace

/// Receives nlohmann's parsing events, twice: first to count, so that the vectors get their final
/// size at once and a header that would need more memory than its file may claim is refused; then
/// to store.
class SafetensorsHeader::Parser {
 public:
  using number_integer_t = nlohmann::json::number_integer_t;
  using number_unsigned_t = nlohmann::json::number_unsigned_t;
  using number_float_t = nlohmann::json::number_float_t;
  using string_t = nlohmann::json::string_t;
  using binary_t = nlohmann::json::binary_t;

  Parser(SafetensorsHeader& header, const std::string& path) : header_(header), path_(path) {}

  void parse(std::string_view json, size_t file_size) {
    // The lexer holds a token twice, and while it grows or is reported as an error up to eight
    // times.
    constexpr size_t kTokenCopies = 8;
    const size_t budget = file_size + kSlack;
    check(longest_token(json) <= budget / kTokenCopies, "has a string too long for its size");

    nlohmann::json::sax_parse(json, this);
    constexpr size_t kMetadataNode = sizeof(std::pair<std::string, std::string>) + 64;
    const size_t needed = tensors_ * (sizeof(Entry) + sizeof(uint32_t)) + name_bytes_ +
                          dims_ * sizeof(int64_t) + pairs_ * kMetadataNode + pair_bytes_;
    check(needed <= budget, "describes more tensors than a file of its size can hold");

    header_.entries_.reserve(tensors_);
    header_.names_.reserve(name_bytes_);
    header_.shapes_.reserve(dims_);
    storing_ = true;
    place_ = Place::kStart;
    metadata_seen_ = false;
    nlohmann::json::sax_parse(json, this);
  }

  bool key(string_t& text) {
    if (place_ == Place::kFile) {
      in_metadata_ = text == kMetadata;
      if (in_metadata_) {
        check(!std::exchange(metadata_seen_, true), "has __metadata__ twice");
      } else {
        name_ = text;
      }
    } else if (place_ == Place::kMetadata) {
      key_ = text;
    } else {
      field_ = text == "dtype"          ? Field::kDtype
               : text == "shape"        ? Field::kShape
               : text == "data_offsets" ? Field::kOffsets
                                        : Field::kNone;
      check_tensor(field_ != Field::kNone, "has an unknown key");
      check_tensor((fields_ & bit(field_)) == 0, "has a key twice");
      fields_ |= bit(field_);
    }
    return true;
  }

  bool start_object(size_t) {
    if (place_ == Place::kStart) {
      place_ = Place::kFile;
    } else if (place_ == Place::kFile && in_metadata_) {
      place_ = Place::kMetadata;
    } else if (place_ == Place::kFile) {
      place_ = Place::kTensor;
      fields_ = 0;
      shape_.clear();
      offset_count_ = 0;
    } else {
      misplaced();
    }
    return true;
  }

  bool end_object() {
    if (place_ == Place::kTensor) finish_tensor();
    place_ = place_ == Place::kFile ? Place::kStart : Place::kFile;
    return true;
  }

  bool start_array(size_t) {
    if (place_ != Place::kTensor || field_ == Field::kDtype) misplaced();
    place_ = field_ == Field::kShape ? Place::kShape : Place::kOffsets;
    return true;
  }

  bool end_array() {
    place_ = Place::kTensor;
    return true;
  }

  bool string(string_t& text) {
    if (place_ == Place::kMetadata) {
      if (storing_) {
        check(header_.metadata_.emplace(key_, text).second, "has a key twice in __metadata__");
      } else {
        pairs_ += 1;
        pair_bytes_ += key_.size() + text.size();
      }
    } else if (place_ == Place::kTensor && field_ == Field::kDtype) {
      set_dtype(text);
    } else {
      misplaced();
    }
    return true;
  }

  bool number_unsigned(number_unsigned_t value) {
    if (place_ == Place::kShape) {
      check_tensor(value <= INT64_MAX, "has a dimension beyond int64");
      check_tensor(shape_.size() < kMostDims, "has more than 64 dimensions");
      shape_.push_back(static_cast<int64_t>(value));
    } else if (place_ == Place::kOffsets) {
      check_tensor(offset_count_ < 2, "has more than two data_offsets");
      offsets_[offset_count_++] = value;
    } else {
      misplaced();
    }
    return true;
  }

  bool number_integer(number_integer_t) { misplaced(); }
  bool number_float(number_float_t, const string_t&) { misplaced(); }
  bool boolean(bool) { misplaced(); }
  bool null() { misplaced(); }
  bool binary(binary_t&) { misplaced(); }

  bool parse_error(size_t position, const std::string&, const nlohmann::json::exception&) {
    throw ValueError(fmt::format("safetensors: the header of '{}' is not valid JSON at byte {}",
                                 path_, kLengthSize + position));
  }

 private:
  enum class Place { kStart, kFile, kMetadata, kTensor, kShape, kOffsets };
  enum class Field { kNone, kDtype, kShape, kOffsets };

  static unsigned bit(Field field) { return 1u << static_cast<unsigned>(field); }

  void check(bool condition, const char* problem) const {
    GRADUS_CHECK_VALUE(condition, "safetensors: the header of '{}' {}", path_, problem);
  }
  void check_tensor(bool condition, const char* problem) const {
    GRADUS_CHECK_VALUE(condition, "safetensors: tensor '{}' in '{}' {}", shortened(name_), path_,
                       problem);
  }
  static std::string shortened(const std::string& name) {
    constexpr size_t kMost = 200;
    return name.size() <= kMost ? name : name.substr(0, kMost) + "...";
  }

  [[noreturn]] void misplaced() const {
    switch (place_) {
      case Place::kStart:
        throw ValueError(fmt::format("safetensors: the header of '{}' is not an object", path_));
      case Place::kFile:
        if (!in_metadata_) break;
        [[fallthrough]];
      case Place::kMetadata:
        throw ValueError(fmt::format(
            "safetensors: __metadata__ of '{}' does not map strings to strings", path_));
      default:
        break;
    }
    const char* problem = place_ == Place::kFile    ? "is not described by an object"
                          : field_ == Field::kDtype ? "has a dtype that is not a string"
                          : field_ == Field::kShape ? "has a shape that is not a list of sizes"
                                                    : "has data_offsets that are not two offsets";
    throw ValueError(
        fmt::format("safetensors: tensor '{}' in '{}' {}", shortened(name_), path_, problem));
  }

  void set_dtype(const std::string& text) {
    for (const NamedType& named : kTypes) {
      if (named.name == text) {
        dtype_ = named.type;
        return;
      }
    }
    const bool known =
        std::find(std::begin(kOtherTypes), std::end(kOtherTypes), text) != std::end(kOtherTypes);
    if (known) {
      throw NotImplementedError(
          fmt::format("safetensors: tensor '{}' in '{}' has dtype {}, which gradus does not have",
                      shortened(name_), path_, text));
    }
    check_tensor(false, "has an unknown dtype");
  }

  void finish_tensor() {
    check_tensor(fields_ == (bit(Field::kDtype) | bit(Field::kShape) | bit(Field::kOffsets)),
                 "lacks dtype, shape or data_offsets");
    check_tensor(offset_count_ == 2, "has fewer than two data_offsets");
    if (!storing_) {
      tensors_ += 1;
      name_bytes_ += name_.size();
      dims_ += shape_.size();
      return;
    }
    uint64_t size = 0;
    check_tensor(size_in_bytes(shape_, dtype_, &size), "has a shape beyond int64");
    check_tensor(offsets_[0] <= offsets_[1], "has data_offsets that end before they begin");
    GRADUS_CHECK_VALUE(
        offsets_[1] - offsets_[0] == size,
        "safetensors: tensor '{}' in '{}' has {} bytes, but shape [{}] of {} takes {}",
        shortened(name_), path_, offsets_[1] - offsets_[0], fmt::join(shape_, ", "),
        name_of(dtype_), size);
    header_.entries_.push_back(
        {offsets_[0], offsets_[1], static_cast<uint32_t>(header_.names_.size()),
         static_cast<uint32_t>(name_.size()), static_cast<uint32_t>(header_.shapes_.size()),
         static_cast<uint8_t>(shape_.size()), dtype_});
    header_.names_ += name_;
    header_.shapes_.insert(header_.shapes_.end(), shape_.begin(), shape_.end());
  }

  SafetensorsHeader& header_;
  const std::string& path_;

  bool storing_ = false;
  size_t tensors_ = 0, name_bytes_ = 0, dims_ = 0, pairs_ = 0, pair_bytes_ = 0;

  Place place_ = Place::kStart;
  bool in_metadata_ = false;
  bool metadata_seen_ = false;
  std::string key_;  // within __metadata__

  // The tensor being read.
  std::string name_;
  Field field_ = Field::kNone;
  unsigned fields_ = 0;
  ScalarType dtype_ = ScalarType::Undefined;
  std::vector<int64_t> shape_;
  uint64_t offsets_[2] = {0, 0};
  int offset_count_ = 0;
};

SafetensorsHeader::SafetensorsHeader(const uint8_t* file, size_t file_size,
                                     const std::string& path) {
  GRADUS_CHECK_VALUE(file_size >= kLengthSize,
                     "safetensors: '{}' has {} bytes, fewer than the 8 of the header's size", path,
                     file_size);
  GRADUS_CHECK_VALUE(std::string_view(reinterpret_cast<const char*>(file), 4) != "PK\x03\x04",
                     "safetensors: '{}' is a zip file, such as PyTorch's .pt files, which hold "
                     "programs and are not "
                     "loaded; core/io/pt_to_safetensors.py converts them",
                     path);
  uint64_t header_size = 0;
  for (size_t i = 0; i < kLengthSize; ++i) header_size |= uint64_t{file[i]} << (8 * i);
  GRADUS_CHECK_VALUE(header_size <= kMostHeader,
                     "safetensors: '{}' claims a header of {} bytes; at most {} are allowed", path,
                     header_size, kMostHeader);
  GRADUS_CHECK_VALUE(header_size <= file_size - kLengthSize,
                     "safetensors: '{}' claims a header of {} bytes and ends after {}", path,
                     header_size, file_size - kLengthSize);
  const std::string_view json(reinterpret_cast<const char*>(file) + kLengthSize,
                              static_cast<size_t>(header_size));
  // The parser would skip a byte order mark and take a zero byte for the end.
  GRADUS_CHECK_VALUE(
      !json.empty() && json.front() == '{' && json.find('\0') == std::string_view::npos,
      "safetensors: the header of '{}' is not a JSON object", path);
  data_begin_ = kLengthSize + json.size();

  Parser(*this, path).parse(json, file_size);
  check_names(path);
  check_offsets(file_size - data_begin_, path);
}

std::string_view SafetensorsHeader::name(size_t i) const {
  return std::string_view(names_).substr(entries_[i].name_begin, entries_[i].name_size);
}

ArrayRef<int64_t> SafetensorsHeader::shape(size_t i) const {
  return {shapes_.data() + entries_[i].shape_begin, entries_[i].dims};
}

void SafetensorsHeader::check_names(const std::string& path) const {
  std::vector<uint32_t> order(size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(),
            [this](uint32_t a, uint32_t b) { return name(a) < name(b); });
  for (size_t i = 1; i < order.size(); ++i) {
    GRADUS_CHECK_VALUE(name(order[i - 1]) != name(order[i]),
                       "safetensors: '{}' has the tensor '{}' twice", path,
                       name(order[i]).substr(0, 200));
  }
}

void SafetensorsHeader::check_offsets(size_t data_size, const std::string& path) {
  std::sort(entries_.begin(), entries_.end(), [this](const Entry& a, const Entry& b) {
    const auto name_of = [this](const Entry& entry) {
      return std::string_view(names_).substr(entry.name_begin, entry.name_size);
    };
    return std::tuple(a.begin, a.end, name_of(a)) < std::tuple(b.begin, b.end, name_of(b));
  });
  uint64_t end = 0;
  for (size_t i = 0; i < size(); ++i) {
    GRADUS_CHECK_VALUE(
        entries_[i].begin == end,
        "safetensors: tensor '{}' in '{}' begins at offset {}, but the one before it ends at {}",
        name(i).substr(0, 200), path, entries_[i].begin, end);
    end = entries_[i].end;
  }
  GRADUS_CHECK_VALUE(end == data_size,
                     "safetensors: the tensors of '{}' take {} bytes, but {} follow its header",
                     path, end, data_size);
}

SafetensorsLayout layout_safetensors(const std::vector<SafetensorsEntry>& tensors,
                                     const std::map<std::string, std::string>& metadata) {
  SafetensorsLayout layout;
  layout.order.resize(tensors.size());
  std::iota(layout.order.begin(), layout.order.end(), size_t{0});
  std::sort(layout.order.begin(), layout.order.end(), [&](size_t a, size_t b) {
    const size_t size_a = element_size(tensors[a].dtype), size_b = element_size(tensors[b].dtype);
    return size_a != size_b ? size_a > size_b : tensors[a].name < tensors[b].name;
  });

  const auto quoted = [](const std::string& text) {
    try {
      return nlohmann::json(text).dump();
    } catch (const nlohmann::json::exception&) {
      throw ValueError(fmt::format(
          "save_safetensors: a name or metadata text of {} bytes is not UTF-8", text.size()));
    }
  };
  std::string json = "{";
  const auto add = [&](const std::string& key, const std::string& value) {
    if (json.size() > 1) json += ',';
    json += quoted(key) + ':' + value;
  };
  if (!metadata.empty()) {
    std::string pairs;
    for (const auto& [key, value] : metadata) {
      pairs += (pairs.empty() ? '{' : ',') + quoted(key) + ':' + quoted(value);
    }
    add(std::string(kMetadata), pairs + '}');
  }
  std::vector<std::string_view> names;
  names.reserve(tensors.size());
  uint64_t offset = 0;
  for (const size_t i : layout.order) {
    const SafetensorsEntry& tensor = tensors[i];
    GRADUS_CHECK_VALUE(tensor.name != kMetadata,
                       "save_safetensors: no tensor can have the name __metadata__");
    GRADUS_CHECK_VALUE(!name_of(tensor.dtype).empty(), "save_safetensors: tensor '{}' has dtype {}",
                       tensor.name, tensor.dtype);
    uint64_t size = 0;
    GRADUS_CHECK_VALUE(tensor.shape.size() <= kMostDims &&
                           size_in_bytes(tensor.shape, tensor.dtype, &size) &&
                           !__builtin_add_overflow(offset, size, &size),
                       "save_safetensors: tensor '{}' has the shape [{}]", tensor.name,
                       fmt::join(tensor.shape, ", "));
    add(tensor.name,
        fmt::format(R"({{"dtype":"{}","shape":[{}],"data_offsets":[{},{}]}})",
                    name_of(tensor.dtype), fmt::join(tensor.shape, ","), offset, size));
    offset = size;
    names.push_back(tensor.name);
  }
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  GRADUS_CHECK_VALUE(twice == names.end(),
                     "save_safetensors: there are two tensors with the name '{}'", *twice);

  json += '}';
  json.resize((json.size() + kLengthSize - 1) / kLengthSize * kLengthSize, ' ');
  GRADUS_CHECK_VALUE(
      json.size() <= kMostHeader,
      "save_safetensors: names, shapes and metadata take {} bytes; the format allows {}",
      json.size(), kMostHeader);
  layout.header.resize(kLengthSize);
  for (size_t i = 0; i < kLengthSize; ++i) {
    layout.header[i] = static_cast<char>(static_cast<uint64_t>(json.size()) >> (8 * i) & 0xff);
  }
  layout.header += json;
  return layout;
}

}  // namespace gradus::io
