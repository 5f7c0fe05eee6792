#include "core/watch/metrics.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "core/error.h"
#include "core/factory.h"
#include "core/state_number.h"

namespace gradus::watch {
namespace {

constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

struct Batch {
  int64_t rows, classes;  // classes is 0 where the predictions are classes already
  Tensor scores, target;  // float64 or int64; int64
};

Batch checked(const char* name, const Tensor& scores, const Tensor& target) {
  GRADUS_CHECK_TYPE(is_integral(target.dtype(), /*include_bool=*/true),
                    "{}: expected a target of integers, got {}", name, target.dtype());
  GRADUS_CHECK_VALUE(target.dim() == 1 && (scores.dim() == 1 || scores.dim() == 2) &&
                         scores.size(0) == target.size(0),
                     "{}: expected scores [N, C] or classes [N] and a target [N], got {} and {}",
                     name, scores.sizes(), target.sizes());
  Batch batch;
  batch.rows = target.size(0);
  batch.classes = scores.dim() == 2 ? scores.size(1) : 0;
  GRADUS_CHECK_VALUE(scores.dim() == 1 || batch.classes > 0, "{}: there are no classes", name);
  GRADUS_CHECK_TYPE(scores.dim() == 2 || is_integral(scores.dtype(), /*include_bool=*/true),
                    "{}: expected predicted classes as integers, got {}", name, scores.dtype());
  batch.scores = scores.detach().to(scores.dim() == 2 ? kDouble : kLong).contiguous();
  batch.target = target.detach().to(kLong).contiguous();
  return batch;
}

// How many classes rank before class t.
int64_t rank_of(const double* scores, int64_t classes, int64_t t) {
  int64_t rank = 0;
  for (int64_t c = 0; c < classes; ++c) {
    // NaN ranks before everything, as in argmax.
    const bool higher = scores[c] > scores[t] || (std::isnan(scores[c]) && !std::isnan(scores[t]));
    const bool equal = scores[c] == scores[t] || (std::isnan(scores[c]) && std::isnan(scores[t]));
    rank += higher || (equal && c < t);
  }
  return rank;
}

int64_t best_of(const double* scores, int64_t classes) {
  int64_t best = 0;
  for (int64_t c = 1; c < classes; ++c) {
    if (std::isnan(scores[best])) break;
    if (scores[c] > scores[best] || std::isnan(scores[c])) best = c;
  }
  return best;
}

double ratio(int64_t part, int64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

Tensor doubles(const std::vector<double>& values) {
  return state_reals(values);
}

}  // namespace

RunningMean::~RunningMean() = default;

void RunningMean::update(double value, double weight) {
  GRADUS_CHECK_VALUE(weight >= 0 && std::isfinite(weight),
                     "RunningMean: a weight must be finite and not negative, got {}", weight);
  if (weight == 0) return;
  weight_ += weight;
  const double step = value - mean_;
  mean_ += step * (weight / weight_);
  squares_ += weight * step * (value - mean_);
}

double RunningMean::mean() const {
  return weight_ > 0 ? mean_ : kNothing;
}
double RunningMean::variance() const {
  return weight_ > 0 ? squares_ / weight_ : kNothing;
}
void RunningMean::reset() {
  weight_ = mean_ = squares_ = 0;
}

StateDict RunningMean::state_dict() const {
  return {{"values", state_reals({weight_, mean_, squares_})}};
}
void RunningMean::load_state_dict(const StateDict& state) {
  const std::vector<double> values = read_state_reals("RunningMean", state, "values", 3);
  weight_ = values[0];
  mean_ = values[1];
  squares_ = values[2];
}

ExponentialMean::ExponentialMean(double decay) : decay_(decay) {
  GRADUS_CHECK_VALUE(decay >= 0 && decay < 1, "ExponentialMean: decay must be in [0, 1), got {}",
                     decay);
}
ExponentialMean::~ExponentialMean() = default;

void ExponentialMean::update(double value) {
  mean_ = decay_ * mean_ + (1 - decay_) * value;
  power_ *= decay_;
}
double ExponentialMean::mean() const {
  return power_ < 1 ? mean_ / (1 - power_) : kNothing;
}

StateDict ExponentialMean::state_dict() const {
  return {{"values", state_reals({mean_, power_})}};
}
void ExponentialMean::load_state_dict(const StateDict& state) {
  const std::vector<double> values = read_state_reals("ExponentialMean", state, "values", 2);
  mean_ = values[0];
  power_ = values[1];
}

Accuracy::Accuracy(int64_t k) : k_(k) {
  GRADUS_CHECK_VALUE(k >= 1, "Accuracy: k must be at least 1, got {}", k);
}
Accuracy::~Accuracy() = default;

void Accuracy::update(const Tensor& scores, const Tensor& target) {
  const Batch batch = checked("Accuracy", scores, target);
  GRADUS_CHECK_VALUE(batch.classes > 0 || k_ == 1,
                     "Accuracy: the {} best need scores [N, C], got classes {}", k_,
                     scores.sizes());
  const int64_t* t = batch.target.data_ptr<int64_t>();
  int64_t correct = 0;
  for (int64_t i = 0; i < batch.rows; ++i) {
    if (batch.classes == 0) {
      correct += batch.scores.data_ptr<int64_t>()[i] == t[i];
    } else if (t[i] >= 0 && t[i] < batch.classes) {
      const double* row = batch.scores.data_ptr<double>() + i * batch.classes;
      correct += rank_of(row, batch.classes, t[i]) < k_;
    }
  }
  correct_ += correct;
  count_ += batch.rows;
}

double Accuracy::value() const {
  return count_ > 0 ? ratio(correct_, count_) : kNothing;
}
void Accuracy::reset() {
  correct_ = count_ = 0;
}

StateDict Accuracy::state_dict() const {
  return {{"correct", state_number(correct_)}, {"count", state_number(count_)}};
}
void Accuracy::load_state_dict(const StateDict& state) {
  const int64_t correct = read_state_number("Accuracy", state, "correct");
  count_ = read_state_number("Accuracy", state, "count");
  correct_ = correct;
}

ConfusionMatrix::ConfusionMatrix(int64_t classes) : classes_(classes) {
  GRADUS_CHECK_VALUE(classes >= 1 && classes <= 65'536,
                     "ConfusionMatrix: expected 1 to 65536 classes, got {}", classes);
  counts_.resize(static_cast<size_t>(classes * classes));
}
ConfusionMatrix::~ConfusionMatrix() = default;

void ConfusionMatrix::update(const Tensor& scores, const Tensor& target) {
  const Batch batch = checked("ConfusionMatrix", scores, target);
  GRADUS_CHECK_VALUE(batch.classes == 0 || batch.classes == classes_,
                     "ConfusionMatrix: expected scores of {} classes, got {}", classes_,
                     scores.sizes());
  std::vector<size_t> cells(static_cast<size_t>(batch.rows));
  for (int64_t i = 0; i < batch.rows; ++i) {
    const int64_t t = batch.target.data_ptr<int64_t>()[i];
    const int64_t p = batch.classes == 0
                          ? batch.scores.data_ptr<int64_t>()[i]
                          : best_of(batch.scores.data_ptr<double>() + i * classes_, classes_);
    GRADUS_CHECK_INDEX(t >= 0 && t < classes_ && p >= 0 && p < classes_,
                       "ConfusionMatrix: class {} taken for {}, there are {}", t, p, classes_);
    cells[static_cast<size_t>(i)] = static_cast<size_t>(t * classes_ + p);
  }
  for (const size_t cell : cells) ++counts_[cell];
}

Tensor ConfusionMatrix::matrix() const {
  Tensor matrix = empty({classes_, classes_}, kLong);
  std::copy(counts_.begin(), counts_.end(), matrix.data_ptr<int64_t>());
  return matrix;
}

namespace {
// Of class c: how often it was right, predicted, and there.
struct ClassCounts {
  int64_t right = 0, predicted = 0, there = 0;
};
std::vector<ClassCounts> class_counts(const std::vector<int64_t>& counts, int64_t classes) {
  std::vector<ClassCounts> result(static_cast<size_t>(classes));
  for (int64_t t = 0; t < classes; ++t) {
    for (int64_t p = 0; p < classes; ++p) {
      const int64_t count = counts[static_cast<size_t>(t * classes + p)];
      result[static_cast<size_t>(t)].there += count;
      result[static_cast<size_t>(p)].predicted += count;
      if (t == p) result[static_cast<size_t>(t)].right = count;
    }
  }
  return result;
}
}  // namespace

double ConfusionMatrix::accuracy() const {
  int64_t right = 0, all = 0;
  for (const ClassCounts& c : class_counts(counts_, classes_)) {
    right += c.right;
    all += c.there;
  }
  return all > 0 ? ratio(right, all) : kNothing;
}

Tensor ConfusionMatrix::precision() const {
  std::vector<double> values;
  for (const ClassCounts& c : class_counts(counts_, classes_)) {
    values.push_back(ratio(c.right, c.predicted));
  }
  return doubles(values);
}

Tensor ConfusionMatrix::recall() const {
  std::vector<double> values;
  for (const ClassCounts& c : class_counts(counts_, classes_)) {
    values.push_back(ratio(c.right, c.there));
  }
  return doubles(values);
}

Tensor ConfusionMatrix::f1() const {
  std::vector<double> values;
  for (const ClassCounts& c : class_counts(counts_, classes_)) {
    values.push_back(ratio(2 * c.right, c.predicted + c.there));
  }
  return doubles(values);
}

double ConfusionMatrix::macro_f1() const {
  RunningMean mean;
  for (const ClassCounts& c : class_counts(counts_, classes_)) {
    if (c.predicted + c.there > 0) mean.update(ratio(2 * c.right, c.predicted + c.there));
  }
  return mean.mean();
}

double ConfusionMatrix::micro_f1() const {
  return accuracy();
}

void ConfusionMatrix::reset() {
  std::fill(counts_.begin(), counts_.end(), 0);
}

std::string ConfusionMatrix::to_string(const std::vector<std::string>& names) const {
  GRADUS_CHECK_VALUE(names.empty() || static_cast<int64_t>(names.size()) == classes_,
                     "ConfusionMatrix: {} names for {} classes", names.size(), classes_);
  const auto name = [&](int64_t c) {
    return names.empty() ? fmt::format("{}", c) : names[static_cast<size_t>(c)];
  };
  size_t width = 1;
  for (int64_t c = 0; c < classes_; ++c) width = std::max(width, name(c).size());
  for (const int64_t count : counts_) width = std::max(width, fmt::format("{}", count).size());
  const auto row = [&](const std::string& head, auto&& cell) {
    std::string line = fmt::format("{:>{}} |", head, width);
    for (int64_t c = 0; c < classes_; ++c) line += fmt::format(" {:>{}}", cell(c), width);
    return line + "\n";
  };
  std::string text = row("", name);
  text += std::string(width + 1, '-') + "+" +
          std::string((width + 1) * static_cast<size_t>(classes_), '-') + "\n";
  for (int64_t t = 0; t < classes_; ++t) {
    text += row(name(t), [&](int64_t p) { return counts_[static_cast<size_t>(t * classes_ + p)]; });
  }
  return text;
}

StateDict ConfusionMatrix::state_dict() const {
  return {{"counts", matrix()}};
}
void ConfusionMatrix::load_state_dict(const StateDict& state) {
  check_state_keys("ConfusionMatrix", state, {"counts"});
  const Tensor counts = state["counts"].contiguous();
  GRADUS_CHECK_VALUE(counts.dtype() == kLong && counts.dim() == 2 && counts.size(0) == classes_ &&
                         counts.size(1) == classes_,
                     "ConfusionMatrix: the state is of shape {}, expected {} classes",
                     counts.sizes(), classes_);
  const int64_t* begin = counts.data_ptr<int64_t>();
  counts_.assign(begin, begin + counts.numel());
}

Auroc::~Auroc() = default;

void Auroc::update(const Tensor& scores, const Tensor& target) {
  GRADUS_CHECK_VALUE(scores.dim() == 1 && scores.sizes() == target.sizes(),
                     "Auroc: expected scores [N] and a target [N], got {} and {}", scores.sizes(),
                     target.sizes());
  GRADUS_CHECK_TYPE(is_integral(target.dtype(), /*include_bool=*/true),
                    "Auroc: expected a target of integers, got {}", target.dtype());
  const Tensor s = scores.detach().to(kFloat).contiguous();
  const Tensor t = target.detach().to(kLong).contiguous();
  std::vector<std::pair<float, bool>> added;
  for (int64_t i = 0; i < s.numel(); ++i) {
    const float score = s.data_ptr<float>()[i];
    const int64_t label = t.data_ptr<int64_t>()[i];
    GRADUS_CHECK_VALUE(!std::isnan(score) && (label == 0 || label == 1),
                       "Auroc: sample {} has the score {} and the label {}", i, score, label);
    added.emplace_back(score, label == 1);
  }
  samples_.insert(samples_.end(), added.begin(), added.end());
}

// Mann and Whitney's statistic from the ranks of the positive samples.
double Auroc::value() const {
  auto sorted = samples_;
  std::sort(sorted.begin(), sorted.end());
  double wins = 0, negatives = 0, positives = 0;
  for (size_t i = 0; i < sorted.size();) {
    double equal_negatives = 0, equal_positives = 0;
    const float score = sorted[i].first;
    for (; i < sorted.size() && sorted[i].first == score; ++i) {
      (sorted[i].second ? equal_positives : equal_negatives) += 1;
    }
    wins += equal_positives * (negatives + equal_negatives / 2);
    negatives += equal_negatives;
    positives += equal_positives;
  }
  return negatives > 0 && positives > 0 ? wins / (negatives * positives) : kNothing;
}

void Auroc::reset() {
  samples_.clear();
}

StateDict Auroc::state_dict() const {
  Tensor scores = empty({static_cast<int64_t>(samples_.size())}, kFloat);
  Tensor labels = empty({static_cast<int64_t>(samples_.size())}, kBool);
  for (size_t i = 0; i < samples_.size(); ++i) {
    scores.data_ptr<float>()[i] = samples_[i].first;
    labels.data_ptr<bool>()[i] = samples_[i].second;
  }
  return {{"scores", scores}, {"labels", labels}};
}
void Auroc::load_state_dict(const StateDict& state) {
  check_state_keys("Auroc", state, {"scores", "labels"});
  Auroc loaded;
  loaded.update(state["scores"], state["labels"]);
  samples_ = std::move(loaded.samples_);
}

}  // namespace gradus::watch
