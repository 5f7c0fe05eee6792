#pragma once

#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "autograd/saved_tensors_hooks.h"
#include "core/callable.h"
#include "core/tensor.h"

namespace gradus::autograd {

/// How checkpoint() computes again.
struct CheckpointOptions {
  /// Computes again with the random numbers of forward (of the default generator), so that dropout
  /// drops the same. Costs next to nothing.
  bool preserve_rng_state = true;
};

/// While it lives, what ops save is dropped; backward calls `replay` to get it back. The part of
/// checkpoint() that does not depend on the function.
class GRADUS_API CheckpointScope {
 public:
  /// Computes the same on these inputs once more.
  using Replay = Callable<void(const std::vector<Tensor>& inputs)>;

  CheckpointScope(const CheckpointOptions& options, const std::vector<Tensor>& inputs,
                  Replay replay);
  ~CheckpointScope();
  CheckpointScope(const CheckpointScope&) = delete;
  CheckpointScope& operator=(const CheckpointScope&) = delete;

 private:
  std::optional<SavedTensorsHooks> hooks_;
  std::shared_ptr<bool> in_forward_;
};

namespace detail {

// The tensors among the arguments of a checkpointed function are kept apart from the others.
template <class T>
T take_tensors(const T& argument, std::vector<Tensor>&) {
  return argument;
}
inline Tensor take_tensors(const Tensor& argument, std::vector<Tensor>& tensors) {
  tensors.push_back(argument);
  return {};
}
inline std::vector<Tensor> take_tensors(const std::vector<Tensor>& argument,
                                        std::vector<Tensor>& tensors) {
  tensors.insert(tensors.end(), argument.begin(), argument.end());
  return std::vector<Tensor>(argument.size());
}

template <class T>
T put_tensors(const T& argument, const Tensor*&) {
  return argument;
}
inline Tensor put_tensors(const Tensor&, const Tensor*& next) {
  return *next++;
}
inline std::vector<Tensor> put_tensors(const std::vector<Tensor>& argument, const Tensor*& next) {
  const Tensor* const first = next;
  next += argument.size();
  return std::vector<Tensor>(first, next);
}

}  // namespace detail

/// `f(inputs...)` without keeping what its ops save for backward: backward calls f once more to
/// compute it again. A network in k checkpointed parts of n layers needs the memory of n layers and
/// the inputs of k parts, for a second forward.
///
///     Tensor y = autograd::checkpoint([this](const Tensor& x) { return block->forward(x); }, x);
///
/// Everything that backward() and grad() do works: parameters that f captures, higher derivatives,
/// checkpoints inside of f. f must compute the same both times; what it changes (running
/// statistics) it changes twice. It is kept until the graph is freed: what it captures by reference
/// must live that long. Inputs may be tensors, vectors of them, or anything else that can be
/// copied. See PyTorch's torch.utils.checkpoint (use_reentrant=False).
/// @throws Error in backward, where an input was written to in place since, or f saved other
/// tensors than in forward
template <class F, class... Inputs,
          class = std::enable_if_t<std::is_invocable_v<F&, const Inputs&...>>>
std::invoke_result_t<F&, const Inputs&...> checkpoint(const CheckpointOptions& options, F f,
                                                      const Inputs&... inputs) {
  auto shared = std::make_shared<F>(std::move(f));
  std::vector<Tensor> tensors;
  // Braces, unlike parentheses, evaluate from left to right.
  std::tuple<Inputs...> others{detail::take_tensors(inputs, tensors)...};
  CheckpointScope scope(
      options, tensors, [shared, others = std::move(others)](const std::vector<Tensor>& again) {
        const Tensor* next = again.data();
        std::apply(
            [&](const Inputs&... other) {
              const std::tuple<Inputs...> arguments{detail::put_tensors(other, next)...};
              static_cast<void>(std::apply(*shared, arguments));
            },
            others);
      });
  return (*shared)(inputs...);
}

template <class F, class... Inputs,
          class = std::enable_if_t<std::is_invocable_v<F&, const Inputs&...>>>
std::invoke_result_t<F&, const Inputs&...> checkpoint(F f, const Inputs&... inputs) {
  return checkpoint(CheckpointOptions(), std::move(f), inputs...);
}

/// The functions one after the other, in `segments` parts of equal length, all but the last of
/// which are checkpointed.
/// @throws ValueError for segments < 1 or more than functions
GRADUS_API Tensor
checkpoint_sequential(const std::vector<Callable<Tensor(const Tensor&)>>& functions,
                      int64_t segments, const Tensor& input, const CheckpointOptions& options = {});

}  // namespace gradus::autograd
