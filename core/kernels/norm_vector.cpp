#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)

#include <cmath>

#include "core/kernels/norm.h"

// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/norm_vector.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include "core/kernels/rows-inl.h"
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
using vm::RowSums;
using vm::StoreFirst;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

// The first n at p, or `value` where p is null.
HWY_INLINE V LoadOr(D d, const float* p, int64_t i, size_t n, float value) {
  return p == nullptr ? hn::Set(d, value) : LoadFirst(d, p + i, n);
}

double RowMean(const float* HWY_RESTRICT x, float shift, int64_t n) {
  const D d;
  const V s = hn::Set(d, shift);
  double sum;
  RowSums<1, 4>(d, n, &sum, [=](int64_t i, size_t count, V* acc) HWY_ATTR {
    const V difference = hn::Sub(LoadFirst(d, x + i, count), s);
    acc[0] = hn::Add(acc[0], KeepFirst(d, difference, count));
  });
  return sum / static_cast<double>(n);
}

double RowSquares(const float* HWY_RESTRICT x, float shift, double mean, int64_t n) {
  const D d;
  const V s = hn::Set(d, shift), m = hn::Set(d, static_cast<float>(mean));
  double sum;
  RowSums<1, 4>(d, n, &sum, [=](int64_t i, size_t count, V* acc) HWY_ATTR {
    const V deviation = hn::Sub(hn::Sub(LoadFirst(d, x + i, count), s), m);
    const V kept = KeepFirst(d, deviation, count);
    acc[0] = hn::MulAdd(kept, kept, acc[0]);
  });
  return sum;
}

void RowMoments(const float* HWY_RESTRICT x, float shift, int64_t n, float* mean, float* squares) {
  const double m = RowMean(x, shift, n);
  *mean = static_cast<float>(m);
  *squares = static_cast<float>(RowSquares(x, shift, m, n));
}

void LayerNormRows(const float* HWY_RESTRICT x, const float* HWY_RESTRICT w,
                   const float* HWY_RESTRICT b, float eps, int64_t rows, int64_t n,
                   float* HWY_RESTRICT y, float* HWY_RESTRICT mean, float* HWY_RESTRICT rstd) {
  const D d;
  for (int64_t r = 0; r < rows; ++r, x += n, y += n) {
    const double row_mean = RowMean(x, x[0], n);
    const double var = RowSquares(x, x[0], row_mean, n) / static_cast<double>(n);
    mean[r] = static_cast<float>(row_mean + static_cast<double>(x[0]));
    rstd[r] = static_cast<float>(1 / std::sqrt(var + static_cast<double>(eps)));
    const V m = hn::Set(d, mean[r]);
    const V s = hn::Set(d, rstd[r]);
    ForEachVector(d, n, [=](int64_t i, size_t count) HWY_ATTR {
      const V xhat = hn::Mul(hn::Sub(LoadFirst(d, x + i, count), m), s);
      const V result = hn::MulAdd(xhat, LoadOr(d, w, i, count, 1), LoadOr(d, b, i, count, 0));
      StoreFirst(d, result, y + i, count);
    });
  }
}

