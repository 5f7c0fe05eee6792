#pragma once

#include <functional>
#include <string>
#include <vector>

namespace steps {

/// One thing to time. `make` builds its tensors and returns the body; a call of the body does
/// `per` units of work, and the reported time is that of one unit.
struct Workload {
  std::string name;
  double flops = 0;    ///< Least floating-point operations of a unit.
  double bytes = 0;    ///< Least bytes that a unit must move, each tensor once per pass.
  double goal_us = 0;  ///< Goal for a unit on the reference machine; 0: none.
  double per = 1;
  std::function<std::function<void()>()> make;
};

using Workloads = std::vector<Workload>;

void add_overhead(Workloads& list);
void add_elementwise(Workloads& list);
void add_rows(Workloads& list);
void add_matmul(Workloads& list);
void add_images(Workloads& list);
void add_models(Workloads& list);
void add_nets(Workloads& list);
void add_layers(Workloads& list);
void add_moving(Workloads& list);
void add_optimizers(Workloads& list);
void add_random(Workloads& list);
void add_sorting(Workloads& list);
void add_data(Workloads& list);

}  // namespace steps
