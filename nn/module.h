#pragma once

#include <iosfwd>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/callable.h"
#include "core/ordered_dict.h"
#include "core/state.h"
#include "core/tensor.h"
#include "nn/hooks.h"
#include "nn/module_holder.h"

namespace gradus::nn {

class Module;
namespace detail {
/// The name of a class as it is written: "gradus::nn::LinearImpl".
GRADUS_API std::string type_name(const std::type_info& type);
}  // namespace detail

/// Makes printed modules and the names of classes say `name`, which must live on, for "gradus":
/// gradus/torch.h asks for "torch", so that a program's text is what libtorch makes it.
GRADUS_API void set_printed_namespace(const char* name) noexcept;

using gradus::LoadReport;

/// Base of all layers and models: owns named parameters, buffers and submodules, and what is done
/// to all of them.
///
///     struct NetImpl : nn::Module {
///       NetImpl() : fc(register_module("fc", nn::Linear(4, 2))) {}
///       Tensor forward(const Tensor& x) { return fc->forward(x).relu(); }
///       nn::Linear fc{nullptr};
///     };
///     GRADUS_MODULE(Net);
///
/// Names of nested entries are joined by dots, as in PyTorch: "conv1.weight".
class GRADUS_API Module : public std::enable_shared_from_this<Module>, public Stateful {
 public:
  using ModuleFunction = Callable<void(Module&)>;
  using ConstModuleFunction = Callable<void(const Module&)>;
  using NamedModuleFunction = Callable<void(const std::string&, Module&)>;
  using ConstNamedModuleFunction = Callable<void(const std::string&, const Module&)>;
  using ModulePointerFunction = Callable<void(const std::shared_ptr<Module>&)>;
  using NamedModulePointerFunction =
      Callable<void(const std::string&, const std::shared_ptr<Module>&)>;

  Module();
  explicit Module(std::string name);
  Module(const Module&) = default;
  Module& operator=(const Module&) = default;
  Module(Module&&) noexcept = default;
  Module& operator=(Module&&) noexcept = default;
  ~Module() override;

  /// The name given to the constructor, else that of the class.
  const std::string& name() const;

  /// A deep copy: own parameters and buffers with the same values. Cloneable implements it.
  virtual std::shared_ptr<Module> clone(const std::optional<Device>& device = std::nullopt) const;

  /// Calls the function with this module and every submodule, parents first.
  void apply(const ModuleFunction& function);
  void apply(const ConstModuleFunction& function) const;
  void apply(const NamedModuleFunction& function, const std::string& name_prefix = std::string());
  void apply(const ConstNamedModuleFunction& function,
             const std::string& name_prefix = std::string()) const;
  void apply(const ModulePointerFunction& function) const;
  void apply(const NamedModulePointerFunction& function,
             const std::string& name_prefix = std::string()) const;
  template <class F>
  void apply(F f, const std::string& name_prefix = std::string()) {
    apply_any(*this, f, name_prefix);
  }

  std::vector<Tensor> parameters(bool recurse = true) const;
  OrderedDict<std::string, Tensor> named_parameters(bool recurse = true) const;
  std::vector<Tensor> buffers(bool recurse = true) const;
  OrderedDict<std::string, Tensor> named_buffers(bool recurse = true) const;
  std::vector<std::shared_ptr<Module>> modules(bool include_self = true) const;
  OrderedDict<std::string, std::shared_ptr<Module>> named_modules(
      const std::string& name_prefix = std::string(), bool include_self = true) const;
  std::vector<std::shared_ptr<Module>> children() const;
  OrderedDict<std::string, std::shared_ptr<Module>> named_children() const;
  /// The submodule at a path of names: "encoder.0". @throws Error
  std::shared_ptr<Module> get_submodule(const std::string& path) const;
  Tensor get_parameter(const std::string& path) const;

  /// Puts this module and its submodules into training mode (dropout drops, batch norm uses the
  /// batch).
  virtual void train(bool on = true);
  void eval() { train(false); }
  virtual bool is_training() const noexcept { return is_training_; }

