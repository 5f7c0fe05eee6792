#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)

#include <cmath>

#include "core/kernels/loss.h"

// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/loss_vector.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include "core/kernels/rows-inl.h"
#include "core/kernels/vector_math-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace gradus::kernel {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
namespace vm = gradus::HWY_NAMESPACE;

using vm::ForEachVector;
using vm::KeepFirst;
using vm::LoadFirst;
using vm::NonPositiveExp;
using vm::RowMax;
using vm::RowSums;
using vm::StoreFirst;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

// --- a loss for each element

HWY_INLINE V Sign(D d, V x) {
  const V one = hn::CopySign(hn::Set(d, 1.0f), x);
  return hn::IfThenElse(hn::Gt(hn::Abs(x), hn::Zero(d)), one, x);  // 0 and NaN stay
}

struct Squared {
  static HWY_INLINE V Value(D d, V x, V t, V) {
    (void)d;
    const V e = hn::Sub(x, t);
    return hn::Mul(e, e);
  }
  static HWY_INLINE V Slope(D d, V x, V t, V) {
    (void)d;
    const V e = hn::Sub(x, t);
    return hn::Add(e, e);
  }
};

struct Absolute {
  static HWY_INLINE V Value(D, V x, V t, V) { return hn::Abs(hn::Sub(x, t)); }
  static HWY_INLINE V Slope(D d, V x, V t, V) { return Sign(d, hn::Sub(x, t)); }
};

struct Huber {
  static HWY_INLINE V Value(D d, V x, V t, V p) {
    const V e = hn::Sub(x, t), size = hn::Abs(e), half = hn::Set(d, 0.5f);
    const V far = hn::Mul(p, hn::NegMulAdd(half, p, size));
    return hn::IfThenElse(hn::Lt(size, p), hn::Mul(half, hn::Mul(e, e)), far);
  }
  static HWY_INLINE V Slope(D d, V x, V t, V p) {
    const V e = hn::Sub(x, t);
    return hn::IfThenElse(hn::Lt(hn::Abs(e), p), e, hn::Mul(p, Sign(d, e)));
  }
};

struct SmoothL1 {
  static HWY_INLINE V Value(D d, V x, V t, V p) {
    const V e = hn::Sub(x, t), size = hn::Abs(e), half = hn::Set(d, 0.5f);
    const V near = hn::Div(hn::Mul(half, hn::Mul(e, e)), p);
    return hn::IfThenElse(hn::Lt(size, p), near, hn::NegMulAdd(half, p, size));
  }
  static HWY_INLINE V Slope(D d, V x, V t, V p) {
    const V e = hn::Sub(x, t);
    return hn::IfThenElse(hn::Lt(hn::Abs(e), p), hn::Div(e, p), Sign(d, e));
  }
};

struct BinaryCrossEntropy {
  static HWY_INLINE V Value(D d, V x, V t, V) {
    const V least = hn::Set(d, -100.0f);
    const V log_x = hn::Max(vm::Log(d, x), least);
    const V log_rest = hn::Max(vm::Log1p(d, hn::Neg(x)), least);
    const V rest = hn::Sub(hn::Set(d, 1.0f), t);
    return hn::Neg(hn::MulAdd(t, log_x, hn::Mul(rest, log_rest)));
  }
  static HWY_INLINE V Slope(D d, V x, V t, V) {
    const V product = hn::Mul(x, hn::Sub(hn::Set(d, 1.0f), x));
    return hn::Div(hn::Sub(x, t), hn::Max(product, hn::Set(d, 1e-12f)));
  }
};

struct BinaryCrossEntropyWithLogits {
  static HWY_INLINE V Value(D d, V x, V t, V) {
    // log(1 + e^x) - x t.
    return hn::NegMulAdd(x, t, vm::Softplus(d, x));
  }
  static HWY_INLINE V Slope(D d, V x, V t, V) { return hn::Sub(vm::Sigmoid(d, x), t); }
};

template <class Loss>
double SumOf(const float* HWY_RESTRICT x, const float* HWY_RESTRICT target, float p, int64_t n) {
  const D d;
  const V pv = hn::Set(d, p);
  double total;
  RowSums<1, 2>(d, n, &total, [=](int64_t i, size_t count, V* acc) HWY_ATTR {
    const V y = Loss::Value(d, LoadFirst(d, x + i, count), LoadFirst(d, target + i, count), pv);
    acc[0] = hn::Add(acc[0], KeepFirst(d, y, count));
  });
  return total;
}

