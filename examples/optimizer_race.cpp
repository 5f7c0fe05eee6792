// All optimizers on three small problems, each with the same budget to find its rate: five short
// runs around its default. Prints a table and writes a picture.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <gradus/gradus.h>

namespace F = gradus::nn::functional;
namespace nn = gradus::nn;
namespace optim = gradus::optim;
using gradus::Tensor;
using MNIST = gradus::data::datasets::MNIST;
using Params = std::vector<Tensor>;

namespace {

struct Settings {
  int64_t epochs = 6;
  int64_t tuning_epochs = 2;
  int64_t batch_size = 32;
  uint64_t seed = 1;
  std::string data = GRADUS_SOURCE_DIR "/examples/data/digits";
  std::string out = GRADUS_SOURCE_DIR "/out/optimizer_race";
};

struct Racer {
  std::string name;
  double lr;  // its default, or what its paper recommends
  std::function<std::unique_ptr<optim::Optimizer>(const Params&, double lr)> make;
};

// An optimizer with its defaults but for the rate.
template <class Optimizer, class Options>
Racer racer(const std::string& name, double lr, Options options = {}) {
  return {name, lr, [options](const Params& params, double rate) {
            Options own = options;
            own.lr(rate);
            return std::make_unique<Optimizer>(params, own);
          }};
}

std::vector<Racer> racers() {
  return {
      racer<optim::SGD>("SGD", 0.1, optim::SGDOptions()),
      racer<optim::SGD>("SGD momentum", 0.02, optim::SGDOptions().momentum(0.9).nesterov(true)),
      racer<optim::Adam>("Adam", 2e-3, optim::AdamOptions()),
      racer<optim::AdamW>("AdamW", 2e-3, optim::AdamWOptions()),
      racer<optim::NAdam>("NAdam", 2e-3, optim::NAdamOptions()),
      racer<optim::RAdam>("RAdam", 2e-3, optim::RAdamOptions()),
      racer<optim::Adamax>("Adamax", 4e-3, optim::AdamaxOptions()),
      racer<optim::Adagrad>("Adagrad", 2e-2, optim::AdagradOptions()),
      racer<optim::RMSprop>("RMSprop", 1e-3, optim::RMSpropOptions()),
      racer<optim::Adadelta>("Adadelta", 1.0, optim::AdadeltaOptions()),
      racer<optim::ASGD>("ASGD", 0.1, optim::ASGDOptions()),
      racer<optim::Adafactor>("Adafactor", 5e-2, optim::AdafactorOptions()),
      racer<optim::Muon>(
          "Muon", 2e-3,
          optim::MuonOptions().adamw(true).adjust_lr_fn(optim::MuonOptions::match_rms_adamw)),
      racer<optim::Lion>("Lion", 3e-4, optim::LionOptions()),
      racer<optim::Signum>("Signum", 3e-4, optim::SignumOptions()),
      racer<optim::LARS>("LARS", 1.0, optim::LARSOptions().trust_coefficient(0.02)),
      racer<optim::LAMB>("LAMB", 1e-2, optim::LAMBOptions()),
      racer<optim::NovoGrad>("NovoGrad", 1e-2, optim::NovoGradOptions()),
      racer<optim::AdaBelief>("AdaBelief", 2e-3, optim::AdaBeliefOptions()),
      racer<optim::Yogi>("Yogi", 1e-2, optim::YogiOptions()),
      racer<optim::LaProp>("LaProp", 1e-3, optim::LaPropOptions()),
      racer<optim::ADOPT>("ADOPT", 2e-3, optim::ADOPTOptions().betas({0.9, 0.99})),
      racer<optim::AdEMAMix>("AdEMAMix", 1e-3, optim::AdEMAMixOptions().betas({0.9, 0.999, 0.99})),
      racer<optim::Adan>("Adan", 4e-3, optim::AdanOptions()),
      racer<optim::MARS>("MARS", 3e-3, optim::MARSOptions()),
      racer<optim::MADGRAD>("MADGRAD", 1e-2, optim::MADGRADOptions()),
      racer<optim::QHM>("QHM", 0.1, optim::QHMOptions().momentum(0.99)),
      racer<optim::AggMo>("AggMo", 0.02, optim::AggMoOptions()),
      racer<optim::AdamP>("AdamP", 2e-3, optim::AdamPOptions()),
      racer<optim::ScheduleFreeAdamW>("Schedule-Free", 5e-3, optim::ScheduleFreeAdamWOptions()),
      racer<optim::Prodigy>("Prodigy", 1.0, optim::ProdigyOptions()),
      racer<optim::DAdaptAdam>("D-Adapt Adam", 1.0, optim::DAdaptAdamOptions()),
      racer<optim::DoG>("DoG", 1.0, optim::DoGOptions().reps_rel(1e-4)),
      racer<optim::Shampoo>("Shampoo", 0.05,
                            optim::ShampooOptions().momentum(0.9).precondition_frequency(10)),
      racer<optim::SOAP>("SOAP", 3e-3, optim::SOAPOptions()),
  };
}

struct Images {
  Images(const std::string& folder, MNIST::Mode mode) {
    const MNIST mnist(folder, mode);
    x = mnist.images();
    x = (x - x.mean()) / x.std();
    y = mnist.targets();
  }
  Tensor x, y;
};

struct Problem {
  std::string name;
  std::function<nn::Sequential()> make;
};

std::vector<Problem> problems(int64_t pixels, int64_t side) {
  return {
      {"linear", [=] { return nn::Sequential(nn::Flatten(), nn::Linear(pixels, 10)); }},
      {"two hidden layers",
       [=] {
         return nn::Sequential(nn::Flatten(), nn::Linear(pixels, 64), nn::ReLU(),
                               nn::Linear(64, 32), nn::ReLU(), nn::Linear(32, 10));
       }},
      {"convolution",
       [=] {
         return nn::Sequential(nn::Conv2d(nn::Conv2dOptions(1, 8, 3).padding(1)), nn::ReLU(),
                               nn::MaxPool2d(2), nn::Flatten(),
                               nn::Linear(8 * (side / 2) * (side / 2), 10));
       }},
  };
}

struct Result {
  std::vector<double> losses;  // on the test set, after each epoch
  double loss = std::numeric_limits<double>::infinity();
  double accuracy = 0;
};

// The mean over the last two epochs, so that one lucky epoch does not win.
Result train(const Problem& problem, const Racer& racer, double lr, const Settings& settings,
             int64_t epochs, const Images& images, const Images& test) {
  gradus::manual_seed(settings.seed);
  nn::Sequential net = problem.make();
  const auto optimizer = racer.make(net->parameters(), lr);
  auto* averaging = dynamic_cast<optim::ScheduleFreeAdamW*>(optimizer.get());
  const int64_t n = images.x.size(0);
  Result result;
  for (int64_t epoch = 0; epoch < epochs; ++epoch) {
    const Tensor order = gradus::randperm(n);
    for (int64_t at = 0; at < n; at += settings.batch_size) {
      const Tensor rows = order.slice(0, at, std::min(at + settings.batch_size, n));
      optimizer->zero_grad();
      F::cross_entropy(net->forward(images.x.index_select(0, rows)), images.y.index_select(0, rows))
          .backward();
      optimizer->step();
    }
    const gradus::NoGradGuard no_grad;
    if (averaging != nullptr) averaging->eval();
    const Tensor logits = net->forward(test.x);
    if (averaging != nullptr) averaging->train();
    const double loss = F::cross_entropy(logits, test.y).item<double>();
    if (!std::isfinite(loss)) return Result();
    result.losses.push_back(loss);
    result.accuracy = logits.argmax(1).eq(test.y).to(gradus::kDouble).mean().item<double>();
  }
  const size_t last = result.losses.size() - 1;
  result.loss = last == 0 ? result.losses[0] : (result.losses[last] + result.losses[last - 1]) / 2;
  return result;
}

struct Row {
  std::string name;
  std::vector<double> loss, accuracy, lr;
  double rank = 0;
};

void run(const Settings& settings) {
  std::filesystem::create_directories(settings.out);
  const Images images(settings.data, MNIST::Mode::kTrain), test(settings.data, MNIST::Mode::kTest);
  const int64_t side = images.x.size(2);
  const std::vector<Problem> all = problems(side * images.x.size(3), side);
  const std::vector<Racer> field = racers();
  std::vector<Row> rows;
  for (const Racer& racer : field) rows.push_back({racer.name, {}, {}, {}});

  gradus::watch::SvgChart chart("The best eight on each problem, test loss");
  for (const Problem& problem : all) {
    std::vector<std::pair<double, size_t>> standing;
    std::vector<Result> results;
    for (size_t i = 0; i < field.size(); ++i) {
      double best_lr = field[i].lr, best = std::numeric_limits<double>::infinity();
      for (const double factor : {0.1, 0.3, 1.0, 3.0, 10.0}) {
        const double lr = field[i].lr * factor;
        double loss = std::numeric_limits<double>::infinity();
        try {
          loss = train(problem, field[i], lr, settings, settings.tuning_epochs, images, test).loss;
        } catch (const gradus::Error&) {  // Shampoo refuses gradients that are not finite
        }
        if (loss < best) {
          best = loss;
          best_lr = lr;
        }
      }
      results.push_back(train(problem, field[i], best_lr, settings, settings.epochs, images, test));
      rows[i].loss.push_back(results[i].loss);
      rows[i].accuracy.push_back(results[i].accuracy);
      rows[i].lr.push_back(best_lr);
      standing.emplace_back(results[i].loss, i);
      std::fprintf(stderr, "\r%s: %-20s", problem.name.c_str(), field[i].name.c_str());
    }
    std::sort(standing.begin(), standing.end());
    auto& panel = chart.panel(problem.name).x_label("epoch").y_label("cross entropy").log_y();
    for (size_t place = 0; place < standing.size(); ++place) {
      const size_t i = standing[place].second;
      rows[i].rank += static_cast<double>(place + 1) / static_cast<double>(all.size());
      if (place < 8) panel.line(rows[i].name, results[i].losses);
    }
  }
  std::fprintf(stderr, "\r%60s\r", "");
  std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.rank < b.rank; });

  std::printf("%-16s %6s", "test loss", "rank");
  for (const Problem& problem : all) std::printf("  %26s", problem.name.c_str());
  std::printf("\n");
  for (const Row& row : rows) {
    std::printf("%-16s %6.1f", row.name.c_str(), row.rank);
    for (size_t k = 0; k < all.size(); ++k) {
      std::printf("  %8.4f %6.2f%% lr %-7.2g", row.loss[k], 100 * row.accuracy[k], row.lr[k]);
    }
    std::printf("\n");
  }
  const std::string path = settings.out + "/optimizer_race.svg";
  chart.columns(3).panel_size(460, 420).save(path);
  std::printf("\npicture: %s\n", path.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  CLI::App app("Races all optimizers on three small problems.");
  app.option_defaults()->always_capture_default();
  app.add_option("--epochs", settings.epochs, "Length of the race")->check(CLI::PositiveNumber);
  app.add_option("--tuning-epochs", settings.tuning_epochs, "Length of each of the five trials")
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
    std::fprintf(stderr, "optimizer_race: %s\n", error.what());
    return 1;
  }
}
