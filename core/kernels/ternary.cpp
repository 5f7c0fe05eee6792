#include "core/kernels/ternary.h"

#include <cmath>

#include "core/kernels/dispatch.h"
#include "core/kernels/plain_loop.h"

namespace gradus::kernel {

namespace {

template <class T>
void where_plain(const Params*, const void* const* in, void* out, int64_t n) {
  const uint8_t* condition = static_cast<const uint8_t*>(in[0]);
  const T* a = static_cast<const T*>(in[1]);
  const T* b = static_cast<const T*>(in[2]);
  T* y = static_cast<T*>(out);
  for (int64_t i = 0; i < n; ++i) y[i] = condition[i] != 0 ? a[i] : b[i];
}

BlockFunction where_function(ScalarType dtype) {
  switch (element_size(dtype)) {
    case 1:
      return &where_plain<uint8_t>;
    case 2:
      return &where_plain<uint16_t>;
    case 4:
      return where_vector_function();
    default:
      return &where_plain<uint64_t>;
  }
}

template <class T>
BlockFunction floating_function(TernaryOp op) {
  switch (op) {
    case TernaryOp::Lerp:
      return plain_loop<T>([](T a, T b, T w) {
        return std::abs(w) < T(0.5) ? a + w * (b - a) : b - (b - a) * (1 - w);
      });
    case TernaryOp::Addcmul:
      return plain_loop<T>([](T a, T b, T c, const Params& p) { return a + p.get<T>(0) * b * c; });
    case TernaryOp::Addcdiv:
      return plain_loop<T>([](T a, T b, T c, const Params& p) { return a + p.get<T>(0) * b / c; });
  }
  return nullptr;
}

template <class T>
BlockFunction integer_function(TernaryOp op) {
  if (op != TernaryOp::Addcmul) return nullptr;
  // Integers wrap around.
  return plain_loop<T>([](T a, T b, T c, const Params& p) {
    return static_cast<T>(uint64_t(a) + p.get<uint64_t>(0) * uint64_t(b) * uint64_t(c));
  });
}

}  // namespace

Tensor where(const char* name, ScalarType dtype, const Tensor& condition, const Operand& a,
             const Operand& b, const Tensor* out) {
  BlockKernel kernel;
  kernel.function = where_function(dtype);
  kernel.in[0] = kBool;
  kernel.in[1] = kernel.in[2] = kernel.out = dtype;
  kernel.grain = kGrainMemory;
  return run_blocks(name, kernel, dtype, {condition, a, b}, out);
}

Tensor ternary(const char* name, TernaryOp op, ScalarType dtype, const Operand& a, const Operand& b,
               const Operand& c, const Tensor* out, const Params* params) {
  const ScalarType computed = computed_type(dtype);
  BlockKernel kernel;
  if (computed == kFloat) {
    kernel.function = ternary_vector_function(op);
  } else if (computed == kDouble) {
    kernel.function = floating_function<double>(op);
  } else if (computed != kBool) {
    kernel.function = dispatch_integral(name, computed, [&](auto tag) {
      return integer_function<typename decltype(tag)::type>(op);
    });
  }
  GRADUS_CHECK_TYPE(kernel.function != nullptr, "{}: not implemented for {}", name, dtype);
  kernel.params = params;
  kernel.in[0] = kernel.in[1] = kernel.in[2] = kernel.out = computed;
  kernel.grain = kGrainMemory;
  return run_blocks(name, kernel, dtype, {a, b, c}, out);
}

}  // namespace gradus::kernel
