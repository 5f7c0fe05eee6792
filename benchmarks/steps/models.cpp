// Whole training steps: forward, backward, optimizer.

#include "api.h"
#include "steps.h"

namespace steps {
namespace {

namespace F = torch::nn::functional;

struct MlpImpl : torch::nn::Module {
  MlpImpl() : fc1(784, 256), fc2(256, 128), fc3(128, 10) {
    register_module("fc1", fc1);
    register_module("fc2", fc2);
    register_module("fc3", fc3);
  }

  torch::Tensor forward(torch::Tensor x) {
    x = torch::relu(fc1(x));
    x = torch::relu(fc2(x));
    return fc3(x);
  }

  torch::nn::Linear fc1, fc2, fc3;
};
GRADUS_STEPS_MODULE(Mlp);

struct CnnImpl : torch::nn::Module {
  CnnImpl()
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
GRADUS_STEPS_MODULE(Cnn);

std::function<void()> mlp_step(int64_t batch) {
  Mlp model;
  auto optimizer = std::make_shared<torch::optim::SGD>(
      model->parameters(), torch::optim::SGDOptions(0.01).momentum(0.9));
  torch::Tensor x = torch::randn({batch, 784});
  torch::Tensor target = torch::randint(0, 10, {batch}, torch::kLong);
  return [=]() mutable {
    optimizer->zero_grad();
    F::cross_entropy(model(x), target).backward();
    optimizer->step();
  };
}

std::function<void()> cnn_step() {
  Cnn model;
  auto optimizer =
      std::make_shared<torch::optim::Adam>(model->parameters(), torch::optim::AdamOptions(0.001));
  torch::Tensor x = torch::randn({64, 1, 28, 28});
  torch::Tensor target = torch::randint(0, 10, {64}, torch::kLong);
  return [=]() mutable {
    optimizer->zero_grad();
    F::cross_entropy(model(x), target).backward();
    optimizer->step();
  };
}

std::function<void()> cnn_inference() {
  Cnn model;
  model->eval();
  torch::Tensor x = torch::randn({1, 1, 28, 28});
  return [=]() mutable {
    torch::NoGradGuard guard;
    torch::Tensor y = model(x);
  };
}

}  // namespace

void add_models(Workloads& list) {
  // Multiply-adds of one example: each layer forward; backward twice that, but the first layer
  // needs no gradient of its input.
  constexpr double kMlpFirst = 784 * 256, kMlpRest = 256 * 128 + 128 * 10;
  constexpr double kCnnFirst = 28 * 28 * 32 * 9;
  constexpr double kCnnRest = 14 * 14 * 64 * 32 * 9 + 3136 * 128 + 128 * 10;
  constexpr double kMlp = 2 * (2 * kMlpFirst + 3 * kMlpRest);
  constexpr double kCnn = 2 * (2 * kCnnFirst + 3 * kCnnRest);
  list.push_back({.name = "mlp_b64_sgd", .flops = 64 * kMlp, .goal_us = 380, .make = [] {
                    return mlp_step(64);
                  }});
  // Seven passes over the weights: forward, dw written, SGD's p, g, m read and p, m written.
  list.push_back({.name = "mlp_b1_sgd",
                  .flops = kMlp,
                  .bytes = 7 * 4 * (kMlpFirst + kMlpRest),
                  .goal_us = 65,
                  .make = [] { return mlp_step(1); }});
  list.push_back({.name = "cnn_b64_adam", .flops = 64 * kCnn, .goal_us = 10000, .make = cnn_step});
  list.push_back({.name = "cnn_b1_inference",
                  .flops = 2 * (kCnnFirst + kCnnRest),
                  .goal_us = 80,
                  .make = cnn_inference});
}

}  // namespace steps
