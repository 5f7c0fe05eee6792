#include "core/error.h"

namespace gradus {

// Out of line, so that each class has one vtable and one type_info in the library.
Error::~Error() = default;
IndexError::~IndexError() = default;
ValueError::~ValueError() = default;
TypeError::~TypeError() = default;
NotImplementedError::~NotImplementedError() = default;
OutOfMemoryError::~OutOfMemoryError() = default;

}  // namespace gradus
