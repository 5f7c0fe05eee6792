#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <iterator>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gradus/core/allocator.h>
#include <gradus/core/data/data.h>
#include <gradus/core/error.h>
#include <gradus/core/factory.h>
#include <gradus/core/generator.h>
#include <gradus/core/parallel.h>
#include <gtest/gtest.h>

#include "tests/allocation_peak.h"

namespace {

using gradus::default_generator;
using gradus::Error;
using gradus::manual_seed;
using gradus::StateDict;
using gradus::Tensor;
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

using Batch = std::vector<uint64_t>;
using Epoch = std::vector<Batch>;

uint64_t draw() {
  return gradus::philox4x32(default_generator().reserve(1), 0).v[0];
}

// Element i is a number that identifies it; what is done with it is up to the test.
struct Numbers : datasets::Dataset<Numbers, uint64_t> {
  explicit Numbers(size_t count) : count(count) {}
  uint64_t get(size_t index) override { return index; }
  std::optional<size_t> size() const override { return count; }
  size_t count;
};

// Elements that depend on the random numbers that get() draws.
struct RandomNumbers : datasets::Dataset<RandomNumbers, uint64_t> {
  explicit RandomNumbers(size_t count) : count(count) {}
  uint64_t get(size_t index) override { return index << 32 | draw(); }
  std::optional<size_t> size() const override { return count; }
  size_t count;
};

template <class Loader>
Epoch epoch_of(Loader& loader) {
  Epoch epoch;
  for (auto& batch : loader) epoch.push_back(batch);
  return epoch;
}

Batch flat(const Epoch& epoch) {
  Batch all;
  for (const Batch& batch : epoch) all.insert(all.end(), batch.begin(), batch.end());
  return all;
}

size_t threads_of_process() {
  return static_cast<size_t>(
      std::distance(std::filesystem::directory_iterator("/proc/self/task"), {}));
}

constexpr size_t kWorkers[] = {0, 1, 2, 4, 8};

TEST(DataLoader, SequentialBatches) {
  for (const size_t workers : kWorkers) {
    auto loader = make_data_loader<samplers::SequentialSampler>(
        Numbers(7), DataLoaderOptions(3).workers(workers));
    EXPECT_THAT(epoch_of(*loader),
                ElementsAre(ElementsAre(0, 1, 2), ElementsAre(3, 4, 5), ElementsAre(6)));
    EXPECT_THAT(epoch_of(*loader), SizeIs(3));
  }
}

TEST(DataLoader, DropLast) {
  for (const size_t workers : kWorkers) {
    const auto options = DataLoaderOptions(3).workers(workers).drop_last(true);
    EXPECT_THAT(epoch_of(*make_data_loader<samplers::SequentialSampler>(Numbers(7), options)),
                SizeIs(2));
    EXPECT_THAT(epoch_of(*make_data_loader<samplers::SequentialSampler>(Numbers(6), options)),
                SizeIs(2));
    EXPECT_THAT(epoch_of(*make_data_loader<samplers::SequentialSampler>(Numbers(2), options)),
                SizeIs(0));
  }
}

TEST(DataLoader, EmptyDatasetAndLargeBatch) {
  for (const size_t workers : kWorkers) {
    EXPECT_THAT(epoch_of(*make_data_loader(Numbers(0), DataLoaderOptions(3).workers(workers))),
                SizeIs(0));
    EXPECT_THAT(epoch_of(*make_data_loader(Numbers(5), DataLoaderOptions(100).workers(workers))),
                SizeIs(1));
  }
}

TEST(DataLoader, RandomOrderIsAnotherEachEpoch) {
  auto loader = make_data_loader(Numbers(50), 8);
  Batch first = flat(epoch_of(*loader)), second = flat(epoch_of(*loader));
  EXPECT_NE(first, second);
  std::sort(first.begin(), first.end());
  std::sort(second.begin(), second.end());
  EXPECT_EQ(first, second);
  EXPECT_EQ(first.back(), 49u);
}

// The order, what get() draws, what a transform of elements draws, and what a transform of batches
// draws.
TEST(DataLoader, NothingDependsOnTheNumberOfWorkers) {
  std::vector<Epoch> expected;
  uint64_t expected_afterwards = 0;
  for (const size_t workers : kWorkers) {
    for (const size_t max_jobs : {1, 3, 100}) {
      manual_seed(42);
      auto dataset =
          RandomNumbers(203)
              .map(transforms::Lambda<uint64_t>([](uint64_t x) { return x * 31 + draw(); }))
              .map(transforms::Lambda<uint64_t>([](uint64_t x) { return x * 31 + draw(); }))
              .map(transforms::BatchLambda<Batch>([](Batch batch) {
                batch.push_back(draw());
                return batch;
              }));
      auto loader = make_data_loader(std::move(dataset),
                                     DataLoaderOptions(8).workers(workers).max_jobs(max_jobs));
      std::vector<Epoch> epochs;
      for (int i = 0; i < 3; ++i) epochs.push_back(epoch_of(*loader));
      const uint64_t afterwards = draw();
      if (expected.empty()) {
        expected = epochs;
        expected_afterwards = afterwards;
        EXPECT_NE(epochs[0], epochs[1]);
      }
      EXPECT_EQ(epochs, expected) << workers;
      EXPECT_EQ(afterwards, expected_afterwards) << workers;
    }
  }
}

TEST(DataLoader, ARandomNumberBelongsToItsSample) {
  manual_seed(1);
  auto a = make_data_loader(RandomNumbers(20), DataLoaderOptions(3).seed(9));
  auto b = make_data_loader<samplers::SequentialSampler>(RandomNumbers(20),
                                                         DataLoaderOptions(7).workers(2).seed(9));
  auto c = make_data_loader<samplers::SequentialSampler>(RandomNumbers(20),
                                                         DataLoaderOptions(7).seed(10));
  Batch shuffled = flat(epoch_of(*a));
  std::sort(shuffled.begin(), shuffled.end());
  const Batch ordered = flat(epoch_of(*b));
  EXPECT_EQ(shuffled, ordered);
  EXPECT_NE(ordered, flat(epoch_of(*c)));
  EXPECT_NE(ordered, flat(epoch_of(*b)));  // another epoch
}

TEST(DataLoader, WithoutOrderAllBatchesCome) {
  auto loader =
      make_data_loader(Numbers(100), DataLoaderOptions(3).workers(4).enforce_ordering(false));
  Batch all = flat(epoch_of(*loader));
  std::sort(all.begin(), all.end());
  EXPECT_THAT(all, SizeIs(100));
  EXPECT_EQ(all[99], 99u);
}

struct Meeting {
  std::mutex mutex;
  std::condition_variable changed;
  size_t present = 0, expected = 0;
  bool open = false;
};

// Elements that come only when as many threads as expected ask for one at the same time.
struct MeetingNumbers : datasets::Dataset<MeetingNumbers, uint64_t> {
  explicit MeetingNumbers(std::shared_ptr<Meeting> meeting) : meeting(std::move(meeting)) {}
  uint64_t get(size_t index) override {
    std::unique_lock lock(meeting->mutex);
    meeting->open |= ++meeting->present >= meeting->expected;
    meeting->changed.notify_all();
    meeting->changed.wait(lock, [&] { return meeting->open; });
    return index;
  }
  std::optional<size_t> size() const override { return 100; }
  std::shared_ptr<Meeting> meeting;
};

TEST(DataLoader, AsManyThreadsTakePartAsThereAreWorkers) {
  for (const size_t workers : {1, 2, 5}) {
    auto meeting = std::make_shared<Meeting>();
    meeting->expected = workers;
    auto loader = make_data_loader<samplers::SequentialSampler>(
        MeetingNumbers(meeting),
        DataLoaderOptions(1).workers(workers).timeout(std::chrono::minutes(2)));
    EXPECT_THAT(epoch_of(*loader), SizeIs(100));
  }
}

// A loader whose workers are busy for long must not keep the program from computing, nor the other
// way round.
TEST(DataLoader, LoadsAndComputesAtTheSameTime) {
  auto meeting = std::make_shared<Meeting>();
  meeting->expected = 3;
  auto loader = make_data_loader<samplers::SequentialSampler>(
      MeetingNumbers(meeting), DataLoaderOptions(1).workers(2).timeout(std::chrono::minutes(2)));
  auto it = loader->begin();
  std::thread waiting([&] { EXPECT_TRUE(it != loader->end()); });
  std::vector<double> x(1'000'000, 1.0);
  gradus::parallel_for(1'000'000, 1000, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) x[static_cast<size_t>(i)] *= 2;
  });
  EXPECT_EQ(std::count(x.begin(), x.end(), 2.0), 1'000'000);
  std::unique_lock lock(meeting->mutex);
  meeting->changed.wait(lock, [&] { return meeting->present >= 2; });
  meeting->open = true;
  meeting->changed.notify_all();
  lock.unlock();
  waiting.join();
}

