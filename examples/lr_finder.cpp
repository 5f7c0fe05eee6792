// Finds a learning rate in a hundred steps: the range test, its picture, and short runs with the
// suggestion and with rates around it that show whether it was right.

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <gradus/gradus.h>

namespace F = gradus::nn::functional;
namespace nn = gradus::nn;
namespace optim = gradus::optim;
using gradus::Tensor;
using MNIST = gradus::data::datasets::MNIST;

namespace {

struct Settings {
  int64_t epochs = 3;
  int64_t batch_size = 64;
  uint64_t seed = 1;
  std::string data = GRADUS_SOURCE_DIR "/examples/data/digits";
  std::string out = GRADUS_SOURCE_DIR "/out/lr_finder";
};

// Endless batches in random order.
class Batches {
 public:
  Batches(const std::string& folder, int64_t batch_size) : batch_size_(batch_size) {
    const MNIST mnist(folder, MNIST::Mode::kTrain);
    x_ = mnist.images().flatten(1);
    x_ = (x_ - x_.mean()) / x_.std();
    y_ = mnist.targets();
    batch_size_ = std::min(batch_size_, x_.size(0));
  }
  int64_t per_epoch() const { return x_.size(0) / batch_size_; }
  int64_t features() const { return x_.size(1); }
  /// The loss of the net on the next batch.
  Tensor loss(nn::Sequential& net) {
    if (!order_.defined() || at_ + batch_size_ > x_.size(0)) {
      order_ = gradus::randperm(x_.size(0));
      at_ = 0;
    }
    const Tensor rows = order_.slice(0, at_, at_ + batch_size_);
    at_ += batch_size_;
    return F::cross_entropy(net->forward(x_.index_select(0, rows)), y_.index_select(0, rows));
  }
  double full_loss(nn::Sequential& net) const {
    const gradus::NoGradGuard no_grad;
    return F::cross_entropy(net->forward(x_), y_).item<double>();
  }

 private:
  Tensor x_, y_, order_;
  int64_t batch_size_, at_ = 0;
};

void run(const Settings& settings) {
  std::filesystem::create_directories(settings.out);
  gradus::manual_seed(settings.seed);
  Batches batches(settings.data, settings.batch_size);
  nn::Sequential net(nn::Linear(batches.features(), 64), nn::ReLU(), nn::Linear(64, 10));
  optim::SGD optimizer(net->parameters(), optim::SGDOptions(0.1).momentum(0.9));
  const auto step = [&] {
    optimizer.zero_grad();
    const Tensor loss = batches.loss(net);
    loss.backward();
    return loss;
  };

  const auto found = optim::lr_range_test(
      optimizer, step, optim::LRRangeTestOptions().start_lr(1e-4).end_lr(100).steps(120));
  const std::string path = settings.out + "/lr_finder.svg";
  found.plot(path);
  std::printf("range test: %zu steps%s; the loss is least at %.3g, falls fastest at %.3g\n\n",
              found.lrs.size(), found.diverged ? ", then it diverged" : "", found.best,
              found.suggestion);

  // The test left the net as it was, so each run begins where it did.
  optim::BestWeights start(net->named_parameters());
  start.save();
  std::printf("%10s %16s\n", "rate", "training loss");
  for (const double factor : {0.01, 0.1, 1.0, 10.0, 100.0}) {
    start.restore();
    optim::SGD sgd(net->parameters(), optim::SGDOptions(factor * found.suggestion).momentum(0.9));
    for (int64_t k = 0; k < settings.epochs * batches.per_epoch(); ++k) {
      sgd.zero_grad();
      batches.loss(net).backward();
      sgd.step();
    }
    std::printf("%10.3g %16.4f%s\n", factor * found.suggestion, batches.full_loss(net),
                factor == 1 ? "   <- suggestion" : "");
  }
  std::printf("\npicture: %s\n", path.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  CLI::App app("Finds a learning rate by a range test.");
  app.option_defaults()->always_capture_default();
  app.add_option("--epochs", settings.epochs, "Length of the runs that check the suggestion")
      ->check(CLI::PositiveNumber);
  app.add_option("--batch-size", settings.batch_size, "Images per step")
      ->check(CLI::PositiveNumber);
  app.add_option("--seed", settings.seed, "Seed of weights and order");
  app.add_option("--data", settings.data, "Folder with idx or idx.gz files");
  app.add_option("--out", settings.out, "Folder to write to");
  CLI11_PARSE(app, argc, argv);
  try {
    run(settings);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "lr_finder: %s\n", error.what());
    return 1;
  }
}
