#include <string>
#include <vector>

#include <gradus/gradus.h>
#include <gtest/gtest.h>

#include "tests/allocation_peak.h"

namespace gradus {
namespace {

using autograd::checkpoint;

bool same_bits(const Tensor& a, const Tensor& b) {
  return a.defined() && b.defined() && a.equal(b);
}

// The gradients of x and of what `f` captures, with and without checkpoint().
struct Results {
  Tensor y;
  std::vector<Tensor> gradients;
};

template <class Run>
Results run(uint64_t seed, const std::vector<Tensor>& leaves, Run forward) {
  manual_seed(seed);
  Results results;
  results.y = forward();
  for (const Tensor& leaf : leaves) leaf.mutable_grad() = Tensor();
  results.y.sum().backward();
  for (const Tensor& leaf : leaves) results.gradients.push_back(leaf.grad());
  return results;
}

void expect_same(const Results& a, const Results& b) {
  EXPECT_TRUE(same_bits(a.y, b.y));
  for (size_t i = 0; i < a.gradients.size(); ++i) {
    EXPECT_TRUE(same_bits(a.gradients[i], b.gradients[i])) << i;
  }
}

TEST(Checkpoint, GivesTheSameBits) {
  const Tensor x = rand({4, 8}).requires_grad_(), w = rand({8, 8}).requires_grad_();
  const auto f = [w](const Tensor& x) { return gelu(x.matmul(w)).softmax(-1) * x; };
  expect_same(run(1, {x, w}, [&] { return f(x * 2); }),
              run(1, {x, w}, [&] { return checkpoint(f, x * 2); }));
}

TEST(Checkpoint, ReplaysRandomNumbers) {
  const Tensor x = rand({64, 64}).requires_grad_();
  const auto f = [](const Tensor& x) { return dropout(exp(x), 0.5, true) * rand({64, 64}); };
  const auto plain = [&] { return f(x) + dropout(x, 0.3, true); };
  const auto checkpointed = [&] { return checkpoint(f, x) + dropout(x, 0.3, true); };
  expect_same(run(7, {x}, plain), run(7, {x}, checkpointed));
  // Backward leaves the generator alone.
  manual_seed(3);
  const Tensor y = checkpoint(f, x);
  const Tensor next = rand({4});
  manual_seed(3);
  f(x);
  const GeneratorState before = default_generator().get_state();
  y.sum().backward();
  EXPECT_EQ(default_generator().get_state(), before);
  EXPECT_TRUE(same_bits(rand({4}), next));
}

TEST(Checkpoint, WithoutThemItDrawsNewOnes) {
  const Tensor x = full({1000}, 1.0).requires_grad_();
  const auto f = [](const Tensor& x) { return dropout(x * x, 0.5, true); };
  manual_seed(1);
  const Tensor y = checkpoint({.preserve_rng_state = false}, f, x);
  const GeneratorState before = default_generator().get_state();
  y.sum().backward();
  EXPECT_NE(default_generator().get_state(), before);
}

TEST(Checkpoint, IsCalledTwice) {
  const Tensor x = rand({4}).requires_grad_();
  int calls = 0;
  const auto f = [&calls](const Tensor& x) {
    ++calls;
    return exp(sin(x));
  };
  const Tensor y = checkpoint(f, x).sum();
  EXPECT_EQ(calls, 1);
  y.backward({}, /*retain_graph=*/true);
  EXPECT_EQ(calls, 2);
  y.backward();
  EXPECT_EQ(calls, 3);
  EXPECT_THROW(y.backward(), Error);
  calls = 0;
  {
    NoGradGuard no_grad;
    EXPECT_FALSE(checkpoint(f, x).requires_grad());
  }
  {
    InferenceMode guard;
    checkpoint(f, x);
  }
  EXPECT_EQ(calls, 2);
}

TEST(Checkpoint, GradOfInputsAndParameters) {
  const Tensor x = rand({4}).requires_grad_(), w = rand({4}).requires_grad_();
  const auto f = [w](const Tensor& x) { return exp(x * w); };
  const std::vector<Tensor> expected = autograd::grad(f(x).sum(), {x, w}),
                            results = autograd::grad(checkpoint(f, x).sum(), {x, w});
  EXPECT_TRUE(same_bits(results[0], expected[0]));
  EXPECT_TRUE(same_bits(results[1], expected[1]));
}

TEST(Checkpoint, HigherDerivatives) {
  const auto f = [](const std::vector<Tensor>& in) {
    return checkpoint([](const Tensor& x, const Tensor& w) { return exp(x * w).sin() * x; }, in[0],
                      in[1]);
  };
  const Tensor x = rand({3}, kDouble).requires_grad_(), w = rand({3}, kDouble).requires_grad_();
  EXPECT_TRUE(autograd::gradcheck(f, {x, w}));
  EXPECT_TRUE(autograd::gradgradcheck(f, {x, w}));
}

TEST(Checkpoint, Nested) {
  const Tensor x = rand({16, 16}).requires_grad_(), w = rand({16, 16}).requires_grad_();
  int calls = 0;
  const auto inner = [w, &calls](const Tensor& x) {
    ++calls;
    return dropout(tanh(x.matmul(w)), 0.2, true);
  };
  const auto two = [inner](const Tensor& x) { return inner(exp(inner(x))); };
  const auto two_checkpointed = [inner](const Tensor& x) {
    return checkpoint(inner, exp(checkpoint(inner, x)));
  };
  const auto plain = run(5, {x, w}, [&] { return two(two(x)); });
  calls = 0;
  const auto nested =
      run(5, {x, w}, [&] { return checkpoint(two_checkpointed, checkpoint(two_checkpointed, x)); });
  expect_same(plain, nested);
  EXPECT_EQ(calls, 12);  // forward, for the outer ones, for the inner ones
}

TEST(Checkpoint, ArgumentsAndResultsOfOtherKinds) {
  const Tensor a = rand({3}).requires_grad_(), b = rand({3}).requires_grad_();
  const auto f = [](const std::vector<Tensor>& list, double scale, const Tensor& nothing,
                    const std::string& name) {
    EXPECT_FALSE(nothing.defined());
    EXPECT_EQ(name, "name");
    return std::make_tuple(exp(list[0]) * scale, list[0] * list[1]);
  };
  const std::vector<Tensor> list = {a, b};
  auto [y, z] = checkpoint(f, list, 2.0, Tensor(), std::string("name"));
  (y + z).sum().backward();
  EXPECT_TRUE(a.grad().allclose(exp(a) * 2 + b));
  EXPECT_TRUE(same_bits(b.grad(), a.detach()));
}

TEST(Checkpoint, AnInputWrittenSinceIsAnError) {
  const Tensor w = rand({3}).requires_grad_();
  Tensor x = rand({3});
  const Tensor y = checkpoint([w](const Tensor& x) { return exp(x * w); }, x).sum();
  x.add_(1);
  try {
    y.backward();
    FAIL() << "expected an error";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("checkpoint: input 0"), std::string::npos)
        << error.what();
  }
}

TEST(Checkpoint, AFunctionThatChangesIsAnError) {
  const Tensor x = rand({3}).requires_grad_();
  for (const int kind : {0, 1, 2}) {
    int calls = 0;
    const auto f = [&calls, kind](const Tensor& x) {
      const bool first = ++calls == 1;
      if (kind == 0) return first ? exp(x) : exp(exp(x));
      if (kind == 1) return first ? exp(exp(x)) : exp(x);
      return first ? exp(x) : exp(x.repeat({2})).slice(0, 0, 3);
    };
    const Tensor y = checkpoint(f, x).sum();
    EXPECT_THROW(y.backward(), Error) << kind;
  }
}

TEST(Checkpoint, AnExceptionWhileComputingAgain) {
  const Tensor x = rand({3}).requires_grad_();
  int calls = 0;
  const auto f = [&calls](const Tensor& x) {
    if (++calls == 2) throw ValueError("again");
    return exp(sin(x));
  };
  const Tensor y = checkpoint(f, x).sum();
  EXPECT_THROW(y.backward(), ValueError);
  y.backward();
  EXPECT_TRUE(x.grad().defined());
}

TEST(Checkpoint, ABackwardInside) {
  const Tensor x = rand({3}).requires_grad_();
  const auto penalty = [](const Tensor& x) {
    const Tensor y = exp(x * x);
    return autograd::grad(y.sum(), x, {}, std::nullopt, /*create_graph=*/true)[0] * y;
  };
  const Tensor expected = autograd::grad(penalty(x).sum(), x)[0];
  EXPECT_TRUE(autograd::grad(checkpoint(penalty, x).sum(), x)[0].allclose(expected));
}

TEST(Checkpoint, MemoryStaysFlat) {
  constexpr int64_t kBytes = 64 * 1024 * 4;
  const Tensor x = rand({64 * 1024}).requires_grad_();
  const auto block = [](const Tensor& x) {
    Tensor y = x;
    for (int i = 0; i < 8; ++i) y = sin(y);
    return y;
  };
  const auto peak = [&](bool checkpoints, bool nested, int blocks) {
    Tensor y = x;
    const int64_t before = memory_stats().allocated_bytes;
    reset_peak_memory_stats();
    const auto step = [&](const Tensor& y) {
      return checkpoints ? checkpoint(block, y) : block(y);
    };
    for (int i = 0; i < blocks; ++i) {
      y = nested ? checkpoint([&](const Tensor& y) { return step(step(y)); }, y) : step(step(y));
    }
    y.sum().backward();
    x.mutable_grad() = Tensor();
    return (memory_stats().peak_allocated_bytes - before) / kBytes;
  };
  EXPECT_GE(peak(false, false, 8), 8 * 2 * 8);
  // The inputs of 16 blocks, and one block.
  EXPECT_LE(peak(true, false, 8), 16 + 8 + 8);
  // The inputs of 8 blocks of two, of the two inside, and one block.
  EXPECT_LE(peak(true, true, 8), 8 + 2 + 8 + 8);
}

TEST(Checkpoint, LeavesNothingBehind) {
  const Tensor x = rand({1024}).requires_grad_();
  const auto f = [](const Tensor& x) { return exp(sin(x)); };
  const auto step = [&] {
    const Tensor y = checkpoint(f, checkpoint(f, x * 2)).sum();
    y.backward({}, /*retain_graph=*/true);
    y.backward();
    checkpoint(f, x * 2);  // never differentiated
    x.mutable_grad() = Tensor();
  };
  step();
  const int64_t before = memory_stats().allocated_bytes;
  for (int i = 0; i < 20; ++i) step();
  EXPECT_EQ(memory_stats().allocated_bytes, before);
}

TEST(Checkpoint, Sequential) {
  const Tensor x = rand({8}).requires_grad_();
  int calls = 0;
  std::vector<Callable<Tensor(const Tensor&)>> functions;
  for (int i = 0; i < 7; ++i) {
    functions.emplace_back([&calls, i](const Tensor& x) {
      ++calls;
      return sin(x * (i + 1));
    });
  }
  Tensor expected = x;
  for (const auto& f : functions) expected = f(expected);
  const Tensor gradient = autograd::grad(expected.sum(), x)[0];
  calls = 0;
  const Tensor y = autograd::checkpoint_sequential(functions, 3, x);
  EXPECT_TRUE(same_bits(y, expected));
  EXPECT_TRUE(same_bits(autograd::grad(y.sum(), x)[0], gradient));
  EXPECT_EQ(calls, 7 + 4);  // the last three are not checkpointed
  EXPECT_THROW(autograd::checkpoint_sequential(functions, 0, x), ValueError);
  EXPECT_THROW(autograd::checkpoint_sequential(functions, 8, x), ValueError);
}

}  // namespace
}  // namespace gradus
