// The forms in which libtorch's programs call ops: const handles, second names, optional tensors
// and dims, memory formats. Most of it is tested by being compiled.

#include <optional>
#include <tuple>
#include <vector>

#include <gradus/gradus.h>
#include <gtest/gtest.h>

namespace gradus::test {
namespace {

TEST(LibtorchForms, ConstHandlesAreWrittenInPlace) {
  const Tensor x = tensor({1.0, -2.0});
  x.add_(1).mul_(2).neg_();
  EXPECT_TRUE(equal(x, tensor({-4.0, 2.0})));
  const std::vector<Tensor> parameters = {ones({2}), ones({3})};
  for (const auto& p : parameters) p.zero_();
  EXPECT_EQ(parameters[1].sum().item<float>(), 0);
  const Tensor y = ones({1, 2}), *self = &y.squeeze_(0).t_().fill_(3);
  EXPECT_EQ(self, &y);
  EXPECT_EQ(y.sizes(), IntArrayRef({2}));
}

TEST(LibtorchForms, SecondNamesAreMethods) {
  const Tensor x = tensor({0.5, -0.25}), y = tensor({2.0, 4.0});
  EXPECT_TRUE(equal(x.multiply(y), x * y));
  EXPECT_TRUE(equal(x.divide(y, "floor"), x.div(y, "floor")));
  EXPECT_TRUE(equal(x.subtract(1, 2), x - 2));
  EXPECT_TRUE(equal(x.greater_equal(0), x >= 0));
  EXPECT_TRUE(equal(x.arccos(), x.acos()));
  EXPECT_TRUE(equal(x.clone().absolute_(), x.abs()));
  EXPECT_TRUE(equal(x.clone().true_divide_(y), x / y));
  EXPECT_TRUE(equal(x.clone().clip_(0, 1), x.clamp(0, 1)));
  EXPECT_TRUE(equal(x.float_power(2), x.to(kDouble).pow(2)));
  EXPECT_TRUE(equal(x.ldexp(tensor({1, 2})), tensor({1.0, -1.0})));
  EXPECT_TRUE(equal(ones({2, 3}).swapdims_(0, 1), ones({3, 2})));
  EXPECT_TRUE(equal(tensor({1, 2}).bitwise_left_shift_(1), tensor({2, 4})));
  EXPECT_TRUE(equal(special_expit(x), sigmoid(x)));
}

TEST(LibtorchForms, OptionalTensorsAndDims) {
  const std::optional<Tensor> none, some = ones({2});
  const Tensor x = tensor({-1.0, 3.0});
  EXPECT_TRUE(equal(clamp(x, none, some), tensor({-1.0, 1.0})));
  EXPECT_TRUE(equal(x.clamp(some), tensor({1.0, 3.0})));
  EXPECT_TRUE(equal(x.clone().clamp_(ones({2}), 2 * ones({2})), tensor({1.0, 2.0})));
  EXPECT_TRUE(equal(clamp(x, nullopt, 1), tensor({-1.0, 1.0})));
  EXPECT_TRUE(equal(linear(ones({1, 2}), ones({1, 2}), nullopt), full({1, 1}, 2.0)));
  EXPECT_THROW(clamp(x), ValueError);

  OptionalIntArrayRef dims;
  EXPECT_EQ(x.sum(dims).dim(), 0);
  EXPECT_EQ(x.mean(dims, /*keepdim=*/true).dim(), 1);
  const int64_t first = 0;
  dims = IntArrayRef(first);
  EXPECT_EQ(x.all(dims, true).dim(), 1);
  EXPECT_EQ(count_nonzero(x, nullopt).item<int64_t>(), 2);
  EXPECT_EQ(x.norm(1, kDouble).dtype(), kDouble);
  EXPECT_EQ(x.norm(1, {0}, true, kDouble).sizes(), IntArrayRef({1}));
}

TEST(LibtorchForms, MemoryFormats) {
  const Tensor x = ones({2, 3, 4, 5});
  EXPECT_TRUE(x.to(kDouble, false, false, MemoryFormat::ChannelsLast)
                  .is_contiguous(MemoryFormat::ChannelsLast));
  EXPECT_TRUE(
      zeros_like(x, {}, MemoryFormat::ChannelsLast).is_contiguous(MemoryFormat::ChannelsLast));
  EXPECT_TRUE(empty({0})
                  .resize_({2, 3, 4, 5}, MemoryFormat::ChannelsLast)
                  .is_contiguous(MemoryFormat::ChannelsLast));
  EXPECT_EQ(x.new_empty_strided({2, 2}, {1, 2}).strides(), IntArrayRef({1, 2}));
}

TEST(LibtorchForms, ArgumentsThatCameLater) {
  const Tensor x = arange(6), at = tensor({1, 1});
  EXPECT_TRUE(equal(x.narrow(0, tensor(2), 2), tensor({2, 3})));
  EXPECT_EQ(x.tensor_split(tensor({1, 4})).size(), 3u);
  EXPECT_EQ(x.tensor_split(tensor(2)).size(), 2u);
  EXPECT_TRUE(equal(x.scatter(0, at, 5, "add"), tensor({0, 11, 2, 3, 4, 5})));
  EXPECT_TRUE(equal(x.clone().scatter_(0, at, full({2}, 3, kLong), "multiply"),
                    tensor({0, 9, 2, 3, 4, 5})));
  EXPECT_THROW(x.scatter(0, at, 5, "amax"), ValueError);
  EXPECT_EQ(x.repeat_interleave(2, 0, 12).numel(), 12);
  EXPECT_THROW(x.repeat_interleave(2, 0, 11), Error);
  EXPECT_TRUE(equal(tensor({1.26}).round_(1), tensor({1.26}).round(1)));
  EXPECT_TRUE(equal(linspace(tensor(0), tensor(4), 3), tensor({0.0, 2.0, 4.0})));
  EXPECT_EQ(where(tensor({0, 1, 1}))[0].numel(), 2);
}

// An out= tensor of another size gets the size of the result, and lets go of what it was a view of.
TEST(LibtorchForms, OutIsResized) {
  Tensor base = zeros({7}), out = base.narrow(0, 1, 3);
  add_out(out, ones({2, 2}), ones({2, 2}));
  EXPECT_TRUE(equal(out, full({2, 2}, 2.0)));
  EXPECT_EQ(base.sum().item<float>(), 0);
  EXPECT_FALSE(out.is_view());
  Tensor values = ones({9}), indices = ones({5}, kLong);
  max_out(values, indices, tensor({{1.0, 2.0}, {4.0, 3.0}}), 1);
  EXPECT_TRUE(equal(values, tensor({2.0, 4.0})));
  EXPECT_TRUE(equal(indices, tensor({1, 0})));
  // One of its arguments, in another shape.
  Tensor self = ones({1, 2});
  mm_out(self, ones({3, 1}), self);
  EXPECT_TRUE(equal(self, ones({3, 2})));
}

TEST(LibtorchForms, BoolIsNotSubtracted) {
  const Tensor mask = tensor({true, false}), x = ones({2});
  EXPECT_THROW(x - mask, TypeError);
  EXPECT_THROW(mask - 1, TypeError);
  EXPECT_THROW(1 - mask, TypeError);
  EXPECT_THROW(x.sub(true), TypeError);
  EXPECT_THROW(x.clone().sub_(mask), TypeError);
}

TEST(LibtorchForms, DtypesOfRareInputs) {
  EXPECT_EQ(square(tensor({true})).dtype(), kLong);
  EXPECT_TRUE(equal(threshold(tensor({1, 5}), 1, 20), tensor({20, 5})));
  EXPECT_THROW(igamma(ones({2}, kLong), ones({2}, kLong)), TypeError);
  EXPECT_THROW(mvlgamma(tensor({true}), 1), TypeError);
  EXPECT_THROW(linalg_vector_norm(ones({2}, kLong), 2, {}, false, kDouble), TypeError);
  EXPECT_THROW(bincount(zeros({0, 2}, kLong)), Error);
}

// Broadcast and cast in one step.
TEST(LibtorchForms, CopiesAreCastWhereTheyAreBroadcast) {
  const Tensor x = zeros({2, 3}, kLong);
  x.copy_(tensor(1.5));
  EXPECT_TRUE(equal(x, ones({2, 3}, kLong)));
  EXPECT_TRUE(
      equal(ones({2, 3}).copy_(tensor({4, 5, 6})), tensor({{4.0, 5.0, 6.0}, {4.0, 5.0, 6.0}})));
  EXPECT_TRUE(
      equal(ones({2, 3}).copy_(tensor({{4}, {5}})), tensor({{4.0, 4.0, 4.0}, {5.0, 5.0, 5.0}})));
  EXPECT_TRUE(equal(ones({2}).fill_(tensor(3)), full({2}, 3.0)));
  EXPECT_EQ(ones({3, 4}).bernoulli_(tensor(1.0)).sum().item<float>(), 12);
  EXPECT_TRUE(equal(linspace(1, 2.5, 5, kLong), tensor({1, 1, 1, 1, 2})));
}

// [[1, 2, 4], [1, 0, 0]]: the first row has variance 14/9 * 3/2 = 7/3, the second 1/3.
TEST(LibtorchForms, Series) {
  const Tensor x = tensor({{1.0, 2.0, 4.0}, {1.0, 0.0, 0.0}});
  EXPECT_TRUE(allclose(cov(x), tensor({{7 / 3.0, -2 / 3.0}, {-2 / 3.0, 1 / 3.0}})));
  EXPECT_TRUE(allclose(corrcoef(x).diagonal(), ones({2})));
  EXPECT_TRUE(equal(diff(x), tensor({{1.0, 2.0}, {-1.0, 0.0}})));
  EXPECT_TRUE(equal(diff(tensor({true, true, false})), tensor({false, true})));
  EXPECT_EQ(diff(x, 5).sizes(), IntArrayRef({2, 0}));
}

}  // namespace
}  // namespace gradus::test
