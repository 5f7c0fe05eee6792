#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)

#include "core/kernels/random_vector.h"

#include <cmath>
#include <cstring>

// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/random_vector.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include "core/kernels/vector_math-inl.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace gradus::kernel::vectorized {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;
using gradus::HWY_NAMESPACE::Log;

using U32 = hn::ScalableTag<uint32_t>;
using F32 = hn::ScalableTag<float>;
using VU = hn::Vec<U32>;
using VF = hn::Vec<F32>;

// One number of each of as many blocks as a vector has lanes.
struct Numbers {
  VU v[4];
};

#if HWY_TARGET != HWY_SCALAR

// The upper and lower halves of the products a * m.
HWY_INLINE void MulWide(VU a, VU m, VU& high, VU& low) {
  const U32 d;
  const hn::RepartitionToWide<U32> dw;
  const auto even = hn::MulEven(a, m);
  const auto odd = hn::MulEven(hn::BitCast(d, hn::ShiftRight<32>(hn::BitCast(dw, a))), m);
  high = hn::OddEven(hn::BitCast(d, odd), hn::BitCast(d, hn::ShiftRight<32>(even)));
  low = hn::OddEven(hn::BitCast(d, hn::ShiftLeft<32>(odd)), hn::BitCast(d, even));
}

