// Trains a convolutional classifier on Fashion-MNIST (or anything in MNIST's format) and writes the
// best weights, a checkpoint from which a killed run goes on, and the curves (as a picture and for
// TensorBoard). `./run demo --help` lists the settings.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <gradus/gradus.h>

namespace data = gradus::data;
namespace F = gradus::nn::functional;
namespace fs = std::filesystem;
namespace nn = gradus::nn;
namespace optim = gradus::optim;
using gradus::Tensor;
using MNIST = data::datasets::MNIST;

namespace {

struct Settings {
  int64_t epochs = 0;  // 0: as many as the data need
  int64_t batch_size = 64;
  double lr = 1e-3;
  std::string optimizer = "adam";
  std::string schedule = "cosine";
  uint64_t seed = 1;
  int threads = 0;
  size_t workers = 1;
  std::string data = "";
  std::string out = GRADUS_SOURCE_DIR "/out/fashion_mnist";
  bool resume = false;
  int64_t profile = 0;  // steps
};

const std::string kDebianData = "/usr/share/datasets/fashion-mnist";
const std::string kDigits = GRADUS_SOURCE_DIR "/examples/data/digits";
const std::vector<std::string> kClothes = {"T-shirt/top", "Trouser",   "Pullover", "Dress",
                                           "Coat",        "Sandal",    "Shirt",    "Sneaker",
                                           "Bag",         "Ankle boot"};

// Two blocks of convolution and pooling, then two linear layers. Takes images of any size from 8x8
// on.
struct NetImpl : nn::Module {
  NetImpl(int64_t height, int64_t width)
      : conv1(register_module("conv1", nn::Conv2d(nn::Conv2dOptions(1, 32, 3).padding(1)))),
        conv2(register_module("conv2", nn::Conv2d(nn::Conv2dOptions(32, 64, 3).padding(1)))),
        fc1(register_module("fc1", nn::Linear(64 * (height / 4) * (width / 4), 128))),
        fc2(register_module("fc2", nn::Linear(128, 10))),
        dropout(register_module("dropout", nn::Dropout(0.25))) {}

  Tensor forward(const Tensor& images) {
    Tensor x = gradus::max_pool2d(F::relu(conv1(images)), 2);
    x = gradus::max_pool2d(F::relu(conv2(x)), 2);
    x = F::relu(fc1(dropout(x.flatten(1))));
    return fc2(x);
  }

