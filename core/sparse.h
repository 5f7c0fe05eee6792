#pragma once

#include "core/export.h"
#include "core/tensor.h"

namespace gradus {

// Note [Row-sparse tensors]
// The gradient of an embedding table has as many rows as the table and is zero in almost all of
// them. A row-sparse tensor holds the others: their places and their values, whose rows of one
// place add up. It is a Tensor with TensorImpl::sparse set, strides of 0, and a storage that owns a
// SparseRows and has no elements; aliases share the storage, and so the version. Ops that take it
// are few: those of autograd/ops/sparse.h, clone(), to(dtype) and zero_(). All others refuse it, in
// two lines: where they check that their arguments are defined (require_dense(), require_tensors()
// in core/shape.h), with a message that names the op; and at TensorImpl::data() and make_view(),
// through which every way to elements leads.

/// What a row-sparse tensor holds.
struct SparseRows {
  Tensor rows;             // int64 [n], contiguous, in range
  Tensor values;           // [n, ...], dense
  bool coalesced = false;  // rows ascend, each once
};

/// A row-sparse tensor of these sizes. Nothing is checked or recorded.
GRADUS_API Tensor make_sparse(IntArrayRef sizes, SparseRows rows);

/// What x, which is row-sparse, holds; shared by its aliases.
GRADUS_API SparseRows& sparse_rows(const Tensor& x);

/// x with each row once, or x itself where it is so. Not recorded.
GRADUS_API SparseRows coalesced_rows(const Tensor& x);

/// dst[rows[i]] += values[i], in this order; dst and values are of one dtype. Not recorded.
GRADUS_API void add_rows(const Tensor& dst, const Tensor& rows, const Tensor& values);

/// dst[rows[i]] = values[i]. As add_rows.
GRADUS_API void put_rows(const Tensor& dst, const Tensor& rows, const Tensor& values);

/// src[rows[i]]. Not recorded.
GRADUS_API Tensor take_rows(const Tensor& src, const Tensor& rows);

}  // namespace gradus
