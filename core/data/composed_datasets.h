#pragma once

// Datasets made of datasets. They own what they are made of; a copy of a dataset of this library
// shares its memory, so `Subset(dataset, ...)` costs nothing.

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/data/datasets.h"
#include "core/error.h"
#include "core/generator.h"
#include "core/hidden.h"

namespace gradus::data::datasets {

namespace detail {
/// @throws Error where the dataset does not know its size
template <class Source>
size_t known_size(const char* name, const Source& dataset) {
  const std::optional<size_t> size = dataset.size();
  GRADUS_CHECK(size.has_value(), "{}: the dataset must know its size", name);
  return *size;
}
GRADUS_API void check_subset(ArrayRef<size_t> indices, size_t size);
GRADUS_API std::vector<std::vector<size_t>> split_indices(size_t size,
                                                          const std::vector<size_t>& lengths,
                                                          Generator generator);
GRADUS_API std::vector<size_t> split_lengths(size_t size, const std::vector<double>& fractions);
GRADUS_API std::vector<std::vector<size_t>> stratified_indices(const Tensor& labels,
                                                               const std::vector<double>& fractions,
                                                               Generator generator);
/// std::mutex without the cost of <mutex> for every includer.
class GRADUS_API Mutex {
 public:
  Mutex();
  ~Mutex();
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

 private:
  friend class Lock;
  struct Impl;
  Hidden<Impl> impl_;
};
/// Holds a Mutex while it lives.
class GRADUS_API Lock {
 public:
  explicit Lock(Mutex& mutex);
  ~Lock();
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  Mutex& mutex_;
};
}  // namespace detail

/// Some of the elements of a dataset, as Python's Subset.
template <class Source>
class Subset : public Dataset<Subset<Source>, typename Source::ExampleType> {
 public:
  using ExampleType = typename Source::ExampleType;

  /// @throws IndexError for an index that the dataset does not have
  Subset(Source dataset, std::vector<size_t> indices)
      : dataset_(std::move(dataset)),
        indices_(std::make_shared<const std::vector<size_t>>(std::move(indices))) {
    detail::check_subset(*indices_, detail::known_size("Subset", dataset_));
  }

  ExampleType get(size_t index) override { return dataset_.get(original({&index, 1}).front()); }
  std::vector<ExampleType> get_batch(ArrayRef<size_t> indices) override {
    return dataset_.get_batch(original(indices));
  }
  std::optional<size_t> size() const override { return indices_->size(); }

  const Source& dataset() const noexcept { return dataset_; }
  /// Which elements of the dataset these are.
  const std::vector<size_t>& indices() const noexcept { return *indices_; }

 private:
  std::vector<size_t> original(ArrayRef<size_t> indices) const {
    detail::check_subset(indices, indices_->size());
    std::vector<size_t> originals;
    originals.reserve(indices.size());
    for (const size_t index : indices) originals.push_back((*indices_)[index]);
    return originals;
  }

  Source dataset_;
  std::shared_ptr<const std::vector<size_t>> indices_;
};

/// The sizes of the parts of a split: whole numbers that add up to the size of the dataset, or
/// fractions that add up to 1.
class SplitSizes {
 public:
  template <class T>
  SplitSizes(std::initializer_list<T> sizes) {  // NOLINT: converts by design
    assign(sizes);
  }
  template <class T>
  SplitSizes(const std::vector<T>& sizes) {  // NOLINT: converts by design
    assign(sizes);
  }

  /// The lengths of the parts of `size` elements.
  std::vector<size_t> lengths(size_t size) const {
    return fractions_.empty() ? lengths_ : detail::split_lengths(size, fractions_);
  }

 private:
  template <class List>
  void assign(const List& sizes) {
    using T = typename List::value_type;
    if constexpr (std::is_floating_point_v<T>) {
      for (const T size : sizes) fractions_.push_back(size);
    } else {
      for (const T size : sizes) lengths_.push_back(static_cast<size_t>(size));
    }
  }

