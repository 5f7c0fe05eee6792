#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/arg.h"
#include "optim/optimizer.h"

namespace gradus::optim {

/// Settings of lr_range_test().
struct GRADUS_API LRRangeTestOptions {
  /// The first rate. Default: 1e-7
  GRADUS_ARG(double, start_lr) = 1e-7;
  /// The last rate. Default: 10
  GRADUS_ARG(double, end_lr) = 10;
  /// How many steps, with rates in a geometric row. Default: 100
  GRADUS_ARG(int64_t, steps) = 100;
  /// The weight of older losses in the smoothed one. Default: 0.9
  GRADUS_ARG(double, smoothing) = 0.9;
  /// Ends where the smoothed loss is this many times the best. Default: 4
  GRADUS_ARG(double, diverge) = 4;
};

/// What the test found: lists of equal length.
struct GRADUS_API LRRangeTestResult {
  std::vector<double> lrs;
  std::vector<double> losses;
  std::vector<double> smoothed;
  bool diverged = false;
  /// The rate where the smoothed loss falls fastest, in log(lr): a good one to begin with. nan
  /// where it never falls.
  double suggestion = 0;
  /// The rate of the least smoothed loss: about the largest one that is stable.
  double best = 0;

  /// Writes an SVG file of losses against rates.
  void plot(const std::string& path) const;
};

/// Trains while the rate grows from start_lr to end_lr, and looks where the loss falls (Smith,
/// arXiv:1506.01186). Parameters, gradients, the optimizer with its rates, the global generator and
/// what is in `also` are afterwards what they were, to the bit, even where the closure throws.
///
///     const auto found = optim::lr_range_test(optimizer, [&] {
///       optimizer.zero_grad();
///       const Tensor loss = loss_of(net, next_batch());
///       loss.backward();
///       return loss;
///     });
///     found.plot("lr.svg");
///
/// @param closure  computes loss and gradients of the next batch
/// @param also     tensors that the closure changes: net->buffers()
/// @throws ValueError unless 0 < start_lr < end_lr, steps >= 2, 0 <= smoothing < 1 and diverge > 1
GRADUS_API LRRangeTestResult lr_range_test(Optimizer& optimizer, Optimizer::LossClosure closure,
                                           const LRRangeTestOptions& options = {},
                                           const std::vector<Tensor>& also = {});

}  // namespace gradus::optim
