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
  int64_t n, c, o;
  DimVector extent, padding;
  DimVector kernel = DimVector{3, 3};
  DimVector dilation = {};  // all 1 if empty
  int64_t groups = 1;       // each of c and o channels

  DimVector x() const { return with_channels(n, groups * c, extent); }
  DimVector w() const { return with_channels(groups * o, c, kernel); }
  DimVector y() const { return convolution_sizes(x(), w(), geometry()); }
  ConvGeometry geometry() const {
    const DimVector ones(extent.size(), 1);
    return {ones, padding, dilation.empty() ? ones : dilation, groups};
  }
  ConvProblem problem() const { return convolution_problem(x(), w(), geometry()); }

  static DimVector with_channels(int64_t first, int64_t second, const DimVector& rest) {
    DimVector sizes{first, second};
    for (int64_t size : rest) sizes.push_back(size);
    return sizes;
  }
};

std::string describe(const Case& c) {
  return fmt::format("x {} w {} padding {} dilation {} groups {}", to_string(c.x()),
                     to_string(c.w()), to_string(c.padding), to_string(c.dilation), c.groups);
}

// Channels that fill no vector, one, and more.
void add_channels(std::vector<Case>& list, const Case& c) {
  const int64_t sizes[][3] = {{1, 16, 16}, {3, 5, 7}, {2, 33, 18}, {2, 1, 64}, {2, 70, 1}};
  for (const auto& [n, from, to] : sizes) {
    list.push_back(c);
    list.back().n = n;
    list.back().c = from;
    list.back().o = to;
  }
}

// Extents below, at and above multiples of the tile.
std::vector<Case> cases_3x3() {
  std::vector<Case> result;
  for (const DimVector& padding : std::vector<DimVector>{{0, 0}, {1, 1}, {2, 2}, {2, 0}, {0, 1}}) {
    for (const DimVector& extent :
         std::vector<DimVector>{{3, 3}, {4, 4}, {5, 9}, {8, 7}, {14, 11}}) {
      add_channels(result, {0, 0, 0, extent, padding});
    }
  }
  result.push_back({40, 16, 32, {16, 16}, {1, 1}});  // blocks that begin inside of an image
  result.push_back({1, 64, 64, {1, 40}, {1, 1}});
  result.push_back({64, 16, 16, {16, 16}, {1, 1}});
  result.push_back({10, 64, 64, {14, 14}, {1, 1}});
  result.push_back({1, 32, 48, {60, 60}, {1, 1}});
  return result;
}

std::vector<Case> cases_5x5() {
  const DimVector kernel{5, 5};
  std::vector<Case> result;
  for (const DimVector& padding : std::vector<DimVector>{{0, 0}, {2, 2}, {4, 4}, {3, 1}}) {
    for (const DimVector& extent : std::vector<DimVector>{{5, 5}, {6, 8}, {14, 11}}) {
      add_channels(result, {0, 0, 0, extent, padding, kernel});
    }
  }
  result.push_back({10, 64, 64, {14, 14}, {2, 2}, kernel});
  result.push_back({1, 32, 48, {60, 60}, {2, 2}, kernel});
  return result;
}

std::vector<Case> cases_of_one_row() {
  std::vector<Case> result;
  for (int64_t taps : {3, 5}) {
    for (int64_t padding = 0; padding < taps; ++padding) {
      for (int64_t extent : {5, 6, 11, 40}) {
        add_channels(result, {0, 0, 0, {extent}, {padding}, {taps}});
      }
    }
    add_channels(result, {0, 0, 0, {7, 10}, {0, 1}, {1, taps}});  // two dims
    result.push_back({64, 16, 32, {500}, {taps / 2}, {taps}});
    result.push_back({1, 64, 48, {3000}, {1}, {taps}});
  }
  return result;
}

std::vector<Case> cases_with_depth() {
  std::vector<Case> result;
  for (int64_t depth : {1, 3, 8}) {
    for (int64_t taps : {1, 2, 3}) {
      for (int64_t padding = 0; padding < taps; ++padding) {
        if (depth + 2 * padding < taps) continue;
        add_channels(result, {0, 0, 0, {depth, 6, 9}, {padding, 1, 1}, {taps, 3, 3}});
      }
    }
  }
  add_channels(result, {0, 0, 0, {8, 9, 7}, {0, 2, 1}, {3, 3, 3}, {3, 1, 1}});
  add_channels(result, {0, 0, 0, {8, 9, 7}, {4, 2, 1}, {3, 3, 3}, {2, 1, 1}});
  add_channels(result, {0, 0, 0, {4, 9, 7}, {1, 2, 2}, {3, 5, 5}});
  add_channels(result, {0, 0, 0, {4, 3, 12}, {1, 0, 1}, {3, 1, 3}});
  result.push_back({2, 16, 32, {16, 16, 16}, {1, 1, 1}, {3, 3, 3}});
  result.push_back({1, 32, 32, {5, 30, 20}, {1, 1, 1}, {3, 3, 3}});
  return result;
}

