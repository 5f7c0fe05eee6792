// squeeze_ and its like: compared with PyTorch case by case.

#include <vector>

#include <gradus/gradus.h>
#include <gtest/gtest.h>

namespace gradus {
namespace {

TEST(ShapeInPlace, ChangesTheGeometryAndCounts) {
  Tensor x = arange(6, kFloat).view({2, 3}).clone();
  EXPECT_TRUE(x.t_().is_same(x));
  EXPECT_EQ(x.sizes(), IntArrayRef({3, 2}));
  EXPECT_EQ(x.strides(), IntArrayRef({1, 3}));
  EXPECT_EQ(x._version(), 1u);
  x.unsqueeze_(1);
  EXPECT_EQ(x.sizes(), IntArrayRef({3, 1, 2}));
  x.transpose_(0, -1);
  EXPECT_EQ(x.sizes(), IntArrayRef({2, 1, 3}));
  x.squeeze_();
  EXPECT_EQ(x.sizes(), IntArrayRef({2, 3}));
  x.unsqueeze_(-1).squeeze_(0).squeeze_(2);
  EXPECT_EQ(x.sizes(), IntArrayRef({2, 3}));
  EXPECT_EQ(x._version(), 7u);
  EXPECT_TRUE(x.equal(arange(6, kFloat).view({2, 3})));
}

TEST(ShapeInPlace, HasHistory) {
  const Tensor w = arange(6, kFloat).view({2, 3}).clone().requires_grad_();
  Tensor x = w * 2;
  x.t_();
  x.mul_(arange(6, kFloat).view({3, 2}));
  EXPECT_EQ(x._version(), 2u);
  x.sum().backward();
  EXPECT_TRUE(w.grad().equal(tensor({{0.f, 4.f, 8.f}, {2.f, 6.f, 10.f}}))) << w.grad();
}

TEST(ShapeInPlace, OnAPartThatIsThenWritten) {
  const Tensor w = ones({2, 3}).requires_grad_();
  Tensor base = w * 2, part = base.slice(0, 0, 1);
  part.squeeze_();
  part.mul_(tensor({1.f, 2.f, 3.f}));
  EXPECT_EQ(part.sizes(), IntArrayRef({3}));
  base.sum().backward();
  EXPECT_TRUE(w.grad().equal(tensor({{2.f, 4.f, 6.f}, {2.f, 2.f, 2.f}}))) << w.grad();
}

TEST(ShapeInPlace, OnABaseThatHasViews) {
  const Tensor w = ones({2, 3}).requires_grad_();
  Tensor base = w * 2, row = base[0];
  base.t_();
  EXPECT_EQ(row._version(), 1u);
  row.mul_(3);
  base.sum().backward();
  EXPECT_TRUE(w.grad().equal(tensor({{6.f, 6.f, 6.f}, {2.f, 2.f, 2.f}}))) << w.grad();
}

TEST(ShapeInPlace, LeavesAndTheirViewsAreErrors) {
  Tensor w = ones({2, 3}).requires_grad_();
  EXPECT_THROW(w.t_(), Error);
  EXPECT_THROW(w.unsqueeze_(0), Error);
  EXPECT_THROW(w.squeeze_(), Error);
  EXPECT_THROW(w.transpose_(0, 1), Error);
  EXPECT_THROW(w.view({3, 2}).t_(), Error);
  EXPECT_THROW((w * 2).split(1)[0].t_(), Error);
  EXPECT_EQ(w.sizes(), IntArrayRef({2, 3}));
  EXPECT_EQ(w._version(), 0u);
  NoGradGuard no_grad;
  w.t_();
  EXPECT_EQ(w.sizes(), IntArrayRef({3, 2}));
  EXPECT_TRUE(w.requires_grad());
}

TEST(ShapeInPlace, HistoryFollowsTheShapeWithoutGradMode) {
  const Tensor w = ones({2, 3}).requires_grad_();
  Tensor x = w * 2;
  {
    NoGradGuard no_grad;
    x.t_();
  }
  (x * ones({3, 2})).sum().backward();
  EXPECT_EQ(w.grad().sizes(), w.sizes());
}

TEST(ShapeInPlace, BadArguments) {
  Tensor x = ones({2}), cube = ones({2, 2, 2}), undefined;
  EXPECT_THROW(x.transpose_(0, 1), IndexError);
  EXPECT_THROW(x.unsqueeze_(3), IndexError);
  EXPECT_THROW(x.squeeze_(1), IndexError);
  EXPECT_THROW(cube.t_(), Error);
  EXPECT_THROW(undefined.t_(), Error);
  EXPECT_THROW(undefined.resize_({2}), Error);
  EXPECT_EQ(x._version(), 0u);
  EXPECT_EQ(ones({2}).t_().sizes(), IntArrayRef({2}));
  Tensor expanded = ones({2, 1}).expand({2, 3});
  EXPECT_EQ(expanded.t_().strides(), IntArrayRef({0, 1}));
}

TEST(Resize, KeepsTheElementsInTheirStorage) {
  Tensor x = arange(6, kFloat).clone(), y = x.slice(0, 2);
  y.resize_({3});
  EXPECT_TRUE(y.equal(tensor({2.f, 3.f, 4.f})));
  EXPECT_EQ(x._version(), 1u);
  x.resize_({6});
  EXPECT_EQ(x._version(), 1u);  // nothing was changed
  x.resize_({2, 2});
  EXPECT_TRUE(x.equal(tensor({{0.f, 1.f}, {2.f, 3.f}})));
  x.resize_({4, 4});
  EXPECT_EQ(x.sizes(), IntArrayRef({4, 4}));
  EXPECT_TRUE(x.flatten().slice(0, 0, 6).equal(arange(6, kFloat)));
  EXPECT_EQ(x._version(), 3u);
  x.resize_({0, 3});
  EXPECT_EQ(x.numel(), 0);
  x.resize_({});
  EXPECT_EQ(x.item<float>(), 0);
}

TEST(Resize, StridesStayWhereTheSizesDo) {
  Tensor x = arange(6, kFloat).view({3, 2}).clone().t();
  x.resize_({2, 3});
  EXPECT_EQ(x.strides(), IntArrayRef({1, 2}));
  x.resize_as_(ones({3, 2}));
  EXPECT_TRUE(x.equal(arange(6, kFloat).view({3, 2})));
}

TEST(Resize, Errors) {
  Tensor w = ones({2}).requires_grad_(), x = ones({2});
  EXPECT_THROW(w.resize_({1}), Error);
  EXPECT_THROW((w * 2).resize_({1}), Error);
  EXPECT_THROW(x.resize_({-1}), Error);
  EXPECT_THROW(x.resize_({int64_t{1} << 62, 8}), Error);
  EXPECT_THROW(x.resize_({int64_t{1} << 50}), Error);
  EXPECT_THROW(x.resize_as_(Tensor()), Error);
  EXPECT_EQ(x.sizes(), IntArrayRef({2}));
}

TEST(Detach, InPlace) {
  const Tensor w = ones({2}).requires_grad_();
  Tensor x = w * 2;
  x.retain_grad();
  EXPECT_TRUE(x.detach_().is_same(x));
  EXPECT_TRUE(x.is_leaf());
  EXPECT_FALSE(x.requires_grad());
  EXPECT_EQ(x._version(), 0u);
  Tensor leaf = ones({2}).requires_grad_();
  EXPECT_FALSE(leaf.detach_().requires_grad());
  Tensor view = (w * 2).view({2, 1});
  EXPECT_THROW(view.detach_(), Error);
  Tensor plain = ones({2}).view({2, 1});
  EXPECT_THROW(plain.detach_(), Error);
}

TEST(SetData, Checks) {
  Tensor p = ones({2}).requires_grad_();
  EXPECT_THROW(p.set_data(tensor({1, 2})), TypeError);
  EXPECT_THROW(p.set_data(Tensor()), Error);
  p.set_data(ones({3}, kDouble));
  EXPECT_EQ(p.sizes(), IntArrayRef({3}));
  EXPECT_EQ(p.dtype(), kDouble);
  (p * 2).sum().backward();
  EXPECT_EQ(p.grad().dtype(), kDouble);
  // A gradient of the former shape cannot be added to.
  p.set_data(ones({1}, kDouble));
  EXPECT_THROW((p * 2).sum().backward(), Error);
  p.mutable_grad() = Tensor();
  (p * 2).sum().backward();
  EXPECT_EQ(p.grad().sizes(), p.sizes());
}

TEST(SetData, OfATensorWithHistory) {
  const Tensor w = ones({2}).requires_grad_();
  Tensor x = w * 2;
  x.set_data(ones({3}));
  EXPECT_THROW(x.sum().backward(), Error);
  EXPECT_THROW(x.backward(ones({3})), Error);
}

TEST(SetData, VersionsAreSeparate) {
  Tensor p = ones({2}).requires_grad_(), q = ones({2});
  q.add_(1);
  p.set_data(q);
  EXPECT_EQ(p._version(), 0u);
  p.data().add_(1);
  EXPECT_EQ(p._version(), 0u);
  EXPECT_EQ(p[0].item<float>(), 3);
}

}  // namespace
}  // namespace gradus
