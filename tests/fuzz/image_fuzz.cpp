// libFuzzer: load_image takes any file. See run.sh.

#include <cstddef>
#include <cstdint>
#include <string>

#include <gradus/core/error.h>
#include <gradus/core/io/image_file.h>

#include "tests/fuzz/memory_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static gradus::fuzz::MemoryFile file;
  const std::string path = file.fill(data, size);
  try {
    gradus::load_image(path);
  } catch (const gradus::Error&) {
  }
  return 0;
}
