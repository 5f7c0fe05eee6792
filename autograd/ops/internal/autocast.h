#pragma once

// How an op takes part in autocast: one line before its checks, which costs one branch where
// autocast is off, calls the op again on cast operands with autocast off.
//
//     if (autocast::is_on()) return autocast::lower_precision(mm, a, b);

#include <utility>
#include <vector>

#include "autograd/autocast.h"
#include "core/tensor.h"

namespace gradus::autocast {

// Initial-exec: one instruction to reach, where the default model of a shared library calls a
// function.
extern constinit thread_local bool enabled_here __attribute__((tls_model("initial-exec")));

inline bool is_on() {
  return enabled_here;
}

/// No autocast in this scope.
class Pause {
 public:
  Pause() { enabled_here = false; }
  ~Pause() { enabled_here = before_; }
  Pause(const Pause&) = delete;
  Pause& operator=(const Pause&) = delete;

 private:
  bool before_ = enabled_here;
};

/// x in `dtype` where it is floating-point, but not float64. See Note [Cached casts].
Tensor cast(const Tensor& x, ScalarType dtype);

namespace detail {

inline Tensor cast_argument(const Tensor& x, ScalarType dtype) {
  return cast(x, dtype);
}
inline std::vector<Tensor> cast_argument(const TensorList& list, ScalarType dtype) {
  std::vector<Tensor> tensors;
  tensors.reserve(list.size());
  for (const Tensor& x : list) tensors.push_back(cast(x, dtype));
  return tensors;
}
template <class T>
const T& cast_argument(const T& argument, ScalarType) {
  return argument;
}

}  // namespace detail

/// op(args...) with all tensors among the arguments cast to `dtype`, without autocast inside.
template <class Op, class... Args>
auto call_in(ScalarType dtype, Op&& op, const Args&... args) {
  const Pause pause;
  return std::forward<Op>(op)(detail::cast_argument(args, dtype)...);
}

template <class Op, class... Args>
auto lower_precision(Op&& op, const Args&... args) {
  return call_in(get_autocast_dtype(), std::forward<Op>(op), args...);
}

template <class Op, class... Args>
auto in_float32(Op&& op, const Args&... args) {
  return call_in(kFloat, std::forward<Op>(op), args...);
}

}  // namespace gradus::autocast
