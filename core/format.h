#pragma once

#include <fmt/core.h>

#include "core/export.h"

namespace gradus::detail {

/// Base of our formatters: takes the format specifications of strings, as in `{:>12}`.
///
/// <fmt/core.h> only declares how strings are formatted, and <fmt/format.h> is too heavy for a
/// public header; a formatter that called fmt::formatter<fmt::string_view>::format() here would
/// leave programs without its definition when they link.
struct TextFormatter : fmt::formatter<fmt::string_view> {
  GRADUS_API fmt::format_context::iterator write(fmt::string_view text,
                                                 fmt::format_context& context) const;
};

}  // namespace gradus::detail
