#include "core/device.h"

#include <array>
#include <ostream>
#include <string_view>
#include <utility>

namespace gradus {
namespace {

constexpr std::array<std::pair<DeviceType, const char*>, 9> kNames = {{
    {kCPU, "cpu"},
    {kCUDA, "cuda"},
    {kHIP, "hip"},
    {kXLA, "xla"},
    {kVulkan, "vulkan"},
    {kMetal, "metal"},
    {kXPU, "xpu"},
    {kMPS, "mps"},
    {kMeta, "meta"},
}};

// The type that a name such as "cuda:1" begins with. @throws ValueError where there is none
DeviceType type_of(const std::string& name) {
  const std::string_view type = std::string_view(name).substr(0, name.find(':'));
  for (const auto& [known, spelled] : kNames) {
    if (type == spelled) return known;
  }
  gradus::detail::throw_error<ValueError>("Device: expected a name such as cpu or cpu:0, got '{}'",
                                          name);
}

}  // namespace

const char* to_string(DeviceType type) {
  for (const auto& [known, spelled] : kNames) {
    if (type == known) return spelled;
  }
  return "unknown";
}

std::ostream& operator<<(std::ostream& stream, DeviceType type) {
  return stream << to_string(type);
}

Device::Device(DeviceType type, int index) : index_(static_cast<int8_t>(index)) {
  GRADUS_CHECK_AS(NotImplementedError, type == kCPU, "Device: gradus computes on CPU only, got {}",
                  to_string(type));
  GRADUS_CHECK_VALUE(index == -1 || index == 0, "Device: the CPU has index 0 or none (-1), got {}",
                     index);
}

Device::Device(const std::string& name) {
  GRADUS_CHECK_AS(NotImplementedError, type_of(name) == kCPU,
                  "Device: gradus computes on CPU only, got {}", name);
  GRADUS_CHECK_VALUE(name == "cpu" || name == "cpu:0", "Device: expected cpu or cpu:0, got '{}'",
                     name);
  if (name == "cpu:0") index_ = 0;
}

Device::Device(const char* name) : Device(std::string(name)) {}

std::string Device::str() const {
  return index_ >= 0 ? "cpu:" + std::to_string(index_) : "cpu";
}

std::ostream& operator<<(std::ostream& stream, const Device& device) {
  return stream << device.str();
}

}  // namespace gradus
