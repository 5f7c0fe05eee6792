// The vector loops of ctc beside the plain loops, which double runs through.

#include <cmath>
#include <cstdint>
#include <limits>

#include <gradus/gradus.h>
#include <gtest/gtest.h>

#include "core/kernels/ctc.h"

namespace gradus {
namespace {

// Three targets: one with repeated symbols, an empty one, and one that takes every step.
kernel::CtcTargets some_targets() {
  kernel::CtcTargets t;
  t.symbols = {1, 2, 2, 5, 3, 3, 1, 4, 6, 1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6};
  t.offsets = {0, 9, 9};
  t.lengths = {9, 0, 12};
  t.input_lengths = {31, 17, 12};
  t.blank = 0;
  return t;
}

TEST(CtcKernel, VectorsEqualThePlainLoops) {
  manual_seed(1);
  const auto targets = some_targets();
  // Steep ones too: e^-1500 is no double.
  for (double scale : {1.0, 30.0, 1500.0}) {
    const Tensor x = randn({31, 3, 7}, kFloat).mul(scale).log_softmax(2);
    const auto plain = kernel::ctc(x.to(kDouble), targets), vector = kernel::ctc(x, targets);
    ASSERT_TRUE(allclose(plain.loss, vector.loss.to(kDouble), 1e-6, 0));
    const Tensor dy = tensor({0.5, 1.0, 2.0}, kFloat);
    const Tensor dx = kernel::ctc_backward(dy.to(kDouble), plain.table, x.to(kDouble), targets);
    ASSERT_TRUE(
        allclose(dx, kernel::ctc_backward(dy, vector.table, x, targets).to(kDouble), 1e-6, 1e-7));
    // The shares of a step's symbols sum to 1, as its probabilities do.
    ASSERT_TRUE(allclose(dx.sum(2), zeros({31, 3}, kDouble), 0, 1e-5));
  }
}

TEST(CtcKernel, NoPathAndNoNumber) {
  auto targets = some_targets();
  targets.input_lengths[2] = 11;  // a step less than its symbols
  Tensor x = zeros({31, 3, 7}, kFloat).log_softmax(2);
  x.index_put_({5, 0, 2}, std::nan(""));
  x.index_put_({4, 1, 3}, -std::numeric_limits<double>::infinity());
  for (ScalarType dtype : {kFloat, kDouble}) {
    const auto [loss, table] = kernel::ctc(x.to(dtype), targets);
    EXPECT_TRUE(std::isnan(loss[0].item<double>()));
    EXPECT_NEAR(loss[1].item<double>(), 17 * std::log(7.0), 1e-4);  // 17 blanks
    EXPECT_TRUE(std::isinf(loss[2].item<double>()));
    const Tensor dx = kernel::ctc_backward(ones({3}, dtype), table, x.to(dtype), targets);
    EXPECT_TRUE(dx.select(1, 0).isnan().all().item<bool>());
    EXPECT_EQ(dx[4][1][3].item<double>(), 0);
    EXPECT_NEAR(dx[4][1][0].item<double>(), 1 / 7.0 - 1, 1e-6);
    EXPECT_TRUE(dx[10][2].isnan().all().item<bool>());
    EXPECT_TRUE(equal(dx.select(1, 2).slice(0, 11), zeros({20, 7}, dtype)));
  }
}

}  // namespace
}  // namespace gradus
