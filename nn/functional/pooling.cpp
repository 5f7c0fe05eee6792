#include "nn/functional/pooling.h"

#include <array>
#include <cmath>

#include "autograd/ops/activation.h"
#include "autograd/ops/binary.h"
#include "autograd/ops/binary_math.h"
#include "autograd/ops/pool.h"
#include "autograd/ops/pool_nd.h"
#include "autograd/ops/unary.h"
#include "core/factory.h"

namespace gradus::nn::functional {

namespace {

template <size_t D>
void check_rank(const char* op, const Tensor& input) {
  constexpr auto rank = static_cast<int64_t>(D);
  GRADUS_CHECK(input.defined() && (input.dim() == rank + 1 || input.dim() == rank + 2),
               "{}: expected {} dims, or {} without a batch, got {}", op, rank + 2, rank + 1,
               input.defined() ? to_string(input.sizes()) : "undefined");
}

// The spatial size of dim i of D.
template <size_t D>
int64_t spatial(const Tensor& input, size_t i) {
  return input.size(static_cast<int64_t>(i) - static_cast<int64_t>(D));
}

template <size_t D>
std::array<int64_t, D> sizes_of(const char* op, const Tensor& input,
                                const AdaptiveOutputSize<D>& size) {
  check_rank<D>(op, input);
  std::array<int64_t, D> sizes;
  for (size_t i = 0; i < D; ++i) sizes[i] = size[i].value_or(spatial<D>(input, i));
  return sizes;
}

template <size_t D>
std::array<int64_t, D> sizes_of(const char* op, const Tensor& input,
                                const FractionalMaxPoolOptions<D>& options) {
  check_rank<D>(op, input);
  GRADUS_CHECK_VALUE(options.output_size() || options.output_ratio(),
                     "{}: requires specifying either an output_size or an output_ratio", op);
  if (options.output_size()) return **options.output_size();
  std::array<int64_t, D> sizes;
  for (size_t i = 0; i < D; ++i) {
    const double ratio = (*options.output_ratio())[i];
    GRADUS_CHECK_VALUE(ratio > 0 && ratio < 1, "{}: output_ratio must be in (0, 1), got {}", op,
                       ratio);
    sizes[i] = static_cast<int64_t>(static_cast<double>(spatial<D>(input, i)) * ratio);
  }
  return sizes;
}

template <size_t D>
Tensor samples_of(const Tensor& input, const FractionalMaxPoolOptions<D>& options) {
  if (options._random_samples().defined()) return options._random_samples();
  const bool batched = input.dim() == static_cast<int64_t>(D) + 2;
  return rand({batched ? input.size(0) : 1, input.size(batched ? 1 : 0), static_cast<int64_t>(D)},
              input.options());
}

template <size_t D>
std::vector<int64_t> sizes_of(const char* op, const Tensor& input,
                              const MaxUnpoolFuncOptions<D>& options) {
  check_rank<D>(op, input);
  std::vector<int64_t> least(D);
  for (size_t i = 0; i < D; ++i) {
    int64_t size = 0, cut = 0;
    const bool overflow =
        __builtin_mul_overflow(spatial<D>(input, i) - 1, options.stride()[i], &size) ||
        __builtin_mul_overflow(options.padding()[i], int64_t{2}, &cut) ||
        __builtin_sub_overflow(size, cut, &size) ||
        __builtin_add_overflow(size, options.kernel_size()[i], &size);
    GRADUS_CHECK_VALUE(!overflow, "{}: the output would be too large (input {})", op,
                       input.sizes());
    least[i] = size;
  }
  if (!options.output_size()) return least;
  std::vector<int64_t> sizes = *options.output_size();
  if (sizes.size() == D + 2 || sizes.size() == static_cast<size_t>(input.dim())) {
    sizes.erase(sizes.begin(), sizes.end() - static_cast<std::ptrdiff_t>(D));
  }
  GRADUS_CHECK_VALUE(sizes.size() == D,
                     "{}: output_size should be a sequence of {} elements, got {}", op, D,
                     IntArrayRef(*options.output_size()));
  for (size_t i = 0; i < D; ++i) {
    GRADUS_CHECK_VALUE(
        sizes[i] > least[i] - options.stride()[i] && sizes[i] < least[i] + options.stride()[i],
        "{}: invalid output_size {} (dim {} must be between {} and {})", op, IntArrayRef(sizes), i,
        least[i] - options.stride()[i], least[i] + options.stride()[i]);
  }
  return sizes;
}

// (sum x^p)^(1/p) from the mean of x^p over windows of `count` elements.
Tensor power_mean(const Tensor& mean, double p, double count) {
  return pow(mul(mul(sign(mean), relu(abs(mean))), count), 1 / p);
}

template <size_t D>
double elements(const ExpandingArray<D>& kernel_size) {
  double count = 1;
  for (int64_t size : kernel_size) count *= static_cast<double>(size);
  return count;
}

}  // namespace

Tensor max_pool1d(const Tensor& input, const MaxPool1dFuncOptions& options) {
  return gradus::max_pool1d(input, options.kernel_size(), options.stride(), options.padding(),
                            options.dilation(), options.ceil_mode());
}

std::tuple<Tensor, Tensor> max_pool1d_with_indices(const Tensor& input,
                                                   const MaxPool1dFuncOptions& options) {
  return gradus::max_pool1d_with_indices(input, options.kernel_size(), options.stride(),
                                         options.padding(), options.dilation(),
                                         options.ceil_mode());
}

Tensor max_unpool1d(const Tensor& input, const Tensor& indices,
                    const MaxUnpool1dFuncOptions& options) {
  return gradus::max_unpool1d(input, indices, sizes_of("max_unpool1d", input, options));
}

Tensor max_pool2d(const Tensor& input, const MaxPool2dFuncOptions& options) {
  return gradus::max_pool2d(input, options.kernel_size(), options.stride(), options.padding(),
                            options.dilation(), options.ceil_mode());
}

std::tuple<Tensor, Tensor> max_pool2d_with_indices(const Tensor& input,
                                                   const MaxPool2dFuncOptions& options) {
  return gradus::max_pool2d_with_indices(input, options.kernel_size(), options.stride(),
                                         options.padding(), options.dilation(),
                                         options.ceil_mode());
}

Tensor max_unpool2d(const Tensor& input, const Tensor& indices,
                    const MaxUnpool2dFuncOptions& options) {
  return gradus::max_unpool2d(input, indices, sizes_of("max_unpool2d", input, options));
}

Tensor max_pool3d(const Tensor& input, const MaxPool3dFuncOptions& options) {
  return gradus::max_pool3d(input, options.kernel_size(), options.stride(), options.padding(),
                            options.dilation(), options.ceil_mode());
}

std::tuple<Tensor, Tensor> max_pool3d_with_indices(const Tensor& input,
                                                   const MaxPool3dFuncOptions& options) {
  return gradus::max_pool3d_with_indices(input, options.kernel_size(), options.stride(),
                                         options.padding(), options.dilation(),
                                         options.ceil_mode());
}

Tensor max_unpool3d(const Tensor& input, const Tensor& indices,
                    const MaxUnpool3dFuncOptions& options) {
  return gradus::max_unpool3d(input, indices, sizes_of("max_unpool3d", input, options));
}

Tensor avg_pool1d(const Tensor& input, const AvgPool1dFuncOptions& options) {
  return gradus::avg_pool1d(input, options.kernel_size(), options.stride(), options.padding(),
                            options.ceil_mode(), options.count_include_pad());
}

Tensor avg_pool2d(const Tensor& input, const AvgPool2dFuncOptions& options) {
  return gradus::avg_pool2d(input, options.kernel_size(), options.stride(), options.padding(),
                            options.ceil_mode(), options.count_include_pad(),
                            options.divisor_override());
}

Tensor avg_pool3d(const Tensor& input, const AvgPool3dFuncOptions& options) {
  return gradus::avg_pool3d(input, options.kernel_size(), options.stride(), options.padding(),
                            options.ceil_mode(), options.count_include_pad(),
                            options.divisor_override());
}

Tensor adaptive_avg_pool1d(const Tensor& input, const AdaptiveAvgPool1dFuncOptions& options) {
  return gradus::adaptive_avg_pool1d(input,
                                     sizes_of("adaptive_avg_pool1d", input, options.output_size()));
}

Tensor adaptive_max_pool1d(const Tensor& input, const AdaptiveMaxPool1dFuncOptions& options) {
  return std::get<0>(adaptive_max_pool1d_with_indices(input, options));
}

std::tuple<Tensor, Tensor> adaptive_max_pool1d_with_indices(
    const Tensor& input, const AdaptiveMaxPool1dFuncOptions& options) {
  return gradus::adaptive_max_pool1d(input,
                                     sizes_of("adaptive_max_pool1d", input, options.output_size()));
}

Tensor adaptive_avg_pool2d(const Tensor& input, const AdaptiveAvgPool2dFuncOptions& options) {
  return gradus::adaptive_avg_pool2d(input,
                                     sizes_of("adaptive_avg_pool2d", input, options.output_size()));
}

Tensor adaptive_max_pool2d(const Tensor& input, const AdaptiveMaxPool2dFuncOptions& options) {
  return std::get<0>(adaptive_max_pool2d_with_indices(input, options));
}

std::tuple<Tensor, Tensor> adaptive_max_pool2d_with_indices(
    const Tensor& input, const AdaptiveMaxPool2dFuncOptions& options) {
  return gradus::adaptive_max_pool2d(input,
                                     sizes_of("adaptive_max_pool2d", input, options.output_size()));
}

Tensor adaptive_avg_pool3d(const Tensor& input, const AdaptiveAvgPool3dFuncOptions& options) {
  return gradus::adaptive_avg_pool3d(input,
                                     sizes_of("adaptive_avg_pool3d", input, options.output_size()));
}

Tensor adaptive_max_pool3d(const Tensor& input, const AdaptiveMaxPool3dFuncOptions& options) {
  return std::get<0>(adaptive_max_pool3d_with_indices(input, options));
}

std::tuple<Tensor, Tensor> adaptive_max_pool3d_with_indices(
    const Tensor& input, const AdaptiveMaxPool3dFuncOptions& options) {
  return gradus::adaptive_max_pool3d(input,
                                     sizes_of("adaptive_max_pool3d", input, options.output_size()));
}

Tensor fractional_max_pool2d(const Tensor& input, const FractionalMaxPool2dFuncOptions& options) {
  return std::get<0>(fractional_max_pool2d_with_indices(input, options));
}

std::tuple<Tensor, Tensor> fractional_max_pool2d_with_indices(
    const Tensor& input, const FractionalMaxPool2dFuncOptions& options) {
  const auto sizes = sizes_of("fractional_max_pool2d", input, options);
  return gradus::fractional_max_pool2d(input, options.kernel_size(), sizes,
                                       samples_of(input, options));
}

Tensor fractional_max_pool3d(const Tensor& input, const FractionalMaxPool3dFuncOptions& options) {
  return std::get<0>(fractional_max_pool3d_with_indices(input, options));
}

std::tuple<Tensor, Tensor> fractional_max_pool3d_with_indices(
    const Tensor& input, const FractionalMaxPool3dFuncOptions& options) {
  const auto sizes = sizes_of("fractional_max_pool3d", input, options);
  return gradus::fractional_max_pool3d(input, options.kernel_size(), sizes,
                                       samples_of(input, options));
}

Tensor lp_pool1d(const Tensor& input, const LPPool1dFuncOptions& options) {
  check_rank<1>("lp_pool1d", input);
  const Tensor mean = gradus::avg_pool1d(pow(input, options.norm_type()), options.kernel_size(),
                                         options.stride(), 0, options.ceil_mode());
  return power_mean(mean, options.norm_type(), elements(options.kernel_size()));
}

Tensor lp_pool2d(const Tensor& input, const LPPool2dFuncOptions& options) {
  check_rank<2>("lp_pool2d", input);
  const Tensor mean = gradus::avg_pool2d(pow(input, options.norm_type()), options.kernel_size(),
                                         options.stride(), 0, options.ceil_mode());
  return power_mean(mean, options.norm_type(), elements(options.kernel_size()));
}

Tensor lp_pool3d(const Tensor& input, const LPPool3dFuncOptions& options) {
  check_rank<3>("lp_pool3d", input);
  const Tensor mean = gradus::avg_pool3d(pow(input, options.norm_type()), options.kernel_size(),
                                         options.stride(), 0, options.ceil_mode());
  return power_mean(mean, options.norm_type(), elements(options.kernel_size()));
}

}  // namespace gradus::nn::functional
