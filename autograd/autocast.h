#pragma once

#include "core/device.h"
#include "core/dtype.h"
#include "core/export.h"

namespace gradus {

/// Mixed precision in this scope, as Python's torch.autocast("cpu", dtype): products and
/// convolutions cast their operands to `dtype` and return it, losses compute in float32, cat and
/// its like in the widest dtype that they are given, all others in the dtypes that come.
///
///     Tensor loss;
///     {
///       AutocastGuard guard(kBFloat16);
///       loss = cross_entropy(net->forward(x), y);
///     }
///     loss.backward();  // the gradients of float32 parameters are float32
///
/// Casts are recorded ops. float64, integers, in-place and out= forms are left alone. Guards nest,
/// also with `enabled` false for a part that is to stay as it is; they concern this thread only.
/// backward() runs without autocast, in the dtypes of forward; where checkpoint() computes again,
/// it is in the state of forward. The dtypes of all ops: autograd/README.md.
//
// Note [Cached casts]
// A leaf that requires grad, float32 and no view, is cast once until the outermost guard ends. What
// is cached is taken only where the parameter has the version and the elements it was cast from,
// and grad mode is what it was: a cast made under no_grad has no history. Writing through data(),
// which has versions of its own, goes unseen: call autocast::clear_cache() after it.
class GRADUS_API AutocastGuard {
 public:
  /// @throws ValueError where enabled and dtype is neither kBFloat16 nor kHalf
  explicit AutocastGuard(ScalarType dtype = kBFloat16, bool enabled = true,
                         bool cache_enabled = true);
  ~AutocastGuard();
  AutocastGuard(const AutocastGuard&) = delete;
  AutocastGuard& operator=(const AutocastGuard&) = delete;

 private:
  ScalarType dtype_;  // what was before
  bool enabled_, cache_enabled_;
};

/// libtorch's at::autocast: the state of this thread by hand. Prefer AutocastGuard, which puts the
/// former state back.
namespace autocast {

GRADUS_API bool is_autocast_enabled(DeviceType device = kCPU);
/// @throws NotImplementedError for a device other than kCPU, which is never enabled
GRADUS_API void set_autocast_enabled(DeviceType device, bool enabled);
inline void set_autocast_enabled(bool enabled) {
  set_autocast_enabled(kCPU, enabled);
}

/// What products are computed in: kBFloat16 unless it was set.
GRADUS_API ScalarType get_autocast_dtype(DeviceType device = kCPU);
/// @throws ValueError unless dtype is kBFloat16 or kHalf
GRADUS_API void set_autocast_dtype(DeviceType device, ScalarType dtype);
inline ScalarType get_autocast_cpu_dtype() {
  return get_autocast_dtype(kCPU);
}
inline void set_autocast_cpu_dtype(ScalarType dtype) {
  set_autocast_dtype(kCPU, dtype);
}

/// Casts of parameters are kept while the nesting is above 0. @return the nesting afterwards
GRADUS_API int increment_nesting();
GRADUS_API int decrement_nesting();
/// Drops the casts that are kept. See Note [Cached casts].
GRADUS_API void clear_cache();
GRADUS_API bool is_autocast_cache_enabled();
GRADUS_API void set_autocast_cache_enabled(bool enabled);

}  // namespace autocast
}  // namespace gradus
