#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/export.h"
#include "core/tensor.h"
#include "nn/module.h"

namespace gradus::nn::utils::parametrize {

// Note [Parametrizations]
// A parametrized weight is computed from other parameters, which stand in the state as
// "parametrizations.weight.original" (or original0, original1, ...). The holder of the module
// computes it anew at each access (`fc->weight`, `fc->forward(x)`, `fc(x)`), Sequential and
// AnyModule at each call. Through a bare pointer to the module the weight is as it was computed
// last.

/// How a weight is computed: derive and register. What it learns or remembers are parameters and
/// buffers of this module.
class GRADUS_API Parametrization : public Module {
 public:
  /// The weight, of the originals.
  virtual Tensor forward(const std::vector<Tensor>& originals) = 0;
  /// The originals that give this weight. Default: the weight itself
  virtual std::vector<Tensor> right_inverse(const Tensor& weight) { return {weight}; }
  /// A new one with the same settings, for clones of the module.
  virtual std::shared_ptr<Parametrization> make_copy() const = 0;
  std::shared_ptr<Module> clone(const std::optional<Device>& device = std::nullopt) const override;
};

/// Computes the parameter `name` of the module by `parametrization`, starting from its value.
/// @throws Error where there is no such parameter, or it is parametrized already
GRADUS_API void register_parametrization(Module& module, const std::string& name,
                                         std::shared_ptr<Parametrization> parametrization);
/// Makes it a parameter again: of its present value, or, with leave_parametrized = false, of that
/// of its single original.
GRADUS_API void remove_parametrizations(Module& module, const std::string& name,
                                        bool leave_parametrized = true);
GRADUS_API bool is_parametrized(const Module& module);
GRADUS_API bool is_parametrized(const Module& module, const std::string& name);

}  // namespace gradus::nn::utils::parametrize

namespace gradus::nn::utils::parametrizations {

/// w = g v / |v|, the norm over all dims but `dim`; nullopt: over all. Originals: g, v. Salimans
/// and Kingma 2016.
GRADUS_API void weight_norm(Module& module, const std::string& name = "weight",
                            std::optional<int64_t> dim = 0);

/// w = original / sigma, sigma its greatest singular value as a matrix [size(dim), rest], kept by
/// power iteration in training mode. Miyato et al. 2018.
/// @param dim  default: 0
GRADUS_API void spectral_norm(Module& module, const std::string& name = "weight",
                              int64_t n_power_iterations = 1, double eps = 1e-12,
                              std::optional<int64_t> dim = std::nullopt);

}  // namespace gradus::nn::utils::parametrizations
