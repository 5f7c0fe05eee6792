// Row-sparse tensors, and the tape with them.

#include <cmath>
#include <string>
#include <vector>

#include <gradus/gradus.h>
#include <gtest/gtest.h>

#include "tests/autograd/op_table/op_fixture.h"

namespace gradus::test {
namespace {

Tensor rows_of(const std::vector<int64_t>& rows) {
  return tensor(rows, kLong).unsqueeze(0);
}

Tensor weight_of(IntArrayRef sizes = {4, 2}) {
  return values(sizes).requires_grad_();
}

Tensor lookups() {
  return tensor(std::vector<int64_t>{1, 2, 1, 3}, kLong).reshape({2, 2});
}

Tensor look_up(const Tensor& weight, int64_t padding_idx = -1) {
  return embedding(weight, lookups(), padding_idx, /*scale_grad_by_freq=*/false, /*sparse=*/true);
}

/// What `f` throws, which must be of type E.
template <class E, class F>
std::string message_of(F f) {
  try {
    f();
  } catch (const E& error) {
    return error.what();
  }
  return "no such error";
}

TEST(SparseTensor, SaysWhatItIs) {
  const Tensor x = sparse_coo_tensor(rows_of({3, 0, 3}), values({3, 2}), {5, 2});
  EXPECT_TRUE(x.is_sparse());
  EXPECT_EQ(x.layout(), kSparse);
  EXPECT_EQ(x.sizes(), IntArrayRef({5, 2}));
  EXPECT_EQ(x.numel(), 10);
  EXPECT_EQ(x.dtype(), kDouble);
  EXPECT_EQ(x.sparse_dim(), 1);
  EXPECT_EQ(x.dense_dim(), 1);
  EXPECT_EQ(x._nnz(), 3);
  EXPECT_FALSE(x.is_coalesced());
  EXPECT_FALSE(x.is_contiguous());
  EXPECT_TRUE(x._indices().equal(rows_of({3, 0, 3})));
  EXPECT_TRUE(x._values().equal(values({3, 2})));
  EXPECT_EQ(x.toString(), "SparseCPUDoubleType");
  const Tensor dense = ones({2});
  EXPECT_FALSE(dense.is_sparse());
  EXPECT_EQ(dense.layout(), kStrided);
  EXPECT_EQ(dense.sparse_dim(), 0);
  EXPECT_TRUE(dense.to_dense().is_same(dense));
}

TEST(SparseTensor, CoalesceAddsRowsInTheirOrder) {
  const Tensor x =
      sparse_coo_tensor(rows_of({3, 0, 3, 1}), arange(8.0, kDouble).reshape({4, 2}), {5, 2});
  const Tensor y = x.coalesce();
  EXPECT_TRUE(y.is_coalesced());
  EXPECT_TRUE(y.coalesce().is_same(y));
  EXPECT_TRUE(y.indices().equal(rows_of({0, 1, 3})));
  // Row 3: 0 1 and 4 5.
  EXPECT_TRUE(
      y.values().equal(tensor(std::vector<double>{2, 3, 6, 7, 4, 6}, kDouble).reshape({3, 2})));
  EXPECT_TRUE(same_bits(x.to_dense(), y.to_dense()));
  EXPECT_EQ(x._nnz(), 4);
}

TEST(SparseTensor, WithoutRowsAndWithoutColumns) {
  const Tensor none = sparse_coo_tensor(empty({1, 0}, kLong), empty({0, 3}), {4, 3});
  EXPECT_EQ(none._nnz(), 0);
  EXPECT_TRUE(none.to_dense().equal(zeros({4, 3})));
  EXPECT_EQ(none.coalesce()._nnz(), 0);
  const Tensor narrow = sparse_coo_tensor(rows_of({1, 1}), empty({2, 0}), {4, 0});
  EXPECT_EQ(narrow.coalesce()._nnz(), 1);
  EXPECT_EQ(narrow.to_dense().sizes(), IntArrayRef({4, 0}));
  const Tensor list = sparse_coo_tensor(rows_of({1, 1}), ones({2}), {3});
  EXPECT_TRUE(list.to_dense().equal(tensor({0.f, 2.f, 0.f})));
  EXPECT_EQ(list.dense_dim(), 0);
}

TEST(SparseTensor, CopiesAndAliases) {
  const Tensor x = sparse_coo_tensor(rows_of({3, 0, 3}), values({3, 2}), {5, 2});
  const Tensor copy = x.clone(), alias = x.detach(), narrow = x.to(kFloat);
  EXPECT_TRUE(copy.is_sparse() && alias.is_sparse() && narrow.is_sparse());
  EXPECT_EQ(narrow.dtype(), kFloat);
  EXPECT_EQ(narrow._values().dtype(), kFloat);
  x._values().fill_(7);
  EXPECT_TRUE(alias._values().equal(full({3, 2}, 7, kDouble)));
  EXPECT_TRUE(copy._values().equal(values({3, 2})));
  const uint32_t version = x._version();
  Tensor cleared = x;
  cleared.zero_();
  EXPECT_EQ(alias._nnz(), 0);
  EXPECT_EQ(x._version(), version + 1);
  EXPECT_EQ(copy._nnz(), 3);
  // What is written to the indices afterwards does not lead out of range.
  const Tensor indices = rows_of({1, 2});
  const Tensor y = sparse_coo_tensor(indices, ones({2, 2}), {3, 2});
  Tensor(indices).fill_(INT64_MAX);
  y._indices().fill_(INT64_MAX);
  EXPECT_TRUE(y._indices().equal(rows_of({1, 2})));
}

TEST(SparseTensor, Prints) {
  const Tensor x = sparse_coo_tensor(rows_of({3, 0}), tensor({1.f, 2.f}), {5});
  EXPECT_EQ(fmt::format("{}", x),
            "[ SparseCPUFloatType{}\nindices:\n 3  0\n[ CPULongType{1,2} ]\nvalues:\n 1\n 2\n"
            "[ CPUFloatType{2} ]\nsize:\n[5]\n]");
}

TEST(SparseTensor, ErrorsNameTheMethod) {
  const Tensor x = sparse_coo_tensor(rows_of({3, 0}), ones({2, 2}), {5, 2});
  EXPECT_NE(message_of<Error>([&] { x.indices(); }).find("indices"), std::string::npos);
  EXPECT_NE(message_of<Error>([&] { x.values(); }).find("values"), std::string::npos);
  for (const Tensor& dense : {ones({2}), Tensor()}) {
    EXPECT_NE(message_of<Error>([&] { dense.coalesce(); }).find("coalesce"), std::string::npos);
    EXPECT_NE(message_of<Error>([&] { dense._nnz(); }).find("_nnz"), std::string::npos);
    EXPECT_NE(message_of<Error>([&] { dense._values(); }).find("_values"), std::string::npos);
    EXPECT_NE(message_of<Error>([&] { dense.is_coalesced(); }).find("is_coalesced"),
              std::string::npos);
  }
  EXPECT_THROW(Tensor().to_dense(), Error);
  EXPECT_THROW(Tensor().is_sparse(), Error);
}

// Every way to elements and geometry that is not an op of the table.
TEST(SparseTensor, MethodsRefuse) {
  const Tensor x = sparse_coo_tensor(rows_of({3, 0}), ones({2, 2}), {5, 2});
  Tensor y = x;
  EXPECT_THROW(x.data_ptr(), NotImplementedError);
  EXPECT_THROW(x.data_ptr<float>(), NotImplementedError);
  EXPECT_THROW((x.accessor<float, 2>()), NotImplementedError);
  EXPECT_THROW(sparse_coo_tensor(rows_of({0}), ones({1}), {1}).item(), NotImplementedError);
  EXPECT_THROW(x[0], NotImplementedError);
  EXPECT_THROW(x.index({0}), NotImplementedError);
  EXPECT_THROW(y.index_put_({0}, 1), NotImplementedError);
  EXPECT_THROW(x.contiguous(), NotImplementedError);
  EXPECT_THROW(x.view({-1}), NotImplementedError);
  EXPECT_THROW(y.t_(), NotImplementedError);
  EXPECT_THROW(y.squeeze_(), NotImplementedError);
  EXPECT_THROW(y.resize_({1}), NotImplementedError);
  EXPECT_THROW(ones({1}).resize_as_(x), NotImplementedError);
  EXPECT_THROW(y.fill_(1), NotImplementedError);
  EXPECT_THROW(y.copy_(ones({5, 2})), NotImplementedError);
  EXPECT_THROW(ones({5, 2}).copy_(x), NotImplementedError);
  EXPECT_THROW(y.normal_(), NotImplementedError);
  EXPECT_THROW(x + x, NotImplementedError);
  EXPECT_THROW(x * 2, NotImplementedError);
  EXPECT_THROW(y += 1, NotImplementedError);
  EXPECT_THROW(ones({5, 2}) += x, NotImplementedError);
  EXPECT_THROW(x == x, NotImplementedError);
  EXPECT_THROW(x.norm(), NotImplementedError);
  EXPECT_THROW(zeros_like(x), NotImplementedError);
  EXPECT_THROW(empty_like(x), NotImplementedError);
  EXPECT_THROW(rand_like(x), NotImplementedError);
  EXPECT_THROW(cat({ones({1, 2}), x}), NotImplementedError);
  EXPECT_THROW(stack({x, x}), NotImplementedError);
  EXPECT_THROW(x.to(kLong), NotImplementedError);
  OrderedDict<std::string, Tensor> named;
  named.insert("x", x);
  EXPECT_THROW(save_safetensors(named, testing::TempDir() + "sparse.safetensors"),
               NotImplementedError);
  EXPECT_TRUE(x.to_dense().equal(x.clone().to_dense()));
}

TEST(SparseGradient, OfEmbeddingIsRowsOfIndices) {
  const Tensor weight = weight_of();
  look_up(weight).pow(2).sum().backward();
  const Tensor grad = weight.grad();
  ASSERT_TRUE(grad.is_sparse());
  EXPECT_EQ(grad.sizes(), weight.sizes());
  EXPECT_TRUE(grad._indices().equal(lookups().reshape({1, 4})));
  EXPECT_TRUE(
      same_bits(grad._values(), weight.detach().index_select(0, lookups().reshape({-1})) * 2));
}

TEST(SparseGradient, PaddingIsLeftOut) {
  const Tensor weight = weight_of();
  look_up(weight, /*padding_idx=*/1).sum().backward();
  EXPECT_TRUE(weight.grad()._indices().equal(rows_of({2, 3})));
  EXPECT_EQ(weight.grad()._nnz(), 2);
}

TEST(SparseGradient, EqualsTheDenseOne) {
  for (const bool padded : {false, true}) {
    for (int64_t mode : {0, 1}) {
      const Tensor a = weight_of({9, 3}), b = weight_of({9, 3});
      const Tensor indices = arange(14) * 5 % 8;
      const Tensor offsets = tensor(std::vector<int64_t>{0, 3, 3, 8}, kLong);
      const Tensor factors = mode == 0 ? values({14}).requires_grad_() : Tensor();
      const auto bags = [&](const Tensor& w, bool sparse) {
        return std::get<0>(embedding_bag(w, indices, offsets, false, mode, sparse, factors, false,
                                         padded ? 5 : -1));
      };
      bags(a, true).pow(2).sum().backward();
      const Tensor of_factors = mode == 0 ? factors.grad().clone() : Tensor();
      if (mode == 0) factors.mutable_grad() = Tensor();
      bags(b, false).pow(2).sum().backward();
      EXPECT_TRUE(a.grad().is_sparse());
      EXPECT_TRUE(close(a.grad().to_dense(), b.grad(), 1e-13, 1e-13));
      if (mode != 0) continue;
      EXPECT_TRUE(same_bits(of_factors, factors.grad()));
    }
  }
}

TEST(SparseGradient, OfATableWithoutColumnsAndOfNoIndices) {
  const Tensor narrow = empty({4, 0}, kDouble).requires_grad_();
  look_up(narrow).sum().backward();
  EXPECT_EQ(narrow.grad()._nnz(), 4);
  const Tensor weight = weight_of();
  embedding(weight, empty({0, 3}, kLong), 1, false, true).sum().backward();
  EXPECT_EQ(weight.grad()._nnz(), 0);
}

TEST(SparseGradient, NotOfMaximaNorByFrequency) {
  const Tensor weight = weight_of(), bags = lookups();
  EXPECT_THROW(embedding(weight, bags, -1, true, true), NotImplementedError);
  EXPECT_THROW(embedding_bag(weight, bags, Tensor(), true, 0, true), NotImplementedError);
  EXPECT_THROW(embedding_bag(weight, bags, Tensor(), false, 2, true), ValueError);
}

TEST(SparseGradient, OfLayersAndFunctions) {
  nn::Embedding layer(nn::EmbeddingOptions(4, 2).sparse(true).padding_idx(1));
  layer(lookups()).sum().backward();
  EXPECT_TRUE(layer->weight.grad().is_sparse());
  EXPECT_EQ(layer->weight.grad()._nnz(), 2);
  nn::EmbeddingBag bag(nn::EmbeddingBagOptions(4, 2).sparse(true).mode(kSum));
  bag(lookups()).sum().backward();
  EXPECT_EQ(bag->weight.grad()._nnz(), 4);
  const Tensor weight = weight_of();
  namespace F = nn::functional;
  F::embedding(lookups(), weight, F::EmbeddingFuncOptions().sparse(true)).sum().backward();
  EXPECT_TRUE(weight.grad().is_sparse());
}

TEST(SparseGradient, TwoUsesAreConcatenated) {
  const Tensor weight = weight_of();
  (look_up(weight).sum() + look_up(weight).sum()).backward();
  EXPECT_TRUE(weight.grad().is_sparse());
  EXPECT_EQ(weight.grad()._nnz(), 8);
  const Tensor kept = weight.grad();
  look_up(weight).sum().backward();
  EXPECT_TRUE(weight.grad().is_same(kept));
  EXPECT_EQ(kept._nnz(), 12);
  EXPECT_TRUE(kept.to_dense().select(1, 0).equal(tensor(std::vector<double>{0, 6, 3, 3}, kDouble)));
}

TEST(SparseGradient, WithADenseOneItIsDense) {
  const Tensor expected = tensor(std::vector<double>{2, 4, 3, 3}, kDouble);
  const auto sparse = [](const Tensor& w) { return look_up(w).sum(); };
  const auto dense = [](const Tensor& w) { return (w * 2).sum(); };
  const auto expect_dense = [&](const Tensor& w) {
    EXPECT_FALSE(w.grad().is_sparse());
    EXPECT_TRUE(w.grad().select(1, 0).equal(expected)) << w.grad();
  };
  // In one run, and one after the other.
  Tensor w = weight_of();
  (sparse(w) + dense(w)).backward();
  expect_dense(w);
  w = weight_of();
  (dense(w) + sparse(w)).backward();
  expect_dense(w);
  w = weight_of();
  sparse(w).backward();
  dense(w).backward();
  expect_dense(w);
  w = weight_of();
  dense(w).backward();
  const Tensor kept = w.grad();
  sparse(w).backward();
  expect_dense(w);
  EXPECT_TRUE(w.grad().is_same(kept));
}

TEST(SparseGradient, DoesNotShareElementsWithWhatTheUserHolds) {
  const Tensor weight = weight_of(), y = look_up(weight), dy = ones({2, 2, 2}, kDouble);
  y.backward(dy);
  weight.grad()._values().zero_();
  EXPECT_TRUE(dy.equal(ones({2, 2, 2}, kDouble)));
}

TEST(SparseGradient, HooksSeeItAndMayReplaceIt) {
  const Tensor weight = weight_of();
  std::vector<Tensor> seen;
  weight.register_hook([&](const Tensor& g) { seen.push_back(g); });
  weight.register_hook(
      [](const Tensor& g) { return sparse_coo_tensor(g._indices(), g._values() * 2, g.sizes()); });
  weight.register_post_accumulate_grad_hook([&](const Tensor& w) { seen.push_back(w.grad()); });
  look_up(weight).sum().backward();
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_TRUE(seen[0].is_sparse());
  EXPECT_TRUE(seen[0]._values().equal(ones({4, 2}, kDouble)));
  EXPECT_TRUE(seen[1].is_same(weight.grad()));
  EXPECT_TRUE(weight.grad()._values().equal(full({4, 2}, 2, kDouble)));
  const Tensor other = weight_of();
  other.register_hook([](const Tensor& g) { return g.to_dense(); });
  look_up(other).sum().backward();
  EXPECT_FALSE(other.grad().is_sparse());
}

TEST(SparseGradient, OfANonLeafFlowsOnDense) {
  const Tensor base = weight_of();
  const Tensor weight = base.to(kDouble, false, /*copy=*/true);
  weight.retain_grad();
  look_up(weight).sum().backward();
  EXPECT_TRUE(weight.grad().is_sparse());
  const Tensor other = weight_of();
  EXPECT_THROW(look_up(other * 2).sum().backward(), NotImplementedError);
}

TEST(SparseGradient, IsReturnedByGrad) {
  const Tensor weight = weight_of();
  const Tensor g = autograd::grad({look_up(weight).sum()}, {weight})[0];
  EXPECT_TRUE(g.is_sparse());
  EXPECT_FALSE(weight.grad().defined());
  look_up(weight).sum().backward({}, std::nullopt, false, TensorList({weight}));
  EXPECT_TRUE(weight.grad().is_sparse());
}

TEST(SparseGradient, ZeroGrad) {
  nn::Embedding layer(nn::EmbeddingOptions(4, 2).sparse(true));
  layer(lookups()).sum().backward();
  layer->zero_grad(/*set_to_none=*/false);
  EXPECT_TRUE(layer->weight.grad().is_sparse());
  EXPECT_EQ(layer->weight.grad()._nnz(), 0);
  layer(lookups()).sum().backward();
  EXPECT_EQ(layer->weight.grad()._nnz(), 4);
  layer->zero_grad();
  EXPECT_FALSE(layer->weight.grad().defined());
}

// As in PyTorch: through to_dense, coalesce and values, not through _values.
TEST(SparseGradient, CanBeDifferentiated) {
  const Tensor weight = weight_of();
  const Tensor g =
      autograd::grad({look_up(weight).pow(3).sum()}, {weight}, {}, true, /*create_graph=*/true)[0];
  ASSERT_TRUE(g.is_sparse());
  EXPECT_TRUE(g.requires_grad());
  EXPECT_FALSE(g._values().requires_grad());
  const Tensor dense = weight_of();
  const Tensor h = autograd::grad({embedding(dense, lookups()).pow(3).sum()}, {dense}, {}, true,
                                  /*create_graph=*/true)[0];
  const Tensor expected = autograd::grad({h.pow(2).sum()}, {dense}, {}, true)[0];
  for (const Tensor& from : {g.to_dense(), g.coalesce().values(), g.clone().to_dense()}) {
    const Tensor again = autograd::grad({from.pow(2).sum()}, {weight}, {}, true)[0];
    EXPECT_TRUE(again.is_sparse());
    EXPECT_TRUE(close(again.to_dense(), expected, 1e-12, 1e-12));
  }
}

TEST(SparseGradient, SumsWithCreateGraph) {
  const Tensor weight = weight_of();
  for (int i = 0; i < 2; ++i) look_up(weight).pow(2).sum().backward({}, true, true);
  EXPECT_EQ(weight.grad()._nnz(), 8);
  EXPECT_TRUE(weight.grad().requires_grad());
  (weight * weight).sum().backward({}, true, true);
  EXPECT_FALSE(weight.grad().is_sparse());
  weight.mutable_grad() = Tensor();  // its graph leads to weight: a cycle
}

TEST(SparseGradient, InAnomalyModeAndWithoutGradMode) {
  const Tensor weight = weight_of();
  {
    autograd::DetectAnomalyGuard guard;
    look_up(weight).sum().backward();
    EXPECT_THROW((look_up(weight) * NAN).sum().backward(), Error);
  }
  NoGradGuard no_grad;
  EXPECT_FALSE(look_up(weight).requires_grad());
}

TEST(SparseGradient, IsClippedByItsNorm) {
  const Tensor sparse = weight_of(), dense = weight_of();
  for (double norm_type : {2.0, 1.0, static_cast<double>(INFINITY)}) {
    sparse.mutable_grad() = dense.mutable_grad() = Tensor();
    look_up(sparse).pow(2).sum().backward();
    embedding(dense, lookups()).pow(2).sum().backward();
    const double total = nn::utils::get_total_norm({sparse.grad()}, norm_type);
    const double a = nn::utils::clip_grad_norm_({sparse}, 1.0, norm_type);
    const double b = nn::utils::clip_grad_norm_({dense}, 1.0, norm_type);
    EXPECT_NEAR(a, b, 1e-12 * b);
    EXPECT_NEAR(total, b, 1e-12 * b);
    EXPECT_TRUE(sparse.grad().is_sparse());
    EXPECT_TRUE(close(sparse.grad().to_dense(), dense.grad(), 1e-12, 1e-12));
  }
  nn::utils::clip_grad_value_({sparse}, 0.01);
  nn::utils::clip_grad_value_({dense}, 0.01);
  EXPECT_TRUE(close(sparse.grad().to_dense(), dense.grad(), 1e-12, 1e-12));
}

TEST(SparseGradient, HasTheSameBitsForAnyNumberOfThreads) {
  const int before = get_num_threads();
  Tensor first;
  for (int threads : {1, 2, 3, 8}) {
    set_num_threads(threads);
    const Tensor weight = values({500, 8}).to(kFloat).requires_grad_();
    embedding(weight, arange(40000) * 7 % 333, -1, false, true).pow(2).sum().backward();
    const Tensor now = weight.grad().coalesce().to_dense();
    if (threads == 1) first = now;
    EXPECT_TRUE(same_bits(now, first)) << threads;
  }
  set_num_threads(before);
}

}  // namespace
}  // namespace gradus::test
