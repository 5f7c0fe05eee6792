#include "optim/optimizer.h"

#include <algorithm>
#include <typeinfo>
#include <unordered_set>

#include "autograd/grad_mode.h"
#include "core/factory.h"
#include "core/kernels/tensor_batch.h"
#include "core/uninitialized.h"
#include "core/watch/record_scope.h"
#include "optim/wrappers/average.h"

namespace gradus::optim {

// --- OptimizerParamGroup -------------------------------------------------------------------------

OptimizerParamGroup::~OptimizerParamGroup() = default;

OptimizerParamGroup::OptimizerParamGroup(const OptimizerParamGroup& other)
    : params_(other.params_),
      names_(other.names_),
      options_(other.has_options() ? other.options_->clone() : nullptr),
      initial_lr_(other.initial_lr_) {}

OptimizerParamGroup::OptimizerParamGroup(std::vector<Tensor> params,
                                         std::unique_ptr<OptimizerOptions> options)
    : params_(std::move(params)), options_(std::move(options)) {}

OptimizerParamGroup::OptimizerParamGroup(const OrderedDict<std::string, Tensor>& named_params,
                                         std::unique_ptr<OptimizerOptions> options)
    : params_(named_params.values()), names_(named_params.keys()), options_(std::move(options)) {}

OptimizerOptions& OptimizerParamGroup::options() {
  GRADUS_CHECK(has_options(), "OptimizerParamGroup: the group has no options");
  return *options_;
}

const OptimizerOptions& OptimizerParamGroup::options() const {
  return const_cast<OptimizerParamGroup*>(this)->options();
}

// --- Optimizer: parameters -----------------------------------------------------------------------

Optimizer::Optimizer(const std::vector<OptimizerParamGroup>& param_groups,
                     std::unique_ptr<OptimizerOptions> defaults, std::string name)
    : defaults_(std::move(defaults)), name_(std::move(name)) {
  GRADUS_CHECK(defaults_ != nullptr, "{}: defaults is null", this->name());
  defaults_->check(this->name());
  for (const OptimizerParamGroup& group : param_groups) add_param_group(group);
  GRADUS_CHECK_VALUE(size() > 0, "{}: got an empty parameter list", this->name());
}

Optimizer::Optimizer(std::vector<Tensor> parameters, std::unique_ptr<OptimizerOptions> defaults,
                     std::string name)
    : Optimizer({OptimizerParamGroup(std::move(parameters))}, std::move(defaults),
                std::move(name)) {}

Optimizer::Optimizer(Optimizer&&) noexcept = default;
Optimizer& Optimizer::operator=(Optimizer&&) noexcept = default;
Optimizer::~Optimizer() = default;

const std::string& Optimizer::name() const {
  static const std::string unnamed = "Optimizer";
  return name_.empty() ? unnamed : name_;
}

size_t Optimizer::size() const {
  size_t size = 0;
  for (const OptimizerParamGroup& group : param_groups_) size += group.params_.size();
  return size;
}

void Optimizer::check_param(const Tensor& param, size_t group, size_t index) const {
  GRADUS_CHECK_VALUE(param.defined(), "{}: parameter {} of group {} is undefined", name(), index,
                     group);
  GRADUS_CHECK_TYPE(param.is_floating_point(),
                    "{}: parameter {} of group {} must be of floating-point dtype, got {}", name(),
                    index, group, param.dtype());
  GRADUS_CHECK_VALUE(!is_uninitialized(param),
                     "{}: parameter {} of group {} belongs to a lazy module and is uninitialized: "
                     "call the module's forward before making the optimizer",
                     name(), index, group);
  GRADUS_CHECK_VALUE(param.is_leaf(),
                     "{}: parameter {} of group {} is no leaf: can't optimize what an op returned",
                     name(), index, group);
}

void Optimizer::check_options(const OptimizerOptions& options, size_t group) const {
  const OptimizerOptions& defaults = *defaults_;
  GRADUS_CHECK_TYPE(typeid(options) == typeid(defaults),
                    "{}: the options of group {} are those of another optimizer", name(), group);
  options.check(name());
}

void Optimizer::add_param_group(const OptimizerParamGroup& param_group) {
  OptimizerParamGroup group(param_group);
  const size_t number = param_groups_.size();
  if (group.has_options()) {
    check_options(*group.options_, number);
  } else {
    group.options_ = defaults_->clone();
  }
  if (number > 0 && param_groups_[0].names_.empty() != group.names_.empty() &&
      !group.params_.empty() && !param_groups_[0].params_.empty()) {
    gradus::detail::throw_error<ValueError>(
        "{}: either all parameters have names or none, but those of group {} have {}", name(),
        number, group.names_.empty() ? "none" : "names");
  }
  std::unordered_set<const TensorImpl*> seen;
  std::unordered_set<std::string> names;
  for (const OptimizerParamGroup& other : param_groups_) {
    for (const Tensor& param : other.params_) seen.insert(param.impl());
    names.insert(other.names_.begin(), other.names_.end());
  }
  for (size_t i = 0; i < group.params_.size(); ++i) {
    check_param(group.params_[i], number, i);
    GRADUS_CHECK_VALUE(seen.insert(group.params_[i].impl()).second,
                       "{}: parameter {} of group {} comes twice (duplicate parameters)", name(), i,
                       number);
  }
  for (const std::string& param_name : group.names_) {
    GRADUS_CHECK_VALUE(names.insert(param_name).second,
                       "{}: two parameters have the name '{}' (duplicate parameters)", name(),
                       param_name);
    GRADUS_CHECK_VALUE(param_name.find('\n') == std::string::npos,
                       "{}: the name of a parameter contains a line break", name());
  }
  param_groups_.push_back(std::move(group));
  sync_slots();
}

void Optimizer::add_parameters(const std::vector<Tensor>& parameters) {
  OptimizerParamGroup& first = param_groups_.at(0);
  GRADUS_CHECK_VALUE(first.names_.empty(),
                     "{}: add_parameters: the parameters of the optimizer have names; use "
                     "add_param_group",
                     name());
  std::unordered_set<const TensorImpl*> seen;
  for (const OptimizerParamGroup& group : param_groups_) {
    for (const Tensor& param : group.params_) seen.insert(param.impl());
  }
  for (size_t i = 0; i < parameters.size(); ++i) {
    check_param(parameters[i], 0, first.params_.size() + i);
    GRADUS_CHECK_VALUE(seen.insert(parameters[i].impl()).second,
                       "{}: add_parameters: parameter {} comes twice (duplicate parameters)",
                       name(), i);
  }
  first.params_.insert(first.params_.end(), parameters.begin(), parameters.end());
  sync_slots();
}

void Optimizer::sync_slots() {
  ParamStates states;
  std::vector<size_t> first_slot;
  for (size_t g = 0; g < param_groups_.size(); ++g) {
    OptimizerParamGroup& group = param_groups_[g];
    if (!group.has_options()) group.options_ = defaults_->clone();
    GRADUS_CHECK_VALUE(group.names_.empty() || group.names_.size() == group.params_.size(),
                       "{}: group {} has {} parameters but {} names", name(), g,
                       group.params_.size(), group.names_.size());
    first_slot.push_back(states.slots_.size());
    for (size_t i = 0; i < group.params_.size(); ++i) {
      check_param(group.params_[i], g, i);
      GRADUS_CHECK_VALUE(states.slot(group.params_[i].impl()) == nullptr,
                         "{}: parameter {} of group {} comes twice (duplicate parameters)", name(),
                         i, g);
      states.add_slot(group.params_[i].impl());
    }
  }
  for (ParamStates::value_type& slot : state_.slots_) {
    if (ParamStates::value_type* to = states.slot(slot.first)) to->second = std::move(slot.second);
  }
  state_ = std::move(states);
  first_slot_ = std::move(first_slot);
}

void Optimizer::zero_grad(bool set_to_none) {
  const NoGradGuard no_grad;
  for (OptimizerParamGroup& group : param_groups_) {
    for (Tensor& param : group.params_) {
      if (!param.defined() || !param.grad().defined()) continue;
      Tensor& grad = param.mutable_grad();
      if (set_to_none) {
        grad.reset();
      } else {
        if (grad.requires_grad()) grad = grad.detach();
        grad.zero_();
      }
    }
  }
}

// --- Optimizer: the step -------------------------------------------------------------------------

Tensor Optimizer::step(LossClosure closure) {
  return run_step([&]() -> Tensor {
    Tensor loss;
    if (closure) {
      const AutoGradMode enable_grad(true);
      loss = closure();
    }
    check_step();
    check_averages();
    made_.clear();
    bool updated = true;
    try {
      if (transforms_.empty()) {
        update_with_averages(/*in_pass=*/true);
      } else {
        updated = update_transformed();
      }
    } catch (...) {
      for (size_t slot : made_) state_.slots_[slot].second.reset();
      throw;
    }
    if (updated) update_averages();
    return loss;
  });
}

namespace {

// Sets a number while it lives.
class Setting {
 public:
  Setting(double& number, double value) : number_(number), before_(number) { number_ = value; }
  ~Setting() { number_ = before_; }
  Setting(const Setting&) = delete;
  Setting& operator=(const Setting&) = delete;

