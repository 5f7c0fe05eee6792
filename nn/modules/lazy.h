#pragma once

#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

#include "nn/modules/conv.h"
#include "nn/modules/linear.h"
#include "nn/modules/normalization.h"

namespace gradus::nn {

namespace detail {

/// @throws ValueError unless the options leave the size of the input out
GRADUS_API void require_lazy(const Module& module, const LazyOptions& options);

/// `Plain`, whose size of the input is that of the first one. Until then (or until
/// load_state_dict) its parameters are uninitialized: an optimizer, an op or a file that meets one
/// throws ValueError, so call forward once before making the optimizer. Afterwards it is `Plain` in
/// all but the C++ type. See Note [Lazy modules].
template <class Derived, class Plain, class LazyOptionsOfPlain>
class Lazy : public Plain {
 public:
  /// @param args  those of the options
  template <class... Args,
            class = std::enable_if_t<std::is_constructible_v<LazyOptionsOfPlain, Args...>>>
  explicit Lazy(Args&&... args) : Plain(LazyOptionsOfPlain(std::forward<Args>(args)...)) {}
  /// What the setters of lazy options return. @throws ValueError for options that are not lazy
  explicit Lazy(const decltype(Plain::options)& options) : Plain(options) {
    require_lazy(*this, options);
  }

