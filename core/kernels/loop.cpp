#include "core/kernels/loop.h"

#include <algorithm>
#include <cstring>

#include "core/inference_mode.h"
#include "core/kernels/copy.h"
#include "core/kernels/dispatch.h"
#include "core/shape.h"

namespace gradus::kernel {

namespace {

// Whether dim a is slower than dim b (positive), faster (negative) or neither (0) in the eyes of
// the first operand that tells; dims that an operand is broadcast along tell nothing.
int compare_dims(const DimVector& sizes, const DimVector* strides, size_t num_operands, size_t a,
                 size_t b) {
  for (size_t k = 0; k < num_operands; ++k) {
    const int64_t stride_a = strides[k][a], stride_b = strides[k][b];
    if (stride_a == 0 || stride_b == 0) continue;
    if (stride_a != stride_b) return stride_a < stride_b ? -1 : 1;
    if (sizes[a] > sizes[b]) return 1;
  }
  return 0;
}

// The dims, fastest first. `strides` are those of operands expanded to `sizes`. The comparison is
// no total order, so an insertion sort from the last dim on settles what is ambiguous, as in
// PyTorch.
DimVector order_of_dims(const DimVector& sizes, const DimVector* strides, size_t num_operands) {
  const size_t rank = sizes.size();
  DimVector order(rank);
  for (size_t i = 0; i < rank; ++i) order[i] = static_cast<int64_t>(rank - 1 - i);
  for (size_t i = 1; i < rank; ++i) {
    size_t at = i;
    for (size_t j = i; j-- > 0;) {
      const int slower = compare_dims(sizes, strides, num_operands, static_cast<size_t>(order[j]),
                                      static_cast<size_t>(order[at]));
      if (slower < 0) break;
      if (slower > 0) {
        std::swap(order[j], order[at]);
        at = j;
      }
    }
  }
  return order;
}

// Strides of an operand expanded to `sizes`, times `unit`.
DimVector expanded_strides(const DimVector& sizes, IntArrayRef operand_sizes,
                           IntArrayRef operand_strides, int64_t unit) {
  DimVector strides(sizes.size());
  const size_t added = sizes.size() - operand_sizes.size();
  for (size_t d = added; d < sizes.size(); ++d) {
    const size_t from = d - added;
    const bool is_broadcast = operand_sizes[from] == 1 && sizes[d] != 1;
    strides[d] = is_broadcast ? 0 : operand_strides[from] * unit;
  }
  return strides;
}

}  // namespace

Tensor allocate(const DimVector& sizes, const DimVector& strides, int64_t numel, ScalarType dtype) {
  auto impl = make_intrusive<TensorImpl>(
      StorageImpl::allocate(static_cast<size_t>(numel) * element_size(dtype)), dtype);
  impl->sizes = sizes;
  impl->strides = strides;
  impl->numel = numel;
  impl->inference = detail::inference_mode();
  return Tensor(std::move(impl));
}

Tensor allocate_result(const DimVector& sizes, ScalarType dtype, const Operand* inputs,
                       size_t num_inputs) {
  const int64_t numel = checked_numel("allocate", sizes);
  DimVector of_input[kMaxOperands];
  size_t num_tensors = 0;
  for (size_t k = 0; k < num_inputs; ++k) {
    if (!inputs[k].is_tensor()) continue;
    const TensorImpl& impl = *inputs[k].tensor().impl();
    of_input[num_tensors++] = expanded_strides(sizes, impl.sizes, impl.strides, /*unit=*/1);
  }
  const DimVector order = order_of_dims(sizes, of_input, num_tensors);
  DimVector strides(sizes.size());
  int64_t stride = 1;
  for (int64_t d : order) {
    strides[static_cast<size_t>(d)] = stride;
    stride *= std::max<int64_t>(sizes[static_cast<size_t>(d)], 1);
  }
  return allocate(sizes, strides, numel, dtype);
}

DimVector broadcast(const char* op, const Operand* inputs, size_t num_inputs) {
  DimVector sizes = to_dims(inputs[0].sizes());
  for (size_t k = 1; k < num_inputs; ++k) {
    if (inputs[k].sizes() != IntArrayRef(sizes)) {
      sizes = broadcast_sizes(op, sizes, inputs[k].sizes());
    }
  }
  return sizes;
}

// --- LoopPlan

LoopPlan::LoopPlan(IntArrayRef sizes, std::initializer_list<const Tensor*> operands)
    : sizes(to_dims(sizes)) {
  for (const Tensor* operand : operands) {
    const TensorImpl& impl = *operand->impl();
    add(data_of(*operand), impl.sizes, impl.strides, element_size(impl.dtype));
  }
  finish();
}

void LoopPlan::add(char* first, IntArrayRef operand_sizes, IntArrayRef operand_strides,
                   size_t size) {
  data[num_operands] = first;
  strides[num_operands] =
      expanded_strides(sizes, operand_sizes, operand_strides, static_cast<int64_t>(size));
  ++num_operands;
}

void LoopPlan::finish() {
  numel = 1;
  for (int64_t size : sizes) numel *= size;
  const DimVector order = order_of_dims(sizes, strides, num_operands);
  DimVector merged_sizes;
  DimVector merged[kMaxOperands];
  for (const int64_t dim : order) {
    const size_t d = static_cast<size_t>(dim);
    if (sizes[d] == 1) continue;
    bool merges = !merged_sizes.empty();
    for (size_t k = 0; merges && k < num_operands; ++k) {
      merges = strides[k][d] == merged[k].back() * merged_sizes.back();
    }
    if (merges) {
      merged_sizes.back() *= sizes[d];
    } else {
      merged_sizes.push_back(sizes[d]);
      for (size_t k = 0; k < num_operands; ++k) merged[k].push_back(strides[k][d]);
    }
  }
  sizes = std::move(merged_sizes);
  for (size_t k = 0; k < num_operands; ++k) strides[k] = std::move(merged[k]);
}

// --- overlaps

namespace {

struct Range {
  const char* begin;
  const char* end;
};

Range bytes_of(const TensorImpl& impl) {
  const char* first = impl.data();
  const int64_t size = static_cast<int64_t>(element_size(impl.dtype));
  int64_t last = 0;
  for (size_t d = 0; d < impl.sizes.size(); ++d) last += (impl.sizes[d] - 1) * impl.strides[d];
  return {first, first + (last + 1) * size};
}

}  // namespace

bool overlaps(const Tensor& out, const Tensor& in) {
  const TensorImpl& a = *out.impl();
  const TensorImpl& b = *in.impl();
  if (&a == &b || a.numel == 0 || b.numel == 0) return false;
  const Range of_a = bytes_of(a), of_b = bytes_of(b);
  if (of_a.end <= of_b.begin || of_b.end <= of_a.begin) return false;
  const bool same_elements = of_a.begin == of_b.begin && a.dtype == b.dtype && a.sizes == b.sizes &&
                             a.strides == b.strides;
  return !same_elements;
}

void fill_elements(void* dst, const void* value, size_t size, int64_t n) {
  constexpr int64_t kFirst = 16;
  constexpr size_t kPattern = 4096;
  const auto fill_first = [&](auto zero) {
    using T = decltype(zero);
    T v;
    std::memcpy(&v, value, sizeof v);
    std::fill_n(static_cast<T*>(dst), std::min(n, kFirst), v);
  };
  switch (size) {
    case 1:
      fill_first(uint8_t{});
      break;
    case 2:
      fill_first(uint16_t{});
      break;
    case 4:
      fill_first(uint32_t{});
      break;
    default:
      fill_first(uint64_t{});
  }
  // Then a pattern that grows: memcpy is vectorized for the machine, a loop here for the baseline.
  char* const to = static_cast<char*>(dst);
  const size_t nbytes = static_cast<size_t>(n) * size;
  for (size_t done = kFirst * size; done < nbytes;) {
    const size_t piece = std::min({done, nbytes - done, kPattern});
    std::memcpy(to + done, to, piece);
    done += piece;
  }
}

// --- run_blocks

namespace {

constexpr size_t kBlockBytes = 8192;
// A tile has as many rows as the operand that lies across the loop has elements in a cache line.
constexpr int64_t kLineBytes = 64;
// Below it, rows are packed together into a block; above, a row is a block of its own.
constexpr int64_t kLongRow = 64;
constexpr int64_t kLongRepeatingRow = 512;

struct alignas(64) Block {
  char bytes[kBlockBytes];
};

template <class T>
void copy_strided(const char* src, int64_t src_stride, char* dst, int64_t dst_stride, int64_t n) {
  for (int64_t i = 0; i < n; ++i)
    std::memcpy(dst + i * dst_stride, src + i * src_stride, sizeof(T));
}

// n elements of `size` bytes, strides in bytes.
void move_elements(const char* src, int64_t src_stride, char* dst, int64_t dst_stride, size_t size,
                   int64_t n) {
  const int64_t packed = static_cast<int64_t>(size);
  if (src_stride == packed && dst_stride == packed) {
    std::memcpy(dst, src, static_cast<size_t>(n) * size);
  } else if (src_stride == 0 && dst_stride == packed) {
    fill_elements(dst, src, size, n);
  } else if (size == 1) {
    copy_strided<uint8_t>(src, src_stride, dst, dst_stride, n);
  } else if (size == 2) {
    copy_strided<uint16_t>(src, src_stride, dst, dst_stride, n);
  } else if (size == 4) {
    copy_strided<uint32_t>(src, src_stride, dst, dst_stride, n);
  } else {
    copy_strided<uint64_t>(src, src_stride, dst, dst_stride, n);
  }
}

void store_scalar(const Scalar& value, ScalarType dtype, void* dst) {
  dispatch_all("scalar", dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T v = value.cast<T>();
    std::memcpy(dst, &v, sizeof v);
  });
}

// Runs a kernel over a plan, whose operand 0 is the output. Note [Element-wise loops].
class BlockLoop {
 public:
  BlockLoop(const BlockKernel& kernel, LoopPlan plan, const ScalarType* dtypes)
      : kernel_(kernel), plan_(std::move(plan)) {
    size_t widest = 1;
    for (size_t k = 0; k < plan_.num_operands; ++k) {
      Lane& lane = lanes_[k];
      const ScalarType computed = k == 0 ? kernel.out : kernel.in[k - 1];
      lane.size = element_size(dtypes[k]);
      lane.computed_size = element_size(computed);
      if (computed != dtypes[k]) {
        lane.cast =
            k == 0 ? cast_function(computed, dtypes[k]) : cast_function(dtypes[k], computed);
      }
      widest = std::max({widest, lane.size, lane.computed_size});
    }
    block_ = static_cast<int64_t>(kBlockBytes / widest);
  }

