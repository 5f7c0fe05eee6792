#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/callable.h"
#include "core/generator.h"
#include "optim/lab/hutchinson.h"

namespace gradus::optim {

// How sharp a minimum is. Raw sharpness can be changed at will without changing the function that
// the net computes (Dinh et al., "Sharp minima can generalize for deep nets", arXiv:1703.04933):
// compare it between runs of one net, not between nets.

/// An eigenvalue of the Hessian, with its eigenvector of norm 1.
struct Eigenpair {
  double value = 0;
  std::vector<Tensor> vector;
  int64_t iterations = 0;
};

/// The eigenvalue of largest magnitude, by power iteration: v = H v / |H v| until the value changes
/// by less than `tolerance` relative to itself.
/// @throws ValueError unless max_iterations >= 1
GRADUS_API Eigenpair top_eigenvalue(const HessianProduct& hessian, int64_t max_iterations = 100,
                                    double tolerance = 1e-4,
                                    std::optional<Generator> generator = std::nullopt);

/// The `count` largest eigenvalues, falling, from `iterations` steps of Lanczos' method with full
/// reorthogonalization: much sharper than power iteration for the same number of products. Memory:
/// one copy of the parameters for each step. Fewer where the method finds an invariant subspace.
/// @throws ValueError unless 1 <= count <= iterations
GRADUS_API std::vector<double> lanczos_eigenvalues(
    const HessianProduct& hessian, int64_t count = 1, int64_t iterations = 30,
    std::optional<Generator> generator = std::nullopt);

/// How much the loss grows within rho of the parameters, along the gradient: loss(p + rho g / |g|)
/// - loss(p), what SAM minimizes. The parameters are afterwards what they were, to the bit.
/// @param loss  computes the loss; called twice
GRADUS_API double sam_sharpness(const Callable<Tensor()>& loss, const std::vector<Tensor>& params,
                                double rho = 0.05);

}  // namespace gradus::optim
