// What modules print and what their state holds: the text and the keys are libtorch's.

#include <array>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <gradus/gradus.h>
#include <gtest/gtest.h>

namespace gradus {
namespace {

using namespace nn;  // NOLINT: a table of modules

std::string text_of(const Module& module) {
  std::ostringstream stream;
  stream << module;
  return stream.str();
}

std::string state_of(const Module& module) {
  std::string text;
  for (const auto& item : module.state_dict())
    text += (text.empty() ? "" : ", ") + fmt::format("{} {}", item.key(), item.value().sizes());
  return text;
}

struct Row {
  Row(std::shared_ptr<Module> module, std::string text, std::string state)
      : module(std::move(module)), text(std::move(text)), state(std::move(state)) {}
  std::shared_ptr<Module> module;
  std::string text;
  std::string state;
};

const char* const kTable = "weight [4], bias [4]";
const char* const kRunning = "running_mean [4], running_var [4], num_batches_tracked []";

// Statements rather than one list: a hundred temporaries of one expression take minutes to compile.
const std::vector<Row>& rows() {
  static const std::vector<Row> table = [] {
    std::vector<Row> list;
    const auto add = [&](const auto& holder, std::string text, std::string state = {}) {
      list.emplace_back(holder.ptr(), std::move(text), std::move(state));
    };
    add(Identity(), "Identity()");
    add(Linear(4, 2), "Linear(in_features=4, out_features=2, bias=true)",
        "weight [2, 4], bias [2]");
    add(Linear(LinearOptions(4, 2).bias(false)),
        "Linear(in_features=4, out_features=2, bias=false)", "weight [2, 4]");
    add(Bilinear(2, 3, 4), "Bilinear(in1_features=2, in2_features=3, out_features=4, bias=true)",
        "weight [4, 2, 3], bias [4]");
    add(Flatten(), "Flatten(start_dim=1, end_dim=-1)");
    add(Unflatten(1, std::vector<int64_t>{2, 3}), "Unflatten(dim=1, unflattened_size={2, 3})");
    add(PixelShuffle(2), "PixelShuffle(upscale_factor=2)");
    add(PixelUnshuffle(3), "PixelUnshuffle(downscale_factor=3)");
    add(ChannelShuffle(2), "ChannelShuffle(groups=2)");
    add(ReflectionPad1d(2), "ReflectionPad1d(padding=[2, 2])");
    add(ReflectionPad2d(std::array<int64_t, 4>{1, 2, 3, 4}),
        "ReflectionPad2d(padding=[1, 2, 3, 4])");
    add(ReplicationPad3d(1), "ReplicationPad3d(padding=[1, 1, 1, 1, 1, 1])");
    add(CircularPad1d(1), "CircularPad1d(padding=[1, 1])");
    add(ZeroPad2d(2), "ZeroPad2d(padding=[2, 2, 2, 2])");
    add(ConstantPad1d(std::array<int64_t, 2>{1, 2}, 3.5),
        "ConstantPad1d(padding=[1, 2], value=3.5)");
    add(ConstantPad3d(1, 2), "ConstantPad3d(padding=[1, 1, 1, 1, 1, 1], value=2)");
    add(BatchNorm1d(4),
        "BatchNorm1d(4, eps=1e-05, momentum=0.1, affine=true, track_running_stats=true)",
        std::string(kTable) + ", " + kRunning);
    add(BatchNorm2d(BatchNorm2dOptions(4).momentum(std::nullopt).affine(false)),
        "BatchNorm2d(4, eps=1e-05, momentum=None, affine=false, track_running_stats=true)",
        kRunning);
    add(SyncBatchNorm(4),
        "SyncBatchNorm(4, eps=1e-05, momentum=0.1, affine=true, track_running_stats=true)",
        std::string(kTable) + ", " + kRunning);
    add(InstanceNorm1d(4),
        "InstanceNorm1d(4, eps=1e-05, momentum=0.1, affine=false, track_running_stats=false)");
    add(InstanceNorm2d(InstanceNorm2dOptions(4).affine(true).track_running_stats(true)),
        "InstanceNorm2d(4, eps=1e-05, momentum=0.1, affine=true, track_running_stats=true)",
        std::string(kTable) + ", " + kRunning);
    add(LayerNorm(std::vector<int64_t>{2, 3}),
        "LayerNorm([2, 3], eps=1e-05, elementwise_affine=true)", "weight [2, 3], bias [2, 3]");
    add(GroupNorm(2, 4), "GroupNorm(2, 4, eps=1e-05, affine=true)", kTable);
    add(RMSNorm(std::vector<int64_t>{3}), "RMSNorm([3], eps=None, elementwise_affine=true)",
        "weight [3]");
    add(LocalResponseNorm(2), "LocalResponseNorm(2, alpha=0.0001, beta=0.75, k=1)");
    add(CrossMapLRN2d(3), "CrossMapLRN2d(3, alpha=0.0001, beta=0.75, k=1)");
    add(Dropout(), "Dropout(p=0.5, inplace=false)");
    add(Dropout1d(0.25), "Dropout1d(p=0.25, inplace=false)");
    add(Dropout2d(0.25), "Dropout2d(p=0.25, inplace=false)");
    add(Dropout3d(Dropout3dOptions(0.2).inplace(true)), "Dropout3d(p=0.2, inplace=true)");
    add(AlphaDropout(), "AlphaDropout(p=0.5, inplace=false)");
    add(FeatureAlphaDropout(0.1), "FeatureAlphaDropout(p=0.1, inplace=false)");
    add(ELU(), "ELU(alpha=1)");
    add(SELU(), "SELU()");
    add(SELU(SELUOptions().inplace(true)), "SELU(inplace=true)");
    add(CELU(), "CELU(alpha=1)");
    add(GELU(), "GELU()");
    add(GLU(), "GLU(dim=-1)");
    add(SiLU(), "SiLU()");
    add(Mish(), "Mish()");
    add(Hardshrink(), "Hardshrink(0.5)");
    add(Hardtanh(), "Hardtanh(min_val=-1, max_val=1)");
    add(Hardtanh(HardtanhOptions().inplace(true)), "Hardtanh(min_val=-1, max_val=1, inplace=true)");
    add(LeakyReLU(), "LeakyReLU(negative_slope=0.01)");
    add(LogSigmoid(), "LogSigmoid()");
    add(PReLU(), "PReLU(num_parameters=1)", "weight [1]");
    add(ReLU(), "ReLU()");
    add(ReLU(true), "ReLU(inplace=true)");
    add(ReLU6(), "ReLU6()");
    add(RReLU(), "RReLU(lower=0.125, upper=0.333333)");
    add(RReLU(RReLUOptions().inplace(true)), "RReLU(lower=0.125, upper=0.333333, inplace=true)");
    add(Sigmoid(), "Sigmoid()");
    add(Softmax(1), "Softmax(dim=1)");
    add(Softmax2d(), "Softmax2d()");
    add(Softmin(1), "Softmin(dim=1)");
    add(LogSoftmax(1), "LogSoftmax(dim=1)");
    add(Softplus(), "Softplus(beta=1, threshold=20)");
    add(Softshrink(), "Softshrink(0.5)");
    add(Softsign(), "Softsign()");
    add(Tanh(), "Tanh()");
    add(Tanhshrink(), "Tanhshrink()");
    add(Threshold(0.1, 20), "Threshold(threshold=0.1, value=20)");
    add(Threshold(ThresholdOptions(1, 2).inplace(true)),
        "Threshold(threshold=1, value=2, inplace=true)");
    add(Embedding(5, 3), "Embedding(num_embeddings=5, embedding_dim=3)", "weight [5, 3]");
    add(Embedding(EmbeddingOptions(5, 3)
                      .padding_idx(1)
                      .max_norm(2)
                      .norm_type(1)
                      .scale_grad_by_freq(true)
                      .sparse(true)),
        "Embedding(num_embeddings=5, embedding_dim=3, padding_idx=1, max_norm=2, norm_type=1, "
        "scale_grad_by_freq=true, sparse=true)",
        "weight [5, 3]");
    add(EmbeddingBag(5, 3), "EmbeddingBag(num_embeddings=5, embedding_dim=3)", "weight [5, 3]");
    add(EmbeddingBag(EmbeddingBagOptions(5, 3)
                         .mode(kSum)
                         .max_norm(2)
                         .norm_type(3)
                         .scale_grad_by_freq(true)
                         .sparse(true)
                         .include_last_offset(true)
                         .padding_idx(2)),
        "EmbeddingBag(num_embeddings=5, embedding_dim=3, max_norm=2, norm_type=3, "
        "scale_grad_by_freq=true, sparse=true, mode=kSum, include_last_offset=true, padding_idx=2)",
        "weight [5, 3]");
    add(CosineSimilarity(), "CosineSimilarity(dim=1, eps=1e-08)");
    add(PairwiseDistance(PairwiseDistanceOptions().p(1).keepdim(true)),
        "PairwiseDistance(p=1, eps=1e-06, keepdim=true)");
    add(L1Loss(), "L1Loss()");
    add(MSELoss(), "MSELoss()");
    add(CrossEntropyLoss(), "CrossEntropyLoss()");
    add(CrossEntropyLoss(CrossEntropyLossOptions().weight(ones({3}))), "CrossEntropyLoss()",
        "weight [3]");
    add(NLLLoss(NLLLossOptions().weight(ones({3}))), "NLLLoss()", "weight [3]");
    add(PoissonNLLLoss(), "PoissonNLLLoss()");
    add(KLDivLoss(), "KLDivLoss()");
    add(BCELoss(BCELossOptions().weight(ones({3}))), "BCELoss()", "weight [3]");
    add(BCEWithLogitsLoss(BCEWithLogitsLossOptions().weight(ones({3})).pos_weight(ones({2}))),
        "BCEWithLogitsLoss()", "weight [3], pos_weight [2]");
    add(MarginRankingLoss(), "MarginRankingLoss()");
    add(HingeEmbeddingLoss(), "HingeEmbeddingLoss(margin=1)");
    add(MultiLabelMarginLoss(), "MultiLabelMarginLoss()");
    add(MultiLabelSoftMarginLoss(), "MultiLabelSoftMarginLoss()");
    add(MultiMarginLoss(),
        "MultiMarginLoss(p=1, margin=1, weight=[ Tensor (undefined) ], reduction=kMean)");
    add(SmoothL1Loss(), "SmoothL1Loss");
    add(HuberLoss(), "HuberLoss");
    add(SoftMarginLoss(), "SoftMarginLoss()");
    add(CosineEmbeddingLoss(), "CosineEmbeddingLoss(margin=0)");
    add(TripletMarginLoss(), "TripletMarginLoss(margin=1, p=2, eps=1e-06, swap=false)");
    add(TripletMarginWithDistanceLoss(), "TripletMarginWithDistanceLoss(margin=1, swap=false)");
    add(MaxPool2d(2),
        "MaxPool2d(kernel_size=[2, 2], stride=[2, 2], padding=[0, 0], dilation=[1, 1], "
        "ceil_mode=false)");
    add(AvgPool2d(2), "AvgPool2d(kernel_size=[2, 2], stride=[2, 2], padding=[0, 0])");
    add(AdaptiveAvgPool2d(3), "AdaptiveAvgPool2d(output_size=[3, 3])");
    add(Conv2d(1, 2, 3), "Conv2d(1, 2, kernel_size=[3, 3], stride=[1, 1])",
        "weight [2, 1, 3, 3], bias [2]");
    add(Functional(relu), "Functional()");
    add(ParameterList(ones({2})),
        "ParameterList(\n(0): Parameter containing: [Float of size [2]]\n)", "0 [2]");
    return list;
  }();
  return table;
}

TEST(Printing, EveryModulePrintsLibtorchsText) {
  for (const Row& row : rows()) EXPECT_EQ(text_of(*row.module), "gradus::nn::" + row.text);
}

TEST(Printing, EveryModuleHasLibtorchsState) {
  for (const Row& row : rows()) EXPECT_EQ(state_of(*row.module), row.state) << row.text;
}

TEST(Printing, ContainersPrintWhatTheyHold) {
  EXPECT_EQ(text_of(*Sequential(Linear(1, 2), ReLU())),
            "gradus::nn::Sequential(\n"
            "  (0): gradus::nn::Linear(in_features=1, out_features=2, bias=true)\n"
            "  (1): gradus::nn::ReLU()\n"
            ")");
  ModuleDict dict;
  dict->insert("a", ModuleList(ReLU()));
  EXPECT_EQ(text_of(*dict),
            "gradus::nn::ModuleDict(\n"
            "  (a): gradus::nn::ModuleList(\n"
            "    (0): gradus::nn::ReLU()\n"
            "  )\n"
            ")");
  ParameterDict parameters;
  parameters->insert("x", ones({2, 3}));
  EXPECT_EQ(text_of(*parameters),
            "gradus::nn::ParameterDict(\n(x): Parameter containing: [Float of size [2, 3]]\n)");
  EXPECT_EQ(text_of(*AdaptiveLogSoftmaxWithLoss(16, 10, std::vector<int64_t>{4})),
            "gradus::nn::AdaptiveLogSoftmaxWithLoss(\n"
            "  (head): gradus::nn::Linear(in_features=16, out_features=5, bias=false)\n"
            "  (tail): gradus::nn::ModuleList(\n"
            "    (0): gradus::nn::Sequential(\n"
            "      (0): gradus::nn::Linear(in_features=16, out_features=4, bias=false)\n"
            "      (1): gradus::nn::Linear(in_features=4, out_features=6, bias=false)\n"
            "    )\n"
            "  )\n"
            ")");
}

// A clone has the same text and state, shares nothing, and keeps the mode.
TEST(Printing, EveryModuleClones) {
  for (const Row& row : rows()) {
    row.module->eval();
    const std::shared_ptr<Module> copy = row.module->clone();
    row.module->train();
    EXPECT_FALSE(copy->is_training()) << row.text;
    EXPECT_EQ(text_of(*copy), text_of(*row.module));
    const StateDict before = row.module->state_dict(), after = copy->state_dict();
    EXPECT_EQ(after.keys(), before.keys()) << row.text;
    for (const auto& item : before) {
      EXPECT_TRUE(after[item.key()].equal(item.value())) << row.text << " " << item.key();
      EXPECT_NE(after[item.key()].data_ptr(), item.value().data_ptr()) << row.text;
    }
    // The clone's own members are those that are registered.
    copy->to(kDouble);
    for (const auto& item : row.module->named_parameters())
      EXPECT_EQ(item.value().dtype(), kFloat) << row.text;
  }
}

TEST(Printing, StateLoadsIntoAFreshModule) {
  for (const Row& row : rows()) {
    const std::shared_ptr<Module> copy = row.module->clone();
    {
      NoGradGuard no_grad;
      for (auto& item : copy->state_dict()) Tensor(item.value()).add_(1);
    }
    copy->load_state_dict(row.module->state_dict());
    for (const auto& item : row.module->state_dict())
      EXPECT_TRUE(copy->state_dict()[item.key()].equal(item.value())) << row.text;
  }
}

struct Named : Module {
  Named() : Module("Named") { register_module("part", ReLU()); }
  std::string extra_repr() const override { return "size=3"; }
};

TEST(Printing, ExtraReprStandsInBrackets) {
  EXPECT_EQ(text_of(*std::make_shared<Named>()), "Named(size=3)(\n  (part): gradus::nn::ReLU()\n)");
}

struct Unnamed : Module {};

// As gradus/torch.h asks for.
TEST(Printing, OfANamespaceThatIsChosen) {
  set_printed_namespace("torch");
  const std::string layer = text_of(*Sequential(ReLU()).ptr()), unnamed = Unnamed().name();
  set_printed_namespace("gradus");
  EXPECT_EQ(layer, "torch::nn::Sequential(\n  (0): torch::nn::ReLU()\n)");
  EXPECT_EQ(unnamed, "torch::(anonymous namespace)::Unnamed");
  EXPECT_EQ(Unnamed().name(), "gradus::(anonymous namespace)::Unnamed");
}

}  // namespace
}  // namespace gradus
