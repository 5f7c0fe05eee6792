// A user's program: one header, a model, training, formatting, and an exception across the
// library's border.
#include <cstdio>
#include <string>

#include <gradus/gradus.h>

namespace {

struct NetImpl : gradus::nn::Module {
  NetImpl() {
    hidden = register_module("hidden", gradus::nn::Linear(2, 16));
    out = register_module("out", gradus::nn::Linear(16, 1));
  }
  gradus::Tensor forward(const gradus::Tensor& x) { return out(gradus::tanh(hidden(x))); }

  gradus::nn::Linear hidden{nullptr};
  gradus::nn::Linear out{nullptr};
};
GRADUS_MODULE(Net);

double train(Net& net) {
  const gradus::Tensor x = gradus::randn({64, 2});
  const gradus::Tensor y = x.sum(1, /*keepdim=*/true);
  gradus::optim::Adam optimizer(net->parameters(), gradus::optim::AdamOptions(1e-2));
  double loss_value = 0;
  for (int step = 0; step < 300; ++step) {
    optimizer.zero_grad();
    const gradus::Tensor loss = gradus::nn::functional::mse_loss(net->forward(x), y);
    loss.backward();
    optimizer.step();
    loss_value = loss.item<double>();
  }
  return loss_value;
}

bool wrong_shapes_throw() {
  try {
    gradus::matmul(gradus::ones({3, 4}), gradus::ones({5, 2}));
  } catch (const gradus::Error& error) {
    return std::string(error.what()).find("matmul") != std::string::npos;
  }
  return false;
}

}  // namespace

int main() {
  gradus::manual_seed(1);
  Net net;
  const double loss = train(net);
  std::printf("consumer: gradus %s, loss %.5f\n", gradus::version(), loss);
  const std::string text = fmt::format("{} {}", gradus::ones({2}), gradus::kFloat);
  const bool good = loss < 0.01 && wrong_shapes_throw() && text.find("Float") != std::string::npos;
  if (!good) std::printf("consumer: something is wrong\n");
  return good ? 0 : 1;
}
