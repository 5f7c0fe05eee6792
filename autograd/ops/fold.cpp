#include "autograd/ops/fold.h"

#include <array>
#include <utility>

#include "autograd/node.h"
#include "autograd/ops/shape.h"
#include "core/kernels/fold.h"
#include "core/shape.h"
#include "core/watch/record_scope.h"

namespace gradus {

using kernel::FoldGeometry;

namespace {

using Pair = std::array<int64_t, 2>;

Pair pair(const char* op, const char* argument, IntArrayRef values, int64_t least) {
  GRADUS_CHECK_VALUE(values.size() == 1 || values.size() == 2,
                     "{}: {} must be one number or two, got {}", op, argument, values);
  for (int64_t value : values) {
    GRADUS_CHECK_VALUE(value >= least, "{}: {} must be at least {}, got {}", op, argument, least,
                       values);
  }
  return {values.front(), values.back()};
}

FoldGeometry geometry_of(const char* op, Pair in, IntArrayRef kernel_size, IntArrayRef dilation,
                         IntArrayRef padding, IntArrayRef stride) {
  FoldGeometry g;
  g.in = in;
  g.kernel = pair(op, "kernel_size", kernel_size, 1);
  g.dilation = pair(op, "dilation", dilation, 1);
  g.padding = pair(op, "padding", padding, 0);
  g.stride = pair(op, "stride", stride, 1);
  for (size_t i = 0; i < 2; ++i) {
    int64_t reach = 0, room = 0;
    const bool overflow = __builtin_mul_overflow(g.kernel[i] - 1, g.dilation[i], &reach) ||
                          __builtin_mul_overflow(g.padding[i], int64_t{2}, &room) ||
                          __builtin_add_overflow(room, in[i], &room);
    GRADUS_CHECK_VALUE(
        !overflow && reach < room,
        "{}: the kernel {} with dilation {} must not be larger than the padded image "
        "{} (padding {})",
        op, kernel_size, dilation, IntArrayRef(in.data(), 2), padding);
    g.out[i] = (room - reach - 1) / g.stride[i] + 1;
  }
  return g;
}

Tensor fold(const Tensor& x, const FoldGeometry& g);

// x is [planes, in0, in1].
Tensor unfold_windows(const Tensor& x, const FoldGeometry& g) {
  const OpScope scope("im2col");
  return record("im2col", {x}, kernel::im2col(x.detach().contiguous(), g),
                [g](const Tensor& dy) -> Grads { return {fold(dy, g)}; });
}

// x is [planes, kernel, windows].
Tensor fold(const Tensor& x, const FoldGeometry& g) {
  const OpScope scope("col2im");
  return record("col2im", {x}, kernel::col2im(x.detach().contiguous(), g),
                [g](const Tensor& dy) -> Grads { return {unfold_windows(dy, g)}; });
}

void check_input(const char* op, const Tensor& x, int64_t rank) {
  require_tensors(op, x);
  GRADUS_CHECK(x.dim() == rank || x.dim() == rank - 1,
               "{}: expected an input of {} dims, or {} without a batch, got {}", op, rank,
               rank - 1, x.sizes());
  GRADUS_CHECK_TYPE(x.is_floating_point(), "{}: not implemented for {}", op, x.dtype());
  for (int64_t dim = x.dim() - rank + 1; dim < x.dim(); ++dim) {
    GRADUS_CHECK(x.size(dim) > 0, "{}: expected sizes beside the batch to be positive, got {}", op,
                 x.sizes());
  }
}

}  // namespace

Tensor im2col(const Tensor& x, IntArrayRef kernel_size, IntArrayRef dilation, IntArrayRef padding,
              IntArrayRef stride) {
  const OpScope scope("im2col");
  const char* const op = "im2col";
  check_input(op, x, 4);
  if (x.dim() == 3) {
    return squeeze(im2col(unsqueeze(x, 0), kernel_size, dilation, padding, stride), 0);
  }
  const FoldGeometry g =
      geometry_of(op, {x.size(2), x.size(3)}, kernel_size, dilation, padding, stride);
  const int64_t rows = checked_numel(op, {x.size(1), g.kernel[0], g.kernel[1]});
  const int64_t windows = checked_numel(op, {g.out[0], g.out[1]});
  checked_numel(op, {x.size(0), rows, windows});
  const Tensor y = unfold_windows(reshape(x, {x.size(0) * x.size(1), x.size(2), x.size(3)}), g);
  return reshape(y, {x.size(0), rows, windows});
}

Tensor col2im(const Tensor& x, IntArrayRef output_size, IntArrayRef kernel_size,
              IntArrayRef dilation, IntArrayRef padding, IntArrayRef stride) {
  const OpScope scope("col2im");
  const char* const op = "col2im";
  check_input(op, x, 3);
  if (x.dim() == 2) {
    return squeeze(col2im(unsqueeze(x, 0), output_size, kernel_size, dilation, padding, stride), 0);
  }
  const Pair out = pair(op, "output_size", output_size, 1);
  const FoldGeometry g = geometry_of(op, out, kernel_size, dilation, padding, stride);
  const int64_t kernel = checked_numel(op, {g.kernel[0], g.kernel[1]});
  const int64_t windows = checked_numel(op, {g.out[0], g.out[1]});
  GRADUS_CHECK_VALUE(x.size(1) % kernel == 0 && x.size(2) == windows,
                     "{}: expected columns of a multiple of {} rows for {} windows, got {}", op,
                     kernel, windows, x.sizes());
  const int64_t channels = x.size(1) / kernel;
  checked_numel(op, {x.size(0), channels, out[0], out[1]});
  const Tensor y = fold(reshape(x, {x.size(0) * channels, kernel, windows}), g);
  return reshape(y, {x.size(0), channels, out[0], out[1]});
}

}  // namespace gradus
