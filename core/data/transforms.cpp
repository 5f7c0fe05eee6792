#include "core/data/transforms.h"

#include <algorithm>
#include <cstring>

#include "core/data/rows.h"
#include "core/error.h"
#include "core/factory.h"

namespace gradus::data::transforms::detail {
namespace {

using data::detail::empty_rows;
using data::detail::is_plain;
using data::detail::join_rows;
using data::detail::split_rows;

// y = (x - mean) / stddev; y may be x. Blocks of a fixed size become vector instructions.
template <class T>
void normalize_plane(const T* x, float* y, int64_t n, float mean, float stddev) {
  constexpr int64_t kBlock = 16;
  int64_t i = 0;
  for (; i + kBlock <= n; i += kBlock) {
    float block[kBlock];
    for (int64_t k = 0; k < kBlock; ++k) block[k] = (static_cast<float>(x[i + k]) - mean) / stddev;
    std::memcpy(y + i, block, sizeof block);
  }
  for (; i < n; ++i) y[i] = (static_cast<float>(x[i]) - mean) / stddev;
}

// x [channels, height, width]; mean and stddev have one value or one per channel.
template <class T>
void normalize_image(const T* x, float* y, IntArrayRef sizes, const Tensor& mean,
                     const Tensor& stddev) {
  const float* m = mean.data_ptr<float>();
  const float* s = stddev.data_ptr<float>();
  const int64_t plane = sizes[1] * sizes[2];
  for (int64_t c = 0; c < sizes[0]; ++c) {
    normalize_plane(x + c * plane, y + c * plane, plane, m[mean.numel() == 1 ? 0 : c],
                    s[stddev.numel() == 1 ? 0 : c]);
  }
}

void normalize_image(const Tensor& x, float* y, const Tensor& mean, const Tensor& stddev) {
  if (x.dtype() == kFloat) {
    normalize_image(x.data_ptr<float>(), y, x.sizes(), mean, stddev);
  } else {
    normalize_image(x.data_ptr<uint8_t>(), y, x.sizes(), mean, stddev);
  }
}

// Whether the loops above do what sub() and div() would: float32 out, and the shape of x.
bool is_image(const Tensor& x, const Tensor& mean, const Tensor& stddev) {
  const auto fits = [&](const Tensor& values) {
    return is_plain(values) && values.dtype() == kFloat && values.dim() == 3 &&
           values.size(0) == values.numel() && (values.numel() == 1 || values.numel() == x.size(0));
  };
  return is_plain(x) && x.dim() == 3 && (x.dtype() == kFloat || x.dtype() == kByte) && fits(mean) &&
         fits(stddev);
}

bool all_alike(const std::vector<Tensor>& tensors) {
  return std::all_of(tensors.begin(), tensors.end(), [&](const Tensor& x) {
    return x.defined() && x.dtype() == tensors[0].dtype() && x.sizes() == tensors[0].sizes();
  });
}

}  // namespace

Tensor channel_values(const char* name, ArrayRef<double> values) {
  GRADUS_CHECK_VALUE(!values.empty(), "Normalize: {} has no values", name);
  Tensor tensor = empty({static_cast<int64_t>(values.size()), 1, 1}, kFloat);
  std::transform(values.begin(), values.end(), tensor.data_ptr<float>(),
                 [](double value) { return static_cast<float>(value); });
  return tensor;
}

Tensor normalize(const Tensor& x, const Tensor& mean, const Tensor& stddev) {
  if (!is_image(x, mean, stddev)) return x.sub(mean).div(stddev);
  Tensor y = empty(x.sizes(), kFloat);
  normalize_image(x, y.data_ptr<float>(), mean, stddev);
  return y;
}

void normalize_all(std::vector<Tensor>& tensors, const Tensor& mean, const Tensor& stddev) {
  if (tensors.empty()) return;
  const auto image = [&](const Tensor& x) { return is_image(x, mean, stddev); };
  if (!all_alike(tensors) || !std::all_of(tensors.begin(), tensors.end(), image)) {
    for (Tensor& x : tensors) x = normalize(x, mean, stddev);
    return;
  }
  // Rows that nobody else sees are normalized where they are; see Note [Rows].
  const bool in_place = tensors[0].dtype() == kFloat && join_rows(tensors).defined();
  std::vector<Tensor> results =
      in_place ? tensors : split_rows(empty_rows(tensors.size(), tensors[0].sizes(), kFloat));
  for (size_t i = 0; i < tensors.size(); ++i) {
    normalize_image(tensors[i], results[i].data_ptr<float>(), mean, stddev);
  }
  tensors = std::move(results);
}

Tensor stack(std::vector<Tensor> tensors) {
  GRADUS_CHECK(!tensors.empty(), "Stack: the batch is empty");
  const Tensor& first = tensors[0];
  bool plain = true;
  for (size_t i = 0; i < tensors.size(); ++i) {
    const Tensor& x = tensors[i];
    GRADUS_CHECK(x.defined(), "Stack: the tensor of example {} is undefined", i);
    GRADUS_CHECK(
        x.dtype() == first.dtype() && x.sizes() == first.sizes(),
        "Stack: all examples must have one shape and dtype, got {} {} at 0 and {} {} at {}",
        first.dtype(), first.sizes(), x.dtype(), x.sizes(), i);
    plain &= is_plain(x);
  }
  if (Tensor joined = join_rows(tensors); joined.defined()) return joined;

  Tensor rows = empty_rows(tensors.size(), first.sizes(), first.dtype());
  const size_t row_bytes = first.nbytes();
  for (size_t i = 0; i < tensors.size(); ++i) {
    if (!plain) {
      rows.select(0, static_cast<int64_t>(i)).copy_(tensors[i]);
    } else if (row_bytes > 0) {
      std::memcpy(static_cast<char*>(rows.data_ptr()) + i * row_bytes, tensors[i].data_ptr(),
                  row_bytes);
    }
  }
  return rows;
}

}  // namespace gradus::data::transforms::detail
