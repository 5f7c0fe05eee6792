#include "core/watch/csv_log.h"

#include <cerrno>
#include <cmath>
#include <string_view>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/error.h"
#include "core/io/file_error.h"
#include "core/io/input_file.h"

namespace gradus::watch {
namespace {

std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"') result += '"';
    result += c;
  }
  return result + '"';
}

}  // namespace

struct CsvLog::State {
  ~State() {
    if (descriptor >= 0) ::close(descriptor);
  }
  void put(std::string_view line) {
    while (!line.empty()) {
      const ssize_t count = ::write(descriptor, line.data(), line.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) io::throw_file_error("write", path, errno);
      line.remove_prefix(static_cast<size_t>(count));
    }
  }

  std::string path;
  size_t columns = 0;
  int descriptor = -1;
};

CsvLog::CsvLog(const std::string& path, std::vector<std::string> columns, bool append)
    : state_(std::make_unique<State>()) {
  io::check_path(path);
  GRADUS_CHECK_VALUE(!columns.empty(), "CsvLog: there are no columns");
  state_->path = path;
  state_->columns = columns.size();
  std::string header;
  for (const std::string& column : columns) header += (header.empty() ? "" : ",") + quoted(column);
  header += '\n';

  bool goes_on = false;
  struct stat status;
  if (append && ::stat(path.c_str(), &status) == 0 && status.st_size > 0) {
    io::InputFile file(path);
    std::string begin(header.size(), '\0');
    begin.resize(file.read(begin.data(), begin.size()));
    GRADUS_CHECK_VALUE(begin == header, "CsvLog: '{}' has other columns than {}", path, header);
    goes_on = true;
  }
  state_->descriptor = ::open(
      path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | (goes_on ? 0 : O_TRUNC), 0666);
  if (state_->descriptor < 0) io::throw_file_error("write", path, errno);
  if (!goes_on) state_->put(header);
}

CsvLog::~CsvLog() = default;
CsvLog::CsvLog(CsvLog&&) noexcept = default;
CsvLog& CsvLog::operator=(CsvLog&&) noexcept = default;

void CsvLog::write(const std::vector<double>& values) {
  GRADUS_CHECK_VALUE(values.size() == state_->columns, "CsvLog: got {} values for {} columns",
                     values.size(), state_->columns);
  std::string line;
  for (size_t i = 0; i < values.size(); ++i) {
    if (i > 0) line += ',';
    const double value = values[i];
    if (std::isnan(value)) continue;
    const bool whole = value == std::floor(value) && std::abs(value) < 1e15;
    line += whole ? fmt::format("{:.0f}", value) : fmt::format("{}", value);
  }
  // A line of one empty field would be an empty line, which readers pass over.
  if (line.empty()) line = "nan";
  state_->put(line + '\n');
}

}  // namespace gradus::watch
