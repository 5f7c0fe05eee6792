#include "tests/goldens.h"
#include "tests/nn/layers_golden.h"

namespace gradus::test {

namespace {

using Tensors = std::vector<Tensor>;
namespace F = nn::functional;

LayerCase function(std::string name, std::function<Tensor(const Tensors&)> f) {
  return {std::move(name), nullptr, [f](const Tensors& x) { return Tensors{f(x)}; }};
}

Tensors both(const std::tuple<Tensor, Tensor>& x) {
  return {std::get<0>(x), std::get<1>(x)};
}

}  // namespace

std::vector<LayerCase> attention_cases() {
  const auto attend = [](nn::MultiheadAttentionImpl& m, const Tensors& x) {
    return both(m.forward(x[0], x[1], x[2]));
  };
  const auto two = [](auto& m, const Tensors& x) { return Tensors{m.forward(x[0], x[1])}; };
  const auto encoder_options = [] {
    return nn::TransformerEncoderLayerOptions(4, 2).dropout(0).dim_feedforward(6);
  };
  const auto decoder_options = [] {
    return nn::TransformerDecoderLayerOptions(4, 2).dropout(0).dim_feedforward(6);
  };
  return {
      function("sdpa",
               [](const Tensors& x) { return scaled_dot_product_attention(x[0], x[1], x[2]); }),
      function(
          "sdpa_mask",
          [](const Tensors& x) { return scaled_dot_product_attention(x[0], x[1], x[2], x[3]); }),
      function("sdpa_bias",
               [](const Tensors& x) {
                 return scaled_dot_product_attention(x[0], x[1], x[2], x[3], 0, false, 0.7);
               }),
      function("sdpa_causal",
               [](const Tensors& x) {
                 return scaled_dot_product_attention(x[0], x[1], x[2], {}, 0, true);
               }),
      layer_case("mha", nn::MultiheadAttention(4, 2), attend),
      layer_case(
          "mha_sizes",
          nn::MultiheadAttention(nn::MultiheadAttentionOptions(4, 2).kdim(3).vdim(5).bias(false)),
          attend),
      layer_case("mha_extras",
                 nn::MultiheadAttention(
                     nn::MultiheadAttentionOptions(4, 2).add_bias_kv(true).add_zero_attn(true)),
                 [](nn::MultiheadAttentionImpl& m, const Tensors& x) {
                   const auto file = goldens::load("layers");
                   return both(m.forward(x[0], x[1], x[2], file["mha_extras/padding"], true,
                                         file["mha_extras/mask"],
                                         /*average_attn_weights=*/false));
                 }),
      layer_case("mha_no_weights", nn::MultiheadAttention(4, 2),
                 [](nn::MultiheadAttentionImpl& m, const Tensors& x) {
                   return Tensors{
                       std::get<0>(m.forward(x[0], x[0], x[0], {}, /*need_weights=*/false))};
                 }),
      layer_case("encoder_layer", nn::TransformerEncoderLayer(encoder_options())),
      layer_case("encoder_layer_first",
                 nn::TransformerEncoderLayer(encoder_options().activation(kGELU).norm_first(true))),
      layer_case("decoder_layer", nn::TransformerDecoderLayer(decoder_options()), two),
      layer_case("decoder_layer_first",
                 nn::TransformerDecoderLayer(decoder_options().norm_first(true)), two),
      layer_case("encoder", nn::TransformerEncoder(
                                nn::TransformerEncoderOptions(encoder_options(), 2)
                                    .norm(nn::AnyModule(nn::LayerNorm(std::vector<int64_t>{4}))))),
      layer_case("decoder",
                 nn::TransformerDecoder(nn::TransformerDecoderOptions(decoder_options(), 2)), two),
      layer_case("transformer",
                 nn::Transformer(nn::TransformerOptions(4, 2, 1, 1).dim_feedforward(6).dropout(0)),
                 [](nn::TransformerImpl& m, const Tensors& x) {
                   return Tensors{m.forward(x[0], x[1], {}, m.generate_square_subsequent_mask(3))};
                 }),
  };
}

std::vector<LayerCase> ctc_cases() {
  const auto ctc = [](std::string name, const Tensor& steps, const Tensor& lengths,
                      const nn::CTCLossOptions& options) {
    return function(std::move(name), [=](const Tensors& x) {
      return nn::CTCLoss(options)(x[0], x[1], steps, lengths);
    });
  };
  const Tensor steps = tensor({6, 5, 6}), lengths = tensor({3, 2, 0});
  const nn::CTCLossOptions options;
  return {ctc("ctc_none", steps, lengths, nn::CTCLossOptions().reduction(kNone)),
          ctc("ctc_mean", steps, lengths, options),
          ctc("ctc_sum", steps, lengths, nn::CTCLossOptions().reduction(kSum)),
          ctc("ctc_flat", steps, lengths, options),
          ctc("ctc_blank", steps, lengths, nn::CTCLossOptions().reduction(kSum).blank(0)),
          ctc("ctc_impossible", tensor({2, 5, 6}), tensor({3, 2, 1}),
              nn::CTCLossOptions().reduction(kNone).zero_infinity(true)),
          ctc("ctc_unbatched", tensor(6), tensor(3), options)};
}

}  // namespace gradus::test
