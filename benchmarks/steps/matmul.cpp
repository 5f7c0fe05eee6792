// Matrix products.

#include "api.h"
#include "steps.h"

namespace steps {
namespace {

std::function<void()> matmul(int64_t n) {
  torch::Tensor a = torch::randn({n, n});
  torch::Tensor b = torch::randn({n, n});
  return [=] { torch::Tensor c = torch::matmul(a, b); };
}

std::function<void()> bmm() {
  torch::Tensor a = torch::randn({64, 128, 32});
  torch::Tensor b = torch::randn({64, 32, 128});
  return [=] { torch::Tensor c = torch::bmm(a, b); };
}

// x is [batch, in].
std::function<void()> linear_backward(int64_t batch, int64_t in, int64_t out) {
  torch::nn::Linear linear(in, out);
  torch::Tensor x = torch::randn({batch, in}).requires_grad_(true);
  torch::Tensor dy = torch::randn({batch, out});
  return [=]() mutable {
    x.mutable_grad() = torch::Tensor();
    linear->zero_grad();
    linear(x).backward(dy);
  };
}

}  // namespace

void add_matmul(Workloads& list) {
  auto add = [&list](int64_t n, double goal_us) {
    double flops = 2.0 * n * n * n;
    list.push_back(
        {.name = "matmul_" + std::to_string(n), .flops = flops, .goal_us = goal_us, .make = [n] {
           return matmul(n);
         }});
  };
  add(64, 3);
  add(256, 160);
  add(1024, 9800);
  list.push_back({.name = "bmm_64x128x32x128", .flops = 2.0 * 64 * 128 * 32 * 128, .make = bmm});
  // Forward, dx and dw: three products of equal size.
  list.push_back({.name = "linear_64x3136x128_backward",
                  .flops = 3 * 2.0 * 64 * 3136 * 128,
                  .make = [] { return linear_backward(64, 3136, 128); }});
}

}  // namespace steps
