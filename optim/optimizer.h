#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/callable.h"
#include "core/hidden.h"
#include "core/ordered_dict.h"
#include "core/parallel.h"
#include "core/state.h"
#include "core/tensor.h"
#include "optim/options.h"
#include "optim/param_states.h"
#include "optim/transform.h"

namespace gradus::kernel {
struct BatchAverages;
class TensorBatch;
}  // namespace gradus::kernel

namespace gradus::optim {

class WeightAverage;

/// Parameters that share settings: those of the optimizer, or their own.
class GRADUS_API OptimizerParamGroup {
 public:
  OptimizerParamGroup(const OptimizerParamGroup& other);
  OptimizerParamGroup(OptimizerParamGroup&& other) noexcept = default;
  OptimizerParamGroup& operator=(const OptimizerParamGroup&) = delete;
  OptimizerParamGroup& operator=(OptimizerParamGroup&& other) noexcept = default;
  ~OptimizerParamGroup();
  OptimizerParamGroup(std::vector<Tensor> params,
                      std::unique_ptr<OptimizerOptions> options = nullptr);
  /// Parameters with names, under which their state is saved: `net->named_parameters()`.
  OptimizerParamGroup(const OrderedDict<std::string, Tensor>& named_params,
                      std::unique_ptr<OptimizerOptions> options = nullptr);

  bool has_options() const { return options_ != nullptr; }
  /// @throws Error where the group has none yet (it gets the optimizer's when it is added)
  OptimizerOptions& options();
  const OptimizerOptions& options() const;
  void set_options(std::unique_ptr<OptimizerOptions> options) { options_ = std::move(options); }
  std::vector<Tensor>& params() { return params_; }
  const std::vector<Tensor>& params() const { return params_; }
  /// Parallel to params(), or empty.
  const std::vector<std::string>& names() const { return names_; }

  /// The rate before any schedule changed it; none where no schedule has been attached. It is
  /// saved, so that a schedule can be attached to a restored optimizer.
  std::optional<double> initial_lr() const { return initial_lr_; }
  void set_initial_lr(std::optional<double> lr) { initial_lr_ = lr; }

 private:
  friend class Optimizer;

  std::vector<Tensor> params_;
  std::vector<std::string> names_;
  std::unique_ptr<OptimizerOptions> options_;
  std::optional<double> initial_lr_;
};

/// Base of all optimizers: holds the parameters in groups, their settings and their state.
///
///     optim::SGD optimizer(net->parameters(), optim::SGDOptions(0.1).momentum(0.9));
///     optimizer.zero_grad();
///     loss_of(net).backward();
///     optimizer.step();
///
/// Constructed from named parameters, state is saved by name and survives a new order of the
/// parameters; else by position. Parameters without a gradient are left alone.
class GRADUS_API Optimizer : public Stateful {
 public:
  /// Evaluates the model again: sets the gradients to zero, computes the loss, calls backward and
  /// returns the loss.
  using LossClosure = Callable<Tensor()>;
  using StepHook = Callable<void(Optimizer&)>;

  /// @param name  in errors and in the text of a saved state
  /// @throws ValueError for no parameters at all, one that comes twice or is no leaf, or settings
  ///         that cannot be used; TypeError for a parameter that is not floating-point
  explicit Optimizer(const std::vector<OptimizerParamGroup>& param_groups,
                     std::unique_ptr<OptimizerOptions> defaults, std::string name = {});
  explicit Optimizer(std::vector<Tensor> parameters, std::unique_ptr<OptimizerOptions> defaults,
                     std::string name = {});
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;
  Optimizer(Optimizer&&) noexcept;
  Optimizer& operator=(Optimizer&&) noexcept;
  ~Optimizer() override;

  /// Updates the parameters from their gradients. Optimizers implement update(); one that evaluates
  /// the closure several times overrides this.
  /// @return what the closure returned; undefined without one
  /// @throws Error for a gradient of another shape or dtype, or a state of another size; then
  ///         nothing has changed
  virtual Tensor step(LossClosure closure = nullptr);

  /// Forgets the gradients, or fills them with zeros.
  void zero_grad(bool set_to_none = true);

