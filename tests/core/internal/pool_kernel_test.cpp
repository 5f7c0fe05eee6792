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

// The elements of each window, as divisors.
std::vector<int64_t> sizes_of(const kernel::PoolWindows& rows, const kernel::PoolWindows& cols) {
  std::vector<int64_t> sizes;
  for (size_t i = 0; i < rows.begin.size(); ++i) {
    for (size_t j = 0; j < cols.begin.size(); ++j) {
      sizes.push_back((rows.end[i] - rows.begin[i]) * (cols.end[j] - cols.begin[j]));
    }
  }
  return sizes;
}

void expect_equal_means(const Case& c, const kernel::PoolWindows& rows,
                        const kernel::PoolWindows& cols) {
  const std::vector<int64_t> divisors = sizes_of(rows, cols);
  for (MemoryFormat order : {MemoryFormat::Contiguous, MemoryFormat::ChannelsLast}) {
    const Tensor x = image(c, order);
    const Tensor y = kernel::avg_pool2d(x, rows, cols, divisors);
    const Tensor y_vector = kernel::avg_pool2d(x.to(kFloat), rows, cols, divisors);
    ASSERT_TRUE(allclose(y_vector.to(kDouble), y, 1e-6, 1e-6, /*equal_nan=*/true))
        << c.height << "x" << c.width << " " << c.kernel;

    const Tensor dy = randint(-5, 5, y.sizes(), kDouble).contiguous(order);
    const Tensor dx = kernel::avg_pool2d_backward(dy, rows, cols, divisors, c.height, c.width);
    const Tensor dx_vector =
        kernel::avg_pool2d_backward(dy.to(kFloat), rows, cols, divisors, c.height, c.width);
    ASSERT_TRUE(allclose(dx_vector.to(kDouble), dx, 1e-6, 1e-6))
        << c.height << "x" << c.width << " " << c.kernel;
  }
}

TEST(PoolKernel, MeansByVectorsEqualThePlainLoop) {
  manual_seed(2);
  for (const Case& c : kCases) {
    if (c.dilation != 1) continue;
    expect_equal_means(c, windows(c.height, c), windows(c.width, c));
    // Windows that overlap, leave gaps or, of whole rows, are runs.
    for (int64_t out : {1, 2, 5, 20}) {
      expect_equal_means(c, kernel::adaptive_windows(c.height, out),
                         kernel::adaptive_windows(c.width, out));
      expect_equal_means(c, kernel::adaptive_windows(c.height, out),
                         kernel::adaptive_windows(c.width, 1));
    }
    expect_equal_means(c, windows(c.height, c), kernel::adaptive_windows(c.width, 1));
  }
}

// Windows of whole last dims go to the kernels of two dims.
TEST(PoolKernel, MeansOfThreeDims) {
  manual_seed(3);
  const Tensor x = randint(-5, 5, {2, 3, 4, 6, 5}, kDouble).requires_grad_();
  for (ScalarType dtype : {kDouble, kFloat}) {
    x.mutable_grad() = Tensor();
    const Tensor y = adaptive_avg_pool3d(x.to(dtype), {2, 3, 1});
    const Tensor expected = x.detach().reshape({2, 3, 2, 2, 3, 2, 5}).mean({3, 5, 6});
    EXPECT_TRUE(allclose(y.to(kDouble), expected.unsqueeze(-1), 1e-6, 1e-6));
    EXPECT_TRUE(allclose(adaptive_avg_pool3d(x.to(dtype), 1).to(kDouble).flatten(),
                         x.detach().mean({2, 3, 4}).flatten(), 1e-6, 1e-6));
    // Each element is in one mean, of 2 * 2 * 5.
    y.sum().backward();
    EXPECT_TRUE(allclose(x.grad(), full_like(x.detach(), 0.05), 1e-6, 1e-6));
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