  void run() {
    if (plan_.sizes.size() >= 2) {
      if (find_tiles()) return run_tiles();
      describe_rows();
      if (rows_are_short()) return run_short_rows();
    } else {
      describe_rows();
    }
    run_long_rows();
  }

 private:
  struct Lane {
    size_t size = 0;           // of an element in memory
    size_t computed_size = 0;  // of an element that the block function sees
    BlockFunction cast = nullptr;
    bool linear = false;   // elements follow one another in the order of the loop
    bool repeats = false;  // every row is the same
  };

  // What one thread packs operands into.
  struct Buffers {
    Block raw;  // before a cast
    Block computed[kMaxOperands];
    const char* filled_from[kMaxOperands] = {};
    int64_t filled[kMaxOperands] = {};
  };

  int64_t stride(size_t k, size_t d) const {
    return plan_.strides[k].empty() ? 0 : plan_.strides[k][d];
  }
  bool is_dense(size_t k, int64_t stride) const {
    return stride == static_cast<int64_t>(lanes_[k].size);
  }

  void describe_rows() {
    for (size_t k = 0; k < plan_.num_operands; ++k) {
      Lane& lane = lanes_[k];
      int64_t expected = static_cast<int64_t>(lane.size);
      lane.linear = lane.repeats = true;
      for (size_t d = 0; d < plan_.sizes.size(); ++d) {
        lane.linear = lane.linear && plan_.strides[k][d] == expected;
        lane.repeats = lane.repeats && (d == 0 || plan_.strides[k][d] == 0);
        expected *= plan_.sizes[d];
      }
    }
  }

