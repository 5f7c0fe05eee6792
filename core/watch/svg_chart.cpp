#include "core/watch/svg_chart.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "core/error.h"
#include "core/io/atomic_file.h"

namespace gradus::watch {
namespace {

constexpr const char* kColors[] = {"#2f6fde", "#e4752b", "#1d9a6c", "#cf3f55",
                                   "#7a57b5", "#8a6d3b", "#c2549c", "#4b5563"};
constexpr const char* kInk = "#111827";
constexpr const char* kText = "#374151";
constexpr const char* kMuted = "#6b7280";
constexpr const char* kGrid = "#e5e7eb";
constexpr const char* kAxis = "#9ca3af";

constexpr double kOuter = 20;        // around the chart
constexpr double kTitle = 40;        // height of the chart's title
constexpr double kSmall = 11.5;      // font sizes
constexpr double kCharacter = 0.56;  // average width of a character in parts of the font size
constexpr size_t kMostMarkers = 40;  // points of a line up to which each is marked

constexpr double kLegendRow = 18;
constexpr double kSwatch = 22;  // the colored dash before a name
constexpr double kBetweenNames = 16;

// Beyond these the arithmetic of axes would overflow; such a value is a gap like one that is not
// finite.
constexpr double kLargest = 1e300, kTiniest = 1e-300;

using Out = std::back_insert_iterator<std::string>;

// Text of XML: markup is escaped; what XML 1.0 forbids or is not UTF-8 becomes U+FFFD.
std::string xml(std::string_view text) {
  constexpr std::string_view kReplacement = "\xef\xbf\xbd";
  std::string escaped;
  for (size_t i = 0; i < text.size();) {
    const auto byte = [&](size_t k) {
      return i + k < text.size() ? static_cast<unsigned char>(text[i + k]) : 0u;
    };
    const unsigned lead = byte(0);
    const size_t length = lead < 0x80                   ? 1
                          : lead >= 0xc2 && lead < 0xe0 ? 2
                          : lead >= 0xe0 && lead < 0xf0 ? 3
                          : lead >= 0xf0 && lead < 0xf5 ? 4
                                                        : 0;
    bool valid = length > 0;
    for (size_t k = 1; k < length; ++k) valid &= (byte(k) & 0xc0) == 0x80;
    valid &= !(lead == 0xe0 && byte(1) < 0xa0) && !(lead == 0xed && byte(1) >= 0xa0) &&
             !(lead == 0xf0 && byte(1) < 0x90) && !(lead == 0xf4 && byte(1) >= 0x90) &&
             !(lead == 0xef && byte(1) == 0xbf && byte(2) >= 0xbe);
    if (!valid || (lead < ' ' && lead != '\t' && lead != '\n')) {
      escaped += kReplacement;
      ++i;
      continue;
    }
    switch (lead) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        escaped += text.substr(i, length);
    }
    i += length;
  }
  return escaped;
}

double text_width(std::string_view text, double size) {
  const auto characters = std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  });
  return static_cast<double>(characters) * size * kCharacter;
}

// With a real minus sign and without the padding of exponents: 1e-05 becomes 1e−5.
std::string typeset(std::string number) {
  if (const size_t e = number.find('e'); e != std::string::npos) {
    size_t digits = e + 1;
    if (number[digits] == '+') number.erase(digits, 1);
    if (number[digits] == '-') ++digits;
    while (digits + 1 < number.size() && number[digits] == '0') number.erase(digits, 1);
  }
  for (size_t i = 0; (i = number.find('-', i)) != std::string::npos;)
    number.replace(i, 1, "\u2212");
  return number;
}

// Four digits: 0.9134, 12.35, 120k, 1.2e−5.
std::string short_value(double value) {
  const double size = std::abs(value);
  if (size >= 1e4 && size < 1e6) return typeset(fmt::format("{:.4g}k", value / 1e3));
  if (size >= 1e6 && size < 1e9) return typeset(fmt::format("{:.4g}M", value / 1e6));
  return typeset(size != 0 && (size < 1e-3 || size >= 1e9) ? fmt::format("{:.2g}", value)
                                                           : fmt::format("{:.4g}", value));
}

