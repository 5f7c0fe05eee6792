#include "core/kernels/loss.h"

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "core/factory.h"
#include "core/kernels/copy.h"
#include "core/kernels/dispatch.h"
#include "core/kernels/reduce.h"
#include "core/parallel.h"

namespace gradus::kernel {

namespace {

constexpr int64_t kGrain = 16384;
// Elements that are summed up before their sum joins those of others.
constexpr int64_t kBlock = 4096;

template <class T>
LossLoops<T> loss_loops() {
  if constexpr (std::is_same_v<T, float>) {
    return vector_loss_loops();
  } else {
    return plain_loss_loops<T>();
  }
}

// x, or a row-major copy where it has gaps.
Tensor dense(const Tensor& x) {
  if (x.is_non_overlapping_and_dense()) return x;
  Tensor copied = empty(x.sizes(), x.dtype());
  copy(x, copied);
  return copied;
}

Tensor with_strides_of(const Tensor& x, const Tensor& like) {
  if (x.strides() == like.strides()) return x;
  Tensor copied = empty_strided(like.sizes(), like.strides(), like.dtype());
  copy(x, copied);
  return copied;
}

template <class T>
const T* data_or_null(const Tensor& x) {
  return x.defined() ? x.data_ptr<T>() : nullptr;
}

template <class T>
Tensor scalar_of(double value, ScalarType dtype) {
  Tensor y = empty({}, dtype);
  *y.data_ptr<T>() = static_cast<T>(value);
  return y;
}

}  // namespace

// --- a loss for each element

Tensor pointwise_loss(PointwiseLoss loss, const Tensor& input, const Tensor& target, double p) {
  const Tensor x = dense(input), t = with_strides_of(target, x);
  Tensor y = empty_strided(x.sizes(), x.strides(), x.dtype());
  dispatch_float_double("loss", x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const auto loops = loss_loops<T>();
    const T *const xs = x.data_ptr<T>(), *const ts = t.data_ptr<T>();
    T* const ys = y.data_ptr<T>();
    parallel_for(x.numel(), kGrain, [&](int64_t begin, int64_t end) {
      loops.each(loss, xs + begin, ts + begin, static_cast<T>(p), end - begin, ys + begin);
    });
  });
  return y;
}

Tensor pointwise_loss_sum(PointwiseLoss loss, const Tensor& input, const Tensor& target, double p,
                          double scale) {
  const Tensor x = dense(input), t = with_strides_of(target, x);
  return dispatch_float_double("loss", x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const auto loops = loss_loops<T>();
    const T *const xs = x.data_ptr<T>(), *const ts = t.data_ptr<T>();
    const double total = parallel_reduce(
        x.numel(), kGrain, 0.0,
        [&](int64_t begin, int64_t end) {
          double sum = 0;
          for (int64_t i = begin; i < end; i += kBlock) {
            sum += loops.sum(loss, xs + i, ts + i, static_cast<T>(p), std::min(kBlock, end - i));
          }
          return sum;
        },
        [](double a, double b) { return a + b; });
    return scalar_of<T>(total * scale, x.dtype());
  });
}

Tensor pointwise_loss_gradient(PointwiseLoss loss, const Tensor& gradient, const Tensor& input,
                               const Tensor& target, double p, double scale) {
  const Tensor x = dense(input), t = with_strides_of(target, x);
  const bool each = gradient.sizes() == x.sizes();
  const Tensor dy = each ? with_strides_of(gradient, x) : gradient;
  Tensor result = empty_strided(x.sizes(), x.strides(), x.dtype());
  dispatch_float_double("loss", x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const auto loops = loss_loops<T>();
    const T *const xs = x.data_ptr<T>(), *const ts = t.data_ptr<T>(), *const dys = dy.data_ptr<T>();
    T* const dx = result.data_ptr<T>();
    const T factor = static_cast<T>(each ? scale : scale * static_cast<double>(*dys));
    parallel_for(x.numel(), kGrain, [&](int64_t begin, int64_t end) {
      loops.gradient(loss, each ? dys + begin : nullptr, xs + begin, ts + begin, static_cast<T>(p),
                     factor, end - begin, dx + begin);
    });
  });
  return result;
}

