#include "autograd/ops/pad.h"

#include <algorithm>
#include <utility>

#include "autograd/node.h"
#include "autograd/ops/copy.h"
#include "autograd/ops/internal/autocast.h"
#include "autograd/ops/join.h"
#include "core/factory.h"
#include "core/shape.h"
#include "core/watch/record_scope.h"

namespace gradus {

namespace {

int64_t padded_size(const char* op, const Tensor& x, int64_t dim, int64_t before, int64_t after) {
  int64_t size = 0;
  const bool overflow = __builtin_add_overflow(x.sizes()[dim], before, &size) ||
                        __builtin_add_overflow(size, after, &size);
  GRADUS_CHECK_VALUE(!overflow && size >= 0,
                     "{}: dim {} of size {} cannot be padded with {} and {} (input {})", op, dim,
                     x.sizes()[dim], before, after, x.sizes());
  return size;
}

}  // namespace

Tensor constant_pad_nd(const Tensor& x, IntArrayRef padding, const Scalar& value) {
  const char* const op = "constant_pad_nd";
  const OpScope scope(op);
  require_tensors(op, x);
  const auto pairs = static_cast<int64_t>(padding.size() / 2);
  GRADUS_CHECK_VALUE(padding.size() % 2 == 0, "{}: padding must hold pairs, got {} numbers", op,
                     padding.size());
  GRADUS_CHECK_VALUE(pairs <= x.dim(), "{}: padding for {} dims, but the input has shape {}", op,
                     pairs, x.sizes());
  DimVector sizes = to_dims(x.sizes()), opposite;
  for (int64_t i = 0; i < pairs; ++i) {
    const int64_t dim = x.dim() - 1 - i;
    sizes[dim] = padded_size(op, x, dim, padding[2 * i], padding[2 * i + 1]);
  }
  checked_numel(op, sizes);
  Tensor y = empty(sizes, x.options(), x.suggest_memory_format());
  bool nothing_stays = false;
  {
    NoGradGuard no_grad;
    y.fill_(value);
    // What of x stays, and where it goes.
    Tensor from = x.detach(), to = y;
    for (int64_t i = 0; i < pairs; ++i) {
      const int64_t dim = x.dim() - 1 - i, before = padding[2 * i], after = padding[2 * i + 1];
      const int64_t kept =
          x.sizes()[dim] + std::min<int64_t>(before, 0) + std::min<int64_t>(after, 0);
      nothing_stays = kept <= 0;
      if (nothing_stays) break;
      from = from.narrow(dim, std::max<int64_t>(-before, 0), kept);
      to = to.narrow(dim, std::max<int64_t>(before, 0), kept);
    }
    if (!nothing_stays) to.copy_(from);
  }
  if (nothing_stays)
    return record(op, {x}, std::move(y), [from = to_dims(x.sizes())](const Tensor& dy) -> Grads {
      return {zeros(from, dy.options())};
    });
  for (int64_t p : padding) opposite.push_back(-p);
  return record(op, {x}, std::move(y),
                [opposite](const Tensor& dy) -> Grads { return {constant_pad_nd(dy, opposite)}; });
}

namespace {

enum class EdgeMode : uint8_t { Reflect, Replicate, Circular };

// What is put before (or behind) the elements of x, `count` of them, along dim.
Tensor edge_of(EdgeMode mode, const Tensor& x, int64_t dim, int64_t count, bool behind) {
  const int64_t n = x.sizes()[dim];
  switch (mode) {
    case EdgeMode::Reflect:
      return x.narrow(dim, behind ? n - 1 - count : 1, count).flip(dim);
    case EdgeMode::Circular:
      return x.narrow(dim, behind ? 0 : n - count, count);
    case EdgeMode::Replicate:
      break;
  }
  DimVector sizes = to_dims(x.sizes());
  sizes[dim] = count;
  return x.narrow(dim, behind ? n - 1 : 0, 1).expand(sizes);
}

// The adjoint: adds the gradient of the edge to that of x.
void add_edge_gradient(EdgeMode mode, Tensor dx, const Tensor& dedge, int64_t dim, bool behind) {
  const int64_t n = dx.sizes()[dim], count = dedge.sizes()[dim];
  switch (mode) {
    case EdgeMode::Reflect:
      dx.narrow(dim, behind ? n - 1 - count : 1, count).add_(dedge.flip(dim));
      return;
    case EdgeMode::Circular:
      dx.narrow(dim, behind ? 0 : n - count, count).add_(dedge);
      return;
    case EdgeMode::Replicate:
      dx.narrow(dim, behind ? n - 1 : 0, 1).add_(dedge.sum(dim, /*keepdim=*/true));
      return;
  }
}

Tensor extend_backward(const char* op, EdgeMode mode, const Tensor& dy, int64_t dim, int64_t before,
                       int64_t after);

// x with edges along one dim; before, after >= 0.
Tensor extend(const char* op, EdgeMode mode, const Tensor& x, int64_t dim, int64_t before,
              int64_t after) {
  const OpScope scope(op);
  if (before == 0 && after == 0) return x;
  Tensor y;
  {
    NoGradGuard no_grad;
    std::vector<Tensor> parts;
    if (before > 0) parts.push_back(edge_of(mode, x, dim, before, /*behind=*/false));
    parts.push_back(x);
    if (after > 0) parts.push_back(edge_of(mode, x, dim, after, /*behind=*/true));
    y = cat(parts, dim);
  }
  return record(op, {x}, std::move(y), [=](const Tensor& dy) -> Grads {
    return {extend_backward(op, mode, dy, dim, before, after)};
  });
}

Tensor extend_backward(const char* op, EdgeMode mode, const Tensor& dy, int64_t dim, int64_t before,
                       int64_t after) {
  const OpScope scope(op);
  Tensor dx;
  {
    NoGradGuard no_grad;
    const int64_t n = dy.sizes()[dim] - before - after;
    dx = dy.narrow(dim, before, n).clone();
    if (before > 0) add_edge_gradient(mode, dx, dy.narrow(dim, 0, before), dim, /*behind=*/false);
    if (after > 0)
      add_edge_gradient(mode, dx, dy.narrow(dim, before + n, after), dim, /*behind=*/true);
  }
  return record(op, {dy}, std::move(dx), [=](const Tensor& g) -> Grads {
    return {extend(op, mode, g, dim, before, after)};
  });
}

// Pads the last `rank` dims; the input has rank + 1 or rank + 2 of them.
Tensor pad_edges(const char* op, EdgeMode mode, const Tensor& x, IntArrayRef padding,
                 int64_t rank) {
  if (autocast::is_on()) return autocast::in_float32(pad_edges, op, mode, x, padding, rank);
  require_tensors(op, x);
  GRADUS_CHECK_VALUE(static_cast<int64_t>(padding.size()) == 2 * rank,
                     "{}: padding must hold {} numbers, got {}", op, 2 * rank, padding.size());
  GRADUS_CHECK(x.dim() == rank + 1 || x.dim() == rank + 2,
               "{}: expected an input of {} or {} dims, got shape {}", op, rank + 1, rank + 2,
               x.sizes());
  for (int64_t dim = x.dim() == rank + 1 ? 0 : 1; dim < x.dim(); ++dim) {
    GRADUS_CHECK_VALUE(x.sizes()[dim] > 0, "{}: only the batch may be empty, got input {}", op,
                       x.sizes());
  }
  DimVector sizes = to_dims(x.sizes());
  for (int64_t i = 0; i < rank; ++i) {
    const int64_t dim = x.dim() - 1 - i, n = x.sizes()[dim];
    const int64_t before = padding[2 * i], after = padding[2 * i + 1];
    sizes[dim] = padded_size(op, x, dim, before, after);
    GRADUS_CHECK_VALUE(sizes[dim] > 0,
                       "{}: nothing is left of dim {} under padding {} and {} (input {})", op, dim,
                       before, after, x.sizes());
    if (mode == EdgeMode::Reflect) {
      GRADUS_CHECK_VALUE(before < n && after < n,
                         "{}: padding must be less than the size of its dim, got {} and {} at dim "
                         "{} of input {}",
                         op, before, after, dim, x.sizes());
    } else if (mode == EdgeMode::Circular) {
      // The ring closes around what is not cut off.
      const int64_t kept = n + std::min<int64_t>(before, 0) + std::min<int64_t>(after, 0);
      GRADUS_CHECK_VALUE(kept > 0 && before <= kept && after <= kept,
                         "{}: padding must not wrap around more than once, got {} and {} at dim {} "
                         "of input {}",
                         op, before, after, dim, x.sizes());
    }
  }
  checked_numel(op, sizes);
  Tensor y = x;
  for (int64_t i = 0; i < rank; ++i) {
    const int64_t dim = x.dim() - 1 - i, before = padding[2 * i], after = padding[2 * i + 1];
    const int64_t front = std::max<int64_t>(before, 0), back = std::max<int64_t>(after, 0);
    const int64_t start = std::max<int64_t>(-before, 0);
    const bool cut = before < 0 || after < 0;
    if (mode == EdgeMode::Circular) {
      if (cut) y = y.narrow(dim, start, sizes[dim] - front - back);
      y = extend(op, mode, y, dim, front, back);
    } else {
      // Edges come from the whole input, also where its other side is cut off.
      y = extend(op, mode, y, dim, front, back);
      if (cut) y = y.narrow(dim, start, sizes[dim]);
    }
  }
  return y.is_view() || y.is_same(x) ? y.clone() : y;
}

}  // namespace

Tensor reflection_pad1d(const Tensor& x, IntArrayRef padding) {
  return pad_edges("reflection_pad1d", EdgeMode::Reflect, x, padding, 1);
}
Tensor reflection_pad2d(const Tensor& x, IntArrayRef padding) {
  return pad_edges("reflection_pad2d", EdgeMode::Reflect, x, padding, 2);
}
Tensor reflection_pad3d(const Tensor& x, IntArrayRef padding) {
  return pad_edges("reflection_pad3d", EdgeMode::Reflect, x, padding, 3);
}
Tensor replication_pad1d(const Tensor& x, IntArrayRef padding) {
  return pad_edges("replication_pad1d", EdgeMode::Replicate, x, padding, 1);
}
Tensor replication_pad2d(const Tensor& x, IntArrayRef padding) {
  return pad_edges("replication_pad2d", EdgeMode::Replicate, x, padding, 2);
}
Tensor replication_pad3d(const Tensor& x, IntArrayRef padding) {
  return pad_edges("replication_pad3d", EdgeMode::Replicate, x, padding, 3);
}

Tensor pad(const Tensor& x, IntArrayRef padding, const std::string& mode,
           std::optional<double> value) {
  require_tensors("pad", x);
  GRADUS_CHECK_VALUE(padding.size() % 2 == 0, "pad: padding must hold pairs, got {} numbers",
                     padding.size());
  if (mode == "constant") {
    GRADUS_CHECK_VALUE(static_cast<int64_t>(padding.size()) <= 2 * x.dim(),
                       "pad: {} numbers of padding for input {}", padding.size(), x.sizes());
    return constant_pad_nd(x, padding, value.value_or(0));
  }
  const bool reflect = mode == "reflect", circular = mode == "circular";
  GRADUS_CHECK_VALUE(reflect || circular || mode == "replicate",
                     "pad: mode must be constant, reflect, replicate or circular, got '{}'", mode);
  GRADUS_CHECK_VALUE(!value || *value == 0, "pad: mode '{}' takes no value, got {}", mode, *value);
  const auto rank = static_cast<int64_t>(padding.size() / 2);
  GRADUS_CHECK_AS(NotImplementedError,
                  rank >= 1 && rank <= 3 && (x.dim() == rank + 1 || x.dim() == rank + 2),
                  "pad: mode '{}' pads the last 1 to 3 dims of an input with one or two more; got "
                  "{} numbers of padding and input {}",
                  mode, padding.size(), x.sizes());
  return pad_edges("pad",
                   reflect    ? EdgeMode::Reflect
                   : circular ? EdgeMode::Circular
                              : EdgeMode::Replicate,
                   x, padding, rank);
}

}  // namespace gradus
