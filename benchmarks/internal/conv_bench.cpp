// The three passes of the convolutions of steps/images.cpp and of the demo's network.
#include <benchmark/benchmark.h>
#include <gradus/core/factory.h>
#include <gradus/core/parallel.h>

#include "core/kernels/conv.h"

namespace gradus::kernel {
namespace {

struct Layer {
  const char* name;
  DimVector x, w;
  int64_t stride, padding, groups;
};

const Layer kLayers[] = {
    {"16ch_3x3", {32, 16, 32, 32}, {16, 16, 3, 3}, 1, 1, 1},
    {"64ch_3x3", {32, 64, 8, 8}, {64, 64, 3, 3}, 1, 1, 1},
    {"7x7_stride2", {2, 3, 224, 224}, {64, 3, 7, 7}, 2, 3, 1},
    {"1x1", {4, 64, 56, 56}, {256, 64, 1, 1}, 1, 0, 1},
    {"depthwise", {4, 64, 56, 56}, {64, 1, 3, 3}, 1, 1, 64},
    {"first_1ch", {64, 1, 28, 28}, {32, 1, 3, 3}, 1, 1, 1},
    {"second_32ch", {64, 32, 14, 14}, {64, 32, 3, 3}, 1, 1, 1},
    {"image_batch1", {1, 32, 14, 14}, {64, 32, 3, 3}, 1, 1, 1},
    {"deep_512ch", {8, 512, 7, 7}, {512, 512, 3, 3}, 1, 1, 1},
    {"16ch_5x5", {32, 16, 14, 14}, {32, 16, 5, 5}, 1, 2, 1},
    {"64ch_5x5", {32, 64, 8, 8}, {64, 64, 5, 5}, 1, 2, 1},
    {"row_of_3", {16, 64, 512}, {64, 64, 3}, 1, 1, 1},
    {"row_of_5", {16, 32, 512}, {64, 32, 5}, 1, 2, 1},
    {"volume_16ch", {2, 16, 16, 16, 16}, {32, 16, 3, 3, 3}, 1, 1, 1},
    {"volume_64ch", {1, 64, 8, 28, 28}, {64, 64, 3, 3, 3}, 1, 1, 1},
};

enum Pass { kForward, kBackwardData, kBackwardWeights };

void pass(benchmark::State& state, const Layer& l, Pass which) {
  set_num_threads(static_cast<int>(state.range(0)));
  const size_t dims = l.x.size() - 2;
  const ConvGeometry g{DimVector(dims, l.stride), DimVector(dims, l.padding), DimVector(dims, 1),
                       l.groups};
  const Tensor x = full(l.x, 0.5);
  const Tensor w = full(l.w, 0.5);
  const Tensor bias = full({l.w[0]}, 0.5);
  const Tensor y = convolution(x, w, bias, g);
  const Tensor cl = convolution_backward_data(y, w, l.x, g);  // an x in channels-last order
  const Tensor& input = l.x[1] > 3 ? cl : x;
  for (auto _ : state) {
    if (which == kForward) benchmark::DoNotOptimize(convolution(input, w, bias, g));
    if (which == kBackwardData) benchmark::DoNotOptimize(convolution_backward_data(y, w, l.x, g));
    if (which == kBackwardWeights) {
      benchmark::DoNotOptimize(convolution_backward_weights(y, input, l.w, g, true));
    }
  }
  state.counters["GFLOP/s"] =
      benchmark::Counter(2e-9 * static_cast<double>(y.numel() * (w.numel() / l.w[0])),
                         benchmark::Counter::kIsIterationInvariantRate);
}

const bool registered = [] {
  const char* const names[] = {"forward", "backward_data", "backward_weights"};
  for (const Layer& l : kLayers) {
    for (Pass which : {kForward, kBackwardData, kBackwardWeights}) {
      benchmark::RegisterBenchmark((std::string(l.name) + "/" + names[which]).c_str(), pass, l,
                                   which)
          ->ArgName("threads")
          ->Arg(1)
          ->Arg(2)
          ->UseRealTime()
          ->Unit(benchmark::kMicrosecond);
    }
  }
  return true;
}();

}  // namespace
}  // namespace gradus::kernel
