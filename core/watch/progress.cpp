#include "core/watch/progress.h"

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <string>

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/error.h"

namespace gradus::watch {
namespace {

using Style = ProgressOptions::Style;

constexpr double kRedraw = 0.1;     // seconds between two drawings in place
constexpr double kRateWindow = 15;  // seconds over which the rate is averaged
constexpr int kNarrowest = 10, kWidest = 40;
constexpr int kDefaultWidth = 80;

double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

bool has_utf8_locale() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    std::string locale(value);
    std::transform(locale.begin(), locale.end(), locale.begin(),
                   [](unsigned char c) { return std::tolower(c); });
    return locale.find("utf-8") != std::string::npos || locale.find("utf8") != std::string::npos;
  }
  return false;
}

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

int columns(std::string_view text) {
  return static_cast<int>(
      std::count_if(text.begin(), text.end(), [](char c) { return !is_continuation(c); }));
}

std::string_view first_columns(std::string_view text, int most) {
  size_t end = 0;
  for (int used = 0; end < text.size(); ++end) {
    if (!is_continuation(text[end]) && used++ == std::max(most, 0)) break;
  }
  return text.substr(0, end);
}

// One line: a newline or an escape sequence in it would break the drawing.
std::string one_line(std::string_view text) {
  std::string line(text);
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') c = ' ';
  }
  return line;
}

std::string with_separators(int64_t count) {
  std::string digits = std::to_string(count);
  for (size_t i = digits.size(); i > 3 && digits[i - 4] != '-';) digits.insert(i -= 3, 1, ',');
  return digits;
}

std::string short_rate(double rate) {
  if (rate >= 1e6) return fmt::format("{:.2f}M", rate / 1e6);
  if (rate >= 1e4) return fmt::format("{:.1f}k", rate / 1e3);
  if (rate >= 1e3) return fmt::format("{:.2f}k", rate / 1e3);
  if (rate >= 100) return fmt::format("{:.0f}", rate);
  return fmt::format("{:.{}f}", rate, rate >= 10 ? 1 : 2);
}

std::string duration(double seconds) {
  const int64_t all = static_cast<int64_t>(std::clamp(std::round(seconds), 0.0, 1e12));
  const int64_t minutes = all / 60 % 60, hours = all / 3600 % 24, days = all / 86400;
  if (days > 0) return fmt::format("{}d {:02}:{:02}:{:02}", days, hours, minutes, all % 60);
  if (hours > 0) return fmt::format("{}:{:02}:{:02}", hours, minutes, all % 60);
  return fmt::format("{}:{:02}", minutes, all % 60);
}

// How long a log waits for its next line.
double line_interval(double elapsed) {
  return elapsed < 60 ? 10 : elapsed < 600 ? 30 : 60;
}

}  // namespace

struct ProgressBar::State {
  State(int64_t total, ProgressOptions given) : options(std::move(given)), total(total) {
    options.label() = one_line(options.label());
    options.unit() = one_line(options.unit());
    if (options.clock() == nullptr) options.clock() = steady_seconds;
    if (options.style() == Style::kAuto) {
      const char* terminal = std::getenv("TERM");
      const bool dumb = terminal == nullptr || std::string_view(terminal) == "dumb";
      options.style() =
          ::isatty(::fileno(options.stream())) != 0 && !dumb ? Style::kBar : Style::kLines;
    }
    utf8 = has_utf8_locale();
    const char* no_color = std::getenv("NO_COLOR");
    color = no_color == nullptr || *no_color == '\0';
    done = sampled_done = options.initial();
    start = sampled = drawn = options.clock()();
  }

  bool bar() const { return options.style() == Style::kBar; }

  // The counts of the last kRateWindow seconds weigh most; an average from the start would hide a
  // change.
  void sample(double now) {
    const double seconds = now - sampled;
    const double kept = std::exp(-seconds / kRateWindow);
    recent_count =
        recent_count * kept + (static_cast<double>(done) - static_cast<double>(sampled_done));
    recent_seconds = recent_seconds * kept + seconds;
    sampled = now;
    sampled_done = done;
  }

  double rate(double now, bool last) const {
    const double seconds = last ? now - start : recent_seconds;
    const double count =
        last ? static_cast<double>(done) - static_cast<double>(options.initial()) : recent_count;
    return seconds > 0 ? std::max(count / seconds, 0.0) : 0;
  }

