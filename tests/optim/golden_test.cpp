// Optimizers and schedules against what Python's torch.optim computed: see tests/goldens.

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <gradus/gradus.h>
#include <gtest/gtest.h>

#include "tests/goldens.h"

namespace gradus {
namespace {

constexpr int64_t kCount = 17;  // 12 of weight, 5 of bias

using Names = std::set<std::string>;

/// The words of a case's name: "adam_amsgrad_wd" has adam, amsgrad and wd.
Names words_of(const std::string& name) {
  Names words;
  std::istringstream stream(name);
  for (std::string word; std::getline(stream, word, '_');) words.insert(word);
  return words;
}

template <class Optimizer, class Options>
std::unique_ptr<optim::Optimizer> make(const Tensor& weight, const Tensor& bias,
                                       const Options& options,
                                       const std::optional<Options>& bias_options) {
  std::vector<optim::OptimizerParamGroup> groups;
  if (bias_options) {
    groups.emplace_back(std::vector<Tensor>{weight});
    groups.emplace_back(std::vector<Tensor>{bias}, std::make_unique<Options>(*bias_options));
  } else {
    groups.emplace_back(std::vector<Tensor>{weight, bias});
  }
  return std::make_unique<Optimizer>(groups, options);
}

std::unique_ptr<optim::Optimizer> make_sgd(const Names& words, const Tensor& weight,
                                           const Tensor& bias) {
  optim::SGDOptions options(0.05);
  const bool momentum = words.count("momentum") || words.count("dampening") ||
                        words.count("nesterov") || words.count("groups");
  options.momentum(momentum ? 0.9 : 0)
      .dampening(words.count("dampening") ? 0.25 : 0)
      .nesterov(words.count("nesterov") > 0)
      .weight_decay(words.count("wd") || words.count("groups") ? 0.01 : 0)
      .maximize(words.count("maximize") > 0);
  std::optional<optim::SGDOptions> bias_options;
  if (words.count("groups")) bias_options = optim::SGDOptions(0.02).momentum(0.9);
  return make<optim::SGD>(weight, bias, options, bias_options);
}

template <class Optimizer, class Options>
std::unique_ptr<optim::Optimizer> make_adam(const Names& words, double weight_decay,
                                            const Tensor& weight, const Tensor& bias) {
  Options options(0.01);
  options.amsgrad(words.count("amsgrad") > 0)
      .weight_decay(weight_decay)
      .maximize(words.count("maximize") > 0);
  if (words.count("betas")) options.lr(0.005).betas({0.8, 0.99}).eps(1e-3);
  std::optional<Options> bias_options;
  if (words.count("groups")) {
    bias_options = Options(0.02);
    bias_options->weight_decay(0);
  }
  return make<Optimizer>(weight, bias, options, bias_options);
}

/// The optimizers whose cases are named in generate_optim.py's more_cases().
std::unique_ptr<optim::Optimizer> make_another(const Names& words, const Tensor& weight,
                                               const Tensor& bias) {
  const auto has = [&](const char* word) { return words.count(word) > 0; };
  const std::vector<Tensor> params = {weight, bias};
  const double wd = has("wd") || has("decoupled") ? 0.02 : 0;
  if (has("nadam")) {
    return std::make_unique<optim::NAdam>(params, optim::NAdamOptions(0.01)
                                                      .weight_decay(wd)
                                                      .decoupled_weight_decay(has("decoupled"))
                                                      .maximize(has("maximize")));
  }
  if (has("radam")) {
    return std::make_unique<optim::RAdam>(params, optim::RAdamOptions(0.01)
                                                      .weight_decay(wd)
                                                      .decoupled_weight_decay(has("decoupled"))
                                                      .maximize(has("maximize")));
  }
  if (has("adamax")) {
    return std::make_unique<optim::Adamax>(
        params, optim::AdamaxOptions(0.01).weight_decay(wd).maximize(has("maximize")));
  }
  if (has("adagrad")) {
    return std::make_unique<optim::Adagrad>(params,
                                            optim::AdagradOptions(0.05)
                                                .weight_decay(wd)
                                                .lr_decay(has("lrdecay") ? 0.01 : 0)
                                                .initial_accumulator_value(has("init") ? 0.5 : 0)
                                                .maximize(has("maximize")));
  }
  if (has("rmsprop")) {
    return std::make_unique<optim::RMSprop>(params, optim::RMSpropOptions(0.005)
                                                        .weight_decay(wd)
                                                        .momentum(has("momentum") ? 0.9 : 0)
                                                        .centered(has("centered"))
                                                        .maximize(has("maximize")));
  }
  if (has("adadelta")) {
    return std::make_unique<optim::Adadelta>(params, optim::AdadeltaOptions(has("rho") ? 0.5 : 1)
                                                         .rho(has("rho") ? 0.8 : 0.9)
                                                         .weight_decay(wd)
                                                         .maximize(has("maximize")));
  }
  if (has("rprop")) {
    return std::make_unique<optim::Rprop>(params,
                                          optim::RpropOptions(0.01).maximize(has("maximize")));
  }
  if (has("adafactor")) {
    auto options = optim::AdafactorOptions(0.05).weight_decay(wd).maximize(has("maximize"));
    if (has("eps")) options.eps1(1e-3).eps2(0.1);
    if (has("decay")) options.beta2_decay(-0.6).d(1.5);
    return std::make_unique<optim::Adafactor>(params, options);
  }
  if (has("muon")) {
    using Options = optim::MuonOptions;
    auto options = Options(0.01).adamw(true).weight_decay(wd).maximize(has("maximize"));
    options.nesterov(!has("plain"));
    if (has("rms")) options.weight_decay(0.1).adjust_lr_fn(Options::match_rms_adamw);
    if (has("unclamped")) options.weight_decay(0.1).adjust_lr_fn(Options::spectral_unclamped);
    return std::make_unique<optim::Muon>(params, options);
  }
  if (has("asgd")) {
    return std::make_unique<optim::ASGD>(params, optim::ASGDOptions(0.05)
                                                     .weight_decay(wd)
                                                     .t0(has("t0") ? 10 : 1e6)
                                                     .lambd(has("lambd") ? 0.1 : 1e-4)
                                                     .alpha(has("lambd") ? 0.5 : 0.75)
                                                     .maximize(has("maximize")));
  }
  return nullptr;
}

std::unique_ptr<optim::Optimizer> make_optimizer(const Names& words, const Tensor& weight,
                                                 const Tensor& bias) {
  const bool wd = words.count("wd") > 0, groups = words.count("groups") > 0;
  if (words.count("sgd")) return make_sgd(words, weight, bias);
  if (words.count("adam")) {
    return make_adam<optim::Adam, optim::AdamOptions>(words, wd || groups ? 0.01 : 0, weight, bias);
  }
  if (words.count("adamw")) {
    return make_adam<optim::AdamW, optim::AdamWOptions>(words, wd ? 0.1 : 0.01, weight, bias);
  }
  return make_another(words, weight, bias);
}

/// The gradient of the problem that generate_optim.py describes, at p after t - 1 steps.
std::vector<double> gradient(const std::vector<double>& p, const double* A, const double* b, int t,
                             double sign) {
  std::vector<double> g(kCount);
  for (int64_t i = 0; i < kCount; ++i) {
    double sum = 0;
    for (int64_t j = 0; j < kCount; ++j) sum += A[i * kCount + j] * (p[j] - b[j]);
    g[i] = sign * (sum + 0.3 * std::sin(p[i] + 0.1 * t));
  }
  return g;
}

std::vector<double> values(const Tensor& x) {
  return std::vector<double>(x.data_ptr<double>(), x.data_ptr<double>() + x.numel());
}

Tensor filled_like(const Tensor& x, const double* source) {
  Tensor y = empty(x.sizes(), kDouble);
  std::copy(source, source + y.numel(), y.data_ptr<double>());
  return y;
}

const auto& trajectories() {
  static const auto tensors = goldens::load("optim");
  return tensors;
}

class OptimizerGolden : public testing::TestWithParam<std::string> {};

TEST_P(OptimizerGolden, TrajectoryEqualsPyTorch) {
  const std::string name = GetParam();
  const Names words = words_of(name);
  const auto& tensors = trajectories();
  Tensor A = tensors["A"], b = tensors["b"];
  Tensor weight = tensors["weight"].clone().requires_grad_();
  Tensor bias = tensors["bias"].clone().requires_grad_();
  auto optimizer = make_optimizer(words, weight, bias);
  ASSERT_NE(optimizer, nullptr) << "no optimizer for " << name;

  const double sign = words.count("maximize") ? -1 : 1;
  for (int t = 1; t <= 1000; ++t) {
    std::vector<double> p = values(weight);
    for (double x : values(bias)) p.push_back(x);
    std::vector<double> g = gradient(p, A.data_ptr<double>(), b.data_ptr<double>(), t, sign);
    weight.mutable_grad() = filled_like(weight, g.data());
    bias.mutable_grad() = filled_like(bias, g.data() + weight.numel());
    if (words.count("skip") && t % 3 == 0) bias.mutable_grad() = Tensor();
    optimizer->step();
    if (t == 1 || t == 2 || t == 10 || t == 100 || t == 1000) {
      const std::string step = std::to_string(t);
      // Adafactor's steps are relative to the parameter and do not get smaller, so the last bit
      // grows along the way; its rule is compared step by step in more_rules_test.cpp.
      const double tolerance = words.count("adafactor") && t > 10 ? 1e-5 : 1e-12;
      EXPECT_TRUE(goldens::close(weight, tensors[name + "/weight/" + step], tolerance))
          << "weight after " << t << " steps";
      EXPECT_TRUE(goldens::close(bias, tensors[name + "/bias/" + step], tolerance))
          << "bias after " << t << " steps";
    }
  }
}

std::vector<std::string> optimizer_cases() {
  const std::string last = "/weight/1000";
  std::vector<std::string> names;
  for (const auto& item : trajectories()) {
    const std::string& key = item.key();
    if (key.size() > last.size() && key.substr(key.size() - last.size()) == last) {
      names.push_back(key.substr(0, key.size() - last.size()));
    }
  }
  return names;
}

INSTANTIATE_TEST_SUITE_P(, OptimizerGolden, testing::ValuesIn(optimizer_cases()),
                         [](const auto& info) { return info.param; });

class LbfgsGolden : public testing::TestWithParam<std::string> {};

// The function of generate_optim.py's run_lbfgs().
TEST_P(LbfgsGolden, TrajectoryEqualsPyTorch) {
  const std::string name = GetParam();
  const Names words = words_of(name);
  const auto& tensors = trajectories();
  Tensor weight = tensors["weight"].clone().requires_grad_();
  Tensor bias = tensors["bias"].clone().requires_grad_();
  optim::LBFGSOptions options(words.count("wolfe") ? 1 : 0.1);
  options.max_iter(words.count("history") ? 6 : 4);
  if (words.count("history")) options.history_size(2);
  if (words.count("wolfe")) options.line_search_fn("strong_wolfe");
  optim::LBFGS optimizer(std::vector<Tensor>{weight, bias}, options);

  const auto closure = [&] {
    std::vector<double> p = values(weight);
    for (double x : values(bias)) p.push_back(x);
    double loss = 0;
    std::vector<double> g(kCount, 0.0);
    for (int64_t i = 0; i + 1 < kCount; ++i) {
      const double u = p[i + 1] - p[i] * p[i], w = 1 - p[i];
      loss += 2 * u * u + w * w;
      g[i] += -8 * p[i] * u - 2 * w;
      g[i + 1] += 4 * u;
    }
    weight.mutable_grad() = filled_like(weight, g.data());
    bias.mutable_grad() = filled_like(bias, g.data() + weight.numel());
    return full({}, loss, kDouble);
  };
  for (int t = 1; t <= 4; ++t) {
    optimizer.step(closure);
    if (t == 3) continue;
    const std::string step = std::to_string(t);
    EXPECT_TRUE(goldens::close(weight, tensors[name + "/weight/" + step], 1e-12))
        << "weight after " << t << " steps";
    EXPECT_TRUE(goldens::close(bias, tensors[name + "/bias/" + step], 1e-12))
        << "bias after " << t << " steps";
  }
  auto& state =
      static_cast<optim::LBFGSParamState&>(*optimizer.state().at(weight.unsafeGetTensorImpl()));
  EXPECT_EQ(state.func_evals(), tensors[name + "/func_evals"].item<int64_t>());
}

INSTANTIATE_TEST_SUITE_P(, LbfgsGolden,
                         testing::Values("lbfgs", "lbfgs_history", "lbfgs_wolfe",
                                         "lbfgs_wolfe_history"),
                         [](const auto& info) { return info.param; });

// A schedule over two groups with rates 0.1 and 0.02.
class ScheduleGolden : public testing::Test {
 protected:
  ScheduleGolden() {
    std::vector<optim::OptimizerParamGroup> groups;
    groups.emplace_back(std::vector<Tensor>{zeros({1}).requires_grad_()});
    groups.emplace_back(std::vector<Tensor>{zeros({1}).requires_grad_()},
                        std::make_unique<optim::SGDOptions>(0.02));
    optimizer_ = std::make_unique<optim::SGD>(groups, optim::SGDOptions(0.1));
  }

