// Autocast against what PyTorch computed under torch.autocast("cpu"): see tests/goldens; and the
// rules of guards, cached casts and backward.

#include <algorithm>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include <gradus/gradus.h>
#include <gtest/gtest.h>

#include "tests/goldens.h"

namespace gradus {
namespace {

namespace F = nn::functional;
using autocast::is_autocast_enabled;

// --- goldens

struct In {
  Tensor x, w, b, index, target;
};

using Function = Tensor (*)(const In&);

const std::map<std::string, Function> kFunctions = {
    {"conv1d", [](const In& i) { return conv1d(i.x, i.w, i.b, 1, 1); }},
    {"conv2d", [](const In& i) { return conv2d(i.x, i.w, i.b, 2, 1); }},
    {"conv2d_groups", [](const In& i) { return conv2d(i.x, i.w, {}, 1, 0, 1, 2); }},
    {"conv3d", [](const In& i) { return conv3d(i.x, i.w); }},
    {"conv_transpose1d", [](const In& i) { return conv_transpose1d(i.x, i.w, i.b); }},
    {"conv_transpose2d", [](const In& i) { return conv_transpose2d(i.x, i.w, i.b, 2); }},
    {"conv_transpose3d", [](const In& i) { return conv_transpose3d(i.x, i.w); }},
    {"linear", [](const In& i) { return linear(i.x, i.w, i.b); }},
    {"linear_3d", [](const In& i) { return linear(i.x, i.w); }},
    {"linear_half_input", [](const In& i) { return linear(i.x, i.w, i.b); }},
    {"matmul", [](const In& i) { return matmul(i.x, i.w); }},
    {"matmul_batch", [](const In& i) { return matmul(i.x, i.w); }},
    {"matmul_vector", [](const In& i) { return matmul(i.x, i.w); }},
    {"mm", [](const In& i) { return mm(i.x, i.w); }},
    {"bmm", [](const In& i) { return bmm(i.x, i.w); }},
    {"addmm", [](const In& i) { return addmm(i.b, i.x, i.w, 0.5, 2); }},
    {"baddbmm", [](const In& i) { return baddbmm(i.b, i.x, i.w); }},
    {"addbmm", [](const In& i) { return addbmm(i.b, i.x, i.w); }},
    {"scaled_dot_product_attention",
     [](const In& i) { return scaled_dot_product_attention(i.x, i.w, i.b); }},
    {"scaled_dot_product_attention_causal",
     [](const In& i) { return scaled_dot_product_attention(i.x, i.w, i.b, {}, 0, true); }},
    {"prelu", [](const In& i) { return prelu(i.x, i.w); }},
    {"einsum",
     [](const In& i) {
       return einsum("bij,bjk->bik", {i.x, i.w});
     }},
    {"bilinear_form", [](const In& i) { return tensordot(i.x, i.w, {1}, {0}); }},
    {"cross_entropy", [](const In& i) { return cross_entropy(i.x, i.target); }},
    {"nll_loss", [](const In& i) { return nll_loss(log_softmax(i.x, 1), i.target); }},
    {"mse_loss", [](const In& i) { return mse_loss(i.x, i.w); }},
    {"l1_loss", [](const In& i) { return l1_loss(i.x, i.w); }},
    {"smooth_l1_loss", [](const In& i) { return smooth_l1_loss(i.x, i.w); }},
    {"huber_loss", [](const In& i) { return huber_loss(i.x, i.w); }},
    {"binary_cross_entropy",
     [](const In& i) { return binary_cross_entropy(sigmoid(i.x), sigmoid(i.w).detach()); }},
    {"binary_cross_entropy_with_logits",
     [](const In& i) { return binary_cross_entropy_with_logits(i.x, sigmoid(i.w).detach()); }},
    {"kl_div", [](const In& i) { return kl_div(i.x, softmax(i.w, -1)); }},
    {"soft_margin_loss", [](const In& i) { return soft_margin_loss(i.x, i.w.sign().detach()); }},
    {"triplet_margin_loss", [](const In& i) { return triplet_margin_loss(i.x, i.w, i.b); }},
    {"cdist", [](const In& i) { return cdist(i.x, i.w); }},
    {"prod", [](const In& i) { return prod(i.x); }},
    {"trace", [](const In& i) { return trace(i.x); }},
    {"avg_pool3d", [](const In& i) { return avg_pool3d(i.x, 2); }},
    {"reflection_pad2d",
     [](const In& i) {
       return reflection_pad2d(i.x, {1, 1, 1, 1});
     }},
    {"grid_sample", [](const In& i) { return F::grid_sample(i.x, i.w.tanh()); }},
    {"inverse", [](const In& i) { return inverse(i.x); }},
    {"cat",
     [](const In& i) {
       return cat({i.x, i.w});
     }},
    {"stack",
     [](const In& i) {
       return stack({i.x, i.w});
     }},
    {"index_copy", [](const In& i) { return index_copy(i.x, 0, i.index, i.w); }},
    {"add", [](const In& i) { return i.x + i.w; }},
    {"relu", [](const In& i) { return relu(i.x); }},
    {"addmv", [](const In& i) { return addmv(i.b, i.x, i.w); }},
    {"dot", [](const In& i) { return dot(i.x, i.w); }},
    {"softmax", [](const In& i) { return softmax(i.x, -1); }},
    {"softmax_float", [](const In& i) { return softmax(i.x, -1); }},
    {"layer_norm", [](const In& i) { return layer_norm(i.x, {8}, i.w, i.b); }},
    {"group_norm", [](const In& i) { return group_norm(i.x, 2, i.w, i.b); }},
    {"batch_norm", [](const In& i) { return batch_norm(i.x, i.w, i.b, {}, {}, true, 0.1, 1e-5); }},
    {"rms_norm", [](const In& i) { return rms_norm(i.x, {8}, i.w); }},
    {"max_pool2d", [](const In& i) { return max_pool2d(i.x, 2); }},
    {"cosine_similarity", [](const In& i) { return cosine_similarity(i.x, i.w); }},
};

// |actual - expected| within 2^-6 of the greatest element: some roundings of 2^-9 each.
testing::AssertionResult close_in_bf16(const Tensor& actual, const Tensor& expected) {
  const double scale = expected.abs().max().item<double>();
  return goldens::close(actual.to(kFloat), expected, 0, std::max(scale, 1e-3) / 64);
}

TEST(Autocast, Goldens) {
  const auto tensors = goldens::load("autocast");
  size_t cases = 0;
  for (const auto& item : tensors) {
    const std::string& key = item.key();
    if (key.size() < 5 || key.substr(key.size() - 5) != "/bf16") continue;
    const std::string name = key.substr(0, key.size() - 5);
    SCOPED_TRACE(name);
    const auto function = kFunctions.find(name);
    if (function == kFunctions.end()) {
      ADD_FAILURE() << "no function";
      continue;
    }
    ++cases;
    std::map<std::string, Tensor> leaves;
    In in;
    const auto input = [&](const char* argument, Tensor& slot) {
      for (const bool half : {false, true}) {
        const std::string name_in_file = (half ? "h" : "") + std::string(argument);
        if (!tensors.contains(name + "/" + name_in_file)) continue;
        Tensor leaf = tensors[name + "/" + name_in_file].clone();
        if (leaf.is_floating_point()) leaf.requires_grad_();
        leaves[name_in_file] = leaf;
        slot = half ? leaf.to(kBFloat16) : leaf;
      }
    };
    input("x", in.x);
    input("w", in.w);
    input("b", in.b);
    input("index", in.index);
    input("target", in.target);
    Tensor y;
    try {
      AutocastGuard guard(kBFloat16);
      y = function->second(in);
    } catch (const std::exception& error) {
      ADD_FAILURE() << error.what();
      continue;
    }
    EXPECT_EQ(y.dtype(), tensors[key].item<int64_t>() == 1 ? kBFloat16 : kFloat);
    EXPECT_TRUE(close_in_bf16(y, tensors[name + "/y"]));
    (y.to(kFloat) * tensors[name + "/dy"]).sum().backward();
    for (const auto& [argument, leaf] : leaves) {
      if (!tensors.contains(name + "/d" + argument)) continue;
      ASSERT_TRUE(leaf.grad().defined()) << argument;
      EXPECT_EQ(leaf.grad().dtype(), kFloat) << argument;
      EXPECT_TRUE(close_in_bf16(leaf.grad(), tensors[name + "/d" + argument])) << argument;
    }
  }
  EXPECT_EQ(cases, kFunctions.size());
}

// --- what is computed in which dtype

TEST(Autocast, RecurrentNetsAsInPyTorch) {
  const Tensor x = randn({5, 2, 3});
  AutocastGuard guard;
  nn::LSTM lstm(nn::LSTMOptions(3, 4));
  nn::GRU gru(nn::GRUOptions(3, 4));
  nn::RNN rnn(nn::RNNOptions(3, 4));
  nn::LSTMCell lstm_cell(3, 4);
  nn::GRUCell gru_cell(3, 4);
  nn::RNNCell rnn_cell(nn::RNNCellOptions(3, 4));
  const auto [y, state] = lstm->forward(x);
  EXPECT_EQ(y.dtype(), kBFloat16);
  EXPECT_EQ(std::get<1>(state).dtype(), kBFloat16);
  EXPECT_EQ(std::get<0>(gru->forward(x)).dtype(), kFloat);
  EXPECT_EQ(std::get<0>(rnn->forward(x)).dtype(), kBFloat16);
  EXPECT_EQ(std::get<0>(lstm_cell->forward(x[0])).dtype(), kFloat);
  EXPECT_EQ(gru_cell->forward(x[0]).dtype(), kFloat);
  EXPECT_EQ(rnn_cell->forward(x[0]).dtype(), kBFloat16);
  y.to(kFloat).sum().backward();
  for (const Tensor& p : lstm->parameters()) {
    ASSERT_TRUE(p.grad().defined());
    EXPECT_EQ(p.grad().dtype(), kFloat);
  }
}

TEST(Autocast, RecurrentNetsAreCloseToFloat) {
  manual_seed(3);
  const Tensor x = randn({6, 3, 8});
  for (const int64_t hidden : {int64_t{0}, int64_t{4}}) {  // with a projection
    nn::LSTM lstm(nn::LSTMOptions(8, 16).num_layers(2).bidirectional(true).proj_size(hidden));
    const Tensor exact = std::get<0>(lstm->forward(x));
    AutocastGuard guard;
    EXPECT_TRUE(close_in_bf16(std::get<0>(lstm->forward(x)), exact.detach()));
  }
  nn::GRU gru(nn::GRUOptions(8, 16).num_layers(2));
  const Tensor exact = std::get<0>(gru->forward(x));
  AutocastGuard guard;
  EXPECT_TRUE(close_in_bf16(std::get<0>(gru->forward(x)), exact.detach()));
}

TEST(Autocast, AttentionAndTransformer) {
  manual_seed(5);
  const Tensor x = randn({5, 2, 8});
  nn::MultiheadAttention attention(nn::MultiheadAttentionOptions(8, 2));
  nn::TransformerEncoderLayer layer(nn::TransformerEncoderLayerOptions(8, 2).dropout(0));
  const Tensor exact = layer->forward(x).detach();
  AutocastGuard guard;
  EXPECT_EQ(std::get<0>(attention->forward(x, x, x)).dtype(), kBFloat16);
  const Tensor y = layer->forward(x);
  EXPECT_EQ(y.dtype(), kFloat);
  EXPECT_TRUE(close_in_bf16(y, exact));
}

TEST(Autocast, LeavesDoubleIntegersInPlaceAndOutAlone) {
  const Tensor a = randn({3, 3}), d = a.to(kDouble), i = a.to(kLong);
  AutocastGuard guard;
  EXPECT_EQ(mm(d, d).dtype(), kDouble);
  EXPECT_EQ(mm(i, i).dtype(), kLong);
  EXPECT_THROW(mm(a, d), TypeError);
  Tensor out = empty({3, 3});
  EXPECT_TRUE(mm_out(out, a, a).equal([&] {
    AutocastGuard off(kBFloat16, /*enabled=*/false);
    return mm(a, a);
  }()));
  Tensor sum = zeros({3, 3});
  sum.addmm_(a, a);
  EXPECT_EQ(sum.dtype(), kFloat);
  EXPECT_TRUE(sum.equal(out));
}

TEST(Autocast, HalfWorksToo) {
  const Tensor x = randn({4, 6}), w = randn({5, 6}).requires_grad_();
  Tensor y;
  {
    AutocastGuard guard(kHalf);
    y = linear(x, w);
    EXPECT_EQ(conv1d(randn({1, 2, 5}), randn({3, 2, 3})).dtype(), kHalf);
  }
  EXPECT_EQ(y.dtype(), kHalf);
  EXPECT_TRUE(goldens::close(y.to(kFloat), linear(x, w).detach(), 0, 0.01));
  y.sum().backward();
  EXPECT_EQ(w.grad().dtype(), kFloat);
}

// --- guards

TEST(AutocastGuard, NestsAndRestores) {
  EXPECT_FALSE(is_autocast_enabled());
  const Tensor a = randn({2, 2});
  {
    AutocastGuard guard;
    EXPECT_TRUE(is_autocast_enabled(kCPU));
    EXPECT_FALSE(is_autocast_enabled(kCUDA));
    {
      AutocastGuard off(kFloat, /*enabled=*/false);
      EXPECT_FALSE(is_autocast_enabled());
      EXPECT_EQ(mm(a, a).dtype(), kFloat);
      AutocastGuard half(kHalf);
      EXPECT_EQ(mm(a, a).dtype(), kHalf);
      EXPECT_EQ(autocast::get_autocast_cpu_dtype(), kHalf);
    }
    EXPECT_EQ(mm(a, a).dtype(), kBFloat16);
    try {
      AutocastGuard off(kBFloat16, false);
      mm(a, randn({3, 3}));
    } catch (const Error&) {
      EXPECT_TRUE(is_autocast_enabled());
    }
    EXPECT_THROW(mm(a, randn({3, 3})), Error);
    EXPECT_TRUE(is_autocast_enabled());
    bool elsewhere = true;
    std::thread([&] { elsewhere = is_autocast_enabled(); }).join();
    EXPECT_FALSE(elsewhere);
  }
  EXPECT_FALSE(is_autocast_enabled());
  EXPECT_EQ(mm(a, a).dtype(), kFloat);
}

TEST(AutocastGuard, BadDtypes) {
  for (const ScalarType dtype : {kFloat, kDouble, kLong}) {
    EXPECT_THROW(AutocastGuard{dtype}, ValueError);
    EXPECT_THROW(autocast::set_autocast_cpu_dtype(dtype), ValueError);
  }
  EXPECT_THROW(autocast::set_autocast_enabled(kCUDA, true), NotImplementedError);
  EXPECT_THROW(autocast::decrement_nesting(), Error);
  EXPECT_FALSE(is_autocast_enabled());
}

TEST(AutocastGuard, ByHandAsInLibtorch) {
  const Tensor a = randn({2, 2});
  autocast::set_autocast_enabled(kCPU, true);
  autocast::set_autocast_dtype(kCPU, kHalf);
  EXPECT_EQ(mm(a, a).dtype(), kHalf);
  autocast::set_autocast_cpu_dtype(kBFloat16);
  EXPECT_EQ(mm(a, a).dtype(), kBFloat16);
  autocast::clear_cache();
  autocast::set_autocast_enabled(kCPU, false);
  EXPECT_EQ(mm(a, a).dtype(), kFloat);
}

// --- cached casts

// How many casts stand in the graph behind y.
int casts_behind(const Tensor& y) {
  const std::string graph = autograd::make_dot(y);
  int count = 0;
  for (size_t at = 0; (at = graph.find("ToCopyBackward", at)) != std::string::npos; ++at) ++count;
  return count;
}

TEST(AutocastCache, CastsAParameterOnce) {
  const Tensor x = randn({2, 4}), w = randn({4, 4}).requires_grad_();
  AutocastGuard guard;
  EXPECT_EQ(casts_behind(linear(linear(x, w), w)), 1);
  AutocastGuard uncached(kBFloat16, true, /*cache_enabled=*/false);
  EXPECT_EQ(casts_behind(linear(linear(x, w), w)), 2);
}

TEST(AutocastCache, SeesUpdatesInPlace) {
  const Tensor x = randn({2, 4});
  Tensor w = randn({4, 4}).requires_grad_();
  AutocastGuard guard;
  const Tensor before = linear(x, w);
  {
    NoGradGuard no_grad;
    w.mul_(2);
  }
  EXPECT_TRUE(linear(x, w).equal(before * 2));
  w.set_data(w.detach() * 2);
  EXPECT_TRUE(linear(x, w).equal(before * 4));
  w.sum().backward();
  optim::SGD sgd({w}, 1.0);
  const Tensor last = linear(x, w).detach();
  sgd.step();
  EXPECT_FALSE(linear(x, w).equal(last));
}

TEST(AutocastCache, ACastWithoutGradDoesNotCutTheGraph) {
  const Tensor x = randn({2, 4}), w = randn({4, 4}).requires_grad_();
  AutocastGuard guard;
  {
    NoGradGuard no_grad;
    EXPECT_FALSE(linear(x, w).requires_grad());
  }
  {
    InferenceMode inference;
    linear(x, w);
  }
  const Tensor y = linear(x, w);
  ASSERT_TRUE(y.requires_grad());
  y.to(kFloat).sum().backward();
  EXPECT_EQ(w.grad().dtype(), kFloat);
  // A second pass in the same scope: the cached cast saves nothing, so it may run again.
  linear(x, w).to(kFloat).sum().backward();
}

TEST(AutocastCache, IsFreedAtTheEnd) {
  const Tensor x = randn({1, 256}), w = randn({256, 256}).requires_grad_();
  NoGradGuard no_grad;
  const int64_t before = memory_stats().allocated_bytes;
  {
    AutocastGuard guard;
    {
      AutocastGuard inner;
      linear(x, w);
    }
    EXPECT_GE(memory_stats().allocated_bytes, before + 256 * 256 * 2);
  }
  EXPECT_EQ(memory_stats().allocated_bytes, before);
}

// --- backward

TEST(Autocast, BackwardIsWithoutAutocast) {
  const Tensor x = randn({3, 4}), w = randn({4, 4}).requires_grad_();
  const Tensor y = matmul(matmul(x, w), w);
  y.sum().backward(/*gradient=*/{}, /*retain_graph=*/true);
  const Tensor expected = w.grad();
  w.mutable_grad() = Tensor();
  AutocastGuard guard;
  y.sum().backward();
  EXPECT_TRUE(w.grad().equal(expected));
  EXPECT_TRUE(is_autocast_enabled());
}

TEST(Autocast, CheckpointComputesAgainInTheSameState) {
  const Tensor x = randn({3, 4}).requires_grad_(), w = randn({4, 4}).requires_grad_();
  const auto f = [w](const Tensor& x) { return linear(gelu(linear(x, w)), w); };
  const auto gradients = [&](bool checkpointed, bool backward_inside) {
    x.mutable_grad() = Tensor();
    w.mutable_grad() = Tensor();
    Tensor y;
    {
      AutocastGuard guard;
      y = checkpointed ? autograd::checkpoint(f, x) : f(x);
      y = y.to(kFloat).square().sum();
      if (backward_inside) y.backward();
    }
    if (!backward_inside) y.backward();
    EXPECT_FALSE(is_autocast_enabled());
    return std::vector<Tensor>{x.grad(), w.grad()};
  };
  const std::vector<Tensor> plain = gradients(false, false);
  for (const bool inside : {false, true}) {
    const std::vector<Tensor> again = gradients(true, inside);
    for (size_t i = 0; i < 2; ++i) {
      ASSERT_TRUE(again[i].defined());
      EXPECT_TRUE(again[i].equal(plain[i])) << i << " " << inside;
    }
  }
}

TEST(Autocast, SecondDerivatives) {
  const Tensor x = randn({3, 4}).requires_grad_(), w = randn({4, 4}).requires_grad_();
  Tensor y;
  {
    AutocastGuard guard;
    y = linear(x, w).tanh().to(kFloat).sum();
  }
  const Tensor dx = autograd::grad({y}, {x}, {}, std::nullopt, /*create_graph=*/true)[0];
  EXPECT_EQ(dx.dtype(), kFloat);
  dx.square().sum().backward();
  EXPECT_EQ(w.grad().dtype(), kFloat);
  EXPECT_TRUE(w.grad().isfinite().all().item<bool>());
}

// --- what stands between products

// y and dx of a 16-bit input are those of float32, rounded once.
TEST(Autocast, SixteenBitOpsAreFloatRounded) {
  using Op = Tensor (*)(const Tensor&);
  struct Row {
    const char* name;
    Op op;
    DimVector sizes;
  };
  const Op softmax_rows = [](const Tensor& x) { return softmax(x, -1); };
  const Op log_softmax_rows = [](const Tensor& x) { return log_softmax(x, -1); };
  const Op max_pool = [](const Tensor& x) { return max_pool2d(x, 3, 2, 1); };
  const Op avg_pool = [](const Tensor& x) { return avg_pool2d(x, 3, 2, 1); };
  const Row rows[] = {
      {"softmax", softmax_rows, {90, 300}},
      {"softmax of long rows", softmax_rows, {3, 5000}},
      {"softmax of columns", [](const Tensor& x) { return softmax(x, 0); }, {70, 90}},
      {"log_softmax", log_softmax_rows, {90, 300}},
      {"max_pool2d", max_pool, {3, 20, 13, 11}},
      {"avg_pool2d", avg_pool, {3, 20, 13, 11}},
      {"dropout",
       [](const Tensor& x) {
         manual_seed(1);
         return dropout(x, 0.3, true);
       },
       {5000}},
  };
  manual_seed(8);
  for (const Row& row : rows) {
    for (const ScalarType dtype : {kBFloat16, kHalf}) {
      SCOPED_TRACE(row.name);
      Tensor x = randn(row.sizes).to(dtype);
      if (x.dim() == 4) x = x.contiguous(MemoryFormat::ChannelsLast);
      const auto run = [&](ScalarType computed) {
        const Tensor in = x.to(computed).clone().requires_grad_();
        const Tensor y = row.op(in);
        EXPECT_EQ(y.dtype(), computed);
        manual_seed(9);
        y.backward(randint(-2, 3, y.sizes(), kFloat).to(computed));
        return std::vector<Tensor>{y.detach().to(dtype), in.grad().to(kFloat)};
      };
      const std::vector<Tensor> small = run(dtype), exact = run(kFloat);
      EXPECT_TRUE(small[0].equal(exact[0]));
      // The gradient of softmax is taken from the rounded y.
      const double scale = exact[1].abs().max().item<double>();
      EXPECT_TRUE(goldens::close(small[1], exact[1], 0.01, 0.01 * scale));
    }
  }
}

// --- threads

TEST(Autocast, BitsDoNotDependOnThreads) {
  manual_seed(11);
  nn::Sequential net(nn::Conv2d(nn::Conv2dOptions(3, 16, 3).padding(1)), nn::BatchNorm2d(16),
                     nn::ReLU(), nn::MaxPool2d(2),
                     nn::Conv2d(nn::Conv2dOptions(16, 32, 3).padding(1)), nn::GELU(),
                     nn::AvgPool2d(2), nn::Flatten(), nn::Linear(32 * 8 * 8, 100), nn::Tanh(),
                     nn::LayerNorm(nn::LayerNormOptions({100})), nn::Linear(100, 10));
  const Tensor x = randn({32, 3, 32, 32}), target = randint(10, {32}, kLong);
  const auto gradients = [&](int threads) {
    const int before = get_num_threads();
    set_num_threads(threads);
    net->zero_grad();
    Tensor loss;
    {
      AutocastGuard guard;
      loss = cross_entropy(net->forward(x), target);
    }
    loss.backward();
    set_num_threads(before);
    std::vector<Tensor> all{loss.detach()};
    for (const Tensor& p : net->parameters()) all.push_back(p.grad());
    return all;
  };
  const std::vector<Tensor> one = gradients(1), three = gradients(3);
  for (size_t i = 0; i < one.size(); ++i) EXPECT_TRUE(one[i].equal(three[i])) << i;
}

}  // namespace
}  // namespace gradus
