// Optimizer steps alone, over few large and many small parameters.

#include "api.h"
#include "steps.h"

namespace steps {
namespace {

std::vector<torch::Tensor> make_parameters(int64_t count, int64_t size) {
  std::vector<torch::Tensor> parameters;
  for (int64_t i = 0; i < count; ++i) {
    torch::Tensor p = torch::randn({size}).requires_grad_(true);
    p.mutable_grad() = torch::randn({size});
    parameters.push_back(p);
  }
  return parameters;
}

template <typename Optimizer, typename Options>
std::function<void()> step(int64_t count, int64_t size, Options options) {
  auto optimizer = std::make_shared<Optimizer>(make_parameters(count, size), options);
  return [=] { optimizer->step(); };
}

std::function<void()> clip() {
  auto parameters = make_parameters(1000, 100);
  return [=] { torch::nn::utils::clip_grad_norm_(parameters, 1.0); };
}

}  // namespace

void add_optimizers(Workloads& list) {
  using torch::optim::Adam, torch::optim::AdamW, torch::optim::SGD;
  using torch::optim::AdamOptions, torch::optim::AdamWOptions, torch::optim::SGDOptions;
  // Adam reads p, g, m, v and writes p, m, v; SGD with momentum reads p, g, m and writes p, m.
  constexpr double kAdamBytes = 7 * 4, kSgdBytes = 5 * 4;
  constexpr int64_t kLarge = 1000000;
  list.push_back({.name = "adam_10x1m", .bytes = 1e7 * kAdamBytes, .goal_us = 6500, .make = [] {
                    return step<Adam>(10, kLarge, AdamOptions(1e-3));
                  }});
  list.push_back({.name = "adamw_10x1m", .bytes = 1e7 * kAdamBytes, .goal_us = 6500, .make = [] {
                    return step<AdamW>(10, kLarge, AdamWOptions(1e-3));
                  }});
  list.push_back({.name = "sgd_10x1m", .bytes = 1e7 * kSgdBytes, .goal_us = 4500, .make = [] {
                    return step<SGD>(10, kLarge, SGDOptions(1e-3).momentum(0.9));
                  }});
  list.push_back({.name = "adam_1000x100", .bytes = 1e5 * kAdamBytes, .goal_us = 250, .make = [] {
                    return step<Adam>(1000, 100, AdamOptions(1e-3));
                  }});
  list.push_back({.name = "sgd_1000x100", .bytes = 1e5 * kSgdBytes, .goal_us = 150, .make = [] {
                    return step<SGD>(1000, 100, SGDOptions(1e-3).momentum(0.9));
                  }});
  // Read for the norm, then read and write to scale.
  list.push_back(
      {.name = "clip_grad_norm_1000x100", .bytes = 3 * 4e5, .goal_us = 100, .make = clip});
}

}  // namespace steps
