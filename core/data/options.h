#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/arg.h"
#include "core/callable.h"
#include "core/export.h"

namespace gradus::data {

/// A time span; made from any std::chrono::duration, without the cost of that header for
/// every includer.
struct Milliseconds {
  Milliseconds() = default;
  template <class Duration, class Period = typename Duration::period,
            class = decltype(Duration().count())>
  Milliseconds(Duration duration)  // NOLINT: converts by design
      : count(clamped(static_cast<double>(duration.count()) * (1e3 * Period::num / Period::den))) {}

  int64_t count = 0;

 private:
  // Three years are as good as no limit.
  static constexpr int64_t clamped(double count) {
    return count > 1e11 ? int64_t{100'000'000'000} : count > 0 ? static_cast<int64_t>(count) : 0;
  }
};

/// Settings of a data loader: `DataLoaderOptions().batch_size(64).workers(2)`, or just a batch
/// size.
struct DataLoaderOptions {
  using WorkerInitFn = Callable<void(int64_t)>;

  DataLoaderOptions() = default;
  DataLoaderOptions(size_t batch_size) : batch_size_(batch_size) {}  // NOLINT: converts by design

  /// Elements per batch. Default: 1.
  GRADUS_ARG(size_t, batch_size) = 1;
  /// Threads that load batches ahead; with 0 the calling thread loads each batch when it is asked
  /// for. Batches and their random numbers are the same for any number. Default: 0.
  GRADUS_ARG(size_t, workers) = 0;
  /// Batches that are loaded or waiting at one time. Default: twice the number of workers.
  GRADUS_ARG(std::optional<size_t>, max_jobs);
  /// Python's way to say it: max_jobs is prefetch_factor times the number of workers, where
  /// max_jobs is not given.
  GRADUS_ARG(std::optional<size_t>, prefetch_factor);
  /// Called on each thread that loads before its first batch, with a number that counts the
  /// threads; what it throws arrives as that batch's WorkerException. Default: none.
  GRADUS_ARG(WorkerInitFn, worker_init_fn);
  /// Accepted for source compatibility: there is no device whose copies it would speed up.
  GRADUS_ARG(bool, pin_memory) = false;
  /// How long to wait for a batch before Error is thrown; of use with workers only. Default:
  /// without end.
  GRADUS_ARG(std::optional<Milliseconds>, timeout);
  /// Whether batches come in the sampler's order; otherwise as they get ready. Default: true.
  GRADUS_ARG(bool, enforce_ordering) = true;
  /// Whether to leave out a last batch that is smaller than the others. Default: false.
  GRADUS_ARG(bool, drop_last) = false;
  /// Where the random streams of the samples begin. Default: drawn from the default generator.
  GRADUS_ARG(std::optional<uint64_t>, seed);
};

/// DataLoaderOptions with every default filled in and every value checked.
struct GRADUS_API FullDataLoaderOptions {
  /// @throws ValueError for a batch size of 0, more than 1024 workers, max_jobs of 0 with workers,
  /// a timeout below 1 ms
  explicit FullDataLoaderOptions(DataLoaderOptions options);

  size_t batch_size;
  size_t workers;
  size_t max_jobs;
  std::optional<Milliseconds> timeout;
  bool enforce_ordering;
  bool drop_last;
};

}  // namespace gradus::data
