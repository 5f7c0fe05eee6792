#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <gradus/autograd/grad_mode.h>
#include <gradus/autograd/ops/copy.h>
#include <gradus/autograd/ops/random.h>
#include <gradus/autograd/ops/shape.h>
#include <gradus/core/box_muller.h>
#include <gradus/core/factory.h>
#include <gradus/core/generator.h>
#include <gradus/core/parallel.h>
#include <gradus/core/philox.h>
#include <gtest/gtest.h>

namespace gradus {
namespace {

using Doubles = std::vector<double>;
using Longs = std::vector<int64_t>;

Doubles values(const Tensor& x) {
  const Tensor list = x.detach().to(kDouble).contiguous();
  return Doubles(list.data_ptr<double>(), list.data_ptr<double>() + list.numel());
}

template <class E, class F>
void expect_error(const F& f, const std::string& part) {
  try {
    f();
    ADD_FAILURE() << "no error, expected one with: " << part;
  } catch (const E& error) {
    EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
  }
}

struct Moments {
  double mean = 0, variance = 0, min = INFINITY, max = -INFINITY;
};

Moments moments(const Tensor& x) {
  Moments m;
  const Doubles list = values(x);
  const auto n = static_cast<double>(list.size());
  for (double v : list) {
    m.mean += v / n;
    m.min = std::min(m.min, v);
    m.max = std::max(m.max, v);
  }
  for (double v : list) m.variance += (v - m.mean) * (v - m.mean) / n;
  return m;
}

// Odd, so that the last vector and the last block are not full.
constexpr int64_t kMany = 200003;

// Means over kMany draws lie within 5 standard errors with probability 1 - 6e-7.
void expect_moments(const Tensor& x, double mean, double variance) {
  const Moments m = moments(x);
  EXPECT_NEAR(m.mean, mean, 5 * std::sqrt(variance / kMany));
  EXPECT_NEAR(m.variance, variance, 0.03 * variance);
}

TEST(Random, UniformStaysInItsRange) {
  manual_seed(1);
  for (ScalarType dtype : {kFloat, kDouble, kHalf, kBFloat16}) {
    SCOPED_TRACE(to_string(dtype));
    const Tensor x = rand({kMany}, dtype);
    const Moments m = moments(x);
    EXPECT_GE(m.min, 0);
    EXPECT_LT(m.max, 1);
    EXPECT_NEAR(m.mean, 0.5, 0.005);
    EXPECT_NEAR(m.variance, 1 / 12.0, 0.002);
  }
  Tensor y = empty({kMany});
  y.uniform_(-3, 5);
  expect_moments(y, 1, 64 / 12.0);
  EXPECT_LT(moments(y.uniform_(1, std::nextafter(1.0f, 2.0f))).max, std::nextafter(1.0f, 2.0f));
  EXPECT_EQ(moments(y.uniform_(2, 2)).max, 2);
}

TEST(Random, NormalHasItsMoments) {
  manual_seed(2);
  for (ScalarType dtype : {kFloat, kDouble, kHalf, kBFloat16}) {
    SCOPED_TRACE(to_string(dtype));
    const Tensor x = randn({kMany}, dtype);
    const Doubles list = values(x);
    double fourth = 0, beyond = 0;
    for (double v : list) {
      fourth += v * v * v * v / kMany;
      beyond += std::fabs(v) > 1.959964 ? 1.0 / kMany : 0;
    }
    EXPECT_NEAR(moments(x).mean, 0, 0.012);
    EXPECT_NEAR(moments(x).variance, 1, 0.02);
    EXPECT_NEAR(fourth, 3, 0.15);
    EXPECT_NEAR(beyond, 0.05, 0.003);
  }
  expect_moments(normal(3, 2, {kMany}), 3, 4);
  expect_moments(zeros({kMany}).normal_(-1, 0.5), -1, 0.25);
  EXPECT_EQ(moments(zeros({10}).normal_(4, 0)).max, 4);
}

// The vector kernels draw what the plain functions say.
TEST(Random, AgreesWithPhilox) {
  Generator generator(11);
  const PhiloxKey key{11, 0};
  const Doubles uniform = values(rand({1003}, generator));
  for (size_t i = 0; i < uniform.size(); ++i) {
    EXPECT_EQ(uniform[i], uniform_float(philox4x32(key, i / 4).v[i % 4]));
  }
  generator.set_current_seed(11);
  const Doubles normals = values(randn({1003}, generator));
  for (size_t i = 0; i < normals.size(); ++i) {
    const PhiloxBlock b = philox4x32(key, i / 4);
    const NormalPair<float> pair =
        i % 4 < 2 ? normal_pair(b.v[0], b.v[1]) : normal_pair(b.v[2], b.v[3]);
    EXPECT_NEAR(normals[i], i % 2 == 0 ? pair.first : pair.second, 4e-6) << i;
  }
  generator.set_current_seed(11);
  const Doubles wide = values(rand({7}, generator, kDouble));
  for (size_t i = 0; i < wide.size(); ++i) {
    const PhiloxBlock b = philox4x32(key, i / 2);
    EXPECT_EQ(wide[i], uniform_double(b.v[i % 2 * 2], b.v[i % 2 * 2 + 1]));
  }
  // Across a carry of the counter's lower half, and of its upper one.
  for (uint64_t offset : {uint64_t{0xfffffffe}, ~uint64_t{0} - 5}) {
    generator.set_state({11, offset});
    const Doubles carried = values(rand({201}, generator));
    for (size_t i = 0; i < carried.size(); ++i) {
      EXPECT_EQ(carried[i], uniform_float(philox4x32({11, offset}, i / 4).v[i % 4])) << i;
    }
  }
}

std::vector<std::function<Tensor()>> draws() {
  return {
      [] { return rand({kMany}); },
      [] { return randn({kMany}); },
      [] { return randn({kMany}, kDouble); },
      [] { return randn({kMany}, kBFloat16); },
      [] { return randint(0, 10, {kMany}); },
      [] { return randint(-5, int64_t{1} << 40, {kMany}); },
      [] { return randperm(kMany); },
      [] { return empty({kMany}).bernoulli_(0.3); },
      [] { return empty({kMany}).exponential_(2); },
      [] { return rand({kMany}).bernoulli(); },
      [] { return dropout(ones({kMany}), 0.3); },
      [] { return dropout(ones({kMany}, kDouble), 0.3); },
      [] {
        return rand({50, 200}).multinomial(20);
      },
      [] {
        return rand({50, 200}).multinomial(300, true);
      },
      [] { return poisson(full({5000}, 20.0)); },
      [] {
        Tensor x = empty({kMany});
        return geometric_(x, 0.3);
      },
  };
}

TEST(Random, DependsOnTheSeedOnly) {
  const int before = get_num_threads();
  const auto all = draws();
  for (size_t i = 0; i < all.size(); ++i) {
    SCOPED_TRACE(i);
    set_num_threads(1);
    manual_seed(5);
    const Tensor first = all[i](), second = all[i]();
    EXPECT_FALSE(first.equal(second));
    for (int threads : {1, 2, 3, 8}) {
      set_num_threads(threads);
      manual_seed(5);
      EXPECT_TRUE(all[i]().equal(first));
      EXPECT_TRUE(all[i]().equal(second));
    }
  }
  set_num_threads(before);
}

TEST(Random, StateMovesAsATensor) {
  manual_seed(3);
  rand({10});
  const Tensor state = get_rng_state();
  const Doubles first = values(rand({10}));
  set_rng_state(state);
  EXPECT_EQ(values(rand({10})), first);
  Generator generator(9);
  const Tensor own = get_rng_state(generator);
  const Doubles drawn = values(randn({5}, generator));
  set_rng_state(own, generator);
  EXPECT_EQ(values(randn({5}, generator)), drawn);
  expect_error<TypeError>([] { set_rng_state(zeros({16})); }, "set_rng_state");
  expect_error<ValueError>([] { set_rng_state(zeros({15}, kByte)); }, "set_rng_state");
}

TEST(Random, AGeneratorOfItsOwnLeavesTheDefaultAlone) {
  manual_seed(4);
  const Doubles expected = values(rand({5}));
  manual_seed(4);
  Generator generator(8);
  rand({5}, generator);
  zeros({5}).uniform_(0, 1, generator);
  EXPECT_EQ(values(rand({5})), expected);
}

TEST(Random, IntegersFillTheirRange) {
  manual_seed(6);
  const Tensor x = randint(-2, 3, {kMany});
  EXPECT_EQ(x.dtype(), kLong);
  std::vector<int64_t> counts(5);
  for (double v : values(x)) ++counts.at(static_cast<size_t>(v) + 2);
  for (int64_t count : counts) EXPECT_NEAR(count, kMany / 5.0, 5 * std::sqrt(kMany * 0.16));
  EXPECT_EQ(moments(randint(7, 8, {10})).max, 7);
  EXPECT_GT(moments(randint(0, INT64_MAX, {1000})).max, 9e18);
  EXPECT_LT(moments(randint(INT64_MIN, INT64_MAX, {1000})).min, -8e18);
  EXPECT_EQ(randint(5, {2}, kInt).dtype(), kInt);
  EXPECT_EQ(randint_like(zeros({3}), 5).dtype(), kFloat);
  EXPECT_EQ(randint(0, 10, {5}).sizes(), (IntArrayRef{5}));
  Tensor y = empty({kMany}, kByte);
  EXPECT_EQ(moments(y.random_()).max, 255);
  EXPECT_EQ(moments(y.random_(3)).max, 2);
  EXPECT_EQ(moments(y.random_(10, 12)).min, 10);
  EXPECT_LE(moments(empty({1000}).random_()).max, 1 << 24);
  expect_error<ValueError>([] { randint(3, 3, {2}); }, "randint");
  expect_error<ValueError>([] { randint(0, 300, {2}, kByte); }, "randint");
  expect_error<ValueError>([&] { y.random_(5, 5); }, "random_");
  expect_error<ValueError>([&] { y.random_(300); }, "random_");
  expect_error<ValueError>([&] { y.random_(-1, 5); }, "random_");
}

TEST(Random, PermutationsHaveEveryNumberOnce) {
  manual_seed(7);
  Longs seen(1000);
  for (double v : values(randperm(1000))) ++seen.at(static_cast<size_t>(v));
  EXPECT_EQ(seen, Longs(1000, 1));
  EXPECT_EQ(randperm(0).numel(), 0);
  EXPECT_EQ(values(randperm(1)), (Doubles{0}));
  // All 6 orders of 3 about equally often.
  std::vector<int> orders(9);
  for (int i = 0; i < 6000; ++i) {
    const Doubles p = values(randperm(3));
    ++orders[static_cast<size_t>(p[0] * 3 + p[1])];
  }
  for (int i : {1, 2, 3, 5, 6, 7}) EXPECT_NEAR(orders[i], 1000, 150);
  expect_error<ValueError>([] { randperm(-1); }, "randperm");
  expect_error<ValueError>([] { randperm(300, kByte); }, "randperm");
}

TEST(Random, BernoulliTakesNumbersAndTensors) {
  manual_seed(8);
  for (ScalarType dtype : {kFloat, kDouble, kBFloat16, kLong, kBool}) {
    EXPECT_NEAR(moments(empty({kMany}, dtype).bernoulli_(0.25)).mean, 0.25, 0.005);
  }
  EXPECT_EQ(moments(empty({1000}).bernoulli_(1.0)).min, 1);
  EXPECT_EQ(moments(empty({1000}).bernoulli_(0.0)).max, 0);
  const Tensor p = tensor({0.0, 1.0, 0.5}).repeat({1000}).view({1000, 3});
  const Tensor x = p.bernoulli();
  EXPECT_EQ(moments(x.select(1, 0)).max, 0);
  EXPECT_EQ(moments(x.select(1, 1)).min, 1);
  EXPECT_NEAR(moments(x.select(1, 2)).mean, 0.5, 0.1);
  const Tensor q = p.t().bernoulli();
  EXPECT_EQ(moments(q[0]).max, 0);
  EXPECT_EQ(moments(q[1]).min, 1);
  Tensor y = zeros({2});
  expect_error<ValueError>([&] { y.bernoulli_(-0.1); }, "bernoulli_");
  expect_error<ValueError>([&] { y.bernoulli_(NAN); }, "bernoulli_");
  expect_error<ValueError>([] { tensor({0.5, 1.5}).bernoulli(); }, "bernoulli");
  expect_error<ValueError>([] { tensor({NAN}).bernoulli(); }, "bernoulli");
  expect_error<TypeError>([] { tensor({1, 0}).bernoulli(); }, "bernoulli");
  EXPECT_EQ(y._version(), 0u);
}

TEST(Random, OtherDistributionsHaveTheirMoments) {
  manual_seed(9);
  Tensor x = empty({kMany}, kDouble);
  expect_moments(x.exponential_(2), 0.5, 0.25);
  EXPECT_GT(moments(x).min, 0);
  expect_moments(geometric_(x, 0.25), 4, 0.75 / 0.0625);
  EXPECT_EQ(moments(x).min, 1);
  // Mean e^(s^2 / 2), variance (e^(s^2) - 1) e^(s^2)
  const double e = std::exp(0.25);
  expect_moments(log_normal_(x, 0, 0.5), std::exp(0.125), (e - 1) * e);
  cauchy_(x, 3, 2);
  Doubles sorted = values(x);
  std::sort(sorted.begin(), sorted.end());
  EXPECT_NEAR(sorted[kMany / 2], 3, 0.05);      // the median
  EXPECT_NEAR(sorted[kMany * 3 / 4], 5, 0.08);  // a quarter lies above median + sigma
  for (double rate : {0.5, 4.0, 9.9, 10.1, 300.0}) {
    SCOPED_TRACE(rate);
    const Tensor counts = poisson(full({kMany}, rate, kDouble));
    expect_moments(counts, rate, rate);
  }
  EXPECT_EQ(moments(poisson(zeros({10}))).max, 0);
  expect_error<ValueError>([&] { x.exponential_(0); }, "exponential_");
  expect_error<ValueError>([&] { geometric_(x, 1); }, "geometric_");
  expect_error<ValueError>([&] { log_normal_(x, 0, 0); }, "log_normal_");
  expect_error<ValueError>([&] { cauchy_(x, 0, -1); }, "cauchy_");
  expect_error<ValueError>([&] { x.normal_(0, -1); }, "normal_");
  expect_error<ValueError>([&] { x.uniform_(1, 0); }, "uniform_");
  expect_error<ValueError>([&] { x.uniform_(0, NAN); }, "uniform_");
  expect_error<ValueError>([&] { x.uniform_(-1e308, 1e308); }, "uniform_");
  expect_error<ValueError>([] { poisson(tensor({-1.0})); }, "poisson");
  expect_error<TypeError>([] { zeros({2}, kLong).normal_(); }, "normal_");
  expect_error<TypeError>([] { randn({2}, kLong); }, "randn");
}

TEST(Random, NormalTakesTensorsOfMeansAndDeviations) {
  manual_seed(10);
  const Tensor mean = tensor({0.0, 100.0}), std = tensor({{1.0}, {0.0}});
  const Tensor x = normal(mean, std);
  EXPECT_EQ(x.sizes(), (IntArrayRef{2, 2}));
  EXPECT_EQ(values(x[1]), (Doubles{0, 100}));
  EXPECT_EQ(normal(5, zeros({3})).sizes(), (IntArrayRef{3}));
  EXPECT_EQ(values(normal(mean, 0.0)), (Doubles{0, 100}));
  expect_error<ValueError>([&] { normal(mean, tensor({-1.0, 1.0})); }, "normal");
  expect_error<ValueError>([&] { normal(mean, -1.0); }, "normal");
}

TEST(Random, WritesThroughViews) {
  manual_seed(11);
  Tensor x = zeros({3, 4});
  x.t()[1].uniform_(1, 2);
  EXPECT_EQ(moments(x.select(1, 0)).max, 0);
  EXPECT_GE(moments(x.select(1, 1)).min, 1);
  expect_error<Error>([] { zeros({1}).expand({3}).normal_(); }, "normal_");
}

TEST(Random, GradientsStopAtNumbersDrawnInPlace) {
  const Tensor x = ones({3}, requires_grad());
  Tensor y = x * 2;
  y.normal_();
  EXPECT_TRUE(y.requires_grad());
  y.sum().backward();
  EXPECT_EQ(values(x.grad()), (Doubles{0, 0, 0}));
}

TEST(Dropout, DropsAndScales) {
  manual_seed(12);
  for (ScalarType dtype : {kFloat, kDouble, kHalf, kBFloat16}) {
    SCOPED_TRACE(to_string(dtype));
    const Doubles y = values(dropout(full({kMany}, 3.0, dtype), 0.25));
    double dropped = 0;
    for (double v : y) {
      if (v == 0) {
        dropped += 1.0 / kMany;
      } else {
        EXPECT_EQ(v, 4);  // 3 / (1 - 0.25)
      }
    }
    EXPECT_NEAR(dropped, 0.25, 0.005);
  }
  const Tensor x = ones({5, 7});
  EXPECT_TRUE(dropout(x, 0.5, /*train=*/false).is_same(x));
  EXPECT_EQ(values(dropout(x, 0.0)), values(x));
  EXPECT_EQ(moments(dropout(x, 1.0)).max, 0);
  EXPECT_EQ(dropout(zeros({0, 3}), 0.5).numel(), 0);
  Tensor z = ones({kMany});
  dropout_(z, 0.5);
  EXPECT_NEAR(moments(z).mean, 1, 0.02);
  for (double p : {-0.1, 1.1, static_cast<double>(NAN)}) {
    expect_error<ValueError>([&] { dropout(x, p); }, "dropout: p");
    expect_error<ValueError>([&] { dropout_(z, p); }, "dropout_: p");
    expect_error<ValueError>([&] { dropout(x, p, /*train=*/false); }, "dropout: p");
  }
  expect_error<TypeError>([] { dropout(zeros({2}, kLong), 0.5); }, "dropout");
}

TEST(Dropout, KeepsTheOrderOfMemory) {
  const Tensor x = ones({2, 3, 4, 5}).contiguous(MemoryFormat::ChannelsLast);
  const Tensor y = dropout(x, 0.5);
  EXPECT_TRUE(y.is_contiguous(MemoryFormat::ChannelsLast));
  EXPECT_NEAR(moments(y).mean, 1, 0.5);
  EXPECT_EQ(dropout(ones({1, 3}).expand({2, 3}), 0.0).sizes(), (IntArrayRef{2, 3}));
}

TEST(Multinomial, FollowsTheWeights) {
  manual_seed(13);
  const Tensor weights = tensor({1.0, 0.0, 3.0, 4.0});
  std::vector<double> counts(4);
  for (double v : values(weights.multinomial(80000, true))) counts[static_cast<size_t>(v)] += 1;
  EXPECT_NEAR(counts[0], 10000, 500);  // 1/8, 0, 3/8, 4/8
  EXPECT_EQ(counts[1], 0);
  EXPECT_NEAR(counts[2], 30000, 800);
  EXPECT_NEAR(counts[3], 40000, 800);
  // Without replacement the first of each pair follows them too, and none comes twice.
  std::fill(counts.begin(), counts.end(), 0);
  const Tensor pairs = weights.expand({8000, 4}).multinomial(2);
  for (int64_t i = 0; i < 8000; ++i) {
    const auto first = pairs[i][0].item<int64_t>(), second = pairs[i][1].item<int64_t>();
    EXPECT_NE(first, second);
    EXPECT_NE(second, 1);
    counts[static_cast<size_t>(first)] += 1;
  }
  EXPECT_NEAR(counts[3], 4000, 250);
  EXPECT_EQ(rand({5}).multinomial(3).sizes(), (IntArrayRef{3}));
  EXPECT_EQ(rand({2, 5}).multinomial(3).sizes(), (IntArrayRef{2, 3}));
  expect_error<ValueError>([] { zeros({3}).multinomial(1); }, "multinomial");
  expect_error<ValueError>([] { tensor({1.0, -1.0}).multinomial(1); }, "multinomial");
  expect_error<ValueError>([] { tensor({1.0, NAN}).multinomial(1); }, "multinomial");
  expect_error<ValueError>([] { tensor({1.0, INFINITY}).multinomial(1); }, "multinomial");
  expect_error<ValueError>([&] { weights.multinomial(5); }, "multinomial");
  expect_error<ValueError>([&] { weights.multinomial(4); }, "multinomial");  // only 3 are not 0
  expect_error<ValueError>([&] { weights.multinomial(0); }, "multinomial");
  expect_error<Error>([] { rand({2, 2, 2}).multinomial(1); }, "multinomial");
  expect_error<TypeError>([] { tensor({1, 2}).multinomial(1); }, "multinomial");
}

}  // namespace
}  // namespace gradus
