// Races that ./run tsan requires to be reported, so that neither the build, nor tsan.supp, nor the
// hints in core/parallel.cpp hide them: `threads`, between two threads; `loop`, between two chunks
// of a parallel_for.
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <thread>

#include <gradus/core/parallel.h>

namespace {

int64_t shared = 0;

void race_of_threads() {
  std::thread other([] { shared = 1; });
  shared = 2;
  other.join();
}

// The report ends the program. Several rounds: oneTBB's thread may come late to the first.
void race_of_chunks() {
  gradus::set_num_threads(2);
  for (int round = 0; round < 50; ++round) {
    std::atomic<int> running = 0;
    gradus::parallel_for(2, /*grain=*/1, [&running](int64_t begin, int64_t) {
      // Relaxed, so that waiting for the other chunk orders nothing. Bounded, in case none comes.
      running.fetch_add(1, std::memory_order_relaxed);
      for (int spin = 0; spin < 20'000'000; ++spin) {
        if (running.load(std::memory_order_relaxed) == 2) break;
      }
      shared = begin;
    });
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "threads") == 0) {
    race_of_threads();
  } else if (argc == 2 && std::strcmp(argv[1], "loop") == 0) {
    race_of_chunks();
  } else {
    std::fprintf(stderr, "usage: tsan_planted_race threads|loop\n");
    return 2;
  }
  std::printf("no race was reported (%d)\n", static_cast<int>(shared));
  return 0;
}
