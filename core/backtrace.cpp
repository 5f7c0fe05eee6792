#include "core/backtrace.h"

#include <cstdlib>
#include <cstring>
#include <memory>

#include <cxxabi.h>
#include <fmt/core.h>

#if __has_include(<execinfo.h>) && __has_include(<elf.h>) && __has_include(<link.h>)
#define GRADUS_HAS_BACKTRACE 1
#include <dlfcn.h>
#include <elf.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#else
#define GRADUS_HAS_BACKTRACE 0
#endif

namespace gradus::detail {

std::string demangle(const char* name) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> text(
      abi::__cxa_demangle(name, nullptr, nullptr, &status), std::free);
  return status == 0 && text ? text.get() : name;
}

#if GRADUS_HAS_BACKTRACE

namespace {

// The bytes of an ELF file, read only.
class MappedFile {
 public:
  explicit MappedFile(const char* path) {
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    if (file >= 0 && fstat(file, &status) == 0 && status.st_size > 0) {
      size_ = static_cast<size_t>(status.st_size);
      void* data = mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file, 0);
      if (data != MAP_FAILED) data_ = static_cast<const char*>(data);
    }
    if (file >= 0) close(file);
  }
  ~MappedFile() {
    if (data_ != nullptr) munmap(const_cast<char*>(data_), size_);
  }
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  // `count` values of type T at `offset`; null where the file has none there.
  template <class T>
  const T* at(uint64_t offset, uint64_t count = 1) const {
    if (data_ == nullptr || offset > size_ || count > (size_ - offset) / sizeof(T) ||
        offset % alignof(T) != 0) {
      return nullptr;
    }
    return reinterpret_cast<const T*>(data_ + offset);
  }
  // The text at `offset`, which must end inside the file.
  const char* text(uint64_t offset) const {
    if (data_ == nullptr || offset >= size_) return nullptr;
    return std::memchr(data_ + offset, '\0', size_ - offset) != nullptr ? data_ + offset : nullptr;
  }

 private:
  const char* data_ = nullptr;
  size_t size_ = 0;
};

// The name of the function that `address`, counted as the file counts, lies in; empty where it has
// none.
std::string function_at(const MappedFile& file, uint64_t address) {
  const auto* header = file.at<ElfW(Ehdr)>(0);
  if (header == nullptr || std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 ||
      header->e_shentsize != sizeof(ElfW(Shdr))) {
    return {};
  }
  const auto* sections = file.at<ElfW(Shdr)>(header->e_shoff, header->e_shnum);
  if (sections == nullptr) return {};
  for (size_t i = 0; i < header->e_shnum; ++i) {
    if (sections[i].sh_type != SHT_SYMTAB || sections[i].sh_link >= header->e_shnum) continue;
    const uint64_t count = sections[i].sh_size / sizeof(ElfW(Sym));
    const auto* symbols = file.at<ElfW(Sym)>(sections[i].sh_offset, count);
    const auto& names = sections[sections[i].sh_link];
    for (uint64_t s = 0; symbols != nullptr && s < count; ++s) {
      if ((symbols[s].st_info & 0xf) != STT_FUNC || address < symbols[s].st_value ||
          address - symbols[s].st_value >= symbols[s].st_size ||
          symbols[s].st_name >= names.sh_size) {
        continue;
      }
      const char* name = file.text(names.sh_offset + symbols[s].st_name);
      return name == nullptr ? std::string() : demangle(name);
    }
  }
  return {};
}

struct Call {
  std::string function, place;
};

Call locate(void* address) {
  // The address is that of the instruction after the call, which may belong to the next function.
  const char* const inside = static_cast<const char*>(address) - 1;
  Dl_info info;
  link_map* map = nullptr;
  if (dladdr1(inside, &info, reinterpret_cast<void**>(&map), RTLD_DL_LINKMAP) == 0 ||
      info.dli_fname == nullptr) {
    return {"", fmt::format("{}", address)};
  }
  const auto offset = reinterpret_cast<uint64_t>(inside) - (map == nullptr ? 0 : map->l_addr);
  // The program's own name may be relative to where it was started.
  const bool is_program = map != nullptr && map->l_name[0] == '\0';
  const MappedFile file(is_program ? "/proc/self/exe" : info.dli_fname);
  std::string function = function_at(file, offset);
  if (function.empty() && info.dli_sname != nullptr) function = demangle(info.dli_sname);
  const char* slash = std::strrchr(info.dli_fname, '/');
  return {std::move(function),
          fmt::format("{}+{:#x}", slash == nullptr ? info.dli_fname : slash + 1, offset)};
}

}  // namespace

std::vector<void*> call_stack() {
  void* frames[64];
  const int count = backtrace(frames, 64);
  // The first is this function.
  return count > 1 ? std::vector<void*>(frames + 1, frames + count) : std::vector<void*>();
}

std::string describe(const std::vector<void*>& stack, const std::vector<std::string>& hide) {
  std::vector<Call> calls;
  size_t first = 0;
  for (void* address : stack) {
    calls.push_back(locate(address));
    for (const std::string& prefix : hide) {
      if (calls.back().function.compare(0, prefix.size(), prefix) == 0) first = calls.size();
    }
    if (calls.back().function == "main") break;
  }
  std::string text;
  for (size_t i = first; i < calls.size(); ++i) {
    text += fmt::format("\n  #{} {} ({})", i - first,
                        calls[i].function.empty() ? "?" : calls[i].function, calls[i].place);
  }
  return text;
}

#else

std::vector<void*> call_stack() {
  return {};
}
std::string describe(const std::vector<void*>&, const std::vector<std::string>&) {
  return {};
}

#endif

}  // namespace gradus::detail
