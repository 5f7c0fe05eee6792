#pragma once

#include <cstdint>
#include <tuple>

#include "core/tensor.h"

namespace gradus {

// Recurrent nets over a sequence. input is [T, B, I], or [B, T, I] with batch_first; states are
// [num_layers * directions, B, H]; the output is [T, B, directions * H] (or [B, T, ...]), the last
// layer's h of each step, forward and backward side by side. params lists for each layer, and in it
// for each direction, W_ih [gates H, I], W_hh [gates H, H] and, where has_biases, b_ih and b_hh
// [gates H]; a further layer's I is directions * H. Between layers, when `train`, dropout zeroes
// outputs with that probability.
//
// The second form of each takes packed sequences (see nn/utils/rnn.h): data [rows, I] and how many
// rows each step has, int64 and never growing.
//
// All time steps of a layer are one node of the tape. Errors: Error for shapes that do not fit,
// ValueError for an empty sequence, TypeError for dtypes.

/// i, f, o = sigmoid(...), g = tanh(...) of W_ih x + b_ih + W_hh h + b_hh, in the order i, f, g, o;
/// c = f c + i g; h = o tanh(c). hx is {h0, c0}; returns (output, h_n, c_n). With a projection, the
/// fifth of a layer's params, W_hr [P, H]: h = W_hr (o tanh(c)), of P elements. Hochreiter and
/// Schmidhuber 1997.
GRADUS_API std::tuple<Tensor, Tensor, Tensor> lstm(const Tensor& input, TensorList hx,
                                                   TensorList params, bool has_biases,
                                                   int64_t num_layers, double dropout, bool train,
                                                   bool bidirectional, bool batch_first);
GRADUS_API std::tuple<Tensor, Tensor, Tensor> lstm(const Tensor& data, const Tensor& batch_sizes,
                                                   TensorList hx, TensorList params,
                                                   bool has_biases, int64_t num_layers,
                                                   double dropout, bool train, bool bidirectional);
/// r, z = sigmoid(W_ih x + b_ih + W_hh h + b_hh), n = tanh(W_in x + b_in + r (W_hn h + b_hn)),
/// h = (1 - z) n + z h. Returns (output, h_n). Cho et al. 2014.
GRADUS_API std::tuple<Tensor, Tensor> gru(const Tensor& input, const Tensor& hx, TensorList params,
                                          bool has_biases, int64_t num_layers, double dropout,
                                          bool train, bool bidirectional, bool batch_first);
GRADUS_API std::tuple<Tensor, Tensor> gru(const Tensor& data, const Tensor& batch_sizes,
                                          const Tensor& hx, TensorList params, bool has_biases,
                                          int64_t num_layers, double dropout, bool train,
                                          bool bidirectional);
/// h = tanh(W_ih x + b_ih + W_hh h + b_hh). Returns (output, h_n). Elman 1990.
GRADUS_API std::tuple<Tensor, Tensor> rnn_tanh(const Tensor& input, const Tensor& hx,
                                               TensorList params, bool has_biases,
                                               int64_t num_layers, double dropout, bool train,
                                               bool bidirectional, bool batch_first);
GRADUS_API std::tuple<Tensor, Tensor> rnn_tanh(const Tensor& data, const Tensor& batch_sizes,
                                               const Tensor& hx, TensorList params, bool has_biases,
                                               int64_t num_layers, double dropout, bool train,
                                               bool bidirectional);
/// The same with max(x, 0) in the place of tanh.
GRADUS_API std::tuple<Tensor, Tensor> rnn_relu(const Tensor& input, const Tensor& hx,
                                               TensorList params, bool has_biases,
                                               int64_t num_layers, double dropout, bool train,
                                               bool bidirectional, bool batch_first);
GRADUS_API std::tuple<Tensor, Tensor> rnn_relu(const Tensor& data, const Tensor& batch_sizes,
                                               const Tensor& hx, TensorList params, bool has_biases,
                                               int64_t num_layers, double dropout, bool train,
                                               bool bidirectional);

// One step: input [B, I], states [B, H].

/// hx is {h, c}; returns (h, c).
GRADUS_API std::tuple<Tensor, Tensor> lstm_cell(const Tensor& input, TensorList hx,
                                                const Tensor& w_ih, const Tensor& w_hh,
                                                const Tensor& b_ih = {}, const Tensor& b_hh = {});
GRADUS_API Tensor gru_cell(const Tensor& input, const Tensor& hx, const Tensor& w_ih,
                           const Tensor& w_hh, const Tensor& b_ih = {}, const Tensor& b_hh = {});
GRADUS_API Tensor rnn_tanh_cell(const Tensor& input, const Tensor& hx, const Tensor& w_ih,
                                const Tensor& w_hh, const Tensor& b_ih = {},
                                const Tensor& b_hh = {});
GRADUS_API Tensor rnn_relu_cell(const Tensor& input, const Tensor& hx, const Tensor& w_ih,
                                const Tensor& w_hh, const Tensor& b_ih = {},
                                const Tensor& b_hh = {});

}  // namespace gradus
