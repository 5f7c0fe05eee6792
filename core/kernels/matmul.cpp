#include "core/kernels/matmul.h"

#include <algorithm>
#include <cstring>

#include "core/allocator.h"
#include "core/factory.h"
#include "core/kernels/ceil_div.h"
#include "core/kernels/copy.h"
#include "core/kernels/dispatch.h"
#include "core/kernels/gemm.h"
#include "core/kernels/pointwise.h"
#include "core/parallel.h"
#include "core/shape.h"

namespace gradus::kernel {
namespace {

// Nanoseconds of one core: flops at the product's rate, or its bytes at the cache's.
double cost(int64_t m, int64_t n, int64_t k, ScalarType dtype) {
  double flops_per_ns = 2;
  if (dtype == kFloat) flops_per_ns = 200;
  if (dtype == kBFloat16) flops_per_ns = 300;
  if (dtype == kDouble) flops_per_ns = 10;
  const double dm = static_cast<double>(m);
  const double dn = static_cast<double>(n);
  const double dk = static_cast<double>(k);
  const double bytes = static_cast<double>(element_size(dtype)) * (dm * dk + dk * dn + dm * dn);
  return std::max(2 * dm * dn * dk / flops_per_ns, bytes / 100);
}

// Half of an extent, as a multiple of `unit`.
int64_t half(int64_t extent, int64_t unit) {
  return ceil_div(ceil_div(extent, 2), unit) * unit;
}

// Offsets of the batch items of a tensor with any leading dims.
class BatchOffsets {
 public:
  explicit BatchOffsets(const Tensor& x)
      : sizes_(x.sizes().slice(0, x.sizes().size() - 2)),
        strides_(x.strides().slice(0, x.sizes().size() - 2)) {}

  int64_t operator()(int64_t item) const {
    int64_t offset = 0;
    for (size_t d = sizes_.size(); d-- > 0;) {
      offset += item % sizes_[d] * strides_[d];
      item /= sizes_[d];
    }
    return offset;
  }

 private:
  IntArrayRef sizes_;
  IntArrayRef strides_;
};

template <class T>
MatrixView<T> matrix(const Tensor& x) {
  return {static_cast<T*>(x.data_ptr()), x.stride(-2), x.stride(-1)};
}

bool is_operand(const Tensor& x) {
  return is_gemm_operand(x.size(-2), x.size(-1), x.stride(-2), x.stride(-1));
}

Tensor as_operand(const Tensor& x) {
  if (is_operand(x)) return x;
  Tensor dense = empty(x.sizes(), x.options());
  copy(x, dense);
  return dense;
}

template <class T>
constexpr bool kHasGemm = !std::is_integral_v<T>;

template <class T>
void run(const Tensor& out, const Tensor& a, const Tensor& b, const Tensor& bias, bool accumulate) {
  const int64_t m = a.size(-2);
  const int64_t k = a.size(-1);
  const int64_t n = b.size(-1);
  const int64_t batch = out.numel() / (m * n);
  const auto av = matrix<const T>(a);
  const auto bv = matrix<const T>(b);
  const auto cv = matrix<T>(out);
  const int64_t ldc = m == 1 ? n : cv.row_stride;  // one row may have any stride
  const T* const bias_data = bias.defined() ? static_cast<const T*>(bias.data_ptr()) : nullptr;
  const BatchOffsets a_offset(a);
  const BatchOffsets b_offset(b);
  const BatchOffsets c_offset(out);
  const bool b_transposed = bv.col_stride != 1;
  const MatmulPlan plan = matmul_plan(batch, m, n, k, b_transposed, a.dtype());
  const int64_t tiles_m = ceil_div(m, plan.tile_m);
  const int64_t tiles_n = ceil_div(n, plan.tile_n);
  const int64_t tiles_k = ceil_div(k, plan.tile_k);
  const int64_t tiles = batch * tiles_m * tiles_n;

  const auto product = [](int64_t mm, int64_t nn, int64_t kk, MatrixView<const T> x,
                          MatrixView<const T> y, T* z, int64_t ld, const T* add, bool acc) {
    if constexpr (kHasGemm<T>) {
      gemm(mm, nn, kk, x, y, z, ld, add, acc);
    } else {
      gemm_reference(mm, nn, kk, x, y, z, ld, add, acc);
    }
  };

  if (tiles_k == 1) {
    parallel_for(tiles, plan.grain, [&](int64_t begin, int64_t end) {
      for (int64_t tile = begin; tile < end; ++tile) {
        const int64_t item = tile / (tiles_m * tiles_n);
        const int64_t i = tile / tiles_n % tiles_m * plan.tile_m;
        const int64_t j = tile % tiles_n * plan.tile_n;
        MatrixView<const T> x = av.at(i, 0);
        MatrixView<const T> y = bv.at(0, j);
        x.data += a_offset(item);
        y.data += b_offset(item);
        product(std::min(plan.tile_m, m - i), std::min(plan.tile_n, n - j), k, x, y,
                cv.data + c_offset(item) + i * ldc + j, ldc,
                bias_data == nullptr ? nullptr : bias_data + j, accumulate);
      }
    });
    return;
  }

  // Few outputs and a long k (batch is 1 and the output one tile): a partial sum per piece of k,
  // added up in order.
  const Buffer partial(sizeof(T) * static_cast<size_t>(tiles_k * m * n));
  parallel_for(tiles_k, 1, [&](int64_t begin, int64_t end) {
    for (int64_t tile = begin; tile < end; ++tile) {
      const int64_t p = tile * plan.tile_k;
      product(m, n, std::min(plan.tile_k, k - p), av.at(0, p), bv.at(p, 0),
              partial.as<T>() + tile * m * n, n, nullptr, false);
    }
  });
  parallel_for(m, std::max<int64_t>(1, 4096 / n), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      T* const c = cv.data + i * ldc;
      for (int64_t j = 0; j < n; ++j) {
        Accumulator<T> sum = 0;
        if (bias_data != nullptr) sum = bias_data[j];
        if (accumulate) sum = c[j];
        for (int64_t tile = 0; tile < tiles_k; ++tile) {
          sum += partial.as<T>()[(tile * m + i) * n + j];
        }
        c[j] = static_cast<T>(sum);
      }
    }
  });
}

