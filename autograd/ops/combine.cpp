#include "autograd/ops/combine.h"

#include <algorithm>

#include "autograd/ops/arrange.h"
#include "autograd/ops/binary.h"
#include "autograd/ops/compare.h"
#include "autograd/ops/gather.h"
#include "autograd/ops/internal/out.h"
#include "autograd/ops/join.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "core/factory.h"
#include "core/shape.h"
#include "core/watch/record_scope.h"

namespace gradus {

namespace {

void check_vector(const char* op, const char* argument, const Tensor& x) {
  require_dense(op, argument, x);
  GRADUS_CHECK(x.dim() == 1, "{}: expected {} of one dim, got {}", op, argument, x.sizes());
}

}  // namespace

Tensor inner(const Tensor& a, const Tensor& b) {
  const OpScope scope("inner");
  require_tensors("inner", a, b);
  if (a.dim() == 0 || b.dim() == 0) return mul(a, b);
  GRADUS_CHECK_TYPE(a.dtype() == b.dtype(), "inner: expected operands of one dtype, got {} and {}",
                    a.dtype(), b.dtype());
  GRADUS_CHECK(a.size(-1) == b.size(-1), "inner: the last dims differ: {} and {} ({} vs {})",
               a.sizes(), b.sizes(), a.size(-1), b.size(-1));
  DimVector sizes = to_dims(a.sizes());
  sizes.pop_back();
  const int64_t rows = checked_numel("inner", sizes);
  for (int64_t d = 0; d + 1 < b.dim(); ++d) sizes.push_back(b.size(d));
  const int64_t n = a.size(-1);
  const int64_t columns =
      checked_numel("inner", b.sizes().slice(0, static_cast<size_t>(b.dim() - 1)));
  return reshape(mm(reshape(a, {rows, n}), t(reshape(b, {columns, n}))), sizes);
}

Tensor& inner_out(Tensor& out, const Tensor& a, const Tensor& b) {
  return compute_out("inner_out", {a, b}, out, [&] { return inner(a, b); });
}

Tensor addr(const Tensor& input, const Tensor& vec1, const Tensor& vec2, const Scalar& beta,
            const Scalar& alpha) {
  const OpScope scope("addr");
  require_dense("addr", "input", input);
  check_vector("addr", "vec1", vec1);
  check_vector("addr", "vec2", vec2);
  const DimVector sizes{vec1.numel(), vec2.numel()};
  GRADUS_CHECK(is_expandable_to(input.sizes(), sizes),
               "addr: input {} does not broadcast to the product {}", input.sizes(),
               IntArrayRef(sizes));
  const Tensor column = unsqueeze(vec1, 1);
  if (input.dtype() == kBool && vec1.dtype() == kBool && vec2.dtype() == kBool) {
    const Tensor product =
        logical_and(logical_and(column, vec2), scalar_tensor(alpha.toBool(), kBool));
    return beta.toBool() ? logical_or(input, product) : product;
  }
  GRADUS_CHECK_TYPE(input.is_floating_point() || vec1.is_floating_point() ||
                        vec2.is_floating_point() ||
                        !(alpha.is_floating_point() || beta.is_floating_point()),
                    "addr: alpha and beta must be integers for tensors of integers");
  Tensor product = mul(column, vec2);
  if (alpha.toDouble() != 1) product = mul(product, alpha);
  if (beta.toDouble() == 0) return product.to(promote_types(input.dtype(), product.dtype()));
  return add(beta.toDouble() == 1 ? input : mul(input, beta), product);
}

Tensor& addr_out(Tensor& out, const Tensor& input, const Tensor& vec1, const Tensor& vec2,
                 const Scalar& beta, const Scalar& alpha) {
  return compute_out("addr_out", {input, vec1, vec2}, out,
                     [&] { return addr(input, vec1, vec2, beta, alpha); });
}

Tensor vander(const Tensor& x, std::optional<int64_t> N, bool increasing) {
  const OpScope scope("vander");
  check_vector("vander", "x", x);
  const int64_t columns = N.value_or(x.numel());
  GRADUS_CHECK_VALUE(columns >= 0, "vander: N must not be negative, got {}", columns);
  checked_numel("vander", {x.numel(), columns});
  const ScalarType dtype = x.is_floating_point() ? x.dtype() : kLong;
  if (columns == 0) return empty({x.numel(), 0}, dtype);
  Tensor powers = ones({x.numel(), 1}, dtype);
  if (columns > 1) {
    const Tensor factors = expand(unsqueeze(x, 1), {-1, columns - 1});
    powers = cat({powers, cumprod(factors, 1)}, 1);
  }
  return increasing ? powers : flip(powers, {1});
}

Tensor cartesian_prod(TensorList tensors) {
  const OpScope scope("cartesian_prod");
  GRADUS_CHECK(!tensors.empty(), "cartesian_prod: expected at least one tensor");
  DimVector sizes;
  for (const Tensor& x : tensors) {
    check_vector("cartesian_prod", "tensors", x);
    GRADUS_CHECK_TYPE(x.dtype() == tensors[0].dtype(),
                      "cartesian_prod: expected tensors of one dtype, got {} and {}",
                      tensors[0].dtype(), x.dtype());
    sizes.push_back(x.numel());
  }
  if (tensors.size() == 1) return tensors[0];
  const int64_t count = checked_numel("cartesian_prod", sizes);
  return reshape(stack(meshgrid(tensors), -1), {count, static_cast<int64_t>(tensors.size())});
}

namespace {

// n over r, which must fit in an int64 together with r.
int64_t count_combinations(int64_t n, int64_t r) {
  if (r > n) return 0;
  r = std::min(r, n - r);
  int64_t count = 1;
  for (int64_t i = 1; i <= r; ++i) {
    // count (n - r + i) is divisible by i.
    int64_t product = 0;
    GRADUS_CHECK(!__builtin_mul_overflow(count, n - r + i, &product),
                 "combinations: there are more than an int64 counts");
    count = product / i;
  }
  return count;
}

}  // namespace

Tensor combinations(const Tensor& x, int64_t r, bool with_replacement) {
  const OpScope scope("combinations");
  check_vector("combinations", "input", x);
  GRADUS_CHECK_VALUE(r >= 0, "combinations: r must not be negative, got {}", r);
  if (r == 0) return empty({0}, x.options());
  const int64_t n = x.numel();
  int64_t pool = n;
  GRADUS_CHECK(!with_replacement || !__builtin_add_overflow(n, r - 1, &pool),
               "combinations: r = {} is too great", r);
  const int64_t count = n == 0 ? 0 : count_combinations(pool, r);
  const DimVector sizes{count, r};
  const Tensor places = empty({checked_numel("combinations", sizes)}, kLong);
  int64_t* const out = places.data_ptr<int64_t>();
  for (int64_t i = 0; i < count; ++i) {
    int64_t* const choice = out + i * r;
    if (i == 0) {
      for (int64_t j = 0; j < r; ++j) choice[j] = with_replacement ? 0 : j;
      continue;
    }
    // The last place that can still grow does, and those behind it follow.
    const int64_t* const before = choice - r;
    int64_t j = r - 1;
    while (before[j] == (with_replacement ? n - 1 : n - r + j)) --j;
    std::copy(before, before + j, choice);
    for (int64_t k = j; k < r; ++k) {
      choice[k] = before[j] + 1 + (with_replacement ? 0 : k - j);
    }
  }
  return reshape(index_select(x, 0, places), sizes);
}

// --- methods of Tensor

}  // namespace gradus
