#pragma once

// Private: the padding of convolutions that is not zeros.

#include "core/tensor.h"
#include "nn/modules/conv.h"

namespace gradus::nn {

/// x with before[i] elements put in front of the i-th of its last dims, and after[i] behind: its
/// reflection, its edge, or its other side.
/// @throws ValueError naming op where x has too few elements for that
Tensor edge_pad(const char* op, Tensor x, IntArrayRef before, IntArrayRef after,
                const ConvPaddingMode& mode);

}  // namespace gradus::nn
