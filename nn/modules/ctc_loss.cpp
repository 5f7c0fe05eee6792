#include "nn/modules/ctc_loss.h"

#include <ostream>

#include "autograd/ops/ctc.h"

namespace gradus::nn {

CTCLossImpl::CTCLossImpl(const CTCLossOptions& options) : options(options) {}

void CTCLossImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::CTCLoss()";
}

Tensor CTCLossImpl::forward(const Tensor& log_probs, const Tensor& targets,
                            const Tensor& input_lengths, const Tensor& target_lengths) {
  return functional::ctc_loss(log_probs, targets, input_lengths, target_lengths, options);
}

namespace functional {

Tensor ctc_loss(const Tensor& log_probs, const Tensor& targets, const Tensor& input_lengths,
                const Tensor& target_lengths, const CTCLossFuncOptions& options) {
  // The order of LossReduction is that of the numbers.
  return gradus::ctc_loss(log_probs, targets, input_lengths, target_lengths, options.blank(),
                          static_cast<int64_t>(options.reduction().index()),
                          options.zero_infinity());
}

}  // namespace functional

}  // namespace gradus::nn
