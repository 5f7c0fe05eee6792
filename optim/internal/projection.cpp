#include "optim/internal/projection.h"

#include <cmath>

#include "autograd/autograd.h"

namespace gradus::optim {

namespace {

// The norm of each row.
Tensor norms(const Tensor& x) {
  return x.norm(Scalar(2), {1}, /*keepdim=*/true);
}

}  // namespace

double project(Tensor& u, const Tensor& p, const Tensor& g, double delta, double wd_ratio,
               double eps) {
  if (p.dim() < 2) return 1;
  for (const int64_t rows : {p.size(0), int64_t{1}}) {
    const Tensor p_rows = p.reshape({rows, -1}), g_rows = g.reshape({rows, -1});
    const Tensor dots = (p_rows * g_rows).sum({1}, /*keepdim=*/true).abs();
    const Tensor cosines = dots / (norms(g_rows) + eps) / (norms(p_rows) + eps);
    if (!(cosines.max().item<double>() < delta / std::sqrt(static_cast<double>(p_rows.size(1))))) {
      continue;
    }
    const Tensor direction = p_rows / (norms(p_rows) + eps);
    const Tensor u_rows = u.reshape({rows, -1});
    const Tensor along = (direction * u_rows).sum({1}, /*keepdim=*/true);
    u = (u_rows - direction * along).reshape(u.sizes());
    return wd_ratio;
  }
  return 1;
}

}  // namespace gradus::optim
