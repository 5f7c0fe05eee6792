#include "autograd/autocast.h"

#include <unordered_map>

#include "autograd/grad_meta.h"
#include "autograd/grad_mode.h"
#include "autograd/ops/copy.h"
#include "autograd/ops/internal/autocast.h"

namespace gradus {

namespace autocast {

constinit thread_local bool enabled_here __attribute__((tls_model("initial-exec"))) = false;

namespace {

constinit thread_local ScalarType lower_dtype = kBFloat16;
constinit thread_local bool cache_enabled = true;
constinit thread_local int nesting = 0;

struct CachedCast {
  Tensor source;  // keeps its address from being used by another tensor
  Tensor cast;
  const void* data;
  uint32_t version;
  bool recorded;
};

std::unordered_map<const TensorImpl*, CachedCast>& cache() {
  static thread_local std::unordered_map<const TensorImpl*, CachedCast> casts;
  return casts;
}

void check_dtype(const char* op, ScalarType dtype) {
  GRADUS_CHECK_VALUE(dtype == kBFloat16 || dtype == kHalf,
                     "{}: autocast computes in BFloat16 or Half, got {}", op, dtype);
}

void check_device(const char* op, DeviceType device) {
  GRADUS_CHECK_AS(NotImplementedError, device == kCPU, "{}: there is autocast for the CPU only",
                  op);
}

bool is_eligible(const Tensor& x) {
  return x.defined() && x.is_floating_point() && x.dtype() != kDouble;
}

bool is_cacheable(const Tensor& x) {
  return cache_enabled && nesting > 0 && x.dtype() == kFloat && x.requires_grad() && x.is_leaf() &&
         !x.is_view() && !x.is_inference() && !InferenceMode::is_enabled();
}

}  // namespace

Tensor cast(const Tensor& x, ScalarType dtype) {
  if (!is_eligible(x) || x.dtype() == dtype) return x;
  if (!is_cacheable(x)) return to(x, dtype);
  CachedCast& entry = cache()[x.impl()];
  const uint32_t version = History::version(x);
  const bool recorded = GradMode::is_enabled();
  const bool fresh = entry.cast.defined() && entry.cast.dtype() == dtype &&
                     entry.version == version && entry.data == x.data_ptr() &&
                     entry.recorded == recorded;
  if (!fresh) entry = {x, to(x, dtype), x.data_ptr(), version, recorded};
  return entry.cast;
}

bool is_autocast_enabled(DeviceType device) {
  return device == kCPU && enabled_here;
}

void set_autocast_enabled(DeviceType device, bool enabled) {
  check_device("set_autocast_enabled", device);
  enabled_here = enabled;
}

ScalarType get_autocast_dtype(DeviceType device) {
  check_device("get_autocast_dtype", device);
  return lower_dtype;
}

void set_autocast_dtype(DeviceType device, ScalarType dtype) {
  check_device("set_autocast_dtype", device);
  check_dtype("set_autocast_dtype", dtype);
  lower_dtype = dtype;
}

int increment_nesting() {
  return ++nesting;
}

int decrement_nesting() {
  GRADUS_CHECK(nesting > 0, "decrement_nesting: there is no nesting to leave");
  if (--nesting == 0) clear_cache();
  return nesting;
}

void clear_cache() {
  cache().clear();
}

bool is_autocast_cache_enabled() {
  return cache_enabled;
}

void set_autocast_cache_enabled(bool enabled) {
  cache_enabled = enabled;
}

}  // namespace autocast

AutocastGuard::AutocastGuard(ScalarType dtype, bool enabled, bool cache_enabled)
    : dtype_(autocast::lower_dtype),
      enabled_(autocast::enabled_here),
      cache_enabled_(autocast::cache_enabled) {
  if (enabled) {
    autocast::check_dtype("AutocastGuard", dtype);
    autocast::lower_dtype = dtype;
  }
  autocast::enabled_here = enabled;
  autocast::cache_enabled = cache_enabled;
  ++autocast::nesting;
}

AutocastGuard::~AutocastGuard() {
  autocast::lower_dtype = dtype_;
  autocast::enabled_here = enabled_;
  autocast::cache_enabled = cache_enabled_;
  if (--autocast::nesting == 0) autocast::clear_cache();
}

}  // namespace gradus
