#pragma once

#include <cstddef>
#include <memory>

namespace gradus {

/// Owns the part of a class that only its .cpp file knows: `Hidden<State> state_;`. What
/// std::unique_ptr does, for a tenth of its compile time, which every includer of a public header
/// would pay. Destructor, moves and constructors of the class stand in the .cpp file.
template <class T>
class Hidden {
 public:
  Hidden() = default;
  template <class U>
  Hidden(std::unique_ptr<U> owner) : owned_(owner.release()) {}
  Hidden(Hidden&& other) noexcept : owned_(other.owned_) { other.owned_ = nullptr; }
  Hidden& operator=(Hidden&& other) noexcept {
    T* const taken = other.owned_;
    other.owned_ = nullptr;
    reset(taken);
    return *this;
  }
  ~Hidden() { delete owned_; }

  /// Destroys what is owned and takes `owned` instead.
  void reset(T* owned = nullptr) {
    delete owned_;
    owned_ = owned;
  }
  T* get() const { return owned_; }
  T* operator->() const { return owned_; }
  T& operator*() const { return *owned_; }
  explicit operator bool() const { return owned_ != nullptr; }
  bool operator==(std::nullptr_t) const { return owned_ == nullptr; }

 private:
  T* owned_ = nullptr;
};

}  // namespace gradus
