#include "optim/lab/sharpness.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "autograd/autograd.h"
#include "core/factory.h"
#include "core/kernels/optimizer_matrix.h"

namespace gradus::optim {

namespace {

using Vector = std::vector<Tensor>;

double dot(const Vector& x, const Vector& y) {
  double sum = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    sum += (x[i].to(kDouble) * y[i].to(kDouble)).sum().item<double>();
  }
  return sum;
}

void scale(Vector& x, double factor) {
  for (Tensor& part : x) part.mul_(factor);
}

// y = y + a * x
void add(Vector& y, double a, const Vector& x) {
  for (size_t i = 0; i < y.size(); ++i) y[i].add_(x[i], a);
}

Vector random_direction(const Vector& params, const std::optional<Generator>& generator) {
  Vector v;
  for (const Tensor& param : params)
    v.push_back(empty_like(param.detach()).normal_(0, 1, generator));
  scale(v, 1 / std::sqrt(dot(v, v)));
  return v;
}

}  // namespace

Eigenpair top_eigenvalue(const HessianProduct& hessian, int64_t max_iterations, double tolerance,
                         std::optional<Generator> generator) {
  GRADUS_CHECK_VALUE(max_iterations >= 1,
                     "top_eigenvalue: max_iterations must be at least 1, got {}", max_iterations);
  const NoGradGuard no_grad;
  Eigenpair found;
  found.vector = random_direction(hessian.params(), generator);
  while (found.iterations < max_iterations) {
    Vector Hv = hessian(found.vector);
    const double value = dot(found.vector, Hv);
    const double length = std::sqrt(dot(Hv, Hv));
    ++found.iterations;
    const bool settled = std::abs(value - found.value) <= tolerance * std::abs(value);
    found.value = value;
    if (!(length > 0) || !std::isfinite(length)) break;  // the Hessian is 0 here, or broken
    scale(Hv, 1 / length);
    found.vector = std::move(Hv);
    if (settled && found.iterations > 1) break;
  }
  return found;
}

std::vector<double> lanczos_eigenvalues(const HessianProduct& hessian, int64_t count,
                                        int64_t iterations, std::optional<Generator> generator) {
  GRADUS_CHECK_VALUE(count >= 1 && count <= iterations,
                     "lanczos_eigenvalues: expected 1 <= count <= iterations, got {} and {}", count,
                     iterations);
  const NoGradGuard no_grad;
  // T = V^T H V is tridiagonal: alpha on the diagonal, beta beside it.
  std::vector<Vector> basis = {random_direction(hessian.params(), generator)};
  std::vector<double> alpha, beta;
  for (int64_t k = 0; k < iterations; ++k) {
    Vector w = hessian(basis.back());
    alpha.push_back(dot(w, basis.back()));
    GRADUS_CHECK_VALUE(
        std::isfinite(alpha.back()),
        "lanczos_eigenvalues: the product of the Hessian and a vector is not finite");
    // Twice is enough (Kahan and Parlett).
    for (int pass = 0; pass < 2; ++pass) {
      for (const Vector& v : basis) add(w, -dot(w, v), v);
    }
    const double length = std::sqrt(dot(w, w));
    if (k + 1 == iterations || !(length > 1e-6 * std::abs(alpha[0]) + 1e-30)) break;
    scale(w, 1 / length);
    beta.push_back(length);
    basis.push_back(std::move(w));
  }
  const auto n = static_cast<int64_t>(alpha.size());
  Tensor T = zeros({n, n}, kDouble);
  double* t = T.data_ptr<double>();
  for (int64_t i = 0; i < n; ++i) {
    t[i * n + i] = alpha[i];
    if (i + 1 < n) t[i * n + i + 1] = t[(i + 1) * n + i] = beta[i];
  }
  const Tensor Q = kernel::symmetric_eigenvectors("lanczos_eigenvalues", T);
  const Tensor values = (Q * T.mm(Q)).sum({0});
  std::vector<double> found;
  for (int64_t i = 0; i < std::min(n, count); ++i) found.push_back(values[i].item<double>());
  return found;
}

double sam_sharpness(const Callable<Tensor()>& loss, const std::vector<Tensor>& params,
                     double rho) {
  GRADUS_CHECK_VALUE(rho >= 0, "sam_sharpness: rho must be at least 0, got {}", rho);
  GRADUS_CHECK_VALUE(bool(loss), "sam_sharpness: loss is empty");
  const auto evaluate = [&] {
    const AutoGradMode enable_grad(true);
    return loss();
  };
  const Tensor before = evaluate();
  const Vector grads = autograd::grad({before}, params, {}, std::nullopt, /*create_graph=*/false,
                                      /*allow_unused=*/true);
  const NoGradGuard no_grad;
  double sum = 0;
  for (const Tensor& grad : grads) {
    if (grad.defined()) sum += grad.to(kDouble).square().sum().item<double>();
  }
  struct Backup {
    std::vector<std::pair<Tensor, Tensor>> values;
    ~Backup() {
      for (auto& [param, value] : values) param.copy_(value);
    }
  } backup;
  for (size_t i = 0; i < params.size(); ++i) {
    if (!grads[i].defined()) continue;
    Tensor p = params[i].detach();
    backup.values.emplace_back(p, p.clone());
    p.add_(grads[i], rho / (std::sqrt(sum) + 1e-12));
  }
  return evaluate().item<double>() - before.item<double>();
}

}  // namespace gradus::optim
