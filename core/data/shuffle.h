#pragma once

// Private to core/data: random numbers of samplers and splits.

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "core/generator.h"
#include "core/philox.h"

namespace gradus::data::detail {

/// A seed from the generator: takes one block of it.
inline uint64_t draw_seed(Generator& generator) {
  const PhiloxBlock block = philox4x32(generator.reserve(1), 0);
  return uint64_t{block.v[0]} << 32 | block.v[1];
}

/// A number below n from 64 random bits: the upper half of their product.
inline uint64_t below(uint64_t n, uint32_t high, uint32_t low) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<uint64_t>(Wide{uint64_t{high} << 32 | low} * n >> 64);
}

/// Puts the elements into an order that is a function of the seed; each order is equally likely
/// (Fisher and Yates).
template <class T>
void shuffle(std::vector<T>& elements, uint64_t seed) {
  PhiloxBlock block{};
  const size_t size = elements.size();
  for (size_t i = size; i > 1; --i) {
    const size_t half = (size - i) % 2;
    if (half == 0) block = philox4x32({seed, 0}, (size - i) / 2);
    std::swap(elements[i - 1], elements[below(i, block.v[2 * half], block.v[2 * half + 1])]);
  }
}

}  // namespace gradus::data::detail