  bool rows_are_short() const {
    const int64_t row = plan_.sizes[0];
    if (row < kLongRow) return true;
    if (row > kLongRepeatingRow) return false;
    for (size_t k = 0; k < plan_.num_operands; ++k) {
      if (!lanes_[k].linear && !lanes_[k].repeats) return false;
    }
    return true;
  }

  // --- one row after the other

  void run_long_rows() {
    bool direct = true;
    for (size_t k = 0; k < plan_.num_operands; ++k) {
      direct = direct && lanes_[k].cast == nullptr && is_dense(k, stride(k, 0));
    }
    parallel_for(plan_.numel, kernel_.grain, [&](int64_t begin, int64_t end) {
      if (direct) {
        for_each_run(plan_, begin, end, [&](char* const* data, const int64_t*, int64_t n) {
          const void* in[kMaxOperands];
          for (size_t k = 1; k < plan_.num_operands; ++k) in[k - 1] = data[k];
          kernel_.function(kernel_.params, in, data[0], n);
        });
        return;
      }
      Buffers buffers;
      for_each_run(plan_, begin, end, [&](char* const* data, const int64_t* strides, int64_t n) {
        for (int64_t i = 0; i < n; i += block_) {
          const char* at[kMaxOperands];
          for (size_t k = 0; k < plan_.num_operands; ++k) at[k] = data[k] + i * strides[k];
          run_part_of_row(buffers, at, strides, std::min(block_, n - i));
        }
      });
    });
  }

