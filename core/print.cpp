// Tensors as text, as libtorch prints them.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ostream>
#include <string>
#include <vector>

#include "core/factory.h"
#include "core/kernels/copy.h"
#include "core/shape.h"
#include "core/sparse.h"
#include "core/tensor.h"

namespace gradus {

namespace {

constexpr int64_t kLineWidth = 80;

enum class Notation { General, Fixed, Scientific };

// How the numbers of a vector or matrix are written: all of one width, divided by a common scale.
struct Format {
  Notation notation = Notation::General;
  int64_t width = 0;
  double scale = 1;
  // Digits; once it is 4 it stays so to the end of the tensor, as in libtorch.
  int precision = 6;
};

std::string number(double x, Notation notation, int precision) {
  const char* const specifier = notation == Notation::Fixed        ? "%.*f"
                                : notation == Notation::Scientific ? "%.*e"
                                                                   : "%.*g";
  char buffer[400];
  const int size = std::snprintf(buffer, sizeof buffer, specifier, precision, x);
  return std::string(buffer, static_cast<size_t>(size));
}

void append(std::string& text, double x, const Format& format) {
  const std::string digits = number(x / format.scale, format.notation, format.precision);
  const auto width = static_cast<size_t>(format.width);
  if (digits.size() < width) text.append(width - digits.size(), ' ');
  text += digits;
}

Format format_of(const double* x, int64_t n, int precision) {
  Format format;
  format.precision = precision;
  bool integers = true;
  for (int64_t i = 0; i < n && integers; ++i) {
    integers = !std::isfinite(x[i]) || x[i] == std::ceil(x[i]);
  }
  // The decimal digits before the point of the smallest and of the largest number; as in libtorch,
  // negative numbers count towards the smallest only.
  int64_t first = 0;
  while (first < n && !std::isfinite(x[first])) ++first;
  double low = 1, high = 1;
  if (first < n) {
    low = high = std::fabs(x[first]);
    for (int64_t i = first; i < n; ++i) {
      const double z = std::fabs(x[i]);
      if (!std::isfinite(z)) continue;
      if (z < low) low = z;
      if (x[i] > high) high = z;
    }
    low = low != 0 ? std::floor(std::log10(low)) + 1 : 1;
    high = high != 0 ? std::floor(std::log10(high)) + 1 : 1;
  }
  if (integers) {
    if (high > 9) {
      format.notation = Notation::Scientific;
      format.width = 11;
    } else {
      format.width = static_cast<int64_t>(high) + 1;
    }
  } else if (high - low > 4) {
    format.notation = Notation::Scientific;
    format.width = std::fabs(high) > 99 || std::fabs(low) > 99 ? 12 : 11;
  } else {
    format.notation = Notation::Fixed;
    if (high > 5 || high < 0) {
      format.width = 7;
      format.scale = std::pow(10.0, high - 1);
    } else {
      format.width = high == 0 ? 7 : static_cast<int64_t>(high) + 6;
    }
  }
  if (format.notation != Notation::General) format.precision = 4;
  return format;
}

void append_scale(std::string& text, const Format& format) {
  text += number(format.scale, Notation::General, format.precision) + " *\n";
}

// @return the precision that holds from there on
int append_matrix(std::string& text, const double* x, int64_t rows, int64_t columns, int64_t indent,
                  int precision) {
  const Format format = format_of(x, rows * columns, precision);
  const std::string margin(static_cast<size_t>(indent), ' ');
  const int64_t per_line = std::max<int64_t>(1, (kLineWidth - indent) / (format.width + 1));
  text += margin;
  for (int64_t first = 0; first < columns; first += per_line) {
    const int64_t last = std::min(first + per_line, columns) - 1;
    if (per_line < columns) {
      if (first != 0) text += "\n";
      text += "Columns " + std::to_string(first + 1) + " to " + std::to_string(last + 1);
      text += margin;
    }
    if (format.scale != 1) {
      append_scale(text, format);
      text += margin;
    }
    for (int64_t row = 0; row < rows; ++row) {
      for (int64_t column = first; column <= last; ++column) {
        append(text, x[row * columns + column], format);
        if (column < last) text += " ";
      }
      text += "\n";
      if (row != rows - 1) text += format.scale != 1 ? margin + " " : margin;
    }
  }
  return format.precision;
}

// Matrix by matrix, the first dims counting fastest, as libtorch does.
void append_blocks(std::string& text, const double* x, IntArrayRef sizes) {
  const size_t outer = sizes.size() - 2;
  const int64_t rows = sizes[outer], columns = sizes[outer + 1];
  int64_t blocks = 1;
  for (size_t d = 0; d < outer; ++d) blocks *= sizes[d];
  std::vector<int64_t> index(outer, 0);
  int precision = 6;
  for (int64_t block = 0; block < blocks; ++block) {
    if (block != 0) text += "\n";
    text += "(";
    int64_t at = 0;
    for (size_t d = 0; d < outer; ++d) {
      text += std::to_string(index[d] + 1) + ",";
      at = at * sizes[d] + index[d];
    }
    text += ".,.) = \n";
    precision =
        append_matrix(text, x + at * rows * columns, rows, columns, /*indent=*/1, precision);
    for (size_t d = 0; d < outer && ++index[d] == sizes[d]; ++d) index[d] = 0;
  }
}

}  // namespace

std::string detail::to_text(const Tensor& tensor) {
  if (!tensor.defined()) return "[ Tensor (undefined) ]";
  if (tensor.is_sparse()) {
    const SparseRows& held = sparse_rows(tensor);
    const int64_t n = held.rows.numel();
    return fmt::format("[ {}{{}}\nindices:\n{}\nvalues:\n{}\nsize:\n{}\n]", tensor.toString(),
                       to_text(make_view(held.rows, {1, n}, {n, 1}, 0)), to_text(held.values),
                       to_string(tensor.sizes()));
  }
  const Tensor values = empty(tensor.sizes(), kDouble);
  kernel::copy(tensor, values);
  const double* const x = values.data_ptr<double>();
  const IntArrayRef sizes = tensor.sizes();
  std::string text;
  if (sizes.size() == 0) {
    text += number(x[0], Notation::General, 6) + "\n";
  } else if (values.numel() == 0) {
  } else if (sizes.size() == 1) {
    const Format format = format_of(x, values.numel(), /*precision=*/6);
    if (format.scale != 1) append_scale(text, format);
    for (int64_t i = 0; i < values.numel(); ++i) {
      append(text, x[i], format);
      text += "\n";
    }
  } else if (sizes.size() == 2) {
    append_matrix(text, x, sizes[0], sizes[1], /*indent=*/0, /*precision=*/6);
  } else {
    append_blocks(text, x, sizes);
  }
  text += "[ " + tensor.toString() + "{";
  for (size_t d = 0; d < sizes.size(); ++d) {
    if (d != 0) text += ",";
    text += std::to_string(sizes[d]);
  }
  return text + "} ]";
}

std::ostream& operator<<(std::ostream& stream, const Tensor& tensor) {
  return stream << detail::to_text(tensor);
}

void Tensor::print() const {
  if (defined()) {
    std::fprintf(stderr, "[%s %s]\n", toString().c_str(), to_string(sizes()).c_str());
  } else {
    std::fprintf(stderr, "[UndefinedTensor]\n");
  }
}

}  // namespace gradus
