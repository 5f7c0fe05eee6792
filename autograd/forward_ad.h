#pragma once

#include "core/tensor.h"

/// Forward mode with dual numbers: Python's torch.autograd.forward_ad.
///
///     forward_ad::DualLevel level;
///     const Tensor x = forward_ad::make_dual(primal, tangent);
///     const auto [y, dy] = forward_ad::unpack_dual(f(x));  // dy: the derivative along tangent
///
/// Works for each op that is differentiable twice: what happens to a dual is recorded, and
/// unpack_dual takes the tangent from two backwards. So other than in PyTorch a dual requires grad,
/// grad mode must be on between make_dual and unpack_dual, and it is unpack_dual that takes the
/// time.
namespace gradus::autograd::forward_ad {

/// While it lives, this thread can make duals; tangents end with it. Levels cannot be nested.
class GRADUS_API DualLevel {
 public:
  /// @throws Error where there is a level already
  DualLevel();
  ~DualLevel();
  DualLevel(const DualLevel&) = delete;
  DualLevel& operator=(const DualLevel&) = delete;
};

/// What unpack_dual gives.
struct UnpackedDual {
  Tensor primal;   ///< the value; without history unless some leaf that requires grad led to it
  Tensor tangent;  ///< undefined where the tensor does not depend on a dual
};

/// The value `tensor` that changes along `tangent`, which has its shape and dtype. Gradients by
/// `tensor` flow through it.
/// @throws Error outside of a level, without grad mode, where shapes differ
GRADUS_API Tensor make_dual(const Tensor& tensor, const Tensor& tangent);

/// The value and the tangent of what was computed from duals. The tangent has history where the
/// primal has, and where the tangents of make_dual have.
/// @throws Error outside of a level
GRADUS_API UnpackedDual unpack_dual(const Tensor& tensor);

}  // namespace gradus::autograd::forward_ad
