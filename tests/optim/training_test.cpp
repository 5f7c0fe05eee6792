// Whole trainings: from one seed the same weights come out, to the bit, whatever the number of
// threads.

#include <cstring>
#include <memory>
#include <vector>

#include <gradus/gradus.h>
#include <gtest/gtest.h>

namespace gradus {
namespace {

using Weights = std::vector<Tensor>;

Weights copies(const nn::Module& module) {
  Weights copies;
  for (const auto& entry : module.state_dict()) copies.push_back(entry.value().detach().clone());
  return copies;
}

bool same_bits(const Tensor& a, const Tensor& b) {
  return a.sizes() == b.sizes() && a.dtype() == b.dtype() &&
         std::memcmp(a.data_ptr(), b.data_ptr(), a.nbytes()) == 0;
}

// Dropout, SGD with momentum, a schedule that moves each step.
Weights train_mlp() {
  manual_seed(3);
  nn::Sequential net(nn::Linear(784, 256), nn::ReLU(), nn::Dropout(0.2), nn::Linear(256, 128),
                     nn::Tanh(), nn::Linear(128, 10));
  optim::SGD optimizer(net->parameters(),
                       optim::SGDOptions(0.05).momentum(0.9).nesterov(true).weight_decay(1e-4));
  optim::CosineAnnealingLR schedule(optimizer, 8);
  for (int step = 0; step < 8; ++step) {
    optimizer.zero_grad();
    const Tensor x = randn({96, 784}), target = randint(0, 10, {96}, kLong);
    nn::functional::cross_entropy(net->forward(x), target).backward();
    optimizer.step();
    schedule.step();
  }
  return copies(*net);
}

// Convolution, batch norm and pooling with Adam.
Weights train_cnn() {
  manual_seed(4);
  struct Net : nn::Module {
    nn::Conv2d conv1 = register_module("conv1", nn::Conv2d(nn::Conv2dOptions(3, 24, 3).padding(1)));
    nn::BatchNorm2d norm = register_module("norm", nn::BatchNorm2d(24));
    nn::Conv2d conv2 =
        register_module("conv2", nn::Conv2d(nn::Conv2dOptions(24, 40, 3).stride(2).groups(8)));
    nn::Linear head = register_module("head", nn::Linear(360, 10));

    Tensor forward(Tensor x) {
      x = max_pool2d(relu(norm(conv1(x))), 2);
      return head(adaptive_avg_pool2d(gelu(conv2(x)), 3).flatten(1));
    }
  };
  const auto net = std::make_shared<Net>();
  optim::Adam optimizer(net->parameters(), optim::AdamOptions(2e-3).amsgrad(true));
  for (int step = 0; step < 4; ++step) {
    optimizer.zero_grad();
    const Tensor x = randn({20, 3, 26, 26}), target = randint(0, 10, {20}, kLong);
    nn::functional::cross_entropy(net->forward(x), target).backward();
    optimizer.step();
  }
  return copies(*net);
}

// Embedding, layer norm, batched products and softmax (attention by hand) with AdamW and clipping.
Weights train_attention() {
  manual_seed(5);
  struct Net : nn::Module {
    nn::Embedding tokens = register_module("tokens", nn::Embedding(50, 64));
    nn::LayerNorm norm = register_module("norm", nn::LayerNorm(nn::LayerNormOptions({64})));
    nn::Linear qkv = register_module("qkv", nn::Linear(64, 192));
    nn::Linear head = register_module("head", nn::Linear(64, 50));

    Tensor forward(const Tensor& ids) {
      const Tensor x = tokens(ids);
      const std::vector<Tensor> parts = qkv(norm(x)).chunk(3, -1);
      const Tensor scores = softmax(parts[0].matmul(parts[1].transpose(1, 2)) / 8.0, -1);
      return head(x + scores.matmul(parts[2]));
    }
  };
  const auto net = std::make_shared<Net>();
  optim::AdamW optimizer(net->parameters(), optim::AdamWOptions(1e-2));
  for (int step = 0; step < 4; ++step) {
    optimizer.zero_grad();
    const Tensor ids = randint(0, 50, {12, 33}, kLong);
    const Tensor logits = net->forward(ids.narrow(1, 0, 32));
    nn::functional::cross_entropy(logits.reshape({-1, 50}), ids.narrow(1, 1, 32).reshape({-1}))
        .backward();
    nn::utils::clip_grad_norm_(net->parameters(), 0.5);
    optimizer.step();
  }
  return copies(*net);
}

class Training : public testing::Test {
 protected:
  void TearDown() override { set_num_threads(threads_); }

  static void expect_equal_for_all_threads(Weights (*train)()) {
    set_num_threads(1);
    const Weights expected = train();
    for (int threads : {2, 3, 4, 8}) {
      set_num_threads(threads);
      const Weights weights = train();
      ASSERT_EQ(weights.size(), expected.size());
      for (size_t i = 0; i < weights.size(); ++i) {
        EXPECT_TRUE(same_bits(weights[i], expected[i])) << threads << " threads, entry " << i;
      }
    }
  }

 private:
  int threads_ = get_num_threads();
};

TEST_F(Training, MlpIsEqualForAllThreads) {
  expect_equal_for_all_threads(train_mlp);
}

TEST_F(Training, CnnIsEqualForAllThreads) {
  expect_equal_for_all_threads(train_cnn);
}

TEST_F(Training, AttentionIsEqualForAllThreads) {
  expect_equal_for_all_threads(train_attention);
}

}  // namespace
}  // namespace gradus
