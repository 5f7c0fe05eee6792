#pragma once

#include <cstdint>

namespace gradus {

/// How grid_sampler interpolates, and what lies outside of the image.
enum class GridMode : int64_t { Bilinear = 0, Nearest = 1, Bicubic = 2 };
enum class GridPadding : int64_t { Zeros = 0, Border = 1, Reflection = 2 };

}  // namespace gradus
