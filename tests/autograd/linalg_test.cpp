// Edges of linear algebra: empty matrices, singular ones, NaN and infinity, as PyTorch defines
// them.

#include <cmath>
#include <string>
#include <tuple>
#include <vector>

#include <gradus/gradus.h>
#include <gtest/gtest.h>

namespace gradus {
namespace {

template <class F>
std::string message_of(F f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

DimVector dims(std::initializer_list<int64_t> sizes) {
  return DimVector(sizes);
}

const double kNan = NAN;

TEST(Linalg, EmptyMatrices) {
  EXPECT_EQ(linalg::det(zeros({0, 0})).item<float>(), 1);
  EXPECT_EQ(linalg::det(zeros({3, 0, 0})).sizes(), dims({3}));
  const auto [sign, logabsdet] = linalg::slogdet(zeros({0, 0}));
  EXPECT_EQ(sign.item<float>(), 1);
  EXPECT_EQ(logabsdet.item<float>(), 0);
  EXPECT_EQ(logdet(zeros({0, 0})).item<float>(), 0);
  EXPECT_EQ(linalg::inv(zeros({3, 0, 0})).sizes(), dims({3, 0, 0}));
  EXPECT_EQ(linalg::solve(zeros({0, 0}), zeros({0, 3})).sizes(), dims({0, 3}));
  EXPECT_EQ(linalg::solve(zeros({2, 0, 0}), zeros({2, 0})).sizes(), dims({2, 0}));
  EXPECT_EQ(linalg::matrix_rank(zeros({2, 3, 0})).sizes(), dims({2}));
  EXPECT_EQ(linalg::matrix_rank(zeros({3, 0})).item<int64_t>(), 0);
  EXPECT_EQ(linalg::pinv(zeros({3, 0})).sizes(), dims({0, 3}));
  EXPECT_EQ(linalg::cond(zeros({3, 0, 2})).sizes(), dims({3}));
  EXPECT_EQ(linalg::cond(zeros({0, 0}), 1).item<float>(), 0);
  EXPECT_EQ(linalg::matrix_norm(zeros({0, 3}), 2).item<float>(), 0);
  EXPECT_EQ(linalg::matrix_norm(zeros({0, 3}), INFINITY).item<float>(), 0);
  EXPECT_EQ(linalg::matrix_norm(zeros({0, 3}), 1).item<float>(), 0);
  EXPECT_EQ(linalg::matrix_norm(zeros({0, 3}), "nuc").item<float>(), 0);
  EXPECT_THROW(linalg::matrix_norm(zeros({2, 0, 3}), -2), IndexError);
  EXPECT_EQ(linalg::matrix_exp(zeros({0, 0})).numel(), 0);
}

TEST(Linalg, FactorsOfEmptyMatricesAreIdentities) {
  const auto [q, r] = linalg::qr(zeros({3, 0}), "complete");
  EXPECT_TRUE(q.equal(eye(3)));
  EXPECT_EQ(r.sizes(), dims({3, 0}));
  const auto [u, s, vt] = linalg::svd(zeros({2, 3, 0}));
  EXPECT_TRUE(u.equal(eye(3).expand({2, 3, 3})));
  EXPECT_EQ(s.sizes(), dims({2, 0}));
  EXPECT_EQ(vt.sizes(), dims({2, 0, 0}));
  const auto [p, l, upper] = linalg::lu(zeros({3, 0}));
  EXPECT_TRUE(p.equal(eye(3)));
  EXPECT_EQ(l.sizes(), dims({3, 0}));
  EXPECT_EQ(upper.sizes(), dims({0, 0}));
  const auto [x, residuals, rank, values] = linalg::lstsq(zeros({0, 2}), zeros({0, 1}));
  EXPECT_TRUE(x.equal(zeros({2, 1})));
  EXPECT_EQ(rank.item<int64_t>(), 0);
}

TEST(Linalg, HugeEmptyBatchesTakeNoTime) {
  const Tensor none = zeros({int64_t{1} << 40, 0, 3, 3});
  EXPECT_EQ(linalg::inv(none).numel(), 0);
  EXPECT_EQ(std::get<1>(linalg::svd(none)).numel(), 0);
  EXPECT_EQ(linalg::det(none).numel(), 0);
}

TEST(Linalg, SingularMatricesAreNamed) {
  const Tensor second_is_zero = stack({eye(2), zeros({2, 2})});
  EXPECT_NE(message_of([&] { linalg::inv(second_is_zero); })
                .find("linalg_inv: the matrix (batch "
                      "element 1) is singular"),
            std::string::npos);
  EXPECT_NE(message_of([&] {
              linalg::solve(second_is_zero, ones({2, 2}));
            }).find("linalg_solve: the matrix (batch element 1) is singular"),
            std::string::npos);
  EXPECT_NE(message_of([&] { linalg::cholesky(second_is_zero); }).find("(batch element 1)"),
            std::string::npos);
  // 1 2; 2 1 has the minors 1 and -3.
  EXPECT_NE(message_of([] {
              linalg::cholesky(tensor({1.0, 2.0, 2.0, 1.0}).reshape({2, 2}));
            }).find("order 2"),
            std::string::npos);
  const auto [inverse, info] = linalg::inv_ex(second_is_zero);
  EXPECT_TRUE(info.equal(tensor({0, 1}, kInt)));
  EXPECT_TRUE(inverse[0].equal(eye(2)));
  const auto [l, minors] = linalg::cholesky_ex(-eye(2));
  EXPECT_EQ(minors.item<int64_t>(), 1);
  EXPECT_EQ(linalg::cond(zeros({2, 2}), 1).item<float>(), INFINITY);
}

TEST(Linalg, NaNAndInfinityEndInNaNOrAnError) {
  for (double bad : {kNan, HUGE_VAL, -HUGE_VAL}) {
    for (int64_t n : {2, 5, 40}) {
      for (ScalarType dtype : {kFloat, kDouble}) {
        Tensor x = eye(n, dtype) + ones({n, n}, dtype) * 0.1;
        x.index_put_({n - 1, 0}, bad);
        x.index_put_({0, n - 1}, bad);
        EXPECT_THROW(linalg::svd(x), Error);
        EXPECT_THROW(linalg::pinv(x), Error);
        EXPECT_THROW(linalg::matrix_rank(x), Error);
        EXPECT_THROW(linalg::lstsq(x, ones({n, 1}, dtype)), Error);
        EXPECT_THROW(linalg::cholesky(x), Error);
        EXPECT_TRUE(linalg::svdvals(x).isnan().all().item<bool>());
        EXPECT_TRUE(linalg::eigvalsh(x).isnan().all().item<bool>());
        EXPECT_TRUE(std::get<1>(linalg::eigh(x)).isnan().all().item<bool>());
        EXPECT_TRUE(linalg::matrix_exp(x).isnan().all().item<bool>());
        linalg::qr(x);
        linalg::lu(x);
        linalg::slogdet(x);
        linalg::cond(x, 1);
        try {
          linalg::inv(x);
          linalg::solve(x, ones({n}, dtype));
        } catch (const Error&) {
        }
      }
    }
  }
}

TEST(Linalg, ExtremeScalesConverge) {
  for (double scale : {1e-300, 1e-160, 1e150, 1e300}) {
    const Tensor x = randn({20, 20}, Generator(3), kDouble) * scale;
    const auto [u, s, vt] = linalg::svd(x);
    EXPECT_TRUE((matmul(u * s, vt) / scale).allclose(x / scale, 1e-9, 1e-11)) << scale;
    const Tensor symmetric = x + mT(x);
    const auto [l, v] = linalg::eigh(symmetric);
    EXPECT_TRUE((matmul(v * l, mT(v)) / scale).allclose(symmetric / scale, 1e-9, 1e-11)) << scale;
  }
}

TEST(Linalg, DecompositionsOfLargerMatrices) {
  // Beyond the sizes where Eigen changes its algorithms.
  const Tensor x = randn({100, 70}, Generator(1), kDouble);
  for (const Tensor& a : {x, mT(x)}) {
    const auto [u, s, vt] = linalg::svd(a, /*full_matrices=*/false);
    EXPECT_TRUE(matmul(u * s, vt).allclose(a, 1e-10, 1e-10));
    const auto [whole_u, same_s, whole_vt] = linalg::svd(a);
    EXPECT_TRUE(matmul(mT(whole_u), whole_u).allclose(eye(a.size(0), kDouble), 1e-10, 1e-10));
    EXPECT_TRUE(same_s.allclose(s));
    EXPECT_TRUE(linalg::svdvals(a).allclose(s));
    const auto [q, r] = linalg::qr(a);
    EXPECT_TRUE(matmul(q, r).allclose(a, 1e-10, 1e-10));
    EXPECT_TRUE(r.equal(r.triu()));
    const auto [p, l, upper] = linalg::lu(a);
    EXPECT_TRUE(matmul(p, matmul(l, upper)).allclose(a, 1e-10, 1e-10));
  }
  const Tensor spd = matmul(mT(x), x);
  const Tensor l = linalg::cholesky(spd);
  EXPECT_TRUE(l.equal(l.tril()));
  EXPECT_TRUE(matmul(l, mT(l)).allclose(spd, 1e-10, 1e-9));
  EXPECT_TRUE(matmul(linalg::inv(spd), spd).allclose(eye(70, kDouble), 1e-7, 1e-7));
  EXPECT_TRUE(matmul(spd, linalg::solve(spd, ones({70}, kDouble))).allclose(ones({70}, kDouble)));
}

TEST(Linalg, LargeMatricesDoNotDependOnThreads) {
  // Large enough that products are shared among threads.
  const Tensor x = rand({300, 300}, Generator(8)) + eye(300) * 30;
  std::vector<std::vector<Tensor>> runs;
  for (int threads : {1, 2, 3, 8}) {
    set_num_threads(threads);
    runs.push_back({std::get<0>(linalg::lu_factor(x)), linalg::cholesky(x + mT(x)), linalg::inv(x),
                    linalg::solve_triangular(x, x, /*upper=*/true)});
  }
  set_num_threads(2);
  for (const auto& run : runs) {
    for (size_t i = 0; i < run.size(); ++i) EXPECT_TRUE(run[i].equal(runs[0][i]));
  }
  EXPECT_TRUE(matmul(runs[0][2], x).allclose(eye(300), 1e-4, 1e-4));
}

TEST(Linalg, FailuresOfLargerMatricesAreCountedFromTheFirstRow) {
  Tensor x = eye(100, kDouble);
  x.index_put_({70, 70}, 0);
  EXPECT_EQ(std::get<1>(linalg::cholesky_ex(x)).item<int64_t>(), 71);
  EXPECT_EQ(std::get<1>(linalg::inv_ex(x)).item<int64_t>(), 71);
}

TEST(Linalg, OnlyTheNamedTriangleIsRead) {
  const Tensor a = tensor({2.0, kNan, 1.0, 2.0}).reshape({2, 2});
  EXPECT_TRUE(linalg::eigvalsh(a).allclose(tensor({1.0, 3.0})));
  EXPECT_TRUE(linalg::eigvalsh(mT(a), "U").allclose(tensor({1.0, 3.0})));
  EXPECT_TRUE(linalg::cholesky(a).isfinite().all().item<bool>());
  EXPECT_TRUE(linalg::cholesky(mT(a), /*upper=*/true).isfinite().all().item<bool>());
  EXPECT_TRUE(linalg::solve_triangular(a, ones({2, 1}), /*upper=*/false)
                  .allclose(tensor({0.5, 0.25}).reshape({2, 1})));
}

TEST(Linalg, DeterminantsOfSingularMatricesHaveAGradient) {
  // d det / da_ij are the cofactors: of 1 2; 2 4 they are 4 -2; -2 1.
  const Tensor a = tensor({1.0, 2.0, 2.0, 4.0}, kDouble).reshape({2, 2}).requires_grad_();
  linalg::det(a).backward();
  EXPECT_TRUE(a.grad().allclose(tensor({4.0, -2.0, -2.0, 1.0}, kDouble).reshape({2, 2})));
}

TEST(Linalg, LogdetOfNegativeAndZeroDeterminants) {
  EXPECT_TRUE(std::isnan(logdet(-eye(3)).item<float>()));
  EXPECT_EQ(logdet(zeros({2, 2})).item<float>(), -INFINITY);
}

TEST(Linalg, RepeatedSingularValuesDoNotMatterToValuesAlone) {
  const Tensor a = eye(3, kDouble).requires_grad_();
  linalg::svdvals(a).sum().backward();
  EXPECT_TRUE(a.grad().allclose(eye(3, kDouble)));
  const Tensor b = eye(3, kDouble).requires_grad_();
  linalg::pinv(b).sum().backward();
  EXPECT_TRUE(b.grad().allclose(-ones({3, 3}, kDouble)));
}

TEST(Linalg, RanksAndTolerances) {
  EXPECT_EQ(linalg::matrix_rank(ones({3, 3})).item<int64_t>(), 1);
  EXPECT_EQ(linalg::matrix_rank(eye(3), 2.0, std::nullopt).item<int64_t>(), 0);
  EXPECT_EQ(linalg::matrix_rank(ones({3, 3}), 1e-3).item<int64_t>(), 1);
  EXPECT_EQ(linalg::matrix_rank(-ones({3, 3}), {}, {}, /*hermitian=*/true).item<int64_t>(), 1);
  EXPECT_TRUE(linalg::pinv(eye(2), 1.0, std::nullopt).equal(zeros({2, 2})));
  EXPECT_TRUE(linalg::pinv(eye(2) * 0.5, 0.1).allclose(eye(2) * 2));
  EXPECT_TRUE(pinverse(ones({2, 2})).allclose(full({2, 2}, 0.25)));
}

TEST(Linalg, LeastSquares) {
  const Tensor a = ones({3, 2}), b = ones({3, 1});
  const auto [x, residuals, rank, values] = linalg::lstsq(a, b);
  EXPECT_TRUE(x.allclose(full({2, 1}, 0.5)));
  EXPECT_EQ(residuals.numel(), 0);
  EXPECT_EQ(rank.item<int64_t>(), 1);
  EXPECT_EQ(values.numel(), 0);
  const Tensor c = randn({4, 3, 2}, Generator(2)), d = randn({4, 3}, Generator(3));
  const auto [y, more_residuals, ranks, singular] = linalg::lstsq(c, d, std::nullopt, "gelsd");
  EXPECT_EQ(y.sizes(), dims({4, 2}));
  EXPECT_EQ(more_residuals.sizes(), dims({4, 1}));
  EXPECT_TRUE(ranks.equal(full({4}, 2, kLong)));
  EXPECT_EQ(singular.sizes(), dims({4, 2}));
}

TEST(Linalg, OlderNames) {
  const Tensor a = randn({3, 2}, Generator(5), kDouble),
               square = matmul(a, mT(a)) + eye(3, kDouble);
  const auto [u, s, v] = a.svd();
  EXPECT_TRUE(matmul(u * s, mT(v)).allclose(a));
  const auto [zero_u, only_s, zero_v] = a.svd(true, /*compute_uv=*/false);
  EXPECT_TRUE(zero_u.equal(zeros({3, 3}, kDouble)));
  EXPECT_TRUE(only_s.allclose(s));
  EXPECT_TRUE(zero_v.equal(zeros({2, 2}, kDouble)));
  EXPECT_EQ(std::get<0>(a.qr(/*some=*/false)).sizes(), dims({3, 3}));
  EXPECT_TRUE(square.inverse().allclose(linalg::inv(square)));
  EXPECT_TRUE(square.cholesky().cholesky_inverse().allclose(square.inverse()));
  EXPECT_TRUE(a.cholesky_solve(square.cholesky()).allclose(linalg::solve(square, a)));
  EXPECT_TRUE(a.pinverse().allclose(linalg::pinv(a)));
  EXPECT_TRUE(square.matrix_power(2).allclose(matmul(square, square)));
  EXPECT_TRUE(square.det().log().allclose(square.logdet()));
  EXPECT_TRUE(square.trace().allclose(square.diagonal().sum()));
  EXPECT_TRUE(zeros({2, 2}, kDouble).matrix_exp().equal(eye(2, kDouble)));
}

TEST(Linalg, IntegersWhereSumsAndProductsAreAllThereIs) {
  const Tensor a = arange(4).reshape({2, 2});  // 0 1; 2 3
  EXPECT_TRUE(linalg::matrix_power(a, 2).equal(tensor({2, 3, 6, 11}).reshape({2, 2}).to(kLong)));
  EXPECT_TRUE(linalg::matrix_power(a, 0).equal(eye(2, kLong)));
  EXPECT_EQ(trace(a.to(kInt)).dtype(), kLong);
  EXPECT_TRUE(einsum("ij,jk->ik", {a, a}).equal(matmul(a, a)));
  EXPECT_TRUE(linalg::vander(tensor({2, 3}, kByte), 3)
                  .equal(tensor({1, 2, 4, 1, 3, 9}).reshape({2, 3}).to(kLong)));
  EXPECT_TRUE(cross(tensor({1, 0, 0}), tensor({0, 1, 0})).equal(tensor({0, 0, 1})));
  EXPECT_TRUE(kron(eye(2, kInt), ones({1, 2}, kInt))
                  .equal(tensor({1, 1, 0, 0, 0, 0, 1, 1}, kInt).reshape({2, 4})));
}

TEST(Linalg, MultiDotTakesTheCheapOrder) {
  // From the left 1000 x 1000 would be made; from the right only vectors.
  const Tensor a = ones({1000, 1}), b = ones({1, 1000}), c = ones({1000});
  EXPECT_TRUE(linalg::multi_dot({a, b, c}).equal(full({1000}, 1000.0)));
  EXPECT_TRUE(chain_matmul(eye(2)).equal(eye(2)));
}

TEST(Einsum, DimsAndLetters) {
  EXPECT_EQ(einsum("bA,ab", {ones({2, 3}), ones({4, 2})}).sizes(), dims({3, 4}));
  EXPECT_EQ(einsum("...i,...i->...i", {ones({2, 3}), ones({4, 1, 3})}).sizes(), dims({4, 2, 3}));
  EXPECT_EQ(einsum("ij->ji...", ones({2, 3})).sizes(), dims({3, 2}));
  EXPECT_EQ(einsum("ij->...", ones({2, 3})).item<float>(), 6);
  EXPECT_EQ(einsum("", tensor(2.0)).item<float>(), 2);
  EXPECT_TRUE(einsum("...ij->ij", ones({2, 2, 3})).equal(full({2, 3}, 2.0)));
  EXPECT_TRUE(einsum("i,ij->j", {ones({1}), ones({2, 3})}).equal(full({3}, 2.0)));
  EXPECT_TRUE(einsum("ij,jk->ik", {ones({2, 0}), ones({0, 2})}).equal(zeros({2, 2})));
}

TEST(Einsum, ManyOperandsInACheapOrder) {
  // From the left, "a,b,c,d,e,f" would be 100^6 numbers.
  const Tensor v = ones({100}, kDouble);
  const Tensor m = ones({100, 100}, kDouble);
  EXPECT_EQ(einsum("a,b,c,d,ab,cd->", {v, v, v, v, m, m}).item<double>(), 1e8);
  EXPECT_EQ(einsum("a,b,c,d,e,ab,bc,cd,de,ea->", {v, v, v, v, v, m, m, m, m, m}).item<double>(),
            1e10);
}

TEST(Cdist, NearAndEqualPoints) {
  // By differences, exact; by the product, PyTorch's choice for more than 25 points, nearly so.
  const Tensor x = (ones({3, 2}, kDouble) * 1e4).requires_grad_();
  const Tensor y = cdist(x, x.detach());
  EXPECT_TRUE(y.equal(zeros({3, 3}, kDouble)));
  y.sum().backward();
  EXPECT_TRUE(x.grad().equal(zeros({3, 2}, kDouble)));
  const Tensor many = rand({40, 3}, Generator(4), kDouble),
               others = rand({50, 3}, Generator(5), kDouble);
  EXPECT_TRUE(cdist(many, others).allclose(cdist(many, others, 2, 2), 1e-6, 1e-7));
  EXPECT_TRUE(cdist(zeros({2, 0}), zeros({3, 0})).equal(zeros({2, 3})));
  EXPECT_TRUE(cdist(full({1, 2}, kNan), ones({1, 2}), INFINITY).isnan().item<bool>());
}

TEST(Cdist, GradientsWithAndWithoutAGraphAreEqual) {
  for (double p : {0.0, 0.5, 1.0, 1.7, 2.0, 4.0, HUGE_VAL}) {
    const Tensor a = rand({5, 3}, Generator(6), kDouble).requires_grad_();
    const Tensor b = rand({4, 3}, Generator(7), kDouble).requires_grad_();
    const Tensor y = cdist(a, b, p).sum();
    const std::vector<Tensor> plain = autograd::grad(y, {a, b}, {}, /*retain_graph=*/true);
    const std::vector<Tensor> graph =
        autograd::grad(y, {a, b}, {}, /*retain_graph=*/true, /*create_graph=*/true);
    EXPECT_TRUE(plain[0].allclose(graph[0], 1e-12, 1e-12)) << p;
    EXPECT_TRUE(plain[1].allclose(graph[1], 1e-12, 1e-12)) << p;
  }
}

}  // namespace
}  // namespace gradus
