// Expected texts are what libtorch 1.13 prints for the same tensors.

#include <cmath>
#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

#include <gradus/autograd/ops/copy.h>
#include <gradus/autograd/ops/join.h>
#include <gradus/autograd/ops/shape.h>
#include <gradus/core/factory.h>
#include <gtest/gtest.h>

namespace gradus {
namespace {

std::string text(const Tensor& x) {
  std::ostringstream stream;
  stream << x;
  return stream.str();
}

TEST(Print, ScalarsAndEmptyTensors) {
  EXPECT_EQ(text(Tensor()), R"([ Tensor (undefined) ])");
  EXPECT_EQ(text(full({}, 3.5)), R"(3.5
[ CPUFloatType{} ])");
  EXPECT_EQ(text(full({}, 7, kLong)), R"(7
[ CPULongType{} ])");
  EXPECT_EQ(text(full({}, 123456789.0)), R"(1.23457e+08
[ CPUFloatType{} ])");
  EXPECT_EQ(text(full({}, int64_t{1234567890123}, kLong)), R"(1.23457e+12
[ CPULongType{} ])");
  EXPECT_EQ(text(full({}, true, kBool)), R"(1
[ CPUBoolType{} ])");
  EXPECT_EQ(text(full({}, 1e-7)), R"(1e-07
[ CPUFloatType{} ])");
  EXPECT_EQ(text(empty({0})), R"([ CPUFloatType{0} ])");
  EXPECT_EQ(text(empty({0, 3})), R"([ CPUFloatType{0,3} ])");
  EXPECT_EQ(text(empty({2, 0, 3})), R"([ CPUFloatType{2,0,3} ])");
}

TEST(Print, Vectors) {
  EXPECT_EQ(text(arange(0, 6, kLong)), R"( 0
 1
 2
 3
 4
 5
[ CPULongType{6} ])");
  EXPECT_EQ(text(arange(0, 6, kFloat)), R"( 0
 1
 2
 3
 4
 5
[ CPUFloatType{6} ])");
  EXPECT_EQ(text(arange(99998, 100003, kLong)), R"(  99998
  99999
 100000
 100001
 100002
[ CPULongType{5} ])");
  EXPECT_EQ(text(arange(0, 3, kLong) * int64_t{5000000000}), R"( 0.0000e+00
 5.0000e+09
 1.0000e+10
[ CPULongType{3} ])");
  EXPECT_EQ(text(arange(-3, 3, kInt)), R"(-3
-2
-1
 0
 1
 2
[ CPUIntType{6} ])");
  EXPECT_EQ(text(arange(1, 6, kFloat) * 123456.7), R"(1e+05 *
 1.2346
 2.4691
 3.7037
 4.9383
 6.1728
[ CPUFloatType{5} ])");
  EXPECT_EQ(text(arange(1, 6, kFloat) * 1e-4), R"(0.0001 *
 1.0000
 2.0000
 3.0000
 4.0000
 5.0000
[ CPUFloatType{5} ])");
  EXPECT_EQ(text(tensor(std::vector<double>{1e-5, 1.5, 1e5})), R"( 1.0000e-05
 1.5000e+00
 1.0000e+05
[ CPUFloatType{3} ])");
  EXPECT_EQ(text(tensor(std::vector<double>{1e-105, 1.5, 1e5})), R"( 0.0000e+00
 1.5000e+00
 1.0000e+05
[ CPUFloatType{3} ])");
  EXPECT_EQ(text(tensor(std::vector<double>{-1.25, -100.5})), R"(-1.2500
-100.5000
[ CPUFloatType{2} ])");
  EXPECT_EQ(text(tensor(std::vector<double>{INFINITY, 1, -INFINITY, NAN})), R"(inf
 1
-inf
nan
[ CPUFloatType{4} ])");
  EXPECT_EQ(text(tensor(std::vector<double>{INFINITY, 1.5, -INFINITY, NAN})), R"(    inf
 1.5000
   -inf
    nan
[ CPUFloatType{4} ])");
  EXPECT_EQ(text(tensor(std::vector<double>{INFINITY, -INFINITY})), R"(inf
-inf
[ CPUFloatType{2} ])");
  EXPECT_EQ(text(tensor(std::vector<double>{999999999.0, 1})), R"( 1.0000e+09
 1.0000e+00
[ CPUFloatType{2} ])");
  EXPECT_EQ(text(tensor(std::vector<double>{9999999999.0, 1})), R"( 1.0000e+10
 1.0000e+00
[ CPUFloatType{2} ])");
  EXPECT_EQ(text(tensor(std::vector<double>{-123456.0, 1})), R"(-123456
      1
[ CPUFloatType{2} ])");
  EXPECT_EQ(text(tensor(std::vector<double>{1e99, 1.5})), R"(    inf
 1.5000
[ CPUFloatType{2} ])");
  EXPECT_EQ(text(tensor(std::vector<double>{1e100, 1.5})), R"(    inf
 1.5000
[ CPUFloatType{2} ])");
  EXPECT_EQ(text(full({2}, int64_t{9223372036854775807}, kLong)), R"( 9.2234e+18
 9.2234e+18
[ CPULongType{2} ])");
}

TEST(Print, Dtypes) {
  EXPECT_EQ(text(arange(0, 4, kLong).reshape({2, 2}) > 1), R"( 0  0
 1  1
[ CPUBoolType{2,2} ])");
  EXPECT_EQ(text(arange(250, 256, kByte)), R"( 250
 251
 252
 253
 254
 255
[ CPUByteType{6} ])");
  EXPECT_EQ(text(arange(-2, 2, kChar)), R"(-2
-1
 0
 1
[ CPUCharType{4} ])");
  EXPECT_EQ(text((arange(0, 4, kFloat) / 3).to(kHalf)), R"( 0.0000
 0.3333
 0.6665
 1.0000
[ CPUHalfType{4} ])");
  EXPECT_EQ(text((arange(0, 4, kFloat) / 3).to(kBFloat16)), R"( 0.0000
 0.3340
 0.6680
 1.0000
[ CPUBFloat16Type{4} ])");
  EXPECT_EQ(text(arange(0, 4, kDouble) / 3), R"( 0.0000
 0.3333
 0.6667
 1.0000
[ CPUDoubleType{4} ])");
}

TEST(Print, Matrices) {
  EXPECT_EQ(text(arange(0, 6, kFloat).reshape({2, 3})), R"( 0  1  2
 3  4  5
[ CPUFloatType{2,3} ])");
  EXPECT_EQ(text(arange(0, 6, kFloat).reshape({2, 3}) / 7), R"( 0.0000  0.1429  0.2857
 0.4286  0.5714  0.7143
[ CPUFloatType{2,3} ])");
  EXPECT_EQ(text(arange(0, 6, kFloat).reshape({2, 3}) * 10.5), R"(  0.0000  10.5000  21.0000
 31.5000  42.0000  52.5000
[ CPUFloatType{2,3} ])");
  EXPECT_EQ(text(arange(0, 6, kFloat).reshape({2, 3}) * 123456.7),
            R"( 0.0000e+00  1.2346e+05  2.4691e+05
 3.7037e+05  4.9383e+05  6.1728e+05
[ CPUFloatType{2,3} ])");
  EXPECT_EQ(text(arange(1, 7, kFloat).reshape({2, 3}) * 1.5e-5), R"(1e-05 *
 1.5000  3.0000  4.5000
  6.0000  7.5000  9.0000
[ CPUFloatType{2,3} ])");
  EXPECT_EQ(text(tensor(std::vector<double>{-1e-5, -1.5, -1e5, 2}).reshape({2, 2})),
            R"(-1.0000e-05 -1.5000e+00
-1.0000e+05  2.0000e+00
[ CPUFloatType{2,2} ])");
  EXPECT_EQ(text(tensor(std::vector<double>{NAN, 0.25, 1, 2}).reshape({2, 2})), R"(    nan  0.2500
 1.0000  2.0000
[ CPUFloatType{2,2} ])");
  EXPECT_EQ(text(zeros({2, 2})), R"( 0  0
 0  0
[ CPUFloatType{2,2} ])");
  EXPECT_EQ(text(ones({1, 1})), R"( 1
[ CPUFloatType{1,1} ])");
  EXPECT_EQ(text(arange(0, 3, kFloat).reshape({3, 1}) / 3), R"( 0.0000
 0.3333
 0.6667
[ CPUFloatType{3,1} ])");
  EXPECT_EQ(text(arange(0, 6, kFloat).reshape({2, 3}).t()), R"( 0  3
 1  4
 2  5
[ CPUFloatType{3,2} ])");
}

TEST(Print, WideMatricesInColumns) {
  EXPECT_EQ(
      text(arange(0, 60, kFloat).reshape({2, 30})),
      R"(Columns 1 to 20  0   1   2   3   4   5   6   7   8   9  10  11  12  13  14  15  16  17  18  19
 30  31  32  33  34  35  36  37  38  39  40  41  42  43  44  45  46  47  48  49

Columns 21 to 30 20  21  22  23  24  25  26  27  28  29
 50  51  52  53  54  55  56  57  58  59
[ CPUFloatType{2,30} ])");
  EXPECT_EQ(
      text(arange(0, 60, kFloat).reshape({2, 30}) / 7),
      R"(Columns 1 to 10 0.0000  0.1429  0.2857  0.4286  0.5714  0.7143  0.8571  1.0000  1.1429  1.2857
 4.2857  4.4286  4.5714  4.7143  4.8571  5.0000  5.1429  5.2857  5.4286  5.5714

Columns 11 to 20 1.4286  1.5714  1.7143  1.8571  2.0000  2.1429  2.2857  2.4286  2.5714  2.7143
 5.7143  5.8571  6.0000  6.1429  6.2857  6.4286  6.5714  6.7143  6.8571  7.0000

Columns 21 to 30 2.8571  3.0000  3.1429  3.2857  3.4286  3.5714  3.7143  3.8571  4.0000  4.1429
 7.1429  7.2857  7.4286  7.5714  7.7143  7.8571  8.0000  8.1429  8.2857  8.4286
[ CPUFloatType{2,30} ])");
  EXPECT_EQ(text(arange(0, 60, kFloat).reshape({2, 30}) * 123456.7),
            R"(Columns 1 to 6 0.0000e+00  1.2346e+05  2.4691e+05  3.7037e+05  4.9383e+05  6.1728e+05
 3.7037e+06  3.8272e+06  3.9506e+06  4.0741e+06  4.1975e+06  4.3210e+06

Columns 7 to 12 7.4074e+05  8.6420e+05  9.8765e+05  1.1111e+06  1.2346e+06  1.3580e+06
 4.4444e+06  4.5679e+06  4.6914e+06  4.8148e+06  4.9383e+06  5.0617e+06

Columns 13 to 18 1.4815e+06  1.6049e+06  1.7284e+06  1.8519e+06  1.9753e+06  2.0988e+06
 5.1852e+06  5.3086e+06  5.4321e+06  5.5556e+06  5.6790e+06  5.8025e+06

Columns 19 to 24 2.2222e+06  2.3457e+06  2.4691e+06  2.5926e+06  2.7160e+06  2.8395e+06
 5.9259e+06  6.0494e+06  6.1728e+06  6.2963e+06  6.4197e+06  6.5432e+06

Columns 25 to 30 2.9630e+06  3.0864e+06  3.2099e+06  3.3333e+06  3.4568e+06  3.5802e+06
 6.6667e+06  6.7901e+06  6.9136e+06  7.0370e+06  7.1605e+06  7.2839e+06
[ CPUFloatType{2,30} ])");
  EXPECT_EQ(
      text(arange(0, 40, kLong).reshape({1, 40}) * 1000),
      R"(Columns 1 to 11     0   1000   2000   3000   4000   5000   6000   7000   8000   9000  10000

Columns 12 to 22 11000  12000  13000  14000  15000  16000  17000  18000  19000  20000  21000

Columns 23 to 33 22000  23000  24000  25000  26000  27000  28000  29000  30000  31000  32000

Columns 34 to 40 33000  34000  35000  36000  37000  38000  39000
[ CPULongType{1,40} ])");
  EXPECT_EQ(text(arange(1, 21, kDouble).reshape({2, 10}) * 1e12 / 7), R"(1e+12 *
 0.1429  0.2857  0.4286  0.5714  0.7143  0.8571  1.0000  1.1429  1.2857  1.4286
  1.5714  1.7143  1.8571  2.0000  2.1429  2.2857  2.4286  2.5714  2.7143  2.8571
[ CPUDoubleType{2,10} ])");
  EXPECT_EQ(text(cat({full({10}, 1e-6, kDouble), full({10}, 1e6, kDouble)}).reshape({1, 20})),
            R"(Columns 1 to 6 1.0000e-06  1.0000e-06  1.0000e-06  1.0000e-06  1.0000e-06  1.0000e-06

Columns 7 to 12 1.0000e-06  1.0000e-06  1.0000e-06  1.0000e-06  1.0000e+06  1.0000e+06

Columns 13 to 18 1.0000e+06  1.0000e+06  1.0000e+06  1.0000e+06  1.0000e+06  1.0000e+06

Columns 19 to 20 1.0000e+06  1.0000e+06
[ CPUDoubleType{1,20} ])");
}

TEST(Print, Blocks) {
  EXPECT_EQ(text(arange(0, 12, kFloat).reshape({2, 2, 3})), R"((1,.,.) = 
  0  1  2
  3  4  5

(2,.,.) = 
   6   7   8
   9  10  11
[ CPUFloatType{2,2,3} ])");
  EXPECT_EQ(text(arange(0, 12, kFloat).reshape({2, 2, 3}) / 7), R"((1,.,.) = 
  0.0000  0.1429  0.2857
  0.4286  0.5714  0.7143

(2,.,.) = 
  0.8571  1.0000  1.1429
  1.2857  1.4286  1.5714
[ CPUFloatType{2,2,3} ])");
  EXPECT_EQ(text(arange(0, 12, kFloat).reshape({2, 2, 3}) * 123456.7), R"((1,.,.) = 
  0.0000e+00  1.2346e+05  2.4691e+05
  3.7037e+05  4.9383e+05  6.1728e+05

(2,.,.) = 
 1e+06 *
  0.7407  0.8642  0.9877
   1.1111  1.2346  1.3580
[ CPUFloatType{2,2,3} ])");
  EXPECT_EQ(text(arange(0, 24, kLong).reshape({2, 3, 2, 2})), R"((1,1,.,.) = 
  0  1
  2  3

(2,1,.,.) = 
  12  13
  14  15

(1,2,.,.) = 
  4  5
  6  7

(2,2,.,.) = 
  16  17
  18  19

(1,3,.,.) = 
   8   9
  10  11

(2,3,.,.) = 
  20  21
  22  23
[ CPULongType{2,3,2,2} ])");
  EXPECT_EQ(text(arange(0, 80, kFloat).reshape({2, 1, 40}) / 3), R"((1,.,.) = 
 Columns 1 to 8   0.0000   0.3333   0.6667   1.0000   1.3333   1.6667   2.0000   2.3333

Columns 9 to 16   2.6667   3.0000   3.3333   3.6667   4.0000   4.3333   4.6667   5.0000

Columns 17 to 24   5.3333   5.6667   6.0000   6.3333   6.6667   7.0000   7.3333   7.6667

Columns 25 to 32   8.0000   8.3333   8.6667   9.0000   9.3333   9.6667  10.0000  10.3333

Columns 33 to 40  10.6667  11.0000  11.3333  11.6667  12.0000  12.3333  12.6667  13.0000

(2,.,.) = 
 Columns 1 to 8  13.3333  13.6667  14.0000  14.3333  14.6667  15.0000  15.3333  15.6667

Columns 9 to 16  16.0000  16.3333  16.6667  17.0000  17.3333  17.6667  18.0000  18.3333

Columns 17 to 24  18.6667  19.0000  19.3333  19.6667  20.0000  20.3333  20.6667  21.0000

Columns 25 to 32  21.3333  21.6667  22.0000  22.3333  22.6667  23.0000  23.3333  23.6667

Columns 33 to 40  24.0000  24.3333  24.6667  25.0000  25.3333  25.6667  26.0000  26.3333
[ CPUFloatType{2,1,40} ])");
  EXPECT_EQ(text(arange(0, 8, kLong).reshape({2, 1, 2, 1, 2})), R"((1,1,1,.,.) = 
  0  1

(2,1,1,.,.) = 
  4  5

(1,1,2,.,.) = 
  2  3

(2,1,2,.,.) = 
  6  7
[ CPULongType{2,1,2,1,2} ])");
}

TEST(Print, ThroughFmtAndAccordingToStrides) {
  const Tensor x = arange(6, kFloat).reshape({2, 3});
  EXPECT_EQ(fmt::format("{}", x), text(x));
  EXPECT_EQ(text(x.t().contiguous().t()), text(x));
  EXPECT_EQ(text((x * 1).requires_grad_()), text(x));
}

}  // namespace
}  // namespace gradus
