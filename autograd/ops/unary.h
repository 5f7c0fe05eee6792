#pragma once

#include "core/tensor.h"

namespace gradus {

/// -x. @throws TypeError for bool
GRADUS_API Tensor neg(const Tensor& x);

}  // namespace gradus
