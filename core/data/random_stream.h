#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/array_ref.h"
#include "core/export.h"
#include "core/generator.h"

namespace gradus::data::detail {

// Note [Random streams]
// Whatever a dataset or transform draws from the default generator must depend neither on the
// number of workers nor on the order in which they run. So while sample `index` is loaded and
// transformed, the default generator of the thread is a stream that is a function of (seed, epoch,
// index) alone; what is done to a whole batch draws from a stream of (seed, epoch, number of the
// batch). A sample's stream goes on from get() through all transforms: BatchScope keeps the
// position of each between the SampleScopes.

/// While it lives, this thread loads a batch.
class GRADUS_API BatchScope {
 public:
  /// `indices` are the samples of the batch, empty where they are not known; they must outlive the
  /// scope.
  BatchScope(uint64_t seed, uint64_t epoch, uint64_t number, ArrayRef<size_t> indices);
  ~BatchScope();
  BatchScope(const BatchScope&) = delete;
  BatchScope& operator=(const BatchScope&) = delete;

  /// The sample that is, or was last, worked on.
  std::optional<size_t> current_index() const { return current_index_; }

 private:
  friend class SampleScope;

  uint64_t seed_, epoch_;
  ArrayRef<size_t> indices_;
  std::vector<GeneratorState>
      states_;  // of each sample's stream; empty until the first SampleScope
  std::optional<size_t> current_index_;
  bool in_sample_ = false;
  Generator stream_;  // of the sample being worked on
  BatchScope* outer_;
  GeneratorGuard guard_;
};

/// While it lives, this thread works on one sample of the batch: `position` counts within the
/// batch, which has `count` samples. Does nothing outside of a BatchScope, inside of another
/// SampleScope, or where `count` is not that of the batch.
class GRADUS_API SampleScope {
 public:
  SampleScope(size_t position, size_t count);
  ~SampleScope();
  SampleScope(const SampleScope&) = delete;
  SampleScope& operator=(const SampleScope&) = delete;

 private:
  BatchScope* batch_ = nullptr;
  size_t position_;
  std::optional<GeneratorGuard> guard_;
};

}  // namespace gradus::data::detail
