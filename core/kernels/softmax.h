#pragma once

#include <cstdint>

#include "core/tensor.h"

namespace gradus::kernel {

// Along a wrapped dim. Results have the memory order of x (of y) where its elements are dense,
// else row-major. float32 goes through Highway, 16-bit floats through float32, double through plain
// loops.

/// e^x / sum e^x, or its logarithm.
Tensor softmax(const char* op, const Tensor& x, int64_t dim, bool log);

/// The gradient of x, for y = softmax(x): y (dy - sum y dy), or, for the logarithm,
/// dy - e^y sum dy.
Tensor softmax_backward(const char* op, const Tensor& y, const Tensor& dy, int64_t dim, bool log);

// Arrays of [n, inner] elements, of which `cols` columns starting at the pointers are computed, at
// most kSoftmaxColumns by softmax_columns. The plain loop is the reference for the others.

inline constexpr int64_t kSoftmaxColumns = 128;

template <class T>
void softmax_plain(const T* x, T* y, int64_t n, int64_t inner, int64_t cols, bool log);
template <class T>
void softmax_backward_plain(const T* y, const T* dy, T* dx, int64_t n, int64_t inner, int64_t cols,
                            bool log);

/// `rows` rows of n.
void softmax_rows(const float* x, float* y, int64_t rows, int64_t n, bool log);
void softmax_backward_rows(const float* y, const float* dy, float* dx, int64_t rows, int64_t n,
                           bool log);
void softmax_columns(const float* x, float* y, int64_t n, int64_t inner, int64_t cols, bool log);
void softmax_backward_columns(const float* y, const float* dy, float* dx, int64_t n, int64_t inner,
                              int64_t cols, bool log);

}  // namespace gradus::kernel