// Whether the rows of `out` lie dense, as run() writes them.
bool has_dense_rows(const Tensor& out) {
  const int64_t n = out.size(-1);
  return (n == 1 || out.stride(-1) == 1) && (out.size(-2) == 1 || out.stride(-2) >= n);
}

// Many rows times a matrix that stays in the second-level cache: packed once for all threads, it
// makes products of 500 rows and more up to 1.4 times as fast as oneDNN's, which pack a part of it
// for each tile.
bool goes_by_blocks(const Tensor& out, const Tensor& a, const Tensor& b) {
  const int64_t m = a.size(-2), k = a.size(-1), n = b.size(-1);
  const bool row_major = a.stride(-1) == 1 && a.stride(-2) == k;
  const bool col_major = a.stride(-2) == 1 && a.stride(-1) == m;
  return a.dtype() == kFloat && out.numel() == m * n && out.stride(-1) == 1 &&
         out.stride(-2) == n && (row_major || col_major) && m >= 512 && n >= 16 && k >= 32 &&
         k <= 1024 && k * n >= 4096 && k * n <= 64 * 1024;
}

void multiply_by_blocks(const Tensor& out, const Tensor& a, const Tensor& b, const Tensor& bias) {
  const PixelView<const float> rows{a.data_ptr<float>(), 1, a.size(-2), a.size(-1),
                                    /*channels_last=*/a.stride(-1) == 1};
  pointwise_forward(rows, matrix<const float>(b), b.size(-1),
                    bias.defined() ? bias.data_ptr<float>() : nullptr, out.data_ptr<float>());
}

void multiply(const Tensor& out, const Tensor& a, const Tensor& b, const Tensor& bias,
              bool accumulate) {
  if (out.numel() == 0) return;
  if (a.size(-1) == 0) {
    if (bias.defined()) {
      copy(bias, out);
    } else if (!accumulate) {
      copy(zeros({}, out.options()), out);
    }
    return;
  }
  const Tensor dense_bias = bias.defined() && bias.stride(0) != 1 ? bias.contiguous() : bias;
  if (!accumulate && goes_by_blocks(out, a, b)) {
    return multiply_by_blocks(out, a, as_operand(b), dense_bias);
  }
  const auto go = [&](auto tag) {
    run<typename decltype(tag)::type>(out, as_operand(a), as_operand(b), dense_bias, accumulate);
  };
  if (is_floating_point(a.dtype())) {
    dispatch_floating("matmul", a.dtype(), go);
  } else {
    dispatch_integral("matmul", a.dtype(), go);
  }
}

Tensor make_output(const Tensor& a, const Tensor& b) {
  DimVector sizes = to_dims(a.sizes());
  sizes.back() = b.size(-1);
  return empty(sizes, a.options());
}

