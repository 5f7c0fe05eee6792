// One layer of each family, forward and backward with the gradients of input and parameters.

#include "api.h"
#include "steps.h"

namespace steps {
namespace {

namespace nn = torch::nn;
namespace F = torch::nn::functional;
using torch::Tensor;

Tensor leaf(torch::IntArrayRef sizes) {
  return torch::randn(sizes).requires_grad_(true);
}

Tensor indices(int64_t below, torch::IntArrayRef sizes) {
  return torch::randint(0, below, sizes, torch::kLong);
}

// A step of y = forward() towards dy; the leaves' gradients are dropped before.
template <class Forward>
std::function<void()> backward_of(std::vector<Tensor> leaves, Forward forward) {
  const Tensor dy = torch::randn_like(forward().detach());
  return [leaves = std::move(leaves), forward = std::move(forward), dy]() mutable {
    for (Tensor& x : leaves) x.mutable_grad() = Tensor();
    forward().backward(dy);
  };
}

// The same for a module of one input.
template <class Module>
std::function<void()> layer(Module module, torch::IntArrayRef sizes) {
  const Tensor x = leaf(sizes);
  std::vector<Tensor> leaves = module->parameters();
  leaves.push_back(x);
  return backward_of(std::move(leaves), [module, x]() mutable { return module->forward(x); });
}

// A recurrent net, of which the states are left alone.
template <class Module>
std::function<void()> recurrent(Module module) {
  const Tensor x = leaf({64, 32, 64});
  std::vector<Tensor> leaves = module->parameters();
  leaves.push_back(x);
  return backward_of(std::move(leaves),
                     [module, x]() mutable { return std::get<0>(module->forward(x)); });
}

// A loss of x and a target.
template <class Loss>
std::function<void()> loss(Tensor x, const Tensor& target, Loss loss) {
  return backward_of({x}, [=]() mutable { return loss(x, target); });
}

void add_convolutions(Workloads& list) {
  list.push_back({.name = "layer_linear", .make = [] {
                    return layer(nn::Linear(256, 256), {512, 256});
                  }});
  list.push_back(
      {.name = "layer_conv1d", .make = [] {
         return layer(nn::Conv1d(nn::Conv1dOptions(32, 64, 5).padding(2)), {16, 32, 512});
       }});
  list.push_back({.name = "layer_conv2d_dilated", .make = [] {
                    return layer(nn::Conv2d(nn::Conv2dOptions(32, 32, 3).padding(2).dilation(2)),
                                 {8, 32, 32, 32});
                  }});
  list.push_back({.name = "layer_conv2d_groups", .make = [] {
                    return layer(nn::Conv2d(nn::Conv2dOptions(64, 64, 3).padding(1).groups(4)),
                                 {8, 64, 32, 32});
                  }});
  list.push_back(
      {.name = "layer_conv3d", .make = [] {
         return layer(nn::Conv3d(nn::Conv3dOptions(16, 32, 3).padding(1)), {2, 16, 16, 16, 16});
       }});
  list.push_back({.name = "layer_conv_transpose2d", .make = [] {
                    return layer(nn::ConvTranspose2d(
                                     nn::ConvTranspose2dOptions(64, 32, 4).stride(2).padding(1)),
                                 {16, 64, 14, 14});
                  }});
}

void add_pooling(Workloads& list) {
  list.push_back({.name = "layer_avg_pool2d", .make = [] {
                    return layer(nn::AvgPool2d(2), {32, 32, 28, 28});
                  }});
  list.push_back({.name = "layer_max_pool2d_3x3", .make = [] {
                    return layer(nn::MaxPool2d(nn::MaxPool2dOptions(3).stride(2).padding(1)),
                                 {16, 64, 28, 28});
                  }});
  list.push_back({.name = "layer_adaptive_avg_pool2d", .make = [] {
                    return layer(nn::AdaptiveAvgPool2d(1), {32, 64, 14, 14});
                  }});
  list.push_back({.name = "layer_max_pool1d", .make = [] {
                    return layer(nn::MaxPool1d(2), {32, 32, 512});
                  }});
}

void add_normalization(Workloads& list) {
  list.push_back({.name = "layer_batch_norm1d", .make = [] {
                    return layer(nn::BatchNorm1d(256), {512, 256});
                  }});
  list.push_back({.name = "layer_group_norm", .make = [] {
                    return layer(nn::GroupNorm(8, 64), {16, 64, 28, 28});
                  }});
  list.push_back({.name = "layer_instance_norm", .make = [] {
                    return layer(nn::InstanceNorm2d(nn::InstanceNorm2dOptions(32).affine(true)),
                                 {16, 32, 28, 28});
                  }});
}

void add_activations(Workloads& list) {
  const auto add = [&list](const char* name, auto module) {
    list.push_back({.name = name, .make = [module] { return layer(module, {512, 1024}); }});
  };
  add("layer_relu", nn::ReLU());
  add("layer_gelu", nn::GELU());
  add("layer_silu", nn::SiLU());
  add("layer_elu", nn::ELU());
  add("layer_leaky_relu", nn::LeakyReLU());
  add("layer_softplus", nn::Softplus());
  add("layer_mish", nn::Mish());
  add("layer_sigmoid", nn::Sigmoid());
  add("layer_hardtanh", nn::Hardtanh());
  add("layer_log_softmax", nn::LogSoftmax(1));
  add("layer_prelu", nn::PReLU());
  add("layer_dropout", nn::Dropout(0.5));
}

void add_recurrent(Workloads& list) {
  list.push_back({.name = "layer_lstm", .make = [] { return recurrent(nn::LSTM(64, 128)); }});
  list.push_back({.name = "layer_lstm_bidirectional", .make = [] {
                    return recurrent(
                        nn::LSTM(nn::LSTMOptions(64, 64).num_layers(2).bidirectional(true)));
                  }});
  list.push_back({.name = "layer_gru", .make = [] { return recurrent(nn::GRU(64, 128)); }});
  list.push_back({.name = "layer_rnn", .make = [] { return recurrent(nn::RNN(64, 128)); }});
}

void add_attention(Workloads& list) {
  list.push_back({.name = "layer_multihead_attention", .make = [] {
                    nn::MultiheadAttention attention(128, 4);
                    const Tensor x = leaf({128, 16, 128});
                    std::vector<Tensor> leaves = attention->parameters();
                    leaves.push_back(x);
                    return backward_of(std::move(leaves), [=]() mutable {
                      return std::get<0>(attention->forward(x, x, x));
                    });
                  }});
  list.push_back({.name = "layer_transformer_encoder", .make = [] {
                    return layer(
                        nn::TransformerEncoderLayer(
                            nn::TransformerEncoderLayerOptions(128, 4).dim_feedforward(512)),
                        {128, 16, 128});
                  }});
}

void add_embedding(Workloads& list) {
  list.push_back({.name = "layer_embedding", .make = [] {
                    nn::Embedding embedding(10000, 128);
                    const Tensor index = indices(10000, {64, 128});
                    return backward_of(embedding->parameters(),
                                       [=]() mutable { return embedding->forward(index); });
                  }});
  list.push_back({.name = "layer_embedding_bag", .make = [] {
                    nn::EmbeddingBag embedding(10000, 128);
                    const Tensor index = indices(10000, {64, 128});
                    return backward_of(embedding->parameters(),
                                       [=]() mutable { return embedding->forward(index); });
                  }});
}

void add_vision(Workloads& list) {
  list.push_back({.name = "layer_upsample_nearest", .make = [] {
                    return layer(nn::Upsample(nn::UpsampleOptions()
                                                  .scale_factor(std::vector<double>{2, 2})
                                                  .mode(torch::kNearest)),
                                 {8, 32, 28, 28});
                  }});
  list.push_back({.name = "layer_upsample_bilinear", .make = [] {
                    return layer(nn::Upsample(nn::UpsampleOptions()
                                                  .scale_factor(std::vector<double>{2, 2})
                                                  .mode(torch::kBilinear)
                                                  .align_corners(false)),
                                 {8, 32, 28, 28});
                  }});
  list.push_back({.name = "layer_grid_sample", .make = [] {
                    const Tensor x = leaf({8, 16, 32, 32});
                    const Tensor grid = (torch::rand({8, 32, 32, 2}) * 2 - 1).requires_grad_(true);
                    return backward_of({x, grid}, [=] {
                      return F::grid_sample(x, grid,
                                            F::GridSampleFuncOptions().align_corners(false));
                    });
                  }});
  list.push_back({.name = "layer_pixel_shuffle", .make = [] {
                    return layer(nn::PixelShuffle(2), {8, 64, 28, 28});
                  }});
  list.push_back({.name = "layer_unfold", .make = [] {
                    return layer(nn::Unfold(nn::UnfoldOptions(3).padding(1)), {8, 16, 28, 28});
                  }});
  list.push_back(
      {.name = "layer_fold", .make = [] {
         return layer(nn::Fold(nn::FoldOptions({28, 28}, 3).padding(1)), {8, 16 * 9, 28 * 28});
       }});
  list.push_back(
      {.name = "layer_reflection_pad", .make = [] {
         return layer(nn::ReflectionPad2d(nn::ReflectionPad2dOptions(2)), {16, 32, 28, 28});
       }});
}

void add_losses(Workloads& list) {
  list.push_back({.name = "layer_mse_loss", .make = [] {
                    return loss(leaf({512, 1024}), torch::randn({512, 1024}),
                                [](auto& x, auto& y) { return F::mse_loss(x, y); });
                  }});
  list.push_back({.name = "layer_smooth_l1_loss", .make = [] {
                    return loss(leaf({512, 1024}), torch::randn({512, 1024}),
                                [](auto& x, auto& y) { return F::smooth_l1_loss(x, y); });
                  }});
  list.push_back({.name = "layer_bce_with_logits", .make = [] {
                    return loss(leaf({512, 1024}), torch::rand({512, 1024}), [](auto& x, auto& y) {
                      return F::binary_cross_entropy_with_logits(x, y);
                    });
                  }});
  list.push_back({.name = "layer_nll_loss_2d", .make = [] {
                    return loss(leaf({8, 21, 64, 64}), indices(21, {8, 64, 64}),
                                [](auto& x, auto& y) { return F::cross_entropy(x, y); });
                  }});
  list.push_back({.name = "layer_kl_div", .make = [] {
                    return loss(leaf({512, 1024}), torch::rand({512, 1024}), [](auto& x, auto& y) {
                      return F::kl_div(x, y, F::KLDivFuncOptions().reduction(torch::kBatchMean));
                    });
                  }});
  list.push_back({.name = "layer_ctc_loss", .make = [] {
                    const Tensor x = leaf({100, 16, 32});
                    const Tensor target = indices(31, {16, 20}) + 1;
                    const Tensor input_lengths = torch::full({16}, 100, torch::kLong);
                    const Tensor target_lengths = torch::full({16}, 20, torch::kLong);
                    return backward_of({x}, [=] {
                      return F::ctc_loss(torch::log_softmax(x, 2), target, input_lengths,
                                         target_lengths);
                    });
                  }});
}

}  // namespace

void add_layers(Workloads& list) {
  add_convolutions(list);
  add_pooling(list);
  add_normalization(list);
  add_activations(list);
  add_recurrent(list);
  add_attention(list);
  add_embedding(list);
  add_vision(list);
  add_losses(list);
}

}  // namespace steps
