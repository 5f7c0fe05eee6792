#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <variant>

#include "core/arg.h"
#include "core/callable.h"
#include "core/tensor.h"
#include "nn/enums.h"
#include "nn/module.h"

namespace gradus::nn {

/// Settings of CrossEntropyLoss.
struct GRADUS_API CrossEntropyLossOptions {
  using reduction_t = LossReduction;
  /// Factor of each class, [C]. Default: undefined
  GRADUS_ARG(Tensor, weight) = Tensor();
  /// Target that does not count. Default: -100
  GRADUS_ARG(int64_t, ignore_index) = -100;
  /// Share of the target spread over all classes, in [0, 1]. Default: 0.0
  GRADUS_ARG(double, label_smoothing) = 0.0;
  /// kNone, kMean or kSum. Default: kMean
  GRADUS_ARG(LossReduction, reduction) = kMean;
};

/// Mean over the batch of -log softmax(input)[target]; input is [N, C] or [N, C, d1...], target
/// class indices [N, d1...] or probabilities of the shape of input.
class GRADUS_API CrossEntropyLossImpl : public Cloneable<CrossEntropyLossImpl> {
 public:
  explicit CrossEntropyLossImpl(CrossEntropyLossOptions options = {});
  void reset() override;
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input, const Tensor& target);

  CrossEntropyLossOptions options;
  Tensor weight;  // a buffer
};
GRADUS_MODULE(CrossEntropyLoss);

/// Settings of NLLLoss.
struct GRADUS_API NLLLossOptions {
  using reduction_t = LossReduction;
  /// Factor of each class, [C]. Default: undefined
  GRADUS_ARG(Tensor, weight) = Tensor();
  /// Target that does not count. Default: -100
  GRADUS_ARG(int64_t, ignore_index) = -100;
  /// kNone, kMean or kSum. Default: kMean
  GRADUS_ARG(LossReduction, reduction) = kMean;
};

/// Mean over the batch of -input[target], input being log-probabilities [N, C] or [N, C, d1...].
class GRADUS_API NLLLossImpl : public Cloneable<NLLLossImpl> {
 public:
  explicit NLLLossImpl(NLLLossOptions options = {});
  void reset() override;
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input, const Tensor& target);

  NLLLossOptions options;
  Tensor weight;  // a buffer
};
GRADUS_MODULE(NLLLoss);

// A reduction alone stands for the settings: `MSELoss(kSum)`, `F::mse_loss(x, y, kNone)`.
#define GRADUS_FROM_REDUCTION(Options)                          \
  using reduction_t = LossReduction;                            \
  Options() = default;                                          \
  Options(LossReduction reduction) : reduction_(reduction) {}   \
  Options(enumtype::kNone reduction) : reduction_(reduction) {} \
  Options(enumtype::kMean reduction) : reduction_(reduction) {} \
  Options(enumtype::kSum reduction) : reduction_(reduction) {}

/// Settings of MSELoss.
struct GRADUS_API MSELossOptions {
  GRADUS_FROM_REDUCTION(MSELossOptions)
  /// kNone, kMean or kSum. Default: kMean
  GRADUS_ARG(LossReduction, reduction) = kMean;
};

/// Mean of (input - target)^2.
class GRADUS_API MSELossImpl : public Cloneable<MSELossImpl> {
 public:
  explicit MSELossImpl(MSELossOptions options = {});
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input, const Tensor& target);

  MSELossOptions options;
};
GRADUS_MODULE(MSELoss);

/// Settings of L1Loss.
struct GRADUS_API L1LossOptions {
  GRADUS_FROM_REDUCTION(L1LossOptions)
  /// kNone, kMean or kSum. Default: kMean
  GRADUS_ARG(LossReduction, reduction) = kMean;
};

/// Mean of |input - target|.
class GRADUS_API L1LossImpl : public Cloneable<L1LossImpl> {
 public:
  explicit L1LossImpl(L1LossOptions options = {});
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input, const Tensor& target);

  L1LossOptions options;
};
GRADUS_MODULE(L1Loss);

