#include "core/kernels/random.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "core/box_muller.h"
#include "core/factory.h"
#include "core/kernels/copy.h"
#include "core/kernels/dispatch.h"
#include "core/kernels/loop.h"
#include "core/kernels/random_vector.h"
#include "core/kernels/special.h"
#include "core/parallel.h"
#include "core/shape.h"

namespace gradus::kernel {

namespace {

// A multiple of four, so that a chunk begins with a block.
constexpr int64_t kGrain = 16384;
// Numbers that are drawn at once, to stay in the first-level cache.
constexpr int64_t kBatch = 1024;

int64_t blocks_for(int64_t numbers) {
  return (numbers - 1) / 4 + 1;
}

// Calls body(T* y, i, n) for elements that lie side by side, chunk by chunk; through a contiguous
// tensor where y is not dense.
template <class T, class Body>
void for_each_chunk(const Tensor& y, const Body& body) {
  const bool dense = y.is_non_overlapping_and_dense();
  const Tensor whole = dense ? y : empty(y.sizes(), y.dtype());
  T* const data = static_cast<T*>(whole.data_ptr());
  parallel_for(y.numel(), kGrain,
               [&](int64_t begin, int64_t end) { body(data + begin, begin, end - begin); });
  if (!dense) copy(whole, y);
}

// y[i] = f(one uniform number of 32 bits).
template <class T, class F>
void map_bits32(const Tensor& y, Generator& generator, const F& f) {
  if (y.numel() == 0) return;
  const PhiloxKey key = generator.reserve(blocks_for(y.numel()));
  for_each_chunk<T>(y, [&](T* out, int64_t begin, int64_t n) {
    uint32_t bits[kBatch];
    for (int64_t i = 0; i < n; i += kBatch) {
      const int64_t batch = std::min(kBatch, n - i);
      vectorized::random_bits(key, (begin + i) / 4, bits, batch);
      for (int64_t k = 0; k < batch; ++k) out[i + k] = f(bits[k], begin + i + k);
    }
  });
}

// y[i] = f(two uniform numbers of 32 bits).
template <class T, class F>
void map_bits64(const Tensor& y, Generator& generator, const F& f) {
  if (y.numel() == 0) return;
  const PhiloxKey key = generator.reserve((y.numel() - 1) / 2 + 1);
  for_each_chunk<T>(y, [&](T* out, int64_t begin, int64_t n) {
    uint32_t bits[kBatch];
    for (int64_t i = 0; i < n; i += kBatch / 2) {
      const int64_t batch = std::min(kBatch / 2, n - i);
      vectorized::random_bits(key, (begin + i) / 2, bits, 2 * batch);
      for (int64_t k = 0; k < batch; ++k) out[i + k] = f(bits[2 * k], bits[2 * k + 1]);
    }
  });
}

// Uniform in [0, 1) with the bits that T holds.
template <class T>
float unit(uint32_t x) {
  if constexpr (std::is_same_v<T, Half>) return static_cast<float>(x >> 21) * 0x1p-11f;
  if constexpr (std::is_same_v<T, BFloat16>) return static_cast<float>(x >> 24) * 0x1p-8f;
  return uniform_float(x);
}

// Uniform in (0, 1).
double open_unit(uint32_t x) {
  return (static_cast<double>(x) + 0.5) * 0x1p-32;
}

}  // namespace

void random_bits(PhiloxKey key, int64_t first_block, uint32_t* out, int64_t n) {
  vectorized::random_bits(key, first_block, out, n);
}

void uniform(const Tensor& y, double from, double to, Generator& generator) {
  dispatch_floating("uniform_", y.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    if constexpr (std::is_same_v<T, float>) {
      if (y.numel() == 0) return;
      const PhiloxKey key = generator.reserve(blocks_for(y.numel()));
      for_each_chunk<float>(y, [&](float* out, int64_t begin, int64_t n) {
        vectorized::uniform(key, begin / 4, out, n, static_cast<float>(from),
                            static_cast<float>(to));
      });
    } else if constexpr (std::is_same_v<T, double>) {
      const double below = from < to ? std::nextafter(to, from) : from;
      map_bits64<double>(y, generator, [&](uint32_t a, uint32_t b) {
        return std::min(from + uniform_double(a, b) * (to - from), below);
      });
    } else {
      const auto base = static_cast<float>(from), range = static_cast<float>(to - from);
      map_bits32<T>(y, generator,
                    [&](uint32_t x, int64_t) { return T(base + unit<T>(x) * range); });
    }
  });
}

