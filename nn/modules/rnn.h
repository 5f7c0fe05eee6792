#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "core/arg.h"
#include "core/tensor.h"
#include "nn/any_module.h"
#include "nn/enums.h"
#include "nn/utils/rnn.h"

namespace gradus::nn {

/// The nonlinearity of a plain recurrent net.
using RNNNonlinearity = std::variant<enumtype::kTanh, enumtype::kReLU>;

/// Settings of RNN.
struct GRADUS_API RNNOptions {
  using nonlinearity_t = RNNNonlinearity;
  RNNOptions(int64_t input_size, int64_t hidden_size)
      : input_size_(input_size), hidden_size_(hidden_size) {}
  /// Features of a step of the input.
  GRADUS_ARG(int64_t, input_size);
  /// Elements of the state h.
  GRADUS_ARG(int64_t, hidden_size);
  /// Layers, each of which takes the output of the one before. Default: 1
  GRADUS_ARG(int64_t, num_layers) = 1;
  /// kTanh or kReLU. Default: kTanh
  GRADUS_ARG(RNNNonlinearity, nonlinearity) = kTanh;
  /// Whether there are biases. Default: true
  GRADUS_ARG(bool, bias) = true;
  /// Whether input and output are [B, T, ...] instead of [T, B, ...]. Default: false
  GRADUS_ARG(bool, batch_first) = false;
  /// Probability that an output of a layer but the last is zeroed in training. Default: 0
  GRADUS_ARG(double, dropout) = 0.0;
  /// Whether a second net runs backward in time. Default: false
  GRADUS_ARG(bool, bidirectional) = false;
};

/// Settings of LSTM.
struct GRADUS_API LSTMOptions {
  LSTMOptions(int64_t input_size, int64_t hidden_size)
      : input_size_(input_size), hidden_size_(hidden_size) {}
  /// Features of a step of the input.
  GRADUS_ARG(int64_t, input_size);
  /// Elements of the state c, and, without a projection, of h.
  GRADUS_ARG(int64_t, hidden_size);
  /// Layers, each of which takes the output of the one before. Default: 1
  GRADUS_ARG(int64_t, num_layers) = 1;
  /// Whether there are biases. Default: true
  GRADUS_ARG(bool, bias) = true;
  /// Whether input and output are [B, T, ...] instead of [T, B, ...]. Default: false
  GRADUS_ARG(bool, batch_first) = false;
  /// Probability that an output of a layer but the last is zeroed in training. Default: 0
  GRADUS_ARG(double, dropout) = 0.0;
  /// Whether a second net runs backward in time. Default: false
  GRADUS_ARG(bool, bidirectional) = false;
  /// Elements to which h is projected; less than hidden_size, 0: it is not. Default: 0
  GRADUS_ARG(int64_t, proj_size) = 0;
};

/// Settings of GRU.
struct GRADUS_API GRUOptions {
  GRUOptions(int64_t input_size, int64_t hidden_size)
      : input_size_(input_size), hidden_size_(hidden_size) {}
  /// Features of a step of the input.
  GRADUS_ARG(int64_t, input_size);
  /// Elements of the state h.
  GRADUS_ARG(int64_t, hidden_size);
  /// Layers, each of which takes the output of the one before. Default: 1
  GRADUS_ARG(int64_t, num_layers) = 1;
  /// Whether there are biases. Default: true
  GRADUS_ARG(bool, bias) = true;
  /// Whether input and output are [B, T, ...] instead of [T, B, ...]. Default: false
  GRADUS_ARG(bool, batch_first) = false;
  /// Probability that an output of a layer but the last is zeroed in training. Default: 0
  GRADUS_ARG(double, dropout) = 0.0;
  /// Whether a second net runs backward in time. Default: false
  GRADUS_ARG(bool, bidirectional) = false;
};

namespace detail {
/// The settings that RNN, LSTM and GRU share.
struct RNNOptionsBase {
  template <class Options>
  explicit RNNOptionsBase(const Options& options)
      : input_size_(options.input_size()),
        hidden_size_(options.hidden_size()),
        num_layers_(options.num_layers()),
        bias_(options.bias()),
        batch_first_(options.batch_first()),
        dropout_(options.dropout()),
        bidirectional_(options.bidirectional()) {
    if constexpr (requires { options.proj_size(); }) proj_size_ = options.proj_size();
  }
  GRADUS_ARG(int64_t, input_size);
  GRADUS_ARG(int64_t, hidden_size);
  GRADUS_ARG(int64_t, num_layers);
  GRADUS_ARG(bool, bias);
  GRADUS_ARG(bool, batch_first);
  GRADUS_ARG(double, dropout);
  GRADUS_ARG(bool, bidirectional);
  /// Of LSTM alone.
  GRADUS_ARG(int64_t, proj_size) = 0;
};
}  // namespace detail

/// What RNN, LSTM and GRU share: the weights weight_ih_l0 [gates H, I], weight_hh_l0 [gates H, H],
/// bias_ih_l0, bias_hh_l0 [gates H] and, with a projection, weight_hr_l0 [P, H]; further layers end
/// in _l1, _l2, the backward direction in _reverse. All start uniform in [-l, l], l = 1 / sqrt(H).
class GRADUS_API RNNBase : public Module {
 public:
  void reset_parameters();
  void pretty_print(std::ostream& stream) const override;
  /// All weights, layer by layer, as they are registered.
  std::vector<Tensor> all_weights() const;
  /// Does nothing: weights are brought into the form that products ask for at each call.
  void flatten_parameters() {}

