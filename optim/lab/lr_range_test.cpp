#include "optim/lab/lr_range_test.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "autograd/autograd.h"
#include "core/factory.h"
#include "core/watch/svg_chart.h"
#include "optim/wrappers/average.h"

namespace gradus::optim {

namespace {

// Everything that the test changes; brought back at the end of the scope.
class Snapshot {
 public:
  Snapshot(Optimizer& optimizer, const std::vector<Tensor>& also) : optimizer_(optimizer) {
    const NoGradGuard no_grad;
    for (const OptimizerParamGroup& group : optimizer.param_groups()) {
      for (const Tensor& param : group.params()) {
        keep(param);
        const Tensor& grad = param.grad();
        grads_.emplace_back(param, grad.defined() ? grad.detach().clone() : Tensor());
      }
    }
    for (const Tensor& tensor : also) {
      if (tensor.defined()) keep(tensor);
    }
    state_ = copy_of(optimizer.state_dict());
    for (const auto& average : optimizer.averages()) {
      averages_.push_back(copy_of(average->state_dict()));
    }
    rng_ = get_rng_state().clone();
  }
  ~Snapshot() {
    const NoGradGuard no_grad;
    for (auto& [tensor, value] : values_) tensor.copy_(value);
    for (auto& [param, grad] : grads_) param.mutable_grad() = std::move(grad);
    optimizer_.load_state_dict(state_);
    for (size_t i = 0; i < averages_.size(); ++i) {
      optimizer_.averages()[i]->load_state_dict(averages_[i]);
    }
    set_rng_state(rng_);
  }

 private:
  static StateDict copy_of(const StateDict& state) {
    StateDict copy;
    for (const auto& item : state) copy.insert(item.key(), item.value().clone());
    return copy;
  }
  void keep(const Tensor& tensor) {
    const Tensor value = tensor.detach();
    values_.emplace_back(value, value.clone());
  }

  Optimizer& optimizer_;
  std::vector<std::pair<Tensor, Tensor>> values_, grads_;
  StateDict state_;
  std::vector<StateDict> averages_;
  Tensor rng_;
};

// Where y falls fastest, by differences over two places.
size_t steepest(const std::vector<double>& y) {
  size_t at = 0;
  double least = 0;
  for (size_t i = 1; i + 1 < y.size(); ++i) {
    if (y[i + 1] - y[i - 1] < least) {
      least = y[i + 1] - y[i - 1];
      at = i;
    }
  }
  return at;
}

}  // namespace

LRRangeTestResult lr_range_test(Optimizer& optimizer, Optimizer::LossClosure closure,
                                const LRRangeTestOptions& options,
                                const std::vector<Tensor>& also) {
  GRADUS_CHECK_VALUE(bool(closure), "lr_range_test: the closure is empty");
  GRADUS_CHECK_VALUE(options.start_lr() > 0 && options.start_lr() < options.end_lr(),
                     "lr_range_test: expected 0 < start_lr < end_lr, got {} and {}",
                     options.start_lr(), options.end_lr());
  GRADUS_CHECK_VALUE(options.steps() >= 2, "lr_range_test: steps must be at least 2, got {}",
                     options.steps());
  GRADUS_CHECK_VALUE(options.smoothing() >= 0 && options.smoothing() < 1,
                     "lr_range_test: smoothing must be at least 0 and below 1, got {}",
                     options.smoothing());
  GRADUS_CHECK_VALUE(options.diverge() > 1, "lr_range_test: diverge must be above 1, got {}",
                     options.diverge());
  const Snapshot snapshot(optimizer, also);
  LRRangeTestResult result;
  const double ratio = options.end_lr() / options.start_lr();
  double average = 0, best = std::numeric_limits<double>::infinity();
  for (int64_t k = 0; k < options.steps(); ++k) {
    const double part = static_cast<double>(k) / static_cast<double>(options.steps() - 1);
    const double lr = options.start_lr() * std::pow(ratio, part);
    for (OptimizerParamGroup& group : optimizer.param_groups()) group.options().set_lr(lr);
    const Tensor loss_tensor = optimizer.step(closure);
    GRADUS_CHECK_VALUE(loss_tensor.defined() && loss_tensor.numel() == 1,
                       "lr_range_test: the closure must return the loss, a single number");
    const double loss = loss_tensor.item<double>();
    average = options.smoothing() * average + (1 - options.smoothing()) * loss;
    const double smoothed =
        average / (1 - std::pow(options.smoothing(), static_cast<double>(k + 1)));
    result.diverged = !(smoothed <= options.diverge() * best) && k > 0;
    if (!std::isfinite(smoothed)) break;
    result.lrs.push_back(lr);
    result.losses.push_back(loss);
    result.smoothed.push_back(smoothed);
    // A loss below zero has no "four times".
    if (result.diverged && best > 0) break;
    result.diverged = false;
    if (smoothed < best) {
      best = smoothed;
      result.best = lr;
    }
  }
  const size_t at = steepest(result.smoothed);
  result.suggestion = at == 0 ? std::numeric_limits<double>::quiet_NaN() : result.lrs[at];
  return result;
}

void LRRangeTestResult::plot(const std::string& path) const {
  watch::SvgChart chart("Learning-rate range test");
  watch::SvgPanel& panel = chart.panel().x_label("learning rate").y_label("loss").log_x();
  panel.line("loss", lrs, losses, watch::SvgPanel::Style::kFaint);
  panel.line("smoothed", lrs, smoothed);
  if (suggestion == suggestion && !smoothed.empty()) {
    const auto [low, high] = std::minmax_element(smoothed.begin(), smoothed.end());
    panel.line("suggestion", {suggestion, suggestion}, {*low, *high});
  }
  chart.columns(1).panel_size(720, 420).save(path);
}

}  // namespace gradus::optim