// The smallest of 1, 2, 2.5, 5, 10 times a power of ten that is at least `least`.
double nice_step(double least, bool whole) {
  const double power = std::pow(10, std::floor(std::log10(least)));
  for (const double factor : {1.0, 2.0, 2.5, 5.0, 10.0}) {
    const double step = factor * power;
    if (whole && step != std::round(step)) continue;
    if (step >= least * (1 - 1e-9)) return step;
  }
  return std::max(10 * power, whole ? 1.0 : 0.0);
}

/// What an axis shows and where: positions are parts of its length.
class Axis {
 public:
  Axis(double low, double high, bool log, bool whole, int most_ticks) : log_(log) {
    if (log) {
      set_logarithmic(low, high, most_ticks);
    } else {
      set_linear(low, high, whole, most_ticks);
    }
  }

  double place(double value) const {
    return (scaled(value) - scaled(low_)) / (scaled(high_) - scaled(low_));
  }
  const std::vector<double>& ticks() const { return ticks_; }

  std::string label(double tick) const { return typeset(plain_label(tick)); }

 private:
  std::string plain_label(double tick) const {
    const double largest = std::max(std::abs(low_), std::abs(high_));
    if (log_ && step_ == 0) {
      if (tick >= 1e4 || tick < 1e-3) return fmt::format("{:.0e}", tick);
      return fmt::format("{:g}", tick);
    }
    if (tick == 0) return "0";
    if (largest >= 1e4 && largest < 1e13) {
      const auto [unit, suffix] = largest >= 1e10  ? std::pair(1e9, "G")
                                  : largest >= 1e7 ? std::pair(1e6, "M")
                                                   : std::pair(1e3, "k");
      return fixed(tick / unit, step_ / unit) + suffix;
    }
    if (largest >= 1e13 || largest < 1e-3) return fmt::format("{:.3g}", tick);
    return fixed(tick, step_);
  }

  double scaled(double value) const { return log_ ? std::log10(value) : value; }

  // As many decimals as the step needs.
  static std::string fixed(double value, double step) {
    int decimals = 0;
    for (double left = step; decimals < 12 && std::abs(left - std::round(left)) > 1e-6 * left;
         left *= 10)
      ++decimals;
    return fmt::format("{:.{}f}", value, decimals);
  }

  void fill(double low, double high) {
    const double first = std::ceil(low / step_ - 1e-9), last = std::floor(high / step_ + 1e-9);
    for (double i = first; i <= last && ticks_.size() < 100; ++i) ticks_.push_back(i * step_);
  }

  void set_linear(double low, double high, bool whole, int most_ticks) {
    const double size = std::max(std::abs(low), std::abs(high));
    if (high - low <= std::max(1e-12 * size, kTiniest)) {  // a constant stands in the middle
      const double margin = whole || size < 1e3 * kTiniest ? 1 : size * 0.1;
      low -= margin;
      high += margin;
    }
    // From zero where the values come near it.
    if (!whole && low > 0 && low < 0.3 * high) low = 0;
    step_ = nice_step((high - low) / most_ticks, whole);
    low_ = low;
    high_ = high;
    // Ends at a tick unless the values go only a little beyond the last one.
    constexpr double kLittle = 0.2;
    const double below = std::floor(low / step_ + 1e-9) * step_,
                 above = std::ceil(high / step_ - 1e-9) * step_;
    if (!whole && below + step_ - low > kLittle * step_) low_ = below;
    if (!whole && high - (above - step_) > kLittle * step_) high_ = above;
    fill(low_, high_);
  }

