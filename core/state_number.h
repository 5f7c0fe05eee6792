#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/export.h"
#include "core/state.h"

namespace gradus {

// Numbers as entries of a StateDict. Those who read them name themselves in errors (`owner`).

/// A whole number: a 0-d int64 tensor.
GRADUS_API Tensor state_number(int64_t value);
/// A real number: a 0-d float64 tensor.
GRADUS_API Tensor state_real(double value);
/// Several: a 1-d float64 tensor.
GRADUS_API Tensor state_reals(const std::vector<double>& values);

/// The number under `key`.
/// @throws ValueError if there is no such entry, or it is not a single int64
GRADUS_API int64_t read_state_number(const char* owner, const StateDict& state,
                                     const std::string& key);
/// @throws ValueError if there is no such entry, or it is not a single number
GRADUS_API double read_state_real(const char* owner, const StateDict& state,
                                  const std::string& key);
/// @throws ValueError if there is no such entry, or it is not a list of `size` float64
GRADUS_API std::vector<double> read_state_reals(const char* owner, const StateDict& state,
                                                const std::string& key, size_t size);

/// @throws ValueError that lists the keys which are missing in `state`, and those which are not
///         among `keys`
GRADUS_API void check_state_keys(const char* owner, const StateDict& state,
                                 const std::vector<std::string>& keys);
/// @throws ValueError that lists what the report contains, where it contains something
GRADUS_API void check_load_report(const char* owner, const LoadReport& report);

}  // namespace gradus