  /// Converts floating-point parameters and buffers.
  virtual void to(ScalarType dtype, bool non_blocking = false);
  virtual void to(Device device, ScalarType dtype, bool non_blocking = false);
  virtual void to(Device device, bool non_blocking = false);
  /// to(kHalf), to(kBFloat16), to(kFloat), to(kDouble).
  void half() { to(kHalf); }
  void bfloat16() { to(kBFloat16); }
  void float_() { to(kFloat); }
  void double_() { to(kDouble); }
  /// Drops the gradients of all parameters, or zeroes them.
  virtual void zero_grad(bool set_to_none = true);
  /// Freezes or thaws all parameters.
  void requires_grad_(bool requires_grad = true);

  /// Whether a parameter or buffer of this module or a submodule waits for the first forward of a
  /// lazy module. See nn/modules/lazy.h.
  bool has_uninitialized_params() const;

  /// Parameters and persistent buffers by their names, sharing storage with the module.
  StateDict state_dict() const override;
  /// Copies the values in. @throws Error naming all entries that are missing, unexpected or of
  /// another shape; then nothing has changed
  void load_state_dict(const StateDict& state) override;
  /// With strict = false loads what fits by name and reports the rest; another shape is an error
  /// all the same.
  LoadReport load_state_dict(const StateDict& state, bool strict);
  /// Writes parameters, persistent buffers and children, each with its own save(), to an archive.
  /// A module that keeps more overrides both and calls those of Module, as with libtorch.
  void save(serialize::OutputArchive& archive) const override;
  /// Copies in what save() has written; what else the archive holds is left alone. @throws Error
  /// for an entry that is missing or of another shape; then no parameter or buffer has changed
  void load(serialize::InputArchive& archive) override;

  /// Whether an archive holds this module. Default: true; a Functional answers false.
  virtual bool is_serializable() const { return true; }

  /// The line that stands for this module where it is printed:
  /// "gradus::nn::Linear(in_features=4, out_features=2, bias=true)". By default the name with
  /// extra_repr() in brackets.
  virtual void pretty_print(std::ostream& stream) const;
  /// What a module of one's own adds to its printed name. Default: nothing
  virtual std::string extra_repr() const;

  /// Calls `hook(module, inputs)` before each forward; what it returns replaces the inputs.
  /// See Note [Hooks]. @return a handle for remove_hook()
  unsigned register_forward_pre_hook(ModulePreHook hook);
  /// Calls `hook(module, inputs, output)` after each forward; what it returns replaces the output.
  unsigned register_forward_hook(ModuleHook hook);
  /// Calls `hook(module, grad_inputs, grad_outputs)` when the gradients of the tensor arguments are
  /// known (undefined for those that need none); what it returns replaces them. Where no argument
  /// needs a gradient it is called when those of the outputs are known.
  unsigned register_full_backward_hook(ModuleHook hook);
  /// Takes back a hook of any kind. A handle that is not there is ignored.
  void remove_hook(unsigned handle);
  /// Whether a call has more to do than forward.
  bool has_hooks() const noexcept { return hooks_ != nullptr; }
  /// Brings weights that are computed from others up to date; holders do so at each access.
  void update_computed() const {
    if (hooks_ != nullptr) compute_all();
  }

  /// Registers a parameter of this module and returns it. An undefined tensor registers the name
  /// alone.
  /// @throws Error for an empty name, one with a dot or in use, and integers that require grad
  Tensor& register_parameter(std::string name, Tensor tensor, bool requires_grad = true);
  /// Registers a tensor that belongs to the state but is not trained.
  Tensor& register_buffer(std::string name, Tensor tensor, bool persistent = true);
  template <class T>
  std::shared_ptr<T> register_module(std::string name, std::shared_ptr<T> module) {
    add_module(std::move(name), module, /*replace=*/false);
    return module;
  }
  template <class T>
  std::shared_ptr<T> register_module(std::string name, ModuleHolder<T> holder) {
    return register_module(std::move(name), holder.ptr());
  }
  template <class T>
  std::shared_ptr<T> replace_module(const std::string& name, std::shared_ptr<T> module) {
    add_module(name, module, /*replace=*/true);
    return module;
  }
  template <class T>
  std::shared_ptr<T> replace_module(const std::string& name, ModuleHolder<T> holder) {
    return replace_module(name, holder.ptr());
  }
  void unregister_module(const std::string& name);
  /// Takes a parameter or buffer out of the state. @return it @throws Error where there is none
  Tensor unregister_parameter(const std::string& name);
  Tensor unregister_buffer(const std::string& name);
  /// Makes `slot`, a handle to a member tensor that is not registered, show what `compute` returns
  /// whenever the module is used. @param attach  does the same to a clone
  void register_computed(std::string name, Tensor slot, Callable<Tensor()> compute,
                         Callable<void(Module&)> attach);
  /// Leaves the tensor as it was computed last and forgets how. @return it
  Tensor unregister_computed(const std::string& name);
  /// The computed tensor of this name; undefined where there is none.
  Tensor find_computed(const std::string& name) const;

