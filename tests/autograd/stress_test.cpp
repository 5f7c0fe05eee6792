// Many threads, many steps, deep graphs.

#include <atomic>
#include <thread>
#include <vector>

#include <gradus/gradus.h>
#include <gtest/gtest.h>
#include <pthread.h>

namespace gradus {
namespace {

struct Net {
  Tensor w1 = rand({8, 16}, Generator(1)).requires_grad_();
  Tensor w2 = rand({16, 4}, Generator(2)).requires_grad_();

  Tensor loss(const Tensor& x) const { return tanh(x.matmul(w1)).matmul(w2).square().mean(); }
};

template <class Body>
void on_threads(int count, Body body) {
  std::vector<std::thread> threads;
  for (int t = 0; t < count; ++t) threads.emplace_back([&, t] { body(t); });
  for (std::thread& thread : threads) thread.join();
}

TEST(Threads, ForwardAndBackwardOnSharedLeaves) {
  constexpr int kThreads = 4, kSteps = 20;
  Net net;
  std::atomic<int> hooks{0}, accumulated{0}, together{0};
  net.w1.register_hook([&](const Tensor&) { ++hooks; });
  net.w2.register_post_accumulate_grad_hook([&](const Tensor&) { ++accumulated; });
  autograd::register_multi_grad_hook(
      std::vector<Tensor>{net.w1, net.w2},
      [&](const std::vector<Tensor>& gradients) { together += gradients.size() == 2; });
  std::vector<Tensor> inputs;
  for (int t = 0; t < kThreads; ++t) inputs.push_back(rand({5, 8}));
  on_threads(kThreads, [&](int t) {
    for (int i = 0; i < kSteps; ++i) net.loss(inputs[static_cast<size_t>(t)]).backward();
  });
  EXPECT_EQ(hooks, kThreads * kSteps);
  EXPECT_EQ(accumulated, kThreads * kSteps);
  EXPECT_EQ(together, kThreads * kSteps);
  Tensor total;
  for (const Tensor& x : inputs) {
    const Tensor g = autograd::grad(net.loss(x), net.w1)[0] * kSteps;
    total = total.defined() ? total + g : g;
  }
  EXPECT_TRUE(net.w1.grad().allclose(total, 1e-4, 1e-5));
}

TEST(Threads, OneGraphFromSeveralThreads) {
  constexpr int kThreads = 4;
  Net net;
  const Tensor x = rand({5, 8});
  const Tensor plain = net.loss(x),
               checkpointed = autograd::checkpoint([&](const Tensor&x) { return net.loss(x); }, x);
  const Tensor expected = autograd::grad(plain, net.w1, {}, /*retain_graph=*/true)[0];
  std::atomic<int> equal{0};
  on_threads(kThreads, [&](int) {
    for (int i = 0; i < 10; ++i) {
      for (const Tensor& loss : {plain, checkpointed}) {
        equal += autograd::grad(loss, net.w1, {}, /*retain_graph=*/true)[0].equal(expected);
      }
    }
  });
  EXPECT_EQ(equal, kThreads * 10 * 2);
}

TEST(Threads, ModesAreOfTheirThread) {
  NoGradGuard no_grad;
  InferenceMode inference;
  on_threads(1, [](int) {
    EXPECT_TRUE(GradMode::is_enabled());
    EXPECT_FALSE(InferenceMode::is_enabled());
    EXPECT_FALSE(ones({1}).is_inference());
  });
}

// A step whose shapes no other of the last thousands has.
void step(int i) {
  const int64_t rows = 1 + i % 97, columns = 1 + i % 89;
  const Tensor w = rand({columns, 7}).requires_grad_();
  const Tensor x = rand({rows, columns});
  const Tensor h = autograd::checkpoint([&](const Tensor& w) { return tanh(x.matmul(w)); }, w);
  Tensor y = h.softmax(-1) * h;
  y.add_(1);
  const Tensor loss = y.square().mean();
  const Tensor g = autograd::grad(loss, w, {}, std::nullopt, /*create_graph=*/true)[0];
  (loss + g.square().sum()).backward();
  if (i % 10 == 0) static_cast<void>((w * 2).sum());  // never differentiated
}

TEST(Memory, TenThousandStepsOfDifferentShapesSlow) {
  for (int i = 0; i < 2'000; ++i) step(i);
  const MemoryStats before = memory_stats();
  for (int i = 2'000; i < 10'000; ++i) step(i);
  const MemoryStats after = memory_stats();
  EXPECT_EQ(after.allocated_bytes, before.allocated_bytes);
  EXPECT_LE(after.reserved_bytes, before.reserved_bytes + (1 << 20));
}

TEST(Memory, WhatFailedLeavesNothing) {
  const Tensor w = ones({64}).requires_grad_();
  const auto fail = [&](int kind) {
    Tensor y = exp(w * 2);
    if (kind == 0) y.register_hook([](const Tensor&) { throw ValueError("hook"); });
    Tensor z = exp(y);
    if (kind == 1) {
      NoGradGuard no_grad;
      y.add_(1);
    }
    if (kind == 2) z.sum().backward();
    EXPECT_THROW(z.sum().backward(), Error);
    w.mutable_grad() = Tensor();
  };
  for (int kind : {0, 1, 2}) fail(kind);
  const int64_t before = memory_stats().allocated_bytes;
  for (int i = 0; i < 30; ++i) fail(i % 3);
  EXPECT_EQ(memory_stats().allocated_bytes, before);
}

// On a stack as small as the system gives threads anywhere.
void on_a_small_stack(void* (*body)(void*)) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  ASSERT_EQ(pthread_attr_setstacksize(&attributes, 256 * 1024), 0);
  pthread_t thread;
  ASSERT_EQ(pthread_create(&thread, &attributes, body, nullptr), 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
}

TEST(DeepGraph, GradThroughAMillionOpsSlow) {
  on_a_small_stack([](void*) -> void* {
    const Tensor x = ones({1}).requires_grad_();
    Tensor y = x;
    for (int i = 0; i < 1'000'000; ++i) y = y * 1;
    EXPECT_EQ(autograd::grad(y, x)[0].item<float>(), 1);
    return nullptr;
  });
}

TEST(DeepGraph, HigherDerivativesAndInPlaceOps) {
  on_a_small_stack([](void*) -> void* {
    const Tensor x = ones({1}, kDouble).requires_grad_();
    Tensor y = x * 1;
    for (int i = 0; i < 10'000; ++i) y.mul_(x);
    const Tensor g = autograd::grad(y, x, {}, std::nullopt, /*create_graph=*/true)[0];
    g.backward();
    EXPECT_EQ(x.grad().item<double>(), 10'001. * 10'000.);
    return nullptr;
  });
}

TEST(DeepGraph, InAnomalyMode) {
  on_a_small_stack([](void*) -> void* {
    autograd::DetectAnomalyGuard guard;
    const Tensor x = ones({1}).requires_grad_();
    Tensor y = x;
    for (int i = 0; i < 300; ++i) y = y * x;
    Tensor g = autograd::grad(y, x, {}, std::nullopt, /*create_graph=*/true)[0];
    g.backward();
    EXPECT_EQ(x.grad().item<float>(), 301.f * 300.f);
    return nullptr;
  });
}

TEST(HugeResults, AreRefusedBeforeAnythingIsComputed) {
  // 2^53 bytes, of which lists as long as one dim would take a part that can be had.
  const Tensor x = ones({1}).expand({1, 1 << 20, 4}), image = x.unsqueeze(-1);
  EXPECT_THROW(upsample_nearest1d(x, INT32_MAX), OutOfMemoryError);
  EXPECT_THROW(upsample_bicubic2d(image, {INT32_MAX, 1}, false), OutOfMemoryError);
  EXPECT_THROW(adaptive_avg_pool2d(image, {INT32_MAX, 1}), OutOfMemoryError);
  EXPECT_THROW(adaptive_max_pool2d(image, {INT32_MAX, 1}), OutOfMemoryError);
  // So many views without elements.
  const Tensor none = ones({1}).expand({0, INT64_C(1) << 40});
  EXPECT_THROW(none.unbind(1), Error);
  EXPECT_THROW(none.split(1, 1), Error);
  EXPECT_THROW(none.chunk(INT64_MAX, 1), Error);
}

}  // namespace
}  // namespace gradus
