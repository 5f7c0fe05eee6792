// Training in lower precision: autocast, scaled losses, accumulation; and the gradient factor that
// optimizers take in their pass.

#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include <gradus/gradus.h>
#include <gtest/gtest.h>

#include "tests/optim/cases.h"

namespace gradus::optim_test {
namespace {

// --- the factor in the pass

// A transform that does nothing, after which clip_by_norm() is not the last.
optim::TransformPtr nothing() {
  return optim::mask([](const std::string&) { return true; });
}

TEST(GradientFactor, InThePassEqualsAPassBefore) {
  int folded = 0;
  for (const OptimizerCase& make : optimizer_cases()) {
    for (const ScalarType dtype : {kFloat, kDouble}) {
      SCOPED_TRACE(make.name);
      const std::vector<Tensor> a = make_parameters(dtype), b = make_parameters(dtype);
      const auto in_pass = make(a), before = make(b);
      if (!in_pass->takes_gradient_factor()) continue;
      ++folded;
      in_pass->add_transform(optim::clip_by_norm(0.5));
      before->add_transform(optim::clip_by_norm(0.5));
      before->add_transform(nothing());
      for (int64_t step = 1; step <= 4; ++step) {
        set_gradients(a, step);
        set_gradients(b, step);
        const Tensor gradient = a[0].grad().clone();
        in_pass->step();
        before->step();
        EXPECT_TRUE(same_bits(a[0].grad(), gradient));
      }
      EXPECT_TRUE(same_bits(a, b));
      EXPECT_TRUE(same_bits(in_pass->state_dict(), before->state_dict()));
    }
  }
  EXPECT_GE(folded, 24);  // 12 optimizers or more
}

TEST(GradientFactor, NeedsAnOptimizerThatTakesIt) {
  const Tensor p = ones({2}).requires_grad_();
  p.mutable_grad() = ones({2});
  optim::SGD sgd({p}, 1.0);
  sgd.step_with_gradient_factor(0.25);
  EXPECT_EQ(values(p), (std::vector<double>{0.75, 0.75}));
  sgd.step();
  EXPECT_EQ(values(p), (std::vector<double>{-0.25, -0.25}));
  sgd.add_transform(nothing());
  EXPECT_THROW(sgd.step_with_gradient_factor(0.25), Error);
  optim::Muon muon({ones({2, 2}).requires_grad_()});
  EXPECT_THROW(muon.step_with_gradient_factor(0.25), Error);
}

TEST(GradientFactor, BitsDoNotDependOnThreads) {
  const auto run = [](int threads) {
    const int before = get_num_threads();
    set_num_threads(threads);
    const std::vector<Tensor> params = make_parameters(kFloat);
    optim::AdamW adamw(params, optim::AdamWOptions(0.1));
    for (int64_t step = 1; step <= 3; ++step) {
      set_gradients(params, step);
      adamw.step_with_gradient_factor(1.0 / 3);
    }
    set_num_threads(before);
    return params;
  };
  EXPECT_TRUE(same_bits(run(1), run(3)));
}

// --- scaled losses

TEST(GradScaler, UnscalesInThePassToTheBit) {
  const std::vector<Tensor> a = make_parameters(kFloat), b = make_parameters(kFloat);
  optim::AdamW in_pass(a, optim::AdamWOptions(0.1)), before(b, optim::AdamWOptions(0.1));
  optim::GradScaler scaler(1000.0), other(1000.0);
  for (int64_t step = 1; step <= 3; ++step) {
    set_gradients(a, step);
    set_gradients(b, step);
    scaler.step(in_pass);
    other.unscale_(before);
    other.step(before);
    scaler.update();
    other.update();
  }
  EXPECT_TRUE(same_bits(a, b));
  EXPECT_TRUE(same_bits(in_pass.state_dict(), before.state_dict()));
}

TEST(GradScaler, SkipsWhatIsNotFinite) {
  for (const double bad : {double(INFINITY), -double(INFINITY), double(NAN)}) {
    for (const ScalarType dtype : {kFloat, kDouble, kHalf}) {
      const Tensor p = ones({40}, dtype).requires_grad_();
      optim::Adam adam({p});
      optim::GradScaler scaler(8.0);
      const auto step = [&](double g) {
        p.mutable_grad() = ones({40}, dtype);
        p.mutable_grad()[39].fill_(g);
        scaler.step(adam);
        scaler.update();
      };
      step(bad);
      EXPECT_EQ(values(p)[0], 1) << bad;
      EXPECT_EQ(scaler.get_scale(), 4);
      step(1);
      EXPECT_LT(values(p)[0], 1);
      EXPECT_EQ(scaler.get_scale(), 4);
    }
  }
  // The sum of squares overflows, no gradient does.
  const Tensor p = ones({2}, kDouble).requires_grad_();
  optim::SGD sgd({p}, 1e-200);
  optim::GradScaler scaler(8.0);
  p.mutable_grad() = full({2}, 8e200, kDouble);
  scaler.step(sgd);
  EXPECT_NEAR(values(p)[0], 0, 1e-12);
}

TEST(GradScaler, Float16GradientsDoNotUnderflow) {
  // 2^-20 is below float16's normal numbers; scaled by 2^16 it is 1/16.
  const Tensor p = zeros({1}, kHalf).requires_grad_();
  optim::SGD sgd({p}, 0x1p20);
  optim::GradScaler scaler(0x1p16);
  p.mutable_grad() = full({1}, 0x1.8p-4, kHalf);
  scaler.step(sgd);
  EXPECT_EQ(values(p)[0], -1.5);
}

TEST(GradScaler, Setters) {
  optim::GradScaler scaler;
  scaler.set_growth_factor(3);
  scaler.set_backoff_factor(0.25);
  scaler.set_growth_interval(7);
  EXPECT_EQ(scaler.get_growth_factor(), 3);
  EXPECT_EQ(scaler.get_backoff_factor(), 0.25);
  EXPECT_EQ(scaler.get_growth_interval(), 7);
  EXPECT_THROW(scaler.set_growth_factor(1), ValueError);
  EXPECT_THROW(scaler.set_backoff_factor(1), ValueError);
  EXPECT_THROW(scaler.set_growth_interval(0), ValueError);
}

// --- training

// Two classes of noisy pictures of a vertical or a horizontal bar.
struct Bars {
  Tensor x = randn({96, 1, 8, 8}) * 0.5, y = randint(2, {96}, kLong);

