#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/tensor.h"

namespace gradus {

/// A value of one of a few kinds: what AutogradContext::saved_data and archives keep beside
/// tensors. A getter of another kind than the value's throws TypeError. Copies share the value,
/// which does not change.
class GRADUS_API IValue {
 public:
  IValue() = default;
  IValue(bool value);
  IValue(int value);
  IValue(int64_t value);
  IValue(double value);
  IValue(const char* value);
  IValue(std::string value);
  IValue(Tensor value);
  IValue(std::vector<int64_t> value);
  IValue(std::vector<double> value);
  IValue(std::vector<Tensor> value);
  IValue(const Scalar& value);
  /// Of an IntArrayRef, as sizes() returns it. A template, so that a list in braces is a vector.
  template <class T, class = std::enable_if_t<std::is_same_v<T, IntArrayRef>>>
  IValue(T value) : IValue(value.vec()) {}
  /// None where there is no value.
  template <class T>
  IValue(std::optional<T> value) {
    if (value) *this = IValue(*std::move(value));
  }
  IValue(std::nullopt_t) {}

  bool isNone() const { return content_ == nullptr; }
  bool isBool() const;
  bool isInt() const;
  bool isDouble() const;
  bool isScalar() const { return isBool() || isInt() || isDouble(); }
  bool isString() const;
  bool isTensor() const;
  bool isIntList() const;
  bool isDoubleList() const;
  bool isTensorList() const;

  bool toBool() const;
  int64_t toInt() const;
  double toDouble() const;
  Scalar toScalar() const;
  const std::string& toStringRef() const;
  const Tensor& toTensor() const;
  const std::vector<int64_t>& toIntVector() const;
  const std::vector<double>& toDoubleVector() const;
  const std::vector<Tensor>& toTensorVector() const;
  /// The value as a T: one of the types that are kept, which is what the getters above return.
  template <class T>
  const T& to() const;
  /// The same; nullopt where there is no value.
  template <class T>
  std::optional<T> toOptional() const {
    return isNone() ? std::nullopt : std::optional<T>(to<T>());
  }

 private:
  struct Content;

  std::shared_ptr<const Content> content_;  // null: none
};

template <>
GRADUS_API const bool& IValue::to() const;
template <>
GRADUS_API const int64_t& IValue::to() const;
template <>
GRADUS_API const double& IValue::to() const;
template <>
GRADUS_API const std::string& IValue::to() const;
template <>
GRADUS_API const Tensor& IValue::to() const;
template <>
GRADUS_API const std::vector<int64_t>& IValue::to() const;
template <>
GRADUS_API const std::vector<double>& IValue::to() const;
template <>
GRADUS_API const std::vector<Tensor>& IValue::to() const;

}  // namespace gradus
