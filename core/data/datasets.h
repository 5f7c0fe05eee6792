#pragma once

#include <cstddef>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/array_ref.h"
#include "core/data/example.h"
#include "core/data/random_stream.h"
#include "core/tensor.h"

namespace gradus::data::datasets {

namespace detail {
template <class T>
struct is_optional : std::false_type {};
template <class T>
struct is_optional<std::optional<T>> : std::true_type {};
}  // namespace detail

template <class SourceDataset, class AppliedTransform>
class MapDataset;

/// Applies `transform` to every batch of `dataset`.
template <class DatasetType, class TransformType>
MapDataset<DatasetType, TransformType> map(DatasetType dataset, TransformType transform);

/// A dataset that yields whole batches. A data loader shares one dataset among its workers, so
/// get_batch() must be safe to call from several threads at once: read as you like, guard what you
/// write.
template <class Self, class Batch = std::vector<Example<>>, class BatchRequest = ArrayRef<size_t>>
class BatchDataset {
 public:
  using SelfType = Self;
  using BatchType = Batch;
  using BatchRequestType = BatchRequest;
  static constexpr bool is_stateful = detail::is_optional<BatchType>::value;

  virtual ~BatchDataset() = default;

  virtual Batch get_batch(BatchRequest request) = 0;

  /// The number of elements, or nothing where it is not known.
  virtual std::optional<size_t> size() const = 0;

  /// This dataset with `transform` applied to its batches; copies it unless it is an rvalue.
  template <class TransformType>
  MapDataset<Self, TransformType> map(TransformType transform) & {
    return datasets::map(static_cast<Self&>(*this), std::move(transform));
  }
  template <class TransformType>
  MapDataset<Self, TransformType> map(TransformType transform) && {
    return datasets::map(std::move(static_cast<Self&>(*this)), std::move(transform));
  }
};

/// A dataset that yields single elements, and so batches of them. A dataset of your own overrides
/// get() and size():
///
///     struct Squares : data::datasets::Dataset<Squares> {
///       data::Example<> get(size_t i) override { return {tensor(double(i)), tensor(double(i *
///       i))}; } optional<size_t> size() const override { return 1000; }
///     };
///
/// get() must be safe to call from several threads at once. Inside of it the default generator is a
/// stream of the element's own, see Note [Random streams].
template <class Self, class SingleExample = Example<>>
class Dataset : public BatchDataset<Self, std::vector<SingleExample>> {
 public:
  using ExampleType = SingleExample;

  virtual ExampleType get(size_t index) = 0;

  /// Calls get() for each index, unless overridden with something faster.
  std::vector<ExampleType> get_batch(ArrayRef<size_t> indices) override {
    std::vector<ExampleType> batch;
    batch.reserve(indices.size());
    for (size_t i = 0; i < indices.size(); ++i) {
      data::detail::SampleScope scope(i, indices.size());
      batch.push_back(get(indices[i]));
    }
    return batch;
  }
};

namespace detail {
// What MapDataset yields: nothing at the end of a stateful dataset.
template <class Source, class Output>
using mapped_batch_t = std::conditional_t<Source::is_stateful, std::optional<Output>, Output>;

template <class Batch>
struct Unwrapped {
  using type = Batch;
};
template <class Batch>
struct Unwrapped<std::optional<Batch>> {
  using type = Batch;
};
}  // namespace detail

/// A dataset with a transform applied to its batches; see BatchDataset::map().
template <class SourceDataset, class AppliedTransform>
class MapDataset
    : public BatchDataset<
          MapDataset<SourceDataset, AppliedTransform>,
          detail::mapped_batch_t<SourceDataset, typename AppliedTransform::OutputBatchType>,
          typename SourceDataset::BatchRequestType> {
 public:
  using DatasetType = SourceDataset;
  using TransformType = AppliedTransform;
  using BatchRequestType = typename SourceDataset::BatchRequestType;
  using OutputBatchType =
      detail::mapped_batch_t<SourceDataset, typename AppliedTransform::OutputBatchType>;

  MapDataset(DatasetType dataset, TransformType transform)
      : dataset_(std::move(dataset)), transform_(std::move(transform)) {}

  OutputBatchType get_batch(BatchRequestType request) override {
    return finish(dataset_.get_batch(std::move(request)));
  }
  /// The second half of get_batch(): the transform alone.
  OutputBatchType finish(typename SourceDataset::BatchType batch) {
    if constexpr (SourceDataset::is_stateful) {
      if (!batch) return std::nullopt;
      return transform_.apply_batch(std::move(*batch));
    } else {
      return transform_.apply_batch(std::move(batch));
    }
  }

  std::optional<size_t> size() const override { return dataset_.size(); }
  /// Begins an epoch of a stateful dataset.
  void reset() { dataset_.reset(); }

  SourceDataset& dataset() noexcept { return dataset_; }
  const SourceDataset& dataset() const noexcept { return dataset_; }
  const AppliedTransform& transform() const noexcept { return transform_; }

 private:
  SourceDataset dataset_;
  AppliedTransform transform_;
};

template <class DatasetType, class TransformType>
MapDataset<DatasetType, TransformType> map(DatasetType dataset, TransformType transform) {
  static_assert(std::is_same_v<typename detail::Unwrapped<typename DatasetType::BatchType>::type,
                               typename TransformType::InputBatchType>,
                "the dataset's BatchType is not the transform's InputBatchType");
  return {std::move(dataset), std::move(transform)};
}

/// The rows of a tensor, without targets.
struct GRADUS_API TensorDataset : public Dataset<TensorDataset, TensorExample> {
  /// Stacks the tensors. @throws Error unless all have one shape and dtype
  explicit TensorDataset(const std::vector<Tensor>& tensors);
  /// @throws ValueError for a tensor without dimensions
  explicit TensorDataset(Tensor tensor);

  /// A view of row `index`. @throws IndexError
  TensorExample get(size_t index) override;
  /// Copies of the rows, which are views of one new tensor where rows need no gradient.
  std::vector<TensorExample> get_batch(ArrayRef<size_t> indices) override;
  std::optional<size_t> size() const override;

  Tensor tensor;
};

/// The rows of a tensor of data, each with its row of a tensor of targets. With tensors that
/// load_npy() or load_safetensors() have mapped, a dataset larger than memory.
struct GRADUS_API TensorPairDataset : public Dataset<TensorPairDataset> {
  /// @throws ValueError unless both have the same number of rows
  TensorPairDataset(Tensor data, Tensor target);

  /// Views of row `index`. @throws IndexError
  Example<> get(size_t index) override;
  /// Copies of the rows, which are views of new tensors where rows need no gradient.
  std::vector<Example<>> get_batch(ArrayRef<size_t> indices) override;
  std::optional<size_t> size() const override;

  Tensor data, target;
};

}  // namespace gradus::data::datasets
