#include "core/state_number.h"

#include <algorithm>

#include "core/error.h"
#include "core/factory.h"

namespace gradus {

namespace {

const Tensor& entry(const char* owner, const StateDict& state, const std::string& key) {
  const Tensor* found = state.find(key);
  GRADUS_CHECK_VALUE(found != nullptr, "{}: the state lacks '{}'", owner, key);
  GRADUS_CHECK_VALUE(found->defined(), "{}: '{}' of the state is undefined", owner, key);
  return *found;
}

std::string join(const std::vector<std::string>& keys) {
  std::string text;
  for (const std::string& key : keys) text += (text.empty() ? "" : ", ") + key;
  return text.empty() ? "none" : text;
}

}  // namespace

Tensor state_number(int64_t value) {
  Tensor number = empty({}, kLong);
  *number.data_ptr<int64_t>() = value;
  return number;
}

Tensor state_real(double value) {
  Tensor number = empty({}, kDouble);
  *number.data_ptr<double>() = value;
  return number;
}

Tensor state_reals(const std::vector<double>& values) {
  Tensor numbers = empty({static_cast<int64_t>(values.size())}, kDouble);
  std::copy(values.begin(), values.end(), numbers.data_ptr<double>());
  return numbers;
}

int64_t read_state_number(const char* owner, const StateDict& state, const std::string& key) {
  const Tensor& number = entry(owner, state, key);
  GRADUS_CHECK_VALUE(number.dtype() == kLong && number.numel() == 1,
                     "{}: '{}' of the state is not a single int64", owner, key);
  return *number.data_ptr<int64_t>();
}

double read_state_real(const char* owner, const StateDict& state, const std::string& key) {
  const Tensor& number = entry(owner, state, key);
  GRADUS_CHECK_VALUE(number.numel() == 1, "{}: '{}' of the state is not a single number", owner,
                     key);
  return number.item().toDouble();
}

std::vector<double> read_state_reals(const char* owner, const StateDict& state,
                                     const std::string& key, size_t size) {
  const Tensor& numbers = entry(owner, state, key);
  GRADUS_CHECK_VALUE(numbers.dtype() == kDouble && numbers.dim() == 1 &&
                         numbers.numel() == static_cast<int64_t>(size),
                     "{}: '{}' of the state is not a list of {} float64, but {} {}", owner, key,
                     size, numbers.dtype(), numbers.sizes());
  const Tensor list = numbers.contiguous();
  return std::vector<double>(list.data_ptr<double>(), list.data_ptr<double>() + size);
}

void check_state_keys(const char* owner, const StateDict& state,
                      const std::vector<std::string>& keys) {
  LoadReport report;
  for (const std::string& key : keys) {
    if (!state.contains(key)) report.missing_keys.push_back(key);
  }
  for (const auto& item : state) {
    if (std::find(keys.begin(), keys.end(), item.key()) == keys.end()) {
      report.unexpected_keys.push_back(item.key());
    }
  }
  check_load_report(owner, report);
}

void check_load_report(const char* owner, const LoadReport& report) {
  GRADUS_CHECK_VALUE(report.missing_keys.empty() && report.unexpected_keys.empty(),
                     "{}: of the state are missing: {}; unexpected: {}", owner,
                     join(report.missing_keys), join(report.unexpected_keys));
}

}  // namespace gradus
