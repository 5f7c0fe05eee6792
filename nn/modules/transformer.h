#pragma once

#include <cstdint>
#include <iosfwd>
#include <variant>

#include "core/arg.h"
#include "core/callable.h"
#include "core/tensor.h"
#include "nn/any_module.h"
#include "nn/enums.h"
#include "nn/module.h"
#include "nn/modules/attention.h"
#include "nn/modules/container.h"
#include "nn/modules/dropout.h"
#include "nn/modules/linear.h"
#include "nn/modules/normalization.h"

namespace gradus::nn {

/// What stands between the two linear maps of a layer: kReLU, kGELU or a function of one's own.
using activation_t =
    std::variant<enumtype::kReLU, enumtype::kGELU, Callable<Tensor(const Tensor&)>>;

/// Settings of TransformerEncoderLayer.
struct GRADUS_API TransformerEncoderLayerOptions {
  TransformerEncoderLayerOptions(int64_t d_model, int64_t nhead)
      : d_model_(d_model), nhead_(nhead) {}
  /// Features.
  GRADUS_ARG(int64_t, d_model);
  /// Heads of attention.
  GRADUS_ARG(int64_t, nhead);
  /// Features between the two linear maps. Default: 2048
  GRADUS_ARG(int64_t, dim_feedforward) = 2048;
  /// Probability of dropout. Default: 0.1
  GRADUS_ARG(double, dropout) = 0.1;
  /// kReLU, kGELU or a function. Default: kReLU
  GRADUS_ARG(activation_t, activation) = kReLU;
  /// Added to variances. Default: 1e-5
  GRADUS_ARG(double, layer_norm_eps) = 1e-5;
  /// Whether tensors are [B, L, E] instead of [L, B, E]. Default: false
  GRADUS_ARG(bool, batch_first) = false;
  /// Whether is normalized before attention and linear maps, instead of behind the sums. Default:
  /// false
  GRADUS_ARG(bool, norm_first) = false;
};

/// x = norm1(x + dropout1(self_attn(x))); x = norm2(x + dropout2(linear2(dropout(activation(
/// linear1(x)))))); with norm_first the norms stand inside the sums. Vaswani et al. 2017.
class GRADUS_API TransformerEncoderLayerImpl : public Cloneable<TransformerEncoderLayerImpl> {
 public:
  TransformerEncoderLayerImpl(int64_t d_model, int64_t nhead);
  explicit TransformerEncoderLayerImpl(const TransformerEncoderLayerOptions& options);
  void reset() override;
  void reset_parameters();
  /// src [L, B, E]; the masks as in MultiheadAttention.
  Tensor forward(const Tensor& src, const Tensor& src_mask = {},
                 const Tensor& src_key_padding_mask = {});
  GRADUS_FORWARD_HAS_DEFAULT_ARGS({1, AnyValue(Tensor())}, {2, AnyValue(Tensor())})

  TransformerEncoderLayerOptions options;
  MultiheadAttention self_attn = nullptr;
  Linear linear1 = nullptr;
  Dropout dropout = nullptr;
  Linear linear2 = nullptr;
  LayerNorm norm1 = nullptr, norm2 = nullptr;
  Dropout dropout1 = nullptr, dropout2 = nullptr;

