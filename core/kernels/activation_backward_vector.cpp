#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)

#include "core/kernels/activation.h"

// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/activation_backward_vector.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include "core/kernels/vector_loop-inl.h"
#include "core/kernels/vector_math-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace gradus::kernel {
namespace HWY_NAMESPACE {

struct LeakyRelu {
  explicit LeakyRelu(const Params& p) : slope(p.get<float>(0)) {}
  template <class D, class V>
  HWY_INLINE V operator()(D d, V dy, V x) const {
    return hn::IfThenElse(hn::Gt(x, hn::Zero(d)), dy, hn::Mul(dy, hn::Set(d, slope)));
  }
  float slope;
};

struct Elu {
  explicit Elu(const Params& p)
      : negative(p.get<float>(0) * p.get<float>(1) * p.get<float>(2)),
        scale(p.get<float>(1)),
        input_scale(p.get<float>(2)) {}
  template <class D, class V>
  HWY_INLINE V operator()(D d, V dy, V x) const {
    const V slope = hn::Mul(gradus::HWY_NAMESPACE::Exp(d, hn::Mul(x, hn::Set(d, input_scale))),
                            hn::Set(d, negative));
    return hn::Mul(dy, hn::IfThenElse(hn::Gt(x, hn::Zero(d)), hn::Set(d, scale), slope));
  }
  float negative, scale, input_scale;
};

struct Gelu {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V dy, V x) const {
    // Phi(x) + x phi(x); at infinity x phi(x) would be infinity times 0.
    const V density =
        hn::Mul(hn::Set(d, 0.3989422804f),
                gradus::HWY_NAMESPACE::Exp(d, hn::Mul(hn::Set(d, -0.5f), hn::Mul(x, x))));
    const V slope = hn::IfThenElseZero(hn::Not(hn::Eq(density, hn::Zero(d))), hn::Mul(x, density));
    return hn::Mul(dy, hn::Add(gradus::HWY_NAMESPACE::NormalCdf(d, x), slope));
  }
};

struct GeluTanh {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V dy, V x) const {
    const V k = hn::Set(d, 0.7978845608f), c = hn::Set(d, 0.044715f), one = hn::Set(d, 1.0f);
    const V square = hn::Mul(x, x);
    const V t =
        gradus::HWY_NAMESPACE::Tanh(d, hn::Mul(hn::Mul(k, x), hn::Add(one, hn::Mul(c, square))));
    const V du = hn::Mul(k, hn::Add(one, hn::Mul(hn::Mul(hn::Set(d, 3.0f), c), square)));
    const V sech2 = hn::Sub(one, hn::Mul(t, t));
    const V slope =
        hn::IfThenElseZero(hn::Not(hn::Eq(sech2, hn::Zero(d))), hn::Mul(hn::Mul(x, du), sech2));
    return hn::Mul(dy, hn::Mul(hn::Set(d, 0.5f), hn::Add(hn::Add(one, t), slope)));
  }
};

struct Silu {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V dy, V x) const {
    const V one = hn::Set(d, 1.0f);
    const V s = gradus::HWY_NAMESPACE::Sigmoid(d, x);
    const V rest = hn::Mul(s, hn::Sub(one, s));
    const V slope = hn::IfThenElseZero(hn::Not(hn::Eq(rest, hn::Zero(d))), hn::Mul(x, rest));
    return hn::Mul(dy, hn::Add(s, slope));
  }
};

struct Mish {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V dy, V x) const {
    const V two = hn::Set(d, 2.0f), one = hn::Set(d, 1.0f);
    const V limit = hn::Set(d, 20.0f);  // t is 1 from there on
    const V e = gradus::HWY_NAMESPACE::Exp(d, hn::IfThenElse(hn::Gt(x, limit), limit, x));
    const V n = hn::Mul(e, hn::Add(e, two));
    const V t = hn::Div(n, hn::Add(n, two));
    const V s = hn::Div(e, hn::Add(e, one));
    const V rest = hn::Mul(s, hn::Sub(one, hn::Mul(t, t)));
    const V slope = hn::IfThenElseZero(hn::Not(hn::Eq(rest, hn::Zero(d))), hn::Mul(x, rest));
    const V y = hn::Mul(dy, hn::Add(t, slope));
    return hn::IfThenElse(hn::Gt(x, limit), dy, y);
  }
};

struct Hardswish {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V dy, V x) const {
    const V three = hn::Set(d, 3.0f);
    const V slope = hn::Add(hn::Div(x, three), hn::Set(d, 0.5f));
    const V below = hn::IfThenZeroElse(hn::Lt(x, hn::Neg(three)), hn::Mul(dy, slope));
    return hn::IfThenElse(hn::Gt(x, three), dy, below);
  }
};

