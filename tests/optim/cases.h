#pragma once

// What the tests of optimizers share: parameters of awkward shapes, gradients, and the table of all
// optimizers with their options.

#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gradus/core/factory.h>
#include <gradus/optim/optim.h>

namespace gradus::optim_test {

/// Numbers in [-1, 1) that depend on the seed and on the index.
inline double noise(uint64_t seed, int64_t i) {
  uint64_t x = seed * 0x9E3779B97F4A7C15u + static_cast<uint64_t>(i) * 0xBF58476D1CE4E5B9u + 1;
  x ^= x >> 31;
  x *= 0x94D049BB133111EBu;
  x ^= x >> 29;
  return static_cast<double>(x >> 11) * 0x1p-52 - 1;
}

/// All elements in row-major order, as doubles.
inline std::vector<double> values(const Tensor& x) {
  const Tensor y = x.detach().to(kDouble).contiguous();
  return std::vector<double>(y.data_ptr<double>(), y.data_ptr<double>() + y.numel());
}

inline Tensor from_values(IntArrayRef sizes, ScalarType dtype, const std::vector<double>& data) {
  Tensor x = empty(sizes, kDouble);
  if (!data.empty()) std::memcpy(x.data_ptr(), data.data(), data.size() * sizeof(double));
  return x.to(dtype);
}

inline Tensor noise_tensor(IntArrayRef sizes, ScalarType dtype, uint64_t seed) {
  Tensor x = empty(sizes, kDouble);
  for (int64_t i = 0; i < x.numel(); ++i) x.data_ptr<double>()[i] = noise(seed, i);
  return x.to(dtype);
}

/// Whether shape, dtype and every bit are equal.
inline bool same_bits(const Tensor& a, const Tensor& b) {
  if (a.defined() != b.defined()) return false;
  if (!a.defined()) return true;
  if (a.sizes() != b.sizes() || a.dtype() != b.dtype()) return false;
  const Tensor x = a.detach().contiguous(), y = b.detach().contiguous();
  return x.numel() == 0 || std::memcmp(x.data_ptr(), y.data_ptr(), x.nbytes()) == 0;
}

inline bool same_bits(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (!same_bits(a[i], b[i])) return false;
  }
  return true;
}

inline bool same_bits(const StateDict& a, const StateDict& b) {
  return a.keys() == b.keys() && same_bits(a.values(), b.values());
}

/// A copy that later steps do not change.
inline StateDict snapshot(const StateDict& state) {
  StateDict copy;
  for (const auto& item : state) copy.insert(item.key(), item.value().clone());
  return copy;
}

/// Leaves of many kinds: matrix, vector, 0-d, empty, larger than a chunk, transposed, with gaps.
inline std::vector<Tensor> make_parameters(ScalarType dtype, uint64_t seed = 1) {
  std::vector<Tensor> params = {
      noise_tensor({3, 4}, dtype, seed),
      noise_tensor({5}, dtype, seed + 1),
      noise_tensor({}, dtype, seed + 2),
      empty({0, 3}, dtype),
      noise_tensor({40001}, dtype, seed + 3),
      noise_tensor({6, 7}, dtype, seed + 4).t(),
      noise_tensor({9, 10}, dtype, seed + 5).slice(1, 0, 10, 2),
  };
  for (Tensor& param : params) param = param.detach().requires_grad_();
  return params;
}

/// Sets gradients that depend on the parameter and on the step. Those at odd places lie in memory
/// otherwise than the parameter; every third one is missing when the step is divisible by 3.
inline void set_gradients(const std::vector<Tensor>& params, int64_t step, double sign = 1) {
  for (size_t k = 0; k < params.size(); ++k) {
    Tensor param = params[k];
    if (k % 3 == 2 && step % 3 == 0) {
      param.mutable_grad() = Tensor();
      continue;
    }
    std::vector<double> g = values(param);
    for (size_t i = 0; i < g.size(); ++i) {
      g[i] = sign * (0.3 * g[i] + noise(100 + k, static_cast<int64_t>(i) + 7 * step));
    }
    Tensor grad = from_values(param.sizes(), param.dtype(), g);
    if (k % 2 == 1 && param.dim() == 2) grad = grad.t().contiguous().t();
    param.mutable_grad() = grad;
  }
}

/// What the tests change of an optimizer's settings.
struct Tweaks {
  double lr = 0.05;
  double weight_decay = 0.01;
  bool maximize = false;
};

struct OptimizerCase {
  std::string name;
  std::function<std::unique_ptr<optim::Optimizer>(const std::vector<optim::OptimizerParamGroup>&,
                                                  const Tweaks&)>
      make;
  bool has_lr = true;  // whether lr = 0 means that nothing changes
  // Whether the rule is made of tensor ops, which allocate, with sums over all elements, whose last
  // bit depends on how the parameter lies in memory.
  bool composed = false;
  bool first_step_moves = true;  // whether the first step changes parameters
  bool rows = false;             // takes row-sparse gradients only, so none of a number

  std::unique_ptr<optim::Optimizer> operator()(const std::vector<Tensor>& params,
                                               const Tweaks& tweaks = {}) const {
    return make({optim::OptimizerParamGroup(params)}, tweaks);
  }
};

/// Every optimizer with every option: in cases.cpp.
const std::vector<OptimizerCase>& optimizer_cases();

}  // namespace gradus::optim_test
