// nn::utils::summary: what it counts, and that it leaves the model as it was.

#include <sstream>
#include <string>
#include <tuple>
#include <vector>

#include <gradus/gradus.h>
#include <gtest/gtest.h>

namespace gradus {
namespace {

using nn::utils::ModelSummary;
using nn::utils::summary;

const ModelSummary::Row& row_of(const ModelSummary& result, const std::string& name) {
  for (const auto& row : result.rows) {
    if (row.name == name) return row;
  }
  throw Error("no row " + name);
}

std::string text_of(const ModelSummary& result) {
  std::ostringstream stream;
  stream << result;
  return stream.str();
}

TEST(Summary, OfASequential) {
  nn::Sequential net(nn::Conv2d(nn::Conv2dOptions(3, 8, 3).padding(1).groups(1)),
                     nn::BatchNorm2d(8), nn::ReLU(nn::ReLUOptions(true)), nn::Flatten(),
                     nn::LazyLinear(10));
  const ModelSummary result = summary(net, ones({2, 3, 4, 4}));
  ASSERT_EQ(result.rows.size(), 6);
  EXPECT_EQ(result.rows[0].type, "Sequential");
  EXPECT_EQ(result.rows[0].depth, 0);
  EXPECT_EQ(result.rows[1].name, "0");
  EXPECT_EQ(result.rows[1].type, "Conv2d");
  EXPECT_EQ(result.rows[1].depth, 1);
  EXPECT_EQ(result.rows[1].output_sizes, (std::vector<std::vector<int64_t>>{{2, 8, 4, 4}}));
  EXPECT_EQ(result.rows[1].parameters, 3 * 8 * 9 + 8);
  EXPECT_EQ(result.rows[1].multiply_adds, 256 * 27);
  EXPECT_EQ(result.rows[1].output_bytes, 256 * 4);
  EXPECT_EQ(result.rows[2].multiply_adds, 256);
  EXPECT_EQ(result.rows[2].parameters, 16);
  EXPECT_EQ(result.rows[3].output_bytes, 0);  // in place
  EXPECT_EQ(result.rows[5].type, "Linear");
  EXPECT_EQ(result.rows[5].multiply_adds, 2 * 128 * 10);
  EXPECT_EQ(result.total_parameters, 224 + 16 + 1290);
  EXPECT_EQ(result.trainable_parameters, result.total_parameters);
  EXPECT_EQ(result.multiply_adds, 256 * 27 + 256 + 2560);
  EXPECT_EQ(result.parameter_bytes, 4 * (1530 + 16) + 8);  // running statistics, their count
}

TEST(Summary, Prints) {
  nn::Sequential net(nn::Linear(1000, 20), nn::ReLU());
  EXPECT_EQ(text_of(summary(net, ones({2, 1000}))),
            "layer        output   parameters  multiply-adds  output memory\n"
            "--------------------------------------------------------------\n"
            "Sequential   [2, 20]           -              -              -\n"
            "  0: Linear  [2, 20]      20,020         40,000          160 B\n"
            "  1: ReLU    [2, 20]           -              -          160 B\n"
            "--------------------------------------------------------------\n"
            "parameters: 20,020, of which 20,020 are trained (78.2 KiB with buffers)\n"
            "multiply-adds: 40,000\n"
            "memory of outputs: 320 B\n");
}

TEST(Summary, MultiplyAddsByLayer) {
  const auto count = [](auto module, const auto&... inputs) {
    return summary(module, inputs...).multiply_adds;
  };
  const Tensor x = ones({2, 4, 5});
  EXPECT_EQ(count(nn::Linear(5, 3), x), 8 * 5 * 3);
  EXPECT_EQ(count(nn::Bilinear(5, 5, 3), x, x), 8 * 25 * 3);
  EXPECT_EQ(count(nn::Conv1d(nn::Conv1dOptions(4, 6, 3).groups(2)), x), 2 * 6 * 3 * 2 * 3);
  EXPECT_EQ(count(nn::Conv3d(1, 2, 2), ones({1, 3, 3, 3})), 2 * 8 * 8);
  EXPECT_EQ(count(nn::ConvTranspose1d(nn::ConvTranspose1dOptions(4, 6, 3).groups(2)), x),
            2 * 4 * 5 * 3 * 3);
  EXPECT_EQ(count(nn::ConvTranspose2d(1, 2, 3), ones({1, 1, 4, 4})), 16 * 2 * 9);
  EXPECT_EQ(count(nn::RNN(5, 3), x), 8 * 3 * (5 + 3));
  EXPECT_EQ(count(nn::GRU(nn::GRUOptions(5, 3).bidirectional(true)), x), 8 * 2 * 9 * (5 + 3));
  EXPECT_EQ(count(nn::LSTM(nn::LSTMOptions(5, 3).proj_size(2)), x), 8 * (12 * (5 + 2) + 3 * 2));
  EXPECT_EQ(count(nn::LSTM(nn::LSTMOptions(5, 3).num_layers(2)), x), 8 * 12 * (5 + 3 + 3 + 3));
  EXPECT_EQ(count(nn::LSTMCell(5, 3), ones({2, 5})), 2 * 12 * (5 + 3));
  EXPECT_EQ(count(nn::Embedding(7, 3), ones({2, 4}, kLong)), 0);
  EXPECT_EQ(count(nn::LayerNorm(std::vector<int64_t>{5}), x), 40);
  EXPECT_EQ(count(nn::GroupNorm(2, 4), x), 40);
  // 3 targets, 7 sources, 2 samples, 4 features: projections, then scores and values.
  const Tensor q = ones({3, 2, 4}), k = ones({7, 2, 4});
  const int64_t projections = 2 * 16 * (3 + 7 + 7 + 3), products = 2 * (2 * 3 * 7 * 4);
  EXPECT_EQ(count(nn::MultiheadAttention(4, 2), q, k, k), projections + products);
  EXPECT_EQ(count(nn::MultiheadAttention(nn::MultiheadAttentionOptions(4, 2).batch_first(true)),
                  q.transpose(0, 1), k.transpose(0, 1), k.transpose(0, 1)),
            projections + products);
  EXPECT_EQ(count(nn::MultiheadAttention(4, 2), ones({3, 4}), ones({7, 4}), ones({7, 4})),
            (projections + products) / 2);
}

struct SharedImpl : nn::Module {
  SharedImpl() {
    block = register_module("block", nn::Linear(4, 4));
    again = register_module("again", block);
    tied = register_module("tied", nn::Linear(nn::LinearOptions(4, 4).bias(false)));
    tied->weight = tied->unregister_parameter("weight");
    tied->weight = tied->register_parameter("weight", block->weight);
    unused = register_module("unused", nn::Linear(2, 2));
    unused->weight.requires_grad_(false);
  }
  Tensor forward(const Tensor& x, const Tensor& y) { return tied(again(block(x))) + y; }
  nn::Linear block{nullptr}, again{nullptr}, tied{nullptr}, unused{nullptr};
};
GRADUS_MODULE(Shared);

TEST(Summary, SharedModulesCountOnce) {
  Shared model;
  const ModelSummary result = summary(model, ones({1, 4}), ones({1, 4}));
  EXPECT_EQ(row_of(result, "block").calls, 2);
  EXPECT_EQ(row_of(result, "block").multiply_adds, 32);
  EXPECT_EQ(row_of(result, "block").parameters, 20);
  EXPECT_TRUE(row_of(result, "again").repeated);
  EXPECT_EQ(row_of(result, "tied").parameters, 0);
  EXPECT_EQ(row_of(result, "tied").multiply_adds, 16);
  EXPECT_EQ(row_of(result, "unused").calls, 0);
  EXPECT_EQ(result.rows[0].type, "Shared");
  EXPECT_EQ(result.rows[0].output_bytes, 16);
  EXPECT_EQ(result.total_parameters, 26);
  EXPECT_EQ(result.trainable_parameters, 22);
  EXPECT_EQ(result.multiply_adds, 48);
  EXPECT_EQ(result.forward_bytes, 16 * 4);
  const std::string text = text_of(result);
  EXPECT_NE(text.find("2 x [1, 4]"), std::string::npos) << text;
  EXPECT_NE(text.find("(see above)"), std::string::npos) << text;
  EXPECT_NE(text.find("(not called): "), std::string::npos) << text;
}

TEST(Summary, TakesACallable) {
  Shared model;
  SharedImpl on_the_stack;
  const auto run = [&] { model(ones({3, 4}), ones({3, 4})); };
  EXPECT_EQ(summary(model, run).multiply_adds, 3 * 48);
  EXPECT_EQ(summary(*model, run).multiply_adds, 3 * 48);
  EXPECT_EQ(summary(on_the_stack, ones({1, 4}), ones({1, 4})).multiply_adds, 48);
  EXPECT_THROW(summary(model, ones({1, 4})), Error);  // forward takes two inputs
}

struct CountingImpl : nn::Module {
  CountingImpl() {
    register_buffer("count", zeros({}));
    norm = register_module("norm", nn::BatchNorm1d(3));
    dropout = register_module("dropout", nn::Dropout(0.5));
    dropout->eval();
  }
  Tensor forward(const Tensor& x) {
    named_buffers()["count"].add_(1);
    rand({5});
    if (x.size(0) == 0) throw Error("empty");
    return dropout(norm(x));
  }
  nn::BatchNorm1d norm{nullptr};
  nn::Dropout dropout{nullptr};
};
GRADUS_MODULE(Counting);

TEST(Summary, LeavesTheModelAsItWas) {
  Counting model;
  int own_calls = 0;
  model->norm->register_forward_hook(
      [&](nn::Module&, const std::vector<Tensor>&, const Tensor&) { ++own_calls; });
  manual_seed(3);
  const Tensor expected = rand({4});
  manual_seed(3);
  const auto check = [&] {
    EXPECT_TRUE(model->is_training() && model->norm->is_training());
    EXPECT_FALSE(model->dropout->is_training());
    EXPECT_FALSE(model->has_hooks() || model->dropout->has_hooks());
    EXPECT_TRUE(model->norm->has_hooks());
    EXPECT_EQ(model->named_buffers()["count"].item<double>(), 0);
    EXPECT_EQ(model->norm->num_batches_tracked.item<int64_t>(), 0);
    EXPECT_TRUE(GradMode::is_enabled());
  };
  summary(model, ones({2, 3}));
  check();
  EXPECT_EQ(own_calls, 1);
  EXPECT_THROW(summary(model, ones({0, 3})), Error);
  check();
  EXPECT_TRUE(rand({4}).equal(expected));
}

TEST(Summary, OfATransformer) {
  nn::Transformer model(nn::TransformerOptions(8, 2).dim_feedforward(16));
  const ModelSummary result = summary(model, ones({5, 1, 8}), ones({3, 1, 8}));
  int64_t parameters = 0;
  for (const Tensor& parameter : model->parameters()) parameters += parameter.numel();
  EXPECT_EQ(result.total_parameters, parameters);
  for (const auto& row : result.rows) {
    const bool container = row.type == "ModuleList" || row.name == "out_proj";
    EXPECT_EQ(row.calls, container ? 0 : 1) << row.name << " " << row.type;
  }
}

}  // namespace
}  // namespace gradus
