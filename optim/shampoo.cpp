#include "optim/shampoo.h"

#include <cmath>
#include <utility>
#include <vector>

#include "autograd/autograd.h"
#include "core/factory.h"
#include "core/kernels/optimizer_matrix.h"
#include "optim/internal/check.h"
#include "optim/internal/tensor_rule.h"

namespace gradus::optim {

ShampooOptions::ShampooOptions(double lr) : lr_(lr) {}

void ShampooOptions::check(const std::string& optimizer) const {
  check_not_negative(optimizer, "lr", lr_);
  check_decay_rate(optimizer, "momentum", momentum_);
  check_not_negative(optimizer, "eps", eps_);
  GRADUS_CHECK_VALUE(precondition_frequency_ >= 1,
                     "{}: precondition_frequency must be at least 1, got {}", optimizer,
                     precondition_frequency_);
  GRADUS_CHECK_VALUE(max_preconditioner_dim_ >= 1,
                     "{}: max_preconditioner_dim must be at least 1, got {}", optimizer,
                     max_preconditioner_dim_);
  check_not_negative(optimizer, "weight_decay", weight_decay_);
}

void ShampooOptions::visit(FieldVisitor& visitor) {
  visitor("lr", lr_);
  visitor("momentum", momentum_);
  visitor("eps", eps_);
  visitor("precondition_frequency", precondition_frequency_);
  visitor("max_preconditioner_dim", max_preconditioner_dim_);
  visitor("weight_decay", weight_decay_);
  visitor("decoupled_weight_decay", decoupled_weight_decay_);
  visitor("maximize", maximize_);
}

void ShampooParamState::visit(FieldVisitor& visitor) {
  visitor("step", step_);
  visitor("L", L_, StateTensor::AnyShape);
  visitor("R", R_, StateTensor::AnyShape);
  visitor("L_root", L_root_, StateTensor::AnyShape);
  visitor("R_root", R_root_, StateTensor::AnyShape);
  visitor("sum", sum_, StateTensor::Optional);
  visitor("momentum_buffer", momentum_buffer_, StateTensor::Optional);
}

Shampoo::Shampoo(const std::vector<OptimizerParamGroup>& param_groups, ShampooOptions defaults)
    : Optimizer(param_groups, std::make_unique<ShampooOptions>(std::move(defaults)), "Shampoo") {}

Shampoo::Shampoo(std::vector<Tensor> params, ShampooOptions defaults)
    : Shampoo(std::vector{OptimizerParamGroup(std::move(params))}, std::move(defaults)) {}

Shampoo::Shampoo(const OrderedDict<std::string, Tensor>& named_params, ShampooOptions defaults)
    : Shampoo(std::vector{OptimizerParamGroup(named_params)}, std::move(defaults)) {}

std::unique_ptr<OptimizerParamState> Shampoo::make_state() const {
  return std::make_unique<ShampooParamState>();
}

namespace {

// Makes a square matrix of a state, or checks the one that was loaded.
void prepare_square(const char* field, Tensor& state, int64_t n, ScalarType dtype) {
  if (!state.defined()) state = zeros({n, n}, dtype);
  GRADUS_CHECK_VALUE(
      state.dim() == 2 && state.size(0) == n && state.size(1) == n && state.dtype() == dtype,
      "Shampoo: the state {} must be {} of shape [{}, {}], got {} of {}", field, dtype, n, n,
      state.dtype(), state.sizes());
}

int64_t rows_of(const Tensor& p) {
  return p.dim() < 2 || p.numel() == 0 ? 1 : p.size(0);
}
int64_t columns_of(const Tensor& p) {
  return p.numel() == 0 ? 1 : p.numel() / rows_of(p);
}
bool is_used(int64_t n, int64_t max_dim) {
  return n > 1 && n <= max_dim;
}

// g + weight_decay * p, unless the decay is decoupled.
Tensor with_decay(const ShampooOptions& options, const Tensor& p, const Tensor& g) {
  if (options.weight_decay() == 0 || options.decoupled_weight_decay()) return g;
  return g + options.weight_decay() * p;
}

// The matrices of a parameter after the step. They are computed before anything changes, since a
// decomposition throws where they are not finite.
struct Matrices {
  Tensor L, R, L_root, R_root;
};

Matrices next_matrices(const ShampooOptions& options, const ShampooParamState& state,
                       const Tensor& param, const Tensor& grad) {
  const bool left = state.L().defined(), right = state.R().defined();
  if ((!left && !right) || param.numel() == 0) return {};
  const Tensor g = rule_gradient(param, grad, options.maximize());
  const Tensor u = with_decay(options, param.detach().to(g.dtype()), g)
                       .reshape({rows_of(param), columns_of(param)});
  const bool decomposes = state.step() % options.precondition_frequency() == 0;
  const double power = left && right ? -0.25 : -0.5;
  const auto root_of = [&](const Tensor& statistics, const Tensor& root) {
    return decomposes ? kernel::symmetric_power("Shampoo", statistics, power, options.eps()) : root;
  };
  Matrices next;
  if (left) {
    next.L = state.L() + u.mm(u.t());
    next.L_root = root_of(next.L, state.L_root());
  }
  if (right) {
    next.R = state.R() + u.t().mm(u);
    next.R_root = root_of(next.R, state.R_root());
  }
  return next;
}

void step_of(const ShampooOptions& options, ShampooParamState& state, Matrices& next, Tensor& p,
             const Tensor& grad) {
  const Tensor g = with_decay(options, p, grad);
  if (options.decoupled_weight_decay()) p.mul_(1 - options.lr() * options.weight_decay());
  ++state.step();
  Tensor u;
  if (next.L.defined() || next.R.defined()) {
    state.L(std::move(next.L)).R(std::move(next.R));
    state.L_root(std::move(next.L_root)).R_root(std::move(next.R_root));
    u = g.reshape({rows_of(p), columns_of(p)});
    if (state.L().defined()) u = state.L_root().mm(u);
    if (state.R().defined()) u = u.mm(state.R_root());
    u = u.reshape(p.sizes());
  } else {
    state.sum().addcmul_(g, g);
    u = g / (state.sum() + options.eps()).sqrt_();
  }
  if (options.momentum() != 0) u = state.momentum_buffer().mul_(options.momentum()).add_(u);
  p.sub_(u, options.lr());
}

}  // namespace

void Shampoo::update() {
  std::vector<Matrices> matrices;
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    const auto& options = static_cast<const ShampooOptions&>(param_groups_[group].options());
    for_each_gradient<ShampooParamState>(
        group, [&](const Tensor& p, const Tensor& g, ShampooParamState& state) {
          const ScalarType dtype = p.dtype() == kDouble ? kDouble : kFloat;
          const int64_t rows = rows_of(p), columns = columns_of(p);
          const bool left = is_used(rows, options.max_preconditioner_dim());
          const bool right = is_used(columns, options.max_preconditioner_dim());
          if (left) {
            prepare_square("L", state.L(), rows, dtype);
            prepare_square("L_root", state.L_root(), rows, dtype);
          }
          if (right) {
            prepare_square("R", state.R(), columns, dtype);
            prepare_square("R_root", state.R_root(), columns, dtype);
          }
          if (!left && !right) prepare_state("sum", state.sum(), p);
          if (options.momentum() != 0) prepare_state("momentum_buffer", state.momentum_buffer(), p);
          matrices.push_back(next_matrices(options, state, p, g));
        });
  }
  auto next = matrices.begin();
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    const auto& options = static_cast<const ShampooOptions&>(param_groups_[group].options());
    for_each_gradient<ShampooParamState>(
        group, [&](const Tensor& param, const Tensor& grad, ShampooParamState& state) {
          Matrices& own = *next++;
          with_tensor_rule(param, grad, options.maximize(),
                           [&](Tensor& p, const Tensor& g) { step_of(options, state, own, p, g); });
        });
  }
}

}  // namespace gradus::optim
