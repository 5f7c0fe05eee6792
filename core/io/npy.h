#pragma once

#include <string>

#include "core/export.h"
#include "core/ordered_dict.h"
#include "core/tensor.h"

namespace gradus {

/// Reads an array that numpy.save() has written: versions 1 to 3 of the format, either byte order,
/// row-major or Fortran order (then the strides say so). Source:
/// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
///
/// With `mapped` the tensor is a view of the file where byte order and alignment allow: pages are
/// read when they are first touched, so the array may be larger than memory
/// (`TensorDataset(load_npy("train.npy", /*mapped=*/true))`), and writing changes a private copy of
/// the page. While it lives the file must not be shortened in place.
/// @throws Error if the file cannot be read; ValueError, which names the broken rule, if it is
/// damaged or holds Python objects, which are never loaded; NotImplementedError for a dtype that
/// gradus does not have
GRADUS_API Tensor load_npy(const std::string& path, bool mapped = false);

/// Writes an array that numpy.load() reads. The file is replaced atomically: see io::AtomicFile.
/// @throws TypeError for bfloat16, which numpy does not have; Error if writing fails, and then the
/// file is as it was
GRADUS_API void save_npy(const Tensor& tensor, const std::string& path);

/// Reads the arrays of a file of numpy.savez() or savez_compressed() by their names, in the order
/// in which they lie in it. Checksums are verified, and nothing is allocated for an array before
/// its size is known to be true.
/// @throws as load_npy()
GRADUS_API OrderedDict<std::string, Tensor> load_npz(const std::string& path);

/// Writes arrays that numpy.load() reads. The file is replaced atomically: see io::AtomicFile.
/// @param compressed  whether to deflate each array, as numpy.savez_compressed()
/// @throws TypeError for bfloat16; ValueError for an empty name; Error if writing fails
GRADUS_API void save_npz(const OrderedDict<std::string, Tensor>& tensors, const std::string& path,
                         bool compressed = false);

}  // namespace gradus