namespace {

// Calls body(z, i, n) with standard normal numbers z for the elements from i on.
template <class Body>
void for_each_normal(PhiloxKey key, int64_t begin, int64_t n, const Body& body) {
  float z[kBatch];
  for (int64_t i = 0; i < n; i += kBatch) {
    const int64_t batch = std::min(kBatch, n - i);
    vectorized::normal(key, (begin + i) / 4, z, batch, 0, 1);
    body(z, i, batch);
  }
}

// y[i] = f(standard normal number), in double for float64, else in float.
template <class T, class F>
void map_normal(const Tensor& y, Generator& generator, const F& f) {
  if (y.numel() == 0) return;
  if constexpr (std::is_same_v<T, double>) {
    const PhiloxKey key = generator.reserve((y.numel() - 1) / 2 + 1);
    for_each_chunk<double>(y, [&](double* out, int64_t begin, int64_t n) {
      for (int64_t i = 0; i < n; i += 2) {
        const NormalPair<double> z =
            normal_pair(philox4x32(key, static_cast<uint64_t>(begin + i) / 2));
        out[i] = f(z.first);
        if (i + 1 < n) out[i + 1] = f(z.second);
      }
    });
  } else {
    const PhiloxKey key = generator.reserve(blocks_for(y.numel()));
    for_each_chunk<T>(y, [&](T* out, int64_t begin, int64_t n) {
      for_each_normal(key, begin, n, [&](const float* z, int64_t i, int64_t batch) {
        for (int64_t k = 0; k < batch; ++k) out[i + k] = T(f(z[k]));
      });
    });
  }
}

}  // namespace

void normal(const Tensor& y, double mean, double std, Generator& generator) {
  dispatch_floating("normal_", y.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    if constexpr (std::is_same_v<T, float>) {
      if (y.numel() == 0) return;
      const PhiloxKey key = generator.reserve(blocks_for(y.numel()));
      for_each_chunk<float>(y, [&](float* out, int64_t begin, int64_t n) {
        vectorized::normal(key, begin / 4, out, n, static_cast<float>(mean),
                           static_cast<float>(std));
      });
    } else {
      map_normal<T>(y, generator, [&](auto z) {
        return static_cast<decltype(z)>(mean) + static_cast<decltype(z)>(std) * z;
      });
    }
  });
}

void log_normal(const Tensor& y, double mean, double std, Generator& generator) {
  dispatch_floating("log_normal_", y.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    map_normal<T>(y, generator, [&](auto z) {
      return static_cast<decltype(z)>(std::exp(mean + std * static_cast<double>(z)));
    });
  });
}

void random_integers(const Tensor& y, int64_t from, uint64_t range, Generator& generator) {
  dispatch_all("random_", y.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const auto value = [from](uint64_t offset) {
      const auto integer = static_cast<int64_t>(static_cast<uint64_t>(from) + offset);
      return static_cast<T>(integer);
    };
    // The upper half of number * range; the more bits, the less it favours some of the integers.
    if (range > 0 && range <= 65536) {
      map_bits32<T>(y, generator, [&](uint32_t x, int64_t) { return value((x * range) >> 32); });
    } else {
      map_bits64<T>(y, generator, [&](uint32_t a, uint32_t b) {
        const uint64_t x = (uint64_t{a} << 32) | b;
        __extension__ using Wide = unsigned __int128;
        return value(range == 0 ? x : static_cast<uint64_t>((Wide{x} * range) >> 64));
      });
    }
  });
}

