#include "nn/modules/embedding.h"

#include <ostream>

#include "autograd/grad_mode.h"
#include "autograd/ops/embedding.h"
#include "core/factory.h"
#include "nn/init.h"

namespace gradus::nn {

EmbeddingImpl::EmbeddingImpl(EmbeddingOptions options) : options(std::move(options)) {
  EmbeddingImpl::reset();
}

void EmbeddingImpl::reset() {
  const int64_t rows = options.num_embeddings();
  GRADUS_CHECK_VALUE(rows >= 0 && options.embedding_dim() >= 0,
                     "Embedding: sizes must not be negative, got [{}, {}]", rows,
                     options.embedding_dim());
  if (std::optional<int64_t>& padding = options.padding_idx()) {
    GRADUS_CHECK_VALUE(*padding >= -rows && *padding < rows,
                       "Embedding: padding_idx {} must be within {} rows", *padding, rows);
    if (*padding < 0) *padding += rows;
  }
  if (options._weight().defined()) {
    const DimVector expected{rows, options.embedding_dim()};
    GRADUS_CHECK(options._weight().sizes() == IntArrayRef(expected),
                 "Embedding: weight of shape {}, expected {}", options._weight().sizes(),
                 IntArrayRef(expected));
    weight = register_parameter("weight", options._weight().detach());
  } else {
    weight = register_parameter("weight", empty({rows, options.embedding_dim()}));
    reset_parameters();
  }
}

void EmbeddingImpl::reset_parameters() {
  init::normal_(weight);
  if (options.padding_idx()) {
    NoGradGuard no_grad;
    weight[*options.padding_idx()].fill_(0);
  }
}

void EmbeddingImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::Embedding(num_embeddings=" << options.num_embeddings()
         << ", embedding_dim=" << options.embedding_dim();
  if (options.padding_idx()) stream << ", padding_idx=" << *options.padding_idx();
  stream << ")";
}

Tensor EmbeddingImpl::forward(const Tensor& indices) {
  return embedding(weight, indices, options.padding_idx().value_or(-1));
}

}  // namespace gradus::nn
