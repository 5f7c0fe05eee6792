#include "core/kernels/reduce_blocks.h"

#include <cmath>
#include <limits>
#include <type_traits>

namespace gradus::kernel {

namespace {

constexpr int64_t kLanes = 8;

// Sums wrap around as PyTorch's do; in unsigned arithmetic that is defined.
template <class A>
A add(A a, A b) {
  if constexpr (std::is_integral_v<A>) {
    return static_cast<A>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b));
  } else {
    return a + b;
  }
}

template <class A>
bool is_nan(A x) {
  return x != x;
}

template <class A>
struct Add {
  static constexpr A kIdentity = 0;
  static A combine(A a, A b) { return add(a, b); }
};

template <class A>
struct Sum : Add<A> {
  static A map(A x, A) { return x; }
};
template <class A>
struct NanSum : Add<A> {
  static A map(A x, A) { return is_nan(x) ? A(0) : x; }
};
template <class A>
struct SumAbs : Add<A> {
  static A map(A x, A) { return std::abs(x); }
};
template <class A>
struct SumSquares : Add<A> {
  static A map(A x, A) { return x * x; }
};
template <class A>
struct SumSquaredDeviations : Add<A> {
  static A map(A x, A p) { return (x - p) * (x - p); }
};
template <class A>
struct SumExp : Add<A> {
  static A map(A x, A p) { return std::exp(x - p); }
};
template <class A>
struct SumPowers : Add<A> {
  static A map(A x, A p) { return std::pow(std::abs(x), p); }
};

template <class A>
struct Prod {
  static constexpr A kIdentity = 1;
  static A map(A x, A) { return x; }
  static A combine(A a, A b) {
    if constexpr (std::is_integral_v<A>) {
      return static_cast<A>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
    } else {
      return a * b;
    }
  }
};

template <class A>
struct Max {
  static constexpr A kIdentity = std::is_integral_v<A> ? std::numeric_limits<A>::lowest()
                                                       : -std::numeric_limits<A>::infinity();
  static A map(A x, A) { return x; }
  static A combine(A a, A b) { return b > a || is_nan(b) ? b : a; }
};
template <class A>
struct Min {
  static constexpr A kIdentity =
      std::is_integral_v<A> ? std::numeric_limits<A>::max() : std::numeric_limits<A>::infinity();
  static A map(A x, A) { return x; }
  static A combine(A a, A b) { return b < a || is_nan(b) ? b : a; }
};
template <class A>
struct MaxAbs : Max<A> {
  static A map(A x, A) { return std::abs(x); }
};
template <class A>
struct MinAbs : Min<A> {
  static A map(A x, A) { return std::abs(x); }
};

template <class Op, class A>
A block(const A* x, int64_t n, A p) {
  A lanes[kLanes];
  for (A& lane : lanes) lane = Op::kIdentity;
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    for (int64_t l = 0; l < kLanes; ++l) lanes[l] = Op::combine(lanes[l], Op::map(x[i + l], p));
  }
  for (int64_t l = 0; i + l < n; ++l) lanes[l] = Op::combine(lanes[l], Op::map(x[i + l], p));
  for (int64_t half = kLanes / 2; half > 0; half /= 2) {
    for (int64_t l = 0; l < half; ++l) lanes[l] = Op::combine(lanes[l], lanes[l + half]);
  }
  return lanes[0];
}

template <class Op, class A>
void rows(const A* x, int64_t stride, int64_t rows, int64_t n, const A* p, A* y, int64_t y_stride) {
  for (int64_t r = 0; r < rows; ++r) {
    y[r * y_stride] = block<Op>(x + r * stride, n, p == nullptr ? A() : p[r * y_stride]);
  }
}

template <class Op, class A>
void columns(const A* x, int64_t stride, int64_t rows, int64_t cols, const A* p, A* acc) {
  for (int64_t r = 0; r < rows; ++r, x += stride) {
    for (int64_t c = 0; c < cols; ++c) {
      acc[c] = Op::combine(acc[c], Op::map(x[c], p == nullptr ? A() : p[c]));
    }
  }
}

template <class Op, class A>
void combine_n(A* a, const A* b, int64_t n) {
  for (int64_t i = 0; i < n; ++i) a[i] = Op::combine(a[i], b[i]);
}

template <class Op, class A>
ReduceKernel<A> kernel_of() {
  return {Op::kIdentity, &Op::combine,    &block<Op, A>,
          &rows<Op, A>,  &columns<Op, A>, &combine_n<Op, A>};
}

}  // namespace

template <class A>
ReduceKernel<A> plain_reduce_kernel(ReduceOp op) {
  switch (op) {
    case ReduceOp::Prod:
      return kernel_of<Prod<A>, A>();
    case ReduceOp::Max:
      return kernel_of<Max<A>, A>();
    case ReduceOp::Min:
      return kernel_of<Min<A>, A>();
    default:
      break;
  }
  if constexpr (std::is_floating_point_v<A>) {
    switch (op) {
      case ReduceOp::NanSum:
        return kernel_of<NanSum<A>, A>();
      case ReduceOp::SumAbs:
        return kernel_of<SumAbs<A>, A>();
      case ReduceOp::SumSquares:
        return kernel_of<SumSquares<A>, A>();
      case ReduceOp::SumSquaredDeviations:
        return kernel_of<SumSquaredDeviations<A>, A>();
      case ReduceOp::SumExp:
        return kernel_of<SumExp<A>, A>();
      case ReduceOp::SumPowers:
        return kernel_of<SumPowers<A>, A>();
      case ReduceOp::MaxAbs:
        return kernel_of<MaxAbs<A>, A>();
      case ReduceOp::MinAbs:
        return kernel_of<MinAbs<A>, A>();
      default:
        break;
    }
  }
  return kernel_of<Sum<A>, A>();
}

template ReduceKernel<float> plain_reduce_kernel(ReduceOp op);
template ReduceKernel<double> plain_reduce_kernel(ReduceOp op);
template ReduceKernel<int64_t> plain_reduce_kernel(ReduceOp op);

}  // namespace gradus::kernel
