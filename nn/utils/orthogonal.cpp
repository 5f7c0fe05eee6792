// parametrizations::orthogonal.

#include <algorithm>
#include <cmath>

#include "autograd/ops/join.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/ternary.h"
#include "core/factory.h"
#include "nn/utils/parametrize.h"

namespace gradus::nn::utils::parametrizations {

namespace {

using parametrize::Parametrization;

enum class Map : uint8_t { MatrixExp, Cayley, Householder };

// The Householder vectors of the QR factorization of tall matrices with orthonormal columns, below
// the diagonal; on it the sign that each column of the product of reflections lacks. As LAPACK's
// geqrf, where a column that needs no reflection gets one and its sign is turned.
Tensor householder_vectors(const Tensor& tall) {
  const Tensor result = tall.to(kDouble).contiguous().clone(MemoryFormat::Contiguous);
  const int64_t n = tall.size(-2), k = tall.size(-1);
  const int64_t matrices = n * k == 0 ? 0 : tall.numel() / (n * k);
  for (int64_t matrix = 0; matrix < matrices; ++matrix) {
    double* const a = result.data_ptr<double>() + matrix * n * k;
    for (int64_t j = 0; j < k; ++j) {
      double& pivot = a[j * k + j];
      double below = 0;
      for (int64_t i = j + 1; i < n; ++i) below += a[i * k + j] * a[i * k + j];
      if (below == 0) {
        pivot = pivot > 0 ? -1 : 1;
        continue;
      }
      const double beta = -std::copysign(std::sqrt(pivot * pivot + below), pivot);
      const double tau = (beta - pivot) / beta, scale = 1 / (pivot - beta);
      for (int64_t i = j + 1; i < n; ++i) a[i * k + j] *= scale;
      pivot = beta > 0 ? 1 : -1;
      for (int64_t c = j + 1; c < k; ++c) {
        double product = a[j * k + c];
        for (int64_t i = j + 1; i < n; ++i) product += a[i * k + j] * a[i * k + c];
        a[j * k + c] -= tau * product;
        for (int64_t i = j + 1; i < n; ++i) a[i * k + c] -= tau * product * a[i * k + j];
      }
    }
  }
  return result.to(tall.dtype());
}

// Q of the QR factorization whose R has a positive diagonal.
Tensor make_orthogonal(const Tensor& tall) {
  const auto [q, r] = linalg_qr(tall);
  // A 0 there, of columns that depend on each other, must not take its column of Q along.
  const Tensor diagonal = r.diagonal(0, -2, -1);
  return q * where(diagonal < 0, -ones_like(diagonal), ones_like(diagonal)).unsqueeze(-2);
}

bool is_orthogonal(const Tensor& q) {
  const double epsilon = q.dtype() == kDouble ? 2.220446049250313e-16 : 1.1920928955078125e-07;
  const double tolerance = 10 * static_cast<double>(q.size(-2)) * epsilon;
  const Tensor product = matmul(q.mT(), q);
  return (product - eye(q.size(-1), q.options())).abs().le(tolerance).all().item<bool>();
}

class Orthogonal : public Parametrization {
 public:
  Orthogonal(Map map, bool use_trivialization)
      : map_(map), use_trivialization_(use_trivialization) {}

  Tensor forward(const std::vector<Tensor>& originals) override {
    GRADUS_CHECK(!use_trivialization_ || base_.defined(),
                 "orthogonal: with use_trivialization it must be the first parametrization of a "
                 "weight");
    const bool wide = originals[0].size(-2) < originals[0].size(-1);
    const Tensor x = wide ? originals[0].mT() : originals[0];
    Tensor q = map_ == Map::Householder ? reflections(x) : rotation(x);
    if (use_trivialization_) q = matmul(base_, q);
    return wide ? q.mT() : q;
  }

  std::vector<Tensor> right_inverse(const Tensor& weight) override {
    const bool wide = weight.size(-2) < weight.size(-1);
    Tensor q = wide ? weight.mT() : weight;
    const int64_t n = q.size(-2), k = q.size(-1);
    if (!use_trivialization_) {
      if (map_ != Map::Householder) return {weight};  // where it starts then is not known
      const Tensor vectors = householder_vectors(q);
      return {wide ? vectors.mT() : vectors};
    }
    if (n != k) {
      DimVector rest(weight.sizes().begin(), weight.sizes().end());
      rest[rest.size() - 2] = n;
      rest[rest.size() - 1] = n - k;
      q = make_orthogonal(cat({q, randn(rest, weight.options())}, -1));
    } else {
      q = is_orthogonal(q) ? q.clone() : make_orthogonal(q);
    }
    if (base_.defined()) {
      base_.set_data(q);
    } else {
      base_ = register_buffer("base", q);
    }
    // -I and not 0: the diagonal holds the signs of householder, which makes I of it.
    Tensor start = zeros_like(weight);
    start.diagonal(0, -2, -1).fill_(-1);
    return {start};
  }

  std::shared_ptr<Parametrization> make_copy() const override {
    auto copy = std::make_shared<Orthogonal>(map_, use_trivialization_);
    if (base_.defined()) copy->base_ = copy->register_buffer("base", base_.clone());
    return copy;
  }

 private:
  // The first k columns of an n x n rotation that x [n, k] is the lower triangle of.
  Tensor rotation(const Tensor& x) const {
    const int64_t n = x.size(-2), k = x.size(-1);
    Tensor square = x.tril();
    if (n != k) {
      DimVector rest(x.sizes().begin(), x.sizes().end());
      rest[rest.size() - 1] = n - k;
      square = cat({square, zeros(rest, x.options())}, -1);
    }
    const Tensor skew = square - square.mT();
    Tensor q;
    if (map_ == Map::MatrixExp) {
      q = matrix_exp(skew);
    } else {
      const Tensor identity = eye(n, x.options());
      q = linalg_solve(identity - skew * 0.5, identity + skew * 0.5);
    }
    return n == k ? q : q.narrow(-1, 0, k);
  }

  static Tensor reflections(const Tensor& x) {
    const Tensor vectors = x.tril(-1);
    const Tensor tau = 2 / (vectors.square().sum(-2) + 1);
    // The signs are not trained.
    return linalg_householder_product(vectors, tau) *
           x.detach().diagonal(0, -2, -1).sign().unsqueeze(-2);
  }

  Map map_;
  bool use_trivialization_;
  Tensor base_;  // [n, n]
};

}  // namespace

void orthogonal(Module& module, const std::string& name,
                const std::optional<std::string>& orthogonal_map, bool use_trivialization) {
  const Tensor weight = parametrize::detail::current_weight("orthogonal", module, name);
  GRADUS_CHECK_VALUE(weight.dim() >= 2, "orthogonal: expected a matrix or a batch of them, got {}",
                     weight.sizes());
  Map map = weight.size(-2) == weight.size(-1) ? Map::MatrixExp : Map::Householder;
  if (orthogonal_map) {
    const std::string names[] = {"matrix_exp", "cayley", "householder"};
    const auto* const found = std::find(std::begin(names), std::end(names), *orthogonal_map);
    GRADUS_CHECK_VALUE(found != std::end(names),
                       "orthogonal: orthogonal_map has to be one of matrix_exp, cayley and "
                       "householder, got '{}'",
                       *orthogonal_map);
    map = static_cast<Map>(found - names);
  }
  parametrize::register_parametrization(module, name,
                                        std::make_shared<Orthogonal>(map, use_trivialization));
}

}  // namespace gradus::nn::utils::parametrizations
