#pragma once

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
  TensorOptions(Device) {}
  TensorOptions(DeviceType type) { (void)Device(type); }
  TensorOptions(MemoryFormat format) : memory_format_(format) {}
  TensorOptions(Layout) {}

  [[nodiscard]] TensorOptions dtype(std::optional<ScalarType> dtype) const {
    TensorOptions changed = *this;
    changed.dtype_ = dtype;
    return changed;
  }
  [[nodiscard]] TensorOptions device(std::optional<Device>) const { return *this; }
  [[nodiscard]] TensorOptions device(DeviceType type, int index = -1) const {
    return device(Device(type, index));
  }
  [[nodiscard]] TensorOptions device(const char* name) const { return device(Device(name)); }
  [[nodiscard]] TensorOptions device(const std::string& name) const { return device(Device(name)); }
  [[nodiscard]] TensorOptions device_index(int index) const { return device(kCPU, index); }
  [[nodiscard]] TensorOptions layout(std::optional<Layout>) const { return *this; }
  [[nodiscard]] TensorOptions pinned_memory(std::optional<bool>) const { return *this; }
  [[nodiscard]] TensorOptions requires_grad(bool requires_grad) const {
    TensorOptions changed = *this;
    changed.requires_grad_ = requires_grad;
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
  bool has_device() const { return false; }
  Device device() const { return {}; }
  Layout layout() const { return kStrided; }
  bool pinned_memory() const { return false; }
  bool requires_grad() const { return requires_grad_; }
  std::optional<MemoryFormat> memory_format_opt() const { return memory_format_; }

 private:
  std::optional<ScalarType> dtype_;
  std::optional<MemoryFormat> memory_format_;
  bool requires_grad_ = false;
};

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
