// Construction, groups, closures, hooks and errors of optimizers; those of one optimizer alone
// stand in its own file.

#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gradus/autograd/grad_mode.h>
#include <gradus/optim/optim.h>
#include <gtest/gtest.h>

#include "tests/optim/cases.h"

namespace gradus::optim_test {
namespace {

using optim::Adam;
using optim::AdamOptions;
using optim::AdamW;
using optim::AdamWOptions;
using optim::OptimizerParamGroup;
using optim::SGD;
using optim::SGDOptions;
using testing::AllOf;
using testing::HasSubstr;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

Tensor leaf(IntArrayRef sizes = {2}) {
  return ones(sizes).requires_grad_();
}

// Expects that f throws an E whose text contains all of the words.
template <class E, class F>
void expect_error(F&& f, const std::vector<std::string>& words) {
  try {
    f();
    FAIL() << "no error";
  } catch (const E& error) {
    for (const std::string& word : words) EXPECT_THAT(error.what(), HasSubstr(word));
  }
}

TEST(Optimizer, ConstructsAsInLibtorch) {
  Tensor a = leaf(), b = leaf();
  std::vector<Tensor> params = {a, b};
  SGD plain(params);
  SGD by_rate(params, 0.1);
  SGD by_options(params, SGDOptions(0.1).momentum(0.9).nesterov(true));
  Adam adam({a, b});
  AdamW adamw({a}, AdamWOptions(1e-3).betas({0.5, 0.6}));
  EXPECT_EQ(by_rate.defaults().get_lr(), 0.1);
  EXPECT_EQ(plain.size(), 2u);
  EXPECT_EQ(plain.parameters().size(), 2u);
  EXPECT_TRUE(plain.parameters()[1].is_same(b));
  EXPECT_EQ(static_cast<AdamWOptions&>(adamw.defaults()).betas(), std::make_tuple(0.5, 0.6));
  EXPECT_EQ(static_cast<AdamOptions&>(adam.param_groups()[0].options()).eps(), 1e-8);
  EXPECT_TRUE(AdamOptions(1e-3) == AdamOptions());
  EXPECT_FALSE(AdamOptions(1e-3) == AdamOptions(2e-3));
  SGD moved(std::move(by_options));
  EXPECT_EQ(moved.size(), 2u);
}

TEST(Optimizer, GroupsHaveTheirOwnOptionsOrTheDefaults) {
  Tensor a = leaf(), b = leaf(), c = leaf();
  std::vector<OptimizerParamGroup> groups;
  groups.emplace_back(std::vector<Tensor>{a});
  groups.emplace_back(std::vector<Tensor>{b}, std::make_unique<SGDOptions>(0.5));
  SGD optimizer(groups, SGDOptions(0.25));
  OptimizerParamGroup later(std::vector<Tensor>{c});
  EXPECT_FALSE(later.has_options());
  later.set_options(std::make_unique<SGDOptions>(0.125));
  optimizer.add_param_group(later);
  for (Tensor p : {a, b, c}) p.mutable_grad() = ones({2});
  optimizer.step();
  EXPECT_EQ(values(a), (std::vector<double>{0.75, 0.75}));    // 1 - 0.25
  EXPECT_EQ(values(b), (std::vector<double>{0.5, 0.5}));      // 1 - 0.5
  EXPECT_EQ(values(c), (std::vector<double>{0.875, 0.875}));  // 1 - 0.125
  optimizer.param_groups()[0].options().set_lr(0);
  optimizer.step();
  EXPECT_EQ(values(a), (std::vector<double>{0.75, 0.75}));
  EXPECT_EQ(optimizer.size(), 3u);
}

TEST(Optimizer, AddParametersExtendsTheFirstGroup) {
  Tensor a = leaf(), b = leaf();
  SGD optimizer({a}, SGDOptions(0.5).momentum(0.5));
  a.mutable_grad() = ones({2});
  optimizer.step();
  optimizer.add_parameters({b});
  b.mutable_grad() = ones({2});
  optimizer.step();
  EXPECT_EQ(values(a), (std::vector<double>{-0.25, -0.25}));  // 1 - 0.5 - 0.5 * 1.5
  EXPECT_EQ(values(b), (std::vector<double>{0.5, 0.5}));
  expect_error<ValueError>([&] { optimizer.add_parameters({b}); }, {"SGD", "duplicate"});
}

// As libtorch allows: the lists are not const.
TEST(Optimizer, FollowsAParameterListThatWasChangedByHand) {
  Tensor a = leaf(), b = leaf(), c = leaf();
  SGD optimizer({a, b}, SGDOptions(0.5).momentum(0.5));
  for (Tensor p : {a, b, c}) p.mutable_grad() = ones({2});
  optimizer.step();
  optimizer.param_groups()[0].params() = {c, a};
  optimizer.step();
  EXPECT_EQ(values(a), (std::vector<double>{-0.25, -0.25}));  // kept its momentum
  EXPECT_EQ(values(b), (std::vector<double>{0.5, 0.5}));
  EXPECT_EQ(values(c), (std::vector<double>{0.5, 0.5}));
  EXPECT_FALSE(optimizer.state().contains(b.unsafeGetTensorImpl()));
}

TEST(Optimizer, StateIsFoundByParameter) {
  Tensor a = leaf(), b = leaf();
  Adam optimizer({a, b});
  a.mutable_grad() = ones({2});
  EXPECT_TRUE(optimizer.state().empty());
  optimizer.step();
  optimizer.step();
  ASSERT_EQ(optimizer.state().size(), 1u);
  EXPECT_EQ(optimizer.state().begin()->first, a.unsafeGetTensorImpl());
  auto& state = static_cast<optim::AdamParamState&>(*optimizer.state().at(a.unsafeGetTensorImpl()));
  EXPECT_EQ(state.step(), 2);
  EXPECT_EQ(state.exp_avg().sizes(), a.sizes());
  EXPECT_FALSE(state.max_exp_avg_sq().defined());
  EXPECT_EQ(optimizer.state().find(b.unsafeGetTensorImpl()), optimizer.state().end());
  EXPECT_THROW(optimizer.state().at(b.unsafeGetTensorImpl()), IndexError);
  EXPECT_EQ(optimizer.state()[b.unsafeGetTensorImpl()], nullptr);
  EXPECT_EQ(optimizer.state().erase(a.unsafeGetTensorImpl()), 1u);
  optimizer.step();
  EXPECT_EQ(optimizer.state().size(), 1u);
  optimizer.state().clear();
  EXPECT_TRUE(optimizer.state().empty());
}

TEST(Optimizer, ClosureRunsWithGradientsAndItsLossComesBack) {
  Tensor p = leaf();
  SGD optimizer({p}, SGDOptions(0.25));
  const NoGradGuard no_grad;
  const Tensor loss = optimizer.step([&] {
    EXPECT_TRUE(GradMode::is_enabled());
    optimizer.zero_grad();
    Tensor loss = (p * p).sum();
    loss.backward();
    return loss;
  });
  EXPECT_FALSE(GradMode::is_enabled());
  EXPECT_EQ(loss.item<float>(), 2);
  EXPECT_EQ(values(p), (std::vector<double>{0.5, 0.5}));  // 1 - 0.25 * 2
}

TEST(Optimizer, AClosureThatThrowsChangesNothing) {
  Tensor p = leaf();
  SGD optimizer({p}, SGDOptions(0.25));
  p.mutable_grad() = ones({2});
  EXPECT_THROW(optimizer.step([]() -> Tensor { throw std::runtime_error("no"); }),
               std::runtime_error);
  EXPECT_EQ(values(p), (std::vector<double>{1, 1}));
  EXPECT_EQ(optimizer.steps_taken(), 0);
  EXPECT_TRUE(GradMode::is_enabled());
}

TEST(Optimizer, ZeroGradForgetsOrFills) {
  Tensor p = leaf(), q = leaf();
  SGD optimizer({p, q});
  p.mutable_grad() = ones({2});
  const Tensor grad = p.grad();
  optimizer.zero_grad(/*set_to_none=*/false);
  EXPECT_TRUE(p.grad().is_same(grad));
  EXPECT_EQ(values(grad), (std::vector<double>{0, 0}));
  EXPECT_FALSE(q.grad().defined());
  optimizer.zero_grad();
  EXPECT_FALSE(p.grad().defined());
}

TEST(Optimizer, HooksRunAroundTheStep) {
  Tensor p = leaf();
  SGD optimizer({p}, SGDOptions(0.5));
  p.mutable_grad() = ones({2});
  std::string log;
  const unsigned pre = optimizer.register_step_pre_hook([&](optim::Optimizer& o) {
    EXPECT_EQ(&o, &optimizer);
    log += "pre" + std::to_string(values(p)[0]).substr(0, 3) + " ";
  });
  const unsigned post = optimizer.register_step_post_hook(
      [&](optim::Optimizer&) { log += "post" + std::to_string(values(p)[0]).substr(0, 3) + " "; });
  optimizer.step([&] {
    log += "closure ";
    return Tensor();
  });
  EXPECT_EQ(log, "pre1.0 closure post0.5 ");
  optimizer.remove_step_hook(pre);
  log.clear();
  optimizer.step();
  EXPECT_EQ(log, "post0.0 ");
  optimizer.remove_step_hook(post);
  EXPECT_THROW(optimizer.remove_step_hook(post), IndexError);
}

TEST(Optimizer, AHookMayRemoveItself) {
  Tensor p = leaf();
  SGD optimizer({p});
  int calls = 0;
  unsigned handle = 0;
  handle = optimizer.register_step_pre_hook([&](optim::Optimizer& o) {
    ++calls;
    o.remove_step_hook(handle);
  });
  optimizer.step();
  optimizer.step();
  EXPECT_EQ(calls, 1);
}

// A program's own optimizer, written as for libtorch.
class Halver : public optim::Optimizer {
 public:
  explicit Halver(std::vector<Tensor> params)
      : Optimizer(std::move(params), std::make_unique<SGDOptions>(0.1)) {}
  Tensor step(LossClosure closure = nullptr) override {
    const NoGradGuard no_grad;
    Tensor loss;
    if (closure) loss = closure();
    for (auto& group : param_groups_) {
      for (Tensor& p : group.params()) p.mul_(0.5);
    }
    return loss;
  }
};

TEST(Optimizer, AProgramsOwnOverridesStep) {
  Tensor p = leaf();
  Halver optimizer({p});
  EXPECT_EQ(optimizer.name(), "Optimizer");
  optimizer.step();
  EXPECT_EQ(values(p), (std::vector<double>{0.5, 0.5}));
  optimizer.load_state_dict(optimizer.state_dict());
}

TEST(Optimizer, UpdateThatIsNotWrittenIsAnError) {
  Tensor p = leaf();
  optim::Optimizer optimizer(std::vector<Tensor>{p}, std::make_unique<SGDOptions>(0.1), "Mine");
  expect_error<NotImplementedError>([&] { optimizer.step(); }, {"Mine", "update"});
}

// --- errors --------------------------------------------------------------------------------------

TEST(OptimizerErrors, SettingsThatCannotBeUsed) {
  const std::vector<Tensor> p = {leaf()};
  const auto sgd = [&](SGDOptions options) { return [=] { SGD optimizer(p, options); }; };
  expect_error<ValueError>(sgd(SGDOptions(-0.1)), {"SGD", "lr", "-0.1"});
  expect_error<ValueError>(sgd(SGDOptions(kNan)), {"SGD", "lr", "nan"});
  expect_error<ValueError>(sgd(SGDOptions(0.1).momentum(-1)), {"SGD", "momentum"});
  expect_error<ValueError>(sgd(SGDOptions(0.1).weight_decay(-1)), {"SGD", "weight_decay"});
  expect_error<ValueError>(sgd(SGDOptions(0.1).dampening(kNan)), {"SGD", "dampening"});
  expect_error<ValueError>(sgd(SGDOptions(0.1).nesterov(true)), {"SGD", "nesterov"});
  expect_error<ValueError>(sgd(SGDOptions(0.1).momentum(0.9).dampening(0.1).nesterov(true)),
                           {"SGD", "nesterov", "dampening"});
  const auto adam = [&](AdamOptions options) { return [=] { Adam optimizer(p, options); }; };
  expect_error<ValueError>(adam(AdamOptions(-1)), {"Adam", "lr"});
  expect_error<ValueError>(adam(AdamOptions(kNan)), {"Adam", "lr", "nan"});
  expect_error<ValueError>(adam(AdamOptions().betas({1.0, 0.9})), {"Adam", "beta1", "1"});
  expect_error<ValueError>(adam(AdamOptions().betas({-0.1, 0.9})), {"Adam", "beta1"});
  expect_error<ValueError>(adam(AdamOptions().betas({0.9, 1.0})), {"Adam", "beta2"});
  expect_error<ValueError>(adam(AdamOptions().betas({0.9, kNan})), {"Adam", "beta2", "nan"});
  expect_error<ValueError>(adam(AdamOptions().eps(-1e-8)), {"Adam", "eps"});
  expect_error<ValueError>(adam(AdamOptions().weight_decay(-1)), {"Adam", "weight_decay"});
  const auto adamw = [&](AdamWOptions options) { return [=] { AdamW optimizer(p, options); }; };
  expect_error<ValueError>(adamw(AdamWOptions(-1)), {"AdamW", "lr"});
  expect_error<ValueError>(adamw(AdamWOptions().betas({0.9, 2})), {"AdamW", "beta2"});
  expect_error<ValueError>(adamw(AdamWOptions().eps(kNan)), {"AdamW", "eps"});
  expect_error<ValueError>(adamw(AdamWOptions().weight_decay(-1)), {"AdamW", "weight_decay"});
}

TEST(OptimizerErrors, SettingsOfAGroup) {
  std::vector<OptimizerParamGroup> groups;
  groups.emplace_back(std::vector<Tensor>{leaf()});
  groups.emplace_back(std::vector<Tensor>{leaf()}, std::make_unique<SGDOptions>(-1));
  expect_error<ValueError>([&] { SGD optimizer(groups); }, {"SGD", "lr", "-1"});
  groups[1].set_options(std::make_unique<AdamOptions>());
  expect_error<TypeError>([&] { SGD optimizer(groups); }, {"SGD", "options", "group 1"});
}

TEST(OptimizerErrors, SettingsThatAreChangedLater) {
  Tensor p = leaf();
  SGD optimizer({p}, 0.1);
  p.mutable_grad() = ones({2});
  optimizer.param_groups()[0].options().set_lr(kNan);
  expect_error<ValueError>([&] { optimizer.step(); }, {"SGD", "lr", "nan"});
  EXPECT_EQ(values(p), (std::vector<double>{1, 1}));
  optimizer.param_groups()[0].set_options(std::make_unique<AdamOptions>());
  expect_error<TypeError>([&] { optimizer.step(); }, {"SGD", "options"});
}

TEST(OptimizerErrors, Parameters) {
  Tensor p = leaf();
  expect_error<ValueError>([] { SGD optimizer(std::vector<Tensor>{}); }, {"SGD", "empty"});
  expect_error<ValueError>([] { Adam optimizer(std::vector<OptimizerParamGroup>{}); },
                           {"Adam", "empty"});
  expect_error<ValueError>([&] { SGD optimizer({p, p}); }, {"SGD", "duplicate"});
  expect_error<ValueError>(
      [&] {
        std::vector<OptimizerParamGroup> groups;
        groups.emplace_back(std::vector<Tensor>{p});
        groups.emplace_back(std::vector<Tensor>{leaf(), p});
        AdamW optimizer(groups);
      },
      {"AdamW", "duplicate", "parameter 1 of group 1"});
  expect_error<ValueError>([&] { SGD optimizer({p * 2}); }, {"SGD", "leaf"});
  expect_error<ValueError>([&] { SGD optimizer({p, Tensor()}); }, {"SGD", "undefined"});
  expect_error<TypeError>([&] { SGD optimizer({ones({2}, kLong)}); }, {"SGD", "Long"});
}

TEST(OptimizerErrors, Names) {
  Tensor p = leaf(), q = leaf();
  OrderedDict<std::string, Tensor> named;
  named.insert("p", p);
  SGD optimizer(named);
  expect_error<ValueError>([&] { optimizer.add_param_group(std::vector<Tensor>{q}); },
                           {"SGD", "names"});
  expect_error<ValueError>([&] { optimizer.add_parameters({q}); }, {"SGD", "names"});
  OrderedDict<std::string, Tensor> same_name;
  same_name.insert("p", q);
  expect_error<ValueError>([&] { optimizer.add_param_group(same_name); }, {"SGD", "'p'"});
}

TEST(OptimizerErrors, Gradients) {
  Tensor p = leaf({2, 3});
  Adam optimizer({p});
  p.mutable_grad() = ones({3, 2});
  expect_error<ValueError>([&] { optimizer.step(); }, {"Adam", "gradient", "[3, 2]", "[2, 3]"});
  p.mutable_grad() = ones({2, 3}, kDouble);
  expect_error<TypeError>([&] { optimizer.step(); }, {"Adam", "gradient", "Double", "Float"});
  EXPECT_TRUE(optimizer.state().empty());
  EXPECT_EQ(values(p), std::vector<double>(6, 1));
}

TEST(OptimizerErrors, AnExpandedParameterIsNotWritten) {
  Tensor p = ones({1, 3}).expand({2, 3}).detach().requires_grad_();
  SGD optimizer({p}, 0.1);
  p.mutable_grad() = ones({2, 3});
  expect_error<Error>([&] { optimizer.step(); }, {"SGD", "expanded"});
}

// An expanded gradient is only read.
TEST(Optimizer, AnExpandedGradientIsTaken) {
  Tensor p = leaf({2, 3});
  SGD optimizer({p}, 0.5);
  p.mutable_grad() = ones({1, 1}).expand({2, 3});
  optimizer.step();
  EXPECT_EQ(values(p), std::vector<double>(6, 0.5));
}

TEST(OptimizerErrors, AStateOfAnotherSizeSetByHand) {
  Tensor p = leaf();
  Adam optimizer({p});
  p.mutable_grad() = ones({2});
  optimizer.step();
  auto& state = static_cast<optim::AdamParamState&>(*optimizer.state().at(p.unsafeGetTensorImpl()));
  state.exp_avg_sq(ones({3}));
  const std::vector<double> before = values(p);
  expect_error<ValueError>([&] { optimizer.step(); }, {"Adam", "exp_avg_sq", "[3]", "[2]"});
  EXPECT_EQ(values(p), before);
  EXPECT_EQ(state.step(), 1);
}

}  // namespace
}  // namespace gradus::optim_test
