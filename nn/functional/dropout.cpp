#include "nn/functional/dropout.h"

#include "autograd/ops/random.h"

namespace gradus::nn::functional {

Tensor dropout(Tensor input, const DropoutFuncOptions& options) {
  return options.inplace() ? gradus::dropout_(input, options.p(), options.training())
                           : gradus::dropout(input, options.p(), options.training());
}

}  // namespace gradus::nn::functional
