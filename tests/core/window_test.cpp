#include <cmath>

#include <gradus/autograd/ops/compare.h>
#include <gradus/autograd/ops/shape.h>
#include <gradus/core/factory.h>
#include <gradus/core/window.h>
#include <gtest/gtest.h>

namespace gradus {
namespace {

// cos 0, 90, 180, 270 degrees.
TEST(Window, Formulas) {
  EXPECT_TRUE(allclose(hann_window(4), tensor({0.0, 0.5, 1.0, 0.5})));
  EXPECT_TRUE(allclose(hamming_window(4), tensor({0.08, 0.54, 1.0, 0.54})));
  EXPECT_TRUE(allclose(hamming_window(4, true, 0.5, 0.25), tensor({0.25, 0.5, 0.75, 0.5})));
  EXPECT_TRUE(allclose(blackman_window(4), tensor({0.0, 0.34, 1.0, 0.34})));
  EXPECT_TRUE(allclose(bartlett_window(4), tensor({0.0, 0.5, 1.0, 0.5})));
  // I0(0) / I0(1) at the ends, 1 in the middle.
  EXPECT_TRUE(allclose(kaiser_window(3, false, 1.0, kDouble),
                       tensor({1 / 1.2660658777520084, 1.0, 1 / 1.2660658777520084}, kDouble)));
}

TEST(Window, APeriodicOneLacksTheLast) {
  for (int64_t n : {2, 5, 8}) {
    EXPECT_TRUE(hann_window(n, true).equal(hann_window(n + 1, false).narrow(0, 0, n)));
    EXPECT_TRUE(kaiser_window(n, true).equal(kaiser_window(n + 1, false).narrow(0, 0, n)));
    EXPECT_TRUE(bartlett_window(n, true).equal(bartlett_window(n + 1, false).narrow(0, 0, n)));
  }
}

TEST(Window, Edges) {
  EXPECT_EQ(blackman_window(0).sizes(), IntArrayRef({0}));
  EXPECT_EQ(hann_window(1, false).item<float>(), 1);
  EXPECT_EQ(kaiser_window(1).item<float>(), 1);
  EXPECT_EQ(hamming_window(3, kHalf).dtype(), kHalf);
  EXPECT_TRUE(hann_window(3, TensorOptions().requires_grad(true)).requires_grad());
  EXPECT_THROW(hann_window(-1), ValueError);
  EXPECT_THROW(bartlett_window(INT64_MIN), ValueError);
  EXPECT_THROW(kaiser_window(3, kLong), TypeError);
  EXPECT_THROW(hamming_window(INT64_MAX), Error);
}

}  // namespace
}  // namespace gradus
