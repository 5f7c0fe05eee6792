#pragma once

// The only door to oneDNN: private, included by core/onednn.cpp and core/kernels/*.cpp alone. What
// differs between oneDNN 2.6 and 3.x stays behind it.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <type_traits>
#include <unordered_map>
#include <utility>

#include <dnnl.hpp>

#include "core/allocator.h"
#include "core/array_ref.h"
#include "core/dtype.h"
#include "core/parallel.h"

namespace gradus::onednn {

// Note [oneDNN]
// parallel_for owns the threads, so oneDNN has to stay on the thread that calls it. Its primitives
// ask for the number of threads when they are created and again when they run; both happen inside
// single_threaded(). A primitive made by one thread may run on any, and on several at once, because
// its scratch memory comes from the caller: library-owned scratchpads tie a primitive to a thread.
// Making one costs 100 to 900 us, so those of recent shapes are kept in caches of bounded size.

/// Calls f() in a state in which oneDNN uses no thread but this one.
void single_threaded(FunctionRef<void()> f);

/// The CPU engine, made at the first call.
const dnnl::engine& engine();

/// oneDNN's name of a dtype. @throws TypeError for what it does not compute in
dnnl::memory::data_type data_type(ScalarType dtype);

/// A description of memory with explicit strides, in elements.
dnnl::memory::desc strided(IntArrayRef sizes, IntArrayRef strides, ScalarType dtype);

/// A description that leaves the layout to the primitive.
dnnl::memory::desc any_layout(IntArrayRef sizes, ScalarType dtype);

/// Attributes with the user's scratchpad.
dnnl::primitive_attr attributes();

/// A primitive with the layouts of its arguments: what a cache keeps.
struct Primitive {
  dnnl::primitive primitive;
  dnnl::memory::desc src;
  dnnl::memory::desc weights;
  dnnl::memory::desc bias;
  dnnl::memory::desc dst;
  dnnl::memory::desc scratchpad;
};

/// One argument of execute(): DNNL_ARG_..., its layout, its memory. Nothing is written to what
/// oneDNN takes as input.
struct Argument {
  int index;
  const dnnl::memory::desc* layout;
  const void* data;
};

/// Runs the primitive on this thread alone, with scratch memory from the allocator.
void execute(const Primitive& primitive, std::initializer_list<Argument> arguments);

/// src (in layout `from`) -> dst (in layout `to`), on this thread.
Primitive make_reorder(const dnnl::memory::desc& from, const dnnl::memory::desc& to);

// Makers: each hides the difference of the two major versions.
Primitive make_matmul(const dnnl::memory::desc& src, const dnnl::memory::desc& weights,
                      const dnnl::memory::desc& bias, const dnnl::memory::desc& dst,
                      const dnnl::primitive_attr& attr);

/// Geometry of a convolution as oneDNN takes it: dilation 0 means dense.
struct ConvolutionGeometry {
  dnnl::memory::dims strides;
  dnnl::memory::dims dilation;
  dnnl::memory::dims padding_left;
  dnnl::memory::dims padding_right;
};

Primitive make_convolution_forward(const dnnl::memory::desc& src, const dnnl::memory::desc& weights,
                                   const dnnl::memory::desc& bias, const dnnl::memory::desc& dst,
                                   const ConvolutionGeometry& geometry);
Primitive make_convolution_backward_data(const dnnl::memory::desc& diff_src,
                                         const dnnl::memory::desc& weights,
                                         const dnnl::memory::desc& diff_dst,
                                         const ConvolutionGeometry& geometry);
Primitive make_convolution_backward_weights(const dnnl::memory::desc& src,
                                            const dnnl::memory::desc& diff_weights,
                                            const dnnl::memory::desc& diff_bias,
                                            const dnnl::memory::desc& diff_dst,
                                            const ConvolutionGeometry& geometry);

/// Keeps the values of the keys that were used last, shared by all threads. Key is a plain struct
/// without padding: the op, the shapes, the strides, the dtype.
template <class Key, class Value>
class Cache {
 public:
  explicit Cache(std::size_t capacity) : capacity_(capacity) {}

  /// Returns the value of `key`; make() makes it where there is none. Two threads that miss at the
  /// same time both make it, and one is kept.
  template <class Make>
  std::shared_ptr<const Value> get(const Key& key, Make&& make) {
    static_assert(std::has_unique_object_representations_v<Key>, "the key must have no padding");
    {
      const std::lock_guard lock(mutex_);
      const auto found = entries_.find(key);
      if (found != entries_.end()) {
        found->second.last_use = ++clock_;
        return found->second.value;
      }
    }
    auto value = std::make_shared<const Value>(make());
    std::shared_ptr<const Value> evicted;  // destroyed after the lock
    const std::lock_guard lock(mutex_);
    if (entries_.size() >= capacity_) {
      auto oldest = entries_.begin();
      for (auto it = entries_.begin(); it != entries_.end(); ++it) {
        if (it->second.last_use < oldest->second.last_use) oldest = it;
      }
      evicted = std::move(oldest->second.value);
      entries_.erase(oldest);
    }
    return entries_.try_emplace(key, Entry{std::move(value), ++clock_}).first->second.value;
  }

  std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return entries_.size();
  }

 private:
  struct Entry {
    std::shared_ptr<const Value> value;
    uint64_t last_use;
  };
  struct Hash {
    std::size_t operator()(const Key& key) const {
      uint64_t h = 0x9E3779B97F4A7C15;
      const char* bytes = reinterpret_cast<const char*>(&key);
      for (std::size_t i = 0; i < sizeof(Key); i += 8) {
        uint64_t word = 0;
        std::memcpy(&word, bytes + i, sizeof(Key) - i < 8 ? sizeof(Key) - i : 8);
        h = (h ^ word) * 0xff51afd7ed558ccd;
        h ^= h >> 32;
      }
      return h;
    }
  };
  struct Equal {
    bool operator()(const Key& a, const Key& b) const {
      return std::memcmp(&a, &b, sizeof(Key)) == 0;
    }
  };

  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::unordered_map<Key, Entry, Hash, Equal> entries_;
  uint64_t clock_ = 0;
};

}  // namespace gradus::onednn
