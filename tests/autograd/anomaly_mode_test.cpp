#include <cmath>
#include <string>

#include <gradus/gradus.h>
#include <gtest/gtest.h>

namespace gradus {
namespace {

using autograd::AnomalyMode;
using autograd::DetectAnomalyGuard;

// Not static, never inlined: its name is to be seen in the call stack.
[[gnu::noinline]] Tensor root_of_a_negative_number(const Tensor& x) {
  Tensor y = sqrt(x);
  return y + 0;
}

std::string error_of(const Tensor& y) {
  try {
    y.backward({}, /*retain_graph=*/true);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(AnomalyMode, IsOffUnlessAskedFor) {
  EXPECT_FALSE(AnomalyMode::is_enabled());
  {
    DetectAnomalyGuard guard(/*check_nan=*/false);
    EXPECT_TRUE(AnomalyMode::is_enabled());
    EXPECT_FALSE(AnomalyMode::should_check_nan());
    {
      DetectAnomalyGuard inner;
      EXPECT_TRUE(AnomalyMode::should_check_nan());
    }
    EXPECT_FALSE(AnomalyMode::should_check_nan());
  }
  EXPECT_FALSE(AnomalyMode::is_enabled());
  AnomalyMode::set_enabled(false, true);
}

TEST(AnomalyMode, NanIsAnErrorThatTellsTheForwardCall) {
  const Tensor x = full({2}, -1.0).requires_grad_();
  DetectAnomalyGuard guard;
  const std::string what = error_of(root_of_a_negative_number(x).sum());
  EXPECT_NE(what.find("Function 'SqrtBackward0' returned nan values in its 0th output"),
            std::string::npos)
      << what;
  EXPECT_NE(what.find("Forward call of sqrt"), std::string::npos) << what;
  EXPECT_NE(what.find("gradus::sqrt(gradus::Tensor const&)"), std::string::npos) << what;
  EXPECT_NE(what.find("root_of_a_negative_number"), std::string::npos) << what;
  EXPECT_NE(what.find("AnomalyMode_NanIsAnError"), std::string::npos) << what;
  EXPECT_NE(what.find(" main "), std::string::npos) << what;
  // What records is left out.
  EXPECT_EQ(what.find("Recorder"), std::string::npos) << what;
}

TEST(AnomalyMode, WithoutItNanPasses) {
  const Tensor x = full({2}, -1.0).requires_grad_();
  EXPECT_EQ(error_of(root_of_a_negative_number(x).sum()), "");
  EXPECT_TRUE(std::isnan(x.grad()[0].item<float>()));
  DetectAnomalyGuard guard(/*check_nan=*/false);
  EXPECT_EQ(error_of(root_of_a_negative_number(x).sum()), "");
}

TEST(AnomalyMode, ForwardOutsideOfItIsNotKnown) {
  const Tensor x = full({2}, -1.0).requires_grad_();
  const Tensor y = sqrt(x).sum();
  DetectAnomalyGuard guard;
  const std::string what = error_of(y);
  EXPECT_NE(what.find("SqrtBackward0"), std::string::npos) << what;
  EXPECT_NE(what.find("during forward"), std::string::npos) << what;
}

TEST(AnomalyMode, ErrorsOfBackwardKeepTheirKind) {
  struct Bad : autograd::Function<Bad> {
    static Tensor forward(autograd::AutogradContext*, const Tensor& x) { return x * 2; }
    static autograd::tensor_list backward(autograd::AutogradContext*, autograd::tensor_list) {
      throw ValueError("backward of Bad");
    }
  };
  const Tensor x = ones({2}).requires_grad_();
  DetectAnomalyGuard guard;
  const Tensor y = Bad::apply(x).sum();
  EXPECT_THROW(y.backward({}, true), ValueError);
  const std::string what = error_of(y);
  EXPECT_EQ(what.find("backward of Bad"), 0u) << what;
  EXPECT_NE(what.find("Forward call of Bad"), std::string::npos) << what;
}

TEST(AnomalyMode, DoubleBackwardTellsWhatLedToIt) {
  // d/dx sqrt(x) = 0.5 / sqrt(x) is inf at 0; its own gradient is NaN or inf.
  const Tensor x = zeros({1}).requires_grad_();
  DetectAnomalyGuard guard;
  const Tensor y = (sqrt(x) * x).sum();
  Tensor dx;
  try {
    dx = autograd::grad(y, x, {}, std::nullopt, /*create_graph=*/true)[0];
    dx.sum().backward();
    FAIL() << "expected an error";
  } catch (const Error& error) {
    const std::string what = error.what();
    EXPECT_NE(what.find("nan values"), std::string::npos) << what;
  }
}

TEST(AnomalyMode, FiniteGradientsPass) {
  const Tensor x = ones({2}).requires_grad_();
  DetectAnomalyGuard guard;
  const Tensor dx =
      autograd::grad((x * x * x).sum(), x, {}, std::nullopt, /*create_graph=*/true)[0];
  dx.sum().backward();
  EXPECT_EQ(x.grad()[0].item<float>(), 6);
}

}  // namespace
}  // namespace gradus
