#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)

#include "core/kernels/reduce_blocks.h"

// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/reduce_blocks_vector.cpp"
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
using vm::StoreFirst;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

constexpr float kInfinity = __builtin_inff();

struct AddOp {
  static constexpr float kIdentity = 0;
  static HWY_INLINE V Combine(V a, V b) { return hn::Add(a, b); }
};

struct Sum : AddOp {
  static HWY_INLINE V Map(D, V x, V) { return x; }
};
struct NanSum : AddOp {
  static HWY_INLINE V Map(D, V x, V) { return hn::IfThenElseZero(hn::Eq(x, x), x); }
};
struct SumAbs : AddOp {
  static HWY_INLINE V Map(D, V x, V) { return hn::Abs(x); }
};
struct SumSquares : AddOp {
  static HWY_INLINE V Map(D, V x, V) { return hn::Mul(x, x); }
};
struct SumSquaredDeviations : AddOp {
  static HWY_INLINE V Map(D, V x, V p) {
    x = hn::Sub(x, p);
    return hn::Mul(x, x);
  }
};
struct SumExp : AddOp {
  static HWY_INLINE V Map(D d, V x, V p) { return vm::Exp(d, hn::Sub(x, p)); }
};

struct Prod {
  static constexpr float kIdentity = 1;
  static HWY_INLINE V Map(D, V x, V) { return x; }
  static HWY_INLINE V Combine(V a, V b) { return hn::Mul(a, b); }
};

struct Max {
  static constexpr float kIdentity = -kInfinity;
  static HWY_INLINE V Map(D, V x, V) { return x; }
  static HWY_INLINE V Combine(V a, V b) {
    return hn::IfThenElse(hn::Or(hn::Gt(b, a), hn::IsNaN(b)), b, a);
  }
};
struct Min {
  static constexpr float kIdentity = kInfinity;
  static HWY_INLINE V Map(D, V x, V) { return x; }
  static HWY_INLINE V Combine(V a, V b) {
    return hn::IfThenElse(hn::Or(hn::Lt(b, a), hn::IsNaN(b)), b, a);
  }
};
struct MaxAbs : Max {
  static HWY_INLINE V Map(D, V x, V) { return hn::Abs(x); }
};
struct MinAbs : Min {
  static HWY_INLINE V Map(D, V x, V) { return hn::Abs(x); }
};

template <class Op>
float Combine(float a, float b) {
  const D d;
  return hn::GetLane(Op::Combine(hn::Set(d, a), hn::Set(d, b)));
}

template <class Op>
float Block(const float* HWY_RESTRICT x, int64_t n, float p) {
  const D d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const V pv = hn::Set(d, p);
  const V identity = hn::Set(d, Op::kIdentity);
  V acc = identity;
  int64_t i = 0;
  if (n >= 4 * lanes) {
    // Four chains, since an addition takes four cycles.
    V acc1 = identity, acc2 = identity, acc3 = identity;
    for (; i + 4 * lanes <= n; i += 4 * lanes) {
      acc = Op::Combine(acc, Op::Map(d, hn::LoadU(d, x + i), pv));
      acc1 = Op::Combine(acc1, Op::Map(d, hn::LoadU(d, x + i + lanes), pv));
      acc2 = Op::Combine(acc2, Op::Map(d, hn::LoadU(d, x + i + 2 * lanes), pv));
      acc3 = Op::Combine(acc3, Op::Map(d, hn::LoadU(d, x + i + 3 * lanes), pv));
    }
    acc = Op::Combine(Op::Combine(acc, acc1), Op::Combine(acc2, acc3));
  }
  for (; i + lanes <= n; i += lanes) acc = Op::Combine(acc, Op::Map(d, hn::LoadU(d, x + i), pv));
  if (i < n) {
    const size_t rest = static_cast<size_t>(n - i);
    const V last = Op::Combine(acc, Op::Map(d, LoadFirst(d, x + i, rest), pv));
    acc = hn::IfThenElse(hn::FirstN(d, rest), last, acc);
  }
  return FoldLanes<Op>(d, acc);
}

template <class Op>
void Columns(const float* HWY_RESTRICT x, int64_t stride, int64_t rows, int64_t cols,
             const float* HWY_RESTRICT p, float* HWY_RESTRICT acc) {
  const D d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const V zero = hn::Zero(d);
  int64_t c = 0;
  for (; c + 4 * lanes <= cols; c += 4 * lanes) {
    V a0 = hn::LoadU(d, acc + c), a1 = hn::LoadU(d, acc + c + lanes);
    V a2 = hn::LoadU(d, acc + c + 2 * lanes), a3 = hn::LoadU(d, acc + c + 3 * lanes);
    V p0 = zero, p1 = zero, p2 = zero, p3 = zero;
    if (p != nullptr) {
      p0 = hn::LoadU(d, p + c);
      p1 = hn::LoadU(d, p + c + lanes);
      p2 = hn::LoadU(d, p + c + 2 * lanes);
      p3 = hn::LoadU(d, p + c + 3 * lanes);
    }
    const float* HWY_RESTRICT row = x + c;
    for (int64_t r = 0; r < rows; ++r, row += stride) {
      a0 = Op::Combine(a0, Op::Map(d, hn::LoadU(d, row), p0));
      a1 = Op::Combine(a1, Op::Map(d, hn::LoadU(d, row + lanes), p1));
      a2 = Op::Combine(a2, Op::Map(d, hn::LoadU(d, row + 2 * lanes), p2));
      a3 = Op::Combine(a3, Op::Map(d, hn::LoadU(d, row + 3 * lanes), p3));
    }
    hn::StoreU(a0, d, acc + c);
    hn::StoreU(a1, d, acc + c + lanes);
    hn::StoreU(a2, d, acc + c + 2 * lanes);
    hn::StoreU(a3, d, acc + c + 3 * lanes);
  }
  for (; c < cols; c += lanes) {
    const size_t n = static_cast<size_t>(cols - c < lanes ? cols - c : lanes);
    V a = LoadFirst(d, acc + c, n);
    const V pv = p == nullptr ? zero : LoadFirst(d, p + c, n);
    for (int64_t r = 0; r < rows; ++r) {
      a = Op::Combine(a, Op::Map(d, LoadFirst(d, x + r * stride + c, n), pv));
    }
    StoreFirst(d, a, acc + c, n);
  }
}

