#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/export.h"

namespace gradus::watch {

/// One pair of axes of an SvgChart with its lines. Setters return the panel, so that calls can be
/// chained.
class GRADUS_API SvgPanel {
 public:
  /// A faint line stands in the background, without a name: raw values behind their average.
  enum class Style { kPlain, kFaint };

  /// Adds the line through (x[i], y[i]). Points that are not finite, or not positive on a
  /// logarithmic axis, leave a gap. Lines of one name have one color, whatever their style.
  /// @throws ValueError if x and y differ in size
  SvgPanel& line(std::string name, std::vector<double> x, std::vector<double> y,
                 Style style = Style::kPlain);
  /// Adds the line through (1, y[0]), (2, y[1]), ...: a value per epoch.
  SvgPanel& line(std::string name, std::vector<double> y);
  /// Default: nothing.
  SvgPanel& x_label(std::string text);
  SvgPanel& y_label(std::string text);
  /// Logarithmic instead of linear axes.
  SvgPanel& log_x(bool on = true);
  SvgPanel& log_y(bool on = true);

 private:
  friend class SvgChart;
  struct Data;
  explicit SvgPanel(std::string title);

  std::shared_ptr<Data> data_;
};

/// A chart of lines in one or more panels, written as a self-contained SVG file that any browser
/// shows.
///
///     SvgChart chart("Fashion-MNIST");
///     chart.panel("Loss").x_label("epoch").y_label("cross entropy").log_y().line("train",
///     train_losses); chart.panel("Accuracy").x_label("epoch").line("test", accuracies);
///     chart.save("training.svg");
class GRADUS_API SvgChart {
 public:
  explicit SvgChart(std::string title = "");
  ~SvgChart();
  SvgChart(SvgChart&&) noexcept;
  SvgChart& operator=(SvgChart&&) noexcept;

  /// Adds a panel; the reference stays valid as long as the chart.
  SvgPanel& panel(std::string title = "");
  /// Panels beside each other; the rest goes below. Default: 2. @throws ValueError if count < 1
  SvgChart& columns(int count);
  /// Width and height of each panel in pixels, axes included. Default: 480 x 340.
  /// @throws ValueError outside 200 ... 10,000
  SvgChart& panel_size(int width, int height);

  /// The SVG document.
  std::string to_string() const;
  /// Writes the document as io::AtomicFile does. @throws Error if it cannot be written
  void save(const std::string& path) const;

 private:
  std::string title_;
  std::vector<std::unique_ptr<SvgPanel>> panels_;
  int columns_ = 2;
  int width_ = 480, height_ = 340;
};

}  // namespace gradus::watch
