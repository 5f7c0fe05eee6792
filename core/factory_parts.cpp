#include "core/factory_parts.h"

namespace gradus {

namespace {

TensorOptions options_of(const char* op, std::optional<ScalarType> dtype,
                         std::optional<Layout> layout, std::optional<Device> device) {
  GRADUS_CHECK_AS(NotImplementedError, layout != kSparse, "{}: only dense tensors are made", op);
  return TensorOptions().dtype(dtype).device(device);
}

}  // namespace

Tensor empty(IntArrayRef sizes, std::optional<ScalarType> dtype, std::optional<Layout> layout,
             std::optional<Device> device, std::optional<bool>,
             std::optional<MemoryFormat> format) {
  return empty(sizes, options_of("empty", dtype, layout, device), format);
}

Tensor empty_strided(IntArrayRef sizes, IntArrayRef strides, std::optional<ScalarType> dtype,
                     std::optional<Layout> layout, std::optional<Device> device,
                     std::optional<bool>) {
  return empty_strided(sizes, strides, options_of("empty_strided", dtype, layout, device));
}

Tensor zeros(IntArrayRef sizes, std::optional<ScalarType> dtype, std::optional<Layout> layout,
             std::optional<Device> device, std::optional<bool>) {
  return zeros(sizes, options_of("zeros", dtype, layout, device));
}

Tensor ones(IntArrayRef sizes, std::optional<ScalarType> dtype, std::optional<Layout> layout,
            std::optional<Device> device, std::optional<bool>) {
  return ones(sizes, options_of("ones", dtype, layout, device));
}

Tensor full(IntArrayRef sizes, const Scalar& value, std::optional<ScalarType> dtype,
            std::optional<Layout> layout, std::optional<Device> device, std::optional<bool>) {
  return full(sizes, value, options_of("full", dtype, layout, device));
}

Tensor empty_like(const Tensor& x, std::optional<ScalarType> dtype, std::optional<Layout> layout,
                  std::optional<Device> device, std::optional<bool>,
                  std::optional<MemoryFormat> format) {
  return empty_like(x, options_of("empty_like", dtype, layout, device), format);
}

Tensor zeros_like(const Tensor& x, std::optional<ScalarType> dtype, std::optional<Layout> layout,
                  std::optional<Device> device, std::optional<bool>,
                  std::optional<MemoryFormat> format) {
  return zeros_like(x, options_of("zeros_like", dtype, layout, device), format);
}

Tensor ones_like(const Tensor& x, std::optional<ScalarType> dtype, std::optional<Layout> layout,
                 std::optional<Device> device, std::optional<bool>,
                 std::optional<MemoryFormat> format) {
  return ones_like(x, options_of("ones_like", dtype, layout, device), format);
}

Tensor rand_like(const Tensor& x, std::optional<ScalarType> dtype, std::optional<Layout> layout,
                 std::optional<Device> device, std::optional<bool>,
                 std::optional<MemoryFormat> format) {
  return rand_like(x, options_of("rand_like", dtype, layout, device), format);
}

Tensor randn_like(const Tensor& x, std::optional<ScalarType> dtype, std::optional<Layout> layout,
                  std::optional<Device> device, std::optional<bool>,
                  std::optional<MemoryFormat> format) {
  return randn_like(x, options_of("randn_like", dtype, layout, device), format);
}

Tensor full_like(const Tensor& x, const Scalar& value, std::optional<ScalarType> dtype,
                 std::optional<Layout> layout, std::optional<Device> device, std::optional<bool>,
                 std::optional<MemoryFormat> format) {
  return full_like(x, value, options_of("full_like", dtype, layout, device), format);
}

Tensor arange(const Scalar& end, std::optional<ScalarType> dtype, std::optional<Layout> layout,
              std::optional<Device> device, std::optional<bool>) {
  return arange(end, options_of("arange", dtype, layout, device));
}

Tensor arange(const Scalar& start, const Scalar& end, std::optional<ScalarType> dtype,
              std::optional<Layout> layout, std::optional<Device> device, std::optional<bool>) {
  return arange(start, end, options_of("arange", dtype, layout, device));
}

Tensor arange(const Scalar& start, const Scalar& end, const Scalar& step,
              std::optional<ScalarType> dtype, std::optional<Layout> layout,
              std::optional<Device> device, std::optional<bool>) {
  return arange(start, end, step, options_of("arange", dtype, layout, device));
}

Tensor linspace(const Scalar& start, const Scalar& end, int64_t steps,
                std::optional<ScalarType> dtype, std::optional<Layout> layout,
                std::optional<Device> device, std::optional<bool>) {
  return linspace(start, end, steps, options_of("linspace", dtype, layout, device));
}

Tensor eye(int64_t n, std::optional<ScalarType> dtype, std::optional<Layout> layout,
           std::optional<Device> device, std::optional<bool>) {
  return eye(n, options_of("eye", dtype, layout, device));
}

Tensor eye(int64_t n, int64_t m, std::optional<ScalarType> dtype, std::optional<Layout> layout,
           std::optional<Device> device, std::optional<bool>) {
  return eye(n, m, options_of("eye", dtype, layout, device));
}

Tensor scalar_tensor(const Scalar& value, std::optional<ScalarType> dtype,
                     std::optional<Layout> layout, std::optional<Device> device,
                     std::optional<bool>) {
  return scalar_tensor(value, options_of("scalar_tensor", dtype, layout, device));
}

Tensor rand(IntArrayRef sizes, std::optional<ScalarType> dtype, std::optional<Layout> layout,
            std::optional<Device> device, std::optional<bool>) {
  return rand(sizes, options_of("rand", dtype, layout, device));
}

Tensor randn(IntArrayRef sizes, std::optional<ScalarType> dtype, std::optional<Layout> layout,
             std::optional<Device> device, std::optional<bool>) {
  return randn(sizes, options_of("randn", dtype, layout, device));
}

Tensor randint(int64_t high, IntArrayRef sizes, std::optional<ScalarType> dtype,
               std::optional<Layout> layout, std::optional<Device> device, std::optional<bool>) {
  return randint(high, sizes, options_of("randint", dtype, layout, device));
}

Tensor randint(int64_t low, int64_t high, IntArrayRef sizes, std::optional<ScalarType> dtype,
               std::optional<Layout> layout, std::optional<Device> device, std::optional<bool>) {
  return randint(low, high, sizes, options_of("randint", dtype, layout, device));
}

Tensor randperm(int64_t n, std::optional<ScalarType> dtype, std::optional<Layout> layout,
                std::optional<Device> device, std::optional<bool>) {
  return randperm(n, options_of("randperm", dtype, layout, device));
}

// --- methods of Tensor

Tensor TensorMethods::new_empty(IntArrayRef sizes, std::optional<ScalarType> dtype,
                                std::optional<Layout> layout, std::optional<Device> device,
                                std::optional<bool>) const {
  return new_empty(sizes, options_of("new_empty", dtype, layout, device));
}

Tensor TensorMethods::new_zeros(IntArrayRef sizes, std::optional<ScalarType> dtype,
                                std::optional<Layout> layout, std::optional<Device> device,
                                std::optional<bool>) const {
  return new_zeros(sizes, options_of("new_zeros", dtype, layout, device));
}

Tensor TensorMethods::new_ones(IntArrayRef sizes, std::optional<ScalarType> dtype,
                               std::optional<Layout> layout, std::optional<Device> device,
                               std::optional<bool>) const {
  return new_ones(sizes, options_of("new_ones", dtype, layout, device));
}

Tensor TensorMethods::new_full(IntArrayRef sizes, const Scalar& value,
                               std::optional<ScalarType> dtype, std::optional<Layout> layout,
                               std::optional<Device> device, std::optional<bool>) const {
  return new_full(sizes, value, options_of("new_full", dtype, layout, device));
}

Tensor TensorMethods::new_empty_strided(IntArrayRef sizes, IntArrayRef strides,
                                        std::optional<ScalarType> dtype,
                                        std::optional<Layout> layout, std::optional<Device> device,
                                        std::optional<bool>) const {
  return new_empty_strided(sizes, strides, options_of("new_empty_strided", dtype, layout, device));
}

}  // namespace gradus
