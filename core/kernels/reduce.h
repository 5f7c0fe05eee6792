#pragma once

#include <cstdint>
#include <optional>
#include <utility>

#include "core/kernels/reduce_blocks.h"
#include "core/tensor.h"

namespace gradus::kernel {

// Reductions over `dims`, which are wrapped and distinct; none means that only 0-d or untouched
// shapes come out as they went in. Results are row-major. Elements are accumulated in float (16-bit
// floats too), double or int64, see Accumulator; a reduction of none gives the identity.

// Note [Order of summation]
// A sum adds blocks of kReduceBlock neighbours (or kReduceRows rows), each in a few parallel
// chains, and the blocks pairwise, so the error grows with the logarithm of the number of elements.
// Which elements form a block, and where the work is cut for threads, follows from sizes and
// strides alone: results are equal, bit for bit, for any number of threads.

/// The reduction in the type of accumulation.
/// @param p  one number per output, in the type of accumulation; undefined: 0
Tensor reduce(const char* op, ReduceOp what, const Tensor& x, IntArrayRef dims, bool keepdim,
              const Tensor& p = {});
/// For tests: the same with the plain loops instead of Highway's.
Tensor reduce_plain(const char* op, ReduceOp what, const Tensor& x, IntArrayRef dims, bool keepdim,
                    const Tensor& p = {});

/// dtype: int64 for integers and bool, else that of x.
Tensor sum(const char* op, const Tensor& x, IntArrayRef dims, bool keepdim);
Tensor nansum(const char* op, const Tensor& x, IntArrayRef dims, bool keepdim);
Tensor prod(const char* op, const Tensor& x, IntArrayRef dims, bool keepdim);
Tensor mean(const char* op, const Tensor& x, IntArrayRef dims, bool keepdim);
/// The greatest or least element; NaN where one is among them. dtype of x.
Tensor amax(const char* op, const Tensor& x, IntArrayRef dims, bool keepdim);
Tensor amin(const char* op, const Tensor& x, IntArrayRef dims, bool keepdim);
/// The number of elements that are not 0, as int64.
Tensor count_nonzero(const char* op, const Tensor& x, IntArrayRef dims);
/// Whether any or all elements are not 0, as bool.
Tensor any(const char* op, const Tensor& x, IntArrayRef dims, bool keepdim);
Tensor all(const char* op, const Tensor& x, IntArrayRef dims, bool keepdim);
/// (variance, mean): sum (x - mean)^2 / max(0, n - correction), in two passes.
std::pair<Tensor, Tensor> var_mean(const char* op, const Tensor& x, IntArrayRef dims,
                                   double correction, bool keepdim);
/// (sum |x|^p)^(1/p), its limits for p = 0, infinity, -infinity included.
Tensor norm(const char* op, const Tensor& x, double p, IntArrayRef dims, bool keepdim);
/// log sum e^x, without overflow.
Tensor logsumexp(const char* op, const Tensor& x, IntArrayRef dims, bool keepdim);

/// (greatest or least along dim, its first index as int64). @pre the dim has elements
std::pair<Tensor, Tensor> max_with_index(const char* op, const Tensor& x, int64_t dim,
                                         bool keepdim);
std::pair<Tensor, Tensor> min_with_index(const char* op, const Tensor& x, int64_t dim,
                                         bool keepdim);

/// Running sums or products along dim, from the last element where `reverse`. 16-bit and 32-bit
/// floats are accumulated in double; integers give int64.
Tensor cumsum(const char* op, const Tensor& x, int64_t dim, bool reverse);
Tensor cumprod(const char* op, const Tensor& x, int64_t dim, bool reverse);

}  // namespace gradus::kernel
