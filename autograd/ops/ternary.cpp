#include "autograd/ops/ternary.h"

#include <cmath>
#include <limits>
#include <type_traits>

#include "autograd/ops/binary.h"
#include "autograd/ops/compare.h"
#include "autograd/ops/copy.h"
#include "autograd/ops/elementwise-inl.h"
#include "autograd/ops/unary.h"
#include "core/factory.h"
#include "core/kernels/activation.h"
#include "core/kernels/binary.h"
#include "core/kernels/fill.h"
#include "core/kernels/ternary.h"
#include "core/type_promotion.h"
#include "core/watch/record_scope.h"

namespace gradus {

using elementwise::check_defined;
using kernel::ActivationBackwardOp;
using kernel::ActivationOp;
using kernel::BinaryOp;
using kernel::Operand;
using kernel::Params;
using kernel::TernaryOp;

// --- where

namespace {

void check_condition(const char* op, const char* argument, const Tensor& condition) {
  check_defined(op, argument, condition);
  GRADUS_CHECK_TYPE(condition.dtype() == kBool, "{}: {} must be bool, got {}", op, argument,
                    condition.dtype());
}

// The gradient's part where the condition holds, or where it does not.
Tensor where_true(const Tensor& condition, const Tensor& dy) {
  return where(condition, dy, Scalar(0));
}
Tensor where_false(const Tensor& condition, const Tensor& dy) {
  return where(condition, Scalar(0), dy);
}

template <class A, class B>
Tensor where_kernel(const Tensor& condition, const A& a, const B& b) {
  check_condition("where", "condition", condition);
  check_defined("where", "self", a);
  check_defined("where", "other", b);
  return kernel::where("where", result_type(a, b), condition, a, b);
}

}  // namespace

Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b) {
  const OpScope scope("where");
  return record(
      "where", {a, b}, where_kernel(condition, a, b),
      [condition = Saved(condition)](const Tensor& dy, const Needs& needs) -> Grads {
        const Tensor c = condition.get();
        return {needs[0] ? where_true(c, dy) : Tensor(), needs[1] ? where_false(c, dy) : Tensor()};
      });
}

Tensor where(const Tensor& condition, const Tensor& a, const Scalar& b) {
  const OpScope scope("where");
  return record("where", {a}, where_kernel(condition, a, b),
                [condition = Saved(condition)](const Tensor& dy) -> Grads {
                  return {where_true(condition.get(), dy)};
                });
}

Tensor where(const Tensor& condition, const Scalar& a, const Tensor& b) {
  const OpScope scope("where");
  return record("where", {b}, where_kernel(condition, a, b),
                [condition = Saved(condition)](const Tensor& dy) -> Grads {
                  return {where_false(condition.get(), dy)};
                });
}

Tensor where(const Tensor& condition, const Scalar& a, const Scalar& b) {
  return where_kernel(condition, a, b);
}

// --- masked_fill

Tensor masked_fill(const Tensor& x, const Tensor& mask, const Scalar& value) {
  const OpScope scope("masked_fill");
  check_defined("masked_fill", "self", x);
  check_condition("masked_fill", "mask", mask);
  kernel::check_fits("masked_fill", value, x.dtype());
  return record(
      "masked_fill", {x}, kernel::where("masked_fill", x.dtype(), mask, value, x),
      [mask = Saved(mask)](const Tensor& dy) -> Grads { return {where_false(mask.get(), dy)}; });
}

Tensor masked_fill(const Tensor& x, const Tensor& mask, const Tensor& value) {
  const OpScope scope("masked_fill");
  check_defined("masked_fill", "self", x);
  check_condition("masked_fill", "mask", mask);
  check_defined("masked_fill", "value", value);
  GRADUS_CHECK(value.dim() == 0, "masked_fill: expected a 0-d value, got shape {}", value.sizes());
  return record(
      "masked_fill", {x, value}, kernel::where("masked_fill", x.dtype(), mask, value, x),
      [mask = Saved(mask)](const Tensor& dy, const Needs& needs) -> Grads {
        const Tensor m = mask.get();
        return {needs[0] ? where_false(m, dy) : Tensor(), needs[1] ? where_true(m, dy) : Tensor()};
      });
}

