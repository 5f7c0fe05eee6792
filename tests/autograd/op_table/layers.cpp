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
                      conv_transpose2d(ones({1, 2, 4, 4}).to(kBool), ones({2, 2, 3, 3}).to(kBool));
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
  // Long in the batch: this path records every step.
  table.back().large = {values({2, 20000, 2}, -1, 1, 1), values({1, 20000, 1}, -1, 1, 2),
                        values({1, 20000, 2}, -1, 1, 3), values({8, 2}, -1, 1, 4),
                        values({8, 1}, -1, 1, 5),        values({8}, -1, 1, 6),
                        values({8}, -1, 1, 7),           values({1, 2}, -1, 1, 8)};
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

// --- attention

void add_attention(std::vector<OpInfo>& table) {
  const auto inputs = [](IntArrayRef q, IntArrayRef k, IntArrayRef v) {
    return Inputs{values(q, -2, 2, 1), values(k, -2, 2, 2), values(v, -2, 2, 3)};
  };
  table.push_back(
      {"scaled_dot_product_attention",
       [](const Inputs& x) { return Inputs{scaled_dot_product_attention(x[0], x[1], x[2])}; },
       {{"plain", inputs({2, 3, 2}, {2, 4, 2}, {2, 4, 3})},
        {"matrices", inputs({3, 2}, {2, 2}, {2, 1})},
        {"broadcast", inputs({2, 1, 2, 2}, {3, 2, 2}, {1, 2, 2})},
        {"heads inside of positions",
         {values({1, 3, 2, 2}, -2, 2, 1).transpose(1, 2),
          values({1, 2, 2, 2}, -2, 2, 2).transpose(1, 2),
          values({1, 2, 2, 2}, -2, 2, 3).transpose(1, 2)}},
        {"transposed",
         {values({2, 3}, -2, 2, 1).t(), values({2, 3}, -2, 2, 2).t(),
          values({3, 3}, -2, 2, 3).t()}},
        {"no batch", inputs({0, 3, 2}, {0, 4, 2}, {0, 4, 2})},
        {"no queries", inputs({2, 0, 2}, {2, 4, 2}, {2, 4, 2})}},
       {[] {
          scaled_dot_product_attention(ones({2, 3}), ones({2, 4}), ones({2, 4}));
        },
        [] {
          scaled_dot_product_attention(ones({2, 3}), ones({2, 3}), ones({3, 3}));
        },
        [] {
          scaled_dot_product_attention(ones({3}), ones({2, 3}), ones({2, 3}));
        },
        [] {
          scaled_dot_product_attention(ones({2, 3}).to(kLong), ones({2, 3}).to(kLong),
                                       ones({2, 3}).to(kLong));
        },
        [] {
          scaled_dot_product_attention(ones({2, 3}), ones({2, 3}), ones({2, 3}), ones({3, 2}));
        },
        [] {
          scaled_dot_product_attention(ones({2, 3}), ones({2, 3}), ones({2, 3}), {}, 1.5);
        },
        [] {
          scaled_dot_product_attention(ones({2, 3}), ones({2, 3}), ones({2, 3}), ones({2, 2}), 0,
                                       /*is_causal=*/true);
        },
        [] {
          scaled_dot_product_attention(ones({2, 2, 3}), ones({3, 2, 3}), ones({2, 2, 3}));
        }},
       3});
  const auto row = [&](const char* what, auto f) {
    table.push_back({"scaled_dot_product_attention",
                     [f](const Inputs& x) { return Inputs{f(x)}; },
                     {{what, inputs({2, 3, 2}, {2, 3, 2}, {2, 3, 2})}},
                     {},
                     3});
  };
  row("causal", [](const Inputs& x) {
    return scaled_dot_product_attention(x[0], x[1], x[2], {}, 0, /*is_causal=*/true, 0.5);
  });
  row("hidden", [](const Inputs& x) {
    // The second row sees nothing.
    const Tensor mask = tensor({1, 0, 1, 0, 0, 0, 1, 1, 0}).reshape({3, 3}).to(kBool);
    return scaled_dot_product_attention(x[0], x[1], x[2], mask);
  });
  row("added", [](const Inputs& x) {
    return scaled_dot_product_attention(x[0], x[1], x[2], x[0].select(2, 0).unsqueeze(1));
  });
}