  /// Adds a group; without options it gets a copy of defaults(). @throws as the constructor
  void add_param_group(const OptimizerParamGroup& param_group);
  /// Adds parameters to the first group.
  void add_parameters(const std::vector<Tensor>& parameters);

  /// Those of the first group.
  const std::vector<Tensor>& parameters() const { return param_groups_.at(0).params(); }
  std::vector<Tensor>& parameters() { return param_groups_.at(0).params(); }
  /// How many parameters there are in all groups.
  size_t size() const;

  OptimizerOptions& defaults() { return *defaults_; }
  const OptimizerOptions& defaults() const { return *defaults_; }
  std::vector<OptimizerParamGroup>& param_groups() { return param_groups_; }
  const std::vector<OptimizerParamGroup>& param_groups() const { return param_groups_; }
  ParamStates& state() { return state_; }
  const ParamStates& state() const { return state_; }
  /// "SGD"; "Optimizer" for one that was constructed without a name.
  const std::string& name() const;

  /// Calls the hook before each step (and its closure), or after it; returns a handle for
  /// remove_step_hook().
  unsigned register_step_pre_hook(StepHook hook);
  unsigned register_step_post_hook(StepHook hook);
  /// @throws IndexError for an unknown handle
  void remove_step_hook(unsigned handle);

  /// Adds a transform of gradients or updates, which runs after those that are there.
  /// @throws ValueError for null, NotImplementedError for an optimizer that overrides step()
  virtual void add_transform(TransformPtr transform);
  const std::vector<TransformPtr>& transforms() const { return transforms_; }

  /// From now on each step ends with average->update(), unless a transform skips it. Where the rule
  /// goes element by element, float32 and float64 weights are averaged in the pass of the step: to
  /// the bit what update() gives, without reading them again. That is so for the first average, and
  /// with no transform but clip_by_norm(). Average and optimizer save their own state.
  ///
  ///     auto ema = std::make_shared<optim::EMA>(net->named_parameters(), 0.999);
  ///     optimizer.add_average(ema);
  ///
  /// @throws ValueError for null. A step while the weights are swapped is an Error, and changes
  ///         nothing.
  void add_average(std::shared_ptr<WeightAverage> average);
  const std::vector<std::shared_ptr<WeightAverage>>& averages() const { return averages_; }

  /// Whether the optimizer multiplies gradients by a number as it reads them, in the pass of the
  /// step: by that of clip_by_norm() where it is the last transform, by that of a GradScaler.
  virtual bool takes_gradient_factor() const { return false; }
  /// A step on the gradients times `factor`, which themselves stay as they are: to the bit, for
  /// float32 and float64, what multiplying them before gives. 16-bit gradients are not rounded in
  /// between. @throws Error where the optimizer does not take one, or has transforms
  Tensor step_with_gradient_factor(double factor);

  /// Settings as `param_groups.0.lr`, state as `state.conv1.weight.momentum_buffer`, or by position
  /// as `state.0.momentum_buffer`. The tensors are the optimizer's own: clone what is to outlive
  /// the next step.
  StateDict state_dict() const override;
  /// Restores settings and state, copying the tensors.
  /// @throws ValueError where entries are missing, unexpected or of another size; then nothing has
  ///         changed
  void load_state_dict(const StateDict& state) override;
  /// With strict = false takes over what fits by name and reports the rest; a tensor of another
  /// size is an error all the same.
  /// @param rename  names in `state` and what they are called here
  LoadReport load_state_dict(const StateDict& state, bool strict,
                             const std::map<std::string, std::string>& rename = {});

  /// How often step() has run since construction; an optimizer that overrides step() counts by
  /// run_step().
  int64_t steps_taken() const { return steps_taken_; }
  /// False for an optimizer without a name: a program's own, which may override step().
  bool counts_steps() const { return !name_.empty(); }
  /// Whether the settings come from load_state_dict() and no step has been taken since.
  bool restored() const { return restored_; }

