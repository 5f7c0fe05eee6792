#include "optim/wrappers/grad_scaler.h"

#include <cmath>

#include "autograd/autograd.h"
#include "core/kernels/clip.h"
#include "core/state_number.h"
#include "optim/internal/named_params.h"

namespace gradus::optim {

GradScaler::GradScaler(double init_scale, double growth_factor, double backoff_factor,
                       int64_t growth_interval, bool enabled)
    : scale_(init_scale), enabled_(enabled) {
  GRADUS_CHECK_VALUE(init_scale > 0 && std::isfinite(init_scale),
                     "GradScaler: init_scale must be positive, got {}", init_scale);
  set_growth_factor(growth_factor);
  set_backoff_factor(backoff_factor);
  set_growth_interval(growth_interval);
}

void GradScaler::set_growth_factor(double growth_factor) {
  GRADUS_CHECK_VALUE(growth_factor > 1, "GradScaler: growth_factor must be above 1, got {}",
                     growth_factor);
  growth_factor_ = growth_factor;
}

void GradScaler::set_backoff_factor(double backoff_factor) {
  GRADUS_CHECK_VALUE(backoff_factor > 0 && backoff_factor < 1,
                     "GradScaler: backoff_factor must be in (0, 1), got {}", backoff_factor);
  backoff_factor_ = backoff_factor;
}

void GradScaler::set_growth_interval(int64_t growth_interval) {
  GRADUS_CHECK_VALUE(growth_interval >= 1, "GradScaler: growth_interval must be at least 1, got {}",
                     growth_interval);
  growth_interval_ = growth_interval;
}

GradScaler::~GradScaler() = default;

Tensor GradScaler::scale(const Tensor& loss) const {
  return enabled_ ? loss * scale_ : loss;
}

void GradScaler::unscale_(Optimizer& optimizer) {
  if (!enabled_) return;
  Stage& stage = stages_[&optimizer];
  GRADUS_CHECK(!stage.unscaled,
               "GradScaler: unscale_() has been called on this optimizer since the last update()");
  GRADUS_CHECK(!stage.stepped, "GradScaler: unscale_() after step()");
  const NoGradGuard no_grad;
  for (const auto& [name, param] : named_params(optimizer)) {
    if (!param.grad().defined()) continue;
    // A copy: the gradient may be shared with what the user keeps. In float, so that a float16 one
    // that was saved from underflow does not underflow here.
    Tensor& grad = param.mutable_grad();
    const ScalarType dtype = grad.dtype() == kDouble ? kDouble : kFloat;
    const Tensor whole = grad.is_sparse() ? grad.detach().to(dtype).coalesce() : grad.detach();
    const Tensor scaled = whole.is_sparse() ? whole.values() : whole.to(dtype);
    const Tensor unscaled = scaled * (1 / scale_);
    if (!unscaled.isfinite().all().item<bool>()) stage.found_inf = true;
    grad = unscaled.to(param.dtype());
    if (whole.is_sparse()) grad = sparse_coo_tensor(whole.indices(), grad, whole.sizes());
  }
  stage.unscaled = true;
}

bool GradScaler::unscales_in_step(Optimizer& optimizer) const {
  if (!optimizer.takes_gradient_factor() || !optimizer.transforms().empty() || scale_ < 1) {
    return false;
  }
  kernel::TensorBatch batch;
  for (const OptimizerParamGroup& group : optimizer.param_groups()) {
    for (const Tensor& param : group.params()) {
      if (!param.grad().defined()) continue;
      if (param.grad().is_sparse()) return false;
      batch.add({&param.grad()});
    }
  }
  // A scale of 1 or more lets nothing finite overflow. Squares in double overflow for none but
  // double gradients; then unscale_() looks closer.
  return std::isfinite(kernel::total_norm(batch, 2));
}

Tensor GradScaler::step(Optimizer& optimizer) {
  if (!enabled_) return optimizer.step();
  GRADUS_CHECK(!stages_[&optimizer].stepped,
               "GradScaler: step() has been called on this optimizer since the last update()");
  if (!stages_[&optimizer].unscaled && unscales_in_step(optimizer)) {
    const Tensor result = optimizer.step_with_gradient_factor(1 / scale_);
    stages_[&optimizer].stepped = true;
    return result;
  }
  if (!stages_[&optimizer].unscaled) unscale_(optimizer);
  Stage& stage = stages_[&optimizer];
  const Tensor result = stage.found_inf ? Tensor() : optimizer.step();
  stage.stepped = true;
  return result;
}

void GradScaler::update(std::optional<double> new_scale) {
  if (!enabled_) return;
  if (new_scale) {
    GRADUS_CHECK_VALUE(*new_scale > 0 && std::isfinite(*new_scale),
                       "GradScaler: new_scale must be positive, got {}", *new_scale);
    scale_ = *new_scale;
  } else {
    GRADUS_CHECK(!stages_.empty(), "GradScaler: update() before step() or unscale_()");
    bool found_inf = false;
    for (const auto& [optimizer, stage] : stages_) found_inf = found_inf || stage.found_inf;
    if (found_inf) {
      scale_ *= backoff_factor_;
      growth_tracker_ = 0;
    } else if (++growth_tracker_ == growth_interval_) {
      // As in PyTorch, the scale stays finite.
      if (std::isfinite(static_cast<float>(scale_ * growth_factor_))) scale_ *= growth_factor_;
      growth_tracker_ = 0;
    }
  }
  stages_.clear();
}

StateDict GradScaler::state_dict() const {
  StateDict dict;
  dict.insert("scale", state_real(scale_));
  dict.insert("growth_factor", state_real(growth_factor_));
  dict.insert("backoff_factor", state_real(backoff_factor_));
  dict.insert("growth_interval", state_number(growth_interval_));
  dict.insert("growth_tracker", state_number(growth_tracker_));
  return dict;
}

void GradScaler::load_state_dict(const StateDict& state) {
  const char* owner = "GradScaler";
  check_state_keys(
      owner, state,
      {"scale", "growth_factor", "backoff_factor", "growth_interval", "growth_tracker"});
  // The constructor checks the values.
  GradScaler loaded(read_state_real(owner, state, "scale"),
                    read_state_real(owner, state, "growth_factor"),
                    read_state_real(owner, state, "backoff_factor"),
                    read_state_number(owner, state, "growth_interval"), enabled_);
  growth_tracker_ = read_state_number(owner, state, "growth_tracker");
  scale_ = loaded.scale_;
  growth_factor_ = loaded.growth_factor_;
  backoff_factor_ = loaded.backoff_factor_;
  growth_interval_ = loaded.growth_interval_;
  stages_.clear();
}

}  // namespace gradus::optim
