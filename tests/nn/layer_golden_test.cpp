// Layers and losses against what PyTorch computed: outputs, gradients, buffers, in float64 and
// float32. See tests/goldens/generate_layers.py.

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gradus/gradus.h>
#include <gtest/gtest.h>

#include "tests/goldens.h"

namespace gradus {
namespace {

namespace F = nn::functional;

using Inputs = std::vector<Tensor>;

struct Case {
  std::string name;
  std::shared_ptr<nn::Module> module;  // null for a function
  std::function<Tensor(const Inputs&)> forward;
};

template <class Holder>
Tensor call(Holder module, const Inputs& x) {
  if constexpr (requires { module->forward(x[0], x[1], x[2]); }) {
    if (x.size() == 3) return module(x[0], x[1], x[2]);
  }
  if constexpr (requires { module->forward(x[0], x[1]); }) {
    if (x.size() == 2) return module(x[0], x[1]);
  }
  if constexpr (requires { module->forward(x[0]); }) {
    if (x.size() == 1) return module(x[0]);
  }
  throw Error("the module does not take this number of inputs");
}

class Cases {
 public:
  template <class Holder>
  void add(std::string name, Holder module) {
    cases_.push_back(
        {std::move(name), module.ptr(), [module](const Inputs& x) { return call(module, x); }});
  }
  template <class Holder>
  void add_eval(std::string name, Holder module) {
    module->eval();
    add(std::move(name), module);
  }
  void add(std::string name, std::shared_ptr<nn::Module> module,
           std::function<Tensor(const Inputs&)> f) {
    cases_.push_back({std::move(name), std::move(module), std::move(f)});
  }
  void add_function(std::string name, std::function<Tensor(const Inputs&)> f) {
    cases_.push_back({std::move(name), nullptr, std::move(f)});
  }
  std::vector<Case> take() { return std::move(cases_); }

