// The vectors of optimizer steps are bit by bit their plain loops.

#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include <gtest/gtest.h>

#include "core/kernels/average.h"
#include "core/kernels/clip.h"
#include "core/kernels/optimizer.h"
#include "tests/core/internal/vector_math_kernels.h"
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
        a[k][static_cast<size_t>(i)] = static_cast<T>(k >= 2 ? x * x + (k == 2 ? 2 : 0) : x);
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

// On every target of this CPU.
void expect_same_bits(const BatchKernel& fast, const BatchKernel& plain, const void* numbers,
                      size_t num_tensors) {
  for (int64_t target : test::targets()) {
    SCOPED_TRACE(test::target_name(target));
    test::use_target(target);
    expect_same_bits<float>(fast.f32, plain.f32, numbers, num_tensors);
    expect_same_bits<double>(fast.f64, plain.f64, numbers, num_tensors);
  }
  test::use_target(0);
}

template <class Numbers>
Numbers numbers_of(double weight_decay, bool maximize, bool decoupled = false) {
  Numbers numbers;
  numbers.lr = 0.1;
  numbers.weight_decay = weight_decay;
  numbers.maximize = maximize;
  numbers.decoupled = decoupled;
  return numbers;
}

/// Calls f(weight_decay, maximize) for all four.
template <class F>
void for_each_setting(F&& f) {
  for (double weight_decay : {0.0, 0.1}) {
    for (bool maximize : {false, true}) f(weight_decay, maximize);
  }
}

TEST(OptimizerKernel, Sgd) {
  for_each_setting([](double weight_decay, bool maximize) {
    auto sgd = numbers_of<SgdNumbers>(weight_decay, maximize);
    expect_same_bits(sgd_kernel(), plain_sgd_kernel(), &sgd, 2);
    sgd.momentum = 0.9;
    sgd.dampening = 0.3;
    expect_same_bits(sgd_kernel(), plain_sgd_kernel(), &sgd, 3);
    sgd.first = true;
    expect_same_bits(sgd_kernel(), plain_sgd_kernel(), &sgd, 3);
    sgd.nesterov = true;
    expect_same_bits(sgd_kernel(), plain_sgd_kernel(), &sgd, 3);
  });
}

TEST(OptimizerKernel, Asgd) {
  for_each_setting([](double weight_decay, bool maximize) {
    auto asgd = numbers_of<AsgdNumbers>(weight_decay, maximize);
    asgd.lambd = 0.01;
    asgd.eta = 0.1;
    asgd.mu = 1;
    expect_same_bits(asgd_kernel(), plain_asgd_kernel(), &asgd, 3);
    asgd.mu = 0.25;
    expect_same_bits(asgd_kernel(), plain_asgd_kernel(), &asgd, 3);
  });
}

TEST(OptimizerKernel, Rprop) {
  for_each_setting([](double, bool maximize) {
    auto rprop = numbers_of<RpropNumbers>(0, maximize);
    rprop.eta_minus = 0.5;
    rprop.eta_plus = 1.2;
    rprop.min_step = 1e-3;
    rprop.max_step = 0.5;
    expect_same_bits(rprop_kernel(), plain_rprop_kernel(), &rprop, 4);
  });
}

TEST(OptimizerKernel, Adam) {
  for_each_setting([](double weight_decay, bool maximize) {
    for (bool decoupled : {false, true}) {
      auto adam = numbers_of<AdamNumbers>(weight_decay, maximize, decoupled);
      adam.beta1 = 0.9;
      adam.beta2 = 0.99;
      adam.eps = 1e-8;
      adam.bias_correction1 = 0.19;
      adam.bias_correction2 = 0.0199;
      expect_same_bits(adam_kernel(), plain_adam_kernel(), &adam, 4);
      adam.amsgrad = true;
      expect_same_bits(adam_kernel(), plain_adam_kernel(), &adam, 5);
    }
  });
}

TEST(OptimizerKernel, Nadam) {
  for_each_setting([](double weight_decay, bool maximize) {
    auto nadam = numbers_of<NadamNumbers>(weight_decay, maximize);
    nadam.beta1 = 0.9;
    nadam.beta2 = 0.99;
    nadam.eps = 1e-8;
    nadam.bias_correction2 = 0.0199;
    nadam.g_rate = 0.1;
    nadam.m_rate = 0.3;
    expect_same_bits(nadam_kernel(), plain_nadam_kernel(), &nadam, 4);
  });
}

