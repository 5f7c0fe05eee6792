// Wrappers of optimizers, transforms in front of them, mixed precision.

#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gradus/autograd/autograd.h>
#include <gradus/optim/optim.h>
#include <gtest/gtest.h>

#include "tests/optim/cases.h"

namespace gradus::optim_test {
namespace {

using optim::SGD;
using optim::SGDOptions;
using NamedTensors = OrderedDict<std::string, Tensor>;
using Vec = std::vector<double>;

Tensor leaf(const Vec& data, ScalarType dtype = kDouble) {
  return from_values({static_cast<int64_t>(data.size())}, dtype, data).requires_grad_();
}

NamedTensors named(const std::vector<Tensor>& params) {
  NamedTensors dict;
  for (size_t i = 0; i < params.size(); ++i) dict.insert("p" + std::to_string(i), params[i]);
  return dict;
}

// --- transforms ----------------------------------------------------------------------------------

/// What a transform makes of the gradients of a (2 x 2) and b (2): steps SGD with lr 1 from 0.
std::vector<Vec> transformed(optim::TransformPtr transform, const Vec& ga, const Vec& gb) {
  Tensor a = zeros({2, 2}, kDouble).requires_grad_(), b = zeros({2}, kDouble).requires_grad_();
  SGD optimizer(named({a, b}), 1.0);
  optimizer.add_transform(std::move(transform));
  a.mutable_grad() = from_values({2, 2}, kDouble, ga);
  b.mutable_grad() = from_values({2}, kDouble, gb);
  const Tensor grad = a.grad().clone();
  optimizer.step();
  EXPECT_TRUE(same_bits(a.grad(), grad)) << "the gradient itself was changed";
  Vec va = values(-a.detach()), vb = values(-b.detach());
  for (double& x : va) x += 0.0;  // -0 to 0
  return {va, vb};
}

TEST(Transform, ClipByValue) {
  EXPECT_EQ(transformed(optim::clip_by_value(2), {1, -3, 5, 0}, {2, -2.5}),
            (std::vector<Vec>{{1, -2, 2, 0}, {2, -2}}));
}

TEST(Transform, ClipByNorm) {
  // The norm is 10.
  const auto got = transformed(optim::clip_by_norm(5), {8, 0, 0, 0}, {0, 6});
  EXPECT_NEAR(got[0][0], 4, 1e-6);
  EXPECT_NEAR(got[1][1], 3, 1e-6);
  EXPECT_EQ(transformed(optim::clip_by_norm(11), {8, 0, 0, 0}, {0, 6}),
            (std::vector<Vec>{{8, 0, 0, 0}, {0, 6}}));
}

TEST(Transform, ClipAdaptive) {
  // Parameters are 0, so rows get at most clipping * eps.
  const auto got = transformed(optim::clip_adaptive(0.5, 0.2), {3, 4, 0.03, 0.04}, {0, 6});
  EXPECT_NEAR(got[0][0], 0.06, 1e-12);  // 0.1 * 3 / 5
  EXPECT_NEAR(got[0][3], 0.04, 1e-12);
  EXPECT_NEAR(got[1][1], 0.1, 1e-12);
}

TEST(Transform, Centralize) {
  EXPECT_EQ(transformed(optim::centralize(), {1, 3, 5, 5}, {1, 2}),
            (std::vector<Vec>{{-1, 1, 0, 0}, {1, 2}}));
}

TEST(Transform, NonFinite) {
  EXPECT_EQ(transformed(optim::skip_non_finite(), {1, NAN, 0, 0}, {1, 2}),
            (std::vector<Vec>{{0, 0, 0, 0}, {0, 0}}));
  EXPECT_EQ(transformed(optim::skip_non_finite(), {1, 0, 0, 0}, {1, 2}),
            (std::vector<Vec>{{1, 0, 0, 0}, {1, 2}}));
  EXPECT_EQ(transformed(optim::zero_non_finite(), {1, NAN, INFINITY, 0}, {1, 2}),
            (std::vector<Vec>{{1, 0, 0, 0}, {1, 2}}));
  Tensor p = leaf({0});
  SGD optimizer({p}, 1.0);
  optimizer.add_transform(optim::skip_non_finite(/*max_consecutive=*/2));
  p.mutable_grad() = full({1}, NAN, kDouble);
  optimizer.step();
  optimizer.step();
  EXPECT_THROW(optimizer.step(), Error);
}

TEST(Transform, NoiseFollowsItsGenerator) {
  Generator a(5), b(5);
  const auto one = transformed(optim::add_noise(0.5, 0.5, a), {1, 1, 1, 1}, {1, 1});
  const auto two = transformed(optim::add_noise(0.5, 0.5, b), {1, 1, 1, 1}, {1, 1});
  EXPECT_EQ(one, two);
  EXPECT_NE(one[0][0], 1);
}

TEST(Transform, ByName) {
  const auto is_p0 = [](const std::string& name) { return name == "p0"; };
  EXPECT_EQ(transformed(optim::mask(is_p0), {1, 2, 3, 4}, {1, 2}),
            (std::vector<Vec>{{1, 2, 3, 4}, {0, 0}}));
  EXPECT_EQ(transformed(optim::partition(is_p0, optim::clip_by_value(2)), {1, 2, 3, 4}, {5, 6}),
            (std::vector<Vec>{{1, 2, 2, 2}, {5, 6}}));
  EXPECT_EQ(transformed(optim::freeze({"p1"}), {1, 2, 3, 4}, {5, 6}),
            (std::vector<Vec>{{1, 2, 3, 4}, {0, 0}}));
  EXPECT_EQ(transformed(optim::freeze({"p"}, /*until=*/0), {1, 2, 3, 4}, {5, 6}),
            (std::vector<Vec>{{1, 2, 3, 4}, {5, 6}}));
}

TEST(Transform, DecoupledDecayIsAdamWs) {
  Tensor a = leaf({1, -2, 3}), b = leaf({1, -2, 3});
  optim::Adam adam({a}, optim::AdamOptions(0.1));
  adam.add_transform(optim::decoupled_decay(0.5));
  optim::AdamW adamw({b}, optim::AdamWOptions(0.1).weight_decay(0.5));
  for (int t = 1; t <= 5; ++t) {
    set_gradients({a}, t);
    set_gradients({b}, t);
    adam.step();
    adamw.step();
  }
  EXPECT_TRUE(a.detach().allclose(b.detach(), 1e-14, 0));
}

// Momentum of (1, 1, 1) against gradients of (1, -3, 1): the second stays, the others move 3/3
// times as far, n / (moving + 1).
TEST(Transform, Cautious) {
  Tensor p = leaf({0, 0, 0});
  SGD optimizer({p}, SGDOptions(1).momentum(1));
  optimizer.add_transform(optim::decoupled_decay(0.5));
  optimizer.add_transform(optim::cautious());
  p.mutable_grad() = tensor({1.0, 4.0, 1.0}, kDouble);
  optimizer.step();
  EXPECT_EQ(values(p), (Vec{-0.75, -3, -0.75}));  // 3 / (3 + 1)
  p.mutable_grad() = tensor({1.0, -1.0, 1.0}, kDouble);
  optimizer.step();
  // After the decay -0.375, -1.5, -0.375; the updates are -2, -3, -2.
  EXPECT_EQ(values(p), (Vec{-2.375, -1.5, -2.375}));
}

TEST(Transform, Errors) {
  Tensor p = leaf({0});
  SGD optimizer({p}, 1.0);
  EXPECT_THROW(optimizer.add_transform(nullptr), ValueError);
  EXPECT_THROW(optim::clip_by_value(-1), ValueError);
  EXPECT_THROW(optim::clip_by_value(NAN), ValueError);
  EXPECT_THROW(optim::clip_by_norm(-1), ValueError);
  EXPECT_THROW(optim::clip_by_norm(1, 0), ValueError);
  EXPECT_THROW(optim::clip_adaptive(-1), ValueError);
  EXPECT_THROW(optim::skip_non_finite(-1), ValueError);
  EXPECT_THROW(optim::add_noise(-1), ValueError);
  EXPECT_THROW(optim::mask(nullptr), ValueError);
  EXPECT_THROW(optim::partition(nullptr, optim::centralize()), ValueError);
  EXPECT_THROW(optim::partition([](const std::string&) { return true; }, nullptr), ValueError);
  EXPECT_THROW(optim::decoupled_decay(NAN), ValueError);
  optim::LBFGS lbfgs({p});
  EXPECT_THROW(lbfgs.add_transform(optim::centralize()), NotImplementedError);
}

// --- every optimizer x schedule x wrapper --------------------------------------------------------

// One run of all parts together, which can be saved and restored.
struct Training {
  explicit Training(const OptimizerCase& optimizer_case, int wrapper,
                    const std::vector<Tensor>& params)
      : params(params), wrapper(wrapper) {
    optimizer = optimizer_case.make({optim::OptimizerParamGroup(named(params))}, {});
    optimizer->add_transform(optim::freeze({"p1"}, 2));
    optimizer->add_transform(optim::clip_by_norm(1.0));
    optimizer->add_transform(optim::cautious());
    schedule = std::make_unique<optim::WarmupCosine>(*optimizer, 3, 9, 0.1, 0.2);
    if (wrapper == 1) lookahead = std::make_unique<optim::Lookahead>(*optimizer, 2);
    if (wrapper == 2) ema = std::make_unique<optim::EMA>(named(params), 0.9);
    if (wrapper == 3) sam = std::make_unique<optim::SAM>(*optimizer, 0.1);
    if (wrapper == 4) {
      accumulation = std::make_unique<optim::GradientAccumulation>(*optimizer, 2);
    }
  }