 private:
  std::vector<Case> cases_;
};

void add_shapes(Cases& cases) {
  cases.add("linear", nn::Linear(4, 3));
  cases.add("bilinear", nn::Bilinear(3, 4, 2));
  cases.add("unflatten", nn::Unflatten(1, std::vector<int64_t>{2, 3}));
  cases.add("pixel_shuffle", nn::PixelShuffle(2));
  cases.add("pixel_unshuffle", nn::PixelUnshuffle(2));
  cases.add("channel_shuffle", nn::ChannelShuffle(3));
  cases.add("cosine_similarity", nn::CosineSimilarity());
  cases.add("pairwise_distance",
            nn::PairwiseDistance(nn::PairwiseDistanceOptions().p(1.5).keepdim(true)));
  cases.add_function("pdist", [](const Inputs& x) { return F::pdist(x[0]); });
}

void add_pads(Cases& cases) {
  const std::array<int64_t, 2> one{2, 1};
  const std::array<int64_t, 4> two{2, 1, 1, 2};
  const std::array<int64_t, 6> three{2, 1, 1, 2, 0, 1};
  cases.add("ReflectionPad1d", nn::ReflectionPad1d(one));
  cases.add("ReflectionPad2d", nn::ReflectionPad2d(two));
  cases.add("ReflectionPad3d", nn::ReflectionPad3d(three));
  cases.add("ReplicationPad1d", nn::ReplicationPad1d(one));
  cases.add("ReplicationPad2d", nn::ReplicationPad2d(two));
  cases.add("ReplicationPad3d", nn::ReplicationPad3d(three));
  cases.add("CircularPad1d", nn::CircularPad1d(one));
  cases.add("CircularPad2d", nn::CircularPad2d(two));
  cases.add("CircularPad3d", nn::CircularPad3d(three));
  cases.add("ZeroPad1d", nn::ZeroPad1d(one));
  cases.add("ZeroPad2d", nn::ZeroPad2d(two));
  cases.add("ZeroPad3d", nn::ZeroPad3d(three));
  cases.add("ConstantPad1d", nn::ConstantPad1d(one, 1.5));
  cases.add("ConstantPad2d", nn::ConstantPad2d(two, 1.5));
  cases.add("ConstantPad3d", nn::ConstantPad3d(three, 1.5));
  const auto negative = [&](const char* name, F::PadFuncOptions::mode_t mode) {
    cases.add_function(std::string("pad_") + name + "_negative", [mode](const Inputs& x) {
      return F::pad(x[0], F::PadFuncOptions({2, -1, -1, 1}).mode(mode));
    });
  };
  negative("constant", kConstant);
  negative("reflect", kReflect);
  negative("replicate", kReplicate);
  negative("circular", kCircular);
}

void add_norms(Cases& cases) {
  using InstanceOptions = nn::InstanceNormOptions;
  cases.add("batch_norm1d", nn::BatchNorm1d(3));
  cases.add("batch_norm2d_average",
            nn::BatchNorm2d(nn::BatchNorm2dOptions(2).momentum(std::nullopt)));
  cases.add_eval("batch_norm3d_eval", nn::BatchNorm3d(nn::BatchNorm3dOptions(2).affine(false)));
  cases.add("sync_batch_norm", nn::SyncBatchNorm(2));
  cases.add("instance_norm1d", nn::InstanceNorm1d(3));
  cases.add("instance_norm1d_unbatched", nn::InstanceNorm1d(InstanceOptions(3).affine(true)));
  cases.add("instance_norm2d",
            nn::InstanceNorm2d(InstanceOptions(2).affine(true).track_running_stats(true)));
  cases.add_eval("instance_norm3d_eval",
                 nn::InstanceNorm3d(InstanceOptions(2).affine(true).track_running_stats(true)));
  cases.add("layer_norm", nn::LayerNorm(std::vector<int64_t>{3, 2}));
  cases.add("group_norm", nn::GroupNorm(nn::GroupNormOptions(2, 4).eps(1e-3)));
  cases.add("rms_norm", nn::RMSNorm(nn::RMSNormOptions({3, 2}).eps(1e-4)));
  cases.add("rms_norm_default", nn::RMSNorm(nn::RMSNormOptions({4}).elementwise_affine(false)));
  using Response = nn::LocalResponseNormOptions;
  cases.add("local_response_norm", nn::LocalResponseNorm(Response(3).alpha(0.5).k(2)));
  cases.add("local_response_norm_even", nn::LocalResponseNorm(Response(4).alpha(0.5).beta(1.5)));
  cases.add("local_response_norm_wide", nn::LocalResponseNorm(Response(9).alpha(0.5)));
  cases.add_function("normalize", [](const Inputs& x) {
    return F::normalize(x[0], F::NormalizeFuncOptions().p(3).dim(-1));
  });
}

void add_activations(Cases& cases) {
  cases.add("ELU", nn::ELU(nn::ELUOptions().alpha(0.7)));
  cases.add("SELU", nn::SELU());
  cases.add("CELU", nn::CELU(nn::CELUOptions().alpha(0.5)));
  cases.add("GELU", nn::GELU());
  cases.add("GELU_tanh", nn::GELU(nn::GELUOptions().approximate("tanh")));
  cases.add("GLU", nn::GLU());
  cases.add("SiLU", nn::SiLU());
  cases.add("Mish", nn::Mish());
  cases.add("Hardshrink", nn::Hardshrink(0.4));
  cases.add("Hardtanh", nn::Hardtanh(nn::HardtanhOptions().min_val(-0.6).max_val(0.8)));
  cases.add("LeakyReLU", nn::LeakyReLU(0.2));
  cases.add("LogSigmoid", nn::LogSigmoid());
  cases.add("ReLU", nn::ReLU());
  cases.add("ReLU6", nn::ReLU6());
  cases.add("Sigmoid", nn::Sigmoid());
  cases.add("Softmax", nn::Softmax(1));
  cases.add("Softmin", nn::Softmin(1));
  cases.add("LogSoftmax", nn::LogSoftmax(1));
  cases.add("Softplus", nn::Softplus(nn::SoftplusOptions().beta(2).threshold(1.5)));
  cases.add("Softshrink", nn::Softshrink(0.4));
  cases.add("Softsign", nn::Softsign());
  cases.add("Tanh", nn::Tanh());
  cases.add("Tanhshrink", nn::Tanhshrink());
  cases.add("Threshold", nn::Threshold(0.1, 0.5));
  cases.add("Hardswish", nn::Hardswish());
  cases.add("Hardsigmoid", nn::Hardsigmoid());
  cases.add("Softmax2d", nn::Softmax2d());
  cases.add("PReLU", nn::PReLU());
  cases.add("PReLU_channels", nn::PReLU(nn::PReLUOptions().num_parameters(3).init(0.3)));
  cases.add_eval("RReLU_eval", nn::RReLU(nn::RReLUOptions().lower(0.1).upper(0.4)));
}

void add_embeddings(Cases& cases) {
  cases.add("embedding",
            nn::Embedding(nn::EmbeddingOptions(5, 3).padding_idx(-1).scale_grad_by_freq(true)));
  cases.add("embedding_max_norm",
            nn::Embedding(nn::EmbeddingOptions(5, 3).max_norm(1.0).norm_type(1.5)));
  const auto bags = [&](const std::string& name, nn::EmbeddingBagMode mode) {
    const auto options = [&] { return nn::EmbeddingBagOptions(5, 3).mode(mode); };
    cases.add("embedding_bag_" + name, nn::EmbeddingBag(options()));
    cases.add("embedding_bag_" + name + "_padding",
              nn::EmbeddingBag(options().padding_idx(1).include_last_offset(true)));
    cases.add("embedding_bag_" + name + "_rows", nn::EmbeddingBag(options()));
  };
  bags("sum", kSum);
  bags("mean", kMean);
  bags("max", kMax);
  cases.add("embedding_bag_weights", nn::EmbeddingBag(nn::EmbeddingBagOptions(5, 3).mode(kSum)));
  cases.add("embedding_bag_freq",
            nn::EmbeddingBag(nn::EmbeddingBagOptions(5, 3).scale_grad_by_freq(true)));
}

void add_losses(Cases& cases) {
  const Tensor weight = tensor({0.5, 1.0, 2.0, 1.5}, kDouble);
  const Tensor first = weight.narrow(0, 0, 3), last = weight.narrow(0, 1, 3);
  using CrossEntropy = nn::CrossEntropyLossOptions;
  cases.add("cross_entropy", nn::CrossEntropyLoss());
  cases.add(
      "cross_entropy_weight",
      nn::CrossEntropyLoss(CrossEntropy().weight(weight).label_smoothing(0.25).ignore_index(1)));
  cases.add(
      "cross_entropy_none",
      nn::CrossEntropyLoss(CrossEntropy().weight(weight).reduction(kNone).label_smoothing(0.25)));
  cases.add("cross_entropy_sum",
            nn::CrossEntropyLoss(CrossEntropy().reduction(kSum).ignore_index(0)));
  cases.add("cross_entropy_probabilities",
            nn::CrossEntropyLoss(CrossEntropy().weight(weight).label_smoothing(0.25)));
  cases.add("nll", nn::NLLLoss(nn::NLLLossOptions().weight(weight).ignore_index(3)));
  const auto of = [&](const std::string& r, nn::LossReduction reduction,
                      nn::KLDivLossReduction kl_reduction) {
    const auto with = [&](auto options) { return options.reduction(reduction); };
    cases.add("l1_" + r, nn::L1Loss(with(nn::L1LossOptions())));
    cases.add("mse_" + r, nn::MSELoss(with(nn::MSELossOptions())));
    cases.add("smooth_l1_" + r, nn::SmoothL1Loss(with(nn::SmoothL1LossOptions().beta(0.5))));
    cases.add("huber_" + r, nn::HuberLoss(with(nn::HuberLossOptions().delta(0.5))));
    cases.add("bce_" + r, nn::BCELoss(with(nn::BCELossOptions().weight(first))));
    cases.add(
        "bce_logits_" + r,
        nn::BCEWithLogitsLoss(with(nn::BCEWithLogitsLossOptions().weight(first).pos_weight(last))));
    cases.add("poisson_" + r, nn::PoissonNLLLoss(with(nn::PoissonNLLLossOptions().full(true))));
    cases.add("poisson_rate_" + r,
              nn::PoissonNLLLoss(with(nn::PoissonNLLLossOptions().log_input(false).eps(0.125))));
    cases.add("gaussian_" + r,
              nn::GaussianNLLLoss(with(nn::GaussianNLLLossOptions().full(true).eps(0.25))));
    cases.add("kl_div_" + r, nn::KLDivLoss(nn::KLDivLossOptions().reduction(kl_reduction)));
    cases.add("margin_ranking_" + r,
              nn::MarginRankingLoss(with(nn::MarginRankingLossOptions().margin(0.3))));
    cases.add("hinge_embedding_" + r,
              nn::HingeEmbeddingLoss(with(nn::HingeEmbeddingLossOptions().margin(0.7))));
    cases.add("soft_margin_" + r, nn::SoftMarginLoss(with(nn::SoftMarginLossOptions())));
    cases.add("multilabel_margin_" + r,
              nn::MultiLabelMarginLoss(with(nn::MultiLabelMarginLossOptions())));
    cases.add(
        "multilabel_soft_margin_" + r,
        nn::MultiLabelSoftMarginLoss(with(nn::MultiLabelSoftMarginLossOptions().weight(first))));
    cases.add(
        "multi_margin_" + r,
        nn::MultiMarginLoss(with(nn::MultiMarginLossOptions().p(2).margin(0.7).weight(weight))));
    cases.add("multi_margin_1_" + r, nn::MultiMarginLoss(with(nn::MultiMarginLossOptions())));
    cases.add("cosine_embedding_" + r,
              nn::CosineEmbeddingLoss(with(nn::CosineEmbeddingLossOptions().margin(-0.25))));
    cases.add(
        "triplet_" + r,
        nn::TripletMarginLoss(with(nn::TripletMarginLossOptions().margin(1.5).p(3).swap(true))));
    const auto manhattan = [](const Tensor& a, const Tensor& b) { return (a - b).abs().sum(-1); };
    cases.add("triplet_distance_" + r,
              nn::TripletMarginWithDistanceLoss(
                  with(nn::TripletMarginWithDistanceLossOptions().margin(1.5).distance_function(
                      nn::TripletMarginWithDistanceLossOptions::distance_function_t(manhattan)))));
  };
  of("none", kNone, kNone);
  of("mean", kMean, kMean);
  of("sum", kSum, kSum);
  cases.add("kl_div_batch",
            nn::KLDivLoss(nn::KLDivLossOptions().reduction(kBatchMean).log_target(true)));
  const auto adaptive = [](bool bias) {
    return nn::AdaptiveLogSoftmaxWithLoss(
        nn::AdaptiveLogSoftmaxWithLossOptions(8, 10, {4, 6}).div_value(2.0).head_bias(bias));
  };
  nn::AdaptiveLogSoftmaxWithLoss with_loss = adaptive(true), all = adaptive(false);
  cases.add("adaptive", with_loss.ptr(),
            [=](const Inputs& x) mutable { return with_loss(x[0], x[1]).output; });
  cases.add("adaptive_log_prob", all.ptr(),
            [=](const Inputs& x) mutable { return all->log_prob(x[0]); });
}

std::vector<Case> all_cases() {
  Cases cases;
  add_shapes(cases);
  add_pads(cases);
  add_norms(cases);
  add_activations(cases);
  add_embeddings(cases);
  add_losses(cases);
  return cases.take();
}

class LayerGolden : public testing::TestWithParam<ScalarType> {
 protected:
  void check(const Case& c) {
    const std::string prefix = c.name + "/";
    const auto find = [&](const std::string& key) { return tensors_.find(prefix + key); };
    const auto typed = [&](const Tensor& x) {
      return x.is_floating_point() ? x.to(GetParam()) : x;
    };
    ASSERT_NE(find("y"), nullptr) << "no such golden";
    // PyTorch's backward of hardsigmoid multiplies by 1/6 as a float.
    double_tolerance_ = c.name == "Hardsigmoid" ? 1e-7 : 1e-12;
    if (c.module != nullptr) {
      StateDict state;
      for (const auto& item : tensors_) {
        const std::string start = prefix + "state.";
        if (item.key().rfind(start, 0) == 0)
          state.insert(item.key().substr(start.size()), item.value());
      }
      c.module->to(GetParam());
      c.module->load_state_dict(state);
    }
    Inputs x;
    while (const Tensor* input = find("x" + std::to_string(x.size()))) {
      Tensor copy = typed(input->clone());
      if (find("dx" + std::to_string(x.size())) != nullptr) copy.requires_grad_();
      x.push_back(copy);
    }
    const Tensor y = c.forward(x);
    EXPECT_TRUE(close(y, typed(*find("y")))) << "output";
    y.backward(typed(*find("dy")));
    for (size_t i = 0; i < x.size(); ++i) {
      if (const Tensor* dx = find("dx" + std::to_string(i))) {
        EXPECT_TRUE(close(x[i].grad(), typed(*dx))) << "gradient of input " << i;
      }
    }
    if (c.module == nullptr) return;
    for (const auto& item : c.module->named_parameters()) {
      const Tensor* dp = find("dp." + item.key());
      ASSERT_NE(dp, nullptr) << item.key();
      EXPECT_TRUE(close(item.value().grad(), typed(*dp))) << "gradient of " << item.key();
    }
    for (const auto& item : c.module->state_dict()) {
      if (const Tensor* after = find("after." + item.key())) {
        EXPECT_TRUE(close(item.value(), typed(*after))) << item.key() << " afterwards";
      }
    }
  }

  testing::AssertionResult close(const Tensor& actual, const Tensor& expected) const {
    const double tolerance = GetParam() == kDouble ? double_tolerance_ : 1e-5;
    const double largest =
        expected.numel() == 0 ? 0 : expected.to(kDouble).abs().max().item<double>();
    return goldens::close(actual, expected, tolerance, tolerance * (largest + 0.01));
  }

  double double_tolerance_ = 1e-12;
  decltype(goldens::load("")) tensors_ = goldens::load("layers");
};

TEST_P(LayerGolden, OutputsGradientsAndBuffersEqualPyTorch) {
  for (const Case& c : all_cases()) {
    SCOPED_TRACE(c.name);
    try {
      check(c);
    } catch (const Error& error) {
      ADD_FAILURE() << error.what();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Dtypes, LayerGolden, testing::Values(kDouble, kFloat),
                         [](const auto& info) { return fmt::format("{}", info.param); });

}  // namespace
}  // namespace gradus
