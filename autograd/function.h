#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <vector>

#include "autograd/grad_mode.h"
#include "autograd/node.h"
#include "core/hidden.h"
#include "core/ivalue.h"
#include "core/tensor.h"

namespace gradus::autograd {

/// What a Function's forward hands to its backward.
class GRADUS_API AutogradContext {
 public:
  /// Keeps tensors (inputs, outputs or others) for backward. Called once, in forward.
  void save_for_backward(std::vector<Tensor> tensors);
  /// What was saved. @throws Error where one was written to in place since, or the graph was freed
  std::vector<Tensor> get_saved_variables() const;
  /// Anything else to keep. Tensors belong into save_for_backward: here they would keep the graph
  /// alive.
  std::map<std::string, IValue> saved_data;
  /// Says that forward wrote to these inputs in place; they must be among its outputs.
  void mark_dirty(const std::vector<Tensor>& inputs);
  /// Says that no gradient flows through these outputs.
  void mark_non_differentiable(const std::vector<Tensor>& outputs);
  /// Whether backward gets zeros (true, the default) or undefined tensors for outputs that got no
  /// gradient.
  void set_materialize_grads(bool value) { materialize_grads_ = value; }
  /// Whether the gradient of a tensor that forward took is asked for; `index` counts the arguments
  /// that are tensors.
  bool needs_input_grad(size_t index) const;

 private:
  friend struct FunctionCall;

  std::vector<Tensor> to_save_;
  std::vector<Tensor> dirty_, non_differentiable_;
  const SavedList* saved_ = nullptr;  // while backward runs
  std::vector<bool> needs_input_grad_;
  bool materialize_grads_ = true;
};

/// The part of Function::apply that does not depend on the function: collects the arguments that
/// are tensors, and records the call.
struct GRADUS_API FunctionCall {
  using Backward = std::vector<Tensor> (*)(AutogradContext*, std::vector<Tensor>);

  /// @param name  of the function, as name_of() gives it
  FunctionCall(const char* name, Backward backward);
  ~FunctionCall();
  void add_argument(const Tensor& argument);
  template <class T>
  void add_argument(const T&) {
    argument_is_tensor.push_back(false);
  }
  void add_argument(const std::optional<Tensor>& argument) {
    add_argument(argument.value_or(Tensor()));
  }
  void add_argument(TensorList arguments) {
    for (const Tensor& argument : arguments) add_argument(argument);
  }
  void prepare();
  std::vector<Tensor> finish(std::vector<Tensor> outputs);

  /// What errors call a function of this type: its name without namespaces. Lives forever.
  static const char* name_of(const std::type_info& type);

  const char* name;
  Backward backward;
  Hidden<AutogradContext> context;
  std::vector<Tensor> inputs;
  std::vector<bool> argument_is_tensor;
};

/// A differentiable function of one's own: derive, and write forward and backward.
///
///     struct Square : autograd::Function<Square> {
///       static Tensor forward(autograd::AutogradContext* ctx, Tensor x) {
///         ctx->save_for_backward({x});
///         return x * x;
///       }
///       static autograd::tensor_list backward(autograd::AutogradContext* ctx,
///       autograd::tensor_list grads) {
///         return {2 * ctx->get_saved_variables()[0] * grads[0]};
///       }
///     };
///     Tensor y = Square::apply(x);
///
/// forward runs with grad mode off and may take anything; backward takes one gradient per output
/// and returns one per argument of forward, undefined for those that are no tensors. A TensorList
/// counts as so many arguments; gradients flow through a std::vector<Tensor> in no argument, as in
/// libtorch. What backward computes with ops can be differentiated again.
template <class T>
struct Function {
  /// Calls forward and records backward. @return what forward returns: a Tensor or a vector of them
  template <class... Args>
  static auto apply(Args&&... args) {
    static const char* const name = FunctionCall::name_of(typeid(T));
    FunctionCall call(name, &T::backward);
    (call.add_argument(args), ...);
    call.prepare();
    using Result = decltype(T::forward(call.context.get(), std::forward<Args>(args)...));
    Result result = [&] {
      NoGradGuard no_grad;
      return T::forward(call.context.get(), std::forward<Args>(args)...);
    }();
    if constexpr (std::is_same_v<std::decay_t<Result>, Tensor>) {
      return Tensor(std::move(call.finish({std::move(result)})[0]));
    } else {
      return call.finish(std::move(result));
    }
  }
};

}  // namespace gradus::autograd
