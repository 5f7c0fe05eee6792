#include "core/kernels/ctc.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>
#include <vector>

#include "core/allocator.h"
#include "core/factory.h"
#include "core/kernels/ctc_loops.h"
#include "core/kernels/dispatch.h"
#include "core/parallel.h"

namespace gradus::kernel {
namespace {

constexpr double kNever = -std::numeric_limits<double>::infinity();

double log_sum(double a, double b, double c) {
  const double max = std::max({a, b, c});
  if (max == kNever) return a + b + c;  // or NaN
  return max + std::log(std::exp(a - max) + std::exp(b - max) + std::exp(c - max));
}

// The plain loops; see core/kernels/ctc_loops.h.

void advance_plain(int64_t n, const double* x, int64_t by, const double* skip,
                   const double* emission, double* y) {
  for (int64_t i = 0; i < n; ++i)
    y[i] = log_sum(x[i], x[i + by], x[i + 2 * by] + skip[i]) + emission[i];
}

void shares_plain(int64_t n, const double* a, const double* b, const double* emission, double loss,
                  double* share) {
  for (int64_t i = 0; i < n; ++i)
    share[i] = a[i] > kNever ? std::exp(a[i] + b[i] - emission[i] + loss) : 0;
}

void exp_plain(int64_t n, const double* x, double* y) {
  for (int64_t i = 0; i < n; ++i) y[i] = std::exp(x[i]);
}

template <class T>
void probabilities(int64_t n, const T* x, double factor, T* y) {
  using Sum = Accumulator<T>;
  if constexpr (std::is_same_v<T, float>) {
    return ctc_probabilities_vector(n, x, static_cast<float>(factor), y);
  }
  for (int64_t i = 0; i < n; ++i)
    y[i] = static_cast<T>(std::exp(static_cast<Sum>(x[i])) * static_cast<Sum>(factor));
}

struct Loops {
  decltype(&advance_plain) advance;
  decltype(&shares_plain) shares;
  decltype(&exp_plain) exp;
};

template <class T>
constexpr Loops loops_for() {
  if constexpr (std::is_same_v<T, double>) return {advance_plain, shares_plain, exp_plain};
  return {ctc_advance_vector, ctc_shares_vector, ctc_exp_vector};
}

// Two states that no path reaches stand before the first and behind the last one, so that a step
// looks at the same three neighbours of all states.
constexpr int64_t kMargin = 2;

int64_t states_of(const CtcTargets& targets, size_t n) {
  return 2 * targets.lengths[n] + 1;
}

// Where the table of each sequence begins, and where the last one ends.
std::vector<int64_t> table_offsets(const CtcTargets& targets) {
  std::vector<int64_t> offsets{0};
  for (size_t n = 0; n < targets.lengths.size(); ++n) {
    offsets.push_back(offsets.back() +
                      targets.input_lengths[n] * (states_of(targets, n) + kMargin));
  }
  return offsets;
}

// Rows of doubles for the longest sequence of a batch, filled with log 0.
class Rows {
 public:
  Rows(int64_t count, const CtcTargets& targets, int64_t classes)
      : size_(longest(targets, classes)),
        buffer_(sizeof(double) * static_cast<size_t>(count * size_)) {}
  double* operator[](int64_t row) const {
    double* const data = buffer_.as<double>() + row * size_;
    std::fill_n(data, size_, kNever);
    return data;
  }

 private:
  static int64_t longest(const CtcTargets& targets, int64_t classes) {
    int64_t size = classes;
    for (size_t n = 0; n < targets.lengths.size(); ++n)
      size = std::max(size, states_of(targets, n) + kMargin);
    return size;
  }

  int64_t size_;
  Buffer buffer_;
};

// One sequence: its states are the target's symbols with blanks between and around them.
template <class T>
struct Sequence {
  Sequence(const Tensor& log_probs, const CtcTargets& targets, int64_t n)
      : row(log_probs.size(1) * log_probs.size(2)),
        data(static_cast<const T*>(log_probs.data_ptr()) + n * log_probs.size(2)),
        symbols(targets.symbols.data() + targets.offsets[static_cast<size_t>(n)]),
        steps(targets.input_lengths[static_cast<size_t>(n)]),
        states(states_of(targets, static_cast<size_t>(n))),
        blank(targets.blank) {}

  // The blank and the target's symbols, each once.
  std::vector<int64_t> used_symbols() const {
    std::vector<int64_t> used(symbols, symbols + states / 2);
    used.push_back(blank);
    std::sort(used.begin(), used.end());
    used.erase(std::unique(used.begin(), used.end()), used.end());
    return used;
  }

  // 0 where a path may come to a state from two before it, log 0 elsewhere.
  void skips(double* skip) const {
    std::fill_n(skip, states + kMargin, kNever);
    for (int64_t s = 3; s < states; s += 2) {
      if (symbols[s / 2] != symbols[s / 2 - 1]) skip[s] = 0;
    }
  }

  // The log probability of each state's symbol at step t.
  void emissions(int64_t t, double* emission) const {
    const T* const log_probs = data + t * row;
    const auto of_blank = static_cast<double>(log_probs[blank]);
    emission[0] = of_blank;
    for (int64_t s = 1; s < states; s += 2) {
      emission[s] = static_cast<double>(log_probs[symbols[s / 2]]);
      emission[s + 1] = of_blank;
    }
  }

