#pragma once

#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <vector>

#include "core/parallel.h"
#include "core/tensor.h"

namespace gradus::kernel {

// Note [Tensor batches]
// An optimizer step is one pass over all parameters. The optimizer lists its tensors in a
// TensorBatch: per parameter the parameter itself, its gradient and its state, which all have one
// shape. run() lays the list end to end and cuts it into chunks, so that one large parameter is
// shared by all threads and a thousand tiny ones cost one parallel loop. The rule itself is a
// BatchFunction: it sees contiguous arrays of one type. Tensors that lie otherwise in memory, and
// 16-bit ones, are packed block by block into buffers of float that stay in the cache.
// Rules use +, -, *, / and sqrt, each rounded once, so the result does not depend on where chunks,
// vectors and blocks begin, nor on how wide vectors are.

/// The most tensors of one shape that a rule reads and writes: parameter, gradient, states.
inline constexpr size_t kMaxBatchTensors = 6;

/// Works on n elements of a row of tensors, which come as they were given to add(). `numbers` are
/// the rule's settings.
using BatchFunction = void (*)(const void* numbers, void* const* data, int64_t n);

/// A rule, compiled for the types it computes in.
struct BatchKernel {
  BatchFunction f32;  // for float tensors, and the 16-bit ones
  BatchFunction f64;
  size_t numbers_size;  // sizeof of what `numbers` points to
  uint32_t written;     // bit k: the k-th tensor of a row is written to
};

/// Averages of parameters, which run() brings up to date in the pass of the rule: with p as the
/// rule leaves it, average = average + weight * (p - average), to the bit as lerp_().
struct BatchAverages {
  struct Entry {
    const TensorImpl* param;
    TensorImpl* average;
    size_t index;  // the owner's number for it
    bool done;     // run() took the parameter in
  };
  std::vector<Entry> entries;  // by rising `param`
  double weight = 0;           // from 0 to 1
};

/// Rows of tensors that one pass works on. Keeps its memory from step to step; holds no references:
/// the tensors must live until run() returns.
class TensorBatch {
 public:
  /// Forgets the tensors.
  void clear();

  /// Adds a row: tensors of one shape, floating-point. Those that are written to do not overlap
  /// themselves; the first decides in what order elements are visited and, where it is double, that
  /// double is computed in.
  /// @param numbers  which of the rule's settings apply
  /// @param step     if not null, counted up by run()
  void add(std::initializer_list<const Tensor*> tensors, int32_t numbers = 0,
           int64_t* step = nullptr);

  /// What run() multiplies the second tensor of each row by, the gradient, as a rule reads it; the
  /// tensor is not written to. The numbers are those of a pass of its own before. 1 after clear().
  void set_gradient_factor(double factor) { gradient_factor_ = factor; }

  /// The averages of first tensors of rows that run() updates too, where rule and average can work
  /// on the arrays as they lie; it marks those as done. None after clear().
  void set_averages(BatchAverages* averages) { averages_ = averages; }

  /// Applies the rule to every element, on all threads, then counts the writes and the steps.
  /// @param numbers  array of the rule's settings, that add()'s `numbers` counts in
  void run(const BatchKernel& kernel, const void* numbers);

  bool empty() const { return rows_.empty(); }

  /// The rows laid end to end: a parallel loop over [0, length()) with kGrain, and read() in each
  /// chunk, visit every element once.
  int64_t length();
  static constexpr int64_t kGrain = 16384;
  /// Calls f(is double, data, n) for arrays that make up the chunk [begin, end).
  void read(int64_t begin, int64_t end,
            FunctionRef<void(bool f64, void* const* data, int64_t n)> f) const;

 private:
  // What add() was given.
  struct Row {
    TensorImpl* tensors[kMaxBatchTensors];
    int64_t* step;
    int32_t numbers;
    uint8_t count;  // of tensors
  };

  // What the loops need of a row.
  struct Segment {
    char* data[kMaxBatchTensors];
    std::atomic<uint32_t>* versions[kMaxBatchTensors];  // null for an inference tensor
    BatchAverages::Entry* average;                      // null where there is none
    int64_t numel;
    int32_t numbers;
    int32_t packing;  // index of its Packing; -1 where the arrays are used as they lie
    uint8_t count;
    bool f64;
  };

  // Where the elements of a row lie whose arrays cannot be used directly. Dims are ordered by the
  // strides of the first tensor, the fastest first, and merged where they can be.
  struct Packing {
    DimVector sizes;
    DimVector strides[kMaxBatchTensors];  // in elements
    ScalarType dtype[kMaxBatchTensors];
    bool direct[kMaxBatchTensors];  // this one lies in the order of the walk, in the right type
  };

  // Makes the segments of rows that have none yet.
  void prepare();
  int32_t pack(const Row& row);
  // The average that run() updates beside a parameter, or null.
  BatchAverages::Entry* average_of(const TensorImpl& param) const;
  // Calls body(segment, from, to) for the parts that make up the chunk [begin, end).
  template <class F>
  void for_each_part(int64_t begin, int64_t end, F&& body) const;
  // Calls body(data, n) for packed blocks of a part, and writes back what is written to.
  template <class T, class F>
  void for_each_block(const Segment& segment, int64_t begin, int64_t end, uint32_t written,
                      F&& body) const;
  // Calls body(data, n) for the arrays of a part, packed where they must be.
  template <class F>
  void visit(const Segment& segment, int64_t begin, int64_t end, uint32_t written, F&& body) const;

  std::vector<Row> rows_;
  std::vector<Segment> segments_;
  std::vector<int64_t> first_;  // where each segment begins when they are laid end to end
  int64_t length_ = 0;
  double gradient_factor_ = 1;
  BatchAverages* averages_ = nullptr;
  std::vector<Packing> packings_;
};

}  // namespace gradus::kernel
