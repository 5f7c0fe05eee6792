#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>

#include "core/kernels/reduce_blocks.h"
#include "core/kernels/reduce_gather.h"
#include "core/kernels/reduce_plan.h"
#include "core/parallel.h"

namespace gradus::kernel {

/// Adds up (or multiplies, ...) a sequence pairwise: combines neighbours, then neighbouring pairs,
/// and so on, with one value per level in memory.
template <class A>
class Cascade {
 public:
  explicit Cascade(const ReduceKernel<A>& kernel) : kernel_(kernel) {}

  void push(A value) {
    int level = 0;
    for (uint64_t full = count_++; (full & 1) != 0; full >>= 1) {
      value = kernel_.combine(level_[level++], value);
    }
    level_[level] = value;
  }

  A total() const {
    if (count_ == 1) return level_[0];
    A total = kernel_.identity;
    int level = 0;
    for (uint64_t full = count_; full != 0; full >>= 1, ++level) {
      if ((full & 1) != 0) total = kernel_.combine(level_[level], total);
    }
    return total;
  }

 private:
  const ReduceKernel<A>& kernel_;
  uint64_t count_ = 0;
  A level_[56];
};

/// The same for kReduceColumns columns at once.
template <class A>
class ColumnCascade {
 public:
  ColumnCascade(const ReduceKernel<A>& kernel, int64_t cols) : kernel_(kernel), cols_(cols) {}

  /// @param values  is overwritten
  void push(A* values) {
    int level = 0;
    for (uint64_t full = count_++; (full & 1) != 0 && level < kLevels - 1; full >>= 1) {
      kernel_.combine_n(values, level_[level++], cols_);
    }
    if (level == kLevels - 1 && (count_ - 1) >> level != 0) {
      kernel_.combine_n(level_[level], values, cols_);
    } else {
      std::copy(values, values + cols_, level_[level]);
    }
  }

  /// Adds what has come to `values`.
  void finish(A* values) const {
    uint64_t full = count_;
    for (int level = 0; level < kLevels; ++level, full >>= 1) {
      const bool used = level == kLevels - 1 ? full != 0 : (full & 1) != 0;
      if (used) kernel_.combine_n(values, level_[level], cols_);
    }
  }

 private:
  // Enough for 2^20 blocks; beyond, the last level grows one by one.
  static constexpr int kLevels = 20;
  const ReduceKernel<A>& kernel_;
  int64_t cols_;
  uint64_t count_ = 0;
  A level_[kLevels][kReduceColumns];
};

/// One reduction of the elements of x, of which there is at least one, accumulated in A. See Note
/// [Order of summation].
template <class A>
class Reducer {
 public:
  /// @param gather  how to read elements that are not of type A; null where they are
  /// @param params  one p per output, or null
  Reducer(const ReducePlan& plan, const ReduceKernel<A>& kernel, const void* x,
          int64_t element_size, Gather<A> gather, const A* params)
      : plan_(plan),
        kernel_(kernel),
        x_(static_cast<const char*>(x)),
        element_size_(element_size),
        needs_gather_(gather != nullptr),
        gather_(gather != nullptr ? gather : &kernel::gather<A, A>),
        params_(params),
        inner_(plan.kept.back()),
        run_(plan.reduced.back()),
        columns_(plan.columns) {
    rows_in_place_ = !columns_ && !needs_gather_ && plan.reduced.size() == 1 && run_.in == 1 &&
                     plan.count <= kReduceBlock;
    // Short rows that must be gathered are gathered side by side, into columns.
    if (!rows_in_place_ && plan.count < kShortRow && inner_.size >= kShortRow) columns_ = true;
    if (!columns_) {
      tasks_ = plan.outputs;
      unit_ = kReduceBlock;
    } else {
      strips_ = (inner_.size - 1) / kReduceColumns + 1;
      tasks_ = plan.outputs / inner_.size * strips_;
      unit_ = kReduceRows;
      // Narrow rows side by side: as many as fit are taken as one.
      if (inner_.in == 1 && run_.in == inner_.size && 2 * inner_.size <= kReduceColumns) {
        rows_at_once_ = kReduceColumns / inner_.size;
        unit_ *= rows_at_once_;
      }
    }
  }

