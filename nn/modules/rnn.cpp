#include "nn/modules/rnn.h"

#include <algorithm>
#include <cmath>
#include <ostream>
#include <utility>

#include "autograd/ops/gather.h"
#include "autograd/ops/rnn.h"
#include "autograd/ops/shape.h"
#include "core/factory.h"
#include "core/shape.h"
#include "nn/init.h"

namespace gradus::nn {

using utils::rnn::PackedSequence;

namespace {

void initialize(const std::vector<Tensor>& weights, int64_t hidden_size) {
  const double limit = hidden_size > 0 ? 1 / std::sqrt(static_cast<double>(hidden_size)) : 0;
  for (const Tensor& weight : weights) {
    if (weight.defined()) init::uniform_(weight, -limit, limit);
  }
}

void check_sizes(const char* name, int64_t input_size, int64_t hidden_size) {
  GRADUS_CHECK_VALUE(input_size > 0 && hidden_size > 0,
                     "{}: input_size and hidden_size must be positive, got {} and {}", name,
                     input_size, hidden_size);
  // The largest weight there may be, of an LSTM's four gates.
  checked_numel(name, {4, hidden_size, std::max(input_size, hidden_size)});
}

bool is_relu(const RNNNonlinearity& nonlinearity) {
  return std::holds_alternative<enumtype::kReLU>(nonlinearity);
}

// States of sequences in another order; dim 1 counts sequences.
Tensor permuted(const Tensor& state, const Tensor& order) {
  return order.defined() && state.defined() ? index_select(state, 1, order) : state;
}

PackedSequence with_data(const PackedSequence& like, const Tensor& data) {
  return PackedSequence(data, like.batch_sizes(), like.sorted_indices(), like.unsorted_indices());
}

int64_t first_batch_size(const char* name, const PackedSequence& packed) {
  GRADUS_CHECK(packed.data().defined() && packed.batch_sizes().defined() &&
                   packed.batch_sizes().dim() == 1 && packed.batch_sizes().numel() > 0,
               "{}: the packed sequence is empty", name);
  return packed.batch_sizes()[0].item<int64_t>();
}

}  // namespace

// --- nets

void RNNBase::register_all() {
  const detail::RNNOptionsBase& c = options_base;
  check_sizes(class_name_, c.input_size(), c.hidden_size());
  GRADUS_CHECK_VALUE(c.num_layers() > 0, "{}: num_layers must be positive, got {}", class_name_,
                     c.num_layers());
  GRADUS_CHECK_VALUE(c.dropout() >= 0 && c.dropout() <= 1,
                     "{}: dropout should be a number in range [0, 1], got {}", class_name_,
                     c.dropout());
  GRADUS_CHECK_VALUE(c.proj_size() >= 0 && c.proj_size() < c.hidden_size(),
                     "{}: proj_size must be in [0, hidden_size), got {} of {}", class_name_,
                     c.proj_size(), c.hidden_size());
  weight_names_.clear();
  const int64_t directions = c.bidirectional() ? 2 : 1, rows = gates_ * c.hidden_size();
  const int64_t state = c.proj_size() > 0 ? c.proj_size() : c.hidden_size();
  const auto add = [&](const std::string& weight, IntArrayRef sizes) {
    register_parameter(weight, empty(sizes));
    weight_names_.push_back(weight);
  };
  for (int64_t layer = 0; layer < c.num_layers(); ++layer) {
    for (int64_t direction = 0; direction < directions; ++direction) {
      const std::string suffix = "_l" + std::to_string(layer) + (direction == 1 ? "_reverse" : "");
      add("weight_ih" + suffix, {rows, layer == 0 ? c.input_size() : state * directions});
      add("weight_hh" + suffix, {rows, state});
      if (c.bias()) {
        add("bias_ih" + suffix, rows);
        add("bias_hh" + suffix, rows);
      }
      if (c.proj_size() > 0) add("weight_hr" + suffix, {c.proj_size(), c.hidden_size()});
    }
  }
  reset_parameters();
}

void RNNBase::reset_parameters() {
  initialize(weights(), options_base.hidden_size());
}

std::vector<Tensor> RNNBase::weights() const {
  std::vector<Tensor> weights;
  for (const std::string& name : weight_names_) weights.push_back(parameters_[name]);
  return weights;
}

std::vector<Tensor> RNNBase::all_weights() const {
  return weights();
}

void RNNBase::pretty_print(std::ostream& stream) const {
  const detail::RNNOptionsBase& c = options_base;
  stream << std::boolalpha << "gradus::nn::" << class_name_ << "(input_size=" << c.input_size()
         << ", hidden_size=" << c.hidden_size() << ", num_layers=" << c.num_layers()
         << ", bias=" << c.bias() << ", batch_first=" << c.batch_first()
         << ", dropout=" << c.dropout() << ", bidirectional=" << c.bidirectional();
  if (c.proj_size() > 0) stream << ", proj_size=" << c.proj_size();
  stream << ")";
}

DimVector RNNBase::state_sizes(int64_t batch, int64_t elements) const {
  return {options_base.num_layers() * (options_base.bidirectional() ? 2 : 1), batch, elements};
}

Tensor RNNBase::state_or_zeros(const char* what, const Tensor& state, const Tensor& like,
                               bool batched, int64_t batch, int64_t elements) const {
  const DimVector sizes = state_sizes(batch, elements);
  if (!state.defined()) return zeros(sizes, like.options());
  const Tensor with_batch = batched || state.dim() != 2 ? state : unsqueeze(state, 1);
  GRADUS_CHECK(with_batch.sizes() == IntArrayRef(sizes), "{}: expected {} of size {}, got {}",
               class_name_, what, IntArrayRef(sizes), state.sizes());
  return with_batch;
}

std::tuple<Tensor, bool> RNNBase::batched_input(const Tensor& input) const {
  GRADUS_CHECK(input.defined() && (input.dim() == 2 || input.dim() == 3),
               "{}: expected an input of 2 or 3 dims, got {}", class_name_,
               input.defined() ? to_string(input.sizes()) : "undefined");
  const bool batched = input.dim() == 3;
  return {batched ? input : unsqueeze(input, options_base.batch_first() ? 0 : 1), batched};
}

RNNImpl::RNNImpl(int64_t input_size, int64_t hidden_size)
    : RNNImpl(RNNOptions(input_size, hidden_size)) {}

RNNImpl::RNNImpl(const RNNOptions& options) : RNNImplBase("RNN", 1, options) {
  reset();
}

std::tuple<Tensor, Tensor> RNNImpl::forward(const Tensor& input, Tensor hx) {
  const auto [x, batched] = batched_input(input);
  hx = state_or_zeros("hidden state", hx, x, batched, x.size(options.batch_first() ? 0 : 1),
                      options.hidden_size());
  using Op = std::tuple<Tensor, Tensor> (*)(const Tensor&, const Tensor&, TensorList, bool, int64_t,
                                            double, bool, bool, bool);
  const Op op = is_relu(options.nonlinearity()) ? Op(&rnn_relu) : Op(&rnn_tanh);
  auto [y, hn] = op(x, hx, weights(), options.bias(), options.num_layers(), options.dropout(),
                    is_training(), options.bidirectional(), options.batch_first());
  if (batched) return {y, hn};
  return {squeeze(y, options.batch_first() ? 0 : 1), squeeze(hn, 1)};
}

std::tuple<PackedSequence, Tensor> RNNImpl::forward_with_packed_input(
    const PackedSequence& packed_input, Tensor hx) {
  const Tensor& data = packed_input.data();
  hx = state_or_zeros("hidden state", hx, data, /*batched=*/true,
                      first_batch_size("RNN", packed_input), options.hidden_size());
  using Op = std::tuple<Tensor, Tensor> (*)(const Tensor&, const Tensor&, const Tensor&, TensorList,
                                            bool, int64_t, double, bool, bool);
  const Op op = is_relu(options.nonlinearity()) ? Op(&rnn_relu) : Op(&rnn_tanh);
  auto [y, hn] = op(data, packed_input.batch_sizes(), permuted(hx, packed_input.sorted_indices()),
                    weights(), options.bias(), options.num_layers(), options.dropout(),
                    is_training(), options.bidirectional());
  return {with_data(packed_input, y), permuted(hn, packed_input.unsorted_indices())};
}

LSTMImpl::LSTMImpl(int64_t input_size, int64_t hidden_size)
    : LSTMImpl(LSTMOptions(input_size, hidden_size)) {}

LSTMImpl::LSTMImpl(const LSTMOptions& options) : RNNImplBase("LSTM", 4, options) {
  reset();
}

std::tuple<Tensor, std::tuple<Tensor, Tensor>> LSTMImpl::forward(
    const Tensor& input, std::optional<std::tuple<Tensor, Tensor>> hx) {
  const auto [x, batched] = batched_input(input);
  const auto [h, c] = hx.value_or(std::tuple<Tensor, Tensor>());
  const int64_t batch = x.size(options.batch_first() ? 0 : 1);
  const int64_t h_size = options.proj_size() > 0 ? options.proj_size() : options.hidden_size();
  const Tensor states[] = {
      state_or_zeros("hidden state", h, x, batched, batch, h_size),
      state_or_zeros("cell state", c, x, batched, batch, options.hidden_size())};
  auto [y, hn, cn] =
      lstm(x, TensorList(states, 2), weights(), options.bias(), options.num_layers(),
           options.dropout(), is_training(), options.bidirectional(), options.batch_first());
  if (batched) return {y, {hn, cn}};
  return {squeeze(y, options.batch_first() ? 0 : 1), {squeeze(hn, 1), squeeze(cn, 1)}};
}

std::tuple<PackedSequence, std::tuple<Tensor, Tensor>> LSTMImpl::forward_with_packed_input(
    const PackedSequence& packed_input, std::optional<std::tuple<Tensor, Tensor>> hx) {
  const Tensor& data = packed_input.data();
  const int64_t batch = first_batch_size("LSTM", packed_input);
  const auto [h, c] = hx.value_or(std::tuple<Tensor, Tensor>());
  const int64_t h_size = options.proj_size() > 0 ? options.proj_size() : options.hidden_size();
  const Tensor& order = packed_input.sorted_indices();
  const Tensor states[] = {
      permuted(state_or_zeros("hidden state", h, data, /*batched=*/true, batch, h_size), order),
      permuted(
          state_or_zeros("cell state", c, data, /*batched=*/true, batch, options.hidden_size()),
          order)};
  auto [y, hn, cn] =
      lstm(data, packed_input.batch_sizes(), TensorList(states, 2), weights(), options.bias(),
           options.num_layers(), options.dropout(), is_training(), options.bidirectional());
  const Tensor& back = packed_input.unsorted_indices();
  return {with_data(packed_input, y), {permuted(hn, back), permuted(cn, back)}};
}

GRUImpl::GRUImpl(int64_t input_size, int64_t hidden_size)
    : GRUImpl(GRUOptions(input_size, hidden_size)) {}

GRUImpl::GRUImpl(const GRUOptions& options) : RNNImplBase("GRU", 3, options) {
  reset();
}

std::tuple<Tensor, Tensor> GRUImpl::forward(const Tensor& input, Tensor hx) {
  const auto [x, batched] = batched_input(input);
  hx = state_or_zeros("hidden state", hx, x, batched, x.size(options.batch_first() ? 0 : 1),
                      options.hidden_size());
  auto [y, hn] = gru(x, hx, weights(), options.bias(), options.num_layers(), options.dropout(),
                     is_training(), options.bidirectional(), options.batch_first());
  if (batched) return {y, hn};
  return {squeeze(y, options.batch_first() ? 0 : 1), squeeze(hn, 1)};
}

std::tuple<PackedSequence, Tensor> GRUImpl::forward_with_packed_input(
    const PackedSequence& packed_input, Tensor hx) {
  const Tensor& data = packed_input.data();
  hx = state_or_zeros("hidden state", hx, data, /*batched=*/true,
                      first_batch_size("GRU", packed_input), options.hidden_size());
  auto [y, hn] = gru(data, packed_input.batch_sizes(), permuted(hx, packed_input.sorted_indices()),
                     weights(), options.bias(), options.num_layers(), options.dropout(),
                     is_training(), options.bidirectional());
  return {with_data(packed_input, y), permuted(hn, packed_input.unsorted_indices())};
}

// --- cells

void RNNCellBase::register_all(const char* name, int64_t gates, int64_t input_size,
                               int64_t hidden_size, bool bias) {
  cell_name_ = name;
  hidden_size_ = hidden_size;
  check_sizes(name, input_size, hidden_size);
  const int64_t rows = gates * hidden_size;
  weight_ih = register_parameter("weight_ih", empty({rows, input_size}));
  weight_hh = register_parameter("weight_hh", empty({rows, hidden_size}));
  bias_ih = register_parameter("bias_ih", bias ? empty({rows}) : Tensor());
  bias_hh = register_parameter("bias_hh", bias ? empty({rows}) : Tensor());
  reset_parameters();
}

void RNNCellBase::reset_parameters() {
  initialize({weight_ih, weight_hh, bias_ih, bias_hh}, hidden_size_);
}

void RNNCellBase::print(std::ostream& stream, int64_t input_size, bool bias, bool relu) const {
  stream << "gradus::nn::" << cell_name_ << "(" << input_size << ", " << hidden_size_;
  if (!bias) stream << ", bias=" << std::boolalpha << bias;
  if (relu) stream << ", nonlinearity=kReLU";
  stream << ")";
}

Tensor RNNCellBase::batched_input(const Tensor& input) const {
  GRADUS_CHECK(input.defined() && (input.dim() == 1 || input.dim() == 2),
               "{}: expected an input of 1 or 2 dims, got {}", cell_name_,
               input.defined() ? to_string(input.sizes()) : "undefined");
  return input.dim() == 1 ? unsqueeze(input, 0) : input;
}

Tensor RNNCellBase::state_or_zeros(const Tensor& state, const Tensor& input) const {
  if (!state.defined()) {
    return zeros({input.dim() == 1 ? 1 : input.size(0), hidden_size_}, input.options());
  }
  GRADUS_CHECK(state.dim() == input.dim(), "{}: expected a state of {} dims, got {}", cell_name_,
               input.dim(), state.sizes());
  return state.dim() == 1 ? unsqueeze(state, 0) : state;
}

RNNCellImpl::RNNCellImpl(int64_t input_size, int64_t hidden_size)
    : RNNCellImpl(RNNCellOptions(input_size, hidden_size)) {}

RNNCellImpl::RNNCellImpl(const RNNCellOptions& options) : options(options) {
  reset();
}

void RNNCellImpl::reset() {
  parameters_.clear();
  register_all("RNNCell", 1, options.input_size(), options.hidden_size(), options.bias());
}

std::shared_ptr<Module> RNNCellImpl::clone(const std::optional<Device>& device) const {
  auto copy = std::make_shared<RNNCellImpl>(options);
  copy->clone_from(*this, device);
  return copy;
}

void RNNCellImpl::pretty_print(std::ostream& stream) const {
  print(stream, options.input_size(), options.bias(), is_relu(options.nonlinearity()));
}

Tensor RNNCellImpl::forward(const Tensor& input, const Tensor& hx) {
  const auto op = is_relu(options.nonlinearity()) ? &rnn_relu_cell : &rnn_tanh_cell;
  const Tensor x = batched_input(input);
  const Tensor h = op(x, state_or_zeros(hx, input), weight_ih, weight_hh, bias_ih, bias_hh);
  return input.dim() == 1 ? squeeze(h, 0) : h;
}

LSTMCellImpl::LSTMCellImpl(int64_t input_size, int64_t hidden_size)
    : LSTMCellImpl(LSTMCellOptions(input_size, hidden_size)) {}

LSTMCellImpl::LSTMCellImpl(const LSTMCellOptions& options) : options(options) {
  reset();
}

void LSTMCellImpl::reset() {
  parameters_.clear();
  register_all("LSTMCell", 4, options.input_size(), options.hidden_size(), options.bias());
}

std::shared_ptr<Module> LSTMCellImpl::clone(const std::optional<Device>& device) const {
  auto copy = std::make_shared<LSTMCellImpl>(options);
  copy->clone_from(*this, device);
  return copy;
}

void LSTMCellImpl::pretty_print(std::ostream& stream) const {
  print(stream, options.input_size(), options.bias(), /*relu=*/false);
}

std::tuple<Tensor, Tensor> LSTMCellImpl::forward(const Tensor& input,
                                                 std::optional<std::tuple<Tensor, Tensor>> hx) {
  const Tensor x = batched_input(input);
  const auto [h0, c0] = hx.value_or(std::tuple<Tensor, Tensor>());
  const Tensor states[] = {state_or_zeros(h0, input), state_or_zeros(c0, input)};
  const auto [h, c] = lstm_cell(x, TensorList(states, 2), weight_ih, weight_hh, bias_ih, bias_hh);
  if (input.dim() == 2) return {h, c};
  return {squeeze(h, 0), squeeze(c, 0)};
}

GRUCellImpl::GRUCellImpl(int64_t input_size, int64_t hidden_size)
    : GRUCellImpl(GRUCellOptions(input_size, hidden_size)) {}

GRUCellImpl::GRUCellImpl(const GRUCellOptions& options) : options(options) {
  reset();
}

void GRUCellImpl::reset() {
  parameters_.clear();
  register_all("GRUCell", 3, options.input_size(), options.hidden_size(), options.bias());
}

std::shared_ptr<Module> GRUCellImpl::clone(const std::optional<Device>& device) const {
  auto copy = std::make_shared<GRUCellImpl>(options);
  copy->clone_from(*this, device);
  return copy;
}

void GRUCellImpl::pretty_print(std::ostream& stream) const {
  print(stream, options.input_size(), options.bias(), /*relu=*/false);
}

Tensor GRUCellImpl::forward(const Tensor& input, const Tensor& hx) {
  const Tensor x = batched_input(input);
  const Tensor h = gru_cell(x, state_or_zeros(hx, input), weight_ih, weight_hh, bias_ih, bias_hh);
  return input.dim() == 1 ? squeeze(h, 0) : h;
}

}  // namespace gradus::nn
