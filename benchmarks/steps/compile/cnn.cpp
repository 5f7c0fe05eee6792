// A convolutional classifier and one training step: what a user's program includes and uses.

#include <cstdio>

#include "api.h"

struct NetImpl : torch::nn::Module {
  NetImpl()
      : conv1(torch::nn::Conv2dOptions(1, 32, 3).padding(1)),
        conv2(torch::nn::Conv2dOptions(32, 64, 3).padding(1)),
        fc1(64 * 7 * 7, 128),
        fc2(128, 10) {
    register_module("conv1", conv1);
    register_module("conv2", conv2);
    register_module("fc1", fc1);
    register_module("fc2", fc2);
  }

  torch::Tensor forward(torch::Tensor x) {
    x = torch::max_pool2d(torch::relu(conv1(x)), 2);
    x = torch::max_pool2d(torch::relu(conv2(x)), 2);
    x = torch::relu(fc1(x.flatten(1)));
    return fc2(x);
  }

  torch::nn::Conv2d conv1, conv2;
  torch::nn::Linear fc1, fc2;
};
GRADUS_STEPS_MODULE(Net);

int main() {
  Net net;
  torch::optim::Adam optimizer(net->parameters(), torch::optim::AdamOptions(1e-3));
  torch::Tensor x = torch::randn({8, 1, 28, 28});
  torch::Tensor target = torch::randint(0, 10, {8}, torch::kLong);
  optimizer.zero_grad();
  torch::Tensor loss = torch::nn::functional::cross_entropy(net(x), target);
  loss.backward();
  optimizer.step();
  std::printf("%g\n", loss.item<double>());
}
