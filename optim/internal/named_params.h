#pragma once

#include <string>
#include <utility>
#include <vector>

#include "optim/optimizer.h"

namespace gradus::optim {

/// All parameters of an optimizer with the names under which their state is saved: their own, or
/// their positions.
std::vector<std::pair<std::string, Tensor>> named_params(const Optimizer& optimizer);

/// A copy in the dtype of a state: double for a double parameter, else float.
Tensor state_copy(const Tensor& param);

/// Copies the tensors that `state` has under prefix + name into `to`.
/// @throws ValueError where one is missing or of another shape; then nothing has changed
void load_tensors(const char* owner, const StateDict& state, const std::string& prefix,
                  const std::vector<std::pair<std::string, Tensor>>& to);

}  // namespace gradus::optim
