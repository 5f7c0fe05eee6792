#include "nn/module.h"

#include <algorithm>
#include <atomic>
#include <cctype>
#include <cstdlib>
#include <ostream>
#include <sstream>
#include <string_view>
#include <typeinfo>

#include <cxxabi.h>

#include "autograd/grad_mode.h"
#include "core/factory.h"
#include "core/io/archive.h"
#include "core/uninitialized.h"

namespace gradus::nn {

namespace {

std::string join(const std::string& prefix, const std::string& name) {
  return prefix.empty() ? name : prefix + "." + name;
}

std::atomic<const char*> printed_namespace{"gradus"};

// `text` with "gradus::" replaced by the namespace that is to be printed.
std::string as_printed(std::string text) {
  const std::string_view ours = "gradus::", wanted = printed_namespace.load();
  for (size_t at = text.find(ours); at != std::string::npos; at = text.find(ours, at + 1)) {
    const unsigned char before = at == 0 ? ' ' : text[at - 1];
    if (std::isalnum(before) == 0 && before != '_') text.replace(at, ours.size() - 2, wanted);
  }
  return text;
}

std::string list(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

}  // namespace

std::string detail::type_name(const std::type_info& type) {
  int status = 0;
  char* demangled = abi::__cxa_demangle(type.name(), nullptr, nullptr, &status);
  std::string name = status == 0 ? demangled : type.name();
  std::free(demangled);
  return as_printed(std::move(name));
}

void set_printed_namespace(const char* name) noexcept {
  printed_namespace = name;
}

Module::Module() = default;
Module::Module(std::string name) : name_(std::move(name)) {}
Module::~Module() = default;

const std::string& Module::name() const {
  // The constructor does not know the class yet.
  if (name_.empty()) name_ = detail::type_name(typeid(*this));
  return name_;
}

std::shared_ptr<Module> Module::clone(const std::optional<Device>&) const {
  throw NotImplementedError(fmt::format("{}: clone needs a class derived from Cloneable", name()));
}

std::shared_ptr<Module> Module::clone_as(Module* copy, void (*reset)(Module&),
                                         const std::optional<Device>& device) const {
  std::shared_ptr<Module> owned(copy);
  copy->parameters_.clear();
  copy->buffers_.clear();
  copy->children_.clear();
  copy->hooks_ = nullptr;
  reset(*copy);
  copy->clone_from(*this, device);
  return owned;
}

void Module::clone_from(const Module& other, const std::optional<Device>& device) {
  clone_hooks(other);
  const auto check = [&](const char* what, size_t own, size_t theirs) {
    GRADUS_CHECK(
        own == theirs,
        "{}: the clone has {} {} where the original has {}: reset() must register all of them",
        name(), own, what, theirs);
  };
  check("parameters", parameters_.size(), other.parameters_.size());
  check("buffers", buffers_.size(), other.buffers_.size());
  check("submodules", children_.size(), other.children_.size());
  NoGradGuard no_grad;
  const auto copy = [](const Tensor& from, Tensor& to) {
    const auto value = [&] {
      return is_uninitialized(from) ? uninitialized(from.dtype()) : from.detach().clone();
    };
    if (!from.defined()) {
      to = from;
    } else if (to.defined()) {
      to.set_data(value());
    } else {
      to = value();
      to.requires_grad_(from.requires_grad());
    }
    if (to.defined() && to.requires_grad() != from.requires_grad())
      to.requires_grad_(from.requires_grad());
  };
  for (const auto& item : other.parameters_) copy(item.value(), parameters_[item.key()]);
  for (const auto& item : other.buffers_) copy(item.value(), buffers_[item.key()]);
  for (const auto& item : other.children_) {
    std::shared_ptr<Module> child = item.value()->clone(device);
    // The derived class holds a pointer to the child that reset() made: it stays, and takes over
    // the clone's tensors.
    children_[item.key()]->clone_from(*child, device);
  }
  transient_buffers_ = other.transient_buffers_;
  is_training_ = other.is_training_;
}

// --- walking

std::shared_ptr<Module> Module::self() const {
  auto pointer = std::const_pointer_cast<Module>(weak_from_this().lock());
  GRADUS_CHECK(pointer != nullptr,
               "{}: the module is not held by a shared_ptr: make it with std::make_shared or a "
               "module holder",
               name());
  return pointer;
}

void Module::apply(const ModuleFunction& function) {
  function(*this);
  for (auto& item : children_) item.value()->apply(function);
}

void Module::apply(const ConstModuleFunction& function) const {
  function(*this);
  for (const auto& item : children_) static_cast<const Module&>(*item.value()).apply(function);
}

void Module::apply(const NamedModuleFunction& function, const std::string& name_prefix) {
  function(name_prefix, *this);
  for (auto& item : children_) item.value()->apply(function, join(name_prefix, item.key()));
}

void Module::apply(const ConstNamedModuleFunction& function, const std::string& name_prefix) const {
  function(name_prefix, *this);
  for (const auto& item : children_) {
    static_cast<const Module&>(*item.value()).apply(function, join(name_prefix, item.key()));
  }
}

void Module::apply(const ModulePointerFunction& function) const {
  function(self());
  for (const auto& item : children_) static_cast<const Module&>(*item.value()).apply(function);
}

void Module::apply(const NamedModulePointerFunction& function,
                   const std::string& name_prefix) const {
  function(name_prefix, self());
  for (const auto& item : children_) {
    static_cast<const Module&>(*item.value()).apply(function, join(name_prefix, item.key()));
  }
}

// A parameter that two modules share is listed once, under its first name, as in PyTorch.
OrderedDict<std::string, Tensor> Module::named_parameters(bool recurse) const {
  OrderedDict<std::string, Tensor> result("Parameter");
  const auto add = [&](const std::string& prefix, const Module& module) {
    for (const auto& item : module.parameters_) {
      if (!item.value().defined()) continue;
      const bool known = std::any_of(result.begin(), result.end(), [&](const auto& other) {
        return other.value().is_same(item.value());
      });
      if (!known) result.insert(join(prefix, item.key()), item.value());
    }
  };
  if (recurse) {
    apply(ConstNamedModuleFunction(add));
  } else {
    add("", *this);
  }
  return result;
}

OrderedDict<std::string, Tensor> Module::named_buffers(bool recurse) const {
  OrderedDict<std::string, Tensor> result("Buffer");
  const auto add = [&](const std::string& prefix, const Module& module) {
    for (const auto& item : module.buffers_) {
      if (item.value().defined()) result.insert(join(prefix, item.key()), item.value());
    }
  };
  if (recurse) {
    apply(ConstNamedModuleFunction(add));
  } else {
    add("", *this);
  }
  return result;
}

std::vector<Tensor> Module::parameters(bool recurse) const {
  return named_parameters(recurse).values();
}
std::vector<Tensor> Module::buffers(bool recurse) const {
  return named_buffers(recurse).values();
}

OrderedDict<std::string, std::shared_ptr<Module>> Module::named_modules(
    const std::string& name_prefix, bool include_self) const {
  OrderedDict<std::string, std::shared_ptr<Module>> result;
  if (include_self) {
    apply(NamedModulePointerFunction(
              [&](const std::string& key, const std::shared_ptr<Module>& module) {
                result.insert(key, module);
              }),
          name_prefix);
    return result;
  }
  for (const auto& item : children_) {
    result.update(
        item.value()->named_modules(join(name_prefix, item.key()), /*include_self=*/true));
  }
  return result;
}

std::vector<std::shared_ptr<Module>> Module::modules(bool include_self) const {
  return named_modules(std::string(), include_self).values();
}

std::vector<std::shared_ptr<Module>> Module::children() const {
  return children_.values();
}
OrderedDict<std::string, std::shared_ptr<Module>> Module::named_children() const {
  return children_;
}

std::shared_ptr<Module> Module::get_submodule(const std::string& path) const {
  if (path.empty()) return self();
  const size_t dot = path.find('.');
  const std::shared_ptr<Module>* child = children_.find(path.substr(0, dot));
  GRADUS_CHECK(child != nullptr, "get_submodule: {} has no submodule '{}'", name(), path);
  return dot == std::string::npos ? *child : (*child)->get_submodule(path.substr(dot + 1));
}

Tensor Module::get_parameter(const std::string& path) const {
  const size_t dot = path.rfind('.');
  if (dot != std::string::npos)
    return get_submodule(path.substr(0, dot))->get_parameter(path.substr(dot + 1));
  const Tensor* parameter = parameters_.find(path);
  GRADUS_CHECK(parameter != nullptr, "get_parameter: {} has no parameter '{}'", name(), path);
  return *parameter;
}

// --- state

void Module::train(bool on) {
  is_training_ = on;
  for (auto& item : children_) item.value()->train(on);
}

void Module::to(ScalarType dtype, bool) {
  GRADUS_CHECK_TYPE(gradus::is_floating_point(dtype),
                    "Module::to: expected a floating-point dtype, got {}", dtype);
  const auto convert = [&](Tensor& tensor) {
    if (!tensor.defined() || !tensor.is_floating_point() || tensor.dtype() == dtype) return;
    NoGradGuard no_grad;
    if (tensor.grad().defined()) tensor.mutable_grad() = tensor.grad().to(dtype);
    tensor.set_data(is_uninitialized(tensor) ? uninitialized(dtype) : tensor.detach().to(dtype));
  };
  apply(ModuleFunction([&](Module& module) {
    for (auto& item : module.parameters_) convert(item.value());
    for (auto& item : module.buffers_) convert(item.value());
  }));
}

void Module::to(Device, ScalarType dtype, bool non_blocking) {
  to(dtype, non_blocking);
}
void Module::to(Device, bool) {}

void Module::zero_grad(bool set_to_none) {
  for (Tensor& parameter : parameters()) {
    Tensor& grad = parameter.mutable_grad();
    if (!grad.defined()) continue;
    if (set_to_none) {
      grad.reset();
    } else {
      NoGradGuard no_grad;
      grad = grad.detach();
      grad.zero_();
    }
  }
}

void Module::requires_grad_(bool requires_grad) {
  for (const Tensor& parameter : parameters()) parameter.requires_grad_(requires_grad);
}

bool Module::has_uninitialized_params() const {
  bool found = false;
  apply(ConstModuleFunction([&](const Module& module) {
    for (const auto& item : module.parameters_) found = found || is_uninitialized(item.value());
    for (const auto& item : module.buffers_) found = found || is_uninitialized(item.value());
  }));
  return found;
}

void Module::materialize_from(const Module& plain) {
  const auto fill = [](OrderedDict<std::string, Tensor>& own,
                       const OrderedDict<std::string, Tensor>& values) {
    for (auto& item : own) {
      Tensor& tensor = item.value();
      if (is_uninitialized(tensor)) tensor.set_data(values[item.key()].detach().to(tensor.dtype()));
    }
  };
  fill(parameters_, plain.parameters_);
  fill(buffers_, plain.buffers_);
}

bool Module::is_persistent(const std::string& buffer) const {
  return std::find(transient_buffers_.begin(), transient_buffers_.end(), buffer) ==
         transient_buffers_.end();
}

StateDict Module::state_dict() const {
  StateDict state;
  apply(ConstNamedModuleFunction([&](const std::string& prefix, const Module& module) {
    for (const auto& item : module.parameters_) {
      if (item.value().defined()) state.insert(join(prefix, item.key()), item.value());
    }
    for (const auto& item : module.buffers_) {
      if (module.is_persistent(item.key()) && item.value().defined())
        state.insert(join(prefix, item.key()), item.value());
    }
  }));
  return state;
}

void Module::load_state_dict(const StateDict& state) {
  load_state_dict(state, /*strict=*/true);
}

LoadReport Module::load_state_dict(const StateDict& state, bool strict) {
  LoadReport report;
  std::string other_shapes;
  StateDict own = state_dict();
  for (const auto& item : own) {
    const Tensor* value = state.find(item.key());
    if (value == nullptr) {
      report.missing_keys.push_back(item.key());
    } else if (!value->defined() ||
               (!is_uninitialized(item.value()) &&
                (value->sizes() != item.value().sizes() || is_uninitialized(*value)))) {
      other_shapes += fmt::format("\n  {}: expected {}, got {}", item.key(), item.value().sizes(),
                                  !value->defined()          ? "an undefined tensor"
                                  : is_uninitialized(*value) ? "an uninitialized parameter"
                                                             : to_string(value->sizes()));
    }
  }
  for (const auto& item : state) {
    if (!own.contains(item.key())) report.unexpected_keys.push_back(item.key());
  }
  GRADUS_CHECK(other_shapes.empty(), "load_state_dict: {}: entries of another shape:{}", name(),
               other_shapes);
  GRADUS_CHECK(!strict || (report.missing_keys.empty() && report.unexpected_keys.empty()),
               "load_state_dict: {}: missing: [{}]; unexpected: [{}]", name(),
               list(report.missing_keys), list(report.unexpected_keys));
  NoGradGuard no_grad;
  for (auto& item : own) {
    const Tensor* value = state.find(item.key());
    if (value == nullptr || is_uninitialized(*value)) continue;
    if (is_uninitialized(item.value()))
      item.value().set_data(empty(value->sizes(), item.value().dtype()));
    item.value().copy_(*value);
  }
  return report;
}

void Module::save(serialize::OutputArchive& archive) const {
  for (const auto& item : parameters_) {
    if (item.value().defined()) archive.write(item.key(), item.value());
  }
  for (const auto& item : buffers_) {
    if (!is_persistent(item.key()) || !item.value().defined()) continue;
    archive.write(item.key(), item.value(), /*is_buffer=*/true);
  }
  for (const auto& item : children_) {
    serialize::OutputArchive nested;
    item.value()->save(nested);
    archive.write(item.key(), nested);
  }
}

namespace {

// The tensors that a load has written to, of all modules of a tree; they are put back where it
// fails.
class Overwritten {
 public:
  Overwritten() : outermost_(current_ == nullptr) {
    if (outermost_) current_ = this;
  }
  ~Overwritten() {
    if (!outermost_) return;
    current_ = nullptr;
    for (auto entry = entries_.rbegin(); !succeeded_ && entry != entries_.rend(); ++entry) {
      entry->was_uninitialized ? entry->tensor.set_data(entry->before)
                               : void(entry->tensor.copy_(entry->before));
    }
  }
  Overwritten(const Overwritten&) = delete;
  Overwritten& operator=(const Overwritten&) = delete;

