#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <gmock/gmock.h>
#include <gradus/core/error.h>
#include <gradus/core/watch/progress.h>
#include <gtest/gtest.h>

namespace {

using gradus::ValueError;
using gradus::watch::ProgressBar;
using gradus::watch::ProgressOptions;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

double g_now = 0;

// A file that the bar writes to, a clock that stands still, and an environment that is always the
// same.
class Progress : public testing::Test {
 protected:
  void SetUp() override {
    g_now = 1000;
    file_ = std::tmpfile();
    ::setenv("LC_ALL", "C.UTF-8", 1);
    ::setenv("NO_COLOR", "1", 1);
  }
  void TearDown() override {
    std::fclose(file_);
    ::unsetenv("LC_ALL");
    ::unsetenv("NO_COLOR");
  }

  ProgressOptions options(ProgressOptions::Style style) const {
    return ProgressOptions().stream(file_).style(style).clock([] { return g_now; });
  }
  ProgressOptions bar() const { return options(ProgressOptions::Style::kBar); }
  ProgressOptions lines() const { return options(ProgressOptions::Style::kLines); }

  std::string written() const {
    std::string text(static_cast<size_t>(std::ftell(file_)), '\0');
    std::rewind(file_);
    text.resize(std::fread(text.data(), 1, text.size(), file_));
    return text;
  }
  std::string last_drawing() const {
    const std::string text = written();
    return text.substr(text.rfind('\r') + 1);
  }

