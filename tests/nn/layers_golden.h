#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gradus/gradus.h>

namespace gradus::test {

/// A case of tests/goldens/layers.safetensors: what to call with its inputs, and the module whose
/// weights it has (null for a function).
struct LayerCase {
  using Tensors = std::vector<Tensor>;

  std::string name;
  std::shared_ptr<nn::Module> module;
  std::function<Tensors(const Tensors&)> forward;
};

std::vector<LayerCase> convolution_cases();
std::vector<LayerCase> recurrent_cases();
std::vector<LayerCase> attention_cases();
std::vector<LayerCase> pooling_cases();
std::vector<LayerCase> vision_cases();
std::vector<LayerCase> ctc_cases();

/// A module that is called with all inputs.
template <class M>
LayerCase layer_case(std::string name, nn::ModuleHolder<M> holder) {
  const std::shared_ptr<M> module = holder.ptr();
  return {std::move(name), module, [module](const std::vector<Tensor>& x) -> std::vector<Tensor> {
            return {module->forward(x[0])};
          }};
}

/// A module that is called as `call(module, inputs)`.
template <class M, class F>
LayerCase layer_case(std::string name, nn::ModuleHolder<M> holder, F call) {
  const std::shared_ptr<M> module = holder.ptr();
  return {std::move(name), module,
          [module, call](const std::vector<Tensor>& x) { return call(*module, x); }};
}

}  // namespace gradus::test
