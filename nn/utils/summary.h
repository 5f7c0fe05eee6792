#pragma once

#include <cstdint>
#include <iosfwd>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/callable.h"
#include "nn/any_module.h"
#include "nn/module_holder.h"

namespace gradus::nn::utils {

/// What a model consists of and what a forward of it costs. Printed, it is a table.
struct GRADUS_API ModelSummary {
  /// One module. Numbers are its own, so that each column adds up to the total below.
  struct Row {
    std::string name;                                ///< in its parent; empty for the model
    std::string type;                                ///< "Conv2d"
    int64_t depth = 0;                               ///< in the tree of modules; 0 for the model
    int64_t calls = 0;                               ///< in the forward
    std::vector<std::vector<int64_t>> output_sizes;  ///< of the last call, a shape for each tensor
    int64_t parameters = 0;     ///< elements; a tensor that is shared counts where it stands first
    int64_t multiply_adds = 0;  ///< of all calls
    int64_t output_bytes = 0;   ///< that the calls allocated for outputs, without those of
                                ///< submodules; views and in-place results take none
    bool repeated = false;      ///< the module stands in a row above, which has its numbers
  };
  std::vector<Row> rows;  ///< as the modules are registered, parents first

  int64_t total_parameters = 0;
  int64_t trainable_parameters = 0;
  int64_t multiply_adds = 0;
  int64_t forward_bytes = 0;    ///< outputs of all modules: what training keeps, roughly
  int64_t parameter_bytes = 0;  ///< of parameters and buffers
};

/// Prints the table and the totals.
GRADUS_API std::ostream& operator<<(std::ostream& stream, const ModelSummary& summary);

/// Measures one forward of the model, which `run` makes: in eval mode and without gradients.
/// Training flags, buffers, hooks and random numbers are afterwards as they were, also where run
/// throws; a lazy model has its parameters then.
///
///     std::cout << nn::utils::summary(*net, [&] { net(images, mask); });
///
/// Multiply-adds are those of linear maps, convolutions, recurrent layers and attention (what a
/// step multiplies, without biases), and one for each element that a normalization returns; other
/// modules, and functions called beside modules, count none. A module is seen where hooks are: in
/// calls `fc(x)`, not in `fc->forward(x)`. See Note [Hooks]. Its row says so where it was not.
GRADUS_API ModelSummary summary(Module& model, const Callable<void()>& run);

/// The same for a forward of these inputs.
///
///     std::cout << nn::utils::summary(net, ones({1, 3, 32, 32}));
template <class M, class Input, class... Inputs,
          class = std::enable_if_t<std::is_base_of_v<Module, M> && !std::is_invocable_v<Input&>>>
ModelSummary summary(M& model, const Input& input, const Inputs&... inputs) {
  // Not owned: the model may live on the stack.
  const AnyModule any(std::shared_ptr<M>(std::shared_ptr<void>(), &model));
  return summary(model, Callable<void()>([&] { any.any_forward(input, inputs...); }));
}

template <class M, class Input, class... Inputs>
ModelSummary summary(const ModuleHolder<M>& model, const Input& input, const Inputs&... inputs) {
  return summary(*model.ptr(), input, inputs...);
}

}  // namespace gradus::nn::utils
