#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/array_ref.h"
#include "core/dtype.h"
#include "core/export.h"
#include "core/state.h"

namespace gradus::data::samplers {

namespace detail {
// The position in the epoch of a sampler of `size` elements, from its state.
size_t read_position(const char* owner, const StateDict& state, size_t size);
}  // namespace detail

/// Says which elements make up the next batch. One of your own overrides reset() and next(), and
/// state_dict() and load_state_dict() if runs are to be resumed in the middle of an epoch.
template <class BatchRequest = std::vector<size_t>>
class Sampler : public Stateful {
 public:
  using BatchRequestType = BatchRequest;

  /// Begins a new epoch, with another number of elements where one is given.
  virtual void reset(std::optional<size_t> new_size) = 0;
  /// The next batch: `batch_size` elements, fewer at the end of the epoch, then nothing.
  virtual std::optional<BatchRequest> next(size_t batch_size) = 0;

  /// @throws NotImplementedError unless overridden
  StateDict state_dict() const override {
    throw NotImplementedError("this sampler does not override state_dict()");
  }
  void load_state_dict(const StateDict&) override {
    throw NotImplementedError("this sampler does not override load_state_dict()");
  }
};

/// Every element once per epoch, in random order. Each epoch takes one number from the default
/// generator; the order is a function of that number.
class GRADUS_API RandomSampler : public Sampler<> {
 public:
  /// `index_dtype` is accepted for source compatibility. @throws ValueError for a negative size
  explicit RandomSampler(int64_t size, Dtype index_dtype = kInt64);
  /// Python's: with replacement each element is drawn from all; `num_samples` elements make an
  /// epoch, by default as many as there are.
  /// @throws ValueError for a negative number, or samples of nothing
  RandomSampler(int64_t size, bool replacement, std::optional<int64_t> num_samples = std::nullopt);
  ~RandomSampler() override;

  void reset(std::optional<size_t> new_size = std::nullopt) override;
  std::optional<std::vector<size_t>> next(size_t batch_size) override;

  /// The number of elements given out in this epoch.
  size_t index() const noexcept { return index_; }

  /// Size, order and position; a state of another size is refused.
  StateDict state_dict() const override;
  void load_state_dict(const StateDict& state) override;

 private:
  void draw();

  size_t size_;
  size_t num_samples_ = 0;  // in an epoch
  bool replacement_ = false;
  size_t index_ = 0;
  uint64_t seed_ = 0;            // of this epoch's order
  std::vector<size_t> indices_;  // empty until next() needs it
};

/// Every element once per epoch, in order.
class GRADUS_API SequentialSampler : public Sampler<> {
 public:
  explicit SequentialSampler(size_t size);
  ~SequentialSampler() override;

  void reset(std::optional<size_t> new_size = std::nullopt) override;
  std::optional<std::vector<size_t>> next(size_t batch_size) override;

  /// The number of elements given out in this epoch.
  size_t index() const noexcept { return index_; }

  /// Size and position; a state of another size is refused.
  StateDict state_dict() const override;
  void load_state_dict(const StateDict& state) override;

 private:
  size_t size_;
  size_t index_ = 0;
};

}  // namespace gradus::data::samplers
