#pragma once

#include "core/arg.h"
#include "core/export.h"
#include "core/tensor.h"

namespace gradus::nn::functional {

/// Settings of dropout.
struct GRADUS_API DropoutFuncOptions {
  /// Probability that an element is zeroed. Default: 0.5
  GRADUS_ARG(double, p) = 0.5;
  /// Whether anything is dropped at all. Default: true
  GRADUS_ARG(bool, training) = true;
  /// Whether the input itself is written to. Default: false
  GRADUS_ARG(bool, inplace) = false;
};

/// See Dropout. @throws ValueError for p outside [0, 1]
GRADUS_API Tensor dropout(Tensor input, const DropoutFuncOptions& options = {});

}  // namespace gradus::nn::functional
