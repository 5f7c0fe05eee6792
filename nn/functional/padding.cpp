#include "nn/functional/padding.h"

#include "autograd/ops/pad.h"

namespace gradus::nn::functional {

Tensor pad(const Tensor& input, const PadFuncOptions& options) {
  const PadFuncOptions::mode_t& mode = options.mode();
  const char* const name = std::holds_alternative<enumtype::kConstant>(mode)    ? "constant"
                           : std::holds_alternative<enumtype::kReflect>(mode)   ? "reflect"
                           : std::holds_alternative<enumtype::kReplicate>(mode) ? "replicate"
                                                                                : "circular";
  return gradus::pad(input, options.pad(), name, options.value());
}

}  // namespace gradus::nn::functional
