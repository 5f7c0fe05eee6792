#pragma once

#include "core/kernels/step_batch.h"

namespace gradus::kernel {

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
const StepKernel& sgd_kernel();

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
const StepKernel& adam_kernel();

/// The same rules one element at a time: what the vectors are tested against.
const StepKernel& plain_sgd_kernel();
const StepKernel& plain_adam_kernel();

}  // namespace gradus::kernel
