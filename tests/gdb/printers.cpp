// What tests/gdb/check looks at: it stops in `look`.

#include <gradus/gradus.h>

using namespace gradus;  // NOLINT

struct NetImpl : nn::Module {
  NetImpl() {
    body = register_module("body", nn::Sequential(nn::Linear(4, 3), nn::ReLU()));
    head = register_module("head", nn::Linear(nn::LinearOptions(3, 2).bias(false)));
  }
  nn::Sequential body{nullptr};
  nn::Linear head{nullptr};
};
GRADUS_MODULE(Net);

__attribute__((noinline)) void look(const Tensor& x, const Tensor& y, const Tensor& undefined,
                                    const Tensor& columns, const Tensor& halves, const Tensor& bits,
                                    const Tensor& scalar, const Tensor& result, const Net& net,
                                    const nn::Module& module, const nn::LinearImpl& layer,
                                    const nn::Linear& empty) {
  asm volatile("" : : "r"(&x), "r"(&y), "r"(&undefined), "r"(&columns), "r"(&halves) : "memory");
  asm volatile(""
               :
               : "r"(&bits), "r"(&scalar), "r"(&result), "r"(&net), "r"(&module), "r"(&layer),
                 "r"(&empty));
}

int main() {
  const Tensor x = tensor({0.5f, 1.f, 1.5f, 2.f, 2.5f, 3.f}).reshape({2, 3}).requires_grad_();
  const Tensor y = arange(100);
  Net net;
  look(x, y, Tensor(), x.detach().t(), tensor({1.5f, -2.f}).to(kBFloat16),
       tensor({1, 0, 1}).to(kBool), tensor(2.5).to(kHalf), x * 2, net, *net->body->ptr(0),
       *net->head, nn::Linear(nullptr));
}
