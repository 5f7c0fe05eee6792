#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/array_ref.h"
#include "core/data/datasets.h"
#include "core/data/iterator.h"
#include "core/data/options.h"
#include "core/data/prefetcher.h"
#include "core/data/random_stream.h"
#include "core/data/samplers.h"
#include "core/data/worker_exception.h"
#include "core/error.h"
#include "core/export.h"
#include "core/generator.h"
#include "core/hidden.h"
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
  /// Begins an epoch.
  virtual void reset_source(const Stream& stream) = 0;
  /// Makes a job count as done when a run is resumed.
  virtual void skip(LoaderJob& job);
  /// Null where a dataset decides on its order itself.
  virtual Stateful* sampler_state() = 0;
  const Stateful* sampler_state() const { return const_cast<LoaderBase*>(this)->sampler_state(); }

  /// Begins an epoch, or goes on where load_state_dict() has put the loader; returns a number that
  /// names the walk.
  uint64_t begin_walk();
  /// The job of the next batch, done; null at the end. @throws WorkerException and what the dataset
  /// throws
  std::unique_ptr<LoaderJob> next_done(uint64_t walk);
  /// For destructors: workers must be done before the dataset goes.
  void stop() noexcept;

  Turns turns_;  // of datasets that are streams

 private:
  std::unique_ptr<LoaderJob> make_job();
  std::optional<StateDict> state_of_sampler() const;

  FullDataLoaderOptions options_;
  Hidden<Prefetcher> prefetcher_;  // null without workers
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

// Reads a batch of a stream when it is job `number`'s turn; transforms run after the turn.
template <class Dataset, class Request>
typename Dataset::BatchType fetch_in_turn(Dataset& dataset, Request request, Turns& turns,
                                          uint64_t number) {
  Turns::Guard turn(turns, number);
  if constexpr (Dataset::is_stateful) {
    if (turn.ended()) return std::nullopt;
    auto batch = dataset.get_batch(std::move(request));
    if (!batch) turn.set_ended();
    return batch;
  } else {
    return dataset.get_batch(std::move(request));
  }
}
template <class Source, class Transform, class Request>
auto fetch_in_turn(datasets::MapDataset<Source, Transform>& dataset, Request request, Turns& turns,
                   uint64_t number) {
  return dataset.finish(fetch_in_turn(dataset.dataset(), std::move(request), turns, number));
}

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
  static_assert(!Dataset::is_stateful, "a stateful dataset has no sampler");
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
    Job(Dataset& dataset, detail::Turns& turns, BatchRequestType request, const Stream& stream)
        : dataset(dataset), turns(turns), request(std::move(request)), stream(stream) {}

    void run() override {
      constexpr bool kByIndex = std::is_convertible_v<const BatchRequestType&, ArrayRef<size_t>>;
      ArrayRef<size_t> indices;
      if constexpr (kByIndex) indices = request;
      detail::BatchScope scope(stream.seed, stream.epoch, stream.number, indices);
      try {
        if constexpr (kByIndex) {
          batch = dataset.get_batch(request);
        } else {
          batch = detail::fetch_in_turn(dataset, request, turns, stream.number);
        }
      } catch (...) {
        failed_index = scope.current_index();
        throw;
      }
    }

    Dataset& dataset;
    detail::Turns& turns;
    BatchRequestType request;
    Stream stream;
    std::optional<BatchType> batch;
  };

  std::unique_ptr<detail::LoaderJob> next_job(const Stream& stream) override {
    std::optional<BatchRequestType> request = sampler_.next(options().batch_size);
    if (!request || request->size() == 0) return nullptr;
    if (options().drop_last && request->size() < options().batch_size) return nullptr;
    return std::make_unique<Job>(dataset_, turns_, std::move(*request), stream);
  }
  void reset_source(const Stream&) override { sampler_.reset(std::nullopt); }
  Stateful* sampler_state() override { return &sampler_; }

  Dataset dataset_;
  Sampler sampler_;
};

/// Loads batches of a dataset that decides on its order itself, as StatelessDataLoader otherwise.
/// get_batch() is called from one thread at a time and in order; transforms run in parallel. A run
/// that is resumed reads over the batches that were given out before.
template <class Dataset>
class StatefulDataLoader : public detail::LoaderBase {
 public:
  static_assert(Dataset::is_stateful, "the dataset needs a sampler: use StatelessDataLoader");
  using BatchType = typename Dataset::BatchType::value_type;
  using BatchRequestType = typename Dataset::BatchRequestType;

  StatefulDataLoader(Dataset dataset, DataLoaderOptions options)
      : LoaderBase(std::move(options)), dataset_(std::move(dataset)) {}
  ~StatefulDataLoader() override { stop(); }

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
    Job(Dataset& dataset, detail::Turns& turns, size_t batch_size, const Stream& stream)
        : dataset(dataset), turns(turns), batch_size(batch_size), stream(stream) {}

    void run() override {
      detail::BatchScope scope(stream.seed, stream.epoch, stream.number, {});
      batch = detail::fetch_in_turn(dataset, BatchRequestType(batch_size), turns, stream.number);
      at_end = !batch.has_value();
    }

    Dataset& dataset;
    detail::Turns& turns;
    size_t batch_size;
    Stream stream;
    std::optional<BatchType> batch;
  };

  std::unique_ptr<detail::LoaderJob> next_job(const Stream& stream) override {
    return std::make_unique<Job>(dataset_, turns_, options().batch_size, stream);
  }
  void reset_source(const Stream& stream) override {
    const GeneratorGuard guard(Generator::for_sample(stream.seed, stream.epoch, UINT64_MAX));
    dataset_.reset();
  }
  void skip(detail::LoaderJob& job) override {
    try {
      job.run();
    } catch (...) {
      // It was thrown when the batch was asked for.
    }
  }
  Stateful* sampler_state() override { return nullptr; }

  Dataset dataset_;
};

/// A loader of a dataset that decides on its order itself.
template <class Dataset, class = std::enable_if_t<Dataset::is_stateful>>
std::unique_ptr<StatefulDataLoader<Dataset>> make_data_loader(Dataset dataset,
                                                              DataLoaderOptions options = {}) {
  return std::make_unique<StatefulDataLoader<Dataset>>(std::move(dataset), std::move(options));
}

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
template <
    class Sampler = samplers::RandomSampler, class Dataset,
    class = std::enable_if_t<std::is_constructible_v<Sampler, size_t> && !Dataset::is_stateful>>
std::unique_ptr<StatelessDataLoader<Dataset, Sampler>> make_data_loader(
    Dataset dataset, DataLoaderOptions options = {}) {
  const std::optional<size_t> size = dataset.size();
  GRADUS_CHECK(size.has_value(),
               "make_data_loader: the dataset must know its size to make a sampler for it");
  return make_data_loader(std::move(dataset), Sampler(*size), std::move(options));
}

}  // namespace gradus::data
