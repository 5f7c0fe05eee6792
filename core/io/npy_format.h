#pragma once

// Private to core/io: the npy format, for files and for members of npz files.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/dtype.h"
#include "core/export.h"
#include "core/parallel.h"
#include "core/tensor.h"

namespace gradus::io {

/// What stands before the elements of an npy file, completely checked against its size.
struct NpyHeader {
  ScalarType dtype = ScalarType::Undefined;
  bool swapped = false;  ///< the elements are in the other byte order than this machine's
  bool fortran_order = false;
  std::vector<int64_t> shape;
  uint64_t nbytes = 0;  ///< of the elements
};

/// Gives the next bytes of a file, fewer than asked for only at its end.
using NpyRead = FunctionRef<size_t(void*, size_t)>;

/// Reads up to the first element. `size` is that of the whole file, `name` stands in errors.
NpyHeader read_npy_header(NpyRead read, uint64_t size, const std::string& name);

/// Reads the whole file.
Tensor read_npy(NpyRead read, uint64_t size, const std::string& name);

/// Throws ValueError where one of the bytes of a bool array is neither 0 nor 1.
void check_npy_bools(const uint8_t* bytes, size_t count, const std::string& name);

/// The strides of the elements as they lie in the file.
std::vector<int64_t> npy_strides(const NpyHeader& header);

/// What stands before the elements of a file of this tensor, in row-major order.
std::string make_npy_header(const Tensor& tensor);

}  // namespace gradus::io
