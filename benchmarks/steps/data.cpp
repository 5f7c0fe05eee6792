// Loading batches, and saving and loading 100 MB.

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include "api.h"
#include "steps.h"

namespace steps {
namespace {

namespace data = torch::data;

// Images in memory as bytes, as most datasets keep them.
struct Images : data::datasets::Dataset<Images> {
  data::Example<> get(size_t index) override {
    const auto i = static_cast<int64_t>(index);
    return {images[i], targets[i]};
  }
  torch::optional<size_t> size() const override { return static_cast<size_t>(images.size(0)); }

  torch::Tensor images = torch::randint(256, {60000, 1, 28, 28}, torch::kByte);
  torch::Tensor targets = torch::randint(10, {60000}, torch::kLong);
};

// 300 batches of 64, normalized and stacked.
std::function<void()> load_batches(size_t workers) {
  return [images = Images(), workers]() mutable {
    auto loader = data::make_data_loader(
        images.map(data::transforms::Normalize<>(72.94, 90.02)).map(data::transforms::Stack<>()),
        data::DataLoaderOptions(64).workers(workers));
    int left = 300;
    for (auto& batch : *loader) {
      if (batch.data.size(0) != 64) std::abort();
      if (--left == 0) break;
    }
  };
}

// 100 batches of 128, cropped at random, flipped, normalized and stacked.
constexpr int kAugmented = 100 * 128;

std::function<void()> load_augmented(size_t workers) {
  return [images = Images(), workers]() mutable {
    auto loader = data::make_data_loader(cropped_and_flipped(images)
                                             .map(data::transforms::Normalize<>(72.94, 90.02))
                                             .map(data::transforms::Stack<>()),
                                         data::DataLoaderOptions(128).workers(workers));
    int left = kAugmented / 128;
    for (auto& batch : *loader) {
      if (batch.data.size(0) != 128) std::abort();
      if (--left == 0) break;
    }
  };
}

// 25 weights of a million floats, in a file that is removed at the end.
struct SavedWeights {
  SavedWeights() {
    for (int i = 0; i < 25; ++i) weights.push_back(torch::rand({1000, 1000}));
    save_tensors(weights, path);
  }
  ~SavedWeights() { std::remove(path.c_str()); }

  std::vector<torch::Tensor> weights;
  std::string path = "steps_weights.tmp";
};

}  // namespace

void add_data(Workloads& list) {
  list.push_back({.name = "loader_300", .goal_us = 40000, .make = [] { return load_batches(0); }});
  list.push_back(
      {.name = "loader_300_2_workers", .goal_us = 20000, .make = [] { return load_batches(2); }});
  // Per image: 2 us are 500,000 images a second.
  list.push_back({.name = "loader_augmented", .goal_us = 2, .per = kAugmented, .make = [] {
                    return load_augmented(0);
                  }});
  list.push_back({.name = "loader_augmented_1_worker", .goal_us = 2, .per = kAugmented, .make = [] {
                    return load_augmented(1);
                  }});
  list.push_back(
      {.name = "loader_augmented_2_workers", .goal_us = 1.2, .per = kAugmented, .make = [] {
         return load_augmented(2);
       }});
  list.push_back({.name = "save_100mb", .goal_us = 60000, .make = [] {
                    auto saved = std::make_shared<SavedWeights>();
                    return [=] { save_tensors(saved->weights, saved->path); };
                  }});
  // Touches every page: gradus maps the file and would otherwise be timed for reading nothing.
  list.push_back({.name = "load_100mb", .goal_us = 5000, .make = [] {
                    auto saved = std::make_shared<SavedWeights>();
                    return [=] {
                      constexpr int64_t kPage = 4096 / sizeof(float);
                      float sum = 0;
                      for (const torch::Tensor& x : load_tensors(saved->path)) {
                        const float* values = x.data_ptr<float>();
                        for (int64_t i = 0; i < x.numel(); i += kPage) sum += values[i];
                      }
                      if (sum < 0) std::abort();
                    };
                  }});
}

}  // namespace steps
