// Training steps of whole nets: a residual net, a transformer, recurrent nets, an autoencoder.

#include <cmath>
#include <memory>
#include <utility>

#include "api.h"
#include "steps.h"

namespace steps {
namespace {

namespace F = torch::nn::functional;
using torch::Tensor;

torch::nn::Conv2d conv3x3(int64_t in, int64_t out, int64_t stride) {
  return torch::nn::Conv2d(
      torch::nn::Conv2dOptions(in, out, 3).stride(stride).padding(1).bias(false));
}

struct BlockImpl : torch::nn::Module {
  BlockImpl(int64_t in, int64_t out, int64_t stride)
      : conv1(conv3x3(in, out, stride)), conv2(conv3x3(out, out, 1)), norm1(out), norm2(out) {
    register_module("conv1", conv1);
    register_module("norm1", norm1);
    register_module("conv2", conv2);
    register_module("norm2", norm2);
    if (in == out) return;
    shortcut = torch::nn::Conv2d(torch::nn::Conv2dOptions(in, out, 1).stride(stride).bias(false));
    register_module("shortcut", shortcut);
  }
  Tensor forward(const Tensor& x) {
    Tensor y = norm2(conv2(torch::relu(norm1(conv1(x)))));
    return torch::relu(y + (shortcut.is_empty() ? x : shortcut(x)));
  }
  torch::nn::Conv2d conv1, conv2, shortcut{nullptr};
  torch::nn::BatchNorm2d norm1, norm2;
};
GRADUS_STEPS_MODULE(Block);

struct ResNetImpl : torch::nn::Module {
  ResNetImpl() : conv(conv3x3(3, 16, 1)), norm(16), fc(64, 10) {
    register_module("conv", conv);
    register_module("norm", norm);
    int64_t in = 16;
    for (int64_t out : {16, 32, 64}) {
      for (int i = 0; i < 3; ++i) {
        blocks->push_back(Block(in, out, i == 0 && out > 16 ? 2 : 1));
        in = out;
      }
    }
    register_module("blocks", blocks);
    register_module("fc", fc);
  }
  Tensor forward(Tensor x) {
    x = blocks->forward(torch::relu(norm(conv(x))));
    return fc(x.mean({2, 3}));
  }
  torch::nn::Conv2d conv;
  torch::nn::BatchNorm2d norm;
  torch::nn::Sequential blocks;
  torch::nn::Linear fc;
};
GRADUS_STEPS_MODULE(ResNet);

constexpr int64_t kWidth = 128, kHeads = 4, kLayers = 4, kContext = 128, kCharacters = 96;

struct GptBlockImpl : torch::nn::Module {
  GptBlockImpl()
      : norm1(torch::nn::LayerNormOptions({kWidth})),
        norm2(torch::nn::LayerNormOptions({kWidth})),
        qkv(kWidth, 3 * kWidth),
        out(kWidth, kWidth),
        up(kWidth, 4 * kWidth),
        down(4 * kWidth, kWidth) {
    register_module("norm1", norm1);
    register_module("qkv", qkv);
    register_module("out", out);
    register_module("norm2", norm2);
    register_module("up", up);
    register_module("down", down);
  }
  Tensor forward(Tensor x) {
    const int64_t batch = x.size(0), length = x.size(1);
    const auto heads =
        qkv(norm1(x)).view({batch, length, 3, kHeads, kWidth / kHeads}).permute({2, 0, 3, 1, 4});
    Tensor y = causal_attention(heads[0], heads[1], heads[2]);
    x = x + out(y.transpose(1, 2).reshape({batch, length, kWidth}));
    return x + down(torch::gelu(up(norm2(x))));
  }
  torch::nn::LayerNorm norm1, norm2;
  torch::nn::Linear qkv, out, up, down;
};
GRADUS_STEPS_MODULE(GptBlock);

struct GptImpl : torch::nn::Module {
  GptImpl()
      : tokens(kCharacters, kWidth),
        positions(kContext, kWidth),
        norm(torch::nn::LayerNormOptions({kWidth})),
        head(kWidth, kCharacters) {
    register_module("tokens", tokens);
    register_module("positions", positions);
    for (int i = 0; i < kLayers; ++i) blocks->push_back(GptBlock());
    register_module("blocks", blocks);
    register_module("norm", norm);
    register_module("head", head);
  }
  Tensor forward(const Tensor& x) {
    return head(norm(blocks->forward(tokens(x) + positions(torch::arange(x.size(1))))));
  }
  torch::nn::Embedding tokens, positions;
  torch::nn::Sequential blocks;
  torch::nn::LayerNorm norm;
  torch::nn::Linear head;
};
GRADUS_STEPS_MODULE(Gpt);

template <class Net>
struct RecurrentImpl : torch::nn::Module {
  RecurrentImpl() : net(64, 128), fc(128, 10) {
    register_module("net", net);
    register_module("fc", fc);
  }
  Tensor forward(const Tensor& x) { return fc(std::get<0>(net(x))[-1]); }
  Net net;
  torch::nn::Linear fc;
};

std::function<void()> autoencoder() {
  using torch::nn::Conv2dOptions;
  using torch::nn::ConvTranspose2dOptions;
  torch::nn::Sequential model(
      torch::nn::Conv2d(Conv2dOptions(1, 16, 3).stride(2).padding(1)), torch::nn::ReLU(),
      torch::nn::Conv2d(Conv2dOptions(16, 32, 3).stride(2).padding(1)), torch::nn::ReLU(),
      torch::nn::ConvTranspose2d(
          ConvTranspose2dOptions(32, 16, 3).stride(2).padding(1).output_padding(1)),
      torch::nn::ReLU(),
      torch::nn::ConvTranspose2d(
          ConvTranspose2dOptions(16, 1, 3).stride(2).padding(1).output_padding(1)),
      torch::nn::Sigmoid());
  auto optimizer =
      std::make_shared<torch::optim::Adam>(model->parameters(), torch::optim::AdamOptions(1e-3));
  Tensor x = torch::rand({32, 1, 28, 28});
  return [=]() mutable {
    optimizer->zero_grad();
    F::mse_loss(model->forward(x), x).backward();
    optimizer->step();
  };
}

template <class Model, class Optimizer, class Options>
std::function<void()> classifier(Tensor x, Tensor target, Options options) {
  auto model = std::make_shared<Model>();
  auto optimizer = std::make_shared<Optimizer>(model->parameters(), options);
  return [=] {
    optimizer->zero_grad();
    Tensor y = model->forward(x);
    F::cross_entropy(y.flatten(0, -2), target).backward();
    optimizer->step();
  };
}

Tensor classes(int64_t number, int64_t n) {
  return torch::randint(0, number, {n}, torch::kLong);
}

}  // namespace

void add_nets(Workloads& list) {
  using torch::optim::AdamOptions;
  // Multiply-adds of an example, forward; with backward three times as many.
  const double stage = 9.0 * 32 * 32 * 16 * 16;  // a 3x3 convolution of any stage
  const double resnet = 9.0 * 32 * 32 * 3 * 16 + 6 * stage + 2 * (0.5 * stage + 5 * stage);
  list.push_back(
      {.name = "resnet20_b32_sgd", .flops = 6 * 32 * resnet, .goal_us = 43000, .make = [] {
         return classifier<ResNetImpl, torch::optim::SGD>(
             torch::randn({32, 3, 32, 32}), classes(10, 32),
             torch::optim::SGDOptions(0.1).momentum(0.9));
       }});
  const double token = kLayers * (12.0 * kWidth * kWidth + kContext * kWidth) +
                       static_cast<double>(kWidth * kCharacters);
  list.push_back({.name = "char_gpt_b16_adamw",
                  .flops = 6 * 16 * kContext * token,
                  .goal_us = 60000,
                  .make = [] {
                    return classifier<GptImpl, torch::optim::AdamW>(
                        classes(kCharacters, 16 * kContext).view({16, kContext}),
                        classes(kCharacters, 16 * kContext), torch::optim::AdamWOptions(1e-3));
                  }});
  const double step = 64.0 * 32 * (64 + 128) * 128;  // one gate
  list.push_back({.name = "lstm_b32_adam", .flops = 6 * 4 * step, .goal_us = 9000, .make = [] {
                    return classifier<RecurrentImpl<torch::nn::LSTM>, torch::optim::Adam>(
                        torch::randn({64, 32, 64}), classes(10, 32), AdamOptions(1e-3));
                  }});
  list.push_back({.name = "gru_b32_adam", .flops = 6 * 3 * step, .goal_us = 7000, .make = [] {
                    return classifier<RecurrentImpl<torch::nn::GRU>, torch::optim::Adam>(
                        torch::randn({64, 32, 64}), classes(10, 32), AdamOptions(1e-3));
                  }});
  const double half = 9.0 * 14 * 14 * 16, quarter = 9.0 * 7 * 7 * 16 * 32;
  list.push_back({.name = "autoencoder_b32_adam",
                  .flops = 6 * 32 * 2 * (half + quarter),
                  .goal_us = 1800,
                  .make = autoencoder});
}

}  // namespace steps
