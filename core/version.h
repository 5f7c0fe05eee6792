#pragma once

#include "core/export.h"

// CMakeLists.txt reads the project's version here.
#define GRADUS_VERSION_MAJOR 0
#define GRADUS_VERSION_MINOR 1
#define GRADUS_VERSION_PATCH 0

namespace gradus {

/// The version of the library that runs, as "major.minor.patch". It may differ from the macros
/// above, which are those of the headers that a program was compiled with.
GRADUS_API const char* version() noexcept;

}  // namespace gradus