namespace {

template <class V>
Tensor& masked_fill_in_place(Tensor& x, const Tensor& mask, const V& value) {
  check_defined("masked_fill_", "self", x);
  check_condition("masked_fill_", "mask", mask);
  check_defined("masked_fill_", "value", value);
  const Operand operands[] = {mask, x};
  const DimVector sizes = kernel::broadcast("masked_fill_", operands, 2);
  const auto compute = [&] { return masked_fill(x, mask, value); };
  const auto write = [&](const Tensor& out) {
    kernel::where("masked_fill_", x.dtype(), mask, value, x, &out);
  };
  if constexpr (std::is_same_v<V, Tensor>) {
    GRADUS_CHECK(value.dim() == 0, "masked_fill_: expected a 0-d value, got shape {}",
                 value.sizes());
    return elementwise::in_place("masked_fill_", x, {x, value}, sizes, x.dtype(), compute, write);
  } else {
    kernel::check_fits("masked_fill_", value, x.dtype());
    return elementwise::in_place("masked_fill_", x, {x}, sizes, x.dtype(), compute, write);
  }
}

}  // namespace

Tensor& masked_fill_(Tensor& x, const Tensor& mask, const Scalar& value) {
  return masked_fill_in_place(x, mask, value);
}

Tensor& masked_fill_(Tensor& x, const Tensor& mask, const Tensor& value) {
  return masked_fill_in_place(x, mask, value);
}

// --- clamp

namespace {

// dy where lo <= x <= hi.
Tensor clamp_backward(const Tensor& dy, const Tensor& x, double lo, double hi) {
  const OpScope scope("clamp_backward");
  const Params params{{lo, hi}};
  Tensor dx =
      kernel::activation_backward("clamp_backward", ActivationBackwardOp::Clamp, dy, x, &params);
  return record("clamp_backward", {dy}, dx, [x = Saved(x), lo, hi](const Tensor& ddx) -> Grads {
    return {clamp_backward(ddx, x.get(), lo, hi)};
  });
}

bool is_nan(const std::optional<Scalar>& bound) {
  return bound && bound->is_floating_point() && std::isnan(bound->toDouble());
}

ScalarType clamp_type(const char* op, const Tensor& x, const std::optional<Scalar>& min,
                      const std::optional<Scalar>& max) {
  check_defined(op, "self", x);
  GRADUS_CHECK_VALUE(min || max, "{}: at least one of min and max must be given", op);
  TypePromotion promotion;
  promotion.add(x);
  if (min) promotion.add(*min);
  if (max) promotion.add(*max);
  return promotion.result();
}

// x has the result's dtype.
Tensor clamp_kernel(const char* op, const Tensor& x, const std::optional<Scalar>& min,
                    const std::optional<Scalar>& max, const Tensor* out = nullptr) {
  if (is_nan(min) || is_nan(max)) {
    const Scalar nan = std::numeric_limits<double>::quiet_NaN();
    return kernel::where(op, x.dtype(), scalar_tensor(true, kBool), nan, x, out);
  }
  if (min && max) {
    const Params params{{*min, *max}};
    return kernel::activation(op, ActivationOp::Clamp, x, &params, out);
  }
  const Params params{{min ? *min : *max}};
  return kernel::activation(op, min ? ActivationOp::ClampMin : ActivationOp::ClampMax, x, &params,
                            out);
}

Tensor clamped(const char* op, const Tensor& x, const std::optional<Scalar>& min,
               const std::optional<Scalar>& max) {
  const OpScope scope("clamp");
  const ScalarType dtype = clamp_type(op, x, min, max);
  if (dtype != x.dtype()) return clamped(op, to(x, dtype), min, max);
  const double infinity = std::numeric_limits<double>::infinity();
  const double lo = min ? min->toDouble() : -infinity, hi = max ? max->toDouble() : infinity;
  return record("clamp", {x}, clamp_kernel(op, x, min, max),
                [x = Saved(x), lo, hi](const Tensor& dy) -> Grads {
                  return {clamp_backward(dy, x.get(), lo, hi)};
                });
}

Tensor& clamp_in_place(const char* op, Tensor& x, const std::optional<Scalar>& min,
                       const std::optional<Scalar>& max) {
  const ScalarType dtype = clamp_type(op, x, min, max);
  return elementwise::in_place(
      op, x, {x}, x.sizes(), dtype, [&] { return clamped(op, x, min, max); },
      [&](const Tensor& out) { clamp_kernel(op, x, min, max, &out); });
}

}  // namespace

Tensor clamp(const Tensor& x, std::optional<Scalar> min, std::optional<Scalar> max) {
  const OpScope scope("clamp");
  return clamped("clamp", x, min, max);
}

