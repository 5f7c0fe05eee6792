#pragma once

#include <cstddef>
#include <cstdint>

#include "core/export.h"

namespace gradus {

/// Every block that allocate() returns is aligned to this many bytes: a cache line, and the widest
/// vector.
inline constexpr std::size_t kAlignment = 64;

/// Returns a block of at least `bytes` bytes, aligned to kAlignment, with unspecified contents;
/// null for 0 bytes.
///
/// Blocks come from a cache of freed blocks in size classes (four per power of two), because a
/// fresh page costs about 2 us. Blocks of 2 MiB and more are aligned to 2 MiB and backed by huge
/// pages where the system has them. Throws OutOfMemoryError when the system refuses even after the
/// cache was emptied. Safe from any thread.
GRADUS_API void* allocate(std::size_t bytes);

/// Gives back a block. `bytes` must be what was passed to allocate(); any thread may free a block
/// of any other.
GRADUS_API void deallocate(void* p, std::size_t bytes) noexcept;

/// Scratch memory for the length of a scope.
class Buffer {
 public:
  /// @throws OutOfMemoryError
  explicit Buffer(std::size_t bytes) : data_(allocate(bytes)), bytes_(bytes) {}
  ~Buffer() { deallocate(data_, bytes_); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  void* data() const { return data_; }
  template <class T>
  T* as() const {
    return static_cast<T*>(data_);
  }

 private:
  void* data_;
  std::size_t bytes_;
};

/// What the allocator holds; see memory_stats(). Byte counts include the rounding up to a size
/// class.
struct MemoryStats {
  /// Bytes in blocks that are in use now.
  int64_t allocated_bytes = 0;
  /// Highest allocated_bytes; exact to within the small blocks that each thread caches (at most
  /// about 8 MiB each).
  int64_t peak_allocated_bytes = 0;
  /// Bytes obtained from the system and not given back: in use or cached.
  int64_t reserved_bytes = 0;
  /// Highest reserved_bytes.
  int64_t peak_reserved_bytes = 0;
  /// Calls of allocate() so far.
  int64_t num_allocations = 0;
  /// Calls of deallocate() so far.
  int64_t num_deallocations = 0;
  /// Blocks obtained from the system so far: allocations that no cache could serve.
  int64_t num_system_allocations = 0;
  /// Blocks given back to the system so far.
  int64_t num_system_deallocations = 0;
  /// How often the cache was emptied because the system refused memory.
  int64_t num_retries = 0;
};

/// Returns the counters of all threads together. Counts of other threads that are allocating right
/// now may lag.
GRADUS_API MemoryStats memory_stats();

/// Sets peak_allocated_bytes and peak_reserved_bytes to the current values.
GRADUS_API void reset_peak_memory_stats();

/// Gives cached blocks back to the system: the shared ones and the calling thread's.
GRADUS_API void empty_cache() noexcept;

/// Bounds the bytes kept in the shared cache (default: half of the memory that this process may
/// use). When a freed block would exceed it, blocks of the classes that were least recently used go
/// back to the system. Each thread keeps up to about 8 MiB of small blocks beside it.
GRADUS_API void set_cache_limit(std::size_t bytes);

/// Returns the bound that set_cache_limit() set.
GRADUS_API std::size_t cache_limit();

}  // namespace gradus
