#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/callable.h"
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
  explicit SequentialImpl(OrderedDict<std::string, AnyModule> modules);

  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  std::shared_ptr<Module> clone(const std::optional<Device>& device = std::nullopt) const override;

  /// Runs the modules. @tparam R what the last one returns
  /// @throws Error where there is no module, TypeError where a module takes something else than it
  /// gets
  template <class R = Tensor, class... Inputs>
  R forward(Inputs&&... inputs) {
    std::vector<AnyValue> values;
    (values.emplace_back(std::forward<Inputs>(inputs)), ...);
    AnyValue value = any_forward(std::move(values));
    if constexpr (std::is_same_v<R, AnyValue>) {
      return value;
    } else {
      return value.get<R>();
    }
  }

  /// The same where types are known at run time only; so a Sequential may stand in a Sequential.
  AnyValue any_forward(std::vector<AnyValue> inputs);

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
    at_index(index);
    return modules_[index].get<detail::impl_t<T>>();
  }
  std::shared_ptr<Module> ptr(size_t index) const;
  /// @throws TypeError where the module is no T
  template <class T>
  std::shared_ptr<detail::impl_t<T>> ptr(size_t index) const {
    at_index(index);
    return modules_[index].ptr<detail::impl_t<T>>();
  }
  std::shared_ptr<Module> operator[](size_t index) const { return ptr(index); }
  size_t size() const noexcept { return modules_.size(); }
  bool is_empty() const noexcept { return modules_.empty(); }

 private:
  void at_index(size_t index) const;  // checks it

  std::vector<AnyModule> modules_;
};

