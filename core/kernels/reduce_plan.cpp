#include "core/kernels/reduce_plan.h"

#include <limits>
#include <utility>

namespace gradus::kernel {

namespace {

// The far end of every comparison of strides.
constexpr ReducePlan::Dim kNoDim = {1, std::numeric_limits<int64_t>::max(), 0};

void sort_and_join(ReducePlan::Dims& dims, bool outputs) {
  // By insertion: stable, and there are few.
  for (size_t i = 1; i < dims.size(); ++i) {
    for (size_t j = i; j > 0 && dims[j - 1].in < dims[j].in; --j) std::swap(dims[j - 1], dims[j]);
  }
  size_t last = 0;
  for (size_t i = 1; i < dims.size(); ++i) {
    const ReducePlan::Dim& dim = dims[i];
    ReducePlan::Dim& outer = dims[last];
    if (outer.in == dim.in * dim.size && (!outputs || outer.out == dim.out * dim.size)) {
      outer = {outer.size * dim.size, dim.in, dim.out};
    } else {
      dims[++last] = dim;
    }
  }
  if (dims.empty()) {
    dims.push_back(kNoDim);
  } else {
    while (dims.size() > last + 1) dims.pop_back();
  }
}

}  // namespace

namespace {

// Saturates: the sizes beside a 0 may be of any size.
int64_t times(int64_t a, int64_t b) {
  int64_t product;
  return __builtin_mul_overflow(a, b, &product) ? std::numeric_limits<int64_t>::max() : product;
}

}  // namespace

DimVector reduced_sizes(IntArrayRef sizes, IntArrayRef dims, bool keepdim) {
  DimVector result = to_dims(sizes);
  for (int64_t dim : dims) {
    if (!sizes.empty()) result[static_cast<size_t>(dim)] = keepdim ? 1 : -1;
  }
  DimVector kept;
  for (int64_t size : result) {
    if (size >= 0) kept.push_back(size);
  }
  return kept;
}

ReducePlan plan_reduction(const Tensor& x, IntArrayRef dims) {
  ReducePlan plan;
  const IntArrayRef sizes = x.sizes(), strides = x.strides();
  InlineVector<bool, kInlineDims> is_reduced(sizes.size(), false);
  for (int64_t dim : dims) {
    if (!sizes.empty()) is_reduced[static_cast<size_t>(dim)] = true;
  }
  for (size_t i = sizes.size(); i-- > 0;) {
    if (is_reduced[i]) {
      plan.count = times(plan.count, sizes[i]);
      if (sizes[i] != 1) plan.reduced.insert(0, {sizes[i], strides[i], 0});
    } else {
      if (sizes[i] != 1) plan.kept.insert(0, {sizes[i], strides[i], plan.outputs});
      plan.outputs = times(plan.outputs, sizes[i]);
    }
  }
  if (x.numel() == 0) return plan;
  sort_and_join(plan.kept, /*outputs=*/true);
  sort_and_join(plan.reduced, /*outputs=*/false);
  plan.columns = plan.kept.back().in < plan.reduced.back().in;
  return plan;
}

}  // namespace gradus::kernel
