#include "core/window.h"

#include <cmath>

#include "core/factory.h"
#include "core/kernels/copy.h"
#include "core/kernels/special.h"

namespace gradus {

namespace {

// value(k, n) for k from 0 to n = N - 1, without the last one where periodic.
template <class Value>
Tensor window(const char* op, int64_t length, bool periodic, const TensorOptions& options,
              Value value) {
  GRADUS_CHECK_VALUE(length >= 0, "{}: window_length must not be negative, got {}", op, length);
  const ScalarType dtype = options.dtype_opt().value_or(get_default_dtype());
  GRADUS_CHECK_TYPE(is_floating_point(dtype), "{}: expected a floating-point dtype, got {}", op,
                    dtype);
  Tensor y = empty({length}, options);
  if (length == 0) return y;
  const Tensor values = empty({length}, kDouble);
  double* const data = values.data_ptr<double>();
  const auto n = static_cast<double>(periodic ? length : length - 1);
  for (int64_t k = 0; k < length; ++k) {
    data[k] = length == 1 ? 1 : value(static_cast<double>(k), n);
  }
  kernel::copy(values, y);
  return y;
}

double turns(double k, double n) {
  return std::cos(2 * M_PI * k / n);
}

}  // namespace

Tensor bartlett_window(int64_t window_length, bool periodic, const TensorOptions& options) {
  return window("bartlett_window", window_length, periodic, options,
                [](double k, double n) { return 1 - std::fabs(2 * k / n - 1); });
}

Tensor bartlett_window(int64_t window_length, const TensorOptions& options) {
  return bartlett_window(window_length, /*periodic=*/true, options);
}

Tensor blackman_window(int64_t window_length, bool periodic, const TensorOptions& options) {
  return window("blackman_window", window_length, periodic, options, [](double k, double n) {
    return 0.42 - 0.5 * turns(k, n) + 0.08 * turns(2 * k, n);
  });
}

Tensor blackman_window(int64_t window_length, const TensorOptions& options) {
  return blackman_window(window_length, /*periodic=*/true, options);
}

Tensor hamming_window(int64_t window_length, bool periodic, double alpha, double beta,
                      const TensorOptions& options) {
  return window("hamming_window", window_length, periodic, options,
                [=](double k, double n) { return alpha - beta * turns(k, n); });
}

Tensor hamming_window(int64_t window_length, bool periodic, double alpha,
                      const TensorOptions& options) {
  return hamming_window(window_length, periodic, alpha, /*beta=*/0.46, options);
}

Tensor hamming_window(int64_t window_length, bool periodic, const TensorOptions& options) {
  return hamming_window(window_length, periodic, /*alpha=*/0.54, options);
}

Tensor hamming_window(int64_t window_length, const TensorOptions& options) {
  return hamming_window(window_length, /*periodic=*/true, options);
}

Tensor hann_window(int64_t window_length, bool periodic, const TensorOptions& options) {
  return window("hann_window", window_length, periodic, options,
                [](double k, double n) { return 0.5 - 0.5 * turns(k, n); });
}

Tensor hann_window(int64_t window_length, const TensorOptions& options) {
  return hann_window(window_length, /*periodic=*/true, options);
}

Tensor kaiser_window(int64_t window_length, bool periodic, double beta,
                     const TensorOptions& options) {
  return window("kaiser_window", window_length, periodic, options, [=](double k, double n) {
    const double x = 2 * k / n - 1;
    return kernel::bessel_i0(beta * std::sqrt(1 - x * x)) / kernel::bessel_i0(beta);
  });
}

Tensor kaiser_window(int64_t window_length, bool periodic, const TensorOptions& options) {
  return kaiser_window(window_length, periodic, /*beta=*/12, options);
}

Tensor kaiser_window(int64_t window_length, const TensorOptions& options) {
  return kaiser_window(window_length, /*periodic=*/true, options);
}

}  // namespace gradus
