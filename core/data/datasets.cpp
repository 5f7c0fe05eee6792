#include "core/data/datasets.h"

#include <cstring>
#include <utility>

#include "core/data/rows.h"
#include "core/data/transforms.h"
#include "core/error.h"

namespace gradus::data::datasets {
namespace {

// Copies of the rows of a plain tensor; see Note [Rows].
std::vector<Tensor> gather_rows(const Tensor& source, ArrayRef<size_t> indices) {
  const IntArrayRef row_sizes = source.sizes().slice(1);
  Tensor rows = data::detail::empty_rows(indices.size(), row_sizes, source.dtype());
  const size_t row_bytes = indices.empty() ? 0 : rows.nbytes() / indices.size();
  const char* src = static_cast<const char*>(source.data_ptr());
  char* dst = static_cast<char*>(rows.data_ptr());
  if (row_bytes > 0) {
    for (size_t i = 0; i < indices.size(); ++i) {
      std::memcpy(dst + i * row_bytes, src + indices[i] * row_bytes, row_bytes);
    }
  }
  return data::detail::split_rows(std::move(rows));
}

}  // namespace

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
  std::vector<TensorExample> batch;
  batch.reserve(indices.size());
  for (Tensor& row : gather_rows(tensor, indices)) batch.emplace_back(std::move(row));
  return batch;
}

std::optional<size_t> TensorDataset::size() const {
  return static_cast<size_t>(tensor.size(0));
}

TensorPairDataset::TensorPairDataset(Tensor data, Tensor target)
    : data(std::move(data)), target(std::move(target)) {
  GRADUS_CHECK_VALUE(
      this->data.dim() > 0 && this->target.dim() > 0 && this->data.size(0) == this->target.size(0),
      "TensorPairDataset: expected as many rows of data as targets, got shapes {} and {}",
      this->data.sizes(), this->target.sizes());
}

Example<> TensorPairDataset::get(size_t index) {
  data::detail::check_indices("TensorPairDataset", index, *size());
  const int64_t row = static_cast<int64_t>(index);
  return {data.select(0, row), target.select(0, row)};
}

std::vector<Example<>> TensorPairDataset::get_batch(ArrayRef<size_t> indices) {
  if (!data::detail::is_plain(data) || !data::detail::is_plain(target)) {
    return Dataset::get_batch(indices);
  }
  data::detail::check_indices("TensorPairDataset", indices, *size());
  std::vector<Tensor> rows = gather_rows(data, indices), targets = gather_rows(target, indices);
  std::vector<Example<>> batch;
  batch.reserve(indices.size());
  for (size_t i = 0; i < indices.size(); ++i) {
    batch.emplace_back(std::move(rows[i]), std::move(targets[i]));
  }
  return batch;
}

std::optional<size_t> TensorPairDataset::size() const {
  return static_cast<size_t>(data.size(0));
}

}  // namespace gradus::data::datasets