  void run_part_of_row(Buffers& buffers, const char* const* data, const int64_t* strides,
                       int64_t n) {
    const void* in[kMaxOperands];
    for (size_t k = 1; k < plan_.num_operands; ++k) {
      const Lane& lane = lanes_[k];
      if (lane.cast == nullptr && is_dense(k, strides[k])) {
        in[k - 1] = data[k];
        continue;
      }
      char* const packed = buffers.computed[k].bytes;
      in[k - 1] = packed;
      if (strides[k] == 0) {
        if (buffers.filled_from[k] == data[k] && buffers.filled[k] >= n) continue;
        buffers.filled_from[k] = data[k];
        buffers.filled[k] = n;
      }
      if (lane.cast == nullptr) {
        move_elements(data[k], strides[k], packed, static_cast<int64_t>(lane.size), lane.size, n);
      } else {
        const void* raw = data[k];
        if (!is_dense(k, strides[k])) {
          raw = buffers.raw.bytes;
          move_elements(data[k], strides[k], buffers.raw.bytes, static_cast<int64_t>(lane.size),
                        lane.size, n);
        }
        lane.cast(nullptr, &raw, packed, n);
      }
    }
    char* const out = const_cast<char*>(data[0]);
    if (lanes_[0].cast == nullptr && is_dense(0, strides[0])) {
      kernel_.function(kernel_.params, in, out, n);
    } else {
      kernel_.function(kernel_.params, in, buffers.computed[0].bytes, n);
      store_run(buffers, out, strides[0], n);
    }
  }

  // Writes computed[0], n elements, to where they belong.
  void store_run(Buffers& buffers, char* out, int64_t out_stride, int64_t n) {
    const Lane& lane = lanes_[0];
    const void* result = buffers.computed[0].bytes;
    if (lane.cast != nullptr) {
      const bool dense = is_dense(0, out_stride);
      void* const converted = dense ? out : buffers.raw.bytes;
      lane.cast(nullptr, &result, converted, n);
      if (dense) return;
      result = converted;
    }
    move_elements(static_cast<const char*>(result), static_cast<int64_t>(lane.size), out,
                  out_stride, lane.size, n);
  }

  // --- several short rows to a block

  void run_short_rows() {
    const int64_t row = plan_.sizes[0], rows = plan_.numel / row;
    const int64_t rows_in_block = std::max<int64_t>(block_ / row, 1);
    parallel_for(rows, std::max<int64_t>(kernel_.grain / row, 1), [&](int64_t begin, int64_t end) {
      Buffers buffers;
      for (int64_t r = begin; r < end; r += rows_in_block) {
        run_rows(buffers, r * row, std::min(rows_in_block, end - r) * row);
      }
    });
  }

