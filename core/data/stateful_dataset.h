#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "core/data/datasets.h"
#include "core/error.h"

namespace gradus::serialize {
class InputArchive;
class OutputArchive;
}  // namespace gradus::serialize

namespace gradus::data::datasets {

/// A dataset that is asked for so many elements and decides itself which come next: a socket, a
/// database, a generator. A loader calls get_batch() from one thread at a time and in the order of
/// the batches, so streams need no locks and their order does not depend on the number of workers.
template <class Self, class Batch = std::vector<Example<>>>
using StreamDataset = BatchDataset<Self, Batch, /*BatchRequest=*/size_t>;

/// A dataset that knows itself when an epoch ends: get_batch() then returns nothing, and reset()
/// begins the next epoch. Loaded by a StatefulDataLoader, which calls get_batch() from one thread
/// at a time and in the order of the batches; transforms run in parallel.
template <class Self, class Batch = std::vector<Example<>>, class BatchRequest = size_t>
class StatefulDataset : public BatchDataset<Self, std::optional<Batch>, BatchRequest> {
 public:
  /// Begins an epoch. What it draws from the default generator is a function of the loader's seed
  /// and the epoch.
  virtual void reset() = 0;

  /// libtorch's way to keep the position; gradus's loader does not need it. @throws
  /// NotImplementedError unless overridden
  virtual void save(serialize::OutputArchive&) const {
    throw NotImplementedError("this dataset does not override save()");
  }
  virtual void load(serialize::InputArchive&) {
    throw NotImplementedError("this dataset does not override load()");
  }
};

/// torch::save and torch::load of the position.
template <class Self, class Batch, class BatchRequest>
serialize::OutputArchive& operator<<(serialize::OutputArchive& archive,
                                     const StatefulDataset<Self, Batch, BatchRequest>& dataset) {
  dataset.save(archive);
  return archive;
}
template <class Self, class Batch, class BatchRequest>
serialize::InputArchive& operator>>(serialize::InputArchive& archive,
                                    StatefulDataset<Self, Batch, BatchRequest>& dataset) {
  dataset.load(archive);
  return archive;
}

/// A stream of single elements, as Python's IterableDataset: override next() and reset().
///
///     struct Lines : data::datasets::IterableDataset<Lines, std::string> {
///       std::optional<std::string> next() override { return read_line(file); }
///       void reset() override { rewind(file); }
///     };
template <class Self, class SingleExample = Example<>>
class IterableDataset : public StatefulDataset<Self, std::vector<SingleExample>, size_t> {
 public:
  using ExampleType = SingleExample;

  /// The next element of this epoch; nothing at its end.
  virtual std::optional<SingleExample> next() = 0;

  /// Up to `batch_size` elements; nothing at the end.
  std::optional<std::vector<SingleExample>> get_batch(size_t batch_size) override {
    std::vector<SingleExample> batch;
    while (batch.size() < batch_size) {
      std::optional<SingleExample> example = next();
      if (!example) break;
      batch.push_back(std::move(*example));
    }
    if (batch.empty()) return std::nullopt;
    return batch;
  }
  std::optional<size_t> size() const override { return std::nullopt; }
};

/// Several iterable datasets of one type, one after the other, as Python's ChainDataset.
template <class Source>
class ChainDataset final
    : public IterableDataset<ChainDataset<Source>, typename Source::ExampleType> {
 public:
  explicit ChainDataset(std::vector<Source> datasets) : datasets_(std::move(datasets)) {}

  std::optional<typename Source::ExampleType> next() override {
    for (; current_ < datasets_.size(); ++current_) {
      if (auto example = datasets_[current_].next()) return example;
    }
    return std::nullopt;
  }
  void reset() override {
    for (Source& dataset : datasets_) dataset.reset();
    current_ = 0;
  }

 private:
  std::vector<Source> datasets_;
  size_t current_ = 0;
};

/// Refers to a dataset that several loaders or parts of a program share. What is called from
/// several threads must be safe for that, as with every dataset.
template <class UnderlyingDataset>
class SharedBatchDataset : public BatchDataset<SharedBatchDataset<UnderlyingDataset>,
                                               typename UnderlyingDataset::BatchType,
                                               typename UnderlyingDataset::BatchRequestType> {
 public:
  using BatchType = typename UnderlyingDataset::BatchType;
  using BatchRequestType = typename UnderlyingDataset::BatchRequestType;

  /// @throws Error for a null pointer
  SharedBatchDataset(std::shared_ptr<UnderlyingDataset> dataset)  // NOLINT: converts by design
      : dataset_(std::move(dataset)) {
    GRADUS_CHECK(dataset_ != nullptr, "SharedBatchDataset: the dataset is null");
  }

  BatchType get_batch(BatchRequestType request) override {
    return dataset_->get_batch(std::move(request));
  }
  std::optional<size_t> size() const override { return dataset_->size(); }
  void reset() { dataset_->reset(); }

  UnderlyingDataset& operator*() { return *dataset_; }
  const UnderlyingDataset& operator*() const { return *dataset_; }
  UnderlyingDataset* operator->() { return dataset_.get(); }
  const UnderlyingDataset* operator->() const { return dataset_.get(); }

 private:
  std::shared_ptr<UnderlyingDataset> dataset_;
};

/// A SharedBatchDataset of a dataset that is made from `args`.
template <class UnderlyingDataset, class... Args>
SharedBatchDataset<UnderlyingDataset> make_shared_dataset(Args&&... args) {
  return SharedBatchDataset<UnderlyingDataset>(
      std::make_shared<UnderlyingDataset>(std::forward<Args>(args)...));
}

}  // namespace gradus::data::datasets
