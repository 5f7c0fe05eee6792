#include "core/error.h"

namespace gradus {

std::string detail::format_message(fmt::string_view format, fmt::format_args args) {
  return fmt::vformat(format, args);
}

// Out of line, so that each class has one vtable and one type_info in the library.
Error::~Error() = default;
IndexError::~IndexError() = default;
ValueError::~ValueError() = default;
TypeError::~TypeError() = default;
NotImplementedError::~NotImplementedError() = default;
OutOfMemoryError::~OutOfMemoryError() = default;

}  // namespace gradus
