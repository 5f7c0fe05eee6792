#include <cmath>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gradus/core/error.h>
#include <gradus/core/factory.h>
#include <gradus/core/io/csv.h>
#include <gradus/core/watch/csv_log.h>
#include <gradus/core/watch/metrics.h>
#include <gradus/core/watch/table.h>
#include <gtest/gtest.h>

#include "tests/scratch_folder.h"

namespace {

using gradus::Error;
using gradus::IndexError;
using gradus::tensor;
using gradus::Tensor;
using gradus::TypeError;
using gradus::ValueError;
using gradus::test::read_all;
using gradus::test::ScratchFolder;
using testing::ElementsAre;
using namespace gradus::watch;  // NOLINT

std::vector<double> doubles(const Tensor& x) {
  return {x.data_ptr<double>(), x.data_ptr<double>() + x.numel()};
}

Tensor longs(const std::vector<int64_t>& values) {
  return tensor(values);
}

// What was saved in the middle goes on as the original.
template <class Metric>
void expect_state(const Metric& metric, Metric other) {
  other.load_state_dict(metric.state_dict());
  EXPECT_EQ(other.state_dict().keys(), metric.state_dict().keys());
  for (const auto& item : metric.state_dict()) {
    EXPECT_TRUE(other.state_dict()[item.key()].equal(item.value())) << item.key();
  }
  EXPECT_THROW(other.load_state_dict({}), Error);
}

TEST(RunningMean, WeightsAndVariance) {
  RunningMean mean;
  EXPECT_TRUE(std::isnan(mean.mean()));
  EXPECT_TRUE(std::isnan(mean.variance()));
  mean.update(1, 3);
  mean.update(5);
  EXPECT_EQ(mean.mean(), 2);      // (3 * 1 + 5) / 4
  EXPECT_EQ(mean.variance(), 3);  // (3 * 1 + 9) / 4
  EXPECT_EQ(mean.count(), 4);
  mean.update(100, 0);
  EXPECT_EQ(mean.mean(), 2);
  EXPECT_THROW(mean.update(1, -1), ValueError);
  EXPECT_THROW(mean.update(1, NAN), ValueError);
  expect_state(mean, RunningMean());
  mean.reset();
  EXPECT_TRUE(std::isnan(mean.mean()));
}

TEST(RunningMean, LargeOffset) {
  RunningMean mean;
  for (int i = 0; i < 100'000; ++i) mean.update(1e9 + (i % 2));
  EXPECT_NEAR(mean.variance(), 0.25, 1e-6);
}

TEST(ExponentialMean, IsCorrectedForItsStart) {
  ExponentialMean mean(0.9);
  EXPECT_TRUE(std::isnan(mean.mean()));
  mean.update(4);
  EXPECT_NEAR(mean.mean(), 4, 1e-12);
  mean.update(5);
  EXPECT_NEAR(mean.mean(), (0.9 * 0.1 * 4 + 0.1 * 5) / 0.19, 1e-12);
  expect_state(mean, ExponentialMean(0.9));
  EXPECT_THROW(ExponentialMean(1), ValueError);
  EXPECT_THROW(ExponentialMean(-0.1), ValueError);
}

TEST(Accuracy, BestAndAmongTheBest) {
  const Tensor scores = tensor({{0.1, 0.7, 0.2}, {0.5, 0.3, 0.2}, {0.3, 0.3, 0.4}});
  Accuracy top1, top2(2), top9(9);
  for (Accuracy* metric : {&top1, &top2, &top9}) metric->update(scores, longs({1, 1, 1}));
  EXPECT_EQ(top1.correct(), 1);
  EXPECT_EQ(top2.correct(), 2);  // in the last row class 0 comes before class 1
  EXPECT_EQ(top9.value(), 1);
  Accuracy classes;
  classes.update(longs({3, 4}), longs({3, 5}));
  EXPECT_EQ(classes.value(), 0.5);
  expect_state(classes, Accuracy());
  classes.reset();
  EXPECT_TRUE(std::isnan(classes.value()));
  classes.update(gradus::zeros({0, 3}), longs({}));
  EXPECT_TRUE(std::isnan(classes.value()));
}

TEST(Accuracy, NaNTiesAndTargetsThatAreNoClasses) {
  Accuracy metric;
  metric.update(tensor({{NAN, 1.0}, {0.0, 0.0}, {0.0, 0.0}, {1.0, 0.0}}), longs({1, 0, 1, -100}));
  EXPECT_EQ(metric.correct(), 1);
  EXPECT_EQ(metric.count(), 4);
}

TEST(Accuracy, BadArguments) {
  Accuracy metric, top2(2);
  EXPECT_THROW(Accuracy(0), ValueError);
  EXPECT_THROW(metric.update(gradus::zeros({2, 3}), longs({1})), ValueError);
  EXPECT_THROW(metric.update(gradus::zeros({2, 3, 1}), longs({1, 1})), ValueError);
  EXPECT_THROW(metric.update(gradus::zeros({2, 0}), longs({1, 1})), ValueError);
  EXPECT_THROW(metric.update(gradus::zeros({2, 3}), gradus::zeros({2})), TypeError);
  EXPECT_THROW(metric.update(gradus::zeros({2}), longs({1, 1})), TypeError);
  EXPECT_THROW(metric.update(gradus::zeros({2, 3}), gradus::zeros({2, 1}, gradus::kLong)),
               ValueError);
  EXPECT_THROW(top2.update(longs({1}), longs({1})), ValueError);
  EXPECT_EQ(metric.count(), 0);
}

// scikit-learn: precision_recall_fscore_support([0, 1, 2, 2, 2], [0, 0, 2, 2, 1], zero_division=0)
TEST(ConfusionMatrix, WhatFollowsFromTheCounts) {
  ConfusionMatrix matrix(3);
  matrix.update(longs({0, 0, 2}), longs({0, 1, 2}));
  matrix.update(tensor({{0.0, 0.0, 1.0}, {0.0, 1.0, 0.0}}), longs({2, 2}));
  const Tensor counts = matrix.matrix();
  EXPECT_THAT(std::vector<int64_t>(counts.data_ptr<int64_t>(), counts.data_ptr<int64_t>() + 9),
              ElementsAre(1, 0, 0, 1, 0, 0, 0, 1, 2));
  EXPECT_EQ(matrix.accuracy(), 0.6);
  EXPECT_EQ(matrix.micro_f1(), 0.6);
  EXPECT_THAT(doubles(matrix.precision()), ElementsAre(0.5, 0, 1));
  EXPECT_THAT(doubles(matrix.recall()), ElementsAre(1, 0, 2.0 / 3));
  EXPECT_THAT(doubles(matrix.f1()), ElementsAre(2.0 / 3, 0, 0.8));
  EXPECT_NEAR(matrix.macro_f1(), (2.0 / 3 + 0.8) / 3, 1e-12);
  EXPECT_EQ(matrix.to_string({"cat", "dog", "cow"}),
            "    | cat dog cow\n----+------------\ncat |   1   0   0\ndog |   1   0   0\n"
            "cow |   0   1   2\n");
  expect_state(matrix, ConfusionMatrix(3));
  EXPECT_THROW(ConfusionMatrix(4).load_state_dict(matrix.state_dict()), ValueError);
}

TEST(ConfusionMatrix, BadArgumentsChangeNothing) {
  ConfusionMatrix matrix(3);
  EXPECT_THROW(matrix.update(longs({0, 3}), longs({0, 1})), IndexError);
  EXPECT_THROW(matrix.update(longs({0, 1}), longs({0, -1})), IndexError);
  EXPECT_THROW(matrix.update(gradus::zeros({1, 4}), longs({0})), ValueError);
  EXPECT_TRUE(std::isnan(matrix.accuracy()));
  EXPECT_TRUE(std::isnan(matrix.macro_f1()));
  EXPECT_THROW(ConfusionMatrix(0), ValueError);
  EXPECT_THROW(ConfusionMatrix(1'000'000), ValueError);
  EXPECT_THROW(matrix.to_string({"a"}), ValueError);
}

TEST(Auroc, RanksAndTies) {
  Auroc metric;
  EXPECT_TRUE(std::isnan(metric.value()));
  metric.update(tensor({0.1, 0.4}), longs({0, 0}));
  EXPECT_TRUE(std::isnan(metric.value()));
  metric.update(tensor({0.35, 0.8}), longs({1, 1}));
  EXPECT_EQ(metric.value(), 0.75);  // 3 of 4 pairs
  expect_state(metric, Auroc());
  metric.reset();
  metric.update(tensor({0.5, 0.5, 0.5}), longs({0, 1, 1}));
  EXPECT_EQ(metric.value(), 0.5);
  EXPECT_THROW(metric.update(tensor({NAN}), longs({1})), ValueError);
  EXPECT_THROW(metric.update(tensor({0.5}), longs({2})), ValueError);
  EXPECT_THROW(metric.update(tensor({0.5}), longs({1, 1})), ValueError);
  EXPECT_THROW(metric.update(tensor({0.5}), tensor({1.0})), TypeError);
  EXPECT_EQ(metric.value(), 0.5);
}

TEST(CsvLog, LinesThatLoadCsvReads) {
  ScratchFolder folder;
  const std::string path = folder / "log.csv";
  {
    CsvLog log(path, {"epoch", "a,\"b\""});
    log.write({1, 0.1});
    log.write({2, NAN});
    EXPECT_THROW(log.write({1}), ValueError);
    EXPECT_EQ(read_all(path), "epoch,\"a,\"\"b\"\"\"\n1,0.1\n2,\n");  // there at once
  }
  CsvLog more(path, {"epoch", "a,\"b\""}, /*append=*/true);
  more.write({3, 1e-7});
  const gradus::CsvTable table = gradus::load_csv(path);
  EXPECT_EQ(table.rows(), 3u);
  EXPECT_EQ(table.numbers("a,\"b\"").data_ptr<double>()[2], 1e-7);
  EXPECT_THROW(CsvLog(path, {"other"}, /*append=*/true), ValueError);
  EXPECT_THROW(CsvLog(path, {}), ValueError);
  EXPECT_THROW(CsvLog("/nonexistent/log.csv", {"a"}), Error);
  CsvLog anew(path, {"x"});
  anew.write({NAN});
  EXPECT_EQ(gradus::load_csv(path).rows(), 1u);
}

TEST(Table, ColumnsAlign) {
  Table table({"layer", "n"});
  table.row({"conv", "320"}).rule().row({"B\xc3\xa4r", "5"});
  EXPECT_EQ(table.to_string(),
            "layer    n\n----------\nconv   320\n----------\nB\xc3\xa4r      5\n");
  EXPECT_THROW(table.row({"x"}), ValueError);
  EXPECT_THROW(Table({}), ValueError);
}

}  // namespace
