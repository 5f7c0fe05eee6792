#include "nn/utils/convert_parameters.h"

#include "autograd/ops/join.h"
#include "core/uninitialized.h"

namespace gradus::nn::utils {

Tensor parameters_to_vector(const std::vector<Tensor>& parameters) {
  GRADUS_CHECK(!parameters.empty(), "parameters_to_vector: there are no parameters");
  std::vector<Tensor> parts;
  for (const Tensor& parameter : parameters) {
    require_initialized("parameters_to_vector", parameter);
    parts.push_back(parameter.reshape({-1}));
  }
  return cat(parts);
}

void vector_to_parameters(const Tensor& vec, const std::vector<Tensor>& parameters) {
  int64_t total = 0;
  for (const Tensor& parameter : parameters) {
    require_initialized("vector_to_parameters", parameter);
    total += parameter.numel();
  }
  GRADUS_CHECK(vec.dim() == 1 && vec.numel() == total,
               "vector_to_parameters: expected a vector of {} elements, got shape {}", total,
               vec.sizes());
  int64_t at = 0;
  for (const Tensor& parameter : parameters) {
    const Tensor part = vec.detach().narrow(0, at, parameter.numel());
    parameter.set_data(part.reshape(parameter.sizes()).to(parameter.dtype()).clone());
    at += parameter.numel();
  }
}

}  // namespace gradus::nn::utils
