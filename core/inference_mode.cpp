#include "core/inference_mode.h"

namespace gradus::detail {

namespace {
// Initial-exec: one instruction to reach, where the default model of a shared library calls a
// function.
constinit thread_local bool enabled_here __attribute__((tls_model("initial-exec"))) = false;
}  // namespace

bool inference_mode() {
  return enabled_here;
}
void set_inference_mode(bool enabled) {
  enabled_here = enabled;
}

}  // namespace gradus::detail
