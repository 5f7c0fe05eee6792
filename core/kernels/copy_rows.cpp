#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)

#include "core/kernels/copy_rows.h"

// clang-format off
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "core/kernels/copy_rows.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on

#include <cstring>

HWY_BEFORE_NAMESPACE();
namespace gradus::kernel {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

// Rows of at least one vector, the last of which overlaps the one before.
template <class D>
HWY_INLINE void CopyVectors(D d, char* dst, int64_t dst_stride, const char* src, int64_t src_stride,
                            int64_t n, int64_t size) {
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d)), last = size - lanes;
  for (int64_t row = 0; row < n; ++row, dst += dst_stride, src += src_stride) {
    const auto* const from = reinterpret_cast<const uint8_t*>(src);
    auto* const to = reinterpret_cast<uint8_t*>(dst);
    for (int64_t i = 0; i < last; i += lanes) hn::StoreU(hn::LoadU(d, from + i), d, to + i);
    hn::StoreU(hn::LoadU(d, from + last), d, to + last);
  }
}

void CopyRows(char* dst, int64_t dst_stride, const char* src, int64_t src_stride, int64_t n,
              int64_t size) {
  const hn::ScalableTag<uint8_t> d;
  const hn::CappedTag<uint8_t, 16> d16;
  if (size >= static_cast<int64_t>(hn::Lanes(d))) {
    CopyVectors(d, dst, dst_stride, src, src_stride, n, size);
  } else if (size >= static_cast<int64_t>(hn::Lanes(d16))) {
    CopyVectors(d16, dst, dst_stride, src, src_stride, n, size);
  } else {
    for (int64_t row = 0; row < n; ++row)
      std::memcpy(dst + row * dst_stride, src + row * src_stride, static_cast<size_t>(size));
  }
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace gradus::kernel
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::kernel {

HWY_EXPORT(CopyRows);

void copy_rows(char* dst, int64_t dst_stride, const char* src, int64_t src_stride, int64_t n,
               int64_t size) {
  HWY_DYNAMIC_DISPATCH(CopyRows)(dst, dst_stride, src, src_stride, n, size);
}

}  // namespace gradus::kernel
#endif