template <bool kAffine>
void LayerNormBackward(const float* HWY_RESTRICT dy, const float* HWY_RESTRICT x,
                       const float* HWY_RESTRICT mean, const float* HWY_RESTRICT rstd,
                       const float* HWY_RESTRICT w, int64_t rows, int64_t n, float* HWY_RESTRICT dx,
                       float* HWY_RESTRICT dw, float* HWY_RESTRICT db) {
  const D d;
  for (int64_t r = 0; r < rows; ++r, dy += n, x += n, dx += n) {
    const V m = hn::Set(d, mean[r]);
    const V s = hn::Set(d, rstd[r]);
    double sums[2];
    RowSums<2, 2>(d, n, sums, [=](int64_t i, size_t count, V* acc) HWY_ATTR {
      const V xhat = hn::Mul(hn::Sub(LoadFirst(d, x + i, count), m), s);
      const V g = LoadFirst(d, dy + i, count);
      const V gw = w == nullptr ? g : hn::Mul(g, LoadFirst(d, w + i, count));
      acc[0] = hn::Add(acc[0], gw);
      acc[1] = hn::MulAdd(gw, xhat, acc[1]);
      if (kAffine) {
        StoreFirst(d, hn::MulAdd(g, xhat, LoadFirst(d, dw + i, count)), dw + i, count);
        StoreFirst(d, hn::Add(g, LoadFirst(d, db + i, count)), db + i, count);
      }
    });
    // dx = s gw - s mean(gw) - (x - m) s^2 mean(gw xhat).
    const double rs = static_cast<double>(rstd[r]), count_inverse = 1 / static_cast<double>(n);
    const V b = hn::Set(d, static_cast<float>(-rs * sums[0] * count_inverse));
    const V a = hn::Set(d, static_cast<float>(-rs * rs * sums[1] * count_inverse));
    ForEachVector(d, n, [=](int64_t i, size_t count) HWY_ATTR {
      const V deviation = hn::Sub(LoadFirst(d, x + i, count), m);
      const V g = LoadFirst(d, dy + i, count);
      const V gw = w == nullptr ? g : hn::Mul(g, LoadFirst(d, w + i, count));
      StoreFirst(d, hn::MulAdd(gw, s, hn::MulAdd(deviation, a, b)), dx + i, count);
    });
  }
}

void LayerNormBackwardRows(const float* dy, const float* x, const float* mean, const float* rstd,
                           const float* w, int64_t rows, int64_t n, float* dx, float* dw,
                           float* db) {
  const auto run = dw == nullptr ? LayerNormBackward<false> : LayerNormBackward<true>;
  run(dy, x, mean, rstd, w, rows, n, dx, dw, db);
}

void ColumnMoments(const float* HWY_RESTRICT x, const float* HWY_RESTRICT shift, int64_t stride,
                   int64_t rows, int64_t cols, float* HWY_RESTRICT mean,
                   float* HWY_RESTRICT squares) {
  const D d;
  const V scale = hn::Set(d, 1 / static_cast<float>(rows));
  ForEachVector(d, cols, [=](int64_t c, size_t count) HWY_ATTR {
    const V s = LoadFirst(d, shift + c, count);
    const auto difference = [=](int64_t r) HWY_ATTR {
      return hn::Sub(LoadFirst(d, x + r * stride + c, count), s);
    };
    V s0 = hn::Zero(d), s1 = s0;
    int64_t r = 0;
    for (; r + 2 <= rows; r += 2) {
      s0 = hn::Add(s0, difference(r));
      s1 = hn::Add(s1, difference(r + 1));
    }
    if (r < rows) s0 = hn::Add(s0, difference(r));
    const V m = hn::Mul(hn::Add(s0, s1), scale);
    s0 = s1 = hn::Zero(d);
    for (r = 0; r + 2 <= rows; r += 2) {
      const V d0 = hn::Sub(difference(r), m), d1 = hn::Sub(difference(r + 1), m);
      s0 = hn::MulAdd(d0, d0, s0);
      s1 = hn::MulAdd(d1, d1, s1);
    }
    if (r < rows) {
      const V d0 = hn::Sub(difference(r), m);
      s0 = hn::MulAdd(d0, d0, s0);
    }
    StoreFirst(d, m, mean + c, count);
    StoreFirst(d, hn::Add(s0, s1), squares + c, count);
  });
}

void GradientRowSums(const float* HWY_RESTRICT dy, const float* HWY_RESTRICT x, float mean,
                     int64_t n, float* sums) {
  const D d;
  const V m = hn::Set(d, mean);
  double totals[2];
  RowSums<2, 2>(d, n, totals, [=](int64_t i, size_t count, V* acc) HWY_ATTR {
    const V g = LoadFirst(d, dy + i, count);
    acc[0] = hn::Add(acc[0], g);
    acc[1] = hn::MulAdd(g, hn::Sub(LoadFirst(d, x + i, count), m), acc[1]);
  });
  sums[0] = static_cast<float>(totals[0]);
  sums[1] = static_cast<float>(totals[1]);
}

