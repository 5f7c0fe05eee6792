#include <cmath>
#include <limits>

#include <gradus/autograd/ops/copy.h>
#include <gradus/core/parallel.h>
#include <gtest/gtest.h>

#include "core/kernels/binary.h"
#include "core/kernels/ternary.h"
#include "tests/core/internal/elementwise_layouts.h"

namespace gradus {
namespace {

using kernel::BinaryOp;
using test::at;
using test::layouts;
using test::same_bits;
using test::shapes;

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

constexpr BinaryOp kFloatingOps[] = {
    BinaryOp::Add,       BinaryOp::Sub,        BinaryOp::Mul,         BinaryOp::Div,
    BinaryOp::AddScaled, BinaryOp::SubScaled,  BinaryOp::TruncDivide, BinaryOp::FloorDivide,
    BinaryOp::Fmod,      BinaryOp::Remainder,  BinaryOp::Pow,         BinaryOp::Maximum,
    BinaryOp::Minimum,   BinaryOp::Fmax,       BinaryOp::Fmin,        BinaryOp::Atan2,
    BinaryOp::Hypot,     BinaryOp::Copysign,   BinaryOp::Logaddexp,   BinaryOp::Logaddexp2,
    BinaryOp::Xlogy,     BinaryOp::Eq,         BinaryOp::Ne,          BinaryOp::Lt,
    BinaryOp::Le,        BinaryOp::Gt,         BinaryOp::Ge,          BinaryOp::LogicalAnd,
    BinaryOp::LogicalOr, BinaryOp::LogicalXor,
};

// Every pair of these.
std::vector<float> special_values() {
  return {0.0f,  -0.0f,  1.0f,    -1.0f,    0.5f, -2.5f, 3.0f, 7.0f,  1e-40f,
          1e30f, -1e30f, 3.4e38f, -3.4e38f, kInf, -kInf, kNan, 1e-20f};
}

bool is_comparison(BinaryOp op) {
  return op >= BinaryOp::Eq;
}

int64_t ulps(float a, float b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b) ? 0 : 1 << 30;
  const auto place = [](float v) {
    int32_t bits;
    std::memcpy(&bits, &v, sizeof bits);
    return bits < 0 ? int64_t{INT32_MIN} - bits : int64_t{bits};
  };
  return std::abs(place(a) - place(b));
}

TEST(BinaryKernel, VectorMatchesPlain) {
  const std::vector<float> values = special_values();
  std::vector<float> a, b;
  for (float x : values) {
    for (float y : values) {
      a.push_back(x);
      b.push_back(y);
    }
  }
  for (int i = 0; i < 500; ++i) {
    a.push_back(std::sin(static_cast<float>(i)) * 10);
    b.push_back(std::cos(static_cast<float>(3 * i)) * 4);
  }
  const kernel::Params params{{0.75}};
  for (BinaryOp op : kFloatingOps) {
    const kernel::BlockFunction vector = kernel::binary_vector_function(op);
    if (vector == nullptr) continue;
    const bool approximate = op == BinaryOp::Pow || op == BinaryOp::Logaddexp;
    // Sizes around those of vectors.
    for (int64_t n : {int64_t{1}, int64_t{3}, int64_t{4}, int64_t{15}, int64_t{16}, int64_t{33},
                      static_cast<int64_t>(a.size())}) {
      const void* in[] = {a.data(), b.data()};
      if (is_comparison(op)) {
        std::vector<uint8_t> got(a.size() + 1, 9), expected(a.size() + 1, 9);
        vector(&params, in, got.data(), n);
        kernel::binary_plain_function<float>(op)(&params, in, expected.data(), n);
        ASSERT_EQ(got, expected) << static_cast<int>(op) << " n = " << n;
        continue;
      }
      std::vector<float> got(a.size() + 1, 9), expected(a.size() + 1, 9);
      vector(&params, in, got.data(), n);
      kernel::binary_plain_function<float>(op)(&params, in, expected.data(), n);
      for (size_t i = 0; i < got.size(); ++i) {
        ASSERT_LE(ulps(got[i], expected[i]), approximate ? 3 : 0)
            << "op " << static_cast<int>(op) << " of " << a[i] << ", " << b[i] << ": " << got[i]
            << ", expected " << expected[i];
      }
    }
  }
}

Tensor random_tensor(const std::vector<int64_t>& shape, ScalarType dtype, int seed) {
  Tensor x = empty(shape, kFloat);
  for (int64_t i = 0; i < x.numel(); ++i) {
    x.data_ptr<float>()[i] = 3 * std::sin(static_cast<float>(i * 7 + seed)) + 0.5f;
  }
  Tensor y = empty(shape, dtype);
  kernel::copy(x, y);
  return y;
}

// Strided, broadcast and cast operands give what contiguous ones of one dtype give, bit for bit.
TEST(BinaryKernel, LayoutsDoNotChangeResults) {
  for (const auto& shape : shapes()) {
    const Tensor a = random_tensor(shape, kFloat, 1), b = random_tensor(shape, kFloat, 2);
    for (BinaryOp op : {BinaryOp::Sub, BinaryOp::Pow, BinaryOp::Lt}) {
      const Tensor expected = kernel::binary("test", op, kFloat, a, b);
      for (const auto& of_a : layouts()) {
        for (const auto& of_b : layouts()) {
          const Tensor y = kernel::binary("test", op, kFloat, of_a.apply(a), of_b.apply(b));
          ASSERT_TRUE(same_bits(y, expected))
              << of_a.name << ", " << of_b.name << " " << to_string(IntArrayRef(shape));
        }
      }
      for (const auto& of_out : layouts()) {
        const Tensor out = of_out.apply(empty(shape, expected.dtype()));
        kernel::binary("test", op, kFloat, a, of_out.apply(b), &out);
        ASSERT_TRUE(same_bits(out, expected)) << "out " << of_out.name;
      }
    }
  }
}

TEST(BinaryKernel, Broadcast) {
  const std::vector<std::vector<std::vector<int64_t>>> cases = {
      {{40, 30, 3}, {3}},
      {{40, 30, 200}, {200}},
      {{40, 30, 1}, {1, 1, 50}},
      {{2, 64, 15, 15}, {1, 64, 1, 1}},
      {{5, 1, 7}, {1, 6, 1}},
      {{3000}, {}},
      {{}, {4, 5}},
      {{1}, {0, 3}},
      {{1, 1000}, {600, 1}},
  };
  for (const auto& shapes : cases) {
    const Tensor a = random_tensor(shapes[0], kFloat, 1), b = random_tensor(shapes[1], kFloat, 2);
    const DimVector sizes = broadcast_sizes("test", a.sizes(), b.sizes());
    const Tensor wide_a = empty(sizes, kFloat), wide_b = empty(sizes, kFloat);
    kernel::copy(a, wide_a);
    kernel::copy(b, wide_b);
    const Tensor expected = kernel::binary("test", BinaryOp::Sub, kFloat, wide_a, wide_b);
    for (const auto& of_a : layouts()) {
      for (const auto& of_b : layouts()) {
        const Tensor y =
            kernel::binary("test", BinaryOp::Sub, kFloat, of_a.apply(a), of_b.apply(b));
        ASSERT_TRUE(same_bits(y, expected)) << of_a.name << ", " << of_b.name << " "
                                            << to_string(a.sizes()) << to_string(b.sizes());
      }
    }
  }
}

TEST(BinaryKernel, MixedDtypes) {
  const ScalarType dtypes[] = {kByte, kLong, kHalf, kFloat, kDouble, kBFloat16};
  for (const std::vector<int64_t>& shape :
       std::vector<std::vector<int64_t>>{{1000}, {70, 90}, {64, 3}}) {
    for (ScalarType of_a : dtypes) {
      for (ScalarType of_b : dtypes) {
        const Tensor a = random_tensor(shape, of_a, 1), b = random_tensor(shape, of_b, 2);
        const Tensor double_a = to(a, kDouble), double_b = to(b, kDouble);
        for (ScalarType out_type : {kFloat, kDouble, kBFloat16}) {
          for (const auto& layout : layouts()) {
            const Tensor out = layout.apply(empty(shape, out_type));
            kernel::binary("test", BinaryOp::Mul, kDouble, layout.apply(a), b, &out);
            const Tensor expected =
                to(kernel::binary("test", BinaryOp::Mul, kDouble, double_a, double_b), out_type);
            ASSERT_TRUE(same_bits(out, expected)) << to_string(of_a) << " " << to_string(of_b);
          }
        }
      }
    }
  }
}

TEST(BinaryKernel, SixteenBitFloatsComputeInFloat) {
  for (ScalarType dtype : {kHalf, kBFloat16}) {
    const Tensor a = random_tensor({333}, dtype, 1), b = random_tensor({333}, dtype, 2);
    const Tensor y = kernel::binary("test", BinaryOp::Div, dtype, a, b);
    const Tensor expected =
        to(kernel::binary("test", BinaryOp::Div, kFloat, to(a, kFloat), to(b, kFloat)), dtype);
    EXPECT_TRUE(same_bits(y, expected));
  }
}

TEST(BinaryKernel, NumbersAsOperands) {
  const Tensor a = random_tensor({3000}, kFloat, 1);
  const Tensor two = full({3000}, 2.5, kFloat);
  EXPECT_TRUE(same_bits(kernel::binary("test", BinaryOp::Pow, kFloat, a, Scalar(2.5)),
                        kernel::binary("test", BinaryOp::Pow, kFloat, a, two)));
  EXPECT_TRUE(same_bits(kernel::binary("test", BinaryOp::Sub, kFloat, Scalar(2.5), a),
                        kernel::binary("test", BinaryOp::Sub, kFloat, two, a)));
}

TEST(BinaryKernel, Threads) {
  const int before = get_num_threads();
  const Tensor a = random_tensor({300, 401}, kFloat, 1), b = random_tensor({401, 300}, kFloat, 2);
  const Tensor across = make_view(b, {300, 401}, {1, 300}, 0);
  const Tensor row = random_tensor({401}, kFloat, 3);
  std::vector<Tensor> expected;
  for (int threads : {1, 2, 3, 8}) {
    set_num_threads(threads);
    const Tensor results[] = {kernel::binary("test", BinaryOp::Pow, kFloat, a, across),
                              kernel::binary("test", BinaryOp::Pow, kFloat, a, row),
                              kernel::binary("test", BinaryOp::Fmod, kFloat, a, Scalar(0.3))};
    if (expected.empty()) expected.assign(std::begin(results), std::end(results));
    for (size_t i = 0; i < expected.size(); ++i) {
      EXPECT_TRUE(same_bits(results[i], expected[i])) << threads << " threads";
    }
  }
  set_num_threads(before);
}

// In place and with overlapping operands.
TEST(BinaryKernel, Aliases) {
  Tensor x = random_tensor({100}, kFloat, 1);
  const Tensor expected = kernel::binary("test", BinaryOp::Mul, kFloat, x, x);
  kernel::binary("test", BinaryOp::Mul, kFloat, x, x, &x);
  EXPECT_TRUE(same_bits(x, expected));

  Tensor y = random_tensor({60, 60}, kFloat, 1);
  const Tensor across = make_view(y, {60, 60}, {1, 60}, 0);
  const Tensor sum = kernel::binary("test", BinaryOp::Add, kFloat, y, across);
  kernel::binary("test", BinaryOp::Add, kFloat, y, across, &y);
  EXPECT_TRUE(same_bits(y, sum));

  Tensor z = random_tensor({100}, kFloat, 1);
  const Tensor head = make_view(z, {99}, {1}, 0), tail = make_view(z, {99}, {1}, 1);
  const Tensor shifted = kernel::binary("test", BinaryOp::Sub, kFloat, head, tail);
  kernel::binary("test", BinaryOp::Sub, kFloat, head, tail, &tail);
  EXPECT_TRUE(same_bits(tail, shifted));
}

// --- memory order of results

TEST(BinaryKernel, KeepsTheOrderOfTheInputs) {
  const Tensor nhwc = empty_strided({2, 3, 4, 5}, {60, 1, 15, 3});
  kernel::copy(random_tensor({2, 3, 4, 5}, kFloat, 1), nhwc);
  const Tensor nchw = random_tensor({2, 3, 4, 5}, kFloat, 2);
  const Tensor bias = random_tensor({1, 3, 1, 1}, kFloat, 3);
  const auto strides_of = [](const Tensor& a, const Tensor& b) {
    return kernel::binary("test", BinaryOp::Add, kFloat, a, b).strides().vec();
  };
  const std::vector<int64_t> last{60, 1, 15, 3}, row_major{60, 20, 5, 1};
  EXPECT_EQ(strides_of(nhwc, nhwc), last);
  EXPECT_EQ(strides_of(nhwc, bias), last);
  EXPECT_EQ(strides_of(bias, nhwc), last);
  EXPECT_EQ(strides_of(nhwc, nchw), last);  // the first decides
  EXPECT_EQ(strides_of(nchw, nhwc), row_major);
  const Tensor matrix = random_tensor({6, 8}, kFloat, 4);
  const Tensor across = make_view(matrix, {8, 6}, {1, 8}, 0);
  EXPECT_EQ(strides_of(across, across), (std::vector<int64_t>{1, 8}));
  const Tensor part = make_view(matrix, {3, 4}, {8, 1}, 2);
  EXPECT_EQ(strides_of(part, part), (std::vector<int64_t>{4, 1}));
}

// --- integers

TEST(BinaryKernel, IntegerDivision) {
  const Tensor a = tensor({7, -7, 7, -7}, kInt), b = tensor({2, 2, -2, -2}, kInt);
  const auto check = [&](BinaryOp op, std::vector<int32_t> expected) {
    const Tensor y = kernel::binary("test", op, kInt, a, b);
    EXPECT_EQ(std::vector<int32_t>(y.data_ptr<int32_t>(), y.data_ptr<int32_t>() + 4), expected);
  };
  check(BinaryOp::TruncDivide, {3, -3, -3, 3});
  check(BinaryOp::FloorDivide, {3, -4, -4, 3});
  check(BinaryOp::Fmod, {1, -1, 1, -1});
  check(BinaryOp::Remainder, {1, 1, -1, -1});
}

TEST(BinaryKernel, DivisionByZeroChangesNothing) {
  for (BinaryOp op :
       {BinaryOp::TruncDivide, BinaryOp::FloorDivide, BinaryOp::Fmod, BinaryOp::Remainder}) {
    Tensor a = tensor({1, 2, 3}, kLong);
    const Tensor b = tensor({1, 0, 1}, kLong);
    EXPECT_THROW(kernel::binary("test", op, kLong, a, b, &a), ValueError);
    EXPECT_THROW(kernel::binary("test", op, kLong, a, Scalar(0), &a), ValueError);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(a.data_ptr<int64_t>()[i], i + 1);
  }
}

template <class T>
void check_smallest_integer() {
  constexpr T smallest = std::numeric_limits<T>::min();
  const ScalarType dtype = scalar_type_of<T>();
  const Tensor a = full({1}, static_cast<int64_t>(smallest), dtype), b = full({1}, -1, dtype);
  const auto result = [&](BinaryOp op) {
    return kernel::binary("test", op, dtype, a, b).template data_ptr<T>()[0];
  };
  EXPECT_EQ(result(BinaryOp::TruncDivide), smallest);
  EXPECT_EQ(result(BinaryOp::FloorDivide), smallest);
  EXPECT_EQ(result(BinaryOp::Fmod), 0);
  EXPECT_EQ(result(BinaryOp::Remainder), 0);
  EXPECT_EQ(result(BinaryOp::Mul), smallest);
  EXPECT_EQ(result(BinaryOp::Gcd), 1);
  EXPECT_EQ(result(BinaryOp::Lcm), smallest);
}

TEST(BinaryKernel, SmallestIntegerOverMinusOne) {
  check_smallest_integer<int8_t>();
  check_smallest_integer<int16_t>();
  check_smallest_integer<int32_t>();
  check_smallest_integer<int64_t>();
}

TEST(BinaryKernel, IntegerPower) {
  const Tensor base = tensor({2, -1, 1, 3, 0, -2}, kLong);
  const Tensor exponent = tensor({62, -3, -5, -1, 0, 3}, kLong);
  const Tensor y = kernel::binary("test", BinaryOp::Pow, kLong, base, exponent);
  const std::vector<int64_t> expected = {int64_t{1} << 62, -1, 1, 0, 1, -8};
  EXPECT_EQ(std::vector<int64_t>(y.data_ptr<int64_t>(), y.data_ptr<int64_t>() + 6), expected);
}

TEST(BinaryKernel, GcdLcm) {
  const Tensor a = tensor({12, -12, 0, 7}, kInt), b = tensor({18, 18, 5, 3}, kInt);
  const Tensor g = kernel::binary("test", BinaryOp::Gcd, kInt, a, b);
  const Tensor l = kernel::binary("test", BinaryOp::Lcm, kInt, a, b);
  const std::vector<int32_t> gcds = {6, 6, 5, 1}, lcms = {36, 36, 0, 21};
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(g.data_ptr<int32_t>()[i], gcds[i]);
    EXPECT_EQ(l.data_ptr<int32_t>()[i], lcms[i]);
  }
}

