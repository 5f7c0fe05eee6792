#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/array_ref.h"
#include "core/data/iterator.h"
#include "core/data/options.h"
#include "core/data/prefetcher.h"
#include "core/data/random_stream.h"
#include "core/data/samplers.h"
#include "core/data/worker_exception.h"
#include "core/error.h"
#include "core/export.h"
#include "core/state.h"

namespace gradus::data {

namespace detail {

/// What all data loaders do alike: epochs, prefetching, and the position for a checkpoint.
class GRADUS_API LoaderBase : public Stateful {
 public:
  ~LoaderBase() override;
  LoaderBase(const LoaderBase&) = delete;
  LoaderBase& operator=(const LoaderBase&) = delete;

  /// The options with all defaults filled in.
  const FullDataLoaderOptions& options() const noexcept { return options_; }

  /// Ends the walk over this epoch: drops what was loaded ahead and waits for the workers.
  void join();

  /// Where the loader is: seed, epoch, batches given out, and the sampler's order. Restored into a
  /// loader over the same dataset with the same batch size (and any number of workers), the next
  /// begin() goes on with the batch that would have come (if batches come in order). Taken while
  /// the last batch of an epoch is worked on, it goes on with an empty rest of that epoch.
  /// @throws NotImplementedError where the sampler does not support it
  StateDict state_dict() const override;
  void load_state_dict(const StateDict& state) override;

 protected:
  explicit LoaderBase(DataLoaderOptions options);

  struct Stream {
    uint64_t seed, epoch, number;
  };

  /// The job of the next batch, or null at the end of the epoch.
  virtual std::unique_ptr<LoaderJob> next_job(const Stream& stream) = 0;
  virtual void reset_sampler() = 0;
  virtual Stateful& sampler_state() = 0;

  /// Begins an epoch, or goes on where load_state_dict() has put the loader; returns a number that
  /// names the walk.
  uint64_t begin_walk();
  /// The job of the next batch, done; null at the end. @throws WorkerException and what the dataset
  /// throws
  std::unique_ptr<LoaderJob> next_done(uint64_t walk);
  /// For destructors: workers must be done before the dataset goes.
  void stop() noexcept;

 private:
  std::unique_ptr<LoaderJob> make_job();
  void remember_sampler();

  FullDataLoaderOptions options_;
  std::unique_ptr<Prefetcher> prefetcher_;  // null without workers
  uint64_t seed_;
  uint64_t epoch_ = 0;      // epochs begun
  uint64_t requested_ = 0;  // batches of this epoch that the sampler gave out
  uint64_t delivered_ = 0;  // batches of this epoch that the caller got
  bool within_epoch_ = false;
  bool exhausted_ = false;  // the sampler has no more
  bool resuming_ = false;
  uint64_t walk_ = 0;
  std::optional<StateDict> sampler_at_start_;  // of this epoch; none where the sampler has no state
};

}  // namespace detail

/// Loads batches of `Dataset` in the order that `Sampler` gives, ahead of time where the options
/// name workers. Made by make_data_loader().
///
///     auto loader = data::make_data_loader(std::move(dataset),
///     data::DataLoaderOptions(64).workers(2)); for (int epoch = 0; epoch < 5; ++epoch) {
///       for (data::Example<>& batch : *loader) train(batch.data, batch.target);
///     }
///
/// Workers share the dataset, so it must be safe to call from several threads at once. Leaving the
/// loop early is fine; the next begin() starts a new epoch. Iterators live as long as the loader.
template <class Dataset, class Sampler>
class StatelessDataLoader : public detail::LoaderBase {
 public:
  static_assert(!Dataset::is_stateful, "stateful datasets are not supported yet");
  using BatchType = typename Dataset::BatchType;
  using BatchRequestType = typename Sampler::BatchRequestType;

  StatelessDataLoader(Dataset dataset, Sampler sampler, DataLoaderOptions options)
      : LoaderBase(std::move(options)),
        dataset_(std::move(dataset)),
        sampler_(std::move(sampler)) {}
  ~StatelessDataLoader() override { stop(); }

  /// Starts an epoch; iterators of an earlier one become invalid.
  Iterator<BatchType> begin() {
    return Iterator<BatchType>([this, walk = begin_walk()]() -> std::optional<BatchType> {
      std::unique_ptr<detail::LoaderJob> job = next_done(walk);
      if (job == nullptr) return std::nullopt;
      return std::move(static_cast<Job&>(*job).batch);
    });
  }
  Iterator<BatchType> end() { return {}; }

 private:
  struct Job final : detail::LoaderJob {
    Job(Dataset& dataset, BatchRequestType request, const Stream& stream)
        : dataset(dataset), request(std::move(request)), stream(stream) {}

    void run() override {
      ArrayRef<size_t> indices;
      if constexpr (std::is_convertible_v<const BatchRequestType&, ArrayRef<size_t>>)
        indices = request;
      detail::BatchScope scope(stream.seed, stream.epoch, stream.number, indices);
      try {
        batch = dataset.get_batch(request);
      } catch (...) {
        failed_index = scope.current_index();
        throw;
      }
    }

    Dataset& dataset;
    BatchRequestType request;
    Stream stream;
    std::optional<BatchType> batch;
  };

  std::unique_ptr<detail::LoaderJob> next_job(const Stream& stream) override {
    std::optional<BatchRequestType> request = sampler_.next(options().batch_size);
    if (!request || request->size() == 0) return nullptr;
    if (options().drop_last && request->size() < options().batch_size) return nullptr;
    return std::make_unique<Job>(dataset_, std::move(*request), stream);
  }
  void reset_sampler() override { sampler_.reset(std::nullopt); }
  Stateful& sampler_state() override { return sampler_; }

  Dataset dataset_;
  Sampler sampler_;
};

/// A loader of `dataset` in the order of `sampler`.
template <class Dataset, class Sampler>
std::unique_ptr<StatelessDataLoader<Dataset, Sampler>> make_data_loader(Dataset dataset,
                                                                        Sampler sampler,
                                                                        DataLoaderOptions options) {
  return std::make_unique<StatelessDataLoader<Dataset, Sampler>>(
      std::move(dataset), std::move(sampler), std::move(options));
}

/// A loader of `dataset` in random order, or in that of another sampler that is made from a size:
///     make_data_loader<samplers::SequentialSampler>(std::move(dataset), /*options=*/64)
/// @throws Error where the size of the dataset is not known; ValueError as FullDataLoaderOptions
template <class Sampler = samplers::RandomSampler, class Dataset,
          class = std::enable_if_t<std::is_constructible_v<Sampler, size_t>>>
std::unique_ptr<StatelessDataLoader<Dataset, Sampler>> make_data_loader(
    Dataset dataset, DataLoaderOptions options = {}) {
  const std::optional<size_t> size = dataset.size();
  GRADUS_CHECK(size.has_value(),
               "make_data_loader: the dataset must know its size to make a sampler for it");
  return make_data_loader(std::move(dataset), Sampler(*size), std::move(options));
}

}  // namespace gradus::data
