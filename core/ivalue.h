#pragma once

#include <cstdint>
#include <memory>
#include <string>
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

  bool isNone() const { return content_ == nullptr; }
  bool isBool() const;
  bool isInt() const;
  bool isDouble() const;
  bool isString() const;
  bool isTensor() const;
  bool isIntList() const;
  bool isDoubleList() const;
  bool isTensorList() const;

  bool toBool() const;
  int64_t toInt() const;
  double toDouble() const;
  const std::string& toStringRef() const;
  const Tensor& toTensor() const;
  const std::vector<int64_t>& toIntVector() const;
  const std::vector<double>& toDoubleVector() const;
  const std::vector<Tensor>& toTensorVector() const;

 private:
  struct Content;

  std::shared_ptr<const Content> content_;  // null: none
};

}  // namespace gradus
