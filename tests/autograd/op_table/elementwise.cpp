#include "tests/autograd/op_table/op_info.h"

namespace gradus::test {

void add_unary_ops(std::vector<OpInfo>& table) {
  using Op = Tensor (*)(const Tensor&);
  using InPlace = Tensor& (Tensor::*)();
  const auto row = [&](const char* name, Op op, InPlace in_place = nullptr, double low = -2,
                       double high = 2) {
    OpInfo info{name, of_one(op), layouts(low, high)};
    if (in_place != nullptr) {
      info.in_place = [in_place](std::vector<Tensor>& x) { (x[0].*in_place)(); };
      const auto on = [in_place](Tensor x) { return [=]() mutable { (x.*in_place)(); }; };
      info.errors = {
          on(ones({2}).requires_grad_()),        // a leaf
          on(ones({1}).expand({3})),             // elements that share memory
          on(ones({2, 2}).requires_grad_()[0]),  // a view of a leaf
          on(Tensor()),
      };
    }
    table.push_back(std::move(info));
  };
  row("abs", abs, &Tensor::abs_);
  row("neg", neg, &Tensor::neg_);
  row("exp", exp, &Tensor::exp_);
  row("exp2", exp2, &Tensor::exp2_);
  row("expm1", expm1, &Tensor::expm1_);
  row("log", log, &Tensor::log_, 0.1, 4);
  row("log1p", log1p, &Tensor::log1p_, -0.8, 4);
  row("log2", log2, &Tensor::log2_, 0.1, 4);
  row("log10", log10, &Tensor::log10_, 0.1, 4);
  row("sqrt", sqrt, &Tensor::sqrt_, 0.1, 4);
  row("rsqrt", rsqrt, &Tensor::rsqrt_, 0.2, 4);
  row("square", square, &Tensor::square_);
  row("sin", sin, &Tensor::sin_);
  row("cos", cos, &Tensor::cos_);
  row("tan", tan, &Tensor::tan_, -1, 1);
  row("asin", asin, &Tensor::asin_, -0.9, 0.9);
  row("acos", acos, &Tensor::acos_, -0.9, 0.9);
  row("atan", atan, &Tensor::atan_);
  row("sinh", sinh, &Tensor::sinh_);
  row("cosh", cosh, &Tensor::cosh_);
  row("tanh", tanh, &Tensor::tanh_);
  row("asinh", asinh, &Tensor::asinh_);
  row("acosh", acosh, &Tensor::acosh_, 1.2, 4);
  row("atanh", atanh, &Tensor::atanh_, -0.9, 0.9);
  row("sigmoid", sigmoid, &Tensor::sigmoid_);
  row("erf", erf, &Tensor::erf_);
  row("erfc", erfc, &Tensor::erfc_);
  row("erfinv", erfinv, &Tensor::erfinv_, -0.8, 0.8);
  row("floor", floor, &Tensor::floor_);
  row("ceil", ceil, &Tensor::ceil_);
  row("round", round, &Tensor::round_);
  row("trunc", trunc, &Tensor::trunc_);
  row("frac", frac, &Tensor::frac_);
  row("sign", sign, &Tensor::sign_);
  row("reciprocal", reciprocal, &Tensor::reciprocal_, 0.5, 3);
  row("relu", relu, &Tensor::relu_);
  row("relu6", relu6, nullptr, -2, 8);
  row("selu", selu);
  row("silu", silu);
  row("mish", mish);
  row("hardswish", hardswish, nullptr, -4, 4);
  row("hardsigmoid", hardsigmoid, nullptr, -4, 4);
  row("tanhshrink", tanhshrink);
  row("softsign", softsign);
  row("logsigmoid", logsigmoid);

  const auto activation = [&](const char* name, OpInfo::Function f, double low = -2,
                              double high = 2) {
    table.push_back({name, std::move(f), layouts(low, high)});
  };
  activation("leaky_relu", of_one([](const Tensor& x) { return leaky_relu(x, 0.2); }));
  activation("elu", of_one([](const Tensor& x) { return elu(x, 1.5); }));
  activation("celu", of_one([](const Tensor& x) { return celu(x, 1.5); }));
  activation("gelu", of_one([](const Tensor& x) { return gelu(x); }));
  activation("gelu", of_one([](const Tensor& x) { return gelu(x, "tanh"); }));
  activation("hardtanh", of_one([](const Tensor& x) { return hardtanh(x, -0.7, 1.2); }));
  activation("hardshrink", of_one([](const Tensor& x) { return hardshrink(x, 0.7); }));
  activation("softshrink", of_one([](const Tensor& x) { return softshrink(x, 0.7); }));
  activation("softplus", of_one([](const Tensor& x) { return softplus(x, 1.5, 2.0); }));
  activation("threshold", of_one([](const Tensor& x) { return threshold(x, 0.3, 7); }));
  activation("clamp", of_one([](const Tensor& x) { return clamp(x, Scalar(-0.7), Scalar(1.2)); }));
  activation("clamp_min", of_one([](const Tensor& x) { return clamp_min(x, -0.7); }));
  activation("clamp_max", of_one([](const Tensor& x) { return clamp_max(x, 0.7); }));
  activation("pow", of_one([](const Tensor& x) { return pow(x, 3); }));
  activation("pow", of_one([](const Tensor& x) { return pow(x, 2.5); }), 0.2, 3);
  activation("add", of_one([](const Tensor& x) { return add(x, 2, 3); }));
  activation("mul", of_one([](const Tensor& x) { return mul(x, 2.5); }));
  activation("div", of_one([](const Tensor& x) { return div(x, 2.5); }));
}

void add_binary_ops(std::vector<OpInfo>& table) {
  using Op = Tensor (*)(const Tensor&, const Tensor&);
  const auto errors = [](Op op) -> std::vector<std::function<void()>> {
    return {
        [=] { op(ones({2, 3}), ones({4})); }, [=] { op(ones({2, 3}), ones({3, 2})); },
        [=] { op(ones({0}), ones({2})); },    [=] { op(Tensor(), ones({2})); },
        [=] { op(ones({2}), Tensor()); },
    };
  };
  const auto row = [&](const char* name, Op op, double low_a = -2, double high_a = 2,
                       double low_b = -2, double high_b = 2) {
    table.push_back(
        {name, of_two(op), pairs(low_a, high_a, low_b, high_b), errors(op), /*required_inputs=*/2});
  };
  row("add", [](const Tensor& a, const Tensor& b) { return add(a, b, 2.5); });
  row("sub", [](const Tensor& a, const Tensor& b) { return sub(a, b, 2.5); });
  row("mul", [](const Tensor& a, const Tensor& b) { return mul(a, b); });
  row(
      "div", [](const Tensor& a, const Tensor& b) { return div(a, b); }, -2, 2, 0.5, 2);
  row(
      "pow", [](const Tensor& a, const Tensor& b) { return pow(a, b); }, 0.3, 2);
  row("atan2", atan2, 0.2, 2, 0.2, 2);
  row("hypot", hypot, 0.2, 2, 0.2, 2);
  row("maximum", maximum);
  row("minimum", minimum);
  row("fmax", fmax);
  row("fmin", fmin);
  row("logaddexp", logaddexp);
  table[table.size() - 12].in_place = [](std::vector<Tensor>& x) { x[0].add_(x[1], 2.5); };
  table[table.size() - 11].in_place = [](std::vector<Tensor>& x) { x[0].sub_(x[1], 2.5); };
  table[table.size() - 10].in_place = [](std::vector<Tensor>& x) { x[0].mul_(x[1]); };
  table[table.size() - 9].in_place = [](std::vector<Tensor>& x) { x[0].div_(x[1]); };

  std::vector<Sample> triples;
  for (Sample& pair : pairs()) {
    pair.inputs.push_back(values(pair.inputs[1].sizes(), 0.1, 0.9, 500));
    triples.push_back(std::move(pair));
  }
  const auto of_three = [](auto f) -> OpInfo::Function {
    return [f](const std::vector<Tensor>& x) { return std::vector<Tensor>{f(x[0], x[1], x[2])}; };
  };
  table.push_back(
      {"lerp",
       of_three([](const Tensor& a, const Tensor& b, const Tensor& w) { return lerp(a, b, w); }),
       triples,
       {[] { lerp(ones({2}), ones({3}), 0.5); }},
       3});
  table.push_back({"addcmul",
                   of_three([](const Tensor& a, const Tensor& b, const Tensor& c) {
                     return addcmul(a, b, c, 2);
                   }),
                   triples,
                   {[] { addcmul(ones({2}), ones({3}), ones({3})); }},
                   3});
  table.push_back({"addcdiv",
                   of_three([](const Tensor& a, const Tensor& b, const Tensor& c) {
                     return addcdiv(a, b, c, 2);
                   }),
                   triples,
                   {[] { addcdiv(ones({2}), ones({3}), ones({3})); }},
                   3});
  table.push_back({"where",
                   of_two([](const Tensor& a, const Tensor& b) {
                     return where(a.detach() > b.detach(), a, b);
                   }),
                   pairs(),
                   {[] { where(ones({2}), ones({2}), ones({2})); },
                    [] { where(ones({2}).to(kBool), ones({3}), ones({2})); }},
                   0});
  table.push_back({"masked_fill",
                   of_one([](const Tensor& x) { return masked_fill(x, x.detach() > 0, 3); }),
                   layouts(),
                   {[] { masked_fill(ones({2}), ones({2}), 1); },
                    [] { masked_fill(ones({2}), ones({3}).to(kBool), 1); }},
                   0});
}

}  // namespace gradus::test
