#include <cmath>
#include <cstdint>
#include <limits>
#include <sstream>
#include <string>

#include <gradus/core/error.h>
#include <gradus/core/factory.h>
#include <gradus/core/scalar.h>
#include <gradus/core/tensor.h>
#include <gtest/gtest.h>

namespace gradus {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr int64_t kLowest = std::numeric_limits<int64_t>::min();

std::string text(const Scalar& value) {
  std::ostringstream stream;
  stream << value;
  return stream.str();
}

TEST(Scalar, GoesToAnIntegerByTruncation) {
  EXPECT_EQ(Scalar(2.9).to<int>(), 2);
  EXPECT_EQ(Scalar(-2.9).to<int8_t>(), -2);
  EXPECT_EQ(Scalar(127.9).to<int8_t>(), 127);
  EXPECT_EQ(Scalar(-1).to<uint8_t>(), 255);
  EXPECT_EQ(Scalar(-0x1p63).to<int64_t>(), kLowest);
  EXPECT_EQ(Scalar(0x1p63).to<uint64_t>(), uint64_t{1} << 63);
  // The largest int64 is no double.
  EXPECT_EQ(Scalar(std::numeric_limits<int64_t>::max()).to<int64_t>(),
            std::numeric_limits<int64_t>::max());
}

TEST(Scalar, RefusesWhatDoesNotFit) {
  EXPECT_THROW(Scalar(128).to<int8_t>(), Error);
  EXPECT_THROW(Scalar(-129).to<int8_t>(), Error);
  EXPECT_THROW(Scalar(128.0).to<int8_t>(), Error);
  EXPECT_THROW(Scalar(256).to<uint8_t>(), Error);
  EXPECT_THROW(Scalar(-256).to<uint8_t>(), Error);
  EXPECT_THROW(Scalar(int64_t{1} << 31).to<int>(), Error);
  EXPECT_THROW(Scalar(0x1p63).to<int64_t>(), Error);
  EXPECT_THROW(Scalar(-0x1.8p63).to<int64_t>(), Error);
  EXPECT_THROW(Scalar(0x1p64).to<uint64_t>(), Error);
  EXPECT_THROW(Scalar(kNaN).to<int64_t>(), Error);
  EXPECT_THROW(Scalar(kInfinity).toLong(), Error);
  EXPECT_THROW(Scalar(1e300).toFloat(), Error);
  EXPECT_THROW(Scalar(70000).to<Half>(), Error);
  try {
    full({}, 1e10, kDouble).item<int>();
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(),
                 "value 10000000000 cannot be converted to type int without overflow");
  }
}

TEST(Scalar, KeepsInfinityAndNaNInFloats) {
  EXPECT_EQ(Scalar(kInfinity).toFloat(), std::numeric_limits<float>::infinity());
  EXPECT_TRUE(std::isnan(Scalar(kNaN).toFloat()));
  EXPECT_TRUE(Scalar(kNaN).toBool());
}

TEST(Scalar, CastsAsTensorsDo) {
  EXPECT_EQ(Scalar(300).cast<int8_t>(), 44);  // 300 - 256
  EXPECT_EQ(Scalar(1e300).cast<float>(), std::numeric_limits<float>::infinity());
  EXPECT_EQ(Scalar(1e300).cast<int64_t>(), kLowest);
  EXPECT_EQ(Scalar(kNaN).cast<int64_t>(), kLowest);
  EXPECT_FALSE(Scalar(0).cast<bool>());
}

TEST(Scalar, HasANegative) {
  EXPECT_EQ((-Scalar(3)).toLong(), -3);
  EXPECT_EQ((-Scalar(0.5)).toDouble(), -0.5);
  EXPECT_EQ((-Scalar(kLowest)).toLong(), kLowest);
  EXPECT_THROW(-Scalar(true), TypeError);
}

TEST(Scalar, Prints) {
  EXPECT_EQ(text(Scalar(true)), "true");
  EXPECT_EQ(text(Scalar(-7)), "-7");
  EXPECT_EQ(text(Scalar(2.5)), "2.5");
}

TEST(Scalar, FloatsRefuseWhatTheyCannotHold) {
  Tensor x = zeros({2});
  EXPECT_THROW(x.fill_(1e300), ValueError);
  EXPECT_THROW(full({2}, 1e5, kHalf), ValueError);
  EXPECT_EQ(x.sum().item<float>(), 0);
  EXPECT_EQ(x.fill_(kInfinity)[0].item<float>(), std::numeric_limits<float>::infinity());
}

}  // namespace
}  // namespace gradus
