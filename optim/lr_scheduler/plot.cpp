#include "optim/lr_scheduler/plot.h"

#include <algorithm>

#include <fmt/core.h>

#include "core/parallel.h"
#include "core/watch/svg_chart.h"

namespace gradus::optim {

namespace {

// Of longer schedules a few thousand points are drawn.
constexpr int64_t kMaxPoints = 4000;

void draw(FunctionRef<std::vector<double>(int64_t)> values_at, int64_t steps,
          const std::string& path, const std::string& title) {
  GRADUS_CHECK_VALUE(steps >= 1, "plot: steps must be at least 1, got {}", steps);
  std::vector<double> x;
  std::vector<std::vector<double>> y;
  const int64_t stride = (steps - 1) / kMaxPoints + 1;
  for (int64_t step = 0; step < steps; step += stride) {
    const std::vector<double> values = values_at(step);
    y.resize(std::max(y.size(), values.size()));
    for (size_t g = 0; g < values.size(); ++g) y[g].push_back(values[g]);
    x.push_back(static_cast<double>(step));
  }
  watch::SvgChart chart(title);
  watch::SvgPanel& panel = chart.panel().x_label("step");
  for (size_t g = 0; g < y.size(); ++g) {
    panel.line(y.size() == 1 ? std::string() : fmt::format("group {}", g), x, y[g]);
  }
  chart.columns(1).panel_size(720, 360).save(path);
}

}  // namespace

void plot(const LRScheduler& schedule, int64_t steps, const std::string& path,
          const std::string& title) {
  draw([&](int64_t step) { return schedule.lr_at(step); }, steps, path, title);
}

void plot(const SettingScheduler& schedule, int64_t steps, const std::string& path,
          const std::string& title) {
  draw([&](int64_t step) { return schedule.value_at(step); }, steps, path, title);
}

void plot(const BatchSizeScheduler& schedule, int64_t steps, const std::string& path,
          const std::string& title) {
  draw(
      [&](int64_t step) {
        return std::vector<double>{static_cast<double>(schedule.batch_size_at(step))};
      },
      steps, path, title);
}

}  // namespace gradus::optim
