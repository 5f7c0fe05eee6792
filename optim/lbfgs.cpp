#include "optim/lbfgs.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/core.h>

#include "autograd/grad_mode.h"
#include "autograd/ops/binary.h"
#include "autograd/ops/join.h"
#include "core/factory.h"
#include "core/state_number.h"
#include "optim/internal/check.h"
#include "optim/internal/line_search.h"

namespace gradus::optim {

LBFGSOptions::LBFGSOptions(double lr) : lr_(lr) {}

void LBFGSOptions::check(const std::string& optimizer) const {
  check_not_negative(optimizer, "lr", lr_);
  check_not_negative(optimizer, "tolerance_grad", tolerance_grad_);
  check_not_negative(optimizer, "tolerance_change", tolerance_change_);
  GRADUS_CHECK_VALUE(max_iter_ >= 0, "{}: max_iter must be at least 0, got {}", optimizer,
                     max_iter_);
  GRADUS_CHECK_VALUE(!max_eval_ || *max_eval_ >= 0, "{}: max_eval must be at least 0, got {}",
                     optimizer, *max_eval_);
  GRADUS_CHECK_VALUE(history_size_ >= 0, "{}: history_size must be at least 0, got {}", optimizer,
                     history_size_);
  GRADUS_CHECK_VALUE(!line_search_fn_ || *line_search_fn_ == "strong_wolfe",
                     "{}: line_search_fn must be none or \"strong_wolfe\", got \"{}\"", optimizer,
                     *line_search_fn_);
}

void LBFGSOptions::visit(FieldVisitor& visitor) {
  visitor("lr", lr_);
  visitor("max_iter", max_iter_);
  int64_t max_eval = max_eval_.value_or(-1);
  visitor("max_eval", max_eval);
  max_eval_ = max_eval < 0 ? std::nullopt : std::optional(max_eval);
  visitor("tolerance_grad", tolerance_grad_);
  visitor("tolerance_change", tolerance_change_);
  visitor("history_size", history_size_);
  bool strong_wolfe = line_search_fn_.has_value();
  visitor("strong_wolfe", strong_wolfe);
  if (strong_wolfe != line_search_fn_.has_value()) {
    line_search_fn_ = strong_wolfe ? std::optional<std::string>("strong_wolfe") : std::nullopt;
  }
  visitor("maximize", maximize_);
}

namespace {

// Shows a history as one tensor of a row each, and takes it back.
void visit_history(FieldVisitor& visitor, const char* name, std::vector<Tensor>& history) {
  Tensor rows;
  if (!history.empty()) rows = stack(history);
  const Tensor shown = rows;
  visitor(name, rows, StateTensor::AnyShape);
  if (rows.is_same(shown)) return;
  history.clear();
  if (!rows.defined()) return;
  GRADUS_CHECK_VALUE(rows.dim() == 2, "LBFGS: '{}' of the state must be a matrix, got {}", name,
                     rows.sizes());
  for (int64_t i = 0; i < rows.size(0); ++i) history.push_back(rows[i].detach().clone());
}

double dot_of(const Tensor& a, const Tensor& b) {
  return a.dot(b).item<double>();
}

// max_iter * 5 / 4, which does not overflow.
int64_t default_max_eval(int64_t max_iter) {
  return std::min(max_iter, (INT64_MAX / 5 - 1) * 4) / 4 * 5 + max_iter % 4 * 5 / 4;
}

double largest(const Tensor& x) {
  return x.numel() == 0 ? 0 : x.abs().max().item<double>();
}

}  // namespace

void LBFGSParamState::visit(FieldVisitor& visitor) {
  visitor("func_evals", func_evals_);
  visitor("n_iter", n_iter_);
  visitor("t", t_);
  visitor("prev_loss", prev_loss_);
  visitor("H_diag", H_diag_);
  visitor("d", d_, StateTensor::AnyShape);
  visitor("prev_flat_grad", prev_flat_grad_, StateTensor::AnyShape);
  visit_history(visitor, "old_dirs", old_dirs_);
  visit_history(visitor, "old_stps", old_stps_);
  Tensor ro;
  if (!ro_.empty()) ro = state_reals(ro_);
  const Tensor shown = ro;
  visitor("ro", ro, StateTensor::AnyShape);
  if (ro.is_same(shown)) return;
  ro_.clear();
  if (!ro.defined()) return;
  GRADUS_CHECK_VALUE(ro.dim() == 1, "LBFGS: 'ro' of the state must be a vector, got {}",
                     ro.sizes());
  for (int64_t i = 0; i < ro.numel(); ++i) ro_.push_back(ro[i].item<double>());
}

LBFGS::LBFGS(const std::vector<OptimizerParamGroup>& param_groups, LBFGSOptions defaults)
    : Optimizer(param_groups, std::make_unique<LBFGSOptions>(std::move(defaults)), "LBFGS") {
  GRADUS_CHECK_VALUE(param_groups.size() == 1, "LBFGS: takes one parameter group, got {}",
                     param_groups.size());
  for (OptimizerOptions* options : {defaults_.get(), &param_groups_[0].options()}) {
    auto& own = static_cast<LBFGSOptions&>(*options);
    if (!own.max_eval()) own.max_eval(default_max_eval(own.max_iter()));
  }
}

LBFGS::LBFGS(std::vector<Tensor> params, LBFGSOptions defaults)
    : LBFGS(std::vector{OptimizerParamGroup(std::move(params))}, std::move(defaults)) {}

LBFGS::LBFGS(const OrderedDict<std::string, Tensor>& named_params, LBFGSOptions defaults)
    : LBFGS(std::vector{OptimizerParamGroup(named_params)}, std::move(defaults)) {}

std::unique_ptr<OptimizerParamState> LBFGS::make_state() const {
  return std::make_unique<LBFGSParamState>();
}

void LBFGS::accept_state(OptimizerParamState& state, const std::string& name) const {
  auto& own = static_cast<LBFGSParamState&>(state);
  int64_t n = 0;
  ScalarType dtype = param_groups_[0].params()[0].dtype();
  for (const Tensor& p : param_groups_[0].params()) {
    n += p.numel();
    dtype = promote_types(dtype, p.dtype());
  }
  const auto accept = [&](const char* field, Tensor& x) {
    GRADUS_CHECK_VALUE(x.defined() && x.dim() == 1 && x.numel() == n && x.is_floating_point(),
                       "LBFGS: '{}{}' of the state must be of shape [{}], all parameters laid end "
                       "to end, got {}",
                       name, field, n, x.defined() ? fmt::format("{}", x.sizes()) : "none");
    x = x.to(dtype);
  };
  if (own.n_iter() > 0 || own.d().defined()) accept("d", own.d());
  if (own.n_iter() > 0 || own.prev_flat_grad().defined()) {
    accept("prev_flat_grad", own.prev_flat_grad());
  }
  for (Tensor& x : own.old_dirs()) accept("old_dirs", x);
  for (Tensor& x : own.old_stps()) accept("old_stps", x);
  GRADUS_CHECK_VALUE(
      own.old_dirs().size() == own.old_stps().size() && own.ro().size() == own.old_dirs().size(),
      "LBFGS: '{}' of the state has a history of {} old_dirs, {} old_stps and {} ro", name,
      own.old_dirs().size(), own.old_stps().size(), own.ro().size());
}

Tensor LBFGS::step(LossClosure closure) {
  GRADUS_CHECK_VALUE(bool(closure), "LBFGS: step() needs a closure that evaluates the model");
  GRADUS_CHECK_VALUE(param_groups_.size() == 1, "LBFGS: takes one parameter group, got {}",
                     param_groups_.size());
  check_averages();
  return run_step([&] {
    Tensor loss = minimize(closure);
    update_averages();
    return loss;
  });
}

Tensor LBFGS::minimize(const LossClosure& closure) {
  const auto& options = static_cast<const LBFGSOptions&>(param_groups_[0].options());
  std::vector<Tensor>& params = param_groups_[0].params();
  const double sign = options.maximize() ? -1 : 1;
  const int64_t max_eval = options.max_eval().value_or(default_max_eval(options.max_iter()));

  const auto evaluate = [&]() -> Tensor {
    const AutoGradMode enable_grad(true);
    return closure();
  };
  const auto value_of = [&](const Tensor& loss) {
    GRADUS_CHECK_VALUE(loss.defined() && loss.numel() == 1,
                       "LBFGS: the closure must return the loss, a tensor of one element");
    return sign * loss.item<double>();
  };
  const auto flat_gradient = [&] {
    check_step();
    std::vector<Tensor> parts;
    for (const Tensor& p : params) {
      parts.push_back(p.grad().defined() ? p.grad().detach().reshape({-1})
                                         : zeros({p.numel()}, p.dtype()));
    }
    Tensor g = cat(parts);
    return options.maximize() ? g.neg() : g;
  };
  const auto move = [&](double t, const Tensor& d) {
    int64_t begin = 0;
    for (Tensor& p : params) {
      p.add_(d.narrow(0, begin, p.numel()).view(p.sizes()), t);
      begin += p.numel();
    }
  };
  const auto set = [&](const std::vector<Tensor>& values) {
    for (size_t i = 0; i < params.size(); ++i) params[i].copy_(values[i]);
  };

  const Tensor first_loss = evaluate();
  double loss = value_of(first_loss);
  int64_t evals = 1;
  Tensor g = flat_gradient();
  std::unique_ptr<OptimizerParamState>& slot = state_[params[0].impl()];
  if (slot == nullptr) slot = std::make_unique<LBFGSParamState>();
  auto& state = static_cast<LBFGSParamState&>(*slot);
  ++state.func_evals();
  if (largest(g) <= options.tolerance_grad()) return first_loss;

  for (int64_t n_iter = 1; n_iter <= options.max_iter(); ++n_iter) {
    // The direction: d = -H g.
    Tensor& d = state.d();
    if (++state.n_iter() == 1) {
      d = g.neg();
      state.old_dirs().clear();
      state.old_stps().clear();
      state.ro().clear();
      state.H_diag(1);
    } else {
      std::vector<Tensor>&ys = state.old_dirs(), &ss = state.old_stps();
      const Tensor y = g - state.prev_flat_grad();
      const Tensor s = d * state.t();
      const double y_s = dot_of(y, s);
      if (y_s > 1e-10 && options.history_size() > 0) {
        while (static_cast<int64_t>(ys.size()) >= options.history_size()) {
          ys.erase(ys.begin());
          ss.erase(ss.begin());
          state.ro().erase(state.ro().begin());
        }
        ys.push_back(y);
        ss.push_back(s);
        state.ro().push_back(1 / y_s);
        state.H_diag(y_s / dot_of(y, y));
      }
      std::vector<double> alpha(ys.size());
      Tensor q = g.neg();
      for (size_t i = ys.size(); i-- > 0;) {
        alpha[i] = dot_of(ss[i], q) * state.ro()[i];
        q.add_(ys[i], -alpha[i]);
      }
      d = q.mul(state.H_diag());
      for (size_t i = 0; i < ys.size(); ++i) {
        const double beta = dot_of(ys[i], d) * state.ro()[i];
        d.add_(ss[i], alpha[i] - beta);
      }
    }
    state.prev_flat_grad(g);
    state.prev_loss(loss);

    // How far.
    state.t(options.lr());
    if (state.n_iter() == 1) {
      state.t(std::min(1.0, 1.0 / g.abs().sum().item<double>()) * options.lr());
    }
    const double gtd = dot_of(g, d);
    if (gtd > -options.tolerance_change()) break;
    int64_t new_evals = 0;
    bool solved = false;
    if (options.line_search_fn()) {
      std::vector<Tensor> x;
      for (const Tensor& p : params) x.push_back(p.detach().clone());
      const auto evaluate_at = [&](double t) {
        LinePoint point;
        point.t = t;
        try {
          move(t, d);
          point.f = value_of(evaluate());
          point.g = flat_gradient();
        } catch (...) {
          set(x);
          throw;
        }
        set(x);
        point.gtd = dot_of(point.g, d);
        return point;
      };
      const LinePoint found =
          strong_wolfe(evaluate_at, state.t(), {0, loss, g, gtd}, largest(d), new_evals);
      state.t(found.t);
      loss = found.f;
      g = found.g;
      move(state.t(), d);
      solved = largest(g) <= options.tolerance_grad();
    } else {
      move(state.t(), d);
      if (n_iter != options.max_iter()) {
        loss = value_of(evaluate());
        g = flat_gradient();
        solved = largest(g) <= options.tolerance_grad();
        new_evals = 1;
      }
    }
    evals += new_evals;
    state.func_evals() += new_evals;

    if (evals >= max_eval || solved) break;
    if (largest(d) * std::abs(state.t()) <= options.tolerance_change()) break;
    if (std::abs(loss - state.prev_loss()) < options.tolerance_change()) break;
  }
  return first_loss;
}

void LBFGS::add_transform(TransformPtr) {
  gradus::detail::throw_error<NotImplementedError>("LBFGS: add_transform is not supported");
}

}  // namespace gradus::optim
