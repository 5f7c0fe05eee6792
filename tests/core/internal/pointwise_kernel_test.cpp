// Kernels of one element: the products by blocks of pointwise.h, through the functions of conv.h.

#include <tuple>
#include <vector>

#include <fmt/core.h>
#include <gradus/core/shape.h>
#include <gtest/gtest.h>

#include "core/kernels/conv.h"
#include "core/kernels/conv_problem.h"
#include "core/kernels/pointwise.h"
#include "tests/core/internal/kernel_test.h"
#include "tests/core/internal/vector_math_kernels.h"

namespace gradus::kernel {
namespace {

// images, channels, pixels, o
struct Case {
  int64_t n, c, pixels, o;
};

std::string describe(const Case& c) {
  return fmt::format("[{}, {}, {}] to {}", c.n, c.c, c.pixels, c.o);
}

template <class T>
PixelView<T> view(const Tensor& x, bool channels_last) {
  return {x.data_ptr<float>(), x.size(0), x.size(2), x.size(1), channels_last};
}

// A tensor [n, c, pixels] with these elements.
Tensor in_order(const Tensor& x, bool channels_last) {
  return channels_last ? to_channels_last(x) : to_row_major(x);
}

void expect_agreement(const Case& c, bool channels_last) {
  SCOPED_TRACE(describe(c) + (channels_last ? ", channels last" : ", row-major"));
  const ConvGeometry g{{1}, {0}, {1}, 1};
  const Tensor x = in_order(exact({c.n, c.c, c.pixels}, kFloat, 1), channels_last);
  const Tensor w = exact({c.o, c.c, 1}, kFloat, 2), bias = exact({c.o}, kFloat, 3);
  const Tensor dy = to_channels_last(exact({c.n, c.o, c.pixels}, kFloat, 4));
  const auto pixels = view<const float>(x, channels_last);

  const Tensor y = empty_channels_last(dy.sizes(), kFloat);
  pointwise_forward(pixels, {w.data_ptr<float>(), 1, c.c}, c.o, bias.data_ptr<float>(),
                    y.data_ptr<float>());
  EXPECT_TRUE(same(y, reference::convolution(x, w, bias, g)));
  pointwise_forward(pixels, {w.data_ptr<float>(), 1, c.c}, c.o, nullptr, y.data_ptr<float>());
  EXPECT_TRUE(same(y, reference::convolution(x, w, {}, g)));

  const Tensor expected_dx = reference::convolution_backward_data(dy, w, x.sizes(), g);
  const Tensor dx = empty_channels_last(x.sizes(), kFloat);
  pointwise_forward(view<const float>(dy, true), {w.data_ptr<float>(), c.c, 1}, c.c, nullptr,
                    dx.data_ptr<float>());
  EXPECT_TRUE(same(dx, expected_dx));

  const auto [expected_dw, expected_db] =
      reference::convolution_backward_weights(dy, x, w.sizes(), g, true);
  const Tensor dw = empty(w.sizes(), kFloat), db = empty({c.o}, kFloat);
  const Tensor again = empty_strided(x.sizes(), x.strides(), kFloat);
  pointwise_backward(pixels, dy.data_ptr<float>(), w.data_ptr<float>(), c.o, dw.data_ptr<float>(),
                     db.data_ptr<float>(), view<float>(again, channels_last));
  EXPECT_TRUE(same(again, expected_dx));
  EXPECT_TRUE(same(dw, expected_dw));
  EXPECT_TRUE(same(db, expected_db));

  const Tensor alone = empty(w.sizes(), kFloat);
  PixelView<float> none = view<float>(again, channels_last);
  none.data = nullptr;
  pointwise_backward(pixels, dy.data_ptr<float>(), nullptr, c.o, alone.data_ptr<float>(), nullptr,
                     none);
  EXPECT_TRUE(same(alone, expected_dw));
}

std::vector<Case> cases() {
  std::vector<Case> result;
  for (int64_t pixels : {1, 12, 49, 100, 300}) {
    for (const auto& [c, o] : std::vector<std::pair<int64_t, int64_t>>{
             {1, 1}, {3, 8}, {8, 3}, {16, 16}, {17, 33}, {70, 20}, {20, 70}}) {
      result.push_back({3, c, pixels, o});
    }
  }
  result.push_back({1, 64, 1024, 64});  // rows a power of two apart
  return result;
}

TEST(Pointwise, AgreesWithTheLoop) {
  for (const Case& c : cases()) {
    for (bool channels_last : {false, true}) expect_agreement(c, channels_last);
  }
}

TEST(Pointwise, AgreesOnEveryTarget) {
  for (int64_t target : test::targets()) {
    SCOPED_TRACE(test::target_name(target));
    test::use_target(target);
    for (bool channels_last : {false, true}) {
      expect_agreement({2, 17, 50, 33}, channels_last);
      expect_agreement({2, 33, 50, 17}, channels_last);
    }
  }
  test::use_target(0);
}

TEST(Pointwise, WeightsThatLeaveTheCache) {
  expect_agreement({1, 512, 70, 272}, false);
  expect_agreement({1, 272, 70, 512}, true);
}

// What conv.h makes of it: any dims and strides, with or without dx and db.
TEST(Pointwise, BackwardTogetherIsBackwardApart) {
  const ConvGeometry g{{1, 1}, {0, 0}, {1, 1}, 1};
  for (const auto& [c, o] :
       std::vector<std::pair<int64_t, int64_t>>{{16, 24}, {24, 16}, {3, 5}, {32, 1}, {48, 10}}) {
    const Tensor w = exact({o, c, 1, 1}, kFloat, 2);
    const Tensor dy = exact({2, o, 9, 8}, kFloat, 3);
    const Tensor row_major = exact({2, c, 9, 8}, kFloat, 1);
    for (const Tensor& x :
         {row_major, to_channels_last(row_major), swapped(exact({2, c, 8, 9}, kFloat, 1), 2, 3)}) {
      SCOPED_TRACE(to_string(x.strides()));
      const Tensor expected_dx = reference::convolution_backward_data(dy, w, x.sizes(), g);
      const auto [expected_dw, expected_db] =
          reference::convolution_backward_weights(dy, x, w.sizes(), g, true);
      const ConvGradients all = convolution_backward(dy, x, w, w.sizes(), g, true);
      EXPECT_TRUE(same(all.dx, expected_dx));
      EXPECT_TRUE(same(all.dw, expected_dw));
      EXPECT_TRUE(same(all.db, expected_db));
      EXPECT_TRUE(all.dw.is_contiguous());
      const ConvGradients weights = convolution_backward(dy, x, {}, w.sizes(), g, false);
      EXPECT_FALSE(weights.dx.defined());
      EXPECT_FALSE(weights.db.defined());
      EXPECT_TRUE(same(weights.dw, expected_dw));
      EXPECT_TRUE(same(convolution_backward_data(dy, w, x.sizes(), g), expected_dx));
      EXPECT_TRUE(same(convolution(x, w, {}, g), reference::convolution(x, w, {}, g)));
    }
  }
  const Tensor x = exact({2, 16, 9, 8}, kFloat, 1), w = exact({24, 16, 1, 1}, kFloat, 2);
  const Tensor dy = exact({2, 24, 9, 8}, kFloat, 3);
  EXPECT_EQ(convolution_backward(dy, x, w, w.sizes(), g, true).dx.strides(), x.strides());
}

TEST(Pointwise, EqualForAllThreads) {
  const ConvGeometry g{{1, 1}, {0, 0}, {1, 1}, 1};
  for (bool channels_last : {false, true}) {
    for (const auto& [c, o] : std::vector<std::pair<int64_t, int64_t>>{{64, 128}, {128, 64}}) {
      const Tensor x = in_order(uniform({3, c, 40, 30}, kFloat, 1), channels_last);
      const Tensor w = uniform({o, c, 1, 1}, kFloat, 2), bias = uniform({o}, kFloat, 3);
      const Tensor dy = uniform({3, o, 40, 30}, kFloat, 4);
      expect_equal_for_all_threads([&] { return convolution(x, w, bias, g); });
      for (Tensor ConvGradients::*member :
           {&ConvGradients::dx, &ConvGradients::dw, &ConvGradients::db}) {
        expect_equal_for_all_threads(
            [&] { return convolution_backward(dy, x, w, w.sizes(), g, true).*member; });
      }
    }
  }
}

}  // namespace
}  // namespace gradus::kernel
