#include <cstdint>
#include <string>
#include <vector>

#include <gradus/autograd/ops/arrange.h>
#include <gradus/autograd/ops/copy.h>
#include <gradus/autograd/ops/join.h>
#include <gradus/autograd/ops/shape.h>
#include <gradus/core/factory.h>
#include <gradus/core/shape.h>
#include <gtest/gtest.h>

namespace gradus {
namespace {

using Longs = std::vector<int64_t>;

Longs values(const Tensor& x) {
  const Tensor list = x.to(kLong).contiguous();
  return Longs(list.data_ptr<int64_t>(), list.data_ptr<int64_t>() + list.numel());
}

template <class E, class F>
void expect_error(const F& f, const std::string& part) {
  try {
    f();
    ADD_FAILURE() << "no error, expected one with: " << part;
  } catch (const E& error) {
    EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
  }
}

Tensor counting(IntArrayRef sizes) {
  return arange(checked_numel("test", sizes)).reshape(sizes);
}

constexpr int64_t kHuge = int64_t{1} << 62;

TEST(ShapeArithmetic, ChecksSizes) {
  EXPECT_EQ(checked_numel("op", {0, kHuge}), 0);
  // Without the 0 its strides would not fit.
  EXPECT_THROW(checked_numel("op", {2, 0, kHuge, kHuge}), Error);
  EXPECT_EQ(checked_numel("op", {}), 1);
  expect_error<ValueError>([] { checked_numel("op", {2, -1}); }, "op: sizes must not be negative");
  expect_error<Error>([] { checked_numel("op", {kHuge, 4}); }, "op: the number of elements");
  EXPECT_EQ(wrap_dim("op", -2, 3), 1);
  EXPECT_EQ(wrap_dim("op", -1, 0), 0);
  expect_error<IndexError>([] { wrap_dim("op", 3, 3); }, "op: dim 3");
  expect_error<IndexError>([] { wrap_dim("op", INT64_MIN, 3); }, "op: dim");
  expect_error<Error>([] { wrap_dims("op", {0, -3}, 3); }, "op: dim 0 appears more than once");
}

TEST(ShapeArithmetic, Broadcasts) {
  EXPECT_EQ(broadcast_sizes("op", {3, 1, 2}, {4, 1}), (DimVector{3, 4, 2}));
  EXPECT_EQ(broadcast_sizes("op", {0}, {1}), (DimVector{0}));
  expect_error<Error>([] { broadcast_sizes("op", {0}, {2}); }, "op: shapes [0] and [2]");
  EXPECT_TRUE(is_expandable_to({1, 3}, {2, 2, 3}));
  EXPECT_FALSE(is_expandable_to({2, 2, 3}, {2, 3}));
}

TEST(ShapeArithmetic, InfersASize) {
  EXPECT_EQ(infer_sizes("op", {2, -1}, 6), (DimVector{2, 3}));
  EXPECT_EQ(infer_sizes("op", {-1, 3}, 0), (DimVector{0, 3}));
  expect_error<Error>([] { infer_sizes("op", {-1, -1}, 6); }, "op: only one dimension");
  expect_error<Error>([] { infer_sizes("op", {-1, 0}, 0); }, "op: cannot reshape");
  expect_error<Error>([] { infer_sizes("op", {4, -1}, 6); }, "op: shape [4, -1]");
  expect_error<Error>([] { infer_sizes("op", {kHuge, 4, 4}, 0); }, "op: shape");
  expect_error<Error>([] { infer_sizes("op", {-5}, 5); }, "op: invalid size");
}

TEST(Tensor, KnowsItsLayout) {
  const Tensor x = counting({2, 3, 4, 5});
  EXPECT_TRUE(x.is_contiguous());
  EXPECT_FALSE(x.is_contiguous(MemoryFormat::ChannelsLast));
  const Tensor nhwc = x.permute({0, 2, 3, 1}).contiguous().permute({0, 3, 1, 2});
  EXPECT_TRUE(nhwc.is_contiguous(MemoryFormat::ChannelsLast));
  EXPECT_EQ(nhwc.suggest_memory_format(), MemoryFormat::ChannelsLast);
  EXPECT_EQ(x.suggest_memory_format(), MemoryFormat::Contiguous);
  EXPECT_TRUE(nhwc.is_non_overlapping_and_dense());
  EXPECT_FALSE(nhwc.is_contiguous());
  EXPECT_FALSE(x.select(1, 0).is_non_overlapping_and_dense());
  EXPECT_FALSE(counting({1, 3}).expand({2, 3}).is_non_overlapping_and_dense());
  EXPECT_EQ(empty_like(nhwc).strides(), nhwc.strides());
  EXPECT_TRUE(empty_like(x.select(1, 0)).is_contiguous());
  // A dense order is kept as it is, gaps are closed.
  EXPECT_EQ(empty_like(x.transpose(0, 1).select(2, 0)).strides(), (IntArrayRef{5, 15, 1}));
  EXPECT_EQ(empty({2, 3, 4, 5}, MemoryFormat::ChannelsLast).strides(), (IntArrayRef{60, 1, 15, 3}));
  EXPECT_EQ(x.toString(), "CPULongType");
  EXPECT_EQ(Tensor().toString(), "UndefinedType");
}

TEST(Tensor, SizeAndStrideTakeNegativeDims) {
  const Tensor x = counting({2, 3});
  EXPECT_EQ(x.size(-1), 3);
  EXPECT_EQ(x.stride(-2), 3);
  EXPECT_THROW(x.size(2), IndexError);
  EXPECT_THROW(scalar_tensor(1).size(0), IndexError);
  EXPECT_THROW(Tensor().sizes(), Error);
}

TEST(Tensor, GivesItsElements) {
  EXPECT_EQ(counting({2, 3})[1][2].item<int>(), 5);
  EXPECT_EQ(full({}, true).item<bool>(), true);
  EXPECT_FLOAT_EQ(full({1, 1}, 1.5, kHalf).item<float>(), 1.5f);
  EXPECT_THROW(counting({2}).item(), Error);
  EXPECT_THROW(counting({2}).data_ptr<float>(), TypeError);
  const Tensor x = counting({2, 3}).t();
  auto a = x.accessor<int64_t, 2>();
  EXPECT_EQ(a[2][1], 5);
  EXPECT_THROW((x.accessor<int64_t, 1>()), Error);
}

TEST(Tensor, AssignmentToAnUnnamedTensorWritesThrough) {
  Tensor x = zeros({2, 3}, kLong);
  x[0] = counting({3});
  x[1] = 7;
  x.select(1, 2).select(0, 1) = scalar_tensor(9, kLong);
  EXPECT_EQ(values(x), (Longs{0, 1, 2, 7, 7, 9}));
  Tensor y;
  y = x;  // a named one is a handle
  EXPECT_TRUE(y.is_same(x));
}

TEST(View, SharesStorageWhereStridesAllow) {
  const Tensor x = counting({2, 3, 4});
  EXPECT_EQ(x.view({6, 4}).strides(), (IntArrayRef{4, 1}));
  EXPECT_EQ(x.view({2, -1}).sizes(), (IntArrayRef{2, 12}));
  EXPECT_EQ(x.transpose(0, 1).view({3, 2, 2, 2}).data_ptr(), x.data_ptr());
  EXPECT_EQ(x.view({1, 24, 1}).sizes(), (IntArrayRef{1, 24, 1}));
  EXPECT_EQ(counting({0, 3}).view({0}).numel(), 0);
  EXPECT_EQ(scalar_tensor(3).view({1, 1}).sizes(), (IntArrayRef{1, 1}));
  EXPECT_EQ(counting({1}).view(IntArrayRef{}).dim(), 0);
  expect_error<Error>([&] { x.view({5, -1}); }, "view");
  expect_error<Error>([&] { x.view({-1, -1}); }, "view");
  expect_error<Error>([&] { x.reshape({kHuge, 4}); }, "reshape");
}

TEST(View, CopiesWhereStridesForbidAView) {
  const Tensor x = counting({2, 3}).t();
  Tensor y = x.view({6});
  EXPECT_EQ(values(y), (Longs{0, 3, 1, 4, 2, 5}));
  EXPECT_NE(y.data_ptr(), x.data_ptr());
  // Writing to it would not reach x.
  expect_error<Error>([&] { y.fill_(0); }, "view()");
  expect_error<Error>([&] { y[0].fill_(0); }, "view()");
  EXPECT_EQ(values(x.reshape({6}).fill_(1)), Longs(6, 1));
  EXPECT_EQ(values(y.clone().fill_(1)), Longs(6, 1));
}

TEST(View, ReinterpretsBytes) {
  const Tensor x = tensor(std::vector<float>{1.0f, -2.0f});
  EXPECT_EQ(values(x.view(kInt)), (Longs{0x3f800000, int32_t(0xc0000000)}));
  EXPECT_EQ(x.view(kByte).sizes(), (IntArrayRef{8}));
  EXPECT_EQ(x.view(kLong).sizes(), (IntArrayRef{1}));
  EXPECT_EQ(zeros({3, 4}, kByte).t().view(kBool).strides(), (IntArrayRef{1, 4}));
  expect_error<Error>([&] { zeros({3}).view(kDouble); }, "view");
  expect_error<Error>([&] { zeros({2, 2}).t().view(kDouble); }, "view");
  expect_error<Error>([&] { zeros({}).view(kByte); }, "view");
}

TEST(Permute, MovesDims) {
  const Tensor x = counting({2, 3, 4});
  EXPECT_EQ(x.permute({2, 0, -2}).sizes(), (IntArrayRef{4, 2, 3}));
  EXPECT_EQ(x.transpose(0, -1).sizes(), (IntArrayRef{4, 3, 2}));
  EXPECT_EQ(x.mT().sizes(), (IntArrayRef{2, 4, 3}));
  EXPECT_EQ(x.numpy_T().sizes(), (IntArrayRef{4, 3, 2}));
  EXPECT_EQ(x.movedim(IntArrayRef{0, 1}, IntArrayRef{-1, 0}).sizes(), (IntArrayRef{3, 4, 2}));
  EXPECT_EQ(movedim(x, 0, 1).sizes(), (IntArrayRef{3, 2, 4}));
  EXPECT_EQ(values(counting({2, 2}).t()), (Longs{0, 2, 1, 3}));
  EXPECT_EQ(scalar_tensor(1).transpose(0, -1).dim(), 0);
  EXPECT_EQ(counting({3}).t().sizes(), (IntArrayRef{3}));
  expect_error<Error>([&] { x.t(); }, "t: expected");
  expect_error<Error>([&] { x.permute({0, 1}); }, "permute");
  expect_error<Error>([&] { x.permute({0, 1, 1}); }, "permute");
  expect_error<IndexError>([&] { x.permute({0, 1, 3}); }, "permute");
  expect_error<IndexError>([&] { x.transpose(0, 3); }, "transpose");
  expect_error<Error>([&] { x.movedim(IntArrayRef{0}, IntArrayRef{0, 1}); }, "movedim");
}

TEST(Squeeze, DropsAndAddsDims) {
  const Tensor x = counting({1, 3, 1, 2});
  EXPECT_EQ(x.squeeze().sizes(), (IntArrayRef{3, 2}));
  EXPECT_EQ(x.squeeze(0).sizes(), (IntArrayRef{3, 1, 2}));
  EXPECT_EQ(x.squeeze(1).sizes(), x.sizes());
  EXPECT_EQ(x.squeeze({0, 2}).sizes(), (IntArrayRef{3, 2}));
  EXPECT_EQ(x.unsqueeze(-1).sizes(), (IntArrayRef{1, 3, 1, 2, 1}));
  EXPECT_EQ(scalar_tensor(1).unsqueeze(0).sizes(), (IntArrayRef{1}));
  expect_error<IndexError>([&] { x.unsqueeze(5); }, "unsqueeze");
  expect_error<IndexError>([&] { x.squeeze(4); }, "squeeze");
}

TEST(Expand, RepeatsWithoutCopying) {
  const Tensor x = counting({3, 1});
  EXPECT_EQ(values(x.expand({2, -1, 2})), (Longs{0, 0, 1, 1, 2, 2, 0, 0, 1, 1, 2, 2}));
  EXPECT_EQ(x.expand({3, 4}).strides(), (IntArrayRef{1, 0}));
  EXPECT_EQ(x.expand({3, 0}).numel(), 0);
  EXPECT_EQ(x.expand_as(zeros({3, 5})).sizes(), (IntArrayRef{3, 5}));
  expect_error<Error>([&] { x.expand({3}); }, "expand");
  expect_error<Error>([&] { x.expand({4, 2}); }, "expand");
  expect_error<Error>([&] { x.expand({-1, 3, 2}); }, "expand");
  expect_error<Error>([&] { x.expand({3, -2}); }, "expand");
  expect_error<Error>([&] { x.expand({kHuge, 3, 4}); }, "expand");
  const auto both = broadcast_tensors({counting({3, 1}), counting({2})});
  EXPECT_EQ(values(both[1]), (Longs{0, 1, 0, 1, 0, 1}));
}

TEST(Select, ShowsAPart) {
  const Tensor x = counting({2, 3, 4});
  EXPECT_EQ(values(x.select(1, -1)), (Longs{8, 9, 10, 11, 20, 21, 22, 23}));
  EXPECT_EQ(values(x.narrow(2, 1, 2)[0]), (Longs{1, 2, 5, 6, 9, 10}));
  EXPECT_EQ(values(x.slice(2, 1, std::nullopt, 2)[1][0]), (Longs{13, 15}));
  EXPECT_EQ(x.slice(0, 5, 7).numel(), 0);
  EXPECT_EQ(x.slice(0, -100, 100).sizes(), x.sizes());
  EXPECT_EQ(x.slice(1, INT64_MIN, INT64_MAX, INT64_MAX).sizes(), (IntArrayRef{2, 1, 4}));
  EXPECT_EQ(x.narrow(0, 2, 0).sizes(), (IntArrayRef{0, 3, 4}));
  EXPECT_EQ(values(x.narrow(0, -1, 1)), values(x[1]));
  expect_error<IndexError>([&] { x.select(1, 3); }, "select: index 3");
  expect_error<IndexError>([&] { x.select(1, INT64_MIN); }, "select");
  expect_error<IndexError>([&] { scalar_tensor(1)[0]; }, "select");
  expect_error<Error>([&] { x.narrow(1, 1, 3); }, "narrow");
  expect_error<Error>([&] { x.narrow(1, 1, INT64_MAX); }, "narrow");
  expect_error<Error>([&] { x.narrow(1, 0, -1); }, "narrow");
  expect_error<IndexError>([&] { x.narrow(1, 4, 0); }, "narrow");
  expect_error<ValueError>([&] { x.slice(0, 0, 2, 0); }, "slice");
  expect_error<ValueError>([&] { x.slice(0, 0, 2, -1); }, "slice");
}

TEST(Diagonal, OfAnyTwoDims) {
  const Tensor x = counting({2, 3, 4});
  EXPECT_EQ(values(x.diagonal(0, 1, 2)), (Longs{0, 5, 10, 12, 17, 22}));
  EXPECT_EQ(values(x.diagonal(1, -1, 1)[0]), (Longs{4, 9}));
  EXPECT_EQ(values(x.diagonal(-1, 1, 2)[0]), (Longs{4, 9}));
  EXPECT_EQ(x.diagonal(4, 1, 2).sizes(), (IntArrayRef{2, 0}));
  EXPECT_EQ(x.diagonal(INT64_MAX, 1, 2).numel(), 0);
  EXPECT_EQ(x.diagonal(INT64_MIN, 1, 2).numel(), 0);
  expect_error<Error>([&] { x.diagonal(0, 1, -2); }, "diagonal");
  expect_error<IndexError>([&] { counting({3}).diagonal(); }, "diagonal");
}

TEST(Unfold, ShowsWindows) {
  EXPECT_EQ(values(counting({5}).unfold(0, 3, 1)), (Longs{0, 1, 2, 1, 2, 3, 2, 3, 4}));
  EXPECT_EQ(counting({2, 7}).unfold(1, 3, 2).sizes(), (IntArrayRef{2, 3, 3}));
  EXPECT_EQ(scalar_tensor(1).unfold(0, 1, 1).sizes(), (IntArrayRef{1}));
  EXPECT_EQ(counting({3}).unfold(0, 3, INT64_MAX).sizes(), (IntArrayRef{1, 3}));
  expect_error<Error>([&] { counting({3}).unfold(0, 4, 1); }, "unfold");
  expect_error<Error>([&] { counting({3}).unfold(0, 2, 0); }, "unfold");
  expect_error<Error>([&] { counting({3}).unfold(0, -1, 1); }, "unfold");
}

TEST(AsStrided, ChecksThatTheStorageSuffices) {
  const Tensor x = counting({6});
  EXPECT_EQ(values(x.as_strided({2, 3}, {1, 2})), (Longs{0, 2, 4, 1, 3, 5}));
  EXPECT_EQ(values(x.slice(0, 2).as_strided({2}, {1})), (Longs{2, 3}));
  EXPECT_EQ(values(x.slice(0, 2).as_strided({2}, {1}, 0)), (Longs{0, 1}));
  EXPECT_EQ(x.as_strided({0, 5}, {100, 100}, 1000).numel(), 0);
  expect_error<Error>([&] { x.as_strided({7}, {1}); }, "as_strided");
  expect_error<Error>([&] { x.as_strided({2}, {1}, 5); }, "as_strided");
  expect_error<Error>([&] { x.as_strided({2}, {INT64_MAX}, 5); }, "as_strided");
  expect_error<ValueError>([&] { x.as_strided({2}, {-1}); }, "as_strided");
  expect_error<ValueError>([&] { x.as_strided({-2}, {1}); }, "as_strided");
  expect_error<ValueError>([&] { x.as_strided({2}, {1}, -1); }, "as_strided");
  expect_error<Error>([&] { x.as_strided({2, 1}, {1}); }, "as_strided");
  const Tensor y = as_strided_scatter(x, full({2}, -1, kLong), {2}, {3}, 1);
  EXPECT_EQ(values(y), (Longs{0, -1, 2, 3, -1, 5}));
}

TEST(Split, CutsADim) {
  const Tensor x = counting({7});
  EXPECT_EQ(x.split(3).size(), 3u);
  EXPECT_EQ(values(x.split(3)[2]), (Longs{6}));
  EXPECT_EQ(values(x.split({2, 0, 5})[2]), (Longs{2, 3, 4, 5, 6}));
  EXPECT_EQ(x.chunk(4).size(), 4u);
  EXPECT_EQ(counting({6}).chunk(4).size(), 3u);  // 2 + 2 + 2
  EXPECT_EQ(counting({0}).chunk(3).size(), 3u);
  EXPECT_EQ(counting({0}).split(0).size(), 1u);
  EXPECT_EQ(counting({2, 3}).unbind(1).size(), 3u);
  EXPECT_EQ(values(counting({2, 3}).unbind(1)[2]), (Longs{2, 5}));
  EXPECT_EQ(tensor_split(x, 3)[0].numel(), 3);
  EXPECT_EQ(values(tensor_split(x, {2, 4})[1]), (Longs{2, 3}));
  EXPECT_EQ(hsplit(counting({2, 4}), 2)[1].sizes(), (IntArrayRef{2, 2}));
  expect_error<Error>([&] { x.split(0); }, "split");
  expect_error<Error>([&] { x.split(-1); }, "split");
  expect_error<Error>([&] { x.split({3, 3}); }, "split");
  expect_error<Error>([&] { x.split({8, -1}); }, "split");
  expect_error<Error>([&] { x.chunk(0); }, "chunk");
  expect_error<Error>([&] { x.chunk(INT64_MIN); }, "chunk");
  expect_error<IndexError>([&] { scalar_tensor(1).unbind(); }, "unbind");
}

TEST(Flatten, MergesAndSplitsDims) {
  const Tensor x = counting({2, 3, 4});
  EXPECT_EQ(x.flatten(1).sizes(), (IntArrayRef{2, 12}));
  EXPECT_EQ(x.flatten(0, 1).sizes(), (IntArrayRef{6, 4}));
  EXPECT_EQ(x.flatten().dim(), 1);
  EXPECT_EQ(scalar_tensor(1).flatten().sizes(), (IntArrayRef{1}));
  EXPECT_EQ(x.unflatten(2, {2, -1}).sizes(), (IntArrayRef{2, 3, 2, 2}));
  EXPECT_EQ(values(x.permute({2, 0, 1}).ravel()), values(x.permute({2, 0, 1})));
  expect_error<Error>([&] { x.flatten(2, 1); }, "flatten");
  expect_error<Error>([&] { x.unflatten(2, {3, -1}); }, "unflatten");
}

TEST(Cat, JoinsAlongADim) {
  EXPECT_EQ(values(cat({counting({2, 1}), counting({2, 2})}, 1)), (Longs{0, 0, 1, 1, 2, 3}));
  EXPECT_EQ(cat({zeros({0}), zeros({2, 3})}).sizes(), (IntArrayRef{2, 3}));
  EXPECT_EQ(cat({zeros({1}, kInt), zeros({1}, kHalf)}).dtype(), kHalf);
  EXPECT_EQ(values(stack({counting({2}), counting({2})}, -1)), (Longs{0, 0, 1, 1}));
  EXPECT_EQ(hstack({counting({2}), counting({1})}).sizes(), (IntArrayRef{3}));
  EXPECT_EQ(vstack({counting({2}), counting({2})}).sizes(), (IntArrayRef{2, 2}));
  EXPECT_EQ(dstack({counting({2}), counting({2})}).sizes(), (IntArrayRef{1, 2, 2}));
  EXPECT_EQ(column_stack({counting({2}), counting({2, 2})}).sizes(), (IntArrayRef{2, 3}));
  EXPECT_EQ(values(block_diag({full({1, 1}, 5, kLong), counting({1, 2})})),
            (Longs{5, 0, 0, 0, 0, 1}));
  const Tensor nhwc = empty({2, 3, 4, 5}, MemoryFormat::ChannelsLast);
  EXPECT_TRUE(cat({nhwc, nhwc}, 1).is_contiguous(MemoryFormat::ChannelsLast));
  expect_error<Error>([&] { cat({}); }, "cat");
  expect_error<Error>([&] { cat({counting({2, 1}), counting({3, 2})}, 1); }, "cat");
  expect_error<Error>([&] { cat({scalar_tensor(1)}); }, "cat");
  expect_error<IndexError>([&] { cat({counting({2})}, 1); }, "cat");
  expect_error<Error>([&] { stack({counting({2}), counting({3})}); }, "stack");
}

TEST(Repeat, CopiesAlongDims) {
  EXPECT_EQ(values(counting({2}).repeat({2, 2})), (Longs{0, 1, 0, 1, 0, 1, 0, 1}));
  EXPECT_EQ(counting({2}).repeat({0, 2}).sizes(), (IntArrayRef{0, 4}));
  EXPECT_EQ(values(counting({2, 2}).tile({2})), (Longs{0, 1, 0, 1, 2, 3, 2, 3}));
  EXPECT_EQ(values(counting({2, 2}).repeat_interleave(2, 1)), (Longs{0, 0, 1, 1, 2, 2, 3, 3}));
  EXPECT_EQ(values(counting({2, 2}).repeat_interleave(2)), (Longs{0, 0, 1, 1, 2, 2, 3, 3}));
  EXPECT_EQ(values(repeat_interleave(counting({3}), tensor({2, 0, 1}), 0)), (Longs{0, 0, 2}));
  const Tensor x = counting({2});
  EXPECT_NE(x.repeat({1}).data_ptr(), x.data_ptr());
  expect_error<Error>([&] { counting({2}).repeat({-1}); }, "repeat");
  expect_error<Error>([&] { counting({2, 2}).repeat({2}); }, "repeat");
  expect_error<Error>([&] { counting({2}).repeat({kHuge, 4}); }, "repeat");
  expect_error<Error>([&] { counting({2}).repeat_interleave(-1); }, "repeat_interleave");
  expect_error<Error>(
      [&] {
        repeat_interleave(counting({2}), tensor({1, -1}), 0);
      },
      "repeat_interleave");
  expect_error<Error>(
      [&] {
        repeat_interleave(counting({2}), tensor({1, 1, 1}), 0);
      },
      "repeat_interleave");
}

TEST(Flip, ReversesAndRolls) {
  const Tensor x = counting({2, 3});
  EXPECT_EQ(values(x.flip({0, 1})), (Longs{5, 4, 3, 2, 1, 0}));
  EXPECT_EQ(values(x.t().flip(0)), (Longs{2, 5, 1, 4, 0, 3}));
  EXPECT_EQ(values(fliplr(x)), (Longs{2, 1, 0, 5, 4, 3}));
  EXPECT_EQ(values(x.roll(1)), (Longs{5, 0, 1, 2, 3, 4}));
  EXPECT_EQ(values(x.roll(-4, 1)), (Longs{1, 2, 0, 4, 5, 3}));
  EXPECT_EQ(values(x.roll({1, 1}, {0, 1})), (Longs{5, 3, 4, 2, 0, 1}));
  EXPECT_EQ(values(rot90(x)), (Longs{2, 5, 1, 4, 0, 3}));
  EXPECT_EQ(values(rot90(x, 2)), (Longs{5, 4, 3, 2, 1, 0}));
  EXPECT_EQ(values(rot90(x, -1)), (Longs{3, 0, 4, 1, 5, 2}));
  EXPECT_EQ(counting({0, 3}).flip({0}).numel(), 0);
  EXPECT_EQ(counting({0, 3}).roll(2, 0).numel(), 0);
  expect_error<Error>([&] { x.flip({0, 0}); }, "flip");
  expect_error<Error>([&] { x.roll({1, 2}, {0}); }, "roll");
  expect_error<Error>([&] { x.roll(IntArrayRef{}); }, "roll");
}

TEST(Triangle, KeepsAPart) {
  const Tensor x = counting({3, 3}) + 1;
  EXPECT_EQ(values(x.tril()), (Longs{1, 0, 0, 4, 5, 0, 7, 8, 9}));
  EXPECT_EQ(values(x.triu(1)), (Longs{0, 2, 3, 0, 0, 6, 0, 0, 0}));
  EXPECT_EQ(values(x.tril(-1)), (Longs{0, 0, 0, 4, 0, 0, 7, 8, 0}));
  EXPECT_EQ(values(x.triu(INT64_MIN)), values(x));
  EXPECT_EQ(values(x.tril(INT64_MAX)), values(x));
  EXPECT_EQ(values(x.triu(INT64_MAX)), Longs(9, 0));
  EXPECT_EQ(values(x.t().triu()), (Longs{1, 4, 7, 0, 5, 8, 0, 0, 9}));
  EXPECT_EQ(values(tril_indices(2, 3, 1)), (Longs{0, 0, 1, 1, 1, 0, 1, 0, 1, 2}));
  EXPECT_EQ(values(triu_indices(2, 2)), (Longs{0, 0, 1, 0, 1, 1}));
  // Rows without elements cost nothing.
  EXPECT_EQ(tril_indices(INT64_MAX - 63, 0, 5).sizes(), IntArrayRef({2, 0}));
  EXPECT_EQ(tril_indices(INT64_MAX, 1, INT64_MIN).sizes(), IntArrayRef({2, 0}));
  EXPECT_EQ(triu_indices(1, INT64_MAX, INT64_MAX).sizes(), IntArrayRef({2, 0}));
  EXPECT_EQ(values(triu_indices(INT64_C(1) << 60, 3, 1)), (Longs{0, 0, 1, 1, 2, 2}));
  for (int64_t rows = 0; rows < 5; ++rows) {
    for (int64_t columns = 0; columns < 5; ++columns) {
      for (int64_t offset = -7; offset < 8; ++offset) {
        const Tensor all = ones({rows, columns});
        EXPECT_TRUE(tril_indices(rows, columns, offset).equal(tril(all, offset).nonzero().t()));
        EXPECT_TRUE(triu_indices(rows, columns, offset).equal(triu(all, offset).nonzero().t()));
      }
    }
  }
  expect_error<Error>([&] { counting({3}).tril(); }, "tril");
}

TEST(Diag, BuildsAndExtracts) {
  EXPECT_EQ(values(diag(counting({2}) + 1)), (Longs{1, 0, 0, 2}));
  EXPECT_EQ(values(diag(counting({1}) + 1, -1)), (Longs{0, 0, 1, 0}));
  EXPECT_EQ(values(diag(counting({2, 3}), 1)), (Longs{1, 5}));
  EXPECT_EQ(diag_embed(counting({4, 2}), 1, 0, -1).sizes(), (IntArrayRef{3, 4, 3}));
  EXPECT_EQ(values(diagflat(counting({1, 2}) + 1)), (Longs{1, 0, 0, 2}));
  expect_error<Error>([&] { diag(counting({2, 2, 2})); }, "diag");
  expect_error<Error>([&] { diag_embed(counting({2}), INT64_MIN); }, "diag_embed");
}

TEST(Meshgrid, VariesAlongOneDimEach) {
  const auto grids = meshgrid({counting({2}), counting({3})});
  EXPECT_EQ(values(grids[0]), (Longs{0, 0, 0, 1, 1, 1}));
  EXPECT_EQ(values(grids[1]), (Longs{0, 1, 2, 0, 1, 2}));
  EXPECT_EQ(meshgrid({counting({2}), counting({3})}, "xy")[0].sizes(), (IntArrayRef{3, 2}));
  expect_error<Error>([&] { meshgrid({counting({2})}, "yx"); }, "meshgrid");
  expect_error<Error>([&] { meshgrid({counting({2, 2})}); }, "meshgrid");
}

}  // namespace
}  // namespace gradus
