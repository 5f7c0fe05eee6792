#pragma once

#include <cstdint>

#include "core/philox.h"

namespace gradus::kernel::vectorized {

// Numbers from consecutive blocks, four elements each; n need not be a multiple of four.

void random_bits(PhiloxKey key, int64_t first_block, uint32_t* y, int64_t n);
/// from + uniform_float * (to - from), below to.
void uniform(PhiloxKey key, int64_t first_block, float* y, int64_t n, float from, float to);
/// mean + std * normal_pair.
void normal(PhiloxKey key, int64_t first_block, float* y, int64_t n, float mean, float std);
/// x * scale where the number is less than `threshold`, else 0. y may be x.
void dropout(PhiloxKey key, int64_t first_block, const float* x, float* y, int64_t n,
             uint32_t threshold, float scale);

}  // namespace gradus::kernel::vectorized