  Bars() {
    for (int64_t i = 0; i < x.size(0); ++i) {
      const bool vertical = y[i].item<int64_t>() == 1;
      x[i][0].select(vertical ? 1 : 0, i % 8).add_(1.0);
    }
  }
};

nn::Sequential make_net() {
  return nn::Sequential(nn::Conv2d(nn::Conv2dOptions(1, 16, 3).padding(1)), nn::BatchNorm2d(16),
                        nn::ReLU(), nn::MaxPool2d(2), nn::Flatten(), nn::Linear(16 * 16, 32),
                        nn::LayerNorm(nn::LayerNormOptions({32})), nn::GELU(), nn::Linear(32, 2));
}

// The last loss of 40 steps.
template <class Step>
double train(Step step) {
  manual_seed(4);
  const Bars bars;
  nn::Sequential net = make_net();
  optim::AdamW optimizer(net->parameters(), optim::AdamWOptions(3e-3));
  double loss = 0;
  for (int i = 0; i < 40; ++i) {
    optimizer.zero_grad();
    loss = step(net, optimizer, bars.x, bars.y);
    for (const Tensor& p : net->parameters()) {
      EXPECT_EQ(p.dtype(), kFloat);
      EXPECT_EQ(p.grad().dtype(), kFloat);
    }
  }
  return loss;
}

TEST(MixedPrecision, TrainsAsFloat32Does) {
  const auto plain = [](nn::Sequential& net, optim::Optimizer& optimizer, const Tensor& x,
                        const Tensor& y) {
    const Tensor loss = cross_entropy(net->forward(x), y);
    loss.backward();
    optimizer.step();
    return loss.item<double>();
  };
  const auto autocast = [](nn::Sequential& net, optim::Optimizer& optimizer, const Tensor& x,
                           const Tensor& y) {
    Tensor loss;
    {
      AutocastGuard guard(kBFloat16);
      const Tensor logits = net->forward(x);
      EXPECT_EQ(logits.dtype(), kBFloat16);
      loss = cross_entropy(logits, y);
      EXPECT_EQ(loss.dtype(), kFloat);
    }
    loss.backward();
    optimizer.step();
    return loss.item<double>();
  };
  optim::GradScaler scaler(1024.0);
  const auto half = [&](nn::Sequential& net, optim::Optimizer& optimizer, const Tensor& x,
                        const Tensor& y) {
    Tensor loss;
    {
      AutocastGuard guard(kHalf);
      loss = cross_entropy(net->forward(x), y);
    }
    scaler.scale(loss).backward();
    scaler.step(optimizer);
    scaler.update();
    return loss.item<double>();
  };
  const double exact = train(plain);
  EXPECT_LT(exact, 0.15);
  EXPECT_NEAR(train(autocast), exact, 0.03);
  EXPECT_NEAR(train(half), exact, 0.03);
}

// Batches of 5, 5 and 2 against 12 at once, in a net under autocast: the gradients differ by the
// roundings of bfloat16 alone.
TEST(MixedPrecision, AccumulationEqualsTheLargeBatch) {
  using Accumulation = optim::GradientAccumulation;
  for (const auto reduction : {Accumulation::mean, Accumulation::sum}) {
    for (const bool lower : {false, true}) {
      manual_seed(6);
      const Tensor x = randn({12, 6}), y = randint(3, {12}, kLong);
      nn::Sequential large(nn::Linear(6, 16), nn::Tanh(), nn::Linear(16, 3));
      nn::Sequential small(nn::Linear(6, 16), nn::Tanh(), nn::Linear(16, 3));
      {
        NoGradGuard no_grad;
        for (size_t i = 0; i < 4; ++i) small->parameters()[i].copy_(large->parameters()[i]);
      }
      optim::SGD step_large(large->parameters(), 0.1), step_small(small->parameters(), 0.1);
      const auto loss_of = [&](nn::Sequential& net, int64_t begin, int64_t end) {
        AutocastGuard guard(kBFloat16, lower);
        return cross_entropy(net->forward(x.slice(0, begin, end)), y.slice(0, begin, end), {},
                             reduction == Accumulation::mean ? Reduction::Mean : Reduction::Sum);
      };
      loss_of(large, 0, 12).backward();
      step_large.step();
      Accumulation accumulation(step_small, 4, reduction);
      for (int64_t begin = 0; begin < 12; begin += 5) {
        const int64_t end = std::min<int64_t>(begin + 5, 12);
        accumulation.scale(loss_of(small, begin, end), end - begin).backward();
        EXPECT_FALSE(accumulation.step());
      }
      EXPECT_TRUE(accumulation.flush());
      for (size_t i = 0; i < 4; ++i) {
        const Tensor difference = large->parameters()[i] - small->parameters()[i];
        EXPECT_LT(difference.abs().max().item<double>(), lower ? 2e-2 : 1e-6);
      }
    }
  }
}

}  // namespace
}  // namespace gradus::optim_test
