// Linear algebra against what PyTorch computed: see tests/goldens/generate_linalg.py, which has the
// inputs and Python's expression of each case.

#include <cmath>
#include <exception>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include <gradus/gradus.h>
#include <gtest/gtest.h>

#include "tests/goldens.h"

namespace gradus {
namespace {

using Outputs = std::vector<Tensor>;
using Function = Outputs (*)(const Tensor& a, const Tensor& b);

template <class... Tensors>
Outputs all_of(const std::tuple<Tensors...>& y) {
  return std::apply([](const auto&... parts) { return Outputs{parts...}; }, y);
}

Outputs svd_parts(const std::tuple<Tensor, Tensor, Tensor>& parts) {
  const auto& [u, s, vt] = parts;
  const Tensor w = arange(s.size(-1), s.dtype()) * 0.5 + 1;
  return {s, u * u, vt * vt, matmul(u * w, vt)};
}

Outputs eigh_parts(const std::tuple<Tensor, Tensor>& parts) {
  const auto& [l, v] = parts;
  const Tensor w = arange(l.size(-1), l.dtype()) * 0.5 + 1;
  return {l, v * v, matmul(v * w, mT(v))};
}

#define GRADUS_CASE(...)                            \
  [](const Tensor& a, const Tensor& b) -> Outputs { \
    (void)a, (void)b;                               \
    return __VA_ARGS__;                             \
  }

// A row serves one case, as "cdist/1", or all cases of an op that have no row of their own.
const std::map<std::string, Function> kFunctions = {
    {"cholesky", GRADUS_CASE({linalg::cholesky(a)})},
    {"cholesky_upper", GRADUS_CASE({linalg::cholesky(a, true)})},
    {"inv", GRADUS_CASE({linalg::inv(a)})},
    {"det", GRADUS_CASE({linalg::det(a)})},
    {"slogdet", GRADUS_CASE(all_of(linalg::slogdet(a)))},
    {"logdet", GRADUS_CASE({logdet(a)})},
    {"solve", GRADUS_CASE({linalg::solve(a, b)})},
    {"solve_right", GRADUS_CASE({linalg::solve(a, b, false)})},
    {"solve_upper", GRADUS_CASE({linalg::solve_triangular(a, b, true)})},
    {"solve_lower_unit", GRADUS_CASE({linalg::solve_triangular(a, b, false, false, true)})},
    {"cholesky_solve", GRADUS_CASE({cholesky_solve(b, tril(a))})},
    {"cholesky_inverse", GRADUS_CASE({cholesky_inverse(tril(a))})},
    {"lu", GRADUS_CASE(all_of(linalg::lu(a)))},
    {"lu_factor", GRADUS_CASE(all_of(linalg::lu_factor(a)))},
    {"qr", GRADUS_CASE(all_of(linalg::qr(a)))},
    {"qr_complete", GRADUS_CASE(all_of(linalg::qr(a, "complete")))},
    {"lu_solve", GRADUS_CASE({linalg::lu_solve(std::get<0>(linalg::lu_factor(a)),
                                               std::get<1>(linalg::lu_factor(a)), b)})},
    {"lu_solve_adjoint",
     GRADUS_CASE({linalg::lu_solve(std::get<0>(linalg::lu_factor(a)),
                                   std::get<1>(linalg::lu_factor(a)), b, false, true)})},
    {"householder_product", GRADUS_CASE({linalg::householder_product(a, b)})},
    {"svd", GRADUS_CASE(svd_parts(linalg::svd(a, false)))},
    {"svdvals", GRADUS_CASE({linalg::svdvals(a)})},
    {"pinv", GRADUS_CASE({linalg::pinv(a)})},
    {"pinv_atol", GRADUS_CASE({linalg::pinv(a, 1e-6, std::nullopt)})},
    {"pinv_hermitian", GRADUS_CASE({linalg::pinv(a, std::nullopt, std::nullopt, true)})},
    {"nuc", GRADUS_CASE({linalg::norm(a, "nuc", {-2, -1})})},
    {"norm2", GRADUS_CASE({linalg::matrix_norm(a, 2)})},
    {"lstsq", GRADUS_CASE({std::get<0>(linalg::lstsq(a, b))})},
    {"lstsq_residuals", GRADUS_CASE({std::get<0>(linalg::lstsq(a, b, std::nullopt, "gelsd")),
                                     std::get<1>(linalg::lstsq(a, b, std::nullopt, "gelsd"))})},
    {"eigh", GRADUS_CASE(eigh_parts(linalg::eigh(a)))},
    {"eigvalsh", GRADUS_CASE({linalg::eigvalsh(a, "U")})},
    {"matrix_rank", GRADUS_CASE({linalg::matrix_rank(a)})},
    {"cond", GRADUS_CASE({linalg::cond(a)})},
    {"cond_1", GRADUS_CASE({linalg::cond(a.detach(), 1)})},
    {"cond_fro", GRADUS_CASE({linalg::cond(a.detach(), "fro")})},
    {"matrix_norm/0", GRADUS_CASE({linalg::matrix_norm(a, 1, {0, 2})})},
    {"matrix_norm/1", GRADUS_CASE({linalg::matrix_norm(a, -1, {0, 2})})},
    {"matrix_norm/2", GRADUS_CASE({linalg::matrix_norm(a, INFINITY, {0, 2})})},
    {"matrix_norm/3", GRADUS_CASE({linalg::matrix_norm(a, -INFINITY, {0, 2})})},
    {"fro", GRADUS_CASE({linalg::matrix_norm(a, "fro", {-2, -1}, true)})},
    {"norm_3", GRADUS_CASE({linalg::norm(a, 3, 1)})},
    {"matrix_exp", GRADUS_CASE({linalg::matrix_exp(a)})},
    {"matrix_power", GRADUS_CASE({linalg::matrix_power(a, -3)})},
    {"matrix_power_5", GRADUS_CASE({linalg::matrix_power(a, 5)})},
    {"multi_dot", GRADUS_CASE({linalg::multi_dot({a, b, a})})},
    {"vecdot", GRADUS_CASE({linalg::vecdot(a, b)})},
    {"cross", GRADUS_CASE({linalg::cross(a, b)})},
    {"cross_first", GRADUS_CASE({cross(a, b, 0)})},
    {"vander", GRADUS_CASE({linalg::vander(a, 4)})},
    {"vander_1d", GRADUS_CASE({vander(a)})},
    {"tensorinv", GRADUS_CASE({linalg::tensorinv(a, 1)})},
    {"tensorsolve", GRADUS_CASE({linalg::tensorsolve(a, b, 0)})},
    {"kron", GRADUS_CASE({kron(a, b)})},
    {"trace", GRADUS_CASE({trace(a)})},
    {"inner", GRADUS_CASE({inner(a, b)})},
    {"tensordot", GRADUS_CASE({tensordot(a, b, {0, 2}, {1, 0})})},
    {"addbmm", GRADUS_CASE({addbmm(a.select(0, 0).narrow(1, 0, 1), a, b, 0.5, 2)})},
    {"addr", GRADUS_CASE({addr(a, a.select(1, 0), b, 0.5, 2)})},
    {"einsum_0", GRADUS_CASE({einsum("ij,jk->ik", {a, b})})},
    {"einsum_1", GRADUS_CASE({einsum("...ij,jk", {a, b})})},
    {"einsum_2", GRADUS_CASE({einsum("ijk,kj->i", {a, b})})},
    {"einsum_3", GRADUS_CASE({einsum("ikj,jk->jk", {a, b})})},
    {"cdist/0", GRADUS_CASE({cdist(a, b, 0)})},
    {"cdist/1", GRADUS_CASE({cdist(a, b, 0.5)})},
    {"cdist/2", GRADUS_CASE({cdist(a, b, 1)})},
    {"cdist/3", GRADUS_CASE({cdist(a, b, 1.5)})},
    {"cdist/4", GRADUS_CASE({cdist(a, b)})},
    {"cdist/5", GRADUS_CASE({cdist(a, b, 3)})},
    {"cdist/6", GRADUS_CASE({cdist(a, b, INFINITY)})},
    {"cdist_mm", GRADUS_CASE({cdist(a, b)})},
};

#undef GRADUS_CASE

struct Case {
  Function run = nullptr;
  std::map<std::string, Tensor> tensors;  // a, y0, dy0, da, ...
};

const std::map<std::string, Case>& cases() {
  static const std::map<std::string, Case> all = [] {
    std::map<std::string, Case> result;
    for (const auto& item : goldens::load("linalg")) {
      const std::string name = item.key().substr(0, item.key().rfind('/'));
      result[name].tensors[item.key().substr(name.size() + 1)] = item.value();
    }
    for (auto& [name, entry] : result) {
      auto row = kFunctions.find(name);
      if (row == kFunctions.end()) row = kFunctions.find(name.substr(0, name.find('/')));
      if (row != kFunctions.end()) entry.run = row->second;
    }
    return result;
  }();
  return all;
}

// In float32 the expected values are cast, too.
void check(const Case& entry, ScalarType dtype, double rtol, double atol) {
  const auto cast = [dtype](const Tensor& x) { return x.dtype() == kDouble ? x.to(dtype) : x; };
  std::map<std::string, Tensor> leaves;
  for (const char* name : {"a", "b"}) {
    if (entry.tensors.count(name) == 0) continue;
    leaves[name] = cast(entry.tensors.at(name)).clone().requires_grad_();
  }
  const Outputs outputs = entry.run(leaves["a"], leaves["b"]);
  Tensor objective;
  for (size_t i = 0; i < outputs.size(); ++i) {
    const std::string y = "y" + std::to_string(i);
    EXPECT_TRUE(goldens::close(outputs[i], cast(entry.tensors.at(y)), rtol, atol)) << y;
    if (entry.tensors.count("d" + y) == 0) continue;
    const Tensor term = (outputs[i] * cast(entry.tensors.at("d" + y))).sum();
    objective = objective.defined() ? objective + term : term;
  }
  if (!objective.defined()) return;
  objective.backward();
  for (const auto& [name, leaf] : leaves) {
    if (entry.tensors.count("d" + name) == 0) continue;
    EXPECT_TRUE(goldens::close(leaf.grad(), cast(entry.tensors.at("d" + name)), rtol, atol))
        << "d" << name;
  }
}

void check_all(ScalarType dtype, double rtol, double atol) {
  for (const auto& [name, entry] : cases()) {
    SCOPED_TRACE(name);
    ASSERT_NE(entry.run, nullptr);
    try {
      check(entry, dtype, rtol, atol);
    } catch (const std::exception& error) {
      ADD_FAILURE() << error.what();
    }
  }
}

TEST(LinalgGolden, Float64EqualsPyTorch) {
  check_all(kDouble, 1e-9, 1e-11);
}

TEST(LinalgGolden, Float32IsNearPyTorchsFloat64) {
  check_all(kFloat, 2e-2, 2e-3);
}

TEST(LinalgGolden, EveryFunctionHasACase) {
  for (const auto& [name, function] : kFunctions) {
    EXPECT_TRUE(cases().count(name) || cases().count(name + "/0")) << name << " is not in the file";
  }
}

}  // namespace
}  // namespace gradus
