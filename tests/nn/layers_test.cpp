// What goldens do not show: text, packing, settings that must fail.

#include <cmath>
#include <sstream>
#include <string>

#include <gradus/gradus.h>
#include <gtest/gtest.h>

namespace gradus {
namespace {

namespace F = nn::functional;
namespace rnn = nn::utils::rnn;

template <class M>
std::string text(const M& holder) {
  std::ostringstream stream;
  stream << *holder;
  return stream.str();
}

TEST(LayersText, IsThatOfPyTorch) {
  EXPECT_EQ(text(nn::Conv1d(3, 4, 5)), "gradus::nn::Conv1d(3, 4, kernel_size=5, stride=1)");
  EXPECT_EQ(text(nn::Conv3d(nn::Conv3dOptions(4, 4, 2).groups(2).padding_mode(kCircular))),
            "gradus::nn::Conv3d(4, 4, kernel_size=[2, 2, 2], stride=[1, 1, 1], groups=2, "
            "padding_mode=kCircular)");
  EXPECT_EQ(text(nn::ConvTranspose2d(
                nn::ConvTranspose2dOptions(3, 4, 5).stride(2).output_padding(1).bias(false))),
            "gradus::nn::ConvTranspose2d(3, 4, kernel_size=[5, 5], stride=[2, 2], "
            "output_padding=[1, 1], bias=false)");
  EXPECT_EQ(text(nn::LSTM(nn::LSTMOptions(128, 64).num_layers(3).dropout(0.2).proj_size(32))),
            "gradus::nn::LSTM(input_size=128, hidden_size=64, num_layers=3, bias=true, "
            "batch_first=false, dropout=0.2, bidirectional=false, proj_size=32)");
  EXPECT_EQ(text(nn::RNNCell(nn::RNNCellOptions(10, 20).bias(false).nonlinearity(kReLU))),
            "gradus::nn::RNNCell(10, 20, bias=false, nonlinearity=kReLU)");
  EXPECT_EQ(text(nn::GRUCell(10, 20)), "gradus::nn::GRUCell(10, 20)");
  EXPECT_EQ(text(nn::MaxPool1d(5)),
            "gradus::nn::MaxPool1d(kernel_size=5, stride=5, padding=0, dilation=1, "
            "ceil_mode=false)");
  EXPECT_EQ(text(nn::AvgPool3d(2)),
            "gradus::nn::AvgPool3d(kernel_size=[2, 2, 2], stride=[2, 2, 2], padding=[0, 0, 0])");
  EXPECT_EQ(text(nn::AdaptiveMaxPool2d({5, std::nullopt})),
            "gradus::nn::AdaptiveMaxPool2d(output_size=[5, None])");
  EXPECT_EQ(text(nn::LPPool2d(nn::LPPool2dOptions(2, 3).stride(4))),
            "gradus::nn::LPPool2d(norm_type=2, kernel_size=[3, 3], stride=[4, 4], "
            "ceil_mode=false)");
  EXPECT_EQ(text(nn::MaxUnpool2d(3)),
            "gradus::nn::MaxUnpool2d(kernel_size=[3, 3], stride=[3, 3], padding=[0, 0])");
  EXPECT_EQ(text(nn::Upsample(
                nn::UpsampleOptions().scale_factor(std::vector<double>{2}).mode(kBilinear))),
            "gradus::nn::Upsample(scale_factor=[2], mode=kBilinear)");
  EXPECT_EQ(text(nn::Unfold(nn::UnfoldOptions({2, 4}))),
            "gradus::nn::Unfold(kernel_size=[2, 4], dilation=[1, 1], padding=[0, 0], "
            "stride=[1, 1])");
  EXPECT_EQ(text(nn::Fold(nn::FoldOptions({2, 2}, 3))),
            "gradus::nn::Fold(output_size=[2, 2], kernel_size=[3, 3], dilation=[1, 1], "
            "padding=[0, 0], stride=[1, 1])");
}

TEST(LayersErrors, SettingsThatFitNothing) {
  EXPECT_THROW(nn::Conv1d(nn::Conv1dOptions(3, 4, 5).groups(2)), ValueError);
  EXPECT_THROW(nn::Conv1d(nn::Conv1dOptions(4, 4, 5).groups(0)), ValueError);
  EXPECT_THROW(nn::Conv2d(nn::Conv2dOptions(4, 4, 5).stride(0)), ValueError);
  EXPECT_THROW(nn::Conv2d(nn::Conv2dOptions(4, 4, 5).stride(2).padding(kSame)), ValueError);
  EXPECT_THROW(nn::ConvTranspose1d(nn::ConvTranspose1dOptions(4, 4, 5).padding_mode(kReflect)),
               ValueError);
  nn::ConvTranspose1d transposed(nn::ConvTranspose1dOptions(1, 1, 3).stride(2));
  EXPECT_THROW(transposed->forward(ones({1, 1, 4}), IntArrayRef({8})), ValueError);
  nn::Conv1d reflect(nn::Conv1dOptions(1, 1, 3).padding(4).padding_mode(kReflect));
  EXPECT_THROW(reflect(ones({1, 1, 4})), ValueError);
  EXPECT_THROW(reflect(ones({4})), Error);
  EXPECT_THROW(nn::LSTM(nn::LSTMOptions(2, 3).proj_size(3)), ValueError);
  EXPECT_THROW(nn::GRU(nn::GRUOptions(2, 3).num_layers(0)), ValueError);
  EXPECT_THROW(nn::RNN(nn::RNNOptions(2, 0)), ValueError);
  EXPECT_THROW(nn::RNN(nn::RNNOptions(2, 3).dropout(2)), ValueError);
  nn::LSTM lstm(2, 3);
  EXPECT_THROW(lstm(ones({4, 2, 5})), Error);
  EXPECT_THROW(lstm(ones({4, 2, 2}), std::tuple<Tensor, Tensor>(ones({1, 1, 3}), ones({1, 2, 3}))),
               Error);
  EXPECT_THROW(lstm(ones({2})), Error);
  EXPECT_THROW(nn::MultiheadAttention(5, 2), ValueError);
  nn::MultiheadAttention attention(4, 2);
  const Tensor x = ones({3, 2, 4});
  EXPECT_THROW(attention(x, x, x, ones({2, 4}).to(kBool)), Error);
  EXPECT_THROW(attention(x, x, x, Tensor(), true, ones({2, 3})), Error);
  EXPECT_THROW(nn::FractionalMaxPool2d(3), ValueError);
  EXPECT_THROW(F::interpolate(ones({1, 1, 2})), ValueError);
  EXPECT_THROW(
      F::interpolate(ones({1, 1, 2}),
                     F::InterpolateFuncOptions().size(std::vector<int64_t>{4}).mode(kBicubic)),
      NotImplementedError);
  EXPECT_THROW(
      F::interpolate(ones({1, 1, 2}),
                     F::InterpolateFuncOptions().size(std::vector<int64_t>{4}).align_corners(true)),
      ValueError);
  EXPECT_THROW(F::interpolate(ones({1, 1, 2}),
                              F::InterpolateFuncOptions().scale_factor(std::vector<double>{1e300})),
               ValueError);
}

TEST(PackedSequence, GoesThereAndBack) {
  const Tensor a = arange(6).reshape({3, 2}), b = arange(10).reshape({5, 2}) + 10;
  const rnn::PackedSequence packed = rnn::pack_sequence({{a, b}}, /*enforce_sorted=*/false);
  EXPECT_TRUE(packed.batch_sizes().equal(tensor({2, 2, 2, 1, 1})));
  EXPECT_TRUE(packed.sorted_indices().equal(tensor({1, 0})));
  EXPECT_TRUE(packed.data()[1].equal(a[0]));
  const std::vector<Tensor> back = rnn::unpack_sequence(packed);
  ASSERT_EQ(back.size(), 2u);
  EXPECT_TRUE(back[0].equal(a));
  EXPECT_TRUE(back[1].equal(b));
  const auto [padded, lengths] = rnn::pad_packed_sequence(packed, true, -1, 6);
  EXPECT_EQ(padded.sizes(), IntArrayRef({2, 6, 2}));
  EXPECT_EQ(padded[0][4][1].item<int64_t>(), -1);
  EXPECT_TRUE(lengths.equal(tensor({3, 5})));
  EXPECT_TRUE(rnn::pad_sequence({{a, b}}, true, 0, "left")[0][2].equal(a[0]));
}

TEST(PackedSequence, LengthsAreChecked) {
  const Tensor x = ones({3, 2, 1});
  EXPECT_THROW(rnn::pack_padded_sequence(x, tensor({2, 3})), ValueError);
  EXPECT_THROW(rnn::pack_padded_sequence(x, tensor({4, 3})), ValueError);
  EXPECT_THROW(rnn::pack_padded_sequence(x, tensor({3, 0})), ValueError);
  EXPECT_THROW(rnn::pack_padded_sequence(x, tensor({3})), ValueError);
  EXPECT_THROW(rnn::pack_padded_sequence(x, tensor({3.0, 2.0})), TypeError);
  EXPECT_THROW(rnn::pad_packed_sequence(rnn::pack_padded_sequence(x, tensor({3, 2})), false, 0, 2),
               ValueError);
  EXPECT_THROW(rnn::pad_packed_sequence(rnn::PackedSequence()), Error);
  EXPECT_THROW(rnn::pad_sequence({}), ValueError);
}

// Recurrent nets of sizes that take the packed product, against the same in float64.
TEST(RecurrentNets, LargeOnesAgreeWithFloat64) {
  for (int64_t batch : {1, 17, 32}) {
    nn::LSTM net(nn::LSTMOptions(24, 40));
    Tensor x = randn({9, batch, 24}, Generator(3)).requires_grad_();
    const auto run = [&](const Tensor& input) {
      net->zero_grad();
      std::get<0>(net(input)).square().sum().backward();
      std::vector<Tensor> grads{input.grad().to(kDouble)};
      for (const Tensor& p : net->parameters()) grads.push_back(p.grad().to(kDouble).clone());
      return grads;
    };
    const std::vector<Tensor> single = run(x);
    net->to(kDouble);
    const std::vector<Tensor> expected = run(x.detach().to(kDouble).requires_grad_());
    for (size_t i = 0; i < single.size(); ++i) {
      EXPECT_TRUE(single[i].allclose(expected[i], 1e-3, 1e-4)) << batch << ", " << i;
    }
  }
}

TEST(Softmax, FunctionsCastFirst) {
  const Tensor x = tensor({{0.0, 1.0, 2.0}});
  const auto y = F::softmax(x, F::SoftmaxFuncOptions(1).dtype(kDouble));
  EXPECT_TRUE(y.equal(x.to(kDouble).softmax(1)));
  EXPECT_TRUE(F::softmin(-x, F::SoftminFuncOptions(1).dtype(kDouble)).equal(y));
  EXPECT_TRUE(F::log_softmax(arange(3).view({1, 3}), F::LogSoftmaxFuncOptions(1).dtype(kDouble))
                  .allclose(y.log()));
}

// 3 * 1.1 is 3 again: PyTorch then copies, though the scale says that elements are 1 / 1.1 apart.
TEST(Interpolate, LinearCopiesBetweenEqualSizes) {
  const std::vector<double> factors{1.1, 1.3};
  const Tensor x = randn({2, 2, 3, 3}, Generator(1)).requires_grad_();
  for (bool antialias : {false, true}) {
    const Tensor y = F::interpolate(
        x, F::InterpolateFuncOptions().scale_factor(factors).mode(kBilinear).antialias(antialias));
    EXPECT_TRUE(y.equal(x));
    EXPECT_TRUE(autograd::grad({y.sum()}, {x})[0].equal(ones_like(x)));
  }
}

TEST(Pad, GradientOfAnInputOfWhichNothingStays) {
  for (const Tensor& x : {ones({2, 0}).requires_grad_(), ones({2, 1}).requires_grad_()}) {
    F::pad(x, F::PadFuncOptions({-x.size(1), 2})).sum().backward();
    EXPECT_TRUE(x.grad().equal(zeros_like(x)));
  }
}

// Blocks of queries, causal or not, against the whole matrix of scores.
TEST(Attention, BlocksAgreeWithTheWholeMatrix) {
  for (bool causal : {false, true}) {
    const auto input = [](uint64_t seed, int64_t length) {
      return randn({2, length, 3, 8}, Generator(seed), kDouble).transpose(1, 2);
    };
    Tensor q = input(1, 150), k = input(2, 170), v = input(3, 170);
    for (Tensor* x : {&q, &k, &v}) *x = x->detach().requires_grad_();
    const Tensor y = scaled_dot_product_attention(q, k, v, {}, 0, causal);
    Tensor scores = matmul(q, k.mT()) / std::sqrt(8.0);
    if (causal) {
      scores = scores.masked_fill(ones({150, 170}).tril().logical_not(), -INFINITY);
    }
    const Tensor expected = matmul(scores.softmax(-1), v);
    EXPECT_TRUE(y.allclose(expected, 1e-10, 1e-12));
    const Tensor seed = randn(y.sizes(), Generator(4), kDouble);
    const std::vector<Tensor> a = autograd::grad({{y}}, {{q, k, v}}, {{seed}}),
                              b = autograd::grad({{expected}}, {{q, k, v}}, {{seed}});
    for (size_t i = 0; i < 3; ++i) EXPECT_TRUE(a[i].allclose(b[i], 1e-9, 1e-11)) << i;
  }
}

TEST(Module, ApplyTakesFunctionsOfAnyKind) {
  const nn::Sequential inner(nn::ReLU(), nn::Linear(2, 2)), net(inner, nn::ReLU());
  const std::shared_ptr<nn::Module> module = net.ptr();
  std::string names;
  int64_t seen = 0;
  module->apply([&](nn::Module&) { ++seen; });
  EXPECT_EQ(seen, 5);
  module->apply([&](const nn::Module&) { ++seen; });
  EXPECT_EQ(seen, 10);
  module->apply([&](const std::shared_ptr<nn::Module>& part) { seen += part != nullptr; });
  EXPECT_EQ(seen, 15);
  std::as_const(*module).apply([&](const std::shared_ptr<nn::Module>&) { ++seen; });
  EXPECT_EQ(seen, 20);
  module->apply([&](const std::string& name, nn::Module&) { names += name + " "; }, "net");
  EXPECT_EQ(names, "net net.0 net.0.0 net.0.1 net.1 ");
  module->apply([&](const std::string& name, const std::shared_ptr<nn::Module>&) { names = name; });
  EXPECT_EQ(names, "1");
}

TEST(Recurrent, OptionsBaseIsWhatAllShare) {
  const nn::LSTM lstm(nn::LSTMOptions(3, 4).num_layers(2).proj_size(2).bias(false));
  EXPECT_EQ(lstm->options_base.input_size(), 3);
  EXPECT_EQ(lstm->options_base.num_layers(), 2);
  EXPECT_EQ(lstm->options_base.proj_size(), 2);
  EXPECT_FALSE(lstm->options_base.bias());
  EXPECT_EQ(nn::GRU(3, 4)->options_base.proj_size(), 0);
}

}  // namespace
}  // namespace gradus
