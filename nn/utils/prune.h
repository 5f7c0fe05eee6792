#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "core/export.h"
#include "core/tensor.h"
#include "nn/module.h"

namespace gradus::nn::utils::prune {

// Pruned parameters are computed: `name` = `name`_orig * `name`_mask, a parameter and a buffer. See
// Note [Parametrizations] for when. What is pruned stays so; `amount` counts among what is left:
// a fraction in [0, 1] (double), or a number of elements or slices (int64_t).
// All throw Error where the module has no such parameter, ValueError for an amount out of range.

using Amount = std::variant<double, int64_t>;

/// Prunes nothing, but makes the mask.
GRADUS_API void identity(Module& module, const std::string& name);
/// Elements drawn at random.
GRADUS_API void random_unstructured(Module& module, const std::string& name, Amount amount);
/// The elements of the least absolute value.
GRADUS_API void l1_unstructured(Module& module, const std::string& name, Amount amount);
/// The slices of dim with the least n-norm. Han et al. 2015.
GRADUS_API void ln_structured(Module& module, const std::string& name, Amount amount, double n,
                              int64_t dim);
/// Elements where the mask, of the parameter's shape, is 0.
GRADUS_API void custom_from_mask(Module& module, const std::string& name, const Tensor& mask);
/// Which elements global_unstructured takes.
enum class Method : uint8_t {
  L1Unstructured,      ///< those of the least absolute value (or importance)
  RandomUnstructured,  ///< drawn at random
};

/// A parameter of a module: `{*net->fc1, "weight"}`.
struct Target {
  Module& module;
  std::string name;
};

/// Prunes elements of all these parameters together: `amount` counts among what is left of all,
/// so that some lose more than others.
/// @param importance_scores  one of each parameter's shape, in place of its absolute values;
/// default: none
GRADUS_API void global_unstructured(const std::vector<Target>& parameters, Method method,
                                    Amount amount,
                                    const std::vector<Tensor>& importance_scores = {});
/// Makes the pruned values the parameter's own. @throws Error where it is not pruned
GRADUS_API void remove(Module& module, const std::string& name);
/// Whether a parameter of the module or of a submodule is pruned.
GRADUS_API bool is_pruned(const Module& module);

}  // namespace gradus::nn::utils::prune