void bernoulli(const Tensor& y, double p, Generator& generator) {
  // 2^32, which stands for always, does not fit 32 bits.
  const auto threshold = static_cast<uint64_t>(std::llround(p * 0x1p32));
  const bool always = threshold > std::numeric_limits<uint32_t>::max();
  const auto limit = static_cast<uint32_t>(threshold);
  dispatch_all("bernoulli_", y.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T choices[2] = {T(0), T(1)};  // looked up: a branch on a random bit is slow
    map_bits32<T>(y, generator, [&](uint32_t x, int64_t) { return choices[always || x < limit]; });
  });
}

void bernoulli(const Tensor& y, const Tensor& p, Generator& generator) {
  // The probabilities in the order in which the elements of y count.
  const bool dense = y.is_non_overlapping_and_dense();
  Tensor list = empty(p.sizes(), kDouble);
  if (dense) list = empty_strided(y.sizes(), y.strides(), kDouble);
  copy(p, list);
  const double* const chance = list.data_ptr<double>();
  dispatch_all("bernoulli_", y.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    map_bits32<T>(y, generator, [&](uint32_t x, int64_t i) {
      return T(static_cast<double>(x) * 0x1p-32 < chance[i] ? 1 : 0);
    });
  });
}

void transformed(const Tensor& y, Transform transform, double a, double b, Generator& generator) {
  dispatch_all("random", y.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    switch (transform) {
      case Transform::Exponential:
        return map_bits32<T>(y, generator, [&](uint32_t x, int64_t) {
          return static_cast<T>(-std::log(open_unit(x)) / a);
        });
      case Transform::Geometric: {
        const double scale = 1 / std::log1p(-a);
        return map_bits32<T>(y, generator, [&](uint32_t x, int64_t) {
          // Beyond what an integer type holds a conversion would be undefined.
          const double k = std::max(1.0, std::ceil(std::log(open_unit(x)) * scale));
          if constexpr (std::is_integral_v<T>) {
            return static_cast<T>(
                std::min(k, static_cast<double>(std::numeric_limits<T>::max() / 2)));
          } else {
            return static_cast<T>(k);
          }
        });
      }
      case Transform::Cauchy:
        return map_bits32<T>(y, generator, [&](uint32_t x, int64_t) {
          return static_cast<T>(a + b * std::tan(3.141592653589793 * (open_unit(x) - 0.5)));
        });
    }
  });
}

namespace {

// Numbers of an element that needs more than one, in blocks of its own.
class ElementStream {
 public:
  ElementStream(PhiloxKey key, uint64_t first_block) : key_(key), block_(first_block) {}
  double next() {
    if (used_ == 4) {
      numbers_ = philox4x32(key_, block_++);
      used_ = 0;
    }
    return open_unit(numbers_.v[used_++]);
  }

 private:
  PhiloxKey key_;
  uint64_t block_;
  PhiloxBlock numbers_{};
  int used_ = 4;
};

constexpr int64_t kPoissonBlocks = 64;

double poisson_number(double rate, ElementStream& stream) {
  if (!(rate > 0)) return 0;
  if (rate < 10) {
    // Factors until the product falls below e^-rate (Knuth).
    const double limit = std::exp(-rate);
    double product = 1;
    for (int k = 0; k < 4 * kPoissonBlocks; ++k) {
      product *= stream.next();
      if (product <= limit) return k;
    }
    return 4 * kPoissonBlocks;
  }
  // Hoermann, "The transformed rejection method for generating Poisson random variables" (1993),
  // algorithm PTRS.
  const double slope = 0.931 + 2.53 * std::sqrt(rate), a = -0.059 + 0.02483 * slope;
  const double inverse_alpha = 1.1239 + 1.1328 / (slope - 3.4), log_rate = std::log(rate);
  const double v_r = 0.9277 - 3.6224 / (slope - 2);
  double k = rate;
  for (int attempt = 0; attempt < 2 * kPoissonBlocks; ++attempt) {
    const double u = stream.next() - 0.5, v = stream.next(), us = 0.5 - std::fabs(u);
    k = std::floor((2 * a / us + slope) * u + rate + 0.43);
    if (us >= 0.07 && v <= v_r) return k;
    if (k < 0 || (us < 0.013 && v > us)) continue;
    if (std::log(v) + std::log(inverse_alpha) - std::log(a / (us * us) + slope) <=
        -rate + k * log_rate - log_gamma(k + 1)) {
      return k;
    }
  }
  return std::max(k, 0.0);
}

}  // namespace