  nn::Conv2d conv1{nullptr}, conv2{nullptr};
  nn::Linear fc1{nullptr}, fc2{nullptr};
  nn::Dropout dropout{nullptr};
};
GRADUS_MODULE(Net);

std::unique_ptr<optim::Optimizer> make_optimizer(const Settings& settings,
                                                 const std::vector<Tensor>& parameters) {
  if (settings.optimizer == "sgd") {
    return std::make_unique<optim::SGD>(
        parameters, optim::SGDOptions(settings.lr).momentum(0.9).nesterov(true));
  }
  if (settings.optimizer == "adamw") {
    return std::make_unique<optim::AdamW>(parameters, optim::AdamWOptions(settings.lr));
  }
  return std::make_unique<optim::Adam>(parameters, optim::AdamOptions(settings.lr));
}

// Steps once per batch.
std::unique_ptr<optim::LRScheduler> make_schedule(const Settings& settings,
                                                  optim::Optimizer& optimizer,
                                                  int64_t batches_per_epoch) {
  const int64_t steps = std::max<int64_t>(settings.epochs * batches_per_epoch, 1);
  if (settings.schedule == "cosine")
    return std::make_unique<optim::CosineAnnealingLR>(optimizer, steps);
  if (settings.schedule == "step") {
    return std::make_unique<optim::StepLR>(optimizer, std::max<int64_t>(steps / 3, 1), 0.1);
  }
  return std::make_unique<optim::ConstantLR>(optimizer, /*factor=*/1.0);
}

// Mean and standard deviation of all pixels.
std::pair<double, double> statistics(const Tensor& images) {
  return {images.mean().item<double>(), images.std().item<double>()};
}

struct Evaluation {
  double accuracy = 0;
  double loss = 0;
  std::vector<int64_t> correct = std::vector<int64_t>(10), total = std::vector<int64_t>(10);
};

template <class Loader>
Evaluation evaluate(Net& net, Loader& loader) {
  gradus::NoGradGuard no_grad;
  net->eval();
  Evaluation result;
  int64_t images = 0, hits = 0;
  for (auto& batch : loader) {
    const Tensor logits = net(batch.data);
    result.loss +=
        F::cross_entropy(logits, batch.target, F::CrossEntropyFuncOptions().reduction(gradus::kSum))
            .template item<double>();
    const Tensor predicted = logits.argmax(1);
    const auto guess = predicted.template accessor<int64_t, 1>();
    const auto truth = batch.target.template accessor<int64_t, 1>();
    for (int64_t i = 0; i < predicted.numel(); ++i) {
      const auto label = static_cast<size_t>(truth[i]);
      ++result.total[label];
      result.correct[label] += guess[i] == truth[i];
      hits += guess[i] == truth[i];
    }
    images += predicted.numel();
  }
  result.loss /= static_cast<double>(images);
  result.accuracy = static_cast<double>(hits) / static_cast<double>(images);
  net->train();
  return result;
}

void print_classes(const Evaluation& evaluation, const std::vector<std::string>& names) {
  std::printf("\n%-14s %8s %8s\n", "class", "images", "accuracy");
  for (size_t label = 0; label < names.size(); ++label) {
    const double total = static_cast<double>(std::max<int64_t>(evaluation.total[label], 1));
    std::printf("%-14s %8lld %8.4f\n", names[label].c_str(),
                static_cast<long long>(evaluation.total[label]),
                static_cast<double>(evaluation.correct[label]) / total);
  }
}

// The curves of a run, kept in the checkpoint so that a resumed run draws all of them.
struct History : gradus::Stateful {
  std::vector<double> step, step_loss, train_loss, test_loss, test_accuracy;

  gradus::StateDict state_dict() const override {
    gradus::StateDict state;
    state.insert("step", gradus::tensor(step, gradus::kDouble));
    state.insert("step_loss", gradus::tensor(step_loss, gradus::kDouble));
    state.insert("train_loss", gradus::tensor(train_loss, gradus::kDouble));
    state.insert("test_loss", gradus::tensor(test_loss, gradus::kDouble));
    state.insert("test_accuracy", gradus::tensor(test_accuracy, gradus::kDouble));
    return state;
  }
  void load_state_dict(const gradus::StateDict& state) override {
    const auto values = [&](const char* name) {
      const Tensor list = state[name].to(gradus::kDouble).contiguous();
      return std::vector<double>(list.data_ptr<double>(), list.data_ptr<double>() + list.numel());
    };
    step = values("step");
    step_loss = values("step_loss");
    train_loss = values("train_loss");
    test_loss = values("test_loss");
    test_accuracy = values("test_accuracy");
  }
  void draw(const std::string& path) const {
    gradus::watch::SvgChart chart("Training");
    std::vector<double> epochs(train_loss.size());
    for (size_t i = 0; i < epochs.size(); ++i) epochs[i] = static_cast<double>(i + 1);
    chart.panel("Loss")
        .x_label("epoch")
        .y_label("cross entropy")
        .line("train", step, step_loss, gradus::watch::SvgPanel::Style::kFaint)
        .line("train", epochs, train_loss)
        .line("test", epochs, test_loss);
    chart.panel("Accuracy").x_label("epoch").line("test", epochs, test_accuracy);
    chart.save(path);
  }
};

Settings parse(int argc, char** argv) {
  Settings settings;
  CLI::App app("Trains a convolutional classifier on Fashion-MNIST.");
  app.option_defaults()->always_capture_default();
  app.add_option("--epochs", settings.epochs,
                 "Passes over the training set; 0: 5, or 40 where it is small")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--batch-size", settings.batch_size, "Images per step")
      ->check(CLI::Range(1, 1 << 20));
  app.add_option("--lr", settings.lr, "Learning rate")->check(CLI::NonNegativeNumber);
  app.add_option("--optimizer", settings.optimizer, "What updates the weights")
      ->check(CLI::IsMember({"adam", "adamw", "sgd"}));
  app.add_option("--schedule", settings.schedule, "How the rate changes")
      ->check(CLI::IsMember({"cosine", "step", "constant"}));
  app.add_option("--seed", settings.seed, "Seed of weights, order and dropout");
  app.add_option("--threads", settings.threads, "Threads to compute with; 0: one for each core")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--workers", settings.workers, "Threads that load ahead")
      ->check(CLI::Range(0, 64));
  app.add_option(
      "--data", settings.data,
      "Folder with idx or idx.gz files; default: Debian's Fashion-MNIST, else small digits");
  app.add_option("--out", settings.out, "Folder to write to");
  app.add_flag("--resume", settings.resume, "Go on from the checkpoint in the output folder");
  app.add_option("--profile", settings.profile,
                 "Write a trace of so many steps to the output folder, for https://ui.perfetto.dev")
      ->check(CLI::NonNegativeNumber);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error));
  }
  return settings;
}

