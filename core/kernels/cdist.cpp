#include "core/kernels/cdist.h"

#include <algorithm>
#include <cmath>

#include "core/factory.h"
#include "core/kernels/dispatch.h"
#include "core/parallel.h"
#include "core/shape.h"

namespace gradus::kernel {

namespace {

// Each p as `add`, what a difference d >= 0 adds to a sum that begins with 0, `join`, the sum of
// two sums, `finish`, what makes the sum the distance y, and `slope`, dy / dd for d > 0 and y > 0.
template <class T>
struct Additive {
  T join(T a, T b) const { return a + b; }
};

template <class T>
struct Zero : Additive<T> {
  T add(T sum, T d) const { return sum + (d != 0 ? T(1) : T(0)); }
  T finish(T sum) const { return sum; }
  T slope(T, T) const { return 0; }
};

template <class T>
struct One : Additive<T> {
  T add(T sum, T d) const { return sum + d; }
  T finish(T sum) const { return sum; }
  T slope(T, T) const { return 1; }
};

template <class T>
struct Two : Additive<T> {
  T add(T sum, T d) const { return sum + d * d; }
  T finish(T sum) const { return std::sqrt(sum); }
  T slope(T d, T y) const { return d / y; }
};

template <class T>
struct Infinity {
  T add(T sum, T d) const { return d > sum || std::isnan(d) ? d : sum; }
  T join(T a, T b) const { return add(a, b); }
  T finish(T sum) const { return sum; }
  T slope(T d, T y) const { return d == y ? T(1) : T(0); }
};

template <class T>
struct Any : Additive<T> {
  explicit Any(double p) : p(static_cast<T>(p)) {}
  T p;
  T add(T sum, T d) const { return sum + std::pow(d, p); }
  T finish(T sum) const { return std::pow(sum, 1 / p); }
  T slope(T d, T y) const { return std::pow(d / y, p - 1); }
};

template <class T, class F>
void with_norm(double p, F&& f) {
  if (p == 0) {
    f(Zero<T>());
  } else if (p == 1) {
    f(One<T>());
  } else if (p == 2) {
    f(Two<T>());
  } else if (std::isinf(p)) {
    f(Infinity<T>());
  } else {
    f(Any<T>(p));
  }
}

// In lanes that do not wait for each other.
template <class T, class Norm>
T total(Norm norm, const T* x, const T* y, int64_t size) {
  constexpr int64_t kLanes = 16;
  T lanes[kLanes] = {};
  int64_t k = 0;
  for (; k + kLanes <= size; k += kLanes) {
    for (int64_t lane = 0; lane < kLanes; ++lane) {
      lanes[lane] = norm.add(lanes[lane], std::abs(x[k + lane] - y[k + lane]));
    }
  }
  T sum = 0;
  for (; k < size; ++k) sum = norm.add(sum, std::abs(x[k] - y[k]));
  if (size >= kLanes) {
    for (T lane : lanes) sum = norm.join(sum, lane);
  }
  return sum;
}

int64_t rows_of_a_chunk(int64_t points, int64_t size) {
  return 1 + 16384 / std::max<int64_t>(1, points * size);
}

}  // namespace

Tensor cdist(const Tensor& a, const Tensor& b, double p) {
  // a is [batch, rows, size], b [batch, points, size]
  const int64_t rows = a.size(-2), points = b.size(-2), size = a.size(-1);
  DimVector sizes = to_dims(a.sizes());
  sizes.back() = points;
  checked_numel("cdist", sizes);
  Tensor y = zeros(sizes, a.options());
  if (y.numel() == 0 || size == 0) return y;
  dispatch_float_double("cdist", a.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T *const left = a.data_ptr<T>(), *const right = b.data_ptr<T>();
    T* const out = y.data_ptr<T>();
    with_norm<T>(p, [&](auto norm) {
      const auto grain = rows_of_a_chunk(points, size);
      parallel_for(y.numel() / points, grain, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) {
          const T* const x = left + i * size;
          const T* const others = right + i / rows * points * size;
          for (int64_t j = 0; j < points; ++j) {
            out[i * points + j] = norm.finish(total(norm, x, others + j * size, size));
          }
        }
      });
    });
  });
  return y;
}

Tensor cdist_backward(const Tensor& dy, const Tensor& a, const Tensor& b, const Tensor& y,
                      double p) {
  const int64_t rows = a.size(-2), points = b.size(-2), size = a.size(-1);
  Tensor da = zeros(a.sizes(), a.options());
  if (y.numel() == 0 || size == 0) return da;
  dispatch_float_double("cdist", a.dtype(), [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T *const left = a.data_ptr<T>(), *const right = b.data_ptr<T>();
    const T *const slopes = dy.data_ptr<T>(), *const distances = y.data_ptr<T>();
    T* const out = da.data_ptr<T>();
    with_norm<T>(p, [&](auto norm) {
      const auto grain = rows_of_a_chunk(points, size);
      parallel_for(y.numel() / points, grain, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) {
          const T* const x = left + i * size;
          const T* const others = right + i / rows * points * size;
          for (int64_t j = 0; j < points; ++j) {
            const T distance = distances[i * points + j], slope = slopes[i * points + j];
            if (distance == 0) continue;
            for (int64_t k = 0; k < size; ++k) {
              const T d = x[k] - others[j * size + k];
              const T by_d = d == 0 ? T(0) : slope * norm.slope(std::abs(d), distance);
              out[i * size + k] += d < 0 ? -by_d : by_d;
            }
          }
        }
      });
    });
  });
  return da;
}

}  // namespace gradus::kernel
