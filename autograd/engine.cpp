#include "autograd/engine.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "autograd/anomaly_mode.h"
#include "autograd/grad_meta.h"
#include "autograd/node.h"
#include "autograd/ops/binary.h"
#include "autograd/ops/compare.h"
#include "autograd/ops/internal/autocast.h"
#include "autograd/ops/internal/sparse.h"
#include "autograd/ops/reduce.h"
#include "autograd/run.h"
#include "core/factory.h"
#include "core/shape.h"
#include "core/sparse.h"
#include "core/watch/record_scope.h"

namespace gradus {

namespace {

// Later recorded first; equal numbers, which only different threads give, by thread.
struct Order {
  uint64_t sequence_nr;
  uint32_t thread;
  bool operator<(const Order& other) const {
    return sequence_nr != other.sequence_nr ? sequence_nr < other.sequence_nr
                                            : thread < other.thread;
  }
};

// True where nobody else can see the elements, so that they may be overwritten or taken over.
bool is_exclusive(const Tensor& tensor) {
  const TensorImpl& impl = *tensor.impl();
  if (impl.use_count() != 1 || impl.storage->use_count() != 1 || impl.inference) return false;
  return impl.sparse ? is_exclusive(sparse_rows(tensor).values)
                     : tensor.is_non_overlapping_and_dense();
}

Tensor sum_of(Tensor a, Tensor b) {
  if (!a.defined()) return b;
  if (!b.defined()) return a;
  if (a.is_sparse() || b.is_sparse()) {
    const bool in_place = !GradMode::is_enabled() && is_exclusive(a) && a.sizes() == b.sizes();
    return in_place && add_sparse_(a, b) ? a : add_sparse(a, b);
  }
  if (!GradMode::is_enabled()) {
    // The order of the operands does not change a sum of two.
    if (is_exclusive(a) && a.sizes() == b.sizes()) return a.add_(b);
    if (is_exclusive(b) && a.sizes() == b.sizes()) return b.add_(a);
  }
  return add(a, b);
}

// Whether a gradient lies in memory as its leaf does, or row-major where the leaf has gaps.
bool is_laid_out_as(const Tensor& gradient, const Tensor& leaf) {
  if (gradient.is_sparse()) return true;
  if (!leaf.is_non_overlapping_and_dense()) return gradient.is_contiguous();
  for (size_t d = 0; d < leaf.sizes().size(); ++d) {
    if (leaf.sizes()[d] > 1 && gradient.strides()[d] != leaf.strides()[d]) return false;
  }
  return true;
}

Tensor copy_for(const Tensor& leaf, const Tensor& gradient) {
  if (gradient.is_sparse()) return gradient.clone();
  Tensor copy = leaf.is_non_overlapping_and_dense()
                    ? empty_strided(leaf.sizes(), leaf.strides(), gradient.options())
                    : empty(leaf.sizes(), gradient.options());
  return copy.copy_(gradient);
}

}  // namespace

/// One run of backward. The graph is executed from the latest node to the earliest: since a node's
/// number is above those of its inputs' nodes, when a node comes up all its gradients have come.
class Engine final : public BackwardRun {
 public:
  Engine(bool keep_graph, bool create_graph)
      : keep_graph_(keep_graph), create_graph_(create_graph) {}

  /// Asks for the gradient of a tensor instead of accumulating into all leaves.
  void capture(const Tensor& input, bool accumulate) {
    capturing_ = true;
    const Edge edge = History::edge(input);
    if (accumulate && is_captured(edge)) return;  // given twice
    captures_.push_back({edge, accumulate ? input : Tensor(), Tensor()});
  }

  void add_root(const Tensor& root, Tensor gradient) {
    Edge edge = History::edge(root);
    if (edge.leaf) {
      leaf_roots_.emplace_back(std::move(edge.leaf), std::move(gradient));
    } else {
      const DimVector& sizes = edge.node->outputs_[edge.output_nr].sizes;
      GRADUS_CHECK(gradient.sizes() == IntArrayRef(sizes),
                   "{}: the tensor to differentiate has shape {}, its history shape {}: was "
                   "set_data() called on it?",
                   edge.node->op(), gradient.sizes(), IntArrayRef(sizes));
      roots_.push_back(edge.node);  // keeps the whole graph alive: edges do not change
      push(edge.node.get(), edge.output_nr, std::move(gradient));
    }
  }

