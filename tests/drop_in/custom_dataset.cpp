// A program as one writes it for libtorch: data sets of one's own, transforms, samplers and
// loaders.

#include TORCH_HEADER

#include <iomanip>
#include <iostream>
#include <set>
#include <string>
#include <vector>

// Points on a circle; the target says in which quarter.
class CircleDataset : public torch::data::datasets::Dataset<CircleDataset> {
 public:
  explicit CircleDataset(size_t count) : count_(count) {}

  torch::data::Example<> get(size_t index) override {
    const double angle =
        6.283185307179586 * static_cast<double>(index) / static_cast<double>(count_);
    torch::Tensor data = torch::tensor({std::cos(angle), std::sin(angle)}, torch::kFloat);
    torch::Tensor label = torch::tensor(static_cast<int64_t>(index * 4 / count_), torch::kInt64);
    return {data, label};
  }

  torch::optional<size_t> size() const override { return count_; }

 private:
  size_t count_;
};

int main() {
  std::cout << std::fixed << std::setprecision(4);
  auto dataset = CircleDataset(50)
                     .map(torch::data::transforms::Normalize<>(0.5, 2.0))
                     .map(torch::data::transforms::Stack<>());
  const size_t size = dataset.size().value();
  std::cout << "size " << size << "\n";

  auto loader = torch::data::make_data_loader<torch::data::samplers::SequentialSampler>(
      dataset, torch::data::DataLoaderOptions().batch_size(16).workers(2).enforce_ordering(true));
  for (torch::data::Example<>& batch : *loader) {
    std::cout << batch.data.sizes() << " " << batch.data.sum().item<float>() << " "
              << batch.target.sum().item<int64_t>() << "\n";
  }

  // In random order every example comes once.
  auto random = torch::data::make_data_loader(
      CircleDataset(20), torch::data::DataLoaderOptions().batch_size(6).drop_last(false));
  std::multiset<int64_t> labels;
  size_t batches = 0;
  for (auto& batch : *random) {
    for (auto& example : batch) labels.insert(example.target.item<int64_t>());
    ++batches;
  }
  std::cout << batches << " batches, " << labels.size() << " examples, " << labels.count(2)
            << " of class 2\n";

  // A lambda as a transform, and batches that drop the incomplete last one.
  auto scaled = CircleDataset(10).map(
      torch::data::transforms::Lambda<torch::data::Example<>>([](torch::data::Example<> example) {
        return torch::data::Example<>(example.data * 10, example.target + 1);
      }));
  auto stacked = scaled.map(torch::data::transforms::Stack<>());
  auto dropping = torch::data::make_data_loader<torch::data::samplers::SequentialSampler>(
      std::move(stacked), torch::data::DataLoaderOptions(4).drop_last(true));
  for (auto& batch : *dropping)
    std::cout << batch.data.sum().item<float>() << " " << batch.target.sum().item<int64_t>()
              << "\n";

  // Tensors as a data set.
  torch::data::datasets::TensorDataset tensors(torch::arange(12).view({6, 2}));
  std::cout << "tensor data set " << tensors.size().value() << " "
            << tensors.get(3).data.sum().item<int64_t>() << "\n";
}