  // [first, first + n) are whole rows.
  void run_rows(Buffers& buffers, int64_t first, int64_t n) {
    const void* in[kMaxOperands];
    for (size_t k = 1; k < plan_.num_operands; ++k) {
      const Lane& lane = lanes_[k];
      const char* const from = plan_.data[k] + first * static_cast<int64_t>(lane.size);
      if (lane.linear && lane.cast == nullptr) {
        in[k - 1] = from;
        continue;
      }
      char* const packed = buffers.computed[k].bytes;
      in[k - 1] = packed;
      if (lane.repeats) {
        if (buffers.filled[k] >= n) continue;
        buffers.filled[k] = n;
      }
      const void* raw = from;
      if (!lane.linear) {
        char* const gathered = lane.cast == nullptr ? packed : buffers.raw.bytes;
        raw = gathered;
        int64_t done = 0;
        for_each_run_of(k, first, first + n, [&](char* data, int64_t stride, int64_t m) {
          move_elements(data, stride, gathered + done, static_cast<int64_t>(lane.size), lane.size,
                        m);
          done += m * static_cast<int64_t>(lane.size);
        });
      }
      if (lane.cast != nullptr) lane.cast(nullptr, &raw, packed, n);
    }
    const Lane& lane = lanes_[0];
    char* const out = plan_.data[0] + first * static_cast<int64_t>(lane.size);
    if (lane.linear && lane.cast == nullptr) {
      kernel_.function(kernel_.params, in, out, n);
      return;
    }
    const void* result = buffers.computed[0].bytes;
    kernel_.function(kernel_.params, in, buffers.computed[0].bytes, n);
    if (lane.cast != nullptr) {
      void* const converted = lane.linear ? out : buffers.raw.bytes;
      lane.cast(nullptr, &result, converted, n);
      result = converted;
    }
    if (lane.linear) return;
    const char* from = static_cast<const char*>(result);
    for_each_run_of(0, first, first + n, [&](char* data, int64_t stride, int64_t m) {
      move_elements(from, static_cast<int64_t>(lane.size), data, stride, lane.size, m);
      from += m * static_cast<int64_t>(lane.size);
    });
  }

  // As for_each_run for operand k alone.
  template <class F>
  void for_each_run_of(size_t k, int64_t begin, int64_t end, F&& body) const {
    LoopPlan alone;
    alone.num_operands = 1;
    alone.sizes = plan_.sizes;
    alone.strides[0] = plan_.strides[k];
    alone.data[0] = plan_.data[k];
    for_each_run(alone, begin, end, [&](char* const* data, const int64_t* strides, int64_t n) {
      body(data[0], strides[0], n);
    });
  }

  // --- tiles, where an operand lies across the loop

  // Looks for an operand whose neighbours in memory are not neighbours along dim 0, and brings the
  // dim along which they are to place 1.
  bool find_tiles() {
    if (plan_.numel < 4096 || plan_.sizes[0] < 8) return false;
    for (size_t k = 0; k < plan_.num_operands; ++k) {
      if (plan_.strides[k][0] < kLineBytes) continue;
      for (size_t d = 1; d < plan_.sizes.size(); ++d) {
        if (!is_dense(k, plan_.strides[k][d]) || plan_.sizes[d] < 4) continue;
        tile_rows_ = kLineBytes / static_cast<int64_t>(lanes_[k].size);
        std::swap(plan_.sizes[1], plan_.sizes[d]);
        for (size_t j = 0; j < plan_.num_operands; ++j) {
          std::swap(plan_.strides[j][1], plan_.strides[j][d]);
        }
        return true;
      }
    }
    return false;
  }

  void run_tiles() {
    const int64_t rows = std::min(plan_.sizes[1], tile_rows_);
    const int64_t cols = std::min(plan_.sizes[0], block_ / rows);
    // The tiles' own index space, walked like a loop of its own.
    LoopPlan tiles;
    tiles.num_operands = plan_.num_operands;
    tiles.sizes = plan_.sizes;
    tiles.sizes[0] = (plan_.sizes[1] - 1) / rows + 1;
    tiles.sizes[1] = (plan_.sizes[0] - 1) / cols + 1;
    tiles.numel = 1;
    for (int64_t size : tiles.sizes) tiles.numel *= size;
    for (size_t k = 0; k < plan_.num_operands; ++k) {
      tiles.data[k] = plan_.data[k];
      tiles.strides[k] = plan_.strides[k];
      tiles.strides[k][0] = plan_.strides[k][1] * rows;
      tiles.strides[k][1] = plan_.strides[k][0] * cols;
    }
    const int64_t grain = std::max<int64_t>(kernel_.grain / (rows * cols), 1);
    parallel_for(tiles.numel, grain, [&](int64_t begin, int64_t end) {
      Buffers buffers;
      int64_t tile = begin;
      for_each_run(tiles, begin, end, [&](char* const* data, const int64_t* strides, int64_t n) {
        for (int64_t i = 0; i < n; ++i, ++tile) {
          const char* at[kMaxOperands];
          for (size_t k = 0; k < plan_.num_operands; ++k) at[k] = data[k] + i * strides[k];
          const int64_t first_row = tile % tiles.sizes[0] * rows;
          const int64_t first_col = tile / tiles.sizes[0] % tiles.sizes[1] * cols;
          run_tile(buffers, at, std::min(rows, plan_.sizes[1] - first_row),
                   std::min(cols, plan_.sizes[0] - first_col));
        }
      });
    });
  }

