#pragma once

// The one place that knows which library a step is compiled against; everything else in this
// folder is written once, in libtorch's spelling.

#include <string>
#include <vector>

#ifdef GRADUS_STEPS_LIBTORCH
#include <torch/torch.h>
#define GRADUS_STEPS_MODULE(Name) TORCH_MODULE(Name)
#else
#include <gradus/gradus.h>
namespace torch = gradus;
#define GRADUS_STEPS_MODULE(Name) GRADUS_MODULE(Name)
#endif

namespace steps {

/// Each library's own file format.
inline void save_tensors(const std::vector<torch::Tensor>& tensors, const std::string& path) {
#ifdef GRADUS_STEPS_LIBTORCH
  torch::save(tensors, path);
#else
  gradus::OrderedDict<std::string, gradus::Tensor> named;
  for (const gradus::Tensor& x : tensors) named.insert(std::to_string(named.size()), x);
  gradus::save_safetensors(named, path);
#endif
}

inline std::vector<torch::Tensor> load_tensors(const std::string& path) {
#ifdef GRADUS_STEPS_LIBTORCH
  std::vector<torch::Tensor> tensors;
  torch::load(tensors, path);
  return tensors;
#else
  return gradus::load_safetensors(path).values();
#endif
}

}  // namespace steps
