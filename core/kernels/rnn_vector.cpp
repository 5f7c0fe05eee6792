#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)

#include "core/kernels/rnn.h"

// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/rnn_vector.cpp"
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

using vm::ForEachVector;
using vm::LoadFirst;
using vm::StoreFirst;

using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

// y (1 - y), the slope of the logistic function, and 1 - y^2, that of tanh.
HWY_INLINE V LogisticSlope(D d, V y) {
  (void)d;
  return hn::NegMulAdd(y, y, y);
}
HWY_INLINE V TanhSlope(D d, V y) {
  return hn::NegMulAdd(y, y, hn::Set(d, 1.0f));
}

void LstmForward(int64_t rows, int64_t n, const RnnForwardRows<float>& p) {
  const D d;
  for (int64_t row = 0; row < rows; ++row) {
    const float* HWY_RESTRICT x = p.xg + row * 4 * n;
    const float* HWY_RESTRICT u = p.hg + row * 4 * n;
    float* HWY_RESTRICT gates = p.gates + row * 4 * n;
    const float* HWY_RESTRICT c_prev = p.c_prev + row * n;
    ForEachVector(d, n, [&](int64_t j, size_t count) HWY_ATTR {
      const auto sum = [&](int64_t gate) HWY_ATTR {
        return hn::Add(LoadFirst(d, x + gate * n + j, count),
                       LoadFirst(d, u + gate * n + j, count));
      };
      const V i = vm::Sigmoid(d, sum(0)), f = vm::Sigmoid(d, sum(1)), g = vm::Tanh(d, sum(2)),
              o = vm::Sigmoid(d, sum(3));
      const V c = hn::MulAdd(f, LoadFirst(d, c_prev + j, count), hn::Mul(i, g));
      StoreFirst(d, i, gates + j, count);
      StoreFirst(d, f, gates + n + j, count);
      StoreFirst(d, g, gates + 2 * n + j, count);
      StoreFirst(d, o, gates + 3 * n + j, count);
      StoreFirst(d, c, p.c + row * n + j, count);
      StoreFirst(d, hn::Mul(o, vm::Tanh(d, c)), p.h + row * n + j, count);
    });
  }
}

void LstmBackward(int64_t rows, int64_t n, const RnnBackwardRows<float>& p) {
  const D d;
  for (int64_t row = 0; row < rows; ++row) {
    const float* HWY_RESTRICT gates = p.gates + row * 4 * n;
    float* HWY_RESTRICT dx = p.dxg + row * 4 * n;
    const int64_t at = row * n;
    ForEachVector(d, n, [&](int64_t j, size_t count) HWY_ATTR {
      const V i = LoadFirst(d, gates + j, count), f = LoadFirst(d, gates + n + j, count),
              g = LoadFirst(d, gates + 2 * n + j, count),
              o = LoadFirst(d, gates + 3 * n + j, count);
      const V t = vm::Tanh(d, LoadFirst(d, p.c + at + j, count));
      const V dh = LoadFirst(d, p.dh + at + j, count);
      const V dc = hn::MulAdd(hn::Mul(dh, o), TanhSlope(d, t), LoadFirst(d, p.dc + at + j, count));
      const V c_prev = LoadFirst(d, p.c_prev + at + j, count);
      StoreFirst(d, hn::Mul(hn::Mul(dc, g), LogisticSlope(d, i)), dx + j, count);
      StoreFirst(d, hn::Mul(hn::Mul(dc, c_prev), LogisticSlope(d, f)), dx + n + j, count);
      StoreFirst(d, hn::Mul(hn::Mul(dc, i), TanhSlope(d, g)), dx + 2 * n + j, count);
      StoreFirst(d, hn::Mul(hn::Mul(dh, t), LogisticSlope(d, o)), dx + 3 * n + j, count);
      StoreFirst(d, hn::Mul(dc, f), p.dc + at + j, count);
    });
  }
}

void GruForward(int64_t rows, int64_t n, const RnnForwardRows<float>& p) {
  const D d;
  for (int64_t row = 0; row < rows; ++row) {
    const float* HWY_RESTRICT x = p.xg + row * 3 * n;
    const float* HWY_RESTRICT u = p.hg + row * 3 * n;
    float* HWY_RESTRICT gates = p.gates + row * 4 * n;
    ForEachVector(d, n, [&](int64_t j, size_t count) HWY_ATTR {
      const auto from_hidden = [&](int64_t gate) HWY_ATTR {
        const V v = LoadFirst(d, u + gate * n + j, count);
        return p.b_hh == nullptr ? v : hn::Add(v, LoadFirst(d, p.b_hh + gate * n + j, count));
      };
      const V r = vm::Sigmoid(d, hn::Add(LoadFirst(d, x + j, count), from_hidden(0)));
      const V z = vm::Sigmoid(d, hn::Add(LoadFirst(d, x + n + j, count), from_hidden(1)));
      const V un = from_hidden(2);
      const V m = vm::Tanh(d, hn::MulAdd(r, un, LoadFirst(d, x + 2 * n + j, count)));
      StoreFirst(d, r, gates + j, count);
      StoreFirst(d, z, gates + n + j, count);
      StoreFirst(d, m, gates + 2 * n + j, count);
      StoreFirst(d, un, gates + 3 * n + j, count);
      const V h_prev = LoadFirst(d, p.h_prev + row * n + j, count);
      StoreFirst(d, hn::MulAdd(z, hn::Sub(h_prev, m), m), p.h + row * n + j, count);
    });
  }
}

