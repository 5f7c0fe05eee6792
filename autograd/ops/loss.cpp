#include "autograd/ops/loss.h"

#include "autograd/node.h"
#include "autograd/ops/activation.h"
#include "autograd/ops/binary.h"
#include "autograd/ops/binary_math.h"
#include "autograd/ops/compare.h"
#include "autograd/ops/copy.h"
#include "autograd/ops/gather.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/ops/softmax.h"
#include "autograd/ops/ternary.h"
#include "autograd/ops/unary.h"
#include "core/factory.h"

namespace gradus {

namespace {

void check_pair(const char* op, const Tensor& input, const Tensor& target) {
  GRADUS_CHECK(input.defined() && target.defined(), "{}: {} is undefined", op,
               input.defined() ? "target" : "input");
  GRADUS_CHECK_TYPE(input.is_floating_point(),
                    "{}: expected an input of floating-point dtype, got {}", op, input.dtype());
}

Tensor reduced(const char* op, const Tensor& loss, int64_t reduction) {
  switch (reduction) {
    case Reduction::None:
      return loss;
    case Reduction::Mean:
      return mean(loss);
    case Reduction::Sum:
      return sum(loss);
    default:
      throw ValueError(fmt::format("{}: {} is not a valid value for reduction", op, reduction));
  }
}

}  // namespace

// --- element-wise losses

Tensor mse_loss(const Tensor& input, const Tensor& target, int64_t reduction) {
  check_pair("mse_loss", input, target);
  return reduced("mse_loss", square(sub(input, target)), reduction);
}

Tensor l1_loss(const Tensor& input, const Tensor& target, int64_t reduction) {
  check_pair("l1_loss", input, target);
  return reduced("l1_loss", abs(sub(input, target)), reduction);
}

Tensor smooth_l1_loss(const Tensor& input, const Tensor& target, int64_t reduction, double beta) {
  check_pair("smooth_l1_loss", input, target);
  GRADUS_CHECK_VALUE(beta >= 0, "smooth_l1_loss: beta must not be negative, got {}", beta);
  if (beta == 0) return l1_loss(input, target, reduction);
  const Tensor d = sub(input, target), size = abs(d);
  return reduced("smooth_l1_loss",
                 where(lt(size, beta), mul(square(d), 0.5 / beta), sub(size, 0.5 * beta)),
                 reduction);
}

Tensor huber_loss(const Tensor& input, const Tensor& target, int64_t reduction, double delta) {
  check_pair("huber_loss", input, target);
  GRADUS_CHECK_VALUE(delta > 0, "huber_loss: delta must be positive, got {}", delta);
  const Tensor d = sub(input, target), size = abs(d);
  return reduced("huber_loss",
                 where(lt(size, delta), mul(square(d), 0.5), mul(sub(size, 0.5 * delta), delta)),
                 reduction);
}

Tensor binary_cross_entropy(const Tensor& input, const Tensor& target, const Tensor& weight,
                            int64_t reduction) {
  check_pair("binary_cross_entropy", input, target);
  GRADUS_CHECK(input.sizes() == target.sizes(),
               "binary_cross_entropy: expected a target of shape {}, got {}", input.sizes(),
               target.sizes());
  {
    NoGradGuard no_grad;
    const bool valid = all(logical_and(ge(input, 0), le(input, 1))).item<bool>();
    GRADUS_CHECK_VALUE(valid,
                       "binary_cross_entropy: all elements of input should be between 0 and 1");
  }
  // The bound of -100 keeps the loss finite at 0 and 1; below it no gradient flows.
  const Tensor log_p = clamp_min(log(input), -100), log_q = clamp_min(log1p(neg(input)), -100);
  Tensor loss = neg(add(mul(target, log_p), mul(sub(ones_like(target), target), log_q)));
  if (weight.defined()) loss = mul(loss, weight);
  return reduced("binary_cross_entropy", loss, reduction);
}

Tensor binary_cross_entropy_with_logits(const Tensor& input, const Tensor& target,
                                        const Tensor& weight, const Tensor& pos_weight,
                                        int64_t reduction) {
  const char* const op = "binary_cross_entropy_with_logits";
  check_pair(op, input, target);
  GRADUS_CHECK(input.sizes() == target.sizes(),
               "{}: target size {} must be the same as input size {}", op, target.sizes(),
               input.sizes());
  // -(w t log s(x) + (1 - t) log s(-x)) with log s(-x) = log s(x) - x
  const Tensor log_s = logsigmoid(input);
  const Tensor factor = pos_weight.defined() ? add(mul(sub(pos_weight, 1), target), 1) : Tensor();
  const Tensor positive = factor.defined() ? mul(factor, log_s) : log_s;
  Tensor loss = sub(mul(sub(ones_like(target), target), input), positive);
  if (weight.defined()) loss = mul(loss, weight);
  return reduced(op, loss, reduction);
}

Tensor kl_div(const Tensor& input, const Tensor& target, int64_t reduction, bool log_target) {
  check_pair("kl_div", input, target);
  const Tensor loss =
      log_target ? mul(exp(target), sub(target, input))
                 : sub(where(gt(target, 0), mul(target, log(target)), 0), mul(target, input));
  return reduced("kl_div", loss, reduction);
}

// --- losses over classes

namespace {

void check_classes(const char* op, const Tensor& input, const Tensor& weight, int64_t class_dim) {
  GRADUS_CHECK(input.dim() >= 1, "{}: expected an input with a class dim, got {}", op,
               input.sizes());
  if (!weight.defined()) return;
  GRADUS_CHECK(weight.dim() == 1 && weight.size(0) == input.size(class_dim),
               "{}: expected a weight for each of {} classes, got {}", op, input.size(class_dim),
               weight.sizes());
  GRADUS_CHECK_TYPE(weight.dtype() == input.dtype(), "{}: expected a weight of dtype {}, got {}",
                    op, input.dtype(), weight.dtype());
}

// The targets with those to ignore replaced by class 0, and 1 or 0 for whether they count.
struct Targets {
  Tensor classes;
  Tensor counts;
};

Targets check_targets(const char* op, const Tensor& input, const Tensor& target, int64_t class_dim,
                      int64_t ignore_index) {
  GRADUS_CHECK_TYPE(target.dtype() == kLong || target.dtype() == kByte || target.dtype() == kInt,
                    "{}: expected class indices as Long, got {}", op, target.dtype());
  DimVector expected = to_dims(input.sizes());
  expected.erase(static_cast<size_t>(class_dim));
  GRADUS_CHECK(target.sizes() == IntArrayRef(expected),
               "{}: expected a target of shape {} for input {}, got {}", op, IntArrayRef(expected),
               input.sizes(), target.sizes());
  const Tensor classes = to(target, kLong).contiguous();
  Tensor valid = empty(classes.sizes(), kLong), counts = empty(classes.sizes(), input.options());
  const int64_t* from = classes.data_ptr<int64_t>();
  int64_t* to_class = valid.data_ptr<int64_t>();
  const int64_t num_classes = input.size(class_dim);
  bool ignores = false;
  for (int64_t i = 0; i < classes.numel(); ++i) {
    const bool ignored = from[i] == ignore_index;
    GRADUS_CHECK_INDEX(ignored || (from[i] >= 0 && from[i] < num_classes),
                       "{}: target {} is out of bounds for {} classes", op, from[i], num_classes);
    to_class[i] = ignored ? 0 : from[i];
    ignores = ignores || ignored;
  }
  if (!ignores) return {valid, Tensor()};
  return {valid, to(ne(classes, ignore_index), input.dtype())};
}

// The weight of each target, undefined where all are 1.
Tensor target_weights(const Targets& targets, const Tensor& weight) {
  if (!weight.defined()) return targets.counts;
  const Tensor picked =
      reshape(index_select(weight, 0, reshape(targets.classes, {-1})), targets.classes.sizes());
  return targets.counts.defined() ? mul(picked, targets.counts) : picked;
}

// Products that ignore what counts nothing, were it NaN or infinite.
Tensor weighted(const Tensor& loss, const Targets& targets, const Tensor& weights) {
  if (!weights.defined()) return loss;
  const Tensor product = mul(loss, weights);
  return targets.counts.defined() ? masked_fill(product, eq(targets.counts, 0), 0) : product;
}

Tensor reduced_by_weight(const char* op, const Tensor& loss, const Tensor& weights,
                         int64_t reduction) {
  if (reduction != Reduction::Mean || !weights.defined()) return reduced(op, loss, reduction);
  return div(sum(loss), sum(weights));
}

Tensor nll(const Tensor& log_p, const Targets& targets, const Tensor& weights, int64_t class_dim) {
  return weighted(
      neg(squeeze(gather(log_p, class_dim, unsqueeze(targets.classes, class_dim)), class_dim)),
      targets, weights);
}

Tensor cross_entropy_with_probabilities(const Tensor& input, const Tensor& target,
                                        const Tensor& weight, int64_t class_dim, int64_t reduction,
                                        double label_smoothing) {
  const double classes = static_cast<double>(input.size(class_dim));
  const Tensor smoothed = label_smoothing > 0
                              ? add(mul(target, 1 - label_smoothing), label_smoothing / classes)
                              : target;
  Tensor log_p = log_softmax(input, class_dim);
  if (weight.defined()) {
    DimVector sizes(static_cast<size_t>(input.dim()), 1);
    sizes[static_cast<size_t>(class_dim)] = weight.size(0);
    log_p = mul(log_p, reshape(weight, sizes));
  }
  const Tensor loss = neg(sum(mul(log_p, smoothed), class_dim));
  if (reduction != Reduction::Mean) return reduced("cross_entropy", loss, reduction);
  // The mean is over examples (and places), not over weights.
  return div(sum(loss), static_cast<double>(loss.numel()));
}

}  // namespace

Tensor nll_loss(const Tensor& input, const Tensor& target, const Tensor& weight, int64_t reduction,
                int64_t ignore_index) {
  check_pair("nll_loss", input, target);
  const int64_t class_dim = input.dim() == 1 ? 0 : 1;
  check_classes("nll_loss", input, weight, class_dim);
  const Targets targets = check_targets("nll_loss", input, target, class_dim, ignore_index);
  const Tensor weights = target_weights(targets, weight);
  return reduced_by_weight("nll_loss", nll(input, targets, weights, class_dim), weights, reduction);
}

Tensor cross_entropy(const Tensor& input, const Tensor& target, const Tensor& weight,
                     int64_t reduction, int64_t ignore_index, double label_smoothing) {
  check_pair("cross_entropy", input, target);
  const int64_t class_dim = input.dim() == 1 ? 0 : 1;
  check_classes("cross_entropy", input, weight, class_dim);
  GRADUS_CHECK_VALUE(label_smoothing >= 0 && label_smoothing <= 1,
                     "cross_entropy: label_smoothing must be between 0 and 1, got {}",
                     label_smoothing);
  if (target.is_floating_point() && target.sizes() == input.sizes()) {
    return cross_entropy_with_probabilities(input, target, weight, class_dim, reduction,
                                            label_smoothing);
  }
  const Targets targets = check_targets("cross_entropy", input, target, class_dim, ignore_index);
  const Tensor weights = target_weights(targets, weight);
  const Tensor log_p = log_softmax(input, class_dim);
  const Tensor loss = reduced_by_weight("cross_entropy", nll(log_p, targets, weights, class_dim),
                                        weights, reduction);
  if (label_smoothing == 0) return loss;

  Tensor all_classes = log_p;
  if (weight.defined()) {
    DimVector sizes(static_cast<size_t>(input.dim()), 1);
    sizes[static_cast<size_t>(class_dim)] = weight.size(0);
    all_classes = mul(log_p, reshape(weight, sizes));
  }
  Tensor smooth = neg(sum(all_classes, class_dim));
  if (targets.counts.defined()) smooth = masked_fill(smooth, eq(targets.counts, 0), 0);
  smooth = reduced_by_weight("cross_entropy", smooth, weights, reduction);
  const double share = label_smoothing / static_cast<double>(input.size(class_dim));
  return add(mul(loss, 1 - label_smoothing), mul(smooth, share));
}

}  // namespace gradus
