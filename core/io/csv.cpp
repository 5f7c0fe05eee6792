#include "core/io/csv.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <unordered_map>

#include "core/error.h"
#include "core/factory.h"
#include "core/io/mapped_file.h"

namespace gradus {
namespace {

constexpr size_t kMostColumns = size_t{1} << 20;

std::string_view trimmed(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

template <class T>
bool parse(std::string_view text, T& value) {
  text = trimmed(text);
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') text.remove_prefix(1);
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code == std::errc::result_out_of_range && !std::is_integral_v<T> &&
      end == text.data() + text.size()) {
    // Too large or too small for a double: strtod says which.
    value = static_cast<T>(std::strtod(std::string(text).c_str(), nullptr));
    return true;
  }
  return code == std::errc() && end == text.data() + text.size();
}

// Walks over the records of a file.
class Scanner {
 public:
  Scanner(const uint8_t* data, size_t size, char delimiter, const std::string& path)
      : at_(reinterpret_cast<const char*>(data)),
        end_(at_ + size),
        delimiter_(delimiter),
        path_(path) {
    if (size >= 3 && std::memcmp(data, "\xef\xbb\xbf", 3) == 0) at_ += 3;
  }

  // Calls f(column, field) for each field of the next record that is not empty; the number of
  // fields, 0 at the end. A field is valid during the call.
  template <class F>
  size_t next_record(F&& f) {
    while (at_ < end_ && (*at_ == '\n' || (*at_ == '\r' && at_ + 1 < end_ && at_[1] == '\n'))) {
      at_ += *at_ == '\r' ? 2 : 1;
      ++line_;
    }
    if (at_ == end_) return 0;
    record_line_ = line_;
    for (size_t column = 0;; ++column) {
      const std::string_view field = *at_ == '"' ? quoted() : plain();
      f(column, field);
      if (at_ == end_) return column + 1;
      if (*at_ == delimiter_) {
        ++at_;
        if (at_ < end_) continue;
        f(column + 1, std::string_view());
        return column + 2;
      }
      check(*at_ == '\n' || (*at_ == '\r' && at_ + 1 < end_ && at_[1] == '\n'),
            "has text after a closing quote, or a carriage return within a line");
      at_ += *at_ == '\r' ? 2 : 1;
      ++line_;
      return column + 1;
    }
  }

  // The line on which the last record began.
  size_t line() const { return record_line_; }

 private:
  void check(bool condition, const char* rule) const {
    GRADUS_CHECK_VALUE(condition, "csv: line {} of '{}' {}", line_, path_, rule);
  }

  std::string_view plain() {
    const char* begin = at_;
    while (at_ < end_ && *at_ != delimiter_ && *at_ != '\n' && *at_ != '\r') {
      check(*at_ != '\0', "has a zero byte");
      ++at_;
    }
    return {begin, static_cast<size_t>(at_ - begin)};
  }

  std::string_view quoted() {
    const char* begin = ++at_;
    bool doubled = false;
    for (;; ++at_) {
      check(at_ < end_, "ends within quotes");
      check(*at_ != '\0', "has a zero byte");
      if (*at_ == '\n') ++line_;
      if (*at_ != '"') continue;
      if (at_ + 1 == end_ || at_[1] != '"') break;
      doubled = true;
      ++at_;
    }
    const std::string_view raw(begin, static_cast<size_t>(at_ - begin));
    ++at_;
    check(at_ == end_ || *at_ == delimiter_ || *at_ == '\n' || *at_ == '\r',
          "has text after a closing quote");
    if (!doubled) return raw;
    unquoted_.clear();
    for (size_t i = 0; i < raw.size(); ++i) {
      unquoted_ += raw[i];
      i += raw[i] == '"';
    }
    return unquoted_;
  }

