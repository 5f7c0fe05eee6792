#pragma once

#include <functional>
#include <string>
#include <vector>

#include <gradus/gradus.h>

namespace gradus::test {

/// Inputs of one call; those of a floating-point dtype are differentiated.
struct Sample {
  std::string what;
  std::vector<Tensor> inputs;
};

/// One row of the table: an op, what to call it with, and what must fail.
struct OpInfo {
  using Function = std::function<std::vector<Tensor>(const std::vector<Tensor>&)>;

  std::string name;
  Function function;
  std::vector<Sample> samples;
  /// Calls that must throw an Error whose message contains the name.
  std::vector<std::function<void()>> errors = {};
  /// Which inputs must be defined; calls with one of them undefined must throw.
  size_t required_inputs = 1;
  /// Writes the result to inputs[0]; empty where there is no such form.
  std::function<void(std::vector<Tensor>&)> in_place = {};
};

/// All rows.
const std::vector<OpInfo>& op_table();

// The rows by family.
void add_unary_ops(std::vector<OpInfo>& table);
void add_binary_ops(std::vector<OpInfo>& table);
void add_reductions(std::vector<OpInfo>& table);
void add_shape_ops(std::vector<OpInfo>& table);
void add_index_ops(std::vector<OpInfo>& table);
void add_matrix_ops(std::vector<OpInfo>& table);
void add_image_ops(std::vector<OpInfo>& table);
void add_norms_and_losses(std::vector<OpInfo>& table);
void add_layer_ops(std::vector<OpInfo>& table);

/// float64 values in [low, high), the same for the same seed, at least 0.01 apart from integers and
/// halves of them, where derivatives may jump.
Tensor values(IntArrayRef sizes, double low = -2, double high = 2, uint64_t seed = 1);

/// One input in every layout: contiguous, transposed, every second column, an offset slice, a
/// number, no elements, channels-last.
std::vector<Sample> layouts(double low = -2, double high = 2);
/// Two inputs: the same layouts, and broadcast against each other.
std::vector<Sample> pairs(double low_a = -2, double high_a = 2, double low_b = -2,
                          double high_b = 2);

/// An op with one result as a Function of its inputs.
template <class F>
OpInfo::Function of_one(F f) {
  return [f](const std::vector<Tensor>& x) { return std::vector<Tensor>{f(x[0])}; };
}
template <class F>
OpInfo::Function of_two(F f) {
  return [f](const std::vector<Tensor>& x) { return std::vector<Tensor>{f(x[0], x[1])}; };
}

}  // namespace gradus::test
