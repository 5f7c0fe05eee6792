#include "core/kernels/strided.h"

#include <algorithm>
#include <cassert>

#include "core/kernels/dispatch.h"
#include "core/parallel.h"

namespace gradus::kernel {

namespace {

struct Dim {
  int64_t size, src_stride, dst_stride;
};

// dims[0] is the outermost.
template <class T>
void add(const T* src, T* dst, const Dim* dims, size_t rank) {
  if (rank == 0) {
    *dst = static_cast<T>(*dst + *src);
    return;
  }
  const Dim dim = dims[0];
  if (rank == 1) {
    for (int64_t i = 0; i < dim.size; ++i) {
      T& sum = dst[i * dim.dst_stride];
      sum = static_cast<T>(sum + src[i * dim.src_stride]);
    }
    return;
  }
  for (int64_t i = 0; i < dim.size; ++i) {
    add(src + i * dim.src_stride, dst + i * dim.dst_stride, dims + 1, rank - 1);
  }
}

}  // namespace

void add_overlapping(const Tensor& src, const Tensor& dst) {
  assert(src.sizes() == dst.sizes() && src.dtype() == dst.dtype());
  if (dst.numel() == 0) return;
  InlineVector<Dim, kInlineDims> dims;
  for (size_t d = 0; d < dst.sizes().size(); ++d) {
    if (dst.sizes()[d] != 1) dims.push_back({dst.sizes()[d], src.strides()[d], dst.strides()[d]});
  }
  std::stable_sort(dims.begin(), dims.end(),
                   [](const Dim& a, const Dim& b) { return a.dst_stride > b.dst_stride; });
  // Steps along the outermost dim write to different memory if its stride spans all the others.
  int64_t inner_numel = 1, inner_span = 1;
  for (size_t d = 1; d < dims.size(); ++d) {
    inner_numel *= dims[d].size;
    inner_span += (dims[d].size - 1) * dims[d].dst_stride;
  }
  dispatch_all("add", dst.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* const from = src.data_ptr<T>();
    T* const to = dst.data_ptr<T>();
    if (dims.empty() || dims[0].dst_stride < inner_span) {
      add(from, to, dims.data(), dims.size());
      return;
    }
    const Dim outer = dims[0];
    const int64_t grain = std::max<int64_t>(1, 8192 / inner_numel);
    parallel_for(outer.size, grain, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        add(from + i * outer.src_stride, to + i * outer.dst_stride, dims.data() + 1,
            dims.size() - 1);
      }
    });
  });
}

}  // namespace gradus::kernel