TEST(OptimizerKernel, Radam) {
  for_each_setting([](double weight_decay, bool maximize) {
    auto radam = numbers_of<RadamNumbers>(weight_decay, maximize);
    radam.beta1 = 0.9;
    radam.beta2 = 0.99;
    radam.eps = 1e-8;
    radam.step_size = 0.1;
    expect_same_bits(radam_kernel(), plain_radam_kernel(), &radam, 4);
    radam.rectified = true;
    expect_same_bits(radam_kernel(), plain_radam_kernel(), &radam, 4);
  });
}

TEST(OptimizerKernel, Adamax) {
  for_each_setting([](double weight_decay, bool maximize) {
    auto adamax = numbers_of<AdamaxNumbers>(weight_decay, maximize);
    adamax.beta1 = 0.9;
    adamax.beta2 = 0.99;
    adamax.eps = 1e-8;
    adamax.step_size = 0.1;
    expect_same_bits(adamax_kernel(), plain_adamax_kernel(), &adamax, 4);
  });
}

TEST(OptimizerKernel, Adagrad) {
  for_each_setting([](double weight_decay, bool maximize) {
    auto adagrad = numbers_of<AdagradNumbers>(weight_decay, maximize);
    adagrad.rate = 0.1;
    adagrad.eps = 1e-10;
    expect_same_bits(adagrad_kernel(), plain_adagrad_kernel(), &adagrad, 3);
  });
}

TEST(OptimizerKernel, Rmsprop) {
  for_each_setting([](double weight_decay, bool maximize) {
    for (bool centered : {false, true}) {
      for (double momentum : {0.0, 0.9}) {
        auto rmsprop = numbers_of<RmspropNumbers>(weight_decay, maximize);
        rmsprop.alpha = 0.9;
        rmsprop.eps = 1e-2;
        rmsprop.momentum = momentum;
        rmsprop.centered = centered;
        expect_same_bits(rmsprop_kernel(), plain_rmsprop_kernel(), &rmsprop,
                         3 + (centered ? 1 : 0) + (momentum > 0 ? 1 : 0));
      }
    }
  });
}

TEST(OptimizerKernel, Adadelta) {
  for_each_setting([](double weight_decay, bool maximize) {
    auto adadelta = numbers_of<AdadeltaNumbers>(weight_decay, maximize);
    adadelta.rho = 0.9;
    adadelta.eps = 1e-6;
    expect_same_bits(adadelta_kernel(), plain_adadelta_kernel(), &adadelta, 4);
  });
}

TEST(OptimizerKernel, Sign) {
  for_each_setting([](double weight_decay, bool maximize) {
    auto sign = numbers_of<SignNumbers>(weight_decay, maximize);
    expect_same_bits(sign_kernel(), plain_sign_kernel(), &sign, 2);
    sign.momentum = 0.9;
    expect_same_bits(sign_kernel(), plain_sign_kernel(), &sign, 3);
  });
}

TEST(OptimizerKernel, Average) {
  for (const double weight : {0.0, 0.001, 0.499, 0.5, 0.9}) {
    const AverageNumbers numbers{weight};
    expect_same_bits(average_kernel(), plain_average_kernel(), &numbers, 2);
  }
}

TEST(OptimizerKernel, Lion) {
  for_each_setting([](double weight_decay, bool maximize) {
    auto lion = numbers_of<LionNumbers>(weight_decay, maximize, /*decoupled=*/true);
    lion.beta1 = 0.9;
    lion.beta2 = 0.99;
    expect_same_bits(lion_kernel(), plain_lion_kernel(), &lion, 3);
  });
}

TEST(OptimizerKernel, Qhm) {
  for_each_setting([](double weight_decay, bool maximize) {
    auto qhm = numbers_of<QhmNumbers>(weight_decay, maximize);
    qhm.momentum = 0.9;
    qhm.nu = 0.7;
    expect_same_bits(qhm_kernel(), plain_qhm_kernel(), &qhm, 3);
  });
}

TEST(OptimizerKernel, Aggmo) {
  for_each_setting([](double weight_decay, bool maximize) {
    auto aggmo = numbers_of<AggmoNumbers>(weight_decay, maximize);
    for (size_t k = 1; k <= kMaxAggmoBuffers; ++k) {
      aggmo.count = static_cast<int64_t>(k);
      aggmo.betas[k - 1] = 1 - std::pow(0.1, static_cast<double>(k - 1));
      expect_same_bits(aggmo_kernel(), plain_aggmo_kernel(), &aggmo, 2 + k);
    }
  });
}

