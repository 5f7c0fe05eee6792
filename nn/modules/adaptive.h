#pragma once

#include <cstdint>
#include <vector>

#include "core/arg.h"
#include "core/tensor.h"
#include "nn/module.h"
#include "nn/modules/container.h"
#include "nn/modules/linear.h"

namespace gradus::nn {

/// What AdaptiveLogSoftmaxWithLoss returns.
struct ASMoutput {
  Tensor output;  // log-probability of each target, [N]
  Tensor loss;    // their mean, negated
};

/// Settings of AdaptiveLogSoftmaxWithLoss.
struct GRADUS_API AdaptiveLogSoftmaxWithLossOptions {
  AdaptiveLogSoftmaxWithLossOptions(int64_t in_features, int64_t n_classes,
                                    std::vector<int64_t> cutoffs)
      : in_features_(in_features), n_classes_(n_classes), cutoffs_(std::move(cutoffs)) {}
  /// Size of the last dim of the input.
  GRADUS_ARG(int64_t, in_features);
  /// Number of classes, the frequent ones first.
  GRADUS_ARG(int64_t, n_classes);
  /// The first class of each cluster behind the first: ascending, from 1 to n_classes - 1.
  GRADUS_ARG(std::vector<int64_t>, cutoffs);
  /// By how much the features shrink from cluster to cluster. Default: 4.0
  GRADUS_ARG(double, div_value) = 4.;
  /// Whether the head has a bias. Default: false
  GRADUS_ARG(bool, head_bias) = false;
};

/// A softmax over many classes of which few are frequent: the head tells these and one class for
/// each cluster of rarer ones apart, within which smaller layers decide. Grave et al. 2017.
class GRADUS_API AdaptiveLogSoftmaxWithLossImpl : public Cloneable<AdaptiveLogSoftmaxWithLossImpl> {
 public:
  AdaptiveLogSoftmaxWithLossImpl(int64_t in_features, int64_t n_classes,
                                 std::vector<int64_t> cutoffs);
  /// @throws ValueError for cutoffs that do not ascend within [1, n_classes - 1]
  explicit AdaptiveLogSoftmaxWithLossImpl(AdaptiveLogSoftmaxWithLossOptions options);
  void reset() override;
  void reset_parameters();
  void pretty_print(std::ostream& stream) const override;
  /// @param input   [N, in_features] or [in_features]
  /// @param target  int64 [N] or []
  /// @throws IndexError for a target outside [0, n_classes)
  ASMoutput forward(const Tensor& input, const Tensor& target);
  /// The log-probabilities of all classes: [N, n_classes].
  Tensor log_prob(const Tensor& input);
  /// The most probable class of each row: [N].
  Tensor predict(const Tensor& input);

  AdaptiveLogSoftmaxWithLossOptions options;
  std::vector<int64_t> cutoffs;  // with n_classes at the end
  int64_t shortlist_size = 0, n_clusters = 0, head_size = 0;
  Linear head{nullptr};
  ModuleList tail;

 private:
  Tensor all_log_probabilities(const Tensor& input, const Tensor& head_output);
};
GRADUS_MODULE(AdaptiveLogSoftmaxWithLoss);

}  // namespace gradus::nn