  void run_tile(Buffers& buffers, const char* const* data, int64_t rows, int64_t cols) {
    const char* row[kMaxOperands];
    int64_t step[kMaxOperands];
    for (size_t k = 1; k < plan_.num_operands; ++k) {
      const Lane& lane = lanes_[k];
      if (lane.cast == nullptr && is_dense(k, plan_.strides[k][0])) {
        row[k - 1] = data[k];
        step[k - 1] = plan_.strides[k][1];
        continue;
      }
      char* const packed = buffers.computed[k].bytes;
      row[k - 1] = packed;
      step[k - 1] = cols * static_cast<int64_t>(lane.computed_size);
      pack_tile(k, data[k], lane.cast == nullptr ? packed : buffers.raw.bytes, rows, cols);
      if (lane.cast != nullptr) {
        const void* raw = buffers.raw.bytes;
        lane.cast(nullptr, &raw, packed, rows * cols);
      }
    }
    const Lane& lane = lanes_[0];
    const bool direct = lane.cast == nullptr && is_dense(0, plan_.strides[0][0]);
    char* const packed = buffers.computed[0].bytes;
    char* const out = const_cast<char*>(data[0]);
    for (int64_t r = 0; r < rows; ++r) {
      const void* in[kMaxOperands];
      for (size_t k = 0; k + 1 < plan_.num_operands; ++k) in[k] = row[k] + r * step[k];
      if (direct) {
        kernel_.function(kernel_.params, in, out + r * plan_.strides[0][1], cols);
      } else {
        kernel_.function(kernel_.params, in, packed, cols);
        store_run(buffers, out + r * plan_.strides[0][1], plan_.strides[0][0], cols);
      }
    }
  }

  void pack_tile(size_t k, const char* src, char* dst, int64_t rows, int64_t cols) const {
    const size_t size = lanes_[k].size;
    const int64_t along = plan_.strides[k][0], across = plan_.strides[k][1];
    const int64_t dst_step = cols * static_cast<int64_t>(size);
    if (is_dense(k, across)) {
      transpose_block(src, along, dst, dst_step, cols, rows, size);
      return;
    }
    for (int64_t r = 0; r < rows; ++r) {
      move_elements(src + r * across, along, dst + r * dst_step, static_cast<int64_t>(size), size,
                    cols);
    }
  }

