#include "nn/init.h"

#include <algorithm>
#include <cmath>

#include "autograd/grad_mode.h"
#include "core/factory.h"

namespace gradus::nn::init {

namespace {

double fan(const Tensor& tensor, FanModeType mode) {
  const auto [fan_in, fan_out] = _calculate_fan_in_and_fan_out(tensor);
  return static_cast<double>(std::holds_alternative<enumtype::kFanIn>(mode) ? fan_in : fan_out);
}

}  // namespace

double calculate_gain(NonlinearityType nonlinearity, double param) {
  if (std::holds_alternative<enumtype::kTanh>(nonlinearity)) return 5.0 / 3.0;
  if (std::holds_alternative<enumtype::kReLU>(nonlinearity)) return std::sqrt(2.0);
  if (std::holds_alternative<enumtype::kLeakyReLU>(nonlinearity))
    return std::sqrt(2.0 / (1 + param * param));
  return 1.0;
}

Tensor constant_(Tensor tensor, const Scalar& value) {
  NoGradGuard no_grad;
  return tensor.fill_(value);
}

Tensor zeros_(Tensor tensor) {
  return constant_(std::move(tensor), 0);
}
Tensor ones_(Tensor tensor) {
  return constant_(std::move(tensor), 1);
}

Tensor eye_(Tensor matrix) {
  GRADUS_CHECK_VALUE(matrix.dim() == 2, "eye_: expected a matrix, got shape {}", matrix.sizes());
  NoGradGuard no_grad;
  matrix.zero_();
  matrix.diagonal().fill_(1);
  return matrix;
}

Tensor dirac_(Tensor tensor) {
  GRADUS_CHECK_VALUE(tensor.dim() >= 3 && tensor.dim() <= 5,
                     "dirac_: expected 3 to 5 dims, got shape {}", tensor.sizes());
  NoGradGuard no_grad;
  tensor.zero_();
  const int64_t channels = std::min(tensor.size(0), tensor.size(1));
  for (int64_t i = 0; i < channels; ++i) {
    Tensor kernel = tensor[i][i];
    for (int64_t dim = 2; dim < tensor.dim(); ++dim) kernel = kernel[tensor.size(dim) / 2];
    kernel.fill_(1);
  }
  return tensor;
}

Tensor normal_(Tensor tensor, double mean, double std) {
  NoGradGuard no_grad;
  return tensor.normal_(mean, std);
}

Tensor uniform_(Tensor tensor, double low, double high) {
  NoGradGuard no_grad;
  return tensor.uniform_(low, high);
}

Tensor trunc_normal_(Tensor tensor, double mean, double std, double a, double b) {
  GRADUS_CHECK_VALUE(std > 0 && a < b,
                     "trunc_normal_: expected std > 0 and a < b, got std {} in [{}, {}]", std, a,
                     b);
  NoGradGuard no_grad;
  const auto cumulative = [&](double x) {
    return (1 + std::erf((x - mean) / std / std::sqrt(2.0))) / 2;
  };
  // Uniform between the cumulative values of the ends, mapped back by the inverse: erfinv on [-1,
  // 1].
  tensor.uniform_(2 * cumulative(a) - 1, 2 * cumulative(b) - 1);
  return tensor.erfinv_().mul_(std * std::sqrt(2.0)).add_(mean).clamp_(Scalar(a), Scalar(b));
}

Tensor orthogonal_(Tensor tensor, double gain) {
  GRADUS_CHECK_VALUE(tensor.dim() >= 2, "orthogonal_: expected at least 2 dims, got shape {}",
                     tensor.sizes());
  NoGradGuard no_grad;
  if (tensor.numel() == 0) return tensor;
  const int64_t rows = tensor.size(0), columns = tensor.numel() / rows;
  const int64_t count = std::min(rows, columns), length = std::max(rows, columns);
  // The Q of a normal matrix with a positive diagonal of R is uniform among all: Gram-Schmidt gives
  // it, each vector taken twice against those before it for the sake of rounding.
  Tensor vectors = randn({count, length}, kDouble);
  double* const q = vectors.data_ptr<double>();
  for (int64_t i = 0; i < count; ++i) {
    double* const v = q + i * length;
    for (int64_t j = 0; j < 2 * i; ++j) {
      const double* const other = q + (j % i) * length;
      double along = 0;
      for (int64_t k = 0; k < length; ++k) along += v[k] * other[k];
      for (int64_t k = 0; k < length; ++k) v[k] -= along * other[k];
    }
    double square = 0;
    for (int64_t k = 0; k < length; ++k) square += v[k] * v[k];
    for (int64_t k = 0; k < length; ++k) v[k] /= std::sqrt(square);
  }
  return tensor.copy_((rows <= columns ? vectors : vectors.t()).reshape(tensor.sizes())).mul_(gain);
}

Tensor sparse_(Tensor tensor, double sparsity, double std) {
  GRADUS_CHECK_VALUE(tensor.dim() == 2, "sparse_: expected a matrix, got shape {}", tensor.sizes());
  GRADUS_CHECK_VALUE(sparsity >= 0 && sparsity <= 1,
                     "sparse_: sparsity must be from 0 to 1, got {}", sparsity);
  NoGradGuard no_grad;
  const int64_t rows = tensor.size(0);
  const auto zeros = static_cast<int64_t>(std::ceil(sparsity * static_cast<double>(rows)));
  tensor.normal_(0, std);
  for (int64_t column = 0; column < tensor.size(1) && zeros > 0; ++column) {
    tensor.select(1, column).index_fill_(0, randperm(rows).narrow(0, 0, zeros), Scalar(0));
  }
  return tensor;
}

Tensor xavier_uniform_(Tensor tensor, double gain) {
  const auto [fan_in, fan_out] = _calculate_fan_in_and_fan_out(tensor);
  const double limit = gain * std::sqrt(6.0 / static_cast<double>(fan_in + fan_out));
  return uniform_(std::move(tensor), -limit, limit);
}

Tensor xavier_normal_(Tensor tensor, double gain) {
  const auto [fan_in, fan_out] = _calculate_fan_in_and_fan_out(tensor);
  return normal_(std::move(tensor), 0,
                 gain * std::sqrt(2.0 / static_cast<double>(fan_in + fan_out)));
}

Tensor kaiming_uniform_(Tensor tensor, double a, FanModeType mode, NonlinearityType nonlinearity) {
  const double limit = calculate_gain(nonlinearity, a) * std::sqrt(3.0 / fan(tensor, mode));
  return uniform_(std::move(tensor), -limit, limit);
}

Tensor kaiming_normal_(Tensor tensor, double a, FanModeType mode, NonlinearityType nonlinearity) {
  const double std = calculate_gain(nonlinearity, a) / std::sqrt(fan(tensor, mode));
  return normal_(std::move(tensor), 0, std);
}

std::tuple<int64_t, int64_t> _calculate_fan_in_and_fan_out(const Tensor& tensor) {
  GRADUS_CHECK_VALUE(tensor.dim() >= 2,
                     "init: fan in and fan out need at least 2 dims, got shape {}", tensor.sizes());
  int64_t kernel = 1;
  for (int64_t dim = 2; dim < tensor.dim(); ++dim) kernel *= tensor.size(dim);
  return {tensor.size(1) * kernel, tensor.size(0) * kernel};
}

}  // namespace gradus::nn::init