TEST(DataLoader, LoadsNoFurtherAheadThanMaxJobs) {
  struct Counting : datasets::Dataset<Counting, uint64_t> {
    uint64_t get(size_t index) override {
      ++*loaded;
      return index;
    }
    std::optional<size_t> size() const override { return 100; }
    std::shared_ptr<std::atomic<size_t>> loaded = std::make_shared<std::atomic<size_t>>(0);
  };
  Counting dataset;
  auto loader = make_data_loader(dataset, DataLoaderOptions(1).workers(2).max_jobs(3));
  size_t taken = 0;
  for ([[maybe_unused]] auto& batch : *loader) {
    ++taken;
    EXPECT_LE(*dataset.loaded, taken + 3);
  }
  EXPECT_EQ(taken, 100u);
}

struct Failing : datasets::Dataset<Failing, uint64_t> {
  uint64_t get(size_t index) override {
    if (index == 5) throw std::out_of_range("no element five");
    if (index == 9) throw 9;  // not even a std::exception
    return index;
  }
  std::optional<size_t> size() const override { return 12; }
};

TEST(DataLoader, WorkerExceptionsReachTheCaller) {
  for (const size_t workers : {1, 2, 8}) {
    auto loader = make_data_loader<samplers::SequentialSampler>(
        Failing(), DataLoaderOptions(2).workers(workers));
    auto it = loader->begin();
    EXPECT_THAT(*it, ElementsAre(0, 1));
    ++it;
    try {
      ++it;
      FAIL() << "no exception";
    } catch (const WorkerException& exception) {
      EXPECT_STREQ(exception.what(),
                   "Caught exception in DataLoader worker thread (sample 5). Original message: no "
                   "element five");
      EXPECT_EQ(exception.message, exception.what());
      EXPECT_EQ(exception.index, 5u);
      EXPECT_THROW(std::rethrow_exception(exception.original_exception), std::out_of_range);
    }
    ++it;  // the loader goes on with the next batch
    EXPECT_THAT(*it, ElementsAre(6, 7));
    try {
      ++it;
      FAIL() << "no exception";
    } catch (const WorkerException& exception) {
      EXPECT_EQ(exception.index, 9u);
      EXPECT_THROW(std::rethrow_exception(exception.original_exception), int);
    }
    ++it;
    EXPECT_THAT(*it, ElementsAre(10, 11));
    ++it;
    EXPECT_TRUE(it == loader->end());
  }
}

