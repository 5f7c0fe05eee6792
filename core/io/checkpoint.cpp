#include "core/io/checkpoint.h"

#include <exception>
#include <utility>

#include "core/error.h"
#include "core/factory.h"
#include "core/io/safetensors.h"
#include "core/state_number.h"

namespace gradus {
namespace {

constexpr const char* kFormat = "gradus checkpoint 1";
// A part without entries, such as an optimizer before its first step, must be told from a part that
// is missing.
constexpr const char* kPartKey = "part/";
constexpr const char* kValue = "value";

StateDict deep_copy(const StateDict& state) {
  StateDict copy;
  for (const auto& item : state) {
    copy.insert(item.key(), item.value().defined() ? item.value().detach().clone() : Tensor());
  }
  return copy;
}

}  // namespace

StateDict Checkpoint::Part::get() const {
  if (stateful != nullptr) return stateful->state_dict();
  if (whole != nullptr) return {{kValue, state_number(*whole)}};
  if (real != nullptr) {
    Tensor value = empty({}, kDouble);
    *value.data_ptr<double>() = *real;
    return {{kValue, value}};
  }
  const GeneratorState state = generator->get_state();
  return {{"seed", state_number(static_cast<int64_t>(state.seed))},
          {"offset", state_number(static_cast<int64_t>(state.offset))}};
}

void Checkpoint::Part::set(const StateDict& state) const {
  if (stateful != nullptr) {
    stateful->load_state_dict(state);
  } else if (whole != nullptr) {
    *whole = read_state_number("Checkpoint", state, kValue);
  } else if (real != nullptr) {
    const Tensor* value = state.find(kValue);
    GRADUS_CHECK(value != nullptr && value->dtype() == kDouble && value->numel() == 1,
                 "Checkpoint: '{}' is not a single float64", name);
    *real = *value->data_ptr<double>();
  } else {
    const auto number = [&](const char* key) {
      return static_cast<uint64_t>(read_state_number("Checkpoint", state, key));
    };
    generator->set_state({number("seed"), number("offset")});
  }
}

Checkpoint::Checkpoint() = default;
Checkpoint::~Checkpoint() = default;

Checkpoint& Checkpoint::add_part(Part part) {
  GRADUS_CHECK_VALUE(!part.name.empty() && part.name.find('/') == std::string::npos,
                     "Checkpoint: a part cannot have the name '{}'", part.name);
  for (const Part& other : parts_) {
    GRADUS_CHECK_VALUE(other.name != part.name, "Checkpoint: there is a part '{}' already",
                       part.name);
  }
  parts_.push_back(std::move(part));
  return *this;
}

Checkpoint& Checkpoint::add(const std::string& name, Stateful& part) {
  return add_part({.name = name, .stateful = &part});
}

Checkpoint& Checkpoint::add(const std::string& name, Generator& generator) {
  return add_part({.name = name, .generator = &generator});
}

Checkpoint& Checkpoint::add(const std::string& name, int64_t& number) {
  return add_part({.name = name, .whole = &number});
}

Checkpoint& Checkpoint::add(const std::string& name, double& number) {
  return add_part({.name = name, .real = &number});
}

CheckpointSnapshot Checkpoint::collect(const std::map<std::string, std::string>& metadata) const {
  CheckpointSnapshot snapshot;
  snapshot.metadata_ = metadata;
  snapshot.metadata_["format"] = kFormat;
  for (const Part& part : parts_) {
    snapshot.metadata_[kPartKey + part.name] = "";
    for (const auto& item : part.get()) {
      snapshot.state_.insert(part.name + "/" + item.key(), item.value());
    }
  }
  return snapshot;
}

void CheckpointSnapshot::save(const std::string& path) const {
  save_safetensors(state_, path, metadata_);
}

void Checkpoint::save(const std::string& path,
                      const std::map<std::string, std::string>& metadata) const {
  collect(metadata).save(path);
}

CheckpointSnapshot Checkpoint::snapshot(const std::map<std::string, std::string>& metadata) const {
  CheckpointSnapshot snapshot = collect(metadata);
  snapshot.state_ = deep_copy(snapshot.state_);
  return snapshot;
}

void Checkpoint::load(const std::string& path) {
  std::map<std::string, std::string> metadata;
  // Not mapped: a part may keep the tensors that it is given.
  const StateDict all = load_safetensors(path, /*mapped=*/false, &metadata);
  const auto format = metadata.find("format");
  GRADUS_CHECK(format != metadata.end() && format->second == kFormat,
               "Checkpoint: '{}' is not a checkpoint of gradus", path);
  std::vector<StateDict> states(parts_.size());
  for (size_t i = 0; i < parts_.size(); ++i) {
    const std::string& name = parts_[i].name;
    GRADUS_CHECK(metadata.count(kPartKey + name) > 0, "Checkpoint: '{}' has no part '{}'", path,
                 name);
    for (const auto& item : all) {
      if (item.key().compare(0, name.size() + 1, name + "/") == 0) {
        states[i].insert(item.key().substr(name.size() + 1), item.value());
      }
    }
  }

  std::vector<StateDict> before;  // of the parts that were loaded
  try {
    for (size_t i = 0; i < parts_.size(); ++i) {
      StateDict present = deep_copy(parts_[i].get());
      parts_[i].set(states[i]);
      before.push_back(std::move(present));
    }
  } catch (...) {
    for (size_t i = 0; i < before.size(); ++i) parts_[i].set(before[i]);
    throw;
  }
}

GradientState::GradientState(std::vector<Tensor> parameters) : parameters_(std::move(parameters)) {}
GradientState::~GradientState() = default;

StateDict GradientState::state_dict() const {
  StateDict state;
  for (size_t i = 0; i < parameters_.size(); ++i) {
    const Tensor& gradient = parameters_[i].grad();
    if (gradient.defined()) state.insert(std::to_string(i), gradient.detach());
  }
  return state;
}

void GradientState::load_state_dict(const StateDict& state) {
  size_t fitting = 0;
  for (size_t i = 0; i < parameters_.size(); ++i) {
    const Tensor* gradient = state.find(std::to_string(i));
    if (gradient == nullptr) continue;
    GRADUS_CHECK_VALUE(gradient->defined() && gradient->sizes() == parameters_[i].sizes(),
                       "GradientState: the gradient of parameter {} is not of shape {}", i,
                       parameters_[i].sizes());
    ++fitting;
  }
  GRADUS_CHECK_VALUE(fitting == state.size(),
                     "GradientState: the state has {} gradients, of which {} are of these {} "
                     "parameters",
                     state.size(), fitting, parameters_.size());
  for (size_t i = 0; i < parameters_.size(); ++i) {
    const Tensor* gradient = state.find(std::to_string(i));
    parameters_[i].mutable_grad() = gradient == nullptr ? Tensor() : gradient->detach().clone();
  }
}

}  // namespace gradus
