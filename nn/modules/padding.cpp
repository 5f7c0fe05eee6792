#include "nn/modules/padding.h"

#include <ostream>

#include "autograd/ops/pad.h"

namespace gradus::nn {

namespace detail {

void print_padding(std::ostream& stream, const char* name, size_t rank, IntArrayRef padding,
                   std::optional<double> value) {
  stream << "gradus::nn::" << name << rank << "d(padding=" << to_string(padding);
  if (value) stream << ", value=" << *value;
  stream << ")";
}

Tensor pad_layer(const Tensor& input, IntArrayRef padding, const char* mode,
                 std::optional<double> value) {
  return pad(input, padding, mode, value);
}

}  // namespace detail
}  // namespace gradus::nn
