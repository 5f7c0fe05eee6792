// What holds for every op: see op_table/op_info.h for the rows.

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include <gradus/gradus.h>
#include <gtest/gtest.h>

#include "tests/autograd/op_table/op_info.h"

namespace gradus::test {
namespace {

// A copy with the same strides that requires grad, so that a row's layout is kept.
std::vector<Tensor> leaves(const std::vector<Tensor>& inputs) {
  std::vector<Tensor> copies;
  for (const Tensor& input : inputs) {
    if (!input.defined() || !input.is_floating_point()) {
      copies.push_back(input);
      continue;
    }
    // The layout lies in a larger block, as that of a slice does.
    int64_t extent = 1;
    for (int64_t dim = 0; dim < input.dim(); ++dim)
      extent += (input.size(dim) - 1) * input.stride(dim);
    Tensor copy = empty({std::max<int64_t>(extent, 1)}, input.options())
                      .as_strided(input.sizes(), input.strides());
    copy.copy_(input);
    copies.push_back(copy.detach().requires_grad_());
  }
  return copies;
}

bool same_bits(const Tensor& a, const Tensor& b) {
  if (a.sizes() != b.sizes() || a.dtype() != b.dtype()) return false;
  const Tensor x = a.detach().contiguous(), y = b.detach().contiguous();
  return x.numel() == 0 || std::memcmp(x.data_ptr(), y.data_ptr(), x.nbytes()) == 0;
}

class OpTable : public testing::TestWithParam<size_t> {
 protected:
  const OpInfo& op() const { return op_table()[GetParam()]; }
};

TEST_P(OpTable, GradientsAgreeWithFiniteDifferences) {
  for (const Sample& sample : op().samples) {
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

TEST_P(OpTable, StridesDoNotChangeTheResult) {
  for (const Sample& sample : op().samples) {
    SCOPED_TRACE(op().name + ", " + sample.what);
    std::vector<Tensor> row_major;
    for (const Tensor& input : sample.inputs) row_major.push_back(input.contiguous());
    const std::vector<Tensor> expected = op().function(row_major),
                              results = op().function(sample.inputs);
    ASSERT_EQ(results.size(), expected.size());
    for (size_t i = 0; i < results.size(); ++i) {
      EXPECT_TRUE(results[i].allclose(expected[i], 1e-12, 1e-12, /*equal_nan=*/true))
          << results[i] << expected[i];
    }
  }
}

TEST_P(OpTable, Float32IsCloseToFloat64) {
  for (const Sample& sample : op().samples) {
    SCOPED_TRACE(op().name + ", " + sample.what);
    std::vector<Tensor> inputs;
    for (const Tensor& input : sample.inputs)
      inputs.push_back(input.is_floating_point() ? input.to(kFloat) : input);
    std::vector<Tensor> results;
    try {
      results = op().function(inputs);
    } catch (const TypeError&) {
      continue;  // the row has a float64 parameter of its own
    } catch (const Error& error) {
      ADD_FAILURE() << error.what();
      continue;
    }
    const std::vector<Tensor> expected = op().function(sample.inputs);
    for (size_t i = 0; i < results.size(); ++i) {
      EXPECT_TRUE(
          results[i].to(kDouble).allclose(expected[i].to(kDouble), 1e-4, 1e-5, /*equal_nan=*/true))
          << results[i] << expected[i];
    }
  }
}

TEST_P(OpTable, ThreadsDoNotChangeABit) {
  for (const Sample& sample : op().samples) {
    SCOPED_TRACE(op().name + ", " + sample.what);
    std::vector<std::vector<Tensor>> runs;
    for (int threads : {1, 2, 3, 8}) {
      set_num_threads(threads);
      const std::vector<Tensor> inputs = leaves(sample.inputs);
      std::vector<Tensor> run = op().function(inputs);
      Tensor total = zeros({}, kDouble);
      for (const Tensor& y : run) {
        if (y.requires_grad()) total = total + y.to(kDouble).sum();
      }
      if (total.requires_grad()) total.backward();
      for (const Tensor& input : inputs) {
        if (input.grad().defined()) run.push_back(input.grad());
      }
      runs.push_back(run);
    }
    set_num_threads(2);
    for (const std::vector<Tensor>& run : runs) {
      ASSERT_EQ(run.size(), runs[0].size());
      for (size_t i = 0; i < run.size(); ++i) EXPECT_TRUE(same_bits(run[i], runs[0][i]));
    }
  }
}

TEST_P(OpTable, NothingIsRecordedWithoutGradMode) {
  NoGradGuard no_grad;
  for (const Sample& sample : op().samples) {
    for (const Tensor& y : op().function(leaves(sample.inputs))) {
      EXPECT_TRUE(!y.requires_grad() || y.is_view()) << op().name << ", " << sample.what;
    }
  }
}

TEST_P(OpTable, InPlaceEqualsOutOfPlace) {
  if (!op().in_place) return;
  for (const Sample& sample : op().samples) {
    SCOPED_TRACE(op().name + ", " + sample.what);
    const std::vector<Tensor> inputs = leaves(sample.inputs);
    const Tensor expected = op().function(inputs)[0];
    if (expected.sizes() != inputs[0].sizes()) continue;  // would grow

    std::vector<Tensor> arguments = inputs;
    arguments[0] = inputs[0] * 1;
    Tensor self = arguments[0];
    op().in_place(arguments);
    EXPECT_TRUE(same_bits(self, expected)) << self << expected;
    EXPECT_EQ(self._version(), 1u);

    const Tensor seed = values(expected.sizes(), -2, 2, 77);
    const auto of = [&](const Tensor& y) {
      return autograd::grad(y, inputs, seed, true, false, /*allow_unused=*/true);
    };
    const std::vector<Tensor> a = of(self), b = of(expected);
    for (size_t i = 0; i < a.size(); ++i) {
      ASSERT_EQ(a[i].defined(), b[i].defined());
      if (!a[i].defined()) continue;
      EXPECT_TRUE(a[i].allclose(b[i], 1e-12, 1e-12, true)) << a[i] << b[i];
    }
    // Without recording it is the kernel that writes.
    NoGradGuard no_grad;
    std::vector<Tensor> plain;
    for (const Tensor& input : inputs) plain.push_back(input.detach().clone());
    op().in_place(plain);
    EXPECT_TRUE(same_bits(plain[0], expected)) << plain[0] << expected;
  }
}

TEST_P(OpTable, BadCallsThrowErrorsThatNameTheOp) {
  for (size_t i = 0; i < op().errors.size(); ++i) {
    SCOPED_TRACE(op().name + ", error " + std::to_string(i));
    try {
      op().errors[i]();
      ADD_FAILURE() << "expected an error";
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find(op().name), std::string::npos) << error.what();
    }
  }
}

TEST_P(OpTable, UndefinedInputsThrow) {
  const std::vector<Tensor>& inputs = op().samples[0].inputs;
  for (size_t i = 0; i < std::min(op().required_inputs, inputs.size()); ++i) {
    std::vector<Tensor> arguments = inputs;
    arguments[i] = Tensor();
    EXPECT_THROW(op().function(arguments), Error) << op().name << ", input " << i;
  }
}

TEST_P(OpTable, FailedCallsChangeNothing) {
  const std::vector<Tensor>& inputs = op().samples[0].inputs;
  if (!op().in_place) return;
  Tensor x = inputs[0].contiguous().clone();
  const Tensor before = x.clone();
  // Elements that share memory.
  std::vector<Tensor> arguments = inputs;
  arguments[0] = x.unsqueeze(0).expand({2, -1, -1});
  EXPECT_THROW(op().in_place(arguments), Error);
  EXPECT_TRUE(same_bits(x, before));
  EXPECT_EQ(x._version(), 0u);
}

TEST_P(OpTable, ASecondBackwardWorksOrNamesTheOp) {
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

std::string name_of(const testing::TestParamInfo<size_t>& info) {
  return op_table()[info.param].name + "_" + std::to_string(info.param);
}

INSTANTIATE_TEST_SUITE_P(Op, OpTable, testing::Range<size_t>(0, op_table().size()), name_of);

}  // namespace
}  // namespace gradus::test
