#include "autograd/node.h"

#include <algorithm>
#include <atomic>
#include <cctype>

#include "autograd/grad_meta.h"

namespace gradus {

namespace {

// Initial-exec: one instruction to reach, where the default model of a shared library calls a
// function.
#define GRADUS_FAST_THREAD_LOCAL static thread_local __attribute__((tls_model("initial-exec")))

GRADUS_FAST_THREAD_LOCAL bool grad_mode = true;
GRADUS_FAST_THREAD_LOCAL Node* node_under_construction = nullptr;
GRADUS_FAST_THREAD_LOCAL uint64_t last_sequence_nr = 0;
GRADUS_FAST_THREAD_LOCAL uint32_t thread_number = 0;
GRADUS_FAST_THREAD_LOCAL bool freeing_nodes = false;

uint32_t this_thread_number() {
  static std::atomic<uint32_t> threads{0};
  if (thread_number == 0) thread_number = ++threads;
  return thread_number;
}

}  // namespace

bool GradMode::is_enabled() {
  return grad_mode;
}
void GradMode::set_enabled(bool enabled) {
  grad_mode = enabled;
}

bool records(const TensorRefs& inputs) {
  if (!grad_mode) return false;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].requires_grad()) return true;
  }
  return false;
}

// --- Node
// ---------------------------------------------------------------------------------------------------------

Node::Node(const char* op) : op_(op) {}
Node::~Node() = default;

void Node::destroy(Node* node) noexcept {
  // A node owns edges to nodes, whose last owner it may be: a chain of a million nodes must not
  // recurse.
  static thread_local std::vector<Node*> doomed;
  if (freeing_nodes) {
    doomed.push_back(node);
    return;
  }
  freeing_nodes = true;
  delete node;
  while (!doomed.empty()) {
    Node* next = doomed.back();
    doomed.pop_back();
    delete next;
  }
  freeing_nodes = false;
}

std::string Node::name() const {
  std::string name;
  bool capital = true;
  for (const char* c = op_; *c != '\0'; ++c) {
    if (*c == '_') {
      capital = true;
    } else {
      name += capital ? static_cast<char>(std::toupper(static_cast<unsigned char>(*c))) : *c;
      capital = false;
    }
  }
  return name + "Backward0";
}

Node::Hooks& Node::hooks() {
  if (hooks_ == nullptr) hooks_ = std::make_unique<Hooks>();
  return *hooks_;
}

void Node::add_pre_hook(PreHook hook) {
  hooks().pre.push_back(std::move(hook));
}
void Node::add_post_hook(PostHook hook) {
  hooks().post.push_back(std::move(hook));
}

void Node::release_saved() {
  for (Saved* saved = saved_; saved != nullptr; saved = saved->next_) {
    saved->tensor_ = Tensor();
    saved->edge_ = Edge();
    saved->released_ = true;
  }
}

// --- Saved
// --------------------------------------------------------------------------------------------------------

Saved::Saved(const Tensor& tensor) : tensor_(tensor) {
  if (tensor_.defined()) version_ = History::version(tensor_);
}

Saved::Saved(Saved&& other) noexcept : tensor_(std::move(other.tensor_)), version_(other.version_) {
  if (node_under_construction != nullptr) enlist(node_under_construction);
}

void Saved::enlist(Node* node) noexcept {
  node_ = node;
  next_ = node->saved_;
  node->saved_ = this;
}

Tensor Saved::get() const {
  GRADUS_CHECK(!released_,
               "{}: trying to backward through the graph a second time: what the op saved was "
               "freed by the first backward. "
               "Pass retain_graph=true there to keep it",
               node_->op());
  if (!tensor_.defined()) return tensor_;
  const uint32_t version = History::version(tensor_);
  GRADUS_CHECK(version == version_,
               "{}: a tensor needed for the gradient has been modified by an inplace operation: "
               "{}{} is at version {}; "
               "expected version {} instead",
               node_ == nullptr ? "saved tensor" : node_->op(), tensor_.toString(), tensor_.sizes(),
               version, version_);
  if (kind_ == Kind::Original || !grad_mode) return tensor_;
  if (edge_.leaf) return Tensor(edge_.leaf);  // a leaf that is a view
  Tensor tensor = History::alias(tensor_);
  if (kind_ == Kind::Output) {
    History::set(tensor, intrusive_ptr<Node>(node_), output_nr_);
  } else if (edge_.defined()) {
    History::set(tensor, edge_.node, edge_.output_nr);
  }
  return tensor;
}

SavedList::SavedList(TensorList tensors)
    : saved_(new Saved[tensors.size()]), size_(tensors.size()) {
  for (size_t i = 0; i < size_; ++i) {
    saved_[i].tensor_ = tensors[i];
    if (tensors[i].defined()) saved_[i].version_ = History::version(tensors[i]);
  }
}

