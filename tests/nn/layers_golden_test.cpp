// Layers against what PyTorch computed: see tests/goldens/generate_layers.py.

#include "tests/nn/layers_golden.h"

#include <set>

#include <gtest/gtest.h>

#include "tests/goldens.h"

namespace gradus::test {
namespace {

using Tensors = std::vector<Tensor>;

const auto& file() {
  static const auto* const tensors = new auto(goldens::load("layers"));
  return *tensors;
}

std::vector<LayerCase> all_cases() {
  std::vector<LayerCase> cases;
  for (auto* family : {&convolution_cases, &recurrent_cases, &attention_cases, &pooling_cases,
                       &vision_cases, &ctc_cases}) {
    for (LayerCase& layer : family()) cases.push_back(std::move(layer));
  }
  return cases;
}

// NAME/KIND.0, NAME/KIND.1, ...
Tensors listed(const std::string& prefix) {
  Tensors found;
  while (file().contains(prefix + std::to_string(found.size())))
    found.push_back(file()[prefix + std::to_string(found.size())]);
  return found;
}

void check(const LayerCase& layer, ScalarType dtype, double tolerance) {
  SCOPED_TRACE(layer.name + (dtype == kDouble ? " float64" : " float32"));
  const auto close = [&](const Tensor& actual, const Tensor& expected, const std::string& what) {
    const double scale = expected.numel() > 0 ? expected.to(kDouble).abs().max().item<double>() : 0;
    EXPECT_TRUE(
        goldens::close(actual.defined() && actual.is_floating_point() ? actual.to(kDouble) : actual,
                       expected, 0, tolerance * scale + 1e-12))
        << what;
  };
  const std::string name = layer.name + "/";
  if (layer.module) {
    layer.module->to(dtype);
    layer.module->zero_grad();
    size_t weights = 0;
    NoGradGuard no_grad;
    for (auto& item : layer.module->named_parameters()) {
      if (!item.value().defined()) continue;
      ASSERT_TRUE(file().contains(name + "w." + item.key())) << item.key();
      item.value().copy_(file()[name + "w." + item.key()]);
      ++weights;
    }
    for (const auto& item : file()) {
      if (item.key().rfind(name + "w.", 0) == 0) --weights;
    }
    EXPECT_EQ(weights, 0u) << "PyTorch has other weights";
  }
  Tensors inputs = listed(name + "in.");
  ASSERT_FALSE(inputs.empty()) << "no such case";
  for (Tensor& x : inputs) {
    if (x.is_floating_point()) x = x.to(dtype).clone().requires_grad_();
  }
  const Tensors outputs = layer.forward(inputs), expected = listed(name + "out.");
  ASSERT_EQ(outputs.size(), expected.size());
  Tensor loss = zeros({}, dtype);
  for (size_t i = 0; i < outputs.size(); ++i) {
    close(outputs[i], expected[i], "out." + std::to_string(i));
    if (!outputs[i].defined() || !outputs[i].is_floating_point()) continue;
    const Tensor seed = arange(outputs[i].numel(), kDouble).cos().reshape(outputs[i].sizes());
    loss = loss + (outputs[i] * seed.to(dtype)).sum();
  }
  loss.backward();
  for (size_t i = 0; i < inputs.size(); ++i) {
    const std::string key = "grad.in." + std::to_string(i);
    if (file().contains(name + key)) close(inputs[i].grad(), file()[name + key], key);
  }
  if (!layer.module) return;
  for (auto& item : layer.module->named_parameters()) {
    const std::string key = "grad.w." + item.key();
    if (file().contains(name + key)) close(item.value().grad(), file()[name + key], key);
  }
}

TEST(LayersGolden, Float64) {
  for (const LayerCase& layer : all_cases()) check(layer, kDouble, 1e-11);
}

TEST(LayersGolden, Float32) {
  for (const LayerCase& layer : all_cases()) check(layer, kFloat, 2e-5);
}

// A clone computes the same.
TEST(LayersGolden, Clone) {
  for (const LayerCase& layer : all_cases()) {
    if (!layer.module) continue;
    SCOPED_TRACE(layer.name);
    const std::shared_ptr<nn::Module> copy = layer.module->clone();
    const auto a = layer.module->named_parameters(), b = copy->named_parameters();
    ASSERT_EQ(a.size(), b.size());
    for (const auto& item : a) {
      if (!item.value().defined()) continue;
      EXPECT_TRUE(item.value().equal(b[item.key()]));
      EXPECT_NE(item.value().data_ptr(), b[item.key()].data_ptr());
    }
  }
}

// No case of the file is left out.
TEST(LayersGolden, EveryCaseIsRead) {
  std::set<std::string> names;
  for (const LayerCase& layer : all_cases()) names.insert(layer.name);
  std::set<std::string> missing;
  for (const auto& item : file()) {
    const std::string name = item.key().substr(0, item.key().find('/'));
    if (names.count(name) == 0) missing.insert(name);
  }
  for (const std::string& name : missing) ADD_FAILURE() << name;
}

}  // namespace
}  // namespace gradus::test
