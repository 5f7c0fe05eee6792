#pragma once

#include <cstdint>

#include "core/tensor.h"

namespace gradus::kernel {

// Normalization. x, weights and gradients have one dtype: float32, through Highway, or double,
// through plain loops; by channel, x, y, dy and dx may be of 16 bits and all else float32. Sums are
// added in blocks, as in kernels/reduce.h, and equal for any number of threads.

struct LayerNorm {
  Tensor y;           // row-major, or as x of group_norm lies
  Tensor mean, rstd;  // of each row, or group; rstd = 1 / sqrt(var + eps)
};

/// Rows of n elements normalized: y = (x - mean) rstd weight + bias.
/// @param weight, bias  n elements, or undefined
LayerNorm layer_norm(const Tensor& x, int64_t n, const Tensor& weight, const Tensor& bias,
                     double eps);

struct NormGradients {
  Tensor dx, dweight, dbias;
};

/// The gradients of layer_norm; those of weight and bias, [n], only where asked for.
NormGradients layer_norm_backward(const Tensor& dy, const Tensor& x, const Tensor& mean,
                                  const Tensor& rstd, int64_t n, const Tensor& weight,
                                  bool need_affine);

struct Moments {
  Tensor mean, var;  // [channels]; var is divided by the number of elements
};

/// Mean and variance of each channel (dim 1) of x, in one pass over memory. @pre x has elements
Moments channel_moments(const Tensor& x);

/// 1 / sqrt(var + eps), for [channels] numbers.
Tensor reciprocal_std(const Tensor& var, double eps);

/// y = (x - mean) rstd weight + bias by channel, in the order of memory of x.
/// @param mean, rstd, weight, bias  [channels]; the last two may be undefined
Tensor channel_norm(const Tensor& x, const Tensor& mean, const Tensor& rstd, const Tensor& weight,
                    const Tensor& bias);

/// The gradients of channel_norm.
/// @param training  mean and rstd are the moments of x, not given numbers
NormGradients channel_norm_backward(const Tensor& dy, const Tensor& x, const Tensor& mean,
                                    const Tensor& rstd, const Tensor& weight, bool training,
                                    bool need_dx);

/// Each sample's channels (dim 1), `groups` runs of them, normalized by the group's own moments,
/// and weight and bias, [channels], by channel. @pre x has elements, groups divides the channels
LayerNorm group_norm(const Tensor& x, int64_t groups, const Tensor& weight, const Tensor& bias,
                     double eps);

/// The gradients of group_norm, whose mean and rstd, [samples * groups], are given.
NormGradients group_norm_backward(const Tensor& dy, const Tensor& x, const Tensor& mean,
                                  const Tensor& rstd, int64_t groups, const Tensor& weight);

/// y = (x - shift) a + b.
template <class T>
struct Line {
  T shift, a, b;
};

/// The inner loops. Weights and biases may be null.
template <class T>
struct NormLoops {
  void (*layer_norm)(const T* x, const T* w, const T* b, T eps, int64_t rows, int64_t n, T* y,
                     T* mean, T* rstd);
  /// dw and db are added to; null where they are not asked for.
  void (*layer_norm_backward)(const T* dy, const T* x, const T* mean, const T* rstd, const T* w,
                              int64_t rows, int64_t n, T* dx, T* dw, T* db);

  /// Of x - shift, for n elements that lie together: the mean, and the sum of the squared
  /// deviations from it. A shift near the mean keeps the sums small and exact.
  void (*row_moments)(const T* x, T shift, int64_t n, T* mean, T* squares);
  /// The same for each of `cols` columns of rows `stride` apart.
  void (*column_moments)(const T* x, const T* shift, int64_t stride, int64_t rows, int64_t cols,
                         T* mean, T* squares);
  /// sums[0] = sum dy, sums[1] = sum dy (x - mean) over n elements that lie together.
  void (*row_sums)(const T* dy, const T* x, T mean, int64_t n, T* sums);
  /// The same by column: sums[0 .. cols) and sums[cols .. 2 cols).
  void (*column_sums)(const T* dy, const T* x, const T* mean, int64_t stride, int64_t rows,
                      int64_t cols, T* sums);

  /// y = (x - shift) a + b.
  void (*row_line)(const T* x, Line<T> line, int64_t n, T* y);
  /// The same with numbers for each column.
  void (*column_lines)(const T* x, const Line<const T*>& lines, int64_t rows, int64_t cols, T* y);
  /// dx = (x - shift) a + b + dy c.
  void (*row_gradient)(const T* dy, const T* x, Line<T> line, T c, int64_t n, T* dx);
  void (*column_gradients)(const T* dy, const T* x, const Line<const T*>& lines, const T* c,
                           int64_t rows, int64_t cols, T* dx);
};

/// Plain loops for float and double: the reference for the next.
template <class T>
NormLoops<T> plain_norm_loops();
/// With Highway, for the best target of this machine.
NormLoops<float> vector_norm_loops();

}  // namespace gradus::kernel
