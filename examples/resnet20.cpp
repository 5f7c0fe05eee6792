// ResNet-20 (He et al., "Deep Residual Learning for Image Recognition", arXiv:1512.03385,
// section 4.2) on Fashion-MNIST, with random crops and flips.

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

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
  int64_t epochs = 12;
  int64_t batch_size = 128;
  double lr = 0.1;
  size_t workers = 1;
  uint64_t seed = 1;
};

nn::Conv2d conv3x3(int64_t in, int64_t out, int64_t stride) {
  return nn::Conv2d(nn::Conv2dOptions(in, out, 3).stride(stride).padding(1).bias(false));
}

// Two convolutions and a shortcut; where the size changes, the shortcut takes every other pixel and
// fills the new channels with zeros (option A of the paper).
struct BasicBlockImpl : nn::Module {
  BasicBlockImpl(int64_t in, int64_t out, int64_t stride)
      : stride(stride),
        added(out - in),
        conv1(register_module("conv1", conv3x3(in, out, stride))),
        bn1(register_module("bn1", nn::BatchNorm2d(out))),
        conv2(register_module("conv2", conv3x3(out, out, 1))),
        bn2(register_module("bn2", nn::BatchNorm2d(out))) {}

  Tensor forward(const Tensor& x) {
    const Tensor y = bn2(conv2(gradus::relu(bn1(conv1(x)))));
    return gradus::relu(y + shortcut(x));
  }

  Tensor shortcut(const Tensor& x) {
    if (stride == 1 && added == 0) return x;
    using namespace gradus::indexing;
    const Tensor smaller =
        x.index({Slice(), Slice(), Slice(None, None, stride), Slice(None, None, stride)});
    const int64_t before = added / 2;
    return F::pad(smaller, F::PadFuncOptions({0, 0, 0, 0, before, added - before}));
  }

  int64_t stride, added;
  nn::Conv2d conv1{nullptr};
  nn::BatchNorm2d bn1{nullptr};
  nn::Conv2d conv2{nullptr};
  nn::BatchNorm2d bn2{nullptr};
};
GRADUS_MODULE(BasicBlock);

struct ResNet20Impl : nn::Module {
  ResNet20Impl(int64_t channels, int64_t classes)
      : conv1(register_module("conv1", conv3x3(channels, 16, 1))),
        bn1(register_module("bn1", nn::BatchNorm2d(16))),
        layers(register_module("layers", nn::Sequential())),
        fc(register_module("fc", nn::Linear(64, classes))) {
    int64_t in = 16;
    for (int64_t out : {16, 32, 64}) {
      for (int i = 0; i < 3; ++i) {
        layers->push_back(BasicBlock(in, out, out > in ? 2 : 1));
        in = out;
      }
    }
    for (auto& module : modules(/*include_self=*/false)) {
      if (auto* conv = module->as<nn::Conv2d>()) {
        nn::init::kaiming_normal_(conv->weight, 0, gradus::kFanOut, gradus::kReLU);
      }
    }
  }

  Tensor forward(const Tensor& images) {
    const Tensor x = layers->forward(gradus::relu(bn1(conv1(images))));
    return fc(gradus::adaptive_avg_pool2d(x, 1).flatten(1));
  }

  nn::Conv2d conv1{nullptr};
  nn::BatchNorm2d bn1{nullptr};
  nn::Sequential layers{nullptr};
  nn::Linear fc{nullptr};
};
GRADUS_MODULE(ResNet20);

// Each image from a random place of itself with 2 pixels of black around, half of them mirrored.
Tensor augmented(const Tensor& images) {
  const int64_t n = images.size(0), height = images.size(2), width = images.size(3), border = 2;
  const Tensor padded = F::pad(images, F::PadFuncOptions({border, border, border, border}));
  const Tensor top = gradus::randint(0, 2 * border + 1, {n}, gradus::kLong);
  const Tensor left = gradus::randint(0, 2 * border + 1, {n}, gradus::kLong);
  const Tensor mirrored = gradus::rand({n}) < 0.5;
  std::vector<Tensor> list;
  for (int64_t i = 0; i < n; ++i) {
    Tensor image = padded[i]
                       .narrow(1, top[i].item<int64_t>(), height)
                       .narrow(2, left[i].item<int64_t>(), width);
    list.push_back(mirrored[i].item<bool>() ? image.flip({2}) : image);
  }
  return gradus::stack(list);
}

