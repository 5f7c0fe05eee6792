// A program as one writes it for libtorch: every other name of torch::data that custom_dataset.cpp
// leaves out. What is drawn at random is counted, not printed.

#include TORCH_HEADER

#include <chrono>
#include <iostream>
#include <memory>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace data = torch::data;

// --- datasets

struct Squares : data::datasets::Dataset<Squares, int> {
  explicit Squares(size_t count) : count(count) {}
  int get(size_t index) override {
    if (index == 13) throw std::runtime_error("thirteen");
    return static_cast<int>(index * index);
  }
  torch::optional<size_t> size() const override { return count; }
  size_t count;
};

struct Batches : data::datasets::BatchDataset<Batches, int> {
  int get_batch(torch::ArrayRef<size_t> request) override {
    int sum = 0;
    for (const size_t index : request) sum += static_cast<int>(index);
    return sum;
  }
  torch::optional<size_t> size() const override { return 10; }
};

struct Stream : data::datasets::StreamDataset<Stream, std::vector<int>> {
  std::vector<int> get_batch(size_t size) override {
    std::vector<int> batch(size);
    for (int& x : batch) x = next++;
    return batch;
  }
  torch::optional<size_t> size() const override { return torch::nullopt; }
  int next = 0;
};

struct Countdown : data::datasets::StatefulDataset<Countdown, int> {
  torch::optional<int> get_batch(size_t) override {
    return left > 0 ? torch::optional<int>(left--) : torch::nullopt;
  }
  torch::optional<size_t> size() const override { return 3; }
  void reset() override { left = 3; }
  void save(torch::serialize::OutputArchive& archive) const override {
    archive.write("left", torch::tensor(left));
  }
  void load(torch::serialize::InputArchive& archive) override {
    torch::Tensor value;
    archive.read("left", value);
    left = value.item<int>();
  }
  int left = 3;
};

struct Reader : data::datasets::ChunkDataReader<int> {
  using BatchType = data::datasets::ChunkDataReader<int>::ChunkType;
  BatchType read_chunk(size_t chunk) override {
    const int first = static_cast<int>(chunk) * 4;
    return {first, first + 1, first + 2, first + 3};
  }
  size_t chunk_count() override { return 3; }
  void reset() override {}
};

// --- samplers

struct EveryOther : data::samplers::Sampler<> {
  explicit EveryOther(size_t size) : size(size) {}
  void reset(torch::optional<size_t> new_size = torch::nullopt) override {
    size = new_size.value_or(size);
    index = 0;
  }
  torch::optional<std::vector<size_t>> next(size_t batch_size) override {
    std::vector<size_t> batch;
    for (; index < size && batch.size() < batch_size; index += 2) batch.push_back(index);
    if (batch.empty()) return torch::nullopt;
    return batch;
  }
  void save(torch::serialize::OutputArchive& archive) const override {
    archive.write("index", torch::tensor(static_cast<int64_t>(index), torch::kLong));
  }
  void load(torch::serialize::InputArchive& archive) override {
    torch::Tensor value;
    archive.read("index", value);
    index = static_cast<size_t>(value.item<int64_t>());
  }
  size_t size, index = 0;
};

struct Request : data::samplers::CustomBatchRequest {
  explicit Request(size_t first) : first(first) {}
  size_t size() const override { return 2; }
  size_t first;
};

template <class Sampler>
void restore(const Sampler& from, Sampler& to) {
  torch::serialize::OutputArchive out;
  from.save(out);
  std::stringstream stream;
  out.save_to(stream);
  torch::serialize::InputArchive in;
  in.load_from(stream);
  to.load(in);
}

// --- transforms

struct PlusOne : data::transforms::Transform<int, int> {
  int apply(int x) override { return x + 1; }
};
struct Sum : data::transforms::Collation<int> {
  int apply_batch(std::vector<int> batch) override {
    int sum = 0;
    for (const int x : batch) sum += x;
    return sum;
  }
};
struct Reverse : data::transforms::BatchTransform<std::vector<int>, std::vector<int>> {
  std::vector<int> apply_batch(std::vector<int> batch) override {
    return {batch.rbegin(), batch.rend()};
  }
};
struct Negate : data::transforms::TensorTransform<> {
  torch::Tensor operator()(torch::Tensor x) override { return -x; }
};

template <class Container>
void print(const char* what, const Container& values) {
  std::cout << what;
  for (const auto& x : values) std::cout << ' ' << x;
  std::cout << '\n';
}

