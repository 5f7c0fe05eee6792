#include <cmath>

#include "tests/autograd/op_table/op_info.h"

namespace gradus::test {

namespace {

using Op = Tensor (*)(const Tensor&, const Tensor&);
using InPlace = Tensor& (Tensor::*)(const Tensor&) const;
using Out = Tensor& (*)(Tensor&, const Tensor&, const Tensor&);

// Pairs of integers in the layouts of pairs().
std::vector<Sample> integer_pairs(int64_t low_a, int64_t high_a, int64_t low_b, int64_t high_b) {
  const auto a = [&](IntArrayRef sizes) { return integers(sizes, low_a, high_a, 1); };
  const auto b = [&](IntArrayRef sizes) { return integers(sizes, low_b, high_b, 2); };
  return {
      {"same shape", {a({2, 3}), b({2, 3})}},
      {"transposed", {a({3, 2}).t(), b({2, 3})}},
      {"row", {a({2, 3}), b({3})}},
      {"outer", {a({2, 1}), b({1, 3})}},
      {"number", {a({2, 3}), b({})}},
      {"two numbers", {a({}), b({})}},
      {"no elements", {a({0, 3}), b({1, 3})}},
      {"offset slice", {a({4, 3}).narrow(0, 1, 2), b({2, 6}).slice(1, 0, 6, 2)}},
  };
}

// Floating-point values with every special one among them.
std::vector<Sample> special_values() {
  const Tensor x = tensor({1.0, -0.0, 0.0, NAN, INFINITY, -INFINITY, 3e38, -2.5}, kDouble);
  return {
      {"list", {x}},
      {"matrix", {x.reshape({2, 4})}},
      {"transposed", {x.reshape({2, 4}).t()}},
      {"three dims", {x.reshape({2, 2, 2})}},
      {"number", {x[3]}},
      {"no elements", {values({0, 2})}},
  };
}

}  // namespace

void add_comparisons(std::vector<OpInfo>& table) {
  const auto row = [&](const char* name, Op op, InPlace in_place, std::vector<Sample> samples,
                       Out out = nullptr) {
    OpInfo info{name, of_two(op), std::move(samples), {}, /*required_inputs=*/2};
    info.errors = {
        GRADUS_CALL(op(ones({2, 3}, kLong), ones({4}, kLong))),
        GRADUS_CALL(op(ones({2, 3}, kLong), ones({3, 2}, kLong))),
        GRADUS_CALL(op(ones({0}, kLong), ones({2}, kLong))),
        GRADUS_CALL(op(Tensor(), ones({2}, kLong))),
        GRADUS_CALL(op(ones({2}, kLong), Tensor())),
    };
    if (in_place != nullptr) {
      info.in_place = [in_place](std::vector<Tensor>& x) { (x[0].*in_place)(x[1]); };
      info.errors.push_back([in_place] {  // would grow
        Tensor self = ones({3}, kLong);
        (self.*in_place)(ones({2, 3}, kLong));
      });
    }
    if (out != nullptr) {
      info.out = [out](Tensor& y, const std::vector<Tensor>& x) { out(y, x[0], x[1]); };
      info.errors.push_back([out] {
        Tensor y = empty({2}, kBool).requires_grad_(false), other = ones({3});
        out(y, ones({2}), other);
      });
    }
    table.push_back(std::move(info));
  };
  const std::vector<Sample> reals = pairs(), small = integer_pairs(-1, 1, -1, 1),
                            bits = integer_pairs(-9, 9, 0, 100);
  // Reals are seldom equal, small integers often.
  for (const std::vector<Sample>& samples : {reals, small}) {
    row("eq", eq, &Tensor::eq_, samples, eq_out);
    row("ne", ne, &Tensor::ne_, samples, ne_out);
    row("lt", lt, &Tensor::lt_, samples, lt_out);
    row("le", le, &Tensor::le_, samples, le_out);
    row("gt", gt, &Tensor::gt_, samples, gt_out);
    row("ge", ge, &Tensor::ge_, samples, ge_out);
  }
  row("logical_and", logical_and, &Tensor::logical_and_, small);
  row("logical_or", logical_or, &Tensor::logical_or_, small);
  row("logical_xor", logical_xor, &Tensor::logical_xor_, small);
  row("bitwise_and", bitwise_and, &Tensor::bitwise_and_, bits);
  row("bitwise_or", bitwise_or, &Tensor::bitwise_or_, bits);
  row("bitwise_xor", bitwise_xor, &Tensor::bitwise_xor_, bits);
  for (const char* name : {"bitwise_and", "bitwise_or", "bitwise_xor"}) {
    const Op op = name[8] == 'a'   ? Op(bitwise_and)
                  : name[8] == 'o' ? Op(bitwise_or)
                                   : Op(bitwise_xor);
    table.push_back(
        {name,
         of_two([op](const Tensor& a, const Tensor& b) { return op(a, b); }),
         {{"masks", {integers({3, 4}, 0, 1).to(kBool), integers({4}, 0, 1).to(kBool)}},
          {"bytes", {integers({3, 4}, 0, 9).to(kByte), integers({4}, 0, 9).to(kByte)}},
          {"mixed", {integers({3, 4}, 0, 9).to(kByte), integers({3, 4}, 0, 9)}}},
         {GRADUS_CALL(op(ones({2}), ones({2}))), GRADUS_CALL(op(ones({2}, kLong), ones({2})))},
         2});
  }
  row("bitwise_left_shift", bitwise_left_shift, nullptr, integer_pairs(-9, 9, 0, 8));
  table.back().errors.push_back(GRADUS_CALL(bitwise_left_shift(ones({2}), ones({2}))));
  row("bitwise_right_shift", bitwise_right_shift, nullptr, integer_pairs(-900, 900, 0, 8));
  table.back().errors.push_back(GRADUS_CALL(bitwise_right_shift(ones({2}), ones({2}))));
  row("gcd", gcd, &Tensor::gcd_, integer_pairs(-12, 12, -12, 12));
  table.back().errors.push_back(GRADUS_CALL(gcd(ones({2}), ones({2}))));
  row("lcm", lcm, &Tensor::lcm_, integer_pairs(-12, 12, -12, 12));
  table.back().errors.push_back(GRADUS_CALL(lcm(ones({2}), ones({2}))));

  const auto scalar = [&](const char* name, auto op, Errors errors = {}) {
    table.push_back({name, of_one(op), layouts(), std::move(errors)});
  };
  scalar("eq", [](const Tensor& x) { return eq(x, 1); });
  scalar("lt", [](const Tensor& x) { return lt(x, 0.5); });
  scalar("isclose", [](const Tensor& x) { return isclose(x, x.detach().round(), 0, 0.3); },
         {GRADUS_CALL(isclose(ones({2}), ones({3}))), GRADUS_CALL(isclose(Tensor(), ones({2}))),
          GRADUS_CALL(isclose(ones({2}), Tensor())),
          GRADUS_CALL(isclose(ones({2}), ones({2}, kDouble))),
          GRADUS_CALL(isclose(ones({2}), ones({2}), -1)),
          GRADUS_CALL(isclose(ones({2}), ones({2}), 1, NAN))});
  scalar("allclose",
         [](const Tensor& x) { return full({}, allclose(x, x.detach().round(), 0, 0.3)); },
         {GRADUS_CALL(allclose(ones({2}), ones({3}))), GRADUS_CALL(allclose(Tensor(), ones({2}))),
          GRADUS_CALL(allclose(ones({2}), Tensor())),
          GRADUS_CALL(allclose(ones({2}), ones({2}, kDouble))),
          GRADUS_CALL(allclose(ones({2}), ones({2}), -1))});
  scalar("equal", [](const Tensor& x) { return full({}, equal(x, x.detach().clone())); },
         {GRADUS_CALL(equal(Tensor(), ones({2}))), GRADUS_CALL(equal(ones({2}), Tensor())),
          GRADUS_CALL(equal(Tensor(), Tensor()))});
  table.back().few_errors = "takes every two tensors";

  const auto test = [&](const char* name, Tensor (*op)(const Tensor&)) {
    table.push_back({name, of_one(op), special_values(), {GRADUS_CALL(op(Tensor()))}});
    table.back().few_errors = "takes every tensor";
  };
  test("isnan", isnan);
  test("isinf", isinf);
  test("isposinf", isposinf);
  test("isneginf", isneginf);
  test("isfinite", isfinite);
  test("signbit", signbit);
  test("logical_not", logical_not);
  table.back().in_place = [](std::vector<Tensor>& x) { x[0].logical_not_(); };
  std::vector<Sample> whole;
  for (const Sample& pair : bits) whole.push_back({pair.what, {pair.inputs[0]}});
  table.push_back(
      {"bitwise_not",
       of_one(bitwise_not),
       whole,
       {GRADUS_CALL(bitwise_not(Tensor())), GRADUS_CALL(bitwise_not(ones({2}))),
        GRADUS_CALL(bitwise_not(ones({2}, kDouble))), GRADUS_CALL(bitwise_not(ones({2}, kHalf))),
        GRADUS_CALL(ones({1}, kLong).expand({3}).bitwise_not_())},
       1,
       [](std::vector<Tensor>& x) { x[0].bitwise_not_(); }});
}

}  // namespace gradus::test
