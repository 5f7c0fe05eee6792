#include "nn/internal/edge_pad.h"

#include <vector>

#include "autograd/ops/arrange.h"
#include "autograd/ops/join.h"
#include "autograd/ops/shape.h"
#include "core/shape.h"

namespace gradus::nn {

namespace {

// `count` elements that stand before x along dim, or behind it.
Tensor edge(const Tensor& x, int64_t dim, int64_t count, bool behind, const ConvPaddingMode& mode) {
  const int64_t size = x.size(dim);
  if (std::holds_alternative<enumtype::kCircular>(mode)) {
    return narrow(x, dim, behind ? 0 : size - count, count);
  }
  if (std::holds_alternative<enumtype::kReflect>(mode)) {
    return flip(narrow(x, dim, behind ? size - 1 - count : 1, count), dim);
  }
  DimVector sizes = to_dims(x.sizes());
  sizes[static_cast<size_t>(wrap_dim("pad", dim, x.dim()))] = count;
  checked_numel("pad", sizes);
  return expand(narrow(x, dim, behind ? size - 1 : 0, 1), sizes);
}

}  // namespace

Tensor edge_pad(const char* op, Tensor x, IntArrayRef before, IntArrayRef after,
                const ConvPaddingMode& mode) {
  const auto dims = static_cast<int64_t>(before.size());
  for (int64_t i = 0; i < dims; ++i) {
    const int64_t dim = i - dims, size = x.size(dim);
    const int64_t front = before[static_cast<size_t>(i)], back = after[static_cast<size_t>(i)];
    const int64_t most = std::holds_alternative<enumtype::kCircular>(mode)  ? size
                         : std::holds_alternative<enumtype::kReflect>(mode) ? size - 1
                         : size > 0                                         ? INT64_MAX
                                                                            : 0;
    GRADUS_CHECK_VALUE(front <= most && back <= most,
                       "{}: padding {} and {} is too large for dim {} of input {}", op, front, back,
                       dim, x.sizes());
    std::vector<Tensor> parts;
    if (front > 0) parts.push_back(edge(x, dim, front, /*behind=*/false, mode));
    parts.push_back(x);
    if (back > 0) parts.push_back(edge(x, dim, back, /*behind=*/true, mode));
    if (parts.size() > 1) x = cat(parts, dim);
  }
  return x;
}

}  // namespace gradus::nn
