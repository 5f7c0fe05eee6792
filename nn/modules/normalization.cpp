#include "nn/modules/normalization.h"

#include <ostream>

#include "autograd/grad_mode.h"
#include "autograd/ops/normalization.h"
#include "core/factory.h"
#include "nn/functional/normalization.h"
#include "nn/init.h"

namespace gradus::nn {

BatchNormBase::BatchNormBase(const char* class_name, int64_t min_rank, int64_t max_rank,
                             const BatchNormOptions& options)
    : options(options), class_name_(class_name), min_rank_(min_rank), max_rank_(max_rank) {
  register_all();
}

void BatchNormBase::register_all() {
  const int64_t features = options.num_features();
  GRADUS_CHECK_VALUE(features > 0 || options.is_lazy(), "{}: num_features must be positive, got {}",
                     class_name_, features);
  const auto make = [&] { return detail::empty_or_uninitialized(options, {features}); };
  weight = register_parameter("weight", options.affine() ? make() : Tensor());
  bias = register_parameter("bias", options.affine() ? make() : Tensor());
  if (options.track_running_stats()) {
    running_mean = register_buffer("running_mean", make());
    running_var = register_buffer("running_var", make());
    num_batches_tracked = register_buffer("num_batches_tracked", zeros({}, kLong));
  }
  reset_parameters();
}

void BatchNormBase::infer_num_features(int64_t channels) {
  BatchNormOptions plain = options;
  plain.num_features(channels).set_lazy(false);
  if (has_uninitialized_params())
    materialize_from(BatchNormBase(class_name_, min_rank_, max_rank_, plain));
  options = plain;
}

void BatchNormBase::reset_running_stats() {
  if (!options.track_running_stats() || options.is_lazy()) return;
  init::zeros_(running_mean);
  init::ones_(running_var);
  init::zeros_(num_batches_tracked);
}

void BatchNormBase::reset_parameters() {
  reset_running_stats();
  if (options.affine() && !options.is_lazy()) {
    init::ones_(weight);
    init::zeros_(bias);
  }
}

void BatchNormBase::pretty_print(std::ostream& stream) const {
  stream << std::boolalpha << "gradus::nn::" << detail::lazy_prefix(options) << class_name_ << "("
         << options.num_features() << ", eps=" << options.eps() << ", momentum=";
  if (options.momentum()) {
    stream << *options.momentum();
  } else {
    stream << "None";
  }
  stream << ", affine=" << options.affine()
         << ", track_running_stats=" << options.track_running_stats() << ")";
}

Tensor BatchNormBase::forward(const Tensor& input) {
  GRADUS_CHECK(input.defined() && input.dim() >= min_rank_ && input.dim() <= max_rank_,
               "{}: expected {} to {} dims, got input {}", class_name_, min_rank_, max_rank_,
               input.defined() ? to_string(input.sizes()) : "undefined");
  if (options.is_lazy()) [[unlikely]]
    infer_num_features(input.size(1));
  GRADUS_CHECK(input.size(1) == options.num_features(), "{}: expected {} channels, got input {}",
               class_name_, options.num_features(), input.sizes());
  const bool use_batch = is_training() || !running_mean.defined();
  double momentum = options.momentum().value_or(0.0);
  if (is_training() && num_batches_tracked.defined()) {
    NoGradGuard no_grad;
    num_batches_tracked.add_(1);
    if (!options.momentum()) momentum = 1.0 / num_batches_tracked.item<double>();
  }
  const bool update = is_training() || !use_batch;
  return batch_norm(input, weight, bias, update ? running_mean : Tensor(),
                    update ? running_var : Tensor(), use_batch, momentum, options.eps());
}

BatchNorm1dImpl::BatchNorm1dImpl(const BatchNormOptions& options)
    : BatchNormImplBase("BatchNorm1d", 2, 3, options) {}
BatchNorm2dImpl::BatchNorm2dImpl(const BatchNormOptions& options)
    : BatchNormImplBase("BatchNorm2d", 4, 4, options) {}
BatchNorm3dImpl::BatchNorm3dImpl(const BatchNormOptions& options)
    : BatchNormImplBase("BatchNorm3d", 5, 5, options) {}
SyncBatchNormImpl::SyncBatchNormImpl(int64_t num_features)
    : SyncBatchNormImpl(BatchNormOptions(num_features)) {}
SyncBatchNormImpl::SyncBatchNormImpl(const BatchNormOptions& options)
    : BatchNormImplBase("SyncBatchNorm", 2, 64, options) {}

LayerNormImpl::LayerNormImpl(std::vector<int64_t> normalized_shape)
    : LayerNormImpl(LayerNormOptions(std::move(normalized_shape))) {}

LayerNormImpl::LayerNormImpl(const LayerNormOptions& options) : options(options) {
  LayerNormImpl::reset();
}

void LayerNormImpl::reset() {
  const IntArrayRef shape = options.normalized_shape();
  weight = register_parameter("weight", options.elementwise_affine() ? empty(shape) : Tensor());
  bias = register_parameter("bias", options.elementwise_affine() ? empty(shape) : Tensor());
  reset_parameters();
}

void LayerNormImpl::reset_parameters() {
  if (!options.elementwise_affine()) return;
  init::ones_(weight);
  init::zeros_(bias);
}

void LayerNormImpl::pretty_print(std::ostream& stream) const {
  stream << std::boolalpha << "gradus::nn::LayerNorm("
         << to_string(IntArrayRef(options.normalized_shape())) << ", eps=" << options.eps()
         << ", elementwise_affine=" << options.elementwise_affine() << ")";
}

Tensor LayerNormImpl::forward(const Tensor& input) {
  return layer_norm(input, options.normalized_shape(), weight, bias, options.eps());
}

// --- instance norm

InstanceNormBase::InstanceNormBase(int64_t rank, const InstanceNormOptions& options)
    : options(options), rank_(rank) {
  register_all();
}

void InstanceNormBase::register_all() {
  const int64_t features = options.num_features();
  GRADUS_CHECK_VALUE(features > 0 || options.is_lazy(),
                     "InstanceNorm{}d: num_features must be positive, got {}", rank_, features);
  const auto make = [&] { return detail::empty_or_uninitialized(options, {features}); };
  weight = register_parameter("weight", options.affine() ? make() : Tensor());
  bias = register_parameter("bias", options.affine() ? make() : Tensor());
  if (options.track_running_stats()) {
    running_mean = register_buffer("running_mean", make());
    running_var = register_buffer("running_var", make());
    num_batches_tracked = register_buffer("num_batches_tracked", zeros({}, kLong));
  }
  reset_parameters();
}

void InstanceNormBase::infer_num_features(int64_t channels) {
  InstanceNormOptions plain = options;
  plain.num_features(channels).set_lazy(false);
  if (has_uninitialized_params()) materialize_from(InstanceNormBase(rank_, plain));
  options = plain;
}

void InstanceNormBase::reset_running_stats() {
  if (!options.track_running_stats() || options.is_lazy()) return;
  init::zeros_(running_mean);
  init::ones_(running_var);
  init::zeros_(num_batches_tracked);
}

void InstanceNormBase::reset_parameters() {
  reset_running_stats();
  if (options.affine() && !options.is_lazy()) {
    init::ones_(weight);
    init::zeros_(bias);
  }
}

void InstanceNormBase::pretty_print(std::ostream& stream) const {
  stream << std::boolalpha << "gradus::nn::" << detail::lazy_prefix(options) << "InstanceNorm"
         << rank_ << "d(" << options.num_features() << ", eps=" << options.eps()
         << ", momentum=" << options.momentum() << ", affine=" << options.affine()
         << ", track_running_stats=" << options.track_running_stats() << ")";
}

Tensor InstanceNormBase::forward(const Tensor& input) {
  GRADUS_CHECK(input.defined() && (input.dim() == rank_ + 1 || input.dim() == rank_ + 2),
               "InstanceNorm{}d: expected {} or {} dims, got input {}", rank_, rank_ + 1, rank_ + 2,
               input.defined() ? to_string(input.sizes()) : "undefined");
  const bool batched = input.dim() == rank_ + 2;
  if (options.is_lazy()) [[unlikely]]
    infer_num_features(input.size(batched ? 1 : 0));
  GRADUS_CHECK(input.size(batched ? 1 : 0) == options.num_features(),
               "InstanceNorm{}d: expected {} channels, got input {}", rank_, options.num_features(),
               input.sizes());
  const Tensor y = instance_norm(batched ? input : input.unsqueeze(0), weight, bias, running_mean,
                                 running_var, is_training() || !options.track_running_stats(),
                                 options.momentum(), options.eps());
  return batched ? y : y.squeeze(0);
}

// --- group, RMS and local response norm

GroupNormImpl::GroupNormImpl(int64_t num_groups, int64_t num_channels)
    : GroupNormImpl(GroupNormOptions(num_groups, num_channels)) {}

GroupNormImpl::GroupNormImpl(const GroupNormOptions& options) : options(options) {
  GroupNormImpl::reset();
}

void GroupNormImpl::reset() {
  const int64_t groups = options.num_groups(), channels = options.num_channels();
  GRADUS_CHECK_VALUE(groups > 0 && channels > 0 && channels % groups == 0,
                     "GroupNorm: num_groups must divide num_channels, got {} and {}", groups,
                     channels);
  weight = register_parameter("weight", options.affine() ? empty({channels}) : Tensor());
  bias = register_parameter("bias", options.affine() ? empty({channels}) : Tensor());
  reset_parameters();
}

void GroupNormImpl::reset_parameters() {
  if (!options.affine()) return;
  init::ones_(weight);
  init::zeros_(bias);
}

void GroupNormImpl::pretty_print(std::ostream& stream) const {
  stream << std::boolalpha << "gradus::nn::GroupNorm(" << options.num_groups() << ", "
         << options.num_channels() << ", eps=" << options.eps() << ", affine=" << options.affine()
         << ")";
}

Tensor GroupNormImpl::forward(const Tensor& input) {
  GRADUS_CHECK(!options.affine() || (input.dim() >= 2 && input.size(1) == options.num_channels()),
               "GroupNorm: expected {} channels in dim 1, got input {}", options.num_channels(),
               input.sizes());
  return group_norm(input, options.num_groups(), weight, bias, options.eps());
}

RMSNormImpl::RMSNormImpl(std::vector<int64_t> normalized_shape)
    : RMSNormImpl(RMSNormOptions(std::move(normalized_shape))) {}

RMSNormImpl::RMSNormImpl(const RMSNormOptions& options) : options(options) {
  RMSNormImpl::reset();
}

void RMSNormImpl::reset() {
  const IntArrayRef shape = options.normalized_shape();
  weight = register_parameter("weight", options.elementwise_affine() ? empty(shape) : Tensor());
  reset_parameters();
}

void RMSNormImpl::reset_parameters() {
  if (options.elementwise_affine()) init::ones_(weight);
}

void RMSNormImpl::pretty_print(std::ostream& stream) const {
  stream << std::boolalpha << "gradus::nn::RMSNorm("
         << to_string(IntArrayRef(options.normalized_shape())) << ", eps=";
  if (options.eps()) {
    stream << *options.eps();
  } else {
    stream << "None";
  }
  stream << ", elementwise_affine=" << options.elementwise_affine() << ")";
}

Tensor RMSNormImpl::forward(const Tensor& input) {
  return rms_norm(input, options.normalized_shape(), weight, options.eps());
}

namespace {

void print_response_norm(std::ostream& stream, const char* name,
                         const LocalResponseNormOptions& options) {
  stream << "gradus::nn::" << name << "(" << options.size() << ", alpha=" << options.alpha()
         << ", beta=" << options.beta() << ", k=" << options.k() << ")";
}

}  // namespace

LocalResponseNormImpl::LocalResponseNormImpl(int64_t size)
    : LocalResponseNormImpl(LocalResponseNormOptions(size)) {}
LocalResponseNormImpl::LocalResponseNormImpl(const LocalResponseNormOptions& options)
    : options(options) {}

void LocalResponseNormImpl::pretty_print(std::ostream& stream) const {
  print_response_norm(stream, "LocalResponseNorm", options);
}

Tensor LocalResponseNormImpl::forward(const Tensor& input) {
  return functional::local_response_norm(input, options);
}

CrossMapLRN2dImpl::CrossMapLRN2dImpl(int64_t size)
    : CrossMapLRN2dImpl(CrossMapLRN2dOptions(size)) {}
CrossMapLRN2dImpl::CrossMapLRN2dImpl(const CrossMapLRN2dOptions& options) : options(options) {}

void CrossMapLRN2dImpl::pretty_print(std::ostream& stream) const {
  print_response_norm(stream, "CrossMapLRN2d", options);
}

Tensor CrossMapLRN2dImpl::forward(const Tensor& input) {
  GRADUS_CHECK(input.dim() == 4, "CrossMapLRN2d: expected [N, C, H, W], got {}", input.sizes());
  return functional::local_response_norm(input, options);
}

}  // namespace gradus::nn
