#include <string>

#include <gradus/gradus.h>
#include <gtest/gtest.h>

namespace gradus {
namespace {

size_t count(const std::string& text, const std::string& part) {
  size_t times = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++times;
  return times;
}

TEST(MakeDot, ShowsOpsShapesAndNames) {
  const Tensor x = rand({4, 3}), w = rand({3, 2}).requires_grad_(), b = rand({2}).requires_grad_();
  const Tensor h = x.matmul(w) + b;
  const std::string text = autograd::make_dot((h * h).sum(), {{"weight", w}, {"b\"ias", b}});
  EXPECT_EQ(text.find("digraph gradus {\n"), 0u) << text;
  EXPECT_EQ(text.back(), '\n');
  EXPECT_NE(text.find("[label=\"weight\\n[3, 2]\", fillcolor=lightblue]"), std::string::npos)
      << text;
  EXPECT_NE(text.find("[label=\"b\\\"ias\\n[2]\""), std::string::npos) << text;
  EXPECT_NE(text.find("MulBackward0\\n[4, 2]"), std::string::npos) << text;
  EXPECT_NE(text.find("result\\n[]"), std::string::npos) << text;
  EXPECT_EQ(count(text, "MulBackward0"), 1u);
  // h * h: two edges from the same node.
  EXPECT_EQ(count(text, " -> "), 1 + 1 + 2 + 2 + 1u) << text;
}

TEST(MakeDot, OfAModuleAndALeaf) {
  nn::Linear layer(3, 2);
  const std::string text =
      autograd::make_dot(layer->forward(rand({4, 3})), layer->named_parameters());
  EXPECT_EQ(count(text, "label=\"weight\\n"), 1u) << text;
  EXPECT_EQ(count(text, "label=\"bias\\n"), 1u) << text;
  EXPECT_EQ(count(autograd::make_dot(layer->weight), " -> "), 1u);
}

TEST(MakeDot, OfADeepGraph) {
  const Tensor x = ones({1}).requires_grad_();
  Tensor y = x;
  for (int i = 0; i < 10'000; ++i) y = y + 1;
  EXPECT_EQ(count(autograd::make_dot(y), " -> "), 10'001u);
}

TEST(MakeDot, Errors) {
  EXPECT_THROW(autograd::make_dot(ones({2})), Error);
  EXPECT_THROW(autograd::make_dot(Tensor()), Error);
}

}  // namespace
}  // namespace gradus
