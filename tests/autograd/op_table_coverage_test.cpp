// Every op that is declared has a row in the table, and enough in it.

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "tests/autograd/op_table/op_info.h"

namespace gradus::test {
namespace {

// Declared ops for which a row makes no sense, each with the reason. A new op comes with its row.
const std::set<std::string> kWithoutRow = {};

std::set<std::string> declared_ops() {
  std::set<std::string> names;
  const std::regex declaration(R"(GRADUS_API\s+[^;(]*?\b([a-z_][a-z0-9_]*)\s*\()");
  for (const auto& entry : std::filesystem::directory_iterator(GRADUS_SOURCE_DIR "/autograd/ops")) {
    if (entry.path().extension() != ".h") continue;
    std::ifstream file(entry.path());
    std::stringstream text;
    text << file.rdbuf();
    const std::string header = text.str();
    for (std::sregex_iterator match(header.begin(), header.end(), declaration), end; match != end;
         ++match) {
      names.insert((*match)[1]);
    }
  }
  return names;
}

// The in-place and out= forms are tested with the op.
bool is_form_of_another(const std::string& name, const std::set<std::string>& names) {
  if (name.ends_with("_out")) return true;
  return name.ends_with("_") && names.count(name.substr(0, name.size() - 1)) > 0;
}

TEST(OpTableCoverage, EveryOpHasARow) {
  const std::set<std::string> declared = declared_ops();
  ASSERT_GT(declared.size(), 200u);
  std::set<std::string> rows;
  for (const OpInfo& op : op_table()) rows.insert(op.name);
  for (const std::string& name : declared) {
    if (is_form_of_another(name, declared) || kWithoutRow.count(name) > 0) continue;
    EXPECT_EQ(rows.count(name), 1u)
        << name << " is declared in autograd/ops and has no row in tests/autograd/op_table";
  }
}

TEST(OpTableCoverage, TheListOfThoseWithoutARowIsUpToDate) {
  const std::set<std::string> declared = declared_ops();
  for (const OpInfo& op : op_table())
    EXPECT_EQ(kWithoutRow.count(op.name), 0u) << op.name << " has a row now";
  for (const std::string& name : kWithoutRow)
    EXPECT_EQ(declared.count(name), 1u) << name << " is not declared any more";
}

// Ops of layers whose rows are short so far. The list only shrinks: a name whose row has grown must
// go.
const std::set<std::string> kShortRows = {
    "affine_grid_generator",
    "conv_transpose3d",
    "kron",
    "linalg_tensorsolve",
    "lstm_cell",
    "max_unpool1d",
    "max_unpool2d",
    "max_unpool3d",
    "rnn_relu",
    "rnn_tanh",
    "upsample_bicubic2d",
    "upsample_bilinear2d",
    "upsample_linear1d",
    "upsample_nearest1d",
    "upsample_nearest2d",
    "upsample_nearest3d",
    "upsample_nearest_exact",
    "upsample_trilinear3d",
};

// Rows of one name count together.
TEST(OpTableCoverage, EveryOpHasTwelveSamplesAndFiveErrorInputs) {
  constexpr size_t kSamples = 12, kErrors = 5;
  struct Count {
    size_t samples = 0, errors = 0;
    std::string few_errors;
  };
  std::map<std::string, Count> counts;
  for (const OpInfo& op : op_table()) {
    Count& count = counts[op.name];
    count.samples += variants(op).size();
    count.errors += op.errors.size();
    count.few_errors += op.few_errors;
  }
  for (const auto& [name, count] : counts) {
    if (kShortRows.count(name) > 0) {
      EXPECT_TRUE(count.samples < kSamples || count.errors < kErrors)
          << name << " has enough and must leave kShortRows";
      continue;
    }
    EXPECT_GE(count.samples, kSamples) << name << " needs more samples";
    if (!count.few_errors.empty()) continue;
    EXPECT_GE(count.errors, kErrors)
        << name << " needs more error inputs, or a reason in few_errors";
  }
}

TEST(OpTableCoverage, EveryOpRunsOnInputsOfSeveralChunks) {
  // Views of a fixed shape: no loop runs.
  const std::set<std::string> without = {"expand", "expand_as", "broadcast_to"};
  // Rows that have only small inputs so far. The list only shrinks.
  const std::set<std::string> small = {
      "addbmm",       "bilinear",           "cartesian_prod",
      "combinations", "gru_cell",           "linalg_tensorinv",
      "lstm_cell",    "multi_margin_loss",  "multilabel_margin_loss",
      "pdist",        "linalg_tensorsolve", "rnn_relu_cell",
      "rnn_tanh_cell"};
  std::set<std::string> missing, found;
  for (const OpInfo& op : op_table()) (large_inputs(op).empty() ? missing : found).insert(op.name);
  for (const std::string& name : missing) {
    if (is_factorization(name)) continue;
    EXPECT_TRUE(found.count(name) + without.count(name) + small.count(name) > 0)
        << name << " needs inputs for OpInfo::large";
  }
}

TEST(OpTableCoverage, EveryFormIsInARow) {
  std::set<std::string> in_place, out;
  for (const OpInfo& op : op_table()) {
    if (op.in_place) in_place.insert(op.name);
    if (op.out) out.insert(op.name);
  }
  const std::set<std::string> declared = declared_ops(), others = tested_forms();
  for (const std::string& name : declared) {
    if (others.count(name) > 0) continue;
    if (name.ends_with("_out")) {
      EXPECT_EQ(out.count(name.substr(0, name.size() - 4)), 1u) << name << ": no row has its out";
    } else if (is_form_of_another(name, declared)) {
      EXPECT_EQ(in_place.count(name.substr(0, name.size() - 1)) + in_place.count(name), 1u)
          << name << ": no row has its in_place";
    }
  }
}

}  // namespace
}  // namespace gradus::test
