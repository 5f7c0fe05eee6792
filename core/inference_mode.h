#pragma once

// Private: whether this thread makes inference tensors. The public door is InferenceMode in
// autograd/grad_mode.h.

namespace gradus::detail {

bool inference_mode();
void set_inference_mode(bool enabled);

}  // namespace gradus::detail
