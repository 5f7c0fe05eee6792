#include "core/io/archive.h"

#include <charconv>
#include <istream>
#include <map>
#include <ostream>
#include <set>
#include <string_view>

#include <fmt/format.h>

#include "core/io/safetensors.h"

namespace gradus {

void Stateful::save(serialize::OutputArchive& archive) const {
  for (const auto& item : state_dict()) archive.write(item.key(), item.value(), /*is_buffer=*/true);
}

void Stateful::load(serialize::InputArchive& archive) {
  load_state_dict(archive.state_dict());
}

namespace serialize {
namespace {

// What is no tensor stands in the metadata of the file: under "value/KEY" a letter for the kind and
// the text of the value, under "archive/KEY" that there is a nested archive, under
// "requires_grad/KEY" that a tensor requires grad.
constexpr const char* kFormat = "gradus archive 1";
constexpr const char* kValue = "value/";
constexpr const char* kArchive = "archive/";
constexpr const char* kRequiresGrad = "requires_grad/";
constexpr const char* kUndefined = "u";

std::string text_of(double value) {
  return fmt::format("{}", value);  // the shortest text that reads back as the same number
}

std::string text_of(const IValue& value) {
  if (value.isNone()) return "n";
  if (value.isBool()) return value.toBool() ? "b1" : "b0";
  if (value.isInt()) return fmt::format("i{}", value.toInt());
  if (value.isDouble()) return "d" + text_of(value.toDouble());
  if (value.isString()) return "s" + value.toStringRef();
  std::string text;
  if (value.isIntList()) {
    text = "I";
    for (const int64_t x : value.toIntVector()) text += fmt::format("{},", x);
  } else {
    text = "D";
    for (const double x : value.toDoubleVector()) text += text_of(x) + ",";
  }
  return text;
}

template <class T>
bool parse_number(std::string_view text, T& value) {
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  return code == std::errc() && end == text.data() + text.size();
}

// Numbers that each end with a comma.
template <class T>
bool parse_list(std::string_view text, std::vector<T>& values) {
  while (!text.empty()) {
    const size_t comma = text.find(',');
    T value{};
    if (comma == std::string_view::npos || !parse_number(text.substr(0, comma), value))
      return false;
    values.push_back(value);
    text.remove_prefix(comma + 1);
  }
  return true;
}

std::optional<IValue> value_of(std::string_view text) {
  if (text.empty()) return std::nullopt;
  const char kind = text.front();
  text.remove_prefix(1);
  int64_t whole;
  double real;
  std::vector<int64_t> wholes;
  std::vector<double> reals;
  switch (kind) {
    case 'n':
      return text.empty() ? std::optional<IValue>(IValue()) : std::nullopt;
    case 'b':
      if (text != "0" && text != "1") return std::nullopt;
      return IValue(text == "1");
    case 'i':
      if (!parse_number(text, whole)) return std::nullopt;
      return IValue(whole);
    case 'd':
      if (!parse_number(text, real)) return std::nullopt;
      return IValue(real);
    case 's':
      return IValue(std::string(text));
    case 'I':
      if (!parse_list(text, wholes)) return std::nullopt;
      return IValue(std::move(wholes));
    case 'D':
      if (!parse_list(text, reals)) return std::nullopt;
      return IValue(std::move(reals));
    default:
      return std::nullopt;
  }
}

bool begins_with(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

}  // namespace

struct OutputArchive::Content {
  void check_new(const std::string& key) const {
    GRADUS_CHECK(!tensors.contains(key) && metadata.count(kValue + key) == 0,
                 "OutputArchive: there is something under '{}' already", key);
  }
  std::map<std::string, std::string> all_metadata() const {
    std::map<std::string, std::string> all = metadata;
    all["format"] = kFormat;
    return all;
  }

