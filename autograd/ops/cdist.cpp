#include "autograd/ops/cdist.h"

#include <cmath>

#include "autograd/grad_mode.h"
#include "autograd/node.h"
#include "autograd/ops/binary.h"
#include "autograd/ops/binary_math.h"
#include "autograd/ops/compare.h"
#include "autograd/ops/internal/autocast.h"
#include "autograd/ops/internal/linalg.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/ops/ternary.h"
#include "autograd/ops/unary.h"
#include "core/factory.h"
#include "core/kernels/cdist.h"
#include "core/watch/record_scope.h"

namespace gradus {

namespace {

// By a product: y^2 = |a|^2 + |b|^2 - 2 a b. da = (sum_j w_j) a - w b, w = dy / y.
Tensor by_product(const Tensor& a, const Tensor& b) {
  const OpScope scope("cdist");
  Tensor y;
  {
    NoGradGuard no_grad;
    const Tensor squares = sum(a * a, -1, /*keepdim=*/true) + mT(sum(b * b, -1, true));
    y = clamp_min(squares - 2 * matmul(a, mT(b)), 0).sqrt();
  }
  return record(
      "cdist", {a, b}, y,
      [a = Saved(a), b = Saved(b), y = Saved(y)](const Tensor& dy, const Needs& needs) -> Grads {
        const Tensor left = a.get(), right = b.get(), distance = y.get();
        const Tensor equal = eq(distance.detach(), 0);
        const Tensor w = masked_fill(dy, equal, 0) / masked_fill(distance, equal, 1);
        const auto of = [](const Tensor& x, const Tensor& other, const Tensor& weight) {
          return x * sum(weight, -1, /*keepdim=*/true) - matmul(weight, other);
        };
        return {needs[0] ? of(left, right, w) : Tensor(),
                needs[1] ? of(right, left, mT(w)) : Tensor()};
      });
}

// dy times the derivative of the distances by a, [..., P, R, M], as ops: all of it in memory, but
// differentiable.
Tensor share(const Tensor& dy, const Tensor& a, const Tensor& b, const Tensor& y, double p) {
  const Tensor diff = unsqueeze(a, -2) - unsqueeze(b, -3);
  const Tensor factor = unsqueeze(dy, -1), distance = unsqueeze(y, -1);
  if (p == 0) return zeros_like(diff);
  if (p == 1) return diff.sign() * factor;
  if (std::isinf(p)) return diff.sign() * eq(diff.detach().abs(), distance.detach()) * factor;
  const Tensor safe = masked_fill(distance, eq(distance.detach(), 0), 1);
  if (p == 2) return diff * (factor / safe);
  Tensor abs = diff.abs();
  if (p < 2) abs = masked_fill(abs, eq(diff.detach(), 0), 1);
  return diff.sign() * abs.pow(p - 1) * (factor * safe.pow(1 - p));
}

// a and b are [..., P, M] and [..., R, M] with equal leading dims.
Tensor by_differences(const Tensor& a, const Tensor& b, double p) {
  const OpScope scope("cdist");
  Tensor y = kernel::cdist(a.contiguous(), b.contiguous(), p);
  return record(
      "cdist", {a, b}, y,
      [a = Saved(a), b = Saved(b), y = Saved(y), p](const Tensor& dy, const Needs& needs) -> Grads {
        const Tensor left = a.get(), right = b.get(), distance = y.get();
        if (GradMode::is_enabled()) {
          const Tensor all = share(dy, left, right, distance, p);
          return {needs[0] ? sum(all, -2) : Tensor(), needs[1] ? -sum(all, -3) : Tensor()};
        }
        // The derivative is odd in the difference: that by b is the same with both
        // exchanged.
        const auto of = [p](const Tensor& dy, const Tensor& x, const Tensor& other,
                            const Tensor& y) {
          return kernel::cdist_backward(dy.contiguous(), x.contiguous(), other.contiguous(),
                                        y.contiguous(), p);
        };
        return {needs[0] ? of(dy, left, right, distance) : Tensor(),
                needs[1] ? of(mT(dy), right, left, mT(distance)) : Tensor()};
      });
}

}  // namespace

Tensor cdist(const Tensor& a, const Tensor& b, double p, std::optional<int64_t> compute_mode) {
  if (autocast::is_on()) return autocast::in_float32(cdist, a, b, p, compute_mode);
  const OpScope scope("cdist");
  const char* const op = "cdist";
  check_matrices(op, "a", a);
  check_matrices(op, "b", b);
  check_float_or_double(op, "a", a);
  check_same_dtype(op, "a", a, "b", b);
  GRADUS_CHECK(a.size(-1) == b.size(-1), "{}: the points of {} and {} differ in size", op,
               a.sizes(), b.sizes());
  GRADUS_CHECK_VALUE(p >= 0, "{}: expected p >= 0, got {}", op, p);
  const int64_t mode = compute_mode.value_or(0);
  GRADUS_CHECK_VALUE(mode >= 0 && mode <= 2, "{}: expected compute_mode 0, 1 or 2, got {}", op,
                     mode);
  const DimVector batch = broadcast_sizes(op, batch_sizes(a), batch_sizes(b));
  const Tensor left = expand_batch(a, batch), right = expand_batch(b, batch);
  const bool many = a.size(-2) > 25 || b.size(-2) > 25;
  if (p == 2 && (mode == 1 || (mode == 0 && many))) return by_product(left, right);
  return by_differences(left, right, p);
}

}  // namespace gradus