  optim::SGD& optimizer() { return *optimizer_; }

  /// Expects the rates before the first step and after each of 100 calls of step(k), k = 0, 1, ...
  template <class Step>
  void expect_rates(const std::string& name, Step step) {
    const Tensor& expected = goldens_[name];
    const double* rate = expected.data_ptr<double>();
    for (int k = 0; k <= expected.size(0) - 1; ++k) {
      for (int group = 0; group < 2; ++group) {
        const double lr = optimizer_->param_groups()[group].options().get_lr();
        // The absolute part is for cosines that come down to zero.
        EXPECT_NEAR(lr, rate[2 * k + group], 1e-12 * rate[2 * k + group] + 1e-16)
            << name << ", group " << group << ", after " << k << " steps";
      }
      optimizer_->step();
      if (k < expected.size(0) - 1) step(k);
    }
  }

  void expect_schedule(const std::string& name, optim::LRScheduler& schedule) {
    expect_rates(name, [&](int) { schedule.step(); });
  }

  /// Steps with the file's metric times `sign`.
  void expect_plateau(const std::string& name, optim::ReduceLROnPlateauScheduler& schedule,
                      double sign = 1, const std::string& metric = "metric") {
    const double* value = goldens_[metric].data_ptr<double>();
    expect_rates(name, [&](int k) { schedule.step(sign * value[k]); });
  }