void poisson(const Tensor& y, const Tensor& rate, Generator& generator) {
  if (y.numel() == 0) return;
  const PhiloxKey key = generator.reserve(y.numel() * kPoissonBlocks);
  const Tensor rates = empty(rate.sizes(), kDouble), list = empty(y.sizes(), kDouble);
  copy(rate, rates);
  const double* const in = rates.data_ptr<double>();
  double* const out = list.data_ptr<double>();
  parallel_for(y.numel(), 512, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      ElementStream stream(key, static_cast<uint64_t>(i) * kPoissonBlocks);
      out[i] = poisson_number(in[i], stream);
    }
  });
  copy(list, y);
}

void permutation(const Tensor& y, Generator& generator) {
  const int64_t n = y.numel();
  if (n == 0) return;
  std::vector<int64_t> order(n);
  std::iota(order.begin(), order.end(), 0);
  const PhiloxKey key = generator.reserve((n - 1) / 2 + 1);
  std::vector<uint32_t> bits(kBatch);
  for (int64_t i = 0; i < n; i += kBatch / 2) {
    const int64_t batch = std::min(kBatch / 2, n - i);
    vectorized::random_bits(key, i / 2, bits.data(), 2 * batch);
    for (int64_t k = 0; k < batch; ++k) {
      const uint64_t x = (uint64_t{bits[2 * k]} << 32) | bits[2 * k + 1];
      __extension__ using Wide = unsigned __int128;
      const auto rest = static_cast<uint64_t>(n - i - k);
      const auto other = static_cast<int64_t>((Wide{x} * rest) >> 64);
      std::swap(order[i + k], order[i + k + other]);
    }
  }
  copy(detail::from_blob(order.data(), {n}, std::nullopt, nullptr, nullptr, kLong), y);
}

int64_t dropout_blocks(int64_t numel) {
  return numel == 0 ? 0 : blocks_for(numel);
}

void dropout(const Tensor& x, double p, PhiloxKey key, const Tensor& y) {
  const double scale = p == 1 ? 0 : 1 / (1 - p);
  // Kept where the number is below the threshold; 2^32 itself does not fit, but keeps all.
  const auto threshold = static_cast<uint64_t>(std::llround((1 - p) * 0x1p32));
  const bool all = threshold > std::numeric_limits<uint32_t>::max();
  const auto limit = static_cast<uint32_t>(threshold);
  dispatch_floating("dropout", x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* const from = x.data_ptr<T>();
    T* const to = y.data_ptr<T>();
    parallel_for(x.numel(), kGrain, [&](int64_t begin, int64_t end) {
      if constexpr (std::is_same_v<T, float>) {
        if (!all) {
          vectorized::dropout(key, begin / 4, from + begin, to + begin, end - begin, limit,
                              static_cast<float>(scale));
          return;
        }
      }
      if constexpr (std::is_same_v<T, BFloat16> || std::is_same_v<T, Half>) {
        if (!all) {
          const BlockFunction widen = cast_function(x.dtype(), kFloat);
          const BlockFunction narrow = cast_function(kFloat, x.dtype());
          float block[kBatch];
          for (int64_t i = begin; i < end; i += kBatch) {
            const int64_t batch = std::min(kBatch, end - i);
            const void *const src = from + i, *const wide = block;
            widen(nullptr, &src, block, batch);
            vectorized::dropout(key, i / 4, block, block, batch, limit, static_cast<float>(scale));
            narrow(nullptr, &wide, to + i, batch);
          }
          return;
        }
      }
      using Factor = std::conditional_t<std::is_same_v<T, double>, double, float>;
      const auto factor = static_cast<Factor>(scale);
      uint32_t bits[kBatch];
      for (int64_t i = begin; i < end; i += kBatch) {
        const int64_t batch = std::min(kBatch, end - i);
        vectorized::random_bits(key, i / 4, bits, batch);
        for (int64_t k = 0; k < batch; ++k) {
          const bool keep = all || bits[k] < limit;
          to[i + k] = keep ? T(static_cast<Factor>(from[i + k]) * factor) : T(0);
        }
      }
    });
  });
}

