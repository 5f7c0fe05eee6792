#include "optim/soap.h"

#include <cmath>
#include <tuple>
#include <utility>
#include <vector>

#include "autograd/autograd.h"
#include "core/factory.h"
#include "core/kernels/optimizer_matrix.h"
#include "optim/internal/check.h"
#include "optim/internal/tensor_rule.h"

namespace gradus::optim {

SOAPOptions::SOAPOptions(double lr) : lr_(lr) {}

void SOAPOptions::check(const std::string& optimizer) const {
  check_not_negative(optimizer, "lr", lr_);
  check_decay_rate(optimizer, "beta1", std::get<0>(betas_));
  check_decay_rate(optimizer, "beta2", std::get<1>(betas_));
  check_decay_rate(optimizer, "shampoo_beta", shampoo_beta_);
  check_not_negative(optimizer, "eps", eps_);
  GRADUS_CHECK_VALUE(precondition_frequency_ >= 1,
                     "{}: precondition_frequency must be at least 1, got {}", optimizer,
                     precondition_frequency_);
  GRADUS_CHECK_VALUE(max_preconditioner_dim_ >= 1,
                     "{}: max_preconditioner_dim must be at least 1, got {}", optimizer,
                     max_preconditioner_dim_);
  check_not_negative(optimizer, "weight_decay", weight_decay_);
}

void SOAPOptions::visit(FieldVisitor& visitor) {
  visitor("lr", lr_);
  visitor("betas", betas_);
  visitor("shampoo_beta", shampoo_beta_);
  visitor("eps", eps_);
  visitor("precondition_frequency", precondition_frequency_);
  visitor("max_preconditioner_dim", max_preconditioner_dim_);
  visitor("weight_decay", weight_decay_);
  visitor("maximize", maximize_);
}

void SOAPParamState::visit(FieldVisitor& visitor) {
  visitor("step", step_);
  visitor("exp_avg", exp_avg_);
  visitor("exp_avg_sq", exp_avg_sq_, StateTensor::AnyShape);
  visitor("L", L_, StateTensor::AnyShape);
  visitor("R", R_, StateTensor::AnyShape);
  visitor("Q_L", Q_L_, StateTensor::AnyShape);
  visitor("Q_R", Q_R_, StateTensor::AnyShape);
}

SOAP::SOAP(const std::vector<OptimizerParamGroup>& param_groups, SOAPOptions defaults)
    : Optimizer(param_groups, std::make_unique<SOAPOptions>(std::move(defaults)), "SOAP") {}

SOAP::SOAP(std::vector<Tensor> params, SOAPOptions defaults)
    : SOAP(std::vector{OptimizerParamGroup(std::move(params))}, std::move(defaults)) {}

SOAP::SOAP(const OrderedDict<std::string, Tensor>& named_params, SOAPOptions defaults)
    : SOAP(std::vector{OptimizerParamGroup(named_params)}, std::move(defaults)) {}

std::unique_ptr<OptimizerParamState> SOAP::make_state() const {
  return std::make_unique<SOAPParamState>();
}

namespace {

// Makes a square matrix of a state, or checks the one that was loaded.
void prepare_square(const char* field, Tensor& state, int64_t n, ScalarType dtype) {
  if (!state.defined()) state = zeros({n, n}, dtype);
  GRADUS_CHECK_VALUE(
      state.dim() == 2 && state.size(0) == n && state.size(1) == n && state.dtype() == dtype,
      "SOAP: the state {} must be {} of shape [{}, {}], got {} of {}", field, dtype, n, n,
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

// Statistics and bases of a parameter after the step. They are computed before anything changes,
// since a decomposition throws where they are not finite.
struct Bases {
  Tensor L, R, Q_L, Q_R;
};

Bases next_bases(const SOAPOptions& options, const SOAPParamState& state, const Tensor& param,
                 const Tensor& grad) {
  if (param.numel() == 0) return {};
  const Tensor g =
      rule_gradient(param, grad, options.maximize()).reshape({rows_of(param), columns_of(param)});
  const int64_t step = state.step();
  const double beta = options.shampoo_beta();
  const auto follow = [&](const Tensor& statistics, const Tensor& basis, const Tensor& now) {
    const Tensor next = (statistics * beta).add_(now, 1 - beta);
    if (step == 0) return std::pair(next, kernel::symmetric_eigenvectors("SOAP", next));
    const bool decomposes = step % options.precondition_frequency() == 0;
    return std::pair(next, decomposes ? kernel::orthogonal_factor("SOAP", next.mm(basis)) : basis);
  };
  Bases next;
  if (state.L().defined()) std::tie(next.L, next.Q_L) = follow(state.L(), state.Q_L(), g.mm(g.t()));
  if (state.R().defined()) std::tie(next.R, next.Q_R) = follow(state.R(), state.Q_R(), g.t().mm(g));
  return next;
}

void step_of(const SOAPOptions& options, SOAPParamState& state, Bases& next, Tensor& p,
             const Tensor& g) {
  const auto [beta1, beta2] = options.betas();
  const bool left = state.L().defined(), right = state.R().defined();
  const Tensor matrix = g.reshape({rows_of(p), columns_of(p)});
  const auto rotate = [&](Tensor x) {
    if (left) x = state.Q_L().t().mm(x);
    if (right) x = x.mm(state.Q_R());
    return x;
  };
  const int64_t step = state.step()++;
  if (step > 0) {
    const auto t = static_cast<double>(step);
    const Tensor& m = state.exp_avg().mul_(beta1).add_(g, 1 - beta1);
    const Tensor rotated = rotate(matrix);
    Tensor& v = state.exp_avg_sq();
    v.mul_(beta2).addcmul_(rotated, rotated, 1 - beta2);
    const Tensor denominator = (v / (1 - std::pow(beta2, t))).sqrt_().add_(options.eps());
    Tensor u = rotate(m.reshape(matrix.sizes())) / (1 - std::pow(beta1, t)) / denominator;
    if (left) u = state.Q_L().mm(u);
    if (right) u = u.mm(state.Q_R().t());
    p.mul_(1 - options.lr() * options.weight_decay());
    p.sub_(u.reshape(p.sizes()), options.lr());
  }
  state.L(std::move(next.L)).R(std::move(next.R));
  state.Q_L(std::move(next.Q_L)).Q_R(std::move(next.Q_R));
}

}  // namespace

void SOAP::update() {
  std::vector<Bases> bases;
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    const auto& options = static_cast<const SOAPOptions&>(param_groups_[group].options());
    for_each_gradient<SOAPParamState>(
        group, [&](const Tensor& p, const Tensor& g, SOAPParamState& state) {
          const ScalarType dtype = p.dtype() == kDouble ? kDouble : kFloat;
          const int64_t rows = rows_of(p), columns = columns_of(p);
          prepare_state("exp_avg", state.exp_avg(), p);
          if (!state.exp_avg_sq().defined()) state.exp_avg_sq() = zeros({rows, columns}, dtype);
          GRADUS_CHECK_VALUE(
              state.exp_avg_sq().sizes() == IntArrayRef({rows, columns}) &&
                  state.exp_avg_sq().dtype() == dtype,
              "SOAP: the state exp_avg_sq must be {} of shape [{}, {}], got {} of {}", dtype, rows,
              columns, state.exp_avg_sq().dtype(), state.exp_avg_sq().sizes());
          if (p.dim() >= 2 && is_used(rows, options.max_preconditioner_dim())) {
            prepare_square("L", state.L(), rows, dtype);
            prepare_square("Q_L", state.Q_L(), rows, dtype);
          }
          if (p.dim() >= 2 && is_used(columns, options.max_preconditioner_dim())) {
            prepare_square("R", state.R(), columns, dtype);
            prepare_square("Q_R", state.Q_R(), columns, dtype);
          }
          bases.push_back(next_bases(options, state, p, g));
        });
  }
  auto next = bases.begin();
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    const auto& options = static_cast<const SOAPOptions&>(param_groups_[group].options());
    for_each_gradient<SOAPParamState>(
        group, [&](const Tensor& param, const Tensor& grad, SOAPParamState& state) {
          Bases& own = *next++;
          with_tensor_rule(param, grad, options.maximize(),
                           [&](Tensor& p, const Tensor& g) { step_of(options, state, own, p, g); });
        });
  }
}

}  // namespace gradus::optim
