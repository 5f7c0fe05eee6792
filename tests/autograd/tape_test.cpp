#include <memory>
#include <thread>
#include <vector>

#include <gradus/gradus.h>
#include <gtest/gtest.h>
#include <pthread.h>

namespace gradus {
namespace {

float first(const Tensor& x) {
  return x.contiguous().data_ptr<float>()[0];
}

TEST(Backward, AddsToTheGradientsOfLeaves) {
  Tensor x = full({3}, 2.0).requires_grad_();
  (x * x).sum().backward();
  EXPECT_EQ(first(x.grad()), 4);  // 2 x
  (x * x).sum().backward();
  EXPECT_EQ(first(x.grad()), 8);  // added up
}

TEST(Backward, NeedsAGradientForMoreThanOneElement) {
  Tensor x = ones({3}).requires_grad_();
  EXPECT_THROW((x * 2).backward(), Error);
  EXPECT_THROW(ones({1}).backward(), Error);
  EXPECT_THROW((x * 2).backward(ones({2})), Error);
}

TEST(Backward, BringsGradientsOfRootsToTheirShapeAndDtype) {
  Tensor x = ones({3}).requires_grad_();
  (x * 2).sum().backward(ones({1}));
  EXPECT_TRUE(x.grad().equal(full({3}, 2.f)));
  (x * 2).backward(ones({2, 3}, kLong));
  EXPECT_TRUE(x.grad().equal(full({3}, 6.f)));  // 2 + 2 rows of 2
  EXPECT_THROW((x * 2).backward(ones({3, 1})), Error);
}

TEST(Backward, InputsMayStandTwiceButNotBeNone) {
  Tensor x = ones({3}).requires_grad_();
  const Tensor y = (x * 2).sum();
  EXPECT_THROW(y.backward({}, std::nullopt, false, TensorList()), Error);
  EXPECT_FALSE(x.grad().defined());
  const std::vector<Tensor> inputs{x, x};
  y.backward({}, std::nullopt, false, TensorList(inputs));
  EXPECT_TRUE(x.grad().equal(full({3}, 2.f)));
}

TEST(Backward, GradientsLieInMemoryAsTheirLeaves) {
  Tensor x = zeros({3, 2}).t().requires_grad_(), image = rand({2, 3, 4, 4});
  image = image.to(MemoryFormat::ChannelsLast).requires_grad_();
  Tensor gaps = zeros({4, 4}).slice(1, 0, 4, 2).requires_grad_();
  (x * ones({2, 3})).sum().backward();
  image.sum().backward();
  gaps.backward(ones({2, 4}).t());
  EXPECT_EQ(x.grad().strides(), x.strides());
  EXPECT_EQ(image.grad().strides(), image.strides());
  EXPECT_EQ(gaps.grad().strides(), IntArrayRef({2, 1}));
}

TEST(Backward, EachLeafOwnsItsGradientAlsoWhereItIsRecorded) {
  for (const bool create_graph : {false, true}) {
    Tensor x = ones({2}).requires_grad_(), w = ones({2}).requires_grad_();
    const Tensor dy = ones({2});
    (x + w).backward(dy, true, create_graph);
    Tensor z = ones({2}).requires_grad_();
    z.sum().backward({}, true, create_graph);
    NoGradGuard guard;
    Tensor dx = x.grad(), dz = z.grad();
    dx.mul_(3);
    EXPECT_TRUE(w.grad().equal(ones({2})) && dy.equal(ones({2})));
    dz[0].fill_(5);
    EXPECT_EQ(dz[1].item<float>(), 1);  // not one element for all
  }
}

TEST(Backward, ASecondOneNeedsTheGraphKept) {
  Tensor x = ones({2}).requires_grad_();
  Tensor y = (x * x).sum();
  y.backward({}, /*retain_graph=*/true);
  y.backward();
  EXPECT_EQ(first(x.grad()), 4);
  try {
    y.backward();
    FAIL() << "expected an error";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("mul"), std::string::npos) << error.what();
  }
}

TEST(Backward, AGraphThatSavedNothingMayRunAgain) {
  Tensor x = ones({2}).requires_grad_();
  Tensor y = (x + 1).sum();
  y.backward();
  y.backward();
  EXPECT_EQ(first(x.grad()), 2);
}

TEST(Backward, OnlyIntoTheInputsAskedFor) {
  Tensor a = ones({2}).requires_grad_(), b = ones({2}).requires_grad_();
  Tensor y = (a * b).sum();
  y.backward({}, /*retain_graph=*/true, /*create_graph=*/false, TensorList(a));
  EXPECT_TRUE(a.grad().defined());
  EXPECT_FALSE(b.grad().defined());
}

TEST(Grad, OfLeavesAndOfOthers) {
  Tensor x = full({2}, 3.0).requires_grad_();
  Tensor y = x * x;
  Tensor z = (y * 5).sum();
  const std::vector<Tensor> grads = autograd::grad(z, {x, y});
  EXPECT_EQ(first(grads[0]), 30);  // 5 * 2 x
  EXPECT_EQ(first(grads[1]), 5);
  EXPECT_FALSE(x.grad().defined());
}

TEST(Grad, UnusedInputs) {
  Tensor x = ones({2}).requires_grad_(), unused = ones({2}).requires_grad_();
  Tensor z = x.sum();
  EXPECT_THROW(autograd::grad(z, unused, {}, true), Error);
  EXPECT_FALSE(autograd::grad(z, unused, {}, true, false, /*allow_unused=*/true)[0].defined());
}

TEST(Grad, OfAGradient) {
  Tensor x = full({1}, 2.0).requires_grad_();
  Tensor y = x * x * x;
  Tensor dy = autograd::grad(y, x, {}, std::nullopt, /*create_graph=*/true)[0];
  EXPECT_EQ(first(dy), 12);  // 3 x^2
  Tensor ddy = autograd::grad(dy, x, {}, std::nullopt, /*create_graph=*/true)[0];
  EXPECT_EQ(first(ddy), 12);  // 6 x
  EXPECT_EQ(first(autograd::grad(ddy, x)[0]), 6);
}

TEST(Hooks, OfALeafSeeTheSumOnce) {
  Tensor x = ones({2}).requires_grad_();
  int calls = 0;
  const unsigned handle = x.register_hook([&](const Tensor& grad) {
    ++calls;
    return grad * 10;
  });
  (x * 2 + x * 3).sum().backward();
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(first(x.grad()), 50);  // (2 + 3) * 10
  x.remove_hook(handle);
  (x * 2).sum().backward();
  EXPECT_EQ(calls, 1);
  EXPECT_THROW(x.remove_hook(handle), IndexError);
}

TEST(Hooks, OfATensorWithHistoryAndRetainGrad) {
  Tensor x = ones({2}).requires_grad_();
  Tensor y = x * 2;
  y.retain_grad();
  float seen = 0;
  y.register_hook([&](const Tensor& grad) { seen = first(grad); });
  (y * 3).sum().backward();
  EXPECT_EQ(seen, 3);
  EXPECT_EQ(first(y.grad()), 3);
  EXPECT_EQ(first(x.grad()), 6);
}

TEST(Hooks, AfterAccumulation) {
  Tensor x = ones({2}).requires_grad_();
  float seen = 0;
  x.register_post_accumulate_grad_hook([&](const Tensor& leaf) { seen = first(leaf.grad()); });
  (x * 2 + x).sum().backward();
  EXPECT_EQ(seen, 3);
}

TEST(Hooks, OfANode) {
  Tensor x = ones({2}).requires_grad_();
  Tensor y = x * 2;
  y.grad_fn()->add_pre_hook(
      [](const std::vector<Tensor>& dys) { return std::vector<Tensor>{dys[0] * 5}; });
  y.grad_fn()->add_post_hook([](const std::vector<Tensor>& dxs, const std::vector<Tensor>& dys) {
    return std::vector<Tensor>{dxs[0] + dys[0]};
  });
  y.sum().backward();
  EXPECT_EQ(first(x.grad()), 15);  // 5 * 2 + the 5 that came in
}

TEST(Hooks, AnExceptionLeavesTheEngineUsable) {
  Tensor x = ones({2}).requires_grad_();
  const unsigned handle = x.register_hook([](const Tensor&) { throw ValueError("no"); });
  EXPECT_THROW((x * 2).sum().backward(), ValueError);
  x.remove_hook(handle);
  (x * 2).sum().backward();
  EXPECT_EQ(first(x.grad()), 2);
}

TEST(InPlace, OnALeafIsAnError) {
  Tensor x = ones({2}).requires_grad_();
  EXPECT_THROW(x.add_(1), Error);
  EXPECT_THROW(x.select(0, 0).add_(1), Error);
  EXPECT_EQ(x._version(), 0u);
  NoGradGuard no_grad;
  x.add_(1);
  EXPECT_EQ(first(x), 2);
  EXPECT_EQ(x._version(), 1u);
}

TEST(InPlace, OfConstHandles) {
  const Tensor x = full({2}, 3.0).requires_grad_();
  const std::vector<Tensor> parameters = {x};
  (x * x).sum().backward();
  {
    NoGradGuard no_grad;
    for (const auto& p : parameters) p.sub_(p.grad());
  }
  EXPECT_EQ(first(x), -3);
  x.grad().zero_();
  EXPECT_EQ(first(x.grad()), 0);
  const Tensor y = x * 1;
  EXPECT_EQ(&y.mul_(2).add_(1), &y);
  EXPECT_EQ(y.t_().sizes(), x.sizes());
}

TEST(InPlace, ReachesTheHistory) {
  Tensor x = full({2}, 3.0).requires_grad_();
  Tensor y = x * 2;
  y.mul_(y);  // 4 x^2
  y.add_(x);
  y.sum().backward();
  EXPECT_EQ(first(x.grad()), 25);  // 8 x + 1
}

TEST(InPlace, ThroughAViewReachesTheBase) {
  Tensor x = full({2}, 3.0).requires_grad_();
  Tensor base = zeros({2, 2});
  base[0].add_(x);
  EXPECT_TRUE(base.requires_grad());
  (base * base).sum().backward();
  EXPECT_EQ(first(x.grad()), 6);  // 2 x
}

TEST(InPlace, OnTheBaseReachesTheView) {
  Tensor x = full({2, 2}, 3.0).requires_grad_();
  Tensor base = zeros({2, 2});
  Tensor view = base[1];
  base.add_(x);
  EXPECT_TRUE(view.requires_grad());
  (view * 4).sum().backward();
  EXPECT_EQ(x.grad()[0][0].item<float>(), 0);
  EXPECT_EQ(x.grad()[1][0].item<float>(), 4);
}

TEST(InPlace, AssignmentThroughAView) {
  Tensor x = full({2}, 3.0).requires_grad_();
  Tensor base = ones({2, 2}).requires_grad_() * 1;
  base[0] = x * 2;
  base.sum().backward();
  EXPECT_EQ(first(x.grad()), 2);
}

TEST(InPlace, AStaleSavedTensorIsAnErrorThatNamesTheOp) {
  Tensor x = full({2}, 3.0).requires_grad_();
  Tensor y = x * 2;
  Tensor z = (y * y).sum();
  y.add_(1);
  try {
    z.backward();
    FAIL() << "expected an error";
  } catch (const Error& error) {
    const std::string what = error.what();
    EXPECT_NE(what.find("mul"), std::string::npos) << what;
    EXPECT_NE(what.find("modified by an inplace operation"), std::string::npos) << what;
  }
}

TEST(InPlace, ExpandedTensorsCannotBeWritten) {
  Tensor x = zeros({1, 2}).expand({3, 2});
  EXPECT_THROW(x.add_(1), Error);
}

TEST(InPlace, LeavesNoCycleBehind) {
  std::weak_ptr<int> witness;
  {
    auto token = std::make_shared<int>(1);
    witness = token;
    std::vector<float> memory(2, 1.0f);
    Tensor x = from_blob(memory.data(), {2}, [token](void*) {});
    token.reset();
    Tensor w = ones({2}).requires_grad_();
    Tensor y = w * x;  // saves x
    x.add_(y);         // x now depends on y
    EXPECT_TRUE(x.requires_grad());
  }
  EXPECT_TRUE(witness.expired());
}

TEST(Detach, SharesElementsAndVersion) {
  Tensor x = ones({2}).requires_grad_();
  Tensor y = (x * 2).detach();
  EXPECT_FALSE(y.requires_grad());
  Tensor z = x * 1;
  z.detach().add_(1);
  EXPECT_EQ(first(z), 2);
  EXPECT_EQ(z._version(), 1u);
  z.data().add_(1);
  EXPECT_EQ(first(z), 3);
  EXPECT_EQ(z._version(), 1u);
}

struct Scale : autograd::Function<Scale> {
  static Tensor forward(autograd::AutogradContext* ctx, const Tensor& x, double factor) {
    ctx->save_for_backward({x});
    ctx->saved_data["factor"] = factor;
    return x * factor;
  }
  static autograd::tensor_list backward(autograd::AutogradContext* ctx,
                                        autograd::tensor_list grads) {
    EXPECT_TRUE(ctx->needs_input_grad(0));
    EXPECT_THROW(ctx->needs_input_grad(1), IndexError);  // there is one tensor
    EXPECT_EQ(first(ctx->get_saved_variables()[0]), 2);
    return {grads[0] * ctx->saved_data["factor"].toDouble(), Tensor()};
  }
};

TEST(Function, SavesAndScales) {
  Tensor x = full({2}, 2.0).requires_grad_();
  Scale::apply(x, 7.0).sum().backward();
  EXPECT_EQ(first(x.grad()), 7);
}

struct TwoOutputs : autograd::Function<TwoOutputs> {
  static autograd::tensor_list forward(autograd::AutogradContext* ctx, const Tensor& x) {
    Tensor position = x.argmax();
    ctx->mark_non_differentiable({position});
    return {x * 3, position, x * 5};
  }
  static autograd::tensor_list backward(autograd::AutogradContext*, autograd::tensor_list grads) {
    // The third output is not used: its gradient arrives as zeros.
    EXPECT_TRUE(grads[2].defined());
    return {grads[0] * 3 + grads[2] * 5};
  }
};

TEST(Function, SeveralOutputs) {
  Tensor x = full({2}, 2.0).requires_grad_();
  const autograd::tensor_list outputs = TwoOutputs::apply(x);
  EXPECT_FALSE(outputs[1].requires_grad());
  outputs[0].sum().backward();
  EXPECT_EQ(first(x.grad()), 3);
}

TEST(Graph, AMillionOpsRunAndGoOnASmallStack) {
  const auto body = [](void*) -> void* {
    Tensor x = ones({1}).requires_grad_();
    Tensor y = x;
    for (int i = 0; i < 1'000'000; ++i) y = y + 1;
    y.backward();
    EXPECT_EQ(first(x.grad()), 1);
    y = Tensor();
    // A chain that saves tensors, freed without a backward.
    y = x;
    for (int i = 0; i < 100'000; ++i) y = y * x;
    return nullptr;
  };
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  ASSERT_EQ(pthread_attr_setstacksize(&attributes, 256 * 1024), 0);
  pthread_t thread;
  ASSERT_EQ(pthread_create(&thread, &attributes, body, nullptr), 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
}

TEST(Graph, ThreadsShareLeaves) {
  Tensor w = ones({64}).requires_grad_();
  constexpr int kThreads = 4, kSteps = 200;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kSteps; ++i) (w * 2).sum().backward();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(first(w.grad()), 2 * kThreads * kSteps);
}

TEST(Graph, GraphsOfSeveralThreadsJoin) {
  Tensor w = ones({4}).requires_grad_();
  std::vector<Tensor> parts(4);
  std::vector<std::thread> threads;
  for (size_t t = 0; t < parts.size(); ++t) {
    threads.emplace_back([&, t] {
      Tensor y = w;
      for (size_t i = 0; i <= t * 10; ++i) y = y * 1;
      parts[t] = y;
    });
  }
  for (std::thread& thread : threads) thread.join();
  (parts[0] + parts[1] * parts[2] + parts[3]).sum().backward();
  EXPECT_EQ(first(w.grad()), 4);  // 1 + 2 w + 1
}

}  // namespace
}  // namespace gradus