  void copy(Tensor tensor, const Tensor& value) {
    const bool lazy = is_uninitialized(tensor);
    current_->entries_.push_back({tensor, lazy ? tensor.data() : tensor.detach().clone(), lazy});
    if (lazy) tensor.set_data(empty(value.sizes(), tensor.dtype()));
    tensor.copy_(value);
  }
  void succeed() { succeeded_ = true; }

 private:
  struct Entry {
    Tensor tensor, before;
    bool was_uninitialized;
  };
  static thread_local Overwritten* current_;
  const bool outermost_;
  bool succeeded_ = false;
  std::vector<Entry> entries_;
};

thread_local Overwritten* Overwritten::current_ = nullptr;

}  // namespace

void Module::load(serialize::InputArchive& archive) {
  const NoGradGuard no_grad;
  Overwritten overwritten;
  const auto load_tensor = [&](const std::string& key, Tensor& tensor) {
    Tensor value;
    GRADUS_CHECK(archive.try_read(key, value) && value.defined(),
                 "load: {}: the archive has no tensor '{}'", name(), key);
    GRADUS_CHECK(is_uninitialized(tensor) || value.sizes() == tensor.sizes(),
                 "load: {}: '{}' is of shape {}, the archive has {}", name(), key, tensor.sizes(),
                 value.sizes());
    overwritten.copy(tensor, value);
  };
  for (auto& item : parameters_) {
    if (item.value().defined()) load_tensor(item.key(), item.value());
  }
  for (auto& item : buffers_) {
    if (is_persistent(item.key()) && item.value().defined()) load_tensor(item.key(), item.value());
  }
  for (auto& item : children_) {
    serialize::InputArchive nested;  // empty for a child without tensors in another program's file
    archive.try_read(item.key(), nested);
    item.value()->load(nested);
  }
  overwritten.succeed();
}

// --- printing

void Module::pretty_print(std::ostream& stream) const {
  stream << name();
  const std::string extra = extra_repr();
  if (!extra.empty()) stream << "(" << extra << ")";
}

std::string Module::extra_repr() const {
  return {};
}

void Module::pretty_print_recursive(std::ostream& stream, const std::string& indentation) const {
  pretty_print(stream);
  if (children_.is_empty()) return;
  stream << "(\n";
  const std::string next_indentation = indentation + "  ";
  for (const auto& item : children_) {
    stream << next_indentation << "(" << item.key() << "): ";
    item.value()->pretty_print_recursive(stream, next_indentation);
    stream << '\n';
  }
  stream << indentation << ")";
}

std::ostream& operator<<(std::ostream& stream, const Module& module) {
  std::ostringstream text;
  text.copyfmt(stream);
  module.pretty_print_recursive(text, "");
  return stream << as_printed(text.str());
}

// --- registration

void Module::check_new_name(const char* what, const std::string& name) const {
  GRADUS_CHECK(!name.empty(), "{}: {} name must not be empty", this->name(), what);
  GRADUS_CHECK(name.find('.') == std::string::npos, "{}: {} name must not contain a dot (got '{}')",
               this->name(), what, name);
}

Tensor& Module::register_parameter(std::string name, Tensor tensor, bool requires_grad) {
  check_new_name("parameter", name);
  if (tensor.defined()) {
    GRADUS_CHECK(!requires_grad || tensor.is_floating_point(),
                 "{}: parameter '{}' of dtype {} cannot require grad; register it with "
                 "requires_grad = false",
                 this->name(), name, tensor.dtype());
    tensor.set_requires_grad(requires_grad);
  }
  return parameters_.insert(std::move(name), std::move(tensor));
}

Tensor& Module::register_buffer(std::string name, Tensor tensor, bool persistent) {
  check_new_name("buffer", name);
  if (!persistent) transient_buffers_.push_back(name);
  return buffers_.insert(std::move(name), std::move(tensor));
}

void Module::add_module(std::string name, std::shared_ptr<Module> module, bool replace) {
  check_new_name("submodule", name);
  GRADUS_CHECK(module != nullptr, "{}: submodule '{}' is null", this->name(), name);
  if (replace) {
    children_[name] = std::move(module);
  } else {
    children_.insert(std::move(name), std::move(module));
  }
}

Tensor Module::unregister_parameter(const std::string& name) {
  GRADUS_CHECK(parameters_.contains(name), "{}: no parameter with name '{}'", this->name(), name);
  Tensor parameter = parameters_[name];
  parameters_.erase(name);
  return parameter;
}

Tensor Module::unregister_buffer(const std::string& name) {
  GRADUS_CHECK(buffers_.contains(name), "{}: no buffer with name '{}'", this->name(), name);
  Tensor buffer = buffers_[name];
  buffers_.erase(name);
  transient_buffers_.erase(std::remove(transient_buffers_.begin(), transient_buffers_.end(), name),
                           transient_buffers_.end());
  return buffer;
}

void Module::unregister_module(const std::string& name) {
  GRADUS_CHECK(children_.contains(name), "{}: no submodule with name '{}'", this->name(), name);
  children_.erase(name);
}

}  // namespace gradus::nn
