#include <cmath>
#include <functional>
#include <limits>

#include <gradus/autograd/engine.h>
#include <gradus/autograd/gradcheck.h>
#include <gradus/autograd/ops/loss.h>
#include <gradus/autograd/ops/softmax.h>
#include <gradus/core/factory.h>
#include <gtest/gtest.h>

namespace gradus {
namespace {

using Inputs = std::vector<Tensor>;
using Function = std::function<Tensor(const Inputs&)>;

constexpr int64_t kReductions[] = {Reduction::None, Reduction::Mean, Reduction::Sum};
constexpr double kInf = std::numeric_limits<double>::infinity();

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

Tensor gradient(const Tensor& y, const Tensor& x) {
  return autograd::grad({y}, {x})[0];
}

// --- a loss for each element

TEST(PointwiseLoss, Values) {
  const Tensor x = tensor({1.0, 2.0, -3.0}, kDouble), t = tensor({1.5, 0.0, -3.0}, kDouble);
  // Differences -0.5, 2, 0.
  EXPECT_TRUE(mse_loss(x, t, Reduction::None).allclose(tensor({0.25, 4.0, 0.0}, kDouble)));
  EXPECT_DOUBLE_EQ(mse_loss(x, t).item<double>(), 4.25 / 3);
  EXPECT_DOUBLE_EQ(l1_loss(x, t, Reduction::Sum).item<double>(), 2.5);
  EXPECT_TRUE(smooth_l1_loss(x, t, Reduction::None).allclose(tensor({0.125, 1.5, 0.0}, kDouble)));
  EXPECT_TRUE(
      smooth_l1_loss(x, t, Reduction::None, 4.0).allclose(tensor({0.03125, 0.5, 0.0}, kDouble)));
  EXPECT_TRUE(smooth_l1_loss(x, t, Reduction::None, 0).allclose(tensor({0.5, 2.0, 0.0}, kDouble)));
  EXPECT_TRUE(
      huber_loss(x, t, Reduction::None, 1.5).allclose(tensor({0.125, 1.875, 0.0}, kDouble)));
}

TEST(PointwiseLoss, BroadcastsAndPromotes) {
  const Tensor x = ones({2, 3}).requires_grad_();
  const Tensor y = mse_loss(x, zeros({3}, kDouble));
  EXPECT_EQ(y.dtype(), kDouble);
  EXPECT_EQ(y.item<double>(), 1);
  y.backward();
  EXPECT_EQ(x.grad().dtype(), kFloat);
  EXPECT_EQ(mse_loss(ones({2}), tensor({1, 3})).item<float>(), 2);
  EXPECT_EQ(mse_loss(ones({2}, kBFloat16), zeros({2}, kBFloat16)).dtype(), kBFloat16);
  EXPECT_EQ(mse_loss(ones({2, 1}), zeros({3}), Reduction::None).sizes(), IntArrayRef({2, 3}));
}

TEST(PointwiseLoss, EmptyBatch) {
  EXPECT_TRUE(std::isnan(mse_loss(zeros({0}), zeros({0})).item<float>()));
  EXPECT_EQ(l1_loss(zeros({0}), zeros({0}), Reduction::Sum).item<float>(), 0);
  const Tensor x = zeros({0, 2}).requires_grad_();
  mse_loss(x, zeros({0, 2})).backward();
  EXPECT_EQ(x.grad().sizes(), x.sizes());
}

TEST(PointwiseLoss, GradientAtNoDifference) {
  const Tensor x = tensor({1.0, 2.0}, kDouble).requires_grad_();
  const Tensor t = tensor({1.0, 3.0}, kDouble).requires_grad_();
  const auto both = autograd::grad({l1_loss(x, t, Reduction::Sum)}, {x, t});
  EXPECT_TRUE(both[0].equal(tensor({0.0, -1.0}, kDouble)));
  EXPECT_TRUE(both[1].allclose(tensor({0.0, 1.0}, kDouble)));
}

TEST(PointwiseLoss, Gradient) {
  for (int64_t reduction : kReductions) {
    const Inputs both{input({3, 4}), input({3, 4}, 1)};
    const Inputs broadcast{input({3, 4}), input({4}, 1)};
    const Inputs transposed{input({4, 3}).detach().t().requires_grad_(), input({3, 4}, 1)};
    for (const Inputs& in : {both, broadcast, transposed}) {
      check_gradients([=](const Inputs& i) { return mse_loss(i[0], i[1], reduction); }, in);
      check_gradients([=](const Inputs& i) { return l1_loss(i[0], i[1], reduction); }, in);
      check_gradients([=](const Inputs& i) { return smooth_l1_loss(i[0], i[1], reduction, 0.7); },
                      in);
      check_gradients([=](const Inputs& i) { return huber_loss(i[0], i[1], reduction, 0.7); }, in);
    }
  }
}

TEST(PointwiseLoss, Errors) {
  const Tensor x = zeros({3});
  EXPECT_THROW(mse_loss(x, zeros({2})), Error);
  EXPECT_THROW(mse_loss(x, x, 3), ValueError);
  EXPECT_THROW(mse_loss(x.to(kLong), x), TypeError);
  EXPECT_THROW(l1_loss(x, Tensor()), Error);
  EXPECT_THROW(smooth_l1_loss(x, x, Reduction::Mean, -1), ValueError);
  EXPECT_THROW(smooth_l1_loss(x, x, Reduction::Mean, NAN), ValueError);
  EXPECT_THROW(huber_loss(x, x, Reduction::Mean, 0), ValueError);
}

TEST(BinaryCrossEntropy, Values) {
  const Tensor x = tensor({0.25, 0.5, 0.0, 1.0}, kDouble);
  const Tensor t = tensor({1.0, 0.5, 1.0, 0.0}, kDouble);
  // -log 1/4, log 2, and twice the bound.
  EXPECT_TRUE(binary_cross_entropy(x, t, {}, Reduction::None)
                  .allclose(tensor({std::log(4.0), std::log(2.0), 100.0, 100.0}, kDouble)));
  const Tensor w = tensor({2.0, 0.0, 0.0, 1.0}, kDouble);
  EXPECT_NEAR(binary_cross_entropy(x, t, w, Reduction::Sum).item<double>(), 2 * std::log(4.0) + 100,
              1e-12);
  EXPECT_THROW(binary_cross_entropy(tensor({1.5}), tensor({1.0})), ValueError);
  EXPECT_THROW(binary_cross_entropy(tensor({NAN}), tensor({1.0})), ValueError);
  EXPECT_THROW(binary_cross_entropy(tensor({0.5}), tensor({-1.0})), ValueError);
  EXPECT_THROW(binary_cross_entropy(tensor({0.5}), tensor({1.0, 1.0})), Error);
}

TEST(BinaryCrossEntropy, Gradient) {
  const Tensor p = tensor({0.2, 0.7, 0.5, 0.9}, kDouble).requires_grad_();
  const Tensor t = tensor({0.0, 1.0, 0.3, 0.4}, kDouble);
  const Tensor w = tensor({1.0, 2.0, 0.5, 3.0}, kDouble).requires_grad_();
  for (int64_t reduction : kReductions) {
    check_gradients([=](const Inputs& in) { return binary_cross_entropy(in[0], t, {}, reduction); },
                    {p});
    check_gradients(
        [=](const Inputs& in) { return binary_cross_entropy(in[0], t, in[1], reduction); }, {p, w});
  }
  const Tensor t2 = tensor({0.1, 0.6, 0.3, 0.4}, kDouble).requires_grad_();
  check_gradients([=](const Inputs& in) { return binary_cross_entropy(in[0], in[1]); }, {p, t2});
  // At the ends it is bounded, as PyTorch's: (x - t) / 1e-12.
  const Tensor x = tensor({0.0, 1.0}, kDouble).requires_grad_();
  EXPECT_TRUE(gradient(binary_cross_entropy(x, tensor({1.0, 0.0}, kDouble), {}, Reduction::Sum), x)
                  .equal(tensor({-1e12, 1e12}, kDouble)));
  // The target's, too, and 0 where a probability of 0 or 1 is right.
  const Tensor right = tensor({0.0, 1.0}, kDouble).requires_grad_();
  const Tensor y = binary_cross_entropy(x, right, {}, Reduction::Sum);
  const std::vector<Tensor> both = autograd::grad({y}, {x, right});
  EXPECT_TRUE(both[0].equal(zeros({2}, kDouble)));
  EXPECT_TRUE(both[1].equal(tensor({100.0, -100.0}, kDouble)));
}

TEST(BinaryCrossEntropyWithLogits, Values) {
  const Tensor x = tensor({0.0, 1000.0, -1000.0, 3.0}, kDouble);
  const Tensor t = tensor({1.0, 0.0, 0.0, 1.0}, kDouble);
  EXPECT_TRUE(
      binary_cross_entropy_with_logits(x, t, {}, {}, Reduction::None)
          .allclose(tensor({std::log(2.0), 1000.0, 0.0, std::log1p(std::exp(-3.0))}, kDouble)));
  // pos_weight counts where the target is 1.
  EXPECT_TRUE(
      binary_cross_entropy_with_logits(x, t, {}, scalar_tensor(3.0, kDouble), Reduction::None)
          .allclose(
              tensor({3 * std::log(2.0), 1000.0, 0.0, 3 * std::log1p(std::exp(-3.0))}, kDouble)));
  EXPECT_THROW(binary_cross_entropy_with_logits(x, zeros({2}, kDouble)), Error);
}

TEST(BinaryCrossEntropyWithLogits, Gradient) {
  const Tensor x = input({2, 3}), t = input({2, 3}, 1).detach().sigmoid().requires_grad_();
  const Tensor w = input({3}, 2).detach(), p = input({3}, 3).detach().abs();
  for (int64_t reduction : kReductions) {
    check_gradients(
        [=](const Inputs& in) {
          return binary_cross_entropy_with_logits(in[0], t.detach(), {}, {}, reduction);
        },
        {x});
    check_gradients(
        [=](const Inputs& in) {
          return binary_cross_entropy_with_logits(in[0], in[1], w, p, reduction);
        },
        {x, t});
  }
}

TEST(KlDiv, ValuesAndGradient) {
  const Tensor x = tensor({-1.0, -2.0}, kDouble), t = tensor({0.0, 0.5}, kDouble);
  // 0 and 0.5 (log 0.5 + 2).
  EXPECT_TRUE(
      kl_div(x, t, Reduction::None).allclose(tensor({0.0, 0.5 * (std::log(0.5) + 2)}, kDouble)));
  EXPECT_NEAR(kl_div(x, tensor({-1.0, -1.0}, kDouble), Reduction::Sum, true).item<double>(),
              std::exp(-1.0), 1e-12);
  const Tensor p = input({2, 3}).detach().sigmoid().requires_grad_();
  for (bool log_target : {false, true}) {
    check_gradients(
        [=](const Inputs& in) { return kl_div(in[0], in[1], Reduction::Mean, log_target); },
        {input({2, 3}, 1), p});
  }
}

// --- a loss for each example

TEST(NllLoss, Values) {
  const Tensor x = tensor({{-1.0, -2.0, -3.0}, {-4.0, -5.0, -6.0}}, kDouble);
  const Tensor t = tensor({2, 0}), w = tensor({1.0, 0.0, 3.0}, kDouble);
  EXPECT_TRUE(nll_loss(x, t, {}, Reduction::None).equal(tensor({3.0, 4.0}, kDouble)));
  EXPECT_EQ(nll_loss(x, t).item<double>(), 3.5);
  // (3 * 3 + 1 * 4) / (3 + 1).
  EXPECT_EQ(nll_loss(x, t, w).item<double>(), 13.0 / 4);
  EXPECT_EQ(nll_loss(x, t, w, Reduction::Mean, 0).item<double>(), 3);
  EXPECT_EQ(nll_loss(x[0], tensor(1)).item<double>(), 2);
  // [N, C, d]: places (0, 0), (0, 1) take classes 1 and 0.
  EXPECT_TRUE(nll_loss(x.unsqueeze(0).transpose(1, 2), tensor({{1, 0}}), {}, Reduction::None)
                  .equal(tensor({{2.0, 4.0}}, kDouble)));
}

TEST(NllLoss, NothingCounts) {
  const Tensor x = zeros({2, 3});
  EXPECT_TRUE(std::isnan(nll_loss(x, tensor({-100, -100})).item<float>()));
  EXPECT_EQ(nll_loss(x, tensor({-100, -100}), {}, Reduction::Sum).item<float>(), 0);
  EXPECT_TRUE(std::isnan(nll_loss(zeros({0, 3}), zeros({0}, kLong)).item<float>()));
}

TEST(NllLoss, Gradient) {
  const Tensor w = tensor({1.0, 0.5, 3.0}, kDouble), t = tensor({2, 0, -1, 1});
  for (int64_t reduction : kReductions) {
    check_gradients([=](const Inputs& in) { return nll_loss(in[0], t, w, reduction, -1); },
                    {input({4, 3})});
    check_gradients(
        [=](const Inputs& in) {
          return nll_loss(in[0], t.view({2, 2}), w, reduction, -1);
        },
        {input({2, 3, 2})});
    check_gradients([=](const Inputs& in) { return nll_loss(in[0], tensor(2), {}, reduction); },
                    {input({3})});
  }
}

TEST(NllLoss, Errors) {
  const Tensor x = zeros({2, 3});
  EXPECT_THROW(nll_loss(x, tensor({0, 3})), IndexError);
  EXPECT_THROW(nll_loss(x, tensor({0, -1})), IndexError);
  EXPECT_THROW(nll_loss(x, tensor({int64_t{0}, std::numeric_limits<int64_t>::min()})), IndexError);
  EXPECT_THROW(nll_loss(x, tensor({0.0, 1.0})), TypeError);
  EXPECT_THROW(nll_loss(x, tensor({0, 1, 2})), Error);
  EXPECT_THROW(nll_loss(x, tensor({0, 1}), ones({2})), Error);
  EXPECT_THROW(nll_loss(x, tensor({0, 1}), ones({3}, kDouble)), TypeError);
  EXPECT_THROW(nll_loss(scalar_tensor(1.0), tensor(0)), Error);
  EXPECT_THROW(nll_loss(x, tensor({0, 1}), {}, 7), ValueError);
  // The target that backward needs was written to.
  const Tensor p = zeros({2, 3}).requires_grad_();
  Tensor t = tensor({0, 1});
  const Tensor y = nll_loss(p, t);
  t.fill_(7);
  EXPECT_THROW(y.backward(), Error);
}

TEST(CrossEntropy, AgreesWithLogSoftmaxAndNll) {
  const Tensor x = input({4, 3}).detach(), t = tensor({2, 0, 1, 1});
  const Tensor w = tensor({1.0, 0.5, 3.0}, kDouble);
  for (int64_t reduction : kReductions) {
    for (const Tensor& weight : {Tensor(), w}) {
      EXPECT_TRUE(cross_entropy(x, t, weight, reduction, 2)
                      .allclose(nll_loss(log_softmax(x, 1), t, weight, reduction, 2)));
      const Tensor places = x.view({2, 2, 3}).transpose(1, 2);
      EXPECT_TRUE(
          cross_entropy(places, t.view({2, 2}), weight, reduction)
              .allclose(nll_loss(log_softmax(places, 1), t.view({2, 2}), weight, reduction)));
    }
  }
  EXPECT_TRUE(cross_entropy(x[0], tensor(1)).allclose(-log_softmax(x[0], 0)[1]));
}

TEST(CrossEntropy, LabelSmoothing) {
  // With e = 0.3 and 3 classes: 0.8, 0.1, 0.1.
  const Tensor x = input({1, 3}).detach();
  const Tensor log_p = log_softmax(x, 1)[0];
  const double expected = -(0.1 * log_p[0] + 0.8 * log_p[1] + 0.1 * log_p[2]).item<double>();
  EXPECT_NEAR(cross_entropy(x, tensor({1}), {}, Reduction::Mean, -100, 0.3).item<double>(),
              expected, 1e-12);
  EXPECT_NEAR(cross_entropy(x, tensor({{0.1, 0.8, 0.1}}, kDouble)).item<double>(), expected, 1e-12);
  EXPECT_NEAR(cross_entropy(x, tensor({{0.0, 1.0, 0.0}}, kDouble), {}, Reduction::Mean, -100, 0.3)
                  .item<double>(),
              expected, 1e-12);
}

TEST(CrossEntropy, WeightsIgnoredAndSmoothed) {
  // As PyTorch 2.15 gives for these numbers.
  const Tensor x = tensor({{0.5, -1.0, 2.0}, {1.5, 0.25, -0.75}, {0.0, 1.0, -2.0}}, kDouble);
  const Tensor w = tensor({1.0, 2.0, 3.0}, kDouble), t = tensor({2, -100, 0});
  EXPECT_NEAR(cross_entropy(x, t, w, Reduction::Mean, -100, 0.2).item<double>(), 0.765288239357,
              1e-9);
  EXPECT_NEAR(cross_entropy(x, t, w, Reduction::Sum, -100, 0.2).item<double>(), 3.061152957429,
              1e-9);
}

TEST(CrossEntropy, Extremes) {
  const Tensor x = tensor({{1000.0, 0.0}, {-1000.0, 0.0}}, kDouble);
  EXPECT_TRUE(cross_entropy(x, tensor({1, 0}), {}, Reduction::None)
                  .equal(tensor({1000.0, 1000.0}, kDouble)));
  EXPECT_TRUE(std::isnan(cross_entropy(zeros({2, 3}), tensor({-100, -100})).item<float>()));
  EXPECT_TRUE(std::isnan(cross_entropy(zeros({0, 3}), zeros({0}, kLong)).item<float>()));
  EXPECT_EQ(cross_entropy(zeros({0, 3}), zeros({0}, kLong), {}, Reduction::Sum).item<float>(), 0);
  EXPECT_TRUE(std::isnan(cross_entropy(zeros({2, 3, 0}), zeros({2, 0}, kLong)).item<float>()));
  EXPECT_EQ(cross_entropy(tensor({{0.0, -kInf}}, kDouble), tensor({1})).item<double>(), kInf);
}

TEST(CrossEntropy, Gradient) {
  const Tensor w = tensor({1.0, 0.5, 3.0}, kDouble), t = tensor({2, 0, -1, 1});
  for (int64_t reduction : kReductions) {
    for (double smoothing : {0.0, 0.3}) {
      for (const Tensor& weight : {Tensor(), w}) {
        check_gradients(
            [=](const Inputs& in) {
              return cross_entropy(in[0], t, weight, reduction, -1, smoothing);
            },
            {input({4, 3})});
        check_gradients(
            [=](const Inputs& in) {
              return cross_entropy(in[0], t.view({2, 2}), weight, reduction, -1, smoothing);
            },
            {input({2, 3, 2})});
        const Tensor q = input({4, 3}, 1).detach().abs();
        check_gradients(
            [=](const Inputs& in) {
              return cross_entropy(in[0], q, weight, reduction, -1, smoothing);
            },
            {input({4, 3})});
      }
      check_gradients(
          [=](const Inputs& in) {
            return cross_entropy(in[0], in[1], in[2], reduction, -1, smoothing);
          },
          {input({4, 3}), input({4, 3}, 1), input({3}, 2)});
    }
  }
}

TEST(CrossEntropy, BackwardTwice) {
  const Tensor x = input({4, 3});
  const Tensor y = cross_entropy(x, tensor({2, 0, 1, 1}));
  y.backward({}, /*retain_graph=*/true);
  const Tensor once = x.grad().clone();
  y.backward();
  EXPECT_TRUE(x.grad().allclose(once * 2));
  EXPECT_THROW(y.backward(), Error);
}

TEST(CrossEntropy, Errors) {
  const Tensor x = zeros({2, 3});
  EXPECT_THROW(cross_entropy(x, tensor({0, 3})), IndexError);
  EXPECT_THROW(cross_entropy(x, tensor({0.0, 1.0})), TypeError);
  EXPECT_THROW(cross_entropy(x, tensor({0, 1, 2})), Error);
  EXPECT_THROW(cross_entropy(x, tensor({0, 1}), ones({2})), Error);
  EXPECT_THROW(cross_entropy(x, tensor({0, 1}), {}, Reduction::Mean, -100, 1.5), ValueError);
  EXPECT_THROW(cross_entropy(x, tensor({0, 1}), {}, Reduction::Mean, -100, -0.1), ValueError);
  EXPECT_THROW(cross_entropy(x, ones({2, 3}) / 3, {}, Reduction::Mean, 0), ValueError);
  EXPECT_THROW(cross_entropy(zeros({2, 0}), tensor({0, 0})), IndexError);
  EXPECT_THROW(cross_entropy(x, tensor({0, 1}), ones({3}).requires_grad_()), NotImplementedError);
  EXPECT_THROW(cross_entropy(Tensor(), tensor({0, 1})), Error);
}

TEST(CrossEntropy, SixteenBitFloats) {
  const Tensor x = input({4, 3}).detach().to(kBFloat16).requires_grad_();
  const Tensor y = cross_entropy(x, tensor({2, 0, 1, 1}));
  EXPECT_EQ(y.dtype(), kBFloat16);
  y.backward();
  EXPECT_EQ(x.grad().dtype(), kBFloat16);
}

}  // namespace
}  // namespace gradus
