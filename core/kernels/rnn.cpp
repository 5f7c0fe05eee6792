#include "core/kernels/rnn.h"

#include <algorithm>
#include <cstring>
#include <memory>

#include "core/allocator.h"
#include "core/factory.h"
#include "core/kernels/dispatch.h"
#include "core/kernels/gemm.h"
#include "core/kernels/matmul.h"
#include "core/onednn.h"
#include "core/parallel.h"
#include "core/shape.h"

namespace gradus::kernel {
namespace {

// --- the product with W_hh

// A weight that many steps multiply by is brought to oneDNN's own layout once: with 16 rows that
// runs at 1.3 times the speed.
struct PackedProduct {
  onednn::Primitive reorder;
  onednn::Primitive product;
};

struct PackedKey {
  int64_t rows, k, n, row_stride, col_stride, accumulate;
};

std::shared_ptr<const PackedProduct> packed_product(const PackedKey& key) {
  static auto* const cache = new onednn::Cache<PackedKey, PackedProduct>(64);
  return cache->get(key, [&] {
    dnnl::primitive_attr attr = onednn::attributes();
    if (key.accumulate != 0) {
      dnnl::post_ops sum;
      sum.append_sum(1.0f);
      attr.set_post_ops(sum);
    }
    PackedProduct made;
    made.product =
        onednn::make_matmul(onednn::strided({key.rows, key.k}, {key.k, 1}, kFloat),
                            onednn::any_layout({key.k, key.n}, kFloat), {},
                            onednn::strided({key.rows, key.n}, {key.n, 1}, kFloat), attr);
    made.reorder = onednn::make_reorder(
        onednn::strided({key.k, key.n}, {key.row_stride, key.col_stride}, kFloat),
        made.product.weights);
    return made;
  });
}

// c[rows, n] (+)= a[rows, k] w[k, n] for the same w at every step.
template <class T>
class StepProduct {
 public:
  StepProduct(int64_t rows, int64_t k, int64_t n, MatrixView<const T> w, bool accumulate,
              int64_t steps)
      : rows_(rows), k_(k), n_(n), w_(w), accumulate_(accumulate) {
    if constexpr (std::is_same_v<T, float>) {
      if (rows < 2 || steps < 4 || k * n < 32 * 32) return;
      packed_ = packed_product({rows, k, n, w.row_stride, w.col_stride, accumulate});
      weights_ = std::make_unique<Buffer>(packed_->product.weights.get_size());
      onednn::execute(packed_->reorder, {{DNNL_ARG_FROM, &packed_->reorder.src, w.data},
                                         {DNNL_ARG_TO, &packed_->reorder.dst, weights_->data()}});
    }
  }

  void operator()(int64_t rows, const T* a, T* c) const {
    if (packed_ != nullptr && rows == rows_) {
      onednn::execute(packed_->product,
                      {{DNNL_ARG_SRC, &packed_->product.src, a},
                       {DNNL_ARG_WEIGHTS, &packed_->product.weights, weights_->data()},
                       {DNNL_ARG_DST, &packed_->product.dst, c}});
      return;
    }
    gemm(rows, n_, k_, {a, k_, 1}, w_, c, n_, nullptr, accumulate_);
  }

