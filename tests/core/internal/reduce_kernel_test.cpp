#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include <gradus/core/factory.h>
#include <gradus/core/parallel.h>
#include <gradus/core/shape.h>
#include <gtest/gtest.h>

#include "core/kernels/reduce.h"

namespace gradus {
namespace {

using kernel::ReduceOp;

constexpr ReduceOp kAllOps[] = {
    ReduceOp::Sum,        ReduceOp::NanSum, ReduceOp::SumAbs,
    ReduceOp::SumSquares, ReduceOp::SumExp, ReduceOp::SumSquaredDeviations,
    ReduceOp::Prod,       ReduceOp::Max,    ReduceOp::Min,
    ReduceOp::MaxAbs,     ReduceOp::MinAbs, ReduceOp::SumPowers};

// Numbers in [-1, 1) that look random.
template <class T>
std::vector<T> numbers(int64_t n, uint64_t seed = 1) {
  std::vector<T> values(static_cast<size_t>(n));
  uint64_t state = seed * 0x9e3779b97f4a7c15u + 1;
  for (T& value : values) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    value = static_cast<T>(static_cast<double>(state >> 40) / (1 << 23) - 1);
  }
  return values;
}

Tensor view_of(std::vector<float>& data, DimVector sizes, DimVector strides) {
  return from_blob(data.data(), sizes, strides);
}

struct Case {
  DimVector sizes, strides, dims;
};

// Rows, columns, both at once, permuted, narrow, short, strided, broadcast; sizes around those of
// blocks and vectors.
std::vector<Case> cases() {
  return {
      {{1}, {1}, {0}},
      {{7}, {1}, {0}},
      {{63}, {1}, {0}},
      {{1025}, {1}, {0}},
      {{5000}, {3}, {0}},
      {{300000}, {1}, {0}},
      {{33, 257}, {257, 1}, {1}},
      {{33, 257}, {257, 1}, {0}},
      {{257, 33}, {1, 257}, {0}},
      {{257, 33}, {1, 257}, {1}},
      {{1000, 3}, {3, 1}, {1}},
      {{100000, 3}, {3, 1}, {0}},
      {{70000, 10}, {10, 1}, {0}},
      {{4000, 130}, {130, 1}, {0}},
      {{19, 8, 5, 7}, {280, 35, 7, 1}, {0, 2, 3}},
      {{19, 8, 5, 7}, {280, 1, 56, 8}, {0, 2, 3}},
      {{19, 8, 30, 7}, {1680, 210, 7, 1}, {1}},
      {{19, 8, 30, 7}, {1680, 210, 7, 1}, {2, 1}},
      {{19, 8, 30, 7}, {1680, 210, 7, 1}, {0, 2}},
      {{6, 200, 300}, {60000, 300, 1}, {0, 2}},
      {{40, 50}, {0, 1}, {0}},
      {{40, 50}, {1, 0}, {0}},
      {{40, 50}, {1, 0}, {1}},
      {{40, 50}, {100, 2}, {0}},
      {{2, 1, 3}, {3, 3, 1}, {1}},
      {{2, 3}, {3, 1}, {}},
  };
}

int64_t extent(const Case& c) {
  int64_t last = 1;
  for (size_t i = 0; i < c.sizes.size(); ++i) last += (c.sizes[i] - 1) * c.strides[i];
  return last;
}

// The reduction of each output, one element after the other in double.
std::vector<double> reference(ReduceOp op, const Tensor& x, const DimVector& dims,
                              const std::vector<float>& p) {
  const bool is_sum = op != ReduceOp::Prod && op < ReduceOp::Prod;
  const double infinity = std::numeric_limits<double>::infinity();
  const bool is_max = op == ReduceOp::Max || op == ReduceOp::MaxAbs;
  std::vector<double> y;
  const double identity = is_sum ? 0 : op == ReduceOp::Prod ? 1 : is_max ? -infinity : infinity;
  std::vector<bool> reduced(x.sizes().size(), false);
  for (int64_t dim : dims) reduced[static_cast<size_t>(dim)] = true;
  int64_t outputs = 1;
  for (size_t i = 0; i < reduced.size(); ++i) outputs *= reduced[i] ? 1 : x.sizes()[i];
  y.assign(static_cast<size_t>(outputs), identity);
  const float* data = x.data_ptr<float>();
  for (int64_t n = 0; n < x.numel(); ++n) {
    int64_t rest = n, at = 0, out = 0, out_stride = 1;
    for (size_t i = reduced.size(); i-- > 0;) {
      const int64_t index = rest % x.sizes()[i];
      rest /= x.sizes()[i];
      at += index * x.strides()[i];
      if (reduced[i]) continue;
      out += index * out_stride;
      out_stride *= x.sizes()[i];
    }
    const double value = data[at];
    double& acc = y[static_cast<size_t>(out)];
    const double q = p.empty() ? 0 : p[static_cast<size_t>(out)];
    switch (op) {
      case ReduceOp::Sum:
        acc += value;
        break;
      case ReduceOp::NanSum:
        acc += std::isnan(value) ? 0 : value;
        break;
      case ReduceOp::SumAbs:
        acc += std::abs(value);
        break;
      case ReduceOp::SumSquares:
        acc += value * value;
        break;
      case ReduceOp::SumSquaredDeviations:
        acc += (value - q) * (value - q);
        break;
      case ReduceOp::SumExp:
        acc += std::exp(value - q);
        break;
      case ReduceOp::SumPowers:
        acc += std::pow(std::abs(value), q);
        break;
      case ReduceOp::Prod:
        acc *= value;
        break;
      case ReduceOp::Max:
        acc = std::max(acc, value);
        break;
      case ReduceOp::Min:
        acc = std::min(acc, value);
        break;
      case ReduceOp::MaxAbs:
        acc = std::max(acc, std::abs(value));
        break;
      case ReduceOp::MinAbs:
        acc = std::min(acc, std::abs(value));
        break;
    }
  }
  return y;
}

TEST(ReduceKernel, AgreesWithOneElementAfterTheOther) {
  for (const Case& c : cases()) {
    std::vector<float> data = numbers<float>(extent(c));
    const Tensor x = view_of(data, c.sizes, c.strides);
    const Tensor plain_sum = kernel::reduce("sum", ReduceOp::Sum, x, c.dims, /*keepdim=*/false);
    std::vector<float> params = numbers<float>(plain_sum.numel(), 5);
    for (float& p : params) p = std::abs(p) + 0.5f;
    const Tensor p = from_blob(params.data(), plain_sum.sizes());
    for (ReduceOp op : kAllOps) {
      const Tensor fast = kernel::reduce("test", op, x, c.dims, /*keepdim=*/false, p);
      const Tensor plain = kernel::reduce_plain("test", op, x, c.dims, /*keepdim=*/false, p);
      const std::vector<double> expected = reference(op, x, c.dims, params);
      ASSERT_EQ(fast.numel(), static_cast<int64_t>(expected.size()));
      const double n = static_cast<double>(x.numel()) / static_cast<double>(fast.numel());
      for (size_t i = 0; i < expected.size(); ++i) {
        // The terms of a sum are of size 1; a product is off by an ulp for each factor.
        const double size = std::abs(expected[i]);
        const double tolerance = op == ReduceOp::Prod ? std::max(1e-7 * n * size, 1e-38)
                                                      : 1e-6 * std::max({1.0, std::sqrt(n), size});
        ASSERT_NEAR(fast.data_ptr<float>()[i], expected[i], tolerance)
            << "op " << int(op) << " of " << to_string(c.sizes) << " over " << to_string(c.dims);
        ASSERT_NEAR(plain.data_ptr<float>()[i], expected[i], tolerance)
            << "op " << int(op) << " of " << to_string(c.sizes) << " over " << to_string(c.dims);
      }
    }
  }
}

TEST(ReduceKernel, KeepsDims) {
  std::vector<float> data(24, 1.0f);
  const Tensor x = from_blob(data.data(), {2, 3, 4});
  EXPECT_EQ(kernel::sum("sum", x, {0, 2}, true).sizes(), IntArrayRef({1, 3, 1}));
  EXPECT_EQ(kernel::sum("sum", x, {0, 2}, false).sizes(), IntArrayRef({3}));
  EXPECT_EQ(kernel::sum("sum", x, {0, 1, 2}, false).dim(), 0);
}

// One out of a million terms of 1 must not be lost where 2^24 of them would be.
TEST(ReduceKernel, SumOfOnesIsExact) {
  for (int64_t n : {1 << 20, (1 << 25) + 3}) {
    std::vector<float> data(static_cast<size_t>(n), 1.0f);
    EXPECT_EQ(kernel::sum("sum", from_blob(data.data(), {n}), {0}, false).item<float>(),
              static_cast<float>(n));
  }
  // The same down columns, narrow ones and wide ones.
  std::vector<float> data(size_t{1} << 25, 1.0f);
  for (int64_t cols : {1, 2, 128}) {
    const int64_t rows = (int64_t{1} << 25) / cols;
    const Tensor y = kernel::sum("sum", from_blob(data.data(), {rows, cols}), {0}, false);
    for (int64_t c = 0; c < cols; ++c) EXPECT_EQ(y.data_ptr<float>()[c], static_cast<float>(rows));
  }
}

// 0.1f summed 10 million times: one chain is off by 8 %, pairs by a few ulp.
TEST(ReduceKernel, SumIsAccurate) {
  const int64_t n = 10'000'000;
  std::vector<float> data(static_cast<size_t>(n), 0.1f);
  const double exact = static_cast<double>(0.1f) * static_cast<double>(n);
  const double error =
      kernel::sum("sum", from_blob(data.data(), {n}), {0}, false).item<float>() - exact;
  EXPECT_LT(std::abs(error) / exact, 4 * std::numeric_limits<float>::epsilon());
  const Tensor columns = kernel::sum("sum", from_blob(data.data(), {n / 100, 100}), {0}, false);
  const double expected = exact / 100;
  for (int64_t c = 0; c < 100; ++c) {
    EXPECT_LT(std::abs(columns.data_ptr<float>()[c] - expected) / expected,
              4 * std::numeric_limits<float>::epsilon());
  }
}

TEST(ReduceKernel, EqualForAnyNumberOfThreads) {
  const int before = get_num_threads();
  for (const Case& c : cases()) {
    std::vector<float> data = numbers<float>(extent(c));
    const Tensor x = view_of(data, c.sizes, c.strides);
    for (ReduceOp op : {ReduceOp::Sum, ReduceOp::SumExp, ReduceOp::Max}) {
      set_num_threads(1);
      const Tensor one = kernel::reduce("test", op, x, c.dims, false);
      for (int threads : {2, 3, 8}) {
        set_num_threads(threads);
        const Tensor many = kernel::reduce("test", op, x, c.dims, false);
        EXPECT_EQ(std::memcmp(one.data_ptr(), many.data_ptr(), one.nbytes()), 0)
            << threads << " threads, op " << int(op) << " of " << to_string(c.sizes);
      }
    }
  }
  set_num_threads(before);
}

template <class T>
class ReduceKernelTypes : public testing::Test {};
using Types =
    testing::Types<float, double, Half, BFloat16, int64_t, int32_t, int16_t, int8_t, uint8_t, bool>;
TYPED_TEST_SUITE(ReduceKernelTypes, Types);

// Small whole numbers are exact in every dtype.
TYPED_TEST(ReduceKernelTypes, RowsAndColumns) {
  using T = TypeParam;
  const int64_t rows = 5, cols = 37;
  std::unique_ptr<T[]> data(new T[rows * cols]);
  std::vector<double> row_sums(rows, 0.0), col_sums(cols, 0.0);
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < cols; ++c) {
      data[r * cols + c] = static_cast<T>((r * 7 + c * 3) % 3);
      const double value = static_cast<double>(static_cast<float>(data[r * cols + c]));
      row_sums[r] += value;
      col_sums[c] += value;
    }
  }
  const Tensor x = from_blob(data.get(), {rows, cols}, scalar_type_of<T>());
  const bool floating = is_floating_point(x.dtype());
  const Tensor by_row = kernel::sum("sum", x, {1}, false);
  const Tensor by_col = kernel::sum("sum", x, {0}, false);
  EXPECT_EQ(by_row.dtype(), floating ? x.dtype() : kLong);
  const auto value = [&](const Tensor& y, int64_t i) {
    return floating
               ? static_cast<double>(static_cast<float>(static_cast<const T*>(y.data_ptr())[i]))
               : static_cast<double>(y.data_ptr<int64_t>()[i]);
  };
  for (int64_t r = 0; r < rows; ++r) EXPECT_EQ(value(by_row, r), row_sums[r]);
  for (int64_t c = 0; c < cols; ++c) EXPECT_EQ(value(by_col, c), col_sums[c]);
  EXPECT_EQ(kernel::amax("amax", x, {0, 1}, false).dtype(), x.dtype());
  EXPECT_EQ(static_cast<float>(*kernel::amax("amax", x, {0, 1}, false).data_ptr<T>()),
            x.dtype() == kBool ? 1.0f : 2.0f);
  EXPECT_EQ(static_cast<float>(*kernel::amin("amin", x, {0, 1}, false).data_ptr<T>()), 0.0f);
  EXPECT_TRUE(*kernel::any("any", x, {0, 1}, false).template data_ptr<bool>());
  EXPECT_FALSE(*kernel::all("all", x, {0, 1}, false).template data_ptr<bool>());
  int64_t nonzero = 0;
  for (int64_t i = 0; i < rows * cols; ++i) nonzero += static_cast<float>(data[i]) != 0;
  EXPECT_EQ(*kernel::count_nonzero("count_nonzero", x, {0, 1}).template data_ptr<int64_t>(),
            nonzero);
  for (int64_t dim : {0, 1}) {
    const auto [values, indices] = kernel::max_with_index("max", x, dim, false);
    for (int64_t i = 0; i < values.numel(); ++i) {
      const int64_t n = dim == 0 ? rows : cols;
      const auto at = [&](int64_t k) {
        return static_cast<float>(dim == 0 ? data[k * cols + i] : data[i * cols + k]);
      };
      int64_t first = 0;
      for (int64_t k = 1; k < n; ++k) {
        if (at(k) > at(first)) first = k;
      }
      EXPECT_EQ(indices.template data_ptr<int64_t>()[i], first);
      EXPECT_EQ(static_cast<float>(values.template data_ptr<T>()[i]), at(first));
    }
  }
}