  /// This module as a T, or null where it is none: `module->as<nn::Linear>()`.
  template <class T>
  auto as() noexcept {
    return dynamic_cast<detail::impl_t<T>*>(this);
  }
  template <class T>
  auto as() const noexcept {
    return dynamic_cast<const detail::impl_t<T>*>(this);
  }

 protected:
  // For containers and Cloneable.
  OrderedDict<std::string, Tensor> parameters_{"Parameter"};
  OrderedDict<std::string, Tensor> buffers_{"Buffer"};
  OrderedDict<std::string, std::shared_ptr<Module>> children_{"Submodule"};

  /// Takes over `copy`, a plain copy of this module, gives it parameters, buffers and submodules of
  /// its own by `reset`, and copies the values there.
  std::shared_ptr<Module> clone_as(Module* copy, void (*reset)(Module&),
                                   const std::optional<Device>& device) const;
  /// Copies parameters, buffers, hooks and, by their clones, submodules from `other` into this
  /// module, whose reset() has made the same structure.
  void clone_from(const Module& other, const std::optional<Device>& device);
  /// Gives parameters and buffers that are uninitialized the shapes and values of those of `plain`.
  void materialize_from(const Module& plain);
  /// The part of it that concerns hooks and computed tensors.
  void clone_hooks(const Module& other);

 private:
  template <class>
  friend class Cloneable;
  friend class detail::HookedCall;

  detail::ModuleHooks& own_hooks();
  void drop_empty_hooks();
  void compute_all() const;
  void add_module(std::string name, std::shared_ptr<Module> module, bool replace);
  void check_new_name(const char* what, const std::string& name) const;
  std::shared_ptr<Module> self() const;
  void pretty_print_recursive(std::ostream& stream, const std::string& indentation) const;
  friend GRADUS_API std::ostream& operator<<(std::ostream& stream, const Module& module);

  template <class M, class F>
  static void apply_any(M& module, F& f, const std::string& prefix) {
    if constexpr (std::is_invocable_v<F&, Module&>) {
      module.apply(ModuleFunction(f));
    } else if constexpr (std::is_invocable_v<F&, const std::shared_ptr<Module>&>) {
      // Of a const module, where no template that would come back here fits better.
      std::as_const(module).apply(ModulePointerFunction(f));
    } else if constexpr (std::is_invocable_v<F&, const std::string&, Module&>) {
      module.apply(NamedModuleFunction(f), prefix);
    } else {
      std::as_const(module).apply(NamedModulePointerFunction(f), prefix);
    }
  }

  // Whether a buffer is part of the state.
  bool is_persistent(const std::string& buffer) const;

  mutable std::string name_;
  bool is_training_ = true;
  std::vector<std::string> transient_buffers_;  // not part of the state
  std::shared_ptr<detail::ModuleHooks> hooks_;  // null: none; copied before it is written to
};

GRADUS_API std::ostream& operator<<(std::ostream& stream, const Module& module);

/// Implements clone() for a module whose reset() registers everything anew: `struct NetImpl :
/// nn::Cloneable<NetImpl>`.
template <class Derived>
class Cloneable : public Module {
 public:
  using Module::Module;

  /// Makes parameters, buffers and submodules, with initial values.
  virtual void reset() = 0;

  std::shared_ptr<Module> clone(const std::optional<Device>& device = std::nullopt) const override {
    // Not make_shared<Derived>: its instantiation for each module costs every user's compiler 10
    // ms.
    return clone_as(new Derived(static_cast<const Derived&>(*this)), &reset_copy, device);
  }

 private:
  static void reset_copy(Module& copy) { static_cast<Derived&>(copy).reset(); }
};

}  // namespace gradus::nn
