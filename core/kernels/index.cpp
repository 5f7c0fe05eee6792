#include "core/kernels/index.h"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <cstring>
#include <numeric>
#include <type_traits>
#include <vector>

#include "core/factory.h"
#include "core/kernels/dispatch.h"
#include "core/parallel.h"
#include "core/shape.h"

namespace gradus::kernel {

namespace {

constexpr int64_t kGrainBytes = 1 << 16;

// Calls f(Tag<T>) with an unsigned integer of the element's size: for ops that only move elements.
template <class F>
void dispatch_size(size_t size, F&& f) {
  switch (size) {
    case 1:
      return f(Tag<uint8_t>());
    case 2:
      return f(Tag<uint16_t>());
    case 4:
      return f(Tag<uint32_t>());
    default:
      return f(Tag<uint64_t>());
  }
}

struct Dim {
  int64_t size, stride;
};

// Dims merged where one steps on where the next ends.
struct Walk {
  InlineVector<Dim, kInlineDims> dims;  // outermost first

  Walk(IntArrayRef sizes, IntArrayRef strides) {
    for (size_t d = 0; d < sizes.size(); ++d) {
      if (sizes[d] == 1) continue;
      if (!dims.empty() && dims.back().stride == sizes[d] * strides[d]) {
        dims.back() = {dims.back().size * sizes[d], strides[d]};
      } else {
        dims.push_back({sizes[d], strides[d]});
      }
    }
  }
  int64_t numel() const {
    int64_t numel = 1;
    for (const Dim& dim : dims) numel *= dim.size;
    return numel;
  }
  // The address of the i-th element in row-major order.
  int64_t at(int64_t i) const {
    int64_t offset = 0;
    for (size_t d = dims.size(); d-- > 0;) {
      offset += i % dims[d].size * dims[d].stride;
      i /= dims[d].size;
    }
    return offset;
  }
};

// base as before x [offsets] x after x run, where a run is copied in one go.
struct Blocks {
  Walk before, after;
  int64_t run = 1, run_stride = 1;
  int64_t num_before, num_indices, num_after;

  Blocks(const Tensor& base, int64_t position, int64_t num_indices)
      : before(base.sizes().slice(0, position), base.strides().slice(0, position)),
        after(base.sizes().slice(position), base.strides().slice(position)),
        num_indices(num_indices) {
    if (!after.dims.empty()) {
      run = after.dims.back().size;
      run_stride = after.dims.back().stride;
      after.dims.pop_back();
    }
    num_before = before.numel();
    num_after = after.numel();
  }
};

}  // namespace

Tensor index_offsets(const char* op, TensorList indices, IntArrayRef sizes, IntArrayRef strides,
                     bool wrapped) {
  assert(!indices.empty());
  const int64_t n = indices[0].numel();
  Tensor offsets = empty({n}, kLong);
  int64_t* const out = offsets.data_ptr<int64_t>();
  std::atomic<int64_t> wrong{INT64_MAX};
  for (size_t d = 0; d < sizes.size(); ++d) {
    const Tensor index = indices[d].to(kLong).contiguous();
    const int64_t* const in = index.data_ptr<int64_t>();
    const int64_t size = sizes[d], stride = strides[d], least = wrapped ? -size : 0;
    parallel_for(n, 8192, [&](int64_t begin, int64_t end) {
      bool fine = true;
      for (int64_t i = begin; i < end; ++i) {
        const int64_t at = in[i];
        const bool inside = at >= least && at < size;
        fine = fine && inside;
        const int64_t place = inside ? (at < 0 ? at + size : at) * stride : 0;
        out[i] = d == 0 ? place : out[i] + place;
      }
      if (fine) return;
      // The first of all is reported, whichever chunk finds one first.
      for (int64_t i = begin; i < end; ++i) {
        if (in[i] >= least && in[i] < size) continue;
        int64_t first = wrong.load();
        while (i < first && !wrong.compare_exchange_weak(first, i)) {
        }
        return;
      }
    });
    if (wrong.load() == INT64_MAX) continue;
    detail::throw_error<IndexError>("{}: index {} is out of range for dim {} of size {}", op,
                                    in[wrong.load()], d, size);
  }
  return offsets;
}

Tensor restride_offsets(const Tensor& offsets, IntArrayRef from, IntArrayRef to) {
  Tensor y = empty(offsets.sizes(), kLong);
  const int64_t* const in = offsets.data_ptr<int64_t>();
  int64_t* const out = y.data_ptr<int64_t>();
  parallel_for(offsets.numel(), 8192, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      int64_t rest = in[i], place = 0;
      for (size_t d = 0; rest >= 0 && d < from.size(); ++d) {
        place += rest / from[d] * to[d];
        rest %= from[d];
      }
      out[i] = rest < 0 ? -1 : place;
    }
  });
  return y;
}

