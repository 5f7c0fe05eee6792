#include "nn/modules/dropout.h"

#include <ostream>

#include "autograd/ops/random.h"

namespace gradus::nn {

DropoutImpl::DropoutImpl(const DropoutOptions& options) : options(options) {
  DropoutImpl::reset();
}

void DropoutImpl::reset() {
  GRADUS_CHECK_VALUE(options.p() >= 0 && options.p() <= 1,
                     "Dropout: dropout probability has to be between 0 and 1, but got {}",
                     options.p());
}

void DropoutImpl::pretty_print(std::ostream& stream) const {
  stream << std::boolalpha << "gradus::nn::Dropout(p=" << options.p()
         << ", inplace=" << options.inplace() << ")";
}

Tensor DropoutImpl::forward(Tensor input) {
  if (options.inplace()) return dropout_(input, options.p(), is_training());
  return dropout(input, options.p(), is_training());
}

}  // namespace gradus::nn
