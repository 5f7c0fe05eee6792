#pragma once

#include <cstdint>

#include "core/array_ref.h"
#include "core/inline_vector.h"
#include "core/tensor.h"

namespace gradus::kernel {

/// How a reduction walks x: dims sorted by stride, those that lie without a gap joined.
struct ReducePlan {
  struct Dim {
    int64_t size;
    int64_t in;   // stride in x, in elements
    int64_t out;  // stride in the result, whose elements are row-major; unused for reduced dims
  };
  using Dims = InlineVector<Dim, kInlineDims>;

  Dims kept;     // outermost first; never empty
  Dims reduced;  // outermost first; never empty
  int64_t outputs = 1;
  int64_t count = 1;  // elements per output
  // Whether a vector holds elements of different outputs: those along the innermost kept dim.
  bool columns = false;
};

/// @param dims  wrapped, each at most once
/// @return of a tensor without elements, only outputs and count
ReducePlan plan_reduction(const Tensor& x, IntArrayRef dims);

/// The sizes of x without `dims`, or with 1 in their place.
DimVector reduced_sizes(IntArrayRef sizes, IntArrayRef dims, bool keepdim);

/// Counts through dims, the last one fastest, and keeps track of offsets.
class Odometer {
 public:
  /// @param rank  counts through dims[0] .. dims[rank - 1]
  Odometer(const ReducePlan::Dims& dims, size_t rank, int64_t position)
      : dims_(dims), index_(rank, 0) {
    for (size_t i = rank; i-- > 0;) {
      index_[i] = position % dims[i].size;
      position /= dims[i].size;
      in_ += index_[i] * dims[i].in;
      out_ += index_[i] * dims[i].out;
    }
  }

  int64_t in() const { return in_; }
  int64_t out() const { return out_; }

  void next() {
    for (size_t i = index_.size(); i-- > 0;) {
      in_ += dims_[i].in;
      out_ += dims_[i].out;
      if (++index_[i] < dims_[i].size) return;
      in_ -= dims_[i].size * dims_[i].in;
      out_ -= dims_[i].size * dims_[i].out;
      index_[i] = 0;
    }
  }

 private:
  const ReducePlan::Dims& dims_;
  DimVector index_;
  int64_t in_ = 0;
  int64_t out_ = 0;
};

}  // namespace gradus::kernel