void index_get(const Tensor& base, int64_t position, const Tensor& offsets, const Tensor& y) {
  if (y.numel() == 0) return;
  const Blocks b(base, position, offsets.numel());
  const int64_t* const places = offsets.data_ptr<int64_t>();
  dispatch_size(base.element_size(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* const from = static_cast<const T*>(base.data_ptr());
    T* const to = static_cast<T*>(y.data_ptr());
    const int64_t bytes = b.run * static_cast<int64_t>(sizeof(T));
    const int64_t rows = b.num_before * b.num_indices;
    const int64_t grain = std::max<int64_t>(1, kGrainBytes / (bytes * b.num_after + 8));
    parallel_for(rows, grain, [&](int64_t begin, int64_t end) {
      int64_t outer = begin / b.num_indices, j = begin % b.num_indices;
      const T* source = from + b.before.at(outer);
      T* target = to + begin * b.num_after * b.run;
      for (int64_t row = begin; row < end; ++row) {
        if (places[j] < 0) target = std::fill_n(target, b.num_after * b.run, T(0));
        for (int64_t a = 0; places[j] >= 0 && a < b.num_after; ++a) {
          const T* const block = source + places[j] + (b.num_after == 1 ? 0 : b.after.at(a));
          if (b.run == 1) {
            *target++ = *block;
          } else if (b.run_stride == 1) {
            std::memcpy(target, block, static_cast<size_t>(bytes));
            target += b.run;
          } else {
            for (int64_t k = 0; k < b.run; ++k) *target++ = block[k * b.run_stride];
          }
        }
        if (++j == b.num_indices) {
          j = 0;
          if (row + 1 < end) source = from + b.before.at(++outer);
        }
      }
    });
  });
}

