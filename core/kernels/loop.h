#pragma once

#include <cstdint>
#include <initializer_list>

#include "core/parallel.h"
#include "core/tensor.h"

namespace gradus::kernel {

// Note [Element-wise loops]
// An element-wise kernel is written once, as a block function: it reads and writes contiguous
// arrays of one type. run_blocks() brings every operand to that form: what is contiguous and of
// that type is passed on as it lies; what is strided, broadcast or of another dtype is packed,
// block by block, into a buffer that stays in the cache. So a result does not depend on the strides
// of the operands, bit for bit. The dims are walked in the order in which the output lies in memory
// and merged where they can be: a channels-last tensor is walked as one array.

/// The most operands of a loop, the output included.
inline constexpr size_t kMaxOperands = 5;

/// An input of an element-wise kernel: a tensor, or a number that is the same everywhere. Refers to
/// it; for parameters only.
class Operand {
 public:
  Operand(const Tensor& tensor) : tensor_(&tensor) {}
  Operand(const Scalar& value) : value_(&value) {}

  bool is_tensor() const { return tensor_ != nullptr; }
  const Tensor& tensor() const { return *tensor_; }
  const Scalar& value() const { return *value_; }
  IntArrayRef sizes() const { return is_tensor() ? tensor_->sizes() : IntArrayRef(); }

 private:
  const Tensor* tensor_ = nullptr;
  const Scalar* value_ = nullptr;
};

/// The address of the first element.
inline char* data_of(const Tensor& tensor) {
  return tensor.impl()->data();
}

/// Whether the elements lie row-major without gaps.
inline bool is_row_major(const TensorImpl& impl) {
  int64_t expected = 1;
  for (size_t i = impl.sizes.size(); i-- > 0;) {
    if (impl.sizes[i] != 1) {
      if (impl.strides[i] != expected) return false;
      expected *= impl.sizes[i];
    }
  }
  return true;
}

/// Uninitialized elements with these sizes and strides, which are dense.
Tensor allocate(const DimVector& sizes, const DimVector& strides, int64_t numel, ScalarType dtype);

/// Uninitialized elements for the result of an element-wise op: dims in the order of memory of the
/// inputs, the first that is not ambiguous counting, as in PyTorch.
Tensor allocate_result(const DimVector& sizes, ScalarType dtype, const Operand* inputs,
                       size_t num_inputs);

/// The sizes of the result of an element-wise op. @throws Error naming op and both shapes
DimVector broadcast(const char* op, const Operand* inputs, size_t num_inputs);

/// Where the elements of several operands lie: dims sorted by the strides of the first operand, the
/// fastest first, and merged where they can be.
struct LoopPlan {
  size_t num_operands = 0;
  int64_t numel = 1;
  DimVector sizes;
  DimVector strides[kMaxOperands];  // in bytes; 0 where an operand is broadcast
  char* data[kMaxOperands] = {};

  LoopPlan() = default;
  /// Operands are expanded to `sizes`, the first one's.
  LoopPlan(IntArrayRef sizes, std::initializer_list<const Tensor*> operands);

