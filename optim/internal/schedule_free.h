#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "optim/optimizer.h"

namespace gradus::optim {

/// What the step of a schedule-free optimizer makes of its weights.
struct ScheduleFreeWeights {
  double weight_sum = 0;
  double lr_max = 0;
  double lr = 0;  // of this step
  double c = 0;   // the weight of z in the average
};

template <class Options>
ScheduleFreeWeights next_weights(const Options& options, int64_t t, ScheduleFreeWeights before) {
  ScheduleFreeWeights next;
  next.lr = options.lr();
  if (t < options.warmup_steps()) {
    next.lr *= static_cast<double>(t) / static_cast<double>(options.warmup_steps());
  }
  next.lr_max = std::max(before.lr_max, next.lr);
  const double weight = std::pow(static_cast<double>(t), options.r()) *
                        std::pow(next.lr_max, options.weight_lr_power());
  next.weight_sum = before.weight_sum + weight;
  next.c = next.weight_sum > 0 ? weight / next.weight_sum : 0;
  return next;
}

/// Calls f(options, state, parameter) for every parameter that has a state.
template <class F>
void for_each_average(Optimizer& optimizer, F&& f) {
  for (OptimizerParamGroup& group : optimizer.param_groups()) {
    for (const Tensor& param : group.params()) {
      const auto state = optimizer.state().find(param.unsafeGetTensorImpl());
      if (state == optimizer.state().end()) continue;
      Tensor p = param.detach();
      f(group.options(), *state->second, p);
    }
  }
}

/// p = y becomes the average x = z + (y - z) / beta; returns a copy of y.
Tensor to_average(Tensor& p, const Tensor& z, double beta);

}  // namespace gradus::optim
