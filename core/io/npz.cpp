#include <string>
#include <string_view>
#include <utility>

#include "core/error.h"
#include "core/io/atomic_file.h"
#include "core/io/mapped_file.h"
#include "core/io/npy.h"
#include "core/io/npy_format.h"
#include "core/io/zip.h"

namespace gradus {
namespace {

constexpr std::string_view kSuffix = ".npy";

}  // namespace

OrderedDict<std::string, Tensor> load_npz(const std::string& path) {
  const io::MappedFile file(path);
  const io::ZipArchive archive(file.data(), file.size(), path);
  OrderedDict<std::string, Tensor> tensors("Tensor");
  for (const io::ZipArchive::Entry& entry : archive.entries()) {
    std::string_view name = entry.name;
    GRADUS_CHECK_VALUE(
        name.size() > kSuffix.size() && name.substr(name.size() - kSuffix.size()) == kSuffix,
        "npz: '{}' has a member '{}', which is no npy file", path, name.substr(0, 200));
    name.remove_suffix(kSuffix.size());
    const std::string key(name);
    GRADUS_CHECK_VALUE(!tensors.contains(key), "npz: '{}' has two arrays '{}'", path,
                       name.substr(0, 200));
    // A deflated member could claim a thousand times its size: it is read through once first.
    archive.verify(entry);
    io::ZipArchive::Reader reader(archive, entry);
    const auto read = [&](void* dst, size_t size) { return reader.read(dst, size); };
    tensors.insert(key, io::read_npy(read, entry.size, path + ":" + key.substr(0, 200)));
  }
  return tensors;
}

void save_npz(const OrderedDict<std::string, Tensor>& tensors, const std::string& path,
              bool compressed) {
  for (const auto& item : tensors) {
    GRADUS_CHECK_VALUE(!item.key().empty() && item.value().defined(),
                       "save_npz: the name '{}' is empty or its tensor undefined", item.key());
    io::make_npy_header(item.value());  // throws for a dtype that numpy does not have
  }
  io::AtomicFile file(path);
  io::ZipWriter zip(file);
  for (const auto& item : tensors) {
    const Tensor plain = item.value().detach().contiguous();
    zip.add(item.key() + std::string(kSuffix), io::make_npy_header(plain),
            plain.numel() > 0 ? plain.data_ptr() : nullptr, plain.nbytes(), compressed);
  }
  zip.finish();
  file.commit();
}

}  // namespace gradus
