#pragma once

#include <string>
#include <vector>

#include "core/export.h"

namespace gradus::watch {

/// A table of text for a terminal or a log: columns as wide as they need to be, numbers to the
/// right.
///
///     Table table({"layer", "parameters"});
///     table.row({"conv1", "320"}).row({"fc", "5130"});
///     fmt::print("{}", table.to_string());
class GRADUS_API Table {
 public:
  /// @throws ValueError for no columns
  explicit Table(std::vector<std::string> header);

  /// @throws ValueError for another number of cells than columns
  Table& row(std::vector<std::string> cells);
  /// A line across.
  Table& rule();
  /// The table with a line end after each line. Widths count characters of UTF-8.
  std::string to_string() const;

 private:
  std::vector<std::string> header_;
  std::vector<std::vector<std::string>> rows_;  // an empty one is a line across
};

}  // namespace gradus::watch
