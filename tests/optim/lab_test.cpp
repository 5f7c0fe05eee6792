// The laboratory: noise scale, scaling, range test, sharpness, monitor.

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gradus/autograd/autograd.h>
#include <gradus/optim/optim.h>
#include <gtest/gtest.h>

#include "tests/optim/cases.h"

namespace gradus::optim_test {
namespace {

using Vec = std::vector<double>;

std::string read(const std::string& path) {
  std::ifstream file(path);
  return std::string((std::istreambuf_iterator<char>(file)), {});
}

/// A net with one hidden layer, on 24 examples.
struct SmallNet {
  Tensor x = noise_tensor({24, 3}, kDouble, 1), y = noise_tensor({24}, kDouble, 2);
  std::vector<Tensor> params = {noise_tensor({3, 4}, kDouble, 3).requires_grad_(),
                                noise_tensor({4}, kDouble, 4).requires_grad_()};

  Tensor loss(int64_t begin = 0, int64_t end = 24) const {
    const Tensor hidden = x.slice(0, begin, end).mm(params[0]).tanh();
    return (hidden.mv(params[1]) - y.slice(0, begin, end)).square().mean();
  }
  /// The Hessian, 16 x 16, by columns.
  Tensor hessian() const {
    const optim::HessianProduct product(loss(), params);
    Tensor H = zeros({16, 16}, kDouble);
    for (int64_t i = 0; i < 16; ++i) {
      std::vector<Tensor> v = {zeros({3, 4}, kDouble), zeros({4}, kDouble)};
      v[i < 12 ? 0 : 1].data_ptr<double>()[i < 12 ? i : i - 12] = 1;
      Vec column = values(product(v)[0]);
      for (double value : values(product(v)[1])) column.push_back(value);
      for (int64_t j = 0; j < 16; ++j) H.data_ptr<double>()[16 * j + i] = column[j];
    }
    return H;
  }
};

// With batches of one example the estimates are the exact unbiased ones of the sample.
TEST(NoiseScale, EqualsThePerSampleValue) {
  const SmallNet net;
  optim::NoiseScaleMeter meter(0);
  std::vector<Vec> grads;
  for (int64_t i = 0; i < 24; ++i) {
    const auto g = autograd::grad({net.loss(i, i + 1)}, net.params);
    meter.add(g, 1);
    Vec flat = values(g[0]);
    for (double value : values(g[1])) flat.push_back(value);
    grads.push_back(flat);
  }
  meter.finish();
  double trace = 0, mean_sq = 0;
  for (size_t k = 0; k < 16; ++k) {
    double mean = 0, sq = 0;
    for (const Vec& g : grads) mean += g[k] / 24;
    for (const Vec& g : grads) sq += (g[k] - mean) * (g[k] - mean);
    trace += sq / 23;
    mean_sq += mean * mean;
  }
  const optim::NoiseScale found = meter.estimate();
  EXPECT_NEAR(found.trace, trace, 1e-10 * trace);
  EXPECT_NEAR(found.grad_norm_sq, mean_sq - trace / 24, 1e-10 * trace);
  EXPECT_DOUBLE_EQ(found.b_simple(), found.trace / found.grad_norm_sq);
}

// Gradients G + noise: the average over many large batches comes to S and |G|^2.
TEST(NoiseScale, OfKnownNoise) {
  manual_seed(3);
  const Tensor G = tensor({1.0, -2.0, 0.5}, kDouble);  // |G|^2 = 5.25
  optim::NoiseScaleMeter meter(0.999);
  for (int k = 0; k < 3000; ++k) {
    for (int i = 0; i < 4; ++i) {
      // Batches of 8 examples with variance 16 each: 2 in the mean, 6 in all three.
      meter.add({G + randn({3}, kDouble) * std::sqrt(2.0)}, 8);
    }
    meter.finish();
  }
  EXPECT_NEAR(meter.estimate().trace, 48, 3);
  EXPECT_NEAR(meter.estimate().b_simple(), 48 / 5.25, 0.1 * 48 / 5.25);
  optim::NoiseScaleMeter restored;
  restored.load_state_dict(meter.state_dict());
  EXPECT_EQ(restored.estimate().trace, meter.estimate().trace);
}

TEST(NoiseScale, Errors) {
  EXPECT_THROW(optim::noise_scale(4, 1, 4, 1), ValueError);
  EXPECT_THROW(optim::noise_scale(0, 1, 4, 1), ValueError);
  EXPECT_THROW(optim::NoiseScaleMeter(1), ValueError);
  optim::NoiseScaleMeter meter;
  EXPECT_THROW(meter.estimate(), Error);
  EXPECT_THROW(meter.finish(), Error);
  meter.add({ones({2})}, 4);
  EXPECT_THROW(meter.add({ones({2})}, 5), ValueError);
  EXPECT_THROW(meter.add({}, 4), ValueError);
  EXPECT_THROW(meter.add({ones({2})}, 0), ValueError);
  EXPECT_THROW(meter.add({ones({3})}, 4), ValueError);
  EXPECT_THROW(meter.load_state_dict(StateDict()), ValueError);
  // What failed has added nothing.
  optim::NoiseScaleMeter other;
  for (optim::NoiseScaleMeter* m : {&meter, &other}) {
    if (m == &other) m->add({ones({2})}, 4);
    m->add({zeros({2})}, 4);
    m->finish();
  }
  EXPECT_TRUE(same_bits(meter.state_dict(), other.state_dict()));
}

TEST(Scaling, Rules) {
  EXPECT_EQ(optim::linear_scaled_lr(0.1, 4), 0.4);
  const auto scaled = optim::square_root_scaled({1e-3, {0.9, 0.99}, 1e-8}, 4);
  EXPECT_DOUBLE_EQ(scaled.lr, 2e-3);
  EXPECT_DOUBLE_EQ(std::get<0>(scaled.betas), 0.6);
  EXPECT_DOUBLE_EQ(std::get<1>(scaled.betas), 0.96);
  EXPECT_DOUBLE_EQ(scaled.eps, 5e-9);
  EXPECT_THROW(optim::square_root_scaled({1e-3, {0.9, 0.99}, 1e-8}, 20), ValueError);
  EXPECT_THROW(optim::linear_scaled_lr(0.1, 0), ValueError);
  EXPECT_THROW(optim::linear_scaled_lr(-1, 2), ValueError);
}

// --- range test
// ------------------------------------------------------------------------------------

// On a p^2 / 2 with a = 1 ... 10 gradient descent is stable up to 2 / 10.
TEST(LrRangeTest, FindsTheStableRatesAndChangesNothing) {
  const Tensor a = linspace(1, 10, 8, kDouble);
  Tensor p = ones({8}, kDouble).requires_grad_(), buffer = zeros({1});
  optim::SGD optimizer({p}, optim::SGDOptions(0.01).momentum(0.5));
  const auto closure = [&] {
    optimizer.zero_grad();
    const Tensor loss = (a * p * p).sum() / 2;
    loss.backward();
    buffer.add_(1);
    rand({3});
    return loss;
  };
  const auto ema = std::make_shared<optim::EMA>(OrderedDict<std::string, Tensor>{{"p", p}});
  optimizer.add_average(ema);
  optimizer.step(closure);
  manual_seed(1);
  const StateDict average = snapshot(ema->state_dict());
  const Tensor p_before = p.detach().clone(), grad_before = p.grad().clone();
  const Tensor buffer_before = buffer.clone(), rng = get_rng_state().clone();
  const StateDict before = snapshot(optimizer.state_dict());
  const auto found = optim::lr_range_test(
      optimizer, closure, optim::LRRangeTestOptions().start_lr(1e-5).smoothing(0.5), {buffer});
  EXPECT_TRUE(found.diverged);
  EXPECT_GT(found.suggestion, 1e-3);
  EXPECT_LT(found.suggestion, 0.3);
  EXPECT_LT(found.best, 1);  // stable up to 2 * 1.5 / 10; it takes a few steps to be seen
  EXPECT_EQ(found.lrs.size(), found.losses.size());
  EXPECT_LT(found.lrs.size(), 100u);
  const auto expect_unchanged = [&] {
    EXPECT_TRUE(same_bits(p, p_before));
    EXPECT_TRUE(same_bits(p.grad(), grad_before));
    EXPECT_TRUE(same_bits(buffer, buffer_before));
    EXPECT_TRUE(same_bits(get_rng_state(), rng));
    EXPECT_TRUE(same_bits(optimizer.state_dict(), before));
    EXPECT_TRUE(same_bits(ema->state_dict(), average));
  };
  expect_unchanged();
  int calls = 0;
  EXPECT_THROW(optim::lr_range_test(optimizer,
                                    [&]() -> Tensor {
                                      if (++calls == 5) throw ValueError("no");
                                      return closure();
                                    },
                                    {}, {buffer}),
               ValueError);
  expect_unchanged();

  const std::string path = testing::TempDir() + "gradus_range.svg";
  found.plot(path);
  EXPECT_THAT(read(path), testing::HasSubstr("suggestion"));
  using Options = optim::LRRangeTestOptions;
  for (const Options& bad : {Options().start_lr(0), Options().end_lr(1e-8), Options().steps(1),
                             Options().smoothing(1), Options().diverge(1)}) {
    EXPECT_THROW(optim::lr_range_test(optimizer, closure, bad), ValueError);
  }
  EXPECT_THROW(optim::lr_range_test(optimizer, nullptr), ValueError);
}

// --- sharpness
// -------------------------------------------------------------------------------------

TEST(Sharpness, EigenvaluesAreThoseOfTheDenseHessian) {
  manual_seed(5);
  const SmallNet net;
  const Tensor H = net.hessian();
  EXPECT_TRUE(H.allclose(H.t(), 1e-10, 1e-12));
  // The dense top eigenvalue, by many products.
  Tensor v = ones({16}, kDouble);
  for (int i = 0; i < 5000; ++i) {
    v = H.mv(v);
    v = v / v.norm();
  }
  const double top = v.dot(H.mv(v)).item<double>();
  const optim::HessianProduct product(net.loss(), net.params);
  const auto found = optim::top_eigenvalue(product, 1000, 1e-8);
  EXPECT_NEAR(found.value, top, 1e-3 * std::abs(top));
  EXPECT_NEAR(optim::squared_norm(found.vector), 1, 1e-9);
  const Vec many = optim::lanczos_eigenvalues(product, 16, 16);
  ASSERT_EQ(many.size(), 16u);
  EXPECT_TRUE(std::is_sorted(many.rbegin(), many.rend()));
  EXPECT_NEAR(std::max(many.front(), -many.back()), std::abs(top), 1e-9 * std::abs(top));
  double sum = 0, trace = H.diagonal().sum().item<double>();
  for (double value : many) sum += value;
  EXPECT_NEAR(sum, trace, 1e-8);
  EXPECT_NEAR(optim::lanczos_eigenvalues(product, 1, 10)[0], many[0], 1e-3 * many[0]);
  double error = 0;
  const double estimate = optim::hutchinson_trace(net.loss(), net.params, 400, &error);
  EXPECT_NEAR(estimate, trace, 5 * error);
  EXPECT_LT(error, 0.2 * std::abs(trace));
  const auto diagonal = optim::hutchinson_diagonal(net.loss(), net.params, 2000);
  EXPECT_NEAR(values(diagonal[1])[2], H[14][14].item<double>(), 0.1);
}

// loss = x y + 3 z: H has the eigenvalues 1, -1, 0; the part of z is linear.
TEST(Sharpness, LinearPartsHaveNoCurvature) {
  Tensor x = ones({1}, kDouble).requires_grad_(), y = ones({1}, kDouble).requires_grad_();
  Tensor z = ones({1}, kDouble).requires_grad_(), unused = ones({1}, kDouble).requires_grad_();
  const Tensor loss = (x * y + 3 * z).sum();
  const optim::HessianProduct product(loss, {x, y, z, unused});
  const auto Hv =
      product({ones({1}, kDouble), full({1}, 2, kDouble), ones({1}, kDouble), ones({1}, kDouble)});
  EXPECT_EQ(values(Hv[0])[0], 2);
  EXPECT_EQ(values(Hv[1])[0], 1);
  EXPECT_EQ(values(Hv[2])[0], 0);
  EXPECT_EQ(values(Hv[3])[0], 0);
  EXPECT_EQ(values(product.gradient()[2])[0], 3);
  EXPECT_NEAR(optim::lanczos_eigenvalues(product, 1, 4)[0], 1, 1e-12);
  const optim::HessianProduct linear((3 * z).sum(), {z});
  EXPECT_EQ(optim::top_eigenvalue(linear).value, 0);
}

TEST(Sharpness, OfSam) {
  Tensor p = tensor({3.0, 4.0}, kDouble).requires_grad_();
  const Tensor before = p.detach().clone();
  // loss = |p|^2 / 2 = 12.5; at 5.5 / 5 p it is 15.125.
  EXPECT_NEAR(optim::sam_sharpness([&] { return (p * p).sum() / 2; }, {p}, 0.5), 2.625, 1e-12);
  EXPECT_TRUE(same_bits(p, before));
  EXPECT_THROW(optim::sam_sharpness(nullptr, {p}), ValueError);
  EXPECT_THROW(optim::sam_sharpness([&] { return p.sum(); }, {p}, -1), ValueError);
}

TEST(Sharpness, Errors) {
  Tensor p = ones({2}, kDouble).requires_grad_();
  EXPECT_THROW(optim::HessianProduct(p.sum(), {}), ValueError);
  EXPECT_THROW(optim::HessianProduct(p * 2, {p}), ValueError);
  const optim::HessianProduct product((p * p).sum(), {p});
  EXPECT_THROW(product({}), ValueError);
  EXPECT_THROW(product({ones({3}, kDouble)}), ValueError);
  EXPECT_THROW(optim::top_eigenvalue(product, 0), ValueError);
  EXPECT_THROW(optim::lanczos_eigenvalues(product, 3, 2), ValueError);
  const optim::HessianProduct broken((p * p * NAN).sum(), {p});
  EXPECT_THROW(optim::lanczos_eigenvalues(broken), ValueError);
  EXPECT_THROW(optim::hutchinson_trace((p * p).sum(), {p}, 0), ValueError);
  EXPECT_THROW(optim::hutchinson_diagonal((p * p).sum(), {p}, 0), ValueError);
}

// --- monitor
// ---------------------------------------------------------------------------------------

TEST(EarlyStopping, StopsAfterPatience) {
  optim::EarlyStopping stopping(2, 0.1);
  EXPECT_FALSE(stopping.step(1.0));
  EXPECT_TRUE(stopping.improved());
  EXPECT_FALSE(stopping.step(0.95));  // better, but not by 0.1
  EXPECT_FALSE(stopping.step(NAN));
  optim::EarlyStopping restored(2, 0.1);
  restored.load_state_dict(stopping.state_dict());
  EXPECT_TRUE(stopping.step(1.0));
  EXPECT_TRUE(restored.step(1.0));
  EXPECT_EQ(restored.best(), 1.0);
  EXPECT_EQ(restored.best_step(), 1);
  optim::EarlyStopping rising(0, 0, optim::EarlyStopping::max);
  EXPECT_FALSE(rising.step(1));
  EXPECT_FALSE(rising.step(2));
  EXPECT_TRUE(rising.step(2));
  EXPECT_THROW(optim::EarlyStopping(-1), ValueError);
  EXPECT_THROW(optim::EarlyStopping(1, NAN), ValueError);
  EXPECT_THROW(rising.load_state_dict(StateDict()), ValueError);
}

TEST(Monitor, MeasuresNormsAndKeepsTheBest) {
  Tensor p = tensor({3.0, 4.0}, kDouble).requires_grad_();
  optim::SGD optimizer({p}, 0.5);
  {
    optim::Monitor monitor(optimizer);
    p.mutable_grad() = tensor({0.6, 0.8}, kDouble);
    optimizer.step();
    monitor.metric("loss", 1.5);
    ASSERT_EQ(monitor.records().size(), 1u);
    const optim::StepRecord& record = monitor.records()[0];
    EXPECT_EQ(record.step, 1);
    EXPECT_EQ(record.lr, 0.5);
    EXPECT_DOUBLE_EQ(record.grad_norm, 1);
    EXPECT_DOUBLE_EQ(record.weight_norm, 5);
    EXPECT_NEAR(record.update_norm, 0.5, 1e-15);
    EXPECT_NEAR(record.ratio, 0.1, 1e-15);
    const std::string path = testing::TempDir() + "gradus_monitor.svg";
    monitor.plot(path);
    EXPECT_THAT(read(path), testing::HasSubstr("loss"));
  }
  optimizer.step();  // nobody watches
  OrderedDict<std::string, Tensor> tensors;
  tensors.insert("p", p);
  optim::BestWeights best(tensors);
  EXPECT_THROW(best.restore(), Error);
  const Tensor then = p.detach().clone();
  best.save();
  optimizer.step();
  EXPECT_FALSE(same_bits(p, then));
  best.restore();
  EXPECT_TRUE(same_bits(p, then));
  EXPECT_THROW(optim::Monitor(optimizer, 0), ValueError);
}

}  // namespace
}  // namespace gradus::optim_test
