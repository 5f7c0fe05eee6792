#pragma once

#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "core/tensor.h"

namespace gradus {

/// A value of one of a few kinds: what AutogradContext::saved_data and archives keep beside
/// tensors. A getter of another kind than the value's throws TypeError.
class IValue {
 public:
  IValue() = default;
  IValue(bool value) : value_(value) {}
  IValue(int value) : value_(int64_t{value}) {}
  IValue(int64_t value) : value_(value) {}
  IValue(double value) : value_(value) {}
  IValue(const char* value) : value_(std::string(value)) {}
  IValue(std::string value) : value_(std::move(value)) {}
  IValue(Tensor value) : value_(std::move(value)) {}
  IValue(std::vector<int64_t> value) : value_(std::move(value)) {}
  IValue(std::vector<double> value) : value_(std::move(value)) {}
  IValue(std::vector<Tensor> value) : value_(std::move(value)) {}
  IValue(const Scalar& value) {
    if (value.is_boolean()) {
      value_ = value.to<bool>();
    } else if (value.is_floating_point()) {
      value_ = value.to<double>();
    } else {
      value_ = value.to<int64_t>();
    }
  }
  /// Of an IntArrayRef, as sizes() returns it. A template, so that a list in braces is a vector.
  template <class T, class = std::enable_if_t<std::is_same_v<T, IntArrayRef>>>
  IValue(T value) : value_(value.vec()) {}
  /// None where there is no value.
  template <class T>
  IValue(std::optional<T> value) {
    if (value) *this = IValue(*std::move(value));
  }
  IValue(std::nullopt_t) {}

  bool isNone() const { return is<std::monostate>(); }
  bool isBool() const { return is<bool>(); }
  bool isInt() const { return is<int64_t>(); }
  bool isDouble() const { return is<double>(); }
  bool isScalar() const { return isBool() || isInt() || isDouble(); }
  bool isString() const { return is<std::string>(); }
  bool isTensor() const { return is<Tensor>(); }
  bool isIntList() const { return is<std::vector<int64_t>>(); }
  bool isDoubleList() const { return is<std::vector<double>>(); }
  bool isTensorList() const { return is<std::vector<Tensor>>(); }

  bool toBool() const { return get<bool>("bool"); }
  int64_t toInt() const { return get<int64_t>("int"); }
  double toDouble() const { return get<double>("double"); }
  Scalar toScalar() const {
    return isBool() ? Scalar(toBool()) : isInt() ? Scalar(toInt()) : Scalar(toDouble());
  }
  const std::string& toStringRef() const { return get<std::string>("string"); }
  const Tensor& toTensor() const { return get<Tensor>("Tensor"); }
  const std::vector<int64_t>& toIntVector() const { return get<std::vector<int64_t>>("int list"); }
  const std::vector<double>& toDoubleVector() const {
    return get<std::vector<double>>("double list");
  }
  const std::vector<Tensor>& toTensorVector() const {
    return get<std::vector<Tensor>>("Tensor list");
  }
  /// The value as a T: one of the types that are kept, which is what the getters above return.
  template <class T>
  const T& to() const {
    return get<T>("T");
  }
  /// The same; nullopt where there is no value.
  template <class T>
  std::optional<T> toOptional() const {
    return isNone() ? std::nullopt : std::optional<T>(to<T>());
  }

 private:
  template <class T>
  bool is() const {
    return std::holds_alternative<T>(value_);
  }
  template <class T>
  const T& get(const char* kind) const {
    const T* value = std::get_if<T>(&value_);
    GRADUS_CHECK_TYPE(value != nullptr, "IValue: the value is not a {}", kind);
    return *value;
  }

  std::variant<std::monostate, bool, int64_t, double, std::string, Tensor, std::vector<int64_t>,
               std::vector<double>, std::vector<Tensor>>
      value_;
};

}  // namespace gradus
