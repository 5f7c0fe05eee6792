#include "autograd/anomaly_mode.h"

#include <atomic>
#include <string>

#include "autograd/grad_meta.h"
#include "core/backtrace.h"

namespace gradus::autograd {

std::atomic<bool> anomaly_enabled{false};

namespace {
std::atomic<bool> check_nan_enabled{true};
thread_local Node* running_node = nullptr;
}  // namespace

bool AnomalyMode::is_enabled() {
  return anomaly_enabled.load(std::memory_order_relaxed);
}
bool AnomalyMode::should_check_nan() {
  return check_nan_enabled.load(std::memory_order_relaxed);
}
void AnomalyMode::set_enabled(bool enable, bool check_nan) {
  anomaly_enabled = enable;
  check_nan_enabled = check_nan;
}

Node* set_running_node(Node* node) {
  return std::exchange(running_node, node);
}

void remember_call(Node& node) {
  auto call = std::make_unique<ForwardCall>();
  call->stack = detail::call_stack();
  call->induced_by = intrusive_ptr<Node>(running_node);
  History::hooks(node).call = std::move(call);
}

std::string describe_call(const Node& node) {
  std::string text;
  const Node* at = &node;
  // A backward of a backward: whose forward call was made by the backward of another op, and so on.
  for (int depth = 0; at != nullptr && depth < 8; ++depth) {
    const Node::Hooks* hooks = History::find_hooks(*at);
    if (hooks == nullptr || hooks->call == nullptr) {
      return text + fmt::format(
                        "\nNo forward call of {} is known: enable anomaly mode during forward, too",
                        at->op());
    }
    text += depth == 0 ? fmt::format("\nForward call of {}:", at->op())
                       : fmt::format("\nwhich the backward of {} made, called in:", at->op());
    text += detail::describe(
        hooks->call->stack,
        {"gradus::autograd::remember_call", "gradus::Recorder::", "gradus::Tensor& gradus::record",
         "gradus::Tensor gradus::record", "void gradus::record"});
    at = hooks->call->induced_by.get();
  }
  return text;
}

}  // namespace gradus::autograd
