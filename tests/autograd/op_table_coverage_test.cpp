// Every op that is declared has a row in the table, or stands in the list of those that still need
// one.

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include <gtest/gtest.h>

#include "tests/autograd/op_table/op_info.h"

namespace gradus::test {
namespace {

// Tested by tests of their own, without a row so far. The list only shrinks: a new op comes with
// its row.
const std::set<std::string> kWithoutRow = {

    "addmv",
    "all",
    "allclose",
    "aminmax",
    "argmin",
    "argwhere",
    "as_strided_scatter",
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "baddbmm",

    "bernoulli",
    "bitwise_and",
    "bitwise_not",
    "bitwise_or",
    "bitwise_xor",
    "block_diag",
    "broadcast_tensors",
    "broadcast_to",
    "cauchy_",
    "column_stack",
    "concat",
    "contiguous",
    "copy_",
    "copysign",
    "count_nonzero",
    "deg2rad",
    "diag",
    "diag_embed",
    "diagflat",
    "digamma",
    "dropout",
    "dsplit",
    "dstack",
    "eq",
    "equal",
    "expand_as",
    "exponential_",
    "fill_",
    "fliplr",
    "flipud",
    "floor_divide",
    "fmod",
    "gcd",
    "ge",
    "geometric_",
    "ger",
    "glu",
    "group_norm",
    "gt",
    "heaviside",
    "hsplit",
    "hstack",
    "index_copy",
    "index_fill",
    "index_put",
    "instance_norm",
    "isclose",
    "isfinite",
    "isinf",
    "isnan",
    "isneginf",
    "isposinf",
    "kl_div",
    "lcm",
    "le",

    "lgamma",
    "linalg_vector_norm",

    "log_normal_",
    "log_sigmoid",
    "logaddexp2",
    "logical_and",
    "logical_not",
    "logical_or",
    "logical_xor",
    "logit",
    "lt",
    "masked_scatter",
    "max_pool2d_with_indices",
    "meshgrid",
    "moveaxis",
    "movedim",
    "multinomial",
    "nan_to_num",
    "nanmean",
    "nansum",
    "ne",

    "nonzero",
    "nonzero_numpy",
    "normal",
    "one_hot",
    "poisson",
    "polygamma",
    "prelu",
    "rad2deg",
    "random_",
    "ravel",
    "remainder",
    "repeat_interleave",
    "reshape_as",
    "restride",
    "rms_norm",
    "rot90",
    "row_stack",
    "rsub",
    "sigmoid_backward",
    "signbit",
    "sinc",
    "split_with_sizes",
    "std_mean",
    "sum_to_size",
    "swapaxes",
    "swapdims",
    "t",
    "take",
    "take_along_dim",
    "tanh_backward",
    "tensor_split",
    "threshold_backward",
    "tile",
    "to",
    "tril_indices",
    "triu_indices",
    "unflatten",
    "uniform_",
    "var_mean",
    "vdot",
    "view_as",
    "vsplit",
    "vstack",
    "xlogy",
    "zero_",
};

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

TEST(OpTableCoverage, TheListOfThoseWithoutARowOnlyShrinks) {
  const std::set<std::string> declared = declared_ops();
  for (const OpInfo& op : op_table())
    EXPECT_EQ(kWithoutRow.count(op.name), 0u) << op.name << " has a row now";
  for (const std::string& name : kWithoutRow)
    EXPECT_EQ(declared.count(name), 1u) << name << " is not declared any more";
}

}  // namespace
}  // namespace gradus::test
