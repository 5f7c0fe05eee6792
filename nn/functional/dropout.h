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
using Dropout1dFuncOptions = DropoutFuncOptions;
using Dropout2dFuncOptions = DropoutFuncOptions;
using Dropout3dFuncOptions = DropoutFuncOptions;

/// Settings of alpha_dropout and feature_alpha_dropout. As in PyTorch, they drop only on demand.
struct GRADUS_API AlphaDropoutFuncOptions {
  /// Probability that an element is dropped. Default: 0.5
  GRADUS_ARG(double, p) = 0.5;
  /// Whether anything is dropped. Default: false
  GRADUS_ARG(bool, training) = false;
  /// Whether the input is written to. Default: false
  GRADUS_ARG(bool, inplace) = false;
};
using FeatureAlphaDropoutFuncOptions = AlphaDropoutFuncOptions;

/// Whole channels of [N, C, L] or [C, L].
GRADUS_API Tensor dropout1d(Tensor input, const Dropout1dFuncOptions& options = {});
/// Whole channels of [N, C, H, W] or [N, C, L].
GRADUS_API Tensor dropout2d(Tensor input, const Dropout2dFuncOptions& options = {});
/// Whole channels of [N, C, D, H, W] or [C, D, H, W].
GRADUS_API Tensor dropout3d(Tensor input, const Dropout3dFuncOptions& options = {});
/// See AlphaDropout.
GRADUS_API Tensor alpha_dropout(Tensor input, const AlphaDropoutFuncOptions& options = {});
/// See FeatureAlphaDropout.
GRADUS_API Tensor feature_alpha_dropout(Tensor input,
                                        const FeatureAlphaDropoutFuncOptions& options = {});

}  // namespace gradus::nn::functional
