#include "nn/modules/embedding.h"

#include <ostream>

#include "autograd/grad_mode.h"
#include "core/factory.h"
#include "nn/functional/embedding.h"
#include "nn/init.h"

namespace gradus::nn {

EmbeddingImpl::EmbeddingImpl(int64_t num_embeddings, int64_t embedding_dim)
    : EmbeddingImpl(EmbeddingOptions(num_embeddings, embedding_dim)) {}

EmbeddingImpl::EmbeddingImpl(EmbeddingOptions options) : options(std::move(options)) {
  EmbeddingImpl::reset();
}

namespace {

// What both kinds of table check, register and print.
template <class Options>
Tensor registered_table(const char* name, Module& module, Options& options) {
  const int64_t rows = options.num_embeddings(), features = options.embedding_dim();
  GRADUS_CHECK_VALUE(rows >= 0 && features >= 0, "{}: sizes must not be negative, got [{}, {}]",
                     name, rows, features);
  if (std::optional<int64_t>& padding = options.padding_idx()) {
    GRADUS_CHECK_VALUE(*padding >= -rows && *padding < rows,
                       "{}: padding_idx {} must be within {} rows", name, *padding, rows);
    if (*padding < 0) *padding += rows;
  }
  const Tensor& given = options._weight();
  if (!given.defined()) return module.register_parameter("weight", empty({rows, features}));
  const DimVector expected{rows, features};
  GRADUS_CHECK(given.sizes() == IntArrayRef(expected), "{}: weight of shape {}, expected {}", name,
               given.sizes(), IntArrayRef(expected));
  return module.register_parameter("weight", given.detach());
}

template <class Options>
void fill_table(Tensor weight, const Options& options) {
  init::normal_(weight);
  if (options.padding_idx()) {
    NoGradGuard no_grad;
    weight[*options.padding_idx()].fill_(0);
  }
}

template <class Options>
void print_norms(std::ostream& stream, const Options& options) {
  stream << std::boolalpha;
  if (options.max_norm()) stream << ", max_norm=" << *options.max_norm();
  if (options.norm_type() != 2) stream << ", norm_type=" << options.norm_type();
  if (options.scale_grad_by_freq())
    stream << ", scale_grad_by_freq=" << options.scale_grad_by_freq();
  if (options.sparse()) stream << ", sparse=" << options.sparse();
}

void check_pretrained(const char* name, const Tensor& embeddings) {
  GRADUS_CHECK(embeddings.defined() && embeddings.dim() == 2,
               "{}: from_pretrained expects a matrix, got {}", name,
               embeddings.defined() ? to_string(embeddings.sizes()) : "an undefined tensor");
}

}  // namespace

void EmbeddingImpl::reset() {
  weight = registered_table("Embedding", *this, options);
  if (!options._weight().defined()) reset_parameters();
}

void EmbeddingImpl::reset_parameters() {
  fill_table(weight, options);
}

void EmbeddingImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::Embedding(num_embeddings=" << options.num_embeddings()
         << ", embedding_dim=" << options.embedding_dim();
  if (options.padding_idx()) stream << ", padding_idx=" << *options.padding_idx();
  print_norms(stream, options);
  stream << ")";
}

Tensor EmbeddingImpl::forward(const Tensor& indices) {
  return functional::embedding(indices, weight,
                               functional::EmbeddingFuncOptions()
                                   .padding_idx(options.padding_idx())
                                   .max_norm(options.max_norm())
                                   .norm_type(options.norm_type())
                                   .scale_grad_by_freq(options.scale_grad_by_freq())
                                   .sparse(options.sparse()));
}

Embedding Embedding::from_pretrained(const Tensor& embeddings,
                                     const EmbeddingFromPretrainedOptions& options) {
  check_pretrained("Embedding", embeddings);
  Embedding embedding(EmbeddingOptions(embeddings.size(0), embeddings.size(1))
                          ._weight(embeddings)
                          .padding_idx(options.padding_idx())
                          .max_norm(options.max_norm())
                          .norm_type(options.norm_type())
                          .scale_grad_by_freq(options.scale_grad_by_freq())
                          .sparse(options.sparse()));
  embedding->weight.set_requires_grad(!options.freeze());
  return embedding;
}

EmbeddingBagImpl::EmbeddingBagImpl(int64_t num_embeddings, int64_t embedding_dim)
    : EmbeddingBagImpl(EmbeddingBagOptions(num_embeddings, embedding_dim)) {}

EmbeddingBagImpl::EmbeddingBagImpl(EmbeddingBagOptions options) : options(std::move(options)) {
  EmbeddingBagImpl::reset();
}

void EmbeddingBagImpl::reset() {
  weight = registered_table("EmbeddingBag", *this, options);
  if (!options._weight().defined()) reset_parameters();
}

void EmbeddingBagImpl::reset_parameters() {
  fill_table(weight, options);
}

void EmbeddingBagImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::EmbeddingBag(num_embeddings=" << options.num_embeddings()
         << ", embedding_dim=" << options.embedding_dim();
  print_norms(stream, options);
  if (std::holds_alternative<enumtype::kSum>(options.mode())) stream << ", mode=kSum";
  if (std::holds_alternative<enumtype::kMax>(options.mode())) stream << ", mode=kMax";
  if (options.include_last_offset())
    stream << ", include_last_offset=" << options.include_last_offset();
  if (options.padding_idx()) stream << ", padding_idx=" << *options.padding_idx();
  stream << ")";
}

Tensor EmbeddingBagImpl::forward(const Tensor& input, const Tensor& offsets,
                                 const Tensor& per_sample_weights) {
  return functional::embedding_bag(input, weight,
                                   functional::EmbeddingBagFuncOptions()
                                       .offsets(offsets)
                                       .max_norm(options.max_norm())
                                       .norm_type(options.norm_type())
                                       .scale_grad_by_freq(options.scale_grad_by_freq())
                                       .mode(options.mode())
                                       .sparse(options.sparse())
                                       .per_sample_weights(per_sample_weights)
                                       .include_last_offset(options.include_last_offset())
                                       .padding_idx(options.padding_idx()));
}

EmbeddingBag EmbeddingBag::from_pretrained(const Tensor& embeddings,
                                           const EmbeddingBagFromPretrainedOptions& options) {
  check_pretrained("EmbeddingBag", embeddings);
  EmbeddingBag bag(EmbeddingBagOptions(embeddings.size(0), embeddings.size(1))
                       ._weight(embeddings)
                       .max_norm(options.max_norm())
                       .norm_type(options.norm_type())
                       .scale_grad_by_freq(options.scale_grad_by_freq())
                       .mode(options.mode())
                       .sparse(options.sparse())
                       .include_last_offset(options.include_last_offset())
                       .padding_idx(options.padding_idx()));
  bag->weight.set_requires_grad(!options.freeze());
  return bag;
}

}  // namespace gradus::nn
