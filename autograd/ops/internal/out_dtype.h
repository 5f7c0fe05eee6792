#pragma once

#include <string_view>

namespace gradus {

/// Whether the out= form of this name takes an `out` of any dtype that its result can be cast to.
/// See Note [Dtype of out].
bool casts_to_out(std::string_view op);

}  // namespace gradus
