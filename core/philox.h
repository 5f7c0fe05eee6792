#pragma once

#include <cstdint>

namespace gradus {

/// Where a kernel draws its random numbers: block i of the kernel is philox4x32(key, i). See
/// Generator::reserve().
struct PhiloxKey {
  uint64_t seed = 0;
  uint64_t offset = 0;
};

/// One block: four independent uniform 32-bit numbers.
struct PhiloxBlock {
  uint32_t v[4];
};

/// The counter-based generator Philox 4x32-10: a block is a pure function of the key and its index,
/// so a result does not depend on which thread computes it, or in which order. The 128-bit counter
/// is offset + index, the 64-bit key is the seed.
///
/// Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3" (SC 2011).
inline PhiloxBlock philox4x32(PhiloxKey key, uint64_t index) {
  const uint64_t low = key.offset + index;
  uint32_t c0 = static_cast<uint32_t>(low);
  uint32_t c1 = static_cast<uint32_t>(low >> 32);
  uint32_t c2 = low < index ? 1 : 0;
  uint32_t c3 = 0;
  uint32_t k0 = static_cast<uint32_t>(key.seed);
  uint32_t k1 = static_cast<uint32_t>(key.seed >> 32);
  for (int round = 0; round < 10; ++round) {
    const uint64_t p0 = uint64_t{0xD2511F53} * c0;
    const uint64_t p1 = uint64_t{0xCD9E8D57} * c2;
    c0 = static_cast<uint32_t>(p1 >> 32) ^ c1 ^ k0;
    c1 = static_cast<uint32_t>(p1);
    c2 = static_cast<uint32_t>(p0 >> 32) ^ c3 ^ k1;
    c3 = static_cast<uint32_t>(p0);
    k0 += 0x9E3779B9;
    k1 += 0xBB67AE85;
  }
  return {{c0, c1, c2, c3}};
}

/// Uniform in [0, 1): the upper 24 bits, exact in float32.
inline float uniform_float(uint32_t x) {
  return static_cast<float>(x >> 8) * 0x1p-24f;
}

/// Uniform in [0, 1): 53 bits of two numbers, exact in float64.
inline double uniform_double(uint32_t hi, uint32_t lo) {
  return static_cast<double>(((uint64_t{hi} << 32) | lo) >> 11) * 0x1p-53;
}

}  // namespace gradus
