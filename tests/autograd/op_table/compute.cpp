#include "tests/autograd/op_table/op_info.h"

namespace gradus::test {

using Errors = std::vector<std::function<void()>>;

void add_matrix_ops(std::vector<OpInfo>& table) {
  const auto two = [](IntArrayRef a, IntArrayRef b) {
    return std::vector<Tensor>{values(a, -2, 2, 1), values(b, -2, 2, 2)};
  };
  const std::vector<Sample> matrices = {
      {"contiguous", two({2, 3}, {3, 4})},
      {"transposed", {values({3, 2}, -2, 2, 1).t(), values({4, 3}, -2, 2, 2).t()}},
      {"row and column", two({1, 3}, {3, 1})},
      {"nothing in between", two({2, 0}, {0, 4})},
      {"no rows", two({0, 3}, {3, 4})},
      {"every second column",
       {values({2, 6}, -2, 2, 1).slice(1, 0, 6, 2), values({3, 4}, -2, 2, 2)}},
  };
  table.push_back({"mm",
                   of_two([](const Tensor& a, const Tensor& b) { return mm(a, b); }),
                   matrices,
                   {[] {
                      mm(ones({2, 3}), ones({2, 3}));
                    },
                    [] {
                      mm(ones({2}), ones({2, 3}));
                    },
                    [] {
                      mm(ones({2, 3}), ones({3, 4}).to(kLong));
                    },
                    [] {
                      mm(ones({2, 3}).to(kBool), ones({3, 2}).to(kBool));
                    },
                    [] {
                      mm(ones({1, 2, 3}), ones({3, 4}));
                    }},
                   2});
  std::vector<Sample> any_rank = matrices;
  any_rank.push_back({"vectors", two({3}, {3})});
  any_rank.push_back({"vector and matrix", two({3}, {3, 2})});
  any_rank.push_back({"matrix and vector", two({2, 3}, {3})});
  any_rank.push_back({"batch and matrix", two({2, 2, 3}, {3, 2})});
  any_rank.push_back({"batches", two({2, 1, 2, 3}, {3, 3, 1})});
  any_rank.push_back({"vector and batch", two({3}, {2, 3, 2})});
  table.push_back({"matmul",
                   of_two([](const Tensor& a, const Tensor& b) { return matmul(a, b); }),
                   any_rank,
                   {[] {
                      matmul(ones({2, 3}), ones({2, 3}));
                    },
                    [] { matmul(ones({}), ones({2})); }, [] { matmul(ones({2}), ones({3})); },
                    [] {
                      matmul(ones({2, 2, 3}), ones({3, 3, 2}));
                    },
                    [] {
                      matmul(ones({2, 3}), ones({3, 4}).to(kDouble));
                    }},
                   2});
  const std::vector<Sample> batches = {
      {"contiguous", two({2, 2, 3}, {2, 3, 2})},
      {"transposed", {values({2, 3, 2}, -2, 2, 1).transpose(1, 2), values({2, 3, 2}, -2, 2, 2)}},
      {"no batch", two({0, 2, 3}, {0, 3, 2})},
      {"expanded", {values({1, 2, 3}).expand({2, 2, 3}).clone(), values({2, 3, 2}, -2, 2, 2)}}};
  table.push_back({"bmm",
                   of_two([](const Tensor& a, const Tensor& b) { return bmm(a, b); }),
                   batches,
                   {[] {
                      bmm(ones({2, 3}), ones({3, 2}));
                    },
                    [] {
                      bmm(ones({2, 2, 3}), ones({3, 3, 2}));
                    },
                    [] {
                      bmm(ones({2, 2, 3}), ones({2, 2, 3}));
                    }},
                   2});
  table.push_back({"mv",
                   of_two([](const Tensor& a, const Tensor& b) { return mv(a, b); }),
                   {{"", two({2, 3}, {3})}, {"empty", two({2, 0}, {0})}},
                   {[] {
                      mv(ones({2, 3}), ones({2}));
                    },
                    [] { mv(ones({2}), ones({2})); }},
                   2});
  table.push_back({"dot",
                   of_two([](const Tensor& a, const Tensor& b) { return dot(a, b); }),
                   {{"", two({3}, {3})}, {"empty", two({0}, {0})}},
                   {[] { dot(ones({2}), ones({3})); },
                    [] {
                      dot(ones({2, 1}), ones({2}));
                    }},
                   2});
  table.push_back({"outer",
                   of_two([](const Tensor& a, const Tensor& b) { return outer(a, b); }),
                   {{"", two({2}, {3})}, {"empty", two({0}, {3})}},
                   {[] {
                     outer(ones({2, 1}), ones({2}));
                   }},
                   2});
  const auto addmm_inputs = [&](IntArrayRef input) {
    return std::vector<Tensor>{values(input, -2, 2, 3), values({2, 3}, -2, 2, 1),
                               values({3, 4}, -2, 2, 2)};
  };
  table.push_back(
      {"addmm",
       [](const std::vector<Tensor>& x) {
         return std::vector<Tensor>{addmm(x[0], x[1], x[2], 0.5, 2)};
       },
       {{"matrix", addmm_inputs({2, 4})}, {"row", addmm_inputs({4})}, {"number", addmm_inputs({})}},
       {[] {
          addmm(ones({3}), ones({2, 3}), ones({3, 4}));
        },
        [] {
          addmm(ones({4}), ones({2, 3}), ones({2, 4}));
        }},
       3});
  const auto linear_inputs = [&](IntArrayRef x) {
    return std::vector<Tensor>{values(x, -2, 2, 1), values({2, 3}, -2, 2, 2),
                               values({2}, -2, 2, 3)};
  };
  table.push_back(
      {"linear",
       [](const std::vector<Tensor>& x) { return std::vector<Tensor>{linear(x[0], x[1], x[2])}; },
       {{"matrix", linear_inputs({4, 3})},
        {"vector", linear_inputs({3})},
        {"batch", linear_inputs({2, 2, 3})},
        {"no rows", linear_inputs({0, 3})},
        {"transposed", {values({3, 4}).t(), values({3, 2}, -2, 2, 2).t(), values({2}, -2, 2, 3)}}},
       {[] {
          linear(ones({2, 4}), ones({2, 3}));
        },
        [] {
          linear(ones({2, 3}), ones({2, 3}), ones({3}));
        },
        [] {
          linear(ones({}), ones({2, 3}));
        },
        [] {
          linear(ones({2, 3}), ones({1, 2, 3}));
        },
        [] {
          linear(ones({2, 3}), ones({2, 3}).to(kDouble));
        }},
       2});
}

void add_image_ops(std::vector<OpInfo>& table) {
  const auto conv_inputs = [](IntArrayRef x, IntArrayRef w) {
    return std::vector<Tensor>{values(x, -2, 2, 1), values(w, -2, 2, 2), values({w[0]}, -2, 2, 3)};
  };
  const auto conv_row = [&](auto op, std::vector<Sample> samples, Errors errors = {}) {
    table.push_back({"conv2d",
                     [op](const std::vector<Tensor>& x) { return std::vector<Tensor>{op(x)}; },
                     std::move(samples), std::move(errors), 2});
  };
  conv_row([](const std::vector<Tensor>& x) { return conv2d(x[0], x[1], x[2]); },
           {{"plain", conv_inputs({2, 2, 3, 4}, {2, 2, 2, 2})},
            {"one image", conv_inputs({2, 3, 4}, {1, 2, 2, 2})},
            {"no batch", conv_inputs({0, 2, 3, 4}, {2, 2, 2, 2})},
            {"1x1", conv_inputs({1, 3, 2, 2}, {2, 3, 1, 1})},
            {"channels-last",
             {values({1, 2, 3, 3}).contiguous(MemoryFormat::ChannelsLast),
              values({2, 2, 2, 2}, -2, 2, 2), values({2}, -2, 2, 3)}}},
           {[] {
              conv2d(ones({1, 3, 4, 4}), ones({2, 2, 3, 3}));
            },
            [] {
              conv2d(ones({4, 4}), ones({2, 2, 3, 3}));
            },
            [] {
              conv2d(ones({1, 2, 4, 4}), ones({2, 2, 3, 3}), ones({3}));
            },
            [] {
              conv2d(ones({1, 2, 2, 2}), ones({2, 2, 3, 3}));
            },
            [] {
              conv2d(ones({1, 2, 4, 4}), ones({2, 2, 3, 3}), {}, 0);
            },
            [] {
              conv2d(ones({1, 2, 4, 4}), ones({2, 2, 3, 3}), {}, 1, -1);
            },
            [] {
              conv2d(ones({1, 2, 4, 4}), ones({2, 2, 3, 3}), {}, 1, 0, 0);
            },
            [] {
              conv2d(ones({1, 2, 4, 4}), ones({2, 2, 3, 3}), {}, 1, 0, 1, 0);
            },
            [] {
              conv2d(ones({1, 4, 4, 4}), ones({3, 2, 3, 3}), {}, 1, 0, 1, 2);
            },
            [] {
              conv2d(ones({1, 2, 4, 4}).to(kLong), ones({2, 2, 3, 3}).to(kLong));
            },
            [] {
              conv2d(ones({1, 2, 4, 4}), ones({2, 2, 3, 3}), {}, {1, 1, 1});
            }});
  conv_row(
      [](const std::vector<Tensor>& x) {
        return conv2d(x[0], x[1], x[2], {2, 1}, {1, 2}, {1, 2});
      },
      {{"stride, padding, dilation", conv_inputs({1, 2, 4, 4}, {2, 2, 2, 2})}});
  conv_row([](const std::vector<Tensor>& x) { return conv2d(x[0], x[1], x[2], 1, 1, 1, 2); },
           {{"groups", conv_inputs({1, 4, 3, 3}, {4, 2, 2, 2})},
            {"depthwise", conv_inputs({1, 2, 3, 3}, {2, 1, 3, 3})}});
  table.push_back({"conv1d",
                   [](const std::vector<Tensor>& x) {
                     return std::vector<Tensor>{conv1d(x[0], x[1], x[2], 2, 1)};
                   },
                   {{"", conv_inputs({2, 2, 5}, {3, 2, 2})}},
                   {[] {
                     conv1d(ones({1, 3, 4}), ones({2, 2, 3}));
                   }},
                   2});
  table.push_back({"conv3d",
                   [](const std::vector<Tensor>& x) {
                     return std::vector<Tensor>{conv3d(x[0], x[1], x[2], 1, 1)};
                   },
                   {{"", conv_inputs({1, 1, 2, 2, 2}, {1, 1, 2, 2, 2})}},
                   {[] {
                     conv3d(ones({1, 3, 4}), ones({2, 2, 3, 3, 3}));
                   }},
                   2});

  const std::vector<Sample> images = {
      {"row-major", {values({2, 2, 4, 5}, -2, 2, 1)}},
      {"channels-last", {values({1, 3, 4, 5}, -2, 2, 2).contiguous(MemoryFormat::ChannelsLast)}},
      {"one image", {values({2, 5, 4}, -2, 2, 3)}},
      {"transposed", {values({1, 2, 5, 4}, -2, 2, 4).transpose(2, 3)}},
      {"no batch", {values({0, 2, 4, 5}, -2, 2, 5)}},
  };
  table.push_back({"max_pool2d",
                   of_one([](const Tensor& x) { return max_pool2d(x, 2); }),
                   images,
                   {[] {
                      max_pool2d(ones({2, 2}), 2);
                    },
                    [] {
                      max_pool2d(ones({1, 1, 4, 4}), 0);
                    },
                    [] {
                      max_pool2d(ones({1, 1, 4, 4}), 2, 0);
                    },
                    [] {
                      max_pool2d(ones({1, 1, 4, 4}), 2, 2, 2);
                    },
                    [] {
                      max_pool2d(ones({1, 1, 4, 4}), 5);
                    },
                    [] {
                      max_pool2d(ones({1, 1, 4, 4}), INT64_MAX);
                    },
                    [] {
                      max_pool2d(ones({1, 1, 4, 4}), 2, 1, 0, INT64_MAX);
                    },
                    [] {
                      max_pool2d(ones({1, 1, 4, 4}).to(kLong), 2);
                    },
                    [] {
                      max_pool2d(ones({1, 1, 4, 4}), IntArrayRef());
                    }}});
  table.push_back({"max_pool2d", of_one([](const Tensor& x) {
                     return max_pool2d(x, 3, 2, 1, 1, /*ceil_mode=*/true);
                   }),
                   images});
  table.push_back({"avg_pool2d",
                   of_one([](const Tensor& x) {
                     return avg_pool2d(x, {3, 2}, 2, 1, true, false);
                   }),
                   images,
                   {[] {
                      avg_pool2d(ones({1, 1, 4, 4}), 2, 2, 2);
                    },
                    [] {
                      avg_pool2d(ones({1, 1, 4, 4}), 2, 1, 0, false, true, 0);
                    },
                    [] {
                      avg_pool2d(ones({2, 2}), 2);
                    }}});
  table.push_back({"avg_pool2d", of_one([](const Tensor& x) { return avg_pool2d(x, 2); }), images});
  table.push_back({"adaptive_avg_pool2d",
                   of_one([](const Tensor& x) {
                     return adaptive_avg_pool2d(x, {3, 2});
                   }),
                   images,
                   {[] {
                      adaptive_avg_pool2d(ones({1, 1, 4, 4}), -1);
                    },
                    [] {
                      adaptive_avg_pool2d(ones({2, 2}), 1);
                    },
                    [] {
                      adaptive_avg_pool2d(ones({1, 1, 4, 4}), {INT64_MAX, INT64_MAX});
                    }}});
}

void add_norms_and_losses(std::vector<OpInfo>& table) {
  const auto affine = [](Tensor x, int64_t features) {
    return std::vector<Tensor>{std::move(x), values({features}, 0.5, 2, 2),
                               values({features}, -2, 2, 3)};
  };
  table.push_back(
      {"batch_norm",
       [](const std::vector<Tensor>& x) {
         return std::vector<Tensor>{
             batch_norm(x[0], x[1], x[2], Tensor(), Tensor(), true, 0.1, 1e-3)};
       },
       {{"matrix", affine(values({4, 2}), 2)},
        {"images", affine(values({2, 2, 2, 2}), 2)},
        {"channels-last", affine(values({2, 2, 2, 2}).contiguous(MemoryFormat::ChannelsLast), 2)}},
       {[] {
          batch_norm(ones({1, 2}), {}, {}, {}, {}, true, 0.1, 1e-5);
        },
        [] {
          batch_norm(ones({2, 2}), ones({3}), {}, {}, {}, true, 0.1, 1e-5);
        },
        [] {
          batch_norm(ones({2, 2}), {}, {}, ones({1}), ones({1}), true, 0.1, 1e-5);
        },
        [] {
          batch_norm(ones({2, 2}), {}, {}, {}, {}, false, 0.1, 1e-5);
        },
        [] { batch_norm(ones({2}), {}, {}, {}, {}, true, 0.1, 1e-5); }}});
  table.push_back(
      {"batch_norm",
       [](const std::vector<Tensor>& x) {
         const Tensor mean = values({2}, -1, 1, 8), var = values({2}, 0.5, 2, 9);
         return std::vector<Tensor>{batch_norm(x[0], x[1], x[2], mean, var, false, 0.1, 1e-3)};
       },
       {{"matrix", affine(values({4, 2}), 2)}, {"images", affine(values({2, 2, 2, 2}), 2)}}});
  table.push_back({"layer_norm",
                   [](const std::vector<Tensor>& x) {
                     return std::vector<Tensor>{
                         layer_norm(x[0], {x[0].size(-1)}, x[1], x[2], 1e-3)};
                   },
                   {{"matrix", affine(values({3, 4}), 4)},
                    {"batch", affine(values({2, 2, 3}), 3)},
                    {"transposed", affine(values({4, 3}).t(), 4)}},
                   {[] {
                      layer_norm(ones({2, 3}), {2});
                    },
                    [] {
                      layer_norm(ones({2, 3}), {3}, ones({2}));
                    },
                    [] {
                      layer_norm(ones({2, 3}), IntArrayRef());
                    },
                    [] {
                      layer_norm(ones({2, 3}).to(kLong), {3});
                    }}});

  const auto losses = pairs();
  const auto loss = [&](const char* name, auto op, double low_b = -2, double high_b = 2,
                        Errors errors = {}, double low_a = -2, double high_a = 2) {
    std::vector<Sample> same;
    for (const Sample& sample : pairs(low_a, high_a, low_b, high_b)) {
      if (sample.inputs[0].sizes() == sample.inputs[1].sizes() && sample.inputs[0].numel() > 0)
        same.push_back(sample);
    }
    table.push_back({name, of_two(op), same, std::move(errors), 2});
  };
  loss("mse_loss", [](const Tensor& x, const Tensor& t) { return mse_loss(x, t); }, -2, 2,
       {[] { mse_loss(ones({2}), ones({2}), 7); }});
  loss("l1_loss", [](const Tensor& x, const Tensor& t) { return l1_loss(x, t, Reduction::Sum); });
  loss("smooth_l1_loss",
       [](const Tensor& x, const Tensor& t) { return smooth_l1_loss(x, t, Reduction::Mean, 0.7); },
       -2, 2, {[] { smooth_l1_loss(ones({2}), ones({2}), Reduction::Mean, -1); }});
  loss("huber_loss",
       [](const Tensor& x, const Tensor& t) { return huber_loss(x, t, Reduction::Mean, 0.7); }, -2,
       2, {[] { huber_loss(ones({2}), ones({2}), Reduction::Mean, 0); }});
  loss(
      "binary_cross_entropy",
      [](const Tensor& x, const Tensor& t) { return binary_cross_entropy(x, t); }, 0.05, 0.95,
      {[] { binary_cross_entropy(full({2}, 1.5), ones({2})); },
       [] { binary_cross_entropy(full({2}, 0.5), ones({3})); }},
      0.05, 0.95);
  loss("binary_cross_entropy_with_logits",
       [](const Tensor& x, const Tensor& t) {
         return binary_cross_entropy_with_logits(x, t, {}, full({}, 2.0, kDouble));
       },
       0.05, 0.95, {[] { binary_cross_entropy_with_logits(ones({2}), ones({3})); }});

  const Tensor classes = tensor(std::vector<int64_t>{1, 0, 3}, kLong);
  const Tensor some_ignored = tensor(std::vector<int64_t>{1, -100, 3}, kLong);
  const std::vector<Sample> logits = {{"contiguous", {values({3, 4})}},
                                      {"transposed", {values({4, 3}).t()}}};
  table.push_back({"cross_entropy",
                   of_one([=](const Tensor& x) { return cross_entropy(x, classes); }),
                   logits,
                   {[] {
                      cross_entropy(ones({2, 3}), tensor({0, 3}));
                    },
                    [] {
                      cross_entropy(ones({2, 3}), tensor({0, -1}));
                    },
                    [] {
                      cross_entropy(ones({2, 3}), tensor({0}));
                    },
                    [] {
                      cross_entropy(ones({2, 3}), tensor({0, 1}), ones({2}));
                    },
                    [] {
                      cross_entropy(ones({2, 3}), tensor({0, 1}), {}, Reduction::Mean, -100, 1.5);
                    },
                    [] {
                      cross_entropy(ones({2, 3}), tensor({0.5, 1.5}));
                    }}});
  table.push_back({"cross_entropy", of_one([=](const Tensor& x) {
                     return cross_entropy(x, some_ignored, tensor({0.5, 1.0, 2.0, 1.5}, kDouble),
                                          Reduction::Mean, -100, 0.1);
                   }),
                   logits});
  table.push_back(
      {"nll_loss",
       of_one([=](const Tensor& x) { return nll_loss(x, some_ignored, {}, Reduction::Sum); }),
       logits,
       {[] {
          nll_loss(ones({2, 3}), tensor({0, 3}));
        },
        [] {
          nll_loss(ones({2, 3}), tensor({0, INT64_MIN}));
        },
        [] {
          nll_loss(ones({2, 3}), tensor({{0, 1}}));
        }}});
}

}  // namespace gradus::test
