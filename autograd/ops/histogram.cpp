#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "autograd/grad_mode.h"
#include "autograd/ops/binary.h"
#include "autograd/ops/compare.h"
#include "autograd/ops/counting.h"
#include "autograd/ops/index.h"
#include "autograd/ops/internal/named.h"
#include "autograd/ops/internal/reduce_dims.h"
#include "autograd/ops/reduce.h"
#include "core/factory.h"
#include "core/shape.h"

namespace gradus {

namespace {

using Histogram = std::tuple<Tensor, std::vector<Tensor>>;

void check_points(const char* op, const Tensor& x, const Tensor& weight) {
  check_defined(op, x);
  GRADUS_CHECK_TYPE(x.dtype() == kFloat || x.dtype() == kDouble, "{}: not implemented for {}", op,
                    x.dtype());
  GRADUS_CHECK(x.dim() >= 2, "{}: expected points [..., D] of two dims at least, got {}", op,
               x.sizes());
  if (!weight.defined()) return;
  require_dense(op, "weight", weight);
  GRADUS_CHECK_TYPE(weight.dtype() == x.dtype(), "{}: expected weights of {}, got {}", op,
                    x.dtype(), weight.dtype());
  const IntArrayRef shape = x.sizes().slice(0, x.sizes().size() - 1);
  GRADUS_CHECK(weight.sizes() == shape, "{}: expected weights of shape {}, got {}", op, shape,
               weight.sizes());
}

// The edges of n equal bins, for the coordinates x [points] of dim d.
Tensor even_edges(const char* op, const Tensor& x, int64_t d, int64_t n, ArrayRef<double> range) {
  GRADUS_CHECK_VALUE(n > 0 && n < INT64_MAX, "{}: bins must be positive, got {} for dim {}", op, n,
                     d);
  double low = 0, high = 1;
  if (!range.empty()) {
    low = range[2 * d], high = range[2 * d + 1];
  } else if (x.numel() > 0) {
    low = x.min().item<double>(), high = x.max().item<double>();
  }
  GRADUS_CHECK_VALUE(std::isfinite(low) && std::isfinite(high),
                     "{}: the range [{}, {}] of dim {} is not finite", op, low, high, d);
  GRADUS_CHECK_VALUE(low <= high, "{}: the range of dim {} goes from {} down to {}", op, d, low,
                     high);
  if (low == high) low -= 0.5, high += 0.5;
  return linspace(low, high, n + 1, x.scalar_type());
}

// x and weight as given; edges ascend.
Tensor count_points(const char* op, const Tensor& x, const std::vector<Tensor>& edges,
                    const Tensor& weight, bool density) {
  const int64_t dims = x.size(-1);
  const Tensor points = x.reshape({-1, dims});
  DimVector sizes;
  for (const Tensor& e : edges) sizes.push_back(e.size(0) - 1);
  const int64_t bins = checked_numel(op, sizes);
  Tensor bin = zeros({points.size(0)}, kLong), inside = ones({points.size(0)}, kBool);
  for (int64_t d = 0; d < dims; ++d) {
    const Tensor coordinate = points.select(1, d).contiguous();
    const Tensor &e = edges[d], first = e.select(0, 0), last = e.select(0, -1);
    const Tensor place = searchsorted(e, coordinate, /*out_int32=*/false, /*right=*/true) - 1;
    bin = bin * sizes[d] + place.clamp_max(sizes[d] - 1);
    inside = logical_and(inside, logical_and(ge(coordinate, first), le(coordinate, last)));
  }
  const Tensor amount = weight.defined() ? weight.reshape({-1}).masked_select(inside) : Tensor();
  Tensor counts = bincount(bin.masked_select(inside), amount, bins).to(x.scalar_type());
  counts = counts.reshape(sizes);
  if (!density) return counts;
  const Tensor total = counts.sum();
  for (int64_t d = 0; d < dims; ++d) {
    DimVector along(static_cast<size_t>(dims), 1);
    along[d] = -1;
    counts = counts / (edges[d].slice(0, 1) - edges[d].slice(0, 0, -1)).reshape(along);
  }
  return counts / total;
}

Histogram count_evenly(const char* op, const Tensor& x, IntArrayRef bins, ArrayRef<double> range,
                       const Tensor& weight, bool density) {
  check_points(op, x, weight);
  const int64_t dims = x.size(-1);
  GRADUS_CHECK(static_cast<int64_t>(bins.size()) == dims,
               "{}: expected bins for {} dims, got {} (points {})", op, dims, bins.size(),
               x.sizes());
  GRADUS_CHECK(range.empty() || static_cast<int64_t>(range.size()) == 2 * dims,
               "{}: expected a range of {} numbers, got {}", op, 2 * dims, range.size());
  return named(op, [&]() -> Histogram {
    NoGradGuard no_grad;
    std::vector<Tensor> edges;
    for (int64_t d = 0; d < dims; ++d) {
      edges.push_back(even_edges(op, x.select(-1, d), d, bins[d], range));
    }
    Tensor counts = count_points(op, x, edges, weight, density);
    return {std::move(counts), std::move(edges)};
  });
}

Histogram count_between(const char* op, const Tensor& x, TensorList edges, const Tensor& weight,
                        bool density) {
  check_points(op, x, weight);
  const int64_t dims = x.size(-1);
  GRADUS_CHECK(static_cast<int64_t>(edges.size()) == dims,
               "{}: expected edges for {} dims, got {} (points {})", op, dims, edges.size(),
               x.sizes());
  std::vector<Tensor> kept;
  for (const Tensor& e : edges) {
    require_dense(op, "bins", e);
    GRADUS_CHECK(e.dim() == 1 && e.size(0) > 1, "{}: expected edges [n], n > 1, got shape {}", op,
                 e.sizes());
    GRADUS_CHECK_TYPE(e.dtype() == x.dtype(), "{}: expected edges of {}, got {}", op, x.dtype(),
                      e.dtype());
    kept.push_back(e.detach().clone());
  }
  return named(op, [&]() -> Histogram {
    NoGradGuard no_grad;
    return {count_points(op, x, kept, weight, density), kept};
  });
}

// x of any shape as points in one dim.
Tensor as_points(const Tensor& x) {
  check_defined("histogram", x);
  return x.detach().unsqueeze(-1);
}

}  // namespace

std::tuple<Tensor, Tensor> histogram(const Tensor& x, int64_t bins, ArrayRef<double> range,
                                     const Tensor& weight, bool density) {
  if (x.defined() && x.dim() == 0) return histogram(x.reshape({1}), bins, range, weight, density);
  auto [counts, edges] = count_evenly("histogram", as_points(x), bins, range, weight, density);
  return {counts, edges[0]};
}

std::tuple<Tensor, Tensor> histogram(const Tensor& x, const Tensor& bins, const Tensor& weight,
                                     bool density) {
  if (x.defined() && x.dim() == 0) return histogram(x.reshape({1}), bins, weight, density);
  auto [counts, edges] = count_between("histogram", as_points(x), bins, weight, density);
  return {counts, edges[0]};
}

Histogram histogramdd(const Tensor& x, IntArrayRef bins, ArrayRef<double> range,
                      const Tensor& weight, bool density) {
  return count_evenly("histogramdd", x, bins, range, weight, density);
}

Histogram histogramdd(const Tensor& x, int64_t bins, ArrayRef<double> range, const Tensor& weight,
                      bool density) {
  check_points("histogramdd", x, weight);
  const DimVector each(static_cast<size_t>(x.size(-1)), bins);
  return count_evenly("histogramdd", x, each, range, weight, density);
}

Histogram histogramdd(const Tensor& x, TensorList bins, ArrayRef<double>, const Tensor& weight,
                      bool density) {
  return count_between("histogramdd", x, bins, weight, density);
}

}  // namespace gradus
