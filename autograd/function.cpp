#include "autograd/function.h"

#include <algorithm>
#include <mutex>
#include <set>

#include "autograd/grad_meta.h"
#include "autograd/in_place.h"
#include "core/backtrace.h"
#include "core/factory.h"

namespace gradus::autograd {

namespace {

bool contains(const std::vector<Tensor>& tensors, const Tensor& tensor) {
  return std::any_of(tensors.begin(), tensors.end(),
                     [&](const Tensor& other) { return other.is_same(tensor); });
}

}  // namespace

void AutogradContext::save_for_backward(std::vector<Tensor> tensors) {
  to_save_ = std::move(tensors);
}

std::vector<Tensor> AutogradContext::get_saved_variables() const {
  return saved_ == nullptr ? to_save_ : saved_->get();
}

void AutogradContext::mark_dirty(const std::vector<Tensor>& inputs) {
  dirty_ = inputs;
}
void AutogradContext::mark_non_differentiable(const std::vector<Tensor>& outputs) {
  non_differentiable_ = outputs;
}

bool AutogradContext::needs_input_grad(size_t index) const {
  GRADUS_CHECK_INDEX(index < needs_input_grad_.size(),
                     "needs_input_grad: index {} is out of range for {} tensors", index,
                     needs_input_grad_.size());
  return needs_input_grad_[index];
}

const char* FunctionCall::name_of(const std::type_info& type) {
  std::string name = detail::demangle(type.name());
  // Behind the last :: that is not inside template arguments.
  const size_t colons = name.substr(0, name.find('<')).rfind("::");
  if (colons != std::string::npos) name.erase(0, colons + 2);
  static std::mutex mutex;
  static std::set<std::string> names;
  std::lock_guard<std::mutex> lock(mutex);
  return names.insert(std::move(name)).first->c_str();
}

FunctionCall::FunctionCall(const char* name, Backward backward)
    : name(name), backward(backward), context(std::make_unique<AutogradContext>()) {}
FunctionCall::~FunctionCall() = default;

void FunctionCall::add_argument(const Tensor& argument) {
  argument_is_tensor.push_back(true);
  inputs.push_back(argument);
}

void FunctionCall::prepare() {
  for (const Tensor& input : inputs) {
    context->needs_input_grad_.push_back(GradMode::is_enabled() && input.requires_grad());
  }
}

std::vector<Tensor> FunctionCall::finish(std::vector<Tensor> outputs) {
  AutogradContext& ctx = *context;
  for (const Tensor& dirty : ctx.dirty_) {
    GRADUS_CHECK(contains(outputs, dirty),
                 "{}: a tensor given to mark_dirty is not among the outputs of forward", name);
    GRADUS_CHECK(!dirty.is_view() || outputs.size() == 1,
                 "{}: forward wrote in place to a view, so it must return that and nothing else",
                 name);
    check_in_place(name, dirty);
    bump_version(dirty);
  }
  for (Tensor& output : outputs) {
    if (!output.defined()) continue;
    if (contains(ctx.dirty_, output)) continue;
    // An input that comes back unchanged is a new tensor in the eyes of autograd.
    if (contains(inputs, output)) {
      const Tensor input = output;
      output = input.detach();
      set_view(input, output);
    }
    if (GradMeta* meta = History::find(output); meta != nullptr && meta->view != nullptr) {
      meta->view->origin = ViewOrigin::CustomFunction;
    }
  }
  std::vector<Tensor> saved = std::move(ctx.to_save_);
  ctx.to_save_.clear();
  if (!records(inputs)) return outputs;

  std::vector<Tensor> differentiable = outputs;
  for (Tensor& output : differentiable) {
    if (contains(ctx.non_differentiable_, output)) output = Tensor();
  }
  std::vector<Node::OutputMeta> metas;
  for (const Tensor& output : outputs) {
    metas.push_back(output.defined() ? Node::OutputMeta{to_dims(output.sizes()), output.dtype()}
                                     : Node::OutputMeta{});
  }
  const bool in_place = !ctx.dirty_.empty() && outputs.size() == 1;
  ctx.dirty_.clear();
  ctx.non_differentiable_.clear();
  auto closure = [context = std::move(context), name = name, backward = backward,
                  is_tensor = argument_is_tensor, metas,
                  saved = SavedList(saved)](const Grads& dys, const Needs& needs) -> Grads {
    std::vector<Tensor> grad_outputs(dys.begin(), dys.end());
    if (context->materialize_grads_) {
      for (size_t i = 0; i < grad_outputs.size(); ++i) {
        if (!grad_outputs[i].defined()) grad_outputs[i] = zeros(metas[i].sizes, metas[i].dtype);
      }
    }
    for (size_t i = 0; i < needs.size(); ++i) context->needs_input_grad_[i] = needs[i];
    context->saved_ = &saved;
    std::vector<Tensor> gradients = backward(context.get(), std::move(grad_outputs));
    // As libtorch, which lets undefined ones at the end be too many.
    while (gradients.size() > is_tensor.size() && !gradients.back().defined()) gradients.pop_back();
    GRADUS_CHECK(gradients.size() == is_tensor.size(),
                 "{}: backward returned {} gradients, expected one for each of the {} arguments of "
                 "forward",
                 name, gradients.size(), is_tensor.size());
    Grads of_inputs;
    for (size_t argument = 0; argument < is_tensor.size(); ++argument) {
      if (is_tensor[argument]) {
        of_inputs.push_back(std::move(gradients[argument]));
      } else {
        GRADUS_CHECK(!gradients[argument].defined(),
                     "{}: backward returned a gradient for argument {}, which is no tensor", name,
                     argument);
      }
    }
    return of_inputs;
  };
  if (in_place) {
    record_in_place(name, inputs, outputs[0], std::move(closure));
  } else {
    record_all(name, inputs, differentiable, std::move(closure));
  }
  return outputs;
}

}  // namespace gradus::autograd