 private:
  Tensor attend(const Tensor& x, const Tensor& mask, const Tensor& padding);
  Tensor feed_forward(const Tensor& x);
};
GRADUS_MODULE(TransformerEncoderLayer);

/// Settings of TransformerDecoderLayer.
struct GRADUS_API TransformerDecoderLayerOptions {
  TransformerDecoderLayerOptions(int64_t d_model, int64_t nhead)
      : d_model_(d_model), nhead_(nhead) {}
  /// Features.
  GRADUS_ARG(int64_t, d_model);
  /// Heads of attention.
  GRADUS_ARG(int64_t, nhead);
  /// Features between the two linear maps. Default: 2048
  GRADUS_ARG(int64_t, dim_feedforward) = 2048;
  /// Probability of dropout. Default: 0.1
  GRADUS_ARG(double, dropout) = 0.1;
  /// kReLU, kGELU or a function. Default: kReLU
  GRADUS_ARG(activation_t, activation) = kReLU;
  /// Added to variances. Default: 1e-5
  GRADUS_ARG(double, layer_norm_eps) = 1e-5;
  /// Whether tensors are [B, L, E] instead of [L, B, E]. Default: false
  GRADUS_ARG(bool, batch_first) = false;
  /// Whether is normalized before attention and linear maps, instead of behind the sums. Default:
  /// false
  GRADUS_ARG(bool, norm_first) = false;
};

/// x = norm1(x + dropout1(self_attn(x))); x = norm2(x + dropout2(multihead_attn(x, memory))); x =
/// norm3(x + dropout3(linear2(dropout(activation(linear1(x)))))); with norm_first the norms stand
/// inside the sums. Vaswani et al. 2017.
class GRADUS_API TransformerDecoderLayerImpl : public Cloneable<TransformerDecoderLayerImpl> {
 public:
  TransformerDecoderLayerImpl(int64_t d_model, int64_t nhead);
  explicit TransformerDecoderLayerImpl(const TransformerDecoderLayerOptions& options);
  void reset() override;
  void reset_parameters();
  /// tgt [L, B, E], memory [S, B, E]; the masks as in MultiheadAttention.
  Tensor forward(const Tensor& tgt, const Tensor& memory, const Tensor& tgt_mask = {},
                 const Tensor& memory_mask = {}, const Tensor& tgt_key_padding_mask = {},
                 const Tensor& memory_key_padding_mask = {});
  GRADUS_FORWARD_HAS_DEFAULT_ARGS({2, AnyValue(Tensor())}, {3, AnyValue(Tensor())},
                                  {4, AnyValue(Tensor())}, {5, AnyValue(Tensor())})

  TransformerDecoderLayerOptions options;
  MultiheadAttention self_attn = nullptr, multihead_attn = nullptr;
  Linear linear1 = nullptr;
  Dropout dropout = nullptr;
  Linear linear2 = nullptr;
  LayerNorm norm1 = nullptr, norm2 = nullptr, norm3 = nullptr;
  Dropout dropout1 = nullptr, dropout2 = nullptr, dropout3 = nullptr;

 private:
  Tensor attend(const Tensor& x, const Tensor& mask, const Tensor& padding);
  Tensor attend_memory(const Tensor& x, const Tensor& memory, const Tensor& mask,
                       const Tensor& padding);
  Tensor feed_forward(const Tensor& x);
};
GRADUS_MODULE(TransformerDecoderLayer);

/// Settings of TransformerEncoder.
struct GRADUS_API TransformerEncoderOptions {
  TransformerEncoderOptions(TransformerEncoderLayer encoder_layer, int64_t num_layers);
  TransformerEncoderOptions(const TransformerEncoderLayerOptions& encoder_layer_options,
                            int64_t num_layers);
  /// The layer, of which each layer is a copy.
  GRADUS_ARG(TransformerEncoderLayer, encoder_layer) = nullptr;
  /// Layers.
  GRADUS_ARG(int64_t, num_layers);
  /// What the output goes through at last. Default: nothing
  GRADUS_ARG(AnyModule, norm);
};

/// Layers one after another, and a norm where one is given.
class GRADUS_API TransformerEncoderImpl : public Cloneable<TransformerEncoderImpl> {
 public:
  TransformerEncoderImpl(TransformerEncoderLayer encoder_layer, int64_t num_layers);
  /// @throws ValueError unless num_layers is positive
  explicit TransformerEncoderImpl(TransformerEncoderOptions options);
  void reset() override;
  void reset_parameters();
  Tensor forward(const Tensor& src, const Tensor& src_mask = {},
                 const Tensor& src_key_padding_mask = {});
  GRADUS_FORWARD_HAS_DEFAULT_ARGS({1, AnyValue(Tensor())}, {2, AnyValue(Tensor())})

  TransformerEncoderOptions options;
  ModuleList layers = nullptr;
  AnyModule norm;
};
GRADUS_MODULE(TransformerEncoder);

/// Settings of TransformerDecoder.
struct GRADUS_API TransformerDecoderOptions {
  TransformerDecoderOptions(TransformerDecoderLayer decoder_layer, int64_t num_layers);
  TransformerDecoderOptions(const TransformerDecoderLayerOptions& decoder_layer_options,
                            int64_t num_layers);
  /// The layer, of which each layer is a copy.
  GRADUS_ARG(TransformerDecoderLayer, decoder_layer) = nullptr;
  /// Layers.
  GRADUS_ARG(int64_t, num_layers);
  /// What the output goes through at last. Default: nothing
  GRADUS_ARG(AnyModule, norm);
};

/// Layers one after another, and a norm where one is given.
class GRADUS_API TransformerDecoderImpl : public Cloneable<TransformerDecoderImpl> {
 public:
  TransformerDecoderImpl(TransformerDecoderLayer decoder_layer, int64_t num_layers);
  /// @throws ValueError unless num_layers is positive
  explicit TransformerDecoderImpl(TransformerDecoderOptions options);
  void reset() override;
  void reset_parameters();
  Tensor forward(const Tensor& tgt, const Tensor& memory, const Tensor& tgt_mask = {},
                 const Tensor& memory_mask = {}, const Tensor& tgt_key_padding_mask = {},
                 const Tensor& memory_key_padding_mask = {});
  GRADUS_FORWARD_HAS_DEFAULT_ARGS({2, AnyValue(Tensor())}, {3, AnyValue(Tensor())},
                                  {4, AnyValue(Tensor())}, {5, AnyValue(Tensor())})

