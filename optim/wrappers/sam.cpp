#include "optim/wrappers/sam.h"

#include <cmath>
#include <utility>
#include <vector>

#include "autograd/autograd.h"

namespace gradus::optim {

SAM::SAM(Optimizer& optimizer, double rho) : SAM(optimizer, rho, /*adaptive=*/false, 0) {}

SAM::SAM(Optimizer& optimizer, double rho, bool adaptive, double eta)
    : optimizer_(&optimizer), rho_(rho), adaptive_(adaptive), eta_(eta) {
  GRADUS_CHECK_VALUE(rho >= 0, "SAM: rho must be at least 0, got {}", rho);
  GRADUS_CHECK_VALUE(eta >= 0, "ASAM: eta must be at least 0, got {}", eta);
}

ASAM::ASAM(Optimizer& optimizer, double rho, double eta)
    : SAM(optimizer, rho, /*adaptive=*/true, eta) {}

namespace {

// The parameters as they were, put back at the end of the scope.
struct Backup {
  std::vector<std::pair<Tensor, Tensor>> values;
  ~Backup() {
    for (auto& [param, value] : values) param.copy_(value);
  }
};

Tensor evaluate(Optimizer::LossClosure& closure) {
  const AutoGradMode enable_grad(true);
  return closure();
}

}  // namespace

Tensor SAM::step(Optimizer::LossClosure closure) {
  GRADUS_CHECK(bool(closure), "SAM.step: a closure is needed that evaluates the model again");
  const NoGradGuard no_grad;
  const Tensor loss = evaluate(closure);
  {
    std::vector<std::pair<Tensor, Tensor>> ways;  // parameter, and T g or g
    double sum = 0;
    for (const OptimizerParamGroup& group : optimizer_->param_groups()) {
      for (const Tensor& param : group.params()) {
        if (!param.grad().defined() || param.numel() == 0) continue;
        const Tensor g = param.grad().detach();
        const Tensor way = adaptive_ ? g * (param.detach().abs() + eta_) : g;
        sum +=
            std::pow(way.to(param.dtype() == kDouble ? kDouble : kFloat).norm().item<double>(), 2);
        ways.emplace_back(param, way);
      }
    }
    const double scale = rho_ / (std::sqrt(sum) + 1e-12);
    Backup backup;
    for (const auto& [param, way] : ways) {
      Tensor p = param.detach();
      backup.values.emplace_back(p, p.clone());
      p.add_(adaptive_ ? way * (p.abs() + eta_) : way, scale);
    }
    evaluate(closure);
  }
  optimizer_->step();
  return loss;
}

}  // namespace gradus::optim
