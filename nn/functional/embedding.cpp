#include "nn/functional/embedding.h"

#include "autograd/ops/embedding.h"
#include "core/shape.h"

namespace gradus::nn::functional {

Tensor embedding(const Tensor& indices, const Tensor& weight, const EmbeddingFuncOptions& options) {
  int64_t padding_idx = -1;  // the op's "none"
  if (options.padding_idx())
    padding_idx = wrap_dim("embedding: padding_idx", *options.padding_idx(), weight.size(0));
  return gradus::embedding(weight, indices, padding_idx);
}

}  // namespace gradus::nn::functional
