// The vector loops of grid_sample beside the plain loops, which double runs through.

#include <cmath>
#include <cstdint>
#include <limits>

#include <gradus/gradus.h>
#include <gtest/gtest.h>

#include "core/kernels/grid.h"

namespace gradus {
namespace {

// Numbers of which many lie outside; in eighths, so that float and double find the same elements in
// images of 2^n.
Tensor some_grid(IntArrayRef sizes) {
  return randint(-12, 13, sizes, kDouble) / 8;
}

void expect_equal_paths(const Tensor& x, const Tensor& grid, const kernel::GridSampling& how) {
  const Tensor y = kernel::grid_sample(x, grid, how);
  ASSERT_TRUE(
      allclose(y, kernel::grid_sample(x.to(kFloat), grid.to(kFloat), how).to(kDouble), 1e-5, 1e-4));
  const Tensor dy = randn(y.sizes(), kDouble);
  const auto expected = kernel::grid_sample_backward(dy, x, grid, how, true, true);
  for (bool needs_dx : {false, true}) {
    const auto actual = kernel::grid_sample_backward(dy.to(kFloat), x.to(kFloat), grid.to(kFloat),
                                                     how, needs_dx, /*needs_dgrid=*/true);
    ASSERT_TRUE(allclose(expected.dgrid, actual.dgrid.to(kDouble), 1e-4, 1e-3));
    ASSERT_EQ(actual.dx.defined(), needs_dx);
    if (needs_dx) {
      ASSERT_TRUE(allclose(expected.dx, actual.dx.to(kDouble), 1e-4, 1e-4));
    }
  }
}

TEST(GridKernel, VectorsEqualThePlainLoops) {
  manual_seed(1);
  for (GridMode mode : {GridMode::Bilinear, GridMode::Nearest, GridMode::Bicubic}) {
    for (GridPadding padding : {GridPadding::Zeros, GridPadding::Border, GridPadding::Reflection}) {
      const kernel::GridSampling how{mode, padding, /*align_corners=*/false};
      // More places than a block has, and more channels than a task of dx.
      for (int64_t channels : {1, 3, 16, 70}) {
        expect_equal_paths(randn({2, channels, 8, 4}, kDouble), some_grid({2, 9, 11, 2}), how);
        if (mode == GridMode::Bicubic) continue;
        expect_equal_paths(randn({2, channels, 2, 4, 8}, kDouble), some_grid({2, 3, 5, 7, 3}), how);
      }
    }
  }
}

// A place that is no number lies nowhere, one at infinity at the edge or nowhere; and what lies
// nowhere is not multiplied by zero.
TEST(GridKernel, PlacesThatAreNoNumbers) {
  const double inf = std::numeric_limits<double>::infinity();
  const Tensor x = tensor({1.0, 2.0, 3.0, 4.0}, kFloat).reshape({1, 1, 2, 2});
  const Tensor grid = tensor({std::nan(""), 0.0, 1e30, 0.0, inf, 0.0, -inf, 0.0}, kFloat);
  const Tensor points = grid.reshape({1, 4, 1, 2});
  const auto sampled = [&](const Tensor& x, GridPadding padding) {
    return kernel::grid_sample(x, points, {GridMode::Bilinear, padding, true}).reshape({4});
  };
  EXPECT_TRUE(equal(sampled(x * inf, GridPadding::Zeros), zeros({4})));
  // Between the rows, at the right edge and at the left one.
  EXPECT_TRUE(equal(sampled(x, GridPadding::Border), tensor({0, 3, 3, 2}, kFloat)));
}

}  // namespace
}  // namespace gradus
