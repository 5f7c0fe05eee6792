#include "core/warning.h"

#include <atomic>
#include <cstdio>

namespace gradus {
namespace {

WarningHandler default_handler;
thread_local WarningHandler* current_handler = &default_handler;
std::atomic<bool> warn_always{false};

}  // namespace

WarningHandler::~WarningHandler() = default;

void WarningHandler::process(const Warning& warning) {
  std::fprintf(stderr, "Warning: %s\n", warning.msg().c_str());
}

void warn(const Warning& warning) {
  current_handler->process(warning);
}

namespace WarningUtils {

void set_warning_handler(WarningHandler* handler) noexcept {
  current_handler = handler != nullptr ? handler : &default_handler;
}

WarningHandler* get_warning_handler() noexcept {
  return current_handler;
}

void set_warnAlways(bool always) noexcept {
  warn_always = always;
}

bool get_warnAlways() noexcept {
  return warn_always;
}

}  // namespace WarningUtils
}  // namespace gradus
