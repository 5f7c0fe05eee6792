// Random numbers on a million floats.

#include "api.h"
#include "steps.h"

namespace steps {

void add_random(Workloads& list) {
  constexpr double kPass = 4.0 * (1 << 20);
  list.push_back({.name = "randn_1m", .bytes = kPass, .goal_us = 800, .make = [] {
                    return [] { torch::Tensor x = torch::randn({1024, 1024}); };
                  }});
  list.push_back({.name = "dropout_1m", .bytes = 2 * kPass, .goal_us = 400, .make = [] {
                    torch::Tensor x = torch::randn({1024, 1024});
                    return [=] { torch::Tensor y = torch::dropout(x, 0.5, /*train=*/true); };
                  }});
}

}  // namespace steps
