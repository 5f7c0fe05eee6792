#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/core/internal/vector_math_kernels.h"

namespace gradus::test {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr double kMaxUlp = 2.0;
constexpr size_t kBlock = 1 << 14;

/// |y - ref| in units of the last place of a float near ref; infinity where NaN, an infinity or the
/// sign of a zero differ.
double ulp_error(float y, double ref) {
  constexpr double kBad = std::numeric_limits<double>::infinity();
  if (std::isnan(ref) || std::isnan(y)) return std::isnan(ref) && std::isnan(y) ? 0 : kBad;
  if (std::isinf(ref)) return y == ref ? 0 : kBad;
  if (y == 0 && static_cast<float>(ref) == 0)
    return std::signbit(y) == std::signbit(ref) ? 0 : kBad;
  // Results that overflow are measured as if the next float after FLT_MAX were 2^128.
  const double end = 0x1p128;
  const double r = std::clamp(ref, -end, end);
  const double value = std::clamp(static_cast<double>(y), -end, end);
  // The power of two at or below |r|, not below the smallest normal float, not above the largest.
  const uint64_t exponent = std::bit_cast<uint64_t>(r) & 0x7ff0000000000000;
  const double power = std::clamp(std::bit_cast<double>(exponent), 0x1p-126, 0x1p127);
  return std::fabs(value - r) / (power * 0x1p-23);
}

struct Worst {
  double ulp = -1;
  float x = 0;
  float y = 0;
};

/// Feeds blocks of inputs to one function on all targets and keeps each target's worst result.
class Measure {
 public:
  Measure(const UnaryFunction& function, const std::vector<int64_t>& targets)
      : function_(function), targets_(targets), worst_(targets_.size()), ref_(kBlock) {
    results_.assign(targets_.size(), std::vector<float>(kBlock));
  }
  ~Measure() { use_target(0); }

  void block(const std::vector<float>& x) {
    const size_t n = x.size();
    for (size_t i = 0; i < n; ++i) ref_[i] = function_.reference(static_cast<double>(x[i]));
    Worst worst;
    for (size_t t = 0; t < targets_.size(); ++t) {
      use_target(targets_[t]);
      std::vector<float>& y = results_[t];
      function_.run(x.data(), y.data(), n);
      // Most targets agree in every bit with the one before, and need not be measured again.
      if (t == 0 || std::memcmp(y.data(), results_[t - 1].data(), n * sizeof(float)) != 0) {
        worst = Worst();
        for (size_t i = 0; i < n; ++i) {
          const double error = ulp_error(y[i], ref_[i]);
          if (error > worst.ulp) worst = {error, x[i], y[i]};
        }
      }
      if (worst.ulp > worst_[t].ulp) worst_[t] = worst;
    }
  }

  void expect_within(double bound, bool print) const {
    for (size_t t = 0; t < targets_.size(); ++t) {
      const Worst& w = worst_[t];
      const std::string name = target_name(targets_[t]);
      if (print)
        std::printf("%-10s %-7s %.4f ulp at %a\n", function_.name, name.c_str(), w.ulp, w.x);
      EXPECT_LE(w.ulp, bound) << function_.name << "(" << w.x << ") on " << name << " gives " << w.y
                              << ", expected " << function_.reference(w.x);
    }
    if (print) std::fflush(stdout);
  }