TEST(OptimizerKernel, ScheduleFree) {
  for_each_setting([](double weight_decay, bool maximize) {
    auto numbers = numbers_of<ScheduleFreeNumbers>(weight_decay, maximize);
    numbers.beta = 0.9;
    numbers.c = 0.3;
    numbers.bias_correction2 = 1;
    expect_same_bits(schedule_free_kernel(), plain_schedule_free_kernel(), &numbers, 3);
    numbers.adaptive = true;
    numbers.beta2 = 0.99;
    numbers.eps = 1e-8;
    numbers.bias_correction2 = 0.0199;
    expect_same_bits(schedule_free_kernel(), plain_schedule_free_kernel(), &numbers, 4);
  });
}

template <class Numbers>
Numbers moments_of(double weight_decay, bool maximize) {
  auto numbers = numbers_of<Numbers>(weight_decay, maximize);
  numbers.beta1 = 0.9;
  numbers.beta2 = 0.99;
  numbers.eps = 1e-8;
  numbers.bias_correction1 = 0.19;
  numbers.bias_correction2 = 0.0199;
  return numbers;
}

TEST(OptimizerKernel, VariantsOfAdam) {
  for_each_setting([](double weight_decay, bool maximize) {
    const auto moments = moments_of<MomentNumbers>(weight_decay, maximize);
    expect_same_bits(adabelief_kernel(), plain_adabelief_kernel(), &moments, 4);
    expect_same_bits(yogi_kernel(), plain_yogi_kernel(), &moments, 4);
    expect_same_bits(laprop_kernel(), plain_laprop_kernel(), &moments, 4);
    auto adopt = moments_of<AdoptNumbers>(weight_decay, maximize);
    adopt.clip = 0.7;
    expect_same_bits(adopt_kernel(), plain_adopt_kernel(), &adopt, 4);
    adopt.first = true;
    expect_same_bits(adopt_kernel(), plain_adopt_kernel(), &adopt, 4);
    auto ademamix = moments_of<AdemamixNumbers>(weight_decay, maximize);
    ademamix.beta3 = 0.999;
    ademamix.alpha = 5;
    expect_same_bits(ademamix_kernel(), plain_ademamix_kernel(), &ademamix, 5);
    auto adan = moments_of<AdanNumbers>(weight_decay, maximize);
    adan.beta3 = 0.9;
    adan.bias_correction3 = 0.19;
    adan.shrink = 1.1;
    expect_same_bits(adan_kernel(), plain_adan_kernel(), &adan, 6);
    adan.first = true;
    expect_same_bits(adan_kernel(), plain_adan_kernel(), &adan, 6);
  });
}

TEST(OptimizerKernel, RmspropTf) {
  for_each_setting([](double weight_decay, bool maximize) {
    for (bool centered : {false, true}) {
      for (double momentum : {0.0, 0.9}) {
        auto rmsprop = numbers_of<RmspropTfNumbers>(weight_decay, maximize);
        rmsprop.alpha = 0.9;
        rmsprop.eps = 1e-2;
        rmsprop.momentum = momentum;
        rmsprop.centered = centered;
        expect_same_bits(rmsprop_tf_kernel(), plain_rmsprop_tf_kernel(), &rmsprop,
                         3 + (centered ? 1 : 0) + (momentum > 0 ? 1 : 0));
        rmsprop.lr_in_momentum = false;
        expect_same_bits(rmsprop_tf_kernel(), plain_rmsprop_tf_kernel(), &rmsprop,
                         3 + (centered ? 1 : 0) + (momentum > 0 ? 1 : 0));
      }
    }
  });
}

TEST(OptimizerKernel, Madgrad) {
  for_each_setting([](double weight_decay, bool maximize) {
    auto madgrad = numbers_of<MadgradNumbers>(weight_decay, maximize);
    madgrad.rate = 0.1;
    madgrad.eps = 1e-6;
    expect_same_bits(madgrad_kernel(), plain_madgrad_kernel(), &madgrad, 4);
    madgrad.momentum = 0.9;
    expect_same_bits(madgrad_kernel(), plain_madgrad_kernel(), &madgrad, 5);
  });
}

// Sums do not depend on the width of a vector either.
TEST(ClipKernel, NormIsTheSameOnEveryTarget) {
  for (ScalarType dtype : {kFloat, kDouble}) {
    std::vector<Tensor> grads;
    for (int64_t n : {1, 15, 16, 17, 100, 50001}) {
      grads.push_back(optim_test::noise_tensor({n}, dtype, static_cast<uint64_t>(n)));
    }
    TensorBatch batch;
    for (const Tensor& grad : grads) batch.add({&grad});
    const double norm = total_norm(batch, 2);
    for (int64_t target : test::targets()) {
      test::use_target(target);
      EXPECT_EQ(total_norm(batch, 2), norm) << test::target_name(target);
    }
    test::use_target(0);
  }
}

}  // namespace
}  // namespace gradus::kernel
