#include "optim/lab/hutchinson.h"

#include <cmath>
#include <limits>

#include "autograd/autograd.h"
#include "core/factory.h"

namespace gradus::optim {

HessianProduct::HessianProduct(const Tensor& loss, std::vector<Tensor> params)
    : params_(std::move(params)) {
  GRADUS_CHECK_VALUE(!params_.empty(), "HessianProduct: got no parameters");
  GRADUS_CHECK_VALUE(loss.defined() && loss.numel() == 1,
                     "HessianProduct: the loss must be a single number");
  const AutoGradMode enable_grad(true);
  gradient_ = autograd::grad({loss}, params_, {}, /*retain_graph=*/true, /*create_graph=*/true,
                             /*allow_unused=*/true);
}

std::vector<Tensor> HessianProduct::gradient() const {
  std::vector<Tensor> gradient;
  for (size_t i = 0; i < params_.size(); ++i) {
    gradient.push_back(gradient_[i].defined() ? gradient_[i].detach() : zeros_like(params_[i]));
  }
  return gradient;
}

std::vector<Tensor> HessianProduct::operator()(const std::vector<Tensor>& v) const {
  GRADUS_CHECK_VALUE(v.size() == params_.size(), "HessianProduct: got {} vectors for {} parameters",
                     v.size(), params_.size());
  // Parts of the gradient that are linear in the parameters have no history: their Hessian is 0.
  std::vector<Tensor> outputs, weights;
  for (size_t i = 0; i < params_.size(); ++i) {
    GRADUS_CHECK_VALUE(v[i].defined() && v[i].sizes() == params_[i].sizes(),
                       "HessianProduct: vector {} must have shape {}", i, params_[i].sizes());
    if (!gradient_[i].defined() || !gradient_[i].requires_grad()) continue;
    outputs.push_back(gradient_[i]);
    weights.push_back(v[i]);
  }
  std::vector<Tensor> products(params_.size());
  if (!outputs.empty()) {
    products = autograd::grad(outputs, params_, weights, /*retain_graph=*/true,
                              /*create_graph=*/false, /*allow_unused=*/true);
  }
  for (size_t i = 0; i < params_.size(); ++i) {
    products[i] = products[i].defined() ? products[i].detach() : zeros_like(params_[i]);
  }
  return products;
}

std::vector<Tensor> rademacher_like(const std::vector<Tensor>& params,
                                    std::optional<Generator> generator) {
  const NoGradGuard no_grad;
  std::vector<Tensor> z;
  for (const Tensor& param : params) {
    Tensor signs = empty_like(param.detach());
    z.push_back(signs.bernoulli_(0.5, generator).mul_(2).sub_(1));
  }
  return z;
}

std::vector<Tensor> hutchinson_diagonal(const Tensor& loss, const std::vector<Tensor>& params,
                                        int64_t samples, std::optional<Generator> generator) {
  GRADUS_CHECK_VALUE(samples >= 1, "hutchinson_diagonal: samples must be at least 1, got {}",
                     samples);
  const HessianProduct hessian(loss, params);
  const NoGradGuard no_grad;
  std::vector<Tensor> diagonal;
  for (const Tensor& param : params) diagonal.push_back(zeros_like(param.detach()));
  for (int64_t k = 0; k < samples; ++k) {
    const std::vector<Tensor> z = rademacher_like(params, generator);
    const std::vector<Tensor> Hz = hessian(z);
    for (size_t i = 0; i < params.size(); ++i) {
      diagonal[i].addcmul_(z[i], Hz[i], 1.0 / static_cast<double>(samples));
    }
  }
  return diagonal;
}

double hutchinson_trace(const Tensor& loss, const std::vector<Tensor>& params, int64_t samples,
                        double* standard_error, std::optional<Generator> generator) {
  GRADUS_CHECK_VALUE(samples >= 1, "hutchinson_trace: samples must be at least 1, got {}", samples);
  const HessianProduct hessian(loss, params);
  const NoGradGuard no_grad;
  double sum = 0, sum_of_squares = 0;
  for (int64_t k = 0; k < samples; ++k) {
    const std::vector<Tensor> z = rademacher_like(params, generator);
    const std::vector<Tensor> Hz = hessian(z);
    double trace = 0;
    for (size_t i = 0; i < params.size(); ++i) {
      trace += (z[i].to(kDouble) * Hz[i].to(kDouble)).sum().item<double>();
    }
    sum += trace;
    sum_of_squares += trace * trace;
  }
  const auto n = static_cast<double>(samples);
  const double mean = sum / n;
  if (standard_error != nullptr) {
    const double variance = std::fmax(0, sum_of_squares - n * mean * mean) / (n - 1);
    *standard_error =
        samples > 1 ? std::sqrt(variance / n) : std::numeric_limits<double>::quiet_NaN();
  }
  return mean;
}

}  // namespace gradus::optim