// --- a loss for each row

double total_target_weight(const ClassTargets& targets) {
  const int64_t* const classes = targets.classes.data_ptr<int64_t>();
  const int64_t rows = targets.classes.numel();
  double total = 0;
  const auto add_up = [&](auto weight) {
    for (int64_t r = 0; r < rows; ++r) {
      if (classes[r] != targets.ignore_index) total += weight(classes[r]);
    }
  };
  if (!targets.weight.defined()) {
    add_up([](int64_t) { return 1.0; });
    return total;
  }
  dispatch_float_double("loss", targets.weight.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* const weight = targets.weight.data_ptr<T>();
    add_up([weight](int64_t c) { return static_cast<double>(weight[c]); });
  });
  return total;
}

CrossEntropy cross_entropy(const Tensor& x, const ClassTargets& targets, double scale,
                           bool need_gradient) {
  const int64_t rows = x.sizes()[0], n = x.sizes()[1];
  CrossEntropy result;
  result.losses = empty(rows, x.dtype());
  if (need_gradient) result.gradient = empty(x.sizes(), x.dtype());
  dispatch_float_double("cross_entropy", x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const auto loops = loss_loops<T>();
    const T *const xs = x.data_ptr<T>(), *const weight = data_or_null<T>(targets.weight),
                   *const q = data_or_null<T>(targets.probabilities);
    const int64_t* const classes = data_or_null<int64_t>(targets.classes);
    T *const losses = result.losses.data_ptr<T>(), *const gradient =
                                                       need_gradient ? result.gradient.data_ptr<T>()
                                                                     : nullptr;
    const T share = static_cast<T>(1 - targets.smoothing), factor = static_cast<T>(scale);
    const T rest = static_cast<T>(targets.smoothing / static_cast<double>(n));
    const auto row = [&](int64_t r) {
      const T* const logits = xs + r * n;
      T* const g = gradient == nullptr ? nullptr : gradient + r * n;
      const int64_t target = classes == nullptr ? -1 : classes[r];
      if (classes != nullptr && target == targets.ignore_index) {
        losses[r] = 0;
        if (g != nullptr) std::fill(g, g + n, T(0));
      } else if (classes != nullptr && targets.smoothing == 0) {
        const T w = weight == nullptr ? T(1) : weight[target];
        losses[r] = loops.hard_row(logits, n, target, w, factor, g);
      } else {
        const T* const probabilities = q == nullptr ? nullptr : q + r * n;
        losses[r] =
            loops.soft_row(logits, n, weight, probabilities, target, share, rest, factor, g);
      }
    };
    parallel_for(rows, std::max<int64_t>(kGrain / 2 / std::max<int64_t>(n, 1), 1),
                 [&](int64_t begin, int64_t end) {
                   for (int64_t r = begin; r < end; ++r) row(r);
                 });
  });
  return result;
}

