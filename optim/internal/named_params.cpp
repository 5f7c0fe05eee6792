#include "optim/internal/named_params.h"

#include "autograd/autograd.h"

namespace gradus::optim {

std::vector<std::pair<std::string, Tensor>> named_params(const Optimizer& optimizer) {
  std::vector<std::pair<std::string, Tensor>> all;
  for (const OptimizerParamGroup& group : optimizer.param_groups()) {
    for (size_t i = 0; i < group.params().size(); ++i) {
      all.emplace_back(group.names().empty() ? std::to_string(all.size()) : group.names()[i],
                       group.params()[i]);
    }
  }
  return all;
}

Tensor state_copy(const Tensor& param) {
  const NoGradGuard no_grad;
  return param.detach().to(param.dtype() == kDouble ? kDouble : kFloat).clone();
}

void load_tensors(const char* owner, const StateDict& state, const std::string& prefix,
                  const std::vector<std::pair<std::string, Tensor>>& to) {
  for (const auto& [name, tensor] : to) {
    const Tensor* from = state.find(prefix + name);
    GRADUS_CHECK_VALUE(from != nullptr && from->defined(), "{}: the state lacks '{}{}'", owner,
                       prefix, name);
    GRADUS_CHECK_VALUE(from->sizes() == tensor.sizes(),
                       "{}: '{}{}' of the state has shape {}, the parameter {}", owner, prefix,
                       name, from->sizes(), tensor.sizes());
  }
  const NoGradGuard no_grad;
  for (const auto& [name, tensor] : to) {
    Tensor target = tensor;
    target.copy_(state[prefix + name]);
  }
}

}  // namespace gradus::optim
