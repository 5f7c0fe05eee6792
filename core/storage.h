#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "core/export.h"
#include "core/intrusive_ptr.h"

namespace gradus {

/// The bytes that a tensor and its views share, and the count of writes to them.
class GRADUS_API StorageImpl : public RefCounted {
 public:
  /// `nbytes` uninitialized bytes from the caching allocator, 64-byte aligned.
  /// @throws OutOfMemoryError
  static intrusive_ptr<StorageImpl> allocate(size_t nbytes);
  /// Bytes that belong to somebody else; `release(context)` is called when the last tensor goes.
  static intrusive_ptr<StorageImpl> adopt(void* data, size_t nbytes, void (*release)(void*),
                                          void* context);
  static void destroy(StorageImpl* storage) noexcept;

  void* data() const { return data_; }
  size_t nbytes() const { return nbytes_; }
  /// What adopt() was given.
  void* context() const { return context_; }
  /// Whether the bytes come from the allocator and belong to nobody else.
  bool owns_data() const;

  std::atomic<uint32_t> version{0};

 private:
  StorageImpl(void* data, size_t nbytes, void (*release)(void*), void* context)
      : data_(data), nbytes_(nbytes), release_(release), context_(context) {}
  ~StorageImpl() = default;

  void* data_;
  size_t nbytes_;
  void (*release_)(void*);
  void* context_;
};

}  // namespace gradus