/// Holds a SequentialImpl.
class Sequential : public ModuleHolder<SequentialImpl> {
 public:
  using ModuleHolder<SequentialImpl>::ModuleHolder;
  Sequential() = default;
  GRADUS_API Sequential(std::initializer_list<NamedAnyModule> modules);
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
  /// Puts `module` before the one at `index`; the names of those behind it grow by one.
  /// @throws IndexError where index > size()
  void insert(size_t index, std::shared_ptr<Module> module);
  template <class M>
  void insert(size_t index, const ModuleHolder<M>& holder) {
    insert(index, std::shared_ptr<Module>(holder.ptr()));
  }
  template <class M, class = std::enable_if_t<std::is_base_of_v<Module, std::decay_t<M>>>>
  void insert(size_t index, M&& module) {
    insert(index,
           std::shared_ptr<Module>(std::make_shared<std::decay_t<M>>(std::forward<M>(module))));
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

/// Modules by name, in the order of insertion.
class GRADUS_API ModuleDictImpl : public Cloneable<ModuleDictImpl> {
 public:
  using Modules = OrderedDict<std::string, std::shared_ptr<Module>>;
  using Iterator = Modules::iterator;
  using ConstIterator = Modules::const_iterator;

  ModuleDictImpl() = default;
  explicit ModuleDictImpl(
      const std::vector<std::pair<std::string, std::shared_ptr<Module>>>& modules);
  explicit ModuleDictImpl(const Modules& modules);

  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  std::shared_ptr<Module> clone(const std::optional<Device>& device = std::nullopt) const override;

  /// Adds a module, or puts it in the place of the one of that name.
  void insert(const std::string& key, std::shared_ptr<Module> module);
  template <class M>
  void insert(const std::string& key, const ModuleHolder<M>& holder) {
    insert(key, std::shared_ptr<Module>(holder.ptr()));
  }
  void update(const std::vector<std::pair<std::string, std::shared_ptr<Module>>>& modules);
  void update(const Modules& modules);
  void update(const ModuleDictImpl& other) { update(other.children_); }
  /// Takes a module out and returns it. @throws IndexError where there is none
  std::shared_ptr<Module> pop(const std::string& key);
  void clear() { children_.clear(); }

  std::vector<std::pair<std::string, std::shared_ptr<Module>>> items() const;
  std::vector<std::string> keys() const;
  std::vector<std::shared_ptr<Module>> values() const;
  Iterator begin() { return children_.begin(); }
  Iterator end() { return children_.end(); }
  ConstIterator begin() const { return children_.begin(); }
  ConstIterator end() const { return children_.end(); }
  size_t size() const noexcept { return children_.size(); }
  bool empty() const noexcept { return children_.is_empty(); }
  bool contains(const std::string& key) const;
  /// @throws IndexError where there is no such module
  std::shared_ptr<Module> operator[](const std::string& key) const;
  /// @throws TypeError where it is another class
  template <class T>
  detail::impl_t<T>& at(const std::string& key) const {
    auto module = std::dynamic_pointer_cast<detail::impl_t<T>>((*this)[key]);
    GRADUS_CHECK_TYPE(module != nullptr, "ModuleDict: module '{}' is a {}", key,
                      (*this)[key]->name());
    return *module;
  }
};
GRADUS_MODULE(ModuleDict);

/// A list of parameters, registered under their indices.
class GRADUS_API ParameterListImpl : public Cloneable<ParameterListImpl> {
 public:
  using Parameters = OrderedDict<std::string, Tensor>;
  using Iterator = Parameters::iterator;
  using ConstIterator = Parameters::const_iterator;

  ParameterListImpl() = default;
  template <class... Tensors,
            class = std::enable_if_t<(sizeof...(Tensors) > 0) &&
                                     (std::is_convertible_v<Tensors, Tensor> && ...)>>
  explicit ParameterListImpl(Tensors&&... parameters) {
    (append(std::forward<Tensors>(parameters)), ...);
  }

  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  std::shared_ptr<Module> clone(const std::optional<Device>& device = std::nullopt) const override;

  /// Adds a parameter; whether it requires grad stays as it is.
  void append(Tensor parameter);
  void append(const Parameters::Item& item) { append(item.value()); }
  template <class Container>
  void extend(const Container& container) {
    for (const auto& parameter : container) append(parameter);
  }
  template <class Container>
  ParameterListImpl& operator+=(const Container& container) {
    extend(container);
    return *this;
  }

  Iterator begin() { return parameters_.begin(); }
  Iterator end() { return parameters_.end(); }
  ConstIterator begin() const { return parameters_.begin(); }
  ConstIterator end() const { return parameters_.end(); }
  /// @throws IndexError
  Tensor& at(size_t index);
  const Tensor& at(size_t index) const { return const_cast<ParameterListImpl&>(*this).at(index); }
  Tensor& operator[](size_t index) { return at(index); }
  const Tensor& operator[](size_t index) const { return at(index); }
  size_t size() const noexcept { return parameters_.size(); }
  bool is_empty() const noexcept { return parameters_.is_empty(); }
};
GRADUS_MODULE(ParameterList);

/// Parameters by name, in the order of insertion.
class GRADUS_API ParameterDictImpl : public Cloneable<ParameterDictImpl> {
 public:
  using Parameters = OrderedDict<std::string, Tensor>;
  using Iterator = Parameters::iterator;
  using ConstIterator = Parameters::const_iterator;

  ParameterDictImpl() = default;
  explicit ParameterDictImpl(const Parameters& parameters);

  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  std::shared_ptr<Module> clone(const std::optional<Device>& device = std::nullopt) const override;

  /// Adds a parameter; whether it requires grad stays as it is. @throws Error for a name in use
  Tensor& insert(const std::string& key, const Tensor& parameter);
  /// Puts parameters in the place of those of the same names.
  /// @throws IndexError for a name that is not there
  template <class Container>
  void update(const Container& container) {
    for (const auto& item : container) parameters_[item.key()] = item.value();
  }
  Tensor pop(const std::string& key) { return unregister_parameter(key); }
  void clear() { parameters_.clear(); }

  std::vector<std::string> keys() const;
  std::vector<Tensor> values() const;
  Iterator begin() { return parameters_.begin(); }
  Iterator end() { return parameters_.end(); }
  ConstIterator begin() const { return parameters_.begin(); }
  ConstIterator end() const { return parameters_.end(); }
  size_t size() const noexcept { return parameters_.size(); }
  bool empty() const noexcept { return parameters_.is_empty(); }
  bool contains(const std::string& key) const;
  /// @throws IndexError where there is no such parameter
  Tensor& get(const std::string& key);
  const Tensor& get(const std::string& key) const;
  Tensor& operator[](const std::string& key) { return get(key); }
  const Tensor& operator[](const std::string& key) const { return get(key); }
};
GRADUS_MODULE(ParameterDict);

/// A function as a module: `nn::Functional(gradus::relu)`, `nn::Functional(elu, 1.0, 0, 1)`.
class GRADUS_API FunctionalImpl : public Cloneable<FunctionalImpl> {
 public:
  using Function = Callable<Tensor(Tensor)>;

  explicit FunctionalImpl(Function function);
  /// With arguments that follow the input.
  template <class F, class... Args, class = std::enable_if_t<(sizeof...(Args) > 0)>>
  explicit FunctionalImpl(F function, Args&&... args)
      : function_([function = std::move(function),
                   args = std::tuple<std::decay_t<Args>...>(std::forward<Args>(args)...)](
                      Tensor input) mutable {
          return std::apply(
              [&](auto&... rest) { return Tensor(function(std::move(input), rest...)); }, args);
        }) {}

  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  bool is_serializable() const override { return false; }
  Tensor forward(Tensor input);
  Tensor operator()(Tensor input) { return forward(std::move(input)); }

 private:
  Function function_;
};
GRADUS_MODULE(Functional);

}  // namespace gradus::nn
