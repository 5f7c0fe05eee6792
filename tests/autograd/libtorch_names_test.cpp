// Values of ops that few programs call, and corners where several results would make sense.

#include <cmath>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include <gradus/gradus.h>
#include <gtest/gtest.h>

namespace gradus {
namespace {

constexpr double kNan = NAN, kInf = HUGE_VAL;

// f(x) and its gradient.
template <class F>
std::tuple<Tensor, Tensor> with_gradient(std::vector<double> x, F f) {
  const Tensor leaf = tensor(x, kDouble).requires_grad_();
  const Tensor y = f(leaf);
  return {y.detach(), autograd::grad(y.sum(), {leaf})[0]};
}

void expect_close(const Tensor& a, const std::vector<double>& b) {
  EXPECT_TRUE(a.allclose(tensor(b, a.scalar_type()), 1e-6, 1e-9, /*equal_nan=*/true)) << a;
}

// Of 1 2 4 8: differences 1 2 4.
TEST(SampleGradient, Orders) {
  const Tensor x = tensor({1, 2, 4, 8});
  expect_close(gradient(x)[0], {1, 1.5, 3, 4});
  expect_close(gradient(x, std::nullopt, std::nullopt, 2)[0], {0.5, 1.5, 3, 5});
  expect_close(gradient(x, Scalar(2))[0], {0.5, 0.75, 1.5, 2});
  const std::vector<Tensor> places = {tensor({0, 1, 3, 4})};
  expect_close(gradient(x, places)[0], {1, 1, 3, 4});
  expect_close(gradient(x, places, std::nullopt, 2)[0], {1, 1, 3, 5});
}

// A parabola is differentiated exactly, wherever it is sampled.
TEST(SampleGradient, UnevenPlaces) {
  const Tensor t = tensor({-1.0, 0.5, 0.75, 2.0, 5.0}, kDouble);
  const Tensor y = t * t * 3 - t + 2, slope = t * 6 - 1;
  EXPECT_TRUE(gradient(y, std::vector<Tensor>{t}, 0, 2)[0].allclose(slope));
  EXPECT_EQ(gradient(ones({3, 4})).size(), 2u);
  EXPECT_EQ(gradient(ones({}), std::nullopt).size(), 0u);
}

TEST(Frexp, SplitsNumbers) {
  const auto [mantissa, exponent] = frexp(tensor({0.0, 1.0, -3.0, kInf, kNan, 1e-310}, kDouble));
  expect_close(mantissa, {0, 0.5, -0.75, kInf, kNan, std::ldexp(1e-310, 1029)});
  EXPECT_TRUE(exponent.equal(tensor({0, 1, 2, 0, 0, -1029}, kInt)));
  EXPECT_EQ(exponent.dtype(), kInt);
}

TEST(Histogram, Ranges) {
  const auto edges_of = [](const Tensor& x, ArrayRef<double> range) {
    return std::get<1>(histogram(x, 2, range));
  };
  expect_close(edges_of(tensor({1.0, 3.0, 2.0}), {}), {1, 2, 3});
  expect_close(edges_of(ones({4}), {}), {0.5, 1, 1.5});
  expect_close(edges_of(empty({0}), {}), {0, 0.5, 1});
  expect_close(edges_of(ones({4}), {2, 2}), {1.5, 2, 2.5});
}

// Weights 1 and 5 lie on edges: 1 in the first bin, 2 + 5 in the second.
TEST(Histogram, WeightsAndDensity) {
  const Tensor x = tensor({1.0, 3.0, 2.0, kNan, 4.0}), edges = tensor({1.0, 2.0, 3.0});
  const Tensor weight = tensor({1.0, 2.0, 5.0, 9.0, 9.0});
  expect_close(std::get<0>(histogram(x, edges, weight)), {1, 7});
  expect_close(std::get<0>(histogram(x, edges, weight, /*density=*/true)), {0.125, 0.875});
}

TEST(Histogram, InTwoDims) {
  const Tensor points = tensor({{0.0, 0.0}, {0.1, 0.9}, {0.9, 0.4}, {2.0, 0.0}});
  const auto [counts, edges] = histogramdd(points, 2, {0, 1, 0, 1});
  EXPECT_TRUE(counts.equal(tensor({{1, 1}, {1, 0}})));
  EXPECT_TRUE(edges[1].equal(tensor({0.0, 0.5, 1.0})));
}

TEST(IndexReduce, CombinesSlices) {
  const Tensor x = ones({2, 2}), index = tensor({0, 0}), source = full({2, 2}, 3.0);
  // (1 + 3 + 3) / 3
  EXPECT_TRUE(
      index_reduce(x, 0, index, source, "mean").allclose(tensor({{7 / 3.0, 7 / 3.0}, {1.0, 1.0}})));
  EXPECT_TRUE(index_reduce(x, 0, index, source, "prod", /*include_self=*/false)
                  .equal(tensor({{9, 9}, {1, 1}})));
  EXPECT_EQ(index_reduce(tensor(1.0), 0, tensor(0), tensor(4.0), "amax").item<float>(), 4);
}

TEST(NonzeroStatic, CutsAndFills) {
  const Tensor x = tensor({1, 0, 2});
  EXPECT_TRUE(nonzero_static(x, 1).equal(tensor({{0}})));
  EXPECT_TRUE(nonzero_static(x, 4, 7).equal(tensor({{0}, {2}, {7}, {7}})));
  EXPECT_EQ(nonzero_static(tensor(3), 2).sizes(), IntArrayRef({2, 0}));
}

TEST(Range, IncludesItsEnd) {
  EXPECT_TRUE(range(0, 3).equal(tensor({0.0, 1.0, 2.0, 3.0})));
  EXPECT_TRUE(range(3, 0, -1.5).equal(tensor({3.0, 1.5, 0.0})));
  EXPECT_TRUE(range(0.5, 3.5, 2.5, kLong).equal(tensor({0, 2})));
  EXPECT_EQ(range(0, 3).dtype(), kFloat);
  for (const double step : {0.0, -1.0, kNan}) EXPECT_THROW(range(0, 3, step), ValueError) << step;
  EXPECT_THROW(range(0, kInf), ValueError);
}

TEST(LuUnpack, GivesWhatIsAskedFor) {
  const auto [lu, pivots] = linalg_lu_factor(tensor({{1.0, 2.0}, {3.0, 4.0}}));
  const auto [p, l, u] = lu_unpack(lu, pivots, /*unpack_data=*/false);
  EXPECT_TRUE(p.equal(tensor({{0, 1}, {1, 0}})));
  EXPECT_EQ(l.sizes(), IntArrayRef(0));
  EXPECT_EQ(u.sizes(), IntArrayRef(0));
}

TEST(MatrixPower, ZeroKeepsItsHistory) {
  const Tensor x = ones({2, 2}).requires_grad_();
  const Tensor y = matrix_power(x, 0);
  EXPECT_TRUE(y.equal(eye(2)));
  y.sum().backward();
  EXPECT_TRUE(x.grad().equal(zeros({2, 2})));
}

TEST(MatrixRank, TolerancesOfEachMatrix) {
  const Tensor a = diag(tensor({3.0, 1.0, 0.5, 1e-9})).expand({2, 4, 4}), none;
  EXPECT_TRUE(linalg_matrix_rank(a, tensor({0.7, 2.0})).equal(tensor({2, 1})));
  EXPECT_TRUE(linalg_matrix_rank(a, tensor({0.7, 0.0}), none).equal(tensor({2, 3})));
  EXPECT_TRUE(linalg_matrix_rank(a, none, tensor({0.3, 0.1})).equal(tensor({2, 3})));
  EXPECT_TRUE(linalg_matrix_rank(a, tensor({0.0, 0.0})).equal(tensor({4, 4})));
  const Tensor inverse = linalg_pinv(a, tensor({0.3, 0.1})).diagonal(0, -2, -1);
  EXPECT_TRUE(inverse.allclose(tensor({{1 / 3.0, 1.0, 0.0, 0.0}, {1 / 3.0, 1.0, 2.0, 0.0}})));
}

TEST(Cond, OfNoElements) {
  for (const auto& sizes : {std::vector<int64_t>{0, 0}, {0, 3}, {3, 0}}) {
    for (const double p : {1.0, -1.0, 2.0}) {
      EXPECT_TRUE(linalg_cond(ones(sizes), p).equal(zeros({})));
    }
  }
  EXPECT_EQ(linalg_cond(ones({2, 0, 0}), "fro").sizes(), IntArrayRef(2));
}

TEST(Equal, OfDifferentDtypes) {
  EXPECT_TRUE(equal(ones({2}, kLong), ones({2}, kInt)));
  EXPECT_TRUE(equal(ones({2}), ones({2}, kLong)));
  EXPECT_FALSE(equal(full({2}, 1.5), ones({2}, kLong)));
  EXPECT_FALSE(equal(ones({3}), ones({2}, kLong)));
}

TEST(Logit, SlopesAtItsEnds) {
  const auto [y, dx] = with_gradient({kNan, -0.1, 0, 0.5, 1, 1.1}, [](auto x) { return logit(x); });
  expect_close(y, {kNan, kNan, -kInf, 0, kInf, kNan});
  expect_close(dx, {kNan, kNan, kInf, 4, kInf, kNan});
  const auto [z, dz] =
      with_gradient({kNan, -0.1, 0.2, 0.5, 1}, [](auto x) { return logit(x, 0.2); });
  expect_close(dz, {kNan, 0, 6.25, 4, 0});
}

TEST(MaxPool, OfIntegers) {
  constexpr int64_t kLeast = INT64_MIN, kMost = INT64_MAX;
  const Tensor x = tensor({kLeast, kMost - 1, kMost, kLeast, kLeast, 3}).view({1, 1, 6});
  EXPECT_TRUE(max_pool1d(x, 2).equal(tensor({kMost - 1, kMost, 3}).view({1, 1, 3})));
  const auto [y, places] = max_pool2d_with_indices(x.to(kInt).view({1, 1, 2, 3}), 2, 1, 1);
  EXPECT_EQ(y.dtype(), kInt);
  EXPECT_EQ(places.sizes(), y.sizes());
  EXPECT_TRUE(max_pool2d(x.view({1, 2, 3}), {2, 3}).equal(tensor({{{kMost}}})));
  EXPECT_TRUE(max_pool3d(x.view({1, 1, 1, 2, 3}), {1, 1, 3})
                  .equal(tensor({kMost, 3}).view({1, 1, 1, 2, 1})));
  EXPECT_EQ(max_pool2d(ones({1, 2, 2}, kByte), 2).dtype(), kByte);
  EXPECT_THROW(max_pool2d(ones({1, 2, 2}, kBool), 2), TypeError);
  EXPECT_THROW(avg_pool2d(ones({1, 2, 2}, kInt), 2), TypeError);  // means are of Long only
}

// x/2 + s x^3/16 + ...: derivatives 3/8 s x and 3/8 s.
TEST(Bessel, HigherDerivativesNearZero) {
  const Tensor x = tensor({0.0, 1e-10, -1e-5, 1e-3}, kDouble).requires_grad_();
  const auto derivative = [&](const Tensor& y) {
    return autograd::grad(y.sum(), {x}, {}, /*retain_graph=*/true, /*create_graph=*/true)[0];
  };
  for (const double s : {1.0, -1.0}) {
    const Tensor y = s > 0 ? special::i1(x) : special::bessel_j1(x);
    const Tensor second = derivative(derivative(y));
    EXPECT_TRUE(second.allclose(x * (s * 0.375), 1e-5, 0)) << second;
    EXPECT_TRUE(derivative(second).allclose(full({4}, s * 0.375, kDouble), 1e-5, 0));
  }
}

TEST(Conv, PaddingByName) {
  const Tensor x = arange(5.0).view({1, 1, 5}), w = ones({1, 1, 2});
  EXPECT_TRUE(conv1d(x, w, {}, 1, "same").equal(tensor({{{1, 3, 5, 7, 4}}})));
  EXPECT_TRUE(conv1d(x, w, {}, 1, "valid").equal(conv1d(x, w)));
  EXPECT_TRUE(conv1d(x, w, {}, 1, std::string("same"), 2).equal(tensor({{{1, 2, 4, 6, 3}}})));
  EXPECT_TRUE(conv2d(x.unsqueeze(0), ones({1, 1, 1, 2}), {}, 1, 0).dim() == 4);  // 0 is no name
}

TEST(Conv, Integers) {
  const Tensor x = arange(5).view({1, 1, 5}), w = tensor({1, -2}, kLong).view({1, 1, 2});
  EXPECT_TRUE(conv1d(x, w).equal(tensor({{{-2, -3, -4, -5}}}, kLong)));
  EXPECT_TRUE(conv1d(x, w, tensor({10}, kLong)).equal(tensor({{{8, 7, 6, 5}}}, kLong)));
  EXPECT_TRUE(conv_transpose1d(x, w).equal(tensor({{{0, 1, 0, -1, -2, -8}}}, kLong)));
  EXPECT_EQ(conv1d(x.to(kByte), w.abs().to(kByte)).dtype(), kByte);
  EXPECT_THROW(conv1d(x.to(kBool), w.to(kBool)), TypeError);
  EXPECT_THROW(conv1d(x, w.to(kInt)), TypeError);
}

TEST(Signatures, OfLibtorch) {
  const Tensor x = rand({2, 3, 4}), w = ones({3}), b = zeros({3}), none;
  EXPECT_TRUE(batch_norm(x, w, b, none, none, true, 0.1, 1e-5, true)
                  .equal(batch_norm(x, w, b, none, none, true, 0.1, 1e-5)));
  EXPECT_EQ(instance_norm(x, w, b, none, none, true, 0.1, 1e-5, false).sizes(), x.sizes());
  EXPECT_EQ(layer_norm(x, {3, 4}, none, none, 1e-5, false).sizes(), x.sizes());
  EXPECT_EQ(group_norm(x, 3, w, b, 1e-5, false).sizes(), x.sizes());
  const Tensor image = rand({1, 1, 3, 3}), grid = rand({1, 2, 2, 2});
  EXPECT_TRUE(
      grid_sampler(image, grid, 1, 2, true)
          .equal(grid_sampler(image, grid, GridMode::Nearest, GridPadding::Reflection, true)));
}

TEST(Signatures, OptionalAndListArguments) {
  const Tensor x = rand({2, 3, 4});
  EXPECT_TRUE(var(x, 1, std::nullopt).equal(var(x, 1)));
  EXPECT_TRUE(gradus::std(x, 1, std::optional<Scalar>(0)).equal(gradus::std(x, 1, 0)));
  EXPECT_TRUE(div(x, 0.3, std::string_view("floor")).equal(floor_divide(x, 0.3)));
  const Tensor p = log_softmax(rand({5, 3, 3}), -1), targets = ones({3, 3}, kLong);
  EXPECT_TRUE(ctc_loss(p, targets, {5, 4, 5}, {2, 0, 1})
                  .equal(ctc_loss(p, targets, tensor({5, 4, 5}), tensor({2, 0, 1}))));
}

TEST(Signatures, NumbersAndTensorsInTurn) {
  EXPECT_TRUE(bitwise_left_shift(1, tensor({0, 1, 3})).equal(tensor({1, 2, 8})));
  EXPECT_TRUE(bitwise_right_shift(8, tensor({0, 1, 3}, kInt)).equal(tensor({8, 4, 1})));
  EXPECT_TRUE(bernoulli(rand({3}), ones({3})).equal(ones({3})));
  const Tensor value = tensor(2.0).requires_grad_();
  const Tensor y = fill(ones({3}), value);
  EXPECT_TRUE(y.equal(full({3}, 2)));
  EXPECT_EQ(autograd::grad(y.sum(), {value})[0].item<float>(), 3);
  EXPECT_TRUE(convolution(ones({1, 1, 3}), ones({1, 1, 2}), {}, 1, 0, 1, false, 0, 1)
                  .equal(full({1, 1, 2}, 2)));
}

// Collects what it is told.
class Collector : public WarningHandler {
 public:
  void process(const Warning& warning) override { messages.push_back(warning.msg()); }
  std::vector<std::string> messages;
};

TEST(OutForms, WarnOfTensorsThatChangeTheirSize) {
  Collector collector;
  const WarningUtils::WarningHandlerGuard guard(&collector);
  const WarningUtils::WarnAlways always;
  Tensor out = empty({0}), same = ones({2}), other = ones({3});
  relu_out(out, ones({2}));
  relu_out(same, ones({2}));
  EXPECT_TRUE(collector.messages.empty());
  relu_out(other, ones({2}));
  linalg_inv_out(other, eye(2));
  ASSERT_EQ(collector.messages.size(), 2u);
  EXPECT_NE(collector.messages[1].find("linalg_inv_out: out has shape [2]"), std::string::npos)
      << collector.messages[1];
}

// Where the second result cannot be written the first is not, either.
TEST(OutForms, WriteAllResultsOrNone) {
  Tensor values = empty({0}), indices = zeros({2}, kLong).expand({2, 2}).select(0, 0);
  Tensor repeated = zeros({1}, kLong).expand({2});
  EXPECT_THROW(max_out(values, repeated, ones({2, 3}), 1), Error);
  EXPECT_EQ(values.numel(), 0);
  max_out(values, indices, ones({2, 3}), 1);
  EXPECT_EQ(values.numel(), 2);
}

TEST(OutForms, InNamespaces) {
  Tensor out = empty({0}), sign = empty({0});
  EXPECT_TRUE(linalg::det_out(out, eye(2)).equal(ones({})));
  linalg::slogdet_out(sign, out, eye(2) * 2);
  EXPECT_TRUE(out.allclose(tensor(2 * std::log(2.0f))));
  EXPECT_TRUE(special::expit_out(out, zeros({2})).equal(full({2}, 0.5)));
}

}  // namespace
}  // namespace gradus
