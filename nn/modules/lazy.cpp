#include "nn/modules/lazy.h"

#include "core/factory.h"
#include "core/uninitialized.h"

namespace gradus::nn::detail {

Tensor empty_or_uninitialized(const LazyOptions& options, IntArrayRef sizes) {
  if (!options.is_lazy()) return empty(sizes);
  for (int64_t size : sizes)
    GRADUS_CHECK_VALUE(size >= 0, "lazy module: sizes must not be negative, got {}", size);
  return uninitialized();
}

void require_lazy(const Module& module, const LazyOptions& options) {
  GRADUS_CHECK_VALUE(options.is_lazy(),
                     "{}: expected lazy options, which leave out the size of the input",
                     module.name());
}

}  // namespace gradus::nn::detail
