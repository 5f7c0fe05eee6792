#include "nn/modules/container.h"

#include <ostream>

namespace gradus::nn {

SequentialImpl::SequentialImpl(std::initializer_list<NamedAnyModule> modules) {
  for (const NamedAnyModule& module : modules) push_back(module);
}

SequentialImpl::SequentialImpl(OrderedDict<std::string, AnyModule> modules) {
  for (const auto& item : modules) push_back(item.key(), item.value());
}

void SequentialImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::Sequential";
}

std::shared_ptr<Module> SequentialImpl::clone(const std::optional<Device>& device) const {
  auto copy = std::make_shared<SequentialImpl>();
  const std::vector<std::string> names = children_.keys();
  for (size_t i = 0; i < modules_.size(); ++i) copy->push_back(names[i], modules_[i].clone(device));
  copy->train(is_training());
  copy->clone_hooks(*this);
  return copy;
}

AnyValue SequentialImpl::any_forward(std::vector<AnyValue> inputs) {
  GRADUS_CHECK(!is_empty(), "Sequential: cannot call forward on an empty Sequential");
  AnyValue value = modules_.front().any_forward(std::move(inputs));
  for (size_t i = 1; i < modules_.size(); ++i) {
    inputs.clear();
    inputs.push_back(std::move(value));
    value = modules_[i].any_forward(std::move(inputs));
  }
  return value;
}

void SequentialImpl::push_back(AnyModule module) {
  push_back(std::to_string(size()), std::move(module));
}

void SequentialImpl::push_back(std::string name, AnyModule module) {
  register_module(std::move(name), module.ptr());
  modules_.push_back(std::move(module));
}

void SequentialImpl::at_index(size_t index) const {
  GRADUS_CHECK_INDEX(index < size(), "Sequential: index {} out of range for {} modules", index,
                     size());
}

std::shared_ptr<Module> SequentialImpl::ptr(size_t index) const {
  at_index(index);
  return modules_[index].ptr();
}

Sequential::Sequential(std::initializer_list<NamedAnyModule> modules)
    : ModuleHolder(std::make_shared<SequentialImpl>(modules)) {}

void ModuleListImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::ModuleList";
}

std::shared_ptr<Module> ModuleListImpl::clone(const std::optional<Device>& device) const {
  auto copy = std::make_shared<ModuleListImpl>();
  for (const auto& module : modules_) copy->push_back(module->clone(device));
  copy->train(is_training());
  copy->clone_hooks(*this);
  return copy;
}

void ModuleListImpl::push_back(std::shared_ptr<Module> module) {
  register_module(std::to_string(size()), module);
  modules_.push_back(std::move(module));
}

void ModuleListImpl::insert(size_t index, std::shared_ptr<Module> module) {
  GRADUS_CHECK_INDEX(index <= size(), "ModuleList: insert at {} of {} modules", index, size());
  if (index == size()) return push_back(std::move(module));
  push_back(modules_.back());
  for (size_t i = size() - 2; i > index; --i) modules_[i] = modules_[i - 1];
  modules_[index] = std::move(module);
  for (size_t i = index; i < size(); ++i) replace_module(std::to_string(i), modules_[i]);
}

std::shared_ptr<Module> ModuleListImpl::ptr(size_t index) const {
  GRADUS_CHECK_INDEX(index < size(), "ModuleList: index {} out of range for {} modules", index,
                     size());
  return modules_[index];
}

// --- ModuleDict

ModuleDictImpl::ModuleDictImpl(
    const std::vector<std::pair<std::string, std::shared_ptr<Module>>>& modules) {
  update(modules);
}

ModuleDictImpl::ModuleDictImpl(const Modules& modules) {
  update(modules);
}

void ModuleDictImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::ModuleDict";
}

std::shared_ptr<Module> ModuleDictImpl::clone(const std::optional<Device>& device) const {
  auto copy = std::make_shared<ModuleDictImpl>();
  for (const auto& item : children_) copy->insert(item.key(), item.value()->clone(device));
  copy->train(is_training());
  copy->clone_hooks(*this);
  return copy;
}

void ModuleDictImpl::insert(const std::string& key, std::shared_ptr<Module> module) {
  if (contains(key)) {
    replace_module(key, std::move(module));
  } else {
    register_module(key, std::move(module));
  }
}

