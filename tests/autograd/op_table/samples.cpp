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

const std::vector<OpInfo>& op_table() {
  static const std::vector<OpInfo> table = [] {
    std::vector<OpInfo> rows;
    add_unary_ops(rows);
    add_binary_ops(rows);
    add_reductions(rows);
    add_shape_ops(rows);
    add_index_ops(rows);
    add_matrix_ops(rows);
    add_image_ops(rows);
    add_norms_and_losses(rows);
    add_layer_ops(rows);
    return rows;
  }();
  return table;
}

}  // namespace gradus::test