TEST(DataLoader, WithoutWorkersTheOriginalExceptionComes) {
  auto loader = make_data_loader<samplers::SequentialSampler>(Failing(), 12);
  EXPECT_THROW(epoch_of(*loader), std::out_of_range);
}

TEST(DataLoader, ExceptionOfATransformNamesTheSample) {
  auto dataset = Numbers(8).map(transforms::Lambda<uint64_t>([](uint64_t x) {
    if (x == 6) throw Error("not six");
    return x;
  }));
  auto loader = make_data_loader<samplers::SequentialSampler>(std::move(dataset),
                                                              DataLoaderOptions(4).workers(1));
  EXPECT_THAT([&] { epoch_of(*loader); }, ThrowsMessage<WorkerException>(HasSubstr("(sample 6)")));
}

// What a sampler throws comes as it is, after the batches before it, and the loader can go on.
TEST(DataLoader, ExceptionOfTheSamplerComesInItsTurn) {
  struct Thrower : samplers::Sampler<> {
    void reset(std::optional<size_t>) override { calls = 0; }
    std::optional<std::vector<size_t>> next(size_t) override {
      if (++calls == 3) throw ValueError("no third");
      if (calls > 5) return std::nullopt;
      return std::vector<size_t>{calls};
    }
    size_t calls = 0;
  };
  for (const size_t workers : {0, 1, 3}) {
    auto loader =
        make_data_loader(Numbers(9), Thrower(), DataLoaderOptions(1).workers(workers).max_jobs(4));
    for (int epoch = 0; epoch < 2; ++epoch) {
      auto batch = loader->begin();
      EXPECT_THAT(*batch, ElementsAre(1));
      ++batch;
      EXPECT_THAT(*batch, ElementsAre(2));
      EXPECT_THAT([&] { ++batch; }, ThrowsMessage<ValueError>("no third")) << workers;
      ++batch;
      EXPECT_THAT(*batch, ElementsAre(4));
      ++batch;
      EXPECT_THAT(*batch, ElementsAre(5));
      ++batch;
      EXPECT_TRUE(batch == loader->end());
    }
  }
}

