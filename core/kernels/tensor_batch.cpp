#include "core/kernels/tensor_batch.h"

#include <algorithm>
#include <cassert>
#include <functional>
#include <numeric>
#include <type_traits>

#include "core/kernels/average.h"
#include "core/parallel.h"

namespace gradus::kernel {

namespace {

// What a tensor costs beside its elements, in elements.
constexpr int64_t kTensorCost = 64;
// Chunks begin at whole cache lines of a tensor.
constexpr int64_t kAlign = 64;
// Elements of a block that is packed.
constexpr int64_t kBlock = 256;

bool is_row_major(const TensorImpl& impl) {
  int64_t expected = 1;
  for (size_t i = impl.sizes.size(); i-- > 0;) {
    if (impl.sizes[i] == 1) continue;
    if (impl.strides[i] != expected) return false;
    expected *= impl.sizes[i];
  }
  return true;
}

// Whether the elements fill a block of memory.
bool is_dense(const TensorImpl& impl) {
  if (is_row_major(impl)) return true;
  return Tensor(intrusive_ptr<TensorImpl>(const_cast<TensorImpl*>(&impl)))
      .is_non_overlapping_and_dense();
}

// Whether both have the same strides, apart from those of dims of one element.
bool same_strides(const TensorImpl& a, const TensorImpl& b) {
  for (size_t i = 0; i < a.sizes.size(); ++i) {
    if (a.strides[i] != b.strides[i] && a.sizes[i] != 1) return false;
  }
  return true;
}

template <class F>
void with_type(ScalarType dtype, char* data, F&& f) {
  switch (dtype) {
    case kDouble:
      return f(reinterpret_cast<double*>(data));
    case kHalf:
      return f(reinterpret_cast<Half*>(data));
    case kBFloat16:
      return f(reinterpret_cast<BFloat16*>(data));
    default:
      return f(reinterpret_cast<float*>(data));
  }
}

}  // namespace

void TensorBatch::clear() {
  rows_.clear();
  segments_.clear();
  first_.clear();
  packings_.clear();
  length_ = 0;
  gradient_factor_ = 1;
  averages_ = nullptr;
}

void TensorBatch::add(std::initializer_list<const Tensor*> tensors, int32_t numbers,
                      int64_t* step) {
  assert(tensors.size() >= 1 && tensors.size() <= kMaxBatchTensors);
  Row& row = rows_.emplace_back();
  size_t k = 0;
  for (const Tensor* tensor : tensors) row.tensors[k++] = tensor->impl();
  row.step = step;
  row.numbers = numbers;
  row.count = static_cast<uint8_t>(k);
}

// Thousands of small tensors are spread over memory, and each is a chain of pointers, so the ends
// of the chains are fetched ahead.
void TensorBatch::prepare() {
  constexpr size_t kAhead = 8;
  for (size_t i = segments_.size(); i < rows_.size(); ++i) {
    if (i + 2 * kAhead < rows_.size()) {
      const Row& later = rows_[i + 2 * kAhead];
      for (size_t k = 0; k < later.count; ++k) {
        const char* impl = reinterpret_cast<const char*>(later.tensors[k]);
        for (size_t line = 0; line < sizeof(TensorImpl); line += 64)
          __builtin_prefetch(impl + line);
      }
    }
    if (i + kAhead < rows_.size()) {
      const Row& later = rows_[i + kAhead];
      for (size_t k = 0; k < later.count; ++k) {
        __builtin_prefetch(later.tensors[k]->storage.get(), /*write=*/1);
      }
    }
    const Row& row = rows_[i];
    const TensorImpl& first = *row.tensors[0];
    Segment segment;
    bool direct = first.dtype == kFloat || first.dtype == kDouble;
    for (size_t k = 0; k < row.count; ++k) {
      const TensorImpl& impl = *row.tensors[k];
      assert(impl.numel == first.numel);
      segment.data[k] = impl.data();
      segment.versions[k] = impl.inference ? nullptr : &impl.version_counter();
      direct = direct && impl.dtype == first.dtype && (k == 0 || same_strides(impl, first));
    }
    segment.numel = first.numel;
    segment.numbers = row.numbers;
    segment.count = row.count;
    segment.f64 = first.dtype == kDouble;
    segment.packing = direct && is_dense(first) ? -1 : pack(row);
    segment.average = segment.packing < 0 ? average_of(first) : nullptr;
    segments_.push_back(segment);
    first_.push_back(length_);
    length_ += segment.numel + kTensorCost;
  }
}

BatchAverages::Entry* TensorBatch::average_of(const TensorImpl& param) const {
  if (averages_ == nullptr) return nullptr;
  std::vector<BatchAverages::Entry>& entries = averages_->entries;
  const auto entry = std::lower_bound(
      entries.begin(), entries.end(), &param,
      [](const BatchAverages::Entry& a, const TensorImpl* b) { return std::less<>()(a.param, b); });
  if (entry == entries.end() || entry->param != &param) return nullptr;
  const TensorImpl& average = *entry->average;
  const bool fits =
      average.dtype == param.dtype && average.sizes == param.sizes && same_strides(average, param);
  return fits ? &*entry : nullptr;
}

int32_t TensorBatch::pack(const Row& row) {
  Packing& packing = packings_.emplace_back();
  const TensorImpl& first = *row.tensors[0];
  DimVector order(first.sizes.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    return first.strides[a] < first.strides[b] || (first.strides[a] == first.strides[b] && a > b);
  });
  for (int64_t dim : order) {
    const int64_t size = first.sizes[dim];
    if (size == 1) continue;
    bool merges = !packing.sizes.empty();
    for (size_t k = 0; k < row.count && merges; ++k) {
      merges = row.tensors[k]->strides[dim] == packing.strides[k].back() * packing.sizes.back();
    }
    if (merges) {
      packing.sizes.back() *= size;
      continue;
    }
    packing.sizes.push_back(size);
    for (size_t k = 0; k < row.count; ++k) {
      packing.strides[k].push_back(row.tensors[k]->strides[dim]);
    }
  }
  const ScalarType computed = first.dtype == kDouble ? kDouble : kFloat;
  for (size_t k = 0; k < row.count; ++k) {
    if (packing.strides[k].empty()) packing.strides[k].push_back(1);
    packing.dtype[k] = row.tensors[k]->dtype;
    packing.direct[k] = packing.dtype[k] == computed;
    int64_t expected = 1;
    for (size_t d = 0; d < packing.sizes.size(); ++d) {
      packing.direct[k] = packing.direct[k] && packing.strides[k][d] == expected;
      expected *= packing.sizes[d];
    }
  }
  if (packing.sizes.empty()) packing.sizes.push_back(1);
  return static_cast<int32_t>(packings_.size()) - 1;
}

