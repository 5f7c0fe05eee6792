#include "optim/wrappers/accumulation.h"

#include "autograd/autograd.h"
#include "core/state_number.h"
#include "optim/internal/named_params.h"

namespace gradus::optim {

namespace {

// A gradient over n; a row-sparse one stays so.
Tensor divided(const Tensor& g, int64_t n) {
  if (!g.is_sparse()) return g / n;
  return sparse_coo_tensor(g._indices(), g._values() / n, g.sizes());
}

}  // namespace

GradientAccumulation::GradientAccumulation(Optimizer& optimizer, int64_t every, Reduction reduction)
    : optimizer_(&optimizer), every_(every), reduction_(reduction) {
  GRADUS_CHECK_VALUE(every >= 1, "GradientAccumulation: every must be at least 1, got {}", every);
}

GradientAccumulation::~GradientAccumulation() = default;

Tensor GradientAccumulation::scale(const Tensor& loss, int64_t examples) {
  GRADUS_CHECK_VALUE(examples >= 1, "GradientAccumulation: examples must be at least 1, got {}",
                     examples);
  examples_ += examples;
  // A mean becomes a sum, which step() divides by all examples.
  return reduction_ == mean ? loss * examples : loss;
}

bool GradientAccumulation::step() {
  ++pending_;
  if (pending_ < every_) return false;
  try {
    return flush();
  } catch (...) {
    --pending_;
    throw;
  }
}

bool GradientAccumulation::flush() {
  if (pending_ == 0) return false;
  {
    const NoGradGuard no_grad;
    std::vector<std::pair<Tensor, Tensor>> sums;  // of parameters, while the means are in place
    if (reduction_ == mean && examples_ > 0) {
      for (const auto& [name, param] : named_params(*optimizer_)) {
        if (!param.grad().defined()) continue;
        sums.emplace_back(param, param.grad());
        param.mutable_grad() = divided(param.grad().detach(), examples_);
      }
    }
    try {
      optimizer_->step();
    } catch (...) {
      for (auto& [param, sum] : sums) param.mutable_grad() = std::move(sum);
      throw;
    }
  }
  pending_ = 0;
  examples_ = 0;
  optimizer_->zero_grad();
  return true;
}

StateDict GradientAccumulation::state_dict() const {
  StateDict dict;
  dict.insert("pending", state_number(pending_));
  dict.insert("examples", state_number(examples_));
  if (pending_ == 0) return dict;
  for (const auto& [name, param] : named_params(*optimizer_)) {
    if (param.grad().defined()) dict.insert("grad." + name, param.grad().detach());
  }
  return dict;
}

void GradientAccumulation::load_state_dict(const StateDict& state) {
  const int64_t pending = read_state_number("GradientAccumulation", state, "pending");
  const int64_t examples = read_state_number("GradientAccumulation", state, "examples");
  GRADUS_CHECK_VALUE(pending >= 0 && examples >= 0,
                     "GradientAccumulation: 'pending' and 'examples' of the state are {} and {}",
                     pending, examples);
  const NoGradGuard no_grad;
  const auto params = named_params(*optimizer_);
  std::vector<std::pair<std::string, Tensor>> grads;
  std::vector<std::string> keys = {"pending", "examples"};
  for (const auto& [name, param] : params) {
    if (!state.contains("grad." + name)) continue;
    keys.push_back("grad." + name);
    grads.emplace_back(name, param.detach().clone());
  }
  check_state_keys("GradientAccumulation", state, keys);
  load_tensors("GradientAccumulation", state, "grad.", grads);
  pending_ = pending;
  examples_ = examples;
  size_t next = 0;
  for (const auto& [name, param] : params) {
    const bool saved = next < grads.size() && grads[next].first == name;
    param.mutable_grad() = saved ? grads[next++].second : Tensor();
  }
}

}  // namespace gradus::optim
