#include <algorithm>
#include <cmath>
#include <utility>

#include "autograd/node.h"
#include "autograd/ops/internal/autocast.h"
#include "autograd/ops/internal/losses.h"
#include "autograd/ops/loss.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/softmax.h"
#include "core/factory.h"
#include "core/kernels/loss.h"
#include "core/shape.h"
#include "core/watch/record_scope.h"

namespace gradus {

using kernel::ClassTargets;

namespace {

int64_t class_dim(const Tensor& input) {
  return input.dim() == 1 ? 0 : 1;
}

bool is_small(const Tensor& x) {
  return x.dtype() == kHalf || x.dtype() == kBFloat16;
}

Tensor to_float(const Tensor& x) {
  return x.defined() ? x.to(kFloat) : x;
}

Tensor contiguous_weight(const Tensor& weight) {
  return weight.defined() ? weight.detach().contiguous() : weight;
}

void check_classes_and_weight(const char* op, const Tensor& input, const Tensor& weight) {
  GRADUS_CHECK(input.dim() >= 1, "{}: expected an input of at least 1 dim, got shape {}", op,
               input.sizes());
  if (!weight.defined()) return;
  const int64_t classes = input.size(class_dim(input));
  GRADUS_CHECK(weight.sizes() == IntArrayRef(classes),
               "{}: expected a weight for each of {} classes, got shape {}", op, classes,
               weight.sizes());
  GRADUS_CHECK_TYPE(weight.dtype() == input.dtype(), "{}: expected a weight of dtype {}, got {}",
                    op, input.dtype(), weight.dtype());
}

// The targets as row-major int64, checked.
Tensor check_classes(const char* op, const Tensor& input, const Tensor& target,
                     int64_t ignore_index) {
  GRADUS_CHECK_TYPE(target.dtype() == kLong || target.dtype() == kByte,
                    "{}: expected a target of dtype Long or Byte, got {}", op, target.dtype());
  DimVector expected = to_dims(input.sizes());
  expected.erase(static_cast<size_t>(class_dim(input)));
  GRADUS_CHECK(target.sizes() == IntArrayRef(expected),
               "{}: expected a target of shape {} for input {}, got {}", op, IntArrayRef(expected),
               input.sizes(), target.sizes());
  Tensor classes = target.detach().to(kLong).contiguous();
  const int64_t* const t = classes.data_ptr<int64_t>();
  const int64_t num_classes = input.size(class_dim(input));
  for (int64_t i = 0; i < classes.numel(); ++i) {
    GRADUS_CHECK_INDEX((t[i] >= 0 && t[i] < num_classes) || t[i] == ignore_index,
                       "{}: target {} is out of bounds for {} classes", op, t[i], num_classes);
  }
  return classes;
}

// The classes of each example or place as a row: [rows, classes].
Tensor as_rows(const Tensor& x) {
  if (x.dim() == 1) return x.unsqueeze(0);
  if (x.dim() == 2) return x;
  const int64_t classes = x.size(1);
  return x.movedim(1, -1).reshape({classes == 0 ? 0 : x.numel() / classes, classes});
}

}  // namespace

// --- negative log likelihood

namespace {

// The targets of a closure, which may have been written to since: then get() throws.
struct SavedTargets {
  Saved classes, probabilities, weight;
  int64_t ignore_index;
  double smoothing;

