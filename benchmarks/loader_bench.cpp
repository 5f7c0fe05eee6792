// The loader on 60,000 images as Fashion-MNIST's, in batches of 128: cropped at random, flipped and
// normalized. Beside libtorch's: benchmarks/compare 'loader*'. The argument is the number of
// workers.

#include <chrono>
#include <cstdint>
#include <utility>

#include <benchmark/benchmark.h>
#include <gradus/gradus.h>

namespace gradus {
namespace {

struct Images : data::datasets::Dataset<Images> {
  data::Example<> get(size_t index) override {
    const auto i = static_cast<int64_t>(index);
    return {images[i], targets[i]};
  }
  std::optional<size_t> size() const override { return static_cast<size_t>(images.size(0)); }

  Tensor images = randint(256, {60000, 1, 28, 28}, kByte);
  Tensor targets = randint(10, {60000}, kLong);
};

auto make_loader(int64_t workers) {
  return data::make_data_loader(
      Images()
          .map(data::transforms::RandomCrop<>(28, /*padding=*/2))
          .map(data::transforms::RandomHorizontalFlip<>())
          .map(data::transforms::Normalize<>(72.94, 90.02))
          .map(data::transforms::Stack<>()),
      data::DataLoaderOptions(128).workers(static_cast<size_t>(workers)).drop_last(true));
}

// An epoch.
void load(benchmark::State& state) {
  const auto loader = make_loader(state.range(0));
  int64_t images = 0;
  for (auto _ : state) {
    for (const auto& batch : *loader) images += batch.target.size(0);
  }
  state.SetItemsProcessed(images);
}

// The net of the demo, examples/fashion_mnist.cpp.
nn::Sequential demo_net() {
  return nn::Sequential(nn::Conv2d(nn::Conv2dOptions(1, 32, 3).padding(1)), nn::ReLU(),
                        nn::MaxPool2d(2), nn::Conv2d(nn::Conv2dOptions(32, 64, 3).padding(1)),
                        nn::ReLU(), nn::MaxPool2d(2), nn::Flatten(), nn::Dropout(0.25),
                        nn::Linear(64 * 7 * 7, 128), nn::ReLU(), nn::Linear(128, 10));
}

// 100 steps of training; `wait` is the share of the time that the training thread spends on getting
// the next batch.
void train(benchmark::State& state) {
  using Clock = std::chrono::steady_clock;
  const auto loader = make_loader(state.range(0));
  nn::Sequential net = demo_net();
  optim::Adam optimizer(net->parameters(), optim::AdamOptions(1e-3));
  Clock::duration waited{}, whole{};
  int64_t images = 0;
  for (auto _ : state) {
    const auto begin = Clock::now();
    auto batch = loader->begin();
    waited += Clock::now() - begin;
    for (int step = 0; step < 100; ++step) {
      optimizer.zero_grad();
      nn::functional::cross_entropy(net->forward(batch->data), batch->target).backward();
      optimizer.step();
      images += batch->target.size(0);
      const auto asked = Clock::now();
      ++batch;
      waited += Clock::now() - asked;
    }
    whole += Clock::now() - begin;
  }
  state.SetItemsProcessed(images);
  state.counters["wait"] = static_cast<double>(waited.count()) / static_cast<double>(whole.count());
}

BENCHMARK(load)->DenseRange(0, 2)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(train)->DenseRange(0, 2)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace gradus