HWY_INLINE Numbers Rounds(PhiloxKey key, VU c0, VU c1, VU c2) {
  const U32 d;
  VU c3 = hn::Zero(d);
  const VU m0 = hn::Set(d, 0xD2511F53u), m1 = hn::Set(d, 0xCD9E8D57u);
  uint32_t k0 = static_cast<uint32_t>(key.seed), k1 = static_cast<uint32_t>(key.seed >> 32);
  for (int round = 0; round < 10; ++round) {
    VU high0, low0, high1, low1;
    MulWide(c0, m0, high0, low0);
    MulWide(c2, m1, high1, low1);
    c0 = hn::Xor(hn::Xor(high1, c1), hn::Set(d, k0));
    c1 = low1;
    c2 = hn::Xor(hn::Xor(high0, c3), hn::Set(d, k1));
    c3 = low0;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return {{c0, c1, c2, c3}};
}

// The blocks from `block` on.
HWY_INLINE Numbers Draw(PhiloxKey key, uint64_t block) {
  const U32 d;
  const size_t lanes = hn::Lanes(d);
  const uint64_t first = key.offset + block, last = first + (lanes - 1);
  if ((first >> 32) == (last >> 32) && first >= block) {
    return Rounds(key, hn::Iota(d, static_cast<uint32_t>(first)),
                  hn::Set(d, static_cast<uint32_t>(first >> 32)), hn::Zero(d));
  }
  // The counter carries within the vector.
  HWY_ALIGN uint32_t c0[hn::MaxLanes(U32())], c1[hn::MaxLanes(U32())], c2[hn::MaxLanes(U32())];
  for (size_t i = 0; i < lanes; ++i) {
    const uint64_t index = block + i, low = key.offset + index;
    c0[i] = static_cast<uint32_t>(low);
    c1[i] = static_cast<uint32_t>(low >> 32);
    c2[i] = low < index ? 1 : 0;
  }
  return Rounds(key, hn::Load(d, c0), hn::Load(d, c1), hn::Load(d, c2));
}

#else  // HWY_SCALAR has no MulEven

HWY_INLINE Numbers Draw(PhiloxKey key, uint64_t block) {
  const U32 d;
  const PhiloxBlock b = philox4x32(key, block);
  return {{hn::Set(d, b.v[0]), hn::Set(d, b.v[1]), hn::Set(d, b.v[2]), hn::Set(d, b.v[3])}};
}

#endif

// The float nearest to each number.
HWY_INLINE VF ToFloat(VU x) {
  const F32 d;
  const hn::RebindToSigned<F32> di;
  const VF high = hn::ConvertTo(d, hn::BitCast(di, hn::ShiftRight<16>(x)));
  const VF low = hn::ConvertTo(d, hn::BitCast(di, hn::And(x, hn::Set(U32(), 0xffffu))));
  return hn::Add(hn::Mul(high, hn::Set(d, 65536.0f)), low);
}

// uniform_float.
HWY_INLINE VF ToUnit(VU x) {
  const F32 d;
  const hn::RebindToSigned<F32> di;
  return hn::Mul(hn::ConvertTo(d, hn::BitCast(di, hn::ShiftRight<8>(x))), hn::Set(d, 0x1p-24f));
}

// Two standard normal numbers from two uniform ones; see normal_pair in core/box_muller.h.
HWY_INLINE void NormalPairs(VU a, VU b, VF& first, VF& second) {
  const F32 d;
  const hn::RebindToSigned<F32> di;
  const VF u = hn::Add(hn::Mul(ToFloat(a), hn::Set(d, 0x1p-32f)), hn::Set(d, 0x1p-33f));
  const VF r = hn::Sqrt(hn::Mul(hn::Set(d, -2.0f), Log(d, u)));
  // The angle in turns is q / 4 + t, with |t| <= 1/8, exactly.
  const VF turns = ToUnit(b);
  const VF round = hn::Set(d, 12582912.0f);
  const VF shifted = hn::Add(hn::Mul(turns, hn::Set(d, 4.0f)), round);
  const auto q = hn::BitCast(di, shifted);
  const VF t = hn::Sub(turns, hn::Mul(hn::Sub(shifted, round), hn::Set(d, 0.25f)));
  const VF x = hn::Mul(t, hn::Set(d, 6.28318530717958648f)), z = hn::Mul(x, x);
  VF s = hn::Set(d, 2.7557319e-6f);
  s = hn::MulAdd(s, z, hn::Set(d, -1.9841270e-4f));
  s = hn::MulAdd(s, z, hn::Set(d, 8.3333333e-3f));
  s = hn::MulAdd(s, z, hn::Set(d, -1.6666667e-1f));
  s = hn::MulAdd(hn::Mul(s, z), x, x);
  VF c = hn::Set(d, 2.4801587e-5f);
  c = hn::MulAdd(c, z, hn::Set(d, -1.3888889e-3f));
  c = hn::MulAdd(c, z, hn::Set(d, 4.1666667e-2f));
  c = hn::MulAdd(c, z, hn::Set(d, -0.5f));
  c = hn::MulAdd(c, z, hn::Set(d, 1.0f));
  // Quarter turns exchange sine and cosine and flip signs: bit 0 of q, and bit 1.
  const auto odd = hn::MaskFromVec(hn::BitCast(d, hn::ShiftRight<31>(hn::ShiftLeft<31>(q))));
  const VF cosine = hn::IfThenElse(odd, s, c), sine = hn::IfThenElse(odd, c, s);
  const auto sign = [&](const auto bits) {
    return hn::BitCast(d, hn::ShiftLeft<31>(hn::ShiftRight<1>(bits)));
  };
  // cos: negative for q = 1, 2; sin: for q = 2, 3.
  first = hn::Mul(r, hn::Xor(cosine, sign(hn::Add(q, hn::Set(di, 1)))));
  second = hn::Mul(r, hn::Xor(sine, sign(q)));
}

// Calls store(y, four vectors) for each group of vectors, through a buffer for what is left over.
template <class T, class F>
HWY_INLINE void ForEach(PhiloxKey key, int64_t first_block, T* y, int64_t n, const F& store) {
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(U32()));
  uint64_t block = static_cast<uint64_t>(first_block);
  int64_t i = 0;
  for (; i + 4 * lanes <= n; i += 4 * lanes, block += lanes) store(Draw(key, block), y + i);
  if (i == n) return;
  T rest[4 * hn::MaxLanes(U32())];
  store(Draw(key, block), rest);
  std::memcpy(y + i, rest, static_cast<size_t>(n - i) * sizeof(T));
}

void RandomBits(PhiloxKey key, int64_t first_block, uint32_t* y, int64_t n) {
  ForEach(key, first_block, y, n, [](const Numbers& x, uint32_t* to) HWY_ATTR {
    hn::StoreInterleaved4(x.v[0], x.v[1], x.v[2], x.v[3], U32(), to);
  });
}

