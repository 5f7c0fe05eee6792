#include "autograd/ops/matmul.h"

#include <utility>

#include "autograd/node.h"
#include "autograd/ops/binary.h"
#include "autograd/ops/internal/autocast.h"
#include "autograd/ops/internal/named.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "core/kernels/matmul.h"
#include "core/shape.h"
#include "core/watch/record_scope.h"

namespace gradus {

namespace {

void check_operands(const char* op, const Tensor& a, const Tensor& b) {
  require_dense(op, "operand 1", a);
  require_dense(op, "operand 2", b);
  GRADUS_CHECK_TYPE(a.dtype() == b.dtype(), "{}: expected operands of one dtype, got {} and {}", op,
                    a.dtype(), b.dtype());
  GRADUS_CHECK_TYPE(a.dtype() != kBool, "{}: not implemented for Bool", op);
}

void check_rank(const char* op, const char* argument, const Tensor& x, int64_t rank) {
  GRADUS_CHECK(x.dim() == rank, "{}: expected {} of {} dims, got {}", op, argument, rank,
               x.sizes());
}

void check_inner(const char* op, const Tensor& a, const Tensor& b, int64_t k_of_a, int64_t k_of_b) {
  GRADUS_CHECK(k_of_a == k_of_b, "{}: inner dimensions differ: {} x {} ({} vs {})", op, a.sizes(),
               b.sizes(), k_of_a, k_of_b);
}

// The matrix transposed, for a kernel: no tape.
Tensor transposed(const Tensor& matrix) {
  return make_view(matrix, {matrix.size(1), matrix.size(0)}, {matrix.stride(1), matrix.stride(0)},
                   matrix.storage_offset());
}

// a b for operands of the same rank >= 2 with equal leading dims: da = dy b^T, db = a^T dy.
Tensor product(const char* op, const Tensor& a, const Tensor& b) {
  const OpScope scope(op);
  Tensor y = kernel::matmul(a, b);
  if (!records({a, b})) return y;
  return record(
      op, {a, b}, y,
      [op, a = Saved(b.requires_grad() ? a : Tensor()),
       b = Saved(a.requires_grad() ? b : Tensor())](const Tensor& dy, const Needs& needs) -> Grads {
        return {needs[0] ? product(op, dy, mT(b.get())) : Tensor(),
                needs[1] ? product(op, mT(a.get()), dy) : Tensor()};
      });
}

// beta input + alpha product, as addmm and its like define it.
Tensor combine(const Tensor& input, Tensor product, const Scalar& beta, const Scalar& alpha) {
  if (alpha.toDouble() != 1) product = mul(product, alpha);
  if (beta.toDouble() == 0) return product;
  return add(product, beta.toDouble() == 1 ? input : mul(input, beta));
}

void check_addend(const char* op, const Tensor& input, IntArrayRef sizes) {
  require_dense(op, "input", input);
  GRADUS_CHECK(is_expandable_to(input.sizes(), sizes),
               "{}: input {} does not broadcast to the product {}", op, input.sizes(), sizes);
}

}  // namespace

Tensor mm(const Tensor& a, const Tensor& b) {
  if (autocast::is_on()) return autocast::lower_precision(mm, a, b);
  check_operands("mm", a, b);
  check_rank("mm", "matrices", a, 2);
  check_rank("mm", "matrices", b, 2);
  check_inner("mm", a, b, a.size(1), b.size(0));
  return product("mm", a, b);
}

Tensor bmm(const Tensor& a, const Tensor& b) {
  if (autocast::is_on()) return autocast::lower_precision(bmm, a, b);
  check_operands("bmm", a, b);
  check_rank("bmm", "batches of matrices", a, 3);
  check_rank("bmm", "batches of matrices", b, 3);
  GRADUS_CHECK(a.size(0) == b.size(0), "bmm: batches differ: {} x {} ({} vs {})", a.sizes(),
               b.sizes(), a.size(0), b.size(0));
  check_inner("bmm", a, b, a.size(2), b.size(1));
  return product("bmm", a, b);
}

Tensor matmul(const Tensor& a, const Tensor& b) {
  if (autocast::is_on()) return autocast::lower_precision(matmul, a, b);
  check_operands("matmul", a, b);
  GRADUS_CHECK(a.dim() > 0 && b.dim() > 0,
               "matmul: both arguments need at least one dim, got {} x {}", a.sizes(), b.sizes());
  check_inner("matmul", a, b, a.size(-1), b.size(b.dim() == 1 ? 0 : -2));
  // Vectors become matrices of one row or column, which the result loses again.
  if (a.dim() == 1) {
    const Tensor y = matmul(unsqueeze(a, 0), b.dim() == 1 ? unsqueeze(b, 1) : b);
    return b.dim() == 1 ? squeeze(squeeze(y, 1), 0) : squeeze(y, -2);
  }
  if (b.dim() == 1) return squeeze(matmul(a, unsqueeze(b, 1)), -1);
  if (a.dim() == 2 && b.dim() == 2) return product("matmul", a, b);

  DimVector sizes = broadcast_sizes("matmul", a.sizes().slice(0, a.sizes().size() - 2),
                                    b.sizes().slice(0, b.sizes().size() - 2));
  if (b.dim() == 2 && a.numel() > 0) {
    // One matrix for all: the leading dims of a are rows.
    DimVector result = to_dims(a.sizes());
    result.back() = b.size(1);
    return reshape(product("matmul", reshape(a, {-1, a.size(-1)}), b), result);
  }
  DimVector a_sizes = sizes, b_sizes = sizes;
  a_sizes.push_back(a.size(-2));
  a_sizes.push_back(a.size(-1));
  b_sizes.push_back(b.size(-2));
  b_sizes.push_back(b.size(-1));
  return product("matmul", expand(a, a_sizes), expand(b, b_sizes));
}

Tensor mv(const Tensor& a, const Tensor& vec) {
  check_operands("mv", a, vec);
  check_rank("mv", "a matrix", a, 2);
  check_rank("mv", "a vector", vec, 1);
  check_inner("mv", a, vec, a.size(1), vec.size(0));
  return squeeze(product("mv", a, unsqueeze(vec, 1)), 1);
}

Tensor dot(const Tensor& a, const Tensor& b) {
  check_operands("dot", a, b);
  check_rank("dot", "vectors", a, 1);
  check_rank("dot", "vectors", b, 1);
  check_inner("dot", a, b, a.size(0), b.size(0));
  return reshape(product("dot", unsqueeze(a, 0), unsqueeze(b, 1)), {});
}

Tensor vdot(const Tensor& a, const Tensor& b) {
  return named("vdot", [&] { return dot(a, b); });
}

Tensor outer(const Tensor& a, const Tensor& b) {
  const OpScope scope("outer");
  require_dense("outer", "operand 1", a);
  require_dense("outer", "operand 2", b);
  check_rank("outer", "vectors", a, 1);
  check_rank("outer", "vectors", b, 1);
  return mul(unsqueeze(a, 1), b);
}

Tensor ger(const Tensor& a, const Tensor& b) {
  return named("ger", [&] { return outer(a, b); });
}

Tensor addmm(const Tensor& input, const Tensor& mat1, const Tensor& mat2, const Scalar& beta,
             const Scalar& alpha) {
  if (autocast::is_on()) return autocast::lower_precision(addmm, input, mat1, mat2, beta, alpha);
  check_operands("addmm", mat1, mat2);
  check_rank("addmm", "mat1", mat1, 2);
  check_rank("addmm", "mat2", mat2, 2);
  check_inner("addmm", mat1, mat2, mat1.size(1), mat2.size(0));
  check_addend("addmm", input, {mat1.size(0), mat2.size(1)});
  return combine(input, product("addmm", mat1, mat2), beta, alpha);
}

Tensor addmv(const Tensor& input, const Tensor& mat, const Tensor& vec, const Scalar& beta,
             const Scalar& alpha) {
  const OpScope scope("addmv");
  check_operands("addmv", mat, vec);
  check_rank("addmv", "mat", mat, 2);
  check_rank("addmv", "vec", vec, 1);
  check_inner("addmv", mat, vec, mat.size(1), vec.size(0));
  check_addend("addmv", input, {mat.size(0)});
  return combine(input, mv(mat, vec), beta, alpha);
}

Tensor baddbmm(const Tensor& input, const Tensor& batch1, const Tensor& batch2, const Scalar& beta,
               const Scalar& alpha) {
  if (autocast::is_on())
    return autocast::lower_precision(baddbmm, input, batch1, batch2, beta, alpha);
  check_operands("baddbmm", batch1, batch2);
  check_rank("baddbmm", "batch1", batch1, 3);
  check_rank("baddbmm", "batch2", batch2, 3);
  GRADUS_CHECK(batch1.size(0) == batch2.size(0), "baddbmm: batches differ: {} x {} ({} vs {})",
               batch1.sizes(), batch2.sizes(), batch1.size(0), batch2.size(0));
  check_inner("baddbmm", batch1, batch2, batch1.size(2), batch2.size(1));
  check_addend("baddbmm", input, {batch1.size(0), batch1.size(1), batch2.size(2)});
  return combine(input, product("baddbmm", batch1, batch2), beta, alpha);
}

Tensor addbmm(const Tensor& input, const Tensor& batch1, const Tensor& batch2, const Scalar& beta,
              const Scalar& alpha) {
  if (autocast::is_on())
    return autocast::lower_precision(addbmm, input, batch1, batch2, beta, alpha);
  check_operands("addbmm", batch1, batch2);
  check_rank("addbmm", "batch1", batch1, 3);
  check_rank("addbmm", "batch2", batch2, 3);
  const int64_t n = batch1.size(0), rows = batch1.size(1), inner = batch1.size(2),
                columns = batch2.size(2);
  GRADUS_CHECK(n == batch2.size(0), "addbmm: batches differ: {} x {} ({} vs {})", batch1.sizes(),
               batch2.sizes(), n, batch2.size(0));
  check_inner("addbmm", batch1, batch2, inner, batch2.size(1));
  check_addend("addbmm", input, {rows, columns});
  // One product over batch and inner dim together.
  const Tensor left = reshape(transpose(batch1, 0, 1), {rows, checked_numel("addbmm", {n, inner})});
  const Tensor right = reshape(batch2, {n * inner, columns});
  return combine(input, product("addbmm", left, right), beta, alpha);
}

namespace {

// x is [rows, in], weight [out, in], bias [out] or undefined.
Tensor linear_2d(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  const OpScope scope("linear");
  Tensor y = kernel::matmul(x, transposed(weight), bias);
  if (!records({x, weight, bias})) return y;
  // dx = dy W, dW = dy^T x, db = sum of the rows of dy
  return record("linear", {x, weight, bias}, y,
                [x = Saved(weight.requires_grad() ? x : Tensor()),
                 weight = Saved(x.requires_grad() ? weight : Tensor())](
                    const Tensor& dy, const Needs& needs) -> Grads {
                  return {needs[0] ? product("linear", dy, weight.get()) : Tensor(),
                          needs[1] ? product("linear", t(dy), x.get()) : Tensor(),
                          needs[2] ? sum(dy, 0) : Tensor()};
                });
}

}  // namespace

Tensor linear(const Tensor& input, const Tensor& weight, const Tensor& bias) {
  if (autocast::is_on()) return autocast::lower_precision(linear, input, weight, bias);
  const OpScope scope("linear");
  check_operands("linear", input, weight);
  GRADUS_CHECK(input.dim() >= 1, "linear: input needs at least one dim, got {}", input.sizes());
  GRADUS_CHECK(weight.dim() == 1 || weight.dim() == 2,
               "linear: expected weight [out, in] or [in], got {}", weight.sizes());
  GRADUS_CHECK(input.size(-1) == weight.size(-1),
               "linear: weight {} expects {} input features, got {} (input {})", weight.sizes(),
               weight.size(-1), input.size(-1), input.sizes());
  if (bias.defined()) {
    GRADUS_CHECK_TYPE(bias.dtype() == input.dtype(), "linear: expected bias of dtype {}, got {}",
                      input.dtype(), bias.dtype());
    GRADUS_CHECK(
        weight.dim() == 1 ? bias.numel() == 1 : bias.dim() == 1 && bias.size(0) == weight.size(0),
        "linear: weight {} expects one bias for each output, got {}", weight.sizes(), bias.sizes());
  }
  if (weight.dim() == 1) {
    const Tensor y = matmul(input, weight);
    return bias.defined() ? add(y, reshape(bias, {})) : y;
  }
  if (input.dim() == 2) return linear_2d(input, weight, bias);
  DimVector sizes = to_dims(input.sizes());
  sizes.back() = weight.size(0);
  const int64_t rows = checked_numel("linear", input.sizes().slice(0, input.sizes().size() - 1));
  return reshape(linear_2d(reshape(input, {rows, input.size(-1)}), weight, bias), sizes);
}

// --- methods of Tensor

Tensor Tensor::mm(const Tensor& other) const {
  return gradus::mm(*this, other);
}
Tensor Tensor::bmm(const Tensor& other) const {
  return gradus::bmm(*this, other);
}
Tensor Tensor::matmul(const Tensor& other) const {
  return gradus::matmul(*this, other);
}
Tensor Tensor::addmm(const Tensor& mat1, const Tensor& mat2, const Scalar& beta,
                     const Scalar& alpha) const {
  return gradus::addmm(*this, mat1, mat2, beta, alpha);
}

Tensor Tensor::baddbmm(const Tensor& batch1, const Tensor& batch2, const Scalar& beta,
                       const Scalar& alpha) const {
  return gradus::baddbmm(*this, batch1, batch2, beta, alpha);
}

}  // namespace gradus
