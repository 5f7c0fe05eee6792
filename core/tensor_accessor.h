#pragma once

#include "core/tensor.h"

namespace gradus {

/// Elements of a tensor by index, without checks; `accessor<T, 1>` indexes to T&.
template <class T, size_t N>
class TensorAccessor {
 public:
  TensorAccessor(T* data, const int64_t* sizes, const int64_t* strides)
      : data_(data), sizes_(sizes), strides_(strides) {}
  int64_t size(int64_t dim) const { return sizes_[dim]; }
  int64_t stride(int64_t dim) const { return strides_[dim]; }
  T* data() const { return data_; }
  decltype(auto) operator[](int64_t i) const {
    if constexpr (N == 1) {
      return (data_[i * strides_[0]]);
    } else {
      return TensorAccessor<T, N - 1>(data_ + i * strides_[0], sizes_ + 1, strides_ + 1);
    }
  }

 private:
  T* data_;
  const int64_t* sizes_;
  const int64_t* strides_;
};

namespace detail {
// Throws Error unless the tensor has `dims` dims.
GRADUS_API void check_accessor(const Tensor& x, int64_t dims);
}  // namespace detail

template <class T, size_t N>
TensorAccessor<T, N> Tensor::accessor() const& {
  detail::check_accessor(*this, N);
  return TensorAccessor<T, N>(data_ptr<T>(), sizes().data(), strides().data());
}

}  // namespace gradus
