#pragma once

// Element-wise kernels from functions on doubles: in double precision for every dtype.

#include "core/kernels/dispatch.h"
#include "core/kernels/plain_loop.h"
#include "core/tensor.h"
#include "core/type_promotion.h"

namespace gradus::kernel {

/// y = F(x); integers give the default dtype.
template <double (*F)(double)>
Tensor special_unary(const char* op, const Tensor& x) {
  const ScalarType result = is_floating_point(x.dtype()) ? x.dtype() : get_default_dtype();
  BlockKernel kernel;
  kernel.in[0] = kernel.out = computed_type(result);
  kernel.grain = kGrainScalar;
  kernel.function = dispatch_float_double(op, kernel.out, [](auto tag) {
    using T = typename decltype(tag)::type;
    return plain_loop<T>([](T v) { return static_cast<T>(F(static_cast<double>(v))); });
  });
  return run_blocks(op, kernel, result, {x});
}

/// y = F(a, b), broadcast; integers give the default dtype.
template <double (*F)(double, double)>
Tensor special_binary(const char* op, const Tensor& a, const Tensor& b) {
  const ScalarType promoted = result_type(a, b);
  const ScalarType result = is_floating_point(promoted) ? promoted : get_default_dtype();
  BlockKernel kernel;
  kernel.in[0] = kernel.in[1] = kernel.out = computed_type(result);
  kernel.grain = kGrainScalar;
  kernel.function = dispatch_float_double(op, kernel.out, [](auto tag) {
    using T = typename decltype(tag)::type;
    return plain_loop<T>(
        [](T u, T v) { return static_cast<T>(F(static_cast<double>(u), static_cast<double>(v))); });
  });
  return run_blocks(op, kernel, result, {a, b});
}

}  // namespace gradus::kernel
