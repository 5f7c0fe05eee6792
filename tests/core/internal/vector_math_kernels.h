#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace gradus::test {

/// One unary function of core/kernels/vector_math-inl.h and the double-precision function it is
/// measured against.
struct UnaryFunction {
  const char* name;
  double (*reference)(double);
  void (*run)(const float* x, float* y, size_t n);  ///< y[i] = f(x[i]) for the best target enabled
};

const std::vector<UnaryFunction>& unary_functions();

/// y[i] = Pow(a[i], b[i]).
void run_pow(const float* a, const float* b, float* y, size_t n);

/// The targets that were compiled and that this CPU has, best first, and their names.
std::vector<int64_t> targets();
std::string target_name(int64_t target);

/// Whether a target has fused multiply-add; those that agree in this agree in every bit.
bool target_has_fma(int64_t target);

/// Restricts the functions above to one target; 0 lifts the restriction.
void use_target(int64_t target);

}  // namespace gradus::test
