#include "core/io/stop_signal.h"

#include <atomic>
#include <csignal>

#include "core/error.h"

namespace gradus {
namespace {

constexpr int kSignals[] = {SIGTERM, SIGINT};

static_assert(std::atomic<int>::is_always_lock_free, "a signal handler may not wait");
constinit std::atomic<int> last_signal{0};
constinit std::atomic<bool> installed{false};
struct sigaction previous[2];

extern "C" void remember_signal(int signal) {
  last_signal = signal;
}

}  // namespace

StopSignal::StopSignal() {
  GRADUS_CHECK(!installed.exchange(true), "StopSignal: there is one already");
  last_signal = 0;
  struct sigaction action {};
  action.sa_handler = remember_signal;
  // The second signal finds the default action. System calls go on where they were interrupted.
  action.sa_flags = SA_RESETHAND | SA_RESTART;
  sigemptyset(&action.sa_mask);
  for (int i = 0; i < 2; ++i) ::sigaction(kSignals[i], &action, &previous[i]);
}

StopSignal::~StopSignal() {
  for (int i = 0; i < 2; ++i) ::sigaction(kSignals[i], &previous[i], nullptr);
  installed = false;
}

int StopSignal::signal() const noexcept {
  return last_signal;
}

}  // namespace gradus
