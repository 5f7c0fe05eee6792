// What the size of a batch does: full-batch descent, mini-batches and pure SGD on the same problem.
// Writes one picture: training loss against updates and against examples seen, how sharp the
// minimum is that each ends in, and the linear scaling rule where it holds and where it breaks.

#include <algorithm>
#include <cmath>
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
using Line = std::vector<double>;

namespace {

struct Settings {
  double epochs = 15;
  double lr = 0.1;
  double target = 0.1;
  uint64_t seed = 1;
  std::string data = GRADUS_SOURCE_DIR "/examples/data/digits";
  std::string out = GRADUS_SOURCE_DIR "/out/sgd_spectrum";
};

// Images as rows, standardized.
struct Images {
  Images(const std::string& folder, MNIST::Mode mode) {
    const MNIST mnist(folder, mode);
    x = mnist.images().flatten(1);
    x = (x - x.mean()) / x.std();
    y = mnist.targets();
  }
  int64_t size() const { return x.size(0); }
  Tensor x, y;
};

nn::Sequential make_net(const Images& train) {
  return nn::Sequential(nn::Linear(train.x.size(1), 32), nn::Tanh(), nn::Linear(32, 10));
}

double loss_of(nn::Sequential& net, const Images& images) {
  const gradus::NoGradGuard no_grad;
  return F::cross_entropy(net->forward(images.x), images.y).item<double>();
}

double accuracy_of(nn::Sequential& net, const Images& images) {
  const gradus::NoGradGuard no_grad;
  return net->forward(images.x).argmax(1).eq(images.y).to(gradus::kDouble).mean().item<double>();
}

// The largest eigenvalue of the Hessian of the training loss.
double sharpness_of(nn::Sequential& net, const Images& images) {
  const Tensor loss = F::cross_entropy(net->forward(images.x), images.y);
  return optim::lanczos_eigenvalues(optim::HessianProduct(loss, net->parameters()), 1, 20)[0];
}

struct Curve {
  Line updates, epochs, loss;
  double sharpness = 0, accuracy = 0;
  int64_t steps = 0;
};

// Trains for so many epochs, and with a target at least until the training loss is below it (but at
// most 8,000 steps).
Curve train(const Settings& settings, const Images& images, const Images& test, int64_t batch,
            double lr, double epochs, double target) {
  gradus::manual_seed(settings.seed);
  nn::Sequential net = make_net(images);
  optim::SGD optimizer(net->parameters(), optim::SGDOptions(lr));
  const int64_t n = images.size();
  const auto wanted =
      static_cast<int64_t>(std::ceil(epochs * static_cast<double>(n) / static_cast<double>(batch)));
  Curve curve;
  Tensor order;
  int64_t at = n, next_look = 0;
  bool reached = target <= 0;
  for (;; ++curve.steps) {
    // Looks at the whole training set, more and more seldom.
    if (curve.steps >= next_look || curve.steps == wanted) {
      const double loss = loss_of(net, images);
      curve.updates.push_back(static_cast<double>(std::max<int64_t>(curve.steps, 1)));
      curve.epochs.push_back(static_cast<double>(curve.steps * batch) / static_cast<double>(n));
      curve.loss.push_back(loss);
      next_look = std::max(curve.steps + 1, curve.steps * 11 / 10);
      if (!std::isfinite(loss) || loss > 1e3) break;
      if (!reached && loss < target) {
        reached = true;
        curve.sharpness = sharpness_of(net, images);
        curve.accuracy = accuracy_of(net, test);
      }
    }
    if ((curve.steps >= wanted && reached) || curve.steps >= std::max<int64_t>(wanted, 8000)) break;
    if (at + batch > n) {
      order = gradus::randperm(n);
      at = 0;
    }
    const Tensor rows = order.slice(0, at, at + batch);
    at += batch;
    optimizer.zero_grad();
    F::cross_entropy(net->forward(images.x.index_select(0, rows)), images.y.index_select(0, rows))
        .backward();
    optimizer.step();
  }
  return curve;
}

void run(const Settings& settings) {
  std::filesystem::create_directories(settings.out);
  const Images images(settings.data, MNIST::Mode::kTrain), test(settings.data, MNIST::Mode::kTest);
  const int64_t n = images.size();
  const std::vector<int64_t> batches = {1, 8, 32, 128, 512, n};
  const auto name_of = [n](int64_t batch) {
    return batch == n ? std::string("full batch") : fmt::format("batch {}", batch);
  };
  const auto style = gradus::watch::SvgPanel::Style::kPlain;

  gradus::watch::SvgChart chart("One problem, batches of 1 to all: stochastic gradient descent");
  auto& by_update = chart.panel(fmt::format("Training loss, rate {} for all", settings.lr))
                        .x_label("updates")
                        .y_label("cross entropy")
                        .log_x()
                        .log_y();
  auto& by_example = chart.panel("The same against examples seen")
                         .x_label("epochs")
                         .y_label("cross entropy")
                         .log_y();
  auto& flatness = chart.panel(fmt::format("Sharpness when the loss reaches {}", settings.target))
                       .x_label("batch size")
                       .y_label("top eigenvalue of the Hessian")
                       .log_x();
  auto& scaling = chart.panel("Rate proportional to the batch: holds, then breaks")
                      .x_label("epochs")
                      .y_label("cross entropy")
                      .log_y();

  std::printf("%-12s %8s %10s %12s %10s %10s\n", "batch", "updates", "loss",
              "at target:", "sharpness", "accuracy");
  Line sizes, sharpness;
  for (const int64_t batch : batches) {
    const Curve curve =
        train(settings, images, test, batch, settings.lr, settings.epochs, settings.target);
    by_update.line(name_of(batch), curve.updates, curve.loss, style);
    Line epochs, loss;  // of equal numbers of examples only
    for (size_t i = 0; i < curve.loss.size() && curve.epochs[i] <= settings.epochs; ++i) {
      epochs.push_back(curve.epochs[i]);
      loss.push_back(curve.loss[i]);
    }
    by_example.line(name_of(batch), epochs, loss, style);
    if (curve.sharpness > 0) {
      sizes.push_back(static_cast<double>(batch));
      sharpness.push_back(curve.sharpness);
    }
    std::printf("%-12s %8lld %10.4f %12s %10.2f %10.4f\n", name_of(batch).c_str(),
                static_cast<long long>(curve.steps), curve.loss.back(), "", curve.sharpness,
                curve.accuracy);
    std::fflush(stdout);
  }
  flatness.line("", sizes, sharpness, style);

  // The rate of a batch of 8, times batch / 8.
  std::printf("\nlinear scaling rule\n%-12s %8s %10s\n", "batch", "rate", "loss");
  for (const int64_t batch : {int64_t{8}, int64_t{32}, int64_t{128}, int64_t{512}, n}) {
    const double factor = static_cast<double>(batch) / 8;
    const double lr = optim::linear_scaled_lr(settings.lr, factor);
    const Curve curve = train(settings, images, test, batch, lr, settings.epochs, 0);
    scaling.line(name_of(batch), curve.epochs, curve.loss, style);
    std::printf("%-12s %8.2f %10.4f\n", name_of(batch).c_str(), lr, curve.loss.back());
    std::fflush(stdout);
  }
  const std::string path = settings.out + "/sgd_spectrum.svg";
  chart.columns(2).panel_size(560, 380).save(path);
  std::printf("\npicture: %s\n", path.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  CLI::App app("Shows what the size of a batch does.");
  app.option_defaults()->always_capture_default();
  app.add_option("--epochs", settings.epochs, "Passes over the training set")
      ->check(CLI::PositiveNumber);
  app.add_option("--lr", settings.lr, "Learning rate")->check(CLI::PositiveNumber);
  app.add_option("--target", settings.target, "Training loss at which sharpness is compared")
      ->check(CLI::PositiveNumber);
  app.add_option("--seed", settings.seed, "Seed of weights and order");
  app.add_option("--data", settings.data, "Folder with idx or idx.gz files");
  app.add_option("--out", settings.out, "Folder to write to");
  CLI11_PARSE(app, argc, argv);
  try {
    run(settings);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "sgd_spectrum: %s\n", error.what());
    return 1;
  }
}
