#include "core/io/safetensors.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/factory.h"
#include "core/io/atomic_file.h"
#include "core/io/mapped_file.h"
#include "core/io/safetensors_header.h"
#include "core/uninitialized.h"

namespace gradus {
namespace {

static_assert(std::endian::native == std::endian::little, "safetensors are little-endian");

using io::MappedFile;
using io::SafetensorsHeader;

bool is_aligned(const void* address, size_t alignment) {
  return reinterpret_cast<uintptr_t>(address) % alignment == 0;
}

// The tensors of a file whose header has been checked. With `file`, they are views of it.
OrderedDict<std::string, Tensor> make_tensors(const SafetensorsHeader& header, const uint8_t* data,
                                              const std::shared_ptr<MappedFile>& file,
                                              const std::string& source) {
  OrderedDict<std::string, Tensor> tensors("Tensor");
  tensors.reserve(header.size());
  for (size_t i = 0; i < header.size(); ++i) {
    const ScalarType dtype = header.dtype(i);
    const uint8_t* begin = data + header.offset(i);
    const size_t size = header.nbytes(i);
    // A C++ bool that is neither 0 nor 1 is undefined behavior wherever it is read.
    GRADUS_CHECK_VALUE(
        dtype != kBool || std::all_of(begin, begin + size, [](uint8_t byte) { return byte <= 1; }),
        "safetensors: tensor '{}' in '{}' is of BOOL and has a byte that is neither 0 nor 1",
        header.name(i).substr(0, 200), source);
    Tensor tensor;
    if (file != nullptr && size > 0 && is_aligned(begin, element_size(dtype))) {
      tensor = from_blob(
          file->mutable_data() + header.offset(i), header.shape(i), [file](void*) {}, dtype);
    } else {
      tensor = empty(header.shape(i), dtype);
      if (size > 0) std::memcpy(tensor.data_ptr(), begin, size);
    }
    tensors.insert(std::string(header.name(i)), std::move(tensor));
  }
  return tensors;
}

}  // namespace

OrderedDict<std::string, Tensor> load_safetensors(const std::string& path, bool mapped,
                                                  std::map<std::string, std::string>* metadata) {
  auto file = std::make_shared<MappedFile>(path, MappedFile::Access::kCopyOnWrite);
  const SafetensorsHeader header(file->data(), file->size(), path);
  auto tensors = make_tensors(header, file->data(), mapped ? file : nullptr, path);
  if (metadata != nullptr) *metadata = header.metadata();
  return tensors;
}

void save_safetensors(const OrderedDict<std::string, Tensor>& tensors, const std::string& path,
                      const std::map<std::string, std::string>& metadata) {
  // Made at the first write: what cannot be saved is refused before the file is touched.
  std::unique_ptr<io::AtomicFile> file;
  io::write_safetensors(
      tensors,
      [&](const void* data, size_t size) {
        if (file == nullptr) file = std::make_unique<io::AtomicFile>(path);
        file->write(data, size);
      },
      metadata);
  file->commit();
}

namespace io {

OrderedDict<std::string, Tensor> read_safetensors(const uint8_t* data, size_t size,
                                                  const std::string& source,
                                                  std::map<std::string, std::string>* metadata) {
  const SafetensorsHeader header(data, size, source);
  auto tensors = make_tensors(header, data, nullptr, source);
  if (metadata != nullptr) *metadata = header.metadata();
  return tensors;
}

void write_safetensors(const OrderedDict<std::string, Tensor>& tensors,
                       const Callable<void(const void*, size_t)>& sink,
                       const std::map<std::string, std::string>& metadata) {
  std::vector<SafetensorsEntry> entries;
  entries.reserve(tensors.size());
  for (const auto& item : tensors) {
    const Tensor& tensor = item.value();
    GRADUS_CHECK_VALUE(tensor.defined(), "save_safetensors: tensor '{}' is undefined", item.key());
    require_initialized("save_safetensors", tensor);
    entries.push_back({item.key(), tensor.dtype(), tensor.sizes().vec()});
  }
  const SafetensorsLayout layout = layout_safetensors(entries, metadata);
  sink(layout.header.data(), layout.header.size());
  for (const size_t i : layout.order) {
    const Tensor tensor = tensors[i].value().detach().contiguous();
    if (tensor.numel() > 0) sink(tensor.data_ptr(), tensor.nbytes());
  }
}

}  // namespace io
}  // namespace gradus
