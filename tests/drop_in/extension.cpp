// What programs that write kernels of their own use of libtorch: dispatch on dtypes, loops over
// ranges, types and contexts, storage, warnings; and handles that are const.

#include TORCH_HEADER

#include <cstdio>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

namespace {

// y = a x + b by a loop of its own for each dtype.
torch::Tensor affine(const torch::Tensor& x, double a, double b) {
  TORCH_CHECK(x.is_contiguous(), "affine: x must be contiguous, got strides ", x.strides());
  torch::Tensor y = torch::empty_like(x);
  AT_DISPATCH_ALL_TYPES(x.scalar_type(), "affine", [&] {
    const scalar_t* from = x.data_ptr<scalar_t>();
    scalar_t* to = y.data_ptr<scalar_t>();
    at::parallel_for(0, x.numel(), /*grain_size=*/0, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i)
        to[i] = static_cast<scalar_t>(a) * from[i] + static_cast<scalar_t>(b);
    });
  });
  return y;
}

struct Cube : torch::autograd::Function<Cube> {
  static torch::Tensor forward(torch::autograd::AutogradContext* ctx, const torch::Tensor& x) {
    ctx->save_for_backward({x});
    return x * x * x;
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* ctx,
                                                 torch::autograd::variable_list grads) {
    const auto saved = ctx->get_saved_variables();
    return {grads[0] * 3 * saved[0] * saved[0]};
  }
};

struct BlockImpl : torch::nn::Module {
  BlockImpl(int64_t in, int64_t out)
      : fc(register_module("fc", torch::nn::Linear(in, out))), act(torch::nn::ReLUOptions(true)) {
    register_module("act", act);
    scale = register_parameter("scale", torch::ones({out}));
  }
  torch::Tensor forward(const torch::Tensor& x) { return act(fc(x)) * scale; }
  torch::nn::Linear fc;
  torch::nn::ReLU act;
  torch::Tensor scale;
};
TORCH_MODULE(Block);

struct Listener : c10::WarningHandler {
  void process(const c10::Warning& warning) override { messages.push_back(warning.msg()); }
  std::vector<std::string> messages;
};

void dispatch() {
  std::cout << affine(torch::arange(4), 2, 1) << "\n"
            << affine(torch::linspace(0, 1, 3, torch::kDouble), 4, -1) << "\n";
  try {
    affine(torch::ones({2}).to(torch::kHalf), 1, 1);
  } catch (const c10::Error& error) {
    std::cout << std::string(error.what_without_backtrace()).substr(0, 24) << "\n";
  }
  const double total = at::parallel_reduce(
      int64_t{1}, int64_t{101}, /*grain_size=*/16, 0.0,
      [](int64_t begin, int64_t end, double sum) {
        for (int64_t i = begin; i < end; ++i) sum += static_cast<double>(i);
        return sum;
      },
      [](double a, double b) { return a + b; });
  std::cout << total << "\n";
}

// In-place methods of const tensors: loops over parameters are written so.
void const_handles() {
  const torch::Tensor w = torch::tensor({1.0, 2.0, -3.0}, torch::requires_grad());
  for (int step = 0; step < 3; ++step) {
    if (w.grad().defined()) w.grad().zero_();
    Cube::apply(w).sum().backward();
    torch::NoGradGuard no_grad;
    w.sub_(w.grad() * 0.05);
    w.data().clamp_(-2, 2);
  }
  std::cout << w.detach() << "\n" << w.grad() << "\n";
  Block block(2, 3);
  torch::NoGradGuard no_grad;
  for (const auto& p : block->parameters()) p.fill_(0.5).mul_(2);
  for (const auto& item : block->named_parameters())
    std::cout << item.key() << item.value().sizes();
  std::cout << "\n" << block->forward(torch::ones({1, 2})) << "\n" << block << "\n";
  std::cout << c10::str("a ", *block->fc) << "; " << block->name() << "\n";
}

void types() {
  const at::Tensor x = at::ones({2, 3}, at::CPU(at::kInt));
  std::cout << x.type() << " " << x.type().scalarType() << " " << x.toString() << "\n";
  const at::Tensor view = x[1];
  std::cout << std::noboolalpha << view.is_alias_of(x) << view.storage().is_alias_of(x.storage())
            << x.clone().is_alias_of(x) << " " << x.storage().nbytes() << "\n";
  at::globalContext().setDeterministicCuDNN(true);
  std::cout << at::globalContext().deterministicCuDNN() << at::hasCUDA()
            << torch::cuda::is_available() << "\n";
  torch::Device device = torch::kCPU;
  if (torch::cuda::is_available()) device = torch::Device(torch::kCUDA, 0);
  const auto options = torch::device(device).dtype(torch::kLong).layout(torch::kStrided);
  std::cout << device << " " << torch::zeros({1}, options).to(device, torch::kFloat).scalar_type()
            << " " << torch::Device("cpu").type() << "\n";
#define NAME(type, name) std::cout << #name << sizeof(type) << " ";
  AT_FORALL_SCALAR_TYPES_AND2(Bool, Half, NAME)
#undef NAME
  std::cout << c10::multiply_integers(x.sizes()) << " " << c10::Join(", ", x.sizes().vec()) << "\n";
  const at::Tensor like =
      at::full({2}, 3, view.scalar_type(), c10::nullopt, view.device(), c10::nullopt);
  std::cout << like.scalar_type() << like.sum().item<double>() << " "
            << at::arange(4, at::kLong, at::kStrided, c10::nullopt, false).sum().item<int64_t>()
            << " " << x.new_ones({3}, at::kInt, c10::nullopt, c10::nullopt, c10::nullopt).numel()
            << "\n";
}

void warnings() {
  Listener listener;
  c10::WarningHandler* before = c10::WarningUtils::get_warning_handler();
  c10::WarningUtils::set_warning_handler(&listener);
  for (int i = 0; i < 3; ++i) {
    TORCH_WARN("warning ", i);
    TORCH_WARN_ONCE("once ", i);
  }
  c10::WarningUtils::set_warning_handler(before);
  for (const auto& message : listener.messages) std::cout << message << "; ";
  std::cout << "\n";
}

}  // namespace

int main() {
  torch::manual_seed(0);
  dispatch();
  const_handles();
  types();
  warnings();
}
