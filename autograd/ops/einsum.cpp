#include "autograd/ops/einsum.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>
#include <vector>

#include "autograd/ops/binary.h"
#include "autograd/ops/internal/autocast.h"
#include "autograd/ops/matmul.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "core/shape.h"
#include "core/watch/record_scope.h"

namespace gradus {

namespace {

// Labels of dims: 0..51 the letters A..Z, a..z; from 52 the dims of "...", counted from the last.
using Labels = std::vector<int>;
constexpr int kEllipsis = 52;

bool contains(const Labels& labels, int label) {
  return std::find(labels.begin(), labels.end(), label) != labels.end();
}

// One side of a comma: labels, with kEllipsis in the place of "...".
Labels parse_labels(std::string_view part, std::string_view equation) {
  Labels labels;
  for (size_t i = 0; i < part.size(); ++i) {
    const char c = part[i];
    if (c == ' ') continue;
    if (c == '.') {
      GRADUS_CHECK_VALUE(
          part.substr(i, 3) == "..." && !contains(labels, kEllipsis),
          "einsum: a '.' that is no part of the one \"...\" of its operand in \"{}\"", equation);
      labels.push_back(kEllipsis);
      i += 2;
      continue;
    }
    const bool upper = c >= 'A' && c <= 'Z', lower = c >= 'a' && c <= 'z';
    GRADUS_CHECK_VALUE(upper || lower, "einsum: expected letters for dims, got '{}' in \"{}\"", c,
                       equation);
    labels.push_back(upper ? c - 'A' : c - 'a' + 26);
  }
  return labels;
}

struct Equation {
  std::vector<Labels> inputs;
  Labels output;
  bool has_output = false;
};

Equation parse(std::string_view text) {
  Equation equation;
  const size_t arrow = text.find("->");
  equation.has_output = arrow != std::string_view::npos;
  std::string_view left = text.substr(0, arrow);
  for (size_t comma; (comma = left.find(',')) != std::string_view::npos;
       left.remove_prefix(comma + 1)) {
    equation.inputs.push_back(parse_labels(left.substr(0, comma), text));
  }
  equation.inputs.push_back(parse_labels(left, text));
  if (equation.has_output) equation.output = parse_labels(text.substr(arrow + 2), text);
  return equation;
}

// Labels with kEllipsis replaced by a label for each of its `count` dims.
Labels with_ellipsis(const Labels& labels, int64_t count) {
  Labels result;
  for (int label : labels) {
    if (label != kEllipsis) {
      result.push_back(label);
    } else {
      for (int64_t i = count - 1; i >= 0; --i) result.push_back(kEllipsis + static_cast<int>(i));
    }
  }
  return result;
}

// Without "->": the dims of "...", then the letters that occur once.
Labels implicit_output(const std::vector<Labels>& inputs, int64_t ellipsis) {
  std::array<int, kEllipsis> count{};
  for (const Labels& labels : inputs) {
    for (int label : labels) {
      if (label < kEllipsis) ++count[label];
    }
  }
  Labels output = with_ellipsis({kEllipsis}, ellipsis);
  for (int label = 0; label < kEllipsis; ++label) {
    if (count[label] == 1) output.push_back(label);
  }
  return output;
}

struct Operand {
  Tensor tensor;
  Labels labels;  // one for each dim, all different
};

// The diagonal of dims that have one letter.
Operand without_repeats(Operand x, std::string_view equation) {
  for (size_t i = 0; i < x.labels.size(); ++i) {
    const auto again = std::find(x.labels.begin() + i + 1, x.labels.end(), x.labels[i]);
    if (again == x.labels.end()) continue;
    const auto first = static_cast<int64_t>(i), second = again - x.labels.begin();
    GRADUS_CHECK(x.tensor.size(first) == x.tensor.size(second),
                 "einsum: a letter twice for dims of sizes {} and {} of operand {} in \"{}\"",
                 x.tensor.size(first), x.tensor.size(second), x.tensor.sizes(), equation);
    x.tensor = movedim(diagonal(x.tensor, 0, first, second), -1, first);
    x.labels.erase(again);
    --i;
  }
  return x;
}

// The sizes by label, and operands without the dims of size 1 that broadcast.
class Sizes {
 public:
  Sizes(std::vector<Operand>& operands, std::string_view equation) {
    for (const Operand& x : operands) {
      for (size_t i = 0; i < x.labels.size(); ++i) take(x.labels[i], x, i, equation);
    }
    for (Operand& x : operands) {
      for (size_t i = x.labels.size(); i-- > 0;) {
        if (x.tensor.sizes()[i] == size_[x.labels[i]]) continue;
        x.tensor = select(x.tensor, static_cast<int64_t>(i), 0);
        x.labels.erase(x.labels.begin() + static_cast<std::ptrdiff_t>(i));
      }
    }
  }

