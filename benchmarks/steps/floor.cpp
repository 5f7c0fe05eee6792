// Measures what the machine can do at most, for the floor column of benchmarks/compare:
//   peak_gflops F     float32 fused multiply-adds
//   cached_gbs B      a[i] += s * b[i] over arrays of 2 MiB per thread, warm in the last cache
//   stream_gbs B      the same over arrays of 128 MiB per thread, from memory
// on as many threads as the argument says (default 2). The update in place, not the customary
// triad: writing a third array also reads it first, which the triad does not count, so that
// optimizer steps would come out below their floor.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <thread>
#include <vector>

namespace {

typedef float Lanes4 __attribute__((vector_size(16)));
typedef float Lanes8 __attribute__((vector_size(32)));
typedef float Lanes16 __attribute__((vector_size(64)));

// Enough independent chains for two FMA pipes of 4 to 5 cycles, few enough for 16 registers.
constexpr int kChains = 12;

// Returns a sum that depends on every operation, so that none is optimized away.
template <typename Lanes>
__attribute__((always_inline)) inline float fma_loop(int64_t rounds, float seed) {
  Lanes chain[kChains];
  Lanes a = Lanes{} + seed, b = Lanes{} + (1.0f - seed);
  for (int k = 0; k < kChains; ++k) chain[k] = Lanes{} + static_cast<float>(k);
  for (int64_t i = 0; i < rounds; ++i) {
    for (int k = 0; k < kChains; ++k) chain[k] = chain[k] * a + b;
  }
  Lanes total = chain[0];
  for (int k = 1; k < kChains; ++k) total += chain[k];
  float sum = 0;
  for (size_t lane = 0; lane < sizeof(Lanes) / sizeof(float); ++lane) sum += total[lane];
  return sum;
}

struct FmaLoop {
  float (*run)(int64_t rounds, float seed);
  double flops_per_round;
};

float fma_baseline(int64_t rounds, float seed) {
  return fma_loop<Lanes4>(rounds, seed);
}

#if defined(__x86_64__)
__attribute__((target("avx2,fma"))) float fma_avx2(int64_t rounds, float seed) {
  return fma_loop<Lanes8>(rounds, seed);
}
__attribute__((target("avx512f"))) float fma_avx512(int64_t rounds, float seed) {
  return fma_loop<Lanes16>(rounds, seed);
}
#endif

FmaLoop best_fma_loop() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return {fma_avx512, 2.0 * kChains * 16};
  if (__builtin_cpu_supports("fma")) return {fma_avx2, 2.0 * kChains * 8};
#endif
  return {fma_baseline, 2.0 * kChains * 4};
}

double seconds() {
  using Clock = std::chrono::steady_clock;
  return std::chrono::duration<double>(Clock::now().time_since_epoch()).count();
}

/// Best of `repeats` short runs (others may use the machine) of body(thread) on all threads
/// together, in seconds.
double best_time(int threads, int repeats, const std::function<void(int)>& body) {
  double best = 1e30;
  for (int r = 0; r < repeats; ++r) {
    double start = seconds();
    std::vector<std::thread> others;
    for (int t = 1; t < threads; ++t) others.emplace_back(body, t);
    body(0);
    for (std::thread& other : others) other.join();
    best = std::min(best, seconds() - start);
  }
  return best;
}

volatile float sink;

double peak_gflops(int threads) {
  FmaLoop loop = best_fma_loop();
  constexpr int64_t kRounds = 2000000;
  double time = best_time(threads, 100, [&](int) { sink = loop.run(kRounds, 0.999f); });
  return threads * loop.flops_per_round * kRounds / time * 1e-9;
}

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
__attribute__((target_clones("avx512f", "avx2", "default")))
#endif
void update(float* __restrict__ a, const float* __restrict__ b, int64_t n, int passes) {
  for (int p = 0; p < passes; ++p) {
    float s = static_cast<float>(p);
    for (int64_t i = 0; i < n; ++i) a[i] += s * b[i];
    asm volatile("" : : "r"(a) : "memory");
  }
}

double bandwidth_gbs(int threads, int64_t bytes_per_array, int passes) {
  int64_t n = bytes_per_array / static_cast<int64_t>(sizeof(float));
  struct Arrays {
    std::vector<float> a, b;
  };
  std::vector<Arrays> arrays(threads);
  for (Arrays& x : arrays) {
    x.a.assign(n, 0.0f);
    x.b.assign(n, 1.0f);
  }
  double time = best_time(
      threads, 5, [&](int t) { update(arrays[t].a.data(), arrays[t].b.data(), n, passes); });
  return 3.0 * bytes_per_array * threads * passes / time * 1e-9;
}

}  // namespace

int main(int argc, char** argv) {
  int threads = argc > 1 ? std::max(1, std::atoi(argv[1])) : 2;
  std::printf("peak_gflops %.1f\n", peak_gflops(threads));
  std::printf("cached_gbs %.1f\n", bandwidth_gbs(threads, 2 << 20, 30));
  std::printf("stream_gbs %.1f\n", bandwidth_gbs(threads, 128 << 20, 1));
}