 private:
  int64_t rows_, k_, n_;
  MatrixView<const T> w_;
  bool accumulate_;
  std::shared_ptr<const PackedProduct> packed_;
  std::unique_ptr<Buffer> weights_;
};

// --- rows and steps

// How many sequences one task takes through all steps: about 16, where a product runs at speed and
// a batch of 32 still feeds two cores.
int64_t rows_per_task(int64_t batch) {
  const int64_t wanted = batch >= 256 ? 32 : 16;
  const int64_t tasks = (batch + wanted - 1) / wanted;
  return (batch + tasks - 1) / tasks;
}

// The rows [first, first + count) of step t that the task of sequences from `first` on has.
int64_t active_rows(const RnnSteps& s, int64_t t, int64_t first, int64_t end) {
  return std::max<int64_t>(0, std::min(end, s.batch_sizes[static_cast<size_t>(t)]) - first);
}

int64_t row_of(const RnnSteps& s, int64_t t, int64_t sequence) {
  return s.offsets[static_cast<size_t>(t)] + sequence;
}

int64_t step_at(const RnnSteps& s, int64_t i) {
  return s.reverse ? static_cast<int64_t>(s.batch_sizes.size()) - 1 - i : i;
}

// Calls f(where the state before step t lies, first row, rows) for the one or two parts of it: rows
// of the step before, and of the initial state.
template <class T, class F>
void for_previous(const RnnSteps& s, int64_t t, int64_t first, int64_t rows, int64_t width,
                  const T* states, const T* initial, F f) {
  const int64_t before = s.reverse ? t + 1 : t - 1;
  int64_t known = 0;
  if (before >= 0 && before < static_cast<int64_t>(s.batch_sizes.size())) {
    known = std::min(rows, active_rows(s, before, first, first + rows));
  }
  if (known > 0) f(states + row_of(s, before, first) * width, int64_t{0}, known);
  if (known < rows) f(initial + (first + known) * width, known, rows - known);
}

template <class T>
void copy_rows(const T* from, int64_t rows, int64_t width, T* to) {
  std::memcpy(to, from, sizeof(T) * static_cast<size_t>(rows * width));
}

template <class T>
void forward_rows(RnnMode mode, int64_t rows, int64_t hidden, const RnnForwardRows<T>& p) {
  if constexpr (std::is_same_v<T, float>) {
    rnn_forward_vector(mode, rows, hidden, p);
  } else {
    rnn_forward_plain(mode, rows, hidden, p);
  }
}

template <class T>
void backward_rows(RnnMode mode, int64_t rows, int64_t hidden, const RnnBackwardRows<T>& p) {
  if constexpr (std::is_same_v<T, float>) {
    rnn_backward_vector(mode, rows, hidden, p);
  } else {
    rnn_backward_plain(mode, rows, hidden, p);
  }
}

template <class T>
T* data(const Tensor& x) {
  return x.defined() ? x.data_ptr<T>() : nullptr;
}

// xg + n where xg is null or not.
template <class T>
T* at(T* base, int64_t offset) {
  return base == nullptr ? nullptr : base + offset;
}

template <class T>
void run_forward(RnnMode mode, const RnnSteps& s, const Tensor& xg, const Tensor& h0,
                 const Tensor& c0, const Tensor& w_hh, const Tensor& b_hh, const RnnResult& r) {
  const int64_t hidden = w_hh.size(1), width = w_hh.size(0), batch = s.batch_sizes.front();
  const auto steps = static_cast<int64_t>(s.batch_sizes.size());
  const int64_t rows = rows_per_task(batch);
  const StepProduct<T> product(std::min(chunks_of(batch, rows).size, batch), hidden, width,
                               MatrixView<const T>{data<T>(w_hh), hidden, 1}.transposed(),
                               /*accumulate=*/false, steps);
  const T *const x = data<T>(xg), *const bias = data<T>(b_hh);
  T *const y = data<T>(r.y), *const hn = data<T>(r.hn), *const cn = data<T>(r.cn);
  T *const gates = data<T>(r.gates), *const c = data<T>(r.c);
  parallel_for(batch, rows, [&](int64_t first, int64_t end) {
    const Buffer buffer(sizeof(T) * static_cast<size_t>((end - first) * width));
    T* const hg = buffer.as<T>();
    // The state, which rows that have ended keep.
    T* const h = hn + first * hidden;
    T* const cell = at(cn, first * hidden);
    copy_rows(data<T>(h0) + first * hidden, end - first, hidden, h);
    if (cell != nullptr) copy_rows(data<T>(c0) + first * hidden, end - first, hidden, cell);
    for (int64_t i = 0; i < steps; ++i) {
      const int64_t t = step_at(s, i), n = active_rows(s, t, first, end);
      if (n == 0) continue;
      const int64_t row = row_of(s, t, first);
      product(n, h, hg);
      forward_rows<T>(mode, n, hidden,
                      {x + row * width, hg, bias, h, cell, at(gates, row * 4 * hidden),
                       at(c, row * hidden), y + row * hidden});
      copy_rows(y + row * hidden, n, hidden, h);
      if (cell != nullptr) copy_rows(c + row * hidden, n, hidden, cell);
    }
  });
}

template <class T>
void run_backward(RnnMode mode, const RnnSteps& s, const RnnResult& r, const Tensor& h0,
                  const Tensor& c0, const Tensor& w_hh, const Tensor& dy, const Tensor& dhn,
                  const Tensor& dcn, const Tensor& h_before, const RnnGradients& g) {
  const int64_t hidden = w_hh.size(1), width = w_hh.size(0), batch = s.batch_sizes.front();
  const auto steps = static_cast<int64_t>(s.batch_sizes.size());
  const int64_t rows = rows_per_task(batch);
  const bool is_gru = mode == RnnMode::Gru, is_lstm = mode == RnnMode::Lstm;
  const StepProduct<T> product(std::min(chunks_of(batch, rows).size, batch), width, hidden,
                               MatrixView<const T>{data<T>(w_hh), hidden, 1},
                               /*accumulate=*/is_gru, steps);
  T* const previous = data<T>(h_before);
  parallel_for(batch, rows, [&](int64_t first, int64_t end) {
    const auto start = [&](const Tensor& from, T* to) {
      if (from.defined()) {
        copy_rows(data<T>(from) + first * hidden, end - first, hidden, to);
      } else {
        std::fill_n(to, (end - first) * hidden, T(0));
      }
    };
    T* const dh = data<T>(g.dh0) + first * hidden;
    T* const dc = at(data<T>(g.dc0), first * hidden);
    start(dhn, dh);
    if (is_lstm) start(dcn, dc);
    for (int64_t i = steps - 1; i >= 0; --i) {
      const int64_t t = step_at(s, i), n = active_rows(s, t, first, end);
      if (n == 0) continue;
      const int64_t row = row_of(s, t, first), offset = row * hidden;
      if (dy.defined()) {
        const T* const from = data<T>(dy) + offset;
        for (int64_t j = 0; j < n * hidden; ++j) dh[j] += from[j];
      }
      for_previous(s, t, first, n, hidden, data<T>(r.y), data<T>(h0),
                   [&](const T* from, int64_t begin, int64_t count) {
                     copy_rows(from, count, hidden, previous + offset + begin * hidden);
                   });
      const auto part = [&](const T* c_prev, int64_t begin, int64_t count) {
        const int64_t here = offset + begin * hidden;
        backward_rows<T>(
            mode, count, hidden,
            {at(data<T>(r.gates), 4 * here), previous + here, c_prev, at(data<T>(r.c), here),
             data<T>(r.y) + here, dh + begin * hidden, at(dc, begin * hidden),
             data<T>(g.dxg) + (row + begin) * width, at(data<T>(g.dhg), (row + begin) * width)});
      };
      if (is_lstm) {
        for_previous(s, t, first, n, hidden, data<T>(r.c), data<T>(c0), part);
      } else {
        part(nullptr, 0, n);
      }
      product(n, data<T>(is_gru ? g.dhg : g.dxg) + row * width, dh);
    }
  });
}

Tensor transposed(const Tensor& x) {
  return make_view(x, {x.size(1), x.size(0)}, {x.stride(1), x.stride(0)}, x.storage_offset());
}

}  // namespace

int64_t rnn_gates(RnnMode mode) {
  return mode == RnnMode::Lstm ? 4 : mode == RnnMode::Gru ? 3 : 1;
}

RnnSteps rnn_steps(IntArrayRef batch_sizes, bool reverse) {
  RnnSteps steps;
  steps.reverse = reverse;
  steps.batch_sizes.assign(batch_sizes.begin(), batch_sizes.end());
  for (int64_t size : batch_sizes) {
    steps.offsets.push_back(steps.total);
    steps.total += size;
  }
  return steps;
}

RnnResult rnn_layer(RnnMode mode, const RnnSteps& steps, const Tensor& xg, const Tensor& h0,
                    const Tensor& c0, const Tensor& w_hh, const Tensor& b_hh) {
  const int64_t hidden = w_hh.size(1), batch = steps.batch_sizes.front();
  const bool is_lstm = mode == RnnMode::Lstm;
  RnnResult r;
  r.y = empty({steps.total, hidden}, xg.dtype());
  r.hn = empty({batch, hidden}, xg.dtype());
  if (is_lstm) {
    r.cn = empty({batch, hidden}, xg.dtype());
    r.c = empty({steps.total, hidden}, xg.dtype());
  }
  if (is_lstm || mode == RnnMode::Gru) r.gates = empty({steps.total, 4 * hidden}, xg.dtype());
  dispatch_float_double("rnn", xg.dtype(), [&](auto tag) {
    run_forward<typename decltype(tag)::type>(mode, steps, xg, h0, c0, w_hh, b_hh, r);
  });
  return r;
}

RnnGradients rnn_layer_backward(RnnMode mode, const RnnSteps& steps, const RnnResult& forward,
                                const Tensor& h0, const Tensor& c0, const Tensor& w_hh,
                                const Tensor& dy, const Tensor& dhn, const Tensor& dcn) {
  const int64_t hidden = w_hh.size(1), width = w_hh.size(0), batch = steps.batch_sizes.front();
  const ScalarType dtype = w_hh.dtype();
  RnnGradients g;
  g.dxg = empty({steps.total, width}, dtype);
  if (mode == RnnMode::Gru) g.dhg = empty({steps.total, width}, dtype);
  g.dh0 = empty({batch, hidden}, dtype);
  if (mode == RnnMode::Lstm) g.dc0 = empty({batch, hidden}, dtype);
  const Tensor h_before = empty({steps.total, hidden}, dtype);
  dispatch_float_double("rnn", dtype, [&](auto tag) {
    run_backward<typename decltype(tag)::type>(mode, steps, forward, h0, c0, w_hh, dy, dhn, dcn,
                                               h_before, g);
  });
  g.dw = matmul(transposed(g.dhg.defined() ? g.dhg : g.dxg), h_before);
  return g;
}

}  // namespace gradus::kernel
