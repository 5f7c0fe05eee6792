#pragma once

#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

#include "core/export.h"

namespace gradus {

/// Sets how many threads compute, the calling one included; results do not depend on it. Throws
/// ValueError if n < 1. Safe at any time: loops that already run finish with the threads they have.
GRADUS_API void set_num_threads(int n);

/// Returns how many threads compute; at first the number of physical cores that this process may
/// use.
GRADUS_API int get_num_threads();

/// Returns the number of this thread in the loop it takes part in, less than get_num_threads() and
/// different for all that run at the time; 0 outside of loops.
GRADUS_API int get_thread_num() noexcept;

/// Returns whether this thread is inside a loop of parallel_for, where a further one runs serially.
GRADUS_API bool in_parallel_region() noexcept;

template <class Signature>
class FunctionRef;

/// Refers to a function object that it does not own: for parameters only, never to be kept.
template <class R, class... Args>
class FunctionRef<R(Args...)> {
 public:
  template <class F, class = std::enable_if_t<!std::is_same_v<std::decay_t<F>, FunctionRef> &&
                                              std::is_invocable_r_v<R, F&, Args...>>>
  FunctionRef(F&& f)  // NOLINT: converts from any callable by design
      : object_(const_cast<void*>(static_cast<const void*>(std::addressof(f)))),
        call_([](void* object, Args... args) -> R {
          return (*static_cast<std::remove_reference_t<F>*>(object))(std::forward<Args>(args)...);
        }) {}

  R operator()(Args... args) const { return call_(object_, std::forward<Args>(args)...); }

 private:
  void* object_;
  R (*call_)(void*, Args...);
};

/// How parallel_for cuts [0, n): into `count` chunks of `size` elements, the last one possibly
/// shorter.
struct Chunks {
  int64_t size;
  int64_t count;
};

/// The most chunks that a loop is cut into.
inline constexpr int64_t kMaxChunks = 64;

/// Returns the cut of [0, n), which depends on n and grain alone and never on the number of
/// threads: so what is computed per chunk is the same on every machine. A chunk is a multiple of
/// `grain`, the smallest that gives at most kMaxChunks.
constexpr Chunks chunks_of(int64_t n, int64_t grain) {
  if (n <= 0) return {1, 0};
  if (grain < 1) grain = 1;
  if (n <= grain) return {n, 1};
  const int64_t grains = (n - 1) / grain + 1;
  const int64_t size = grain * ((grains - 1) / kMaxChunks + 1);
  return {size, (n - 1) / size + 1};
}

namespace detail {
GRADUS_API void run_chunks(int64_t n, Chunks chunks, FunctionRef<void(int64_t, int64_t)> body);
}  // namespace detail

/// Calls body(begin, end) for every chunk of [0, n); see chunks_of(). Chunks run on
/// get_num_threads() threads, in any order. A loop of one chunk runs in place, a loop inside a loop
/// serially in the order of its chunks. If bodies throw, chunks not yet begun are dropped and one
/// of the exceptions is thrown here.
///
/// `body` must not rely on thread-local state: choose `grain` so that a chunk takes 10 us or more.
inline void parallel_for(int64_t n, int64_t grain, FunctionRef<void(int64_t, int64_t)> body) {
  if (n <= 0) return;
  if (n <= grain) return body(0, n);
  detail::run_chunks(n, chunks_of(n, grain), body);
}

/// Returns combine(...combine(combine(identity, p0), p1)..., pk), where p_i = chunk(begin, end) of
/// the i-th chunk of [0, n): bitwise the same for every number of threads. T must be
/// default-constructible.
///
///   double s = parallel_reduce(n, 4096, 0.0, [&](int64_t b, int64_t e) { return sum(x + b, e - b);
///   }, std::plus<>());
template <class T, class Chunk, class Combine>
T parallel_reduce(int64_t n, int64_t grain, T identity, Chunk&& chunk, Combine&& combine) {
  const Chunks chunks = chunks_of(n, grain);
  if (chunks.count == 0) return identity;
  if (chunks.count == 1) return combine(std::move(identity), chunk(int64_t{0}, n));
  // A line each, so that threads do not fight over one.
  struct alignas(64) Slot {
    T value{};
  };
  Slot partial[kMaxChunks];
  detail::run_chunks(n, chunks, [&](int64_t begin, int64_t end) {
    partial[begin / chunks.size].value = chunk(begin, end);
  });
  T total = std::move(identity);
  for (int64_t i = 0; i < chunks.count; ++i) {
    total = combine(std::move(total), std::move(partial[i].value));
  }
  return total;
}

/// While it lives, parallel_for on this thread runs serially: for threads that are themselves one
/// of many, such as the data loader's workers.
class GRADUS_API SerialGuard {
 public:
  SerialGuard();
  ~SerialGuard();
  SerialGuard(const SerialGuard&) = delete;
  SerialGuard& operator=(const SerialGuard&) = delete;

 private:
  bool previous_;
};

/// While it lives, oneTBB may run `n` threads beside those that compute: for an arena of one's own,
/// which would otherwise get none when the machine has few cores.
class GRADUS_API ThreadReservation {
 public:
  explicit ThreadReservation(int n);
  ~ThreadReservation();
  ThreadReservation(const ThreadReservation&) = delete;
  ThreadReservation& operator=(const ThreadReservation&) = delete;

 private:
  int n_;
};

}  // namespace gradus
