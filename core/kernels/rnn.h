#pragma once

#include <cstdint>
#include <vector>

#include "core/tensor.h"

namespace gradus::kernel {

// One layer of a recurrent net over time, in one direction. The sequences of a batch are packed:
// the rows of step t, one for each sequence that is that long, longest first, stand behind those of
// step t - 1. What the input contributes to the gates has been computed for all steps at once.

enum class RnnMode : int64_t { Tanh, Relu, Lstm, Gru };

/// Rows of the weight W_hh for each hidden element: 4 (i, f, g, o), 3 (r, z, n) or 1.
int64_t rnn_gates(RnnMode mode);

/// Which rows belong to which step.
struct RnnSteps {
  std::vector<int64_t> batch_sizes;  // of each step, never growing
  std::vector<int64_t> offsets;      // the first row of each step
  int64_t total = 0;                 // rows
  bool reverse = false;              // from the last step to the first
};
RnnSteps rnn_steps(IntArrayRef batch_sizes, bool reverse);

/// What a layer computes, and what its backward needs.
struct RnnResult {
  Tensor y;      // [total, H]
  Tensor hn;     // [B, H]
  Tensor cn;     // [B, H], LSTM
  Tensor gates;  // [total, 4 H]: i, f, g, o, or r, z, n, W_hn h + b_hn; undefined for plain nets
  Tensor c;      // [total, H], LSTM
};

/// All arguments are row-major, of float32 or float64, with at least one element.
/// @param xg    [total, gates H]: W_ih x + b_ih (+ b_hh, but for GRU)
/// @param w_hh  [gates H, H]
/// @param b_hh  [3 H] or undefined; GRU
RnnResult rnn_layer(RnnMode mode, const RnnSteps& steps, const Tensor& xg, const Tensor& h0,
                    const Tensor& c0, const Tensor& w_hh, const Tensor& b_hh);

struct RnnGradients {
  Tensor dxg;  // [total, gates H]
  Tensor dhg;  // [total, 3 H]: of W_hh h + b_hh, where that is not dxg; GRU
  Tensor dh0;  // [B, H]
  Tensor dc0;  // [B, H], LSTM
  Tensor dw;   // [gates H, H]
};

/// dy, dhn and dcn may be undefined, which is zero.
RnnGradients rnn_layer_backward(RnnMode mode, const RnnSteps& steps, const RnnResult& forward,
                                const Tensor& h0, const Tensor& c0, const Tensor& w_hh,
                                const Tensor& dy, const Tensor& dhn, const Tensor& dcn);

// One step of `rows` rows. The vector forms are for float; the plain ones are their reference.

template <class T>
struct RnnForwardRows {
  const T* xg;      // [rows, gates H]
  const T* hg;      // [rows, gates H]: W_hh h_prev
  const T* b_hh;    // [3 H] or null
  const T* h_prev;  // [rows, H]
  const T* c_prev;
  T* gates;  // [rows, 4 H]
  T* c;
  T* h;
};

template <class T>
struct RnnBackwardRows {
  const T* gates;
  const T* h_prev;
  const T* c_prev;
  const T* c;
  const T* h;
  T* dh;   // of h; GRU: becomes what reaches h_prev beside the product with W_hh
  T* dc;   // of c; becomes that of c_prev
  T* dxg;  // [rows, gates H]
  T* dhg;  // [rows, 3 H]; GRU
};

void rnn_forward_vector(RnnMode mode, int64_t rows, int64_t hidden, const RnnForwardRows<float>& p);
void rnn_backward_vector(RnnMode mode, int64_t rows, int64_t hidden,
                         const RnnBackwardRows<float>& p);
template <class T>
void rnn_forward_plain(RnnMode mode, int64_t rows, int64_t hidden, const RnnForwardRows<T>& p);
template <class T>
void rnn_backward_plain(RnnMode mode, int64_t rows, int64_t hidden, const RnnBackwardRows<T>& p);

}  // namespace gradus::kernel
