// core/io/pt_to_safetensors.py on files that PyTorch writes, where Python has it; python.torch in
// ctest says where not.

#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gradus/core/factory.h>
#include <gradus/core/io/safetensors.h>
#include <gradus/nn/nn.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/scratch_folder.h"

namespace {

using gradus::load_safetensors;
using gradus::Tensor;
using gradus::test::read_all;
using gradus::test::ScratchFolder;
using gradus::test::write_all;
using testing::HasSubstr;
namespace nn = gradus::nn;

const char* const kMakeFiles = R"(
import os, sys
from collections import OrderedDict
import torch
from torch import nn
os.chdir(sys.argv[1])

def numbered(*shape, dtype=torch.float32):
    return torch.arange(torch.Size(shape).numel()).reshape(shape).to(dtype)

torch.save({'a': numbered(2, 3), 'b': numbered(4, dtype=torch.bfloat16), 'c': numbered(3, dtype=torch.int64),
            'd': numbered(2, dtype=torch.bool), 'e': numbered(2, 3).t(), 'f': numbered(6)[2:4],
            'g': torch.zeros(0, 3), 'h': torch.tensor(2.5, dtype=torch.float64), 'i': numbered(3, dtype=torch.float16)},
           'plain.pt')

net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Linear(4, 3))
with torch.no_grad():
    for i, p in enumerate(net.parameters()):
        p.copy_(numbered(*p.shape) + i)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
net(torch.ones(2, 1, 6, 6)).sum().backward()
optimizer.step()
with torch.no_grad():
    for i, p in enumerate(net.parameters()):
        p.copy_(numbered(*p.shape) + i)
state = OrderedDict(('module.' + name, x) for name, x in net.state_dict().items())
torch.save({'model': state, 'optimizer': optimizer.state_dict(), 'epoch': 7, 'note': 'hello', 'lr': 0.125,
            'nothing': None}, 'checkpoint.pt')

tied = numbered(3, 2)
torch.save({'encoder.weight': tied, 'decoder.weight': tied}, 'tied.pt')
torch.save({'old': {'style.gamma': numbered(2), 'style.beta': numbered(2) + 5}}, 'nested.pt')
torch.save({'a': numbered(2).to_sparse()}, 'sparse.pt')
torch.save({'a': numbered(2).to(torch.complex64)}, 'complex.pt')
torch.save({'a': 'text'}, 'no_tensors.pt')
torch.save(net, 'whole_module.pt')
torch.save({'x.a': numbered(2), 'y.a': numbered(2)}, 'same.pt')
open('garbage.pt', 'wb').write(bytes(range(200)))

# Runs the script on each line "NAME ARGUMENTS" of `calls`, in this process since importing torch takes seconds;
# leaves NUMBER.safetensors, and NUMBER.log with what it printed or NUMBER.failed with that and why it ended.
import contextlib, io, runpy, shlex
for number, line in enumerate(open('calls').read().splitlines()):
    name, *arguments = shlex.split(line)
    sys.argv = ['pt_to_safetensors.py', name + '.pt', f'{number}.safetensors'] + arguments
    printed, ending = io.StringIO(), 'log'
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        try:
            runpy.run_path(SCRIPT, run_name='__main__')
        except SystemExit as end:
            ending = 'failed'
            printed.write(str(end.code))
    open(f'{number}.{ending}', 'w').write(printed.getvalue())
)";

// What the script made of one .pt file.
struct Conversion {
  bool succeeded;
  std::string message;
  gradus::OrderedDict<std::string, Tensor> tensors;
};

// One Python for all calls of the script, "NAME ARGUMENTS".
std::vector<Conversion> convert(const std::vector<std::string>& calls) {
  ScratchFolder folder;
  std::string lines;
  for (const std::string& call : calls) lines += call + "\n";
  write_all(folder / "calls", lines);
  write_all(folder / "make.py", "SCRIPT = '" GRADUS_SOURCE_DIR "/core/io/pt_to_safetensors.py'" +
                                    std::string(kMakeFiles));
  EXPECT_EQ(std::system(("python3 " + (folder / "make.py") + " " + folder.path()).c_str()), 0);
  std::vector<Conversion> results;
  for (size_t i = 0; i < calls.size(); ++i) {
    const std::string path = folder / std::to_string(i);
    const bool succeeded = ::access((path + ".log").c_str(), F_OK) == 0;
    const bool written = ::access((path + ".safetensors").c_str(), F_OK) == 0;
    EXPECT_EQ(succeeded, written) << calls[i];
    results.push_back({succeeded, read_all(path + (succeeded ? ".log" : ".failed")),
                       written ? load_safetensors(path + ".safetensors", /*mapped=*/false)
                               : gradus::OrderedDict<std::string, Tensor>()});
  }
  return results;
}

