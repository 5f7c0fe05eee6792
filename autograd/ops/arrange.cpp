#include "autograd/ops/arrange.h"

#include <algorithm>
#include <utility>

#include "autograd/node.h"
#include "autograd/ops/gather.h"
#include "autograd/ops/internal/index_list.h"
#include "autograd/ops/internal/named.h"
#include "autograd/ops/shape.h"
#include "core/factory.h"
#include "core/kernels/copy.h"
#include "core/kernels/triangle.h"
#include "core/shape.h"
#include "core/watch/record_scope.h"

namespace gradus {

Tensor repeat(const Tensor& x, IntArrayRef repeats) {
  const OpScope scope("repeat");
  require_tensors("repeat", x);
  const auto rank = static_cast<int64_t>(repeats.size());
  const int64_t added = rank - x.dim();
  GRADUS_CHECK(added >= 0, "repeat: repeats {} has fewer entries than shape {} has dims", repeats,
               x.sizes());
  // [r0, s0, r1, s1, ...], of which the r are expanded.
  DimVector split, expanded, sizes;
  for (int64_t d = 0; d < rank; ++d) {
    GRADUS_CHECK_VALUE(repeats[d] >= 0, "repeat: repeats must not be negative, got {}", repeats);
    const int64_t size = d < added ? 1 : x.sizes()[d - added];
    int64_t total = 0;
    GRADUS_CHECK(!__builtin_mul_overflow(repeats[d], size, &total),
                 "repeat: size {} of dim {}, {} times, exceeds int64", size, d, repeats[d]);
    split.push_back(1);
    split.push_back(size);
    expanded.push_back(repeats[d]);
    expanded.push_back(size);
    sizes.push_back(total);
  }
  checked_numel("repeat", sizes);
  const Tensor y = expand(reshape(x, split), expanded);
  // A copy in any case: the result is a tensor of its own.
  return reshape(y.clone(MemoryFormat::Contiguous), sizes);
}

Tensor tile(const Tensor& x, IntArrayRef repeats) {
  require_tensors("tile", x);
  DimVector padded(std::max<int64_t>(0, x.dim() - static_cast<int64_t>(repeats.size())), 1);
  padded.append(repeats.begin(), repeats.end());
  return named("tile", [&] { return repeat(x, padded); });
}

namespace {

// The size along dim, where the caller says it.
void check_output_size(std::optional<int64_t> expected, int64_t size) {
  GRADUS_CHECK(!expected || *expected == size,
               "repeat_interleave: output_size is {}, but the result has size {}",
               expected.value_or(0), size);
}

}  // namespace

Tensor repeat_interleave(const Tensor& x, int64_t repeats, std::optional<int64_t> dim,
                         std::optional<int64_t> output_size) {
  const OpScope scope("repeat_interleave");
  require_tensors("repeat_interleave", x);
  GRADUS_CHECK_VALUE(repeats >= 0, "repeat_interleave: repeats must not be negative, got {}",
                     repeats);
  const Tensor whole = dim && x.dim() > 0 ? x : reshape(x, {-1});
  const int64_t d = dim ? wrap_dim("repeat_interleave", *dim, x.dim()) : 0;
  DimVector expanded = to_dims(whole.sizes()), sizes = expanded;
  GRADUS_CHECK(!__builtin_mul_overflow(sizes[d], repeats, &sizes[d]),
               "repeat_interleave: size {} of dim {}, {} times, exceeds int64", whole.sizes()[d], d,
               repeats);
  checked_numel("repeat_interleave", sizes);
  check_output_size(output_size, sizes[d]);
  expanded.insert(d + 1, repeats);
  return reshape(expand(unsqueeze(whole, d + 1), expanded).clone(MemoryFormat::Contiguous), sizes);
}

Tensor repeat_interleave(const Tensor& repeats, std::optional<int64_t> output_size) {
  const OpScope scope("repeat_interleave");
  require_tensors("repeat_interleave", repeats);
  const char* const op = "repeat_interleave";
  GRADUS_CHECK(repeats.dim() == 1, "{}: repeats must have one dim, got shape {}", op,
               repeats.sizes());
  const Tensor list = checked_index(op, repeats).contiguous();
  const int64_t* const counts = list.data_ptr<int64_t>();
  int64_t total = 0;
  for (int64_t i = 0; i < list.numel(); ++i) {
    GRADUS_CHECK_VALUE(counts[i] >= 0, "{}: repeats must not be negative, got {}", op, counts[i]);
    GRADUS_CHECK(!__builtin_add_overflow(total, counts[i], &total),
                 "{}: the sum of repeats exceeds int64", op);
  }
  check_output_size(output_size, total);
  Tensor y = empty({total}, kLong);
  int64_t* out = y.data_ptr<int64_t>();
  for (int64_t i = 0; i < list.numel(); ++i) out = std::fill_n(out, counts[i], i);
  return y;
}

Tensor repeat_interleave(const Tensor& x, const Tensor& repeats, std::optional<int64_t> dim,
                         std::optional<int64_t> output_size) {
  const OpScope scope("repeat_interleave");
  require_tensors("repeat_interleave", x, repeats);
  const Tensor whole = dim && x.dim() > 0 ? x : reshape(x, {-1});
  const int64_t d = dim ? wrap_dim("repeat_interleave", *dim, x.dim()) : 0;
  if (repeats.dim() == 0 || repeats.numel() == 1) {
    checked_index("repeat_interleave", repeats);
    return repeat_interleave(whole, repeats.item().toLong(), d, output_size);
  }
  GRADUS_CHECK(repeats.numel() == whole.sizes()[d],
               "repeat_interleave: {} repeats for size {} of dim {}", repeats.numel(),
               whole.sizes()[d], d);
  return index_select(whole, d, repeat_interleave(repeats, output_size));
}

Tensor flip(const Tensor& x, IntArrayRef dims) {
  const OpScope scope("flip");
  require_tensors("flip", x);
  Tensor y = empty_like(x, {}, MemoryFormat::Contiguous);
  DimVector order;
  if (!dims.empty()) order = wrap_dims("flip", dims, x.dim());
  DimVector strides = to_dims(y.strides());
  int64_t last = 0;
  if (y.numel() > 0 && y.dim() > 0) {
    // Written backwards.
    for (int64_t d : order) {
      last += (y.sizes()[d] - 1) * strides[d];
      strides[d] = -strides[d];
    }
  }
  kernel::copy(x, make_view(y, to_dims(y.sizes()), std::move(strides), last));
  return record("flip", {x}, std::move(y),
                [order](const Tensor& dy) -> Grads { return {flip(dy, order)}; });
}

Tensor fliplr(const Tensor& x) {
  const OpScope scope("fliplr");
  require_tensors("fliplr", x);
  GRADUS_CHECK(x.dim() >= 2, "fliplr: expected a tensor of at least 2 dims, got shape {}",
               x.sizes());
  return flip(x, {1});
}

Tensor flipud(const Tensor& x) {
  const OpScope scope("flipud");
  require_tensors("flipud", x);
  GRADUS_CHECK(x.dim() >= 1, "flipud: expected a tensor of at least 1 dim, got shape {}",
               x.sizes());
  return flip(x, {0});
}

Tensor roll(const Tensor& x, IntArrayRef shifts, IntArrayRef dims) {
  const OpScope scope("roll");
  require_tensors("roll", x);
  GRADUS_CHECK(!shifts.empty(), "roll: expected at least one shift");
  if (dims.empty() && shifts.size() == 1) {
    return reshape(roll(reshape(x, {-1}), shifts, {0}), x.sizes());
  }
  GRADUS_CHECK(shifts.size() == dims.size(), "roll: shifts {} and dims {} must be of one length",
               shifts, dims);
  // How far each dim moves, in [0, size).
  DimVector moves(std::max<int64_t>(x.dim(), 1), 0), back;
  for (size_t i = 0; i < dims.size(); ++i) {
    const int64_t d = wrap_dim("roll", dims[i], x.dim());
    const int64_t size = x.dim() == 0 ? 1 : x.sizes()[d];
    if (size == 0) continue;
    const int64_t by = shifts[i] % size;
    moves[d] = (moves[d] + (by < 0 ? by + size : by)) % size;
  }
  Tensor y = empty_like(x, {}, MemoryFormat::Contiguous);
  // Each dim that moves cuts the tensor in two; the parts, of all combinations, are copied.
  const auto copy_parts = [&](const auto& self, const Tensor& from, const Tensor& to,
                              int64_t d) -> void {
    if (d == x.dim()) return kernel::copy(from, to);
    if (moves[d] == 0) return self(self, from, to, d + 1);
    const int64_t size = x.sizes()[d], kept = size - moves[d];
    const auto part = [d](const Tensor& t, int64_t start, int64_t length) {
      DimVector sizes = to_dims(t.sizes());
      sizes[d] = length;
      return make_view(t, std::move(sizes), to_dims(t.strides()),
                       t.storage_offset() + start * t.strides()[d]);
    };
    self(self, part(from, 0, kept), part(to, moves[d], kept), d + 1);
    self(self, part(from, kept, moves[d]), part(to, 0, moves[d]), d + 1);
  };
  if (x.numel() > 0) copy_parts(copy_parts, x, y, 0);
  DimVector all;
  for (int64_t d = 0; d < x.dim(); ++d) {
    all.push_back(d);
    back.push_back(-moves[d]);
  }
  return record("roll", {x}, std::move(y), [back, all](const Tensor& dy) -> Grads {
    return {back.empty() ? dy : roll(dy, back, all)};
  });
}

Tensor rot90(const Tensor& x, int64_t k, IntArrayRef dims) {
  const OpScope scope("rot90");
  require_tensors("rot90", x);
  GRADUS_CHECK(dims.size() == 2, "rot90: expected 2 dims, got {}", dims);
  GRADUS_CHECK(x.dim() >= 2, "rot90: expected a tensor of at least 2 dims, got shape {}",
               x.sizes());
  const DimVector d = wrap_dims("rot90", dims, x.dim());
  switch ((k % 4 + 4) % 4) {
    case 1:
      return transpose(flip(x, {d[1]}), d[0], d[1]);
    case 2:
      return flip(x, d);
    case 3:
      return transpose(flip(x, {d[0]}), d[0], d[1]);
    default:
      return x.clone();
  }
}

Tensor tril(const Tensor& x, int64_t diagonal) {
  const OpScope scope("tril");
  require_tensors("tril", x);
  GRADUS_CHECK(x.dim() >= 2, "tril: expected a tensor of at least 2 dims, got shape {}", x.sizes());
  Tensor y = empty(x.sizes(), x.dtype());
  kernel::copy(x, y);
  kernel::clear_above(y, diagonal);
  return record("tril", {x}, std::move(y),
                [diagonal](const Tensor& dy) -> Grads { return {tril(dy, diagonal)}; });
}

Tensor triu(const Tensor& x, int64_t diagonal) {
  const OpScope scope("triu");
  require_tensors("triu", x);
  GRADUS_CHECK(x.dim() >= 2, "triu: expected a tensor of at least 2 dims, got shape {}", x.sizes());
  Tensor y = empty(x.sizes(), x.dtype());
  kernel::copy(x, y);
  kernel::clear_below(y, diagonal);
  return record("triu", {x}, std::move(y),
                [diagonal](const Tensor& dy) -> Grads { return {triu(dy, diagonal)}; });
}

namespace {

// How many elements lie on or below a diagonal that is at most one further out than the matrix.
int64_t count_below(int64_t rows, int64_t columns, int64_t diagonal) {
  if (diagonal <= -rows) return 0;
  // Rows from `some` on have elements, 1 more each; from `all` on they are whole.
  const int64_t some = std::clamp<int64_t>(-diagonal, 0, rows);
  const int64_t all = std::clamp<int64_t>(columns - diagonal, some, rows);
  const int64_t growing = all - some, first = some + diagonal + 1, last = all + diagonal;
  // One of the factors is even: their product is twice the sum of first to last.
  const int64_t sum =
      growing % 2 == 0 ? growing / 2 * (first + last) : growing * (first + (last - first) / 2);
  return sum + (rows - all) * columns;
}

Tensor triangle_indices(const char* op, int64_t rows, int64_t columns, int64_t offset, bool lower,
                        const TensorOptions& options) {
  GRADUS_CHECK_VALUE(rows >= 0 && columns >= 0,
                     "{}: the numbers of rows and columns must not be negative, got {} and {}", op,
                     rows, columns);
  checked_numel(op, {rows, columns});
  GRADUS_CHECK_TYPE(options.dtype() == kLong || options.dtype() == kInt,
                    "{}: expected dtype Long or Int, got {}", op, options.dtype());
  const int64_t shift = std::clamp(offset, -rows, columns);
  // Where the part of a row begins and ends.
  const auto begin = [&](int64_t row) {
    return lower ? 0 : std::clamp<int64_t>(row + shift, 0, columns);
  };
  const auto end = [&](int64_t row) {
    return lower ? std::clamp<int64_t>(row + shift + 1, 0, columns) : columns;
  };
  const int64_t count = lower ? count_below(rows, columns, shift)
                              : rows * columns - count_below(rows, columns, shift - 1);
  Tensor y = empty({2, count}, kLong);
  int64_t* row_out = y.data_ptr<int64_t>();
  int64_t* column_out = row_out + count;
  // Of the rows that have elements; there may be 2^62 others.
  const int64_t first = lower ? std::clamp<int64_t>(-shift, 0, rows) : 0;
  const int64_t last = count == 0 ? first : lower ? rows : std::min(rows, columns - shift);
  for (int64_t row = first; row < last; ++row) {
    for (int64_t column = begin(row); column < end(row); ++column) {
      *row_out++ = row;
      *column_out++ = column;
    }
  }
  return options.has_dtype() && options.dtype() != kLong ? y.to(options.dtype()) : y;
}

}  // namespace

Tensor tril_indices(int64_t rows, int64_t columns, int64_t offset, const TensorOptions& options) {
  const OpScope scope("tril_indices");
  return triangle_indices("tril_indices", rows, columns, offset, /*lower=*/true, options);
}

Tensor triu_indices(int64_t rows, int64_t columns, int64_t offset, const TensorOptions& options) {
  const OpScope scope("triu_indices");
  return triangle_indices("triu_indices", rows, columns, offset, /*lower=*/false, options);
}

Tensor diag_embed(const Tensor& x, int64_t offset, int64_t dim1, int64_t dim2) {
  require_tensors("diag_embed", x);
  const char* const op = "diag_embed";
  const OpScope scope(op);
  GRADUS_CHECK(x.dim() >= 1, "{}: expected a tensor of at least 1 dim", op);
  const int64_t a = wrap_dim(op, dim1, x.dim() + 1), b = wrap_dim(op, dim2, x.dim() + 1);
  GRADUS_CHECK(a != b, "{}: dims {} and {} are the same", op, dim1, dim2);
  const int64_t length = x.sizes().back();
  int64_t size = 0;
  GRADUS_CHECK(
      offset != INT64_MIN && !__builtin_add_overflow(length, offset < 0 ? -offset : offset, &size),
      "{}: offset {} exceeds int64", op, offset);
  DimVector sizes(x.sizes().begin(), x.sizes().end() - 1);
  sizes.insert(std::min(a, b), size);
  sizes.insert(std::max(a, b), size);
  Tensor y = zeros(sizes, x.dtype());
  kernel::copy(x, diagonal(y, offset, a, b));
  return record(op, {x}, std::move(y),
                [offset, a, b](const Tensor& dy) -> Grads { return {diagonal(dy, offset, a, b)}; });
}

Tensor diag(const Tensor& x, int64_t diagonal) {
  const OpScope scope("diag");
  require_tensors("diag", x);
  GRADUS_CHECK(x.dim() == 1 || x.dim() == 2, "diag: expected a tensor of 1 or 2 dims, got shape {}",
               x.sizes());
  return x.dim() == 1 ? diag_embed(x, diagonal) : gradus::diagonal(x, diagonal).clone();
}

Tensor diagflat(const Tensor& x, int64_t offset) {
  require_tensors("diagflat", x);
  return named("diagflat", [&] { return diag_embed(reshape(x, {-1}), offset); });
}

std::vector<Tensor> meshgrid(TensorList tensors, std::string_view indexing) {
  const OpScope scope("meshgrid");
  GRADUS_CHECK_VALUE(!tensors.empty(), "meshgrid: expected at least one tensor");
  GRADUS_CHECK_VALUE(indexing == "ij" || indexing == "xy",
                     "meshgrid: indexing must be \"ij\" or \"xy\", got \"{}\"", indexing);
  for (const Tensor& x : tensors) require_tensors("meshgrid", x);
  const size_t rank = tensors.size();
  const bool exchanged = indexing == "xy" && rank >= 2;
  DimVector sizes;
  for (size_t i = 0; i < rank; ++i) {
    GRADUS_CHECK(tensors[i].dim() <= 1, "meshgrid: expected tensors of at most 1 dim, got shape {}",
                 tensors[i].sizes());
    GRADUS_CHECK_TYPE(tensors[i].dtype() == tensors[0].dtype(),
                      "meshgrid: expected tensors of one dtype, got {} and {}", tensors[0].dtype(),
                      tensors[i].dtype());
    sizes.push_back(tensors[i].numel());
  }
  checked_numel("meshgrid", sizes);
  std::vector<Tensor> grids;
  for (size_t i = 0; i < rank; ++i) {
    DimVector line(rank, 1);
    line[i] = sizes[i];
    const Tensor grid = expand(reshape(tensors[i], line), sizes);
    grids.push_back(exchanged ? transpose(grid, 0, 1) : grid);
  }
  return grids;
}

Tensor atleast_1d(const Tensor& x) {
  const OpScope scope("atleast_1d");
  require_tensors("atleast_1d", x);
  return x.dim() == 0 ? reshape(x, {1}) : x;
}

Tensor atleast_2d(const Tensor& x) {
  const OpScope scope("atleast_2d");
  require_tensors("atleast_2d", x);
  return x.dim() >= 2 ? x : x.dim() == 1 ? unsqueeze(x, 0) : reshape(x, {1, 1});
}

Tensor atleast_3d(const Tensor& x) {
  const OpScope scope("atleast_3d");
  require_tensors("atleast_3d", x);
  if (x.dim() == 0) return reshape(x, {1, 1, 1});
  if (x.dim() == 1) return reshape(x, {1, x.numel(), 1});
  return x.dim() == 2 ? unsqueeze(x, 2) : x;
}

Tensor Tensor::repeat(IntArrayRef repeats) const {
  return gradus::repeat(*this, repeats);
}
Tensor Tensor::tile(IntArrayRef repeats) const {
  return gradus::tile(*this, repeats);
}
Tensor Tensor::repeat_interleave(int64_t repeats, std::optional<int64_t> dim,
                                 std::optional<int64_t> output_size) const {
  return gradus::repeat_interleave(*this, repeats, dim, output_size);
}
Tensor Tensor::flip(IntArrayRef dims) const {
  return gradus::flip(*this, dims);
}
Tensor Tensor::roll(IntArrayRef shifts, IntArrayRef dims) const {
  return gradus::roll(*this, shifts, dims);
}
Tensor Tensor::tril(int64_t diagonal) const {
  return gradus::tril(*this, diagonal);
}
Tensor Tensor::triu(int64_t diagonal) const {
  return gradus::triu(*this, diagonal);
}

Tensor Tensor::repeat_interleave(const Tensor& repeats, std::optional<int64_t> dim,
                                 std::optional<int64_t> output_size) const {
  return gradus::repeat_interleave(*this, repeats, dim, output_size);
}

Tensor Tensor::fliplr() const {
  return gradus::fliplr(*this);
}

Tensor Tensor::flipud() const {
  return gradus::flipud(*this);
}

Tensor Tensor::rot90(int64_t k, IntArrayRef dims) const {
  return gradus::rot90(*this, k, dims);
}

Tensor Tensor::diag(int64_t diagonal) const {
  return gradus::diag(*this, diagonal);
}

Tensor Tensor::diag_embed(int64_t offset, int64_t dim1, int64_t dim2) const {
  return gradus::diag_embed(*this, offset, dim1, dim2);
}

Tensor Tensor::diagflat(int64_t offset) const {
  return gradus::diagflat(*this, offset);
}

}  // namespace gradus
