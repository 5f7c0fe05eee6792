// The out= forms in autograd/ops/out_forms.h: factories and random numbers, in the dtype of out.

#include "autograd/ops/aliases.h"
#include "autograd/ops/internal/named.h"
#include "autograd/ops/internal/out.h"
#include "autograd/ops/out_forms.h"
#include "autograd/ops/random.h"
#include "core/factory.h"
#include "core/shape.h"

namespace gradus {

namespace {

// What a factory makes for `out`.
TensorOptions like(const char* op, const Tensor& out) {
  require_dense(op, "out", out);
  return out.scalar_type();
}

}  // namespace

Tensor& arange_out(Tensor& out, const Scalar& end) {
  return compute_out("arange_out", {}, out, [&] { return arange(end, like("arange_out", out)); });
}

Tensor& arange_out(Tensor& out, const Scalar& start, const Scalar& end, const Scalar& step) {
  return compute_out("arange_out", {}, out,
                     [&] { return arange(start, end, step, like("arange_out", out)); });
}

Tensor& bernoulli_out(Tensor& out, const Tensor& x, std::optional<Generator> generator) {
  return compute_out("bernoulli_out", {x}, out, [&] { return bernoulli(x, generator); });
}

Tensor& bernoulli_out(Tensor& out, const Tensor& x, const Tensor& p,
                      std::optional<Generator> generator) {
  return compute_out("bernoulli_out", {x, p}, out,
                     [&] { return bernoulli(x, p, std::move(generator)); });
}

Tensor& bernoulli_out(Tensor& out, const Tensor& x, double p, std::optional<Generator> generator) {
  return compute_out("bernoulli_out", {x}, out,
                     [&] { return bernoulli(x, p, std::move(generator)); });
}

Tensor& eye_out(Tensor& out, int64_t n) {
  return compute_out("eye_out", {}, out, [&] { return eye(n, like("eye_out", out)); });
}

Tensor& eye_out(Tensor& out, int64_t n, int64_t m) {
  return compute_out("eye_out", {}, out, [&] { return eye(n, m, like("eye_out", out)); });
}

Tensor& full_out(Tensor& out, IntArrayRef sizes, const Scalar& value) {
  return compute_out("full_out", {}, out,
                     [&] { return full(sizes, value, like("full_out", out)); });
}

Tensor& linspace_out(Tensor& out, const Scalar& start, const Scalar& end, int64_t steps) {
  return compute_out("linspace_out", {}, out,
                     [&] { return linspace(start, end, steps, like("linspace_out", out)); });
}

Tensor& linspace_out(Tensor& out, const Tensor& start, const Tensor& end, int64_t steps) {
  return compute_out("linspace_out", {start, end}, out,
                     [&] { return linspace(start, end, steps, like("linspace_out", out)); });
}

Tensor& linspace_out(Tensor& out, const Tensor& start, const Scalar& end, int64_t steps) {
  return compute_out("linspace_out", {start}, out,
                     [&] { return linspace(start, end, steps, like("linspace_out", out)); });
}

Tensor& linspace_out(Tensor& out, const Scalar& start, const Tensor& end, int64_t steps) {
  return compute_out("linspace_out", {end}, out,
                     [&] { return linspace(start, end, steps, like("linspace_out", out)); });
}

Tensor& logspace_out(Tensor& out, const Scalar& start, const Scalar& end, int64_t steps,
                     double base) {
  return compute_out("logspace_out", {}, out,
                     [&] { return logspace(start, end, steps, base, like("logspace_out", out)); });
}

Tensor& logspace_out(Tensor& out, const Tensor& start, const Tensor& end, int64_t steps,
                     double base) {
  return compute_out("logspace_out", {start, end}, out,
                     [&] { return logspace(start, end, steps, base, like("logspace_out", out)); });
}

Tensor& logspace_out(Tensor& out, const Tensor& start, const Scalar& end, int64_t steps,
                     double base) {
  return compute_out("logspace_out", {start}, out,
                     [&] { return logspace(start, end, steps, base, like("logspace_out", out)); });
}

Tensor& logspace_out(Tensor& out, const Scalar& start, const Tensor& end, int64_t steps,
                     double base) {
  return compute_out("logspace_out", {end}, out,
                     [&] { return logspace(start, end, steps, base, like("logspace_out", out)); });
}

Tensor& multinomial_out(Tensor& out, const Tensor& x, int64_t num_samples, bool replacement,
                        std::optional<Generator> generator) {
  return compute_out("multinomial_out", {x}, out,
                     [&] { return multinomial(x, num_samples, replacement, generator); });
}

Tensor& normal_out(Tensor& out, const Tensor& mean, const Tensor& std,
                   std::optional<Generator> generator) {
  return compute_out("normal_out", {mean, std}, out, [&] { return normal(mean, std, generator); });
}

Tensor& normal_out(Tensor& out, const Tensor& mean, double std,
                   std::optional<Generator> generator) {
  return compute_out("normal_out", {mean}, out, [&] { return normal(mean, std, generator); });
}

Tensor& normal_out(Tensor& out, double mean, const Tensor& std,
                   std::optional<Generator> generator) {
  return compute_out("normal_out", {std}, out, [&] { return normal(mean, std, generator); });
}

Tensor& normal_out(Tensor& out, double mean, double std, IntArrayRef sizes,
                   std::optional<Generator> generator) {
  return compute_out("normal_out", {}, out,
                     [&] { return normal(mean, std, sizes, generator, like("normal_out", out)); });
}

Tensor& ones_out(Tensor& out, IntArrayRef sizes) {
  return compute_out("ones_out", {}, out, [&] { return ones(sizes, like("ones_out", out)); });
}

Tensor& rand_out(Tensor& out, IntArrayRef sizes, std::optional<Generator> generator) {
  return compute_out("rand_out", {}, out,
                     [&] { return rand(sizes, generator, like("rand_out", out)); });
}

Tensor& randn_out(Tensor& out, IntArrayRef sizes, std::optional<Generator> generator) {
  return compute_out("randn_out", {}, out,
                     [&] { return randn(sizes, generator, like("randn_out", out)); });
}

Tensor& randint_out(Tensor& out, int64_t high, IntArrayRef sizes,
                    std::optional<Generator> generator) {
  return compute_out("randint_out", {}, out,
                     [&] { return randint(high, sizes, generator, like("randint_out", out)); });
}

Tensor& randint_out(Tensor& out, int64_t low, int64_t high, IntArrayRef sizes,
                    std::optional<Generator> generator) {
  return compute_out("randint_out", {}, out, [&] {
    return randint(low, high, sizes, generator, like("randint_out", out));
  });
}

Tensor& randperm_out(Tensor& out, int64_t n, std::optional<Generator> generator) {
  return compute_out("randperm_out", {}, out,
                     [&] { return randperm(n, generator, like("randperm_out", out)); });
}

Tensor& range_out(Tensor& out, const Scalar& start, const Scalar& end, const Scalar& step) {
  return compute_out("range_out", {}, out,
                     [&] { return range(start, end, step, like("range_out", out)); });
}

Tensor& zeros_out(Tensor& out, IntArrayRef sizes) {
  return compute_out("zeros_out", {}, out, [&] { return zeros(sizes, like("zeros_out", out)); });
}

Tensor& empty_out(Tensor& out, IntArrayRef sizes, std::optional<MemoryFormat> format) {
  elementwise::prepare_out("empty_out", {}, out, sizes, like("empty_out", out).dtype());
  bump_version(out);
  if (format) named("empty_out", [&] { return out.resize_(sizes, format); });
  return out;
}

}  // namespace gradus
