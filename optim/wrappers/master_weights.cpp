#include "optim/wrappers/master_weights.h"

#include "autograd/autograd.h"
#include "core/state_number.h"
#include "optim/internal/named_params.h"

namespace gradus::optim {

MasterWeights::MasterWeights(const NamedTensors& params) {
  GRADUS_CHECK_VALUE(!params.is_empty(), "MasterWeights: got no parameters");
  for (const auto& item : params) {
    const Tensor& param = item.value();
    GRADUS_CHECK_TYPE(param.defined() && param.is_floating_point(),
                      "MasterWeights: '{}' is no floating-point tensor", item.key());
    if (param.dtype() == kFloat || param.dtype() == kDouble) {
      masters_.insert(item.key(), param);
      continue;
    }
    const Tensor master = state_copy(param).requires_grad_();
    masters_.insert(item.key(), master);
    copied_.emplace_back(param, master);
  }
}

MasterWeights::~MasterWeights() = default;

void MasterWeights::collect_gradients() {
  const NoGradGuard no_grad;
  for (const auto& [param, master] : copied_) {
    const Tensor& grad = param.grad();
    master.mutable_grad() = grad.defined() ? grad.detach().to(kFloat) : Tensor();
    param.mutable_grad() = Tensor();
  }
}

void MasterWeights::write_back() {
  const NoGradGuard no_grad;
  for (const auto& [param, master] : copied_) param.detach().copy_(master.detach());
}

Tensor MasterWeights::step(Optimizer& optimizer, Optimizer::LossClosure closure) {
  Tensor loss;
  if (closure) {
    loss = optimizer.step([&]() -> Tensor {
      write_back();  // what a line search has changed
      const Tensor value = closure();
      collect_gradients();
      return value;
    });
  } else {
    std::vector<Tensor> grads;  // of the parameters, for a step that fails
    for (const auto& [param, master] : copied_) grads.push_back(param.grad());
    collect_gradients();
    try {
      loss = optimizer.step();
    } catch (...) {
      for (size_t i = 0; i < grads.size(); ++i) copied_[i].first.mutable_grad() = grads[i];
      throw;
    }
  }
  write_back();
  return loss;
}

StateDict MasterWeights::state_dict() const {
  StateDict dict;
  for (const auto& item : masters_) {
    for (const auto& [param, master] : copied_) {
      if (master.is_same(item.value())) dict.insert(item.key(), master.detach());
    }
  }
  return dict;
}

void MasterWeights::load_state_dict(const StateDict& state) {
  std::vector<std::string> keys;
  std::vector<std::pair<std::string, Tensor>> to;
  const StateDict own = state_dict();
  for (const auto& item : own) {
    keys.push_back(item.key());
    to.emplace_back(item.key(), item.value());
  }
  check_state_keys("MasterWeights", state, keys);
  load_tensors("MasterWeights", state, "", to);
  write_back();
}

}  // namespace gradus::optim
