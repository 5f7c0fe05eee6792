// Function<T>: every feature of AutogradContext.

#include <optional>
#include <string>
#include <vector>

#include <gradus/gradus.h>
#include <gtest/gtest.h>

namespace gradus {
namespace {

using autograd::AutogradContext;
using autograd::Function;
using autograd::tensor_list;

float first(const Tensor& x) {
  return x.contiguous().data_ptr<float>()[0];
}

// x^2 * y with both saved; backward is written in ops.
struct SquareTimes : Function<SquareTimes> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x, const Tensor& y) {
    EXPECT_FALSE(GradMode::is_enabled());
    ctx->save_for_backward({x, y});
    return x * x * y;
  }
  static tensor_list backward(AutogradContext* ctx, tensor_list dz) {
    const tensor_list saved = ctx->get_saved_variables();
    const Tensor &x = saved[0], &y = saved[1];
    return {ctx->needs_input_grad(0) ? 2 * x * y * dz[0] : Tensor(),
            ctx->needs_input_grad(1) ? x * x * dz[0] : Tensor()};
  }
};

TEST(Function, HigherDerivativesThroughBackward) {
  const auto f = [](const std::vector<Tensor>& in) { return SquareTimes::apply(in[0], in[1]); };
  const Tensor x = rand({2, 3}, kDouble).requires_grad_(),
               y = rand({2, 3}, kDouble).requires_grad_();
  EXPECT_TRUE(autograd::gradcheck(f, {x, y}));
  EXPECT_TRUE(autograd::gradgradcheck(f, {x, y}));
}

TEST(Function, OfValuesWithHistory) {
  const Tensor x = full({2}, 3.0).requires_grad_();
  SquareTimes::apply(x * 2, x).sum().backward();
  EXPECT_EQ(first(x.grad()), 108);  // d(4 x^3)/dx = 12 x^2
}

TEST(Function, NothingIsRecordedWithoutNeed) {
  EXPECT_FALSE(SquareTimes::apply(ones({2}), ones({2})).requires_grad());
  NoGradGuard no_grad;
  EXPECT_FALSE(SquareTimes::apply(ones({2}).requires_grad_(), ones({2})).requires_grad());
}

