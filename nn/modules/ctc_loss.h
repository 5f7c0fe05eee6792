#pragma once

#include <cstdint>
#include <iosfwd>

#include "core/arg.h"
#include "core/tensor.h"
#include "nn/enums.h"
#include "nn/module.h"

namespace gradus::nn {

/// Settings of CTCLoss.
struct GRADUS_API CTCLossOptions {
  using reduction_t = LossReduction;
  /// The class of the blank. Default: 0
  GRADUS_ARG(int64_t, blank) = 0;
  /// kNone, kMean (over the batch, each loss divided by its target's length) or kSum. Default:
  /// kMean
  GRADUS_ARG(LossReduction, reduction) = kMean;
  /// Whether losses of impossible targets, and their gradients, become 0. Default: false
  GRADUS_ARG(bool, zero_infinity) = false;
};

/// See gradus::ctc_loss.
class GRADUS_API CTCLossImpl : public Cloneable<CTCLossImpl> {
 public:
  explicit CTCLossImpl(const CTCLossOptions& options = {});
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& log_probs, const Tensor& targets, const Tensor& input_lengths,
                 const Tensor& target_lengths);

  CTCLossOptions options;
};
GRADUS_MODULE(CTCLoss);

namespace functional {
using CTCLossFuncOptions = CTCLossOptions;
/// See gradus::ctc_loss.
GRADUS_API Tensor ctc_loss(const Tensor& log_probs, const Tensor& targets,
                           const Tensor& input_lengths, const Tensor& target_lengths,
                           const CTCLossFuncOptions& options = {});
}  // namespace functional

}  // namespace gradus::nn
