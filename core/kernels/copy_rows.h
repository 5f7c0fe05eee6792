#pragma once

#include <cstdint>

namespace gradus::kernel {

/// Copies n rows of `size` bytes each, from src to dst, which do not overlap: for rows so short
/// that a call of memcpy is much of the work.
void copy_rows(char* dst, int64_t dst_stride, const char* src, int64_t src_stride, int64_t n,
               int64_t size);

}  // namespace gradus::kernel