TEST(ReduceKernel, ExtremaPropagateNan) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (int64_t n : {1, 5, 64, 200, 5000}) {
    for (int64_t at : {int64_t{0}, n / 2, n - 1}) {
      std::vector<float> data(static_cast<size_t>(n), 1.0f);
      data[static_cast<size_t>(at)] = nan;
      if (at + 1 < n) data[static_cast<size_t>(at) + 1] = nan;  // the first counts
      for (bool columns : {false, true}) {
        // As a row, or as the first of 20 equal columns.
        const Tensor x = columns ? from_blob(data.data(), {n, 20}, IntArrayRef({1, 0}))
                                 : from_blob(data.data(), {n});
        EXPECT_TRUE(std::isnan(*kernel::amax("amax", x, {0}, false).data_ptr<float>()));
        EXPECT_TRUE(std::isnan(*kernel::amin("amin", x, {0}, false).data_ptr<float>()));
        const auto [max, max_at] = kernel::max_with_index("max", x, 0, false);
        const auto [min, min_at] = kernel::min_with_index("min", x, 0, false);
        EXPECT_TRUE(std::isnan(*max.data_ptr<float>()));
        EXPECT_EQ(*max_at.data_ptr<int64_t>(), at);
        EXPECT_TRUE(std::isnan(*min.data_ptr<float>()));
        EXPECT_EQ(*min_at.data_ptr<int64_t>(), at);
      }
    }
  }
}

