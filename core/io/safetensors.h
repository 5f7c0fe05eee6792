#pragma once

#include <map>
#include <string>

#include "core/callable.h"
#include "core/export.h"
#include "core/ordered_dict.h"
#include "core/tensor.h"

namespace gradus {

/// Reads the tensors of a safetensors file, in the order in which they lie in it. The file is
/// checked completely before a tensor is made: see io::SafetensorsHeader.
///
/// Tensors are views of the mapped file: a page is read when it is first touched, and writing to a
/// tensor changes a private copy of the page, never the file. While they live the file must not be
/// shortened in place; replacing it, as save_safetensors() and most programs do, is fine. With
/// `mapped` false the tensors are copies. Where `metadata` is given, the file's `__metadata__` is
/// put there.
/// @throws Error if the file cannot be read; ValueError, which names the tensor and the rule, if it
/// is damaged; NotImplementedError for a dtype that gradus does not have
GRADUS_API OrderedDict<std::string, Tensor> load_safetensors(
    const std::string& path, bool mapped = true,
    std::map<std::string, std::string>* metadata = nullptr);

/// Writes tensors of any dtype and strides as a safetensors file, which Python reads with
/// safetensors.torch.load_file. The file is replaced atomically: see io::AtomicFile. Tensors that
/// share memory are written once each.
///
///     save_safetensors(model->state_dict(), "model.safetensors", {{"format", "pt"}});
/// @throws ValueError for an undefined tensor and names or metadata that are not UTF-8; Error if
/// writing fails, and then the file is as it was
GRADUS_API void save_safetensors(const OrderedDict<std::string, Tensor>& tensors,
                                 const std::string& path,
                                 const std::map<std::string, std::string>& metadata = {});

namespace io {

/// load_safetensors() from memory; the tensors are copies. `source` names the data in errors.
GRADUS_API OrderedDict<std::string, Tensor> read_safetensors(
    const uint8_t* data, size_t size, const std::string& source,
    std::map<std::string, std::string>* metadata = nullptr);

/// save_safetensors() to anything that takes bytes: calls `sink(data, size)` for one piece after
/// the other.
GRADUS_API void write_safetensors(const OrderedDict<std::string, Tensor>& tensors,
                                  const Callable<void(const void*, size_t)>& sink,
                                  const std::map<std::string, std::string>& metadata = {});

}  // namespace io
}  // namespace gradus
