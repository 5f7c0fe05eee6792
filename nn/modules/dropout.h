#pragma once

#include <iosfwd>

#include "core/arg.h"
#include "core/tensor.h"
#include "nn/module.h"

namespace gradus::nn {

/// Settings of Dropout and of the layers that drop channels.
struct GRADUS_API DropoutOptions {
  DropoutOptions(double p = 0.5) : p_(p) {}
  /// Probability that an element is zeroed. Default: 0.5
  GRADUS_ARG(double, p);
  /// Whether the input itself is written to. Default: false
  GRADUS_ARG(bool, inplace) = false;
};

/// In training mode zeroes each element with probability p and scales the others by 1 / (1 - p);
/// the identity in eval mode. Srivastava et al. 2014.
class GRADUS_API DropoutImpl : public Cloneable<DropoutImpl> {
 public:
  DropoutImpl(double p);
  /// @throws ValueError for p outside [0, 1]
  explicit DropoutImpl(const DropoutOptions& options = {});
  void reset() override;
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(Tensor input);

  DropoutOptions options;
};
GRADUS_MODULE(Dropout);

using Dropout1dOptions = DropoutOptions;
using Dropout2dOptions = DropoutOptions;
using Dropout3dOptions = DropoutOptions;
using AlphaDropoutOptions = DropoutOptions;
using FeatureAlphaDropoutOptions = DropoutOptions;

/// Dropout of whole channels of [N, C, L] or [C, L]. Tompson et al. 2014.
class GRADUS_API Dropout1dImpl : public Cloneable<Dropout1dImpl> {
 public:
  Dropout1dImpl(double p);
  /// @throws ValueError for p outside [0, 1]
  explicit Dropout1dImpl(const DropoutOptions& options = {});
  void reset() override;
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(Tensor input);

  DropoutOptions options;
};
GRADUS_MODULE(Dropout1d);

/// Dropout of whole channels of [N, C, H, W] or, as PyTorch takes 3 dims, [N, C, L].
class GRADUS_API Dropout2dImpl : public Cloneable<Dropout2dImpl> {
 public:
  Dropout2dImpl(double p);
  /// @throws ValueError for p outside [0, 1]
  explicit Dropout2dImpl(const DropoutOptions& options = {});
  void reset() override;
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(Tensor input);

  DropoutOptions options;
};
GRADUS_MODULE(Dropout2d);

/// Dropout of whole channels of [N, C, D, H, W] or [C, D, H, W].
class GRADUS_API Dropout3dImpl : public Cloneable<Dropout3dImpl> {
 public:
  Dropout3dImpl(double p);
  /// @throws ValueError for p outside [0, 1]
  explicit Dropout3dImpl(const DropoutOptions& options = {});
  void reset() override;
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(Tensor input);

  DropoutOptions options;
};
GRADUS_MODULE(Dropout3d);

/// Dropout that keeps mean 0 and variance 1, for nets with SELU. Klambauer et al. 2017.
class GRADUS_API AlphaDropoutImpl : public Cloneable<AlphaDropoutImpl> {
 public:
  AlphaDropoutImpl(double p);
  /// @throws ValueError for p outside [0, 1]
  explicit AlphaDropoutImpl(const DropoutOptions& options = {});
  void reset() override;
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(Tensor input);

  DropoutOptions options;
};
GRADUS_MODULE(AlphaDropout);

/// AlphaDropout of whole channels, dims [N, C, ...].
class GRADUS_API FeatureAlphaDropoutImpl : public Cloneable<FeatureAlphaDropoutImpl> {
 public:
  FeatureAlphaDropoutImpl(double p);
  /// @throws ValueError for p outside [0, 1]
  explicit FeatureAlphaDropoutImpl(const DropoutOptions& options = {});
  void reset() override;
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(Tensor input);

  DropoutOptions options;
};
GRADUS_MODULE(FeatureAlphaDropout);

}  // namespace gradus::nn
