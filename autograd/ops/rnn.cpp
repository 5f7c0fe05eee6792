#include "autograd/ops/rnn.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "autograd/node.h"
#include "autograd/ops/activation.h"
#include "autograd/ops/binary.h"
#include "autograd/ops/copy.h"
#include "autograd/ops/internal/autocast.h"
#include "autograd/ops/internal/recompute.h"
#include "autograd/ops/join.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/random.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "core/factory.h"
#include "core/kernels/rnn.h"
#include "core/shape.h"
#include "core/watch/record_scope.h"

namespace gradus {

using kernel::RnnMode;
using kernel::RnnSteps;

namespace {

using StepsPtr = std::shared_ptr<const RnnSteps>;

// What a layer takes, in the order of its node's inputs.
enum Input : size_t { kXg, kH0, kC0, kWhh, kBhh, kWhr };

// --- one layer in one direction, by ops: the reference, and what is differentiated twice

// The state (h, or c) of a step from the gates.
struct State {
  Tensor h, c;
};

State step(RnnMode mode, const Tensor& xg, const State& before, const Tensor& w_hh,
           const Tensor& b_hh, const Tensor& w_hr) {
  const Tensor hg = linear(before.h, w_hh, b_hh);
  if (mode == RnnMode::Tanh) return {tanh(xg + hg), {}};
  if (mode == RnnMode::Relu) return {relu(xg + hg), {}};
  if (mode == RnnMode::Gru) {
    const std::vector<Tensor> x = chunk(xg, 3, 1), u = chunk(hg, 3, 1);
    const Tensor r = sigmoid(x[0] + u[0]), z = sigmoid(x[1] + u[1]), n = tanh(x[2] + r * u[2]);
    return {n + z * (before.h - n), {}};
  }
  const std::vector<Tensor> gates = chunk(xg + hg, 4, 1);
  const Tensor c = sigmoid(gates[1]) * before.c + sigmoid(gates[0]) * tanh(gates[2]);
  const Tensor h = sigmoid(gates[3]) * tanh(c);
  return {w_hr.defined() ? linear(h, w_hr) : h, c};
}

// The rows of `state` that a step of n rows does not reach, put aside, or those that begin with it,
// taken from the initial state.
void resize_state(Tensor& state, int64_t n, const Tensor& initial, std::vector<Tensor>& ended) {
  const int64_t rows = state.size(0);
  if (n < rows) {
    ended.push_back(narrow(state, 0, n, rows - n));
    state = narrow(state, 0, 0, n);
  } else if (n > rows) {
    state = cat({state, narrow(initial, 0, rows, n - rows)}, 0);
  }
}

Tensor with_ended(const Tensor& state, const std::vector<Tensor>& ended) {
  std::vector<Tensor> parts{state};
  parts.insert(parts.end(), ended.rbegin(), ended.rend());
  return parts.size() == 1 ? state : cat(parts, 0);
}

std::vector<Tensor> composed_layer(RnnMode mode, const RnnSteps& s, const std::vector<Tensor>& in) {
  const auto steps = static_cast<int64_t>(s.batch_sizes.size());
  const bool has_cell = mode == RnnMode::Lstm;
  const auto first = static_cast<size_t>(s.reverse ? steps - 1 : 0);
  State state{narrow(in[kH0], 0, 0, s.batch_sizes[first]), {}};
  if (has_cell) state.c = narrow(in[kC0], 0, 0, s.batch_sizes[first]);
  std::vector<Tensor> outputs(static_cast<size_t>(steps)), ended_h, ended_c;
  for (int64_t i = 0; i < steps; ++i) {
    const auto t = static_cast<size_t>(s.reverse ? steps - 1 - i : i);
    resize_state(state.h, s.batch_sizes[t], in[kH0], ended_h);
    if (has_cell) resize_state(state.c, s.batch_sizes[t], in[kC0], ended_c);
    state = step(mode, narrow(in[kXg], 0, s.offsets[t], s.batch_sizes[t]), state, in[kWhh],
                 in[kBhh], in[kWhr]);
    outputs[t] = state.h;
  }
  std::vector<Tensor> results{cat(outputs, 0), with_ended(state.h, ended_h)};
  if (has_cell) results.push_back(with_ended(state.c, ended_c));
  return results;
}

// --- the same by the kernel, as one node

// (y, h_n) or (y, h_n, c_n).
std::vector<Tensor> layer(const char* op, RnnMode mode, const StepsPtr& s,
                          const std::vector<Tensor>& in) {
  const OpScope scope(op);
  const ScalarType dtype = in[kXg].dtype();
  if (dtype == kBFloat16 || dtype == kHalf) {
    // States and gates in float32.
    std::vector<Tensor> wide;
    for (const Tensor& x : in) wide.push_back(x.defined() ? to(x, kFloat) : x);
    std::vector<Tensor> outputs = layer(op, mode, s, wide);
    for (Tensor& y : outputs) y = to(y, dtype);
    return outputs;
  }
  const bool has_kernel = in[kXg].dtype() == kFloat || in[kXg].dtype() == kDouble;
  if (in[kWhr].defined() || !has_kernel || in[kXg].numel() == 0) {
    return composed_layer(mode, *s, in);
  }
  kernel::RnnResult r;
  {
    NoGradGuard no_grad;
    const auto dense = [](const Tensor& x) { return x.defined() ? x.contiguous() : x; };
    r = kernel::rnn_layer(mode, *s, dense(in[kXg]), dense(in[kH0]), dense(in[kC0]), dense(in[kWhh]),
                          dense(in[kBhh]));
  }
  std::vector<Tensor> outputs{r.y, r.hn};
  if (mode == RnnMode::Lstm) outputs.push_back(r.cn);
  record_all(op, in, outputs,
             [mode, s, in = SavedList(in), y = Saved(r.y), gates = Saved(r.gates), c = Saved(r.c)](
                 const Grads& dys, const Needs& needs) -> Grads {
               const std::vector<Tensor> inputs = in.get();
               if (GradMode::is_enabled()) {
                 return recompute_gradients(
                     [&](const std::vector<Tensor>& x) { return composed_layer(mode, *s, x); },
                     inputs, dys, needs);
               }
               const auto dense = [](const Tensor& x) { return x.defined() ? x.contiguous() : x; };
               const kernel::RnnResult forward{y.get(), {}, {}, gates.get(), c.get()};
               kernel::RnnGradients g = kernel::rnn_layer_backward(
                   mode, *s, forward, dense(inputs[kH0]), dense(inputs[kC0]), dense(inputs[kWhh]),
                   dense(dys[0]), dense(dys[1]), mode == RnnMode::Lstm ? dense(dys[2]) : Tensor());
               Tensor db = needs[kBhh] ? sum(g.dhg, 0) : Tensor();
               return {std::move(g.dxg), std::move(g.dh0), std::move(g.dc0), std::move(g.dw),
                       std::move(db)};
             });
  return outputs;
}

// --- checks

// W_ih, W_hh, b_ih, b_hh, W_hr of one layer and direction.
struct Weights {
  Tensor w_ih, w_hh, b_ih, b_hh, w_hr;
};

void check_weights(const char* op, RnnMode mode, const Weights& w, const Tensor& input) {
  const int64_t gates = kernel::rnn_gates(mode);
  require_dense(op, "input", input);
  require_dense(op, "weight_ih", w.w_ih);
  require_dense(op, "weight_hh", w.w_hh);
  for (const Tensor& optional : {w.b_ih, w.b_hh, w.w_hr}) refuse_sparse(op, "a weight", optional);
  GRADUS_CHECK(w.w_ih.dim() == 2 && w.w_hh.dim() == 2 && w.w_ih.size(0) == w.w_hh.size(0) &&
                   w.w_hh.size(0) % gates == 0,
               "{}: expected weights [{} H, I] and [{} H, H], got {} and {}", op, gates, gates,
               w.w_ih.sizes(), w.w_hh.sizes());
  const int64_t hidden = w.w_hh.size(0) / gates;
  if (w.w_hr.defined()) {
    GRADUS_CHECK(w.w_hr.dim() == 2 && w.w_hr.size(1) == hidden && w.w_hr.size(0) == w.w_hh.size(1),
                 "{}: expected a projection [{}, {}], got {}", op, w.w_hh.size(1), hidden,
                 w.w_hr.sizes());
  } else {
    GRADUS_CHECK(w.w_hh.size(1) == hidden, "{}: expected a recurrent weight [{} H, H], got {}", op,
                 gates, w.w_hh.sizes());
  }
  GRADUS_CHECK(input.size(-1) == w.w_ih.size(1),
               "{}: input has inconsistent input_size: got {}, expected {} (input {})", op,
               input.size(-1), w.w_ih.size(1), input.sizes());
  const auto check = [&](const char* what, const Tensor& x) {
    if (!x.defined()) return;
    GRADUS_CHECK_TYPE(x.dtype() == input.dtype(), "{}: expected {} of dtype {}, got {}", op, what,
                      input.dtype(), x.dtype());
  };
  GRADUS_CHECK_TYPE(input.is_floating_point(), "{}: not implemented for {}", op, input.dtype());
  check("weights", w.w_ih);
  check("weights", w.w_hh);
  check("weights", w.w_hr);
  for (const Tensor& bias : {w.b_ih, w.b_hh}) {
    GRADUS_CHECK(!bias.defined() || (bias.dim() == 1 && bias.size(0) == w.w_hh.size(0)),
                 "{}: expected a bias of {} elements, got {}", op, w.w_hh.size(0), bias.sizes());
    check("biases", bias);
  }
}

void check_state(const char* op, const char* what, const Tensor& state, IntArrayRef sizes,
                 ScalarType dtype) {
  require_dense(op, what, state);
  GRADUS_CHECK(state.sizes() == sizes, "{}: expected {} of size {}, got {}", op, what, sizes,
               state.sizes());
  GRADUS_CHECK_TYPE(state.dtype() == dtype, "{}: expected {} of dtype {}, got {}", op, what, dtype,
                    state.dtype());
}

// --- all layers

// What the input and, but for GRU, all biases contribute to the gates. Under autocast that product
// alone is of lower precision.
Tensor gates_of_input(RnnMode mode, const Tensor& x, const Weights& w) {
  Tensor bias = w.b_ih;
  if (mode != RnnMode::Gru && w.b_hh.defined()) bias = bias.defined() ? bias + w.b_hh : w.b_hh;
  return to(linear(x, w.w_ih, bias), w.w_hh.dtype());
}

struct Setting {
  const char* op;
  RnnMode mode;
  bool has_biases;
  int64_t num_layers;
  double dropout;
  bool train;
  bool bidirectional;
};

std::vector<Weights> weights_of(const Setting& setting, TensorList params) {
  const int64_t directions = setting.bidirectional ? 2 : 1;
  GRADUS_CHECK_VALUE(setting.num_layers > 0, "{}: num_layers must be positive, got {}", setting.op,
                     setting.num_layers);
  GRADUS_CHECK_VALUE(setting.dropout >= 0 && setting.dropout <= 1,
                     "{}: dropout has to be between 0 and 1, got {}", setting.op, setting.dropout);
  const auto count = static_cast<int64_t>(params.size());
  const int64_t plain = setting.has_biases ? 4 : 2;
  const bool fits = setting.num_layers <= count && count % (setting.num_layers * directions) == 0;
  const int64_t each = fits ? count / (setting.num_layers * directions) : 0;
  GRADUS_CHECK(each == plain || (each == plain + 1 && setting.mode == RnnMode::Lstm),
               "{}: got {} weights for {} layers of {} directions, expected {} for each",
               setting.op, count, setting.num_layers, directions, plain);
  std::vector<Weights> weights;
  for (int64_t i = 0; i < count; i += each) {
    const Tensor* const p = params.data() + i;
    Weights w{p[0], p[1], {}, {}, {}};
    if (setting.has_biases) w.b_ih = p[2], w.b_hh = p[3];
    if (each > plain) w.w_hr = p[plain];
    weights.push_back(std::move(w));
  }
  return weights;
}

// (output [rows, directions H], h_n, c_n) for packed rows.
std::tuple<Tensor, Tensor, Tensor> run(const Setting& setting, Tensor data, IntArrayRef batch_sizes,
                                       TensorList hx, TensorList params) {
  const char* const op = setting.op;
  const bool has_cell = setting.mode == RnnMode::Lstm;
  const int64_t directions = setting.bidirectional ? 2 : 1;
  const std::vector<Weights> weights = weights_of(setting, params);
  check_weights(op, setting.mode, weights[0], data);
  const int64_t hidden = weights[0].w_hh.size(0) / kernel::rnn_gates(setting.mode);
  GRADUS_CHECK(hx.size() == (has_cell ? 2 : 1), "{}: expected {} states, got {}", op,
               has_cell ? 2 : 1, hx.size());
  const int64_t states = setting.num_layers * directions;
  check_state(op, "hidden state", hx[0], {states, batch_sizes[0], weights[0].w_hh.size(1)},
              data.dtype());
  if (has_cell) {
    check_state(op, "cell state", hx[1], {states, batch_sizes[0], hidden}, data.dtype());
  }
  StepsPtr steps[2];
  for (int64_t d = 0; d < directions; ++d) {
    steps[d] = std::make_shared<RnnSteps>(kernel::rnn_steps(batch_sizes, /*reverse=*/d == 1));
  }
  std::vector<Tensor> last_h, last_c;
  for (int64_t l = 0; l < setting.num_layers; ++l) {
    std::vector<Tensor> outputs;
    for (int64_t d = 0; d < directions; ++d) {
      const int64_t i = l * directions + d;
      const Weights& w = weights[static_cast<size_t>(i)];
      check_weights(op, setting.mode, w, data);
      GRADUS_CHECK(w.w_hh.sizes() == weights[0].w_hh.sizes(),
                   "{}: expected the same hidden size in all layers, got recurrent weights {} and "
                   "{}",
                   op, weights[0].w_hh.sizes(), w.w_hh.sizes());
      const bool gru = setting.mode == RnnMode::Gru;
      const std::vector<Tensor> results = layer(
          op, setting.mode, steps[d],
          {gates_of_input(setting.mode, data, w), select(hx[0], 0, i),
           has_cell ? select(hx[1], 0, i) : Tensor(), w.w_hh, gru ? w.b_hh : Tensor(), w.w_hr});
      outputs.push_back(results[0]);
      last_h.push_back(results[1]);
      if (has_cell) last_c.push_back(results[2]);
    }
    data = directions == 1 ? outputs[0] : cat(outputs, -1);
    if (setting.train && setting.dropout > 0 && l + 1 < setting.num_layers) {
      data = dropout(data, setting.dropout, /*train=*/true);
    }
  }
  return {data, stack(last_h, 0), has_cell ? stack(last_c, 0) : Tensor()};
}

std::tuple<Tensor, Tensor, Tensor> run_padded(const Setting& setting, const Tensor& input,
                                              TensorList hx, TensorList params, bool batch_first) {
  const char* const op = setting.op;
  require_dense(op, "input", input);
  GRADUS_CHECK(input.dim() == 3, "{}: expected an input of 3 dims, got {}", op, input.sizes());
  const Tensor x = batch_first ? transpose(input, 0, 1) : input;
  GRADUS_CHECK_VALUE(x.size(0) > 0, "{}: expected a sequence length larger than 0, got input {}",
                     op, input.sizes());
  const std::vector<int64_t> batch_sizes(static_cast<size_t>(x.size(0)), x.size(1));
  auto [y, h, c] =
      run(setting, reshape(x, {x.size(0) * x.size(1), x.size(2)}), batch_sizes, hx, params);
  y = reshape(y, {x.size(0), x.size(1), y.size(1)});
  return {batch_first ? transpose(y, 0, 1) : y, h, c};
}

std::tuple<Tensor, Tensor, Tensor> run_packed(const Setting& setting, const Tensor& data,
                                              const Tensor& batch_sizes, TensorList hx,
                                              TensorList params) {
  const char* const op = setting.op;
  require_dense(op, "data", data);
  require_dense(op, "batch_sizes", batch_sizes);
  GRADUS_CHECK(data.dim() == 2, "{}: expected packed data of 2 dims, got {}", op, data.sizes());
  GRADUS_CHECK_TYPE(batch_sizes.dtype() == kLong && batch_sizes.dim() == 1,
                    "{}: expected batch_sizes of 1 dim and dtype Long, got {} {}", op,
                    batch_sizes.sizes(), batch_sizes.dtype());
  const Tensor dense = batch_sizes.contiguous();
  const IntArrayRef sizes(dense.data_ptr<int64_t>(), static_cast<size_t>(dense.numel()));
  GRADUS_CHECK_VALUE(!sizes.empty(), "{}: batch_sizes is empty", op);
  int64_t rest = data.size(0);
  for (size_t t = 0; t < sizes.size(); ++t) {
    GRADUS_CHECK_VALUE(sizes[t] > 0 && sizes[t] <= rest && (t == 0 || sizes[t] <= sizes[t - 1]),
                       "{}: batch_sizes must be positive, never grow and sum to the rows of data "
                       "{}, got {} at step {}",
                       op, data.sizes(), sizes[t], t);
    rest -= sizes[t];
  }
  GRADUS_CHECK_VALUE(rest == 0, "{}: batch_sizes must sum to the rows of data {}", op,
                     data.sizes());
  return run(setting, data, sizes, hx, params);
}

std::tuple<Tensor, Tensor> first_two(const std::tuple<Tensor, Tensor, Tensor>& x) {
  return {std::get<0>(x), std::get<1>(x)};
}

// (h) or (h, c) after one step.
std::vector<Tensor> cell(const char* op, RnnMode mode, const Tensor& input, TensorList hx,
                         const Weights& w) {
  require_dense(op, "input", input);
  GRADUS_CHECK(input.dim() == 2, "{}: expected an input of 2 dims, got {}", op, input.sizes());
  check_weights(op, mode, w, input);
  const bool has_cell = mode == RnnMode::Lstm;
  GRADUS_CHECK(hx.size() == (has_cell ? 2 : 1), "{}: expected {} states, got {}", op,
               has_cell ? 2 : 1, hx.size());
  for (const Tensor& state : hx) {
    check_state(op, "state", state, {input.size(0), w.w_hh.size(1)}, input.dtype());
  }
  const auto steps =
      std::make_shared<RnnSteps>(kernel::rnn_steps(input.size(0), /*reverse=*/false));
  std::vector<Tensor> results =
      layer(op, mode, steps,
            {gates_of_input(mode, input, w), hx[0], has_cell ? hx[1] : Tensor(), w.w_hh,
             mode == RnnMode::Gru ? w.b_hh : Tensor(), Tensor()});
  results.erase(results.begin());
  return results;
}

}  // namespace

std::tuple<Tensor, Tensor, Tensor> lstm(const Tensor& input, TensorList hx, TensorList params,
                                        bool has_biases, int64_t num_layers, double dropout,
                                        bool train, bool bidirectional, bool batch_first) {
  if (autocast::is_on()) {
    return autocast::lower_precision([](const auto&... x) { return lstm(x...); }, input, hx, params,
                                     has_biases, num_layers, dropout, train, bidirectional,
                                     batch_first);
  }
  const OpScope scope("lstm");
  return run_padded({"lstm", RnnMode::Lstm, has_biases, num_layers, dropout, train, bidirectional},
                    input, hx, params, batch_first);
}

std::tuple<Tensor, Tensor, Tensor> lstm(const Tensor& data, const Tensor& batch_sizes,
                                        TensorList hx, TensorList params, bool has_biases,
                                        int64_t num_layers, double dropout, bool train,
                                        bool bidirectional) {
  if (autocast::is_on()) {
    return autocast::lower_precision([](const auto&... x) { return lstm(x...); }, data, batch_sizes,
                                     hx, params, has_biases, num_layers, dropout, train,
                                     bidirectional);
  }
  const OpScope scope("lstm");
  return run_packed({"lstm", RnnMode::Lstm, has_biases, num_layers, dropout, train, bidirectional},
                    data, batch_sizes, hx, params);
}

std::tuple<Tensor, Tensor> gru(const Tensor& input, const Tensor& hx, TensorList params,
                               bool has_biases, int64_t num_layers, double dropout, bool train,
                               bool bidirectional, bool batch_first) {
  const OpScope scope("gru");
  return first_two(
      run_padded({"gru", RnnMode::Gru, has_biases, num_layers, dropout, train, bidirectional},
                 input, hx, params, batch_first));
}

std::tuple<Tensor, Tensor> gru(const Tensor& data, const Tensor& batch_sizes, const Tensor& hx,
                               TensorList params, bool has_biases, int64_t num_layers,
                               double dropout, bool train, bool bidirectional) {
  const OpScope scope("gru");
  return first_two(
      run_packed({"gru", RnnMode::Gru, has_biases, num_layers, dropout, train, bidirectional}, data,
                 batch_sizes, hx, params));
}

std::tuple<Tensor, Tensor> rnn_tanh(const Tensor& input, const Tensor& hx, TensorList params,
                                    bool has_biases, int64_t num_layers, double dropout, bool train,
                                    bool bidirectional, bool batch_first) {
  if (autocast::is_on()) {
    return autocast::lower_precision([](const auto&... x) { return rnn_tanh(x...); }, input, hx,
                                     params, has_biases, num_layers, dropout, train, bidirectional,
                                     batch_first);
  }
  const OpScope scope("rnn_tanh");
  return first_two(
      run_padded({"rnn_tanh", RnnMode::Tanh, has_biases, num_layers, dropout, train, bidirectional},
                 input, hx, params, batch_first));
}

std::tuple<Tensor, Tensor> rnn_tanh(const Tensor& data, const Tensor& batch_sizes, const Tensor& hx,
                                    TensorList params, bool has_biases, int64_t num_layers,
                                    double dropout, bool train, bool bidirectional) {
  if (autocast::is_on()) {
    return autocast::lower_precision([](const auto&... x) { return rnn_tanh(x...); }, data,
                                     batch_sizes, hx, params, has_biases, num_layers, dropout,
                                     train, bidirectional);
  }
  const OpScope scope("rnn_tanh");
  return first_two(
      run_packed({"rnn_tanh", RnnMode::Tanh, has_biases, num_layers, dropout, train, bidirectional},
                 data, batch_sizes, hx, params));
}

std::tuple<Tensor, Tensor> rnn_relu(const Tensor& input, const Tensor& hx, TensorList params,
                                    bool has_biases, int64_t num_layers, double dropout, bool train,
                                    bool bidirectional, bool batch_first) {
  if (autocast::is_on()) {
    return autocast::lower_precision([](const auto&... x) { return rnn_relu(x...); }, input, hx,
                                     params, has_biases, num_layers, dropout, train, bidirectional,
                                     batch_first);
  }
  const OpScope scope("rnn_relu");
  return first_two(
      run_padded({"rnn_relu", RnnMode::Relu, has_biases, num_layers, dropout, train, bidirectional},
                 input, hx, params, batch_first));
}

std::tuple<Tensor, Tensor> rnn_relu(const Tensor& data, const Tensor& batch_sizes, const Tensor& hx,
                                    TensorList params, bool has_biases, int64_t num_layers,
                                    double dropout, bool train, bool bidirectional) {
  if (autocast::is_on()) {
    return autocast::lower_precision([](const auto&... x) { return rnn_relu(x...); }, data,
                                     batch_sizes, hx, params, has_biases, num_layers, dropout,
                                     train, bidirectional);
  }
  const OpScope scope("rnn_relu");
  return first_two(
      run_packed({"rnn_relu", RnnMode::Relu, has_biases, num_layers, dropout, train, bidirectional},
                 data, batch_sizes, hx, params));
}

std::tuple<Tensor, Tensor> lstm_cell(const Tensor& input, TensorList hx, const Tensor& w_ih,
                                     const Tensor& w_hh, const Tensor& b_ih, const Tensor& b_hh) {
  const std::vector<Tensor> states =
      cell("lstm_cell", RnnMode::Lstm, input, hx, {w_ih, w_hh, b_ih, b_hh, {}});
  return {states[0], states[1]};
}

Tensor gru_cell(const Tensor& input, const Tensor& hx, const Tensor& w_ih, const Tensor& w_hh,
                const Tensor& b_ih, const Tensor& b_hh) {
  return cell("gru_cell", RnnMode::Gru, input, hx, {w_ih, w_hh, b_ih, b_hh, {}})[0];
}

Tensor rnn_tanh_cell(const Tensor& input, const Tensor& hx, const Tensor& w_ih, const Tensor& w_hh,
                     const Tensor& b_ih, const Tensor& b_hh) {
  if (autocast::is_on()) {
    return autocast::lower_precision([](const auto&... x) { return rnn_tanh_cell(x...); }, input,
                                     hx, w_ih, w_hh, b_ih, b_hh);
  }
  return cell("rnn_tanh_cell", RnnMode::Tanh, input, hx, {w_ih, w_hh, b_ih, b_hh, {}})[0];
}

Tensor rnn_relu_cell(const Tensor& input, const Tensor& hx, const Tensor& w_ih, const Tensor& w_hh,
                     const Tensor& b_ih, const Tensor& b_hh) {
  if (autocast::is_on()) {
    return autocast::lower_precision([](const auto&... x) { return rnn_relu_cell(x...); }, input,
                                     hx, w_ih, w_hh, b_ih, b_hh);
  }
  return cell("rnn_relu_cell", RnnMode::Relu, input, hx, {w_ih, w_hh, b_ih, b_hh, {}})[0];
}

}  // namespace gradus
