#include "core/data/samplers.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "core/data/shuffle.h"
#include "core/error.h"
#include "core/generator.h"
#include "core/state_number.h"

namespace gradus::data::samplers {
namespace {

using data::detail::below;
using data::detail::draw_seed;
using data::detail::shuffle;

constexpr int64_t kMostSamples = int64_t{1} << 40;

}  // namespace

namespace detail {

// The position in the epoch of a sampler of `size` elements.
size_t read_position(const char* owner, const StateDict& state, size_t size) {
  const int64_t saved_size = read_state_number(owner, state, "size");
  GRADUS_CHECK(saved_size >= 0 && static_cast<size_t>(saved_size) == size,
               "{}: the state is of {} elements, this sampler has {}", owner, saved_size, size);
  const int64_t index = read_state_number(owner, state, "index");
  GRADUS_CHECK(index >= 0 && static_cast<size_t>(index) <= size,
               "{}: the state has the position {} of {} elements", owner, index, size);
  return static_cast<size_t>(index);
}

}  // namespace detail

using detail::read_position;

RandomSampler::RandomSampler(int64_t size, Dtype index_dtype) : size_(static_cast<size_t>(size)) {
  GRADUS_CHECK_VALUE(size >= 0, "RandomSampler: the size must not be negative, got {}", size);
  GRADUS_CHECK_TYPE(is_integral(index_dtype, /*include_bool=*/false),
                    "RandomSampler: index_dtype must be an integer type, got {}", index_dtype);
  num_samples_ = size_;
  seed_ = draw_seed(default_generator());
}

RandomSampler::RandomSampler(int64_t size, bool replacement, std::optional<int64_t> num_samples)
    : RandomSampler(size) {
  const int64_t count = num_samples.value_or(size);
  GRADUS_CHECK_VALUE(count >= 0 && count <= kMostSamples && (size > 0 || count == 0),
                     "RandomSampler: cannot draw {} samples of {} elements", count, size);
  replacement_ = replacement;
  num_samples_ = static_cast<size_t>(count);
}

RandomSampler::~RandomSampler() = default;

void RandomSampler::reset(std::optional<size_t> new_size) {
  if (new_size) {
    if (num_samples_ == size_) num_samples_ = *new_size;
    size_ = *new_size;
    if (size_ == 0) num_samples_ = 0;
  }
  index_ = 0;
  seed_ = draw_seed(default_generator());
  indices_.clear();
}

void RandomSampler::draw() {
  if (replacement_) {
    indices_.resize(num_samples_);
    for (size_t i = 0; i < num_samples_; ++i) {
      const PhiloxBlock block = philox4x32({seed_, 0}, i / 2);
      indices_[i] = below(size_, block.v[2 * (i % 2)], block.v[2 * (i % 2) + 1]);
    }
    return;
  }
  indices_.resize(size_);
  std::iota(indices_.begin(), indices_.end(), size_t{0});
  shuffle(indices_, seed_);
  // Beyond one round Python's sampler goes round again, in another order.
  std::vector<size_t> round = indices_;
  for (uint64_t i = 1; size_ > 0 && indices_.size() < num_samples_; ++i) {
    shuffle(round, seed_ + i);
    indices_.insert(indices_.end(), round.begin(), round.end());
  }
  indices_.resize(num_samples_);
}

std::optional<std::vector<size_t>> RandomSampler::next(size_t batch_size) {
  if (index_ >= num_samples_ || batch_size == 0) return std::nullopt;
  if (indices_.size() != num_samples_) draw();
  const auto begin = indices_.begin() + static_cast<ptrdiff_t>(index_);
  const size_t count = std::min(batch_size, num_samples_ - index_);
  index_ += count;
  return std::vector<size_t>(begin, begin + static_cast<ptrdiff_t>(count));
}

StateDict RandomSampler::state_dict() const {
  return {{"size", state_number(static_cast<int64_t>(num_samples_))},
          {"seed", state_number(static_cast<int64_t>(seed_))},
          {"index", state_number(static_cast<int64_t>(index_))}};
}

void RandomSampler::load_state_dict(const StateDict& state) {
  const size_t index = read_position("RandomSampler", state, num_samples_);
  seed_ = static_cast<uint64_t>(read_state_number("RandomSampler", state, "seed"));
  index_ = index;
  indices_.clear();
}

SequentialSampler::SequentialSampler(size_t size) : size_(size) {}

SequentialSampler::~SequentialSampler() = default;

void SequentialSampler::reset(std::optional<size_t> new_size) {
  size_ = new_size.value_or(size_);
  index_ = 0;
}

std::optional<std::vector<size_t>> SequentialSampler::next(size_t batch_size) {
  if (index_ >= size_ || batch_size == 0) return std::nullopt;
  std::vector<size_t> indices(std::min(batch_size, size_ - index_));
  std::iota(indices.begin(), indices.end(), index_);
  index_ += indices.size();
  return indices;
}

StateDict SequentialSampler::state_dict() const {
  return {{"size", state_number(static_cast<int64_t>(size_))},
          {"index", state_number(static_cast<int64_t>(index_))}};
}

void SequentialSampler::load_state_dict(const StateDict& state) {
  index_ = read_position("SequentialSampler", state, size_);
}

}  // namespace gradus::data::samplers
