// The vector loops of pooling beside the plain loop, which double runs through.

#include <cmath>
#include <limits>
#include <tuple>
#include <vector>

#include <gradus/gradus.h>
#include <gtest/gtest.h>

#include "core/kernels/pool.h"

namespace gradus {
namespace {

struct Case {
  int64_t height, width, kernel, stride, padding, dilation;
};

const Case kCases[] = {
    {28, 28, 2, 2, 0, 1}, {9, 11, 3, 2, 1, 1}, {14, 14, 3, 1, 1, 1}, {17, 5, 4, 3, 2, 1},
    {12, 12, 3, 2, 1, 2}, {5, 5, 5, 1, 2, 1},  {4, 40, 3, 40, 1, 1}, {3, 3, 3, 3, 0, 1},
    {20, 20, 1, 1, 0, 1}, {8, 8, 3, 1, 0, 3},
};

int64_t pooled(int64_t in, const Case& c) {
  return (in + 2 * c.padding - c.dilation * (c.kernel - 1) - 1) / c.stride + 1;
}

kernel::PoolWindows windows(int64_t in, const Case& c) {
  return kernel::sliding_windows(in, pooled(in, c), c.kernel, c.stride, c.padding, c.dilation);
}

// Integers, so that equal values occur and sums are exact; some are infinite or no number.
Tensor image(const Case& c, MemoryFormat order) {
  Tensor x = randint(-5, 5, {2, 19, c.height, c.width}, kDouble);
  x.index_put_({0, 1}, -std::numeric_limits<double>::infinity());
  x.index_put_({1, 2, 1}, std::nan(""));
  x.index_put_({0, 18, 0, 0}, std::nan(""));
  return x.contiguous(order);
}

TEST(PoolKernel, VectorsEqualThePlainLoop) {
  manual_seed(1);
  for (const Case& c : kCases) {
    for (MemoryFormat order : {MemoryFormat::Contiguous, MemoryFormat::ChannelsLast}) {
      const Tensor x = image(c, order);
      const auto rows = windows(c.height, c), cols = windows(c.width, c);
      const auto [y, places] = kernel::max_pool2d(x, rows, cols);
      const auto [y_vector, places_vector] = kernel::max_pool2d(x.to(kFloat), rows, cols);
      ASSERT_TRUE(equal(places, places_vector)) << c.height << "x" << c.width << " " << c.kernel;
      ASSERT_TRUE(allclose(y, y_vector.to(kDouble), 0, 0, /*equal_nan=*/true));

      const Tensor dy = randint(-5, 5, y.sizes(), kDouble).contiguous(order);
      const Tensor dx = kernel::max_pool2d_backward(dy, places, rows, cols, c.height, c.width);
      const Tensor dx_vector =
          kernel::max_pool2d_backward(dy.to(kFloat), places, rows, cols, c.height, c.width);
      ASSERT_TRUE(equal(dx, dx_vector.to(kDouble)));
      ASSERT_TRUE(equal(dx.sum(), dy.sum()));  // every dy goes to one place
    }
  }
}

// A dilated window may step over the whole input: no element, so no maximum and any place.
TEST(PoolKernel, EmptyWindows) {
  const Case c{4, 1, 2, 1, 1, 3};
  for (MemoryFormat order : {MemoryFormat::Contiguous, MemoryFormat::ChannelsLast}) {
    const Tensor x = ones({1, 32, c.height, c.width}).contiguous(order);
    auto rows = windows(c.height, c);
    auto cols = kernel::sliding_windows(c.width, 1, 2, 1, 1, 3);
    const auto [y, places] = kernel::max_pool2d(x, rows, cols);
    EXPECT_TRUE((places < c.height * c.width).all().item<bool>());
    EXPECT_TRUE((places >= 0).all().item<bool>());
  }
}

}  // namespace
}  // namespace gradus
