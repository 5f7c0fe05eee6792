#include "core/kernels/fill.h"

#include <algorithm>
#include <cstring>

#include "core/kernels/dispatch.h"
#include "core/kernels/loop.h"

namespace gradus::kernel {

void fill(const Tensor& dst, const Scalar& value) {
  const TensorImpl& impl = *dst.impl();
  if (impl.numel == 0) return;
  dispatch_all("fill_", impl.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T v = value.to<T>();
    const auto fill_run = [&](char* data, int64_t stride, int64_t n) {
      if (stride == static_cast<int64_t>(sizeof(T))) {
        fill_elements(data, &v, sizeof v, n);
      } else {
        for (int64_t i = 0; i < n; ++i) std::memcpy(data + i * stride, &v, sizeof v);
      }
    };
    constexpr int64_t size = sizeof(T);
    if (is_row_major(impl)) {
      char* const data = data_of(dst);
      parallel_for(impl.numel, 4 * kGrainMemory / size, [&](int64_t begin, int64_t end) {
        fill_run(data + begin * size, size, end - begin);
      });
    } else {
      parallel_for_each_run(LoopPlan(impl.sizes, {&dst}), 4 * kGrainMemory / size,
                            [&](char* const* data, const int64_t* strides, int64_t n) {
                              fill_run(data[0], strides[0], n);
                            });
    }
  });
}

}  // namespace gradus::kernel
