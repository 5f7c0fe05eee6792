// autograd::functional: against formulas and against each other.

#include <cmath>
#include <vector>

#include <gradus/gradus.h>
#include <gtest/gtest.h>

namespace gradus {
namespace {

namespace F = autograd::functional;
using List = std::vector<Tensor>;

Tensor vector(std::vector<double> values) {
  return tensor(values, kDouble);
}

// [3] -> [2]
Tensor two_of_three(const Tensor& x) {
  return stack({x[0] * x[1], x[2].sin() + x[0]});
}
Tensor jacobian_of_two(const Tensor& x) {
  const Tensor zero = zeros({}, kDouble), one = ones({}, kDouble);
  return stack({stack({x[1], x[0], zero}), stack({one, zero, x[2].cos()})});
}

TEST(Functional, Jacobian) {
  const Tensor x = vector({1, 2, 3});
  const Tensor j = F::jacobian(two_of_three, x);
  EXPECT_TRUE(j.allclose(jacobian_of_two(x))) << j;
  EXPECT_FALSE(j.requires_grad());
  EXPECT_EQ(F::jacobian([](const Tensor& x) { return x.unsqueeze(0).exp(); }, rand({2, 3})).sizes(),
            IntArrayRef({1, 2, 3, 2, 3}));
  EXPECT_EQ(F::jacobian([](const Tensor& x) { return x.sum(); }, rand({2})).sizes(),
            IntArrayRef({2}));
  EXPECT_EQ(F::jacobian([](const Tensor& x) { return x; }, zeros({0, 2})).sizes(),
            IntArrayRef({0, 2, 0, 2}));
}

TEST(Functional, JacobianOfSeveral) {
  const Tensor x = vector({1, 2}), y = vector({3, 4});
  const auto j = F::jacobian(
      [](const List& in) {
        return List{in[0] * in[1], in[1].sum()};
      },
      List{x, y});
  ASSERT_EQ(j.size(), 2u);
  EXPECT_TRUE(j[0][0].allclose(diag(y)));
  EXPECT_TRUE(j[0][1].allclose(diag(x)));
  EXPECT_TRUE(j[1][0].equal(zeros({2}, kDouble)));
  EXPECT_TRUE(j[1][1].equal(ones({2}, kDouble)));
}

TEST(Functional, CreateGraph) {
  const Tensor x = vector({1, 2, 3}).requires_grad_();
  const Tensor w = vector({2}).requires_grad_();
  const auto cube = [&](const Tensor& x) { return x * x * x * w; };
  const Tensor j = F::jacobian(cube, x, /*create_graph=*/true);
  EXPECT_TRUE(j.requires_grad());
  const List g = autograd::grad(j.sum(), {x, w});
  EXPECT_TRUE(g[0].allclose(x.detach() * 12));
  EXPECT_NEAR(g[1].item<double>(), 42, 1e-12);  // 3 (1 + 4 + 9)
  // The leaf's own gradient stays untouched.
  F::jacobian(cube, x);
  EXPECT_FALSE(x.grad().defined());
  EXPECT_FALSE(F::jacobian(cube, x).requires_grad());
}

TEST(Functional, Hessian) {
  const Tensor x = vector({1, 2, 3});
  const auto f = [](const Tensor& x) { return (x * x * x).sum() + x[0] * x[1]; };
  Tensor expected = diag(x * 6);
  expected[0][1] = 1;
  expected[1][0] = 1;
  EXPECT_TRUE(F::hessian(f, x).allclose(expected));
  const auto parts = F::hessian([](const List& in) { return (in[0] * in[1]).sum(); },
                                List{vector({1, 2}), vector({3, 4})});
  EXPECT_TRUE(parts[0][0].equal(zeros({2, 2}, kDouble)));
  EXPECT_TRUE(parts[0][1].equal(eye(2, kDouble)));
  EXPECT_TRUE(parts[1][0].equal(eye(2, kDouble)));
  const Tensor leaf = vector({1, 2}).requires_grad_();
  const Tensor h =
      F::hessian([](const Tensor& x) { return x.pow(4).sum(); }, leaf, /*create_graph=*/true);
  EXPECT_TRUE(autograd::grad(h.sum(), leaf)[0].allclose(leaf.detach() * 24));
}

TEST(Functional, Vjp) {
  const Tensor x = vector({1, 2, 3}), v = vector({5, 7});
  const auto [y, product] = F::vjp(two_of_three, x, v);
  EXPECT_TRUE(y.allclose(two_of_three(x)));
  EXPECT_TRUE(product.allclose(v.matmul(jacobian_of_two(x))));
  EXPECT_FALSE(y.requires_grad());
  // A number needs no v.
  EXPECT_TRUE(
      std::get<1>(F::vjp([](const Tensor& x) { return x.sum(); }, x)).equal(ones({3}, kDouble)));
  const auto [outputs, products] = F::vjp(
      [](const List& in) {
        return List{in[0] * in[1], in[0]};
      },
      List{x, x}, List{x, x});
  EXPECT_TRUE(products[0].allclose(x * x + x));
  EXPECT_TRUE(products[1].allclose(x * x));
}

TEST(Functional, Jvp) {
  const Tensor x = vector({1, 2, 3}), v = vector({5, 7, 11});
  const auto [y, product] = F::jvp(two_of_three, x, v);
  EXPECT_TRUE(y.allclose(two_of_three(x)));
  EXPECT_TRUE(product.allclose(jacobian_of_two(x).matmul(v))) << product;
  EXPECT_FALSE(product.requires_grad());
  EXPECT_NEAR(
      std::get<1>(F::jvp([](const Tensor& x) { return x.exp(); }, vector({1}))).item<double>(),
      std::exp(1), 1e-12);
  const auto [outputs, products] = F::jvp(
      [](const List& in) {
        return List{in[0] * in[1], in[0]};
      },
      List{x, x}, List{v, v});
  EXPECT_TRUE(products[0].allclose(x * v * 2));
  EXPECT_TRUE(products[1].equal(v));
  const Tensor leaf = vector({1, 2, 3}).requires_grad_();
  const auto twice = F::jvp([](const Tensor& x) { return x * x; }, leaf, v, /*create_graph=*/true);
  EXPECT_TRUE(autograd::grad(std::get<1>(twice).sum(), leaf)[0].allclose(v * 2));
}

TEST(Functional, VhpAndHvp) {
  const Tensor x = vector({1, 2, 3}), v = vector({5, 7, 11});
  const auto f = [](const Tensor& x) { return (x * x * x).sum() + x[0] * x[1] * x[2]; };
  const Tensor h = F::hessian(f, x);
  const auto [y, left] = F::vhp(f, x, v);
  const auto [z, right] = F::hvp(f, x, v);
  EXPECT_NEAR(y.item<double>(), 42, 1e-12);
  EXPECT_TRUE(z.equal(y));
  EXPECT_TRUE(left.allclose(v.matmul(h)));
  EXPECT_TRUE(right.allclose(h.matmul(v)));
  const auto g = [](const List& in) { return (in[0] * in[0] * in[1]).sum(); };
  const auto [value, parts] = F::hvp(g, List{x, x}, List{v, v});
  EXPECT_TRUE(parts[0].allclose(x * v * 4));  // 2 x1 v0 + 2 x0 v1
  EXPECT_TRUE(parts[1].allclose(x * v * 2));
  const auto same = std::get<1>(F::vhp(g, List{x, x}, List{v, v}));
  EXPECT_TRUE(same[0].allclose(parts[0]));
  EXPECT_TRUE(same[1].allclose(parts[1]));
}

TEST(Functional, IndependenceGivesZerosOrAnErrorWithStrict) {
  const Tensor x = vector({1, 2});
  const auto constant = [](const Tensor&) { return ones({2}, kDouble); };
  const auto linear = [](const Tensor& x) { return x.sum(); };
  const auto number = [](const Tensor&) { return ones({}, kDouble); };
  EXPECT_TRUE(F::jacobian(constant, x).equal(zeros({2, 2}, kDouble)));
  EXPECT_TRUE(F::hessian(linear, x).equal(zeros({2, 2}, kDouble)));
  EXPECT_TRUE(std::get<1>(F::vjp(constant, x, x)).equal(zeros({2}, kDouble)));
  EXPECT_TRUE(std::get<1>(F::jvp(constant, x, x)).equal(zeros({2}, kDouble)));
  EXPECT_TRUE(std::get<1>(F::vhp(linear, x, x)).equal(zeros({2}, kDouble)));
  EXPECT_TRUE(std::get<1>(F::hvp(number, x, x)).equal(zeros({2}, kDouble)));
  EXPECT_THROW(F::jacobian(constant, x, false, /*strict=*/true), Error);
  EXPECT_THROW(F::hessian(linear, x, false, true), Error);
  EXPECT_THROW(F::vjp(constant, x, x, false, true), Error);
  EXPECT_THROW(F::jvp(constant, x, x, false, true), Error);
  EXPECT_THROW(F::vhp(linear, x, x, false, true), Error);
  EXPECT_THROW(F::hvp(linear, x, x, false, true), Error);
}

TEST(Functional, RunsWithGradModeOn) {
  const Tensor x = vector({1, 2, 3});
  NoGradGuard no_grad;
  EXPECT_TRUE(F::jacobian(two_of_three, x).allclose(jacobian_of_two(x)));
  EXPECT_FALSE(GradMode::is_enabled());
}

TEST(Functional, Errors) {
  const Tensor x = vector({1, 2});
  const auto square = [](const Tensor& x) { return x * x; };
  EXPECT_THROW(F::jacobian(square, Tensor()), Error);
  EXPECT_THROW(F::jacobian(square, tensor({1, 2})), TypeError);
  EXPECT_THROW(F::jacobian([](const Tensor&) { return Tensor(); }, x), Error);
  EXPECT_THROW(F::hessian(square, x), Error);
  EXPECT_THROW(F::vjp(square, x), Error);
  EXPECT_THROW(F::vjp(square, x, ones({3})), Error);
  EXPECT_THROW(F::jvp(square, x), Error);
  EXPECT_THROW(F::vhp(square, x, x), Error);
  EXPECT_THROW(F::hvp(square, x, x), Error);
  EXPECT_THROW(F::vjp([](const List& in) { return in[0]; }, List{x}, List{x, x}), Error);
}

}  // namespace
}  // namespace gradus
