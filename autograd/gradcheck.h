#pragma once

#include <vector>

#include "autograd/differentiable_function.h"
#include "core/tensor.h"

namespace gradus::autograd {

/// How gradcheck compares.
struct GradcheckOptions {
  double eps = 1e-6;   ///< step of the central differences
  double atol = 1e-5;  ///< absolute tolerance
  double rtol = 1e-3;  ///< relative tolerance
  bool raise_exception =
      true;  ///< throw GradcheckError with the two Jacobians instead of returning false
  bool noncontiguous_grad = false;  ///< also run backward with gradients that are not contiguous
};

/// The Jacobians differ; what() shows both.
class GRADUS_API GradcheckError : public Error {
 public:
  using Error::Error;
  ~GradcheckError() override;
};

/// Compares the Jacobian that backward gives with central differences (f(x + eps) - f(x - eps)) /
/// (2 eps), element by element, for every input that requires grad and every floating-point output:
/// |a - n| <= atol + rtol * |n|. Use float64 inputs. Also checks that backward gives the same when
/// run twice, and that an input whose gradient is undefined has a numerical Jacobian of zero.
/// @throws GradcheckError, TypeError where an input that requires grad is not float64, Error where
/// none requires grad
GRADUS_API bool gradcheck(const DifferentiableFunction& f, const std::vector<Tensor>& inputs,
                          const GradcheckOptions& options = {});

/// The same for the gradients of f, as functions of the inputs and of the gradients of the outputs.
/// @param grad_outputs  where to differentiate; random where empty
GRADUS_API bool gradgradcheck(const DifferentiableFunction& f, const std::vector<Tensor>& inputs,
                              const std::vector<Tensor>& grad_outputs = {},
                              const GradcheckOptions& options = {});

}  // namespace gradus::autograd