  // a[t][s]: the log probability of all paths that are in state s at step t. A row begins behind
  // its margin.
  void forward(double* a, const double* skip, double* emission) const {
    const int64_t stride = states + kMargin;
    for (int64_t t = 0; t < steps; ++t) {
      double* const now = a + t * stride + kMargin;
      std::fill_n(now - kMargin, kMargin, kNever);
      emissions(t, emission);
      if (t == 0) {
        for (int64_t s = 0; s < states; ++s) now[s] = s < 2 ? emission[s] : kNever;
      } else {
        loops_for<T>().advance(states, now - stride, -1, skip, emission, now);
      }
    }
  }

  // Their sum at the last step, negated.
  double loss(const double* a) const {
    if (steps == 0) return states == 1 ? 0 : -kNever;
    const double* const end = a + steps * (states + kMargin);
    return -log_sum(end[-1], states == 1 ? kNever : end[-2], kNever);
  }

  int64_t row;
  const T* data;
  const int64_t* symbols;
  int64_t steps, states, blank;
};

// The gradient of a sequence's loss, times factor. `rows` is room for 7.
template <class T>
void gradient(const Sequence<T>& sequence, const double* a, double factor, int64_t classes,
              const Rows& rows, T* dx) {
  using Sum = Accumulator<T>;
  const int64_t steps = sequence.steps, states = sequence.states;
  const double loss = sequence.loss(a);
  if (!std::isfinite(loss)) {
    for (int64_t t = 0; t < steps; ++t) {
      std::fill_n(dx + t * sequence.row, classes,
                  static_cast<T>(std::numeric_limits<Sum>::quiet_NaN()));
    }
    return;
  }
  constexpr Loops loops = loops_for<T>();
  double *const skip = rows[0], *const emission = rows[1], *const share = rows[2];
  double *const symbol_share = rows[3], *const prob = rows[4];
  // b[s]: the log probability of all ways from state s at step t to the end, step t included.
  double *b = rows[5], *after = rows[6];
  sequence.skips(skip);
  const std::vector<int64_t> used = sequence.used_symbols();
  for (int64_t t = steps - 1; t >= 0; --t) {
    sequence.emissions(t, emission);
    if (t == steps - 1) {
      for (int64_t s = 0; s < states; ++s) b[s] = s >= states - 2 ? emission[s] : kNever;
    } else {
      std::swap(b, after);
      loops.advance(states, after, 1, skip + 2, emission, b);
    }
    loops.shares(states, a + t * (states + kMargin) + kMargin, b, emission, loss, share);
    const T* const log_probs = sequence.data + t * sequence.row;
    T* const out = dx + t * sequence.row;
    probabilities(classes, log_probs, factor, out);
    // What the symbols of the target share is taken away before anything is rounded.
    for (int64_t c : used) symbol_share[c] = 0;
    double of_blank = share[0];
    for (int64_t s = 1; s < states; s += 2) {
      symbol_share[sequence.symbols[s / 2]] += share[s];
      of_blank += share[s + 1];
    }
    symbol_share[sequence.blank] += of_blank;
    for (size_t i = 0; i < used.size(); ++i) prob[i] = static_cast<double>(log_probs[used[i]]);
    loops.exp(static_cast<int64_t>(used.size()), prob, prob);
    for (size_t i = 0; i < used.size(); ++i) {
      const int64_t c = used[i];
      out[c] = static_cast<T>(static_cast<Sum>((prob[i] - symbol_share[c]) * factor));
    }
  }
}

}  // namespace

CtcLoss ctc(const Tensor& log_probs, const CtcTargets& targets) {
  const int64_t batch = log_probs.size(1);
  const std::vector<int64_t> offsets = table_offsets(targets);
  const Tensor loss = empty({batch}, log_probs.dtype());
  const Tensor table = empty({offsets.back()}, kDouble);
  dispatch_floating("ctc_loss", log_probs.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    T* const to = static_cast<T*>(loss.data_ptr());
    double* const tables = static_cast<double*>(table.data_ptr());
    parallel_for(batch, 1, [&](int64_t begin, int64_t end) {
      const Rows rows(2, targets, 1);
      double *const skip = rows[0], *const emission = rows[1];
      for (int64_t n = begin; n < end; ++n) {
        const Sequence<T> sequence(log_probs, targets, n);
        double* const a = tables + offsets[static_cast<size_t>(n)];
        sequence.skips(skip);
        sequence.forward(a, skip, emission);
        to[n] = static_cast<T>(static_cast<Accumulator<T>>(sequence.loss(a)));
      }
    });
  });
  return {loss, table};
}

Tensor ctc_backward(const Tensor& dloss, const Tensor& table, const Tensor& log_probs,
                    const CtcTargets& targets) {
  const int64_t batch = log_probs.size(1), classes = log_probs.size(2);
  const std::vector<int64_t> offsets = table_offsets(targets);
  Tensor dx = zeros(log_probs.sizes(), log_probs.dtype());
  dispatch_floating("ctc_loss", log_probs.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* const dy = static_cast<const T*>(dloss.data_ptr());
    const double* const tables = static_cast<const double*>(table.data_ptr());
    T* const to = static_cast<T*>(dx.data_ptr());
    parallel_for(batch, 1, [&](int64_t begin, int64_t end) {
      const Rows rows(7, targets, classes);
      for (int64_t n = begin; n < end; ++n) {
        const auto factor = static_cast<double>(dy[n]);
        if (factor == 0) continue;
        gradient(Sequence<T>(log_probs, targets, n), tables + offsets[static_cast<size_t>(n)],
                 factor, classes, rows, to + n * classes);
      }
    });
  });
  return dx;
}

}  // namespace gradus::kernel
