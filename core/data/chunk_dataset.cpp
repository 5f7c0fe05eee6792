#include "core/data/chunk_dataset.h"

namespace gradus::data::datasets {

ChunkDatasetOptions::ChunkDatasetOptions(size_t preloader_count, size_t batch_size,
                                         size_t cache_size, size_t cross_chunk_shuffle_count)
    : preloader_count_(preloader_count),
      batch_size_(batch_size),
      cache_size_(cache_size),
      cross_chunk_shuffle_count_(cross_chunk_shuffle_count) {
  GRADUS_CHECK_VALUE(
      preloader_count > 0 && batch_size > 0 && cache_size > 0 && cross_chunk_shuffle_count > 0,
      "ChunkDatasetOptions: expected positive numbers, got {} preloaders, batches of {}, a cache "
      "of {} and {} chunks shuffled at once",
      preloader_count, batch_size, cache_size, cross_chunk_shuffle_count);
  GRADUS_CHECK_VALUE(cache_size >= batch_size,
                     "ChunkDatasetOptions: a cache of {} does not hold a batch of {}", cache_size,
                     batch_size);
}

}  // namespace gradus::data::datasets
