#include "core/ivalue.h"

#include <utility>
#include <variant>

namespace gradus {

struct IValue::Content {
  std::variant<bool, int64_t, double, std::string, Tensor, std::vector<int64_t>,
               std::vector<double>, std::vector<Tensor>>
      value;

  template <class T>
  static bool is(const IValue& value) {
    return value.content_ != nullptr && std::holds_alternative<T>(value.content_->value);
  }
  template <class T>
  static const T& get(const IValue& value, const char* kind) {
    GRADUS_CHECK_TYPE(is<T>(value), "IValue: the value is not a {}", kind);
    return *std::get_if<T>(&value.content_->value);
  }
};

IValue::IValue(bool value) : content_(std::make_shared<Content>(Content{value})) {}
IValue::IValue(int value) : IValue(int64_t{value}) {}
IValue::IValue(int64_t value) : content_(std::make_shared<Content>(Content{value})) {}
IValue::IValue(double value) : content_(std::make_shared<Content>(Content{value})) {}
IValue::IValue(const char* value) : IValue(std::string(value)) {}
IValue::IValue(std::string value)
    : content_(std::make_shared<Content>(Content{std::move(value)})) {}
IValue::IValue(Tensor value) : content_(std::make_shared<Content>(Content{std::move(value)})) {}
IValue::IValue(std::vector<int64_t> value)
    : content_(std::make_shared<Content>(Content{std::move(value)})) {}
IValue::IValue(std::vector<double> value)
    : content_(std::make_shared<Content>(Content{std::move(value)})) {}
IValue::IValue(std::vector<Tensor> value)
    : content_(std::make_shared<Content>(Content{std::move(value)})) {}

IValue::IValue(const Scalar& value) {
  if (value.is_boolean()) {
    *this = IValue(value.to<bool>());
  } else if (value.is_floating_point()) {
    *this = IValue(value.to<double>());
  } else {
    *this = IValue(value.to<int64_t>());
  }
}

bool IValue::isBool() const {
  return Content::is<bool>(*this);
}
bool IValue::isInt() const {
  return Content::is<int64_t>(*this);
}
bool IValue::isDouble() const {
  return Content::is<double>(*this);
}
bool IValue::isString() const {
  return Content::is<std::string>(*this);
}
bool IValue::isTensor() const {
  return Content::is<Tensor>(*this);
}
bool IValue::isIntList() const {
  return Content::is<std::vector<int64_t>>(*this);
}
bool IValue::isDoubleList() const {
  return Content::is<std::vector<double>>(*this);
}
bool IValue::isTensorList() const {
  return Content::is<std::vector<Tensor>>(*this);
}

template <>
const bool& IValue::to() const {
  return Content::get<bool>(*this, "bool");
}
template <>
const int64_t& IValue::to() const {
  return Content::get<int64_t>(*this, "int");
}
template <>
const double& IValue::to() const {
  return Content::get<double>(*this, "double");
}
template <>
const std::string& IValue::to() const {
  return Content::get<std::string>(*this, "string");
}
template <>
const Tensor& IValue::to() const {
  return Content::get<Tensor>(*this, "Tensor");
}
template <>
const std::vector<int64_t>& IValue::to() const {
  return Content::get<std::vector<int64_t>>(*this, "int list");
}
template <>
const std::vector<double>& IValue::to() const {
  return Content::get<std::vector<double>>(*this, "double list");
}
template <>
const std::vector<Tensor>& IValue::to() const {
  return Content::get<std::vector<Tensor>>(*this, "Tensor list");
}

bool IValue::toBool() const {
  return to<bool>();
}
int64_t IValue::toInt() const {
  return to<int64_t>();
}
double IValue::toDouble() const {
  return to<double>();
}
Scalar IValue::toScalar() const {
  if (isBool()) return toBool();
  return isInt() ? Scalar(toInt()) : Scalar(toDouble());
}
const std::string& IValue::toStringRef() const {
  return to<std::string>();
}
const Tensor& IValue::toTensor() const {
  return to<Tensor>();
}
const std::vector<int64_t>& IValue::toIntVector() const {
  return to<std::vector<int64_t>>();
}
const std::vector<double>& IValue::toDoubleVector() const {
  return to<std::vector<double>>();
}
const std::vector<Tensor>& IValue::toTensorVector() const {
  return to<std::vector<Tensor>>();
}

}  // namespace gradus
