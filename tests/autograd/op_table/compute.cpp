#include <cmath>

#include "tests/autograd/op_table/op_info.h"

namespace gradus::test {

namespace {

// One value tensor per shape, each with a seed of its own.
template <class... Sizes>
std::vector<Tensor> inputs(const Sizes&... sizes) {
  uint64_t seed = 0;
  return {values(sizes, -2, 2, ++seed)...};
}

using Shape = std::vector<int64_t>;

}  // namespace

void add_matrix_ops(std::vector<OpInfo>& table) {
  const auto two = [](IntArrayRef a, IntArrayRef b) { return inputs(a, b); };
  const auto three = [](IntArrayRef a, IntArrayRef b, IntArrayRef c) { return inputs(a, b, c); };
  const std::vector<Sample> matrices = {
      {"contiguous", two({2, 3}, {3, 4})},
      {"transposed", {values({3, 2}, -2, 2, 1).t(), values({4, 3}, -2, 2, 2).t()}},
      {"row and column", two({1, 3}, {3, 1})},
      {"nothing in between", two({2, 0}, {0, 4})},
      {"no rows", two({0, 3}, {3, 4})},
      {"no columns", two({2, 3}, {3, 0})},
  };
  table.push_back(
      {"mm",
       of_two([](const Tensor& a, const Tensor& b) { return mm(a, b); }),
       matrices,
       {GRADUS_CALL(mm(ones({2, 3}), ones({2, 3}))), GRADUS_CALL(mm(ones({2}), ones({2, 3}))),
        GRADUS_CALL(mm(ones({2, 3}), ones({3, 4}, kLong))),
        GRADUS_CALL(mm(ones({2, 3}, kBool), ones({3, 2}, kBool))),
        GRADUS_CALL(mm(ones({1, 2, 3}), ones({3, 4}))), GRADUS_CALL(mm(Tensor(), ones({3, 4})))},
       2});
  table.back().large = two({300, 200}, {200, 250});
  std::vector<Sample> any_rank = matrices;
  any_rank.push_back({"vectors", two({3}, {3})});
  any_rank.push_back({"vector and matrix", two({3}, {3, 2})});
  any_rank.push_back({"matrix and vector", two({2, 3}, {3})});
  any_rank.push_back({"batch and matrix", two({2, 2, 3}, {3, 2})});
  any_rank.push_back({"batches", two({2, 1, 2, 3}, {3, 3, 1})});
  any_rank.push_back({"vector and batch", two({3}, {2, 3, 2})});
  table.push_back(
      {"matmul",
       of_two([](const Tensor& a, const Tensor& b) { return matmul(a, b); }),
       any_rank,
       {GRADUS_CALL(matmul(ones({2, 3}), ones({2, 3}))), GRADUS_CALL(matmul(ones({}), ones({2}))),
        GRADUS_CALL(matmul(ones({2}), ones({3}))),
        GRADUS_CALL(matmul(ones({2, 2, 3}), ones({3, 3, 2}))),
        GRADUS_CALL(matmul(ones({2, 3}), ones({3, 4}, kDouble))),
        GRADUS_CALL(matmul(ones({2}), Tensor()))},
       2});
  table.back().large = two({40, 50, 60}, {60, 70});
  const std::vector<Sample> batches = {
      {"contiguous", two({2, 2, 3}, {2, 3, 2})},
      {"transposed", {values({2, 3, 2}, -2, 2, 1).transpose(1, 2), values({2, 3, 2}, -2, 2, 2)}},
      {"no batch", two({0, 2, 3}, {0, 3, 2})},
      {"nothing in between", two({2, 2, 0}, {2, 0, 2})},
      {"one batch", two({1, 2, 3}, {1, 3, 2})}};
  table.push_back({"bmm",
                   of_two([](const Tensor& a, const Tensor& b) { return bmm(a, b); }),
                   batches,
                   {GRADUS_CALL(bmm(ones({2, 3}), ones({3, 2}))),
                    GRADUS_CALL(bmm(ones({2, 2, 3}), ones({3, 3, 2}))),
                    GRADUS_CALL(bmm(ones({2, 2, 3}), ones({2, 2, 3}))),
                    GRADUS_CALL(bmm(ones({2, 2, 3}), ones({2, 3, 2}, kDouble))),
                    GRADUS_CALL(bmm(ones({2, 2, 3}), Tensor())),
                    GRADUS_CALL(bmm(ones({2, 2, 3}, kBool), ones({2, 3, 2}, kBool)))},
                   2});
  table.back().large = two({40, 50, 60}, {40, 60, 70});
  table.push_back(
      {"mv",
       of_two([](const Tensor& a, const Tensor& b) { return mv(a, b); }),
       {{"contiguous", two({2, 3}, {3})},
        {"transposed", {values({3, 2}, -2, 2, 1).t(), values({3}, -2, 2, 2)}},
        {"nothing in between", two({2, 0}, {0})},
        {"no rows", two({0, 3}, {3})},
        {"one row", two({1, 3}, {3})}},
       {GRADUS_CALL(mv(ones({2, 3}), ones({2}))), GRADUS_CALL(mv(ones({2}), ones({2}))),
        GRADUS_CALL(mv(ones({2, 3}), ones({3, 1}))),
        GRADUS_CALL(mv(ones({2, 3}), ones({3}, kLong))), GRADUS_CALL(mv(ones({2, 3}), Tensor()))},
       2});
  table.back().large = two({700, 300}, {300});
  const auto dot_row = [&](const char* name, auto op) {
    table.push_back(
        {name,
         of_two(op),
         {{"contiguous", two({3}, {3})},
          {"empty", two({0}, {0})},
          {"one element", two({1}, {1})},
          {"column", {values({3, 2}, -2, 2, 1).select(1, 1), values({3}, -2, 2, 2)}},
          {"long", two({17}, {17})}},
         {GRADUS_CALL(op(ones({2}), ones({3}))), GRADUS_CALL(op(ones({2, 1}), ones({2}))),
          GRADUS_CALL(op(ones({}), ones({}))), GRADUS_CALL(op(ones({2}), Tensor())),
          GRADUS_CALL(op(ones({2}), ones({2}, kLong)))},
         2});
  };
  dot_row("dot", dot);
  dot_row("vdot", vdot);
  const auto outer_row = [&](const char* name, auto op) {
    table.push_back({name,
                     of_two(op),
                     {{"contiguous", two({2}, {3})},
                      {"empty", two({0}, {3})},
                      {"one element", two({1}, {1})},
                      {"column", {values({3, 2}, -2, 2, 1).select(1, 1), values({3}, -2, 2, 2)}},
                      {"long", two({4}, {5})}},
                     {GRADUS_CALL(op(ones({2, 1}), ones({2}))),
                      GRADUS_CALL(op(ones({}), ones({2}))), GRADUS_CALL(op(ones({2}), ones({}))),
                      GRADUS_CALL(op(Tensor(), ones({2}))), GRADUS_CALL(op(ones({2}), Tensor()))},
                     2});
    table.back().large = two({400}, {300});
  };
  outer_row("outer", outer);
  outer_row("ger", ger);

  // input * beta + a product * alpha
  const auto add_product = [&](const char* name, auto op, std::vector<Sample> samples,
                               std::vector<Tensor> bad, Errors errors) {
    const Tensor x = bad[0], a = bad[1], b = bad[2];
    errors.push_back(GRADUS_CALL(op(Tensor(), a, b, 1, 1)));
    errors.push_back(GRADUS_CALL(op(x, Tensor(), b, 1, 1)));
    errors.push_back(GRADUS_CALL(op(x, a, Tensor(), 1, 1)));
    table.push_back({name, of_three([op](const Tensor& y, const Tensor& m, const Tensor& n) {
                       return op(y, m, n, 0.5, 2);
                     }),
                     std::move(samples), std::move(errors), 3});
  };
  add_product("addmm", addmm,
              {{"matrix", three({2, 4}, {2, 3}, {3, 4})},
               {"row", three({4}, {2, 3}, {3, 4})},
               {"column", three({2, 1}, {2, 3}, {3, 4})},
               {"number", three({}, {2, 3}, {3, 4})},
               {"nothing in between", three({2, 4}, {2, 0}, {0, 4})},
               {"no rows", three({4}, {0, 3}, {3, 4})}},
              three({4}, {2, 3}, {3, 4}),
              {GRADUS_CALL(addmm(ones({3}), ones({2, 3}), ones({3, 4}))),
               GRADUS_CALL(addmm(ones({4}), ones({2, 3}), ones({2, 4}))),
               GRADUS_CALL(addmm(ones({4}), ones({3}), ones({3, 4})))});
  table.back().in_place = [](std::vector<Tensor>& x) { x[0].addmm_(x[1], x[2], 0.5, 2); };
  table.back().large = three({250}, {300, 200}, {200, 250});
  add_product("addmv", addmv,
              {{"vector", three({2}, {2, 3}, {3})},
               {"number", three({}, {2, 3}, {3})},
               {"one element", three({1}, {2, 3}, {3})},
               {"nothing in between", three({2}, {2, 0}, {0})},
               {"no rows", three({0}, {0, 3}, {3})}},
              three({2}, {2, 3}, {3}),
              {GRADUS_CALL(addmv(ones({3}), ones({2, 3}), ones({3}))),
               GRADUS_CALL(addmv(ones({2}), ones({2, 3}), ones({2}))),
               GRADUS_CALL(addmv(ones({2}), ones({3}), ones({3})))});
  table.back().large = three({700}, {700, 300}, {300});
  add_product("baddbmm", baddbmm,
              {{"batch", three({2, 2, 2}, {2, 2, 3}, {2, 3, 2})},
               {"row", three({2}, {2, 2, 3}, {2, 3, 2})},
               {"one batch", three({1, 2, 2}, {1, 2, 3}, {1, 3, 2})},
               {"no batch", three({0, 2, 2}, {0, 2, 3}, {0, 3, 2})},
               {"nothing in between", three({2, 2, 2}, {2, 2, 0}, {2, 0, 2})}},
              three({2}, {2, 2, 3}, {2, 3, 2}),
              {GRADUS_CALL(baddbmm(ones({3}), ones({2, 2, 3}), ones({2, 3, 2}))),
               GRADUS_CALL(baddbmm(ones({2}), ones({2, 2, 3}), ones({3, 3, 2}))),
               GRADUS_CALL(baddbmm(ones({2}), ones({2, 3}), ones({3, 2})))});
  table.back().in_place = [](std::vector<Tensor>& x) { x[0].baddbmm_(x[1], x[2], 0.5, 2); };
  table.back().large = three({70}, {40, 50, 60}, {40, 60, 70});

  const auto linear_inputs = [&](IntArrayRef x) { return three(x, {2, 3}, {2}); };
  table.push_back(
      {"linear",
       of_three([](const Tensor& x, const Tensor& w, const Tensor& b) { return linear(x, w, b); }),
       {{"matrix", linear_inputs({4, 3})},
        {"vector", linear_inputs({3})},
        {"batch", linear_inputs({2, 2, 3})},
        {"no rows", linear_inputs({0, 3})},
        {"transposed", {values({3, 4}).t(), values({3, 2}, -2, 2, 2).t(), values({2}, -2, 2, 3)}},
        {"no features in", three({2, 0}, {2, 0}, {2})}},
       {GRADUS_CALL(linear(ones({2, 4}), ones({2, 3}))),
        GRADUS_CALL(linear(ones({2, 3}), ones({2, 3}), ones({3}))),
        GRADUS_CALL(linear(ones({}), ones({2, 3}))),
        GRADUS_CALL(linear(ones({2, 3}), ones({1, 2, 3}))),
        GRADUS_CALL(linear(ones({2, 3}), ones({2, 3}, kDouble)))},
       2});
  table.back().large = three({300, 200}, {250, 200}, {250});
}

void add_image_ops(std::vector<OpInfo>& table) {
  // weight is [out, in / groups, kernel...]
  const auto conv_inputs = [](const Shape& x, const Shape& w) { return inputs(x, w, Shape{w[0]}); };
  const auto conv_row = [&](const char* name, auto op, std::vector<Sample> samples,
                            Errors errors = {}) {
    table.push_back({name, of_three(op), std::move(samples), std::move(errors), 2});
  };
  // What no convolution takes, whatever its rank; `bad` calls it with changed arguments.
  // With padding as numbers.
  using Convolution = Tensor (*)(const Tensor&, const Tensor&, const Tensor&, IntArrayRef,
                                 IntArrayRef, IntArrayRef, int64_t);
  const auto conv_errors = [](Convolution op, const Shape& x, const Shape& w) -> Errors {
    Shape wrong_channels = x, small = x;
    wrong_channels[1] += 1;
    for (size_t d = 2; d < small.size(); ++d) small[d] = 1;
    const int64_t huge = 1879048192;
    return {
        GRADUS_CALL(op(ones(wrong_channels), ones(w), Tensor(), 1, 0, 1, 1)),
        GRADUS_CALL(op(ones({4}), ones(w), Tensor(), 1, 0, 1, 1)),
        GRADUS_CALL(op(ones(x), ones({2, 2}), Tensor(), 1, 0, 1, 1)),
        GRADUS_CALL(op(ones(x), ones(w), ones({w[0] + 1}), 1, 0, 1, 1)),
        GRADUS_CALL(op(ones(small), ones(w), Tensor(), 1, 0, 1, 1)),
        GRADUS_CALL(op(ones(x), ones(w), Tensor(), 0, 0, 1, 1)),
        GRADUS_CALL(op(ones(x), ones(w), Tensor(), -1, 0, 1, 1)),
        GRADUS_CALL(op(ones(x), ones(w), Tensor(), 1, -1, 1, 1)),
        GRADUS_CALL(op(ones(x), ones(w), Tensor(), 1, 1000000000000, 1, 1)),
        GRADUS_CALL(op(ones(x), ones(w), Tensor(), 1, INT64_MAX, 1, 1)),
        GRADUS_CALL(op(ones(x), ones(w), Tensor(), 1, 0, 0, 1)),
        GRADUS_CALL(op(ones(x), ones(w), Tensor(), 1, 0, huge, 1)),
        GRADUS_CALL(op(ones(x), ones(w), Tensor(), 1, 0, INT64_MAX, 1)),
        GRADUS_CALL(op(ones(x), ones(w), Tensor(), 1, 0, 1, 0)),
        GRADUS_CALL(op(ones(x), ones(w), Tensor(), 1, 0, 1, 3)),
        GRADUS_CALL(op(ones(x, kBool), ones(w, kBool), Tensor(), 1, 0, 1, 1)),
        GRADUS_CALL(op(ones(x), ones(w, kDouble), Tensor(), 1, 0, 1, 1)),
        GRADUS_CALL(op(ones(x), ones(w), Tensor(), IntArrayRef({1, 1, 1, 1}), 0, 1, 1)),
        GRADUS_CALL(op(ones(x), ones(w), Tensor(), IntArrayRef(), 0, 1, 1)),
    };
  };
  using T = const Tensor&;
  conv_row(
      "conv2d", [](T x, T w, T b) { return conv2d(x, w, b); },
      {{"plain", conv_inputs({2, 2, 3, 4}, {2, 2, 2, 2})},
       {"one image", conv_inputs({2, 3, 4}, {1, 2, 2, 2})},
       {"no batch", conv_inputs({0, 2, 3, 4}, {2, 2, 2, 2})},
       {"1x1", conv_inputs({1, 3, 2, 2}, {2, 3, 1, 1})},
       {"channels-last",
        {values({1, 2, 3, 3}).contiguous(MemoryFormat::ChannelsLast),
         values({2, 2, 2, 2}, -2, 2, 2), values({2}, -2, 2, 3)}}},
      conv_errors(conv2d, {1, 2, 4, 4}, {2, 2, 3, 3}));
  table.back().large = conv_inputs({4, 16, 24, 24}, {32, 16, 3, 3});
  conv_row("conv2d",
           [](T x, T w, T b) {
             return conv2d(x, w, b, {2, 1}, {1, 2}, {1, 2});
           },
           {{"stride, padding, dilation", conv_inputs({1, 2, 4, 4}, {2, 2, 2, 2})}});
  table.back().large = conv_inputs({4, 8, 24, 24}, {16, 8, 3, 3});
  conv_row("conv2d", [](T x, T w, T b) { return conv2d(x, w, b, 1, 1, 1, 2); },
           {{"groups", conv_inputs({1, 4, 3, 3}, {4, 2, 2, 2})},
            {"depthwise", conv_inputs({1, 2, 3, 3}, {2, 1, 3, 3})}});
  table.back().large = conv_inputs({4, 16, 24, 24}, {32, 8, 3, 3});
  conv_row(
      "conv1d", [](T x, T w, T b) { return conv1d(x, w, b, 2, 1); },
      {{"plain", conv_inputs({2, 2, 5}, {3, 2, 2})},
       {"one signal", conv_inputs({2, 5}, {3, 2, 2})},
       {"no batch", conv_inputs({0, 2, 5}, {3, 2, 2})},
       {"kernel 1", conv_inputs({2, 2, 3}, {1, 2, 1})}},
      conv_errors(conv1d, {1, 2, 4}, {2, 2, 3}));
  table.back().large = conv_inputs({8, 16, 500}, {32, 16, 3});
  conv_row("conv1d", [](T x, T w, T b) { return conv1d(x, w, b, 1, "same", 2); },
           {{"same", conv_inputs({2, 2, 5}, {3, 2, 2})}},
           {GRADUS_CALL(conv1d(ones({1, 2, 5}), ones({3, 2, 2}), {}, 1, "full")),
            GRADUS_CALL(conv1d(ones({1, 2, 5}), ones({3, 2, 2}), {}, 2, "same")),
            GRADUS_CALL(conv1d(ones({1, 2, 5}), ones({3, 2, 2}), {}, 1, "same", INT64_MAX)),
            GRADUS_CALL(conv1d(ones({1, 2, 5}), Tensor(), {}, 1, "same"))});
  table.back().large = conv_inputs({8, 16, 500}, {32, 16, 3});
  conv_row("conv2d",
           [](T x, T w, T b) {
             return conv2d(x, w, b, 1, std::string("same"), {1, 2});
           },
           {{"same", conv_inputs({1, 2, 4, 4}, {2, 2, 2, 3})}});
  table.back().large = conv_inputs({4, 8, 24, 24}, {16, 8, 3, 2});
  conv_row("conv3d", [](T x, T w, T b) { return conv3d(x, w, b, 1, "valid"); },
           {{"valid", conv_inputs({1, 1, 2, 2, 2}, {1, 1, 2, 2, 2})}});
  table.back().large = conv_inputs({2, 8, 8, 12, 12}, {16, 8, 3, 3, 3});
  for (const bool transposed : {false, true}) {
    conv_row(
        "convolution",
        [=](T x, T w, T b) { return convolution(x, w, b, 1, 0, 1, transposed, 0, 1); },
        {{"1-d", conv_inputs({2, 2, 5}, {2, 2, 2})},
         {"2-d", conv_inputs({2, 2, 3, 4}, {2, 2, 2, 2})},
         {"3-d", conv_inputs({1, 1, 2, 2, 2}, {1, 1, 2, 2, 2})}},
        {GRADUS_CALL(convolution(ones({1, 2, 5}), ones({2, 2}), {}, 1, 0, 1, false, 0, 1)),
         GRADUS_CALL(convolution(ones({1, 2, 5}), Tensor(), {}, 1, 0, 1, false, 0, 1)),
         GRADUS_CALL(convolution(ones({1, 3, 5}), ones({2, 2, 3}), {}, 1, 0, 1, false, 0, 1)),
         GRADUS_CALL(convolution(ones({1, 3, 5}), ones({2, 2, 3}), {}, 1, 0, 1, true, 0, 1)),
         GRADUS_CALL(convolution(ones({1, 2, 5}), ones({2, 2, 3}), {}, 0, 0, 1, false, 0, 1))});
    table.back().large = conv_inputs({8, 16, 500}, {16, 16, 3});
  }
  conv_row(
      "conv3d", [](T x, T w, T b) { return conv3d(x, w, b, 1, 1); },
      {{"plain", conv_inputs({1, 1, 2, 2, 2}, {1, 1, 2, 2, 2})},
       {"one volume", conv_inputs({1, 2, 1, 2}, {1, 1, 1, 2, 1})},
       {"no batch", conv_inputs({0, 1, 2, 2, 2}, {1, 1, 2, 2, 2})},
       {"kernel 1", conv_inputs({1, 2, 1, 1, 2}, {2, 2, 1, 1, 1})}},
      conv_errors(conv3d, {1, 2, 4, 4, 4}, {2, 2, 3, 3, 3}));
  table.back().large = conv_inputs({2, 8, 8, 12, 12}, {16, 8, 3, 3, 3});

  const std::vector<Sample> images = {
      {"row-major", {values({2, 2, 4, 5}, -2, 2, 1)}},
      {"channels-last", {values({1, 3, 4, 5}, -2, 2, 2).contiguous(MemoryFormat::ChannelsLast)}},
      {"one image", {values({2, 5, 4}, -2, 2, 3)}},
      {"transposed", {values({1, 2, 5, 4}, -2, 2, 4).transpose(2, 3)}},
      {"no batch", {values({0, 2, 4, 5}, -2, 2, 5)}},
  };
  const Tensor image = ones({1, 1, 4, 4});
  const auto max_pool_errors = [image](auto op) -> Errors {
    return {GRADUS_CALL(op(ones({2, 2}), 2, 2, 0, 1)),
            GRADUS_CALL(op(image, 0, 1, 0, 1)),
            GRADUS_CALL(op(image, 2, 0, 0, 1)),
            GRADUS_CALL(op(image, 2, 2, 2, 1)),
            GRADUS_CALL(op(image, 2, 2, -1, 1)),
            GRADUS_CALL(op(image, 5, 1, 0, 1)),
            GRADUS_CALL(op(image, INT64_MAX, 1, 0, 1)),
            GRADUS_CALL(op(image, 2, 1, 0, INT64_MAX)),
            GRADUS_CALL(op(image, 2, 1, 0, 0)),
            GRADUS_CALL(op(ones({1, 1, 4, 4}, kBool), 2, 2, 0, 1)),
            GRADUS_CALL(op(ones({1, 0, 4, 4}), 2, 2, 0, 1)),
            GRADUS_CALL(op(image, IntArrayRef(), 1, 0, 1)),
            GRADUS_CALL(op(image, IntArrayRef({2, 2, 2}), 1, 0, 1)),
            GRADUS_CALL(op(Tensor(), 2, 2, 0, 1))};
  };
  table.push_back({"max_pool2d", of_one([](T x) { return max_pool2d(x, 2); }), images,
                   max_pool_errors([](T x, IntArrayRef k, IntArrayRef s, IntArrayRef p,
                                      IntArrayRef d) { return max_pool2d(x, k, s, p, d); })});
  table.push_back({"max_pool2d",
                   of_one([](T x) { return max_pool2d(x, 3, 2, 1, 1, /*ceil_mode=*/true); }),
                   images});
  table.push_back(
      {"max_pool2d_with_indices",
       pair_of_one([](T x) { return max_pool2d_with_indices(x, 2, 1, 0, 2); }), images,
       max_pool_errors([](T x, IntArrayRef k, IntArrayRef s, IntArrayRef p, IntArrayRef d) {
         return max_pool2d_with_indices(x, k, s, p, d);
       })});
  table.push_back(
      {"avg_pool2d",
       of_one([](T x) {
         return avg_pool2d(x, {3, 2}, 2, 1, true, false);
       }),
       images,
       {GRADUS_CALL(avg_pool2d(image, 2, 2, 2)),
        GRADUS_CALL(avg_pool2d(image, 2, 1, 0, false, true, 0)),
        GRADUS_CALL(avg_pool2d(ones({2, 2}), 2)), GRADUS_CALL(avg_pool2d(image, INT64_MAX)),
        GRADUS_CALL(avg_pool2d(image, 2, -1)), GRADUS_CALL(avg_pool2d(image, 5)),
        GRADUS_CALL(avg_pool2d(image, IntArrayRef())), GRADUS_CALL(avg_pool2d(Tensor(), 2))}});
  table.push_back({"avg_pool2d", of_one([](T x) { return avg_pool2d(x, 2); }), images});
  table.push_back({"adaptive_avg_pool2d",
                   of_one([](T x) {
                     return adaptive_avg_pool2d(x, {3, 2});
                   }),
                   images,
                   {GRADUS_CALL(adaptive_avg_pool2d(image, -1)),
                    GRADUS_CALL(adaptive_avg_pool2d(ones({2, 2}), 1)),
                    GRADUS_CALL(adaptive_avg_pool2d(image, {INT64_MAX, INT64_MAX})),
                    GRADUS_CALL(adaptive_avg_pool2d(image, INT32_MAX)),
                    GRADUS_CALL(adaptive_avg_pool2d(ones({0, 1, 2, 2}), INT32_MAX)),
                    GRADUS_CALL(adaptive_avg_pool2d(image, IntArrayRef())),
                    GRADUS_CALL(adaptive_avg_pool2d(image, {1, 1, 1})),
                    GRADUS_CALL(adaptive_avg_pool2d(ones({1, 1, 4, 4}, kLong), 1)),
                    GRADUS_CALL(adaptive_avg_pool2d(Tensor(), 1))}});
}

void add_norms(std::vector<OpInfo>& table) {
  using T = const Tensor&;
  const auto affine = [](Tensor x, int64_t features) {
    return std::vector<Tensor>{std::move(x), values({features}, 0.5, 2, 2),
                               values({features}, -2, 2, 3)};
  };
  const std::vector<Sample> images = {
      {"images", affine(values({2, 2, 2, 2}), 2)},
      {"channels-last", affine(values({2, 2, 2, 2}).contiguous(MemoryFormat::ChannelsLast), 2)},
      {"signals", affine(values({2, 2, 3}), 2)},
      {"one image", affine(values({1, 2, 2, 3}), 2)},
  };
  std::vector<Sample> with_matrix = images;
  with_matrix.push_back({"matrix", affine(values({4, 2}), 2)});
  const Tensor none;
  // Of a norm with running statistics: f(x, weight, bias, mean, var, training).
  const auto running_errors = [none](auto f) -> Errors {
    const Tensor x = ones({2, 3, 4}), c = ones({3});
    return {GRADUS_CALL(f(ones({1, 3, 1}), none, none, none, none, true)),
            GRADUS_CALL(f(x, ones({2}), none, none, none, true)),
            GRADUS_CALL(f(x, c, ones({4}), none, none, true)),
            GRADUS_CALL(f(x, none, none, ones({1}), ones({1}), true)),
            GRADUS_CALL(f(x, none, none, c, ones({2}), false)),
            GRADUS_CALL(f(x, none, none, none, none, false)),
            GRADUS_CALL(f(ones({2}), none, none, none, none, true)),
            GRADUS_CALL(f(x.to(kLong), none, none, none, none, true)),
            GRADUS_CALL(f(none, none, none, none, none, true))};
  };
  table.push_back({"batch_norm", of_three([](T x, T w, T b) {
                     return batch_norm(x, w, b, Tensor(), Tensor(), true, 0.1, 1e-3);
                   }),
                   with_matrix, running_errors([](T x, T w, T b, T mean, T var, bool training) {
                     return batch_norm(x, w, b, mean, var, training, 0.1, 1e-5);
                   })});
  table.back().large = affine(values({16, 64, 12, 12}), 64);
  table.push_back({"batch_norm", of_three([](T x, T w, T b) {
                     const Tensor mean = values({2}, -1, 1, 8), var = values({2}, 0.5, 2, 9);
                     return batch_norm(x, w, b, mean, var, false, 0.1, 1e-3);
                   }),
                   with_matrix});
  table.push_back({"instance_norm", of_three([](T x, T w, T b) {
                     return instance_norm(x, w, b, Tensor(), Tensor(), true, 0.1, 1e-3);
                   }),
                   images, running_errors([](T x, T w, T b, T mean, T var, bool training) {
                     return instance_norm(x, w, b, mean, var, training, 0.1, 1e-5);
                   })});
  table.back().large = affine(values({16, 64, 12, 12}), 64);
  table.push_back(
      {"group_norm",
       of_three([](T x, T w, T b) { return group_norm(x, 2, w, b, 1e-3); }),
       {{"images", affine(values({2, 4, 2, 2}), 4)},
        {"channels-last", affine(values({2, 4, 2, 2}).contiguous(MemoryFormat::ChannelsLast), 4)},
        {"signals", affine(values({2, 2, 3}), 2)},
        {"matrix", affine(values({3, 4}), 4)}},
       {GRADUS_CALL(group_norm(ones({2, 3, 2}), 2)), GRADUS_CALL(group_norm(ones({2, 4}), 0)),
        GRADUS_CALL(group_norm(ones({2, 4}), -1)), GRADUS_CALL(group_norm(ones({2, 4}), INT64_MIN)),
        GRADUS_CALL(group_norm(ones({4}), 2)),
        GRADUS_CALL(group_norm(ones({2, 4, 2}), 2, ones({2}))),
        GRADUS_CALL(group_norm(ones({2, 4, 2}), 2, ones({4}), ones({3}))),
        GRADUS_CALL(group_norm(ones({2, 4, 2}, kLong), 2)), GRADUS_CALL(group_norm(none, 2))}});
  table.back().large = affine(values({16, 64, 12, 12}), 64);

  const auto rows_errors = [none](auto f) -> Errors {
    return {GRADUS_CALL(f(ones({2, 3}), {2}, none)),
            GRADUS_CALL(f(ones({2, 3}), {3}, ones({2}))),
            GRADUS_CALL(f(ones({2, 3}), IntArrayRef(), none)),
            GRADUS_CALL(f(ones({2, 3}, kLong), {3}, none)),
            GRADUS_CALL(f(ones({3}), {2, 3}, none)),
            GRADUS_CALL(f(none, {3}, none)),
            GRADUS_CALL(f(ones({2, 3}), {-1}, none))};
  };
  const std::vector<Sample> rows = {
      {"matrix", affine(values({3, 4}), 4)},
      {"batch", affine(values({2, 2, 3}), 3)},
      {"transposed", affine(values({4, 3}).t(), 4)},
      {"no rows", affine(values({0, 3}), 3)},
  };
  table.push_back(
      {"layer_norm",
       of_three([](T x, T w, T b) { return layer_norm(x, {x.size(-1)}, w, b, 1e-3); }), rows,
       rows_errors([](T x, IntArrayRef shape, T w) { return layer_norm(x, shape, w); })});
  table.back().large = affine(values({700, 256}), 256);
  table.push_back({"rms_norm", of_two([](T x, T w) { return rms_norm(x, {x.size(-1)}, w, 1e-3); }),
                   rows,
                   rows_errors([](T x, IntArrayRef shape, T w) { return rms_norm(x, shape, w); })});
  table.back().large = affine(values({700, 256}), 256);
}

void add_losses(std::vector<OpInfo>& table) {
  using T = const Tensor&;
  const auto loss = [&](const char* name, auto op, Errors errors, double low_a = -2,
                        double high_a = 2, double low_b = -2, double high_b = 2) {
    std::vector<Sample> same;
    for (const Sample& sample : pairs(low_a, high_a, low_b, high_b)) {
      if (sample.inputs[0].sizes() == sample.inputs[1].sizes() && sample.inputs[0].numel() > 0)
        same.push_back(sample);
    }
    for (int64_t reduction : {Reduction::Mean, Reduction::Sum, Reduction::None}) {
      const auto reduced = [=](T x, T t) { return op(x, t, reduction); };
      table.push_back({name, of_two(reduced), same, {}, 2});
    }
    errors.push_back(GRADUS_CALL(op(full({2}, 0.5), full({2}, 0.5), 7)));
    errors.push_back(GRADUS_CALL(op(full({2}, 0.5), full({2}, 0.5), -1)));
    errors.push_back(GRADUS_CALL(op(Tensor(), full({2}, 0.5), Reduction::Mean)));
    errors.push_back(GRADUS_CALL(op(full({2}, 0.5), Tensor(), Reduction::Mean)));
    errors.push_back(GRADUS_CALL(op(full({2, 3}, 0.5), full({4}, 0.5), Reduction::Mean)));
    table.back().errors = std::move(errors);
  };
  loss("mse_loss", mse_loss, {});
  loss("l1_loss", l1_loss, {});
  loss("smooth_l1_loss", [](T x, T t, int64_t r) { return smooth_l1_loss(x, t, r, 0.7); },
       {GRADUS_CALL(smooth_l1_loss(ones({2}), ones({2}), Reduction::Mean, -1))});
  loss("huber_loss", [](T x, T t, int64_t r) { return huber_loss(x, t, r, 0.7); },
       {GRADUS_CALL(huber_loss(ones({2}), ones({2}), Reduction::Mean, 0))});
  loss(
      "kl_div", [](T x, T t, int64_t r) { return kl_div(x, t, r); }, {}, -2, 0, 0.05, 0.95);
  loss(
      "kl_div", [](T x, T t, int64_t r) { return kl_div(x, t, r, true); }, {}, -2, 0, -2, 0);
  loss(
      "binary_cross_entropy", [](T x, T t, int64_t r) { return binary_cross_entropy(x, t, {}, r); },
      {GRADUS_CALL(binary_cross_entropy(full({2}, 1.5), ones({2}))),
       GRADUS_CALL(binary_cross_entropy(full({2}, -0.1), ones({2}))),
       GRADUS_CALL(binary_cross_entropy(full({2}, 0.5), ones({3}))),
       GRADUS_CALL(binary_cross_entropy(full({2}, 0.5), ones({2}), ones({3})))},
      0.05, 0.95, 0.05, 0.95);
  loss(
      "binary_cross_entropy_with_logits",
      [](T x, T t, int64_t r) {
        return binary_cross_entropy_with_logits(x, t, {}, x.defined() ? 2 * ones_like(x) : x, r);
      },
      {GRADUS_CALL(binary_cross_entropy_with_logits(ones({2}), ones({3}))),
       GRADUS_CALL(binary_cross_entropy_with_logits(ones({2}), ones({2}), ones({3}))),
       GRADUS_CALL(binary_cross_entropy_with_logits(ones({2}), ones({2}), {}, ones({3})))},
      -2, 2, 0.05, 0.95);

  const Tensor classes = tensor(std::vector<int64_t>{1, 0, 3}, kLong);
  const Tensor some_ignored = tensor(std::vector<int64_t>{1, -100, 3}, kLong);
  const Tensor weight = tensor({0.5, 1.0, 2.0, 1.5}, kDouble);
  const std::vector<Sample> logits = {{"contiguous", {values({3, 4}), classes}},
                                      {"transposed", {values({4, 3}).t(), classes}},
                                      {"some ignored", {values({3, 4}), some_ignored}},
                                      {"no rows", {values({0, 4}), classes.slice(0, 0, 0)}}};
  // What neither takes; f(x, target, weight, reduction)
  const auto class_errors = [](auto f) -> Errors {
    const Tensor x = ones({2, 3}), t = tensor({0, 1});
    return {GRADUS_CALL(f(x, tensor({0, 3}), Tensor(), Reduction::Mean)),
            GRADUS_CALL(f(x, tensor({0, -1}), Tensor(), Reduction::Mean)),
            GRADUS_CALL(f(x, tensor({int64_t{0}, INT64_MIN}), Tensor(), Reduction::Mean)),
            GRADUS_CALL(f(x, tensor({0}), Tensor(), Reduction::Mean)),
            GRADUS_CALL(f(x, tensor({{0, 1}}), Tensor(), Reduction::Mean)),
            GRADUS_CALL(f(x, tensor({0.5, 1.5}), Tensor(), Reduction::Mean)),
            GRADUS_CALL(f(x, t, ones({2}), Reduction::Mean)),
            GRADUS_CALL(f(x, t, Tensor(), 7)),
            GRADUS_CALL(f(ones({2, 3}, kLong), t, Tensor(), Reduction::Mean)),
            GRADUS_CALL(f(Tensor(), t, Tensor(), Reduction::Mean)),
            GRADUS_CALL(f(x, Tensor(), Tensor(), Reduction::Mean))};
  };
  const auto class_row = [&](const char* name, auto f, Errors errors = {}) {
    table.push_back({name, of_two(f), logits, std::move(errors), 2});
  };
  class_row(
      "cross_entropy", [](T x, T t) { return cross_entropy(x, t, {}, Reduction::Sum); },
      class_errors([](T x, T t, T w, int64_t r) { return cross_entropy(x, t, w, r); }));
  class_row(
      "cross_entropy",
      [=](T x, T t) {
        return cross_entropy(x, t, weight.to(x.dtype()), Reduction::None, -100, 0.1);
      },
      {GRADUS_CALL(cross_entropy(ones({2, 3}), tensor({0, 1}), {}, Reduction::Mean, -100, 1.5)),
       GRADUS_CALL(cross_entropy(ones({2, 3}), tensor({0, 1}), {}, Reduction::Mean, -100, NAN))});
  table.push_back({"cross_entropy", of_one([](T x) {
                     const Tensor probabilities = softmax(values({3, 4}), 1).to(x.dtype());
                     return cross_entropy(x, probabilities, {}, Reduction::Mean);
                   }),
                   matrices()});
  class_row(
      "nll_loss", [](T x, T t) { return nll_loss(x, t, {}, Reduction::Sum); },
      class_errors([](T x, T t, T w, int64_t r) { return nll_loss(x, t, w, r); }));
  class_row("nll_loss",
            [=](T x, T t) { return nll_loss(x, t, weight.to(x.dtype()), Reduction::None); });
}

}  // namespace gradus::test
