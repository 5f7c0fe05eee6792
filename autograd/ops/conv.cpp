#include "autograd/ops/conv.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "autograd/node.h"
#include "autograd/ops/internal/autocast.h"
#include "autograd/ops/internal/named.h"
#include "autograd/ops/join.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "core/factory.h"
#include "core/kernels/conv.h"
#include "core/shape.h"
#include "core/watch/record_scope.h"

namespace gradus {

namespace {

// What every node of a convolution keeps besides tensors.
struct Setting {
  const char* op;
  kernel::ConvGeometry geometry;
  DimVector x_sizes, w_sizes;
};
using SettingPtr = std::shared_ptr<const Setting>;

DimVector per_dim(const char* op, const char* argument, IntArrayRef values, size_t dims,
                  int64_t least) {
  GRADUS_CHECK_VALUE(values.size() == 1 || values.size() == dims,
                     "{}: {} must be one number or {}, got {}", op, argument, dims, values);
  for (int64_t value : values) {
    GRADUS_CHECK_VALUE(value >= least, "{}: {} must be at least {}, got {}", op, argument, least,
                       values);
  }
  return values.size() == dims ? to_dims(values) : DimVector(dims, values[0]);
}

// The three operations of a convolution are each bilinear, and each one's gradients are the other
// two:
//   y  = convolve(x, w)          dx = by_data(dy, w)     dw = by_weights(dy, x)
Tensor convolve(const Tensor& x, const Tensor& w, const Tensor& bias, const SettingPtr& s);
Tensor by_data(const Tensor& dy, const Tensor& w, const SettingPtr& s);
Tensor by_weights(const Tensor& dy, const Tensor& x, const SettingPtr& s);

Tensor sum_over_pixels(const Tensor& dy) {
  DimVector dims{0};
  for (int64_t dim = 2; dim < dy.dim(); ++dim) dims.push_back(dim);
  return sum(dy, dims);
}

Tensor convolve(const Tensor& x, const Tensor& w, const Tensor& bias, const SettingPtr& s) {
  const OpScope scope(s->op);
  Tensor y = x.numel() > 0 ? kernel::convolution(x, w, bias, s->geometry)
                           : zeros(kernel::convolution_sizes(s->x_sizes, s->w_sizes, s->geometry),
                                   x.options());
  if (!records({x, w, bias})) return y;
  return record(
      s->op, {x, w, bias}, y,
      [x = Saved(w.requires_grad() ? x : Tensor()), w = Saved(x.requires_grad() ? w : Tensor()), s](
          const Tensor& dy, const Needs& needs) -> Grads {
        if (needs[1] && !GradMode::is_enabled() && dy.numel() > 0) {
          const Tensor weight = needs[0] ? w.get() : Tensor();
          kernel::ConvGradients g = kernel::convolution_backward(
              dy, x.get(), weight, s->w_sizes, s->geometry, /*with_bias=*/needs[2]);
          return {std::move(g.dx), std::move(g.dw), std::move(g.db)};
        }
        return {needs[0] ? by_data(dy, w.get(), s) : Tensor(),
                needs[1] ? by_weights(dy, x.get(), s) : Tensor(),
                needs[2] ? sum_over_pixels(dy) : Tensor()};
      });
}

Tensor by_data(const Tensor& dy, const Tensor& w, const SettingPtr& s) {
  const OpScope scope(s->op);
  Tensor dx = dy.numel() > 0 ? kernel::convolution_backward_data(dy, w, s->x_sizes, s->geometry)
                             : zeros(s->x_sizes, dy.options());
  if (!records({dy, w})) return dx;
  return record(s->op, {dy, w}, dx,
                [dy = Saved(dy), w = Saved(w), s](const Tensor& ddx, const Needs& needs) -> Grads {
                  return {needs[0] ? convolve(ddx, w.get(), Tensor(), s) : Tensor(),
                          needs[1] ? by_weights(dy.get(), ddx, s) : Tensor()};
                });
}

Tensor by_weights(const Tensor& dy, const Tensor& x, const SettingPtr& s) {
  const OpScope scope(s->op);
  Tensor dw = dy.numel() > 0 ? kernel::convolution_backward_weights(dy, x, s->w_sizes, s->geometry,
                                                                    /*with_bias=*/false)
                                   .first
                             : zeros(s->w_sizes, dy.options());
  if (!records({dy, x})) return dw;
  return record(s->op, {dy, x}, dw,
                [dy = Saved(dy), x = Saved(x), s](const Tensor& ddw, const Needs& needs) -> Grads {
                  return {needs[0] ? convolve(x.get(), ddw, Tensor(), s) : Tensor(),
                          needs[1] ? by_data(dy.get(), ddw, s) : Tensor()};
                });
}

// The checks that both directions share.
void check_operands(const char* op, int64_t rank, const Tensor& x, const Tensor& weight,
                    const Tensor& bias, int64_t groups, int64_t y_channels) {
  GRADUS_CHECK_TYPE(x.dtype() != kBool, "{}: not implemented for {}", op, x.dtype());
  GRADUS_CHECK_TYPE(weight.dtype() == x.dtype(), "{}: expected a weight of dtype {}, got {}", op,
                    x.dtype(), weight.dtype());
  GRADUS_CHECK(x.dim() == rank, "{}: expected an input of {} dims, or {} without a batch, got {}",
               op, rank, rank - 1, x.sizes());
  GRADUS_CHECK(weight.size(0) > 0 && weight.size(0) % groups == 0,
               "{}: expected a weight whose first dim is positive and divided by {} groups, got "
               "weight {}",
               op, groups, weight.sizes());
  if (bias.defined()) {
    GRADUS_CHECK(bias.dim() == 1 && bias.size(0) == y_channels,
                 "{}: weight {} expects a bias of {} elements, got {}", op, weight.sizes(),
                 y_channels, bias.sizes());
    GRADUS_CHECK_TYPE(bias.dtype() == x.dtype(), "{}: expected a bias of dtype {}, got {}", op,
                      x.dtype(), bias.dtype());
  }
}

Tensor convolution(const char* op, size_t dims, const Tensor& x, const Tensor& weight,
                   const Tensor& bias, IntArrayRef stride, IntArrayRef padding,
                   IntArrayRef dilation, int64_t groups) {
  require_dense(op, "input", x);
  require_dense(op, "weight", weight);
  refuse_sparse(op, "bias", bias);
  const int64_t rank = static_cast<int64_t>(dims) + 2;
  GRADUS_CHECK(weight.dim() == rank, "{}: expected a weight of {} dims, got {}", op, rank,
               weight.sizes());
  if (x.dim() == rank - 1) {
    return squeeze(
        convolution(op, dims, unsqueeze(x, 0), weight, bias, stride, padding, dilation, groups), 0);
  }
  GRADUS_CHECK_VALUE(groups >= 1, "{}: groups must be at least 1, got {}", op, groups);
  check_operands(op, rank, x, weight, bias, groups, weight.size(0));
  int64_t channels = 0;
  GRADUS_CHECK(!__builtin_mul_overflow(weight.size(1), groups, &channels) &&
                   x.size(1) == channels && channels > 0,
               "{}: weight {} expects {} input channels, got {} (input {})", op, weight.sizes(),
               channels, x.size(1), x.sizes());
  auto setting = std::make_shared<Setting>();
  setting->op = op;
  setting->geometry.stride = per_dim(op, "stride", stride, dims, 1);
  setting->geometry.padding = per_dim(op, "padding", padding, dims, 0);
  setting->geometry.dilation = per_dim(op, "dilation", dilation, dims, 1);
  setting->geometry.groups = groups;
  setting->x_sizes = to_dims(x.sizes());
  setting->w_sizes = to_dims(weight.sizes());
  const DimVector y_sizes = kernel::convolution_sizes(x.sizes(), weight.sizes(), setting->geometry);
  for (size_t i = 0; i < dims; ++i) {
    GRADUS_CHECK_VALUE(weight.size(static_cast<int64_t>(i) + 2) > 0 && y_sizes[i + 2] > 0,
                       "{}: the kernel {} must be positive and no larger than the padded input {}",
                       op, weight.sizes().slice(2), x.sizes().slice(2));
  }
  return convolve(x, weight, bias, setting);
}

// --- transposed: y is what by_data gives, with x in the place of dy

// y [n, c, ...] += bias[c], in place.
void add_bias(const Tensor& y, const Tensor& bias) {
  NoGradGuard no_grad;
  DimVector sizes(y.sizes().size(), 1);
  sizes[1] = bias.size(0);
  Tensor self = y;
  self.add_(reshape(bias.detach(), sizes));
}

Tensor convolve_transposed(const Tensor& x, const Tensor& w, const Tensor& bias,
                           const SettingPtr& s) {
  const OpScope scope(s->op);
  if (!bias.defined()) return by_data(x, w, s);
  Tensor y = x.numel() > 0 ? kernel::convolution_backward_data(x, w, s->x_sizes, s->geometry)
                           : zeros(s->x_sizes, x.options());
  if (y.numel() > 0) add_bias(y, bias);
  return record(s->op, {x, w, bias}, y,
                [x = Saved(x), w = Saved(w), s](const Tensor& dy, const Needs& needs) -> Grads {
                  return {needs[0] ? convolve(dy, w.get(), Tensor(), s) : Tensor(),
                          needs[1] ? by_weights(x.get(), dy, s) : Tensor(),
                          needs[2] ? sum_over_pixels(dy) : Tensor()};
                });
}

// x with `count` zeros after the elements of `dim`.
Tensor zeros_after(const Tensor& x, int64_t dim, int64_t count) {
  DimVector sizes = to_dims(x.sizes());
  sizes[static_cast<size_t>(dim)] = count;
  return cat({x, zeros(sizes, x.options())}, dim);
}

Tensor transposed_convolution(const char* op, size_t dims, Tensor x, const Tensor& weight,
                              const Tensor& bias, IntArrayRef stride, IntArrayRef padding,
                              IntArrayRef output_padding, int64_t groups, IntArrayRef dilation) {
  require_dense(op, "input", x);
  require_dense(op, "weight", weight);
  refuse_sparse(op, "bias", bias);
  const int64_t rank = static_cast<int64_t>(dims) + 2;
  GRADUS_CHECK(weight.dim() == rank, "{}: expected a weight of {} dims, got {}", op, rank,
               weight.sizes());
  if (x.dim() == rank - 1) {
    return squeeze(transposed_convolution(op, dims, unsqueeze(x, 0), weight, bias, stride, padding,
                                          output_padding, groups, dilation),
                   0);
  }
  GRADUS_CHECK_VALUE(groups >= 1, "{}: groups must be at least 1, got {}", op, groups);
  int64_t y_channels = 0;
  GRADUS_CHECK(!__builtin_mul_overflow(weight.size(1), groups, &y_channels) && y_channels > 0,
               "{}: weight {} with {} groups gives no output channels", op, weight.sizes(), groups);
  check_operands(op, rank, x, weight, bias, groups, y_channels);
  GRADUS_CHECK(x.size(1) == weight.size(0),
               "{}: weight {} expects {} input channels, got {} "
               "(input {})",
               op, weight.sizes(), weight.size(0), x.size(1), x.sizes());
  auto setting = std::make_shared<Setting>();
  setting->op = op;
  setting->geometry.stride = per_dim(op, "stride", stride, dims, 1);
  setting->geometry.padding = per_dim(op, "padding", padding, dims, 0);
  setting->geometry.dilation = per_dim(op, "dilation", dilation, dims, 1);
  setting->geometry.groups = groups;
  const DimVector extra = per_dim(op, "output_padding", output_padding, dims, 0);
  setting->w_sizes = to_dims(weight.sizes());
  setting->x_sizes = {x.size(0), y_channels};
  for (size_t i = 0; i < dims; ++i) {
    const auto dim = static_cast<int64_t>(i) + 2;
    const int64_t step = setting->geometry.stride[i], dilate = setting->geometry.dilation[i];
    GRADUS_CHECK_VALUE(extra[i] < std::max(step, dilate),
                       "{}: output_padding must be smaller than stride or dilation, got {} for "
                       "stride {} and dilation {}",
                       op, output_padding, stride, dilation);
    // What exceeds the stride is the same as zeros behind x.
    if (extra[i] >= step) x = zeros_after(x, dim, extra[i] / step);
    int64_t reach = 0, whole = 0, cut = 0, out = 0;
    const bool overflow = __builtin_mul_overflow(weight.size(dim) - 1, dilate, &reach) ||
                          __builtin_mul_overflow(x.size(dim) - 1, step, &whole) ||
                          __builtin_mul_overflow(setting->geometry.padding[i], int64_t{2}, &cut) ||
                          __builtin_add_overflow(whole, reach, &out) ||
                          __builtin_add_overflow(out, extra[i] % step + 1, &out) ||
                          __builtin_sub_overflow(out, cut, &out);
    GRADUS_CHECK_VALUE(!overflow && out > 0 && weight.size(dim) > 0 && x.size(dim) > 0,
                       "{}: the output would have no elements, or too many, in dim {}: input {}, "
                       "weight {}, stride {}, padding {}",
                       op, dim, x.sizes(), weight.sizes(), stride, padding);
    setting->x_sizes.push_back(out);
  }
  checked_numel(op, setting->x_sizes);
  return convolve_transposed(x, weight, bias, setting);
}

}  // namespace

Tensor conv1d(const Tensor& x, const Tensor& weight, const Tensor& bias, IntArrayRef stride,
              IntArrayRef padding, IntArrayRef dilation, int64_t groups) {
  if (autocast::is_on()) {
    return autocast::lower_precision(
        [&](const Tensor& low_x, const Tensor& low_weight, const Tensor& low_bias) {
          return conv1d(low_x, low_weight, low_bias, stride, padding, dilation, groups);
        },
        x, weight, bias);
  }
  return named("conv1d", [&] {
    return convolution("conv1d", 1, x, weight, bias, stride, padding, dilation, groups);
  });
}

Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, IntArrayRef stride,
              IntArrayRef padding, IntArrayRef dilation, int64_t groups) {
  if (autocast::is_on()) {
    return autocast::lower_precision(
        [&](const Tensor& low_x, const Tensor& low_weight, const Tensor& low_bias) {
          return conv2d(low_x, low_weight, low_bias, stride, padding, dilation, groups);
        },
        x, weight, bias);
  }
  return named("conv2d", [&] {
    return convolution("conv2d", 2, x, weight, bias, stride, padding, dilation, groups);
  });
}

