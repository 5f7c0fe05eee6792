#pragma once

#include <cstdint>
#include <optional>

#include "core/generator.h"
#include "core/tensor.h"

namespace gradus {

// Random numbers; rand, randn and other makers stand in core/factory.h. Without a generator the
// default one draws. What is drawn depends on its seed and on the calls before, not on the number
// of threads. Gradients do not flow through drawing: those that write in place send zeros.

/// Elements 0 with probability p, the others divided by 1 - p; x itself where not `train`.
/// @throws ValueError unless p is in [0, 1]
GRADUS_API Tensor dropout(const Tensor& x, double p = 0.5, bool train = true);
GRADUS_API Tensor& dropout_(Tensor& self, double p = 0.5, bool train = true);

/// 1 with the probability that stands in x, else 0; dtype of x. @throws ValueError outside [0, 1]
GRADUS_API Tensor bernoulli(const Tensor& x, std::optional<Generator> generator = std::nullopt);
/// 1 with probability p, else 0, in the shape and dtype of x.
GRADUS_API Tensor bernoulli(const Tensor& x, double p,
                            std::optional<Generator> generator = std::nullopt);
GRADUS_API Tensor& bernoulli_(Tensor& self, double p = 0.5,
                              std::optional<Generator> generator = std::nullopt);
GRADUS_API Tensor& bernoulli_(Tensor& self, const Tensor& p,
                              std::optional<Generator> generator = std::nullopt);

/// Indices drawn with the weights in each row of x (1 or 2 dims): int64. Weights need not sum to 1.
/// @throws ValueError for weights that are negative, not finite or all 0, or too few for sampling
/// without replacement
GRADUS_API Tensor multinomial(const Tensor& x, int64_t num_samples, bool replacement = false,
                              std::optional<Generator> generator = std::nullopt);

/// Normal with the mean and standard deviation at each place; they broadcast.
GRADUS_API Tensor normal(const Tensor& mean, const Tensor& std,
                         std::optional<Generator> generator = std::nullopt);
GRADUS_API Tensor normal(const Tensor& mean, double std = 1,
                         std::optional<Generator> generator = std::nullopt);
GRADUS_API Tensor normal(double mean, const Tensor& std,
                         std::optional<Generator> generator = std::nullopt);
/// Poisson with the rate at each place; dtype of x.
GRADUS_API Tensor poisson(const Tensor& x, std::optional<Generator> generator = std::nullopt);

/// mean + std * standard normal. @throws ValueError for std < 0
GRADUS_API Tensor& normal_(Tensor& self, double mean = 0, double std = 1,
                           std::optional<Generator> generator = std::nullopt);
/// Uniform in [from, to). @throws ValueError for from > to
GRADUS_API Tensor& uniform_(Tensor& self, double from = 0, double to = 1,
                            std::optional<Generator> generator = std::nullopt);
/// Integers uniform in [from, to); without `to`, up to the largest that the dtype holds exactly.
GRADUS_API Tensor& random_(Tensor& self, int64_t from, std::optional<int64_t> to,
                           std::optional<Generator> generator = std::nullopt);
/// From 0.
GRADUS_API Tensor& random_(Tensor& self, int64_t to,
                           std::optional<Generator> generator = std::nullopt);
GRADUS_API Tensor& random_(Tensor& self, std::optional<Generator> generator = std::nullopt);
/// Density lambd e^(-lambd x). @throws ValueError unless lambd > 0
GRADUS_API Tensor& exponential_(Tensor& self, double lambd = 1,
                                std::optional<Generator> generator = std::nullopt);
/// The number of trials up to the first success: (1 - p)^(k - 1) p. @throws ValueError unless p is
/// in (0, 1)
GRADUS_API Tensor& geometric_(Tensor& self, double p,
                              std::optional<Generator> generator = std::nullopt);
/// e to the power of a normal number.
GRADUS_API Tensor& log_normal_(Tensor& self, double mean = 1, double std = 2,
                               std::optional<Generator> generator = std::nullopt);
/// Density sigma / (pi ((x - median)^2 + sigma^2)). @throws ValueError unless sigma > 0
GRADUS_API Tensor& cauchy_(Tensor& self, double median = 0, double sigma = 1,
                           std::optional<Generator> generator = std::nullopt);

}  // namespace gradus
