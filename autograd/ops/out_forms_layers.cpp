// The out= forms in autograd/ops/out_forms.h: layers and losses.

#include "autograd/ops/internal/out.h"
#include "autograd/ops/loss.h"
#include "autograd/ops/margin_loss.h"
#include "autograd/ops/out_forms.h"
#include "autograd/ops/pool.h"
#include "autograd/ops/pool_nd.h"
#include "autograd/ops/resample.h"

namespace gradus {

Tensor& adaptive_avg_pool2d_out(Tensor& out, const Tensor& x, IntArrayRef output_size) {
  return compute_out("adaptive_avg_pool2d_out", {x}, out,
                     [&] { return adaptive_avg_pool2d(x, output_size); });
}

std::tuple<Tensor&, Tensor&> adaptive_max_pool2d_out(Tensor& out, Tensor& indices, const Tensor& x,
                                                     IntArrayRef output_size) {
  return compute_out("adaptive_max_pool2d_out", {x}, std::tie(out, indices),
                     [&] { return adaptive_max_pool2d(x, output_size); });
}

Tensor& avg_pool2d_out(Tensor& out, const Tensor& x, IntArrayRef kernel_size, IntArrayRef stride,
                       IntArrayRef padding, bool ceil_mode, bool count_include_pad,
                       std::optional<int64_t> divisor_override) {
  return compute_out("avg_pool2d_out", {x}, out, [&] {
    return avg_pool2d(x, kernel_size, stride, padding, ceil_mode, count_include_pad,
                      divisor_override);
  });
}

std::tuple<Tensor&, Tensor&> fractional_max_pool2d_out(Tensor& output, Tensor& indices,
                                                       const Tensor& x, IntArrayRef kernel_size,
                                                       IntArrayRef output_size,
                                                       const Tensor& random_samples) {
  return compute_out(
      "fractional_max_pool2d_out", {x, random_samples}, std::tie(output, indices),
      [&] { return fractional_max_pool2d(x, kernel_size, output_size, random_samples); });
}

std::tuple<Tensor&, Tensor&> max_pool2d_with_indices_out(Tensor& out, Tensor& indices,
                                                         const Tensor& x, IntArrayRef kernel_size,
                                                         IntArrayRef stride, IntArrayRef padding,
                                                         IntArrayRef dilation, bool ceil_mode) {
  return compute_out("max_pool2d_with_indices_out", {x}, std::tie(out, indices), [&] {
    return max_pool2d_with_indices(x, kernel_size, stride, padding, dilation, ceil_mode);
  });
}

Tensor& max_unpool2d_out(Tensor& out, const Tensor& x, const Tensor& indices,
                         IntArrayRef output_size) {
  return compute_out("max_unpool2d_out", {x, indices}, out,
                     [&] { return max_unpool2d(x, indices, output_size); });
}

Tensor& adaptive_avg_pool3d_out(Tensor& out, const Tensor& x, IntArrayRef output_size) {
  return compute_out("adaptive_avg_pool3d_out", {x}, out,
                     [&] { return adaptive_avg_pool3d(x, output_size); });
}

std::tuple<Tensor&, Tensor&> adaptive_max_pool3d_out(Tensor& out, Tensor& indices, const Tensor& x,
                                                     IntArrayRef output_size) {
  return compute_out("adaptive_max_pool3d_out", {x}, std::tie(out, indices),
                     [&] { return adaptive_max_pool3d(x, output_size); });
}

Tensor& avg_pool3d_out(Tensor& out, const Tensor& x, IntArrayRef kernel_size, IntArrayRef stride,
                       IntArrayRef padding, bool ceil_mode, bool count_include_pad,
                       std::optional<int64_t> divisor_override) {
  return compute_out("avg_pool3d_out", {x}, out, [&] {
    return avg_pool3d(x, kernel_size, stride, padding, ceil_mode, count_include_pad,
                      divisor_override);
  });
}

std::tuple<Tensor&, Tensor&> fractional_max_pool3d_out(Tensor& output, Tensor& indices,
                                                       const Tensor& x, IntArrayRef kernel_size,
                                                       IntArrayRef output_size,
                                                       const Tensor& random_samples) {
  return compute_out(
      "fractional_max_pool3d_out", {x, random_samples}, std::tie(output, indices),
      [&] { return fractional_max_pool3d(x, kernel_size, output_size, random_samples); });
}

std::tuple<Tensor&, Tensor&> max_pool3d_with_indices_out(Tensor& out, Tensor& indices,
                                                         const Tensor& x, IntArrayRef kernel_size,
                                                         IntArrayRef stride, IntArrayRef padding,
                                                         IntArrayRef dilation, bool ceil_mode) {
  return compute_out("max_pool3d_with_indices_out", {x}, std::tie(out, indices), [&] {
    return max_pool3d_with_indices(x, kernel_size, stride, padding, dilation, ceil_mode);
  });
}

Tensor& max_unpool3d_out(Tensor& out, const Tensor& x, const Tensor& indices,
                         IntArrayRef output_size) {
  return compute_out("max_unpool3d_out", {x, indices}, out,
                     [&] { return max_unpool3d(x, indices, output_size); });
}

Tensor& upsample_nearest1d_out(Tensor& out, const Tensor& x, IntArrayRef output_size,
                               std::optional<double> scales) {
  return compute_out("upsample_nearest1d_out", {x}, out,
                     [&] { return upsample_nearest1d(x, output_size, scales); });
}

Tensor& upsample_nearest2d_out(Tensor& out, const Tensor& x, IntArrayRef output_size,
                               std::optional<double> scales_h, std::optional<double> scales_w) {
  return compute_out("upsample_nearest2d_out", {x}, out,
                     [&] { return upsample_nearest2d(x, output_size, scales_h, scales_w); });
}

Tensor& upsample_nearest3d_out(Tensor& out, const Tensor& x, IntArrayRef output_size,
                               std::optional<double> scales_d, std::optional<double> scales_h,
                               std::optional<double> scales_w) {
  return compute_out("upsample_nearest3d_out", {x}, out, [&] {
    return upsample_nearest3d(x, output_size, scales_d, scales_h, scales_w);
  });
}

Tensor& upsample_linear1d_out(Tensor& out, const Tensor& x, IntArrayRef output_size,
                              bool align_corners, std::optional<double> scales) {
  return compute_out("upsample_linear1d_out", {x}, out,
                     [&] { return upsample_linear1d(x, output_size, align_corners, scales); });
}

Tensor& upsample_bilinear2d_out(Tensor& out, const Tensor& x, IntArrayRef output_size,
                                bool align_corners, std::optional<double> scales_h,
                                std::optional<double> scales_w) {
  return compute_out("upsample_bilinear2d_out", {x}, out, [&] {
    return upsample_bilinear2d(x, output_size, align_corners, scales_h, scales_w);
  });
}

Tensor& upsample_bicubic2d_out(Tensor& out, const Tensor& x, IntArrayRef output_size,
                               bool align_corners, std::optional<double> scales_h,
                               std::optional<double> scales_w) {
  return compute_out("upsample_bicubic2d_out", {x}, out, [&] {
    return upsample_bicubic2d(x, output_size, align_corners, scales_h, scales_w);
  });
}

Tensor& upsample_trilinear3d_out(Tensor& out, const Tensor& x, IntArrayRef output_size,
                                 bool align_corners, std::optional<double> scales_d,
                                 std::optional<double> scales_h, std::optional<double> scales_w) {
  return compute_out("upsample_trilinear3d_out", {x}, out, [&] {
    return upsample_trilinear3d(x, output_size, align_corners, scales_d, scales_h, scales_w);
  });
}

Tensor& binary_cross_entropy_out(Tensor& out, const Tensor& input, const Tensor& target,
                                 const Tensor& weight, int64_t reduction) {
  return compute_out("binary_cross_entropy_out", {input, target, weight}, out,
                     [&] { return binary_cross_entropy(input, target, weight, reduction); });
}

Tensor& huber_loss_out(Tensor& out, const Tensor& input, const Tensor& target, int64_t reduction,
                       double delta) {
  return compute_out("huber_loss_out", {input, target}, out,
                     [&] { return huber_loss(input, target, reduction, delta); });
}

Tensor& mse_loss_out(Tensor& out, const Tensor& input, const Tensor& target, int64_t reduction) {
  return compute_out("mse_loss_out", {input, target}, out,
                     [&] { return mse_loss(input, target, reduction); });
}

Tensor& multi_margin_loss_out(Tensor& out, const Tensor& input, const Tensor& target,
                              const Scalar& p, const Scalar& margin, const Tensor& weight,
                              int64_t reduction) {
  return compute_out("multi_margin_loss_out", {input, target, weight}, out, [&] {
    return multi_margin_loss(input, target, p, margin, weight, reduction);
  });
}

Tensor& multilabel_margin_loss_out(Tensor& out, const Tensor& input, const Tensor& target,
                                   int64_t reduction) {
  return compute_out("multilabel_margin_loss_out", {input, target}, out,
                     [&] { return multilabel_margin_loss(input, target, reduction); });
}

Tensor& nll_loss_out(Tensor& out, const Tensor& input, const Tensor& target, const Tensor& weight,
                     int64_t reduction, int64_t ignore_index) {
  return compute_out("nll_loss_out", {input, target, weight}, out,
                     [&] { return nll_loss(input, target, weight, reduction, ignore_index); });
}

Tensor& smooth_l1_loss_out(Tensor& out, const Tensor& input, const Tensor& target,
                           int64_t reduction, double beta) {
  return compute_out("smooth_l1_loss_out", {input, target}, out,
                     [&] { return smooth_l1_loss(input, target, reduction, beta); });
}

Tensor& soft_margin_loss_out(Tensor& out, const Tensor& input, const Tensor& target,
                             int64_t reduction) {
  return compute_out("soft_margin_loss_out", {input, target}, out,
                     [&] { return soft_margin_loss(input, target, reduction); });
}

}  // namespace gradus
