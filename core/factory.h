#pragma once

#include <initializer_list>
#include <memory>
#include <type_traits>
#include <vector>

#include "core/generator.h"
#include "core/tensor.h"

namespace gradus {

// Makers of tensors. Where no dtype is given it is get_default_dtype() (kFloat), for `arange`,
// `tensor` and `full` that of the values. Sizes are checked: ValueError for a negative one, Error
// for an overflow, OutOfMemoryError where memory ends.

/// Uninitialized elements.
GRADUS_API Tensor empty(IntArrayRef sizes, const TensorOptions& options = {},
                        std::optional<MemoryFormat> format = std::nullopt);
/// Uninitialized elements with these strides.
GRADUS_API Tensor empty_strided(IntArrayRef sizes, IntArrayRef strides,
                                const TensorOptions& options = {});
GRADUS_API Tensor zeros(IntArrayRef sizes, const TensorOptions& options = {});
GRADUS_API Tensor ones(IntArrayRef sizes, const TensorOptions& options = {});
/// dtype: that of the value (bool, int64 or the default dtype) where none is given.
GRADUS_API Tensor full(IntArrayRef sizes, const Scalar& value, const TensorOptions& options = {});

/// As above with the sizes, dtype and, where its elements are dense, the memory order of `x`.
GRADUS_API Tensor empty_like(const Tensor& x, const TensorOptions& options = {},
                             std::optional<MemoryFormat> format = std::nullopt);
GRADUS_API Tensor zeros_like(const Tensor& x, const TensorOptions& options = {},
                             std::optional<MemoryFormat> format = std::nullopt);
GRADUS_API Tensor ones_like(const Tensor& x, const TensorOptions& options = {},
                            std::optional<MemoryFormat> format = std::nullopt);
GRADUS_API Tensor full_like(const Tensor& x, const Scalar& value, const TensorOptions& options = {},
                            std::optional<MemoryFormat> format = std::nullopt);

/// start, start + step, ... below end: ceil((end - start) / step) elements.
/// @throws ValueError for step 0, NaN or of the wrong sign
GRADUS_API Tensor arange(const Scalar& start, const Scalar& end, const Scalar& step,
                         const TensorOptions& options = {});
GRADUS_API Tensor arange(const Scalar& start, const Scalar& end, const TensorOptions& options = {});
GRADUS_API Tensor arange(const Scalar& end, const TensorOptions& options = {});
/// start, start + step, ... up to end, which may be among them: floor((end - start) / step) + 1
/// elements of the default dtype. PyTorch calls it deprecated, for arange.
/// @throws ValueError as arange
GRADUS_API Tensor range(const Scalar& start, const Scalar& end, const Scalar& step,
                        const TensorOptions& options = {});
GRADUS_API Tensor range(const Scalar& start, const Scalar& end, const TensorOptions& options = {});
/// `steps` values from start to end, both included. Tensors must be 0-d; their history is not kept.
GRADUS_API Tensor linspace(const Scalar& start, const Scalar& end, int64_t steps,
                           const TensorOptions& options = {});
GRADUS_API Tensor linspace(const Tensor& start, const Tensor& end, int64_t steps,
                           const TensorOptions& options = {});
GRADUS_API Tensor linspace(const Tensor& start, const Scalar& end, int64_t steps,
                           const TensorOptions& options = {});
GRADUS_API Tensor linspace(const Scalar& start, const Tensor& end, int64_t steps,
                           const TensorOptions& options = {});
/// base^y for y in linspace(start, end, steps).
GRADUS_API Tensor logspace(const Scalar& start, const Scalar& end, int64_t steps,
                           double base = 10.0, const TensorOptions& options = {});
GRADUS_API Tensor logspace(const Tensor& start, const Tensor& end, int64_t steps,
                           double base = 10.0, const TensorOptions& options = {});
GRADUS_API Tensor logspace(const Tensor& start, const Scalar& end, int64_t steps,
                           double base = 10.0, const TensorOptions& options = {});
GRADUS_API Tensor logspace(const Scalar& start, const Tensor& end, int64_t steps,
                           double base = 10.0, const TensorOptions& options = {});
/// Ones on the diagonal.
GRADUS_API Tensor eye(int64_t n, const TensorOptions& options = {});
GRADUS_API Tensor eye(int64_t n, int64_t m, const TensorOptions& options = {});
/// A 0-d tensor.
GRADUS_API Tensor scalar_tensor(const Scalar& value, const TensorOptions& options = {});

/// Uniform in [0, 1).
GRADUS_API Tensor rand(IntArrayRef sizes, const TensorOptions& options = {});
GRADUS_API Tensor rand(IntArrayRef sizes, std::optional<Generator> generator,
                       const TensorOptions& options = {});
/// Standard normal.
GRADUS_API Tensor randn(IntArrayRef sizes, const TensorOptions& options = {});
GRADUS_API Tensor randn(IntArrayRef sizes, std::optional<Generator> generator,
                        const TensorOptions& options = {});
/// Integers in [low, high); dtype int64 where none is given.
GRADUS_API Tensor randint(int64_t low, int64_t high, IntArrayRef sizes,
                          const TensorOptions& options = {});
GRADUS_API Tensor randint(int64_t high, IntArrayRef sizes, const TensorOptions& options = {});
GRADUS_API Tensor randint(int64_t low, int64_t high, IntArrayRef sizes,
                          std::optional<Generator> generator, const TensorOptions& options = {});
GRADUS_API Tensor randint(int64_t high, IntArrayRef sizes, std::optional<Generator> generator,
                          const TensorOptions& options = {});
GRADUS_API Tensor randint_like(const Tensor& x, int64_t high, const TensorOptions& options = {},
                               std::optional<MemoryFormat> format = std::nullopt);
GRADUS_API Tensor randint_like(const Tensor& x, int64_t low, int64_t high,
                               const TensorOptions& options = {},
                               std::optional<MemoryFormat> format = std::nullopt);
/// The integers 0 .. n-1 in random order; dtype int64 where none is given.
GRADUS_API Tensor randperm(int64_t n, const TensorOptions& options = {});
GRADUS_API Tensor randperm(int64_t n, std::optional<Generator> generator,
                           const TensorOptions& options = {});
GRADUS_API Tensor rand_like(const Tensor& x, const TensorOptions& options = {},
                            std::optional<MemoryFormat> format = std::nullopt);
GRADUS_API Tensor randn_like(const Tensor& x, const TensorOptions& options = {},
                             std::optional<MemoryFormat> format = std::nullopt);
GRADUS_API Tensor normal(double mean, double std, IntArrayRef sizes,
                         std::optional<Generator> generator = std::nullopt,
                         const TensorOptions& options = {});

/// The state of the default generator, or of another: bytes that set_rng_state takes back.
GRADUS_API Tensor get_rng_state(const std::optional<Generator>& generator = std::nullopt);
GRADUS_API void set_rng_state(const Tensor& state,
                              const std::optional<Generator>& generator = std::nullopt);

namespace detail {

/// Nested braces of numbers, as in `tensor({{1, 2}, {3, 4}})`.
class GRADUS_API TensorLiteral {
 public:
  template <class T, class = std::enable_if_t<std::is_arithmetic_v<T>>>
  TensorLiteral(T value) : dtype_(scalar_type_of<T>()), values_{Scalar(value)} {}
  TensorLiteral(Half value) : dtype_(kHalf), values_{Scalar(value)} {}
  TensorLiteral(BFloat16 value) : dtype_(kBFloat16), values_{Scalar(value)} {}
  TensorLiteral(std::initializer_list<TensorLiteral> rows);
  Tensor build(const TensorOptions& options) const;