  const BlockKernel& kernel_;
  LoopPlan plan_;
  Lane lanes_[kMaxOperands];
  int64_t block_;          // elements
  int64_t tile_rows_ = 1;  // see find_tiles()
};

// All operands lie row-major, have the types of the kernel and one shape; or are numbers.
bool is_plain(const BlockKernel& kernel, const Operand* inputs, size_t num_inputs,
              const TensorImpl& like) {
  for (size_t k = 0; k < num_inputs; ++k) {
    if (!inputs[k].is_tensor()) continue;
    const TensorImpl& impl = *inputs[k].tensor().impl();
    if (impl.dtype != kernel.in[k] || !is_row_major(impl)) return false;
    if (&impl != &like && !(impl.sizes == like.sizes)) return false;
  }
  return true;
}

void run_plain(const BlockKernel& kernel, const Operand* inputs, size_t num_inputs, char* out,
               int64_t numel) {
  const char* data[kMaxOperands];
  int64_t step[kMaxOperands];
  bool has_numbers = false;
  for (size_t k = 0; k < num_inputs; ++k) {
    if (inputs[k].is_tensor()) {
      data[k] = data_of(inputs[k].tensor());
      step[k] = static_cast<int64_t>(element_size(kernel.in[k]));
    } else {
      has_numbers = true;
    }
  }
  const int64_t out_step = static_cast<int64_t>(element_size(kernel.out));
  const auto run = [&](const char* const* from, int64_t begin, int64_t end) {
    const void* in[kMaxOperands];
    for (size_t k = 0; k < num_inputs; ++k) in[k] = from[k] + begin * step[k];
    kernel.function(kernel.params, in, out + begin * out_step, end - begin);
  };
  if (!has_numbers) {
    parallel_for(numel, kernel.grain, [&](int64_t begin, int64_t end) { run(data, begin, end); });
    return;
  }
  // Numbers become arrays of one block.
  constexpr int64_t kBlock = kBlockBytes / 8;
  Block numbers[kMaxOperands - 1];
  for (size_t k = 0; k < num_inputs; ++k) {
    if (inputs[k].is_tensor()) continue;
    char value[8];
    store_scalar(inputs[k].value(), kernel.in[k], value);
    fill_elements(numbers[k].bytes, value, element_size(kernel.in[k]), std::min(numel, kBlock));
    data[k] = numbers[k].bytes;
    step[k] = 0;
  }
  parallel_for(numel, kernel.grain, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; i += kBlock) run(data, i, std::min(i + kBlock, end));
  });
}

}  // namespace

Tensor run_blocks(const char* op, const BlockKernel& kernel, ScalarType result_type,
                  const Operand* inputs, size_t num_inputs, const Tensor* out) {
  const TensorImpl* like = nullptr;
  for (size_t k = 0; k < num_inputs && like == nullptr; ++k) {
    if (inputs[k].is_tensor()) like = inputs[k].tensor().impl();
  }
  if (like != nullptr && is_plain(kernel, inputs, num_inputs, *like) &&
      (out == nullptr ? kernel.out == result_type
                      : kernel.out == out->dtype() && out->impl()->sizes == like->sizes &&
                            is_row_major(*out->impl()))) {
    bool safe = true;
    if (out != nullptr) {
      for (size_t k = 0; k < num_inputs; ++k) {
        if (inputs[k].is_tensor()) safe = safe && !overlaps(*out, inputs[k].tensor());
      }
    }
    if (safe) {
      Tensor y =
          out == nullptr ? allocate(like->sizes, like->strides, like->numel, result_type) : *out;
      if (like->numel > 0) run_plain(kernel, inputs, num_inputs, data_of(y), like->numel);
      return y;
    }
  }

  const DimVector sizes = broadcast(op, inputs, num_inputs);
  if (out != nullptr) {
    GRADUS_CHECK(out->sizes() == IntArrayRef(sizes), "{}: out has shape {}, expected {}", op,
                 out->sizes(), sizes);
    for (size_t k = 0; k < num_inputs; ++k) {
      if (inputs[k].is_tensor() && overlaps(*out, inputs[k].tensor())) {
        const Tensor apart = run_blocks(op, kernel, out->dtype(), inputs, num_inputs);
        copy(apart, *out);
        return *out;
      }
    }
  }
  Tensor y = out == nullptr ? allocate_result(sizes, result_type, inputs, num_inputs) : *out;
  if (y.numel() == 0) return y;
  LoopPlan plan;
  plan.sizes = sizes;
  plan.add(data_of(y), y.sizes(), y.strides(), y.element_size());
  ScalarType dtypes[kMaxOperands] = {y.dtype()};
  char values[kMaxOperands][8];
  for (size_t k = 0; k < num_inputs; ++k) {
    if (inputs[k].is_tensor()) {
      const Tensor& tensor = inputs[k].tensor();
      dtypes[k + 1] = tensor.dtype();
      plan.add(data_of(tensor), tensor.sizes(), tensor.strides(), tensor.element_size());
    } else {
      dtypes[k + 1] = kernel.in[k];
      store_scalar(inputs[k].value(), kernel.in[k], values[k]);
      plan.add(values[k], {}, {}, element_size(kernel.in[k]));
    }
  }
  plan.finish();
  BlockLoop(kernel, std::move(plan), dtypes).run();
  return y;
}

}  // namespace gradus::kernel