namespace {

// Note [Index lists with repeats]
// Two elements of the index list that point at the same block must be written in their order, or
// the result would depend on the threads. So the list is dealt to buckets by the place that each
// element points at, keeping the order within a bucket, and one thread works off a bucket. Places
// that lie near each other share a bucket, so that threads do not write to the same cache line, but
// what lies further apart is spread by a hash: where low indices are frequent, as in a vocabulary,
// all buckets get some.
struct Buckets {
  std::vector<int64_t> order;   // places in the index list, bucket by bucket
  std::vector<int64_t> starts;  // of each bucket in order, and the end
};

Buckets deal(const int64_t* places, int64_t n, int64_t unit, int64_t count) {
  Buckets buckets;
  buckets.order.resize(n);
  buckets.starts.assign(count + 1, 0);
  std::vector<uint8_t> bucket(n);
  parallel_for(n, 16384, [&](int64_t begin, int64_t end) {
    for (int64_t j = begin; j < end; ++j) {
      const uint64_t hash = static_cast<uint64_t>(places[j] / unit) * 0x9e3779b97f4a7c15u;
      bucket[j] = static_cast<uint8_t>((hash >> 32) % static_cast<uint64_t>(count));
    }
  });
  for (int64_t j = 0; j < n; ++j) ++buckets.starts[bucket[j] + 1];
  for (int64_t i = 0; i < count; ++i) buckets.starts[i + 1] += buckets.starts[i];
  std::vector<int64_t> next(buckets.starts.begin(), buckets.starts.end() - 1);
  for (int64_t j = 0; j < n; ++j) buckets.order[next[bucket[j]]++] = j;
  return buckets;
}

// y[i] += factor x[i].
template <class T>
void add_scaled(const T* x, T factor, int64_t n, T* y) {
  if constexpr (std::is_same_v<T, float>) {
    if (n >= 8) return add_scaled_vector(x, factor, n, y);
  }
  for (int64_t i = 0; i < n; ++i) y[i] += factor * x[i];
}

template <class T, bool kAdd>
void put(const Tensor& base, const Blocks& b, const int64_t* places, const Tensor& y) {
  T* const to = static_cast<T*>(base.data_ptr());
  const T* const from = static_cast<const T*>(y.data_ptr());
  const bool same = y.numel() > 1 && std::all_of(y.strides().begin(), y.strides().end(),
                                                 [](int64_t stride) { return stride == 0; });
  const bool constant = same || y.numel() == 1;
  // What stands at index j for one element of before.
  const auto put_row = [&](int64_t outer, int64_t before, int64_t j) {
    if (places[j] < 0) return;
    const T* source = constant ? from : from + (outer * b.num_indices + j) * b.num_after * b.run;
    for (int64_t a = 0; a < b.num_after; ++a) {
      T* const block = to + before + places[j] + (b.num_after == 1 ? 0 : b.after.at(a));
      if constexpr (!kAdd) {
        if (!constant && b.run_stride == 1 && b.run > 1) {
          std::memcpy(block, source, static_cast<size_t>(b.run) * sizeof(T));
          source += b.run;
          continue;
        }
      }
      if constexpr (kAdd && std::is_same_v<T, float>) {
        if (!constant && b.run_stride == 1) {
          add_scaled(source, 1.0f, b.run, block);
          source += b.run;
          continue;
        }
      }
      const int64_t step = constant ? 0 : 1;
      if (b.run_stride == 1) {
        for (int64_t k = 0; k < b.run; ++k) {
          block[k] = kAdd ? static_cast<T>(block[k] + source[k * step]) : source[k * step];
        }
      } else {
        for (int64_t k = 0; k < b.run; ++k) {
          T& element = block[k * b.run_stride];
          element = kAdd ? static_cast<T>(element + source[k * step]) : source[k * step];
        }
      }
      source += b.run * step;
    }
  };

  const int64_t row_bytes = b.num_after * b.run * static_cast<int64_t>(sizeof(T));
  const int64_t grain_rows = std::max<int64_t>(1, kGrainBytes / (row_bytes + 8));
  if (b.num_before > 1) {
    const int64_t grain = std::max<int64_t>(1, grain_rows / b.num_indices);
    parallel_for(b.num_before, grain, [&](int64_t begin, int64_t end) {
      for (int64_t outer = begin; outer < end; ++outer) {
        const int64_t before = b.before.at(outer);
        for (int64_t j = 0; j < b.num_indices; ++j) put_row(outer, before, j);
      }
    });
    return;
  }
  // Small blocks cost less to write than to deal.
  const int64_t count = std::min<int64_t>(b.num_indices / grain_rows, kMaxChunks);
  if (count < 2 || row_bytes < 64) {
    for (int64_t j = 0; j < b.num_indices; ++j) put_row(0, 0, j);
    return;
  }
  // See Note [Index lists with repeats].
  const int64_t unit = std::max<int64_t>(1, 1024 / static_cast<int64_t>(sizeof(T)));
  const Buckets buckets = deal(places, b.num_indices, unit, count);
  parallel_for(count, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = buckets.starts[begin]; i < buckets.starts[end]; ++i) {
      put_row(0, 0, buckets.order[i]);
    }
  });
}

}  // namespace

