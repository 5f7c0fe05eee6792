#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

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

/// A handle on the bytes under a tensor and its views: `x.storage()`.
class Storage {
 public:
  Storage() = default;
  explicit Storage(intrusive_ptr<StorageImpl> impl) : impl_(std::move(impl)) {}

  explicit operator bool() const { return impl_ != nullptr; }
  void* data() const { return impl_ ? impl_->data() : nullptr; }
  void* mutable_data() const { return data(); }
  size_t nbytes() const { return impl_ ? impl_->nbytes() : 0; }
  /// How many tensors and handles share the bytes, this one included.
  size_t use_count() const { return impl_ ? impl_->use_count() : 0; }
  bool is_alias_of(const Storage& other) const { return impl_ && impl_ == other.impl_; }
  StorageImpl* unsafeGetStorageImpl() const { return impl_.get(); }

 private:
  intrusive_ptr<StorageImpl> impl_;
};

}  // namespace gradus
