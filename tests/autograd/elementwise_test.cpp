// The element-wise ops as users call them: values, dtypes, corners, in place, gradients.

#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include <gradus/autograd/engine.h>
#include <gradus/autograd/grad_mode.h>
#include <gradus/autograd/gradcheck.h>
#include <gradus/autograd/ops/activation.h>
#include <gradus/autograd/ops/binary.h>
#include <gradus/autograd/ops/binary_math.h>
#include <gradus/autograd/ops/compare.h>
#include <gradus/autograd/ops/copy.h>
#include <gradus/autograd/ops/shape.h>
#include <gradus/autograd/ops/special.h>
#include <gradus/autograd/ops/ternary.h>
#include <gradus/autograd/ops/unary.h>
#include <gradus/core/factory.h>
#include <gtest/gtest.h>

namespace gradus {
namespace {

const double kInf = std::numeric_limits<double>::infinity();
const double kNan = std::numeric_limits<double>::quiet_NaN();

std::vector<double> values(const Tensor& x) {
  const Tensor y = x.detach().to(kDouble).contiguous();
  return std::vector<double>(y.data_ptr<double>(), y.data_ptr<double>() + y.numel());
}

Tensor leaf(std::initializer_list<double> elements) {
  return tensor(std::vector<double>(elements), kDouble).requires_grad_();
}

// The gradient of the sum of f(x).
std::vector<double> gradient(const Tensor& x, const std::function<Tensor(const Tensor&)>& f) {
  const Tensor input = x.detach().requires_grad_();
  f(input).sum().backward();
  return values(input.grad());
}

using Doubles = std::vector<double>;

// --- dtypes

TEST(Promotion, TensorsAndNumbers) {
  const Tensor bytes = ones({2}, kByte), ints = ones({2}, kInt), longs = ones({2}, kLong);
  const Tensor floats = ones({2}), doubles = ones({2}, kDouble), halves = ones({2}, kHalf);
  const Tensor flags = ones({2}, kBool), zero_dim = ones({}, kDouble);
  EXPECT_EQ((bytes + ints).dtype(), kInt);
  EXPECT_EQ((floats + doubles).dtype(), kDouble);
  EXPECT_EQ((floats + zero_dim).dtype(), kFloat);  // 0-d tensors count less
  EXPECT_EQ((longs + zero_dim).dtype(), kDouble);  // but for their category
  EXPECT_EQ((halves + ones({2}, kBFloat16)).dtype(), kFloat);
  EXPECT_EQ((longs + halves).dtype(), kHalf);
  EXPECT_EQ((ints + 1).dtype(), kInt);
  EXPECT_EQ((ints + 1.5).dtype(), kFloat);
  EXPECT_EQ((flags + 1).dtype(), kLong);
  EXPECT_EQ((flags + flags).dtype(), kBool);
  EXPECT_EQ((halves * 2.0).dtype(), kHalf);
  EXPECT_EQ((ints / ints).dtype(), kFloat);
  EXPECT_EQ((ints / 2).dtype(), kFloat);
  EXPECT_EQ(ints.div(ints, "floor").dtype(), kInt);
  EXPECT_EQ((ints < 1.5).dtype(), kBool);
  EXPECT_EQ(exp(ints).dtype(), kFloat);
  EXPECT_EQ(exp(halves).dtype(), kHalf);
  EXPECT_EQ(clamp(ints, 0.5).dtype(), kFloat);
  EXPECT_EQ(where(flags, ints, 1.5).dtype(), kFloat);
  EXPECT_EQ(pow(ints, 2).dtype(), kInt);
  EXPECT_EQ(pow(ints, 0.5).dtype(), kFloat);
  EXPECT_EQ(result_type(longs, 1.0), kFloat);
}

TEST(Promotion, InPlaceKeepsTheDtype) {
  Tensor ints = ones({2}, kInt), floats = ones({2});
  EXPECT_EQ(ints.add_(2).dtype(), kInt);
  EXPECT_THROW(ints.add_(1.5), TypeError);
  EXPECT_THROW(ints.div_(ints), TypeError);
  EXPECT_THROW(ints.exp_(), TypeError);
  EXPECT_EQ(floats.mul_(ones({2}, kDouble)).dtype(), kFloat);
  EXPECT_EQ(values(ints), (Doubles{3, 3}));
}

// --- values and corners

TEST(Binary, Operators) {
  const Tensor a = tensor({1.0, 2.0, -4.0}), b = tensor({2.0, 0.5, 8.0});
  EXPECT_EQ(values(a + b), (Doubles{3, 2.5, 4}));
  EXPECT_EQ(values(a - b), (Doubles{-1, 1.5, -12}));
  EXPECT_EQ(values(a * b), (Doubles{2, 1, -32}));
  EXPECT_EQ(values(a / b), (Doubles{0.5, 4, -0.5}));
  EXPECT_EQ(values(1 - a), (Doubles{0, -1, 5}));
  EXPECT_EQ(values(2 / a), (Doubles{2, 1, -0.5}));
  EXPECT_EQ(values(a % 3), (Doubles{1, 2, 2}));
  EXPECT_EQ(values(7 % b), (Doubles{1, 0, 7}));
  EXPECT_EQ(values(-a), (Doubles{-1, -2, 4}));
  EXPECT_EQ(values(a > 1), (Doubles{0, 1, 0}));
  EXPECT_EQ(values(1 > a), (Doubles{0, 0, 1}));
  EXPECT_EQ(values(a == a), (Doubles{1, 1, 1}));
  EXPECT_EQ(values((a > 1) | (b > 4)), (Doubles{0, 1, 1}));
  EXPECT_EQ(values((a > 1) ^ (b < 4)), (Doubles{1, 0, 0}));
  EXPECT_EQ(values(~(a > 1)), (Doubles{1, 0, 1}));
}

TEST(Binary, Alpha) {
  const Tensor a = tensor({1.0, 2.0}), b = tensor({10.0, 20.0});
  EXPECT_EQ(values(add(a, b, 0.5)), (Doubles{6, 12}));
  EXPECT_EQ(values(sub(a, b, 2)), (Doubles{-19, -38}));
  EXPECT_EQ(values(rsub(a, 1, 3)), (Doubles{-2, -5}));
  EXPECT_EQ(values(add(tensor({1, 2}), 3, 2)), (Doubles{7, 8}));
  EXPECT_THROW(add(tensor({1, 2}), tensor({1, 2}), 0.5), TypeError);
  EXPECT_THROW(add(a, b, true), TypeError);
}

TEST(Binary, RoundingModes) {
  const Tensor a = tensor({7.0, -7.0}), b = tensor({2.0, 2.0});
  EXPECT_EQ(values(div(a, b, "trunc")), (Doubles{3, -3}));
  EXPECT_EQ(values(div(a, b, "floor")), (Doubles{3, -4}));
  EXPECT_EQ(values(div(a, b, std::nullopt)), (Doubles{3.5, -3.5}));
  EXPECT_EQ(values(floor_divide(tensor({-7}), tensor({2}))), (Doubles{-4}));
  EXPECT_THROW(div(a, b, "up"), ValueError);
  EXPECT_THROW(div(tensor({1}), tensor({0}), "floor"), ValueError);
  EXPECT_EQ(values(tensor({1, -1}) / tensor({0, 0})), (Doubles{kInf, -kInf}));
}

TEST(Binary, BoolArithmetic) {
  const Tensor a = tensor({true, true, false}), b = tensor({true, false, false});
  EXPECT_EQ(values(a + b), (Doubles{1, 1, 0}));
  EXPECT_EQ(values(a * b), (Doubles{1, 0, 0}));
  EXPECT_THROW(a - b, TypeError);
  EXPECT_THROW(-a, TypeError);
}

TEST(Binary, NanPropagates) {
  const Tensor a = tensor({kNan, 1.0, kNan}), b = tensor({1.0, kNan, kNan});
  for (double v : values(maximum(a, b))) EXPECT_TRUE(std::isnan(v));
  for (double v : values(minimum(a, b))) EXPECT_TRUE(std::isnan(v));
  EXPECT_EQ(values(fmax(a, b))[0], 1);
  EXPECT_EQ(values(fmin(a, b))[1], 1);
  EXPECT_TRUE(std::isnan(values(clamp(a, 0, 2))[0]));
  EXPECT_TRUE(std::isnan(values(clamp(a, kNan, 2))[1]));  // a NaN bound
  EXPECT_TRUE(std::isnan(values(relu(a))[0]));
}

TEST(Binary, Pow) {
  const Tensor x = tensor({2.0, -3.0, 0.0}, kDouble);
  EXPECT_EQ(values(pow(x, 2)), (Doubles{4, 9, 0}));
  EXPECT_EQ(values(pow(x, 3)), (Doubles{8, -27, 0}));
  EXPECT_EQ(values(pow(x, 0)), (Doubles{1, 1, 1}));
  EXPECT_EQ(values(pow(x, -1))[2], kInf);
  EXPECT_EQ(values(pow(2, tensor({3.0, -1.0}))), (Doubles{8, 0.5}));
  EXPECT_EQ(values(pow(tensor({2, -2}), tensor({10, 3}))), (Doubles{1024, -8}));
  EXPECT_THROW(pow(tensor({2}), -1), ValueError);
}

TEST(Compare, CloseAndEqual) {
  const Tensor a = tensor({1.0, kInf, kNan}, kDouble);
  EXPECT_EQ(values(isclose(a, a)), (Doubles{1, 1, 0}));
  EXPECT_TRUE(allclose(a, a, 1e-5, 1e-8, /*equal_nan=*/true));
  EXPECT_FALSE(allclose(a, a));
  EXPECT_TRUE(allclose(tensor({1.0, 2.0}), tensor({1.0 + 1e-6, 2.0})));
  EXPECT_FALSE(allclose(tensor({1.0}), tensor({1.1})));
  EXPECT_TRUE(allclose(tensor({5}), tensor({5})));
  EXPECT_TRUE(equal(tensor({1, 2}), tensor({1, 2})));
  EXPECT_FALSE(equal(tensor({1, 2}), tensor({1, 3})));
  EXPECT_FALSE(equal(tensor({1, 2}), tensor({1})));
  EXPECT_TRUE(equal(tensor({1}), tensor({1.0})));  // of any dtypes
  EXPECT_THROW(isclose(tensor({1}), tensor({1.0})), TypeError);
  EXPECT_THROW(isclose(a, a, -1.0), ValueError);
}

TEST(Compare, Predicates) {
  const Tensor x = tensor({kInf, -kInf, kNan, -0.0, 1.0});
  EXPECT_EQ(values(isnan(x)), (Doubles{0, 0, 1, 0, 0}));
  EXPECT_EQ(values(isinf(x)), (Doubles{1, 1, 0, 0, 0}));
  EXPECT_EQ(values(isposinf(x)), (Doubles{1, 0, 0, 0, 0}));
  EXPECT_EQ(values(isneginf(x)), (Doubles{0, 1, 0, 0, 0}));
  EXPECT_EQ(values(isfinite(x)), (Doubles{0, 0, 0, 1, 1}));
  EXPECT_EQ(values(signbit(x))[3], 1);
  EXPECT_EQ(values(logical_not(x)), (Doubles{0, 0, 0, 1, 0}));
  EXPECT_EQ(values(x != x), (Doubles{0, 0, 1, 0, 0}));
  EXPECT_EQ(values(nan_to_num(x, 7.0, 8.0, 9.0)), (Doubles{8, 9, 7, 0, 1}));
}

TEST(Compare, Bits) {
  const Tensor a = tensor({12, -12}), b = tensor({10, 3});
  EXPECT_EQ(values(a & b), (Doubles{8, 0}));
  EXPECT_EQ(values(a | b), (Doubles{14, -9}));
  EXPECT_EQ(values(a ^ b), (Doubles{6, -9}));
  EXPECT_EQ(values(~a), (Doubles{-13, 11}));
  EXPECT_EQ(values(bitwise_left_shift(a, 2)), (Doubles{48, -48}));
  EXPECT_EQ(values(bitwise_right_shift(a, tensor({2, 100}))), (Doubles{3, -1}));
  EXPECT_EQ(values(bitwise_left_shift(a, tensor({64, -1}))), (Doubles{0, 0}));
  EXPECT_THROW(bitwise_and(ones({1}), ones({1})), TypeError);
}

TEST(Ternary, Clamp) {
  const Tensor x = tensor({-2.0, 0.5, 3.0});
  EXPECT_EQ(values(clamp(x, 0, 1)), (Doubles{0, 0.5, 1}));
  EXPECT_EQ(values(clamp(x, 0)), (Doubles{0, 0.5, 3}));
  EXPECT_EQ(values(clamp(x, std::nullopt, 1)), (Doubles{-2, 0.5, 1}));
  EXPECT_EQ(values(clamp(x, 1, 0)), (Doubles{0, 0, 0}));  // max wins
  EXPECT_EQ(values(clamp(tensor({1, 5, 9}), 2, 6)), (Doubles{2, 5, 6}));
  EXPECT_EQ(values(clamp(x, tensor({-1.0, 1.0, 1.0}), tensor({0.0, 2.0, 2.0}))),
            (Doubles{-1, 1, 2}));
  EXPECT_THROW(clamp(x, std::optional<Scalar>(), std::nullopt), ValueError);
}

TEST(Ternary, LerpMeetsItsEnds) {
  const Tensor a = tensor({0.1, 3.0}), b = tensor({0.7, -11.0});
  EXPECT_EQ(values(lerp(a, b, 0)), values(a));
  EXPECT_EQ(values(lerp(a, b, 1)), values(b));
}

TEST(Ternary, MaskedFill) {
  Tensor x = ones({2, 3});
  const Tensor mask = tensor({true, false, true});
  EXPECT_EQ(values(masked_fill(x, mask, 5)), (Doubles{5, 1, 5, 5, 1, 5}));
  EXPECT_EQ(values(x.masked_fill_(mask, -1)), (Doubles{-1, 1, -1, -1, 1, -1}));
  EXPECT_THROW(masked_fill(x, ones({3}), 5), TypeError);
  EXPECT_THROW(masked_fill(tensor({1, 2, 3}), mask, kInf), ValueError);
  EXPECT_THROW(x.masked_fill_(ones({2, 2, 3}, kBool), 5), Error);
}

TEST(Activation, Values) {
  const Tensor x = tensor({-4.0, -1.0, 0.0, 2.0, 7.0}, kDouble);
  EXPECT_EQ(values(relu(x)), (Doubles{0, 0, 0, 2, 7}));
  EXPECT_EQ(values(relu6(x)), (Doubles{0, 0, 0, 2, 6}));
  EXPECT_EQ(values(leaky_relu(x, 0.5)), (Doubles{-2, -0.5, 0, 2, 7}));
  EXPECT_EQ(values(hardtanh(x)), (Doubles{-1, -1, 0, 1, 1}));
  EXPECT_EQ(values(hardsigmoid(x))[4], 1);
  EXPECT_EQ(values(hardshrink(x, 1)), (Doubles{-4, 0, 0, 2, 7}));
  EXPECT_EQ(values(softshrink(x, 1)), (Doubles{-3, 0, 0, 1, 6}));
  EXPECT_EQ(values(threshold(x, 1, 20)), (Doubles{20, 20, 20, 2, 7}));
  EXPECT_NEAR(values(elu(x, 2))[1], 2 * (std::exp(-1.0) - 1), 1e-15);
  EXPECT_NEAR(values(celu(x, 2))[1], 2 * (std::exp(-0.5) - 1), 1e-15);
  EXPECT_NEAR(values(gelu(x))[3], 2 * 0.5 * std::erfc(-std::sqrt(2.0)), 1e-15);
  EXPECT_NEAR(values(gelu(x, "tanh"))[3], 1.9545976940877752, 1e-12);
  EXPECT_NEAR(values(softplus(x))[2], std::log(2.0), 1e-15);
  EXPECT_EQ(values(softplus(x, 1, 5))[4], 7);
  EXPECT_NEAR(values(logsigmoid(x))[0], -4.01814992791781, 1e-12);
  EXPECT_EQ(values(glu(tensor({1.0, 2.0, 0.0, 0.0}))), (Doubles{0.5, 1}));
  EXPECT_EQ(values(prelu(tensor({{-2.0, -2.0}, {4.0, 4.0}}), tensor({0.5, 0.25}))),
            (Doubles{-1, -0.5, 4, 4}));
  EXPECT_THROW(gelu(x, "fast"), ValueError);
  EXPECT_THROW(glu(ones({3})), Error);
  EXPECT_THROW(softshrink(x, -1), ValueError);
  EXPECT_THROW(gelu(tensor({1})), TypeError);
  EXPECT_THROW(prelu(ones({2, 3}), ones({2})), Error);
}

// --- out=

TEST(Out, WritesAndChecks) {
  const Tensor a = tensor({1.0, 2.0}), b = tensor({10.0, 20.0});
  Tensor out = zeros({2}), empty_out = empty({0}), wrong = zeros({3}), ints = zeros({2}, kInt);
  const auto version = out._version();
  EXPECT_TRUE(add_out(out, a, b).is_same(out));
  EXPECT_EQ(values(out), (Doubles{11, 22}));
  EXPECT_EQ(out._version(), version + 1);
  exp_out(empty_out, zeros({2, 2}));
  EXPECT_EQ(empty_out.sizes(), IntArrayRef({2, 2}));
  EXPECT_EQ(values(empty_out), (Doubles{1, 1, 1, 1}));
  add_out(wrong, a, b);  // resized
  EXPECT_EQ(values(wrong), (Doubles{11, 22}));
  EXPECT_THROW(add_out(ints, a, b), TypeError);
  Tensor expanded = zeros({1}).expand({2});
  EXPECT_THROW(add_out(expanded, a, b), Error);
  Tensor none;
  EXPECT_THROW(add_out(none, a, b), Error);
  Tensor unchanged = empty({0, 4});
  EXPECT_THROW(add_out(unchanged, a, b, true), TypeError);
  EXPECT_THROW(sub_out(unchanged, a, b, true), TypeError);
  EXPECT_EQ(unchanged.sizes(), IntArrayRef({0, 4}));
  const Tensor weight = leaf({1, 2});
  EXPECT_THROW(mul_out(out, weight, b), Error);
  {
    NoGradGuard no_grad;
    EXPECT_NO_THROW(mul_out(out, weight, b));
  }
}

// --- undefined tensors

TEST(Elementwise, UndefinedArgumentsAreNamed) {
  const Tensor none, x = ones({2});
  const auto message = [](const std::function<void()>& f) -> std::string {
    try {
      f();
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_EQ(message([&] { add(none, x); }), "add: self is undefined");
  EXPECT_EQ(message([&] { add(x, none); }), "add: other is undefined");
  EXPECT_EQ(message([&] { none.exp(); }), "exp: self is undefined");
  EXPECT_EQ(message([&] { where(none, x, x); }), "where: condition is undefined");
  EXPECT_EQ(message([&] { x.masked_fill(none, 1); }), "masked_fill: mask is undefined");
  EXPECT_EQ(message([&] { none.to(kDouble); }), "to: self is undefined");
  EXPECT_EQ(message([&] { gelu(none); }), "gelu: self is undefined");
  EXPECT_EQ(message([&] { lerp(x, none, 1); }), "lerp: end is undefined");
  Tensor target = none;
  EXPECT_EQ(message([&] { target.add_(x); }), "add_: self is undefined");
  EXPECT_EQ(message([&] { target.fill_(1); }), "fill_: self is undefined");
  EXPECT_EQ(message([&] { target.clamp_(1); }), "clamp_: self is undefined");
}

// --- gradients at corners

TEST(Gradient, Corners) {
  const Tensor at_zero = tensor({-1.0, 0.0, 1.0}, kDouble);
  EXPECT_EQ(gradient(at_zero, [](const Tensor& x) { return abs(x); }), (Doubles{-1, 0, 1}));
  EXPECT_EQ(gradient(at_zero, [](const Tensor& x) { return relu(x); }), (Doubles{0, 0, 1}));
  EXPECT_EQ(gradient(at_zero, [](const Tensor& x) { return sign(x); }), (Doubles{0, 0, 0}));
  EXPECT_EQ(gradient(at_zero, [](const Tensor& x) { return clamp(x, -1, 0); }), (Doubles{1, 1, 0}));
  EXPECT_EQ(gradient(at_zero, [](const Tensor& x) { return hardtanh(x); }), (Doubles{0, 1, 0}));
  EXPECT_EQ(gradient(tensor({0.0}, kDouble), [](const Tensor& x) { return sqrt(x); }),
            (Doubles{kInf}));
  EXPECT_EQ(gradient(tensor({0.0}, kDouble), [](const Tensor& x) { return pow(x, 0); }),
            (Doubles{0}));
  EXPECT_EQ(
      gradient(tensor({0.0}, kDouble), [](const Tensor& x) { return pow(x, zeros({1}, kDouble)); }),
      (Doubles{0}));
  EXPECT_EQ(gradient(tensor({0.0, 2.0}, kDouble),
                     [](const Tensor& p) { return pow(zeros({2}, kDouble), p); }),
            (Doubles{0, 0}));
  EXPECT_EQ(gradient(tensor({0.0}, kDouble), [](const Tensor& x) { return xlogy(x, x.detach()); }),
            (Doubles{0}));
  EXPECT_EQ(gradient(tensor({0.0}, kDouble), [](const Tensor& x) { return xlogy(x, 2); }),
            (Doubles{std::log(2.0)}));
  EXPECT_EQ(gradient(tensor({0.0}, kDouble), [](const Tensor& x) { return xlogy(x, -2); }),
            (Doubles{0}));
  EXPECT_EQ(gradient(tensor({0.0, 0.0}, kDouble),
                     [](const Tensor& x) {
                       return xlogy(x, tensor({2.0, -2.0}, kDouble));
                     }),
            (Doubles{std::log(2.0), 0}));
}

TEST(Gradient, TiesOfMaximumShare) {
  Tensor a = leaf({1, 2, 3}), b = leaf({1, 3, 2});
  maximum(a, b).sum().backward();
  EXPECT_EQ(values(a.grad()), (Doubles{0.5, 0, 1}));
  EXPECT_EQ(values(b.grad()), (Doubles{0.5, 1, 0}));
  EXPECT_EQ(values(a.max(b)), (Doubles{1, 3, 3}));
  EXPECT_EQ(values(a.min(b)), (Doubles{1, 2, 2}));
}

TEST(Gradient, WhereDropsNan) {
  Tensor x = leaf({0.0, 4.0});
  // sqrt has an infinite slope at 0, and 0 times infinity would be NaN.
  where(x > 0, x, x * 2).sum().backward();
  EXPECT_EQ(values(x.grad()), (Doubles{2, 1}));
  const auto g = gradient(tensor({0.0, 4.0}, kDouble),
                          [](const Tensor& x) { return where(x > 0, Scalar(1), log(x)); });
  EXPECT_EQ(g[1], 0);
  const auto h = gradient(tensor({kNan, 4.0}, kDouble),
                          [](const Tensor& x) { return where(isnan(x), Scalar(0), x * x); });
  EXPECT_EQ(h[1], 8);
}

TEST(Gradient, BroadcastAndCast) {
  Tensor w = ones({3}, kFloat).requires_grad_();
  const Tensor x = ones({4, 3}, kDouble);
  (x * w).sum().backward();
  EXPECT_EQ(w.grad().dtype(), kFloat);
  EXPECT_EQ(values(w.grad()), (Doubles{4, 4, 4}));
  Tensor h = ones({2}, kBFloat16).requires_grad_();
  (h.to(kFloat) * 3).sum().backward();
  EXPECT_EQ(h.grad().dtype(), kBFloat16);
  EXPECT_EQ(values(h.grad()), (Doubles{3, 3}));
}

// --- in place through the tape

TEST(InPlace, Values) {
  Tensor x = tensor({1.0, 4.0});
  const Tensor alias = x;
  x += 1;
  x *= tensor({2.0, 3.0});
  x -= tensor({1.0, 1.0});
  x /= 2;
  EXPECT_EQ(values(alias), (Doubles{1.5, 7}));
  EXPECT_EQ(x._version(), 4u);
  x.sqrt_().neg_();
  EXPECT_NEAR(values(x)[1], -std::sqrt(7.0), 1e-6);
  x.pow_(2).clamp_(2, 5).lerp_(zeros({2}), 0.5).addcmul_(ones({2}), ones({2}), 3);
  EXPECT_NEAR(values(x)[0], 4, 1e-6);
  EXPECT_NEAR(values(x)[1], 5.5, 1e-6);
}

TEST(InPlace, Gradient) {
  Tensor w = leaf({1, 2});
  Tensor y = w * 3;
  y.add_(w);  // 4 w
  y.mul_(w);  // 4 w^2
  y.exp_();   // e^(4 w^2)
  y.sum().backward();
  for (int i = 0; i < 2; ++i) {
    const double v = i + 1;
    EXPECT_NEAR(values(w.grad())[static_cast<size_t>(i)] / (8 * v * std::exp(4 * v * v)), 1, 1e-12);
  }
}

TEST(InPlace, ThroughViews) {
  Tensor w = leaf({1, 2, 3, 4});
  Tensor y = w * 1;
  y.narrow(0, 1, 2).mul_(10);
  (y * y).sum().backward();
  EXPECT_EQ(values(w.grad()), (Doubles{2, 400, 600, 8}));
}

TEST(InPlace, ErrorsChangeNothing) {
  Tensor x = ones({2});
  const auto unchanged = [&] { return values(x) == Doubles{1, 1} && x._version() == 0; };
  EXPECT_THROW(x.add_(ones({3})), Error);
  EXPECT_THROW(x.add_(ones({4, 2})), Error);  // would grow
  EXPECT_THROW(x.masked_fill_(ones({2}), 1), TypeError);
  EXPECT_THROW(x.lerp_(ones({2}, kDouble), 0.5), TypeError);
  Tensor ints = ones({2}, kInt);
  EXPECT_THROW(ints.remainder_(zeros({2}, kInt)), ValueError);
  EXPECT_TRUE(unchanged());
  EXPECT_EQ(values(ints), (Doubles{1, 1}));
  EXPECT_EQ(ints._version(), 0u);
  Tensor w = leaf({1, 2});
  EXPECT_THROW(w.mul_(2), Error);
  EXPECT_EQ(w._version(), 0u);
  Tensor expanded = ones({1}).expand({3});
  EXPECT_THROW(expanded.add_(1), Error);
}

TEST(InPlace, StaleSavedTensorIsAnError) {
  Tensor w = leaf({1, 2});
  Tensor y = w * 2;
  const Tensor z = y * y;
  y.add_(1);
  EXPECT_THROW(z.sum().backward(), Error);
}

// --- copies

TEST(Copy, ToAndClone) {
  Tensor x = leaf({1.5, -2.5});
  EXPECT_TRUE(x.to(kDouble).is_same(x));
  EXPECT_FALSE(x.to(kDouble, false, /*copy=*/true).is_same(x));
  EXPECT_EQ(values(x.to(kInt)), (Doubles{1, -2}));
  EXPECT_FALSE(x.to(kInt).requires_grad());
  Tensor y = x.clone();
  (y.to(kFloat) * 2).sum().backward();
  EXPECT_EQ(values(x.grad()), (Doubles{2, 2}));
}

TEST(Copy, MemoryFormats) {
  const Tensor x = rand({2, 3, 4, 5});
  const Tensor last = x.contiguous(MemoryFormat::ChannelsLast);
  EXPECT_EQ(last.strides(), IntArrayRef({60, 1, 15, 3}));
  EXPECT_TRUE(equal(x, last));
  EXPECT_EQ(last.clone().strides(), last.strides());
  EXPECT_EQ(last.to(kDouble).strides(), last.strides());
  EXPECT_EQ(exp(last).strides(), last.strides());
  EXPECT_TRUE(last.contiguous().is_contiguous());
  EXPECT_TRUE(x.contiguous().is_same(x));
  EXPECT_TRUE(last.contiguous(MemoryFormat::ChannelsLast).is_same(last));
  EXPECT_THROW(ones({2, 2}).contiguous(MemoryFormat::ChannelsLast), Error);
}

TEST(Copy, CopyInPlace) {
  Tensor w = leaf({1, 2});
  Tensor buffer = zeros({3, 2}, kDouble);
  buffer.copy_(w * 2);
  buffer.sum().backward();
  EXPECT_EQ(values(w.grad()), (Doubles{6, 6}));
  Tensor rows = zeros({3, 2}, kDouble);
  rows.select(0, 1).copy_(w);
  (rows * rows).sum().backward();
  EXPECT_EQ(values(w.grad()), (Doubles{8, 10}));
  EXPECT_THROW(rows.copy_(ones({3})), Error);
  Tensor v = leaf({1, 2});
  Tensor cleared = v * 3;
  cleared.zero_();
  cleared.sum().backward();
  EXPECT_EQ(values(v.grad()), (Doubles{0, 0}));
}

TEST(Copy, AssignmentToAPart) {
  Tensor x = zeros({2, 2});
  x[0] = ones({2});
  x[1] = 5;
  EXPECT_EQ(values(x), (Doubles{1, 1, 5, 5}));
}

// --- gradients against finite differences, first and second

struct Row {
  const char* name;
  std::function<Tensor(const std::vector<Tensor>&)> f;
  std::vector<Tensor> inputs;
};

// Away from 0 and from each other by 0.1 at least, so that no step crosses a corner.
Tensor spread(double lo, double hi, int seed = 0) {
  std::vector<double> v;
  for (int i = 0; i < 6; ++i)
    v.push_back(lo + (hi - lo) * ((i * 5 + seed * 7 + 1) % 13 + 0.35) / 13.7);
  return tensor(v, kDouble).reshape({2, 3}).requires_grad_();
}

Row unary(const char* name, Tensor (*f)(const Tensor&), double lo, double hi) {
  return {name, [f](const std::vector<Tensor>& x) { return f(x[0]); }, {spread(lo, hi)}};
}
Row binary(const char* name, Tensor (*f)(const Tensor&, const Tensor&), double lo, double hi) {
  return {name,
          [f](const std::vector<Tensor>& x) { return f(x[0], x[1]); },
          {spread(lo, hi, 1), spread(lo, hi, 2)}};
}

std::vector<Row> rows() {
  const Tensor mask = tensor({{true, false, true}, {false, true, true}});
  const auto a = [] { return spread(-2, 2, 1); };
  const auto b = [] { return spread(0.5, 3, 2); };
  const auto c = [] { return spread(0.1, 0.9, 3); };
  using Inputs = const std::vector<Tensor>&;
  return {
      unary("abs", abs, -2, 2),
      unary("neg", neg, -2, 2),
      unary("sign", sign, -2, 2),
      unary("square", square, -2, 2),
      unary("floor", floor, 0.1, 0.9),
      unary("frac", frac, 0.1, 0.9),
      unary("relu", relu, -2, 2),
      unary("exp", exp, -2, 2),
      unary("exp2", exp2, -2, 2),
      unary("expm1", expm1, -2, 2),
      unary("log", log, 0.2, 3),
      unary("log1p", log1p, -0.8, 3),
      unary("log2", log2, 0.2, 3),
      unary("log10", log10, 0.2, 3),
      unary("sqrt", sqrt, 0.2, 3),
      unary("rsqrt", rsqrt, 0.2, 3),
      unary("reciprocal", reciprocal, 0.4, 3),
      unary("sin", sin, -2, 2),
      unary("cos", cos, -2, 2),
      unary("tan", tan, -1, 1),
      unary("asin", asin, -0.8, 0.8),
      unary("acos", acos, -0.8, 0.8),
      unary("atan", atan, -2, 2),
      unary("sinh", sinh, -2, 2),
      unary("cosh", cosh, -2, 2),
      unary("tanh", tanh, -2, 2),
      unary("asinh", asinh, -2, 2),
      unary("acosh", acosh, 1.3, 3),
      unary("atanh", atanh, -0.8, 0.8),
      unary("sigmoid", sigmoid, -3, 3),
      unary("erf", erf, -2, 2),
      unary("erfc", erfc, -2, 2),
      unary("erfinv", erfinv, -0.8, 0.8),
      unary("lgamma", lgamma, 0.3, 4),
      unary("digamma", digamma, 0.5, 4),
      unary("sinc", sinc, 0.1, 2),
      unary("deg2rad", deg2rad, -2, 2),
      unary("rad2deg", rad2deg, -2, 2),
      unary("relu6", relu6, 4, 8),
      unary("selu", selu, -2, 2),
      unary("silu", silu, -3, 3),
      unary("mish", mish, -3, 3),
      unary("hardswish", hardswish, -4.1, 4.1),
      unary("hardsigmoid", hardsigmoid, -4.1, 4.1),
      unary("tanhshrink", tanhshrink, -2, 2),
      unary("softsign", softsign, -2, 2),
      unary("logsigmoid", logsigmoid, -3, 3),
      {"polygamma", [](Inputs x) { return polygamma(2, x[0]); }, {spread(0.7, 4)}},
      {"logit", [](Inputs x) { return logit(x[0]); }, {spread(0.2, 0.8)}},
      {"logit eps", [](Inputs x) { return logit(x[0], 0.3); }, {spread(0.1, 0.9)}},
      {"nan_to_num", [](Inputs x) { return nan_to_num(x[0]); }, {spread(-2, 2)}},
      {"leaky_relu", [](Inputs x) { return leaky_relu(x[0], 0.2); }, {spread(-2, 2)}},
      {"elu", [](Inputs x) { return elu(x[0], 1.5, 1.2, 0.8); }, {spread(-2, 2)}},
      {"celu", [](Inputs x) { return celu(x[0], 1.5); }, {spread(-2, 2)}},
      {"gelu", [](Inputs x) { return gelu(x[0]); }, {spread(-3, 3)}},
      {"gelu tanh", [](Inputs x) { return gelu(x[0], "tanh"); }, {spread(-3, 3)}},
      {"hardtanh", [](Inputs x) { return hardtanh(x[0], -0.7, 0.9); }, {spread(-2, 2)}},
      {"hardshrink", [](Inputs x) { return hardshrink(x[0]); }, {spread(-2, 2)}},
      {"softshrink", [](Inputs x) { return softshrink(x[0]); }, {spread(-2, 2)}},
      {"softplus", [](Inputs x) { return softplus(x[0], 1.5, 3); }, {spread(-3, 3)}},
      {"threshold", [](Inputs x) { return threshold(x[0], 0.1, 7); }, {spread(-2, 2)}},
      {"glu", [](Inputs x) { return glu(x[0], 0); }, {spread(-2, 2)}},
      {"prelu",
       [](Inputs x) { return prelu(x[0], x[1]); },
       {a(), tensor({0.1, 0.2, 0.3}, kDouble).requires_grad_()}},
      {"prelu one",
       [](Inputs x) { return prelu(x[0], x[1]); },
       {a(), tensor({0.1}, kDouble).requires_grad_()}},
      binary(
          "add", [](const Tensor& x, const Tensor& y) { return add(x, y, 0.7); }, -2, 2),
      binary(
          "sub", [](const Tensor& x, const Tensor& y) { return sub(x, y, 0.7); }, -2, 2),
      binary("mul", mul, -2, 2),
      binary("div", div, 0.5, 3),
      binary("pow", pow, 0.5, 3),
      binary("atan2", atan2, 0.5, 3),
      binary("hypot", hypot, 0.5, 3),
      binary("logaddexp", logaddexp, -2, 2),
      binary("logaddexp2", logaddexp2, -2, 2),
      binary("maximum", maximum, -2, 2),
      binary("minimum", minimum, -2, 2),
      binary("fmax", fmax, -2, 2),
      binary("fmin", fmin, -2, 2),
      binary("xlogy", xlogy, 0.5, 3),
      binary("copysign", copysign, 0.5, 3),
      {"rsub", [](Inputs x) { return 3 - x[0]; }, {a()}},
      {"number / x", [](Inputs x) { return 3 / x[0]; }, {b()}},
      {"pow number", [](Inputs x) { return pow(x[0], 2.5); }, {b()}},
      {"number pow x", [](Inputs x) { return pow(2.5, x[0]); }, {a()}},
      {"fmod",
       [](Inputs x) { return fmod(x[0], x[1]); },
       {spread(3.2, 3.8), tensor({{1.5, 1.3, 0.9}, {1.1, 1.15, 1.4}}, kDouble).requires_grad_()}},
      {"remainder",
       [](Inputs x) { return remainder(x[0], x[1]); },
       {spread(3.2, 3.8), tensor({{1.5, 1.3, 0.9}, {1.1, 1.15, 1.4}}, kDouble).requires_grad_()}},
      {"number % x",
       [](Inputs x) { return 5 % x[0]; },
       {tensor({1.5, 1.3, 0.9}, kDouble).requires_grad_()}},
      {"where", [mask](Inputs x) { return where(mask, x[0], x[1]); }, {a(), b()}},
      {"masked_fill", [mask](Inputs x) { return masked_fill(x[0], mask, 2); }, {a()}},
      {"masked_fill tensor",
       [mask](Inputs x) { return masked_fill(x[0], mask, x[1]); },
       {a(), tensor(2.0, kDouble).requires_grad_()}},
      {"clamp", [](Inputs x) { return clamp(x[0], -0.7, 0.9); }, {a()}},
      {"clamp tensors",
       [](Inputs x) { return clamp(x[0], x[1], x[2]); },
       {a(), spread(-1, 0, 4), spread(0.5, 1, 5)}},
      {"lerp", [](Inputs x) { return lerp(x[0], x[1], 0.3); }, {a(), b()}},
      {"lerp tensor", [](Inputs x) { return lerp(x[0], x[1], x[2]); }, {a(), b(), c()}},
      {"addcmul", [](Inputs x) { return addcmul(x[0], x[1], x[2], 0.5); }, {a(), b(), c()}},
      {"addcdiv", [](Inputs x) { return addcdiv(x[0], x[1], x[2], 0.5); }, {a(), b(), c()}},
      {"broadcast",
       [](Inputs x) { return mul(x[0], x[1]) / x[2]; },
       {a(), tensor({1.0, 2.0, 3.0}, kDouble).requires_grad_(),
        tensor(2.0, kDouble).requires_grad_()}},
      {"clone", [](Inputs x) { return x[0].t().clone(); }, {a()}},
      {"contiguous", [](Inputs x) { return x[0].t().contiguous() * 2; }, {a()}},
      {"in place",
       [](Inputs x) {
         Tensor y = x[0] * 2;
         y.mul_(x[1]).exp_().add_(x[0]);
         return y;
       },
       {a(), c()}},
      {"copy_",
       [](Inputs x) {
         Tensor y = x[0] * 2;
         y.select(0, 1).copy_(x[1].select(0, 0));
         return y * y;
       },
       {a(), b()}},
  };
}

TEST(Gradient, AgreesWithDifferences) {
  for (const Row& row : rows()) {
    SCOPED_TRACE(row.name);
    EXPECT_NO_THROW(autograd::gradcheck(row.f, row.inputs));
  }
}

TEST(Gradient, SecondAgreesWithDifferences) {
  for (const Row& row : rows()) {
    SCOPED_TRACE(row.name);
    EXPECT_NO_THROW(autograd::gradgradcheck(row.f, row.inputs));
  }
}

}  // namespace
}  // namespace gradus
