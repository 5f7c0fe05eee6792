#include <cmath>
#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

#include <gradus/autograd/ops/compare.h>
#include <gradus/autograd/ops/copy.h>
#include <gradus/autograd/ops/embedding.h>
#include <gradus/autograd/ops/gather.h>
#include <gradus/autograd/ops/index.h>
#include <gradus/autograd/ops/join.h>
#include <gradus/autograd/ops/scatter_reduce.h>
#include <gradus/autograd/ops/shape.h>
#include <gradus/core/factory.h>
#include <gradus/core/indexing.h>
#include <gradus/core/parallel.h>
#include <gtest/gtest.h>

namespace gradus {
namespace {

using indexing::Ellipsis;
using indexing::None;
using indexing::Slice;
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
  int64_t numel = 1;
  for (int64_t size : sizes) numel *= size;
  return arange(numel).reshape(sizes);
}

Tensor longs(Longs list) {
  return tensor(list);
}

TEST(Index, SlicesIntegersAndNewDimsGiveViews) {
  const Tensor x = counting({2, 3, 4});
  EXPECT_EQ(values(x.index({1, 2})), (Longs{20, 21, 22, 23}));
  EXPECT_EQ(values(x.index({"...", -1})), (Longs{3, 7, 11, 15, 19, 23}));
  EXPECT_EQ(values(x.index({0, Slice(1, None, 2), Slice(None, 2)})), (Longs{4, 5}));
  EXPECT_EQ(x.index({None, Ellipsis, None, 0}).sizes(), (IntArrayRef{1, 2, 3, 1}));
  EXPECT_EQ(x.index({Slice(), None, Slice()}).sizes(), (IntArrayRef{2, 1, 3, 4}));
  EXPECT_EQ(x.index({1}).data_ptr(), x[1].data_ptr());
  EXPECT_TRUE(x.index({0, "..."}).is_view());
  EXPECT_EQ(x.index({0, 0, 0, "..."}).dim(), 0);
  EXPECT_EQ(x.index({longs({1})[0], 0}).data_ptr(), x[1].data_ptr());  // a 0-d tensor
  EXPECT_EQ(values(x[scalar_tensor(1, kLong)][2]), (Longs{20, 21, 22, 23}));
}

TEST(Index, TensorsOfIntegersPick) {
  const Tensor x = counting({3, 4});
  EXPECT_EQ(values(x.index({longs({2, 0, -1})})), (Longs{8, 9, 10, 11, 0, 1, 2, 3, 8, 9, 10, 11}));
  EXPECT_EQ(values(x.index({longs({0, 2}), longs({1, 3})})), (Longs{1, 11}));
  EXPECT_EQ(values(x.index({Slice(), longs({1, -1})})), (Longs{1, 3, 5, 7, 9, 11}));
  // Rows and columns broadcast to a block.
  EXPECT_EQ(values(x.index({longs({0, 2}).unsqueeze(1), longs({0, 3})})), (Longs{0, 3, 8, 11}));
  EXPECT_EQ(values(x.t().index({longs({1}), longs({2})})), (Longs{9}));
  EXPECT_EQ(x.index({empty({0}, kLong)}).sizes(), (IntArrayRef{0, 4}));
  EXPECT_EQ(values(x[longs({1, 1})]), (Longs{4, 5, 6, 7, 4, 5, 6, 7}));
  EXPECT_EQ(values(x.index({longs({1}).to(kInt), 3})), (Longs{7}));
}

TEST(Index, IndexedDimsGoInFrontWhereTheyAreApart) {
  const Tensor x = counting({2, 3, 4, 5});
  const Tensor i = longs({0, 1, 1});
  EXPECT_EQ(x.index({Slice(), i, i}).sizes(), (IntArrayRef{2, 3, 5}));
  EXPECT_EQ(x.index({Slice(), i, Slice(), i}).sizes(), (IntArrayRef{3, 2, 4}));
  EXPECT_EQ(values(x.index({Slice(), i, Slice(), i})[1].select(0, 1)),
            values(x.index({1, 1, Slice(), 1})));
  EXPECT_EQ(x.index({i, None, i}).sizes(), (IntArrayRef{3, 1, 4, 5}));
  EXPECT_EQ(x.index({0, Slice(), i}).sizes(), (IntArrayRef{3, 3, 5}));
  EXPECT_EQ(x.index({i.unsqueeze(0), "...", i.unsqueeze(1)}).sizes(), (IntArrayRef{3, 3, 3, 4}));
}

TEST(Index, MasksAndBools) {
  const Tensor x = counting({2, 3});
  EXPECT_EQ(values(x.index({x > 2})), (Longs{3, 4, 5}));
  EXPECT_EQ(values(x[x.lt(2)]), (Longs{0, 1}));
  EXPECT_EQ(values(x.index({tensor({true, false}), Slice(1)})), (Longs{1, 2}));
  const Tensor y = counting({2, 3, 4});
  EXPECT_EQ(y.index({x > 2, Slice(1, 3)}).sizes(), (IntArrayRef{3, 2}));
  EXPECT_EQ(values(y.index({x > 4, 1})), (Longs{21}));
  EXPECT_EQ(x.index({true}).sizes(), (IntArrayRef{1, 2, 3}));
  EXPECT_EQ(x.index({Slice(), false}).sizes(), (IntArrayRef{2, 0, 3}));
  EXPECT_EQ(scalar_tensor(5).index({tensor(true)}).sizes(), (IntArrayRef{1}));
  EXPECT_EQ(x.index({zeros({2, 3}, kBool)}).sizes(), (IntArrayRef{0}));
}

TEST(Index, RefusesWhatIsOutOfRange) {
  const Tensor x = counting({2, 3});
  expect_error<IndexError>([&] { x.index({2}); }, "index: index 2 is out of range for dim 0");
  expect_error<IndexError>([&] { x.index({0, INT64_MIN}); }, "index");
  expect_error<IndexError>([&] { x.index({0, 0, 0}); }, "index: too many");
  expect_error<IndexError>([&] { x.index({"...", "..."}); }, "index");
  expect_error<IndexError>([&] { x.index({longs({0, 2})}); }, "index: index 2");
  expect_error<IndexError>([&] { x.index({longs({-3})}); }, "index: index -3");
  expect_error<IndexError>([&] { x.index({longs({INT64_MIN})}); }, "index");
  expect_error<IndexError>([&] { x.index({longs({INT64_MAX})}); }, "index");
  expect_error<IndexError>([&] { x.index({zeros({2})}); }, "index: indices must be integers");
  expect_error<IndexError>(
      [&] {
        x.index({zeros({3, 2}, kBool)});
      },
      "index: the shape of the mask");
  expect_error<IndexError>([&] { x.index({zeros({2, 3, 1}, kBool)}); }, "index: too many");
  expect_error<IndexError>([&] { x.index({longs({0, 1}), longs({0, 1, 2})}); }, "index");
  expect_error<IndexError>([&] { counting({0, 3}).index({longs({0})}); }, "index: index 0");
  expect_error<IndexError>([&] { x.index({Tensor()}); }, "index");
  expect_error<ValueError>([&] { x.index({Slice(0, 2, 0)}); }, "index");
  expect_error<ValueError>([&] { x.index({".."}); }, "index");
  EXPECT_EQ(counting({0, 3}).index({empty({0}, kLong)}).sizes(), (IntArrayRef{0, 3}));
}

TEST(IndexPut, WritesWhatIndexReads) {
  Tensor x = zeros({3, 4}, kLong);
  x.index_put_({1}, 5);
  x.index_put_({"...", longs({0, -1})}, longs({7, 8}));
  x.index_put_({x.eq(5)}, 6);
  x.index_put_({0, Slice(1, 3)}, full({1, 1, 2}, 9, kLong));
  EXPECT_EQ(values(x), (Longs{7, 9, 9, 8, 7, 6, 6, 8, 7, 0, 0, 8}));
  x.index_put_({longs({0, 0, 1})}, longs({1}), /*accumulate=*/true);
  EXPECT_EQ(values(x[0]), (Longs{9, 11, 11, 10}));
  x.index_put_({2}, longs({1, 2, 3, 4}), /*accumulate=*/true);
  EXPECT_EQ(values(x[2]), (Longs{8, 2, 3, 12}));
  // Where an index repeats, the last one counts.
  x.index_put_({longs({0, 0})}, counting({2, 4}));
  EXPECT_EQ(values(x[0]), (Longs{4, 5, 6, 7}));
  // Through strides.
  x.t().index_put_({longs({1})}, 0);
  EXPECT_EQ(values(x.select(1, 1)), (Longs{0, 0, 0}));
  // From the tensor itself.
  x.index_put_({longs({0, 1, 2})}, x.flip(0));
  x.index_put_({longs({1, 0})}, x.narrow(0, 0, 2));
  EXPECT_EQ(values(x.select(1, 3)), (Longs{9, 12, 7}));
}

TEST(IndexPut, AFailedCallChangesNothing) {
  Tensor x = counting({2, 3});
  const auto unchanged = [&] { return values(x) == Longs{0, 1, 2, 3, 4, 5} && x._version() == 0; };
  expect_error<IndexError>([&] { x.index_put_({longs({0, 2})}, 9); }, "index_put_");
  expect_error<Error>([&] { x.index_put_({longs({0, 1})}, longs({1, 2})); }, "index_put_");
  expect_error<Error>([&] { x.index_put_({0}, longs({1, 2})); }, "index_put_");
  expect_error<TypeError>([&] { x.index_put_({longs({0})}, ones({3})); }, "index_put_");
  Tensor expanded = zeros({1}).expand({3});
  expect_error<Error>([&] { expanded.index_put_({longs({0})}, 1); }, "index_put_");
  EXPECT_TRUE(unchanged());
}

TEST(IndexSelect, PicksSlices) {
  const Tensor x = counting({2, 3});
  EXPECT_EQ(values(x.index_select(1, longs({2, 0, 2}))), (Longs{2, 0, 2, 5, 3, 5}));
  EXPECT_EQ(x.index_select(0, scalar_tensor(1, kLong)).sizes(), (IntArrayRef{1, 3}));
  EXPECT_EQ(values(x.t().index_select(0, longs({1}).to(kInt))), (Longs{1, 4}));
  EXPECT_EQ(scalar_tensor(3, kLong).index_select(0, longs({0})).dim(), 0);
  expect_error<IndexError>([&] { x.index_select(0, longs({-1})); }, "index_select: index -1");
  expect_error<IndexError>([&] { x.index_select(0, longs({2})); }, "index_select: index 2");
  expect_error<IndexError>([&] { x.index_select(0, longs({INT64_MIN})); }, "index_select");
  expect_error<IndexError>([&] { x.index_select(0, zeros({1})); }, "index_select");
  expect_error<IndexError>([&] { x.index_select(0, zeros({1, 1}, kLong)); }, "index_select");
  expect_error<IndexError>([&] { x.index_select(2, longs({0})); }, "index_select");
}

TEST(IndexAdd, AddsCopiesAndFillsSlices) {
  const Tensor x = zeros({3, 2}, kLong);
  EXPECT_EQ(values(x.index_add(0, longs({0, 2, 0}), counting({3, 2}))), (Longs{4, 6, 0, 0, 2, 3}));
  EXPECT_EQ(values(x.index_add(1, longs({1}), counting({3, 1}), 10)), (Longs{0, 0, 0, 10, 0, 20}));
  EXPECT_EQ(values(index_copy(x, 0, longs({2, 1}), counting({2, 2}))), (Longs{0, 0, 2, 3, 0, 1}));
  EXPECT_EQ(values(index_fill(x, 1, longs({-1}), 7)), (Longs{0, 7, 0, 7, 0, 7}));
  Tensor y = zeros({2});
  y.index_add_(0, longs({1}), ones({1}), 2.5);
  EXPECT_EQ(y[1].item<float>(), 2.5f);
  expect_error<IndexError>([&] { y.index_add_(0, longs({2}), ones({1})); }, "index_add_");
  expect_error<IndexError>([&] { y.index_add_(0, longs({-1}), ones({1})); }, "index_add_");
  expect_error<Error>([&] { y.index_add_(0, longs({0}), ones({2})); }, "index_add_");
  expect_error<Error>([&] { y.index_add_(0, longs({0}), ones({1}, kLong)); }, "index_add_");
  expect_error<Error>([&] { index_copy_(y, 0, longs({0}), ones({1, 1})); }, "index_copy_");
  expect_error<Error>([&] { index_fill_(y, 0, longs({0}), ones({1})); }, "index_fill_");
  EXPECT_EQ(y._version(), 1u);
}

TEST(Gather, TakesAlongADim) {
  const Tensor x = counting({2, 3});
  EXPECT_EQ(values(x.gather(1, tensor({{2, 0}, {1, 1}}))), (Longs{2, 0, 4, 4}));
  EXPECT_EQ(values(x.gather(0, tensor({{1, 0, 1}}))), (Longs{3, 1, 5}));
  EXPECT_EQ(values(x.t().gather(1, tensor({{1}, {0}, {1}}))), (Longs{3, 1, 5}));
  EXPECT_EQ(x.gather(0, empty({0, 3}, kLong)).sizes(), (IntArrayRef{0, 3}));
  EXPECT_EQ(scalar_tensor(5).gather(0, longs({0, 0})).sizes(), (IntArrayRef{2}));
  EXPECT_EQ(values(take_along_dim(x, tensor({{1, 0, 1}}), 0)), (Longs{3, 1, 5}));
  EXPECT_EQ(values(take_along_dim(x, longs({5, 0}))), (Longs{5, 0}));
  EXPECT_EQ(values(take(x, tensor({{5, -6}, {1, 1}}))), (Longs{5, 0, 1, 1}));
  for (int64_t wrong : {int64_t{-1}, int64_t{3}, INT64_MIN, INT64_MAX}) {
    expect_error<IndexError>([&] { x.gather(1, full({2, 1}, wrong, kLong)); }, "gather: index");
  }
  expect_error<IndexError>([&] { x.gather(1, zeros({2, 1})); }, "gather: index must have dtype");
  expect_error<Error>([&] { x.gather(1, zeros({2}, kLong)); }, "gather: index [2] must");
  expect_error<Error>([&] { x.gather(1, zeros({3, 1}, kLong)); }, "gather: size 3");
  expect_error<IndexError>([&] { x.gather(2, zeros({2, 1}, kLong)); }, "gather: dim 2");
  expect_error<IndexError>([&] { take(x, longs({6})); }, "take: index 6");
}

TEST(Scatter, WritesAlongADim) {
  const Tensor x = zeros({2, 3}, kLong);
  const Tensor index = tensor({{2, 0}, {1, 1}});
  EXPECT_EQ(values(x.scatter(1, index, counting({2, 2}) + 1)), (Longs{2, 0, 1, 0, 4, 0}));
  EXPECT_EQ(values(x.scatter_add(1, index, counting({2, 2}) + 1)), (Longs{2, 0, 1, 0, 7, 0}));
  EXPECT_EQ(values(x.scatter(0, tensor({{1, 0}}), 5)), (Longs{0, 5, 0, 5, 0, 0}));
  // src may be larger than index.
  EXPECT_EQ(values(x.scatter(0, tensor({{1, 1}}), counting({2, 3}))), (Longs{0, 0, 0, 0, 1, 0}));
  Tensor y = zeros({3, 2}, kLong);
  y.t().scatter_add_(1, index, counting({2, 2}) + 1);
  EXPECT_EQ(values(y), (Longs{2, 0, 0, 7, 1, 0}));
  Tensor z = counting({3});
  z.scatter_(0, longs({2, 1, 0}), z);  // from itself
  EXPECT_EQ(values(z), (Longs{2, 1, 0}));
  EXPECT_EQ(values(scalar_tensor(1, kLong).scatter_add(0, longs({0, 0}), longs({5, 6}))),
            (Longs{12}));
  expect_error<IndexError>([&] { z.scatter_(0, longs({0, 3}), 9); }, "scatter_: index 3");
  expect_error<IndexError>([&] { z.scatter_add_(0, longs({-1}), longs({1})); }, "scatter_add_");
  expect_error<Error>([&] { z.scatter_(0, longs({0, 1}), longs({1})); }, "scatter_: size 2");
  expect_error<Error>([&] { z.scatter_(0, longs({0}), ones({1})); }, "scatter_: src must");
  expect_error<Error>([&] { x.scatter(1, zeros({3, 1}, kLong), 1); }, "scatter_: size 3");
  EXPECT_EQ(values(z), (Longs{2, 1, 0}));
  EXPECT_EQ(z._version(), 1u);
}

TEST(ScatterReduce, CombinesWhatIsSent) {
  const Tensor x = tensor({{1, 2, 3}, {4, 5, 6}});
  const Tensor index = tensor({{0, 0, 2}, {1, 1, 1}}), src = tensor({{10, 20, 30}, {-1, 7, 2}});
  const auto reduce = [&](const char* how, bool include_self) {
    return values(scatter_reduce(x, 1, index, src, how, include_self));
  };
  EXPECT_EQ(reduce("sum", true), (Longs{31, 2, 33, 4, 13, 6}));
  EXPECT_EQ(reduce("sum", false), (Longs{30, 2, 30, 4, 8, 6}));
  EXPECT_EQ(reduce("prod", true), (Longs{200, 2, 90, 4, -70, 6}));
  EXPECT_EQ(reduce("prod", false), (Longs{200, 2, 30, 4, -14, 6}));
  EXPECT_EQ(reduce("mean", true), (Longs{10, 2, 16, 4, 3, 6}));  // 31/3, 33/2, 13/4 rounded down
  EXPECT_EQ(reduce("mean", false), (Longs{15, 2, 30, 4, 2, 6}));
  EXPECT_EQ(reduce("amax", true), (Longs{20, 2, 30, 4, 7, 6}));
  EXPECT_EQ(reduce("amin", true), (Longs{1, 2, 3, 4, -1, 6}));
  EXPECT_EQ(reduce("amin", false), (Longs{10, 2, 30, 4, -1, 6}));
  Tensor y = x.clone();
  scatter_reduce_(y, 0, tensor({{1, 0, 0}}), tensor({{9, 9, 9}}), "amax");
  EXPECT_EQ(values(y), (Longs{1, 9, 9, 9, 5, 6}));
  expect_error<ValueError>([&] { reduce("max", true); }, "scatter_reduce: reduce");
  expect_error<IndexError>([&] { scatter_reduce(x, 1, index + 1, src, "sum"); }, "scatter_reduce");
}

TEST(Masked, SelectsAndScatters) {
  const Tensor x = counting({2, 3});
  EXPECT_EQ(values(x.masked_select(x.gt(3))), (Longs{4, 5}));
  EXPECT_EQ(values(x.masked_select(tensor({true, false, true}))), (Longs{0, 2, 3, 5}));
  EXPECT_EQ(values(counting({2, 1}).masked_select(tensor({true, true}))), (Longs{0, 0, 1, 1}));
  EXPECT_EQ(values(masked_scatter(x, x.gt(3), longs({7, 8, 9}))), (Longs{0, 1, 2, 3, 7, 8}));
  Tensor y = counting({2, 2});
  Tensor transposed = y.t();
  masked_scatter_(transposed, tensor({{true, true}, {false, false}}), longs({5, 6}));
  EXPECT_EQ(values(y), (Longs{5, 1, 6, 3}));
  expect_error<TypeError>([&] { x.masked_select(x); }, "masked_select");
  expect_error<Error>([&] { x.masked_select(tensor({true, true})); }, "masked_select");
  expect_error<Error>([&] { masked_scatter(x, x.gt(3), longs({7})); }, "masked_scatter_");
}

TEST(Nonzero, GivesIndices) {
  const Tensor x = tensor({{0, 3}, {4, 0}});
  EXPECT_EQ(values(x.nonzero()), (Longs{0, 1, 1, 0}));
  EXPECT_EQ(x.nonzero().sizes(), (IntArrayRef{2, 2}));
  EXPECT_EQ(values(x.t().nonzero()), (Longs{0, 1, 1, 0}));
  EXPECT_EQ(scalar_tensor(1).nonzero().sizes(), (IntArrayRef{1, 0}));
  EXPECT_EQ(scalar_tensor(0).nonzero().sizes(), (IntArrayRef{0, 0}));
  EXPECT_EQ(zeros({0, 3}).nonzero().sizes(), (IntArrayRef{0, 2}));
  EXPECT_EQ(values(nonzero_numpy(x)[1]), (Longs{1, 0}));
  EXPECT_EQ(tensor({NAN, 0.0}).nonzero().numel(), 1);
}

TEST(Embedding, LooksUpRows) {
  const Tensor weight = counting({3, 2});
  EXPECT_EQ(values(embedding(weight, tensor({{2, 0}}))), (Longs{4, 5, 0, 1}));
  EXPECT_EQ(embedding(weight, empty({0, 4}, kLong)).sizes(), (IntArrayRef{0, 4, 2}));
  for (int64_t wrong : {int64_t{-1}, int64_t{3}, INT64_MIN}) {
    expect_error<IndexError>([&] { embedding(weight, longs({0, wrong})); }, "embedding: index");
  }
  expect_error<IndexError>([&] { embedding(weight, zeros({2})); }, "embedding");
  expect_error<Error>([&] { embedding(counting({3}), longs({0})); }, "embedding");
  EXPECT_EQ(values(one_hot(longs({1, 0}))), (Longs{0, 1, 1, 0}));
  EXPECT_EQ(one_hot(zeros({2, 2}, kLong), 4).sizes(), (IntArrayRef{2, 2, 4}));
  EXPECT_EQ(one_hot(empty({0}, kLong), 4).sizes(), (IntArrayRef{0, 4}));
  expect_error<IndexError>([&] { one_hot(longs({1, -1})); }, "one_hot");
  expect_error<IndexError>([&] { one_hot(longs({1, 2}), 2); }, "one_hot");
  expect_error<Error>([&] { one_hot(empty({0}, kLong)); }, "one_hot");
  expect_error<Error>([&] { one_hot(zeros({2})); }, "one_hot");
}

TEST(Index, RefusesUndefinedTensors) {
  const Tensor x = counting({2, 3}), none;
  Tensor y = counting({2, 3});
  expect_error<Error>([&] { none.index({0}); }, "index: one of");
  expect_error<Error>([&] { x.index_select(0, none); }, "index_select: one of");
  expect_error<Error>([&] { x.gather(0, none); }, "gather: one of");
  expect_error<Error>([&] { y.scatter_(0, tensor({{0}}), none); }, "scatter_: one of");
  expect_error<Error>([&] { y.index_put_({0}, none); }, "index_put_: one of");
  expect_error<Error>([&] { embedding(none, x); }, "embedding: one of");
  expect_error<Error>([&] { none.view({-1}); }, "view: one of");
  expect_error<Error>([&] { cat({x, none}); }, "cat: one of");
}

// Large enough for several chunks; with repeats, so that order matters.
TEST(Index, ResultsDoNotDependOnThreads) {
  const int before = get_num_threads();
  const int64_t n = 300000, rows = 5000;
  const Tensor index = (arange(n) * 7919).remainder(rows);
  const Tensor src = (arange(n, kFloat) + 1).reciprocal();
  const Tensor wide = src.unsqueeze(1) * (arange(3, kFloat) + 1);
  const auto run = [&] {
    return std::vector<Tensor>{
        zeros({rows}).scatter_add(0, index, src),
        zeros({rows}).scatter(0, index, src),
        zeros({rows, 3}).index_add(0, index, wide),
        zeros({3, rows}).index_add(1, index, wide.t()),
        zeros({rows}).index_put_({index}, src, /*accumulate=*/true),
        zeros({rows, 3}).index_put_({index}, wide),
        zeros({rows, 3}).scatter_add(0, index.unsqueeze(1).expand({n, 3}), wide),
        src.index({index}),
        src.masked_select(src > 1e-5),
        index.nonzero()};
  };
  set_num_threads(1);
  const std::vector<Tensor> expected = run();
  for (int threads : {2, 3, 8}) {
    set_num_threads(threads);
    const std::vector<Tensor> got = run();
    for (size_t i = 0; i < got.size(); ++i) EXPECT_TRUE(got[i].equal(expected[i])) << i;
  }
  set_num_threads(before);
  // The last one that writes a place counts.
  std::vector<float> last(rows);
  for (int64_t i = 0; i < n; ++i) last[i * 7919 % rows] = 1.0f / static_cast<float>(i + 1);
  EXPECT_TRUE(expected[1].equal(tensor(last)));
}

}  // namespace
TEST(Indexing, PrintsAsPyTorch) {
  using indexing::INDEX_MAX;
  using indexing::Slice;
  const auto text = [](const auto& value) {
    std::ostringstream stream;
    stream << value;
    return stream.str();
  };
  const std::string end = std::to_string(INDEX_MAX);
  EXPECT_EQ(text(Slice(1, 3)), "1:3:1");
  EXPECT_EQ(text(Slice()), "0:" + end + ":1");
  EXPECT_EQ(text(std::vector<indexing::TensorIndex>{indexing::None, "...", 0, true,
                                                    Slice(1, indexing::None, 2)}),
            "(None, ..., 0, true, 1:" + end + ":2)");
  EXPECT_EQ(text(std::vector<indexing::TensorIndex>{}), "()");
}

TEST(Indexing, AnEmptyListOfIndicesIsAnError) {
  Tensor x = zeros({2, 3});
  EXPECT_THROW(x.index({}), IndexError);
  EXPECT_THROW(x.index_put_({}, 1), IndexError);
  EXPECT_THROW(x.index_put_(std::vector<indexing::TensorIndex>{}, ones({})), IndexError);
}

TEST(Indexing, PutsANumberWhereAVectorOfIndicesSays) {
  Tensor x = zeros({2, 3});
  const std::vector<indexing::TensorIndex> where{1, indexing::Slice(1)};
  x.index_put_(where, 5);
  EXPECT_TRUE(equal(x, tensor({{0.0f, 0.0f, 0.0f}, {0.0f, 5.0f, 5.0f}})));
}

}  // namespace gradus
