#include "core/kernels/attention.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/factory.h"
#include "core/kernels/dispatch.h"
#include "core/kernels/gemm.h"
#include "core/parallel.h"
#include "core/thread_buffers.h"

namespace gradus::kernel {
namespace {

template <class T>
std::pair<T, T> probabilities(T* s, const T* mask, int64_t n, T scale) {
  if constexpr (std::is_same_v<T, float>) {
    return attention_row_vector(s, mask, n, scale);
  } else {
    T max = -std::numeric_limits<T>::infinity(), sum = 0;
    for (int64_t j = 0; j < n; ++j) {
      s[j] = scale * s[j] + (mask == nullptr ? T(0) : mask[j]);
      max = std::isnan(s[j]) || s[j] > max ? s[j] : max;
    }
    const bool sees_nothing = max == -std::numeric_limits<T>::infinity();
    for (int64_t j = 0; j < n; ++j) {
      s[j] = sees_nothing ? T(0) : std::exp(s[j] - max);
      sum += s[j];
    }
    return {max, sum};
  }
}

template <class T>
void backward_row(T* s, T* dp, const T* mask, int64_t n, T scale, T log_sum, T delta) {
  if constexpr (std::is_same_v<T, float>) {
    attention_backward_row_vector(s, dp, mask, n, scale, log_sum, delta);
  } else {
    for (int64_t j = 0; j < n; ++j) {
      s[j] = std::exp(scale * s[j] + (mask == nullptr ? T(0) : mask[j]) - log_sum);
      dp[j] = scale * s[j] * (dp[j] - delta);
    }
  }
}

// The matrices of a tensor [..., rows, cols] of which the rows are dense.
template <class T>
class Matrices {
 public:
  explicit Matrices(const Tensor& x)
      : data_(x.defined() ? static_cast<T*>(x.data_ptr()) : nullptr) {
    if (!x.defined()) return;
    const size_t leading = x.sizes().size() - 2;
    sizes_ = to_dims(x.sizes().slice(0, leading));
    strides_ = to_dims(x.strides().slice(0, leading));
    // A stride that does not matter may be anything.
    row_stride_ = x.size(-2) == 1 ? x.size(-1) : x.stride(-2);
  }
  bool defined() const { return data_ != nullptr; }
  MatrixView<T> operator()(int64_t item) const {
    int64_t offset = 0;
    for (size_t d = sizes_.size(); d-- > 0;) {
      offset += item % sizes_[d] * strides_[d];
      item /= sizes_[d];
    }
    return {data_ + offset, row_stride_, 1};
  }
  const T* row(int64_t item, int64_t i) const { return (*this)(item).data + i * row_stride_; }

 private:
  T* data_;
  DimVector sizes_, strides_;
  int64_t row_stride_ = 0;
};

// Extents of a call.
struct Extents {
  Extents(const Tensor& q, const Tensor& k, const Tensor& v)
      : rows(q.size(-2)), columns(k.size(-2)), e(q.size(-1)), ev(v.size(-1)) {
    batch = q.numel() / (rows * e);
    // So many rows that their scores stay in the cache.
    block = std::clamp<int64_t>(65536 / columns / 16 * 16, 16, 64);
  }
  int64_t blocks() const { return (rows + block - 1) / block; }
  // How many columns the rows below `end` see.
  int64_t seen(int64_t end, bool causal) const { return causal ? std::min(columns, end) : columns; }

