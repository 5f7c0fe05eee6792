// Dual numbers; op_graph_test.cpp runs them over the op table.

#include <gradus/gradus.h>
#include <gtest/gtest.h>

namespace gradus {
namespace {

namespace forward_ad = autograd::forward_ad;
using forward_ad::DualLevel;
using forward_ad::make_dual;
using forward_ad::unpack_dual;

TEST(ForwardAd, DerivativeAlongATangent) {
  const Tensor x = rand({3}, kDouble), v = rand({3}, kDouble);
  DualLevel level;
  const Tensor dual = make_dual(x, v);
  const auto [y, dy] = unpack_dual((dual.sin() * dual).exp());
  const Tensor inner = x.sin() * x;
  EXPECT_TRUE(y.equal(inner.exp()));
  EXPECT_TRUE(dy.allclose(inner.exp() * (x.cos() * x + x.sin()) * v));
  EXPECT_FALSE(y.requires_grad());
  EXPECT_FALSE(dy.requires_grad());
  const auto itself = unpack_dual(dual);
  EXPECT_TRUE(itself.primal.equal(x));
  EXPECT_TRUE(itself.tangent.equal(v));
}

TEST(ForwardAd, SeveralDuals) {
  const Tensor x = rand({3}, kDouble), y = rand({3}, kDouble);
  DualLevel level;
  const auto result = unpack_dual(make_dual(x, y) * make_dual(y, x));
  EXPECT_TRUE(result.tangent.allclose(y * y + x * x));
}

TEST(ForwardAd, NoDualNoTangent) {
  DualLevel level;
  EXPECT_FALSE(unpack_dual(rand({2})).tangent.defined());
  EXPECT_FALSE(unpack_dual(rand({2}).requires_grad_() * 2).tangent.defined());
  const Tensor dual = make_dual(rand({2}), ones({2}));
  EXPECT_FALSE(unpack_dual(dual.detach()).tangent.defined());
  NoGradGuard no_grad;
  EXPECT_FALSE(unpack_dual(dual * 2).tangent.defined());
}

TEST(ForwardAd, ForwardOverReverse) {
  // H v, as the tangent of a gradient.
  const Tensor x = rand({3}, kDouble).requires_grad_(), v = rand({3}, kDouble);
  DualLevel level;
  const Tensor dual = make_dual(x, v);
  const Tensor g =
      autograd::grad(dual.pow(3).sum(), dual, {}, std::nullopt, /*create_graph=*/true)[0];
  EXPECT_TRUE(unpack_dual(g).tangent.allclose(x.detach() * v * 6));
}

TEST(ForwardAd, ReverseOverForward) {
  const Tensor x = rand({3}, kDouble).requires_grad_(), v = rand({3}, kDouble).requires_grad_();
  DualLevel level;
  const auto [y, dy] = unpack_dual(make_dual(x, v).pow(3));
  EXPECT_TRUE(y.requires_grad());
  EXPECT_TRUE(dy.requires_grad());
  const std::vector<Tensor> g = autograd::grad(dy.sum(), {x, v});
  EXPECT_TRUE(g[0].allclose((x * v * 6).detach()));
  EXPECT_TRUE(g[1].allclose((x * x * 3).detach()));
}

TEST(ForwardAd, InPlaceOps) {
  const Tensor x = rand({3}, kDouble), v = rand({3}, kDouble);
  DualLevel level;
  Tensor y = make_dual(x.clone(), v) * 1;
  y.mul_(y);
  y[0] = 7;
  Tensor expected = x * v * 2;
  expected[0] = 0;
  EXPECT_TRUE(unpack_dual(y).tangent.allclose(expected));
}

TEST(ForwardAd, Errors) {
  const Tensor x = rand({2});
  EXPECT_THROW(make_dual(x, x), Error);
  EXPECT_THROW(unpack_dual(x), Error);
  DualLevel level;
  EXPECT_THROW(DualLevel(), Error);
  EXPECT_THROW(make_dual(x, rand({3})), Error);
  EXPECT_THROW(make_dual(x, Tensor()), Error);
  EXPECT_THROW(make_dual(tensor({1, 2}), tensor({1, 2})), TypeError);
  EXPECT_THROW(make_dual(x, rand({2}, kDouble)), TypeError);
  EXPECT_THROW(unpack_dual(Tensor()), Error);
  NoGradGuard no_grad;
  EXPECT_THROW(make_dual(x, x), Error);
}

}  // namespace
}  // namespace gradus
