#include "nn/hooks.h"

#include <algorithm>
#include <atomic>

#include "autograd/grad_mode.h"
#include "autograd/node.h"
#include "autograd/swap_tensors.h"
#include "nn/module.h"

namespace gradus::nn {

// --- registration

namespace {

// Of one count for all modules: a handle that is kept too long never meets another hook.
unsigned new_handle() {
  static std::atomic<unsigned> last{0};
  return ++last;
}

}  // namespace

detail::ModuleHooks& Module::own_hooks() {
  if (hooks_ == nullptr) {
    hooks_ = std::make_shared<detail::ModuleHooks>();
  } else if (hooks_.use_count() > 1) {
    hooks_ = std::make_shared<detail::ModuleHooks>(*hooks_);
  }
  return *hooks_;
}

unsigned Module::register_forward_pre_hook(ModulePreHook hook) {
  const unsigned handle = new_handle();
  own_hooks().pre.emplace_back(handle, std::move(hook));
  return handle;
}

unsigned Module::register_forward_hook(ModuleHook hook) {
  const unsigned handle = new_handle();
  own_hooks().forward.emplace_back(handle, std::move(hook));
  return handle;
}

unsigned Module::register_full_backward_hook(ModuleHook hook) {
  const unsigned handle = new_handle();
  own_hooks().backward.emplace_back(handle, std::move(hook));
  return handle;
}

void Module::remove_hook(unsigned handle) {
  if (hooks_ == nullptr) return;
  const auto remove = [handle](auto& table) {
    table.erase(std::remove_if(table.begin(), table.end(),
                               [&](const auto& entry) { return entry.first == handle; }),
                table.end());
  };
  detail::ModuleHooks& hooks = own_hooks();
  remove(hooks.pre);
  remove(hooks.forward);
  remove(hooks.backward);
  drop_empty_hooks();
}

void Module::drop_empty_hooks() {
  const detail::ModuleHooks& hooks = *hooks_;
  if (hooks.pre.empty() && hooks.forward.empty() && hooks.backward.empty() &&
      hooks.computed.empty())
    hooks_ = nullptr;
}

// --- computed tensors

void Module::register_computed(std::string name, Tensor slot, Callable<Tensor()> compute,
                               Callable<void(Module&)> attach) {
  GRADUS_CHECK(!find_computed(name).defined(), "{}: '{}' is computed already", this->name(), name);
  own_hooks().computed.push_back(
      {std::move(name), std::move(slot), std::move(compute), std::move(attach)});
}

Tensor Module::unregister_computed(const std::string& name) {
  Tensor slot = find_computed(name);
  GRADUS_CHECK(slot.defined(), "{}: '{}' is not computed", this->name(), name);
  std::vector<detail::ComputedTensor>& computed = own_hooks().computed;
  computed.erase(std::remove_if(computed.begin(), computed.end(),
                                [&](const auto& entry) { return entry.name == name; }),
                 computed.end());
  drop_empty_hooks();
  return slot;
}

Tensor Module::find_computed(const std::string& name) const {
  if (hooks_ == nullptr) return {};
  for (const detail::ComputedTensor& entry : hooks_->computed) {
    if (entry.name == name) return entry.slot;
  }
  return {};
}

void Module::compute_all() const {
  for (const detail::ComputedTensor& entry : hooks_->computed) {
    // A result that has a handle of its own elsewhere keeps it: the slot takes an alias.
    const Tensor result = entry.compute();
    swap_tensors(entry.slot, result.use_count() > 1 ? result.view_as(result) : result);
  }
}

void Module::clone_hooks(const Module& other) {
  hooks_ = nullptr;
  if (other.hooks_ == nullptr) return;
  hooks_ = std::make_shared<detail::ModuleHooks>(*other.hooks_);
  hooks_->computed.clear();
  for (const detail::ComputedTensor& entry : other.hooks_->computed) entry.attach(*this);
}

// --- calls

namespace detail {

const Tensor& single_output(const Module& module, const std::vector<Tensor>& outputs) {
  GRADUS_CHECK(outputs.size() == 1,
               "{}: a hook takes one output, but there are {}: let it take a vector of tensors",
               module.name(), outputs.size());
  return outputs[0];
}

namespace {

void replace_all(const Module& module, const char* what, std::vector<Tensor>& tensors,
                 std::vector<Tensor> replacements) {
  if (replacements.empty()) return;
  GRADUS_CHECK(replacements.size() == tensors.size(),
               "{}: a hook returned {} tensors in place of {} {}", module.name(),
               replacements.size(), tensors.size(), what);
  tensors = std::move(replacements);
}

// Aliases of the tensors that need gradients, made by one node whose backward runs `backward`.
template <class F>
void pass_through_node(std::vector<Tensor>& tensors, F backward) {
  std::vector<Tensor> aliases, sources;
  std::vector<size_t> places;
  for (size_t i = 0; i < tensors.size(); ++i) {
    if (!tensors[i].defined() || !tensors[i].requires_grad()) continue;
    places.push_back(i);
    sources.push_back(tensors[i]);
    aliases.push_back(tensors[i].detach());
  }
  const size_t count = tensors.size();
  record_all("module_backward_hook", sources, aliases,
             [backward, places, count](const Grads& dys, const Needs&) -> Grads {
               std::vector<Tensor> gradients(count);
               for (size_t i = 0; i < places.size(); ++i) gradients[places[i]] = dys[i];
               backward(gradients);
               Grads grads = Grads::of_size(places.size());
               for (size_t i = 0; i < places.size(); ++i) grads[i] = gradients[places[i]];
               return grads;
             });
  for (size_t i = 0; i < places.size(); ++i) tensors[places[i]] = aliases[i];
}

}  // namespace

// What the nodes before and behind the module share.
struct HookedCall::Backward {
  std::shared_ptr<Module> owner;  // null where the module is not held by a shared_ptr
  Module* module = nullptr;
  std::shared_ptr<const ModuleHooks> hooks;
  std::vector<Tensor> grad_outputs;
  size_t num_inputs = 0;
  bool inputs_need_gradients = false;

