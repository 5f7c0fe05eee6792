#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include <gradus/core/factory.h>
#include <gradus/core/parallel.h>
#include <gtest/gtest.h>

#include "core/kernels/softmax.h"

namespace gradus {
namespace {

// Logits of size up to 8 that look random.
std::vector<float> logits(int64_t n, uint64_t seed = 1) {
  std::vector<float> values(static_cast<size_t>(n));
  uint64_t state = seed * 0x9e3779b97f4a7c15u + 1;
  for (float& value : values) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    value = static_cast<float>(static_cast<double>(state >> 40) / (1 << 20) - 8);
  }
  return values;
}

struct Shape {
  int64_t outer, n, inner;
};

constexpr Shape kShapes[] = {{1, 1, 1},    {3, 10, 1},  {64, 10, 1}, {7, 257, 1},  {2, 5000, 1},
                             {1, 100, 37}, {2, 64, 64}, {3, 5, 200}, {100, 300, 1}};

TEST(SoftmaxKernel, AgreesWithThePlainLoopInDouble) {
  for (const Shape& s : kShapes) {
    for (bool log : {false, true}) {
      const int64_t numel = s.outer * s.n * s.inner;
      std::vector<float> x = logits(numel), dy = logits(numel, 7);
      std::vector<double> xd(x.begin(), x.end()), dyd(dy.begin(), dy.end());
      std::vector<double> yd(x.size()), dxd(x.size());
      const DimVector sizes{s.outer, s.n, s.inner};
      const Tensor y = kernel::softmax("softmax", from_blob(x.data(), sizes), 1, log);
      const Tensor dx = kernel::softmax_backward("softmax", y, from_blob(dy.data(), sizes), 1, log);
      for (int64_t o = 0; o < s.outer; ++o) {
        const int64_t first = o * s.n * s.inner;
        kernel::softmax_plain(&xd[first], &yd[first], s.n, s.inner, s.inner, log);
        kernel::softmax_backward_plain(&yd[first], &dyd[first], &dxd[first], s.n, s.inner, s.inner,
                                       log);
      }
      for (int64_t i = 0; i < numel; ++i) {
        const size_t k = static_cast<size_t>(i);
        // The argument of exp() is off by half an ulp of 16.
        ASSERT_NEAR(y.data_ptr<float>()[i], yd[k], log ? 4e-6 : 2e-6 * yd[k] + 1e-37)
            << s.outer << " x " << s.n << " x " << s.inner << " log " << log;
        // The sum of n gradients of size 8, times a probability.
        const double p = log ? std::exp(yd[k]) : yd[k];
        ASSERT_NEAR(dx.data_ptr<float>()[i], dxd[k], 2e-6 + 1e-5 * p * static_cast<double>(s.n) / 8)
            << s.outer << " x " << s.n << " x " << s.inner << " log " << log;
      }
    }
  }
}

TEST(SoftmaxKernel, RowsOfWideRange) {
  // e^-200 is nothing beside 1, and e^200 would overflow.
  std::vector<float> x{200, 0, -200, 1000, 999, -1000};
  const Tensor y = kernel::softmax("softmax", from_blob(x.data(), {2, 3}), 1, false);
  const float expected[] = {1, 0, 0, 0.7310586f, 0.2689414f, 0};
  for (int i = 0; i < 6; ++i) EXPECT_NEAR(y.data_ptr<float>()[i], expected[i], 1e-7);
  const Tensor log = kernel::softmax("log_softmax", from_blob(x.data(), {2, 3}), 1, true);
  const float logs[] = {0, -200, -400, -0.31326166f, -1.31326166f, -2000.31326f};
  for (int i = 0; i < 6; ++i) EXPECT_NEAR(log.data_ptr<float>()[i], logs[i], 1e-6 * -logs[5]);
}

TEST(SoftmaxKernel, InfinitiesAndNan) {
  const float inf = std::numeric_limits<float>::infinity();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (int64_t n : {3, 16, 40}) {
    for (bool columns : {false, true}) {
      for (bool log : {false, true}) {
        const auto run = [&](float first, float rest) {
          std::vector<float> x(static_cast<size_t>(3 * n), rest);
          // A row, or the middle one of three equal columns.
          if (columns) {
            x[0] = x[1] = x[2] = first;
            const Tensor y = kernel::softmax("softmax", from_blob(x.data(), {n, 3}), 0, log);
            return std::vector<float>{y.data_ptr<float>()[1], y.data_ptr<float>()[4]};
          }
          x[0] = first;
          const Tensor y = kernel::softmax("softmax", from_blob(x.data(), {1, n}), 1, log);
          return std::vector<float>{y.data_ptr<float>()[0], y.data_ptr<float>()[1]};
        };
        // Nothing but -infinity.
        EXPECT_TRUE(std::isnan(run(-inf, -inf)[0]));
        EXPECT_TRUE(std::isnan(run(-inf, -inf)[1]));
        // One among numbers has probability 0.
        EXPECT_EQ(run(-inf, 1)[0], log ? -inf : 0.0f);
        EXPECT_FALSE(std::isnan(run(-inf, 1)[1]));
        EXPECT_TRUE(std::isnan(run(nan, 1)[1]));
        EXPECT_TRUE(std::isnan(run(1, nan)[0]));
        EXPECT_TRUE(std::isnan(run(inf, 1)[0]));
      }
    }
  }
}

TEST(SoftmaxKernel, EqualForAnyNumberOfThreads) {
  const int before = get_num_threads();
  for (const Shape& s : {Shape{4096, 256, 1}, Shape{2, 100000, 1}, Shape{8, 10, 4096}}) {
    const DimVector sizes{s.outer, s.n, s.inner};
    std::vector<float> x = logits(s.outer * s.n * s.inner);
    for (bool log : {false, true}) {
      set_num_threads(1);
      const Tensor xs = from_blob(x.data(), sizes);
      const Tensor y = kernel::softmax("softmax", xs, 1, log);
      const Tensor dx = kernel::softmax_backward("softmax", y, xs, 1, log);
      for (int threads : {2, 3, 8}) {
        set_num_threads(threads);
        const Tensor y2 = kernel::softmax("softmax", xs, 1, log);
        const Tensor dx2 = kernel::softmax_backward("softmax", y, xs, 1, log);
        EXPECT_EQ(std::memcmp(y.data_ptr(), y2.data_ptr(), y.nbytes()), 0);
        EXPECT_EQ(std::memcmp(dx.data_ptr(), dx2.data_ptr(), y.nbytes()), 0);
      }
    }
  }
  set_num_threads(before);
}

TEST(SoftmaxKernel, KeepsTheOrderOfMemory) {
  // Channels-last: the channels of a pixel lie together.
  std::vector<float> x = logits(2 * 5 * 3 * 4);
  const Tensor last = from_blob(x.data(), {2, 5, 3, 4}, {60, 1, 20, 5});
  const Tensor y = kernel::softmax("softmax", last, 1, false);
  EXPECT_EQ(y.strides(), last.strides());
  const Tensor rows = kernel::softmax("softmax", from_blob(x.data(), {24, 5}), 1, false);
  EXPECT_EQ(std::memcmp(y.data_ptr(), rows.data_ptr(), y.nbytes()), 0);
  // Every second element: copied first.
  const Tensor strided = kernel::softmax("softmax", from_blob(x.data(), {3, 5}, {20, 2}), 1, false);
  EXPECT_TRUE(strided.is_contiguous());
  double sum = 0;
  for (int i = 0; i < 15; ++i) sum += strided.data_ptr<float>()[i];
  EXPECT_NEAR(sum, 3, 1e-6);
}

}  // namespace
}  // namespace gradus
