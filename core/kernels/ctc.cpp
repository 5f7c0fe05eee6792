#include "core/kernels/ctc.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/allocator.h"
#include "core/factory.h"
#include "core/kernels/dispatch.h"
#include "core/parallel.h"

namespace gradus::kernel {
namespace {

constexpr double kNever = -std::numeric_limits<double>::infinity();

double log_add(double a, double b) {
  const double max = std::max(a, b);
  return max == kNever ? kNever : max + std::log1p(std::exp(std::min(a, b) - max));
}

// One sequence: its states are the target's symbols with blanks between and around them.
template <class T>
struct Sequence {
  Sequence(const Tensor& log_probs, const CtcTargets& targets, int64_t n)
      : row(log_probs.size(1) * log_probs.size(2)),
        data(static_cast<const T*>(log_probs.data_ptr()) + n * log_probs.size(2)),
        symbols(targets.symbols.data() + targets.offsets[static_cast<size_t>(n)]),
        steps(targets.input_lengths[static_cast<size_t>(n)]),
        states(2 * targets.lengths[static_cast<size_t>(n)] + 1),
        blank(targets.blank) {}

  int64_t symbol(int64_t state) const { return state % 2 == 0 ? blank : symbols[state / 2]; }
  double log_prob(int64_t t, int64_t c) const { return static_cast<double>(data[t * row + c]); }
  // Whether a path may come to this state from two before it.
  bool skips(int64_t state) const {
    return state >= 2 && state % 2 == 1 && symbols[state / 2] != symbols[state / 2 - 1];
  }

  // a[t][s]: the log probability of all paths that are in state s at step t.
  void forward(double* a) const {
    for (int64_t t = 0; t < steps; ++t) {
      double* const now = a + t * states;
      const double* const before = now - states;
      for (int64_t s = 0; s < states; ++s) {
        double sum = kNever;
        if (t == 0) {
          sum = s < 2 ? 0 : kNever;
        } else {
          sum = before[s];
          if (s >= 1) sum = log_add(sum, before[s - 1]);
          if (skips(s)) sum = log_add(sum, before[s - 2]);
        }
        now[s] = sum + log_prob(t, symbol(s));
      }
    }
  }

  // b[t][s]: that of all ways from state s at step t to the end, step t included.
  void backward(double* b) const {
    for (int64_t t = steps - 1; t >= 0; --t) {
      double* const now = b + t * states;
      const double* const after = now + states;
      for (int64_t s = states - 1; s >= 0; --s) {
        double sum = kNever;
        if (t == steps - 1) {
          sum = s >= states - 2 ? 0 : kNever;
        } else {
          sum = after[s];
          if (s + 1 < states) sum = log_add(sum, after[s + 1]);
          if (s + 2 < states && skips(s + 2)) sum = log_add(sum, after[s + 2]);
        }
        now[s] = sum + log_prob(t, symbol(s));
      }
    }
  }

  double loss(const double* a) const {
    if (steps == 0) return states == 1 ? 0 : -kNever;
    const double* const last = a + (steps - 1) * states;
    return -(states == 1 ? last[0] : log_add(last[states - 1], last[states - 2]));
  }

  size_t table_bytes() const { return sizeof(double) * static_cast<size_t>(steps * states); }

  int64_t row;
  const T* data;
  const int64_t* symbols;
  int64_t steps, states, blank;
};

}  // namespace

Tensor ctc(const Tensor& log_probs, const CtcTargets& targets) {
  const int64_t batch = log_probs.size(1);
  Tensor loss = empty({batch}, log_probs.dtype());
  dispatch_floating("ctc_loss", log_probs.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    T* const to = static_cast<T*>(loss.data_ptr());
    parallel_for(batch, 1, [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; ++n) {
        const Sequence<T> sequence(log_probs, targets, n);
        const Buffer a(sequence.table_bytes());
        sequence.forward(a.as<double>());
        to[n] = static_cast<T>(static_cast<Accumulator<T>>(sequence.loss(a.as<double>())));
      }
    });
  });
  return loss;
}

Tensor ctc_backward(const Tensor& dloss, const Tensor& loss, const Tensor& log_probs,
                    const CtcTargets& targets) {
  const int64_t batch = log_probs.size(1), classes = log_probs.size(2);
  Tensor dx = zeros(log_probs.sizes(), log_probs.dtype());
  dispatch_floating("ctc_loss", log_probs.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* const dy = static_cast<const T*>(dloss.data_ptr());
    const T* const losses = static_cast<const T*>(loss.data_ptr());
    T* const to = static_cast<T*>(dx.data_ptr());
    parallel_for(batch, 1, [&](int64_t begin, int64_t end) {
      for (int64_t n = begin; n < end; ++n) {
        const auto factor = static_cast<double>(dy[n]);
        if (factor == 0) continue;
        const Sequence<T> sequence(log_probs, targets, n);
        const Buffer a(sequence.table_bytes()), b(sequence.table_bytes());
        const Buffer shares(sizeof(double) * static_cast<size_t>(classes));
        sequence.forward(a.as<double>());
        sequence.backward(b.as<double>());
        // The kernel's own sum, which the rounded loss is not.
        const double total = sequence.loss(a.as<double>());
        const double exact = std::isfinite(total) ? total : static_cast<double>(losses[n]);
        double* const share = shares.as<double>();
        for (int64_t t = 0; t < sequence.steps; ++t) {
          std::fill_n(share, classes, kNever);
          for (int64_t s = 0; s < sequence.states; ++s) {
            const int64_t at = t * sequence.states + s;
            double& sum = share[sequence.symbol(s)];
            sum = log_add(sum, a.as<double>()[at] + b.as<double>()[at]);
          }
          T* const out = to + t * sequence.row + n * classes;
          for (int64_t c = 0; c < classes; ++c) {
            const double log_prob = sequence.log_prob(t, c);
            const double part = share[c] == kNever && std::isfinite(exact)
                                    ? 0
                                    : std::exp(share[c] + exact - log_prob);
            out[c] =
                static_cast<T>(static_cast<Accumulator<T>>((std::exp(log_prob) - part) * factor));
          }
        }
      }
    });
  });
  return dx;
}

}  // namespace gradus::kernel