/// Settings of SmoothL1Loss.
struct GRADUS_API SmoothL1LossOptions {
  GRADUS_FROM_REDUCTION(SmoothL1LossOptions)
  /// Where the square ends. Default: 1.0
  GRADUS_ARG(double, beta) = 1.0;
  /// kNone, kMean or kSum. Default: kMean
  GRADUS_ARG(LossReduction, reduction) = kMean;
};

/// Mean of d^2 / (2 beta) where |d| < beta, else |d| - beta / 2, d = input - target. Girshick 2015.
class GRADUS_API SmoothL1LossImpl : public Cloneable<SmoothL1LossImpl> {
 public:
  explicit SmoothL1LossImpl(SmoothL1LossOptions options = {});
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input, const Tensor& target);

  SmoothL1LossOptions options;
};
GRADUS_MODULE(SmoothL1Loss);

/// Settings of HuberLoss.
struct GRADUS_API HuberLossOptions {
  GRADUS_FROM_REDUCTION(HuberLossOptions)
  /// Where the square ends. Default: 1.0
  GRADUS_ARG(double, delta) = 1.0;
  /// kNone, kMean or kSum. Default: kMean
  GRADUS_ARG(LossReduction, reduction) = kMean;
};

/// Mean of d^2 / 2 where |d| < delta, else delta (|d| - delta / 2), d = input - target. Huber 1964.
class GRADUS_API HuberLossImpl : public Cloneable<HuberLossImpl> {
 public:
  explicit HuberLossImpl(HuberLossOptions options = {});
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input, const Tensor& target);

  HuberLossOptions options;
};
GRADUS_MODULE(HuberLoss);

/// Settings of BCELoss.
struct GRADUS_API BCELossOptions {
  using reduction_t = LossReduction;
  /// Factor of each element. Default: undefined
  GRADUS_ARG(Tensor, weight) = Tensor();
  /// kNone, kMean or kSum. Default: kMean
  GRADUS_ARG(LossReduction, reduction) = kMean;
};

/// Mean of -(t log x + (1 - t) log(1 - x)), x in [0, 1].
class GRADUS_API BCELossImpl : public Cloneable<BCELossImpl> {
 public:
  explicit BCELossImpl(BCELossOptions options = {});
  void reset() override;
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input, const Tensor& target);

  BCELossOptions options;
  Tensor weight;  // a buffer
};
GRADUS_MODULE(BCELoss);

/// Settings of BCEWithLogitsLoss.
struct GRADUS_API BCEWithLogitsLossOptions {
  using reduction_t = LossReduction;
  /// Factor of each element. Default: undefined
  GRADUS_ARG(Tensor, weight) = Tensor();
  /// Factor of positive targets. Default: undefined
  GRADUS_ARG(Tensor, pos_weight) = Tensor();
  /// kNone, kMean or kSum. Default: kMean
  GRADUS_ARG(LossReduction, reduction) = kMean;
};

/// Mean of -(pos_weight t log sigmoid(x) + (1 - t) log(1 - sigmoid(x))).
class GRADUS_API BCEWithLogitsLossImpl : public Cloneable<BCEWithLogitsLossImpl> {
 public:
  explicit BCEWithLogitsLossImpl(BCEWithLogitsLossOptions options = {});
  void reset() override;
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input, const Tensor& target);

  BCEWithLogitsLossOptions options;
  Tensor weight, pos_weight;  // buffers
};
GRADUS_MODULE(BCEWithLogitsLoss);

/// Settings of PoissonNLLLoss.
struct GRADUS_API PoissonNLLLossOptions {
  using reduction_t = LossReduction;
  /// Whether input is the logarithm of the rate. Default: true
  GRADUS_ARG(bool, log_input) = true;
  /// Whether Stirling's approximation of log(target!) is added. Default: false
  GRADUS_ARG(bool, full) = false;
  /// Added to the rate in its logarithm. Default: 1e-8
  GRADUS_ARG(double, eps) = 1e-8;
  /// kNone, kMean or kSum. Default: kMean
  GRADUS_ARG(LossReduction, reduction) = kMean;
};

