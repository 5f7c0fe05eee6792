#pragma once

#include <optional>

#include "core/tensor.h"

namespace gradus {

/// x in another dtype; x itself where it has that dtype, unless `copy`.
GRADUS_API Tensor to(const Tensor& x, ScalarType dtype, bool copy = false,
                     std::optional<MemoryFormat> format = std::nullopt);

/// A copy with storage of its own, in the memory order of x where `format` is not given.
GRADUS_API Tensor clone(const Tensor& x, std::optional<MemoryFormat> format = std::nullopt);

/// x itself where its elements lie in the given order without gaps, else such a copy.
GRADUS_API Tensor contiguous(const Tensor& x, MemoryFormat format = MemoryFormat::Contiguous);

/// Writes src, broadcast and cast, to x. @throws Error where src does not broadcast to x
GRADUS_API Tensor& copy_(Tensor& x, const Tensor& src);

/// Writes a number, or the only element of a 0-d tensor, to every element of x.
GRADUS_API Tensor& fill_(Tensor& x, const Scalar& value);
GRADUS_API Tensor& fill_(Tensor& x, const Tensor& value);
GRADUS_API Tensor& zero_(Tensor& x);

}  // namespace gradus