// --- pooling

// Both results of a maximum.
template <class Op>
OpInfo::Function of_both(Op op) {
  return [op](const Inputs& x) { return of(op(x[0])); };
}

std::vector<Sample> sequences() {
  return {{"plain", {values({2, 2, 5}, -2, 2, 1)}},
          {"transposed", {values({1, 6, 2}, -2, 2, 2).transpose(1, 2)}},
          {"one sequence", {values({2, 6}, -2, 2, 3)}},
          {"no batch", {values({0, 2, 5}, -2, 2, 4)}},
          {"every second", {values({1, 2, 10}, -2, 2, 5).slice(2, 0, 10, 2)}}};
}

std::vector<Sample> volumes() {
  return {{"plain", {values({1, 2, 3, 3, 4}, -2, 2, 1)}},
          {"transposed", {values({1, 1, 4, 3, 3}, -2, 2, 2).transpose(2, 4)}},
          {"one volume", {values({1, 3, 3, 3}, -2, 2, 3)}},
          {"no batch", {values({0, 1, 3, 3, 3}, -2, 2, 4)}}};
}

std::vector<Sample> images() {
  return {
      {"plain", {values({2, 2, 4, 5}, -2, 2, 1)}},
      {"channels-last", {values({1, 3, 4, 5}, -2, 2, 2).contiguous(MemoryFormat::ChannelsLast)}},
      {"one image", {values({2, 5, 4}, -2, 2, 3)}},
      {"transposed", {values({1, 2, 5, 4}, -2, 2, 4).transpose(2, 3)}},
      {"no batch", {values({0, 2, 4, 5}, -2, 2, 5)}}};
}

using Errors = std::vector<std::function<void()>>;

template <class Op>
Errors window_errors(Op op, IntArrayRef sizes) {
  const Tensor x = ones(sizes);
  return {[=] { op(x, 0, 1, 0); },
          [=] { op(x, 2, 0, 0); },
          [=] { op(x, 2, 1, -1); },
          [=] { op(x, 2, 1, 2); },
          [=] { op(x, 100, 1, 0); },
          [=] { op(x, INT64_MAX, 1, 0); },
          [=] { op(x, 2, 1, INT64_MAX); },
          [=] { op(x.to(kBool), 2, 1, 0); },
          [=] { op(x, IntArrayRef(), 1, 0); },
          [=] { op(x[0][0], 2, 1, 0); }};
}

template <class Op>
Errors adaptive_errors(Op op, IntArrayRef sizes) {
  const Tensor x = ones(sizes);
  return {[=] { op(x, -1); }, [=] { op(x, INT64_MAX); }, [=] { op(x[0][0], 1); },
          [=] { op(x.to(kLong), 1); },
          [=] {
            op(x, {1, 1, 1, 1});
          }};
}

