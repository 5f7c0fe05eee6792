#include "core/kernels/activation.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/kernels/dispatch.h"
#include "core/kernels/plain_loop.h"
#include "core/kernels/special.h"
#include "core/type_promotion.h"

namespace gradus::kernel {

namespace {

constexpr double kSqrt2OverPi = 0.79788456080286535588;
constexpr double kGeluCubic = 0.044715;

double normal_cdf(double x) {
  return 0.5 * std::erfc(-x * M_SQRT1_2);
}

double normal_density(double x) {
  return 0.5 * M_SQRT1_2 * M_2_SQRTPI * std::exp(-0.5 * x * x);
}

// a b where b, which vanishes faster than a grows, is not 0.
double vanishing_product(double a, double b) {
  return b == 0 ? 0 : a * b;
}

double gelu(double x) {
  return vanishing_product(x, normal_cdf(x));
}

double gelu_tanh_argument(double x) {
  return kSqrt2OverPi * x * (1 + kGeluCubic * x * x);
}

double gelu_tanh(double x) {
  return vanishing_product(x, sigmoid(2 * gelu_tanh_argument(x)));  // (1 + tanh u) / 2
}

double gelu_tanh_slope(double x) {
  const double s = sigmoid(2 * gelu_tanh_argument(x));
  const double du = kSqrt2OverPi * (1 + 3 * kGeluCubic * x * x);
  return s + vanishing_product(2 * x * du, s * (1 - s));
}

double silu_slope(double x) {
  const double s = sigmoid(x);
  return s + vanishing_product(x, s * (1 - s));
}

// tanh(log(1 + e^x))
double mish_gate(double x) {
  if (x > 40) return 1;
  const double e = std::exp(x), n = e * (e + 2);
  return n / (n + 2);
}

double mish_slope(double x) {
  const double t = mish_gate(x);
  return t + vanishing_product(x, sigmoid(x) * (1 - t * t));
}

double softplus(double x) {
  return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x)));
}

template <class T>
T clamp(T x, T lo, T hi) {
  const T low = x < lo ? lo : x;
  return low > hi ? hi : low;
}

// A bound within the range of T.
template <class T>
T bound(const Scalar& value) {
  if constexpr (std::is_integral_v<T>) {
    constexpr T lowest = std::numeric_limits<T>::min(), highest = std::numeric_limits<T>::max();
    if (value.is_floating_point()) {
      const double v = value.toDouble();
      if (v <= static_cast<double>(lowest)) return lowest;
      return v >= static_cast<double>(highest) ? highest : static_cast<T>(v);
    }
    return static_cast<T>(std::clamp<int64_t>(value.toLong(), lowest, highest));
  } else {
    return value.cast<T>();
  }
}

template <class T>
BlockFunction clamp_function(ActivationOp op) {
  switch (op) {
    case ActivationOp::Clamp:
      return plain_loop<T>([](T x, const Params& p) {
        return clamp(x, bound<T>(p.values[0]), bound<T>(p.values[1]));
      });
    case ActivationOp::ClampMin:
      return plain_loop<T>([](T x, const Params& p) {
        const T lo = bound<T>(p.values[0]);
        return x < lo ? lo : x;
      });
    case ActivationOp::ClampMax:
      return plain_loop<T>([](T x, const Params& p) {
        const T hi = bound<T>(p.values[0]);
        return x > hi ? hi : x;
      });
    default:
      return nullptr;
  }
}

}  // namespace