// --- floating point

TEST(BinaryKernel, FloorDivideAndRemainderOfFloats) {
  const Tensor a = tensor({5.0, -5.0, 5.5, 0.0, 1.0, 6.0});
  const Tensor b = tensor({3.0, 3.0, -2.0, 2.0, 0.0, 0.1});
  const Tensor q = kernel::binary("test", BinaryOp::FloorDivide, kFloat, a, b);
  const Tensor r = kernel::binary("test", BinaryOp::Remainder, kFloat, a, b);
  // 6 / 0.1f is a little less than 60, as Python has it.
  const std::vector<float> quotients = {1, -2, -3, 0, kInf, 59};
  for (size_t i = 0; i < 6; ++i) EXPECT_EQ(q.data_ptr<float>()[i], quotients[i]) << i;
  EXPECT_EQ(r.data_ptr<float>()[1], 1);
  EXPECT_EQ(r.data_ptr<float>()[2], -0.5f);
  EXPECT_TRUE(std::isnan(r.data_ptr<float>()[4]));
}

TEST(BinaryKernel, Errors) {
  const Tensor a = zeros({2, 3}), b = zeros({4});
  try {
    kernel::binary("add", BinaryOp::Add, kFloat, a, b);
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(),
                 "add: shapes [2, 3] and [4] do not broadcast: size 3 against 4 at dim 1");
  }
  EXPECT_THROW(kernel::binary("gcd", BinaryOp::Gcd, kFloat, a, a), TypeError);
  EXPECT_THROW(kernel::binary("pow", BinaryOp::Pow, kBool, a, a), TypeError);
  const Tensor out = zeros({3, 2});
  EXPECT_THROW(kernel::binary("add", BinaryOp::Add, kFloat, a, a, &out), Error);
}

