#include "nn/functional/normalization.h"

#include <algorithm>
#include <vector>

#include "autograd/ops/binary.h"
#include "autograd/ops/normalization.h"
#include "autograd/ops/pad.h"
#include "autograd/ops/reduce.h"

namespace gradus::nn::functional {

Tensor batch_norm(const Tensor& input, const Tensor& running_mean, const Tensor& running_var,
                  const BatchNormFuncOptions& options) {
  return gradus::batch_norm(input, options.weight(), options.bias(), running_mean, running_var,
                            options.training(), options.momentum().value_or(0.0), options.eps());
}

Tensor layer_norm(const Tensor& input, const LayerNormFuncOptions& options) {
  return gradus::layer_norm(input, options.normalized_shape(), options.weight(), options.bias(),
                            options.eps());
}

Tensor instance_norm(const Tensor& input, const InstanceNormFuncOptions& options) {
  return gradus::instance_norm(input, options.weight(), options.bias(), options.running_mean(),
                               options.running_var(), options.use_input_stats(), options.momentum(),
                               options.eps());
}

Tensor group_norm(const Tensor& input, const GroupNormFuncOptions& options) {
  return gradus::group_norm(input, options.num_groups(), options.weight(), options.bias(),
                            options.eps());
}

Tensor rms_norm(const Tensor& input, IntArrayRef normalized_shape, const Tensor& weight,
                std::optional<double> eps) {
  return gradus::rms_norm(input, normalized_shape, weight, eps);
}

Tensor local_response_norm(const Tensor& input, const LocalResponseNormFuncOptions& options) {
  const char* const op = "local_response_norm";
  const int64_t size = options.size();
  GRADUS_CHECK(input.dim() >= 3, "{}: expected an input of at least 3 dims, got shape {}", op,
               input.sizes());
  GRADUS_CHECK_VALUE(size > 0, "{}: size must be positive, got {}", op, size);
  if (input.numel() == 0) return input;
  const int64_t channels = input.size(1);
  // What lies beyond the first and last channel is 0 and need not be summed.
  const int64_t below = std::min(size / 2, channels), above = std::min((size - 1) / 2, channels);
  std::vector<int64_t> padding(static_cast<size_t>(2 * (input.dim() - 1)), 0);
  padding[padding.size() - 2] = below;
  padding[padding.size() - 1] = above;
  const Tensor squares = constant_pad_nd(input.square(), padding);
  Tensor sum = squares.narrow(1, 0, channels);
  for (int64_t i = 1; i <= below + above; ++i) sum = sum + squares.narrow(1, i, channels);
  return input /
         (sum * (options.alpha() / static_cast<double>(size)) + options.k()).pow(options.beta());
}

Tensor normalize(const Tensor& input, const NormalizeFuncOptions& options) {
  const Tensor length = norm(input, Scalar(options.p()), options.dim(), /*keepdim=*/true);
  const Tensor divisor = length.clamp_min(options.eps());
  if (!options.out()) return input / divisor;
  Tensor out = *options.out();
  return div_out(out, input, divisor);
}

}  // namespace gradus::nn::functional