CrossEntropy cross_entropy_planes(const Tensor& x, const ClassTargets& targets, double scale,
                                  bool need_gradient) {
  const int64_t outer = x.sizes()[0], n = x.sizes()[1], inner = x.sizes()[2];
  CrossEntropy result;
  result.losses = empty({outer, inner}, x.dtype());
  if (need_gradient) result.gradient = empty(x.sizes(), x.dtype());
  if (result.losses.numel() == 0) return result;
  const int64_t pieces = (inner - 1) / kPlaces + 1;
  dispatch_float_double("cross_entropy", x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const auto loops = loss_loops<T>();
    const T *const xs = x.data_ptr<T>(), *const weight = data_or_null<T>(targets.weight);
    const int64_t* const classes = targets.classes.data_ptr<int64_t>();
    T* const losses = result.losses.data_ptr<T>();
    T* const gradient = need_gradient ? result.gradient.data_ptr<T>() : nullptr;
    const auto piece = [&](int64_t o, int64_t first) {
      PlaceTargets<T> places;
      places.count = std::min(kPlaces, inner - first);
      for (int64_t i = 0; i < places.count; ++i) {
        const int64_t t = classes[o * inner + first + i];
        const bool counts = t != targets.ignore_index;
        places.target[i] = counts ? t : 0;
        places.weight[i] = !counts ? T(0) : weight == nullptr ? T(1) : weight[t];
      }
      const int64_t at = o * n * inner + first;
      loops.hard_places(xs + at, n, inner, places, static_cast<T>(scale),
                        losses + o * inner + first, need_gradient ? gradient + at : nullptr);
    };
    parallel_for(
        outer * pieces,
        std::max<int64_t>(kGrain / 2 / std::max<int64_t>(std::min(inner, kPlaces) * n, 1), 1),
        [&](int64_t begin, int64_t end) {
          for (int64_t i = begin; i < end; ++i) piece(i / pieces, i % pieces * kPlaces);
        });
  });
  return result;
}

Tensor scaled_sum(const Tensor& x, double scale) {
  DimVector dims;
  for (int64_t dim = 0; dim < x.dim(); ++dim) dims.push_back(dim);
  Tensor y = sum("sum", x, dims, /*keepdim=*/false);
  dispatch_float_double("sum", y.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    T* const value = y.data_ptr<T>();
    *value = static_cast<T>(static_cast<double>(*value) * scale);
  });
  return y;
}

// x and dx are [outer, classes, inner].

Tensor nll_loss(const Tensor& x, const ClassTargets& targets, int64_t outer, int64_t inner) {
  Tensor losses = empty(outer * inner, x.dtype());
  const int64_t n = outer == 0 || inner == 0 ? 0 : x.numel() / (outer * inner);
  dispatch_float_double("nll_loss", x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T *const xs = x.data_ptr<T>(), *const weight = data_or_null<T>(targets.weight);
    const int64_t* const classes = targets.classes.data_ptr<int64_t>();
    T* const y = losses.data_ptr<T>();
    parallel_for(outer * inner, kGrain, [&](int64_t begin, int64_t end) {
      int64_t o = begin / inner, i = begin % inner;
      for (int64_t r = begin; r < end; ++r) {
        const int64_t t = classes[r];
        const bool ignored = t == targets.ignore_index;
        const T w = ignored || weight == nullptr ? T(1) : weight[t];
        y[r] = ignored ? T(0) : -w * xs[(o * n + t) * inner + i];
        if (++i == inner) {
          i = 0;
          ++o;
        }
      }
    });
  });
  return losses;
}

Tensor nll_loss_backward(const Tensor& dy, const ClassTargets& targets, int64_t outer, int64_t n,
                         int64_t inner, double scale) {
  Tensor result = zeros(outer * n * inner, dy.dtype());
  const bool each = dy.numel() == outer * inner;
  dispatch_float_double("nll_loss", dy.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T *const dys = dy.data_ptr<T>(), *const weight = data_or_null<T>(targets.weight);
    const int64_t* const classes = targets.classes.data_ptr<int64_t>();
    T* const dx = result.data_ptr<T>();
    for (int64_t o = 0; o < outer; ++o) {
      T* const plane = dx + o * n * inner;
      for (int64_t i = 0; i < inner; ++i) {
        const int64_t r = o * inner + i, t = classes[r];
        if (t == targets.ignore_index) continue;
        const T w = weight == nullptr ? T(1) : weight[t];
        plane[t * inner + i] = -w * static_cast<T>(static_cast<double>(dys[each ? r : 0]) * scale);
      }
    }
  });
  return result;
}

}  // namespace gradus::kernel
