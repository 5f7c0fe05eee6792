#include "tests/autograd/op_table/op_info.h"

namespace gradus::test {

namespace {

using T = const Tensor&;

std::vector<Sample> three_dims() {
  return {
      {"contiguous", {values({2, 3, 4}, -2, 2, 1)}},
      {"permuted", {values({4, 2, 3}, -2, 2, 2).permute({1, 2, 0})}},
      {"offset slice", {values({4, 3, 4}, -2, 2, 3).narrow(0, 1, 2)}},
  };
}

template <class F>
Errors operator+(Errors a, F more) {
  for (const auto& error : more) a.push_back(error);
  return a;
}

// Calls that no op with two dims takes.
template <class F>
Errors two_dims_errors(F op) {
  return {GRADUS_CALL(op(ones({2, 3}), 0, 2)), GRADUS_CALL(op(ones({2, 3}), -3, 0)),
          GRADUS_CALL(op(ones({2, 3}), INT64_MIN, 0)), GRADUS_CALL(op(ones({2}), 0, INT64_MAX)),
          GRADUS_CALL(op(Tensor(), 0, 0))};
}

// Calls that no op with one dim takes.
template <class F>
Errors dim_errors(F op) {
  return {GRADUS_CALL(op(ones({2, 3}), 2)), GRADUS_CALL(op(ones({2, 3}), -3)),
          GRADUS_CALL(op(ones({2, 3}), INT64_MIN)), GRADUS_CALL(op(ones({2}), INT64_MAX)),
          GRADUS_CALL(op(Tensor(), 0))};
}

}  // namespace

void add_shape_ops(std::vector<OpInfo>& table) {
  const auto row = [&](const char* name, auto op, Errors errors = {}) {
    table.push_back({name, of_one(op), matrices(), std::move(errors)});
  };
  const auto sizes_errors = [](auto op) -> Errors {
    return {GRADUS_CALL(op(ones({6}), {-1, -1})),       GRADUS_CALL(op(ones({6}), {4})),
            GRADUS_CALL(op(ones({6}), {-2, 3})),        GRADUS_CALL(op(ones({6}), {-1, 4})),
            GRADUS_CALL(op(ones({0}), {-1, 0})),        GRADUS_CALL(op(Tensor(), {1})),
            GRADUS_CALL(op(ones({6}), {INT64_MAX, 2})), GRADUS_CALL(op(ones({6}), {INT64_MIN}))};
  };
  row(
      "reshape",
      [](T x) {
        return reshape(x, {2, -1});
      },
      sizes_errors([](T x, IntArrayRef s) { return reshape(x, s); }));
  row(
      "view",
      [](T x) {
        return view(x, {2, 6});
      },
      sizes_errors([](T x, IntArrayRef s) { return view(x, s); }));
  row("view", [](T x) { return view(x, {x.numel()}); });
  const auto as_errors = [](auto op) -> Errors {
    return {GRADUS_CALL(op(ones({6}), ones({4}))), GRADUS_CALL(op(ones({6}), ones({0}))),
            GRADUS_CALL(op(ones({6}), ones({}))), GRADUS_CALL(op(Tensor(), ones({6}))),
            GRADUS_CALL(op(ones({6}), Tensor()))};
  };
  row(
      "reshape_as",
      [](T x) {
        return reshape_as(x, empty({x.numel() / 2, 2}));
      },
      as_errors(reshape_as));
  row(
      "view_as",
      [](T x) {
        return view_as(x, empty({x.numel() / 2, 2}));
      },
      as_errors(view_as));
  row("alias", [](T x) { return alias(x); }, {GRADUS_CALL(alias(Tensor()))});
  table.back().few_errors = "takes every tensor";
  row(
      "flatten", [](T x) { return flatten(x); },
      two_dims_errors([](T x, int64_t a, int64_t b) { return flatten(x, a, b); }) +
          Errors{GRADUS_CALL(flatten(ones({2, 3}), 1, 0))});
  table.push_back({"flatten", of_one([](T x) { return flatten(x, 1); }), three_dims()});
  table.push_back({"unflatten",
                   of_one([](T x) {
                     return unflatten(x, -1, {2, -1});
                   }),
                   matrices(),
                   {GRADUS_CALL(unflatten(ones({2, 6}), 1, {4, 2})),
                    GRADUS_CALL(unflatten(ones({2, 6}), 2, {3, 2})),
                    GRADUS_CALL(unflatten(ones({2, 6}), 1, {-1, -1})),
                    GRADUS_CALL(unflatten(ones({2, 6}), 1, {-2, -3})),
                    GRADUS_CALL(unflatten(ones({2, 6}), 1, IntArrayRef())),
                    GRADUS_CALL(unflatten(ones({2, 6}), 1, {INT64_MAX, 4})),
                    GRADUS_CALL(unflatten(Tensor(), 0, {1}))}});
  table.push_back({"ravel", of_one(ravel), three_dims(), {GRADUS_CALL(ravel(Tensor()))}});
  table.back().few_errors = "takes every tensor";

  row("permute",
      [](T x) {
        return permute(x, {1, 0});
      },
      {GRADUS_CALL(permute(ones({2, 3}), {0})), GRADUS_CALL(permute(ones({2, 3}), {0, 0})),
       GRADUS_CALL(permute(ones({2, 3}), {0, 2})), GRADUS_CALL(permute(ones({2, 3}), {0, -2})),
       GRADUS_CALL(permute(ones({2, 3}), {0, 1, 2})), GRADUS_CALL(permute(Tensor(), {0}))});
  table.push_back({"permute", of_one([](T x) { return permute(x, {1, -1, 0}); }), three_dims()});
  row(
      "transpose", [](T x) { return transpose(x, 0, -1); },
      two_dims_errors([](T x, int64_t a, int64_t b) { return transpose(x, a, b); }));
  row(
      "swapaxes", [](T x) { return swapaxes(x, 0, -1); }, two_dims_errors(swapaxes));
  row(
      "swapdims", [](T x) { return swapdims(x, 0, -1); }, two_dims_errors(swapdims));
  const auto move = [&](const char* name, auto op, auto one) {
    table.push_back(
        {name,
         of_one([op](T x) {
           return op(x, {0, -1}, {1, 0});
         }),
         three_dims(),
         {GRADUS_CALL(op(ones({2, 3}), {0, 0}, {0, 1})),
          GRADUS_CALL(op(ones({2, 3}), {0, 1}, {1, 1})), GRADUS_CALL(op(ones({2, 3}), {0}, {0, 1})),
          GRADUS_CALL(op(ones({2, 3}), {2}, {0})), GRADUS_CALL(one(Tensor(), 0, 0)),
          GRADUS_CALL(one(ones({2}), 0, INT64_MIN))}});
    table.push_back({name, of_one([one](T x) { return one(x, 0, -1); }), three_dims()});
  };
  move(
      "movedim", [](T x, IntArrayRef a, IntArrayRef b) { return movedim(x, a, b); },
      [](T x, int64_t a, int64_t b) { return movedim(x, a, b); });
  move(
      "moveaxis", [](T x, IntArrayRef a, IntArrayRef b) { return moveaxis(x, a, b); },
      [](T x, int64_t a, int64_t b) { return moveaxis(x, a, b); });
  row("t", t,
      {GRADUS_CALL(t(ones({2, 3, 4}))), GRADUS_CALL(t(ones({1, 1, 1, 1}))),
       GRADUS_CALL(t(ones({0, 0, 0}))), GRADUS_CALL(t(Tensor())),
       GRADUS_CALL(t(ones({2, 3, 4}, kLong)))});
  table.push_back(
      {"mT",
       of_one(mT),
       three_dims(),
       {GRADUS_CALL(mT(ones({2}))), GRADUS_CALL(mT(ones({}))), GRADUS_CALL(mT(Tensor())),
        GRADUS_CALL(mT(ones({0}))), GRADUS_CALL(mT(ones({2}, kLong)))}});
  table.push_back({"numpy_T", of_one(numpy_T), three_dims(), {GRADUS_CALL(numpy_T(Tensor()))}});
  table.back().few_errors = "takes every tensor";
  row(
      "squeeze", [](T x) { return squeeze(unsqueeze(x, 1)); },
      dim_errors([](T x, int64_t d) { return squeeze(x, d); }) +
          Errors{GRADUS_CALL(squeeze(ones({1, 1}), {0, -2}))});
  row("squeeze", [](T x) { return squeeze(unsqueeze(unsqueeze(x, 0), -1), {0, -1}); });
  row("unsqueeze", [](T x) { return unsqueeze(x, -1); },
      {GRADUS_CALL(unsqueeze(ones({2}), 2)), GRADUS_CALL(unsqueeze(ones({2}), -3)),
       GRADUS_CALL(unsqueeze(ones({2}), INT64_MAX)), GRADUS_CALL(unsqueeze(ones({2}), INT64_MIN)),
       GRADUS_CALL(unsqueeze(Tensor(), 0))});

  const auto expand_errors = [](auto op) -> Errors {
    return {GRADUS_CALL(op(ones({2, 3}), {3})),
            GRADUS_CALL(op(ones({2}), {3})),
            GRADUS_CALL(op(ones({2}), {-1, 2})),
            GRADUS_CALL(op(ones({2}), {1})),
            GRADUS_CALL(op(Tensor(), {2})),
            GRADUS_CALL(op(ones({1}), {-3})),
            GRADUS_CALL(op(ones({1}), {INT64_MAX, 4})),
            GRADUS_CALL(op(ones({1}), {INT64_MIN}))};
  };
  const std::vector<Sample> expandable = {
      {"row", {values({4})}},       {"column", {values({3, 1})}},
      {"matrix", {values({3, 4})}}, {"transposed", {values({4, 3}).t()}},
      {"number", {values({})}},
  };
  table.push_back({"expand", of_one([](T x) {
                     return expand(x, {2, 3, 4});
                   }),
                   expandable, expand_errors([](T x, IntArrayRef s) { return expand(x, s); })});
  table.push_back({"broadcast_to", of_one([](T x) {
                     return broadcast_to(x, {2, 3, 4});
                   }),
                   expandable,
                   expand_errors([](T x, IntArrayRef s) { return broadcast_to(x, s); })});
  table.push_back(
      {"expand_as",
       of_one([](T x) {
         return expand_as(x, empty({2, 3, 4}));
       }),
       expandable,
       {GRADUS_CALL(expand_as(ones({2, 3}), ones({3}))),
        GRADUS_CALL(expand_as(ones({2}), ones({3}))), GRADUS_CALL(expand_as(ones({2}), ones({}))),
        GRADUS_CALL(expand_as(Tensor(), ones({2}))), GRADUS_CALL(expand_as(ones({2}), Tensor()))}});
  table.push_back({"broadcast_tensors",
                   [](const std::vector<Tensor>& x) { return broadcast_tensors(x); },
                   pairs(),
                   {GRADUS_CALL(broadcast_tensors({ones({2}), ones({3})})),
                    GRADUS_CALL(broadcast_tensors({ones({2, 3}), ones({2})})),
                    GRADUS_CALL(broadcast_tensors({ones({0}), ones({2})})),
                    GRADUS_CALL(broadcast_tensors({ones({2}), Tensor()})),
                    GRADUS_CALL(broadcast_tensors({Tensor(), ones({2})}))},
                   2});

  row(
      "select", [](T x) { return select(x, 1, -2); },
      dim_errors([](T x, int64_t d) { return select(x, d, 0); }) +
          Errors{GRADUS_CALL(select(ones({2, 3}), 1, 3)), GRADUS_CALL(select(ones({2, 3}), 0, -3)),
                 GRADUS_CALL(select(ones({}), 0, 0)), GRADUS_CALL(select(ones({2}), 0, INT64_MIN)),
                 GRADUS_CALL(select(ones({0}), 0, 0))});
  row(
      "narrow", [](T x) { return narrow(x, 1, 1, 2); },
      dim_errors([](T x, int64_t d) { return narrow(x, d, 0, 1); }) +
          Errors{GRADUS_CALL(narrow(ones({2, 3}), 1, 2, 2)),
                 GRADUS_CALL(narrow(ones({2, 3}), 1, 0, -1)),
                 GRADUS_CALL(narrow(ones({2, 3}), 1, -4, 1)),
                 GRADUS_CALL(narrow(ones({2, 3}), 1, 1, INT64_MAX))});
  row(
      "narrow_copy", [](T x) { return narrow_copy(x, 1, -3, 2); },
      dim_errors([](T x, int64_t d) { return narrow_copy(x, d, 0, 1); }) +
          Errors{GRADUS_CALL(narrow_copy(ones({2, 3}), 1, 2, 2)),
                 GRADUS_CALL(narrow_copy(ones({2, 3}), 1, 0, -1)),
                 GRADUS_CALL(narrow_copy(ones({}), 0, 0, 1)),
                 GRADUS_CALL(narrow_copy(ones({2, 3}), 1, 1, INT64_MAX))});
  row(
      "slice", [](T x) { return slice(x, 1, 1, std::nullopt, 2); },
      dim_errors([](T x, int64_t d) { return slice(x, d); }) +
          Errors{GRADUS_CALL(slice(ones({2}), 0, 0, 2, 0)),
                 GRADUS_CALL(slice(ones({2}), 0, 0, 2, -1)), GRADUS_CALL(slice(ones({}), 0))});
  row("slice", [](T x) { return slice(x, 0, -2, INT64_MAX); });
  row(
      "diagonal", [](T x) { return diagonal(x, 1); },
      two_dims_errors([](T x, int64_t a, int64_t b) { return diagonal(x, 0, a, b); }) +
          Errors{GRADUS_CALL(diagonal(ones({2}))), GRADUS_CALL(diagonal(ones({2, 2}), 0, 1, 1))});
  table.push_back({"diagonal", of_one([](T x) { return diagonal(x, -1, 2, 0); }), three_dims()});
  row(
      "unfold", [](T x) { return unfold(x, 1, 2, 1); },
      dim_errors([](T x, int64_t d) { return unfold(x, d, 1, 1); }) +
          Errors{GRADUS_CALL(unfold(ones({2}), 0, 3, 1)), GRADUS_CALL(unfold(ones({2}), 0, 1, 0)),
                 GRADUS_CALL(unfold(ones({2}), 0, -1, 1)),
                 GRADUS_CALL(unfold(ones({2}), 0, 1, -1))});

  const auto strided_errors = [](auto op) -> Errors {
    return {GRADUS_CALL(op(ones({2}), {3}, {1}, 0)),
            GRADUS_CALL(op(ones({2}), {2}, {1, 1}, 0)),
            GRADUS_CALL(op(ones({2}), {-1}, {1}, 0)),
            GRADUS_CALL(op(ones({2}), {2}, {1}, -1)),
            GRADUS_CALL(op(ones({2}), {2}, {-1}, 1)),
            GRADUS_CALL(op(ones({2}), {2}, {1}, 1)),
            GRADUS_CALL(op(ones({2}), {2}, {1}, INT64_MAX)),
            GRADUS_CALL(op(ones({2}), {INT64_MAX}, {INT64_MAX}, 0)),
            GRADUS_CALL(op(Tensor(), {2}, {1}, 0))};
  };
  row(
      "as_strided",
      [](T x) {
        return as_strided(clone(x, MemoryFormat::Contiguous), {2, 2}, {1, 2}, 1);
      },
      strided_errors([](T x, IntArrayRef sizes, IntArrayRef strides, int64_t offset) {
        return as_strided(x, sizes, strides, offset);
      }));
  row("as_strided",  // elements that share memory
      [](T x) {
        return as_strided(clone(x, MemoryFormat::Contiguous), {3, 2}, {1, 1});
      });
  table.push_back(
      {"as_strided_scatter",
       of_two([](T x, T src) {
         return as_strided_scatter(clone(x, MemoryFormat::Contiguous), src, {2, 2}, {1, 2}, 1);
       }),
       {{"matrix", {values({3, 4}), values({2, 2}, -2, 2, 2)}},
        {"transposed", {values({4, 3}).t(), values({2, 2}, -2, 2, 2).t()}},
        {"list", {values({9}), values({2, 2}, -2, 2, 2)}}},
       strided_errors([](T x, IntArrayRef sizes, IntArrayRef strides, int64_t offset) {
         return as_strided_scatter(x, ones({2}), sizes, strides, offset);
       }),
       2});
  row("restride",
      [](T x) {
        return restride(x, {1, x.size(0)});
      },
      {GRADUS_CALL(restride(ones({2, 3}), {1})), GRADUS_CALL(restride(ones({2, 3}), {-1, 2})),
       GRADUS_CALL(restride(ones({2, 3}), {1, INT64_MAX})),
       GRADUS_CALL(restride(ones({2, 3}), {1, 2, 3})), GRADUS_CALL(restride(Tensor(), {1}))});

  // Ops that return several views.
  const auto parts = [&](const char* name, auto op, std::vector<Sample> samples,
                         Errors errors = {}) {
    table.push_back({name, list_of_one(op), std::move(samples), std::move(errors)});
  };
  parts(
      "split", [](T x) { return split(x, 3, 1); }, matrices(),
      dim_errors([](T x, int64_t d) { return split(x, 1, d); }) +
          Errors{GRADUS_CALL(split(ones({4}), -1)), GRADUS_CALL(split(ones({4}), 0)),
                 GRADUS_CALL(split(ones({4}), {1, 2})), GRADUS_CALL(split(ones({}), 1)),
                 GRADUS_CALL(split(ones({4}), {5, -1}))});
  parts(
      "split_with_sizes",
      [](T x) {
        return split_with_sizes(x, {1, 0, 3}, -1);
      },
      matrices(),
      dim_errors([](T x, int64_t d) { return split_with_sizes(x, {1}, d); }) +
          Errors{GRADUS_CALL(split_with_sizes(ones({4}), {1, 2})),
                 GRADUS_CALL(split_with_sizes(ones({4}), {5, -1})),
                 GRADUS_CALL(split_with_sizes(ones({4}), {INT64_MAX, INT64_MAX, 6}))});
  parts(
      "unbind", [](T x) { return unbind(x, 0); }, matrices(),
      dim_errors([](T x, int64_t d) { return unbind(x, d); }) +
          Errors{GRADUS_CALL(unbind(ones({}), 0))});
  parts(
      "chunk", [](T x) { return chunk(x, 3, 1); }, matrices(),
      dim_errors([](T x, int64_t d) { return chunk(x, 2, d); }) +
          Errors{GRADUS_CALL(chunk(ones({4}), 0)), GRADUS_CALL(chunk(ones({4}), -1)),
                 GRADUS_CALL(chunk(ones({}), 1))});
  parts(
      "unsafe_split", [](T x) { return unsafe_split(x, 3, 1); }, matrices(),
      dim_errors([](T x, int64_t d) { return unsafe_split(x, 1, d); }) +
          Errors{GRADUS_CALL(unsafe_split(ones({4}), -1)), GRADUS_CALL(unsafe_split(ones({4}), 0)),
                 GRADUS_CALL(unsafe_split(ones({}), 1))});
  parts(
      "unsafe_split_with_sizes",
      [](T x) {
        return unsafe_split_with_sizes(x, {1, 0, 3}, -1);
      },
      matrices(),
      dim_errors([](T x, int64_t d) { return unsafe_split_with_sizes(x, {1}, d); }) +
          Errors{GRADUS_CALL(unsafe_split_with_sizes(ones({4}), {1, 2})),
                 GRADUS_CALL(unsafe_split_with_sizes(ones({4}), {5, -1}))});
  parts(
      "unsafe_chunk", [](T x) { return unsafe_chunk(x, 3, 1); }, matrices(),
      dim_errors([](T x, int64_t d) { return unsafe_chunk(x, 2, d); }) +
          Errors{GRADUS_CALL(unsafe_chunk(ones({4}), 0)), GRADUS_CALL(unsafe_chunk(ones({4}), -1)),
                 GRADUS_CALL(unsafe_chunk(ones({}), 1))});
  parts(
      "tensor_split", [](T x) { return tensor_split(x, 3, -1); }, matrices(),
      dim_errors([](T x, int64_t d) { return tensor_split(x, 2, d); }) +
          Errors{GRADUS_CALL(tensor_split(ones({4}), 0)), GRADUS_CALL(tensor_split(ones({4}), -2)),
                 GRADUS_CALL(tensor_split(ones({}), 1))});
  parts(
      "tensor_split",
      [](T x) {
        return tensor_split(x, {1, 3});
      },
      matrices());
  const auto by_axis = [&](const char* name, auto op, auto at) {
    Errors errors = {GRADUS_CALL(op(ones({3, 3, 3}), 2)),  GRADUS_CALL(op(ones({2, 2, 2}), 0)),
                     GRADUS_CALL(op(ones({2, 2, 2}), -1)), GRADUS_CALL(op(ones({}), 1)),
                     GRADUS_CALL(op(Tensor(), 1)),         GRADUS_CALL(at(ones({}), {1}))};
    parts(
        name, [op](T x) { return op(x, 2); },
        {{"contiguous", {values({2, 2, 4})}},
         {"permuted", {values({4, 2, 2}).permute({1, 2, 0})}},
         {"offset", {values({4, 2, 4}).narrow(0, 1, 2)}}},
        std::move(errors));
    parts(
        name, [at](T x) { return at(x, {1}); }, three_dims());
  };
  by_axis(
      "hsplit", [](T x, int64_t n) { return hsplit(x, n); },
      [](T x, IntArrayRef at) { return hsplit(x, at); });
  by_axis(
      "vsplit", [](T x, int64_t n) { return vsplit(x, n); },
      [](T x, IntArrayRef at) { return vsplit(x, at); });
  by_axis(
      "dsplit", [](T x, int64_t n) { return dsplit(x, n); },
      [](T x, IntArrayRef at) { return dsplit(x, at); });
}

}  // namespace gradus::test