Tensor conv3d(const Tensor& x, const Tensor& weight, const Tensor& bias, IntArrayRef stride,
              IntArrayRef padding, IntArrayRef dilation, int64_t groups) {
  if (autocast::is_on()) {
    return autocast::lower_precision(
        [&](const Tensor& low_x, const Tensor& low_weight, const Tensor& low_bias) {
          return conv3d(low_x, low_weight, low_bias, stride, padding, dilation, groups);
        },
        x, weight, bias);
  }
  return named("conv3d", [&] {
    return convolution("conv3d", 3, x, weight, bias, stride, padding, dilation, groups);
  });
}

namespace {

// What "same" adds in each dim: the zeros in front are one less where there is no half.
DimVector same_padding(const char* op, size_t dims, const Tensor& weight, IntArrayRef stride,
                       IntArrayRef dilation) {
  require_dense(op, "weight", weight);
  GRADUS_CHECK(weight.dim() == static_cast<int64_t>(dims) + 2,
               "{}: expected a weight of {} dims, got {}", op, dims + 2, weight.sizes());
  for (const int64_t step : per_dim(op, "stride", stride, dims, 1)) {
    GRADUS_CHECK_VALUE(
        step == 1, "{}: padding \"same\" is not supported for strided convolutions, got stride {}",
        op, stride);
  }
  DimVector total = per_dim(op, "dilation", dilation, dims, 1);
  for (size_t i = 0; i < dims; ++i) {
    const int64_t reach = std::max<int64_t>(0, weight.size(static_cast<int64_t>(i) + 2) - 1);
    GRADUS_CHECK_VALUE(!__builtin_mul_overflow(total[i], reach, &total[i]),
                       "{}: the kernel {} with dilation {} is too large", op, weight.sizes(),
                       dilation);
  }
  return total;
}

// convolve(padding) with the padding of this name.
template <class Convolve>
Tensor named_padding(const char* op, size_t dims, const Tensor& weight, IntArrayRef stride,
                     PaddingName padding, IntArrayRef dilation, Convolve convolve) {
  GRADUS_CHECK_VALUE(padding.name == "same" || padding.name == "valid",
                     "{}: padding must be \"same\" or \"valid\", got \"{}\"", op, padding.name);
  if (padding.name == "valid") return convolve(IntArrayRef(0));
  const DimVector total = same_padding(op, dims, weight, stride, dilation);
  // Both sides get the larger number, and the first elements of the result are left out.
  DimVector after = total;
  for (int64_t& zeros : after) zeros -= zeros / 2;
  Tensor y = convolve(after);
  for (size_t i = 0; i < dims; ++i) {
    const int64_t dim = static_cast<int64_t>(i) - static_cast<int64_t>(dims);
    if (total[i] % 2 != 0) y = narrow(y, dim, 1, y.size(dim) - 1);
  }
  return y;
}

}  // namespace

