#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/callable.h"
#include "core/hidden.h"
#include "optim/optimizer.h"

namespace gradus::optim {

/// Base of averages of weights: keeps a second set of them, float for 16-bit parameters.
class GRADUS_API WeightAverage : public Stateful {
 public:
  using NamedTensors = OrderedDict<std::string, Tensor>;

  WeightAverage(const WeightAverage&) = delete;
  WeightAverage& operator=(const WeightAverage&) = delete;
  ~WeightAverage() override;

  /// Takes the present weights into the average. Optimizer::add_average() does so by itself.
  void update();
  /// Exchanges the weights with their average; the second call brings them back, to the bit where
  /// both have one dtype. update() is an error in between.
  void swap();
  bool is_swapped() const { return swapped_; }
  /// Overwrites the weights by the average. Before the first update() that is where they began.
  void copy_to_params();

  int64_t updates() const { return updates_; }
  /// The averages, under the names of the parameters.
  const NamedTensors& averages() const { return averages_; }

  StateDict state_dict() const override;
  void load_state_dict(const StateDict& state) override;

 protected:
  /// @throws ValueError for no parameters, TypeError for one that is not floating-point
  WeightAverage(const char* owner, const NamedTensors& params);
  /// The weight of the present weights in update number n = 0, 1, ...
  virtual double weight_at(int64_t n) const = 0;

 private:
  friend class Optimizer;
  // update() in two halves: the pass of an optimizer's step between them may have averaged some
  // parameters already, and marked them.
  kernel::BatchAverages& begin_pass();
  void end_pass();

  const char* owner_;
  std::vector<Tensor> params_;
  NamedTensors averages_;
  Hidden<kernel::BatchAverages> pass_;
  int64_t updates_ = 0;
  bool swapped_ = false;
};

/// Exponential moving average of the weights: average = d * average + (1 - d) * p, with
/// d = decay, or where `warmup` d = min(decay, (1 + n) / (10 + n)) in update n = 0, 1, ..., so that
/// the start is soon forgotten.
///
///     optim::EMA ema(net->named_parameters(), 0.999);
///     ... optimizer.step(); ema.update();  // or once optimizer.add_average()
///     ema.swap();  // validate
///     ema.swap();
class GRADUS_API EMA : public WeightAverage {
 public:
  /// @throws ValueError unless 0 <= decay <= 1
  explicit EMA(const NamedTensors& params, double decay = 0.999, bool warmup = true);

 protected:
  double weight_at(int64_t n) const override;

 private:
  double decay_;
  bool warmup_;
};

/// Stochastic weight averaging: the equal average of the weights at every update(), say after each
/// epoch of a constant or cyclic rate (Izmailov et al., arXiv:1803.05407). See SWALR and
/// update_bn().
class GRADUS_API SWA : public WeightAverage {
 public:
  explicit SWA(const NamedTensors& params);

 protected:
  double weight_at(int64_t n) const override;
};

/// Computes the running statistics of batch normalization anew, for averaged weights: calls
/// `forward` until it returns false, and sets running_mean and running_var to the equal average
/// over the batches.
///
///     net->train();
///     optim::update_bn(net->named_buffers(), [&] { return next_batch(&x) && (net->forward(x),
///     true); });
///
/// @param buffers   those called running_mean and running_var are computed, num_batches_tracked is
///                  set; others are left alone
/// @param forward   runs one batch in training mode; false: there was none left
/// @param momentum  that of the layers; none where they average by themselves
/// @throws ValueError where there was no batch; then the buffers are as they were
GRADUS_API void update_bn(const OrderedDict<std::string, Tensor>& buffers,
                          const Callable<bool()>& forward, std::optional<double> momentum = 0.1);

}  // namespace gradus::optim
