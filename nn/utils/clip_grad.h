#pragma once

#include <vector>

#include "core/export.h"
#include "core/tensor.h"

namespace gradus::nn::utils {

/// Scales the gradients of the parameters so that their norm, taken over all of them together, is
/// at most max_norm: each is multiplied by min(1, max_norm / (norm + 1e-6)). Row-sparse gradients
/// are coalesced.
/// @param norm_type            p of the p-norm; may be infinity
/// @param error_if_nonfinite   throw where the norm is NaN or infinite, before anything is scaled;
///                             else such gradients become NaN or 0
/// @return the norm before scaling; 0 where no parameter has a gradient
/// @throws ValueError for a max_norm that is negative or NaN, or norm_type <= 0; Error for a
///         non-finite norm
GRADUS_API double clip_grad_norm_(const std::vector<Tensor>& parameters, double max_norm,
                                  double norm_type = 2.0, bool error_if_nonfinite = false);
GRADUS_API double clip_grad_norm_(const Tensor& parameter, double max_norm, double norm_type = 2.0,
                                  bool error_if_nonfinite = false);

/// The norm of all elements of the tensors together. 0 where there are none.
/// @throws ValueError for norm_type <= 0; Error for a non-finite norm where error_if_nonfinite
GRADUS_API double get_total_norm(const std::vector<Tensor>& tensors, double norm_type = 2.0,
                                 bool error_if_nonfinite = false);

/// The second half of clip_grad_norm_: multiplies the gradients by min(1, max_norm / (total_norm +
/// 1e-6)).
GRADUS_API void clip_grads_with_norm_(const std::vector<Tensor>& parameters, double max_norm,
                                      double total_norm);

/// Brings every element of the gradients into [-clip_value, clip_value]. Row-sparse ones are
/// coalesced.
/// @throws ValueError for a clip_value that is negative or NaN
GRADUS_API void clip_grad_value_(const std::vector<Tensor>& parameters, double clip_value);
GRADUS_API void clip_grad_value_(const Tensor& parameter, double clip_value);

}  // namespace gradus::nn::utils