/// Negative log likelihood of counts under a Poisson distribution: see
/// gradus::poisson_nll_loss().
class GRADUS_API PoissonNLLLossImpl : public Cloneable<PoissonNLLLossImpl> {
 public:
  explicit PoissonNLLLossImpl(const PoissonNLLLossOptions& options = {});
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input, const Tensor& target);

  PoissonNLLLossOptions options;
};
GRADUS_MODULE(PoissonNLLLoss);

/// Settings of MarginRankingLoss.
struct GRADUS_API MarginRankingLossOptions {
  using reduction_t = LossReduction;
  /// Least difference that costs nothing. Default: 0.0
  GRADUS_ARG(double, margin) = 0.0;
  /// kNone, kMean or kSum. Default: kMean
  GRADUS_ARG(LossReduction, reduction) = kMean;
};

/// Mean of max(0, -target (input1 - input2) + margin), target 1 or -1.
class GRADUS_API MarginRankingLossImpl : public Cloneable<MarginRankingLossImpl> {
 public:
  explicit MarginRankingLossImpl(const MarginRankingLossOptions& options = {});
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input1, const Tensor& input2, const Tensor& target);

  MarginRankingLossOptions options;
};
GRADUS_MODULE(MarginRankingLoss);

/// Settings of HingeEmbeddingLoss.
struct GRADUS_API HingeEmbeddingLossOptions {
  using reduction_t = LossReduction;
  /// Distance beyond which nothing is lost. Default: 1.0
  GRADUS_ARG(double, margin) = 1.0;
  /// kNone, kMean or kSum. Default: kMean
  GRADUS_ARG(LossReduction, reduction) = kMean;
};

/// Mean of input where target is 1, max(0, margin - input) where it is -1.
class GRADUS_API HingeEmbeddingLossImpl : public Cloneable<HingeEmbeddingLossImpl> {
 public:
  explicit HingeEmbeddingLossImpl(const HingeEmbeddingLossOptions& options = {});
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input, const Tensor& target);

  HingeEmbeddingLossOptions options;
};
GRADUS_MODULE(HingeEmbeddingLoss);

/// Settings of MultiLabelMarginLoss.
struct GRADUS_API MultiLabelMarginLossOptions {
  GRADUS_FROM_REDUCTION(MultiLabelMarginLossOptions)
  /// kNone, kMean or kSum. Default: kMean
  GRADUS_ARG(LossReduction, reduction) = kMean;
};

/// Mean over the batch of sum_{j, i} max(0, 1 - x_{y_j} + x_i) / C: see
/// gradus::multilabel_margin_loss().
class GRADUS_API MultiLabelMarginLossImpl : public Cloneable<MultiLabelMarginLossImpl> {
 public:
  explicit MultiLabelMarginLossImpl(const MultiLabelMarginLossOptions& options = {});
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input, const Tensor& target);

  MultiLabelMarginLossOptions options;
};
GRADUS_MODULE(MultiLabelMarginLoss);

/// Settings of MultiLabelSoftMarginLoss.
struct GRADUS_API MultiLabelSoftMarginLossOptions {
  using reduction_t = LossReduction;
  /// Factor of each class, [C]. Default: undefined
  GRADUS_ARG(Tensor, weight) = Tensor();
  /// kNone, kMean or kSum. Default: kMean
  GRADUS_ARG(LossReduction, reduction) = kMean;
};

/// Mean of -(t log sigmoid(x) + (1 - t) log sigmoid(-x)).
class GRADUS_API MultiLabelSoftMarginLossImpl : public Cloneable<MultiLabelSoftMarginLossImpl> {
 public:
  explicit MultiLabelSoftMarginLossImpl(MultiLabelSoftMarginLossOptions options = {});
  void reset() override;
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input, const Tensor& target);

  MultiLabelSoftMarginLossOptions options;
  Tensor weight;  // a buffer
};
GRADUS_MODULE(MultiLabelSoftMarginLoss);

