#pragma once

/// The drop-in header: a program written for libtorch compiles after `#include <torch/torch.h>` has
/// become
/// `#include <gradus/torch.h>`. It gives gradus the names torch, at and c10, libtorch's macros, and
/// the standard headers that programs get from libtorch without asking. New programs include
/// <gradus/gradus.h>.

#include <algorithm>
#include <array>
#include <atomic>
#include <cassert>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <fstream>
#include <functional>
#include <iomanip>
#include <iostream>
#include <limits>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <numeric>
#include <optional>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

#include <unistd.h>

#include "core/factory_parts.h"
#include "gradus.h"

// A macro, for nothing else keeps every program right: an alias of a namespace cannot be reopened,
// and in a namespace of its own that looks into gradus, `using namespace torch` would make `nn`
// ambiguous.
#define torch gradus

namespace at {
using namespace gradus;
namespace detail {
using namespace gradus::detail;
}
namespace indexing {
using namespace gradus::indexing;
}
}  // namespace at

namespace caffe2 {
using gradus::TypeMeta;
}  // namespace caffe2

namespace c10 {
using namespace gradus;
using gradus::to_string;
using std::get;
using std::get_if;
using std::holds_alternative;
using std::in_place;
using std::in_place_type;
using std::in_place_type_t;
using std::make_optional;
using std::make_unique;
using std::monostate;
using std::nullopt;
using std::nullopt_t;
using std::once_flag;
using std::optional;
using std::string_view;
using std::to_string;
using std::variant;
using std::visit;
using DeviceIndex = int8_t;

/// Base of classes for intrusive_ptr.
struct intrusive_ptr_target : RefCounted {
  virtual ~intrusive_ptr_target() = default;
  static void destroy(intrusive_ptr_target* target) { delete target; }
};

/// The arguments as text, one after the other: str("a", 1) is "a1".
template <class... Args>
std::string str(const Args&... args) {
  std::ostringstream text;
  (text << ... << args);
  return text.str();
}

/// The elements of `list` as text with `separator` between them.
template <class List>
std::string Join(const std::string& separator, const List& list) {
  std::ostringstream text;
  const char* before = "";
  for (const auto& element : list) {
    text << before << element;
    before = separator.c_str();
  }
  return text.str();
}

/// The product of integers, as of sizes.
template <class List>
int64_t multiply_integers(const List& list) {
  return std::accumulate(std::begin(list), std::end(list), int64_t{1}, std::multiplies<>());
}

template <class Iterator>
int64_t multiply_integers(Iterator begin, Iterator end) {
  return std::accumulate(begin, end, int64_t{1}, std::multiplies<>());
}
template <class List>
int64_t sum_integers(const List& list) {
  return std::accumulate(std::begin(list), std::end(list), int64_t{0});
}

/// An empty file with a name of its own, which goes with this object.
struct TempFile {
  explicit TempFile(std::string prefix)
      : name(folder() + "/" + prefix + "XXXXXX"), fd(mkstemp(name.data())) {
    if (fd < 0) throw Error("make_tempfile: cannot create " + name);
  }
  ~TempFile() {
    close(fd);
    unlink(name.c_str());
  }
  TempFile(const TempFile&) = delete;
  TempFile& operator=(const TempFile&) = delete;

  static std::string folder() {
    const char* const named = std::getenv("TMPDIR");
    return named != nullptr ? named : "/tmp";
  }

