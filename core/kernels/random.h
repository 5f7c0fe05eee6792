#pragma once

#include <cstdint>

#include "core/generator.h"
#include "core/philox.h"
#include "core/tensor.h"

namespace gradus::kernel {

// Random numbers come from blocks of Philox, see core/philox.h: a kernel takes as many as it needs
// from the generator at once, and element i draws from its own. Elements count in the order in
// which a dense tensor lies in memory, in row-major order of others.

/// n numbers of 32 bits: those of the blocks from `first_block` on.
void random_bits(PhiloxKey key, int64_t first_block, uint32_t* out, int64_t n);

/// Uniform in [from, to). In float16 and bfloat16 with as many bits as they hold.
void uniform(const Tensor& y, double from, double to, Generator& generator);
/// mean + std * standard normal.
void normal(const Tensor& y, double mean, double std, Generator& generator);
/// Integers uniform in [from, from + range); range 0 stands for 2^64.
void random_integers(const Tensor& y, int64_t from, uint64_t range, Generator& generator);
/// 1 with probability p, else 0.
void bernoulli(const Tensor& y, double p, Generator& generator);
/// 1 with the probability that stands in p, which has y's sizes, else 0.
void bernoulli(const Tensor& y, const Tensor& p, Generator& generator);

/// Distributions that are a function of one uniform number.
enum class Transform : int8_t { Exponential, Geometric, Cauchy };
/// Exponential: rate a. Geometric: p = a. Cauchy: median a, scale b.
void transformed(const Tensor& y, Transform transform, double a, double b, Generator& generator);
/// e^(mean + std * standard normal).
void log_normal(const Tensor& y, double mean, double std, Generator& generator);
/// Poisson with the rate that stands in `rate`, which has y's sizes and dtype.
void poisson(const Tensor& y, const Tensor& rate, Generator& generator);

/// The numbers 0 .. n-1 in random order. y is contiguous.
void permutation(const Tensor& y, Generator& generator);

/// How many blocks dropout takes for a tensor.
int64_t dropout_blocks(int64_t numel);
/// y = x / (1 - p) where element i of the key's numbers says so, which it does with probability
/// 1 - p, else 0. x and y lie in memory in the same, dense order.
void dropout(const Tensor& x, double p, PhiloxKey key, const Tensor& y);

/// num_samples indices for each row of p [rows, categories], contiguous, float64: int64 [rows,
/// num_samples]. @throws ValueError for weights that are negative, not finite or sum to 0, or too
/// few that are not 0
void multinomial(const Tensor& p, int64_t num_samples, bool replacement, const Tensor& y,
                 Generator& generator);

}  // namespace gradus::kernel
