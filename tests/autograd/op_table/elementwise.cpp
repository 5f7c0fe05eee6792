#include "tests/autograd/op_table/op_info.h"

namespace gradus::test {

namespace {

using Op = Tensor (*)(const Tensor&);
using InPlace = std::function<void(Tensor&)>;
using Out = Tensor& (*)(Tensor&, const Tensor&);

// What no op with one input accepts, and what no in-place or out= form does.
Errors unary_errors(const OpInfo::Function& op, const InPlace& in_place, Out out) {
  Errors errors = {[=] { op({Tensor()}); }};
  if (in_place) {
    const auto on = [in_place](Tensor x) { return [=]() mutable { in_place(x); }; };
    errors.push_back(on(ones({2}).requires_grad_()));
    errors.push_back(on(ones({1}).expand({3})));
    errors.push_back(on(ones({2, 2}).requires_grad_()[0]));  // a view of a leaf
    errors.push_back(on(Tensor()));
  }
  if (out != nullptr) {
    errors.push_back([=] {
      Tensor y;
      out(y, ones({2}));
    });
    errors.push_back([=] {
      Tensor y = empty({2}, kBool);
      out(y, ones({2}));
    });
    errors.push_back([=] {
      Tensor y = empty({2}).requires_grad_();
      out(y, ones({2}));
    });
  }
  return errors;
}

// What an op that takes floating-point tensors only rejects.
Errors floating_only(const OpInfo::Function& op) {
  Errors errors;
  for (ScalarType dtype : {kLong, kInt, kShort, kChar, kByte, kBool})
    errors.push_back([=] { op({ones({2}, dtype)}); });
  return errors;
}

void append(Errors& errors, const Errors& more) {
  errors.insert(errors.end(), more.begin(), more.end());
}

OpInfo unary_row(const char* name, OpInfo::Function op, InPlace in_place, Out out,
                 std::vector<Sample> samples) {
  OpInfo row{name, op, std::move(samples), unary_errors(op, in_place, out)};
  if (in_place) row.in_place = [in_place](std::vector<Tensor>& x) { in_place(x[0]); };
  if (out != nullptr) row.out = [out](Tensor& y, const std::vector<Tensor>& x) { out(y, x[0]); };
  return row;
}

}  // namespace

void add_unary_ops(std::vector<OpInfo>& table) {
  const auto row = [&](const char* name, Op op, Tensor& (*in_place)(Tensor&), Out out,
                       double low = -2, double high = 2) {
    table.push_back(unary_row(name, of_one(op), in_place, out, layouts(low, high)));
  };
  row("abs", abs, abs_, abs_out);
  row("neg", neg, neg_, neg_out);
  row("exp", exp, exp_, exp_out);
  row("exp2", exp2, exp2_, exp2_out);
  row("expm1", expm1, expm1_, expm1_out);
  row("log", log, log_, log_out, 0.1, 4);
  row("log1p", log1p, log1p_, log1p_out, -0.8, 4);
  row("log2", log2, log2_, log2_out, 0.1, 4);
  row("log10", log10, log10_, log10_out, 0.1, 4);
  row("sqrt", sqrt, sqrt_, sqrt_out, 0.1, 4);
  row("rsqrt", rsqrt, rsqrt_, rsqrt_out, 0.2, 4);
  row("square", square, square_, square_out);
  row("sin", sin, sin_, sin_out);
  row("cos", cos, cos_, cos_out);
  row("tan", tan, tan_, tan_out, -1, 1);
  row("asin", asin, asin_, asin_out, -0.9, 0.9);
  row("acos", acos, acos_, acos_out, -0.9, 0.9);
  row("atan", atan, atan_, atan_out);
  row("sinh", sinh, sinh_, sinh_out);
  row("cosh", cosh, cosh_, cosh_out);
  row("tanh", tanh, tanh_, tanh_out);
  row("asinh", asinh, asinh_, asinh_out);
  row("acosh", acosh, acosh_, acosh_out, 1.2, 4);
  row("atanh", atanh, atanh_, atanh_out, -0.9, 0.9);
  row("sigmoid", sigmoid, sigmoid_, sigmoid_out);
  row("erf", erf, erf_, erf_out);
  row("erfc", erfc, erfc_, erfc_out);
  row("erfinv", erfinv, erfinv_, erfinv_out, -0.8, 0.8);
  row("lgamma", lgamma, lgamma_, lgamma_out, 0.2, 4);
  row("digamma", digamma, digamma_, digamma_out, 0.2, 4);
  row("floor", floor, floor_, floor_out);
  row("ceil", ceil, ceil_, ceil_out);
  row("round", round, round_, round_out);
  row("trunc", trunc, trunc_, trunc_out);
  row("frac", frac, frac_, frac_out);
  row("sign", sign, sign_, sign_out);
  row("reciprocal", reciprocal, reciprocal_, reciprocal_out, 0.5, 3);
  row("relu", relu, relu_, relu_out);
  row("relu6", relu6, relu6_, nullptr, -2, 8);
  row("selu", selu, selu_, nullptr);
  row("silu", silu, silu_, nullptr);
  row("mish", mish, mish_, nullptr);
  row("hardswish", hardswish, hardswish_, nullptr, -4, 4);
  row("hardsigmoid", hardsigmoid, hardsigmoid_, nullptr, -4, 4);

  using Method = Tensor& (Tensor::*)() const;
  const auto method = [&](const char* name, Op op, Method in_place, double low, double high) {
    table.push_back(unary_row(
        name, of_one(op), [in_place](Tensor& x) { (x.*in_place)(); }, nullptr, layouts(low, high)));
  };
  method("deg2rad", deg2rad, &Tensor::deg2rad_, -180, 180);
  method("rad2deg", rad2deg, &Tensor::rad2deg_, -4, 4);
  method("sinc", sinc, &Tensor::sinc_, -2, 2);
  table.push_back(unary_row(
      "logit", of_one([](const Tensor& x) { return logit(x); }), [](Tensor& x) { x.logit_(); },
      nullptr, layouts(0.05, 0.95)));
  table.push_back(unary_row(
      "logit", of_one([](const Tensor& x) { return logit(x, 0.2); }),
      [](Tensor& x) { x.logit_(0.2); }, nullptr, layouts(0.05, 0.95)));
  table.push_back(unary_row(
      "nan_to_num", of_one([](const Tensor& x) { return nan_to_num(x, 0.5); }),
      [](Tensor& x) { x.nan_to_num_(0.5); }, nullptr, layouts()));

  const auto floating = [&](const char* name, OpInfo::Function op) {
    OpInfo info = unary_row(name, op, {}, nullptr, layouts());
    append(info.errors, floating_only(op));
    table.push_back(std::move(info));
  };
  for (const auto& [name, op] :
       {std::pair("tanhshrink", Op(tanhshrink)), std::pair("softsign", Op(softsign))}) {
    table.push_back(unary_row(name, of_one(op), {}, nullptr, layouts()));
    table.back().few_errors = "takes integers too";
  }
  floating("logsigmoid", of_one(logsigmoid));
  floating("log_sigmoid", of_one(log_sigmoid));
  floating("gelu", of_one([](const Tensor& x) { return gelu(x); }));
  floating("gelu", of_one([](const Tensor& x) { return gelu(x, "tanh"); }));
  table.back().errors.push_back(GRADUS_CALL(gelu(ones({2}), "none of these")));
  table.back().in_place = [](std::vector<Tensor>& x) { gelu_(x[0], "tanh"); };
  floating("hardshrink", of_one([](const Tensor& x) { return hardshrink(x, 0.7); }));
  floating("softshrink", of_one([](const Tensor& x) { return softshrink(x, 0.7); }));
  table.back().errors.push_back(GRADUS_CALL(softshrink(ones({2}), -1)));
  floating("softplus", of_one([](const Tensor& x) { return softplus(x, 1.5, 2.0); }));

  const auto scalar = [&](const char* name, OpInfo::Function op, InPlace in_place, double low = -2,
                          double high = 2) {
    table.push_back(
        unary_row(name, std::move(op), std::move(in_place), nullptr, layouts(low, high)));
  };
  scalar("leaky_relu", of_one([](const Tensor& x) { return leaky_relu(x, 0.2); }),
         [](Tensor& x) { leaky_relu_(x, 0.2); });
  scalar("elu", of_one([](const Tensor& x) { return elu(x, 1.5); }),
         [](Tensor& x) { elu_(x, 1.5); });
  scalar("celu", of_one([](const Tensor& x) { return celu(x, 1.5); }),
         [](Tensor& x) { celu_(x, 1.5); });
  table.back().errors.push_back(GRADUS_CALL(celu(ones({2}), 0)));
  scalar("hardtanh", of_one([](const Tensor& x) { return hardtanh(x, -0.7, 1.2); }),
         [](Tensor& x) { hardtanh_(x, -0.7, 1.2); });
  scalar("threshold", of_one([](const Tensor& x) { return threshold(x, 0.3, 7); }),
         [](Tensor& x) { threshold_(x, 0.3, 7); });
  scalar("clamp", of_one([](const Tensor& x) { return clamp(x, Scalar(-0.7), Scalar(1.2)); }),
         [](Tensor& x) { clamp_(x, Scalar(-0.7), Scalar(1.2)); });
  table.back().out = [](Tensor& y, const std::vector<Tensor>& x) {
    clamp_out(y, x[0], Scalar(-0.7), Scalar(1.2));
  };
  append(table.back().errors, {GRADUS_CALL(clamp(ones({2}), optional<Scalar>(), nullopt)),
                               GRADUS_CALL(clamp(ones({2}), Tensor(), Tensor())),
                               GRADUS_CALL(clamp(ones({2}), ones({3}), ones({2})))});
  scalar("clamp_min", of_one([](const Tensor& x) { return clamp_min(x, -0.7); }),
         [](Tensor& x) { x.clamp_min_(-0.7); });
  table.back().errors.push_back(GRADUS_CALL(clamp_min(ones({2}), ones({3}))));
  scalar("clamp_max", of_one([](const Tensor& x) { return clamp_max(x, 0.7); }),
         [](Tensor& x) { x.clamp_max_(0.7); });
  table.back().errors.push_back(GRADUS_CALL(clamp_max(ones({2}), ones({3}))));
  scalar("pow", of_one([](const Tensor& x) { return pow(x, 3); }), [](Tensor& x) { x.pow_(3); });
  scalar(
      "pow", of_one([](const Tensor& x) { return pow(x, 2.5); }), [](Tensor& x) { x.pow_(2.5); },
      0.2, 3);
  scalar("pow", of_one([](const Tensor& x) { return pow(1.5, x); }), {});
  scalar("add", of_one([](const Tensor& x) { return add(x, 2, 3); }),
         [](Tensor& x) { x.add_(2, 3); });
  scalar("sub", of_one([](const Tensor& x) { return sub(x, 2, 3); }),
         [](Tensor& x) { x.sub_(2, 3); });
  scalar("rsub", of_one([](const Tensor& x) { return rsub(x, 2, 3); }), {});
  scalar("mul", of_one([](const Tensor& x) { return mul(x, 2.5); }),
         [](Tensor& x) { x.mul_(2.5); });
  scalar("div", of_one([](const Tensor& x) { return div(x, 2.5); }),
         [](Tensor& x) { x.div_(2.5); });
  scalar("div", of_one([](const Tensor& x) { return div(1.5, x); }), {}, 0.5, 2);
  scalar("round", of_one([](const Tensor& x) { return round(x, 1); }), {});
  scalar("xlogy", of_one([](const Tensor& x) { return xlogy(x, 2.5); }), {});
  scalar("copysign", of_one([](const Tensor& x) { return copysign(x, -1); }), {});
}

void add_special_ops(std::vector<OpInfo>& table) {
  for (int64_t n : {0, 1, 2}) {
    table.push_back(
        {"polygamma",
         of_one([n](const Tensor& x) { return polygamma(n, x); }),
         layouts(0.3, 4),
         {GRADUS_CALL(polygamma(-1, ones({2}))), GRADUS_CALL(polygamma(INT64_MIN, ones({2}))),
          GRADUS_CALL(polygamma(n, Tensor()))}});
  }
  table.push_back({"glu",
                   of_one([](const Tensor& x) { return glu(x, -1); }),
                   matrices(),
                   {GRADUS_CALL(glu(ones({2, 3}))), GRADUS_CALL(glu(ones({2}), 1)),
                    GRADUS_CALL(glu(ones({}))), GRADUS_CALL(glu(ones({2}, kLong))),
                    GRADUS_CALL(glu(Tensor())), GRADUS_CALL(glu(ones({2}), INT64_MIN))}});
  const auto with_weight = [](Tensor x, IntArrayRef weight) {
    return std::vector<Tensor>{std::move(x), values(weight, -1, 1, 9)};
  };
  table.push_back({"prelu",
                   of_two(prelu),
                   {{"one weight", with_weight(values({3, 4}), {1})},
                    {"weight per channel", with_weight(values({2, 3, 2}), {3})},
                    {"transposed", with_weight(values({4, 3}).t(), {4})},
                    {"number", with_weight(values({}), {1})},
                    {"no elements", with_weight(values({0, 3}), {3})}},
                   {GRADUS_CALL(prelu(ones({2, 3}), ones({2}))),
                    GRADUS_CALL(prelu(ones({2, 3}), ones({1, 1, 1}))),
                    GRADUS_CALL(prelu(ones({2, 3}), Tensor())),
                    GRADUS_CALL(prelu(ones({2, 3}), ones({3}, kLong))),
                    GRADUS_CALL(prelu(ones({2, 3}), ones({0})))},
                   2});

  // Gradients of activations, ops of their own.
  const auto backward = [&](const char* name, auto op, double low, double high) {
    table.push_back(
        {name,
         of_two(op),
         pairs(-2, 2, low, high),
         {GRADUS_CALL(op(Tensor(), ones({2}))), GRADUS_CALL(op(ones({2}), Tensor())),
          GRADUS_CALL(op(ones({2}), ones({3}))), GRADUS_CALL(op(ones({2, 3}), ones({3, 2}))),
          GRADUS_CALL(op(ones({0}), ones({2})))},
         2});
  };
  backward("sigmoid_backward", sigmoid_backward, 0.05, 0.95);
  backward("tanh_backward", tanh_backward, -0.95, 0.95);
  backward(
      "threshold_backward",
      [](const Tensor& dy, const Tensor& x) { return threshold_backward(dy, x, 0.3); }, -2, 2);
}

}  // namespace gradus::test
