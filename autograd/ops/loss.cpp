#include "autograd/ops/loss.h"

#include <cmath>
#include <utility>

#include "autograd/node.h"
#include "autograd/ops/activation.h"
#include "autograd/ops/internal/autocast.h"
#include "autograd/ops/internal/losses.h"
#include "autograd/ops/internal/named.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/ops/special.h"
#include "core/factory.h"
#include "core/kernels/loss.h"
#include "core/kernels/reduce.h"
#include "core/shape.h"
#include "core/watch/record_scope.h"

namespace gradus {

using kernel::PointwiseLoss;

// --- what all losses share

void check_loss(const char* op, const Tensor& input, const Tensor& target, int64_t reduction) {
  require_dense(op, "input", input);
  require_dense(op, "target", target);
  GRADUS_CHECK_TYPE(input.is_floating_point(), "{}: expected a floating-point input, got {}", op,
                    input.dtype());
  GRADUS_CHECK_VALUE(
      reduction == Reduction::None || reduction == Reduction::Mean || reduction == Reduction::Sum,
      "{}: {} is not a Reduction", op, reduction);
}

Tensor reduce_loss(const Tensor& loss, int64_t reduction) {
  if (reduction == Reduction::None) return loss;
  return reduction == Reduction::Mean ? mean(loss) : sum(loss);
}

// --- a loss for each element

namespace {

void check_equal_sizes(const char* op, const Tensor& input, const Tensor& target) {
  GRADUS_CHECK(input.sizes() == target.sizes(), "{}: expected a target of shape {}, got {}", op,
               input.sizes(), target.sizes());
}

// f'(x) by ops, for a backward that is itself differentiated.
Tensor slope(PointwiseLoss loss, const Tensor& x, const Tensor& target, double p) {
  switch (loss) {
    case PointwiseLoss::Squared:
      return (x - target) * 2;
    case PointwiseLoss::Absolute:
      return (x - target).sign();
    case PointwiseLoss::SmoothL1:
      return ((x - target) / p).clamp(-1, 1);
    case PointwiseLoss::Huber:
      return (x - target).clamp(-p, p);
    case PointwiseLoss::BinaryCrossEntropy:
      return (x - target) / (x * (1 - x)).clamp_min(1e-12);
    case PointwiseLoss::BinaryCrossEntropyWithLogits:
      return x.sigmoid() - target;
  }
  return {};
}

// df/dt of the loss of a probability x; its logarithms are bounded as in the loss.
Tensor target_slope(const Tensor& x) {
  return (-x).log1p().clamp_min(-100) - x.log().clamp_min(-100);
}

// Of x and t of one dtype, float or double, and of equal sizes. The gradient of t only where the
// loss depends on x - t, and of BinaryCrossEntropy.
Tensor pointwise_loss(const char* op, PointwiseLoss loss, const Tensor& x, const Tensor& t,
                      double p, int64_t reduction) {
  const OpScope scope(op);
  const double scale = reduction == Reduction::Mean ? 1 / static_cast<double>(x.numel()) : 1.0;
  Tensor y;
  if (reduction == Reduction::None) {
    y = kernel::pointwise_loss(loss, x, t, p);
  } else if (x.numel() == 0) {
    y = scalar_tensor(reduction == Reduction::Mean ? NAN : 0.0, x.dtype());
  } else {
    y = kernel::pointwise_loss_sum(loss, x, t, p, scale);
  }
  return record(
      op, {x, t}, std::move(y),
      [x = Saved(x), t = Saved(t), loss, p, scale](const Tensor& dy, const Needs& needs) -> Grads {
        const Tensor xs = x.get(), ts = t.get();
        const bool of_difference = loss != PointwiseLoss::BinaryCrossEntropy;
        Tensor dx, dt;
        if (needs[1] && !of_difference) {
          dt = target_slope(xs) * (scale == 1 ? dy : dy * scale);
          if (!needs[0]) return {dx, dt};
        }
        if (GradMode::is_enabled()) {
          dx = slope(loss, xs, ts, p) * (scale == 1 ? dy : dy * scale);
        } else if (xs.numel() == 0) {
          dx = zeros_like(xs);
        } else {
          dx = kernel::pointwise_loss_gradient(loss, dy, xs, ts, p, scale);
        }
        if (needs[1] && of_difference) dt = -dx;
        return {needs[0] ? std::move(dx) : Tensor(), std::move(dt)};
      });
}

// The same for inputs that broadcast and promote, small floats computed in float.
Tensor difference_loss(const char* op, PointwiseLoss loss, const Tensor& input,
                       const Tensor& target, double p, int64_t reduction) {
  const ScalarType promoted = promote_types(input.dtype(), target.dtype());
  const ScalarType compute = promoted == kDouble ? kDouble : kFloat;
  const DimVector sizes = broadcast_sizes(op, input.sizes(), target.sizes());
  const auto prepared = [&](const Tensor& x) {
    const Tensor cast = x.dtype() == compute ? x : x.to(compute);
    return x.sizes() == IntArrayRef(sizes) ? cast : cast.expand(sizes);
  };
  const Tensor y = pointwise_loss(op, loss, prepared(input), prepared(target), p, reduction);
  return promoted == compute ? y : y.to(promoted);
}

}  // namespace

Tensor mse_loss(const Tensor& input, const Tensor& target, int64_t reduction) {
  if (autocast::is_on()) return autocast::in_float32(mse_loss, input, target, reduction);
  check_loss("mse_loss", input, target, reduction);
  return difference_loss("mse_loss", PointwiseLoss::Squared, input, target, 0, reduction);
}

Tensor l1_loss(const Tensor& input, const Tensor& target, int64_t reduction) {
  if (autocast::is_on()) return autocast::in_float32(l1_loss, input, target, reduction);
  check_loss("l1_loss", input, target, reduction);
  return difference_loss("l1_loss", PointwiseLoss::Absolute, input, target, 0, reduction);
}

Tensor smooth_l1_loss(const Tensor& input, const Tensor& target, int64_t reduction, double beta) {
  if (autocast::is_on())
    return autocast::in_float32(smooth_l1_loss, input, target, reduction, beta);
  check_loss("smooth_l1_loss", input, target, reduction);
  GRADUS_CHECK_VALUE(beta >= 0, "smooth_l1_loss: beta must not be negative, got {}", beta);
  const PointwiseLoss loss = beta == 0 ? PointwiseLoss::Absolute : PointwiseLoss::SmoothL1;
  return difference_loss("smooth_l1_loss", loss, input, target, beta, reduction);
}

Tensor huber_loss(const Tensor& input, const Tensor& target, int64_t reduction, double delta) {
  if (autocast::is_on()) return autocast::in_float32(huber_loss, input, target, reduction, delta);
  check_loss("huber_loss", input, target, reduction);
  GRADUS_CHECK_VALUE(delta > 0, "huber_loss: delta must be positive, got {}", delta);
  return difference_loss("huber_loss", PointwiseLoss::Huber, input, target, delta, reduction);
}

namespace {

void check_probabilities(const char* op, const char* name, const Tensor& x) {
  if (x.numel() == 0) return;
  const DimVector all = wrap_dims(op, {}, x.dim());
  const double least = kernel::amin(op, x, all, /*keepdim=*/false).item<double>();
  const double greatest = kernel::amax(op, x, all, /*keepdim=*/false).item<double>();
  GRADUS_CHECK_VALUE(least >= 0 && greatest <= 1,
                     "{}: all elements of {} must be between 0 and 1, got {} to {}", op, name,
                     least, greatest);
}

Tensor weighted(const Tensor& loss, const Tensor& weight) {
  return weight.defined() ? loss * weight : loss;
}

}  // namespace

Tensor binary_cross_entropy(const Tensor& input, const Tensor& target, const Tensor& weight,
                            int64_t reduction) {
  if (autocast::is_on())
    return autocast::in_float32(binary_cross_entropy, input, target, weight, reduction);
  const OpScope scope("binary_cross_entropy");
  const char* const op = "binary_cross_entropy";
  check_loss(op, input, target, reduction);
  if (input.sizes() != target.sizes() && squeeze(input).sizes() == squeeze(target).sizes()) {
    return binary_cross_entropy(input, target.reshape(input.sizes()), weight, reduction);
  }
  check_equal_sizes(op, input, target);
  check_probabilities(op, "input", input);
  check_probabilities(op, "target", target);
  const auto loss = [&](int64_t r) {
    return difference_loss(op, PointwiseLoss::BinaryCrossEntropy, input, target, 0, r);
  };
  if (!weight.defined()) return loss(reduction);
  return named(op, [&] { return reduce_loss(loss(Reduction::None) * weight, reduction); });
}

Tensor binary_cross_entropy_with_logits(const Tensor& input, const Tensor& target,
                                        const Tensor& weight, const Tensor& pos_weight,
                                        int64_t reduction) {
  if (autocast::is_on())
    return autocast::in_float32(binary_cross_entropy_with_logits, input, target, weight, pos_weight,
                                reduction);
  const OpScope scope("binary_cross_entropy_with_logits");
  const char* const op = "binary_cross_entropy_with_logits";
  check_loss(op, input, target, reduction);
  check_equal_sizes(op, input, target);
  if (pos_weight.defined() || records({target})) {
    // -(w t log s(x) + (1 - t) log s(-x)), where log s(-x) = log s(x) - x.
    const Tensor log_s = logsigmoid(input);
    return named(op, [&] {
      const Tensor positive =
          pos_weight.defined() ? ((pos_weight - 1) * target + 1) * log_s : log_s;
      return reduce_loss(weighted((1 - target) * input - positive, weight), reduction);
    });
  }
  const auto loss = [&](int64_t r) {
    return difference_loss(op, PointwiseLoss::BinaryCrossEntropyWithLogits, input, target, 0, r);
  };
  if (!weight.defined()) return loss(reduction);
  return named(op, [&] { return reduce_loss(loss(Reduction::None) * weight, reduction); });
}

Tensor kl_div(const Tensor& input, const Tensor& target, int64_t reduction, bool log_target) {
  if (autocast::is_on()) return autocast::in_float32(kl_div, input, target, reduction, log_target);
  check_loss("kl_div", input, target, reduction);
  GRADUS_CHECK_TYPE(target.is_floating_point(), "kl_div: expected a floating-point target, got {}",
                    target.dtype());
  return named("kl_div", [&] {
    const Tensor loss =
        log_target ? target.exp() * (target - input) : xlogy(target, target) - target * input;
    return reduce_loss(loss, reduction);
  });
}

}  // namespace gradus