  TransformerDecoderOptions options;
  ModuleList layers = nullptr;
  AnyModule norm;
};
GRADUS_MODULE(TransformerDecoder);

/// Settings of Transformer.
struct GRADUS_API TransformerOptions {
  TransformerOptions() = default;
  TransformerOptions(int64_t d_model, int64_t nhead) : d_model_(d_model), nhead_(nhead) {}
  TransformerOptions(int64_t d_model, int64_t nhead, int64_t num_encoder_layers,
                     int64_t num_decoder_layers)
      : d_model_(d_model),
        nhead_(nhead),
        num_encoder_layers_(num_encoder_layers),
        num_decoder_layers_(num_decoder_layers) {}
  /// Features. Default: 512
  GRADUS_ARG(int64_t, d_model) = 512;
  /// Heads of attention. Default: 8
  GRADUS_ARG(int64_t, nhead) = 8;
  /// Layers of the encoder. Default: 6
  GRADUS_ARG(int64_t, num_encoder_layers) = 6;
  /// Layers of the decoder. Default: 6
  GRADUS_ARG(int64_t, num_decoder_layers) = 6;
  /// Features between the two linear maps of a layer. Default: 2048
  GRADUS_ARG(int64_t, dim_feedforward) = 2048;
  /// Probability of dropout. Default: 0.1
  GRADUS_ARG(double, dropout) = 0.1;
  /// kReLU, kGELU or a function. Default: kReLU
  GRADUS_ARG(activation_t, activation) = kReLU;
  /// An encoder of one's own: forward(src, src_mask, src_key_padding_mask).
  GRADUS_ARG(AnyModule, custom_encoder);
  /// A decoder of one's own: forward(tgt, memory, tgt_mask, memory_mask, tgt_key_padding_mask,
  /// memory_key_padding_mask).
  GRADUS_ARG(AnyModule, custom_decoder);
  /// Added to variances. Default: 1e-5
  GRADUS_ARG(double, layer_norm_eps) = 1e-5;
  /// Whether tensors are [B, L, E] instead of [L, B, E]. Default: false
  GRADUS_ARG(bool, batch_first) = false;
  /// See TransformerEncoderLayerOptions. Default: false
  GRADUS_ARG(bool, norm_first) = false;
};

/// decoder(tgt, encoder(src)), both with a LayerNorm at the end; matrices start by Glorot's rule.
/// Vaswani et al. 2017.
class GRADUS_API TransformerImpl : public Cloneable<TransformerImpl> {
 public:
  /// @throws ValueError where nhead does not divide d_model
  explicit TransformerImpl(TransformerOptions options);
  TransformerImpl();
  TransformerImpl(int64_t d_model, int64_t nhead);
  void reset() override;
  void reset_parameters();
  /// src [S, B, E], tgt [T, B, E]: [T, B, E]. The masks as in MultiheadAttention.
  Tensor forward(const Tensor& src, const Tensor& tgt, const Tensor& src_mask = {},
                 const Tensor& tgt_mask = {}, const Tensor& memory_mask = {},
                 const Tensor& src_key_padding_mask = {}, const Tensor& tgt_key_padding_mask = {},
                 const Tensor& memory_key_padding_mask = {});
  GRADUS_FORWARD_HAS_DEFAULT_ARGS({2, AnyValue(Tensor())}, {3, AnyValue(Tensor())},
                                  {4, AnyValue(Tensor())}, {5, AnyValue(Tensor())},
                                  {6, AnyValue(Tensor())}, {7, AnyValue(Tensor())})
  /// [sz, sz]: -infinity above the diagonal, 0 elsewhere: a position sees none behind it.
  static Tensor generate_square_subsequent_mask(int64_t sz);

  TransformerOptions options;
  AnyModule encoder, decoder;
};
GRADUS_MODULE(Transformer);

}  // namespace gradus::nn
