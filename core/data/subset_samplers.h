#pragma once

// Samplers of Python's PyTorch over chosen or weighted elements.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "core/data/samplers.h"

namespace gradus::data::samplers {

/// Base of samplers that draw a whole epoch in advance: the order is a function of one number that
/// each epoch takes from the default generator.
class GRADUS_API DrawnSampler : public Sampler<> {
 public:
  ~DrawnSampler() override;

  /// @throws ValueError for a new size: these samplers cannot change it
  void reset(std::optional<size_t> new_size = std::nullopt) override;
  std::optional<std::vector<size_t>> next(size_t batch_size) override;

  /// The number of elements given out in this epoch.
  size_t index() const noexcept { return index_; }

  /// Size, order and position; a state of another size is refused.
  StateDict state_dict() const override;
  void load_state_dict(const StateDict& state) override;

 protected:
  /// `count` elements make an epoch.
  DrawnSampler(const char* name, size_t count);

  /// The order that follows from the seed; `count` elements.
  virtual std::vector<size_t> draw(uint64_t seed) const = 0;

 private:
  const char* name_;
  size_t count_;
  size_t index_ = 0;
  uint64_t seed_;
  std::vector<size_t> order_;  // empty until next() needs it
};

/// Each of these elements once per epoch, in random order, as Python's SubsetRandomSampler.
class GRADUS_API SubsetRandomSampler : public DrawnSampler {
 public:
  explicit SubsetRandomSampler(std::vector<size_t> indices);
  ~SubsetRandomSampler() override;

 protected:
  std::vector<size_t> draw(uint64_t seed) const override;

 private:
  std::vector<size_t> indices_;
};

/// Draws element i with a probability proportional to weights[i], as Python's
/// WeightedRandomSampler. Without replacement no element comes twice in an epoch (Efraimidis and
/// Spirakis, "Weighted random sampling with a reservoir", 2006).
class GRADUS_API WeightedRandomSampler : public DrawnSampler {
 public:
  /// @throws ValueError for a weight that is negative or not finite, weights that are all 0, and
  /// more samples than positive weights without replacement
  WeightedRandomSampler(std::vector<double> weights, size_t num_samples, bool replacement = true);
  ~WeightedRandomSampler() override;

 protected:
  std::vector<size_t> draw(uint64_t seed) const override;

 private:
  std::vector<double> weights_;
  size_t num_samples_;
  bool replacement_;
};

/// Every element once per epoch, in a random order that spreads each class evenly: every batch has
/// the classes nearly in the proportion of the whole.
class GRADUS_API StratifiedSampler : public DrawnSampler {
 public:
  /// `labels[i]` is the class of element i.
  explicit StratifiedSampler(std::vector<int64_t> labels);
  /// The same for an int64 tensor [N].
  explicit StratifiedSampler(const Tensor& labels);
  ~StratifiedSampler() override;

 protected:
  std::vector<size_t> draw(uint64_t seed) const override;

 private:
  std::vector<int64_t> labels_;
};

/// Batches of a size of its own, whatever the loader asks for, as Python's BatchSampler.
template <class Source>
class BatchSampler : public Sampler<typename Source::BatchRequestType> {
 public:
  using Request = typename Source::BatchRequestType;

  /// @throws ValueError for a batch size of 0
  BatchSampler(Source sampler, size_t batch_size, bool drop_last)
      : sampler_(std::move(sampler)), batch_size_(batch_size), drop_last_(drop_last) {
    GRADUS_CHECK_VALUE(batch_size > 0, "BatchSampler: batch_size must be at least 1, got 0");
  }

  void reset(std::optional<size_t> new_size = std::nullopt) override { sampler_.reset(new_size); }
  std::optional<Request> next(size_t) override {
    std::optional<Request> request = sampler_.next(batch_size_);
    if (request && drop_last_ && request->size() < batch_size_) return std::nullopt;
    return request;
  }
  StateDict state_dict() const override { return sampler_.state_dict(); }
  void load_state_dict(const StateDict& state) override { sampler_.load_state_dict(state); }

 private:
  Source sampler_;
  size_t batch_size_;
  bool drop_last_;
};

}  // namespace gradus::data::samplers