Tensor clamp(const Tensor& x, const Tensor& min, const Tensor& max) {
  const OpScope scope("clamp");
  check_defined("clamp", "self", x);
  GRADUS_CHECK_VALUE(min.defined() || max.defined(),
                     "clamp: at least one of min and max must be given");
  const Tensor low = min.defined() ? clamp_min(x, min) : x;
  return max.defined() ? clamp_max(low, max) : low;
}

Tensor& clamp_(Tensor& x, std::optional<Scalar> min, std::optional<Scalar> max) {
  return clamp_in_place("clamp_", x, min, max);
}

Tensor& clamp_(Tensor& x, const Tensor& min, const Tensor& max) {
  return write_in_place("clamp_", x, clamp(x, min, max));
}

Tensor& clamp_out(Tensor& out, const Tensor& x, std::optional<Scalar> min,
                  std::optional<Scalar> max) {
  const ScalarType dtype = clamp_type("clamp_out", x, min, max);
  return elementwise::write_out("clamp_out", {x}, out, x.sizes(), dtype, [&](const Tensor& y) {
    clamp_kernel("clamp_out", to(x, dtype), min, max, &y);
  });
}

Tensor clamp_min(const Tensor& x, const Scalar& min) {
  const OpScope scope("clamp_min");
  return clamped("clamp_min", x, min, std::nullopt);
}

Tensor clamp_max(const Tensor& x, const Scalar& max) {
  const OpScope scope("clamp_max");
  return clamped("clamp_max", x, std::nullopt, max);
}

Tensor clamp_min(const Tensor& x, const Tensor& min) {
  const OpScope scope("clamp_min");
  check_defined("clamp_min", "self", x);
  check_defined("clamp_min", "min", min);
  return record("clamp_min", {x, min},
                kernel::binary("clamp_min", BinaryOp::Maximum, result_type(x, min), x, min),
                [x = Saved(x), min = Saved(min)](const Tensor& dy) -> Grads {
                  const Tensor inside = ge(x.get(), min.get());
                  return {where_true(inside, dy), where_false(inside, dy)};
                });
}

Tensor clamp_max(const Tensor& x, const Tensor& max) {
  const OpScope scope("clamp_max");
  check_defined("clamp_max", "self", x);
  check_defined("clamp_max", "max", max);
  return record("clamp_max", {x, max},
                kernel::binary("clamp_max", BinaryOp::Minimum, result_type(x, max), x, max),
                [x = Saved(x), max = Saved(max)](const Tensor& dy) -> Grads {
                  const Tensor inside = le(x.get(), max.get());
                  return {where_true(inside, dy), where_false(inside, dy)};
                });
}

Tensor& clamp_min_(Tensor& x, const Scalar& min) {
  return clamp_in_place("clamp_min_", x, min, std::nullopt);
}

Tensor& clamp_min_(Tensor& x, const Tensor& min) {
  return write_in_place("clamp_min_", x, clamp_min(x, min));
}

Tensor& clamp_max_(Tensor& x, const Scalar& max) {
  return clamp_in_place("clamp_max_", x, std::nullopt, max);
}

Tensor& clamp_max_(Tensor& x, const Tensor& max) {
  return write_in_place("clamp_max_", x, clamp_max(x, max));
}

// --- lerp, addcmul, addcdiv