  /// Adds an operand; to be called before finish().
  void add(char* data, IntArrayRef operand_sizes, IntArrayRef operand_strides, size_t size);
  /// Sorts and merges the dims.
  void finish();
};

/// Calls body(char* const* data, const int64_t* strides, int64_t n) for the runs along dim 0 that
/// make up the elements [begin, end) of the plan.
template <class F>
void for_each_run(const LoopPlan& plan, int64_t begin, int64_t end, F&& body) {
  if (begin >= end) return;
  const size_t rank = plan.sizes.size();
  DimVector index(rank);
  char* data[kMaxOperands];
  int64_t strides[kMaxOperands] = {};
  for (size_t k = 0; k < plan.num_operands; ++k) {
    data[k] = plan.data[k];
    if (rank > 0) strides[k] = plan.strides[k][0];
  }
  int64_t rest = begin;
  for (size_t d = 0; d < rank; ++d) {
    index[d] = rest % plan.sizes[d];
    rest /= plan.sizes[d];
    for (size_t k = 0; k < plan.num_operands; ++k) data[k] += index[d] * plan.strides[k][d];
  }
  const int64_t row = rank > 0 ? plan.sizes[0] : 1;
  for (int64_t i = begin;;) {
    const int64_t first = rank > 0 ? index[0] : 0;
    const int64_t n = row - first < end - i ? row - first : end - i;
    body(static_cast<char* const*>(data), static_cast<const int64_t*>(strides), n);
    i += n;
    if (i >= end) return;
    for (size_t k = 0; k < plan.num_operands; ++k) data[k] -= first * strides[k];
    index[0] = 0;
    for (size_t d = 1; d < rank; ++d) {
      ++index[d];
      for (size_t k = 0; k < plan.num_operands; ++k) data[k] += plan.strides[k][d];
      if (index[d] < plan.sizes[d]) break;
      for (size_t k = 0; k < plan.num_operands; ++k) {
        data[k] -= index[d] * plan.strides[k][d];
      }
      index[d] = 0;
    }
  }
}

/// The same for all elements, on all threads; `grain` elements should take 10 us or more.
template <class F>
void parallel_for_each_run(const LoopPlan& plan, int64_t grain, F&& body) {
  parallel_for(plan.numel, grain,
               [&](int64_t begin, int64_t end) { for_each_run(plan, begin, end, body); });
}

/// The numbers of an op besides its tensors: a slope, bounds, alpha.
struct Params {
  Scalar values[4];
  template <class T>
  T get(size_t i) const {
    return values[i].cast<T>();
  }
};

/// out[i] = f(in[0][i], in[1][i], ...) for i in [0, n). `params` may be null where an op has none.
using BlockFunction = void (*)(const Params* params, const void* const* in, void* out, int64_t n);

/// An element-wise kernel.
struct BlockKernel {
  BlockFunction function = nullptr;
  const Params* params = nullptr;
  ScalarType in[kMaxOperands - 1] = {};  // what `function` reads
  ScalarType out = kFloat;               // what it writes
  int64_t grain = 0;                     // elements for which a second thread pays
};

/// Elements that take 10 us or more: of what memory bounds, of a vectorized transcendental, of a
/// call of the C library each.
inline constexpr int64_t kGrainMemory = 32768;
inline constexpr int64_t kGrainVector = 16384;
inline constexpr int64_t kGrainScalar = 2048;

/// Runs the kernel on the inputs, broadcast together and cast to the types it reads.
/// @param result_type  dtype of the result where `out` is null
/// @param out          where to write instead of a new tensor; its sizes must be the broadcast
///                     ones. It may share memory with an input.
/// @return the new tensor, or *out
Tensor run_blocks(const char* op, const BlockKernel& kernel, ScalarType result_type,
                  const Operand* inputs, size_t num_inputs, const Tensor* out = nullptr);

template <size_t N>
Tensor run_blocks(const char* op, const BlockKernel& kernel, ScalarType result_type,
                  const Operand (&inputs)[N], const Tensor* out = nullptr) {
  static_assert(N < kMaxOperands);
  return run_blocks(op, kernel, result_type, inputs, N, out);
}

/// Whether writing to `out` element by element could change elements of `in` that are read later.
bool overlaps(const Tensor& out, const Tensor& in);

/// Writes the element at `value`, of `size` bytes, n times side by side.
void fill_elements(void* dst, const void* value, size_t size, int64_t n);

/// The block function that converts elements from one dtype to another.
BlockFunction cast_function(ScalarType from, ScalarType to);

/// Transposes a matrix of `rows` rows whose elements, `size` bytes each, lie side by side in a row:
/// element (r, c) goes from src + r * src_stride + c * size to dst + c * dst_stride + r * size.
void transpose_block(const char* src, int64_t src_stride, char* dst, int64_t dst_stride,
                     int64_t rows, int64_t cols, size_t size);

}  // namespace gradus::kernel
