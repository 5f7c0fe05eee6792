#include "nn/utils/stateless.h"

#include "autograd/ops/shape.h"
#include "autograd/swap_tensors.h"

namespace gradus::nn::utils::detail {

ReplacedState::ReplacedState(const Module& module, const OrderedDict<std::string, Tensor>& state) {
  const OrderedDict<std::string, Tensor> parameters = module.named_parameters();
  const OrderedDict<std::string, Tensor> buffers = module.named_buffers();
  for (const auto& item : state) {
    GRADUS_CHECK(parameters.contains(item.key()) || buffers.contains(item.key()),
                 "functional_call: {} has no parameter or buffer '{}'", module.name(), item.key());
    GRADUS_CHECK(item.value().defined(), "functional_call: '{}' is undefined", item.key());
  }
  for (const auto& item : state) {
    const Tensor* own = parameters.find(item.key());
    if (own == nullptr) own = buffers.find(item.key());
    // A leaf would get its gradient where the module's tensor is: an op's result passes it on.
    const Tensor& value = item.value();
    const Tensor alias = value.requires_grad() ? view_as(value, value) : value.detach();
    swap_tensors(*own, alias);
    swapped_.emplace_back(*own, alias);
  }
}

ReplacedState::~ReplacedState() {
  for (auto it = swapped_.rbegin(); it != swapped_.rend(); ++it)
    swap_tensors(it->first, it->second);
}

}  // namespace gradus::nn::utils::detail