template <class T>
BlockFunction activation_plain_function(ActivationOp op) {
  switch (op) {
    case ActivationOp::LeakyRelu:
      return plain_loop<T>([](T x, const Params& p) { return x > 0 ? x : x * p.get<T>(0); });
    case ActivationOp::Elu:
      return plain_loop<T>([](T x, const Params& p) {
        return x > 0 ? x * p.get<T>(1) : T(std::expm1(x * p.get<T>(2))) * p.get<T>(0) * p.get<T>(1);
      });
    case ActivationOp::Gelu:
      return plain_loop<T>([](T x) { return T(gelu(x)); });
    case ActivationOp::GeluTanh:
      return plain_loop<T>([](T x) { return T(gelu_tanh(x)); });
    case ActivationOp::Silu:
      return plain_loop<T>([](T x) { return T(vanishing_product(x, sigmoid(x))); });
    case ActivationOp::Mish:
      return plain_loop<T>([](T x) { return T(vanishing_product(x, mish_gate(x))); });
    case ActivationOp::Hardswish:
      return plain_loop<T>([](T x) { return x * (clamp(x + 3, T(0), T(6)) / 6); });
    case ActivationOp::Hardsigmoid:
      return plain_loop<T>([](T x) { return clamp(x + 3, T(0), T(6)) / 6; });
    case ActivationOp::Hardshrink:
      return plain_loop<T>(
          [](T x, const Params& p) { return x >= -p.get<T>(0) && x <= p.get<T>(0) ? T(0) : x; });
    case ActivationOp::Softshrink:
      return plain_loop<T>([](T x, const Params& p) {
        const T lambda = p.get<T>(0);
        return x > lambda ? x - lambda : x < -lambda ? x + lambda : std::isnan(x) ? x : T(0);
      });
    case ActivationOp::Softplus:
      return plain_loop<T>([](T x, const Params& p) {
        const T scaled = x * p.get<T>(0);
        return scaled > p.get<T>(1) ? x : T(softplus(scaled)) / p.get<T>(0);
      });
    case ActivationOp::LogSigmoid:
      return plain_loop<T>([](T x) { return T(-softplus(-double(x))); });
    case ActivationOp::Threshold:
      return plain_loop<T>([](T x, const Params& p) { return x <= p.get<T>(0) ? p.get<T>(1) : x; });
    default:
      return clamp_function<T>(op);
  }
}
template BlockFunction activation_plain_function<float>(ActivationOp op);
template BlockFunction activation_plain_function<double>(ActivationOp op);

template <class T>
BlockFunction activation_backward_plain_function(ActivationBackwardOp op) {
  switch (op) {
    case ActivationBackwardOp::LeakyRelu:
      return plain_loop<T>(
          [](T dy, T x, const Params& p) { return x > 0 ? dy : dy * p.get<T>(0); });
    case ActivationBackwardOp::Elu:
      return plain_loop<T>([](T dy, T x, const Params& p) {
        if (x > 0) return dy * p.get<T>(1);
        return dy * (std::exp(x * p.get<T>(2)) * (p.get<T>(0) * p.get<T>(1) * p.get<T>(2)));
      });
    case ActivationBackwardOp::Gelu:
      return plain_loop<T>([](T dy, T x) {
        return dy * T(normal_cdf(x) + vanishing_product(x, normal_density(x)));
      });
    case ActivationBackwardOp::GeluTanh:
      return plain_loop<T>([](T dy, T x) { return dy * T(gelu_tanh_slope(x)); });
    case ActivationBackwardOp::Silu:
      return plain_loop<T>([](T dy, T x) { return dy * T(silu_slope(x)); });
    case ActivationBackwardOp::Mish:
      return plain_loop<T>([](T dy, T x) { return dy * T(mish_slope(x)); });
    case ActivationBackwardOp::Hardswish:
      return plain_loop<T>([](T dy, T x) {
        return x < -3 ? T(0) : x > 3 ? dy : dy * (x / 3 + T(0.5));
      });
    case ActivationBackwardOp::Hardsigmoid:
      return plain_loop<T>([](T dy, T x) { return x > -3 && x < 3 ? dy / 6 : T(0); });
    case ActivationBackwardOp::Shrink:
      return plain_loop<T>([](T dy, T x, const Params& p) {
        return x >= -p.get<T>(0) && x <= p.get<T>(0) ? T(0) : dy;
      });
    case ActivationBackwardOp::Softplus:
      return plain_loop<T>([](T dy, T x, const Params& p) {
        const T scaled = x * p.get<T>(0);
        return scaled > p.get<T>(1) ? dy : dy * T(sigmoid(scaled));
      });
    case ActivationBackwardOp::LogSigmoid:
      return plain_loop<T>([](T dy, T x) { return dy * T(sigmoid(-double(x))); });
    case ActivationBackwardOp::Threshold:
      return plain_loop<T>([](T dy, T x, const Params& p) { return x <= p.get<T>(0) ? T(0) : dy; });
    case ActivationBackwardOp::Clamp:
      return plain_loop<T>([](T dy, T x, const Params& p) {
        return x >= p.get<T>(0) && x <= p.get<T>(1) ? dy : T(0);
      });
    case ActivationBackwardOp::Hardtanh:
      return plain_loop<T>([](T dy, T x, const Params& p) {
        return x <= p.get<T>(0) || x >= p.get<T>(1) ? T(0) : dy;
      });
    case ActivationBackwardOp::Tanh:
      return plain_loop<T>([](T dy, T y) { return dy * (1 - y * y); });
    case ActivationBackwardOp::Sigmoid:
      return plain_loop<T>([](T dy, T y) { return dy * (y * (1 - y)); });
  }
  return nullptr;
}
template BlockFunction activation_backward_plain_function<float>(ActivationBackwardOp op);
template BlockFunction activation_backward_plain_function<double>(ActivationBackwardOp op);