Tensor conv1d(const Tensor& x, const Tensor& weight, const Tensor& bias, IntArrayRef stride,
              PaddingName padding, IntArrayRef dilation, int64_t groups) {
  return named_padding("conv1d", 1, weight, stride, padding, dilation, [&](IntArrayRef zeros) {
    return conv1d(x, weight, bias, stride, zeros, dilation, groups);
  });
}

Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias, IntArrayRef stride,
              PaddingName padding, IntArrayRef dilation, int64_t groups) {
  return named_padding("conv2d", 2, weight, stride, padding, dilation, [&](IntArrayRef zeros) {
    return conv2d(x, weight, bias, stride, zeros, dilation, groups);
  });
}

Tensor conv3d(const Tensor& x, const Tensor& weight, const Tensor& bias, IntArrayRef stride,
              PaddingName padding, IntArrayRef dilation, int64_t groups) {
  return named_padding("conv3d", 3, weight, stride, padding, dilation, [&](IntArrayRef zeros) {
    return conv3d(x, weight, bias, stride, zeros, dilation, groups);
  });
}

Tensor conv_transpose1d(const Tensor& x, const Tensor& weight, const Tensor& bias,
                        IntArrayRef stride, IntArrayRef padding, IntArrayRef output_padding,
                        int64_t groups, IntArrayRef dilation) {
  if (autocast::is_on())
    return autocast::lower_precision(conv_transpose1d, x, weight, bias, stride, padding,
                                     output_padding, groups, dilation);
  const OpScope scope("conv_transpose1d");
  return transposed_convolution("conv_transpose1d", 1, x, weight, bias, stride, padding,
                                output_padding, groups, dilation);
}

