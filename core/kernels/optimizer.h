#pragma once

#include "core/kernels/tensor_batch.h"

namespace gradus::kernel {

/// What a rule writes to: of a row all tensors but the second, the gradient.
inline constexpr uint32_t kAllButGradient = ~uint32_t{2};

/// Settings of SGD's rule; see optim/sgd.h. Tensors: p, g, and where `momentum` is not 0, b.
struct SgdNumbers {
  double lr;
  double momentum;
  double dampening;
  double weight_decay;
  bool nesterov;
  bool maximize;
  bool first;  // b is yet to be filled
};
const BatchKernel& sgd_kernel();

/// Settings of Adam's rule at step t; see optim/adam.h. Tensors: p, g, m, v, and where `amsgrad`,
/// v_max.
struct AdamNumbers {
  double lr;
  double beta1;
  double beta2;
  double eps;
  double weight_decay;
  double bias_correction1;  // 1 - beta1^t
  double bias_correction2;
  bool decoupled;  // AdamW
  bool amsgrad;
  bool maximize;
};
const BatchKernel& adam_kernel();

/// The same rules one element at a time: what the vectors are tested against.
const BatchKernel& plain_sgd_kernel();
const BatchKernel& plain_adam_kernel();

}  // namespace gradus::kernel
