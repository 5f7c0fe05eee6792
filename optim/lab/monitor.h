#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/ordered_dict.h"
#include "core/state.h"
#include "optim/optimizer.h"

namespace gradus::optim {

/// Ends a run whose metric does not improve any more.
///
///     optim::EarlyStopping stopping(/*patience=*/5);
///     if (stopping.step(validation_loss)) break;
class GRADUS_API EarlyStopping : public Stateful {
 public:
  enum Mode { min, max };

  /// @param patience   how many metrics in a row may be no better than the best; NaN is not better
  /// @param min_delta  by how much a metric has to be better
  /// @throws ValueError for negative values
  explicit EarlyStopping(int64_t patience = 10, double min_delta = 0, Mode mode = min);
  ~EarlyStopping() override;

  /// Returns whether to stop.
  bool step(double metric);
  /// Whether the last metric was the best so far.
  bool improved() const { return improved_; }
  bool should_stop() const { return bad_ > patience_; }
  double best() const { return best_; }
  /// In which call of step(), counted from 1, the best metric came; 0: none did.
  int64_t best_step() const { return best_step_; }

  StateDict state_dict() const override;
  void load_state_dict(const StateDict& state) override;

 private:
  int64_t patience_;
  double min_delta_;
  Mode mode_;
  double best_;
  int64_t best_step_ = 0, count_ = 0, bad_ = 0;
  bool improved_ = false;
};

/// Keeps a copy of the tensors of the best moment of a run.
class GRADUS_API BestWeights {
 public:
  using NamedTensors = OrderedDict<std::string, Tensor>;

  /// @param tensors  parameters and buffers
  explicit BestWeights(NamedTensors tensors);
  /// Copies the tensors as they are now.
  void save();
  /// Copies them back. @throws Error before the first save()
  void restore();
  /// The copies; empty before the first save().
  const NamedTensors& saved() const { return saved_; }

 private:
  NamedTensors tensors_, saved_;
};

/// What one step did.
struct StepRecord {
  int64_t step = 0;
  double lr = 0;
  double grad_norm = 0;
  double weight_norm = 0;  ///< before the step
  double update_norm = 0;
  double ratio = 0;  ///< update_norm / weight_norm; about 1e-3 is healthy
};

/// Watches an optimizer: while it lives, every step is recorded, at the cost of a copy of the
/// weights.
///
///     optim::Monitor monitor(optimizer);
///     ... optimizer.step(); monitor.metric("loss", loss.item<double>());
///     monitor.plot("run.svg");
class GRADUS_API Monitor {
 public:
  /// @param every  records only every so many steps. @throws ValueError unless every >= 1
  explicit Monitor(Optimizer& optimizer, int64_t every = 1);
  Monitor(const Monitor&) = delete;
  Monitor& operator=(const Monitor&) = delete;
  ~Monitor();

  const std::vector<StepRecord>& records() const;
  /// Adds a value at the present step.
  void metric(const std::string& name, double value);
  /// Writes an SVG file: metrics, norms, ratio and rate.
  void plot(const std::string& path) const;

 private:
  struct Data;
  std::shared_ptr<Data> data_;
  Optimizer* optimizer_;
  unsigned pre_hook_, post_hook_;
};

}  // namespace gradus::optim
