#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

#include "autograd/ops/linalg.h"
#include "autograd/ops/loss.h"
#include "core/factory.h"
#include "core/generator.h"
#include "core/indexing.h"
#include "core/tensor.h"

namespace gradus {

// The out= forms of ops that make their results themselves: computed without a tape, then copied to
// `out`, which is resized where it has another size. See the op of the name. @throws what the op
// throws; Error where an argument requires grad or the elements of `out` share memory; TypeError
// where its dtype cannot hold the result. A call that fails changes nothing.
//
// Others stand with their ops.

// --- Element-wise ops, and second names of such: out_forms_elementwise.cpp

GRADUS_API Tensor& absolute_out(Tensor& out, const Tensor& x);
GRADUS_API Tensor& arccos_out(Tensor& out, const Tensor& x);
GRADUS_API Tensor& arccosh_out(Tensor& out, const Tensor& x);
GRADUS_API Tensor& arcsin_out(Tensor& out, const Tensor& x);
GRADUS_API Tensor& arcsinh_out(Tensor& out, const Tensor& x);
GRADUS_API Tensor& arctan_out(Tensor& out, const Tensor& x);
GRADUS_API Tensor& arctanh_out(Tensor& out, const Tensor& x);
GRADUS_API Tensor& bitwise_not_out(Tensor& out, const Tensor& x);
GRADUS_API Tensor& deg2rad_out(Tensor& out, const Tensor& x);
GRADUS_API Tensor& fix_out(Tensor& out, const Tensor& x);
GRADUS_API Tensor& hardsigmoid_out(Tensor& out, const Tensor& x);
GRADUS_API Tensor& hardswish_out(Tensor& out, const Tensor& x);
GRADUS_API Tensor& isneginf_out(Tensor& out, const Tensor& x);
GRADUS_API Tensor& isposinf_out(Tensor& out, const Tensor& x);
GRADUS_API Tensor& log_sigmoid_out(Tensor& out, const Tensor& x);
GRADUS_API Tensor& logical_not_out(Tensor& out, const Tensor& x);
GRADUS_API Tensor& mish_out(Tensor& out, const Tensor& x);
GRADUS_API Tensor& negative_out(Tensor& out, const Tensor& x);
GRADUS_API Tensor& rad2deg_out(Tensor& out, const Tensor& x);
GRADUS_API Tensor& sgn_out(Tensor& out, const Tensor& x);
GRADUS_API Tensor& signbit_out(Tensor& out, const Tensor& x);
GRADUS_API Tensor& silu_out(Tensor& out, const Tensor& x);
GRADUS_API Tensor& sinc_out(Tensor& out, const Tensor& x);
GRADUS_API Tensor& elu_out(Tensor& out, const Tensor& x, const Scalar& alpha = 1,
                           const Scalar& scale = 1, const Scalar& input_scale = 1);
GRADUS_API Tensor& gelu_out(Tensor& out, const Tensor& x, std::string_view approximate = "none");
GRADUS_API Tensor& glu_out(Tensor& out, const Tensor& x, int64_t dim = -1);
GRADUS_API Tensor& hardshrink_out(Tensor& out, const Tensor& x, const Scalar& lambd = 0.5);
GRADUS_API Tensor& hardtanh_out(Tensor& out, const Tensor& x, const Scalar& min_val = -1,
                                const Scalar& max_val = 1);
GRADUS_API Tensor& leaky_relu_out(Tensor& out, const Tensor& x,
                                  const Scalar& negative_slope = 0.01);
GRADUS_API Tensor& logit_out(Tensor& out, const Tensor& x,
                             std::optional<double> eps = std::nullopt);
GRADUS_API Tensor& nan_to_num_out(Tensor& out, const Tensor& x,
                                  std::optional<double> nan = std::nullopt,
                                  std::optional<double> posinf = std::nullopt,
                                  std::optional<double> neginf = std::nullopt);
GRADUS_API Tensor& round_out(Tensor& out, const Tensor& x, int64_t decimals);
GRADUS_API Tensor& softplus_out(Tensor& out, const Tensor& x, const Scalar& beta = 1,
                                const Scalar& threshold = 20);
GRADUS_API Tensor& softshrink_out(Tensor& out, const Tensor& x, const Scalar& lambd = 0.5);
GRADUS_API Tensor& threshold_out(Tensor& out, const Tensor& x, const Scalar& threshold,
                                 const Scalar& value);
GRADUS_API Tensor& bitwise_and_out(Tensor& out, const Tensor& a, const Tensor& b);
GRADUS_API Tensor& bitwise_and_out(Tensor& out, const Tensor& a, const Scalar& b);
GRADUS_API Tensor& bitwise_left_shift_out(Tensor& out, const Tensor& a, const Tensor& b);
GRADUS_API Tensor& bitwise_left_shift_out(Tensor& out, const Tensor& a, const Scalar& b);
GRADUS_API Tensor& bitwise_or_out(Tensor& out, const Tensor& a, const Tensor& b);
GRADUS_API Tensor& bitwise_or_out(Tensor& out, const Tensor& a, const Scalar& b);
GRADUS_API Tensor& bitwise_right_shift_out(Tensor& out, const Tensor& a, const Tensor& b);
GRADUS_API Tensor& bitwise_right_shift_out(Tensor& out, const Tensor& a, const Scalar& b);
GRADUS_API Tensor& bitwise_xor_out(Tensor& out, const Tensor& a, const Tensor& b);
GRADUS_API Tensor& bitwise_xor_out(Tensor& out, const Tensor& a, const Scalar& b);
GRADUS_API Tensor& copysign_out(Tensor& out, const Tensor& a, const Tensor& b);
GRADUS_API Tensor& copysign_out(Tensor& out, const Tensor& a, const Scalar& b);
GRADUS_API Tensor& greater_out(Tensor& out, const Tensor& a, const Tensor& b);
GRADUS_API Tensor& greater_out(Tensor& out, const Tensor& a, const Scalar& b);
GRADUS_API Tensor& greater_equal_out(Tensor& out, const Tensor& a, const Tensor& b);
GRADUS_API Tensor& greater_equal_out(Tensor& out, const Tensor& a, const Scalar& b);
GRADUS_API Tensor& less_out(Tensor& out, const Tensor& a, const Tensor& b);
GRADUS_API Tensor& less_out(Tensor& out, const Tensor& a, const Scalar& b);
GRADUS_API Tensor& less_equal_out(Tensor& out, const Tensor& a, const Tensor& b);
GRADUS_API Tensor& less_equal_out(Tensor& out, const Tensor& a, const Scalar& b);
GRADUS_API Tensor& not_equal_out(Tensor& out, const Tensor& a, const Tensor& b);
GRADUS_API Tensor& not_equal_out(Tensor& out, const Tensor& a, const Scalar& b);
GRADUS_API Tensor& bitwise_and_out(Tensor& out, const Scalar& a, const Tensor& b);
GRADUS_API Tensor& bitwise_left_shift_out(Tensor& out, const Scalar& a, const Tensor& b);
GRADUS_API Tensor& bitwise_or_out(Tensor& out, const Scalar& a, const Tensor& b);
GRADUS_API Tensor& bitwise_right_shift_out(Tensor& out, const Scalar& a, const Tensor& b);
GRADUS_API Tensor& bitwise_xor_out(Tensor& out, const Scalar& a, const Tensor& b);
GRADUS_API Tensor& add_out(Tensor& out, const Tensor& a, const Scalar& b, const Scalar& alpha = 1);
GRADUS_API Tensor& sub_out(Tensor& out, const Tensor& a, const Scalar& b, const Scalar& alpha = 1);
GRADUS_API Tensor& mul_out(Tensor& out, const Tensor& a, const Scalar& b);
GRADUS_API Tensor& div_out(Tensor& out, const Tensor& a, const Scalar& b);
GRADUS_API Tensor& div_out(Tensor& out, const Tensor& a, const Scalar& b,
                           std::optional<std::string_view> rounding_mode);
GRADUS_API Tensor& floor_divide_out(Tensor& out, const Tensor& a, const Scalar& b);
GRADUS_API Tensor& remainder_out(Tensor& out, const Scalar& a, const Tensor& b);
GRADUS_API Tensor& eq_out(Tensor& out, const Tensor& a, const Scalar& b);
GRADUS_API Tensor& fmod_out(Tensor& out, const Tensor& a, const Scalar& b);
GRADUS_API Tensor& ge_out(Tensor& out, const Tensor& a, const Scalar& b);
GRADUS_API Tensor& gt_out(Tensor& out, const Tensor& a, const Scalar& b);
GRADUS_API Tensor& le_out(Tensor& out, const Tensor& a, const Scalar& b);
GRADUS_API Tensor& lt_out(Tensor& out, const Tensor& a, const Scalar& b);
GRADUS_API Tensor& ne_out(Tensor& out, const Tensor& a, const Scalar& b);
GRADUS_API Tensor& remainder_out(Tensor& out, const Tensor& a, const Scalar& b);
GRADUS_API Tensor& divide_out(Tensor& out, const Tensor& a, const Tensor& b);
GRADUS_API Tensor& floor_divide_out(Tensor& out, const Tensor& a, const Tensor& b);
GRADUS_API Tensor& fmax_out(Tensor& out, const Tensor& a, const Tensor& b);
GRADUS_API Tensor& fmin_out(Tensor& out, const Tensor& a, const Tensor& b);
GRADUS_API Tensor& gcd_out(Tensor& out, const Tensor& a, const Tensor& b);
GRADUS_API Tensor& hypot_out(Tensor& out, const Tensor& a, const Tensor& b);
GRADUS_API Tensor& lcm_out(Tensor& out, const Tensor& a, const Tensor& b);
GRADUS_API Tensor& logaddexp_out(Tensor& out, const Tensor& a, const Tensor& b);
GRADUS_API Tensor& logaddexp2_out(Tensor& out, const Tensor& a, const Tensor& b);
GRADUS_API Tensor& logical_and_out(Tensor& out, const Tensor& a, const Tensor& b);
GRADUS_API Tensor& logical_or_out(Tensor& out, const Tensor& a, const Tensor& b);
GRADUS_API Tensor& logical_xor_out(Tensor& out, const Tensor& a, const Tensor& b);
GRADUS_API Tensor& multiply_out(Tensor& out, const Tensor& a, const Tensor& b);
GRADUS_API Tensor& true_divide_out(Tensor& out, const Tensor& a, const Tensor& b);
GRADUS_API Tensor& arctan2_out(Tensor& out, const Tensor& y, const Tensor& x);
GRADUS_API Tensor& atan2_out(Tensor& out, const Tensor& y, const Tensor& x);
GRADUS_API Tensor& div_out(Tensor& out, const Tensor& a, const Tensor& b,
                           std::optional<std::string_view> rounding_mode);
GRADUS_API Tensor& divide_out(Tensor& out, const Tensor& a, const Tensor& b,
                              std::optional<std::string_view> rounding_mode);
GRADUS_API Tensor& subtract_out(Tensor& out, const Tensor& a, const Tensor& b,
                                const Scalar& alpha = 1);
GRADUS_API std::tuple<Tensor&, Tensor&> frexp_out(Tensor& mantissa, Tensor& exponent,
                                                  const Tensor& x);
GRADUS_API Tensor& heaviside_out(Tensor& out, const Tensor& x, const Tensor& values);
GRADUS_API Tensor& ldexp_out(Tensor& out, const Tensor& x, const Tensor& other);
GRADUS_API Tensor& float_power_out(Tensor& out, const Tensor& base, const Tensor& exponent);
GRADUS_API Tensor& float_power_out(Tensor& out, const Tensor& base, const Scalar& exponent);
GRADUS_API Tensor& float_power_out(Tensor& out, const Scalar& base, const Tensor& exponent);
GRADUS_API Tensor& pow_out(Tensor& out, const Tensor& base, const Scalar& exponent);
GRADUS_API Tensor& pow_out(Tensor& out, const Scalar& base, const Tensor& exponent);
GRADUS_API Tensor& xlogy_out(Tensor& out, const Tensor& x, const Tensor& y);
GRADUS_API Tensor& xlogy_out(Tensor& out, const Tensor& x, const Scalar& y);
GRADUS_API Tensor& xlogy_out(Tensor& out, const Scalar& x, const Tensor& y);
GRADUS_API Tensor& clamp_max_out(Tensor& out, const Tensor& x, const Scalar& max);
GRADUS_API Tensor& clamp_max_out(Tensor& out, const Tensor& x, const Tensor& max);
GRADUS_API Tensor& clamp_min_out(Tensor& out, const Tensor& x, const Scalar& min);
GRADUS_API Tensor& clamp_min_out(Tensor& out, const Tensor& x, const Tensor& min);
GRADUS_API Tensor& clip_out(Tensor& out, const Tensor& x, std::optional<Scalar> min,
                            std::optional<Scalar> max = std::nullopt);
GRADUS_API Tensor& clip_out(Tensor& out, const Tensor& x, const Tensor& min = {},
                            const Tensor& max = {});
GRADUS_API Tensor& addcdiv_out(Tensor& out, const Tensor& x, const Tensor& a, const Tensor& b,
                               const Scalar& value = 1);
GRADUS_API Tensor& addcmul_out(Tensor& out, const Tensor& x, const Tensor& a, const Tensor& b,
                               const Scalar& value = 1);
GRADUS_API Tensor& lerp_out(Tensor& out, const Tensor& start, const Tensor& end,
                            const Scalar& weight);
GRADUS_API Tensor& lerp_out(Tensor& out, const Tensor& start, const Tensor& end,
                            const Tensor& weight);

// --- Reductions, sorting, indexing and joining: out_forms_arrange.cpp

GRADUS_API Tensor& all_out(Tensor& out, const Tensor& x);
GRADUS_API Tensor& any_out(Tensor& out, const Tensor& x);
GRADUS_API Tensor& max_out(Tensor& out, const Tensor& x);
GRADUS_API Tensor& min_out(Tensor& out, const Tensor& x);
GRADUS_API Tensor& sum_out(Tensor& out, const Tensor& x,
                           std::optional<ScalarType> dtype = std::nullopt);
GRADUS_API Tensor& mean_out(Tensor& out, const Tensor& x,
                            std::optional<ScalarType> dtype = std::nullopt);
GRADUS_API Tensor& prod_out(Tensor& out, const Tensor& x,
                            std::optional<ScalarType> dtype = std::nullopt);
GRADUS_API Tensor& nansum_out(Tensor& out, const Tensor& x);
GRADUS_API Tensor& nanmean_out(Tensor& out, const Tensor& x);
GRADUS_API Tensor& median_out(Tensor& out, const Tensor& x);
GRADUS_API Tensor& nanmedian_out(Tensor& out, const Tensor& x);
GRADUS_API Tensor& norm_out(Tensor& out, const Tensor& x, const Scalar& p = 2);
GRADUS_API Tensor& norm_out(Tensor& out, const Tensor& x, std::optional<Scalar> p,
                            ScalarType dtype);
GRADUS_API Tensor& bucketize_out(Tensor& out, const Scalar& value, const Tensor& boundaries,
                                 bool out_int32 = false, bool right = false);
GRADUS_API Tensor& quantile_out(Tensor& out, const Tensor& x, double q,
                                std::optional<int64_t> dim = std::nullopt, bool keepdim = false,
                                std::string_view interpolation = "linear");
GRADUS_API Tensor& nanquantile_out(Tensor& out, const Tensor& x, double q,
                                   std::optional<int64_t> dim = std::nullopt, bool keepdim = false,
                                   std::string_view interpolation = "linear");
GRADUS_API Tensor& argsort_out(Tensor& out, const Tensor& x, bool stable, int64_t dim = -1,
                               bool descending = false);
GRADUS_API std::tuple<Tensor&, Tensor&> sort_out(Tensor& values, Tensor& indices, const Tensor& x,
                                                 std::optional<bool> stable, int64_t dim = -1,
                                                 bool descending = false);
GRADUS_API Tensor& diff_out(Tensor& out, const Tensor& x, int64_t n = 1, int64_t dim = -1,
                            const Tensor& prepend = {}, const Tensor& append = {});
GRADUS_API Tensor& concatenate_out(Tensor& out, TensorList tensors, int64_t dim = 0);
GRADUS_API Tensor& row_stack_out(Tensor& out, TensorList tensors);
GRADUS_API Tensor& index_out(Tensor& out, const Tensor& x, ArrayRef<indexing::TensorIndex> indices);
GRADUS_API Tensor& scatter_out(Tensor& out, const Tensor& x, int64_t dim, const Tensor& index,
                               const Scalar& value);
GRADUS_API Tensor& scatter_out(Tensor& out, const Tensor& x, int64_t dim, const Tensor& index,
                               const Tensor& src, std::string_view reduce);
GRADUS_API Tensor& scatter_out(Tensor& out, const Tensor& x, int64_t dim, const Tensor& index,
                               const Scalar& value, std::string_view reduce);
GRADUS_API Tensor& scatter_reduce_out(Tensor& out, const Tensor& x, int64_t dim,
                                      const Tensor& index, const Tensor& src,
                                      std::string_view reduce, bool include_self = true);
GRADUS_API Tensor& im2col_out(Tensor& out, const Tensor& x, IntArrayRef kernel_size,
                              IntArrayRef dilation, IntArrayRef padding, IntArrayRef stride);
GRADUS_API Tensor& col2im_out(Tensor& out, const Tensor& x, IntArrayRef output_size,
                              IntArrayRef kernel_size, IntArrayRef dilation, IntArrayRef padding,
                              IntArrayRef stride);
GRADUS_API Tensor& reflection_pad1d_out(Tensor& out, const Tensor& x, IntArrayRef padding);
GRADUS_API Tensor& reflection_pad2d_out(Tensor& out, const Tensor& x, IntArrayRef padding);
GRADUS_API Tensor& reflection_pad3d_out(Tensor& out, const Tensor& x, IntArrayRef padding);
GRADUS_API Tensor& replication_pad1d_out(Tensor& out, const Tensor& x, IntArrayRef padding);
GRADUS_API Tensor& replication_pad2d_out(Tensor& out, const Tensor& x, IntArrayRef padding);
GRADUS_API Tensor& replication_pad3d_out(Tensor& out, const Tensor& x, IntArrayRef padding);
GRADUS_API Tensor& isin_out(Tensor& out, const Tensor& elements, const Scalar& test_element,
                            bool assume_unique = false, bool invert = false);
GRADUS_API Tensor& isin_out(Tensor& out, const Scalar& element, const Tensor& test_elements,
                            bool assume_unique = false, bool invert = false);
GRADUS_API Tensor& searchsorted_out(Tensor& out, const Tensor& sorted_sequence, const Scalar& value,
                                    bool out_int32 = false, bool right = false,
                                    std::optional<std::string_view> side = std::nullopt,
                                    const Tensor& sorter = {});
GRADUS_API std::tuple<Tensor&, Tensor&> histogram_out(Tensor& hist, Tensor& bin_edges,
                                                      const Tensor& x, int64_t bins = 100,
                                                      ArrayRef<double> range = {},
                                                      const Tensor& weight = {},
                                                      bool density = false);
GRADUS_API std::tuple<Tensor&, Tensor&> histogram_out(Tensor& hist, Tensor& bin_edges,
                                                      const Tensor& x, const Tensor& bins,
                                                      const Tensor& weight = {},
                                                      bool density = false);
GRADUS_API Tensor& index_reduce_out(Tensor& out, const Tensor& x, int64_t dim, const Tensor& index,
                                    const Tensor& source, std::string_view reduce,
                                    bool include_self = true);
GRADUS_API Tensor& nonzero_static_out(Tensor& out, const Tensor& x, int64_t size,
                                      int64_t fill_value = -1);

// --- Factories and random numbers, in the dtype of out: out_forms_factory.cpp

GRADUS_API Tensor& arange_out(Tensor& out, const Scalar& end);
GRADUS_API Tensor& arange_out(Tensor& out, const Scalar& start, const Scalar& end,
                              const Scalar& step = 1);
GRADUS_API Tensor& bernoulli_out(Tensor& out, const Tensor& x,
                                 std::optional<Generator> generator = std::nullopt);
GRADUS_API Tensor& bernoulli_out(Tensor& out, const Tensor& x, const Tensor& p,
                                 std::optional<Generator> generator = std::nullopt);
GRADUS_API Tensor& bernoulli_out(Tensor& out, const Tensor& x, double p,
                                 std::optional<Generator> generator = std::nullopt);
GRADUS_API Tensor& eye_out(Tensor& out, int64_t n);
GRADUS_API Tensor& eye_out(Tensor& out, int64_t n, int64_t m);
GRADUS_API Tensor& full_out(Tensor& out, IntArrayRef sizes, const Scalar& value);
GRADUS_API Tensor& linspace_out(Tensor& out, const Scalar& start, const Scalar& end, int64_t steps);
GRADUS_API Tensor& linspace_out(Tensor& out, const Tensor& start, const Tensor& end, int64_t steps);
GRADUS_API Tensor& linspace_out(Tensor& out, const Tensor& start, const Scalar& end, int64_t steps);
GRADUS_API Tensor& linspace_out(Tensor& out, const Scalar& start, const Tensor& end, int64_t steps);
GRADUS_API Tensor& logspace_out(Tensor& out, const Scalar& start, const Scalar& end, int64_t steps,
                                double base = 10);
GRADUS_API Tensor& logspace_out(Tensor& out, const Tensor& start, const Tensor& end, int64_t steps,
                                double base = 10);
GRADUS_API Tensor& logspace_out(Tensor& out, const Tensor& start, const Scalar& end, int64_t steps,
                                double base = 10);
GRADUS_API Tensor& logspace_out(Tensor& out, const Scalar& start, const Tensor& end, int64_t steps,
                                double base = 10);
GRADUS_API Tensor& multinomial_out(Tensor& out, const Tensor& x, int64_t num_samples,
                                   bool replacement = false,
                                   std::optional<Generator> generator = std::nullopt);
GRADUS_API Tensor& normal_out(Tensor& out, const Tensor& mean, const Tensor& std,
                              std::optional<Generator> generator = std::nullopt);
GRADUS_API Tensor& normal_out(Tensor& out, const Tensor& mean, double std = 1,
                              std::optional<Generator> generator = std::nullopt);
GRADUS_API Tensor& normal_out(Tensor& out, double mean, const Tensor& std,
                              std::optional<Generator> generator = std::nullopt);
GRADUS_API Tensor& normal_out(Tensor& out, double mean, double std, IntArrayRef sizes,
                              std::optional<Generator> generator = std::nullopt);
GRADUS_API Tensor& ones_out(Tensor& out, IntArrayRef sizes);
GRADUS_API Tensor& rand_out(Tensor& out, IntArrayRef sizes,
                            std::optional<Generator> generator = std::nullopt);
GRADUS_API Tensor& randn_out(Tensor& out, IntArrayRef sizes,
                             std::optional<Generator> generator = std::nullopt);
GRADUS_API Tensor& randint_out(Tensor& out, int64_t high, IntArrayRef sizes,
                               std::optional<Generator> generator = std::nullopt);
GRADUS_API Tensor& randint_out(Tensor& out, int64_t low, int64_t high, IntArrayRef sizes,
                               std::optional<Generator> generator = std::nullopt);
GRADUS_API Tensor& randperm_out(Tensor& out, int64_t n,
                                std::optional<Generator> generator = std::nullopt);
GRADUS_API Tensor& range_out(Tensor& out, const Scalar& start, const Scalar& end,
                             const Scalar& step = 1);
GRADUS_API Tensor& zeros_out(Tensor& out, IntArrayRef sizes);
/// Gives `out` these sizes; what it holds then is not defined.
GRADUS_API Tensor& empty_out(Tensor& out, IntArrayRef sizes,
                             std::optional<MemoryFormat> format = std::nullopt);

// --- Layers and losses: out_forms_layers.cpp

GRADUS_API Tensor& adaptive_avg_pool2d_out(Tensor& out, const Tensor& x, IntArrayRef output_size);
GRADUS_API std::tuple<Tensor&, Tensor&> adaptive_max_pool2d_out(Tensor& out, Tensor& indices,
                                                                const Tensor& x,
                                                                IntArrayRef output_size);
GRADUS_API Tensor& avg_pool2d_out(Tensor& out, const Tensor& x, IntArrayRef kernel_size,
                                  IntArrayRef stride = {}, IntArrayRef padding = 0,
                                  bool ceil_mode = false, bool count_include_pad = true,
                                  std::optional<int64_t> divisor_override = std::nullopt);
GRADUS_API std::tuple<Tensor&, Tensor&> fractional_max_pool2d_out(Tensor& output, Tensor& indices,
                                                                  const Tensor& x,
                                                                  IntArrayRef kernel_size,
                                                                  IntArrayRef output_size,
                                                                  const Tensor& random_samples);
GRADUS_API std::tuple<Tensor&, Tensor&> max_pool2d_with_indices_out(
    Tensor& out, Tensor& indices, const Tensor& x, IntArrayRef kernel_size, IntArrayRef stride = {},
    IntArrayRef padding = 0, IntArrayRef dilation = 1, bool ceil_mode = false);
GRADUS_API Tensor& max_unpool2d_out(Tensor& out, const Tensor& x, const Tensor& indices,
                                    IntArrayRef output_size);
GRADUS_API Tensor& adaptive_avg_pool3d_out(Tensor& out, const Tensor& x, IntArrayRef output_size);
GRADUS_API std::tuple<Tensor&, Tensor&> adaptive_max_pool3d_out(Tensor& out, Tensor& indices,
                                                                const Tensor& x,
                                                                IntArrayRef output_size);
GRADUS_API Tensor& avg_pool3d_out(Tensor& out, const Tensor& x, IntArrayRef kernel_size,
                                  IntArrayRef stride = {}, IntArrayRef padding = 0,
                                  bool ceil_mode = false, bool count_include_pad = true,
                                  std::optional<int64_t> divisor_override = std::nullopt);
GRADUS_API std::tuple<Tensor&, Tensor&> fractional_max_pool3d_out(Tensor& output, Tensor& indices,
                                                                  const Tensor& x,
                                                                  IntArrayRef kernel_size,
                                                                  IntArrayRef output_size,
                                                                  const Tensor& random_samples);
GRADUS_API std::tuple<Tensor&, Tensor&> max_pool3d_with_indices_out(
    Tensor& out, Tensor& indices, const Tensor& x, IntArrayRef kernel_size, IntArrayRef stride = {},
    IntArrayRef padding = 0, IntArrayRef dilation = 1, bool ceil_mode = false);
GRADUS_API Tensor& max_unpool3d_out(Tensor& out, const Tensor& x, const Tensor& indices,
                                    IntArrayRef output_size);
GRADUS_API Tensor& upsample_nearest1d_out(Tensor& out, const Tensor& x, IntArrayRef output_size,
                                          std::optional<double> scales = std::nullopt);
GRADUS_API Tensor& upsample_nearest2d_out(Tensor& out, const Tensor& x, IntArrayRef output_size,
                                          std::optional<double> scales_h = std::nullopt,
                                          std::optional<double> scales_w = std::nullopt);
GRADUS_API Tensor& upsample_nearest3d_out(Tensor& out, const Tensor& x, IntArrayRef output_size,
                                          std::optional<double> scales_d = std::nullopt,
                                          std::optional<double> scales_h = std::nullopt,
                                          std::optional<double> scales_w = std::nullopt);
GRADUS_API Tensor& upsample_linear1d_out(Tensor& out, const Tensor& x, IntArrayRef output_size,
                                         bool align_corners,
                                         std::optional<double> scales = std::nullopt);
GRADUS_API Tensor& upsample_bilinear2d_out(Tensor& out, const Tensor& x, IntArrayRef output_size,
                                           bool align_corners,
                                           std::optional<double> scales_h = std::nullopt,
                                           std::optional<double> scales_w = std::nullopt);
GRADUS_API Tensor& upsample_bicubic2d_out(Tensor& out, const Tensor& x, IntArrayRef output_size,
                                          bool align_corners,
                                          std::optional<double> scales_h = std::nullopt,
                                          std::optional<double> scales_w = std::nullopt);
GRADUS_API Tensor& upsample_trilinear3d_out(Tensor& out, const Tensor& x, IntArrayRef output_size,
                                            bool align_corners,
                                            std::optional<double> scales_d = std::nullopt,
                                            std::optional<double> scales_h = std::nullopt,
                                            std::optional<double> scales_w = std::nullopt);
GRADUS_API Tensor& binary_cross_entropy_out(Tensor& out, const Tensor& input, const Tensor& target,
                                            const Tensor& weight = {},
                                            int64_t reduction = Reduction::Mean);
GRADUS_API Tensor& huber_loss_out(Tensor& out, const Tensor& input, const Tensor& target,
                                  int64_t reduction = Reduction::Mean, double delta = 1.0);
GRADUS_API Tensor& mse_loss_out(Tensor& out, const Tensor& input, const Tensor& target,
                                int64_t reduction = Reduction::Mean);
GRADUS_API Tensor& multi_margin_loss_out(Tensor& out, const Tensor& input, const Tensor& target,
                                         const Scalar& p = 1, const Scalar& margin = 1,
                                         const Tensor& weight = {},
                                         int64_t reduction = Reduction::Mean);
GRADUS_API Tensor& multilabel_margin_loss_out(Tensor& out, const Tensor& input,
                                              const Tensor& target,
                                              int64_t reduction = Reduction::Mean);
GRADUS_API Tensor& nll_loss_out(Tensor& out, const Tensor& input, const Tensor& target,
                                const Tensor& weight = {}, int64_t reduction = Reduction::Mean,
                                int64_t ignore_index = -100);
GRADUS_API Tensor& smooth_l1_loss_out(Tensor& out, const Tensor& input, const Tensor& target,
                                      int64_t reduction = Reduction::Mean, double beta = 1.0);
GRADUS_API Tensor& soft_margin_loss_out(Tensor& out, const Tensor& input, const Tensor& target,
                                        int64_t reduction = Reduction::Mean);

// --- Linear algebra: out_forms_linalg.cpp

GRADUS_API Tensor& addbmm_out(Tensor& out, const Tensor& input, const Tensor& batch1,
                              const Tensor& batch2, const Scalar& beta = 1,
                              const Scalar& alpha = 1);
GRADUS_API Tensor& chain_matmul_out(Tensor& out, TensorList matrices);
GRADUS_API Tensor& cholesky_out(Tensor& out, const Tensor& A, bool upper = false);
GRADUS_API Tensor& cholesky_inverse_out(Tensor& out, const Tensor& L, bool upper = false);
GRADUS_API Tensor& cholesky_solve_out(Tensor& out, const Tensor& B, const Tensor& L,
                                      bool upper = false);
GRADUS_API Tensor& cross_out(Tensor& out, const Tensor& a, const Tensor& b,
                             std::optional<int64_t> dim = std::nullopt);
GRADUS_API Tensor& frobenius_norm_out(Tensor& out, const Tensor& A, IntArrayRef dim,
                                      bool keepdim = false);
GRADUS_API Tensor& inverse_out(Tensor& out, const Tensor& A);
GRADUS_API Tensor& kron_out(Tensor& out, const Tensor& a, const Tensor& b);
GRADUS_API Tensor& linalg_cholesky_out(Tensor& out, const Tensor& A, bool upper = false);
GRADUS_API std::tuple<Tensor&, Tensor&> linalg_cholesky_ex_out(Tensor& L, Tensor& info,
                                                               const Tensor& A, bool upper = false,
                                                               bool check_errors = false);
GRADUS_API Tensor& linalg_cond_out(Tensor& out, const Tensor& A,
                                   std::optional<Scalar> p = std::nullopt);
GRADUS_API Tensor& linalg_cond_out(Tensor& out, const Tensor& A, std::string_view p);
GRADUS_API Tensor& linalg_cross_out(Tensor& out, const Tensor& a, const Tensor& b,
                                    int64_t dim = -1);
GRADUS_API Tensor& linalg_det_out(Tensor& out, const Tensor& A);
GRADUS_API std::tuple<Tensor&, Tensor&> linalg_eigh_out(Tensor& eigenvalues, Tensor& eigenvectors,
                                                        const Tensor& A,
                                                        std::string_view UPLO = "L");
GRADUS_API Tensor& linalg_eigvalsh_out(Tensor& out, const Tensor& A, std::string_view UPLO = "L");
GRADUS_API Tensor& linalg_householder_product_out(Tensor& out, const Tensor& A, const Tensor& tau);
GRADUS_API Tensor& linalg_inv_out(Tensor& out, const Tensor& A);
GRADUS_API std::tuple<Tensor&, Tensor&> linalg_inv_ex_out(Tensor& inverse, Tensor& info,
                                                          const Tensor& A,
                                                          bool check_errors = false);
GRADUS_API std::tuple<Tensor&, Tensor&, Tensor&, Tensor&> linalg_lstsq_out(
    Tensor& solution, Tensor& residuals, Tensor& rank, Tensor& singular_values, const Tensor& A,
    const Tensor& B, std::optional<double> rcond = std::nullopt,
    std::optional<std::string_view> driver = std::nullopt);
GRADUS_API std::tuple<Tensor&, Tensor&, Tensor&> linalg_lu_out(Tensor& P, Tensor& L, Tensor& U,
                                                               const Tensor& A, bool pivot = true);
GRADUS_API std::tuple<Tensor&, Tensor&> linalg_lu_factor_out(Tensor& LU, Tensor& pivots,
                                                             const Tensor& A, bool pivot = true);
GRADUS_API Tensor& linalg_lu_solve_out(Tensor& out, const Tensor& LU, const Tensor& pivots,
                                       const Tensor& B, bool left = true, bool adjoint = false);
GRADUS_API Tensor& linalg_matmul_out(Tensor& out, const Tensor& a, const Tensor& b);
GRADUS_API Tensor& linalg_matrix_norm_out(Tensor& out, const Tensor& A, const Scalar& ord,
                                          IntArrayRef dim = {-2, -1}, bool keepdim = false,
                                          std::optional<ScalarType> dtype = std::nullopt);
GRADUS_API Tensor& linalg_matrix_norm_out(Tensor& out, const Tensor& A,
                                          std::string_view ord = "fro", IntArrayRef dim = {-2, -1},
                                          bool keepdim = false,
                                          std::optional<ScalarType> dtype = std::nullopt);
GRADUS_API Tensor& linalg_matrix_power_out(Tensor& out, const Tensor& A, int64_t n);
GRADUS_API Tensor& linalg_matrix_rank_out(Tensor& out, const Tensor& A,
                                          std::optional<double> atol = std::nullopt,
                                          std::optional<double> rtol = std::nullopt,
                                          bool hermitian = false);
GRADUS_API Tensor& linalg_multi_dot_out(Tensor& out, TensorList tensors);
GRADUS_API Tensor& linalg_norm_out(Tensor& out, const Tensor& A,
                                   std::optional<Scalar> ord = std::nullopt, IntArrayRef dim = {},
                                   bool keepdim = false,
                                   std::optional<ScalarType> dtype = std::nullopt);
GRADUS_API Tensor& linalg_norm_out(Tensor& out, const Tensor& A, std::string_view ord,
                                   IntArrayRef dim = {}, bool keepdim = false,
                                   std::optional<ScalarType> dtype = std::nullopt);
GRADUS_API Tensor& linalg_pinv_out(Tensor& out, const Tensor& A,
                                   std::optional<double> atol = std::nullopt,
                                   std::optional<double> rtol = std::nullopt,
                                   bool hermitian = false);
GRADUS_API std::tuple<Tensor&, Tensor&> linalg_qr_out(Tensor& Q, Tensor& R, const Tensor& A,
                                                      std::string_view mode = "reduced");
GRADUS_API std::tuple<Tensor&, Tensor&> linalg_slogdet_out(Tensor& sign, Tensor& logabsdet,
                                                           const Tensor& A);
GRADUS_API Tensor& linalg_solve_out(Tensor& out, const Tensor& A, const Tensor& B,
                                    bool left = true);
GRADUS_API Tensor& linalg_solve_triangular_out(Tensor& out, const Tensor& A, const Tensor& B,
                                               bool upper, bool left = true,
                                               bool unitriangular = false);
GRADUS_API std::tuple<Tensor&, Tensor&, Tensor&> linalg_svd_out(
    Tensor& U, Tensor& S, Tensor& Vh, const Tensor& A, bool full_matrices = true,
    std::optional<std::string_view> driver = std::nullopt);
GRADUS_API Tensor& linalg_svdvals_out(Tensor& out, const Tensor& A,
                                      std::optional<std::string_view> driver = std::nullopt);
GRADUS_API std::tuple<Tensor&, Tensor&> linalg_solve_ex_out(Tensor& result, Tensor& info,
                                                            const Tensor& A, const Tensor& B,
                                                            bool left = true,
                                                            bool check_errors = false);
GRADUS_API std::tuple<Tensor&, Tensor&> geqrf_out(Tensor& a, Tensor& tau, const Tensor& A);
GRADUS_API Tensor& orgqr_out(Tensor& out, const Tensor& A, const Tensor& tau);
GRADUS_API Tensor& ormqr_out(Tensor& out, const Tensor& A, const Tensor& tau, const Tensor& C,
                             bool left = true, bool transpose = false);
GRADUS_API Tensor& linalg_tensorinv_out(Tensor& out, const Tensor& A, int64_t ind = 2);
GRADUS_API Tensor& linalg_tensorsolve_out(Tensor& out, const Tensor& A, const Tensor& B,
                                          IntArrayRef dims = {});
GRADUS_API Tensor& linalg_vecdot_out(Tensor& out, const Tensor& x, const Tensor& y,
                                     int64_t dim = -1);
GRADUS_API Tensor& linear_out(Tensor& out, const Tensor& input, const Tensor& weight,
                              const Tensor& bias = {});
GRADUS_API Tensor& lu_solve_out(Tensor& out, const Tensor& B, const Tensor& LU,
                                const Tensor& pivots);
GRADUS_API Tensor& matrix_power_out(Tensor& out, const Tensor& A, int64_t n);
GRADUS_API std::tuple<Tensor&, Tensor&, Tensor&> linalg_lu_factor_ex_out(Tensor& LU, Tensor& pivots,
                                                                         Tensor& info,
                                                                         const Tensor& A,
                                                                         bool pivot = true,
                                                                         bool check_errors = false);
GRADUS_API std::tuple<Tensor&, Tensor&, Tensor&> lu_unpack_out(Tensor& P, Tensor& L, Tensor& U,
                                                               const Tensor& LU,
                                                               const Tensor& pivots,
                                                               bool unpack_data = true,
                                                               bool unpack_pivots = true);
GRADUS_API Tensor& nuclear_norm_out(Tensor& out, const Tensor& A, bool keepdim = false);
GRADUS_API Tensor& nuclear_norm_out(Tensor& out, const Tensor& A, IntArrayRef dim,
                                    bool keepdim = false);
GRADUS_API std::tuple<Tensor&, Tensor&> triangular_solve_out(Tensor& X, Tensor& M, const Tensor& B,
                                                             const Tensor& A, bool upper = true,
                                                             bool transpose = false,
                                                             bool unitriangular = false);
GRADUS_API std::tuple<Tensor&, Tensor&> qr_out(Tensor& Q, Tensor& R, const Tensor& A,
                                               bool some = true);
GRADUS_API std::tuple<Tensor&, Tensor&> slogdet_out(Tensor& sign, Tensor& logabsdet,
                                                    const Tensor& A);
GRADUS_API std::tuple<Tensor&, Tensor&, Tensor&> svd_out(Tensor& U, Tensor& S, Tensor& V,
                                                         const Tensor& A, bool some = true,
                                                         bool compute_uv = true);
GRADUS_API Tensor& tensordot_out(Tensor& out, const Tensor& a, const Tensor& b, IntArrayRef dims_a,
                                 IntArrayRef dims_b);

// --- Special functions: out_forms_special.cpp

GRADUS_API Tensor& i0_out(Tensor& out, const Tensor& x);
GRADUS_API Tensor& igamma_out(Tensor& out, const Tensor& a, const Tensor& x);
GRADUS_API Tensor& igammac_out(Tensor& out, const Tensor& a, const Tensor& x);
GRADUS_API Tensor& mvlgamma_out(Tensor& out, const Tensor& x, int64_t p);
GRADUS_API Tensor& polygamma_out(Tensor& out, int64_t n, const Tensor& x);
GRADUS_API Tensor& special_bessel_j0_out(Tensor& out, const Tensor& x);
GRADUS_API Tensor& special_bessel_j1_out(Tensor& out, const Tensor& x);
GRADUS_API Tensor& special_bessel_y0_out(Tensor& out, const Tensor& x);
GRADUS_API Tensor& special_bessel_y1_out(Tensor& out, const Tensor& x);
GRADUS_API Tensor& special_digamma_out(Tensor& out, const Tensor& x);
GRADUS_API Tensor& special_entr_out(Tensor& out, const Tensor& x);
GRADUS_API Tensor& special_erf_out(Tensor& out, const Tensor& x);
GRADUS_API Tensor& special_erfc_out(Tensor& out, const Tensor& x);
GRADUS_API Tensor& special_erfcx_out(Tensor& out, const Tensor& x);
GRADUS_API Tensor& special_erfinv_out(Tensor& out, const Tensor& x);
GRADUS_API Tensor& special_exp2_out(Tensor& out, const Tensor& x);
GRADUS_API Tensor& special_expit_out(Tensor& out, const Tensor& x);
GRADUS_API Tensor& special_expm1_out(Tensor& out, const Tensor& x);
GRADUS_API Tensor& special_gammaln_out(Tensor& out, const Tensor& x);
GRADUS_API Tensor& special_i0_out(Tensor& out, const Tensor& x);
GRADUS_API Tensor& special_i0e_out(Tensor& out, const Tensor& x);
GRADUS_API Tensor& special_i1_out(Tensor& out, const Tensor& x);
GRADUS_API Tensor& special_i1e_out(Tensor& out, const Tensor& x);
GRADUS_API Tensor& special_log1p_out(Tensor& out, const Tensor& x);
GRADUS_API Tensor& special_log_ndtr_out(Tensor& out, const Tensor& x);
GRADUS_API Tensor& special_ndtr_out(Tensor& out, const Tensor& x);
GRADUS_API Tensor& special_ndtri_out(Tensor& out, const Tensor& x);
GRADUS_API Tensor& special_psi_out(Tensor& out, const Tensor& x);
GRADUS_API Tensor& special_sinc_out(Tensor& out, const Tensor& x);
GRADUS_API Tensor& special_gammainc_out(Tensor& out, const Tensor& a, const Tensor& x);
GRADUS_API Tensor& special_gammaincc_out(Tensor& out, const Tensor& a, const Tensor& x);
GRADUS_API Tensor& special_logit_out(Tensor& out, const Tensor& x,
                                     std::optional<double> eps = std::nullopt);
GRADUS_API Tensor& special_logsumexp_out(Tensor& out, const Tensor& x, IntArrayRef dim,
                                         bool keepdim = false);
GRADUS_API Tensor& special_multigammaln_out(Tensor& out, const Tensor& x, int64_t p);
GRADUS_API Tensor& special_polygamma_out(Tensor& out, int64_t n, const Tensor& x);
GRADUS_API Tensor& special_round_out(Tensor& out, const Tensor& x, int64_t decimals = 0);
GRADUS_API Tensor& special_xlog1py_out(Tensor& out, const Tensor& x, const Tensor& y);
GRADUS_API Tensor& special_xlog1py_out(Tensor& out, const Tensor& x, const Scalar& y);
GRADUS_API Tensor& special_xlog1py_out(Tensor& out, const Scalar& x, const Tensor& y);
GRADUS_API Tensor& special_xlogy_out(Tensor& out, const Tensor& x, const Tensor& y);
GRADUS_API Tensor& special_xlogy_out(Tensor& out, const Tensor& x, const Scalar& y);
GRADUS_API Tensor& special_xlogy_out(Tensor& out, const Scalar& x, const Tensor& y);
GRADUS_API Tensor& special_zeta_out(Tensor& out, const Tensor& x, const Tensor& y);
GRADUS_API Tensor& special_zeta_out(Tensor& out, const Tensor& x, const Scalar& y);
GRADUS_API Tensor& special_zeta_out(Tensor& out, const Scalar& x, const Tensor& y);

GRADUS_API Tensor& linalg_matrix_rank_out(Tensor& out, const Tensor& A,
                                          const Tolerances& tolerances, bool hermitian);
GRADUS_API Tensor& linalg_pinv_out(Tensor& out, const Tensor& A, const Tolerances& tolerances,
                                   bool hermitian);

// With tensors, or one number, as tolerances: see the ops.

template <class T, class = std::enable_if_t<kIsTensor<T>>>
Tensor& linalg_matrix_rank_out(Tensor& out, const Tensor& A, const T& atol, const Tensor& rtol,
                               bool hermitian = false) {
  return linalg_matrix_rank_out(out, A, Tolerances{atol, rtol}, hermitian);
}
template <class T, class Bool = bool,
          class = std::enable_if_t<std::is_same_v<T, Tensor> && std::is_same_v<Bool, bool>>>
Tensor& linalg_matrix_rank_out(Tensor& out, const Tensor& A, const T& tol, Bool hermitian = false) {
  return linalg_matrix_rank_out(out, A, Tolerances{tol, tol.defined() ? zeros_like(tol) : tol},
                                hermitian);
}
template <class T, class = std::enable_if_t<kIsTensor<T>>>
Tensor& linalg_pinv_out(Tensor& out, const Tensor& A, const T& atol, const Tensor& rtol,
                        bool hermitian = false) {
  return linalg_pinv_out(out, A, Tolerances{atol, rtol}, hermitian);
}
template <class T, class Bool = bool,
          class = std::enable_if_t<std::is_same_v<T, Tensor> && std::is_same_v<Bool, bool>>>
Tensor& linalg_pinv_out(Tensor& out, const Tensor& A, const T& rcond, Bool hermitian = false) {
  return linalg_pinv_out(out, A, Tolerances{{}, rcond}, hermitian);
}
template <class Bool = bool, class = std::enable_if_t<std::is_same_v<Bool, bool>>>
Tensor& linalg_matrix_rank_out(Tensor& out, const Tensor& A, double tol, Bool hermitian = false) {
  return linalg_matrix_rank_out(out, A, std::optional<double>(tol), std::optional<double>(0),
                                hermitian);
}
template <class Bool = bool, class = std::enable_if_t<std::is_same_v<Bool, bool>>>
Tensor& linalg_pinv_out(Tensor& out, const Tensor& A, double rcond, Bool hermitian = false) {
  return linalg_pinv_out(out, A, std::optional<double>(), std::optional<double>(rcond), hermitian);
}

inline Tensor& max_unpool3d_out(Tensor& out, const Tensor& x, const Tensor& indices,
                                IntArrayRef output_size, IntArrayRef /*stride*/,
                                IntArrayRef /*padding*/) {
  return max_unpool3d_out(out, x, indices, output_size);
}

// The same in the namespaces linalg and special; as there in libtorch, without default arguments.

namespace linalg {
inline constexpr auto& cholesky_out = linalg_cholesky_out;
inline constexpr auto& cholesky_ex_out = linalg_cholesky_ex_out;
inline constexpr auto& cross_out = linalg_cross_out;
inline constexpr auto& det_out = linalg_det_out;
inline constexpr auto& eigh_out = linalg_eigh_out;
inline constexpr auto& eigvalsh_out = linalg_eigvalsh_out;
inline constexpr auto& householder_product_out = linalg_householder_product_out;
inline constexpr auto& inv_out = linalg_inv_out;
inline constexpr auto& inv_ex_out = linalg_inv_ex_out;
inline constexpr auto& lstsq_out = linalg_lstsq_out;
inline constexpr auto& lu_out = linalg_lu_out;
inline constexpr auto& lu_factor_out = linalg_lu_factor_out;
inline constexpr auto& qr_out = linalg_qr_out;
inline constexpr auto& slogdet_out = linalg_slogdet_out;
inline constexpr auto& solve_out = linalg_solve_out;
inline constexpr auto& solve_triangular_out = linalg_solve_triangular_out;
inline std::tuple<Tensor&, Tensor&, Tensor&> svd_out(
    Tensor& U, Tensor& S, Tensor& Vh, const Tensor& A, bool full_matrices = true,
    std::optional<std::string_view> driver = std::nullopt) {
  return linalg_svd_out(U, S, Vh, A, full_matrices, driver);
}
inline Tensor& svdvals_out(Tensor& out, const Tensor& A,
                           std::optional<std::string_view> driver = std::nullopt) {
  return linalg_svdvals_out(out, A, driver);
}
inline constexpr auto& tensorinv_out = linalg_tensorinv_out;
inline constexpr auto& tensorsolve_out = linalg_tensorsolve_out;
inline constexpr auto& vecdot_out = linalg_vecdot_out;
}  // namespace linalg

namespace special {
inline constexpr auto& bessel_j0_out = special_bessel_j0_out;
inline constexpr auto& bessel_j1_out = special_bessel_j1_out;
inline constexpr auto& bessel_y0_out = special_bessel_y0_out;
inline constexpr auto& bessel_y1_out = special_bessel_y1_out;
inline constexpr auto& digamma_out = special_digamma_out;
inline constexpr auto& entr_out = special_entr_out;
inline constexpr auto& erf_out = special_erf_out;
inline constexpr auto& erfc_out = special_erfc_out;
inline constexpr auto& erfcx_out = special_erfcx_out;
inline constexpr auto& erfinv_out = special_erfinv_out;
inline constexpr auto& exp2_out = special_exp2_out;
inline constexpr auto& expit_out = special_expit_out;
inline constexpr auto& expm1_out = special_expm1_out;
inline constexpr auto& gammaln_out = special_gammaln_out;
inline constexpr auto& i0_out = special_i0_out;
inline constexpr auto& i0e_out = special_i0e_out;
inline constexpr auto& i1_out = special_i1_out;
inline constexpr auto& i1e_out = special_i1e_out;
inline constexpr auto& log1p_out = special_log1p_out;
inline constexpr auto& log_ndtr_out = special_log_ndtr_out;
inline constexpr auto& ndtr_out = special_ndtr_out;
inline constexpr auto& ndtri_out = special_ndtri_out;
inline constexpr auto& psi_out = special_psi_out;
inline constexpr auto& sinc_out = special_sinc_out;
inline constexpr auto& gammainc_out = special_gammainc_out;
inline constexpr auto& gammaincc_out = special_gammaincc_out;
inline constexpr auto& logsumexp_out = special_logsumexp_out;
inline constexpr auto& multigammaln_out = special_multigammaln_out;
inline constexpr auto& polygamma_out = special_polygamma_out;
inline Tensor& logit_out(Tensor& out, const Tensor& x) {
  return special_logit_out(out, x);
}
inline Tensor& round_out(Tensor& out, const Tensor& x) {
  return special_round_out(out, x);
}
}  // namespace special

}  // namespace gradus
