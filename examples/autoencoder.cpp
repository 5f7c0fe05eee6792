// A convolutional autoencoder: squeezes Fashion-MNIST images into a few numbers and draws them
// again from these. Writes originals and copies, one above the other, as an SVG picture.

#include <cstdio>
#include <filesystem>
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
  std::string out = GRADUS_SOURCE_DIR "/out/autoencoder";
  int64_t epochs = 2;
  int64_t code = 32;
  uint64_t seed = 1;
};

struct AutoencoderImpl : nn::Module {
  explicit AutoencoderImpl(int64_t code)
      : encoder(register_module(
            "encoder",
            nn::Sequential(nn::Conv2d(nn::Conv2dOptions(1, 16, 3).stride(2).padding(1)), nn::ReLU(),
                           nn::Conv2d(nn::Conv2dOptions(16, 32, 3).stride(2).padding(1)),
                           nn::ReLU(), nn::Flatten(), nn::Linear(32 * 7 * 7, code)))),
        decoder(register_module(
            "decoder",
            nn::Sequential(
                nn::Linear(code, 32 * 7 * 7), nn::ReLU(),
                nn::Unflatten(nn::UnflattenOptions(1, {32, 7, 7})),
                nn::ConvTranspose2d(nn::ConvTranspose2dOptions(32, 16, 4).stride(2).padding(1)),
                nn::ReLU(),
                nn::ConvTranspose2d(nn::ConvTranspose2dOptions(16, 1, 4).stride(2).padding(1)),
                nn::Sigmoid()))) {}

  Tensor forward(const Tensor& images) { return decoder->forward(encoder->forward(images)); }

  nn::Sequential encoder{nullptr}, decoder{nullptr};
};
GRADUS_MODULE(Autoencoder);

void run(const Settings& settings) {
  gradus::manual_seed(settings.seed);
  std::filesystem::create_directories(settings.out);
  MNIST train(settings.data, MNIST::Mode::kTrain);
  const MNIST test(settings.data, MNIST::Mode::kTest);
  auto loader = data::make_data_loader<data::samplers::RandomSampler>(
      train.map(data::transforms::Stack<>()),
      data::DataLoaderOptions(128).workers(1).seed(settings.seed));

  Autoencoder net(settings.code);
  optim::Adam optimizer(net->parameters(), optim::AdamOptions(2e-3));
  for (int64_t epoch = 1; epoch <= settings.epochs; ++epoch) {
    gradus::watch::ProgressBar bar(static_cast<int64_t>(*train.size()),
                                   gradus::watch::ProgressOptions()
                                       .label(fmt::format("epoch {}/{}", epoch, settings.epochs))
                                       .unit("images"));
    double recent = 0.1;
    for (auto& batch : *loader) {
      optimizer.zero_grad();
      const Tensor loss = F::mse_loss(net(batch.data), batch.data);
      loss.backward();
      optimizer.step();
      recent += 0.03 * (loss.item<double>() - recent);
      bar.advance(batch.data.size(0), fmt::format("error {:.4f}", recent));
    }
    bar.finish();
  }

  gradus::NoGradGuard no_grad;
  const Tensor images = test.images().narrow(0, 0, 1000);
  const Tensor copies = net(images);
  const std::string picture = settings.out + "/copies.svg";
  gradus::watch::save_images_svg(
      picture, gradus::cat({images.narrow(0, 0, 12), copies.narrow(0, 0, 12)}), /*columns=*/12);
  std::printf(
      "%lld numbers per image, mean squared error %.4f (a constant image: %.4f)\noriginals and "
      "copies: %s\n",
      static_cast<long long>(settings.code), F::mse_loss(copies, images).item<double>(),
      F::mse_loss(images.mean({0}, /*keepdim=*/true).expand_as(images), images).item<double>(),
      picture.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  CLI::App app("Trains a convolutional autoencoder on Fashion-MNIST.");
  app.option_defaults()->always_capture_default();
  app.add_option("--data", settings.data, "Folder with idx or idx.gz files of 28x28 images");
  app.add_option("--out", settings.out, "Folder to write to");
  app.add_option("--epochs", settings.epochs, "Passes over the training set")
      ->check(CLI::Range(1, 10000));
  app.add_option("--code", settings.code, "Numbers that an image is squeezed into")
      ->check(CLI::Range(1, 1024));
  app.add_option("--seed", settings.seed, "Seed of weights and order");
  CLI11_PARSE(app, argc, argv);
  try {
    run(settings);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "autoencoder: %s\n", error.what());
    return 1;
  }
}