namespace {

template <class W>
ScalarType lerp_type(const char* op, const Tensor& start, const Tensor& end, const W& weight) {
  check_defined(op, "self", start);
  check_defined(op, "end", end);
  check_defined(op, "weight", weight);
  GRADUS_CHECK_TYPE(start.dtype() == end.dtype(), "{}: expected equal dtypes, got {} and {}", op,
                    start.dtype(), end.dtype());
  if constexpr (std::is_same_v<W, Tensor>) {
    GRADUS_CHECK_TYPE(start.dtype() == weight.dtype(),
                      "{}: expected weight to have dtype {}, got {}", op, start.dtype(),
                      weight.dtype());
  }
  return start.dtype();
}

template <class W>
Tensor lerp_kernel(const char* op, const Tensor& start, const Tensor& end, const W& weight,
                   const Tensor* out = nullptr) {
  return kernel::ternary(op, TernaryOp::Lerp, lerp_type(op, start, end, weight), start, end, weight,
                         out);
}

ScalarType product_type(const char* op, const Tensor& x, const Tensor& a, const Tensor& b) {
  check_defined(op, "self", x);
  check_defined(op, "tensor1", a);
  check_defined(op, "tensor2", b);
  return TypePromotion().add(x).add(a).add(b).result();
}

Tensor product_kernel(const char* op, TernaryOp kind, const Tensor& x, const Tensor& a,
                      const Tensor& b, const Scalar& value, const Tensor* out = nullptr) {
  const ScalarType dtype = product_type(op, x, a, b);
  GRADUS_CHECK_TYPE(!value.is_floating_point() || is_floating_point(dtype),
                    "{}: for integer inputs value must not be a floating-point number", op);
  const Params params{{value}};
  return kernel::ternary(op, kind, dtype, x, a, b, out, &params);
}

// The in-place form of an op on x and two tensors.
template <class Compute, class Write>
Tensor& in_place(const char* op, Tensor& x, const Tensor& a, const Tensor& b, ScalarType dtype,
                 Compute compute, Write write) {
  const Operand operands[] = {x, a, b};
  return elementwise::in_place(op, x, {x, a, b}, kernel::broadcast(op, operands, 3), dtype, compute,
                               write);
}

Tensor& product_in_place(const char* op, TernaryOp kind, Tensor& x, const Tensor& a,
                         const Tensor& b, const Scalar& value,
                         Tensor (*compute)(const Tensor&, const Tensor&, const Tensor&,
                                           const Scalar&)) {
  return in_place(
      op, x, a, b, product_type(op, x, a, b), [&] { return compute(x, a, b, value); },
      [&](const Tensor& out) { product_kernel(op, kind, x, a, b, value, &out); });
}

}  // namespace

Tensor lerp(const Tensor& start, const Tensor& end, const Scalar& weight) {
  const OpScope scope("lerp");
  return record("lerp", {start, end}, lerp_kernel("lerp", start, end, weight),
                [w = weight.toDouble()](const Tensor& dy, const Needs& needs) -> Grads {
                  return {needs[0] ? mul(dy, 1 - w) : Tensor(), needs[1] ? mul(dy, w) : Tensor()};
                });
}

Tensor lerp(const Tensor& start, const Tensor& end, const Tensor& weight) {
  const OpScope scope("lerp");
  return record("lerp", {start, end, weight}, lerp_kernel("lerp", start, end, weight),
                [start = Saved(start), end = Saved(end), weight = Saved(weight)](
                    const Tensor& dy, const Needs& needs) -> Grads {
                  const Tensor w = weight.get();
                  return {needs[0] ? mul(dy, rsub(w, 1)) : Tensor(),
                          needs[1] ? mul(dy, w) : Tensor(),
                          needs[2] ? mul(dy, sub(end.get(), start.get())) : Tensor()};
                });
}

Tensor addcmul(const Tensor& x, const Tensor& a, const Tensor& b, const Scalar& value) {
  const OpScope scope("addcmul");
  return record("addcmul", {x, a, b}, product_kernel("addcmul", TernaryOp::Addcmul, x, a, b, value),
                [a = Saved(a), b = Saved(b), value](const Tensor& dy, const Needs& needs) -> Grads {
                  return {dy, needs[1] ? mul(mul(dy, value), b.get()) : Tensor(),
                          needs[2] ? mul(mul(dy, value), a.get()) : Tensor()};
                });
}

Tensor addcdiv(const Tensor& x, const Tensor& a, const Tensor& b, const Scalar& value) {
  const OpScope scope("addcdiv");
  return record("addcdiv", {x, a, b}, product_kernel("addcdiv", TernaryOp::Addcdiv, x, a, b, value),
                [a = Saved(a), b = Saved(b), value](const Tensor& dy, const Needs& needs) -> Grads {
                  const Tensor divisor = b.get();
                  const Tensor da = div(mul(dy, value), divisor);
                  return {dy, da, needs[2] ? neg(mul(da, div(a.get(), divisor))) : Tensor()};
                });
}

// --- methods of Tensor

