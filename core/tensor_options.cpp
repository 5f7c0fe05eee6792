#include "core/tensor_options.h"

#include <ostream>

namespace gradus {

std::ostream& operator<<(std::ostream& stream, MemoryFormat format) {
  switch (format) {
    case MemoryFormat::Contiguous:
      return stream << "Contiguous";
    case MemoryFormat::Preserve:
      return stream << "Preserve";
    case MemoryFormat::ChannelsLast:
      return stream << "ChannelsLast";
    case MemoryFormat::ChannelsLast3d:
      return stream << "ChannelsLast3d";
  }
  return stream;
}

std::ostream& operator<<(std::ostream& stream, Layout layout) {
  return stream << (layout == kSparse ? "Sparse" : "Strided");
}

std::ostream& operator<<(std::ostream& stream, const TensorOptions& options) {
  const auto unless = [](bool said) { return said ? "" : " (default)"; };
  const auto boolean = [](bool value) { return value ? "true" : "false"; };
  stream << "TensorOptions(dtype=" << options.dtype() << unless(options.has_dtype())
         << ", device=" << options.device() << unless(options.has_device())
         << ", layout=" << options.layout() << unless(options.has_layout())
         << ", requires_grad=" << boolean(options.requires_grad())
         << unless(options.has_requires_grad())
         << ", pinned_memory=" << boolean(options.pinned_memory())
         << unless(options.has_pinned_memory()) << ", memory_format=";
  if (const auto format = options.memory_format_opt()) return stream << *format << ")";
  return stream << "(nullopt))";
}

}  // namespace gradus
