#include "nn/any_module.h"

namespace gradus::nn::detail {

void complete_arguments(const Module& module, std::vector<AnyValue>& arguments, size_t expected,
                        const DefaultArguments& defaults) {
  const size_t given = arguments.size(), required = expected - defaults.size();
  if (defaults.empty()) {
    GRADUS_CHECK(given == expected, "{}: forward() takes {} arguments, got {}", module.name(),
                 expected, given);
    return;
  }
  GRADUS_CHECK(given >= required && given <= expected,
               "{}: forward() takes {} to {} arguments, got {}", module.name(), required, expected,
               given);
  for (const auto& [position, value] : defaults) {
    if (position < given) continue;
    GRADUS_CHECK(position == arguments.size(),
                 "{}: the default arguments of forward() must be its last ones", module.name());
    arguments.push_back(value);
  }
}

void throw_argument_type(const Module& module, size_t index, const std::type_info& expected,
                         const std::type_info& actual) {
  throw TypeError(fmt::format("{}: forward() expects argument {} to be {}, got {}", module.name(),
                              index, type_name(expected), type_name(actual)));
}

}  // namespace gradus::nn::detail
