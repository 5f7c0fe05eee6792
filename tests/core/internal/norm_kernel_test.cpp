#include <cmath>
#include <cstring>
#include <vector>

#include <gradus/core/factory.h>
#include <gradus/core/parallel.h>
#include <gtest/gtest.h>

#include "core/kernels/norm.h"

namespace gradus {
namespace {

// Numbers in [-1, 1) that look random.
Tensor numbers(DimVector sizes, uint64_t seed = 1) {
  Tensor x = empty(sizes);
  uint64_t state = seed * 0x9e3779b97f4a7c15u + 1;
  for (int64_t i = 0; i < x.numel(); ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    x.data_ptr<float>()[i] = static_cast<float>(static_cast<double>(state >> 40) / (1 << 23) - 1);
  }
  return x;
}

// x in channels-last order.
Tensor channels_last(const Tensor& x) {
  DimVector order{0};
  for (int64_t dim = 2; dim < x.dim(); ++dim) order.push_back(dim);
  order.push_back(1);
  DimVector back{0, x.dim() - 1};
  for (int64_t dim = 1; dim + 1 < x.dim(); ++dim) back.push_back(dim);
  return x.permute(order).contiguous().permute(back);
}

testing::AssertionResult near(const Tensor& a, const Tensor& b, double tolerance) {
  if (a.sizes() != b.sizes()) return testing::AssertionFailure() << to_string(a.sizes());
  const Tensor x = a.to(kDouble).contiguous(), y = b.to(kDouble).contiguous();
  for (int64_t i = 0; i < x.numel(); ++i) {
    const double u = x.data_ptr<double>()[i], v = y.data_ptr<double>()[i];
    if (!(std::abs(u - v) <= tolerance * std::max(1.0, std::abs(v)))) {
      return testing::AssertionFailure() << "element " << i << " is " << u << ", expected " << v;
    }
  }
  return testing::AssertionSuccess();
}

TEST(NormKernel, GroupNormAgreesWithDouble) {
  struct Case {
    DimVector sizes;
    int64_t groups;
  };
  for (const Case& c : {Case{{1, 1, 2}, 1},
                        {{3, 6, 5, 7}, 3},
                        {{2, 8, 1}, 2},
                        {{2, 64, 28, 28}, 8},
                        {{2, 2, 10007}, 2}}) {
    // A mean that is large beside the deviations.
    const Tensor x = numbers(c.sizes) + 100, dy = numbers(c.sizes, 2);
    const Tensor w = numbers({c.sizes[1]}, 3), b = numbers({c.sizes[1]}, 4);
    const auto last = kernel::group_norm(channels_last(x), c.groups, w, b, 1e-5);
    const auto fast = kernel::group_norm(x, c.groups, w, b, 1e-5);
    const auto exact =
        kernel::group_norm(x.to(kDouble), c.groups, w.to(kDouble), b.to(kDouble), 1e-5);
    EXPECT_TRUE(near(last.y, exact.y, 2e-5)) << to_string(IntArrayRef(c.sizes));
    EXPECT_EQ(last.y.strides(), channels_last(x).strides());
    EXPECT_TRUE(near(fast.y, exact.y, 2e-5)) << to_string(IntArrayRef(c.sizes));
    const auto d = kernel::group_norm_backward(dy, x, fast.mean, fast.rstd, c.groups, w);
    const auto e = kernel::group_norm_backward(dy.to(kDouble), x.to(kDouble), exact.mean,
                                               exact.rstd, c.groups, w.to(kDouble));
    EXPECT_TRUE(near(d.dx, e.dx, 1e-4));
    EXPECT_TRUE(near(d.dweight, e.dweight, 1e-3));
    EXPECT_TRUE(near(d.dbias, e.dbias, 1e-5));
    const auto f = kernel::group_norm_backward(channels_last(dy), channels_last(x), last.mean,
                                               last.rstd, c.groups, w);
    EXPECT_TRUE(near(f.dx, e.dx, 1e-4));
    EXPECT_TRUE(near(f.dweight, e.dweight, 1e-3));
    EXPECT_TRUE(near(f.dbias, e.dbias, 1e-5));
  }
}

TEST(NormKernel, LayerNormAgreesWithDouble) {
  for (auto [rows, n] :
       {std::pair<int64_t, int64_t>{1, 1}, {5, 7}, {300, 64}, {129, 257}, {3, 5000}, {2000, 16}}) {
    const Tensor x = numbers({rows, n}), dy = numbers({rows, n}, 2);
    const Tensor w = numbers({n}, 3), b = numbers({n}, 4);
    for (bool affine : {false, true}) {
      const Tensor ws = affine ? w : Tensor(), bs = affine ? b : Tensor();
      const auto fast = kernel::layer_norm(x, n, ws, bs, 1e-5);
      const auto exact = kernel::layer_norm(x.to(kDouble), n, affine ? w.to(kDouble) : Tensor(),
                                            affine ? b.to(kDouble) : Tensor(), 1e-5);
      EXPECT_TRUE(near(fast.y, exact.y, 1e-5)) << rows << " x " << n;
      const auto d = kernel::layer_norm_backward(dy, x, fast.mean, fast.rstd, n, ws, affine);
      const auto e =
          kernel::layer_norm_backward(dy.to(kDouble), x.to(kDouble), exact.mean, exact.rstd, n,
                                      affine ? w.to(kDouble) : Tensor(), affine);
      // Of a single element, rstd is 1 / sqrt(eps) and all gradients cancel.
      EXPECT_TRUE(near(d.dx, e.dx, n == 1 ? 1e-3 : 2e-5)) << rows << " x " << n;
      EXPECT_EQ(d.dweight.defined(), affine);
      if (!affine) continue;
      EXPECT_TRUE(near(d.dweight, e.dweight, 2e-5)) << rows << " x " << n;
      EXPECT_TRUE(near(d.dbias, e.dbias, 2e-5)) << rows << " x " << n;
    }
  }
}

const DimVector kShapes[] = {{6, 3},          {300, 64},        {2000, 130},     {4, 3, 5},
                             {2, 5, 7, 9},    {32, 16, 32, 32}, {3, 1, 6, 6},    {1, 200, 3, 3},
                             {2, 3, 100, 90}, {7, 33, 1, 1},    {40, 8, 2, 2, 2}};

TEST(NormKernel, ChannelNormAgreesWithDoubleInEveryLayout) {
  for (const DimVector& sizes : kShapes) {
    // A mean far from 0 must not spoil the variance.
    Tensor x = numbers(sizes);
    for (int64_t i = 0; i < x.numel(); ++i) x.data_ptr<float>()[i] += 30;
    const Tensor dy = numbers(sizes, 2);
    const int64_t channels = sizes[1];
    const Tensor w = numbers({channels}, 3), b = numbers({channels}, 4);
    const auto exact = kernel::channel_moments(x.to(kDouble));
    const Tensor exact_rstd = kernel::reciprocal_std(exact.var, 1e-5);
    const Tensor expected =
        kernel::channel_norm(x.to(kDouble), exact.mean, exact_rstd, w.to(kDouble), b.to(kDouble));
    const auto expected_gradients =
        kernel::channel_norm_backward(dy.to(kDouble), x.to(kDouble), exact.mean, exact_rstd,
                                      w.to(kDouble), /*training=*/true, /*need_dx=*/true);
    for (bool last : {false, true}) {
      const Tensor xs = last ? channels_last(x) : x;
      const auto moments = kernel::channel_moments(xs);
      EXPECT_TRUE(near(moments.mean, exact.mean, 1e-6)) << to_string(sizes);
      EXPECT_TRUE(near(moments.var, exact.var, 2e-6)) << to_string(sizes);
      const Tensor rstd = kernel::reciprocal_std(moments.var, 1e-5);
      const Tensor y = kernel::channel_norm(xs, moments.mean, rstd, w, b);
      EXPECT_EQ(y.strides(), xs.strides());
      EXPECT_TRUE(near(y, expected, 2e-5)) << to_string(sizes) << " last " << last;
      const auto d = kernel::channel_norm_backward(dy, xs, moments.mean, rstd, w, true, true);
      EXPECT_TRUE(near(d.dx, expected_gradients.dx, 4e-5)) << to_string(sizes);
      EXPECT_TRUE(near(d.dweight, expected_gradients.dweight, 4e-5)) << to_string(sizes);
      EXPECT_TRUE(near(d.dbias, expected_gradients.dbias, 4e-5)) << to_string(sizes);
    }
  }
}

// The sum of squares of 1e4 +- 1e-1 in float32 would be noise.
TEST(NormKernel, MomentsAreStable) {
  for (const DimVector& sizes : kShapes) {
    Tensor x = numbers(sizes);
    for (int64_t i = 0; i < x.numel(); ++i) {
      float& value = x.data_ptr<float>()[i];
      value = 10000.0f + value * 0.1f;
    }
    const auto exact = kernel::channel_moments(x.to(kDouble));
    for (bool last : {false, true}) {
      const auto moments = kernel::channel_moments(last ? channels_last(x) : x);
      EXPECT_TRUE(near(moments.mean, exact.mean, 1e-6));
      for (int64_t c = 0; c < sizes[1]; ++c) {
        const double expected = exact.var.data_ptr<double>()[c];
        EXPECT_NEAR(moments.var.data_ptr<float>()[c], expected, 2e-6 * expected)
            << to_string(sizes) << " last " << last;
      }
    }
  }
}

TEST(NormKernel, PlainLoopsAndVectorsAgree) {
  const auto plain = kernel::plain_norm_loops<float>();
  const auto fast = kernel::vector_norm_loops();
  const int64_t rows = 37, cols = 45;
  const Tensor x = numbers({rows, cols}), dy = numbers({rows, cols}, 2), p = numbers({5, cols}, 3);
  const float *xs = x.data_ptr<float>(), *dys = dy.data_ptr<float>(), *ps = p.data_ptr<float>();
  const auto expect_equal = [](const std::vector<float>& a, const std::vector<float>& b) {
    for (size_t i = 0; i < a.size(); ++i)
      ASSERT_NEAR(a[i], b[i], 2e-6 * (10 + std::abs(a[i]))) << i;
  };
  const auto both = [&](size_t size, auto run) {
    std::vector<float> a(size), b(size);
    run(plain, a.data());
    run(fast, b.data());
    expect_equal(a, b);
  };
  const kernel::Line<const float*> lines{ps, ps + cols, ps + 2 * cols};
  const size_t all = static_cast<size_t>(rows * cols);
  both(2, [&](auto& f, float* y) { f.row_moments(xs, 0.25f, rows * cols, y, y + 1); });
  both(2 * cols,
       [&](auto& f, float* y) { f.column_moments(xs, ps, cols, rows, cols, y, y + cols); });
  both(2, [&](auto& f, float* y) { f.row_sums(dys, xs, 0.5f, rows * cols, y); });
  both(2 * cols, [&](auto& f, float* y) { f.column_sums(dys, xs, ps, cols, rows, cols, y); });
  both(all, [&](auto& f, float* y) { f.row_line(xs, {0.5f, 2, 3}, rows * cols, y); });
  both(all, [&](auto& f, float* y) { f.column_lines(xs, lines, rows, cols, y); });
  both(all, [&](auto& f, float* y) { f.row_gradient(dys, xs, {0.5f, 2, 3}, 4, rows * cols, y); });
  both(all, [&](auto& f, float* y) {
    f.column_gradients(dys, xs, lines, ps + 3 * cols, rows, cols, y);
  });
}

TEST(NormKernel, EqualForAnyNumberOfThreads) {
  const int before = get_num_threads();
  const auto equal = [](const Tensor& a, const Tensor& b) {
    return std::memcmp(a.data_ptr(), b.data_ptr(), a.nbytes()) == 0;
  };
  for (const DimVector& sizes : {DimVector{32, 16, 32, 32}, DimVector{20000, 33}}) {
    for (bool last : {false, true}) {
      const Tensor x = last ? channels_last(numbers(sizes)) : numbers(sizes);
      const Tensor dy = numbers(sizes, 2);
      const int64_t n = sizes.back();
      const Tensor w = numbers({n}, 3);
      set_num_threads(1);
      const auto moments = kernel::channel_moments(x);
      const Tensor y = kernel::channel_norm(x, moments.mean, moments.var, {}, {});
      const auto d =
          kernel::channel_norm_backward(dy, x, moments.mean, moments.var, {}, true, true);
      const auto layer = kernel::layer_norm(x, n, w, w, 1e-5);
      const auto dl = kernel::layer_norm_backward(dy, x, layer.mean, layer.rstd, n, w, true);
      for (int threads : {2, 3, 8}) {
        set_num_threads(threads);
        const auto moments2 = kernel::channel_moments(x);
        EXPECT_TRUE(equal(moments.mean, moments2.mean) && equal(moments.var, moments2.var));
        EXPECT_TRUE(equal(y, kernel::channel_norm(x, moments.mean, moments.var, {}, {})));
        const auto d2 =
            kernel::channel_norm_backward(dy, x, moments.mean, moments.var, {}, true, true);
        EXPECT_TRUE(equal(d.dx, d2.dx) && equal(d.dweight, d2.dweight) && equal(d.dbias, d2.dbias));
        EXPECT_TRUE(equal(layer.y, kernel::layer_norm(x, n, w, w, 1e-5).y));
        const auto dl2 = kernel::layer_norm_backward(dy, x, layer.mean, layer.rstd, n, w, true);
        EXPECT_TRUE(equal(dl.dx, dl2.dx) && equal(dl.dweight, dl2.dweight) &&
                    equal(dl.dbias, dl2.dbias));
      }
    }
  }
  set_num_threads(before);
}

}  // namespace
}  // namespace gradus
