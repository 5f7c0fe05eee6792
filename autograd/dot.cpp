#include "autograd/dot.h"

#include <unordered_map>
#include <vector>

#include "autograd/node.h"

namespace gradus::autograd {

namespace {

class Drawing {
 public:
  explicit Drawing(std::unordered_map<const TensorImpl*, std::string> names)
      : names_(std::move(names)) {}

  std::string draw(const Tensor& y) {
    GRADUS_CHECK(y.defined() && y.requires_grad(), "make_dot: the tensor has no history to draw");
    text_ = "digraph gradus {\n  node [shape=box, style=filled, fillcolor=white];\n";
    const std::string result = "result";
    text_ += fmt::format("  {} [label=\"result\\n{}\", fillcolor=palegreen];\n", result, y.sizes());
    const intrusive_ptr<Node> node = y.grad_fn();
    connect(node ? place_of(node.get()) : place_of(y.impl()), result);
    while (!waiting_.empty()) {
      const Node* next = waiting_.back();
      waiting_.pop_back();
      for (const Edge& edge : next->next_edges()) {
        if (edge.leaf) {
          connect(place_of(edge.leaf.get()), place_of(next));
        } else if (edge.node) {
          connect(place_of(edge.node.get()), place_of(next));
        }
      }
    }
    return text_ + "}\n";
  }

 private:
  static std::string quoted(const std::string& name) {
    std::string text;
    for (char c : name) {
      if (c == '"' || c == '\\') text += '\\';
      text += c == '\n' ? ' ' : c;
    }
    return text;
  }

  std::string place_of(const Node* node) {
    auto [at, is_new] = places_.try_emplace(node, fmt::format("n{}", places_.size()));
    if (is_new) {
      std::string label = quoted(node->name());
      for (size_t i = 0; i < node->num_outputs(); ++i) {
        label += fmt::format("\\n{}", IntArrayRef(node->output_meta(i).sizes));
      }
      text_ += fmt::format("  {} [label=\"{}\", fillcolor=lightgrey];\n", at->second, label);
      waiting_.push_back(node);
    }
    return at->second;
  }

  std::string place_of(const TensorImpl* leaf) {
    auto [at, is_new] = places_.try_emplace(leaf, fmt::format("n{}", places_.size()));
    if (is_new) {
      auto name = names_.find(leaf);
      text_ += fmt::format("  {} [label=\"{}{}\", fillcolor=lightblue];\n", at->second,
                           name == names_.end() ? "" : quoted(name->second) + "\\n",
                           IntArrayRef(leaf->sizes));
    }
    return at->second;
  }

  void connect(const std::string& from, const std::string& to) {
    text_ += fmt::format("  {} -> {};\n", from, to);
  }

  std::unordered_map<const TensorImpl*, std::string> names_;
  std::unordered_map<const void*, std::string> places_;
  std::vector<const Node*> waiting_;
  std::string text_;
};

}  // namespace

std::string make_dot(const Tensor& y, const std::map<std::string, Tensor>& names) {
  std::unordered_map<const TensorImpl*, std::string> by_leaf;
  for (const auto& [name, tensor] : names) by_leaf.try_emplace(tensor.impl(), name);
  return Drawing(std::move(by_leaf)).draw(y);
}

}  // namespace gradus::autograd
