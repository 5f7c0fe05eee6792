#include <sstream>
#include <string>

#include <fmt/format.h>
#include <gradus/autograd/ops/copy.h>
#include <gradus/core/dtype.h>
#include <gradus/core/factory.h>
#include <gradus/core/tensor.h>
#include <gtest/gtest.h>

namespace gradus {
namespace {

template <class T>
std::string text(const T& value) {
  std::ostringstream stream;
  stream << value;
  return stream.str();
}

TEST(TypeMeta, PrintsTheTypeOfElements) {
  EXPECT_EQ(text(zeros({2}).dtype()), "float");
  EXPECT_EQ(text(zeros({2}).scalar_type()), "Float");
  EXPECT_EQ(text(zeros({2}, kLong).dtype()), "long int");
  EXPECT_EQ(text(zeros({2}, kBFloat16).dtype()), "c10::BFloat16");
  EXPECT_EQ(text(TensorOptions().dtype()), "float");
  EXPECT_EQ(fmt::format("{}", zeros({2}).dtype()), "Float");
}

TEST(TypeMeta, StandsForItsScalarType) {
  const Tensor x = zeros({2}, kDouble);
  TypeMeta dtype = x.dtype();
  EXPECT_TRUE(dtype == kDouble);
  EXPECT_TRUE(dtype == x.dtype());
  EXPECT_FALSE(dtype == zeros({2}).dtype());
  EXPECT_EQ(x.numel() > 0 ? x.dtype() : kFloat, kDouble);
  switch (x.dtype()) {
    case kDouble:
      break;
    default:
      ADD_FAILURE();
  }
  EXPECT_EQ(dtype.itemsize(), 8);
  EXPECT_EQ(dtype.toScalarType(), kDouble);
  dtype = kLong;
  EXPECT_EQ(dtype, kLong);
}

TEST(TypeMeta, GivesOptionsAndConversions) {
  const Tensor x = zeros({2}, kInt);
  EXPECT_EQ(ones({3}, x.dtype()).scalar_type(), kInt);
  EXPECT_EQ(ones({3}, dtype(x.dtype()).requires_grad(false)).scalar_type(), kInt);
  EXPECT_EQ(ones({3}).to(x.dtype()).scalar_type(), kInt);
  EXPECT_EQ(ones({3}).to(x.options()).scalar_type(), kInt);
  EXPECT_EQ(get_default_dtype(), kFloat);
}

// As libtorch 2.6 prints them.
TEST(TensorOptions, Prints) {
  EXPECT_EQ(text(TensorOptions()),
            "TensorOptions(dtype=float (default), device=cpu (default), layout=Strided (default), "
            "requires_grad=false (default), pinned_memory=false (default), "
            "memory_format=(nullopt))");
  EXPECT_EQ(text(zeros({2}, kInt).options()),
            "TensorOptions(dtype=int, device=cpu, layout=Strided, requires_grad=false (default), "
            "pinned_memory=false (default), memory_format=(nullopt))");
  EXPECT_EQ(text(requires_grad(true).dtype(kLong).memory_format(MemoryFormat::ChannelsLast)),
            "TensorOptions(dtype=long int, device=cpu (default), layout=Strided (default), "
            "requires_grad=true, pinned_memory=false (default), memory_format=ChannelsLast)");
}

}  // namespace
}  // namespace gradus
