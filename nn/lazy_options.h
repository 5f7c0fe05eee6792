#pragma once

#include "core/array_ref.h"
#include "core/export.h"
#include "core/tensor.h"

namespace gradus::nn::detail {

// Note [Lazy modules]
// A lazy layer (nn/modules/lazy.h) is the plain one with options that leave the size of the input
// out. Its reset() registers uninitialized parameters (see Note [Uninitialized parameters]); its
// forward, while the options are lazy, infers the size from the input, makes a plain layer with it
// and takes over what that one was initialized with. load_state_dict gives uninitialized parameters
// the shapes of the state; the next forward then completes the options. The same goes for a lazy
// layer inside a model that is cloned.

/// Of options that may leave out the size of the input.
class GRADUS_API LazyOptions {
 public:
  /// Whether the size is still to be inferred.
  bool is_lazy() const noexcept { return is_lazy_; }
  void set_lazy(bool lazy) noexcept { is_lazy_ = lazy; }

 protected:
  LazyOptions() = default;

 private:
  bool is_lazy_ = false;
};

/// empty(sizes), or an uninitialized tensor where the options are lazy.
GRADUS_API Tensor empty_or_uninitialized(const LazyOptions& options, IntArrayRef sizes);

/// "Lazy" or "": the start of a class's printed name.
inline const char* lazy_prefix(const LazyOptions& options) {
  return options.is_lazy() ? "Lazy" : "";
}

}  // namespace gradus::nn::detail
