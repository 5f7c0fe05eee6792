// The out= forms of ops whose kernels make their results themselves.

#include "autograd/ops/arrange.h"
#include "autograd/ops/gather.h"
#include "autograd/ops/index.h"
#include "autograd/ops/internal/out.h"
#include "autograd/ops/join.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/softmax.h"
#include "autograd/ops/ternary.h"
#include "core/kernels/copy.h"
#include "core/shape.h"

namespace gradus {

void write_results(const char* op, TensorRefs inputs, ArrayRef<Tensor*> outs,
                   ArrayRef<Tensor> results) {
  for (size_t i = 0; i < results.size(); ++i) {
    elementwise::check_out(op, inputs, *outs[i], results[i].sizes(), results[i].dtype());
  }
  for (size_t i = 0; i < results.size(); ++i) {
    elementwise::prepare_out(op, inputs, *outs[i], results[i].sizes(), results[i].dtype());
    kernel::copy(results[i], *outs[i]);
    bump_version(*outs[i]);
  }
}

ScalarType dtype_for(const char* op, const Tensor& out, std::optional<ScalarType> dtype) {
  require_dense(op, "out", out);
  return dtype.value_or(out.scalar_type());
}

std::optional<ScalarType> floating_dtype_for(const char* op, const Tensor& out, const Tensor& x,
                                             std::optional<ScalarType> dtype) {
  require_tensors(op, x);
  return dtype || !x.is_floating_point() ? dtype : dtype_for(op, out, dtype);
}

Tensor cast_for(const Tensor& out, const Tensor& y) {
  return out.defined() && can_cast(y.dtype(), out.dtype()) ? y.to(out.dtype()) : y;
}

Tensor truth_for(const Tensor& out, const Tensor& y) {
  if (!out.defined() || (out.dtype() != kByte && out.dtype() != kBool)) return y;
  return y.to(out.dtype());
}

// --- autograd/ops/reduce.h

Tensor& sum_out(Tensor& out, const Tensor& x, IntArrayRef dim, bool keepdim,
                std::optional<ScalarType> dtype) {
  return compute_out("sum_out", {x}, out,
                     [&] { return sum(x, dim, keepdim, dtype_for("sum_out", out, dtype)); });
}

Tensor& nansum_out(Tensor& out, const Tensor& x, IntArrayRef dim, bool keepdim,
                   std::optional<ScalarType> dtype) {
  return compute_out("nansum_out", {x}, out,
                     [&] { return nansum(x, dim, keepdim, dtype_for("nansum_out", out, dtype)); });
}

Tensor& mean_out(Tensor& out, const Tensor& x, IntArrayRef dim, bool keepdim,
                 std::optional<ScalarType> dtype) {
  return compute_out("mean_out", {x}, out, [&] {
    return mean(x, dim, keepdim, floating_dtype_for("mean_out", out, x, dtype));
  });
}

Tensor& nanmean_out(Tensor& out, const Tensor& x, IntArrayRef dim, bool keepdim,
                    std::optional<ScalarType> dtype) {
  return compute_out("nanmean_out", {x}, out, [&] {
    return nanmean(x, dim, keepdim, floating_dtype_for("nanmean_out", out, x, dtype));
  });
}

Tensor& prod_out(Tensor& out, const Tensor& x, int64_t dim, bool keepdim,
                 std::optional<ScalarType> dtype) {
  return compute_out("prod_out", {x}, out,
                     [&] { return prod(x, dim, keepdim, dtype_for("prod_out", out, dtype)); });
}

Tensor& var_out(Tensor& out, const Tensor& x, IntArrayRef dim,
                const std::optional<Scalar>& correction, bool keepdim) {
  return compute_out("var_out", {x}, out, [&] { return gradus::var(x, dim, correction, keepdim); });
}

Tensor& std_out(Tensor& out, const Tensor& x, IntArrayRef dim,
                const std::optional<Scalar>& correction, bool keepdim) {
  return compute_out("std_out", {x}, out, [&] { return gradus::std(x, dim, correction, keepdim); });
}

Tensor& norm_out(Tensor& out, const Tensor& x, std::optional<Scalar> p, IntArrayRef dim,
                 bool keepdim, std::optional<ScalarType> dtype) {
  return compute_out("norm_out", {x}, out, [&] { return norm(x, p, dim, keepdim, dtype); });
}

Tensor& linalg_vector_norm_out(Tensor& out, const Tensor& x, const Scalar& ord, IntArrayRef dim,
                               bool keepdim, std::optional<ScalarType> dtype) {
  return compute_out("linalg_vector_norm_out", {x}, out,
                     [&] { return linalg_vector_norm(x, ord, dim, keepdim, dtype); });
}

Tensor& logsumexp_out(Tensor& out, const Tensor& x, IntArrayRef dim, bool keepdim) {
  return compute_out("logsumexp_out", {x}, out, [&] { return logsumexp(x, dim, keepdim); });
}

Tensor& amax_out(Tensor& out, const Tensor& x, IntArrayRef dim, bool keepdim) {
  return compute_out("amax_out", {x}, out, [&] { return amax(x, dim, keepdim); });
}

Tensor& amin_out(Tensor& out, const Tensor& x, IntArrayRef dim, bool keepdim) {
  return compute_out("amin_out", {x}, out, [&] { return amin(x, dim, keepdim); });
}

std::tuple<Tensor&, Tensor&> aminmax_out(Tensor& min, Tensor& max, const Tensor& x,
                                         std::optional<int64_t> dim, bool keepdim) {
  return compute_out("aminmax_out", {x}, std::tie(min, max),
                     [&] { return gradus::aminmax(x, dim, keepdim); });
}

std::tuple<Tensor&, Tensor&> max_out(Tensor& values, Tensor& indices, const Tensor& x, int64_t dim,
                                     bool keepdim) {
  return compute_out("max_out", {x}, std::tie(values, indices),
                     [&] { return gradus::max(x, dim, keepdim); });
}

std::tuple<Tensor&, Tensor&> min_out(Tensor& values, Tensor& indices, const Tensor& x, int64_t dim,
                                     bool keepdim) {
  return compute_out("min_out", {x}, std::tie(values, indices),
                     [&] { return gradus::min(x, dim, keepdim); });
}

Tensor& argmax_out(Tensor& out, const Tensor& x, std::optional<int64_t> dim, bool keepdim) {
  return compute_out("argmax_out", {x}, out, [&] { return argmax(x, dim, keepdim); });
}

Tensor& argmin_out(Tensor& out, const Tensor& x, std::optional<int64_t> dim, bool keepdim) {
  return compute_out("argmin_out", {x}, out, [&] { return argmin(x, dim, keepdim); });
}

Tensor& all_out(Tensor& out, const Tensor& x, IntArrayRef dim, bool keepdim) {
  return compute_out("all_out", {x}, out, [&] { return truth_for(out, all(x, dim, keepdim)); });
}

Tensor& any_out(Tensor& out, const Tensor& x, IntArrayRef dim, bool keepdim) {
  return compute_out("any_out", {x}, out, [&] { return truth_for(out, any(x, dim, keepdim)); });
}

Tensor& cumsum_out(Tensor& out, const Tensor& x, int64_t dim, std::optional<ScalarType> dtype) {
  return compute_out("cumsum_out", {x}, out,
                     [&] { return cumsum(x, dim, dtype_for("cumsum_out", out, dtype)); });
}

Tensor& cumprod_out(Tensor& out, const Tensor& x, int64_t dim, std::optional<ScalarType> dtype) {
  return compute_out("cumprod_out", {x}, out,
                     [&] { return cumprod(x, dim, dtype_for("cumprod_out", out, dtype)); });
}

// --- autograd/ops/matmul.h

Tensor& mm_out(Tensor& out, const Tensor& a, const Tensor& b) {
  return compute_out("mm_out", {a, b}, out, [&] { return mm(a, b); });
}

Tensor& bmm_out(Tensor& out, const Tensor& a, const Tensor& b) {
  return compute_out("bmm_out", {a, b}, out, [&] { return bmm(a, b); });
}

Tensor& matmul_out(Tensor& out, const Tensor& a, const Tensor& b) {
  return compute_out("matmul_out", {a, b}, out, [&] { return matmul(a, b); });
}

Tensor& dot_out(Tensor& out, const Tensor& a, const Tensor& b) {
  return compute_out("dot_out", {a, b}, out, [&] { return dot(a, b); });
}

Tensor& vdot_out(Tensor& out, const Tensor& a, const Tensor& b) {
  return compute_out("vdot_out", {a, b}, out, [&] { return vdot(a, b); });
}

Tensor& outer_out(Tensor& out, const Tensor& a, const Tensor& b) {
  return compute_out("outer_out", {a, b}, out, [&] { return outer(a, b); });
}

Tensor& ger_out(Tensor& out, const Tensor& a, const Tensor& b) {
  return compute_out("ger_out", {a, b}, out, [&] { return ger(a, b); });
}

Tensor& mv_out(Tensor& out, const Tensor& a, const Tensor& vec) {
  return compute_out("mv_out", {a, vec}, out, [&] { return mv(a, vec); });
}

Tensor& addmm_out(Tensor& out, const Tensor& input, const Tensor& mat1, const Tensor& mat2,
                  const Scalar& beta, const Scalar& alpha) {
  return compute_out("addmm_out", {input, mat1, mat2}, out,
                     [&] { return addmm(input, mat1, mat2, beta, alpha); });
}

Tensor& addmv_out(Tensor& out, const Tensor& input, const Tensor& mat, const Tensor& vec,
                  const Scalar& beta, const Scalar& alpha) {
  return compute_out("addmv_out", {input, mat, vec}, out,
                     [&] { return addmv(input, mat, vec, beta, alpha); });
}

Tensor& baddbmm_out(Tensor& out, const Tensor& input, const Tensor& batch1, const Tensor& batch2,
                    const Scalar& beta, const Scalar& alpha) {
  return compute_out("baddbmm_out", {input, batch1, batch2}, out,
                     [&] { return baddbmm(input, batch1, batch2, beta, alpha); });
}

// --- autograd/ops/join.h

Tensor& cat_out(Tensor& out, TensorList tensors, int64_t dim) {
  return compute_out("cat_out", tensors, out, [&] { return cat(tensors, dim); });
}

Tensor& stack_out(Tensor& out, TensorList tensors, int64_t dim) {
  return compute_out("stack_out", tensors, out, [&] { return stack(tensors, dim); });
}

Tensor& hstack_out(Tensor& out, TensorList tensors) {
  return compute_out("hstack_out", tensors, out, [&] { return hstack(tensors); });
}

Tensor& vstack_out(Tensor& out, TensorList tensors) {
  return compute_out("vstack_out", tensors, out, [&] { return vstack(tensors); });
}

Tensor& dstack_out(Tensor& out, TensorList tensors) {
  return compute_out("dstack_out", tensors, out, [&] { return dstack(tensors); });
}

Tensor& column_stack_out(Tensor& out, TensorList tensors) {
  return compute_out("column_stack_out", tensors, out, [&] { return column_stack(tensors); });
}

// --- autograd/ops/gather.h

Tensor& index_select_out(Tensor& out, const Tensor& x, int64_t dim, const Tensor& index) {
  return compute_out("index_select_out", {x}, out, [&] { return index_select(x, dim, index); });
}

Tensor& gather_out(Tensor& out, const Tensor& x, int64_t dim, const Tensor& index, bool) {
  return compute_out("gather_out", {x}, out, [&] { return gather(x, dim, index); });
}

Tensor& take_along_dim_out(Tensor& out, const Tensor& x, const Tensor& indices,
                           std::optional<int64_t> dim) {
  return compute_out("take_along_dim_out", {x}, out,
                     [&] { return take_along_dim(x, indices, dim); });
}

Tensor& index_add_out(Tensor& out, const Tensor& x, int64_t dim, const Tensor& index,
                      const Tensor& source, const Scalar& alpha) {
  return compute_out("index_add_out", {x, source}, out,
                     [&] { return index_add(x, dim, index, source, alpha); });
}

Tensor& index_copy_out(Tensor& out, const Tensor& x, int64_t dim, const Tensor& index,
                       const Tensor& source) {
  return compute_out("index_copy_out", {x, source}, out,
                     [&] { return index_copy(x, dim, index, source); });
}

Tensor& scatter_out(Tensor& out, const Tensor& x, int64_t dim, const Tensor& index,
                    const Tensor& src) {
  return compute_out("scatter_out", {x, src}, out, [&] { return scatter(x, dim, index, src); });
}

Tensor& scatter_add_out(Tensor& out, const Tensor& x, int64_t dim, const Tensor& index,
                        const Tensor& src) {
  return compute_out("scatter_add_out", {x, src}, out,
                     [&] { return scatter_add(x, dim, index, src); });
}

// --- autograd/ops/index.h

Tensor& take_out(Tensor& out, const Tensor& x, const Tensor& index) {
  return compute_out("take_out", {x}, out, [&] { return take(x, index); });
}

Tensor& masked_select_out(Tensor& out, const Tensor& x, const Tensor& mask) {
  return compute_out("masked_select_out", {x}, out, [&] { return masked_select(x, mask); });
}

Tensor& nonzero_out(Tensor& out, const Tensor& x) {
  return compute_out("nonzero_out", {x}, out, [&] { return nonzero(x); });
}

// --- autograd/ops/arrange.h

Tensor& tril_out(Tensor& out, const Tensor& x, int64_t diagonal) {
  return compute_out("tril_out", {x}, out, [&] { return tril(x, diagonal); });
}

Tensor& triu_out(Tensor& out, const Tensor& x, int64_t diagonal) {
  return compute_out("triu_out", {x}, out, [&] { return triu(x, diagonal); });
}

Tensor& diag_out(Tensor& out, const Tensor& x, int64_t diagonal) {
  return compute_out("diag_out", {x}, out, [&] { return diag(x, diagonal); });
}

// --- autograd/ops/softmax.h

Tensor& softmax_out(Tensor& out, const Tensor& x, int64_t dim, std::optional<ScalarType> dtype) {
  return compute_out("softmax_out", {x}, out, [&] { return softmax(x, dim, dtype); });
}

Tensor& log_softmax_out(Tensor& out, const Tensor& x, int64_t dim,
                        std::optional<ScalarType> dtype) {
  return compute_out("log_softmax_out", {x}, out, [&] { return log_softmax(x, dim, dtype); });
}

// --- autograd/ops/ternary.h

Tensor& where_out(Tensor& out, const Tensor& condition, const Tensor& a, const Tensor& b) {
  return compute_out("where_out", {a, b}, out, [&] { return where(condition, a, b); });
}

}  // namespace gradus