/// Settings of MultiMarginLoss.
struct GRADUS_API MultiMarginLossOptions {
  using reduction_t = LossReduction;
  /// 1 or 2. Default: 1
  GRADUS_ARG(int64_t, p) = 1;
  /// Least difference that costs nothing. Default: 1.0
  GRADUS_ARG(double, margin) = 1.0;
  /// Factor of each class, [C]. Default: undefined
  GRADUS_ARG(Tensor, weight) = Tensor();
  /// kNone, kMean or kSum. Default: kMean
  GRADUS_ARG(LossReduction, reduction) = kMean;
};

/// Mean over the batch of sum_{i != y} weight_y max(0, margin - x_y + x_i)^p / C.
class GRADUS_API MultiMarginLossImpl : public Cloneable<MultiMarginLossImpl> {
 public:
  /// @throws ValueError unless p is 1 or 2
  explicit MultiMarginLossImpl(MultiMarginLossOptions options = {});
  void reset() override;
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input, const Tensor& target);

  MultiMarginLossOptions options;
  Tensor weight;  // a buffer
};
GRADUS_MODULE(MultiMarginLoss);

/// Settings of SoftMarginLoss.
struct GRADUS_API SoftMarginLossOptions {
  GRADUS_FROM_REDUCTION(SoftMarginLossOptions)
  /// kNone, kMean or kSum. Default: kMean
  GRADUS_ARG(LossReduction, reduction) = kMean;
};

/// Mean of log(1 + exp(-target input)), target 1 or -1.
class GRADUS_API SoftMarginLossImpl : public Cloneable<SoftMarginLossImpl> {
 public:
  explicit SoftMarginLossImpl(const SoftMarginLossOptions& options = {});
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input, const Tensor& target);

  SoftMarginLossOptions options;
};
GRADUS_MODULE(SoftMarginLoss);

/// Settings of CosineEmbeddingLoss.
struct GRADUS_API CosineEmbeddingLossOptions {
  using reduction_t = LossReduction;
  /// Cosine below which nothing is lost, from -1 to 1. Default: 0.0
  GRADUS_ARG(double, margin) = 0.0;
  /// kNone, kMean or kSum. Default: kMean
  GRADUS_ARG(LossReduction, reduction) = kMean;
};

/// Mean of 1 - cos(a, b) where target is 1, max(0, cos(a, b) - margin) where it is -1.
class GRADUS_API CosineEmbeddingLossImpl : public Cloneable<CosineEmbeddingLossImpl> {
 public:
  explicit CosineEmbeddingLossImpl(const CosineEmbeddingLossOptions& options = {});
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input1, const Tensor& input2, const Tensor& target);

  CosineEmbeddingLossOptions options;
};
GRADUS_MODULE(CosineEmbeddingLoss);

/// Settings of TripletMarginLoss.
struct GRADUS_API TripletMarginLossOptions {
  using reduction_t = LossReduction;
  /// Least difference of the distances. Default: 1.0
  GRADUS_ARG(double, margin) = 1.0;
  /// Order of the norm. Default: 2.0
  GRADUS_ARG(double, p) = 2.0;
  /// Added to the differences. Default: 1e-6
  GRADUS_ARG(double, eps) = 1e-6;
  /// Whether d(positive, negative) is taken where it is smaller. Default: false
  GRADUS_ARG(bool, swap) = false;
  /// kNone, kMean or kSum. Default: kMean
  GRADUS_ARG(LossReduction, reduction) = kMean;
};

/// Mean of max(0, margin + d(anchor, positive) - d(anchor, negative)), d the p-norm of the
/// difference. Balntas et al. 2016.
class GRADUS_API TripletMarginLossImpl : public Cloneable<TripletMarginLossImpl> {
 public:
  explicit TripletMarginLossImpl(const TripletMarginLossOptions& options = {});
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& anchor, const Tensor& positive, const Tensor& negative);

  TripletMarginLossOptions options;
};
GRADUS_MODULE(TripletMarginLoss);

