// In-place and out= forms of every op, and calls that must fail: see op_table/op_info.h.

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include <gradus/gradus.h>
#include <gtest/gtest.h>

#include "tests/autograd/op_table/op_fixture.h"

namespace gradus::test {
namespace {

// What a call must leave as it is: bits and versions.
class Snapshot {
 public:
  explicit Snapshot(const std::vector<Tensor>& tensors) : tensors_(tensors) {
    for (const Tensor& x : tensors) {
      copies_.push_back(x.defined() ? x.detach().clone() : x);
      versions_.push_back(x.defined() ? x._version() : 0);
    }
  }
  void expect_unchanged() const {
    for (size_t i = 0; i < tensors_.size(); ++i) {
      EXPECT_TRUE(same_bits(tensors_[i], copies_[i])) << "input " << i;
      if (!tensors_[i].defined()) continue;
      EXPECT_EQ(tensors_[i]._version(), versions_[i]) << "input " << i;
    }
  }

 private:
  std::vector<Tensor> tensors_, copies_;
  std::vector<uint32_t> versions_;
};

/// Makes a call that may fail; where it does, nothing may have changed. Returns whether it failed.
template <class F>
bool fails_without_a_trace(const std::vector<Tensor>& tensors, F call) {
  const Snapshot before(tensors);
  try {
    call();
    return false;
  } catch (const Error&) {
    before.expect_unchanged();
    return true;
  }
}

class OpForms : public OpTable {};

TEST_P(OpForms, InPlaceEqualsOutOfPlace) {
  if (!op().in_place) return;
  for (const Sample& sample : variants(op())) {
    SCOPED_TRACE(op().name + ", " + sample.what);
    const std::vector<Tensor> inputs = leaves(sample.inputs);
    Tensor expected = op().function(inputs)[0];
    if (expected.sizes() != inputs[0].sizes()) continue;  // would grow
    if (expected.dtype() != inputs[0].dtype()) expected = expected.to(inputs[0].dtype());

    std::vector<Tensor> arguments = inputs;
    arguments[0] = inputs[0] * 1;
    Tensor self = arguments[0];
    op().in_place(arguments);
    EXPECT_TRUE(same_bits(self, expected)) << self << expected;
    EXPECT_EQ(self._version(), 1u);

    if (self.requires_grad() && expected.requires_grad()) {
      std::vector<Tensor> wanted;
      for (const Tensor& x : inputs) {
        if (x.requires_grad()) wanted.push_back(x);
      }
      const Tensor seed = values(expected.sizes(), -2, 2, 77);
      const auto of = [&](const Tensor& y) {
        return autograd::grad(y, wanted, seed, true, false, /*allow_unused=*/true);
      };
      const std::vector<Tensor> a = of(self), b = of(expected);
      for (size_t i = 0; i < a.size(); ++i) {
        if (!a[i].defined() || !b[i].defined()) continue;
        EXPECT_TRUE(close(a[i], b[i], 1e-12, 1e-12));
      }
    }
    // Without recording it is the kernel that writes; to every layout.
    NoGradGuard no_grad;
    std::vector<Tensor> plain;
    for (const Tensor& input : leaves(sample.inputs)) plain.push_back(input.detach());
    plain[0] = plain[0].is_floating_point() ? plain[0] : plain[0].clone();
    op().in_place(plain);
    EXPECT_TRUE(same_bits(plain[0], expected)) << plain[0] << expected;
  }
}

TEST_P(OpForms, OutEqualsResult) {
  if (!op().out) return;
  for (const Sample& sample : op().samples) {
    SCOPED_TRACE(op().name + ", " + sample.what);
    const Tensor expected = op().function(sample.inputs)[0];
    Tensor resized = empty({0}, expected.options());
    op().out(resized, sample.inputs);
    EXPECT_TRUE(same_bits(resized, expected));

    Tensor gaps = stack({zeros_like(expected), zeros_like(expected)}, -1).select(-1, 1);
    const uint32_t version = gaps._version();
    op().out(gaps, sample.inputs);
    EXPECT_TRUE(same_bits(gaps, expected));
    EXPECT_GT(gaps._version(), version);
  }
}

TEST_P(OpForms, FailedOutCallsChangeNothing) {
  if (!op().out) return;
  const std::vector<Tensor>& inputs = op().samples[0].inputs;
  const Tensor expected = op().function(inputs)[0];
  const auto fails = [&](Tensor out, const std::vector<Tensor>& arguments) {
    std::vector<Tensor> all = arguments;
    all.push_back(out);
    return fails_without_a_trace(all, [&] { op().out(out, arguments); });
  };
  EXPECT_TRUE(fails(zeros({1}, expected.options()).expand(expected.sizes()), inputs));
  if (expected.is_floating_point()) {
    EXPECT_TRUE(fails(zeros_like(expected), leaves(inputs)));
    EXPECT_TRUE(fails(zeros_like(expected).requires_grad_(), inputs));
    EXPECT_TRUE(fails(zeros(expected.sizes(), kLong), inputs));
  }
  std::vector<Tensor> bad = inputs;
  bad.back() = Tensor();
  EXPECT_TRUE(fails(zeros_like(expected), bad));
}

TEST_P(OpForms, FailedInPlaceCallsChangeNothing) {
  if (!op().in_place) return;
  const std::vector<Tensor>& inputs = op().samples[0].inputs;
  const Tensor x = inputs[0].contiguous();
  const auto fails = [&](const Tensor& self, std::vector<Tensor> arguments) {
    arguments[0] = self;
    return fails_without_a_trace(arguments, [&] { op().in_place(arguments); });
  };
  // Elements that share memory; a leaf and a view of one.
  EXPECT_TRUE(fails(x.clone().narrow(0, 0, 1).expand(x.sizes()), inputs));
  if (x.is_floating_point()) {
    EXPECT_TRUE(fails(x.clone().requires_grad_(), inputs));
    EXPECT_TRUE(fails(x.clone().requires_grad_().view(x.sizes()), inputs));
  }
  EXPECT_TRUE(fails(Tensor(), inputs));
  // These may be fine for some ops.
  for (ScalarType dtype : {kLong, kByte, kBool, kHalf}) fails(x.to(dtype, /*copy=*/true), inputs);
  fails(x.clone().narrow(0, 0, 1), inputs);
  fails(x.clone().narrow(0, 0, 0), inputs);
  for (size_t i = 1; i < inputs.size(); ++i) {
    for (const Tensor& other : {Tensor(), ones({7, 5, 3}, inputs[i].options()),
                                ones({0}, inputs[i].options()), inputs[i].to(kBool)}) {
      std::vector<Tensor> arguments = inputs;
      arguments[i] = other;
      fails(x.clone(), arguments);
    }
  }
}

TEST_P(OpForms, BadCallsThrowErrorsThatNameTheOp) {
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

TEST_P(OpForms, UndefinedInputsThrow) {
  const std::vector<Tensor>& inputs = op().samples[0].inputs;
  for (size_t i = 0; i < std::min(op().required_inputs, inputs.size()); ++i) {
    std::vector<Tensor> arguments = inputs;
    arguments[i] = Tensor();
    EXPECT_THROW(op().function(arguments), Error) << op().name << ", input " << i;
  }
}

// The same values as a row-sparse tensor, of which no op but a few knows.
Tensor row_sparse(const Tensor& dense) {
  const Tensor x = dense.dim() == 0 ? values({3, 4}).to(dense.dtype()) : dense.detach();
  Tensor y = sparse_coo_tensor(arange(x.size(0)).unsqueeze(0), x, x.sizes());
  if (y.is_floating_point()) y.requires_grad_();
  return y;
}

// The error names the op, or, for one made of others, the first that refuses, and the argument.
TEST_P(OpForms, RowSparseTensorsAreRefusedByName) {
  // These know of it; the last two take no tensors.
  const std::set<std::string> takers = {"clone", "to", "zero_", "tril_indices", "triu_indices"};
  if (takers.count(op().name) > 0) return;
  const std::vector<Tensor>& inputs = op().samples[0].inputs;
  const auto expect_refused = [&](const std::string& what, auto call) {
    try {
      call();
      ADD_FAILURE() << op().name << " took a row-sparse " << what;
    } catch (const NotImplementedError& error) {
      const std::string message = error.what();
      EXPECT_NE(message.find(" is a row-sparse tensor"), std::string::npos)
          << what << ": " << message;
      EXPECT_NE(message.find(": "), std::string::npos) << what << ": " << message;
    } catch (const Error& error) {
      ADD_FAILURE() << what << ": " << error.what();
    }
  };
  // Some rows have inputs that they do not use.
  const auto is_used = [&](std::vector<Tensor> arguments, size_t i) {
    arguments[i] = Tensor();
    const Tensor expected = op().function(inputs)[0];
    try {
      return !same_bits(op().function(arguments)[0], expected);
    } catch (const Error&) {
      return true;
    }
  };
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i].defined() || !is_used(inputs, i)) continue;
    std::vector<Tensor> arguments = inputs;
    arguments[i] = row_sparse(inputs[i]);
    const std::string place = std::to_string(i);
    expect_refused("input " + place, [&] { op().function(arguments); });
    NoGradGuard no_grad;
    arguments[i] = arguments[i].detach();
    expect_refused("input " + place + " without history", [&] { op().function(arguments); });
    if (op().out) {
      Tensor out = op().function(inputs)[0].clone();
      expect_refused("input " + place + " of out=", [&] { op().out(out, arguments); });
    }
    if (op().in_place && i > 0) {
      std::vector<Tensor> written = arguments;
      written[0] = written[0].clone();
      expect_refused("input " + place + " in place", [&] { op().in_place(written); });
    }
  }
  NoGradGuard no_grad;
  if (op().out) {
    Tensor out = row_sparse(op().function(inputs)[0]).detach();
    expect_refused("out", [&] { op().out(out, inputs); });
  }
  if (op().in_place) {
    std::vector<Tensor> arguments = inputs;
    arguments[0] = row_sparse(inputs[0]).detach();
    expect_refused("self", [&] { op().in_place(arguments); });
  }
}

