// Special functions against PyTorch's values; those of Bessel and incomplete gamma functions, of
// which PyTorch has nine digits, and of ndtr(-20), where it underflows, against mpmath's.

#include <cmath>
#include <limits>
#include <vector>

#include <gradus/autograd/autograd.h>
#include <gradus/core/factory.h>
#include <gtest/gtest.h>

namespace gradus {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

Tensor doubles(detail::TensorLiteral values) {
  return tensor(values, kDouble);
}

bool close(const Tensor& a, const Tensor& b, double rtol = 1e-13) {
  return a.dtype() == b.dtype() && a.sizes() == b.sizes() &&
         a.allclose(b, rtol, 0, /*equal_nan=*/true);
}

TEST(Special, ValuesOfFunctionsOfOneNumber) {
  struct Row {
    const char* name;
    Tensor (*function)(const Tensor&);
    std::vector<double> x, y;
  };
  const std::vector<Row> rows = {
      {"erfcx",
       special::erfcx,
       {-20.0, -0.7, 2.5},
       {1.0442939379528289e+174, 2.7387021025613167, 0.2108063640611436}},
      {"ndtr",
       special::ndtr,
       {-20.0, -0.7, 2.5},
       {2.7536241186062337e-89, 0.24196365222307298, 0.9937903346742238}},
      {"log_ndtr",
       special::log_ndtr,
       {-20.0, -0.7, 2.5},
       {-203.9171553710973, -1.4189677615315315, -0.006229025485860001}},
      {"ndtri",
       special::ndtri,
       {1e-20, 0.1, 0.9},
       {-9.262340089798409, -1.2815515655446004, 1.2815515655446004}},
      {"entr",
       special::entr,
       {0.3, 1.7, 9.5},
       {0.3611918412977808, -0.9020680268056896, -21.387272086761705}},
      {"airy_ai",
       special::airy_ai,
       {-9.5, 0.3, 7.5},
       {0.3191032477191282, 0.27880648195500492, 1.9172560675134308e-7}},
      {"bessel_j0",
       special::bessel_j0,
       {0.3, 1.7, 9.5},
       {0.9776262465382961, 0.39798485944610952, -0.19392874768742236}},
      {"bessel_j1",
       special::bessel_j1,
       {0.3, 1.7, 9.5},
       {0.148318816273104, 0.5777652315290237, 0.16126443075752985}},
      {"bessel_y0",
       special::bessel_y0,
       {0.3, 1.7, 9.5},
       {-0.8072735778045196, 0.45202700018163705, 0.17121062620272384}},
      {"bessel_y1",
       special::bessel_y1,
       {0.3, 1.7, 9.5},
       {-2.2931051383885293, -0.28472624506406835, 0.20317989938720767}},
      {"i0",
       special::i0,
       {0.3, 1.7, 9.5},
       {1.0226268793515967, 1.8639649620738397, 1753.480990527323}},
      {"i0e",
       special::i0e,
       {0.3, 1.7, 9.5},
       {0.7575806251825477, 0.3405156879824709, 0.13125126081426788}},
      {"i1",
       special::i1,
       {0.3, 1.7, 9.5},
       {0.15169384000359282, 1.1963465656344825, 1658.4530777821344}},
      {"i1e",
       special::i1e,
       {0.3, 1.7, 9.5},
       {0.11237756063983881, 0.21855280659849347, 0.1241382476548818}},
      {"modified_bessel_k0",
       special::modified_bessel_k0,
       {0.3, 1.7, 9.5},
       {1.3724600605442967, 0.16549631805699655, 3.005788495793434e-05}},
      {"modified_bessel_k1",
       special::modified_bessel_k1,
       {0.3, 1.7, 9.5},
       {3.055992033457325, 0.20936248820408243, 3.160203411042675e-05}},
      {"scaled_modified_bessel_k0",
       special::scaled_modified_bessel_k0,
       {0.3, 1.7, 9.5},
       {1.8526273007720135, 0.9059181385685514, 0.4015651321154054}},
      {"scaled_modified_bessel_k1",
       special::scaled_modified_bessel_k1,
       {0.3, 1.7, 9.5},
       {4.12515776224447, 1.1460392462302538, 0.4221945429769579}},
      {"spherical_bessel_j0",
       special::spherical_bessel_j0,
       {0.3, 1.7, 9.5},
       {0.9850673555377986, 0.5833322414426286, -0.007910644259137822}},
  };
  for (const Row& row : rows) {
    const Tensor y = row.function(tensor(row.x, kDouble));
    EXPECT_TRUE(close(y, tensor(row.y, kDouble))) << row.name << y;
    const Tensor single = row.function(tensor(row.x, kFloat));
    EXPECT_EQ(single.dtype(), kFloat);
    EXPECT_EQ(row.function(tensor({1})).dtype(), kFloat) << row.name;
  }
}

TEST(Special, Limits) {
  EXPECT_TRUE(close(special::entr(doubles({-1.0, 0.0, kNan})), doubles({-kInf, 0.0, kNan})));
  EXPECT_TRUE(close(special::erfcx(doubles({-30.0, 0.0, kInf})), doubles({kInf, 1.0, 0.0})));
  EXPECT_TRUE(
      close(special::ndtri(doubles({-1.0, 0.0, 0.5, 1.0})), doubles({kNan, -kInf, 0.0, kInf})));
  EXPECT_TRUE(close(special::i1(doubles({0.0, 800.0, -kInf})), doubles({0.0, kInf, -kInf})));
  EXPECT_TRUE(close(special::bessel_y0(doubles({0.0, -2.0})), doubles({-kInf, kNan})));
  EXPECT_TRUE(
      close(special::modified_bessel_k0(doubles({0.0, -2.0, kInf})), doubles({kInf, kNan, 0.0})));
  EXPECT_TRUE(close(special::xlog1py(doubles({2.0, 0.0, 0.0}), doubles({1.0, -1.0, kNan})),
                    doubles({2 * std::log(2.0), 0.0, kNan})));
  EXPECT_TRUE(close(special::zeta(doubles({1.0, 0.5, 3.0}), doubles({1.0, 1.0, -2.0})),
                    doubles({kInf, kNan, kInf})));
  EXPECT_TRUE(close(special::gammainc(doubles({2.0, 0.0, 0.0, 3.0, 1.0, -1.0}),
                                      doubles({1.0, 1.0, 0.0, 0.0, kInf, 1.0})),
                    doubles({0.2642411176571153, 1.0, kNan, 0.0, 1.0, kNan})));
}

TEST(Special, TwoArguments) {
  EXPECT_TRUE(close(special::zeta(doubles({2.0, 3.5}), doubles({1.0, 2.5})),
                    doubles({1.6449340668482266, 0.06517125158965971})));
  const Tensor a = doubles({2.0, 0.5, 30.0}), x = doubles({1.0, 2.5, 28.0});
  EXPECT_TRUE(close(special::gammainc(a, x),
                    doubles({0.2642411176571153, 0.9746526813225317, 0.37738969431439764})));
  EXPECT_TRUE(close(special::gammaincc(a, x),
                    doubles({0.7357588823428847, 0.025347318677468252, 0.62261030568560236})));
  EXPECT_TRUE(close(special::multigammaln(doubles({2.0, 7.5}), 3),
                    doubles({1.5963125911388552, 21.49327233740008})));
  EXPECT_TRUE(close(special::zeta(2, doubles({1.0})), doubles({M_PI * M_PI / 6})));
}

TEST(Special, Polynomials) {
  const Tensor x = doubles({0.5, 1.0, 2.0, -0.3}), n = tensor({-1, 3, 7, 9});
  const double tolerance = 1e-11;
  EXPECT_TRUE(close(special::chebyshev_polynomial_t(x, n),
                    doubles({0.0, 1.0, 5042.0, -0.388827648}), tolerance));
  EXPECT_TRUE(close(special::chebyshev_polynomial_u(x, n),
                    doubles({0.0, 4.0, 10864.0, -0.099088896}), tolerance));
  EXPECT_TRUE(close(special::chebyshev_polynomial_v(x, n), doubles({0.0, 1.0, 7953.0, 0.866706944}),
                    tolerance));
  EXPECT_TRUE(close(special::chebyshev_polynomial_w(x, n),
                    doubles({0.0, 7.0, 13775.0, -1.064884736}), tolerance));
  EXPECT_TRUE(close(special::shifted_chebyshev_polynomial_t(doubles({0.7}), tensor({4})),
                    doubles({-0.0752}), tolerance));
  EXPECT_TRUE(close(special::hermite_polynomial_h(x, n),
                    doubles({0.0, -4.0, -3104.0, -7010.287658496}), tolerance));
  EXPECT_TRUE(close(special::hermite_polynomial_he(x, n),
                    doubles({0.0, -2.0, 86.0, -250.390686483}), tolerance));
  EXPECT_TRUE(close(special::laguerre_polynomial_l(x, n),
                    doubles({0.0, -2.0 / 3, 0.6634920634920636, 5.743163126842191}), tolerance));
  EXPECT_TRUE(close(special::legendre_polynomial_p(x, n),
                    doubles({0.0, 1.0, 2199.125, -0.0637003817578125}), tolerance));
  // At 1 and -1 of any degree: V_n(-1) = (-1)^n (2 n + 1).
  EXPECT_EQ(special::chebyshev_polynomial_v(doubles({-1.0}), tensor({3000001})).item<double>(),
            -6000003);
  EXPECT_THROW(special::laguerre_polynomial_l(x, tensor({int64_t{1} << 60})), ValueError);
}

TEST(Nextafter, EveryFloatingDtype) {
  for (ScalarType type : {kHalf, kBFloat16, kFloat, kDouble}) {
    const double eps = type == kHalf       ? 0x1p-10
                       : type == kBFloat16 ? 0x1p-7
                       : type == kFloat    ? 0x1p-23
                                           : 0x1p-52;
    const Tensor one = ones({1}, type);
    EXPECT_EQ(nextafter(one, one * 2).item<double>(), 1 + eps) << type;
    EXPECT_EQ(nextafter(one, one * 0).item<double>(), 1 - eps / 2) << type;
    EXPECT_GT(nextafter(one * 0, one).item<double>(), 0) << type;
    EXPECT_LT(nextafter(one * 0, -one).item<double>(), 0) << type;
    EXPECT_EQ(nextafter(-one, -one * 2).item<double>(), -1 - eps) << type;
  }
}

TEST(Logcumsumexp, InfinitiesAndGradient) {
  EXPECT_TRUE(
      close(logcumsumexp(doubles({-kInf, 1.0, 2.0, -kInf, kInf, 3.0, kNan}), 0),
            doubles({-kInf, 1.0, 2.3132616875182228, 2.3132616875182228, kInf, kInf, kNan})));
  const Tensor x = doubles({1.0, -2.0, 0.5}).requires_grad_();
  logcumsumexp(x, 0).backward(doubles({1.0, -2.0, 3.0}));
  EXPECT_TRUE(
      close(x.grad(), doubles({0.9060984348010113, -0.004675083646411518, 1.0985766488454007})));
  const Tensor none = doubles({-kInf, -kInf, 1.0}).requires_grad_();
  logcumsumexp(none, 0).sum().backward();
  EXPECT_TRUE(close(none.grad(), doubles({0.0, 0.0, 1.0})));
}

TEST(Cummax, TiesAndNan) {
  const auto [values, indices] = cummax(doubles({1.0, 3.0, 3.0, kNan, 5.0, kNan, 2.0}), 0);
  EXPECT_TRUE(close(values, doubles({1.0, 3.0, 3.0, kNan, kNan, kNan, kNan})));
  EXPECT_TRUE(indices.equal(tensor({0, 1, 2, 3, 3, 5, 5})));
  const auto [least, at] = cummin(tensor({{3, 1}, {1, 2}, {1, 0}}), 0);
  EXPECT_TRUE(least.equal(tensor({{3, 1}, {1, 1}, {1, 0}})));
  EXPECT_TRUE(at.equal(tensor({{0, 0}, {1, 0}, {2, 2}})));
  EXPECT_TRUE(std::get<0>(cummax(tensor({true, false}), 0)).equal(tensor({true, true})));
}

TEST(Renorm, ScalesLongSlices) {
  EXPECT_TRUE(close(renorm(doubles({{1.0, 2.0}, {3.0, 4.0}, {0.5, 0.5}}), 2, 0, 2),
                    doubles({{0.8944271510100345, 1.788854302020069}, {1.2, 1.6}, {0.5, 0.5}}),
                    1e-7));
}

TEST(Trapezoid, PointsOrDistances) {
  const Tensor y = doubles({1.0, 2.0, 4.0});
  EXPECT_EQ(trapezoid(y, doubles({0.0, 1.0, 3.0})).item<double>(), 7.5);  // 1.5 + 2 * 3
  EXPECT_EQ(trapezoid(y, 0.5).item<double>(), 2.25);
  EXPECT_EQ(trapezoid(tensor({1, 2, 4})).item<float>(), 4.5f);
  EXPECT_TRUE(close(cumulative_trapezoid(y), doubles({1.5, 4.5})));
  EXPECT_TRUE(
      close(trapezoid(doubles({{1.0, 2.0, 4.0}, {1.0, 1.0, 1.0}}), doubles({{0.0, 1.0, 3.0}})),
            doubles({7.5, 3.0})));
  EXPECT_EQ(trapezoid(zeros({0})).item<float>(), 0);
  EXPECT_NEAR(dist(doubles({1.0, 2.0}), doubles({{3.0}, {4.0}}), 3).item<double>(), 3.530348, 1e-6);
}

TEST(Combine, Arrangements) {
  const Tensor x = tensor({1, 2, 3});
  EXPECT_TRUE(vander(x).equal(tensor({{1, 1, 1}, {4, 2, 1}, {9, 3, 1}})));
  EXPECT_TRUE(vander(x, 2, true).equal(tensor({{1, 1}, {1, 2}, {1, 3}})));
  EXPECT_TRUE(combinations(x).equal(tensor({{1, 2}, {1, 3}, {2, 3}})));
  EXPECT_TRUE(
      combinations(x, 2, true).equal(tensor({{1, 1}, {1, 2}, {1, 3}, {2, 2}, {2, 3}, {3, 3}})));
  EXPECT_EQ(combinations(x, 4).sizes(), IntArrayRef({0, 4}));
  EXPECT_EQ(combinations(x, 0).sizes(), IntArrayRef({0}));
  EXPECT_TRUE(cartesian_prod({tensor({1, 2}), tensor({3, 4})})
                  .equal(tensor({{1, 3}, {1, 4}, {2, 3}, {2, 4}})));
  EXPECT_TRUE(
      channel_shuffle(arange(6).view({1, 6, 1}), 3).flatten().equal(tensor({0, 2, 4, 1, 3, 5})));
  EXPECT_TRUE(inner(tensor(2), tensor({1, 2})).equal(tensor({2, 4})));
  EXPECT_EQ(inner(ones({2, 3}), ones({4, 3})).sizes(), IntArrayRef({2, 4}));
  const Tensor v = tensor({1.0f, 2.0f});
  EXPECT_TRUE(addr(full({1}, NAN), v, v, 0).equal(tensor({{1.0f, 2.0f}, {2.0f, 4.0f}})));
  EXPECT_TRUE(addr(ones({1}) > 2, v > 1, v > 1).equal(tensor({{false, false}, {false, true}})));
}

TEST(OutForms, WriteWhatTheOpReturns) {
  const Tensor x = randn({3, 4}, Generator(1)), y = randn({4, 2}, Generator(2));
  Tensor out = empty({0});
  EXPECT_TRUE(sum_out(out, x, 0).equal(sum(x, 0)));
  EXPECT_TRUE(mm_out(out = empty({0}), x, y).equal(mm(x, y)));
  EXPECT_TRUE(cat_out(out = empty({6, 4}), {x, x}).equal(cat({x, x})));
  EXPECT_EQ(out._version(), 1u);
  Tensor values = empty({3}), indices = empty({3}, kLong);
  max_out(values, indices, x, 1);
  EXPECT_TRUE(values.equal(std::get<0>(max(x, 1))));
  EXPECT_TRUE(indices.equal(std::get<1>(max(x, 1))));
  EXPECT_TRUE(index_select_out(out = empty({0}), x, 0, tensor({2, 0}))
                  .equal(index_select(x, 0, tensor({2, 0}))));
  // Into its own input, and summed in the dtype of out, as in PyTorch.
  Tensor self = x.clone();
  EXPECT_TRUE(cumsum_out(self, self, 1).equal(cumsum(x, 1)));
  EXPECT_TRUE(sum_out(out = empty({3}, kDouble), x, 1).equal(sum(x.to(kDouble), 1)));
}

TEST(OutForms, Errors) {
  const Tensor x = ones({3, 4});
  Tensor out = zeros({5}), integers = zeros({3}, kLong), undefined;
  EXPECT_EQ(sum_out(out, x, 1).sizes(), IntArrayRef({3}));  // resized, as in PyTorch
  EXPECT_THROW(mean_out(integers, x, 1), TypeError);
  EXPECT_THROW(sum_out(integers, x, 1, false, kFloat), TypeError);
  EXPECT_THROW(sum_out(undefined, x, 1), Error);
  EXPECT_THROW(sum_out(out = zeros({3}), ones({3, 4}).requires_grad_(), 1), Error);
  Tensor expanded = zeros({1}).expand({3});
  EXPECT_THROW(sum_out(expanded, x, 1), Error);
  EXPECT_EQ(out._version(), 0u);
  // Both are checked before one is changed.
  Tensor first = empty({0, 2}), second = empty({0}, kFloat).requires_grad_();
  EXPECT_THROW(cummin_out(first, second, ones({3}), 0), Error);
  EXPECT_EQ(first.sizes(), IntArrayRef({0, 2}));
}

TEST(Aliases, CallTheirOps) {
  const Tensor x = tensor({-1.5f, 0.5f});
  EXPECT_TRUE(absolute(x).equal(abs(x)));
  EXPECT_TRUE(clip(x, 0, 1).equal(clamp(x, 0, 1)));
  EXPECT_TRUE(greater_equal(x, 0).equal(ge(x, 0)));
  EXPECT_TRUE(concatenate({x, x}).equal(cat({x, x})));
  EXPECT_TRUE(true_divide(x, 2).equal(x / 2));
  EXPECT_TRUE(close(special::expit(x), sigmoid(x)));
}

}  // namespace
}  // namespace gradus
