#include <cmath>
#include <cstdint>
#include <set>
#include <thread>
#include <vector>

#include <gradus/core/box_muller.h>
#include <gradus/core/generator.h>
#include <gradus/core/philox.h>
#include <gtest/gtest.h>

namespace gradus {
namespace {

std::vector<uint32_t> words(const PhiloxBlock& b) {
  return {b.v[0], b.v[1], b.v[2], b.v[3]};
}

// The counter and key of Random123's kat_vectors that fit our 64-bit index: all zero.
TEST(Philox, KnownAnswerZero) {
  EXPECT_EQ(words(philox4x32({0, 0}, 0)),
            (std::vector<uint32_t>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
}

// The plain algorithm with a full 128-bit counter, checked against Random123's kat_vectors; our
// function must agree with it where both are defined.
PhiloxBlock reference(uint32_t c0, uint32_t c1, uint32_t c2, uint32_t c3, uint32_t k0,
                      uint32_t k1) {
  for (int i = 0; i < 10; ++i) {
    const uint64_t a = uint64_t{0xD2511F53} * c0;
    const uint64_t b = uint64_t{0xCD9E8D57} * c2;
    const uint32_t n0 = static_cast<uint32_t>(b >> 32) ^ c1 ^ k0;
    const uint32_t n2 = static_cast<uint32_t>(a >> 32) ^ c3 ^ k1;
    c0 = n0;
    c1 = static_cast<uint32_t>(b);
    c2 = n2;
    c3 = static_cast<uint32_t>(a);
    k0 += 0x9E3779B9;
    k1 += 0xBB67AE85;
  }
  return {{c0, c1, c2, c3}};
}

TEST(Philox, AgreesWithTheCheckedReference) {
  const uint32_t f = 0xffffffff;
  EXPECT_EQ(words(reference(f, f, f, f, f, f)),
            (std::vector<uint32_t>{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(
      words(reference(0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0)),
      (std::vector<uint32_t>{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
  uint64_t x = 88172645463325252ULL;
  const auto next = [&x] {  // xorshift64
    x ^= x << 13;
    x ^= x >> 7;
    return x ^= x << 17;
  };
  for (int i = 0; i < 1000; ++i) {
    const uint64_t seed = next();
    const uint64_t offset = next();
    const uint64_t index = next();
    const uint64_t low = offset + index;
    const uint32_t carry = low < offset ? 1 : 0;
    EXPECT_EQ(words(philox4x32({seed, offset}, index)),
              words(reference(static_cast<uint32_t>(low), static_cast<uint32_t>(low >> 32), carry,
                              0, static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32))));
  }
}

TEST(Philox, UniformStaysInTheHalfOpenInterval) {
  EXPECT_EQ(uniform_float(0), 0.0f);
  EXPECT_EQ(uniform_float(0xffffffff), 1.0f - 0x1p-24f);
  EXPECT_EQ(uniform_double(0, 0), 0.0);
  EXPECT_EQ(uniform_double(0xffffffff, 0xffffffff), 1.0 - 0x1p-53);
}

TEST(Philox, NormalIsFiniteAtTheCornersAndHasTheRightMoments) {
  for (uint32_t a : {0u, 1u, 0x7fffffffu, 0xfffffffeu, 0xffffffffu}) {
    for (uint32_t b : {0u, 0x40000000u, 0xffffffffu}) {
      EXPECT_TRUE(std::isfinite(normal_pair(a, b).first));
      EXPECT_TRUE(std::isfinite(normal_pair(a, b).second));
      EXPECT_TRUE(std::isfinite(normal_pair(PhiloxBlock{{a, a, b, b}}).first));
    }
  }
  const int n = 100000;
  double sum[2] = {};
  double square[2] = {};
  for (uint64_t i = 0; i < n; ++i) {
    const PhiloxBlock x = philox4x32({7, 0}, i);
    const auto f = normal_pair(x.v[0], x.v[1]);
    const auto d = normal_pair(x);
    sum[0] += f.first + f.second;
    square[0] += f.first * f.first + f.second * f.second;
    sum[1] += d.first + d.second;
    square[1] += d.first * d.first + d.second * d.second;
  }
  for (int k = 0; k < 2; ++k) {
    EXPECT_NEAR(sum[k] / (2 * n), 0, 0.01);  // standard error 0.0022
    EXPECT_NEAR(square[k] / (2 * n), 1, 0.015);
  }
}

TEST(Generator, ReserveHandsOutDisjointRanges) {
  Generator g(5);
  const PhiloxKey a = g.reserve(10);
  const PhiloxKey b = g.reserve(1);
  EXPECT_EQ(a.seed, 5u);
  EXPECT_EQ(a.offset, 0u);
  EXPECT_EQ(b.offset, 10u);
  EXPECT_EQ(g.reserve(-3).offset, 11u);
  EXPECT_EQ(g.reserve(0).offset, 11u);
}

TEST(Generator, CopiesShareAndClonesDoNot) {
  Generator g(5);
  Generator copy = g;
  Generator clone = g.clone();
  copy.reserve(4);
  EXPECT_EQ(g.get_state().offset, 4u);
  EXPECT_EQ(clone.get_state().offset, 0u);
  EXPECT_TRUE(g == copy);
  EXPECT_FALSE(g == clone);
}

TEST(Generator, StateContinuesTheStream) {
  Generator g(123);
  g.reserve(17);
  const GeneratorState state = g.get_state();
  const PhiloxKey expected = g.reserve(5);
  Generator other;
  other.set_state(state);
  const PhiloxKey key = other.reserve(5);
  EXPECT_EQ(key.seed, expected.seed);
  EXPECT_EQ(key.offset, expected.offset);
}

TEST(Generator, ManualSeedRestartsTheDefault) {
  manual_seed(9);
  default_generator().reserve(3);
  EXPECT_EQ(default_generator().current_seed(), 9u);
  manual_seed(9);
  EXPECT_EQ(default_generator().get_state(), (GeneratorState{9, 0}));
}

TEST(Generator, SeedDiffers) {
  Generator g;
  EXPECT_EQ(g.current_seed(), Generator::kDefaultSeed);
  const uint64_t first = g.seed();
  EXPECT_EQ(g.current_seed(), first);
  EXPECT_NE(g.seed(), first);
}

TEST(Generator, GuardActsOnItsThreadOnly) {
  manual_seed(1);
  {
    const GeneratorGuard guard(Generator(42));
    EXPECT_EQ(default_generator().current_seed(), 42u);
    {
      const GeneratorGuard inner(Generator(43));
      EXPECT_EQ(default_generator().current_seed(), 43u);
    }
    EXPECT_EQ(default_generator().current_seed(), 42u);
    std::thread([] { EXPECT_EQ(default_generator().current_seed(), 1u); }).join();
  }
  EXPECT_EQ(default_generator().current_seed(), 1u);
}

TEST(Generator, EverySampleHasItsOwnStream) {
  std::set<uint64_t> seeds;
  for (uint64_t seed = 0; seed < 4; ++seed) {
    for (uint64_t epoch = 0; epoch < 10; ++epoch) {
      for (uint64_t index = 0; index < 100; ++index) {
        seeds.insert(Generator::for_sample(seed, epoch, index).current_seed());
      }
    }
  }
  EXPECT_EQ(seeds.size(), 4000u);
  EXPECT_EQ(Generator::for_sample(1, 2, 3).current_seed(),
            Generator::for_sample(1, 2, 3).current_seed());
}

TEST(Generator, ThreadsReserveEachBlockOnce) {
  Generator g(1);
  std::vector<std::vector<uint64_t>> taken(4);
  std::vector<std::thread> threads;
  for (auto& mine : taken) {
    threads.emplace_back([&g, &mine] {
      for (int i = 0; i < 1000; ++i) mine.push_back(g.reserve(1).offset);
    });
  }
  for (std::thread& t : threads) t.join();
  std::set<uint64_t> all;
  for (const auto& mine : taken) all.insert(mine.begin(), mine.end());
  EXPECT_EQ(all.size(), 4000u);
  EXPECT_EQ(*all.rbegin(), 3999u);
}

}  // namespace
}  // namespace gradus
