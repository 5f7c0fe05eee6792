// Convolutions and their transposes, recurrent nets, attention, pooling, resampling, CTC.

#include "tests/autograd/op_table/op_info.h"

namespace gradus::test {

namespace {

using Inputs = std::vector<Tensor>;

void add_transposed_convolutions(std::vector<OpInfo>& table) {
  const auto inputs = [](IntArrayRef x, IntArrayRef w, int64_t out) {
    return Inputs{values(x, -2, 2, 1), values(w, -2, 2, 2), values({out}, -2, 2, 3)};
  };
  table.push_back(
      {"conv_transpose1d",
       [](const Inputs& x) { return Inputs{conv_transpose1d(x[0], x[1], x[2], 2, 1, 1)}; },
       {{"plain", inputs({2, 2, 3}, {2, 3, 3}, 3)},
        {"one sequence", inputs({2, 3}, {2, 1, 2}, 1)},
        {"no batch", inputs({0, 2, 3}, {2, 2, 2}, 2)},
        {"transposed",
         {values({1, 3, 2}).transpose(1, 2), values({3, 2, 2}, -2, 2, 2).transpose(0, 1),
          values({3}, -2, 2, 3)}}},
       {[] {
          conv_transpose1d(ones({1, 3, 4}), ones({2, 2, 3}));
        },
        [] {
          conv_transpose1d(ones({4}), ones({2, 2, 3}));
        },
        [] {
          conv_transpose1d(ones({1, 2, 4}), ones({2, 2, 3}), {}, 1, 0, 1);
        },
        [] {
          conv_transpose1d(ones({1, 2, 4}), ones({2, 2, 3}), {}, 1, 1000000000000);
        },
        [] {
          conv_transpose1d(ones({1, 2, 4}), ones({2, 2, 3}), {}, INT64_MAX);
        }},
       2});
  table.push_back({"conv_transpose2d",
                   [](const Inputs& x) { return Inputs{conv_transpose2d(x[0], x[1], x[2])}; },
                   {{"plain", inputs({2, 2, 2, 3}, {2, 1, 2, 2}, 1)},
                    {"1x1", inputs({1, 2, 2, 2}, {2, 3, 1, 1}, 3)},
                    {"channels-last",
                     {values({1, 2, 2, 2}).contiguous(MemoryFormat::ChannelsLast),
                      values({2, 1, 2, 2}, -2, 2, 2), values({1}, -2, 2, 3)}}},
                   {[] {
                      conv_transpose2d(ones({1, 2, 4, 4}), ones({2, 2, 3, 3}), ones({3}));
                    },
                    [] {
                      conv_transpose2d(ones({1, 2, 4, 4}), ones({2, 2, 3, 3}), {}, 0);
                    },
                    [] {
                      conv_transpose2d(ones({1, 2, 4, 4}), ones({2, 2, 3, 3}), {}, 1, -1);
                    },
                    [] {
                      conv_transpose2d(ones({1, 2, 4, 4}), ones({2, 2, 3, 3}), {}, 1, 0, 0, 0);
                    },
                    [] {
                      conv_transpose2d(ones({1, 3, 4, 4}), ones({3, 2, 3, 3}), {}, 1, 0, 0, 2);
                    },
                    [] {
                      conv_transpose2d(ones({1, 2, 4, 4}).to(kLong), ones({2, 2, 3, 3}).to(kLong));
                    },
                    [] {
                      conv_transpose2d(ones({1, 2, 4, 4}), ones({2, 2, 3, 3}), {}, {1, 1, 1});
                    },
                    [] {
                      conv_transpose2d(ones({1, 2, 1, 1}), ones({2, 2, 1, 1}), {}, 1, 1);
                    }},
                   2});
  table.push_back(
      {"conv_transpose2d",
       [](const Inputs& x) {
         return Inputs{conv_transpose2d(x[0], x[1], x[2], {2, 1}, {1, 0}, {1, 2}, 2, {1, 3})};
       },
       {{"all settings", inputs({1, 2, 2, 2}, {2, 1, 2, 2}, 2)}},
       {},
       2});
  table.push_back({"conv_transpose3d",
                   [](const Inputs& x) { return Inputs{conv_transpose3d(x[0], x[1], x[2], 2, 1)}; },
                   {{"", inputs({1, 1, 2, 2, 2}, {1, 2, 2, 2, 2}, 2)}},
                   {[] {
                     conv_transpose3d(ones({1, 3, 4}), ones({2, 2, 3, 3, 3}));
                   }},
                   2});
}

// --- recurrent nets

// {input, states..., W_ih, W_hh, b_ih, b_hh of each layer and direction}.
Inputs net_inputs(IntArrayRef input, int64_t batch, int64_t gates, int64_t hidden, int64_t layers,
                  int64_t directions, int64_t states = 1) {
  uint64_t seed = 1;
  Inputs inputs{values(input, -1, 1, seed)};
  for (int64_t i = 0; i < states; ++i)
    inputs.push_back(values({layers * directions, batch, hidden}, -1, 1, ++seed));
  for (int64_t layer = 0; layer < layers; ++layer) {
    const int64_t features = layer == 0 ? input[2] : directions * hidden;
    for (int64_t direction = 0; direction < directions; ++direction) {
      inputs.push_back(values({gates * hidden, features}, -1, 1, ++seed));
      inputs.push_back(values({gates * hidden, hidden}, -1, 1, ++seed));
      inputs.push_back(values({gates * hidden}, -1, 1, ++seed));
      inputs.push_back(values({gates * hidden}, -1, 1, ++seed));
    }
  }
  return inputs;
}

Inputs of(const std::tuple<Tensor, Tensor>& x) {
  return {std::get<0>(x), std::get<1>(x)};
}
Inputs of(const std::tuple<Tensor, Tensor, Tensor>& x) {
  return {std::get<0>(x), std::get<1>(x), std::get<2>(x)};
}

template <class Net>
void add_net(std::vector<OpInfo>& table, const char* name, int64_t gates, Net net) {
  table.push_back(
      {name,
       [net](const Inputs& x) {
         return of(net(x[0], x[1], TensorList(x).slice(2), true, 1, 0.0, true, false, false));
       },
       {{"plain", net_inputs({3, 2, 2}, 2, gates, 2, 1, 1)},
        {"one step", net_inputs({1, 1, 1}, 1, gates, 1, 1, 1)}},
       {[net] {
          const Inputs x = net_inputs({3, 2, 2}, 2, 1, 2, 1, 1);
          net(x[0], x[1], TensorList(x).slice(2, 3), true, 1, 0.0, true, false, false);
        },
        [net, gates] {
          const Inputs x = net_inputs({3, 2, 2}, 3, gates, 2, 1, 1);
          net(x[0], x[1], TensorList(x).slice(2), true, 1, 0.0, true, false, false);
        },
        [net, gates] {
          const Inputs x = net_inputs({0, 2, 2}, 2, gates, 2, 1, 1);
          net(x[0], x[1], TensorList(x).slice(2), true, 1, 0.0, true, false, false);
        },
        [net, gates] {
          const Inputs x = net_inputs({3, 2, 2}, 2, gates, 2, 1, 1);
          net(x[0].narrow(2, 0, 1), x[1], TensorList(x).slice(2), true, 1, 0.0, true, false, false);
        },
        [net, gates] {
          const Inputs x = net_inputs({3, 2, 2}, 2, gates, 2, 1, 1);
          net(x[0].to(kLong), x[1], TensorList(x).slice(2), true, 1, 0.0, true, false, false);
        },
        [net, gates] {
          const Inputs x = net_inputs({3, 2, 2}, 2, gates, 2, 1, 1);
          net(x[0], x[1], TensorList(x).slice(2), true, 0, 0.0, true, false, false);
        },
        [net, gates] {
          const Inputs x = net_inputs({3, 2, 2}, 2, gates, 2, 1, 1);
          net(x[0], x[1], TensorList(x).slice(2), true, 1, 1.5, true, false, false);
        }},
       2});
  Inputs transposed = net_inputs({2, 3, 2}, 2, gates, 2, 2, 2);
  table.push_back({name,
                   [net](const Inputs& x) {
                     return of(
                         net(x[0], x[1], TensorList(x).slice(2), true, 2, 0.0, true, true, true));
                   },
                   {{"two layers, both directions, batch first", transposed}},
                   {},
                   2});
}

void add_recurrent(std::vector<OpInfo>& table) {
  const auto lstm_of = [](const Inputs& x, int64_t layers, bool both, bool batch_first) {
    return of(lstm(x[0], TensorList(x).slice(1, 2), TensorList(x).slice(3), true, layers, 0.0, true,
                   both, batch_first));
  };
  table.push_back({"lstm",
                   [=](const Inputs& x) { return lstm_of(x, 1, false, false); },
                   {{"plain", net_inputs({3, 2, 2}, 2, 4, 2, 1, 1, 2)},
                    {"one step", net_inputs({1, 1, 1}, 1, 4, 1, 1, 1, 2)}},
                   {[=] {
                      lstm_of(net_inputs({3, 2, 2}, 3, 4, 2, 1, 1, 2), 1, false, false);
                    },
                    [=] {
                      lstm_of(net_inputs({0, 2, 2}, 2, 4, 2, 1, 1, 2), 1, false, false);
                    },
                    [=] {
                      lstm_of(net_inputs({3, 2, 2}, 2, 3, 2, 1, 1, 2), 1, false, false);
                    },
                    [=] {
                      lstm_of(net_inputs({3, 2, 2}, 2, 4, 2, 1, 1, 2), 2, false, false);
                    },
                    [=] {
                      lstm_of(net_inputs({3, 2, 2}, 2, 4, 2, 1, 1, 2), 1, true, false);
                    },
                    [=] {
                      Inputs x = net_inputs({3, 2, 2}, 2, 4, 2, 1, 1, 2);
                      x[2] = x[2].to(kFloat);
                      lstm_of(x, 1, false, false);
                    }},
                   2});
  table.push_back(
      {"lstm",
       [=](const Inputs& x) { return lstm_of(x, 2, true, true); },
       {{"two layers, both directions, batch first", net_inputs({2, 3, 2}, 2, 4, 2, 2, 2, 2)}},
       {},
       2});
  table.push_back(
      {"lstm",
       [](const Inputs& x) {
         const TensorList all(x);
         return of(lstm(x[0], all.slice(1, 2), all.slice(3), true, 1, 0.0, true, false, false));
       },
       {{"projection",
         {values({2, 2, 2}, -1, 1, 1), values({1, 2, 1}, -1, 1, 2), values({1, 2, 2}, -1, 1, 3),
          values({8, 2}, -1, 1, 4), values({8, 1}, -1, 1, 5), values({8}, -1, 1, 6),
          values({8}, -1, 1, 7), values({1, 2}, -1, 1, 8)}}},
       {},
       2});
  table.push_back({"lstm",
                   [](const Inputs& x) {
                     const TensorList all(x);
                     return of(lstm(x[0], tensor({3, 2, 1}), all.slice(1, 2), all.slice(3), true, 1,
                                    0.0, true, true));
                   },
                   {{"packed",
                     [] {
                       Inputs x = net_inputs({1, 6, 2}, 3, 4, 2, 1, 2, 2);
                       x[0] = x[0].squeeze(0);
                       return x;
                     }()}},
                   {[] {
                      const Inputs x = net_inputs({1, 6, 2}, 3, 4, 2, 1, 1, 2);
                      lstm(x[0].squeeze(0), tensor({2, 3, 1}), TensorList(x).slice(1, 2),
                           TensorList(x).slice(3), true, 1, 0.0, true, false);
                    },
                    [] {
                      const Inputs x = net_inputs({1, 6, 2}, 3, 4, 2, 1, 1, 2);
                      lstm(x[0].squeeze(0), tensor({3, 2}), TensorList(x).slice(1, 2),
                           TensorList(x).slice(3), true, 1, 0.0, true, false);
                    }},
                   2});
  using Net = std::tuple<Tensor, Tensor> (*)(const Tensor&, const Tensor&, TensorList, bool,
                                             int64_t, double, bool, bool, bool);
  add_net(table, "gru", 3, Net(&gru));
  add_net(table, "rnn_tanh", 1, Net(&rnn_tanh));
  add_net(table, "rnn_relu", 1, Net(&rnn_relu));
  table.push_back({"gru",
                   [](const Inputs& x) {
                     return of(gru(x[0], tensor({2, 1, 1}), x[1], TensorList(x).slice(2), true, 1,
                                   0.0, true, true));
                   },
                   {{"packed",
                     [] {
                       Inputs x = net_inputs({1, 4, 2}, 2, 3, 2, 1, 2);
                       x[0] = x[0].squeeze(0);
                       return x;
                     }()}},
                   {},
                   2});

  const auto cell_inputs = [](int64_t batch, int64_t gates) {
    return Inputs{values({batch, 2}, -1, 1, 1),     values({batch, 3}, -1, 1, 2),
                  values({batch, 3}, -1, 1, 3),     values({gates * 3, 2}, -1, 1, 4),
                  values({gates * 3, 3}, -1, 1, 5), values({gates * 3}, -1, 1, 6),
                  values({gates * 3}, -1, 1, 7)};
  };
  const auto samples = [&](int64_t gates) {
    Inputs transposed = cell_inputs(2, gates);
    transposed[0] = values({2, 2}, -1, 1, 8).t();
    transposed[3] = values({2, gates * 3}, -1, 1, 9).t();
    return std::vector<Sample>{{"plain", cell_inputs(2, gates)},
                               {"one row", cell_inputs(1, gates)},
                               {"no batch", cell_inputs(0, gates)},
                               {"transposed", transposed}};
  };
  table.push_back({"lstm_cell",
                   [](const Inputs& x) {
                     return of(lstm_cell(x[0], TensorList(x).slice(1, 2), x[3], x[4], x[5], x[6]));
                   },
                   samples(4),
                   {[=] {
                      const Inputs x = cell_inputs(2, 3);
                      lstm_cell(x[0], TensorList(x).slice(1, 2), x[3], x[4], x[5], x[6]);
                    },
                    [=] {
                      const Inputs x = cell_inputs(2, 4);
                      lstm_cell(x[0], TensorList(x).slice(1, 1), x[3], x[4], x[5], x[6]);
                    }},
                   5});
  const auto cell_row = [&](const char* name, int64_t gates, auto op) {
    table.push_back(
        {name,
         [op](const Inputs& x) { return Inputs{op(x[0], x[1], x[3], x[4], x[5], x[6])}; },
         samples(gates),
         {[=] {
            const Inputs x = cell_inputs(2, gates);
            op(x[0], x[0], x[3], x[4], x[5], x[6]);
          },
          [=] {
            const Inputs x = cell_inputs(2, gates);
            op(x[0], x[1], x[4], x[4], x[5], x[6]);
          },
          [=] {
            const Inputs x = cell_inputs(2, gates);
            op(x[0].unsqueeze(0), x[1], x[3], x[4], x[5], x[6]);
          },
          [=] {
            const Inputs x = cell_inputs(2, gates);
            op(x[0], x[1], x[3], x[4], x[5].narrow(0, 0, 1), x[6]);
          },
          [=] {
            const Inputs x = cell_inputs(2, gates);
            op(x[0], x[1].to(kFloat), x[3], x[4], x[5], x[6]);
          }},
         2});
  };
  cell_row("gru_cell", 3, &gru_cell);
  cell_row("rnn_tanh_cell", 1, &rnn_tanh_cell);
  cell_row("rnn_relu_cell", 1, &rnn_relu_cell);
}

}  // namespace

void add_layers(std::vector<OpInfo>& table) {
  add_transposed_convolutions(table);
  add_recurrent(table);
}

}  // namespace gradus::test
