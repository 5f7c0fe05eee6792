#include "core/kernels/resample.h"

#include <algorithm>
#include <limits>
#include <type_traits>

#include "core/factory.h"
#include "core/kernels/dispatch.h"
#include "core/kernels/resample_loops.h"
#include "core/parallel.h"

namespace gradus::kernel {
namespace {

// How much a task does, in elements of the result.
constexpr int64_t kTask = 16384;

// The taps of a matrix [in, inner] seen as one row, `times` times one after another.
ResampleTaps flattened(const ResampleTaps& taps, int64_t inner, int64_t times) {
  ResampleTaps flat;
  flat.in = taps.in * inner * times;
  flat.out = taps.out * inner * times;
  for (int64_t row = 0; row < times; ++row) {
    for (size_t i = 0; i < static_cast<size_t>(taps.out); ++i) {
      for (int64_t j = 0; j < inner; ++j) {
        for (auto k = static_cast<size_t>(taps.first[i]);
             k < static_cast<size_t>(taps.first[i + 1]); ++k) {
          flat.places.push_back((row * taps.in + taps.places[k]) * inner + j);
          flat.weights.push_back(taps.weights[k]);
        }
        flat.first.push_back(static_cast<int64_t>(flat.places.size()));
      }
    }
  }
  return flat;
}

// False where most lanes would be idle, or elements of one lookup lie too far apart for 32 bits.
bool make_table(const ResampleTaps& taps, int64_t lanes, ResampleTable& table) {
  table.lanes = lanes;
  table.in = taps.in;
  table.out = taps.out;
  for (int64_t block = 0; block < taps.out; block += lanes) {
    const int64_t end = std::min(block + lanes, taps.out);
    int64_t most = 0;
    for (int64_t i = block; i < end; ++i) {
      const auto at = static_cast<size_t>(i);
      most = std::max(most, taps.first[at + 1] - taps.first[at]);
    }
    for (int64_t tap = 0; tap < most; ++tap) {
      int64_t least = std::numeric_limits<int64_t>::max(), greatest = 0;
      const auto for_each = [&](auto f) {
        for (int64_t i = block; i < end; ++i) {
          const auto at = static_cast<size_t>(i);
          const int64_t k = taps.first[at] + tap;
          if (k < taps.first[at + 1]) f(static_cast<size_t>(i - block), static_cast<size_t>(k));
        }
      };
      for_each([&](size_t, size_t k) {
        least = std::min(least, taps.places[k]);
        greatest = std::max(greatest, taps.places[k]);
      });
      if (greatest - least >= ResampleTable::kNone) return false;
      const int64_t count = (greatest - least) / lanes + 1;
      table.lookups.push_back({least, static_cast<int32_t>(count)});
      const size_t start = table.offsets.size();
      table.offsets.resize(start + static_cast<size_t>(lanes), ResampleTable::kNone);
      table.weights.resize(start + static_cast<size_t>(lanes), 0.0f);
      for_each([&](size_t lane, size_t k) {
        table.offsets[start + lane] = static_cast<int32_t>(taps.places[k] - least);
        table.weights[start + lane] = static_cast<float>(taps.weights[k]);
      });
      if (table.offsets.size() > 8 * (taps.places.size() + 8 * static_cast<size_t>(lanes)))
        return false;
    }
    table.first.push_back(static_cast<int64_t>(table.lookups.size()));
  }
  return true;
}

// x is [outer, in, inner], y is [outer, out, inner]. False where a table does not pay.
bool resample_lookups(const ResampleTaps& taps, int64_t outer, int64_t inner, const float* x,
                      float* y) {
  const int64_t lanes = resample_lanes(), in = taps.in * inner, out = taps.out * inner;
  constexpr int64_t kUses = 8;  // as often should a table be used
  if (outer < kUses) return false;
  // Several rows at once, so that few lanes are idle.
  const int64_t times = std::clamp<int64_t>(8 * lanes / out, 1, outer / kUses);
  ResampleTable table;
  if (!make_table(flattened(taps, inner, times), lanes, table)) return false;
  parallel_for(
      outer, times * std::max<int64_t>(1, kTask / (out * times)), [&](int64_t begin, int64_t end) {
        const int64_t rows = (end - begin + times - 1) / times;
        const int64_t last = end - begin - (rows - 1) * times;
        resample_table_vector(table, rows, last * in, last * out, x + begin * in, y + begin * out);
      });
  return true;
}

// How many elements lie between two neighbours along dim.
int64_t inner_size(const Tensor& x, int64_t dim, MemoryFormat format) {
  const bool channels_last = format != MemoryFormat::Contiguous;
  if (channels_last && dim == 1) return 1;
  int64_t inner = channels_last ? x.size(1) : 1;
  for (int64_t d = x.dim() - 1; d > dim && !(channels_last && d == 1); --d) inner *= x.size(d);
  return inner;
}

}  // namespace

ResampleTaps transposed(const ResampleTaps& taps) {
  ResampleTaps t;
  t.in = taps.out;
  t.out = taps.in;
  t.first.assign(static_cast<size_t>(t.out) + 1, 0);
  for (int64_t place : taps.places) ++t.first[static_cast<size_t>(place) + 1];
  for (size_t i = 1; i < t.first.size(); ++i) t.first[i] += t.first[i - 1];
  t.places.resize(taps.places.size());
  t.weights.resize(taps.places.size());
  std::vector<int64_t> next(t.first.begin(), t.first.end() - 1);
  for (int64_t i = 0; i < taps.out; ++i) {
    const auto at = static_cast<size_t>(i);
    for (auto k = static_cast<size_t>(taps.first[at]); k < static_cast<size_t>(taps.first[at + 1]);
         ++k) {
      const auto to = static_cast<size_t>(next[static_cast<size_t>(taps.places[k])]++);
      t.places[to] = i;
      t.weights[to] = taps.weights[k];
    }
  }
  return t;
}

Tensor resample(const Tensor& x, int64_t dim, const ResampleTaps& taps) {
  const MemoryFormat format = x.suggest_memory_format();
  const Tensor src = x.contiguous(format);
  DimVector sizes(src.sizes().begin(), src.sizes().end());
  sizes[static_cast<size_t>(dim)] = taps.out;
  const Tensor y = empty(sizes, src.options(), format);
  if (y.numel() == 0) return y;
  const int64_t inner = inner_size(src, dim, format);
  const int64_t outer = y.numel() / (taps.out * inner);
  dispatch_floating("resample", src.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    using Sum = Accumulator<T>;
    const T* const from = static_cast<const T*>(src.data_ptr());
    T* const to = static_cast<T*>(y.data_ptr());
    if constexpr (std::is_same_v<T, float>) {
      if (inner < resample_lanes() && resample_lookups(taps, outer, inner, from, to)) return;
    }
    const std::vector<Sum> weights(taps.weights.begin(), taps.weights.end());
    parallel_for(
        outer * taps.out, std::max<int64_t>(1, kTask / inner), [&](int64_t begin, int64_t end) {
          // The rows of one slice [in, inner] after another.
          for (int64_t row = begin, next = 0; row < end; row = next) {
            const int64_t slice = row / taps.out;
            next = std::min(end, (slice + 1) * taps.out);
            gather_rows(next - row, taps.first.data() + row % taps.out, taps.places.data(),
                        weights.data(), inner, from + slice * taps.in * inner, to + row * inner);
          }
        });
  });
  return y;
}

}  // namespace gradus::kernel
