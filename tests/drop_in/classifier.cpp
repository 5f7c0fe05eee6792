// A program as one writes it for libtorch: a convolutional classifier of two shapes, trained,
// saved, loaded and evaluated.

#include TORCH_HEADER

#include <cstdio>
#include <iomanip>
#include <iostream>
#include <string>
#include <vector>

struct NetImpl : public torch::nn::Module {
  explicit NetImpl(int64_t classes)
      : conv1(torch::nn::Conv2dOptions(1, 8, /*kernel_size=*/3).padding(1).bias(false)),
        bn1(8),
        conv2(register_module("conv2",
                              torch::nn::Conv2d(torch::nn::Conv2dOptions(8, 16, 3).stride(2)))),
        fc1(16 * 5 * 5, 32),
        fc2(32, classes) {
    register_module("conv1", conv1);
    register_module("bn1", bn1);
    register_module("fc1", fc1);
    register_module("fc2", fc2);
    scale = register_parameter("scale", torch::ones({1}));
    register_buffer("steps", torch::zeros({1}, torch::kLong));
  }

  torch::Tensor forward(torch::Tensor x) {
    x = torch::relu(torch::max_pool2d(bn1->forward(conv1->forward(x)), 2));
    x = torch::nn::functional::leaky_relu(
        conv2(x), torch::nn::functional::LeakyReLUFuncOptions().negative_slope(0.1));
    x = x.view({-1, 16 * 5 * 5});
    x = torch::tanh(fc1->forward(x)) * scale;
    return torch::log_softmax(fc2->forward(x), /*dim=*/1);
  }

  torch::nn::Conv2d conv1;
  torch::nn::BatchNorm2d bn1;
  torch::nn::Conv2d conv2;
  torch::nn::Linear fc1, fc2;
  torch::Tensor scale;
};
TORCH_MODULE(Net);

// The same weights in every library.
void fill(torch::nn::Module& module) {
  torch::NoGradGuard no_grad;
  double phase = 0;
  for (auto& pair : module.named_parameters()) {
    auto& p = pair.value();
    if (p.dim() < 2) {
      if (pair.key().find("bias") != std::string::npos) p.zero_();
      continue;
    }
    const auto n = p.numel();
    p.copy_((torch::arange(n, torch::kFloat) * 0.7 + phase).sin().view(p.sizes()) *
            (1.5 / std::sqrt(static_cast<double>(n / p.size(0)))));
    phase += 1.0;
  }
}

// Bars that run down (class 0) or across (class 1), at different places.
std::pair<torch::Tensor, torch::Tensor> shapes(int64_t count) {
  auto images = torch::zeros({count, 1, 24, 24});
  auto labels = torch::empty({count}, torch::dtype(torch::kInt64));
  for (int64_t i = 0; i < count; ++i) {
    const int64_t at = (i * 7) % 22;
    if (i % 2 == 0) {
      images[i][0].slice(1, at, at + 2).fill_(1);
    } else {
      images[i][0].slice(0, at, at + 2).fill_(1);
    }
    images[i] += 0.2 * torch::sin(torch::arange(576, torch::kFloat) * (1 + i)).view({1, 24, 24});
    labels[i] = i % 2;
  }
  return {images, labels};
}

int main() {
  torch::manual_seed(1);
  torch::Device device(torch::kCPU);
  if (torch::cuda::is_available()) device = torch::Device(torch::kCUDA);

  Net net(2);
  fill(*net);
  net->to(device);
  auto [images, labels] = shapes(64);
  torch::optim::SGD optimizer(net->parameters(),
                              torch::optim::SGDOptions(0.02).momentum(0.9).weight_decay(1e-4));

  std::cout << std::fixed << std::setprecision(4);
  net->train();
  for (int epoch = 1; epoch <= 3; ++epoch) {
    double total = 0;
    for (int64_t begin = 0; begin < images.size(0); begin += 16) {
      auto data = images.narrow(0, begin, 16).to(device);
      auto target = labels.narrow(0, begin, 16).to(device);
      optimizer.zero_grad();
      auto loss = torch::nll_loss(net->forward(data), target);
      AT_ASSERT(!std::isnan(loss.template item<float>()));
      loss.backward();
      optimizer.step();
      total += loss.item<double>();
    }
    std::cout << "epoch " << epoch << " loss " << total / 4 << "\n";
  }

  const std::string path = "classifier_drop_in.pt";
  torch::save(net, path);
  Net loaded(2);
  torch::load(loaded, path);
  std::remove(path.c_str());

  torch::NoGradGuard no_grad;
  loaded->eval();
  const auto output = loaded->forward(images);
  const auto pred = output.argmax(1);
  std::cout << "test loss "
            << torch::nll_loss(output, labels, /*weight=*/{}, torch::Reduction::Mean).item<float>()
            << "\n";
  std::cout << "correct " << pred.eq(labels).sum().item<int64_t>() << " of " << labels.size(0)
            << "\n";
  int64_t count = 0;
  for (const auto& p : loaded->parameters()) count += p.numel();
  std::cout << "parameters " << count << ", buffers " << loaded->buffers().size() << "\n";
  std::cout << "running mean " << loaded->bn1->running_mean.sum().item<float>() << "\n";
  for (const auto& pair : loaded->named_parameters())
    std::cout << pair.key() << " " << pair.value().sizes() << "\n";
  std::cout << loaded->conv2 << "\n" << loaded->bn1 << "\n" << loaded->fc1 << "\n";
}