  detail::RNNOptionsBase options_base;

 protected:
  /// @param gates  how many products with hidden_size rows a step takes
  RNNBase(const char* name, int64_t gates, const detail::RNNOptionsBase& options)
      : options_base(options), class_name_(name), gates_(gates) {}
  void register_all();
  /// As registered; a batch of one where the input has none.
  std::vector<Tensor> weights() const;
  /// The sizes of a state of `elements` for `batch` sequences.
  DimVector state_sizes(int64_t batch, int64_t elements) const;
  /// The state, or zeros where undefined; checked, with a batch of one where `input` has none.
  Tensor state_or_zeros(const char* what, const Tensor& state, const Tensor& like, bool batched,
                        int64_t batch, int64_t elements) const;
  /// (the input with a batch, whether it had one). @throws Error
  std::tuple<Tensor, bool> batched_input(const Tensor& input) const;

  const char* class_name_;
  int64_t gates_;
  std::vector<std::string> weight_names_;
};

/// Adds reset() and clone() for a net of this type.
template <class Derived, class Options>
class RNNImplBase : public RNNBase {
 public:
  void reset() {
    parameters_.clear();
    register_all();
  }
  std::shared_ptr<Module> clone(const std::optional<Device>& device = std::nullopt) const override {
    const std::shared_ptr<Module> copy(new Derived(options));
    static_cast<Derived&>(*copy).clone_from(*this, device);
    return copy;
  }

  Options options;

 protected:
  RNNImplBase(const char* name, int64_t gates, const Options& options)
      : RNNBase(name, gates, detail::RNNOptionsBase(options)), options(options) {}
};

/// h_t = tanh(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh), in layers. Elman 1990.
///
/// input is [T, B, I] ([B, T, I] with batch_first, [T, I] without a batch), hx [num_layers *
/// directions, B, H], zeros where undefined. Returns the last layer's h of all steps, [T, B,
/// directions * H], and the last h of all layers.
class GRADUS_API RNNImpl : public RNNImplBase<RNNImpl, RNNOptions> {
 public:
  RNNImpl(int64_t input_size, int64_t hidden_size);
  /// @throws ValueError for sizes that are not positive, or dropout outside [0, 1]
  explicit RNNImpl(const RNNOptions& options);
  std::tuple<Tensor, Tensor> forward(const Tensor& input, Tensor hx = {});
  GRADUS_FORWARD_HAS_DEFAULT_ARGS({1, AnyValue(Tensor())})
  std::tuple<utils::rnn::PackedSequence, Tensor> forward_with_packed_input(
      const utils::rnn::PackedSequence& packed_input, Tensor hx = {});
};
GRADUS_MODULE(RNN);

/// Long short-term memory: i, f, o = sigmoid(...), g = tanh(...) of W_ih x + b_ih + W_hh h + b_hh;
/// c = f c + i g; h = o tanh(c), or W_hr times that. Hochreiter and Schmidhuber 1997; projection:
/// Sak et al. 2014.
///
/// As RNN, but the state is (h, c).
class GRADUS_API LSTMImpl : public RNNImplBase<LSTMImpl, LSTMOptions> {
 public:
  LSTMImpl(int64_t input_size, int64_t hidden_size);
  /// @throws ValueError for sizes that are not positive, dropout outside [0, 1], or proj_size not
  /// below hidden_size
  explicit LSTMImpl(const LSTMOptions& options);
  /// (output, (h_n, c_n))
  std::tuple<Tensor, std::tuple<Tensor, Tensor>> forward(
      const Tensor& input, std::optional<std::tuple<Tensor, Tensor>> hx = std::nullopt);
  GRADUS_FORWARD_HAS_DEFAULT_ARGS({1, AnyValue(std::optional<std::tuple<Tensor, Tensor>>())})
  std::tuple<utils::rnn::PackedSequence, std::tuple<Tensor, Tensor>> forward_with_packed_input(
      const utils::rnn::PackedSequence& packed_input,
      std::optional<std::tuple<Tensor, Tensor>> hx = std::nullopt);
};
GRADUS_MODULE(LSTM);

/// Gated recurrent unit: r, z = sigmoid(W_ih x + b_ih + W_hh h + b_hh), n = tanh(W_in x + b_in + r
/// (W_hn h + b_hn)), h = (1 - z) n + z h. Cho et al. 2014. As RNN.
class GRADUS_API GRUImpl : public RNNImplBase<GRUImpl, GRUOptions> {
 public:
  GRUImpl(int64_t input_size, int64_t hidden_size);
  /// @throws ValueError for sizes that are not positive, or dropout outside [0, 1]
  explicit GRUImpl(const GRUOptions& options);
  std::tuple<Tensor, Tensor> forward(const Tensor& input, Tensor hx = {});
  GRADUS_FORWARD_HAS_DEFAULT_ARGS({1, AnyValue(Tensor())})
  std::tuple<utils::rnn::PackedSequence, Tensor> forward_with_packed_input(
      const utils::rnn::PackedSequence& packed_input, Tensor hx = {});
};
GRADUS_MODULE(GRU);

// --- one step

/// Settings of RNNCell.
struct GRADUS_API RNNCellOptions {
  using nonlinearity_t = RNNNonlinearity;
  RNNCellOptions(int64_t input_size, int64_t hidden_size)
      : input_size_(input_size), hidden_size_(hidden_size) {}
  /// Features of the input.
  GRADUS_ARG(int64_t, input_size);
  /// Elements of the state.
  GRADUS_ARG(int64_t, hidden_size);
  /// Whether there are biases. Default: true
  GRADUS_ARG(bool, bias) = true;
  /// kTanh or kReLU. Default: kTanh
  GRADUS_ARG(RNNNonlinearity, nonlinearity) = kTanh;
};

/// Settings of LSTMCell.
struct GRADUS_API LSTMCellOptions {
  LSTMCellOptions(int64_t input_size, int64_t hidden_size)
      : input_size_(input_size), hidden_size_(hidden_size) {}
  /// Features of the input.
  GRADUS_ARG(int64_t, input_size);
  /// Elements of the states.
  GRADUS_ARG(int64_t, hidden_size);
  /// Whether there are biases. Default: true
  GRADUS_ARG(bool, bias) = true;
};

/// Settings of GRUCell.
struct GRADUS_API GRUCellOptions {
  GRUCellOptions(int64_t input_size, int64_t hidden_size)
      : input_size_(input_size), hidden_size_(hidden_size) {}
  /// Features of the input.
  GRADUS_ARG(int64_t, input_size);
  /// Elements of the state.
  GRADUS_ARG(int64_t, hidden_size);
  /// Whether there are biases. Default: true
  GRADUS_ARG(bool, bias) = true;
};

/// What RNNCell, LSTMCell and GRUCell share: weight_ih [gates H, I], weight_hh [gates H, H],
/// bias_ih, bias_hh [gates H], uniform in [-l, l], l = 1 / sqrt(H).
class GRADUS_API RNNCellBase : public Module {
 public:
  void reset_parameters();

