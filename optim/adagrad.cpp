#include "optim/adagrad.h"

#include "core/uninitialized.h"
#include "optim/internal/check.h"
#include "optim/internal/numbers.h"
#include "optim/internal/sparse_pass.h"

namespace gradus::optim {

AdagradOptions::AdagradOptions(double lr) : lr_(lr) {}

void AdagradOptions::check(const std::string& optimizer) const {
  check_not_negative(optimizer, "lr", lr_);
  check_not_negative(optimizer, "lr_decay", lr_decay_);
  check_not_negative(optimizer, "weight_decay", weight_decay_);
  check_not_negative(optimizer, "initial_accumulator_value", initial_accumulator_value_);
  check_not_negative(optimizer, "eps", eps_);
}

void AdagradOptions::visit(FieldVisitor& visitor) {
  visitor("lr", lr_);
  visitor("lr_decay", lr_decay_);
  visitor("weight_decay", weight_decay_);
  visitor("initial_accumulator_value", initial_accumulator_value_);
  visitor("eps", eps_);
  visitor("maximize", maximize_);
}

void AdagradParamState::visit(FieldVisitor& visitor) {
  visitor("sum", sum_);
  visitor("step", step_);
}

Adagrad::Adagrad(const std::vector<OptimizerParamGroup>& param_groups, AdagradOptions defaults)
    : Optimizer(param_groups, std::make_unique<AdagradOptions>(std::move(defaults)), "Adagrad") {
  // As PyTorch, where this optimizer alone has its state before the first step.
  for (const OptimizerParamGroup& group : param_groups_) {
    const auto& options = static_cast<const AdagradOptions&>(group.options());
    for (const Tensor& p : group.params()) {
      if (is_uninitialized(p)) continue;
      auto state = std::make_unique<AdagradParamState>();
      prepare_state("sum", state->sum(), p);
      state->sum().fill_(options.initial_accumulator_value());
      state_[p.unsafeGetTensorImpl()] = std::move(state);
    }
  }
}

Adagrad::Adagrad(std::vector<Tensor> params, AdagradOptions defaults)
    : Adagrad(std::vector{OptimizerParamGroup(std::move(params))}, std::move(defaults)) {}

Adagrad::Adagrad(const OrderedDict<std::string, Tensor>& named_params, AdagradOptions defaults)
    : Adagrad(std::vector{OptimizerParamGroup(named_params)}, std::move(defaults)) {}

std::unique_ptr<OptimizerParamState> Adagrad::make_state() const {
  return std::make_unique<AdagradParamState>();
}

void Adagrad::check_sparse_gradient(const OptimizerOptions& options,
                                    const std::string& what) const {
  check_no_weight_decay(name(), static_cast<const AdagradOptions&>(options).weight_decay(), what);
}

void Adagrad::update() {
  kernel::TensorBatch& batch = this->batch();
  SparsePass sparse;
  StepNumbers<kernel::AdagradNumbers> numbers;
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    const auto& options = static_cast<const AdagradOptions&>(param_groups_[group].options());
    kernel::AdagradNumbers adagrad{gradient_numbers(options)};
    adagrad.eps = options.eps();
    numbers.begin_group(adagrad);
    for_each_gradient<AdagradParamState>(
        group, [&](const Tensor& p, const Tensor& g, AdagradParamState& state) {
          if (prepare_state("sum", state.sum(), p)) {
            state.sum().fill_(options.initial_accumulator_value());
          }
          const int64_t t = state.step() + 1;
          const int32_t own = numbers.at(t, [&](kernel::AdagradNumbers& adagrad) {
            adagrad.rate = adagrad.lr / (1 + static_cast<double>(t - 1) * options.lr_decay());
          });
          if (!g.is_sparse()) return batch.add({&p, &g, &state.sum()}, own, &state.step());
          const Tensor values = sparse.begin(g);
          const Tensor rows_p = sparse.rows_of(p), rows_sum = sparse.rows_of(state.sum());
          batch.add({&rows_p, &values, &rows_sum}, own, &state.step());
        });
  }
  batch.run(kernel::adagrad_kernel(), numbers.data());
  sparse.write_back();
}

}  // namespace gradus::optim
