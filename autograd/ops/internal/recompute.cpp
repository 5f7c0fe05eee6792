#include "autograd/ops/internal/recompute.h"

#include "autograd/engine.h"
#include "autograd/ops/shape.h"

namespace gradus {

Grads recompute_gradients(
    FunctionRef<std::vector<Tensor>(const std::vector<Tensor>& inputs)> composed,
    const std::vector<Tensor>& inputs, const Grads& dys, const Needs& needs) {
  // Each wanted input goes in through a node of its own, so that a gradient ends there even where
  // one input was made from another.
  std::vector<Tensor> arguments = inputs, wanted;
  std::vector<size_t> places;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i].defined() || !needs[i] || !inputs[i].requires_grad()) continue;
    arguments[i] = expand(inputs[i], inputs[i].sizes());
    wanted.push_back(arguments[i]);
    places.push_back(i);
  }
  Grads grads = Grads::of_size(inputs.size());
  if (wanted.empty()) return grads;
  const std::vector<Tensor> outputs = composed(arguments);
  std::vector<Tensor> roots, seeds;
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (!dys[i].defined() || !outputs[i].requires_grad()) continue;
    roots.push_back(outputs[i]);
    seeds.push_back(dys[i]);
  }
  if (roots.empty()) return grads;
  const std::vector<Tensor> found = autograd::grad(roots, wanted, seeds, /*retain_graph=*/true,
                                                   /*create_graph=*/true, /*allow_unused=*/true);
  for (size_t i = 0; i < found.size(); ++i) grads[places[i]] = found[i];
  return grads;
}

}  // namespace gradus