  std::string name;
  int fd;
};
inline TempFile make_tempfile(std::string prefix = "torch-file-") {
  return TempFile(std::move(prefix));
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

/// parallel_for over [begin, end): calls body(begin, end) for parts of it.
inline void parallel_for(int64_t begin, int64_t end, int64_t grain,
                         FunctionRef<void(int64_t, int64_t)> body) {
  parallel_for(end - begin, std::max<int64_t>(grain, 1),
               [&](int64_t from, int64_t to) { body(begin + from, begin + to); });
}
/// parallel_reduce over [begin, end): combines chunk(begin, end, identity) of the parts of it.
template <class T, class Chunk, class Combine>
T parallel_reduce(int64_t begin, int64_t end, int64_t grain, const T identity, const Chunk& chunk,
                  const Combine& combine) {
  return parallel_reduce(
      end - begin, std::max<int64_t>(grain, 1), identity,
      [&](int64_t from, int64_t to) { return chunk(begin + from, begin + to, identity); }, combine);
}

inline ScalarType typeMetaToScalarType(TypeMeta type) {
  return type;
}
inline TypeMeta scalarTypeToTypeMeta(ScalarType type) {
  return TypeMeta(type);
}
inline constexpr ScalarType kU8 = kByte, kI8 = kChar, kI16 = kShort, kI32 = kInt, kI64 = kLong;
inline constexpr ScalarType kF16 = kHalf, kF32 = kFloat, kF64 = kDouble;
inline bool isFloatingType(ScalarType type) {
  return is_floating_point(type);
}
inline bool isIntegralType(ScalarType type, bool include_bool) {
  return is_integral(type, include_bool);
}
inline bool isComplexType(ScalarType) {
  return false;
}
template <class T>
struct CppTypeToScalarType : std::integral_constant<ScalarType, scalar_type_of<T>()> {};

/// Settings of a program that choose among the kernels of other devices: kept, without effect.
class Context {
 public:
  bool userEnabledCuDNN() const { return cudnn_; }
  void setUserEnabledCuDNN(bool enabled) { cudnn_ = enabled; }
  bool userEnabledMkldnn() const { return mkldnn_; }
  void setUserEnabledMkldnn(bool enabled) { mkldnn_ = enabled; }
  bool benchmarkCuDNN() const { return benchmark_; }
  void setBenchmarkCuDNN(bool benchmark) { benchmark_ = benchmark; }
  bool deterministicCuDNN() const { return deterministic_cudnn_; }
  void setDeterministicCuDNN(bool deterministic) { deterministic_cudnn_ = deterministic; }
  bool allowTF32CuDNN() const { return tf32_cudnn_; }
  void setAllowTF32CuDNN(bool allow) { tf32_cudnn_ = allow; }
  bool allowTF32CuBLAS() const { return tf32_cublas_; }
  void setAllowTF32CuBLAS(bool allow) { tf32_cublas_ = allow; }
  /// Results of gradus do not depend on the run as it is.
  bool deterministicAlgorithms() const { return deterministic_; }
  void setDeterministicAlgorithms(bool deterministic, bool /*warn_only*/ = false) {
    deterministic_ = deterministic;
  }
  static bool hasCUDA() { return false; }
  static bool hasMPS() { return false; }
  static bool hasXPU() { return false; }
  const Generator& defaultGenerator(Device) const { return default_generator(); }

 private:
  bool cudnn_ = true, mkldnn_ = true, benchmark_ = false, deterministic_cudnn_ = false;
  bool tf32_cudnn_ = true, tf32_cublas_ = false, deterministic_ = false;
};
inline Context& globalContext() {
  static Context context;
  return context;
}
inline bool hasCUDA() {
  return false;
}
inline bool hasMPS() {
  return false;
}
inline bool hasXPU() {
  return false;
}

/// make_generator<CPUGeneratorImpl>(seed).
struct CPUGeneratorImpl;
template <class Impl>
Generator make_generator(uint64_t seed = Generator::kDefaultSeed) {
  static_assert(std::is_same_v<Impl, CPUGeneratorImpl>, "gradus computes on CPU");
  return Generator(seed);
}
namespace detail {
inline Generator createCPUGenerator(uint64_t seed = Generator::kDefaultSeed) {
  return Generator(seed);
}
inline const Generator& getDefaultCPUGenerator() {
  return default_generator();
}
}  // namespace detail

/// How libtorch leaves autograd out.
using AutoDispatchBelowAutograd = NoGradGuard;
using AutoDispatchBelowADInplaceOrView = NoGradGuard;

/// What the library is, in words.
inline std::string show_config() {
  return c10::str("gradus ", version(), "\n");
}
inline std::string get_parallel_info() {
  return c10::str("gradus computes on ", get_num_threads(), " threads\n");
}

/// @throws NotImplementedError
inline DeprecatedTypeProperties& CUDA(ScalarType type) {
  (void)Device(kCUDA);
  return CPU(type);
}

/// Guards of a current device, of which gradus has one.
struct DeviceGuard {
  explicit DeviceGuard(Device) {}
};
struct OptionalDeviceGuard {
  OptionalDeviceGuard() = default;
  explicit OptionalDeviceGuard(std::optional<Device>) {}
};
inline std::optional<Device> device_of(const Tensor& tensor) {
  return tensor.defined() ? std::make_optional(tensor.device()) : std::nullopt;
}

namespace autograd {
using gradus::AutoGradMode;
using gradus::GradMode;
using gradus::NoGradGuard;

/// The same elements as a leaf.
inline Variable make_variable(const Tensor& data, bool requires_grad = false) {
  return data.detach().set_requires_grad(requires_grad);
}
}  // namespace autograd

namespace data {
using datasets::BatchDataset;
using datasets::Dataset;
}  // namespace data

namespace nn {
namespace detail {
// libtorch's text names torch. A program that includes this header prints so from its start.
inline const bool prints_as_torch = (set_printed_namespace("torch"), true);
}  // namespace detail

namespace parallel {
/// The module called with the input: there is one device, which uses all cores.
template <class M>
Tensor data_parallel(M module, Tensor input,
                     std::optional<std::vector<Device>> /*devices*/ = std::nullopt,
                     std::optional<Device> /*output_device*/ = std::nullopt, int64_t /*dim*/ = 0) {
  return module->forward(std::move(input));
}
}  // namespace parallel
}  // namespace nn

using c10::DeviceIndex;
using c10::irange;
using c10::make_optional;
using c10::make_unique;
using c10::nullopt;
using c10::optional;
using c10::str;
}  // namespace gradus

namespace gradus::detail {
template <class Key, class Value>
struct FlatHashMap : std::type_identity<std::unordered_map<Key, Value>> {};
template <>
struct FlatHashMap<void*, std::unique_ptr<optim::OptimizerParamState>>
    : std::type_identity<optim::ParamStates> {};
}  // namespace gradus::detail
namespace ska {
/// How programs for libtorch spell the type of optimizer.state().
template <class Key, class Value>
using flat_hash_map = typename gradus::detail::FlatHashMap<Key, Value>::type;
}  // namespace ska

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
#define TORCH_CHECK_EQ(a, b) TORCH_CHECK((a) == (b), #a " == " #b ": ", a, " and ", b)
#define TORCH_CHECK_NE(a, b) TORCH_CHECK((a) != (b), #a " != " #b ": ", a, " and ", b)
#define TORCH_CHECK_LT(a, b) TORCH_CHECK((a) < (b), #a " < " #b ": ", a, " and ", b)
#define TORCH_CHECK_LE(a, b) TORCH_CHECK((a) <= (b), #a " <= " #b ": ", a, " and ", b)
#define TORCH_CHECK_GT(a, b) TORCH_CHECK((a) > (b), #a " > " #b ": ", a, " and ", b)
#define TORCH_CHECK_GE(a, b) TORCH_CHECK((a) >= (b), #a " >= " #b ": ", a, " and ", b)
#define TORCH_CHECK_NOT_IMPLEMENTED(condition, ...) \
  TORCH_CHECK_AS(NotImplementedError, condition, __VA_ARGS__)
#define TORCH_INTERNAL_ASSERT(condition, ...) TORCH_CHECK_AS(Error, condition, __VA_ARGS__)
#define AT_ASSERT(condition, ...) TORCH_CHECK_AS(Error, condition, __VA_ARGS__)
#define AT_ASSERTM(condition, ...) TORCH_CHECK_AS(Error, condition, __VA_ARGS__)
#define AT_CHECK(condition, ...) TORCH_CHECK_AS(Error, condition, __VA_ARGS__)
#define AT_ERROR(...) throw ::gradus::Error(::c10::str(__VA_ARGS__))
#define TORCH_WARN(...) ::gradus::warn(::c10::str(__VA_ARGS__))
#define TORCH_WARN_ONCE(...)                                                \
  do {                                                                      \
    static std::atomic<bool> warned{false};                                 \
    if (!warned.exchange(true) || ::gradus::WarningUtils::get_warnAlways()) \
      TORCH_WARN(__VA_ARGS__);                                              \
  } while (false)

/// Runs `...`, a lambda, with scalar_t the C++ type of `type`; throws where `type` is not among the
/// cases: AT_DISPATCH_FLOATING_TYPES(x.scalar_type(), "scale", [&] { scale<scalar_t>(x); }).
#define AT_DISPATCH_SWITCH(type, name, ...)                                           \
  [&] {                                                                               \
    const ::gradus::ScalarType dispatch_type = ::gradus::detail::dtype_of(type);      \
    constexpr const char* dispatch_name = name;                                       \
    switch (dispatch_type) {                                                          \
      __VA_ARGS__                                                                     \
      default:                                                                        \
        AT_ERROR('"', dispatch_name, "\" not implemented for '", dispatch_type, "'"); \
    }                                                                                 \
  }()
#define AT_DISPATCH_CASE(dtype, ...)                                              \
  case dtype: {                                                                   \
    using scalar_t [[maybe_unused]] = ::gradus::detail::cpp_type_of<dtype>::type; \
    return __VA_ARGS__();                                                         \
  }
#define AT_DISPATCH_CASE_FLOATING_TYPES(...)       \
  AT_DISPATCH_CASE(::gradus::kDouble, __VA_ARGS__) \
  AT_DISPATCH_CASE(::gradus::kFloat, __VA_ARGS__)
#define AT_DISPATCH_CASE_INTEGRAL_TYPES(...)     \
  AT_DISPATCH_CASE(::gradus::kByte, __VA_ARGS__) \
  AT_DISPATCH_CASE(::gradus::kChar, __VA_ARGS__) \
  AT_DISPATCH_CASE(::gradus::kInt, __VA_ARGS__)  \
  AT_DISPATCH_CASE(::gradus::kLong, __VA_ARGS__) \
  AT_DISPATCH_CASE(::gradus::kShort, __VA_ARGS__)
#define AT_DISPATCH_CASE_ALL_TYPES(...)        \
  AT_DISPATCH_CASE_INTEGRAL_TYPES(__VA_ARGS__) \
  AT_DISPATCH_CASE_FLOATING_TYPES(__VA_ARGS__)
#define AT_DISPATCH_FLOATING_TYPES(type, name, ...) \
  AT_DISPATCH_SWITCH(type, name, AT_DISPATCH_CASE_FLOATING_TYPES(__VA_ARGS__))
#define AT_DISPATCH_INTEGRAL_TYPES(type, name, ...) \
  AT_DISPATCH_SWITCH(type, name, AT_DISPATCH_CASE_INTEGRAL_TYPES(__VA_ARGS__))
#define AT_DISPATCH_ALL_TYPES(type, name, ...) \
  AT_DISPATCH_SWITCH(type, name, AT_DISPATCH_CASE_ALL_TYPES(__VA_ARGS__))
#define AT_DISPATCH_FLOATING_TYPES_AND_HALF(type, name, ...) \
  AT_DISPATCH_FLOATING_TYPES_AND(::gradus::kHalf, type, name, __VA_ARGS__)
#define AT_DISPATCH_FLOATING_TYPES_AND(more, type, name, ...)     \
  AT_DISPATCH_SWITCH(type, name,                                  \
                     AT_DISPATCH_CASE_FLOATING_TYPES(__VA_ARGS__) \
                         AT_DISPATCH_CASE(more, __VA_ARGS__))
#define AT_DISPATCH_FLOATING_TYPES_AND2(a, b, type, name, ...)                                     \
  AT_DISPATCH_SWITCH(type, name,                                                                   \
                     AT_DISPATCH_CASE_FLOATING_TYPES(__VA_ARGS__) AT_DISPATCH_CASE(a, __VA_ARGS__) \
                         AT_DISPATCH_CASE(b, __VA_ARGS__))
#define AT_DISPATCH_ALL_TYPES_AND(more, type, name, ...) \
  AT_DISPATCH_SWITCH(type, name,                         \
                     AT_DISPATCH_CASE_ALL_TYPES(__VA_ARGS__) AT_DISPATCH_CASE(more, __VA_ARGS__))
#define AT_DISPATCH_ALL_TYPES_AND2(a, b, type, name, ...)                                     \
  AT_DISPATCH_SWITCH(type, name,                                                              \
                     AT_DISPATCH_CASE_ALL_TYPES(__VA_ARGS__) AT_DISPATCH_CASE(a, __VA_ARGS__) \
                         AT_DISPATCH_CASE(b, __VA_ARGS__))
#define AT_DISPATCH_ALL_TYPES_AND3(a, b, c, type, name, ...)                                  \
  AT_DISPATCH_SWITCH(type, name,                                                              \
                     AT_DISPATCH_CASE_ALL_TYPES(__VA_ARGS__) AT_DISPATCH_CASE(a, __VA_ARGS__) \
                         AT_DISPATCH_CASE(b, __VA_ARGS__) AT_DISPATCH_CASE(c, __VA_ARGS__))

/// Calls the macro `_` with the C++ type and the name of each dtype.
#define AT_FORALL_SCALAR_TYPES(_) \
  _(uint8_t, Byte)                \
  _(int8_t, Char)                 \
  _(int16_t, Short)               \
  _(int, Int)                     \
  _(int64_t, Long)                \
  _(float, Float)                 \
  _(double, Double)
#define AT_FORALL_SCALAR_TYPES_AND(A, _) \
  AT_FORALL_SCALAR_TYPES(_)              \
  _(::gradus::detail::cpp_type_of<::gradus::ScalarType::A>::type, A)
#define AT_FORALL_SCALAR_TYPES_AND2(A, B, _) \
  AT_FORALL_SCALAR_TYPES_AND(A, _)           \
  _(::gradus::detail::cpp_type_of<::gradus::ScalarType::B>::type, B)
#define AT_FORALL_SCALAR_TYPES_AND3(A, B, C, _) \
  AT_FORALL_SCALAR_TYPES_AND2(A, B, _)          \
  _(::gradus::detail::cpp_type_of<::gradus::ScalarType::C>::type, C)

#define TORCH_VERSION "2.6.0"
#define TORCH_VERSION_MAJOR 2
#define TORCH_VERSION_MINOR 6
#define TORCH_VERSION_PATCH 0
#define C10_UNUSED [[maybe_unused]]
#define C10_LIKELY(condition) (__builtin_expect(static_cast<bool>(condition), 1))
#define C10_UNLIKELY(condition) (__builtin_expect(static_cast<bool>(condition), 0))
