#include "autograd/ops/distance.h"

#include "autograd/grad_mode.h"
#include "autograd/ops/arrange.h"
#include "autograd/ops/binary.h"
#include "autograd/ops/reduce.h"
#include "core/shape.h"
#include "core/type_promotion.h"
#include "core/watch/record_scope.h"

namespace gradus {

Tensor cosine_similarity(const Tensor& x1, const Tensor& x2, int64_t dim, double eps) {
  const OpScope scope("cosine_similarity");
  const char* const op = "cosine_similarity";
  require_tensors(op, x1, x2);
  const ScalarType dtype = promote_types(x1.dtype(), x2.dtype());
  GRADUS_CHECK_TYPE(is_floating_point(dtype), "{}: expected floating-point tensors, got {} and {}",
                    op, x1.dtype(), x2.dtype());
  const DimVector sizes = broadcast_sizes(op, x1.sizes(), x2.sizes());
  wrap_dim(op, dim, static_cast<int64_t>(sizes.size()));
  // The gradient passes where the norm is below eps, too: only its value is limited.
  const auto direction = [&](const Tensor& x) {
    const Tensor v = x.to(dtype).expand(sizes);
    const Tensor length = norm(v, Scalar(2), dim, /*keepdim=*/true).clone();
    {
      NoGradGuard no_grad;
      Tensor(length).clamp_min_(eps);
    }
    return v / length;
  };
  return (direction(x1) * direction(x2)).sum(dim);
}

Tensor pairwise_distance(const Tensor& x1, const Tensor& x2, double p, double eps, bool keepdim) {
  const OpScope scope("pairwise_distance");
  const char* const op = "pairwise_distance";
  require_tensors(op, x1, x2);
  GRADUS_CHECK_TYPE(x1.is_floating_point() || x2.is_floating_point(),
                    "{}: expected floating-point tensors, got {} and {}", op, x1.dtype(),
                    x2.dtype());
  const DimVector sizes = broadcast_sizes(op, x1.sizes(), x2.sizes());
  GRADUS_CHECK(!sizes.empty(), "{}: expected tensors of at least one dim", op);
  return norm(x1 - x2 + eps, Scalar(p), -1, keepdim);
}

Tensor pdist(const Tensor& x, double p) {
  const OpScope scope("pdist");
  const char* const op = "pdist";
  require_tensors(op, x);
  GRADUS_CHECK(x.dim() == 2, "{}: expected a matrix, got shape {}", op, x.sizes());
  GRADUS_CHECK_TYPE(x.is_floating_point(), "{}: expected a floating-point tensor, got {}", op,
                    x.dtype());
  GRADUS_CHECK_VALUE(p >= 0, "{}: p must not be negative, got {}", op, p);
  const int64_t rows = x.size(0);
  const Tensor pairs = triu_indices(rows, rows, /*offset=*/1);
  if (x.size(1) == 0 || pairs.size(1) == 0) return x.new_zeros(pairs.size(1)) + x.sum() * 0;
  return norm(x.index_select(0, pairs[0]) - x.index_select(0, pairs[1]), Scalar(p), 1);
}

}  // namespace gradus