void ModuleDictImpl::update(
    const std::vector<std::pair<std::string, std::shared_ptr<Module>>>& modules) {
  for (const auto& [key, module] : modules) insert(key, module);
}

void ModuleDictImpl::update(const Modules& modules) {
  for (const auto& item : modules) insert(item.key(), item.value());
}

std::shared_ptr<Module> ModuleDictImpl::pop(const std::string& key) {
  std::shared_ptr<Module> module = (*this)[key];
  unregister_module(key);
  return module;
}

std::vector<std::pair<std::string, std::shared_ptr<Module>>> ModuleDictImpl::items() const {
  return children_.pairs();
}

std::vector<std::string> ModuleDictImpl::keys() const {
  return children_.keys();
}

std::vector<std::shared_ptr<Module>> ModuleDictImpl::values() const {
  return children_.values();
}

bool ModuleDictImpl::contains(const std::string& key) const {
  return children_.contains(key);
}

std::shared_ptr<Module> ModuleDictImpl::operator[](const std::string& key) const {
  return children_[key];
}

// --- parameters

namespace {

void print_parameters(std::ostream& stream, const char* name,
                      const OrderedDict<std::string, Tensor>& parameters) {
  stream << "gradus::nn::" << name << "(\n";
  for (const auto& item : parameters) {
    stream << "(" << item.key() << "): Parameter containing: ["
           << fmt::format("{} of size {}", item.value().dtype(), item.value().sizes()) << "]\n";
  }
  stream << ")";
}

Tensor copy_of(const Tensor& parameter) {
  return parameter.detach().clone().set_requires_grad(parameter.requires_grad());
}

}  // namespace

void ParameterListImpl::pretty_print(std::ostream& stream) const {
  print_parameters(stream, "ParameterList", parameters_);
}

std::shared_ptr<Module> ParameterListImpl::clone(const std::optional<Device>&) const {
  auto copy = std::make_shared<ParameterListImpl>();
  for (const auto& item : parameters_) copy->append(copy_of(item.value()));
  copy->train(is_training());
  copy->clone_hooks(*this);
  return copy;
}

void ParameterListImpl::append(Tensor parameter) {
  GRADUS_CHECK(parameter.defined(), "ParameterList: parameter {} is undefined", size());
  const bool requires_grad = parameter.requires_grad();
  register_parameter(std::to_string(size()), std::move(parameter), requires_grad);
}

Tensor& ParameterListImpl::at(size_t index) {
  GRADUS_CHECK_INDEX(index < size(), "ParameterList: index {} out of range for {} parameters",
                     index, size());
  return parameters_[std::to_string(index)];
}

void ParameterDictImpl::pretty_print(std::ostream& stream) const {
  print_parameters(stream, "ParameterDict", parameters_);
}

std::shared_ptr<Module> ParameterDictImpl::clone(const std::optional<Device>&) const {
  auto copy = std::make_shared<ParameterDictImpl>();
  for (const auto& item : parameters_) copy->insert(item.key(), copy_of(item.value()));
  copy->train(is_training());
  copy->clone_hooks(*this);
  return copy;
}

ParameterDictImpl::ParameterDictImpl(const Parameters& parameters) {
  for (const auto& item : parameters) insert(item.key(), item.value());
}

Tensor& ParameterDictImpl::insert(const std::string& key, const Tensor& parameter) {
  GRADUS_CHECK(parameter.defined(), "ParameterDict: parameter '{}' is undefined", key);
  return register_parameter(key, parameter, parameter.requires_grad());
}

// --- Functional

std::vector<std::string> ParameterDictImpl::keys() const {
  return parameters_.keys();
}

std::vector<Tensor> ParameterDictImpl::values() const {
  return parameters_.values();
}

bool ParameterDictImpl::contains(const std::string& key) const {
  return parameters_.contains(key);
}

Tensor& ParameterDictImpl::get(const std::string& key) {
  return parameters_[key];
}

const Tensor& ParameterDictImpl::get(const std::string& key) const {
  return parameters_[key];
}

FunctionalImpl::FunctionalImpl(Function function) : function_(std::move(function)) {}

void FunctionalImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::Functional()";
}

Tensor FunctionalImpl::forward(Tensor input) {
  GRADUS_CHECK(bool(function_), "Functional: there is no function to call");
  return function_(std::move(input));
}

}  // namespace gradus::nn