 private:
  double& number_;
  double before_;
};

}  // namespace

Tensor Optimizer::step_with_gradient_factor(double factor) {
  GRADUS_CHECK(takes_gradient_factor() && transforms_.empty(),
               "{}: step_with_gradient_factor: the optimizer {}", name(),
               transforms_.empty() ? "takes no factor" : "has transforms");
  const Setting setting(gradient_factor_, factor);
  return step();
}

Tensor Optimizer::run_step(FunctionRef<Tensor()> body) {
  const RecordScope scope(name(), "optimizer");
  // A hook may remove itself, so its list is copied; there are rarely any.
  const auto call = [this](const std::vector<std::pair<unsigned, StepHook>>& list) {
    if (list.empty()) return;
    const std::vector<std::pair<unsigned, StepHook>> hooks = list;
    for (const auto& [handle, hook] : hooks) hook(*this);
  };
  call(pre_hooks_);
  Tensor loss;
  {
    const NoGradGuard no_grad;
    loss = body();
  }
  ++steps_taken_;
  restored_ = false;
  call(post_hooks_);
  return loss;
}

void Optimizer::add_transform(TransformPtr transform) {
  GRADUS_CHECK_VALUE(transform != nullptr, "{}: add_transform: the transform is null", name());
  transforms_.push_back(std::move(transform));
}

void Optimizer::add_average(std::shared_ptr<WeightAverage> average) {
  GRADUS_CHECK_VALUE(average != nullptr, "{}: add_average: the average is null", name());
  averages_.push_back(std::move(average));
}

void Optimizer::check_averages() const {
  for (const auto& average : averages_) {
    GRADUS_CHECK(!average->is_swapped(),
                 "{}: step() while the weights are swapped with their average; call swap() first",
                 name());
  }
}

void Optimizer::update_with_averages(bool in_pass) {
  pass_averages_ = in_pass && !averages_.empty() ? &averages_[0]->begin_pass() : nullptr;
  update();
}

void Optimizer::update_averages() {
  for (const auto& average : averages_) {
    if (average == averages_[0] && pass_averages_ != nullptr) {
      average->end_pass();
    } else {
      average->update();
    }
  }
}

bool Optimizer::update_transformed() {
  std::vector<TransformItem> items;
  for (size_t g = 0; g < param_groups_.size(); ++g) {
    const OptimizerParamGroup& group = param_groups_[g];
    for (size_t i = 0; i < group.params_.size(); ++i) {
      const Tensor& param = group.params_[i];
      if (!param.grad().defined()) continue;
      GRADUS_CHECK_AS(NotImplementedError, !param.grad().is_sparse(),
                      "{}: transforms do not take row-sparse gradients, as that of parameter {} of "
                      "group {}",
                      name(), i, g);
      items.push_back({param, param.grad().detach(),
                       group.names_.empty() ? std::string() : group.names_[i], g,
                       group.options().get_lr()});
    }
  }
  // The gradients that the parameters get back in any case.
  struct Restore {
    std::vector<std::pair<Tensor, Tensor>> grads;
    ~Restore() {
      for (auto& [param, grad] : grads) param.mutable_grad() = std::move(grad);
    }
  } restore;
  for (const TransformItem& item : items) restore.grads.emplace_back(item.param, item.param.grad());
  std::optional<double> factor;
  for (const TransformPtr& transform : transforms_) {
    const bool in_pass = takes_gradient_factor() && transform == transforms_.back();
    if (in_pass) factor = transform->factor(items);
    if (!factor && !transform->before(items)) return false;
  }
  for (const auto& [param, grad] : restore.grads) param.mutable_grad() = Tensor();
  for (const TransformItem& item : items) item.param.mutable_grad() = item.grad;
  {
    const Setting setting(gradient_factor_, factor.value_or(1));
    // Other transforms may change the weights after the update.
    update_with_averages(/*in_pass=*/factor.has_value() && transforms_.size() == 1);
  }
  for (const TransformPtr& transform : transforms_) transform->after(items);
  return true;
}

void Optimizer::update() {
  gradus::detail::throw_error<NotImplementedError>("{}: update() is not implemented", name());
}

void Optimizer::accept_state(OptimizerParamState&, const std::string&) const {}

void Optimizer::check_sparse_gradient(const OptimizerOptions&, const std::string& what) const {
  gradus::detail::throw_error<NotImplementedError>(
      "{}: {} is row-sparse; SGD, Adagrad and SparseAdam take such gradients", name(), what);
}

void Optimizer::visit_state(FieldVisitor&) {}

std::unique_ptr<OptimizerParamState> Optimizer::make_state() const {
  return nullptr;
}

namespace {

// Whether two elements may be one, as those of an expanded tensor.
bool shares_elements(const TensorImpl& impl) {
  for (size_t i = 0; i < impl.sizes.size(); ++i) {
    if (impl.strides[i] == 0 && impl.sizes[i] > 1) return true;
  }
  return false;
}

}  // namespace

void Optimizer::check_step() {
  size_t slot = 0;
  bool in_sync = first_slot_.size() == param_groups_.size();
  for (size_t g = 0; in_sync && g < param_groups_.size(); ++g) {
    const OptimizerParamGroup& group = param_groups_[g];
    in_sync = first_slot_[g] == slot && group.has_options() &&
              slot + group.params_.size() <= state_.slots_.size();
    for (size_t i = 0; in_sync && i < group.params_.size(); ++i) {
      in_sync = state_.slots_[slot++].first == group.params_[i].impl();
    }
  }
  if (!in_sync || slot != state_.slots_.size()) sync_slots();

  for (size_t g = 0; g < param_groups_.size(); ++g) {
    const OptimizerParamGroup& group = param_groups_[g];
    check_options(*group.options_, g);
    for (size_t i = 0; i < group.params_.size(); ++i) {
      const Tensor& param = group.params_[i];
      const Tensor& grad = param.grad();
      if (!grad.defined()) continue;
      GRADUS_CHECK_VALUE(grad.sizes() == param.sizes(),
                         "{}: the gradient of parameter {} of group {} has shape {}, the parameter "
                         "{}",
                         name(), i, g, grad.sizes(), param.sizes());
      GRADUS_CHECK_TYPE(grad.dtype() == param.dtype(),
                        "{}: the gradient of parameter {} of group {} is of dtype {}, the "
                        "parameter of {}",
                        name(), i, g, grad.dtype(), param.dtype());
      if (grad.is_sparse()) {
        check_sparse_gradient(*group.options_,
                              fmt::format("the gradient of parameter {} of group {}", i, g));
      }
      GRADUS_CHECK(!shares_elements(*param.impl()),
                   "{}: elements of parameter {} of group {} share memory (it was expanded), so it "
                   "cannot be written to; clone() it",
                   name(), i, g);
    }
  }
}

bool Optimizer::prepare_state(const char* field, Tensor& state, const Tensor& param) const {
  const ScalarType dtype = param.dtype() == kDouble ? kDouble : kFloat;
  if (!state.defined()) {
    state = zeros_like(param, TensorOptions(dtype));
    return true;
  }
  GRADUS_CHECK_VALUE(state.sizes() == param.sizes(),
                     "{}: the state {} has shape {}, its parameter {}", name(), field,
                     state.sizes(), param.sizes());
  GRADUS_CHECK_TYPE(state.dtype() == dtype, "{}: the state {} must be of dtype {}, got {}", name(),
                    field, dtype, state.dtype());
  return false;
}

kernel::TensorBatch& Optimizer::batch() {
  if (batch_ == nullptr) batch_ = std::make_unique<kernel::TensorBatch>();
  batch_->clear();
  batch_->set_gradient_factor(gradient_factor_);
  batch_->set_averages(pass_averages_);
  return *batch_;
}

// --- Optimizer: hooks ----------------------------------------------------------------------------

unsigned Optimizer::register_step_pre_hook(StepHook hook) {
  pre_hooks_.emplace_back(next_hook_, std::move(hook));
  return next_hook_++;
}

unsigned Optimizer::register_step_post_hook(StepHook hook) {
  post_hooks_.emplace_back(next_hook_, std::move(hook));
  return next_hook_++;
}

void Optimizer::remove_step_hook(unsigned handle) {
  const auto is_it = [&](const auto& entry) { return entry.first == handle; };
  const size_t removed = std::erase_if(pre_hooks_, is_it) + std::erase_if(post_hooks_, is_it);
  GRADUS_CHECK_INDEX(removed > 0, "{}: remove_step_hook: no hook with handle {}", name(), handle);
}

}  // namespace gradus::optim
