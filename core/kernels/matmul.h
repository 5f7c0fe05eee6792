#pragma once

#include "core/tensor.h"

namespace gradus::kernel {

/// y[..., m, n] = a[..., m, k] b[..., k, n] (+ bias[n]), row-major, of a's dtype.
///
/// a and b have the same dtype (not bool), the same rank >= 2 and equal leading dims; any strides,
/// so transposed and expanded operands are not copied. bias, where defined, is a vector of n
/// elements. k = 0 gives zeros (or bias).
Tensor matmul(const Tensor& a, const Tensor& b, const Tensor& bias = {});

/// out = a b, or out += a b where `accumulate`. `out` has the product's sizes, any strides without
/// overlap, and shares no memory with a and b.
void matmul_into(const Tensor& out, const Tensor& a, const Tensor& b, bool accumulate);

/// The same by three loops: what matmul() is tested against.
Tensor matmul_reference(const Tensor& a, const Tensor& b, const Tensor& bias = {});

/// How a product is cut; see matmul_plan().
struct MatmulPlan {
  int64_t tile_m;
  int64_t tile_n;
  int64_t tile_k;
  /// How many tiles make a chunk of parallel_for.
  int64_t grain;
};

/// The cut of `batch` products of [m, k] and [k, n], a function of shape, layout and dtype alone:
/// so results do not depend on the number of threads. tile_k < k means partial sums, which are
/// added up in order.
MatmulPlan matmul_plan(int64_t batch, int64_t m, int64_t n, int64_t k, bool b_transposed,
                       ScalarType dtype);

}  // namespace gradus::kernel
