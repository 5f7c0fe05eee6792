#include "optim/lab/monitor.h"

#include <cmath>
#include <limits>
#include <map>

#include "autograd/autograd.h"
#include "core/state_number.h"
#include "core/watch/svg_chart.h"
#include "optim/internal/named_params.h"
#include "optim/lab/noise_scale.h"

namespace gradus::optim {

EarlyStopping::EarlyStopping(int64_t patience, double min_delta, Mode mode)
    : patience_(patience),
      min_delta_(min_delta),
      mode_(mode),
      best_(mode == min ? std::numeric_limits<double>::infinity()
                        : -std::numeric_limits<double>::infinity()) {
  GRADUS_CHECK_VALUE(patience >= 0, "EarlyStopping: patience must be at least 0, got {}", patience);
  GRADUS_CHECK_VALUE(min_delta >= 0, "EarlyStopping: min_delta must be at least 0, got {}",
                     min_delta);
}

EarlyStopping::~EarlyStopping() = default;

bool EarlyStopping::step(double metric) {
  ++count_;
  improved_ = mode_ == min ? metric < best_ - min_delta_ : metric > best_ + min_delta_;
  if (improved_) {
    best_ = metric;
    best_step_ = count_;
    bad_ = 0;
  } else {
    ++bad_;
  }
  return should_stop();
}

StateDict EarlyStopping::state_dict() const {
  StateDict dict;
  dict.insert("best", state_real(best_));
  dict.insert("best_step", state_number(best_step_));
  dict.insert("count", state_number(count_));
  dict.insert("bad", state_number(bad_));
  return dict;
}

void EarlyStopping::load_state_dict(const StateDict& state) {
  const char* owner = "EarlyStopping";
  check_state_keys(owner, state, {"best", "best_step", "count", "bad"});
  const double best = read_state_real(owner, state, "best");
  const int64_t best_step = read_state_number(owner, state, "best_step");
  const int64_t count = read_state_number(owner, state, "count");
  bad_ = read_state_number(owner, state, "bad");
  best_ = best;
  best_step_ = best_step;
  count_ = count;
  improved_ = false;
}

BestWeights::BestWeights(NamedTensors tensors) : tensors_(std::move(tensors)) {}

void BestWeights::save() {
  const NoGradGuard no_grad;
  for (const auto& item : tensors_) {
    if (saved_.contains(item.key())) {
      saved_[item.key()].copy_(item.value().detach());
    } else {
      saved_.insert(item.key(), item.value().detach().clone());
    }
  }
}

void BestWeights::restore() {
  GRADUS_CHECK(!saved_.is_empty() || tensors_.is_empty(),
               "BestWeights: restore() before the first save()");
  const NoGradGuard no_grad;
  for (const auto& item : tensors_) item.value().detach().copy_(saved_[item.key()]);
}

struct Monitor::Data {
  int64_t every = 1;
  int64_t step = 0;
  std::vector<Tensor> before;
  std::vector<StepRecord> records;
  std::map<std::string, std::pair<std::vector<double>, std::vector<double>>> metrics;
};

Monitor::Monitor(Optimizer& optimizer, int64_t every)
    : data_(std::make_shared<Data>()), optimizer_(&optimizer) {
  GRADUS_CHECK_VALUE(every >= 1, "Monitor: every must be at least 1, got {}", every);
  data_->every = every;
  pre_hook_ = optimizer.register_step_pre_hook([data = data_](Optimizer& o) {
    data->before.clear();
    if (data->step++ % data->every != 0) return;
    const NoGradGuard no_grad;
    for (const auto& [name, param] : named_params(o)) {
      data->before.push_back(param.detach().clone());
    }
  });
  post_hook_ = optimizer.register_step_post_hook([data = data_](Optimizer& o) {
    if (data->before.empty()) return;
    const NoGradGuard no_grad;
    std::vector<Tensor> updates, grads;
    size_t i = 0;
    for (const auto& [name, param] : named_params(o)) {
      grads.push_back(param.grad());
      if (i < data->before.size()) updates.push_back(param.detach() - data->before[i++]);
    }
    StepRecord record;
    record.step = data->step;
    record.lr = o.param_groups()[0].options().get_lr();
    record.grad_norm = std::sqrt(squared_norm(grads));
    record.weight_norm = std::sqrt(squared_norm(data->before));
    record.update_norm = std::sqrt(squared_norm(updates));
    record.ratio = record.update_norm / record.weight_norm;
    data->records.push_back(record);
    data->before.clear();
  });
}

Monitor::~Monitor() {
  try {
    optimizer_->remove_step_hook(pre_hook_);
    optimizer_->remove_step_hook(post_hook_);
  } catch (const Error&) {  // somebody else has removed them
  }
}

const std::vector<StepRecord>& Monitor::records() const {
  return data_->records;
}

void Monitor::metric(const std::string& name, double value) {
  auto& [x, y] = data_->metrics[name];
  x.push_back(static_cast<double>(data_->step));
  y.push_back(value);
}

void Monitor::plot(const std::string& path) const {
  watch::SvgChart chart("Training");
  if (!data_->metrics.empty()) {
    watch::SvgPanel& panel = chart.panel("Metrics").x_label("step");
    for (const auto& [name, line] : data_->metrics) panel.line(name, line.first, line.second);
  }
  std::vector<double> x, lr, grad, weight, update, ratio;
  for (const StepRecord& record : data_->records) {
    x.push_back(static_cast<double>(record.step));
    lr.push_back(record.lr);
    grad.push_back(record.grad_norm);
    weight.push_back(record.weight_norm);
    update.push_back(record.update_norm);
    ratio.push_back(record.ratio);
  }
  chart.panel("Norms")
      .x_label("step")
      .log_y()
      .line("gradient", x, grad)
      .line("weights", x, weight)
      .line("update", x, update);
  chart.panel("Update / weights").x_label("step").log_y().line("", x, ratio);
  chart.panel("Learning rate").x_label("step").line("", x, lr);
  chart.save(path);
}

}  // namespace gradus::optim
