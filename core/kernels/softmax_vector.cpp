#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)

#include <cmath>

#include "core/kernels/softmax.h"

// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/softmax_vector.cpp"
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
using vm::ForEachVector;
using vm::KeepFirst;
using vm::LoadFirst;
using vm::NonPositiveExp;
using vm::RowMax;
using vm::RowSums;
using vm::StoreFirst;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

void SoftmaxRows(const float* HWY_RESTRICT x, float* HWY_RESTRICT y, int64_t rows, int64_t n,
                 bool log) {
  const D d;
  for (int64_t r = 0; r < rows; ++r, x += n, y += n) {
    const V max = hn::Set(d, RowMax(d, x, n));
    double sum;
    RowSums<1, 4>(d, n, &sum, [=](int64_t i, size_t count, V* acc) HWY_ATTR {
      const V e = NonPositiveExp(d, hn::Sub(LoadFirst(d, x + i, count), max));
      if (!log) StoreFirst(d, e, y + i, count);
      acc[0] = hn::Add(acc[0], KeepFirst(d, e, count));
    });
    if (log) {
      const V log_sum = hn::Set(d, static_cast<float>(std::log(sum)));
      ForEachVector(d, n, [=](int64_t i, size_t count) HWY_ATTR {
        const V shifted = hn::Sub(LoadFirst(d, x + i, count), max);
        StoreFirst(d, hn::Sub(shifted, log_sum), y + i, count);
      });
    } else {
      const V scale = hn::Set(d, static_cast<float>(1 / sum));
      ForEachVector(d, n, [=](int64_t i, size_t count) HWY_ATTR {
        StoreFirst(d, hn::Mul(LoadFirst(d, y + i, count), scale), y + i, count);
      });
    }
  }
}

void BackwardRows(const float* HWY_RESTRICT y, const float* HWY_RESTRICT dy, float* HWY_RESTRICT dx,
                  int64_t rows, int64_t n, bool log) {
  const D d;
  for (int64_t r = 0; r < rows; ++r, y += n, dy += n, dx += n) {
    double total;
    RowSums<1, 4>(d, n, &total, [=](int64_t i, size_t count, V* acc) HWY_ATTR {
      const V g = LoadFirst(d, dy + i, count);
      acc[0] = log ? hn::Add(acc[0], g) : hn::MulAdd(g, LoadFirst(d, y + i, count), acc[0]);
    });
    const V sum = hn::Set(d, static_cast<float>(total));
    ForEachVector(d, n, [=](int64_t i, size_t count) HWY_ATTR {
      const V g = LoadFirst(d, dy + i, count);
      const V v = LoadFirst(d, y + i, count);
      const V result =
          log ? hn::NegMulAdd(NonPositiveExp(d, v), sum, g) : hn::Mul(v, hn::Sub(g, sum));
      StoreFirst(d, result, dx + i, count);
    });
  }
}

// One number for each column of a strip. Row by row, so that memory is read in bursts.
struct ColumnValues {
  HWY_ALIGN float at[kSoftmaxColumns];

  HWY_INLINE void Fill(float value) {
    for (float& a : at) a = value;
  }
  // Adds `block` and starts it anew.
  HWY_INLINE void Take(ColumnValues& block) {
    const D d;
    ForEachVector(d, kSoftmaxColumns, [&](int64_t c, size_t) HWY_ATTR {
      hn::Store(hn::Add(hn::Load(d, at + c), hn::Load(d, block.at + c)), d, at + c);
      hn::Store(hn::Zero(d), d, block.at + c);
    });
  }
};

// Rows that are added up before their sum is added to the total: neither chain is long.
constexpr int64_t kRowBlock = 64;

void SoftmaxColumns(const float* HWY_RESTRICT x, float* HWY_RESTRICT y, int64_t n, int64_t inner,
                    int64_t cols, bool log) {
  const D d;
  ColumnValues max, sum, block;
  max.Fill(-HUGE_VALF);
  sum.Fill(0);
  block.Fill(0);
  for (int64_t i = 0; i < n; ++i) {
    ForEachVector(d, cols, [&](int64_t c, size_t count) HWY_ATTR {
      const V v = LoadFirst(d, x + i * inner + c, count);
      hn::Store(hn::Max(hn::Load(d, max.at + c), v), d, max.at + c);
    });
  }
  for (int64_t i = 0; i < n; ++i) {
    ForEachVector(d, cols, [&](int64_t c, size_t count) HWY_ATTR {
      const V v = LoadFirst(d, x + i * inner + c, count);
      const V e = NonPositiveExp(d, hn::Sub(v, hn::Load(d, max.at + c)));
      if (!log) StoreFirst(d, e, y + i * inner + c, count);
      hn::Store(hn::Add(hn::Load(d, block.at + c), e), d, block.at + c);
    });
    if (i % kRowBlock == kRowBlock - 1) sum.Take(block);
  }
  sum.Take(block);
  ForEachVector(d, cols, [&](int64_t c, size_t) HWY_ATTR {
    const V total = hn::Load(d, sum.at + c);
    hn::Store(log ? vm::Log(d, total) : hn::Div(hn::Set(d, 1.0f), total), d, sum.at + c);
  });
  for (int64_t i = 0; i < n; ++i) {
    ForEachVector(d, cols, [&](int64_t c, size_t count) HWY_ATTR {
      const int64_t at = i * inner + c;
      const V s = hn::Load(d, sum.at + c);
      if (log) {
        const V shifted = hn::Sub(LoadFirst(d, x + at, count), hn::Load(d, max.at + c));
        StoreFirst(d, hn::Sub(shifted, s), y + at, count);
      } else {
        StoreFirst(d, hn::Mul(LoadFirst(d, y + at, count), s), y + at, count);
      }
    });
  }
}

void BackwardColumns(const float* HWY_RESTRICT y, const float* HWY_RESTRICT dy,
                     float* HWY_RESTRICT dx, int64_t n, int64_t inner, int64_t cols, bool log) {
  const D d;
  ColumnValues sum, block;
  sum.Fill(0);
  block.Fill(0);
  for (int64_t i = 0; i < n; ++i) {
    ForEachVector(d, cols, [&](int64_t c, size_t count) HWY_ATTR {
      const int64_t at = i * inner + c;
      const V g = LoadFirst(d, dy + at, count);
      const V term = log ? g : hn::Mul(g, LoadFirst(d, y + at, count));
      hn::Store(hn::Add(hn::Load(d, block.at + c), term), d, block.at + c);
    });
    if (i % kRowBlock == kRowBlock - 1) sum.Take(block);
  }
  sum.Take(block);
  for (int64_t i = 0; i < n; ++i) {
    ForEachVector(d, cols, [&](int64_t c, size_t count) HWY_ATTR {
      const int64_t at = i * inner + c;
      const V s = hn::Load(d, sum.at + c);
      const V g = LoadFirst(d, dy + at, count);
      const V v = LoadFirst(d, y + at, count);
      const V result = log ? hn::NegMulAdd(NonPositiveExp(d, v), s, g) : hn::Mul(v, hn::Sub(g, s));
      StoreFirst(d, result, dx + at, count);
    });
  }
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
