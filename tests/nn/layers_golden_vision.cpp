#include "tests/nn/layers_golden.h"

namespace gradus::test {

namespace {

using Tensors = std::vector<Tensor>;
namespace F = nn::functional;

Tensors both(const std::tuple<Tensor, Tensor>& x) {
  return {std::get<0>(x), std::get<1>(x)};
}

// The cases that all ranks of pooling have.
template <class MaxPool, class AvgPool, class AdaptiveAvgPool, class AdaptiveMaxPool, class LPPool,
          class MaxUnpool, size_t D>
void add_pools(std::vector<LayerCase>& cases, std::vector<int64_t> spatial) {
  const std::string d = std::to_string(D) + "d";
  const auto indexed = [](auto& m, const Tensors& x) { return both(m.forward_with_indices(x[0])); };
  cases.push_back(layer_case(
      "max_pool" + d, MaxPool(nn::MaxPoolOptions<D>(3).stride(2).padding(1).ceil_mode(true))));
  cases.push_back(layer_case("max_pool" + d + "_dilated",
                             MaxPool(nn::MaxPoolOptions<D>(2).stride(1).dilation(2)), indexed));
  cases.push_back(layer_case(
      "avg_pool" + d, AvgPool(nn::AvgPoolOptions<D>(3).stride(2).padding(1).ceil_mode(true))));
  cases.push_back(
      layer_case("avg_pool" + d + "_inner",
                 AvgPool(nn::AvgPoolOptions<D>(2).stride(2).padding(1).count_include_pad(false))));
  cases.push_back(layer_case("adaptive_avg_pool" + d, AdaptiveAvgPool(3)));
  cases.push_back(layer_case("adaptive_max_pool" + d, AdaptiveMaxPool(3), indexed));
  cases.push_back(layer_case("lp_pool" + d, LPPool(nn::LPPoolOptions<D>(3, 2).stride(2))));
  cases.push_back(layer_case("max_unpool" + d, MaxUnpool(2), [](auto& m, const Tensors& x) {
    return Tensors{m.forward(x[0], x[1])};
  }));
  cases.push_back(layer_case(
      "max_unpool" + d + "_size", MaxUnpool(2),
      [spatial](auto& m, const Tensors& x) { return Tensors{m.forward(x[0], x[1], spatial)}; }));
}

LayerCase function(std::string name, std::function<Tensor(const Tensors&)> f) {
  return {std::move(name), nullptr, [f](const Tensors& x) { return Tensors{f(x)}; }};
}

}  // namespace

std::vector<LayerCase> pooling_cases() {
  std::vector<LayerCase> cases;
  add_pools<nn::MaxPool1d, nn::AvgPool1d, nn::AdaptiveAvgPool1d, nn::AdaptiveMaxPool1d,
            nn::LPPool1d, nn::MaxUnpool1d, 1>(cases, {7});
  add_pools<nn::MaxPool2d, nn::AvgPool2d, nn::AdaptiveAvgPool2d, nn::AdaptiveMaxPool2d,
            nn::LPPool2d, nn::MaxUnpool2d, 2>(cases, {7, 6});
  add_pools<nn::MaxPool3d, nn::AvgPool3d, nn::AdaptiveAvgPool3d, nn::AdaptiveMaxPool3d,
            nn::LPPool3d, nn::MaxUnpool3d, 3>(cases, {5, 4, 6});
  cases.push_back(layer_case(
      "avg_pool3d_divisor",
      nn::AvgPool3d(nn::AvgPool3dOptions({1, 2, 2}).stride({2, 1, 2}).divisor_override(3))));
  cases.push_back(layer_case("max_pool1d_unbatched", nn::MaxPool1d(2)));
  cases.push_back({"fractional_max_pool2d", nullptr, [](const Tensors& x) {
                     return both(F::fractional_max_pool2d_with_indices(
                         x[0], F::FractionalMaxPool2dFuncOptions(2)
                                   .output_size(ExpandingArray<2>({3, 2}))
                                   ._random_samples(x[1])));
                   }});
  cases.push_back({"fractional_max_pool3d", nullptr, [](const Tensors& x) {
                     return both(F::fractional_max_pool3d_with_indices(
                         x[0], F::FractionalMaxPool3dFuncOptions(2)
                                   .output_size(ExpandingArray<3>({2, 3, 2}))
                                   ._random_samples(x[1])));
                   }});
  return cases;
}

std::vector<LayerCase> vision_cases() {
  using Options = F::InterpolateFuncOptions;
  std::vector<LayerCase> cases;
  const auto interpolate = [&](const std::string& key, size_t rank, const Options::mode_t& mode,
                               bool has_corners) {
    const std::string name = "interpolate_" + key + std::to_string(rank);
    std::vector<int64_t> size{7, 2, 5};
    size.resize(rank - 2);
    const auto add = [&](const std::string& suffix, const Options& options) {
      cases.push_back(function(
          name + suffix, [options](const Tensors& x) { return F::interpolate(x[0], options); }));
    };
    add("", Options().mode(mode).size(size));
    const Options scaled = Options().mode(mode).scale_factor(std::vector<double>{1.6});
    add("_scale", scaled);
    if (!has_corners) return;
    add("_corners", Options().mode(mode).size(size).align_corners(true));
    add("_recompute", Options(scaled).recompute_scale_factor(true));
  };
  interpolate("nearest", 3, kNearest, false);
  interpolate("nearest", 4, kNearest, false);
  interpolate("nearest", 5, kNearest, false);
  interpolate("nearest_exact", 4, kNearestExact, false);
  interpolate("linear", 3, kLinear, true);
  interpolate("bilinear", 4, kBilinear, true);
  interpolate("bicubic", 4, kBicubic, true);
  interpolate("trilinear", 5, kTrilinear, true);
  interpolate("area", 4, kArea, false);

  const F::GridSampleFuncOptions::mode_t modes[] = {kBilinear, kNearest, kBicubic};
  const char* const mode_names[] = {"bilinear", "nearest", "bicubic"};
  const F::GridSampleFuncOptions::padding_mode_t paddings[] = {kZeros, kBorder, kReflection};
  const char* const padding_names[] = {"zeros", "border", "reflection"};
  for (size_t mode = 0; mode < 3; ++mode) {
    for (size_t padding = 0; padding < 3; ++padding) {
      const std::string key = std::string(mode_names[mode]) + "_" + padding_names[padding];
      const auto options =
          F::GridSampleFuncOptions().mode(modes[mode]).padding_mode(paddings[padding]);
      for (bool corners : {false, true}) {
        cases.push_back(function(
            "grid_sample_" + key + (corners ? "_1" : "_0"), [options, corners](const Tensors& x) {
              return F::grid_sample(x[0], x[1],
                                    F::GridSampleFuncOptions(options).align_corners(corners));
            }));
      }
      if (mode == 2) continue;
      cases.push_back(function("grid_sample3d_" + key, [options](const Tensors& x) {
        return F::grid_sample(x[0], x[1], options);
      }));
    }
  }
  cases.push_back(function("affine_grid", [](const Tensors& x) {
    return F::affine_grid(x[0], {2, 1, 3, 4});
  }));
  cases.push_back(function("affine_grid_corners", [](const Tensors& x) {
    return F::affine_grid(x[0], {2, 1, 3, 4}, /*align_corners=*/true);
  }));
  cases.push_back(function("affine_grid3d", [](const Tensors& x) {
    return F::affine_grid(x[0], {1, 1, 2, 3, 2});
  }));
  cases.push_back(layer_case(
      "unfold", nn::Unfold(nn::UnfoldOptions({2, 3}).dilation({2, 1}).padding(1).stride({1, 2}))));
  cases.push_back(layer_case(
      "fold",
      nn::Fold(nn::FoldOptions({4, 5}, {2, 3}).dilation({2, 1}).padding(1).stride({1, 2}))));
  return cases;
}

}  // namespace gradus::test
