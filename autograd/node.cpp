#include "autograd/node.h"

#include <algorithm>
#include <atomic>
#include <cctype>

#include "autograd/grad_meta.h"
#include "autograd/saved_tensors_hooks.h"
#include "core/inference_mode.h"
#include "core/uninitialized.h"

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
GRADUS_FAST_THREAD_LOCAL autograd::SavedTensorsHooks* saved_tensors_hooks = nullptr;

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

InferenceMode::InferenceMode(bool enabled) : grad_mode_(!enabled), before_(is_enabled()) {
  detail::set_inference_mode(enabled);
}
InferenceMode::~InferenceMode() {
  detail::set_inference_mode(before_);
}
bool InferenceMode::is_enabled() {
  return detail::inference_mode();
}

bool records(const TensorRefs& inputs) {
  if (!grad_mode) return false;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].requires_grad()) return !detail::inference_mode();
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

uintptr_t Node::add_pre_hook(PreHook hook) {
  hooks().pre.emplace_back(hooks().next_handle, std::move(hook));
  return hooks().next_handle++;
}
uintptr_t Node::add_post_hook(PostHook hook) {
  hooks().post.emplace_back(hooks().next_handle, std::move(hook));
  return hooks().next_handle++;
}
bool Node::del_pre_hook(uintptr_t key) {
  return std::erase_if(hooks().pre, [&](const auto& hook) { return hook.first == key; }) > 0;
}
bool Node::del_post_hook(uintptr_t key) {
  return std::erase_if(hooks().post, [&](const auto& hook) { return hook.first == key; }) > 0;
}

void Node::release_saved() {
  for (Saved* saved = saved_; saved != nullptr; saved = saved->next_) {
    saved->tensor_ = Tensor();
    saved->drop_packed();
    saved->edge_ = Edge();
    saved->released_ = true;
  }
}

// --- Saved
// --------------------------------------------------------------------------------------------------------

static_assert(sizeof(Saved) == 64, "a cache line each: graphs are made of them");

Saved::Saved(const Tensor& tensor) : tensor_(tensor) {
  if (tensor_.defined()) version_ = History::version(tensor_);
}

Saved::Saved(Saved&& other) noexcept
    : tensor_(std::move(other.tensor_)),
      packed_(std::exchange(other.packed_, nullptr)),
      version_(other.version_) {
  if (node_under_construction != nullptr) enlist(node_under_construction);
}

void Saved::enlist(Node* node) noexcept {
  node_ = node;
  next_ = node->saved_;
  node->saved_ = this;
}

struct Saved::Packed {
  Callable<Tensor()> unpack;
  DimVector sizes;
  ScalarType dtype;
};

void Saved::pack() {
  auto packed = std::make_unique<Packed>();
  packed->sizes = tensor_.impl()->sizes;
  packed->dtype = tensor_.dtype();
  packed->unpack = autograd::SavedTensorsHooks::pack(tensor_);
  tensor_ = Tensor();
  drop_packed();
  packed_ = packed.release();
}

void Saved::drop_packed() noexcept {
  delete std::exchange(packed_, nullptr);
}

Tensor Saved::unpack() const {
  const char* const op = node_ == nullptr ? "saved tensor" : node_->op();
  // The function may be dropped while it runs, as when it runs a backward.
  const Callable<Tensor()> unpack = packed_->unpack;
  Tensor tensor;
  {
    NoGradGuard no_grad;
    tensor = unpack();
  }
  GRADUS_CHECK(packed_ != nullptr, "{}: what the op saved was freed while it was unpacked", op);
  GRADUS_CHECK(tensor.defined(), "{}: an unpack hook returned an undefined tensor", op);
  GRADUS_CHECK(tensor.sizes() == IntArrayRef(packed_->sizes) && tensor.dtype() == packed_->dtype,
               "{}: an unpack hook returned {}{}, but the tensor that was packed was of shape {} "
               "and dtype {}",
               op, tensor.toString(), tensor.sizes(), IntArrayRef(packed_->sizes), packed_->dtype);
  return tensor;
}

