#include "nn/utils/clip_grad.h"

#include <algorithm>
#include <cmath>

#include "autograd/grad_mode.h"
#include "core/kernels/clip.h"
#include "core/sparse.h"

namespace gradus::nn::utils {

namespace {

// Whether elements share memory, as those of an expanded tensor.
bool shares_elements(const TensorImpl& impl) {
  for (size_t i = 0; i < impl.sizes.size(); ++i) {
    if (impl.strides[i] == 0 && impl.sizes[i] > 1) return true;
  }
  return false;
}

// The gradients of the parameters, as a batch whose memory is kept from call to call.
kernel::TensorBatch& gradients(const char* op, const std::vector<Tensor>& parameters) {
  static thread_local kernel::TensorBatch batch;
  batch.clear();
  for (const Tensor& parameter : parameters) {
    const Tensor& grad = parameter.grad();
    if (!grad.defined()) continue;
    GRADUS_CHECK_TYPE(grad.is_floating_point(), "{}: a gradient is of dtype {}", op, grad.dtype());
    if (grad.is_sparse()) {
      SparseRows& held = sparse_rows(grad);
      held = coalesced_rows(grad);
      batch.add({&held.values});
      continue;
    }
    // Written to, an expanded gradient needs elements of its own.
    if (shares_elements(*grad.impl())) parameter.mutable_grad() = grad.detach().clone();
    batch.add({&parameter.grad()});
  }
  return batch;
}

}  // namespace

double clip_grad_norm_(const std::vector<Tensor>& parameters, double max_norm, double norm_type,
                       bool error_if_nonfinite) {
  GRADUS_CHECK_VALUE(max_norm >= 0, "clip_grad_norm_: max_norm must be at least 0, got {}",
                     max_norm);
  GRADUS_CHECK_VALUE(norm_type > 0, "clip_grad_norm_: norm_type must be above 0, got {}",
                     norm_type);
  const NoGradGuard no_grad;
  kernel::TensorBatch& batch = gradients("clip_grad_norm_", parameters);
  if (batch.empty()) return 0;
  const double norm = kernel::total_norm(batch, norm_type);
  GRADUS_CHECK(!error_if_nonfinite || std::isfinite(norm),
               "clip_grad_norm_: the norm of order {} of the gradients is {}, so they cannot be "
               "clipped; set error_if_nonfinite=false to scale them all the same",
               norm_type, norm);
  const double factor = max_norm / (norm + 1e-6);
  if (!(factor >= 1)) kernel::scale(batch, factor);
  return norm;
}

double clip_grad_norm_(const Tensor& parameter, double max_norm, double norm_type,
                       bool error_if_nonfinite) {
  return clip_grad_norm_(std::vector<Tensor>{parameter}, max_norm, norm_type, error_if_nonfinite);
}

void clip_grad_value_(const std::vector<Tensor>& parameters, double clip_value) {
  GRADUS_CHECK_VALUE(clip_value >= 0, "clip_grad_value_: clip_value must be at least 0, got {}",
                     clip_value);
  const NoGradGuard no_grad;
  kernel::TensorBatch& batch = gradients("clip_grad_value_", parameters);
  if (!batch.empty()) kernel::clamp(batch, -clip_value, clip_value);
}

void clip_grad_value_(const Tensor& parameter, double clip_value) {
  clip_grad_value_(std::vector<Tensor>{parameter}, clip_value);
}

double get_total_norm(const std::vector<Tensor>& tensors, double norm_type,
                      bool error_if_nonfinite) {
  GRADUS_CHECK_VALUE(norm_type > 0, "get_total_norm: norm_type must be above 0, got {}", norm_type);
  kernel::TensorBatch batch;
  std::vector<Tensor> kept;  // lives as long as the batch
  for (const Tensor& tensor : tensors) {
    GRADUS_CHECK_TYPE(tensor.is_floating_point(), "get_total_norm: a tensor is of dtype {}",
                      tensor.dtype());
    if (tensor.is_sparse()) kept.push_back(coalesced_rows(tensor).values);
    batch.add({tensor.is_sparse() ? &kept.back() : &tensor});
  }
  const double norm = batch.empty() ? 0 : kernel::total_norm(batch, norm_type);
  GRADUS_CHECK(!error_if_nonfinite || std::isfinite(norm),
               "get_total_norm: the norm of order {} is {}", norm_type, norm);
  return norm;
}

void clip_grads_with_norm_(const std::vector<Tensor>& parameters, double max_norm,
                           double total_norm) {
  GRADUS_CHECK_VALUE(max_norm >= 0, "clip_grads_with_norm_: max_norm must be at least 0, got {}",
                     max_norm);
  const NoGradGuard no_grad;
  kernel::TensorBatch& batch = gradients("clip_grads_with_norm_", parameters);
  const double factor = max_norm / (total_norm + 1e-6);
  if (!batch.empty() && !(factor >= 1)) kernel::scale(batch, factor);
}

}  // namespace gradus::nn::utils
