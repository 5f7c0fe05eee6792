#include "autograd/ops/shuffle.h"

#include "autograd/ops/binary.h"
#include "autograd/ops/matmul.h"
#include "core/shape.h"
#include "core/watch/record_scope.h"

namespace gradus {

namespace {

void append(DimVector& dims, std::initializer_list<int64_t> more) {
  dims.append(more.begin(), more.end());
}

}  // namespace

Tensor pixel_shuffle(const Tensor& x, int64_t upscale_factor) {
  const OpScope scope("pixel_shuffle");
  const char* const op = "pixel_shuffle";
  require_tensors(op, x);
  const int64_t r = upscale_factor;
  GRADUS_CHECK(x.dim() >= 3, "{}: expected an input of at least 3 dims, got shape {}", op,
               x.sizes());
  GRADUS_CHECK_VALUE(r > 0, "{}: upscale_factor must be positive, got {}", op, r);
  const int64_t channels = x.size(-3), h = x.size(-2), w = x.size(-1);
  GRADUS_CHECK_VALUE(r < (int64_t{1} << 31) && channels % (r * r) == 0,
                     "{}: the square of upscale_factor {} must divide the {} channels of input {}",
                     op, r, channels, x.sizes());
  const int64_t c = channels / (r * r);
  DimVector front(x.sizes().begin(), x.sizes().end() - 3);
  DimVector split = front, joined = front, order;
  append(split, {c, r, r, h, w});
  append(joined, {c, h * r, w * r});
  const auto n = static_cast<int64_t>(front.size());
  for (int64_t d = 0; d < n; ++d) order.push_back(d);
  append(order, {n, n + 3, n + 1, n + 4, n + 2});
  return x.reshape(split).permute(order).reshape(joined);
}

Tensor pixel_unshuffle(const Tensor& x, int64_t downscale_factor) {
  const OpScope scope("pixel_unshuffle");
  const char* const op = "pixel_unshuffle";
  require_tensors(op, x);
  const int64_t r = downscale_factor;
  GRADUS_CHECK(x.dim() >= 3, "{}: expected an input of at least 3 dims, got shape {}", op,
               x.sizes());
  GRADUS_CHECK_VALUE(r > 0, "{}: downscale_factor must be positive, got {}", op, r);
  const int64_t c = x.size(-3), h = x.size(-2), w = x.size(-1);
  GRADUS_CHECK_VALUE(h % r == 0 && w % r == 0,
                     "{}: downscale_factor {} must divide height and width of input {}", op, r,
                     x.sizes());
  GRADUS_CHECK_VALUE(r < (int64_t{1} << 31), "{}: downscale_factor {} is too large", op, r);
  DimVector front(x.sizes().begin(), x.sizes().end() - 3);
  DimVector split = front, joined = front, order;
  append(split, {c, h / r, r, w / r, r});
  append(joined, {c * r * r, h / r, w / r});
  checked_numel(op, joined);
  const auto n = static_cast<int64_t>(front.size());
  for (int64_t d = 0; d < n; ++d) order.push_back(d);
  append(order, {n, n + 2, n + 4, n + 1, n + 3});
  return x.reshape(split).permute(order).reshape(joined);
}

Tensor channel_shuffle(const Tensor& x, int64_t groups) {
  const OpScope scope("channel_shuffle");
  const char* const op = "channel_shuffle";
  require_tensors(op, x);
  GRADUS_CHECK(x.dim() >= 3, "{}: expected an input of at least 3 dims, got shape {}", op,
               x.sizes());
  const int64_t channels = x.size(1);
  GRADUS_CHECK_VALUE(groups > 0 && channels % groups == 0,
                     "{}: groups must be positive and divide the channels, got {} for input {}", op,
                     groups, x.sizes());
  DimVector split = to_dims(x.sizes());
  split[1] = channels / groups;
  split.insert(1, groups);
  return x.reshape(split).transpose(1, 2).reshape(x.sizes());
}

Tensor bilinear(const Tensor& x1, const Tensor& x2, const Tensor& weight, const Tensor& bias) {
  const OpScope scope("bilinear");
  const char* const op = "bilinear";
  require_tensors(op, x1, x2, weight);
  GRADUS_CHECK(weight.dim() == 3 && x1.dim() >= 1 && x1.dim() == x2.dim(),
               "{}: expected inputs of one rank and a weight of 3 dims, got {}, {} and {}", op,
               x1.sizes(), x2.sizes(), weight.sizes());
  const size_t front = x1.sizes().size() - 1;
  GRADUS_CHECK(x1.sizes().slice(0, front) == x2.sizes().slice(0, front),
               "{}: the inputs' dims in front of the last must be equal, got {} and {}", op,
               x1.sizes(), x2.sizes());
  const int64_t out = weight.size(0), in1 = weight.size(1), in2 = weight.size(2);
  GRADUS_CHECK(x1.size(-1) == in1 && x2.size(-1) == in2,
               "{}: weight {} expects inputs of {} and {} features, got {} and {}", op,
               weight.sizes(), in1, in2, x1.sizes(), x2.sizes());
  GRADUS_CHECK(!bias.defined() || bias.sizes() == IntArrayRef(out),
               "{}: expected a bias of shape [{}], got {}", op, out, bias.sizes());
  GRADUS_CHECK_TYPE(x1.dtype() != kBool && x1.dtype() == x2.dtype() && x1.dtype() == weight.dtype(),
                    "{}: expected one dtype other than bool, got {}, {} and {}", op, x1.dtype(),
                    x2.dtype(), weight.dtype());
  DimVector sizes(x1.sizes().begin(), x1.sizes().end() - 1);
  const int64_t rows = checked_numel(op, sizes);
  sizes.push_back(out);
  // [N, out, in2] = x1 W, then the products with x2.
  const Tensor left =
      matmul(x1.reshape({rows, in1}), weight.transpose(0, 1).reshape({in1, out * in2}))
          .reshape({rows, out, in2});
  const Tensor y = matmul(left, x2.reshape({rows, in2, 1})).reshape(sizes);
  return bias.defined() ? y + bias : y;
}

}  // namespace gradus
