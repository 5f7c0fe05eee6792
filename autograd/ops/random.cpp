#include "autograd/ops/random.h"

#include <cmath>
#include <utility>

#include "autograd/in_place.h"
#include "autograd/node.h"
#include "autograd/ops/internal/named.h"
#include "autograd/ops/strided.h"
#include "core/factory.h"
#include "core/kernels/copy.h"
#include "core/kernels/random.h"
#include "core/shape.h"
#include "core/watch/record_scope.h"

namespace gradus {

namespace {

Generator chosen(const std::optional<Generator>& generator) {
  return generator ? *generator : default_generator();
}

void check_probability(const char* op, double p) {
  GRADUS_CHECK_VALUE(p >= 0 && p <= 1, "{}: p must be from 0 to 1, got {}", op, p);
}

// The tensor is filled anew: nothing of the gradient reaches what it was.
template <class Fill>
Tensor& refill(const char* op, Tensor& self, const std::optional<Generator>& generator,
               const Fill& fill) {
  const OpScope scope(op);
  check_in_place(op, self);
  Generator source = chosen(generator);
  fill(source);
  bump_version(self);
  return record_in_place(op, {self}, self,
                         [](const Tensor& dy) -> Grads { return {zeros(dy.sizes(), dy.dtype())}; });
}

void check_floating(const char* op, const Tensor& x) {
  GRADUS_CHECK_TYPE(x.is_floating_point(), "{}: expected a floating-point dtype, got {}", op,
                    x.dtype());
}

// x under the mask of this key; linear in x, and its own adjoint.
Tensor masked(const Tensor& x, double p, PhiloxKey key, const DimVector& strides) {
  const OpScope scope("dropout");
  const Tensor in = x.strides() == strides ? x : restride(x.detach(), strides);
  Tensor y = empty_strided(x.sizes(), strides, x.dtype());
  kernel::dropout(in, p, key, y);
  return record("dropout", {x}, std::move(y), [p, key, strides](const Tensor& dy) -> Grads {
    return {masked(dy, p, key, strides)};
  });
}

}  // namespace

Tensor dropout(const Tensor& x, double p, bool train) {
  const OpScope scope("dropout");
  require_tensors("dropout", x);
  check_probability("dropout", p);
  check_floating("dropout", x);
  if (!train || x.numel() == 0) return x;
  const PhiloxKey key = default_generator().reserve(kernel::dropout_blocks(x.numel()));
  // Numbers belong to places in memory: the gradient is brought to the order of x.
  return masked(
      x, p, key,
      to_dims(x.is_non_overlapping_and_dense() ? x.strides()
                                               : IntArrayRef(contiguous_strides(x.sizes()))));
}

Tensor& dropout_(Tensor& self, double p, bool train) {
  const OpScope scope("dropout_");
  require_tensors("dropout_", self);
  check_probability("dropout_", p);
  check_floating("dropout_", self);
  if (!train) return self;
  check_in_place("dropout_", self);
  return assign("dropout_", self, dropout(self, p, train));
}

Tensor bernoulli(const Tensor& x, std::optional<Generator> generator) {
  const OpScope scope("bernoulli");
  require_tensors("bernoulli", x);
  check_floating("bernoulli", x);
  Tensor y = empty_like(x);
  bernoulli_(y, x, std::move(generator));
  return record("bernoulli", {x}, std::move(y),
                [](const Tensor& dy) -> Grads { return {zeros(dy.sizes(), dy.dtype())}; });
}

Tensor bernoulli(const Tensor& x, double p, std::optional<Generator> generator) {
  const OpScope scope("bernoulli");
  require_tensors("bernoulli", x);
  Tensor y = empty_like(x);
  return bernoulli_(y, p, std::move(generator));
}

Tensor& bernoulli_(Tensor& self, double p, std::optional<Generator> generator) {
  require_tensors("bernoulli_", self);
  check_probability("bernoulli_", p);
  return refill("bernoulli_", self, generator,
                [&](Generator& source) { kernel::bernoulli(self, p, source); });
}

Tensor& bernoulli_(Tensor& self, const Tensor& p, std::optional<Generator> generator) {
  require_tensors("bernoulli_", self, p);
  check_floating("bernoulli_", p);
  GRADUS_CHECK(is_expandable_to(p.sizes(), self.sizes()),
               "bernoulli_: p of shape {} does not broadcast to the tensor's shape {}", p.sizes(),
               self.sizes());
  Tensor chances = empty(self.sizes(), kDouble);
  kernel::copy(p, chances);
  const double* const chance = chances.data_ptr<double>();
  for (int64_t i = 0; i < chances.numel(); ++i) check_probability("bernoulli_", chance[i]);
  return refill("bernoulli_", self, generator,
                [&](Generator& source) { kernel::bernoulli(self, chances, source); });
}

Tensor multinomial(const Tensor& x, int64_t num_samples, bool replacement,
                   std::optional<Generator> generator) {
  const OpScope scope("multinomial");
  require_tensors("multinomial", x);
  const char* const op = "multinomial";
  check_floating(op, x);
  GRADUS_CHECK(x.dim() == 1 || x.dim() == 2, "{}: expected a tensor of 1 or 2 dims, got shape {}",
               op, x.sizes());
  const int64_t categories = x.sizes().back(), rows = x.dim() == 1 ? 1 : x.sizes()[0];
  GRADUS_CHECK_VALUE(num_samples > 0, "{}: num_samples must be positive, got {}", op, num_samples);
  GRADUS_CHECK_VALUE(categories > 0, "{}: there are no categories (shape {})", op, x.sizes());
  GRADUS_CHECK_VALUE(replacement || num_samples <= categories,
                     "{}: {} samples without replacement from {} categories", op, num_samples,
                     categories);
  Tensor weights = empty(x.sizes(), kDouble);
  kernel::copy(x, weights);
  Tensor y = named(op, [&] {
    return x.dim() == 1 ? empty({num_samples}, kLong) : empty({rows, num_samples}, kLong);
  });
  Generator source = chosen(generator);
  kernel::multinomial(make_view(weights, {rows, categories}, {categories, 1}, 0), num_samples,
                      replacement, y, source);
  return y;
}

namespace {

// Standard normal numbers in the shape and dtype of `like`, scaled and moved.
Tensor moved_normal(const DimVector& sizes, ScalarType dtype, const Tensor* mean, double mean_value,
                    const Tensor* std, double std_value,
                    const std::optional<Generator>& generator) {
  NoGradGuard guard;
  Tensor y = randn(sizes, chosen(generator), dtype);
  if (std != nullptr) {
    y.mul_(*std);
  } else {
    y.mul_(std_value);
  }
  if (mean != nullptr) {
    y.add_(*mean);
  } else {
    y.add_(mean_value);
  }
  return y;
}

void check_std(const char* op, double std) {
  GRADUS_CHECK_VALUE(std >= 0, "{}: std must not be negative, got {}", op, std);
}

void check_std(const Tensor& std) {
  check_floating("normal", std);
  GRADUS_CHECK_VALUE(std.numel() == 0 || std.ge(0).all().item().toBool(),
                     "normal: all elements of std must not be negative");
}

}  // namespace

Tensor normal(const Tensor& mean, const Tensor& std, std::optional<Generator> generator) {
  const OpScope scope("normal");
  require_tensors("normal", mean, std);
  check_floating("normal", mean);
  check_std(std);
  return moved_normal(broadcast_sizes("normal", mean.sizes(), std.sizes()),
                      promote_types(mean.dtype(), std.dtype()), &mean, 0, &std, 1, generator);
}

Tensor normal(const Tensor& mean, double std, std::optional<Generator> generator) {
  const OpScope scope("normal");
  require_tensors("normal", mean);
  check_floating("normal", mean);
  check_std("normal", std);
  return moved_normal(to_dims(mean.sizes()), mean.dtype(), &mean, 0, nullptr, std, generator);
}

Tensor normal(double mean, const Tensor& std, std::optional<Generator> generator) {
  const OpScope scope("normal");
  require_tensors("normal", std);
  check_std(std);
  return moved_normal(to_dims(std.sizes()), std.dtype(), nullptr, mean, &std, 1, generator);
}

Tensor poisson(const Tensor& x, std::optional<Generator> generator) {
  const OpScope scope("poisson");
  require_tensors("poisson", x);
  check_floating("poisson", x);
  GRADUS_CHECK_VALUE(x.numel() == 0 || x.ge(0).all().item().toBool(),
                     "poisson: rates must not be negative");
  Tensor y = empty(x.sizes(), x.dtype());
  Generator source = chosen(generator);
  kernel::poisson(y, x, source);
  return record("poisson", {x}, std::move(y),
                [](const Tensor& dy) -> Grads { return {zeros(dy.sizes(), dy.dtype())}; });
}

Tensor& normal_(Tensor& self, double mean, double std, std::optional<Generator> generator) {
  require_tensors("normal_", self);
  check_floating("normal_", self);
  check_std("normal_", std);
  return refill("normal_", self, generator,
                [&](Generator& source) { kernel::normal(self, mean, std, source); });
}

Tensor& uniform_(Tensor& self, double from, double to, std::optional<Generator> generator) {
  require_tensors("uniform_", self);
  check_floating("uniform_", self);
  GRADUS_CHECK_VALUE(from <= to && std::isfinite(to - from),
                     "uniform_: expected a finite range from <= to, got [{}, {})", from, to);
  return refill("uniform_", self, generator,
                [&](Generator& source) { kernel::uniform(self, from, to, source); });
}

namespace {

// The integers that a dtype holds exactly: [least, last].
struct Range {
  int64_t least, last;
};

Range integers_of(ScalarType dtype) {
  switch (dtype) {
    case kByte:
      return {0, UINT8_MAX};
    case kChar:
      return {INT8_MIN, INT8_MAX};
    case kShort:
      return {INT16_MIN, INT16_MAX};
    case kInt:
      return {INT32_MIN, INT32_MAX};
    case kBool:
      return {0, 1};
    case kHalf:
      return {-2048, 2048};
    case kBFloat16:
      return {-256, 256};
    case kFloat:
      return {-(1 << 24), 1 << 24};
    case kDouble:
      return {-(int64_t{1} << 53), int64_t{1} << 53};
    default:
      return {INT64_MIN, INT64_MAX};
  }
}

Tensor& refill_integers(Tensor& self, int64_t from, int64_t last,
                        const std::optional<Generator>& generator) {
  const Range range = integers_of(self.dtype());
  GRADUS_CHECK_VALUE(from >= range.least && last <= range.last,
                     "random_: dtype {} does not hold all of [{}, {}]", self.dtype(), from, last);
  const uint64_t count = static_cast<uint64_t>(last) - static_cast<uint64_t>(from) + 1;
  return refill("random_", self, generator,
                [&](Generator& source) { kernel::random_integers(self, from, count, source); });
}

}  // namespace

Tensor& random_(Tensor& self, int64_t from, std::optional<int64_t> to,
                std::optional<Generator> generator) {
  const OpScope scope("random_");
  require_tensors("random_", self);
  GRADUS_CHECK_VALUE(!to || from < *to, "random_: expected from < to, got [{}, {})", from,
                     to.value_or(0));
  return refill_integers(self, from, to ? *to - 1 : integers_of(self.dtype()).last, generator);
}

Tensor& random_(Tensor& self, int64_t to, std::optional<Generator> generator) {
  const OpScope scope("random_");
  require_tensors("random_", self);
  return random_(self, 0, to, std::move(generator));
}

Tensor& random_(Tensor& self, std::optional<Generator> generator) {
  const OpScope scope("random_");
  require_tensors("random_", self);
  return refill_integers(self, 0, integers_of(self.dtype()).last, generator);
}

Tensor& exponential_(Tensor& self, double lambd, std::optional<Generator> generator) {
  require_tensors("exponential_", self);
  check_floating("exponential_", self);
  GRADUS_CHECK_VALUE(lambd > 0, "exponential_: lambd must be positive, got {}", lambd);
  return refill("exponential_", self, generator, [&](Generator& source) {
    kernel::transformed(self, kernel::Transform::Exponential, lambd, 0, source);
  });
}

Tensor& geometric_(Tensor& self, double p, std::optional<Generator> generator) {
  require_tensors("geometric_", self);
  GRADUS_CHECK_VALUE(p > 0 && p < 1, "geometric_: p must be in (0, 1), got {}", p);
  GRADUS_CHECK_TYPE(self.dtype() != kBool, "geometric_: not implemented for {}", self.dtype());
  return refill("geometric_", self, generator, [&](Generator& source) {
    kernel::transformed(self, kernel::Transform::Geometric, p, 0, source);
  });
}

Tensor& log_normal_(Tensor& self, double mean, double std, std::optional<Generator> generator) {
  require_tensors("log_normal_", self);
  check_floating("log_normal_", self);
  GRADUS_CHECK_VALUE(std > 0, "log_normal_: std must be positive, got {}", std);
  return refill("log_normal_", self, generator,
                [&](Generator& source) { kernel::log_normal(self, mean, std, source); });
}

Tensor& cauchy_(Tensor& self, double median, double sigma, std::optional<Generator> generator) {
  require_tensors("cauchy_", self);
  check_floating("cauchy_", self);
  GRADUS_CHECK_VALUE(sigma > 0, "cauchy_: sigma must be positive, got {}", sigma);
  return refill("cauchy_", self, generator, [&](Generator& source) {
    kernel::transformed(self, kernel::Transform::Cauchy, median, sigma, source);
  });
}

Tensor& Tensor::normal_(double mean, double std, std::optional<Generator> generator) const {
  return gradus::normal_(self(), mean, std, std::move(generator));
}
Tensor& Tensor::uniform_(double from, double to, std::optional<Generator> generator) const {
  return gradus::uniform_(self(), from, to, std::move(generator));
}
Tensor& Tensor::random_(int64_t from, std::optional<int64_t> to,
                        std::optional<Generator> generator) const {
  return gradus::random_(self(), from, to, std::move(generator));
}
Tensor& Tensor::random_(int64_t to, std::optional<Generator> generator) const {
  return gradus::random_(self(), to, std::move(generator));
}
Tensor& Tensor::random_(std::optional<Generator> generator) const {
  return gradus::random_(self(), std::move(generator));
}
Tensor& Tensor::bernoulli_(double p, std::optional<Generator> generator) const {
  return gradus::bernoulli_(self(), p, std::move(generator));
}
Tensor& Tensor::bernoulli_(const Tensor& p, std::optional<Generator> generator) const {
  return gradus::bernoulli_(self(), p, std::move(generator));
}
Tensor& Tensor::exponential_(double lambd, std::optional<Generator> generator) const {
  return gradus::exponential_(self(), lambd, std::move(generator));
}
Tensor Tensor::bernoulli(std::optional<Generator> generator) const {
  return gradus::bernoulli(*this, std::move(generator));
}
Tensor Tensor::multinomial(int64_t num_samples, bool replacement,
                           std::optional<Generator> generator) const {
  return gradus::multinomial(*this, num_samples, replacement, std::move(generator));
}

Tensor& Tensor::geometric_(double p, std::optional<Generator> generator) const {
  return gradus::geometric_(self(), p, generator);
}

Tensor& Tensor::log_normal_(double mean, double std, std::optional<Generator> generator) const {
  return gradus::log_normal_(self(), mean, std, generator);
}

Tensor& Tensor::cauchy_(double median, double sigma, std::optional<Generator> generator) const {
  return gradus::cauchy_(self(), median, sigma, generator);
}

Tensor Tensor::bernoulli(double p, std::optional<Generator> generator) const {
  return gradus::bernoulli(*this, p, generator);
}

}  // namespace gradus
