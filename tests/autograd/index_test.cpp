// Gradients of indexing, and histories of writes through it.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <gradus/autograd/engine.h>
#include <gradus/autograd/grad_mode.h>
#include <gradus/autograd/gradcheck.h>
#include <gradus/autograd/ops/copy.h>
#include <gradus/autograd/ops/embedding.h>
#include <gradus/autograd/ops/gather.h>
#include <gradus/autograd/ops/index.h>
#include <gradus/autograd/ops/random.h>
#include <gradus/autograd/ops/scatter_reduce.h>
#include <gradus/autograd/ops/shape.h>
#include <gradus/core/factory.h>
#include <gradus/core/indexing.h>
#include <gtest/gtest.h>

namespace gradus {
namespace {

using indexing::Slice;
using Doubles = std::vector<double>;
using Inputs = std::vector<Tensor>;

Doubles values(const Tensor& x) {
  const Tensor list = x.detach().to(kDouble).contiguous();
  return Doubles(list.data_ptr<double>(), list.data_ptr<double>() + list.numel());
}

Tensor leaf(IntArrayRef sizes) {
  int64_t numel = 1;
  for (int64_t size : sizes) numel *= size;
  return (arange(numel, kDouble) + 1).reshape(sizes).clone().requires_grad_();
}

struct Case {
  const char* name;
  std::function<Tensor(const Tensor& x, const Tensor& src)> f;
};

TEST(IndexGradients, OfTheFirstAndSecondOrder) {
  const Tensor rows = tensor({1, 0, 1}), columns = tensor({0, -1, 2});
  const Tensor mask = tensor({{true, false, true}, {false, true, false}});
  const Tensor along = tensor({{{1, 0, 1, 1}, {0, 0, 1, 0}, {1, 1, 1, 1}}});
  const Tensor places = tensor({{{0, 2, 1, 0}}, {{2, 2, 0, 1}}});
  // x is [2, 3, 4], src is [3, 4]
  const std::vector<Case> cases = {
      {"index rows", [=](const Tensor& x, const Tensor& src) { return x.index({rows}) * src; }},
      {"index elements",
       [=](const Tensor& x, const Tensor& src) {
         return x.index({rows, columns}) * src;
       }},
      {"index apart",
       [=](const Tensor& x, const Tensor& src) {
         return x.index({rows, Slice(), columns}) * src[0][0];
       }},
      {"index with slices",
       [=](const Tensor& x, const Tensor& src) {
         return x.index({0, Slice(1), columns}) * src.index({Slice(1), rows});
       }},
      {"index mask", [=](const Tensor& x, const Tensor& src) { return x.index({mask}) * src; }},
      {"index transposed",
       [=](const Tensor& x, const Tensor& src) {
         return x.transpose(0, 2).index({columns, rows}) * src[0][1];
       }},
      {"index_put",
       [=](const Tensor& x, const Tensor& src) {
         return index_put(x, {Slice(), columns.abs().remainder(3)}, src * src);
       }},
      {"index_put accumulate",
       [=](const Tensor& x, const Tensor& src) { return index_put(x, {rows}, src, true); }},
      {"index_put mask",
       [=](const Tensor& x, const Tensor& src) { return index_put(x, {mask}, src[1]); }},
      {"index_put expanded",
       [=](const Tensor& x, const Tensor& src) { return index_put(x, {mask}, src[1][2]); }},
      {"take", [=](const Tensor& x, const Tensor& src) { return take(x, rows) * src[0][0]; }},
      {"masked_select",
       [=](const Tensor& x, const Tensor& src) {
         return x.masked_select(mask.unsqueeze(2)) * src.sum();
       }},
      {"masked_scatter",
       [=](const Tensor& x, const Tensor& src) {
         return masked_scatter(x, mask.unsqueeze(2), src);
       }},
      {"index_select",
       [=](const Tensor& x, const Tensor& src) {
         return x.index_select(1, tensor({2, 2})) * src[0];
       }},
      {"index_add",
       [=](const Tensor& x, const Tensor& src) {
         return x.index_add(0, tensor({1}), src.unsqueeze(0), 3);
       }},
      {"index_copy",
       [=](const Tensor& x, const Tensor& src) {
         return index_copy(x, 0, tensor({1}), src.unsqueeze(0));
       }},
      {"index_fill", [=](const Tensor& x,
                         const Tensor& src) { return index_fill(x, 1, tensor({1}), src[0][0]); }},
      {"gather", [=](const Tensor& x, const Tensor& src) { return x.gather(0, along) * src; }},
      {"gather along the middle",
       [=](const Tensor& x, const Tensor& src) { return x.gather(1, places) * src; }},
      {"take_along_dim",
       [=](const Tensor& x, const Tensor& src) {
         return take_along_dim(x, places.narrow(0, 0, 1), 1) * src;
       }},
      {"scatter",
       [=](const Tensor& x, const Tensor& src) { return x.scatter(0, along, src.unsqueeze(0)); }},
      {"scatter value",
       [=](const Tensor& x, const Tensor& src) { return x.scatter(0, along, 2.5) * src; }},
      {"scatter larger src",
       [=](const Tensor& x, const Tensor& src) {
         return x.scatter(1, places, src.unsqueeze(0).expand({2, 3, 4}));
       }},
      {"scatter_add",
       [=](const Tensor& x, const Tensor& src) {
         return x.scatter_add(1, places, src.narrow(0, 0, 2).unsqueeze(1));
       }},
      {"scatter_reduce prod",
       [=](const Tensor& x, const Tensor& src) {
         return scatter_reduce(x * 0.1, 0, along, src.unsqueeze(0) * 0.3, "prod");
       }},
      {"scatter_reduce prod with a zero",
       [=](const Tensor& x, const Tensor& src) {
         return scatter_reduce(x * 0.1, 0, along, (src.unsqueeze(0) - 3) * 0.3, "prod", false);
       }},
      {"scatter_reduce mean",
       [=](const Tensor& x, const Tensor& src) {
         return scatter_reduce(x, 1, places.expand({2, 2, 4}),
                               src.narrow(0, 0, 2).expand({2, 2, 4}), "mean", false);
       }},
      {"scatter_reduce amax",
       [=](const Tensor& x, const Tensor& src) {
         return scatter_reduce(x, 0, along, src.unsqueeze(0) * 1.3, "amax");
       }},
      {"scatter_reduce amin",
       [=](const Tensor& x, const Tensor& src) {
         return scatter_reduce(x, 0, along, src.unsqueeze(0) * 1.3, "amin", false);
       }},
      {"embedding",
       [=](const Tensor& x, const Tensor& src) {
         return embedding(src, tensor({{2, 0}, {2, 2}})) * x[0][0];
       }},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    const Tensor x = leaf({2, 3, 4}), src = leaf({3, 4});
    const auto f = [&](const Inputs& in) { return c.f(in[0], in[1]).sin(); };
    EXPECT_NO_THROW(autograd::gradcheck(f, {x, src}));
    // At a zero the second derivative of a product is not that of its factors.
    if (std::string(c.name).find("a zero") != std::string::npos) continue;
    EXPECT_NO_THROW(autograd::gradgradcheck(f, {x, src}));
  }
}

TEST(IndexGradients, EmbeddingSkipsPaddingAndScales) {
  const Tensor weight = leaf({3, 2});
  const Tensor indices = tensor({0, 2, 2, 1});
  embedding(weight, indices, /*padding_idx=*/1).sum().backward();
  EXPECT_EQ(values(weight.grad()), (Doubles{1, 1, 0, 0, 2, 2}));
  weight.mutable_grad() = Tensor();
  embedding(weight, indices, /*padding_idx=*/-1, /*scale_grad_by_freq=*/true).sum().backward();
  EXPECT_EQ(values(weight.grad()), Doubles(6, 1));
  const auto f = [&](const Inputs& in) { return embedding(in[0], indices, 1).sin(); };
  EXPECT_NO_THROW(autograd::gradgradcheck(f, {leaf({3, 2})}));
}

TEST(Index, OfEverythingIsAView) {
  const Tensor x = ones({2, 3}, requires_grad()), scalar = full({}, 3.0);
  for (const Tensor& y : {x.index({"..."}), x.index({indexing::Slice()})}) {
    EXPECT_FALSE(y.is_same(x));
    EXPECT_TRUE(y.is_alias_of(x));
  }
  scalar.index({"..."}).add_(1);
  EXPECT_EQ(scalar.item<double>(), 4);
  const Tensor y = x * 2;
  y.index({"..."}).mul_(3);
  y.sum().backward();
  EXPECT_TRUE(x.grad().equal(full({2, 3}, 6.0)));
}

TEST(IndexPutInPlace, ReachesTheBaseThroughViews) {
  const Tensor x = leaf({2});
  Tensor y = zeros({3, 4}, kDouble);
  const Tensor same = y.view({12});
  y.index_put_({Slice(1), tensor({0, 3})}, x * 3);
  EXPECT_EQ(values(y), (Doubles{0, 0, 0, 0, 3, 0, 0, 6, 3, 0, 0, 6}));
  EXPECT_TRUE(same.requires_grad());
  (same * same).sum().backward();
  // two rows: d/dx 2 (3 x)^2 = 36 x
  EXPECT_EQ(values(x.grad()), (Doubles{36, 72}));
}

TEST(IndexPutInPlace, TwiceOverTheSamePlace) {
  const Tensor x = leaf({3});
  Tensor y = x * 1;
  y.index_put_({tensor({0})}, y[1] * 10);
  y.index_put_({tensor({0, 2})}, y[0] * 2, /*accumulate=*/true);
  // y = 10 x1 + 20 x1, x1, x2 + 20 x1
  y.sum().backward();
  EXPECT_EQ(values(x.grad()), (Doubles{0, 51, 1}));
}

TEST(IndexPutInPlace, OnALeafIsRefused) {
  Tensor x = leaf({3});
  EXPECT_THROW(x.index_put_({tensor({0})}, 1), Error);
  EXPECT_THROW(x.scatter_(0, tensor({0}), 1), Error);
  EXPECT_THROW(x.index_add_(0, tensor({0}), ones({1}, kDouble)), Error);
  EXPECT_THROW(x.normal_(), Error);
  EXPECT_EQ(values(x), (Doubles{1, 2, 3}));
  EXPECT_EQ(x._version(), 0u);
  NoGradGuard guard;
  x.index_put_({tensor({0})}, 9);
  EXPECT_EQ(values(x), (Doubles{9, 2, 3}));
}

TEST(IndexGradients, TheIndexMayChangeAfterwards) {
  const Tensor x = leaf({3});
  Tensor index = tensor({2, 2});
  const Tensor y = x.index({index});
  index.fill_(0);
  y.sum().backward();
  EXPECT_EQ(values(x.grad()), (Doubles{0, 0, 2}));
}

TEST(IndexGradients, ASecondBackwardNeedsRetainGraph) {
  const Tensor x = leaf({3});
  const Tensor y = x.index({tensor({2, 2})}).sum();
  y.backward();
  EXPECT_THROW(y.backward(), Error);
}

TEST(DropoutGradients, FollowTheMask) {
  const Tensor x = leaf({6, 5});
  const Tensor y = dropout(x, 0.4);
  y.sum().backward();
  // y = x * mask / (1 - p), so dL/dx is y / x
  const Tensor expected = y.detach() / x.detach();
  EXPECT_TRUE(x.grad().allclose(expected));
  // The gradient may come in another order of memory.
  x.mutable_grad() = Tensor();
  const Tensor z = dropout(x, 0.4);
  (z.t() * ones({5, 6}, kDouble)).sum().backward();
  EXPECT_TRUE(x.grad().allclose(z.detach() / x.detach()));
  // The same numbers in each evaluation.
  const auto f = [](const Inputs& in) {
    const GeneratorGuard guard(Generator(7));
    return dropout(in[0], 0.3) * in[0];
  };
  EXPECT_NO_THROW(autograd::gradcheck(f, {leaf({3, 4})}));
  EXPECT_NO_THROW(autograd::gradgradcheck(f, {leaf({3, 4})}));
}

}  // namespace
}  // namespace gradus
