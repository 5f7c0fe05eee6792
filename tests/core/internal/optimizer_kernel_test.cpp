// The vectors of optimizer steps are bit by bit their plain loops.

#include <cstdint>
#include <cstring>
#include <vector>

#include <gtest/gtest.h>

#include "core/kernels/optimizer.h"
#include "tests/optim/cases.h"

namespace gradus::kernel {
namespace {

using optim_test::noise;

// Runs both kernels on copies of the same arrays; v's are not negative.
template <class T>
void expect_same_bits(BatchFunction fast, BatchFunction plain, const void* numbers,
                      size_t num_tensors) {
  for (int64_t n = 0; n < 70; ++n) {
    std::vector<std::vector<T>> a(num_tensors, std::vector<T>(static_cast<size_t>(n) + 1));
    for (size_t k = 0; k < num_tensors; ++k) {
      for (int64_t i = 0; i <= n; ++i) {
        const double x = noise(k, i);
        a[k][static_cast<size_t>(i)] = static_cast<T>(k >= 3 ? x * x : x);
      }
    }
    std::vector<std::vector<T>> b = a;
    void* data_a[kMaxBatchTensors];
    void* data_b[kMaxBatchTensors];
    for (size_t k = 0; k < num_tensors; ++k) {
      data_a[k] = a[k].data();
      data_b[k] = b[k].data();
    }
    const std::vector<std::vector<T>> before = a;
    for (int step = 0; step < 3; ++step) {
      fast(numbers, data_a, n);
      plain(numbers, data_b, n);
    }
    for (size_t k = 0; k < num_tensors; ++k) {
      EXPECT_EQ(std::memcmp(a[k].data(), b[k].data(), a[k].size() * sizeof(T)), 0)
          << "tensor " << k << ", n = " << n;
      EXPECT_EQ(a[k].back(), before[k].back()) << "wrote behind tensor " << k << ", n = " << n;
    }
    EXPECT_EQ(a[1], before[1]) << "wrote to the gradient";
  }
}

void expect_same_bits(const BatchKernel& fast, const BatchKernel& plain, const void* numbers,
                      size_t num_tensors) {
  expect_same_bits<float>(fast.f32, plain.f32, numbers, num_tensors);
  expect_same_bits<double>(fast.f64, plain.f64, numbers, num_tensors);
}

TEST(OptimizerKernel, Sgd) {
  for (double momentum : {0.0, 0.9}) {
    for (double weight_decay : {0.0, 0.1}) {
      for (int flags = 0; flags < 8; ++flags) {
        const SgdNumbers numbers{
            0.1, momentum, 0.3, weight_decay, (flags & 1) != 0, (flags & 2) != 0, (flags & 4) != 0};
        expect_same_bits(sgd_kernel(), plain_sgd_kernel(), &numbers, momentum == 0 ? 2 : 3);
      }
    }
  }
}

TEST(OptimizerKernel, Adam) {
  for (double weight_decay : {0.0, 0.1}) {
    for (int flags = 0; flags < 8; ++flags) {
      AdamNumbers numbers{0.1, 0.9, 0.99, 1e-8, weight_decay, 0.19, 0.0199, false, false, false};
      numbers.decoupled = flags & 1;
      numbers.amsgrad = flags & 2;
      numbers.maximize = flags & 4;
      expect_same_bits(adam_kernel(), plain_adam_kernel(), &numbers, numbers.amsgrad ? 5 : 4);
    }
  }
}

}  // namespace
}  // namespace gradus::kernel
