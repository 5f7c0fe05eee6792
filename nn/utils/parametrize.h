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
// last. Several parametrizations may be chained: the first computes of the originals, each further
// one of what the one before returned.

/// How a weight is computed: derive and register. What it learns or remembers are parameters and
/// buffers of this module.
class GRADUS_API Parametrization : public Module {
 public:
  /// The weight, of the originals; further in a chain, of the single tensor that came before.
  virtual Tensor forward(const std::vector<Tensor>& originals) = 0;
  /// The originals that give this weight; asked of the first of a chain. Default: the weight itself
  virtual std::vector<Tensor> right_inverse(const Tensor& weight) { return {weight}; }
  /// A new one with the same settings, for clones of the module.
  virtual std::shared_ptr<Parametrization> make_copy() const = 0;
  std::shared_ptr<Module> clone(const std::optional<Device>& device = std::nullopt) const override;
};

namespace detail {
/// The value of a parameter, which may be parametrized. @throws Error where there is none
Tensor current_weight(const char* op, const Module& module, const std::string& name);
}  // namespace detail

/// Computes the parameter `name` of the module by `parametrization`, starting from its value. Where
/// it is parametrized already, the new one is appended: it computes of the value so far.
/// @param unsafe  whether the weight may get another shape or dtype; default: false
/// @throws Error where there is no such parameter; ValueError where the weight would get another
/// shape or dtype; then nothing has changed
GRADUS_API void register_parametrization(Module& module, const std::string& name,
                                         std::shared_ptr<Parametrization> parametrization,
                                         bool unsafe = false);
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

/// w with orthonormal columns, or rows where it is wide; of each matrix in a batch.
/// @param orthogonal_map  "matrix_exp": exp(A), A skew-symmetric; "cayley": (I + A/2)(I - A/2)^-1;
/// "householder": a product of reflections, faster where the matrix is far from square. Default:
/// matrix_exp for square matrices, else householder
/// @param use_trivialization  multiply with a matrix fixed at the start (buffer "base"), so that
/// the weight starts at its value, made orthogonal where it is not; see Lezcano-Casado 2019.
/// Without it, only householder starts there. With it, no other parametrization may come before.
/// @throws ValueError for fewer than 2 dims, or another map
GRADUS_API void orthogonal(Module& module, const std::string& name = "weight",
                           const std::optional<std::string>& orthogonal_map = std::nullopt,
                           bool use_trivialization = true);

/// w = original / sigma, sigma its greatest singular value as a matrix [size(dim), rest], kept by
/// power iteration in training mode. Miyato et al. 2018.
/// @param dim  default: 1 for a transposed convolution, else 0
GRADUS_API void spectral_norm(Module& module, const std::string& name = "weight",
                              int64_t n_power_iterations = 1, double eps = 1e-12,
                              std::optional<int64_t> dim = std::nullopt);

}  // namespace gradus::nn::utils::parametrizations
