#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)

#include "core/kernels/unary.h"

// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/trigonometric_vector.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include "core/kernels/vector_loop-inl.h"
#include "core/kernels/vector_math-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace gradus::kernel {
namespace HWY_NAMESPACE {

#define GRADUS_VECTOR_FUNCTOR(Name)             \
  struct Name {                                 \
    template <class D, class V>                 \
    HWY_INLINE V operator()(D d, V x) const {   \
      return gradus::HWY_NAMESPACE::Name(d, x); \
    }                                           \
  };

GRADUS_VECTOR_FUNCTOR(Sin)
GRADUS_VECTOR_FUNCTOR(Cos)
GRADUS_VECTOR_FUNCTOR(Tan)
GRADUS_VECTOR_FUNCTOR(Asin)
GRADUS_VECTOR_FUNCTOR(Acos)
GRADUS_VECTOR_FUNCTOR(Atan)
GRADUS_VECTOR_FUNCTOR(Sinh)
GRADUS_VECTOR_FUNCTOR(Cosh)
GRADUS_VECTOR_FUNCTOR(Asinh)
GRADUS_VECTOR_FUNCTOR(Acosh)
GRADUS_VECTOR_FUNCTOR(Atanh)

#undef GRADUS_VECTOR_FUNCTOR

BlockFunction TrigonometricFunction(UnaryOp op) {
  switch (op) {
    case UnaryOp::Sin:
      return &LongUnary<Sin>;
    case UnaryOp::Cos:
      return &LongUnary<Cos>;
    case UnaryOp::Tan:
      return &LongUnary<Tan>;
    case UnaryOp::Asin:
      return &LongUnary<Asin>;
    case UnaryOp::Acos:
      return &LongUnary<Acos>;
    case UnaryOp::Atan:
      return &LongUnary<Atan>;
    case UnaryOp::Sinh:
      return &LongUnary<Sinh>;
    case UnaryOp::Cosh:
      return &LongUnary<Cosh>;
    case UnaryOp::Asinh:
      return &LongUnary<Asinh>;
    case UnaryOp::Acosh:
      return &LongUnary<Acosh>;
    case UnaryOp::Atanh:
      return &LongUnary<Atanh>;
    default:
      return nullptr;
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernel
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernel {

HWY_EXPORT(TrigonometricFunction);

BlockFunction trigonometric_vector_function(UnaryOp op) {
  return HWY_DYNAMIC_DISPATCH(TrigonometricFunction)(op);
}

}  // namespace gradus::kernel
#endif  // HWY_ONCE
