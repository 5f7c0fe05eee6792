// The makers of core/factory.h that draw random numbers.

#include <optional>
#include <utility>

#include "core/factory.h"
#include "core/kernels/random.h"

namespace gradus {

namespace {

Generator chosen(const std::optional<Generator>& generator) {
  return generator ? *generator : default_generator();
}

// Elements that `fill` writes before the tensor may require grad.
template <class Fill>
Tensor filled(Tensor y, bool requires_grad, const std::optional<Generator>& generator,
              const Fill& fill) {
  Generator source = chosen(generator);
  fill(y, source);
  if (requires_grad) y.set_requires_grad(true);
  return y;
}

void check_floating(const char* op, ScalarType dtype) {
  GRADUS_CHECK_TYPE(is_floating_point(dtype), "{}: expected a floating-point dtype, got {}", op,
                    dtype);
}

// The range of randint in a dtype that has to hold it.
void fill_integers(const Tensor& y, int64_t low, int64_t high, Generator& source) {
  kernel::random_integers(y, low, static_cast<uint64_t>(high) - static_cast<uint64_t>(low), source);
}

void check_range(const char* op, int64_t low, int64_t high, ScalarType dtype) {
  GRADUS_CHECK_VALUE(low < high, "{}: expected low < high, got [{}, {})", op, low, high);
  const int bits = dtype == kBool ? 1 : static_cast<int>(element_size(dtype)) * 8;
  if (is_floating_point(dtype) || bits == 64) return;
  const bool is_signed = dtype != kByte && dtype != kBool;
  const int64_t least = is_signed ? -(int64_t{1} << (bits - 1)) : 0;
  const int64_t most = (int64_t{1} << (is_signed ? bits - 1 : bits)) - 1;
  GRADUS_CHECK_VALUE(low >= least && high - 1 <= most, "{}: dtype {} does not hold all of [{}, {})",
                     op, dtype, low, high);
}

}  // namespace

Tensor rand(IntArrayRef sizes, std::optional<Generator> generator, const TensorOptions& options) {
  check_floating("rand", options.dtype());
  return filled(empty(sizes, options.requires_grad(false)), options.requires_grad(), generator,
                [](const Tensor& y, Generator& source) { kernel::uniform(y, 0, 1, source); });
}

Tensor rand(IntArrayRef sizes, const TensorOptions& options) {
  return rand(sizes, std::nullopt, options);
}

Tensor rand_like(const Tensor& x, const TensorOptions& options,
                 std::optional<MemoryFormat> format) {
  Tensor y = empty_like(x, options.requires_grad(false), format);
  check_floating("rand_like", y.dtype());
  return filled(std::move(y), options.requires_grad(), std::nullopt,
                [](const Tensor& y, Generator& source) { kernel::uniform(y, 0, 1, source); });
}

Tensor randn(IntArrayRef sizes, std::optional<Generator> generator, const TensorOptions& options) {
  check_floating("randn", options.dtype());
  return filled(empty(sizes, options.requires_grad(false)), options.requires_grad(), generator,
                [](const Tensor& y, Generator& source) { kernel::normal(y, 0, 1, source); });
}

Tensor randn(IntArrayRef sizes, const TensorOptions& options) {
  return randn(sizes, std::nullopt, options);
}

Tensor randn_like(const Tensor& x, const TensorOptions& options,
                  std::optional<MemoryFormat> format) {
  Tensor y = empty_like(x, options.requires_grad(false), format);
  check_floating("randn_like", y.dtype());
  return filled(std::move(y), options.requires_grad(), std::nullopt,
                [](const Tensor& y, Generator& source) { kernel::normal(y, 0, 1, source); });
}

Tensor normal(double mean, double std, IntArrayRef sizes, std::optional<Generator> generator,
              const TensorOptions& options) {
  check_floating("normal", options.dtype());
  GRADUS_CHECK_VALUE(std >= 0, "normal: std must not be negative, got {}", std);
  return filled(empty(sizes, options.requires_grad(false)), options.requires_grad(), generator,
                [&](const Tensor& y, Generator& source) { kernel::normal(y, mean, std, source); });
}

Tensor randint(int64_t low, int64_t high, IntArrayRef sizes, std::optional<Generator> generator,
               const TensorOptions& options) {
  const TensorOptions typed = options.has_dtype() ? options : options.dtype(kLong);
  check_range("randint", low, high, typed.dtype());
  return filled(empty(sizes, typed.requires_grad(false)), options.requires_grad(), generator,
                [&](const Tensor& y, Generator& source) { fill_integers(y, low, high, source); });
}

Tensor randint(int64_t low, int64_t high, IntArrayRef sizes, const TensorOptions& options) {
  return randint(low, high, sizes, std::nullopt, options);
}

Tensor randint(int64_t high, IntArrayRef sizes, std::optional<Generator> generator,
               const TensorOptions& options) {
  return randint(0, high, sizes, std::move(generator), options);
}

Tensor randint(int64_t high, IntArrayRef sizes, const TensorOptions& options) {
  return randint(0, high, sizes, std::nullopt, options);
}

Tensor randint_like(const Tensor& x, int64_t low, int64_t high, const TensorOptions& options,
                    std::optional<MemoryFormat> format) {
  Tensor y = empty_like(x, options.requires_grad(false), format);
  check_range("randint_like", low, high, y.dtype());
  return filled(std::move(y), options.requires_grad(), std::nullopt,
                [&](const Tensor& y, Generator& source) { fill_integers(y, low, high, source); });
}

Tensor randint_like(const Tensor& x, int64_t high, const TensorOptions& options,
                    std::optional<MemoryFormat> format) {
  return randint_like(x, 0, high, options, format);
}

Tensor randperm(int64_t n, std::optional<Generator> generator, const TensorOptions& options) {
  GRADUS_CHECK_VALUE(n >= 0, "randperm: n must not be negative, got {}", n);
  const TensorOptions typed = options.has_dtype() ? options : options.dtype(kLong);
  if (n > 0) check_range("randperm", 0, n, typed.dtype());
  return filled(empty({n}, typed.requires_grad(false)), options.requires_grad(), generator,
                [](const Tensor& y, Generator& source) { kernel::permutation(y, source); });
}

Tensor randperm(int64_t n, const TensorOptions& options) {
  return randperm(n, std::nullopt, options);
}

Tensor get_rng_state(const std::optional<Generator>& generator) {
  const GeneratorState state = chosen(generator).get_state();
  Tensor y = empty({16}, kByte);
  auto* const bytes = y.data_ptr<uint8_t>();
  for (int i = 0; i < 8; ++i) {
    bytes[i] = static_cast<uint8_t>(state.seed >> (8 * i));
    bytes[8 + i] = static_cast<uint8_t>(state.offset >> (8 * i));
  }
  return y;
}

void set_rng_state(const Tensor& state, const std::optional<Generator>& generator) {
  GRADUS_CHECK_TYPE(state.dtype() == kByte, "set_rng_state: expected dtype Byte, got {}",
                    state.dtype());
  GRADUS_CHECK_VALUE(state.dim() == 1 && state.numel() == 16,
                     "set_rng_state: expected 16 bytes, got shape {}", state.sizes());
  const auto* const bytes = state.data_ptr<uint8_t>();
  GeneratorState read;
  for (int i = 0; i < 8; ++i) {
    read.seed |= uint64_t{bytes[i * state.strides()[0]]} << (8 * i);
    read.offset |= uint64_t{bytes[(8 + i) * state.strides()[0]]} << (8 * i);
  }
  chosen(generator).set_state(read);
}

}  // namespace gradus