TEST(ReduceKernel, ExtremaWithIndexAgreeOnEveryLayout) {
  for (const Case& c : cases()) {
    std::vector<float> data = numbers<float>(extent(c));
    for (float& value : data) value = std::round(value * 20);  // ties
    const Tensor x = view_of(data, c.sizes, c.strides);
    for (size_t d = 0; d < c.sizes.size(); ++d) {
      const int64_t dim = static_cast<int64_t>(d);
      const auto [values, indices] = kernel::max_with_index("max", x, dim, true);
      for (int64_t n = 0; n < values.numel(); ++n) {
        int64_t rest = n, base = 0;
        for (size_t i = c.sizes.size(); i-- > 0;) {
          const int64_t size = i == d ? 1 : c.sizes[i];
          base += rest % size * c.strides[i];
          rest /= size;
        }
        int64_t first = 0;
        for (int64_t k = 1; k < c.sizes[d]; ++k) {
          if (data[static_cast<size_t>(base + k * c.strides[d])] >
              data[static_cast<size_t>(base + first * c.strides[d])]) {
            first = k;
          }
        }
        ASSERT_EQ(indices.data_ptr<int64_t>()[n], first) << to_string(c.sizes) << " dim " << dim;
        ASSERT_EQ(values.data_ptr<float>()[n],
                  data[static_cast<size_t>(base + first * c.strides[d])]);
      }
    }
  }
}

