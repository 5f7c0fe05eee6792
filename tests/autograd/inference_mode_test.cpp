// InferenceMode as in PyTorch: each line was compared with torch.inference_mode().

#include <vector>

#include <gradus/gradus.h>
#include <gtest/gtest.h>

namespace gradus {
namespace {

Tensor made_in_inference_mode() {
  InferenceMode guard;
  return ones({2});
}

TEST(InferenceMode, WhatIsMadeInItIsAnInferenceTensor) {
  const Tensor w = ones({2}).requires_grad_();
  EXPECT_FALSE(InferenceMode::is_enabled());
  {
    InferenceMode guard;
    EXPECT_TRUE(InferenceMode::is_enabled());
    EXPECT_FALSE(GradMode::is_enabled());
    EXPECT_TRUE(ones({2}).is_inference());
    EXPECT_TRUE((w * 2).is_inference());
    EXPECT_FALSE((w * 2).requires_grad());
    EXPECT_TRUE(tensor({1, 2}).is_inference());
    EXPECT_TRUE(rand({2}).is_inference());
    EXPECT_TRUE(ones({2}).requires_grad_().is_inference());
    // Views of normal tensors are normal.
    EXPECT_FALSE(w.view({2, 1}).is_inference());
    EXPECT_FALSE(w.detach().is_inference());
    EXPECT_FALSE(w.view({2, 1}).requires_grad());
    {
      AutoGradMode recording(true);
      EXPECT_FALSE((w * 2).requires_grad());
    }
  }
  EXPECT_FALSE(InferenceMode::is_enabled());
  EXPECT_TRUE(GradMode::is_enabled());
  EXPECT_FALSE(ones({2}).is_inference());
}

TEST(InferenceMode, MayBeSwitchedOffInside) {
  const Tensor w = ones({2}).requires_grad_();
  InferenceMode guard;
  {
    InferenceMode off(false);
    EXPECT_FALSE(InferenceMode::is_enabled());
    EXPECT_TRUE((w * 2).requires_grad());
    EXPECT_FALSE((w * 2).is_inference());
  }
  EXPECT_TRUE(InferenceMode::is_enabled());
}

TEST(InferenceMode, OutsideItsTensorsCanBeRead) {
  const Tensor x = made_in_inference_mode(), w = ones({2}).requires_grad_();
  EXPECT_FALSE((x + 1).is_inference());
  EXPECT_FALSE(x.clone().is_inference());
  EXPECT_FALSE(x.sum().is_inference());
  EXPECT_TRUE(x[0].is_inference());
  EXPECT_TRUE(x.view({2, 1}).is_inference());
  EXPECT_TRUE(x.detach().is_inference());
  EXPECT_TRUE(x.data().is_inference());
  (w + x).sum().backward();  // saves neither
  EXPECT_TRUE(w.grad().defined());
  EXPECT_EQ(ones({2}).copy_(x)[0].item<float>(), 1);
}

TEST(InferenceMode, OutsideItsTensorsCannotBeWritten) {
  Tensor x = made_in_inference_mode();
  EXPECT_THROW(x.add_(1), Error);
  EXPECT_THROW(x[0] = 1, Error);
  EXPECT_THROW(x.zero_(), Error);
  EXPECT_THROW(x.normal_(), Error);
  EXPECT_THROW(x.index_put_({0}, 1), Error);
  EXPECT_THROW(x.unsqueeze_(0), Error);
  EXPECT_THROW(x.t_(), Error);
  EXPECT_THROW(x.resize_({1}), Error);
  EXPECT_THROW(add_out(x, ones({2}), ones({2})), Error);
  {
    NoGradGuard no_grad;
    EXPECT_THROW(x.add_(1), Error);
  }
  EXPECT_THROW(x.requires_grad_(), Error);
  EXPECT_EQ(x[0].item<float>(), 1);
  InferenceMode guard;
  x.add_(1);
  EXPECT_EQ(x[0].item<float>(), 2);
}

TEST(InferenceMode, ItsTensorsHaveNoVersion) {
  Tensor x = made_in_inference_mode();
  EXPECT_THROW(x._version(), Error);
  InferenceMode guard;
  x.add_(1);
  EXPECT_THROW(x._version(), Error);
}

TEST(InferenceMode, ItsTensorsCannotBeSavedForBackward) {
  const Tensor x = made_in_inference_mode(), w = ones({2}).requires_grad_();
  try {
    x* w;
    FAIL() << "expected an error";
  } catch (const Error& error) {
    const std::string what = error.what();
    EXPECT_NE(what.find("mul"), std::string::npos) << what;
    EXPECT_NE(what.find("inference tensor"), std::string::npos) << what;
  }
  (x.clone() * w).sum().backward();
  EXPECT_EQ(w.grad()[0].item<float>(), 1);
}

TEST(InferenceMode, NormalTensorsMayBeWrittenInIt) {
  Tensor x = ones({2}), w = ones({2}).requires_grad_();
  InferenceMode guard;
  x.add_(1);
  w.add_(1);
  EXPECT_EQ(x._version(), 1u);
  EXPECT_EQ(w._version(), 1u);
}

TEST(InferenceMode, ViewsMadeInItCannotBeWrittenOutside) {
  const Tensor w = ones({2}).requires_grad_();
  Tensor base = w * 2, view;
  {
    InferenceMode guard;
    view = base.view({2, 1});
  }
  base.add_(1);
  EXPECT_THROW(view.add_(1), Error);
  EXPECT_THROW(view * 2, Error);
}

TEST(InferenceMode, ALayerRunsInIt) {
  nn::Linear layer(3, 2);
  Tensor y;
  {
    InferenceMode guard;
    y = layer->forward(ones({4, 3}));
    EXPECT_TRUE(y.is_inference());
  }
  layer->forward(ones({4, 3})).sum().backward();
  EXPECT_TRUE(layer->weight.grad().defined());
}

TEST(InferenceMode, ATensorMadeInItMayTakeOtherData) {
  Tensor x;
  {
    InferenceMode guard;
    x = ones({2});
  }
  x.set_data(zeros({3}));
  EXPECT_TRUE(x.equal(zeros({3})));
}

}  // namespace
}  // namespace gradus
