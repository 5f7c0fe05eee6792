// Two nets with PyTorch's weights against what PyTorch computed, float32: see tests/goldens.

#include <string>

#include <gradus/gradus.h>
#include <gtest/gtest.h>

#include "tests/goldens.h"

namespace gradus {
namespace {

namespace F = nn::functional;

constexpr double kTolerance = 1e-5;

struct SmallCnnImpl : nn::Module {
  SmallCnnImpl()
      : conv1(nn::Conv2dOptions(1, 8, 3).padding(1)),
        conv2(nn::Conv2dOptions(8, 16, 3).padding(1)),
        fc1(16 * 7 * 7, 32),
        fc2(32, 10) {
    register_module("conv1", conv1);
    register_module("conv2", conv2);
    register_module("fc1", fc1);
    register_module("fc2", fc2);
  }

  Tensor forward(Tensor x) {
    x = max_pool2d(relu(conv1(x)), 2);
    x = max_pool2d(relu(conv2(x)), 2);
    x = relu(fc1(x.flatten(1)));
    return fc2(x);
  }

  nn::Conv2d conv1, conv2;
  nn::Linear fc1, fc2;
};
GRADUS_MODULE(SmallCnn);

struct NormsImpl : nn::Module {
  NormsImpl()
      : conv(nn::Conv2dOptions(3, 6, 3).stride(2).padding(1).bias(false)),
        bn(6),
        embedding(nn::EmbeddingOptions(20, 8).padding_idx(0)),
        ln(nn::LayerNormOptions({8})),
        mix(8, 8),
        join(nn::BatchNorm1dOptions(6 * 4 + 8).momentum(0.2)),
        dropout(0.5),
        fc(6 * 4 + 8, 5) {
    register_module("conv", conv);
    register_module("bn", bn);
    register_module("embedding", embedding);
    register_module("ln", ln);
    register_module("mix", mix);
    register_module("join", join);
    register_module("dropout", dropout);
    register_module("fc", fc);
  }

  Tensor forward(const Tensor& image, const Tensor& tokens) {
    Tensor x = avg_pool2d(gelu(bn(conv(image))), 3).flatten(1);
    Tensor y = tanh(mix(ln(embedding(tokens)))).mean(1);
    return fc(dropout(join(cat({x, y}, 1))));
  }

  nn::Conv2d conv;
  nn::BatchNorm2d bn;
  nn::Embedding embedding;
  nn::LayerNorm ln;
  nn::Linear mix;
  nn::BatchNorm1d join;
  nn::Dropout dropout;
  nn::Linear fc;
};
GRADUS_MODULE(Norms);

/// Copies the file's weights and buffers into the module.
template <class Goldens>
void load_weights(nn::Module& net, const Goldens& tensors) {
  NoGradGuard guard;
  for (auto& item : net.named_parameters()) item.value().copy_(tensors[item.key()]);
  for (auto& item : net.named_buffers()) item.value().copy_(tensors[item.key()]);
}

/// Absolute tolerance relative to the tensor's largest element.
testing::AssertionResult close(const Tensor& actual, const Tensor& expected) {
  return goldens::close(actual, expected, 0,
                        kTolerance * expected.abs().max().item<double>() + 1e-9);
}

template <class Goldens>
void expect_gradients(nn::Module& net, const Tensor& input, const Goldens& tensors) {
  EXPECT_TRUE(close(input.grad(), tensors["grad.input"])) << "gradient of the input";
  for (auto& item : net.named_parameters()) {
    EXPECT_TRUE(close(item.value().grad(), tensors["grad." + item.key()])) << item.key();
  }
}

TEST(CnnGolden, ForwardAndGradientsEqualPyTorch) {
  const auto tensors = goldens::load("cnn");
  SmallCnn net;
  load_weights(*net, tensors);
  Tensor input = tensors["input"].clone().requires_grad_();
  Tensor logits = net(input);
  Tensor loss = F::cross_entropy(logits, tensors["target"]);
  loss.backward();
  EXPECT_TRUE(close(logits, tensors["logits"]));
  EXPECT_TRUE(close(loss, tensors["loss"]));
  expect_gradients(*net, input, tensors);
}

TEST(NormsGolden, ForwardAndGradientsEqualPyTorch) {
  const auto tensors = goldens::load("norms");
  Norms net;
  load_weights(*net, tensors);
  net->dropout->eval();
  Tensor input = tensors["input"].clone().requires_grad_();
  Tensor logits = net(input, tensors["tokens"]);
  Tensor loss = F::cross_entropy(logits, tensors["target"],
                                 F::CrossEntropyFuncOptions().label_smoothing(0.1));
  loss.backward();
  EXPECT_TRUE(close(logits, tensors["logits"]));
  EXPECT_TRUE(close(loss, tensors["loss"]));
  expect_gradients(*net, input, tensors);
  for (auto& item : net->named_buffers()) {
    EXPECT_TRUE(close(item.value(), tensors["after." + item.key()])) << item.key();
  }
  net->eval();
  EXPECT_TRUE(close(net(tensors["input"], tensors["tokens"]), tensors["eval_logits"]));
}

}  // namespace
}  // namespace gradus
