// Results and gradients of every op: see op_table/op_info.h for the rows, op_table_forms_test.cpp
// for in-place and out= forms and for calls that fail.

#include <algorithm>
#include <string>
#include <vector>

#include <gradus/gradus.h>
#include <gtest/gtest.h>

#include "tests/autograd/op_table/op_fixture.h"

namespace gradus::test {
namespace {

bool has_floating_point(const std::vector<Tensor>& inputs) {
  return std::any_of(inputs.begin(), inputs.end(),
                     [](const Tensor& x) { return x.defined() && x.is_floating_point(); });
}

class OpResult : public OpTable {};

TEST_P(OpResult, GradientsAgreeWithFiniteDifferences) {
  if (!op().differentiable) return;
  // Other layouts of the same values are compared below.
  for (const Sample& sample : variants(op(), /*layouts=*/false)) {
    if (!has_floating_point(sample.inputs)) continue;
    SCOPED_TRACE(op().name + ", " + sample.what);
    const std::vector<Tensor> inputs = leaves(sample.inputs);
    if (!records(inputs)) continue;  // integers only
    try {
      EXPECT_TRUE(autograd::gradcheck(op().function, inputs, {.noncontiguous_grad = true}));
      EXPECT_TRUE(autograd::gradgradcheck(op().function, inputs));
    } catch (const Error& error) {
      ADD_FAILURE() << error.what();
    }
  }
}

TEST_P(OpResult, StridesDoNotChangeIt) {
  if (op().random) return;
  for (const Sample& sample : variants(op())) {
    SCOPED_TRACE(op().name + ", " + sample.what);
    std::vector<Tensor> row_major;
    for (const Tensor& input : sample.inputs)
      row_major.push_back(input.defined() ? input.contiguous() : input);
    const Outcome expected = run(op(), row_major), actual = run(op(), sample.inputs);
    ASSERT_EQ(actual.results.size(), expected.results.size());
    for (size_t i = 0; i < actual.results.size(); ++i)
      EXPECT_TRUE(close(actual.results[i], expected.results[i], 1e-12, 1e-12));
    ASSERT_EQ(actual.gradients.size(), expected.gradients.size());
    for (size_t i = 0; i < actual.gradients.size(); ++i)
      EXPECT_TRUE(close(actual.gradients[i], expected.gradients[i], 1e-11, 1e-11));
  }
}

// Elements that share memory, as expand makes them.
TEST_P(OpResult, ExpandedInputsAreTakenAsTheyAre) {
  if (op().random) return;
  for (const Sample& sample : op().samples) {
    SCOPED_TRACE(op().name + ", " + sample.what);
    std::vector<Tensor> expanded, copied;
    for (const Tensor& x : sample.inputs) {
      const bool can = x.defined() && x.dim() > 0 && x.size(0) > 0;
      expanded.push_back(can ? x.narrow(0, 0, 1).expand(x.sizes()) : x);
      copied.push_back(can ? expanded.back().contiguous() : x);
    }
    const std::vector<Tensor> actual = op().function(expanded), expected = op().function(copied);
    ASSERT_EQ(actual.size(), expected.size());
    for (size_t i = 0; i < actual.size(); ++i)
      EXPECT_TRUE(close(actual[i], expected[i], 1e-12, 1e-12));
  }
}

struct Precision {
  ScalarType dtype;
  double rtol, atol;
};

// Compared with float64 on the same rounded inputs: a close result, or an error.
TEST_P(OpResult, IsCloseInSmallerFloatingPointTypes) {
  // The next number of another dtype is another number.
  if (op().name == "nextafter") return;
  const Precision precisions[] = {
      {kFloat, 1e-4, 1e-5}, {kHalf, 2e-2, 1e-2}, {kBFloat16, 1e-1, 8e-2}};
  for (const Precision& precision : precisions) {
    for (const Sample& sample : op().samples) {
      if (!has_floating_point(sample.inputs)) continue;
      SCOPED_TRACE(op().name + ", " + sample.what + ", " + std::string(toString(precision.dtype)));
      const std::vector<Tensor> inputs = cast(sample.inputs, precision.dtype);
      Outcome actual;
      try {
        actual = run(op(), inputs);
      } catch (const TypeError&) {
        continue;
      } catch (const NotImplementedError&) {
        continue;
      }
      if (op().random) continue;
      const Outcome expected = run(op(), cast(inputs, kDouble));
      ASSERT_EQ(actual.results.size(), expected.results.size());
      for (size_t i = 0; i < actual.results.size(); ++i) {
        EXPECT_TRUE(close(actual.results[i], expected.results[i], precision.rtol, precision.atol));
      }
      ASSERT_EQ(actual.gradients.size(), expected.gradients.size());
      for (size_t i = 0; i < actual.gradients.size(); ++i) {
        EXPECT_TRUE(
            close(actual.gradients[i], expected.gradients[i], precision.rtol, 4 * precision.atol));
        if (!actual.gradients[i].defined()) continue;
        EXPECT_EQ(actual.gradients[i].dtype(), precision.dtype);
      }
    }
  }
}

// Small integers give what float64 gives for them, or an error.
TEST_P(OpResult, IsCloseForIntegers) {
  if (op().random) return;
  NoGradGuard no_grad;
  for (ScalarType dtype : {kLong, kInt, kShort, kChar, kByte, kBool}) {
    // The rows add matrices up, which for bools is another operation.
    if (dtype == kBool && is_factorization(op().name)) continue;
    for (const Sample& sample : op().samples) {
      if (!has_floating_point(sample.inputs)) continue;
      SCOPED_TRACE(op().name + ", " + sample.what + ", " + std::string(toString(dtype)));
      std::vector<Tensor> inputs;
      for (const Tensor& x : cast(sample.inputs, kDouble)) {
        const bool is_unsigned = dtype == kByte || dtype == kBool;
        inputs.push_back(!x.is_floating_point() ? x : (is_unsigned ? x.abs() : x).to(dtype));
      }
      std::vector<Tensor> actual;
      try {
        actual = op().function(inputs);
      } catch (const Error&) {
        continue;
      }
      std::vector<Tensor> reals;
      for (size_t i = 0; i < inputs.size(); ++i)
        reals.push_back(sample.inputs[i].is_floating_point() ? inputs[i].to(kDouble) : inputs[i]);
      const std::vector<Tensor> expected = op().function(reals);
      ASSERT_EQ(actual.size(), expected.size());
      for (size_t i = 0; i < actual.size(); ++i) {
        const Tensor& y = actual[i];
        if (y.dtype() == kBool) {
          EXPECT_TRUE(close(y, expected[i] != 0, 0, 0));
          continue;
        }
        // Integers are rounded, this way or that, have no infinity, and bytes wrap around.
        Tensor wanted = expected[i];
        if (!y.is_floating_point()) {
          const Tensor fits = y.dtype() == kByte ? wanted >= 0 : wanted.isfinite();
          wanted = where(logical_and(fits, wanted.isfinite()), wanted, y.to(wanted.dtype()));
        }
        EXPECT_TRUE(close(y, wanted, 1e-4, y.is_floating_point() ? 1e-4 : 0.99));
      }
    }
  }
}

TEST_P(OpResult, HasTheSameBitsForAnyNumberOfThreads) {
  const std::vector<Tensor> inputs = large_inputs(op());
  if (inputs.empty()) return;
  Outcome first;
  for (int threads : {1, 2, 3, 8}) {
    set_num_threads(threads);
    const Outcome now = run(op(), inputs);
    if (threads == 1) first = now;
    ASSERT_EQ(now.results.size(), first.results.size());
    for (size_t i = 0; i < now.results.size(); ++i)
      EXPECT_TRUE(same_bits(now.results[i], first.results[i])) << op().name << ", " << threads;
    for (size_t i = 0; i < now.gradients.size(); ++i)
      EXPECT_TRUE(same_bits(now.gradients[i], first.gradients[i])) << op().name << ", " << threads;
  }
  set_num_threads(2);
}

TEST_P(OpResult, RecordsNothingWithoutGradMode) {
  NoGradGuard no_grad;
  for (const Sample& sample : op().samples) {
    for (const Tensor& y : op().function(leaves(sample.inputs))) {
      EXPECT_TRUE(y.is_leaf() || y.is_view()) << op().name << ", " << sample.what;
    }
  }
}

TEST_P(OpResult, ASecondBackwardWorksOrSaysWhyNot) {
  const std::vector<Tensor> inputs = leaves(op().samples[0].inputs);
  const std::vector<Tensor> outputs = op().function(inputs);
  Tensor total = zeros({}, kDouble);
  for (const Tensor& y : outputs) {
    if (y.requires_grad()) total = total + y.sum();
  }
  if (!total.requires_grad()) return;
  total.backward();
  try {
    total.backward();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("second time"), std::string::npos) << error.what();
  }
}

TEST_P(OpResult, AStaleInputIsAnErrorOrNotNeeded) {
  const std::vector<Tensor>& inputs = op().samples[0].inputs;
  const std::vector<Tensor> expected = run(op(), inputs).gradients;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i].defined() || !inputs[i].is_floating_point()) continue;
    std::vector<Tensor> arguments = leaves(inputs);
    for (Tensor& x : arguments) {
      if (x.requires_grad()) x = x * 1;
    }
    const std::vector<Tensor> results = op().function(arguments);
    const bool shared = std::any_of(results.begin(), results.end(), [&](const Tensor& y) {
      return y.is_view() || y.data_ptr() == arguments[i].data_ptr();
    });
    if (shared) continue;  // writing to the input is writing to the result
    {
      NoGradGuard no_grad;
      arguments[i].add_(1);
    }
    try {
      const std::vector<Tensor> actual = gradients(results, arguments);
      ASSERT_EQ(actual.size(), expected.size());
      for (size_t k = 0; k < actual.size(); ++k)
        EXPECT_TRUE(close(actual[k], expected[k], 1e-12, 1e-12)) << op().name << ", input " << i;
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find("modified by an inplace operation"),
                std::string::npos)
          << error.what();
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Op, OpResult, testing::Range<size_t>(0, op_table().size()), name_of_row);

}  // namespace
}  // namespace gradus::test
