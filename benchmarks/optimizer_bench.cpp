// One step of an optimizer over few large and over many small parameters, beside the floor: the
// same bytes read and written by plain loops.
//
//     build/release/bin/optimizer_bench

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <gradus/core/factory.h>
#include <gradus/core/parallel.h>
#include <gradus/nn/utils/clip_grad.h>
#include <gradus/optim/optim.h>

namespace gradus {
namespace {

constexpr int64_t kTotal = 10'000'000;

std::vector<Tensor> make_parameters(int64_t count, int64_t size) {
  std::vector<Tensor> parameters;
  for (int64_t i = 0; i < count; ++i) {
    Tensor p = full({size}, 0.5).requires_grad_();
    p.mutable_grad() = full({size}, 0.01);
    parameters.push_back(p);
  }
  return parameters;
}

void count_tensors(benchmark::State& state) {
  state.counters["s/tensor"] =
      benchmark::Counter(static_cast<double>(state.iterations() * state.range(0)),
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

// `arrays` is how often a step reads or writes an element.
template <class Optimizer, class Options>
void run(benchmark::State& state, const Options& options, int64_t arrays) {
  const int64_t count = state.range(0), size = state.range(1);
  set_num_threads(static_cast<int>(state.range(2)));
  Optimizer optimizer(make_parameters(count, size), options);
  optimizer.step();
  for (auto _ : state) optimizer.step();
  state.SetBytesProcessed(state.iterations() * count * size * arrays * 4);
  count_tensors(state);
}

void SGD(benchmark::State& state) {
  run<optim::SGD>(state, optim::SGDOptions(1e-3), 3);
}
void SGDMomentum(benchmark::State& state) {
  run<optim::SGD>(state, optim::SGDOptions(1e-3).momentum(0.9), 5);
}
void Adam(benchmark::State& state) {
  run<optim::Adam>(state, optim::AdamOptions(1e-3), 7);
}
void AdamW(benchmark::State& state) {
  run<optim::AdamW>(state, optim::AdamWOptions(1e-3), 7);
}
void Lion(benchmark::State& state) {
  run<optim::Lion>(state, optim::LionOptions(1e-4), 5);
}
void Adan(benchmark::State& state) {
  run<optim::Adan>(state, optim::AdanOptions(1e-3), 11);
}
void MADGRAD(benchmark::State& state) {
  run<optim::MADGRAD>(state, optim::MADGRADOptions(1e-3), 9);
}
void ScheduleFreeAdamW(benchmark::State& state) {
  run<optim::ScheduleFreeAdamW>(state, optim::ScheduleFreeAdamWOptions(1e-3), 7);
}
// Made of tensor ops.
void LAMB(benchmark::State& state) {
  run<optim::LAMB>(state, optim::LAMBOptions(1e-3), 7);
}
// The average of the weights in the pass of the step, and after it.
void AdamWWithEMA(benchmark::State& state) {
  set_num_threads(static_cast<int>(state.range(2)));
  const std::vector<Tensor> parameters = make_parameters(state.range(0), state.range(1));
  OrderedDict<std::string, Tensor> named;
  for (const Tensor& p : parameters) named.insert(std::to_string(named.size()), p);
  optim::AdamW optimizer(parameters, optim::AdamWOptions(1e-3));
  const auto ema = std::make_shared<optim::EMA>(named);
  const bool in_pass = state.range(3) != 0;
  if (in_pass) optimizer.add_average(ema);
  optimizer.step();
  for (auto _ : state) {
    optimizer.step();
    if (!in_pass) ema->update();
  }
  count_tensors(state);
}
void ClipGradNorm(benchmark::State& state) {
  set_num_threads(static_cast<int>(state.range(2)));
  const std::vector<Tensor> parameters = make_parameters(state.range(0), state.range(1));
  // The norm is always above, so that every call scales.
  double max_norm = 1;
  for (auto _ : state) {
    nn::utils::clip_grad_norm_(parameters, max_norm);
    max_norm *= 0.999999;
  }
  state.SetBytesProcessed(state.iterations() * state.range(0) * state.range(1) * 3 * 4);
  count_tensors(state);
}
void AdamAmsgrad(benchmark::State& state) {
  run<optim::Adam>(state, optim::AdamOptions(1e-3).amsgrad(true), 9);
}

using Block [[gnu::vector_size(64)]] = float;

// Reads as many arrays as a step, and writes all but one of them.
template <int64_t kRead>
void Floor(benchmark::State& state) {
  constexpr int64_t kLength = kTotal / 16;
  set_num_threads(static_cast<int>(state.range(2)));
  std::vector<Tensor> arrays;
  Block* data[kRead];
  for (int64_t k = 0; k < kRead; ++k) {
    arrays.push_back(full({kTotal}, 0.5));
    data[k] = static_cast<Block*>(arrays.back().data_ptr());
  }
  for (auto _ : state) {
    parallel_for(kLength, 1024, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) {
        Block sum = data[0][i];
        for (int64_t k = 1; k < kRead; ++k) sum += data[k][i];
        for (int64_t k = 1; k < kRead; ++k) data[k][i] = sum;
      }
    });
  }
  state.SetBytesProcessed(state.iterations() * kTotal * (2 * kRead - 1) * 4);
}

void sizes(benchmark::internal::Benchmark* b) {
  for (int64_t threads : {1, 2}) {
    b->Args({10, kTotal / 10, threads});
    b->Args({1000, 100, threads});
    b->Args({10000, 4, threads});
  }
  b->ArgNames({"tensors", "size", "threads"})->UseRealTime()->Unit(benchmark::kMicrosecond);
}

void one_size(benchmark::internal::Benchmark* b) {
  for (int64_t threads : {1, 2}) b->Args({1, kTotal, threads});
  b->ArgNames({"tensors", "size", "threads"})->UseRealTime()->Unit(benchmark::kMicrosecond);
}

BENCHMARK(Floor<2>)->Apply(one_size);
BENCHMARK(Floor<3>)->Apply(one_size);
BENCHMARK(Floor<4>)->Apply(one_size);
BENCHMARK(SGD)->Apply(sizes);
BENCHMARK(SGDMomentum)->Apply(sizes);
BENCHMARK(Adam)->Apply(sizes);
BENCHMARK(AdamW)->Apply(sizes);
BENCHMARK(AdamAmsgrad)->Apply(sizes);
BENCHMARK(Lion)->Apply(sizes);
BENCHMARK(Adan)->Apply(sizes);
BENCHMARK(MADGRAD)->Apply(one_size);
BENCHMARK(ScheduleFreeAdamW)->Apply(one_size);
BENCHMARK(LAMB)->Apply(one_size);
BENCHMARK(AdamWWithEMA)
    ->ArgNames({"tensors", "size", "threads", "in_pass"})
    ->ArgsProduct({{10}, {kTotal / 10}, {1, 2}, {0, 1}})
    ->UseRealTime();
BENCHMARK(ClipGradNorm)->Apply(sizes);

}  // namespace
}  // namespace gradus
