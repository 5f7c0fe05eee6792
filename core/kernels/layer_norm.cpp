#include <algorithm>

#include "core/factory.h"
#include "core/kernels/copy.h"
#include "core/kernels/dispatch.h"
#include "core/kernels/norm.h"
#include "core/kernels/norm_driver.h"
#include "core/kernels/reduce_blocks.h"
#include "core/parallel.h"

namespace gradus::kernel {

namespace {

constexpr int64_t kGrain = 16384;
// Rows whose parts of the weights' gradients are added up one by one.
constexpr int64_t kRowBlock = 128;

Tensor row_major(const Tensor& x) {
  if (!x.defined() || x.is_contiguous()) return x;
  Tensor y = empty(x.sizes(), x.dtype());
  copy(x, y);
  return y;
}

template <class T>
ReduceKernel<T> sum_kernel() {
  if constexpr (std::is_same_v<T, float>) return vector_reduce_kernel(ReduceOp::Sum);
  return plain_reduce_kernel<T>(ReduceOp::Sum);
}

template <class T>
void run_backward(const T* dy, const T* x, const T* mean, const T* rstd, const T* w, int64_t rows,
                  int64_t n, T* dx, T* dw, T* db) {
  const NormLoops<T> loops = norm_loops<T>();
  const int64_t grain = std::max<int64_t>(kGrain / n, 1);
  const Chunks chunks = chunks_of(rows, grain);
  if (dw == nullptr) {
    parallel_for(rows, grain, [&](int64_t begin, int64_t end) {
      loops.layer_norm_backward(dy + begin * n, x + begin * n, mean + begin, rstd + begin, w,
                                end - begin, n, dx + begin * n, nullptr, nullptr);
    });
    return;
  }
  // For each chunk, [dw, db] of the chunk and then of a block of its rows.
  const ReduceKernel<T> sum = sum_kernel<T>();
  const int64_t size = 2 * n;
  const Tensor partials = empty(chunks.count * 2 * size, scalar_type_of<T>());
  T* const partial = partials.data_ptr<T>();
  parallel_for(rows, grain, [&](int64_t begin, int64_t end) {
    T* const total = partial + begin / chunks.size * 2 * size;
    T* const block = total + size;
    std::fill(total, total + size, T(0));
    for (int64_t first = begin; first < end; first += kRowBlock) {
      std::fill(block, block + size, T(0));
      loops.layer_norm_backward(dy + first * n, x + first * n, mean + first, rstd + first, w,
                                std::min(kRowBlock, end - first), n, dx + first * n, block,
                                block + n);
      sum.combine_n(total, block, size);
    }
  });
  // Neighbouring chunks first.
  for (int64_t step = 1; step < chunks.count; step *= 2) {
    for (int64_t i = 0; i + step < chunks.count; i += 2 * step) {
      sum.combine_n(partial + i * 2 * size, partial + (i + step) * 2 * size, size);
    }
  }
  std::copy(partial, partial + n, dw);
  std::copy(partial + n, partial + size, db);
}

}  // namespace

LayerNorm layer_norm(const Tensor& input, int64_t n, const Tensor& weight, const Tensor& bias,
                     double eps) {
  const Tensor x = row_major(input), w = row_major(weight), b = row_major(bias);
  const int64_t rows = n == 0 ? 0 : x.numel() / n;
  LayerNorm result{empty(x.sizes(), x.dtype()), empty(rows, x.dtype()), empty(rows, x.dtype())};
  dispatch_float_double("layer_norm", x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const NormLoops<T> loops = norm_loops<T>();
    const T *const from = x.data_ptr<T>(), *const ws = data_or_null<T>(w),
                   *const bs = data_or_null<T>(b);
    T *const to = result.y.data_ptr<T>(), *const mean = result.mean.data_ptr<T>(),
             *const rstd = result.rstd.data_ptr<T>();
    parallel_for(rows, std::max<int64_t>(kGrain / std::max<int64_t>(n, 1), 1),
                 [&](int64_t begin, int64_t end) {
                   loops.layer_norm(from + begin * n, ws, bs, static_cast<T>(eps), end - begin, n,
                                    to + begin * n, mean + begin, rstd + begin);
                 });
  });
  return result;
}

NormGradients layer_norm_backward(const Tensor& gradient, const Tensor& input, const Tensor& mean,
                                  const Tensor& rstd, int64_t n, const Tensor& weight,
                                  bool need_affine) {
  const Tensor dy = row_major(gradient), x = row_major(input), w = row_major(weight);
  NormGradients result;
  result.dx = empty(x.sizes(), x.dtype());
  if (need_affine) {
    result.dweight = zeros(n, x.dtype());
    result.dbias = zeros(n, x.dtype());
  }
  if (x.numel() == 0) return result;
  dispatch_float_double("layer_norm", x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    run_backward(dy.data_ptr<T>(), x.data_ptr<T>(), mean.data_ptr<T>(), rstd.data_ptr<T>(),
                 data_or_null<T>(w), x.numel() / n, n, result.dx.data_ptr<T>(),
                 need_affine ? result.dweight.data_ptr<T>() : nullptr,
                 need_affine ? result.dbias.data_ptr<T>() : nullptr);
  });
  return result;
}

}  // namespace gradus::kernel
