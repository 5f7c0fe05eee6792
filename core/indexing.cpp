#include "core/indexing.h"

#include <ostream>
#include <string_view>

namespace gradus::indexing {

TensorIndex::TensorIndex(const char* text) : type_(TensorIndexType::Ellipsis) {
  GRADUS_CHECK_VALUE(text != nullptr && std::string_view(text) == "...",
                     "index: expected \"...\" or another index, got \"{}\"",
                     text == nullptr ? "" : text);
}

std::ostream& operator<<(std::ostream& stream, const Slice& slice) {
  return stream << slice.start() << ':' << slice.stop() << ':' << slice.step();
}

std::ostream& operator<<(std::ostream& stream, const TensorIndex& index) {
  switch (index.type()) {
    case TensorIndexType::None:
      return stream << "None";
    case TensorIndexType::Ellipsis:
      return stream << "...";
    case TensorIndexType::Integer:
      return stream << index.integer();
    case TensorIndexType::Boolean:
      return stream << (index.boolean() ? "true" : "false");
    case TensorIndexType::Slice:
      return stream << index.slice();
    case TensorIndexType::Tensor:
      return stream << index.tensor();
  }
  return stream;
}

std::ostream& operator<<(std::ostream& stream, const std::vector<TensorIndex>& indices) {
  const char* separator = "(";
  for (const TensorIndex& index : indices) {
    stream << separator << index;
    separator = ", ";
  }
  return stream << (indices.empty() ? "()" : ")");
}

}  // namespace gradus::indexing
