// Sorting and selecting: values that PyTorch gives, NaN, ties, dtypes, and long rows.

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include <gradus/autograd/engine.h>
#include <gradus/autograd/ops/sort.h>
#include <gradus/core/factory.h>
#include <gradus/core/parallel.h>
#include <gtest/gtest.h>

namespace gradus {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

bool same(const Tensor& a, const Tensor& b) {
  return a.dtype() == b.dtype() && a.sizes() == b.sizes() &&
         a.allclose(b, 1e-6, 1e-12, /*equal_nan=*/true);
}

TEST(Sort, StableWithNanLast) {
  const Tensor x = tensor({2.0f, kNan, -kInf, 2.0f, kInf, -0.0f, 0.0f, kNan});
  const auto [up, from] = sort(x);
  EXPECT_TRUE(same(up, tensor({-kInf, -0.0f, 0.0f, 2.0f, 2.0f, kInf, kNan, kNan})));
  EXPECT_TRUE(same(from, tensor({2, 5, 6, 0, 3, 4, 1, 7})));
  EXPECT_TRUE(std::signbit(up[1].item<float>()));
  const auto [down, down_from] = sort(x, -1, /*descending=*/true);
  EXPECT_TRUE(same(down, tensor({kNan, kNan, kInf, 2.0f, 2.0f, -0.0f, 0.0f, -kInf})));
  EXPECT_TRUE(same(down_from, tensor({1, 7, 4, 0, 3, 5, 6, 2})));
}

TEST(Sort, EveryDtype) {
  for (ScalarType type : {kByte, kChar, kShort, kInt, kLong, kHalf, kBFloat16, kFloat, kDouble}) {
    const Tensor x = tensor({3, 1, 100, 1, 0, 7}).to(type);
    const auto [values, indices] = x.sort();
    EXPECT_TRUE(same(values, tensor({0, 1, 1, 3, 7, 100}).to(type))) << type;
    EXPECT_TRUE(same(indices, tensor({4, 1, 3, 0, 5, 2}))) << type;
    if (type == kByte) continue;
    const auto [down, order] = x.neg().sort(0, /*descending=*/true);
    EXPECT_TRUE(same(down, values.neg())) << type;
    EXPECT_TRUE(same(order, indices)) << type;
  }
  const auto [values, indices] = sort(tensor({true, false, true}));
  EXPECT_TRUE(values.equal(tensor({false, true, true})));
  EXPECT_TRUE(same(indices, tensor({1, 0, 2})));
  const Tensor extremes = tensor({INT64_MAX, INT64_MIN, int64_t{0}});
  EXPECT_TRUE(same(std::get<1>(sort(extremes)), tensor({1, 2, 0})));
}

TEST(Sort, DimsAndEmpty) {
  const Tensor x = tensor({{3, 1}, {2, 5}, {1, 4}});
  EXPECT_TRUE(same(std::get<0>(sort(x, 0)), tensor({{1, 1}, {2, 4}, {3, 5}})));
  EXPECT_TRUE(same(std::get<1>(sort(x, 0)), tensor({{2, 0}, {1, 2}, {0, 1}})));
  EXPECT_TRUE(std::get<0>(sort(x, 0)).is_contiguous());
  EXPECT_TRUE(same(msort(x), std::get<0>(sort(x, 0))));
  EXPECT_EQ(std::get<0>(sort(zeros({2, 0}))).sizes(), IntArrayRef({2, 0}));
  EXPECT_EQ(std::get<0>(sort(scalar_tensor(3.0))).item<float>(), 3);
  EXPECT_TRUE(same(argsort(x, /*stable=*/true, 1), tensor({{1, 0}, {0, 1}, {0, 1}})));
}

// Rows on both sides of the lengths where the algorithm changes, against std::stable_sort.
template <class T>
void check_against_stable_sort(int64_t n, int64_t distinct) {
  const Tensor x = randint(-distinct, distinct, {2, n}, Generator(3), scalar_type_of<T>());
  const auto [values, indices] = sort(x);
  for (int64_t r = 0; r < 2; ++r) {
    const T* const row = x.data_ptr<T>() + r * n;
    std::vector<int64_t> order(static_cast<size_t>(n));
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(),
                     [&](int64_t a, int64_t b) { return row[a] < row[b]; });
    const int64_t* const got = indices.data_ptr<int64_t>() + r * n;
    ASSERT_TRUE(std::equal(order.begin(), order.end(), got)) << n;
    const T* const value = values.data_ptr<T>() + r * n;
    for (int64_t i = 0; i < n; ++i) ASSERT_EQ(value[i], row[order[static_cast<size_t>(i)]]);
  }
}

