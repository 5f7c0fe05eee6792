// Saving and restoring an optimizer: Optimizer::state_dict() and load_state_dict().

#include <algorithm>
#include <cstring>
#include <numeric>
#include <set>

#include <fmt/core.h>

#include "autograd/grad_mode.h"
#include "core/factory.h"
#include "core/state_number.h"
#include "optim/optimizer.h"

namespace gradus::optim {

// Note [State of an optimizer]
//   param_groups.0.lr                 settings, by the names of the options
//   param_groups.0.initial_lr         where a schedule is attached
//   param_groups.0.size               how many parameters the group has
//   param_groups.0.names              their names, one a line, as bytes; where they have names
//   state.conv1.weight.exp_avg        state, by the parameter's name
//   state.0.exp_avg                   or by its position among all parameters
//   global.d                          state that belongs to no parameter
//   transforms.0.step                 state of a transform

namespace {

Tensor to_tensor(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += name + '\n';
  Tensor bytes = empty({static_cast<int64_t>(text.size())}, kByte);
  if (!text.empty()) std::memcpy(bytes.data_ptr(), text.data(), text.size());
  return bytes;
}

std::vector<std::string> to_names(const std::string& optimizer, const Tensor& tensor) {
  GRADUS_CHECK_VALUE(tensor.defined() && tensor.dtype() == kByte && tensor.dim() == 1,
                     "{}: the names of parameters in the state are not a list of bytes", optimizer);
  const Tensor bytes = tensor.contiguous();
  std::vector<std::string> names;
  std::string name;
  const auto* text = static_cast<const char*>(bytes.data_ptr());
  for (int64_t i = 0; i < bytes.numel(); ++i) {
    if (text[i] == '\n') {
      names.push_back(std::move(name));
      name.clear();
    } else {
      name += text[i];
    }
  }
  return names;
}

class Saver final : public FieldVisitor {
 public:
  Saver(std::string prefix, StateDict& dict) : prefix_(std::move(prefix)), dict_(dict) {}

  void operator()(const char* name, double& value) override { put(name, state_real(value)); }
  void operator()(const char* name, int64_t& value) override { put(name, state_number(value)); }
  void operator()(const char* name, bool& value) override { put(name, state_number(value)); }
  void operator()(const char* name, std::tuple<double, double>& value) override {
    put(name, state_reals({std::get<0>(value), std::get<1>(value)}));
  }
  void operator()(const char* name, std::tuple<double, double, double>& value) override {
    put(name, state_reals({std::get<0>(value), std::get<1>(value), std::get<2>(value)}));
  }
  void operator()(const char* name, Tensor& value, StateTensor) override {
    if (value.defined()) put(name, value);
  }

 private:
  void put(const char* name, Tensor value) { dict_.insert(prefix_ + name, std::move(value)); }

  std::string prefix_;
  StateDict& dict_;
};

// Fills fields from the entries of a state; what is not there stays and is reported.
class Loader final : public FieldVisitor {
 public:
  // `param` is the parameter whose state it is; undefined for settings.
  Loader(const std::string& optimizer, std::string prefix, const StateDict& dict, Tensor param,
         std::set<std::string>& used, LoadReport& report)
      : optimizer_(optimizer),
        prefix_(std::move(prefix)),
        dict_(dict),
        param_(std::move(param)),
        used_(used),
        report_(report) {}

  void operator()(const char* name, double& value) override {
    if (find(name)) value = read_state_real(owner(), dict_, key_);
  }
  void operator()(const char* name, int64_t& value) override {
    if (find(name)) value = read_state_number(owner(), dict_, key_);
  }
  void operator()(const char* name, bool& value) override {
    if (find(name)) value = read_state_number(owner(), dict_, key_) != 0;
  }
  void operator()(const char* name, std::tuple<double, double>& value) override {
    if (find(name)) {
      const std::vector<double> pair = read_state_reals(owner(), dict_, key_, 2);
      value = {pair[0], pair[1]};
    }
  }
  void operator()(const char* name, std::tuple<double, double, double>& value) override {
    if (find(name)) {
      const std::vector<double> triple = read_state_reals(owner(), dict_, key_, 3);
      value = {triple[0], triple[1], triple[2]};
    }
  }
  void operator()(const char* name, Tensor& value, StateTensor kind) override {
    const Tensor* tensor = find(name, kind == StateTensor::Required);
    if (tensor == nullptr) return;
    GRADUS_CHECK_VALUE(kind == StateTensor::AnyShape || tensor->sizes() == param_.sizes(),
                       "{}: '{}' of the state has shape {}, the parameter {}", optimizer_, key_,
                       tensor->sizes(), param_.sizes());
    const ScalarType dtype = param_.dtype() == kDouble ? kDouble : kFloat;
    value = kind == StateTensor::AnyShape ? empty(tensor->sizes(), tensor->dtype())
                                          : empty_like(param_, TensorOptions(dtype));
    value.copy_(*tensor);
  }

