// A program as one writes it for libtorch: what autograd can do, and how tensors print.

#include TORCH_HEADER

#include <iostream>
#include <vector>

using namespace torch::autograd;
using namespace torch::indexing;

// x * w + b with a backward of its own.
class LinearFunction : public Function<LinearFunction> {
 public:
  static torch::Tensor forward(AutogradContext* ctx, torch::Tensor input, torch::Tensor weight,
                               torch::Tensor bias = torch::Tensor()) {
    ctx->save_for_backward({input, weight, bias});
    auto output = input.mm(weight.t());
    if (bias.defined()) output += bias.unsqueeze(0).expand_as(output);
    return output;
  }

  static tensor_list backward(AutogradContext* ctx, tensor_list grad_outputs) {
    auto saved = ctx->get_saved_variables();
    auto input = saved[0], weight = saved[1], bias = saved[2];
    auto grad_output = grad_outputs[0];
    auto grad_bias = torch::Tensor();
    if (bias.defined()) grad_bias = grad_output.sum(0);
    return {grad_output.mm(weight), grad_output.t().mm(input), grad_bias};
  }
};

class MulConstant : public Function<MulConstant> {
 public:
  static torch::Tensor forward(AutogradContext* ctx, torch::Tensor tensor, double constant) {
    ctx->saved_data["constant"] = constant;
    return tensor * constant;
  }
  static tensor_list backward(AutogradContext* ctx, tensor_list grad_outputs) {
    return {grad_outputs[0] * ctx->saved_data["constant"].toDouble(), torch::Tensor()};
  }
};

// User code may add to the namespace.
namespace torch {
namespace nn {
inline Tensor twice(const Tensor& x) {
  return x * 2;
}
}  // namespace nn
}  // namespace torch

int main() {
  auto x = torch::ones({2, 2}, torch::requires_grad());
  auto y = x + 2;
  std::cout << y << std::endl;
  auto z = y * y * 3;
  auto out = z.mean();
  std::cout << z << "\n" << out << std::endl;
  std::cout << z.requires_grad() << " " << x.is_leaf() << " " << z.is_leaf() << std::endl;
  out.backward();
  std::cout << x.grad() << std::endl;

  auto a = torch::arange(6, torch::kFloat).view({2, 3}).set_requires_grad(true);
  auto w = (torch::arange(12, torch::kDouble).view({4, 3}) / 10).to(torch::kFloat).requires_grad_();
  auto b = torch::zeros({4}).requires_grad_();
  LinearFunction::apply(a, w, b).pow(2).sum().backward();
  std::cout << a.grad() << "\n" << w.grad() << "\n" << b.grad() << std::endl;
  auto m = torch::full({3}, 2.0).requires_grad_();
  MulConstant::apply(m, 5.5).sum().backward();
  std::cout << m.grad() << std::endl;

  // Gradients of gradients.
  auto p = torch::tensor({0.5, 1.0, 1.5}, torch::requires_grad());
  auto first = grad({p.sin().sum()}, {p}, /*grad_outputs=*/{}, /*retain_graph=*/true,
                    /*create_graph=*/true)[0];
  auto second = torch::autograd::grad({first.sum()}, {p})[0];
  std::cout << first.detach() << "\n" << second << std::endl;
  auto penalty = torch::pow(first.norm(2) - 1, 2);
  std::cout << penalty.item<float>() << std::endl;

  // Hooks, retained gradients, detaching.
  auto v = torch::tensor({1.0, 2.0}, torch::requires_grad());
  auto u = v * 3;
  u.retain_grad();
  auto h = u.register_hook([](torch::Tensor g) { return g * 10; });
  u.sum().backward();
  std::cout << v.grad() << " " << u.grad().defined() << std::endl;
  u.remove_hook(h);
  {
    torch::NoGradGuard guard;
    std::cout << (v * 2).requires_grad() << std::endl;
  }
  std::cout << v.detach().requires_grad() << std::endl;

  // Indexing, as in Python.
  auto t = torch::arange(24).view({2, 3, 4});
  std::cout << t.index({0, Slice(1, None), "..."}) << std::endl;
  std::cout << t.index({Slice(), 1, Slice(None, None, 2)}) << std::endl;
  t.index_put_({1, Slice(), 0}, -1);
  std::cout << t[1] << std::endl;
  std::cout << t.index({t.gt(20)}) << std::endl;
  std::cout << torch::nn::twice(t[0][0]) << std::endl;

  // Errors are exceptions.
  try {
    torch::ones({2, 3}).mm(torch::ones({2, 3}));
  } catch (const c10::Error& error) {
    std::cout << "caught" << std::endl;
  }
  c10::optional<int64_t> maybe = c10::nullopt;
  std::cout << maybe.has_value() << " " << c10::str("a", 1, "b") << std::endl;
  for (const auto i : c10::irange(3)) std::cout << i << " ";
  std::cout << std::endl;
  std::cout << torch::eye(3) << "\n" << torch::tensor({{1.5, 2.25}, {1e6, -3.0}}) << std::endl;
  std::cout << torch::tensor(true) << "\n"
            << torch::zeros({0, 3}) << "\n"
            << torch::linspace(0, 1, 5, torch::kDouble) << std::endl;
}