Tensor Saved::get() const {
  GRADUS_CHECK(!released_,
               "{}: trying to backward through the graph a second time: what the op saved was "
               "freed by the first backward. "
               "Pass retain_graph=true there to keep it",
               node_->op());
  if (packed_ != nullptr) {
    const Tensor tensor = unpack();
    if (!grad_mode) return tensor;
    Tensor alias = History::alias(tensor);
    if (kind_ == Kind::Output) {
      History::set(alias, intrusive_ptr<Node>(node_), edge_.output_nr);
    } else if (edge_.node) {
      History::set(alias, edge_.node, edge_.output_nr);
    } else if (edge_.leaf) {
      return record("unpack", {Tensor(edge_.leaf)}, alias,
                    [](const Tensor& dy) -> Grads { return {dy}; });
    }
    return alias;
  }
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
    History::set(tensor, intrusive_ptr<Node>(node_), edge_.output_nr);
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
    : saved_(std::exchange(other.saved_, nullptr)), size_(std::exchange(other.size_, 0)) {
  if (node_under_construction == nullptr) return;
  for (size_t i = 0; i < size_; ++i) saved_[i].enlist(node_under_construction);
}

SavedList::~SavedList() {
  delete[] saved_;
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
    if (edge.leaf && edge.leaf->numel == 0) require_initialized(node->op(), inputs[i]);
    if (edge.node) number = std::max(number, edge.node->sequence_nr_);
  }
  last_sequence_nr = node->sequence_nr_ = number + 1;
  node->thread_ = this_thread_number();
  if (autograd::anomaly_enabled.load(std::memory_order_relaxed)) [[unlikely]]
    autograd::remember_call(*node);
  const bool packs = saved_tensors_hooks != nullptr;

  for (Saved* saved = node->saved_; saved != nullptr; saved = saved->next_) {
    Tensor& tensor = saved->tensor_;
    if (!tensor.defined()) continue;
    GRADUS_CHECK(!tensor.is_inference(),
                 "{}: an inference tensor cannot be saved for backward. Use clone() outside "
                 "InferenceMode to get a normal tensor, or NoGradGuard in its place",
                 node->op());
    if (!tensor.is_floating_point()) {  // an integer tensor never has history
      if (packs) saved->pack();
      continue;
    }
    saved->kind_ = Saved::Kind::Input;
    for (size_t i = 0; i < outputs.size(); ++i) {
      if (tensor.is_same(outputs[i])) {
        saved->kind_ = Saved::Kind::Output;
        saved->edge_.output_nr = static_cast<uint32_t>(i);
      }
    }
    if (saved->kind_ == Saved::Kind::Input) {
      if (!packs && is_leaf_that_requires_grad(tensor)) {
        saved->kind_ = Saved::Kind::Original;
        continue;
      }
      saved->edge_ = History::edge(tensor);
    }
    tensor = History::alias(tensor);
    if (packs) saved->pack();
  }

  node->outputs_.reserve(outputs.size());
  for (size_t i = 0; i < outputs.size(); ++i) {
    const Tensor& output = outputs[i];
    Node::OutputMeta& meta = node->outputs_.emplace_back();
    if (!output.defined()) continue;
    meta.sizes = output.impl()->sizes;
    meta.dtype = output.dtype();
    if (!output.is_floating_point()) continue;
    History::set(output, intrusive_ptr<Node>(node), static_cast<uint32_t>(i));
  }
}

// --- SavedTensorsHooks
// --------------------------------------------------------------------------------------------

namespace autograd {

SavedTensorsHooks::SavedTensorsHooks(Packer pack)
    : pack_(std::move(pack)), outer_(saved_tensors_hooks) {
  saved_tensors_hooks = this;
}

SavedTensorsHooks::~SavedTensorsHooks() {
  saved_tensors_hooks = outer_;
}

bool SavedTensorsHooks::any() {
  return saved_tensors_hooks != nullptr;
}

Callable<Tensor()> SavedTensorsHooks::pack(const Tensor& x) {
  if (saved_tensors_hooks == nullptr) return [x] { return x; };
  NoGradGuard no_grad;
  const uint32_t version = History::version(x);
  Callable<Tensor()> unpack = saved_tensors_hooks->pack_(x);
  GRADUS_CHECK(History::version(x) == version,
               "SavedTensorsHooks: a pack hook modified its input in place");
  return unpack;
}

}  // namespace autograd

// --- GradMeta, History
// --------------------------------------------------------------------------------------------

namespace {

// Takes the slot out of what its node retains gradients for. @return whether it was there
bool stop_retaining(GradMeta& meta) {
  Node::Hooks* hooks = meta.grad_fn ? History::find_hooks(*meta.grad_fn) : nullptr;
  return hooks != nullptr && std::erase_if(hooks->retained, [&](const auto& entry) {
                               return entry.second == &meta;
                             }) > 0;
}

}  // namespace

void destroy_grad_meta(GradMeta* meta) noexcept {
  stop_retaining(*meta);
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
  alias->sparse = impl.sparse;
  return Tensor(std::move(alias));
}

void History::set(const Tensor& tensor, intrusive_ptr<Node> node, uint32_t output_nr) {
  GradMeta& slot = meta(tensor);
  // A gradient that is retained is that of the latest value.
  const bool retained = slot.grad_fn && stop_retaining(slot);
  slot.grad_fn = std::move(node);
  slot.output_nr = output_nr;
  if (retained) hooks(*slot.grad_fn).retained.emplace_back(output_nr, &slot);
  if (slot.view != nullptr) slot.view->version = version(tensor);
}

void History::clear(GradMeta& meta) {
  stop_retaining(meta);
  meta.grad_fn = nullptr;
  meta.output_nr = 0;
  meta.requires_grad = false;
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
