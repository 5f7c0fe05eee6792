#include <cmath>

#include "tests/autograd/op_table/op_info.h"

namespace gradus::test {

Tensor values(IntArrayRef sizes, double low, double high, uint64_t seed) {
  Tensor x = (rand(sizes, Generator(seed), kDouble) * (high - low) + low).contiguous();
  double* data = x.data_ptr<double>();
  for (int64_t i = 0; i < x.numel(); ++i) {
    const double nearest = std::round(2 * data[i]) / 2;
    if (std::abs(data[i] - nearest) < 0.01) data[i] = nearest + (data[i] < nearest ? -0.02 : 0.02);
    if (data[i] <= low) data[i] = low + 0.02;
    if (data[i] >= high) data[i] = high - 0.02;
  }
  return x;
}

Tensor integers(IntArrayRef sizes, int64_t low, int64_t high, uint64_t seed) {
  return randint(low, high + 1, sizes, Generator(seed), kLong);
}

std::vector<Sample> layouts(double low, double high) {
  return {
      {"contiguous", {values({2, 3}, low, high, 1)}},
      {"transposed", {values({3, 2}, low, high, 2).t()}},
      {"every second column", {values({2, 6}, low, high, 3).slice(1, 0, 6, 2)}},
      {"offset slice", {values({4, 3}, low, high, 4).narrow(0, 1, 2)}},
      {"number", {values({}, low, high, 5)}},
      {"no elements", {values({0, 3}, low, high, 6)}},
      {"channels-last",
       {values({1, 2, 2, 2}, low, high, 7).contiguous(MemoryFormat::ChannelsLast)}},
  };
}

std::vector<Sample> pairs(double low_a, double high_a, double low_b, double high_b) {
  const auto a = [&](IntArrayRef sizes, uint64_t seed) {
    return values(sizes, low_a, high_a, seed);
  };
  const auto b = [&](IntArrayRef sizes, uint64_t seed) {
    return values(sizes, low_b, high_b, seed + 100);
  };
  return {
      {"same shape", {a({2, 3}, 1), b({2, 3}, 1)}},
      {"transposed", {a({3, 2}, 2).t(), b({2, 3}, 2)}},
      {"row", {a({2, 3}, 3), b({3}, 3)}},
      {"column", {a({2, 1}, 4), b({2, 3}, 4)}},
      {"outer", {a({2, 1}, 5), b({1, 3}, 5)}},
      {"number", {a({2, 3}, 6), b({}, 6)}},
      {"two numbers", {a({}, 7), b({}, 7)}},
      {"no elements", {a({0, 3}, 8), b({1, 3}, 8)}},
      {"offset slice", {a({4, 3}, 9).narrow(0, 1, 2), b({2, 6}, 9).slice(1, 0, 6, 2)}},
  };
}

std::vector<Sample> matrices(double low, double high) {
  return {
      {"contiguous", {values({3, 4}, low, high, 1)}},
      {"transposed", {values({4, 3}, low, high, 2).t()}},
      {"every second column", {values({3, 8}, low, high, 3).slice(1, 0, 8, 2)}},
      {"offset slice", {values({5, 4}, low, high, 4).narrow(0, 1, 3)}},
  };
}

namespace {

// The same values and sizes, laid out anew by `layout`; integer tensors too.
template <class F>
Sample laid_out(const Sample& sample, const std::string& how, F layout) {
  Sample result{sample.what + ", " + how, {}};
  for (const Tensor& x : sample.inputs) result.inputs.push_back(x.defined() ? layout(x) : x);
  return result;
}

std::vector<int64_t> reversed_dims(const Tensor& x) {
  std::vector<int64_t> dims(x.dim());
  for (int64_t d = 0; d < x.dim(); ++d) dims[d] = x.dim() - 1 - d;
  return dims;
}

Tensor with_reversed_strides(const Tensor& x) {
  const std::vector<int64_t> dims = reversed_dims(x);
  return x.permute(dims).contiguous().permute(dims);
}

Tensor with_gaps(const Tensor& x) {
  return x.dim() == 0 ? x : stack({x, x}, -1).select(-1, 1);
}

Tensor inside_a_block(const Tensor& x) {
  return x.dim() == 0 ? x : cat({x, x, x}, 0).narrow(0, x.size(0), x.size(0));
}

Tensor without_elements(const Tensor& x) {
  return x.dim() == 0 ? x : x.narrow(0, 0, 0);
}

Tensor as_number(const Tensor& x) {
  return x.numel() == 0 ? x : x.reshape({-1}).select(0, 0);
}

bool accepts(const OpInfo& op, const Sample& sample) {
  try {
    op.function(sample.inputs);
    return true;
  } catch (const Error&) {
    return false;
  }
}

std::vector<Tensor> as_float(std::vector<Tensor> inputs) {
  for (Tensor& x : inputs) {
    if (x.defined() && x.is_floating_point()) x = x.to(kFloat);
  }
  return inputs;
}

// The first inputs of the sample, or all where `all`, `times` along dim 0.
std::vector<Tensor> repeated(const Sample& sample, int64_t times, bool all) {
  std::vector<Tensor> inputs = sample.inputs;
  for (size_t i = 0; i < (all ? inputs.size() : 1); ++i) {
    if (!inputs[i].defined() || inputs[i].dim() == 0) continue;
    std::vector<int64_t> repeats(inputs[i].dim(), 1);
    repeats[0] = times;
    inputs[i] = inputs[i].repeat(repeats);
  }
  return inputs;
}

// The number of elements that come out; 0 where the op does not take the inputs.
int64_t output_size(const OpInfo& op, const std::vector<Tensor>& inputs) {
  try {
    int64_t numel = 0;
    for (const Tensor& y : op.function(inputs)) numel += y.numel();
    return numel;
  } catch (const Error&) {
    return 0;
  }
}

}  // namespace

std::vector<Sample> variants(const OpInfo& op, bool layouts) {
  std::vector<Sample> all = op.samples;
  bool shapes_done = false;
  for (const Sample& sample : op.samples) {
    bool matrix = false, list = false;
    for (const Tensor& x : sample.inputs) {
      if (!x.defined() || x.numel() < 2) continue;
      matrix = matrix || x.dim() > 1;
      list = true;
    }
    if (!list) continue;
    if (layouts) {
      if (matrix) all.push_back(laid_out(sample, "strides reversed", with_reversed_strides));
      all.push_back(laid_out(sample, "with gaps", with_gaps));
      all.push_back(laid_out(sample, "inside a block", inside_a_block));
    }
    if (shapes_done) continue;
    shapes_done = true;
    for (const Sample& other :
         {laid_out(sample, "without elements", without_elements),
          laid_out(sample, "as numbers", as_number),
          laid_out(sample, "one more dim", [](const Tensor& x) { return x.unsqueeze(0); })}) {
      if (accepts(op, other)) all.push_back(other);
    }
  }
  return all;
}

bool is_factorization(const std::string& name) {
  const std::set<std::string> others = {"geqrf",     "ormqr",        "lu_solve",
                                        "lu_unpack", "nuclear_norm", "pinverse",
                                        "qr",        "svd",          "triangular_solve"};
  return name.starts_with("linalg_") || others.count(name) > 0;
}

std::vector<Tensor> large_inputs(const OpInfo& op) {
  // More than two chunks of every kernel, which need not be of a whole number of vectors.
  constexpr int64_t kElements = 140001;
  if (!op.large.empty()) return as_float(op.large);
  if (is_factorization(op.name)) return {};
  for (const Sample& sample : op.samples) {
    const Tensor& x = sample.inputs[0];
    if (!x.defined() || x.dim() == 0 || x.numel() < 2) continue;
    for (bool all : {true, false}) {
      const int64_t some = output_size(op, repeated(sample, 8, all)),
                    twice = output_size(op, repeated(sample, 16, all));
      // What grows with the square of the size would not fit.
      if (some == 0 || twice > 2 * some + 8) continue;
      const Sample large{"", repeated(sample, kElements / x.numel() + 1, all)};
      if (accepts(op, large)) return as_float(large.inputs);
    }
  }
  return {};
}

const std::vector<OpInfo>& op_table() {
  static const std::vector<OpInfo> table = [] {
    std::vector<OpInfo> rows;
    add_unary_ops(rows);
    add_special_ops(rows);
    add_binary_ops(rows);
    add_comparisons(rows);
    add_reductions(rows);
    add_sorting_ops(rows);
    add_special_namespace(rows);
    add_shape_ops(rows);
    add_arranging_ops(rows);
    add_index_ops(rows);
    add_matrix_ops(rows);
    add_contractions(rows);
    add_linalg_ops(rows);
    add_reflections(rows);
    add_image_ops(rows);
    add_norms(rows);
    add_losses(rows);
    add_random_ops(rows);
    add_layers(rows);
    add_layer_ops(rows);
    add_series_ops(rows);
    return rows;
  }();
  return table;
}

}  // namespace gradus::test
