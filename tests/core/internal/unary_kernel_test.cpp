#include <cmath>
#include <limits>

#include <gradus/autograd/ops/copy.h>
#include <gradus/core/parallel.h>
#include <gtest/gtest.h>

#include "core/kernels/activation.h"
#include "core/kernels/special.h"
#include "core/kernels/unary.h"
#include "tests/core/internal/elementwise_layouts.h"

namespace gradus {
namespace {

using kernel::ActivationBackwardOp;
using kernel::ActivationOp;
using kernel::UnaryOp;
using test::layouts;
using test::same_bits;
using test::shapes;

constexpr double kInf = std::numeric_limits<double>::infinity();

// Numbers of every magnitude and sign, and the special ones.
std::vector<float> samples() {
  std::vector<float> values = {0.0f,   -0.0f,   0.5f,  -0.5f,  1.0f,    -1.0f,   1.5f,   2.5f,
                               -2.5f,  3.0f,    -3.0f, 20.0f,  -20.0f,  88.0f,   100.0f, -100.0f,
                               1e-40f, -1e-40f, 1e30f, -1e30f, 3.4e38f, -3.4e38f};
  for (int i = 0; i < 2000; ++i) {
    const float sign = i % 2 == 0 ? 1.0f : -1.0f;
    values.push_back(sign * std::exp2(static_cast<float>(i % 400 - 200) * 0.1f));
    values.push_back(6 * std::sin(static_cast<float>(i)));
  }
  for (double v : {kInf, -kInf, std::nan("")}) values.push_back(static_cast<float>(v));
  return values;
}

// |got - expected| in units of expected's last place in float.
double error_in_ulps(float got, double expected) {
  const float rounded = static_cast<float>(expected);
  if (std::isnan(expected) || std::isnan(got))
    return std::isnan(expected) && std::isnan(got) ? 0 : kInf;
  if (std::isinf(rounded) || std::isinf(got)) return got == rounded ? 0 : kInf;
  const double magnitude = std::max<double>(std::abs(rounded), std::numeric_limits<float>::min());
  const double ulp = std::exp2(std::floor(std::log2(magnitude)) - 23);
  return std::abs(got - expected) / ulp;
}

// Runs the float block function and the double one of which it is the fast form.
void compare(const char* what, int op, kernel::BlockFunction fast, kernel::BlockFunction reference,
             const kernel::Params& params, const std::vector<std::vector<float>>& inputs,
             double ulps, double absolute = 0) {
  ASSERT_NE(fast, nullptr);
  ASSERT_NE(reference, nullptr);
  const size_t n = inputs[0].size();
  std::vector<std::vector<double>> wide;
  for (const auto& input : inputs) wide.emplace_back(input.begin(), input.end());
  std::vector<const void*> in, wide_in;
  for (size_t k = 0; k < inputs.size(); ++k) {
    in.push_back(inputs[k].data());
    wide_in.push_back(wide[k].data());
  }
  std::vector<double> expected(n);
  reference(&params, wide_in.data(), expected.data(), static_cast<int64_t>(n));
  for (size_t size : {size_t{1}, size_t{5}, size_t{16}, size_t{37}, n}) {
    std::vector<float> got(n + 1, 123.0f);
    fast(&params, in.data(), got.data(), static_cast<int64_t>(size));
    for (size_t i = 0; i < size; ++i) {
      const bool close =
          error_in_ulps(got[i], expected[i]) <= ulps || std::abs(got[i] - expected[i]) <= absolute;
      ASSERT_TRUE(close) << what << " " << op << " of " << inputs.back()[i] << ": " << got[i]
                         << ", expected " << expected[i];
    }
    ASSERT_EQ(got[size], 123.0f) << what << " " << op << " wrote past its end";
  }
}

TEST(UnaryKernel, VectorMatchesPlain) {
  for (int op = 0; op < static_cast<int>(UnaryOp::IsNan); ++op) {
    const auto kind = static_cast<UnaryOp>(op);
    const kernel::BlockFunction fast = kernel::unary_vector_function(kind);
    if (fast == nullptr) continue;
    compare("unary", op, fast, kernel::unary_plain_function<double>(kind), {}, {samples()}, 2.0);
  }
}

TEST(UnaryKernel, PlainFloatMatchesDouble) {
  for (int op = 0; op < static_cast<int>(UnaryOp::IsNan); ++op) {
    const auto kind = static_cast<UnaryOp>(op);
    if (kernel::unary_plain_function<double>(kind) == nullptr) continue;
    const kernel::Params params{{1, 7, -7}};
    compare("unary", op, kernel::unary_plain_function<float>(kind),
            kernel::unary_plain_function<double>(kind), params, {samples()}, 2.0);
  }
}

TEST(UnaryKernel, Predicates) {
  const std::vector<float> x = samples();
  const void* in[] = {x.data()};
  for (UnaryOp op : {UnaryOp::IsNan, UnaryOp::IsInf, UnaryOp::IsFinite, UnaryOp::LogicalNot}) {
    std::vector<uint8_t> got(x.size()), expected(x.size());
    const auto n = static_cast<int64_t>(x.size());
    kernel::unary_vector_function(op)(nullptr, in, got.data(), n);
    kernel::unary_plain_function<float>(op)(nullptr, in, expected.data(), n);
    EXPECT_EQ(got, expected) << static_cast<int>(op);
  }
}

TEST(UnaryKernel, LayoutsDoNotChangeResults) {
  for (const auto& shape : shapes()) {
    for (ScalarType dtype : {kFloat, kDouble, kBFloat16}) {
      Tensor x = empty(shape, kFloat);
      for (int64_t i = 0; i < x.numel(); ++i) {
        x.data_ptr<float>()[i] = 4 * std::sin(static_cast<float>(i));
      }
      x = to(x, dtype);
      for (UnaryOp op : {UnaryOp::Exp, UnaryOp::Neg, UnaryOp::IsNan}) {
        const Tensor expected = kernel::unary("test", op, x);
        for (const auto& layout : layouts()) {
          ASSERT_TRUE(same_bits(kernel::unary("test", op, layout.apply(x)), expected))
              << layout.name << " " << to_string(IntArrayRef(shape));
          const Tensor out = layout.apply(empty(shape, expected.dtype()));
          kernel::unary("test", op, x, &out);
          ASSERT_TRUE(same_bits(out, expected)) << "out " << layout.name;
        }
      }
    }
  }
}

TEST(UnaryKernel, Threads) {
  const int before = get_num_threads();
  Tensor x = empty({100000}, kFloat);
  for (int64_t i = 0; i < x.numel(); ++i) x.data_ptr<float>()[i] = std::sin(static_cast<float>(i));
  Tensor expected;
  for (int threads : {1, 2, 3, 8}) {
    set_num_threads(threads);
    const Tensor y = kernel::unary("test", UnaryOp::Tanh, x);
    if (!expected.defined()) expected = y;
    EXPECT_TRUE(same_bits(y, expected)) << threads << " threads";
  }
  set_num_threads(before);
}

TEST(UnaryKernel, IntegersAndBools) {
  const Tensor x = tensor({-128, -3, 0, 5}, kChar);
  const Tensor y = kernel::unary("abs", UnaryOp::Abs, x);
  EXPECT_EQ(y.dtype(), kChar);
  EXPECT_EQ(y.data_ptr<int8_t>()[0], -128);  // |-128| does not fit
  EXPECT_EQ(y.data_ptr<int8_t>()[1], 3);
  EXPECT_EQ(kernel::unary("exp", UnaryOp::Exp, x).dtype(), kFloat);
  EXPECT_EQ(kernel::unary("floor", UnaryOp::Floor, x).dtype(), kChar);
  EXPECT_EQ(kernel::unary("isnan", UnaryOp::IsNan, x).dtype(), kBool);
  EXPECT_THROW(kernel::unary("frac", UnaryOp::Frac, x), TypeError);
  EXPECT_THROW(kernel::unary("bitwise_not", UnaryOp::BitwiseNot, x.to(kFloat)), TypeError);
  const Tensor flags = tensor({true, false});
  EXPECT_THROW(kernel::unary("neg", UnaryOp::Neg, flags), TypeError);
  EXPECT_FALSE(kernel::unary("bitwise_not", UnaryOp::BitwiseNot, flags).data_ptr<bool>()[0]);
}

TEST(UnaryKernel, RoundsHalfToEven) {
  for (ScalarType dtype : {kFloat, kDouble}) {
    const Tensor y =
        kernel::unary("round", UnaryOp::Round, tensor({0.5, 1.5, 2.5, -0.5, -1.5}, dtype));
    const Tensor expected = tensor({0.0, 2.0, 2.0, -0.0, -2.0}, dtype);
    EXPECT_TRUE(same_bits(y, expected));
  }
}

// --- activations

TEST(ActivationKernel, VectorMatchesPlain) {
  const kernel::Params params{{0.3, 1.5, 0.7}};
  for (int op = 0; op <= static_cast<int>(ActivationOp::ClampMax); ++op) {
    const auto kind = static_cast<ActivationOp>(op);
    // The argument of e^(0.7 x) and such is rounded before the function sees it.
    const bool scaled = kind == ActivationOp::Elu || kind == ActivationOp::Softplus;
    compare("activation", op, kernel::activation_vector_function(kind),
            kernel::activation_plain_function<double>(kind), params, {samples()},
            scaled                       ? 20.0
            : kind == ActivationOp::Mish ? 3.0
                                         : 2.0,
            1e-7);
  }
}

TEST(ActivationKernel, BackwardVectorMatchesPlain) {
  const kernel::Params params{{0.3, 1.5, 0.7}};
  const std::vector<float> x = samples();
  std::vector<float> dy;
  for (size_t i = 0; i < x.size(); ++i) dy.push_back(std::sin(static_cast<float>(i)));
  for (int op = 0; op <= static_cast<int>(ActivationBackwardOp::Sigmoid); ++op) {
    const auto kind = static_cast<ActivationBackwardOp>(op);
    std::vector<float> input = x;
    if (kind == ActivationBackwardOp::Tanh || kind == ActivationBackwardOp::Sigmoid) {
      for (float& v : input) v = std::isnan(v) ? v : std::tanh(v);
    }
    compare("backward", op, kernel::activation_backward_vector_function(kind),
            kernel::activation_backward_plain_function<double>(kind), params, {dy, input}, 20.0,
            1e-6);
  }
}

TEST(ActivationKernel, IntegerClamp) {
  const Tensor x = tensor({0, 100, 255}, kByte);
  const kernel::Params params{{-5, 300}};  // bounds that bytes do not have
  const Tensor y = kernel::activation("clamp", ActivationOp::Clamp, x, &params);
  EXPECT_TRUE(same_bits(y, x));
  const kernel::Params narrow{{10, 20}};
  EXPECT_EQ(kernel::activation("clamp", ActivationOp::Clamp, x, &narrow).data_ptr<uint8_t>()[2],
            20);
  EXPECT_THROW(kernel::activation("gelu", ActivationOp::Gelu, x), TypeError);
}

// --- special functions, against known values

TEST(SpecialFunctions, Digamma) {
  EXPECT_NEAR(kernel::digamma(1), -0.57721566490153286, 1e-14);  // minus Euler's constant
  EXPECT_NEAR(kernel::digamma(0.5), -1.96351002602142348, 1e-14);
  EXPECT_NEAR(kernel::digamma(10), 2.25175258906672111, 1e-14);
  EXPECT_NEAR(kernel::digamma(100.25), std::log(100.25) - 1 / 200.5 - 1 / (12 * 100.25 * 100.25),
              1e-9);
  EXPECT_NEAR(kernel::digamma(-0.5), 0.03648997397857652, 1e-13);
  EXPECT_TRUE(std::isnan(kernel::digamma(-3)));
  EXPECT_EQ(kernel::digamma(0.0), -kInf);
  EXPECT_EQ(kernel::digamma(-0.0), kInf);
}

TEST(SpecialFunctions, Polygamma) {
  const double pi = 3.14159265358979323846;
  EXPECT_NEAR(kernel::polygamma(1, 1), pi * pi / 6, 1e-13);
  EXPECT_NEAR(kernel::polygamma(1, 0.5), pi * pi / 2, 1e-12);
  EXPECT_NEAR(kernel::polygamma(2, 1), -2.4041138063191886, 1e-12);  // -2 zeta(3)
  EXPECT_NEAR(kernel::polygamma(3, 1), pi * pi * pi * pi / 15, 1e-11);
  EXPECT_EQ(kernel::polygamma(1, 0), kInf);
}

TEST(SpecialFunctions, ErfInv) {
  for (double x : {-0.999999999, -0.9, -0.3, 1e-10, 0.1, 0.5, 0.99, 0.9999999}) {
    EXPECT_NEAR(std::erf(kernel::erfinv(x)) / x, 1, 1e-14) << x;
  }
  EXPECT_EQ(kernel::erfinv(1), kInf);
  EXPECT_EQ(kernel::erfinv(-1), -kInf);
  EXPECT_TRUE(std::isnan(kernel::erfinv(1.5)));
  EXPECT_EQ(kernel::erfinv(0.0), 0.0);
}

}  // namespace
}  // namespace gradus
