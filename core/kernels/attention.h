#pragma once

#include <cstdint>
#include <utility>

#include "core/tensor.h"

namespace gradus::kernel {

// Attention o = softmax(scale q k^T + mask) v for each item of a batch, by blocks of query rows, so
// that the matrix of scores is never whole in memory. float32 goes through small matrix products
// and Highway, float64 through the plain loops.

/// How scores become probabilities.
struct AttentionSetting {
  double scale = 1;
  bool causal = false;  // row i sees columns 0 .. i
};

/// q is [..., L, E], k [..., S, E], v [..., S, V] with equal leading dims and dense rows (the last
/// stride is 1), of float32 or float64, no size 0; mask undefined or of the sizes [..., L, S] with
/// dense rows, any other strides. Returns (o [..., L, V], the logarithm of each row's sum [...,
/// L]). A row that sees nothing gives zeros.
std::pair<Tensor, Tensor> attention(const Tensor& q, const Tensor& k, const Tensor& v,
                                    const Tensor& mask, const AttentionSetting& setting);

struct AttentionGradients {
  Tensor dq, dk, dv;
};

/// For the o and sums that attention() returned; d_o has dense rows.
AttentionGradients attention_backward(const Tensor& d_o, const Tensor& q, const Tensor& k,
                                      const Tensor& v, const Tensor& mask, const Tensor& o,
                                      const Tensor& log_sums, const AttentionSetting& setting);

// One row of n scores; mask may be null.

/// s becomes e^(scale s + mask - max); returns (max, sum), and zeros with sum 0 where all are -inf.
std::pair<float, float> attention_row_vector(float* s, const float* mask, int64_t n, float scale);
/// s becomes p = e^(scale s + mask - log_sum), dp becomes ds = scale p (dp - delta).
void attention_backward_row_vector(float* s, float* dp, const float* mask, int64_t n, float scale,
                                   float log_sum, float delta);

}  // namespace gradus::kernel
