#include "core/kernels/reduce.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "core/factory.h"
#include "core/kernels/copy.h"
#include "core/kernels/reduce_engine.h"

namespace gradus::kernel {

namespace {

constexpr int64_t kGrain = 32768;

ScalarType accumulator_type(ScalarType dtype) {
  return dtype == kDouble ? kDouble : is_floating_point(dtype) ? kFloat : kLong;
}

template <class A>
Gather<A> gather_for(const char* op, ScalarType dtype) {
  return dispatch_all(op, dtype,
                      [](auto tag) { return gather_of<typename decltype(tag)::type, A>(); });
}

template <class A>
void run(const ReduceKernel<A>& kernel, const Tensor& x, IntArrayRef dims, Gather<A> gather,
         const Tensor& p, const Tensor& y) {
  const ReducePlan plan = plan_reduction(x, dims);
  if (plan.outputs == 0) return;
  if (plan.count == 0) {
    std::fill(y.data_ptr<A>(), y.data_ptr<A>() + plan.outputs, kernel.identity);
    return;
  }
  Reducer<A>(plan, kernel, x.data_ptr(), static_cast<int64_t>(x.element_size()), gather,
             p.defined() ? p.data_ptr<A>() : nullptr)
      .run(y.data_ptr<A>());
}

Tensor reduce_as(const char* op, ReduceOp what, const Tensor& x, IntArrayRef dims, bool keepdim,
                 const Tensor& p, bool plain) {
  const ScalarType type = accumulator_type(x.dtype());
  Tensor y = empty(reduced_sizes(x.sizes(), dims, keepdim), type);
  if (type == kFloat) {
    const auto kernel = plain ? plain_reduce_kernel<float>(what) : vector_reduce_kernel(what);
    run(kernel, x, dims, gather_for<float>(op, x.dtype()), p, y);
  } else if (type == kDouble) {
    run(plain_reduce_kernel<double>(what), x, dims, gather_for<double>(op, x.dtype()), p, y);
  } else {
    run(plain_reduce_kernel<int64_t>(what), x, dims, gather_for<int64_t>(op, x.dtype()), p, y);
  }
  return y;
}

// Reduces 1 for elements that are not 0, and 0 for those that are.
Tensor reduce_nonzero(const char* op, ReduceOp what, const Tensor& x, IntArrayRef dims,
                      bool keepdim) {
  Tensor y = empty(reduced_sizes(x.sizes(), dims, keepdim), kLong);
  const auto gather = dispatch_all(op, x.dtype(), [](auto tag) -> Gather<int64_t> {
    return &gather_nonzero<typename decltype(tag)::type>;
  });
  run(plain_reduce_kernel<int64_t>(what), x, dims, gather, Tensor(), y);
  return y;
}

// Whether a reduction takes in all of a dense bool tensor, so that bytes can be counted.
bool is_all_of_bool(const Tensor& x, IntArrayRef dims) {
  return x.dtype() == kBool && static_cast<int64_t>(dims.size()) == x.dim() && x.numel() > 0 &&
         x.is_non_overlapping_and_dense();
}

// Eight bytes at a time, each of which is 0 or 1.
int64_t count_true(const unsigned char* x, int64_t n) {
  constexpr int64_t kMostWords = 255;  // before a byte overflows
  int64_t total = 0, i = 0;
  while (i + 8 <= n) {
    uint64_t sums = 0;
    for (int64_t end = std::min(n - 7, i + 8 * kMostWords); i < end; i += 8) {
      uint64_t word;
      std::memcpy(&word, x + i, sizeof word);
      sums += word;
    }
    const uint64_t even = sums & 0x00ff00ff00ff00ffu, odd = (sums >> 8) & 0x00ff00ff00ff00ffu;
    total += static_cast<int64_t>(((even + odd) * 0x0001000100010001u) >> 48);
  }
  for (; i < n; ++i) total += x[i];
  return total;
}

Tensor count_true(const Tensor& x, IntArrayRef dims, bool keepdim) {
  const auto* const data = static_cast<const unsigned char*>(x.data_ptr());
  Tensor y = empty(reduced_sizes(x.sizes(), dims, keepdim), kLong);
  *y.data_ptr<int64_t>() = parallel_reduce(
      x.numel(), 8 * kGrain, int64_t{0},
      [data](int64_t begin, int64_t end) { return count_true(data + begin, end - begin); },
      [](int64_t a, int64_t b) { return a + b; });
  return y;
}

// `answer` where one of the bytes of x has this value, else its opposite.
Tensor has_byte(const Tensor& x, int value, IntArrayRef dims, bool keepdim, bool answer) {
  const bool found = std::memchr(x.data_ptr(), value, static_cast<size_t>(x.numel())) != nullptr;
  Tensor y = empty(reduced_sizes(x.sizes(), dims, keepdim), kBool);
  *y.data_ptr<bool>() = found == answer;
  return y;
}

// y, which is in its type of accumulation, as dtype.
Tensor cast(const Tensor& y, ScalarType dtype) {
  if (y.dtype() == dtype) return y;
  Tensor result = empty(y.sizes(), dtype);
  copy(y, result);
  return result;
}

// Replaces each element of y by f of it.
template <class A, class F>
void map_in_place(const Tensor& y, F f) {
  A* const data = y.data_ptr<A>();
  parallel_for(y.numel(), kGrain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) data[i] = static_cast<A>(f(data[i]));
  });
}

