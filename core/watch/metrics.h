#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/export.h"
#include "core/state.h"
#include "core/tensor.h"

namespace gradus::watch {

// Metrics are fed with batches, ask no gradient, and can be asked at any time. Scores are
// floating-point, labels integers. An update that throws changes nothing. All are Stateful, so a
// checkpoint in the middle of an epoch keeps them.

/// The weighted mean of numbers, such as losses of batches by their sizes; Welford's update, so
/// that the variance is exact for millions of them.
class GRADUS_API RunningMean : public Stateful {
 public:
  ~RunningMean() override;
  /// @throws ValueError for a weight that is negative or NaN
  void update(double value, double weight = 1);
  /// NaN before the first update.
  double mean() const;
  /// Of the values, sum(w (x - mean)^2) / sum(w); NaN before the first update.
  double variance() const;
  /// The sum of the weights.
  double count() const { return weight_; }
  void reset();

  StateDict state_dict() const override;
  void load_state_dict(const StateDict& state) override;

 private:
  double weight_ = 0, mean_ = 0, squares_ = 0;
};

/// The exponential moving average, corrected for its start as Adam's (Kingma and Ba, 2015).
class GRADUS_API ExponentialMean : public Stateful {
 public:
  /// mean = decay * mean + (1 - decay) * value. @throws ValueError outside [0, 1)
  explicit ExponentialMean(double decay = 0.98);
  ~ExponentialMean() override;
  void update(double value);
  /// NaN before the first update.
  double mean() const;

  StateDict state_dict() const override;
  void load_state_dict(const StateDict& state) override;

 private:
  double decay_, mean_ = 0, power_ = 1;
};

/// How often the right class is among the k highest scores. Of equal scores the lower class counts
/// as higher, as in argmax.
class GRADUS_API Accuracy : public Stateful {
 public:
  /// @throws ValueError for k < 1
  explicit Accuracy(int64_t k = 1);
  ~Accuracy() override;

  /// @param scores  [N, C], or the predicted classes [N] where k is 1
  /// @param target  classes [N]
  /// @throws ValueError for shapes that do not match, TypeError for a target that is not of
  /// integers
  void update(const Tensor& scores, const Tensor& target);
  /// From 0 to 1; NaN before the first update.
  double value() const;
  int64_t correct() const { return correct_; }
  int64_t count() const { return count_; }
  void reset();

  StateDict state_dict() const override;
  void load_state_dict(const StateDict& state) override;

 private:
  int64_t k_, correct_ = 0, count_ = 0;
};

/// Counts how often class t was taken for class p, and what follows from the counts.
class GRADUS_API ConfusionMatrix : public Stateful {
 public:
  /// @throws ValueError for fewer than 1 or more than 65,536 classes
  explicit ConfusionMatrix(int64_t classes);
  ~ConfusionMatrix() override;

  /// @param scores  [N, C], or the predicted classes [N]
  /// @throws as Accuracy::update(); IndexError for a class that is not there
  void update(const Tensor& scores, const Tensor& target);

  /// int64 [C, C]: rows are the true classes, columns the predicted ones.
  Tensor matrix() const;
  double accuracy() const;
  /// Per class, float64 [C]; 0 where a class was never predicted, or never there.
  Tensor precision() const;
  Tensor recall() const;
  /// 2 precision recall / (precision + recall), per class.
  Tensor f1() const;
  /// The mean of f1() over classes that were there or predicted.
  double macro_f1() const;
  /// Of all decisions together: the same as accuracy().
  double micro_f1() const;
  void reset();
  /// A table with the counts, for a terminal.
  std::string to_string(const std::vector<std::string>& names = {}) const;

  StateDict state_dict() const override;
  void load_state_dict(const StateDict& state) override;

 private:
  int64_t classes_;
  std::vector<int64_t> counts_;
};

/// The area under the ROC curve of a binary classifier: the probability that a positive sample has
/// a higher score than a negative one, equal scores counting half. Keeps all scores.
class GRADUS_API Auroc : public Stateful {
 public:
  ~Auroc() override;

  /// @param scores  [N]; NaN is an error
  /// @param target  [N], 0 or 1 (integers or bools)
  void update(const Tensor& scores, const Tensor& target);
  /// From 0 to 1; NaN until both classes were there.
  double value() const;
  void reset();

  StateDict state_dict() const override;
  void load_state_dict(const StateDict& state) override;

 private:
  std::vector<std::pair<float, bool>> samples_;
};

}  // namespace gradus::watch
