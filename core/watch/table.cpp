#include "core/watch/table.h"

#include <algorithm>
#include <utility>

#include "core/error.h"

namespace gradus::watch {
namespace {

size_t width_of(const std::string& text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

bool is_number(const std::string& text) {
  return !text.empty() &&
         text.find_first_not_of("0123456789.,+-eE%xkKMGBnumsi/ ") == std::string::npos &&
         text.find_first_of("0123456789") != std::string::npos;
}

}  // namespace

Table::Table(std::vector<std::string> header) : header_(std::move(header)) {
  GRADUS_CHECK_VALUE(!header_.empty(), "Table: there are no columns");
}

Table& Table::row(std::vector<std::string> cells) {
  GRADUS_CHECK_VALUE(cells.size() == header_.size(), "Table: got {} cells for {} columns",
                     cells.size(), header_.size());
  rows_.push_back(std::move(cells));
  return *this;
}

Table& Table::rule() {
  rows_.emplace_back();
  return *this;
}

std::string Table::to_string() const {
  const size_t columns = header_.size();
  std::vector<size_t> widths;
  std::vector<bool> right(columns, true);
  for (const std::string& title : header_) widths.push_back(width_of(title));
  for (const auto& cells : rows_) {
    for (size_t i = 0; i < cells.size(); ++i) {
      widths[i] = std::max(widths[i], width_of(cells[i]));
      if (!cells[i].empty() && !is_number(cells[i])) right[i] = false;
    }
  }
  std::string text;
  const auto line = [&](const std::vector<std::string>& cells) {
    std::string all;
    for (size_t i = 0; i < columns; ++i) {
      const std::string space(widths[i] - width_of(cells[i]), ' ');
      if (i > 0) all += "  ";
      all += right[i] ? space + cells[i] : cells[i] + space;
    }
    all.erase(all.find_last_not_of(' ') + 1);
    text += all + '\n';
  };
  size_t total = 2 * (columns - 1);
  for (const size_t width : widths) total += width;
  line(header_);
  text += std::string(total, '-') + '\n';
  for (const auto& cells : rows_) {
    if (cells.empty()) {
      text += std::string(total, '-') + '\n';
    } else {
      line(cells);
    }
  }
  return text;
}

}  // namespace gradus::watch
