#include <cmath>
#include <limits>

#include <gradus/autograd/engine.h>
#include <gradus/autograd/gradcheck.h>
#include <gradus/autograd/ops/reduce.h>
#include <gradus/core/factory.h>
#include <gtest/gtest.h>

namespace gradus {
namespace {

using autograd::gradcheck;
using autograd::gradgradcheck;
using Inputs = std::vector<Tensor>;

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

bool same(const Tensor& a, const Tensor& b) {
  return a.dtype() == b.dtype() && a.sizes() == b.sizes() &&
         a.allclose(b, 1e-6, 1e-12, /*equal_nan=*/true);
}

Tensor doubles(detail::TensorLiteral values) {
  return tensor(values, kDouble);
}

Tensor input() {
  return tensor({{1.5, -2.0, 0.25, 3.0}, {-0.5, 2.5, 1.0, -1.25}, {0.75, -3.5, 2.0, 0.5}}, kDouble)
      .requires_grad_();
}

// First and second derivatives of f at x, and with a gradient that is not contiguous.
template <class F>
void check_gradients(F f, const Tensor& x) {
  autograd::GradcheckOptions options;
  options.noncontiguous_grad = true;
  EXPECT_TRUE(gradcheck([&](const Inputs& in) { return f(in[0]); }, {x}, options));
  EXPECT_TRUE(gradgradcheck([&](const Inputs& in) { return f(in[0]); }, {x}));
}

Tensor gradient(const Tensor& y, const Tensor& x) {
  return autograd::grad({y.sum()}, {x})[0];
}

// --- sums

TEST(Sum, DimsAndKeepdim) {
  const Tensor x = arange(24).view({2, 3, 4});
  EXPECT_EQ(sum(x).item<int64_t>(), 276);
  EXPECT_EQ(sum(x).dim(), 0);
  // 0 + 4 + 8 and 12 + 16 + 20, ...
  EXPECT_TRUE(same(sum(x, 1), tensor({{12, 15, 18, 21}, {48, 51, 54, 57}})));
  EXPECT_EQ(sum(x, {0, -1}, true).sizes(), IntArrayRef({1, 3, 1}));
  EXPECT_TRUE(same(sum(x, {0, -1}), tensor({60, 92, 124})));
  EXPECT_EQ(x.sum(IntArrayRef{}).dim(), 0);  // an empty list means all
}

TEST(Sum, Dtypes) {
  EXPECT_EQ(sum(tensor({1, 2}, kInt)).dtype(), kLong);
  EXPECT_EQ(sum(tensor({true, true})).item<int64_t>(), 2);
  EXPECT_EQ(sum(tensor({1, 2}, kInt), kInt).dtype(), kInt);
  EXPECT_EQ(sum(tensor({1, 2}), kFloat).dtype(), kFloat);
  EXPECT_EQ(sum(tensor({100, 100, 100}, kChar)).item<int64_t>(), 300);
  EXPECT_EQ(sum(tensor({0.5, 0.5}, kBFloat16)).dtype(), kBFloat16);
  // 1.9 is cast to 1 first.
  EXPECT_EQ(sum(tensor({1.9, 1.9}), kLong).item<int64_t>(), 2);
}

TEST(Sum, NothingToSum) {
  EXPECT_EQ(sum(zeros({0})).item<float>(), 0);
  EXPECT_TRUE(same(sum(zeros({2, 0}), 1), zeros({2})));
  EXPECT_EQ(sum(zeros({2, 0}), 0).sizes(), IntArrayRef({0}));
  EXPECT_EQ(sum(scalar_tensor(3.0), 0).item<float>(), 3);
  EXPECT_EQ(sum(scalar_tensor(3.0), -1, true).dim(), 0);
}

TEST(Sum, Errors) {
  const Tensor x = zeros({2, 3});
  EXPECT_THROW(sum(x, 2), IndexError);
  EXPECT_THROW(sum(x, -3), IndexError);
  EXPECT_THROW(sum(x, {0, -2}), Error);
  EXPECT_THROW(sum(Tensor()), Error);
}

TEST(Sum, Gradient) {
  check_gradients([](const Tensor& x) { return sum(x); }, input());
  check_gradients([](const Tensor& x) { return sum(x * x, 0); }, input());
  check_gradients([](const Tensor& x) { return sum(x * x, {1}, true); }, input());
}

TEST(SumToSize, SumsWhatWasBroadcast) {
  const Tensor x = ones({2, 3, 4});
  EXPECT_TRUE(same(sum_to_size(x, {3, 1}), full({3, 1}, 8.0)));
  EXPECT_TRUE(same(sum_to_size(x, {}), scalar_tensor(24.0)));
  EXPECT_TRUE(same(sum_to_size(x, {1, 1, 4}), full({1, 1, 4}, 6.0)));
  EXPECT_TRUE(sum_to_size(x, {2, 3, 4}).is_same(x));
  EXPECT_THROW(sum_to_size(x, {2, 4}), Error);
  EXPECT_THROW(sum_to_size(x, {1, 2, 3, 4}), Error);
  check_gradients([](const Tensor& x) { return sum_to_size(x * x, {1, 4}); }, input());
  check_gradients([](const Tensor& x) { return sum_to_size(x * x, {4}); }, input());
}

TEST(Nansum, NanCountsAsZero) {
  const Tensor x = doubles({{1.0, kNan}, {2.0, 3.0}}).requires_grad_();
  EXPECT_EQ(nansum(x).item<double>(), 6);
  EXPECT_TRUE(same(nansum(x, 1).detach(), doubles({1.0, 5.0})));
  EXPECT_TRUE(same(gradient(nansum(x), x), doubles({{1.0, 0.0}, {1.0, 1.0}})));
  EXPECT_TRUE(same(nanmean(x, 1).detach(), doubles({1.0, 2.5})));
}

TEST(Mean, ValuesAndGradient) {
  EXPECT_TRUE(same(mean(tensor({{1.0, 2.0}, {3.0, 5.0}}), 0), tensor({2.0, 3.5})));
  EXPECT_TRUE(std::isnan(mean(zeros({0})).item<float>()));
  EXPECT_THROW(mean(tensor({1, 2})), TypeError);
  EXPECT_EQ(mean(tensor({1, 2}), kFloat).item<float>(), 1.5);
  // A sum of 1000 times 100 would lose bits in bfloat16.
  EXPECT_EQ(mean(full({1000}, 100.0, kBFloat16)).item<float>(), 100);
  check_gradients([](const Tensor& x) { return mean(x * x); }, input());
  check_gradients([](const Tensor& x) { return mean(x * x, {0, 1}, true); }, input());
  check_gradients([](const Tensor& x) { return mean(x * x, -1); }, input());
}

TEST(Prod, ValuesAndGradient) {
  EXPECT_EQ(prod(tensor({2, 3, 7})).item<int64_t>(), 42);
  EXPECT_EQ(prod(zeros({0})).item<float>(), 1);
  EXPECT_TRUE(same(prod(tensor({{2.0, 3.0}, {4.0, 5.0}}), 1), tensor({6.0, 20.0})));
  check_gradients([](const Tensor& x) { return prod(x); }, input());
  check_gradients([](const Tensor& x) { return prod(x, 1); }, input());
  check_gradients([](const Tensor& x) { return prod(x, 0, true); }, input());
}

TEST(Prod, GradientWithZeros) {
  // One zero in a row: only its own gradient is not 0; two: none is.
  const Tensor x = doubles({{2.0, 0.0, 5.0}, {0.0, 0.0, 3.0}, {1.0, 2.0, 4.0}}).requires_grad_();
  EXPECT_TRUE(
      same(gradient(prod(x, 1), x), doubles({{0.0, 10.0, 0.0}, {0.0, 0.0, 0.0}, {8.0, 4.0, 2.0}})));
  check_gradients([](const Tensor& x) { return prod(x, 1); }, x);
  check_gradients([](const Tensor& x) { return prod(x); }, x);
}

// --- extrema

TEST(Amax, GradientIsSharedAmongEquals) {
  const Tensor x = doubles({{1.0, 3.0, 3.0}, {2.0, 0.0, 1.0}}).requires_grad_();
  EXPECT_TRUE(same(amax(x, 1).detach(), doubles({3.0, 2.0})));
  EXPECT_TRUE(same(gradient(amax(x, 1), x), doubles({{0.0, 0.5, 0.5}, {1.0, 0.0, 0.0}})));
  EXPECT_TRUE(same(gradient(amin(x, 0), x), doubles({{1.0, 0.0, 0.0}, {0.0, 1.0, 1.0}})));
  EXPECT_TRUE(same(gradient(max(x), x), doubles({{0.0, 0.5, 0.5}, {0.0, 0.0, 0.0}})));
  const Tensor y = input();
  check_gradients([](const Tensor& x) { return amax(x, {0, 1}); }, y);
  check_gradients([](const Tensor& x) { return amin(x, 0, true); }, y);
  check_gradients([](const Tensor& x) { return min(x); }, y);
}

TEST(Amax, NanPropagates) {
  const Tensor x = doubles({{1.0, kNan}, {3.0, 2.0}}).requires_grad_();
  EXPECT_TRUE(same(amax(x, 1).detach(), doubles({kNan, 3.0})));
  EXPECT_TRUE(std::isnan(max(x).item<double>()));
  EXPECT_TRUE(same(gradient(max(x), x), doubles({{0.0, 1.0}, {0.0, 0.0}})));
}

TEST(Amax, NothingToCompare) {
  EXPECT_THROW(amax(zeros({0, 3}), 0), IndexError);
  EXPECT_EQ(amax(zeros({0, 3}), 1).sizes(), IntArrayRef({0}));
  EXPECT_THROW(max(zeros({0})), Error);
  EXPECT_THROW(max(zeros({3, 0}), 1), IndexError);
  EXPECT_EQ(std::get<0>(max(zeros({3, 0}), 0)).sizes(), IntArrayRef({0}));
  EXPECT_THROW(argmax(zeros({0})), IndexError);
  EXPECT_THROW(argmin(zeros({3, 0}), 1), IndexError);
  EXPECT_THROW(aminmax(zeros({0})), IndexError);
}

TEST(Max, FirstIndexWins) {
  const Tensor x = doubles({{1.0, 3.0, 3.0}, {2.0, 2.0, 1.0}}).requires_grad_();
  const auto [values, indices] = max(x, 1);
  EXPECT_TRUE(same(values.detach(), doubles({3.0, 2.0})));
  EXPECT_TRUE(same(indices, tensor({1, 0})));
  EXPECT_FALSE(indices.requires_grad());
  EXPECT_TRUE(same(gradient(values, x), doubles({{0.0, 1.0, 0.0}, {1.0, 0.0, 0.0}})));
  const auto [least, at] = min(x, -1, true);
  EXPECT_TRUE(same(at, tensor({{0}, {2}})));
  check_gradients([](const Tensor& x) { return std::get<0>(max(x, 0)); }, input());
  check_gradients([](const Tensor& x) { return std::get<0>(min(x, 1, true)); }, input());
}

TEST(Max, NanIsGreatest) {
  const auto [values, indices] = max(doubles({1.0, kNan, 5.0, kNan}), 0);
  EXPECT_TRUE(std::isnan(values.item<double>()));
  EXPECT_EQ(indices.item<int64_t>(), 1);
  EXPECT_EQ(argmin(doubles({1.0, kNan, 0.0})).item<int64_t>(), 1);
}

TEST(Max, ScalarAndIntegers) {
  const auto [value, index] = max(scalar_tensor(7, kInt), 0);
  EXPECT_EQ(value.item<int>(), 7);
  EXPECT_EQ(value.dtype(), kInt);
  EXPECT_EQ(index.item<int64_t>(), 0);
  EXPECT_TRUE(std::get<0>(max(tensor({false, true}), 0)).item<bool>());
  EXPECT_EQ(max(tensor({-5, -9})).item<int64_t>(), -5);
}

TEST(Argmax, FlattenedAndByDim) {
  // The transpose's row-major order counts, not that of memory: [[1, 2], [9, 9]].
  const Tensor x = tensor({{1, 9}, {2, 9}}).t();
  EXPECT_EQ(argmax(x).item<int64_t>(), 2);
  EXPECT_TRUE(same(argmax(x, 0), tensor({1, 1})));
  EXPECT_TRUE(same(argmin(x, 1, true), tensor({{0}, {0}})));
  EXPECT_EQ(argmax(x, std::nullopt, true).sizes(), IntArrayRef({1, 1}));
  EXPECT_THROW(argmax(tensor({true})), TypeError);
  EXPECT_EQ(argmax(scalar_tensor(3.0)).item<int64_t>(), 0);
}

TEST(Aminmax, BothAtOnce) {
  const Tensor x = input();
  const auto [least, greatest] = aminmax(x, 0);
  EXPECT_TRUE(same(least.detach(), doubles({-0.5, -3.5, 0.25, -1.25})));
  EXPECT_TRUE(same(greatest.detach(), doubles({1.5, 2.5, 2.0, 3.0})));
  check_gradients(
      [](const Tensor& x) {
        const auto [a, b] = aminmax(x, 1);
        return a * b;
      },
      x);
}

// --- variance

TEST(Var, CorrectionAndDims) {
  // Deviations of 1, 2, 3, 6 from 3: 4 + 1 + 0 + 9 = 14.
  const Tensor x = doubles({1.0, 2.0, 3.0, 6.0});
  EXPECT_DOUBLE_EQ(var(x).item<double>(), 14.0 / 3);
  EXPECT_DOUBLE_EQ(var(x, false).item<double>(), 14.0 / 4);
  EXPECT_DOUBLE_EQ(var(x, 0, 2).item<double>(), 14.0 / 2);
  EXPECT_DOUBLE_EQ(x.var(IntArrayRef{0}, /*unbiased=*/false).item<double>(), 3.5);
  EXPECT_DOUBLE_EQ(x.var(false).item<double>(), 3.5);
  // A number is a dim, not a bool.
  EXPECT_EQ(ones({2, 3}).var(0).sizes(), IntArrayRef({3}));
  EXPECT_EQ(var(ones({2, 3}), 1).sizes(), IntArrayRef({2}));
  EXPECT_DOUBLE_EQ(std(x).item<double>(), std::sqrt(14.0 / 3));
  const auto [v, m] = var_mean(x, {0}, 0, true);
  EXPECT_DOUBLE_EQ(v.item<double>(), 3.5);
  EXPECT_DOUBLE_EQ(m.item<double>(), 3);
  EXPECT_EQ(m.sizes(), IntArrayRef({1}));
}

TEST(Var, NoDegreesOfFreedom) {
  EXPECT_TRUE(std::isnan(var(tensor({1.0})).item<float>()));
  EXPECT_TRUE(std::isnan(var(zeros({0})).item<float>()));
  EXPECT_EQ(var(tensor({1.0, 2.0}), 0, 2).item<float>(), kInf);
  EXPECT_EQ(var(tensor({1.0, 2.0}), 0, 3).item<float>(), kInf);
  EXPECT_THROW(var(tensor({1, 2})), TypeError);
  // 2 / 0 times a deviation that is not 0.
  const Tensor x = doubles({1.0, 2.0}).requires_grad_();
  EXPECT_TRUE(same(gradient(var(x, 0, 2), x), doubles({kInf, kInf})));
}

TEST(Var, Gradient) {
  check_gradients([](const Tensor& x) { return var(x); }, input());
  check_gradients([](const Tensor& x) { return var(x, {0}, 0, true); }, input());
  check_gradients([](const Tensor& x) { return std(x, {1}, 1); }, input());
  check_gradients(
      [](const Tensor& x) {
        const auto [v, m] = var_mean(x, {0});
        return v * m;
      },
      input());
  check_gradients(
      [](const Tensor& x) {
        const auto [s, m] = std_mean(x, {1}, 0);
        return s / (m * m + 1);
      },
      input());
}

TEST(Std, GradientOfAConstantIsZero) {
  const Tensor x = doubles({2.0, 2.0, 2.0}).requires_grad_();
  EXPECT_TRUE(same(gradient(std(x), x), doubles({0.0, 0.0, 0.0})));
}

// --- norms

TEST(Norm, Orders) {
  const Tensor x = doubles({3.0, 0.0, -4.0});
  EXPECT_DOUBLE_EQ(norm(x).item<double>(), 5);
  EXPECT_DOUBLE_EQ(norm(x, 1).item<double>(), 7);
  EXPECT_DOUBLE_EQ(norm(x, 0).item<double>(), 2);
  EXPECT_DOUBLE_EQ(norm(x, kInf).item<double>(), 4);
  EXPECT_DOUBLE_EQ(norm(x, -kInf).item<double>(), 0);
  EXPECT_DOUBLE_EQ(norm(x, 3).item<double>(), std::cbrt(27.0 + 64));
  EXPECT_DOUBLE_EQ(linalg::vector_norm(x, 0.5).item<double>(), std::pow(std::sqrt(3.0) + 2, 2));
  EXPECT_EQ(norm(zeros({2, 0}), 2, {1}).sizes(), IntArrayRef({2}));
  EXPECT_THROW(norm(zeros({0}), kInf), Error);
  EXPECT_THROW(norm(tensor({1, 2})), TypeError);
  EXPECT_EQ(norm(tensor({3, 4}), 2, {0}, false, kDouble).item<double>(), 5);
}

TEST(Norm, Gradient) {
  for (double p : {0.5, 1.0, 1.5, 2.0, 3.0, kInf, -kInf}) {
    check_gradients([p](const Tensor& x) { return norm(x, p); }, input());
    check_gradients([p](const Tensor& x) { return norm(x, p, {0}, true); }, input());
  }
}

TEST(Norm, GradientAtZeroIsZero) {
  for (double p : {0.5, 1.0, 1.5, 2.0, 3.0, kInf}) {
    const Tensor x = zeros({3}, kDouble).requires_grad_();
    EXPECT_TRUE(same(gradient(norm(x, p), x), zeros({3}, kDouble))) << p;
  }
  // Nor does it spoil a second derivative.
  const Tensor x = zeros({3}, kDouble).requires_grad_();
  const Tensor dx = autograd::grad({norm(x)}, {x}, {}, std::nullopt, /*create_graph=*/true)[0];
  EXPECT_FALSE(gradient(dx, x).isnan().any().item<bool>());
}

TEST(Logsumexp, ValuesAndGradient) {
  const Tensor x = doubles({{1000.0, 1000.0}, {-kInf, -kInf}, {-kInf, 3.0}, {kInf, 0.0}});
  EXPECT_TRUE(same(logsumexp(x, 1), doubles({1000 + std::log(2.0), -kInf, 3.0, kInf})));
  EXPECT_EQ(logsumexp(zeros({0}), 0).item<float>(), -kInf);
  EXPECT_EQ(logsumexp(tensor({0, 0}), 0).dtype(), kFloat);
  check_gradients([](const Tensor& x) { return logsumexp(x, {0, 1}); }, input());
  check_gradients([](const Tensor& x) { return logsumexp(x, 1, true); }, input());
  const Tensor empty_row = full({2}, -kInf, kDouble).requires_grad_();
  EXPECT_TRUE(same(gradient(logsumexp(empty_row, 0), empty_row), zeros({2}, kDouble)));
}

// --- truth and counts

TEST(AllAny, DtypesAndEmpty) {
  EXPECT_TRUE(all(zeros({0})).item<bool>());
  EXPECT_FALSE(any(zeros({0})).item<bool>());
  EXPECT_TRUE(any(doubles({0.0, kNan})).item<bool>());
  EXPECT_TRUE(same(all(tensor({{1, 0}, {2, 3}}), 1), tensor({false, true})));
  EXPECT_EQ(all(tensor({1}, kByte)).dtype(), kByte);
  EXPECT_EQ(any(tensor({1}, kChar)).dtype(), kBool);
  EXPECT_TRUE(same(any(tensor({{0, 0}, {0, 3}}), 0, true), tensor({{false, true}})));
  EXPECT_TRUE(same(count_nonzero(tensor({{1, 0}, {2, 3}}), 0), tensor({2, 1})));
  EXPECT_EQ(count_nonzero(zeros({3})).item<int64_t>(), 0);
}

// --- running sums

TEST(Cumsum, ValuesAndGradient) {
  EXPECT_TRUE(same(cumsum(tensor({{1, 2}, {3, 4}}), 0), tensor({{1, 2}, {4, 6}})));
  EXPECT_EQ(cumsum(tensor({true, true}), 0).dtype(), kLong);
  EXPECT_EQ(cumsum(scalar_tensor(2.0), 0).item<float>(), 2);
  EXPECT_EQ(cumsum(zeros({2, 0}), 1).sizes(), IntArrayRef({2, 0}));
  check_gradients([](const Tensor& x) { return cumsum(x * x, 0); }, input());
  check_gradients([](const Tensor& x) { return cumsum(x * x, -1); }, input());
  EXPECT_THROW(cumsum(zeros({2}), 1), IndexError);
}

TEST(Cumprod, GradientAlsoWithZeros) {
  EXPECT_TRUE(same(cumprod(tensor({2, 3, 4}), 0), tensor({2, 6, 24})));
  check_gradients([](const Tensor& x) { return cumprod(x, 1); }, input());
  const Tensor x = doubles({{2.0, 0.0, 5.0}, {0.0, 0.0, 3.0}, {1.0, 2.0, 4.0}}).requires_grad_();
  check_gradients([](const Tensor& x) { return cumprod(x, 1); }, x);
  check_gradients([](const Tensor& x) { return cumprod(x, 0); }, x);
}

}  // namespace
}  // namespace gradus