  int64_t operator[](int label) const { return size_[label]; }

  double product(const Labels& labels) const {
    double product = 1;
    for (int label : labels) product *= static_cast<double>(size_[label]);
    return product;
  }

 private:
  void take(int label, const Operand& x, size_t dim, std::string_view equation) {
    if (static_cast<size_t>(label) >= size_.size()) size_.resize(label + 1, 1);
    const int64_t size = x.tensor.sizes()[dim];
    GRADUS_CHECK(size == size_[label] || size == 1 || size_[label] == 1,
                 "einsum: dim {} of operand {} does not broadcast with size {} in \"{}\"", dim,
                 x.tensor.sizes(), size_[label], equation);
    if (size != 1) size_[label] = size;
  }

  std::vector<int64_t> size_;
};

// x summed over the labels that are not kept, with the rest in the order given.
Tensor arranged(const Operand& x, const Labels& order) {
  DimVector summed, dims;
  Labels rest;
  for (size_t i = 0; i < x.labels.size(); ++i) {
    if (contains(order, x.labels[i])) {
      rest.push_back(x.labels[i]);
    } else {
      summed.push_back(static_cast<int64_t>(i));
    }
  }
  const Tensor y = summed.empty() ? x.tensor : sum(x.tensor, summed, false, x.tensor.dtype());
  for (int label : order) {
    const auto at = std::find(rest.begin(), rest.end(), label);
    if (at != rest.end()) dims.push_back(at - rest.begin());
  }
  return permute(y, dims);
}

Labels concatenated(std::initializer_list<const Labels*> parts) {
  Labels all;
  for (const Labels* part : parts) all.insert(all.end(), part->begin(), part->end());
  return all;
}

// The product of two operands, summed over all labels but those of `kept`.
Operand contract(const Operand& a, const Operand& b, const Labels& kept, const Sizes& sizes) {
  Labels batch, summed, only_a, only_b;
  for (int label : a.labels) {
    const bool in_b = contains(b.labels, label), is_kept = contains(kept, label);
    if (in_b) (is_kept ? batch : summed).push_back(label);
    if (!in_b && is_kept) only_a.push_back(label);
  }
  for (int label : b.labels) {
    if (!contains(a.labels, label) && contains(kept, label)) only_b.push_back(label);
  }
  const Labels result = concatenated({&batch, &only_a, &only_b});
  const auto count = [&](const Labels& labels) {
    DimVector dims;
    for (int label : labels) dims.push_back(sizes[label]);
    return checked_numel("einsum", dims);
  };
  DimVector result_sizes;
  for (int label : result) result_sizes.push_back(sizes[label]);
  checked_numel("einsum", result_sizes);
  if (summed.empty()) {
    // No sum: [batch, only_a, 1] times [batch, 1, only_b].
    Tensor x = arranged(a, concatenated({&batch, &only_a}));
    Tensor y = arranged(b, concatenated({&batch, &only_b}));
    for (size_t i = 0; i < only_b.size(); ++i) x = unsqueeze(x, -1);
    for (size_t i = 0; i < only_a.size(); ++i) {
      y = unsqueeze(y, static_cast<int64_t>(batch.size()));
    }
    return {mul(x, y), result};
  }
  const int64_t n = count(batch), rows = count(only_a), inner = count(summed),
                columns = count(only_b);
  const Tensor x = reshape(arranged(a, concatenated({&batch, &only_a, &summed})), {n, rows, inner});
  const Tensor y =
      reshape(arranged(b, concatenated({&batch, &summed, &only_b})), {n, inner, columns});
  return {reshape(bmm(x, y), result_sizes), result};
}

// Labels that some operand but those left out, or the output, has.
Labels labels_beyond(const std::vector<Operand>& operands, size_t left_out_a, size_t left_out_b,
                     const Labels& output) {
  Labels labels = output;
  for (size_t i = 0; i < operands.size(); ++i) {
    if (i == left_out_a || i == left_out_b) continue;
    labels.insert(labels.end(), operands[i].labels.begin(), operands[i].labels.end());
  }
  return labels;
}

// Multiplications that a pair takes.
double pair_cost(const Labels& a, const Labels& b, const Sizes& sizes) {
  Labels all = a;
  for (int label : b) {
    if (!contains(a, label)) all.push_back(label);
  }
  return sizes.product(all);
}

// The best order for a few operands: the cheapest way to every subset, by the cheapest split of it.
class BestOrder {
 public:
  BestOrder(const std::vector<Operand>& operands, const Labels& output, const Sizes& sizes)
      : operands_(operands), output_(output), sizes_(sizes), plans_(size_t{1} << operands.size()) {
    for (size_t set = 1; set < plans_.size(); ++set) {
      Plan& plan = plans_[set];
      plan.labels = labels_of(set);
      if ((set & (set - 1)) == 0) continue;
      plan.cost = std::numeric_limits<double>::infinity();
      // Each split once: the part with the first operand.
      for (size_t part = (set - 1) & set; part > 0; part = (part - 1) & set) {
        if ((part & set & (~set + 1)) == 0) continue;
        const Plan &a = plans_[part], &b = plans_[set ^ part];
        const double cost = a.cost + b.cost + pair_cost(a.labels, b.labels, sizes);
        if (cost >= plan.cost) continue;
        plan.cost = cost;
        plan.part = part;
      }
    }
  }

