#pragma once

#include <tuple>

#include "core/shape.h"
#include "core/tensor.h"

namespace gradus {

/// @throws Error naming op and the argument for an undefined tensor or one of less than two dims
void check_matrices(const char* op, const char* argument, const Tensor& a);
/// The same, and Error for matrices that are not square.
void check_square(const char* op, const char* argument, const Tensor& a);
/// @throws TypeError unless a is of float32 or float64
void check_float_or_double(const char* op, const char* argument, const Tensor& a);
/// @throws TypeError unless both are of one dtype
void check_same_dtype(const char* op, const char* name_a, const Tensor& a, const char* name_b,
                      const Tensor& b);

/// All sizes but the last two.
inline IntArrayRef batch_sizes(const Tensor& a) {
  return a.sizes().slice(0, a.sizes().size() - 2);
}
/// a with its batch dims expanded to `batch`.
Tensor expand_batch(const Tensor& a, IntArrayRef batch);

/// Identity matrices of n rows, as many as a has.
Tensor identities_like(const Tensor& a, int64_t n);

/// " (batch element 3)" for the first element of info other than 0, "" where there is one matrix;
/// the element itself.
struct Failure {
  std::string where;
  int64_t info = 0;
};
/// The first failure; info 0 where there is none.
Failure first_failure(const Tensor& info);

/// (A^-1, info), differentiable.
std::tuple<Tensor, Tensor> inverse_of(const char* op, const Tensor& a);
/// X with A X = B for matrices whose batches are equal; @throws Error for a singular A
Tensor solve_of(const char* op, const Tensor& a, const Tensor& b, bool left);
/// linalg_solve_triangular without checks, for batches that are equal or an A without.
Tensor solve_triangular_of(const char* op, const Tensor& a, const Tensor& b, bool upper, bool left,
                           bool unit);
/// linalg_svd; info is thrown where `check`.
std::tuple<Tensor, Tensor, Tensor> svd_of(const char* op, const Tensor& a, bool full);
/// The singular values.
Tensor svdvals_of(const char* op, const Tensor& a);
/// linalg_eigh for the lower triangle.
std::tuple<Tensor, Tensor> eigh_of(const char* op, const Tensor& a);

}  // namespace gradus