TEST(PtToSafetensors, FilesOfPyTorch) {
  // Found, not imported: that takes seconds.
  if (std::system("python3 -c 'import importlib.util as u; exit(u.find_spec(\"torch\") is None)' "
                  "2>/dev/null") != 0) {
    GTEST_SKIP() << "SKIPPED: python3 has no torch";
  }
  const std::pair<const char*, const char*> refused[] = {
      {"sparse", "'a' is torch.sparse_coo, which safetensors files cannot hold"},
      {"complex", "'a' is of torch.complex64, which gradus does not have"},
      {"no_tensors", "holds no tensors"},
      {"whole_module", "is not a file of weights alone"},
      {"garbage", "is not a file of weights alone"},
      {"missing", "cannot read"},
      {"same --rename '^..' ''", "two entries are called 'a'"},
      {"nested --key new", "has no entry 'new'; there is old"},
  };
  std::vector<std::string> calls = {
      "plain", "checkpoint --key model --rename '^module\\.' ''",           "checkpoint",
      "tied",  "nested --key old --rename gamma weight --rename beta bias",
  };
  const size_t good = calls.size();
  for (const auto& [call, text] : refused) calls.push_back(call);
  const std::vector<Conversion> results = convert(calls);
  for (size_t i = 0; i < calls.size(); ++i)
    ASSERT_EQ(results[i].succeeded, i < good) << calls[i] << ": " << results[i].message;

  const auto& plain = results[0].tensors;
  EXPECT_EQ(plain.size(), 9u);
  const Tensor matrix = gradus::arange(6.0).view({2, 3});
  EXPECT_TRUE(plain["a"].equal(matrix));
  EXPECT_TRUE(plain["b"].equal(gradus::arange(4, gradus::kBFloat16)));
  EXPECT_TRUE(plain["c"].equal(gradus::arange(3)));
  EXPECT_TRUE(plain["d"].equal(gradus::tensor({false, true})));
  EXPECT_TRUE(plain["e"].equal(matrix.t()));
  EXPECT_TRUE(plain["f"].equal(gradus::tensor({2.0f, 3.0f})));
  EXPECT_EQ(plain["g"].sizes(), gradus::IntArrayRef({0, 3}));
  EXPECT_EQ(plain["h"].dim(), 0);
  EXPECT_EQ(plain["h"].item<double>(), 2.5);
  EXPECT_EQ(plain["i"].dtype(), gradus::kHalf);

  // A model out of a training checkpoint, under the names that gradus gives the same model.
  nn::Sequential net(nn::Conv2d(1, 2, 3), nn::BatchNorm2d(2), nn::Linear(4, 3));
  net->load_state_dict(results[1].tensors);
  EXPECT_TRUE(net->named_parameters()["0.weight"].equal(gradus::arange(18.0).view({2, 1, 3, 3})));
  EXPECT_TRUE(net->named_parameters()["2.bias"].equal(gradus::arange(3.0) + 5));
  EXPECT_EQ(net->named_buffers()["1.num_batches_tracked"].item<int64_t>(), 1);

  // All of it: numbers become tensors, what is neither is named.
  EXPECT_THAT(results[2].message, HasSubstr("left out: 'note' is of type str"));
  EXPECT_THAT(results[2].message, HasSubstr("left out: 'nothing' is of type NoneType"));
  const auto& all = results[2].tensors;
  EXPECT_EQ(all["epoch"].item<int64_t>(), 7);
  EXPECT_EQ(all["lr"].item<double>(), 0.125);
  EXPECT_EQ(all["optimizer.state.0.momentum_buffer"].sizes(), gradus::IntArrayRef({2, 1, 3, 3}));
  EXPECT_EQ(all["optimizer.param_groups.0.momentum"].item<double>(), 0.9);

  const auto& tied = results[3].tensors;
  EXPECT_TRUE(tied["encoder.weight"].equal(tied["decoder.weight"]));
  const auto& nested = results[4].tensors;
  EXPECT_TRUE(nested["style.weight"].equal(gradus::arange(2.0)));
  EXPECT_TRUE(nested["style.bias"].equal(gradus::arange(2.0) + 5));

  for (size_t i = good; i < calls.size(); ++i) {
    EXPECT_THAT(results[i].message, HasSubstr(refused[i - good].second)) << calls[i];
  }
}

}  // namespace