  std::shared_ptr<Module> clone(const std::optional<Device>& device = std::nullopt) const override {
    return this->clone_as(
        new Derived(static_cast<const Derived&>(*this)),
        [](Module& copy) { static_cast<Derived&>(copy).reset(); }, device);
  }
};

}  // namespace detail

/// Settings of LazyLinear: those of Linear without in_features.
struct GRADUS_API LazyLinearOptions : LinearOptions {
  LazyLinearOptions(int64_t out_features) : LinearOptions(0, out_features) { set_lazy(true); }
};

/// Settings of a lazy convolution: those of the convolution without in_channels.
template <size_t D>
struct LazyConvOptions : ConvOptions<D> {
  LazyConvOptions(int64_t out_channels, ExpandingArray<D> kernel_size)
      : ConvOptions<D>(0, out_channels, kernel_size) {
    this->set_lazy(true);
  }
};
using LazyConv1dOptions = LazyConvOptions<1>;
using LazyConv2dOptions = LazyConvOptions<2>;
using LazyConv3dOptions = LazyConvOptions<3>;

/// Settings of a lazy transposed convolution: those of the convolution without in_channels.
template <size_t D>
struct LazyConvTransposeOptions : ConvTransposeOptions<D> {
  LazyConvTransposeOptions(int64_t out_channels, ExpandingArray<D> kernel_size)
      : ConvTransposeOptions<D>(0, out_channels, kernel_size) {
    this->set_lazy(true);
  }
};
using LazyConvTranspose1dOptions = LazyConvTransposeOptions<1>;
using LazyConvTranspose2dOptions = LazyConvTransposeOptions<2>;
using LazyConvTranspose3dOptions = LazyConvTransposeOptions<3>;

/// Settings of LazyBatchNorm1d, 2d and 3d: those of BatchNorm without num_features.
struct GRADUS_API LazyBatchNormOptions : BatchNormOptions {
  LazyBatchNormOptions() : BatchNormOptions(0) { set_lazy(true); }
};

/// Settings of LazyInstanceNorm1d, 2d and 3d: those of InstanceNorm without num_features. Unlike
/// there, affine and track_running_stats are true by default, as in PyTorch.
struct GRADUS_API LazyInstanceNormOptions : InstanceNormOptions {
  LazyInstanceNormOptions() : InstanceNormOptions(0) {
    set_lazy(true);
    affine(true).track_running_stats(true);
  }
};

/// Linear whose in_features is the last size of the first input. See detail::Lazy.
class GRADUS_API LazyLinearImpl
    : public detail::Lazy<LazyLinearImpl, LinearImpl, LazyLinearOptions> {
 public:
  using Lazy::Lazy;
};
GRADUS_MODULE(LazyLinear);

/// Conv1d whose in_channels are those of the first input. See detail::Lazy.
class GRADUS_API LazyConv1dImpl
    : public detail::Lazy<LazyConv1dImpl, Conv1dImpl, LazyConv1dOptions> {
 public:
  using Lazy::Lazy;
};
GRADUS_MODULE(LazyConv1d);

/// Conv2d whose in_channels are those of the first input. See detail::Lazy.
class GRADUS_API LazyConv2dImpl
    : public detail::Lazy<LazyConv2dImpl, Conv2dImpl, LazyConv2dOptions> {
 public:
  using Lazy::Lazy;
};
GRADUS_MODULE(LazyConv2d);

/// Conv3d whose in_channels are those of the first input. See detail::Lazy.
class GRADUS_API LazyConv3dImpl
    : public detail::Lazy<LazyConv3dImpl, Conv3dImpl, LazyConv3dOptions> {
 public:
  using Lazy::Lazy;
};
GRADUS_MODULE(LazyConv3d);

/// ConvTranspose1d whose in_channels are those of the first input. See detail::Lazy.
class GRADUS_API LazyConvTranspose1dImpl
    : public detail::Lazy<LazyConvTranspose1dImpl, ConvTranspose1dImpl,
                          LazyConvTranspose1dOptions> {
 public:
  using Lazy::Lazy;
};
GRADUS_MODULE(LazyConvTranspose1d);

/// ConvTranspose2d whose in_channels are those of the first input. See detail::Lazy.
class GRADUS_API LazyConvTranspose2dImpl
    : public detail::Lazy<LazyConvTranspose2dImpl, ConvTranspose2dImpl,
                          LazyConvTranspose2dOptions> {
 public:
  using Lazy::Lazy;
};
GRADUS_MODULE(LazyConvTranspose2d);

/// ConvTranspose3d whose in_channels are those of the first input. See detail::Lazy.
class GRADUS_API LazyConvTranspose3dImpl
    : public detail::Lazy<LazyConvTranspose3dImpl, ConvTranspose3dImpl,
                          LazyConvTranspose3dOptions> {
 public:
  using Lazy::Lazy;
};
GRADUS_MODULE(LazyConvTranspose3d);

/// BatchNorm1d whose num_features are the channels of the first input. See detail::Lazy.
class GRADUS_API LazyBatchNorm1dImpl
    : public detail::Lazy<LazyBatchNorm1dImpl, BatchNorm1dImpl, LazyBatchNormOptions> {
 public:
  using Lazy::Lazy;
};
GRADUS_MODULE(LazyBatchNorm1d);

/// BatchNorm2d whose num_features are the channels of the first input. See detail::Lazy.
class GRADUS_API LazyBatchNorm2dImpl
    : public detail::Lazy<LazyBatchNorm2dImpl, BatchNorm2dImpl, LazyBatchNormOptions> {
 public:
  using Lazy::Lazy;
};
GRADUS_MODULE(LazyBatchNorm2d);

/// BatchNorm3d whose num_features are the channels of the first input. See detail::Lazy.
class GRADUS_API LazyBatchNorm3dImpl
    : public detail::Lazy<LazyBatchNorm3dImpl, BatchNorm3dImpl, LazyBatchNormOptions> {
 public:
  using Lazy::Lazy;
};
GRADUS_MODULE(LazyBatchNorm3d);

/// InstanceNorm1d whose num_features are the channels of the first input. See detail::Lazy.
class GRADUS_API LazyInstanceNorm1dImpl
    : public detail::Lazy<LazyInstanceNorm1dImpl, InstanceNorm1dImpl, LazyInstanceNormOptions> {
 public:
  using Lazy::Lazy;
};
GRADUS_MODULE(LazyInstanceNorm1d);

/// InstanceNorm2d whose num_features are the channels of the first input. See detail::Lazy.
class GRADUS_API LazyInstanceNorm2dImpl
    : public detail::Lazy<LazyInstanceNorm2dImpl, InstanceNorm2dImpl, LazyInstanceNormOptions> {
 public:
  using Lazy::Lazy;
};
GRADUS_MODULE(LazyInstanceNorm2d);

/// InstanceNorm3d whose num_features are the channels of the first input. See detail::Lazy.
class GRADUS_API LazyInstanceNorm3dImpl
    : public detail::Lazy<LazyInstanceNorm3dImpl, InstanceNorm3dImpl, LazyInstanceNormOptions> {
 public:
  using Lazy::Lazy;
};
GRADUS_MODULE(LazyInstanceNorm3d);

}  // namespace gradus::nn