void multinomial(const Tensor& p, int64_t num_samples, bool replacement, const Tensor& y,
                 Generator& generator) {
  const int64_t rows = p.sizes()[0], categories = p.sizes()[1];
  const double* const weights = p.data_ptr<double>();
  for (int64_t row = 0; row < rows; ++row) {
    const double* const w = weights + row * categories;
    double sum = 0;
    int64_t possible = 0;
    for (int64_t i = 0; i < categories; ++i) {
      GRADUS_CHECK_VALUE(w[i] >= 0 && std::isfinite(w[i]),
                         "multinomial: weights must be finite and not negative, got {} at [{}, {}]",
                         w[i], row, i);
      sum += w[i];
      possible += w[i] > 0;
    }
    GRADUS_CHECK_VALUE(sum > 0 && std::isfinite(sum),
                       "multinomial: the sum of weights must be positive and finite, got {} in "
                       "row {}",
                       sum, row);
    GRADUS_CHECK_VALUE(replacement || possible >= num_samples,
                       "multinomial: {} samples without replacement from {} weights that are not "
                       "0 (row {})",
                       num_samples, possible, row);
  }
  if (rows == 0 || num_samples == 0) return;
  const int64_t draws = replacement ? num_samples : categories;
  const int64_t blocks = (draws - 1) / 2 + 1;
  int64_t total = 0;
  GRADUS_CHECK(!__builtin_mul_overflow(rows, blocks, &total), "multinomial: too many samples");
  const PhiloxKey key = generator.reserve(total);
  int64_t* const out = y.data_ptr<int64_t>();
  parallel_for(
      rows, std::max<int64_t>(1, 4096 / (categories + draws)), [&](int64_t begin, int64_t end) {
        std::vector<double> sums(categories), keys;
        std::vector<int64_t> order;
        for (int64_t row = begin; row < end; ++row) {
          const double* const w = weights + row * categories;
          const auto draw = [&](int64_t i) {
            const PhiloxBlock b = philox4x32(key, static_cast<uint64_t>(row * blocks + i / 2));
            return uniform_double(b.v[i % 2 * 2], b.v[i % 2 * 2 + 1]);
          };
          if (replacement) {
            std::partial_sum(w, w + categories, sums.begin());
            for (int64_t i = 0; i < num_samples; ++i) {
              const double at = draw(i) * sums.back();
              auto found = std::upper_bound(sums.begin(), sums.end(), at);
              // Rounding may reach the sum itself.
              if (found == sums.end())
                found = std::lower_bound(sums.begin(), sums.end(), sums.back());
              out[row * num_samples + i] = found - sums.begin();
            }
            continue;
          }
          // Who arrives first: arrival times are exponential with the weights as rates.
          keys.assign(categories, std::numeric_limits<double>::infinity());
          order.resize(categories);
          std::iota(order.begin(), order.end(), 0);
          for (int64_t i = 0; i < categories; ++i) {
            if (w[i] > 0) keys[i] = -std::log(draw(i) + 0x1p-54) / w[i];
          }
          std::partial_sort(
              order.begin(), order.begin() + num_samples, order.end(),
              [&](int64_t a, int64_t b) { return keys[a] != keys[b] ? keys[a] < keys[b] : a < b; });
          std::copy_n(order.begin(), num_samples, out + row * num_samples);
        }
      });
}

}  // namespace gradus::kernel