  Tensor weight_ih, weight_hh, bias_ih, bias_hh;

 protected:
  void register_all(const char* name, int64_t gates, int64_t input_size, int64_t hidden_size,
                    bool bias);
  void print(std::ostream& stream, int64_t input_size, bool bias, bool relu) const;
  /// The input with a batch.
  Tensor batched_input(const Tensor& input) const;
  /// The state with a batch, or zeros.
  Tensor state_or_zeros(const Tensor& state, const Tensor& input) const;

 private:
  const char* cell_name_ = "";
  int64_t hidden_size_ = 0;
};

/// h = tanh(W_ih x + b_ih + W_hh h + b_hh) for one step: x is [B, I] or [I], h [B, H] or [H], zeros
/// where undefined.
class GRADUS_API RNNCellImpl : public RNNCellBase {
 public:
  RNNCellImpl(int64_t input_size, int64_t hidden_size);
  explicit RNNCellImpl(const RNNCellOptions& options);
  void reset();
  std::shared_ptr<Module> clone(const std::optional<Device>& device = std::nullopt) const override;
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input, const Tensor& hx = {});
  GRADUS_FORWARD_HAS_DEFAULT_ARGS({1, AnyValue(Tensor())})

  RNNCellOptions options;
};
GRADUS_MODULE(RNNCell);

/// One step of an LSTM: returns (h, c).
class GRADUS_API LSTMCellImpl : public RNNCellBase {
 public:
  LSTMCellImpl(int64_t input_size, int64_t hidden_size);
  explicit LSTMCellImpl(const LSTMCellOptions& options);
  void reset();
  std::shared_ptr<Module> clone(const std::optional<Device>& device = std::nullopt) const override;
  void pretty_print(std::ostream& stream) const override;
  std::tuple<Tensor, Tensor> forward(const Tensor& input,
                                     std::optional<std::tuple<Tensor, Tensor>> hx = std::nullopt);
  GRADUS_FORWARD_HAS_DEFAULT_ARGS({1, AnyValue(std::optional<std::tuple<Tensor, Tensor>>())})

  LSTMCellOptions options;
};
GRADUS_MODULE(LSTMCell);

/// One step of a GRU.
class GRADUS_API GRUCellImpl : public RNNCellBase {
 public:
  GRUCellImpl(int64_t input_size, int64_t hidden_size);
  explicit GRUCellImpl(const GRUCellOptions& options);
  void reset();
  std::shared_ptr<Module> clone(const std::optional<Device>& device = std::nullopt) const override;
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input, const Tensor& hx = {});
  GRADUS_FORWARD_HAS_DEFAULT_ARGS({1, AnyValue(Tensor())})

  GRUCellOptions options;
};
GRADUS_MODULE(GRUCell);

}  // namespace gradus::nn
