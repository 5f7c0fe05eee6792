#include <algorithm>
#include <cmath>
#include <vector>

#include <fmt/core.h>
#include <gradus/core/allocator.h>
#include <gtest/gtest.h>

#include "core/kernels/gemm.h"
#include "core/kernels/panels.h"
#include "tests/core/internal/kernel_test.h"
#include "tests/core/internal/vector_math_kernels.h"

namespace gradus::kernel {
namespace {

enum class With { kNothing, kBias, kItself };

// The product of an operand of `taps` parts, which overlap where tap_stride is less than their
// length, against three loops.
void expect_product(int64_t m, int64_t k, int64_t n, bool transposed_left, bool transposed_right,
                    int64_t taps, With with) {
  SCOPED_TRACE(fmt::format("m {} k {} n {} transposed {} {} taps {} with {}", m, k, n,
                           transposed_left, transposed_right, taps, static_cast<int>(with)));
  const int64_t depth = taps * k;
  const Tensor a = exact({m + taps, k}, kFloat, 1), b = exact({depth, n}, kFloat, 2);
  const Tensor left = transposed_left ? swapped(exact({k, m + taps}, kFloat, 1), 0, 1) : a;
  const Tensor right = transposed_right ? swapped(exact({n, depth}, kFloat, 2), 0, 1) : b;
  const int64_t cols = padded_cols(n);
  // Rows before and behind those that are packed.
  const Buffer packed(sizeof(float) * static_cast<size_t>((depth + 3) * cols));
  std::fill_n(packed.as<float>(), (depth + 3) * cols, 100.0f);
  const Panels panels{packed.as<float>(), depth + 3, cols};
  pack_panels(right.data_ptr<float>(), right.stride(0), right.stride(1), depth, n, panels);

  const Tensor bias = exact({n}, kFloat, 3);
  const int64_t stride = n + 2;
  const Tensor out = exact({m, stride}, kFloat, 4);
  const Tensor before = exact({m, stride}, kFloat, 4);
  Addend addend;
  if (with == With::kBias) addend = {bias.data_ptr<float>(), 0};
  if (with == With::kItself) addend = {out.data_ptr<float>(), stride};
  LeftOperand operand{left.data_ptr<float>(), left.stride(0), left.stride(1), taps, left.stride(0)};
  operand.ahead = k;
  multiply_panels(m, k, operand, panels, out.data_ptr<float>(), stride, n, addend);

  const auto element = [](const Tensor& x, int64_t i, int64_t j) {
    return x.data_ptr<float>()[i * x.stride(0) + j * x.stride(1)];
  };
  for (int64_t i = 0; i < m; ++i) {
    for (int64_t j = 0; j < stride; ++j) {
      float expected = element(before, i, j);
      if (j < n) {
        if (with == With::kNothing) expected = 0;
        if (with == With::kBias) expected = bias.data_ptr<float>()[j];
        for (int64_t tap = 0; tap < taps; ++tap) {
          for (int64_t p = 0; p < k; ++p) {
            expected += element(left, i + tap, p) * element(right, tap * k + p, j);
          }
        }
      }
      ASSERT_EQ(element(out, i, j), expected) << i << ", " << j;
    }
  }
}

TEST(Panels, AgreeWithTheLoop) {
  for (int64_t target : test::targets()) {
    SCOPED_TRACE(test::target_name(target));
    test::use_target(target);
    for (int64_t m : {1, 2, 3, 4, 7, 12, 15, 29}) {
      for (int64_t n : {1, 7, 16, 17, 32, 33, 70}) {
        expect_product(m, 5, n, false, false, 1, With::kNothing);
        expect_product(m, 17, n, true, false, 1, With::kBias);
        expect_product(m, 16, n, false, true, 1, With::kItself);
        expect_product(m, 1, n, true, true, 1, With::kItself);
        expect_product(m, 3, n, false, false, 3, With::kBias);
        expect_product(m, 4, n, true, true, 2, With::kItself);
      }
    }
    // Sums in parts: of a tap, of taps one by one.
    expect_product(13, 600, 33, false, false, 1, With::kBias);
    expect_product(13, 300, 40, true, false, 2, With::kItself);
    expect_product(5, 100, 17, false, true, 3, With::kNothing);
  }
  test::use_target(0);
}

// One sum of so many positive products would have an error of 3.8e-6.
TEST(Panels, LongSumsAreExactTo1e6th) {
  constexpr int64_t kRows = 200, kDepth = 4096, kCols = 16;
  const Tensor a = uniform({kRows, kDepth}, kFloat, 1), b = uniform({kDepth, kCols}, kFloat, 2);
  for (const Tensor& t : {a, b}) for_each_element<float>(t, [](float& v, int64_t) { v = v * v; });
  const Buffer packed(sizeof(float) * static_cast<size_t>(kDepth * kCols));
  const Panels panels{packed.as<float>(), kDepth, kCols};
  pack_panels(b.data_ptr<float>(), kCols, 1, kDepth, kCols, panels);
  const Tensor out = empty({kRows, kCols}, kFloat);
  multiply_panels(kRows, kDepth, {a.data_ptr<float>(), kDepth, 1}, panels, out.data_ptr<float>(),
                  kCols, kCols);
  double worst = 0;
  for (int64_t i = 0; i < kRows; ++i) {
    for (int64_t j = 0; j < kCols; ++j) {
      double sum = 0;
      for (int64_t p = 0; p < kDepth; ++p) {
        sum += static_cast<double>(a.data_ptr<float>()[i * kDepth + p]) *
               static_cast<double>(b.data_ptr<float>()[p * kCols + j]);
      }
      worst = std::max(worst, std::abs(out.data_ptr<float>()[i * kCols + j] / sum - 1));
    }
  }
  EXPECT_LE(worst, 1e-6);
}

TEST(Panels, RowsThatAreNotTheFirst) {
  const Tensor a = exact({2, 5}, kFloat, 1), b = exact({3, 5}, kFloat, 2);
  const Buffer packed(sizeof(float) * 5 * 16);
  const Panels panels{packed.as<float>(), 5, 16};
  pack_panels(a.data_ptr<float>(), 5, 1, 2, 5, panels);
  pack_panels(b.data_ptr<float>(), 5, 1, 3, 5, panels, /*row=*/2);
  // The sum of all rows.
  const std::vector<float> ones(5, 1.0f);
  std::vector<float> sum(5);
  multiply_panels(1, 5, {ones.data(), 5, 1}, panels, sum.data(), 5, 5);
  for (size_t j = 0; j < 5; ++j) {
    float expected = 0;
    for (size_t i = 0; i < 2; ++i) expected += a.data_ptr<float>()[i * 5 + j];
    for (size_t i = 0; i < 3; ++i) expected += b.data_ptr<float>()[i * 5 + j];
    EXPECT_EQ(sum[j], expected);
  }
}

}  // namespace
}  // namespace gradus::kernel
