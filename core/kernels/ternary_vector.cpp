#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)

#include "core/kernels/ternary.h"

// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/ternary_vector.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include "core/kernels/vector_loop-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace gradus::kernel {
namespace HWY_NAMESPACE {

struct Lerp {
  template <class D, class V>
  HWY_INLINE V operator()(D d, V a, V b, V w) const {
    // From the nearer end, so that w = 0 gives a and w = 1 gives b.
    const V distance = hn::Sub(b, a), one = hn::Set(d, 1.0f);
    return hn::IfThenElse(hn::Lt(hn::Abs(w), hn::Set(d, 0.5f)), hn::Add(a, hn::Mul(w, distance)),
                          hn::Sub(b, hn::Mul(distance, hn::Sub(one, w))));
  }
};

struct Addcmul {
  explicit Addcmul(const Params& p) : value(p.get<float>(0)) {}
  template <class D, class V>
  HWY_INLINE V operator()(D d, V a, V b, V c) const {
    return hn::Add(a, hn::Mul(hn::Mul(hn::Set(d, value), b), c));
  }
  float value;
};

struct Addcdiv {
  explicit Addcdiv(const Params& p) : value(p.get<float>(0)) {}
  template <class D, class V>
  HWY_INLINE V operator()(D d, V a, V b, V c) const {
    return hn::Add(a, hn::Div(hn::Mul(hn::Set(d, value), b), c));
  }
  float value;
};

BlockFunction TernaryFunction(TernaryOp op) {
  switch (op) {
    case TernaryOp::Lerp:
      return &Ternary<Lerp>;
    case TernaryOp::Addcmul:
      return &Ternary<Addcmul>;
    case TernaryOp::Addcdiv:
      return &Ternary<Addcdiv>;
  }
  return nullptr;
}

// Elements of 4 bytes, of whatever type.
void Where(const Params*, const void* const* in, void* out, int64_t n) {
  const F32 d;
  const hn::RebindToUnsigned<F32> du;
  const size_t lanes = hn::Lanes(d), size = static_cast<size_t>(n);
  const auto* condition = static_cast<const uint8_t*>(in[0]);
  const auto* a = static_cast<const float*>(in[1]);
  const auto* b = static_cast<const float*>(in[2]);
  auto* y = static_cast<float*>(out);
  const auto choose = [&](const uint8_t* c, auto v, auto w) HWY_ATTR {
    const auto mask = hn::Ne(hn::PromoteTo(du, hn::LoadU(Bytes(), c)), hn::Zero(du));
    return hn::IfThenElse(hn::RebindMask(d, mask), v, w);
  };
  size_t i = 0;
  for (; i + lanes <= size; i += lanes) {
    hn::StoreU(choose(condition + i, hn::LoadU(d, a + i), hn::LoadU(d, b + i)), d, y + i);
  }
  if (i < size) {
    const size_t rest = size - i;
    HWY_ALIGN uint8_t conditions[hn::MaxLanes(F32())] = {};
    std::memcpy(conditions, condition + i, rest);
    StoreRest(choose(conditions, LoadRest(d, a + i, rest), LoadRest(d, b + i, rest)), d, y + i,
              rest);
  }
}

BlockFunction WhereFunction() {
  return &Where;
}

}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernel
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernel {

HWY_EXPORT(TernaryFunction);
HWY_EXPORT(WhereFunction);

BlockFunction ternary_vector_function(TernaryOp op) {
  return HWY_DYNAMIC_DISPATCH(TernaryFunction)(op);
}

BlockFunction where_vector_function() {
  return HWY_DYNAMIC_DISPATCH(WhereFunction)();
}

}  // namespace gradus::kernel
#endif  // HWY_ONCE
