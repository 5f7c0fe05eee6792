// state_dict() and load_state_dict() of optimizers: keys, names, partial loads, errors.

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gradus/optim/optim.h>
#include <gtest/gtest.h>

#include "tests/optim/cases.h"

namespace gradus::optim_test {
namespace {

using optim::Adam;
using optim::AdamOptions;
using optim::OptimizerParamGroup;
using optim::SGD;
using optim::SGDOptions;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

using Named = OrderedDict<std::string, Tensor>;

Named named(const std::vector<std::string>& names, IntArrayRef sizes = {2}) {
  Named params;
  for (const std::string& name : names) {
    Tensor p = ones(sizes).requires_grad_();
    p.mutable_grad() = full(sizes, static_cast<double>(params.size() + 1));
    params.insert(name, p);
  }
  return params;
}

template <class F>
std::string error_of(F&& f) {
  try {
    f();
  } catch (const ValueError& error) {
    return error.what();
  }
  return "no error";
}

TEST(OptimizerState, KeysByName) {
  Adam optimizer(named({"conv1.weight", "conv1.bias"}), AdamOptions(0.5));
  optimizer.step();
  const StateDict state = optimizer.state_dict();
  EXPECT_THAT(state.keys(),
              ElementsAre("param_groups.0.lr", "param_groups.0.betas", "param_groups.0.eps",
                          "param_groups.0.weight_decay", "param_groups.0.amsgrad",
                          "param_groups.0.maximize", "param_groups.0.size", "param_groups.0.names",
                          "state.conv1.weight.step", "state.conv1.weight.exp_avg",
                          "state.conv1.weight.exp_avg_sq", "state.conv1.bias.step",
                          "state.conv1.bias.exp_avg", "state.conv1.bias.exp_avg_sq"));
  EXPECT_EQ(state["param_groups.0.lr"].dtype(), kDouble);
  EXPECT_EQ(state["param_groups.0.lr"].dim(), 0);
  EXPECT_EQ(state["param_groups.0.lr"].item<double>(), 0.5);
  EXPECT_EQ(state["state.conv1.bias.step"].dtype(), kLong);
  EXPECT_EQ(state["state.conv1.bias.step"].item<int64_t>(), 1);
}

TEST(OptimizerState, KeysByPosition) {
  Tensor p = ones({2}).requires_grad_(), q = ones({3}).requires_grad_();
  q.mutable_grad() = ones({3});
  SGD optimizer({p, q}, SGDOptions(0.5).momentum(0.9));
  optimizer.step();
  const StateDict state = optimizer.state_dict();
  EXPECT_THAT(state.keys(), ElementsAre("param_groups.0.lr", "param_groups.0.momentum",
                                        "param_groups.0.dampening", "param_groups.0.weight_decay",
                                        "param_groups.0.nesterov", "param_groups.0.maximize",
                                        "param_groups.0.size", "state.1.momentum_buffer"));
}

TEST(OptimizerState, TensorsAreSharedWhenSavedAndCopiedWhenLoaded) {
  Adam a(named({"w"})), b(named({"w"}));
  a.step();
  const StateDict state = a.state_dict();
  const auto exp_avg = [](Adam& optimizer) -> const Tensor& {
    return static_cast<optim::AdamParamState&>(*optimizer.state().begin()->second).exp_avg();
  };
  EXPECT_TRUE(state["state.w.exp_avg"].is_same(exp_avg(a)));
  b.load_state_dict(state);
  EXPECT_NE(exp_avg(b).data_ptr(), exp_avg(a).data_ptr());
  EXPECT_TRUE(same_bits(exp_avg(b), exp_avg(a)));
}

TEST(OptimizerState, AParameterWithoutStateLosesTheOneItHad) {
  Adam fresh(named({"w"})), used(named({"w"}));
  used.step();
  used.load_state_dict(fresh.state_dict());
  EXPECT_TRUE(used.state().empty());
}

TEST(OptimizerState, SettingsOfAllGroupsAreRestored) {
  std::vector<OptimizerParamGroup> groups;
  groups.emplace_back(named({"a"}));
  groups.emplace_back(named({"b"}), std::make_unique<SGDOptions>(0.25));
  SGD saved(groups, SGDOptions(0.5).momentum(0.9).nesterov(true));
  SGD loaded(groups, SGDOptions(0.125));
  loaded.load_state_dict(saved.state_dict());
  for (int g = 0; g < 2; ++g) {
    EXPECT_TRUE(static_cast<SGDOptions&>(loaded.param_groups()[g].options()) ==
                static_cast<SGDOptions&>(saved.param_groups()[g].options()));
  }
  EXPECT_TRUE(loaded.restored());
}

TEST(OptimizerState, PartialLoadReportsWhatIsMissingAndUnexpected) {
  Adam saved(named({"encoder.w", "encoder.b", "head.w"}));
  saved.step();
  Adam other(named({"encoder.b", "encoder.w", "new_head.w"}));
  const std::string error = error_of([&] { other.load_state_dict(saved.state_dict()); });
  EXPECT_THAT(error, HasSubstr("Adam"));
  EXPECT_THAT(error, HasSubstr("missing: new_head.w"));
  EXPECT_THAT(error, HasSubstr("head.w"));
  EXPECT_TRUE(other.state().empty());
  EXPECT_FALSE(other.restored());

  const LoadReport report = other.load_state_dict(saved.state_dict(), /*strict=*/false);
  EXPECT_THAT(report.missing_keys, ElementsAre("new_head.w"));
  EXPECT_THAT(report.unexpected_keys,
              UnorderedElementsAre("head.w", "state.head.w.step", "state.head.w.exp_avg",
                                   "state.head.w.exp_avg_sq"));
  EXPECT_EQ(other.state().size(), 2u);
  EXPECT_TRUE(same_bits(other.state_dict()["state.encoder.b.exp_avg"],
                        saved.state_dict()["state.encoder.b.exp_avg"]));
}

TEST(OptimizerState, ParametersMayBeRenamed) {
  Adam saved(named({"w", "b"}));
  saved.step();
  Adam other(named({"layer.b", "w"}));
  const LoadReport report =
      other.load_state_dict(saved.state_dict(), /*strict=*/true, {{"b", "layer.b"}});
  EXPECT_TRUE(report.missing_keys.empty());
  EXPECT_TRUE(same_bits(other.state_dict()["state.layer.b.exp_avg"],
                        saved.state_dict()["state.b.exp_avg"]));
  EXPECT_THAT(error_of([&] {
                other.load_state_dict(saved.state_dict(), true, {{"b", "w"}});
              }),
              HasSubstr("'w'"));
}

TEST(OptimizerState, PositionIsTheFallback) {
  const Named params = named({"w", "b"});
  Adam with_names(params), without(params.values());
  with_names.step();
  without.load_state_dict(with_names.state_dict());
  EXPECT_TRUE(same_bits(without.state_dict()["state.1.exp_avg"],
                        with_names.state_dict()["state.b.exp_avg"]));
  Adam named_again(params);
  named_again.load_state_dict(without.state_dict());
  EXPECT_TRUE(same_bits(named_again.state_dict(), with_names.state_dict()));
}

TEST(OptimizerState, BadStatesAreErrorsAndChangeNothing) {
  Adam optimizer(named({"w", "b"}));
  optimizer.step();
  const StateDict good = snapshot(optimizer.state_dict());
  const auto error_with = [&](const std::string& key, const Tensor& value) {
    StateDict bad = good;
    bad.insert_or_assign(key, value);
    return error_of([&] { optimizer.load_state_dict(bad); });
  };
  const auto error_without = [&](const std::string& key) {
    StateDict bad = good;
    bad.erase(key);
    return error_of([&] { optimizer.load_state_dict(bad); });
  };
  EXPECT_THAT(error_with("state.w.exp_avg", ones({3})),
              HasSubstr("state.w.exp_avg' of the state has shape [3]"));
  EXPECT_THAT(error_with("state.w.exp_avg", Tensor()),
              HasSubstr("state.w.exp_avg' of the state is undefined"));
  EXPECT_THAT(error_with("state.w.step", ones({2}, kLong)), HasSubstr("state.w.step"));
  EXPECT_THAT(error_with("state.w.step", ones({}, kFloat)), HasSubstr("state.w.step"));
  EXPECT_THAT(error_with("param_groups.0.lr", full({}, -1.0)), HasSubstr("lr must be at least 0"));
  EXPECT_THAT(error_with("param_groups.0.betas", ones({3}, kDouble)), HasSubstr("betas"));
  EXPECT_THAT(error_with("param_groups.0.size", full({}, 3)), HasSubstr("names"));
  EXPECT_THAT(error_with("param_groups.0.size", full({}, -1)), HasSubstr("size"));
  EXPECT_THAT(error_with("param_groups.0.names", ones({3})), HasSubstr("names"));
  EXPECT_THAT(error_with("state.w.more", ones({2})), HasSubstr("unexpected: state.w.more"));
  EXPECT_THAT(error_with("rubbish", ones({2})), HasSubstr("unexpected: rubbish"));
  EXPECT_THAT(error_without("state.w.exp_avg"), HasSubstr("missing: state.w.exp_avg"));
  EXPECT_THAT(error_without("state.w.step"), HasSubstr("missing: state.w.step"));
  EXPECT_THAT(error_without("param_groups.0.eps"), HasSubstr("missing: param_groups.0.eps"));
  EXPECT_THAT(error_without("param_groups.0.size"), HasSubstr("0 parameter groups"));
  EXPECT_THAT(error_of([&] { optimizer.load_state_dict(StateDict()); }),
              HasSubstr("0 parameter groups"));
  EXPECT_TRUE(same_bits(optimizer.state_dict(), good));
}

TEST(OptimizerState, AnotherNumberOfParametersIsAnErrorByPosition) {
  Adam two(named({"w", "b"}).values()), three(named({"w", "b", "c"}).values());
  EXPECT_THAT(error_of([&] { two.load_state_dict(three.state_dict()); }), HasSubstr("position"));
}

// Names that are positions are made of a number in the file: it must not decide what is allocated.
TEST(OptimizerState, AClaimedNumberOfParametersAllocatesNothing) {
  const std::vector<Tensor> params = make_parameters(kFloat);
  SGD optimizer(params, SGDOptions(0.1));
  StateDict state = snapshot(optimizer.state_dict());
  state["param_groups.0.size"] = full({}, int64_t{1} << 32, kLong);
  EXPECT_THROW(optimizer.load_state_dict(state), ValueError);
}

TEST(OptimizerState, StateOfAnotherDtypeIsConverted) {
  Adam saved(named({"w"}));
  saved.step();
  StateDict state = saved.state_dict();
  state.insert_or_assign("state.w.exp_avg", state["state.w.exp_avg"].to(kDouble));
  Adam loaded(named({"w"}));
  loaded.load_state_dict(state);
  EXPECT_TRUE(
      same_bits(loaded.state_dict()["state.w.exp_avg"], saved.state_dict()["state.w.exp_avg"]));
}

TEST(OptimizerState, OptionsAndStatesCompareByValue) {
  optim::AdamParamState a, b;
  EXPECT_TRUE(a == b);
  a.exp_avg(ones({2}));
  EXPECT_FALSE(a == b);
  b.exp_avg(ones({2}));
  EXPECT_TRUE(a == b);
  b.step(3);
  EXPECT_FALSE(a == b);
  const std::unique_ptr<optim::OptimizerParamState> clone = b.clone();
  EXPECT_TRUE(static_cast<optim::AdamParamState&>(*clone) == b);
}

}  // namespace
}  // namespace gradus::optim_test
