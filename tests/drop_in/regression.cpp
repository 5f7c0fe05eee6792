// A program as one writes it for libtorch: fitting polynomials by several optimizers, with
// parameter groups and a schedule.

#include TORCH_HEADER

#include <cmath>
#include <iomanip>
#include <iostream>
#include <vector>

constexpr int64_t kDegree = 4;

torch::Tensor make_features(torch::Tensor x) {
  x = x.unsqueeze(1);
  std::vector<torch::Tensor> powers;
  for (int64_t i = 1; i <= kDegree; ++i) powers.push_back(x.pow(i));
  return torch::cat(powers, 1);
}

std::string describe(torch::Tensor weight, torch::Tensor bias) {
  std::ostringstream text;
  text << std::fixed << std::setprecision(3) << "y = ";
  for (int64_t i = 0; i < weight.size(0); ++i) {
    text << weight[i].item<float>() << " x^" << i + 1 << " + ";
  }
  text << bias[0].item<float>();
  return text.str();
}

int main() {
  const auto x = torch::linspace(-1, 1, 64);
  const auto target = (0.5 - 2 * x + 3 * x.pow(3) - x.pow(4)).unsqueeze(1);
  const auto features = make_features(x);

  {
    auto fc = torch::nn::Linear(features.size(1), 1);
    torch::nn::init::constant_(fc->weight, 0.1);
    torch::nn::init::zeros_(fc->bias);
    std::vector<torch::optim::OptimizerParamGroup> groups;
    groups.emplace_back(std::vector<torch::Tensor>{fc->weight});
    groups.emplace_back(std::vector<torch::Tensor>{fc->bias},
                        std::make_unique<torch::optim::SGDOptions>(torch::optim::SGDOptions(0.05)));
    torch::optim::SGD optimizer(groups, torch::optim::SGDOptions(0.4).momentum(0.5));
    for (int64_t step = 0; step < 300; ++step) {
      optimizer.zero_grad();
      auto output = torch::smooth_l1_loss(fc(features), target);
      output.backward();
      optimizer.step();
      if (step == 200) {
        for (auto& group : optimizer.param_groups()) {
          static_cast<torch::optim::SGDOptions&>(group.options()).lr(0.01);
        }
      }
      if (step % 100 == 99) std::cout << "sgd " << step + 1 << " " << output.item<float>() << "\n";
    }
    std::cout << describe(fc->weight.view({-1}), fc->bias) << "\n";
  }
  {
    auto model =
        torch::nn::Sequential(torch::nn::Linear(torch::nn::LinearOptions(kDegree, 1).bias(true)));
    for (auto& p : model->parameters()) torch::nn::init::zeros_(p);
    torch::optim::LBFGS optimizer(
        model->parameters(),
        torch::optim::LBFGSOptions(1).max_iter(10).line_search_fn("strong_wolfe"));
    auto closure = [&]() {
      optimizer.zero_grad();
      auto loss = torch::mse_loss(model->forward(features), target);
      loss.backward();
      return loss;
    };
    double first = 0;
    for (int i = 0; i < 5; ++i) {
      const double loss = optimizer.step(closure).item<double>();
      if (i == 0) first = loss;
    }
    std::cout << "lbfgs first " << first << "\n";
    auto linear = model->ptr<torch::nn::LinearImpl>(0);
    std::cout << describe(linear->weight.view({-1}), linear->bias) << "\n";
  }
  {
    auto w = torch::zeros({kDegree, 1}, torch::requires_grad());
    auto b = torch::zeros({1}, torch::TensorOptions().dtype(torch::kFloat32).requires_grad(true));
    torch::optim::Adam optimizer({w, b}, torch::optim::AdamOptions(0.1).betas({0.9, 0.99}));
    torch::optim::RMSprop other({torch::zeros({1}, torch::requires_grad())},
                                torch::optim::RMSpropOptions(0.1));
    for (int step = 0; step < 250; ++step) {
      optimizer.zero_grad();
      auto loss = (features.matmul(w) + b - target).pow(2).mean();
      loss.backward();
      torch::nn::utils::clip_grad_norm_({w, b}, 5.0);
      optimizer.step();
    }
    std::cout << describe(w.detach().view({-1}), b.detach()) << "\n";
    std::cout << "groups " << optimizer.param_groups().size() << " parameters "
              << optimizer.parameters().size() << "\n";
  }
}
