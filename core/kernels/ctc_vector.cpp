#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)

#include "core/kernels/ctc_loops.h"

// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/ctc_vector.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

#include "core/kernels/rows-inl.h"

HWY_BEFORE_NAMESPACE();
namespace gradus::kernel {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
namespace math = gradus::HWY_NAMESPACE::vector_math;
using gradus::HWY_NAMESPACE::ForEachVector;
using gradus::HWY_NAMESPACE::LoadFirst;
using gradus::HWY_NAMESPACE::StoreFirst;

using F64 = hn::ScalableTag<double>;
using V = hn::Vec<F64>;

// e^x for x below 600; 2^-1000 stands for all that is smaller.
HWY_INLINE V ExpF64(F64 d, V x) {
  const V t = hn::Mul(x, hn::Set(d, 0x1.71547652b82fep+0));  // 1 / ln 2
  return math::Exp2F64(d, hn::Max(hn::Set(d, -1000.0), t));
}

void Advance(int64_t n, const double* x, int64_t by, const double* skip, const double* emission,
             double* y) {
  const F64 d;
  const V never = hn::Neg(hn::Inf(d));
  ForEachVector(d, n, [&](int64_t i, size_t count) HWY_ATTR {
    const V a = LoadFirst(d, x + i, count), b = LoadFirst(d, x + i + by, count);
    const V c = hn::Add(LoadFirst(d, x + i + 2 * by, count), LoadFirst(d, skip + i, count));
    // The greatest of the three gives e^0.
    const V greater = hn::Max(a, b), max = hn::Max(greater, c);
    const V sum = hn::Add(ExpF64(d, hn::Sub(hn::Min(a, b), max)),
                          ExpF64(d, hn::Sub(hn::Min(greater, c), max)));
    V log_sum = hn::Add(max, math::LogF64(d, hn::Add(sum, hn::Set(d, 1.0))));
    log_sum = hn::IfThenElse(hn::Eq(max, never), never, log_sum);
    // The maximum may have lost a NaN.
    const V nan = hn::Add(hn::Add(a, b), c);
    log_sum = hn::IfThenElse(hn::IsNaN(nan), nan, log_sum);
    StoreFirst(d, hn::Add(log_sum, LoadFirst(d, emission + i, count)), y + i, count);
  });
}

void Shares(int64_t n, const double* a, const double* b, const double* emission, double loss,
            double* share) {
  const F64 d;
  const V never = hn::Neg(hn::Inf(d));
  ForEachVector(d, n, [&](int64_t i, size_t count) HWY_ATTR {
    const V to = LoadFirst(d, a + i, count);
    const V from = hn::Sub(LoadFirst(d, b + i, count), LoadFirst(d, emission + i, count));
    const V p = ExpF64(d, hn::Add(hn::Add(to, from), hn::Set(d, loss)));
    StoreFirst(d, hn::IfThenElseZero(hn::Gt(to, never), p), share + i, count);
  });
}

void ExpOfEach(int64_t n, const double* x, double* y) {
  const F64 d;
  ForEachVector(d, n, [&](int64_t i, size_t count) HWY_ATTR {
    StoreFirst(d, ExpF64(d, LoadFirst(d, x + i, count)), y + i, count);
  });
}

void Probabilities(int64_t n, const float* x, float factor, float* y) {
  const hn::ScalableTag<float> d;
  ForEachVector(d, n, [&](int64_t c, size_t count) HWY_ATTR {
    const auto p = gradus::HWY_NAMESPACE::Exp(d, LoadFirst(d, x + c, count));
    StoreFirst(d, hn::Mul(p, hn::Set(d, factor)), y + c, count);
  });
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernel
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernel {

HWY_EXPORT(Advance);
HWY_EXPORT(Shares);
HWY_EXPORT(ExpOfEach);
HWY_EXPORT(Probabilities);

void ctc_advance_vector(int64_t n, const double* x, int64_t by, const double* skip,
                        const double* emission, double* y) {
  HWY_DYNAMIC_DISPATCH(Advance)(n, x, by, skip, emission, y);
}

void ctc_shares_vector(int64_t n, const double* a, const double* b, const double* emission,
                       double loss, double* share) {
  HWY_DYNAMIC_DISPATCH(Shares)(n, a, b, emission, loss, share);
}

void ctc_exp_vector(int64_t n, const double* x, double* y) {
  HWY_DYNAMIC_DISPATCH(ExpOfEach)(n, x, y);
}

void ctc_probabilities_vector(int64_t n, const float* x, float factor, float* y) {
  HWY_DYNAMIC_DISPATCH(Probabilities)(n, x, factor, y);
}

}  // namespace gradus::kernel
#endif