int64_t TensorBatch::length() {
  prepare();
  return length_;
}

namespace {

// Calls run(offset, place, n) for the runs along the fastest dim that make up the elements
// [begin, begin + count) of a walk; `offset` is where a run lies, `place` how far it is from begin.
template <class F>
void for_each_run(const DimVector& sizes, const DimVector& strides, int64_t begin, int64_t count,
                  F&& run) {
  const size_t rank = sizes.size();
  DimVector index(rank);
  int64_t rest = begin;
  int64_t offset = 0;
  for (size_t d = 0; d < rank; ++d) {
    index[d] = rest % sizes[d];
    rest /= sizes[d];
    offset += index[d] * strides[d];
  }
  for (int64_t place = 0;;) {
    const int64_t n = std::min(sizes[0] - index[0], count - place);
    run(offset, place, n);
    place += n;
    if (place >= count) return;
    offset -= index[0] * strides[0];
    index[0] = 0;
    for (size_t d = 1; d < rank; ++d) {
      offset += strides[d];
      if (++index[d] < sizes[d]) break;
      offset -= sizes[d] * strides[d];
      index[d] = 0;
    }
  }
}

}  // namespace

template <class T, class F>
void TensorBatch::for_each_block(const Segment& segment, int64_t begin, int64_t end,
                                 uint32_t written, F&& body) const {
  const Packing& packing = packings_[segment.packing];
  alignas(64) T buffer[kMaxBatchTensors][kBlock];
  for (int64_t i = begin; i < end; i += kBlock) {
    const int64_t n = std::min(kBlock, end - i);
    void* blocks[kMaxBatchTensors];
    for (size_t k = 0; k < segment.count; ++k) {
      if (packing.direct[k]) {
        blocks[k] = reinterpret_cast<T*>(segment.data[k]) + i;
        continue;
      }
      blocks[k] = buffer[k];
      with_type(packing.dtype[k], segment.data[k], [&](auto* data) {
        const int64_t stride = packing.strides[k][0];
        for_each_run(packing.sizes, packing.strides[k], i, n,
                     [&](int64_t offset, int64_t place, int64_t m) {
                       for (int64_t j = 0; j < m; ++j) {
                         buffer[k][place + j] = static_cast<T>(data[offset + j * stride]);
                       }
                     });
      });
    }
    body(blocks, n);
    for (size_t k = 0; k < segment.count; ++k) {
      if (packing.direct[k] || (written >> k & 1) == 0) continue;
      with_type(packing.dtype[k], segment.data[k], [&](auto* data) {
        using To = std::remove_reference_t<decltype(*data)>;
        const int64_t stride = packing.strides[k][0];
        for_each_run(packing.sizes, packing.strides[k], i, n,
                     [&](int64_t offset, int64_t place, int64_t m) {
                       for (int64_t j = 0; j < m; ++j) {
                         data[offset + j * stride] = static_cast<To>(buffer[k][place + j]);
                       }
                     });
      });
    }
  }
}