// f of each element of y, a sum in float or double, as dtype.
template <class F>
Tensor finish(const Tensor& y, ScalarType dtype, F f) {
  if (y.dtype() == kDouble) {
    map_in_place<double>(y, f);
  } else {
    map_in_place<float>(y, f);
  }
  return cast(y, dtype);
}

double count_of(const Tensor& x, IntArrayRef dims) {
  double count = 1;
  for (int64_t dim : dims) {
    if (x.dim() > 0) count *= static_cast<double>(x.sizes()[static_cast<size_t>(dim)]);
  }
  return count;
}

}  // namespace

Tensor reduce(const char* op, ReduceOp what, const Tensor& x, IntArrayRef dims, bool keepdim,
              const Tensor& p) {
  return reduce_as(op, what, x, dims, keepdim, p, /*plain=*/false);
}

Tensor reduce_plain(const char* op, ReduceOp what, const Tensor& x, IntArrayRef dims, bool keepdim,
                    const Tensor& p) {
  return reduce_as(op, what, x, dims, keepdim, p, /*plain=*/true);
}

Tensor sum(const char* op, const Tensor& x, IntArrayRef dims, bool keepdim) {
  if (is_all_of_bool(x, dims)) return count_true(x, dims, keepdim);
  Tensor y = reduce(op, ReduceOp::Sum, x, dims, keepdim);
  return is_floating_point(x.dtype()) ? cast(y, x.dtype()) : y;
}

Tensor nansum(const char* op, const Tensor& x, IntArrayRef dims, bool keepdim) {
  if (!is_floating_point(x.dtype())) return sum(op, x, dims, keepdim);
  return cast(reduce(op, ReduceOp::NanSum, x, dims, keepdim), x.dtype());
}

Tensor prod(const char* op, const Tensor& x, IntArrayRef dims, bool keepdim) {
  Tensor y = reduce(op, ReduceOp::Prod, x, dims, keepdim);
  return is_floating_point(x.dtype()) ? cast(y, x.dtype()) : y;
}

Tensor mean(const char* op, const Tensor& x, IntArrayRef dims, bool keepdim) {
  const double count = count_of(x, dims);
  return finish(reduce(op, ReduceOp::Sum, x, dims, keepdim), x.dtype(),
                [count](auto sum) { return sum / static_cast<decltype(sum)>(count); });
}

Tensor amax(const char* op, const Tensor& x, IntArrayRef dims, bool keepdim) {
  return cast(reduce(op, ReduceOp::Max, x, dims, keepdim), x.dtype());
}

Tensor amin(const char* op, const Tensor& x, IntArrayRef dims, bool keepdim) {
  return cast(reduce(op, ReduceOp::Min, x, dims, keepdim), x.dtype());
}

