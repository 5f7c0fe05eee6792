#pragma once

/// Marks what the shared library exports; everything else is hidden.
#if defined(GRADUS_STATIC)
#define GRADUS_API
#else
#define GRADUS_API __attribute__((visibility("default")))
#endif