void GruBackward(int64_t rows, int64_t n, const RnnBackwardRows<float>& p) {
  const D d;
  for (int64_t row = 0; row < rows; ++row) {
    const float* HWY_RESTRICT gates = p.gates + row * 4 * n;
    float* HWY_RESTRICT dx = p.dxg + row * 3 * n;
    float* HWY_RESTRICT du = p.dhg + row * 3 * n;
    const int64_t at = row * n;
    ForEachVector(d, n, [&](int64_t j, size_t count) HWY_ATTR {
      const V r = LoadFirst(d, gates + j, count), z = LoadFirst(d, gates + n + j, count),
              m = LoadFirst(d, gates + 2 * n + j, count),
              un = LoadFirst(d, gates + 3 * n + j, count);
      const V dh = LoadFirst(d, p.dh + at + j, count);
      const V dm = hn::Mul(hn::NegMulAdd(dh, z, dh), TanhSlope(d, m));
      const V dr = hn::Mul(hn::Mul(dm, un), LogisticSlope(d, r));
      const V h_prev = LoadFirst(d, p.h_prev + at + j, count);
      const V dz = hn::Mul(hn::Mul(dh, hn::Sub(h_prev, m)), LogisticSlope(d, z));
      StoreFirst(d, dr, dx + j, count);
      StoreFirst(d, dz, dx + n + j, count);
      StoreFirst(d, dm, dx + 2 * n + j, count);
      StoreFirst(d, dr, du + j, count);
      StoreFirst(d, dz, du + n + j, count);
      StoreFirst(d, hn::Mul(dm, r), du + 2 * n + j, count);
      StoreFirst(d, hn::Mul(dh, z), p.dh + at + j, count);
    });
  }
}

// Without gates rows do not matter.
void PlainForward(bool tanh, int64_t size, const RnnForwardRows<float>& p) {
  const D d;
  ForEachVector(d, size, [&](int64_t j, size_t count) HWY_ATTR {
    const V a = hn::Add(LoadFirst(d, p.xg + j, count), LoadFirst(d, p.hg + j, count));
    const V zero = hn::Zero(d);
    StoreFirst(d, tanh ? vm::Tanh(d, a) : hn::IfThenElse(hn::Lt(a, zero), zero, a), p.h + j, count);
  });
}

void PlainBackward(bool tanh, int64_t size, const RnnBackwardRows<float>& p) {
  const D d;
  ForEachVector(d, size, [&](int64_t j, size_t count) HWY_ATTR {
    const V h = LoadFirst(d, p.h + j, count), dh = LoadFirst(d, p.dh + j, count);
    const V dx =
        tanh ? hn::Mul(dh, TanhSlope(d, h)) : hn::IfThenElseZero(hn::Gt(h, hn::Zero(d)), dh);
    StoreFirst(d, dx, p.dxg + j, count);
  });
}

void Forward(RnnMode mode, int64_t rows, int64_t n, const RnnForwardRows<float>& p) {
  if (mode == RnnMode::Lstm) return LstmForward(rows, n, p);
  if (mode == RnnMode::Gru) return GruForward(rows, n, p);
  PlainForward(mode == RnnMode::Tanh, rows * n, p);
}

void Backward(RnnMode mode, int64_t rows, int64_t n, const RnnBackwardRows<float>& p) {
  if (mode == RnnMode::Lstm) return LstmBackward(rows, n, p);
  if (mode == RnnMode::Gru) return GruBackward(rows, n, p);
  PlainBackward(mode == RnnMode::Tanh, rows * n, p);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernel
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernel {

HWY_EXPORT(Forward);
HWY_EXPORT(Backward);

void rnn_forward_vector(RnnMode mode, int64_t rows, int64_t hidden,
                        const RnnForwardRows<float>& p) {
  HWY_DYNAMIC_DISPATCH(Forward)(mode, rows, hidden, p);
}

void rnn_backward_vector(RnnMode mode, int64_t rows, int64_t hidden,
                         const RnnBackwardRows<float>& p) {
  HWY_DYNAMIC_DISPATCH(Backward)(mode, rows, hidden, p);
}

}  // namespace gradus::kernel
#endif
