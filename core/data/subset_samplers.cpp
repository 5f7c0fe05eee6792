#include "core/data/subset_samplers.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "core/data/shuffle.h"
#include "core/generator.h"
#include "core/state_number.h"

namespace gradus::data::samplers {
namespace {

// Uniform in (0, 1): number i of the stream.
double uniform(uint64_t seed, size_t i) {
  const PhiloxBlock block = philox4x32({seed, 0}, i / 2);
  const size_t half = 2 * (i % 2);
  return uniform_double(block.v[half], block.v[half + 1]) + 0x1p-54;
}

}  // namespace

DrawnSampler::DrawnSampler(const char* name, size_t count)
    : name_(name), count_(count), seed_(data::detail::draw_seed(default_generator())) {}

DrawnSampler::~DrawnSampler() = default;

void DrawnSampler::reset(std::optional<size_t> new_size) {
  GRADUS_CHECK_VALUE(!new_size || *new_size == count_, "{}: cannot change from {} to {} elements",
                     name_, count_, *new_size);
  index_ = 0;
  seed_ = data::detail::draw_seed(default_generator());
  order_.clear();
}

std::optional<std::vector<size_t>> DrawnSampler::next(size_t batch_size) {
  if (index_ >= count_ || batch_size == 0) return std::nullopt;
  if (order_.empty()) order_ = draw(seed_);
  const auto begin = order_.begin() + static_cast<ptrdiff_t>(index_);
  const size_t taken = std::min(batch_size, count_ - index_);
  index_ += taken;
  return std::vector<size_t>(begin, begin + static_cast<ptrdiff_t>(taken));
}

StateDict DrawnSampler::state_dict() const {
  return {{"size", state_number(static_cast<int64_t>(count_))},
          {"seed", state_number(static_cast<int64_t>(seed_))},
          {"index", state_number(static_cast<int64_t>(index_))}};
}

void DrawnSampler::load_state_dict(const StateDict& state) {
  const size_t index = detail::read_position(name_, state, count_);
  seed_ = static_cast<uint64_t>(read_state_number(name_, state, "seed"));
  index_ = index;
  order_.clear();
}

SubsetRandomSampler::SubsetRandomSampler(std::vector<size_t> indices)
    : DrawnSampler("SubsetRandomSampler", indices.size()), indices_(std::move(indices)) {}

SubsetRandomSampler::~SubsetRandomSampler() = default;

std::vector<size_t> SubsetRandomSampler::draw(uint64_t seed) const {
  std::vector<size_t> order = indices_;
  data::detail::shuffle(order, seed);
  return order;
}

WeightedRandomSampler::WeightedRandomSampler(std::vector<double> weights, size_t num_samples,
                                             bool replacement)
    : DrawnSampler("WeightedRandomSampler", num_samples),
      weights_(std::move(weights)),
      num_samples_(num_samples),
      replacement_(replacement) {
  double sum = 0;
  size_t positive = 0;
  for (const double weight : weights_) {
    GRADUS_CHECK_VALUE(weight >= 0 && std::isfinite(weight),
                       "WeightedRandomSampler: a weight must be finite and not negative, got {}",
                       weight);
    sum += weight;
    positive += weight > 0;
  }
  GRADUS_CHECK_VALUE(sum > 0 && std::isfinite(sum),
                     "WeightedRandomSampler: the weights add up to {}", sum);
  GRADUS_CHECK_VALUE(replacement || num_samples <= positive,
                     "WeightedRandomSampler: {} samples without replacement of {} elements with a "
                     "positive weight",
                     num_samples, positive);
}

WeightedRandomSampler::~WeightedRandomSampler() = default;

std::vector<size_t> WeightedRandomSampler::draw(uint64_t seed) const {
  std::vector<size_t> order;
  if (replacement_) {
    std::vector<double> ends(weights_.size());
    std::partial_sum(weights_.begin(), weights_.end(), ends.begin());
    order.reserve(num_samples_);
    for (size_t i = 0; i < num_samples_; ++i) {
      const double x = uniform(seed, i) * ends.back();
      // An element of weight 0 ends where it begins, so upper_bound() passes it by. x may round up
      // to the sum.
      auto at = std::upper_bound(ends.begin(), ends.end(), x);
      if (at == ends.end()) at = std::lower_bound(ends.begin(), ends.end(), ends.back());
      order.push_back(static_cast<size_t>(at - ends.begin()));
    }
    return order;
  }
  // Exponentially distributed arrival times with the weights as rates: the first num_samples.
  std::vector<std::pair<double, size_t>> arrivals;
  for (size_t i = 0; i < weights_.size(); ++i) {
    if (weights_[i] > 0) arrivals.emplace_back(-std::log(uniform(seed, i)) / weights_[i], i);
  }
  std::partial_sort(arrivals.begin(), arrivals.begin() + static_cast<ptrdiff_t>(num_samples_),
                    arrivals.end());
  for (size_t i = 0; i < num_samples_; ++i) order.push_back(arrivals[i].second);
  return order;
}

StratifiedSampler::StratifiedSampler(std::vector<int64_t> labels)
    : DrawnSampler("StratifiedSampler", labels.size()), labels_(std::move(labels)) {}

StratifiedSampler::StratifiedSampler(const Tensor& labels)
    : StratifiedSampler([&] {
        GRADUS_CHECK_VALUE(labels.dim() == 1, "StratifiedSampler: expected labels [N], got {}",
                           labels.sizes());
        const Tensor plain = labels.contiguous();
        const int64_t* values = plain.data_ptr<int64_t>();
        return std::vector<int64_t>(values, values + plain.numel());
      }()) {}

StratifiedSampler::~StratifiedSampler() = default;

// Element j of the n of a class, in random order, stands at a random place within the j-th n-th of
// the epoch.
std::vector<size_t> StratifiedSampler::draw(uint64_t seed) const {
  std::map<int64_t, std::vector<size_t>> classes;
  for (size_t i = 0; i < labels_.size(); ++i) classes[labels_[i]].push_back(i);
  std::vector<std::pair<double, size_t>> places;
  places.reserve(labels_.size());
  uint64_t stream = seed;
  for (auto& [label, members] : classes) {
    data::detail::shuffle(members, ++stream);
    const double size = static_cast<double>(members.size());
    for (size_t j = 0; j < members.size(); ++j) {
      places.emplace_back((static_cast<double>(j) + uniform(seed, members[j])) / size, members[j]);
    }
  }
  std::sort(places.begin(), places.end());
  std::vector<size_t> order;
  order.reserve(places.size());
  for (const auto& [place, index] : places) order.push_back(index);
  return order;
}

}  // namespace gradus::data::samplers