 private:
  UnaryFunction function_;
  std::vector<int64_t> targets_;
  std::vector<Worst> worst_;
  std::vector<double> ref_;
  std::vector<std::vector<float>> results_;
};

/// Every `step`-th bit pattern.
void measure_patterns(Measure& measure, uint32_t step) {
  std::vector<float> x;
  x.reserve(kBlock);
  for (uint64_t bits = 0; bits < (uint64_t{1} << 32);) {
    x.clear();
    for (; x.size() < kBlock && bits < (uint64_t{1} << 32); bits += step) {
      x.push_back(std::bit_cast<float>(static_cast<uint32_t>(bits)));
    }
    measure.block(x);
  }
}

/// Zeros, infinities, NaN, the ends of the normal and subnormal ranges, small integers and halves,
/// and the neighbours of all.
std::vector<float> special_values() {
  std::vector<float> values = {0.0f, kInf, 0x1p-149f, 0x1p-126f, 0x1.fffffep127f, 0x1p24f, 0x1p31f};
  for (int i = 1; i <= 40; ++i) values.push_back(0.5f * static_cast<float>(i));
  for (float x : {88.72284f, 87.33655f, 103.97208f, 128.0f, 126.0f, 149.0f, 150.0f, 0.55f, 0.8f,
                  9.01f, 3.92f, 10.06f, 14.17f, 1.5707964f, 3.1415927f, 131072.0f}) {
    values.push_back(x);
  }
  const size_t n = values.size();
  for (size_t i = 0; i < n; ++i) {
    values.push_back(std::nextafter(values[i], kInf));
    values.push_back(std::nextafter(values[i], -kInf));
  }
  values.push_back(kNan);
  const size_t m = values.size();
  for (size_t i = 0; i < m; ++i) values.push_back(-values[i]);
  return values;
}

const UnaryFunction& function_named(const std::string& name) {
  for (const UnaryFunction& f : unary_functions()) {
    if (name == f.name) return f;
  }
  std::abort();
}

float call(const std::string& name, float x) {
  float y;
  function_named(name).run(&x, &y, 1);
  return y;
}

uint32_t bits_of(float x) {
  return std::bit_cast<uint32_t>(x);
}

TEST(VectorMath, SampledInputsWithinTwoUlp) {
  for (const UnaryFunction& function : unary_functions()) {
    Measure measure(function, targets());
    measure_patterns(measure, 1009);
    measure.expect_within(kMaxUlp, /*print=*/false);
  }
}

TEST(VectorMath, SpecialValuesWithinTwoUlp) {
  for (const UnaryFunction& function : unary_functions()) {
    Measure measure(function, targets());
    measure.block(special_values());
    measure.expect_within(kMaxUlp, /*print=*/false);
  }
}

TEST(VectorMath, BestAndBaselineTargetsAreTested) {
  ASSERT_GE(targets().size(), 1u);
  for (int64_t target : targets()) {
    use_target(target);
    EXPECT_EQ(call("Exp", 0.0f), 1.0f) << target_name(target);
  }
  use_target(0);
}

/// The best target with FMA and the best without, as far as there are.
std::vector<int64_t> kinds_of_targets() {
  std::vector<int64_t> kinds;
  for (bool fma : {true, false}) {
    for (int64_t target : targets()) {
      if (target_has_fma(target) != fma) continue;
      kinds.push_back(target);
      break;
    }
  }
  return kinds;
}

// So all inputs need be tried on one target of each kind only.
TEST(VectorMath, TargetsOfAKindAgreeInEveryBit) {
  constexpr size_t kCount = 1 << 18;
  std::vector<float> x(kCount), expected(kCount), y(kCount);
  std::mt19937 random(1);
  for (size_t i = 0; i < kCount; ++i) {
    x[i] = std::bit_cast<float>(static_cast<uint32_t>(random()));
    if (i % 2 == 1) x[i] = std::fmod(x[i], 16.0f);
  }
  for (int64_t best : kinds_of_targets()) {
    for (int64_t target : targets()) {
      if (target == best || target_has_fma(target) != target_has_fma(best)) continue;
      for (const UnaryFunction& function : unary_functions()) {
        use_target(best);
        function.run(x.data(), expected.data(), kCount);
        use_target(target);
        function.run(x.data(), y.data(), kCount);
        for (size_t i = 0; i < kCount; ++i) {
          if (std::isnan(y[i]) && std::isnan(expected[i])) continue;
          ASSERT_EQ(bits_of(y[i]), bits_of(expected[i]))
              << function.name << "(" << x[i] << ") on " << target_name(target) << " and "
              << target_name(best);
        }
      }
    }
  }
  use_target(0);
}

// A lane's result must not depend on the other lanes: chunks of a tensor end anywhere.
TEST(VectorMath, LanesAreIndependent) {
  std::vector<float> values = special_values();
  std::mt19937 random(2);
  std::vector<float> alone(values.size());
  for (int64_t target : targets()) {
    use_target(target);
    for (const UnaryFunction& function : unary_functions()) {
      for (size_t i = 0; i < values.size(); ++i) function.run(&values[i], &alone[i], 1);
      std::vector<size_t> order(values.size());
      for (size_t i = 0; i < order.size(); ++i) order[i] = i;
      std::shuffle(order.begin(), order.end(), random);
      std::vector<float> x, y(values.size());
      for (size_t i : order) x.push_back(values[i]);
      function.run(x.data(), y.data(), x.size());
      for (size_t i = 0; i < x.size(); ++i) {
        if (std::isnan(y[i]) && std::isnan(alone[order[i]])) continue;
        EXPECT_EQ(bits_of(y[i]), bits_of(alone[order[i]]))
            << function.name << "(" << x[i] << ") on " << target_name(target);
      }
    }
  }
  use_target(0);
}

TEST(VectorMath, ExactValues) {
  for (int64_t target : targets()) {
    use_target(target);
    for (const char* name : {"Exp", "Exp2", "Cos", "Cosh", "Erfc"})
      EXPECT_EQ(call(name, 0), 1) << name;
    for (const char* name : {"Log", "Log2", "Log10", "Acosh", "Acos"})
      EXPECT_EQ(call(name, 1), 0) << name;
    for (const char* name : {"Sigmoid", "NormalCdf"}) EXPECT_EQ(call(name, 0), 0.5f) << name;
    for (const char* name : {"Tanh", "Erf", "Sigmoid", "NormalCdf"}) {
      EXPECT_EQ(call(name, 100), 1) << name;
      EXPECT_EQ(call(name, kInf), 1) << name;
    }
    for (const char* name : {"Gelu", "GeluTanh", "Silu", "Softplus"}) {
      EXPECT_EQ(call(name, 200), 200) << name;
      EXPECT_EQ(call(name, kInf), kInf) << name;
      EXPECT_EQ(call(name, -kInf), 0) << name;
    }
    for (int k = -149; k <= 127; ++k) {
      const float power = std::ldexp(1.0f, k);
      EXPECT_EQ(call("Log2", power), static_cast<float>(k));
      EXPECT_EQ(call("Exp2", static_cast<float>(k)), power);
    }
    for (float x : {0x1p-149f, 0x1.8p-127f, 0x1p-126f, 1e-20f}) {
      for (const char* name :
           {"Expm1", "Log1p", "Tanh", "Sin", "Tan", "Asin", "Atan", "Sinh", "Asinh", "Atanh"}) {
        EXPECT_EQ(call(name, x), x) << name;
        EXPECT_EQ(call(name, -x), -x) << name;
      }
    }
  }
  use_target(0);
}

// The widest range where single precision leaves GELU digits: x Phi(x) must keep them all.
TEST(VectorMath, GeluLeftTail) {
  for (float x = -14.2f; x < 0; x += 0.001f) {
    const double expected = 0.5 * x * std::erfc(-static_cast<double>(x) * M_SQRT1_2);
    ASSERT_LE(ulp_error(call("Gelu", x), expected), kMaxUlp) << x;
  }
}

void check_pow(const std::vector<float>& a, const std::vector<float>& b, double* worst) {
  const size_t n = a.size();
  std::vector<float> y(n);
  run_pow(a.data(), b.data(), y.data(), n);
  for (size_t i = 0; i < n; ++i) {
    const double expected = std::pow(static_cast<double>(a[i]), static_cast<double>(b[i]));
    const double error = ulp_error(y[i], expected);
    *worst = std::max(*worst, error);
    ASSERT_LE(error, kMaxUlp) << "Pow(" << a[i] << ", " << b[i] << ") gives " << y[i]
                              << ", expected " << expected;
  }
}

TEST(VectorMath, PowSpecialValues) {
  std::vector<float> a, b;
  for (float x : special_values()) {
    for (float y : special_values()) {
      a.push_back(x);
      b.push_back(y);
    }
  }
  a.resize((a.size() + 63) / 64 * 64, 1.0f);
  b.resize(a.size(), 1.0f);
  for (int64_t target : targets()) {
    use_target(target);
    double worst = 0;
    check_pow(a, b, &worst);
  }
  use_target(0);
}

/// Pairs of four kinds: any bits; bases near 1 with large exponents; moderate values; negative
/// bases with integers.
double measure_pow(size_t pairs) {
  std::mt19937_64 random(3);
  std::uniform_real_distribution<float> unit(-1, 1);
  double worst = 0;
  std::vector<float> a(kBlock), b(kBlock);
  for (size_t done = 0; done < pairs; done += kBlock) {
    for (size_t i = 0; i < kBlock; ++i) {
      switch (i % 4) {
        case 0:
          a[i] = std::bit_cast<float>(static_cast<uint32_t>(random()));
          b[i] = std::bit_cast<float>(static_cast<uint32_t>(random()));
          break;
        case 1:
          a[i] = 1 + std::ldexp(unit(random), -static_cast<int>(random() % 24));
          b[i] = std::ldexp(unit(random), static_cast<int>(random() % 32));
          break;
        case 2:
          a[i] = std::exp(20 * unit(random));
          b[i] = 8 * unit(random);
          break;
        default:
          a[i] = 10 * unit(random);
          b[i] = std::round(40 * unit(random));
      }
    }
    check_pow(a, b, &worst);
    if (testing::Test::HasFatalFailure()) break;
  }
  return worst;
}

TEST(VectorMath, PowSampledPairs) {
  for (int64_t target : targets()) {
    use_target(target);
    measure_pow(200'000);
  }
  use_target(0);
}

bool slow_tests() {
  const char* value = std::getenv("GRADUS_SLOW_TESTS");
  return value && std::strcmp(value, "1") == 0;
}

#define GRADUS_SKIP_UNLESS_SLOW()                                                              \
  if (!slow_tests()) {                                                                         \
    GTEST_SKIP() << "NOT RUN: set GRADUS_SLOW_TESTS=1 to try all 2^32 inputs (a few minutes)"; \
  }

class AllInputs : public testing::Test {
 public:
  explicit AllInputs(const UnaryFunction& function) : function_(function) {}
  void TestBody() override {
    GRADUS_SKIP_UNLESS_SLOW();
    Measure measure(function_, kinds_of_targets());
    measure_patterns(measure, 1);
    measure.expect_within(kMaxUlp, /*print=*/true);
  }

 private:
  UnaryFunction function_;
};

// Slow.VectorMathExp and so on, one per function.
[[maybe_unused]] const bool all_inputs_registered = [] {
  for (const UnaryFunction& function : unary_functions()) {
    const std::string name = std::string("VectorMath") + function.name;
    testing::RegisterTest("Slow", name.c_str(), nullptr, nullptr, __FILE__, __LINE__,
                          [=]() -> testing::Test* { return new AllInputs(function); });
  }
  return true;
}();

TEST(Slow, VectorMathPow) {
  GRADUS_SKIP_UNLESS_SLOW();
  for (int64_t target : targets()) {
    use_target(target);
    const double worst = measure_pow(100'000'000);
    std::printf("%-10s %-7s %.4f ulp\n", "Pow", target_name(target).c_str(), worst);
  }
  use_target(0);
}

}  // namespace
}  // namespace gradus::test