int main() {
  // Options.
  const data::FullDataLoaderOptions full(data::DataLoaderOptions(4).workers(3));
  std::cout << full.batch_size << ' ' << full.workers << ' ' << full.max_jobs << ' '
            << full.timeout.has_value() << ' ' << full.enforce_ordering << ' ' << full.drop_last
            << '\n';
  const auto options = data::DataLoaderOptions()
                           .batch_size(4)
                           .workers(2)
                           .max_jobs(3)
                           .timeout(std::chrono::milliseconds(20000))
                           .enforce_ordering(true)
                           .drop_last(true);

  // A stateless loader by its type, and its iterators.
  using Mapped = data::datasets::MapDataset<data::datasets::MapDataset<Squares, PlusOne>, Sum>;
  std::unique_ptr<data::StatelessDataLoader<Mapped, data::samplers::SequentialSampler>> loader =
      data::make_data_loader<data::samplers::SequentialSampler>(
          Squares(10).map(PlusOne()).map(Sum()), options);
  for (data::Iterator<int> batch = loader->begin(); batch != loader->end(); ++batch)
    std::cout << *batch << ' ';
  std::cout << loader->options().batch_size << '\n';

  // A sampler given by value, one of one's own, and a batch dataset.
  auto own =
      data::make_data_loader(Squares(9).map(Reverse()), EveryOther(9), data::DataLoaderOptions(3));
  for (auto& batch : *own) print("every other, reversed:", batch);
  auto sums = data::make_data_loader<data::samplers::SequentialSampler>(Batches(), 4);
  for (int sum : *sums) std::cout << sum << ' ';
  std::cout << '\n';

  // map() as a function; lambdas.
  auto mapped = data::datasets::map(
      data::datasets::map(Squares(4), data::transforms::Lambda<int>([](int x) { return 10 * x; })),
      data::transforms::BatchLambda<std::vector<int>, int>(
          [](std::vector<int> batch) { return batch.back(); }));
  std::cout << mapped.get_batch({1, 3}) << '\n';
  data::transforms::Collate<int> first([](std::vector<int> batch) { return batch.front(); });
  std::cout << first.apply_batch({7, 8}) << '\n';

  // Tensors.
  auto tensors = data::datasets::TensorDataset(torch::arange(6).view({3, 2}))
                     .map(data::transforms::TensorLambda<torch::data::example::NoTarget>(
                         [](torch::Tensor x) { return x * 2; }))
                     .map(data::transforms::Stack<data::TensorExample>());
  std::cout << tensors.get_batch({0, 2}).data.sum().item<int64_t>() << '\n';
  data::Example<> example(torch::ones({2}), torch::zeros({1}));
  std::cout << Negate().apply(example).data.sum().item<float>() << '\n';

  // What comes as it comes.
  auto stream = data::make_data_loader(Stream(), data::samplers::StreamSampler(/*epoch_size=*/5),
                                       data::DataLoaderOptions(2));
  for (auto& batch : *stream) print("stream:", batch);
  data::datasets::SharedBatchDataset<Countdown> shared = std::make_shared<Countdown>();
  std::unique_ptr<data::StatefulDataLoader<data::datasets::SharedBatchDataset<Countdown>>>
      counting = data::make_data_loader(shared, data::DataLoaderOptions(1));
  for (int epoch = 0; epoch < 2; ++epoch) {
    for (int x : *counting) std::cout << x << ' ';
  }
  std::cout << shared->left << '\n';
  Countdown saved, loaded;
  saved.left = 2;
  restore(saved, loaded);
  std::cout << loaded.left << ' ' << Request(3).size() << '\n';

  // Chunks, in order.
  using Chunks = data::datasets::ChunkDataset<Reader, data::samplers::SequentialSampler,
                                              data::samplers::SequentialSampler>;
  auto chunks = data::datasets::make_shared_dataset<Chunks>(
      Reader(), data::samplers::SequentialSampler(0), data::samplers::SequentialSampler(0),
      data::datasets::ChunkDatasetOptions(/*preloader_count=*/1, /*batch_size=*/5));
  auto chunk_loader = data::make_data_loader(chunks, data::DataLoaderOptions(5).workers(0));
  std::multiset<int> seen;
  for (auto& batch : *chunk_loader) seen.insert(batch.begin(), batch.end());
  print("chunks:", seen);

  // Samplers with state.
  data::samplers::RandomSampler random(10), same(10);
  const auto before = random.next(4).value();
  restore(random, same);
  auto rest = same.next(100).value();
  std::set<size_t> all(before.begin(), before.end());
  all.insert(rest.begin(), rest.end());
  std::cout << "random: " << rest.size() << ' ' << all.size() << ' ' << same.index() << '\n';
  data::samplers::DistributedSequentialSampler second(10, /*num_replicas=*/3, /*rank=*/1);
  print("distributed:", second.next(100).value());
  data::samplers::DistributedRandomSampler third(10, /*num_replicas=*/3, /*rank=*/2,
                                                 /*allow_duplicates=*/false);
  third.set_epoch(5);
  std::cout << third.epoch() << ' ' << third.next(100).value().size() << '\n';
  data::samplers::StreamSampler five(5);
  five.next(3);
  std::cout << five.next(3).value().size() << '\n';

  // What a worker throws.
  auto throwing = data::make_data_loader<data::samplers::SequentialSampler>(
      Squares(20), data::DataLoaderOptions(20).workers(1));
  try {
    for (auto& batch : *throwing) print("never", batch);
  } catch (const data::WorkerException& error) {
    std::cout << (std::string(error.what()).find("thirteen") != std::string::npos) << ' '
              << (error.original_exception != nullptr) << '\n';
  }
}
