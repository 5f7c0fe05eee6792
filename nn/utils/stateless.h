#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/ordered_dict.h"
#include "core/tensor.h"
#include "nn/module.h"

namespace gradus::nn::utils {

namespace detail {

// While it lives, the module's parameters and buffers of these names show other tensors.
class GRADUS_API ReplacedState {
 public:
  ReplacedState(const Module& module, const OrderedDict<std::string, Tensor>& state);
  ~ReplacedState();
  ReplacedState(const ReplacedState&) = delete;
  ReplacedState& operator=(const ReplacedState&) = delete;

 private:
  std::vector<std::pair<Tensor, Tensor>> swapped_;
};

}  // namespace detail

/// Calls the module with these parameters and buffers, by name, in the place of its own; gradients
/// flow to them. The module is as before afterwards, also where it throws.
///
///     Tensor loss = nn::utils::functional_call(net, weights, x).sum();
/// @throws Error for a name that the module has not
template <class M, class... Args>
auto functional_call(const ModuleHolder<M>& module,
                     const OrderedDict<std::string, Tensor>& parameters_and_buffers,
                     Args&&... args) {
  const detail::ReplacedState replaced(*module.ptr(), parameters_and_buffers);
  return nn::detail::call(*module.ptr(), std::forward<Args>(args)...);
}

}  // namespace gradus::nn::utils
