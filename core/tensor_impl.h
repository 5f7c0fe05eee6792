#pragma once

#include <atomic>
#include <cstdint>

#include "core/array_ref.h"
#include "core/dtype.h"
#include "core/export.h"
#include "core/intrusive_ptr.h"
#include "core/storage.h"

namespace gradus {

/// What autograd remembers of a tensor: gradient, history, hooks, view. Defined in
/// autograd/grad_meta.h.
struct GradMeta;

/// Frees a GradMeta; defined in autograd.
GRADUS_API void destroy_grad_meta(GradMeta* meta) noexcept;

/// A count of writes that does not belong to the storage: that of a tensor made by data() or
/// set_data().
struct VersionCounter : RefCounted {
  explicit VersionCounter(uint32_t value) : value(value) {}
  static void destroy(VersionCounter* counter) { delete counter; }
  std::atomic<uint32_t> value;
};

/// A tensor: where its elements are (storage, offset, sizes, strides), what they are, and the
/// gradient slot. Handles (Tensor) share it.
struct GRADUS_API TensorImpl : RefCounted {
  TensorImpl(intrusive_ptr<StorageImpl> storage, ScalarType dtype)
      : storage(std::move(storage)), dtype(dtype) {}
  ~TensorImpl() {
    if (grad_meta != nullptr) destroy_grad_meta(grad_meta);
  }
  static void destroy(TensorImpl* impl) noexcept { delete impl; }

  std::atomic<uint32_t>& version_counter() const {
    return own_version ? own_version->value : storage->version;
  }

  /// The first element. Every way to the elements leads through here, so that none leads to those
  /// of a row-sparse tensor, which has no elements of its own.
  /// @throws NotImplementedError for a row-sparse tensor
  char* data() const {
    check_dense();
    return static_cast<char*>(storage->data()) + offset * static_cast<int64_t>(element_size(dtype));
  }
  /// The same error. Most ops have found out before, with a message that names them: see
  /// require_dense().
  void check_dense() const {
    if (sparse) [[unlikely]]
      throw_sparse();
  }
  [[noreturn]] void throw_sparse() const;

  DimVector sizes;
  DimVector strides;   // in elements
  int64_t offset = 0;  // in elements
  int64_t numel = 0;
  intrusive_ptr<StorageImpl> storage;
  intrusive_ptr<VersionCounter> own_version;  // null: the storage's
  GradMeta* grad_meta = nullptr;              // null: needs no gradient and never did
  ScalarType dtype;
  bool inference = false;  // made under InferenceMode: has no version
  bool view_copy = false;  // what view() returned where strides forbid a view; writing to it in
                           // place is an error
  bool sparse = false;     // see Note [Row-sparse tensors] in core/sparse.h
};

}  // namespace gradus