void index_put(const Tensor& base, int64_t position, const Tensor& offsets, const Tensor& y,
               bool add) {
  if (y.numel() == 0) return;
  const Blocks blocks(base, position, offsets.numel());
  const int64_t* const places = offsets.data_ptr<int64_t>();
  if (add) {
    dispatch_all("index_put", base.dtype(), [&](auto tag) {
      put<typename decltype(tag)::type, true>(base, blocks, places, y);
    });
  } else {
    dispatch_size(base.element_size(), [&](auto tag) {
      put<typename decltype(tag)::type, false>(base, blocks, places, y);
    });
  }
}

namespace {

template <class T>
void sum_rows(const T* x, const int64_t* from, const int64_t* to, const T* factors, int64_t rows,
              int64_t n, T* y) {
  const auto add = [=](int64_t i) {
    add_scaled(x + from[i] * n, factors == nullptr ? T(1) : factors[i], n, y + to[i] * n);
  };
  const int64_t row_bytes = n * static_cast<int64_t>(sizeof(T));
  const int64_t grain = std::max<int64_t>(1, kGrainBytes / (row_bytes + 8));
  if (std::is_sorted(to, to + rows)) {
    // A sum belongs to the chunk that its first row is in.
    const auto continues = [=](int64_t i) { return i > 0 && i < rows && to[i] == to[i - 1]; };
    parallel_for(rows, grain, [&](int64_t begin, int64_t end) {
      while (begin < end && continues(begin)) ++begin;
      if (begin == end) return;
      while (continues(end)) ++end;
      for (int64_t i = begin; i < end; ++i) add(i);
    });
    return;
  }
  const int64_t count = std::min<int64_t>(rows / grain, kMaxChunks);
  if (count < 2) {
    for (int64_t i = 0; i < rows; ++i) add(i);
    return;
  }
  // See Note [Index lists with repeats].
  const Buckets buckets = deal(to, rows, std::max<int64_t>(1, 1024 / row_bytes), count);
  parallel_for(count, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = buckets.starts[begin]; i < buckets.starts[end]; ++i) add(buckets.order[i]);
  });
}

}  // namespace

Tensor sum_rows(const Tensor& x, const Tensor& from, const Tensor& to, const Tensor& factors,
                int64_t count) {
  const int64_t n = x.size(1);
  Tensor y = zeros({count, n}, x.dtype());
  if (y.numel() == 0) return y;
  dispatch_float_double("sum_rows", x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    sum_rows(x.data_ptr<T>(), from.data_ptr<int64_t>(), to.data_ptr<int64_t>(),
             factors.defined() ? factors.data_ptr<T>() : nullptr, from.numel(), n, y.data_ptr<T>());
  });
  return y;
}

Tensor row_dots(const Tensor& x, const Tensor& from, const Tensor& y, const Tensor& to) {
  const int64_t n = x.size(1);
  Tensor dots = empty(from.numel(), x.dtype());
  dispatch_float_double("row_dots", x.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T *const xs = x.data_ptr<T>(), *const ys = y.data_ptr<T>();
    const int64_t *const f = from.data_ptr<int64_t>(), *const t = to.data_ptr<int64_t>();
    T* const d = dots.data_ptr<T>();
    parallel_for(from.numel(), std::max<int64_t>(1, 16384 / std::max<int64_t>(n, 1)),
                 [&](int64_t begin, int64_t end) {
                   for (int64_t i = begin; i < end; ++i) {
                     const T *const a = xs + f[i] * n, *const b = ys + t[i] * n;
                     if constexpr (std::is_same_v<T, float>) {
                       d[i] = dot_vector(a, b, n);
                     } else {
                       d[i] = std::inner_product(a, a + n, b, T(0));
                     }
                   }
                 });
  });
  return dots;
}

}  // namespace gradus::kernel
