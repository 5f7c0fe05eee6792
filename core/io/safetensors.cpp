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

namespace gradus {
namespace {

static_assert(std::endian::native == std::endian::little, "safetensors are little-endian");

using io::MappedFile;
using io::SafetensorsHeader;

bool is_aligned(const void* address, size_t alignment) {
  return reinterpret_cast<uintptr_t>(address) % alignment == 0;
}

}  // namespace

OrderedDict<std::string, Tensor> load_safetensors(const std::string& path, bool mapped,
                                                  std::map<std::string, std::string>* metadata) {
  auto file = std::make_shared<MappedFile>(path, MappedFile::Access::kCopyOnWrite);
  const SafetensorsHeader header(file->data(), file->size(), path);
  OrderedDict<std::string, Tensor> tensors("Tensor");
  tensors.reserve(header.size());
  for (size_t i = 0; i < header.size(); ++i) {
    const ScalarType dtype = header.dtype(i);
    uint8_t* data = file->mutable_data() + header.offset(i);
    const size_t size = header.nbytes(i);
    // A C++ bool that is neither 0 nor 1 is undefined behavior wherever it is read.
    GRADUS_CHECK_VALUE(
        dtype != kBool || std::all_of(data, data + size, [](uint8_t byte) { return byte <= 1; }),
        "safetensors: tensor '{}' in '{}' is of BOOL and has a byte that is neither 0 nor 1",
        header.name(i).substr(0, 200), path);
    Tensor tensor;
    if (mapped && size > 0 && is_aligned(data, element_size(dtype))) {
      tensor = from_blob(
          data, header.shape(i), [file](void*) {}, dtype);
    } else {
      tensor = empty(header.shape(i), dtype);
      if (size > 0) std::memcpy(tensor.data_ptr(), data, size);
    }
    tensors.insert(std::string(header.name(i)), std::move(tensor));
  }
  if (metadata != nullptr) *metadata = header.metadata();
  return tensors;
}

void save_safetensors(const OrderedDict<std::string, Tensor>& tensors, const std::string& path,
                      const std::map<std::string, std::string>& metadata) {
  std::vector<io::SafetensorsEntry> entries;
  entries.reserve(tensors.size());
  for (const auto& item : tensors) {
    const Tensor& tensor = item.value();
    GRADUS_CHECK_VALUE(tensor.defined(), "save_safetensors: tensor '{}' is undefined", item.key());
    entries.push_back({item.key(), tensor.dtype(), tensor.sizes().vec()});
  }
  const io::SafetensorsLayout layout = io::layout_safetensors(entries, metadata);
  io::AtomicFile file(path);
  file.write(layout.header);
  for (const size_t i : layout.order) {
    const Tensor tensor = tensors[i].value().detach().contiguous();
    if (tensor.numel() > 0) file.write(tensor.data_ptr(), tensor.nbytes());
  }
  file.commit();
}

}  // namespace gradus
