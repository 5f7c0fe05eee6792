#pragma once

#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "core/arg.h"
#include "core/callable.h"
#include "core/data/prefetcher.h"
#include "core/data/samplers.h"
#include "core/data/stateful_dataset.h"
#include "core/error.h"
#include "core/hidden.h"

namespace gradus::data::datasets {

/// Reads a dataset that lies in chunks (files, as a rule), each of which fits into memory.
/// read_chunk() is called from several threads at once.
template <class ExampleType_, class ChunkType_ = std::vector<ExampleType_>>
class ChunkDataReader {
 public:
  using ChunkType = ChunkType_;
  using BatchType = ChunkType_;
  using ExampleType = ExampleType_;

  virtual ~ChunkDataReader() = default;

  /// All elements of a chunk.
  virtual ChunkType read_chunk(size_t chunk_index) = 0;
  /// The number of chunks.
  virtual size_t chunk_count() = 0;
  /// Called when an epoch begins.
  virtual void reset() = 0;
};

/// Settings of a ChunkDataset.
struct GRADUS_API ChunkDatasetOptions {
  ChunkDatasetOptions() = delete;
  /// @throws ValueError for a 0, or a cache smaller than a batch
  ChunkDatasetOptions(size_t preloader_count, size_t batch_size, size_t cache_size = 2048,
                      size_t cross_chunk_shuffle_count = 1);

  /// Threads that read chunks ahead; as many groups of chunks are held in memory beside the one in
  /// use.
  GRADUS_ARG(size_t, preloader_count);
  /// Elements per batch.
  GRADUS_ARG(size_t, batch_size);
  /// Elements beyond which nothing is read ahead. Default: 2048.
  GRADUS_ARG(size_t, cache_size) = 2048;
  /// Chunks whose elements are shuffled together. Default: 1.
  GRADUS_ARG(size_t, cross_chunk_shuffle_count) = 1;
};

/// A dataset larger than memory that lies in chunks: chunks come in the order of one sampler, and
/// the elements of those that are shuffled together in the order of another. Chunks are read ahead
/// by threads of its own; the order depends neither on them nor on the loader's workers.
template <class ChunkReader, class ChunkSampler = samplers::RandomSampler,
          class ExampleSampler = samplers::RandomSampler>
class ChunkDataset final
    : public StatefulDataset<ChunkDataset<ChunkReader, ChunkSampler, ExampleSampler>,
                             typename ChunkReader::BatchType, size_t> {
 public:
  using BatchType = std::optional<typename ChunkReader::BatchType>;
  using UnwrappedBatchType = typename ChunkReader::BatchType;
  using BatchRequestType = size_t;
  using ChunkSamplerType = ChunkSampler;
  using ExampleSamplerType = ExampleSampler;
  using PreprocessingPolicy = Callable<void(UnwrappedBatchType&)>;

  /// `preprocessing_policy` may change the elements of a group of chunks right after it was read,
  /// on the thread that read it.
  ChunkDataset(ChunkReader chunk_reader, ChunkSampler chunk_sampler, ExampleSampler example_sampler,
               ChunkDatasetOptions options, PreprocessingPolicy preprocessing_policy = nullptr)
      : reader_(std::make_shared<ChunkReader>(std::move(chunk_reader))),
        chunk_sampler_(std::move(chunk_sampler)),
        example_sampler_(std::move(example_sampler)),
        options_(std::move(options)),
        policy_(std::move(preprocessing_policy)) {}

  /// The next `batch_size` elements, fewer at the end of the epoch, then nothing.
  /// @throws ValueError unless batch_size is that of the options, and what the reader throws
  BatchType get_batch(size_t batch_size) override {
    GRADUS_CHECK_VALUE(batch_size == options_.batch_size(),
                       "ChunkDataset: asked for a batch of {}, made for batches of {}", batch_size,
                       options_.batch_size());
    GRADUS_CHECK(preloader_ != nullptr, "ChunkDataset: call reset() before get_batch()");
    UnwrappedBatchType batch;
    while (batch.size() < batch_size) {
      if (next_ == order_.size() && !next_group()) break;
      while (next_ < order_.size() && batch.size() < batch_size) {
        batch.push_back(std::move(group_[order_[next_++]]));
      }
    }
    if (batch.empty()) return std::nullopt;
    return batch;
  }
  BatchType get_batch() { return get_batch(options_.batch_size()); }

  /// Begins an epoch.
  void reset() override {
    preloader_.reset();  // waits for the chunks being read
    reader_->reset();
    chunk_sampler_.reset(reader_->chunk_count());
    more_chunks_ = true;
    group_.clear();
    order_.clear();
    next_ = 0;
    preloader_ =
        std::make_unique<data::detail::Prefetcher>(options_.preloader_count(), /*ordered=*/true);
  }

  std::optional<size_t> size() const override { return std::nullopt; }

  ChunkSampler& chunk_sampler() { return chunk_sampler_; }

 private:
  struct Job final : data::detail::LoaderJob {
    void run() override {
      for (const size_t chunk : chunks) {
        UnwrappedBatchType part = reader->read_chunk(chunk);
        for (auto& example : part) examples.push_back(std::move(example));
      }
      if (policy) policy(examples);
    }
    std::shared_ptr<ChunkReader> reader;
    PreprocessingPolicy policy;
    std::vector<size_t> chunks;
    UnwrappedBatchType examples;
  };

  void preload() {
    // The size of the last group stands for those under way; one group is always read ahead.
    const auto wanted = [&] {
      const size_t count = preloader_->in_flight();
      return count == 0 ||
             (count < options_.preloader_count() && count * group_.size() < options_.cache_size());
    };
    while (more_chunks_ && wanted()) {
      auto chunks = chunk_sampler_.next(options_.cross_chunk_shuffle_count());
      more_chunks_ = chunks.has_value();
      if (!chunks) break;
      auto job = std::make_unique<Job>();
      job->reader = reader_;
      job->policy = policy_;
      job->chunks = std::move(*chunks);
      preloader_->submit(std::move(job));
    }
  }

  // False at the end of the epoch.
  bool next_group() {
    preload();
    if (preloader_->in_flight() == 0) return false;
    const auto job = preloader_->take(std::nullopt);
    group_.clear();
    order_.clear();
    next_ = 0;
    if (job->exception) std::rethrow_exception(job->exception);
    group_ = std::move(static_cast<Job&>(*job).examples);
    preload();
    example_sampler_.reset(group_.size());
    if (auto order = example_sampler_.next(group_.size())) order_ = std::move(*order);
    return true;
  }

  std::shared_ptr<ChunkReader> reader_;
  ChunkSampler chunk_sampler_;
  ExampleSampler example_sampler_;
  ChunkDatasetOptions options_;
  PreprocessingPolicy policy_;
  bool more_chunks_ = false;
  UnwrappedBatchType group_;   // chunks that are shuffled together
  std::vector<size_t> order_;  // of the elements of the group
  size_t next_ = 0;            // position in the order
  Hidden<data::detail::Prefetcher> preloader_;
};

}  // namespace gradus::data::datasets
