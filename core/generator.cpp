#include "core/generator.h"

#include <mutex>
#include <utility>

#include <unistd.h>

#include "core/error.h"

namespace gradus {

struct GeneratorImpl : RefCounted {
  explicit GeneratorImpl(const GeneratorState& state) : state(state) {}
  static void destroy(GeneratorImpl* impl) noexcept { delete impl; }

  std::mutex mutex;
  GeneratorState state;
};

namespace {

constinit thread_local Generator* thread_generator = nullptr;

Generator& program_generator() {
  static auto* const generator = new Generator;  // static destructors may still draw
  return *generator;
}

}  // namespace

Generator::Generator(uint64_t seed) : impl_(new GeneratorImpl({seed, 0})) {}
Generator::Generator(const Generator&) = default;
Generator::Generator(Generator&&) noexcept = default;
Generator& Generator::operator=(const Generator&) = default;
Generator& Generator::operator=(Generator&&) noexcept = default;
Generator::~Generator() = default;

Generator Generator::for_sample(uint64_t seed, uint64_t epoch, uint64_t index) {
  // Philox as a hash: first of (seed, epoch), then of that and the index.
  const auto mix = [](uint64_t key, uint64_t x) {
    const PhiloxBlock b = philox4x32({key, 0}, x);
    return (uint64_t{b.v[0]} << 32) | b.v[1];
  };
  return Generator(mix(mix(seed, epoch), index));
}

void Generator::set_current_seed(uint64_t seed) {
  set_state({seed, 0});
}

uint64_t Generator::current_seed() const {
  return get_state().seed;
}

uint64_t Generator::seed() {
  uint64_t value = 0;
  GRADUS_CHECK(getentropy(&value, sizeof value) == 0,
               "Generator::seed: the operating system gave no random number");
  set_current_seed(value);
  return value;
}

GeneratorState Generator::get_state() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->state;
}

void Generator::set_state(const GeneratorState& state) {
  const std::lock_guard lock(impl_->mutex);
  impl_->state = state;
}

Generator Generator::clone() const {
  Generator copy;
  copy.set_state(get_state());
  return copy;
}

PhiloxKey Generator::reserve(int64_t blocks) {
  const std::lock_guard lock(impl_->mutex);
  const PhiloxKey key{impl_->state.seed, impl_->state.offset};
  if (blocks > 0) impl_->state.offset += static_cast<uint64_t>(blocks);
  return key;
}

Generator& default_generator() {
  return thread_generator != nullptr ? *thread_generator : program_generator();
}

Generator& manual_seed(uint64_t seed) {
  Generator& generator = default_generator();
  generator.set_current_seed(seed);
  return generator;
}

GeneratorGuard::GeneratorGuard(Generator generator)
    : generator_(std::move(generator)), previous_(std::exchange(thread_generator, &generator_)) {}

GeneratorGuard::~GeneratorGuard() {
  thread_generator = previous_;
}

}  // namespace gradus
