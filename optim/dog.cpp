#include "optim/dog.h"

#include <algorithm>
#include <cmath>

#include "autograd/autograd.h"
#include "optim/internal/check.h"
#include "optim/internal/tensor_rule.h"

namespace gradus::optim {

DoGOptions::DoGOptions(double lr) : lr_(lr) {}

void DoGOptions::check(const std::string& optimizer) const {
  check_not_negative(optimizer, "lr", lr_);
  check_not_negative(optimizer, "reps_rel", reps_rel_);
  check_not_negative(optimizer, "eps", eps_);
  check_not_negative(optimizer, "weight_decay", weight_decay_);
}

void DoGOptions::visit(FieldVisitor& visitor) {
  visitor("lr", lr_);
  visitor("reps_rel", reps_rel_);
  visitor("eps", eps_);
  visitor("weight_decay", weight_decay_);
  visitor("decoupled_weight_decay", decoupled_weight_decay_);
  visitor("maximize", maximize_);
}

void DoGParamState::visit(FieldVisitor& visitor) {
  visitor("init", init_);
}

DoG::DoG(const std::vector<OptimizerParamGroup>& param_groups, DoGOptions defaults)
    : Optimizer(param_groups, std::make_unique<DoGOptions>(std::move(defaults)), "DoG") {}

DoG::DoG(std::vector<Tensor> params, DoGOptions defaults)
    : DoG(std::vector{OptimizerParamGroup(std::move(params))}, std::move(defaults)) {}

DoG::DoG(const OrderedDict<std::string, Tensor>& named_params, DoGOptions defaults)
    : DoG(std::vector{OptimizerParamGroup(named_params)}, std::move(defaults)) {}

std::unique_ptr<OptimizerParamState> DoG::make_state() const {
  return std::make_unique<DoGParamState>();
}

void DoG::visit_state(FieldVisitor& visitor) {
  visitor("distance", distance_);
  visitor("grad_sum_sq", grad_sum_sq_);
}

double DoG::rate() const {
  const double eps = static_cast<const DoGOptions&>(defaults()).eps();
  return distance_ / std::sqrt(grad_sum_sq_ + eps);
}

void DoG::update() {
  double g_sq = 0, way_sq = 0, init_sq = 0;
  bool any = false;
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    const auto& options = static_cast<const DoGOptions&>(param_groups_[group].options());
    for_each_gradient<DoGParamState>(
        group, [&](const Tensor& param, const Tensor& grad, DoGParamState& state) {
          any = true;
          if (prepare_state("init", state.init(), param)) state.init().copy_(param);
          const Tensor& x0 = state.init();
          const Tensor p = param.detach().to(x0.dtype());
          Tensor g = grad.detach().to(x0.dtype());
          if (options.maximize()) g = g.neg();
          if (!options.decoupled_weight_decay() && options.weight_decay() != 0) {
            g = g + options.weight_decay() * p;
          }
          g_sq += dot_of(g, g);
          way_sq += std::pow(norm_of(p - x0), 2);
          init_sq += dot_of(x0, x0);
        });
  }
  if (!any) return;
  const auto& defaults = static_cast<const DoGOptions&>(*defaults_);
  if (distance_ == 0) distance_ = defaults.reps_rel() * (1 + std::sqrt(init_sq));
  distance_ = std::max(distance_, std::sqrt(way_sq));
  grad_sum_sq_ += g_sq;
  const double rate = distance_ / std::sqrt(grad_sum_sq_ + defaults.eps());
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    const auto& options = static_cast<const DoGOptions&>(param_groups_[group].options());
    const double eta = options.lr() * rate;
    for_each_gradient(group, [&](const Tensor& param, const Tensor& grad) {
      with_tensor_rule(param, grad, options.maximize(), [&](Tensor& p, Tensor g) {
        if (options.weight_decay() != 0) {
          if (options.decoupled_weight_decay()) {
            p.mul_(1 - eta * options.weight_decay());
          } else {
            g = g + options.weight_decay() * p;
          }
        }
        p.sub_(g, eta);
      });
    });
  }
}

}  // namespace gradus::optim
