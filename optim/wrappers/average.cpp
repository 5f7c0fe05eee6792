#include "optim/wrappers/average.h"

#include <algorithm>
#include <functional>

#include "autograd/autograd.h"
#include "core/kernels/tensor_batch.h"
#include "core/state_number.h"
#include "core/uninitialized.h"
#include "optim/internal/named_params.h"

namespace gradus::optim {

WeightAverage::WeightAverage(const char* owner, const NamedTensors& params)
    : owner_(owner), params_(params.values()), pass_(std::make_unique<kernel::BatchAverages>()) {
  GRADUS_CHECK_VALUE(!params_.empty(), "{}: got no parameters", owner);
  for (const auto& item : params) {
    GRADUS_CHECK_TYPE(item.value().defined() && item.value().is_floating_point(),
                      "{}: '{}' is no floating-point tensor", owner, item.key());
    require_initialized(owner, item.value());
    averages_.insert(item.key(), state_copy(item.value()));
    pass_->entries.push_back(
        {item.value().impl(), averages_[item.key()].impl(), averages_.size() - 1, /*done=*/false});
  }
  std::sort(pass_->entries.begin(), pass_->entries.end(),
            [](const auto& a, const auto& b) { return std::less<>()(a.param, b.param); });
}

WeightAverage::~WeightAverage() = default;

void WeightAverage::update() {
  begin_pass();
  end_pass();
}

kernel::BatchAverages& WeightAverage::begin_pass() {
  GRADUS_CHECK(!swapped_, "{}: update() while the weights are swapped; call swap() first", owner_);
  for (kernel::BatchAverages::Entry& entry : pass_->entries) entry.done = false;
  pass_->weight = weight_at(updates_);
  return *pass_;
}

void WeightAverage::end_pass() {
  const NoGradGuard no_grad;
  for (const kernel::BatchAverages::Entry& entry : pass_->entries) {
    if (entry.done) continue;
    const Tensor p = params_[entry.index].detach();
    Tensor& average = averages_[entry.index].value();
    if (pass_->weight == 1) {
      average.copy_(p);
    } else {
      average.lerp_(p.to(average.dtype()), pass_->weight);
    }
  }
  ++updates_;
}

void WeightAverage::swap() {
  const NoGradGuard no_grad;
  size_t i = 0;
  for (auto& item : averages_) {
    Tensor p = params_[i++].detach();
    const Tensor before = p.clone();
    p.copy_(item.value());
    item.value().copy_(before);
  }
  swapped_ = !swapped_;
}

void WeightAverage::copy_to_params() {
  GRADUS_CHECK(!swapped_, "{}: copy_to_params() while the weights are swapped", owner_);
  const NoGradGuard no_grad;
  size_t i = 0;
  for (const auto& item : averages_) params_[i++].detach().copy_(item.value());
}

StateDict WeightAverage::state_dict() const {
  StateDict dict;
  dict.insert("updates", state_number(updates_));
  dict.insert("swapped", state_number(swapped_));
  for (const auto& item : averages_) dict.insert("average." + item.key(), item.value());
  return dict;
}

void WeightAverage::load_state_dict(const StateDict& state) {
  std::vector<std::string> keys = {"updates", "swapped"};
  std::vector<std::pair<std::string, Tensor>> averages;
  for (const auto& item : averages_) {
    keys.push_back("average." + item.key());
    averages.emplace_back(item.key(), item.value());
  }
  check_state_keys(owner_, state, keys);
  const int64_t updates = read_state_number(owner_, state, "updates");
  GRADUS_CHECK_VALUE(updates >= 0, "{}: 'updates' of the state is {}", owner_, updates);
  const bool swapped = read_state_number(owner_, state, "swapped") != 0;
  load_tensors(owner_, state, "average.", averages);
  updates_ = updates;
  swapped_ = swapped;
}

EMA::EMA(const NamedTensors& params, double decay, bool warmup)
    : WeightAverage("EMA", params), decay_(decay), warmup_(warmup) {
  GRADUS_CHECK_VALUE(decay >= 0 && decay <= 1, "EMA: decay must be in [0, 1], got {}", decay);
}

double EMA::weight_at(int64_t n) const {
  const auto t = static_cast<double>(n);
  return 1 - (warmup_ ? std::min(decay_, (1 + t) / (10 + t)) : decay_);
}

SWA::SWA(const NamedTensors& params) : WeightAverage("SWA", params) {}

double SWA::weight_at(int64_t n) const {
  return 1 / (static_cast<double>(n) + 1);
}

namespace {

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

}  // namespace

void update_bn(const OrderedDict<std::string, Tensor>& buffers, const Callable<bool()>& forward,
               std::optional<double> momentum) {
  GRADUS_CHECK_VALUE(bool(forward), "update_bn: forward is empty");
  GRADUS_CHECK_VALUE(!momentum || (*momentum > 0 && *momentum <= 1),
                     "update_bn: momentum must be in (0, 1], got {}", *momentum);
  const NoGradGuard no_grad;
  struct Statistic {
    Tensor running, before, mean;
  };
  std::vector<Statistic> statistics;
  std::vector<std::pair<Tensor, Tensor>> counts;  // and what they were
  for (const auto& item : buffers) {
    Tensor buffer = item.value();
    if (!buffer.defined()) continue;
    if (ends_with(item.key(), "running_mean") || ends_with(item.key(), "running_var")) {
      statistics.push_back({buffer, buffer.clone(), state_copy(buffer).zero_()});
    } else if (ends_with(item.key(), "num_batches_tracked")) {
      counts.emplace_back(buffer, buffer.clone());
    }
  }
  if (statistics.empty()) return;
  const auto restore = [&] {
    for (Statistic& statistic : statistics) statistic.running.copy_(statistic.before);
    for (auto& [count, before] : counts) count.copy_(before);
  };
  int64_t batches = 0;
  try {
    for (;;) {
      // From 0, the layer leaves momentum times the statistic of the batch; from count 0, all of
      // it.
      for (Statistic& statistic : statistics) statistic.running.zero_();
      for (auto& [count, before] : counts) count.zero_();
      if (!forward()) break;
      ++batches;
      for (Statistic& statistic : statistics) {
        const Tensor batch = statistic.running.to(statistic.mean.dtype()) / momentum.value_or(1);
        statistic.mean.add_(batch - statistic.mean, 1 / static_cast<double>(batches));
      }
    }
    GRADUS_CHECK_VALUE(batches > 0, "update_bn: there was no batch");
  } catch (...) {
    restore();
    throw;
  }
  for (Statistic& statistic : statistics) statistic.running.copy_(statistic.mean);
  for (auto& [count, before] : counts) count.fill_(batches);
}

}  // namespace gradus::optim
