#pragma once

#include <cmath>
#include <utility>
#include <vector>

#include "optim/internal/numbers.h"
#include "optim/nadam.h"

namespace gradus::optim {

/// The tensors and the settings of one step of NAdam or NAdamW, over all groups.
class NadamPass {
 public:
  using MuProducts = std::vector<std::pair<NAdamParamState*, double>>;

  /// @param mu_products  memory to use: the products as they will be after the step
  NadamPass(kernel::TensorBatch& batch, MuProducts& mu_products)
      : batch_(batch), mu_products_(mu_products) {
    mu_products_.clear();
  }

  /// Settings of the parameters that are added from now on.
  template <class Options>
  void begin_group(const Options& options, bool decoupled) {
    kernel::NadamNumbers nadam{gradient_numbers(options, decoupled)};
    std::tie(nadam.beta1, nadam.beta2) = options.betas();
    nadam.eps = options.eps();
    numbers_.begin_group(nadam);
    beta1_ = nadam.beta1;
    momentum_decay_ = options.momentum_decay();
  }

  void add(const Tensor& p, const Tensor& g, NAdamParamState& state) {
    const int64_t t = state.step() + 1;
    const double mu = mu_at(t);
    const double mu_product = state.mu_product() * mu;
    mu_products_.emplace_back(&state, mu_product);
    const int32_t own = numbers_.at({t, mu_product}, [&](kernel::NadamNumbers& nadam) {
      const double mu_next = mu_at(t + 1);
      nadam.bias_correction2 = 1 - std::pow(nadam.beta2, static_cast<double>(t));
      nadam.g_rate = nadam.lr * (1 - mu) / (1 - mu_product);
      nadam.m_rate = nadam.lr * mu_next / (1 - mu_product * mu_next);
    });
    batch_.add({&p, &g, &state.exp_avg(), &state.exp_avg_sq()}, own, &state.step());
  }

  void run() {
    batch_.run(kernel::nadam_kernel(), numbers_.data());
    for (const auto& [state, mu_product] : mu_products_) state->mu_product(mu_product);
  }

 private:
  double mu_at(int64_t t) const {
    return beta1_ * (1 - 0.5 * std::pow(0.96, static_cast<double>(t) * momentum_decay_));
  }

  kernel::TensorBatch& batch_;
  MuProducts& mu_products_;
  StepNumbers<kernel::NadamNumbers, std::pair<int64_t, double>> numbers_;
  double beta1_ = 0;
  double momentum_decay_ = 0;
};

}  // namespace gradus::optim
