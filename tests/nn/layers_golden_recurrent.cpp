#include "tests/nn/layers_golden.h"

namespace gradus::test {

namespace {

using Tensors = std::vector<Tensor>;
namespace rnn = nn::utils::rnn;

Tensors all(const std::tuple<Tensor, Tensor>& x) {
  return {std::get<0>(x), std::get<1>(x)};
}
Tensors all(const std::tuple<Tensor, std::tuple<Tensor, Tensor>>& x) {
  const auto& [h, c] = std::get<1>(x);
  return {std::get<0>(x), h, c};
}

template <class M>
LayerCase net(std::string name, nn::ModuleHolder<M> holder) {
  return layer_case(std::move(name), holder, [](M& m, const Tensors& x) {
    if constexpr (std::is_same_v<M, nn::LSTMImpl>) {
      if (x.size() == 3) return all(m.forward(x[0], std::tuple<Tensor, Tensor>(x[1], x[2])));
      return all(m.forward(x[0]));
    } else {
      return all(m.forward(x[0], x.size() > 1 ? x[1] : Tensor()));
    }
  });
}

template <class M>
LayerCase packed(std::string name, nn::ModuleHolder<M> holder) {
  return layer_case(std::move(name), holder, [](M& m, const Tensors& x) {
    const rnn::PackedSequence in =
        rnn::pack_padded_sequence(x[0], tensor({2, 4, 3}), false, /*enforce_sorted=*/false);
    const auto finish = [](const rnn::PackedSequence& y, const Tensors& states) {
      Tensors outputs = all(rnn::pad_packed_sequence(y, false, 0.5));
      outputs.insert(outputs.end(), states.begin(), states.end());
      return outputs;
    };
    if constexpr (std::is_same_v<M, nn::LSTMImpl>) {
      const auto [y, states] = m.forward_with_packed_input(in);
      return finish(y, all(states));
    } else {
      const auto [y, state] = m.forward_with_packed_input(in, x.size() > 1 ? x[1] : Tensor());
      return finish(y, {state});
    }
  });
}

}  // namespace

std::vector<LayerCase> recurrent_cases() {
  using nn::GRU;
  using nn::GRUOptions;
  using nn::LSTM;
  using nn::LSTMOptions;
  using nn::RNN;
  using nn::RNNOptions;
  const auto cell = [](auto& m, const Tensors& x) {
    return Tensors{m.forward(x[0], x.size() > 1 ? x[1] : Tensor())};
  };
  return {
      net("rnn", RNN(3, 4)),
      net("rnn_relu", RNN(RNNOptions(3, 4).nonlinearity(kReLU).bias(false))),
      net("gru", GRU(3, 4)),
      net("lstm", LSTM(3, 4)),
      net("rnn_deep", RNN(RNNOptions(3, 2).num_layers(2).bidirectional(true))),
      net("gru_deep", GRU(GRUOptions(3, 2).num_layers(2).bidirectional(true))),
      net("lstm_deep", LSTM(LSTMOptions(3, 2).num_layers(2).bidirectional(true))),
      net("gru_no_bias", GRU(GRUOptions(3, 2).bias(false))),
      net("lstm_no_bias", LSTM(LSTMOptions(3, 2).bias(false))),
      net("lstm_projection",
          LSTM(LSTMOptions(3, 4).num_layers(2).proj_size(2).bidirectional(true))),
      net("lstm_unbatched", LSTM(3, 2)),
      net("gru_batch_first", GRU(GRUOptions(3, 2).batch_first(true))),
      net("lstm_state", LSTM(LSTMOptions(3, 2).batch_first(true))),
      packed("rnn_packed", RNN(RNNOptions(3, 2).bidirectional(true))),
      packed("gru_packed", GRU(GRUOptions(3, 2).num_layers(2).bidirectional(true))),
      packed("lstm_packed", LSTM(LSTMOptions(3, 2).num_layers(2).bidirectional(true))),
      packed("gru_packed_state", GRU(3, 2)),
      layer_case("rnn_cell", nn::RNNCell(3, 2), cell),
      layer_case("rnn_cell_relu", nn::RNNCell(nn::RNNCellOptions(3, 2).nonlinearity(kReLU)), cell),
      layer_case("lstm_cell", nn::LSTMCell(3, 2),
                 [](nn::LSTMCellImpl& m, const Tensors& x) {
                   return all(m.forward(x[0], std::tuple<Tensor, Tensor>(x[1], x[2])));
                 }),
      layer_case("gru_cell", nn::GRUCell(3, 2), cell),
      layer_case("gru_cell_no_state", nn::GRUCell(nn::GRUCellOptions(3, 2).bias(false)), cell),
  };
}

}  // namespace gradus::test
