// Training steps in float32 and under autocast to bfloat16, side by side: a row ends in 0 for
// float32 and 1 for autocast.

#include <benchmark/benchmark.h>
#include <gradus/gradus.h>

namespace {

using namespace gradus;

// Forward and backward of a net, as in training.
template <class Forward>
void run(benchmark::State& state, const std::vector<Tensor>& leaves, Forward forward) {
  const bool lower = state.range(0) == 1;
  for (auto _ : state) {
    for (const Tensor& leaf : leaves) leaf.mutable_grad() = Tensor();
    Tensor y;
    {
      AutocastGuard guard(kBFloat16, lower);
      y = forward();
    }
    y.backward(y.dim() == 0 ? Tensor() : ones_like(y));
  }
  state.SetLabel(lower ? "bf16" : "f32");
}

void BM_Linear1024(benchmark::State& state) {
  const Tensor x = randn({1024, 1024}).requires_grad_(), w = randn({1024, 1024}).requires_grad_(),
               b = randn({1024}).requires_grad_();
  run(state, {x, w, b}, [&] { return linear(x, w, b); });
}
BENCHMARK(BM_Linear1024)->Arg(0)->Arg(1)->UseRealTime()->Unit(benchmark::kMillisecond);

void BM_Conv64(benchmark::State& state) {
  const Tensor x = randn({16, 64, 28, 28}).contiguous(MemoryFormat::ChannelsLast).requires_grad_(),
               w = randn({64, 64, 3, 3}).requires_grad_();
  run(state, {x, w}, [&] { return conv2d(x, w, {}, 1, 1); });
}
BENCHMARK(BM_Conv64)->Arg(0)->Arg(1)->UseRealTime()->Unit(benchmark::kMillisecond);

// One op between layers, forward and backward, on [64, 32, 26, 26] channels-last: in bfloat16 it
// moves half the bytes.
template <class Op>
void element_wise(benchmark::State& state, Op op) {
  const Tensor x = randn({64, 32, 26, 26})
                       .contiguous(MemoryFormat::ChannelsLast)
                       .to(state.range(0) == 1 ? kBFloat16 : kFloat)
                       .requires_grad_();
  run(state, {x}, [&] { return op(x); });
}

void BM_Relu(benchmark::State& state) {
  element_wise(state, [](const Tensor& x) { return relu(x); });
}
BENCHMARK(BM_Relu)->Arg(0)->Arg(1)->UseRealTime()->Unit(benchmark::kMicrosecond);

void BM_Gelu(benchmark::State& state) {
  element_wise(state, [](const Tensor& x) { return gelu(x); });
}
BENCHMARK(BM_Gelu)->Arg(0)->Arg(1)->UseRealTime()->Unit(benchmark::kMicrosecond);

void BM_Tanh(benchmark::State& state) {
  element_wise(state, [](const Tensor& x) { return tanh(x); });
}
BENCHMARK(BM_Tanh)->Arg(0)->Arg(1)->UseRealTime()->Unit(benchmark::kMicrosecond);

void BM_Add(benchmark::State& state) {
  element_wise(state, [](const Tensor& x) { return x + x; });
}
BENCHMARK(BM_Add)->Arg(0)->Arg(1)->UseRealTime()->Unit(benchmark::kMicrosecond);

void BM_MaxPool(benchmark::State& state) {
  element_wise(state, [](const Tensor& x) { return max_pool2d(x, 2); });
}
BENCHMARK(BM_MaxPool)->Arg(0)->Arg(1)->UseRealTime()->Unit(benchmark::kMicrosecond);

void BM_AvgPool(benchmark::State& state) {
  element_wise(state, [](const Tensor& x) { return avg_pool2d(x, 2); });
}
BENCHMARK(BM_AvgPool)->Arg(0)->Arg(1)->UseRealTime()->Unit(benchmark::kMicrosecond);

void BM_BatchNorm(benchmark::State& state) {
  const Tensor w = ones({32}).requires_grad_(), b = zeros({32}).requires_grad_();
  const Tensor mean = zeros({32}), var = ones({32});
  element_wise(state, [=](const Tensor& x) {
    return batch_norm(x, w, b, mean, var, /*training=*/true, 0.1, 1e-5);
  });
}
BENCHMARK(BM_BatchNorm)->Arg(0)->Arg(1)->UseRealTime()->Unit(benchmark::kMicrosecond);

void BM_Dropout(benchmark::State& state) {
  element_wise(state, [](const Tensor& x) { return dropout(x, 0.5, true); });
}
BENCHMARK(BM_Dropout)->Arg(0)->Arg(1)->UseRealTime()->Unit(benchmark::kMicrosecond);

void BM_Sum(benchmark::State& state) {
  element_wise(state, [](const Tensor& x) { return x.sum({0, 2, 3}); });
}
BENCHMARK(BM_Sum)->Arg(0)->Arg(1)->UseRealTime()->Unit(benchmark::kMicrosecond);

void BM_LayerNorm(benchmark::State& state) {
  const Tensor x = randn({4096, 256}).to(state.range(0) == 1 ? kBFloat16 : kFloat).requires_grad_(),
               w = ones({256}).requires_grad_(), b = zeros({256}).requires_grad_();
  run(state, {x, w, b}, [&] { return layer_norm(x, {256}, w, b); });
}
BENCHMARK(BM_LayerNorm)->Arg(0)->Arg(1)->UseRealTime()->Unit(benchmark::kMicrosecond);

void BM_Softmax(benchmark::State& state) {
  const Tensor x = randn({4096, 256}).to(state.range(0) == 1 ? kBFloat16 : kFloat).requires_grad_();
  run(state, {x}, [&] { return softmax(x, -1); });
}
BENCHMARK(BM_Softmax)->Arg(0)->Arg(1)->UseRealTime()->Unit(benchmark::kMicrosecond);

void BM_CastAndBack(benchmark::State& state) {
  element_wise(
      state, [&](const Tensor& x) { return state.range(0) == 1 ? x.to(kFloat) : x.to(kBFloat16); });
}
BENCHMARK(BM_CastAndBack)->Arg(0)->Arg(1)->UseRealTime()->Unit(benchmark::kMicrosecond);

// --- whole steps: forward, loss, backward, Adam

template <class Net>
void step(benchmark::State& state, Net& net, const Tensor& x, const Tensor& target) {
  optim::Adam optimizer(net->parameters(), optim::AdamOptions(1e-3));
  const bool lower = state.range(0) == 1;
  for (auto _ : state) {
    optimizer.zero_grad();
    Tensor loss;
    {
      AutocastGuard guard(kBFloat16, lower);
      loss = cross_entropy(net->forward(x), target);
    }
    loss.backward();
    optimizer.step();
  }
  state.SetLabel(lower ? "bf16" : "f32");
}

void BM_CnnStep(benchmark::State& state) {
  nn::Sequential net(nn::Conv2d(1, 32, 3), nn::ReLU(), nn::Conv2d(32, 64, 3), nn::ReLU(),
                     nn::MaxPool2d(2), nn::Flatten(), nn::Linear(64 * 12 * 12, 128), nn::ReLU(),
                     nn::Linear(128, 10));
  step(state, net, randn({64, 1, 28, 28}), randint(10, {64}, kLong));
}
BENCHMARK(BM_CnnStep)->Arg(0)->Arg(1)->UseRealTime()->Unit(benchmark::kMillisecond);

void BM_ResidualStep(benchmark::State& state) {
  nn::Sequential net;
  net->push_back(nn::Conv2d(nn::Conv2dOptions(3, 32, 3).padding(1).bias(false)));
  for (int i = 0; i < 6; ++i) {
    net->push_back(nn::BatchNorm2d(32));
    net->push_back(nn::ReLU());
    net->push_back(nn::Conv2d(nn::Conv2dOptions(32, 32, 3).padding(1).bias(false)));
  }
  net->push_back(nn::AdaptiveAvgPool2d(1));
  net->push_back(nn::Flatten());
  net->push_back(nn::Linear(32, 10));
  step(state, net, randn({32, 3, 32, 32}), randint(10, {32}, kLong));
}
BENCHMARK(BM_ResidualStep)->Arg(0)->Arg(1)->UseRealTime()->Unit(benchmark::kMillisecond);

void BM_MlpStep(benchmark::State& state) {
  nn::Sequential net(nn::Linear(1024, 1024), nn::ReLU(), nn::Linear(1024, 1024), nn::ReLU(),
                     nn::Linear(1024, 10));
  step(state, net, randn({512, 1024}), randint(10, {512}, kLong));
}
BENCHMARK(BM_MlpStep)->Arg(0)->Arg(1)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
