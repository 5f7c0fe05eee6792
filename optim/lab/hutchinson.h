#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/generator.h"
#include "core/tensor.h"

namespace gradus::optim {

/// Products of the Hessian of `loss` with vectors. Keeps the graph of the gradient, so that each
/// product costs one backward.
///
///     const optim::HessianProduct hessian(loss_of(net), net->parameters());
///     const std::vector<Tensor> Hv = hessian(v);
class GRADUS_API HessianProduct {
 public:
  /// Parameters that the loss does not depend on count as having a gradient of 0.
  /// @throws ValueError for no parameters, or a loss that is no single number
  HessianProduct(const Tensor& loss, std::vector<Tensor> params);

  /// H v, for v of the shapes of the parameters. @throws ValueError for another number of them
  std::vector<Tensor> operator()(const std::vector<Tensor>& v) const;
  /// The gradient of the loss, without history.
  std::vector<Tensor> gradient() const;
  const std::vector<Tensor>& params() const { return params_; }

 private:
  std::vector<Tensor> params_;
  std::vector<Tensor> gradient_;  // with history
};

/// Vectors of -1 and 1 of the parameters' shapes.
GRADUS_API std::vector<Tensor> rademacher_like(const std::vector<Tensor>& params,
                                               std::optional<Generator> generator = std::nullopt);

/// An estimate of the diagonal of the Hessian: the mean of z * (H z) over `samples` random z of -1
/// and 1 (Bekas et al., "An estimator for the diagonal of a matrix", 2007). The graph of the loss
/// stays.
GRADUS_API std::vector<Tensor> hutchinson_diagonal(
    const Tensor& loss, const std::vector<Tensor>& params, int64_t samples = 1,
    std::optional<Generator> generator = std::nullopt);

/// An estimate of the trace of the Hessian: the mean of z^T H z. The graph of the loss stays.
/// @param standard_error  if not null, set to that of the mean (nan for one sample)
GRADUS_API double hutchinson_trace(const Tensor& loss, const std::vector<Tensor>& params,
                                   int64_t samples = 1, double* standard_error = nullptr,
                                   std::optional<Generator> generator = std::nullopt);

}  // namespace gradus::optim
