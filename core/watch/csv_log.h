#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/export.h"
#include "core/hidden.h"

namespace gradus::watch {

/// Writes one line per step to a CSV file, which load_csv() and spreadsheets read.
///
///     CsvLog log("train.csv", {"epoch", "loss", "accuracy"});
///     log.write({epoch, loss, accuracy});
///
/// A line is handed to the system as a whole when it is written, so a killed run leaves whole
/// lines.
class GRADUS_API CsvLog {
 public:
  /// Begins a new file, or with `append` goes on with one that has the same columns.
  /// @throws ValueError for no columns, or a file with other ones; Error if it cannot be written
  CsvLog(const std::string& path, std::vector<std::string> columns, bool append = false);
  ~CsvLog();
  CsvLog(CsvLog&&) noexcept;
  CsvLog& operator=(CsvLog&&) noexcept;

  /// One value per column; whole numbers are written as such, NaN as an empty field.
  /// @throws ValueError for another number of values; Error if it cannot be written
  void write(const std::vector<double>& values);

 private:
  struct State;
  Hidden<State> state_;
};

}  // namespace gradus::watch
