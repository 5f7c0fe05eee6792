#include "optim/sgd.h"

#include "core/inline_vector.h"
#include "core/kernels/optimizer.h"
#include "optim/internal/check.h"
#include "optim/internal/numbers.h"
#include "optim/internal/sparse_pass.h"

namespace gradus::optim {

SGDOptions::SGDOptions(double lr) : lr_(lr) {}

void SGDOptions::check(const std::string& optimizer) const {
  check_not_negative(optimizer, "lr", lr_);
  check_not_negative(optimizer, "momentum", momentum_);
  check_not_negative(optimizer, "weight_decay", weight_decay_);
  check_number(optimizer, "dampening", dampening_);
  GRADUS_CHECK_VALUE(!nesterov_ || (momentum_ > 0 && dampening_ == 0),
                     "{}: nesterov requires a momentum and zero dampening, got momentum {} and "
                     "dampening {}",
                     optimizer, momentum_, dampening_);
}

void SGDOptions::visit(FieldVisitor& visitor) {
  visitor("lr", lr_);
  visitor("momentum", momentum_);
  visitor("dampening", dampening_);
  visitor("weight_decay", weight_decay_);
  visitor("nesterov", nesterov_);
  visitor("maximize", maximize_);
}

void SGDParamState::visit(FieldVisitor& visitor) {
  visitor("momentum_buffer", momentum_buffer_, StateTensor::Optional);
}

SGD::SGD(const std::vector<OptimizerParamGroup>& param_groups, SGDOptions defaults)
    : Optimizer(param_groups, std::make_unique<SGDOptions>(std::move(defaults)), "SGD") {}

SGD::SGD(std::vector<Tensor> params, SGDOptions defaults)
    : SGD(std::vector{OptimizerParamGroup(std::move(params))}, std::move(defaults)) {}

SGD::SGD(const OrderedDict<std::string, Tensor>& named_params, SGDOptions defaults)
    : SGD(std::vector{OptimizerParamGroup(named_params)}, std::move(defaults)) {}

std::unique_ptr<OptimizerParamState> SGD::make_state() const {
  return std::make_unique<SGDParamState>();
}

void SGD::check_sparse_gradient(const OptimizerOptions& options, const std::string& what) const {
  check_no_weight_decay(name(), static_cast<const SGDOptions&>(options).weight_decay(), what);
}

void SGD::update() {
  kernel::TensorBatch& batch = this->batch();
  SparsePass sparse;
  InlineVector<kernel::SgdNumbers, 8> numbers;
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    const auto& options = static_cast<const SGDOptions&>(param_groups_[group].options());
    const auto own = static_cast<int32_t>(numbers.size());
    kernel::SgdNumbers sgd{gradient_numbers(options)};
    sgd.momentum = options.momentum();
    sgd.dampening = options.dampening();
    sgd.nesterov = options.nesterov();
    numbers.push_back(sgd);
    sgd.first = true;
    numbers.push_back(sgd);
    if (options.momentum() == 0) {
      for_each_gradient(group, [&](const Tensor& p, const Tensor& g) {
        if (!g.is_sparse()) return batch.add({&p, &g}, own);
        const Tensor values = sparse.begin(g), rows_p = sparse.rows_of(p);
        batch.add({&rows_p, &values}, own);
      });
      continue;
    }
    for_each_gradient<SGDParamState>(
        group, [&](const Tensor& p, const Tensor& g, SGDParamState& state) {
          Tensor& b = state.momentum_buffer();
          const bool first = prepare_state("momentum_buffer", b, p);
          const Tensor& dense = g.is_sparse() ? sparse.keep(g.to_dense()) : g;
          batch.add({&p, &dense, &b}, first ? own + 1 : own);
        });
  }
  batch.run(kernel::sgd_kernel(), numbers.data());
  sparse.write_back();
}

}  // namespace gradus::optim
