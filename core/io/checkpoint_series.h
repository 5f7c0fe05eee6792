#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/arg.h"
#include "core/export.h"
#include "core/hidden.h"
#include "core/io/checkpoint.h"

namespace gradus {

/// Settings of a CheckpointSeries.
struct CheckpointSeriesOptions {
  enum class Best { kLowest, kHighest };

  /// How many of the latest files are kept. Default: 3.
  GRADUS_ARG(size_t, keep_last) = 3;
  /// How many of those with the best metric are kept beside them. Default: 1.
  GRADUS_ARG(size_t, keep_best) = 1;
  /// Which metric is best. Default: the lowest, as of a loss.
  GRADUS_ARG(Best, best) = Best::kLowest;
  /// Whether files are written by another thread while the run goes on. Default: false.
  GRADUS_ARG(bool, asynchronous) = false;
  /// What the names of the files begin with. Default: "checkpoint".
  GRADUS_ARG(std::string, prefix) = "checkpoint";
};

/// Checkpoints of a run in a folder, FOLDER/PREFIX-STEP.safetensors, of which the latest and the
/// best are kept.
///
///     CheckpointSeries series("run", CheckpointSeriesOptions().keep_last(2).asynchronous(true));
///     StopSignal stop;
///     if (series.resume(checkpoint)) fmt::print("goes on with epoch {}\n", epoch);
///     for (; epoch < 100; ++epoch) {
///       ...
///       series.save(checkpoint, epoch, validation_loss);
///       if (stop.requested()) break;
///     }
///
/// A series goes on with the files that it finds. For one thread.
class GRADUS_API CheckpointSeries {
 public:
  /// The folder is made where it is missing.
  /// @throws Error if it cannot be made or read; ValueError for a prefix with a '/' or keep_last of
  /// 0
  explicit CheckpointSeries(std::string folder, CheckpointSeriesOptions options = {});
  /// Waits for the file being written.
  ~CheckpointSeries();
  CheckpointSeries(const CheckpointSeries&) = delete;
  CheckpointSeries& operator=(const CheckpointSeries&) = delete;

  /// Writes the checkpoint, and then removes files that are no longer among the latest or best. An
  /// asynchronous series copies the state, waits for the file before this one (so there is at most
  /// one copy) and returns while it is written.
  /// @param metric  decides which files are best; NaN and none never are
  /// @throws Error where this file, or with an asynchronous series the one before it, could not be
  /// written; ValueError for a negative step
  void save(const Checkpoint& checkpoint, int64_t step,
            std::optional<double> metric = std::nullopt);

  /// Waits until the file being written is there. @throws Error where it could not be written
  void wait();

  /// Restores the latest checkpoint and returns its step; nothing where there is none.
  /// @throws as Checkpoint::load()
  std::optional<int64_t> resume(Checkpoint& checkpoint);

  /// The path of the latest file, and of the one with the best metric. Not yet one that is being
  /// written.
  std::optional<std::string> latest() const;
  std::optional<std::string> best() const;
  /// The steps whose files are kept, in order.
  std::vector<int64_t> steps() const;

 private:
  struct State;
  Hidden<State> state_;
};

}  // namespace gradus