  /// Writes all outputs to y.
  void run(A* y) const {
    const int64_t work = plan_.outputs * plan_.count / tasks_;
    const int64_t parts = parts_per_task(work);
    if (parts == 1) {
      parallel_for(tasks_, std::max<int64_t>(kGrain / work, 1),
                   [&](int64_t begin, int64_t end) { run_tasks(begin, end, 0, plan_.count, y); });
      return;
    }
    // Few outputs of many elements: partial results of parts of each, then those pairwise.
    const int64_t part = (plan_.count - 1) / parts / unit_ * unit_ + unit_;
    const int64_t used = (plan_.count - 1) / part + 1;
    std::unique_ptr<A[]> partial(new A[static_cast<size_t>(used * plan_.outputs)]);
    parallel_for(tasks_ * used, 1, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        const int64_t task = i / used, first = i % used * part;
        run_tasks(task, task + 1, first, std::min(first + part, plan_.count),
                  partial.get() + i % used * plan_.outputs);
      }
    });
    for (int64_t n = used; n > 1; n = (n + 1) / 2) {
      for (int64_t i = 0; i + 1 < n; i += 2) {
        A* const a = partial.get() + i * plan_.outputs;
        kernel_.combine_n(a, a + plan_.outputs, plan_.outputs);
      }
      for (int64_t i = 1; 2 * i < n; ++i) {
        const A* const from = partial.get() + 2 * i * plan_.outputs;
        std::copy(from, from + plan_.outputs, partial.get() + i * plan_.outputs);
      }
    }
    std::copy(partial.get(), partial.get() + plan_.outputs, y);
  }

 private:
  // Elements for which a second thread pays.
  static constexpr int64_t kGrain = 65536;
  // Below, a run is gathered with others into a block.
  static constexpr int64_t kShortestRun = 128;
  static constexpr int64_t kShortRow = 16;

  int64_t parts_per_task(int64_t work) const {
    if (tasks_ >= kMaxChunks / 2 || work < 2 * kGrain) return 1;
    return std::min((kMaxChunks - 1) / tasks_ + 1, work / kGrain);
  }

  const char* at(int64_t offset) const { return x_ + offset * element_size_; }

  // Reduces elements [first, last) of the outputs of the tasks.
  void run_tasks(int64_t begin, int64_t end, int64_t first, int64_t last, A* y) const {
    if (columns_) {
      for (int64_t task = begin; task < end; ++task) reduce_strip(task, first, last, y);
      return;
    }
    if (rows_in_place_ && first == 0 && last == plan_.count) {
      run_rows(begin, end, y);
      return;
    }
    Odometer output(plan_.kept, plan_.kept.size(), begin);
    for (int64_t task = begin; task < end; ++task, output.next()) {
      const A p = params_ == nullptr ? A() : params_[output.out()];
      y[output.out()] = reduce_row(output.in(), p, first, last);
    }
  }

  // Whole rows that lie in place, as many at a time as are equally far apart.
  void run_rows(int64_t begin, int64_t end, A* y) const {
    Odometer outer(plan_.kept, plan_.kept.size() - 1, begin / inner_.size);
    int64_t i = begin % inner_.size;
    while (begin < end) {
      const int64_t rows = std::min(inner_.size - i, end - begin);
      const int64_t out = outer.out() + i * inner_.out;
      kernel_.rows(reinterpret_cast<const A*>(at(outer.in() + i * inner_.in)), inner_.in, rows,
                   plan_.count, params_ == nullptr ? nullptr : params_ + out, y + out, inner_.out);
      begin += rows;
      i += rows;
      if (i == inner_.size) {
        i = 0;
        outer.next();
      }
    }
  }

  A reduce_row(int64_t base, A p, int64_t first, int64_t last) const {
    const bool one_run = plan_.reduced.size() == 1;
    const bool in_place = !needs_gather_ && run_.in == 1 && (one_run || run_.size >= kShortestRun);
    A buffer[kReduceBlock];
    if (one_run && last - first <= kReduceBlock) {
      const char* const from = at(base + first * run_.in);
      if (in_place) return kernel_.block(reinterpret_cast<const A*>(from), last - first, p);
      gather_(from, run_.in, last - first, buffer);
      return kernel_.block(buffer, last - first, p);
    }
    Cascade<A> cascade(kernel_);
    Odometer outer(plan_.reduced, plan_.reduced.size() - 1, first / run_.size);
    int64_t i = first % run_.size;
    int64_t filled = 0;
    while (first < last) {
      int64_t n = std::min({run_.size - i, last - first, kReduceBlock - filled});
      const char* const from = at(base + outer.in() + i * run_.in);
      if (in_place) {
        cascade.push(kernel_.block(reinterpret_cast<const A*>(from), n, p));
      } else {
        gather_(from, run_.in, n, buffer + filled);
        filled += n;
        if (filled == kReduceBlock || first + n == last) {
          cascade.push(kernel_.block(buffer, filled, p));
          filled = 0;
        }
      }
      first += n;
      i += n;
      if (i == run_.size) {
        i = 0;
        outer.next();
      }
    }
    return cascade.total();
  }

  void reduce_strip(int64_t task, int64_t first, int64_t last, A* y) const {
    const Odometer batch(plan_.kept, plan_.kept.size() - 1, task / strips_);
    const int64_t first_col = task % strips_ * kReduceColumns;
    const int64_t cols = std::min(inner_.size - first_col, kReduceColumns);
    const int64_t base = batch.in() + first_col * inner_.in;
    const int64_t out = batch.out() + first_col * inner_.out;
    const int64_t width = cols * rows_at_once_;

    A acc[kReduceColumns], p[kReduceColumns];
    std::fill(acc, acc + width, kernel_.identity);
    if (params_ != nullptr) {
      for (int64_t c = 0; c < width; ++c) p[c] = params_[out + c % cols * inner_.out];
    }
    ColumnCascade<A> cascade(kernel_, width);
    Odometer outer(plan_.reduced, plan_.reduced.size() - 1, first / run_.size);
    int64_t i = first % run_.size;
    int64_t filled = 0;  // rows in acc
    while (first < last) {
      const int64_t left = std::min(run_.size - i, last - first);
      int64_t rows = std::min(left / rows_at_once_, kReduceRows - filled);
      int64_t row_width = width, taken = rows * rows_at_once_;
      if (rows == 0) {
        rows = 1;
        row_width = left * cols;
        taken = left;
      }
      add_rows(base + outer.in() + i * run_.in, rows, row_width, params_ == nullptr ? nullptr : p,
               acc);
      filled += rows;
      first += taken;
      i += taken;
      if (i == run_.size) {
        i = 0;
        outer.next();
      }
      if (filled == kReduceRows && first < last) {
        cascade.push(acc);
        std::fill(acc, acc + width, kernel_.identity);
        filled = 0;
      }
    }
    cascade.finish(acc);
    // The rows that were taken as one.
    for (int64_t k = rows_at_once_; k > 1; k = (k + 1) / 2) {
      const int64_t half = (k + 1) / 2;
      kernel_.combine_n(acc, acc + half * cols, (k - half) * cols);
    }
    for (int64_t c = 0; c < cols; ++c) y[out + c * inner_.out] = acc[c];
  }

  void add_rows(int64_t base, int64_t rows, int64_t width, const A* p, A* acc) const {
    const int64_t stride = run_.in * rows_at_once_;
    if (!needs_gather_ && inner_.in == 1) {
      kernel_.columns(reinterpret_cast<const A*>(at(base)), stride, rows, width, p, acc);
      return;
    }
    A buffer[kReduceRows * kReduceColumns];
    for (int64_t r = 0; r < rows; ++r) {
      gather_(at(base + r * stride), inner_.in, width, buffer + r * kReduceColumns);
    }
    kernel_.columns(buffer, kReduceColumns, rows, width, p, acc);
  }

  const ReducePlan& plan_;
  const ReduceKernel<A>& kernel_;
  const char* x_;
  int64_t element_size_;
  bool needs_gather_;
  Gather<A> gather_;
  const A* params_;
  ReducePlan::Dim inner_, run_;  // the innermost kept and reduced dim
  bool columns_;
  bool rows_in_place_;
  int64_t strips_ = 1;
  int64_t tasks_;
  int64_t unit_;  // parts of a task are multiples of it
  int64_t rows_at_once_ = 1;
};

}  // namespace gradus::kernel
