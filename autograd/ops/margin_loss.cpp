#include "autograd/ops/margin_loss.h"

#include <algorithm>
#include <cmath>

#include "autograd/grad_mode.h"
#include "autograd/ops/activation.h"
#include "autograd/ops/binary_math.h"
#include "autograd/ops/distance.h"
#include "autograd/ops/internal/autocast.h"
#include "autograd/ops/internal/losses.h"
#include "autograd/ops/ternary.h"
#include "core/factory.h"
#include "core/kernels/gather.h"
#include "core/shape.h"
#include "core/watch/record_scope.h"

namespace gradus {

namespace {

constexpr double kPi = 3.14159265358979323846;

Tensor zero_where_not(const Tensor& condition, const Tensor& x) {
  return where(condition, x, Scalar(0));
}

void check_same_sizes(const char* op, const Tensor& input, const Tensor& target) {
  GRADUS_CHECK(input.sizes() == target.sizes(), "{}: expected a target of shape {}, got {}", op,
               input.sizes(), target.sizes());
}

// Scores as [N, C]; classes likewise or [N].
Tensor as_batch(const Tensor& x, bool batched) {
  return batched ? x : x.unsqueeze(0);
}

void check_scores(const char* op, const Tensor& input, const Tensor& target) {
  GRADUS_CHECK((input.dim() == 1 || input.dim() == 2) && input.size(-1) > 0,
               "{}: expected scores [N, C] or [C] with C > 0, got input {}", op, input.sizes());
  GRADUS_CHECK_TYPE(target.dtype() == kLong, "{}: expected a target of dtype Long, got {}", op,
                    target.dtype());
}

}  // namespace

Tensor poisson_nll_loss(const Tensor& input, const Tensor& target, bool log_input, bool full,
                        double eps, int64_t reduction) {
  if (autocast::is_on())
    return autocast::in_float32(poisson_nll_loss, input, target, log_input, full, eps, reduction);
  const OpScope scope("poisson_nll_loss");
  check_loss("poisson_nll_loss", input, target, reduction);
  broadcast_sizes("poisson_nll_loss", input.sizes(), target.sizes());
  Tensor loss = log_input ? input.exp() - target * input : input - target * (input + eps).log();
  if (full) {
    const Tensor stirling = target * target.log() - target + 0.5 * (2 * kPi * target).log();
    loss = loss + stirling.masked_fill(target.le(1), 0);
  }
  return reduce_loss(loss, reduction);
}

Tensor gaussian_nll_loss(const Tensor& input, const Tensor& target, const Tensor& var, bool full,
                         double eps, int64_t reduction) {
  const OpScope scope("gaussian_nll_loss");
  const char* const op = "gaussian_nll_loss";
  check_loss(op, input, target, reduction);
  require_tensors(op, var);
  broadcast_sizes(op, input.sizes(), target.sizes());
  GRADUS_CHECK_TYPE(var.is_floating_point(), "{}: expected a floating-point var, got {}", op,
                    var.dtype());
  Tensor v = var;
  if (var.sizes() != input.sizes()) {
    const size_t rank = input.sizes().size();
    const IntArrayRef rest = input.sizes().slice(0, rank == 0 ? 0 : rank - 1);
    if (rank > 0 && var.sizes() == rest) {
      v = var.unsqueeze(-1);
    } else {
      GRADUS_CHECK_VALUE(rank > 0 && var.sizes().size() == rank && var.size(-1) == 1 &&
                             var.sizes().slice(0, rank - 1) == rest,
                         "{}: var of shape {} does not fit input {}", op, var.sizes(),
                         input.sizes());
    }
  }
  GRADUS_CHECK_VALUE(!var.detach().lt(0).any().item<bool>(), "{}: var has negative elements", op);
  v = v.clone();
  {
    NoGradGuard no_grad;
    v.clamp_min_(eps);
  }
  Tensor loss = 0.5 * (v.log() + (input - target).square() / v);
  if (full) loss = loss + 0.5 * std::log(2 * kPi);
  return reduce_loss(loss, reduction);
}

Tensor margin_ranking_loss(const Tensor& input1, const Tensor& input2, const Tensor& target,
                           double margin, int64_t reduction) {
  if (autocast::is_on())
    return autocast::in_float32(margin_ranking_loss, input1, input2, target, margin, reduction);
  const OpScope scope("margin_ranking_loss");
  const char* const op = "margin_ranking_loss";
  check_loss(op, input1, target, reduction);
  require_tensors(op, input2);
  GRADUS_CHECK(input1.dim() == input2.dim() && input1.dim() == target.dim(),
               "{}: expected inputs and target of one rank, got shapes {}, {} and {}", op,
               input1.sizes(), input2.sizes(), target.sizes());
  broadcast_sizes(op, broadcast_sizes(op, input1.sizes(), input2.sizes()), target.sizes());
  return reduce_loss((-target * (input1 - input2) + margin).clamp_min(0), reduction);
}

Tensor hinge_embedding_loss(const Tensor& input, const Tensor& target, double margin,
                            int64_t reduction) {
  if (autocast::is_on())
    return autocast::in_float32(hinge_embedding_loss, input, target, margin, reduction);
  const OpScope scope("hinge_embedding_loss");
  check_loss("hinge_embedding_loss", input, target, reduction);
  broadcast_sizes("hinge_embedding_loss", input.sizes(), target.sizes());
  const Tensor far = (margin - input).clamp_min(0);
  return reduce_loss(zero_where_not(target.ne(1), far) + zero_where_not(target.ne(-1), input),
                     reduction);
}

Tensor soft_margin_loss(const Tensor& input, const Tensor& target, int64_t reduction) {
  if (autocast::is_on()) return autocast::in_float32(soft_margin_loss, input, target, reduction);
  const OpScope scope("soft_margin_loss");
  check_loss("soft_margin_loss", input, target, reduction);
  broadcast_sizes("soft_margin_loss", input.sizes(), target.sizes());
  return reduce_loss(-logsigmoid(target * input), reduction);
}

Tensor multi_margin_loss(const Tensor& input, const Tensor& target, const Scalar& p,
                         const Scalar& margin, const Tensor& weight, int64_t reduction) {
  if (autocast::is_on())
    return autocast::in_float32(multi_margin_loss, input, target, p, margin, weight, reduction);
  const OpScope scope("multi_margin_loss");
  const char* const op = "multi_margin_loss";
  check_loss(op, input, target, reduction);
  check_scores(op, input, target);
  const bool batched = input.dim() == 2;
  const int64_t classes = input.size(-1), order = p.toLong();
  GRADUS_CHECK_VALUE(p.toDouble() == 1 || p.toDouble() == 2, "{}: p must be 1 or 2, got {}", op,
                     p.toDouble());
  GRADUS_CHECK(target.numel() == (batched ? input.size(0) : 1) && target.dim() <= 1,
               "{}: expected a target of shape [{}], got {} (input {})", op,
               batched ? input.size(0) : 1, target.sizes(), input.sizes());
  GRADUS_CHECK(!weight.defined() || weight.sizes() == IntArrayRef(classes),
               "{}: expected a weight for each of {} classes, got shape {}", op, classes,
               weight.sizes());
  const Tensor x = as_batch(input, batched), y = target.reshape({-1, 1});
  kernel::check_indices(op, y.contiguous(), 1, classes);
  Tensor loss = (x - x.gather(1, y) + margin).clamp_min(0);
  if (order == 2) loss = loss.square();
  if (weight.defined()) loss = loss * weight.index_select(0, y.view(-1)).unsqueeze(1);
  loss = loss.scatter(1, y, Scalar(0)).sum(1) / classes;
  return reduce_loss(batched ? loss : loss.squeeze(0), reduction);
}

Tensor multilabel_margin_loss(const Tensor& input, const Tensor& target, int64_t reduction) {
  if (autocast::is_on())
    return autocast::in_float32(multilabel_margin_loss, input, target, reduction);
  const OpScope scope("multilabel_margin_loss");
  const char* const op = "multilabel_margin_loss";
  check_loss(op, input, target, reduction);
  check_scores(op, input, target);
  check_same_sizes(op, input, target);
  const bool batched = input.dim() == 2;
  const Tensor x = as_batch(input, batched);
  const int64_t rows = x.size(0), classes = x.size(1);
  // labels[n][j] is a class, or class 0 with counts[n][j] = 0 behind the first -1.
  const Tensor given = as_batch(target.detach(), batched).contiguous();
  Tensor labels = zeros({rows, classes}, kLong), counts = zeros({rows, classes}, kBool);
  Tensor others = ones({rows, classes}, kBool);
  const int64_t* const t = given.data_ptr<int64_t>();
  int64_t most = 0;
  for (int64_t n = 0; n < rows; ++n) {
    for (int64_t j = 0; j < classes && t[n * classes + j] != -1; ++j) {
      const int64_t label = t[n * classes + j];
      GRADUS_CHECK_INDEX(label >= 0 && label < classes,
                         "{}: target {} is out of bounds for {} classes", op, label, classes);
      labels.data_ptr<int64_t>()[n * classes + j] = label;
      counts.data_ptr<bool>()[n * classes + j] = true;
      others.data_ptr<bool>()[n * classes + label] = false;
      most = std::max(most, j + 1);
    }
  }
  labels = labels.narrow(1, 0, most);
  counts = counts.narrow(1, 0, most);
  const Tensor scores = x.gather(1, labels);                           // [N, J]
  const Tensor each = relu(1 - scores.unsqueeze(2) + x.unsqueeze(1));  // [N, J, C]
  const Tensor matters = counts.unsqueeze(2).logical_and(others.unsqueeze(1));
  const Tensor loss = zero_where_not(matters, each).sum({1, 2}) / classes;
  return reduce_loss(batched ? loss : loss.squeeze(0), reduction);
}

Tensor multilabel_soft_margin_loss(const Tensor& input, const Tensor& target, const Tensor& weight,
                                   int64_t reduction) {
  if (autocast::is_on())
    return autocast::in_float32(multilabel_soft_margin_loss, input, target, weight, reduction);
  const OpScope scope("multilabel_soft_margin_loss");
  const char* const op = "multilabel_soft_margin_loss";
  check_loss(op, input, target, reduction);
  GRADUS_CHECK(input.dim() > 0, "{}: expected an input of at least 1 dim", op);
  check_same_sizes(op, input, target);
  Tensor loss = -(target * logsigmoid(input) + (1 - target) * logsigmoid(-input));
  if (weight.defined()) {
    broadcast_sizes(op, loss.sizes(), weight.sizes());
    loss = loss * weight;
  }
  return reduce_loss(loss.mean(-1), reduction);
}

Tensor cosine_embedding_loss(const Tensor& input1, const Tensor& input2, const Tensor& target,
                             double margin, int64_t reduction) {
  if (autocast::is_on())
    return autocast::in_float32(cosine_embedding_loss, input1, input2, target, margin, reduction);
  const OpScope scope("cosine_embedding_loss");
  const char* const op = "cosine_embedding_loss";
  require_tensors(op, input1, input2);
  if (is_integral(input1.dtype(), /*include_bool=*/false)) {
    return cosine_embedding_loss(input1.to(get_default_dtype()), input2, target, margin, reduction);
  }
  check_loss(op, input1, target, reduction);
  GRADUS_CHECK((target.dim() == 0 && input1.dim() == 1 && input2.dim() == 1) ||
                   (target.dim() == 1 && input1.dim() == 2 && input2.dim() == 2),
               "{}: expected inputs [N, D] and target [N], or [D] and [], got {}, {} and {}", op,
               input1.sizes(), input2.sizes(), target.sizes());
  broadcast_sizes(op, input1.sizes(), input2.sizes());
  constexpr double kEpsilon = 1e-12;  // finite at zero vectors
  const Tensor cosine =
      (input1 * input2).sum(-1) /
      ((input1.square().sum(-1) + kEpsilon) * (input2.square().sum(-1) + kEpsilon)).sqrt();
  broadcast_sizes(op, cosine.sizes(), target.sizes());
  return reduce_loss(zero_where_not(target.eq(1), 1 - cosine) +
                         zero_where_not(target.eq(-1), (cosine - margin).clamp_min(0)),
                     reduction);
}

Tensor triplet_margin_loss(const Tensor& anchor, const Tensor& positive, const Tensor& negative,
                           double margin, double p, double eps, bool swap, int64_t reduction) {
  if (autocast::is_on())
    return autocast::in_float32(triplet_margin_loss, anchor, positive, negative, margin, p, eps,
                                swap, reduction);
  const OpScope scope("triplet_margin_loss");
  const char* const op = "triplet_margin_loss";
  check_loss(op, anchor, positive, reduction);
  require_tensors(op, negative);
  GRADUS_CHECK(anchor.dim() == positive.dim() && anchor.dim() == negative.dim(),
               "{}: anchor, positive and negative must be of one rank, got {}, {} and {}", op,
               anchor.sizes(), positive.sizes(), negative.sizes());
  GRADUS_CHECK_VALUE(margin > 0, "{}: margin must be positive, got {}", op, margin);
  broadcast_sizes(op, broadcast_sizes(op, anchor.sizes(), positive.sizes()), negative.sizes());
  const Tensor near = pairwise_distance(anchor, positive, p, eps);
  Tensor far = pairwise_distance(anchor, negative, p, eps);
  if (swap) far = minimum(far, pairwise_distance(positive, negative, p, eps));
  return reduce_loss((margin + near - far).clamp_min(0), reduction);
}

}  // namespace gradus
