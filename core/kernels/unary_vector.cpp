#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)

#include "core/kernels/unary.h"

// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/unary_vector.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include "core/kernels/vector_loop-inl.h"
#include "core/kernels/vector_math-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace gradus::kernel {
namespace HWY_NAMESPACE {

#define GRADUS_VECTOR_FUNCTOR(Name, expression)  \
  struct Name {                                  \
    template <class D, class V>                  \
    HWY_INLINE auto operator()(D d, V x) const { \
      (void)d;                                   \
      return expression;                         \
    }                                            \
  };

GRADUS_VECTOR_FUNCTOR(Abs, hn::Abs(x))
GRADUS_VECTOR_FUNCTOR(Neg, hn::Neg(x))
GRADUS_VECTOR_FUNCTOR(Sign, hn::IfThenElseZero(hn::Gt(hn::Abs(x), hn::Zero(d)),
                                               hn::CopySign(hn::Set(d, 1.0f), x)))
GRADUS_VECTOR_FUNCTOR(Square, hn::Mul(x, x))
GRADUS_VECTOR_FUNCTOR(Floor, hn::Floor(x))
GRADUS_VECTOR_FUNCTOR(Ceil, hn::Ceil(x))
GRADUS_VECTOR_FUNCTOR(Round, hn::Round(x))
GRADUS_VECTOR_FUNCTOR(Trunc, hn::Trunc(x))
GRADUS_VECTOR_FUNCTOR(Frac, hn::Sub(x, hn::Trunc(x)))
GRADUS_VECTOR_FUNCTOR(Relu, hn::IfThenZeroElse(hn::Le(x, hn::Zero(d)), x))
GRADUS_VECTOR_FUNCTOR(Sqrt, hn::Sqrt(x))
GRADUS_VECTOR_FUNCTOR(Reciprocal, hn::Div(hn::Set(d, 1.0f), x))
GRADUS_VECTOR_FUNCTOR(IsNan, hn::IsNaN(x))
GRADUS_VECTOR_FUNCTOR(IsInf, hn::Eq(hn::Abs(x), hn::Inf(d)))
GRADUS_VECTOR_FUNCTOR(IsFinite, hn::Lt(hn::Abs(x), hn::Inf(d)))
GRADUS_VECTOR_FUNCTOR(LogicalNot, hn::Eq(x, hn::Zero(d)))

GRADUS_VECTOR_FUNCTOR(ExpFunctor, gradus::HWY_NAMESPACE::Exp(d, x))
GRADUS_VECTOR_FUNCTOR(Exp2Functor, gradus::HWY_NAMESPACE::Exp2(d, x))
GRADUS_VECTOR_FUNCTOR(Expm1Functor, gradus::HWY_NAMESPACE::Expm1(d, x))
GRADUS_VECTOR_FUNCTOR(LogFunctor, gradus::HWY_NAMESPACE::Log(d, x))
GRADUS_VECTOR_FUNCTOR(Log1pFunctor, gradus::HWY_NAMESPACE::Log1p(d, x))
GRADUS_VECTOR_FUNCTOR(Log2Functor, gradus::HWY_NAMESPACE::Log2(d, x))
GRADUS_VECTOR_FUNCTOR(Log10Functor, gradus::HWY_NAMESPACE::Log10(d, x))
GRADUS_VECTOR_FUNCTOR(RsqrtFunctor, gradus::HWY_NAMESPACE::Rsqrt(d, x))
GRADUS_VECTOR_FUNCTOR(TanhFunctor, gradus::HWY_NAMESPACE::Tanh(d, x))
GRADUS_VECTOR_FUNCTOR(SigmoidFunctor, gradus::HWY_NAMESPACE::Sigmoid(d, x))
GRADUS_VECTOR_FUNCTOR(ErfFunctor, gradus::HWY_NAMESPACE::Erf(d, x))
GRADUS_VECTOR_FUNCTOR(ErfcFunctor, gradus::HWY_NAMESPACE::Erfc(d, x))
GRADUS_VECTOR_FUNCTOR(ErfinvFunctor, gradus::HWY_NAMESPACE::Erfinv(d, x))

#undef GRADUS_VECTOR_FUNCTOR

BlockFunction UnaryFunction(UnaryOp op) {
  switch (op) {
    case UnaryOp::Abs:
      return &Unary<Abs>;
    case UnaryOp::Neg:
      return &Unary<Neg>;
    case UnaryOp::Sign:
      return &Unary<Sign>;
    case UnaryOp::Square:
      return &Unary<Square>;
    case UnaryOp::Floor:
      return &Unary<Floor>;
    case UnaryOp::Ceil:
      return &Unary<Ceil>;
    case UnaryOp::Round:
      return &Unary<Round>;
    case UnaryOp::Trunc:
      return &Unary<Trunc>;
    case UnaryOp::Frac:
      return &Unary<Frac>;
    case UnaryOp::Relu:
      return &Unary<Relu>;
    case UnaryOp::Sqrt:
      return &Unary<Sqrt>;
    case UnaryOp::Reciprocal:
      return &Unary<Reciprocal>;
    case UnaryOp::IsNan:
      return &Predicate<IsNan>;
    case UnaryOp::IsInf:
      return &Predicate<IsInf>;
    case UnaryOp::IsFinite:
      return &Predicate<IsFinite>;
    case UnaryOp::LogicalNot:
      return &Predicate<LogicalNot>;
    case UnaryOp::Exp:
      return &LongUnary<ExpFunctor>;
    case UnaryOp::Exp2:
      return &LongUnary<Exp2Functor>;
    case UnaryOp::Expm1:
      return &LongUnary<Expm1Functor>;
    case UnaryOp::Log:
      return &LongUnary<LogFunctor>;
    case UnaryOp::Log1p:
      return &LongUnary<Log1pFunctor>;
    case UnaryOp::Log2:
      return &LongUnary<Log2Functor>;
    case UnaryOp::Log10:
      return &LongUnary<Log10Functor>;
    case UnaryOp::Rsqrt:
      return &LongUnary<RsqrtFunctor>;
    case UnaryOp::Tanh:
      return &LongUnary<TanhFunctor>;
    case UnaryOp::Sigmoid:
      return &LongUnary<SigmoidFunctor>;
    case UnaryOp::Erf:
      return &LongUnary<ErfFunctor>;
    case UnaryOp::Erfc:
      return &LongUnary<ErfcFunctor>;
    case UnaryOp::Erfinv:
      return &LongUnary<ErfinvFunctor>;
    default:
      return nullptr;
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernel
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernel {

HWY_EXPORT(UnaryFunction);

BlockFunction unary_vector_function(UnaryOp op) {
  BlockFunction function = HWY_DYNAMIC_DISPATCH(UnaryFunction)(op);
  return function != nullptr ? function : trigonometric_vector_function(op);
}

}  // namespace gradus::kernel
#endif  // HWY_ONCE
