// Transfer: a net learns eight of Fashion-MNIST's classes, then its frozen features learn the other
// two from 20 images each. Beside it the same net from scratch on these 40 images.

#include <cstdio>
#include <string>
#include <utility>
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
  std::string data = "/usr/share/datasets/fashion-mnist";
  int64_t steps = 600;
  int64_t shots = 20;
  uint64_t seed = 1;
};

struct NetImpl : nn::Module {
  explicit NetImpl(int64_t classes)
      : features(register_module(
            "features",
            nn::Sequential(nn::Conv2d(nn::Conv2dOptions(1, 32, 3).padding(1)), nn::ReLU(),
                           nn::MaxPool2d(2), nn::Conv2d(nn::Conv2dOptions(32, 64, 3).padding(1)),
                           nn::ReLU(), nn::MaxPool2d(2), nn::Flatten(), nn::Linear(64 * 7 * 7, 128),
                           nn::ReLU()))),
        head(register_module("head", nn::Linear(128, classes))) {}
  Tensor forward(const Tensor& images) { return head(features->forward(images)); }

  nn::Sequential features{nullptr};
  nn::Linear head{nullptr};
};
GRADUS_MODULE(Net);

// The images of the classes [first, last), labelled from 0; at most `limit` of each.
std::pair<Tensor, Tensor> classes(const MNIST& set, int64_t first, int64_t last, int64_t limit) {
  std::vector<Tensor> places;
  for (int64_t label = first; label < last; ++label) {
    const Tensor of_class = set.targets().eq(label).nonzero().view({-1});
    places.push_back(of_class.slice(0, 0, limit));
  }
  const Tensor picked = gradus::cat(places);
  return {(set.images().index_select(0, picked) - 0.2860) / 0.3530,
          set.targets().index_select(0, picked) - first};
}

void train(Net& net, const Tensor& images, const Tensor& labels, int64_t steps, const char* label) {
  std::vector<Tensor> learning;
  for (const Tensor& parameter : net->parameters()) {
    if (parameter.requires_grad()) learning.push_back(parameter);
  }
  optim::Adam optimizer(learning, optim::AdamOptions(1e-3));
  gradus::watch::ProgressBar bar(steps,
                                 gradus::watch::ProgressOptions().label(label).unit("steps"));
  for (int64_t step = 0; step < steps; ++step) {
    const Tensor picked = gradus::randint(0, images.size(0), {64}, gradus::kLong);
    optimizer.zero_grad();
    const Tensor loss =
        F::cross_entropy(net(images.index_select(0, picked)), labels.index_select(0, picked));
    loss.backward();
    optimizer.step();
    bar.advance(1, fmt::format("loss {:.3f}", loss.item<double>()));
  }
  bar.finish();
}

double accuracy(Net& net, const Tensor& images, const Tensor& labels) {
  gradus::NoGradGuard no_grad;
  return net(images).argmax(1).eq(labels).to(gradus::kFloat).mean().item<double>();
}

void run(const Settings& settings) {
  gradus::manual_seed(settings.seed);
  const MNIST train_set(settings.data, MNIST::Mode::kTrain),
      test_set(settings.data, MNIST::Mode::kTest);
  const auto [images, labels] = classes(train_set, 0, 8, 6000);
  const auto [test_images, test_labels] = classes(test_set, 0, 8, 1000);
  const auto [few_images, few_labels] = classes(train_set, 8, 10, settings.shots);
  const auto [new_images, new_labels] = classes(test_set, 8, 10, 1000);

  Net net(8);
  train(net, images, labels, settings.steps, "eight classes");
  std::printf("eight classes: test accuracy %.4f\n", accuracy(net, test_images, test_labels));

  // The features stay as they are; a new head learns.
  Net tuned(2);
  tuned->features->load_state_dict(net->features->state_dict());
  for (Tensor& parameter : tuned->features->parameters()) parameter.requires_grad_(false);
  train(tuned, few_images, few_labels, settings.steps / 4, "two new ones");

  Net scratch(2);
  train(scratch, few_images, few_labels, settings.steps / 4, "from scratch");
  std::printf("two new classes from %lld images each: frozen features %.4f, from scratch %.4f\n",
              static_cast<long long>(settings.shots), accuracy(tuned, new_images, new_labels),
              accuracy(scratch, new_images, new_labels));
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  CLI::App app("Transfers what a net learned from eight classes to two new ones.");
  app.option_defaults()->always_capture_default();
  app.add_option("--data", settings.data, "Folder with idx or idx.gz files of 28x28 images");
  app.add_option("--steps", settings.steps,
                 "Batches of 64 for the eight classes; a quarter of it for the new ones")
      ->check(CLI::Range(4, 1 << 20));
  app.add_option("--shots", settings.shots, "Images of each new class")->check(CLI::Range(1, 6000));
  app.add_option("--seed", settings.seed, "Seed of weights and batches");
  CLI11_PARSE(app, argc, argv);
  try {
    run(settings);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "transfer: %s\n", error.what());
    return 1;
  }
}
