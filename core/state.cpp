#include "core/state.h"

namespace gradus {

Stateful::~Stateful() = default;

}  // namespace gradus
