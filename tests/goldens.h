#pragma once

#include <cmath>
#include <iomanip>
#include <string>

#include <gradus/gradus.h>
#include <gtest/gtest.h>

namespace gradus::goldens {

/// The tensors of tests/goldens/NAME.safetensors, by name.
inline auto load(const std::string& name) {
  return load_safetensors(GRADUS_SOURCE_DIR "/tests/goldens/" + name + ".safetensors");
}

/// Whether shape and dtype are equal and every |actual - expected| <= atol + rtol * |expected|;
/// equal infinities and two NaN are close. Says where the worst element is.
inline testing::AssertionResult close(const Tensor& actual, const Tensor& expected, double rtol,
                                      double atol = 0) {
  if (!actual.defined()) return testing::AssertionFailure() << "undefined tensor";
  if (actual.sizes() != expected.sizes()) {
    return testing::AssertionFailure()
           << fmt::format("shape {}, expected {}", actual.sizes(), expected.sizes());
  }
  if (actual.scalar_type() != expected.scalar_type()) {
    return testing::AssertionFailure()
           << fmt::format("dtype {}, expected {}", actual.dtype(), expected.dtype());
  }
  Tensor a = actual.detach().to(kDouble).contiguous();
  Tensor b = expected.to(kDouble).contiguous();
  const double* x = a.data_ptr<double>();
  const double* y = b.data_ptr<double>();
  double worst = 0;
  int64_t at = -1;
  for (int64_t i = 0; i < a.numel(); ++i) {
    if (x[i] == y[i] || (std::isnan(x[i]) && std::isnan(y[i]))) continue;
    double excess = std::abs(x[i] - y[i]) / (atol + rtol * std::abs(y[i]));
    if (std::isnan(excess)) excess = INFINITY;
    if (excess > 1 && excess > worst) {
      worst = excess;
      at = i;
    }
  }
  if (at < 0) return testing::AssertionSuccess();
  return testing::AssertionFailure()
         << std::setprecision(17) << "element " << at << " is " << x[at] << ", expected " << y[at]
         << ": " << worst << " times the tolerance";
}

}  // namespace gradus::goldens
