#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include <gradus/core/allocator.h>
#include <gradus/core/factory.h>
#include <gradus/core/parallel.h>
#include <gradus/nn/utils/clip_grad.h>
#include <gtest/gtest.h>

#include "tests/optim/cases.h"

namespace gradus::nn::utils {
namespace {

using optim_test::from_values;
using optim_test::noise;
using optim_test::same_bits;
using optim_test::set_gradients;
using optim_test::values;

constexpr double kInf = std::numeric_limits<double>::infinity();

class ClipGrad : public testing::Test {
 protected:
  void TearDown() override { set_num_threads(threads_); }

  static std::vector<Tensor> gradients(ScalarType dtype) {
    std::vector<Tensor> params = optim_test::make_parameters(dtype);
    set_gradients(params, 1);
    return params;
  }

  // The p-norm of all gradients together, by a loop.
  static double naive_norm(const std::vector<Tensor>& params, double p) {
    double sum = 0;
    for (const Tensor& param : params) {
      if (!param.grad().defined()) continue;
      for (double g : values(param.grad())) {
        sum = std::isinf(p) ? std::max(sum, std::abs(g)) : sum + std::pow(std::abs(g), p);
      }
    }
    return std::isinf(p) ? sum : std::pow(sum, 1 / p);
  }

 private:
  int threads_ = get_num_threads();
};

TEST_F(ClipGrad, NormEqualsTheNaiveLoop) {
  for (ScalarType dtype : {kFloat, kDouble, kBFloat16}) {
    for (double p : {1.0, 2.0, 3.0, 0.5, kInf}) {
      const std::vector<Tensor> params = gradients(dtype);
      const double expected = naive_norm(params, p);
      EXPECT_NEAR(clip_grad_norm_(params, kInf, p), expected, 1e-12 * expected)
          << toString(dtype) << " " << p;
    }
  }
}

TEST_F(ClipGrad, ScalesToTheLargestNormAllowed) {
  for (ScalarType dtype : {kFloat, kDouble}) {
    const std::vector<Tensor> params = gradients(dtype);
    const double norm = naive_norm(params, 2);
    std::vector<std::vector<double>> before;
    for (const Tensor& param : params) before.push_back(values(param.grad()));
    const uint32_t version = params[0].grad()._version();
    EXPECT_NEAR(clip_grad_norm_(params, 0.5 * norm), norm, 1e-12 * norm);
    EXPECT_NEAR(naive_norm(params, 2), 0.5 * norm, 1e-6 * norm);
    EXPECT_GT(params[0].grad()._version(), version);
    for (size_t k = 0; k < params.size(); ++k) {
      const std::vector<double> after = values(params[k].grad());
      for (size_t i = 0; i < after.size(); ++i) EXPECT_NEAR(after[i], 0.5 * before[k][i], 1e-6);
    }
  }
}

TEST_F(ClipGrad, LeavesSmallGradientsAlone) {
  const std::vector<Tensor> params = gradients(kFloat);
  const Tensor before = params[0].grad().clone();
  const uint32_t version = params[0].grad()._version();
  clip_grad_norm_(params, 1e9);
  EXPECT_TRUE(same_bits(params[0].grad(), before));
  EXPECT_EQ(params[0].grad()._version(), version);
}

TEST_F(ClipGrad, ResultsDoNotDependOnThreads) {
  std::vector<double> norms;
  std::vector<std::vector<Tensor>> grads;
  for (int threads : {1, 2, 3, 8}) {
    set_num_threads(threads);
    std::vector<Tensor> params = gradients(kFloat);
    norms.push_back(clip_grad_norm_(params, 1));
    for (Tensor& param : params) param = param.grad();
    grads.push_back(params);
    EXPECT_EQ(norms.back(), norms.front());
    EXPECT_TRUE(same_bits(grads.back(), grads.front()));
  }
}

TEST_F(ClipGrad, WithoutGradients) {
  const std::vector<Tensor> params = optim_test::make_parameters(kFloat);
  EXPECT_EQ(clip_grad_norm_(params, 1), 0);
  EXPECT_EQ(clip_grad_norm_(std::vector<Tensor>{}, 1), 0);
  clip_grad_value_(params, 1);
}

TEST_F(ClipGrad, NonFinite) {
  for (double bad : {kInf, static_cast<double>(NAN)}) {
    for (double p : {1.0, 2.0, kInf}) {
      Tensor param = zeros({40}).requires_grad_();
      Tensor grad = ones({40});
      grad.data_ptr<float>()[35] = static_cast<float>(bad);
      param.mutable_grad() = grad;
      EXPECT_THROW(clip_grad_norm_(param, 1, p, /*error_if_nonfinite=*/true), Error);
      EXPECT_EQ(grad.data_ptr<float>()[0], 1);
      const double norm = clip_grad_norm_(param, 1, p);
      EXPECT_TRUE(std::isnan(bad) ? std::isnan(norm) : std::isinf(norm)) << bad << " " << p;
      EXPECT_TRUE(std::isnan(grad.data_ptr<float>()[35]));
      EXPECT_TRUE(std::isnan(bad) ? std::isnan(grad.data_ptr<float>()[0])
                                  : grad.data_ptr<float>()[0] == 0);
    }
  }
}

// Squares that float could not hold.
TEST_F(ClipGrad, LargeGradientsDoNotOverflow) {
  Tensor param = zeros({3}).requires_grad_();
  param.mutable_grad() = tensor({3e30, 0.0, 4e30}, kFloat);
  EXPECT_NEAR(clip_grad_norm_(param, 1), 5e30, 1e24);
  EXPECT_NEAR(values(param.grad())[0], 0.6, 1e-6);
}

TEST_F(ClipGrad, AnExpandedGradientIsScaledOnce) {
  Tensor param = zeros({2, 3}).requires_grad_();
  param.mutable_grad() = full({1, 1}, 2.0).expand({2, 3});
  // sqrt(6 * 4) = 4.899
  EXPECT_NEAR(clip_grad_norm_(param, 1), std::sqrt(24.0), 1e-12);
  for (double g : values(param.grad())) EXPECT_NEAR(g, 2 / std::sqrt(24.0), 1e-6);
}

TEST_F(ClipGrad, Value) {
  for (ScalarType dtype : {kFloat, kDouble, kHalf}) {
    const std::vector<Tensor> params = gradients(dtype);
    std::vector<std::vector<double>> before;
    for (const Tensor& param : params) before.push_back(values(param.grad()));
    clip_grad_value_(params, 0.25);
    for (size_t k = 0; k < params.size(); ++k) {
      const std::vector<double> after = values(params[k].grad());
      for (size_t i = 0; i < after.size(); ++i) {
        EXPECT_EQ(after[i], std::min(0.25, std::max(-0.25, before[k][i])));
      }
    }
  }
  Tensor param = zeros({20}).requires_grad_();
  param.mutable_grad() = full({20}, NAN);
  clip_grad_value_(param, 1);
  for (double g : values(param.grad())) EXPECT_TRUE(std::isnan(g));
}

TEST_F(ClipGrad, Errors) {
  Tensor param = zeros({2}).requires_grad_();
  EXPECT_THROW(clip_grad_norm_(param, -1), ValueError);
  EXPECT_THROW(clip_grad_norm_(param, NAN), ValueError);
  EXPECT_THROW(clip_grad_norm_(param, 1, 0), ValueError);
  EXPECT_THROW(clip_grad_norm_(param, 1, -2), ValueError);
  EXPECT_THROW(clip_grad_value_(param, -1), ValueError);
  EXPECT_THROW(clip_grad_value_(param, NAN), ValueError);
  EXPECT_ANY_THROW(clip_grad_norm_(std::vector<Tensor>{Tensor()}, 1));
}

TEST_F(ClipGrad, AllocatesNothing) {
  const std::vector<Tensor> params = gradients(kFloat);
  clip_grad_norm_(params, 1);
  const int64_t before = memory_stats().num_allocations;
  clip_grad_norm_(params, 0.5);
  EXPECT_EQ(memory_stats().num_allocations, before);
}

}  // namespace
}  // namespace gradus::nn::utils
