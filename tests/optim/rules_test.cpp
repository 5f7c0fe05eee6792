// SGD, Adam and AdamW beside naive loops over doubles, written from the papers' formulas, and
// beside closed forms.

#include <cmath>
#include <cstdint>
#include <vector>

#include <gradus/optim/optim.h>
#include <gtest/gtest.h>

#include "tests/optim/cases.h"

namespace gradus::optim_test {
namespace {

using optim::Adam;
using optim::AdamOptions;
using optim::AdamW;
using optim::AdamWOptions;
using optim::SGD;
using optim::SGDOptions;

constexpr int64_t kSize = 203;
constexpr int64_t kSteps = 50;

double start(int64_t i) {
  return noise(1, i);
}

double gradient(double p, int64_t i, int64_t t) {
  return 0.3 * p + noise(2, i + 1000 * t);
}

// Runs the optimizer for kSteps and expects naive(i) to be what becomes of element i.
template <class Optimizer, class Options, class Naive>
void expect_rule(const Options& options, Naive naive) {
  for (ScalarType dtype : {kDouble, kFloat}) {
    Tensor p = noise_tensor({kSize}, dtype, 1).requires_grad_();
    Optimizer optimizer({p}, options);
    for (int64_t t = 1; t <= kSteps; ++t) {
      std::vector<double> g = values(p);
      for (int64_t i = 0; i < kSize; ++i) g[i] = gradient(g[i], i, t);
      p.mutable_grad() = from_values({kSize}, dtype, g);
      optimizer.step();
    }
    const std::vector<double> got = values(p);
    for (int64_t i = 0; i < kSize; ++i) {
      EXPECT_NEAR(got[i], naive(i), dtype == kDouble ? 1e-13 : 1e-5)
          << toString(dtype) << ", element " << i;
    }
  }
}

double naive_sgd(const SGDOptions& o, int64_t i) {
  double p = start(i), b = 0;
  for (int64_t t = 1; t <= kSteps; ++t) {
    double g = gradient(p, i, t);
    if (o.maximize()) g = -g;
    g += o.weight_decay() * p;
    if (o.momentum() != 0) {
      b = t == 1 ? g : o.momentum() * b + (1 - o.dampening()) * g;
      g = o.nesterov() ? g + o.momentum() * b : b;
    }
    p -= o.lr() * g;
  }
  return p;
}

TEST(SGD, EqualsTheNaiveLoop) {
  for (double weight_decay : {0.0, 0.1}) {
    for (bool maximize : {false, true}) {
      const SGDOptions base = SGDOptions(0.02).weight_decay(weight_decay).maximize(maximize);
      SGDOptions momentum = base, dampening = base, nesterov = base;
      momentum.momentum(0.9);
      dampening.momentum(0.9).dampening(0.3);
      nesterov.momentum(0.9).nesterov(true);
      for (const SGDOptions& options : {base, momentum, dampening, nesterov}) {
        expect_rule<SGD>(options, [&](int64_t i) { return naive_sgd(options, i); });
      }
    }
  }
}

template <class Options>
double naive_adam(const Options& o, bool decoupled, int64_t i) {
  const auto [beta1, beta2] = o.betas();
  double p = start(i), m = 0, v = 0, v_max = 0;
  for (int64_t t = 1; t <= kSteps; ++t) {
    double g = gradient(p, i, t);
    if (o.maximize()) g = -g;
    if (decoupled) {
      p -= o.lr() * o.weight_decay() * p;
    } else {
      g += o.weight_decay() * p;
    }
    m = beta1 * m + (1 - beta1) * g;
    v = beta2 * v + (1 - beta2) * g * g;
    v_max = std::max(v_max, v);
    const double m_hat = m / (1 - std::pow(beta1, t));
    const double v_hat = (o.amsgrad() ? v_max : v) / (1 - std::pow(beta2, t));
    p -= o.lr() * m_hat / (std::sqrt(v_hat) + o.eps());
  }
  return p;
}

template <class Optimizer, class Options>
void expect_adam(bool decoupled) {
  for (double weight_decay : {0.0, 0.1}) {
    for (bool maximize : {false, true}) {
      for (bool amsgrad : {false, true}) {
        const Options options = Options(0.02)
                                    .betas({0.8, 0.95})
                                    .eps(1e-6)
                                    .weight_decay(weight_decay)
                                    .maximize(maximize)
                                    .amsgrad(amsgrad);
        expect_rule<Optimizer>(options,
                               [&](int64_t i) { return naive_adam(options, decoupled, i); });
      }
    }
  }
}

TEST(Adam, EqualsTheNaiveLoop) {
  expect_adam<Adam, AdamOptions>(/*decoupled=*/false);
}

TEST(AdamW, EqualsTheNaiveLoop) {
  expect_adam<AdamW, AdamWOptions>(/*decoupled=*/true);
}

// With gradients of zero only the decay is left: p (1 - lr * weight_decay)^t.
TEST(SGD, WeightDecayAlone) {
  Tensor p = noise_tensor({kSize}, kDouble, 1).requires_grad_();
  SGD optimizer({p}, SGDOptions(0.1).weight_decay(0.5));
  p.mutable_grad() = zeros_like(p);
  for (int64_t t = 1; t <= 20; ++t) optimizer.step();
  const std::vector<double> got = values(p);
  for (int64_t i = 0; i < kSize; ++i) EXPECT_NEAR(got[i], start(i) * std::pow(0.95, 20), 1e-14);
}

TEST(AdamW, WeightDecayAlone) {
  Tensor p = noise_tensor({kSize}, kDouble, 1).requires_grad_();
  AdamW optimizer({p}, AdamWOptions(0.1).weight_decay(0.5));
  p.mutable_grad() = zeros_like(p);
  for (int64_t t = 1; t <= 20; ++t) optimizer.step();
  const std::vector<double> got = values(p);
  for (int64_t i = 0; i < kSize; ++i) EXPECT_NEAR(got[i], start(i) * std::pow(0.95, 20), 1e-14);
}

TEST(Adam, GradientsOfZeroLeaveParametersAlone) {
  Tensor p = noise_tensor({kSize}, kFloat, 1).requires_grad_();
  const Tensor before = p.detach().clone();
  Adam optimizer({p});
  p.mutable_grad() = zeros_like(p);
  for (int64_t t = 1; t <= 3; ++t) optimizer.step();
  EXPECT_TRUE(same_bits(p, before));
}

// The first step of Adam goes lr far, whatever the gradient: m / (1 - beta1) = g, sqrt(v / (1 -
// beta2)) = |g|.
TEST(Adam, FirstStepHasTheLengthOfLr) {
  Tensor p = zeros({3}, kDouble).requires_grad_();
  Adam optimizer({p}, AdamOptions(0.5).eps(0));
  p.mutable_grad() = tensor({1e-3, -2.0, 1e5}, kDouble);
  optimizer.step();
  const std::vector<double> got = values(p);
  EXPECT_NEAR(got[0], -0.5, 1e-14);
  EXPECT_NEAR(got[1], 0.5, 1e-14);
  EXPECT_NEAR(got[2], -0.5, 1e-14);
}

// The first buffer is the gradient itself, not dampened: as in PyTorch.
TEST(SGD, FirstMomentumIsNotDampened) {
  Tensor p = zeros({1}, kDouble).requires_grad_();
  SGD optimizer({p}, SGDOptions(1).momentum(0.5).dampening(0.75));
  p.mutable_grad() = ones({1}, kDouble);
  optimizer.step();
  EXPECT_EQ(values(p)[0], -1);
  optimizer.step();
  EXPECT_EQ(values(p)[0], -1.75);  // -1 - (0.5 * 1 + 0.25 * 1)
  auto& state = static_cast<optim::SGDParamState&>(*optimizer.state().at(p.unsafeGetTensorImpl()));
  EXPECT_EQ(values(state.momentum_buffer())[0], 0.75);
}

TEST(SGD, WithoutMomentumThereIsNoState) {
  Tensor p = zeros({1}).requires_grad_();
  SGD optimizer({p}, 1);
  p.mutable_grad() = ones({1});
  optimizer.step();
  EXPECT_TRUE(optimizer.state().empty());
}

// amsgrad switched on later starts from the averages to come.
TEST(Adam, AmsgradMayBeSwitchedOn) {
  Tensor p = zeros({2}).requires_grad_();
  Adam optimizer({p});
  p.mutable_grad() = ones({2});
  optimizer.step();
  static_cast<AdamOptions&>(optimizer.param_groups()[0].options()).amsgrad(true);
  optimizer.step();
  auto& state = static_cast<optim::AdamParamState&>(*optimizer.state().at(p.unsafeGetTensorImpl()));
  EXPECT_TRUE(same_bits(state.max_exp_avg_sq(), state.exp_avg_sq()));
}

// Each parameter counts its own steps.
TEST(Adam, BiasCorrectionFollowsEachParameter) {
  Tensor a = zeros({1}, kDouble).requires_grad_(), b = zeros({1}, kDouble).requires_grad_();
  Adam optimizer({a, b}, AdamOptions(0.5).eps(0));
  a.mutable_grad() = ones({1}, kDouble);
  for (int t = 0; t < 4; ++t) optimizer.step();
  b.mutable_grad() = ones({1}, kDouble);
  optimizer.step();
  EXPECT_NEAR(values(a)[0], -2.5, 1e-12);
  EXPECT_NEAR(values(b)[0], -0.5, 1e-12);
}

TEST(Adam, NonFiniteGradientsComeThrough) {
  Tensor p = zeros({20}).requires_grad_();
  Adam optimizer({p}, AdamOptions().amsgrad(true));
  Tensor g = ones({20});
  g.data_ptr<float>()[0] = NAN;
  g.data_ptr<float>()[19] = NAN;
  p.mutable_grad() = g;
  optimizer.step();
  EXPECT_TRUE(std::isnan(values(p)[0]));
  EXPECT_FALSE(std::isnan(values(p)[1]));
  EXPECT_TRUE(std::isnan(values(p)[19]));
}

}  // namespace
}  // namespace gradus::optim_test
