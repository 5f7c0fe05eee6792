// What a ProfilerGuard sees of ops, of backward and of a training step; scopes as such are tested
// in core/watch/profiler_test.cpp.

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gradus/gradus.h>
#include <gtest/gtest.h>

#include "tests/autograd/op_table/op_fixture.h"

namespace gradus::test {
namespace {

using testing::IsSupersetOf;

std::set<std::string> names_in(const ProfilerGuard& profiler) {
  std::set<std::string> names;
  for (const ProfilerGuard::Entry& entry : profiler.entries()) names.insert(entry.name);
  return names;
}

const ProfilerGuard::Entry& entry_of(const std::vector<ProfilerGuard::Entry>& entries,
                                     const std::string& name) {
  for (const ProfilerGuard::Entry& entry : entries)
    if (entry.name == name) return entry;
  ADD_FAILURE() << "there is no " << name;
  return entries.at(0);
}

// The names of the nodes behind `results`.
struct Recorded {
  std::set<std::string> ops, nodes;
};
Recorded recorded_behind(const std::vector<Tensor>& results) {
  Recorded recorded;
  std::vector<intrusive_ptr<Node>> open;
  std::set<const Node*> seen;
  for (const Tensor& result : results)
    if (result.defined() && result.grad_fn()) open.push_back(result.grad_fn());
  while (!open.empty()) {
    const intrusive_ptr<Node> node = open.back();
    open.pop_back();
    if (!seen.insert(node.get()).second) continue;
    // Not an op: how the history of a base remembers that a view of it was written to.
    if (std::string_view(node->op()) != "copy_slices") recorded.ops.insert(node->op());
    recorded.nodes.insert(node->name());
    for (const Edge& edge : node->next_edges())
      if (edge.node) open.push_back(edge.node);
  }
  return recorded;
}

class OpTrace : public OpTable {};

TEST_P(OpTrace, WhatIsRecordedOnTheTapeIsInTheTrace) {
  for (const Sample& sample : op().samples) {
    const std::vector<Tensor> inputs = leaves(sample.inputs);
    if (!records(inputs)) continue;
    ProfilerGuard profiler(ProfilerOptions().memory(false));
    const Recorded recorded = recorded_behind(op().function(inputs));
    EXPECT_THAT(names_in(profiler), IsSupersetOf(recorded.ops)) << op().name;
    break;
  }
}

INSTANTIATE_TEST_SUITE_P(All, OpTrace, testing::Range(size_t{0}, op_table().size()), name_of_row);

TEST(Profiler, EveryNodeOfABackward) {
  const Tensor x = randn({4, 3, 8, 8}, requires_grad()), w = randn({2, 3, 3, 3}, requires_grad());
  const Tensor loss = conv2d(x, w).relu().flatten(1).log_softmax(1).mean();
  const Recorded recorded = recorded_behind({loss});
  ProfilerGuard profiler;
  loss.backward();
  EXPECT_THAT(names_in(profiler), IsSupersetOf(recorded.nodes));
  const auto entries = profiler.entries();
  EXPECT_EQ(entry_of(entries, "AccumulateGrad").count, 2);
  EXPECT_EQ(entry_of(entries, "backward").count, 1);
}

TEST(Profiler, AStepOfTraining) {
  nn::Linear model(8, 4);
  optim::Adam optimizer(model->parameters());
  ProfilerGuard profiler;
  for (int step = 0; step < 3; ++step) {
    optimizer.zero_grad();
    nn::functional::cross_entropy(model(randn({16, 8})), zeros({16}, kLong)).backward();
    optimizer.step();
  }
  const auto entries = profiler.entries();
  EXPECT_EQ(entry_of(entries, "linear").count, 6);  // once forward, once for the weight's gradient
  EXPECT_EQ(entry_of(entries, "CrossEntropyBackward0").count, 3);
  EXPECT_EQ(entry_of(entries, "Adam").count, 3);
  // What a scope contains is not its own time.
  const ProfilerGuard::Entry& backward = entry_of(entries, "backward");
  EXPECT_LT(backward.self_ms, backward.total_ms);
}

TEST(Profiler, BytesThatAnOpKept) {
  const Tensor a = randn({256, 256});
  ProfilerGuard profiler;
  const Tensor b = matmul(a, a);
  // 256 x 256 x 4
  EXPECT_GE(entry_of(profiler.entries(), "matmul").bytes, 262144);
}

TEST(Profiler, AnOpThatThrowsEndsItsScope) {
  ProfilerGuard profiler;
  EXPECT_THROW(softmax(ones({2}), 5), IndexError);
  EXPECT_EQ(entry_of(profiler.entries(), "softmax").count, 1);
}

TEST(Profiler, LoadingABatch) {
  for (const size_t workers : {0, 1}) {
    auto loader = data::make_data_loader(data::datasets::TensorDataset(ones({8, 2}))
                                             .map(data::transforms::Stack<data::TensorExample>()),
                                         data::DataLoaderOptions(4).workers(workers));
    ProfilerGuard profiler;
    for (const auto& batch : *loader) EXPECT_EQ(batch.data.size(0), 4);
    const auto entries = profiler.entries();
    EXPECT_EQ(entry_of(entries, "DataLoader: load a batch").count, 2);
    if (workers > 0) {
      EXPECT_EQ(entry_of(entries, "DataLoader: wait").count, 2);
    }
  }
}

}  // namespace
}  // namespace gradus::test
