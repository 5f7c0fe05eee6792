#pragma once

#include <cstdint>

namespace gradus::kernel {

/// What a reduction computes of its elements x; p is a number per output.
enum class ReduceOp : uint8_t {
  Sum,
  NanSum,  // NaN counts as 0
  SumAbs,
  SumSquares,
  SumSquaredDeviations,  // sum (x - p)^2
  SumExp,                // sum e^(x - p)
  SumPowers,             // sum |x|^p
  Prod,
  Max,  // NaN where one is among them; so do the next three
  Min,
  MaxAbs,
  MinAbs,
};

/// A reduction of few elements that lie together, in the type that is accumulated in.
template <class A>
struct ReduceKernel {
  A identity;
  A (*combine)(A a, A b);
  /// The n elements at x, at most kReduceBlock of them.
  A (*block)(const A* x, int64_t n, A p);
  /// y[r * y_stride] = block(x + r * stride, n, p[r * y_stride]) for r < rows; p may be null.
  void (*rows)(const A* x, int64_t stride, int64_t rows, int64_t n, const A* p, A* y,
               int64_t y_stride);
  /// acc[c] = combine(acc[c], x[r * stride + c]...) for c < cols <= kReduceColumns, r < rows <=
  /// kReduceRows.
  void (*columns)(const A* x, int64_t stride, int64_t rows, int64_t cols, const A* p, A* acc);
  /// a[i] = combine(a[i], b[i]).
  void (*combine_n)(A* a, const A* b, int64_t n);
};

/// Blocks are short, so that adding within one loses little; their results are added pairwise.
inline constexpr int64_t kReduceBlock = 1024;
inline constexpr int64_t kReduceRows = 16;
inline constexpr int64_t kReduceColumns = 128;

/// Plain loops for float, double and int64_t (which has Sum, Prod, Max and Min only); also the
/// reference for the next.
template <class A>
ReduceKernel<A> plain_reduce_kernel(ReduceOp op);

/// The same with Highway, for the best target of this machine.
ReduceKernel<float> vector_reduce_kernel(ReduceOp op);

/// Follows the greatest (or least) of each column and the row it was first found in, which is `row`
/// for x's first; NaN counts as greater (less) than all.
void arg_columns(bool max, const float* x, int64_t stride, int64_t rows, int64_t cols, int32_t row,
                 float* best, int32_t* best_row);

/// The index of the first of n elements that equals `value`, or is NaN where `value` is; n if none.
int64_t find_first(const float* x, int64_t n, float value);

}  // namespace gradus::kernel
