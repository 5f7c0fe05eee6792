#pragma once

#include <optional>

#include "core/tensor.h"

namespace gradus {

// Element-wise ops with three inputs; shapes are broadcast, dtypes promoted.

/// condition ? a : b. `condition` is bool. The gradient of what is not chosen is 0, also where it
/// is NaN. @throws TypeError for another dtype of the condition
GRADUS_API Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b);
GRADUS_API Tensor where(const Tensor& condition, const Tensor& a, const Scalar& b);
GRADUS_API Tensor where(const Tensor& condition, const Scalar& a, const Tensor& b);
GRADUS_API Tensor where(const Tensor& condition, const Scalar& a, const Scalar& b);

/// `value` where the mask is true, else x; the mask broadcasts to x (and x to the mask), the result
/// has the dtype of x. @throws TypeError for a mask that is not bool
GRADUS_API Tensor masked_fill(const Tensor& x, const Tensor& mask, const Scalar& value);
/// `value` is 0-d.
GRADUS_API Tensor masked_fill(const Tensor& x, const Tensor& mask, const Tensor& value);
GRADUS_API Tensor& masked_fill_(Tensor& x, const Tensor& mask, const Scalar& value);
GRADUS_API Tensor& masked_fill_(Tensor& x, const Tensor& mask, const Tensor& value);

/// x limited to [min, max]; max where they cross. NaN stays NaN, a NaN bound makes all NaN. The
/// gradient passes also at the bounds. @throws ValueError where neither is given
GRADUS_API Tensor clamp(const Tensor& x, std::optional<Scalar> min,
                        std::optional<Scalar> max = std::nullopt);
GRADUS_API Tensor clamp(const Tensor& x, const Tensor& min = {}, const Tensor& max = {});
GRADUS_API Tensor& clamp_(Tensor& x, std::optional<Scalar> min,
                          std::optional<Scalar> max = std::nullopt);
GRADUS_API Tensor& clamp_(Tensor& x, const Tensor& min = {}, const Tensor& max = {});
GRADUS_API Tensor& clamp_out(Tensor& out, const Tensor& x, std::optional<Scalar> min,
                             std::optional<Scalar> max = std::nullopt);
GRADUS_API Tensor& clamp_out(Tensor& out, const Tensor& x, const Tensor& min = {},
                             const Tensor& max = {});
/// At least min.
GRADUS_API Tensor clamp_min(const Tensor& x, const Scalar& min);
GRADUS_API Tensor clamp_min(const Tensor& x, const Tensor& min);
/// At most max.
GRADUS_API Tensor clamp_max(const Tensor& x, const Scalar& max);
GRADUS_API Tensor clamp_max(const Tensor& x, const Tensor& max);
GRADUS_API Tensor& clamp_min_(Tensor& x, const Scalar& min);
GRADUS_API Tensor& clamp_min_(Tensor& x, const Tensor& min);
GRADUS_API Tensor& clamp_max_(Tensor& x, const Scalar& max);
GRADUS_API Tensor& clamp_max_(Tensor& x, const Tensor& max);

/// start + weight (end - start). Exact for weight 0 and 1.
GRADUS_API Tensor lerp(const Tensor& start, const Tensor& end, const Scalar& weight);
GRADUS_API Tensor lerp(const Tensor& start, const Tensor& end, const Tensor& weight);

/// x + value a b.
GRADUS_API Tensor addcmul(const Tensor& x, const Tensor& a, const Tensor& b,
                          const Scalar& value = 1);
/// x + value a / b. @throws TypeError for integers
GRADUS_API Tensor addcdiv(const Tensor& x, const Tensor& a, const Tensor& b,
                          const Scalar& value = 1);

// The out= forms of the ops above: the result is written to `out`, which gets its
// shape; not differentiable.

GRADUS_API Tensor& where_out(Tensor& out, const Tensor& condition, const Tensor& a,
                             const Tensor& b);

}  // namespace gradus
