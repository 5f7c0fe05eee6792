#pragma once

#include "core/tensor.h"

namespace gradus::optim {

/// A gradient as a rule sees it: in the dtype of the state, float or double, negated where
/// `maximize`.
inline Tensor rule_gradient(const Tensor& param, const Tensor& grad, bool maximize) {
  const Tensor g = grad.detach().to(param.dtype() == kDouble ? kDouble : kFloat);
  return maximize ? g.neg() : g;
}

/// For optimizers whose rule is made of tensor ops: calls f(p, g) with parameter and gradient in
/// the dtype of the state, float or double, where f changes p in place and leaves g alone. A 16-bit
/// parameter is then rounded once.
template <class F>
void with_tensor_rule(const Tensor& param, const Tensor& grad, bool maximize, F&& f) {
  const ScalarType dtype = param.dtype() == kDouble ? kDouble : kFloat;
  Tensor target = param.detach();
  if (target.numel() == 0) {
    target.zero_();  // counts as written, as by other optimizers
    return;
  }
  Tensor p = target.to(dtype);
  f(p, rule_gradient(param, grad, maximize));
  if (target.dtype() != dtype) target.copy_(p);
}

/// The 2-norm, and the inner product, over all elements.
double norm_of(const Tensor& x);
double dot_of(const Tensor& x, const Tensor& y);

}  // namespace gradus::optim
