#include "core/data/loader.h"

#include <exception>
#include <string>
#include <utility>

#include "core/generator.h"
#include "core/state_number.h"
#include "core/watch/record_scope.h"

namespace gradus::data {
namespace {

constexpr const char* kOwner = "DataLoader";
constexpr const char* kSampler = "sampler.";
constexpr size_t kMostWorkers = 1024;
constexpr size_t kMostBatch = size_t{1}
                              << 40;  // a negative number given for a size_t is far beyond

// Stands in the queue where the sampler threw, so that the batches before it arrive before the
// exception does.
struct SamplerFailure final : detail::LoaderJob {
  explicit SamplerFailure(std::exception_ptr original) : original(std::move(original)) {}
  void run() override {}
  std::exception_ptr original;
};

}  // namespace

FullDataLoaderOptions::FullDataLoaderOptions(DataLoaderOptions options)
    : batch_size(options.batch_size()),
      workers(options.workers()),
      max_jobs(
          options.max_jobs().value_or(options.prefetch_factor().value_or(2) * options.workers())),
      timeout(options.timeout()),
      enforce_ordering(options.enforce_ordering()),
      drop_last(options.drop_last()) {
  GRADUS_CHECK_VALUE(batch_size >= 1 && batch_size <= kMostBatch,
                     "DataLoader: batch_size must be at least 1, got {}",
                     static_cast<int64_t>(batch_size));
  GRADUS_CHECK_VALUE(workers <= kMostWorkers, "DataLoader: workers must be from 0 to {}, got {}",
                     kMostWorkers, static_cast<int64_t>(workers));
  GRADUS_CHECK_VALUE(workers == 0 || (max_jobs >= 1 && max_jobs <= kMostBatch),
                     "DataLoader: max_jobs must be at least 1, got {}",
                     static_cast<int64_t>(max_jobs));
  GRADUS_CHECK_VALUE(!timeout || timeout->count >= 1,
                     "DataLoader: the timeout must be at least 1 ms, got {} ms",
                     timeout ? timeout->count : 0);
}

WorkerException::WorkerException(std::exception_ptr original, std::optional<size_t> index)
    : Error([&] {
        std::string text = "Caught exception in DataLoader worker thread";
        if (index) text += " (sample " + std::to_string(*index) + ")";
        try {
          std::rethrow_exception(original);
        } catch (const std::exception& exception) {
          return text + ". Original message: " + exception.what();
        } catch (...) {
          return text + ".";
        }
      }()),
      original_exception(std::move(original)),
      message(what()),
      index(index) {}

WorkerException::~WorkerException() = default;

namespace detail {

LoaderBase::LoaderBase(DataLoaderOptions options) : options_(options) {
  const PhiloxBlock drawn = philox4x32(default_generator().reserve(1), 0);
  seed_ = options.seed().value_or(uint64_t{drawn.v[0]} << 32 | drawn.v[1]);
  if (options_.workers > 0) {
    prefetcher_ = std::make_unique<Prefetcher>(options_.workers, options_.enforce_ordering,
                                               options.worker_init_fn());
  }
}

LoaderBase::~LoaderBase() = default;

void LoaderBase::stop() noexcept {
  prefetcher_.reset();
}

void LoaderBase::join() {
  ++walk_;
  if (prefetcher_) prefetcher_->cancel();
}

void LoaderBase::skip(LoaderJob&) {}

std::optional<StateDict> LoaderBase::state_of_sampler() const {
  const Stateful* sampler = sampler_state();
  if (sampler == nullptr) return StateDict();
  try {
    return sampler->state_dict();
  } catch (const NotImplementedError&) {
    return std::nullopt;
  }
}

uint64_t LoaderBase::begin_walk() {
  join();
  turns_.restart(0);
  requested_ = 0;
  exhausted_ = false;
  if (resuming_) {
    resuming_ = false;
    if (Stateful* sampler = sampler_state()) {
      sampler->load_state_dict(*sampler_at_start_);
    } else {
      reset_source({seed_, epoch_, 0});
    }
    while (requested_ < delivered_) {
      const std::unique_ptr<LoaderJob> job = make_job();
      if (job == nullptr) break;
      skip(*job);
      exhausted_ |= job->at_end;
    }
  } else {
    ++epoch_;
    delivered_ = 0;
    reset_source({seed_, epoch_, 0});
    sampler_at_start_ = state_of_sampler();
  }
  within_epoch_ = true;
  return walk_;
}

std::unique_ptr<LoaderJob> LoaderBase::make_job() {
  if (exhausted_) return nullptr;
  std::unique_ptr<LoaderJob> job = next_job({seed_, epoch_, requested_});
  if (job != nullptr) {
    ++requested_;
  } else {
    exhausted_ = true;
  }
  return job;
}

std::unique_ptr<LoaderJob> LoaderBase::next_done(uint64_t walk) {
  GRADUS_CHECK(walk == walk_,
               "DataLoader: this iterator is of an epoch that has ended; call begin() again");
  std::unique_ptr<LoaderJob> job;
  if (prefetcher_ == nullptr) {
    job = make_job();
  } else {
    const auto refill = [&] {
      while (prefetcher_->in_flight() < options_.max_jobs) {
        std::unique_ptr<LoaderJob> next;
        try {
          next = make_job();
        } catch (...) {
          next = std::make_unique<SamplerFailure>(std::current_exception());
          exhausted_ = true;  // until it has arrived
        }
        if (next == nullptr) break;
        prefetcher_->submit(std::move(next));
      }
    };
    refill();
    if (prefetcher_->in_flight() > 0) {
      const auto milliseconds =
          options_.timeout ? std::optional(options_.timeout->count) : std::nullopt;
      job = prefetcher_->take(milliseconds);
      if (const auto* failure = dynamic_cast<const SamplerFailure*>(job.get())) {
        exhausted_ = false;
        std::rethrow_exception(failure->original);
      }
      refill();
    }
  }
  if (job != nullptr && prefetcher_ == nullptr) {
    ++delivered_;  // also of a batch that throws
    const RecordScope scope("DataLoader: load a batch", "data");
    job->run();
    if (job->at_end) --delivered_;
  } else if (job != nullptr && !job->at_end) {
    ++delivered_;
  }
  if (job != nullptr && job->at_end) {
    exhausted_ = true;
    // Where batches come as they get ready, earlier ones may still be under way.
    return next_done(walk);
  }
  if (job == nullptr) {
    within_epoch_ = false;
    return nullptr;
  }
  if (job->exception) throw WorkerException(job->exception, job->failed_index);
  return job;
}

StateDict LoaderBase::state_dict() const {
  const bool within_epoch = within_epoch_ || resuming_;
  StateDict state{{"seed", state_number(static_cast<int64_t>(seed_))},
                  {"epoch", state_number(static_cast<int64_t>(epoch_))},
                  {"delivered", state_number(static_cast<int64_t>(delivered_))},
                  {"within_epoch", state_number(within_epoch)},
                  {"batch_size", state_number(static_cast<int64_t>(options_.batch_size))}};
  // In the middle of an epoch its begin, from which the batches are counted; else where it is now.
  const std::optional<StateDict> sampler = within_epoch ? sampler_at_start_ : state_of_sampler();
  if (within_epoch && !sampler) {
    throw NotImplementedError("DataLoader: the sampler does not override state_dict()");
  }
  if (!sampler) return state;
  for (const auto& item : *sampler) state.insert(kSampler + item.key(), item.value());
  return state;
}

void LoaderBase::load_state_dict(const StateDict& state) {
  const int64_t batch_size = read_state_number(kOwner, state, "batch_size");
  GRADUS_CHECK(batch_size == static_cast<int64_t>(options_.batch_size),
               "DataLoader: the state is of batches of {}, this loader makes batches of {}",
               batch_size, options_.batch_size);
  const int64_t epoch = read_state_number(kOwner, state, "epoch");
  const int64_t delivered = read_state_number(kOwner, state, "delivered");
  GRADUS_CHECK(epoch >= 0 && delivered >= 0, "DataLoader: the state has epoch {} and batch {}",
               epoch, delivered);
  const int64_t seed = read_state_number(kOwner, state, "seed");
  const bool within_epoch = read_state_number(kOwner, state, "within_epoch") != 0;
  StateDict sampler;
  for (const auto& item : state) {
    const std::string prefix = kSampler;
    if (item.key().compare(0, prefix.size(), prefix) == 0) {
      sampler.insert(item.key().substr(prefix.size()), item.value());
    }
  }
  // A state that does not fit is refused now, not in begin().
  Stateful* own_sampler = sampler_state();
  if (own_sampler != nullptr && (within_epoch || !sampler.is_empty())) {
    own_sampler->load_state_dict(sampler);
  }
  join();
  seed_ = static_cast<uint64_t>(seed);
  epoch_ = static_cast<uint64_t>(epoch);
  delivered_ = static_cast<uint64_t>(delivered);
  resuming_ = within_epoch;
  within_epoch_ = false;
  sampler_at_start_ = std::move(sampler);
}

}  // namespace detail
}  // namespace gradus::data
