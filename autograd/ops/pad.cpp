#include "autograd/ops/pad.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "autograd/node.h"
#include "autograd/ops/copy.h"
#include "autograd/ops/gather.h"
#include "autograd/ops/internal/autocast.h"
#include "autograd/ops/internal/resampled.h"
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

// Which element of a dim of n stands at place i, which may lie outside.
int64_t element_at(EdgeMode mode, int64_t i, int64_t n) {
  switch (mode) {
    case EdgeMode::Reflect:
      return i < 0 ? -i : i < n ? i : 2 * (n - 1) - i;
    case EdgeMode::Circular:
      return i < 0 ? i + n : i < n ? i : i - n;
    case EdgeMode::Replicate:
      break;
  }
  return std::clamp<int64_t>(i, 0, n - 1);
}

// x with edges along one dim; before, after >= 0.
Tensor extend(const char* op, EdgeMode mode, const Tensor& x, int64_t dim, int64_t before,
              int64_t after) {
  if (before == 0 && after == 0) return x;
  const int64_t n = x.sizes()[dim];
  std::vector<int64_t> places;
  for (int64_t i = -before; i < n + after; ++i) places.push_back(element_at(mode, i, n));
  if (!x.is_floating_point()) return index_select(x, dim, tensor(places));
  auto taps = std::make_shared<kernel::ResampleTaps>();
  taps->in = n;
  taps->out = before + n + after;
  for (int64_t i = 0; i < taps->out; ++i) taps->first.push_back(i + 1);
  taps->weights.assign(places.size(), 1.0);
  taps->places = std::move(places);
  return resampled(op, x, dim, taps);
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

Tensor pad(const Tensor& x, IntArrayRef padding, std::string_view mode,
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
