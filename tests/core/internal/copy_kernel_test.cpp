#include <cmath>
#include <cstring>
#include <limits>

#include <gradus/core/parallel.h>
#include <gtest/gtest.h>

#include "core/kernels/copy.h"
#include "core/kernels/dispatch.h"
#include "core/kernels/fill.h"
#include "core/kernels/loop.h"
#include "tests/core/internal/elementwise_layouts.h"

namespace gradus {
namespace {

using test::at;
using test::layouts;
using test::shapes;

// 0, 1, 2, ... modulo 100, so that every dtype can hold them.
Tensor counted(IntArrayRef sizes, ScalarType dtype) {
  Tensor x = empty(sizes, dtype);
  kernel::dispatch_all("counted", dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    for (int64_t i = 0; i < x.numel(); ++i) x.data_ptr<T>()[i] = static_cast<T>(i % 100);
  });
  return x;
}

TEST(CopyKernel, CastsWhatIsNotFinite) {
  const float inf = std::numeric_limits<float>::infinity();
  for (int64_t n : {1, 40}) {
    for (double value : {double{inf}, -double{inf}, 0.1}) {
      const Tensor x = full({n}, value, kDouble), y = x.to(kFloat);
      EXPECT_TRUE(y.eq(full({n}, static_cast<float>(value))).all().item<bool>()) << value;
      EXPECT_TRUE(y.to(kDouble)
                      .eq(full({n}, double{static_cast<float>(value)}, kDouble))
                      .all()
                      .item<bool>());
    }
    EXPECT_TRUE(full({n}, std::nan(""), kDouble).to(kFloat).isnan().all().item<bool>());
  }
}

TEST(CopyKernel, JoinsRows) {
  manual_seed(1);
  const Tensor x = randn({40, 3, 20}), z = randn({40, 2, 20});
  for (int64_t dim : {1, 2}) {
    const Tensor other = dim == 1 ? z : x.mul(2);
    const Tensor y = empty(dim == 1 ? IntArrayRef{40, 5, 20} : IntArrayRef{40, 3, 40});
    ASSERT_TRUE(kernel::join_rows({x, other}, dim, y));
    EXPECT_TRUE(y.narrow(dim, 0, x.size(dim)).equal(x));
    EXPECT_TRUE(y.narrow(dim, x.size(dim), other.size(dim)).equal(other));
  }
  // Parts in another order of memory or of another dtype are left to copy().
  const Tensor y = empty({40, 6, 20});
  EXPECT_FALSE(kernel::join_rows({x, x.transpose(0, 2).contiguous().transpose(0, 2)}, 1, y));
  EXPECT_FALSE(kernel::join_rows({x, x.to(kDouble)}, 1, y));
}

TEST(CopyKernel, EveryLayoutToEveryLayout) {
  for (const auto& shape : shapes()) {
    for (ScalarType dtype : {kByte, kHalf, kFloat, kDouble}) {
      const Tensor x = counted(shape, dtype);
      for (const auto& from : layouts()) {
        for (const auto& to : layouts()) {
          const Tensor src = from.apply(x), dst = to.apply(zeros(shape, dtype));
          kernel::copy(src, dst);
          ASSERT_TRUE(test::same_bits(dst, x))
              << from.name << " to " << to.name << ", " << to_string(dtype) << " "
              << to_string(IntArrayRef(shape));
        }
      }
    }
  }
}

// same_bits() uses copy itself, so one layout is checked element by element.
TEST(CopyKernel, ElementByElement) {
  const Tensor x = counted({13, 17, 19}, kInt);
  for (const auto& to : layouts()) {
    const Tensor dst = to.apply(zeros({13, 17, 19}, kInt));
    kernel::copy(x, dst);
    for (int64_t i = 0; i < x.numel(); ++i) {
      ASSERT_EQ(at<int32_t>(dst, i), static_cast<int32_t>(i % 100)) << to.name << " at " << i;
    }
  }
}

// Pixels of few channels become planes, and planes pixels.
TEST(CopyKernel, FewChannels) {
  for (ScalarType dtype : {kByte, kHalf, kFloat, kLong}) {
    for (int64_t channels : {2, 3, 4}) {
      for (int64_t pixels : {7, 8, 63, 64, 70, 9001}) {
        const Tensor x = counted({2, pixels, channels}, dtype);
        const Tensor planes = empty({2, channels, pixels}, dtype), back = empty(x.sizes(), dtype);
        kernel::copy(make_view(x, to_dims(planes.sizes()), {pixels * channels, 1, channels}, 0),
                     planes);
        kernel::copy(make_view(planes, to_dims(x.sizes()), {pixels * channels, 1, pixels}, 0),
                     back);
        const char* const in = static_cast<const char*>(x.data_ptr());
        const char* const out = static_cast<const char*>(planes.data_ptr());
        const size_t size = element_size(dtype), row = static_cast<size_t>(channels);
        for (size_t i = 0; i < static_cast<size_t>(x.numel()); ++i) {
          const size_t pixel = i / row % static_cast<size_t>(pixels), image = i / row - pixel;
          const size_t to = image * row + i % row * static_cast<size_t>(pixels) + pixel;
          ASSERT_EQ(std::memcmp(in + i * size, out + to * size, size), 0)
              << to_string(dtype) << " " << channels << " x " << pixels << " at " << i;
        }
        ASSERT_EQ(std::memcmp(in, back.data_ptr(), size * static_cast<size_t>(x.numel())), 0);
      }
    }
  }
}

TEST(CopyKernel, RowsOfAnyLength) {
  for (int64_t n = 1; n <= 140; ++n) {
    const Tensor from = counted({3, 2, n + 1}, kByte), room = full({3, 2, n + 3}, 200, kByte);
    const Tensor rows = make_view(from, {3, 2, n}, {2 * (n + 1), n + 1, 1}, 1);
    kernel::copy(rows, make_view(room, {3, 2, n}, {2 * (n + 3), n + 3, 1}, 1));
    for (int64_t row = 0; row < 6; ++row) {
      const uint8_t* const x = from.data_ptr<uint8_t>() + row * (n + 1);
      const uint8_t* const y = room.data_ptr<uint8_t>() + row * (n + 3);
      ASSERT_EQ(std::memcmp(x + 1, y + 1, static_cast<size_t>(n)), 0) << n;
      ASSERT_TRUE(y[0] == 200 && y[n + 1] == 200 && y[n + 2] == 200) << n;
    }
  }
}

TEST(CopyKernel, LeavesGapsAlone) {
  const Tensor room = full({20, 20}, 5, kFloat);
  const Tensor part = make_view(room, {10, 5}, {40, 2}, 1);
  kernel::copy(counted({10, 5}, kFloat), part);
  int64_t untouched = 0;
  for (int64_t i = 0; i < 400; ++i) untouched += room.data_ptr<float>()[i] == 5;
  EXPECT_EQ(untouched, 350 + 1);  // and the copied 5
}

TEST(CopyKernel, Broadcast) {
  for (const auto& layout : layouts()) {
    const Tensor row = layout.apply(counted({1, 1, 50}, kFloat));
    const Tensor dst = empty({30, 40, 50}, kFloat);
    kernel::copy(row, dst);
    for (int64_t i = 0; i < dst.numel(); ++i) {
      ASSERT_EQ(dst.data_ptr<float>()[i], static_cast<float>(i % 50));
    }
    const Tensor column = layout.apply(counted({30, 1, 1}, kFloat));
    kernel::copy(column, dst);
    for (int64_t i = 0; i < dst.numel(); ++i) {
      ASSERT_EQ(dst.data_ptr<float>()[i], static_cast<float>(i / 2000));
    }
  }
  EXPECT_THROW(kernel::copy(zeros({3}), zeros({4})), Error);
}

TEST(CopyKernel, CastsEveryPair) {
  const ScalarType dtypes[] = {kByte, kChar,  kShort,  kInt,  kLong,
                               kHalf, kFloat, kDouble, kBool, kBFloat16};
  for (ScalarType from : dtypes) {
    const Tensor x = counted({3, 70}, from);
    for (ScalarType to : dtypes) {
      for (const auto& layout : layouts()) {
        const Tensor y = layout.apply(zeros({3, 70}, to));
        kernel::copy(layout.apply(x), y);
        kernel::dispatch_all("from", from, [&](auto from_tag) {
          kernel::dispatch_all("to", to, [&](auto to_tag) {
            using F = typename decltype(from_tag)::type;
            using T = typename decltype(to_tag)::type;
            for (int64_t i = 0; i < x.numel(); ++i) {
              const T expected = static_cast<T>(static_cast<float>(at<F>(x, i)));
              ASSERT_EQ(static_cast<float>(at<T>(y, i)), static_cast<float>(expected))
                  << to_string(from) << " to " << to_string(to) << " at " << i;
            }
          });
        });
      }
    }
  }
}

TEST(CopyKernel, CastsWhatDoesNotFit) {
  const double inf = std::numeric_limits<double>::infinity();
  const Tensor x = tensor({300.7, -1.5, 1e30, -inf, std::nan("")}, kDouble);
  Tensor bytes = empty({5}, kByte), longs = empty({5}, kLong), bools = empty({5}, kBool);
  kernel::copy(x, bytes);
  kernel::copy(x, longs);
  kernel::copy(x, bools);
  const int64_t smallest = std::numeric_limits<int64_t>::min();
  EXPECT_EQ(bytes.data_ptr<uint8_t>()[0], 44);   // 300 modulo 256
  EXPECT_EQ(bytes.data_ptr<uint8_t>()[1], 255);  // -1 modulo 256
  EXPECT_EQ(longs.data_ptr<int64_t>()[1], -1);
  for (int i = 2; i < 5; ++i) EXPECT_EQ(longs.data_ptr<int64_t>()[i], smallest);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(bools.data_ptr<bool>()[i]);
}

// All 2^16 patterns, in vectors and in the rest of a vector.
TEST(CopyKernel, SixteenBitFloatsMatchTheirScalarConversions) {
  constexpr int64_t n = 65536 + 3;
  Tensor half = empty({n}, kHalf), bfloat = empty({n}, kBFloat16);
  for (int64_t i = 0; i < n; ++i) {
    half.data_ptr<Half>()[i].bits = static_cast<uint16_t>(i);
    bfloat.data_ptr<BFloat16>()[i].bits = static_cast<uint16_t>(i);
  }
  Tensor from_half = empty({n}, kFloat), from_bfloat = empty({n}, kFloat);
  kernel::copy(half, from_half);
  kernel::copy(bfloat, from_bfloat);
  Tensor half_again = empty({n}, kHalf), bfloat_again = empty({n}, kBFloat16);
  // Halfway between two bfloat16s, so that rounding shows.
  Tensor between = empty({n}, kFloat);
  for (int64_t i = 0; i < n; ++i) {
    const uint32_t bits = static_cast<uint32_t>(i) << 16 | 0x8000u;
    std::memcpy(between.data_ptr<float>() + i, &bits, sizeof bits);
  }
  kernel::copy(between, half_again);
  kernel::copy(between, bfloat_again);
  for (int64_t i = 0; i < n; ++i) {
    const float h = half.data_ptr<Half>()[i], b = bfloat.data_ptr<BFloat16>()[i];
    const float f = between.data_ptr<float>()[i];
    if (std::isnan(h)) {
      ASSERT_TRUE(std::isnan(from_half.data_ptr<float>()[i]));
    } else {
      ASSERT_EQ(from_half.data_ptr<float>()[i], h);
    }
    if (std::isnan(b)) {
      ASSERT_TRUE(std::isnan(from_bfloat.data_ptr<float>()[i]));
    } else {
      ASSERT_EQ(from_bfloat.data_ptr<float>()[i], b);
    }
    ASSERT_EQ(half_again.data_ptr<Half>()[i].bits, Half(f).bits) << f;
    ASSERT_EQ(bfloat_again.data_ptr<BFloat16>()[i].bits, BFloat16(f).bits) << f;
  }
}

TEST(CopyKernel, OverlappingMemory) {
  Tensor x = counted({50}, kFloat);
  kernel::copy(make_view(x, {49}, {1}, 0), make_view(x, {49}, {1}, 1));  // shift by one
  for (int64_t i = 0; i < 50; ++i) {
    EXPECT_EQ(x.data_ptr<float>()[i], static_cast<float>(i == 0 ? 0 : i - 1));
  }
  Tensor square = counted({9, 9}, kFloat);
  kernel::copy(make_view(square, {9, 9}, {1, 9}, 0), square);  // transpose in place
  for (int64_t i = 0; i < 81; ++i) {
    EXPECT_EQ(square.data_ptr<float>()[i], static_cast<float>(i % 9 * 9 + i / 9));
  }
  // Memory under two dtypes: each float becomes the integer in its own place.
  Tensor y = counted({8}, kFloat);
  Tensor as_int = y.view(kInt);
  kernel::copy(y, as_int);
  for (int64_t i = 0; i < 8; ++i) EXPECT_EQ(as_int.data_ptr<int32_t>()[i], i);
}

TEST(FillKernel, EveryLayoutAndDtype) {
  for (ScalarType dtype :
       {kByte, kChar, kShort, kInt, kLong, kHalf, kFloat, kDouble, kBool, kBFloat16}) {
    for (const auto& shape : shapes()) {
      for (const auto& layout : layouts()) {
        const Tensor x = layout.apply(zeros(shape, dtype));
        kernel::fill(x, 1);
        kernel::dispatch_all("fill", dtype, [&](auto tag) {
          using T = typename decltype(tag)::type;
          for (int64_t i = 0; i < x.numel(); ++i) ASSERT_EQ(static_cast<float>(at<T>(x, i)), 1.0f);
        });
      }
    }
  }
}

TEST(FillKernel, ValuesThatDoNotFit) {
  Tensor bytes = zeros({2}, kByte), longs = zeros({2}, kLong), halves = zeros({2}, kHalf);
  kernel::fill(bytes, -1);
  EXPECT_EQ(bytes.data_ptr<uint8_t>()[0], 255);
  kernel::fill(bytes, 2.9);
  EXPECT_EQ(bytes.data_ptr<uint8_t>()[0], 2);
  EXPECT_THROW(kernel::fill(bytes, 256), ValueError);
  EXPECT_THROW(kernel::fill(bytes, std::nan("")), ValueError);
  EXPECT_THROW(kernel::fill(longs, 0x1p63), ValueError);
  EXPECT_THROW(kernel::fill(longs, -std::numeric_limits<double>::infinity()), ValueError);
  kernel::fill(longs, -0x1p63);
  EXPECT_EQ(longs.data_ptr<int64_t>()[1], std::numeric_limits<int64_t>::min());
  EXPECT_THROW(kernel::fill(halves, 1e9), ValueError);
  kernel::fill(halves, std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isinf(static_cast<float>(halves.data_ptr<Half>()[1])));
}

TEST(FillKernel, LeavesGapsAlone) {
  const Tensor room = zeros({20}, kFloat);
  kernel::fill(make_view(room, {4}, {3}, 2), 7.5);
  for (int64_t i = 0; i < 20; ++i) {
    const bool inside = i >= 2 && i <= 11 && (i - 2) % 3 == 0;
    EXPECT_EQ(room.data_ptr<float>()[i], inside ? 7.5f : 0.0f);
  }
}

}  // namespace
}  // namespace gradus
