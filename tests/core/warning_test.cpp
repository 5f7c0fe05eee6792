#include <string>
#include <thread>
#include <vector>

#include <gradus/core/warning.h>
#include <gradus/gradus.h>
#include <gtest/gtest.h>

namespace gradus {
namespace {

struct Listener : WarningHandler {
  void process(const Warning& warning) override { messages.push_back(warning.msg()); }
  std::vector<std::string> messages;
};

TEST(Warning, GoesToTheHandlerOfItsThread) {
  Listener listener, nested;
  const WarningUtils::WarningHandlerGuard guard(&listener);
  warn("one");
  {
    const WarningUtils::WarningHandlerGuard inner(&nested);
    warn("two");
  }
  std::thread([] {
    EXPECT_NE(WarningUtils::get_warning_handler(), nullptr);
    testing::internal::CaptureStderr();
    warn("elsewhere");
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "Warning: elsewhere\n");
  }).join();
  warn("three");
  EXPECT_EQ(listener.messages, (std::vector<std::string>{"one", "three"}));
  EXPECT_EQ(nested.messages, (std::vector<std::string>{"two"}));
}

TEST(Warning, GradientOfATensorThatIsNoLeaf) {
  Listener listener;
  const WarningUtils::WarningHandlerGuard guard(&listener);
  const Tensor x = ones({2}, requires_grad()), plain = ones({2});
  const Tensor y = x * 2;
  EXPECT_FALSE(x.grad().defined());
  EXPECT_FALSE(plain.grad().defined());
  EXPECT_TRUE(listener.messages.empty());
  EXPECT_FALSE(y.grad().defined());
  ASSERT_EQ(listener.messages.size(), 1u);
  EXPECT_NE(listener.messages[0].find("is not a leaf"), std::string::npos);
  y.retain_grad();
  EXPECT_FALSE(y.grad().defined());
  y.sum().backward();
  EXPECT_TRUE(y.grad().defined());
  EXPECT_EQ(listener.messages.size(), 1u);
}

TEST(Warning, ScheduleBeforeItsOptimizer) {
  Listener listener;
  const WarningUtils::WarningHandlerGuard guard(&listener);
  optim::SGD sgd({ones({1}, requires_grad())}, 0.1);
  optim::StepLR schedule(sgd, 1);
  schedule.step();
  ASSERT_EQ(listener.messages.size(), 1u);
  EXPECT_NE(listener.messages[0].find("(SGD)"), std::string::npos);
}

}  // namespace
}  // namespace gradus
