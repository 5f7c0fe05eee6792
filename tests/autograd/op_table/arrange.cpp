#include "tests/autograd/op_table/op_info.h"

namespace gradus::test {

namespace {

using T = const Tensor&;

}  // namespace

void add_arranging_ops(std::vector<OpInfo>& table) {
  const auto row = [&](const char* name, auto op, Errors errors = {}) {
    table.push_back({name, of_one(op), matrices(), std::move(errors)});
  };
  const auto any_rank = [&](const char* name, auto op, Errors errors) {
    table.push_back({name, of_one(op), layouts(), std::move(errors)});
  };
  const auto every_tensor = [&](const char* name, auto op) {
    any_rank(name, op, {GRADUS_CALL(op(Tensor()))});
    table.back().few_errors = "takes every tensor";
  };

  // Joining; the list holds x and tensors made of it.
  const auto join = [&](const char* name, auto op, Errors errors) {
    errors.push_back(GRADUS_CALL(op(std::vector<Tensor>{})));
    errors.push_back(GRADUS_CALL(op(std::vector<Tensor>{Tensor()})));
    errors.push_back(GRADUS_CALL(op({ones({2, 2}), Tensor()})));
    errors.push_back(GRADUS_CALL(op({ones({2, 3}), ones({3, 2})})));
    errors.push_back(GRADUS_CALL(op({ones({2, 3, 2}), ones({3, 2, 3})})));
    row(
        name,
        [op](T x) {
          return op({x, x * 2, x.exp()});
        },
        std::move(errors));
    table.push_back({name,
                     [op](const std::vector<Tensor>& x) { return std::vector<Tensor>{op(x)}; },
                     {{"two", {values({2, 3}), values({2, 3}, -2, 2, 2)}},
                      {"transposed", {values({3, 2}).t(), values({2, 3}, -2, 2, 2)}},
                      {"no elements", {values({0, 3}), values({0, 3}, -2, 2, 2)}}},
                     {},
                     2});
  };
  const auto dim_errors = [](auto op) -> Errors {
    const std::vector<Tensor> x = {ones({2}), ones({2})};
    return {GRADUS_CALL(op(x, 2)), GRADUS_CALL(op(x, -3)), GRADUS_CALL(op(x, INT64_MIN)),
            GRADUS_CALL(op(x, INT64_MAX))};
  };
  join(
      "cat", [](TensorList x) { return cat(x, -1); },
      dim_errors([](TensorList x, int64_t d) { return cat(x, d); }));
  row("cat",
      [](T x) {
        return cat({x, x * 2, x.narrow(1, 0, 1)}, 1);
      },
      {GRADUS_CALL(cat({ones({2}), ones({2, 1})}, 0)), GRADUS_CALL(cat({ones({}), ones({})}, 0))});
  join(
      "concat", [](TensorList x) { return concat(x, 1); },
      dim_errors([](TensorList x, int64_t d) { return concat(x, d); }));
  join(
      "stack", [](TensorList x) { return stack(x, 1); },
      dim_errors([](TensorList x, int64_t d) { return stack(x, d); }));
  join("hstack", hstack, {});
  join("vstack", vstack, {});
  join("row_stack", row_stack, {});
  join("dstack", dstack, {});
  join("column_stack", column_stack, {});
  table.push_back(
      {"block_diag",
       [](const std::vector<Tensor>& x) { return std::vector<Tensor>{block_diag(x)}; },
       {{"matrices", {values({2, 3}), values({1, 2}, -2, 2, 2)}},
        {"transposed", {values({3, 2}).t(), values({2, 2}, -2, 2, 2).t()}},
        {"list", {values({3}), values({2, 2}, -2, 2, 2)}},
        {"number", {values({}), values({2, 2}, -2, 2, 2)}},
        {"no elements", {values({0, 3}), values({2, 2}, -2, 2, 2)}}},
       {GRADUS_CALL(block_diag({ones({2, 2, 2})})),
        GRADUS_CALL(block_diag({ones({2}), ones({1, 1, 1, 1})})),
        GRADUS_CALL(block_diag({Tensor()})), GRADUS_CALL(block_diag({ones({2}), Tensor()})),
        GRADUS_CALL(block_diag({ones({0, 0, 0})}))},
       2});
  table.push_back({"meshgrid",
                   [](const std::vector<Tensor>& x) { return meshgrid(x, "ij"); },
                   {{"two", {values({2}), values({3}, -2, 2, 2)}},
                    {"number", {values({2}), values({}, -2, 2, 2)}},
                    {"one element", {values({1}), values({3}, -2, 2, 2)}},
                    {"empty", {values({0}), values({3}, -2, 2, 2)}}},
                   {GRADUS_CALL(meshgrid(std::vector<Tensor>{})),
                    GRADUS_CALL(meshgrid({ones({2}), ones({2, 2})})),
                    GRADUS_CALL(meshgrid({ones({2}), ones({2}, kDouble)})),
                    GRADUS_CALL(meshgrid({ones({2})}, "yx")), GRADUS_CALL(meshgrid({Tensor()}))},
                   2});
  table.push_back({"meshgrid",
                   [](const std::vector<Tensor>& x) { return meshgrid(x, "xy"); },
                   {{"three", {values({2}), values({3}, -2, 2, 2), values({2}, -2, 2, 3)}}},
                   {},
                   3});

  const auto repeat_errors = [](auto op) -> Errors {
    return {GRADUS_CALL(op(ones({2}), {-1})), GRADUS_CALL(op(ones({2}), {2, INT64_MIN})),
            GRADUS_CALL(op(ones({2}), {INT64_MAX})),
            GRADUS_CALL(op(ones({2}), {INT64_MAX / 4, INT64_MAX / 4})),
            GRADUS_CALL(op(Tensor(), {1}))};
  };
  row(
      "repeat",
      [](T x) {
        return repeat(x, {2, 1, 2});
      },
      repeat_errors([](T x, IntArrayRef n) { return repeat(x, n); }));
  table.back().errors.push_back(GRADUS_CALL(repeat(ones({2, 3}), {2})));
  row(
      "tile", [](T x) { return tile(x, {2}); },
      repeat_errors([](T x, IntArrayRef n) { return tile(x, n); }));
  row("repeat_interleave", [](T x) { return repeat_interleave(x, 2, 1); },
      {GRADUS_CALL(repeat_interleave(ones({2}), -1)),
       GRADUS_CALL(repeat_interleave(ones({2}), INT64_MAX, 0)),
       GRADUS_CALL(repeat_interleave(ones({2}), 2, 1)),
       GRADUS_CALL(repeat_interleave(ones({2}), ones({3}, kLong), 0)),
       GRADUS_CALL(repeat_interleave(ones({2}), ones({2}), 0)),
       GRADUS_CALL(repeat_interleave(ones({2}), full({2}, -1, kLong), 0)),
       GRADUS_CALL(repeat_interleave(ones({2}), full({2}, INT64_MAX, kLong), 0)),
       GRADUS_CALL(repeat_interleave(ones({2, 2}, kLong))),
       GRADUS_CALL(repeat_interleave(Tensor(), 2)),
       GRADUS_CALL(repeat_interleave(ones({2}), Tensor(), 0))});
  row("repeat_interleave", [](T x) { return repeat_interleave(x, tensor({2, 0, 1, 3}), -1); });

  const auto dims_errors = [](auto op) -> Errors {
    return {GRADUS_CALL(op(ones({2, 2}), {2})),         GRADUS_CALL(op(ones({2, 2}), {-3})),
            GRADUS_CALL(op(ones({2, 2}), {INT64_MIN})), GRADUS_CALL(op(ones({2, 2}), {0, 0})),
            GRADUS_CALL(op(ones({2, 2}), {0, -2})),     GRADUS_CALL(op(Tensor(), {0}))};
  };
  row(
      "flip",
      [](T x) {
        return flip(x, {0, -1});
      },
      dims_errors([](T x, IntArrayRef d) { return flip(x, d); }));
  row("fliplr", fliplr,
      {GRADUS_CALL(fliplr(ones({2}))), GRADUS_CALL(fliplr(ones({}))), GRADUS_CALL(fliplr(Tensor())),
       GRADUS_CALL(fliplr(ones({0}))), GRADUS_CALL(fliplr(ones({2}, kLong)))});
  row("flipud", flipud,
      {GRADUS_CALL(flipud(ones({}))), GRADUS_CALL(flipud(Tensor())),
       GRADUS_CALL(flipud(ones({}, kLong)))});
  table.back().few_errors = "takes every tensor but numbers";
  row("roll", [](T x) { return roll(x, 1, 1); },
      {GRADUS_CALL(roll(ones({2}), 1, 1)), GRADUS_CALL(roll(ones({2}), 1, INT64_MIN)),
       GRADUS_CALL(roll(ones({2, 2}), {1, 1}, {0})), GRADUS_CALL(roll(ones({2}), {})),
       GRADUS_CALL(roll(ones({2, 2}), {1, 1})), GRADUS_CALL(roll(Tensor(), 1))});
  row("roll", [](T x) { return roll(x, {INT64_MIN, -5}, {0, 1}); });
  row("roll", [](T x) { return roll(x, 5); });
  row("rot90", [](T x) { return rot90(x); },
      {GRADUS_CALL(rot90(ones({2}))), GRADUS_CALL(rot90(ones({2, 2}), 1, {0})),
       GRADUS_CALL(rot90(ones({2, 2}), 1, {0, 0})), GRADUS_CALL(rot90(ones({2, 2}), 1, {0, 2})),
       GRADUS_CALL(rot90(ones({2, 2}), 1, {0, -2})), GRADUS_CALL(rot90(Tensor()))});
  row("rot90", [](T x) { return rot90(x, -2); });
  row("rot90", [](T x) { return rot90(x, INT64_MAX, {1, 0}); });

  const auto triangle = [&](const char* name, auto op, auto in_place) {
    row(name, [op](T x) { return op(x, 1); },
        {GRADUS_CALL(op(ones({2}), 0)), GRADUS_CALL(op(ones({}), 0)), GRADUS_CALL(op(Tensor(), 0)),
         GRADUS_CALL(op(ones({0}), 0)), GRADUS_CALL(op(ones({2}, kLong), 0)), [=] {
           Tensor leaf = ones({2, 2}).requires_grad_();
           in_place(leaf, 0);
         }});
    table.back().in_place = [in_place](std::vector<Tensor>& x) { in_place(x[0], 1); };
    row(name, [op](T x) { return op(x, -1); });
    row(name, [op](T x) { return op(x, INT64_MIN); });
    row(name, [op](T x) { return op(x, INT64_MAX); });
  };
  triangle("tril", tril, [](Tensor& x, int64_t d) { x.tril_(d); });
  triangle("triu", triu, [](Tensor& x, int64_t d) { x.triu_(d); });
  const auto triangle_indices = [&](const char* name, auto op) {
    table.push_back(
        {name,
         [op](const std::vector<Tensor>& x) {
           return std::vector<Tensor>{op(x[0].size(0), x[0].size(1), 1, kLong)};
         },
         matrices(),
         {GRADUS_CALL(op(-1, 2, 0, kLong)), GRADUS_CALL(op(2, -1, 0, kLong)),
          GRADUS_CALL(op(INT64_MAX, INT64_MAX, 0, kLong)), GRADUS_CALL(op(INT64_MIN, 1, 0, kLong)),
          GRADUS_CALL(op(2, 2, 0, kFloat)), GRADUS_CALL(op(2, 2, 0, kBool))}});
  };
  triangle_indices("tril_indices", tril_indices);
  triangle_indices("triu_indices", triu_indices);
  row("diag", [](T x) { return diag(x, -1); },
      {GRADUS_CALL(diag(ones({}))), GRADUS_CALL(diag(ones({2, 2, 2}))), GRADUS_CALL(diag(Tensor())),
       GRADUS_CALL(diag(ones({2}), INT64_MAX)), GRADUS_CALL(diag(ones({2}), INT64_MIN))});
  table.push_back({"diag",
                   of_one([](T x) { return diag(x, 1); }),
                   {{"list", {values({3})}},
                    {"column", {values({3, 2}).select(1, 1)}},
                    {"empty", {values({0})}}}});
  row("diag_embed", [](T x) { return diag_embed(x, 1, 0, -1); },
      {GRADUS_CALL(diag_embed(ones({}))), GRADUS_CALL(diag_embed(ones({2}), 0, 0, 0)),
       GRADUS_CALL(diag_embed(ones({2}), 0, 0, 2)), GRADUS_CALL(diag_embed(ones({2}), 0, -3, 0)),
       GRADUS_CALL(diag_embed(ones({2}), INT64_MIN)), GRADUS_CALL(diag_embed(Tensor()))});
  any_rank(
      "diagflat", [](T x) { return diagflat(x, -1); },
      {GRADUS_CALL(diagflat(Tensor())), GRADUS_CALL(diagflat(ones({2}), INT64_MAX)),
       GRADUS_CALL(diagflat(ones({2}), INT64_MIN)), GRADUS_CALL(diagflat(ones({2}), INT64_MAX - 1)),
       GRADUS_CALL(diagflat(ones({2}), int64_t{1} << 40))});
  table.back().large = {values({400})};
  every_tensor("atleast_1d", [](const Tensor& x) { return atleast_1d(x); });
  every_tensor("atleast_2d", [](const Tensor& x) { return atleast_2d(x); });
  every_tensor("atleast_3d", [](const Tensor& x) { return atleast_3d(x); });

  every_tensor("clone", [](T x) { return clone(x); });
  any_rank("contiguous", [](T x) { return contiguous(x); },
           {GRADUS_CALL(contiguous(Tensor())),
            GRADUS_CALL(contiguous(ones({2}), MemoryFormat::Preserve)),
            GRADUS_CALL(contiguous(ones({2}), MemoryFormat::ChannelsLast)),
            GRADUS_CALL(contiguous(ones({2, 2, 2}), MemoryFormat::ChannelsLast)),
            GRADUS_CALL(contiguous(ones({2, 2, 2, 2, 2}), MemoryFormat::ChannelsLast))});
  every_tensor("to", [](T x) { return to(x, kDouble, /*copy=*/true); });
  table.back().errors.push_back(GRADUS_CALL(to(ones({2}), ScalarType::Undefined)));

  const auto in_place_errors = [](auto on) -> Errors {
    return {GRADUS_CALL(on(Tensor())), GRADUS_CALL(on(ones({2}).requires_grad_())),
            GRADUS_CALL(on(ones({1}).expand({2}))),
            GRADUS_CALL(on(ones({2, 2}).requires_grad_()[0])),
            GRADUS_CALL(on(ones({1, 2}).expand({2, 2})))};
  };
  table.push_back({"copy_",
                   of_two([](T x, T src) {
                     Tensor y = x * 1;
                     return copy_(y, src);
                   }),
                   {{"same shape", {values({2, 3}), values({2, 3}, -2, 2, 2)}},
                    {"transposed", {values({3, 2}).t(), values({2, 3}, -2, 2, 2)}},
                    {"row", {values({2, 3}), values({3}, -2, 2, 2)}},
                    {"number", {values({2, 3}), values({}, -2, 2, 2)}},
                    {"two numbers", {values({}), values({}, -2, 2, 2)}},
                    {"no elements", {values({0, 3}), values({3}, -2, 2, 2)}}},
                   in_place_errors([](Tensor x) { return copy_(x, ones({})); }),
                   2,
                   [](std::vector<Tensor>& x) { copy_(x[0], x[1]); }});
  table.back().errors.push_back([] {
    Tensor x = ones({3});
    copy_(x, ones({2, 3}));
  });
  table.push_back({"fill_", of_one([](T x) {
                     Tensor y = x * 1;
                     return fill_(y, 2.5);
                   }),
                   layouts(), in_place_errors([](Tensor x) { return fill_(x, 1); }), 1,
                   [](std::vector<Tensor>& x) { fill_(x[0], 2.5); }});
  table.push_back({"fill_",
                   of_two([](T x, T value) {
                     Tensor y = x * 1;
                     return fill_(y, value);
                   }),
                   {{"matrix", {values({2, 3}), values({}, -2, 2, 2)}},
                    {"number", {values({}), values({}, -2, 2, 2)}},
                    {"no elements", {values({0, 3}), values({}, -2, 2, 2)}}},
                   {[] {
                     Tensor x = ones({2});
                     fill_(x, ones({2}));
                   }},
                   2,
                   [](std::vector<Tensor>& x) { fill_(x[0], x[1]); }});
  table.push_back({"zero_", of_one([](T x) {
                     Tensor y = x * 1;
                     return zero_(y);
                   }),
                   layouts(), in_place_errors([](Tensor x) { return zero_(x); }), 1,
                   [](std::vector<Tensor>& x) { zero_(x[0]); }});
}

}  // namespace gradus::test
