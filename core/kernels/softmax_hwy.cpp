#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)

#include <cmath>

#include "core/kernels/softmax.h"

// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/softmax_hwy.cpp"
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

using vm::FoldLanes;
using vm::LoadFirst;
using vm::NonPositiveExp;
using vm::StoreFirst;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

// A row is summed in blocks of so many elements, in float32 vectors; the blocks in double.
constexpr int64_t kBlock = 2048;

struct AddOp {
  static HWY_INLINE V Combine(V a, V b) { return hn::Add(a, b); }
};
struct MaxOp {
  static HWY_INLINE V Combine(V a, V b) { return hn::Max(a, b); }
};

// NaN may get lost: it comes back with the sum.
HWY_INLINE float RowMax(const float* HWY_RESTRICT x, int64_t n) {
  const D d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const V lowest = hn::Neg(hn::Inf(d));
  V m0 = lowest, m1 = lowest, m2 = lowest, m3 = lowest;
  int64_t i = 0;
  for (; i + 4 * lanes <= n; i += 4 * lanes) {
    m0 = hn::Max(m0, hn::LoadU(d, x + i));
    m1 = hn::Max(m1, hn::LoadU(d, x + i + lanes));
    m2 = hn::Max(m2, hn::LoadU(d, x + i + 2 * lanes));
    m3 = hn::Max(m3, hn::LoadU(d, x + i + 3 * lanes));
  }
  for (; i + lanes <= n; i += lanes) m0 = hn::Max(m0, hn::LoadU(d, x + i));
  if (i < n) {
    const size_t rest = static_cast<size_t>(n - i);
    m1 = hn::Max(m1, hn::IfThenElse(hn::FirstN(d, rest), LoadFirst(d, x + i, rest), lowest));
  }
  return FoldLanes<MaxOp>(d, hn::Max(hn::Max(m0, m1), hn::Max(m2, m3)));
}

// sum of Map(x[i]...) over a row, or a block of one.
template <class F>
HWY_INLINE double RowSum(int64_t n, const F& map) {
  const D d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  double total = 0;
  for (int64_t block = 0; block < n; block += kBlock) {
    const int64_t end = n - block < kBlock ? n : block + kBlock;
    V s0 = hn::Zero(d), s1 = s0, s2 = s0, s3 = s0;
    int64_t i = block;
    for (; i + 4 * lanes <= end; i += 4 * lanes) {
      s0 = hn::Add(s0, map(i));
      s1 = hn::Add(s1, map(i + lanes));
      s2 = hn::Add(s2, map(i + 2 * lanes));
      s3 = hn::Add(s3, map(i + 3 * lanes));
    }
    for (; i + lanes <= end; i += lanes) s0 = hn::Add(s0, map(i));
    if (i < end) s1 = hn::Add(s1, map(i, static_cast<size_t>(end - i)));
    const V sum = hn::Add(hn::Add(s0, s1), hn::Add(s2, s3));
    total += static_cast<double>(FoldLanes<AddOp>(d, sum));
  }
  return total;
}

// Loads, whole vectors or the first few elements of one, computes and stores.
template <class F>
HWY_INLINE void ForEachVector(int64_t n, const F& f) {
  const D d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) f(i, static_cast<size_t>(lanes));
  if (i < n) f(i, static_cast<size_t>(n - i));
}

// e^(x - max), stored to y unless that is null.
struct ShiftedExp {
  const float* HWY_RESTRICT x;
  float* HWY_RESTRICT y;
  V max;

  HWY_INLINE V operator()(int64_t i) const {
    const D d;
    const V e = NonPositiveExp(d, hn::Sub(hn::LoadU(d, x + i), max));
    if (y != nullptr) hn::StoreU(e, d, y + i);
    return e;
  }
  HWY_INLINE V operator()(int64_t i, size_t n) const {
    const D d;
    const V e = NonPositiveExp(d, hn::Sub(LoadFirst(d, x + i, n), max));
    if (y != nullptr) StoreFirst(d, e, y + i, n);
    return hn::IfThenElseZero(hn::FirstN(d, n), e);
  }
};

void SoftmaxRows(const float* HWY_RESTRICT x, float* HWY_RESTRICT y, int64_t rows, int64_t n,
                 bool log) {
  const D d;
  for (int64_t r = 0; r < rows; ++r, x += n, y += n) {
    const V max = hn::Set(d, RowMax(x, n));
    if (log) {
      const double sum = RowSum(n, ShiftedExp{x, nullptr, max});
      const V log_sum = hn::Set(d, static_cast<float>(std::log(sum)));
      ForEachVector(n, [=](int64_t i, size_t count) HWY_ATTR {
        const V shifted = hn::Sub(LoadFirst(d, x + i, count), max);
        StoreFirst(d, hn::Sub(shifted, log_sum), y + i, count);
      });
    } else {
      const double sum = RowSum(n, ShiftedExp{x, y, max});
      const V scale = hn::Set(d, static_cast<float>(1 / sum));
      ForEachVector(n, [=](int64_t i, size_t count) HWY_ATTR {
        StoreFirst(d, hn::Mul(LoadFirst(d, y + i, count), scale), y + i, count);
      });
    }
  }
}

struct Value {
  const float* HWY_RESTRICT x;
  HWY_INLINE V operator()(int64_t i) const { return hn::LoadU(D(), x + i); }
  HWY_INLINE V operator()(int64_t i, size_t n) const { return LoadFirst(D(), x + i, n); }
};