std::vector<Case> dilated_cases() {
  std::vector<Case> result;
  for (const DimVector& dilation : std::vector<DimVector>{{2, 2}, {3, 1}, {1, 2}, {5, 4}}) {
    const DimVector most{2 * dilation[0], 2 * dilation[1]};
    for (const DimVector& padding : std::vector<DimVector>{{0, 0}, {1, 2}, most}) {
      add_channels(result, {0, 0, 0, {14, 11}, padding, {3, 3}, dilation});
    }
  }
  add_channels(result, {0, 0, 0, {14, 11}, {4, 4}, {5, 5}, {2, 2}});
  add_channels(result, {0, 0, 0, {30}, {8}, {5}, {4}});
  add_channels(result, {0, 0, 0, {30}, {12}, {3}, {8}});
  add_channels(result, {0, 0, 0, {2}, {7}, {3}, {7}});  // more dilation than outputs
  add_channels(result, {0, 0, 0, {4, 7, 9}, {2, 2, 3}, {3, 3, 3}, {2, 2, 3}});
  result.push_back({8, 32, 32, {32, 32}, {2, 2}, {3, 3}, {2, 2}});
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
  const Tensor bias = uniform({c.groups * c.o}, kFloat, 3), dy = uniform(c.y(), kFloat, 4);
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

// Single products among them, beside the larger sums of other tiles.
TEST(Winograd, AgreesWithTheLoop3x3) {
  for (const Case& c : cases_3x3()) expect_small_errors(c, 2e-6);
}

TEST(Winograd, AgreesWithTheLoop5x5) {
  for (const Case& c : cases_5x5()) expect_small_errors(c, 2e-6);
}

TEST(Winograd, AgreesWithTheLoopInOneDim) {
  for (const Case& c : cases_of_one_row()) expect_small_errors(c, 2e-6);
}

TEST(Winograd, AgreesWithTheLoopInThreeDims) {
  for (const Case& c : cases_with_depth()) expect_small_errors(c, 2e-6);
}

TEST(Winograd, AgreesWithTheLoopDilated) {
  // Sums of fewer products, and tiles half of zeros.
  for (const Case& c : dilated_cases()) expect_small_errors(c, 3e-6);
}

TEST(Winograd, AgreesWithTheLoopInGroups) {
  std::vector<Case> cases;
  add_channels(cases, {0, 0, 0, {9, 7}, {1, 1}, {3, 3}, {}, 3});
  add_channels(cases, {0, 0, 0, {9, 7}, {2, 2}, {5, 5}, {}, 2});
  add_channels(cases, {0, 0, 0, {30}, {2}, {5}, {}, 4});
  add_channels(cases, {0, 0, 0, {4, 7, 9}, {1, 1, 1}, {3, 3, 3}, {}, 2});
  for (const Case& c : cases) expect_small_errors(c, 2e-6);
}

TEST(Winograd, AgreesOnEveryTarget) {
  for (int64_t target : test::targets()) {
    SCOPED_TRACE(test::target_name(target));
    test::use_target(target);
    expect_small_errors({1, 16, 16, {8, 7}, {1, 1}}, 2e-6);
    expect_small_errors({3, 5, 7, {5, 9}, {2, 2}}, 2e-6);
    expect_small_errors({2, 33, 18, {14, 11}, {0, 0}}, 2e-6);
    expect_small_errors({2, 33, 18, {14, 11}, {2, 1}, {5, 5}}, 2e-6);
    expect_small_errors({2, 33, 18, {30}, {1}, {3}}, 2e-6);
    expect_small_errors({2, 33, 18, {30}, {2}, {5}}, 2e-6);
    expect_small_errors({2, 33, 18, {4, 8, 7}, {1, 1, 1}, {3, 3, 3}}, 2e-6);
    expect_small_errors({2, 33, 18, {14, 11}, {2, 3}, {3, 3}, {2, 3}}, 2e-6);
  }
  test::use_target(0);
}

TEST(Winograd, ManyChannels) {
  for (int64_t channels : {16, 64, 256}) {
    expect_small_errors({2, channels, 16, {14, 13}, {1, 1}}, 6e-7);
    expect_small_errors({2, channels, 16, {14, 13}, {2, 2}, {5, 5}}, 9e-7);
    expect_small_errors({2, channels, 16, {100}, {1}, {3}}, 6e-7);
    expect_small_errors({2, channels, 16, {100}, {2}, {5}}, 6e-7);
  }
  expect_small_errors({2, 32, 256, {10, 11}, {1, 1}}, 6e-7);
}

TEST(Winograd, LargeValuesDoNotOverflow) {
  expect_small_errors({1, 64, 64, {9, 10}, {1, 1}}, 6e-7, 1e30f);
  expect_small_errors({1, 64, 64, {9, 10}, {1, 1}, {5, 5}}, 6e-7, 1e30f);
}

TEST(Winograd, EqualForAllThreads) {
  for (const Case& c :
       {Case{40, 16, 16, {16, 16}, {1, 1}}, Case{7, 64, 48, {14, 13}, {1, 1}},
        Case{1, 128, 128, {20, 20}, {2, 2}}, Case{64, 64, 64, {16, 16}, {1, 1}},
        Case{16, 32, 32, {14, 14}, {2, 2}, {5, 5}}, Case{16, 32, 64, {512}, {2}, {5}},
        Case{2, 16, 32, {16, 16, 16}, {1, 1, 1}, {3, 3, 3}},
        Case{8, 32, 32, {32, 32}, {2, 2}, {3, 3}, {2, 2}},
        Case{8, 16, 16, {32, 32}, {1, 1}, {3, 3}, {}, 4}}) {
    SCOPED_TRACE(describe(c));
    const Tensor x = uniform(c.x(), kFloat, 1), w = uniform(c.w(), kFloat, 2);
    const Tensor bias = uniform({c.groups * c.o}, kFloat, 3), dy = uniform(c.y(), kFloat, 4);
    for (Tensor Results::*member :
         {&Results::y, &Results::y_without_bias, &Results::dx, &Results::dw}) {
      expect_equal_for_all_threads([&] { return winograd(c, x, w, bias, dy).*member; });
    }
  }
}

// A NaN is seen by the outputs of its own tile and of those that reach into it.
TEST(Winograd, NanStaysInItsTiles) {
  const Case c{2, 16, 16, {16, 16}, {1, 1}};
  const Tensor x = uniform(c.x(), kFloat, 1), w = uniform(c.w(), kFloat, 2);
  const Tensor bias = uniform({c.groups * c.o}, kFloat, 3), dy = uniform(c.y(), kFloat, 4);
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
  const Case c{4, 16, 32, {12, 11}, {1, 1}};
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
  EXPECT_TRUE(taken(x, w, {{1, 1}, {1, 1}, {2, 1}, 1}));
  EXPECT_TRUE(taken({32, 64, 100}, {64, 64, 3}, {{1}, {4}, {4}, 1}));
  EXPECT_FALSE(taken({32, 64, 100}, {64, 64, 3}, {{1}, {50}, {50}, 1}));  // tiles half empty
  EXPECT_FALSE(taken(x, w, {{1, 1}, {1, 3}, {1, 1}, 1}));
  EXPECT_TRUE(taken(x, {64, 32, 3, 3}, {{1, 1}, {1, 1}, {1, 1}, 2}));
  EXPECT_FALSE(taken(x, {64, 8, 3, 3}, {{1, 1}, {1, 1}, {1, 1}, 8}));
  EXPECT_FALSE(taken(x, {64, 1, 3, 3}, {{1, 1}, {1, 1}, {1, 1}, 64}));
  EXPECT_FALSE(taken(x, {64, 64, 3, 1}, {{1, 1}, {1, 0}, {1, 1}, 1}));
  EXPECT_FALSE(taken(x, {64, 64, 5, 3}, {{1, 1}, {2, 1}, {1, 1}, 1}));
  EXPECT_FALSE(taken(x, {64, 64, 4, 4}, {{1, 1}, {1, 1}, {1, 1}, 1}));
  EXPECT_FALSE(taken(x, {64, 64, 5, 5}, {{1, 1}, {5, 5}, {1, 1}, 1}));
  EXPECT_TRUE(taken(x, {64, 64, 5, 5}, {{1, 1}, {2, 2}, {1, 1}, 1}));
  // Most taps see the padding.
  EXPECT_FALSE(taken({16, 64, 5, 5}, {64, 64, 5, 5}, {{1, 1}, {2, 2}, {1, 1}, 1}));
  EXPECT_TRUE(taken(x, {64, 64, 1, 3}, {{1, 1}, {0, 1}, {1, 1}, 1}));
  EXPECT_TRUE(taken({32, 64, 100}, {64, 64, 3}, {{1}, {1}, {1}, 1}));
  EXPECT_TRUE(taken({32, 64, 100}, {64, 64, 5}, {{1}, {2}, {1}, 1}));
  const DimVector volume{4, 64, 8, 8, 8};
  EXPECT_TRUE(taken(volume, {64, 64, 3, 3, 3}, {{1, 1, 1}, {1, 1, 1}, {1, 1, 1}, 1}));
  EXPECT_TRUE(taken(volume, {64, 64, 2, 3, 3}, {{1, 1, 1}, {0, 1, 1}, {2, 1, 1}, 1}));
  EXPECT_FALSE(taken(volume, {64, 64, 3, 3, 3}, {{2, 1, 1}, {1, 1, 1}, {1, 1, 1}, 1}));
  EXPECT_TRUE(taken(volume, {64, 64, 3, 3, 3}, {{1, 1, 1}, {1, 1, 1}, {1, 2, 1}, 1}));
  // Planes whose transforms would not fit together.
  EXPECT_FALSE(
      taken({1, 64, 1000, 64, 64}, {64, 64, 3, 3, 3}, {{1, 1, 1}, {1, 1, 1}, {1, 1, 1}, 1}));
  EXPECT_FALSE(taken({32, 3, 16, 16}, {64, 3, 3, 3}, {{1, 1}, {1, 1}, {1, 1}, 1}));
  EXPECT_FALSE(taken({1, 64, 4, 4}, w, {{1, 1}, {1, 1}, {1, 1}, 1}));  // one tile
}

}  // namespace
}  // namespace gradus::kernel