  int64_t rows, columns, e, ev, batch, block;
};

// An uninitialized tensor [..., rows, cols] whose memory is in the order of q's dims but the last.
Tensor empty_in_order(const Tensor& q, int64_t rows, int64_t cols) {
  DimVector sizes = to_dims(q.sizes());
  sizes[sizes.size() - 2] = rows;
  sizes.back() = cols;
  // Heads inside of positions, as projections leave them.
  if (q.dim() == 4 && q.stride(1) < q.stride(2) && q.size(1) > 1) {
    const int64_t heads = sizes[1];
    return empty_strided(sizes, {rows * heads * cols, cols, heads * cols, 1}, q.dtype());
  }
  return empty(sizes, q.dtype());
}

template <class T>
void run_forward(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& mask,
                 const AttentionSetting& setting, const Tensor& o, const Tensor& log_sums) {
  const Extents x(q, k, v);
  const Matrices<const T> qs(q), ks(k), vs(v), masks(mask);
  const Matrices<T> os(o);
  T* const sums = log_sums.data_ptr<T>();
  const auto scale = static_cast<T>(setting.scale);
  const int64_t cost = x.block * x.columns * (x.e + x.ev);
  const ThreadBuffers space(sizeof(T) * static_cast<size_t>(x.block * x.columns));
  parallel_for(x.batch * x.blocks(), std::max<int64_t>(1, 500000 / cost),
               [&](int64_t begin, int64_t end) {
                 T* const s = space.mine<T>();
                 for (int64_t task = begin; task < end; ++task) {
                   const int64_t item = task / x.blocks(), first = task % x.blocks() * x.block;
                   const int64_t rows = std::min(x.block, x.rows - first);
                   const int64_t columns = x.seen(first + rows, setting.causal);
                   gemm(rows, columns, x.e, qs(item).at(first, 0), ks(item).transposed(), s,
                        columns, nullptr, false);
                   T factor[64];
                   for (int64_t i = 0; i < rows; ++i) {
                     T* const row = s + i * columns;
                     const int64_t n = x.seen(first + i + 1, setting.causal);
                     const auto [max, sum] = probabilities(
                         row, masks.defined() ? masks.row(item, first + i) : nullptr, n, scale);
                     std::fill(row + n, row + columns, T(0));
                     sums[item * x.rows + first + i] =
                         sum == 0 ? std::numeric_limits<T>::infinity() : max + std::log(sum);
                     factor[i] = sum == 0 ? T(0) : 1 / sum;
                   }
                   const MatrixView<T> to = os(item).at(first, 0);
                   gemm(rows, x.ev, columns, {s, columns, 1}, vs(item), to.data, to.row_stride,
                        nullptr, false);
                   for (int64_t i = 0; i < rows; ++i) {
                     for (int64_t j = 0; j < x.ev; ++j) to(i, j) *= factor[i];
                   }
                 }
               });
}

template <class T>
void zero_rows(const MatrixView<T>& x, int64_t rows, int64_t cols) {
  for (int64_t i = 0; i < rows; ++i) std::fill_n(x.data + i * x.row_stride, cols, T(0));
}

// All rows of an item one after another, since they add up in dk and dv.
template <class T>
void run_backward(const Tensor& d_o, const Tensor& q, const Tensor& k, const Tensor& v,
                  const Tensor& mask, const Tensor& o, const Tensor& log_sums,
                  const AttentionSetting& setting, const AttentionGradients& g) {
  const Extents x(q, k, v);
  const Matrices<const T> qs(q), ks(k), vs(v), masks(mask), os(o), dos(d_o);
  const Matrices<T> dqs(g.dq), dks(g.dk), dvs(g.dv);
  const T* const sums = log_sums.data_ptr<T>();
  const auto scale = static_cast<T>(setting.scale);
  const ThreadBuffers space(sizeof(T) * static_cast<size_t>(2 * x.block * x.columns));
  parallel_for(
      x.batch, std::max<int64_t>(1, 200000 / (x.rows * x.columns * (x.e + x.ev))),
      [&](int64_t begin, int64_t end) {
        T* const s = space.mine<T>();
        T* const ds = s + x.block * x.columns;
        for (int64_t item = begin; item < end; ++item) {
          const MatrixView<T> dk = dks(item), dv = dvs(item);
          zero_rows(dk, x.columns, x.e);
          zero_rows(dv, x.columns, x.ev);
          for (int64_t first = 0; first < x.rows; first += x.block) {
            const int64_t rows = std::min(x.block, x.rows - first);
            const int64_t columns = x.seen(first + rows, setting.causal);
            const MatrixView<const T> query = qs(item).at(first, 0), grad = dos(item).at(first, 0);
            gemm(rows, columns, x.e, query, ks(item).transposed(), s, columns, nullptr, false);
            gemm(rows, columns, x.ev, grad, vs(item).transposed(), ds, columns, nullptr, false);
            for (int64_t i = 0; i < rows; ++i) {
              T* const row = s + i * columns;
              T* const d_row = ds + i * columns;
              const int64_t n = x.seen(first + i + 1, setting.causal);
              const T* const out = os.row(item, first + i);
              T delta = 0;
              for (int64_t j = 0; j < x.ev; ++j) delta += out[j] * grad(i, j);
              backward_row(row, d_row, masks.defined() ? masks.row(item, first + i) : nullptr, n,
                           scale, sums[item * x.rows + first + i], delta);
              std::fill(row + n, row + columns, T(0));
              std::fill(d_row + n, d_row + columns, T(0));
            }
            const MatrixView<const T> p{s, columns, 1}, d_scores{ds, columns, 1};
            const MatrixView<T> dq = dqs(item).at(first, 0);
            gemm(rows, x.e, columns, d_scores, ks(item), dq.data, dq.row_stride, nullptr, false);
            gemm(columns, x.e, rows, d_scores.transposed(), query, dk.data, dk.row_stride, nullptr,
                 true);
            gemm(columns, x.ev, rows, p.transposed(), grad, dv.data, dv.row_stride, nullptr, true);
          }
        }
      });
}

}  // namespace

std::pair<Tensor, Tensor> attention(const Tensor& q, const Tensor& k, const Tensor& v,
                                    const Tensor& mask, const AttentionSetting& setting) {
  Tensor o = empty_in_order(q, q.size(-2), v.size(-1));
  Tensor log_sums = empty(q.sizes().slice(0, q.sizes().size() - 1), q.dtype());
  dispatch_float_double("scaled_dot_product_attention", q.dtype(), [&](auto tag) {
    run_forward<typename decltype(tag)::type>(q, k, v, mask, setting, o, log_sums);
  });
  return {o, log_sums};
}

AttentionGradients attention_backward(const Tensor& d_o, const Tensor& q, const Tensor& k,
                                      const Tensor& v, const Tensor& mask, const Tensor& o,
                                      const Tensor& log_sums, const AttentionSetting& setting) {
  const AttentionGradients g{empty_in_order(q, q.size(-2), q.size(-1)),
                             empty_in_order(k, k.size(-2), k.size(-1)),
                             empty_in_order(v, v.size(-2), v.size(-1))};
  dispatch_float_double("scaled_dot_product_attention", q.dtype(), [&](auto tag) {
    run_backward<typename decltype(tag)::type>(d_o, q, k, v, mask, o, log_sums, setting, g);
  });
  return g;
}

}  // namespace gradus::kernel
