#include <gradus/core/shape.h>
#include <gtest/gtest.h>

#include "core/kernels/matmul.h"
#include "tests/core/internal/kernel_test.h"

namespace gradus::kernel {
namespace {

// An operand of [m, n], stored as such or transposed, with `pad` unused elements after each row.
Tensor operand(int64_t m, int64_t n, bool transposed, int64_t pad, ScalarType dtype,
               uint64_t seed) {
  const Tensor storage = empty({transposed ? n : m, (transposed ? m : n) + pad}, dtype);
  const int64_t ld = storage.size(1);
  const Tensor x =
      transposed ? make_view(storage, {m, n}, {1, ld}, 0) : make_view(storage, {m, n}, {ld, 1}, 0);
  return fill_exact(x, seed);
}

TEST(MatmulKernel, AgreesWithTheLoopInEveryLayout) {
  for (ScalarType dtype : {kFloat, kDouble, kBFloat16, kHalf, kInt}) {
    const Tensor bias = exact({130}, dtype, 3);
    for (int64_t m : {1, 2, 8, 9, 17, 64, 150}) {
      for (int64_t n : {1, 3, 16, 33, 130}) {
        for (int64_t k : {1, 7, 40, 257}) {
          for (int layout = 0; layout < 4; ++layout) {
            const Tensor a = operand(m, k, (layout & 1) != 0, m % 3, dtype, 1);
            const Tensor b = operand(k, n, (layout & 2) != 0, n % 2, dtype, 2);
            const Tensor bn = make_view(bias, {n}, {1}, 0);
            ASSERT_TRUE(same(matmul(a, b), matmul_reference(a, b)))
                << m << ' ' << n << ' ' << k << ' ' << layout << ' ' << to_string(dtype);
            ASSERT_TRUE(same(matmul(a, b, bn), matmul_reference(a, b, bn)))
                << m << ' ' << n << ' ' << k << ' ' << layout << ' ' << to_string(dtype);
          }
        }
      }
    }
  }
}

TEST(MatmulKernel, ShapesThatAreCutIntoManyTiles) {
  for (bool transposed : {false, true}) {
    for (auto [m, n, k] : std::vector<std::array<int64_t, 3>>{{64, 256, 784},
                                                              {700, 300, 65},
                                                              {1, 1000, 1000},
                                                              {1000, 1, 1000},
                                                              {33, 1000, 200},
                                                              {3, 5, 200000},
                                                              {1, 1, 300000}}) {
      const Tensor a = operand(m, k, false, 0, kFloat, 1);
      const Tensor b = operand(k, n, transposed, 0, kFloat, 2);
      const Tensor expected = matmul_reference(a, b);
      const Tensor got = matmul(a, b);
      for (int64_t i = 0; i < got.numel(); ++i) {  // long sums are not exact
        ASSERT_NEAR(got.data_ptr<float>()[i], expected.data_ptr<float>()[i],
                    1e-6 * static_cast<double>(k));
      }
      const Tensor random = uniform({m, k}, kFloat, 5);
      expect_equal_for_all_threads([&] { return matmul(random, b); });
    }
  }
}

TEST(MatmulKernel, ManyRowsTimesASmallMatrix) {
  const Tensor bias = exact({130}, kFloat, 3);
  for (auto [m, n, k] : std::vector<std::array<int64_t, 3>>{
           {512, 64, 64}, {517, 70, 96}, {1000, 130, 40}, {600, 16, 300}, {513, 64, 1024}}) {
    for (int layout = 0; layout < 4; ++layout) {
      SCOPED_TRACE(fmt::format("{} {} {} layout {}", m, n, k, layout));
      const Tensor a = operand(m, k, (layout & 1) != 0, 0, kFloat, 1);
      const Tensor b = operand(k, n, (layout & 2) != 0, n % 2, kFloat, 2);
      const Tensor bn = make_view(bias, {n}, {1}, 0);
      EXPECT_TRUE(same(matmul(a, b), matmul_reference(a, b)));
      EXPECT_TRUE(same(matmul(a, b, bn), matmul_reference(a, b, bn)));
      expect_equal_for_all_threads([&] { return matmul(a, b, bn); });
    }
  }
}

// Of one row or one column the other stride says nothing.
TEST(MatmulKernel, IntoOneRowOfAnyStride) {
  const Tensor a = exact({1, 40}, kFloat, 1), b = exact({40, 24}, kFloat, 2);
  const Tensor row = make_view(empty({24}, kFloat), {1, 24}, {1, 1}, 0);
  matmul_into(row, a, b, false);
  EXPECT_TRUE(same(row, matmul_reference(a, b)));
  const Tensor col = make_view(empty({24}, kFloat), {24, 1}, {1, 1}, 0);
  matmul_into(col, swapped(b, 0, 1), swapped(a, 0, 1), false);
  EXPECT_TRUE(same(swapped(col, 0, 1), row));
}

TEST(MatmulKernel, PlansCutWithinTheShape) {
  for (int64_t batch : {1, 3, 100}) {
    for (int64_t m : {1, 10, 64, 1000, 100000}) {
      for (int64_t n : {1, 10, 64, 1000}) {
        for (int64_t k : {1, 64, 5000, 1000000}) {
          for (bool transposed : {false, true}) {
            const MatmulPlan p = matmul_plan(batch, m, n, k, transposed, kFloat);
            EXPECT_TRUE(1 <= p.tile_m && p.tile_m <= m && 1 <= p.tile_n && p.tile_n <= n);
            EXPECT_TRUE(1 <= p.tile_k && p.tile_k <= k && p.grain >= 1);
            EXPECT_TRUE(p.tile_k == k || (batch == 1 && p.tile_m == m && p.tile_n == n));
          }
        }
      }
    }
  }
}

TEST(MatmulKernel, BatchesOfAnyRankAndStrides) {
  for (ScalarType dtype : {kFloat, kDouble, kBFloat16}) {
    const Tensor a = exact({2, 3, 20, 30}, dtype, 1);
    const Tensor b = exact({2, 3, 30, 10}, dtype, 2);
    EXPECT_TRUE(same(matmul(a, b), matmul_reference(a, b)));
    // [3, 2, ...] by swapped strides against an expanded matrix.
    const Tensor swapped_a = swapped(a, 0, 1);
    const Tensor one = exact({30, 10}, dtype, 3);
    const Tensor expanded = make_view(one, {3, 2, 30, 10}, {0, 0, 10, 1}, 0);
    EXPECT_TRUE(same(matmul(swapped_a, expanded), matmul_reference(swapped_a, expanded)));
    expect_equal_for_all_threads([&] { return matmul(swapped_a, expanded); });
  }
}

TEST(MatmulKernel, OperandsWithoutADenseDimAreCopied) {
  const Tensor wide = exact({40, 60}, kFloat, 1);
  const Tensor a = make_view(wide, {20, 30}, {120, 2}, 0);  // every second row and column
  const Tensor b = make_view(wide, {30, 1}, {0, 0}, 5);     // one element, expanded
  const Tensor c = make_view(wide, {30, 8}, {2, 1}, 0);     // rows that overlap
  EXPECT_TRUE(same(matmul(a, b), matmul_reference(a, b)));
  EXPECT_TRUE(same(matmul(a, c), matmul_reference(a, c)));
}

TEST(MatmulKernel, IntoAccumulatesInAnyLayout) {
  const Tensor a = exact({50, 40}, kFloat, 1);
  const Tensor b = exact({40, 70}, kFloat, 2);
  const Tensor product = matmul_reference(a, b);
  for (bool accumulate : {false, true}) {
    const Tensor storage = exact({100, 200}, kFloat, 4);
    for (const Tensor& out :
         {make_view(storage, {50, 70}, {200, 1}, 3), make_view(storage, {50, 70}, {1, 200}, 3),
          make_view(storage, {50, 70}, {140, 2}, 3)}) {
      fill_exact(out, 7);
      matmul_into(out, a, b, accumulate);
      const Tensor before = fill_exact(empty({50, 70}), 7);
      for (int64_t i = 0; i < 50 * 70; ++i) {
        float& x = before.data_ptr<float>()[i];
        x = product.data_ptr<float>()[i] + (accumulate ? x : 0);
      }
      EXPECT_TRUE(same(out, before));
    }
  }
}

TEST(MatmulKernel, IntoAccumulatesPartialSumsOfLongK) {
  const Tensor a = exact({4, 9000}, kDouble, 1);
  const Tensor b = exact({9000, 5}, kDouble, 2);
  const Tensor out = exact({4, 5}, kDouble, 3);
  ASSERT_LT(matmul_plan(1, 4, 5, 9000, false, kDouble).tile_k, 9000);
  const Tensor expected = matmul_reference(a, b);
  for (int64_t i = 0; i < 20; ++i) expected.data_ptr<double>()[i] += out.data_ptr<double>()[i];
  matmul_into(out, a, b, /*accumulate=*/true);
  EXPECT_TRUE(same(out, expected));
}

TEST(MatmulKernel, EmptyExtents) {
  EXPECT_EQ(matmul(empty({0, 3}), empty({3, 4})).sizes(), IntArrayRef({0, 4}));
  EXPECT_EQ(matmul(empty({2, 3}), empty({3, 0})).sizes(), IntArrayRef({2, 0}));
  EXPECT_EQ(matmul(empty({0, 2, 3}), empty({0, 3, 4})).sizes(), IntArrayRef({0, 2, 4}));
  // A sum of no products is zero.
  EXPECT_TRUE(same(matmul(empty({2, 0}), empty({0, 4})), zeros({2, 4})));
  const Tensor bias = exact({4}, kFloat, 1);
  EXPECT_TRUE(same(matmul(empty({2, 0}), empty({0, 4}), bias), make_view(bias, {2, 4}, {0, 1}, 0)));
  const Tensor out = exact({2, 4}, kFloat, 1);
  matmul_into(out, empty({2, 0}), empty({0, 4}), /*accumulate=*/true);
  EXPECT_TRUE(same(out, exact({2, 4}, kFloat, 1)));
}

TEST(MatmulKernel, IntegersWrapAround) {
  const Tensor a = full({2, 2}, 2000000000, kInt);
  EXPECT_TRUE(same(matmul(a, a), matmul_reference(a, a)));
  EXPECT_THROW(matmul(empty({2, 2}, kBool), empty({2, 2}, kBool)), TypeError);
}

}  // namespace
}  // namespace gradus::kernel
