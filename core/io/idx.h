#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/dtype.h"
#include "core/export.h"

namespace gradus::io {

/// An array as the files of MNIST and its relatives hold it.
struct IdxArray {
  ScalarType dtype = ScalarType::Undefined;  ///< kByte, kChar, kShort, kInt, kFloat or kDouble
  std::vector<int64_t> shape;                ///< at most 255 dimensions
  std::vector<uint8_t> bytes;                ///< row-major elements in this machine's byte order
};

/// Reads an idx file, plain or gzipped (told by its content, not by its name).
///
/// Format: two zero bytes, a dtype code, the number of dimensions, each dimension as a big-endian
/// uint32, then the big-endian elements, and nothing after them. Source:
/// http://yann.lecun.com/exdb/mnist, "THE IDX FILE FORMAT".
/// @throws ValueError, which names the file, if the content breaks a rule of the format, is
/// damaged, too short or too long; Error if the file cannot be read. Never allocates more than the
/// content can hold.
GRADUS_API IdxArray read_idx(const std::string& path);

}  // namespace gradus::io