 private:
  DimVector sizes_;
  ScalarType dtype_ = ScalarType::Undefined;
  std::vector<Scalar> values_;
};

/// A copy of consecutive values.
GRADUS_API Tensor tensor_of(const void* values, int64_t count, ScalarType dtype,
                            const TensorOptions& options);

GRADUS_API Tensor from_blob(void* data, IntArrayRef sizes, std::optional<IntArrayRef> strides,
                            void (*release)(void*), void* context, const TensorOptions& options);

template <class T>
inline constexpr bool is_element = scalar_type_of<T>() != ScalarType::Undefined;

}  // namespace detail

/// A tensor of the given values: `tensor(1.5)`, `tensor({1, 2, 3})`, `tensor({{1.0, 2.0},
/// {3.0, 4.0}})`. dtype: int64 for integers, bool for bools, get_default_dtype() for floating-point
/// values.
/// @throws Error where rows differ in length
inline Tensor tensor(detail::TensorLiteral values, const TensorOptions& options = {}) {
  return values.build(options);
}
template <class T, class = std::enable_if_t<detail::is_element<T>>>
Tensor tensor(ArrayRef<T> values, const TensorOptions& options = {}) {
  return detail::tensor_of(values.data(), static_cast<int64_t>(values.size()), scalar_type_of<T>(),
                           options);
}
template <class T, class = std::enable_if_t<detail::is_element<T>>>
Tensor tensor(const std::vector<T>& values, const TensorOptions& options = {}) {
  if constexpr (std::is_same_v<T, bool>) {
    // Its elements are bits.
    const std::vector<uint8_t> bytes(values.begin(), values.end());
    return detail::tensor_of(bytes.data(), static_cast<int64_t>(bytes.size()), kBool, options);
  } else {
    return tensor(ArrayRef<T>(values), options);
  }
}

/// A tensor over memory that somebody else owns and that must outlive it.
inline Tensor from_blob(void* data, IntArrayRef sizes, const TensorOptions& options = {}) {
  return detail::from_blob(data, sizes, std::nullopt, nullptr, nullptr, options);
}
inline Tensor from_blob(void* data, IntArrayRef sizes, IntArrayRef strides,
                        const TensorOptions& options = {}) {
  return detail::from_blob(data, sizes, strides, nullptr, nullptr, options);
}
/// The same; `deleter(data)` is called when the last tensor over the memory goes.
template <class Deleter, class = std::enable_if_t<std::is_invocable_v<Deleter&, void*>>>
Tensor from_blob(void* data, IntArrayRef sizes, Deleter deleter,
                 const TensorOptions& options = {}) {
  struct Owner {
    Deleter deleter;
    void* data;
  };
  auto owner = std::unique_ptr<Owner>(new Owner{std::move(deleter), data});
  Tensor y = detail::from_blob(
      data, sizes, std::nullopt,
      [](void* context) {
        const std::unique_ptr<Owner> owner(static_cast<Owner*>(context));
        owner->deleter(owner->data);
      },
      owner.get(), options);
  owner.release();  // the storage has it
  return y;
}

}  // namespace gradus
