// Row-wise operations on 4096 rows of 256.

#include "api.h"
#include "steps.h"

namespace steps {
namespace {

constexpr int64_t kRows = 4096, kCols = 256;
constexpr double kPass = 4.0 * kRows * kCols;

std::function<void()> softmax() {
  torch::Tensor x = torch::randn({kRows, kCols});
  return [=] { torch::Tensor y = torch::softmax(x, 1); };
}

std::function<void()> softmax_backward() {
  torch::Tensor x = torch::randn({kRows, kCols}).requires_grad_(true);
  torch::Tensor dy = torch::randn({kRows, kCols});
  return [=] {
    x.mutable_grad() = torch::Tensor();
    torch::softmax(x, 1).backward(dy);
  };
}

std::function<void()> cross_entropy() {
  torch::Tensor x = torch::randn({kRows, kCols}).requires_grad_(true);
  torch::Tensor target = torch::randint(0, kCols, {kRows}, torch::kLong);
  return [=] {
    x.mutable_grad() = torch::Tensor();
    torch::nn::functional::cross_entropy(x, target).backward();
  };
}

std::function<void()> layer_norm() {
  torch::nn::LayerNorm norm(torch::nn::LayerNormOptions({kCols}));
  torch::Tensor x = torch::randn({kRows, kCols}).requires_grad_(true);
  torch::Tensor dy = torch::randn({kRows, kCols});
  return [=]() mutable {
    x.mutable_grad() = torch::Tensor();
    norm->zero_grad();
    norm(x).backward(dy);
  };
}

}  // namespace

void add_rows(Workloads& list) {
  list.push_back({.name = "softmax", .bytes = 2 * kPass, .goal_us = 130, .make = softmax});
  list.push_back(
      {.name = "softmax_backward", .bytes = 5 * kPass, .goal_us = 280, .make = softmax_backward});
  // Its gradient needs nothing but x and the loss: read x, write dx.
  list.push_back({.name = "cross_entropy_backward",
                  .bytes = 2 * kPass,
                  .goal_us = 180,
                  .make = cross_entropy});
  list.push_back(
      {.name = "layer_norm_backward", .bytes = 5 * kPass, .goal_us = 260, .make = layer_norm});
}

}  // namespace steps
