// Schedules against what Python's torch.optim.lr_scheduler computed: see
// tests/goldens/generate_schedules.py. The older ones stand in golden_test.cpp.

#include <cmath>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gradus/gradus.h>
#include <gtest/gtest.h>

#include "tests/goldens.h"

namespace gradus {
namespace {

using optim::CosineAnnealingWarmRestarts;
using optim::CyclicLR;
using optim::MultiplicativeLR;
using optim::OneCycleLR;
using optim::Optimizer;
using optim::PolynomialLR;
using optim::SGDOptions;
using optim::SWALR;

struct Case {
  std::string name;
  std::function<std::unique_ptr<optim::LRScheduler>(Optimizer&)> make;
};

const std::vector<Case>& cases() {
  using P = std::vector<double>;
  static const std::vector<Case> cases = {
      {"multiplicative",
       [](Optimizer& o) {
         return std::make_unique<MultiplicativeLR>(
             o, [](int64_t k) { return 1 - 0.5 / static_cast<double>(k + 1); });
       }},
      {"polynomial", [](Optimizer& o) { return std::make_unique<PolynomialLR>(o); }},
      {"polynomial_60_2", [](Optimizer& o) { return std::make_unique<PolynomialLR>(o, 60, 2.0); }},
      {"restarts_10",
       [](Optimizer& o) { return std::make_unique<CosineAnnealingWarmRestarts>(o, 10); }},
      {"restarts_7_2",
       [](Optimizer& o) { return std::make_unique<CosineAnnealingWarmRestarts>(o, 7, 2, 0.002); }},
      {"cyclic", [](Optimizer& o) { return std::make_unique<CyclicLR>(o, 0.01, 0.2, 10); }},
      {"cyclic_down",
       [](Optimizer& o) {
         return std::make_unique<CyclicLR>(o, P{0.01, 0.02}, P{0.2, 0.1}, 8, 15);
       }},
      {"cyclic_triangular2",
       [](Optimizer& o) {
         return std::make_unique<CyclicLR>(o, 0.01, 0.2, 10, std::nullopt, CyclicLR::triangular2);
       }},
      {"cyclic_exp_range",
       [](Optimizer& o) {
         return std::make_unique<CyclicLR>(o, 0.01, 0.2, 10, 12, CyclicLR::exp_range, 0.98);
       }},
      {"cyclic_scale_fn",
       [](Optimizer& o) {
         return std::make_unique<CyclicLR>(o, 0.01, 0.2, 10, std::nullopt, CyclicLR::triangular, 1,
                                           [](double cycle) { return 1 / cycle; });
       }},
      {"cyclic_momentum",
       [](Optimizer& o) {
         return std::make_unique<CyclicLR>(o, 0.01, 0.2, 9, std::nullopt, CyclicLR::triangular, 1,
                                           nullptr, CyclicLR::cycle, true, 0.7, 0.99);
       }},
      {"onecycle", [](Optimizer& o) { return std::make_unique<OneCycleLR>(o, 0.5, 101); }},
      {"onecycle_linear",
       [](Optimizer& o) {
         return std::make_unique<OneCycleLR>(o, P{0.5, 0.3}, std::nullopt, 12, 10, 0.25,
                                             OneCycleLR::linear);
       }},
      {"onecycle_three",
       [](Optimizer& o) {
         return std::make_unique<OneCycleLR>(o, 0.5, 110, std::nullopt, std::nullopt, 0.3,
                                             OneCycleLR::cos, true, 0.85, 0.95, 10, 100,
                                             /*three_phase=*/true);
       }},
      {"swalr", [](Optimizer& o) { return std::make_unique<SWALR>(o, 0.01); }},
      {"swalr_linear",
       [](Optimizer& o) { return std::make_unique<SWALR>(o, 0.3, 40, SWALR::linear); }},
      {"swalr_0", [](Optimizer& o) { return std::make_unique<SWALR>(o, 0.3, 0); }},
  };
  return cases;
}

class ScheduleGoldens : public testing::TestWithParam<Case> {};

TEST_P(ScheduleGoldens, RatesAndMomentaEqualPyTorch) {
  static const auto goldens = goldens::load("schedules");
  std::vector<optim::OptimizerParamGroup> groups;
  groups.emplace_back(std::vector<Tensor>{zeros({1}).requires_grad_()});
  groups.emplace_back(std::vector<Tensor>{zeros({1}).requires_grad_()},
                      std::make_unique<SGDOptions>(SGDOptions(0.02).momentum(0.9)));
  optim::SGD optimizer(groups, SGDOptions(0.1).momentum(0.9));
  const auto schedule = GetParam().make(optimizer);
  const double* rate = goldens[GetParam().name].data_ptr<double>();
  const Tensor* momenta = goldens.find(GetParam().name + "/momentum");
  // The absolute part is for rates that come down to zero, or nearly.
  const auto expect_near = [](double actual, double expected) {
    EXPECT_NEAR(actual, expected, 1e-12 * std::abs(expected) + 5e-17);
  };
  for (int k = 0; k <= 100; ++k) {
    SCOPED_TRACE(k);
    for (int g = 0; g < 2; ++g) {
      expect_near(optimizer.param_groups()[g].options().get_lr(), rate[2 * k + g]);
    }
    const auto& options = static_cast<const SGDOptions&>(optimizer.param_groups()[0].options());
    expect_near(options.momentum(), momenta ? momenta->data_ptr<double>()[k] : 0.9);
    if (k == 100) break;
    optimizer.step();
    schedule->step();
  }
}

INSTANTIATE_TEST_SUITE_P(, ScheduleGoldens, testing::ValuesIn(cases()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace gradus