TEST(DataLoader, RaggedShapes) {
  struct Ragged : datasets::Dataset<Ragged> {
    gradus::data::Example<> get(size_t index) override {
      return {gradus::zeros({static_cast<int64_t>(index)}), gradus::zeros({})};
    }
    std::optional<size_t> size() const override { return 10; }
  };
  for (const size_t workers : {0, 2}) {
    auto loader = make_data_loader<samplers::SequentialSampler>(
        Ragged().map(transforms::Stack<>()), DataLoaderOptions(2).workers(workers));
    EXPECT_THAT(
        [&] {
          for ([[maybe_unused]] auto& batch : *loader) {
          }
        },
        ThrowsMessage<Error>(HasSubstr("Float [0] at 0 and Float [1] at 1")));
  }
}

TEST(DataLoader, Timeout) {
  auto meeting = std::make_shared<Meeting>();
  meeting->expected = 1000;  // nobody comes
  auto loader = make_data_loader<samplers::SequentialSampler>(
      MeetingNumbers(meeting),
      DataLoaderOptions(1).workers(1).timeout(std::chrono::milliseconds(1)));
  auto it = loader->begin();
  EXPECT_THAT([&] { *it; }, ThrowsMessage<Error>(HasSubstr("within the timeout of 1 ms")));
  {
    const std::lock_guard lock(meeting->mutex);
    meeting->open = true;
    meeting->changed.notify_all();
  }
  while (true) {  // the late batch is not lost
    try {
      EXPECT_THAT(*it, ElementsAre(0));
      break;
    } catch (const Error&) {
    }
  }
}

TEST(DataLoader, LeavingEarlyAndStartingAnew) {
  for (const size_t workers : kWorkers) {
    auto loader = make_data_loader<samplers::SequentialSampler>(
        Numbers(100), DataLoaderOptions(3).workers(workers));
    for (int round = 0; round < 20; ++round) {
      int taken = 0;
      for (auto& batch : *loader) {
        EXPECT_EQ(batch[0], static_cast<uint64_t>(3 * taken));
        if (++taken > round) break;
      }
    }
    EXPECT_THAT(epoch_of(*loader), SizeIs(34));
  }
}

TEST(DataLoader, Iterators) {
  auto loader = make_data_loader<samplers::SequentialSampler>(Numbers(4), 2);
  auto it = loader->begin();
  auto copy = it;
  EXPECT_TRUE(it == copy);
  EXPECT_TRUE(it != loader->end());
  EXPECT_TRUE(loader->end() == loader->end());
  EXPECT_EQ(it->size(), 2u);
  ++it;
  EXPECT_THAT(*copy, ElementsAre(2, 3));
  ++it;
  EXPECT_TRUE(it == loader->end());
  EXPECT_THROW(*it, Error);
  EXPECT_THROW(++it, Error);
  EXPECT_THROW(*loader->end(), Error);
  auto end = loader->end();
  EXPECT_THROW(++end, Error);

  auto old = loader->begin();
  EXPECT_THAT(*old, ElementsAre(0, 1));
  auto fresh = loader->begin();
  EXPECT_THAT([&] { ++old; }, ThrowsMessage<Error>(HasSubstr("epoch that has ended")));
  EXPECT_THAT(*fresh, ElementsAre(0, 1));

  Epoch copied;
  std::copy(loader->begin(), loader->end(), std::back_inserter(copied));
  EXPECT_THAT(copied, SizeIs(2));
}

TEST(DataLoader, BadOptions) {
  const auto make = [](DataLoaderOptions options) { make_data_loader(Numbers(4), options); };
  EXPECT_THAT([&] { make(DataLoaderOptions(0)); },
              ThrowsMessage<ValueError>(HasSubstr("batch_size must be at least 1, got 0")));
  EXPECT_THAT([&] { make(DataLoaderOptions(static_cast<size_t>(-1))); },
              ThrowsMessage<ValueError>(HasSubstr("got -1")));
  EXPECT_THAT([&] { make(DataLoaderOptions(1).workers(static_cast<size_t>(-2))); },
              ThrowsMessage<ValueError>(HasSubstr("workers must be from 0 to 1024, got -2")));
  EXPECT_THROW(make(DataLoaderOptions(1).workers(1).max_jobs(0)), ValueError);
  EXPECT_THROW(make(DataLoaderOptions(1).workers(1).max_jobs(static_cast<size_t>(-1))), ValueError);
  EXPECT_THROW(make(DataLoaderOptions(1).timeout(std::chrono::milliseconds(0))), ValueError);
  EXPECT_THROW(make(DataLoaderOptions(1).timeout(std::chrono::seconds(-1))), ValueError);
  EXPECT_NO_THROW(make(DataLoaderOptions(1).timeout(std::chrono::hours::max())));

  struct Unsized : Numbers {
    Unsized() : Numbers(4) {}
    std::optional<size_t> size() const override { return std::nullopt; }
  };
  EXPECT_THAT([] { make_data_loader(Unsized()); },
              ThrowsMessage<Error>(HasSubstr("must know its size")));
}

