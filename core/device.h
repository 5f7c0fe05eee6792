#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <string>

#include "core/error.h"
#include "core/export.h"

namespace gradus {

/// Kinds of device that PyTorch programs name. gradus computes on CPU.
enum class DeviceType : int8_t { CPU, CUDA };

inline constexpr DeviceType kCPU = DeviceType::CPU;
inline constexpr DeviceType kCUDA = DeviceType::CUDA;

/// Where a tensor lives: always the CPU. The class is there so that programs written for PyTorch
/// compile.
class GRADUS_API Device {
 public:
  using Type = DeviceType;

  Device() = default;
  /// @throws NotImplementedError for anything but kCPU.
  Device(DeviceType type, int index = -1);
  /// From "cpu" or "cpu:0".
  Device(const std::string& name);
  Device(const char* name);

  DeviceType type() const { return kCPU; }
  int index() const { return index_; }
  bool has_index() const { return index_ >= 0; }
  bool is_cpu() const { return true; }
  bool is_cuda() const { return false; }
  std::string str() const;
  bool operator==(const Device&) const { return true; }

 private:
  int8_t index_ = -1;
};

GRADUS_API std::ostream& operator<<(std::ostream& stream, const Device& device);

namespace cuda {
/// False: gradus computes on CPU.
inline bool is_available() {
  return false;
}
/// 0: gradus computes on CPU.
inline size_t device_count() {
  return 0;
}
inline bool cudnn_is_available() {
  return false;
}
/// Does nothing, as synchronize() does: for programs written for PyTorch.
inline void manual_seed(uint64_t) {}
inline void manual_seed_all(uint64_t) {}
inline void synchronize(int64_t /*device_index*/ = -1) {}
}  // namespace cuda

}  // namespace gradus
