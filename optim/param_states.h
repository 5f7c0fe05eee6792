#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "core/export.h"
#include "optim/options.h"

namespace gradus::optim {

/// The state of each parameter: a vector parallel to the parameters, found by
/// `param.unsafeGetTensorImpl()` as libtorch's map is. Walks the parameters that have a state, in
/// their order.
class GRADUS_API ParamStates {
 public:
  using value_type = std::pair<void*, std::unique_ptr<OptimizerParamState>>;

  template <class Value>
  class Iterator {
   public:
    Iterator(Value* at, Value* end) : at_(at), end_(end) { skip(); }
    Value& operator*() const { return *at_; }
    Value* operator->() const { return at_; }
    Iterator& operator++() {
      ++at_;
      skip();
      return *this;
    }
    bool operator==(const Iterator& other) const { return at_ == other.at_; }
    bool operator!=(const Iterator& other) const { return at_ != other.at_; }

   private:
    void skip() {
      while (at_ != end_ && at_->second == nullptr) ++at_;
    }
    Value* at_;
    Value* end_;
  };
  using iterator = Iterator<value_type>;
  using const_iterator = Iterator<const value_type>;

  iterator begin() { return {slots_.data(), slots_.data() + slots_.size()}; }
  iterator end() { return {slots_.data() + slots_.size(), slots_.data() + slots_.size()}; }
  const_iterator begin() const { return {slots_.data(), slots_.data() + slots_.size()}; }
  const_iterator end() const {
    return {slots_.data() + slots_.size(), slots_.data() + slots_.size()};
  }

  /// How many parameters have a state.
  size_t size() const;
  bool empty() const { return size() == 0; }
  iterator find(const void* param);
  const_iterator find(const void* param) const;
  bool contains(const void* param) const { return find(param) != end(); }
  size_t count(const void* param) const { return contains(param) ? 1 : 0; }
  /// The state of a parameter; null where there is none. @throws IndexError for what is no
  /// parameter
  std::unique_ptr<OptimizerParamState>& operator[](const void* param);
  /// The state of a parameter. @throws IndexError where there is none
  std::unique_ptr<OptimizerParamState>& at(const void* param);
  const std::unique_ptr<OptimizerParamState>& at(const void* param) const;
  /// Forgets the state of a parameter; returns how many were forgotten.
  size_t erase(const void* param);
  /// Forgets all states.
  void clear();

 private:
  friend class Optimizer;

  value_type* slot(const void* param);
  const value_type* slot(const void* param) const {
    return const_cast<ParamStates*>(this)->slot(param);
  }
  void add_slot(void* param);

  std::vector<value_type> slots_;
  std::map<const void*, size_t> index_;
};

}  // namespace gradus::optim
