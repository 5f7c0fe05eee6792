#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "core/ordered_dict.h"
#include "nn/any_module.h"
#include "nn/module.h"

namespace gradus::nn {

/// Calls modules one after the other; each gets what the one before returned.
///
///     nn::Sequential net(nn::Linear(784, 128), nn::ReLU(), nn::Linear(128, 10));
///     Tensor logits = net->forward(images);
class GRADUS_API SequentialImpl : public Cloneable<SequentialImpl> {
 public:
  using Iterator = std::vector<AnyModule>::iterator;
  using ConstIterator = std::vector<AnyModule>::const_iterator;

  SequentialImpl() = default;
  /// From modules, holders or AnyModules.
  template <class... Modules,
            class = std::enable_if_t<(sizeof...(Modules) > 0) &&
                                     !(sizeof...(Modules) == 1 &&
                                       (std::is_base_of_v<SequentialImpl, std::decay_t<Modules>> &&
                                        ...))>>
  explicit SequentialImpl(Modules&&... modules) {
    (push_back(std::forward<Modules>(modules)), ...);
  }
  /// From named modules: `nn::Sequential({{"fc", nn::Linear(4, 2)}, {"act", nn::ReLU()}})`.
  explicit SequentialImpl(std::initializer_list<NamedAnyModule> modules);
  explicit SequentialImpl(const OrderedDict<std::string, AnyModule>& modules);

  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  std::shared_ptr<Module> clone(const std::optional<Device>& device = std::nullopt) const override;

  /// Runs the modules. @tparam R what the last one returns
  /// @throws Error where there is no module, TypeError where a module takes something else than it
  /// gets
  template <class R = Tensor, class... Inputs>
  R forward(Inputs&&... inputs) {
    GRADUS_CHECK(!is_empty(), "Sequential: cannot call forward on an empty Sequential");
    AnyValue value = modules_.front().any_forward(std::forward<Inputs>(inputs)...);
    for (size_t i = 1; i < modules_.size(); ++i)
      value = modules_[i].any_forward(std::vector<AnyValue>{std::move(value)});
    if constexpr (std::is_same_v<R, AnyValue>) {
      return value;
    } else {
      return value.get<R>();
    }
  }

  template <class M, class = std::enable_if_t<!std::is_same_v<std::decay_t<M>, AnyModule> &&
                                              !std::is_same_v<std::decay_t<M>, NamedAnyModule>>>
  void push_back(M&& module) {
    push_back(AnyModule(std::forward<M>(module)));
  }
  template <class M, class = std::enable_if_t<!std::is_same_v<std::decay_t<M>, AnyModule>>>
  void push_back(std::string name, M&& module) {
    push_back(std::move(name), AnyModule(std::forward<M>(module)));
  }
  void push_back(AnyModule module);
  void push_back(const NamedAnyModule& module) { push_back(module.name(), module.module()); }
  void push_back(std::string name, AnyModule module);
  template <class Container>
  void extend(const Container& container) {
    for (const auto& module : container) push_back(module);
  }

  Iterator begin() { return modules_.begin(); }
  Iterator end() { return modules_.end(); }
  ConstIterator begin() const { return modules_.begin(); }
  ConstIterator end() const { return modules_.end(); }
  /// @throws IndexError
  template <class T>
  detail::impl_t<T>& at(size_t index) {
    GRADUS_CHECK_INDEX(index < size(), "Sequential: index {} out of range for {} modules", index,
                       size());
    return modules_[index].get<T>();
  }
  std::shared_ptr<Module> ptr(size_t index) const;
  std::shared_ptr<Module> operator[](size_t index) const { return ptr(index); }
  size_t size() const noexcept { return modules_.size(); }
  bool is_empty() const noexcept { return modules_.empty(); }

 private:
  std::vector<AnyModule> modules_;
};

/// Holds a SequentialImpl.
class Sequential : public ModuleHolder<SequentialImpl> {
 public:
  using ModuleHolder<SequentialImpl>::ModuleHolder;
  Sequential() = default;
  Sequential(std::initializer_list<NamedAnyModule> modules)
      : ModuleHolder(std::make_shared<SequentialImpl>(modules)) {}
};

/// A list of modules, registered under their indices.
class GRADUS_API ModuleListImpl : public Cloneable<ModuleListImpl> {
 public:
  using Iterator = std::vector<std::shared_ptr<Module>>::iterator;
  using ConstIterator = std::vector<std::shared_ptr<Module>>::const_iterator;

  ModuleListImpl() = default;
  template <class... Modules,
            class = std::enable_if_t<(sizeof...(Modules) > 0) &&
                                     !(sizeof...(Modules) == 1 &&
                                       (std::is_base_of_v<ModuleListImpl, std::decay_t<Modules>> &&
                                        ...))>>
  explicit ModuleListImpl(Modules&&... modules) {
    (push_back(std::forward<Modules>(modules)), ...);
  }

  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  std::shared_ptr<Module> clone(const std::optional<Device>& device = std::nullopt) const override;

  void push_back(std::shared_ptr<Module> module);
  template <class M>
  void push_back(const ModuleHolder<M>& holder) {
    push_back(std::shared_ptr<Module>(holder.ptr()));
  }
  template <class M, class = std::enable_if_t<std::is_base_of_v<Module, std::decay_t<M>>>>
  void push_back(M&& module) {
    push_back(std::shared_ptr<Module>(std::make_shared<std::decay_t<M>>(std::forward<M>(module))));
  }
  template <class Container>
  void extend(const Container& container) {
    for (const auto& module : container) push_back(module);
  }

  Iterator begin() { return modules_.begin(); }
  Iterator end() { return modules_.end(); }
  ConstIterator begin() const { return modules_.begin(); }
  ConstIterator end() const { return modules_.end(); }
  /// @throws IndexError
  template <class T>
  detail::impl_t<T>& at(size_t index) {
    auto module = std::dynamic_pointer_cast<detail::impl_t<T>>(ptr(index));
    GRADUS_CHECK_TYPE(module != nullptr, "ModuleList: module {} is a {}", index,
                      modules_[index]->name());
    return *module;
  }
  std::shared_ptr<Module> ptr(size_t index) const;
  template <class T>
  std::shared_ptr<detail::impl_t<T>> ptr(size_t index) const {
    return std::dynamic_pointer_cast<detail::impl_t<T>>(ptr(index));
  }
  std::shared_ptr<Module> operator[](size_t index) const { return ptr(index); }
  size_t size() const noexcept { return modules_.size(); }
  bool is_empty() const noexcept { return modules_.empty(); }

 private:
  std::vector<std::shared_ptr<Module>> modules_;
};
GRADUS_MODULE(ModuleList);

}  // namespace gradus::nn
