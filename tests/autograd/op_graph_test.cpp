// What the tape promises for every op of the table: errors that name the op, hooks, checkpoints,
// forward mode and inference mode.

#include <algorithm>
#include <cstring>
#include <set>
#include <string>
#include <vector>

#include <gradus/gradus.h>
#include <gtest/gtest.h>

#include "tests/autograd/op_table/op_fixture.h"
#include "tests/autograd/op_table/op_info.h"

namespace gradus::test {
namespace {

using List = std::vector<Tensor>;

bool is_differentiated(const Tensor& x) {
  return x.defined() && x.is_floating_point();
}

// Copies with the same strides: leaves that require grad.
List leaves_like(const List& inputs) {
  List leaves;
  for (const Tensor& input : inputs) {
    leaves.push_back(is_differentiated(input) ? input.detach().clone().requires_grad_() : input);
  }
  return leaves;
}

// The same with history, so that they can be written to in place.
List inner_like(const List& leaves) {
  List inner;
  for (const Tensor& leaf : leaves) inner.push_back(is_differentiated(leaf) ? leaf * 1 : leaf);
  return inner;
}

// A number that depends on all outputs, and saves nothing itself; undefined where none is
// differentiable.
Tensor total_of(const List& outputs) {
  Tensor total;
  for (const Tensor& y : outputs) {
    if (!y.defined() || !y.requires_grad()) continue;
    const Tensor part = y.to(kDouble).sum();
    total = total.defined() ? total + part : part;
  }
  return total;
}

// The ops in the graph behind a tensor.
std::set<std::string> ops_behind(const Tensor& y) {
  std::set<std::string> ops;
  std::set<Node*> seen;
  std::vector<Node*> stack = {y.grad_fn().get()};
  while (!stack.empty()) {
    Node* node = stack.back();
    stack.pop_back();
    if (node == nullptr || !seen.insert(node).second) continue;
    ops.insert(node->op());
    for (const Edge& edge : node->next_edges()) stack.push_back(edge.node.get());
  }
  return ops;
}

// What an op keeps when it is called with `inputs`, and what of that the first backward looks at:
// the rest waits for the second.
struct Kept {
  List saved, used, outputs;
};

Kept kept_by(const OpInfo& op, const List& inputs) {
  Kept kept;
  {
    autograd::SavedTensorsHooks hooks(
        [&](const Tensor& x) {
          kept.saved.push_back(x);
          return x;
        },
        [&](const Tensor& x) {
          kept.used.push_back(x);
          return x;
        });
    kept.outputs = op.function(inputs);
  }
  const Tensor total = total_of(kept.outputs);
  if (total.defined()) total.backward({}, /*retain_graph=*/true);
  return kept;
}

bool shows(const List& saved, const Tensor& x) {
  return std::any_of(saved.begin(), saved.end(),
                     [&](const Tensor& kept) { return kept.impl()->storage == x.impl()->storage; });
}

std::string error_of_backward(const Tensor& total) {
  try {
    total.backward({}, /*retain_graph=*/true);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

void expect_names_an_op(const std::string& message, const std::set<std::string>& ops) {
  EXPECT_EQ(ops.count(message.substr(0, message.find(':'))), 1u) << message;
}

bool same_bits(const Tensor& a, const Tensor& b) {
  if (!a.defined() || !b.defined()) return a.defined() == b.defined();
  if (a.sizes() != b.sizes() || a.dtype() != b.dtype()) return false;
  const Tensor x = a.detach().contiguous(), y = b.detach().contiguous();
  return x.numel() == 0 || std::memcmp(x.data_ptr(), y.data_ptr(), x.nbytes()) == 0;
}

List gradients_of(const Tensor& total, const List& leaves) {
  List wanted;
  for (const Tensor& leaf : leaves) {
    if (is_differentiated(leaf)) wanted.push_back(leaf);
  }
  return autograd::grad(total, wanted, {}, std::nullopt, false, /*allow_unused=*/true);
}

class OpGraph : public testing::TestWithParam<size_t> {
 protected:
  const OpInfo& op() const { return op_table()[GetParam()]; }
  // A few of each row: what is tested does not depend on the layout.
  std::vector<Sample> samples() const {
    const std::vector<Sample>& all = op().samples;
    return std::vector<Sample>(all.begin(), all.begin() + std::min<size_t>(all.size(), 3));
  }
};

TEST_P(OpGraph, AStaleInputIsAnErrorThatNamesTheOp) {
  for (const Sample& sample : samples()) {
    const List leaves = leaves_like(sample.inputs);
    for (size_t k = 0; k < leaves.size(); ++k) {
      if (!leaves[k].defined()) continue;
      SCOPED_TRACE(op().name + ", " + sample.what + ", input " + std::to_string(k));
      List inputs = inner_like(leaves);
      if (!is_differentiated(inputs[k])) inputs[k] = inputs[k].clone();
      const bool used = shows(kept_by(op(), inputs).used, inputs[k]);
      const Tensor total = total_of(op().function(inputs));
      if (!total.defined()) continue;
      const std::set<std::string> ops = ops_behind(total);
      {
        NoGradGuard no_grad;
        inputs[k].copy_(inputs[k].clone());
      }
      const std::string message = error_of_backward(total);
      if (!used) {
        EXPECT_EQ(message, "");
      } else {
        EXPECT_NE(message.find("modified by an inplace operation"), std::string::npos) << message;
        expect_names_an_op(message, ops);
      }
    }
  }
}

TEST_P(OpGraph, AStaleOutputIsAnErrorThatNamesTheOp) {
  for (const Sample& sample : samples()) {
    SCOPED_TRACE(op().name + ", " + sample.what);
    const List inputs = inner_like(leaves_like(sample.inputs));
    const Kept kept = kept_by(op(), inputs);
    const List& outputs = kept.outputs;
    for (size_t i = 0; i < outputs.size(); ++i) {
      // What is shared with an input is that test's business.
      const bool is_input = std::any_of(inputs.begin(), inputs.end(), [&](const Tensor& x) {
        return x.defined() && x.impl()->storage == outputs[i].impl()->storage;
      });
      if (is_input || !shows(kept.used, outputs[i])) continue;
      List again = op().function(inputs);
      const Tensor total = total_of(again);
      const std::set<std::string> ops = ops_behind(total);
      {
        NoGradGuard no_grad;
        again[i].copy_(again[i].clone());
      }
      const std::string message = error_of_backward(total);
      EXPECT_NE(message.find("modified by an inplace operation"), std::string::npos) << message;
      expect_names_an_op(message, ops);
    }
  }
}

TEST_P(OpGraph, ASecondBackwardIsAnErrorThatNamesTheOp) {
  for (const Sample& sample : samples()) {
    SCOPED_TRACE(op().name + ", " + sample.what);
    const List leaves = leaves_like(sample.inputs);
    const Kept kept = kept_by(op(), leaves);
    for (const bool through_grad : {false, true}) {
      const Tensor total = total_of(op().function(leaves));
      if (!total.defined()) continue;
      const std::set<std::string> ops = ops_behind(total);
      if (through_grad) {
        gradients_of(total, leaves);
      } else {
        total.backward();
      }
      const std::string message = error_of_backward(total);
      if (kept.used.empty()) {
        EXPECT_EQ(message, "");
      } else {
        EXPECT_NE(message.find("second time"), std::string::npos) << message;
        expect_names_an_op(message, ops);
      }
    }
  }
}

TEST_P(OpGraph, PackedTensorsGiveTheSameBits) {
  for (const Sample& sample : samples()) {
    SCOPED_TRACE(op().name + ", " + sample.what);
    const List leaves = leaves_like(sample.inputs);
    const Tensor total = total_of(op().function(leaves));
    if (!total.defined()) continue;
    Tensor packed;
    {
      // A copy with the same strides: kernels may sum another layout in another order.
      autograd::SavedTensorsHooks hooks(
          [](const Tensor& x) { return x.is_non_overlapping_and_dense() ? x.clone() : x; },
          [](const Tensor& x) { return x; });
      packed = total_of(op().function(leaves));
    }
    const List expected = gradients_of(total, leaves), results = gradients_of(packed, leaves);
    for (size_t i = 0; i < expected.size(); ++i) EXPECT_TRUE(same_bits(results[i], expected[i]));
  }
}

TEST_P(OpGraph, CheckpointsGiveTheSameBits) {
  for (const Sample& sample : samples()) {
    SCOPED_TRACE(op().name + ", " + sample.what);
    const List leaves = leaves_like(sample.inputs);
    manual_seed(1);
    const Tensor total = total_of(op().function(leaves));
    if (!total.defined()) continue;
    manual_seed(1);
    const Tensor again = total_of(
        autograd::checkpoint([this](const List& inputs) { return op().function(inputs); }, leaves));
    const List expected = gradients_of(total, leaves), results = gradients_of(again, leaves);
    for (size_t i = 0; i < expected.size(); ++i) EXPECT_TRUE(same_bits(results[i], expected[i]));
  }
}

TEST_P(OpGraph, ForwardModeAgreesWithDifferences) {
  if (!op().differentiable) return;
  constexpr double kEps = 1e-6;
  for (const Sample& sample : samples()) {
    SCOPED_TRACE(op().name + ", " + sample.what);
    const List leaves = leaves_like(sample.inputs);
    List x, v;
    for (size_t k = 0; k < leaves.size(); ++k) {
      if (!is_differentiated(leaves[k]) || leaves[k].dtype() != kDouble) continue;
      x.push_back(leaves[k].detach());
      v.push_back(values(leaves[k].sizes(), -1, 1, 50 + k));
    }
    if (x.empty()) continue;
    // The op as a function of these alone.
    const auto f = [&](const List& changed) {
      List inputs = sample.inputs;
      for (size_t k = 0, next = 0; k < inputs.size(); ++k) {
        if (is_differentiated(inputs[k]) && inputs[k].dtype() == kDouble)
          inputs[k] = changed[next++];
      }
      List outputs;
      for (const Tensor& y : op().function(inputs)) {
        if (y.defined() && y.is_floating_point()) outputs.push_back(y.to(kDouble));
      }
      return outputs;
    };
    const auto at = [&](double step) {
      List moved;
      for (size_t k = 0; k < x.size(); ++k) moved.push_back(x[k] + v[k] * step);
      NoGradGuard no_grad;
      return f(moved);
    };
    const List tangents = std::get<1>(autograd::functional::jvp(f, x, v));
    const List plus = at(kEps), minus = at(-kEps);
    autograd::forward_ad::DualLevel level;
    List duals;
    for (size_t k = 0; k < x.size(); ++k)
      duals.push_back(autograd::forward_ad::make_dual(x[k], v[k]));
    const List outputs = f(duals);
    for (size_t i = 0; i < tangents.size(); ++i) {
      const Tensor slope = (plus[i] - minus[i]) / (2 * kEps);
      EXPECT_TRUE(tangents[i].allclose(slope, 1e-3, 1e-5)) << tangents[i] << slope;
      const Tensor dual = autograd::forward_ad::unpack_dual(outputs[i]).tangent;
      EXPECT_TRUE((dual.defined() ? dual : zeros_like(slope)).allclose(tangents[i], 1e-12, 1e-12));
    }
  }
}

TEST_P(OpGraph, InferenceModeGivesTheSameBits) {
  for (const Sample& sample : samples()) {
    SCOPED_TRACE(op().name + ", " + sample.what);
    const List leaves = leaves_like(sample.inputs);
    List expected;
    {
      NoGradGuard no_grad;
      expected = op().function(leaves);
    }
    InferenceMode guard;
    const List results = op().function(leaves);
    ASSERT_EQ(results.size(), expected.size());
    for (size_t i = 0; i < results.size(); ++i) {
      EXPECT_TRUE(same_bits(results[i], expected[i]));
      // An inference tensor, or a view or the input itself.
      const bool is_shared = std::any_of(leaves.begin(), leaves.end(), [&](const Tensor& x) {
        return x.defined() && x.impl()->storage == results[i].impl()->storage;
      });
      EXPECT_NE(results[i].is_inference(), is_shared);
    }
  }
}

std::string name_of(const testing::TestParamInfo<size_t>& info) {
  return op_table()[info.param].name + "_" + std::to_string(info.param);
}

INSTANTIATE_TEST_SUITE_P(Op, OpGraph, testing::Range<size_t>(0, op_table().size()), name_of);

}  // namespace
}  // namespace gradus::test
