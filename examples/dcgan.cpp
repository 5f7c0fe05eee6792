// DCGAN (Radford et al., arXiv:1511.06434) on Fashion-MNIST: a generator learns to draw clothes
// that a discriminator takes for photographs. Writes a picture of samples after each epoch.

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
  std::string out = GRADUS_SOURCE_DIR "/out/dcgan";
  int64_t epochs = 3;
  int64_t noise = 64;
  uint64_t seed = 1;
};

// Noise [n, noise, 1, 1] to images [n, 1, 28, 28] with values from -1 to 1.
nn::Sequential make_generator(int64_t noise) {
  const auto up = [](int64_t in, int64_t out, int64_t kernel, int64_t stride, int64_t padding) {
    return nn::ConvTranspose2d(
        nn::ConvTranspose2dOptions(in, out, kernel).stride(stride).padding(padding).bias(false));
  };
  return nn::Sequential(up(noise, 64, 7, 1, 0), nn::BatchNorm2d(64), nn::ReLU(),
                        up(64, 32, 4, 2, 1), nn::BatchNorm2d(32), nn::ReLU(), up(32, 1, 4, 2, 1),
                        nn::Tanh());
}

// Images to the logit of being real.
nn::Sequential make_discriminator() {
  const auto down = [](int64_t in, int64_t out) {
    return nn::Conv2d(nn::Conv2dOptions(in, out, 4).stride(2).padding(1).bias(false));
  };
  const auto leak = nn::LeakyReLUOptions().negative_slope(0.2);
  return nn::Sequential(down(1, 32), nn::LeakyReLU(leak), down(32, 64), nn::BatchNorm2d(64),
                        nn::LeakyReLU(leak), nn::Flatten(), nn::Linear(64 * 7 * 7, 1));
}

void initialize(nn::Module& net) {
  for (auto& parameter : net.named_parameters()) {
    if (parameter.value().dim() > 1) nn::init::normal_(parameter.value(), 0, 0.02);
  }
}

Tensor loss_for(const Tensor& logits, double label) {
  return F::binary_cross_entropy_with_logits(logits, gradus::full_like(logits, label));
}

void run(const Settings& settings) {
  gradus::manual_seed(settings.seed);
  std::filesystem::create_directories(settings.out);
  MNIST train(settings.data, MNIST::Mode::kTrain);
  auto loader = data::make_data_loader<data::samplers::RandomSampler>(
      train.map(data::transforms::Normalize<>(0.5, 0.5)).map(data::transforms::Stack<>()),
      data::DataLoaderOptions(64).workers(1).drop_last(true).seed(settings.seed));

  nn::Sequential generator = make_generator(settings.noise), discriminator = make_discriminator();
  initialize(*generator);
  initialize(*discriminator);
  const auto adam = optim::AdamOptions(2e-4).betas({0.5, 0.999});
  optim::Adam of_generator(generator->parameters(), adam),
      of_discriminator(discriminator->parameters(), adam);
  const Tensor shown = gradus::randn({64, settings.noise, 1, 1});

  for (int64_t epoch = 1; epoch <= settings.epochs; ++epoch) {
    gradus::watch::ProgressBar bar(static_cast<int64_t>(*train.size()),
                                   gradus::watch::ProgressOptions()
                                       .label(fmt::format("epoch {}/{}", epoch, settings.epochs))
                                       .unit("images"));
    for (auto& batch : *loader) {
      const Tensor fake =
          generator->forward(gradus::randn({batch.data.size(0), settings.noise, 1, 1}));

      of_discriminator.zero_grad();
      const Tensor critic_loss = loss_for(discriminator->forward(batch.data), 0.9) +
                                 loss_for(discriminator->forward(fake.detach()), 0.0);
      critic_loss.backward();
      of_discriminator.step();

      of_generator.zero_grad();
      const Tensor artist_loss = loss_for(discriminator->forward(fake), 1.0);
      artist_loss.backward();
      of_generator.step();
      bar.advance(batch.data.size(0),
                  fmt::format("discriminator {:.3f} generator {:.3f}", critic_loss.item<double>(),
                              artist_loss.item<double>()));
    }
    bar.finish();
    gradus::NoGradGuard no_grad;
    const std::string picture = fmt::format("{}/epoch_{}.svg", settings.out, epoch);
    gradus::watch::save_images_svg(picture, generator->forward(shown) * 0.5 + 0.5);
    std::printf("samples: %s\n", picture.c_str());
    std::fflush(stdout);
  }
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  CLI::App app("Trains a DCGAN on Fashion-MNIST.");
  app.option_defaults()->always_capture_default();
  app.add_option("--data", settings.data, "Folder with idx or idx.gz files of 28x28 images");
  app.add_option("--out", settings.out, "Folder to write to");
  app.add_option("--epochs", settings.epochs, "Passes over the training set")
      ->check(CLI::Range(1, 10000));
  app.add_option("--noise", settings.noise, "Numbers that an image is made from")
      ->check(CLI::Range(1, 1024));
  app.add_option("--seed", settings.seed, "Seed of weights, order and noise");
  CLI11_PARSE(app, argc, argv);
  try {
    run(settings);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "dcgan: %s\n", error.what());
    return 1;
  }
}
