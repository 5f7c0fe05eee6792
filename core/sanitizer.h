#pragma once

// Which sanitizer this translation unit is built for, and the happens-before hints that
// ThreadSanitizer needs where synchronization runs through an uninstrumented library (oneTBB).

#if defined(__SANITIZE_ADDRESS__)
#define GRADUS_ADDRESS_SANITIZER 1
#endif
#if defined(__SANITIZE_THREAD__)
#define GRADUS_THREAD_SANITIZER 1
#endif
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define GRADUS_ADDRESS_SANITIZER 1
#endif
#if __has_feature(thread_sanitizer)
#define GRADUS_THREAD_SANITIZER 1
#endif
#endif
#ifndef GRADUS_ADDRESS_SANITIZER
#define GRADUS_ADDRESS_SANITIZER 0
#endif
#ifndef GRADUS_THREAD_SANITIZER
#define GRADUS_THREAD_SANITIZER 0
#endif

#if GRADUS_THREAD_SANITIZER
extern "C" {
void __tsan_acquire(void* address);
void __tsan_release(void* address);
}
#endif

namespace gradus {

/// Tells ThreadSanitizer that what another thread did before happens_before(address) is visible
/// from here on. Free otherwise.
inline void happens_after([[maybe_unused]] void* address) {
#if GRADUS_THREAD_SANITIZER
  __tsan_acquire(address);
#endif
}

/// Tells ThreadSanitizer that what this thread did so far is visible to whoever calls
/// happens_after(address) later.
inline void happens_before([[maybe_unused]] void* address) {
#if GRADUS_THREAD_SANITIZER
  __tsan_release(address);
#endif
}

}  // namespace gradus
