#include "autograd/ops/join.h"

#include <utility>

#include "autograd/node.h"
#include "autograd/ops/arrange.h"
#include "autograd/ops/internal/named.h"
#include "autograd/ops/shape.h"
#include "core/factory.h"
#include "core/kernels/copy.h"
#include "core/shape.h"
#include "core/watch/record_scope.h"

namespace gradus {

namespace {

// PyTorch lets cat skip tensors of shape [0], whatever the others are.
bool is_skipped(const Tensor& x) {
  return x.dim() == 1 && x.numel() == 0;
}

}  // namespace

Tensor cat(TensorList tensors, int64_t dim) {
  const OpScope scope("cat");
  GRADUS_CHECK_VALUE(!tensors.empty(), "cat: expected a list of at least one tensor");
  for (const Tensor& x : tensors) require_tensors("cat", x);
  const Tensor* like = &tensors[0];
  bool channels_last = true;
  ScalarType dtype = tensors[0].dtype();
  for (const Tensor& x : tensors) {
    GRADUS_CHECK(x.dim() > 0, "cat: 0-d tensors cannot be concatenated; use stack");
    if (is_skipped(*like) && !is_skipped(x)) like = &x;
    dtype = promote_types(dtype, x.dtype());
  }
  const int64_t d = wrap_dim("cat", dim, like->dim());
  DimVector sizes = to_dims(like->sizes());
  sizes[d] = 0;
  for (size_t i = 0; i < tensors.size(); ++i) {
    const Tensor& x = tensors[i];
    if (is_skipped(x)) continue;
    bool fits = x.dim() == like->dim();
    for (int64_t j = 0; fits && j < x.dim(); ++j) {
      fits = j == d || x.sizes()[j] == like->sizes()[j];
    }
    GRADUS_CHECK(fits, "cat: shapes must agree except at dim {}: {} of tensor {} against {}", d,
                 x.sizes(), i, like->sizes());
    GRADUS_CHECK(!__builtin_add_overflow(sizes[d], x.sizes()[d], &sizes[d]),
                 "cat: size of dim {} exceeds int64", d);
    channels_last = channels_last && x.suggest_memory_format() != MemoryFormat::Contiguous &&
                    x.suggest_memory_format() == like->suggest_memory_format();
  }
  Tensor y = empty(sizes, TensorOptions(dtype),
                   channels_last ? like->suggest_memory_format() : MemoryFormat::Contiguous);
  DimVector lengths;
  DimVector part = sizes;
  int64_t start = 0;
  const bool joined = kernel::join_rows(tensors, d, y);
  for (const Tensor& x : tensors) {
    const int64_t length = is_skipped(x) ? 0 : x.sizes()[d];
    lengths.push_back(length);
    if (joined || length == 0) continue;
    part[d] = length;
    kernel::copy(x, make_view(y, part, to_dims(y.strides()), start * y.strides()[d]));
    start += length;
  }
  return record("cat", tensors, std::move(y),
                [d, lengths = std::move(lengths)](const Tensor& dy, const Needs& needs) -> Grads {
                  Grads dxs = Grads::of_size(lengths.size());
                  int64_t at = 0;
                  for (size_t i = 0; i < lengths.size(); ++i) {
                    if (needs[i] && lengths[i] > 0) dxs[i] = narrow(dy, d, at, lengths[i]);
                    at += lengths[i];
                  }
                  return dxs;
                });
}

Tensor concat(TensorList tensors, int64_t dim) {
  return named("concat", [&] { return cat(tensors, dim); });
}

Tensor stack(TensorList tensors, int64_t dim) {
  const OpScope scope("stack");
  GRADUS_CHECK_VALUE(!tensors.empty(), "stack: expected a list of at least one tensor");
  for (const Tensor& x : tensors) require_tensors("stack", x);
  const Tensor& first = tensors[0];
  const int64_t d = wrap_dim("stack", dim, first.dim() + 1);
  ScalarType dtype = first.dtype();
  for (size_t i = 0; i < tensors.size(); ++i) {
    GRADUS_CHECK(tensors[i].sizes() == first.sizes(),
                 "stack: expected tensors of the same shape, got {} and {} (tensor {})",
                 first.sizes(), tensors[i].sizes(), i);
    dtype = promote_types(dtype, tensors[i].dtype());
  }
  DimVector sizes = to_dims(first.sizes());
  sizes.insert(d, static_cast<int64_t>(tensors.size()));
  Tensor y = empty(sizes, TensorOptions(dtype));
  DimVector slice_strides = to_dims(y.strides());
  slice_strides.erase(d);
  for (size_t i = 0; i < tensors.size(); ++i) {
    kernel::copy(tensors[i], make_view(y, to_dims(first.sizes()), slice_strides,
                                       static_cast<int64_t>(i) * y.strides()[d]));
  }
  return record("stack", tensors, std::move(y),
                [d, count = tensors.size()](const Tensor& dy, const Needs& needs) -> Grads {
                  Grads dxs = Grads::of_size(count);
                  for (size_t i = 0; i < count; ++i) {
                    if (needs[i]) dxs[i] = select(dy, d, static_cast<int64_t>(i));
                  }
                  return dxs;
                });
}

namespace {

template <class F>
std::vector<Tensor> map(const char* op, TensorList tensors, F&& f) {
  GRADUS_CHECK_VALUE(!tensors.empty(), "{}: expected a list of at least one tensor", op);
  std::vector<Tensor> mapped;
  mapped.reserve(tensors.size());
  for (const Tensor& x : tensors) {
    require_tensors(op, x);
    mapped.push_back(f(x));
  }
  return mapped;
}

}  // namespace

Tensor hstack(TensorList tensors) {
  const std::vector<Tensor> parts = map("hstack", tensors, atleast_1d);
  return named("hstack", [&] { return cat(parts, parts[0].dim() == 1 ? 0 : 1); });
}

Tensor vstack(TensorList tensors) {
  return named("vstack", [&] { return cat(map("vstack", tensors, atleast_2d), 0); });
}

Tensor row_stack(TensorList tensors) {
  return named("row_stack", [&] { return vstack(tensors); });
}

Tensor dstack(TensorList tensors) {
  return named("dstack", [&] { return cat(map("dstack", tensors, atleast_3d), 2); });
}

Tensor column_stack(TensorList tensors) {
  const auto as_column = [](const Tensor& x) {
    return x.dim() <= 1 ? reshape(x, {x.numel(), 1}) : x;
  };
  return named("column_stack", [&] { return cat(map("column_stack", tensors, as_column), 1); });
}

Tensor block_diag(TensorList tensors) {
  const OpScope scope("block_diag");
  for (const Tensor& x : tensors) require_tensors("block_diag", x);
  ScalarType dtype = tensors.empty() ? get_default_dtype() : tensors[0].dtype();
  int64_t rows = 0, columns = 0;
  for (const Tensor& x : tensors) {
    GRADUS_CHECK(x.dim() <= 2, "block_diag: expected tensors of at most 2 dims, got shape {}",
                 x.sizes());
    dtype = promote_types(dtype, x.dtype());
    rows += x.dim() < 2 ? 1 : x.sizes()[0];
    columns += x.dim() == 0 ? 1 : x.sizes().back();
  }
  if (tensors.empty()) return empty({1, 0}, dtype);
  // Where each block begins and ends.
  struct Block {
    int64_t row, column, rows, columns;
    Tensor in(const Tensor& y) const { return narrow(narrow(y, 0, row, rows), 1, column, columns); }
  };
  std::vector<Block> blocks;
  Tensor y = zeros({rows, columns}, dtype);
  Block next{0, 0, 0, 0};
  for (const Tensor& x : tensors) {
    next.rows = x.dim() < 2 ? 1 : x.sizes()[0];
    next.columns = x.dim() == 0 ? 1 : x.sizes().back();
    blocks.push_back(next);
    kernel::copy(x, next.in(y));
    next.row += next.rows;
    next.column += next.columns;
  }
  std::vector<DimVector> sizes;
  for (const Tensor& x : tensors) sizes.push_back(to_dims(x.sizes()));
  return record("block_diag", tensors, std::move(y),
                [blocks, sizes](const Tensor& dy, const Needs& needs) -> Grads {
                  Grads dxs = Grads::of_size(blocks.size());
                  for (size_t i = 0; i < blocks.size(); ++i) {
                    if (needs[i]) dxs[i] = reshape(blocks[i].in(dy), sizes[i]);
                  }
                  return dxs;
                });
}

}  // namespace gradus