template <class F>
void TensorBatch::visit(const Segment& segment, int64_t begin, int64_t end, uint32_t written,
                        F&& body) const {
  if (segment.packing >= 0) {
    if (segment.f64) return for_each_block<double>(segment, begin, end, written, body);
    return for_each_block<float>(segment, begin, end, written, body);
  }
  const int64_t offset = begin * (segment.f64 ? 8 : 4);
  void* data[kMaxBatchTensors];
  for (size_t k = 0; k < segment.count; ++k) data[k] = segment.data[k] + offset;
  body(data, end - begin);
}

template <class F>
void TensorBatch::for_each_part(int64_t begin, int64_t end, F&& body) const {
  size_t i = static_cast<size_t>(std::upper_bound(first_.begin(), first_.end(), begin) -
                                 first_.begin() - 1);
  for (; i < segments_.size() && first_[i] < end; ++i) {
    const Segment& segment = segments_[i];
    // A chunk that ends or begins within a tensor does so at the same element.
    const auto place = [&](int64_t at) {
      at -= first_[i];
      return at <= 0 ? 0 : at >= segment.numel ? segment.numel : at / kAlign * kAlign;
    };
    const int64_t from = place(begin), to = place(end);
    if (from < to) body(segment, from, to);
  }
}

void TensorBatch::read(int64_t begin, int64_t end,
                       FunctionRef<void(bool f64, void* const* data, int64_t n)> f) const {
  for_each_part(begin, end, [&](const Segment& segment, int64_t from, int64_t to) {
    visit(segment, from, to, /*written=*/0,
          [&](void* const* data, int64_t n) { f(segment.f64, data, n); });
  });
}

namespace {

// The rule on blocks that stay in the cache, so that multiplying the gradient before it and taking
// the parameter into its average after it read no memory again. `average` may be null.
template <class T>
void apply_in_parts(BatchFunction function, const void* numbers, void* const* data, size_t count,
                    double factor, void* average, double weight, int64_t n) {
  const BatchFunction average_function =
      std::is_same_v<T, double> ? average_kernel().f64 : average_kernel().f32;
  constexpr int64_t kPart = 1024;
  alignas(64) T scaled[kPart];
  const T by = static_cast<T>(factor);
  for (int64_t i = 0; i < n; i += kPart) {
    const int64_t m = std::min(kPart, n - i);
    void* blocks[kMaxBatchTensors];
    for (size_t k = 0; k < count; ++k) blocks[k] = static_cast<T*>(data[k]) + i;
    if (factor != 1) {
      const T* const g = static_cast<const T*>(blocks[1]);
      for (int64_t j = 0; j < m; ++j) scaled[j] = g[j] * by;
      blocks[1] = scaled;
    }
    function(numbers, blocks, m);
    if (average == nullptr) continue;
    T* const to = static_cast<T*>(average) + i;
    const AverageNumbers average_numbers{weight};
    void* const averaged[] = {to, blocks[0]};
    const T* const p = static_cast<const T*>(blocks[0]);
    if (static_cast<T>(weight) == 1) {
      std::copy(p, p + m, to);
    } else {
      average_function(&average_numbers, averaged, m);
    }
  }
}

}  // namespace

void TensorBatch::run(const BatchKernel& kernel, const void* numbers) {
  parallel_for(length(), kGrain, [&](int64_t begin, int64_t end) {
    for_each_part(begin, end, [&](const Segment& segment, int64_t from, int64_t to) {
      const BatchFunction function = segment.f64 ? kernel.f64 : kernel.f32;
      const void* own = static_cast<const char*>(numbers) +
                        static_cast<size_t>(segment.numbers) * kernel.numbers_size;
      visit(segment, from, to, kernel.written, [&](void* const* data, int64_t n) {
        if (gradient_factor_ == 1 && segment.average == nullptr) return function(own, data, n);
        const auto in_parts = segment.f64 ? &apply_in_parts<double> : &apply_in_parts<float>;
        // Where there is an average, arrays are used as they lie, from `from` on.
        char* const average = segment.average == nullptr
                                  ? nullptr
                                  : segment.average->average->data() + from * (segment.f64 ? 8 : 4);
        in_parts(function, own, data, segment.count, gradient_factor_, average,
                 averages_ == nullptr ? 0 : averages_->weight, n);
      });
    });
  });
  for (size_t i = 0; i < segments_.size(); ++i) {
    const Segment& segment = segments_[i];
    for (size_t k = 0; k < segment.count; ++k) {
      if ((kernel.written >> k & 1) == 0 || segment.versions[k] == nullptr) continue;
      segment.versions[k]->fetch_add(1, std::memory_order_acq_rel);
    }
    if (rows_[i].step != nullptr) ++*rows_[i].step;
    if (segment.average == nullptr) continue;
    segment.average->done = true;
    TensorImpl& average = *segment.average->average;
    if (!average.inference) average.version_counter().fetch_add(1, std::memory_order_acq_rel);
  }
}

}  // namespace gradus::kernel
