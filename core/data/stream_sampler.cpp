#include "core/data/stream_sampler.h"

#include <algorithm>

#include "core/state_number.h"

namespace gradus::data::samplers {

CustomBatchRequest::CustomBatchRequest() = default;
CustomBatchRequest::CustomBatchRequest(const CustomBatchRequest&) = default;
CustomBatchRequest::CustomBatchRequest(CustomBatchRequest&&) noexcept = default;
CustomBatchRequest& CustomBatchRequest::operator=(const CustomBatchRequest&) = default;
CustomBatchRequest& CustomBatchRequest::operator=(CustomBatchRequest&&) noexcept = default;
CustomBatchRequest::~CustomBatchRequest() = default;

BatchSize::BatchSize(size_t size) : size_(size) {}
BatchSize::~BatchSize() = default;

StreamSampler::StreamSampler(size_t epoch_size) : epoch_size_(epoch_size) {}
StreamSampler::~StreamSampler() = default;

void StreamSampler::reset(std::optional<size_t> new_size) {
  epoch_size_ = new_size.value_or(epoch_size_);
  examples_retrieved_so_far_ = 0;
}

std::optional<BatchSize> StreamSampler::next(size_t batch_size) {
  if (examples_retrieved_so_far_ >= epoch_size_ || batch_size == 0) return std::nullopt;
  const size_t count = std::min(batch_size, epoch_size_ - examples_retrieved_so_far_);
  examples_retrieved_so_far_ += count;
  return BatchSize(count);
}

StateDict StreamSampler::state_dict() const {
  return {{"size", state_number(static_cast<int64_t>(epoch_size_))},
          {"index", state_number(static_cast<int64_t>(examples_retrieved_so_far_))}};
}

void StreamSampler::load_state_dict(const StateDict& state) {
  examples_retrieved_so_far_ = detail::read_position("StreamSampler", state, epoch_size_);
}

}  // namespace gradus::data::samplers
