#include "optim/sparse_adam.h"

#include <cmath>

#include "optim/internal/check.h"
#include "optim/internal/numbers.h"
#include "optim/internal/sparse_pass.h"

namespace gradus::optim {

SparseAdamOptions::SparseAdamOptions(double lr) : lr_(lr) {}

void SparseAdamOptions::check(const std::string& optimizer) const {
  check_not_negative(optimizer, "lr", lr_);
  check_decay_rate(optimizer, "beta1", std::get<0>(betas_));
  check_decay_rate(optimizer, "beta2", std::get<1>(betas_));
  GRADUS_CHECK_VALUE(eps_ > 0, "{}: eps must be above 0, got {}", optimizer, eps_);
}

void SparseAdamOptions::visit(FieldVisitor& visitor) {
  visitor("lr", lr_);
  visitor("betas", betas_);
  visitor("eps", eps_);
  visitor("maximize", maximize_);
}

void SparseAdamParamState::visit(FieldVisitor& visitor) {
  visitor("step", step_);
  visitor("exp_avg", exp_avg_);
  visitor("exp_avg_sq", exp_avg_sq_);
}

SparseAdam::SparseAdam(const std::vector<OptimizerParamGroup>& param_groups,
                       SparseAdamOptions defaults)
    : Optimizer(param_groups, std::make_unique<SparseAdamOptions>(std::move(defaults)),
                "SparseAdam") {}

SparseAdam::SparseAdam(std::vector<Tensor> params, SparseAdamOptions defaults)
    : SparseAdam(std::vector{OptimizerParamGroup(std::move(params))}, std::move(defaults)) {}

SparseAdam::SparseAdam(const OrderedDict<std::string, Tensor>& named_params,
                       SparseAdamOptions defaults)
    : SparseAdam(std::vector{OptimizerParamGroup(named_params)}, std::move(defaults)) {}

std::unique_ptr<OptimizerParamState> SparseAdam::make_state() const {
  return std::make_unique<SparseAdamParamState>();
}

void SparseAdam::check_sparse_gradient(const OptimizerOptions&, const std::string&) const {}

void SparseAdam::update() {
  kernel::TensorBatch& batch = this->batch();
  SparsePass sparse;
  StepNumbers<kernel::AdamNumbers> numbers;
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    const auto& options = static_cast<const SparseAdamOptions&>(param_groups_[group].options());
    kernel::AdamNumbers adam{gradient_numbers(options)};
    std::tie(adam.beta1, adam.beta2) = options.betas();
    numbers.begin_group(adam);
    for_each_gradient<SparseAdamParamState>(group, [&](const Tensor& p, const Tensor& g,
                                                       SparseAdamParamState& state) {
      GRADUS_CHECK(g.is_sparse(), "{}: a gradient of group {} is dense; Adam takes such gradients",
                   name(), group);
      prepare_state("exp_avg", state.exp_avg(), p);
      prepare_state("exp_avg_sq", state.exp_avg_sq(), p);
      const auto t = static_cast<double>(state.step() + 1);
      const int32_t own = numbers.at(state.step() + 1, [&](kernel::AdamNumbers& adam) {
        adam.bias_correction1 = 1 - std::pow(adam.beta1, t);
        adam.bias_correction2 = 1 - std::pow(adam.beta2, t);
        // Adam's rule has sqrt(v) / sqrt(1 - beta2^t) + eps in place of this one's
        // (sqrt(v) + eps) / sqrt(1 - beta2^t).
        adam.eps = options.eps() / std::sqrt(adam.bias_correction2);
      });
      const Tensor values = sparse.begin(g), rows_p = sparse.rows_of(p);
      const Tensor rows_m = sparse.rows_of(state.exp_avg());
      const Tensor rows_v = sparse.rows_of(state.exp_avg_sq());
      batch.add({&rows_p, &values, &rows_m, &rows_v}, own, &state.step());
    });
  }
  batch.run(kernel::adam_kernel(), numbers.data());
  sparse.write_back();
}

}  // namespace gradus::optim
