#include "core/kernels/unary.h"

#include <cmath>

#include "core/kernels/dispatch.h"
#include "core/kernels/plain_loop.h"
#include "core/kernels/special.h"

namespace gradus::kernel {

namespace {

// float32 goes through double where the C library's float version is off by more than an ulp.
template <class T>
BlockFunction transcendental_function(UnaryOp op) {
  switch (op) {
    case UnaryOp::Exp:
      return plain_loop<T>([](T x) { return std::exp(x); });
    case UnaryOp::Exp2:
      return plain_loop<T>([](T x) { return std::exp2(x); });
    case UnaryOp::Expm1:
      return plain_loop<T>([](T x) { return T(std::expm1(double(x))); });
    case UnaryOp::Log:
      return plain_loop<T>([](T x) { return std::log(x); });
    case UnaryOp::Log1p:
      return plain_loop<T>([](T x) { return T(std::log1p(double(x))); });
    case UnaryOp::Log2:
      return plain_loop<T>([](T x) { return std::log2(x); });
    case UnaryOp::Log10:
      return plain_loop<T>([](T x) { return T(std::log10(double(x))); });
    case UnaryOp::Sqrt:
      return plain_loop<T>([](T x) { return std::sqrt(x); });
    case UnaryOp::Rsqrt:
      return plain_loop<T>([](T x) { return T(1 / std::sqrt(double(x))); });
    case UnaryOp::Reciprocal:
      return plain_loop<T>([](T x) { return 1 / x; });
    case UnaryOp::Sin:
      return plain_loop<T>([](T x) { return std::sin(x); });
    case UnaryOp::Cos:
      return plain_loop<T>([](T x) { return std::cos(x); });
    case UnaryOp::Tan:
      return plain_loop<T>([](T x) { return T(std::tan(double(x))); });
    case UnaryOp::Asin:
      return plain_loop<T>([](T x) { return T(std::asin(double(x))); });
    case UnaryOp::Acos:
      return plain_loop<T>([](T x) { return T(std::acos(double(x))); });
    case UnaryOp::Atan:
      return plain_loop<T>([](T x) { return T(std::atan(double(x))); });
    case UnaryOp::Sinh:
      return plain_loop<T>([](T x) { return T(std::sinh(double(x))); });
    case UnaryOp::Cosh:
      return plain_loop<T>([](T x) { return T(std::cosh(double(x))); });
    case UnaryOp::Tanh:
      return plain_loop<T>([](T x) { return T(std::tanh(double(x))); });
    case UnaryOp::Asinh:
      return plain_loop<T>([](T x) { return T(std::asinh(double(x))); });
    case UnaryOp::Acosh:
      return plain_loop<T>([](T x) { return T(std::acosh(double(x))); });
    case UnaryOp::Atanh:
      return plain_loop<T>([](T x) { return T(std::atanh(double(x))); });
    case UnaryOp::Sigmoid:
      return plain_loop<T>([](T x) { return T(sigmoid(double(x))); });
    case UnaryOp::Erf:
      return plain_loop<T>([](T x) { return T(std::erf(double(x))); });
    case UnaryOp::Erfc:
      return plain_loop<T>([](T x) { return T(std::erfc(double(x))); });
    case UnaryOp::Erfinv:
      return plain_loop<T>([](T x) { return T(erfinv(double(x))); });
    case UnaryOp::Lgamma:
      return plain_loop<T>([](T x) { return T(log_gamma(double(x))); });
    case UnaryOp::Digamma:
      return plain_loop<T>([](T x) { return T(digamma(double(x))); });
    case UnaryOp::Polygamma:
      return plain_loop<T>(
          [](T x, const Params& p) { return T(polygamma(p.get<int64_t>(0), double(x))); });
    default:
      return nullptr;
  }
}

}  // namespace

template <class T>
BlockFunction unary_plain_function(UnaryOp op) {
  switch (op) {
    case UnaryOp::Abs:
      return plain_loop<T>([](T x) { return std::abs(x); });
    case UnaryOp::Neg:
      return plain_loop<T>([](T x) { return -x; });
    case UnaryOp::Sign:
      return plain_loop<T>([](T x) { return T((x > 0) - (x < 0)); });
    case UnaryOp::Square:
      return plain_loop<T>([](T x) { return x * x; });
    case UnaryOp::Floor:
      return plain_loop<T>([](T x) { return std::floor(x); });
    case UnaryOp::Ceil:
      return plain_loop<T>([](T x) { return std::ceil(x); });
    case UnaryOp::Round:
      return plain_loop<T>([](T x) { return std::nearbyint(x); });
    case UnaryOp::Trunc:
      return plain_loop<T>([](T x) { return std::trunc(x); });
    case UnaryOp::Frac:
      return plain_loop<T>([](T x) { return x - std::trunc(x); });
    case UnaryOp::Relu:
      return plain_loop<T>([](T x) { return x <= 0 ? T(0) : x; });
    case UnaryOp::NanToNum:
      return plain_loop<T>([](T x, const Params& p) {
        return std::isnan(x) ? p.get<T>(0) : std::isinf(x) ? p.get<T>(x > 0 ? 1 : 2) : x;
      });
    case UnaryOp::IsNan:
      return plain_loop<T, bool>([](T x) { return std::isnan(x); });
    case UnaryOp::IsInf:
      return plain_loop<T, bool>([](T x) { return std::isinf(x); });
    case UnaryOp::IsFinite:
      return plain_loop<T, bool>([](T x) { return std::isfinite(x); });
    case UnaryOp::LogicalNot:
      return plain_loop<T, bool>([](T x) { return x == 0; });
    case UnaryOp::Signbit:
      return plain_loop<T, bool>([](T x) { return std::signbit(x); });
    default:
      return transcendental_function<T>(op);
  }
}

template BlockFunction unary_plain_function<float>(UnaryOp op);
template BlockFunction unary_plain_function<double>(UnaryOp op);

namespace {

template <class T>
BlockFunction integer_function(UnaryOp op) {
  switch (op) {
    case UnaryOp::Abs:
      // By way of unsigned: the smallest integer stays as it is.
      return plain_loop<T>([](T x) { return x < 0 ? T(uint64_t{0} - uint64_t(x)) : x; });
    case UnaryOp::Neg:
      return plain_loop<T>([](T x) { return T(uint64_t{0} - uint64_t(x)); });
    case UnaryOp::Sign:
      return plain_loop<T>([](T x) { return T((x > 0) - (x < 0)); });
    case UnaryOp::Square:
      return plain_loop<T>([](T x) { return T(uint64_t(x) * uint64_t(x)); });
    case UnaryOp::Floor:
    case UnaryOp::Ceil:
    case UnaryOp::Round:
    case UnaryOp::Trunc:
    case UnaryOp::NanToNum:
      return plain_loop<T>([](T x) { return x; });
    case UnaryOp::Relu:
      return plain_loop<T>([](T x) { return x <= 0 ? T(0) : x; });
    case UnaryOp::BitwiseNot:
      return plain_loop<T>([](T x) { return T(~x); });
    case UnaryOp::IsNan:
    case UnaryOp::IsInf:
      return plain_loop<T, bool>([](T) { return false; });
    case UnaryOp::IsFinite:
      return plain_loop<T, bool>([](T) { return true; });
    case UnaryOp::LogicalNot:
      return plain_loop<T, bool>([](T x) { return x == 0; });
    case UnaryOp::Signbit:
      return plain_loop<T, bool>([](T x) { return x < 0; });
    default:
      return nullptr;
  }
}

BlockFunction bool_function(UnaryOp op) {
  switch (op) {
    case UnaryOp::Sign:
    case UnaryOp::NanToNum:
      return plain_loop<bool>([](bool x) { return x; });
    case UnaryOp::BitwiseNot:
    case UnaryOp::LogicalNot:
      return plain_loop<bool>([](bool x) { return !x; });
    case UnaryOp::IsNan:
    case UnaryOp::IsInf:
    case UnaryOp::Signbit:
      return plain_loop<bool>([](bool) { return false; });
    case UnaryOp::IsFinite:
      return plain_loop<bool>([](bool) { return true; });
    default:
      return nullptr;
  }
}

BlockFunction function_for(UnaryOp op, ScalarType computed) {
  switch (computed) {
    case kFloat:
      if (BlockFunction vectorized = unary_vector_function(op)) return vectorized;
      return unary_plain_function<float>(op);
    case kDouble:
      return unary_plain_function<double>(op);
    case kBool:
      return bool_function(op);
    default:
      return dispatch_integral("unary", computed, [&](auto tag) {
        return integer_function<typename decltype(tag)::type>(op);
      });
  }
}

bool is_floating_op(UnaryOp op) {
  return op >= UnaryOp::Exp && op <= UnaryOp::Polygamma;
}
bool is_predicate(UnaryOp op) {
  return op >= UnaryOp::IsNan;
}

int64_t grain_of(UnaryOp op, ScalarType computed) {
  if (!is_floating_op(op)) return kGrainMemory;
  if (op == UnaryOp::Sqrt || op == UnaryOp::Reciprocal) return kGrainVector;
  const bool calls_library = computed == kDouble || op >= UnaryOp::Lgamma;
  return calls_library ? kGrainScalar : kGrainVector;
}

}  // namespace

ScalarType unary_type(UnaryOp op, ScalarType dtype) {
  if (is_predicate(op)) return kBool;
  return is_floating_op(op) && !is_floating_point(dtype) ? get_default_dtype() : dtype;
}

Tensor unary(const char* name, UnaryOp op, const Tensor& x, const Tensor* out,
             const Params* params) {
  const ScalarType result = unary_type(op, x.dtype());
  const ScalarType computed = computed_type(is_predicate(op) ? x.dtype() : result);
  BlockKernel kernel;
  kernel.function = function_for(op, computed);
  GRADUS_CHECK_TYPE(kernel.function != nullptr, "{}: not implemented for {}", name, x.dtype());
  kernel.params = params;
  kernel.in[0] = computed;
  kernel.out = is_predicate(op) ? kBool : computed;
  kernel.grain = grain_of(op, computed);
  return run_blocks(name, kernel, result, {x}, out);
}

}  // namespace gradus::kernel
