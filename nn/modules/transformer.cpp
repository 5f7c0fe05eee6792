#include "nn/modules/transformer.h"

#include <limits>
#include <utility>

#include "autograd/ops/activation.h"
#include "autograd/ops/arrange.h"
#include "autograd/ops/binary.h"
#include "core/factory.h"
#include "nn/init.h"

namespace gradus::nn {

namespace {

Tensor activated(const activation_t& activation, const Tensor& x) {
  if (std::holds_alternative<enumtype::kReLU>(activation)) return relu(x);
  if (std::holds_alternative<enumtype::kGELU>(activation)) return gelu(x);
  return std::get<Callable<Tensor(const Tensor&)>>(activation)(x);
}

// The parts that both kinds of layer have.
template <class Layer>
void register_parts(Layer& layer) {
  const auto& o = layer.options;
  GRADUS_CHECK_VALUE(o.dim_feedforward() > 0,
                     "Transformer: dim_feedforward must be positive, got {}", o.dim_feedforward());
  layer.linear1 = layer.register_module("linear1", Linear(o.d_model(), o.dim_feedforward()));
  layer.dropout = layer.register_module("dropout", Dropout(o.dropout()));
  layer.linear2 = layer.register_module("linear2", Linear(o.dim_feedforward(), o.d_model()));
}

template <class Options>
MultiheadAttention make_attention(const Options& o) {
  return MultiheadAttention(MultiheadAttentionOptions(o.d_model(), o.nhead())
                                .dropout(o.dropout())
                                .batch_first(o.batch_first()));
}

template <class Options>
LayerNorm make_norm(const Options& o) {
  return LayerNorm(LayerNormOptions({o.d_model()}).eps(o.layer_norm_eps()));
}

// The modules that have parameters, as PyTorch does it at the start.
template <class Layer>
void reset_parts(Layer& layer) {
  layer.self_attn->_reset_parameters();
  layer.linear1->reset_parameters();
  layer.linear2->reset_parameters();
  layer.norm1->reset_parameters();
  layer.norm2->reset_parameters();
}

}  // namespace

// --- encoder layer

TransformerEncoderLayerImpl::TransformerEncoderLayerImpl(int64_t d_model, int64_t nhead)
    : TransformerEncoderLayerImpl(TransformerEncoderLayerOptions(d_model, nhead)) {}

TransformerEncoderLayerImpl::TransformerEncoderLayerImpl(
    const TransformerEncoderLayerOptions& options)
    : options(options) {
  TransformerEncoderLayerImpl::reset();
}

void TransformerEncoderLayerImpl::reset() {
  self_attn = register_module("self_attn", make_attention(options));
  register_parts(*this);
  norm1 = register_module("norm1", make_norm(options));
  norm2 = register_module("norm2", make_norm(options));
  dropout1 = register_module("dropout1", Dropout(options.dropout()));
  dropout2 = register_module("dropout2", Dropout(options.dropout()));
}

void TransformerEncoderLayerImpl::reset_parameters() {
  reset_parts(*this);
}

Tensor TransformerEncoderLayerImpl::attend(const Tensor& x, const Tensor& mask,
                                           const Tensor& padding) {
  return dropout1(std::get<0>(self_attn(x, x, x, padding, /*need_weights=*/false, mask)));
}

Tensor TransformerEncoderLayerImpl::feed_forward(const Tensor& x) {
  return dropout2(linear2(dropout(activated(options.activation(), linear1(x)))));
}

Tensor TransformerEncoderLayerImpl::forward(const Tensor& src, const Tensor& src_mask,
                                            const Tensor& src_key_padding_mask) {
  if (options.norm_first()) {
    const Tensor x = src + attend(norm1(src), src_mask, src_key_padding_mask);
    return x + feed_forward(norm2(x));
  }
  const Tensor x = norm1(src + attend(src, src_mask, src_key_padding_mask));
  return norm2(x + feed_forward(x));
}

// --- decoder layer

TransformerDecoderLayerImpl::TransformerDecoderLayerImpl(int64_t d_model, int64_t nhead)
    : TransformerDecoderLayerImpl(TransformerDecoderLayerOptions(d_model, nhead)) {}

TransformerDecoderLayerImpl::TransformerDecoderLayerImpl(
    const TransformerDecoderLayerOptions& options)
    : options(options) {
  TransformerDecoderLayerImpl::reset();
}

void TransformerDecoderLayerImpl::reset() {
  self_attn = register_module("self_attn", make_attention(options));
  multihead_attn = register_module("multihead_attn", make_attention(options));
  register_parts(*this);
  norm1 = register_module("norm1", make_norm(options));
  norm2 = register_module("norm2", make_norm(options));
  norm3 = register_module("norm3", make_norm(options));
  dropout1 = register_module("dropout1", Dropout(options.dropout()));
  dropout2 = register_module("dropout2", Dropout(options.dropout()));
  dropout3 = register_module("dropout3", Dropout(options.dropout()));
}

void TransformerDecoderLayerImpl::reset_parameters() {
  reset_parts(*this);
  multihead_attn->_reset_parameters();
  norm3->reset_parameters();
}

Tensor TransformerDecoderLayerImpl::attend(const Tensor& x, const Tensor& mask,
                                           const Tensor& padding) {
  return dropout1(std::get<0>(self_attn(x, x, x, padding, /*need_weights=*/false, mask)));
}

Tensor TransformerDecoderLayerImpl::attend_memory(const Tensor& x, const Tensor& memory,
                                                  const Tensor& mask, const Tensor& padding) {
  return dropout2(
      std::get<0>(multihead_attn(x, memory, memory, padding, /*need_weights=*/false, mask)));
}

Tensor TransformerDecoderLayerImpl::feed_forward(const Tensor& x) {
  return dropout3(linear2(dropout(activated(options.activation(), linear1(x)))));
}

Tensor TransformerDecoderLayerImpl::forward(const Tensor& tgt, const Tensor& memory,
                                            const Tensor& tgt_mask, const Tensor& memory_mask,
                                            const Tensor& tgt_key_padding_mask,
                                            const Tensor& memory_key_padding_mask) {
  if (options.norm_first()) {
    Tensor x = tgt + attend(norm1(tgt), tgt_mask, tgt_key_padding_mask);
    x = x + attend_memory(norm2(x), memory, memory_mask, memory_key_padding_mask);
    return x + feed_forward(norm3(x));
  }
  Tensor x = norm1(tgt + attend(tgt, tgt_mask, tgt_key_padding_mask));
  x = norm2(x + attend_memory(x, memory, memory_mask, memory_key_padding_mask));
  return norm3(x + feed_forward(x));
}

// --- stacks of layers

namespace {

// Registers `num_layers` copies of the layer, and a copy of the norm.
template <class Stack, class Layer>
void register_layers(Stack& stack, const char* name, const Layer& layer) {
  const int64_t count = stack.options.num_layers();
  GRADUS_CHECK_VALUE(count > 0, "{}: num_layers must be positive, got {}", name, count);
  stack.layers = stack.register_module("layers", ModuleList());
  for (int64_t i = 0; i < count; ++i) stack.layers->push_back(layer->clone());
  if (!stack.options.norm().is_empty()) {
    stack.norm = stack.options.norm().clone();
    stack.register_module("norm", stack.norm.ptr());
  }
}

}  // namespace

TransformerEncoderOptions::TransformerEncoderOptions(TransformerEncoderLayer encoder_layer,
                                                     int64_t num_layers)
    : encoder_layer_(std::move(encoder_layer)), num_layers_(num_layers) {}
TransformerEncoderOptions::TransformerEncoderOptions(
    const TransformerEncoderLayerOptions& encoder_layer_options, int64_t num_layers)
    : TransformerEncoderOptions(TransformerEncoderLayer(encoder_layer_options), num_layers) {}

TransformerEncoderImpl::TransformerEncoderImpl(TransformerEncoderLayer encoder_layer,
                                               int64_t num_layers)
    : TransformerEncoderImpl(TransformerEncoderOptions(std::move(encoder_layer), num_layers)) {}

TransformerEncoderImpl::TransformerEncoderImpl(TransformerEncoderOptions options)
    : options(std::move(options)) {
  TransformerEncoderImpl::reset();
}

void TransformerEncoderImpl::reset() {
  register_layers(*this, "TransformerEncoder", options.encoder_layer());
}

void TransformerEncoderImpl::reset_parameters() {
  for (size_t i = 0; i < layers->size(); ++i) {
    layers->at<TransformerEncoderLayer>(i).reset_parameters();
  }
}

Tensor TransformerEncoderImpl::forward(const Tensor& src, const Tensor& src_mask,
                                       const Tensor& src_key_padding_mask) {
  Tensor x = src;
  for (size_t i = 0; i < layers->size(); ++i) {
    x = detail::call(layers->at<TransformerEncoderLayer>(i), x, src_mask, src_key_padding_mask);
  }
  return norm.is_empty() ? x : norm.forward<Tensor>(x);
}

TransformerDecoderOptions::TransformerDecoderOptions(TransformerDecoderLayer decoder_layer,
                                                     int64_t num_layers)
    : decoder_layer_(std::move(decoder_layer)), num_layers_(num_layers) {}
TransformerDecoderOptions::TransformerDecoderOptions(
    const TransformerDecoderLayerOptions& decoder_layer_options, int64_t num_layers)
    : TransformerDecoderOptions(TransformerDecoderLayer(decoder_layer_options), num_layers) {}

TransformerDecoderImpl::TransformerDecoderImpl(TransformerDecoderLayer decoder_layer,
                                               int64_t num_layers)
    : TransformerDecoderImpl(TransformerDecoderOptions(std::move(decoder_layer), num_layers)) {}

TransformerDecoderImpl::TransformerDecoderImpl(TransformerDecoderOptions options)
    : options(std::move(options)) {
  TransformerDecoderImpl::reset();
}

void TransformerDecoderImpl::reset() {
  register_layers(*this, "TransformerDecoder", options.decoder_layer());
}

void TransformerDecoderImpl::reset_parameters() {
  for (size_t i = 0; i < layers->size(); ++i) {
    layers->at<TransformerDecoderLayer>(i).reset_parameters();
  }
}

Tensor TransformerDecoderImpl::forward(const Tensor& tgt, const Tensor& memory,
                                       const Tensor& tgt_mask, const Tensor& memory_mask,
                                       const Tensor& tgt_key_padding_mask,
                                       const Tensor& memory_key_padding_mask) {
  Tensor x = tgt;
  for (size_t i = 0; i < layers->size(); ++i) {
    x = detail::call(layers->at<TransformerDecoderLayer>(i), x, memory, tgt_mask, memory_mask,
                     tgt_key_padding_mask, memory_key_padding_mask);
  }
  return norm.is_empty() ? x : norm.forward<Tensor>(x);
}

// --- transformer

TransformerImpl::TransformerImpl() : TransformerImpl(TransformerOptions()) {}
TransformerImpl::TransformerImpl(int64_t d_model, int64_t nhead)
    : TransformerImpl(TransformerOptions(d_model, nhead)) {}

TransformerImpl::TransformerImpl(TransformerOptions options) : options(std::move(options)) {
  TransformerImpl::reset();
}

void TransformerImpl::reset() {
  const TransformerOptions& o = options;
  const auto with = [&](auto layer_options) {
    layer_options.dim_feedforward(o.dim_feedforward())
        .dropout(o.dropout())
        .activation(o.activation())
        .layer_norm_eps(o.layer_norm_eps())
        .batch_first(o.batch_first())
        .norm_first(o.norm_first());
    return layer_options;
  };
  if (o.custom_encoder().is_empty()) {
    encoder = AnyModule(TransformerEncoder(
        TransformerEncoderOptions(with(TransformerEncoderLayerOptions(o.d_model(), o.nhead())),
                                  o.num_encoder_layers())
            .norm(AnyModule(make_norm(o)))));
  } else {
    encoder = o.custom_encoder().clone();
  }
  register_module("encoder", encoder.ptr());
  if (o.custom_decoder().is_empty()) {
    decoder = AnyModule(TransformerDecoder(
        TransformerDecoderOptions(with(TransformerDecoderLayerOptions(o.d_model(), o.nhead())),
                                  o.num_decoder_layers())
            .norm(AnyModule(make_norm(o)))));
  } else {
    decoder = o.custom_decoder().clone();
  }
  register_module("decoder", decoder.ptr());
  reset_parameters();
}

void TransformerImpl::reset_parameters() {
  for (const Tensor& parameter : parameters()) {
    if (parameter.dim() > 1) init::xavier_uniform_(parameter);
  }
}

Tensor TransformerImpl::forward(const Tensor& src, const Tensor& tgt, const Tensor& src_mask,
                                const Tensor& tgt_mask, const Tensor& memory_mask,
                                const Tensor& src_key_padding_mask,
                                const Tensor& tgt_key_padding_mask,
                                const Tensor& memory_key_padding_mask) {
  GRADUS_CHECK(src.defined() && tgt.defined(), "Transformer: src or tgt is undefined");
  GRADUS_CHECK((src.dim() == 3 || src.dim() == 2) && src.dim() == tgt.dim(),
               "Transformer: src and tgt should have 3 dims, or 2 without a batch, got {} and {}",
               src.sizes(), tgt.sizes());
  const int64_t batch_dim = options.batch_first() ? 0 : 1;
  GRADUS_CHECK(src.dim() == 2 || src.size(batch_dim) == tgt.size(batch_dim),
               "Transformer: src {} and tgt {} should have equal batch sizes", src.sizes(),
               tgt.sizes());
  GRADUS_CHECK(src.size(-1) == options.d_model() && tgt.size(-1) == options.d_model(),
               "Transformer: src {} and tgt {} should have {} features", src.sizes(), tgt.sizes(),
               options.d_model());
  const Tensor memory = encoder.forward<Tensor>(src, src_mask, src_key_padding_mask);
  return decoder.forward<Tensor>(tgt, memory, tgt_mask, memory_mask, tgt_key_padding_mask,
                                 memory_key_padding_mask);
}

Tensor TransformerImpl::generate_square_subsequent_mask(int64_t sz) {
  GRADUS_CHECK_VALUE(sz >= 0, "generate_square_subsequent_mask: sz must not be negative, got {}",
                     sz);
  return triu(full({sz, sz}, -std::numeric_limits<double>::infinity(), kFloat), 1);
}

}  // namespace gradus::nn
