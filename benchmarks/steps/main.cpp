// Times the workloads of this folder against the library it was compiled with and prints
//   name median_us best_us flops bytes goal_us
// per workload. benchmarks/compare runs this program twice, once per library.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>

#include "api.h"
#include "steps.h"

namespace steps {
namespace {

double seconds() {
  using Clock = std::chrono::steady_clock;
  return std::chrono::duration<double>(Clock::now().time_since_epoch()).count();
}

struct Result {
  double median_us, best_us;
};

/// Warms up, then repeats batches of at least 1 ms until `budget` seconds and 5 batches are done.
Result measure(const Workload& workload, double budget) {
  std::function<void()> body = workload.make();
  body();
  double start = seconds();
  int calls = 0;
  do {
    body();
    ++calls;
  } while (calls < 3 || seconds() - start < budget / 4);
  double per_call = (seconds() - start) / calls;
  int batch = std::max(1, static_cast<int>(1e-3 / per_call));

  std::vector<double> times;
  start = seconds();
  while (times.size() < 5 || seconds() - start < budget) {
    double before = seconds();
    for (int i = 0; i < batch; ++i) body();
    times.push_back((seconds() - before) / (batch * workload.per) * 1e6);
  }
  std::sort(times.begin(), times.end());
  return {times[times.size() / 2], times.front()};
}

}  // namespace
}  // namespace steps

int main(int argc, char** argv) {
  double budget = 0.4;
  int threads = 2;
  bool list_only = false;
  std::vector<std::string> wanted;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--list") == 0) {
      list_only = true;
    } else if (std::strcmp(argv[i], "--threads") == 0 && i + 1 < argc) {
      threads = std::max(1, std::atoi(argv[++i]));
    } else if (std::strcmp(argv[i], "--seconds") == 0 && i + 1 < argc) {
      budget = std::atof(argv[++i]);
    } else if (argv[i][0] == '-') {
      std::fprintf(stderr, "usage: %s [--list] [--threads N] [--seconds S] [NAME...]\n", argv[0]);
      return 2;
    } else {
      wanted.push_back(argv[i]);
    }
  }

  steps::Workloads list;
  steps::add_overhead(list);
  steps::add_elementwise(list);
  steps::add_rows(list);
  steps::add_matmul(list);
  steps::add_images(list);
  steps::add_models(list);
  steps::add_nets(list);
  steps::add_layers(list);
  steps::add_moving(list);
  steps::add_optimizers(list);
  steps::add_random(list);
  steps::add_data(list);
  steps::add_sorting(list);

  torch::manual_seed(1);
  torch::set_num_threads(threads);
  int failures = 0;
  for (const steps::Workload& workload : list) {
    if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), workload.name) == wanted.end()) {
      continue;
    }
    if (list_only) {
      std::printf("%s\n", workload.name.c_str());
      continue;
    }
    try {
      steps::Result result = steps::measure(workload, budget);
      std::printf("%s %.4g %.4g %.6g %.6g %g\n", workload.name.c_str(), result.median_us,
                  result.best_us, workload.flops, workload.bytes, workload.goal_us);
      std::fflush(stdout);
    } catch (const std::exception& error) {
      std::fprintf(stderr, "%s: %s\n", workload.name.c_str(), error.what());
      ++failures;
    }
  }
  return failures == 0 ? 0 : 1;
}
