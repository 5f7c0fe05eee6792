#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "autograd/grad_mode.h"
#include "core/callable.h"
#include "core/hidden.h"
#include "core/inline_vector.h"
#include "core/intrusive_ptr.h"
#include "core/tensor.h"

namespace gradus {

class Node;
class Saved;

/// Where a gradient flows to: output `output_nr` of the node that made an input, or the leaf that
/// is the input. Neither is set where the input needs no gradient.
struct Edge {
  intrusive_ptr<Node> node;
  intrusive_ptr<TensorImpl> leaf;
  uint32_t output_nr = 0;

  bool defined() const { return node.get() != nullptr || leaf.get() != nullptr; }
};

/// The gradients that a closure takes and returns, one for each output or input; undefined means
/// zero. `return {dy * b, dy * a};`
class Grads : public InlineVector<Tensor, 3> {
 public:
  Grads() = default;
  template <class... Ts, class = std::enable_if_t<(std::is_convertible_v<Ts, Tensor> && ...)>>
  Grads(Ts&&... gradients) {
    (emplace_back(std::forward<Ts>(gradients)), ...);
  }
  Grads(const std::vector<Tensor>& gradients) { append(gradients.begin(), gradients.end()); }
  Grads(Grads& other) : Grads(static_cast<const Grads&>(other)) {}
  Grads(const Grads&) = default;
  Grads(Grads&&) noexcept = default;
  Grads& operator=(const Grads&) = default;
  Grads& operator=(Grads&&) noexcept = default;
  static Grads of_size(size_t size) {
    Grads grads;
    grads.resize(size);
    return grads;
  }
};

/// Which inputs' gradients are asked for: `needs[1] ? f(dy) : Tensor()`.
class Needs {
 public:
  Needs(const Edge* edges, size_t size, const bool* wanted)
      : edges_(edges), size_(size), wanted_(wanted) {}
  bool operator[](size_t input) const {
    return edges_[input].defined() && (wanted_ == nullptr || wanted_[input]);
  }
  size_t size() const { return size_; }

 private:
  const Edge* edges_;
  size_t size_;
  const bool* wanted_;  // null: all
};

/// A recorded op: its inputs' edges and the closure that turns gradients of outputs into gradients
/// of inputs.
class GRADUS_API Node : public RefCounted {
 public:
  /// What is known of an output: its gradient is brought to these sizes and this dtype.
  struct OutputMeta {
    DimVector sizes;
    ScalarType dtype = kFloat;
  };
  /// A hook on the gradients that come in; what it returns takes their place.
  using PreHook = Callable<std::vector<Tensor>(const std::vector<Tensor>& grad_outputs)>;
  /// A hook on (gradients that go out, gradients that came in); what it returns takes the place of
  /// the former.
  using PostHook = Callable<std::vector<Tensor>(const std::vector<Tensor>& grad_inputs,
                                                const std::vector<Tensor>& grad_outputs)>;

  struct Hooks;  // autograd/grad_meta.h

  explicit Node(const char* op);
  virtual ~Node();
  static void destroy(Node* node) noexcept;

  /// The name of the op as PyTorch prints it: "MulBackward0".
  std::string name() const;
  /// The name of the op: "mul".
  const char* op() const { return op_; }
  /// Later numbers ran later: a topological order, also for graphs built by several threads.
  uint64_t sequence_nr() const { return sequence_nr_; }
  ArrayRef<Edge> next_edges() const { return edges_; }
  size_t num_inputs() const { return edges_.size(); }
  size_t num_outputs() const { return outputs_.size(); }
  const OutputMeta& output_meta(size_t output) const { return outputs_[output]; }
  const Edge& next_edge(size_t input) const { return edges_[input]; }
  /// Hooks run in the order in which they were added. @return a key for del_pre_hook
  uintptr_t add_pre_hook(PreHook hook);
  /// @return a key for del_post_hook
  uintptr_t add_post_hook(PostHook hook);
  /// Takes a hook out. @return whether there was one with this key
  bool del_pre_hook(uintptr_t key);
  bool del_post_hook(uintptr_t key);

