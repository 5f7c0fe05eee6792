#include "core/deprecated_type.h"

#include <array>
#include <ostream>
#include <utility>

#include "core/tensor.h"

namespace gradus {

DeprecatedTypeProperties& DeprecatedTypeProperties::toScalarType(ScalarType type) const {
  return CPU(type);
}

std::string DeprecatedTypeProperties::toString() const {
  return fmt::format("CPU{}Type", type_);
}

DeprecatedTypeProperties& CPU(ScalarType type) {
  constexpr size_t kCount = static_cast<size_t>(ScalarType::Undefined) + 1;
  static auto all = []<size_t... kIndex>(std::index_sequence<kIndex...>) {
    return std::array{DeprecatedTypeProperties(static_cast<ScalarType>(kIndex))...};
  }
  (std::make_index_sequence<kCount>());
  return all.at(static_cast<size_t>(type));
}

std::ostream& operator<<(std::ostream& stream, const DeprecatedTypeProperties& type) {
  return stream << type.toString();
}

DeprecatedTypeProperties& Tensor::type() const {
  return CPU(dtype());
}

}  // namespace gradus
