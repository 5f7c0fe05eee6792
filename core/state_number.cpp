#include "core/state_number.h"

#include "core/error.h"
#include "core/factory.h"

namespace gradus {

Tensor state_number(int64_t value) {
  Tensor number = empty({}, kLong);
  *number.data_ptr<int64_t>() = value;
  return number;
}

int64_t read_state_number(const char* owner, const StateDict& state, const std::string& key) {
  const Tensor* number = state.find(key);
  GRADUS_CHECK(number != nullptr, "{}: the state lacks '{}'", owner, key);
  GRADUS_CHECK(number->defined() && number->dtype() == kLong && number->numel() == 1,
               "{}: '{}' of the state is not a single int64", owner, key);
  return *number->data_ptr<int64_t>();
}

}  // namespace gradus