TEST(Function, ErrorsNameIt) {
  const Tensor x = ones({2}).requires_grad_();
  Tensor y = x * 1;
  const Tensor z = SquareTimes::apply(y, y).sum();
  EXPECT_EQ(SquareTimes::apply(y, y).grad_fn()->name(), "SquareTimesBackward0");
  const auto error = [&] {
    try {
      z.backward({}, true);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_EQ(error(), "");
  y.add_(1);
  EXPECT_NE(error().find("SquareTimes: "), std::string::npos) << error();
  EXPECT_NE(error().find("modified by an inplace operation"), std::string::npos) << error();
  const Tensor once = SquareTimes::apply(x, x).sum();
  once.backward();
  try {
    once.backward();
    FAIL() << "expected an error";
  } catch (const Error& error) {
    const std::string what = error.what();
    EXPECT_NE(what.find("SquareTimes: "), std::string::npos) << what;
    EXPECT_NE(what.find("second time"), std::string::npos) << what;
  }
}

// Keeps one value of each kind.
struct KeepsValues : Function<KeepsValues> {
  static Tensor forward(AutogradContext* ctx, int64_t times, const Tensor& x, double scale,
                        const std::string& name, std::optional<Tensor> shift, bool flag) {
    ctx->saved_data["times"] = times;
    ctx->saved_data["scale"] = scale;
    ctx->saved_data["name"] = name;
    ctx->saved_data["flag"] = flag;
    ctx->saved_data["sizes"] = std::vector<int64_t>{2, 3};
    ctx->saved_data["tensor"] = ones({1});
    const Tensor y = x * (scale * static_cast<double>(times));
    return shift && shift->defined() ? y + *shift : y;
  }
  static tensor_list backward(AutogradContext* ctx, tensor_list dy) {
    EXPECT_EQ(ctx->saved_data["name"].toStringRef(), "f");
    EXPECT_TRUE(ctx->saved_data["flag"].toBool());
    EXPECT_EQ(ctx->saved_data["sizes"].toIntVector(), (std::vector<int64_t>{2, 3}));
    EXPECT_EQ(first(ctx->saved_data["tensor"].toTensor()), 1);
    EXPECT_THROW(ctx->saved_data["times"].toDouble(), TypeError);
    // Tensors are counted, not arguments.
    EXPECT_TRUE(ctx->needs_input_grad(0));
    EXPECT_FALSE(ctx->needs_input_grad(1));
    EXPECT_THROW(ctx->needs_input_grad(2), IndexError);
    const double factor =
        ctx->saved_data["scale"].toDouble() * static_cast<double>(ctx->saved_data["times"].toInt());
    return {Tensor(), dy[0] * factor, Tensor(), Tensor(), Tensor(), Tensor()};
  }
};

TEST(Function, ArgumentsOfAnyKind) {
  const Tensor x = ones({2}).requires_grad_();
  KeepsValues::apply(int64_t{3}, x, 2.0, std::string("f"), std::optional<Tensor>(Tensor()), true)
      .sum()
      .backward();
  EXPECT_EQ(first(x.grad()), 6);
  KeepsValues::apply(int64_t{3}, x, 2.0, std::string("f"), ones({2}), true).sum().backward();
  EXPECT_EQ(first(x.grad()), 12);
}

struct SumOfList : Function<SumOfList> {
  static Tensor forward(AutogradContext* ctx, TensorList list, double scale) {
    ctx->saved_data["scale"] = scale;
    ctx->saved_data["count"] = static_cast<int64_t>(list.size());
    Tensor total = zeros({2});
    for (const Tensor& x : list) total = total + x * scale;
    return total;
  }
  static tensor_list backward(AutogradContext* ctx, tensor_list dy) {
    tensor_list dxs;
    for (int64_t i = 0; i < ctx->saved_data["count"].toInt(); ++i) {
      dxs.push_back(dy[0] * ctx->saved_data["scale"].toDouble());
    }
    dxs.emplace_back();
    return dxs;
  }
};

TEST(Function, AListCountsAsSoManyArguments) {
  const std::vector<Tensor> list = {ones({2}).requires_grad_(), ones({2}),
                                    ones({2}).requires_grad_()};
  SumOfList::apply(TensorList(list), 4.0).sum().backward();
  EXPECT_EQ(first(list[0].grad()), 4);
  EXPECT_FALSE(list[1].grad().defined());
  EXPECT_EQ(first(list[2].grad()), 4);
}

// An output saved, as exp does.
struct MyExp : Function<MyExp> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x) {
    Tensor y = exp(x);
    ctx->save_for_backward({y});
    return y;
  }
  static tensor_list backward(AutogradContext* ctx, tensor_list dy) {
    return {dy[0] * ctx->get_saved_variables()[0]};
  }
};

TEST(Function, SavedOutputsAreDifferentiatedAgain) {
  const auto f = [](const std::vector<Tensor>& in) { return MyExp::apply(in[0]); };
  const Tensor x = rand({3}, kDouble).requires_grad_();
  EXPECT_TRUE(autograd::gradcheck(f, {x}));
  EXPECT_TRUE(autograd::gradgradcheck(f, {x}));
}

// Neither an input nor an output, and an undefined tensor.
struct SavesOthers : Function<SavesOthers> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x) {
    ctx->save_for_backward({x * 2, Tensor(), tensor({1, 0})});
    return x * x;
  }
  static tensor_list backward(AutogradContext* ctx, tensor_list dy) {
    const tensor_list saved = ctx->get_saved_variables();
    EXPECT_EQ(saved.size(), 3u);
    EXPECT_FALSE(saved[1].defined());
    EXPECT_EQ(saved[2].dtype(), kLong);
    return {dy[0] * saved[0]};
  }
};

TEST(Function, SavesWhatItLikes) {
  const Tensor x = full({2}, 3.0).requires_grad_();
  SavesOthers::apply(x).sum().backward();
  EXPECT_EQ(first(x.grad()), 6);
}

// Writes to its first argument.
struct AddInPlace : Function<AddInPlace> {
  static Tensor forward(AutogradContext* ctx, Tensor x, const Tensor& y) {
    x.add_(y);
    ctx->mark_dirty({x});
    return x;
  }
  static tensor_list backward(AutogradContext*, tensor_list dy) { return {dy[0], dy[0] * 7}; }
};

TEST(Function, MarkDirty) {
  const Tensor x = ones({2}).requires_grad_(), y = ones({2}).requires_grad_();
  Tensor z = x * 3;
  const Tensor result = AddInPlace::apply(z, y);
  EXPECT_TRUE(result.is_same(z));
  EXPECT_EQ(first(z), 4);
  EXPECT_GE(z._version(), 1u);
  EXPECT_EQ(z.grad_fn()->name(), "AddInPlaceBackward0");
  z.sum().backward();
  EXPECT_EQ(first(x.grad()), 3);
  EXPECT_EQ(first(y.grad()), 7);
}

