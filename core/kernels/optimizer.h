#pragma once

#include "core/kernels/tensor_batch.h"

namespace gradus::kernel {

// The rules of optimizers, one element at a time. Each takes its settings as a struct of numbers
// and rows of tensors: p, the parameter; g, the gradient; and the state, in the order given here.
// Formulas and papers stand in optim/NAME.h. The plain kernels are the same rules without vectors:
// what those are tested against.

/// What a rule writes to: of a row all tensors but the second, the gradient.
inline constexpr uint32_t kAllButGradient = ~uint32_t{2};

/// How every rule begins: the gradient is negated where `maximize`; the parameter decays.
struct GradientNumbers {
  double lr = 0;
  double weight_decay = 0;
  bool decoupled = false;  // p = (1 - lr * weight_decay) * p; else g = g + weight_decay * p
  bool maximize = false;
};

/// p, g, and where `momentum` is not 0, b.
struct SgdNumbers : GradientNumbers {
  double momentum = 0;
  double dampening = 0;
  bool nesterov = false;
  bool first = false;  // b is yet to be filled
};
const BatchKernel& sgd_kernel();
const BatchKernel& plain_sgd_kernel();

/// p, g, ax.
struct AsgdNumbers : GradientNumbers {
  double lambd = 0;
  double eta = 0;
  double mu = 0;
};
const BatchKernel& asgd_kernel();
const BatchKernel& plain_asgd_kernel();

/// p, g, g of the step before, step size.
struct RpropNumbers : GradientNumbers {
  double eta_minus = 0;
  double eta_plus = 0;
  double min_step = 0;
  double max_step = 0;
};
const BatchKernel& rprop_kernel();
const BatchKernel& plain_rprop_kernel();

/// At step t: p, g, m, v, and where `amsgrad`, v_max.
struct AdamNumbers : GradientNumbers {
  double beta1 = 0;
  double beta2 = 0;
  double eps = 0;
  double bias_correction1 = 0;  // 1 - beta1^t
  double bias_correction2 = 0;
  bool amsgrad = false;
};
const BatchKernel& adam_kernel();
const BatchKernel& plain_adam_kernel();

/// p, g, m, v.
struct NadamNumbers : GradientNumbers {
  double beta1 = 0;
  double beta2 = 0;
  double eps = 0;
  double bias_correction2 = 0;
  double g_rate = 0;  // lr (1 - mu_t) / (1 - mu_1 ... mu_t)
  double m_rate = 0;  // lr mu_(t+1) / (1 - mu_1 ... mu_(t+1))
};
const BatchKernel& nadam_kernel();
const BatchKernel& plain_nadam_kernel();

/// p, g, m, v.
struct RadamNumbers : GradientNumbers {
  double beta1 = 0;
  double beta2 = 0;
  double eps = 0;
  double step_size = 0;
  bool rectified = false;  // whether the step is divided by sqrt(v) + eps
};
const BatchKernel& radam_kernel();
const BatchKernel& plain_radam_kernel();

/// p, g, m, u.
struct AdamaxNumbers : GradientNumbers {
  double beta1 = 0;
  double beta2 = 0;
  double eps = 0;
  double step_size = 0;  // lr / (1 - beta1^t)
};
const BatchKernel& adamax_kernel();
const BatchKernel& plain_adamax_kernel();

/// p, g, sum.
struct AdagradNumbers : GradientNumbers {
  double rate = 0;  // lr / (1 + (t - 1) lr_decay)
  double eps = 0;
};
const BatchKernel& adagrad_kernel();
const BatchKernel& plain_adagrad_kernel();

/// p, g, v, where `centered` a, and where `momentum` > 0 b.
struct RmspropNumbers : GradientNumbers {
  double alpha = 0;
  double eps = 0;
  double momentum = 0;
  bool centered = false;
};
const BatchKernel& rmsprop_kernel();
const BatchKernel& plain_rmsprop_kernel();

/// p, g, v, u.
struct AdadeltaNumbers : GradientNumbers {
  double rho = 0;
  double eps = 0;
};
const BatchKernel& adadelta_kernel();
const BatchKernel& plain_adadelta_kernel();

/// p, g, and where `momentum` is not 0, m: steps of the length lr.
struct SignNumbers : GradientNumbers {
  double momentum = 0;
};
const BatchKernel& sign_kernel();
const BatchKernel& plain_sign_kernel();

/// p, g, m.
struct LionNumbers : GradientNumbers {
  double beta1 = 0;
  double beta2 = 0;
};
const BatchKernel& lion_kernel();
const BatchKernel& plain_lion_kernel();

/// p, g, b.
struct QhmNumbers : GradientNumbers {
  double momentum = 0;
  double nu = 0;
};
const BatchKernel& qhm_kernel();
const BatchKernel& plain_qhm_kernel();

/// p, g, and `count` buffers b_1, b_2, ...
inline constexpr size_t kMaxAggmoBuffers = 4;
struct AggmoNumbers : GradientNumbers {
  double betas[kMaxAggmoBuffers] = {};
  int64_t count = 0;
};
const BatchKernel& aggmo_kernel();
const BatchKernel& plain_aggmo_kernel();

/// p (which is y), g, z, and where `adaptive` v.
struct ScheduleFreeNumbers : GradientNumbers {
  double beta = 0;  // momentum, or beta1
  double c = 0;     // the weight of z in the average
  double beta2 = 0;
  double eps = 0;
  double bias_correction2 = 0;
  bool adaptive = false;
};
const BatchKernel& schedule_free_kernel();
const BatchKernel& plain_schedule_free_kernel();

/// What variants of Adam have in common: at step t.
struct MomentNumbers : GradientNumbers {
  double beta1 = 0;
  double beta2 = 0;
  double eps = 0;
  double bias_correction1 = 0;  // 1 - beta1^t
  double bias_correction2 = 0;
};

/// p, g, m, s.
const BatchKernel& adabelief_kernel();
const BatchKernel& plain_adabelief_kernel();

/// p, g, m, v.
const BatchKernel& yogi_kernel();
const BatchKernel& plain_yogi_kernel();

/// p, g, m, v.
const BatchKernel& laprop_kernel();
const BatchKernel& plain_laprop_kernel();

/// p, g, m, v.
struct AdoptNumbers : MomentNumbers {
  double clip = 0;
  bool first = false;  // v is yet to be filled
};
const BatchKernel& adopt_kernel();
const BatchKernel& plain_adopt_kernel();

/// p, g, m1, m2, v.
struct AdemamixNumbers : MomentNumbers {
  double beta3 = 0;
  double alpha = 0;
};
const BatchKernel& ademamix_kernel();
const BatchKernel& plain_ademamix_kernel();

/// p, g, m, v, n, g of the step before.
struct AdanNumbers : MomentNumbers {
  double beta3 = 0;
  double bias_correction3 = 0;
  double shrink = 1;   // p is divided by it after the step
  bool first = false;  // there was no step before
};
const BatchKernel& adan_kernel();
const BatchKernel& plain_adan_kernel();

/// p, g, v, where `centered` a, and where `momentum` > 0 b.
struct RmspropTfNumbers : RmspropNumbers {
  bool lr_in_momentum = true;
};
const BatchKernel& rmsprop_tf_kernel();
const BatchKernel& plain_rmsprop_tf_kernel();

/// p, g, s, v, and where momentum is not 0, x0.
struct MadgradNumbers : GradientNumbers {
  double rate = 0;  // lr * sqrt(t)
  double momentum = 0;
  double eps = 0;
};
const BatchKernel& madgrad_kernel();
const BatchKernel& plain_madgrad_kernel();

}  // namespace gradus::kernel
