#include "optim/internal/tensor_rule.h"

#include "autograd/autograd.h"

namespace gradus::optim {

double norm_of(const Tensor& x) {
  return x.norm().item<double>();
}

double dot_of(const Tensor& x, const Tensor& y) {
  return (x * y).sum().item<double>();
}

}  // namespace gradus::optim