void Uniform(PhiloxKey key, int64_t first_block, float* y, int64_t n, float from, float to) {
  const F32 d;
  const VF base = hn::Set(d, from), range = hn::Set(d, to - from);
  // Rounding must not reach `to`.
  const VF below = hn::Set(d, from < to ? std::nextafter(to, from) : from);
  const auto place = [&](VU x) HWY_ATTR {
    return hn::Min(hn::Add(hn::Mul(ToUnit(x), range), base), below);
  };
  ForEach(key, first_block, y, n, [&](const Numbers& x, float* at) HWY_ATTR {
    hn::StoreInterleaved4(place(x.v[0]), place(x.v[1]), place(x.v[2]), place(x.v[3]), d, at);
  });
}

void Normal(PhiloxKey key, int64_t first_block, float* y, int64_t n, float mean, float std) {
  const F32 d;
  const VF m = hn::Set(d, mean), s = hn::Set(d, std);
  ForEach(key, first_block, y, n, [&](const Numbers& x, float* at) HWY_ATTR {
    VF a, b, c, e;
    NormalPairs(x.v[0], x.v[1], a, b);
    NormalPairs(x.v[2], x.v[3], c, e);
    hn::StoreInterleaved4(hn::Add(hn::Mul(a, s), m), hn::Add(hn::Mul(b, s), m),
                          hn::Add(hn::Mul(c, s), m), hn::Add(hn::Mul(e, s), m), d, at);
  });
}

void Dropout(PhiloxKey key, int64_t first_block, const float* x, float* y, int64_t n,
             uint32_t threshold, float scale) {
  const F32 d;
  const U32 du;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const VU limit = hn::Set(du, threshold);
  const VF factor = hn::Set(d, scale);
  uint64_t block = static_cast<uint64_t>(first_block);
  HWY_ALIGN uint32_t bits[4 * hn::MaxLanes(U32())];
  HWY_ALIGN float rest[4 * hn::MaxLanes(U32())];
  for (int64_t i = 0; i < n; i += 4 * lanes, block += lanes) {
    const Numbers numbers = Draw(key, block);
    hn::StoreInterleaved4(numbers.v[0], numbers.v[1], numbers.v[2], numbers.v[3], du, bits);
    const bool whole = i + 4 * lanes <= n;
    const float* from = x + i;
    float* to = y + i;
    if (!whole) {
      std::memcpy(rest, from, static_cast<size_t>(n - i) * sizeof(float));
      from = to = rest;
    }
    for (int64_t k = 0; k < 4 * lanes; k += lanes) {
      const auto keep = hn::RebindMask(d, hn::Lt(hn::Load(du, bits + k), limit));
      hn::StoreU(hn::IfThenElseZero(keep, hn::Mul(hn::LoadU(d, from + k), factor)), d, to + k);
    }
    if (!whole) std::memcpy(y + i, rest, static_cast<size_t>(n - i) * sizeof(float));
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernel::vectorized
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

namespace gradus::kernel::vectorized {

HWY_EXPORT(RandomBits);
HWY_EXPORT(Uniform);
HWY_EXPORT(Normal);
HWY_EXPORT(Dropout);

void random_bits(PhiloxKey key, int64_t first_block, uint32_t* y, int64_t n) {
  HWY_DYNAMIC_DISPATCH(RandomBits)(key, first_block, y, n);
}

void uniform(PhiloxKey key, int64_t first_block, float* y, int64_t n, float from, float to) {
  HWY_DYNAMIC_DISPATCH(Uniform)(key, first_block, y, n, from, to);
}

void normal(PhiloxKey key, int64_t first_block, float* y, int64_t n, float mean, float std) {
  HWY_DYNAMIC_DISPATCH(Normal)(key, first_block, y, n, mean, std);
}

void dropout(PhiloxKey key, int64_t first_block, const float* x, float* y, int64_t n,
             uint32_t threshold, float scale) {
  HWY_DYNAMIC_DISPATCH(Dropout)(key, first_block, x, y, n, threshold, scale);
}

}  // namespace gradus::kernel::vectorized

#endif