  std::string drawn_bar(int width) const {
    const double part =
        std::clamp(static_cast<double>(done) / static_cast<double>(total), 0.0, 1.0);
    const int halves = static_cast<int>(part * 2 * width);
    const int full = halves / 2;
    const bool half = halves % 2 != 0;
    std::string text;
    const auto repeat = [&](const char* piece, int count) {
      for (int i = 0; i < count; ++i) text += piece;
    };
    if (color) text += part < 1 ? "\x1b[36m" : "\x1b[32m";
    repeat(utf8 ? "━" : "=", full);
    if (half) text += utf8 ? "╸" : ">";
    if (color) text += "\x1b[90m";
    repeat(color && utf8 ? "━" : utf8 ? "─" : "-", width - full - (half ? 1 : 0));
    if (color) text += "\x1b[0m";
    return text;
  }

  std::string numbers(double now, bool last) const {
    const double speed = rate(now, last);
    std::string text;
    if (total > 0) {
      text = fmt::format("{:3.0f}%  {}/{}",
                         std::floor(100.0 * static_cast<double>(done) / static_cast<double>(total)),
                         with_separators(done), with_separators(total));
    } else {
      text = with_separators(done);
    }
    text += fmt::format("  {} {}/s", short_rate(speed), options.unit());
    if (last || total == 0) {
      text += "  " + duration(now - start);
    } else if (speed > 0) {
      text += "  ETA " + duration((static_cast<double>(total) - static_cast<double>(done)) / speed);
    }
    if (!message.empty()) text += "  " + message;
    return text;
  }

  int terminal_width() const {
    winsize size{};
    const bool known =
        ::ioctl(::fileno(options.stream()), TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return known ? size.ws_col : kDefaultWidth;
  }

  void draw(double now, bool last) {
    const std::string label = options.label().empty() ? "" : options.label() + "  ";
    const std::string text = numbers(now, last);
    std::string line;
    if (bar()) {
      // The last column stays free: writing to it makes some terminals begin a new line.
      const int most = terminal_width() - 1;
      const int room = most - columns(label) - columns(text) - 2;
      const bool with_bar = total > 0 && room >= kNarrowest;
      const int taken = with_bar ? std::min(room, kWidest) + 2 : 0;
      line = "\r";
      line += first_columns(label, most);
      if (with_bar) line += drawn_bar(taken - 2) + "  ";
      line += first_columns(text, most - columns(label) - taken);
      line += last ? "\x1b[K\n" : "\x1b[K";
    } else {
      line = label + text + "\n";
    }
    write(line);
    drawn = now;
    open_line = bar() && !last;
  }

  void write(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), options.stream());
    std::fflush(options.stream());
  }

  void tick() {
    const double now = options.clock()();
    if (now - drawn < (bar() ? kRedraw : line_interval(now - start))) return;
    sample(now);
    draw(now, /*last=*/false);
  }

  ProgressOptions options;
  int64_t total;
  int64_t done = 0, sampled_done = 0;
  std::string message;
  double start = 0, sampled = 0, drawn = 0;
  double recent_count = 0, recent_seconds = 0;
  bool utf8 = false, color = false;
  bool open_line = false;  // the cursor stands behind a drawn bar
  bool finished = false;
};

ProgressBar::ProgressBar(int64_t total, ProgressOptions options) {
  GRADUS_CHECK_VALUE(total >= 0, "ProgressBar: total must not be negative, got {}", total);
  GRADUS_CHECK_VALUE(options.stream() != nullptr, "ProgressBar: the stream is null");
  state_ = std::make_unique<State>(total, std::move(options));
}

ProgressBar::~ProgressBar() {
  if (state_->open_line) state_->write("\n");
}

void ProgressBar::update(int64_t done, std::string_view message) {
  State& state = *state_;
  if (state.options.style() == Style::kSilent || state.finished) return;
  state.done = done;
  if (!message.empty()) state.message = one_line(message);
  state.tick();
}

void ProgressBar::advance(int64_t count, std::string_view message) {
  update(state_->done + count, message);
}

void ProgressBar::finish(std::string_view message) {
  State& state = *state_;
  if (state.options.style() == Style::kSilent || state.finished) return;
  if (!message.empty()) state.message = one_line(message);
  state.draw(state.options.clock()(), /*last=*/true);
  state.finished = true;
}

void ProgressBar::print(std::string_view line) {
  State& state = *state_;
  if (state.options.style() == Style::kSilent) return;
  state.write((state.open_line ? "\r\x1b[K" : "") + std::string(line) + "\n");
  if (state.open_line) state.draw(state.options.clock()(), /*last=*/false);
}

}  // namespace gradus::watch
