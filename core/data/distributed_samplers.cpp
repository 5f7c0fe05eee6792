#include "core/data/distributed_samplers.h"

#include <algorithm>

#include "core/data/shuffle.h"
#include "core/state_number.h"

namespace gradus::data::samplers {

void detail::check_replica(size_t num_replicas, size_t rank) {
  GRADUS_CHECK_VALUE(num_replicas > 0 && rank < num_replicas,
                     "DistributedSampler: rank {} of {} replicas", rank, num_replicas);
}
namespace {

StateDict make_state(size_t size, size_t replicas, size_t epoch, bool used, size_t index) {
  return {{"size", state_number(static_cast<int64_t>(size))},
          {"num_replicas", state_number(static_cast<int64_t>(replicas))},
          {"epoch", state_number(static_cast<int64_t>(epoch))},
          {"epoch_used", state_number(used)},
          {"index", state_number(static_cast<int64_t>(index))}};
}

struct Position {
  size_t epoch;
  bool used;
  size_t index;
};

// `size` is that of the whole, `count` that of this replica's part.
Position read_state(const char* owner, const StateDict& state, size_t size, size_t replicas,
                    size_t count) {
  const auto number = [&](const char* key) { return read_state_number(owner, state, key); };
  GRADUS_CHECK(number("size") == static_cast<int64_t>(size) &&
                   number("num_replicas") == static_cast<int64_t>(replicas),
               "{}: the state is of {} elements and {} replicas, this sampler has {} and {}", owner,
               number("size"), number("num_replicas"), size, replicas);
  const int64_t epoch = number("epoch"), index = number("index");
  GRADUS_CHECK(epoch >= 0 && index >= 0 && static_cast<size_t>(index) <= count,
               "{}: the state has epoch {} and the position {} of {} elements", owner, epoch, index,
               count);
  return {static_cast<size_t>(epoch), number("epoch_used") != 0, static_cast<size_t>(index)};
}

}  // namespace

DistributedRandomSampler::DistributedRandomSampler(size_t size, size_t num_replicas, size_t rank,
                                                   bool allow_duplicates, uint64_t seed)
    : DistributedSampler(size, num_replicas, rank, allow_duplicates), seed_(seed) {}

DistributedRandomSampler::~DistributedRandomSampler() = default;

void DistributedRandomSampler::reset(std::optional<size_t> new_size) {
  size_ = new_size.value_or(size_);
  advance_epoch();
  index_ = 0;
  indices_.clear();
}

// The whole order is drawn in every replica, and each takes its block of it. The duplicates that
// fill up the last block are the first elements, as in libtorch.
void DistributedRandomSampler::draw() {
  const size_t count = local_sample_count();
  std::vector<size_t> all(std::max(size_, num_replicas_ * count));
  for (size_t i = 0; i < all.size(); ++i) all[i] = i % size_;
  Generator stream = Generator::for_sample(seed_, epoch_, size_);
  data::detail::shuffle(all, data::detail::draw_seed(stream));
  const auto begin = all.begin() + static_cast<ptrdiff_t>(rank_ * count);
  indices_.assign(begin, begin + static_cast<ptrdiff_t>(count));
}

std::optional<std::vector<size_t>> DistributedRandomSampler::next(size_t batch_size) {
  const size_t count = local_sample_count();
  epoch_used_ = true;
  if (index_ >= count || batch_size == 0) return std::nullopt;
  if (indices_.size() != count) draw();
  const auto begin = indices_.begin() + static_cast<ptrdiff_t>(index_);
  const size_t taken = std::min(batch_size, count - index_);
  index_ += taken;
  return std::vector<size_t>(begin, begin + static_cast<ptrdiff_t>(taken));
}

StateDict DistributedRandomSampler::state_dict() const {
  StateDict state = make_state(size_, num_replicas_, epoch_, epoch_used_, index_);
  state.insert("seed", state_number(static_cast<int64_t>(seed_)));
  return state;
}

void DistributedRandomSampler::load_state_dict(const StateDict& state) {
  const auto position =
      read_state("DistributedRandomSampler", state, size_, num_replicas_, local_sample_count());
  seed_ = static_cast<uint64_t>(read_state_number("DistributedRandomSampler", state, "seed"));
  epoch_ = position.epoch;
  epoch_used_ = position.used;
  index_ = position.index;
  indices_.clear();
}

DistributedSequentialSampler::DistributedSequentialSampler(size_t size, size_t num_replicas,
                                                           size_t rank, bool allow_duplicates)
    : DistributedSampler(size, num_replicas, rank, allow_duplicates) {}

DistributedSequentialSampler::~DistributedSequentialSampler() = default;

void DistributedSequentialSampler::reset(std::optional<size_t> new_size) {
  size_ = new_size.value_or(size_);
  advance_epoch();
  index_ = 0;
}

std::optional<std::vector<size_t>> DistributedSequentialSampler::next(size_t batch_size) {
  const size_t count = local_sample_count();
  epoch_used_ = true;
  if (index_ >= count || batch_size == 0) return std::nullopt;
  std::vector<size_t> indices(std::min(batch_size, count - index_));
  for (size_t& index : indices) index = (rank_ * count + index_++) % size_;
  return indices;
}

StateDict DistributedSequentialSampler::state_dict() const {
  return make_state(size_, num_replicas_, epoch_, epoch_used_, index_);
}

void DistributedSequentialSampler::load_state_dict(const StateDict& state) {
  const auto position =
      read_state("DistributedSequentialSampler", state, size_, num_replicas_, local_sample_count());
  epoch_ = position.epoch;
  epoch_used_ = position.used;
  index_ = position.index;
}

}  // namespace gradus::data::samplers
