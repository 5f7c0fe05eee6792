#include "core/io/checkpoint_series.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <exception>
#include <map>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>

#include <dirent.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/error.h"
#include "core/io/file_error.h"
#include "core/io/mapped_file.h"
#include "core/io/safetensors_header.h"

namespace gradus {
namespace {

constexpr std::string_view kSuffix = ".safetensors";
constexpr const char* kMetric = "metric";

template <class T>
std::optional<T> parse(std::string_view text) {
  T value{};
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

void make_folder(const std::string& path) {
  for (size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
    const std::string part = path.substr(0, slash);
    if (::mkdir(part.c_str(), 0777) != 0 && errno != EEXIST) {
      io::throw_file_error("make the folder", part, errno);
    }
    if (slash == std::string::npos) break;
  }
}

}  // namespace

struct CheckpointSeries::State {
  using Metrics = std::map<int64_t, std::optional<double>>;  // by step

  std::string path(int64_t step) const {
    return fmt::format("{}/{}-{}{}", folder, options.prefix(), step, kSuffix);
  }

  // The step that a file name says.
  std::optional<int64_t> step_of(std::string_view name) const {
    const std::string start = options.prefix() + "-";
    if (name.size() <= start.size() + kSuffix.size() || name.substr(0, start.size()) != start ||
        name.substr(name.size() - kSuffix.size()) != kSuffix) {
      return std::nullopt;
    }
    name.remove_prefix(start.size());
    name.remove_suffix(kSuffix.size());
    const std::optional<int64_t> step = parse<int64_t>(name);
    return step && *step >= 0 && fmt::format("{}", *step) == name ? step : std::nullopt;
  }

  static std::optional<double> metric_of(const std::string& path) {
    const io::MappedFile file(path);
    const io::SafetensorsHeader header(file.data(), file.size(), path);
    const auto found = header.metadata().find(kMetric);
    if (found == header.metadata().end()) return std::nullopt;
    return parse<double>(found->second);
  }

  void scan() {
    DIR* directory = ::opendir(folder.c_str());
    if (directory == nullptr) io::throw_file_error("read the folder", folder, errno);
    const std::unique_ptr<DIR, int (*)(DIR*)> closer(directory, ::closedir);
    while (const dirent* entry = ::readdir(directory)) {
      if (const auto step = step_of(entry->d_name)) files[*step] = metric_of(path(*step));
    }
  }

  // Steps with a metric, the best first; of equal ones the latest.
  std::vector<int64_t> ranked() const {
    std::vector<std::pair<double, int64_t>> order;
    for (const auto& [step, metric] : files) {
      if (!metric || std::isnan(*metric)) continue;
      const bool lowest = options.best() == CheckpointSeriesOptions::Best::kLowest;
      order.emplace_back(lowest ? *metric : -*metric, -step);
    }
    std::sort(order.begin(), order.end());
    std::vector<int64_t> steps;
    for (const auto& [metric, step] : order) steps.push_back(-step);
    return steps;
  }

  void write(const CheckpointSnapshot& snapshot, int64_t step, std::optional<double> metric) {
    snapshot.save(path(step));
    const std::lock_guard lock(mutex);
    files[step] = metric;
    std::vector<int64_t> best = ranked();
    best.resize(std::min(best.size(), options.keep_best()));
    size_t newer = 0;
    std::vector<int64_t> dropped;
    for (auto at = files.rbegin(); at != files.rend(); ++at, ++newer) {
      if (newer < options.keep_last()) continue;
      if (std::find(best.begin(), best.end(), at->first) == best.end())
        dropped.push_back(at->first);
    }
    for (const int64_t old : dropped) {
      if (::unlink(path(old).c_str()) != 0 && errno != ENOENT) {
        io::throw_file_error("remove", path(old), errno);
      }
      files.erase(old);
    }
  }

  std::string folder;
  CheckpointSeriesOptions options;
  mutable std::mutex mutex;  // of `files`
  Metrics files;
  std::thread writer;
  std::exception_ptr exception;  // of the writer
};

CheckpointSeries::CheckpointSeries(std::string folder, CheckpointSeriesOptions options)
    : state_(std::make_unique<State>()) {
  io::check_path(folder);
  GRADUS_CHECK_VALUE(options.keep_last() >= 1 && !options.prefix().empty() &&
                         options.prefix().find('/') == std::string::npos,
                     "CheckpointSeries: cannot keep {} files called '{}-...'", options.keep_last(),
                     options.prefix());
  state_->folder = std::move(folder);
  state_->options = std::move(options);
  make_folder(state_->folder);
  state_->scan();
}

CheckpointSeries::~CheckpointSeries() {
  if (state_->writer.joinable()) state_->writer.join();
}

void CheckpointSeries::save(const Checkpoint& checkpoint, int64_t step,
                            std::optional<double> metric) {
  GRADUS_CHECK_VALUE(step >= 0, "CheckpointSeries: the step is negative: {}", step);
  std::map<std::string, std::string> metadata = {{"step", fmt::format("{}", step)}};
  if (metric) metadata[kMetric] = fmt::format("{}", *metric);
  wait();
  CheckpointSnapshot snapshot = checkpoint.snapshot(metadata);
  if (!state_->options.asynchronous()) return state_->write(snapshot, step, metric);
  state_->writer =
      std::thread([state = state_.get(), snapshot = std::move(snapshot), step, metric] {
        try {
          state->write(snapshot, step, metric);
        } catch (...) {
          state->exception = std::current_exception();
        }
      });
}

void CheckpointSeries::wait() {
  if (state_->writer.joinable()) state_->writer.join();
  if (state_->exception) std::rethrow_exception(std::exchange(state_->exception, nullptr));
}

std::optional<int64_t> CheckpointSeries::resume(Checkpoint& checkpoint) {
  wait();
  if (state_->files.empty()) return std::nullopt;
  const int64_t step = state_->files.rbegin()->first;
  checkpoint.load(state_->path(step));
  return step;
}

std::optional<std::string> CheckpointSeries::latest() const {
  const std::lock_guard lock(state_->mutex);
  if (state_->files.empty()) return std::nullopt;
  return state_->path(state_->files.rbegin()->first);
}

std::optional<std::string> CheckpointSeries::best() const {
  const std::lock_guard lock(state_->mutex);
  const std::vector<int64_t> ranked = state_->ranked();
  if (ranked.empty()) return std::nullopt;
  return state_->path(ranked.front());
}

std::vector<int64_t> CheckpointSeries::steps() const {
  const std::lock_guard lock(state_->mutex);
  std::vector<int64_t> steps;
  for (const auto& [step, metric] : state_->files) steps.push_back(step);
  return steps;
}

}  // namespace gradus