  /// Runs the closure. @param dys one gradient per output, undefined where none came
  virtual Grads apply(Grads& dys, const Needs& needs) = 0;
  /// Drops what was saved; a later backward through this node is an error. A node that saved
  /// nothing may run again.
  virtual void release_saved();

 private:
  friend class Saved;
  friend class SavedList;
  friend class Engine;
  friend struct Recorder;
  friend struct History;
  Hooks& hooks();

  const char* op_;
  uint64_t sequence_nr_ = 0;
  uint32_t thread_ = 0;
  Saved* saved_ = nullptr;  // the Saveds inside the closure, linked through Saved::next_
  InlineVector<Edge, 2> edges_;
  InlineVector<OutputMeta, 1> outputs_;
  Hidden<Hooks> hooks_;
};

namespace autograd {
using gradus::Edge;
using gradus::Node;
using Variable = Tensor;
using variable_list = std::vector<Tensor>;
using tensor_list = std::vector<Tensor>;
}  // namespace autograd

/// A tensor that a closure keeps for backward. See Note [Saved].
//
// Note [Saved]
// A closure captures `x = Saved(x)`. When record moves the closure into its node, the Saved's move
// constructor sees that a node is being built on this thread and enlists with it. record then tells
// each Saved what it is: an output is kept as a data alias without history (so that no node owns
// itself) and get() attaches the node that it belongs to; a leaf that requires grad is kept as it
// is; any other input as data alias plus the edge its gradient flows to at that moment. The version
// is compared in get(): a tensor that was written to since is an error that names the op. backward
// without retain_graph releases exactly the Saveds. Under a SavedTensorsHooks record packs each
// tensor instead of keeping it, and get() unpacks it. A std::vector does not move its elements: use
// SavedList.
class GRADUS_API Saved {
 public:
  Saved() = default;
  explicit Saved(const Tensor& tensor);
  Saved(Saved&& other) noexcept;
  Saved(const Saved& other) = delete;
  Saved& operator=(const Saved&) = delete;
  Saved& operator=(Saved&&) = delete;
  ~Saved() {
    if (packed_ != nullptr) drop_packed();
  }

  /// The tensor with the history it had when it was saved.
  /// @throws Error where it was written to in place since, or the graph was freed
  Tensor get() const;
  bool defined() const { return tensor_.defined() || packed_ != nullptr; }

 private:
  friend class Node;
  friend class SavedList;
  friend struct Recorder;
  struct Packed;
  void enlist(Node* node) noexcept;
  void pack();
  void drop_packed() noexcept;
  Tensor unpack() const;

  Tensor tensor_;
  Packed* packed_ = nullptr;  // what a SavedTensorsHooks made of the tensor
  Edge edge_;                 // of an input that is not a leaf; of an output, its number
  Node* node_ = nullptr;      // the node this is enlisted with
  Saved* next_ = nullptr;
  uint32_t version_ = 0;
  enum class Kind : uint8_t { Original, Input, Output } kind_ = Kind::Original;
  bool released_ = false;
};

/// Any number of saved tensors.
class GRADUS_API SavedList {
 public:
  SavedList() = default;
  explicit SavedList(TensorList tensors);
  SavedList(SavedList&& other) noexcept;
  ~SavedList();
  size_t size() const { return size_; }
  Tensor operator[](size_t i) const { return saved_[i].get(); }
  std::vector<Tensor> get() const;

 private:
  Saved* saved_ = nullptr;
  size_t size_ = 0;
};

/// An input of record(): refers to a Tensor without taking a reference.
struct TensorRef {
  TensorRef(const Tensor& tensor) : tensor(&tensor) {}
  const Tensor* tensor;
};

/// Inputs or outputs of an op, whether written as a list or kept in a vector.
class TensorRefs {
 public:
  TensorRefs(std::initializer_list<TensorRef> refs) : size_(refs.size()) { refs_ = refs.begin(); }
  TensorRefs(TensorList tensors) : tensors_(tensors.data()), size_(tensors.size()) {}
  TensorRefs(const std::vector<Tensor>& tensors)
      : tensors_(tensors.data()), size_(tensors.size()) {}
  TensorRefs(const Tensor& tensor) : tensors_(&tensor), size_(1) {}
  size_t size() const { return size_; }
  const Tensor& operator[](size_t i) const {
    return refs_ != nullptr ? *refs_[i].tensor : tensors_[i];
  }