Tensor transposed(const Tensor& x) {
  DimVector sizes = to_dims(x.sizes());
  DimVector strides = to_dims(x.strides());
  const size_t d = sizes.size() - 1;
  std::swap(sizes[d], sizes[d - 1]);
  std::swap(strides[d], strides[d - 1]);
  return make_view(x, sizes, strides, x.storage_offset());
}

}  // namespace

MatmulPlan matmul_plan(int64_t batch, int64_t m, int64_t n, int64_t k, bool b_transposed,
                       ScalarType dtype) {
  constexpr double kChunk = 8000;  // ns: long against the 300 ns of a loop, short against a step
  const double item = cost(m, n, k, dtype);
  const double total = item * static_cast<double>(batch);
  MatmulPlan plan{m, n, k, 1};
  const auto wanted = static_cast<int64_t>(std::min<double>(kMaxChunks, total / kChunk));
  if (wanted <= 1) {
    plan.grain = batch;
    return plan;
  }
  // Few outputs and a long k: pieces of k, which lie together in memory where a is transposed. A
  // partial sum of 512 products or more costs less than a twentieth. 16-bit floats keep the sum in
  // the product's float32.
  const bool few_outputs = m * n <= 65536 && k >= 2048 && k / 8 >= std::max(m, n);
  if (batch == 1 && few_outputs && (dtype == kFloat || dtype == kDouble)) {
    const int64_t parts = std::min<int64_t>({wanted, 16, k / 512});
    plan.tile_k = ceil_div(ceil_div(k, parts), 64) * 64;
    return plan;
  }
  // What is packed or read again for every tile must be shared by enough rows and columns.
  const int64_t min_m = b_transposed ? 64 : 32;
  const int64_t min_n = 64;
  int64_t tiles = batch;
  while (tiles < wanted) {
    const bool can_m = plan.tile_m > min_m;
    const bool can_n = plan.tile_n > min_n;
    if (!can_m && !can_n) break;
    if (can_n && (!can_m || plan.tile_n >= 2 * plan.tile_m)) {
      plan.tile_n = half(plan.tile_n, 16);
    } else {
      plan.tile_m = half(plan.tile_m, 16);
    }
    tiles = batch * ceil_div(m, plan.tile_m) * ceil_div(n, plan.tile_n);
  }
  const double tile = cost(plan.tile_m, plan.tile_n, k, dtype);
  plan.grain = std::max<int64_t>(1, static_cast<int64_t>(kChunk / tile));
  return plan;
}

Tensor matmul(const Tensor& a, const Tensor& b, const Tensor& bias) {
  Tensor out = make_output(a, b);
  multiply(out, a, b, bias, /*accumulate=*/false);
  return out;
}

void matmul_into(const Tensor& out, const Tensor& a, const Tensor& b, bool accumulate) {
  if (out.numel() == 0) return;
  if (has_dense_rows(out)) {
    multiply(out, a, b, {}, accumulate);
  } else if (has_dense_rows(transposed(out))) {
    multiply(transposed(out), transposed(b), transposed(a), {}, accumulate);
  } else {
    Tensor dense = empty(out.sizes(), out.options());
    if (accumulate) copy(out, dense);
    multiply(dense, a, b, {}, accumulate);
    copy(dense, out);
  }
}

Tensor matmul_reference(const Tensor& a, const Tensor& b, const Tensor& bias) {
  Tensor out = make_output(a, b);
  if (out.numel() == 0) return out;
  const auto go = [&](auto tag) {
    using T = typename decltype(tag)::type;
    const int64_t m = a.size(-2);
    const int64_t n = b.size(-1);
    const BatchOffsets a_offset(a);
    const BatchOffsets b_offset(b);
    for (int64_t item = 0; item < out.numel() / (m * n); ++item) {
      auto x = matrix<const T>(a);
      auto y = matrix<const T>(b);
      x.data += a_offset(item);
      y.data += b_offset(item);
      gemm_reference(m, n, a.size(-1), x, y, static_cast<T*>(out.data_ptr()) + item * m * n, n,
                     bias.defined() ? static_cast<const T*>(bias.data_ptr()) : nullptr, false);
    }
  };
  if (is_floating_point(a.dtype())) {
    dispatch_floating("matmul", a.dtype(), go);
  } else {
    dispatch_integral("matmul", a.dtype(), go);
  }
  return out;
}

}  // namespace gradus::kernel
