#pragma once

#include <iosfwd>

#include "core/arg.h"
#include "core/tensor.h"
#include "nn/module.h"

namespace gradus::nn {

/// Settings of Dropout.
struct GRADUS_API DropoutOptions {
  DropoutOptions(double p = 0.5) : p_(p) {}
  /// Probability that an element is zeroed. Default: 0.5
  GRADUS_ARG(double, p);
  /// Whether the input itself is written to. Default: false
  GRADUS_ARG(bool, inplace) = false;
};

/// In training mode zeroes each element with probability p and scales the others by 1 / (1 - p);
/// the identity in eval mode. Srivastava et al. 2014.
class GRADUS_API DropoutImpl : public Cloneable<DropoutImpl> {
 public:
  DropoutImpl(double p) : DropoutImpl(DropoutOptions(p)) {}
  /// @throws ValueError for p outside [0, 1]
  explicit DropoutImpl(const DropoutOptions& options = {});
  void reset() override;
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(Tensor input);

  DropoutOptions options;
};
GRADUS_MODULE(Dropout);

}  // namespace gradus::nn
