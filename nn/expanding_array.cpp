#include "nn/expanding_array.h"

#include "core/error.h"

namespace gradus::detail {

void check_expandable(const char* what, size_t count, size_t D) {
  GRADUS_CHECK(count == D || count == 1, "{}: expected {} values or one, got {}", what, D, count);
}

}  // namespace gradus::detail
