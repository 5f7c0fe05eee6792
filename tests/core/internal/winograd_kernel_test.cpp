#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include <gradus/core/shape.h>
#include <gtest/gtest.h>

#include "core/kernels/conv.h"
#include "core/kernels/winograd.h"
#include "tests/core/internal/kernel_test.h"
#include "tests/core/internal/vector_math_kernels.h"

namespace gradus::kernel {
namespace {

struct Case {
  int64_t n, c, o, height, width;
  DimVector padding;

  DimVector x() const { return {n, c, height, width}; }
  DimVector w() const { return {o, c, 3, 3}; }
  DimVector y() const { return convolution_sizes(x(), w(), geometry()); }
  ConvGeometry geometry() const { return {{1, 1}, padding, {1, 1}, 1}; }
  ConvProblem problem() const { return convolution_problem(x(), w(), geometry()); }
};

std::string describe(const Case& c) {
  return fmt::format("x {} w {} padding {}", to_string(c.x()), to_string(c.w()),
                     to_string(c.padding));
}

// Extents below, at and above multiples of the tile; channels that fill no vector, one, and more.
std::vector<Case> cases() {
  std::vector<Case> result;
  for (const DimVector& padding : std::vector<DimVector>{{0, 0}, {1, 1}, {2, 2}, {2, 0}, {0, 1}}) {
    for (const auto& [height, width] :
         std::vector<std::pair<int64_t, int64_t>>{{3, 3}, {4, 4}, {5, 9}, {8, 7}, {14, 11}}) {
      result.push_back({1, 16, 16, height, width, padding});
      result.push_back({3, 5, 7, height, width, padding});
      result.push_back({2, 33, 18, height, width, padding});
      result.push_back({2, 1, 64, height, width, padding});
      result.push_back({2, 70, 1, height, width, padding});
    }
  }
  result.push_back({40, 16, 32, 16, 16, {1, 1}});  // blocks of tiles that begin inside of an image
  result.push_back({1, 64, 64, 1, 40, {1, 1}});
  result.push_back({64, 16, 16, 16, 16, {1, 1}});
  result.push_back({10, 64, 64, 14, 14, {1, 1}});
  result.push_back({1, 32, 48, 60, 60, {1, 1}});
  return result;
}

struct Results {
  Tensor y, y_without_bias, dx, dw;
};

Results winograd(const Case& c, const Tensor& x, const Tensor& w, const Tensor& bias,
                 const Tensor& dy) {
  const ConvProblem p = c.problem();
  Results r{empty_channels_last(c.y(), kFloat), empty_channels_last(c.y(), kFloat),
            empty_channels_last(c.x(), kFloat), empty(c.w())};
  const Tensor xs = to_channels_last(x), dys = to_channels_last(dy);
  winograd_forward(p, xs.data_ptr<float>(), w.data_ptr<float>(), bias.data_ptr<float>(),
                   r.y.data_ptr<float>());
  winograd_forward(p, xs.data_ptr<float>(), w.data_ptr<float>(), nullptr,
                   r.y_without_bias.data_ptr<float>());
  winograd_backward_data(p, dys.data_ptr<float>(), w.data_ptr<float>(), r.dx.data_ptr<float>());
  winograd_backward_weights(p, dys.data_ptr<float>(), xs.data_ptr<float>(), r.dw.data_ptr<float>());
  return r;
}

Results loops(const Case& c, const Tensor& x, const Tensor& w, const Tensor& bias,
              const Tensor& dy) {
  const ConvGeometry g = c.geometry();
  return {reference::convolution(x, w, bias, g), reference::convolution(x, w, {}, g),
          reference::convolution_backward_data(dy, w, c.x(), g),
          reference::convolution_backward_weights(dy, x, c.w(), g, false).first};
}

Tensor to_double(const Tensor& x, bool absolute) {
  std::vector<float> values;
  for_each_element<float>(x, [&](float v, int64_t) { values.push_back(v); });
  const Tensor y = empty(x.sizes(), kDouble);
  for_each_element<double>(y, [&](double& v, int64_t i) {
    v = values[static_cast<size_t>(i)];
    if (absolute) v = std::abs(v);
  });
  return y;
}

// The greatest error against the greatest sum of the products' magnitudes: an element of few
// products has the errors of those that share its tile.
double error_of(const Tensor& got, const Tensor& expected, const Tensor& magnitude) {
  std::vector<double> values;
  double scale = 0, worst = 0;
  for_each_element<double>(expected, [&](double v, int64_t) { values.push_back(v); });
  for_each_element<double>(magnitude, [&](double v, int64_t) { scale = std::max(scale, v); });
  for_each_element<float>(got, [&](float v, int64_t i) {
    const double error = std::abs(static_cast<double>(v) - values[static_cast<size_t>(i)]) / scale;
    if (!(error <= worst)) worst = error;  // NaN too
  });
  return worst;
}

void expect_small_errors(const Case& c, double bound, float scale = 1) {
  SCOPED_TRACE(describe(c));
  const Tensor x = uniform(c.x(), kFloat, 1), w = uniform(c.w(), kFloat, 2);
  const Tensor bias = uniform({c.o}, kFloat, 3), dy = uniform(c.y(), kFloat, 4);
  for (const Tensor& t : {x, dy})
    for_each_element<float>(t, [=](float& v, int64_t) { v *= scale; });
  const Results got = winograd(c, x, w, bias, dy);
  const auto in_double = [&](bool absolute) {
    return loops(c, to_double(x, absolute), to_double(w, absolute), to_double(bias, absolute),
                 to_double(dy, absolute));
  };
  const Results expected = in_double(false), magnitude = in_double(true);
  EXPECT_LE(error_of(got.y, expected.y, magnitude.y), bound);
  EXPECT_LE(error_of(got.y_without_bias, expected.y_without_bias, magnitude.y_without_bias), bound);
  EXPECT_LE(error_of(got.dx, expected.dx, magnitude.dx), bound);
  if (scale == 1) {  // else products of the two overflow
    EXPECT_LE(error_of(got.dw, expected.dw, magnitude.dw), bound);
  }
}

TEST(Winograd, AgreesWithTheLoop) {
  // Single products among them, beside the larger sums of other tiles.
  for (const Case& c : cases()) expect_small_errors(c, 2e-6);
}

TEST(Winograd, AgreesOnEveryTarget) {
  for (int64_t target : test::targets()) {
    SCOPED_TRACE(test::target_name(target));
    test::use_target(target);
    expect_small_errors({1, 16, 16, 8, 7, {1, 1}}, 2e-6);
    expect_small_errors({3, 5, 7, 5, 9, {2, 2}}, 2e-6);
    expect_small_errors({2, 33, 18, 14, 11, {0, 0}}, 2e-6);
  }
  test::use_target(0);
}

TEST(Winograd, ManyChannels) {
  for (int64_t channels : {16, 64, 256})
    expect_small_errors({2, channels, 16, 14, 13, {1, 1}}, 6e-7);
  expect_small_errors({2, 32, 256, 10, 11, {1, 1}}, 6e-7);
}

TEST(Winograd, LargeValuesDoNotOverflow) {
  expect_small_errors({1, 64, 64, 9, 10, {1, 1}}, 6e-7, 1e30f);
}

TEST(Winograd, EqualForAllThreads) {
  for (const Case& c : {Case{40, 16, 16, 16, 16, {1, 1}}, Case{7, 64, 48, 14, 13, {1, 1}},
                        Case{1, 128, 128, 20, 20, {2, 2}}, Case{64, 64, 64, 16, 16, {1, 1}}}) {
    SCOPED_TRACE(describe(c));
    const Tensor x = uniform(c.x(), kFloat, 1), w = uniform(c.w(), kFloat, 2);
    const Tensor bias = uniform({c.o}, kFloat, 3), dy = uniform(c.y(), kFloat, 4);
    for (Tensor Results::*member :
         {&Results::y, &Results::y_without_bias, &Results::dx, &Results::dw}) {
      expect_equal_for_all_threads([&] { return winograd(c, x, w, bias, dy).*member; });
    }
  }
}

// A NaN is seen by the outputs of its own tile and of those that reach into it.
TEST(Winograd, NanStaysInItsTiles) {
  const Case c{2, 16, 16, 16, 16, {1, 1}};
  const Tensor x = uniform(c.x(), kFloat, 1), w = uniform(c.w(), kFloat, 2);
  const Tensor bias = uniform({c.o}, kFloat, 3), dy = uniform(c.y(), kFloat, 4);
  // Pixel (5, 5) of the first image: tile (1, 1) alone sees it.
  for_each_element<float>(x, [](float& v, int64_t i) {
    if (i == 5 * 16 + 5) v = std::numeric_limits<float>::quiet_NaN();
  });
  const Tensor y = winograd(c, x, w, bias, dy).y;
  for_each_element<float>(y, [](float v, int64_t i) {
    const int64_t image = i / (16 * 16 * 16), row = i / 16 % 16, col = i % 16;
    EXPECT_EQ(std::isnan(v), image == 0 && row / 4 == 1 && col / 4 == 1) << i;
  });
}

// The public kernel takes operands of any strides here too.
TEST(Winograd, OperandsInAnyOrder) {
  const Case c{4, 16, 32, 12, 11, {1, 1}};
  ASSERT_TRUE(prefers_winograd(c.problem(), ConvPass::kForward));
  ASSERT_TRUE(prefers_winograd(c.problem(), ConvPass::kBackwardData));
  ASSERT_TRUE(prefers_winograd(c.problem(), ConvPass::kBackwardWeights));
  const ConvGeometry g = c.geometry();
  const Tensor x = swapped(exact({4, 16, 11, 12}, kFloat, 1), 2, 3);
  const Tensor w = swapped(exact({16, 32, 3, 3}, kFloat, 2), 0, 1);
  const Tensor bias = make_view(exact({64}, kFloat, 3), {32}, {2}, 0);
  const Tensor dy = swapped(exact({32, 4, 12, 11}, kFloat, 4), 0, 1);
  const auto dense = [](const Tensor& t) { return to_row_major(t); };
  EXPECT_TRUE(same(convolution(x, w, bias, g), convolution(dense(x), dense(w), dense(bias), g)));
  EXPECT_TRUE(same(convolution_backward_data(dy, w, c.x(), g),
                   convolution_backward_data(dense(dy), dense(w), c.x(), g)));
  const auto [dw, db] = convolution_backward_weights(dy, x, c.w(), g, true);
  EXPECT_TRUE(same(dw, winograd(c, x, dense(w), dense(bias), dy).dw));
  EXPECT_TRUE(same(db, reference::convolution_backward_weights(dy, x, c.w(), g, true).second));
  EXPECT_FALSE(convolution_backward_weights(dy, x, c.w(), g, false).second.defined());
  const Tensor expanded = make_view(exact({1}, kFloat, 5), c.y(), {0, 0, 0, 0}, 0);
  EXPECT_TRUE(same(convolution_backward_data(expanded, w, c.x(), g),
                   convolution_backward_data(dense(expanded), w, c.x(), g)));
}

bool taken(const DimVector& x, const DimVector& w, const ConvGeometry& g) {
  return prefers_winograd(convolution_problem(x, w, g), ConvPass::kForward);
}

TEST(Winograd, TakesOnlyWhatItGainsBy) {
  const DimVector x{32, 64, 16, 16}, w{64, 64, 3, 3};
  EXPECT_TRUE(taken(x, w, {{1, 1}, {1, 1}, {1, 1}, 1}));
  EXPECT_FALSE(taken(x, w, {{1, 2}, {1, 1}, {1, 1}, 1}));
  EXPECT_FALSE(taken(x, w, {{1, 1}, {1, 1}, {2, 1}, 1}));
  EXPECT_FALSE(taken(x, w, {{1, 1}, {1, 3}, {1, 1}, 1}));
  EXPECT_FALSE(taken(x, {64, 32, 3, 3}, {{1, 1}, {1, 1}, {1, 1}, 2}));
  EXPECT_FALSE(taken(x, {64, 64, 3, 1}, {{1, 1}, {1, 0}, {1, 1}, 1}));
  EXPECT_FALSE(taken({32, 64, 16}, {64, 64, 3}, {{1}, {1}, {1}, 1}));
  EXPECT_FALSE(taken({4, 64, 8, 8, 8}, {64, 64, 1, 3, 3}, {{1, 1, 1}, {0, 1, 1}, {1, 1, 1}, 1}));
  EXPECT_FALSE(taken({32, 3, 16, 16}, {64, 3, 3, 3}, {{1, 1}, {1, 1}, {1, 1}, 1}));
  EXPECT_FALSE(taken({1, 64, 4, 4}, w, {{1, 1}, {1, 1}, {1, 1}, 1}));  // one tile
}

}  // namespace
}  // namespace gradus::kernel