  void run() {
    const RecordScope scope("backward", "backward");
    try {
      execute();
    } catch (...) {
      end(/*ok=*/false);
      throw;
    }
    end(/*ok=*/true);
  }

  bool reaches_node(const Node* node, uint32_t output_nr) override {
    if (reached_.empty()) reached_.insert(nodes_.begin(), nodes_.end());
    if (reached_.count(node) == 0) return false;
    if (is_needed(node)) return true;
    return std::any_of(captures_.begin(), captures_.end(), [&](const Capture& capture) {
      return capture.edge.node.get() == node && capture.edge.output_nr == output_nr;
    });
  }
  bool reaches_leaf(const TensorImpl* leaf) override {
    return slot_index_.find(const_cast<TensorImpl*>(leaf)) != slot_index_.end();
  }

  /// The captured gradients in the order of capture(); undefined where none came.
  std::vector<Tensor> captured() const {
    std::vector<Tensor> gradients;
    for (const Capture& capture : captures_) gradients.push_back(capture.gradient);
    return gradients;
  }

 private:
  void execute() {
    AutoGradMode mode(create_graph_);
    const autocast::Pause no_autocast;
    count_leaf_contributions();
    for (auto& [leaf, gradient] : leaf_roots_) add_to_leaf(leaf.get(), std::move(gradient));
    while (!pending_.empty()) execute_next();
    // A closure may have left a gradient undefined on the way to a leaf whose other gradients have
    // come.
    for (LeafSlot& slot : slots_) {
      if (slot.remaining > 0) finish_leaf(slot);
    }
  }

  struct Pending {
    Order order;
    uint64_t arrival;  // keeps the order of summation fixed
    Node* node;
    uint32_t output_nr;
    Tensor gradient;
    bool operator<(const Pending& other) const {
      if (order < other.order || other.order < order) return order < other.order;
      return arrival > other.arrival;
    }
  };
  struct Visit {
    Order order;
    Node* node;
    bool operator<(const Visit& other) const { return order < other.order; }
  };
  struct LeafSlot {
    intrusive_ptr<TensorImpl> leaf;
    int64_t remaining = 0;
    Tensor gradient;
  };
  struct Capture {
    Edge edge;
    Tensor accumulate_into;  // backward(inputs=); undefined for grad()
    Tensor gradient;
  };

  static Order order_of(const Node* node) { return {node->sequence_nr_, node->thread_}; }

  void push(Node* node, uint32_t output_nr, Tensor gradient) {
    pending_.push_back({order_of(node), arrivals_++, node, output_nr, std::move(gradient)});
    std::push_heap(pending_.begin(), pending_.end());
  }

  // All nodes behind the roots, latest first.
  std::vector<Node*> reachable_nodes() const {
    std::vector<Visit> heap;
    std::vector<Node*> nodes;
    for (const Pending& pending : pending_) heap.push_back({pending.order, pending.node});
    std::make_heap(heap.begin(), heap.end());
    while (!heap.empty()) {
      Node* node = heap.front().node;
      // The same node from several consumers stands together, since nothing else has its order.
      do {
        std::pop_heap(heap.begin(), heap.end());
        heap.pop_back();
      } while (!heap.empty() && heap.front().node == node);
      nodes.push_back(node);
      for (const Edge& edge : node->edges_) {
        if (!edge.node) continue;
        heap.push_back({order_of(edge.node.get()), edge.node.get()});
        std::push_heap(heap.begin(), heap.end());
      }
    }
    return nodes;
  }

  void count_leaf_contributions() {
    nodes_ = reachable_nodes();
    if (capturing_) find_needed(nodes_);
    for (const Node* node : nodes_) {
      if (!is_needed(node)) continue;
      for (const Edge& edge : node->edges_) {
        if (edge.leaf) ++slot_of(edge.leaf.get()).remaining;
      }
    }
    for (const auto& [leaf, gradient] : leaf_roots_) ++slot_of(leaf.get()).remaining;
  }

