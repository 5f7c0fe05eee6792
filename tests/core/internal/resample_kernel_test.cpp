// The vector loops of resampling beside the plain loop, which double runs through.

#include <algorithm>
#include <cstdint>

#include <gradus/gradus.h>
#include <gtest/gtest.h>

#include "core/kernels/resample.h"

namespace gradus {
namespace {

// Outputs of 0 to 3 taps each, most of them near each other, as their place in the dim is. All
// numbers are small integers or halves, so that sums are exact.
kernel::ResampleTaps some_taps(int64_t in, int64_t out, bool far) {
  kernel::ResampleTaps taps;
  taps.in = in;
  taps.out = out;
  for (int64_t i = 0; i < out; ++i) {
    for (int64_t k = 0; k < i * 7 % 4; ++k) {
      const int64_t near = i * in / out + k;
      taps.places.push_back((far ? near * 37 : near) % in);
      taps.weights.push_back(static_cast<double>(k) - 0.5);
    }
    taps.first.push_back(static_cast<int64_t>(taps.places.size()));
  }
  return taps;
}

TEST(ResampleKernel, VectorsEqualThePlainLoop) {
  manual_seed(1);
  const int64_t sizes[][2] = {{1, 1},   {1, 40}, {3, 7},   {7, 14},  {28, 56},
                              {56, 28}, {9, 70}, {90, 17}, {17, 90}, {200, 31}};
  for (const auto [in, out] : sizes) {
    for (bool far : {false, true}) {
      const auto taps = some_taps(in, out, far);
      for (int64_t rows : {1, 37, 210}) {
        for (int64_t inner : {1, 3, 16, 21}) {
          const Tensor x = randint(-5, 5, {rows, in, inner}, kDouble);
          const Tensor y = kernel::resample(x, 1, taps);
          ASSERT_TRUE(equal(y, kernel::resample(x.to(kFloat), 1, taps).to(kDouble)))
              << in << " -> " << out << ", " << rows << " rows of " << inner;
          // <y, dy> = <x, dx>
          const Tensor dy = randint(-5, 5, y.sizes(), kDouble);
          const Tensor dx = kernel::resample(dy.to(kFloat), 1, transposed(taps)).to(kDouble);
          ASSERT_TRUE(equal((y * dy).sum(), (x * dx).sum()));
        }
      }
    }
  }
}

// One element has most of the taps.
TEST(ResampleKernel, ManyTapsOfOne) {
  kernel::ResampleTaps taps;
  taps.in = 10;
  taps.out = 5000;
  for (int64_t i = 0; i < taps.out; ++i) {
    taps.places.push_back(std::min<int64_t>(i, 9));
    taps.weights.push_back(1);
    taps.first.push_back(i + 1);
  }
  const Tensor dy = randint(-5, 5, {20, 5000}, kDouble);
  const Tensor dx = kernel::resample(dy, 1, transposed(taps));
  EXPECT_TRUE(equal(dx, kernel::resample(dy.to(kFloat), 1, transposed(taps)).to(kDouble)));
}

// Along every dim, and with the channels last in memory.
TEST(ResampleKernel, KeepsTheMemoryFormat) {
  const Tensor x = randint(-5, 5, {3, 5, 4, 6}, kFloat);
  const Tensor last = x.contiguous(MemoryFormat::ChannelsLast);
  for (int64_t dim = 0; dim < 4; ++dim) {
    const auto taps = some_taps(x.size(dim), 9, false);
    const Tensor y = kernel::resample(last, dim, taps);
    EXPECT_TRUE(y.is_contiguous(MemoryFormat::ChannelsLast));
    EXPECT_TRUE(equal(y, kernel::resample(x, dim, taps)));
  }
}

// What an output does not look at does not reach it.
TEST(ResampleKernel, NeighboursThatAreNoNumbers) {
  Tensor x = full({2, 20}, std::numeric_limits<double>::infinity(), kFloat);
  x.select(1, 3).fill_(2);
  kernel::ResampleTaps taps;
  taps.in = 20;
  taps.out = 3;
  taps.first = {0, 0, 1, 3};
  taps.places = {3, 3, 3};
  taps.weights = {1, 1, 2};
  const Tensor y = kernel::resample(x, 1, taps);
  EXPECT_TRUE(equal(y, tensor({0, 2, 6}, kFloat).expand({2, 3})));
}

}  // namespace
}  // namespace gradus