void add_pooling(std::vector<OpInfo>& table) {
  table.push_back({"max_pool1d", of_one([](const Tensor& x) {
                     return max_pool1d(x, 3, 2, 1, 1, /*ceil_mode=*/true);
                   }),
                   sequences(),
                   window_errors([](const Tensor& x, IntArrayRef k, IntArrayRef s,
                                    IntArrayRef p) { max_pool1d(x, k, s, p); },
                                 {1, 1, 5})});
  table.push_back({"max_pool1d_with_indices",
                   of_both([](const Tensor& x) { return max_pool1d_with_indices(x, 2, 1, 0, 2); }),
                   sequences(),
                   window_errors([](const Tensor& x, IntArrayRef k, IntArrayRef s,
                                    IntArrayRef p) { max_pool1d_with_indices(x, k, s, p); },
                                 {1, 1, 5})});
  table.push_back({"max_pool3d", of_one([](const Tensor& x) { return max_pool3d(x, 2, 1, 1); }),
                   volumes(),
                   window_errors([](const Tensor& x, IntArrayRef k, IntArrayRef s,
                                    IntArrayRef p) { max_pool3d(x, k, s, p); },
                                 {1, 1, 5, 5, 5})});
  table.push_back({"max_pool3d_with_indices", of_both([](const Tensor& x) {
                     return max_pool3d_with_indices(x, {2, 3, 1});
                   }),
                   volumes(),
                   window_errors([](const Tensor& x, IntArrayRef k, IntArrayRef s,
                                    IntArrayRef p) { max_pool3d_with_indices(x, k, s, p); },
                                 {1, 1, 5, 5, 5})});
  table.push_back({"avg_pool1d",
                   of_one([](const Tensor& x) { return avg_pool1d(x, 3, 2, 1, true, false); }),
                   sequences(),
                   window_errors([](const Tensor& x, IntArrayRef k, IntArrayRef s,
                                    IntArrayRef p) { avg_pool1d(x, k, s, p); },
                                 {1, 1, 5})});
  table.push_back({"avg_pool3d", of_one([](const Tensor& x) { return avg_pool3d(x, 2, 1, 1); }),
                   volumes(),
                   window_errors([](const Tensor& x, IntArrayRef k, IntArrayRef s,
                                    IntArrayRef p) { avg_pool3d(x, k, s, p); },
                                 {1, 1, 5, 5, 5})});
  const auto adaptive = [&](const char* name, auto op, std::vector<Sample> samples,
                            IntArrayRef sizes) {
    table.push_back({name, of_one([op](const Tensor& x) { return op(x, 2); }), std::move(samples),
                     adaptive_errors(op, sizes)});
  };
  adaptive("adaptive_avg_pool1d", &adaptive_avg_pool1d, sequences(), {1, 1, 5});
  adaptive("adaptive_avg_pool3d", &adaptive_avg_pool3d, volumes(), {1, 1, 3, 3, 3});
  const auto adaptive_both = [&](const char* name, auto op, std::vector<Sample> samples,
                                 IntArrayRef sizes) {
    table.push_back({name, of_both([op](const Tensor& x) { return op(x, 2); }), std::move(samples),
                     adaptive_errors(op, sizes)});
  };
  adaptive_both("adaptive_max_pool1d", &adaptive_max_pool1d, sequences(), {1, 1, 5});
  adaptive_both("adaptive_max_pool2d", &adaptive_max_pool2d, images(), {1, 1, 5, 5});
  adaptive_both("adaptive_max_pool3d", &adaptive_max_pool3d, volumes(), {1, 1, 3, 3, 3});

  const auto fractional = [&](const char* name, auto op, int64_t dims, std::vector<Sample> samples,
                              IntArrayRef sizes) {
    const auto random = [dims](const Tensor& x) {
      const bool batched = x.dim() == dims + 2;
      return values({batched ? x.size(0) : 1, x.size(batched ? 1 : 0), dims}, 0, 1, 7)
          .to(x.dtype());
    };
    const Tensor x = ones(sizes);
    table.push_back({name,
                     of_both([=](const Tensor& in) {
                       return op(in, 2, 2, in.defined() ? random(in) : Tensor());
                     }),
                     std::move(samples),
                     {[=] { op(x, 0, 2, random(x)); }, [=] { op(x, 2, 0, random(x)); },
                      [=] { op(x, 2, INT64_MAX, random(x)); }, [=] { op(x, 100, 1, random(x)); },
                      [=] { op(x, 2, 2, ones({1})); }, [=] { op(x.to(kLong), 2, 2, ones({1})); }}});
  };
  fractional("fractional_max_pool2d", &fractional_max_pool2d, 2, images(), {1, 1, 5, 5});
  fractional("fractional_max_pool3d", &fractional_max_pool3d, 3, volumes(), {1, 1, 5, 5, 5});

  using Unpool = Tensor (*)(const Tensor&, const Tensor&, IntArrayRef);
  const auto unpool = [&](const char* name, Unpool op, IntArrayRef sizes, DimVector out) {
    const Tensor x = values(sizes, -2, 2, 1), places = zeros(sizes, kLong);
    const Tensor counted = arange(x.numel()).reshape(sizes);
    table.push_back(
        {name,
         [=](const Inputs& in) { return Inputs{op(in[0], in[1], out)}; },
         {{"plain", {x, counted}}, {"transposed", {x.transpose(0, 1), counted.transpose(0, 1)}}},
         {[=] { op(x, counted + 1000, out); }, [=] { op(x, counted - 100, out); },
          [=] { op(x, x, out); }, [=] { op(x, counted[0], out); },
          [=] {
            op(x, counted, {1, 1, 1, 1});
          },
          [=] {
            DimVector negative = out;
            negative[0] = -1;
            op(x, places, negative);
          }},
         2});
  };
  unpool("max_unpool1d", &max_unpool1d, {1, 2, 3}, {8});
  unpool("max_unpool2d", &max_unpool2d, {1, 2, 2, 2}, {4, 5});
  unpool("max_unpool3d", &max_unpool3d, {1, 1, 2, 1, 2}, {3, 2, 3});
}

