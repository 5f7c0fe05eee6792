#include <cmath>
#include <limits>

#include <gradus/autograd/engine.h>
#include <gradus/autograd/grad_mode.h>
#include <gradus/autograd/gradcheck.h>
#include <gradus/autograd/ops/softmax.h>
#include <gradus/core/factory.h>
#include <gtest/gtest.h>

namespace gradus {
namespace {

using Inputs = std::vector<Tensor>;

Tensor input() {
  return tensor({{{1.5, -2.0, 0.25}, {-0.5, 2.5, 1.0}}, {{0.75, -3.5, 2.0}, {0.0, 1.0, -1.0}}},
                kDouble)
      .requires_grad_();
}

TEST(Softmax, EveryDim) {
  // e^0 : e^ln 3 = 1 : 3.
  const Tensor x = tensor({{0.0, std::log(3.0)}, {0.0, 0.0}}, kDouble);
  EXPECT_TRUE(softmax(x, 1).allclose(tensor({{0.25, 0.75}, {0.5, 0.5}}, kDouble)));
  EXPECT_TRUE(softmax(x, -2).allclose(tensor({{0.5, 0.75}, {0.5, 0.25}}, kDouble)));
  EXPECT_TRUE(log_softmax(x, 1).exp().allclose(softmax(x, 1)));
  EXPECT_EQ(softmax(scalar_tensor(5.0), 0).item<float>(), 1);
}

TEST(Softmax, EmptyDim) {
  EXPECT_EQ(softmax(zeros({2, 0}), 1).sizes(), IntArrayRef({2, 0}));
  EXPECT_EQ(softmax(zeros({0, 3}), 1).sizes(), IntArrayRef({0, 3}));
}

TEST(Softmax, AllMinusInfinity) {
  const Tensor x = full({2}, -std::numeric_limits<double>::infinity(), kDouble);
  EXPECT_TRUE(softmax(x, 0).isnan().all().item<bool>());
  EXPECT_TRUE(log_softmax(x, 0).isnan().all().item<bool>());
}

TEST(Softmax, Dtypes) {
  EXPECT_THROW(softmax(tensor({1, 2}), 0), TypeError);
  EXPECT_EQ(softmax(tensor({1, 1}), 0, kFloat).dtype(), kFloat);
  const Tensor half = softmax(tensor({0.0, 0.0}, kBFloat16), 0);
  EXPECT_EQ(half.dtype(), kBFloat16);
  EXPECT_EQ(half.select(0, 1).item<float>(), 0.5);
  EXPECT_THROW(softmax(zeros({2, 2}), 2), IndexError);
  EXPECT_THROW(log_softmax(Tensor(), 0), Error);
}

TEST(Softmax, NonContiguous) {
  const Tensor x = input().detach();
  for (int64_t dim : {0, 1, 2}) {
    const Tensor y = softmax(x.permute({2, 0, 1}), dim);
    const Tensor z = softmax(x.permute({2, 0, 1}).contiguous(), dim);
    EXPECT_TRUE(y.equal(z));
  }
}

TEST(Softmax, Gradient) {
  autograd::GradcheckOptions options;
  options.noncontiguous_grad = true;
  for (int64_t dim : {0, 1, 2}) {
    const auto f = [dim](const Inputs& in) { return softmax(in[0], dim); };
    const auto g = [dim](const Inputs& in) { return log_softmax(in[0], dim); };
    EXPECT_TRUE(autograd::gradcheck(f, {input()}, options));
    EXPECT_TRUE(autograd::gradgradcheck(f, {input()}));
    EXPECT_TRUE(autograd::gradcheck(g, {input()}, options));
    EXPECT_TRUE(autograd::gradgradcheck(g, {input()}));
  }
}

TEST(Softmax, ThirdDerivative) {
  const auto second = [](const Inputs& in) {
    AutoGradMode mode(true);
    const Tensor x = in[0];
    const Tensor d1 = autograd::grad({softmax(x, 0).square().sum()}, {x}, {}, true, true)[0];
    return autograd::grad({d1.square().sum()}, {x}, {}, true, true)[0];
  };
  const Tensor x = tensor({0.5, -1.0, 2.0}, kDouble).requires_grad_();
  EXPECT_TRUE(autograd::gradcheck(second, {x}));
}

}  // namespace
}  // namespace gradus
