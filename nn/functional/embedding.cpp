#include "nn/functional/embedding.h"

#include "autograd/ops/embedding.h"
#include "autograd/ops/embedding_bag.h"
#include "core/shape.h"

namespace gradus::nn::functional {

namespace {

// -1 is the ops' "none".
int64_t padding_row(const char* op, std::optional<int64_t> padding_idx, const Tensor& weight) {
  GRADUS_CHECK(weight.defined() && weight.dim() == 2, "{}: weight must be a matrix, got {}", op,
               weight.defined() ? to_string(weight.sizes()) : "an undefined tensor");
  if (!padding_idx) return -1;
  const int64_t rows = weight.size(0);
  GRADUS_CHECK_VALUE(*padding_idx >= -rows && *padding_idx < rows,
                     "{}: padding_idx {} must be within {} rows", op, *padding_idx, rows);
  return *padding_idx < 0 ? *padding_idx + rows : *padding_idx;
}

template <class Options>
void renormalize(const Tensor& weight, const Tensor& indices, const Options& options) {
  if (!options.max_norm()) return;
  Tensor table = weight.detach();
  embedding_renorm_(table, indices, *options.max_norm(), options.norm_type());
}

}  // namespace

Tensor one_hot(const Tensor& tensor, int64_t num_classes) {
  return gradus::one_hot(tensor, num_classes);
}

Tensor embedding(const Tensor& indices, const Tensor& weight, const EmbeddingFuncOptions& options) {
  const int64_t padding_idx = padding_row("embedding", options.padding_idx(), weight);
  renormalize(weight, indices, options);
  return gradus::embedding(weight, indices, padding_idx, options.scale_grad_by_freq(),
                           options.sparse());
}

Tensor embedding_bag(const Tensor& input, const Tensor& weight,
                     const EmbeddingBagFuncOptions& options) {
  const EmbeddingBagMode& mode = options.mode();
  const int64_t number = std::holds_alternative<enumtype::kSum>(mode)    ? 0
                         : std::holds_alternative<enumtype::kMean>(mode) ? 1
                                                                         : 2;
  renormalize(weight, input, options);
  return std::get<0>(gradus::embedding_bag(
      weight, input, options.offsets(), options.scale_grad_by_freq(), number, options.sparse(),
      options.per_sample_weights(), options.include_last_offset(), options.padding_idx()));
}

}  // namespace gradus::nn::functional