  // With captures, only nodes on the way to one of them run.
  void find_needed(const std::vector<Node*>& nodes) {
    for (auto node = nodes.rbegin(); node != nodes.rend(); ++node) {
      bool needed = false;
      for (const Edge& edge : (*node)->edges_) needed = needed || is_wanted(edge);
      needed_[*node] = needed;
    }
  }

  bool is_needed(const Node* node) const {
    if (!capturing_) return true;
    auto found = needed_.find(node);
    return found != needed_.end() && found->second;
  }

  bool is_captured(const Edge& edge) const {
    for (const Capture& capture : captures_) {
      if (capture.edge.leaf
              ? capture.edge.leaf == edge.leaf
              : capture.edge.node == edge.node && capture.edge.output_nr == edge.output_nr) {
        return true;
      }
    }
    return false;
  }

  bool is_wanted(const Edge& edge) const {
    if (!capturing_) return edge.defined();
    if (!edge.defined()) return false;
    return is_captured(edge) || (edge.node && is_needed(edge.node.get()));
  }

  LeafSlot& slot_of(TensorImpl* leaf) {
    if (last_slot_ < slots_.size() && slots_[last_slot_].leaf.get() == leaf)
      return slots_[last_slot_];
    auto [at, inserted] = slot_index_.try_emplace(leaf, slots_.size());
    if (inserted) slots_.push_back({intrusive_ptr<TensorImpl>(leaf), 0, Tensor()});
    last_slot_ = at->second;
    return slots_[last_slot_];
  }

  void execute_next() {
    Node* const node = pending_.front().node;
    Grads dys = Grads::of_size(node->outputs_.size());
    bool any = false;
    do {
      std::pop_heap(pending_.begin(), pending_.end());
      Pending& last = pending_.back();
      any = any || last.gradient.defined();
      dys[last.output_nr] = sum_of(std::move(dys[last.output_nr]), std::move(last.gradient));
      pending_.pop_back();
    } while (!pending_.empty() && pending_.front().node == node);

    if (node->hooks_ != nullptr) run_tensor_hooks(node, dys);
    if (capturing_) {
      take_captures(node, dys);
      if (!is_needed(node)) return;
    }
    if (!any) return;
    if (node->hooks_ != nullptr && !node->hooks_->pre.empty()) run_pre_hooks(node, dys);

    // Which inputs are wanted, where that is not simply all with an edge.
    InlineVector<bool, 8> wanted;
    if (capturing_) {
      for (const Edge& edge : node->edges_) wanted.push_back(is_wanted(edge));
    }
    const bool has_post_hooks = node->hooks_ != nullptr && !node->hooks_->post.empty();
    std::vector<Tensor> came_in;
    if (has_post_hooks) came_in.assign(dys.begin(), dys.end());

    const Needs needs(node->edges_.data(), node->edges_.size(),
                      capturing_ ? wanted.data() : nullptr);
    Grads dxs = detail::profiling.load(std::memory_order_relaxed) ? apply_profiled(node, dys, needs)
                                                                  : apply(node, dys, needs);
    dys.clear();
    GRADUS_CHECK(dxs.size() <= node->edges_.size(),
                 "{}: backward returned {} gradients for {} inputs", node->op(), dxs.size(),
                 node->edges_.size());
    if (has_post_hooks) run_post_hooks(node, dxs, came_in);
    if (!keep_graph_) node->release_saved();

    for (size_t i = 0; i < node->edges_.size(); ++i) {
      const Edge& edge = node->edges_[i];
      if (!edge.defined() || (capturing_ && !wanted[i])) continue;
      Tensor dx = i < dxs.size() ? std::move(dxs[i]) : Tensor();
      if (edge.node) {
        if (!dx.defined()) continue;
        const Node::OutputMeta& meta = edge.node->outputs_[edge.output_nr];
        push(edge.node.get(), edge.output_nr,
             fit(node->op(), std::move(dx), meta.sizes, meta.dtype));
      } else {
        if (dx.defined()) dx = fit(node->op(), std::move(dx), edge.leaf->sizes, edge.leaf->dtype);
        add_to_leaf(edge.leaf.get(), std::move(dx));
      }
    }
  }

