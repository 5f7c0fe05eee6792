#include "nn/functional/linear.h"

#include "autograd/ops/matmul.h"
#include "autograd/ops/shuffle.h"

namespace gradus::nn::functional {

Tensor linear(const Tensor& input, const Tensor& weight, const Tensor& bias) {
  return gradus::linear(input, weight, bias);
}

Tensor bilinear(const Tensor& input1, const Tensor& input2, const Tensor& weight,
                const Tensor& bias) {
  return gradus::bilinear(input1, input2, weight, bias);
}

}  // namespace gradus::nn::functional
