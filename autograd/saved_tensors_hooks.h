#pragma once

#include <utility>

#include "core/callable.h"
#include "core/tensor.h"

namespace gradus::autograd {

/// While it lives, ops of this thread keep `pack(x)` for backward instead of each tensor x that
/// they save, and backward works with `unpack` of that: activations on disk, in another dtype, or
/// computed again. Where several are nested the innermost acts.
///
///     autograd::SavedTensorsHooks guard([](const Tensor& x) { return x.to(kBFloat16); },
///                                       [](const Tensor& x) { return x.to(kFloat); });
///
/// @param pack    called once for each saved tensor, in forward; x has no history and must not be
///                written to. May return anything.
/// @param unpack  called with what pack returned each time that backward needs the tensor; returns
///                one of the shape and dtype of x. Writes to what was saved are not noticed.
/// Both run with grad mode off.
class GRADUS_API SavedTensorsHooks {
 public:
  /// Turns a tensor into a function that gives it back.
  using Packer = Callable<Callable<Tensor()>(const Tensor&)>;

  template <class Pack, class Unpack>
  SavedTensorsHooks(Pack pack, Unpack unpack)
      : SavedTensorsHooks(Packer([pack = std::move(pack), unpack = std::move(unpack)](
                                     const Tensor& x) mutable -> Callable<Tensor()> {
          return [packed = pack(x), unpack]() mutable -> Tensor { return unpack(packed); };
        })) {}
  explicit SavedTensorsHooks(Packer pack);
  ~SavedTensorsHooks();
  SavedTensorsHooks(const SavedTensorsHooks&) = delete;
  SavedTensorsHooks& operator=(const SavedTensorsHooks&) = delete;

  /// What the innermost hooks of this thread make of `x`, and x itself where there are none.
  static Callable<Tensor()> pack(const Tensor& x);
  /// Whether this thread has hooks.
  static bool any();

 private:
  Packer pack_;
  SavedTensorsHooks* outer_;
};

/// Does nothing, since everything is on the CPU; for programs written for PyTorch.
class SaveOnCpu {
 public:
  explicit SaveOnCpu(bool pin_memory = false) { static_cast<void>(pin_memory); }
};

}  // namespace gradus::autograd
