#include "core/device.h"

#include <ostream>

namespace gradus {

Device::Device(DeviceType type, int index) : index_(static_cast<int8_t>(index)) {
  GRADUS_CHECK_AS(NotImplementedError, type == kCPU,
                  "Device: gradus computes on CPU only, got cuda");
}

Device::Device(const std::string& name) {
  GRADUS_CHECK_AS(NotImplementedError, name == "cpu" || name == "cpu:0",
                  "Device: gradus computes on CPU only, got {}", name);
}

Device::Device(const char* name) : Device(std::string(name)) {}

std::string Device::str() const {
  return index_ >= 0 ? "cpu:" + std::to_string(index_) : "cpu";
}

std::ostream& operator<<(std::ostream& stream, const Device& device) {
  return stream << device.str();
}

}  // namespace gradus
