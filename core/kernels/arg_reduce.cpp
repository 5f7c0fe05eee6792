#include <algorithm>
#include <cmath>
#include <memory>
#include <type_traits>

#include "core/factory.h"
#include "core/kernels/reduce.h"
#include "core/kernels/reduce_gather.h"
#include "core/kernels/reduce_plan.h"
#include "core/parallel.h"

namespace gradus::kernel {

namespace {

constexpr int64_t kGrain = 32768;
constexpr int64_t kShortRow = 16;

template <class A>
bool is_nan(A x) {
  return x != x;
}

// Whether x comes before `best` in the search: NaN counts as greatest, or as least.
template <class A>
bool beats(bool max, A x, A best) {
  if (is_nan(best)) return false;
  return (max ? x > best : x < best) || is_nan(x);
}

// The first element of x that is the greatest or least, `first` being the index of x[0].
template <class A>
struct Best {
  A value;
  int64_t index = -1;

  void offer(bool max, A other, int64_t other_index) {
    if (index >= 0 && !beats(max, other, value)) return;
    value = other;
    index = other_index;
  }
};

template <class A>
class ArgReduction {
 public:
  ArgReduction(const ReducePlan& plan, bool max, const Tensor& x, Gather<A> gather)
      : plan_(plan),
        max_(max),
        kernel_(kernel_for(max)),
        x_(static_cast<const char*>(x.data_ptr())),
        element_size_(static_cast<int64_t>(x.element_size())),
        gather_(gather),
        inner_(plan.kept.back()),
        run_(plan.reduced.back()) {}

  // T is the dtype of values.
  template <class T>
  void run(T* values, int64_t* indices) const {
    if (plan_.columns) {
      const int64_t strips = (inner_.size - 1) / kReduceColumns + 1;
      const int64_t work = plan_.count * std::min(inner_.size, kReduceColumns);
      parallel_for(plan_.outputs / inner_.size * strips, std::max<int64_t>(kGrain / work, 1),
                   [&](int64_t begin, int64_t end) {
                     for (int64_t task = begin; task < end; ++task) {
                       run_strip(task / strips, task % strips * kReduceColumns, values, indices);
                     }
                   });
      return;
    }
    if (plan_.outputs == 1) {
      const Best<A> best = parallel_reduce(
          plan_.count, kGrain, Best<A>(),
          [&](int64_t begin, int64_t end) { return search_row(0, begin, end); },
          [&](Best<A> a, const Best<A>& b) {
            a.offer(max_, b.value, b.index);
            return a;
          });
      values[0] = static_cast<T>(best.value);
      indices[0] = best.index;
      return;
    }
    parallel_for(plan_.outputs, std::max<int64_t>(kGrain / plan_.count, 1),
                 [&](int64_t begin, int64_t end) {
                   Odometer output(plan_.kept, plan_.kept.size(), begin);
                   for (int64_t i = begin; i < end; ++i, output.next()) {
                     const Best<A> best = search_row(output.in(), 0, plan_.count);
                     values[output.out()] = static_cast<T>(best.value);
                     indices[output.out()] = best.index;
                   }
                 });
  }

 private:
  static ReduceKernel<A> kernel_for(bool max) {
    const ReduceOp op = max ? ReduceOp::Max : ReduceOp::Min;
    if constexpr (std::is_same_v<A, float>) return vector_reduce_kernel(op);
    return plain_reduce_kernel<A>(op);
  }

  // n elements along a dim as an array of A.
  const A* load(int64_t offset, int64_t stride, int64_t n, A* buffer) const {
    const char* const from = x_ + offset * element_size_;
    if (gather_ == nullptr && stride == 1) return reinterpret_cast<const A*>(from);
    (gather_ != nullptr ? gather_ : &gather<A, A>)(from, stride, n, buffer);
    return buffer;
  }

