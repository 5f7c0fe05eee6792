#include <cmath>
#include <cstring>
#include <vector>

#include <gradus/core/factory.h>
#include <gradus/core/parallel.h>
#include <gtest/gtest.h>

#include "core/kernels/loss.h"

namespace gradus {
namespace {

using kernel::ClassTargets;
using kernel::PointwiseLoss;

// Numbers in [lo, hi) that look random.
Tensor numbers(DimVector sizes, double lo, double hi, uint64_t seed = 1) {
  Tensor x = empty(sizes);
  uint64_t state = seed * 0x9e3779b97f4a7c15u + 1;
  for (int64_t i = 0; i < x.numel(); ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    x.data_ptr<float>()[i] =
        static_cast<float>(lo + (hi - lo) * static_cast<double>(state >> 40) / (1 << 24));
  }
  return x;
}

Tensor classes_for(int64_t rows, int64_t classes) {
  Tensor t = empty(rows, kLong);
  for (int64_t r = 0; r < rows; ++r) {
    t.data_ptr<int64_t>()[r] = r % 11 == 3 ? -100 : r * 7 % classes;
  }
  return t;
}

void expect_near(const Tensor& actual, const Tensor& expected, double tolerance) {
  const Tensor a = actual.to(kDouble).contiguous(), b = expected.contiguous();
  ASSERT_EQ(a.sizes(), b.sizes());
  for (int64_t i = 0; i < a.numel(); ++i) {
    const double x = a.data_ptr<double>()[i], y = b.data_ptr<double>()[i];
    ASSERT_NEAR(x, y, tolerance * std::max(1.0, std::abs(y))) << i;
  }
}

constexpr PointwiseLoss kLosses[] = {PointwiseLoss::Squared,
                                     PointwiseLoss::Absolute,
                                     PointwiseLoss::SmoothL1,
                                     PointwiseLoss::Huber,
                                     PointwiseLoss::BinaryCrossEntropy,
                                     PointwiseLoss::BinaryCrossEntropyWithLogits};

TEST(LossKernel, EachElementAgreesWithDouble) {
  for (int64_t n : {1, 7, 64, 1000, 100003}) {
    for (PointwiseLoss loss : kLosses) {
      const bool probability = loss == PointwiseLoss::BinaryCrossEntropy;
      const Tensor x = probability ? numbers({n}, 0.01, 0.99) : numbers({n}, -4, 4);
      const Tensor t = numbers({n}, 0, 1, 2), dy = numbers({n}, -1, 1, 3);
      const Tensor xd = x.to(kDouble), td = t.to(kDouble);
      expect_near(kernel::pointwise_loss(loss, x, t, 0.75),
                  kernel::pointwise_loss(loss, xd, td, 0.75), 1e-6);
      const double scale = 1 / static_cast<double>(n);
      expect_near(kernel::pointwise_loss_sum(loss, x, t, 0.75, scale),
                  kernel::pointwise_loss_sum(loss, xd, td, 0.75, scale), 1e-6);
      expect_near(kernel::pointwise_loss_gradient(loss, dy, x, t, 0.75, 1),
                  kernel::pointwise_loss_gradient(loss, dy.to(kDouble), xd, td, 0.75, 1), 2e-6);
      const Tensor one = scalar_tensor(2.0);
      expect_near(kernel::pointwise_loss_gradient(loss, one, x, t, 0.75, 3),
                  kernel::pointwise_loss_gradient(loss, one.to(kDouble), xd, td, 0.75, 3), 2e-6);
    }
  }
}

TEST(LossKernel, CrossEntropyAgreesWithDouble) {
  for (auto [rows, n] :
       {std::pair<int64_t, int64_t>{1, 1}, {5, 2}, {64, 10}, {33, 257}, {3, 5000}}) {
    const Tensor x = numbers({rows, n}, -8, 8), q = numbers({rows, n}, 0, 1, 2);
    const Tensor w = numbers({n}, 0.5, 2, 3);
    for (bool hard : {true, false}) {
      for (bool weighted : {true, false}) {
        for (double smoothing : {0.0, 0.25}) {
          ClassTargets f, d;
          f.smoothing = d.smoothing = smoothing;
          if (hard) {
            f.classes = d.classes = classes_for(rows, n);
          } else {
            f.probabilities = q;
            d.probabilities = q.to(kDouble);
          }
          if (weighted) {
            f.weight = w;
            d.weight = w.to(kDouble);
          }
          const auto fast = kernel::cross_entropy(x, f, 0.5, /*need_gradient=*/true);
          const auto exact = kernel::cross_entropy(x.to(kDouble), d, 0.5, true);
          expect_near(fast.losses, exact.losses, 2e-6);
          // Of soft targets the total is n / 2 or so, times probabilities.
          expect_near(fast.gradient, exact.gradient, 4e-6);
        }
      }
    }
  }
}

TEST(LossKernel, CrossEntropyOfPlanesAgreesWithDouble) {
  for (const DimVector& sizes : {DimVector{1, 1, 1}, {2, 3, 7}, {3, 21, 300}, {1, 1030, 19}}) {
    const int64_t outer = sizes[0], n = sizes[1], inner = sizes[2];
    Tensor x = numbers(sizes, -8, 8);
    ClassTargets f, d;
    f.classes = d.classes = classes_for(outer * inner, n).view({outer, inner});
    for (bool weighted : {true, false}) {
      if (weighted) {
        f.weight = numbers({n}, 0.5, 2, 3);
        d.weight = f.weight.to(kDouble);
      } else {
        f.weight = d.weight = Tensor();
      }
      const auto fast = kernel::cross_entropy_planes(x, f, 0.5, /*need_gradient=*/true);
      const auto exact = kernel::cross_entropy_planes(x.to(kDouble), d, 0.5, true);
      expect_near(fast.losses, exact.losses, 2e-6);
      expect_near(fast.gradient, exact.gradient, 2e-6);
      // The same by rows.
      ClassTargets rows = d;
      rows.classes = d.classes.view(-1);
      const auto by_rows = kernel::cross_entropy(
          x.to(kDouble).transpose(1, 2).reshape({-1, n}).contiguous(), rows, 0.5, true);
      expect_near(exact.losses.view(-1), by_rows.losses, 1e-12);
      expect_near(exact.gradient.transpose(1, 2).reshape({-1, n}), by_rows.gradient, 1e-12);
    }
  }
}

// What is not counted does not matter, even where it is no number.
TEST(LossKernel, IgnoredPlacesGetZeros) {
  ClassTargets targets;
  targets.classes = full({1, 20}, -100, kLong);
  for (ScalarType dtype : {kFloat, kDouble}) {
    const auto ce = kernel::cross_entropy_planes(full({1, 3, 20}, std::nan(""), dtype), targets, 1,
                                                 /*need_gradient=*/true);
    EXPECT_TRUE(ce.losses.eq(0).all().item<bool>());
    EXPECT_TRUE(ce.gradient.eq(0).all().item<bool>());
  }
}

TEST(LossKernel, EqualForAnyNumberOfThreads) {
  const int before = get_num_threads();
  const auto equal = [](const Tensor& a, const Tensor& b) {
    return std::memcmp(a.data_ptr(), b.data_ptr(), a.nbytes()) == 0;
  };
  const int64_t rows = 4096, n = 100;
  const Tensor x = numbers({rows, n}, -8, 8), t = numbers({rows, n}, 0, 1, 2);
  ClassTargets targets;
  targets.classes = classes_for(rows, n);
  set_num_threads(1);
  const auto ce = kernel::cross_entropy(x, targets, 0.5, true);
  const Tensor sum = kernel::pointwise_loss_sum(PointwiseLoss::Huber, x, t, 1, 1);
  for (int threads : {2, 3, 8}) {
    set_num_threads(threads);
    const auto ce2 = kernel::cross_entropy(x, targets, 0.5, true);
    EXPECT_TRUE(equal(ce.losses, ce2.losses) && equal(ce.gradient, ce2.gradient));
    EXPECT_TRUE(equal(sum, kernel::pointwise_loss_sum(PointwiseLoss::Huber, x, t, 1, 1)));
  }
  set_num_threads(before);
}

}  // namespace
}  // namespace gradus