  void step(int64_t t) {
    if (accumulation) {
      std::vector<Tensor> before;
      for (const Tensor& param : params) before.push_back(param.grad());
      set_gradients(params, t);
      for (size_t i = 0; i < params.size(); ++i) {
        const Tensor& grad = params[i].grad();
        if (before[i].defined() && grad.defined()) params[i].mutable_grad() = grad + before[i];
        if (!grad.defined()) params[i].mutable_grad() = before[i];
      }
      accumulation->scale(ones({}), 1 + t % 3);
      accumulation->step();
    } else if (sam) {
      sam->step([&] {
        set_gradients(params, t);
        return zeros({});
      });
    } else {
      set_gradients(params, t);
      lookahead ? lookahead->step() : optimizer->step();
    }
    if (ema) ema->update();
    schedule->step();
  }

  std::vector<Stateful*> parts() const {
    std::vector<Stateful*> all = {optimizer.get(), schedule.get()};
    if (lookahead) all.push_back(lookahead.get());
    if (ema) all.push_back(ema.get());
    if (accumulation) all.push_back(accumulation.get());
    return all;
  }

  std::vector<Tensor> params;
  int wrapper;
  std::unique_ptr<optim::Optimizer> optimizer;
  std::unique_ptr<optim::LRScheduler> schedule;
  std::unique_ptr<optim::Lookahead> lookahead;
  std::unique_ptr<optim::EMA> ema;
  std::unique_ptr<optim::SAM> sam;
  std::unique_ptr<optim::GradientAccumulation> accumulation;
};

std::vector<Tensor> small_parameters() {
  std::vector<Tensor> params = {noise_tensor({3, 4}, kFloat, 1), noise_tensor({5}, kFloat, 2),
                                noise_tensor({}, kFloat, 3), noise_tensor({4, 3}, kFloat, 4).t()};
  for (Tensor& param : params) param = param.detach().requires_grad_();
  return params;
}

class Together : public testing::TestWithParam<OptimizerCase> {};

TEST_P(Together, ResumeBitwiseFromEveryStep) {
  if (GetParam().rows) return;  // transforms do not take row-sparse gradients
  constexpr int64_t kSteps = 6;
  for (int wrapper = 0; wrapper <= 4; ++wrapper) {
    SCOPED_TRACE(wrapper);
    struct Saved {
      std::vector<Tensor> params;
      std::vector<StateDict> states;
    };
    const auto save = [](const Training& run) {
      Saved saved;
      for (const Tensor& param : run.params) saved.params.push_back(param.detach().clone());
      for (Stateful* part : run.parts()) saved.states.push_back(snapshot(part->state_dict()));
      return saved;
    };
    Training unbroken(GetParam(), wrapper, small_parameters());
    std::vector<Saved> saves = {save(unbroken)};
    for (int64_t t = 1; t <= kSteps; ++t) {
      unbroken.step(t);
      saves.push_back(save(unbroken));
    }
    for (int64_t stop = 0; stop < kSteps; ++stop) {
      std::vector<Tensor> params;
      for (const Tensor& param : saves[stop].params)
        params.push_back(param.clone().requires_grad_());
      Training resumed(GetParam(), wrapper, params);
      const std::vector<Stateful*> parts = resumed.parts();
      for (size_t i = 0; i < parts.size(); ++i) parts[i]->load_state_dict(saves[stop].states[i]);
      for (int64_t t = stop + 1; t <= kSteps; ++t) resumed.step(t);
      const Saved end = save(resumed);
      EXPECT_TRUE(same_bits(end.params, saves[kSteps].params)) << "stopped after " << stop;
      for (size_t i = 0; i < end.states.size(); ++i) {
        EXPECT_TRUE(same_bits(end.states[i], saves[kSteps].states[i])) << stop << ", part " << i;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(, Together, testing::ValuesIn(optimizer_cases()),
                         [](const auto& info) { return info.param.name; });

// --- SAM, Lookahead, averages
// ----------------------------------------------------------------------

// loss = sum a p^2 / 2, g = a p.
TEST(SAM, TakesTheGradientAbove) {
  const Tensor a = tensor({1.0, 3.0}, kDouble);
  for (bool adaptive : {false, true}) {
    Tensor p = leaf({2, -1});
    SGD optimizer({p}, 0.1);
    auto sam = adaptive ? std::make_unique<optim::ASAM>(optimizer, 0.5, 0.01)
                        : std::make_unique<optim::SAM>(optimizer, 0.5);
    int calls = 0;
    const auto closure = [&] {
      ++calls;
      optimizer.zero_grad();
      const Tensor loss = (a * p * p).sum() / 2;
      loss.backward();
      return loss;
    };
    const double loss = sam->step(closure).item<double>();
    EXPECT_EQ(loss, 3.5);
    EXPECT_EQ(calls, 2);
    const Vec g = {2, -3};
    const Vec T = adaptive ? Vec{2.01, 1.01} : Vec{1, 1};
    const double norm = std::hypot(T[0] * g[0], T[1] * g[1]);
    const Vec start = {2, -1}, curvature = {1, 3};
    for (size_t i = 0; i < 2; ++i) {
      const double e = 0.5 * T[i] * T[i] * g[i] / norm;
      EXPECT_NEAR(values(p)[i], start[i] - 0.1 * curvature[i] * (start[i] + e), 1e-10);
    }
  }
}

TEST(SAM, AClosureThatThrowsLeavesTheParameters) {
  Tensor p = leaf({2, -1});
  SGD optimizer({p}, 0.1);
  optim::SAM sam(optimizer);
  int calls = 0;
  EXPECT_THROW(sam.step([&]() -> Tensor {
    if (++calls == 2) throw ValueError("no");
    p.mutable_grad() = ones({2}, kDouble);
    return zeros({});
  }),
               ValueError);
  EXPECT_EQ(values(p), (Vec{2, -1}));
  EXPECT_THROW(sam.step(nullptr), Error);
  EXPECT_THROW(optim::SAM(optimizer, -1), ValueError);
  EXPECT_THROW(optim::ASAM(optimizer, NAN), ValueError);
  EXPECT_THROW(optim::ASAM(optimizer, 0.5, -1), ValueError);
}

TEST(Lookahead, GoesBackEveryKSteps) {
  Tensor p = leaf({0});
  SGD optimizer({p}, 1.0);
  optim::Lookahead lookahead(optimizer, 3, 0.5);
  const Vec expected = {-1, -2, -1.5, -2.5, -3.5, -3};
  for (double value : expected) {
    p.mutable_grad() = ones({1}, kDouble);
    lookahead.step();
    EXPECT_EQ(values(p)[0], value);
  }
  EXPECT_THROW(optim::Lookahead(optimizer, 0), ValueError);
  EXPECT_THROW(optim::Lookahead(optimizer, 2, 1.5), ValueError);
  EXPECT_THROW(lookahead.load_state_dict(StateDict()), ValueError);
}

TEST(EMA, FollowsItsFormula) {
  Tensor p = leaf({1});
  optim::EMA plain(named({p}), 0.5, /*warmup=*/false), warm(named({p}), 0.5);
  double average = 1, warm_average = 1;
  for (int n = 0; n < 20; ++n) {
    p.data().fill_(n * n);
    plain.update();
    warm.update();
    const double d = std::min(0.5, (1.0 + n) / (10.0 + n));
    average = 0.5 * average + 0.5 * n * n;
    warm_average = d * warm_average + (1 - d) * n * n;
    EXPECT_NEAR(values(plain.averages()["p0"])[0], average, 1e-12 * average + 1e-12);
    EXPECT_NEAR(values(warm.averages()["p0"])[0], warm_average, 1e-12 * average + 1e-12);
  }
  plain.swap();
  EXPECT_NEAR(values(p)[0], average, 1e-9);
  EXPECT_THROW(plain.update(), Error);
  EXPECT_THROW(plain.copy_to_params(), Error);
  plain.swap();
  EXPECT_EQ(values(p)[0], 361);
  plain.copy_to_params();
  EXPECT_NEAR(values(p)[0], average, 1e-9);
  EXPECT_THROW(optim::EMA(named({p}), 1.5), ValueError);
  EXPECT_THROW(optim::EMA{NamedTensors()}, ValueError);
  EXPECT_THROW(optim::EMA(named({ones({1}, kLong)})), TypeError);
}

// Clipping, step and average in one pass over memory: to the bit what they give one by one.
TEST(EMA, InThePassOfAStepThatIsClippedAndUnscaled) {
  for (ScalarType dtype : {kFloat, kDouble, kBFloat16}) {
    for (double max_norm : {0.0, 0.5}) {
      std::vector<Tensor> params = make_parameters(dtype), twins = make_parameters(dtype);
      optim::AdamW optimizer(named(params), optim::AdamWOptions(0.1));
      optim::AdamW twin(named(twins), optim::AdamWOptions(0.1));
      optim::GradScaler scaler(4.0), twin_scaler(4.0);
      if (max_norm > 0) {
        optimizer.add_transform(optim::clip_by_norm(max_norm));
        twin.add_transform(optim::clip_by_norm(max_norm));
      }
      const auto ema = std::make_shared<optim::EMA>(named(params), 0.9);
      optimizer.add_average(ema);
      optim::EMA after(named(twins), 0.9);
      for (int64_t t = 1; t <= 6; ++t) {
        set_gradients(params, t);
        set_gradients(twins, t);
        scaler.step(optimizer);
        scaler.update();
        twin_scaler.step(twin);
        twin_scaler.update();
        after.update();
        ASSERT_TRUE(same_bits(params, twins)) << dtype << t;
        ASSERT_TRUE(same_bits(ema->state_dict(), after.state_dict())) << dtype << t;
      }
    }
  }
}

TEST(EMA, FollowsTheStepsThatAreTaken) {
  Tensor p = leaf({1, 2});
  SGD optimizer({p}, 0.1);
  const auto ema = std::make_shared<optim::EMA>(named({p}), 0.5, /*warmup=*/false);
  optimizer.add_average(ema);
  optimizer.add_transform(optim::skip_non_finite());
  p.mutable_grad() = ones({2}, kDouble);
  optimizer.step();
  EXPECT_EQ(ema->updates(), 1);
  p.mutable_grad() = full({2}, NAN, kDouble);
  optimizer.step();
  EXPECT_EQ(ema->updates(), 1);
  EXPECT_THROW(optimizer.add_average(nullptr), ValueError);
  EXPECT_EQ(optimizer.averages().size(), 1u);

  // LBFGS calls its closure several times, but takes one step.
  optim::LBFGS lbfgs({p}, optim::LBFGSOptions(0.1).max_iter(3));
  const auto average = std::make_shared<optim::SWA>(named({p}));
  lbfgs.add_average(average);
  const auto closure = [&] {
    lbfgs.zero_grad();
    Tensor loss = (p * p).sum();
    loss.backward();
    return loss;
  };
  lbfgs.step(closure);
  EXPECT_EQ(average->updates(), 1);
  EXPECT_TRUE(same_bits(average->averages()["p0"], p));
  average->swap();
  EXPECT_THROW(lbfgs.step(closure), Error);
}

// Two names for one tensor, as of tied weights, are two averages.
TEST(EMA, TiedWeights) {
  Tensor p = leaf({1, 2});
  SGD optimizer({p}, 1.0);
  NamedTensors tied = named({p, p});
  const auto ema = std::make_shared<optim::EMA>(tied, 0.5, /*warmup=*/false);
  optimizer.add_average(ema);
  p.mutable_grad() = ones({2}, kDouble);
  optimizer.step();
  EXPECT_EQ(values(ema->averages()["p0"]), (Vec{0.5, 1.5}));
  EXPECT_EQ(values(ema->averages()["p1"]), (Vec{0.5, 1.5}));
}

TEST(SWA, IsTheEqualAverage) {
  Tensor p = leaf({100}, kBFloat16);
  optim::SWA swa(named({p}));
  for (double value : {1.0, 2.0, 6.0}) {
    p.data().fill_(value);
    swa.update();
  }
  EXPECT_EQ(values(swa.averages()["p0"])[0], 3);
  EXPECT_EQ(swa.averages()["p0"].dtype(), kFloat);
  optim::SWA restored(named({p}));
  restored.load_state_dict(swa.state_dict());
  EXPECT_TRUE(same_bits(restored.state_dict(), swa.state_dict()));
}

// A layer that keeps running statistics with momentum 0.25, or averages by itself.
TEST(UpdateBn, AveragesTheBatches) {
  for (std::optional<double> momentum : {std::optional<double>(0.25), std::optional<double>()}) {
    NamedTensors buffers;
    buffers.insert("bn.running_mean", full({2}, 77, kDouble));
    buffers.insert("bn.num_batches_tracked", full({}, 5, kLong));
    buffers.insert("other", full({2}, 3));
    const Vec means = {1, 2, 6};
    size_t next = 0;
    const auto forward = [&] {
      if (next == means.size()) return false;
      Tensor mean = buffers["bn.running_mean"], count = buffers["bn.num_batches_tracked"];
      count.add_(1);
      const double weight = momentum ? *momentum : 1 / count.item<double>();
      mean.mul_(1 - weight).add_(weight * means[next++]);
      return true;
    };
    optim::update_bn(buffers, forward, momentum);
    EXPECT_NEAR(values(buffers["bn.running_mean"])[0], 3, 1e-14);
    EXPECT_EQ(buffers["bn.num_batches_tracked"].item<int64_t>(), 3);
    EXPECT_EQ(values(buffers["other"])[0], 3);
    EXPECT_THROW(optim::update_bn(buffers, forward, momentum), ValueError);  // no batch is left
    EXPECT_NEAR(values(buffers["bn.running_mean"])[0], 3, 1e-14);
    EXPECT_THROW(optim::update_bn(buffers, nullptr), ValueError);
    EXPECT_THROW(optim::update_bn(buffers, forward, 0.0), ValueError);
  }
}

// --- accumulation
// ----------------------------------------------------------------------------------

TEST(GradientAccumulation, EqualsTheLargeBatch) {
  const Tensor x = noise_tensor({10, 3}, kDouble, 1);
  using Accumulation = optim::GradientAccumulation;
  for (Accumulation::Reduction reduction : {Accumulation::mean, Accumulation::sum}) {
    const auto loss_of = [&](const Tensor& p, int64_t begin, int64_t end) {
      const Tensor errors = (x.slice(0, begin, end).mv(p) - 1).square();
      return reduction == Accumulation::mean ? errors.mean() : errors.sum();
    };
    Tensor a = leaf({1, 2, 3}), b = leaf({1, 2, 3});
    SGD large({a}, 0.1), small({b}, 0.1);
    // Batches of 4, 4 and an uneven rest of 2.
    loss_of(a, 0, 10).backward();
    large.step();
    Accumulation accumulation(small, 3, reduction);
    for (int64_t begin : {0, 4, 8}) {
      const int64_t end = std::min<int64_t>(begin + 4, 10);
      accumulation.scale(loss_of(b, begin, end), end - begin).backward();
      EXPECT_EQ(accumulation.step(), end == 10);
    }
    EXPECT_TRUE(a.detach().allclose(b.detach(), 1e-13, 1e-14));
    EXPECT_FALSE(accumulation.flush());
    // A rest of one batch.
    accumulation.scale(loss_of(b, 0, 4), 4).backward();
    accumulation.step();
    EXPECT_EQ(accumulation.pending(), 1);
    EXPECT_TRUE(accumulation.flush());
    EXPECT_FALSE(b.grad().defined());
  }
  Tensor p = leaf({1});
  SGD sgd({p}, 0.1);
  EXPECT_THROW(Accumulation(sgd, 0), ValueError);
  EXPECT_THROW(Accumulation(sgd, 2).scale(p, 0), ValueError);
  EXPECT_THROW(Accumulation(sgd, 2).load_state_dict(StateDict()), ValueError);
}

// --- mixed precision
// -------------------------------------------------------------------------------

// Steps of 1e-4 at 1 are below bfloat16's last bit of 2^-8.
TEST(GradientAccumulation, AFailedStepChangesNothing) {
  Tensor p = leaf({1, 2}), q = leaf({3});
  SGD optimizer({p, q}, 1.0);
  optim::GradientAccumulation accumulation(optimizer, /*every=*/2);
  for (int i = 0; i < 2; ++i) {
    accumulation.scale((p * p).mean() + q.mean(), /*examples=*/4).backward();
    if (i == 0) {
      EXPECT_FALSE(accumulation.step());
    }
  }
  const Tensor sum = p.grad().clone();
  optimizer.param_groups()[0].options().set_lr(-1);
  EXPECT_THROW(accumulation.step(), ValueError);
  EXPECT_TRUE(same_bits(p.grad(), sum));
  optimizer.param_groups()[0].options().set_lr(1);
  EXPECT_TRUE(accumulation.step());
  EXPECT_EQ(values(p), (Vec{0, 0}));  // the gradient of the mean is p
}

TEST(MasterWeights, AFailedStepKeepsTheGradients) {
  Tensor p = leaf({1, 2}, kBFloat16);
  optim::MasterWeights weights(named({p}));
  SGD optimizer(weights.named_parameters(), 1.0);
  p.mutable_grad() = ones({2}, kBFloat16);
  optimizer.param_groups()[0].options().set_lr(-1);
  EXPECT_THROW(weights.step(optimizer), ValueError);
  EXPECT_TRUE(p.grad().defined());
  optimizer.param_groups()[0].options().set_lr(1);
  weights.step(optimizer);
  EXPECT_EQ(values(p), (Vec{0, 1}));
}

TEST(MasterWeights, SmallStepsAddUp) {
  Tensor p = leaf({1, 2}, kBFloat16), q = leaf({1}, kFloat);
  optim::MasterWeights masters(named({p, q}));
  SGD optimizer(masters.named_parameters(), 1e-4);
  for (int t = 0; t < 200; ++t) {
    p.mutable_grad() = ones({2}, kBFloat16);
    q.mutable_grad() = ones({1});
    masters.step(optimizer);
    EXPECT_FALSE(p.grad().defined());
  }
  EXPECT_NEAR(values(p)[0], 0.98, 0.004);
  EXPECT_NEAR(values(masters.named_parameters()["p0"])[0], 0.98, 1e-5);
  EXPECT_NEAR(values(q)[0], 0.98, 1e-5);
  Tensor other = leaf({5, 5}, kBFloat16), other_q = leaf({1}, kFloat);
  optim::MasterWeights restored(named({other, other_q}));
  restored.load_state_dict(masters.state_dict());
  EXPECT_TRUE(same_bits(other, p));
  EXPECT_TRUE(same_bits(restored.state_dict(), masters.state_dict()));
  EXPECT_THROW(restored.load_state_dict(StateDict()), ValueError);
  EXPECT_THROW(optim::MasterWeights{NamedTensors()}, ValueError);
}

TEST(GradScaler, ScalesSkipsAndAdapts) {
  Tensor p = leaf({1, 1}, kFloat);
  SGD optimizer({p}, 1.0);
  optim::GradScaler scaler(8.0, 2.0, 0.5, /*growth_interval=*/2);
  const auto step = [&](double g) {
    optimizer.zero_grad();
    scaler.scale((p * g).sum()).backward();
    scaler.step(optimizer);
    scaler.update();
  };
  step(0.5);
  EXPECT_EQ(values(p), (Vec{0.5, 0.5}));
  EXPECT_EQ(scaler.get_scale(), 8);
  step(0.5);
  EXPECT_EQ(scaler.get_scale(), 16);
  step(1e38);  // overflows when it is scaled
  EXPECT_EQ(values(p), (Vec{0, 0}));
  EXPECT_EQ(scaler.get_scale(), 8);

  optim::GradScaler restored;
  restored.load_state_dict(scaler.state_dict());
  EXPECT_TRUE(same_bits(restored.state_dict(), scaler.state_dict()));
  EXPECT_EQ(restored.get_growth_interval(), 2);

  EXPECT_THROW(scaler.update(), Error);
  scaler.unscale_(optimizer);
  EXPECT_THROW(scaler.unscale_(optimizer), Error);
  scaler.step(optimizer);
  EXPECT_THROW(scaler.step(optimizer), Error);
  scaler.update(4.0);
  EXPECT_EQ(scaler.get_scale(), 4);
  EXPECT_THROW(scaler.load_state_dict(StateDict()), ValueError);
  EXPECT_THROW(optim::GradScaler(0), ValueError);
  EXPECT_THROW(optim::GradScaler(1, 1), ValueError);
  EXPECT_THROW(optim::GradScaler(1, 2, 1), ValueError);
  EXPECT_THROW(optim::GradScaler(1, 2, 0.5, 0), ValueError);
  EXPECT_THROW(scaler.update(-1.0), ValueError);

  optim::GradScaler off(8.0, 2.0, 0.5, 2, /*enabled=*/false);
  EXPECT_TRUE(off.scale(p).is_same(p));
  EXPECT_EQ(off.get_scale(), 1);
}

}  // namespace
}  // namespace gradus::optim_test
