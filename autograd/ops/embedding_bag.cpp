#include "autograd/ops/embedding_bag.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "autograd/grad_mode.h"
#include "autograd/node.h"
#include "autograd/ops/embedding.h"
#include "autograd/ops/internal/index_list.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/sparse.h"
#include "autograd/ops/ternary.h"
#include "core/factory.h"
#include "core/kernels/gather.h"
#include "core/kernels/index.h"
#include "core/shape.h"
#include "core/watch/record_scope.h"

namespace gradus {

namespace {

enum Mode : int64_t { kSumMode, kMeanMode, kMaxMode };

// Where each bag begins, and the end of the last one: bags + 1 numbers.
std::vector<int64_t> bag_bounds(const char* op, const Tensor& indices, const Tensor& offsets,
                                bool include_last_offset) {
  std::vector<int64_t> bounds;
  if (indices.dim() == 2) {
    GRADUS_CHECK_VALUE(!offsets.defined(), "{}: indices of 2 dims take no offsets", op);
    for (int64_t b = 0; b <= indices.size(0); ++b) bounds.push_back(b * indices.size(1));
    return bounds;
  }
  GRADUS_CHECK_VALUE(indices.dim() == 1, "{}: expected indices of 1 or 2 dims, got shape {}", op,
                     indices.sizes());
  GRADUS_CHECK_VALUE(offsets.defined() && offsets.dim() == 1,
                     "{}: indices of 1 dim need offsets of 1 dim, got {}", op,
                     offsets.defined() ? to_string(offsets.sizes()) : "none");
  const Tensor list = checked_index(op, offsets).contiguous();
  const int64_t* const p = list.data_ptr<int64_t>();
  bounds.assign(p, p + list.numel());
  if (!include_last_offset) bounds.push_back(indices.numel());
  GRADUS_CHECK_VALUE(!bounds.empty() && bounds.front() == 0,
                     "{}: offsets must begin with 0, got {}", op,
                     bounds.empty() ? 0 : bounds.front());
  GRADUS_CHECK_VALUE(
      std::is_sorted(bounds.begin(), bounds.end()) && bounds.back() <= indices.numel(),
      "{}: offsets must ascend and not exceed the number of indices, {}", op, indices.numel());
  return bounds;
}

// The row with the greatest element of each column of each bag, the first of equal ones: int64
// [B, D], 0 for an empty bag. Bags ascend.
template <class T>
void find_max_rows(const T* weight, const int64_t* rows, const int64_t* bags, int64_t n,
                   int64_t features, int64_t* best) {
  std::vector<T> greatest(static_cast<size_t>(features));
  for (int64_t i = 0; i < n; ++i) {
    const T* const x = weight + rows[i] * features;
    int64_t* const at = best + bags[i] * features;
    if (i == 0 || bags[i] != bags[i - 1]) {
      std::copy_n(x, features, greatest.data());
      std::fill_n(at, features, rows[i]);
      continue;
    }
    for (int64_t d = 0; d < features; ++d) {
      const T value = x[d], before = greatest[static_cast<size_t>(d)];
      const bool greater = value > before;
      greatest[static_cast<size_t>(d)] = greater ? value : before;
      at[d] = greater ? rows[i] : at[d];
    }
  }
}

Tensor max_rows(const Tensor& weight, const Tensor& rows, const Tensor& bags, int64_t count) {
  Tensor best = zeros({count, weight.size(1)}, kLong);
  const auto find = [&](const Tensor& w, auto zero) {
    using T = decltype(zero);
    find_max_rows(w.data_ptr<T>(), rows.data_ptr<int64_t>(), bags.data_ptr<int64_t>(), rows.numel(),
                  w.size(1), best.data_ptr<int64_t>());
  };
  if (weight.dtype() == kDouble) {
    find(weight.contiguous(), 0.0);
  } else {
    find(weight.to(kFloat).contiguous(), 0.0f);
  }
  return best;
}

// The sum of products of row from[i] of x and row to[i] of y.
Tensor row_dots(const Tensor& x, const Tensor& from, const Tensor& y, const Tensor& to) {
  if (records({x, y})) return (x.index_select(0, from) * y.index_select(0, to)).sum(1);
  return kernel::row_dots(x.detach().contiguous(), from, y.detach().contiguous(), to);
}

// [count, D]: y[to[i]] += factors[i] x[from[i]]; the adjoint in x is the same with `from` and `to`
// exchanged, or row-sparse, with a row for each i.
Tensor sum_rows(const Tensor& x, const Tensor& factors, const Tensor& from, const Tensor& to,
                int64_t count, bool sparse) {
  const OpScope scope("embedding_bag");
  Tensor y = kernel::sum_rows(x.detach().contiguous(), from, to,
                              factors.defined() ? factors.detach().contiguous() : factors, count);
  return record(
      "embedding_bag", {x, factors}, std::move(y),
      [x = Saved(factors.defined() && factors.requires_grad() ? x : Tensor()),
       factors = Saved(factors), from = Saved(from), to = Saved(to), sizes = to_dims(x.sizes()),
       sparse](const Tensor& dy, const Needs& needs) -> Grads {
        const Tensor source = from.get(), target = to.get(), f = factors.get();
        Tensor dx, df;
        if (needs[0] && sparse) {
          const Tensor each = dy.index_select(0, target);
          dx = sparse_coo_tensor(source.unsqueeze(0).clone(),
                                 f.defined() ? each * f.unsqueeze(1) : each, sizes);
        } else if (needs[0]) {
          dx = sum_rows(dy, f, target, source, sizes[0], /*sparse=*/false);
        }
        if (needs[1]) df = row_dots(x.get(), source, dy, target);
        return {dx, df};
      });
}

}  // namespace

std::tuple<Tensor, Tensor, Tensor, Tensor> embedding_bag(
    const Tensor& weight, const Tensor& indices, const Tensor& offsets, bool scale_grad_by_freq,
    int64_t mode, bool sparse, const Tensor& per_sample_weights, bool include_last_offset,
    std::optional<int64_t> padding_idx) {
  const OpScope scope("embedding_bag");
  const char* const op = "embedding_bag";
  require_tensors(op, weight, indices);
  GRADUS_CHECK(weight.dim() == 2 && weight.is_floating_point(),
               "{}: weight must be a floating-point matrix, got {} of shape {}", op, weight.dtype(),
               weight.sizes());
  GRADUS_CHECK_VALUE(mode >= kSumMode && mode <= kMaxMode,
                     "{}: mode must be 0 (sum), 1 (mean) or 2 (max), got {}", op, mode);
  GRADUS_CHECK_VALUE(!sparse || mode != kMaxMode, "{}: maxima have no sparse gradients", op);
  GRADUS_CHECK_AS(NotImplementedError, !sparse || !scale_grad_by_freq,
                  "{}: scale_grad_by_freq is not supported with sparse gradients", op);
  GRADUS_CHECK_VALUE(mode != kMaxMode || !scale_grad_by_freq,
                     "{}: maxima do not take scale_grad_by_freq", op);
  GRADUS_CHECK_VALUE(!per_sample_weights.defined() || mode == kSumMode,
                     "{}: only sums take per_sample_weights", op);
  GRADUS_CHECK(!per_sample_weights.defined() || per_sample_weights.sizes() == indices.sizes(),
               "{}: expected per_sample_weights of shape {}, got {}", op, indices.sizes(),
               per_sample_weights.sizes());
  GRADUS_CHECK_TYPE(!per_sample_weights.defined() || per_sample_weights.dtype() == weight.dtype(),
                    "{}: expected per_sample_weights of dtype {}, got {}", op, weight.dtype(),
                    per_sample_weights.dtype());
  const int64_t height = weight.size(0);
  GRADUS_CHECK_INDEX(!padding_idx || (*padding_idx >= -height && *padding_idx < height),
                     "{}: padding_idx {} is out of range for a weight of {} rows", op,
                     padding_idx.value_or(0), height);
  // No index is -1.
  const int64_t padding = !padding_idx       ? -1
                          : *padding_idx < 0 ? *padding_idx + height
                                             : *padding_idx;
  const std::vector<int64_t> bounds = bag_bounds(op, indices, offsets, include_last_offset);
  const auto count = static_cast<int64_t>(bounds.size()) - 1;
  const Tensor list = checked_index(op, indices).reshape({1, -1}).contiguous();
  kernel::check_indices(op, list, 1, weight.size(0));

  // The indices that count, and the bags they belong to.
  std::vector<int64_t> rows, bags, places, bag_of(static_cast<size_t>(bounds.back()));
  rows.reserve(bag_of.size());
  bags.reserve(bag_of.size());
  const int64_t* const all = list.data_ptr<int64_t>();
  Tensor sizes = zeros({count}, kLong);
  int64_t* const size = sizes.data_ptr<int64_t>();
  for (int64_t b = 0; b < count; ++b) {
    for (int64_t i = bounds[static_cast<size_t>(b)]; i < bounds[static_cast<size_t>(b) + 1]; ++i) {
      bag_of[static_cast<size_t>(i)] = b;
      if (all[i] == padding) continue;
      rows.push_back(all[i]);
      bags.push_back(b);
      if (per_sample_weights.defined()) places.push_back(i);
      ++size[b];
    }
  }
  const Tensor row = tensor(rows, kLong), bag = tensor(bags, kLong);
  const Tensor offset2bag = tensor(bag_of, kLong);
  if (mode == kMaxMode) {
    const Tensor best = max_rows(weight.detach(), row, bag, count);
    if (weight.size(0) == 0) return {weight.new_zeros(best.sizes()), offset2bag, sizes, best};
    const Tensor y = weight.gather(0, best).masked_fill(sizes.eq(0).unsqueeze(1), 0);
    return {y, offset2bag, sizes, best};
  }
  Tensor factors;
  if (per_sample_weights.defined()) {
    factors = per_sample_weights.reshape(-1).index_select(0, tensor(places, kLong));
  }
  Tensor y;
  const bool small = weight.dtype() == kHalf || weight.dtype() == kBFloat16;
  if (scale_grad_by_freq || small) {
    // By ops, whose gradients are made for it.
    Tensor taken = embedding(weight, row, /*padding_idx=*/-1, scale_grad_by_freq, sparse);
    if (factors.defined()) taken = taken * factors.unsqueeze(1);
    y = weight.new_zeros({count, weight.size(1)}).index_add(0, bag, taken);
  } else {
    y = sum_rows(weight, factors, row, bag, count, sparse);
  }
  if (mode == kMeanMode) y = y / sizes.clamp_min(1).unsqueeze(1);
  return {y, offset2bag, sizes, sizes};
}

Tensor& embedding_renorm_(Tensor& self, const Tensor& indices, double max_norm, double norm_type) {
  const OpScope scope("embedding_renorm_");
  const char* const op = "embedding_renorm_";
  require_tensors(op, self, indices);
  GRADUS_CHECK(self.dim() == 2 && self.is_floating_point(),
               "{}: expected a floating-point matrix, got {} of shape {}", op, self.dtype(),
               self.sizes());
  GRADUS_CHECK_VALUE(max_norm > 0 && norm_type > 0,
                     "{}: max_norm and norm_type must be positive, got {} and {}", op, max_norm,
                     norm_type);
  const Tensor list = checked_index(op, indices).reshape({1, -1}).contiguous();
  kernel::check_indices(op, list, 1, self.size(0));
  std::vector<int64_t> rows(list.data_ptr<int64_t>(), list.data_ptr<int64_t>() + list.numel());
  std::sort(rows.begin(), rows.end());
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  const Tensor row = tensor(rows, kLong);
  NoGradGuard no_grad;
  const Tensor old = self.index_select(0, row);
  const Tensor length = norm(old, Scalar(norm_type), 1, /*keepdim=*/true);
  const Tensor factor = where(length.gt(max_norm), max_norm / (length + 1e-7), Scalar(1));
  return self.index_copy_(0, row, old * factor);
}

}  // namespace gradus
