#pragma once

#include <iosfwd>
#include <string>

#include "core/dtype.h"
#include "core/export.h"
#include "core/tensor_options.h"

namespace gradus {

/// Where and how elements are kept, in one word: gradus has CPU alone.
enum class Backend : int8_t { CPU, CUDA, SparseCPU, SparseCUDA, Undefined };

/// dtype and device as programs of PyTorch's first years name them, and PyTorch still lets them:
/// `zeros({2}, CPU(kFloat))`, `x.type().scalarType()`. New programs write TensorOptions.
class GRADUS_API DeprecatedTypeProperties {
 public:
  explicit DeprecatedTypeProperties(ScalarType type) : type_(type) {}

  ScalarType scalarType() const { return type_; }
  ScalarType typeMeta() const { return type_; }
  Backend backend() const { return Backend::CPU; }
  DeviceType device_type() const { return kCPU; }
  Layout layout() const { return kStrided; }
  bool is_cuda() const { return false; }
  bool is_sparse() const { return false; }
  TensorOptions options() const { return TensorOptions(type_); }
  operator TensorOptions() const { return options(); }
  DeprecatedTypeProperties& toScalarType(ScalarType type) const;
  DeprecatedTypeProperties& cpu() const { return toScalarType(type_); }
  DeprecatedTypeProperties& toBackend(Backend) const { return cpu(); }
  /// "CPUFloatType".
  std::string toString() const;
  bool operator==(const DeprecatedTypeProperties& other) const = default;

 private:
  ScalarType type_;
};

/// The one for a dtype.
GRADUS_API DeprecatedTypeProperties& CPU(ScalarType type);

namespace detail {
inline ScalarType dtype_of(ScalarType type) {
  return type;
}
inline ScalarType dtype_of(const DeprecatedTypeProperties& type) {
  return type.scalarType();
}
}  // namespace detail

GRADUS_API std::ostream& operator<<(std::ostream& stream, const DeprecatedTypeProperties& type);

}  // namespace gradus