TEST(ReduceKernel, CountsBytesOfBool) {
  for (int64_t n : {1, 7, 8, 9, 2039, 2040, 2041, 5000, 300001}) {
    for (int64_t every : {1, 3, 1000}) {
      std::unique_ptr<bool[]> data(new bool[static_cast<size_t>(n)]);
      int64_t expected = 0;
      for (int64_t i = 0; i < n; ++i) {
        data[static_cast<size_t>(i)] = (i + 1) % every == 0;
        expected += (i + 1) % every == 0;
      }
      const Tensor x = from_blob(data.get(), {n}, kBool);
      EXPECT_EQ(*kernel::sum("sum", x, {0}, false).data_ptr<int64_t>(), expected);
      EXPECT_EQ(*kernel::count_nonzero("count_nonzero", x, {0}).data_ptr<int64_t>(), expected);
      EXPECT_EQ(*kernel::any("any", x, {0}, true).data_ptr<bool>(), expected > 0);
      EXPECT_EQ(*kernel::all("all", x, {0}, false).data_ptr<bool>(), expected == n);
      // Not dense: the general way.
      const Tensor spread = from_blob(data.get(), {(n + 1) / 2}, IntArrayRef({2}), kBool);
      int64_t second = 0;
      for (int64_t i = 0; i < n; i += 2) second += data[static_cast<size_t>(i)];
      EXPECT_EQ(*kernel::sum("sum", spread, {0}, false).data_ptr<int64_t>(), second);
    }
  }
}

