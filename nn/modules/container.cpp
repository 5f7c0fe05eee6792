#include "nn/modules/container.h"

#include <ostream>

namespace gradus::nn {

SequentialImpl::SequentialImpl(std::initializer_list<NamedAnyModule> modules) {
  for (const NamedAnyModule& module : modules) push_back(module);
}

SequentialImpl::SequentialImpl(const OrderedDict<std::string, AnyModule>& modules) {
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
  return copy;
}

void SequentialImpl::push_back(AnyModule module) {
  push_back(std::to_string(size()), std::move(module));
}

void SequentialImpl::push_back(std::string name, AnyModule module) {
  register_module(std::move(name), module.ptr());
  modules_.push_back(std::move(module));
}

std::shared_ptr<Module> SequentialImpl::ptr(size_t index) const {
  GRADUS_CHECK_INDEX(index < size(), "Sequential: index {} out of range for {} modules", index,
                     size());
  return modules_[index].ptr();
}

void ModuleListImpl::pretty_print(std::ostream& stream) const {
  stream << "gradus::nn::ModuleList";
}

std::shared_ptr<Module> ModuleListImpl::clone(const std::optional<Device>& device) const {
  auto copy = std::make_shared<ModuleListImpl>();
  for (const auto& module : modules_) copy->push_back(module->clone(device));
  copy->train(is_training());
  return copy;
}

void ModuleListImpl::push_back(std::shared_ptr<Module> module) {
  register_module(std::to_string(size()), module);
  modules_.push_back(std::move(module));
}

std::shared_ptr<Module> ModuleListImpl::ptr(size_t index) const {
  GRADUS_CHECK_INDEX(index < size(), "ModuleList: index {} out of range for {} modules", index,
                     size());
  return modules_[index];
}

}  // namespace gradus::nn
