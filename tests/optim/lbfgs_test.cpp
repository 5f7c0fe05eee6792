#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gradus/autograd/grad_mode.h>
#include <gradus/optim/optim.h>
#include <gtest/gtest.h>

#include "tests/optim/cases.h"

namespace gradus::optim_test {
namespace {

using optim::LBFGS;
using optim::LBFGSOptions;
using testing::HasSubstr;

// Rosenbrock's valley: (1 - x)^2 + 100 (y - x^2)^2, least at (1, 1).
Tensor valley(const Tensor& p) {
  const Tensor x = p[0], y = p[1];
  return (1 - x) * (1 - x) + 100 * (y - x * x) * (y - x * x);
}

Tensor start() {
  return tensor({-1.2, 1.0}, kDouble).requires_grad_();
}

Tensor step(LBFGS& optimizer, const Tensor& p, double sign = 1) {
  return optimizer.step([&] {
    optimizer.zero_grad();
    Tensor loss = sign * valley(p);
    loss.backward();
    return loss;
  });
}

TEST(LBFGS, FindsTheEndOfTheValley) {
  Tensor p = start();
  LBFGS optimizer({p}, LBFGSOptions().max_iter(100).line_search_fn("strong_wolfe"));
  const Tensor loss = step(optimizer, p);
  EXPECT_NEAR(loss.item<double>(), 24.2, 1e-12);  // 2.2^2 + 100 * 0.44^2
  EXPECT_NEAR(values(p)[0], 1, 1e-4);
  EXPECT_NEAR(values(p)[1], 1, 1e-4);
}

TEST(LBFGS, MaximizingIsMinimizingTheNegative) {
  Tensor p = start(), q = start();
  const LBFGSOptions options = LBFGSOptions().max_iter(7).line_search_fn("strong_wolfe");
  LBFGSOptions up = options;
  LBFGS descender({p}, options), climber({q}, up.maximize(true));
  for (int i = 0; i < 3; ++i) {
    step(descender, p);
    step(climber, q, -1);
    EXPECT_TRUE(same_bits(p, q));
  }
}

TEST(LBFGS, ResumesBitwiseFromEveryStep) {
  for (bool line_search : {false, true}) {
    LBFGSOptions options = LBFGSOptions(line_search ? 1 : 0.05).max_iter(4).history_size(3);
    if (line_search) options.line_search_fn("strong_wolfe");
    Tensor p = start();
    LBFGS optimizer({p}, options);
    std::vector<Tensor> weights = {p.detach().clone()};
    std::vector<StateDict> states = {snapshot(optimizer.state_dict())};
    for (int i = 0; i < 5; ++i) {
      step(optimizer, p);
      weights.push_back(p.detach().clone());
      states.push_back(snapshot(optimizer.state_dict()));
    }
    for (int stop = 0; stop <= 5; ++stop) {
      Tensor q = weights[stop].clone().requires_grad_();
      LBFGS resumed({q}, LBFGSOptions());
      resumed.load_state_dict(states[stop]);
      EXPECT_TRUE(same_bits(resumed.state_dict(), states[stop])) << stop;
      for (int i = stop; i < 5; ++i) step(resumed, q);
      EXPECT_TRUE(same_bits(q, weights[5])) << stop;
      EXPECT_TRUE(same_bits(resumed.state_dict(), states[5])) << stop;
    }
  }
}

TEST(LBFGS, AtTheMinimumNothingHappens) {
  Tensor p = ones({2}, kDouble).requires_grad_();
  LBFGS optimizer({p});
  step(optimizer, p);
  EXPECT_EQ(values(p), (std::vector<double>{1, 1}));
}

TEST(LBFGS, ParametersOfManyShapes) {
  std::vector<Tensor> params = make_parameters(kFloat);
  LBFGS optimizer(params, LBFGSOptions().line_search_fn("strong_wolfe"));
  // sum (p - 1)^2; the first has no gradient.
  optimizer.step([&] {
    Tensor loss = zeros({});
    for (size_t i = 1; i < params.size(); ++i) {
      loss = loss + ((params[i] - 1) * (params[i] - 1)).sum();
    }
    optimizer.zero_grad();
    loss.backward();
    return loss;
  });
  for (size_t i = 1; i < params.size(); ++i) {
    for (double x : values(params[i])) EXPECT_NEAR(x, 1, 1e-4);
  }
  EXPECT_TRUE(same_bits(params[0], make_parameters(kFloat)[0]));
}

// Neither max_eval nor tolerance_change cuts a line search short: the numbers are PyTorch 2.6's.
TEST(LBFGS, ALineSearchIsFinished) {
  for (const LBFGSOptions& options : {LBFGSOptions(0.01).max_iter(1),              //
                                      LBFGSOptions(0.01).max_iter(3).max_eval(2),  //
                                      LBFGSOptions(0.01).max_iter(2).tolerance_change(0.2)}) {
    Tensor p = tensor({1.0, -2.0}, kDouble).requires_grad_();
    LBFGS optimizer({p}, LBFGSOptions(options).line_search_fn("strong_wolfe"));
    int calls = 0;
    optimizer.step([&] {
      ++calls;
      optimizer.zero_grad();
      Tensor loss = (p[0] - 3).square() + 2 * (p[1] + 1).pow(4) + (p[0] * p[1]).sin();
      loss.backward();
      return loss;
    });
    EXPECT_EQ(calls, 4);
    EXPECT_NEAR(values(p)[0], 1.0828580780018207, 1e-12);
    EXPECT_NEAR(values(p)[1], -1.7798578280018207, 1e-12);
  }
}

TEST(LBFGS, MaxEvalIsFilledIn) {
  Tensor p = start();
  LBFGS optimizer({p}, LBFGSOptions().max_iter(7));
  const auto& options = static_cast<const LBFGSOptions&>(optimizer.param_groups()[0].options());
  EXPECT_EQ(options.max_eval(), 8);  // 7 * 5 / 4
  LBFGS endless({p}, LBFGSOptions().max_iter(INT64_MAX));
  EXPECT_GT(*static_cast<LBFGSOptions&>(endless.defaults()).max_eval(), INT64_MAX / 2);
}

TEST(LBFGS, AStateThatDoesNotFitChangesNothing) {
  Tensor p = start(), q = start();
  LBFGS from({p}), to({q});
  for (int i = 0; i < 2; ++i) step(from, p);
  step(to, q);
  const StateDict good = snapshot(from.state_dict()), before = snapshot(to.state_dict());
  for (const std::string field : {"d", "prev_flat_grad", "old_dirs", "old_stps", "ro"}) {
    const std::string key = "state.0." + field;
    for (const Tensor& bad :
         {ones({}, kDouble), ones({1}, kDouble), ones({0}, kDouble), ones({3}, kDouble),
          ones({1, 2}, kDouble), ones({9, 3}, kDouble), ones({2, 2, 2}, kDouble)}) {
      StateDict state = snapshot(good);
      state[key] = bad;
      EXPECT_THROW(to.load_state_dict(state), ValueError) << key;
      EXPECT_TRUE(same_bits(to.state_dict(), before)) << key;
    }
    StateDict state;
    for (const auto& item : good) {
      if (item.key() != key) state.insert(item.key(), item.value());
    }
    EXPECT_THROW(to.load_state_dict(state), ValueError) << key;
  }
  to.load_state_dict(good);
  EXPECT_TRUE(same_bits(to.state_dict(), good));
}

TEST(LBFGS, AClosureThatThrowsInTheLineSearchLeavesTheLastPoint) {
  Tensor p = start();
  LBFGS optimizer({p}, LBFGSOptions().line_search_fn("strong_wolfe"));
  const Tensor before = p.detach().clone();
  int calls = 0;
  EXPECT_THROW(optimizer.step([&]() -> Tensor {
    if (++calls == 2) throw std::runtime_error("no");
    optimizer.zero_grad();
    Tensor loss = valley(p);
    loss.backward();
    return loss;
  }),
               std::runtime_error);
  EXPECT_TRUE(same_bits(p, before));
}

TEST(LBFGS, Errors) {
  Tensor p = start(), q = start();
  const auto message = [](auto&& f) -> std::string {
    try {
      f();
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  };
  LBFGS optimizer({p});
  EXPECT_THAT(message([&] { optimizer.step(nullptr); }),
              HasSubstr("LBFGS: step() needs a closure"));
  EXPECT_THAT(message([&] { static_cast<optim::Optimizer&>(optimizer).step(); }),
              HasSubstr("closure"));
  EXPECT_THAT(message([&] { optimizer.step([] { return Tensor(); }); }), HasSubstr("loss"));
  const auto with = [&](const LBFGSOptions& options) {
    return message([&] { LBFGS bad({p}, options); });
  };
  EXPECT_THAT(with(LBFGSOptions(-1)), HasSubstr("lr"));
  EXPECT_THAT(with(LBFGSOptions().max_iter(-1)), HasSubstr("max_iter"));
  EXPECT_THAT(with(LBFGSOptions().max_eval(-1)), HasSubstr("max_eval"));
  EXPECT_THAT(with(LBFGSOptions().history_size(-1)), HasSubstr("history_size"));
  EXPECT_THAT(with(LBFGSOptions().tolerance_grad(NAN)), HasSubstr("tolerance_grad"));
  EXPECT_THAT(with(LBFGSOptions().line_search_fn("weak")), HasSubstr("\"weak\""));
  EXPECT_THAT(message([&] {
                std::vector<optim::OptimizerParamGroup> groups;
                groups.emplace_back(std::vector<Tensor>{p});
                groups.emplace_back(std::vector<Tensor>{q});
                LBFGS bad(groups);
              }),
              HasSubstr("one parameter group"));
}

}  // namespace
}  // namespace gradus::optim_test
