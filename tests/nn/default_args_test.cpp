// Modules whose forward has default arguments, where AnyModule and Sequential leave them out.

#include <optional>
#include <tuple>
#include <vector>

#include <gradus/gradus.h>
#include <gtest/gtest.h>

namespace gradus {
namespace {

using Pair = std::tuple<Tensor, Tensor>;

TEST(DefaultArgs, TransposedConvolutionsInSequential) {
  nn::ConvTranspose1d one(2, 3, 3);
  nn::ConvTranspose2d two(2, 3, 3);
  nn::ConvTranspose3d three(nn::ConvTranspose3dOptions(2, 3, 3).stride(2));
  const Tensor x = rand({1, 2, 4}), y = rand({1, 2, 4, 4}), z = rand({1, 2, 2, 2, 2});
  EXPECT_TRUE(nn::Sequential(one, nn::ReLU())->forward(x).equal(one(x).relu()));
  EXPECT_TRUE(nn::Sequential(two, nn::ReLU())->forward(y).equal(two(y).relu()));
  EXPECT_TRUE(nn::Sequential(three, nn::ReLU())->forward(z).equal(three(z).relu()));
  const std::vector<int64_t> size{6, 6, 6};
  EXPECT_EQ(nn::Sequential(three)->forward(z, std::optional<IntArrayRef>(size)).sizes(),
            IntArrayRef({1, 3, 6, 6, 6}));
}

TEST(DefaultArgs, MaxUnpool) {
  const auto check = [](auto pool, auto unpool, const Tensor& x) {
    const auto [y, indices] = pool->forward_with_indices(x);
    EXPECT_TRUE(nn::AnyModule(unpool).forward(y, indices).equal(unpool(y, indices)));
    EXPECT_TRUE(nn::Sequential(unpool)->forward(y, indices).equal(unpool(y, indices)));
  };
  check(nn::MaxPool1d(2), nn::MaxUnpool1d(2), rand({1, 2, 4}));
  check(nn::MaxPool2d(2), nn::MaxUnpool2d(2), rand({1, 2, 4, 4}));
  check(nn::MaxPool3d(2), nn::MaxUnpool3d(2), rand({1, 2, 4, 4, 4}));
}

TEST(DefaultArgs, RecurrentLayers) {
  const Tensor x = rand({3, 2, 4});
  nn::RNN rnn(4, 5);
  nn::GRU gru(4, 5);
  nn::LSTM lstm(4, 5);
  EXPECT_TRUE(std::get<0>(nn::AnyModule(rnn).forward<Pair>(x)).equal(std::get<0>(rnn->forward(x))));
  EXPECT_TRUE(
      std::get<0>(nn::Sequential(gru)->forward<Pair>(x)).equal(std::get<0>(gru->forward(x))));
  const auto state = nn::Sequential(lstm)->forward<std::tuple<Tensor, Pair>>(x);
  EXPECT_TRUE(std::get<0>(state).equal(std::get<0>(lstm->forward(x))));
}

TEST(DefaultArgs, RecurrentCells) {
  const Tensor x = rand({2, 4});
  nn::RNNCell rnn(4, 5);
  nn::GRUCell gru(4, 5);
  nn::LSTMCell lstm(4, 5);
  EXPECT_TRUE(nn::Sequential(rnn, nn::Linear(5, 2))->forward(x).defined());
  EXPECT_TRUE(nn::Sequential(gru)->forward(x).equal(gru(x)));
  EXPECT_TRUE(
      std::get<1>(nn::Sequential(lstm)->forward<Pair>(x)).equal(std::get<1>(lstm->forward(x))));
}

TEST(DefaultArgs, Attention) {
  const Tensor x = rand({3, 2, 4}), mask = zeros({3, 3});
  nn::MultiheadAttention attention(4, 2);
  const Pair expected = attention(x, x, x);
  EXPECT_TRUE(
      std::get<1>(nn::AnyModule(attention).forward<Pair>(x, x, x)).equal(std::get<1>(expected)));
  EXPECT_FALSE(
      std::get<1>(nn::AnyModule(attention).forward<Pair>(x, x, x, Tensor(), false)).defined());
}

TEST(DefaultArgs, Transformers) {
  const Tensor x = rand({3, 2, 4}), y = rand({5, 2, 4});
  nn::TransformerEncoderLayer encoder_layer(
      nn::TransformerEncoderLayerOptions(4, 2).dim_feedforward(8));
  nn::TransformerDecoderLayer decoder_layer(
      nn::TransformerDecoderLayerOptions(4, 2).dim_feedforward(8));
  nn::TransformerEncoder encoder(nn::TransformerEncoderOptions(encoder_layer, 2));
  nn::TransformerDecoder decoder(nn::TransformerDecoderOptions(decoder_layer, 2));
  nn::Transformer transformer(nn::TransformerOptions(4, 2).dim_feedforward(8));
  for (nn::Module* module :
       std::vector<nn::Module*>{encoder_layer.get(), decoder_layer.get(), encoder.get(),
                                decoder.get(), transformer.get()})
    module->eval();
  EXPECT_TRUE(nn::Sequential(encoder_layer, encoder_layer)
                  ->forward(x)
                  .equal(encoder_layer(encoder_layer(x))));
  EXPECT_TRUE(nn::Sequential(encoder, nn::Linear(4, 2))->forward(x).defined());
  EXPECT_TRUE(nn::AnyModule(decoder_layer).forward(x, y).equal(decoder_layer(x, y)));
  EXPECT_TRUE(nn::AnyModule(decoder).forward(x, y).equal(decoder(x, y)));
  EXPECT_TRUE(nn::AnyModule(transformer).forward(x, y).equal(transformer(x, y)));
  EXPECT_THROW(nn::AnyModule(decoder).forward(x), Error);
}

}  // namespace
}  // namespace gradus