template <class Loss>
void EachOf(const float* HWY_RESTRICT x, const float* HWY_RESTRICT target, float p, int64_t n,
            float* HWY_RESTRICT y) {
  const D d;
  const V pv = hn::Set(d, p);
  ForEachVector(d, n, [=](int64_t i, size_t count) HWY_ATTR {
    const V v = Loss::Value(d, LoadFirst(d, x + i, count), LoadFirst(d, target + i, count), pv);
    StoreFirst(d, v, y + i, count);
  });
}

template <class Loss>
void GradientOf(const float* HWY_RESTRICT dy, const float* HWY_RESTRICT x,
                const float* HWY_RESTRICT target, float p, float factor, int64_t n,
                float* HWY_RESTRICT dx) {
  const D d;
  const V pv = hn::Set(d, p), f = hn::Set(d, factor);
  ForEachVector(d, n, [=](int64_t i, size_t count) HWY_ATTR {
    const V slope = Loss::Slope(d, LoadFirst(d, x + i, count), LoadFirst(d, target + i, count), pv);
    const V scale = dy == nullptr ? f : hn::Mul(f, LoadFirst(d, dy + i, count));
    StoreFirst(d, hn::Mul(slope, scale), dx + i, count);
  });
}

// Calls f with the struct of the loss.
template <class F>
HWY_INLINE auto Dispatch(PointwiseLoss loss, const F& f) {
  switch (loss) {
    case PointwiseLoss::Absolute:
      return f(Absolute());
    case PointwiseLoss::SmoothL1:
      return f(SmoothL1());
    case PointwiseLoss::Huber:
      return f(Huber());
    case PointwiseLoss::BinaryCrossEntropy:
      return f(BinaryCrossEntropy());
    case PointwiseLoss::BinaryCrossEntropyWithLogits:
      return f(BinaryCrossEntropyWithLogits());
    case PointwiseLoss::Squared:
      break;
  }
  return f(Squared());
}

double Sum(PointwiseLoss loss, const float* x, const float* target, float p, int64_t n) {
  return Dispatch(loss, [=](auto l) { return SumOf<decltype(l)>(x, target, p, n); });
}

void Each(PointwiseLoss loss, const float* x, const float* target, float p, int64_t n, float* y) {
  Dispatch(loss, [=](auto l) { EachOf<decltype(l)>(x, target, p, n, y); });
}

void Gradient(PointwiseLoss loss, const float* dy, const float* x, const float* target, float p,
              float factor, int64_t n, float* dx) {
  Dispatch(loss, [=](auto l) { GradientOf<decltype(l)>(dy, x, target, p, factor, n, dx); });
}

// --- a loss for each row

// g = e^(x - max) where g is not null; returns the sum.
HWY_INLINE double ExpRow(const float* HWY_RESTRICT x, int64_t n, float max, float* HWY_RESTRICT g) {
  const D d;
  const V m = hn::Set(d, max);
  double sum;
  RowSums<1, 4>(d, n, &sum, [=](int64_t i, size_t count, V* acc) HWY_ATTR {
    const V e = NonPositiveExp(d, hn::Sub(LoadFirst(d, x + i, count), m));
    if (g != nullptr) StoreFirst(d, e, g + i, count);
    acc[0] = hn::Add(acc[0], KeepFirst(d, e, count));
  });
  return sum;
}

float HardRow(const float* HWY_RESTRICT x, int64_t n, int64_t target, float weight, float scale,
              float* HWY_RESTRICT g) {
  const D d;
  const float max = RowMax(d, x, n);
  const double sum = ExpRow(x, n, max, g);
  if (g != nullptr) {
    const float target_scale = weight * scale;
    const V factor = hn::Set(d, static_cast<float>(static_cast<double>(target_scale) / sum));
    ForEachVector(d, n, [=](int64_t i, size_t count) HWY_ATTR {
      StoreFirst(d, hn::Mul(LoadFirst(d, g + i, count), factor), g + i, count);
    });
    g[target] -= target_scale;
  }
  const double distance = static_cast<double>(max) - static_cast<double>(x[target]);
  return static_cast<float>(static_cast<double>(weight) * (std::log(sum) + distance));
}

