// Methods and forms of libtorch 2.6 that few programs call; the expected numbers are those it
// gives.

#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <gradus/gradus.h>
#include <gtest/gtest.h>

namespace gradus {
namespace {

bool same(const Tensor& a, const Tensor& b) {
  return a.dtype() == b.dtype() && a.equal(b);
}

TEST(LibtorchMethods, CallTheirFunctions) {
  const Tensor x = arange(12, kFloat).reshape({3, 4}), rows = tensor({0, 2, 0});
  EXPECT_TRUE(same(x.index_reduce(0, rows, x, "amax"), index_reduce(x, 0, rows, x, "amax")));
  EXPECT_TRUE(same(x.clone().index_reduce_(0, rows, x, "prod", false),
                   index_reduce(x, 0, rows, x, "prod", false)));
  EXPECT_TRUE(same(x.nonzero_static(3, -7), nonzero_static(x, 3, -7)));
  EXPECT_TRUE(same(std::get<1>(x.frexp()), std::get<1>(frexp(x))));
  EXPECT_TRUE(same(std::get<0>(x.histogram()), std::get<0>(histogram(x))));
  EXPECT_TRUE(same(std::get<0>(x.histogram(4, std::vector<double>{0, 8}, x, true)),
                   std::get<0>(histogram(x, 4, {0, 8}, x, true))));
  const Tensor edges = tensor({0.0, 2.0, 5.0, 20.0});
  EXPECT_TRUE(same(std::get<0>(x.histogram(edges)), tensor({2.0, 3.0, 7.0})));
  EXPECT_TRUE(same(std::get<0>(x.histogram(edges, x)), tensor({1.0, 9.0, 56.0})));
  const Tensor a = eye(3, kDouble) * 2 + ones({3, 3}, kDouble), b = arange(3, kDouble).view({3, 1});
  EXPECT_TRUE(same(std::get<0>(b.triangular_solve(a)), std::get<0>(triangular_solve(b, a))));
  const auto [lu, pivots] = linalg_lu_factor(a);
  EXPECT_TRUE(same(b.lu_solve(lu, pivots), lu_solve(b, lu, pivots)));
  EXPECT_TRUE(same(x.narrow_copy(1, -2, 2), x.narrow(1, 2, 2)));
  EXPECT_FALSE(x.narrow_copy(0, 0, 3).is_alias_of(x));
  EXPECT_TRUE(x.alias().is_view());
  EXPECT_TRUE(x.conj().is_same(x) && x.resolve_conj().is_same(x) && real(x).is_same(x));
  EXPECT_FALSE(x.is_conj() || x.is_quantized() || x.is_meta() || x.is_nested() || x.has_names());
}

TEST(LibtorchMethods, RoundingModes) {
  const Tensor x = tensor({-3.0, 5.0});
  const std::optional<std::string_view> none, floor = "floor";
  const std::optional<std::string> trunc = "trunc";
  EXPECT_TRUE(same(x.div(2, none), tensor({-1.5, 2.5})));
  EXPECT_TRUE(same(x.div(2, floor), tensor({-2.0, 2.0})));
  EXPECT_TRUE(same(x.div(full({2}, 2.0), trunc), tensor({-1.0, 2.0})));
  EXPECT_TRUE(same(x.clone().div_(2, std::string("floor")), tensor({-2.0, 2.0})));
  EXPECT_TRUE(same(x.clone().divide_(2, "trunc"), tensor({-1.0, 2.0})));
  EXPECT_THROW(x.div(2, "round"), ValueError);
}

// Of 0 1 2 3: squares of differences to 1.5 sum to 5.
TEST(LibtorchMethods, OptionalDimsAndCorrections) {
  const Tensor x = arange(4, kFloat).view({2, 2});
  EXPECT_FLOAT_EQ(x.var(nullopt, nullopt).item<float>(), 5.0f / 3);
  EXPECT_FLOAT_EQ(x.var(nullopt, Scalar(0)).item<float>(), 5.0f / 4);
  EXPECT_EQ(x.std(OptionalIntArrayRef(1), std::optional<Scalar>(0), true).sizes(),
            IntArrayRef({2, 1}));
  EXPECT_FLOAT_EQ(x.var(false).item<float>(), 5.0f / 4);
  std::optional<int64_t> dim;
  EXPECT_EQ(x.count_nonzero(dim).item<int64_t>(), 3);
  EXPECT_EQ(gradient(x, std::optional<Scalar>(), dim).size(), 2u);
  dim = 1;
  EXPECT_TRUE(same(x.count_nonzero(dim), tensor({1, 2})));
  EXPECT_EQ(gradient(x, std::optional<Scalar>(), dim).size(), 1u);
  const std::optional<ArrayRef<double>> range;
  EXPECT_EQ(std::get<0>(histogram(x, 2, range, nullopt)).numel(), 2);
}

TEST(LibtorchMethods, FactoriesTakeOptionsOneByOne) {
  const Tensor x = zeros({1}, kDouble);
  EXPECT_EQ(x.new_zeros({2}, kLong, kStrided, Device(kCPU), false).dtype(), kLong);
  EXPECT_TRUE(same(x.new_full({2}, 3, nullopt, nullopt, nullopt, nullopt), full({2}, 3, kDouble)));
  EXPECT_TRUE(same(x.new_ones({2}, nullopt, nullopt, nullopt, nullopt), ones({2}, kDouble)));
  EXPECT_EQ(x.new_empty_strided({2, 2}, {1, 2}, kFloat, nullopt, nullopt, nullopt).strides(),
            IntArrayRef({1, 2}));
  EXPECT_EQ(x.to(kFloat, nullopt, nullopt, nullopt, false, false, nullopt).dtype(), kFloat);
  EXPECT_EQ(x.to_dense(kFloat).dtype(), kFloat);
  EXPECT_THROW(x.new_empty({2}, nullopt, kSparse, nullopt, nullopt), NotImplementedError);
}

TEST(UnsafeSplit, PartsAreNoViews) {
  const Tensor x = ones({4}, kDouble).requires_grad_();
  const Tensor y = x * 2;
  const std::vector<Tensor> parts = y.unsafe_split(2);
  EXPECT_FALSE(parts[0].is_view());
  EXPECT_TRUE(parts[0].is_alias_of(y));
  parts[0].mul_(3);
  (parts[0].sum() + parts[1].sum()).backward();
  EXPECT_TRUE(same(x.grad(), tensor({6.0, 6.0, 2.0, 2.0}, kDouble)));
  EXPECT_EQ(y._version(), 0u);
  EXPECT_EQ(arange(5).unsafe_chunk(3)[2].numel(), 1);
  EXPECT_EQ(arange(5).unsafe_split_with_sizes({2, 3})[1].numel(), 3);
}

TEST(AsStridedInPlace, HasItsHistory) {
  const Tensor x = arange(6, kDouble).requires_grad_();
  const Tensor y = x * 2;
  y.as_strided_({2, 2}, {1, 2}, 1);
  EXPECT_TRUE(same(y.detach(), tensor({{2.0, 6.0}, {4.0, 8.0}}, kDouble)));
  y.sum().backward();
  EXPECT_TRUE(same(x.grad(), tensor({0.0, 2.0, 2.0, 2.0, 2.0, 0.0}, kDouble)));
  EXPECT_THROW(x.as_strided_({2}, {1}), Error);
  const Tensor z = arange(4);
  EXPECT_THROW(z.as_strided_({4, 4}, {4, 1}), Error);
  EXPECT_THROW(as_strided_(z, {2}, {-1}), ValueError);
  EXPECT_EQ(z.sizes(), IntArrayRef({4}));
}

TEST(Set, SharesStorage) {
  const Tensor a = ones({2}), b = zeros({4});
  a.set_(b);
  EXPECT_TRUE(a.is_set_to(b));
  a.add_(1);
  EXPECT_TRUE(same(b, ones({4})));
  const Tensor x = arange(6), y = empty({0}, kLong);
  EXPECT_TRUE(same(y.set_(x.storage()), x));
  EXPECT_TRUE(same(y.set_(x.storage(), 1, {2, 2}), tensor({{1, 2}, {3, 4}})));
  EXPECT_TRUE(same(y.set_(x.storage(), 1, {2, 2}, {1, 2}), tensor({{1, 3}, {2, 4}})));
  EXPECT_TRUE(same(y.set_(x, 2, {2}), tensor({2, 3})));
  EXPECT_EQ(y.set_().sizes(), IntArrayRef({0}));
  EXPECT_FALSE(y.is_alias_of(x));
  EXPECT_FALSE(x.is_set_to(x.clone()) || x.is_set_to(x.slice(0, 1)));
  // Bytes that make no whole element are left.
  EXPECT_EQ(empty({0}, kLong).set_(zeros({3}, kInt).storage()).numel(), 1);
}

TEST(Set, AViewLeavesItsBase) {
  const Tensor a = ones({2, 3}), v = a[0];
  v.set_(zeros({4}));
  v.add_(1);
  EXPECT_FALSE(v.is_view());
  EXPECT_TRUE(same(a, ones({2, 3})));
}

TEST(Set, RefusesWhatItCannotBe) {
  const Tensor x = arange(6), a = ones({2});
  EXPECT_THROW(a.set_(x), TypeError);
  EXPECT_THROW(a.set_(Tensor()), Error);
  EXPECT_THROW(a.set_(Storage()), Error);
  EXPECT_THROW(a.set_(a.storage(), -1, {1}), ValueError);
  EXPECT_THROW(a.set_(a.storage(), 0, {3}), Error);
  EXPECT_THROW(a.set_(a.storage(), INT64_MAX, {1}), Error);
  EXPECT_THROW(a.set_(a.storage(), 0, {INT64_MAX, 4}), Error);
  EXPECT_THROW(a.set_(a.storage(), 0, {2, 2}, {1}), Error);
  EXPECT_THROW(a.set_(a.storage(), 0, {2}, {-1}), ValueError);
  EXPECT_THROW(Tensor().set_(), Error);
  EXPECT_TRUE(same(a, ones({2})));
  EXPECT_EQ(a._version(), 0u);
}

TEST(Set, IsNotDifferentiable) {
  const Tensor leaf = ones({2}).requires_grad_();
  EXPECT_THROW(leaf.set_(zeros({3})), Error);
  const Tensor y = leaf * 2, z = ones({2});
  y.set_(zeros({3}));
  EXPECT_THROW(y.sum().backward(), NotImplementedError);
  z.set_(leaf);
  EXPECT_THROW(z.sum().backward(), NotImplementedError);
  const NoGradGuard no_grad;
  leaf.set_(zeros({3}));
  EXPECT_TRUE(leaf.is_leaf() && leaf.requires_grad());
  EXPECT_EQ(leaf.numel(), 3);
}

// a = [3, 4]^T: reflected to [-5, 0], by v = [1, 4 / 8] with 8/5 as its factor.
TEST(Geqrf, IsLapacks) {
  const auto [a, tau] = geqrf(tensor({{3.0}, {4.0}}, kDouble));
  EXPECT_TRUE(a.allclose(tensor({{-5.0}, {0.5}}, kDouble)));
  EXPECT_TRUE(tau.allclose(tensor({1.6}, kDouble)));
  const Tensor x = randn({2, 5, 3}, Generator(1)).to(kDouble);
  const auto [r, factors] = x.geqrf();
  EXPECT_TRUE(matmul(r.orgqr(factors), r.narrow(-2, 0, 3).triu()).allclose(x));
  EXPECT_TRUE(r.ormqr(factors, x, true, true).narrow(-2, 0, 3).allclose(r.narrow(-2, 0, 3).triu()));
  EXPECT_EQ(std::get<1>(geqrf(zeros({2, 3, 0}))).sizes(), IntArrayRef({2, 0}));
  const Tensor leaf = x.clone().requires_grad_();
  EXPECT_THROW(std::get<0>(geqrf(leaf)).sum().backward(), NotImplementedError);
}

TEST(SolveEx, CountsWhatIsSingular) {
  const Tensor a = stack({eye(2, kDouble), zeros({2, 2}, kDouble)}), b = ones({2, 2, 1}, kDouble);
  const auto [x, info] = linalg::solve_ex(a, b);
  EXPECT_TRUE(same(info, tensor({0, 1}, kInt)));
  EXPECT_TRUE(same(x[0], b[0]));
  EXPECT_THROW(linalg::solve_ex(a, b, true, /*check_errors=*/true), Error);
}

TEST(Drivers, AreForOtherDevices) {
  EXPECT_NO_THROW(linalg::svd(eye(2), true, nullopt));
  EXPECT_THROW(linalg::svd(eye(2), true, "gesvd"), ValueError);
  EXPECT_THROW(linalg::svdvals(eye(2), "gesvd"), ValueError);
}

TEST(EinsumPath, GivesTheOrder) {
  const Tensor x = randn({3, 3}, Generator(2)).to(kDouble), y = matmul(matmul(x, x), x);
  const std::vector<Tensor> three = {x, x, x};
  for (const std::vector<int64_t>& path :
       {std::vector<int64_t>{0, 1, 0, 1}, {1, 2, 1, 0}, {2, 0, 0, 1}}) {
    EXPECT_TRUE(einsum("ij,jk,kl->il", three, IntArrayRef(path)).allclose(y));
  }
  EXPECT_TRUE(same(einsum("ij->ji", {x}, IntArrayRef(0)), x.t()));
  for (const std::vector<int64_t>& path :
       {std::vector<int64_t>{0, 1}, {0, 0, 0, 1}, {0, 3, 0, 1}, {-1, 1, 0, 1}, {0, 1, 1, 1}, {}}) {
    EXPECT_THROW(einsum("ij,jk,kl->il", three, IntArrayRef(path)), ValueError);
  }
}

// Rows 0 3 | | 1 3 2 of a table whose sums are 3, 12, 21 and 30.
TEST(EmbeddingBag, MinusOneIsTheLastRow) {
  const Tensor table = arange(12, kFloat).view({4, 3}), indices = tensor({0, 3, 1, 3, 2}),
               offsets = tensor({0, 2, 2});
  const auto sums = [&](std::optional<int64_t> padding) {
    return std::get<0>(embedding_bag(table, indices, offsets, false, 0, false,
                                     std::optional<Tensor>(), false, padding))
        .sum(1);
  };
  EXPECT_TRUE(same(sums(nullopt), tensor({33.0, 0.0, 63.0})));
  EXPECT_TRUE(same(sums(-1), tensor({3.0, 0.0, 33.0})));
  EXPECT_TRUE(same(sums(3), sums(-1)));
  EXPECT_TRUE(same(sums(-4), tensor({30.0, 0.0, 63.0})));
  EXPECT_THROW(sums(4), IndexError);
  EXPECT_THROW(sums(-5), IndexError);
}

TEST(Upsampling, TakesFactors) {
  const Tensor x = arange(12, kFloat).view({1, 2, 3, 2});
  const std::vector<double> twice = {2, 2};
  EXPECT_TRUE(same(upsample_nearest2d(x, nullopt, twice), upsample_nearest2d(x, {6, 4}, 2, 2)));
  EXPECT_TRUE(same(upsample_bilinear2d(x, nullopt, true, twice),
                   upsample_bilinear2d(x, {6, 4}, true, 2, 2)));
  EXPECT_EQ(upsample_nearest1d(x[0], nullopt, std::vector<double>{2.7}).size(2), 5);
  OptionalIntArrayRef sizes;
  EXPECT_THROW(upsample_nearest2d(x, sizes, std::optional<ArrayRef<double>>()), ValueError);
  const std::vector<int64_t> both = {6, 4};
  sizes = IntArrayRef(both);
  EXPECT_TRUE(same(upsample_nearest2d(x, sizes, std::optional<ArrayRef<double>>()),
                   upsample_nearest2d(x, both)));
  EXPECT_THROW(upsample_nearest2d(x, sizes, std::optional<ArrayRef<double>>(twice)), ValueError);
  EXPECT_THROW(upsample_nearest2d(x, nullopt, std::vector<double>{2}), Error);
  EXPECT_THROW(upsample_nearest2d(x, nullopt, std::vector<double>{NAN, 2}), ValueError);
}

// Between 0 and 3 lie 0.75 and 2.25; between 10 and 13 likewise.
TEST(Upsampling, RoundsBytes) {
  const Tensor x = tensor({0, 3}, kByte).view({1, 1, 1, 2});
  EXPECT_TRUE(same(upsample_bilinear2d(x, {1, 4}, false).view({-1}), tensor({0, 1, 2, 3}, kByte)));
  EXPECT_TRUE(same(upsample_nearest2d(x, {1, 4}).view({-1}), tensor({0, 0, 3, 3}, kByte)));
  EXPECT_THROW(upsample_bilinear2d(x.to(kInt), {1, 4}, false), TypeError);
  EXPECT_THROW(upsample_linear1d(x[0], {4}, false), TypeError);
}

// -5 / 2 and 3 / 2, towards 0; the least number over -1 wraps.
TEST(AvgPool, OfLongs) {
  const Tensor x = tensor({-3, -2, 1, 2}).view({1, 1, 4});
  EXPECT_TRUE(same(avg_pool1d(x, 2).view({-1}), tensor({-2, 1})));
  EXPECT_TRUE(same(avg_pool2d(x.view({1, 1, 2, 2}), 2).view({-1}), tensor({0})));
  EXPECT_TRUE(same(avg_pool3d(x.view({1, 1, 2, 2, 1}), {2, 1, 1}).view({-1}), tensor({-1, 0})));
  const Tensor least = full({1, 1, 1, 1}, INT64_MIN, kLong);
  EXPECT_TRUE(same(avg_pool2d(least, 1, 1, 0, false, true, -1), least));
  EXPECT_THROW(avg_pool2d(x.to(kInt).view({1, 1, 2, 2}), 2), TypeError);
  EXPECT_THROW(adaptive_avg_pool2d(x.view({1, 1, 2, 2}), 1), TypeError);
}

// 2^32 times 2^32, and 2^22 three times, wrap around to windows of no elements.
TEST(AvgPool, WindowsOfMoreElementsThanCanBeCounted) {
  const Tensor x = ones({1, 1, 1, 1, 1}, kLong);
  const int64_t side = int64_t{1} << 32, edge = int64_t{1} << 22;
  for (ScalarType dtype : {kLong, kFloat}) {
    EXPECT_THROW(avg_pool2d(x[0].to(dtype), side, {}, side / 2), Error);
    EXPECT_THROW(avg_pool3d(x.to(dtype), edge, {}, edge / 2), Error);
  }
  EXPECT_TRUE(same(avg_pool2d(x[0], side, {}, side / 2, false, true, 1), x[0]));
}

TEST(MatrixPower, OfBoolsEndsAtOne) {
  const Tensor x = tensor({{true, true}, {false, true}});
  EXPECT_TRUE(same(matrix_power(x, 0), eye(2, kBool)));
  EXPECT_TRUE(same(matrix_power(x, 1), x));
  EXPECT_THROW(matrix_power(x, 2), TypeError);
  EXPECT_THROW(matrix_power(x, -1), TypeError);
  EXPECT_TRUE(same(matrix_power(full({2, 2}, NAN), 0), eye(2)));
  EXPECT_THROW(linalg::cond(zeros({0, 3}), "fro"), Error);
}

TEST(SpecialFunctions, NumbersDoNotWiden) {
  EXPECT_EQ(special_legendre_polynomial_p(0.5, tensor({1, 2})).dtype(), kFloat);
  EXPECT_EQ(special_hermite_polynomial_h(tensor(1.0f), 2).dtype(), kFloat);
  EXPECT_EQ(special::zeta(2.5, tensor(1.0f)).dtype(), kFloat);
  EXPECT_TRUE(special_chebyshev_polynomial_t(tensor({0.5, 2.0}), 2).allclose(tensor({-0.5, 7.0})));
  EXPECT_TRUE(special_airy_ai(ones({2})).equal(special::airy_ai(ones({2}))));
}

// PyTorch 2.6's own choices.
TEST(Kthvalue, NamesPyTorchsOfEquals) {
  const Tensor x = tensor({3.0, 1.0, 2.0, 1.0, 1.0});
  std::vector<int64_t> places;
  for (int64_t k = 1; k <= 5; ++k) places.push_back(std::get<1>(x.kthvalue(k)).item<int64_t>());
  EXPECT_EQ(places, (std::vector<int64_t>{4, 3, 1, 2, 0}));
  places.clear();
  for (int64_t k : {1, 2, 3, 10, 20}) {
    places.push_back(std::get<1>(zeros({20}).kthvalue(k)).item<int64_t>());
  }
  EXPECT_EQ(places, (std::vector<int64_t>{16, 15, 13, 0, 19}));
  EXPECT_EQ(std::get<1>(x.median(0)).item<int64_t>(), 4);
}

// Orders that are hard for a quickselect.
TEST(Kthvalue, EndsOnAnyOrder) {
  const int64_t n = 200000;
  const Tensor x = cat({arange(n / 2), arange(n / 2)});
  EXPECT_EQ(std::get<0>(x.kthvalue(n / 2)).item<int64_t>(), (n / 2 - 1) / 2);
  EXPECT_EQ(std::get<0>(zeros({n}).kthvalue(n / 2)).item<float>(), 0);
}

TEST(OutDtype, IsPyTorchs) {
  const Tensor x = tensor({1.0, -2.0});
  Tensor wide = empty({0}, kDouble), whole = empty({0}, kLong), bytes = empty({0}, kByte);
  EXPECT_NO_THROW(exp_out(wide, x));
  EXPECT_NO_THROW(eq_out(wide, x, x));
  EXPECT_NO_THROW(max_out(wide, x));
  EXPECT_THROW(abs_out(wide, x), TypeError);
  EXPECT_THROW(argmax_out(wide, x), TypeError);
  EXPECT_THROW(exp_out(whole, x), TypeError);
  EXPECT_THROW(dot_out(wide, x, x), TypeError);
  EXPECT_THROW(sum_out(wide, x), TypeError);
  EXPECT_THROW(sum_out(wide, x, IntArrayRef(0), false, kFloat), TypeError);
  EXPECT_NO_THROW(any_out(bytes, x, 0));
  EXPECT_TRUE(same(bytes, tensor(1, kByte)));
  EXPECT_THROW(any_out(whole, x, 0), TypeError);
  EXPECT_THROW(mean_out(whole, x, IntArrayRef(0)), TypeError);
}

// 2^24 + 1 is no float: a sum in that of out is exact.
TEST(OutDtype, SumsAreComputedInIt) {
  const Tensor x = tensor({16777216.0, 1.0, 0.75});
  Tensor wide = empty({0}, kDouble), whole = empty({0}, kLong);
  sum_out(wide, x, IntArrayRef(0));
  EXPECT_EQ(wide.item<double>(), 16777217.75);
  sum_out(whole, x, IntArrayRef(0));
  EXPECT_EQ(whole.item<int64_t>(), 16777217);
  whole = empty({0}, kLong);
  cumsum_out(whole, x, 0);
  EXPECT_TRUE(same(whole, tensor({16777216, 16777217, 16777217})));
}

}  // namespace
}  // namespace gradus