struct Product {
  const float* HWY_RESTRICT x;
  const float* HWY_RESTRICT y;
  HWY_INLINE V operator()(int64_t i) const {
    return hn::Mul(hn::LoadU(D(), x + i), hn::LoadU(D(), y + i));
  }
  HWY_INLINE V operator()(int64_t i, size_t n) const {
    return hn::Mul(LoadFirst(D(), x + i, n), LoadFirst(D(), y + i, n));
  }
};

void BackwardRows(const float* HWY_RESTRICT y, const float* HWY_RESTRICT dy, float* HWY_RESTRICT dx,
                  int64_t rows, int64_t n, bool log) {
  const D d;
  for (int64_t r = 0; r < rows; ++r, y += n, dy += n, dx += n) {
    if (log) {
      const V sum = hn::Set(d, static_cast<float>(RowSum(n, Value{dy})));
      ForEachVector(n, [=](int64_t i, size_t count) HWY_ATTR {
        const V p = NonPositiveExp(d, LoadFirst(d, y + i, count));
        StoreFirst(d, hn::NegMulAdd(p, sum, LoadFirst(d, dy + i, count)), dx + i, count);
      });
    } else {
      const V sum = hn::Set(d, static_cast<float>(RowSum(n, Product{y, dy})));
      ForEachVector(n, [=](int64_t i, size_t count) HWY_ATTR {
        const V difference = hn::Sub(LoadFirst(d, dy + i, count), sum);
        StoreFirst(d, hn::Mul(LoadFirst(d, y + i, count), difference), dx + i, count);
      });
    }
  }
}

// The sum of n vectors, in blocks: neither chain of additions is long.
struct BlockedSum {
  V block, total;
  HWY_INLINE BlockedSum() : block(hn::Zero(D())), total(hn::Zero(D())) {}
  HWY_INLINE void Add(int64_t i, V value) {
    block = hn::Add(block, value);
    if (i % 64 == 63) {
      total = hn::Add(total, block);
      block = hn::Zero(D());
    }
  }
  HWY_INLINE V Total() const { return hn::Add(total, block); }
};

void SoftmaxColumns(const float* HWY_RESTRICT x, float* HWY_RESTRICT y, int64_t n, int64_t inner,
                    int64_t cols, bool log) {
  const D d;
  ForEachVector(cols, [=](int64_t c, size_t count) HWY_ATTR {
    V max = hn::Neg(hn::Inf(d));
    for (int64_t i = 0; i < n; ++i) max = hn::Max(max, LoadFirst(d, x + i * inner + c, count));
    BlockedSum sum;
    for (int64_t i = 0; i < n; ++i) {
      const V e = NonPositiveExp(d, hn::Sub(LoadFirst(d, x + i * inner + c, count), max));
      if (!log) StoreFirst(d, e, y + i * inner + c, count);
      sum.Add(i, e);
    }
    if (log) {
      const V log_sum = vm::Log(d, sum.Total());
      for (int64_t i = 0; i < n; ++i) {
        const V shifted = hn::Sub(LoadFirst(d, x + i * inner + c, count), max);
        StoreFirst(d, hn::Sub(shifted, log_sum), y + i * inner + c, count);
      }
    } else {
      const V scale = hn::Div(hn::Set(d, 1.0f), sum.Total());
      for (int64_t i = 0; i < n; ++i) {
        float* const at = y + i * inner + c;
        StoreFirst(d, hn::Mul(LoadFirst(d, at, count), scale), at, count);
      }
    }
  });
}

void BackwardColumns(const float* HWY_RESTRICT y, const float* HWY_RESTRICT dy,
                     float* HWY_RESTRICT dx, int64_t n, int64_t inner, int64_t cols, bool log) {
  const D d;
  ForEachVector(cols, [=](int64_t c, size_t count) HWY_ATTR {
    BlockedSum blocked;
    for (int64_t i = 0; i < n; ++i) {
      const int64_t at = i * inner + c;
      const V g = LoadFirst(d, dy + at, count);
      blocked.Add(i, log ? g : hn::Mul(g, LoadFirst(d, y + at, count)));
    }
    const V sum = blocked.Total();
    for (int64_t i = 0; i < n; ++i) {
      const int64_t at = i * inner + c;
      const V g = LoadFirst(d, dy + at, count);
      const V v = LoadFirst(d, y + at, count);
      const V result =
          log ? hn::NegMulAdd(NonPositiveExp(d, v), sum, g) : hn::Mul(v, hn::Sub(g, sum));
      StoreFirst(d, result, dx + at, count);
    }
  });
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernel
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernel {

HWY_EXPORT(SoftmaxRows);
HWY_EXPORT(SoftmaxColumns);
HWY_EXPORT(BackwardRows);
HWY_EXPORT(BackwardColumns);

void softmax_rows(const float* x, float* y, int64_t rows, int64_t n, bool log) {
  HWY_DYNAMIC_DISPATCH(SoftmaxRows)(x, y, rows, n, log);
}

void softmax_columns(const float* x, float* y, int64_t n, int64_t inner, int64_t cols, bool log) {
  HWY_DYNAMIC_DISPATCH(SoftmaxColumns)(x, y, n, inner, cols, log);
}

void softmax_backward_rows(const float* y, const float* dy, float* dx, int64_t rows, int64_t n,
                           bool log) {
  HWY_DYNAMIC_DISPATCH(BackwardRows)(y, dy, dx, rows, n, log);
}

void softmax_backward_columns(const float* y, const float* dy, float* dx, int64_t n, int64_t inner,
                              int64_t cols, bool log) {
  HWY_DYNAMIC_DISPATCH(BackwardColumns)(y, dy, dx, n, inner, cols, log);
}

}  // namespace gradus::kernel
#endif
