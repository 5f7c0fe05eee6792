#pragma once

#include "optim/optimizer.h"

namespace gradus::optim {

/// Sharpness-aware minimization: the gradient is taken where the loss is largest within rho of the
/// parameters (Foret et al., arXiv:2010.01412). With |.| over all parameters,
///
///     e = rho * g / |g|                             SAM
///     e = rho * T^2 g / |T g|,  T = |p| + eta       ASAM (Kwon et al., arXiv:2102.11600)
///     p = p - update(gradient at p + e)
///
/// Works with any optimizer that is stepped without a closure; has no state of its own.
///
///     optim::SAM sam(optimizer);
///     sam.step([&] { optimizer.zero_grad(); auto loss = loss_of(net); loss.backward(); return
///     loss; });
class GRADUS_API SAM {
 public:
  /// @throws ValueError unless rho >= 0
  explicit SAM(Optimizer& optimizer, double rho = 0.05);

  /// Evaluates the closure twice and steps. Returns the loss at p. If the closure throws, the
  /// parameters are as they were.
  Tensor step(Optimizer::LossClosure closure);

 protected:
  SAM(Optimizer& optimizer, double rho, bool adaptive, double eta);

 private:
  Optimizer* optimizer_;
  double rho_;
  bool adaptive_;
  double eta_;
};

/// Adaptive SAM: a neighbourhood that does not depend on the scale of the parameters. See SAM.
class GRADUS_API ASAM : public SAM {
 public:
  explicit ASAM(Optimizer& optimizer, double rho = 0.5, double eta = 0.01);
};

}  // namespace gradus::optim
