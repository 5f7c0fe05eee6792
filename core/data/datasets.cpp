#include "core/data/datasets.h"

#include <cstring>
#include <utility>

#include "core/data/rows.h"
#include "core/data/transforms.h"
#include "core/error.h"

namespace gradus::data::datasets {

TensorDataset::TensorDataset(const std::vector<Tensor>& tensors)
    : TensorDataset(transforms::detail::stack(tensors)) {}

TensorDataset::TensorDataset(Tensor tensor) : tensor(std::move(tensor)) {
  GRADUS_CHECK_VALUE(this->tensor.dim() > 0,
                     "TensorDataset: expected a tensor of rows, got a 0-d tensor");
}

TensorExample TensorDataset::get(size_t index) {
  data::detail::check_indices("TensorDataset", index, *size());
  return tensor.select(0, static_cast<int64_t>(index));
}

std::vector<TensorExample> TensorDataset::get_batch(ArrayRef<size_t> indices) {
  if (!data::detail::is_plain(tensor)) return Dataset::get_batch(indices);
  data::detail::check_indices("TensorDataset", indices, *size());
  const IntArrayRef row_sizes = tensor.sizes().slice(1);
  Tensor rows = data::detail::empty_rows(indices.size(), row_sizes, tensor.dtype());
  const size_t row_bytes = indices.empty() ? 0 : rows.nbytes() / indices.size();
  const char* src = static_cast<const char*>(tensor.data_ptr());
  char* dst = static_cast<char*>(rows.data_ptr());
  if (row_bytes > 0) {
    for (size_t i = 0; i < indices.size(); ++i) {
      std::memcpy(dst + i * row_bytes, src + indices[i] * row_bytes, row_bytes);
    }
  }
  std::vector<TensorExample> batch;
  batch.reserve(indices.size());
  for (Tensor& row : data::detail::split_rows(std::move(rows))) batch.emplace_back(std::move(row));
  return batch;
}

std::optional<size_t> TensorDataset::size() const {
  return static_cast<size_t>(tensor.size(0));
}

}  // namespace gradus::data::datasets
