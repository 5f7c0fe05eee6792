#include "optim/adafactor.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "autograd/autograd.h"
#include "core/factory.h"
#include "optim/internal/check.h"
#include "optim/internal/tensor_rule.h"

namespace gradus::optim {

AdafactorOptions::AdafactorOptions(double lr) : lr_(lr) {}

void AdafactorOptions::check(const std::string& optimizer) const {
  check_not_negative(optimizer, "lr", lr_);
  GRADUS_CHECK_VALUE(beta2_decay_ <= 0, "{}: beta2_decay must be at most 0, got {}", optimizer,
                     beta2_decay_);
  if (eps1_) check_not_negative(optimizer, "eps1", *eps1_);
  check_not_negative(optimizer, "eps2", eps2_);
  GRADUS_CHECK_VALUE(d_ >= 1, "{}: d must be at least 1, got {}", optimizer, d_);
  check_not_negative(optimizer, "weight_decay", weight_decay_);
}

void AdafactorOptions::visit(FieldVisitor& visitor) {
  visitor("lr", lr_);
  visitor("beta2_decay", beta2_decay_);
  double eps1 = eps1_.value_or(-1);  // none
  visitor("eps1", eps1);
  eps1_ = eps1 < 0 ? std::nullopt : std::optional<double>(eps1);
  visitor("eps2", eps2_);
  visitor("d", d_);
  visitor("weight_decay", weight_decay_);
  visitor("maximize", maximize_);
}

void AdafactorParamState::visit(FieldVisitor& visitor) {
  visitor("step", step_);
  visitor("row_var", row_var_, StateTensor::AnyShape);
  visitor("col_var", col_var_, StateTensor::AnyShape);
  visitor("variance", variance_, StateTensor::Optional);
}

Adafactor::Adafactor(const std::vector<OptimizerParamGroup>& param_groups,
                     AdafactorOptions defaults)
    : Optimizer(param_groups, std::make_unique<AdafactorOptions>(std::move(defaults)),
                "Adafactor") {}

Adafactor::Adafactor(std::vector<Tensor> params, AdafactorOptions defaults)
    : Adafactor(std::vector{OptimizerParamGroup(std::move(params))}, std::move(defaults)) {}

Adafactor::Adafactor(const OrderedDict<std::string, Tensor>& named_params,
                     AdafactorOptions defaults)
    : Adafactor(std::vector{OptimizerParamGroup(named_params)}, std::move(defaults)) {}

std::unique_ptr<OptimizerParamState> Adafactor::make_state() const {
  return std::make_unique<AdafactorParamState>();
}

namespace {

double root_mean_square(const Tensor& x) {
  return x.norm().item<double>() / std::sqrt(static_cast<double>(x.numel()));
}

// The mean of g * g along a dim, which stays with size 1.
Tensor mean_square(const Tensor& g, int64_t dim) {
  return g.norm(Scalar(2), {dim}, /*keepdim=*/true).square_().div_(g.size(dim));
}

// Makes a state or checks the one that was loaded.
void prepare_sizes(const char* field, Tensor& state, const Tensor& p, std::vector<int64_t> sizes) {
  const ScalarType dtype = p.dtype() == kDouble ? kDouble : kFloat;
  if (!state.defined()) state = zeros(sizes, dtype);
  GRADUS_CHECK_VALUE(state.sizes() == IntArrayRef(sizes) && state.dtype() == dtype,
                     "Adafactor: the state {} must be {} of shape {}, got {} of {}", field, dtype,
                     IntArrayRef(sizes), state.dtype(), state.sizes());
}

std::vector<int64_t> sizes_without(const Tensor& p, int64_t dim) {
  std::vector<int64_t> sizes(p.sizes().begin(), p.sizes().end());
  sizes[sizes.size() + static_cast<size_t>(dim)] = 1;
  return sizes;
}

}  // namespace

void Adafactor::update() {
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    for_each_gradient<AdafactorParamState>(
        group, [&](const Tensor& p, const Tensor&, AdafactorParamState& state) {
          if (p.dim() >= 2) {
            prepare_sizes("row_var", state.row_var(), p, sizes_without(p, -1));
            prepare_sizes("col_var", state.col_var(), p, sizes_without(p, -2));
          } else {
            prepare_state("variance", state.variance(), p);
          }
        });
  }
  for (size_t group = 0; group < param_groups_.size(); ++group) {
    const auto& options = static_cast<const AdafactorOptions&>(param_groups_[group].options());
    for_each_gradient<AdafactorParamState>(
        group, [&](const Tensor& param, const Tensor& grad, AdafactorParamState& state) {
          with_tensor_rule(param, grad, options.maximize(),
                           [&](Tensor& p, const Tensor& g) { step_of(options, state, p, g); });
        });
  }
}

void Adafactor::step_of(const AdafactorOptions& options, AdafactorParamState& state, Tensor& p,
                        const Tensor& g) {
  const double lr = options.lr();
  const double eps1 =
      options.eps1().value_or(p.dtype() == kDouble ? std::numeric_limits<double>::epsilon()
                                                   : std::numeric_limits<float>::epsilon());
  const auto t = static_cast<double>(++state.step());
  const double one_minus_beta2 = std::pow(t, options.beta2_decay());
  const double rho = std::min(lr, 1 / std::sqrt(t));
  const double alpha = std::max(options.eps2(), root_mean_square(p)) * rho;
  if (options.weight_decay() != 0) p.mul_(1 - lr * options.weight_decay());

  Tensor v;
  if (p.dim() >= 2) {
    Tensor& r = state.row_var();
    Tensor& c = state.col_var();
    r.lerp_(mean_square(g, -1), one_minus_beta2);
    c.lerp_(mean_square(g, -2), one_minus_beta2);
    v = (r * c).div_(r.mean({-2}, /*keepdim=*/true).clamp_min_(eps1));
  } else {
    v = state.variance().lerp_(g * g, one_minus_beta2);
  }
  const Tensor u = v.clamp_min(eps1 * eps1).rsqrt_().mul_(g);
  p.add_(u, -alpha / std::max(1.0, root_mean_square(u) / options.d()));
}

}  // namespace gradus::optim
