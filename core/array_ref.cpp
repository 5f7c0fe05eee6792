#include "core/array_ref.h"

#include <ostream>

namespace gradus {

std::string to_string(IntArrayRef values) {
  std::string text = "[";
  for (size_t i = 0; i < values.size(); ++i) {
    if (i != 0) text += ", ";
    text += std::to_string(values[i]);
  }
  return text + "]";
}

std::ostream& operator<<(std::ostream& stream, IntArrayRef values) {
  return stream << to_string(values);
}

}  // namespace gradus
