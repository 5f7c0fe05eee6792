#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <vector>

#include "core/arg.h"
#include "core/tensor.h"
#include "nn/lazy_options.h"
#include "nn/module.h"

namespace gradus::nn {

/// Settings of BatchNorm1d, 2d and 3d.
struct GRADUS_API BatchNormOptions : detail::LazyOptions {
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
  void infer_num_features(int64_t channels);

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
    const std::shared_ptr<Module> copy(new Derived(options));
    static_cast<Derived&>(*copy).clone_from(*this, device);
    return copy;
  }
};

/// Batch normalization of [N, C] or [N, C, L].
class GRADUS_API BatchNorm1dImpl : public BatchNormImplBase<BatchNorm1dImpl> {
 public:
  explicit BatchNorm1dImpl(const BatchNormOptions& options);
};
GRADUS_MODULE(BatchNorm1d);

/// Batch normalization of [N, C, H, W].
class GRADUS_API BatchNorm2dImpl : public BatchNormImplBase<BatchNorm2dImpl> {
 public:
  explicit BatchNorm2dImpl(const BatchNormOptions& options);
};
GRADUS_MODULE(BatchNorm2d);

/// Batch normalization of [N, C, D, H, W].
class GRADUS_API BatchNorm3dImpl : public BatchNormImplBase<BatchNorm3dImpl> {
 public:
  explicit BatchNorm3dImpl(const BatchNormOptions& options);
};
GRADUS_MODULE(BatchNorm3d);

/// BatchNorm of any number of dims from [N, C]. There is one process, whose batch is the whole one.
class GRADUS_API SyncBatchNormImpl : public BatchNormImplBase<SyncBatchNormImpl> {
 public:
  SyncBatchNormImpl(int64_t num_features);
  explicit SyncBatchNormImpl(const BatchNormOptions& options);
};
GRADUS_MODULE(SyncBatchNorm);

/// Settings of InstanceNorm1d, 2d and 3d.
struct GRADUS_API InstanceNormOptions : detail::LazyOptions {
  InstanceNormOptions(int64_t num_features) : num_features_(num_features) {}
  /// Channels: size of dim 1.
  GRADUS_ARG(int64_t, num_features);
  /// Added to the variance. Default: 1e-5
  GRADUS_ARG(double, eps) = 1e-5;
  /// Weight of the batch in the running statistics. Default: 0.1
  GRADUS_ARG(double, momentum) = 0.1;
  /// Whether there are a weight and a bias. Default: false
  GRADUS_ARG(bool, affine) = false;
  /// Whether running statistics are kept, which eval mode uses. Default: false
  GRADUS_ARG(bool, track_running_stats) = false;
};
using InstanceNorm1dOptions = InstanceNormOptions;
using InstanceNorm2dOptions = InstanceNormOptions;
using InstanceNorm3dOptions = InstanceNormOptions;

/// y = (x - mean) / sqrt(var + eps) * weight + bias, with mean and (biased) variance of each
/// channel of each sample; in eval mode the running ones where they are kept. Ulyanov et al. 2016.
class GRADUS_API InstanceNormBase : public Module {
 public:
  void reset_running_stats();
  void reset_parameters();
  void pretty_print(std::ostream& stream) const override;
  /// @throws Error for an input of another rank or number of channels
  Tensor forward(const Tensor& input);

  InstanceNormOptions options;
  Tensor weight, bias;               // [num_features]
  Tensor running_mean, running_var;  // [num_features]
  Tensor num_batches_tracked;        // int64

 protected:
  InstanceNormBase(int64_t rank, const InstanceNormOptions& options);
  void register_all();

 private:
  void infer_num_features(int64_t channels);

  int64_t rank_;  // of what a channel holds
};

/// InstanceNorm over D spatial dims, of [N, C, ...] or [C, ...].
template <size_t D, class Derived>
class InstanceNormImpl : public InstanceNormBase {
 public:
  InstanceNormImpl(int64_t num_features) : InstanceNormImpl(InstanceNormOptions(num_features)) {}
  explicit InstanceNormImpl(const InstanceNormOptions& options) : InstanceNormBase(D, options) {}
  void reset() { register_all(); }
  std::shared_ptr<Module> clone(const std::optional<Device>& device = std::nullopt) const override {
    const std::shared_ptr<Module> copy(new Derived(options));
    static_cast<Derived&>(*copy).clone_from(*this, device);
    return copy;
  }
};
class GRADUS_API InstanceNorm1dImpl : public InstanceNormImpl<1, InstanceNorm1dImpl> {
 public:
  using InstanceNormImpl<1, InstanceNorm1dImpl>::InstanceNormImpl;
};
GRADUS_MODULE(InstanceNorm1d);
class GRADUS_API InstanceNorm2dImpl : public InstanceNormImpl<2, InstanceNorm2dImpl> {
 public:
  using InstanceNormImpl<2, InstanceNorm2dImpl>::InstanceNormImpl;
};
GRADUS_MODULE(InstanceNorm2d);
class GRADUS_API InstanceNorm3dImpl : public InstanceNormImpl<3, InstanceNorm3dImpl> {
 public:
  using InstanceNormImpl<3, InstanceNorm3dImpl>::InstanceNormImpl;
};
GRADUS_MODULE(InstanceNorm3d);

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
  LayerNormImpl(std::vector<int64_t> normalized_shape);
  explicit LayerNormImpl(const LayerNormOptions& options);
  void reset() override;
  void reset_parameters();
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);

  LayerNormOptions options;
  Tensor weight, bias;  // normalized_shape
};
GRADUS_MODULE(LayerNorm);

