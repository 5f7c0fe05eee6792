#include "nn/functional/dropout.h"

#include "autograd/ops/noise.h"
#include "autograd/ops/random.h"

namespace gradus::nn::functional {

namespace {

// Without a batch the channels come first.
Tensor drop_channels(const char* op, Tensor input, const DropoutFuncOptions& options, int64_t rank,
                     bool has_batch) {
  GRADUS_CHECK(input.dim() == rank || input.dim() == rank - 1,
               "{}: expected an input of {} or {} dims, got shape {}", op, rank - 1, rank,
               input.sizes());
  GRADUS_CHECK_VALUE(options.p() >= 0 && options.p() <= 1, "{}: p must be from 0 to 1, got {}", op,
                     options.p());
  const bool add_batch = !has_batch && input.dim() == rank - 1;
  Tensor x = add_batch ? input.unsqueeze(0) : input;
  if (options.inplace()) {
    gradus::feature_dropout_(x, options.p(), options.training());
    return input;
  }
  x = gradus::feature_dropout(x, options.p(), options.training());
  return add_batch ? x.squeeze(0) : x;
}

}  // namespace

Tensor dropout(Tensor input, const DropoutFuncOptions& options) {
  return options.inplace() ? gradus::dropout_(input, options.p(), options.training())
                           : gradus::dropout(input, options.p(), options.training());
}

Tensor dropout1d(Tensor input, const Dropout1dFuncOptions& options) {
  return drop_channels("dropout1d", std::move(input), options, 3, /*has_batch=*/false);
}

Tensor dropout2d(Tensor input, const Dropout2dFuncOptions& options) {
  return drop_channels("dropout2d", std::move(input), options, 4, /*has_batch=*/true);
}

Tensor dropout3d(Tensor input, const Dropout3dFuncOptions& options) {
  return drop_channels("dropout3d", std::move(input), options, 5, /*has_batch=*/false);
}

Tensor alpha_dropout(Tensor input, const AlphaDropoutFuncOptions& options) {
  return options.inplace() ? gradus::alpha_dropout_(input, options.p(), options.training())
                           : gradus::alpha_dropout(input, options.p(), options.training());
}

Tensor feature_alpha_dropout(Tensor input, const FeatureAlphaDropoutFuncOptions& options) {
  return options.inplace() ? gradus::feature_alpha_dropout_(input, options.p(), options.training())
                           : gradus::feature_alpha_dropout(input, options.p(), options.training());
}

}  // namespace gradus::nn::functional