Tensor count_nonzero(const char* op, const Tensor& x, IntArrayRef dims) {
  if (is_all_of_bool(x, dims)) return count_true(x, dims, /*keepdim=*/false);
  return reduce_nonzero(op, ReduceOp::Sum, x, dims, /*keepdim=*/false);
}

Tensor any(const char* op, const Tensor& x, IntArrayRef dims, bool keepdim) {
  if (is_all_of_bool(x, dims)) return has_byte(x, 1, dims, keepdim, /*answer=*/true);
  const Tensor y = reduce_nonzero(op, ReduceOp::Max, x, dims, keepdim);
  map_in_place<int64_t>(y, [](int64_t greatest) { return greatest > 0; });
  return cast(y, kBool);
}

Tensor all(const char* op, const Tensor& x, IntArrayRef dims, bool keepdim) {
  if (is_all_of_bool(x, dims)) return has_byte(x, 0, dims, keepdim, /*answer=*/false);
  const Tensor y = reduce_nonzero(op, ReduceOp::Min, x, dims, keepdim);
  map_in_place<int64_t>(y, [](int64_t least) { return least > 0; });
  return cast(y, kBool);
}

std::pair<Tensor, Tensor> var_mean(const char* op, const Tensor& x, IntArrayRef dims,
                                   double correction, bool keepdim) {
  const double count = count_of(x, dims);
  const Tensor sums = reduce(op, ReduceOp::Sum, x, dims, keepdim);
  const Tensor mean = finish(sums, sums.dtype(),
                             [count](auto sum) { return sum / static_cast<decltype(sum)>(count); });
  const Tensor squares = reduce(op, ReduceOp::SumSquaredDeviations, x, dims, keepdim, mean);
  const double divisor = std::max(0.0, count - correction);
  Tensor var = finish(squares, x.dtype(),
                      [divisor](auto sum) { return sum / static_cast<decltype(sum)>(divisor); });
  return {std::move(var), cast(mean, x.dtype())};
}

Tensor norm(const char* op, const Tensor& x, double p, IntArrayRef dims, bool keepdim) {
  const double infinity = std::numeric_limits<double>::infinity();
  if (p == 0) return cast(reduce_nonzero(op, ReduceOp::Sum, x, dims, keepdim), x.dtype());
  if (p == infinity || p == -infinity) {
    const ReduceOp what = p > 0 ? ReduceOp::MaxAbs : ReduceOp::MinAbs;
    return cast(reduce(op, what, x, dims, keepdim), x.dtype());
  }
  if (p == 1) return cast(reduce(op, ReduceOp::SumAbs, x, dims, keepdim), x.dtype());
  if (p == 2) {
    return finish(reduce(op, ReduceOp::SumSquares, x, dims, keepdim), x.dtype(),
                  [](auto sum) { return std::sqrt(sum); });
  }
  const Tensor powers =
      full(reduced_sizes(x.sizes(), dims, keepdim), p, accumulator_type(x.dtype()));
  return finish(reduce(op, ReduceOp::SumPowers, x, dims, keepdim, powers), x.dtype(),
                [p](auto sum) { return std::pow(sum, static_cast<decltype(sum)>(1 / p)); });
}

Tensor logsumexp(const char* op, const Tensor& x, IntArrayRef dims, bool keepdim) {
  // The maximum keeps exp() finite; where it is infinite, nothing needs to be taken off.
  const Tensor greatest = reduce(op, ReduceOp::Max, x, dims, keepdim);
  const Tensor shift = finish(greatest, greatest.dtype(), [](auto m) {
    return std::abs(m) == std::numeric_limits<decltype(m)>::infinity() ? decltype(m)(0) : m;
  });
  const Tensor sums = reduce(op, ReduceOp::SumExp, x, dims, keepdim, shift);
  const auto log_and_shift = [&](auto tag) {
    using A = typename decltype(tag)::type;
    A* const sum = sums.data_ptr<A>();
    const A* const m = shift.data_ptr<A>();
    parallel_for(sums.numel(), kGrain, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) sum[i] = std::log(sum[i]) + m[i];
    });
  };
  dispatch_float_double(op, sums.dtype(), log_and_shift);
  return cast(sums, x.dtype());
}

}  // namespace gradus::kernel
