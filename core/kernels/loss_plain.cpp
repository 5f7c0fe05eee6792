#include <algorithm>
#include <cmath>
#include <limits>

#include "core/kernels/loss.h"

namespace gradus::kernel {

namespace {

template <class T>
T value(PointwiseLoss loss, T x, T t, T p) {
  const T d = x - t, size = std::abs(d);
  switch (loss) {
    case PointwiseLoss::Squared:
      return d * d;
    case PointwiseLoss::Absolute:
      return size;
    case PointwiseLoss::SmoothL1:
      return size < p ? d * d / (2 * p) : size - p / 2;
    case PointwiseLoss::Huber:
      return size < p ? d * d / 2 : p * (size - p / 2);
    case PointwiseLoss::BinaryCrossEntropy:
      return -(t * std::max(std::log(x), T(-100)) + (1 - t) * std::max(std::log1p(-x), T(-100)));
    case PointwiseLoss::BinaryCrossEntropyWithLogits:
      return std::max(x, T(0)) - x * t + std::log1p(std::exp(-std::abs(x)));
  }
  return 0;
}

template <class T>
T sign(T d) {
  return d > 0 ? T(1) : d < 0 ? T(-1) : d;  // NaN stays NaN
}

template <class T>
T slope(PointwiseLoss loss, T x, T t, T p) {
  const T d = x - t;
  switch (loss) {
    case PointwiseLoss::Squared:
      return 2 * d;
    case PointwiseLoss::Absolute:
      return sign(d);
    case PointwiseLoss::SmoothL1:
      return std::abs(d) < p ? d / p : sign(d);
    case PointwiseLoss::Huber:
      return std::abs(d) < p ? d : p * sign(d);
    case PointwiseLoss::BinaryCrossEntropy:
      return d / std::max((1 - x) * x, T(1e-12));
    case PointwiseLoss::BinaryCrossEntropyWithLogits: {
      const T e = std::exp(-std::abs(x));
      return (x < 0 ? e : T(1)) / (1 + e) - t;
    }
  }
  return 0;
}

template <class T>
double sum(PointwiseLoss loss, const T* x, const T* target, T p, int64_t n) {
  double total = 0;
  for (int64_t i = 0; i < n; ++i) total += static_cast<double>(value(loss, x[i], target[i], p));
  return total;
}

template <class T>
void each(PointwiseLoss loss, const T* x, const T* target, T p, int64_t n, T* y) {
  for (int64_t i = 0; i < n; ++i) y[i] = value(loss, x[i], target[i], p);
}

template <class T>
void gradient(PointwiseLoss loss, const T* dy, const T* x, const T* target, T p, T factor,
              int64_t n, T* dx) {
  for (int64_t i = 0; i < n; ++i) {
    dx[i] = slope(loss, x[i], target[i], p) * factor * (dy == nullptr ? T(1) : dy[i]);
  }
}

// -sum_c u_c log softmax(x)_c = U log sum_c e^(x_c - m) + sum_c u_c (m - x_c), where U = sum_c u_c;
// its gradient is U softmax(x) - u.
template <class T>
T soft_row(const T* x, int64_t n, const T* weight, const T* q, int64_t target, T share, T rest,
           T scale, T* g) {
  const auto u = [=](int64_t c) {
    const T part = q != nullptr ? q[c] : c == target ? T(1) : T(0);
    return (weight == nullptr ? T(1) : weight[c]) * (share * part + rest);
  };
  T max = -std::numeric_limits<T>::infinity();
  for (int64_t c = 0; c < n; ++c) max = std::max(max, x[c]);
  T sum = 0, total = 0, dot = 0;
  for (int64_t c = 0; c < n; ++c) {
    sum += std::exp(x[c] - max);
    total += u(c);
    dot += u(c) * (max - x[c]);
  }
  if (g != nullptr) {
    for (int64_t c = 0; c < n; ++c) g[c] = scale * (total * std::exp(x[c] - max) / sum - u(c));
  }
  return total * std::log(sum) + dot;
}

template <class T>
T hard_row(const T* x, int64_t n, int64_t target, T weight, T scale, T* g) {
  T max = -std::numeric_limits<T>::infinity();
  for (int64_t c = 0; c < n; ++c) max = std::max(max, x[c]);
  T sum = 0;
  for (int64_t c = 0; c < n; ++c) sum += std::exp(x[c] - max);
  if (g != nullptr) {
    for (int64_t c = 0; c < n; ++c) g[c] = scale * weight * (std::exp(x[c] - max) / sum);
    g[target] -= scale * weight;
  }
  return weight * (std::log(sum) + (max - x[target]));
}

template <class T>
void hard_places(const T* x, int64_t n, int64_t stride, const PlaceTargets<T>& targets, T scale,
                 T* losses, T* g) {
  for (int64_t i = 0; i < targets.count; ++i) {
    const T weight = targets.weight[i];
    losses[i] = 0;
    if (weight == 0) {
      for (int64_t c = 0; g != nullptr && c < n; ++c) g[c * stride + i] = 0;
      continue;
    }
    T max = -std::numeric_limits<T>::infinity(), sum = 0;
    for (int64_t c = 0; c < n; ++c) max = std::max(max, x[c * stride + i]);
    for (int64_t c = 0; c < n; ++c) sum += std::exp(x[c * stride + i] - max);
    const int64_t at = targets.target[i] * stride + i;
    losses[i] = weight * (std::log(sum) + (max - x[at]));
    if (g == nullptr) continue;
    for (int64_t c = 0; c < n; ++c) {
      g[c * stride + i] = scale * weight * (std::exp(x[c * stride + i] - max) / sum);
    }
    g[at] -= scale * weight;
  }
}

}  // namespace

template <class T>
LossLoops<T> plain_loss_loops() {
  return {&sum<T>, &each<T>, &gradient<T>, &hard_row<T>, &soft_row<T>, &hard_places<T>};
}

template LossLoops<float> plain_loss_loops();
template LossLoops<double> plain_loss_loops();

}  // namespace gradus::kernel