template <class Loader>
double accuracy(ResNet20& net, Loader& loader) {
  gradus::NoGradGuard no_grad;
  net->eval();
  int64_t hits = 0, images = 0;
  for (auto& batch : loader) {
    hits += net(batch.data).argmax(1).eq(batch.target).sum().template item<int64_t>();
    images += batch.target.numel();
  }
  net->train();
  return static_cast<double>(hits) / static_cast<double>(images);
}

Settings parse(int argc, char** argv) {
  Settings settings;
  CLI::App app("Trains ResNet-20 on Fashion-MNIST.");
  app.option_defaults()->always_capture_default();
  app.add_option("--data", settings.data, "Folder with idx or idx.gz files");
  app.add_option("--epochs", settings.epochs, "Passes over the training set")
      ->check(CLI::Range(1, 10000));
  app.add_option("--batch-size", settings.batch_size, "Images per step")
      ->check(CLI::Range(1, 65536));
  app.add_option("--lr", settings.lr, "Highest learning rate")->check(CLI::NonNegativeNumber);
  app.add_option("--workers", settings.workers, "Threads that load ahead")
      ->check(CLI::Range(0, 64));
  app.add_option("--seed", settings.seed, "Seed of weights, order and crops");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error));
  }
  return settings;
}

void run(const Settings& settings) {
  gradus::manual_seed(settings.seed);
  const auto prepared = [](MNIST images) {
    return images.map(data::transforms::Normalize<>(0.2860, 0.3530))
        .map(data::transforms::Stack<>());
  };
  const MNIST train(settings.data, MNIST::Mode::kTrain), test(settings.data, MNIST::Mode::kTest);
  auto train_loader = data::make_data_loader<data::samplers::RandomSampler>(
      prepared(train), data::DataLoaderOptions(static_cast<size_t>(settings.batch_size))
                           .workers(settings.workers)
                           .drop_last(true)
                           .seed(settings.seed));
  auto test_loader = data::make_data_loader<data::samplers::SequentialSampler>(
      prepared(test), data::DataLoaderOptions(250).workers(settings.workers));

  ResNet20 net(1, 10);
  optim::SGD optimizer(
      net->parameters(),
      optim::SGDOptions(settings.lr).momentum(0.9).nesterov(true).weight_decay(5e-4));
  const auto images = static_cast<int64_t>(*train.size());
  const int64_t steps = settings.epochs * std::max<int64_t>(images / settings.batch_size, 1);
  // Up for a fifth of the run, then down to nothing.
  optim::LambdaLR schedule(optimizer, [steps](int64_t step) {
    const double done = static_cast<double>(step) / static_cast<double>(steps);
    return done < 0.2 ? 0.1 + 4.5 * done
                      : 0.5 + 0.5 * std::cos(std::acos(-1.0) * (done - 0.2) / 0.8);
  });

  for (int64_t epoch = 1; epoch <= settings.epochs; ++epoch) {
    gradus::watch::ProgressBar bar(images,
                                   gradus::watch::ProgressOptions()
                                       .label(fmt::format("epoch {}/{}", epoch, settings.epochs))
                                       .unit("images"));
    double recent = 0;
    int64_t step = 0;
    for (auto& batch : *train_loader) {
      optimizer.zero_grad();
      const Tensor loss = F::cross_entropy(net(augmented(batch.data)), batch.target);
      loss.backward();
      optimizer.step();
      schedule.step();
      recent = step++ == 0 ? loss.item<double>() : 0.97 * recent + 0.03 * loss.item<double>();
      bar.advance(batch.target.size(0), fmt::format("loss {:.3f}", recent));
    }
    bar.finish();
    std::printf("epoch %lld: test accuracy: %.4f\n", static_cast<long long>(epoch),
                accuracy(net, *test_loader));
    std::fflush(stdout);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const Settings settings = parse(argc, argv);
  try {
    run(settings);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "resnet20: %s\n", error.what());
    return 1;
  }
}