  Operand result() const { return contracted(plans_.size() - 1); }

 private:
  struct Plan {
    double cost = 0;
    size_t part = 0;
    Labels labels;
  };

  bool has(size_t set, int label) const {
    for (size_t i = 0; i < operands_.size(); ++i) {
      if ((set >> i & 1) && contains(operands_[i].labels, label)) return true;
    }
    return false;
  }

  // The labels that the product of the set keeps.
  Labels labels_of(size_t set) const {
    Labels labels;
    const size_t others = ~set & (plans_.size() - 1);
    const bool single = (set & (set - 1)) == 0;
    for (size_t i = 0; i < operands_.size(); ++i) {
      if (!(set >> i & 1)) continue;
      for (int label : operands_[i].labels) {
        if (contains(labels, label)) continue;
        if (single || has(others, label) || contains(output_, label)) labels.push_back(label);
      }
    }
    return labels;
  }

  Operand contracted(size_t set) const {
    if ((set & (set - 1)) == 0) {
      size_t i = 0;
      while ((set >> i & 1) == 0) ++i;
      return operands_[i];
    }
    const size_t part = plans_[set].part;
    return contract(contracted(part), contracted(set ^ part), plans_[set].labels, sizes_);
  }

  const std::vector<Operand>& operands_;
  const Labels& output_;
  const Sizes& sizes_;
  std::vector<Plan> plans_;
};

// For many operands: the pair that costs least comes next.
Operand contract_greedily(std::vector<Operand> operands, const Labels& output, const Sizes& sizes) {
  while (operands.size() > 1) {
    size_t best_a = 0, best_b = 1;
    double least = std::numeric_limits<double>::infinity();
    for (size_t a = 0; a < operands.size(); ++a) {
      for (size_t b = a + 1; b < operands.size(); ++b) {
        const double cost = pair_cost(operands[a].labels, operands[b].labels, sizes);
        if (cost >= least) continue;
        least = cost;
        best_a = a;
        best_b = b;
      }
    }
    const Labels kept = labels_beyond(operands, best_a, best_b, output);
    operands[best_a] = contract(operands[best_a], operands[best_b], kept, sizes);
    operands.erase(operands.begin() + static_cast<std::ptrdiff_t>(best_b));
  }
  return operands[0];
}

// The pairs of `path`, each two places in what is left; a product goes to the end.
Operand contract_along(IntArrayRef path, std::vector<Operand> operands, const Labels& output,
                       const Sizes& sizes) {
  for (size_t step = 0; operands.size() > 1; step += 2) {
    const auto [first, second] = std::minmax(path[step], path[step + 1]);
    GRADUS_CHECK_VALUE(
        first >= 0 && first < second && second < static_cast<int64_t>(operands.size()),
        "einsum: path {} takes operands {} and {} of {} that are left", path, path[step],
        path[step + 1], operands.size());
    const auto a = static_cast<size_t>(first), b = static_cast<size_t>(second);
    const Labels kept = labels_beyond(operands, a, b, output);
    Operand product = contract(operands[a], operands[b], kept, sizes);
    operands.erase(operands.begin() + second);
    operands.erase(operands.begin() + first);
    operands.push_back(std::move(product));
  }
  return operands[0];
}

void check_output(const Labels& output, const std::vector<Labels>& inputs,
                  std::string_view equation) {
  for (size_t i = 0; i < output.size(); ++i) {
    GRADUS_CHECK_VALUE(std::find(output.begin() + i + 1, output.end(), output[i]) == output.end(),
                       "einsum: a letter twice in the output of \"{}\"", equation);
    if (output[i] == kEllipsis) continue;
    const bool known = std::any_of(inputs.begin(), inputs.end(), [&](const Labels& labels) {
      return contains(labels, output[i]);
    });
    GRADUS_CHECK_VALUE(known, "einsum: a letter in the output of \"{}\" that no operand has",
                       equation);
  }
}

}  // namespace

Tensor einsum(std::string_view equation, TensorList operands, OptionalIntArrayRef path) {
  Equation parsed = parse(equation);
  GRADUS_CHECK(!operands.empty(), "einsum: expected operands for \"{}\"", equation);
  GRADUS_CHECK(parsed.inputs.size() == operands.size(), "einsum: \"{}\" is for {} operands, got {}",
               equation, parsed.inputs.size(), operands.size());
  const size_t steps = operands.size() == 1 ? 1 : 2 * (operands.size() - 1);
  GRADUS_CHECK_VALUE(!path || path->size() == steps,
                     "einsum: expected a path of {} places for {} operands, got {}", steps,
                     operands.size(), *path);
  int64_t ellipsis = 0;
  std::vector<int64_t> ellipsis_dims;
  for (size_t i = 0; i < operands.size(); ++i) {
    GRADUS_CHECK(operands[i].defined(), "einsum: operand {} is undefined", i);
    refuse_sparse("einsum", "an operand", operands[i]);
    GRADUS_CHECK_TYPE(operands[i].dtype() == operands[0].dtype(),
                      "einsum: expected operands of one dtype, got {} and {}", operands[0].dtype(),
                      operands[i].dtype());
    const bool has_ellipsis = contains(parsed.inputs[i], kEllipsis);
    const auto letters = static_cast<int64_t>(parsed.inputs[i].size()) - has_ellipsis;
    const int64_t dims = operands[i].dim();
    GRADUS_CHECK(has_ellipsis ? letters <= dims : letters == dims,
                 "einsum: {} letters for the {} dims of operand {} in \"{}\"", letters, dims, i,
                 equation);
    ellipsis_dims.push_back(has_ellipsis ? dims - letters : 0);
    ellipsis = std::max(ellipsis, ellipsis_dims.back());
  }
  GRADUS_CHECK_TYPE(operands.size() == 1 || operands[0].dtype() != kBool,
                    "einsum: not implemented for Bool");
  if (parsed.has_output) check_output(parsed.output, parsed.inputs, equation);
  const Labels output = parsed.has_output ? with_ellipsis(parsed.output, ellipsis)
                                          : implicit_output(parsed.inputs, ellipsis);

  std::vector<Operand> all;
  for (size_t i = 0; i < operands.size(); ++i) {
    all.push_back(without_repeats({operands[i], with_ellipsis(parsed.inputs[i], ellipsis_dims[i])},
                                  equation));
  }
  const Sizes sizes(all, equation);
  constexpr size_t kFew = 8;
  Operand y = path                 ? contract_along(*path, all, output, sizes)
              : all.size() <= kFew ? BestOrder(all, output, sizes).result()
                                   : contract_greedily(all, output, sizes);
  // An output "..." that no operand has stands for no dims; all other labels are there.
  return arranged(y, output);
}

// --- its relatives

namespace {

void check_pair(const char* op, const Tensor& a, const Tensor& b) {
  require_tensors(op, a, b);
  GRADUS_CHECK_TYPE(a.dtype() == b.dtype(), "{}: expected operands of one dtype, got {} and {}", op,
                    a.dtype(), b.dtype());
  GRADUS_CHECK_TYPE(a.dtype() != kBool, "{}: not implemented for Bool", op);
}

// The dims that are not in the list.
DimVector other_dims(const Tensor& x, const DimVector& dims) {
  DimVector rest;
  for (int64_t i = 0; i < x.dim(); ++i) {
    if (std::find(dims.begin(), dims.end(), i) == dims.end()) rest.push_back(i);
  }
  return rest;
}

}  // namespace

Tensor tensordot(const Tensor& a, const Tensor& b, int64_t dims) {
  const OpScope scope("tensordot");
  check_pair("tensordot", a, b);
  GRADUS_CHECK_VALUE(dims >= 0, "tensordot: expected dims >= 0, got {}", dims);
  GRADUS_CHECK(dims <= a.dim() && dims <= b.dim(), "tensordot: {} dims of {} and {}", dims,
               a.sizes(), b.sizes());
  DimVector of_a, of_b;
  for (int64_t i = 0; i < dims; ++i) {
    of_a.push_back(a.dim() - dims + i);
    of_b.push_back(i);
  }
  return tensordot(a, b, of_a, of_b);
}

Tensor tensordot(const Tensor& a, const Tensor& b, IntArrayRef dims_a, IntArrayRef dims_b) {
  const OpScope scope("tensordot");
  const char* const op = "tensordot";
  check_pair(op, a, b);
  GRADUS_CHECK(dims_a.size() == dims_b.size(), "{}: dims {} and {} are of different numbers", op,
               dims_a, dims_b);
  // No dims are none, where wrap_dims takes them for all.
  const DimVector of_a = dims_a.empty() ? DimVector() : wrap_dims(op, dims_a, a.dim());
  const DimVector of_b = dims_b.empty() ? DimVector() : wrap_dims(op, dims_b, b.dim());
  Tensor x = a, y = b;
  int64_t inner = 1;
  for (size_t i = 0; i < of_a.size(); ++i) {
    const int64_t size_a = x.size(of_a[i]), size_b = y.size(of_b[i]);
    GRADUS_CHECK(size_a == size_b || size_a == 1 || size_b == 1,
                 "{}: dim {} of {} and dim {} of {} differ in size", op, of_a[i], a.sizes(),
                 of_b[i], b.sizes());
    // What is summed against a dim of size 1 can be summed before.
    if (size_a != size_b && size_b == 1) x = sum(x, of_a[i], /*keepdim=*/true, a.dtype());
    if (size_a != size_b && size_a == 1) y = sum(y, of_b[i], /*keepdim=*/true, b.dtype());
    inner *= x.size(of_a[i]);
  }
  const DimVector rest_a = other_dims(x, of_a), rest_b = other_dims(y, of_b);
  DimVector order_a = rest_a, order_b = of_b, sizes;
  order_a.append(of_a.begin(), of_a.end());
  order_b.append(rest_b.begin(), rest_b.end());
  for (int64_t dim : rest_a) sizes.push_back(x.size(dim));
  const int64_t rows = checked_numel(op, sizes);
  DimVector columns_sizes;
  for (int64_t dim : rest_b) columns_sizes.push_back(y.size(dim));
  const int64_t columns = checked_numel(op, columns_sizes);
  sizes.append(columns_sizes.begin(), columns_sizes.end());
  checked_numel(op, sizes);
  return reshape(mm(reshape(permute(x, order_a), {rows, inner}),
                    reshape(permute(y, order_b), {inner, columns})),
                 sizes);
}

Tensor kron(const Tensor& a, const Tensor& b) {
  const OpScope scope("kron");
  require_tensors("kron", a, b);
  const int64_t rank = std::max(a.dim(), b.dim());
  // a as [a0, 1, a1, 1, ...], b as [1, b0, 1, b1, ...].
  DimVector sizes_a, sizes_b, sizes;
  for (int64_t i = 0; i < rank; ++i) {
    const int64_t at_a = i - (rank - a.dim()), at_b = i - (rank - b.dim());
    const int64_t size_a = at_a < 0 ? 1 : a.sizes()[at_a], size_b = at_b < 0 ? 1 : b.sizes()[at_b];
    sizes_a.push_back(size_a);
    sizes_a.push_back(1);
    sizes_b.push_back(1);
    sizes_b.push_back(size_b);
    sizes.push_back(checked_numel("kron", {size_a, size_b}));
  }
  checked_numel("kron", sizes);
  return reshape(mul(reshape(a, sizes_a), reshape(b, sizes_b)), sizes);
}

Tensor trace(const Tensor& x) {
  if (autocast::is_on()) return autocast::in_float32(trace, x);
  const OpScope scope("trace");
  require_tensors("trace", x);
  GRADUS_CHECK(x.dim() == 2, "trace: expected a matrix, got {}", x.sizes());
  GRADUS_CHECK_TYPE(x.dtype() != kBool, "trace: not implemented for Bool");
  return sum(diagonal(x));
}

}  // namespace gradus
