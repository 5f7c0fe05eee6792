#include "autograd/in_place.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "autograd/grad_meta.h"
#include "autograd/ops/shape.h"
#include "core/factory.h"
#include "core/kernels/copy.h"
#include "core/shape.h"
#include "core/uninitialized.h"

namespace gradus {

namespace {

// Where a view lies inside its base.
struct Geometry {
  DimVector sizes, strides;
  int64_t offset;

  static Geometry of(const Tensor& tensor) {
    return {to_dims(tensor.sizes()), to_dims(tensor.strides()), tensor.storage_offset()};
  }
};

const ViewInfo* view_info(const Tensor& tensor) {
  const GradMeta* meta = History::find(tensor);
  return meta == nullptr ? nullptr : meta->view.get();
}

bool shares_elements(const Tensor& tensor) {
  if (tensor.numel() == 0) return false;
  for (size_t i = 0; i < tensor.sizes().size(); ++i) {
    if (tensor.strides()[i] == 0 && tensor.sizes()[i] > 1) return true;
  }
  return false;
}

// Whether two elements may lie at one place, as in what unfold() returns: some dim steps less far
// than those with smaller strides reach.
bool may_overlap(const Tensor& tensor) {
  if (tensor.numel() == 0 || tensor.is_non_overlapping_and_dense()) return false;
  std::vector<std::pair<int64_t, int64_t>> dims;  // stride, size
  for (size_t i = 0; i < tensor.sizes().size(); ++i) {
    if (tensor.sizes()[i] > 1) dims.emplace_back(tensor.strides()[i], tensor.sizes()[i]);
  }
  std::sort(dims.begin(), dims.end());
  int64_t reach = 0;
  for (const auto& [stride, size] : dims) {
    if (stride <= reach) return true;
    reach += stride * (size - 1);
  }
  return false;
}

// A view that does not follow what is written to its base. @param what "is being modified in place"
void check_origin(const char* op, const ViewInfo& view, const char* what) {
  GRADUS_CHECK(view.origin != ViewOrigin::MultiOutput,
               "{}: the tensor is one of several views that one op returned (unbind, split, "
               "chunk) and {}. Use the out-of-place op",
               op, what);
  GRADUS_CHECK(
      view.origin != ViewOrigin::NoGrad,
      "{}: a view was created in no_grad mode and {} with grad mode enabled. Make the view "
      "and write both inside or both outside of no_grad mode",
      op, what);
  GRADUS_CHECK(view.origin != ViewOrigin::Inference,
               "{}: a view was created in inference mode and {} in normal mode. Make the view and "
               "write both inside or both outside of inference mode",
               op, what);
  GRADUS_CHECK(view.origin != ViewOrigin::CustomFunction,
               "{}: the view was returned by a custom Function and {}", op, what);
}

void check_view(const char* op, const Tensor& self, const ViewInfo& view) {
  const Tensor& base = view.base;
  GRADUS_CHECK(
      !(base.is_leaf() && (base.requires_grad() || self.requires_grad())),
      "{}: a view of a leaf tensor that requires grad is being used in an in-place operation", op);
  if (view.origin == ViewOrigin::Normal || !(self.requires_grad() || base.requires_grad())) return;
  check_origin(op, view, "is being modified in place");
}

}  // namespace

void check_in_place(const char* op, const Tensor& self, IntArrayRef result_sizes,
                    ScalarType result_dtype) {
  require_dense(op, "self", self);
  GRADUS_CHECK(self.sizes() == result_sizes,
               "{}: output with shape {} doesn't match the broadcast shape {}", op, self.sizes(),
               result_sizes);
  GRADUS_CHECK_TYPE(can_cast(result_dtype, self.dtype()),
                    "{}: result type {} can't be cast to the desired output type {}", op,
                    result_dtype, self.dtype());
  check_in_place(op, self);
}

void check_in_place(const char* op, const Tensor& self) {
  require_dense(op, "self", self);
  require_initialized(op, self);
  GRADUS_CHECK(!shares_elements(self),
               "{}: unsupported operation: more than one element of the written-to tensor refers "
               "to a single memory "
               "location. Please clone() the tensor before performing the operation",
               op);
  GRADUS_CHECK(!self.impl()->view_copy,
               "{}: the tensor was returned by view(), which had to copy because the strides of "
               "its input forbid a view; "
               "writing to it would not reach that input. Use reshape() or contiguous().view()",
               op);
  check_in_place_history(op, self);
  GRADUS_CHECK(!GradMode::is_enabled() || !self.requires_grad() || !may_overlap(self),
               "{}: several elements of the written-to tensor, which requires grad, may share a "
               "memory location (unfold, as_strided). Please clone() it first",
               op);
}

void check_in_place_history(const char* op, const Tensor& self) {
  GRADUS_CHECK(self.defined(), "{}: self is undefined", op);
  GRADUS_CHECK(!self.is_inference() || InferenceMode::is_enabled(),
               "{}: inplace update to inference tensor outside InferenceMode is not allowed. You "
               "can make a clone() to get a normal tensor before doing inplace update",
               op);
  if (!GradMode::is_enabled() || InferenceMode::is_enabled() || self.impl()->grad_meta == nullptr) {
    return;
  }
  if (const ViewInfo* view = view_info(self)) check_view(op, self, *view);
  GRADUS_CHECK(!(self.is_leaf() && self.requires_grad()),
               "{}: a leaf tensor that requires grad is being used in an in-place operation", op);
}

void bump_version(const Tensor& self) {
  if (self.is_inference()) return;
  self.impl()->version_counter().fetch_add(1, std::memory_order_acq_rel);
}

void Recorder::connect_in_place(Node* node, const TensorRefs& inputs, const Tensor& output) {
  const ViewInfo* view = view_info(output);
  if (view == nullptr) {
    connect(node, inputs, output);
    return;
  }
  // The op wrote to a part of base: let its result be a tensor of its own, and base the node that
  // takes it in.
  Tensor result = History::alias(output);
  connect(node, inputs, result);
  const Tensor base = view->base;
  const Geometry part = Geometry::of(output), whole = Geometry::of(base);
  auto closure = [part, whole](const Tensor& dy, const Needs& needs) -> Grads {
    // dy in the layout of the base, so that the part lies in it as the view lies in the base.
    const Tensor laid_out = restride(dy, whole.strides);
    const int64_t offset = part.offset - whole.offset;
    Tensor d_base, d_result;
    if (needs[0]) {
      d_base = as_strided_scatter(laid_out, zeros(part.sizes, dy.options()), part.sizes,
                                  part.strides, offset);
    }
    if (needs[1]) d_result = as_strided(laid_out, part.sizes, part.strides, offset).clone();
    return {d_base, d_result};
  };
  intrusive_ptr<Node> copy_slices(
      new detail::ClosureNode<decltype(closure)>("copy_slices", std::move(closure)));
  connect(copy_slices.get(), {base, result}, base);
  // Whatever history the view has is that of before the write: it is made anew from the base.
  History::find(output)->view->version = History::version(output) - 1;
}

void Recorder::keep_saved(const Tensor& result, const Tensor& self) {
  const GradMeta* meta = History::find(result);
  if (meta == nullptr || !meta->grad_fn) return;
  for (Saved* saved = meta->grad_fn->saved_; saved != nullptr; saved = saved->next_) {
    if (saved->packed_ != nullptr) {
      // A pack hook may have kept the elements themselves.
      const Tensor unpacked = saved->unpack();
      if (!(unpacked.impl()->storage == self.impl()->storage)) continue;
      saved->tensor_ = unpacked.clone();
      saved->pack();
      continue;
    }
    const Tensor& tensor = saved->tensor_;
    if (!tensor.defined() || tensor.requires_grad() ||
        !(tensor.impl()->storage == self.impl()->storage)) {
      continue;
    }
    Tensor copy = empty_like(tensor);
    kernel::copy(tensor, copy);
    saved->tensor_ = std::move(copy);
    saved->version_ = History::version(saved->tensor_);
  }
}

Tensor& become_view(const char* op, Tensor& self, FunctionRef<Tensor(const Tensor&)> view_of) {
  check_in_place_history(op, self);
  // The history of a tensor that has one follows its shape even where nothing else is recorded.
  const bool has_history = self.impl()->grad_meta != nullptr && !self.is_leaf();
  Tensor y;
  if (has_history && !GradMode::is_enabled()) {
    InferenceMode recording(false);
    y = view_of(self);
  } else {
    y = view_of(self);
  }
  const intrusive_ptr<Node> grad_fn = y.grad_fn();
  TensorImpl& to = *self.impl();
  const TensorImpl& from = *y.impl();
  to.sizes = from.sizes;
  to.strides = from.strides;
  to.offset = from.offset;
  to.numel = from.numel;
  bump_version(self);
  if (has_history && grad_fn) {
    History::set(self, grad_fn, static_cast<uint32_t>(y.output_nr()));
  }
  return self;
}

Tensor& assign(const char* op, Tensor& self, const Tensor& result) {
  const bool recorded = records({self, result});
  if (recorded) Recorder::keep_saved(result, self);
  kernel::copy(result, self);
  bump_version(self);
  if (!recorded) return self;
  if (view_info(self) == nullptr && result.requires_grad() && result.dtype() == self.dtype() &&
      result.sizes() == self.sizes()) {
    // The result's own history, without a node for the copy.
    const Edge edge = History::edge(result);
    if (edge.node) {
      History::set(self, edge.node, edge.output_nr);
      return self;
    }
  }
  return record_in_place(op, {self, result}, self, [](const Tensor& dy) -> Grads {
    return {Tensor(), dy};
  });
}

void set_view(const Tensor& x, const Tensor& y, bool multi_output) {
  y.impl()->own_version = x.impl()->own_version;
  y.impl()->view_copy = x.impl()->view_copy;
  const ViewInfo* of_x = view_info(x);
  auto view = std::make_unique<ViewInfo>();
  view->base = of_x == nullptr ? x : of_x->base;
  view->version = History::version(y);
  view->origin = multi_output                  ? ViewOrigin::MultiOutput
                 : InferenceMode::is_enabled() ? ViewOrigin::Inference
                 : !GradMode::is_enabled()     ? ViewOrigin::NoGrad
                 : of_x != nullptr             ? of_x->origin
                                               : ViewOrigin::Normal;
  History::meta(y).view = std::move(view);
}

Node* History::grad_fn(const Tensor& tensor) {
  GradMeta* meta = find(tensor);
  if (meta == nullptr) return nullptr;
  ViewInfo* view = meta->view.get();
  if (view == nullptr || view->version == version(tensor)) return meta->grad_fn.get();
  if (!view->base.requires_grad()) {
    // The base was cut off (detach_) and written to since: so is what the view shows.
    if (meta->grad_fn) set(tensor, nullptr, 0);
  } else {
    // The base, or another view of it, was written to since: this view's history follows from the
    // base's.
    check_origin("grad_fn", *view,
                 "its base or another view of its base has been modified in place");
    InferenceMode recording(false);
    const Geometry part = Geometry::of(tensor);
    const Tensor fresh = as_strided(view->base, part.sizes, part.strides, part.offset);
    set(tensor, fresh.impl()->grad_meta->grad_fn, fresh.impl()->grad_meta->output_nr);
  }
  return meta->grad_fn.get();
}

}  // namespace gradus
