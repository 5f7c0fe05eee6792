#pragma once

/// GRADUS_API marks what the shared library exports: functions, classes with members defined in a
/// .cpp, and every exception type. Everything else is hidden. Templates and enums need no mark.
#if defined(GRADUS_STATIC)
#define GRADUS_API
#elif defined(_WIN32)
#if defined(GRADUS_BUILDING)
#define GRADUS_API __declspec(dllexport)
#else
#define GRADUS_API __declspec(dllimport)
#endif
#else
#define GRADUS_API __attribute__((visibility("default")))
#endif
