#include "optim/param_states.h"

#include "core/error.h"

namespace gradus::optim {

size_t ParamStates::size() const {
  size_t size = 0;
  for (const value_type& slot : slots_) size += slot.second != nullptr;
  return size;
}

ParamStates::value_type* ParamStates::slot(const void* param) {
  const auto at = index_.find(param);
  return at == index_.end() ? nullptr : &slots_[at->second];
}

void ParamStates::add_slot(void* param) {
  index_.emplace(param, slots_.size());
  slots_.emplace_back(param, nullptr);
}

ParamStates::iterator ParamStates::find(const void* param) {
  value_type* at = slot(param);
  if (at == nullptr || at->second == nullptr) return end();
  return {at, slots_.data() + slots_.size()};
}

ParamStates::const_iterator ParamStates::find(const void* param) const {
  const value_type* at = slot(param);
  if (at == nullptr || at->second == nullptr) return end();
  return {at, slots_.data() + slots_.size()};
}

std::unique_ptr<OptimizerParamState>& ParamStates::operator[](const void* param) {
  value_type* at = slot(param);
  GRADUS_CHECK_INDEX(at != nullptr, "Optimizer.state: no parameter of the optimizer");
  return at->second;
}

std::unique_ptr<OptimizerParamState>& ParamStates::at(const void* param) {
  std::unique_ptr<OptimizerParamState>& state = (*this)[param];
  GRADUS_CHECK_INDEX(state != nullptr, "Optimizer.state: the parameter has no state yet");
  return state;
}

const std::unique_ptr<OptimizerParamState>& ParamStates::at(const void* param) const {
  return const_cast<ParamStates*>(this)->at(param);
}

size_t ParamStates::erase(const void* param) {
  value_type* at = slot(param);
  if (at == nullptr || at->second == nullptr) return 0;
  at->second.reset();
  return 1;
}

void ParamStates::clear() {
  for (value_type& slot : slots_) slot.second.reset();
}

}  // namespace gradus::optim
