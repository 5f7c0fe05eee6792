#pragma once

#include <cstdint>
#include <string>

#include "core/export.h"
#include "core/state.h"

namespace gradus {

/// A whole number as an entry of a StateDict: a 0-d int64 tensor.
GRADUS_API Tensor state_number(int64_t value);

/// The number under `key`; `owner` names whose state it is in errors.
/// @throws Error if there is no such entry, or it is not a single int64
GRADUS_API int64_t read_state_number(const char* owner, const StateDict& state,
                                     const std::string& key);

}  // namespace gradus
