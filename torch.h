#pragma once

/// The drop-in header: a program written for libtorch compiles after `#include <torch/torch.h>` has
/// become
/// `#include <gradus/torch.h>`. It gives gradus the names torch, at and c10, libtorch's macros, and
/// the standard headers that programs get from libtorch without asking. New programs include
/// <gradus/gradus.h>.

#include <algorithm>
#include <cmath>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "gradus.h"

// A macro, for nothing else keeps every program right: an alias of a namespace cannot be reopened,
// and in a namespace of its own that looks into gradus, `using namespace torch` would make `nn`
// ambiguous.
#define torch gradus

namespace at {
using namespace gradus;
namespace indexing {
using namespace gradus::indexing;
}
}  // namespace at

namespace c10 {
using gradus::ArrayRef;
using gradus::AutoGradMode;
using gradus::BFloat16;
using gradus::Device;
using gradus::DeviceType;
using gradus::Error;
using gradus::GradMode;
using gradus::Half;
using gradus::IndexError;
using gradus::InferenceMode;
using gradus::IntArrayRef;
using gradus::intrusive_ptr;
using gradus::IValue;
using gradus::kCPU;
using gradus::kCUDA;
using gradus::Layout;
using gradus::make_intrusive;
using gradus::MemoryFormat;
using gradus::NoGradGuard;
using gradus::NotImplementedError;
using gradus::OptionalArrayRef;
using gradus::OptionalIntArrayRef;
using gradus::OutOfMemoryError;
using gradus::Scalar;
using gradus::ScalarType;
using gradus::TensorOptions;
using gradus::TypeError;
using gradus::ValueError;
using std::get;
using std::get_if;
using std::holds_alternative;
using std::in_place;
using std::make_optional;
using std::nullopt;
using std::nullopt_t;
using std::optional;
using std::to_string;
using std::variant;
using std::visit;

/// The arguments as text, one after the other: str("a", 1) is "a1".
template <class... Args>
std::string str(const Args&... args) {
  std::ostringstream text;
  (text << ... << args);
  return text.str();
}

/// The integers from `begin` on that are below `end`: `for (auto i : c10::irange(3))`.
template <class Integer>
class IntegerRange {
 public:
  struct Iterator {
    Integer value;
    Integer operator*() const { return value; }
    Iterator& operator++() {
      ++value;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return value != other.value; }
    bool operator==(const Iterator& other) const { return value == other.value; }
  };
  IntegerRange(Integer begin, Integer end) : begin_{begin}, end_{end < begin ? begin : end} {}
  Iterator begin() const { return begin_; }
  Iterator end() const { return end_; }

 private:
  Iterator begin_, end_;
};
template <class Integer>
IntegerRange<Integer> irange(Integer end) {
  return {Integer{}, end};
}
template <class First, class Last>
IntegerRange<Last> irange(First begin, Last end) {
  return {static_cast<Last>(begin), end};
}
}  // namespace c10

namespace gradus {
/// gradus starts its threads by itself.
inline void init_num_threads() {}
/// One pool serves work inside of ops and between them: see set_num_threads.
inline void set_num_interop_threads(int) {}
inline int get_num_interop_threads() {
  return get_num_threads();
}

/// libtorch has two types for a dtype, gradus one.
inline ScalarType typeMetaToScalarType(ScalarType type) {
  return type;
}
inline ScalarType scalarTypeToTypeMeta(ScalarType type) {
  return type;
}
using c10::irange;
using c10::make_optional;
using c10::nullopt;
using c10::optional;
using c10::str;
}  // namespace gradus
namespace at {
using c10::irange;
using c10::nullopt;
using c10::optional;
using c10::str;
}  // namespace at

#define TORCH_MODULE(Name) GRADUS_MODULE(Name)
#define TORCH_MODULE_IMPL(Name, Impl) GRADUS_MODULE_IMPL(Name, Impl)
#define TORCH_ARG(T, name) GRADUS_ARG(T, name)
#define TORCH_API
#define FORWARD_HAS_DEFAULT_ARGS(...) GRADUS_FORWARD_HAS_DEFAULT_ARGS(__VA_ARGS__)

/// Throws gradus::Error with the remaining arguments, one after the other, where the condition does
/// not hold.
#define TORCH_CHECK_AS(TYPE, condition, ...)                                 \
  do {                                                                       \
    if (!(condition))                                                        \
      throw ::gradus::TYPE(::c10::str("" __VA_OPT__(, ) __VA_ARGS__).empty() \
                               ? "expected " #condition " to be true"        \
                               : ::c10::str("" __VA_OPT__(, ) __VA_ARGS__)); \
  } while (false)
#define TORCH_CHECK(condition, ...) TORCH_CHECK_AS(Error, condition, __VA_ARGS__)
#define TORCH_CHECK_INDEX(condition, ...) TORCH_CHECK_AS(IndexError, condition, __VA_ARGS__)
#define TORCH_CHECK_VALUE(condition, ...) TORCH_CHECK_AS(ValueError, condition, __VA_ARGS__)
#define TORCH_CHECK_TYPE(condition, ...) TORCH_CHECK_AS(TypeError, condition, __VA_ARGS__)
#define TORCH_CHECK_NOT_IMPLEMENTED(condition, ...) \
  TORCH_CHECK_AS(NotImplementedError, condition, __VA_ARGS__)
#define TORCH_INTERNAL_ASSERT(condition, ...) TORCH_CHECK_AS(Error, condition, __VA_ARGS__)
#define AT_ASSERT(condition, ...) TORCH_CHECK_AS(Error, condition, __VA_ARGS__)
#define AT_ASSERTM(condition, ...) TORCH_CHECK_AS(Error, condition, __VA_ARGS__)
#define AT_CHECK(condition, ...) TORCH_CHECK_AS(Error, condition, __VA_ARGS__)
#define AT_ERROR(...) throw ::gradus::Error(::c10::str(__VA_ARGS__))
#define TORCH_WARN_ONCE(...)                                       \
  do {                                                             \
    [[maybe_unused]] static const bool warned = [&] {              \
      std::cerr << "warning: " << ::c10::str(__VA_ARGS__) << '\n'; \
      return true;                                                 \
    }();                                                           \
  } while (false)
#define TORCH_WARN(...) (std::cerr << "warning: " << ::c10::str(__VA_ARGS__) << '\n')