 private:
  const TensorRef* refs_ = nullptr;
  const Tensor* tensors_ = nullptr;
  size_t size_;
};

/// Whether an op on these inputs is recorded: grad mode is on and one of them requires grad.
GRADUS_API bool records(const TensorRefs& inputs);

/// The parts of record() that do not depend on the closure.
struct GRADUS_API Recorder {
  /// Marks `node` as the one under construction on this thread, so that Saveds moved now enlist
  /// with it.
  static void begin(Node* node) noexcept;
  static void end() noexcept;
  /// Takes the edges of the inputs, gives the node its number, and makes it the history of the
  /// outputs.
  static void connect(Node* node, const TensorRefs& inputs, const TensorRefs& outputs);
  /// As connect, for outputs[0] that was written in place.
  static void connect_in_place(Node* node, const TensorRefs& inputs, const Tensor& output);
  /// Before `self` is overwritten with `result`: gives what the op that made result saved of self
  /// elements of its own.
  static void keep_saved(const Tensor& result, const Tensor& self);
};

namespace detail {

template <class F>
class ClosureNode final : public Node {
 public:
  ClosureNode(const char* op, F&& closure) : Node(op), scope_(this), closure_(std::move(closure)) {
    Recorder::end();
  }
  Grads apply(Grads& dys, const Needs& needs) override {
    if constexpr (std::is_invocable_v<F&, const Grads&, const Needs&>) {
      return closure_(dys, needs);
    } else if constexpr (std::is_invocable_v<F&, const Tensor&, const Needs&>) {
      return closure_(dys[0], needs);
    } else {
      return closure_(dys[0]);
    }
  }

 private:
  struct Scope {
    explicit Scope(Node* node) { Recorder::begin(node); }
  };
  [[no_unique_address]] Scope scope_;  // before closure_, whose Saveds it lets enlist
  F closure_;
};

}  // namespace detail

/// Makes `y` the output of an op on `inputs`, where one of them requires grad and grad mode is on:
/// the closure will be called with dL/dy and returns dL/d(inputs), in their order; see Grads for
/// what may be left undefined. A closure takes
/// `(const Tensor& dy)`, `(const Tensor& dy, const Needs& needs)` or, for several outputs,
/// `(const Grads& dys, const Needs& needs)`. It calls ops, so that the gradient can be
/// differentiated again; a gradient whose shape or dtype is that of the broadcast, promoted output
/// is summed and cast to the input's by the engine. Otherwise costs a branch for each input.
template <class F>
Tensor record(const char* op, TensorRefs inputs, Tensor y, F closure) {
  if (records(inputs)) {
    intrusive_ptr<Node> node(new detail::ClosureNode<F>(op, std::move(closure)));
    Recorder::connect(node.get(), inputs, y);
  }
  return y;
}

/// The same for an op with several outputs; outputs of an integer dtype take no gradient.
template <class F>
void record_all(const char* op, TensorRefs inputs, TensorRefs outputs, F closure) {
  if (records(inputs)) {
    intrusive_ptr<Node> node(new detail::ClosureNode<F>(op, std::move(closure)));
    Recorder::connect(node.get(), inputs, outputs);
  }
}

/// The same for an op that wrote to `y`, which is also one of the inputs. See autograd/in_place.h.
template <class F>
Tensor& record_in_place(const char* op, TensorRefs inputs, Tensor& y, F closure) {
  if (records(inputs)) {
    intrusive_ptr<Node> node(new detail::ClosureNode<F>(op, std::move(closure)));
    Recorder::connect_in_place(node.get(), inputs, y);
  }
  return y;
}

}  // namespace gradus
