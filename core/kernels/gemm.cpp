#include "core/kernels/gemm.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "core/error.h"
#include "core/kernels/panels.h"
#include "core/onednn.h"

namespace gradus::kernel {
namespace {

// What makes one matmul primitive differ from another.
struct Key {
  int64_t m, n, k;
  int64_t a_row_stride, a_col_stride;
  int64_t b_row_stride, b_col_stride;
  int64_t ldc;
  int64_t dtype;
  int64_t bias;
  int64_t accumulate;
};

using PrimitiveCache = onednn::Cache<Key, onednn::Primitive>;

PrimitiveCache& cache() {
  static auto* const c = new PrimitiveCache(512);
  return *c;
}

// Strides that do not depend on what an extent of 1 leaves open.
template <class T>
MatrixView<T> normalized(MatrixView<T> x, int64_t rows, int64_t cols) {
  if (cols == 1 && x.row_stride == 1) return {x.data, 1, rows};
  if (rows == 1 && x.col_stride == 1) return {x.data, cols, 1};
  if (cols == 1) return {x.data, x.row_stride, 1};
  if (rows == 1) return {x.data, 1, x.col_stride};
  return x;
}

onednn::Primitive make_primitive(const Key& key) {
  const auto dtype = static_cast<ScalarType>(key.dtype);
  dnnl::primitive_attr attr = onednn::attributes();
  if (key.accumulate != 0) {
    dnnl::post_ops sum;
    sum.append_sum(1.0f);
    attr.set_post_ops(sum);
  }
  dnnl::memory::desc bias;
  if (key.bias != 0) bias = onednn::strided({1, key.n}, {key.n, 1}, dtype);
  return onednn::make_matmul(
      onednn::strided({key.m, key.k}, {key.a_row_stride, key.a_col_stride}, dtype),
      onednn::strided({key.k, key.n}, {key.b_row_stride, key.b_col_stride}, dtype), bias,
      onednn::strided({key.m, key.n}, {key.ldc, 1}, dtype), attr);
}

template <class T>
void by_primitive(int64_t m, int64_t n, int64_t k, MatrixView<const T> a, MatrixView<const T> b,
                  T* c, int64_t ldc, const T* bias, bool accumulate) {
  if (n < 112 && ldc != n && m > 1) {
    // oneDNN 2.6 is a quarter slower where a narrow result has gaps between its rows.
    const Buffer dense(sizeof(T) * static_cast<size_t>(m * n));
    by_primitive(m, n, k, a, b, dense.as<T>(), n, bias, false);
    for (int64_t i = 0; i < m; ++i) {
      const T* const from = dense.as<T>() + i * n;
      T* const to = c + i * ldc;
      if (accumulate) {
        for (int64_t j = 0; j < n; ++j) to[j] += from[j];
      } else {
        std::copy_n(from, n, to);
      }
    }
    return;
  }
  a = normalized(a, m, k);
  b = normalized(b, k, n);
  const Key key{m,
                n,
                k,
                a.row_stride,
                a.col_stride,
                b.row_stride,
                b.col_stride,
                ldc,
                static_cast<int64_t>(scalar_type_of<T>()),
                bias != nullptr,
                accumulate};
  const auto p = cache().get(key, [&key] { return make_primitive(key); });
  if (bias != nullptr) {
    onednn::execute(*p, {{DNNL_ARG_SRC, &p->src, a.data},
                         {DNNL_ARG_WEIGHTS, &p->weights, b.data},
                         {DNNL_ARG_BIAS, &p->bias, bias},
                         {DNNL_ARG_DST, &p->dst, c}});
  } else {
    onednn::execute(*p, {{DNNL_ARG_SRC, &p->src, a.data},
                         {DNNL_ARG_WEIGHTS, &p->weights, b.data},
                         {DNNL_ARG_DST, &p->dst, c}});
  }
}

// Whether oneDNN multiplies this 16-bit type on this machine.
template <class T>
bool has_primitive() {
  static const bool yes = [] {
    try {
      make_primitive(
          {16, 16, 16, 16, 1, 16, 1, 16, static_cast<int64_t>(scalar_type_of<T>()), 0, 0});
      return true;
    } catch (const Error&) {
      return false;
    }
  }();
  return yes;
}

template <class T>
void by_float(int64_t m, int64_t n, int64_t k, MatrixView<const T> a, MatrixView<const T> b, T* c,
              int64_t ldc, const T* bias, bool accumulate) {
  const Buffer buffer(sizeof(float) * static_cast<size_t>(m * k + k * n + m * n));
  float* const fa = buffer.as<float>();
  float* const fb = fa + m * k;
  float* const fc = fb + k * n;
  for (int64_t i = 0; i < m; ++i) {
    for (int64_t p = 0; p < k; ++p) fa[i * k + p] = a(i, p);
  }
  for (int64_t p = 0; p < k; ++p) {
    for (int64_t j = 0; j < n; ++j) fb[p * n + j] = b(p, j);
  }
  gemm(m, n, k, {fa, k, 1}, {fb, n, 1}, fc, n, nullptr, false);
  for (int64_t i = 0; i < m; ++i) {
    for (int64_t j = 0; j < n; ++j) {
      float x = fc[i * n + j];
      if (bias != nullptr) x += float(bias[j]);
      if (accumulate) x += float(c[i * ldc + j]);
      c[i * ldc + j] = x;
    }
  }
}

template <class T>
void gemm_16(int64_t m, int64_t n, int64_t k, MatrixView<const T> a, MatrixView<const T> b, T* c,
             int64_t ldc, const T* bias, bool accumulate) {
  if (m * n * k <= 8 * 8 * 8) return gemm_reference(m, n, k, a, b, c, ldc, bias, accumulate);
  if (has_primitive<T>()) return by_primitive(m, n, k, a, b, c, ldc, bias, accumulate);
  by_float(m, n, k, a, b, c, ldc, bias, accumulate);
}

// Below this b is packed here, for less than a library's call costs: 3 times as fast as oneDNN for
// 16 x 16 x 16, 1.5 times for 32, 1.1 for 64. Few rows are worth the packing of a small b only, and
// many columns go as fast there.
constexpr int64_t kSmallProduct = 64 * 64 * 64, kSmallPanels = 16 * 1024, kSmallRight = 16 * 16;

bool is_small(int64_t m, int64_t n, int64_t k) {
  const bool worth_packing = m >= 24 || (m >= 8 && k * n <= kSmallRight);
  return worth_packing && n >= 8 && n <= 64 && m * n * k <= kSmallProduct &&
         k * padded_cols(n) <= kSmallPanels;
}

void small_product(int64_t m, int64_t n, int64_t k, const MatrixView<const float>& a,
                   const MatrixView<const float>& b, float* c, int64_t ldc, const float* bias,
                   bool accumulate) {
  alignas(64) float packed[kSmallPanels];
  const Panels panels{packed, k, padded_cols(n)};
  pack_panels(b.data, b.row_stride, b.col_stride, k, n, panels);
  const Addend addend = accumulate ? Addend{c, ldc} : Addend{bias, 0};
  multiply_panels(m, k, {a.data, a.row_stride, a.col_stride}, panels, c, ldc, n, addend);
}

}  // namespace

bool is_gemm_operand(int64_t rows, int64_t cols, int64_t row_stride, int64_t col_stride) {
  const bool row_major =
      (cols <= 1 || col_stride == 1) && (rows <= 1 || row_stride >= std::max<int64_t>(cols, 1));
  const bool col_major =
      (rows <= 1 || row_stride == 1) && (cols <= 1 || col_stride >= std::max<int64_t>(rows, 1));
  return row_major || col_major;
}

// Which of oneDNN's two products is faster was measured for tiles of 8 to 256 rows, 64 to 1024
// columns and k from 64 to 1024: sgemm wins or ties wherever b's rows lie dense, and for few rows;
// the primitive, which packs b, where its columns do.
void gemm(int64_t m, int64_t n, int64_t k, MatrixView<const float> a, MatrixView<const float> b,
          float* c, int64_t ldc, const float* bias, bool accumulate) {
  if (m * n * k <= 64) return gemm_reference(m, n, k, a, b, c, ldc, bias, accumulate);
  a = normalized(a, m, k);
  b = normalized(b, k, n);
  if (is_small(m, n, k)) return small_product(m, n, k, a, b, c, ldc, bias, accumulate);
  const bool b_transposed = b.col_stride != 1 || (n == 1 && b.row_stride == 1);
  if (b_transposed && m > 8 && n > 8 && k > 32) {
    return by_primitive(m, n, k, a, b, c, ldc, bias, accumulate);
  }
  const bool a_transposed = a.col_stride != 1;
  if (bias != nullptr) {
    for (int64_t i = 0; i < m; ++i) std::copy_n(bias, n, c + i * ldc);
  }
  const float beta = bias != nullptr || accumulate ? 1.0f : 0.0f;
  dnnl_status_t status = dnnl_success;
  onednn::single_threaded([&] {
    status = dnnl_sgemm(a_transposed ? 'T' : 'N', b_transposed ? 'T' : 'N', m, n, k, 1.0f, a.data,
                        a_transposed ? a.col_stride : a.row_stride, b.data,
                        b_transposed ? b.col_stride : b.row_stride, beta, c, ldc);
  });
  GRADUS_CHECK(status == dnnl_success, "oneDNN: sgemm: status {}", static_cast<int>(status));
}

void gemm(int64_t m, int64_t n, int64_t k, MatrixView<const BFloat16> a,
          MatrixView<const BFloat16> b, BFloat16* c, int64_t ldc, const BFloat16* bias,
          bool accumulate) {
  gemm_16(m, n, k, a, b, c, ldc, bias, accumulate);
}

void gemm(int64_t m, int64_t n, int64_t k, MatrixView<const Half> a, MatrixView<const Half> b,
          Half* c, int64_t ldc, const Half* bias, bool accumulate) {
  gemm_16(m, n, k, a, b, c, ldc, bias, accumulate);
}

}  // namespace gradus::kernel
