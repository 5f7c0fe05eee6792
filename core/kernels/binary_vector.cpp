#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)

#include "core/kernels/binary.h"

// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/binary_vector.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include "core/kernels/vector_loop-inl.h"
#include "core/kernels/vector_math-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace gradus::kernel {
namespace HWY_NAMESPACE {

struct Add {
  template <class D, class V>
  HWY_INLINE V operator()(D, V a, V b) const {
    return hn::Add(a, b);
  }
};
struct Sub {
  template <class D, class V>
  HWY_INLINE V operator()(D, V a, V b) const {
    return hn::Sub(a, b);
  }
};
struct Mul {
  template <class D, class V>
  HWY_INLINE V operator()(D, V a, V b) const {
    return hn::Mul(a, b);
  }
};
struct Div {
  template <class D, class V>
  HWY_INLINE V operator()(D, V a, V b) const {
    return hn::Div(a, b);
  }
};
struct AddScaled {
  explicit AddScaled(const Params& params) : alpha(params.get<float>(0)) {}
  template <class D, class V>
  HWY_INLINE V operator()(D d, V a, V b) const {
    return hn::Add(a, hn::Mul(hn::Set(d, alpha), b));
  }
  float alpha;
};
struct SubScaled {
  explicit SubScaled(const Params& params) : alpha(params.get<float>(0)) {}
  template <class D, class V>
  HWY_INLINE V operator()(D d, V a, V b) const {
    return hn::Sub(a, hn::Mul(hn::Set(d, alpha), b));
  }
  float alpha;
};
// A comparison with NaN is false, so that a NaN is what is left.
struct Maximum {
  template <class D, class V>
  HWY_INLINE V operator()(D, V a, V b) const {
    const V larger = hn::IfThenElse(hn::Gt(a, b), a, b);
    return hn::IfThenElse(hn::IsNaN(a), a, larger);
  }
};
struct Minimum {
  template <class D, class V>
  HWY_INLINE V operator()(D, V a, V b) const {
    const V smaller = hn::IfThenElse(hn::Lt(a, b), a, b);
    return hn::IfThenElse(hn::IsNaN(a), a, smaller);
  }
};

struct Pow {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V a, V b) const {
    return gradus::HWY_NAMESPACE::Pow(d, a, b);
  }
};
struct Logaddexp {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V a, V b) const {
    // log(e^a + e^b) = max + log(1 + e^-|a - b|); equal infinities have no difference.
    const V larger = hn::IfThenElse(hn::Gt(a, b), a, b);
    const V distance = hn::Neg(hn::Abs(hn::Sub(a, b)));
    const V tail = gradus::HWY_NAMESPACE::Log1p(d, gradus::HWY_NAMESPACE::Exp(d, distance));
    const V sum = hn::Add(larger, tail);
    const auto nan = hn::Or(hn::IsNaN(a), hn::IsNaN(b));
    const V equal = hn::IfThenElse(hn::And(hn::Eq(a, b), hn::Eq(hn::Abs(a), hn::Inf(d))), a, sum);
    return hn::IfThenElse(nan, hn::Add(a, b), equal);
  }
};

struct Eq {
  template <class D, class V>
  HWY_INLINE hn::Mask<D> operator()(D, V a, V b) const {
    return hn::Eq(a, b);
  }
};
struct Ne {
  template <class D, class V>
  HWY_INLINE hn::Mask<D> operator()(D, V a, V b) const {
    // Not hn::Ne: in Highway 1.0.3 it is ordered, so that NaN != NaN is false on AVX2 and AVX-512.
    return hn::Not(hn::Eq(a, b));
  }
};
struct Lt {
  template <class D, class V>
  HWY_INLINE hn::Mask<D> operator()(D, V a, V b) const {
    return hn::Lt(a, b);
  }
};
struct Le {
  template <class D, class V>
  HWY_INLINE hn::Mask<D> operator()(D, V a, V b) const {
    return hn::Le(a, b);
  }
};
struct Gt {
  template <class D, class V>
  HWY_INLINE hn::Mask<D> operator()(D, V a, V b) const {
    return hn::Gt(a, b);
  }
};
struct Ge {
  template <class D, class V>
  HWY_INLINE hn::Mask<D> operator()(D, V a, V b) const {
    return hn::Ge(a, b);
  }
};

BlockFunction BinaryFunction(BinaryOp op) {
  switch (op) {
    case BinaryOp::Add:
      return &Binary<Add>;
    case BinaryOp::Sub:
      return &Binary<Sub>;
    case BinaryOp::Mul:
      return &Binary<Mul>;
    case BinaryOp::Div:
      return &Binary<Div>;
    case BinaryOp::AddScaled:
      return &Binary<AddScaled>;
    case BinaryOp::SubScaled:
      return &Binary<SubScaled>;
    case BinaryOp::Maximum:
      return &Binary<Maximum>;
    case BinaryOp::Minimum:
      return &Binary<Minimum>;
    case BinaryOp::Pow:
      return &LongBinary<Pow>;
    case BinaryOp::Logaddexp:
      return &LongBinary<Logaddexp>;
    case BinaryOp::Eq:
      return &Comparison<Eq>;
    case BinaryOp::Ne:
      return &Comparison<Ne>;
    case BinaryOp::Lt:
      return &Comparison<Lt>;
    case BinaryOp::Le:
      return &Comparison<Le>;
    case BinaryOp::Gt:
      return &Comparison<Gt>;
    case BinaryOp::Ge:
      return &Comparison<Ge>;
    default:
      return nullptr;
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernel
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernel {

HWY_EXPORT(BinaryFunction);

BlockFunction binary_vector_function(BinaryOp op) {
  return HWY_DYNAMIC_DISPATCH(BinaryFunction)(op);
}

}  // namespace gradus::kernel
#endif  // HWY_ONCE