namespace {

bool is_cheap(ActivationOp op) {
  switch (op) {
    case ActivationOp::Elu:
    case ActivationOp::Gelu:
    case ActivationOp::GeluTanh:
    case ActivationOp::Silu:
    case ActivationOp::Mish:
    case ActivationOp::Softplus:
    case ActivationOp::LogSigmoid:
      return false;
    default:
      return true;
  }
}

bool is_cheap(ActivationBackwardOp op) {
  switch (op) {
    case ActivationBackwardOp::Elu:
    case ActivationBackwardOp::Gelu:
    case ActivationBackwardOp::GeluTanh:
    case ActivationBackwardOp::Silu:
    case ActivationBackwardOp::Mish:
    case ActivationBackwardOp::Softplus:
    case ActivationBackwardOp::LogSigmoid:
      return false;
    default:
      return true;
  }
}

int64_t grain_of(bool cheap, ScalarType computed) {
  if (cheap) return kGrainMemory;
  return computed == kFloat ? kGrainVector : kGrainScalar;
}

}  // namespace

Tensor activation(const char* name, ActivationOp op, const Tensor& x, const Params* params,
                  const Tensor* out) {
  const ScalarType computed = computed_type(x.dtype());
  BlockKernel kernel;
  if (computed == kFloat) {
    kernel.function = activation_vector_function(op);
  } else if (computed == kDouble) {
    kernel.function = activation_plain_function<double>(op);
  } else if (computed != kBool) {
    kernel.function = dispatch_integral(
        name, computed, [&](auto tag) { return clamp_function<typename decltype(tag)::type>(op); });
  }
  GRADUS_CHECK_TYPE(kernel.function != nullptr, "{}: not implemented for {}", name, x.dtype());
  kernel.params = params;
  kernel.in[0] = kernel.out = computed;
  kernel.grain = grain_of(is_cheap(op), computed);
  return run_blocks(name, kernel, x.dtype(), {x}, out);
}

Tensor activation_backward(const char* name, ActivationBackwardOp op, const Tensor& dy,
                           const Tensor& x, const Params* params) {
  const ScalarType dtype = result_type(dy, x);
  const ScalarType computed = computed_type(dtype);
  BlockKernel kernel;
  if (computed == kFloat) {
    kernel.function = activation_backward_vector_function(op);
  } else if (computed == kDouble) {
    kernel.function = activation_backward_plain_function<double>(op);
  }
  GRADUS_CHECK_TYPE(kernel.function != nullptr, "{}: not implemented for {}", name, dtype);
  kernel.params = params;
  kernel.in[0] = kernel.in[1] = kernel.out = computed;
  kernel.grain = grain_of(is_cheap(op), computed);
  return run_blocks(name, kernel, dtype, {dy, x});
}

}  // namespace gradus::kernel
