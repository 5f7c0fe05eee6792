#include <map>
#include <string>
#include <tuple>
#include <vector>

#include <gradus/gradus.h>
#include <gtest/gtest.h>

namespace gradus {
namespace {

using List = std::vector<Tensor>;
using Params = std::map<std::string, Tensor>;

TEST(FuncGrad, OfANumber) {
  const Tensor x = rand({3}, kDouble);
  const auto f = [](const Tensor& x) { return x.sin().sum(); };
  const Tensor g = func::grad(f)(x);
  EXPECT_TRUE(g.allclose(x.cos()));
  EXPECT_FALSE(g.requires_grad());
  EXPECT_FALSE(x.requires_grad());
  const auto [gradient, value] = func::grad_and_value(f)(x);
  EXPECT_TRUE(gradient.allclose(x.cos()));
  EXPECT_TRUE(value.equal(f(x)));
  EXPECT_FALSE(value.requires_grad());
}

TEST(FuncGrad, Composes) {
  const Tensor x = tensor(0.5, kDouble);
  const auto f = [](const Tensor& x) { return x.sin(); };
  EXPECT_TRUE(func::grad(func::grad(f))(x).allclose(-x.sin()));
  EXPECT_TRUE(func::grad(func::grad(func::grad(f)))(x).allclose(-x.cos()));
  // The inner function captures what the outer differentiates by: d/dx (x d/dy (x y)) = 2 x.
  const auto outer = [](const Tensor& x) {
    return x * func::grad([&](const Tensor& y) { return x * y; })(ones({}, kDouble));
  };
  EXPECT_TRUE(func::grad(outer)(x).allclose(x * 2));
}

TEST(FuncGrad, ByChosenArguments) {
  const Tensor x = rand({2}, kDouble), y = rand({2}, kDouble);
  const auto f = [](const Tensor& x, double scale, const Tensor& y) {
    return (x * y * y).sum() * scale;
  };
  EXPECT_TRUE(func::grad(f)(x, 3.0, y).allclose(y * y * 3));
  EXPECT_TRUE(func::grad<2>(f)(x, 3.0, y).allclose(x * y * 6));
  const auto [dx, dy] = func::grad<0, 2>(f)(x, 3.0, y);
  EXPECT_TRUE(dx.allclose(y * y * 3));
  EXPECT_TRUE(dy.allclose(x * y * 6));
  const auto [gradients, value] = func::grad_and_value<2, 0>(f)(x, 3.0, y);
  EXPECT_TRUE(std::get<0>(gradients).allclose(x * y * 6));
  EXPECT_TRUE(value.equal(f(x, 3.0, y)));
}

TEST(FuncGrad, OfStructures) {
  const Params params = {{"w", rand({3, 2}, kDouble)}, {"b", rand({2}, kDouble)}};
  const Tensor x = rand({4, 3}, kDouble);
  const auto loss = [](const Params& p, const Tensor& x) {
    return (x.matmul(p.at("w")) + p.at("b")).square().sum();
  };
  const Params g = func::grad(loss)(params, x);
  const Tensor y = x.matmul(params.at("w")) + params.at("b");
  EXPECT_TRUE(g.at("b").allclose(y.sum(0) * 2));
  EXPECT_TRUE(g.at("w").allclose(x.t().matmul(y) * 2));
  const List list = func::grad([](const List& in) { return (in[0] * in[1]).sum(); })(List{x, x});
  EXPECT_TRUE(list[0].allclose(x));
  const auto pair = func::grad([](const std::pair<Tensor, std::tuple<Tensor>>& p) {
    return (p.first * std::get<0>(p.second)).sum();
  })(std::make_pair(x, std::make_tuple(x * 2)));
  EXPECT_TRUE(pair.first.allclose(x * 2));
  EXPECT_TRUE(std::get<0>(pair.second).allclose(x));
}

TEST(FuncGrad, UnusedArgumentsGiveZeros) {
  const Tensor x = rand({2}, kDouble);
  EXPECT_TRUE(func::grad<1>([](const Tensor& x, const Tensor&) { return x.sum(); })(x, x).equal(
      zeros({2}, kDouble)));
  EXPECT_TRUE(
      func::grad([](const Tensor&) { return ones({}, kDouble); })(x).equal(zeros({2}, kDouble)));
}

TEST(FuncGrad, ResultsAreDifferentiableWhereTheArgumentsAre) {
  const Tensor x = rand({2}, kDouble).requires_grad_(), w = rand({2}, kDouble).requires_grad_();
  const auto cube = [](const Tensor& x) { return x.pow(3).sum(); };
  const Tensor g = func::grad(cube)(x);
  EXPECT_TRUE(g.requires_grad());
  EXPECT_TRUE(autograd::grad(g.sum(), x)[0].allclose(x.detach() * 6));
  // What f captures counts, too.
  const Tensor by_capture =
      func::grad([&](const Tensor& x) { return (x * x * w).sum(); })(x.detach());
  EXPECT_TRUE(by_capture.requires_grad());
  EXPECT_TRUE(autograd::grad(by_capture.sum(), w)[0].allclose(x.detach() * 2));
  EXPECT_FALSE(x.grad().defined());
  NoGradGuard no_grad;
  EXPECT_TRUE(func::grad(cube)(x).allclose(x.detach().square() * 3));
  EXPECT_FALSE(func::grad(cube)(x).requires_grad());
}

TEST(FuncGrad, Errors) {
  const auto square = [](const Tensor& x) { return x * x; };
  EXPECT_THROW(func::grad(square)(rand({2})), Error);
  EXPECT_THROW(func::grad(square)(Tensor()), Error);
  EXPECT_THROW(func::grad(square)(tensor(2)), TypeError);
  EXPECT_THROW(func::grad([](const Tensor&) { return Tensor(); })(rand({2})), Error);
}

TEST(FuncJacobian, ReverseAndForwardAgree) {
  const Tensor x = rand({3}, kDouble), w = rand({2, 3}, kDouble);
  const auto f = [](const Tensor& w, const Tensor& x) { return w.matmul(x).tanh(); };
  const Tensor expected =
      autograd::functional::jacobian([&](const Tensor& x) { return f(w, x); }, x);
  EXPECT_TRUE(func::jacrev<1>(f)(w, x).allclose(expected));
  EXPECT_TRUE(func::jacfwd<1>(f)(w, x).allclose(expected));
  EXPECT_EQ(func::jacfwd(f)(w, x).sizes(), IntArrayRef({2, 2, 3}));
  EXPECT_TRUE(func::jacfwd(f)(w, x).allclose(func::jacrev(f)(w, x)));
  const auto [dw, dx] = func::jacrev<0, 1>(f)(w, x);
  EXPECT_TRUE(dx.allclose(expected));
  EXPECT_EQ(func::jacrev([](const Tensor& x) { return x; })(zeros({0})).sizes(),
            IntArrayRef({0, 0}));
  EXPECT_EQ(func::jacfwd([](const Tensor& x) { return x; })(zeros({0})).sizes(),
            IntArrayRef({0, 0}));
  EXPECT_TRUE(
      func::jacfwd([](const Tensor&) { return ones({2}); })(rand({3})).equal(zeros({2, 3})));
}

TEST(FuncJacobian, Hessian) {
  const Tensor x = rand({3}, kDouble);
  const auto f = [](const Tensor& x) { return x.pow(3).sum() + x[0] * x[1]; };
  const Tensor expected = autograd::functional::hessian(f, x);
  EXPECT_TRUE(func::hessian(f)(x).allclose(expected));
  EXPECT_TRUE(func::jacfwd(func::jacrev(f))(x).allclose(expected));
  EXPECT_TRUE(func::jacfwd(func::grad(f))(x).allclose(expected));
  EXPECT_FALSE(func::hessian(f)(x).requires_grad());
}

TEST(FuncVjpJvp, Products) {
  const Tensor x = rand({3}, kDouble), y = rand({3}, kDouble), v = rand({3}, kDouble);
  const auto f = [](const Tensor& x, const Tensor& y) { return x * y.exp(); };
  const auto [output, product] = func::vjp(f, x, y);
  EXPECT_TRUE(output.allclose(f(x, y)));
  const auto [dx, dy] = product(v);
  EXPECT_TRUE(dx.allclose(v * y.exp()));
  EXPECT_TRUE(dy.allclose(v * x * y.exp()));
  EXPECT_TRUE(std::get<0>(product(v * 2)).allclose(dx * 2));
  const auto [value, tangent] = func::jvp(f, std::make_tuple(x, y), std::make_tuple(v, v));
  EXPECT_TRUE(value.allclose(output));
  EXPECT_TRUE(tangent.allclose(dx + dy));
  EXPECT_FALSE(tangent.requires_grad());
  EXPECT_THROW(product(ones({2}, kDouble)), Error);
  EXPECT_THROW(func::jvp(f, std::make_tuple(x, y), std::make_tuple(v, ones({2}, kDouble))), Error);
  const auto two = [](const Tensor& x) { return List{x * 2, x * x}; };
  const auto [outputs, tangents] = func::jvp(two, std::make_tuple(x), std::make_tuple(v));
  EXPECT_TRUE(tangents[0].allclose(v * 2));
  EXPECT_TRUE(tangents[1].allclose(x * v * 2));
}

TEST(Vmap, IsTheBatchedFunction) {
  const Tensor a = rand({5, 3}), b = rand({5, 3});
  const auto dot = [](const Tensor& a, const Tensor& b) { return (a * b).sum(); };
  EXPECT_TRUE(func::vmap(dot)(a, b).allclose((a * b).sum(1)));
  EXPECT_TRUE(func::vmap(dot, {0, std::nullopt})(a, b[0]).allclose(a.matmul(b[0])));
  EXPECT_TRUE(func::vmap(dot, {-1, 1})(a, b).allclose((a * b).sum(0)));
  const auto twice = [](const Tensor& x) { return x * 2; };
  EXPECT_TRUE(func::vmap(twice, {}, /*out_dim=*/-1)(a).equal((a * 2).t()));
  // All pairs, by nesting.
  const auto pairs = func::vmap(
      [&](const Tensor& a, const Tensor& b) {
        return func::vmap(dot, {std::nullopt, 0})(a, b);
      },
      {0, std::nullopt});
  EXPECT_TRUE(pairs(a, b).allclose(a.matmul(b.t())));
}

TEST(Vmap, ResultsOfOtherKinds) {
  const Tensor a = rand({4, 3});
  const auto [sums, both] = func::vmap([](const Tensor& a) {
    return std::make_tuple(a.sum(), List{a * 2, a[0]});
  })(a);
  EXPECT_TRUE(sums.allclose(a.sum(1)));
  EXPECT_TRUE(both[0].equal(a * 2));
  EXPECT_TRUE(both[1].equal(a.select(1, 0)));
}

TEST(Vmap, GradientsForEachSample) {
  nn::Linear layer(3, 2);
  Params params;
  for (const auto& item : layer->named_parameters()) params[item.key()] = item.value();
  const Tensor x = rand({6, 3}), target = rand({6, 2});
  const auto loss = [](const Params& p, const Tensor& x, const Tensor& target) {
    const Tensor y = x.unsqueeze(0).matmul(p.at("weight").t()) + p.at("bias");
    return (y.squeeze(0) - target).square().sum();
  };
  NoGradGuard no_grad;
  const Params g = func::vmap(func::grad(loss), {std::nullopt, 0, 0})(params, x, target);
  EXPECT_EQ(g.at("weight").sizes(), IntArrayRef({6, 2, 3}));
  EXPECT_FALSE(g.at("weight").requires_grad());
  for (int64_t i = 0; i < 6; ++i) {
    const Params one = func::grad(loss)(params, x[i], target[i]);
    EXPECT_TRUE(g.at("weight")[i].equal(one.at("weight")));
    EXPECT_TRUE(g.at("bias")[i].equal(one.at("bias")));
  }
}

TEST(Vmap, IsDifferentiable) {
  const Tensor x = rand({4, 3}, kDouble).requires_grad_();
  const auto f = [](const Tensor& row) { return row.square().sum(); };
  EXPECT_TRUE(autograd::grad(func::vmap(f)(x).sum(), x)[0].allclose(x.detach() * 2));
  EXPECT_TRUE(func::grad([&](const Tensor& x) { return func::vmap(f)(x).sum(); })(x.detach())
                  .allclose(x.detach() * 2));
  EXPECT_TRUE(func::jacrev(func::vmap(f))(x.detach()).sum(1).allclose(x.detach() * 2));
}

TEST(Vmap, Randomness) {
  const Tensor x = zeros({3, 4});
  const auto draw = [](const Tensor& x) { return x + rand({4}); };
  EXPECT_THROW(func::vmap(draw)(x), Error);
  const Tensor different = func::vmap(draw, {}, 0, "different")(x);
  EXPECT_FALSE(different[0].equal(different[1]));
  manual_seed(5);
  const Tensor same = func::vmap(draw, {}, 0, "same")(x), next = rand({4});
  EXPECT_TRUE(same[0].equal(same[2]));
  manual_seed(5);
  EXPECT_TRUE(rand({4}).equal(same[0]));
  EXPECT_TRUE(rand({4}).equal(next));
  EXPECT_THROW(func::vmap(draw, {}, 0, "some"), ValueError);
}

TEST(Vmap, Errors) {
  const auto add = [](const Tensor& a, const Tensor& b) { return a + b; };
  EXPECT_THROW(func::vmap(add)(rand({2, 3}), rand({3, 3})), Error);
  EXPECT_THROW(func::vmap(add, {0})(rand({2}), rand({2})), Error);
  EXPECT_THROW(func::vmap(add, {std::nullopt, std::nullopt})(rand({2}), rand({2})), Error);
  EXPECT_THROW(func::vmap(add, {1, 0})(rand({2}), rand({2})), IndexError);
  EXPECT_THROW(func::vmap(add)(rand({}), rand({2})), IndexError);
  EXPECT_THROW(func::vmap(add)(rand({0, 2}), rand({0, 2})), Error);
  EXPECT_THROW(func::vmap(add)(Tensor(), rand({2})), Error);
  EXPECT_THROW(func::vmap([](const Tensor&) { return Tensor(); })(rand({2})), Error);
  int calls = 0;
  EXPECT_THROW(func::vmap([&](const Tensor& x) { return x.slice(0, 0, ++calls); })(rand({2, 3})),
               Error);
}

}  // namespace
}  // namespace gradus