// --- where, lerp, addcmul, addcdiv

TEST(TernaryKernel, WhereInEveryLayout) {
  for (ScalarType dtype : {kByte, kHalf, kFloat, kDouble, kInt}) {
    for (const std::vector<int64_t>& shape :
         std::vector<std::vector<int64_t>>{{}, {7}, {70, 90}, {3, 4, 5}, {0}}) {
      const Tensor a = random_tensor(shape, dtype, 1), b = random_tensor(shape, dtype, 2);
      const Tensor c = kernel::binary("test", BinaryOp::Lt, dtype, a, b);
      const Tensor expected = kernel::binary("test", BinaryOp::Minimum, dtype, a, b);
      for (const auto& layout : layouts()) {
        const Tensor y = kernel::where("where", dtype, layout.apply(c), a, layout.apply(b));
        ASSERT_TRUE(same_bits(y, expected)) << layout.name;
      }
    }
  }
}

TEST(TernaryKernel, MatchesItsFormula) {
  for (ScalarType dtype : {kFloat, kDouble}) {
    const Tensor a = random_tensor({333}, dtype, 1), b = random_tensor({333}, dtype, 2);
    const Tensor c = random_tensor({333}, dtype, 3);
    const kernel::Params params{{0.5}};
    const auto number = [&](const Tensor& x, int64_t i) {
      return dtype == kFloat ? x.data_ptr<float>()[i] : x.data_ptr<double>()[i];
    };
    const Tensor lerp = kernel::ternary("lerp", kernel::TernaryOp::Lerp, dtype, a, b, c);
    const Tensor addcmul =
        kernel::ternary("addcmul", kernel::TernaryOp::Addcmul, dtype, a, b, c, nullptr, &params);
    const Tensor addcdiv =
        kernel::ternary("addcdiv", kernel::TernaryOp::Addcdiv, dtype, a, b, c, nullptr, &params);
    for (int64_t i = 0; i < 333; ++i) {
      const double x = number(a, i), y = number(b, i), z = number(c, i);
      EXPECT_NEAR(number(lerp, i), x + z * (y - x), 1e-5);
      EXPECT_NEAR(number(addcmul, i), x + 0.5 * y * z, 1e-5);
      EXPECT_NEAR(number(addcdiv, i), x + 0.5 * y / z, 1e-5 * (1 + std::abs(y / z)));
    }
  }
}

}  // namespace
}  // namespace gradus