  Best<A> search_row(int64_t base, int64_t begin, int64_t end) const {
    Best<A> best;
    A buffer[kReduceBlock];
    for (int64_t i = begin; i < end; i += kReduceBlock) {
      const int64_t n = std::min(end - i, kReduceBlock);
      const A* const x = load(base + i * run_.in, run_.in, n, buffer);
      const A value = kernel_.block(x, n, A());
      if (best.index < 0 || beats(max_, value, best.value)) {
        best = {value, i + index_of(x, n, value)};
      }
    }
    return best;
  }

  static int64_t index_of(const A* x, int64_t n, A value) {
    if constexpr (std::is_same_v<A, float>) {
      return find_first(x, n, value);
    } else {
      int64_t i = 0;
      while (i + 1 < n && !(x[i] == value || (is_nan(value) && is_nan(x[i])))) ++i;
      return i;
    }
  }

  template <class T>
  void run_strip(int64_t batch, int64_t first_col, T* values, int64_t* indices) const {
    const Odometer at(plan_.kept, plan_.kept.size() - 1, batch);
    const int64_t cols = std::min(inner_.size - first_col, kReduceColumns);
    const int64_t base = at.in() + first_col * inner_.in;
    const int64_t out = at.out() + first_col * inner_.out;
    A buffer[kReduceColumns], best[kReduceColumns];
    int32_t row_of[kReduceColumns] = {};
    const A* x = load(base, inner_.in, cols, buffer);
    std::copy(x, x + cols, best);
    for (int64_t row = 1; row < plan_.count; ++row) {
      x = load(base + row * run_.in, inner_.in, cols, buffer);
      if constexpr (std::is_same_v<A, float>) {
        // As many rows as lie in place go at once.
        const bool in_place = x != buffer;
        const int64_t rows = in_place ? plan_.count - row : 1;
        arg_columns(max_, x, run_.in, rows, cols, static_cast<int32_t>(row), best, row_of);
        row += rows - 1;
      } else {
        for (int64_t c = 0; c < cols; ++c) {
          if (!beats(max_, x[c], best[c])) continue;
          best[c] = x[c];
          row_of[c] = static_cast<int32_t>(row);
        }
      }
    }
    for (int64_t c = 0; c < cols; ++c) {
      values[out + c * inner_.out] = static_cast<T>(best[c]);
      indices[out + c * inner_.out] = row_of[c];
    }
  }

  const ReducePlan& plan_;
  bool max_;
  ReduceKernel<A> kernel_;
  const char* x_;
  int64_t element_size_;
  Gather<A> gather_;
  ReducePlan::Dim inner_, run_;
};

std::pair<Tensor, Tensor> search(const char* op, bool max, const Tensor& x, int64_t dim,
                                 bool keepdim) {
  const DimVector sizes = reduced_sizes(x.sizes(), dim, keepdim);
  Tensor values = empty(sizes, x.dtype());
  Tensor indices = empty(sizes, kLong);
  ReducePlan plan = plan_reduction(x, dim);
  if (plan.outputs == 0) return {values, indices};
  // Short rows are searched side by side.
  if (plan.count < kShortRow && plan.kept.back().size >= kShortRow) plan.columns = true;
  // Columns count rows in 32 bits.
  if (plan.count > INT32_MAX) plan.columns = false;
  dispatch_all(op, x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    using A = Accumulator<T>;
    ArgReduction<A>(plan, max, x, gather_of<T, A>())
        .run(values.data_ptr<T>(), indices.data_ptr<int64_t>());
  });
  return {values, indices};
}

}  // namespace

std::pair<Tensor, Tensor> max_with_index(const char* op, const Tensor& x, int64_t dim,
                                         bool keepdim) {
  return search(op, /*max=*/true, x, dim, keepdim);
}

std::pair<Tensor, Tensor> min_with_index(const char* op, const Tensor& x, int64_t dim,
                                         bool keepdim) {
  return search(op, /*max=*/false, x, dim, keepdim);
}

}  // namespace gradus::kernel