Tensor Tensor::where(const Tensor& condition, const Tensor& other) const {
  return gradus::where(condition, *this, other);
}
Tensor Tensor::masked_fill(const Tensor& mask, const Scalar& value) const {
  return gradus::masked_fill(*this, mask, value);
}
Tensor& Tensor::masked_fill_(const Tensor& mask, const Scalar& value) const {
  return gradus::masked_fill_(self(), mask, value);
}
Tensor Tensor::clamp(std::optional<Scalar> min, std::optional<Scalar> max) const {
  return gradus::clamp(*this, min, max);
}
Tensor Tensor::clamp_min(const Scalar& min) const {
  return gradus::clamp_min(*this, min);
}
Tensor Tensor::clamp_max(const Scalar& max) const {
  return gradus::clamp_max(*this, max);
}
Tensor& Tensor::clamp_(std::optional<Scalar> min, std::optional<Scalar> max) const {
  return gradus::clamp_(self(), min, max);
}
Tensor& Tensor::clamp_min_(const Scalar& min) const {
  return gradus::clamp_min_(self(), min);
}
Tensor& Tensor::clamp_max_(const Scalar& max) const {
  return gradus::clamp_max_(self(), max);
}
Tensor Tensor::lerp(const Tensor& end, const Scalar& weight) const {
  return gradus::lerp(*this, end, weight);
}
Tensor Tensor::lerp(const Tensor& end, const Tensor& weight) const {
  return gradus::lerp(*this, end, weight);
}
Tensor& Tensor::lerp_(const Tensor& end, const Scalar& weight) const {
  const ScalarType dtype = lerp_type("lerp_", *this, end, weight);
  const Operand operands[] = {*this, end};
  return elementwise::in_place(
      "lerp_", self(), {*this, end}, kernel::broadcast("lerp_", operands, 2), dtype,
      [&] { return gradus::lerp(*this, end, weight); },
      [&](const Tensor& out) { lerp_kernel("lerp_", *this, end, weight, &out); });
}
Tensor& Tensor::lerp_(const Tensor& end, const Tensor& weight) const {
  return in_place(
      "lerp_", self(), end, weight, lerp_type("lerp_", *this, end, weight),
      [&] { return gradus::lerp(*this, end, weight); },
      [&](const Tensor& out) { lerp_kernel("lerp_", *this, end, weight, &out); });
}
Tensor Tensor::addcmul(const Tensor& a, const Tensor& b, const Scalar& value) const {
  return gradus::addcmul(*this, a, b, value);
}
Tensor& Tensor::addcmul_(const Tensor& a, const Tensor& b, const Scalar& value) const {
  return product_in_place("addcmul_", TernaryOp::Addcmul, self(), a, b, value, gradus::addcmul);
}
Tensor Tensor::addcdiv(const Tensor& a, const Tensor& b, const Scalar& value) const {
  return gradus::addcdiv(*this, a, b, value);
}
Tensor& Tensor::addcdiv_(const Tensor& a, const Tensor& b, const Scalar& value) const {
  return product_in_place("addcdiv_", TernaryOp::Addcdiv, self(), a, b, value, gradus::addcdiv);
}

Tensor Tensor::masked_fill(const Tensor& mask, const Tensor& value) const {
  return gradus::masked_fill(*this, mask, value);
}

Tensor& Tensor::masked_fill_(const Tensor& mask, const Tensor& value) const {
  return gradus::masked_fill_(self(), mask, value);
}

Tensor Tensor::where(const Tensor& condition, const Scalar& other) const {
  return gradus::where(condition, *this, other);
}

Tensor Tensor::clamp(const Tensor& min, const Tensor& max) const {
  return gradus::clamp(*this, min, max);
}

Tensor Tensor::clamp_min(const Tensor& min) const {
  return gradus::clamp_min(*this, min);
}

Tensor Tensor::clamp_max(const Tensor& max) const {
  return gradus::clamp_max(*this, max);
}

Tensor& Tensor::clamp_(const Tensor& min, const Tensor& max) const {
  return gradus::clamp_(self(), min, max);
}

Tensor& Tensor::clamp_min_(const Tensor& min) const {
  return gradus::clamp_min_(self(), min);
}

Tensor& Tensor::clamp_max_(const Tensor& max) const {
  return gradus::clamp_max_(self(), max);
}

Tensor Tensor::clip(std::optional<Scalar> min, std::optional<Scalar> max) const {
  return gradus::clamp(*this, min, max);
}

Tensor Tensor::clip(const Tensor& min, const Tensor& max) const {
  return gradus::clamp(*this, min, max);
}

Tensor& Tensor::clip_(std::optional<Scalar> min, std::optional<Scalar> max) const {
  return gradus::clamp_(self(), min, max);
}

Tensor& Tensor::clip_(const Tensor& min, const Tensor& max) const {
  return gradus::clamp_(self(), min, max);
}

}  // namespace gradus
