#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace gradus {

/// Base of objects that count their own references. A derived class names what happens at zero in a
/// static `void destroy(T*)`.
class RefCounted {
 public:
  RefCounted() = default;
  RefCounted(const RefCounted&) = delete;
  RefCounted& operator=(const RefCounted&) = delete;

  void retain() const noexcept { count_.fetch_add(1, std::memory_order_relaxed); }
  /// True where the caller held the last reference and must destroy the object.
  bool release() const noexcept {
    // The only owner needs no read-modify-write: nobody else can take a reference from it.
    if (count_.load(std::memory_order_acquire) == 1) return true;
    return count_.fetch_sub(1, std::memory_order_acq_rel) == 1;
  }
  uint32_t use_count() const noexcept { return count_.load(std::memory_order_acquire); }

 protected:
  ~RefCounted() = default;

 private:
  mutable std::atomic<uint32_t> count_{0};
};

/// Shared ownership of a RefCounted: one pointer wide.
template <class T>
class intrusive_ptr {
 public:
  constexpr intrusive_ptr() = default;
  constexpr intrusive_ptr(std::nullptr_t) {}
  explicit intrusive_ptr(T* object) : object_(object) {
    if (object_ != nullptr) object_->retain();
  }
  intrusive_ptr(const intrusive_ptr& other) : intrusive_ptr(other.object_) {}
  intrusive_ptr(intrusive_ptr&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  template <class U, class = decltype(static_cast<T*>(static_cast<U*>(nullptr)))>
  intrusive_ptr(intrusive_ptr<U> other) : object_(other.detach()) {}
  ~intrusive_ptr() { reset(); }
  intrusive_ptr& operator=(intrusive_ptr other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }

  void reset() noexcept {
    T* object = std::exchange(object_, nullptr);
    if (object != nullptr && object->release()) T::destroy(object);
  }
  /// Gives the reference away without dropping it.
  T* detach() noexcept { return std::exchange(object_, nullptr); }
  /// Takes over a reference that detach() gave away.
  static intrusive_ptr adopt(T* object) {
    intrusive_ptr result;
    result.object_ = object;
    return result;
  }

  T* get() const noexcept { return object_; }
  T& operator*() const noexcept { return *object_; }
  T* operator->() const noexcept { return object_; }
  explicit operator bool() const noexcept { return object_ != nullptr; }
  bool operator==(const intrusive_ptr& other) const noexcept { return object_ == other.object_; }
  bool operator==(std::nullptr_t) const noexcept { return object_ == nullptr; }

 private:
  T* object_ = nullptr;
};

template <class T, class... Args>
intrusive_ptr<T> make_intrusive(Args&&... args) {
  return intrusive_ptr<T>(new T(std::forward<Args>(args)...));
}

}  // namespace gradus
