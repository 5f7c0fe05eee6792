#include <cmath>
#include <functional>
#include <limits>

#include <gradus/autograd/engine.h>
#include <gradus/autograd/gradcheck.h>
#include <gradus/autograd/ops/normalization.h>
#include <gradus/core/factory.h>
#include <gtest/gtest.h>

namespace gradus {
namespace {

using Inputs = std::vector<Tensor>;
using Function = std::function<Tensor(const Inputs&)>;

// Numbers in [-2, 2] without a pattern.
Tensor input(IntArrayRef sizes, double phase = 0) {
  Tensor x = empty(sizes, kDouble);
  for (int64_t i = 0; i < x.numel(); ++i) {
    x.data_ptr<double>()[i] = 2 * std::sin(static_cast<double>(i * i) * 0.7 + phase);
  }
  return x.requires_grad_();
}

void check_gradients(const Function& f, const Inputs& inputs) {
  autograd::GradcheckOptions options;
  options.noncontiguous_grad = true;
  EXPECT_TRUE(autograd::gradcheck(f, inputs, options));
  EXPECT_TRUE(autograd::gradgradcheck(f, inputs));
}

// --- batch norm

TEST(BatchNorm, NormalizesEachChannel) {
  // Channel 0: 1, 3, 5, 7 with mean 4 and variance 5; channel 1 constant.
  const Tensor x = tensor({{{1.0, 3.0}, {2.0, 2.0}}, {{5.0, 7.0}, {2.0, 2.0}}}, kDouble);
  const Tensor w = tensor({2.0, 1.0}, kDouble), b = tensor({1.0, -1.0}, kDouble);
  const Tensor y = batch_norm(x, w, b, {}, {}, /*training=*/true, 0.1, 1e-9);
  const double s = 2 / std::sqrt(5.0);
  EXPECT_TRUE(y.allclose(
      tensor({{{1 - 3 * s, 1 - s}, {-1.0, -1.0}}, {{1 + s, 1 + 3 * s}, {-1.0, -1.0}}}, kDouble),
      1e-7));
}

TEST(BatchNorm, RunningStatistics) {
  const Tensor x = tensor({{1.0, 10.0}, {3.0, 30.0}}, kDouble);
  const Tensor mean = tensor({1.0, 1.0}, kDouble), var = tensor({1.0, 2.0}, kDouble);
  batch_norm(x, {}, {}, mean, var, /*training=*/true, 0.25, 1e-5);
  // 0.75 * 1 + 0.25 * 2; variances divided by n - 1 = 1 are 2 and 200.
  EXPECT_TRUE(mean.allclose(tensor({1.25, 5.75}, kDouble)));
  EXPECT_TRUE(var.allclose(tensor({1.25, 51.5}, kDouble)));
  EXPECT_EQ(mean._version(), 2u);
  const Tensor y = batch_norm(x, {}, {}, mean, var, /*training=*/false, 0.25, 0);
  EXPECT_NEAR(y[0][0].item<double>(), (1 - 1.25) / std::sqrt(1.25), 1e-12);
  EXPECT_EQ(mean._version(), 2u);
}

TEST(BatchNorm, KeepsChannelsLast) {
  const Tensor x = input({2, 3, 4, 5}).detach().to(kFloat);
  const Tensor last = x.contiguous(MemoryFormat::ChannelsLast);
  const Tensor y = batch_norm(last, {}, {}, {}, {}, true, 0.1, 1e-5);
  EXPECT_TRUE(y.is_contiguous(MemoryFormat::ChannelsLast));
  EXPECT_TRUE(y.allclose(batch_norm(x, {}, {}, {}, {}, true, 0.1, 1e-5), 1e-5, 1e-6));
}

TEST(BatchNorm, Gradient) {
  const Tensor w = input({3}, 1), b = input({3}, 2);
  const Tensor mean = input({3}, 3).detach(), var = input({3}, 4).detach().abs().add_(0.5);
  for (const DimVector& sizes : {DimVector{4, 3}, DimVector{2, 3, 4}, DimVector{2, 3, 2, 2}}) {
    const Tensor x = input(sizes);
    for (bool training : {true, false}) {
      const auto f = [&](const Inputs& in) {
        return batch_norm(in[0], in[1], in[2], training ? Tensor() : mean,
                          training ? Tensor() : var, training, 0.1, 1e-3);
      };
      check_gradients(f, {x, w, b});
      check_gradients(
          f, {x.detach().transpose(0, 1).contiguous().transpose(0, 1).requires_grad_(), w, b});
      check_gradients(
          [&](const Inputs& in) {
            return batch_norm(in[0], {}, {}, training ? Tensor() : mean, training ? Tensor() : var,
                              training, 0.1, 1e-3);
          },
          {x});
      // Only the parameters need gradients.
      check_gradients(
          [&](const Inputs& in) {
            return batch_norm(x.detach(), in[0], in[1], mean.clone(), var.clone(), training, 0.1,
                              1e-3);
          },
          {w, b});
    }
  }
}

TEST(BatchNorm, Errors) {
  const Tensor x = zeros({2, 3, 2, 2}), two = zeros({2}), three = zeros({3});
  EXPECT_THROW(batch_norm(x, {}, {}, two, three, true, 0.1, 1e-5), Error);
  EXPECT_THROW(batch_norm(x, two, {}, {}, {}, true, 0.1, 1e-5), Error);
  EXPECT_THROW(batch_norm(x, {}, {}, {}, {}, false, 0.1, 1e-5), Error);
  EXPECT_THROW(batch_norm(x, {}, {}, three, {}, false, 0.1, 1e-5), Error);
  EXPECT_THROW(batch_norm(x, {}, {}, {}, {}, true, 0.1, 0), ValueError);
  EXPECT_THROW(batch_norm(x, {}, {}, {}, {}, true, 0.1, NAN), ValueError);
  EXPECT_THROW(batch_norm(zeros({1, 3}), {}, {}, {}, {}, true, 0.1, 1e-5), ValueError);
  EXPECT_THROW(batch_norm(zeros({3}), {}, {}, {}, {}, true, 0.1, 1e-5), Error);
  EXPECT_THROW(batch_norm(x.to(kLong), {}, {}, {}, {}, true, 0.1, 1e-5), TypeError);
  EXPECT_THROW(batch_norm(x, three.to(kDouble), {}, {}, {}, true, 0.1, 1e-5), TypeError);
  // A failed call leaves the running statistics alone.
  EXPECT_THROW(batch_norm(x, {}, {}, three, zeros({1}).expand(3), true, 0.1, 1e-5), Error);
  EXPECT_EQ(three._version(), 0u);
}

TEST(BatchNorm, EmptyBatch) {
  const Tensor mean = zeros({3}), var = ones({3});
  const Tensor x = zeros({0, 3, 2}).requires_grad_();
  const Tensor y = batch_norm(x, {}, {}, mean, var, true, 0.1, 1e-5);
  EXPECT_EQ(y.sizes(), x.sizes());
  EXPECT_EQ(var.sum().item<float>(), 3);
  y.sum().backward();
  EXPECT_EQ(x.grad().sizes(), x.sizes());
}

TEST(BatchNorm, SixteenBitFloats) {
  const Tensor x = input({4, 3, 2}).detach().to(kBFloat16).requires_grad_();
  const Tensor w = ones({3}).requires_grad_();
  const Tensor y = batch_norm(x, w, {}, {}, {}, true, 0.1, 1e-5);
  EXPECT_EQ(y.dtype(), kBFloat16);
  y.sum().backward();
  EXPECT_EQ(x.grad().dtype(), kBFloat16);
  EXPECT_EQ(w.grad().dtype(), kFloat);
}

TEST(InstanceNorm, NormalizesEachSampleByItself) {
  const Tensor x = input({2, 3, 4}).detach();
  const Tensor w = input({3}, 1).detach(), b = input({3}, 2).detach();
  const Tensor mean = zeros({3}, kDouble), var = ones({3}, kDouble);
  const Tensor y = instance_norm(x, w, b, mean, var, true, 1.0, 1e-5);
  for (int64_t n = 0; n < 2; ++n) {
    const Tensor one = batch_norm(x.narrow(0, n, 1), w, b, {}, {}, true, 0.1, 1e-5);
    EXPECT_TRUE(y.narrow(0, n, 1).allclose(one));
  }
  // With momentum 1, the mean over samples.
  EXPECT_TRUE(mean.allclose(x.mean({0, 2})));
  EXPECT_TRUE(var.allclose(x.var(2).mean(0)));
  EXPECT_THROW(instance_norm(zeros({2, 3, 1}), {}, {}, {}, {}, true, 0.1, 1e-5), ValueError);
  EXPECT_THROW(instance_norm(zeros({2, 3, 2}), {}, {}, {}, {}, false, 0.1, 1e-5), Error);
  check_gradients(
      [](const Inputs& in) { return instance_norm(in[0], in[1], in[2], {}, {}, true, 0.1, 1e-3); },
      {input({2, 3, 4}), input({3}, 1), input({3}, 2)});
}

// --- layer norm

TEST(LayerNorm, LastDims) {
  // 1, 3, 5, 7: mean 4, variance 5.
  const Tensor x = tensor({{1.0, 3.0}, {5.0, 7.0}}, kDouble);
  const double s = 1 / std::sqrt(5.0);
  EXPECT_TRUE(
      layer_norm(x, {2, 2}, {}, {}, 0).allclose(tensor({{-3 * s, -s}, {s, 3 * s}}, kDouble)));
  EXPECT_TRUE(layer_norm(x, 2, {}, {}, 0).allclose(tensor({{-1.0, 1.0}, {-1.0, 1.0}}, kDouble)));
  EXPECT_EQ(layer_norm(zeros({0, 3}), 3).sizes(), IntArrayRef({0, 3}));
  EXPECT_EQ(layer_norm(zeros({3, 0}), 0).sizes(), IntArrayRef({3, 0}));
}

TEST(LayerNorm, ConstantRowsGiveTheBias) {
  const Tensor y = layer_norm(full({2, 4}, 7.0), 4, ones({4}), full({4}, 0.5), 1e-5);
  EXPECT_TRUE(y.equal(full({2, 4}, 0.5)));
}

TEST(LayerNorm, Gradient) {
  const auto affine = [](const Inputs& in) {
    return layer_norm(in[0], in[1].sizes(), in[1], in[2], 1e-3);
  };
  check_gradients(affine, {input({3, 5}), input({5}, 1), input({5}, 2)});
  check_gradients(affine, {input({2, 3, 4}), input({3, 4}, 1), input({3, 4}, 2)});
  check_gradients([](const Inputs& in) { return layer_norm(in[0], 4, {}, {}, 1e-3); },
                  {input({4, 3}).detach().t().requires_grad_()});
  check_gradients([](const Inputs& in) { return layer_norm(in[0], 4, in[1], {}, 1e-3); },
                  {input({3, 4}), input({4}, 1)});
  const Tensor x = input({3, 4}).detach();
  check_gradients([&](const Inputs& in) { return layer_norm(x, 4, in[0], in[1], 1e-3); },
                  {input({4}), input({4}, 1)});
}

TEST(LayerNorm, Errors) {
  const Tensor x = zeros({2, 3});
  EXPECT_THROW(layer_norm(x, 2), Error);
  EXPECT_THROW(layer_norm(x, IntArrayRef{}), Error);
  EXPECT_THROW(layer_norm(x, {1, 2, 3}), Error);
  EXPECT_THROW(layer_norm(x, 3, zeros({2})), Error);
  EXPECT_THROW(layer_norm(x, 3, zeros({3}), zeros({3, 1})), Error);
  EXPECT_THROW(layer_norm(x.to(kInt), 3), TypeError);
  EXPECT_THROW(layer_norm(Tensor(), 3), Error);
}

TEST(GroupNorm, GroupsOfChannels) {
  const Tensor x = input({2, 4, 3}).detach();
  const Tensor w = input({4}, 1).detach(), b = input({4}, 2).detach();
  const Tensor y = group_norm(x, 2, w, b, 1e-5);
  const Tensor rows = layer_norm(x.view({4, 6}), 6, {}, {}, 1e-5).view({2, 4, 3});
  EXPECT_TRUE(y.allclose(rows * w.view({4, 1}) + b.view({4, 1})));
  check_gradients([](const Inputs& in) { return group_norm(in[0], 2, in[1], in[2], 1e-3); },
                  {input({2, 4, 3}), input({4}, 1), input({4}, 2)});
}

TEST(GroupNorm, Errors) {
  const Tensor x = zeros({2, 4, 3});
  EXPECT_THROW(group_norm(x, 3), Error);
  EXPECT_THROW(group_norm(x, 0), Error);
  EXPECT_THROW(group_norm(x, -2), Error);
  EXPECT_THROW(group_norm(x, 2, zeros({2})), Error);
  EXPECT_THROW(group_norm(zeros({1, 3}), 3), ValueError);
  EXPECT_EQ(group_norm(zeros({0, 4, 3}), 2).sizes(), IntArrayRef({0, 4, 3}));
}

TEST(RmsNorm, ValuesAndGradient) {
  // sqrt((9 + 16) / 2).
  const double s = 1 / std::sqrt(12.5);
  EXPECT_TRUE(
      rms_norm(tensor({3.0, 4.0}, kDouble), 2, {}, 0.0).allclose(tensor({3 * s, 4 * s}, kDouble)));
  check_gradients([](const Inputs& in) { return rms_norm(in[0], 4, in[1], 1e-3); },
                  {input({3, 4}), input({4}, 1)});
}

// 16-bit inputs are computed with as float32, block by block, and rounded once.
TEST(BatchNorm, SmallFloatsAreFloatRounded) {
  manual_seed(2);
  const std::vector<DimVector> shapes = {{4, 3, 5, 5},    {2, 1, 70, 70}, {2, 5, 60, 60},
                                         {3, 2100, 2, 2}, {64, 2500},     {7, 70, 9, 3}};
  for (const ScalarType dtype : {kBFloat16, kHalf}) {
    for (const DimVector& sizes : shapes) {
      for (const bool last : {false, true}) {
        for (const bool training : {false, true}) {
          if (last && sizes.size() != 4) continue;
          Tensor x = randn(sizes).to(dtype), dy = randn(sizes).to(dtype);
          if (last) x = x.contiguous(MemoryFormat::ChannelsLast);
          const Tensor mean = randn(sizes[1]), var = rand(sizes[1]) + 0.5;
          struct Result {
            Tensor y, dx, dw, db;
          };
          const auto run = [&](ScalarType computed) {
            Tensor in = x.to(computed).clone().requires_grad_();
            Tensor w = linspace(0.5, 2, sizes[1]).requires_grad_();
            Tensor b = linspace(-1, 1, sizes[1]).requires_grad_();
            const Tensor y = batch_norm(in, w, b, mean.clone(), var.clone(), training, 0.1, 1e-5);
            EXPECT_EQ(y.dtype(), computed);
            y.backward(dy.to(computed));
            return Result{y.detach().to(dtype), in.grad().to(dtype), w.grad(), b.grad()};
          };
          const Result small = run(dtype), exact = run(kFloat);
          EXPECT_TRUE(small.y.equal(exact.y)) << IntArrayRef(sizes).size() << last << training;
          EXPECT_TRUE(small.dx.equal(exact.dx)) << sizes[1] << last << training;
          EXPECT_TRUE(small.dw.equal(exact.dw)) << sizes[1] << last << training;
          EXPECT_TRUE(small.db.equal(exact.db)) << sizes[1] << last << training;
        }
      }
    }
  }
}

}  // namespace
}  // namespace gradus
