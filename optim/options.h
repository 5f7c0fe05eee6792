#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <tuple>

#include "core/arg.h"
#include "core/export.h"
#include "core/tensor.h"

namespace gradus::optim {

/// What a tensor of a parameter's state must be when it is loaded.
enum class StateTensor : int8_t {
  Required,  ///< there, and of the parameter's shape
  Optional,  ///< of the parameter's shape, or not there
  AnyShape,  ///< not there, or of any shape and dtype
};

/// Is shown every value of an options struct or of a parameter's state by name, to save, load or
/// compare it.
class GRADUS_API FieldVisitor {
 public:
  virtual ~FieldVisitor();
  virtual void operator()(const char* name, double& value) = 0;
  virtual void operator()(const char* name, int64_t& value) = 0;
  virtual void operator()(const char* name, bool& value) = 0;
  virtual void operator()(const char* name, std::tuple<double, double>& value) = 0;
  virtual void operator()(const char* name, std::tuple<double, double, double>& value) = 0;
  virtual void operator()(const char* name, Tensor& value,
                          StateTensor kind = StateTensor::Required) = 0;
};

/// Base of the settings of an optimizer. Derive from OptimizerCloneableOptions.
class GRADUS_API OptimizerOptions {
 public:
  OptimizerOptions() = default;
  OptimizerOptions(const OptimizerOptions&) = default;
  OptimizerOptions& operator=(const OptimizerOptions&) = default;
  OptimizerOptions(OptimizerOptions&&) noexcept = default;
  OptimizerOptions& operator=(OptimizerOptions&&) noexcept = default;
  virtual ~OptimizerOptions();

  virtual std::unique_ptr<OptimizerOptions> clone() const;
  virtual double get_lr() const;
  virtual void set_lr(const double lr);
  /// @throws ValueError that names `optimizer` and the setting whose value cannot be used
  virtual void check(const std::string& optimizer) const;
  /// Shows each setting; settings that are not shown are not saved.
  virtual void visit(FieldVisitor& visitor);
};

/// Base of the state of one parameter: momentum buffers, step counts. Derive from
/// OptimizerCloneableParamState.
class GRADUS_API OptimizerParamState {
 public:
  OptimizerParamState() = default;
  OptimizerParamState(const OptimizerParamState&) = default;
  OptimizerParamState& operator=(const OptimizerParamState&) = default;
  OptimizerParamState(OptimizerParamState&&) noexcept = default;
  OptimizerParamState& operator=(OptimizerParamState&&) noexcept = default;
  virtual ~OptimizerParamState();

  virtual std::unique_ptr<OptimizerParamState> clone() const;
  /// Shows each value; values that are not shown are not saved.
  virtual void visit(FieldVisitor& visitor);
};

namespace detail {
/// Whether all fields are equal, those of tensors element by element.
GRADUS_API bool equal_fields(const OptimizerOptions& a, const OptimizerOptions& b);
GRADUS_API bool equal_fields(const OptimizerParamState& a, const OptimizerParamState& b);
}  // namespace detail

/// Gives Derived clone() and ==.
template <class Derived>
class OptimizerCloneableOptions : public OptimizerOptions {
 public:
  std::unique_ptr<OptimizerOptions> clone() const override {
    // Not make_unique<Derived>: its instantiation for each optimizer costs every user's compiler 10
    // ms.
    return std::unique_ptr<OptimizerOptions>(new Derived(static_cast<const Derived&>(*this)));
  }
  friend bool operator==(const Derived& a, const Derived& b) { return detail::equal_fields(a, b); }
};

/// Gives Derived clone() and ==.
template <class Derived>
class OptimizerCloneableParamState : public OptimizerParamState {
 public:
  std::unique_ptr<OptimizerParamState> clone() const override {
    // Not make_unique<Derived>: its instantiation for each optimizer costs every user's compiler 10
    // ms.
    return std::unique_ptr<OptimizerParamState>(new Derived(static_cast<const Derived&>(*this)));
  }
  friend bool operator==(const Derived& a, const Derived& b) { return detail::equal_fields(a, b); }
};

}  // namespace gradus::optim
