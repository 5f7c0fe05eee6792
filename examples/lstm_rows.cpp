// A sequence classifier: an LSTM reads each Fashion-MNIST image row by row, as 28 steps of 28
// numbers, and names it after the last.

#include <cstdio>
#include <string>

#include <CLI/CLI.hpp>
#include <gradus/gradus.h>

namespace data = gradus::data;
namespace F = gradus::nn::functional;
namespace nn = gradus::nn;
namespace optim = gradus::optim;
using gradus::Tensor;
using MNIST = data::datasets::MNIST;

namespace {

struct Settings {
  std::string data = "/usr/share/datasets/fashion-mnist";
  int64_t epochs = 3;
  int64_t hidden = 128;
  double lr = 2e-3;
  uint64_t seed = 1;
};

struct RowReaderImpl : nn::Module {
  explicit RowReaderImpl(int64_t hidden)
      : lstm(register_module("lstm", nn::LSTM(nn::LSTMOptions(28, hidden).batch_first(true)))),
        head(register_module("head", nn::Linear(hidden, 10))) {}

  // images is [batch, 1, 28, 28]: a batch of sequences [batch, 28, 28].
  Tensor forward(const Tensor& images) {
    const auto [output, state] = lstm(images.squeeze(1));
    return head(output.select(1, -1));
  }

  nn::LSTM lstm{nullptr};
  nn::Linear head{nullptr};
};
GRADUS_MODULE(RowReader);

void run(const Settings& settings) {
  gradus::manual_seed(settings.seed);
  const auto prepared = [](MNIST images) {
    return images.map(data::transforms::Normalize<>(0.2860, 0.3530))
        .map(data::transforms::Stack<>());
  };
  const MNIST train(settings.data, MNIST::Mode::kTrain), test(settings.data, MNIST::Mode::kTest);
  auto train_loader = data::make_data_loader<data::samplers::RandomSampler>(
      prepared(train), data::DataLoaderOptions(64).workers(1).seed(settings.seed));
  auto test_loader = data::make_data_loader<data::samplers::SequentialSampler>(prepared(test), 250);

  RowReader net(settings.hidden);
  optim::Adam optimizer(net->parameters(), optim::AdamOptions(settings.lr));
  for (int64_t epoch = 1; epoch <= settings.epochs; ++epoch) {
    net->train();
    gradus::watch::ProgressBar bar(static_cast<int64_t>(*train.size()),
                                   gradus::watch::ProgressOptions()
                                       .label(fmt::format("epoch {}/{}", epoch, settings.epochs))
                                       .unit("images"));
    double recent = 2.3;
    for (auto& batch : *train_loader) {
      optimizer.zero_grad();
      const Tensor loss = F::cross_entropy(net(batch.data), batch.target);
      loss.backward();
      nn::utils::clip_grad_norm_(net->parameters(), 1.0);
      optimizer.step();
      recent += 0.03 * (loss.item<double>() - recent);
      bar.advance(batch.target.size(0), fmt::format("loss {:.3f}", recent));
    }
    bar.finish();

    gradus::NoGradGuard no_grad;
    net->eval();
    int64_t hits = 0;
    for (auto& batch : *test_loader)
      hits += net(batch.data).argmax(1).eq(batch.target).sum().item<int64_t>();
    std::printf("epoch %lld: test accuracy: %.4f\n", static_cast<long long>(epoch),
                static_cast<double>(hits) / static_cast<double>(*test.size()));
    std::fflush(stdout);
  }
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  CLI::App app("Trains an LSTM to name images that it reads row by row.");
  app.option_defaults()->always_capture_default();
  app.add_option("--data", settings.data, "Folder with idx or idx.gz files of 28x28 images");
  app.add_option("--epochs", settings.epochs, "Passes over the training set")
      ->check(CLI::Range(1, 10000));
  app.add_option("--hidden", settings.hidden, "Width of the LSTM's state")
      ->check(CLI::Range(1, 4096));
  app.add_option("--lr", settings.lr, "Learning rate")->check(CLI::NonNegativeNumber);
  app.add_option("--seed", settings.seed, "Seed of weights and order");
  CLI11_PARSE(app, argc, argv);
  try {
    run(settings);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "lstm_rows: %s\n", error.what());
    return 1;
  }
}