 protected:
  /// What an optimizer is: changes the parameters by their gradients. Called by step() in no-grad
  /// mode after check_step(). If it throws, it has changed nothing; states that it made are dropped
  /// by step().
  virtual void update();
  /// A new state as load_state_dict() fills it; null where there is none to load.
  virtual std::unique_ptr<OptimizerParamState> make_state() const;

  /// Throws ValueError where a loaded state does not fit the parameters, apart from the shapes that
  /// its visit() tells; may convert it. @param name  of the state, for the message
  virtual void accept_state(OptimizerParamState& state, const std::string& name) const;

  /// Throws where this optimizer does not take row-sparse gradients, or not with these settings;
  /// the default is that it does not.
  /// @param what  which gradient it is, for the message
  virtual void check_sparse_gradient(const OptimizerOptions& options,
                                     const std::string& what) const;

  /// Shows the state that belongs to no parameter: numbers only. It is saved as `global.NAME`.
  virtual void visit_state(FieldVisitor& visitor);

  /// What step() checks first: settings and gradients of all groups.
  void check_step();

  /// Runs `body` between the hooks of a step, in no-grad mode, and counts the step: for an
  /// optimizer that overrides step(). Returns what body returns.
  Tensor run_step(FunctionRef<Tensor()> body);
  /// How a step begins and ends: averages must not be swapped, and take the weights in. An
  /// optimizer that overrides step() calls both.
  void check_averages() const;
  void update_averages();

  /// Calls f(param, grad) for every parameter of a group that has a gradient.
  template <class F>
  void for_each_gradient(size_t group, F&& f) {
    for (const Tensor& param : param_groups_[group].params_) {
      const Tensor& grad = param.grad();
      if (grad.defined()) f(param, grad);
    }
  }
  /// Calls f(param, grad, state) for every parameter of a group that has a gradient. `state` is a
  /// State&, made by its default constructor at first.
  template <class State, class F>
  void for_each_gradient(size_t group, F&& f) {
    size_t slot = first_slot_[group];
    for (const Tensor& param : param_groups_[group].params_) {
      std::unique_ptr<OptimizerParamState>& state = state_.slots_[slot++].second;
      const Tensor& grad = param.grad();
      if (!grad.defined()) continue;
      if (state == nullptr) {
        state = std::make_unique<State>();
        made_.push_back(slot - 1);
      }
      f(param, grad, static_cast<State&>(*state));
    }
  }

  /// Makes `state`, a tensor of the state of `param`, where it is undefined: zeros of the
  /// parameter's shape and order in memory, double for a double parameter, else float.
  /// @return whether it was made
  /// @throws ValueError where it is there with another shape, TypeError for another dtype
  bool prepare_state(const char* field, Tensor& state, const Tensor& param) const;
  /// An empty list of tensors for a fused pass.
  kernel::TensorBatch& batch();

  std::vector<OptimizerParamGroup> param_groups_;
  ParamStates state_;
  std::unique_ptr<OptimizerOptions> defaults_;

 private:
  void check_param(const Tensor& param, size_t group, size_t index) const;
  void check_options(const OptimizerOptions& options, size_t group) const;
  // update(); `in_pass`: weights may be averaged as soon as they are updated.
  void update_with_averages(bool in_pass);
  // The same between the transforms; returns false where one of them skipped it.
  bool update_transformed();
  // Makes the slots parallel to the parameters again after somebody changed the lists.
  void sync_slots();

  std::string name_;
  std::vector<size_t> first_slot_;  // of each group
  std::vector<size_t> made_;        // slots that were filled in this step
  Hidden<kernel::TensorBatch> batch_;
  double gradient_factor_ = 1;  // of the step that runs
  std::vector<TransformPtr> transforms_;
  std::vector<std::shared_ptr<WeightAverage>> averages_;
  kernel::BatchAverages* pass_averages_ = nullptr;  // of the update() that runs
  std::vector<std::pair<unsigned, StepHook>> pre_hooks_;
  std::vector<std::pair<unsigned, StepHook>> post_hooks_;
  unsigned next_hook_ = 0;
  int64_t steps_taken_ = 0;
  bool restored_ = false;
};

}  // namespace gradus::optim
