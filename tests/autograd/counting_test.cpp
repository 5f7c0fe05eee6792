// Searching, counting, telling values apart: what PyTorch gives.

#include <cmath>
#include <limits>

#include <gradus/autograd/ops/counting.h>
#include <gradus/autograd/ops/sort.h>
#include <gradus/core/factory.h>
#include <gtest/gtest.h>

namespace gradus {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

bool same(const Tensor& a, const Tensor& b) {
  return a.dtype() == b.dtype() && a.sizes() == b.sizes() &&
         a.allclose(b, 1e-6, 1e-12, /*equal_nan=*/true);
}

TEST(Searchsorted, SidesAndRows) {
  const Tensor row = tensor({1, 3, 5, 7});
  EXPECT_TRUE(same(searchsorted(row, tensor({{3, 6}, {0, 9}})), tensor({{1, 3}, {0, 4}})));
  const Tensor rows = tensor({{1, 3, 5, 7}, {2, 4, 6, 8}});
  EXPECT_TRUE(same(searchsorted(rows, tensor({{3, 6}, {0, 9}}), false, /*right=*/true),
                   tensor({{2, 3}, {0, 4}})));
  EXPECT_EQ(searchsorted(row, 3).item<int64_t>(), 1);
  EXPECT_EQ(searchsorted(row, 2.5).item<int64_t>(), 1);
  EXPECT_TRUE(same(searchsorted(row, tensor({3}), true, false, "right"), tensor({2}, kInt)));
  const Tensor backwards = tensor({7, 5, 3, 1});
  EXPECT_TRUE(same(searchsorted(backwards, tensor({3, 4, 8, 0}), false, false, std::nullopt,
                                tensor({3, 2, 1, 0})),
                   tensor({1, 2, 4, 0})));
  const Tensor holed = tensor({1.0f, 2.0f, kNan}), what = tensor({3.0f, kNan, 0.0f});
  EXPECT_TRUE(same(searchsorted(holed, what), tensor({3, 3, 0})));
  EXPECT_TRUE(same(searchsorted(holed, what, false, true), tensor({3, 3, 0})));
}

TEST(Bucketize, Boundaries) {
  const Tensor boundaries = tensor({1, 3, 5});
  EXPECT_TRUE(same(bucketize(tensor({3, 4}), boundaries, false, true), tensor({2, 2})));
  EXPECT_TRUE(same(bucketize(tensor({3.5f}), boundaries), tensor({2})));
  EXPECT_EQ(bucketize(3, boundaries).item<int64_t>(), 1);
}

TEST(Isin, AnyDtype) {
  EXPECT_TRUE(
      isin(tensor({{1, 2}, {3, 4}}), tensor({2, 3})).equal(tensor({{false, true}, {true, false}})));
  EXPECT_TRUE(isin(tensor({1.0f, kNan}), tensor({2.0f, kNan, 1.0f})).equal(tensor({true, false})));
  EXPECT_TRUE(isin(tensor({1, 2}), tensor({1.5f, 2.0f})).equal(tensor({false, true})));
  EXPECT_TRUE(isin(tensor({1, 2}), 1, false, /*invert=*/true).equal(tensor({false, true})));
  EXPECT_TRUE(isin(1, tensor({1, 2})).item<bool>());
}

TEST(Unique, InverseAndCounts) {
  const auto [values, inverse, counts] = unique(tensor({{3, 1}, {1, 2}}), true, true, true);
  EXPECT_TRUE(same(values, tensor({1, 2, 3})));
  EXPECT_TRUE(same(inverse, tensor({{2, 0}, {0, 1}})));
  EXPECT_TRUE(same(counts, tensor({2, 1, 1})));
  EXPECT_EQ(std::get<1>(unique(tensor({1}))).numel(), 0);
  const auto [floats, of, times] = unique(tensor({3.0f, kNan, kNan, 1.0f}), true, true, true);
  EXPECT_TRUE(same(floats, tensor({1.0f, 3.0f, kNan, kNan})));
  EXPECT_TRUE(same(of, tensor({1, 2, 3, 0})));
  EXPECT_TRUE(same(times, tensor({1, 1, 1, 1})));
  EXPECT_EQ(std::get<0>(unique(zeros({0}))).sizes(), IntArrayRef({0}));
  EXPECT_TRUE(same(std::get<0>(unique(scalar_tensor(3.0))), tensor({3.0f})));
}

TEST(Unique, ManyElements) {
  const Tensor x = randint(0, 1000, {100000}, Generator(4));
  const auto [values, inverse, counts] = unique(x, true, true, true);
  EXPECT_TRUE(values.equal(arange(1000)));
  EXPECT_TRUE(values.index_select(0, inverse).equal(x));
  EXPECT_TRUE(counts.equal(bincount(x)));
}

TEST(Unique, Slices) {
  const auto [rows, inverse, counts] =
      unique(tensor({{3, 1}, {1, 2}, {3, 1}}), true, true, true, 0);
  EXPECT_TRUE(same(rows, tensor({{1, 2}, {3, 1}})));
  EXPECT_TRUE(same(inverse, tensor({1, 0, 1})));
  EXPECT_TRUE(same(counts, tensor({1, 2})));
  EXPECT_TRUE(
      same(std::get<0>(unique_dim(tensor({{3, 1, 3}, {1, 2, 1}}), 1)), tensor({{1, 3}, {2, 1}})));
  EXPECT_EQ(std::get<0>(unique_dim(zeros({0, 2}), 0)).sizes(), IntArrayRef({0, 2}));
}

TEST(UniqueConsecutive, Runs) {
  const auto [values, inverse, counts] = unique_consecutive(tensor({1, 1, 2, 2, 1}), true, true);
  EXPECT_TRUE(same(values, tensor({1, 2, 1})));
  EXPECT_TRUE(same(inverse, tensor({0, 0, 1, 1, 2})));
  EXPECT_TRUE(same(counts, tensor({2, 2, 1})));
  const Tensor rows = tensor({{1, 1}, {2, 2}, {2, 2}});
  EXPECT_TRUE(same(std::get<1>(unique_consecutive(rows, true)), tensor({{0, 0}, {1, 1}, {1, 1}})));
  EXPECT_TRUE(same(std::get<2>(unique_consecutive(rows, true, true, 0)), tensor({1, 2})));
}

TEST(Bincount, WeightsAndMinlength) {
  EXPECT_TRUE(same(bincount(tensor({1, 1, 5})), tensor({0, 2, 0, 0, 0, 1})));
  EXPECT_TRUE(same(bincount(zeros({0}, kLong), {}, 3), tensor({0, 0, 0})));
  EXPECT_TRUE(same(bincount(tensor({1, 1, 2}), tensor({1.0f, 2.0f, 3.0f}), 4),
                   tensor({0.0f, 3.0f, 3.0f, 0.0f})));
  EXPECT_EQ(bincount(tensor({1}), tensor({1})).dtype(), kDouble);
  // Enough for chunks that count by themselves: 100000 / 10 each.
  EXPECT_TRUE(same(bincount(arange(100000).remainder(10)), full({10}, 10000)));
}

TEST(Histc, Ranges) {
  EXPECT_TRUE(same(histc(tensor({1.0f, 2.0f, 1.0f}), 4, 0, 3), tensor({0.0f, 2.0f, 1.0f, 0.0f})));
  EXPECT_TRUE(same(histc(tensor({1.0f, 2.0f, 1.0f}), 4), tensor({2.0f, 0.0f, 0.0f, 1.0f})));
  EXPECT_TRUE(same(histc(tensor({1.0f, 1.0f, 1.0f}), 4), tensor({0.0f, 0.0f, 3.0f, 0.0f})));
  EXPECT_TRUE(same(histc(tensor({1.0f, kNan, 1.0f}), 4, 0, 3), tensor({0.0f, 2.0f, 0.0f, 0.0f})));
  EXPECT_TRUE(same(histc(tensor({1.0f, 3.0f}), 3, 2, 2), tensor({1.0f, 0.0f, 1.0f})));
  EXPECT_TRUE(same(histc(zeros({0}), 3), zeros({3})));
  EXPECT_EQ(histc(ones({2}, kHalf), 3).dtype(), kHalf);
}

}  // namespace
}  // namespace gradus
