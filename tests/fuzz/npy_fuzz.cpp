// libFuzzer: load_npy takes any file. See run.sh.

#include <cstddef>
#include <cstdint>
#include <string>

#include <gradus/core/error.h>
#include <gradus/core/io/npy.h>

#include "tests/fuzz/memory_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static gradus::fuzz::MemoryFile file;
  const std::string path = file.fill(data, size);
  for (const bool mapped : {false, true}) {
    try {
      gradus::load_npy(path, mapped);
    } catch (const gradus::Error&) {
    }
  }
  return 0;
}
