#pragma once

#include <cstdint>
#include <optional>

#include "core/tensor.h"

namespace gradus {

// Special functions, element-wise; see autograd/ops/unary.h for the forms of an op.

/// The error function, 2/sqrt(pi) times the integral of e^(-t^2) from 0 to x.
GRADUS_API Tensor erf(const Tensor& x);
GRADUS_API Tensor& erf_(Tensor& x);
GRADUS_API Tensor& erf_out(Tensor& out, const Tensor& x);

/// 1 - erf(x), accurate where erf is near 1.
GRADUS_API Tensor erfc(const Tensor& x);
GRADUS_API Tensor& erfc_(Tensor& x);
GRADUS_API Tensor& erfc_out(Tensor& out, const Tensor& x);

/// The inverse of erf on (-1, 1).
GRADUS_API Tensor erfinv(const Tensor& x);
GRADUS_API Tensor& erfinv_(Tensor& x);
GRADUS_API Tensor& erfinv_out(Tensor& out, const Tensor& x);

/// log |gamma(x)|.
GRADUS_API Tensor lgamma(const Tensor& x);
GRADUS_API Tensor& lgamma_(Tensor& x);
GRADUS_API Tensor& lgamma_out(Tensor& out, const Tensor& x);

/// The derivative of lgamma.
GRADUS_API Tensor digamma(const Tensor& x);
GRADUS_API Tensor& digamma_(Tensor& x);
GRADUS_API Tensor& digamma_out(Tensor& out, const Tensor& x);

/// The n-th derivative of digamma. @throws ValueError for n < 0
GRADUS_API Tensor polygamma(int64_t n, const Tensor& x);

/// log(x / (1 - x)), x clamped to [eps, 1 - eps] where eps is given.
GRADUS_API Tensor logit(const Tensor& x, std::optional<double> eps = std::nullopt);
/// sin(pi x) / (pi x), 1 at 0.
GRADUS_API Tensor sinc(const Tensor& x);

/// x log y, 0 where x is 0 even if y is 0 or infinite; NaN where y is NaN.
GRADUS_API Tensor xlogy(const Tensor& x, const Tensor& y);
GRADUS_API Tensor xlogy(const Tensor& x, const Scalar& y);
GRADUS_API Tensor xlogy(const Scalar& x, const Tensor& y);

}  // namespace gradus
