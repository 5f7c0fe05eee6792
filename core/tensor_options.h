#pragma once

#include <iosfwd>
#include <optional>

#include "core/device.h"
#include "core/dtype.h"

namespace gradus {

/// The order of a tensor's elements in memory. ChannelsLast is NHWC strides under an NCHW shape;
/// Preserve keeps the order of the input where its elements are dense.
enum class MemoryFormat : int8_t { Contiguous, Preserve, ChannelsLast, ChannelsLast3d };

/// Sparse: the row-sparse gradient of an embedding (see sparse_coo_tensor). All else is strided.
enum class Layout : int8_t { Strided, Sparse };
inline constexpr Layout kStrided = Layout::Strided;
inline constexpr Layout kSparse = Layout::Sparse;

/// What a factory makes: dtype (default: get_default_dtype()), device (CPU), requires_grad (false),
/// memory format. Builders return a changed copy:
/// `TensorOptions().dtype(kDouble).requires_grad(true)`.
class TensorOptions {
 public:
  TensorOptions() = default;
  TensorOptions(ScalarType dtype) : dtype_(dtype) {}
  TensorOptions(TypeMeta dtype) : dtype_(dtype) {}
  TensorOptions(Device) : has_device_(true) {}
  TensorOptions(DeviceType type) : TensorOptions(Device(type)) {}
  TensorOptions(MemoryFormat format) : memory_format_(format) {}
  TensorOptions(Layout) : has_layout_(true) {}

  [[nodiscard]] TensorOptions dtype(std::optional<ScalarType> dtype) const {
    TensorOptions changed = *this;
    changed.dtype_ = dtype;
    return changed;
  }
  [[nodiscard]] TensorOptions device(std::optional<Device> device) const {
    TensorOptions changed = *this;
    changed.has_device_ = device.has_value();
    return changed;
  }
  [[nodiscard]] TensorOptions device(DeviceType type, int index = -1) const {
    return device(Device(type, index));
  }
  [[nodiscard]] TensorOptions device(const char* name) const { return device(Device(name)); }
  [[nodiscard]] TensorOptions device(const std::string& name) const { return device(Device(name)); }
  [[nodiscard]] TensorOptions device_index(int index) const { return device(kCPU, index); }
  [[nodiscard]] TensorOptions layout(std::optional<Layout> layout) const {
    TensorOptions changed = *this;
    changed.has_layout_ = layout.has_value();
    return changed;
  }
  /// Nothing is pinned: there is no other device to copy to.
  [[nodiscard]] TensorOptions pinned_memory(std::optional<bool> pinned_memory) const {
    TensorOptions changed = *this;
    changed.has_pinned_memory_ = pinned_memory.has_value();
    return changed;
  }
  [[nodiscard]] TensorOptions requires_grad(std::optional<bool> requires_grad) const {
    TensorOptions changed = *this;
    changed.requires_grad_ = requires_grad.value_or(false);
    changed.has_requires_grad_ = requires_grad.has_value();
    return changed;
  }
  [[nodiscard]] TensorOptions memory_format(MemoryFormat format) const {
    TensorOptions changed = *this;
    changed.memory_format_ = format;
    return changed;
  }

  TypeMeta dtype() const { return TypeMeta(dtype_.value_or(get_default_dtype())); }
  std::optional<ScalarType> dtype_opt() const { return dtype_; }
  bool has_dtype() const { return dtype_.has_value(); }
  bool has_device() const { return has_device_; }
  bool has_layout() const { return has_layout_; }
  bool has_requires_grad() const { return has_requires_grad_; }
  bool has_pinned_memory() const { return has_pinned_memory_; }
  bool has_memory_format() const { return memory_format_.has_value(); }
  Device device() const { return {}; }
  Layout layout() const { return kStrided; }
  bool pinned_memory() const { return false; }
  bool requires_grad() const { return requires_grad_; }
  std::optional<MemoryFormat> memory_format_opt() const { return memory_format_; }

 private:
  std::optional<ScalarType> dtype_;
  std::optional<MemoryFormat> memory_format_;
  bool requires_grad_ = false;
  // What was said, though there is one choice: printing tells it apart from a default.
  bool has_device_ = false, has_layout_ = false;
  bool has_requires_grad_ = false, has_pinned_memory_ = false;
};

/// Writes "ChannelsLast", "Strided", ...
GRADUS_API std::ostream& operator<<(std::ostream& stream, MemoryFormat format);
GRADUS_API std::ostream& operator<<(std::ostream& stream, Layout layout);
/// Writes "TensorOptions(dtype=float, device=cpu, ...)" as PyTorch does, with "(default)" behind
/// what was not set.
GRADUS_API std::ostream& operator<<(std::ostream& stream, const TensorOptions& options);

/// TensorOptions with one thing said: `zeros({2}, dtype(kLong))`.
inline TensorOptions dtype(ScalarType type) {
  return TensorOptions(type);
}
inline TensorOptions device(Device device) {
  return TensorOptions(device);
}
inline TensorOptions device_index(int index) {
  return TensorOptions().device_index(index);
}
inline TensorOptions layout(Layout layout) {
  return TensorOptions(layout);
}
inline TensorOptions requires_grad(bool requires_grad = true) {
  return TensorOptions().requires_grad(requires_grad);
}
inline TensorOptions memory_format(MemoryFormat format) {
  return TensorOptions(format);
}

}  // namespace gradus