template <class Op>
void CombineN(float* HWY_RESTRICT a, const float* HWY_RESTRICT b, int64_t n) {
  const D d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    hn::StoreU(Op::Combine(hn::LoadU(d, a + i), hn::LoadU(d, b + i)), d, a + i);
  }
  if (i < n) {
    const size_t rest = static_cast<size_t>(n - i);
    StoreFirst(d, Op::Combine(LoadFirst(d, a + i, rest), LoadFirst(d, b + i, rest)), a + i, rest);
  }
}

template <class Op>
ReduceKernel<float> KernelOf() {
  return {Op::kIdentity, &Combine<Op>, &Block<Op>, &Columns<Op>, &CombineN<Op>};
}

ReduceKernel<float> Kernel(ReduceOp op) {
  switch (op) {
    case ReduceOp::Sum:
      return KernelOf<Sum>();
    case ReduceOp::NanSum:
      return KernelOf<NanSum>();
    case ReduceOp::SumAbs:
      return KernelOf<SumAbs>();
    case ReduceOp::SumSquares:
      return KernelOf<SumSquares>();
    case ReduceOp::SumSquaredDeviations:
      return KernelOf<SumSquaredDeviations>();
    case ReduceOp::SumExp:
      return KernelOf<SumExp>();
    case ReduceOp::Prod:
      return KernelOf<Prod>();
    case ReduceOp::Max:
      return KernelOf<Max>();
    case ReduceOp::Min:
      return KernelOf<Min>();
    case ReduceOp::MaxAbs:
      return KernelOf<MaxAbs>();
    case ReduceOp::MinAbs:
      return KernelOf<MinAbs>();
    case ReduceOp::SumPowers:
      break;
  }
  return plain_reduce_kernel<float>(op);
}

template <bool kMax>
void ArgColumns(const float* HWY_RESTRICT x, int64_t stride, int64_t rows, int64_t cols,
                int32_t row, float* HWY_RESTRICT best, int32_t* HWY_RESTRICT best_row) {
  const D d;
  const hn::RebindToSigned<D> di;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int64_t c = 0; c < cols; c += lanes) {
    const size_t n = static_cast<size_t>(cols - c < lanes ? cols - c : lanes);
    V b = LoadFirst(d, best + c, n);
    auto at = LoadFirst(di, best_row + c, n);
    for (int64_t r = 0; r < rows; ++r) {
      const V v = LoadFirst(d, x + r * stride + c, n);
      const auto beats = kMax ? hn::Gt(v, b) : hn::Lt(v, b);
      const auto better = hn::Or(beats, hn::AndNot(hn::IsNaN(b), hn::IsNaN(v)));
      b = hn::IfThenElse(better, v, b);
      at = hn::IfThenElse(hn::RebindMask(di, better), hn::Set(di, row + static_cast<int32_t>(r)),
                          at);
    }
    StoreFirst(d, b, best + c, n);
    StoreFirst(di, at, best_row + c, n);
  }
}

void ArgColumnsOf(bool max, const float* x, int64_t stride, int64_t rows, int64_t cols, int32_t row,
                  float* best, int32_t* best_row) {
  (max ? ArgColumns<true> : ArgColumns<false>)(x, stride, rows, cols, row, best, best_row);
}

int64_t FindFirst(const float* HWY_RESTRICT x, int64_t n, float value) {
  const D d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const V wanted = hn::Set(d, value);
  const bool nan = value != value;
  for (int64_t i = 0; i < n; i += lanes) {
    const size_t count = static_cast<size_t>(n - i < lanes ? n - i : lanes);
    const V v = LoadFirst(d, x + i, count);
    const auto found = hn::And(nan ? hn::IsNaN(v) : hn::Eq(v, wanted), hn::FirstN(d, count));
    const intptr_t lane = hn::FindFirstTrue(d, found);
    if (lane >= 0) return i + lane;
  }
  return n;
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernel
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernel {

HWY_EXPORT(Kernel);
HWY_EXPORT(ArgColumnsOf);
HWY_EXPORT(FindFirst);

ReduceKernel<float> vector_reduce_kernel(ReduceOp op) {
  return HWY_DYNAMIC_DISPATCH(Kernel)(op);
}

void arg_columns(bool max, const float* x, int64_t stride, int64_t rows, int64_t cols, int32_t row,
                 float* best, int32_t* best_row) {
  HWY_DYNAMIC_DISPATCH(ArgColumnsOf)(max, x, stride, rows, cols, row, best, best_row);
}

int64_t find_first(const float* x, int64_t n, float value) {
  return HWY_DYNAMIC_DISPATCH(FindFirst)(x, n, value);
}

}  // namespace gradus::kernel
#endif