float SoftRow(const float* HWY_RESTRICT x, int64_t n, const float* HWY_RESTRICT weight,
              const float* HWY_RESTRICT q, int64_t target, float share, float rest, float scale,
              float* HWY_RESTRICT g) {
  const D d;
  const V s = hn::Set(d, share), r = hn::Set(d, rest);
  const auto u = [=](int64_t i, size_t count) HWY_ATTR {
    const V v = q == nullptr ? r : hn::MulAdd(s, LoadFirst(d, q + i, count), r);
    return weight == nullptr ? v : hn::Mul(v, LoadFirst(d, weight + i, count));
  };
  const float max = RowMax(d, x, n);
  const V m = hn::Set(d, max);
  const double sum = ExpRow(x, n, max, g);
  double sums[2];
  RowSums<2, 2>(d, n, sums, [=](int64_t i, size_t count, V* acc) HWY_ATTR {
    const V v = u(i, count);
    const V term = hn::Mul(v, hn::Sub(m, LoadFirst(d, x + i, count)));
    acc[0] = hn::Add(acc[0], KeepFirst(d, v, count));
    acc[1] = hn::Add(acc[1], KeepFirst(d, term, count));
  });
  // The target's own share comes on top of what u() says.
  float extra = 0;
  if (target >= 0) {
    extra = weight == nullptr ? share : share * weight[target];
    sums[0] += static_cast<double>(extra);
    sums[1] += static_cast<double>(extra) * static_cast<double>(max - x[target]);
  }
  if (g != nullptr) {
    const double f = static_cast<double>(scale) * sums[0] / sum;
    const V factor = hn::Set(d, static_cast<float>(f)), c = hn::Set(d, scale);
    ForEachVector(d, n, [=](int64_t i, size_t count) HWY_ATTR {
      const V e = LoadFirst(d, g + i, count);
      StoreFirst(d, hn::MulSub(e, factor, hn::Mul(c, u(i, count))), g + i, count);
    });
    if (target >= 0) g[target] -= scale * extra;
  }
  return static_cast<float>(sums[0] * std::log(sum) + sums[1]);
}

// A vector of places at a time; sums of blocks of classes are short. The planes' lines of one place
// can lie a power of two apart and push each other out of the cache, so that what is computed of
// them stays in `stash` where it fits, else in g.
void HardPlaces(const float* HWY_RESTRICT x, int64_t n, int64_t stride,
                const PlaceTargets<float>& targets, float scale, float* HWY_RESTRICT losses,
                float* HWY_RESTRICT g) {
  constexpr int64_t kClassBlock = 64, kStash = 4096;
  const D d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const V scales = hn::Set(d, scale);
  HWY_ALIGN float stash[kStash];
  const bool fits = n <= kStash / lanes;
  ForEachVector(d, targets.count, [=, &targets, &stash](int64_t i, size_t count) HWY_ATTR {
    V max = hn::Neg(hn::Inf(d));
    for (int64_t c = 0; c < n; ++c) {
      const V logit = LoadFirst(d, x + c * stride + i, count);
      if (fits) hn::Store(logit, d, stash + c * lanes);
      max = hn::Max(max, logit);
    }
    V sum = hn::Zero(d);
    for (int64_t block = 0; block < n; block += kClassBlock) {
      const int64_t end = n - block < kClassBlock ? n : block + kClassBlock;
      V part = hn::Zero(d);
      for (int64_t c = block; c < end; ++c) {
        const V logit =
            fits ? hn::Load(d, stash + c * lanes) : LoadFirst(d, x + c * stride + i, count);
        const V e = NonPositiveExp(d, hn::Sub(logit, max));
        if (fits) {
          hn::Store(e, d, stash + c * lanes);
        } else if (g != nullptr) {
          StoreFirst(d, e, g + c * stride + i, count);
        }
        part = hn::Add(part, e);
      }
      sum = hn::Add(sum, part);
    }
    HWY_ALIGN float own[hn::MaxLanes(D())] = {};
    for (size_t k = 0; k < count; ++k) {
      const int64_t place = i + static_cast<int64_t>(k);
      own[k] = x[targets.target[place] * stride + place];
    }
    const V weight = LoadFirst(d, targets.weight + i, count);
    const auto counts = hn::Ne(weight, hn::Zero(d));
    const V loss = hn::Add(vm::Log(d, sum), hn::Sub(max, hn::Load(d, own)));
    StoreFirst(d, hn::IfThenElseZero(counts, hn::Mul(weight, loss)), losses + i, count);
    if (g == nullptr) return;
    const V factor = hn::Div(hn::Mul(scales, weight), sum);
    for (int64_t c = 0; c < n; ++c) {
      float* const to = g + c * stride + i;
      const V e = fits ? hn::Load(d, stash + c * lanes) : LoadFirst(d, to, count);
      const V slope = hn::Mul(e, factor);
      StoreFirst(d, hn::IfThenElseZero(counts, slope), to, count);
    }
    for (size_t k = 0; k < count; ++k) {
      const int64_t place = i + static_cast<int64_t>(k);
      g[targets.target[place] * stride + place] -= targets.weight[place] * scale;
    }
  });
}

LossLoops<float> Loops() {
  return {&Sum, &Each, &Gradient, &HardRow, &SoftRow, &HardPlaces};
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernel
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernel {

HWY_EXPORT(Loops);

LossLoops<float> vector_loss_loops() {
  return HWY_DYNAMIC_DISPATCH(Loops)();
}

}  // namespace gradus::kernel
#endif
