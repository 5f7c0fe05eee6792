#pragma once

#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/callable.h"
#include "core/device.h"
#include "core/error.h"
#include "core/export.h"
#include "core/hidden.h"
#include "core/ivalue.h"
#include "core/state.h"
#include "core/tensor.h"

namespace gradus {
namespace serialize {

/// Collects named tensors and values and writes them as one file: libtorch's archive on the
/// safetensors format, so that other programs can read the tensors. Nested archives become names
/// with dots: "encoder.weight".
class GRADUS_API OutputArchive {
 public:
  OutputArchive();
  ~OutputArchive();
  OutputArchive(OutputArchive&&) noexcept;
  OutputArchive& operator=(OutputArchive&&) noexcept;

  /// Adds a tensor, undefined ones too; its values are taken when the archive is written.
  /// @throws Error for a key that is in use
  void write(const std::string& key, const Tensor& tensor, bool is_buffer = false);
  /// Adds a number, string, list, tensor or nothing.
  void write(const std::string& key, const IValue& value);
  /// Adds all that is in another archive.
  void write(const std::string& key, OutputArchive& nested_archive);
  /// write(), for code that is the same for both directions: `archive("weight", weight)`.
  template <class... Args>
  void operator()(Args&&... args) {
    write(std::forward<Args>(args)...);
  }

  /// Writes the file atomically, see io::AtomicFile. @throws Error
  void save_to(const std::string& filename) const;
  /// @throws Error where the stream does not take it
  void save_to(std::ostream& stream) const;
  /// Calls `func(data, size)` for one piece after the other, which returns how many bytes it took.
  void save_to(const Callable<size_t(const void*, size_t)>& func) const;

 private:
  struct Content;
  Hidden<Content> content_;
};

/// Reads what OutputArchive has written, or any safetensors file.
class GRADUS_API InputArchive {
 public:
  InputArchive();
  ~InputArchive();
  InputArchive(InputArchive&&) noexcept;
  InputArchive& operator=(InputArchive&&) noexcept;

  /// Replaces the elements of the tensor by those under `key`; an undefined tensor becomes a new
  /// one.
  /// @throws Error where there is no such tensor
  void read(const std::string& key, Tensor& tensor, bool is_buffer = false);
  /// Reads a number, string, list, tensor or nothing. @throws Error where there is no such value
  void read(const std::string& key, IValue& value);
  /// Makes `archive` the nested archive under `key`. @throws Error where there is none
  void read(const std::string& key, InputArchive& archive);
  /// The same; false where there is none.
  bool try_read(const std::string& key, Tensor& tensor, bool is_buffer = false);
  bool try_read(const std::string& key, IValue& value);
  bool try_read(const std::string& key, InputArchive& archive);
  template <class... Args>
  void operator()(Args&&... args) {
    read(std::forward<Args>(args)...);
  }

  /// Reads a file. @throws Error if it cannot be read, ValueError if it is damaged or not a
  /// safetensors file
  void load_from(const std::string& filename, std::optional<Device> device = std::nullopt);
  /// Reads the rest of a stream.
  void load_from(std::istream& stream, std::optional<Device> device = std::nullopt);
  void load_from(const char* data, size_t size, std::optional<Device> device = std::nullopt);
  /// Reads `size_func()` bytes by `read_func(position, buffer, size)`, which returns how many it
  /// gave.
  void load_from(const Callable<size_t(uint64_t, void*, size_t)>& read_func,
                 const Callable<size_t()>& size_func, std::optional<Device> device = std::nullopt);

  /// The names in this archive: of values, and of nested archives up to the first dot.
  std::vector<std::string> keys() const;
  /// All tensors below this archive by their whole names.
  StateDict state_dict() const;

 private:
  struct Content;
  void parse(const uint8_t* data, size_t size, const std::string& source);
  std::string full(const std::string& key) const { return prefix_ + key; }

  std::shared_ptr<const Content> content_;
  std::string prefix_;  // empty, or ends with a dot
};

namespace detail {

// What can be saved by its state: a module, an optimizer, a sampler, or a pointer or holder of one.
template <class T, class = void>
struct PointsToStateful : std::false_type {};
template <class T>
struct PointsToStateful<T, std::void_t<decltype(*std::declval<T&>())>>
    : std::is_base_of<Stateful, std::decay_t<decltype(*std::declval<T&>())>> {};
template <class T>
inline constexpr bool has_state_v =
    std::is_base_of_v<Stateful, T> || PointsToStateful<std::remove_const_t<T>>::value;

template <class T>
auto& stateful_of(T& value) {
  if constexpr (std::is_base_of_v<Stateful, std::remove_const_t<T>>) {
    return value;
  } else {
    GRADUS_CHECK(static_cast<bool>(value), "serialize: the pointer or holder is empty");
    return *value;
  }
}

}  // namespace detail

GRADUS_API OutputArchive& operator<<(OutputArchive& archive, const Tensor& tensor);
GRADUS_API InputArchive& operator>>(InputArchive& archive, Tensor& tensor);

/// Modules and their holders and pointers, optimizers, whatever is Stateful.
template <class T, class = std::enable_if_t<detail::has_state_v<T>>>
OutputArchive& operator<<(OutputArchive& archive, const T& value) {
  detail::stateful_of(value).save(archive);
  return archive;
}
template <class T, class = std::enable_if_t<detail::has_state_v<T>>>
InputArchive& operator>>(InputArchive& archive, T& value) {
  detail::stateful_of(value).load(archive);
  return archive;
}

}  // namespace serialize

/// Saves a tensor, a module (itself, its holder or a pointer to it), an optimizer, or whatever has
/// an operator<< for OutputArchive, to a file name, a std::ostream or a function, as torch::save.
///
///     gradus::save(net, "net.safetensors");
///     gradus::load(net, "net.safetensors");
template <class Value, class... SaveToArgs>
void save(const Value& value, SaveToArgs&&... args) {
  serialize::OutputArchive archive;
  archive << value;
  archive.save_to(std::forward<SaveToArgs>(args)...);
}

/// Saves tensors under the names "0", "1", ...
template <class... SaveToArgs>
void save(const std::vector<Tensor>& tensors, SaveToArgs&&... args) {
  serialize::OutputArchive archive;
  for (size_t i = 0; i < tensors.size(); ++i) archive.write(std::to_string(i), tensors[i]);
  archive.save_to(std::forward<SaveToArgs>(args)...);
}

/// Loads what save() has written into an existing value. A module or optimizer takes all or
/// nothing; what else a module's file holds is left alone. Nothing in the file is executed.
/// @throws Error where the file cannot be read or does not fit
template <class Value, class... LoadFromArgs>
void load(Value& value, LoadFromArgs&&... args) {
  serialize::InputArchive archive;
  archive.load_from(std::forward<LoadFromArgs>(args)...);
  archive >> value;
}

/// Appends the tensors of the file.
template <class... LoadFromArgs>
void load(std::vector<Tensor>& tensors, LoadFromArgs&&... args) {
  serialize::InputArchive archive;
  archive.load_from(std::forward<LoadFromArgs>(args)...);
  for (size_t i = 0;; ++i) {
    Tensor tensor;
    if (!archive.try_read(std::to_string(i), tensor)) break;
    tensors.push_back(std::move(tensor));
  }
}

}  // namespace gradus