TEST(Sort, AgreesWithStableSort) {
  for (int64_t n : {1, 2, 160, 161, 1000, 40000}) {
    check_against_stable_sort<float>(n, 300);
    check_against_stable_sort<double>(n, 1 << 20);
    check_against_stable_sort<int64_t>(n, int64_t{1} << 40);
    check_against_stable_sort<int16_t>(n, 1000);
  }
}

TEST(Sort, ThreadsDoNotChangeTheResult) {
  const Tensor x = randint(0, 1000, {100000}, Generator(1)).to(kFloat);
  set_num_threads(1);
  const auto one = sort(x);
  const Tensor median_of_one = median(x), top = std::get<1>(topk(x, 50));
  set_num_threads(4);
  const auto four = sort(x);
  EXPECT_TRUE(std::get<0>(one).equal(std::get<0>(four)));
  EXPECT_TRUE(std::get<1>(one).equal(std::get<1>(four)));
  EXPECT_TRUE(median_of_one.equal(median(x)));
  EXPECT_TRUE(top.equal(std::get<1>(topk(x, 50))));
  set_num_threads(2);
}

TEST(Sort, GradientGoesBack) {
  const Tensor x = tensor({3.0, 1.0, 2.0}, kDouble).requires_grad_();
  std::get<0>(sort(x)).backward(tensor({10.0, 20.0, 30.0}, kDouble));
  EXPECT_TRUE(same(x.grad(), tensor({30.0, 10.0, 20.0}, kDouble)));
}

TEST(Sort, Out) {
  Tensor values = empty({0}), indices = empty({0}, kLong);
  sort_out(values, indices, tensor({3.0f, 1.0f}));
  EXPECT_TRUE(same(values, tensor({1.0f, 3.0f})));
  EXPECT_TRUE(same(indices, tensor({1, 0})));
  // Nothing is written where the second result is of another dtype.
  Tensor wrong = empty({2}, kBool), kept = zeros({2});
  EXPECT_THROW(sort_out(kept, wrong, tensor({3.0f, 1.0f})), Error);
  EXPECT_TRUE(same(kept, zeros({2})));
  EXPECT_EQ(kept._version(), 0u);
}

TEST(Topk, LargestAndLeast) {
  const Tensor x = tensor({1.0f, kNan, 2.0f, 2.0f, -1.0f});
  const auto [most, most_at] = topk(x, 3);
  EXPECT_TRUE(same(most, tensor({kNan, 2.0f, 2.0f})));
  EXPECT_TRUE(same(most_at, tensor({1, 2, 3})));
  const auto [least, least_at] = topk(x, 2, 0, /*largest=*/false);
  EXPECT_TRUE(same(least, tensor({-1.0f, 1.0f})));
  EXPECT_TRUE(same(least_at, tensor({4, 0})));
  EXPECT_EQ(std::get<0>(topk(zeros({2, 3}), 0)).sizes(), IntArrayRef({2, 0}));
  EXPECT_EQ(std::get<0>(topk(scalar_tensor(3.0), 1)).dim(), 0);
}

TEST(Topk, IsTheBeginningOfSort) {
  for (int64_t n : {7, 1000, 40000}) {
    const Tensor x = randint(0, n, {2, n}, Generator(5), kFloat);
    const auto [sorted, order] = sort(x, 1, /*descending=*/true);
    for (int64_t k : {int64_t{1}, n / 100 + 1, n / 2, n}) {
      const auto [values, indices] = topk(x, k, 1);
      EXPECT_TRUE(values.equal(sorted.narrow(1, 0, k))) << n << ", " << k;
      EXPECT_TRUE(indices.equal(order.narrow(1, 0, k))) << n << ", " << k;
    }
  }
}

TEST(Kthvalue, IsAnElementOfSort) {
  for (int64_t n : {7, 1000, 40000}) {
    const Tensor x = randn({2, n}, Generator(6));
    const auto [sorted, order] = sort(x, 1);
    for (int64_t k : {int64_t{1}, n / 3, n}) {
      const auto [value, index] = kthvalue(x, k, 1);
      EXPECT_TRUE(value.equal(sorted.select(1, k - 1)));
      EXPECT_TRUE(index.equal(order.select(1, k - 1)));
    }
  }
}