Tensor conv_transpose2d(const Tensor& x, const Tensor& weight, const Tensor& bias,
                        IntArrayRef stride, IntArrayRef padding, IntArrayRef output_padding,
                        int64_t groups, IntArrayRef dilation) {
  if (autocast::is_on())
    return autocast::lower_precision(conv_transpose2d, x, weight, bias, stride, padding,
                                     output_padding, groups, dilation);
  const OpScope scope("conv_transpose2d");
  return transposed_convolution("conv_transpose2d", 2, x, weight, bias, stride, padding,
                                output_padding, groups, dilation);
}

Tensor conv_transpose3d(const Tensor& x, const Tensor& weight, const Tensor& bias,
                        IntArrayRef stride, IntArrayRef padding, IntArrayRef output_padding,
                        int64_t groups, IntArrayRef dilation) {
  if (autocast::is_on())
    return autocast::lower_precision(conv_transpose3d, x, weight, bias, stride, padding,
                                     output_padding, groups, dilation);
  const OpScope scope("conv_transpose3d");
  return transposed_convolution("conv_transpose3d", 3, x, weight, bias, stride, padding,
                                output_padding, groups, dilation);
}

Tensor convolution(const Tensor& x, const Tensor& weight, const Tensor& bias, IntArrayRef stride,
                   IntArrayRef padding, IntArrayRef dilation, bool transposed,
                   IntArrayRef output_padding, int64_t groups) {
  return named("convolution", [&] {
    require_dense("convolution", "weight", weight);
    GRADUS_CHECK(weight.dim() >= 3 && weight.dim() <= 5,
                 "convolution: expected a weight of 3 to 5 dims, got {}", weight.sizes());
    if (transposed) {
      const auto op = weight.dim() == 3   ? &conv_transpose1d
                      : weight.dim() == 4 ? &conv_transpose2d
                                          : &conv_transpose3d;
      return op(x, weight, bias, stride, padding, output_padding, groups, dilation);
    }
    if (weight.dim() == 3) return conv1d(x, weight, bias, stride, padding, dilation, groups);
    if (weight.dim() == 4) return conv2d(x, weight, bias, stride, padding, dilation, groups);
    return conv3d(x, weight, bias, stride, padding, dilation, groups);
  });
}

}  // namespace gradus
