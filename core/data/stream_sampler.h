#pragma once

#include <cstddef>
#include <optional>

#include "core/data/samplers.h"

namespace gradus::data::samplers {

/// Base of batch requests of your own, for samplers whose datasets are not asked for indices.
struct GRADUS_API CustomBatchRequest {
  CustomBatchRequest();
  CustomBatchRequest(const CustomBatchRequest&);
  CustomBatchRequest(CustomBatchRequest&&) noexcept;
  CustomBatchRequest& operator=(const CustomBatchRequest&);
  CustomBatchRequest& operator=(CustomBatchRequest&&) noexcept;
  virtual ~CustomBatchRequest();
  /// The number of elements that are asked for.
  virtual size_t size() const = 0;
};

/// Asks for a number of elements, whichever come next.
struct GRADUS_API BatchSize : public CustomBatchRequest {
  explicit BatchSize(size_t size);
  ~BatchSize() override;
  size_t size() const noexcept override { return size_; }
  operator size_t() const noexcept { return size_; }

  size_t size_;
};

/// The sampler of a StreamDataset: batches until `epoch_size` elements were asked for.
class GRADUS_API StreamSampler : public Sampler<BatchSize> {
 public:
  explicit StreamSampler(size_t epoch_size);
  ~StreamSampler() override;

  void reset(std::optional<size_t> new_size = std::nullopt) override;
  std::optional<BatchSize> next(size_t batch_size) override;

  /// The number of elements asked for, and the size of the epoch. A loader that is resumed counts
  /// on; the stream itself goes on where it is.
  StateDict state_dict() const override;
  void load_state_dict(const StateDict& state) override;

 private:
  size_t examples_retrieved_so_far_ = 0;
  size_t epoch_size_;
};

}  // namespace gradus::data::samplers