  static Grads apply(Node* node, Grads& dys, const Needs& needs) {
    return autograd::AnomalyMode::is_enabled() ? apply_watched(node, dys, needs)
                                               : node->apply(dys, needs);
  }

  // Under a ProfilerGuard: the ops that the closure calls lie inside the node's scope.
  static Grads apply_profiled(Node* node, Grads& dys, const Needs& needs) {
    const std::string name = node->name();
    const RecordScope scope(name, "backward");
    return apply(node, dys, needs);
  }

  // In anomaly mode: errors tell the forward call, and NaN is one.
  static Grads apply_watched(Node* node, Grads& dys, const Needs& needs) {
    struct Running {
      explicit Running(Node* node) : before(autograd::set_running_node(node)) {}
      ~Running() { autograd::set_running_node(before); }
      Node* before;
    };
    Grads dxs;
    try {
      Running running(node);
      dxs = node->apply(dys, needs);
    } catch (const Error& error) {
      rethrow_with(error, autograd::describe_call(*node));
    }
    if (!autograd::AnomalyMode::should_check_nan()) return dxs;
    for (size_t i = 0; i < dxs.size(); ++i) {
      if (!dxs[i].defined() || !dxs[i].is_floating_point()) continue;
      NoGradGuard no_grad;
      const Tensor dx = dxs[i].is_sparse() ? dxs[i]._values() : dxs[i];
      GRADUS_CHECK(!ne(dx, dx).any().item<bool>(),
                   "{}: Function '{}' returned nan values in its {}th output.{}", node->op(),
                   node->name(), i, autograd::describe_call(*node));
    }
    return dxs;
  }

  // The same kind of error with more to say.
  [[noreturn]] static void rethrow_with(const Error& error, const std::string& addition) {
    const std::string message = error.what() + addition;
    if (dynamic_cast<const IndexError*>(&error)) throw IndexError(message);
    if (dynamic_cast<const ValueError*>(&error)) throw ValueError(message);
    if (dynamic_cast<const TypeError*>(&error)) throw TypeError(message);
    if (dynamic_cast<const NotImplementedError*>(&error)) throw NotImplementedError(message);
    if (dynamic_cast<const OutOfMemoryError*>(&error)) throw OutOfMemoryError(message);
    throw Error(message);
  }

  // Brings the gradient of a broadcast, promoted operand to the operand's own shape and dtype.
  static Tensor fit(const char* op, Tensor dx, const DimVector& sizes, ScalarType dtype) {
    if (!(dx.impl()->sizes == sizes)) {
      GRADUS_CHECK(is_expandable_to(sizes, dx.sizes()),
                   "{}: backward returned a gradient of shape {}, expected one that sums to {}", op,
                   dx.sizes(), IntArrayRef(sizes));
      dx = sum_to_size(dx, sizes);
    }
    return dx.dtype() == dtype ? dx : dx.to(dtype);
  }

  // What a tensor hook returned takes the gradient's place.
  static void replace(const char* of, Tensor& gradient, Tensor changed) {
    if (!changed.defined()) return;
    GRADUS_CHECK(changed.sizes() == gradient.sizes(),
                 "{}: a tensor hook changed the shape of the gradient from {} to {}", of,
                 gradient.sizes(), changed.sizes());
    GRADUS_CHECK_TYPE(changed.dtype() == gradient.dtype(),
                      "{}: a tensor hook changed the dtype of the gradient from {} to {}", of,
                      gradient.dtype(), changed.dtype());
    gradient = std::move(changed);
  }

  static void run_tensor_hooks(Node* node, Grads& dys) {
    // A hook may add or remove hooks: what runs is what was there.
    const auto hooks = node->hooks_->tensor;
    for (const auto& [output, handle, hook] : hooks) {
      if (!dys[output].defined()) continue;
      replace(node->op(), dys[output], hook(dys[output]));
    }
    for (const auto& [output, meta] : node->hooks_->retained) {
      if (!dys[output].defined()) continue;
      meta->grad = meta->grad.defined() ? sum_of(meta->grad, dys[output]) : dys[output].clone();
    }
  }

