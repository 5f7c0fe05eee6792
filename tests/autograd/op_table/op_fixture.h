#pragma once

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include <gradus/gradus.h>
#include <gtest/gtest.h>

#include "tests/autograd/op_table/op_info.h"

namespace gradus::test {

/// A test per row of the table.
class OpTable : public testing::TestWithParam<size_t> {
 protected:
  const OpInfo& op() const { return op_table()[GetParam()]; }
};

/// For INSTANTIATE_TEST_SUITE_P: "softmax_123".
std::string name_of_row(const testing::TestParamInfo<size_t>& info);

/// Copies with the same strides; those of a floating-point dtype require grad.
std::vector<Tensor> leaves(const std::vector<Tensor>& inputs);

/// Floating-point inputs, in `dtype`.
std::vector<Tensor> cast(const std::vector<Tensor>& inputs, ScalarType dtype);

/// Whether sizes, dtypes and every bit are equal.
bool same_bits(const Tensor& a, const Tensor& b);

/// The gradients of all inputs that require grad for the same random gradients of the results;
/// undefined where there is none.
std::vector<Tensor> gradients(const std::vector<Tensor>& results,
                              const std::vector<Tensor>& inputs);

/// The results of an op, called with leaves(inputs), and their gradients.
struct Outcome {
  std::vector<Tensor> results, gradients;
};
Outcome run(const OpInfo& op, const std::vector<Tensor>& inputs);

/// Whether |a - b| <= atol + rtol |b| for all elements, NaN equal to NaN.
testing::AssertionResult close(const Tensor& a, const Tensor& b, double rtol, double atol);

}  // namespace gradus::test
