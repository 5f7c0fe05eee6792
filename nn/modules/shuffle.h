#pragma once

#include <cstdint>
#include <iosfwd>

#include "core/arg.h"
#include "core/tensor.h"
#include "nn/module.h"

namespace gradus::nn {

/// Settings of PixelShuffle.
struct GRADUS_API PixelShuffleOptions {
  PixelShuffleOptions(int64_t upscale_factor) : upscale_factor_(upscale_factor) {}
  /// r: how much taller and wider the output is.
  GRADUS_ARG(int64_t, upscale_factor);
};

/// [N, C r^2, H, W] becomes [N, C, H r, W r]. Shi et al. 2016.
class GRADUS_API PixelShuffleImpl : public Cloneable<PixelShuffleImpl> {
 public:
  explicit PixelShuffleImpl(const PixelShuffleOptions& options);
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);

  PixelShuffleOptions options;
};
GRADUS_MODULE(PixelShuffle);

/// Settings of PixelUnshuffle.
struct GRADUS_API PixelUnshuffleOptions {
  PixelUnshuffleOptions(int64_t downscale_factor) : downscale_factor_(downscale_factor) {}
  /// r: how much taller and wider the input is.
  GRADUS_ARG(int64_t, downscale_factor);
};

/// [N, C, H r, W r] becomes [N, C r^2, H, W].
class GRADUS_API PixelUnshuffleImpl : public Cloneable<PixelUnshuffleImpl> {
 public:
  explicit PixelUnshuffleImpl(const PixelUnshuffleOptions& options);
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);

  PixelUnshuffleOptions options;
};
GRADUS_MODULE(PixelUnshuffle);

/// Settings of ChannelShuffle.
struct GRADUS_API ChannelShuffleOptions {
  ChannelShuffleOptions(int64_t groups) : groups_(groups) {}
  /// Into how many groups the channels are divided.
  GRADUS_ARG(int64_t, groups);
};

/// Mixes the channels of groups: (g, i) goes to (i, g). Zhang et al. 2018.
class GRADUS_API ChannelShuffleImpl : public Cloneable<ChannelShuffleImpl> {
 public:
  explicit ChannelShuffleImpl(const ChannelShuffleOptions& options);
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);

  ChannelShuffleOptions options;
};
GRADUS_MODULE(ChannelShuffle);

}  // namespace gradus::nn
