#include "core/data/samplers.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "core/error.h"
#include "core/generator.h"
#include "core/state_number.h"

namespace gradus::data::samplers {
namespace {

uint64_t draw_seed() {
  const PhiloxBlock block = philox4x32(default_generator().reserve(1), 0);
  return uint64_t{block.v[0]} << 32 | block.v[1];
}

// A number below n from 64 random bits: the upper half of their product.
uint64_t below(uint64_t n, uint32_t high, uint32_t low) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<uint64_t>(Wide{uint64_t{high} << 32 | low} * n >> 64);
}

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

}  // namespace

RandomSampler::RandomSampler(int64_t size, Dtype index_dtype) : size_(static_cast<size_t>(size)) {
  GRADUS_CHECK_VALUE(size >= 0, "RandomSampler: the size must not be negative, got {}", size);
  GRADUS_CHECK_TYPE(is_integral(index_dtype, /*include_bool=*/false),
                    "RandomSampler: index_dtype must be an integer type, got {}", index_dtype);
  seed_ = draw_seed();
}

RandomSampler::~RandomSampler() = default;

void RandomSampler::reset(std::optional<size_t> new_size) {
  size_ = new_size.value_or(size_);
  index_ = 0;
  seed_ = draw_seed();
  indices_.clear();
}

// Fisher and Yates's shuffle: each order is equally likely.
void RandomSampler::shuffle() {
  indices_.resize(size_);
  std::iota(indices_.begin(), indices_.end(), size_t{0});
  PhiloxBlock block{};
  for (size_t i = size_; i > 1; --i) {
    const size_t half = (size_ - i) % 2;
    if (half == 0) block = philox4x32({seed_, 0}, (size_ - i) / 2);
    std::swap(indices_[i - 1], indices_[below(i, block.v[2 * half], block.v[2 * half + 1])]);
  }
}

std::optional<std::vector<size_t>> RandomSampler::next(size_t batch_size) {
  if (index_ >= size_ || batch_size == 0) return std::nullopt;
  if (indices_.size() != size_) shuffle();
  const auto begin = indices_.begin() + static_cast<ptrdiff_t>(index_);
  const size_t count = std::min(batch_size, size_ - index_);
  index_ += count;
  return std::vector<size_t>(begin, begin + static_cast<ptrdiff_t>(count));
}

StateDict RandomSampler::state_dict() const {
  return {{"size", state_number(static_cast<int64_t>(size_))},
          {"seed", state_number(static_cast<int64_t>(seed_))},
          {"index", state_number(static_cast<int64_t>(index_))}};
}

void RandomSampler::load_state_dict(const StateDict& state) {
  const size_t index = read_position("RandomSampler", state, size_);
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