 private:
  const char* owner() const { return optimizer_.c_str(); }
  const Tensor* find(const char* name, bool required = true) {
    key_ = prefix_ + name;
    const Tensor* tensor = dict_.find(key_);
    if (tensor == nullptr) {
      if (required) report_.missing_keys.push_back(key_);
      return nullptr;
    }
    GRADUS_CHECK_VALUE(tensor->defined(), "{}: '{}' of the state is undefined", optimizer_, key_);
    used_.insert(key_);
    return tensor;
  }

  const std::string& optimizer_;
  std::string prefix_;
  const StateDict& dict_;
  Tensor param_;
  std::set<std::string>& used_;
  LoadReport& report_;
  std::string key_;
};

std::string group_prefix(size_t group) {
  return fmt::format("param_groups.{}.", group);
}

std::string transform_prefix(size_t index) {
  return fmt::format("transforms.{}.", index);
}

// How parameters are called in a state: by name, or by position.
struct Names {
  std::vector<std::string> all;
  std::vector<size_t> sizes;  // of each group
  bool named = false;

  size_t count() const { return std::accumulate(sizes.begin(), sizes.end(), size_t{0}); }
};

Names names_of(const std::vector<OptimizerParamGroup>& groups) {
  Names names;
  for (const OptimizerParamGroup& group : groups) {
    names.sizes.push_back(group.params().size());
    names.named = names.named || !group.names().empty();
    for (size_t i = 0; i < group.params().size(); ++i) {
      names.all.push_back(group.names().empty() ? std::to_string(names.all.size())
                                                : group.names()[i]);
    }
  }
  return names;
}

// Names that are positions are left out: a state may claim any number of parameters.
Names names_of(const std::string& optimizer, const StateDict& dict, std::set<std::string>& used) {
  Names names;
  for (size_t g = 0; dict.contains(group_prefix(g) + "size"); ++g) {
    used.insert(group_prefix(g) + "size");
    const int64_t count = read_state_number(optimizer.c_str(), dict, group_prefix(g) + "size");
    GRADUS_CHECK_VALUE(count >= 0 && count <= (int64_t{1} << 32), "{}: '{}size' of the state is {}",
                       optimizer, group_prefix(g), count);
    names.sizes.push_back(static_cast<size_t>(count));
    if (const Tensor* text = dict.find(group_prefix(g) + "names")) {
      used.insert(group_prefix(g) + "names");
      const std::vector<std::string> own = to_names(optimizer, *text);
      GRADUS_CHECK_VALUE(own.size() == names.sizes.back(),
                         "{}: '{}names' of the state are {} names for {} parameters", optimizer,
                         group_prefix(g), own.size(), count);
      names.named = true;
      names.all.insert(names.all.end(), own.begin(), own.end());
    } else {
      GRADUS_CHECK_VALUE(!names.named || count == 0, "{}: the state lacks '{}names'", optimizer,
                         group_prefix(g));
    }
  }
  return names;
}

// The parameters of which a state has entries: what stands between "state." and the last dot.
std::set<std::string> with_state(const StateDict& dict) {
  std::set<std::string> names;
  const std::string prefix = "state.";
  for (const auto& item : dict) {
    const size_t dot = item.key().rfind('.');
    if (item.key().compare(0, prefix.size(), prefix) == 0 && dot >= prefix.size()) {
      names.insert(item.key().substr(prefix.size(), dot - prefix.size()));
    }
  }
  return names;
}

// Adds what the state has and nobody asked for.
void finish_report(const StateDict& state, const Names& here, const Names& saved,
                   const std::map<std::string, std::string>& saved_name,
                   const std::set<std::string>& used, LoadReport& report) {
  for (const auto& item : state) {
    if (used.count(item.key()) == 0) report.unexpected_keys.push_back(item.key());
  }
  if (!here.named || !saved.named) return;
  const std::set<std::string> own(here.all.begin(), here.all.end());
  for (const auto& [new_name, old_name] : saved_name) {
    if (own.count(new_name) == 0) report.unexpected_keys.push_back(old_name);
  }
}

}  // namespace

StateDict Optimizer::state_dict() const {
  StateDict dict;
  const Names names = names_of(param_groups_);
  size_t index = 0;
  for (size_t g = 0; g < param_groups_.size(); ++g) {
    const OptimizerParamGroup& group = param_groups_[g];
    Saver save(group_prefix(g), dict);
    // visit() may write, so it is not const; a Saver does not.
    if (group.has_options()) group.options_->visit(save);
    if (group.initial_lr_) {
      dict.insert(group_prefix(g) + "initial_lr", state_real(*group.initial_lr_));
    }
    dict.insert(group_prefix(g) + "size", state_number(static_cast<int64_t>(group.params_.size())));
    if (!group.names_.empty()) dict.insert(group_prefix(g) + "names", to_tensor(group.names_));
  }
  for (const OptimizerParamGroup& group : param_groups_) {
    for (const Tensor& param : group.params_) {
      const std::string& name = names.all[index++];
      const auto state = state_.find(param.impl());
      if (state == state_.end()) continue;
      Saver save("state." + name + ".", dict);
      state->second->visit(save);
    }
  }
  Saver save("global.", dict);
  const_cast<Optimizer&>(*this).visit_state(save);  // a Saver does not write
  for (size_t i = 0; i < transforms_.size(); ++i) {
    Saver save_transform(transform_prefix(i), dict);
    transforms_[i]->visit(save_transform);
  }
  return dict;
}

void Optimizer::load_state_dict(const StateDict& state) {
  load_state_dict(state, /*strict=*/true);
}

LoadReport Optimizer::load_state_dict(const StateDict& state, bool strict,
                                      const std::map<std::string, std::string>& rename) {
  const NoGradGuard no_grad;
  sync_slots();
  LoadReport report;
  std::set<std::string> used;
  const Names here = names_of(param_groups_);
  const Names saved = names_of(name(), state, used);
  GRADUS_CHECK_VALUE(saved.sizes.size() == here.sizes.size(),
                     "{}: the state has {} parameter groups, the optimizer {}", name(),
                     saved.sizes.size(), here.sizes.size());

  // What each parameter is called in the state.
  std::map<std::string, std::string> saved_name;
  if (here.named && saved.named) {
    for (const std::string& old_name : saved.all) {
      const auto renamed = rename.find(old_name);
      const std::string& new_name = renamed == rename.end() ? old_name : renamed->second;
      GRADUS_CHECK_VALUE(saved_name.emplace(new_name, old_name).second,
                         "{}: two parameters of the state are called '{}'", name(), new_name);
    }
  } else {
    GRADUS_CHECK_VALUE(saved.sizes == here.sizes,
                       "{}: parameters go by position, but the groups of the state "
                       "have other sizes than those of the optimizer ({} and {} parameters)",
                       name(), saved.count(), here.count());
    for (size_t i = 0; i < here.all.size(); ++i) {
      saved_name.emplace(here.all[i], saved.named ? saved.all[i] : std::to_string(i));
    }
  }

  std::vector<std::unique_ptr<OptimizerOptions>> options;
  std::vector<std::optional<double>> initial_lr;
  for (size_t g = 0; g < param_groups_.size(); ++g) {
    options.push_back(param_groups_[g].options_->clone());
    Loader load(name(), group_prefix(g), state, Tensor(), used, report);
    options.back()->visit(load);
    options.back()->check(name());
    const std::string key = group_prefix(g) + "initial_lr";
    used.insert(key);
    initial_lr.emplace_back();
    if (state.contains(key)) initial_lr.back() = read_state_real(name().c_str(), state, key);
  }

  const std::set<std::string> saved_states = with_state(state);
  std::vector<std::unique_ptr<OptimizerParamState>> states(here.all.size());
  std::vector<bool> present(here.all.size(), false);
  size_t index = 0;
  for (const OptimizerParamGroup& group : param_groups_) {
    for (const Tensor& param : group.params_) {
      const size_t i = index++;
      const auto at = saved_name.find(here.all[i]);
      if (at == saved_name.end()) {
        report.missing_keys.push_back(here.all[i]);
        continue;
      }
      present[i] = true;
      if (saved_states.count(at->second) == 0) continue;  // it had no gradient yet
      states[i] = make_state();
      if (states[i] == nullptr) continue;
      const std::string prefix = "state." + at->second + ".";
      const size_t missing = report.missing_keys.size();
      Loader load(name(), prefix, state, param, used, report);
      states[i]->visit(load);
      if (!strict || report.missing_keys.size() == missing) accept_state(*states[i], prefix);
    }
  }
  // The state of the optimizer itself is taken over at once, and back where the load fails.
  StateDict before;
  const auto take_over = [&](const StateDict& from, std::set<std::string>& taken,
                             LoadReport& findings) {
    Loader load(name(), "global.", from, Tensor(), taken, findings);
    visit_state(load);
    for (size_t i = 0; i < transforms_.size(); ++i) {
      Loader load_transform(name(), transform_prefix(i), from, Tensor(), taken, findings);
      transforms_[i]->visit(load_transform);
    }
  };
  Saver keep("global.", before);
  visit_state(keep);
  for (size_t i = 0; i < transforms_.size(); ++i) {
    Saver keep_transform(transform_prefix(i), before);
    transforms_[i]->visit(keep_transform);
  }
  try {
    take_over(state, used, report);
    finish_report(state, here, saved, saved_name, used, report);
    if (strict) check_load_report(name().c_str(), report);
  } catch (...) {
    std::set<std::string> ignored;
    LoadReport nothing;
    take_over(before, ignored, nothing);
    throw;
  }

  for (size_t g = 0; g < param_groups_.size(); ++g) {
    param_groups_[g].options_ = std::move(options[g]);
    param_groups_[g].initial_lr_ = initial_lr[g];
  }
  for (size_t i = 0; i < states.size(); ++i) {
    if (present[i]) state_.slots_[i].second = std::move(states[i]);
  }
  restored_ = true;
  return report;
}

}  // namespace gradus::optim
