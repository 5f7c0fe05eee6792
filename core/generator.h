#pragma once

#include <cstdint>

#include "core/export.h"
#include "core/intrusive_ptr.h"
#include "core/philox.h"

namespace gradus {

/// All there is to know of a generator: restoring it continues the stream bit by bit.
struct GeneratorState {
  uint64_t seed = 0;
  uint64_t offset = 0;
  bool operator==(const GeneratorState&) const = default;
};

struct GeneratorImpl;

/// A stream of random numbers: a seed and a position in the counter space of Philox 4x32-10.
///
/// A handle that is cheap to copy; copies share the position. A kernel takes its range of counters
/// with one call of reserve(), in the order in which the program calls kernels, so what it draws
/// depends on the seed and the program alone. All members are safe from any thread.
class GRADUS_API Generator {
 public:
  /// The seed of a generator that was given none; PyTorch's number.
  static constexpr uint64_t kDefaultSeed = 67280421310721;

  /// A stream of its own that starts at the beginning.
  explicit Generator(uint64_t seed = kDefaultSeed);
  Generator(const Generator&);
  Generator(Generator&&) noexcept;
  Generator& operator=(const Generator&);
  Generator& operator=(Generator&&) noexcept;
  ~Generator();

  /// A generator whose stream is a function of the three numbers: what a data loader gives to
  /// sample `index` in `epoch`, so that augmentation depends neither on workers nor on order.
  static Generator for_sample(uint64_t seed, uint64_t epoch, uint64_t index);

  /// Starts the stream of `seed` from the beginning.
  void set_current_seed(uint64_t seed);
  void manual_seed(uint64_t seed) { set_current_seed(seed); }
  /// The seed this stream was started with.
  uint64_t current_seed() const;
  uint64_t initial_seed() const { return current_seed(); }
  /// Starts a stream from a seed that the operating system gives, and returns it.
  uint64_t seed();

  GeneratorState get_state() const;
  void set_state(const GeneratorState& state);
  /// A generator of its own with this one's state.
  Generator clone() const;

  /// Takes `blocks` consecutive counters; a negative number takes none. Element i of a kernel then
  /// draws from philox4x32(key, i / 4), number i % 4; with two numbers an element, from block
  /// i / 2.
  PhiloxKey reserve(int64_t blocks);

  /// Whether both are the same stream.
  bool operator==(const Generator& other) const { return impl_ == other.impl_; }

 private:
  intrusive_ptr<GeneratorImpl> impl_;
};

/// The generator that ops use which are given none: one for the program, unless a GeneratorGuard
/// says otherwise for this thread.
GRADUS_API Generator& default_generator();

/// Starts the default generator's stream of `seed`, and returns the generator.
GRADUS_API Generator& manual_seed(uint64_t seed);

/// While it lives, `generator` is the default one of this thread.
class GRADUS_API GeneratorGuard {
 public:
  explicit GeneratorGuard(Generator generator);
  ~GeneratorGuard();
  GeneratorGuard(const GeneratorGuard&) = delete;
  GeneratorGuard& operator=(const GeneratorGuard&) = delete;

 private:
  Generator generator_;
  Generator* previous_;
};

}  // namespace gradus
