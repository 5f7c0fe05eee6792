// What one operation costs when its arithmetic is nothing: 4 floats.

#include "api.h"
#include "steps.h"

namespace steps {
namespace {

std::function<void()> add(bool requires_grad) {
  torch::Tensor x = torch::ones({4}, torch::TensorOptions().requires_grad(requires_grad));
  torch::Tensor w = torch::ones({4});
  return [=] {
    for (int i = 0; i < 1000; ++i) {
      torch::Tensor y = x + w;
    }
  };
}

std::function<void()> chain(int length) {
  torch::Tensor x = torch::ones({4}, torch::TensorOptions().requires_grad(true));
  torch::Tensor w = torch::ones({4});
  return [=] {
    torch::Tensor y = x;
    for (int i = 0; i < length; ++i) y = y * w;
    y.sum().backward();
  };
}

}  // namespace

void add_overhead(Workloads& list) {
  list.push_back({.name = "add4", .goal_us = 0.12, .per = 1000, .make = [] { return add(false); }});
  list.push_back(
      {.name = "add4_recorded", .goal_us = 0.20, .per = 1000, .make = [] { return add(true); }});
  list.push_back(
      {.name = "chain_100", .goal_us = 0.6, .per = 100, .make = [] { return chain(100); }});
  list.push_back(
      {.name = "chain_100k", .goal_us = 0.8, .per = 100000, .make = [] { return chain(100000); }});
}

}  // namespace steps
