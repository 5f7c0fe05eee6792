// Hooks of all kinds and the order in which they run, which is PyTorch's.

#include <cmath>
#include <string>
#include <thread>
#include <vector>

#include <gradus/gradus.h>
#include <gtest/gtest.h>

namespace gradus {
namespace {

using autograd::register_multi_grad_hook;
using autograd::SavedTensorsHooks;
using List = std::vector<Tensor>;

float first(const Tensor& x) {
  return x.contiguous().data_ptr<float>()[0];
}

TEST(HookOrder, IsThatOfPyTorch) {
  const Tensor x = ones({2}).requires_grad_();
  Tensor y = x * 2;
  std::string order;
  y.retain_grad();
  y.grad_fn()->add_post_hook([&](const List& dxs, const List&) {
    order += "post ";
    return dxs;
  });
  y.grad_fn()->add_pre_hook([&](const List& dys) {
    order += y.grad().defined() ? "retained pre " : "pre ";
    return dys;
  });
  y.register_hook([&](const Tensor&) { order += "tensor1 "; });
  y.register_hook([&](const Tensor&) { order += "tensor2 "; });
  x.register_post_accumulate_grad_hook([&](const Tensor&) { order += "accumulated "; });
  x.register_hook([&](const Tensor&) { order += x.grad().defined() ? "late " : "leaf "; });
  y.sum().backward();
  EXPECT_EQ(order, "tensor1 tensor2 retained pre post leaf accumulated ");
}

TEST(HookOrder, GradSeesWhatHooksMade) {
  const Tensor x = ones({2}).requires_grad_();
  Tensor y = x * 2;
  y.register_hook([](const Tensor& dy) { return dy * 10; });
  y.grad_fn()->add_pre_hook([](const List& dys) { return List{dys[0] * 100}; });
  // Tensor hooks run before a gradient is captured, node hooks belong to running the node.
  EXPECT_EQ(first(autograd::grad(y.sum(), y, {}, true)[0]), 10);
  EXPECT_EQ(first(autograd::grad(y.sum(), x, {}, true)[0]), 2000);
}

TEST(NodeHooks, CanBeTakenOut) {
  const Tensor x = ones({2}).requires_grad_();
  const Tensor y = x * 2;
  const auto node = y.grad_fn();
  int calls = 0;
  const auto pre = node->add_pre_hook([&](const List& dys) {
    ++calls;
    return dys;
  });
  const auto post = node->add_post_hook([&](const List& dxs, const List&) {
    ++calls;
    return dxs;
  });
  y.sum().backward({}, true);
  EXPECT_EQ(calls, 2);
  EXPECT_TRUE(node->del_pre_hook(pre));
  EXPECT_TRUE(node->del_post_hook(post));
  EXPECT_FALSE(node->del_pre_hook(pre));
  y.sum().backward({}, true);
  EXPECT_EQ(calls, 2);
}

TEST(NodeHooks, ThatReturnTooMuchAreErrors) {
  const Tensor x = ones({2}).requires_grad_();
  const Tensor y = x * 2;
  const auto key = y.grad_fn()->add_pre_hook([](const List&) { return List{}; });
  EXPECT_THROW(y.sum().backward({}, true), Error);
  y.grad_fn()->del_pre_hook(key);
  y.grad_fn()->add_post_hook([](const List& dxs, const List&) {
    return List{dxs[0], dxs[0], dxs[0], dxs[0]};
  });
  EXPECT_THROW(y.sum().backward({}, true), Error);
}

TEST(TensorHooks, OfWrongShapeAreErrors) {
  const Tensor x = ones({2}).requires_grad_();
  x.register_hook([](const Tensor&) { return ones({3}); });
  EXPECT_THROW((x * 2).sum().backward(), Error);
  EXPECT_FALSE(x.grad().defined());
  const Tensor w = ones({2}).requires_grad_();
  const Tensor y = w * 2;
  y.register_hook([](const Tensor&) { return ones({3}); });
  EXPECT_THROW(y.sum().backward(), Error);
  const Tensor v = w * 2;
  v.register_hook([](const Tensor& dv) { return dv.to(kDouble); });
  EXPECT_THROW(v.sum().backward(), TypeError);
}

TEST(RetainGrad, OfATensorThatIsGone) {
  const Tensor x = ones({2}).requires_grad_();
  Tensor y = x * 2;
  y.retain_grad();
  const Tensor z = y * 3;
  y = Tensor();
  z.sum().backward();
  EXPECT_EQ(first(x.grad()), 6);
}

TEST(RetainGrad, IsOfTheLatestValue) {
  const Tensor x = ones({2}).requires_grad_();
  Tensor y = x * 2;
  y.retain_grad();
  y.mul_(5);
  EXPECT_TRUE(y.retains_grad());
  (y * 3).sum().backward();
  EXPECT_EQ(first(y.grad()), 3);
  EXPECT_EQ(first(x.grad()), 30);
}

TEST(TensorHooks, BeforeAnInPlaceOpSeeTheFormerValue) {
  const Tensor x = ones({2}).requires_grad_();
  Tensor y = x * 2;
  float before = 0, after = 0;
  y.register_hook([&](const Tensor& dy) { before = first(dy); });
  y.mul_(5);
  y.register_hook([&](const Tensor& dy) { after = first(dy); });
  (y * 3).sum().backward();
  EXPECT_EQ(after, 3);
  EXPECT_EQ(before, 15);
}

TEST(TensorHooks, MayRunABackwardOfTheirOwn) {
  const Tensor x = ones({2}).requires_grad_(), w = ones({2}).requires_grad_();
  const Tensor y = x * 2;
  y.register_hook([&](const Tensor& dy) {
    AutoGradMode recording(true);
    (w * dy).sum().backward();
  });
  y.sum().backward();
  EXPECT_EQ(first(w.grad()), 1);
  EXPECT_EQ(first(x.grad()), 2);
}

TEST(TensorHooks, OfAnUndefinedTensorIsAnError) {
  EXPECT_THROW(Tensor().register_hook([](const Tensor&) {}), Error);
  EXPECT_THROW(ones({2}).register_hook([](const Tensor&) {}), Error);
}

// --- saved tensors

TEST(SavedTensorsHooks, PackAndUnpack) {
  const Tensor x = full({2}, 3.0).requires_grad_();
  int packed = 0, unpacked = 0;
  Tensor y;
  {
    SavedTensorsHooks guard(
        [&](const Tensor& saved) {
          ++packed;
          EXPECT_FALSE(saved.requires_grad());
          EXPECT_FALSE(GradMode::is_enabled());
          return std::make_pair(saved.clone(), std::string("anything"));
        },
        [&](const std::pair<Tensor, std::string>& kept) {
          ++unpacked;
          return kept.first;
        });
    y = (exp(x) * x).sum();
  }
  EXPECT_GE(packed, 3);  // the result of exp, and both factors
  EXPECT_EQ(unpacked, 0);
  y.backward();
  EXPECT_EQ(unpacked, packed);
  EXPECT_FLOAT_EQ(first(x.grad()), std::exp(3.f) * 4);  // e^x (1 + x)
  EXPECT_THROW(y.backward(), Error);
}

TEST(SavedTensorsHooks, WhatUnpackGivesIsUsed) {
  const Tensor x = full({2}, 3.0).requires_grad_(), w = full({2}, 5.0).requires_grad_();
  Tensor y;
  {
    SavedTensorsHooks guard([](const Tensor& saved) { return saved * 2; },
                            [](const Tensor& kept) { return kept; });
    y = (x * w).sum();
  }
  y.backward();
  EXPECT_EQ(first(x.grad()), 10);
  EXPECT_EQ(first(w.grad()), 6);
}

TEST(SavedTensorsHooks, HigherDerivatives) {
  const Tensor x = full({2}, 2.0).requires_grad_();
  const auto through = [](const Tensor& kept) { return kept; };
  SavedTensorsHooks guard([](const Tensor& saved) { return saved.to(kDouble); },
                          [](const Tensor& kept) { return kept.to(kFloat); });
  static_cast<void>(through);
  const Tensor y = (x * x * exp(x)).sum();
  const Tensor dx = autograd::grad(y, x, {}, std::nullopt, /*create_graph=*/true)[0];
  EXPECT_NEAR(first(dx), std::exp(2.f) * 8, 1e-4);  // e^x (x^2 + 2 x)
  const Tensor ddx = autograd::grad(dx.sum(), x, {}, std::nullopt, /*create_graph=*/true)[0];
  EXPECT_NEAR(first(ddx), std::exp(2.f) * 14, 1e-4);  // e^x (x^2 + 4 x + 2)
  ddx.sum().backward();
  EXPECT_NEAR(first(x.grad()), std::exp(2.f) * 22, 1e-3);  // e^x (x^2 + 6 x + 6)
}

TEST(SavedTensorsHooks, TheInnermostActs) {
  const Tensor x = ones({2}).requires_grad_();
  int outer = 0, inner = 0;
  const auto same = [](const Tensor& kept) { return kept; };
  SavedTensorsHooks outer_guard(
      [&](const Tensor& saved) {
        ++outer;
        return saved;
      },
      same);
  {
    SavedTensorsHooks inner_guard(
        [&](const Tensor& saved) {
          ++inner;
          return saved;
        },
        same);
    exp(x);
  }
  EXPECT_EQ(inner, 1);
  EXPECT_EQ(outer, 0);
  exp(x);
  EXPECT_EQ(outer, 1);
}

TEST(SavedTensorsHooks, InPlaceOpsKeepWhatTheyOverwrite) {
  const Tensor x = full({2}, 3.0).requires_grad_();
  Tensor y = x * 1, z = x * 1;
  {
    SavedTensorsHooks guard([](const Tensor& saved) { return saved; },
                            [](const Tensor& kept) { return kept; });
    y.mul_(y);
    z.exp_();
  }
  (y + z).sum().backward();
  EXPECT_FLOAT_EQ(first(x.grad()), 6 + std::exp(3.f));
}

TEST(SavedTensorsHooks, Errors) {
  const Tensor x = ones({2}).requires_grad_();
  const auto same = [](const Tensor& kept) { return kept; };
  const auto backward_with = [&](auto pack, auto unpack) {
    Tensor y;
    {
      SavedTensorsHooks guard(pack, unpack);
      y = exp(x).sum();
    }
    y.backward();
  };
  EXPECT_THROW(backward_with(same, [](const Tensor&) { return Tensor(); }), Error);
  EXPECT_THROW(backward_with(same, [](const Tensor&) { return ones({3}); }), Error);
  EXPECT_THROW(backward_with(same, [](const Tensor& kept) { return kept.to(kDouble); }), Error);
  EXPECT_THROW(backward_with([](Tensor saved) { return saved.add_(1); }, same), Error);
  EXPECT_THROW(backward_with([](const Tensor&) -> Tensor { throw ValueError("pack"); }, same),
               ValueError);
  EXPECT_THROW(backward_with(same, [](const Tensor&) -> Tensor { throw ValueError("unpack"); }),
               ValueError);
  backward_with(same, same);
  EXPECT_FLOAT_EQ(first(x.grad()), std::exp(1.f));
}

TEST(SavedTensorsHooks, AreOfTheirThread) {
  int packed = 0;
  SavedTensorsHooks guard(
      [&](const Tensor& saved) {
        ++packed;
        return saved;
      },
      [](const Tensor& kept) { return kept; });
  std::thread([] { exp(ones({2}).requires_grad_()).sum().backward(); }).join();
  EXPECT_EQ(packed, 0);
}

TEST(SavedTensorsHooks, SaveOnCpuDoesNothing) {
  autograd::SaveOnCpu guard(/*pin_memory=*/true);
  const Tensor x = ones({2}).requires_grad_();
  exp(x).sum().backward();
  EXPECT_TRUE(x.grad().defined());
}

// --- several tensors

TEST(MultiGradHook, AllComeTogether) {
  const Tensor a = ones({2}).requires_grad_(), b = ones({2}).requires_grad_();
  const Tensor c = a * 2, unused = ones({2}).requires_grad_();
  int calls = 0;
  std::vector<Tensor> seen;
  autograd::HookHandle handle =
      register_multi_grad_hook(std::vector<Tensor>{a, b, c, unused}, [&](const List& grads) {
        ++calls;
        seen = grads;
      });
  const Tensor y = (c * b * 3).sum();
  y.backward({}, true);
  EXPECT_EQ(calls, 1);
  ASSERT_EQ(seen.size(), 4u);
  EXPECT_EQ(first(seen[0]), 6);
  EXPECT_EQ(first(seen[1]), 6);
  EXPECT_EQ(first(seen[2]), 3);
  EXPECT_FALSE(seen[3].defined());
  y.backward({}, true);
  EXPECT_EQ(calls, 2);
  // Only what is asked for is reached.
  autograd::grad(y, b, {}, true);
  EXPECT_EQ(calls, 3);
  EXPECT_FALSE(seen[0].defined());
  EXPECT_TRUE(seen[1].defined());
  autograd::grad(y, c, {}, true);
  EXPECT_EQ(calls, 4);
  EXPECT_TRUE(seen[2].defined());
  handle.remove();
  y.backward();
  EXPECT_EQ(calls, 4);
}

TEST(MultiGradHook, AnyIsTheFirst) {
  const Tensor a = ones({2}).requires_grad_(), b = ones({2}).requires_grad_();
  const Tensor c = a * 2;
  int calls = 0;
  float seen = 0;
  register_multi_grad_hook(
      std::vector<Tensor>{a, b, c},
      [&](const Tensor& grad) {
        ++calls;
        seen = first(grad);
      },
      "any");
  (c * b * 3).sum().backward();
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(seen, 6);  // that of the leaf b, which waits for no op
}

TEST(MultiGradHook, AGradientLeftUndefinedDoesNotHoldItUp) {
  struct OneOfTwo : autograd::Function<OneOfTwo> {
    static Tensor forward(autograd::AutogradContext*, const Tensor& x, const Tensor& y) {
      return x + y;
    }
    static autograd::tensor_list backward(autograd::AutogradContext*, autograd::tensor_list dys) {
      return {dys[0], Tensor()};
    }
  };
  const Tensor a = ones({2}).requires_grad_(), b = ones({2}).requires_grad_();
  int calls = 0;
  register_multi_grad_hook(std::vector<Tensor>{a, b}, [&](const List& grads) {
    ++calls;
    EXPECT_TRUE(grads[0].defined());
    EXPECT_FALSE(grads[1].defined());
  });
  OneOfTwo::apply(a, b).sum().backward();
  EXPECT_EQ(calls, 1);
}

TEST(MultiGradHook, ExceptionsLeaveNothingBehind) {
  const Tensor a = ones({2}).requires_grad_();
  int calls = 0;
  register_multi_grad_hook(std::vector<Tensor>{a}, [&](const List&) {
    if (++calls == 1) throw ValueError("no");
  });
  EXPECT_THROW((a * 2).sum().backward(), ValueError);
  (a * 2).sum().backward();
  EXPECT_EQ(calls, 2);
}

TEST(MultiGradHook, Errors) {
  const Tensor a = ones({2}).requires_grad_();
  const auto of_all = [](const List&) {};
  const auto of_one = [](const Tensor&) {};
  EXPECT_THROW(register_multi_grad_hook(a, of_all, "some"), ValueError);
  EXPECT_THROW(register_multi_grad_hook(a, of_one), TypeError);
  EXPECT_THROW(register_multi_grad_hook(ones({2}), of_all), Error);
  EXPECT_THROW(register_multi_grad_hook(Tensor(), of_all), Error);
}

}  // namespace
}  // namespace gradus
