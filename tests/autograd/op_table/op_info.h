#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include <gradus/gradus.h>

/// A call that must fail, for OpInfo::errors: GRADUS_CALL(mm(ones({2}), ones({2, 3}))).
#define GRADUS_CALL(...) [=] { static_cast<void>(__VA_ARGS__); }

namespace gradus::test {

/// Inputs of one call; those of a floating-point dtype are differentiated.
struct Sample {
  std::string what;
  std::vector<Tensor> inputs;
};

using Errors = std::vector<std::function<void()>>;

/// One row of the table: an op, what to call it with, and what must fail. Rows of one name (the
/// overloads of an op) share their error inputs.
struct OpInfo {
  using Function = std::function<std::vector<Tensor>(const std::vector<Tensor>&)>;
  using Write = std::function<void(Tensor&, const std::vector<Tensor>&)>;

  std::string name;
  Function function;
  std::vector<Sample> samples;
  /// Calls that must throw an Error whose message contains the name.
  Errors errors = {};
  /// Which inputs must be defined; calls with one of them undefined must throw.
  size_t required_inputs = 1;
  /// Writes the result to inputs[0]; empty where there is no such form.
  std::function<void(std::vector<Tensor>&)> in_place = {};
  /// Writes the result to `out`; empty where there is no such form.
  Write out = {};
  /// Inputs large enough for several chunks of a parallel loop; where empty, the first sample that
  /// can be repeated along dim 0 is.
  std::vector<Tensor> large = {};
  /// Whether the op draws random numbers: they differ by layout and dtype.
  bool random = false;
  /// False where finite differences see what backward, by definition, does not, as for the rate of
  /// a distribution.
  bool differentiable = true;
  /// Why there are fewer than five error inputs.
  std::string few_errors = {};
};

/// All rows.
const std::vector<OpInfo>& op_table();

// The rows by family.
void add_unary_ops(std::vector<OpInfo>& table);
void add_special_ops(std::vector<OpInfo>& table);
void add_binary_ops(std::vector<OpInfo>& table);
void add_comparisons(std::vector<OpInfo>& table);
void add_reductions(std::vector<OpInfo>& table);
void add_sorting_ops(std::vector<OpInfo>& table);
void add_special_namespace(std::vector<OpInfo>& table);
void add_shape_ops(std::vector<OpInfo>& table);
void add_arranging_ops(std::vector<OpInfo>& table);
void add_index_ops(std::vector<OpInfo>& table);
void add_matrix_ops(std::vector<OpInfo>& table);
void add_contractions(std::vector<OpInfo>& table);
void add_linalg_ops(std::vector<OpInfo>& table);
void add_reflections(std::vector<OpInfo>& table);
void add_image_ops(std::vector<OpInfo>& table);
void add_norms(std::vector<OpInfo>& table);
void add_losses(std::vector<OpInfo>& table);
void add_random_ops(std::vector<OpInfo>& table);
void add_layers(std::vector<OpInfo>& table);
void add_layer_ops(std::vector<OpInfo>& table);
void add_series_ops(std::vector<OpInfo>& table);

/// float64 values in [low, high), the same for the same seed, at least 0.01 apart from integers and
/// halves of them, where derivatives may jump.
Tensor values(IntArrayRef sizes, double low = -2, double high = 2, uint64_t seed = 1);
/// Integers in [low, high], the same for the same seed.
Tensor integers(IntArrayRef sizes, int64_t low, int64_t high, uint64_t seed = 1);

/// One input in every layout: contiguous, transposed, every second column, an offset slice, a
/// number, no elements, channels-last.
std::vector<Sample> layouts(double low = -2, double high = 2);
/// Two inputs: the same layouts, and broadcast against each other.
std::vector<Sample> pairs(double low_a = -2, double high_a = 2, double low_b = -2,
                          double high_b = 2);
/// One matrix of 3 x 4 in every layout, for ops whose arguments follow from the shape.
std::vector<Sample> matrices(double low = -2, double high = 2);

/// The samples of a row, and those that follow from them: without elements, as numbers and with one
/// more dim, where the op takes that; where `layouts`, every sample with its tensors transposed in
/// memory, with gaps between elements, and inside a larger block.
std::vector<Sample> variants(const OpInfo& op, bool layouts = true);

/// Linear algebra, whose intermediate results grow with the square of a long input: linalg_test.cpp
/// has its own test of threads.
bool is_factorization(const std::string& name);

/// The forms that op_forms_test.cpp has.
std::set<std::string> tested_forms();

/// Inputs in float32 for which loops run in several chunks; empty where there are none.
std::vector<Tensor> large_inputs(const OpInfo& op);

/// An op with one result as a Function of its inputs.
template <class F>
OpInfo::Function of_one(F f) {
  return [f](const std::vector<Tensor>& x) { return std::vector<Tensor>{f(x[0])}; };
}
template <class F>
OpInfo::Function of_two(F f) {
  return [f](const std::vector<Tensor>& x) { return std::vector<Tensor>{f(x[0], x[1])}; };
}
template <class F>
OpInfo::Function of_three(F f) {
  return [f](const std::vector<Tensor>& x) { return std::vector<Tensor>{f(x[0], x[1], x[2])}; };
}
/// An op with two results.
template <class F>
OpInfo::Function pair_of_one(F f) {
  return [f](const std::vector<Tensor>& x) {
    auto [a, b] = f(x[0]);
    return std::vector<Tensor>{a, b};
  };
}
/// An op with a list of results.
template <class F>
OpInfo::Function list_of_one(F f) {
  return [f](const std::vector<Tensor>& x) { return f(x[0]); };
}

}  // namespace gradus::test
