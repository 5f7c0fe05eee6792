#include "core/data/composed_datasets.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>
#include <numeric>

#include "core/data/shuffle.h"

namespace gradus::data::datasets::detail {

struct Mutex::Impl {
  std::mutex mutex;
};
Mutex::Mutex() : impl_(std::make_unique<Impl>()) {}
Mutex::~Mutex() = default;
Lock::Lock(Mutex& mutex) : mutex_(mutex) {
  mutex.impl_->mutex.lock();
}
Lock::~Lock() {
  mutex_.impl_->mutex.unlock();
}

void check_subset(ArrayRef<size_t> indices, size_t size) {
  for (const size_t index : indices) {
    GRADUS_CHECK_INDEX(index < size, "dataset: index {} is out of range for {} elements", index,
                       size);
  }
}

std::vector<std::vector<size_t>> split_indices(size_t size, const std::vector<size_t>& lengths,
                                               Generator generator) {
  size_t sum = 0;
  bool fits = true;
  for (const size_t length : lengths) fits &= !__builtin_add_overflow(sum, length, &sum);
  GRADUS_CHECK_VALUE(fits && sum == size,
                     "random_split: the lengths add up to {}, the dataset has {} elements", sum,
                     size);
  std::vector<size_t> order(size);
  std::iota(order.begin(), order.end(), size_t{0});
  data::detail::shuffle(order, data::detail::draw_seed(generator));
  std::vector<std::vector<size_t>> parts;
  auto begin = order.begin();
  for (const size_t length : lengths) {
    const auto end = begin + static_cast<ptrdiff_t>(length);
    parts.emplace_back(begin, end);
    begin = end;
  }
  return parts;
}

std::vector<size_t> split_lengths(size_t size, const std::vector<double>& fractions) {
  double sum = 0;
  for (const double fraction : fractions) {
    GRADUS_CHECK_VALUE(fraction >= 0 && fraction <= 1,
                       "random_split: a fraction must be from 0 to 1, got {}", fraction);
    sum += fraction;
  }
  GRADUS_CHECK_VALUE(std::abs(sum - 1) < 1e-6, "random_split: the fractions add up to {}, not to 1",
                     sum);
  std::vector<size_t> lengths;
  size_t used = 0;
  for (const double fraction : fractions) {
    // 0.29 * 100 is a little below 29.
    const double exact = std::floor(fraction * static_cast<double>(size) + 1e-6);
    lengths.push_back(std::min(static_cast<size_t>(exact), size - used));
    used += lengths.back();
  }
  for (size_t i = 0; used < size; i = (i + 1) % lengths.size(), ++used) ++lengths[i];
  return lengths;
}

std::vector<std::vector<size_t>> stratified_indices(const Tensor& labels,
                                                    const std::vector<double>& fractions,
                                                    Generator generator) {
  const Tensor plain = labels.contiguous();
  const int64_t* values = plain.data_ptr<int64_t>();
  std::map<int64_t, std::vector<size_t>> classes;
  for (int64_t i = 0; i < plain.numel(); ++i) classes[values[i]].push_back(static_cast<size_t>(i));
  std::vector<std::vector<size_t>> parts(fractions.size());
  for (const auto& [label, members] : classes) {
    const auto split =
        split_indices(members.size(), split_lengths(members.size(), fractions), generator);
    for (size_t i = 0; i < parts.size(); ++i) {
      for (const size_t position : split[i]) parts[i].push_back(members[position]);
    }
  }
  for (auto& part : parts) data::detail::shuffle(part, data::detail::draw_seed(generator));
  return parts;
}

}  // namespace gradus::data::datasets::detail
