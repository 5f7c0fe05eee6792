#include "optim/internal/line_search.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace gradus::optim {

double cubic_interpolate(double x1, double f1, double g1, double x2, double f2, double g2,
                         double lower, double upper) {
  const double d1 = g1 + g2 - 3 * (f1 - f2) / (x1 - x2);
  const double d2_square = d1 * d1 - g1 * g2;
  if (!(d2_square >= 0)) return (lower + upper) / 2;
  const double d2 = std::sqrt(d2_square);
  const double x = x1 <= x2 ? x2 - (x2 - x1) * ((g2 + d2 - d1) / (g2 - g1 + 2 * d2))
                            : x1 - (x1 - x2) * ((g1 + d2 - d1) / (g1 - g2 + 2 * d2));
  return std::min(std::max(x, lower), upper);
}

LinePoint strong_wolfe(FunctionRef<LinePoint(double t)> evaluate, double t, const LinePoint& start,
                       double d_norm, int64_t& evals) {
  // PyTorch's: they are not the optimizer's max_eval and tolerance_change.
  constexpr double c1 = 1e-4, c2 = 0.9, tolerance_change = 1e-9;
  constexpr int64_t max_ls = 25;
  const auto too_high = [&](const LinePoint& point) {
    return point.f > start.f + c1 * point.t * start.gtd;
  };
  const auto flat = [&](const LinePoint& point) { return std::abs(point.gtd) <= -c2 * start.gtd; };

  // Go on until an interval [low, high] is known to contain a good point.
  LinePoint before = start;
  LinePoint now = evaluate(t);
  evals = 1;
  LinePoint bracket[2];
  bool bracketed = false;
  int64_t ls_iter = 0;
  for (; ls_iter < max_ls && !bracketed; ++ls_iter) {
    if (too_high(now) || (ls_iter > 1 && now.f >= before.f)) {
      bracketed = true;
    } else if (flat(now)) {
      return now;
    } else if (now.gtd >= 0) {
      bracketed = true;
    } else {
      const double lower = now.t + 0.01 * (now.t - before.t);
      const double next = cubic_interpolate(before.t, before.f, before.gtd, now.t, now.f, now.gtd,
                                            lower, now.t * 10);
      before = std::move(now);
      now = evaluate(next);
      ++evals;
      continue;
    }
    break;
  }
  bracket[0] = bracketed ? std::move(before) : start;
  bracket[1] = std::move(now);

  // Shrink the interval. Interpolation that keeps close to an end makes no progress: then go a
  // tenth of the interval away from it.
  size_t low = bracket[0].f <= bracket[1].f ? 0 : 1;
  bool stuck = false;
  bool done = false;
  for (; !done && ls_iter < max_ls; ++ls_iter) {
    const auto [left, right] = std::minmax(bracket[0].t, bracket[1].t);
    if ((right - left) * d_norm < tolerance_change) break;
    double next = cubic_interpolate(bracket[0].t, bracket[0].f, bracket[0].gtd, bracket[1].t,
                                    bracket[1].f, bracket[1].gtd, left, right);
    const double margin = 0.1 * (right - left);
    if (std::min(right - next, next - left) < margin) {
      if (stuck || next >= right || next <= left) {
        next = std::abs(next - right) < std::abs(next - left) ? right - margin : left + margin;
        stuck = false;
      } else {
        stuck = true;
      }
    } else {
      stuck = false;
    }
    LinePoint point = evaluate(next);
    ++evals;
    const size_t high = 1 - low;
    if (too_high(point) || point.f >= bracket[low].f) {
      bracket[high] = std::move(point);
      low = bracket[0].f <= bracket[1].f ? 0 : 1;
    } else {
      if (flat(point)) {
        done = true;
      } else if (point.gtd * (bracket[high].t - bracket[low].t) >= 0) {
        bracket[high] = bracket[low];
      }
      bracket[low] = std::move(point);
    }
  }
  return bracket[low];
}

}  // namespace gradus::optim
