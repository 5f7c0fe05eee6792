#include "tests/autograd/op_table/op_info.h"

namespace gradus::test {

namespace {

using indexing::Slice;
using T = const Tensor&;

Tensor list(std::vector<int64_t> values) {
  return tensor(values, kLong);
}

Tensor grid(std::vector<int64_t> values, IntArrayRef sizes) {
  return tensor(values, kLong).reshape(sizes);
}

// f(index) must reject indices that are out of range for size 2, of a wrong dtype, or undefined.
template <class F>
Errors index_errors(F f) {
  return {GRADUS_CALL(f(list({2}))),         GRADUS_CALL(f(list({-3}))),
          GRADUS_CALL(f(list({INT64_MIN}))), GRADUS_CALL(f(list({INT64_MAX}))),
          GRADUS_CALL(f(tensor({0.5}))),     GRADUS_CALL(f(Tensor()))};
}

Errors operator+(Errors a, const Errors& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// A matrix of 3 x 4 and a source of `sizes`, in several layouts.
std::vector<Sample> with_source(IntArrayRef sizes, double low = -2, double high = 2) {
  std::vector<Sample> samples = matrices(low, high);
  uint64_t seed = 50;
  for (Sample& sample : samples) sample.inputs.push_back(values(sizes, low, high, ++seed));
  return samples;
}

}  // namespace

void add_index_ops(std::vector<OpInfo>& table) {
  const auto row = [&](const char* name, auto op, Errors errors = {}) {
    table.push_back({name, of_one(op), matrices(), std::move(errors)});
  };
  // An op with a source, and its in-place form: f(x, source).
  const auto sourced = [&](const char* name, IntArrayRef sizes, auto op, auto in_place,
                           Errors errors = {}) {
    table.push_back({name, of_two(op), with_source(sizes), std::move(errors), 2,
                     [in_place](std::vector<Tensor>& x) { in_place(x[0], x[1]); }});
  };

  row(
      "index",
      [](T x) {
        return x.index({list({0, 2, 0}), list({1, 1, 3})});
      },
      index_errors([](T i) { return index(ones({2}), {i}); }) +
          Errors{GRADUS_CALL(index(ones({2}), {0, 0})),
                 GRADUS_CALL(index(ones({2}), {ones({3}, kBool)})),
                 GRADUS_CALL(index(ones({2, 2}), {list({0, 1}), list({0, 1, 0})})),
                 GRADUS_CALL(index(ones({2}), {Slice(0, 1, 0)})),
                 GRADUS_CALL(index(Tensor(), {0}))});
  row("index", [](T x) { return x.index({Slice(0, 2), list({3, 0})}); });
  row("index", [](T x) { return x.index({x.detach() > 0}); });
  row("index", [](T x) { return x.index({"...", -1}); });
  row("index", [](T x) { return x.index({indexing::None, Slice(), grid({3, -1, 0, 2}, {2, 2})}); });

  const auto put = [&](bool accumulate) {
    sourced(
        "index_put", {3},
        [=](T x, T v) {
          return index_put(x, {list({0, 2, 1}), list({1, -1, 3})}, v, accumulate);
        },
        [=](Tensor& x, T v) {
          x.index_put_({list({0, 2, 1}), list({1, -1, 3})}, v, accumulate);
        },
        index_errors([](T i) {
          return index_put(ones({2}), {i.defined() ? i : ones({2})}, ones({1}));
        }) + Errors{GRADUS_CALL(index_put(ones({2}), {list({0})}, ones({2}))),
                    GRADUS_CALL(index_put(ones({2}, kLong), {list({0})}, ones({1}))),
                    GRADUS_CALL(index_put(ones({2}), {list({0})}, Tensor())),
                    GRADUS_CALL(index_put(Tensor(), {list({0})}, ones({1}))),
                    GRADUS_CALL(index_put(ones({2}), {0, 0}, ones({})))});
  };
  put(false);
  put(true);
  sourced(
      "index_put", {3},  // twice to one place
      [](T x, T v) {
        return index_put(x, {list({0, 2, 0}), list({1, 1, 1})}, v, true);
      },
      [](Tensor& x, T v) {
        x.index_put_({list({0, 2, 0}), list({1, 1, 1})}, v, true);
      });

  row(
      "index_select",
      [](T x) {
        return index_select(x, 1, list({3, 0, 3}));
      },
      index_errors([](T i) { return index_select(ones({2}), 0, i); }) +
          Errors{GRADUS_CALL(index_select(ones({2}), 0, list({-1}))),
                 GRADUS_CALL(index_select(ones({2}), 1, list({0}))),
                 GRADUS_CALL(index_select(ones({2}), 0, grid({0, 1}, {1, 2}))),
                 GRADUS_CALL(index_select(Tensor(), 0, list({0})))});
  row("index_select", [](T x) { return index_select(x, 0, list({})); });
  const auto index_write_errors = [](auto f) -> Errors {
    return index_errors([f](T i) { return f(ones({2}), 0, i, ones({1})); }) +
           Errors{GRADUS_CALL(f(ones({2}), 0, list({-1}), ones({1}))),
                  GRADUS_CALL(f(ones({2}), 1, list({0}), ones({1}))),
                  GRADUS_CALL(f(ones({2}), 0, list({0}), ones({2}))),
                  GRADUS_CALL(f(ones({2, 2}), 0, list({0}), ones({1, 3}))),
                  GRADUS_CALL(f(ones({2}), 0, list({0}), ones({1}, kLong))),
                  GRADUS_CALL(f(ones({2}), 0, list({0}), Tensor())),
                  GRADUS_CALL(f(Tensor(), 0, list({0}), ones({1})))};
  };
  sourced(
      "index_add", {3, 3},
      [](T x, T s) {
        return index_add(x, 1, list({3, 0, 3}), s, 2);
      },
      [](Tensor& x, T s) {
        x.index_add_(1, list({3, 0, 3}), s, 2);
      },
      index_write_errors([](T x, int64_t d, T i, T s) { return index_add(x, d, i, s); }));
  sourced(
      "index_copy", {3, 2},
      [](T x, T s) {
        return index_copy(x, -1, list({3, 0}), s);
      },
      [](Tensor& x, T s) {
        x.index_copy_(-1, list({3, 0}), s);
      },
      index_write_errors([](T x, int64_t d, T i, T s) { return index_copy(x, d, i, s); }));
  row(
      "index_fill",
      [](T x) {
        return index_fill(x, 1, list({3, 0, 3}), 1.5);
      },
      index_errors([](T i) { return index_fill(ones({2}), 0, i, 1); }) +
          Errors{GRADUS_CALL(index_fill(ones({2}), 1, list({0}), 1)),
                 GRADUS_CALL(index_fill(ones({2}), 0, list({0}), ones({2}))),
                 GRADUS_CALL(index_fill(ones({2}), 0, list({0}), Tensor())),
                 GRADUS_CALL(index_fill(Tensor(), 0, list({0}), 1))});
  table.back().in_place = [](std::vector<Tensor>& x) { x[0].index_fill_(1, list({3, 0, 3}), 1.5); };
  sourced(
      "index_fill", {}, [](T x, T v) { return index_fill(x, 0, list({2}), v); },
      [](Tensor& x, T v) { x.index_fill_(0, list({2}), v); });

  row(
      "gather",
      [](T x) {
        return gather(x, 1, grid({3, 0, 3, 1, 1, 0}, {3, 2}));
      },
      index_errors([](T i) { return gather(ones({2}), 0, i); }) +
          Errors{GRADUS_CALL(gather(ones({2}), 0, list({-1}))),
                 GRADUS_CALL(gather(ones({2}), 1, list({0}))),
                 GRADUS_CALL(gather(ones({2, 2}), 0, list({0}))),
                 GRADUS_CALL(gather(ones({2, 2}), 1, grid({0, 0, 0}, {3, 1}))),
                 GRADUS_CALL(gather(Tensor(), 0, list({0})))});
  row(
      "take_along_dim",
      [](T x) {
        return take_along_dim(x, grid({3, 0, 1}, {3, 1}), 1);
      },
      index_errors([](T i) { return take_along_dim(ones({2}), i, 0); }) +
          Errors{GRADUS_CALL(take_along_dim(ones({2}), list({0}), 1)),
                 GRADUS_CALL(take_along_dim(ones({2, 2}), list({0}), 1)),
                 GRADUS_CALL(take_along_dim(ones({3, 2}), grid({0, 0}, {2, 1}), 1)),
                 GRADUS_CALL(take_along_dim(Tensor(), list({0}), 0))});
  row("take_along_dim", [](T x) { return take_along_dim(x, list({11, 0, 5})); });
  row(
      "take",
      [](T x) {
        return take(x, grid({11, 0, -1, 5}, {2, 2}));
      },
      index_errors([](T i) { return take(ones({2}), i); }) +
          Errors{GRADUS_CALL(take(Tensor(), list({0}))), GRADUS_CALL(take(ones({0}), list({0})))});

  const auto scatter_errors = [](auto f) -> Errors {
    return index_errors([f](T i) { return f(ones({2}), 0, i, ones({1})); }) +
           Errors{GRADUS_CALL(f(ones({2}), 0, list({-1}), ones({1}))),
                  GRADUS_CALL(f(ones({2}), 1, list({0}), ones({1}))),
                  GRADUS_CALL(f(ones({2}), 0, list({0, 1}), ones({1}))),
                  GRADUS_CALL(f(ones({2, 2}), 0, list({0}), ones({1}))),
                  GRADUS_CALL(f(ones({2, 2}), 0, grid({0, 0, 0}, {1, 3}), ones({1, 3}))),
                  GRADUS_CALL(f(ones({2}), 0, list({0}), ones({1}, kDouble))),
                  GRADUS_CALL(f(ones({2}), 0, list({0}), Tensor())),
                  GRADUS_CALL(f(Tensor(), 0, list({0}), ones({1})))};
  };
  const Tensor apart = grid({3, 0, 2, 1, 1, 0}, {3, 2}), twice = grid({3, 3, 2, 2, 1, 0}, {3, 2});
  sourced(
      "scatter", {3, 2}, [=](T x, T s) { return scatter(x, 1, apart, s); },
      [=](Tensor& x, T s) { x.scatter_(1, apart, s); },
      scatter_errors([](T x, int64_t d, T i, T s) { return scatter(x, d, i, s); }));
  row(
      "scatter", [=](T x) { return scatter(x, -1, apart, 1.5); },
      index_errors([](T i) { return scatter(ones({2}), 0, i, 1.5); }));
  sourced(
      "scatter_add", {3, 2}, [=](T x, T s) { return scatter_add(x, 1, twice, s); },
      [=](Tensor& x, T s) { x.scatter_add_(1, twice, s); },
      scatter_errors([](T x, int64_t d, T i, T s) { return scatter_add(x, d, i, s); }));
  for (const char* reduce : {"sum", "prod", "mean", "amax", "amin"}) {
    for (bool include_self : {true, false}) {
      sourced(
          "scatter_reduce", {3, 2},
          [=](T x, T s) { return scatter_reduce(x, 1, twice, s, reduce, include_self); },
          [=](Tensor& x, T s) { x.scatter_reduce_(1, twice, s, reduce, include_self); });
    }
  }
  table.back().errors =
      scatter_errors([](T x, int64_t d, T i, T s) { return scatter_reduce(x, d, i, s, "sum"); }) +
      Errors{GRADUS_CALL(scatter_reduce(ones({2}), 0, list({0}), ones({1}), "median")),
             GRADUS_CALL(scatter_reduce(ones({2}), 0, list({0}), ones({1}), ""))};

  const Tensor slices = list({3, 1, 3});
  for (const char* reduce : {"prod", "mean", "amax", "amin"}) {
    for (bool include_self : {true, false}) {
      sourced(
          "index_reduce", {3, 3},
          [=](T x, T s) { return index_reduce(x, 1, slices, s, reduce, include_self); },
          [=](Tensor& x, T s) { index_reduce_(x, 1, slices, s, reduce, include_self); });
    }
  }
  table.back().errors =
      index_errors([](T i) { return index_reduce(ones({2}), 0, i, ones({1}), "mean"); }) +
      Errors{GRADUS_CALL(index_reduce(ones({2}), 0, list({-1}), ones({1}), "mean")),
             GRADUS_CALL(index_reduce(ones({2}), 1, list({0}), ones({1}), "mean")),
             GRADUS_CALL(index_reduce(ones({2}), 0, list({0, 1}), ones({1}), "mean")),
             GRADUS_CALL(index_reduce(ones({2, 2}), 0, list({0}), ones({1, 3}), "mean")),
             GRADUS_CALL(index_reduce(ones({2, 2}), 0, list({0}), ones({2}), "mean")),
             GRADUS_CALL(index_reduce(ones({2}), 0, list({0}), ones({1}, kDouble), "mean")),
             GRADUS_CALL(index_reduce(ones({2}), 0, list({0}), ones({1}), "sum")),
             GRADUS_CALL(index_reduce(ones({2}), 0, list({0}), Tensor(), "mean")),
             GRADUS_CALL(index_reduce(Tensor(), 0, list({0}), ones({1}), "mean"))};

  row("masked_select", [](T x) { return masked_select(x, x.detach() > 0); },
      {GRADUS_CALL(masked_select(ones({2}), ones({2}))),
       GRADUS_CALL(masked_select(ones({2}), ones({3}, kBool))),
       GRADUS_CALL(masked_select(ones({2}), ones({2}, kLong))),
       GRADUS_CALL(masked_select(Tensor(), ones({2}, kBool))),
       GRADUS_CALL(masked_select(ones({2}), Tensor()))});
  sourced(
      "masked_scatter", {12}, [](T x, T s) { return masked_scatter(x, x.detach() > 0, s); },
      [](Tensor& x, T s) { x.masked_scatter_(x.detach() > 0, s); },
      {GRADUS_CALL(masked_scatter(ones({2}), ones({2}), ones({2}))),
       GRADUS_CALL(masked_scatter(ones({2}), ones({3}, kBool), ones({2}))),
       GRADUS_CALL(masked_scatter(ones({2}), ones({2}, kBool), ones({1}))),
       GRADUS_CALL(masked_scatter(ones({2}), ones({2}, kBool), ones({2}, kDouble))),
       GRADUS_CALL(masked_scatter(ones({2}), ones({2}, kBool), Tensor())),
       GRADUS_CALL(masked_scatter(ones({2}), Tensor(), ones({2}))),
       GRADUS_CALL(masked_scatter(Tensor(), ones({2}, kBool), ones({2})))});

  const auto positions = [&](const char* name, OpInfo::Function op) {
    table.push_back({name, op, layouts(), {[op] { op({Tensor()}); }}});
    table.back().few_errors = "takes every tensor";
  };
  positions("nonzero", of_one([](T x) { return nonzero(x > 0); }));
  table.back().errors = {GRADUS_CALL(nonzero(Tensor()))};
  positions("nonzero_static", of_one([](T x) { return nonzero_static(x > 0, 7, -3); }));
  table.back().errors = {GRADUS_CALL(nonzero_static(Tensor(), 1)),
                         GRADUS_CALL(nonzero_static(ones({2}), -1)),
                         GRADUS_CALL(nonzero_static(ones({2}), INT64_MIN)),
                         GRADUS_CALL(nonzero_static(ones({2, 2}), INT64_MAX)),
                         GRADUS_CALL(nonzero_static(ones({2, 3}), INT64_MAX / 2))};
  table.back().few_errors = {};
  positions("nonzero_numpy", list_of_one([](T x) { return nonzero_numpy(x > 0); }));
  table.back().errors = {GRADUS_CALL(nonzero_numpy(Tensor()))};
  positions("argwhere", of_one([](T x) { return argwhere(x > 0); }));
  table.back().errors = {GRADUS_CALL(argwhere(Tensor()))};

  row(
      "embedding",
      [](T w) {
        return embedding(w, grid({2, 0, 2, 1}, {2, 2}));
      },
      index_errors([](T i) {
        return embedding(ones({2, 2}), i);
      }) + Errors{GRADUS_CALL(embedding(ones({2, 2}), list({-1}))),
                  GRADUS_CALL(embedding(ones({2}), list({0}))),
                  GRADUS_CALL(embedding(Tensor(), list({0})))});
  row("embedding", [](T w) { return embedding(w, list({2, 0, 2, 1})); });
  table.back().large = {values({3, 50000})};
  row("embedding", [](T w) { return embedding(w, list({})); });
  row("sparse_coo_tensor",
      [](T x) {
        const int64_t n = x.size(0);
        DimVector size = to_dims(x.sizes());
        size[0] = 5;
        return sparse_coo_tensor((arange(n) * 3 % 5).unsqueeze(0), x, size).coalesce().to_dense();
      },
      {GRADUS_CALL(sparse_coo_tensor(grid({0, 5}, {1, 2}), ones({2, 3}), {5, 3})),
       GRADUS_CALL(sparse_coo_tensor(grid({0, -1}, {1, 2}), ones({2, 3}), {5, 3})),
       GRADUS_CALL(sparse_coo_tensor(grid({0, INT64_MIN}, {1, 2}), ones({2, 3}), {5, 3})),
       GRADUS_CALL(sparse_coo_tensor(grid({0, 1}, {1, 2}), ones({3, 3}), {5, 3})),
       GRADUS_CALL(sparse_coo_tensor(grid({0, 1}, {1, 2}), ones({2, 4}), {5, 3})),
       GRADUS_CALL(sparse_coo_tensor(grid({0, 1}, {2, 1}), ones({1}), {5, 3})),
       GRADUS_CALL(sparse_coo_tensor(list({0, 1}), ones({2}), {5})),
       GRADUS_CALL(sparse_coo_tensor(grid({0}, {1, 1}), ones({}), {})),
       GRADUS_CALL(sparse_coo_tensor(ones({1, 2}), ones({2}), {5})),
       GRADUS_CALL(sparse_coo_tensor(grid({0}, {1, 1}), ones({1}), {-5})),
       GRADUS_CALL(sparse_coo_tensor(grid({0}, {1, 1}), ones({1, 9}), {INT64_MAX, 9})),
       GRADUS_CALL(sparse_coo_tensor(Tensor(), ones({1}), {5})),
       GRADUS_CALL(sparse_coo_tensor(grid({0}, {1, 1}), Tensor(), {5}))});
  table.push_back({"one_hot",
                   of_one([](T x) { return one_hot(x, 5); }),
                   {{"list", {list({4, 0, 2})}},
                    {"matrix", {grid({4, 0, 2, 1}, {2, 2})}},
                    {"transposed", {grid({4, 0, 2, 1, 3, 0}, {2, 3}).t()}},
                    {"number", {list({4})[0]}},
                    {"empty", {list({})}}},
                   {GRADUS_CALL(one_hot(list({5}), 5)), GRADUS_CALL(one_hot(list({-1}))),
                    GRADUS_CALL(one_hot(list({INT64_MAX}))), GRADUS_CALL(one_hot(ones({2}))),
                    GRADUS_CALL(one_hot(list({0}), 0)), GRADUS_CALL(one_hot(list({0}), -2)),
                    GRADUS_CALL(one_hot(list({0}), INT64_MAX)), GRADUS_CALL(one_hot(list({}))),
                    GRADUS_CALL(one_hot(Tensor(), 2))}});
}

}  // namespace gradus::test
