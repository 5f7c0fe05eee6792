#pragma once

#include <vector>

#include "core/export.h"
#include "core/tensor.h"

namespace gradus::nn::utils {

/// All elements of the parameters, one after the other, as one dim.
GRADUS_API Tensor parameters_to_vector(const std::vector<Tensor>& parameters);

/// Gives the parameters the elements of `vec` in that order, without recording.
/// @throws Error where their numbers of elements differ; then nothing has changed
GRADUS_API void vector_to_parameters(const Tensor& vec, const std::vector<Tensor>& parameters);

}  // namespace gradus::nn::utils
