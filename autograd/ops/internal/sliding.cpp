#include "autograd/ops/internal/sliding.h"

#include <limits>

namespace gradus {

void check_pooled_dtype(const char* op, const Tensor& x, Integers integers) {
  const bool whole = integers == Integers::All    ? is_integral(x.dtype(), /*include_bool=*/false)
                     : integers == Integers::Long ? x.dtype() == kLong
                                                  : false;
  GRADUS_CHECK_TYPE(x.is_floating_point() || whole, "{}: not implemented for {}", op, x.dtype());
}

int64_t saturating(int64_t a, int64_t times, int64_t plus) {
  int64_t product = 0, sum = 0;
  if (__builtin_mul_overflow(a, times, &product) || __builtin_add_overflow(product, plus, &sum)) {
    return std::numeric_limits<int64_t>::max();
  }
  return sum;
}

int64_t pooled_size(const char* op, const Tensor& x, const SlidingDim& d, bool ceil_mode) {
  GRADUS_CHECK_VALUE(d.kernel > 0, "{}: kernel_size must be greater than zero, got {}", op,
                     d.kernel);
  GRADUS_CHECK_VALUE(d.stride > 0, "{}: stride must be greater than zero, got {}", op, d.stride);
  GRADUS_CHECK_VALUE(d.dilation > 0, "{}: dilation must be greater than zero, got {}", op,
                     d.dilation);
  const int64_t extent = saturating(d.kernel - 1, d.dilation, 1);
  GRADUS_CHECK_VALUE(d.padding >= 0 && d.padding <= extent / 2,
                     "{}: padding must be non-negative and at most half of the window, got "
                     "padding {} for a window of {}",
                     op, d.padding, extent);
  const int64_t room = saturating(d.padding, 2, d.in);
  GRADUS_CHECK_VALUE(extent <= room,
                     "{}: the window of {} is larger than the padded input of {} (input {})", op,
                     extent, room, x.sizes());
  const int64_t out = (room - extent) / d.stride + 1;
  const bool rounds_up = ceil_mode && (room - extent) % d.stride != 0 &&
                         saturating(out, d.stride, 0) < d.in + d.padding;
  return rounds_up ? out + 1 : out;
}

}  // namespace gradus
