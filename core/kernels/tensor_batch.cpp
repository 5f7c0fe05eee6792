#include "core/kernels/tensor_batch.h"

#include <algorithm>
#include <cassert>
#include <numeric>

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

template <class T>
void gather(T* dst, const char* src, ScalarType dtype, int64_t stride, int64_t n) {
  const auto from = [&](auto* typed) {
    for (int64_t i = 0; i < n; ++i) dst[i] = static_cast<T>(typed[i * stride]);
  };
  switch (dtype) {
    case kDouble:
      return from(reinterpret_cast<const double*>(src));
    case kHalf:
      return from(reinterpret_cast<const Half*>(src));
    case kBFloat16:
      return from(reinterpret_cast<const BFloat16*>(src));
    default:
      return from(reinterpret_cast<const float*>(src));
  }
}

template <class T>
void scatter(const T* src, char* dst, ScalarType dtype, int64_t stride, int64_t n) {
  const auto to = [&](auto* typed) {
    using To = std::remove_reference_t<decltype(*typed)>;
    for (int64_t i = 0; i < n; ++i) typed[i * stride] = static_cast<To>(src[i]);
  };
  switch (dtype) {
    case kDouble:
      return to(reinterpret_cast<double*>(dst));
    case kHalf:
      return to(reinterpret_cast<Half*>(dst));
    case kBFloat16:
      return to(reinterpret_cast<BFloat16*>(dst));
    default:
      return to(reinterpret_cast<float*>(dst));
  }
}

}  // namespace

void TensorBatch::clear() {
  rows_.clear();
  segments_.clear();
  first_.clear();
  packings_.clear();
  length_ = 0;
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
      segment.data[k] = static_cast<char*>(impl.storage->data()) +
                        impl.offset * static_cast<int64_t>(element_size(impl.dtype));
      segment.versions[k] = impl.inference ? nullptr : &impl.version_counter();
      direct = direct && impl.dtype == first.dtype && (k == 0 || same_strides(impl, first));
    }
    segment.numel = first.numel;
    segment.numbers = row.numbers;
    segment.count = row.count;
    segment.f64 = first.dtype == kDouble;
    segment.packing = direct && is_dense(first) ? -1 : pack(row);
    segments_.push_back(segment);
    first_.push_back(length_);
    length_ += segment.numel + kTensorCost;
  }
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
    if (first.sizes[dim] == 1) continue;
    packing.sizes.push_back(first.sizes[dim]);
    for (size_t k = 0; k < row.count; ++k) {
      packing.strides[k].push_back(row.tensors[k]->strides[dim]);
    }
  }
  if (packing.sizes.empty()) {
    packing.sizes.push_back(1);
    for (size_t k = 0; k < row.count; ++k) packing.strides[k].push_back(1);
  }
  for (size_t k = 0; k < row.count; ++k) packing.dtype[k] = row.tensors[k]->dtype;
  return static_cast<int32_t>(packings_.size()) - 1;
}

int64_t TensorBatch::length() {
  prepare();
  return length_;
}

template <class T, class F>
void TensorBatch::for_each_block(const Segment& segment, int64_t begin, int64_t end,
                                 uint32_t written, F&& body) const {
  const Packing& packing = packings_[segment.packing];
  const size_t rank = packing.sizes.size();
  alignas(64) T buffer[kMaxBatchTensors][kBlock];
  void* blocks[kMaxBatchTensors];
  for (size_t k = 0; k < kMaxBatchTensors; ++k) blocks[k] = buffer[k];

  // Calls run(k-th tensor, address, stride, place in the block, n) for the runs along the fastest
  // dim that make up the elements [from, to).
  const auto for_each_run = [&](int64_t from, int64_t to, auto&& run) {
    for (int64_t i = from; i < to;) {
      int64_t rest = i / packing.sizes[0];
      const int64_t inner = i % packing.sizes[0];
      int64_t at[kMaxBatchTensors];
      for (size_t k = 0; k < segment.count; ++k) at[k] = inner * packing.strides[k][0];
      for (size_t d = 1; d < rank; ++d) {
        for (size_t k = 0; k < segment.count; ++k) {
          at[k] += rest % packing.sizes[d] * packing.strides[k][d];
        }
        rest /= packing.sizes[d];
      }
      const int64_t n = std::min(packing.sizes[0] - inner, to - i);
      for (size_t k = 0; k < segment.count; ++k) {
        const auto size = static_cast<int64_t>(element_size(packing.dtype[k]));
        run(k, segment.data[k] + at[k] * size, packing.strides[k][0], i - from, n);
      }
      i += n;
    }
  };

  for (int64_t i = begin; i < end; i += kBlock) {
    const int64_t to = std::min(i + kBlock, end);
    for_each_run(i, to, [&](size_t k, char* data, int64_t stride, int64_t place, int64_t n) {
      gather(buffer[k] + place, data, packing.dtype[k], stride, n);
    });
    body(blocks, to - i);
    if (written == 0) continue;
    for_each_run(i, to, [&](size_t k, char* data, int64_t stride, int64_t place, int64_t n) {
      if (written >> k & 1) scatter(buffer[k] + place, data, packing.dtype[k], stride, n);
    });
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

void TensorBatch::run(const BatchKernel& kernel, const void* numbers) {
  parallel_for(length(), kGrain, [&](int64_t begin, int64_t end) {
    for_each_part(begin, end, [&](const Segment& segment, int64_t from, int64_t to) {
      const BatchFunction function = segment.f64 ? kernel.f64 : kernel.f32;
      const void* own = static_cast<const char*>(numbers) +
                        static_cast<size_t>(segment.numbers) * kernel.numbers_size;
      visit(segment, from, to, kernel.written,
            [&](void* const* data, int64_t n) { function(own, data, n); });
    });
  });
  for (size_t i = 0; i < segments_.size(); ++i) {
    const Segment& segment = segments_[i];
    for (size_t k = 0; k < segment.count; ++k) {
      if ((kernel.written >> k & 1) == 0 || segment.versions[k] == nullptr) continue;
      segment.versions[k]->fetch_add(1, std::memory_order_acq_rel);
    }
    if (rows_[i].step != nullptr) ++*rows_[i].step;
  }
}

}  // namespace gradus::kernel
