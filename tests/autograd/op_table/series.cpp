// Ops on series, copies in which a view is replaced, and what is made of pow.

#include <vector>

#include "tests/autograd/op_table/op_info.h"

namespace gradus::test {

namespace {

using T = const Tensor&;

std::vector<Sample> with_part(IntArrayRef part) {
  return {{"matrix", {values({3, 4}), values(part, -2, 2, 2)}},
          {"transposed", {values({4, 3}).t(), values(part, -2, 2, 2)}},
          {"gaps", {values({3, 8}).slice(1, 0, 8, 2), values(part, -2, 2, 3)}}};
}

}  // namespace

void add_series_ops(std::vector<OpInfo>& table) {
  const Errors diff_errors = {GRADUS_CALL(diff(ones({}))),
                              GRADUS_CALL(diff(ones({2}), -1)),
                              GRADUS_CALL(diff(ones({2}), 1, 1)),
                              GRADUS_CALL(diff(Tensor())),
                              GRADUS_CALL(diff(ones({2}), 1, INT64_MIN)),
                              GRADUS_CALL(diff(ones({2, 2}), 1, 0, ones({1, 3})))};
  table.push_back({"diff", of_one([](T x) { return diff(x); }), matrices(), diff_errors});
  table.push_back({"diff", of_one([](T x) { return diff(x, 2, 0); }), matrices()});
  table.push_back(
      {"diff", of_two([](T x, T more) { return diff(x, 1, 1, more, more); }), with_part({3, 2})});

  const Errors gradient_errors = {GRADUS_CALL(gradient(Tensor())),
                                  GRADUS_CALL(gradient(ones({2, 1}))),
                                  GRADUS_CALL(gradient(ones({2}), Scalar(1), 1)),
                                  GRADUS_CALL(gradient(ones({2}), Scalar(1), INT64_MIN)),
                                  GRADUS_CALL(gradient(ones({3, 3}), Scalar(1), {0, 0})),
                                  GRADUS_CALL(gradient(ones({3}), std::nullopt, std::nullopt, 3)),
                                  GRADUS_CALL(gradient(ones({2}), std::nullopt, std::nullopt, 2)),
                                  GRADUS_CALL(gradient(ones({3, 3}), std::vector<Scalar>{1, 2, 3})),
                                  GRADUS_CALL(gradient(ones({3}), std::vector<Tensor>{ones({2})})),
                                  GRADUS_CALL(gradient(ones({3}), std::vector<Tensor>{Tensor()})),
                                  GRADUS_CALL(gradient(ones({3}, kByte))),
                                  GRADUS_CALL(gradient(ones({3}, kBool)))};
  table.push_back(
      {"gradient", list_of_one([](T x) { return gradient(x); }), matrices(), gradient_errors});
  table.push_back({"gradient", list_of_one([](T x) {
                     return gradient(x, std::vector<Scalar>{0.5, 2}, {1, 0}, /*edge_order=*/2);
                   }),
                   matrices()});
  for (const int64_t edge_order : {1, 2}) {
    table.push_back({"gradient",
                     [=](const std::vector<Tensor>& x) {
                       // Coordinates that ascend, whatever x[1] is.
                       const Tensor t = (x[1].square() + 1).cumsum(0);
                       return gradient(x[0], std::vector<Tensor>{t}, 1, edge_order);
                     },
                     with_part({4}),
                     {},
                     2,
                     {},
                     {},
                     {values({40'000, 4}), values({4})}});
  }

  table.push_back(
      {"cov",
       of_one([](T x) { return cov(x, -1); }),  // never divides by 0
       matrices(),
       {GRADUS_CALL(cov(ones({2, 2, 2}))), GRADUS_CALL(cov(Tensor())),
        GRADUS_CALL(cov(ones({2}, kBool))), GRADUS_CALL(cov(ones({2}), 1, ones({2}, kDouble))),
        GRADUS_CALL(cov(ones({2}), 1, ones({3}, kLong))),
        GRADUS_CALL(cov(ones({2}), 1, full({2}, -1, kLong))),
        GRADUS_CALL(cov(ones({2}), 1, {}, ones({2}, kLong)))},
       1,
       {},
       {},
       {values({2, 70'000}).to(kFloat)}});
  table.push_back({"cov",
                   of_one([](T x) {
                     return cov(x, 0, arange(1, 5), tensor({0.5, 1.0, 0.25, 2.0}, kDouble));
                   }),
                   {{"matrix", {values({3, 4})}}, {"row", {values({4})}}},
                   {},
                   1,
                   {},
                   {},
                   {values({30'000, 4}).to(kFloat).slice(0, 0, 4)}});
  table.push_back({"corrcoef",
                   // Of enough observations for every input.
                   of_one([](T x) {
                     const Tensor row = cat({x.reshape({-1}), tensor({0.5, -1.0, 2.0}, kDouble)});
                     return corrcoef(stack({row, row.square()}));
                   }),
                   layouts(),
                   {GRADUS_CALL(corrcoef(ones({2, 2, 2}))), GRADUS_CALL(corrcoef(Tensor())),
                    GRADUS_CALL(corrcoef(ones({2}, kBool))), GRADUS_CALL(corrcoef(ones({1, 1, 1}))),
                    GRADUS_CALL(corrcoef(ones({2, 2}, kBool)))},
                   1,
                   {},
                   {},
                   {values({2, 70'000}).to(kFloat)}});

  table.push_back({"select_scatter",
                   of_two([](T x, T src) { return select_scatter(x, src, 0, 1); }),
                   with_part({4}),
                   {GRADUS_CALL(select_scatter(ones({2}), ones({2}), 0, 0)),
                    GRADUS_CALL(select_scatter(ones({2}), ones({}), 1, 0)),
                    GRADUS_CALL(select_scatter(ones({2}), ones({}), 0, 2)),
                    GRADUS_CALL(select_scatter(ones({2}), Tensor(), 0, 0)),
                    GRADUS_CALL(select_scatter(ones({2}), ones({}), 0, INT64_MIN))},
                   2});
  table.push_back({"slice_scatter",
                   of_two([](T x, T src) { return slice_scatter(x, src, 1, 1, 4, 2); }),
                   with_part({3, 2}),
                   {GRADUS_CALL(slice_scatter(ones({2}), ones({3}))),
                    GRADUS_CALL(slice_scatter(ones({2}), ones({2}), 1)),
                    GRADUS_CALL(slice_scatter(ones({2}), ones({2}), 0, 0, 2, 0)),
                    GRADUS_CALL(slice_scatter(ones({2}), Tensor())),
                    GRADUS_CALL(slice_scatter(ones({2}), ones({2}), INT64_MAX))},
                   2});
  table.push_back({"diagonal_scatter",
                   of_two([](T x, T src) { return diagonal_scatter(x, src, 1); }),
                   with_part({3}),
                   {GRADUS_CALL(diagonal_scatter(ones({2, 2}), ones({3}))),
                    GRADUS_CALL(diagonal_scatter(ones({2}), ones({2}))),
                    GRADUS_CALL(diagonal_scatter(ones({2, 2}), ones({2}), 0, 1, 1)),
                    GRADUS_CALL(diagonal_scatter(ones({2, 2}), Tensor())),
                    GRADUS_CALL(diagonal_scatter(ones({2, 2}), ones({2}), 0, INT64_MIN, 0))},
                   2});

  const auto places = [] { return tensor({5, 0, -1}); };
  table.push_back({"put",
                   of_two([=](T x, T src) { return put(x, places(), src); }),
                   with_part({3}),
                   {GRADUS_CALL(put(ones({2}), tensor({2}), ones({1}))),
                    GRADUS_CALL(put(ones({2}), tensor({0}), ones({2}))),
                    GRADUS_CALL(put(ones({2}), tensor({0.5}), ones({1}))),
                    GRADUS_CALL(put(ones({2}), tensor({0}), ones({1}, kDouble))),
                    GRADUS_CALL(put(ones({2}), Tensor(), ones({1})))},
                   2,
                   [=](std::vector<Tensor>& x) { put_(x[0], places(), x[1]); }});
  table.push_back({"put", of_two([=](T x, T src) {
                     return put(x, tensor({1, 1, 4}), src, true);
                   }),
                   with_part({3})});

  const auto powers = pairs(0.5, 2, -2, 2);
  table.push_back({"float_power",
                   of_two([](T a, T b) { return float_power(a, b); }),
                   powers,
                   {GRADUS_CALL(float_power(ones({2}), ones({3}))),
                    GRADUS_CALL(float_power(Tensor(), ones({3}))),
                    GRADUS_CALL(float_power(ones({2}), Tensor())),
                    GRADUS_CALL(float_power(Tensor(), 2)), GRADUS_CALL(float_power(2, Tensor()))},
                   2});
  table.push_back(
      {"float_power", of_one([](T x) { return float_power(x, 1.5); }), layouts(0.5, 2)});
  table.push_back({"float_power", of_one([](T x) { return float_power(1.5, x); }), layouts()});
  const Errors frexp_errors = {GRADUS_CALL(frexp(Tensor())), GRADUS_CALL(frexp(ones({2}, kLong))),
                               GRADUS_CALL(frexp(ones({2}, kBool))),
                               GRADUS_CALL(frexp(ones({2}, kByte))),
                               GRADUS_CALL(frexp(ones({0}, kInt)))};
  table.push_back({"frexp", pair_of_one([](T x) { return frexp(x); }), layouts(), frexp_errors});
  table.push_back(
      {"ldexp",
       of_two([](T a, T b) { return ldexp(a, b); }),
       pairs(),
       {GRADUS_CALL(ldexp(ones({2}), ones({3}))), GRADUS_CALL(ldexp(Tensor(), ones({3}))),
        GRADUS_CALL(ldexp(ones({2}), Tensor())), GRADUS_CALL(ldexp(ones({2, 2}), ones({3, 2}))),
        GRADUS_CALL(ldexp(ones({0}), ones({2})))},
       2});
}

}  // namespace gradus::test
