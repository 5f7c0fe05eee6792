// The three passes of the convolutions of steps/images.cpp and of the demo's network.
#include <benchmark/benchmark.h>
#include <gradus/core/factory.h>
#include <gradus/core/parallel.h>

#include "core/kernels/conv.h"

namespace gradus::kernel {
namespace {

struct Layer {
  const char* name;
  int64_t n, c, o, extent, kernel, stride, padding, groups;
};

constexpr Layer kLayers[] = {
    {"16ch_3x3", 32, 16, 16, 32, 3, 1, 1, 1},    {"64ch_3x3", 32, 64, 64, 8, 3, 1, 1, 1},
    {"7x7_stride2", 2, 3, 64, 224, 7, 2, 3, 1},  {"1x1", 4, 64, 256, 56, 1, 1, 0, 1},
    {"depthwise", 4, 64, 64, 56, 3, 1, 1, 64},   {"first_1ch", 64, 1, 32, 28, 3, 1, 1, 1},
    {"second_32ch", 64, 32, 64, 14, 3, 1, 1, 1}, {"image_batch1", 1, 32, 64, 14, 3, 1, 1, 1},
    {"deep_512ch", 8, 512, 512, 7, 3, 1, 1, 1},
};

enum Pass { kForward, kBackwardData, kBackwardWeights };

void pass(benchmark::State& state, const Layer& l, Pass which) {
  set_num_threads(static_cast<int>(state.range(0)));
  const ConvGeometry g{{l.stride, l.stride}, {l.padding, l.padding}, {1, 1}, l.groups};
  const DimVector x_sizes{l.n, l.c, l.extent, l.extent};
  const DimVector w_sizes{l.o, l.c / l.groups, l.kernel, l.kernel};
  const Tensor x = full(x_sizes, 0.5);
  const Tensor w = full(w_sizes, 0.5);
  const Tensor bias = full({l.o}, 0.5);
  const Tensor y = convolution(x, w, bias, g);
  const Tensor cl = convolution_backward_data(y, w, x_sizes, g);  // an x in channels-last order
  const Tensor& input = l.c > 3 ? cl : x;
  for (auto _ : state) {
    if (which == kForward) benchmark::DoNotOptimize(convolution(input, w, bias, g));
    if (which == kBackwardData)
      benchmark::DoNotOptimize(convolution_backward_data(y, w, x_sizes, g));
    if (which == kBackwardWeights) {
      benchmark::DoNotOptimize(convolution_backward_weights(y, input, w_sizes, g, true));
    }
  }
  state.counters["GFLOP/s"] = benchmark::Counter(
      2e-9 * static_cast<double>(y.numel() * (l.c / l.groups) * l.kernel * l.kernel),
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
