#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/arg.h"
#include "core/dtype.h"
#include "core/export.h"
#include "core/tensor.h"

namespace gradus {

/// What a column of a CSV file holds.
enum class CsvType {
  kInteger,  ///< int64
  kReal,     ///< float64
  kText,
};

/// How a CSV file is written.
struct CsvOptions {
  /// What stands between the fields: a comma or a tab as a rule. Default: ','.
  GRADUS_ARG(char, delimiter) = ',';
  /// Whether the first line has the names of the columns; otherwise they are "0", "1", ... Default:
  /// true.
  GRADUS_ARG(bool, header) = true;
  /// The types of all columns. Default: found out from the fields: integer if all are, else real,
  /// else text.
  GRADUS_ARG(std::vector<CsvType>, types);
  /// Texts that stand for a missing number, as NaN; a column of integers becomes real then.
  /// Default: nothing at all, NA, NaN, nan, null.
  GRADUS_ARG(std::vector<std::string>, missing) = {"", "NA", "NaN", "nan", "null"};
};

/// The columns of a CSV file. Cheap to copy; copies share the columns.
class GRADUS_API CsvTable {
 public:
  size_t rows() const;
  size_t columns() const;
  const std::vector<std::string>& names() const;
  /// @throws IndexError for a name that is not there
  size_t column(std::string_view name) const;
  CsvType type(size_t column) const;

  /// The numbers of a column: int64 or float64 [rows]. @throws TypeError for a column of text
  const Tensor& numbers(size_t column) const;
  const Tensor& numbers(std::string_view name) const { return numbers(column(name)); }
  /// A field of a column of text; valid as long as a copy of the table lives. @throws TypeError for
  /// a column of numbers, IndexError
  std::string_view text(size_t column, size_t row) const;
  /// A column of text as classes: int64 [rows], and the texts in the order of their first row.
  std::pair<Tensor, std::vector<std::string>> classes(size_t column) const;

  /// Columns of numbers side by side, [rows, number of columns]: all, or those that are named.
  /// @throws TypeError for a column of text
  Tensor to_tensor(const std::vector<std::string>& names = {}, ScalarType dtype = kFloat) const;

 private:
  friend CsvTable load_csv(const std::string&, const CsvOptions&);
  struct Data;
  explicit CsvTable(std::shared_ptr<const Data> data);

  std::shared_ptr<const Data> data_;
};

/// Reads a CSV or TSV file (RFC 4180): fields may stand in double quotes, where a doubled quote is
/// one and line ends belong to the field; lines end with LF or CRLF; empty lines are passed over; a
/// byte order mark is too. The file is read twice, first to check it and to find out the types.
///
///     CsvTable table = load_csv("iris.csv");
///     Tensor x = table.to_tensor({"sepal length", "sepal width"});
///     auto [y, species] = table.classes(table.column("species"));
/// @throws ValueError that names the line for rows of different length, text that is not of the
/// given type, quotes that do not end, and zero bytes; Error if the file cannot be read. Allocates
/// the columns (8 bytes per field, and text), 256 bytes per column and at most 1 MiB.
GRADUS_API CsvTable load_csv(const std::string& path, const CsvOptions& options = {});

}  // namespace gradus
