#include "autograd/ops/normalization.h"

#include <limits>
#include <utility>

#include "autograd/in_place.h"
#include "autograd/node.h"
#include "autograd/ops/internal/reduce_dims.h"
#include "autograd/ops/reduce.h"
#include "core/factory.h"
#include "core/kernels/norm.h"
#include "core/shape.h"
#include "core/watch/record_scope.h"

namespace gradus {

namespace {

bool is_small(const Tensor& x) {
  return x.dtype() == kHalf || x.dtype() == kBFloat16;
}

Tensor to_float(const Tensor& x) {
  return x.defined() ? x.to(kFloat) : x;
}

// A parameter of the given dtype with one element for each of `sizes`.
void check_parameter(const char* op, const char* name, const Tensor& parameter, IntArrayRef sizes,
                     const Tensor& x, ScalarType dtype) {
  if (!parameter.defined()) return;
  refuse_sparse(op, name, parameter);
  GRADUS_CHECK(parameter.sizes() == sizes, "{}: expected {} of shape {}, got {} (input {})", op,
               name, sizes, parameter.sizes(), x.sizes());
  GRADUS_CHECK_TYPE(parameter.dtype() == dtype, "{}: expected {} of dtype {}, got {}", op, name,
                    dtype, parameter.dtype());
}

// dy weight; the gradient of x with respect to x^ = (x - mean) rstd is that over all elements which
// share statistics: rstd (g - mean(g) - x^ mean(g x^)).
Tensor normalization_gradient(const Tensor& g, const Tensor& xhat, const Tensor& rstd,
                              IntArrayRef dims) {
  return rstd *
         (g - g.mean(dims, /*keepdim=*/true) - xhat * (g * xhat).mean(dims, /*keepdim=*/true));
}

// --- batch norm

// All dims but 1.
DimVector dims_beside_channels(const Tensor& x) {
  DimVector dims{0};
  for (int64_t dim = 2; dim < x.dim(); ++dim) dims.push_back(dim);
  return dims;
}

// [C] as [1, C, 1, ...].
Tensor by_channel(const Tensor& parameter, const Tensor& x) {
  DimVector sizes(x.sizes().size(), 1);
  sizes[1] = x.sizes()[1];
  return parameter.reshape(sizes);
}

Grads batch_norm_gradients(const Tensor& dy, const Tensor& x, const Tensor& mean,
                           const Tensor& rstd, const Tensor& weight, bool training, double eps,
                           const Needs& needs) {
  const DimVector dims = dims_beside_channels(x);
  Tensor m = by_channel(mean, x), s = by_channel(rstd, x);
  if (training) {
    m = x.mean(dims, /*keepdim=*/true);
    s = ((x - m).square().mean(dims, /*keepdim=*/true) + eps).rsqrt();
  }
  const Tensor xhat = (x - m) * s;
  Tensor dx, dw, db;
  if (needs[0]) {
    const Tensor g = weight.defined() ? dy * by_channel(weight, x) : dy;
    dx = training ? normalization_gradient(g, xhat, s, dims) : g * s;
  }
  if (needs[1]) dw = (dy * xhat).sum(dims);
  if (needs[2]) db = dy.sum(dims);
  return {dx, dw, db};
}

// running = (1 - momentum) running + momentum batch factor.
void update_running(Tensor running, const Tensor& batch, double momentum, double factor) {
  if (!running.defined()) return;
  NoGradGuard no_grad;
  running.mul_(1 - momentum).add_(batch, momentum * factor);
}

}  // namespace

Tensor batch_norm(const Tensor& x, const Tensor& weight, const Tensor& bias,
                  const Tensor& running_mean, const Tensor& running_var, bool training,
                  double momentum, double eps, bool) {
  const char* const op = "batch_norm";
  const OpScope scope(op);
  check_defined(op, x);
  check_floating(op, x);
  GRADUS_CHECK(x.dim() >= 2, "{}: expected an input of at least 2 dims, got shape {}", op,
               x.sizes());
  // Of a 16-bit input the statistics and parameters are float32.
  const ScalarType dtype = is_small(x) ? kFloat : x.dtype();
  if (is_small(x) && ((weight.defined() && weight.dtype() != dtype) ||
                      (bias.defined() && bias.dtype() != dtype))) {
    return batch_norm(x, to_float(weight), to_float(bias), running_mean, running_var, training,
                      momentum, eps);
  }
  const int64_t channels = x.sizes()[1];
  check_parameter(op, "weight", weight, channels, x, dtype);
  check_parameter(op, "bias", bias, channels, x, dtype);
  const auto check_running = [&](const char* name, const Tensor& running) {
    if (!running.defined()) {
      GRADUS_CHECK(training, "{}: {} must be defined outside of training", op, name);
      return;
    }
    GRADUS_CHECK(running.sizes() == IntArrayRef(channels),
                 "{}: expected {} of shape [{}], got {} (input {})", op, name, channels,
                 running.sizes(), x.sizes());
    check_floating(op, running);
    if (training) {
      NoGradGuard no_grad;
      check_in_place(op, running);
    }
  };
  check_running("running_mean", running_mean);
  check_running("running_var", running_var);

  Tensor mean, rstd;
  if (!training) {
    NoGradGuard no_grad;
    mean = running_mean.to(dtype, /*non_blocking=*/false, /*copy=*/true);
    rstd = kernel::reciprocal_std(running_var.to(dtype), eps);
  } else {
    GRADUS_CHECK_VALUE(eps > 0, "{}: eps must be positive in training, got {}", op, eps);
    if (x.numel() == 0) {
      mean = rstd = zeros(channels, dtype);
    } else {
      const int64_t count = x.numel() / channels;
      GRADUS_CHECK_VALUE(count > 1,
                         "{}: expected more than 1 value per channel in training, got input {}", op,
                         x.sizes());
      const kernel::Moments moments = kernel::channel_moments(x);
      mean = moments.mean;
      rstd = kernel::reciprocal_std(moments.var, eps);
      const double n = static_cast<double>(count);
      update_running(running_mean, mean, momentum, 1);
      update_running(running_var, moments.var, momentum, n / (n - 1));
    }
  }
  Tensor y = kernel::channel_norm(x, mean, rstd, weight, bias);
  return record(op, {x, weight, bias}, std::move(y),
                [x = Saved(x), weight = Saved(weight), mean = Saved(mean), rstd = Saved(rstd),
                 training, eps](const Tensor& dy, const Needs& needs) -> Grads {
                  if (GradMode::is_enabled()) {
                    const Tensor input = x.get();
                    return batch_norm_gradients(
                        is_small(dy) ? to_float(dy) : dy, is_small(input) ? to_float(input) : input,
                        mean.get(), rstd.get(), weight.get(), training, eps, needs);
                  }
                  kernel::NormGradients d = kernel::channel_norm_backward(
                      dy, x.get(), mean.get(), rstd.get(), weight.get(), training, needs[0]);
                  return {std::move(d.dx), needs[1] ? std::move(d.dweight) : Tensor(),
                          needs[2] ? std::move(d.dbias) : Tensor()};
                });
}

Tensor instance_norm(const Tensor& x, const Tensor& weight, const Tensor& bias,
                     const Tensor& running_mean, const Tensor& running_var, bool use_input_stats,
                     double momentum, double eps, bool) {
  const OpScope scope("instance_norm");
  const char* const op = "instance_norm";
  check_defined(op, x);
  check_floating(op, x);
  GRADUS_CHECK(x.dim() >= 2, "{}: expected an input of at least 2 dims, got shape {}", op,
               x.sizes());
  const int64_t batch = x.sizes()[0], channels = x.sizes()[1];
  const auto check = [&](const char* name, const Tensor& parameter) {
    refuse_sparse(op, name, parameter);
    GRADUS_CHECK(!parameter.defined() || parameter.sizes() == IntArrayRef(channels),
                 "{}: expected {} of shape [{}], got {} (input {})", op, name, channels,
                 parameter.sizes(), x.sizes());
  };
  check("weight", weight);
  check("bias", bias);
  check("running_mean", running_mean);
  check("running_var", running_var);
  if (!use_input_stats) {
    GRADUS_CHECK(running_mean.defined() && running_var.defined(),
                 "{}: running_mean and running_var must be defined where use_input_stats is false",
                 op);
    return batch_norm(x, weight, bias, running_mean, running_var, /*training=*/false, momentum,
                      eps);
  }
  if (x.numel() == 0) return batch_norm(x, weight, bias, {}, {}, /*training=*/true, momentum, eps);
  GRADUS_CHECK_VALUE(x.numel() > batch * channels,
                     "{}: expected more than 1 spatial element in training, got input {}", op,
                     x.sizes());
  // Each sample's channels as channels of one sample.
  DimVector merged = to_dims(x.sizes());
  merged[0] = 1;
  merged[1] = batch * channels;
  const auto repeated = [&](const Tensor& parameter) {
    return parameter.defined() ? parameter.repeat(batch) : parameter;
  };
  const Tensor mean = repeated(running_mean), var = repeated(running_var);
  const Tensor y = batch_norm(x.reshape(merged), repeated(weight), repeated(bias), mean, var,
                              /*training=*/true, momentum, eps);
  // The samples' statistics count alike.
  const auto average = [&](Tensor running, const Tensor& by_sample) {
    if (!running.defined()) return;
    NoGradGuard no_grad;
    running.copy_(by_sample.view({batch, channels}).mean(0));
  };
  average(running_mean, mean);
  average(running_var, var);
  return y.reshape(x.sizes());
}

// --- layer norm

namespace {

// The dims that normalized_shape names.
DimVector last_dims(const Tensor& x, IntArrayRef normalized_shape) {
  DimVector dims;
  for (size_t i = normalized_shape.size(); i > 0; --i) {
    dims.push_back(x.dim() - static_cast<int64_t>(i));
  }
  return dims;
}

int64_t check_normalized_shape(const char* op, const Tensor& x, IntArrayRef normalized_shape) {
  check_defined(op, x);
  check_floating(op, x);
  const size_t count = normalized_shape.size(), rank = x.sizes().size();
  GRADUS_CHECK(count > 0, "{}: normalized_shape must have at least one dim", op);
  GRADUS_CHECK(rank >= count && x.sizes().slice(rank - count) == normalized_shape,
               "{}: normalized_shape {} must be the last sizes of the input {}", op,
               normalized_shape, x.sizes());
  return checked_numel(op, normalized_shape);
}

Grads layer_norm_gradients(const Tensor& dy, const Tensor& x, const Tensor& weight,
                           IntArrayRef shape, double eps, const Needs& needs) {
  const DimVector dims = last_dims(x, shape);
  const Tensor deviation = x - x.mean(dims, /*keepdim=*/true);
  const Tensor rstd = (deviation.square().mean(dims, /*keepdim=*/true) + eps).rsqrt();
  const Tensor xhat = deviation * rstd;
  Tensor dx, dw, db;
  if (needs[0]) {
    dx = normalization_gradient(weight.defined() ? dy * weight : dy, xhat, rstd, dims);
  }
  if (needs[1]) dw = sum_to_size(dy * xhat, shape);
  if (needs[2]) db = sum_to_size(dy, shape);
  return {dx, dw, db};
}

}  // namespace

Tensor layer_norm(const Tensor& x, IntArrayRef normalized_shape, const Tensor& weight,
                  const Tensor& bias, double eps, bool) {
  const char* const op = "layer_norm";
  const OpScope scope(op);
  const int64_t n = check_normalized_shape(op, x, normalized_shape);
  if (is_small(x)) {
    return layer_norm(x.to(kFloat), normalized_shape, to_float(weight), to_float(bias), eps)
        .to(x.dtype());
  }
  check_parameter(op, "weight", weight, normalized_shape, x, x.dtype());
  check_parameter(op, "bias", bias, normalized_shape, x, x.dtype());
  kernel::LayerNorm result = kernel::layer_norm(x, n, weight, bias, eps);
  return record(
      op, {x, weight, bias}, std::move(result.y),
      [x = Saved(x), weight = Saved(weight), mean = Saved(result.mean), rstd = Saved(result.rstd),
       shape = to_dims(normalized_shape), n, eps](const Tensor& dy, const Needs& needs) -> Grads {
        if (GradMode::is_enabled()) {
          return layer_norm_gradients(dy, x.get(), weight.get(), shape, eps, needs);
        }
        kernel::NormGradients d =
            kernel::layer_norm_backward(dy, x.get(), mean.get(), rstd.get(), n, weight.get(),
                                        /*need_affine=*/needs[1] || needs[2]);
        return {std::move(d.dx), needs[1] ? d.dweight.view(shape) : Tensor(),
                needs[2] ? d.dbias.view(shape) : Tensor()};
      });
}

namespace {

Grads group_norm_gradients(const Tensor& dy, const Tensor& x, int64_t num_groups,
                           const Tensor& weight, double eps, const Needs& needs) {
  const DimVector groups{x.size(0) * num_groups, x.numel() / (x.size(0) * num_groups)};
  const Tensor rows = x.reshape(groups);
  const Tensor deviation = rows - rows.mean(1, /*keepdim=*/true);
  const Tensor rstd = (deviation.square().mean(1, /*keepdim=*/true) + eps).rsqrt();
  const Tensor xhat = deviation * rstd;
  Tensor dx, dw, db;
  if (needs[0]) {
    const Tensor g = weight.defined() ? dy * by_channel(weight, x) : dy;
    dx = normalization_gradient(g.reshape(groups), xhat, rstd, 1).reshape(x.sizes());
  }
  const DimVector dims = dims_beside_channels(x);
  if (needs[1]) dw = (dy * xhat.reshape(x.sizes())).sum(dims);
  if (needs[2]) db = dy.sum(dims);
  return {dx, dw, db};
}

}  // namespace

Tensor group_norm(const Tensor& x, int64_t num_groups, const Tensor& weight, const Tensor& bias,
                  double eps, bool) {
  const OpScope scope("group_norm");
  const char* const op = "group_norm";
  check_defined(op, x);
  check_floating(op, x);
  GRADUS_CHECK(x.dim() >= 2, "{}: expected an input of at least 2 dims, got shape {}", op,
               x.sizes());
  const int64_t channels = x.sizes()[1];
  GRADUS_CHECK(num_groups > 0 && channels % num_groups == 0,
               "{}: num_groups must be positive and divide the number of channels, got {} for "
               "input {}",
               op, num_groups, x.sizes());
  if (is_small(x)) {
    return group_norm(x.to(kFloat), num_groups, to_float(weight), to_float(bias), eps)
        .to(x.dtype());
  }
  check_parameter(op, "weight", weight, channels, x, x.dtype());
  check_parameter(op, "bias", bias, channels, x, x.dtype());
  GRADUS_CHECK_VALUE(x.numel() == 0 || x.numel() > num_groups,
                     "{}: expected more than 1 value per group, got input {} and {} groups", op,
                     x.sizes(), num_groups);
  if (x.numel() == 0) {
    Tensor y = x;
    if (weight.defined()) y = y * by_channel(weight, x);
    if (bias.defined()) y = y + by_channel(bias, x);
    return y;
  }
  kernel::LayerNorm result = kernel::group_norm(x, num_groups, weight, bias, eps);
  return record(
      op, {x, weight, bias}, std::move(result.y),
      [x = Saved(x), weight = Saved(weight), mean = Saved(result.mean), rstd = Saved(result.rstd),
       num_groups, eps](const Tensor& dy, const Needs& needs) -> Grads {
        if (GradMode::is_enabled()) {
          return group_norm_gradients(dy, x.get(), num_groups, weight.get(), eps, needs);
        }
        kernel::NormGradients d = kernel::group_norm_backward(dy, x.get(), mean.get(), rstd.get(),
                                                              num_groups, weight.get());
        return {std::move(d.dx), needs[1] ? std::move(d.dweight) : Tensor(),
                needs[2] ? std::move(d.dbias) : Tensor()};
      });
}

Tensor rms_norm(const Tensor& x, IntArrayRef normalized_shape, const Tensor& weight,
                std::optional<double> eps) {
  const OpScope scope("rms_norm");
  const char* const op = "rms_norm";
  check_normalized_shape(op, x, normalized_shape);
  if (is_small(x)) {
    return rms_norm(x.to(kFloat), normalized_shape, to_float(weight), eps).to(x.dtype());
  }
  check_parameter(op, "weight", weight, normalized_shape, x, x.dtype());
  const double epsilon = eps.value_or(x.dtype() == kDouble ? std::numeric_limits<double>::epsilon()
                                                           : std::numeric_limits<float>::epsilon());
  const DimVector dims = last_dims(x, normalized_shape);
  const Tensor y = x * (x.square().mean(dims, /*keepdim=*/true) + epsilon).rsqrt();
  return weight.defined() ? y * weight : y;
}

}  // namespace gradus