  void set_logarithmic(double low, double high, int most_ticks) {
    if (high <= low * (1 + 1e-12)) {
      low /= 2;
      high *= 2;
    }
    low_ = low;
    high_ = high;
    const double decades = std::log10(high) - std::log10(low);
    const int stride = std::max(1, static_cast<int>(std::ceil(decades / most_ticks)));
    for (int power = static_cast<int>(std::floor(std::log10(low))) - 1;
         power <= std::log10(high) + 1; ++power) {
      if (power % stride != 0) continue;
      for (const double digit : {1.0, 2.0, 5.0}) {
        if (digit > 1 && decades * 3 > most_ticks) break;
        const double tick = digit * std::pow(10, power);
        if (tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9)) ticks_.push_back(tick);
      }
    }
    if (ticks_.size() >= 3) return;
    ticks_.clear();
    step_ = nice_step((high - low) / most_ticks, /*whole=*/false);
    fill(low, high);
  }

  bool log_;
  double low_ = 0, high_ = 1;
  double step_ = 0;  // 0: the ticks are powers of ten
  std::vector<double> ticks_;
};

struct Point {
  double x, y;
};

}  // namespace

struct SvgPanel::Data {
  struct Line {
    std::string name;
    std::vector<double> x, y;
    Style style;
    const char* color;
  };
  struct Entry {  // of the legend
    std::string name;
    const char* color;
    double width;
  };
  struct Label {
    double y;
    std::string text;
    const char* color;
  };

  bool drawable(const Line& line, size_t i) const {
    const auto on_axis = [](double value, bool log) {
      return std::abs(value) < kLargest && (!log || value > kTiniest);
    };
    return on_axis(line.x[i], log_x) && on_axis(line.y[i], log_y);
  }

  const char* color_of(const std::string& name) const {
    size_t names = 0;
    for (size_t i = 0; i < lines.size(); ++i) {
      if (lines[i].name == name) return lines[i].color;
      const auto same = [&](const Line& line) { return line.name == lines[i].name; };
      names += std::none_of(lines.begin(), lines.begin() + static_cast<ptrdiff_t>(i), same);
    }
    return kColors[names % std::size(kColors)];
  }

  void draw(Out out, double left, double top, double width, double height) const;
  std::vector<std::vector<Entry>> legend_rows(double width) const;
  static void draw_legend(Out out, const std::vector<std::vector<Entry>>& rows, double top,
                          double right);
  void draw_line(Out out, const Line& line, const std::vector<Point>& points,
                 const std::vector<size_t>& gaps) const;
  static void draw_labels(Out out, std::vector<Label> labels, double left, double top,
                          double bottom);

  std::string title, x_label, y_label;
  bool log_x = false, log_y = false;
  std::vector<Line> lines;
};

