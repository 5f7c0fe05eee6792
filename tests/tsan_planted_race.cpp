// Races that ./run tsan requires to be reported, so that neither the build nor tsan.supp hides
// them: `threads`, between two threads; `loop`, between two iterations of a TBB loop, under TBB's
// frames.
#include <atomic>
#include <cstdio>
#include <cstring>
#include <thread>

#include <tbb/global_control.h>
#include <tbb/parallel_for.h>

namespace {

int shared = 0;

void race_of_threads() {
  std::thread other([] { shared = 1; });
  shared = 2;
  other.join();
}

void race_of_iterations() {
  const tbb::global_control two(tbb::global_control::max_allowed_parallelism, 2);
  std::atomic<int> running = 0;
  tbb::parallel_for(
      0, 2,
      [&running](int i) {
        // Relaxed, so that waiting for the other thread orders nothing. Bounded, in case none
        // comes.
        running.fetch_add(1, std::memory_order_relaxed);
        for (int64_t spin = 0; spin < 200'000'000; ++spin) {
          if (running.load(std::memory_order_relaxed) == 2) break;
        }
        shared = i;
      },
      tbb::simple_partitioner());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "threads") == 0) {
    race_of_threads();
  } else if (argc == 2 && std::strcmp(argv[1], "loop") == 0) {
    race_of_iterations();
  } else {
    std::fprintf(stderr, "usage: tsan_planted_race threads|loop\n");
    return 2;
  }
  std::printf("no race was reported (%d)\n", shared);
  return 0;
}