  static void run_pre_hooks(Node* node, Grads& dys) {
    const auto hooks = node->hooks_->pre;
    for (const auto& [key, hook] : hooks)
      dys = Grads(hook(std::vector<Tensor>(dys.begin(), dys.end())));
    GRADUS_CHECK(dys.size() == node->outputs_.size(),
                 "{}: a pre-hook returned {} gradients for {} outputs", node->op(), dys.size(),
                 node->outputs_.size());
  }

  static void run_post_hooks(Node* node, Grads& dxs, const std::vector<Tensor>& came_in) {
    const auto hooks = node->hooks_->post;
    for (const auto& [key, hook] : hooks) {
      dxs = Grads(hook(std::vector<Tensor>(dxs.begin(), dxs.end()), came_in));
    }
    GRADUS_CHECK(dxs.size() <= node->edges_.size(),
                 "{}: a post-hook returned {} gradients for {} inputs", node->op(), dxs.size(),
                 node->edges_.size());
  }

  void take_captures(Node* node, const Grads& dys) {
    for (Capture& capture : captures_) {
      if (capture.edge.node.get() != node) continue;
      const Tensor& dy = dys[capture.edge.output_nr];
      if (!capture.accumulate_into.defined()) {
        capture.gradient = dy;
      } else if (dy.defined() && !capture.accumulate_into.retains_grad()) {
        accumulate(capture.accumulate_into, dy);
      }
    }
  }

  void add_to_leaf(TensorImpl* leaf, Tensor gradient) {
    if (capturing_ && slot_index_.find(leaf) == slot_index_.end()) return;
    LeafSlot& slot = slot_of(leaf);
    slot.gradient = sum_of(std::move(slot.gradient), std::move(gradient));
    if (--slot.remaining == 0) finish_leaf(slot);
  }

  // All contributions have come: hooks see the sum once, then it is accumulated.
  void finish_leaf(LeafSlot& slot) {
    slot.remaining = 0;
    if (!slot.gradient.defined()) return;
    Tensor leaf(slot.leaf);
    Tensor gradient = std::move(slot.gradient);
    GradMeta& meta = *slot.leaf->grad_meta;
    if (meta.hooks != nullptr) {
      const auto hooks = meta.hooks->tensor;
      for (const auto& [handle, hook] : hooks) {
        replace("a leaf", gradient, hook(gradient));
      }
    }
    if (!capturing_) {
      accumulate(leaf, std::move(gradient));
      return;
    }
    for (Capture& capture : captures_) {
      if (!(capture.edge.leaf == slot.leaf)) continue;
      if (capture.accumulate_into.defined()) {
        accumulate(leaf, gradient);
      } else {
        capture.gradient = gradient;
      }
    }
  }

  static void accumulate(const Tensor& leaf, Tensor gradient) {
    const RecordScope scope("AccumulateGrad", "backward");
    GradMeta& meta = History::meta(leaf);
    if (!meta.requires_grad && meta.grad_fn.get() == nullptr)
      return;  // switched off since the graph was built
    {
      std::lock_guard<std::mutex> lock(History::leaf_lock(leaf.impl()));
      if (meta.grad.defined()) {
        GRADUS_CHECK(meta.grad.sizes() == leaf.sizes(),
                     "backward: a leaf of shape {} has a grad() of shape {} to add to",
                     leaf.sizes(), meta.grad.sizes());
        if (meta.grad.is_sparse() || gradient.is_sparse()) {
          if (GradMode::is_enabled() || !add_sparse_(meta.grad, gradient))
            meta.grad = add_sparse(meta.grad, gradient);
        } else if (GradMode::is_enabled()) {
          meta.grad = add(meta.grad, gradient);
        } else {
          meta.grad.add_(gradient);
        }
      } else if (is_exclusive(gradient) && is_laid_out_as(gradient, leaf)) {
        meta.grad = std::move(gradient);
      } else {
        meta.grad = copy_for(leaf, gradient);
      }
    }
    if (meta.hooks != nullptr) {
      const auto hooks = meta.hooks->post_accumulate;
      for (const auto& [handle, hook] : hooks) hook(leaf);
    }
  }