/// Settings of GroupNorm.
struct GRADUS_API GroupNormOptions {
  GroupNormOptions(int64_t num_groups, int64_t num_channels)
      : num_groups_(num_groups), num_channels_(num_channels) {}
  /// Into how many groups the channels are divided.
  GRADUS_ARG(int64_t, num_groups);
  /// Channels: size of dim 1.
  GRADUS_ARG(int64_t, num_channels);
  /// Added to the variance. Default: 1e-5
  GRADUS_ARG(double, eps) = 1e-5;
  /// Whether there are a weight and a bias. Default: true
  GRADUS_ARG(bool, affine) = true;
};

/// y = (x - mean) / sqrt(var + eps) * weight + bias, with mean and (biased) variance of each group
/// of channels of each sample. Wu and He 2018.
class GRADUS_API GroupNormImpl : public Cloneable<GroupNormImpl> {
 public:
  GroupNormImpl(int64_t num_groups, int64_t num_channels);
  /// @throws ValueError unless num_groups divides num_channels
  explicit GroupNormImpl(const GroupNormOptions& options);
  void reset() override;
  void reset_parameters();
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);

  GroupNormOptions options;
  Tensor weight, bias;  // [num_channels]
};
GRADUS_MODULE(GroupNorm);

/// Settings of RMSNorm.
struct GRADUS_API RMSNormOptions {
  RMSNormOptions(std::vector<int64_t> normalized_shape)
      : normalized_shape_(std::move(normalized_shape)) {}
  /// Sizes of the last dims, over which is normalized.
  GRADUS_ARG(std::vector<int64_t>, normalized_shape);
  /// Added to the mean square. Default: the machine epsilon of the input's dtype
  GRADUS_ARG(std::optional<double>, eps) = std::nullopt;
  /// Whether there is a weight. Default: true
  GRADUS_ARG(bool, elementwise_affine) = true;
};

/// y = x / sqrt(mean(x^2) + eps) * weight over the last dims. Zhang and Sennrich 2019.
class GRADUS_API RMSNormImpl : public Cloneable<RMSNormImpl> {
 public:
  RMSNormImpl(std::vector<int64_t> normalized_shape);
  explicit RMSNormImpl(const RMSNormOptions& options);
  void reset() override;
  void reset_parameters();
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);

  RMSNormOptions options;
  Tensor weight;  // normalized_shape
};
GRADUS_MODULE(RMSNorm);

/// Settings of LocalResponseNorm and CrossMapLRN2d.
struct GRADUS_API LocalResponseNormOptions {
  LocalResponseNormOptions(int64_t size) : size_(size) {}
  /// How many neighbouring channels are summed over.
  GRADUS_ARG(int64_t, size);
  /// Factor of the mean square. Default: 1e-4
  GRADUS_ARG(double, alpha) = 1e-4;
  /// Exponent. Default: 0.75
  GRADUS_ARG(double, beta) = 0.75;
  /// What is added. Default: 1
  GRADUS_ARG(double, k) = 1.;
};
using CrossMapLRN2dOptions = LocalResponseNormOptions;

/// y_c = x_c / (k + alpha / size * sum x_i^2)^beta over the `size` channels i around c. Krizhevsky
/// et al. 2012.
class GRADUS_API LocalResponseNormImpl : public Cloneable<LocalResponseNormImpl> {
 public:
  LocalResponseNormImpl(int64_t size);
  explicit LocalResponseNormImpl(const LocalResponseNormOptions& options);
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);

  LocalResponseNormOptions options;
};
GRADUS_MODULE(LocalResponseNorm);

/// LocalResponseNorm of images [N, C, H, W]. (PyTorch's layer of this name sums over the channel 0
/// for all channels, and over size - 1 channels for an even size; here it does what the formula
/// says.)
class GRADUS_API CrossMapLRN2dImpl : public Cloneable<CrossMapLRN2dImpl> {
 public:
  CrossMapLRN2dImpl(int64_t size);
  explicit CrossMapLRN2dImpl(const CrossMapLRN2dOptions& options);
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);

  CrossMapLRN2dOptions options;
};
GRADUS_MODULE(CrossMapLRN2d);

}  // namespace gradus::nn