void GradientColumnSums(const float* HWY_RESTRICT dy, const float* HWY_RESTRICT x,
                        const float* HWY_RESTRICT mean, int64_t stride, int64_t rows, int64_t cols,
                        float* HWY_RESTRICT sums) {
  const D d;
  ForEachVector(d, cols, [=](int64_t c, size_t count) HWY_ATTR {
    const V m = LoadFirst(d, mean + c, count);
    V s = hn::Zero(d), t = s;
    for (int64_t r = 0; r < rows; ++r) {
      const V g = LoadFirst(d, dy + r * stride + c, count);
      s = hn::Add(s, g);
      t = hn::MulAdd(g, hn::Sub(LoadFirst(d, x + r * stride + c, count), m), t);
    }
    StoreFirst(d, s, sums + c, count);
    StoreFirst(d, t, sums + cols + c, count);
  });
}

void RowLine(const float* HWY_RESTRICT x, Line<float> line, int64_t n, float* HWY_RESTRICT y) {
  const D d;
  const V shift = hn::Set(d, line.shift), a = hn::Set(d, line.a), b = hn::Set(d, line.b);
  ForEachVector(d, n, [=](int64_t i, size_t count) HWY_ATTR {
    const V deviation = hn::Sub(LoadFirst(d, x + i, count), shift);
    StoreFirst(d, hn::MulAdd(deviation, a, b), y + i, count);
  });
}

void ColumnLines(const float* HWY_RESTRICT x, const Line<const float*>& lines, int64_t rows,
                 int64_t cols, float* HWY_RESTRICT y) {
  const D d;
  const float *HWY_RESTRICT shift = lines.shift, *HWY_RESTRICT a = lines.a,
                            *HWY_RESTRICT b = lines.b;
  for (int64_t r = 0; r < rows; ++r, x += cols, y += cols) {
    ForEachVector(d, cols, [=](int64_t c, size_t count) HWY_ATTR {
      const V deviation = hn::Sub(LoadFirst(d, x + c, count), LoadFirst(d, shift + c, count));
      const V result =
          hn::MulAdd(deviation, LoadFirst(d, a + c, count), LoadFirst(d, b + c, count));
      StoreFirst(d, result, y + c, count);
    });
  }
}

void RowGradient(const float* HWY_RESTRICT dy, const float* HWY_RESTRICT x, Line<float> line,
                 float factor, int64_t n, float* HWY_RESTRICT dx) {
  const D d;
  const V shift = hn::Set(d, line.shift), a = hn::Set(d, line.a), b = hn::Set(d, line.b);
  const V f = hn::Set(d, factor);
  ForEachVector(d, n, [=](int64_t i, size_t count) HWY_ATTR {
    const V deviation = hn::Sub(LoadFirst(d, x + i, count), shift);
    const V g = LoadFirst(d, dy + i, count);
    StoreFirst(d, hn::MulAdd(g, f, hn::MulAdd(deviation, a, b)), dx + i, count);
  });
}

void ColumnGradients(const float* HWY_RESTRICT dy, const float* HWY_RESTRICT x,
                     const Line<const float*>& lines, const float* HWY_RESTRICT factor,
                     int64_t rows, int64_t cols, float* HWY_RESTRICT dx) {
  const D d;
  const float *HWY_RESTRICT shift = lines.shift, *HWY_RESTRICT a = lines.a,
                            *HWY_RESTRICT b = lines.b;
  for (int64_t r = 0; r < rows; ++r, dy += cols, x += cols, dx += cols) {
    ForEachVector(d, cols, [=](int64_t c, size_t count) HWY_ATTR {
      const V deviation = hn::Sub(LoadFirst(d, x + c, count), LoadFirst(d, shift + c, count));
      const V line = hn::MulAdd(deviation, LoadFirst(d, a + c, count), LoadFirst(d, b + c, count));
      const V g = LoadFirst(d, dy + c, count);
      StoreFirst(d, hn::MulAdd(g, LoadFirst(d, factor + c, count), line), dx + c, count);
    });
  }
}

NormLoops<float> Loops() {
  return {&LayerNormRows,   &LayerNormBackwardRows, &RowMoments, &ColumnMoments,
          &GradientRowSums, &GradientColumnSums,    &RowLine,    &ColumnLines,
          &RowGradient,     &ColumnGradients};
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernel
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernel {

HWY_EXPORT(Loops);

NormLoops<float> vector_norm_loops() {
  return HWY_DYNAMIC_DISPATCH(Loops)();
}

}  // namespace gradus::kernel
#endif
