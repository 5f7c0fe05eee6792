// One pass over a million floats.

#include "api.h"
#include "steps.h"

namespace steps {
namespace {

constexpr double kCount = 1 << 20;
constexpr double kPass = 4 * kCount;  // bytes of one reading or writing of the tensor

using Unary = torch::Tensor (*)(const torch::Tensor&);

std::function<void()> unary(Unary f) {
  torch::Tensor x = torch::randn({1024, 1024});
  return [=] {
    torch::NoGradGuard guard;
    torch::Tensor y = f(x);
  };
}

std::function<void()> unary_backward(Unary f) {
  torch::Tensor x = torch::randn({1024, 1024}).requires_grad_(true);
  torch::Tensor dy = torch::ones({1024, 1024});
  return [=] {
    x.mutable_grad() = torch::Tensor();
    f(x).backward(dy);
  };
}

std::function<void()> where() {
  torch::Tensor x = torch::randn({1024, 1024});
  torch::Tensor y = torch::randn({1024, 1024});
  torch::Tensor condition = x > 0;
  return [=] { torch::Tensor z = torch::where(condition, x, y); };
}

std::function<void()> add(bool strided) {
  torch::Tensor x = torch::randn({1024, 1024});
  torch::Tensor y = torch::randn({1024, 1024});
  if (strided) y = y.t();
  return [=] { torch::Tensor z = x + y; };
}

std::function<void()> sum_rows() {
  torch::Tensor x = torch::randn({1024, 1024});
  return [=] { torch::Tensor y = x.sum(1); };
}

}  // namespace

void add_elementwise(Workloads& list) {
  auto add_unary = [&list](const char* name, double goal_us, Unary f) {
    list.push_back(
        {.name = name, .bytes = 2 * kPass, .goal_us = goal_us, .make = [f] { return unary(f); }});
  };
  add_unary("relu_1m", 0, [](const torch::Tensor& x) { return torch::relu(x); });
  add_unary("exp_1m", 150, [](const torch::Tensor& x) { return torch::exp(x); });
  add_unary("tanh_1m", 200, [](const torch::Tensor& x) { return torch::tanh(x); });
  add_unary("sigmoid_1m", 0, [](const torch::Tensor& x) { return torch::sigmoid(x); });
  add_unary("erf_1m", 250, [](const torch::Tensor& x) { return torch::erf(x); });
  add_unary("gelu_1m", 250, [](const torch::Tensor& x) { return torch::gelu(x); });
  // tanh with backward: x, y written; y, dy, dx.
  list.push_back({.name = "tanh_1m_backward", .bytes = 5 * kPass, .make = [] {
                    return unary_backward([](const torch::Tensor& x) { return torch::tanh(x); });
                  }});
  list.push_back({.name = "where_1m", .bytes = 3.25 * kPass, .goal_us = 70, .make = where});
  list.push_back({.name = "add_1m", .bytes = 3 * kPass, .make = [] { return add(false); }});
  list.push_back({.name = "add_1m_strided", .bytes = 3 * kPass, .goal_us = 150, .make = [] {
                    return add(true);
                  }});
  list.push_back({.name = "sum_rows_1m", .flops = kCount, .bytes = kPass, .make = sum_rows});
}

}  // namespace steps
