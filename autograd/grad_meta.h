#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "autograd/node.h"
#include "core/tensor.h"

namespace gradus {

/// How a view came about; decides whether it may be written to in place while grad mode is on.
enum class ViewOrigin : uint8_t { Normal, NoGrad, Inference, MultiOutput, CustomFunction };

/// What a view knows of the tensor that it shows a part of.
struct ViewInfo {
  Tensor base;  // never a view itself
  uint32_t version =
      0;  // of the storage when grad_fn was made; when it is behind, grad_fn is made anew from base
  ViewOrigin origin = ViewOrigin::Normal;
};

using HookTable = std::vector<std::pair<unsigned, TensorHook>>;
using PostAccumulateHook = Callable<void(const Tensor&)>;

/// The gradient slot of a tensor.
struct GradMeta {
  Tensor grad;
  intrusive_ptr<Node> grad_fn;
  uint32_t output_nr = 0;
  bool requires_grad = false;  // of a leaf; where grad_fn is set, the tensor requires grad
  std::unique_ptr<ViewInfo> view;

  struct Hooks {
    HookTable tensor;  // of a leaf; a node keeps those of its outputs
    std::vector<std::pair<unsigned, PostAccumulateHook>> post_accumulate;
    unsigned next_handle = 0;
  };
  std::unique_ptr<Hooks> hooks;
};

/// The forward call of an op: what anomaly mode remembers.
struct ForwardCall {
  std::vector<void*> stack;
  intrusive_ptr<Node> induced_by;  // the node whose backward made the call, if one did
};

/// What is kept of hooks at a node.
struct Node::Hooks {
  struct OutputHook {
    uint32_t output;
    unsigned handle;
    TensorHook hook;
  };
  std::vector<OutputHook> tensor;
  // Outputs whose gradient is kept (retain_grad). The slot takes itself out when it goes.
  std::vector<std::pair<uint32_t, GradMeta*>> retained;
  std::vector<std::pair<uintptr_t, PreHook>> pre;
  std::vector<std::pair<uintptr_t, PostHook>> post;
  unsigned next_handle = 0;
  std::unique_ptr<ForwardCall> call;
};

/// Histories of tensors. Only the tape's own files use it.
struct History {
  /// The slot of a tensor, made where there is none.
  static GradMeta& meta(const Tensor& tensor);
  static GradMeta* find(const Tensor& tensor) { return tensor.impl()->grad_meta; }
  /// Where the gradient of `tensor` flows to; brings a stale view's history up to date first.
  static Edge edge(const Tensor& tensor);
  /// The node that made `tensor`, brought up to date; null for a leaf.
  static Node* grad_fn(const Tensor& tensor);
  static void set(const Tensor& tensor, intrusive_ptr<Node> node, uint32_t output_nr);
  /// Makes a tensor a leaf.
  static void clear(GradMeta& meta);
  /// A tensor with the same elements and version counter, without history.
  static Tensor alias(const Tensor& tensor);
  static uint32_t version(const Tensor& tensor);
  /// The lock under which the gradient of a leaf is accumulated.
  static std::mutex& leaf_lock(const TensorImpl* leaf);
  static Node::Hooks& hooks(Node& node) { return node.hooks(); }
  /// The hooks of a node that has some, else null.
  static Node::Hooks* find_hooks(const Node& node) { return node.hooks_.get(); }
};

namespace autograd {
/// What AnomalyMode::is_enabled() returns.
extern std::atomic<bool> anomaly_enabled;
/// Remembers the call stack that `node` is made in. See AnomalyMode.
void remember_call(Node& node);
/// The call that remember_call saw, and those that led to it, as text.
std::string describe_call(const Node& node);
/// In anomaly mode, says which node runs on this thread; null: none. @return which ran before
Node* set_running_node(Node* node);
}  // namespace autograd

}  // namespace gradus
