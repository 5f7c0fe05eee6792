#pragma once

// For linalg*.cpp only: Eigen stays out of every other header.

#define EIGEN_DONT_PARALLELIZE
#include <algorithm>
#include <cstdint>
#include <initializer_list>

#include <Eigen/Core>

#include "core/factory.h"
#include "core/parallel.h"
#include "core/shape.h"
#include "core/tensor.h"

namespace gradus::kernel {

template <class T>
using RowMajorMatrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
/// Column-major, which Eigen's decompositions are made for.
template <class T>
using ColumnMatrix = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>;

/// The matrices of a contiguous tensor [..., rows, columns].
template <class T>
class MatrixBatch {
 public:
  explicit MatrixBatch(Tensor&& x) = delete;  // would not live as long
  explicit MatrixBatch(const Tensor& x)
      : data_(x.data_ptr<T>()), rows_(x.size(-2)), columns_(x.size(-1)) {
    count_ = x.numel() == 0 ? 0 : x.numel() / (rows_ * columns_);
  }
  int64_t rows() const { return rows_; }
  int64_t columns() const { return columns_; }
  /// How many matrices have elements.
  int64_t count() const { return count_; }
  /// The i-th; a batch of one has it for every i.
  Eigen::Map<RowMajorMatrix<T>> operator[](int64_t i) const {
    return {data_ + (count_ == 1 ? 0 : i) * rows_ * columns_, rows_, columns_};
  }

 private:
  T* data_;
  int64_t rows_, columns_, count_ = 0;
};

/// a's batch dims, then these sizes.
inline DimVector batched(const Tensor& a, std::initializer_list<int64_t> sizes) {
  DimVector result(a.sizes().begin(), a.sizes().end() - 2);
  for (int64_t size : sizes) result.push_back(size);
  checked_numel("linalg", result);
  return result;
}

/// Calls body(begin, end) on parts of a batch of which each matrix takes about `flops`.
inline void for_matrices(int64_t count, double flops, FunctionRef<void(int64_t, int64_t)> body) {
  const auto grain = static_cast<int64_t>(1 + 1e5 / std::max(flops, 1.0));
  parallel_for(count, grain, body);
}

}  // namespace gradus::kernel
