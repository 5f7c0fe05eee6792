#include "autograd/derivatives.h"

#include <algorithm>
#include <unordered_set>

#include "autograd/engine.h"
#include "autograd/grad_mode.h"
#include "autograd/node.h"
#include "core/factory.h"

namespace gradus::autograd {

std::vector<Tensor> vjp_or_undefined(const std::vector<Tensor>& outputs,
                                     const std::vector<Tensor>& inputs,
                                     const std::vector<Tensor>& grad_outputs, bool create_graph) {
  std::vector<Tensor> with_history, vectors;
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (!outputs[i].defined() || !outputs[i].requires_grad()) continue;
    with_history.push_back(outputs[i]);
    if (!grad_outputs.empty()) vectors.push_back(grad_outputs[i]);
  }
  if (with_history.empty() || inputs.empty()) return std::vector<Tensor>(inputs.size());
  return grad(with_history, inputs, vectors, /*retain_graph=*/true, create_graph,
              /*allow_unused=*/true);
}

std::vector<Tensor> seeds_like(const std::vector<Tensor>& tensors) {
  std::vector<Tensor> seeds;
  for (const Tensor& tensor : tensors) seeds.push_back(zeros_like(tensor).requires_grad_());
  return seeds;
}

Tensor unit_like(const Tensor& x, int64_t i) {
  Tensor unit = zeros({x.numel()}, x.options());
  NoGradGuard no_grad;
  unit.select(0, i).fill_(1);
  return unit.view(x.sizes());
}

DimVector joined_sizes(const Tensor& a, const Tensor& b) {
  DimVector sizes = to_dims(a.sizes());
  sizes.append(b.sizes().begin(), b.sizes().end());
  return sizes;
}

bool depends_on_others(const std::vector<Tensor>& tensors, const std::vector<Tensor>& leaves) {
  const auto is_other = [&](const TensorImpl* leaf) {
    return std::none_of(leaves.begin(), leaves.end(),
                        [&](const Tensor& known) { return known.impl() == leaf; });
  };
  std::vector<Node*> stack;
  std::unordered_set<const Node*> seen;
  const auto visit = [&](Node* node) {
    if (node != nullptr && seen.insert(node).second) stack.push_back(node);
  };
  for (const Tensor& tensor : tensors) {
    if (!tensor.defined() || !tensor.requires_grad()) continue;
    const intrusive_ptr<Node> node = tensor.grad_fn();
    if (!node && is_other(tensor.impl())) return true;
    visit(node.get());
  }
  while (!stack.empty()) {
    const Node* node = stack.back();
    stack.pop_back();
    for (const Edge& edge : node->next_edges()) {
      if (edge.leaf && is_other(edge.leaf.get())) return true;
      visit(edge.node.get());
    }
  }
  return false;
}

}  // namespace gradus::autograd