void SvgPanel::Data::draw(Out out, double left, double top, double width, double height) const {
  double x_low = INFINITY, x_high = -INFINITY, y_low = INFINITY, y_high = -INFINITY;
  bool whole = true;
  for (const Line& line : lines) {
    for (size_t i = 0; i < line.x.size(); ++i) {
      if (!drawable(line, i)) continue;
      x_low = std::min(x_low, line.x[i]);
      x_high = std::max(x_high, line.x[i]);
      y_low = std::min(y_low, line.y[i]);
      y_high = std::max(y_high, line.y[i]);
      whole &= line.x[i] == std::round(line.x[i]) && std::abs(line.x[i]) < 1e9;
    }
  }
  const bool empty = !(x_low <= x_high);
  if (empty) x_low = y_low = log_x || log_y ? 1 : 0, x_high = y_high = log_x || log_y ? 10 : 1;

  const double head = title.empty() ? 0 : 24;
  const auto rows = legend_rows(width);
  const double legend = 4 + kLegendRow * static_cast<double>(rows.size());
  const double bottom = top + height - (x_label.empty() ? 22 : 42);
  const double plot_top = top + head + legend + 8;
  const Axis y_axis(y_low, y_high, log_y, /*whole=*/false,
                    std::max(2, static_cast<int>((bottom - plot_top) / 42)));

  double tick_width = 0;
  for (const double tick : y_axis.ticks())
    tick_width = std::max(tick_width, text_width(y_axis.label(tick), kSmall));
  const double plot_left = left + tick_width + 10;
  const double plot_right = left + width - 50;
  const Axis x_axis(x_low, x_high, log_x, whole && !log_x,
                    std::max(2, static_cast<int>((plot_right - plot_left) / 42)));

  const auto x_of = [&](double x) {
    return plot_left + x_axis.place(x) * (plot_right - plot_left);
  };
  const auto y_of = [&](double y) { return bottom - y_axis.place(y) * (bottom - plot_top); };

  if (!title.empty()) {
    fmt::format_to(out,
                   "<text x=\"{:.1f}\" y=\"{:.1f}\" font-size=\"14\" font-weight=\"600\" "
                   "fill=\"{}\">{}</text>\n",
                   left, top + 12, kInk, xml(title));
  }
  fmt::format_to(out, "<text x=\"{:.1f}\" y=\"{:.1f}\" fill=\"{}\">{}</text>\n", left,
                 top + head + 12, kMuted, xml(y_label));
  draw_legend(out, rows, top + head + 12, left + width);

  for (const double tick : y_axis.ticks()) {
    const double y = y_of(tick);
    fmt::format_to(out, "<path d=\"M{:.1f},{:.1f}H{:.1f}\" stroke=\"{}\"/>", plot_left, y,
                   plot_right, kGrid);
    fmt::format_to(out,
                   "<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"end\" fill=\"{}\">{}</text>\n",
                   plot_left - 8, y + 4, kMuted, y_axis.label(tick));
  }
  fmt::format_to(out, "<path d=\"M{:.1f},{:.1f}H{:.1f}\" stroke=\"{}\"/>\n", plot_left, bottom,
                 plot_right, kAxis);
  for (const double tick : x_axis.ticks()) {
    const double x = x_of(tick);
    fmt::format_to(out, "<path d=\"M{:.1f},{:.1f}v4\" stroke=\"{}\"/>", x, bottom, kAxis);
    fmt::format_to(out,
                   "<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\" fill=\"{}\">{}</text>\n",
                   x, bottom + 17, kMuted, x_axis.label(tick));
  }
  if (!x_label.empty()) {
    fmt::format_to(out,
                   "<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\" fill=\"{}\">{}</text>\n",
                   (plot_left + plot_right) / 2, bottom + 36, kMuted, xml(x_label));
  }
  if (empty) {
    fmt::format_to(
        out,
        "<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\" fill=\"{}\">no values</text>\n",
        (plot_left + plot_right) / 2, (plot_top + bottom) / 2, kMuted);
    return;
  }

  std::vector<Label> labels;
  const auto draw_all = [&](Style style) {
    for (const Line& line : lines) {
      if (line.style != style) continue;
      std::vector<Point> points;
      std::vector<size_t> gaps;  // where in points a new piece begins
      bool gap = true;
      double last = 0;
      for (size_t i = 0; i < line.x.size(); ++i) {
        if (!drawable(line, i)) {
          gap = true;
          continue;
        }
        if (std::exchange(gap, false)) gaps.push_back(points.size());
        points.push_back({x_of(line.x[i]), y_of(line.y[i])});
        last = line.y[i];
      }
      if (points.empty()) continue;
      draw_line(out, line, points, gaps);
      if (style == Style::kFaint) continue;
      fmt::format_to(
          out, "<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3.5\" fill=\"{}\" stroke=\"#fff\"/>\n",
          points.back().x, points.back().y, line.color);
      labels.push_back({points.back().y, short_value(last), line.color});
    }
  };
  draw_all(Style::kFaint);
  draw_all(Style::kPlain);
  draw_labels(out, std::move(labels), plot_right + 9, plot_top, bottom);
}

// The names in rows, of which the first shares its line with the label of the y axis.
std::vector<std::vector<SvgPanel::Data::Entry>> SvgPanel::Data::legend_rows(double width) const {
  std::vector<std::vector<Entry>> rows(1);
  double room = width - text_width(y_label, kSmall);
  std::vector<std::string_view> seen;
  for (const Line& line : lines) {
    if (line.name.empty() || std::find(seen.begin(), seen.end(), line.name) != seen.end()) continue;
    seen.push_back(line.name);
    const double taken = kSwatch + text_width(line.name, kSmall) + kBetweenNames;
    if (taken > room && (rows.size() > 1 || !rows[0].empty() || !y_label.empty())) {
      rows.emplace_back();
      room = width;
    }
    room -= taken;
    rows.back().push_back({line.name, line.color, taken});
  }
  return rows;
}

