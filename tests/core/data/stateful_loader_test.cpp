#include <algorithm>
#include <atomic>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gradus/core/data/data.h>
#include <gradus/core/error.h>
#include <gradus/core/generator.h>
#include <gtest/gtest.h>

namespace {

using gradus::Error;
using gradus::manual_seed;
using gradus::StateDict;
using gradus::ValueError;
using gradus::data::DataLoaderOptions;
using gradus::data::make_data_loader;
using gradus::data::WorkerException;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using testing::ThrowsMessage;
namespace datasets = gradus::data::datasets;
namespace samplers = gradus::data::samplers;
namespace transforms = gradus::data::transforms;

using Batch = std::vector<int>;
using Epoch = std::vector<Batch>;

constexpr size_t kWorkers[] = {0, 1, 2, 4, 8};

template <class Loader>
Epoch epoch_of(Loader& loader) {
  Epoch epoch;
  for (auto& batch : loader) epoch.push_back(batch);
  return epoch;
}

int draw() {
  return static_cast<int>(gradus::philox4x32(gradus::default_generator().reserve(1), 0).v[0] %
                          1000);
}

// Counts up to a limit; not safe for several threads, and need not be.
struct Counter : datasets::IterableDataset<Counter, int> {
  Counter(int begin, int end) : begin(begin), end(end), value(begin) {}
  std::optional<int> next() override {
    if (value == fail_at) {
      ++value;
      throw std::runtime_error("unreadable");
    }
    if (value >= end) return std::nullopt;
    return value++;
  }
  void reset() override { value = begin; }
  int begin, end, value, fail_at = -1;
};

TEST(StatefulDataLoader, BatchesInOrderForAnyNumberOfWorkers) {
  for (const size_t workers : kWorkers) {
    auto loader = make_data_loader(Counter(0, 7), DataLoaderOptions(3).workers(workers));
    for (int round = 0; round < 3; ++round) {
      EXPECT_THAT(epoch_of(*loader),
                  ElementsAre(ElementsAre(0, 1, 2), ElementsAre(3, 4, 5), ElementsAre(6)));
    }
    auto exact = make_data_loader(Counter(0, 6), DataLoaderOptions(3).workers(workers));
    EXPECT_THAT(epoch_of(*exact), SizeIs(2));
    auto nothing = make_data_loader(Counter(0, 0), DataLoaderOptions(3).workers(workers));
    EXPECT_THAT(epoch_of(*nothing), SizeIs(0));
  }
}

TEST(StatefulDataLoader, EarlyExitAndWithoutOrder) {
  for (const size_t workers : kWorkers) {
    auto loader = make_data_loader(
        Counter(0, 100), DataLoaderOptions(3).workers(workers).enforce_ordering(workers % 2 == 0));
    for (int round = 0; round < 10; ++round) {
      int left = round;
      for ([[maybe_unused]] auto& batch : *loader) {
        if (left-- == 0) break;
      }
    }
    Batch all;
    for (auto& batch : *loader) all.insert(all.end(), batch.begin(), batch.end());
    std::sort(all.begin(), all.end());
    Batch expected(100);
    std::iota(expected.begin(), expected.end(), 0);
    EXPECT_EQ(all, expected);
  }
}

TEST(StatefulDataLoader, TransformsAndTheirRandomNumbers) {
  Epoch expected;
  for (const size_t workers : kWorkers) {
    auto dataset = Counter(0, 50)
                       .map(transforms::BatchLambda<Batch>([](Batch batch) {
                         for (int& x : batch) x = x * 1000 + draw();
                         return batch;
                       }))
                       .map(transforms::BatchLambda<Batch>([](Batch batch) {
                         batch.push_back(-1);
                         return batch;
                       }));
    auto loader =
        make_data_loader(std::move(dataset), DataLoaderOptions(4).workers(workers).seed(3));
    const Epoch epoch = epoch_of(*loader);
    if (expected.empty()) expected = epoch;
    EXPECT_EQ(epoch, expected) << workers;
    EXPECT_THAT(epoch, SizeIs(13));
  }
}

TEST(StatefulDataLoader, ExceptionsReachTheCallerAndItGoesOn) {
  for (const size_t workers : {1, 2, 4}) {
    Counter counter(0, 9);
    counter.fail_at = 4;
    auto loader = make_data_loader(counter, DataLoaderOptions(3).workers(workers));
    auto it = loader->begin();
    EXPECT_THAT(*it, ElementsAre(0, 1, 2));
    EXPECT_THAT([&] { ++it; }, ThrowsMessage<WorkerException>(HasSubstr("unreadable")));
    ++it;
    EXPECT_THAT(*it, ElementsAre(5, 6, 7));
    ++it;
    EXPECT_THAT(*it, ElementsAre(8));
    ++it;
    EXPECT_TRUE(it == loader->end());
  }
}

TEST(StatefulDataLoader, ResumesAnywhere) {
  const auto make = [](size_t workers) {
    return make_data_loader(Counter(0, 23).map(transforms::BatchLambda<Batch>([](Batch batch) {
      batch.push_back(draw());
      return batch;
    })),
                            DataLoaderOptions(4).workers(workers).seed(5));
  };
  Epoch expected;
  auto whole = make(0);
  for (int epoch = 0; epoch < 2; ++epoch) {
    for (auto& batch : *whole) expected.push_back(batch);
  }
  for (size_t stop = 1; stop <= expected.size(); ++stop) {
    Epoch seen;
    StateDict state;
    int epoch = 0;
    {
      auto loader = make(stop % 3);
      for (; epoch < 2; ++epoch) {
        for (auto& batch : *loader) {
          seen.push_back(batch);
          state = loader->state_dict();
          if (seen.size() == stop) break;
        }
        if (seen.size() == stop) break;
      }
    }
    auto loader = make((stop + 1) % 3);
    loader->load_state_dict(state);
    for (; epoch < 2; ++epoch) {
      for (auto& batch : *loader) seen.push_back(batch);
    }
    EXPECT_EQ(seen, expected) << stop;
  }
}

TEST(ChainDataset, OneAfterTheOther) {
  auto loader = make_data_loader(
      datasets::ChainDataset<Counter>({Counter(0, 2), Counter(5, 5), Counter(10, 13)}),
      DataLoaderOptions(2).workers(2));
  for (int round = 0; round < 2; ++round) {
    EXPECT_THAT(epoch_of(*loader),
                ElementsAre(ElementsAre(0, 1), ElementsAre(10, 11), ElementsAre(12)));
  }
}

struct Stream : datasets::StreamDataset<Stream, Batch> {
  Batch get_batch(size_t batch_size) override {
    Batch batch(batch_size);
    for (int& x : batch) x = value++;
    return batch;
  }
  std::optional<size_t> size() const override { return std::nullopt; }
  int value = 0;
};

TEST(StreamDataset, ComesInOrderForAnyNumberOfWorkers) {
  for (const size_t workers : kWorkers) {
    auto loader = make_data_loader(Stream(), samplers::StreamSampler(/*epoch_size=*/8),
                                   DataLoaderOptions(3).workers(workers));
    EXPECT_THAT(epoch_of(*loader),
                ElementsAre(ElementsAre(0, 1, 2), ElementsAre(3, 4, 5), ElementsAre(6, 7)));
    EXPECT_THAT(epoch_of(*loader),
                ElementsAre(ElementsAre(8, 9, 10), ElementsAre(11, 12, 13), ElementsAre(14, 15)));
  }
}

TEST(StreamSampler, CountsAndResumes) {
  samplers::StreamSampler sampler(10);
  EXPECT_EQ(sampler.next(4)->size(), 4u);
  const StateDict state = sampler.state_dict();
  EXPECT_EQ(static_cast<size_t>(*sampler.next(4)), 4u);
  EXPECT_EQ(sampler.next(4)->size(), 2u);
  EXPECT_FALSE(sampler.next(4).has_value());
  samplers::StreamSampler other(10);
  other.load_state_dict(state);
  EXPECT_EQ(other.next(100)->size(), 6u);
  EXPECT_THROW(samplers::StreamSampler(11).load_state_dict(state), Error);
  sampler.reset(3);
  EXPECT_EQ(sampler.next(4)->size(), 3u);
}

TEST(SharedBatchDataset, Shares) {
  auto shared = datasets::make_shared_dataset<Counter>(0, 4);
  auto loader = make_data_loader(shared, DataLoaderOptions(4));
  EXPECT_THAT(epoch_of(*loader), ElementsAre(ElementsAre(0, 1, 2, 3)));
  EXPECT_EQ(shared->value, 4);
  EXPECT_EQ((*shared).end, 4);
  EXPECT_THROW(datasets::SharedBatchDataset<Counter>(nullptr), Error);
}

// Chunk c has c + 1 elements: 10 c, 10 c + 1, ...
struct Chunks : datasets::ChunkDataReader<int> {
  explicit Chunks(size_t count) : count(count) {}
  Batch read_chunk(size_t index) override {
    if (index == fail_at) throw std::runtime_error("chunk is damaged");
    Batch chunk(index + 1);
    std::iota(chunk.begin(), chunk.end(), static_cast<int>(10 * index));
    return chunk;
  }
  size_t chunk_count() override { return count; }
  void reset() override { ++*resets; }
  size_t count, fail_at = 1000;
  std::shared_ptr<int> resets = std::make_shared<int>(0);
};

template <class ChunkSampler, class ExampleSampler>
auto chunk_dataset(Chunks reader, datasets::ChunkDatasetOptions options) {
  return datasets::ChunkDataset<Chunks, ChunkSampler, ExampleSampler>(reader, ChunkSampler(0),
                                                                      ExampleSampler(0), options);
}

TEST(ChunkDataset, InOrder) {
  for (const size_t preloaders : {1, 3}) {
    for (const size_t workers : {0, 2}) {
      auto loader =
          make_data_loader(chunk_dataset<samplers::SequentialSampler, samplers::SequentialSampler>(
                               Chunks(4), {preloaders, /*batch_size=*/4}),
                           DataLoaderOptions(4).workers(workers));
      for (int round = 0; round < 2; ++round) {
        EXPECT_THAT(epoch_of(*loader),
                    ElementsAre(ElementsAre(0, 10, 11, 20), ElementsAre(21, 22, 30, 31),
                                ElementsAre(32, 33)));
      }
    }
  }
}

TEST(ChunkDataset, RandomOrderIsTheSameForAnyNumberOfThreads) {
  std::vector<Epoch> expected;
  for (const size_t preloaders : {1, 2, 4}) {
    for (const size_t workers : {0, 1, 3}) {
      for (const size_t cache : {5, 1000}) {
        auto loader =
            make_data_loader(chunk_dataset<samplers::RandomSampler, samplers::RandomSampler>(
                                 Chunks(9), {preloaders, /*batch_size=*/5, cache,
                                             /*cross_chunk_shuffle_count=*/2}),
                             DataLoaderOptions(5).workers(workers).seed(11));
        std::vector<Epoch> epochs = {epoch_of(*loader), epoch_of(*loader)};
        if (expected.empty()) {
          expected = epochs;
          EXPECT_NE(epochs[0], epochs[1]);
          Batch all;
          for (const Batch& batch : epochs[0]) all.insert(all.end(), batch.begin(), batch.end());
          EXPECT_THAT(all, SizeIs(45));
        }
        EXPECT_EQ(epochs, expected);
      }
    }
  }
}

TEST(ChunkDataset, PolicyErrorsAndMisuse) {
  using Dataset =
      datasets::ChunkDataset<Chunks, samplers::SequentialSampler, samplers::SequentialSampler>;
  Chunks reader(3);
  reader.fail_at = 1;
  Dataset dataset(reader, samplers::SequentialSampler(0), samplers::SequentialSampler(0),
                  datasets::ChunkDatasetOptions(1, 2), [](Batch& group) {
                    for (int& x : group) x += 100;
                  });
  EXPECT_THROW(dataset.get_batch(), Error);  // before reset()
  dataset.reset();
  EXPECT_EQ(*reader.resets, 1);
  EXPECT_THROW(dataset.get_batch(3), ValueError);
  EXPECT_THAT([&] { dataset.get_batch(); },
              ThrowsMessage<std::runtime_error>(HasSubstr("damaged")));
  EXPECT_THAT(*dataset.get_batch(), ElementsAre(120, 121));
  EXPECT_THAT(*dataset.get_batch(), ElementsAre(122));
  EXPECT_FALSE(dataset.get_batch().has_value());
  EXPECT_FALSE(dataset.size().has_value());
  EXPECT_THROW(datasets::ChunkDatasetOptions(0, 1), ValueError);
  EXPECT_THROW(datasets::ChunkDatasetOptions(1, 0), ValueError);
  EXPECT_THROW(datasets::ChunkDatasetOptions(1, 10, 5), ValueError);
}

// An epoch left in the middle, with chunks being read.
TEST(ChunkDataset, DestroyedWhileItReads) {
  for (int i = 0; i < 10; ++i) {
    auto loader = make_data_loader(chunk_dataset<samplers::RandomSampler, samplers::RandomSampler>(
                                       Chunks(30), {3, /*batch_size=*/2}),
                                   DataLoaderOptions(2).workers(2));
    int left = i % 5;
    for ([[maybe_unused]] auto& batch : *loader) {
      if (left-- == 0) break;
    }
  }
}

}  // namespace