TEST(DataLoader, OptionsAreFilledIn) {
  auto loader = make_data_loader(
      Numbers(4),
      DataLoaderOptions(2).workers(3).timeout(std::chrono::seconds(2)).pin_memory(true));
  EXPECT_EQ(loader->options().batch_size, 2u);
  EXPECT_EQ(loader->options().max_jobs, 6u);
  EXPECT_EQ(loader->options().timeout->count, 2000);
  EXPECT_TRUE(loader->options().enforce_ordering);
}

// Killed after every number of batches and resumed with other workers, the run sees what it would
// have seen.
TEST(DataLoader, ResumesAnywhere) {
  const auto make = [](size_t workers) {
    return make_data_loader(RandomNumbers(23), DataLoaderOptions(4).workers(workers));
  };
  manual_seed(7);
  auto whole = make(0);
  Epoch expected;
  for (int epoch = 0; epoch < 3; ++epoch) {
    for (auto& batch : *whole) expected.push_back(batch);
  }
  ASSERT_THAT(expected, SizeIs(18));

  for (size_t stop = 0; stop <= 18; ++stop) {
    const size_t workers_before = stop % 3, workers_after = (stop + 1) % 3;
    manual_seed(7);
    Epoch seen;
    StateDict state;
    gradus::GeneratorState generator;
    int epoch = 0;
    {
      auto loader = make(workers_before);
      state = loader->state_dict();
      generator = default_generator().get_state();
      for (; epoch < 3 && seen.size() < stop; ++epoch) {
        for (auto& batch : *loader) {
          seen.push_back(batch);
          state = loader->state_dict();
          generator = default_generator().get_state();
          if (seen.size() == stop) break;
        }
        if (seen.size() == stop) break;
      }
    }
    manual_seed(1000);
    auto loader = make(workers_after);
    loader->load_state_dict(state);
    default_generator().set_state(generator);
    EXPECT_EQ(loader->state_dict().size(), state.size());
    for (; epoch < 3; ++epoch) {
      for (auto& batch : *loader) seen.push_back(batch);
    }
    EXPECT_EQ(seen, expected) << stop;
  }
}

TEST(DataLoader, StateAfterAnEpochStartsTheNext) {
  manual_seed(7);
  auto loader = make_data_loader(RandomNumbers(10), 4);
  epoch_of(*loader);
  const StateDict state = loader->state_dict();
  const gradus::GeneratorState generator = default_generator().get_state();
  const Epoch expected = epoch_of(*loader);
  auto other = make_data_loader(RandomNumbers(10), DataLoaderOptions(4).workers(2));
  other->load_state_dict(state);
  default_generator().set_state(generator);
  EXPECT_EQ(epoch_of(*other), expected);
}

TEST(DataLoader, StatesThatDoNotFit) {
  auto loader = make_data_loader(Numbers(10), 4);
  auto it = loader->begin();
  *it;
  const StateDict state = loader->state_dict();
  for (const std::string& key : state.keys()) {
    StateDict lacking = state;
    lacking.erase(key);
    EXPECT_THROW(loader->load_state_dict(lacking), Error) << key;
  }
  EXPECT_THAT([&] { make_data_loader(Numbers(10), 5)->load_state_dict(state); },
              ThrowsMessage<Error>(HasSubstr("batches of 4")));
  EXPECT_THAT([&] { make_data_loader(Numbers(11), 4)->load_state_dict(state); },
              ThrowsMessage<Error>(HasSubstr("10 elements")));
  ++it;  // a state that was refused changed nothing
  EXPECT_EQ(it->size(), 4u);
  StateDict beyond = state;
  *beyond["delivered"].data_ptr<int64_t>() = INT64_MAX;
  loader->load_state_dict(beyond);
  EXPECT_THAT(epoch_of(*loader), SizeIs(0));
}