  std::vector<size_t> lengths_;
  std::vector<double> fractions_;
};

/// Cuts a dataset at random into subsets, as Python's random_split. Of a fraction a subset gets
/// floor(fraction * size) elements, and what remains goes to the subsets one by one.
///
///     auto parts = random_split(dataset, {0.9, 0.1});
/// @throws ValueError unless the lengths add up to the size of the dataset, or the fractions to 1
template <class Source>
std::vector<Subset<Source>> random_split(const Source& dataset, const SplitSizes& sizes,
                                         Generator generator = default_generator()) {
  std::vector<Subset<Source>> subsets;
  const size_t size = detail::known_size("random_split", dataset);
  for (auto& indices : detail::split_indices(size, sizes.lengths(size), std::move(generator))) {
    subsets.emplace_back(dataset, std::move(indices));
  }
  return subsets;
}

/// As random_split with fractions, applied to the elements of each class by itself, so that every
/// subset has the classes in the same proportion. `labels` has an int64 per element.
template <class Source>
std::vector<Subset<Source>> stratified_split(const Source& dataset, const Tensor& labels,
                                             const std::vector<double>& fractions,
                                             Generator generator = default_generator()) {
  const size_t size = detail::known_size("stratified_split", dataset);
  GRADUS_CHECK_VALUE(labels.dim() == 1 && static_cast<size_t>(labels.numel()) == size,
                     "stratified_split: expected {} labels, got a tensor of shape {}", size,
                     labels.sizes());
  std::vector<Subset<Source>> subsets;
  for (auto& indices : detail::stratified_indices(labels, fractions, std::move(generator))) {
    subsets.emplace_back(dataset, std::move(indices));
  }
  return subsets;
}

/// Datasets of one type, one after the other, as Python's ConcatDataset.
template <class Source>
class ConcatDataset : public Dataset<ConcatDataset<Source>, typename Source::ExampleType> {
 public:
  using ExampleType = typename Source::ExampleType;

  /// @throws ValueError for no datasets, Error for one that does not know its size
  explicit ConcatDataset(std::vector<Source> datasets) : datasets_(std::move(datasets)) {
    GRADUS_CHECK_VALUE(!datasets_.empty(), "ConcatDataset: there are no datasets");
    size_t size = 0;
    for (const Source& dataset : datasets_) {
      ends_.push_back(size += detail::known_size("ConcatDataset", dataset));
    }
  }

  ExampleType get(size_t index) override {
    detail::check_subset({&index, 1}, ends_.back());
    size_t at = 0;
    while (index >= ends_[at]) ++at;
    return datasets_[at].get(at == 0 ? index : index - ends_[at - 1]);
  }
  std::optional<size_t> size() const override { return ends_.back(); }

  const std::vector<Source>& datasets() const noexcept { return datasets_; }
  /// Where each dataset ends, as in Python.
  const std::vector<size_t>& cumulative_sizes() const noexcept { return ends_; }

 private:
  std::vector<Source> datasets_;
  std::vector<size_t> ends_;
};

/// Element i is a tuple of the elements i of all datasets, as Python's StackDataset.
template <class... Sources>
class StackDataset
    : public Dataset<StackDataset<Sources...>, std::tuple<typename Sources::ExampleType...>> {
 public:
  using ExampleType = std::tuple<typename Sources::ExampleType...>;

  /// @throws ValueError where the sizes differ
  explicit StackDataset(Sources... datasets) : datasets_(std::move(datasets)...) {
    std::apply(
        [&](const Sources&... all) {
          const size_t sizes[] = {detail::known_size("StackDataset", all)...};
          size_ = sizes[0];
          for (const size_t size : sizes) {
            GRADUS_CHECK_VALUE(size == size_, "StackDataset: datasets of {} and {} elements", size_,
                               size);
          }
        },
        datasets_);
  }

  ExampleType get(size_t index) override {
    return std::apply([&](Sources&... datasets) { return ExampleType{datasets.get(index)...}; },
                      datasets_);
  }
  std::optional<size_t> size() const override { return size_; }

 private:
  std::tuple<Sources...> datasets_;
  size_t size_ = 0;
};

/// Keeps every element once it was made: for datasets whose get() is slow and always gives the
/// same. Copies share what is kept. What get() draws at random is drawn once.
template <class Source>
class CachedDataset : public Dataset<CachedDataset<Source>, typename Source::ExampleType> {
 public:
  using ExampleType = typename Source::ExampleType;

  explicit CachedDataset(Source dataset)
      : dataset_(std::move(dataset)),
        cache_(std::make_shared<Cache>(detail::known_size("CachedDataset", dataset_))) {}

  /// Two threads that ask for a new element at once may both make it; one of the two is kept.
  ExampleType get(size_t index) override {
    detail::check_subset({&index, 1}, cache_->elements.size());
    {
      const detail::Lock lock(cache_->mutex);
      if (cache_->elements[index]) return *cache_->elements[index];
    }
    ExampleType made = dataset_.get(index);
    const detail::Lock lock(cache_->mutex);
    if (!cache_->elements[index]) cache_->elements[index].emplace(std::move(made));
    return *cache_->elements[index];
  }
  std::optional<size_t> size() const override { return cache_->elements.size(); }

 private:
  struct Cache {
    explicit Cache(size_t size) : elements(size) {}
    detail::Mutex mutex;
    std::vector<std::optional<ExampleType>> elements;
  };
  Source dataset_;
  std::shared_ptr<Cache> cache_;
};

}  // namespace gradus::data::datasets
