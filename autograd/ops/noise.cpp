#include "autograd/ops/noise.h"

#include <cmath>

#include "autograd/in_place.h"
#include "autograd/ops/activation.h"
#include "autograd/ops/ternary.h"
#include "core/factory.h"
#include "core/shape.h"
#include "core/watch/record_scope.h"

namespace gradus {

namespace {

void check_arguments(const char* op, const Tensor& x, double p) {
  require_tensors(op, x);
  GRADUS_CHECK_VALUE(p >= 0 && p <= 1, "{}: p must be from 0 to 1, got {}", op, p);
  GRADUS_CHECK_TYPE(x.is_floating_point(), "{}: expected a floating-point dtype, got {}", op,
                    x.dtype());
}

// 1 with probability 1 - p, else 0: for each element, or for each channel as [N, C, 1, ...].
Tensor keep_mask(const char* op, const Tensor& x, double p, bool by_feature) {
  if (!by_feature) return empty(x.sizes(), x.options()).bernoulli_(1 - p);
  GRADUS_CHECK(x.dim() >= 2, "{}: expected an input of at least 2 dims, got shape {}", op,
               x.sizes());
  DimVector sizes(x.sizes().size(), 1);
  sizes[0] = x.sizes()[0];
  sizes[1] = x.sizes()[1];
  return empty(sizes, x.options()).bernoulli_(1 - p);
}

Tensor alpha_noise(const char* op, const Tensor& x, double p, bool train, bool by_feature) {
  check_arguments(op, x, p);
  if (!train || p == 0 || x.numel() == 0) return x;
  if (p == 1) return x * 0;
  constexpr double kAlpha = 1.7580993408473766;
  const double a = 1 / std::sqrt((kAlpha * kAlpha * p + 1) * (1 - p));
  const Tensor mask = keep_mask(op, x, p, by_feature);
  return x * (mask * a) + ((mask - 1) * (kAlpha * a) + kAlpha * a * p);
}

template <class F>
Tensor& in_place(const char* op, Tensor& self, double p, bool train, const F& f) {
  check_arguments(op, self, p);
  if (!train || p == 0) return self;
  check_in_place(op, self);
  return assign(op, self, f());
}

}  // namespace

Tensor feature_dropout(const Tensor& x, double p, bool train) {
  const OpScope scope("feature_dropout");
  const char* const op = "feature_dropout";
  check_arguments(op, x, p);
  if (!train || p == 0 || x.numel() == 0) return x;
  if (p == 1) return x * 0;
  return x * (keep_mask(op, x, p, /*by_feature=*/true) / (1 - p));
}
Tensor& feature_dropout_(Tensor& self, double p, bool train) {
  return in_place("feature_dropout_", self, p, train,
                  [&] { return feature_dropout(self, p, train); });
}

Tensor alpha_dropout(const Tensor& x, double p, bool train) {
  const OpScope scope("alpha_dropout");
  return alpha_noise("alpha_dropout", x, p, train, /*by_feature=*/false);
}
Tensor& alpha_dropout_(Tensor& self, double p, bool train) {
  return in_place("alpha_dropout_", self, p, train, [&] { return alpha_dropout(self, p, train); });
}

Tensor feature_alpha_dropout(const Tensor& x, double p, bool train) {
  const OpScope scope("feature_alpha_dropout");
  return alpha_noise("feature_alpha_dropout", x, p, train, /*by_feature=*/true);
}
Tensor& feature_alpha_dropout_(Tensor& self, double p, bool train) {
  return in_place("feature_alpha_dropout_", self, p, train,
                  [&] { return feature_alpha_dropout(self, p, train); });
}

Tensor rrelu(const Tensor& x, const Scalar& lower_slope, const Scalar& upper_slope, bool training,
             std::optional<Generator> generator) {
  const OpScope scope("rrelu");
  const double lower = lower_slope.toDouble(), upper = upper_slope.toDouble();
  const char* const op = "rrelu";
  require_tensors(op, x);
  GRADUS_CHECK_TYPE(x.is_floating_point(), "{}: expected a floating-point dtype, got {}", op,
                    x.dtype());
  GRADUS_CHECK_VALUE(std::isfinite(lower) && std::isfinite(upper) && lower <= upper,
                     "{}: expected finite lower <= upper, got {} and {}", op, lower, upper);
  if (!training) return leaky_relu(x, (lower + upper) / 2);
  const Tensor slopes = empty(x.sizes(), x.options()).uniform_(lower, upper, generator);
  return where(x.gt(0), x, x * slopes);
}
Tensor& rrelu_(Tensor& self, const Scalar& lower, const Scalar& upper, bool training,
               std::optional<Generator> generator) {
  const OpScope scope("rrelu_");
  require_tensors("rrelu_", self);
  check_in_place("rrelu_", self);
  return assign("rrelu_", self, rrelu(self, lower, upper, training, std::move(generator)));
}

}  // namespace gradus
