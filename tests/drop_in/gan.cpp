// A program as one writes it for libtorch: a small DCGAN, generator and discriminator as
// Sequentials.

#include TORCH_HEADER

#include <cmath>
#include <iomanip>
#include <iostream>

using namespace torch;

struct DCGANGeneratorImpl : nn::Module {
  DCGANGeneratorImpl(int kNoiseSize)
      : conv1(nn::ConvTranspose2dOptions(kNoiseSize, 16, 4).bias(false)),
        batch_norm1(16),
        conv2(nn::ConvTranspose2dOptions(16, 8, 3).stride(2).padding(1).bias(false)),
        batch_norm2(8),
        conv3(nn::ConvTranspose2dOptions(8, 1, 4).stride(2).padding(1).bias(false)) {
    register_module("conv1", conv1);
    register_module("conv2", conv2);
    register_module("conv3", conv3);
    register_module("batch_norm1", batch_norm1);
    register_module("batch_norm2", batch_norm2);
  }

  torch::Tensor forward(torch::Tensor x) {
    x = torch::relu(batch_norm1(conv1(x)));
    x = torch::relu(batch_norm2(conv2(x)));
    x = torch::tanh(conv3(x));
    return x;
  }

  nn::ConvTranspose2d conv1;
  nn::BatchNorm2d batch_norm1;
  nn::ConvTranspose2d conv2;
  nn::BatchNorm2d batch_norm2;
  nn::ConvTranspose2d conv3;
};
TORCH_MODULE(DCGANGenerator);

void fill(nn::Module& module) {
  torch::NoGradGuard no_grad;
  double phase = 0;
  for (auto& p : module.parameters()) {
    if (p.dim() < 2) continue;
    p.copy_(
        torch::sin(torch::arange(p.numel()).to(torch::kFloat) * 1.3 + phase).reshape(p.sizes()) *
        0.2);
    phase += 0.5;
  }
}

Tensor noise(int64_t batch, int64_t size, int step) {
  return torch::cos(torch::arange(batch * size, torch::kFloat32) * (2.1 + step))
      .view({batch, size, 1, 1});
}

int main() {
  torch::manual_seed(0);
  const int64_t kNoise = 6, kBatch = 8;
  torch::Device device(torch::kCPU);

  DCGANGenerator generator(kNoise);
  generator->to(device);
  nn::Sequential discriminator(
      nn::Conv2d(nn::Conv2dOptions(1, 8, 4).stride(2).padding(1).bias(false)),
      nn::LeakyReLU(nn::LeakyReLUOptions().negative_slope(0.2)),
      nn::Conv2d(nn::Conv2dOptions(8, 16, 4).stride(2).padding(1).bias(false)), nn::BatchNorm2d(16),
      nn::LeakyReLU(nn::LeakyReLUOptions().negative_slope(0.2)),
      nn::Conv2d(nn::Conv2dOptions(16, 1, 3).stride(1).padding(0).bias(false)), nn::Sigmoid());
  discriminator->to(device);
  fill(*generator);
  fill(*discriminator);

  torch::optim::Adam generator_optimizer(
      generator->parameters(), torch::optim::AdamOptions(2e-4).betas(std::make_tuple(0.5, 0.5)));
  torch::optim::Adam discriminator_optimizer(
      discriminator->parameters(),
      torch::optim::AdamOptions(5e-4).betas(std::make_tuple(0.5, 0.5)));

  const auto rows = torch::linspace(-1, 1, 14).view({14, 1}),
             cols = torch::linspace(-1, 1, 14).view({1, 14});
  std::cout << std::setprecision(5);
  for (int step = 0; step < 4; ++step) {
    // Discs of different sizes.
    std::vector<torch::Tensor> list;
    for (int64_t i = 0; i < kBatch; ++i) {
      list.push_back(((rows * rows + cols * cols) < 0.1 * (i + 1))
                         .to(torch::kFloat)
                         .mul(2)
                         .sub(1)
                         .unsqueeze(0));
    }
    torch::Tensor real_images = torch::stack(list, 0);
    discriminator->zero_grad();
    torch::Tensor real_labels = torch::full({kBatch}, 0.9);
    torch::Tensor real_output = discriminator->forward(real_images).reshape(real_labels.sizes());
    torch::Tensor d_loss_real = torch::binary_cross_entropy(real_output, real_labels);
    d_loss_real.backward();

    torch::Tensor fake_images = generator->forward(noise(kBatch, kNoise, step));
    torch::Tensor fake_labels = torch::zeros(kBatch, device);
    torch::Tensor fake_output =
        discriminator->forward(fake_images.detach()).reshape(fake_labels.sizes());
    torch::Tensor d_loss_fake = torch::binary_cross_entropy(fake_output, fake_labels);
    d_loss_fake.backward();
    torch::Tensor d_loss = d_loss_real + d_loss_fake;
    discriminator_optimizer.step();

    generator->zero_grad();
    fake_labels.fill_(1);
    fake_output = discriminator->forward(fake_images).reshape(fake_labels.sizes());
    torch::Tensor g_loss = torch::binary_cross_entropy(fake_output, fake_labels);
    g_loss.backward();
    generator_optimizer.step();
    std::cout << "step " << step << " | D_loss: " << d_loss.item<float>()
              << " | G_loss: " << g_loss.item<float>() << "\n";
    if (step == 0)
      std::cout << "sizes " << fake_images.sizes() << " " << real_images.sizes() << "\n";
  }
  std::cout << discriminator << "\n";
}
