// What every optimizer must do, over the table in cases.h.

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include <gradus/autograd/autograd.h>
#include <gradus/core/allocator.h>
#include <gradus/core/parallel.h>
#include <gradus/optim/optim.h>
#include <gtest/gtest.h>

#include "tests/optim/cases.h"

namespace gradus::optim_test {
namespace {

class EveryOptimizer : public testing::TestWithParam<OptimizerCase> {
 protected:
  void TearDown() override { set_num_threads(threads_); }

  std::vector<Tensor> clones(const std::vector<Tensor>& params) {
    std::vector<Tensor> copies;
    for (const Tensor& param : params) copies.push_back(param.detach().clone());
    return copies;
  }

 private:
  int threads_ = get_num_threads();
};

TEST_P(EveryOptimizer, ChangesParametersAndCountsTheWrites) {
  const std::vector<Tensor> params = make_parameters(kFloat);
  const auto optimizer = GetParam()(params);
  const std::vector<Tensor> before = clones(params);
  std::vector<uint32_t> versions;
  for (const Tensor& param : params) versions.push_back(param._version());
  set_gradients(params, 1);
  Tensor loss = optimizer->step();
  if (!GetParam().first_step_moves) loss = optimizer->step();
  EXPECT_FALSE(loss.defined());
  for (size_t i = 0; i < params.size(); ++i) {
    if (GetParam().rows && params[i].dim() == 0) continue;
    EXPECT_GT(params[i]._version(), versions[i]) << i;
    EXPECT_EQ(same_bits(params[i], before[i]), params[i].numel() == 0) << i;
  }
}

TEST_P(EveryOptimizer, LeavesParametersWithoutGradientAlone) {
  const std::vector<Tensor> params = make_parameters(kFloat);
  const auto optimizer = GetParam()(params);
  const std::vector<Tensor> before = clones(params);
  const size_t states = optimizer->state().size();  // none, but Adagrad's
  optimizer->step();
  EXPECT_TRUE(same_bits(params, before));
  EXPECT_EQ(optimizer->state().size(), states);
  params[0].mutable_grad() = ones_like(params[0]);
  optimizer->step();
  if (!GetParam().first_step_moves) optimizer->step();
  EXPECT_FALSE(same_bits(params[0], before[0]));
  for (size_t i = 1; i < params.size(); ++i) EXPECT_TRUE(same_bits(params[i], before[i])) << i;
}

TEST_P(EveryOptimizer, LrOfZeroChangesNothing) {
  if (!GetParam().has_lr) return;
  for (ScalarType dtype : {kFloat, kDouble}) {
    const std::vector<Tensor> params = make_parameters(dtype);
    Tweaks tweaks;
    tweaks.lr = 0;
    const auto optimizer = GetParam()(params, tweaks);
    const std::vector<Tensor> before = clones(params);
    for (int64_t step = 1; step <= 4; ++step) {
      set_gradients(params, step);
      optimizer->step();
    }
    EXPECT_TRUE(same_bits(params, before));
  }
}

TEST_P(EveryOptimizer, MaximizingIsMinimizingTheNegative) {
  const std::vector<Tensor> up = make_parameters(kDouble), down = make_parameters(kDouble);
  Tweaks maximize;
  maximize.maximize = true;
  const auto climber = GetParam()(up, maximize);
  const auto descender = GetParam()(down);
  for (int64_t step = 1; step <= 10; ++step) {
    set_gradients(up, step, -1);
    set_gradients(down, step, 1);
    climber->step();
    descender->step();
    ASSERT_TRUE(same_bits(up, down)) << "step " << step;
  }
}

TEST_P(EveryOptimizer, ResultsDoNotDependOnThreads) {
  std::vector<std::vector<Tensor>> results;
  std::vector<StateDict> states;
  for (int threads : {1, 2, 3, 8}) {
    set_num_threads(threads);
    const std::vector<Tensor> params = make_parameters(kFloat);
    const auto optimizer = GetParam()(params);
    for (int64_t step = 1; step <= 5; ++step) {
      set_gradients(params, step);
      optimizer->step();
    }
    results.push_back(params);
    states.push_back(optimizer->state_dict());
    EXPECT_TRUE(same_bits(results.back(), results.front())) << threads << " threads";
    EXPECT_TRUE(same_bits(states.back(), states.front())) << threads << " threads";
  }
}

// Parameters that lie otherwise in memory are updated by the same numbers.
TEST_P(EveryOptimizer, ResultsDoNotDependOnStrides) {
  const std::vector<Tensor> strided = make_parameters(kFloat);
  std::vector<Tensor> plain;
  for (const Tensor& param : strided) {
    plain.push_back(param.detach().clone(MemoryFormat::Contiguous).requires_grad_());
  }
  const auto a = GetParam()(strided), b = GetParam()(plain);
  for (int64_t step = 1; step <= 5; ++step) {
    set_gradients(strided, step);
    for (size_t i = 0; i < plain.size(); ++i) {
      const Tensor& grad = strided[i].grad();
      plain[i].mutable_grad() = grad.defined() ? grad.clone(MemoryFormat::Contiguous) : Tensor();
    }
    a->step();
    b->step();
    if (GetParam().composed) {
      for (size_t i = 0; i < plain.size(); ++i) {
        ASSERT_TRUE(strided[i].allclose(plain[i], 1e-4, 1e-5)) << i << ", step " << step;
      }
    } else {
      ASSERT_TRUE(same_bits(strided, plain)) << "step " << step;
    }
  }
}

// 16-bit parameters keep state in float, and are rounded once per step.
TEST_P(EveryOptimizer, SixteenBitParameters) {
  for (ScalarType dtype : {kBFloat16, kHalf}) {
    const std::vector<Tensor> params = make_parameters(dtype);
    const auto optimizer = GetParam()(params);
    std::vector<Tensor> wide;
    for (const Tensor& param : params) {
      wide.push_back(param.detach().to(kFloat).clone().requires_grad_());
    }
    const auto reference = GetParam()(wide);
    for (int64_t step = 1; step <= 4; ++step) {
      set_gradients(params, step);
      for (size_t i = 0; i < params.size(); ++i) {
        const Tensor& grad = params[i].grad();
        wide[i].mutable_grad() = grad.defined() ? grad.to(kFloat) : Tensor();
      }
      optimizer->step();
      reference->step();
      for (size_t i = 0; i < params.size(); ++i) {
        ASSERT_TRUE(same_bits(params[i], wide[i].detach().to(dtype))) << i << ", step " << step;
        // Go on from the rounded value.
        wide[i].data().copy_(params[i].detach().to(kFloat));
      }
    }
    for (const auto& [param, state] : optimizer->state()) {
      if (const auto* adam = dynamic_cast<const optim::AdamParamState*>(state.get())) {
        EXPECT_EQ(adam->exp_avg().dtype(), kFloat);
      }
    }
  }
}

TEST_P(EveryOptimizer, AllocatesNothingAfterTheFirstStep) {
  if (GetParam().composed) return;
  const std::vector<Tensor> params = make_parameters(kFloat);
  const auto optimizer = GetParam()(params);
  set_gradients(params, 1);
  optimizer->step();
  const int64_t before = memory_stats().num_allocations;
  for (int i = 0; i < 5; ++i) optimizer->step();
  EXPECT_EQ(memory_stats().num_allocations, before);
}

TEST_P(EveryOptimizer, StateRoundTripsAtEveryStep) {
  const std::vector<Tensor> params = make_parameters(kFloat);
  const auto optimizer = GetParam()(params);
  for (int64_t step = 0; step <= 6; ++step) {
    const StateDict state = optimizer->state_dict();
    Tweaks other;
    other.lr = 0.7;
    const auto restored = GetParam()(make_parameters(kFloat, /*seed=*/50), other);
    restored->load_state_dict(state);
    ASSERT_TRUE(same_bits(restored->state_dict(), state)) << "step " << step;
    set_gradients(params, step + 1);
    optimizer->step();
  }
}

// A run that is stopped after any step and goes on in another optimizer is bitwise the run that
// was not.
TEST_P(EveryOptimizer, ResumesBitwiseFromEveryStep) {
  constexpr int64_t kSteps = 7;
  const std::vector<Tensor> unbroken = make_parameters(kFloat);
  const auto optimizer = GetParam()(unbroken);
  std::vector<std::vector<Tensor>> weights = {clones(unbroken)};
  std::vector<StateDict> states = {snapshot(optimizer->state_dict())};
  for (int64_t step = 1; step <= kSteps; ++step) {
    set_gradients(unbroken, step);
    optimizer->step();
    weights.push_back(clones(unbroken));
    states.push_back(snapshot(optimizer->state_dict()));
  }
  for (int64_t stop = 0; stop <= kSteps; ++stop) {
    std::vector<Tensor> params;
    for (const Tensor& weight : weights[stop]) params.push_back(weight.clone().requires_grad_());
    const auto resumed = GetParam()(params);
    resumed->load_state_dict(states[stop]);
    for (int64_t step = stop + 1; step <= kSteps; ++step) {
      set_gradients(params, step);
      resumed->step();
    }
    EXPECT_TRUE(same_bits(params, weights[kSteps])) << "stopped after step " << stop;
    EXPECT_TRUE(same_bits(resumed->state_dict(), states[kSteps])) << "stopped after " << stop;
  }
}

// By name, state finds its parameter in whatever order the parameters come.
TEST_P(EveryOptimizer, StateByNameSurvivesANewOrder) {
  const std::vector<Tensor> params = make_parameters(kFloat);
  OrderedDict<std::string, Tensor> named, reversed;
  for (size_t i = 0; i < params.size(); ++i) named.insert("p." + std::to_string(i), params[i]);
  for (size_t i = params.size(); i-- > 0;) reversed.insert("p." + std::to_string(i), params[i]);
  const auto a = GetParam().make({optim::OptimizerParamGroup(named)}, {});
  const auto b = GetParam().make({optim::OptimizerParamGroup(reversed)}, {});
  for (int64_t step = 1; step <= 3; ++step) {
    set_gradients(params, step);
    a->step();
  }
  b->load_state_dict(a->state_dict());
  const StateDict state_a = a->state_dict(), state_b = b->state_dict();
  for (const auto& item : state_a) {
    if (item.key().rfind("state.", 0) == 0) {
      ASSERT_TRUE(state_b.contains(item.key())) << item.key();
      EXPECT_TRUE(same_bits(item.value(), state_b[item.key()])) << item.key();
    }
  }
}

TEST_P(EveryOptimizer, AFailedStepChangesNothing) {
  const std::vector<Tensor> params = make_parameters(kFloat);
  const auto optimizer = GetParam()(params);
  set_gradients(params, 1);
  optimizer->step();
  set_gradients(params, 2);
  params[4].mutable_grad() = ones({7});
  const std::vector<Tensor> before = clones(params);
  const StateDict state = snapshot(optimizer->state_dict());
  const uint32_t version = params[0]._version();
  EXPECT_THROW(optimizer->step(), ValueError);
  EXPECT_TRUE(same_bits(params, before));
  EXPECT_TRUE(same_bits(optimizer->state_dict(), state));
  EXPECT_EQ(params[0]._version(), version);
  // The first step of all fails: no state is left behind.
  const auto fresh = GetParam()(params);
  const size_t states = fresh->state().size();
  EXPECT_THROW(fresh->step(), ValueError);
  EXPECT_EQ(fresh->state().size(), states);
}

// A gradient of NaN, or one whose square overflows, is a result or an error that changes nothing.
TEST_P(EveryOptimizer, AStepThatIsNotFiniteStepsOrChangesNothing) {
  for (double bad : {static_cast<double>(NAN), static_cast<double>(INFINITY), 1e30}) {
    for (int64_t steps : {0, 1, 10}) {
      const std::vector<Tensor> params = make_parameters(kFloat);
      const auto optimizer = GetParam()(params);
      for (int64_t t = 1; t <= steps; ++t) {
        set_gradients(params, t);
        optimizer->step();
      }
      set_gradients(params, 11);
      Tensor last = params[6];
      last.mutable_grad() = full(last.sizes(), bad);
      const std::vector<Tensor> before = clones(params);
      const StateDict state = snapshot(optimizer->state_dict());
      try {
        optimizer->step();
      } catch (const Error&) {
        EXPECT_TRUE(same_bits(params, before)) << bad << " after " << steps;
        EXPECT_TRUE(same_bits(optimizer->state_dict(), state)) << bad << " after " << steps;
      }
    }
  }
}

TEST_P(EveryOptimizer, AveragesInTheStepToTheBit) {
  const std::vector<Tensor> params = make_parameters(kFloat), twins = make_parameters(kFloat);
  // One parameter is no concern of the optimizer's.
  const auto named = [](std::vector<Tensor> tensors) {
    OrderedDict<std::string, Tensor> dict;
    for (Tensor& x : tensors) dict.insert(std::to_string(dict.size()), x);
    dict.insert("other", ones({3}));
    return dict;
  };
  const auto optimizer = GetParam()(params), twin = GetParam()(twins);
  const auto ema = std::make_shared<optim::EMA>(named(params), 0.6);
  const auto swa = std::make_shared<optim::SWA>(named(params));
  optimizer->add_average(ema);
  optimizer->add_average(swa);
  optim::EMA ema_after(named(twins), 0.6);
  optim::SWA swa_after(named(twins));
  for (int64_t t = 1; t <= 12; ++t) {
    if (t == 5 && !GetParam().rows) {
      optimizer->add_transform(optim::clip_by_norm(0.5));
      twin->add_transform(optim::clip_by_norm(0.5));
    }
    set_gradients(params, t);
    set_gradients(twins, t);
    optimizer->step();
    twin->step();
    ema_after.update();
    swa_after.update();
    ASSERT_TRUE(same_bits(params, twins)) << t;
    ASSERT_TRUE(same_bits(ema->state_dict(), ema_after.state_dict())) << t;
    ASSERT_TRUE(same_bits(swa->state_dict(), swa_after.state_dict())) << t;
  }
  ema->swap();
  const std::vector<Tensor> before = clones(params);
  EXPECT_THROW(optimizer->step(), Error);
  EXPECT_TRUE(same_bits(params, before));
  EXPECT_EQ(ema->updates(), 12);
}

TEST_P(EveryOptimizer, StateOfAnotherSizeIsAnError) {
  const std::vector<Tensor> params = make_parameters(kFloat);
  const auto optimizer = GetParam()(params);
  set_gradients(params, 1);
  optimizer->step();
  std::vector<Tensor> others = make_parameters(kFloat);
  others[1] = ones({6}).requires_grad_();
  const auto other = GetParam()(others);
  if (optimizer->state().empty()) return;
  const StateDict before = snapshot(other->state_dict());
  EXPECT_THROW(other->load_state_dict(optimizer->state_dict()), ValueError);
  EXPECT_TRUE(same_bits(other->state_dict(), before));
}

TEST_P(EveryOptimizer, BadArgumentsAreErrors) {
  const std::vector<Tensor> params = make_parameters(kFloat);
  for (double bad : {-1.0, static_cast<double>(NAN)}) {
    Tweaks lr, weight_decay;
    lr.lr = bad;
    EXPECT_THROW(GetParam()(params, lr), ValueError);
    weight_decay.weight_decay = bad;
    if (GetParam().name != "Rprop" && GetParam().name != "SparseAdam") {
      EXPECT_THROW(GetParam()(params, weight_decay), ValueError);
    }
  }
  EXPECT_THROW(GetParam()({}), ValueError);
  EXPECT_THROW(GetParam()({params[0], params[0]}), ValueError);
  EXPECT_THROW(GetParam()({params[0] * 2}), ValueError);
  EXPECT_THROW(GetParam()({ones({2}, kLong)}), TypeError);
  EXPECT_THROW(GetParam()({Tensor()}), ValueError);
}

INSTANTIATE_TEST_SUITE_P(, EveryOptimizer, testing::ValuesIn(optimizer_cases()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace gradus::optim_test
