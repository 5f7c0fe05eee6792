#pragma once

#include <cstdint>
#include <iosfwd>

#include "core/arg.h"
#include "core/tensor.h"
#include "nn/enums.h"
#include "nn/module.h"

namespace gradus::nn {

/// Settings of CrossEntropyLoss.
struct GRADUS_API CrossEntropyLossOptions {
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
  explicit CrossEntropyLossImpl(CrossEntropyLossOptions options = {})
      : options(std::move(options)) {}
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input, const Tensor& target);

  CrossEntropyLossOptions options;
};
GRADUS_MODULE(CrossEntropyLoss);

/// Settings of NLLLoss.
struct GRADUS_API NLLLossOptions {
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
  explicit NLLLossImpl(NLLLossOptions options = {}) : options(std::move(options)) {}
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input, const Tensor& target);

  NLLLossOptions options;
};
GRADUS_MODULE(NLLLoss);

/// Settings of MSELoss.
struct GRADUS_API MSELossOptions {
  MSELossOptions() = default;
  MSELossOptions(LossReduction reduction) : reduction_(reduction) {}
  MSELossOptions(enumtype::kNone reduction) : reduction_(reduction) {}
  MSELossOptions(enumtype::kMean reduction) : reduction_(reduction) {}
  MSELossOptions(enumtype::kSum reduction) : reduction_(reduction) {}
  /// kNone, kMean or kSum. Default: kMean
  GRADUS_ARG(LossReduction, reduction) = kMean;
};

/// Mean of (input - target)^2.
class GRADUS_API MSELossImpl : public Cloneable<MSELossImpl> {
 public:
  explicit MSELossImpl(MSELossOptions options = {}) : options(std::move(options)) {}
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input, const Tensor& target);

  MSELossOptions options;
};
GRADUS_MODULE(MSELoss);

/// Settings of L1Loss.
struct GRADUS_API L1LossOptions {
  L1LossOptions() = default;
  L1LossOptions(LossReduction reduction) : reduction_(reduction) {}
  L1LossOptions(enumtype::kNone reduction) : reduction_(reduction) {}
  L1LossOptions(enumtype::kMean reduction) : reduction_(reduction) {}
  L1LossOptions(enumtype::kSum reduction) : reduction_(reduction) {}
  /// kNone, kMean or kSum. Default: kMean
  GRADUS_ARG(LossReduction, reduction) = kMean;
};

/// Mean of |input - target|.
class GRADUS_API L1LossImpl : public Cloneable<L1LossImpl> {
 public:
  explicit L1LossImpl(L1LossOptions options = {}) : options(std::move(options)) {}
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input, const Tensor& target);

  L1LossOptions options;
};
GRADUS_MODULE(L1Loss);

/// Settings of SmoothL1Loss.
struct GRADUS_API SmoothL1LossOptions {
  /// Where the square ends. Default: 1.0
  GRADUS_ARG(double, beta) = 1.0;
  /// kNone, kMean or kSum. Default: kMean
  GRADUS_ARG(LossReduction, reduction) = kMean;
};

/// Mean of d^2 / (2 beta) where |d| < beta, else |d| - beta / 2, d = input - target. Girshick 2015.
class GRADUS_API SmoothL1LossImpl : public Cloneable<SmoothL1LossImpl> {
 public:
  explicit SmoothL1LossImpl(SmoothL1LossOptions options = {}) : options(std::move(options)) {}
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input, const Tensor& target);

  SmoothL1LossOptions options;
};
GRADUS_MODULE(SmoothL1Loss);

/// Settings of HuberLoss.
struct GRADUS_API HuberLossOptions {
  /// Where the square ends. Default: 1.0
  GRADUS_ARG(double, delta) = 1.0;
  /// kNone, kMean or kSum. Default: kMean
  GRADUS_ARG(LossReduction, reduction) = kMean;
};

/// Mean of d^2 / 2 where |d| < delta, else delta (|d| - delta / 2), d = input - target. Huber 1964.
class GRADUS_API HuberLossImpl : public Cloneable<HuberLossImpl> {
 public:
  explicit HuberLossImpl(HuberLossOptions options = {}) : options(std::move(options)) {}
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input, const Tensor& target);

  HuberLossOptions options;
};
GRADUS_MODULE(HuberLoss);

/// Settings of BCELoss.
struct GRADUS_API BCELossOptions {
  /// Factor of each element. Default: undefined
  GRADUS_ARG(Tensor, weight) = Tensor();
  /// kNone, kMean or kSum. Default: kMean
  GRADUS_ARG(LossReduction, reduction) = kMean;
};

/// Mean of -(t log x + (1 - t) log(1 - x)), x in [0, 1].
class GRADUS_API BCELossImpl : public Cloneable<BCELossImpl> {
 public:
  explicit BCELossImpl(BCELossOptions options = {}) : options(std::move(options)) {}
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input, const Tensor& target);

  BCELossOptions options;
};
GRADUS_MODULE(BCELoss);

/// Settings of BCEWithLogitsLoss.
struct GRADUS_API BCEWithLogitsLossOptions {
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
  explicit BCEWithLogitsLossImpl(BCEWithLogitsLossOptions options = {})
      : options(std::move(options)) {}
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input, const Tensor& target);

  BCEWithLogitsLossOptions options;
};
GRADUS_MODULE(BCEWithLogitsLoss);

}  // namespace gradus::nn