// --- vision

void add_vision(std::vector<OpInfo>& table) {
  const auto row = [&](const char* name, auto op, IntArrayRef sizes, DimVector out) {
    const Tensor x = values(sizes, -2, 2, 1);
    DimVector swapped = to_dims(sizes), none = swapped;
    std::swap(swapped[0], swapped.back());
    none[0] = 0;
    DimVector zero = out, negative = out, huge = out, more = out;
    zero[0] = 0;
    negative[0] = -1;
    huge[0] = INT64_MAX;
    more.push_back(2);
    table.push_back(
        {name,
         of_one([=](const Tensor& in) { return op(in, out); }),
         {{"plain", {x}},
          {"transposed", {values(swapped, -2, 2, 2).transpose(0, -1)}},
          {"no batch", {values(none, -2, 2, 3)}}},
         {[=] { op(x, zero); }, [=] { op(x, negative); }, [=] { op(x, huge); },
          [=] { op(x, more); }, [=] { op(x.to(kLong), out); }, [=] { op(x[0][0], out); }}});
  };
  row("upsample_nearest1d", [](const Tensor& x, IntArrayRef s) { return upsample_nearest1d(x, s); },
      {1, 2, 3}, {5});
  row("upsample_nearest2d", [](const Tensor& x, IntArrayRef s) { return upsample_nearest2d(x, s); },
      {1, 2, 3, 2}, {2, 5});
  row("upsample_nearest3d", [](const Tensor& x, IntArrayRef s) { return upsample_nearest3d(x, s); },
      {1, 1, 2, 3, 2}, {3, 2, 2});
  row("upsample_nearest_exact",
      [](const Tensor& x, IntArrayRef s) { return upsample_nearest_exact(x, s); }, {1, 2, 3, 2},
      {2, 5});
  row("upsample_linear1d",
      [](const Tensor& x, IntArrayRef s) { return upsample_linear1d(x, s, true); }, {1, 2, 3}, {5});
  row("upsample_bilinear2d",
      [](const Tensor& x, IntArrayRef s) { return upsample_bilinear2d(x, s, false); }, {1, 2, 3, 2},
      {2, 5});
  row("upsample_trilinear3d",
      [](const Tensor& x, IntArrayRef s) { return upsample_trilinear3d(x, s, false); },
      {1, 1, 2, 3, 2}, {3, 2, 2});
  row("upsample_bicubic2d",
      [](const Tensor& x, IntArrayRef s) { return upsample_bicubic2d(x, s, false); }, {1, 1, 3, 2},
      {2, 5});

  const auto sampler = [](GridMode mode, GridPadding padding) {
    return [=](const Inputs& x) { return Inputs{grid_sampler(x[0], x[1], mode, padding, false)}; };
  };
  const Inputs plane = {values({1, 2, 3, 2}, -2, 2, 1), values({1, 2, 2, 2}, -1.3, 1.3, 2)};
  const Inputs volume = {values({1, 1, 2, 3, 2}, -2, 2, 1), values({1, 2, 1, 2, 3}, -1.3, 1.3, 2)};
  const auto bad_sampler = [](IntArrayRef x, IntArrayRef grid) {
    return [x = to_dims(x), grid = to_dims(grid)] {
      grid_sampler(ones(x), ones(grid), GridMode::Bicubic, GridPadding::Zeros, false);
    };
  };
  table.push_back(
      {"grid_sampler",
       sampler(GridMode::Bilinear, GridPadding::Zeros),
       {{"plane", plane},
        {"volume", volume},
        {"no batch", {values({0, 2, 3, 2}), values({0, 2, 2, 2})}},
        {"channels-last", {values({1, 2, 3, 2}).contiguous(MemoryFormat::ChannelsLast), plane[1]}}},
       {bad_sampler({1, 1, 2, 2}, {1, 2, 2, 3}), bad_sampler({1, 1, 2, 2}, {2, 2, 2, 2}),
        bad_sampler({1, 2, 2}, {1, 2, 2}), bad_sampler({1, 1, 2, 2, 2}, {1, 2, 2, 2, 3}),
        bad_sampler({1, 1, 0, 2}, {1, 2, 2, 2}),
        [] {
          grid_sampler(ones({1, 1, 2, 2}), ones({1, 2, 2, 2}).to(kDouble), GridMode::Nearest,
                       GridPadding::Zeros, false);
        }},
       2});
  table.push_back({"grid_sampler",
                   sampler(GridMode::Bilinear, GridPadding::Border),
                   {{"border", plane}},
                   {},
                   2});
  table.push_back({"grid_sampler",
                   sampler(GridMode::Bilinear, GridPadding::Reflection),
                   {{"reflection", volume}},
                   {},
                   2});
  table.push_back({"grid_sampler",
                   sampler(GridMode::Bicubic, GridPadding::Zeros),
                   {{"bicubic", plane}},
                   {},
                   2});
  table.push_back({"grid_sampler",
                   of_two([](const Tensor& x, const Tensor& grid) {
                     return grid_sampler(x, grid, 0, 1, true);
                   }),
                   {{"by numbers", plane}},
                   {[] {
                      grid_sampler(ones({1, 1, 2, 2}), ones({1, 2, 2, 2}), 3, 0, false);
                    },
                    [] {
                      grid_sampler(ones({1, 1, 2, 2}), ones({1, 2, 2, 2}), 0, -1, false);
                    }},
                   2});
  table.push_back({"affine_grid_generator",
                   of_one([](const Tensor& theta) {
                     const int64_t dims = theta.size(1);
                     return affine_grid_generator(theta,
                                                  dims == 2 ? DimVector{theta.size(0), 1, 2, 3}
                                                            : DimVector{theta.size(0), 1, 2, 1, 2},
                                                  false);
                   }),
                   {{"plane", {values({2, 2, 3})}}, {"volume", {values({1, 3, 4})}}},
                   {[] {
                      affine_grid_generator(ones({1, 2, 2}), {1, 1, 2, 2}, false);
                    },
                    [] {
                      affine_grid_generator(ones({1, 2, 3}), {2, 1, 2, 2}, false);
                    },
                    [] {
                      affine_grid_generator(ones({1, 2, 3}), {1, 1, 0, 2}, false);
                    },
                    [] {
                      affine_grid_generator(ones({1, 2, 3}), {1, 2, 2}, false);
                    },
                    [] {
                      affine_grid_generator(ones({1, 2, 3}).to(kLong), {1, 1, 2, 2}, false);
                    }}});

  const auto bad_fold = [](int64_t kernel, int64_t dilation, int64_t padding, int64_t stride) {
    return [=] { im2col(ones({1, 1, 4, 4}), kernel, dilation, padding, stride); };
  };
  table.push_back({"im2col",
                   of_one([](const Tensor& x) {
                     return im2col(x, {2, 3}, {2, 1}, 1, {1, 2});
                   }),
                   images(),
                   {bad_fold(0, 1, 0, 1), bad_fold(5, 1, 0, 1), bad_fold(2, 0, 0, 1),
                    bad_fold(2, 1, -1, 1), bad_fold(2, 1, 0, 0), bad_fold(2, INT64_MAX, 0, 1), [] {
                      im2col(ones({4, 4}), 2, 1, 0, 1);
                    }}});
  const auto bad_columns = [](IntArrayRef sizes, IntArrayRef out) {
    return [sizes = to_dims(sizes), out = to_dims(out)] { col2im(ones(sizes), out, 2, 1, 0, 1); };
  };
  table.push_back({"col2im",
                   of_one([](const Tensor& x) {
                     return col2im(x, {3, 4}, 2, 1, 0, 1);
                   }),
                   {{"plain", {values({2, 8, 6})}},
                    {"one image", {values({4, 6})}},
                    {"transposed", {values({1, 6, 4}).transpose(1, 2)}},
                    {"no batch", {values({0, 4, 6})}}},
                   {bad_columns({1, 3, 6}, {3, 4}), bad_columns({1, 4, 5}, {3, 4}),
                    bad_columns({1, 4, 6}, {-3, 4}), bad_columns({4}, {3, 4}),
                    bad_columns({1, 4, 6}, {1, 4})}});
}