  bool keep_graph_;
  bool create_graph_;
  bool capturing_ = false;
  uint64_t arrivals_ = 0;
  std::vector<intrusive_ptr<Node>> roots_;
  std::vector<std::pair<intrusive_ptr<TensorImpl>, Tensor>> leaf_roots_;
  std::vector<Pending> pending_;  // a heap
  std::vector<LeafSlot> slots_;
  std::unordered_map<TensorImpl*, size_t> slot_index_;
  size_t last_slot_ = 0;
  std::vector<Capture> captures_;
  std::unordered_map<const Node*, bool> needed_;
  std::vector<Node*> nodes_;  // behind the roots, latest first
  std::unordered_set<const Node*> reached_;
};

namespace autograd {

namespace {

void add_roots(const char* op, Engine& engine, TensorList tensors, TensorList gradients) {
  GRADUS_CHECK(gradients.empty() || gradients.size() == tensors.size(),
               "{}: expected {} gradients, got {}", op, tensors.size(), gradients.size());
  std::vector<Tensor> checked;
  for (size_t i = 0; i < tensors.size(); ++i) {
    const Tensor& root = tensors[i];
    GRADUS_CHECK(root.defined(), "{}: tensor {} is undefined", op, i);
    GRADUS_CHECK(root.requires_grad(),
                 "{}: element {} of tensors does not require grad and does not have a grad_fn", op,
                 i);
    Tensor gradient = gradients.empty() ? Tensor() : gradients[i];
    if (!gradient.defined()) {
      GRADUS_CHECK(root.numel() == 1,
                   "{}: grad can be implicitly created only for scalar outputs, got shape {}", op,
                   root.sizes());
      gradient = ones_like(root);
    }
    if (gradient.sizes() != root.sizes()) {
      GRADUS_CHECK(is_expandable_to(root.sizes(), gradient.sizes()),
                   "{}: gradient of shape {} for an output of shape {}", op, gradient.sizes(),
                   root.sizes());
      gradient = sum_to_size(gradient, root.sizes());
    }
    checked.push_back(gradient.dtype() == root.dtype() ? gradient : gradient.to(root.dtype()));
  }
  for (size_t i = 0; i < tensors.size(); ++i) engine.add_root(tensors[i], std::move(checked[i]));
}

}  // namespace

void backward(TensorList tensors, TensorList grad_tensors, std::optional<bool> retain_graph,
              bool create_graph, TensorList inputs) {
  Engine engine(retain_graph.value_or(create_graph), create_graph);
  for (const Tensor& input : inputs) {
    GRADUS_CHECK(input.defined() && input.requires_grad(),
                 "backward: one of inputs does not require grad");
    engine.capture(input, /*accumulate=*/true);
  }
  add_roots("backward", engine, tensors, grad_tensors);
  engine.run();
}

std::vector<Tensor> grad(TensorList outputs, TensorList inputs, TensorList grad_outputs,
                         std::optional<bool> retain_graph, bool create_graph, bool allow_unused) {
  GRADUS_CHECK(!inputs.empty(), "grad: inputs is empty");
  Engine engine(retain_graph.value_or(create_graph), create_graph);
  for (size_t i = 0; i < inputs.size(); ++i) {
    GRADUS_CHECK(inputs[i].defined() && inputs[i].requires_grad(),
                 "grad: input {} does not require grad", i);
    engine.capture(inputs[i], /*accumulate=*/false);
  }
  add_roots("grad", engine, outputs, grad_outputs);
  engine.run();
  std::vector<Tensor> gradients = engine.captured();
  for (size_t i = 0; i < gradients.size(); ++i) {
    GRADUS_CHECK(allow_unused || gradients[i].defined(),
                 "grad: input {} appears to not have been used in the graph. Set allow_unused=true "
                 "if this is what you want",
                 i);
  }
  return gradients;
}

}  // namespace autograd
}  // namespace gradus
