// Sorting rows of 1024 floats, a million in all.

#include "api.h"
#include "steps.h"

namespace steps {

void add_sorting(Workloads& list) {
  list.push_back({.name = "sort_1m", .goal_us = 8000, .make = [] {
                    torch::Tensor x = torch::randn({1024, 1024});
                    return [=] { auto sorted = torch::sort(x); };
                  }});
}

}  // namespace steps
