#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "core/arg.h"
#include "core/export.h"
#include "core/tensor.h"
#include "nn/enums.h"

namespace gradus::nn::functional {

/// Settings of pad.
struct GRADUS_API PadFuncOptions {
  using mode_t = std::variant<enumtype::kConstant, enumtype::kReflect, enumtype::kReplicate,
                              enumtype::kCircular>;
  PadFuncOptions(std::vector<int64_t> pad) : pad_(std::move(pad)) {}
  /// Pairs (before, after), the last dim first; negative numbers cut off.
  GRADUS_ARG(std::vector<int64_t>, pad);
  /// kConstant, kReflect, kReplicate or kCircular. Default: kConstant
  GRADUS_ARG(mode_t, mode) = kConstant;
  /// What is put around, for kConstant. Default: 0
  GRADUS_ARG(double, value) = 0;
};

/// See gradus::pad().
GRADUS_API Tensor pad(const Tensor& input, const PadFuncOptions& options);

}  // namespace gradus::nn::functional
