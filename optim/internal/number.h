#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/state.h"
#include "core/tensor.h"

namespace gradus::optim {

// Numbers as a state dict keeps them: 0-d tensors of double or int64, lists 1-d.

Tensor number(double value);
Tensor number(int64_t value);
Tensor numbers(const std::vector<double>& values);

/// @throws ValueError naming `key` where the entry is not one number, or not an integer
double to_double(const std::string& key, const Tensor& entry);
int64_t to_int(const std::string& key, const Tensor& entry);
/// @param size  how many there must be; any number where negative
std::vector<double> to_doubles(const std::string& key, const Tensor& entry, int64_t size = -1);

/// @throws ValueError naming the entries that are missing or unexpected
void check_keys(const char* name, const StateDict& state, const std::vector<std::string>& expected);

/// "a, b", or "none".
std::string join(const std::vector<std::string>& keys);

}  // namespace gradus::optim
