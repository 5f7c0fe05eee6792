#include <cmath>
#include <limits>
#include <utility>

#include "autograd/ops/binary.h"
#include "autograd/ops/compare.h"
#include "autograd/ops/internal/autocast.h"
#include "autograd/ops/internal/linalg.h"
#include "autograd/ops/internal/named.h"
#include "autograd/ops/internal/reduce_dims.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/ops/ternary.h"
#include "autograd/ops/unary.h"
#include "core/factory.h"
#include "core/watch/record_scope.h"

namespace gradus {

namespace {

// The greatest or least element along dim; of none the greatest is 0.
Tensor extreme(const Tensor& x, int64_t dim, bool greatest, bool keepdim) {
  if (!greatest) return amin(x, dim, keepdim);
  return x.size(dim) == 0 ? sum(x, dim, keepdim) : amax(x, dim, keepdim);
}

struct MatrixDims {
  int64_t row;
  int64_t column;
};

MatrixDims matrix_dims(const char* op, const Tensor& a, IntArrayRef dim) {
  check_matrices(op, "A", a);
  check_floating(op, a);
  GRADUS_CHECK(dim.size() == 2, "{}: expected two dims, got {}", op, dim);
  const MatrixDims dims{wrap_dim(op, dim[0], a.dim()), wrap_dim(op, dim[1], a.dim())};
  GRADUS_CHECK(dims.row != dims.column, "{}: expected two different dims, got {}", op, dim);
  return dims;
}

// The singular values of the matrices in these dims, as the last dim.
Tensor singular_values(const char* op, const Tensor& a, MatrixDims dims) {
  check_float_or_double(op, "A", a);
  return svdvals_of(op, movedim(a, {dims.row, dims.column}, {-2, -1}));
}

// y, of which the matrix dims are gone, with 1 in their places.
Tensor with_matrix_dims(const Tensor& y, MatrixDims dims, bool keepdim) {
  if (!keepdim) return y;
  const int64_t first = std::min(dims.row, dims.column), last = std::max(dims.row, dims.column);
  return unsqueeze(unsqueeze(y, first), last);
}

Tensor matrix_norm_of(const char* op, const Tensor& a, double ord, MatrixDims dims, bool keepdim) {
  const double size = std::abs(ord);
  GRADUS_CHECK_VALUE(size == 1 || size == 2 || std::isinf(size),
                     "{}: expected order 1, -1, 2, -2, inf or -inf of a matrix, got {}", op, ord);
  if (size == 2) {
    const Tensor s = singular_values(op, a, dims);
    return with_matrix_dims(extreme(s, -1, ord > 0, /*keepdim=*/false), dims, keepdim);
  }
  const int64_t summed = size == 1 ? dims.row : dims.column;
  const int64_t other = size == 1 ? dims.column : dims.row;
  const Tensor sums = sum(abs(a), summed, /*keepdim=*/true);
  const Tensor y = extreme(sums, other, ord > 0, /*keepdim=*/true);
  return keepdim ? y : squeeze(y, {dims.row, dims.column});
}

Tensor matrix_norm_of(const char* op, const Tensor& a, std::string_view ord, MatrixDims dims,
                      bool keepdim) {
  GRADUS_CHECK_VALUE(ord == "fro" || ord == "nuc",
                     "{}: expected order \"fro\" or \"nuc\" of a matrix, got \"{}\"", op, ord);
  if (ord == "fro") return linalg_vector_norm(a, 2, {dims.row, dims.column}, keepdim);
  return with_matrix_dims(sum(singular_values(op, a, dims), -1), dims, keepdim);
}

template <class Order>
Tensor matrix_norm(const char* op, const Tensor& a, const Order& ord, IntArrayRef dim, bool keepdim,
                   std::optional<ScalarType> dtype) {
  const MatrixDims dims = matrix_dims(op, a, dim);
  if constexpr (std::is_same_v<Order, Scalar>) {
    return matrix_norm_of(op, as_dtype(a, dtype), ord.toDouble(), dims, keepdim);
  } else {
    return matrix_norm_of(op, as_dtype(a, dtype), ord, dims, keepdim);
  }
}

void check_norm_input(const char* op, const Tensor& a, IntArrayRef dim) {
  check_defined(op, a);
  check_floating(op, a);
  GRADUS_CHECK(dim.size() <= 2, "{}: expected one or two dims, got {}", op, dim);
  if (!dim.empty()) wrap_dims(op, dim, a.dim());
}

}  // namespace

Tensor linalg_matrix_norm(const Tensor& A, std::string_view ord, IntArrayRef dim, bool keepdim,
                          std::optional<ScalarType> dtype) {
  return matrix_norm("linalg_matrix_norm", A, ord, dim, keepdim, dtype);
}

Tensor linalg_matrix_norm(const Tensor& A, const Scalar& ord, IntArrayRef dim, bool keepdim,
                          std::optional<ScalarType> dtype) {
  return matrix_norm("linalg_matrix_norm", A, ord, dim, keepdim, dtype);
}

Tensor linalg_norm(const Tensor& A, std::optional<Scalar> ord, IntArrayRef dim, bool keepdim,
                   std::optional<ScalarType> dtype) {
  const OpScope scope("linalg_norm");
  const char* const op = "linalg_norm";
  check_norm_input(op, A, dim);
  if (!ord) {
    // Of all elements; with dims given, of a vector or the Frobenius norm.
    return linalg_vector_norm(A, 2, dim, keepdim, dtype);
  }
  GRADUS_CHECK(!dim.empty() || A.dim() == 1 || A.dim() == 2,
               "{}: without dim, an order needs a vector or a matrix, got {}", op, A.sizes());
  if (dim.size() == 2) return matrix_norm(op, A, *ord, dim, keepdim, dtype);
  if (dim.empty() && A.dim() == 2) return matrix_norm(op, A, *ord, {0, 1}, keepdim, dtype);
  const double p = ord->toDouble();
  const int64_t n = dim.empty() || A.dim() == 0 ? A.numel() : A.size(dim[0]);
  GRADUS_CHECK((p >= 0 && !std::isinf(p)) || n != 0,
               "{}: the norm of order {} of no elements is not defined (A {})", op, p, A.sizes());
  return linalg_vector_norm(A, *ord, dim, keepdim, dtype);
}

Tensor linalg_norm(const Tensor& A, std::string_view ord, IntArrayRef dim, bool keepdim,
                   std::optional<ScalarType> dtype) {
  const OpScope scope("linalg_norm");
  const char* const op = "linalg_norm";
  check_norm_input(op, A, dim);
  GRADUS_CHECK(dim.size() == 2 || (dim.empty() && A.dim() == 2),
               "{}: order \"{}\" needs a matrix or two dims, got {} and dims {}", op, ord,
               A.sizes(), dim);
  return matrix_norm(op, A, ord, dim.empty() ? IntArrayRef({-2, -1}) : dim, keepdim, dtype);
}

Tensor frobenius_norm(const Tensor& A, IntArrayRef dim, bool keepdim) {
  const char* const op = "frobenius_norm";
  check_norm_input(op, A, dim);
  return named(op, [&] { return linalg_vector_norm(A, 2, dim, keepdim); });
}

Tensor nuclear_norm(const Tensor& A, bool keepdim) {
  return nuclear_norm(A, {-2, -1}, keepdim);
}

Tensor nuclear_norm(const Tensor& A, IntArrayRef dim, bool keepdim) {
  const OpScope scope("nuclear_norm");
  return matrix_norm("nuclear_norm", A, std::string_view("nuc"), dim, keepdim, std::nullopt);
}

// --- condition numbers

namespace {

// |A| |A^-1|; infinity where there is no inverse.
template <class Order>
Tensor cond_by_inverse(const char* op, const Tensor& a, const Order& ord) {
  check_matrices(op, "A", a);
  check_float_or_double(op, "A", a);
  if (a.numel() == 0) return zeros(batch_sizes(a), a.options());
  check_square(op, "A", a);
  const MatrixDims dims{a.dim() - 2, a.dim() - 1};
  const Tensor size = matrix_norm_of(op, a, ord, dims, /*keepdim=*/false);
  auto [inverse, info] = inverse_of(op, a);
  const Tensor y = size * matrix_norm_of(op, inverse, ord, dims, /*keepdim=*/false);
  return masked_fill(y, ne(info, 0), std::numeric_limits<double>::infinity());
}

}  // namespace

Tensor linalg_cond(const Tensor& A, std::optional<Scalar> p) {
  if (autocast::is_on()) {
    return autocast::in_float32([&](const Tensor& wide) { return linalg_cond(wide, p); }, A);
  }
  const OpScope scope("linalg_cond");
  const char* const op = "linalg_cond";
  check_matrices(op, "A", A);
  check_float_or_double(op, "A", A);
  const double ord = p ? p->toDouble() : 2;
  GRADUS_CHECK_VALUE(std::abs(ord) == 1 || std::abs(ord) == 2 || std::isinf(ord),
                     "{}: expected p 1, -1, 2, -2, inf or -inf, got {}", op, ord);
  if (std::abs(ord) != 2) return cond_by_inverse(op, A, ord);
  const Tensor s = svdvals_of(op, A);
  if (s.size(-1) == 0) return sum(s, -1);
  const Tensor greatest = select(s, -1, 0), least = select(s, -1, -1);
  return ord > 0 ? greatest / least : least / greatest;
}

Tensor linalg_cond(const Tensor& A, std::string_view p) {
  if (autocast::is_on()) {
    return autocast::in_float32([&](const Tensor& wide) { return linalg_cond(wide, p); }, A);
  }
  const OpScope scope("linalg_cond");
  const char* const op = "linalg_cond";
  GRADUS_CHECK_VALUE(p == "fro" || p == "nuc", "{}: expected p \"fro\" or \"nuc\", got \"{}\"", op,
                     p);
  check_square(op, "A", A);
  return cond_by_inverse(op, A, p);
}

}  // namespace gradus
