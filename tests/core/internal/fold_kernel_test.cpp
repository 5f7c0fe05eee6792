// The vector loops of im2col and col2im beside the plain loops, which double runs through, and
// beside the definition.

#include <cstddef>
#include <cstdint>

#include <gradus/gradus.h>
#include <gtest/gtest.h>

#include "core/kernels/fold.h"

namespace gradus {
namespace {

kernel::FoldGeometry geometry(int64_t height, int64_t width, int64_t kernel, int64_t stride,
                              int64_t padding, int64_t dilation) {
  kernel::FoldGeometry g;
  g.in = {height, width};
  g.kernel = {kernel, kernel};
  g.dilation = {dilation, dilation};
  g.padding = {padding, padding};
  g.stride = {stride, stride};
  for (size_t i = 0; i < 2; ++i)
    g.out[i] = (g.in[i] + 2 * padding - dilation * (kernel - 1) - 1) / stride + 1;
  return g;
}

TEST(FoldKernel, VectorsEqualThePlainLoops) {
  manual_seed(1);
  for (const auto& g :
       {geometry(28, 28, 3, 1, 1, 1), geometry(7, 40, 3, 2, 1, 1), geometry(9, 5, 2, 3, 0, 2),
        geometry(3, 3, 5, 1, 4, 1), geometry(1, 1, 3, 2, 2, 1), geometry(6, 33, 2, 1, 7, 5)}) {
    const Tensor x = randint(-5, 5, {3, g.in[0], g.in[1]}, kDouble);
    const Tensor y = kernel::im2col(x, g);
    ASSERT_TRUE(equal(y, kernel::im2col(x.to(kFloat), g).to(kDouble)));
    // Element (1, 1) of each window.
    for (int64_t o0 = 0; o0 < g.out[0]; ++o0) {
      for (int64_t o1 = 0; o1 < g.out[1]; ++o1) {
        const int64_t row = o0 * g.stride[0] - g.padding[0] + g.dilation[0];
        const int64_t col = o1 * g.stride[1] - g.padding[1] + g.dilation[1];
        const bool inside = row >= 0 && row < g.in[0] && col >= 0 && col < g.in[1];
        ASSERT_EQ(y[2][g.kernel[1] + 1][o0 * g.out[1] + o1].item<double>(),
                  inside ? x[2][row][col].item<double>() : 0.0);
      }
    }
    const Tensor dy = randint(-5, 5, y.sizes(), kDouble);
    const Tensor dx = kernel::col2im(dy, g);
    ASSERT_TRUE(equal(dx, kernel::col2im(dy.to(kFloat), g).to(kDouble)));
    ASSERT_TRUE(equal((y * dy).sum(), (x * dx).sum()));
  }
}

}  // namespace
}  // namespace gradus
