#include "autograd/ops/ctc.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "autograd/node.h"
#include "autograd/ops/binary.h"
#include "autograd/ops/compare.h"
#include "autograd/ops/copy.h"
#include "autograd/ops/gather.h"
#include "autograd/ops/internal/autocast.h"
#include "autograd/ops/internal/losses.h"
#include "autograd/ops/internal/recompute.h"
#include "autograd/ops/join.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/ops/ternary.h"
#include "autograd/ops/unary.h"
#include "core/factory.h"
#include "core/kernels/ctc.h"
#include "core/shape.h"
#include "core/watch/record_scope.h"

namespace gradus {

using kernel::CtcTargets;

namespace {

constexpr const char* kOp = "ctc_loss";
using TargetsPtr = std::shared_ptr<const CtcTargets>;

// --- arguments

std::vector<int64_t> integers(const char* what, const Tensor& x) {
  GRADUS_CHECK_TYPE(x.dtype() == kLong || x.dtype() == kInt,
                    "{}: expected {} of dtype Long or Int, got {}", kOp, what, x.dtype());
  const Tensor dense = to(x, kLong).contiguous();
  const int64_t* const p = dense.data_ptr<int64_t>();
  return {p, p + dense.numel()};
}

std::vector<int64_t> checked_lengths(const char* what, const Tensor& x, int64_t batch,
                                     int64_t most) {
  std::vector<int64_t> lengths = integers(what, x);
  GRADUS_CHECK_VALUE(x.dim() <= 1 && static_cast<int64_t>(lengths.size()) == batch,
                     "{}: expected {} for each of {} sequences, got {}", kOp, what, batch,
                     x.sizes());
  for (int64_t length : lengths) {
    GRADUS_CHECK_VALUE(length >= 0 && length <= most, "{}: expected {} in [0, {}], got {}", kOp,
                       what, most, length);
  }
  return lengths;
}

TargetsPtr checked_targets(const Tensor& log_probs, const Tensor& targets,
                           const Tensor& input_lengths, const Tensor& target_lengths,
                           int64_t blank) {
  const int64_t batch = log_probs.size(1), classes = log_probs.size(2);
  GRADUS_CHECK_VALUE(blank >= 0 && blank < classes, "{}: blank must be in [0, {}), got {}", kOp,
                     classes, blank);
  auto t = std::make_shared<CtcTargets>();
  t->blank = blank;
  t->symbols = integers("targets", targets);
  t->input_lengths = checked_lengths("input_lengths", input_lengths, batch, log_probs.size(0));
  GRADUS_CHECK(targets.dim() == 1 || targets.dim() == 2,
               "{}: expected targets of 1 or 2 dims, got {}", kOp, targets.sizes());
  if (targets.dim() == 2) {
    GRADUS_CHECK(targets.size(0) == batch, "{}: expected targets of {} sequences, got {}", kOp,
                 batch, targets.sizes());
    t->lengths = checked_lengths("target_lengths", target_lengths, batch, targets.size(1));
    for (int64_t n = 0; n < batch; ++n) t->offsets.push_back(n * targets.size(1));
  } else {
    t->lengths = checked_lengths("target_lengths", target_lengths, batch, targets.size(0));
    int64_t offset = 0;
    for (int64_t length : t->lengths) {
      t->offsets.push_back(offset);
      offset += length;
      GRADUS_CHECK_VALUE(offset <= targets.size(0),
                         "{}: target_lengths sum to more than the {} targets", kOp,
                         targets.size(0));
    }
  }
  for (size_t n = 0; n < t->lengths.size(); ++n) {
    for (int64_t i = 0; i < t->lengths[n]; ++i) {
      const int64_t symbol = t->symbols[static_cast<size_t>(t->offsets[n] + i)];
      GRADUS_CHECK_INDEX(symbol >= 0 && symbol < classes,
                         "{}: target {} is out of range for {} classes", kOp, symbol, classes);
    }
  }
  return t;
}

// --- by ops, for the second derivative

// Stands for log 0, so that no difference of infinities arises.
constexpr double kNever = -1e30;

// The losses [N], as the kernel computes them, but for targets without a path.
Tensor composed(const Tensor& log_probs, const CtcTargets& t) {
  const int64_t batch = log_probs.size(1);
  const int64_t longest = *std::max_element(t.lengths.begin(), t.lengths.end());
  const int64_t states = 2 * longest + 1;
  // The symbol of each state, where a path may skip one, and where the ends are.
  std::vector<int64_t> symbols(static_cast<size_t>(batch * states), t.blank);
  std::vector<uint8_t> no_skip(symbols.size(), 1), unreached(symbols.size(), 1);
  std::vector<int64_t> ends;
  for (int64_t n = 0; n < batch; ++n) {
    const auto at = static_cast<size_t>(n);
    const int64_t* const target = t.symbols.data() + t.offsets[at];
    for (int64_t i = 0; i < t.lengths[at]; ++i) {
      const auto state = static_cast<size_t>(n * states + 2 * i + 1);
      symbols[state] = target[i];
      no_skip[state] = i == 0 || target[i] == target[i - 1];
    }
    for (int64_t s = 0; s < std::min<int64_t>(2, 2 * t.lengths[at] + 1); ++s)
      unreached[static_cast<size_t>(n * states + s)] = 0;
    ends.push_back(2 * t.lengths[at]);
    ends.push_back(std::max<int64_t>(2 * t.lengths[at] - 1, 0));
  }
  const Tensor index = reshape(tensor(symbols), {batch, states});
  const Tensor blocked = reshape(to(tensor(no_skip), kBool), {batch, states});
  const Tensor start = reshape(to(tensor(unreached), kBool), {batch, states});
  const auto shifted = [&](const Tensor& a, int64_t by) {
    const int64_t count = std::min(by, states);
    const Tensor before = full({batch, count}, kNever, a.options());
    return count == states ? before : cat({before, narrow(a, 1, 0, states - count)}, 1);
  };
  const Tensor probs = clamp_min(log_probs, kNever);
  Tensor alpha = masked_fill(zeros({batch, states}, log_probs.options()), start, kNever);
  for (int64_t step = 0; step < log_probs.size(0); ++step) {
    Tensor next = alpha;
    if (step > 0) {
      next = logsumexp(
          stack({alpha, shifted(alpha, 1), masked_fill(shifted(alpha, 2), blocked, kNever)}, 2), 2);
    }
    next = next + gather(select(probs, 0, step), 1, index);
    std::vector<uint8_t> over;
    for (int64_t length : t.input_lengths) over.push_back(step >= length);
    alpha = where(reshape(to(tensor(over), kBool), {batch, 1}), alpha, next);
  }
  Tensor last = gather(alpha, 1, reshape(tensor(ends), {batch, 2}));
  std::vector<uint8_t> one_end;
  for (int64_t length : t.lengths) {
    one_end.push_back(0);
    one_end.push_back(length == 0);
  }
  last = masked_fill(last, reshape(to(tensor(one_end), kBool), {batch, 2}), kNever);
  return neg(logsumexp(last, 1));
}

// 1 where a step belongs to a sequence, [T, N, 1].
Tensor steps_that_count(const Tensor& log_probs, const CtcTargets& t) {
  const Tensor step = reshape(arange(log_probs.size(0), kLong), {-1, 1, 1});
  const Tensor length = reshape(tensor(t.input_lengths), {1, -1, 1});
  return to(lt(step, length), log_probs.dtype());
}

// [N].
Tensor losses(const Tensor& log_probs, const TargetsPtr& t) {
  const OpScope scope(kOp);
  const auto [loss, table] = kernel::ctc(log_probs.detach().contiguous(), *t);
  return record(
      kOp, {log_probs}, loss,
      [x = Saved(log_probs), table = Saved(table), t](const Tensor& dy,
                                                      const Needs& needs) -> Grads {
        const Tensor log_probs = x.get();
        if (GradMode::is_enabled()) {
          Grads grads = recompute_gradients(
              [&](const std::vector<Tensor>& inputs) {
                return std::vector<Tensor>{composed(inputs[0], *t)};
              },
              {log_probs}, {dy}, needs);
          // What log_softmax takes away again.
          const Tensor whole =
              exp(log_probs) * steps_that_count(log_probs, *t) * reshape(dy, {1, -1, 1});
          return {grads[0].defined() ? grads[0] + whole : whole};
        }
        return {kernel::ctc_backward(dy.contiguous(), table.get(), log_probs.contiguous(), *t)};
      });
}

}  // namespace

Tensor ctc_loss(const Tensor& log_probs, const Tensor& targets, const Tensor& input_lengths,
                const Tensor& target_lengths, int64_t blank, int64_t reduction,
                bool zero_infinity) {
  if (autocast::is_on()) {
    return autocast::in_float32(
        [&](const Tensor& wide) {
          return ctc_loss(wide, targets, input_lengths, target_lengths, blank, reduction,
                          zero_infinity);
        },
        log_probs);
  }
  require_tensors(kOp, log_probs, targets, input_lengths, target_lengths);
  GRADUS_CHECK_TYPE(log_probs.is_floating_point(), "{}: not implemented for {}", kOp,
                    log_probs.dtype());
  GRADUS_CHECK(log_probs.dim() == 2 || log_probs.dim() == 3,
               "{}: expected log_probs [T, N, C] or [T, C], got {}", kOp, log_probs.sizes());
  if (log_probs.dim() == 2) {
    GRADUS_CHECK(targets.dim() == 1, "{}: expected targets of 1 dim for one sequence, got {}", kOp,
                 targets.sizes());
    const Tensor loss =
        ctc_loss(unsqueeze(log_probs, 1), unsqueeze(targets, 0), reshape(input_lengths, {-1}),
                 reshape(target_lengths, {-1}), blank, reduction, zero_infinity);
    return reduction == 0 ? squeeze(loss, 0) : loss;
  }
  check_loss(kOp, log_probs, targets, reduction);
  GRADUS_CHECK(log_probs.size(1) > 0 && log_probs.size(2) > 0,
               "{}: expected log_probs of sequences and classes, got {}", kOp, log_probs.sizes());
  const TargetsPtr t = checked_targets(log_probs, targets, input_lengths, target_lengths, blank);
  Tensor loss = losses(log_probs, t);
  if (zero_infinity) {
    loss = where(eq(loss.detach(), std::numeric_limits<double>::infinity()), 0, loss);
  }
  if (reduction == 1) {
    std::vector<int64_t> lengths;
    for (int64_t length : t->lengths) lengths.push_back(std::max<int64_t>(length, 1));
    return mean(div(loss, to(tensor(lengths), loss.dtype())));
  }
  return reduce_loss(loss, reduction);
}

Tensor ctc_loss(const Tensor& log_probs, const Tensor& targets, IntArrayRef input_lengths,
                IntArrayRef target_lengths, int64_t blank, int64_t reduction, bool zero_infinity) {
  return ctc_loss(log_probs, targets, tensor(input_lengths), tensor(target_lengths), blank,
                  reduction, zero_infinity);
}

}  // namespace gradus