  std::FILE* file_ = nullptr;
};

TEST_F(Progress, BarShowsPartRateEtaAndMessage) {
  ProgressBar bar(60'000, this->bar().label("epoch 1/5").unit("images"));
  g_now += 2;
  bar.update(15'000, "loss 0.5");
  // 15,000 in 2 s; the other 45,000 take 6 s.
  EXPECT_EQ(
      last_drawing(),
      "epoch 1/5  ━━╸────────   25%  15,000/60,000  7.50k images/s  ETA 0:06  loss 0.5\x1b[K");
}

TEST_F(Progress, BarIsRedrawnInPlaceAndEndsItsLineOnce) {
  {
    ProgressBar bar(100, this->bar());
    for (int i = 1; i <= 3; ++i) {
      g_now += 1;
      bar.advance(10);
    }
    bar.finish("done");
    bar.finish();
    bar.update(50);
  }
  const std::string text = written();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\r'), 4);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
  EXPECT_THAT(text, HasSubstr(" 30%  30/100  10.0 it/s  0:03  done"));
  EXPECT_THAT(text, EndsWith("\n"));
}

TEST_F(Progress, AtMostTenDrawingsPerSecond) {
  ProgressBar bar(100'000, this->bar());
  for (int i = 0; i < 100'000; ++i) {
    g_now += 1e-4;  // ten seconds in all
    bar.advance();
  }
  const std::string text = written();
  EXPECT_LE(std::count(text.begin(), text.end(), '\r'), 100);
  EXPECT_GE(std::count(text.begin(), text.end(), '\r'), 95);
}

TEST_F(Progress, FitsIntoTheWidthOfTheTerminal) {
  // A file is no terminal: 80 columns, of which 79 are used.
  ProgressBar bar(10, this->bar().label("a label").unit("images"));
  g_now += 1;
  bar.update(3, std::string(300, 'x'));
  std::string text = last_drawing();
  ASSERT_THAT(text, EndsWith("x\x1b[K"));
  text.resize(text.size() - 3);
  EXPECT_EQ(text.size(), 79u);
  EXPECT_THAT(text, StartsWith("a label   30%  3/10"));
}

TEST_F(Progress, CutsBetweenCharacters) {
  ProgressBar bar(10, this->bar());
  g_now += 1;
  std::string message;
  for (int i = 0; i < 100; ++i) message += "é";
  bar.update(3, message);
  EXPECT_THAT(last_drawing(), EndsWith("é\x1b[K"));
}

TEST_F(Progress, ControlCharactersCannotBreakTheLine) {
  ProgressBar bar(10, this->bar().label("a\nb"));
  g_now += 1;
  bar.update(3, "x\r\n\x1b[2Jy");
  EXPECT_THAT(last_drawing(), HasSubstr("a b  "));
  EXPECT_THAT(last_drawing(), HasSubstr("x   [2Jy"));
}

TEST_F(Progress, AsciiWhereTheLocaleIsNotUtf8) {
  ::setenv("LC_ALL", "C", 1);
  ProgressBar bar(100, this->bar());
  g_now += 1;
  bar.update(52);
  EXPECT_THAT(last_drawing(), StartsWith("====================>-------------------   52%"));
}

TEST_F(Progress, ColorUnlessNoColor) {
  ::unsetenv("NO_COLOR");
  ProgressBar bar(100, this->bar());
  g_now += 1;
  bar.update(50);
  EXPECT_THAT(last_drawing(), StartsWith("\x1b[36m━"));
}

TEST_F(Progress, LinesComeNowAndThen) {
  ProgressBar bar(1'000'000, lines().label("train"));
  for (int second = 1; second <= 59; ++second) {
    g_now += 1;
    bar.advance(1000, "loss 1");
  }
  const std::string text = written();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 5);
  EXPECT_THAT(text, Not(HasSubstr("\r")));
  EXPECT_THAT(text, StartsWith("train    1%  10,000/1,000,000  1.00k it/s  ETA 16:30  loss 1\n"));
}

TEST_F(Progress, FastLoopWritesOnlyItsLastLine) {
  ProgressBar bar(100, lines());
  for (int i = 0; i < 100; ++i) bar.advance();
  g_now += 4;
  bar.finish("accuracy 0.9");
  EXPECT_EQ(written(), "100%  100/100  25.0 it/s  0:04  accuracy 0.9\n");
}

TEST_F(Progress, UnknownTotal) {
  ProgressBar bar(0, this->bar());
  g_now += 4;
  bar.update(1000);
  EXPECT_EQ(last_drawing(), "1,000  250 it/s  0:04\x1b[K");
}

TEST_F(Progress, RateOfThisRunOnly) {
  ProgressBar bar(100, this->bar().initial(50));
  g_now += 2;
  bar.update(60);
  EXPECT_THAT(last_drawing(), HasSubstr(" 60%  60/100  5.00 it/s  ETA 0:08"));
}

TEST_F(Progress, PrintStandsAboveTheBar) {
  ProgressBar bar(100, this->bar());
  bar.print("before");
  g_now += 1;
  bar.update(10);
  bar.print("test accuracy: 0.9");
  const std::string text = written();
  EXPECT_THAT(text, StartsWith("before\n\r"));
  EXPECT_THAT(text, HasSubstr("\r\x1b[Ktest accuracy: 0.9\n\r"));
}

TEST_F(Progress, DestructorEndsAnOpenLine) {
  {
    ProgressBar bar(100, this->bar());
    g_now += 1;
    bar.update(10);
  }
  EXPECT_THAT(written(), EndsWith("\x1b[K\n"));
}

TEST_F(Progress, SilentWritesNothing) {
  ProgressBar bar(100, options(ProgressOptions::Style::kSilent));
  g_now += 100;
  bar.advance(10);
  bar.print("x");
  bar.finish();
  EXPECT_EQ(written(), "");
}

TEST_F(Progress, OddNumbers) {
  ProgressBar bar(10, this->bar());
  for (const int64_t done : {int64_t{0}, int64_t{11}, int64_t{-1}, INT64_MAX, INT64_MIN / 2}) {
    g_now += 1;
    bar.update(done);
    EXPECT_THAT(last_drawing(), HasSubstr("it/s"));
  }
  g_now -= 1e9;
  bar.update(5);
  bar.finish();
  EXPECT_THROW(ProgressBar(-1, this->bar()), ValueError);
  EXPECT_THROW(ProgressBar(1, ProgressOptions().stream(nullptr)), ValueError);
}

}  // namespace
