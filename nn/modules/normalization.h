#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <vector>

#include "core/arg.h"
#include "core/tensor.h"
#include "nn/module.h"

namespace gradus::nn {

/// Settings of BatchNorm1d, 2d and 3d.
struct GRADUS_API BatchNormOptions {
  BatchNormOptions(int64_t num_features) : num_features_(num_features) {}
  /// Channels: size of dim 1.
  GRADUS_ARG(int64_t, num_features);
  /// Added to the variance. Default: 1e-5
  GRADUS_ARG(double, eps) = 1e-5;
  /// Weight of the batch in the running statistics; nullopt: their plain average over all batches.
  /// Default: 0.1
  GRADUS_ARG(std::optional<double>, momentum) = 0.1;
  /// Whether there are a weight and a bias. Default: true
  GRADUS_ARG(bool, affine) = true;
  /// Whether running statistics are kept, which eval mode uses. Default: true
  GRADUS_ARG(bool, track_running_stats) = true;
};
using BatchNorm1dOptions = BatchNormOptions;
using BatchNorm2dOptions = BatchNormOptions;
using BatchNorm3dOptions = BatchNormOptions;

/// y = (x - mean) / sqrt(var + eps) * weight + bias, with mean and (biased) variance of each
/// channel over the batch in training mode, and the running ones in eval mode. Ioffe and Szegedy
/// 2015.
class GRADUS_API BatchNormBase : public Module {
 public:
  void reset_running_stats();
  void reset_parameters();
  void pretty_print(std::ostream& stream) const override;
  /// @throws Error for an input of another rank or number of channels, or one value per channel in
  /// training mode
  Tensor forward(const Tensor& input);

  BatchNormOptions options;
  Tensor weight, bias;               // [num_features]
  Tensor running_mean, running_var;  // [num_features]
  Tensor num_batches_tracked;        // int64

 protected:
  BatchNormBase(const char* class_name, int64_t min_rank, int64_t max_rank,
                const BatchNormOptions& options);
  void register_all();

 private:
  const char* class_name_;
  int64_t min_rank_, max_rank_;
};

/// BatchNorm over D spatial dims.
template <class Derived>
class BatchNormImplBase : public BatchNormBase {
 public:
  using BatchNormBase::BatchNormBase;
  void reset() { register_all(); }
  std::shared_ptr<Module> clone(const std::optional<Device>& device = std::nullopt) const override {
    auto copy = std::make_shared<Derived>(options);
    copy->clone_from(*this, device);
    return copy;
  }
};

/// Batch normalization of [N, C] or [N, C, L].
class GRADUS_API BatchNorm1dImpl : public BatchNormImplBase<BatchNorm1dImpl> {
 public:
  explicit BatchNorm1dImpl(const BatchNormOptions& options)
      : BatchNormImplBase("BatchNorm1d", 2, 3, options) {}
};
GRADUS_MODULE(BatchNorm1d);

/// Batch normalization of [N, C, H, W].
class GRADUS_API BatchNorm2dImpl : public BatchNormImplBase<BatchNorm2dImpl> {
 public:
  explicit BatchNorm2dImpl(const BatchNormOptions& options)
      : BatchNormImplBase("BatchNorm2d", 4, 4, options) {}
};
GRADUS_MODULE(BatchNorm2d);

/// Batch normalization of [N, C, D, H, W].
class GRADUS_API BatchNorm3dImpl : public BatchNormImplBase<BatchNorm3dImpl> {
 public:
  explicit BatchNorm3dImpl(const BatchNormOptions& options)
      : BatchNormImplBase("BatchNorm3d", 5, 5, options) {}
};
GRADUS_MODULE(BatchNorm3d);

/// Settings of LayerNorm.
struct GRADUS_API LayerNormOptions {
  LayerNormOptions(std::vector<int64_t> normalized_shape)
      : normalized_shape_(std::move(normalized_shape)) {}
  /// Sizes of the last dims, over which is normalized.
  GRADUS_ARG(std::vector<int64_t>, normalized_shape);
  /// Added to the variance. Default: 1e-5
  GRADUS_ARG(double, eps) = 1e-5;
  /// Whether there are a weight and a bias. Default: true
  GRADUS_ARG(bool, elementwise_affine) = true;
};

/// y = (x - mean) / sqrt(var + eps) * weight + bias, with mean and (biased) variance over the last
/// dims. Ba et al. 2016.
class GRADUS_API LayerNormImpl : public Cloneable<LayerNormImpl> {
 public:
  LayerNormImpl(std::vector<int64_t> normalized_shape)
      : LayerNormImpl(LayerNormOptions(std::move(normalized_shape))) {}
  explicit LayerNormImpl(const LayerNormOptions& options);
  void reset() override;
  void reset_parameters();
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);

  LayerNormOptions options;
  Tensor weight, bias;  // normalized_shape
};
GRADUS_MODULE(LayerNorm);

}  // namespace gradus::nn