void add_ctc(std::vector<OpInfo>& table) {
  const Tensor targets = tensor({1, 1, 2, 2, 0, 0, 1, 2, 0}).reshape({3, 3});
  const Tensor steps = tensor({5, 4, 5}), lengths = tensor({3, 0, 2});
  const auto loss = [=](const Tensor& x, int64_t reduction) {
    return ctc_loss(log_softmax(x, -1), targets, steps, lengths, 0, reduction);
  };
  const Tensor x = ones({5, 3, 3});
  const auto bad = [=](const Tensor& t, const Tensor& s, const Tensor& l, int64_t blank = 0) {
    return [=] { ctc_loss(x, t, s, l, blank); };
  };
  table.push_back(
      {"ctc_loss",
       of_one([=](const Tensor& in) { return loss(in, 1); }),
       {{"plain", {values({5, 3, 3}, -2, 2, 1)}},
        {"transposed", {values({3, 5, 3}, -2, 2, 2).transpose(0, 1)}}},
       {bad(targets, tensor({6, 4, 5}), lengths), bad(targets, tensor({-1, 4, 5}), lengths),
        bad(targets, steps, tensor({4, 0, 2})), bad(targets, steps, tensor({3, -1, 2})),
        bad(targets + 3, steps, lengths), bad(targets - 5, steps, lengths),
        bad(targets, steps, tensor({3, 0})), bad(targets, steps, lengths, 3),
        bad(targets.to(kFloat), steps, lengths), bad(targets[0], steps, tensor({3, 3, 3})),
        [=] { ctc_loss(x, targets, steps, lengths, 0, 7); }}});
  table.push_back({"ctc_loss",
                   of_one([=](const Tensor& in) { return loss(in, 0); }),
                   {{"unreduced", {values({5, 3, 3}, -2, 2, 3)}}}});
}

}  // namespace

void add_layers(std::vector<OpInfo>& table) {
  add_transposed_convolutions(table);
  add_recurrent(table);
  add_attention(table);
  add_pooling(table);
  add_vision(table);
  add_ctc(table);
}

}  // namespace gradus::test
