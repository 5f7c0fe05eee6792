#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "autograd/node.h"
#include "autograd/ops/arrange.h"
#include "autograd/ops/binary.h"
#include "autograd/ops/internal/autocast.h"
#include "autograd/ops/internal/linalg.h"
#include "autograd/ops/join.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "core/factory.h"
#include "core/kernels/linalg.h"
#include "core/watch/record_scope.h"

namespace gradus {

// --- powers and the exponential

namespace {

Tensor power_of(const char* op, const Tensor& a, int64_t n) {
  check_square(op, "A", a);
  GRADUS_CHECK_TYPE(a.dtype() != kBool || n == 0 || n == 1, "{}: not implemented for Bool", op);
  if (n == 0) {
    const OpScope scope(op);
    return record(op, {a}, identities_like(a.detach(), a.size(-1)).contiguous(),
                  [sizes = to_dims(a.sizes())](const Tensor& dy) -> Grads {
                    return {zeros(sizes, dy.options())};
                  });
  }
  Tensor base = a;
  uint64_t rest = static_cast<uint64_t>(n);
  if (n < 0) {
    check_float_or_double(op, "A", a);
    auto [inverse, info] = inverse_of(op, a);
    const Failure failure = first_failure(info);
    GRADUS_CHECK(failure.info == 0, "{}: the matrix{} is singular and has no power {}", op,
                 failure.where, n);
    base = inverse;
    rest = -rest;
  }
  Tensor y;
  for (;; base = matmul(base, base)) {
    if (rest & 1) y = y.defined() ? matmul(y, base) : base;
    rest >>= 1;
    if (rest == 0) break;
  }
  return y.is_same(a) ? a.clone() : y;
}

// dA is the derivative of the exponential at A^T in direction dY: a block of
// exp [[A^T, dY], [0, A^T]] (N. Higham, Functions of Matrices, 2008, theorem 4.12).
Tensor exp_of(const char* op, const Tensor& a) {
  const OpScope scope(op);
  return record(op, {a}, kernel::matrix_exp(a.contiguous()),
                [op, a = Saved(a)](const Tensor& dy) -> Grads {
                  const Tensor at = mT(a.get());
                  const int64_t n = at.size(-1);
                  const Tensor top = cat({at, dy}, -1), bottom = cat({zeros_like(at), at}, -1);
                  const Tensor blocks = exp_of(op, cat({top, bottom}, -2));
                  return {narrow(narrow(blocks, -2, 0, n), -1, n, n)};
                });
}

}  // namespace

Tensor linalg_matrix_power(const Tensor& A, int64_t n) {
  return power_of("linalg_matrix_power", A, n);
}

Tensor matrix_power(const Tensor& A, int64_t n) {
  return power_of("matrix_power", A, n);
}

Tensor linalg_matrix_exp(const Tensor& A) {
  if (autocast::is_on()) return autocast::in_float32(linalg_matrix_exp, A);
  check_square("linalg_matrix_exp", "A", A);
  check_float_or_double("linalg_matrix_exp", "A", A);
  return exp_of("linalg_matrix_exp", A);
}

Tensor matrix_exp(const Tensor& A) {
  if (autocast::is_on()) return autocast::in_float32(matrix_exp, A);
  check_square("matrix_exp", "A", A);
  check_float_or_double("matrix_exp", "A", A);
  return exp_of("matrix_exp", A);
}

// --- chains of products

namespace {

// The place where the chain of matrices [first, last] is split best; matrix i is [sizes[i],
// sizes[i + 1]]. T. Cormen et al., Introduction to Algorithms, 15.2.
class ChainOrder {
 public:
  explicit ChainOrder(const std::vector<int64_t>& sizes) : count_(sizes.size() - 1) {
    std::vector<double> cost(count_ * count_, 0);
    split_.assign(count_ * count_, 0);
    for (size_t length = 1; length < count_; ++length) {
      for (size_t first = 0; first + length < count_; ++first) {
        const size_t last = first + length;
        double least = std::numeric_limits<double>::infinity();
        for (size_t at = first; at < last; ++at) {
          const double total = cost[first * count_ + at] + cost[(at + 1) * count_ + last] +
                               static_cast<double>(sizes[first]) *
                                   static_cast<double>(sizes[at + 1]) *
                                   static_cast<double>(sizes[last + 1]);
          if (total >= least) continue;
          least = total;
          split_[first * count_ + last] = at;
        }
        cost[first * count_ + last] = least;
      }
    }
  }

  Tensor product(const std::vector<Tensor>& matrices, size_t first, size_t last) const {
    if (first == last) return matrices[first];
    const size_t at = split_[first * count_ + last];
    return mm(product(matrices, first, at), product(matrices, at + 1, last));
  }