// 10 million values around 10,000 with a spread of 1: a sum of squares would lose it.
TEST(ReduceKernel, VarianceIsStable) {
  const int64_t n = 1'000'000;
  std::vector<float> data = numbers<float>(n);
  double mean = 0, squares = 0;
  for (float& value : data) {
    value += 10000.0f;
    mean += value;
  }
  mean /= static_cast<double>(n);
  for (float value : data) squares += (value - mean) * (value - mean);
  const auto [var, m] = kernel::var_mean("var", from_blob(data.data(), {n}), {0}, 1, false);
  EXPECT_NEAR(*var.data_ptr<float>(), squares / static_cast<double>(n - 1), 1e-6);
  EXPECT_NEAR(*m.data_ptr<float>(), mean, 1e-3);
}

TEST(ReduceKernel, ScansAlongEveryDim) {
  const int64_t a = 3, b = 70, c = 65;
  std::vector<float> data = numbers<float>(a * b * c);
  const Tensor x = from_blob(data.data(), {a, b, c});
  const DimVector strides{b * c, c, 1};
  for (int64_t dim : {0, 1, 2}) {
    for (bool reverse : {false, true}) {
      const Tensor y = kernel::cumsum("cumsum", x, dim, reverse);
      const Tensor z = kernel::cumprod("cumprod", x, dim, reverse);
      const size_t d = static_cast<size_t>(dim);
      for (int64_t i = 0; i < x.numel(); ++i) {
        const int64_t index = i / strides[d] % x.sizes()[d];
        double sum = 0, product = 1;
        const int64_t from = reverse ? index : 0, to = reverse ? x.sizes()[d] - 1 : index;
        for (int64_t k = from; k <= to; ++k) {
          const double value = data[static_cast<size_t>(i + (k - index) * strides[d])];
          sum += value;
          product *= value;
        }
        ASSERT_NEAR(y.data_ptr<float>()[i], sum, 1e-6);
        ASSERT_NEAR(z.data_ptr<float>()[i], product, 1e-7);
      }
    }
  }
}

}  // namespace
}  // namespace gradus