struct Hardsigmoid {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V dy, V x) const {
    const auto inside = hn::And(hn::Gt(x, hn::Set(d, -3.0f)), hn::Lt(x, hn::Set(d, 3.0f)));
    return hn::IfThenElseZero(inside, hn::Div(dy, hn::Set(d, 6.0f)));
  }
};

struct Shrink {
  explicit Shrink(const Params& p) : lambda(p.get<float>(0)) {}
  template <class D, class V>
  HWY_INLINE V operator()(D d, V dy, V x) const {
    const auto inside = hn::And(hn::Ge(x, hn::Set(d, -lambda)), hn::Le(x, hn::Set(d, lambda)));
    return hn::IfThenZeroElse(inside, dy);
  }
  float lambda;
};

struct Softplus {
  explicit Softplus(const Params& p) : beta(p.get<float>(0)), threshold(p.get<float>(1)) {}
  template <class D, class V>
  HWY_INLINE V operator()(D d, V dy, V x) const {
    const V scaled = hn::Mul(x, hn::Set(d, beta));
    const V dx = hn::Mul(dy, gradus::HWY_NAMESPACE::Sigmoid(d, scaled));
    return hn::IfThenElse(hn::Gt(scaled, hn::Set(d, threshold)), dy, dx);
  }
  float beta, threshold;
};

struct LogSigmoid {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V dy, V x) const {
    return hn::Mul(dy, gradus::HWY_NAMESPACE::Sigmoid(d, hn::Neg(x)));
  }
};

struct Threshold {
  explicit Threshold(const Params& p) : threshold(p.get<float>(0)) {}
  template <class D, class V>
  HWY_INLINE V operator()(D d, V dy, V x) const {
    return hn::IfThenZeroElse(hn::Le(x, hn::Set(d, threshold)), dy);
  }
  float threshold;
};

struct Clamp {
  explicit Clamp(const Params& p) : lo(p.get<float>(0)), hi(p.get<float>(1)) {}
  template <class D, class V>
  HWY_INLINE V operator()(D d, V dy, V x) const {
    const auto inside = hn::And(hn::Ge(x, hn::Set(d, lo)), hn::Le(x, hn::Set(d, hi)));
    return hn::IfThenElseZero(inside, dy);
  }
  float lo, hi;
};

struct Hardtanh {
  explicit Hardtanh(const Params& p) : lo(p.get<float>(0)), hi(p.get<float>(1)) {}
  template <class D, class V>
  HWY_INLINE V operator()(D d, V dy, V x) const {
    const auto outside = hn::Or(hn::Le(x, hn::Set(d, lo)), hn::Ge(x, hn::Set(d, hi)));
    return hn::IfThenZeroElse(outside, dy);
  }
  float lo, hi;
};

struct Tanh {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V dy, V y) const {
    return hn::Mul(dy, hn::Sub(hn::Set(d, 1.0f), hn::Mul(y, y)));
  }
};

struct Sigmoid {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V dy, V y) const {
    return hn::Mul(dy, hn::Mul(y, hn::Sub(hn::Set(d, 1.0f), y)));
  }
};

BlockFunction BackwardFunction(ActivationBackwardOp op) {
  switch (op) {
    case ActivationBackwardOp::LeakyRelu:
      return &Binary<LeakyRelu>;
    case ActivationBackwardOp::Elu:
      return &LongBinary<Elu>;
    case ActivationBackwardOp::Gelu:
      return &LongBinary<Gelu>;
    case ActivationBackwardOp::GeluTanh:
      return &LongBinary<GeluTanh>;
    case ActivationBackwardOp::Silu:
      return &LongBinary<Silu>;
    case ActivationBackwardOp::Mish:
      return &LongBinary<Mish>;
    case ActivationBackwardOp::Hardswish:
      return &Binary<Hardswish>;
    case ActivationBackwardOp::Hardsigmoid:
      return &Binary<Hardsigmoid>;
    case ActivationBackwardOp::Shrink:
      return &Binary<Shrink>;
    case ActivationBackwardOp::Softplus:
      return &LongBinary<Softplus>;
    case ActivationBackwardOp::LogSigmoid:
      return &LongBinary<LogSigmoid>;
    case ActivationBackwardOp::Threshold:
      return &Binary<Threshold>;
    case ActivationBackwardOp::Clamp:
      return &Binary<Clamp>;
    case ActivationBackwardOp::Hardtanh:
      return &Binary<Hardtanh>;
    case ActivationBackwardOp::Tanh:
      return &Binary<Tanh>;
    case ActivationBackwardOp::Sigmoid:
      return &Binary<Sigmoid>;
  }
  return nullptr;
}

}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernel
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernel {

HWY_EXPORT(BackwardFunction);

BlockFunction activation_backward_vector_function(ActivationBackwardOp op) {
  return HWY_DYNAMIC_DISPATCH(BackwardFunction)(op);
}

}  // namespace gradus::kernel
#endif  // HWY_ONCE