 private:
  size_t count_;
  std::vector<size_t> split_;
};

Tensor chain_of(const char* op, const std::vector<Tensor>& matrices) {
  std::vector<int64_t> sizes = {matrices[0].size(0)};
  for (size_t i = 0; i < matrices.size(); ++i) {
    check_same_dtype(op, "the first", matrices[0], "all other tensors", matrices[i]);
    GRADUS_CHECK_TYPE(matrices[i].dtype() != kBool, "{}: not implemented for Bool", op);
    GRADUS_CHECK(matrices[i].size(0) == sizes.back(),
                 "{}: tensors {} and {} of sizes {} and {} cannot be multiplied", op, i - 1, i,
                 matrices[i == 0 ? 0 : i - 1].sizes(), matrices[i].sizes());
    sizes.push_back(matrices[i].size(1));
  }
  return ChainOrder(sizes).product(matrices, 0, matrices.size() - 1);
}

}  // namespace

Tensor linalg_multi_dot(TensorList tensors) {
  const OpScope scope("linalg_multi_dot");
  const char* const op = "linalg_multi_dot";
  const size_t count = tensors.size();
  GRADUS_CHECK(count >= 2, "{}: expected at least 2 tensors, got {}", op, count);
  std::vector<Tensor> matrices(tensors.begin(), tensors.end());
  for (size_t i = 0; i < count; ++i) {
    GRADUS_CHECK(matrices[i].defined(), "{}: tensor {} is undefined", op, i);
    refuse_sparse(op, "one of the tensors", matrices[i]);
    const bool end = i == 0 || i == count - 1;
    GRADUS_CHECK(matrices[i].dim() == 2 || (end && matrices[i].dim() == 1),
                 "{}: expected tensor {} of {}, got {}", op, i, end ? "1 or 2 dims" : "2 dims",
                 matrices[i].sizes());
  }
  const bool row = matrices[0].dim() == 1, column = matrices[count - 1].dim() == 1;
  if (row) matrices[0] = unsqueeze(matrices[0], 0);
  if (column) matrices[count - 1] = unsqueeze(matrices[count - 1], 1);
  Tensor y = chain_of(op, matrices);
  if (column) y = squeeze(y, 1);
  return row ? squeeze(y, 0) : y;
}

Tensor chain_matmul(TensorList matrices) {
  const OpScope scope("chain_matmul");
  const char* const op = "chain_matmul";
  GRADUS_CHECK(!matrices.empty(), "{}: expected at least one matrix", op);
  for (const Tensor& matrix : matrices) {
    require_dense(op, "one of the matrices", matrix);
    GRADUS_CHECK(matrix.dim() == 2, "{}: expected matrices, got {}", op, matrix.sizes());
  }
  return chain_of(op, std::vector<Tensor>(matrices.begin(), matrices.end()));
}

Tensor linalg_vecdot(const Tensor& x, const Tensor& y, int64_t dim) {
  const OpScope scope("linalg_vecdot");
  const char* const op = "linalg_vecdot";
  require_tensors(op, x, y);
  GRADUS_CHECK_TYPE(x.is_floating_point() && y.is_floating_point(),
                    "{}: expected floating-point inputs, got {} and {}", op, x.dtype(), y.dtype());
  const DimVector sizes = broadcast_sizes(op, x.sizes(), y.sizes());
  return sum(x * y, wrap_dim(op, dim, static_cast<int64_t>(sizes.size())));
}

Tensor linalg_diagonal(const Tensor& A, int64_t offset, int64_t dim1, int64_t dim2) {
  const OpScope scope("linalg_diagonal");
  const char* const op = "linalg_diagonal";
  check_matrices(op, "A", A);
  dim1 = wrap_dim(op, dim1, A.dim());
  dim2 = wrap_dim(op, dim2, A.dim());
  GRADUS_CHECK(dim1 != dim2, "{}: expected two different dims, got {} twice", op, dim1);
  return diagonal(A, offset, dim1, dim2);
}

// --- the vector product

namespace {

Tensor cross_of(const char* op, const Tensor& a, const Tensor& b, int64_t dim) {
  check_same_dtype(op, "a", a, "b", b);
  GRADUS_CHECK_TYPE(a.dtype() != kBool, "{}: not implemented for Bool", op);
  GRADUS_CHECK(a.size(dim) == 3 && b.size(dim) == 3, "{}: expected size 3 in dim {}, got {} and {}",
               op, dim, a.sizes(), b.sizes());
  broadcast_sizes(op, a.sizes(), b.sizes());
  // y_i = a_{i+1} b_{i+2} - a_{i+2} b_{i+1}, indices modulo 3.
  return roll(a, -1, dim) * roll(b, -2, dim) - roll(a, -2, dim) * roll(b, -1, dim);
}

void check_same_rank(const char* op, const Tensor& a, const Tensor& b) {
  require_tensors(op, a, b);
  GRADUS_CHECK(a.dim() == b.dim() && a.dim() > 0,
               "{}: expected tensors of one number of dims, got {} and {}", op, a.sizes(),
               b.sizes());
}

}  // namespace

Tensor linalg_cross(const Tensor& a, const Tensor& b, int64_t dim) {
  const OpScope scope("linalg_cross");
  const char* const op = "linalg_cross";
  check_same_rank(op, a, b);
  return cross_of(op, a, b, wrap_dim(op, dim, a.dim()));
}

Tensor cross(const Tensor& a, const Tensor& b, std::optional<int64_t> dim) {
  const OpScope scope("cross");
  const char* const op = "cross";
  check_same_rank(op, a, b);
  if (dim) return cross_of(op, a, b, wrap_dim(op, *dim, a.dim()));
  const IntArrayRef sizes = a.sizes();
  const auto* const first = std::find(sizes.begin(), sizes.end(), 3);
  GRADUS_CHECK(first != sizes.end(), "{}: no dim of size 3 in {}", op, sizes);
  return cross_of(op, a, b, first - sizes.begin());
}

// --- powers of numbers

namespace {

// x^0 .. x^(count - 1) in a new last dim.
Tensor powers(const char* op, const Tensor& x, int64_t count) {
  const Tensor base = unsqueeze(is_floating_point(x.dtype()) ? x : x.to(kLong), -1);
  DimVector sizes = to_dims(base.sizes());
  sizes.back() = count;
  checked_numel(op, sizes);
  if (count == 0) return zeros(sizes, base.options());
  sizes.back() = count - 1;
  return cat({ones_like(base), cumprod(expand(base, sizes), -1)}, -1);
}

}  // namespace

Tensor linalg_vander(const Tensor& x, std::optional<int64_t> N) {
  const OpScope scope("linalg_vander");
  const char* const op = "linalg_vander";
  require_tensors(op, x);
  const int64_t count = N ? *N : x.dim() == 0 ? 1 : x.size(-1);
  GRADUS_CHECK_VALUE(count > 1, "{}: expected N > 1, got {}", op, count);
  return powers(op, x, count);
}

// --- tensors as maps

Tensor linalg_tensorinv(const Tensor& A, int64_t ind) {
  if (autocast::is_on()) return autocast::in_float32(linalg_tensorinv, A, ind);
  const OpScope scope("linalg_tensorinv");
  const char* const op = "linalg_tensorinv";
  require_tensors(op, A);
  check_float_or_double(op, "A", A);
  GRADUS_CHECK_VALUE(ind > 0, "{}: expected ind > 0, got {}", op, ind);
  const auto split = static_cast<size_t>(std::min(ind, A.dim()));
  const IntArrayRef left = A.sizes().slice(0, split), right = A.sizes().slice(split);
  const int64_t rows = checked_numel(op, left), columns = checked_numel(op, right);
  GRADUS_CHECK(rows == columns, "{}: the sizes {} before ind and {} beyond have products {} and {}",
               op, left, right, rows, columns);
  auto [inverse, info] = inverse_of(op, reshape(A, {rows, columns}));
  GRADUS_CHECK(first_failure(info).info == 0, "{}: A {} with ind {} is singular", op, A.sizes(),
               ind);
  DimVector sizes = to_dims(right);
  sizes.append(left.begin(), left.end());
  return reshape(inverse, sizes);
}

Tensor linalg_tensorsolve(const Tensor& A, const Tensor& B, IntArrayRef dims) {
  if (autocast::is_on()) return autocast::in_float32(linalg_tensorsolve, A, B, dims);
  const OpScope scope("linalg_tensorsolve");
  const char* const op = "linalg_tensorsolve";
  require_tensors(op, A, B);
  check_float_or_double(op, "A", A);
  check_same_dtype(op, "A", A, "B", B);
  Tensor a = A;
  if (!dims.empty()) {
    const DimVector from = wrap_dims(op, dims, A.dim());
    DimVector to;
    for (size_t i = 0; i < from.size(); ++i) {
      to.push_back(A.dim() - static_cast<int64_t>(from.size() - i));
    }
    a = movedim(A, from, to);
  }
  const auto split = static_cast<size_t>(std::min(B.dim(), a.dim()));
  const IntArrayRef left = a.sizes().slice(0, split), right = a.sizes().slice(split);
  const int64_t rows = checked_numel(op, left), columns = checked_numel(op, right);
  GRADUS_CHECK(rows == columns && B.numel() == rows,
               "{}: A {} is not a square map to the sizes {} of B: {} rows, {} columns", op,
               a.sizes(), B.sizes(), rows, columns);
  const DimVector sizes = to_dims(right);
  return reshape(solve_of(op, reshape(a, {rows, columns}), reshape(B, {rows, 1}), /*left=*/true),
                 sizes);
}

// --- methods of Tensor

}  // namespace gradus
