// The methods of Tensor that concern its gradient and history.

#include <algorithm>

#include "autograd/engine.h"
#include "autograd/grad_meta.h"
#include "autograd/in_place.h"
#include "core/tensor.h"

namespace gradus {

namespace {

GradMeta& require_leaf_meta(const char* op, const Tensor& tensor) {
  GRADUS_CHECK(tensor.requires_grad(),
               "{}: expected a tensor that requires grad, got one that does not", op);
  return History::meta(tensor);
}

}  // namespace

bool Tensor::requires_grad_slow() const {
  const GradMeta& meta = *impl_->grad_meta;
  if (meta.requires_grad || meta.grad_fn) return true;
  // A view gets its history from the base when that, or the view, was written to.
  return meta.view != nullptr && meta.view->version != History::version(*this) &&
         meta.view->base.requires_grad();
}

const Tensor& Tensor::set_requires_grad(bool requires_grad) const {
  checked();
  if (requires_grad == this->requires_grad() && requires_grad == (impl_->grad_meta != nullptr))
    return *this;
  GRADUS_CHECK(!requires_grad || !is_inference() || InferenceMode::is_enabled(),
               "requires_grad_: setting requires_grad=true on inference tensor outside "
               "InferenceMode is not allowed");
  GRADUS_CHECK_TYPE(
      !requires_grad || is_floating_point(),
      "requires_grad_: only tensors of floating-point dtype can require gradients, got {}",
      dtype());
  GRADUS_CHECK(requires_grad || is_leaf(),
               "requires_grad_: you can only change requires_grad of a leaf; use detach() to get "
               "one without history");
  if (is_leaf()) History::meta(*this).requires_grad = requires_grad;
  return *this;
}

bool Tensor::is_leaf() const {
  return grad_fn().get() == nullptr;
}

const Tensor& Tensor::grad() const {
  static const Tensor none;
  const GradMeta* meta = checked().grad_meta;
  return meta == nullptr ? none : meta->grad;
}

Tensor& Tensor::mutable_grad() const {
  checked();
  return History::meta(*this).grad;
}

intrusive_ptr<Node> Tensor::grad_fn() const {
  if (checked().grad_meta == nullptr) return nullptr;
  return intrusive_ptr<Node>(History::grad_fn(*this));
}

int64_t Tensor::output_nr() const {
  return checked().grad_meta == nullptr ? 0 : impl_->grad_meta->output_nr;
}

void Tensor::backward(const Tensor& gradient, std::optional<bool> retain_graph, bool create_graph,
                      std::optional<TensorList> inputs) const {
  checked();
  autograd::backward(*this, gradient.defined() ? TensorList(gradient) : TensorList(), retain_graph,
                     create_graph, inputs.value_or(TensorList()));
}

Tensor Tensor::detach() const {
  checked();
  Tensor detached = History::alias(*this);
  detached.impl()->view_copy = impl_->view_copy;
  return detached;
}

Tensor& Tensor::detach_() const {
  checked();
  if (GradMeta* meta = impl_->grad_meta) {
    GRADUS_CHECK(meta->view == nullptr, "detach_: cannot detach a view in place; use detach()");
    History::clear(*meta);
  }
  return self();
}

Tensor Tensor::data() const {
  Tensor data = detach();
  data.impl()->own_version = make_intrusive<VersionCounter>(0);
  return data;
}

void Tensor::set_data(const Tensor& other) const {
  TensorImpl& to = checked();
  const TensorImpl& from = other.checked();
  if (&to == &from) return;
  GRADUS_CHECK_TYPE(!requires_grad() || other.is_floating_point(),
                    "set_data: a tensor that requires grad cannot take data of dtype {}",
                    other.dtype());
  // The version goes on from where it was, apart from the counter of the storage that is given up.
  if (!to.own_version) to.own_version = make_intrusive<VersionCounter>(_version());
  if (to.grad_meta != nullptr) to.grad_meta->view.reset();  // its elements lie elsewhere now
  to.storage = from.storage;
  to.dtype = from.dtype;
  to.sizes = from.sizes;
  to.strides = from.strides;
  to.offset = from.offset;
  to.numel = from.numel;
  to.sparse = from.sparse;
}

void Tensor::retain_grad() const {
  GradMeta& meta = require_leaf_meta("retain_grad", *this);
  Node* node = History::grad_fn(*this);
  if (node == nullptr || retains_grad()) return;
  History::hooks(*node).retained.emplace_back(meta.output_nr, &meta);
}

bool Tensor::retains_grad() const {
  const GradMeta* meta = checked().grad_meta;
  const Node::Hooks* hooks =
      meta == nullptr || !meta->grad_fn ? nullptr : History::find_hooks(*meta->grad_fn);
  return hooks != nullptr && std::any_of(hooks->retained.begin(), hooks->retained.end(),
                                         [&](const auto& entry) { return entry.second == meta; });
}

unsigned Tensor::register_hook(TensorHook hook) const {
  GradMeta& meta = require_leaf_meta("register_hook", *this);
  if (Node* node = History::grad_fn(*this)) {
    Node::Hooks& hooks = History::hooks(*node);
    hooks.tensor.push_back({meta.output_nr, hooks.next_handle, std::move(hook)});
    return hooks.next_handle++;
  }
  if (meta.hooks == nullptr) meta.hooks = std::make_unique<GradMeta::Hooks>();
  meta.hooks->tensor.emplace_back(meta.hooks->next_handle, std::move(hook));
  return meta.hooks->next_handle++;
}

void Tensor::remove_hook(unsigned handle) const {
  GradMeta& meta = require_leaf_meta("remove_hook", *this);
  bool removed = false;
  if (Node* node = History::grad_fn(*this)) {
    removed = std::erase_if(History::hooks(*node).tensor,
                            [&](const auto& entry) { return entry.handle == handle; }) > 0;
  } else if (meta.hooks != nullptr) {
    const auto is_it = [&](const auto& entry) { return entry.first == handle; };
    removed = std::erase_if(meta.hooks->tensor, is_it) +
                  std::erase_if(meta.hooks->post_accumulate, is_it) >
              0;
  }
  GRADUS_CHECK_INDEX(removed, "remove_hook: no hook with handle {}", handle);
}

unsigned Tensor::register_post_accumulate_grad_hook(PostAccumulateHook hook) const {
  GradMeta& meta = require_leaf_meta("register_post_accumulate_grad_hook", *this);
  GRADUS_CHECK(is_leaf(),
               "register_post_accumulate_grad_hook: expected a leaf, got the output of {}",
               grad_fn()->name());
  if (meta.hooks == nullptr) meta.hooks = std::make_unique<GradMeta::Hooks>();
  meta.hooks->post_accumulate.emplace_back(meta.hooks->next_handle, std::move(hook));
  return meta.hooks->next_handle++;
}

uint32_t Tensor::_version() const {
  checked();
  GRADUS_CHECK(!is_inference(), "_version: inference tensors do not track version counter");
  return History::version(*this);
}

bool Tensor::is_view() const {
  const GradMeta* meta = checked().grad_meta;
  return meta != nullptr && meta->view != nullptr;
}

Tensor Tensor::_base() const {
  GRADUS_CHECK(is_view(), "_base: the tensor is not a view");
  return impl_->grad_meta->view->base;
}

}  // namespace gradus
