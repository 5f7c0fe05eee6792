#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gradus/core/error.h>
#include <gradus/core/watch/svg_chart.h>
#include <gtest/gtest.h>

#include "tests/scratch_folder.h"

namespace {

using gradus::Error;
using gradus::ValueError;
using gradus::test::read_all;
using gradus::test::ScratchFolder;
using gradus::watch::SvgChart;
using gradus::watch::SvgPanel;
using testing::HasSubstr;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

size_t count(const std::string& text, const std::string& piece) {
  size_t found = 0;
  for (size_t at = 0; (at = text.find(piece, at)) != std::string::npos; at += piece.size()) ++found;
  return found;
}

// Every tag is closed in order, attributes are quoted, and no coordinate is something else than a
// number.
void expect_well_formed(const std::string& svg) {
  std::vector<std::string> open;
  for (size_t i = 0; i < svg.size(); ++i) {
    if (svg[i] == '&') {
      const std::string entity = svg.substr(i, svg.find(';', i) - i + 1);
      EXPECT_TRUE(entity == "&amp;" || entity == "&lt;" || entity == "&gt;" || entity == "&quot;")
          << entity;
    }
    if (svg[i] != '<') continue;
    const size_t end = svg.find('>', i);
    ASSERT_NE(end, std::string::npos);
    const std::string tag = svg.substr(i + 1, end - i - 1);
    EXPECT_EQ(count(tag, "\"") % 2, 0u) << tag;
    EXPECT_EQ(count(tag, "nan") + count(tag, "inf"), 0u) << tag;
    if (tag.front() == '/') {
      ASSERT_FALSE(open.empty()) << tag;
      EXPECT_EQ("/" + open.back(), tag);
      open.pop_back();
    } else if (tag.back() != '/') {
      open.push_back(tag.substr(0, tag.find(' ')));
    }
    i = end;
  }
  EXPECT_TRUE(open.empty());
}

TEST(SvgChart, TwoPanels) {
  SvgChart chart("Fashion-MNIST");
  chart.panel("Loss")
      .x_label("epoch")
      .y_label("cross entropy")
      .line("train", {2.3, 0.9, 0.4})
      .line("test", {2.2, 1, 0.5});
  chart.panel("Accuracy").x_label("epoch").line("test", {0.7, 0.85, 0.9134});
  const std::string svg = chart.to_string();
  expect_well_formed(svg);
  EXPECT_THAT(
      svg, HasSubstr("width=\"1032\" height=\"420\""));  // 2 * 480 + 32 + 2 * 20, 340 + 40 + 2 * 20
  for (const char* text :
       {"Fashion-MNIST", "Loss", "Accuracy", "cross entropy", "epoch", "train", "test", "0.9134"}) {
    EXPECT_THAT(svg, HasSubstr(">" + std::string(text) + "</text>"));
  }
}

TEST(SvgChart, SaveWritesTheDocument) {
  ScratchFolder folder;
  SvgChart chart;
  chart.panel().line("a", {1, 2});
  chart.save(folder / "a.svg");
  EXPECT_EQ(read_all(folder / "a.svg"), chart.to_string());
  EXPECT_THROW(chart.save(folder / "missing/a.svg"), Error);
}

TEST(SvgChart, ColumnsAndRows) {
  SvgChart chart;
  chart.columns(3).panel_size(300, 200);
  for (int i = 0; i < 4; ++i) chart.panel("p").line("a", {1, 2});
  // 3 * 300 + 2 * 32 + 2 * 20; 2 * 200 + 32 + 2 * 20
  EXPECT_THAT(chart.to_string(), HasSubstr("width=\"1004\" height=\"472\""));
}

TEST(SvgChart, NothingToShow) {
  SvgChart chart;
  expect_well_formed(chart.to_string());
  chart.panel();
  chart.panel("log")
      .log_x()
      .log_y()
      .line("none", {})
      .line("not finite", {kNan, kInf, -kInf})
      .line("zero", {0, -1});
  const std::string svg = chart.to_string();
  expect_well_formed(svg);
  EXPECT_EQ(count(svg, ">no values<"), 2u);
}

TEST(SvgChart, NotFiniteValuesLeaveAGap) {
  SvgChart chart;
  chart.panel().line("a", {1, 2, kNan, 4, 5, kInf, 7});
  const std::string svg = chart.to_string();
  expect_well_formed(svg);
  const size_t begin = svg.find("stroke-width=\"2\" d=\"");
  const std::string path = svg.substr(begin, svg.find("/>", begin) - begin);
  EXPECT_EQ(count(path, "M"), 3u);
  EXPECT_EQ(count(path, "L"), 2u);
}

TEST(SvgChart, TextIsEscaped) {
  SvgChart chart("<script>alert(1)</script> & \"quotes\"");
  chart.panel("a\xff\xc3(\x01").x_label("]]>").y_label("é€😀").line("</svg>", {1, 2});
  const std::string svg = chart.to_string();
  expect_well_formed(svg);
  EXPECT_THAT(svg, HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;quotes&quot;"));
  EXPECT_THAT(svg, HasSubstr(">a\xef\xbf\xbd\xef\xbf\xbd(\xef\xbf\xbd<"));
  EXPECT_THAT(svg, HasSubstr(">é€😀<"));
}

TEST(SvgChart, ExtremeNumbers) {
  const std::vector<std::vector<double>> values = {{0, 0},
                                                   {1e308, -1e308},
                                                   {5e-324, 1e-310},
                                                   {1e-310, 2e-310},
                                                   {1e15, 1e15 + 1000},
                                                   {1, 1 + 1e-15},
                                                   {-1e-5, 3e-5},
                                                   {1e299, 1},
                                                   {-5, -5},
                                                   {1e-299, 1e299},
                                                   {std::numeric_limits<double>::max(), 0},
                                                   {0.1, 0.2, 0.3}};
  for (const auto& y : values) {
    for (const bool log : {false, true}) {
      SvgChart chart;
      chart.panel().log_y(log).line("a", y);
      std::vector<double> x(y.size());
      for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<double>(i);
      chart.panel().log_x(log).line("a", y, x);
      const std::string svg = chart.to_string();
      expect_well_formed(svg);
      EXPECT_LT(svg.size(), 20'000u) << y[0] << ", " << y[1] << (log ? " log" : "");
    }
  }
}

TEST(SvgChart, TicksAreRoundNumbers) {
  SvgChart chart;
  chart.panel().line("a", {0.713, 0.9134});
  const std::string svg = chart.to_string();
  for (const char* tick : {"0.75", "0.80", "0.85", "0.90"})
    EXPECT_THAT(svg, HasSubstr(">" + std::string(tick) + "<"));
}

TEST(SvgChart, EpochsAreWholeNumbers) {
  SvgChart chart;
  chart.panel().line("a", {10, 20, 10});
  const std::string svg = chart.to_string();
  for (const char* tick : {">1<", ">2<", ">3<"}) EXPECT_EQ(count(svg, tick), 1u) << tick;
  EXPECT_EQ(count(svg, ">1.5<") + count(svg, ">2.5<"), 0u);
}

TEST(SvgChart, LogarithmicTicks) {
  SvgChart chart;
  chart.panel().log_y().line("a", {1e-6, 1});
  const std::string svg = chart.to_string();
  EXPECT_THAT(svg, HasSubstr(">1e−6<"));
  EXPECT_THAT(svg, HasSubstr(">0.01<"));
}

TEST(SvgChart, ManyPointsStaySmallAndKeepTheirPeaks) {
  std::mt19937 random(1);
  std::vector<double> y(1'000'000);
  for (double& value : y) value = static_cast<double>(random()) / 4294967296.0;
  y[123'456] = 7;  // a peak of one point must be seen
  SvgChart chart;
  chart.panel().line("a", y);
  const std::string svg = chart.to_string();
  EXPECT_LT(svg.size(), 100'000u);
  // 7 of the 8 units between 338 (bottom) and 50 (top).
  EXPECT_EQ(count(svg, ",86.0L"), 1u);
}

TEST(SvgChart, FaintLineHasTheColorOfItsNameAndNoEntryOfItsOwn) {
  SvgChart chart;
  chart.panel()
      .line("train", {1, 2, 3}, {1, 3, 2}, SvgPanel::Style::kFaint)
      .line("train", {1, 2, 3}, {1, 2, 2})
      .line("test", {1, 2, 3});
  const std::string svg = chart.to_string();
  EXPECT_EQ(count(svg, ">train<"), 1u);
  EXPECT_THAT(svg, HasSubstr("stroke=\"#2f6fde\" stroke-width=\"1\" stroke-opacity=\"0.3\""));
  EXPECT_THAT(svg, HasSubstr("stroke=\"#2f6fde\" stroke-width=\"2\" d="));
  EXPECT_THAT(svg, HasSubstr("stroke=\"#e4752b\" stroke-width=\"2\" d="));
}

TEST(SvgChart, LongLegendsAreBroken) {
  SvgChart chart;
  SvgPanel& panel = chart.panel();
  for (int i = 0; i < 30; ++i) panel.line("a name of some length " + std::to_string(i), {1, 2});
  const std::string svg = chart.to_string();
  expect_well_formed(svg);
  EXPECT_EQ(count(svg, ">a name of some length "), 30u);
}

TEST(SvgChart, BadArguments) {
  SvgChart chart;
  EXPECT_THROW(chart.panel().line("a", {1, 2}, {1}), ValueError);
  EXPECT_THROW(chart.columns(0), ValueError);
  EXPECT_THROW(chart.panel_size(0, 300), ValueError);
  EXPECT_THROW(chart.panel_size(300, 1'000'000), ValueError);
}

}  // namespace
