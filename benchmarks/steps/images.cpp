// Convolution, pooling and batch norm, forward and backward with the gradient of the input.

#include "api.h"
#include "steps.h"

namespace steps {
namespace {

struct Conv {
  const char* name;
  double goal_us;
  int64_t batch, in, out, size, kernel, stride, padding, groups;
};

constexpr Conv kConvs[] = {
    {"conv_16ch_3x3", 2400, 32, 16, 16, 32, 3, 1, 1, 1},
    {"conv_64ch_3x3", 2300, 32, 64, 64, 8, 3, 1, 1, 1},
    {"conv_7x7_stride2", 8000, 2, 3, 64, 224, 7, 2, 3, 1},
    {"conv_1x1", 6500, 4, 64, 256, 56, 1, 1, 0, 1},
    {"conv_depthwise_3x3", 600, 4, 64, 64, 56, 3, 1, 1, 64},
};

std::function<void()> conv(const Conv& c) {
  torch::nn::Conv2d conv(torch::nn::Conv2dOptions(c.in, c.out, c.kernel)
                             .stride(c.stride)
                             .padding(c.padding)
                             .groups(c.groups));
  torch::Tensor x = torch::randn({c.batch, c.in, c.size, c.size}).requires_grad_(true);
  torch::Tensor dy = torch::randn_like(conv(x)).detach();
  return [=]() mutable {
    x.mutable_grad() = torch::Tensor();
    conv->zero_grad();
    conv(x).backward(dy);
  };
}

std::function<void()> batch_norm() {
  torch::nn::BatchNorm2d norm(16);
  torch::Tensor x = torch::randn({32, 16, 32, 32}).requires_grad_(true);
  torch::Tensor dy = torch::randn({32, 16, 32, 32});
  return [=]() mutable {
    x.mutable_grad() = torch::Tensor();
    norm->zero_grad();
    norm(x).backward(dy);
  };
}

std::function<void()> max_pool() {
  torch::Tensor x = torch::randn({64, 32, 28, 28}).requires_grad_(true);
  torch::Tensor dy = torch::randn({64, 32, 14, 14});
  return [=] {
    x.mutable_grad() = torch::Tensor();
    torch::max_pool2d(x, 2).backward(dy);
  };
}

}  // namespace

void add_images(Workloads& list) {
  for (const Conv& c : kConvs) {
    double side = (c.size + 2 * c.padding - c.kernel) / c.stride + 1;
    double flops =
        3 * 2.0 * c.batch * c.out * side * side * (c.in / c.groups) * c.kernel * c.kernel;
    list.push_back(
        {.name = c.name, .flops = flops, .goal_us = c.goal_us, .make = [c] { return conv(c); }});
  }
  // x, y; x, dy, dx.
  list.push_back({.name = "batch_norm_backward",
                  .bytes = 5 * 4.0 * 32 * 16 * 32 * 32,
                  .goal_us = 300,
                  .make = batch_norm});
  // Read x, write y, read dy, write dx; y and dy are a quarter.
  list.push_back({.name = "max_pool_backward",
                  .bytes = 2.5 * 4.0 * 64 * 32 * 28 * 28,
                  .goal_us = 300,
                  .make = max_pool});
}

}  // namespace steps