SavedList::SavedList(SavedList&& other) noexcept
    : saved_(std::move(other.saved_)), size_(std::exchange(other.size_, 0)) {
  if (node_under_construction == nullptr) return;
  for (size_t i = 0; i < size_; ++i) saved_[i].enlist(node_under_construction);
}

std::vector<Tensor> SavedList::get() const {
  std::vector<Tensor> tensors;
  tensors.reserve(size_);
  for (size_t i = 0; i < size_; ++i) tensors.push_back(saved_[i].get());
  return tensors;
}

// --- Recorder
// -----------------------------------------------------------------------------------------------------

void Recorder::begin(Node* node) noexcept {
  node_under_construction = node;
}
void Recorder::end() noexcept {
  node_under_construction = nullptr;
}

namespace {

// The leaf whose gradient needs no alias: it cannot become part of a graph.
bool is_leaf_that_requires_grad(const Tensor& tensor) {
  const GradMeta* meta = History::find(tensor);
  return meta != nullptr && meta->requires_grad && meta->grad_fn.get() == nullptr &&
         meta->view == nullptr;
}

}  // namespace

void Recorder::connect(Node* node, const TensorRefs& inputs, const TensorRefs& outputs) {
  uint64_t number = last_sequence_nr;
  node->edges_.reserve(inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    Edge& edge = node->edges_.emplace_back(inputs[i].defined() ? History::edge(inputs[i]) : Edge());
    if (edge.node) number = std::max(number, edge.node->sequence_nr_);
  }
  last_sequence_nr = node->sequence_nr_ = number + 1;
  node->thread_ = this_thread_number();

  for (Saved* saved = node->saved_; saved != nullptr; saved = saved->next_) {
    Tensor& tensor = saved->tensor_;
    if (!tensor.defined() || !tensor.is_floating_point())
      continue;  // an integer tensor never has history
    saved->kind_ = Saved::Kind::Input;
    for (size_t i = 0; i < outputs.size(); ++i) {
      if (tensor.is_same(outputs[i])) {
        saved->kind_ = Saved::Kind::Output;
        saved->output_nr_ = static_cast<uint32_t>(i);
      }
    }
    if (saved->kind_ == Saved::Kind::Input) {
      if (is_leaf_that_requires_grad(tensor)) {
        saved->kind_ = Saved::Kind::Original;
        continue;
      }
      saved->edge_ = History::edge(tensor);
    }
    tensor = History::alias(tensor);
  }

  node->outputs_.reserve(outputs.size());
  for (size_t i = 0; i < outputs.size(); ++i) {
    const Tensor& output = outputs[i];
    Node::OutputMeta& meta = node->outputs_.emplace_back();
    if (!output.defined()) continue;
    meta.sizes = output.impl()->sizes;
    meta.dtype = output.dtype();
    if (!output.is_floating_point()) continue;
    GradMeta& slot = History::meta(output);
    slot.grad_fn = intrusive_ptr<Node>(node);
    slot.output_nr = static_cast<uint32_t>(i);
    if (slot.view != nullptr) slot.view->version = History::version(output);
  }
}

// --- GradMeta, History
// --------------------------------------------------------------------------------------------

void destroy_grad_meta(GradMeta* meta) noexcept {
  delete meta;
}

GradMeta& History::meta(const Tensor& tensor) {
  TensorImpl* impl = tensor.impl();
  if (impl->grad_meta == nullptr) impl->grad_meta = new GradMeta;
  return *impl->grad_meta;
}

uint32_t History::version(const Tensor& tensor) {
  return tensor.impl()->version_counter().load(std::memory_order_acquire);
}

Tensor History::alias(const Tensor& tensor) {
  const TensorImpl& impl = *tensor.impl();
  auto alias = make_intrusive<TensorImpl>(impl.storage, impl.dtype);
  alias->sizes = impl.sizes;
  alias->strides = impl.strides;
  alias->offset = impl.offset;
  alias->numel = impl.numel;
  alias->own_version = impl.own_version;
  alias->inference = impl.inference;
  return Tensor(std::move(alias));
}

void History::set(const Tensor& tensor, intrusive_ptr<Node> node, uint32_t output_nr) {
  GradMeta& slot = meta(tensor);
  slot.grad_fn = std::move(node);
  slot.output_nr = output_nr;
  if (slot.view != nullptr) slot.view->version = version(tensor);
}

Edge History::edge(const Tensor& tensor) {
  Edge edge;
  if (GradMeta* slot = find(tensor)) {
    if (Node* node = grad_fn(tensor)) {
      edge.node = intrusive_ptr<Node>(node);
      edge.output_nr = slot->output_nr;
    } else if (slot->requires_grad) {
      edge.leaf = intrusive_ptr<TensorImpl>(tensor.impl());
    }
  }
  return edge;
}

std::mutex& History::leaf_lock(const TensorImpl* leaf) {
  static std::mutex locks[64];
  return locks[(reinterpret_cast<uintptr_t>(leaf) >> 6) % 64];
}

}  // namespace gradus