TEST(Function, MarkDirtyOfAView) {
  const Tensor x = ones({2, 2}).requires_grad_(), y = ones({2}).requires_grad_();
  Tensor base = x * 3;
  AddInPlace::apply(base[0], y);
  base.sum().backward();
  EXPECT_EQ(first(y.grad()), 7);
  EXPECT_EQ(first(x.grad()), 3);
}

TEST(Function, MarkDirtyOfALeafIsAnError) {
  const Tensor x = ones({2}).requires_grad_();
  EXPECT_THROW(AddInPlace::apply(x, ones({2})), Error);
}

TEST(Function, WhatIsDirtyMustBeReturned) {
  struct Forgets : Function<Forgets> {
    static Tensor forward(AutogradContext* ctx, const Tensor& x) {
      ctx->mark_dirty({x});
      return x * 2;
    }
    static tensor_list backward(AutogradContext*, tensor_list dy) { return {dy[0]}; }
  };
  EXPECT_THROW(Forgets::apply(ones({2}).requires_grad_() * 1), Error);
}

struct WritesAndReturnsTwo : Function<WritesAndReturnsTwo> {
  static tensor_list forward(AutogradContext* ctx, Tensor x) {
    x.mul_(2);
    ctx->mark_dirty({x});
    return {x, x * 5};
  }
  static tensor_list backward(AutogradContext*, tensor_list dys) {
    return {dys[0] * 2 + dys[1] * 10};
  }
};

TEST(Function, MarkDirtyAmongSeveralOutputs) {
  const Tensor x = ones({2}).requires_grad_();
  const tensor_list outputs = WritesAndReturnsTwo::apply(x * 1);
  (outputs[0] + outputs[1]).sum().backward();
  EXPECT_EQ(first(x.grad()), 12);
  EXPECT_THROW(WritesAndReturnsTwo::apply((x * 1).view({2, 1})), Error);
}

struct ThreeOutputs : Function<ThreeOutputs> {
  static inline bool materialize = true;
  static tensor_list forward(AutogradContext* ctx, const Tensor& x) {
    ctx->set_materialize_grads(materialize);
    Tensor index = x.argmax(), rounded = x.round();
    ctx->mark_non_differentiable({index, rounded});
    return {x * 2, rounded, index, x * 3};
  }
  static tensor_list backward(AutogradContext*, tensor_list dys) {
    EXPECT_EQ(dys.size(), 4u);
    Tensor dx;
    for (auto [i, factor] : {std::pair(0, 2), std::pair(3, 3)}) {
      EXPECT_TRUE(dys[i].defined() || !materialize);
      if (!dys[i].defined()) continue;
      dx = dx.defined() ? dx + dys[i] * factor : dys[i] * factor;
    }
    return {dx};
  }
};

TEST(Function, OutputsThatAreNotDifferentiable) {
  const Tensor x = ones({2}).requires_grad_();
  const tensor_list y = ThreeOutputs::apply(x);
  EXPECT_TRUE(y[0].requires_grad());
  EXPECT_FALSE(y[1].requires_grad());
  EXPECT_FALSE(y[2].requires_grad());
  EXPECT_EQ(y[3].output_nr(), 3);
  EXPECT_EQ(y[0].grad_fn().get(), y[3].grad_fn().get());
}

TEST(Function, GradientsOfUnusedOutputs) {
  for (const bool materialize : {true, false}) {
    ThreeOutputs::materialize = materialize;
    const Tensor x = ones({2}).requires_grad_();
    ThreeOutputs::apply(x)[3].sum().backward();
    EXPECT_EQ(first(x.grad()), 3);
  }
  ThreeOutputs::materialize = true;
}

TEST(Function, UndefinedGradientsCountAsZero) {
  struct Stops : Function<Stops> {
    static Tensor forward(AutogradContext*, const Tensor& x) { return x * 2; }
    static tensor_list backward(AutogradContext*, tensor_list) { return {Tensor()}; }
  };
  const Tensor x = ones({2}).requires_grad_();
  (Stops::apply(x * 3) + x).sum().backward();
  EXPECT_EQ(first(x.grad()), 1);
  const Tensor w = ones({2}).requires_grad_();
  Stops::apply(w).sum().backward();
  EXPECT_FALSE(w.grad().defined());
}

