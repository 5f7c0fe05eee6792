#include "core/device.h"

#include <ostream>

namespace gradus {

std::ostream& operator<<(std::ostream& stream, const Device& device) {
  return stream << device.str();
}

}  // namespace gradus
