#include <cmath>
#include <limits>
#include <sstream>
#include <string>

#include <gradus/core/deprecated_type.h>
#include <gradus/core/device.h>
#include <gradus/gradus.h>
#include <gtest/gtest.h>

namespace gradus {
namespace {

TEST(Device, NamesAndTypes) {
  EXPECT_EQ(Device("cpu").str(), "cpu");
  EXPECT_EQ(Device("cpu:0").index(), 0);
  EXPECT_EQ(Device(kCPU, 0).str(), "cpu:0");
  EXPECT_EQ(std::string(to_string(kMPS)), "mps");
  std::ostringstream text;
  text << kXPU << " " << Device("cpu:0");
  EXPECT_EQ(text.str(), "xpu cpu:0");
}

TEST(Device, OtherDevicesAreErrors) {
  for (const char* name : {"cuda", "cuda:1", "mps", "meta"})
    EXPECT_THROW(Device{name}, NotImplementedError) << name;
  for (const char* name : {"", "cud", "cpu:", "cpu:1", "cpu:-1", "cpu:0x", ":0"})
    EXPECT_THROW(Device{name}, ValueError) << name;
  for (const DeviceType type : {kCUDA, kHIP, kMPS, kXPU, kMeta})
    EXPECT_THROW(Device{type}, NotImplementedError) << type;
  EXPECT_THROW(Device(kCPU, 1), ValueError);
  EXPECT_THROW(Device(kCPU, 256), ValueError);
  EXPECT_THROW(device_index(3), ValueError);
  EXPECT_FALSE(cuda::is_available() || mps::is_available() || xpu::is_available());
}

TEST(Device, InOptions) {
  const Tensor x = zeros({2}, device("cpu:0").layout(kStrided).dtype(kInt));
  EXPECT_EQ(x.dtype(), kInt);
  EXPECT_EQ(zeros({1}, layout(kStrided).device(kCPU, 0).device("cpu")).dtype(), kFloat);
  EXPECT_EQ(x.to("cpu").pin_memory().data_ptr(), x.data_ptr());
}

TEST(Storage, IsSharedByViews) {
  const Tensor x = arange(6, kFloat).view({2, 3});
  const Tensor row = x[1];
  EXPECT_TRUE(row.is_alias_of(x));
  EXPECT_FALSE(x.clone().is_alias_of(x));
  EXPECT_EQ(row.storage().data(), x.data_ptr());
  EXPECT_EQ(x.storage().nbytes(), 6 * sizeof(float));
  static_cast<float*>(x.storage().mutable_data())[3] = 9;
  EXPECT_EQ(row[0].item<float>(), 9);
  EXPECT_FALSE(Storage());
  EXPECT_FALSE(Storage().is_alias_of(Storage()));
  EXPECT_THROW((void)Tensor().storage(), Error);
}

TEST(NumericLimits, OfSmallFloats) {
  using half = std::numeric_limits<Half>;
  EXPECT_TRUE(half::is_specialized);
  EXPECT_EQ(half::max(), 65504.0f);
  EXPECT_EQ(half::lowest(), -65504.0f);
  EXPECT_EQ(half::min(), std::ldexp(1.0f, -14));
  EXPECT_EQ(half::epsilon(), std::ldexp(1.0f, -10));
  EXPECT_EQ(half::denorm_min(), std::ldexp(1.0f, -24));
  EXPECT_EQ(half::round_error(), 0.5f);
  EXPECT_TRUE(std::isinf(float(half::infinity())));
  EXPECT_TRUE(std::isnan(float(half::quiet_NaN())));
  using bfloat16 = std::numeric_limits<BFloat16>;
  EXPECT_EQ(bfloat16::lowest(), -bfloat16::max());
  EXPECT_EQ(bfloat16::max(), std::ldexp(255.0f / 128, 127));
  EXPECT_EQ(bfloat16::min(), std::ldexp(1.0f, -126));
  EXPECT_EQ(bfloat16::epsilon(), std::ldexp(1.0f, -7));
  EXPECT_EQ(bfloat16::round_error(), 0.5f);
  EXPECT_TRUE(std::isinf(float(bfloat16::infinity())));
  EXPECT_TRUE(std::isnan(float(bfloat16::quiet_NaN())));
}

TEST(DeprecatedType, IsDtypeAndDevice) {
  const Tensor x = ones({2}, CPU(kDouble));
  EXPECT_EQ(x.dtype(), kDouble);
  EXPECT_EQ(&x.type(), &CPU(kDouble));
  EXPECT_EQ(x.type().toString(), "CPUDoubleType");
  EXPECT_EQ(x.type().toScalarType(kByte).scalarType(), kByte);
}

}  // namespace
}  // namespace gradus
