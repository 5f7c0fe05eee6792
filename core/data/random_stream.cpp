#include "core/data/random_stream.h"

#include <utility>

namespace gradus::data::detail {
namespace {

constinit thread_local BatchScope* current_batch = nullptr;

// Batches have the upper half of the indices, which no sample reaches.
constexpr uint64_t kBatches = uint64_t{1} << 63;

}  // namespace

BatchScope::BatchScope(uint64_t seed, uint64_t epoch, uint64_t number, ArrayRef<size_t> indices)
    : seed_(seed),
      epoch_(epoch),
      indices_(indices),
      stream_(0),
      outer_(std::exchange(current_batch, this)),
      guard_(Generator::for_sample(seed, epoch, kBatches | number)) {}

BatchScope::~BatchScope() {
  current_batch = outer_;
}

SampleScope::SampleScope(size_t position, size_t count) : position_(position) {
  BatchScope* batch = current_batch;
  if (batch == nullptr || batch->in_sample_ || count != batch->indices_.size()) return;
  batch_ = batch;
  if (batch->states_.empty()) {
    batch->states_.reserve(count);
    for (const size_t index : batch->indices_) {
      batch->states_.push_back(
          Generator::for_sample(batch->seed_, batch->epoch_, index).get_state());
    }
  }
  batch->in_sample_ = true;
  batch->current_index_ = batch->indices_[position];
  batch->stream_.set_state(batch->states_[position]);
  guard_.emplace(batch->stream_);
}

SampleScope::~SampleScope() {
  if (batch_ == nullptr) return;
  batch_->states_[position_] = batch_->stream_.get_state();
  batch_->in_sample_ = false;
}

}  // namespace gradus::data::detail
