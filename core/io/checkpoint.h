#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/export.h"
#include "core/generator.h"
#include "core/state.h"

namespace gradus {

/// The state of all parts of a Checkpoint at one instant, copied: for writing it while the run goes
/// on.
class GRADUS_API CheckpointSnapshot {
 public:
  /// Writes it as Checkpoint::save() does. Safe from any thread.
  void save(const std::string& path) const;

 private:
  friend class Checkpoint;
  StateDict state_;
  std::map<std::string, std::string> metadata_;
};

/// All that a training run needs to go on after it was killed, in one file that is replaced
/// atomically.
///
///     int64_t epoch = 0;
///     Checkpoint checkpoint;
///     checkpoint.add("model", *model).add("optimizer", optimizer).add("loader", *loader);
///     checkpoint.add("generator", default_generator()).add("epoch", epoch);
///     if (resume) checkpoint.load("run.safetensors");
///     for (; epoch < 10; ++epoch) { ...; checkpoint.save("run.safetensors"); }
///
/// For accumulation over several batches add a GradientState, for many files a CheckpointSeries.
/// Refers to what was added, which must outlive it. The file is a safetensors file with names such
/// as "model/conv1.weight", so weights can be taken from it with load_safetensors() too.
class GRADUS_API Checkpoint {
 public:
  Checkpoint();
  ~Checkpoint();
  Checkpoint(const Checkpoint&) = delete;
  Checkpoint& operator=(const Checkpoint&) = delete;

  /// Adds a part. @throws ValueError for a name that is empty, has a '/' or is in use
  Checkpoint& add(const std::string& name, Stateful& part);
  Checkpoint& add(const std::string& name, Generator& generator);
  Checkpoint& add(const std::string& name, int64_t& number);
  Checkpoint& add(const std::string& name, double& number);

  /// Writes all parts as save_safetensors() does. @throws Error; the file is then as it was
  void save(const std::string& path, const std::map<std::string, std::string>& metadata = {}) const;

  /// Copies the state of all parts.
  CheckpointSnapshot snapshot(const std::map<std::string, std::string>& metadata = {}) const;

  /// Restores all parts. What else the file holds is left alone, so a model may be taken from the
  /// checkpoint of a run.
  /// @throws Error if the file is not a checkpoint, lacks a part, or has one that does not fit;
  /// then all parts are as they were
  void load(const std::string& path);

 private:
  struct Part {
    std::string name;
    Stateful* stateful = nullptr;
    Generator* generator = nullptr;
    int64_t* whole = nullptr;
    double* real = nullptr;

    StateDict get() const;
    void set(const StateDict& state) const;
  };

  Checkpoint& add_part(Part part);
  CheckpointSnapshot collect(const std::map<std::string, std::string>& metadata) const;

  std::vector<Part> parts_;
};

/// The gradients that parameters have accumulated, as a part of a Checkpoint that is taken between
/// backward() and step().
class GRADUS_API GradientState : public Stateful {
 public:
  explicit GradientState(std::vector<Tensor> parameters);
  ~GradientState() override;

  /// The gradients that are there, by position: "0", "1", ...
  StateDict state_dict() const override;
  /// @throws ValueError for a gradient of another shape, or of a parameter that is not there
  void load_state_dict(const StateDict& state) override;

 private:
  std::vector<Tensor> parameters_;
};

}  // namespace gradus
