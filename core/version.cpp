#include "core/version.h"

#define GRADUS_STRING_(x) #x
#define GRADUS_STRING(x) GRADUS_STRING_(x)

namespace gradus {

const char* version() noexcept {
  return GRADUS_STRING(GRADUS_VERSION_MAJOR) "." GRADUS_STRING(
      GRADUS_VERSION_MINOR) "." GRADUS_STRING(GRADUS_VERSION_PATCH);
}

}  // namespace gradus
