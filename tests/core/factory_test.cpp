#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <gradus/autograd/ops/copy.h>
#include <gradus/autograd/ops/shape.h>
#include <gradus/core/factory.h>
#include <gtest/gtest.h>

namespace gradus {
namespace {

using Longs = std::vector<int64_t>;
using Doubles = std::vector<double>;

Doubles values(const Tensor& x) {
  const Tensor list = x.detach().to(kDouble).contiguous();
  return Doubles(list.data_ptr<double>(), list.data_ptr<double>() + list.numel());
}

template <class E, class F>
void expect_error(const F& f, const std::string& part) {
  try {
    f();
    ADD_FAILURE() << "no error, expected one with: " << part;
  } catch (const E& error) {
    EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
  }
}

constexpr int64_t kHuge = int64_t{1} << 62;

TEST(Factory, MakesAndFills) {
  EXPECT_EQ(values(zeros({2})), (Doubles{0, 0}));
  EXPECT_EQ(values(ones({2}, kBool)), (Doubles{1, 1}));
  EXPECT_EQ(values(full({2}, 2.5)), (Doubles{2.5, 2.5}));
  EXPECT_EQ(full({}, 1).dtype(), kLong);
  EXPECT_EQ(full({}, true).dtype(), kBool);
  EXPECT_EQ(full({}, 1.0).dtype(), kFloat);
  EXPECT_EQ(scalar_tensor(3).dtype(), kFloat);
  EXPECT_EQ(zeros({2, 0}).numel(), 0);
  EXPECT_EQ(
      empty({2, 3, 4, 4}, TensorOptions().memory_format(MemoryFormat::ChannelsLast)).stride(1), 1);
  EXPECT_EQ(empty_strided({2, 3}, {1, 2}).strides(), (IntArrayRef{1, 2}));
  EXPECT_EQ(values(eye(2, 3)), (Doubles{1, 0, 0, 0, 1, 0}));
  EXPECT_EQ(values(eye(3, 2)), (Doubles{1, 0, 0, 1, 0, 0}));
  EXPECT_EQ(eye(0).numel(), 0);
  const Tensor x = full({2, 3}, 4, kHalf);
  EXPECT_EQ(zeros_like(x).dtype(), kHalf);
  EXPECT_EQ(ones_like(x, kLong).dtype(), kLong);
  EXPECT_EQ(values(full_like(x.t(), 7))[0], 7);
  EXPECT_EQ(full_like(x.t(), 7).strides(), x.t().strides());
  EXPECT_EQ(x.new_zeros({2}).dtype(), kHalf);
  EXPECT_EQ(x.new_ones({2}, kInt).dtype(), kInt);
  EXPECT_EQ(x.new_full({}, 3.5).item<float>(), 3.5f);
  EXPECT_EQ(x.new_empty({5}).numel(), 5);
}

TEST(Factory, RequiresGradOnRequest) {
  EXPECT_TRUE(zeros({2}, requires_grad()).requires_grad());
  EXPECT_TRUE(zeros({2}, requires_grad()).is_leaf());
  EXPECT_TRUE(tensor({1.0, 2.0}, requires_grad()).requires_grad());
  EXPECT_TRUE(randn({2}, requires_grad()).is_leaf());
  EXPECT_TRUE(linspace(0, 1, 3, dtype(kDouble).requires_grad(true)).requires_grad());
  EXPECT_FALSE(zeros({2}).requires_grad());
  expect_error<TypeError>([] { zeros({2}, dtype(kLong).requires_grad(true)); }, "zeros");
  expect_error<TypeError>([] { tensor({1, 2}, requires_grad()); }, "tensor");
}

TEST(Factory, RefusesImpossibleSizes) {
  expect_error<ValueError>([] { zeros({-1}); }, "zeros");
  expect_error<ValueError>([] { empty({3, INT64_MIN}); }, "empty");
  expect_error<Error>([] { empty({kHuge, 4}); }, "empty");
  expect_error<Error>([] { empty({kHuge}); }, "empty");  // bytes overflow
  EXPECT_THROW(empty({int64_t{1} << 50}), OutOfMemoryError);
  EXPECT_EQ(empty({0, kHuge}).numel(), 0);
  expect_error<Error>([] { empty_strided({2}, {kHuge}); }, "empty_strided");
  expect_error<ValueError>([] { empty_strided({2}, {-1}); }, "empty_strided");
  expect_error<Error>([] { empty_strided({2}, {}); }, "empty_strided");
  expect_error<ValueError>([] { eye(-1); }, "eye");
  expect_error<Error>([] { empty({2, 2}, MemoryFormat::ChannelsLast); }, "empty");
}

TEST(Arange, CountsWithoutRounding) {
  EXPECT_EQ(values(arange(3)), (Doubles{0, 1, 2}));
  EXPECT_EQ(arange(3).dtype(), kLong);
  EXPECT_EQ(arange(3.0).dtype(), kFloat);
  EXPECT_EQ(values(arange(1, 8, 3)), (Doubles{1, 4, 7}));
  EXPECT_EQ(values(arange(5, 0, -2)), (Doubles{5, 3, 1}));
  EXPECT_EQ(arange(0, 1, 0.1).numel(), 10);
  EXPECT_FLOAT_EQ(arange(0, 1, 0.1)[9].item<float>(), 0.9f);
  EXPECT_EQ(arange(2, 2).numel(), 0);
  EXPECT_EQ(values(arange(4, kByte)), (Doubles{0, 1, 2, 3}));
  // Beyond what double holds.
  EXPECT_EQ(arange(INT64_MAX - 2, INT64_MAX)[1].item<int64_t>(), INT64_MAX - 1);
  EXPECT_EQ(arange(INT64_MIN, INT64_MIN + 2)[1].item<int64_t>(), INT64_MIN + 1);
  EXPECT_EQ(values(arange(INT64_MIN, INT64_MAX, INT64_MAX)).size(), 3u);
  // Of int64 the ends and the step are cut before elements are counted; of others after.
  EXPECT_EQ(values(arange(0.5, 4, 1.5, kLong)), (Doubles{0, 1, 2, 3}));
  EXPECT_EQ(values(arange(0.5, 4, 1.5, kInt)), (Doubles{0, 1, 2}));
  expect_error<ValueError>([] { arange(0, 3, 0.5, kLong); }, "arange");
  expect_error<ValueError>([] { arange(0, 3, 0); }, "arange");
  expect_error<ValueError>([] { arange(0, 3, NAN); }, "arange");
  expect_error<ValueError>([] { arange(0, 3, -1); }, "arange");
  expect_error<ValueError>([] { arange(3, 0); }, "arange");
  expect_error<ValueError>([] { arange(0, INFINITY, 1.0); }, "arange");
  expect_error<Error>([] { arange(0, 1, 1e-300); }, "arange");
  expect_error<Error>([] { arange(INT64_MIN, INT64_MAX); }, "arange");
}

TEST(Linspace, ReachesBothEnds) {
  EXPECT_EQ(values(linspace(0, 1, 5)), (Doubles{0, 0.25, 0.5, 0.75, 1}));
  EXPECT_EQ(values(linspace(3, -3, 3)), (Doubles{3, 0, -3}));
  EXPECT_EQ(values(linspace(2, 5, 1)), (Doubles{2}));
  EXPECT_EQ(linspace(2, 5, 0).numel(), 0);
  EXPECT_EQ(linspace(0.1, 0.7, 1000, kDouble)[999].item<double>(), 0.7);
  EXPECT_EQ(values(linspace(0, 10, 5, kInt)), (Doubles{0, 2, 5, 7, 10}));
  EXPECT_EQ(values(logspace(0, 2, 3)), (Doubles{1, 10, 100}));
  EXPECT_EQ(values(logspace(0, 3, 4, 2)), (Doubles{1, 2, 4, 8}));
  expect_error<ValueError>([] { linspace(0, 1, -1); }, "linspace");
  expect_error<ValueError>([] { logspace(0, 1, -1); }, "logspace");
}

TEST(TensorLiteral, TakesNestedBraces) {
  EXPECT_EQ(tensor(1.5).dim(), 0);
  EXPECT_EQ(tensor(1.5).dtype(), kFloat);
  EXPECT_EQ(tensor(3).dtype(), kLong);
  EXPECT_EQ(tensor(true).dtype(), kBool);
  EXPECT_EQ(tensor({1, 2, 3}).sizes(), (IntArrayRef{3}));
  EXPECT_EQ(tensor({1, 2, 3}).dtype(), kLong);
  EXPECT_EQ(tensor({1.0f, 2.0f}).dtype(), kFloat);
  EXPECT_EQ(tensor({true, false}).dtype(), kBool);
  EXPECT_EQ(values(tensor({{1.0, 2.0}, {3.0, 4.5}})), (Doubles{1, 2, 3, 4.5}));
  EXPECT_EQ(tensor({{{1}, {2}}}).sizes(), (IntArrayRef{1, 2, 1}));
  EXPECT_EQ(tensor({1, 2}, kDouble).dtype(), kDouble);
  EXPECT_EQ(tensor({1, 2.5}).dtype(), kFloat);
  EXPECT_EQ(tensor({}).sizes(), (IntArrayRef{0}));
  EXPECT_EQ(tensor({INT64_MAX})[0].item<int64_t>(), INT64_MAX);
  expect_error<Error>([] { tensor({{1, 2}, {3}}); }, "tensor: rows");
  expect_error<Error>([] { tensor({{1, 2}, 3}); }, "tensor: rows");
}

TEST(TensorLiteral, TakesVectors) {
  EXPECT_EQ(tensor(std::vector<float>{1, 2}).dtype(), kFloat);
  EXPECT_EQ(tensor(std::vector<double>{1, 2}).dtype(), kFloat);  // the default dtype, as libtorch
  EXPECT_EQ(tensor(std::vector<int>{1, 2}).dtype(), kLong);
  EXPECT_EQ(tensor(std::vector<int16_t>{1, 2}).dtype(), kShort);
  EXPECT_EQ(tensor(std::vector<uint8_t>{1, 255}).dtype(), kByte);
  EXPECT_EQ(values(tensor(std::vector<bool>{true, false, true})), (Doubles{1, 0, 1}));
  EXPECT_EQ(tensor(std::vector<float>{}).sizes(), (IntArrayRef{0}));
  EXPECT_EQ(tensor(ArrayRef<int64_t>({4, 5})).numel(), 2);
  const std::vector<float> million(1000000, 0.5f);
  EXPECT_EQ(tensor(million).numel(), 1000000);
  EXPECT_EQ(tensor(million, kDouble)[999999].item<double>(), 0.5);
}

TEST(FromBlob, BorrowsMemory) {
  std::vector<float> memory = {1, 2, 3, 4, 5, 6};
  Tensor x = from_blob(memory.data(), {2, 3});
  x[1] = 0;
  EXPECT_EQ(memory, (std::vector<float>{1, 2, 3, 0, 0, 0}));
  EXPECT_EQ(values(from_blob(memory.data(), {2, 2}, {1, 2})), (Doubles{1, 3, 2, 0}));
  int released = 0;
  {
    const Tensor y = from_blob(
        memory.data(), {6}, [&](void* data) { released += data == memory.data(); }, kFloat);
    const Tensor part = y[2];
    EXPECT_EQ(released, 0);
  }
  EXPECT_EQ(released, 1);
  // A failed call takes nothing over.
  EXPECT_THROW(from_blob(memory.data(), {-1}, [&](void*) { ++released; }), ValueError);
  EXPECT_EQ(released, 1);
  expect_error<ValueError>([] { from_blob(nullptr, {2}); }, "from_blob");
  expect_error<ValueError>([&] { from_blob(memory.data(), {2}, {-1}); }, "from_blob");
  expect_error<Error>([&] { from_blob(memory.data(), {2}, {1, 1}); }, "from_blob");
  expect_error<Error>([&] { from_blob(memory.data(), {kHuge, 4}); }, "from_blob");
  EXPECT_EQ(from_blob(nullptr, {0}).numel(), 0);
}

TEST(DefaultDtype, DecidesWhatFloatsBecome) {
  set_default_dtype(kDouble);
  EXPECT_EQ(zeros({1}).dtype(), kDouble);
  EXPECT_EQ(tensor({1.0f}).dtype(), kDouble);
  EXPECT_EQ(arange(2.0).dtype(), kDouble);
  EXPECT_EQ(full({1}, 1.5).dtype(), kDouble);
  set_default_dtype(kFloat);
  EXPECT_EQ(zeros({1}).dtype(), kFloat);
}

TEST(Factory, RangesAreNotOfBools) {
  expect_error<TypeError>([] { arange(2, kBool); }, "arange");
  expect_error<TypeError>([] { range(0, 2, kBool); }, "range");
  expect_error<TypeError>([] { linspace(0, 1, 2, kBool); }, "linspace");
  expect_error<TypeError>([] { logspace(0, 1, 2, 10, kBool); }, "logspace");
}

}  // namespace
}  // namespace gradus
