// Hooks of modules: where they run, what they see, what they may change.

#include <string>
#include <tuple>
#include <vector>

#include <gradus/gradus.h>
#include <gtest/gtest.h>

namespace gradus {
namespace {

using Tensors = std::vector<Tensor>;

struct DoubleImpl : nn::Cloneable<DoubleImpl> {
  void reset() override {}
  Tensor forward(const Tensor& x) const noexcept { return x * 2; }
};
GRADUS_MODULE(Double);

struct PairImpl : nn::Module {
  std::tuple<Tensor, std::vector<Tensor>> forward(const Tensor& x, std::optional<Tensor> y,
                                                  int64_t times) {
    return {x * times, {x + 1, y ? *y : x}};
  }
};
GRADUS_MODULE(Pair);

TEST(ModuleHooks, RunInCallsNotInForward) {
  Double module;
  std::string log;
  module->register_forward_pre_hook([&](nn::Module&, const Tensors& inputs) {
    log += "pre" + std::to_string(inputs.size()) + " ";
  });
  module->register_forward_hook([&](nn::Module& m, const Tensors& inputs, const Tensor& output) {
    EXPECT_EQ(&m, module.get());
    EXPECT_TRUE(output.equal(inputs[0] * 2));
    log += "post ";
  });
  const Tensor x = ones({2});
  module->forward(x);
  EXPECT_EQ(log, "");
  module(x);
  EXPECT_EQ(log, "pre1 post ");
  nn::Sequential(Double(), module)->forward(x);
  EXPECT_EQ(log, "pre1 post pre1 post ");
  nn::AnyModule(module).forward(x);
  EXPECT_EQ(log, "pre1 post pre1 post pre1 post ");
}

TEST(ModuleHooks, WhatTheyReturnTakesThePlace) {
  Double module;
  const unsigned pre = module->register_forward_pre_hook(
      [](nn::Module&, const Tensors& inputs) { return inputs[0] + 1; });
  EXPECT_EQ(module(ones({})).item<double>(), 4);  // (1 + 1) * 2
  const unsigned post = module->register_forward_hook(
      [](nn::Module&, const Tensors&, const Tensor& y) { return y * 10; });
  EXPECT_EQ(module(ones({})).item<double>(), 40);
  module->remove_hook(pre);
  EXPECT_EQ(module(ones({})).item<double>(), 20);
  module->remove_hook(post);
  module->remove_hook(99);
  EXPECT_EQ(module(ones({})).item<double>(), 2);
}

TEST(ModuleHooks, SeeAllTensorsOfArgumentsAndResults) {
  Pair module;
  module->register_forward_pre_hook([](nn::Module&, const Tensors& in) {
    EXPECT_EQ(in.size(), 2u);
    return Tensors{in[0] + 1, in[1] + 2};
  });
  module->register_forward_hook([](nn::Module&, const Tensors& in, const Tensors& out) {
    EXPECT_EQ(in.size(), 2u);
    EXPECT_EQ(out.size(), 3u);
    return Tensors{out[0], out[1], out[2] * 5};
  });
  const auto [a, rest] = module(ones({}), std::optional<Tensor>(ones({})), 3);
  EXPECT_EQ(a.item<double>(), 6);         // (1 + 1) * 3
  EXPECT_EQ(rest[0].item<double>(), 3);   // 1 + 1 + 1
  EXPECT_EQ(rest[1].item<double>(), 15);  // (1 + 2) * 5
}

TEST(ModuleHooks, AWrongNumberOfTensorsIsAnErrorThatNamesTheModule) {
  Double module;
  module->register_forward_pre_hook([](nn::Module&, const Tensors& in) {
    return Tensors{in[0], in[0]};
  });
  try {
    module(ones({}));
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("DoubleImpl"), std::string::npos) << error.what();
  }
  Pair pair;
  pair->register_forward_hook([](nn::Module&, const Tensors&, const Tensor&) {});
  EXPECT_THROW(pair(ones({}), std::nullopt, 1), Error);
}

TEST(ModuleHooks, BackwardHooksSeeGradientsOfInputsAndOutputs) {
  nn::Linear module(nn::LinearOptions(2, 1).bias(false));
  nn::init::constant_(module->weight, 3);
  int calls = 0;
  module->register_full_backward_hook(
      [&](nn::Module&, const Tensors& grad_in, const Tensors& grad_out) {
        ++calls;
        EXPECT_EQ(grad_in.size(), 1u);
        EXPECT_TRUE(grad_in[0].equal(full({1, 2}, 6.0)));  // 2 * 3
        EXPECT_TRUE(grad_out[0].equal(full({1, 1}, 2.0)));
        return grad_in[0] * 10;
      });
  const Tensor x = ones({1, 2}).requires_grad_();
  (module(x) * 2).sum().backward();
  EXPECT_EQ(calls, 1);
  EXPECT_TRUE(x.grad().equal(full({1, 2}, 60.0)));
  EXPECT_TRUE(module->weight.grad().equal(full({1, 2}, 2.0)));
}

TEST(ModuleHooks, BackwardHooksRunWhereNoInputNeedsAGradient) {
  nn::Linear module(2, 1);
  int calls = 0;
  module->register_full_backward_hook(
      [&](nn::Module&, const Tensors& grad_in, const Tensors& grad_out) {
        ++calls;
        EXPECT_EQ(grad_in.size(), 1u);
        EXPECT_FALSE(grad_in[0].defined());
        EXPECT_TRUE(grad_out[0].defined());
      });
  module(ones({1, 2})).sum().backward();
  EXPECT_EQ(calls, 1);
  NoGradGuard no_grad;
  module(ones({1, 2}));
}

TEST(ModuleHooks, BackwardThroughASequentialWithInPlaceLayers) {
  nn::Sequential net(nn::Linear(3, 4), nn::ReLU(true), nn::Linear(4, 1));
  std::vector<std::string> order;
  for (const auto& child : net->children()) {
    child->register_full_backward_hook(
        [&order](nn::Module& m, const Tensors&, const Tensors&) { order.push_back(m.name()); });
  }
  const Tensor x = ones({2, 3}).requires_grad_();
  net->forward(x).sum().backward();
  ASSERT_EQ(order.size(), 3u);
  EXPECT_EQ(order[1], "gradus::nn::ReLUImpl");
  const Tensor with_hooks = x.grad();
  x.mutable_grad().reset();
  for (const auto& child : net->children()) child->remove_hook(0);
  net->forward(x).sum().backward();
  EXPECT_TRUE(x.grad().equal(with_hooks));
}

TEST(ModuleHooks, ACloneHasTheHooksAndItsOwnTable) {
  Double module;
  int calls = 0;
  const unsigned handle =
      module->register_forward_hook([&](nn::Module&, const Tensors&, const Tensor&) { ++calls; });
  Double copy(std::dynamic_pointer_cast<DoubleImpl>(module->clone()));
  copy(ones({}));
  EXPECT_EQ(calls, 1);
  copy->remove_hook(handle);
  copy(ones({}));
  EXPECT_EQ(calls, 1);
  module(ones({}));
  EXPECT_EQ(calls, 2);
}

TEST(ModuleHooks, AHookMayRemoveItself) {
  Double module;
  int calls = 0;
  unsigned handle = 0;
  handle = module->register_forward_pre_hook([&](nn::Module& m, const Tensors&) {
    ++calls;
    m.remove_hook(handle);
  });
  module(ones({}));
  module(ones({}));
  EXPECT_EQ(calls, 1);
}

TEST(ModuleHooks, OfANestedSequential) {
  nn::Sequential inner{Double()}, outer{inner, Double()};
  inner->register_forward_hook([](nn::Module&, const Tensors&, const Tensor& y) { return y + 1; });
  EXPECT_EQ(outer->forward(ones({})).item<double>(), 6);  // (2 + 1) * 2
}

TEST(ModuleHooks, RunInTheLayersOfContainers) {
  nn::TransformerEncoderLayer layer(nn::TransformerEncoderLayerOptions(4, 2).dim_feedforward(8));
  nn::TransformerEncoder encoder(nn::TransformerEncoderOptions(layer, 2));
  int calls = 0;
  const auto count = [&](nn::Module&, const Tensors&, const Tensor&) { ++calls; };
  encoder->layers->ptr(0)->register_forward_hook(count);
  encoder->layers->ptr(1)->register_forward_hook(count);
  encoder(ones({3, 1, 4}));
  EXPECT_EQ(calls, 2);
}

TEST(ModuleHooks, HandlesAreNeverUsedAgain) {
  nn::ReLU relu;
  const auto nothing = [](nn::Module&, const Tensors&, const Tensor&) {};
  const unsigned first = relu->register_forward_hook(nothing);
  relu->remove_hook(first);
  EXPECT_FALSE(relu->has_hooks());
  relu->register_forward_hook(nothing);
  relu->remove_hook(first);
  EXPECT_TRUE(relu->has_hooks());
}

}  // namespace
}  // namespace gradus
