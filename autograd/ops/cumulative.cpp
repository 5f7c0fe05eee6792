// Running extremes and log-sums.

#include "core/kernels/cumulative.h"

#include <limits>
#include <utility>

#include "autograd/node.h"
#include "autograd/ops/gather.h"
#include "autograd/ops/internal/out.h"
#include "autograd/ops/internal/reduce_dims.h"
#include "autograd/ops/reduce.h"
#include "core/factory.h"
#include "core/watch/record_scope.h"

namespace gradus {

namespace {

std::tuple<Tensor, Tensor> cumulative_extremum(const char* op, bool max, const Tensor& x,
                                               int64_t dim) {
  const OpScope scope(op);
  check_defined(op, x);
  dim = wrap_dim(op, dim, x.dim());
  auto [values, indices] = kernel::cumulative_extremum(op, max, x, dim);
  record_all(op, {x}, {values, indices},
             [indices = Saved(indices), dim](const Grads& dys, const Needs&) -> Grads {
               const Tensor& dy = dys[0];
               if (!dy.defined() || dy.dim() == 0) return {dy};
               return {scatter_add(zeros(dy.sizes(), dy.options()), dim, indices.get(), dy)};
             });
  return {std::move(values), std::move(indices)};
}

// See kernel::decayed_cumsum. Its derivatives are of its own kind.
Tensor decayed_cumsum(const char* op, const Tensor& v, const Tensor& y, int64_t dim, bool reverse) {
  const OpScope scope(op);
  Tensor a = kernel::decayed_cumsum(op, v, y, dim, reverse);
  return record(op, {v, y}, a,
                [op, v = Saved(v), y = Saved(y), a = Saved(a), dim, reverse](
                    const Tensor& da, const Needs& needs) -> Grads {
                  const Tensor dv = decayed_cumsum(op, da, y.get(), dim, !reverse);
                  if (!needs[1]) return {dv, Tensor()};
                  const Tensor dy = da * a.get() - v.get() * dv;
                  return {dv, reverse ? dy : -dy};
                });
}

}  // namespace

std::tuple<Tensor, Tensor> cummax(const Tensor& x, int64_t dim) {
  return cumulative_extremum("cummax", /*max=*/true, x, dim);
}

std::tuple<Tensor, Tensor> cummin(const Tensor& x, int64_t dim) {
  return cumulative_extremum("cummin", /*max=*/false, x, dim);
}

Tensor logcumsumexp(const Tensor& x, int64_t dim) {
  const OpScope scope("logcumsumexp");
  check_defined("logcumsumexp", x);
  check_floating("logcumsumexp", x);
  dim = wrap_dim("logcumsumexp", dim, x.dim());
  Tensor y = kernel::logcumsumexp("logcumsumexp", x, dim);
  return record(
      "logcumsumexp", {x}, y, [x = Saved(x), y = Saved(y), dim](const Tensor& dy) -> Grads {
        const Tensor sums = y.get();
        const Tensor a = decayed_cumsum("logcumsumexp_backward", dy, sums, dim, /*reverse=*/true);
        // Where all so far is -infinity, e^(x - y) is taken as 0.
        constexpr double kInfinity = std::numeric_limits<double>::infinity();
        const Tensor level = sums.masked_fill(sums.detach().eq(-kInfinity), 0);
        return {a * (x.get() - level).exp()};
      });
}

std::tuple<Tensor&, Tensor&> cummax_out(Tensor& values, Tensor& indices, const Tensor& x,
                                        int64_t dim) {
  return compute_out("cummax_out", {x}, std::tie(values, indices), [&] { return cummax(x, dim); });
}

std::tuple<Tensor&, Tensor&> cummin_out(Tensor& values, Tensor& indices, const Tensor& x,
                                        int64_t dim) {
  return compute_out("cummin_out", {x}, std::tie(values, indices), [&] { return cummin(x, dim); });
}

Tensor& logcumsumexp_out(Tensor& out, const Tensor& x, int64_t dim) {
  return compute_out("logcumsumexp_out", {x}, out, [&] { return logcumsumexp(x, dim); });
}

std::tuple<Tensor, Tensor> Tensor::cummax(int64_t dim) const {
  return gradus::cummax(*this, dim);
}
std::tuple<Tensor, Tensor> Tensor::cummin(int64_t dim) const {
  return gradus::cummin(*this, dim);
}
Tensor Tensor::logcumsumexp(int64_t dim) const {
  return gradus::logcumsumexp(*this, dim);
}

}  // namespace gradus
