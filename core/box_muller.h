#pragma once

#include <cmath>
#include <cstdint>

#include "core/philox.h"

namespace gradus {

/// Two independent standard normal numbers.
template <class T>
struct NormalPair {
  T first;
  T second;
};

/// Two standard normal numbers from two uniform ones, by Box and Muller's transform:
/// r = sqrt(-2 log u), (r cos(2 pi v), r sin(2 pi v)). u lies in (0, 1], so r is finite: at most
/// 6.8.
inline NormalPair<float> normal_pair(uint32_t a, uint32_t b) {
  const float u = static_cast<float>(a) * 0x1p-32f + 0x1p-33f;
  const float r = std::sqrt(-2.0f * std::log(u));
  const float angle = uniform_float(b) * 6.283185307179586f;
  return {r * std::cos(angle), r * std::sin(angle)};
}

/// The same in float64, from a whole block; r is at most 8.7.
inline NormalPair<double> normal_pair(const PhiloxBlock& x) {
  const double u = uniform_double(x.v[0], x.v[1]) + 0x1p-54;
  const double r = std::sqrt(-2.0 * std::log(u));
  const double angle = uniform_double(x.v[2], x.v[3]) * 6.283185307179586;
  return {r * std::cos(angle), r * std::sin(angle)};
}

}  // namespace gradus
