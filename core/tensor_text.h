#pragma once

/// How a tensor prints. Part of core/tensor.h.

#include <iosfwd>
#include <string>

#include "core/export.h"
#include "core/format.h"
#include "core/tensor.h"

namespace gradus {

namespace detail {
/// What operator<< prints.
GRADUS_API std::string to_text(const Tensor& tensor);
}  // namespace detail

/// As PyTorch: the elements, and below them `[ CPUFloatType{2,3} ]`.
GRADUS_API std::ostream& operator<<(std::ostream& stream, const Tensor& tensor);

}  // namespace gradus

/// Formats a tensor as operator<< prints it.
template <>
struct fmt::formatter<gradus::Tensor> : gradus::detail::TextFormatter {
  auto format(const gradus::Tensor& tensor, fmt::format_context& context) const {
    return write(gradus::detail::to_text(tensor), context);
  }
};
