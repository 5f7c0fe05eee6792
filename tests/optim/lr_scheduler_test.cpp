// Learning-rate schedules: formulas, composition, resuming, misuse. Values beside PyTorch's stand
// in golden_test.cpp.

#include <cmath>
#include <cstdint>
#include <fstream>
#include <functional>
#include <iterator>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gradus/optim/optim.h>
#include <gtest/gtest.h>

#include "tests/optim/cases.h"

namespace gradus::optim_test {
namespace {

using optim::ChainedScheduler;
using optim::ConstantLR;
using optim::CosineAnnealingLR;
using optim::ExponentialLR;
using optim::LambdaLR;
using optim::LinearLR;
using optim::LRScheduler;
using optim::MultiStepLR;
using optim::OptimizerParamGroup;
using optim::SequentialLR;
using optim::SGD;
using optim::SGDOptions;
using optim::StepLR;
using testing::HasSubstr;
using Plateau = optim::ReduceLROnPlateau;
using Parts = std::vector<std::shared_ptr<LRScheduler>>;

/// Two groups, with rates 0.1 and 0.02.
std::unique_ptr<SGD> make_optimizer() {
  std::vector<OptimizerParamGroup> groups;
  groups.emplace_back(std::vector<Tensor>{zeros({1}).requires_grad_()});
  groups.emplace_back(std::vector<Tensor>{zeros({1}).requires_grad_()},
                      std::make_unique<SGDOptions>(0.02));
  return std::make_unique<SGD>(groups, SGDOptions(0.1));
}

std::vector<double> rates(SGD& optimizer) {
  std::vector<double> lrs;
  for (const OptimizerParamGroup& group : optimizer.param_groups()) {
    lrs.push_back(group.options().get_lr());
  }
  return lrs;
}

using MakeSchedule = std::function<std::unique_ptr<LRScheduler>(optim::Optimizer&)>;
struct ScheduleCase {
  std::string name;
  MakeSchedule make;
  bool absolute = false;  // rates that do not follow the optimizer's
};

/// Every schedule. A new one gets its row here.
const std::vector<ScheduleCase>& schedule_cases() {
  using optim::Optimizer;
  const auto warmup_cosine = [](Optimizer& o) {
    return std::make_shared<SequentialLR>(o,
                                          Parts{std::make_shared<LinearLR>(o, 0.1, 1.0, 4),
                                                std::make_shared<CosineAnnealingLR>(o, 20)},
                                          std::vector<int64_t>{4});
  };
  static const std::vector<ScheduleCase> cases = {
      {"Step", [](Optimizer& o) { return std::make_unique<StepLR>(o, 3, 0.7); }},
      {"MultiStep",
       [](Optimizer& o) {
         return std::make_unique<MultiStepLR>(o, std::vector<int64_t>{9, 2, 5, 5}, 0.7);
       }},
      {"Exponential", [](Optimizer& o) { return std::make_unique<ExponentialLR>(o, 0.9); }},
      {"Constant", [](Optimizer& o) { return std::make_unique<ConstantLR>(o, 0.3, 4); }},
      {"Linear", [](Optimizer& o) { return std::make_unique<LinearLR>(o, 0.3, 0.9, 7); }},
      {"Cosine", [](Optimizer& o) { return std::make_unique<CosineAnnealingLR>(o, 7, 0.01); }},
      {"Lambda",
       [](Optimizer& o) {
         return std::make_unique<LambdaLR>(
             o, [](int64_t step) { return 1 / (1 + 0.1 * static_cast<double>(step)); });
       }},
      {"Multiplicative",
       [](Optimizer& o) {
         return std::make_unique<optim::MultiplicativeLR>(
             o, [](int64_t step) { return 1 - 0.3 / static_cast<double>(step + 1); });
       }},
      {"Polynomial", [](Optimizer& o) { return std::make_unique<optim::PolynomialLR>(o, 20, 2); }},
      {"WarmRestarts",
       [](Optimizer& o) { return std::make_unique<optim::CosineAnnealingWarmRestarts>(o, 3, 2); }},
      {"Cyclic",
       [](Optimizer& o) {
         return std::make_unique<optim::CyclicLR>(o, 0.01, 0.3, 4, 3, optim::CyclicLR::triangular2);
       },
       /*absolute=*/true},
      {"OneCycle", [](Optimizer& o) { return std::make_unique<optim::OneCycleLR>(o, 0.3, 40); },
       /*absolute=*/true},
      {"SWALR", [](Optimizer& o) { return std::make_unique<optim::SWALR>(o, 0.05, 8); },
       /*absolute=*/true},
      {"WarmupCosine",
       [](Optimizer& o) { return std::make_unique<optim::WarmupCosine>(o, 4, 20, 0.1, 0.2); }},
      {"WarmupLinear",
       [](Optimizer& o) { return std::make_unique<optim::WarmupLinear>(o, 4, 20, 0.1, 0.2); }},
      {"WSD", [](Optimizer& o) { return std::make_unique<optim::WSD>(o, 3, 5, 9); }},
      {"InverseSqrt", [](Optimizer& o) { return std::make_unique<optim::InverseSqrt>(o, 4); }},
      {"Noam", [](Optimizer& o) { return std::make_unique<optim::Noam>(o, 16, 4); }},
      {"Sequential",
       [warmup_cosine](Optimizer& o) {
         return std::make_unique<SequentialLR>(
             o, Parts{warmup_cosine(o), std::make_shared<ExponentialLR>(o, 0.8)},
             std::vector<int64_t>{10});
       }},
      {"Chained",
       [warmup_cosine](Optimizer& o) {
         return std::make_unique<ChainedScheduler>(Parts{std::make_shared<ExponentialLR>(o, 0.8),
                                                         warmup_cosine(o),
                                                         std::make_shared<ConstantLR>(o, 0.5, 6)});
       }},
  };
  return cases;
}

class EverySchedule : public testing::TestWithParam<ScheduleCase> {};

// The pure function says beforehand what stepping will set.
TEST_P(EverySchedule, StepsThroughItsFunction) {
  const auto optimizer = make_optimizer();
  const auto schedule = GetParam().make(*optimizer);
  const auto reference_optimizer = make_optimizer();
  const auto reference = GetParam().make(*reference_optimizer);
  for (int64_t k = 0; k <= 30; ++k) {
    EXPECT_EQ(rates(*optimizer), reference->lr_at(k)) << "step " << k;
    EXPECT_EQ(schedule->get_last_lr(), reference->lr_at(k)) << "step " << k;
    EXPECT_EQ(schedule->last_epoch(), k);
    optimizer->step();
    schedule->step();
  }
}

// Restored in any order, and constructed before or after the optimizer was restored, a run goes on
// as if it had not stopped.
TEST_P(EverySchedule, ResumesExactlyFromEveryStep) {
  const auto unbroken_optimizer = make_optimizer();
  const auto unbroken = GetParam().make(*unbroken_optimizer);
  for (int64_t stop = 0; stop <= 12; ++stop) {
    const StateDict optimizer_state = snapshot(unbroken_optimizer->state_dict());
    const StateDict schedule_state = snapshot(unbroken->state_dict());
    for (int order = 0; order < 3; ++order) {
      const auto optimizer = make_optimizer();
      std::unique_ptr<LRScheduler> schedule;
      if (order == 0) {  // construct all, optimizer first
        schedule = GetParam().make(*optimizer);
        optimizer->load_state_dict(optimizer_state);
        schedule->load_state_dict(schedule_state);
      } else if (order == 1) {  // construct all, schedule first
        schedule = GetParam().make(*optimizer);
        schedule->load_state_dict(schedule_state);
        optimizer->load_state_dict(optimizer_state);
      } else {  // the schedule is constructed for a restored optimizer
        optimizer->load_state_dict(optimizer_state);
        schedule = GetParam().make(*optimizer);
        EXPECT_EQ(rates(*optimizer), rates(*unbroken_optimizer)) << "stop " << stop;
        schedule->load_state_dict(schedule_state);
      }
      const auto rest_optimizer = make_optimizer();
      const auto rest = GetParam().make(*rest_optimizer);
      for (int64_t k = stop; k <= stop + 15; ++k) {
        EXPECT_EQ(rates(*optimizer), rest->lr_at(k)) << "stop " << stop << ", order " << order;
        optimizer->step();
        schedule->step();
      }
    }
    unbroken_optimizer->step();
    unbroken->step();
  }
}

// A schedule alone, without its optimizer's state, sets the rates.
TEST_P(EverySchedule, RestoresTheRateOfAFreshOptimizer) {
  const auto optimizer = make_optimizer();
  const auto schedule = GetParam().make(*optimizer);
  for (int k = 0; k < 6; ++k) {
    optimizer->step();
    schedule->step();
  }
  const auto fresh = make_optimizer();
  const auto restored = GetParam().make(*fresh);
  restored->load_state_dict(schedule->state_dict());
  EXPECT_EQ(rates(*fresh), rates(*optimizer));
  EXPECT_TRUE(same_bits(restored->state_dict(), schedule->state_dict()));
}

TEST_P(EverySchedule, BadStatesAreErrorsAndChangeNothing) {
  const auto optimizer = make_optimizer();
  const auto schedule = GetParam().make(*optimizer);
  optimizer->step();
  schedule->step();
  const StateDict good = snapshot(schedule->state_dict());
  const std::vector<double> before = rates(*optimizer);
  const auto load_with = [&](const std::string& key, const Tensor& value) {
    StateDict bad = good;
    bad.insert_or_assign(key, value);
    schedule->load_state_dict(bad);
  };
  EXPECT_THROW(schedule->load_state_dict(StateDict()), ValueError);
  EXPECT_THROW(load_with("last_epoch", full({}, -1)), ValueError);
  EXPECT_THROW(load_with("last_epoch", ones({2}, kLong)), ValueError);
  EXPECT_THROW(load_with("base_lrs", ones({3}, kDouble)), ValueError);
  EXPECT_THROW(load_with("last_lr", Tensor()), ValueError);
  EXPECT_THROW(load_with("rubbish", ones({1})), ValueError);
  EXPECT_TRUE(same_bits(schedule->state_dict(), good));
  EXPECT_EQ(rates(*optimizer), before);
}

// Somebody halves the rate: it stays halved.
TEST_P(EverySchedule, GoesOnFromARateThatOthersChanged) {
  if (GetParam().absolute) return;
  const auto optimizer = make_optimizer();
  const auto schedule = GetParam().make(*optimizer);
  const auto reference_optimizer = make_optimizer();
  const auto reference = GetParam().make(*reference_optimizer);
  for (int64_t k = 0; k <= 12; ++k) {
    if (k == 3) optimizer->param_groups()[0].options().set_lr(0.5 * rates(*optimizer)[0]);
    const double expected = reference->lr_at(k)[0] * (k < 3 ? 1 : 0.5);
    const double eta_min = GetParam().name == "Cosine" ? 0.01 : 0;  // is not halved
    EXPECT_NEAR(rates(*optimizer)[0], expected, 1e-15 + eta_min) << "step " << k;
    EXPECT_EQ(rates(*optimizer)[1], reference->lr_at(k)[1]) << "step " << k;
    optimizer->step();
    schedule->step();
  }
}

INSTANTIATE_TEST_SUITE_P(, EverySchedule, testing::ValuesIn(schedule_cases()),
                         [](const auto& info) { return info.param.name; });

TEST(LRScheduler, Formulas) {
  const auto optimizer = make_optimizer();
  StepLR step(*optimizer, 2, 0.5);
  EXPECT_EQ(step.lr_at(3)[0], 0.05);   // 0.1 * 0.5
  EXPECT_EQ(step.lr_at(4)[1], 0.005);  // 0.02 * 0.5^2
  MultiStepLR multi(*optimizer, {4, 2, 4}, 0.5);
  EXPECT_EQ(multi.lr_at(1)[0], 0.1);
  EXPECT_EQ(multi.lr_at(2)[0], 0.05);
  EXPECT_EQ(multi.lr_at(4)[0], 0.0125);
  LinearLR linear(*optimizer, 0.5, 1, 4);
  EXPECT_EQ(linear.lr_at(0)[0], 0.05);
  EXPECT_DOUBLE_EQ(linear.lr_at(2)[0], 0.075);
  EXPECT_EQ(linear.lr_at(9)[0], 0.1);
  CosineAnnealingLR cosine(*optimizer, 10, 0.02);
  EXPECT_EQ(cosine.lr_at(0)[0], 0.1);
  EXPECT_NEAR(cosine.lr_at(5)[0], 0.06, 1e-16);  // half way
  EXPECT_EQ(cosine.lr_at(10)[0], 0.02);
  EXPECT_EQ(cosine.lr_at(20)[0], 0.1);  // up again
  EXPECT_THROW(cosine.lr_at(-1), ValueError);
}

TEST(LRScheduler, NoIterationsIsNoDivisionByZero) {
  const auto optimizer = make_optimizer();
  LinearLR linear(*optimizer, 0.5, 0.25, 0);
  EXPECT_EQ(rates(*optimizer)[0], 0.025);
  ConstantLR constant(*optimizer, 0.5, 0);
  EXPECT_EQ(rates(*optimizer)[0], 0.1);
}

TEST(LRScheduler, LambdaForEachGroup) {
  const auto optimizer = make_optimizer();
  LambdaLR schedule(*optimizer, {[](int64_t) { return 0.5; }, [](int64_t k) { return 1.0 * k; }});
  EXPECT_EQ(rates(*optimizer), (std::vector<double>{0.05, 0}));
  optimizer->step();
  schedule.step();
  EXPECT_EQ(rates(*optimizer), (std::vector<double>{0.05, 0.02}));
}

TEST(LRScheduler, ALambdaThatThrowsChangesNothing) {
  const auto optimizer = make_optimizer();
  LambdaLR schedule(*optimizer, [](int64_t k) -> double {
    if (k == 1) throw std::runtime_error("no");
    return 0.5;
  });
  optimizer->step();
  EXPECT_THROW(schedule.step(), std::runtime_error);
  EXPECT_EQ(schedule.last_epoch(), 0);
  EXPECT_EQ(rates(*optimizer), (std::vector<double>{0.05, 0.01}));
}

// The rate was halved by hand; a step that fails must not halve the base rate, each time anew.
TEST(LRScheduler, AFailedStepKeepsTheBaseRates) {
  const auto optimizer = make_optimizer();
  bool fails = true;
  LambdaLR schedule(*optimizer, [&](int64_t k) -> double {
    if (k == 1 && fails) throw std::runtime_error("no");
    return 1;
  });
  optimizer->step();
  optimizer->param_groups()[0].options().set_lr(0.05);
  const std::vector<double> before = schedule.base_lrs();
  EXPECT_THROW(schedule.step(), std::runtime_error);
  EXPECT_THROW(schedule.step(), std::runtime_error);
  EXPECT_EQ(schedule.base_lrs(), before);
  fails = false;
  schedule.step();
  EXPECT_EQ(rates(*optimizer)[0], 0.05);
}

// What no optimizer takes is an error of the schedule, which then changes nothing.
TEST(LRSchedulerErrors, Rates) {
  for (const double bad : {-0.5, static_cast<double>(NAN), static_cast<double>(INFINITY)}) {
    const auto optimizer = make_optimizer();
    const std::vector<double> before = rates(*optimizer);
    EXPECT_THROW(LambdaLR(*optimizer, [&](int64_t) { return bad; }), ValueError);
    EXPECT_EQ(rates(*optimizer), before);
    ExponentialLR schedule(*optimizer, bad);
    optimizer->step();
    EXPECT_THROW(schedule.step(), ValueError);
    EXPECT_EQ(rates(*optimizer), before);
    EXPECT_EQ(schedule.last_epoch(), 0);
    StateDict state = snapshot(schedule.state_dict());
    state["last_lr"].fill_(bad);
    EXPECT_THROW(schedule.load_state_dict(state), ValueError);
    EXPECT_EQ(rates(*optimizer), before);
  }
  const auto optimizer = make_optimizer();
  const Parts parts = {std::make_shared<ExponentialLR>(*optimizer, 0.9),
                       std::make_shared<ExponentialLR>(*optimizer, 0.8)};
  EXPECT_THROW(SequentialLR(*optimizer, parts, {INT64_MIN}), ValueError);
}

TEST(LRScheduler, AFailedConstructorLeavesTheGroups) {
  const auto optimizer = make_optimizer();
  EXPECT_THROW(optim::CosineAnnealingLR(*optimizer, 0), ValueError);
  EXPECT_FALSE(optimizer->param_groups()[0].initial_lr().has_value());
  optimizer->param_groups()[0].options().set_lr(0.5);
  optim::ExponentialLR schedule(*optimizer, 0.5);
  EXPECT_EQ(schedule.base_lrs()[0], 0.5);
  EXPECT_EQ(optimizer->param_groups()[0].initial_lr(), 0.5);
}

// Stepped side by side, schedules multiply, as in PyTorch.
TEST(LRScheduler, TwoSchedulesSideBySideMultiply) {
  const auto optimizer = make_optimizer();
  ExponentialLR a(*optimizer, 0.9);
  ConstantLR b(*optimizer, 0.5, 3);
  for (int k = 0; k < 8; ++k) {
    const double expected = 0.1 * std::pow(0.9, k) * (k < 3 ? 0.5 : 1);
    EXPECT_NEAR(rates(*optimizer)[0], expected, 1e-15) << k;
    optimizer->step();
    a.step();
    b.step();
  }
}

// Nested, a sequence is the same as laid flat.
TEST(LRScheduler, ASequenceInASequenceKeepsItsRates) {
  const auto o1 = make_optimizer(), o2 = make_optimizer();
  const auto inner = std::make_shared<SequentialLR>(
      *o1, Parts{std::make_shared<LinearLR>(*o1, 0.1, 1.0, 5), std::make_shared<StepLR>(*o1, 4)},
      std::vector<int64_t>{5});
  SequentialLR nested(*o1, Parts{inner, std::make_shared<ExponentialLR>(*o1, 0.5)}, {12});
  SequentialLR flat(
      *o2,
      Parts{std::make_shared<LinearLR>(*o2, 0.1, 1.0, 5), std::make_shared<StepLR>(*o2, 4),
            std::make_shared<ExponentialLR>(*o2, 0.5)},
      {5, 12});
  for (int k = 0; k < 20; ++k) {
    EXPECT_EQ(rates(*o1), rates(*o2)) << k;
    o1->step();
    o2->step();
    nested.step();
    flat.step();
  }
}

// last_epoch = k goes on after k + 1 steps, as in Python.
TEST(LRScheduler, LastEpochGoesOn) {
  const auto first = make_optimizer();
  StepLR unbroken(*first, 2, 0.5);
  for (int k = 0; k < 5; ++k) {
    first->step();
    unbroken.step();
  }
  const auto second = make_optimizer();
  EXPECT_THROW(StepLR(*second, 2, 0.5, /*last_epoch=*/4), ValueError);  // no initial_lr
  second->load_state_dict(first->state_dict());
  StepLR resumed(*second, 2, 0.5, /*last_epoch=*/4);
  EXPECT_EQ(resumed.last_epoch(), 5);
  EXPECT_EQ(rates(*second), rates(*first));
  EXPECT_EQ(resumed.lr_at(9), unbroken.lr_at(9));
  EXPECT_THROW(StepLR(*second, 2, 0.5, /*last_epoch=*/-2), ValueError);
}

TEST(LRScheduler, AGroupThatComesLaterIsScheduledToo) {
  const auto optimizer = make_optimizer();
  ExponentialLR schedule(*optimizer, 0.5);
  optimizer->add_param_group(OptimizerParamGroup(std::vector<Tensor>{zeros({1}).requires_grad_()},
                                                 std::make_unique<SGDOptions>(0.8)));
  optimizer->step();
  schedule.step();
  EXPECT_EQ(rates(*optimizer), (std::vector<double>{0.05, 0.01, 0.4}));
}

TEST(LRScheduler, SteppedBeforeItsOptimizerItWarnsOnce) {
  const auto optimizer = make_optimizer();
  testing::internal::CaptureStderr();
  {
    StepLR schedule(*optimizer, 3);
    schedule.step();
    schedule.step();
  }
  const std::string text = testing::internal::GetCapturedStderr();
  EXPECT_THAT(text, HasSubstr("before its optimizer (SGD)"));
  EXPECT_EQ(text.find("Warning"), text.rfind("Warning"));

  testing::internal::CaptureStderr();
  {
    StepLR schedule(*optimizer, 3);
    optimizer->step();
    schedule.step();
    const auto restored = make_optimizer();
    restored->load_state_dict(optimizer->state_dict());
    StepLR resumed(*restored, 3);
    resumed.load_state_dict(schedule.state_dict());
    resumed.step();
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

// Written as for libtorch.
class Halving : public LRScheduler {
 public:
  explicit Halving(optim::Optimizer& optimizer) : LRScheduler(optimizer) {}

 private:
  std::vector<double> get_lrs() override {
    std::vector<double> lrs = get_current_lrs();
    for (double& lr : lrs) lr *= step_count_ % 2 == 0 ? 0.5 : 1;
    return lrs;
  }
};

TEST(LRScheduler, AProgramsOwnOverridesGetLrs) {
  const auto optimizer = make_optimizer();
  Halving schedule(*optimizer);
  for (int k = 0; k < 4; ++k) {
    optimizer->step();
    schedule.step();
  }
  EXPECT_EQ(rates(*optimizer)[0], 0.025);
}

TEST(LRSchedulerErrors, Arguments) {
  const auto a = make_optimizer(), b = make_optimizer();
  EXPECT_THROW(StepLR(*a, 0), ValueError);
  EXPECT_THROW(CosineAnnealingLR(*a, 0), ValueError);
  EXPECT_THROW(LinearLR(*a, 0.0), ValueError);
  EXPECT_THROW(LinearLR(*a, 1.1), ValueError);
  EXPECT_THROW(LinearLR(*a, 0.5, -0.1), ValueError);
  EXPECT_THROW(LinearLR(*a, 0.5, 1, -1), ValueError);
  EXPECT_THROW(ConstantLR(*a, -0.1), ValueError);
  EXPECT_THROW(ConstantLR(*a, NAN), ValueError);
  EXPECT_THROW(LambdaLR(*a, LambdaLR::Function()), ValueError);
  EXPECT_THROW(LambdaLR(*a, std::vector<LambdaLR::Function>(3)), ValueError);
  const auto part = std::make_shared<StepLR>(*a, 3), other = std::make_shared<StepLR>(*b, 3);
  EXPECT_THROW(SequentialLR(*a, Parts{}, {}), ValueError);
  EXPECT_THROW(SequentialLR(*a, Parts{part, part}, {}), ValueError);
  EXPECT_THROW(SequentialLR(*a, Parts{part, other}, {3}), ValueError);
  EXPECT_THROW(SequentialLR(*a, Parts{part, nullptr}, {3}), ValueError);
  EXPECT_THROW(SequentialLR(*a, Parts{part, part, part}, {5, 3}), ValueError);
  EXPECT_THROW(ChainedScheduler(Parts{}), ValueError);
  EXPECT_THROW(ChainedScheduler(Parts{part, other}), ValueError);
  EXPECT_THROW(ChainedScheduler(Parts{part}, b.get()), ValueError);
  EXPECT_THROW(Plateau(*a, Plateau::min, 1.0), ValueError);
  using optim::CyclicLR, optim::OneCycleLR, optim::WSD, optim::WarmupCosine;
  EXPECT_THROW(optim::MultiplicativeLR(*a, LambdaLR::Function()), ValueError);
  EXPECT_THROW(optim::PolynomialLR(*a, -1), ValueError);
  EXPECT_THROW(optim::PolynomialLR(*a, 5, NAN), ValueError);
  EXPECT_THROW(optim::CosineAnnealingWarmRestarts(*a, 0), ValueError);
  EXPECT_THROW(optim::CosineAnnealingWarmRestarts(*a, 5, 0), ValueError);
  EXPECT_THROW(CyclicLR(*a, 0.1, 0.2, 0), ValueError);
  EXPECT_THROW(CyclicLR(*a, std::vector<double>{0.1, 0.1, 0.1}, 0.2), ValueError);
  EXPECT_THROW(CyclicLR(*a, 0.1, NAN), ValueError);
  EXPECT_THROW(OneCycleLR(*a, 0.1), ValueError);
  EXPECT_THROW(OneCycleLR(*a, 0.1, 0), ValueError);
  EXPECT_THROW(OneCycleLR(*a, 0.1, 10, {}, {}, 1.5), ValueError);
  EXPECT_THROW(OneCycleLR(*a, 0.1, 10).lr_at(11), ValueError);
  EXPECT_THROW(optim::SWALR(*a, 0.1, -1), ValueError);
  EXPECT_THROW(WarmupCosine(*a, 5, 4), ValueError);
  EXPECT_THROW(WarmupCosine(*a, 1, 4, -0.1), ValueError);
  EXPECT_THROW(optim::WarmupLinear(*a, 1, 4, 0, NAN), ValueError);
  EXPECT_THROW(WSD(*a, 1, -1, 1), ValueError);
  EXPECT_THROW(optim::InverseSqrt(*a, 0), ValueError);
  EXPECT_THROW(optim::Noam(*a, 0, 4), ValueError);
  optim::Adagrad without({zeros({1}).requires_grad_()});
  EXPECT_THROW(CyclicLR(without, 0.1, 0.2), ValueError);
  EXPECT_NO_THROW(CyclicLR(without, 0.1, 0.2, 5, 5, CyclicLR::triangular, 1, nullptr,
                           CyclicLR::cycle, /*cycle_momentum=*/false));
  EXPECT_THROW(Plateau(*a, Plateau::min, 0.1, 10, 1e-4, Plateau::rel, 0, {0.1}), ValueError);
}

// --- other settings ------------------------------------------------------------------------------

TEST(LRScheduler, MoreFormulas) {
  const auto o = make_optimizer();
  optim::WSD wsd(*o, 4, 6, 10, optim::WSD::one_minus_sqrt, 0.2);
  EXPECT_EQ(wsd.lr_at(0)[0], 0);
  EXPECT_DOUBLE_EQ(wsd.lr_at(1)[0], 0.025);
  EXPECT_DOUBLE_EQ(wsd.lr_at(10)[0], 0.1);
  EXPECT_DOUBLE_EQ(wsd.lr_at(15)[0], 0.1 * (0.2 + 0.8 * (1 - std::sqrt(0.5))));
  EXPECT_DOUBLE_EQ(wsd.lr_at(20)[0], 0.02);
  EXPECT_DOUBLE_EQ(wsd.lr_at(INT64_MAX)[0], 0.02);
  optim::WSD linear(*o, 0, 6, 10, optim::WSD::linear), cosine(*o, 0, 6, 10, optim::WSD::cosine);
  EXPECT_DOUBLE_EQ(linear.lr_at(7)[0], 0.09);
  EXPECT_DOUBLE_EQ(cosine.lr_at(11)[0], 0.05);
  optim::WarmupCosine warmup(*o, 10, 30);
  EXPECT_DOUBLE_EQ(warmup.lr_at(5)[0], 0.05);
  EXPECT_DOUBLE_EQ(warmup.lr_at(20)[0], 0.05);
  EXPECT_NEAR(warmup.lr_at(30)[0], 0, 1e-18);
  optim::InverseSqrt inverse(*o, 4);
  EXPECT_DOUBLE_EQ(inverse.lr_at(16)[0], 0.05);
  optim::Noam noam(*o, 16, 4);
  EXPECT_DOUBLE_EQ(noam.lr_at(3)[0], 0.1 / 4 / 2);      // s = 4
  EXPECT_DOUBLE_EQ(noam.lr_at(1)[0], 0.1 / 4 * 2 / 8);  // s = 2, 4^1.5 = 8
  optim::CosineAnnealingWarmRestarts restarts(*o, 3, 2);
  for (int64_t step : {0, 3, 9, 21}) EXPECT_EQ(restarts.lr_at(step)[0], 0.1) << step;
  EXPECT_GE(restarts.lr_at(INT64_MAX)[0], 0);
  optim::PolynomialLR none(*o, 0);
  EXPECT_EQ(none.lr_at(0)[0], 0);
}

// The momentum that OneCycleLR sets comes back with it, in whatever part it is.
TEST(LRScheduler, OneCycleSetsMomentum) {
  const auto o = make_optimizer();
  const auto momentum = [](const SGD& sgd) {
    return static_cast<const SGDOptions&>(sgd.param_groups()[0].options()).momentum();
  };
  optim::OneCycleLR schedule(*o, 0.3, 20);
  EXPECT_DOUBLE_EQ(momentum(*o), 0.95);
  for (int k = 0; k < 5; ++k) {
    o->step();
    schedule.step();
  }
  EXPECT_DOUBLE_EQ(momentum(*o), 0.85);
  const auto other = make_optimizer();
  optim::OneCycleLR restored(*other, 0.3, 20);
  restored.load_state_dict(schedule.state_dict());
  EXPECT_EQ(momentum(*other), momentum(*o));

  const auto third = make_optimizer();
  SequentialLR sequence(*third,
                        Parts{std::make_shared<optim::OneCycleLR>(*third, 0.3, 20),
                              std::make_shared<ExponentialLR>(*third, 0.5)},
                        {5});
  for (int k = 0; k < 4; ++k) {
    third->step();
    sequence.step();
  }
  EXPECT_LT(momentum(*third), 0.9);
  optim::Adam adam({zeros({1}).requires_grad_()});
  optim::OneCycleLR of_betas(adam, 0.3, 20);
  EXPECT_DOUBLE_EQ(
      std::get<0>(static_cast<optim::AdamOptions&>(adam.param_groups()[0].options()).betas()),
      0.95);
}

TEST(SettingScheduler, SchedulesWeightDecayAndMomentum) {
  optim::AdamW adamw({zeros({1}).requires_grad_()}, optim::AdamWOptions(0.1).weight_decay(0.4));
  const auto factor = [](int64_t step) { return 1.0 / static_cast<double>(1 + step); };
  optim::WeightDecayScheduler decay(adamw, factor);
  optim::MomentumScheduler momentum(adamw, factor);
  const auto& options = static_cast<const optim::AdamWOptions&>(adamw.param_groups()[0].options());
  EXPECT_EQ(options.weight_decay(), 0.4);
  decay.step();
  momentum.step();
  EXPECT_EQ(options.weight_decay(), 0.2);
  EXPECT_EQ(std::get<0>(options.betas()), 0.45);
  EXPECT_EQ(decay.value_at(3), (std::vector<double>{0.1}));

  // Restored in any order.
  for (bool before : {false, true}) {
    optim::AdamW other({zeros({1}).requires_grad_()}, optim::AdamWOptions(0.1).weight_decay(0.4));
    if (before) other.load_state_dict(adamw.state_dict());
    optim::WeightDecayScheduler resumed(other, factor);
    resumed.load_state_dict(decay.state_dict());
    if (!before) other.load_state_dict(adamw.state_dict());
    EXPECT_EQ(resumed.get_last_values(), decay.get_last_values());
    resumed.step();
    EXPECT_EQ(resumed.get_last_values(), decay.value_at(2));
  }
}

TEST(SettingScheduler, Errors) {
  const auto o = make_optimizer();
  const auto factor = [](int64_t) { return 1.0; };
  EXPECT_THROW(optim::SettingScheduler(*o, "rubbish", factor), ValueError);
  EXPECT_THROW(optim::WeightDecayScheduler(*o, nullptr), ValueError);
  optim::AdamW adamw({zeros({1}).requires_grad_()});
  optim::WeightDecayScheduler bad(adamw, [](int64_t step) { return step == 1 ? -1.0 : 1.0; });
  EXPECT_THROW(bad.step(), ValueError);
  EXPECT_EQ(bad.last_epoch(), 0);
  EXPECT_EQ(bad.get_last_values(), (std::vector<double>{0.01}));
  EXPECT_THROW(bad.load_state_dict(StateDict()), ValueError);
}

TEST(BatchSizeScheduler, RoundsAndKeepsItsBounds) {
  optim::BatchSizeScheduler schedule(
      32, [](int64_t step) { return std::pow(1.5, static_cast<double>(step)); }, 100);
  EXPECT_EQ(schedule.batch_size(), 32);
  schedule.step();
  EXPECT_EQ(schedule.batch_size(), 48);
  EXPECT_EQ(schedule.batch_size_at(50), 100);
  optim::BatchSizeScheduler other(32, [](int64_t) { return 0.0; });
  EXPECT_EQ(other.batch_size(), 1);
  other.load_state_dict(schedule.state_dict());
  EXPECT_EQ(other.last_epoch(), 1);
  EXPECT_THROW(optim::BatchSizeScheduler(0, [](int64_t) { return 1.0; }), ValueError);
  EXPECT_THROW(optim::BatchSizeScheduler(1, [](int64_t) { return NAN; }).batch_size(), ValueError);
}

TEST(Cadence, PerStepFollowsTheOptimizer) {
  const auto o = make_optimizer();
  {
    optim::PerStep schedule(std::make_shared<StepLR>(*o, 2, 0.5));
    for (int k = 0; k < 4; ++k) o->step();
    EXPECT_EQ(rates(*o)[0], 0.025);
    EXPECT_EQ(schedule.schedule().last_epoch(), 4);
  }
  o->step();
  o->step();
  EXPECT_EQ(rates(*o)[0], 0.025);
  optim::PerEpoch epochs(std::make_shared<ExponentialLR>(*o, 0.5));
  o->step();
  epochs.end_epoch();
  EXPECT_EQ(epochs.schedule().last_epoch(), 1);
  EXPECT_THROW(optim::PerStep(nullptr), ValueError);
  EXPECT_THROW(optim::PerEpoch(nullptr), ValueError);
}

TEST(Plot, WritesAnSvg) {
  const auto o = make_optimizer();
  StepLR schedule(*o, 3);
  const std::string path = testing::TempDir() + "gradus_schedule.svg";
  optim::plot(schedule, 20, path);
  std::ifstream file(path);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  EXPECT_THAT(text, HasSubstr("<svg"));
  EXPECT_THAT(text, HasSubstr("group 1"));
  EXPECT_EQ(schedule.last_epoch(), 0);
  EXPECT_THROW(optim::plot(schedule, 0, path), ValueError);
}

// --- ReduceLROnPlateau ---------------------------------------------------------------------------

TEST(ReduceLROnPlateau, ReducesAfterPatience) {
  const auto optimizer = make_optimizer();
  Plateau schedule(*optimizer, Plateau::min, 0.5, /*patience=*/1);
  schedule.step(1.0);
  schedule.step(1.0);
  EXPECT_EQ(rates(*optimizer)[0], 0.1);
  schedule.step(1.0);
  EXPECT_EQ(schedule.get_last_lr(), (std::vector<double>{0.05, 0.01}));
  schedule.step(0.5);
  EXPECT_EQ(schedule.best(), 0.5);
  EXPECT_EQ(schedule.num_bad_epochs(), 0);
}

TEST(ReduceLROnPlateau, NanIsNoImprovement) {
  const auto optimizer = make_optimizer();
  Plateau schedule(*optimizer, Plateau::max, 0.5, /*patience=*/1);
  schedule.step(NAN);
  schedule.step(NAN);
  EXPECT_EQ(rates(*optimizer)[0], 0.05);
  schedule.step(1.0);
  EXPECT_EQ(schedule.best(), 1.0);
}

TEST(ReduceLROnPlateau, ResumesFromEveryStep) {
  const auto metric = [](int k) { return 1.0 / (1 + k / 3) + 0.1 * noise(3, k); };
  const auto make = [](optim::Optimizer& o) {
    return std::make_unique<Plateau>(o, Plateau::min, 0.5, 1, 1e-4, Plateau::rel, 2);
  };
  const auto unbroken_optimizer = make_optimizer();
  const auto unbroken = make(*unbroken_optimizer);
  std::vector<std::vector<double>> lrs;
  std::vector<StateDict> optimizer_states, states;
  for (int k = 0; k < 25; ++k) {
    lrs.push_back(rates(*unbroken_optimizer));
    optimizer_states.push_back(snapshot(unbroken_optimizer->state_dict()));
    states.push_back(snapshot(unbroken->state_dict()));
    unbroken->step(metric(k));
  }
  EXPECT_LT(lrs.back()[0], 0.02);  // it was reduced a few times
  for (int stop = 0; stop < 25; ++stop) {
    const auto optimizer = make_optimizer();
    const auto schedule = make(*optimizer);
    optimizer->load_state_dict(optimizer_states[stop]);
    schedule->load_state_dict(states[stop]);
    for (int k = stop; k < 25; ++k) {
      EXPECT_EQ(rates(*optimizer), lrs[k]) << "stopped at " << stop;
      schedule->step(metric(k));
    }
    EXPECT_THROW(schedule->load_state_dict(StateDict()), ValueError);
  }
}

// A plateau and a schedule side by side: the reduction stays.
TEST(ReduceLROnPlateau, BesideASchedule) {
  const auto optimizer = make_optimizer();
  ExponentialLR schedule(*optimizer, 0.5);
  Plateau plateau(*optimizer, Plateau::min, 0.1, /*patience=*/0);
  plateau.step(1.0);
  for (int k = 0; k < 2; ++k) {
    optimizer->step();
    schedule.step();
    plateau.step(1.0);
  }
  // 0.1 * 0.5^2 * 0.1^2
  EXPECT_NEAR(rates(*optimizer)[0], 0.00025, 1e-18);
}

}  // namespace
}  // namespace gradus::optim_test
