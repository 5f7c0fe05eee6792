#pragma once

// The one place that knows which library a step is compiled against; everything else in this
// folder is written once, in libtorch's spelling.

#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
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

/// Attention of [B, heads, T, E] to what came before, as each library's users write it.
inline torch::Tensor causal_attention(const torch::Tensor& q, const torch::Tensor& k,
                                      const torch::Tensor& v) {
#ifdef GRADUS_STEPS_LIBTORCH
  const int64_t length = q.size(-2);
  const auto later = torch::ones({length, length}, torch::kBool).triu(1);
  auto scores = torch::matmul(q, k.transpose(-2, -1)) / std::sqrt(static_cast<double>(q.size(-1)));
  return torch::matmul(torch::softmax(scores.masked_fill(later, -INFINITY), -1), v);
#else
  return torch::nn::functional::scaled_dot_product_attention(q, k, v, {}, 0, /*is_causal=*/true);
#endif
}

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

/// Shifts images [1, 28, 28] of bytes by up to two pixels and flips half of them, as
/// RandomCrop(28, padding=2) and RandomHorizontalFlip do. libtorch's frontend has no such
/// transforms, so its users write them.
#ifdef GRADUS_STEPS_LIBTORCH
struct CropAndFlip : torch::data::transforms::TensorTransform<> {
  torch::Tensor operator()(torch::Tensor image) override {
    const torch::Tensor drawn = torch::randint(5, {3});
    const int64_t* draw = drawn.data_ptr<int64_t>();
    image =
        torch::constant_pad_nd(image, {2, 2, 2, 2}).narrow(1, draw[0], 28).narrow(2, draw[1], 28);
    return torch::rand({1}).item<float>() < 0.5F ? image.flip(2) : image;
  }
};
template <class Dataset>
auto cropped_and_flipped(Dataset dataset) {
  return std::move(dataset).map(CropAndFlip());
}
#else
template <class Dataset>
auto cropped_and_flipped(Dataset dataset) {
  return std::move(dataset)
      .map(gradus::data::transforms::RandomCrop<>(28, /*padding=*/2))
      .map(gradus::data::transforms::RandomHorizontalFlip<>());
}
#endif

}  // namespace steps
