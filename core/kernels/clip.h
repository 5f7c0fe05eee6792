#pragma once

#include "core/kernels/tensor_batch.h"

namespace gradus::kernel {

/// The norm of all elements of a batch of rows of one tensor each, together: (sum |x|^p)^(1/p),
/// max |x| where p is infinite. Summed in double, in an order that follows from the shapes alone.
double total_norm(TensorBatch& batch, double p);

/// Multiplies all elements.
void scale(TensorBatch& batch, double factor);

/// Brings all elements into [min, max]; NaN stays.
void clamp(TensorBatch& batch, double min, double max);

}  // namespace gradus::kernel