TEST(Function, AnInputReturnedAsItIs) {
  struct Identity : Function<Identity> {
    static Tensor forward(AutogradContext*, const Tensor& x) { return x; }
    static tensor_list backward(AutogradContext*, tensor_list dy) { return {dy[0] * 9}; }
  };
  const Tensor x = ones({2}).requires_grad_();
  Tensor y = Identity::apply(x);
  EXPECT_FALSE(y.is_same(x));
  EXPECT_EQ(y.data_ptr(), x.data_ptr());
  y.sum().backward();
  EXPECT_EQ(first(x.grad()), 9);
  EXPECT_THROW(y.add_(1), Error);
}

TEST(Function, AViewReturnedCannotBeWritten) {
  struct FirstRow : Function<FirstRow> {
    static Tensor forward(AutogradContext*, const Tensor& x) { return x[0]; }
    static tensor_list backward(AutogradContext*, tensor_list dy) {
      return {cat({dy[0].unsqueeze(0), zeros({1, 2})})};
    }
  };
  const Tensor x = ones({2, 2}).requires_grad_();
  Tensor row = FirstRow::apply(x * 1);
  EXPECT_THROW(row.add_(1), Error);
  row.sum().backward();
  EXPECT_EQ(first(x.grad()), 1);
}

struct ReturnsWrongCount : Function<ReturnsWrongCount> {
  static Tensor forward(AutogradContext*, const Tensor& x, const Tensor& y) { return x + y; }
  static tensor_list backward(AutogradContext*, tensor_list dy) { return {dy[0]}; }
};
struct ReturnsWrongShape : Function<ReturnsWrongShape> {
  static Tensor forward(AutogradContext*, const Tensor& x) { return x * 2; }
  static tensor_list backward(AutogradContext*, tensor_list) { return {ones({5})}; }
};
struct GradientOfANumber : Function<GradientOfANumber> {
  static Tensor forward(AutogradContext*, const Tensor& x, double) { return x * 2; }
  static tensor_list backward(AutogradContext*, tensor_list dy) { return {dy[0], dy[0]}; }
};

struct ReturnsMoreUndefined : Function<ReturnsMoreUndefined> {
  static Tensor forward(AutogradContext*, const Tensor& x) { return x * 2; }
  static tensor_list backward(AutogradContext*, tensor_list dy) {
    return {dy[0] * 2, Tensor(), Tensor()};
  }
};

TEST(Function, BackwardsThatAreWrong) {
  const Tensor x = ones({2}).requires_grad_();
  EXPECT_THROW(ReturnsWrongCount::apply(x, x).sum().backward(), Error);
  EXPECT_THROW(ReturnsWrongShape::apply(x).sum().backward(), Error);
  EXPECT_THROW(GradientOfANumber::apply(x, 1.0).sum().backward(), Error);
  ReturnsMoreUndefined::apply(x).sum().backward();
  EXPECT_TRUE(x.grad().equal(full({2}, 2.f)));
}

TEST(Function, AnExceptionInForwardLeavesGradModeOn) {
  struct Throws : Function<Throws> {
    static Tensor forward(AutogradContext*, const Tensor&) { throw ValueError("no"); }
    static tensor_list backward(AutogradContext*, tensor_list dy) { return dy; }
  };
  EXPECT_THROW(Throws::apply(ones({2}).requires_grad_()), ValueError);
  EXPECT_TRUE(GradMode::is_enabled());
}

TEST(Function, UndefinedArgumentsAndOutputs) {
  struct MayBeNothing : Function<MayBeNothing> {
    static tensor_list forward(AutogradContext*, const Tensor& x, const Tensor& nothing) {
      EXPECT_FALSE(nothing.defined());
      return {x * 2, Tensor()};
    }
    static tensor_list backward(AutogradContext*, tensor_list dys) {
      return {dys[0] * 2, Tensor()};
    }
  };
  const Tensor x = ones({2}).requires_grad_();
  const tensor_list y = MayBeNothing::apply(x, Tensor());
  EXPECT_FALSE(y[1].defined());
  y[0].sum().backward();
  EXPECT_EQ(first(x.grad()), 2);
}

TEST(Function, OnlyWhatIsAskedForIsNeeded) {
  const Tensor x = full({2}, 3.0).requires_grad_(), y = ones({2}).requires_grad_();
  const Tensor z = SquareTimes::apply(x, y).sum();
  EXPECT_EQ(first(autograd::grad(z, y)[0]), 9);
}

}  // namespace
}  // namespace gradus