  const char* at_;
  const char* end_;
  const char delimiter_;
  const std::string& path_;
  size_t line_ = 1, record_line_ = 1;
  std::string unquoted_;
};

struct Column {
  CsvType type = CsvType::kInteger;
  bool has_missing = false;
  uint64_t text_bytes = 0;
  Tensor numbers;
  std::vector<uint64_t> ends;  // of the texts
  std::string texts;           // one after the other
};

}  // namespace

struct CsvTable::Data {
  size_t rows = 0;
  std::vector<std::string> names;
  std::vector<Column> columns;
};

CsvTable::CsvTable(std::shared_ptr<const Data> data) : data_(std::move(data)) {}

size_t CsvTable::rows() const {
  return data_->rows;
}
size_t CsvTable::columns() const {
  return data_->columns.size();
}
const std::vector<std::string>& CsvTable::names() const {
  return data_->names;
}

size_t CsvTable::column(std::string_view name) const {
  const auto found = std::find(data_->names.begin(), data_->names.end(), name);
  GRADUS_CHECK_INDEX(found != data_->names.end(), "csv: there is no column '{}'", name);
  return static_cast<size_t>(found - data_->names.begin());
}

CsvType CsvTable::type(size_t column) const {
  GRADUS_CHECK_INDEX(column < columns(), "csv: column {} of {}", column, columns());
  return data_->columns[column].type;
}

const Tensor& CsvTable::numbers(size_t column) const {
  GRADUS_CHECK_TYPE(type(column) != CsvType::kText, "csv: column '{}' holds text",
                    data_->names[column]);
  return data_->columns[column].numbers;
}

std::string_view CsvTable::text(size_t column, size_t row) const {
  GRADUS_CHECK_TYPE(type(column) == CsvType::kText, "csv: column '{}' holds numbers",
                    data_->names[column]);
  GRADUS_CHECK_INDEX(row < rows(), "csv: row {} of {}", row, rows());
  const Column& from = data_->columns[column];
  const uint64_t begin = row == 0 ? 0 : from.ends[row - 1];
  return std::string_view(from.texts).substr(begin, from.ends[row] - begin);
}

std::pair<Tensor, std::vector<std::string>> CsvTable::classes(size_t column) const {
  Tensor codes = empty({static_cast<int64_t>(rows())}, kLong);
  std::vector<std::string> texts;
  std::unordered_map<std::string_view, int64_t> known;
  for (size_t row = 0; row < rows(); ++row) {
    const std::string_view field = text(column, row);
    const auto [at, added] = known.emplace(field, static_cast<int64_t>(texts.size()));
    if (added) texts.emplace_back(field);
    codes.data_ptr<int64_t>()[row] = at->second;
  }
  return {codes, std::move(texts)};
}

Tensor CsvTable::to_tensor(const std::vector<std::string>& names, ScalarType dtype) const {
  std::vector<size_t> chosen;
  for (const std::string& name : names) chosen.push_back(column(name));
  for (size_t i = 0; names.empty() && i < columns(); ++i) chosen.push_back(i);
  Tensor result = empty({static_cast<int64_t>(rows()), static_cast<int64_t>(chosen.size())}, dtype);
  for (size_t i = 0; i < chosen.size(); ++i) {
    result.select(1, static_cast<int64_t>(i)).copy_(numbers(chosen[i]));
  }
  return result;
}

CsvTable load_csv(const std::string& path, const CsvOptions& options) {
  const char delimiter = options.delimiter();
  GRADUS_CHECK_VALUE(
      delimiter != '"' && delimiter != '\n' && delimiter != '\r' && delimiter != '\0',
      "load_csv: the delimiter cannot be a quote, a line end or a zero byte");
  const io::MappedFile file(path);
  const auto is_missing = [&](std::string_view field) {
    field = trimmed(field);
    return std::find(options.missing().begin(), options.missing().end(), field) !=
           options.missing().end();
  };

  auto data = std::make_shared<CsvTable::Data>();
  std::vector<Column>& columns = data->columns;
  Scanner check(file.data(), file.size(), delimiter, path);
  if (options.header()) {
    check.next_record([&](size_t column, std::string_view field) {
      GRADUS_CHECK_VALUE(column < kMostColumns, "csv: '{}' has more than {} columns", path,
                         kMostColumns);
      data->names.emplace_back(field);
    });
    columns.resize(data->names.size());
  }
  const bool known_types = !options.types().empty();
  const auto learn = [&](Column& column, std::string_view field) {
    column.text_bytes += field.size();
    if (known_types || column.type == CsvType::kText) return;
    if (is_missing(field)) {
      column.has_missing = true;
      return;
    }
    int64_t whole;
    double real;
    if (column.type == CsvType::kInteger && !parse(field, whole)) column.type = CsvType::kReal;
    if (column.type == CsvType::kReal && !parse(field, real)) column.type = CsvType::kText;
  };
  for (;;) {
    const bool first = columns.empty();
    const size_t fields = check.next_record([&](size_t column, std::string_view field) {
      if (first) {
        GRADUS_CHECK_VALUE(column < kMostColumns, "csv: '{}' has more than {} columns", path,
                           kMostColumns);
        columns.emplace_back();
        data->names.push_back(std::to_string(column));
      }
      if (column < columns.size()) learn(columns[column], field);
    });
    if (fields == 0) break;
    GRADUS_CHECK_VALUE(fields == columns.size(), "csv: line {} of '{}' has {} fields, expected {}",
                       check.line(), path, fields, columns.size());
    ++data->rows;
  }

  if (known_types) {
    GRADUS_CHECK_VALUE(options.types().size() == columns.size(),
                       "load_csv: {} types were given, '{}' has {} columns", options.types().size(),
                       path, columns.size());
  }
  const int64_t rows = static_cast<int64_t>(data->rows);
  for (size_t i = 0; i < columns.size(); ++i) {
    Column& column = columns[i];
    if (known_types) {
      column.type = options.types()[i];
    } else if (column.type == CsvType::kInteger && (column.has_missing || rows == 0)) {
      column.type = CsvType::kReal;
    }
    if (column.type == CsvType::kText) {
      column.ends.reserve(data->rows);
      column.texts.reserve(column.text_bytes);
    } else {
      column.numbers = empty({rows}, column.type == CsvType::kInteger ? kLong : kDouble);
    }
  }

  Scanner fill(file.data(), file.size(), delimiter, path);
  if (options.header()) fill.next_record([](size_t, std::string_view) {});
  for (int64_t row = 0; row < rows; ++row) {
    fill.next_record([&](size_t index, std::string_view field) {
      Column& column = columns[index];
      bool fits = true;
      switch (column.type) {
        case CsvType::kInteger:
          fits = parse(field, column.numbers.data_ptr<int64_t>()[row]);
          break;
        case CsvType::kReal: {
          double& value = column.numbers.data_ptr<double>()[row];
          fits = parse(field, value);
          if (!fits && is_missing(field)) {
            value = std::numeric_limits<double>::quiet_NaN();
            fits = true;
          }
          break;
        }
        case CsvType::kText:
          column.texts += field;
          column.ends.push_back(column.texts.size());
      }
      GRADUS_CHECK_VALUE(fits, "csv: line {} of '{}': '{}' in column '{}' is not {}", fill.line(),
                         path, field.substr(0, 100), data->names[index].substr(0, 100),
                         column.type == CsvType::kInteger ? "an integer" : "a number");
    });
  }
  return CsvTable(std::move(data));
}

}  // namespace gradus
