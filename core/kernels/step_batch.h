#pragma once

#include <cstdint>
#include <initializer_list>
#include <vector>

#include "core/tensor.h"

namespace gradus::kernel {

// Note [Optimizer steps]
// An optimizer step is one pass over all parameters. The optimizer lists its tensors in a
// StepBatch: per parameter the parameter itself, its gradient and its state, which all have one
// shape. run() lays the list end to end and cuts it into chunks, so that one large parameter is
// shared by all threads and a thousand tiny ones cost one parallel loop. The rule itself is a
// StepFunction: it sees contiguous arrays of one type. Tensors that lie otherwise in memory, and
// 16-bit ones, are packed block by block into buffers of float that stay in the cache. Rules use +,
// -, *, / and sqrt, each rounded once, so the result does not depend on where chunks, vectors and
// blocks begin: it is the same on every machine.

/// The most tensors of one shape that a rule reads and writes: parameter, gradient, states.
inline constexpr size_t kMaxStepTensors = 6;

/// Updates n elements. data[0] is the parameter, data[1] the gradient, the rest are states, as they
/// were given to add(); all but the gradient may be written. `numbers` are the rule's settings.
using StepFunction = void (*)(const void* numbers, void* const* data, int64_t n);

/// A rule, compiled for the types it computes in.
struct StepKernel {
  StepFunction f32;  // for float parameters, and the 16-bit ones
  StepFunction f64;
  size_t numbers_size;  // sizeof of what `numbers` points to
};

/// The tensors that one pass updates. Keeps its memory from step to step; holds no references: the
/// tensors must live until run() returns.
class StepBatch {
 public:
  /// Forgets the tensors.
  void clear();

  /// @param tensors  parameter, gradient, states; of one shape, floating-point. The parameter does
  ///                 not overlap itself
  /// @param numbers  which of the rule's settings apply
  /// @param step     if not null, counted up by run()
  void add(std::initializer_list<const Tensor*> tensors, int32_t numbers, int64_t* step = nullptr);

  /// Applies the rule to every element, on all threads, then counts the writes and the steps.
  /// @param numbers  array of the rule's settings, that add()'s `numbers` counts in
  void run(const StepKernel& kernel, const void* numbers);

  bool empty() const { return segments_.empty(); }

 private:
  struct Segment {
    char* data[kMaxStepTensors];
    TensorImpl* impl[kMaxStepTensors];
    int64_t numel;
    int64_t* step;
    int32_t numbers;
    int32_t packing;  // index of its Packing; -1 where the arrays are used as they lie
    uint8_t count;    // tensors
    bool f64;
  };

  // Where the elements of tensors lie whose arrays cannot be used directly. Dims are ordered by the
  // strides of the parameter, the fastest first.
  struct Packing {
    DimVector sizes;
    DimVector strides[kMaxStepTensors];  // in elements
    ScalarType dtype[kMaxStepTensors];
  };

  void add_packed(Segment& segment);
  template <class T>
  void run_packed(StepFunction function, const void* numbers, const Segment& segment, int64_t begin,
                  int64_t end) const;
  void run_part(const StepKernel& kernel, const char* numbers, const Segment& segment,
                int64_t begin, int64_t end) const;

  std::vector<Segment> segments_;
  std::vector<int64_t> first_;  // where each segment begins when they are laid end to end
  int64_t length_ = 0;
  std::vector<Packing> packings_;
};

}  // namespace gradus::kernel
