// A layer and an autograd function of one's own: each about ten lines, both checked against finite
// differences.

#include <cstdio>

#include <gradus/gradus.h>

namespace nn = gradus::nn;
using gradus::Tensor;

// y = x * tanh(softplus(x)) with a backward written by hand, which recomputes instead of keeping
// intermediate values.
struct SmoothGate : gradus::autograd::Function<SmoothGate> {
  static Tensor forward(gradus::autograd::AutogradContext* ctx, const Tensor& x) {
    ctx->save_for_backward({x});
    return x * gradus::softplus(x).tanh();
  }
  static gradus::autograd::tensor_list backward(gradus::autograd::AutogradContext* ctx,
                                                gradus::autograd::tensor_list grads) {
    const Tensor x = ctx->get_saved_variables()[0];
    const Tensor t = gradus::softplus(x).tanh();
    return {grads[0] * (t + x * (1 - t * t) * x.sigmoid())};
  }
};

// y = gate(x W^T) * scale: registers its parameters, says what it computes, and that is all.
struct GatedLinearImpl : nn::Module {
  GatedLinearImpl(int64_t in_features, int64_t out_features)
      : weight(register_parameter(
            "weight", nn::init::xavier_uniform_(gradus::empty({out_features, in_features})))),
        scale(register_parameter("scale", gradus::ones({out_features}))) {}
  Tensor forward(const Tensor& x) { return SmoothGate::apply(gradus::linear(x, weight)) * scale; }

  Tensor weight, scale;
};
GRADUS_MODULE(GatedLinear);

int main() {
  gradus::manual_seed(1);

  // Central differences need float64. Throws, with both Jacobians, where they differ.
  const Tensor x = gradus::randn({4, 3}, gradus::dtype(gradus::kDouble).requires_grad(true));
  const auto gate = [](const std::vector<Tensor>& inputs) { return SmoothGate::apply(inputs[0]); };
  gradus::autograd::gradcheck(gate, {x});
  gradus::autograd::gradgradcheck(gate, {x});

  GatedLinear layer(3, 2);
  layer->to(gradus::kDouble);
  gradus::autograd::gradcheck([&](const std::vector<Tensor>& inputs) { return layer(inputs[0]); },
                              {x});
  std::puts("gradients agree with finite differences, first and second order");

  // It goes wherever a layer of the library goes.
  nn::Sequential net(GatedLinear(2, 16), nn::Linear(16, 1));
  gradus::optim::Adam optimizer(net->parameters(), gradus::optim::AdamOptions(0.02));
  const Tensor points = gradus::randn({256, 2});
  const Tensor target = (points.select(1, 0) * points.select(1, 1)).unsqueeze(1);
  for (int step = 0; step <= 300; ++step) {
    optimizer.zero_grad();
    const Tensor loss = nn::functional::mse_loss(net->forward(points), target);
    loss.backward();
    optimizer.step();
    if (step % 100 == 0) std::printf("step %3d  loss %.5f\n", step, loss.item<double>());
  }
}
