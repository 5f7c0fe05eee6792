#pragma once

#include <cstdint>
#include <optional>

#include "core/generator.h"
#include "core/tensor.h"

namespace gradus {

// Kinds of dropout, and an activation with a random slope. All are the identity (rrelu: a fixed
// slope) where not `train`; p is the probability to drop. @throws ValueError unless p is in [0, 1]

/// Whole channels 0, the others divided by 1 - p: the first two dims of x are [N, C]. Tompson et
/// al. 2014. @throws Error for an x of less than 2 dims
GRADUS_API Tensor feature_dropout(const Tensor& x, double p, bool train);
GRADUS_API Tensor& feature_dropout_(Tensor& self, double p, bool train);

/// Elements set to -1.7580993408473766, the limit of selu, then scaled and shifted so that mean 0
/// and variance 1 stay. Klambauer et al. 2017.
GRADUS_API Tensor alpha_dropout(const Tensor& x, double p, bool train);
GRADUS_API Tensor& alpha_dropout_(Tensor& self, double p, bool train);

/// alpha_dropout of whole channels.
GRADUS_API Tensor feature_alpha_dropout(const Tensor& x, double p, bool train);
GRADUS_API Tensor& feature_alpha_dropout_(Tensor& self, double p, bool train);

/// x for x > 0, else a x with a drawn uniformly from [lower, upper) for each element, or their mean
/// where not training. Xu et al. 2015.
/// @throws ValueError for lower > upper
GRADUS_API Tensor rrelu(const Tensor& x, const Scalar& lower = 1.0 / 8,
                        const Scalar& upper = 1.0 / 3, bool training = false,
                        std::optional<Generator> generator = std::nullopt);
GRADUS_API Tensor& rrelu_(Tensor& self, const Scalar& lower = 1.0 / 8,
                          const Scalar& upper = 1.0 / 3, bool training = false,
                          std::optional<Generator> generator = std::nullopt);

}  // namespace gradus
