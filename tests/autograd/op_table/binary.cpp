#include "tests/autograd/op_table/op_info.h"

namespace gradus::test {

namespace {

using Op = Tensor (*)(const Tensor&, const Tensor&);
using InPlace = std::function<void(Tensor&, const Tensor&)>;
using Out = std::function<void(Tensor&, const Tensor&, const Tensor&)>;

template <class F>
Errors binary_errors(F op) {
  return {
      GRADUS_CALL(op(ones({2, 3}), ones({4}))), GRADUS_CALL(op(ones({2, 3}), ones({3, 2}))),
      GRADUS_CALL(op(ones({0}), ones({2}))),    GRADUS_CALL(op(Tensor(), ones({2}))),
      GRADUS_CALL(op(ones({2}), Tensor())),
  };
}

}  // namespace

void add_binary_ops(std::vector<OpInfo>& table) {
  struct Forms {
    InPlace in_place = {};
    Out out = {};
  };
  const auto row = [&](const char* name, Op op, std::vector<Sample> samples, Forms forms) {
    OpInfo info{name, of_two(op), std::move(samples), binary_errors(op), /*required_inputs=*/2};
    if (forms.in_place) {
      info.in_place = [f = forms.in_place](std::vector<Tensor>& x) { f(x[0], x[1]); };
      info.errors.push_back([f = forms.in_place] {  // would grow
        Tensor self = ones({3});
        f(self, ones({2, 3}));
      });
    }
    if (forms.out) {
      info.out = [f = forms.out](Tensor& y, const std::vector<Tensor>& x) { f(y, x[0], x[1]); };
      info.errors.push_back([f = forms.out] {
        Tensor y = empty({2}, kBool);
        f(y, ones({2}), ones({2}));
      });
    }
    table.push_back(std::move(info));
  };
  const std::vector<Sample> any = pairs(), positive = pairs(0.2, 2, 0.2, 2),
                            divisor = pairs(-2, 2, 0.5, 2);
  row("add", [](const Tensor& a, const Tensor& b) { return add(a, b, 2.5); }, any,
      {[](Tensor& a, const Tensor& b) { a.add_(b, 2.5); },
       [](Tensor& y, const Tensor& a, const Tensor& b) { add_out(y, a, b, 2.5); }});
  row("sub", [](const Tensor& a, const Tensor& b) { return sub(a, b, 2.5); }, any,
      {[](Tensor& a, const Tensor& b) { a.sub_(b, 2.5); },
       [](Tensor& y, const Tensor& a, const Tensor& b) { sub_out(y, a, b, 2.5); }});
  row("rsub", [](const Tensor& a, const Tensor& b) { return rsub(a, b, 2.5); }, any, {});
  row("mul", [](const Tensor& a, const Tensor& b) { return mul(a, b); }, any,
      {[](Tensor& a, const Tensor& b) { a.mul_(b); },
       [](Tensor& y, const Tensor& a, const Tensor& b) { mul_out(y, a, b); }});
  row("div", [](const Tensor& a, const Tensor& b) { return div(a, b); }, divisor,
      {[](Tensor& a, const Tensor& b) { a.div_(b); },
       [](Tensor& y, const Tensor& a, const Tensor& b) { div_out(y, a, b); }});
  row("div", [](const Tensor& a, const Tensor& b) { return div(a, b, "floor"); }, divisor,
      {[](Tensor& a, const Tensor& b) { a.div_(b, "floor"); }, {}});
  row("div", [](const Tensor& a, const Tensor& b) { return div(a, b, "trunc"); }, divisor,
      {[](Tensor& a, const Tensor& b) { a.div_(b, "trunc"); }, {}});
  table.back().errors.push_back(GRADUS_CALL(div(ones({2}), ones({2}), "up")));
  table.back().errors.push_back(
      GRADUS_CALL(div(ones({2}, kLong), zeros({2}, kLong), std::string("floor"))));
  row("floor_divide", [](const Tensor& a, const Tensor& b) { return floor_divide(a, b); }, divisor,
      {[](Tensor& a, const Tensor& b) { a.floor_divide_(b); }, {}});
  table.back().errors.push_back(GRADUS_CALL(floor_divide(ones({2}, kLong), zeros({2}, kLong))));
  row("fmod", [](const Tensor& a, const Tensor& b) { return fmod(a, b); }, divisor,
      {[](Tensor& a, const Tensor& b) { a.fmod_(b); },
       [](Tensor& y, const Tensor& a, const Tensor& b) { fmod_out(y, a, b); }});
  table.back().errors.push_back(GRADUS_CALL(fmod(ones({2}, kLong), zeros({2}, kLong))));
  row("remainder", [](const Tensor& a, const Tensor& b) { return remainder(a, b); }, divisor,
      {[](Tensor& a, const Tensor& b) { a.remainder_(b); },
       [](Tensor& y, const Tensor& a, const Tensor& b) { remainder_out(y, a, b); }});
  table.back().errors.push_back(GRADUS_CALL(remainder(ones({2}, kLong), zeros({2}, kLong))));
  row("pow", [](const Tensor& a, const Tensor& b) { return pow(a, b); }, pairs(0.3, 2),
      {[](Tensor& a, const Tensor& b) { a.pow_(b); },
       [](Tensor& y, const Tensor& a, const Tensor& b) { pow_out(y, a, b); }});
  table.back().errors.push_back(GRADUS_CALL(pow(ones({2}, kLong), -1)));
  row("atan2", atan2, positive, {[](Tensor& a, const Tensor& b) { a.atan2_(b); }, {}});
  row("hypot", hypot, positive, {[](Tensor& a, const Tensor& b) { a.hypot_(b); }, {}});
  row("xlogy", [](const Tensor& a, const Tensor& b) { return xlogy(a, b); }, positive,
      {[](Tensor& a, const Tensor& b) { a.xlogy_(b); }, {}});
  row("copysign", [](const Tensor& a, const Tensor& b) { return copysign(a, b); }, any,
      {[](Tensor& a, const Tensor& b) { a.copysign_(b); }, {}});
  row("maximum", maximum, any, {{}, maximum_out});
  row("minimum", minimum, any, {{}, minimum_out});
  row("fmax", fmax, any, {});
  row("fmin", fmin, any, {});
  row("logaddexp", logaddexp, any, {});
  row("logaddexp2", logaddexp2, any, {});
  row("heaviside", heaviside, any, {});
  table.back().errors.push_back(GRADUS_CALL(heaviside(ones({2}), ones({2}, kDouble))));

  std::vector<Sample> triples;
  for (Sample pair : any) {
    pair.inputs.push_back(values(pair.inputs[1].sizes(), 0.1, 0.9, 500));
    triples.push_back(std::move(pair));
  }
  table.push_back(
      {"lerp",
       of_three([](const Tensor& a, const Tensor& b, const Tensor& w) { return lerp(a, b, w); }),
       triples,
       {GRADUS_CALL(lerp(ones({2}), ones({3}), 0.5)),
        GRADUS_CALL(lerp(ones({2}), ones({2}), ones({3}))),
        GRADUS_CALL(lerp(ones({2}), ones({2}, kDouble), 0.5)),
        GRADUS_CALL(lerp(ones({2}, kLong), ones({2}, kLong), 0.5)),
        GRADUS_CALL(lerp(ones({2}), ones({2}), Tensor())),
        GRADUS_CALL(ones({3}).lerp_(ones({2, 3}), 0.5))},
       3,
       [](std::vector<Tensor>& x) { x[0].lerp_(x[1], x[2]); }});
  table.push_back({"lerp",
                   of_two([](const Tensor& a, const Tensor& b) { return lerp(a, b, 0.3); }),
                   any,
                   {},
                   2,
                   [](std::vector<Tensor>& x) { x[0].lerp_(x[1], 0.3); }});
  table.push_back({"addcmul",
                   of_three([](const Tensor& a, const Tensor& b, const Tensor& c) {
                     return addcmul(a, b, c, 2);
                   }),
                   triples,
                   {GRADUS_CALL(addcmul(ones({2}), ones({3}), ones({3}))),
                    GRADUS_CALL(addcmul(ones({2}), ones({2}), ones({3}))),
                    GRADUS_CALL(addcmul(Tensor(), ones({2}), ones({2}))),
                    GRADUS_CALL(addcmul(ones({2}), ones({2}), Tensor())),
                    GRADUS_CALL(ones({3}).addcmul_(ones({2, 3}), ones({3}))),
                    GRADUS_CALL(ones({2}, kLong).addcmul_(ones({2}), ones({2})))},
                   3,
                   [](std::vector<Tensor>& x) { x[0].addcmul_(x[1], x[2], 2); }});
  table.push_back({"addcdiv",
                   of_three([](const Tensor& a, const Tensor& b, const Tensor& c) {
                     return addcdiv(a, b, c, 2);
                   }),
                   triples,
                   {GRADUS_CALL(addcdiv(ones({2}), ones({3}), ones({3}))),
                    GRADUS_CALL(addcdiv(ones({2}), ones({2}), ones({3}))),
                    GRADUS_CALL(addcdiv(Tensor(), ones({2}), ones({2}))),
                    GRADUS_CALL(addcdiv(ones({2}), ones({2}), Tensor())),
                    GRADUS_CALL(ones({3}).addcdiv_(ones({2, 3}), ones({3}))),
                    GRADUS_CALL(addcdiv(ones({2}, kLong), ones({2}, kLong), ones({2}, kLong)))},
                   3,
                   [](std::vector<Tensor>& x) { x[0].addcdiv_(x[1], x[2], 2); }});
  table.push_back({"clamp", of_three([](const Tensor& x, const Tensor& low, const Tensor& size) {
                     return clamp(x, low, low + size);
                   }),
                   triples});
  table.push_back({"clamp_min",
                   of_two([](const Tensor& x, const Tensor& low) { return clamp_min(x, low); }),
                   any});
  table.push_back({"clamp_max",
                   of_two([](const Tensor& x, const Tensor& high) { return clamp_max(x, high); }),
                   any});
  table.push_back({"where",
                   of_two([](const Tensor& a, const Tensor& b) {
                     return where(a.detach() > b.detach(), a, b);
                   }),
                   any,
                   {GRADUS_CALL(where(ones({2}), ones({2}), ones({2}))),
                    GRADUS_CALL(where(ones({2}, kBool), ones({3}), ones({2}))),
                    GRADUS_CALL(where(ones({3}, kBool), ones({2}), ones({2}))),
                    GRADUS_CALL(where(Tensor(), ones({2}), ones({2}))),
                    GRADUS_CALL(where(ones({2}, kBool), Tensor(), ones({2}))),
                    GRADUS_CALL(where(ones({2}, kBool), ones({2}), Tensor()))},
                   0});
  const auto masked_fill_row = [&](auto value) {
    table.push_back({"masked_fill",
                     of_one([=](const Tensor& x) { return masked_fill(x, x.detach() > 0, value); }),
                     layouts(),
                     {GRADUS_CALL(masked_fill(ones({2}), ones({2}), 1)),
                      GRADUS_CALL(masked_fill(ones({2}), ones({3}, kBool), 1)),
                      GRADUS_CALL(masked_fill(ones({2}), ones({2}, kBool), ones({2}))),
                      GRADUS_CALL(masked_fill(ones({2}), Tensor(), 1)),
                      GRADUS_CALL(masked_fill(Tensor(), ones({2}, kBool), 1)),
                      GRADUS_CALL(ones({3}).masked_fill_(ones({2, 3}, kBool), 1))},
                     0,
                     [=](std::vector<Tensor>& x) { x[0].masked_fill_(x[0].detach() > 0, value); }});
  };
  masked_fill_row(Scalar(3));
  masked_fill_row(full({}, 3, kDouble));
}

}  // namespace gradus::test