  void run(std::vector<Tensor>& grad_inputs) const {
    for (const auto& [handle, hook] : hooks->backward) {
      replace_all(*module, "gradients of inputs", grad_inputs,
                  hook(*module, grad_inputs, grad_outputs));
    }
  }
};

HookedCall::HookedCall(Module& module) : module_(module), hooks_(module.hooks_) {
  module.update_computed();
}
HookedCall::~HookedCall() = default;

void HookedCall::before() {
  for (const auto& [handle, hook] : hooks_->pre) {
    replace_all(module_, "inputs", inputs, hook(module_, inputs));
  }
  if (hooks_->backward.empty() || !GradMode::is_enabled()) return;
  backward_ = std::make_shared<Backward>();
  backward_->owner = module_.weak_from_this().lock();
  backward_->module = &module_;
  backward_->hooks = hooks_;
  backward_->num_inputs = inputs.size();
  for (const Tensor& input : inputs) {
    if (input.defined() && input.requires_grad()) backward_->inputs_need_gradients = true;
  }
  if (backward_->inputs_need_gradients) {
    pass_through_node(inputs, [state = backward_](std::vector<Tensor>& gradients) {
      state->run(gradients);
      state->grad_outputs.clear();
    });
  }
}

void HookedCall::after() {
  for (const auto& [handle, hook] : hooks_->forward) {
    replace_all(module_, "outputs", outputs, hook(module_, inputs, outputs));
  }
  if (backward_ == nullptr) return;
  pass_through_node(outputs, [state = backward_](std::vector<Tensor>& gradients) {
    state->grad_outputs = gradients;
    if (state->inputs_need_gradients) return;
    std::vector<Tensor> none(state->num_inputs);
    state->run(none);
    state->grad_outputs.clear();
  });
}

}  // namespace detail
}  // namespace gradus::nn
