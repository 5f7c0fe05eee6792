#include "tests/autograd/op_table/op_fixture.h"

#include <algorithm>

namespace gradus::test {

std::string name_of_row(const testing::TestParamInfo<size_t>& info) {
  return op_table()[info.param].name + "_" + std::to_string(info.param);
}

std::vector<Tensor> leaves(const std::vector<Tensor>& inputs) {
  std::vector<Tensor> copies;
  for (const Tensor& input : inputs) {
    if (!input.defined() || !input.is_floating_point()) {
      copies.push_back(input);
      continue;
    }
    if (input.is_sparse()) {
      copies.push_back(input.detach().clone().requires_grad_());
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

std::vector<Tensor> cast(const std::vector<Tensor>& inputs, ScalarType dtype) {
  std::vector<Tensor> result;
  for (const Tensor& x : inputs)
    result.push_back(x.defined() && x.is_floating_point() ? x.to(dtype) : x);
  return result;
}

bool same_bits(const Tensor& a, const Tensor& b) {
  if (a.defined() != b.defined()) return false;
  if (!a.defined()) return true;
  if (a.sizes() != b.sizes() || a.dtype() != b.dtype()) return false;
  const Tensor x = a.detach().to_dense().contiguous(), y = b.detach().to_dense().contiguous();
  return x.numel() == 0 || std::memcmp(x.data_ptr(), y.data_ptr(), x.nbytes()) == 0;
}

std::vector<Tensor> gradients(const std::vector<Tensor>& results,
                              const std::vector<Tensor>& inputs) {
  std::vector<Tensor> outputs, seeds, wanted;
  for (const Tensor& y : results) {
    if (!y.requires_grad()) continue;
    outputs.push_back(y);
    seeds.push_back((rand(y.sizes(), Generator(99), kFloat) - 0.5).to(y.dtype()));
  }
  for (const Tensor& x : inputs) {
    if (x.defined() && x.requires_grad()) wanted.push_back(x);
  }
  if (outputs.empty() || wanted.empty()) return {};
  return autograd::grad(outputs, wanted, seeds, false, false, /*allow_unused=*/true);
}

Outcome run(const OpInfo& op, const std::vector<Tensor>& inputs) {
  const std::vector<Tensor> arguments = leaves(inputs), results = op.function(arguments);
  return {results, gradients(results, arguments)};
}

testing::AssertionResult close(const Tensor& a, const Tensor& b, double rtol, double atol) {
  if (a.defined() != b.defined()) return testing::AssertionFailure() << "one is undefined";
  if (!a.defined()) return testing::AssertionSuccess();
  if (a.sizes() != b.sizes()) {
    return testing::AssertionFailure()
           << fmt::format("shape {} instead of {}", a.sizes(), b.sizes());
  }
  const Tensor x = a.detach().to(kDouble), y = b.detach().to(kDouble);
  if (x.allclose(y, rtol, atol, /*equal_nan=*/true)) return testing::AssertionSuccess();
  return testing::AssertionFailure() << a << "\ninstead of\n" << b;
}

}  // namespace gradus::test
