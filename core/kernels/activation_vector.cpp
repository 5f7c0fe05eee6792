#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)

#include "core/kernels/activation.h"

// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/activation_vector.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include "core/kernels/vector_loop-inl.h"
#include "core/kernels/vector_math-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace gradus::kernel {
namespace HWY_NAMESPACE {

// Comparisons are written so that NaN goes through to the result.

struct LeakyRelu {
  explicit LeakyRelu(const Params& p) : slope(p.get<float>(0)) {}
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    return hn::IfThenElse(hn::Gt(x, hn::Zero(d)), x, hn::Mul(x, hn::Set(d, slope)));
  }
  float slope;
};

struct Elu {
  explicit Elu(const Params& p)
      : negative(p.get<float>(0) * p.get<float>(1)),
        scale(p.get<float>(1)),
        input_scale(p.get<float>(2)) {}
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    const V below = hn::Mul(gradus::HWY_NAMESPACE::Expm1(d, hn::Mul(x, hn::Set(d, input_scale))),
                            hn::Set(d, negative));
    return hn::IfThenElse(hn::Gt(x, hn::Zero(d)), hn::Mul(x, hn::Set(d, scale)), below);
  }
  float negative, scale, input_scale;
};

struct Gelu {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    return gradus::HWY_NAMESPACE::Gelu(d, x);
  }
};

struct GeluTanh {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    return gradus::HWY_NAMESPACE::GeluTanh(d, x);
  }
};

struct Silu {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    return gradus::HWY_NAMESPACE::Silu(d, x);
  }
};

struct Mish {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    // tanh(log(1 + e)) = n / (n + 2) with n = e (e + 2); 1 from 20 on.
    const V limit = hn::Set(d, 20.0f);
    const V e = gradus::HWY_NAMESPACE::Exp(d, hn::IfThenElse(hn::Gt(x, limit), limit, x));
    const V n = hn::Mul(e, hn::Add(e, hn::Set(d, 2.0f)));
    const V y = hn::Mul(x, hn::Div(n, hn::Add(n, hn::Set(d, 2.0f))));
    const V nonzero = hn::IfThenElseZero(hn::Not(hn::Eq(n, hn::Zero(d))), y);
    return hn::IfThenElse(hn::Gt(x, limit), x, nonzero);
  }
};

struct Hardsigmoid {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    const V shifted = hn::Add(x, hn::Set(d, 3.0f));
    const V six = hn::Set(d, 6.0f);
    const V low = hn::IfThenZeroElse(hn::Lt(shifted, hn::Zero(d)), shifted);
    return hn::Div(hn::IfThenElse(hn::Gt(low, six), six, low), six);
  }
};

struct Hardswish {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    const V shifted = hn::Add(x, hn::Set(d, 3.0f));
    const V six = hn::Set(d, 6.0f);
    const V low = hn::IfThenZeroElse(hn::Lt(shifted, hn::Zero(d)), shifted);
    return hn::Mul(x, hn::Div(hn::IfThenElse(hn::Gt(low, six), six, low), six));
  }
};

struct Hardshrink {
  explicit Hardshrink(const Params& p) : lambda(p.get<float>(0)) {}
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    return hn::IfThenZeroElse(
        hn::And(hn::Ge(x, hn::Set(d, -lambda)), hn::Le(x, hn::Set(d, lambda))), x);
  }
  float lambda;
};

struct Softshrink {
  explicit Softshrink(const Params& p) : lambda(p.get<float>(0)) {}
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    const V shift = hn::Set(d, lambda);
    const V middle = hn::IfThenElse(hn::IsNaN(x), x, hn::Zero(d));
    const V low = hn::IfThenElse(hn::Lt(x, hn::Neg(shift)), hn::Add(x, shift), middle);
    return hn::IfThenElse(hn::Gt(x, shift), hn::Sub(x, shift), low);
  }
  float lambda;
};

struct Softplus {
  explicit Softplus(const Params& p) : beta(p.get<float>(0)), threshold(p.get<float>(1)) {}
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    const V scaled = hn::Mul(x, hn::Set(d, beta));
    const V y = hn::Div(gradus::HWY_NAMESPACE::Softplus(d, scaled), hn::Set(d, beta));
    return hn::IfThenElse(hn::Gt(scaled, hn::Set(d, threshold)), x, y);
  }
  float beta, threshold;
};

struct LogSigmoid {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    return gradus::HWY_NAMESPACE::LogSigmoid(d, x);
  }
};

struct Threshold {
  explicit Threshold(const Params& p) : threshold(p.get<float>(0)), value(p.get<float>(1)) {}
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    return hn::IfThenElse(hn::Le(x, hn::Set(d, threshold)), hn::Set(d, value), x);
  }
  float threshold, value;
};

struct Clamp {
  explicit Clamp(const Params& p) : lo(p.get<float>(0)), hi(p.get<float>(1)) {}
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    const V low = hn::IfThenElse(hn::Lt(x, hn::Set(d, lo)), hn::Set(d, lo), x);
    return hn::IfThenElse(hn::Gt(low, hn::Set(d, hi)), hn::Set(d, hi), low);
  }
  float lo, hi;
};
struct ClampMin {
  explicit ClampMin(const Params& p) : lo(p.get<float>(0)) {}
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    return hn::IfThenElse(hn::Lt(x, hn::Set(d, lo)), hn::Set(d, lo), x);
  }
  float lo;
};
struct ClampMax {
  explicit ClampMax(const Params& p) : hi(p.get<float>(0)) {}
  template <class D, class V>
  HWY_INLINE V operator()(D d, V x) const {
    return hn::IfThenElse(hn::Gt(x, hn::Set(d, hi)), hn::Set(d, hi), x);
  }
  float hi;
};

BlockFunction ActivationFunction(ActivationOp op) {
  switch (op) {
    case ActivationOp::LeakyRelu:
      return &Unary<LeakyRelu>;
    case ActivationOp::Elu:
      return &LongUnary<Elu>;
    case ActivationOp::Gelu:
      return &LongUnary<Gelu>;
    case ActivationOp::GeluTanh:
      return &LongUnary<GeluTanh>;
    case ActivationOp::Silu:
      return &LongUnary<Silu>;
    case ActivationOp::Mish:
      return &LongUnary<Mish>;
    case ActivationOp::Hardswish:
      return &Unary<Hardswish>;
    case ActivationOp::Hardsigmoid:
      return &Unary<Hardsigmoid>;
    case ActivationOp::Hardshrink:
      return &Unary<Hardshrink>;
    case ActivationOp::Softshrink:
      return &Unary<Softshrink>;
    case ActivationOp::Softplus:
      return &LongUnary<Softplus>;
    case ActivationOp::LogSigmoid:
      return &LongUnary<LogSigmoid>;
    case ActivationOp::Threshold:
      return &Unary<Threshold>;
    case ActivationOp::Clamp:
      return &Unary<Clamp>;
    case ActivationOp::ClampMin:
      return &Unary<ClampMin>;
    case ActivationOp::ClampMax:
      return &Unary<ClampMax>;
  }
  return nullptr;
}

}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernel
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernel {

HWY_EXPORT(ActivationFunction);

BlockFunction activation_vector_function(ActivationOp op) {
  return HWY_DYNAMIC_DISPATCH(ActivationFunction)(op);
}

}  // namespace gradus::kernel
#endif  // HWY_ONCE