  StateDict tensors;
  std::map<std::string, std::string> metadata;
};

OutputArchive::OutputArchive() : content_(std::make_unique<Content>()) {}
OutputArchive::~OutputArchive() = default;
OutputArchive::OutputArchive(OutputArchive&&) noexcept = default;
OutputArchive& OutputArchive::operator=(OutputArchive&&) noexcept = default;

void OutputArchive::write(const std::string& key, const Tensor& tensor, bool is_buffer) {
  content_->check_new(key);
  if (!tensor.defined()) {
    content_->metadata[kValue + key] = kUndefined;
    return;
  }
  content_->tensors.insert(key, tensor);
  if (!is_buffer && tensor.requires_grad()) content_->metadata[kRequiresGrad + key] = "";
}

void OutputArchive::write(const std::string& key, const IValue& value) {
  if (value.isTensor()) return write(key, value.toTensor());
  content_->check_new(key);
  if (value.isTensorList()) {
    OutputArchive list;
    const std::vector<Tensor>& tensors = value.toTensorVector();
    for (size_t i = 0; i < tensors.size(); ++i) list.write(std::to_string(i), tensors[i]);
    write(key, list);
    content_->metadata[kValue + key] = fmt::format("T{}", tensors.size());
    return;
  }
  content_->metadata[kValue + key] = text_of(value);
}

void OutputArchive::write(const std::string& key, OutputArchive& nested_archive) {
  const Content& nested = *nested_archive.content_;
  content_->check_new(key);
  for (const auto& item : nested.tensors) content_->check_new(key + "." + item.key());
  content_->metadata[kArchive + key] = "";
  for (const auto& item : nested.tensors) {
    content_->tensors.insert(key + "." + item.key(), item.value());
  }
  for (const auto& [name, text] : nested.metadata) {
    const size_t slash = name.find('/') + 1;
    content_->metadata[name.substr(0, slash) + key + "." + name.substr(slash)] = text;
  }
}

void OutputArchive::save_to(const std::string& filename) const {
  save_safetensors(content_->tensors, filename, content_->all_metadata());
}

void OutputArchive::save_to(std::ostream& stream) const {
  save_to([&](const void* data, size_t size) -> size_t {
    stream.write(static_cast<const char*>(data), static_cast<std::streamsize>(size));
    return stream.good() ? size : 0;
  });
  stream.flush();
  GRADUS_CHECK(stream.good(), "save: the stream does not take what is written to it");
}

void OutputArchive::save_to(const Callable<size_t(const void*, size_t)>& func) const {
  io::write_safetensors(
      content_->tensors,
      [&](const void* data, size_t size) {
        GRADUS_CHECK(func(data, size) == size, "save: the receiver did not take {} bytes", size);
      },
      content_->all_metadata());
}

struct InputArchive::Content {
  StateDict tensors;
  std::map<std::string, std::string> metadata;
};

InputArchive::InputArchive() : content_(std::make_shared<Content>()) {}
InputArchive::~InputArchive() = default;
InputArchive::InputArchive(InputArchive&&) noexcept = default;
InputArchive& InputArchive::operator=(InputArchive&&) noexcept = default;

bool InputArchive::try_read(const std::string& key, Tensor& tensor, bool) {
  const std::string name = full(key);
  const Tensor* found = content_->tensors.find(name);
  if (found == nullptr) {
    const auto value = content_->metadata.find(kValue + name);
    if (value == content_->metadata.end() || value->second != kUndefined) return false;
    tensor = Tensor();
    return true;
  }
  if (tensor.defined()) {
    tensor.set_data(found->clone());
  } else {
    tensor = found->clone();
    if (content_->metadata.count(kRequiresGrad + name) > 0) tensor.requires_grad_();
  }
  return true;
}

bool InputArchive::try_read(const std::string& key, IValue& value) {
  const std::string name = full(key);
  const auto found = content_->metadata.find(kValue + name);
  if (found == content_->metadata.end() || found->second == kUndefined) {
    Tensor tensor;
    if (!try_read(key, tensor)) return false;
    value = std::move(tensor);
    return true;
  }
  if (begins_with(found->second, "T")) {
    size_t count = 0;
    std::vector<Tensor> tensors;
    bool complete = parse_number(std::string_view(found->second).substr(1), count);
    while (complete && tensors.size() < count) {
      Tensor tensor;
      complete = try_read(key + "." + std::to_string(tensors.size()), tensor);
      tensors.push_back(std::move(tensor));
    }
    GRADUS_CHECK_VALUE(complete, "InputArchive: the list '{}' is damaged", name);
    value = std::move(tensors);
    return true;
  }
  std::optional<IValue> parsed = value_of(found->second);
  GRADUS_CHECK_VALUE(parsed.has_value(), "InputArchive: the value '{}' is damaged", name);
  value = std::move(*parsed);
  return true;
}

bool InputArchive::try_read(const std::string& key, InputArchive& archive) {
  const std::string prefix = full(key) + ".";
  bool there = content_->metadata.count(kArchive + full(key)) > 0;
  for (const auto& item : content_->tensors) there |= begins_with(item.key(), prefix);
  if (!there) return false;
  archive.content_ = content_;
  archive.prefix_ = prefix;
  return true;
}

void InputArchive::read(const std::string& key, Tensor& tensor, bool is_buffer) {
  GRADUS_CHECK(try_read(key, tensor, is_buffer), "InputArchive: there is no tensor '{}'",
               full(key));
}

void InputArchive::read(const std::string& key, IValue& value) {
  GRADUS_CHECK(try_read(key, value), "InputArchive: there is no value '{}'", full(key));
}

void InputArchive::read(const std::string& key, InputArchive& archive) {
  GRADUS_CHECK(try_read(key, archive), "InputArchive: there is no archive '{}'", full(key));
}

void InputArchive::load_from(const std::string& filename, std::optional<Device>) {
  auto content = std::make_shared<Content>();
  content->tensors = load_safetensors(filename, /*mapped=*/false, &content->metadata);
  content_ = std::move(content);
  prefix_.clear();
}

void InputArchive::parse(const uint8_t* data, size_t size, const std::string& source) {
  auto content = std::make_shared<Content>();
  content->tensors = io::read_safetensors(data, size, source, &content->metadata);
  content_ = std::move(content);
  prefix_.clear();
}

void InputArchive::load_from(std::istream& stream, std::optional<Device>) {
  GRADUS_CHECK(!stream.fail(), "load: the stream cannot be read");
  std::string bytes;
  char buffer[1 << 16];
  while (stream.read(buffer, sizeof buffer) || stream.gcount() > 0) {
    bytes.append(buffer, static_cast<size_t>(stream.gcount()));
  }
  GRADUS_CHECK(!stream.bad(), "load: the stream cannot be read");
  stream.clear();  // that its end was met is no failure: it may be read again after seekg(0)
  parse(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(), "stream");
}

void InputArchive::load_from(const char* data, size_t size, std::optional<Device>) {
  parse(reinterpret_cast<const uint8_t*>(data), size, "memory");
}

void InputArchive::load_from(const Callable<size_t(uint64_t, void*, size_t)>& read_func,
                             const Callable<size_t()>& size_func, std::optional<Device>) {
  std::vector<uint8_t> bytes(size_func());
  for (size_t done = 0; done < bytes.size();) {
    const size_t got = read_func(done, bytes.data() + done, bytes.size() - done);
    GRADUS_CHECK(got > 0 && got <= bytes.size() - done,
                 "load: the source ended after {} of {} bytes", done, bytes.size());
    done += got;
  }
  parse(bytes.data(), bytes.size(), "source");
}

std::vector<std::string> InputArchive::keys() const {
  std::vector<std::string> keys;
  std::set<std::string> seen;
  const auto add = [&](std::string_view name) {
    if (!begins_with(name, prefix_)) return;
    name.remove_prefix(prefix_.size());
    std::string key(name.substr(0, name.find('.')));
    if (seen.insert(key).second) keys.push_back(std::move(key));
  };
  for (const auto& item : content_->tensors) add(item.key());
  for (const auto& item : content_->metadata) {
    for (const std::string_view kind : {kValue, kArchive}) {
      if (begins_with(item.first, kind)) add(std::string_view(item.first).substr(kind.size()));
    }
  }
  return keys;
}

StateDict InputArchive::state_dict() const {
  StateDict state;
  for (const auto& item : content_->tensors) {
    if (begins_with(item.key(), prefix_)) {
      state.insert(item.key().substr(prefix_.size()), item.value());
    }
  }
  return state;
}

OutputArchive& operator<<(OutputArchive& archive, const Tensor& tensor) {
  archive.write("0", tensor);
  return archive;
}

InputArchive& operator>>(InputArchive& archive, Tensor& tensor) {
  archive.read("0", tensor);
  return archive;
}

}  // namespace serialize
}  // namespace gradus