  explicit SavedTargets(const ClassTargets& targets)
      : classes(targets.classes),
        probabilities(targets.probabilities),
        weight(targets.weight),
        ignore_index(targets.ignore_index),
        smoothing(targets.smoothing) {}
  ClassTargets get() const {
    return {classes.get(), probabilities.get(), weight.get(), ignore_index, smoothing};
  }
};

double loss_scale(const ClassTargets& targets, int64_t reduction) {
  return reduction == Reduction::Mean ? 1 / kernel::total_target_weight(targets) : 1.0;
}

Tensor nll_of(const Tensor& x, const ClassTargets& targets, int64_t reduction);

// dx = -weight[t] dy scale at the targets, else 0, for x of `sizes`: [outer, classes, inner].
Tensor nll_loss_backward(const Tensor& dy, const ClassTargets& targets, const DimVector& sizes,
                         double scale) {
  const OpScope scope("nll_loss_backward");
  Tensor dx =
      kernel::nll_loss_backward(dy.contiguous(), targets, sizes[0], sizes[1], sizes[2], scale);
  dx = make_view(dx, sizes, contiguous_strides(sizes), dx.storage_offset());
  return record(
      "nll_loss_backward", {dy}, std::move(dx),
      [targets = SavedTargets(targets), scale, one = dy.dim() == 0](const Tensor& g) -> Grads {
        const Tensor each = nll_of(g, targets.get(), Reduction::None) * scale;
        return {one ? each.sum() : each};
      });
}

// x is [outer, classes, inner]; [outer * inner] losses, or one.
Tensor nll_of(const Tensor& x, const ClassTargets& targets, int64_t reduction) {
  const OpScope scope("nll_loss");
  const DimVector sizes = to_dims(x.sizes());
  const double scale = loss_scale(targets, reduction);
  Tensor y = kernel::nll_loss(x.contiguous(), targets, sizes[0], sizes[2]);
  if (reduction != Reduction::None) y = kernel::scaled_sum(y, scale);
  return record("nll_loss", {x}, std::move(y),
                [targets = SavedTargets(targets), sizes, scale](const Tensor& dy) -> Grads {
                  return {nll_loss_backward(dy, targets.get(), sizes, scale)};
                });
}

}  // namespace

Tensor nll_loss(const Tensor& input, const Tensor& target, const Tensor& weight, int64_t reduction,
                int64_t ignore_index) {
  if (autocast::is_on())
    return autocast::in_float32(nll_loss, input, target, weight, reduction, ignore_index);
  const OpScope scope("nll_loss");
  const char* const op = "nll_loss";
  check_loss(op, input, target, reduction);
  check_classes_and_weight(op, input, weight);
  const Tensor classes = check_classes(op, input, target, ignore_index);
  if (is_small(input)) {
    return nll_loss(input.to(kFloat), target, to_float(weight), reduction, ignore_index)
        .to(input.dtype());
  }
  const int64_t outer = input.dim() == 1 ? 1 : input.size(0);
  const int64_t num_classes = input.size(class_dim(input));
  const int64_t inner = outer == 0 ? 1 : classes.numel() / outer;
  ClassTargets targets;
  targets.classes = classes;
  targets.weight = contiguous_weight(weight);
  targets.ignore_index = ignore_index;
  const Tensor y = nll_of(input.reshape({outer, num_classes, inner}), targets, reduction);
  return reduction == Reduction::None ? y.view(target.sizes()) : y;
}

// --- cross entropy

namespace {

// The gradient of the rows' losses by ops, for a backward that is itself differentiated:
// U softmax(x) - u, where u_c = weight_c q_c and U = sum_c u_c.
Tensor cross_entropy_gradient(const Tensor& x, const ClassTargets& targets) {
  Tensor q = targets.probabilities, counts;
  if (!q.defined()) {
    counts = targets.classes.ne(targets.ignore_index).unsqueeze(1);
    const Tensor at = targets.classes.unsqueeze(1).masked_fill(counts.logical_not(), 0);
    q = zeros(x.sizes(), x.options()).scatter(1, at, 1);
  }
  Tensor u = q * (1 - targets.smoothing) + targets.smoothing / static_cast<double>(x.size(1));
  if (targets.weight.defined()) {
    u = u * (x.dim() == 3 ? targets.weight.unsqueeze(1) : targets.weight);
  }
  if (counts.defined()) u = u * counts;
  return x.softmax(1) * u.sum(1, /*keepdim=*/true) - u;
}

// x is [rows, classes]; or, row-major and of classes without smoothing, [outer, classes, inner].
Tensor cross_entropy_of(const Tensor& x, const ClassTargets& targets, int64_t reduction) {
  const OpScope scope("cross_entropy");
  const bool by_class = targets.classes.defined();
  double scale = 1;
  if (reduction == Reduction::Mean) {
    scale = by_class ? loss_scale(targets, reduction) : 1 / static_cast<double>(x.size(0));
  }
  const auto run = x.dim() == 3 ? kernel::cross_entropy_planes : kernel::cross_entropy;
  kernel::CrossEntropy result = run(x.contiguous(), targets, scale, /*need_gradient=*/records({x}));
  Tensor y = std::move(result.losses);
  if (reduction != Reduction::None) y = kernel::scaled_sum(y, scale);
  return record("cross_entropy", {x}, std::move(y),
                [x = Saved(x), gradient = Saved(result.gradient), targets = SavedTargets(targets),
                 scale](const Tensor& dy) -> Grads {
                  if (GradMode::is_enabled()) {
                    const Tensor each = dy.dim() == 0 ? dy * scale : dy.unsqueeze(1) * scale;
                    return {cross_entropy_gradient(x.get(), targets.get()) * each};
                  }
                  const Tensor dx = gradient.get();
                  if (dy.dim() > 0) return {dx * dy.unsqueeze(1)};
                  // Of loss.backward() dy is 1, and the gradient there already.
                  const double factor = dy.item<double>();
                  return {factor == 1 ? dx : dx * factor};
                });
}

// Places next to each other that are worth going along, instead of bringing classes together.
constexpr int64_t kLeastPlaces = 8;

// By ops, for targets or weights that need gradients.
Tensor cross_entropy_by_ops(const Tensor& x, const Tensor& q, const Tensor& weight,
                            int64_t reduction, double smoothing) {
  Tensor u = q * (1 - smoothing) + smoothing / static_cast<double>(x.size(1));
  if (weight.defined()) u = u * weight;
  const Tensor losses = -(u * x.log_softmax(1)).sum(1);
  return reduce_loss(losses, reduction);
}

}  // namespace

Tensor cross_entropy(const Tensor& input, const Tensor& target, const Tensor& weight,
                     int64_t reduction, int64_t ignore_index, double label_smoothing) {
  if (autocast::is_on())
    return autocast::in_float32(cross_entropy, input, target, weight, reduction, ignore_index,
                                label_smoothing);
  const OpScope scope("cross_entropy");
  const char* const op = "cross_entropy";
  check_loss(op, input, target, reduction);
  check_classes_and_weight(op, input, weight);
  GRADUS_CHECK_VALUE(label_smoothing >= 0 && label_smoothing <= 1,
                     "{}: label_smoothing must be between 0 and 1, got {}", op, label_smoothing);
  const bool by_class = !(target.is_floating_point() && target.sizes() == input.sizes());
  GRADUS_CHECK_VALUE(by_class || ignore_index < 0,
                     "{}: ignore_index is for class targets, got {} with probabilities", op,
                     ignore_index);
  const Tensor classes = by_class ? check_classes(op, input, target, ignore_index) : Tensor();
  if (is_small(input)) {
    return cross_entropy(input.to(kFloat), by_class ? target : target.to(kFloat), to_float(weight),
                         reduction, ignore_index, label_smoothing)
        .to(input.dtype());
  }
  Tensor y;
  if (by_class) {
    GRADUS_CHECK_AS(NotImplementedError, !records({weight}),
                    "{}: the gradient of weight is not implemented for class targets", op);
    ClassTargets targets{
        classes.view(-1), {}, contiguous_weight(weight), ignore_index, label_smoothing};
    const int64_t outer = input.size(0), inner = classes.numel() / std::max<int64_t>(outer, 1);
    if (inner >= kLeastPlaces && input.numel() > 0 && input.is_contiguous() &&
        label_smoothing == 0) {
      targets.classes = classes.view({outer, inner});
      y = cross_entropy_of(input.view({outer, input.size(1), inner}), targets, reduction);
    } else {
      y = cross_entropy_of(as_rows(input), targets, reduction);
    }
    return reduction == Reduction::None ? y.view(target.sizes()) : y;
  }
  const Tensor x = as_rows(input), q = as_rows(target.to(input.dtype()));
  if (records({target, weight})) {
    y = cross_entropy_by_ops(x, q, weight, reduction, label_smoothing);
  } else {
    y = cross_entropy_of(
        x, {{}, q.contiguous(), contiguous_weight(weight), ignore_index, label_smoothing},
        reduction);
  }
  if (reduction != Reduction::None) return y;
  DimVector sizes = to_dims(input.sizes());
  sizes.erase(static_cast<size_t>(class_dim(input)));
  return y.view(sizes);
}

}  // namespace gradus
