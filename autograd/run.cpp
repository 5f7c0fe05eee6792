#include "autograd/run.h"

#include <atomic>

namespace gradus {

namespace {
thread_local BackwardRun* current_run = nullptr;
std::atomic<uint64_t> num_runs{0};
}  // namespace

BackwardRun::BackwardRun() : id_(++num_runs), outer_(current_run) {
  current_run = this;
}

BackwardRun::~BackwardRun() {
  current_run = outer_;
}

BackwardRun* BackwardRun::current() {
  return current_run;
}

void BackwardRun::end(bool ok) {
  // What is called may ask for more.
  while (!at_end_.empty()) {
    std::vector<Callable<void(bool)>> calls;
    calls.swap(at_end_);
    for (const auto& call : calls) call(ok);
  }
}

}  // namespace gradus
