#include "tests/nn/layers_golden.h"

namespace gradus::test {

std::vector<LayerCase> convolution_cases() {
  using nn::Conv1d;
  using nn::Conv1dOptions;
  using nn::Conv2d;
  using nn::Conv2dOptions;
  using nn::Conv3d;
  using nn::Conv3dOptions;
  using nn::ConvTranspose1d;
  using nn::ConvTranspose1dOptions;
  using nn::ConvTranspose2d;
  using nn::ConvTranspose2dOptions;
  using nn::ConvTranspose3d;
  using nn::ConvTranspose3dOptions;
  std::vector<LayerCase> cases = {
      layer_case("conv1d", Conv1d(Conv1dOptions(2, 3, 3).stride(2).padding(1))),
      layer_case("conv3d", Conv3d(Conv3dOptions(2, 2, {1, 2, 2}).padding({0, 1, 1}))),
      layer_case("conv2d_same",
                 Conv2d(Conv2dOptions(2, 2, {2, 3}).padding(kSame).dilation({1, 2}))),
      layer_case("conv1d_unbatched", Conv1d(Conv1dOptions(2, 2, 2).bias(false))),
      layer_case("conv3d_replicate",
                 Conv3d(Conv3dOptions(1, 1, 2).padding(1).padding_mode(kReplicate))),
      layer_case(
          "conv_transpose1d",
          ConvTranspose1d(ConvTranspose1dOptions(2, 3, 3).stride(2).padding(1).output_padding(1))),
      layer_case("conv_transpose2d", ConvTranspose2d(ConvTranspose2dOptions(4, 2, {3, 2})
                                                         .stride({2, 1})
                                                         .padding({1, 0})
                                                         .groups(2)
                                                         .dilation({1, 2}))),
      layer_case("conv_transpose2d_size",
                 ConvTranspose2d(ConvTranspose2dOptions(2, 2, 3).stride(3).bias(false))),
      layer_case("conv_transpose2d_output_size",
                 ConvTranspose2d(ConvTranspose2dOptions(2, 2, 3).stride(3)),
                 [](nn::ConvTranspose2dImpl& m, const std::vector<Tensor>& x) {
                   return std::vector<Tensor>{m.forward(x[0], IntArrayRef({8, 9}))};
                 }),
      layer_case("conv_transpose2d_dilated",
                 ConvTranspose2d(ConvTranspose2dOptions(1, 1, 2).dilation(3).output_padding(2))),
      layer_case("conv_transpose3d",
                 ConvTranspose3d(ConvTranspose3dOptions(2, 2, 2).stride(2).padding(1))),
  };
  const auto add = [&](const std::string& mode, const nn::ConvPaddingMode& value) {
    cases.push_back(layer_case("conv2d_" + mode,
                               Conv2d(Conv2dOptions(2, 2, 3).padding({2, 1}).padding_mode(value))));
    cases.push_back(layer_case("conv1d_same_" + mode,
                               Conv1d(Conv1dOptions(1, 2, 4).padding(kSame).padding_mode(value))));
  };
  add("reflect", kReflect);
  add("replicate", kReplicate);
  add("circular", kCircular);
  return cases;
}

}  // namespace gradus::test
