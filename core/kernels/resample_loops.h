#pragma once

#include <cstdint>
#include <type_traits>
#include <vector>

#include "core/kernels/dispatch.h"

namespace gradus::kernel {

/// The taps of a row, arranged for vectors of `lanes` outputs: each tap of such a block is a lookup
/// in the vectors of the input that its elements lie in, if these are few.
struct ResampleTable {
  struct Lookup {
    int64_t base;   // the first element of these vectors
    int32_t count;  // how many they are
  };
  int64_t lanes = 1, in = 0, out = 0;
  std::vector<int64_t> first{0};  // block b has the lookups from first[b] to first[b + 1]
  std::vector<Lookup> lookups;
  std::vector<int32_t>
      offsets;                 // [lookups, lanes] from base; kNone where an output has no such tap
  std::vector<float> weights;  // [lookups, lanes]

  static constexpr int32_t kNear = 4;  // the most vectors that are faster than a gather
  static constexpr int32_t kNone = 1 << 30;
};

// The vector loops for float.

int64_t resample_lanes();
/// `rows` rows [table.in] -> [table.out], the last of which may be cut off after `last_in` and
/// `last_out` elements.
void resample_table_vector(const ResampleTable& table, int64_t rows, int64_t last_in,
                           int64_t last_out, const float* x, float* y);

// Loops over rows of `inner` floats. Row i of y or dy has the taps k from first[i] to first[i + 1],
// each of which is a row of x or dx, places[k].

/// y[i] is the sum of weights[k] x[places[k]].
void gather_rows_vector(int64_t rows, const int64_t* first, const int64_t* places,
                        const float* weights, int64_t inner, const float* x, float* y);
/// Adds weights[k] dy[i] to dx[places[k]]. Rows begin every `stride` floats.
void scatter_rows_vector(int64_t rows, const int64_t* first, const int64_t* places,
                         const float* weights, int64_t inner, int64_t stride, const float* dy,
                         float* dx);
/// dots[k - first[0]] is the inner product of dy[i] and x[places[k]].
void dot_rows_vector(int64_t rows, const int64_t* first, const int64_t* places, int64_t inner,
                     const float* dy, const float* x, float* dots);

// The same for any T, with the plain loops for all but float.

template <class T>
void gather_rows(int64_t rows, const int64_t* first, const int64_t* places,
                 const Accumulator<T>* weights, int64_t inner, const T* x, T* y) {
  if constexpr (std::is_same_v<T, float>) {
    return gather_rows_vector(rows, first, places, weights, inner, x, y);
  }
  for (int64_t i = 0; i < rows; ++i, y += inner) {
    for (int64_t j = 0; j < inner; ++j) {
      Accumulator<T> sum = 0;
      for (int64_t k = first[i]; k < first[i + 1]; ++k)
        sum += weights[k] * static_cast<Accumulator<T>>(x[places[k] * inner + j]);
      y[j] = static_cast<T>(sum);
    }
  }
}

/// dx holds sums.
template <class T>
void scatter_rows(int64_t rows, const int64_t* first, const int64_t* places,
                  const Accumulator<T>* weights, int64_t inner, int64_t stride, const T* dy,
                  Accumulator<T>* dx) {
  if constexpr (std::is_same_v<T, float>) {
    return scatter_rows_vector(rows, first, places, weights, inner, stride, dy, dx);
  }
  for (int64_t i = 0; i < rows; ++i, dy += stride) {
    for (int64_t k = first[i]; k < first[i + 1]; ++k) {
      for (int64_t j = 0; j < inner; ++j)
        dx[places[k] * stride + j] += weights[k] * static_cast<Accumulator<T>>(dy[j]);
    }
  }
}

template <class T>
void dot_rows(int64_t rows, const int64_t* first, const int64_t* places, int64_t inner, const T* dy,
              const T* x, Accumulator<T>* dots) {
  if constexpr (std::is_same_v<T, float>) {
    return dot_rows_vector(rows, first, places, inner, dy, x, dots);
  }
  for (int64_t i = 0; i < rows; ++i, dy += inner) {
    for (int64_t k = first[i]; k < first[i + 1]; ++k) {
      Accumulator<T> sum = 0;
      for (int64_t j = 0; j < inner; ++j) {
        sum += static_cast<Accumulator<T>>(dy[j]) *
               static_cast<Accumulator<T>>(x[places[k] * inner + j]);
      }
      *dots++ = sum;
    }
  }
}

}  // namespace gradus::kernel