 private:
  decltype(goldens::load("")) goldens_ = goldens::load("schedules");
  std::unique_ptr<optim::SGD> optimizer_;
};

using Plateau = optim::ReduceLROnPlateauScheduler;

TEST_F(ScheduleGolden, Step) {
  optim::StepLR schedule(optimizer(), 10, 0.5);
  expect_schedule("step_10_0.5", schedule);
}

TEST_F(ScheduleGolden, StepDefaultGamma) {
  optim::StepLR schedule(optimizer(), 7);
  expect_schedule("step_7", schedule);
}

TEST_F(ScheduleGolden, StepEveryTime) {
  optim::StepLR schedule(optimizer(), 1, 0.99);
  expect_schedule("step_1_0.99", schedule);
}

TEST_F(ScheduleGolden, Cosine) {
  optim::CosineAnnealingLR schedule(optimizer(), 100);
  expect_schedule("cosine_100", schedule);
}

TEST_F(ScheduleGolden, CosineEtaMin) {
  optim::CosineAnnealingLR schedule(optimizer(), 80, 0.001);
  expect_schedule("cosine_80_eta_min", schedule);
}

TEST_F(ScheduleGolden, CosineBeyondItsEnd) {
  optim::CosineAnnealingLR schedule(optimizer(), 30, 0.0005);
  expect_schedule("cosine_30", schedule);
}

TEST_F(ScheduleGolden, LinearDefaults) {
  optim::LinearLR schedule(optimizer());
  expect_schedule("linear", schedule);
}

TEST_F(ScheduleGolden, LinearWarmup) {
  optim::LinearLR schedule(optimizer(), 0.1, 1.0, 20);
  expect_schedule("linear_warmup_20", schedule);
}

TEST_F(ScheduleGolden, LinearDecay) {
  optim::LinearLR schedule(optimizer(), 1.0, 0.05, 100);
  expect_schedule("linear_decay_100", schedule);
}

TEST_F(ScheduleGolden, SequentialWarmupCosine) {
  std::vector<std::shared_ptr<optim::LRScheduler>> parts = {
      std::make_shared<optim::LinearLR>(optimizer(), 0.1, 1.0, 10),
      std::make_shared<optim::CosineAnnealingLR>(optimizer(), 90)};
  optim::SequentialLR schedule(optimizer(), parts, {10});
  expect_schedule("sequential_warmup_cosine", schedule);
}

TEST_F(ScheduleGolden, SequentialOfThree) {
  std::vector<std::shared_ptr<optim::LRScheduler>> parts = {
      std::make_shared<optim::LinearLR>(optimizer(), 0.25, 1.0, 5),
      std::make_shared<optim::StepLR>(optimizer(), 8, 0.7),
      std::make_shared<optim::LinearLR>(optimizer(), 0.5, 0.01, 30)};
  optim::SequentialLR schedule(optimizer(), parts, {5, 60});
  expect_schedule("sequential_three", schedule);
}

TEST_F(ScheduleGolden, Plateau) {
  Plateau schedule(optimizer());
  expect_plateau("plateau", schedule);
}

TEST_F(ScheduleGolden, PlateauCooldown) {
  Plateau schedule(optimizer(), Plateau::min, 0.5, /*patience=*/2, /*threshold=*/1e-4, Plateau::rel,
                   /*cooldown=*/3);
  expect_plateau("plateau_patience_cooldown", schedule);
}

TEST_F(ScheduleGolden, PlateauAbsoluteThreshold) {
  Plateau schedule(optimizer(), Plateau::min, 0.5, /*patience=*/3, /*threshold=*/0.02,
                   Plateau::abs);
  expect_plateau("plateau_abs", schedule);
}

TEST_F(ScheduleGolden, PlateauMax) {
  Plateau schedule(optimizer(), Plateau::max, 0.5, /*patience=*/3);
  expect_plateau("plateau_max", schedule, -1);
}

TEST_F(ScheduleGolden, PlateauMaxAbsoluteThreshold) {
  Plateau schedule(optimizer(), Plateau::max, 0.5, /*patience=*/3, /*threshold=*/0.02,
                   Plateau::abs);
  expect_plateau("plateau_max_abs", schedule, -1);
}

TEST_F(ScheduleGolden, PlateauMinimumRates) {
  Plateau schedule(optimizer(), Plateau::min, 0.3, /*patience=*/1, /*threshold=*/1e-4, Plateau::rel,
                   /*cooldown=*/0, /*min_lrs=*/{0.004, 0.001});
  expect_plateau("plateau_min_lr", schedule);
}

TEST_F(ScheduleGolden, PlateauEps) {
  Plateau schedule(optimizer(), Plateau::min, 0.5, /*patience=*/1, /*threshold=*/1e-4, Plateau::rel,
                   /*cooldown=*/0, /*min_lrs=*/{}, /*eps=*/0.003);
  expect_plateau("plateau_eps", schedule);
}

TEST_F(ScheduleGolden, PlateauNanIsBad) {
  Plateau schedule(optimizer(), Plateau::min, 0.5, /*patience=*/3);
  expect_plateau("plateau_nan", schedule, 1, "metric_nan");
}

}  // namespace
}  // namespace gradus