void SvgPanel::Data::draw_legend(Out out, const std::vector<std::vector<Entry>>& rows, double top,
                                 double right) {
  for (const std::vector<Entry>& row : rows) {
    double x = right + kBetweenNames;
    for (const Entry& entry : row) x -= entry.width;
    for (const Entry& entry : row) {
      fmt::format_to(out, "<path d=\"M{:.1f},{:.1f}h{}\" stroke=\"{}\" stroke-width=\"2.5\"/>", x,
                     top - 4, kSwatch - 6, entry.color);
      fmt::format_to(out, "<text x=\"{:.1f}\" y=\"{:.1f}\" fill=\"{}\">{}</text>\n", x + kSwatch,
                     top, kText, xml(entry.name));
      x += entry.width;
    }
    top += kLegendRow;
  }
}

void SvgPanel::Data::draw_line(Out out, const Line& line, const std::vector<Point>& points,
                               const std::vector<size_t>& gaps) const {
  const bool faint = line.style == Style::kFaint;
  fmt::format_to(out, "<path fill=\"none\" stroke=\"{}\" stroke-width=\"{}\"{} d=\"", line.color,
                 faint ? "1" : "2", faint ? " stroke-opacity=\"0.3\"" : "");
  for (size_t piece = 0; piece < gaps.size(); ++piece) {
    const size_t end = piece + 1 < gaps.size() ? gaps[piece + 1] : points.size();
    char command = 'M';
    for (size_t i = gaps[piece]; i < end;) {
      // Of the points in one column of half a pixel the first, lowest, highest and last draw the
      // same picture.
      size_t next = i, low = i, high = i;
      const auto column = [&](size_t k) { return std::floor(points[k].x * 2); };
      for (; next < end && column(next) == column(i); ++next) {
        if (points[next].y < points[low].y) low = next;
        if (points[next].y > points[high].y) high = next;
      }
      size_t kept[] = {i, std::min(low, high), std::max(low, high), next - 1};
      for (size_t k = 0; k < std::size(kept); ++k) {
        if (k > 0 && kept[k] == kept[k - 1]) continue;
        fmt::format_to(out, "{}{:.1f},{:.1f}", std::exchange(command, 'L'), points[kept[k]].x,
                       points[kept[k]].y);
      }
      i = next;
    }
    if (end - gaps[piece] == 1) fmt::format_to(out, "h0");  // a dot, by its round cap
  }
  fmt::format_to(out, "\"/>\n");
  if (faint || points.size() > kMostMarkers) return;
  for (const Point& point : points) {
    fmt::format_to(out, "<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"2.5\" fill=\"{}\"/>", point.x,
                   point.y, line.color);
  }
  fmt::format_to(out, "\n");
}

// The last values, beside the ends of their lines, moved apart where they would overlap.
void SvgPanel::Data::draw_labels(Out out, std::vector<Label> labels, double left, double top,
                                 double bottom) {
  constexpr double kApart = 14;
  std::sort(labels.begin(), labels.end(), [](const Label& a, const Label& b) { return a.y < b.y; });
  for (size_t i = 1; i < labels.size(); ++i)
    labels[i].y = std::max(labels[i].y, labels[i - 1].y + kApart);
  double lowest = bottom;
  for (size_t i = labels.size(); i-- > 0; lowest -= kApart)
    labels[i].y = std::min(labels[i].y, lowest);
  for (const Label& label : labels) {
    if (label.y < top - kApart) continue;
    fmt::format_to(out,
                   "<text x=\"{:.1f}\" y=\"{:.1f}\" font-weight=\"600\" fill=\"{}\">{}</text>\n",
                   left, label.y + 4, label.color, label.text);
  }
}

SvgPanel::SvgPanel(std::string title) : data_(std::make_shared<Data>()) {
  data_->title = std::move(title);
}