TEST(Median, NanAndEmpty) {
  const Tensor x = tensor({1.0f, kNan, 2.0f, 2.0f});
  EXPECT_TRUE(std::isnan(median(x).item<float>()));
  EXPECT_EQ(nanmedian(x).item<float>(), 2);
  EXPECT_EQ(median(tensor({4, 1, 3, 2})).item<int64_t>(), 2);  // the lower one of 2 and 3
  EXPECT_TRUE(std::isnan(median(zeros({0})).item<float>()));
  EXPECT_EQ(median(zeros({0}, kLong)).item<int64_t>(), INT64_MIN);
  const Tensor rows = tensor({{4.0f, 1.0f, 3.0f, 2.0f}, {1.0f, kNan, 0.0f, 0.0f}});
  const auto [values, indices] = median(rows, 1);
  EXPECT_TRUE(same(values, tensor({2.0f, kNan})));
  EXPECT_TRUE(same(indices, tensor({3, 1})));
  EXPECT_TRUE(same(std::get<0>(nanmedian(rows, 1, true)), tensor({{2.0f}, {0.0f}})));
  EXPECT_EQ(std::get<1>(nanmedian(full({3}, kNan), 0)).item<int64_t>(), 0);
  EXPECT_EQ(std::get<0>(median(zeros({0, 3}), 1)).sizes(), IntArrayRef({0}));
}

TEST(Median, SharesItsGradientAmongEquals) {
  const Tensor x = tensor({1.0, 2.0, 2.0, 5.0}, kDouble).requires_grad_();
  median(x).backward();
  EXPECT_TRUE(same(x.grad(), tensor({0.0, 0.5, 0.5, 0.0}, kDouble)));
}

TEST(Median, OfNothingHasAGradientOfNothing) {
  const Tensor x = zeros({2, 0}, kDouble).requires_grad_();
  median(x).backward();
  nanmedian(x).backward();
  EXPECT_EQ(x.grad().sizes(), IntArrayRef({2, 0}));
}

TEST(Mode, LeastOfTheMostFrequent) {
  const auto [value, index] = mode(tensor({3, 1, 1, 3, 2}));
  EXPECT_EQ(value.item<int64_t>(), 1);
  EXPECT_EQ(index.item<int64_t>(), 2);  // the last of the ones
  const auto [values, indices] = mode(tensor({{1, 2, 2, 1}, {5, 5, 0, 0}}), 1, true);
  EXPECT_TRUE(same(values, tensor({{1}, {0}})));
  EXPECT_TRUE(same(indices, tensor({{3}, {3}})));
}

TEST(Quantile, Interpolations) {
  const Tensor x = tensor({0.0f, 1.0f, 2.0f, 3.0f, 5.0f, 9.0f});
  const Tensor q = tensor({0.1f, 0.3f, 0.5f, 0.7f, 0.9f, 1.0f});
  const auto of = [&](const char* name) { return quantile(x, q, std::nullopt, false, name); };
  EXPECT_TRUE(same(of("linear"), tensor({0.5f, 1.5f, 2.5f, 4.0f, 7.0f, 9.0f})));
  EXPECT_TRUE(same(of("lower"), tensor({0.0f, 1.0f, 2.0f, 3.0f, 5.0f, 9.0f})));
  EXPECT_TRUE(same(of("higher"), tensor({1.0f, 2.0f, 3.0f, 5.0f, 9.0f, 9.0f})));
  EXPECT_TRUE(same(of("midpoint"), tensor({0.5f, 1.5f, 2.5f, 4.0f, 7.0f, 9.0f})));
  EXPECT_TRUE(same(of("nearest"), tensor({1.0f, 2.0f, 2.0f, 3.0f, 5.0f, 9.0f})));
}

TEST(Quantile, ShapesAndNan) {
  const Tensor x = arange(6.0f).view({2, 3});
  const Tensor q = tensor({0.25f, 0.6f});
  EXPECT_TRUE(same(quantile(x, q, 1, true), tensor({{{0.5f}, {3.5f}}, {{1.2f}, {4.2f}}})));
  EXPECT_EQ(quantile(x, q, std::nullopt, true).sizes(), IntArrayRef({2, 1, 1}));
  EXPECT_EQ(quantile(x, 0.5, std::nullopt, true).sizes(), IntArrayRef({1, 1}));
  EXPECT_TRUE(same(quantile(x, 0.3, 0), tensor({0.9f, 1.9f, 2.9f})));
  EXPECT_EQ(quantile(scalar_tensor(5.0), 0.3, 0).dim(), 0);
  EXPECT_TRUE(same(quantile(scalar_tensor(5.0), q, 0), tensor({5.0f, 5.0f})));
  const Tensor holed = tensor({{0.0f, 1.0f, 2.0f, kNan}, {kNan, kNan, kNan, kNan}});
  EXPECT_TRUE(same(quantile(holed, 0.5, 1), tensor({kNan, kNan})));
  EXPECT_TRUE(same(nanquantile(holed, 0.5, 1), tensor({1.0f, kNan})));
}

}  // namespace
}  // namespace gradus
