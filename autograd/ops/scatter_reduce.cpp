#include "autograd/ops/scatter_reduce.h"

#include <limits>
#include <optional>
#include <utility>

#include "autograd/in_place.h"
#include "autograd/node.h"
#include "autograd/ops/binary.h"
#include "autograd/ops/compare.h"
#include "autograd/ops/copy.h"
#include "autograd/ops/gather.h"
#include "autograd/ops/internal/elements.h"
#include "autograd/ops/internal/index_list.h"
#include "autograd/ops/internal/named.h"
#include "autograd/ops/ternary.h"
#include "core/factory.h"
#include "core/kernels/gather.h"
#include "core/shape.h"
#include "core/watch/record_scope.h"

namespace gradus {

namespace {

constexpr const char* kOp = "scatter_reduce";

// The result of the kernel, without history.
Tensor reduced(const Tensor& x, int64_t dim, const Tensor& index, const Tensor& src,
               kernel::Scatter mode) {
  Tensor y = x.detach().clone();
  kernel::scatter(y, dim, index, src, mode);
  return y;
}

Tensor as_number(const Tensor& mask, ScalarType dtype) {
  return mask.to(dtype);
}

Tensor product(const Tensor& x, int64_t dim, const Tensor& index, const Tensor& src) {
  const OpScope scope(kOp);
  Tensor y = reduced(x, dim, index, src, kernel::Scatter::Multiply);
  return record(
      kOp, {x, src}, std::move(y),
      [dim, x = Saved(x), index = Saved(index), src = Saved(src)](const Tensor& dy,
                                                                  const Needs& needs) -> Grads {
        const Tensor in = x.get(), at = index.get(), sent = src.get();
        const ScalarType dtype = in.dtype();
        Tensor dx, dsrc;
        // The product of all the others, which is not y / x where x is 0.
        if (needs[0]) dx = mul(dy, product(ones_like(in), dim, at, sent));
        if (needs[1]) {
          const Tensor zero = eq(sent, 0);
          const Tensor zeros_there = gather(
              scatter_add(as_number(eq(in, 0), dtype), dim, at, as_number(zero, dtype)), dim, at);
          // With one zero only that one has a gradient; with two, none.
          const Tensor others = product(in, dim, at, where(zero, 1, sent));
          const Tensor without = div(gather(others, dim, at), where(zero, 1, sent));
          const Tensor only = logical_or(eq(zeros_there, 0), logical_and(zero, eq(zeros_there, 1)));
          dsrc = mul(gather(dy, dim, at), where(only, without, 0));
        }
        return {dx, dsrc};
      });
}

Tensor extremum(const Tensor& x, int64_t dim, const Tensor& index, const Tensor& src,
                kernel::Scatter mode) {
  const OpScope scope(kOp);
  const Tensor y = reduced(x, dim, index, src, mode);
  if (!records({x, src})) return y;
  const Tensor x_has_it = as_number(eq(x.detach(), y), x.dtype());
  const Tensor src_has_it = as_number(eq(src.detach(), gather(y, dim, index)), x.dtype());
  const Tensor count = scatter_add(x_has_it, dim, index, src_has_it).clamp_min(1);
  return record(
      kOp, {x, src}, y,
      [dim, index = Saved(index), x_has_it = Saved(x_has_it), src_has_it = Saved(src_has_it),
       count = Saved(count)](const Tensor& dy, const Needs& needs) -> Grads {
        const Tensor part = div(dy, count.get());
        Tensor dx, dsrc;
        if (needs[0]) dx = mul(part, x_has_it.get());
        if (needs[1]) {
          dsrc = mul(gather(part, dim, index.get()), src_has_it.get());
        }
        return {dx, dsrc};
      });
}

// What changes nothing when it is combined.
Scalar neutral(std::string_view reduce, ScalarType dtype) {
  if (reduce == "sum" || reduce == "mean") return 0;
  if (reduce == "prod") return 1;
  const bool lowest = reduce == "amax";
  if (is_floating_point(dtype)) {
    const double infinity = std::numeric_limits<double>::infinity();
    return lowest ? -infinity : infinity;
  }
  switch (dtype) {
    case kByte:
      return lowest ? 0 : UINT8_MAX;
    case kChar:
      return lowest ? INT8_MIN : INT8_MAX;
    case kShort:
      return lowest ? INT16_MIN : INT16_MAX;
    case kInt:
      return lowest ? INT32_MIN : INT32_MAX;
    case kBool:
      return !lowest;
    default:
      return lowest ? INT64_MIN : INT64_MAX;
  }
}

}  // namespace

Tensor scatter_reduce(const Tensor& x, int64_t dim, const Tensor& index, const Tensor& src,
                      std::string_view reduce, bool include_self) {
  require_tensors(kOp, x, index, src);
  GRADUS_CHECK_VALUE(reduce == "sum" || reduce == "prod" || reduce == "mean" || reduce == "amax" ||
                         reduce == "amin",
                     "{}: reduce must be sum, prod, mean, amax or amin, got {}", kOp, reduce);
  const int64_t d = wrap_dim(kOp, dim, x.dim());
  const Tensor at = checked_elements(kOp, x, d, index, &src);
  GRADUS_CHECK_TYPE(src.dtype() == x.dtype(), "{}: src must have the dtype of x, {}, got {}", kOp,
                    x.dtype(), src.dtype());
  if (at.numel() == 0) return clone(x);
  const Tensor sent = fitting_part(src, at);
  const Tensor kept = include_self ? x : scatter(x, d, at, neutral(reduce, x.dtype()));
  if (reduce == "prod") return product(kept, d, at, sent);
  if (reduce == "amax") return extremum(kept, d, at, sent, kernel::Scatter::Amax);
  if (reduce == "amin") return extremum(kept, d, at, sent, kernel::Scatter::Amin);
  const Tensor sum = scatter_add(kept, d, at, sent);
  if (reduce == "sum") return sum;
  const Tensor one = ones(x.sizes(), x.dtype());
  const Tensor count =
      scatter_add(include_self ? one : scatter(one, d, at, 0), d, at, ones(at.sizes(), x.dtype()));
  return is_floating_point(x.dtype()) ? div(sum, count) : div(sum, count, "floor");
}

Tensor& scatter_reduce_(Tensor& self, int64_t dim, const Tensor& index, const Tensor& src,
                        std::string_view reduce, bool include_self) {
  const OpScope scope("scatter_reduce_");
  require_tensors("scatter_reduce_", self, index, src);
  check_in_place("scatter_reduce_", self);
  return assign("scatter_reduce_", self,
                scatter_reduce(self, dim, index, src, reduce, include_self));
}

Tensor Tensor::scatter_reduce(int64_t dim, const Tensor& index, const Tensor& src,
                              std::string_view reduce, bool include_self) const {
  return gradus::scatter_reduce(*this, dim, index, src, reduce, include_self);
}

Tensor& Tensor::scatter_reduce_(int64_t dim, const Tensor& index, const Tensor& src,
                                std::string_view reduce, bool include_self) const {
  return gradus::scatter_reduce_(self(), dim, index, src, reduce, include_self);
}

// --- slices

Tensor index_reduce(const Tensor& x, int64_t dim, const Tensor& index, const Tensor& source,
                    std::string_view reduce, bool include_self) {
  const char* const op = "index_reduce";
  require_tensors(op, x, index, source);
  GRADUS_CHECK_VALUE(reduce == "prod" || reduce == "mean" || reduce == "amax" || reduce == "amin",
                     "{}: reduce must be prod, mean, amax or amin, got {}", op, reduce);
  const int64_t d = wrap_dim(op, dim, x.dim());
  GRADUS_CHECK_INDEX(index.dim() <= 1, "{}: index must have one dim, got {}", op, index.sizes());
  GRADUS_CHECK(source.dim() == x.dim(), "{}: source {} must have as many dims as x {}", op,
               source.sizes(), x.sizes());
  for (int64_t i = 0; i < x.dim(); ++i) {
    const int64_t wanted = i == d ? index.numel() : x.size(i);
    GRADUS_CHECK(source.size(i) == wanted, "{}: dim {} of source {} must have {} elements (x {})",
                 op, i, source.sizes(), wanted, x.sizes());
  }
  GRADUS_CHECK(x.dim() > 0 || index.numel() == 1, "{}: one index is expected for a number, got {}",
               op, index.numel());
  DimVector along(static_cast<size_t>(x.dim()), 1);
  if (x.dim() > 0) along[d] = index.numel();
  return named(op, [&] {
    const Tensor at = index.reshape(along).expand(source.sizes());
    return scatter_reduce(x, d, at, source, reduce, include_self);
  });
}

Tensor& index_reduce_(Tensor& self, int64_t dim, const Tensor& index, const Tensor& source,
                      std::string_view reduce, bool include_self) {
  return write_in_place("index_reduce_", self,
                        index_reduce(self, dim, index, source, reduce, include_self));
}

// --- scatter with a reduction

namespace {

std::string_view reduction(const char* op, std::string_view reduce) {
  GRADUS_CHECK_VALUE(reduce == "add" || reduce == "multiply",
                     "{}: reduce must be add or multiply, got {}", op, reduce);
  return reduce == "add" ? "sum" : "prod";
}

}  // namespace

Tensor scatter(const Tensor& x, int64_t dim, const Tensor& index, const Tensor& src,
               std::string_view reduce) {
  const std::string_view by = reduction("scatter", reduce);
  return named("scatter", [&] { return scatter_reduce(x, dim, index, src, by); });
}

Tensor scatter(const Tensor& x, int64_t dim, const Tensor& index, const Scalar& value,
               std::string_view reduce) {
  require_tensors("scatter", x, index);
  return scatter(x, dim, index, full(index.sizes(), value, x.dtype()), reduce);
}

Tensor& scatter_(Tensor& self, int64_t dim, const Tensor& index, const Tensor& src,
                 std::string_view reduce) {
  return write_in_place("scatter_", self, scatter(self, dim, index, src, reduce));
}

Tensor& scatter_(Tensor& self, int64_t dim, const Tensor& index, const Scalar& value,
                 std::string_view reduce) {
  return write_in_place("scatter_", self, scatter(self, dim, index, value, reduce));
}

Tensor Tensor::scatter(int64_t dim, const Tensor& index, const Tensor& src,
                       std::string_view reduce) const {
  return gradus::scatter(*this, dim, index, src, reduce);
}

Tensor Tensor::scatter(int64_t dim, const Tensor& index, const Scalar& value,
                       std::string_view reduce) const {
  return gradus::scatter(*this, dim, index, value, reduce);
}

Tensor& Tensor::scatter_(int64_t dim, const Tensor& index, const Tensor& src,
                         std::string_view reduce) const {
  return gradus::scatter_(self(), dim, index, src, reduce);
}

Tensor& Tensor::scatter_(int64_t dim, const Tensor& index, const Scalar& value,
                         std::string_view reduce) const {
  return gradus::scatter_(self(), dim, index, value, reduce);
}

}  // namespace gradus
