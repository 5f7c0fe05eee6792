#include "optim/asgd.h"

#include <algorithm>
#include <cmath>

#include "optim/internal/check.h"
#include "optim/internal/numbers.h"

namespace gradus::optim {

ASGDOptions::ASGDOptions(double lr) : lr_(lr) {}

void ASGDOptions::check(const std::string& optimizer) const {
  check_not_negative(optimizer, "lr", lr_);
  check_not_negative(optimizer, "lambd", lambd_);
  check_not_negative(optimizer, "alpha", alpha_);
  check_not_negative(optimizer, "weight_decay", weight_decay_);
  check_number(optimizer, "t0", t0_);
}

void ASGDOptions::visit(FieldVisitor& visitor) {
  visitor("lr", lr_);
  visitor("lambd", lambd_);
  visitor("alpha", alpha_);
  visitor("t0", t0_);
  visitor("weight_decay", weight_decay_);
  visitor("maximize", maximize_);
}

void ASGDParamState::visit(FieldVisitor& visitor) {
  visitor("step", step_);
  visitor("eta", eta_);
  visitor("mu", mu_);
  visitor("ax", ax_);
}

ASGD::ASGD(const std::vector<OptimizerParamGroup>& param_groups, ASGDOptions defaults)
    : Optimizer(param_groups, std::make_unique<ASGDOptions>(std::move(defaults)), "ASGD") {}

ASGD::ASGD(std::vector<Tensor> params, ASGDOptions defaults)
    : ASGD(std::vector{OptimizerParamGroup(std::move(params))}, std::move(defaults)) {}

ASGD::ASGD(const OrderedDict<std::string, Tensor>& named_params, ASGDOptions defaults)
    : ASGD(std::vector{OptimizerParamGroup(named_params)}, std::move(defaults)) {}

std::unique_ptr<OptimizerParamState> ASGD::make_state() const {
  return std::make_unique<ASGDParamState>();
}

void ASGD::update() {
  kernel::TensorBatch& batch = this->batch();
  StepNumbers<kernel::AsgdNumbers, std::pair<double, double>> numbers;
  rates_.clear();
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    const auto& options = static_cast<const ASGDOptions&>(param_groups_[group].options());
    kernel::AsgdNumbers asgd{gradient_numbers(options)};
    asgd.lambd = options.lambd();
    numbers.begin_group(asgd);
    for_each_gradient<ASGDParamState>(group, [&](const Tensor& p, const Tensor& g,
                                                 ASGDParamState& state) {
      prepare_state("ax", state.ax(), p);
      if (state.step() == 0) state.eta(options.lr());
      const auto t = static_cast<double>(state.step() + 1);
      rates_.push_back(
          {&state, options.lr() / std::pow(1 + options.lambd() * options.lr() * t, options.alpha()),
           1 / std::max(1.0, t - options.t0())});
      const int32_t own = numbers.at({state.eta(), state.mu()}, [&](kernel::AsgdNumbers& asgd) {
        asgd.eta = state.eta();
        asgd.mu = state.mu();
      });
      batch.add({&p, &g, &state.ax()}, own, &state.step());
    });
  }
  batch.run(kernel::asgd_kernel(), numbers.data());
  for (const Rates& rates : rates_) rates.state->eta(rates.eta).mu(rates.mu);
}

}  // namespace gradus::optim