void run(Settings settings) {
  if (settings.threads > 0) gradus::set_num_threads(settings.threads);
  gradus::manual_seed(settings.seed);
  const bool clothes =
      settings.data.empty() ? fs::exists(kDebianData) : settings.data == kDebianData;
  if (settings.data.empty()) settings.data = clothes ? kDebianData : kDigits;
  fs::create_directories(settings.out);

  const MNIST train_images(settings.data, MNIST::Mode::kTrain);
  const MNIST test_images(settings.data, MNIST::Mode::kTest);
  const auto [mean, std] = statistics(train_images.images());
  const int64_t height = train_images.images().size(2), width = train_images.images().size(3);
  GRADUS_CHECK_VALUE(height >= 8 && width >= 8,
                     "demo: images of at least 8x8 are needed, got {}x{}", height, width);
  const auto prepared = [mean = mean, std = std](MNIST images) {
    return images.map(data::transforms::Normalize<>(mean, std)).map(data::transforms::Stack<>());
  };
  const auto batch_size = static_cast<size_t>(settings.batch_size);
  auto train_loader = data::make_data_loader<data::samplers::RandomSampler>(
      prepared(train_images),
      data::DataLoaderOptions(batch_size).workers(settings.workers).seed(settings.seed));
  auto test_loader = data::make_data_loader<data::samplers::SequentialSampler>(
      prepared(test_images), data::DataLoaderOptions(256).workers(settings.workers));

  Net net(height, width);
  const auto total = static_cast<int64_t>(*train_images.size());
  if (settings.epochs == 0) settings.epochs = total < 10'000 ? 40 : 5;
  const int64_t batches = (total + settings.batch_size - 1) / settings.batch_size;
  const auto optimizer = make_optimizer(settings, net->parameters());
  const auto schedule = make_schedule(settings, *optimizer, batches);

  History history;
  int64_t epoch = 0;
  double best = 0;
  gradus::Checkpoint checkpoint;
  checkpoint.add("model", *net)
      .add("optimizer", *optimizer)
      .add("schedule", *schedule)
      .add("loader", *train_loader);
  checkpoint.add("generator", gradus::default_generator()).add("history", history);
  checkpoint.add("epoch", epoch).add("best", best);
  const std::string checkpoint_path = settings.out + "/checkpoint.safetensors";
  const std::string weights_path = settings.out + "/best.safetensors";
  const std::string chart_path = settings.out + "/training.svg";
  if (settings.resume) {
    checkpoint.load(checkpoint_path);
    std::printf("resuming after epoch %lld\n", static_cast<long long>(epoch));
  }

  int64_t weights = 0;
  for (const Tensor& parameter : net->parameters()) weights += parameter.numel();
  std::printf(
      "data: %s (%lld images to train, %zu to test)\nmodel: %lld weights, %s with %s schedule, %d "
      "threads\n",
      settings.data.c_str(), static_cast<long long>(total), *test_images.size(),
      static_cast<long long>(weights), settings.optimizer.c_str(), settings.schedule.c_str(),
      gradus::get_num_threads());

  gradus::watch::SummaryWriter events(settings.out);
  std::optional<gradus::ProfilerGuard> profiler;
  if (settings.profile > 0) profiler.emplace();

  Evaluation evaluation;
  while (epoch < settings.epochs) {
    ++epoch;
    gradus::watch::ProgressBar bar(total,
                                   gradus::watch::ProgressOptions()
                                       .label(fmt::format("epoch {}/{}", epoch, settings.epochs))
                                       .unit("images"));
    double loss_sum = 0, recent = 0;
    int64_t step = 0;
    for (auto& batch : *train_loader) {
      optimizer->zero_grad();
      const Tensor loss = F::cross_entropy(net(batch.data), batch.target);
      loss.backward();
      optimizer->step();
      schedule->step();

      const double value = loss.item<double>();
      GRADUS_CHECK(std::isfinite(value), "demo: the loss is {} in epoch {}: lower --lr", value,
                   epoch);
      loss_sum += value * static_cast<double>(batch.target.size(0));
      recent = step == 0 ? value : 0.95 * recent + 0.05 * value;
      ++step;
      if (step % 20 == 0 || step == batches) {
        history.step.push_back(static_cast<double>(epoch - 1) +
                               static_cast<double>(step) / static_cast<double>(batches));
        history.step_loss.push_back(recent);
        events.add_scalar("loss/train", recent, (epoch - 1) * batches + step);
      }
      if (profiler && --settings.profile == 0) {
        profiler->save(settings.out + "/trace.json");
        std::printf("\n%s", profiler->table(/*rows=*/20).c_str());
        profiler.reset();
      }
      bar.advance(batch.target.size(0), fmt::format("loss {:.4f}", recent));
    }
    bar.finish();

    evaluation = evaluate(net, *test_loader);
    history.train_loss.push_back(loss_sum / static_cast<double>(total));
    history.test_loss.push_back(evaluation.loss);
    history.test_accuracy.push_back(evaluation.accuracy);
    events.add_scalar("loss/test", evaluation.loss, epoch * batches);
    events.add_scalar("accuracy/test", evaluation.accuracy, epoch * batches);
    std::printf("epoch %lld: train loss: %.4f  test loss: %.4f  test accuracy: %.4f\n",
                static_cast<long long>(epoch), history.train_loss.back(), evaluation.loss,
                evaluation.accuracy);
    std::fflush(stdout);
    if (evaluation.accuracy > best) {
      best = evaluation.accuracy;
      gradus::save_safetensors(net->state_dict(), weights_path, {{"format", "pt"}});
    }
    checkpoint.save(checkpoint_path);
    history.draw(chart_path);
  }
  if (evaluation.total[0] == 0) evaluation = evaluate(net, *test_loader);

  const std::vector<std::string> digits = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
  print_classes(evaluation, clothes ? kClothes : digits);
  std::printf(
      "\nbest test accuracy: %.4f\nweights:    %s\ncheckpoint: %s\ncurves:     %s, or tensorboard "
      "--logdir %s\n",
      best, weights_path.c_str(), checkpoint_path.c_str(), chart_path.c_str(),
      settings.out.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  const Settings settings = parse(argc, argv);
  try {
    run(settings);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "fashion_mnist: %s\n", error.what());
    return 1;
  }
}
