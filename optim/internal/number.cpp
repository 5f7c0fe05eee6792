#include "optim/internal/number.h"

#include <algorithm>

#include "core/factory.h"

namespace gradus::optim {

Tensor number(double value) {
  Tensor entry = empty({}, kDouble);
  *entry.data_ptr<double>() = value;
  return entry;
}

Tensor number(int64_t value) {
  Tensor entry = empty({}, kLong);
  *entry.data_ptr<int64_t>() = value;
  return entry;
}

Tensor numbers(const std::vector<double>& values) {
  Tensor entry = empty({static_cast<int64_t>(values.size())}, kDouble);
  for (size_t i = 0; i < values.size(); ++i) entry.data_ptr<double>()[i] = values[i];
  return entry;
}

double to_double(const std::string& key, const Tensor& entry) {
  GRADUS_CHECK_VALUE(entry.defined() && entry.numel() == 1,
                     "load_state_dict: {} must be one number, got shape {}", key,
                     entry.defined() ? entry.sizes() : IntArrayRef());
  return entry.item().toDouble();
}

int64_t to_int(const std::string& key, const Tensor& entry) {
  GRADUS_CHECK_VALUE(entry.defined() && entry.numel() == 1 && !entry.is_floating_point(),
                     "load_state_dict: {} must be one integer, got {} elements of {}", key,
                     entry.defined() ? entry.numel() : 0,
                     entry.defined() ? entry.dtype() : ScalarType::Undefined);
  return entry.item().toLong();
}

std::vector<double> to_doubles(const std::string& key, const Tensor& entry, int64_t size) {
  GRADUS_CHECK_VALUE(entry.defined() && entry.dim() == 1 && entry.dtype() == kDouble &&
                         (size < 0 || entry.numel() == size),
                     "load_state_dict: {} must be a list of {} numbers of dtype Double, got {}",
                     key, size, entry.defined() ? entry.sizes() : IntArrayRef());
  const Tensor list = entry.contiguous();
  const double* values = list.data_ptr<double>();
  return std::vector<double>(values, values + list.numel());
}

void check_keys(const char* name, const StateDict& state,
                const std::vector<std::string>& expected) {
  std::vector<std::string> missing;
  std::vector<std::string> unexpected;
  for (const std::string& key : expected) {
    if (!state.contains(key)) missing.push_back(key);
  }
  for (const auto& item : state) {
    if (std::find(expected.begin(), expected.end(), item.key()) == expected.end()) {
      unexpected.push_back(item.key());
    }
  }
  GRADUS_CHECK_VALUE(missing.empty() && unexpected.empty(),
                     "{}.load_state_dict: missing: {}; unexpected: {}", name, join(missing),
                     join(unexpected));
}

std::string join(const std::vector<std::string>& keys) {
  std::string text;
  for (const std::string& key : keys) text += (text.empty() ? "" : ", ") + key;
  return text.empty() ? "none" : text;
}

}  // namespace gradus::optim
