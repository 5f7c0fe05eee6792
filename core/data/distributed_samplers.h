#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/data/samplers.h"

namespace gradus::data::samplers {

namespace detail {
/// @throws ValueError for no replicas or a rank beyond them
GRADUS_API void check_replica(size_t num_replicas, size_t rank);
}  // namespace detail

/// Gives each of several replicas of a program (processes that train together) a part of the
/// elements.
///
/// The order is a function of the seed and the epoch, and so the same in all replicas. reset()
/// begins the next epoch with another order, unless set_epoch() has chosen one: to forget
/// set_epoch() does no harm here.
template <class BatchRequest = std::vector<size_t>>
class DistributedSampler : public Sampler<BatchRequest> {
 public:
  /// @param size              elements in all
  /// @param rank              which replica this is, from 0
  /// @param allow_duplicates  whether some elements are given twice so that all replicas get
  ///                          ceil(size / num_replicas), or some left out so that they get floor
  /// @throws ValueError for no replicas or a rank beyond them
  DistributedSampler(size_t size, size_t num_replicas = 1, size_t rank = 0,
                     bool allow_duplicates = true)
      : size_(size), num_replicas_(num_replicas), rank_(rank), allow_duplicates_(allow_duplicates) {
    detail::check_replica(num_replicas, rank);
  }

  /// Chooses the epoch, which decides on the order.
  void set_epoch(size_t epoch) {
    epoch_ = epoch;
    epoch_used_ = false;
  }
  size_t epoch() const { return epoch_; }

 protected:
  /// How many elements a replica gets.
  size_t local_sample_count() const {
    if (!allow_duplicates_) return size_ / num_replicas_;
    return size_ / num_replicas_ + (size_ % num_replicas_ != 0 ? 1 : 0);
  }
  /// What reset() does to the epoch.
  void advance_epoch() {
    if (epoch_used_) ++epoch_;
    epoch_used_ = false;
  }

  size_t size_;
  size_t num_replicas_;
  size_t rank_;
  bool allow_duplicates_;
  size_t epoch_ = 0;
  bool epoch_used_ = false;  // elements of this epoch were given out
};

/// A replica's part of the elements in random order.
class GRADUS_API DistributedRandomSampler : public DistributedSampler<> {
 public:
  /// `seed` must be the same in all replicas. Default: 0.
  DistributedRandomSampler(size_t size, size_t num_replicas = 1, size_t rank = 0,
                           bool allow_duplicates = true, uint64_t seed = 0);
  ~DistributedRandomSampler() override;

  void reset(std::optional<size_t> new_size = std::nullopt) override;
  std::optional<std::vector<size_t>> next(size_t batch_size) override;

  /// The number of elements given out in this epoch.
  size_t index() const noexcept { return index_; }

  /// Size, replicas, epoch and position; a state of another size or number of replicas is refused.
  StateDict state_dict() const override;
  void load_state_dict(const StateDict& state) override;

 private:
  void draw();

  uint64_t seed_;
  size_t index_ = 0;
  std::vector<size_t> indices_;  // of this replica; empty until next() needs them
};

/// A replica's part of the elements in order: rank r has the r-th block of them.
class GRADUS_API DistributedSequentialSampler : public DistributedSampler<> {
 public:
  DistributedSequentialSampler(size_t size, size_t num_replicas = 1, size_t rank = 0,
                               bool allow_duplicates = true);
  ~DistributedSequentialSampler() override;

  void reset(std::optional<size_t> new_size = std::nullopt) override;
  std::optional<std::vector<size_t>> next(size_t batch_size) override;

  /// The number of elements given out in this epoch.
  size_t index() const noexcept { return index_; }

  StateDict state_dict() const override;
  void load_state_dict(const StateDict& state) override;

 private:
  size_t index_ = 0;
};

}  // namespace gradus::data::samplers