TEST(DataLoader, ASamplerWithoutStateOnlyCannotBeSaved) {
  struct One : samplers::Sampler<> {
    void reset(std::optional<size_t>) override { done = false; }
    std::optional<std::vector<size_t>> next(size_t) override {
      if (std::exchange(done, true)) return std::nullopt;
      return std::vector<size_t>{1, 2};
    }
    bool done = false;
  };
  auto loader = make_data_loader(Numbers(4), One(), 8);
  EXPECT_THAT(epoch_of(*loader), ElementsAre(ElementsAre(1, 2)));
  EXPECT_NO_THROW(loader->state_dict());
  auto it = loader->begin();
  *it;
  EXPECT_THROW(loader->state_dict(), gradus::NotImplementedError);
}

TEST(DataLoader, TensorsArriveStacked) {
  Tensor rows = gradus::empty({100, 3});
  for (int64_t i = 0; i < rows.numel(); ++i) rows.data_ptr<float>()[i] = static_cast<float>(i);
  for (const size_t workers : {0, 2}) {
    auto loader = make_data_loader<samplers::SequentialSampler>(
        datasets::TensorDataset(rows).map(transforms::Stack<gradus::data::TensorExample>()),
        DataLoaderOptions(10).workers(workers));
    float next = 0;
    for (const Tensor& batch : *loader) {
      EXPECT_THAT(batch.sizes().vec(), ElementsAre(10, 3));
      for (int64_t i = 0; i < 30; ++i) EXPECT_EQ(batch.data_ptr<float>()[i], next++);
    }
  }
}

// Made, used a little and destroyed so many times, in the middle of prefetching: neither memory nor
// threads grow.
void make_and_destroy(int warm_up, int rounds) {
  const auto cycle = [](int i) {
    auto loader = make_data_loader(Numbers(64), DataLoaderOptions(2).workers(1 + i % 3));
    int left = i % 4;
    for ([[maybe_unused]] auto& batch : *loader) {
      if (left-- == 0) break;
    }
  };
  for (int i = 0; i < warm_up; ++i) cycle(i);
  const size_t bytes = gradus::test::allocated_bytes();
  const size_t threads = threads_of_process();
  for (int i = 0; i < rounds; ++i) cycle(i);
  EXPECT_LE(gradus::test::allocated_bytes(), bytes + 64 * 1024);
  EXPECT_LE(threads_of_process(), threads + 2);
}

TEST(DataLoader, TwoHundredLoaders) {
  make_and_destroy(/*warm_up=*/20, /*rounds=*/200);
}

TEST(DataLoader, SlowTenThousandLoaders) {
  make_and_destroy(/*warm_up=*/1000, /*rounds=*/10'000);
}

// Once warm, the memory of a batch is that of an earlier one: the allocator asks the system for
// nothing.
TEST(DataLoader, BuffersAreRecycled) {
  Tensor rows = gradus::zeros({256, 1000});
  auto loader = make_data_loader(
      datasets::TensorDataset(rows).map(transforms::Stack<gradus::data::TensorExample>()),
      DataLoaderOptions(16).workers(2));
  const auto epoch = [&] {
    for (const Tensor& batch : *loader) ASSERT_EQ(batch.size(0), 16);
  };
  for (int i = 0; i < 3; ++i) epoch();
  const auto before = gradus::memory_stats();
  const size_t bytes = gradus::test::allocated_bytes();
  for (int i = 0; i < 20; ++i) epoch();
  EXPECT_LE(gradus::memory_stats().reserved_bytes, before.reserved_bytes + 8 * 64'000);
  EXPECT_LE(gradus::test::allocated_bytes(), bytes + 64 * 1024);
}

TEST(DataLoader, WorkerInitRunsOncePerThread) {
  std::mutex mutex;
  std::multiset<int64_t> ids;
  auto loader = make_data_loader(
      Numbers(40),
      DataLoaderOptions(2).workers(2).prefetch_factor(3).worker_init_fn([&](int64_t id) {
        const std::lock_guard lock(mutex);
        ids.insert(id);
      }));
  EXPECT_EQ(loader->options().max_jobs, 6u);
  epoch_of(*loader);
  epoch_of(*loader);
  EXPECT_GE(ids.size(), 1u);
  for (const int64_t id : ids) EXPECT_EQ(ids.count(id), 1u);
}

}  // namespace
