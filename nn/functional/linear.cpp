#include "nn/functional/linear.h"

#include "autograd/ops/matmul.h"

namespace gradus::nn::functional {

Tensor linear(const Tensor& input, const Tensor& weight, const Tensor& bias) {
  return gradus::linear(input, weight, bias);
}

}  // namespace gradus::nn::functional