SvgPanel& SvgPanel::line(std::string name, std::vector<double> x, std::vector<double> y,
                         Style style) {
  GRADUS_CHECK_VALUE(x.size() == y.size(), "SvgPanel::line: '{}' has {} values of x and {} of y",
                     name, x.size(), y.size());
  const char* color = data_->color_of(name);
  data_->lines.push_back({std::move(name), std::move(x), std::move(y), style, color});
  return *this;
}

SvgPanel& SvgPanel::line(std::string name, std::vector<double> y) {
  std::vector<double> x(y.size());
  for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<double>(i + 1);
  return line(std::move(name), std::move(x), std::move(y));
}

SvgPanel& SvgPanel::x_label(std::string text) {
  data_->x_label = std::move(text);
  return *this;
}

SvgPanel& SvgPanel::y_label(std::string text) {
  data_->y_label = std::move(text);
  return *this;
}

SvgPanel& SvgPanel::log_x(bool on) {
  data_->log_x = on;
  return *this;
}

SvgPanel& SvgPanel::log_y(bool on) {
  data_->log_y = on;
  return *this;
}

SvgChart::SvgChart(std::string title) : title_(std::move(title)) {}
SvgChart::~SvgChart() = default;
SvgChart::SvgChart(SvgChart&&) noexcept = default;
SvgChart& SvgChart::operator=(SvgChart&&) noexcept = default;

SvgPanel& SvgChart::panel(std::string title) {
  panels_.push_back(std::unique_ptr<SvgPanel>(new SvgPanel(std::move(title))));
  return *panels_.back();
}

SvgChart& SvgChart::columns(int count) {
  GRADUS_CHECK_VALUE(count >= 1, "SvgChart::columns: expected at least 1, got {}", count);
  columns_ = count;
  return *this;
}

SvgChart& SvgChart::panel_size(int width, int height) {
  constexpr int kLeast = 200, kMost = 10'000;
  GRADUS_CHECK_VALUE(std::min(width, height) >= kLeast && std::max(width, height) <= kMost,
                     "SvgChart::panel_size: expected {} to {} pixels, got {} x {}", kLeast, kMost,
                     width, height);
  width_ = width;
  height_ = height;
  return *this;
}

std::string SvgChart::to_string() const {
  constexpr double kBetween = 32;
  const int panels = std::max(1, static_cast<int>(panels_.size()));
  const int columns = std::min(columns_, panels), rows = (panels + columns - 1) / columns;
  const double top = kOuter + (title_.empty() ? 0 : kTitle);
  const double width = 2 * kOuter + columns * width_ + (columns - 1) * kBetween;
  const double height = top + rows * height_ + (rows - 1) * kBetween + kOuter;

  std::string svg;
  const Out out(svg);
  fmt::format_to(
      out,
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:.0f}\" height=\"{1:.0f}\" viewBox=\"0 "
      "0 {0:.0f} "
      "{1:.0f}\" role=\"img\" font-family=\"Inter, system-ui, -apple-system, 'Segoe UI', Roboto, "
      "'DejaVu "
      "Sans', sans-serif\" font-size=\"{2}\" stroke-linecap=\"round\" stroke-linejoin=\"round\">\n",
      width, height, kSmall);
  fmt::format_to(out, "<title>{}</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
                 xml(title_));
  if (!title_.empty()) {
    fmt::format_to(
        out, "<text x=\"{}\" y=\"{}\" font-size=\"18\" font-weight=\"600\" fill=\"{}\">{}</text>\n",
        kOuter, kOuter + 16, kInk, xml(title_));
  }
  for (size_t i = 0; i < panels_.size(); ++i) {
    const int column = static_cast<int>(i) % columns, row = static_cast<int>(i) / columns;
    panels_[i]->data_->draw(out, kOuter + column * (width_ + kBetween),
                            top + row * (height_ + kBetween), width_, height_);
  }
  svg += "</svg>\n";
  return svg;
}

void SvgChart::save(const std::string& path) const {
  io::write_file(path, to_string());
}

}  // namespace gradus::watch
