#include "core/data/rows.h"

#include <utility>

#include "core/error.h"
#include "core/factory.h"
#include "core/shape.h"

namespace gradus::data::detail {

// Note [Rows]
// A batch of examples is a vector of tensors, but it is made in one piece: the datasets gather into
// one tensor and hand out its rows, Normalize writes all its results into one, and Stack recognizes
// such rows and gives back the tensor that they are of, without a copy. This is only done with
// storage that nobody but these rows owns; memory that a program holds on to is never written to or
// shared behind its back.

bool is_plain(const Tensor& x) {
  return x.defined() && x.is_contiguous() && !x.requires_grad();
}

Tensor empty_rows(size_t count, IntArrayRef sizes, ScalarType dtype) {
  DimVector batch_sizes{static_cast<int64_t>(count)};
  for (const int64_t size : sizes) batch_sizes.push_back(size);
  return empty(batch_sizes, dtype);
}

std::vector<Tensor> split_rows(Tensor rows) {
  const size_t count = static_cast<size_t>(rows.size(0));
  const DimVector sizes(rows.sizes().begin() + 1, rows.sizes().end());
  const DimVector strides(rows.strides().begin() + 1, rows.strides().end());
  const int64_t step = count > 0 ? rows.numel() / static_cast<int64_t>(count) : 0;
  std::vector<Tensor> views;
  views.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    views.push_back(
        make_view(rows, sizes, strides, rows.storage_offset() + static_cast<int64_t>(i) * step));
  }
  return views;
}

Tensor join_rows(const std::vector<Tensor>& rows) {
  const Tensor& first = rows.front();
  const StorageImpl* storage = first.impl()->storage.get();
  if (storage->use_count() != rows.size() || !storage->owns_data() || first.numel() == 0) return {};
  for (size_t i = 0; i < rows.size(); ++i) {
    const Tensor& row = rows[i];
    if (!is_plain(row) || row.use_count() != 1 || row.impl()->storage.get() != storage ||
        row.dtype() != first.dtype() || row.sizes() != first.sizes() ||
        row.storage_offset() != first.storage_offset() + static_cast<int64_t>(i) * first.numel()) {
      return {};
    }
  }
  DimVector sizes{static_cast<int64_t>(rows.size())};
  for (const int64_t size : first.sizes()) sizes.push_back(size);
  DimVector strides = contiguous_strides(sizes);
  return make_view(first, std::move(sizes), std::move(strides), first.storage_offset());
}

void check_indices(const char* dataset, ArrayRef<size_t> indices, size_t size) {
  for (const size_t index : indices) {
    GRADUS_CHECK_INDEX(index < size, "{}: index {} is out of range for {} elements", dataset, index,
                       size);
  }
}

}  // namespace gradus::data::detail