// Shapes and dtypes that the op was not asked about: a result with its gradients, or an error that
// leaves the inputs alone.
TEST_P(OpForms, NoInputEndsTheProcess) {
  const std::vector<Tensor>& inputs = op().samples[0].inputs;
  const std::vector<Tensor> strange = {
      Tensor(),
      values({}),
      values({0}),
      values({1}),
      values({7}),
      values({3, 0}),
      values({0, 4}),
      values({1, 1, 1, 1, 1}),
      values({2, 1, 2, 1, 2, 1, 2}),
      values({1}).expand({3, 4}),
      full({3, 4}, NAN, kDouble),
      full({3, 4}, -INFINITY, kDouble),
      full({3, 4}, 1e300, kDouble),
      ones({3, 4}, kBool),
      full({3, 4}, INT64_MIN, kLong),
      full({3, 4}, INT64_MAX, kLong),
      values({3, 4}).to(kHalf),
      row_sparse(values({3, 4})).detach(),
      row_sparse(integers({3, 4}, 0, 2)),
  };
  const auto call = [&](const std::vector<Tensor>& arguments) {
    fails_without_a_trace(arguments, [&] { run(op(), arguments); });
  };
  for (const Tensor& x : strange) {
    for (size_t i = 0; i < inputs.size(); ++i) {
      std::vector<Tensor> arguments = inputs;
      arguments[i] = x;
      call(arguments);
    }
    if (inputs.size() > 1) call(std::vector<Tensor>(inputs.size(), x));
  }
}

INSTANTIATE_TEST_SUITE_P(Op, OpForms, testing::Range<size_t>(0, op_table().size()), name_of_row);

}  // namespace
}  // namespace gradus::test
