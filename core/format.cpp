#include "core/format.h"

#include <fmt/format.h>

namespace gradus::detail {

fmt::format_context::iterator TextFormatter::write(fmt::string_view text,
                                                   fmt::format_context& context) const {
  return fmt::formatter<fmt::string_view>::format(text, context);
}

}  // namespace gradus::detail