/// Settings of GaussianNLLLoss.
struct GRADUS_API GaussianNLLLossOptions {
  using reduction_t = LossReduction;
  /// Whether log(2 pi) / 2 is added. Default: false
  GRADUS_ARG(bool, full) = false;
  /// Least variance. Default: 1e-6
  GRADUS_ARG(double, eps) = 1e-6;
  /// kNone, kMean or kSum. Default: kMean
  GRADUS_ARG(LossReduction, reduction) = kMean;
};

/// Mean of (log v + (input - target)^2 / v) / 2, v = max(var, eps). Nix and Weigend 1994.
class GRADUS_API GaussianNLLLossImpl : public Cloneable<GaussianNLLLossImpl> {
 public:
  explicit GaussianNLLLossImpl(const GaussianNLLLossOptions& options = {});
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input, const Tensor& target, const Tensor& var);

  GaussianNLLLossOptions options;
};
GRADUS_MODULE(GaussianNLLLoss);

/// How KLDivLoss becomes one number: kBatchMean divides the sum by the size of the batch.
using KLDivLossReduction =
    std::variant<enumtype::kNone, enumtype::kBatchMean, enumtype::kSum, enumtype::kMean>;

/// Settings of KLDivLoss.
struct GRADUS_API KLDivLossOptions {
  using reduction_t = KLDivLossReduction;
  KLDivLossOptions() = default;
  KLDivLossOptions(enumtype::kNone reduction) : reduction_(reduction) {}
  KLDivLossOptions(enumtype::kBatchMean reduction) : reduction_(reduction) {}
  KLDivLossOptions(enumtype::kSum reduction) : reduction_(reduction) {}
  KLDivLossOptions(enumtype::kMean reduction) : reduction_(reduction) {}
  /// kNone, kBatchMean, kSum or kMean. Default: kMean
  GRADUS_ARG(KLDivLossReduction, reduction) = kMean;
  /// Whether target is a logarithm as input is. Default: false
  GRADUS_ARG(bool, log_target) = false;
};

/// Mean of target (log(target) - input), for log-probabilities in input. Kullback and Leibler 1951.
class GRADUS_API KLDivLossImpl : public Cloneable<KLDivLossImpl> {
 public:
  explicit KLDivLossImpl(const KLDivLossOptions& options = {});
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input, const Tensor& target);

  KLDivLossOptions options;
};
GRADUS_MODULE(KLDivLoss);

/// Settings of TripletMarginWithDistanceLoss.
struct GRADUS_API TripletMarginWithDistanceLossOptions {
  using reduction_t = LossReduction;
  using distance_function_t = Callable<Tensor(const Tensor&, const Tensor&)>;
  /// What measures the distance of two tensors. Default: pairwise_distance
  GRADUS_ARG(std::optional<distance_function_t>, distance_function) = std::nullopt;
  /// Least difference of the distances. Default: 1.0
  GRADUS_ARG(double, margin) = 1.0;
  /// Whether d(positive, negative) is taken where it is smaller. Default: false
  GRADUS_ARG(bool, swap) = false;
  /// kNone, kMean or kSum. Default: kMean
  GRADUS_ARG(LossReduction, reduction) = kMean;
};

/// TripletMarginLoss with a distance of one's own.
class GRADUS_API TripletMarginWithDistanceLossImpl
    : public Cloneable<TripletMarginWithDistanceLossImpl> {
 public:
  explicit TripletMarginWithDistanceLossImpl(TripletMarginWithDistanceLossOptions options = {});
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& anchor, const Tensor& positive, const Tensor& negative);

  TripletMarginWithDistanceLossOptions options;
};
GRADUS_MODULE(TripletMarginWithDistanceLoss);

#undef GRADUS_FROM_REDUCTION

}  // namespace gradus::nn
